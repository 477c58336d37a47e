"""Never run: mypy reads it, to show that the types say what the documentation says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import assert_type

import awsaccess


def typed(body: bytearray, secrets: dict[str, str]) -> None:
    keys = awsaccess.Credentials("AKID", "secret", None, datetime.now(UTC))
    awsaccess.sign("POST", "https://h", {"a": "b"}, body, credentials=keys, region="r", service="s")
    awsaccess.sign("POST", b"/", [("a", b"b")], None, credentials=keys, region="r", service="s", now=1.5)
    awsaccess.sign("POST", "/", ["a", "b"], credentials=keys, region="r", service="s", now=datetime.now(UTC))
    link = awsaccess.presign("GET", "https://h", credentials=keys, region="r", service="s", expires=timedelta(1))
    assert_type(link, str)
    assert_type(awsaccess.presign("GET", b"https://h", credentials=keys, region="r", service="s"), bytes)
    verified = awsaccess.verify("POST", "/", [("a", "b")], body, lookup=secrets.get)
    assert_type(verified.resign(keys).headers, list[tuple[str, str]])
    awsaccess.sign("GET", "/", credentials=keys.delegate("r", "s"), region_set=["*"], service="s", algorithm="v4a")
    assert_type(verified.region_set, tuple[str, ...] | None)
    refused = awsaccess.diagnose("GET", "/", {}, body, (403, [("a", "b")], b""), credentials=keys)
    assert_type(refused.subject, str | None)
    offline = awsaccess.recognize_presign("https://h", {"x-k8s-aws-id": "c"})
    if offline is not None:
        assert_type(offline.verify(secrets.get("A")).resign(keys, timedelta(1)).text, str | bytes)
    assert_type(awsaccess.locate("sts", "r", fips=True).signing_region_set, list[str] | None)
    assert_type(awsaccess.endpoint("h"), awsaccess.Endpoint | None)
    assert_type(awsaccess.sts.get_caller_identity(credentials=keys, region="r"), awsaccess.Http)
    assert_type(awsaccess.sts.read((200, None, b"")).credentials, awsaccess.Credentials | None)
    assert_type(awsaccess.run(awsaccess.start_console(keys, role="r")).result().url, str)
    wanted = awsaccess.identify("POST", "https://h", [("a", "b")], body, service="sts")
    assert_type(wanted.name, str | None)
    assert_type(wanted.resources, list[tuple[str, str]])
    assert_type(awsaccess.redact("text"), str)
    assert_type(awsaccess.redact(b"bytes"), bytes)
    step = awsaccess.start({}, 0)
    match step.ask:
        case awsaccess.ReadFile(path=p):
            assert_type(p, str)
        case awsaccess.Http() as r:
            assert_type(r.headers, list[tuple[str, str]])
        case awsaccess.Prompt(kind="mfa", serial=s):
            assert_type(s, str | None)
    assert_type(awsaccess.run(step).result().expires_at, float | None)
    assert_type(awsaccess.start_caller_identity({}, 0, profile="p").result(), awsaccess.CallerIdentity)
    assert_type(awsaccess.run(awsaccess.start_region({})).result(), str | None)
    assert_type(awsaccess.start_sso_accounts({}).result(), list[awsaccess.Account])
    assert_type(awsaccess.start_sso_accounts({}, account_id="1").result(), list[str])
    assert_type(awsaccess.start({}, saml=awsaccess.Saml("r", "p", awsaccess.TokenFile("f"))).ask is None, bool)
    assert_type(awsaccess.Cached().decide(0, timedelta(minutes=5)).error, awsaccess.AwsAccessError | None)
    assert_type(awsaccess.Provider(awsaccess.resolve).get(60), awsaccess.Credentials)
    rules = awsaccess.access.Rules.parse({})
    held = awsaccess.placeholder.GatewayKeys(awsaccess.placeholder.new_key())
    who = awsaccess.access.Identity("alice", "crm", "reader", traits={"team": ["red"], "site": "oslo"})
    assert_type(awsaccess.placeholder.mint(held, who, timedelta(hours=1)), awsaccess.Credentials)
    gateway = awsaccess.Gateway(rules, held, placeholders=[(keys, who)], endpoints=["a.b", ("c.d", "s3", None)])
    proven = gateway.admit("GET", "/", [("a", "b")], peer=("127.0.0.1", 1)).prove(body)
    assert_type(proven.decision, awsaccess.access.Decision | None)
    forward = proven.resign(keys)
    assert_type(forward.filter(200, None), tuple[int, list[tuple[str, str]], None])
    assert_type(forward.filter(200, [("a", b"b")], b"")[2], bytes)
    assert_type(forward.refuse(OSError()).reply, tuple[int, list[tuple[str, str]], bytes])
    assert_type(awsaccess.audit.verify([b"{}"]), list[str])
    assert_type(awsaccess.audit.Chain().line(forward.record, "end", format="ocsf"), str)
    try:
        awsaccess.resolve(profile="p")
    except awsaccess.ExpiredError as error:
        assert_type(error.attempts, tuple[awsaccess.Attempt, ...])
    except awsaccess.VerifyError as error:
        assert_type(error.status, int)
