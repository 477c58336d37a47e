"""The published cases of the chain, each replayed: environment, files and traffic in; credentials or an error out."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import awsaccess
import pytest
from awsaccess import Http, HttpFailure, HttpReply, ProcessReply, ReadFile, RunProcess, Wait
from conftest import VECTORS

CHAIN = VECTORS / "chain"
FOLDERS = [folder for name in ("default", "profile-provider") for folder in sorted((CHAIN / name).iterdir())]
FAILURES = {
    "request forbidden: IMDS is disabled": "denied",
    "the credential provider was not enabled": "not_configured",
    "could not parse profile file": "profile",
    "an error occurred while loading credentials: Error retrieving credentials: external process exited with code exit"
    " status: 1": "service",
    "Error retrieving credentials from external process, could not parse response: invalid JSON in response": "malformed",
    "selected profile will resolve an access token instead of credentials": "not_configured",
}
"""Their words for a failure, and our kind."""


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def exchanges(traffic: dict[str, Any]) -> list[dict[str, Any]]:
    """Request, response and body of each connection, in the order of the requests."""
    found: dict[int, dict[str, Any]] = {}
    order: list[int] = []
    for event in traffic["events"]:
        entry = found.setdefault(event["connection_id"], {"body": b""})
        match event["action"]:
            case {"Request": {"request": request}}:
                order.append(event["connection_id"])
                entry["request"] = request
            case {"Response": {"response": {"Ok": response}}}:
                entry["response"] = response
            case {"Data": {"direction": "Response", "data": {"Utf8": text}}}:
                entry["body"] += text.encode()
    return [found[at] for at in order]


def parts(url: str) -> tuple[str, list[tuple[str, str]]]:
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}{split.path}".rstrip("/"), sorted(parse_qsl(split.query))


def same(theirs: dict[str, Any], ours: Http) -> None:
    assert (ours.method, parts(ours.url)) == (theirs["method"], parts(theirs["uri"]))
    headers = dict(ours.headers)
    for name in (
        "content-type",
        "x-aws-ec2-metadata-token",
        "x-aws-ec2-metadata-token-ttl-seconds",
        "x-amz-sso_bearer_token",
    ):
        assert headers.get(name) == theirs["headers"].get(name, [None])[0], name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_recorded_case(folder: Path) -> None:
    assert len(FOLDERS) == 28
    env, expected = load(folder / "env.json"), load(folder / "test-case.json")["result"]
    traffic, made, shown = exchanges(load(folder / "http-traffic.json")), 0, ""
    order = ["profile"] if folder.parent.name == "profile-provider" else None
    step = awsaccess.start(env, 0, order=order)
    while not step.done:
        shown += repr(step)
        match step.ask:
            case ReadFile(path=path):
                file = folder / "fs" / path.lstrip("/")
                step = step.answer(0, file.read_bytes() if file.is_file() else None)
            case Http() as request:
                recorded = traffic[made]
                made += 1
                same(recorded["request"], request)
                headers = [(name, values[0]) for name, values in recorded["response"]["headers"].items()]
                step = step.answer(0, HttpReply(recorded["response"]["status"], headers, recorded["body"]))
            case RunProcess(argv=argv):
                ended = subprocess.run(argv, capture_output=True, check=False)
                step = step.answer(0, ProcessReply(ended.returncode, ended.stdout, ended.stderr))
            case Wait():
                step = step.answer(0, True)
            case _:
                step = step.decline(0)
    assert made == len(traffic)
    shown += repr(step.trace) + repr(step.warnings)
    if "ErrorContains" in expected:
        with pytest.raises(awsaccess.AwsAccessError) as caught:
            step.result()
        assert caught.value.kind == FAILURES[expected["ErrorContains"]]
        shown += repr(caught.value) + caught.value.report
    else:
        found, right = step.result(), expected["Ok"]
        assert (found.access_key_id, found.secret_access_key) == (right["access_key_id"], right["secret_access_key"])
        assert (found.session_token, found.account_id) == (right.get("session_token"), right.get("account_id"))
        assert found.expires_at == right.get("expiry")
        shown += repr(found)
    # The public name of a key is no secret, and one of theirs ends with one.
    shown = shown.replace("AKIAFAKE", "").replace("ASIARTESTID", "")
    secrets = [env.get("AWS_SECRET_ACCESS_KEY"), *(expected.get("Ok", {}).get(n) for n in ("secret_access_key", "session_token"))]
    for secret in filter(None, (secret and secret.strip() for secret in secrets)):
        assert secret not in shown


def refuses(step: awsaccess.Step[Any], files: dict[str, str] | None = None) -> tuple[awsaccess.Step[Any], list[Http]]:
    """Answers with files only; nobody listens at any address."""
    asked: list[Http] = []
    while not step.done:
        match step.ask:
            case ReadFile(path=path):
                data = (files or {}).get(path)
                step = step.answer(0, None if data is None else data.encode())
            case Http() as request:
                asked.append(request)
                step = step.answer(0, HttpFailure("refused"))
            case Wait():
                step = step.answer(0, True)
            case _:
                step = step.decline(0)
    return step, asked


def test_the_place_of_a_container() -> None:
    cases = load(CHAIN / "ecs-tests.json")["tests"]
    kinds = {
        "No environment variables were set to configure ECS provider": "not_configured",
        "URI did not specify a host": "config",
    }
    for case in cases:
        step, asked = refuses(awsaccess.start(case["env"], 0, order=["container"]))
        with pytest.raises(awsaccess.AwsAccessError) as caught:
            step.result()
        if "Ok" in case["result"]:
            assert asked[0].url == case["result"]["Ok"], case["docs"]
        else:
            assert (caught.value.kind, asked) == (kinds[case["result"]["ErrorContains"]], []), case["docs"]
    assert len(cases) == 11


def test_the_place_of_instance_metadata() -> None:
    cases = load(CHAIN / "imds-endpoint-tests.json")["tests"]
    for case in cases:
        env = {"HOME": "/h"} | case["env"]
        how = {"imds_endpoint": case.get("endpoint_override"), "imds_mode": case.get("mode_override", "").lower() or None}
        step, asked = refuses(awsaccess.start(env, 0, order=["imds"], **how), case["fs"])  # type: ignore[arg-type]
        if "Ok" in case["result"]:
            assert asked[0].url == case["result"]["Ok"], case["docs"]
            continue
        with pytest.raises(awsaccess.ConfigError):
            step.result()
        assert asked == [], case["docs"]
    assert len(cases) == 14


ROLE = "arn:aws:iam::111122223333:role/r"
SESSION = b"""<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>
<SecretAccessKey>s3cr3t-r</SecretAccessKey><SessionToken>t0k3n-r</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>
</Credentials><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser></AssumeRoleResult>
</AssumeRoleResponse>"""


def seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def test_the_clock_is_set_right() -> None:
    cases = load(CHAIN / "clock-skew-tests.json")["tests"]
    keys = awsaccess.Credentials("AKID", "s3cr3t-k")
    for case in cases:
        for operation in case["operations"]:
            attempts = operation["attempts"]
            at = seconds(attempts[0]["clientTimeAtSend"])
            offset = operation.get("initialClientSkew", 0)
            step: awsaccess.Step[Any] = awsaccess.start(
                {"HOME": "/h"}, at, region="eu-west-1", credentials=keys, assume=[ROLE], clock_offset=offset
            )
            while isinstance(step.ask, ReadFile):
                step = step.answer(at, None)
            for attempt in attempts:
                assert isinstance(step.ask, Http), case["description"]
                signed = dict(step.ask.headers)["x-amz-date"]
                expected = attempt["expectedSigningTime"].replace("-", "").replace(":", "")
                assert signed == expected, case["description"]
                reply = attempt["response"]
                code = reply.get("errorCode")
                error = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>".encode()
                body = SESSION if code is None else error
                answer = HttpReply(reply["statusCode"], list(reply["headers"].items()), body)
                step = step.answer(seconds(attempt["clientTimeAtReceive"]), answer)
            if operation["expectedOutcome"] == "success":
                assert step.result().access_key_id == "ASIAROLE"
                assert int(step.clock_offset) == operation["expectedClientSkew"], case["description"]
            elif step.done:
                with pytest.raises(awsaccess.AwsAccessError):
                    step.result()
            else:
                # Their budget is empty after one attempt; ours has the one that the right clock is for.
                assert "no retry budget" in case["description"]
    assert len(cases) == 10


def plan_as_theirs(step: awsaccess.PlanStep, described: dict[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    def named(**fields: Any) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if value is not None}

    match step.kind:
        case "keys":
            keys = {"access_key_id": described["access_key_id"]}
            # The secret and the account are in no plan.
            return {"AccessKey": keys | {k: v for k, v in secrets.items() if k != "access_key_id"}}
        case "environment" | "imds" | "container":
            names = {"environment": "Environment", "imds": "Ec2InstanceMetadata", "container": "EcsContainer"}
            return {"NamedSource": names[step.kind]}
        case "web-identity":
            return {
                "WebIdentityToken": named(
                    role_arn=described["role_arn"],
                    web_identity_token_file=described["token_file"],
                    role_session_name=described["session_name"],
                )
            }
        case "sso":
            return {
                "Sso": named(
                    sso_session=described["session"],
                    sso_region=described["region"],
                    sso_start_url=described["start_url"],
                    sso_account_id=described["account_id"],
                    sso_role_name=described["role_name"],
                )
            }
        case _:
            return {
                "AssumeRole": named(
                    role_arn=step.role_arn, external_id=step.external_id, role_session_name=step.session_name
                )
            }


PLAN_WORDS = {
    "profile must contain `source_profile`": "source_profile",
    "profile contained both source_profile and credential_source": "source_profile and credential_source",
    "profile missing aws_secret_access_key": "aws_secret_access_key",
    "profile missing aws_access_key_id": "aws_access_key_id",
    "profile `B` did not contain credential information": "B",
    "profile `A` did not contain credential information": "A",
    "could not find source profile B referenced from A": "B",
    "No profiles were defined": "profile",
    "profile formed an infinite loop": "A",
    "`role_arn` was missing": "role_arn",
    "if `sso_role_name` is set, then `sso_account_id` must also be set": "sso_account_id",
    "if `sso_account_id` is set, then `sso_role_name` must also be set": "sso_role_name",
    "`sso_region` can only be specified in the [sso-session] config when a session name is given": "sso_region",
    "sso-session named `oops` (referenced by profile `A`) was not found": "oops",
}
"""Their words for a fault of the configuration, and what our line names."""


def test_the_published_plans() -> None:
    cases = load(CHAIN / "assume-role-tests.json")
    for case in cases:
        config = ""
        for kind, sections in (("profile", "profiles"), ("sso-session", "sso_sessions")):
            for name, section in case["input"].get(sections, {}).items():
                config += f"[{kind} {name}]\n" + "".join(f"{key} = {value}\n" for key, value in section.items())
        selected = case["input"]["selected_profile"]
        if "Error" in case["output"]:
            with pytest.raises(awsaccess.ConfigError) as caught:
                awsaccess.plan({}, {"config": config}, selected)
            assert PLAN_WORDS[case["output"]["Error"]] in str(caught.value), case["docs"]
            continue
        plan = awsaccess.plan({}, {"config": config}, selected)
        described = json.loads(plan.json())["steps"]
        right = case["output"]["ProfileChain"]
        ours = [
            plan_as_theirs(step, about, theirs.get("AccessKey", {}))
            for step, about, theirs in zip(plan.steps, described, right, strict=True)
        ]
        assert ours == right, case["docs"]
    assert len(cases) == 28


def test_the_places_of_the_files() -> None:
    cases = load(VECTORS / "profile/file-location-tests.json")["tests"]
    for case in cases:
        platform = "windows" if case["platform"] == "windows" else "unix"
        config, credentials, profile = awsaccess.profile_files(case["environment"], platform=platform)
        assert (config, credentials) == (case["configLocation"], case["credentialsLocation"]), case["name"]
        assert case.get("profile") in (None, profile)
    assert len(cases) == 9
    with pytest.raises(awsaccess.InputError):
        awsaccess.profile_files({}, platform="plan9")
