"""The shared files and the plan that follows from them."""

from __future__ import annotations

import json
import re

import awsaccess
import pytest
from conftest import VECTORS

CONFIG = b"""[profile a]
role_arn = arn:aws:iam::111122223333:role/a
source_profile = b
external_id = x-1
duration_seconds = 7200
[profile b]
role_arn = arn:aws:iam::111122223333:role/b
credential_source = Ec2InstanceMetadata
mfa_serial = arn:aws:iam::111122223333:mfa/me
role_session_name = ana
[services s]
sts =
  endpoint_url = http://localhost:1
[sso-session o]
sso_region = eu-west-1
"""


def test_the_parser_reads_as_the_sdks_do() -> None:
    cases = json.loads((VECTORS / "profile/profile-parser-tests.json").read_text())["tests"]
    for case in cases:
        config, credentials = case["input"].get("configFile"), case["input"].get("credentialsFile")
        if "errorContaining" in case["output"]:
            with pytest.raises(awsaccess.ProfileError) as caught:
                awsaccess.parse_profiles(config, credentials)
            assert caught.value.line >= 1 and caught.value.file in ("config", "credentials")
            assert f"line {caught.value.line}" in str(caught.value), case["name"]
            continue
        expected = case["output"]["config"].get("profiles", {})
        for encode in (lambda text: text, lambda text: None if text is None else text.encode()):
            profiles = awsaccess.parse_profiles(encode(config), encode(credentials)).profiles
            assert set(profiles) == set(expected), case["name"]
            for name, properties in expected.items():
                flat = {
                    key: value if isinstance(value, str) else nested_text(value)
                    for key, value in profiles[name].items()
                }
                # Blanks around the `=` of a nested property are not kept in a dict.
                squeeze = lambda texts: {key: re.sub(" *= ?", "=", value) for key, value in texts.items()}  # noqa: E731
                assert squeeze(flat) == squeeze(properties), case["name"]
    assert len(cases) == 65


def nested_text(nested: dict[str, str]) -> str:
    return "".join(f"\n{name} = {value}" for name, value in nested.items())


def test_nested_dicts_of_text() -> None:
    parsed = awsaccess.parse_profiles(CONFIG, b"[b]\naws_access_key_id = AKID\naws_secret_access_key = hush-hush\n")
    assert parsed.services == {"s": {"sts": {"endpoint_url": "http://localhost:1"}}}
    assert parsed.sso_sessions == {"o": {"sso_region": "eu-west-1"}}
    assert (
        parsed.profiles["b"]["aws_secret_access_key"] == "hush-hush" and parsed.profiles["a"]["external_id"] == "x-1"
    )
    assert "hush" not in repr(parsed) and isinstance(parsed.warnings, list)
    assert awsaccess.parse_profiles().profiles == {}
    with pytest.raises(awsaccess.ProfileError) as caught:
        awsaccess.parse_profiles(b"[profile dev]\nregion: eu-west-1\n")
    assert (caught.value.line, caught.value.file, caught.value.kind) == (2, "config", "profile")
    with pytest.raises(awsaccess.InputError):
        awsaccess.parse_profiles(5)


def test_a_plan_is_data() -> None:
    for files in ({"/home/me/.aws/config": CONFIG}, {"config": CONFIG.decode()}):
        plan = awsaccess.plan({"HOME": "/home/me"}, files, profile="a")
        assert [(step.kind, step.profile) for step in plan.steps] == [
            ("imds", "b"),
            ("assume-role", "b"),
            ("assume-role", "a"),
        ]
        assert [step.role_arn for step in plan.steps[1:]] == [
            "arn:aws:iam::111122223333:role/b",
            "arn:aws:iam::111122223333:role/a",
        ]
        assert plan.prompts == ["arn:aws:iam::111122223333:mfa/me"]
        assert plan.durations == [3600, 3600] and all(step.one_hour_cap for step in plan.steps[1:])
        assert any("duration_seconds" in warning for warning in plan.warnings)
        assert plan.steps[1].session_name == "ana" and plan.steps[2].external_id == "x-1"
        assert "then role arn:aws:iam::111122223333:role/a" in str(plan) and "x-1" not in str(plan) + repr(plan.steps)
    assert awsaccess.plan({"AWS_PROFILE": "a", "AWS_CONFIG_FILE": "/c"}, {"/c": CONFIG}).profile == "a"
    for profile, kind, error in [
        ("missing", "config", awsaccess.ConfigError),
        (None, "not_configured", awsaccess.NotConfiguredError),
    ]:
        with pytest.raises(error) as caught:
            awsaccess.plan({}, {"config": CONFIG}, profile)
        assert caught.value.kind == kind
    with pytest.raises(awsaccess.InputError):
        awsaccess.plan({}, 5)
