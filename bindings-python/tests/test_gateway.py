"""The stages of a gateway: requests that botocore signed with a placeholder, signed again so that botocore's signer agrees,
and refusals that botocore's parsers read."""

from __future__ import annotations

import json
import re
import threading
import traceback
from datetime import UTC, datetime
from urllib.parse import parse_qs, parse_qsl

import awsaccess
import botocore.auth
import botocore.parsers
import botocore.session
import pytest
from awsaccess import audit, placeholder
from awsaccess.access import Identity, Rules
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from world import NOW

ROLE = "arn:aws:iam::111122223333:role/"
RULES = Rules.parse(
    {
        "guard": [{"name": "no-deletes", "deny": ["s3:DeleteObject", "dynamodb:DeleteTable"]}],
        "application": [
            {
                "name": "crm",
                "accounts": ["111122223333"],
                "guards": ["no-deletes"],
                "role": [{"name": "reader", "assume": [{"role_arn": ROLE + "crm-reader"}]}],
            }
        ],
        "role": [{"name": "dev", "allow": [ROLE + "crm-*"]}],
        "subject": [{"name": "alice", "roles": ["dev"]}, {"name": "eve"}],
    }
)
KEYS = placeholder.GatewayKeys(placeholder.new_key(1, random=bytes(range(32))))
ALICE = Identity("alice", "crm", "reader", session="s-1")
HELD = placeholder.mint(KEYS, ALICE, 3600, NOW, seed=bytes(32))
REAL = awsaccess.Credentials("ASIAREALREALREALREAL", "real-secret-of-the-" + "embedded-gateway", "real/token+of-the-embedded==")
GATEWAY = awsaccess.Gateway(RULES, KEYS)
TABLES = {"x-amz-target": "DynamoDB_20120810.GetItem", "content-type": "application/x-amz-json-1.0"}
ITEM = b'{"TableName":"orders","Key":{"id":{"S":"7"}}}'


def stand_still(monkeypatch: pytest.MonkeyPatch, now: float = NOW) -> None:
    moment = datetime.fromtimestamp(now, UTC)
    for name in ("get_current_datetime", "get_current_timestamp"):
        if hasattr(botocore.auth, name):
            monkeypatch.setattr(botocore.auth, name, lambda *_, **__: moment.replace(tzinfo=None))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_still(monkeypatch)


def boto(keys: awsaccess.Credentials) -> BotoCredentials:
    return BotoCredentials(keys.access_key_id, keys.secret_access_key, keys.session_token)


def signer(keys: awsaccess.Credentials, service: str, region: str) -> botocore.auth.SigV4Auth:
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    return kind(boto(keys), service, region)


def asked(
    method: str = "POST",
    host: str = "dynamodb.eu-west-1.amazonaws.com",
    target: str = "/",
    headers: dict[str, str] | None = None,
    body: bytes = ITEM,
    *,
    service: str = "dynamodb",
    region: str = "eu-west-1",
    keys: awsaccess.Credentials = HELD,
) -> tuple[str, str, list[tuple[str, str]]]:
    """What botocore's signer sends."""
    request = AWSRequest(method, f"https://{host}{target}", dict(TABLES if headers is None else headers), body)
    signer(keys, service, region).add_auth(request)
    sent = [("Host", host), *request.headers.items()]
    return method, target, [*sent, ("Content-Length", str(len(body)))] if body or method != "GET" else sent


def put(body: bytes = b"hello", key: str = "/bucket/a%20key", **more):
    return asked("PUT", "s3.eu-west-1.amazonaws.com", key, {}, body, service="s3", **more)


def sts(form: bytes, **more):
    head = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return asked("POST", "sts.eu-west-1.amazonaws.com", "/", head, form, service="sts", **more)


def agrees(forward: awsaccess.Forward, keys: awsaccess.Credentials, content: bytes | None = None) -> None:
    """botocore's signer, with the real keys and what the signature says that it covers, comes to the same signature."""
    headers = {name.lower(): value for name, value in forward.headers}
    key_id, _, region, service, _, signed, signature = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/(aws4_request), ?SignedHeaders=([^,]+), ?Signature=(\w+)",
        headers["authorization"],
    ).groups()
    assert key_id == keys.access_key_id and headers.get("x-amz-security-token") == keys.session_token
    covered = {name: headers[name] for name in signed.split(";")}
    assert covered["host"] == forward.host and "x-amz-security-token" in covered
    body = forward.content if content is None else content
    request = AWSRequest(forward.method, forward.url, covered, body)
    request.context["timestamp"] = headers["x-amz-date"]
    judge = signer(keys, service, region)
    text = judge.string_to_sign(request, judge.canonical_request(request))
    assert judge.signature(text, request) == signature


def refused(call) -> awsaccess.RefusedError:
    with pytest.raises(awsaccess.RefusedError) as caught:
        call()
    assert HELD.secret_access_key not in repr(vars(caught.value)) + "".join(traceback.format_exception(caught.value))
    return caught.value


def read_error(error: awsaccess.RefusedError, service: str, operation: str) -> str:
    """The code that botocore's own parser reads from the answer."""
    model = botocore.session.get_session().get_service_model(service)
    status, headers, body = error.reply
    assert status == error.status and dict(headers)["content-length"] == str(len(body))
    parser = botocore.parsers.create_parser(model.metadata["protocol"])
    answer = {"status_code": status, "headers": dict(headers), "body": body}
    found = parser.parse(answer, model.operation_model(operation).output_shape)
    assert found["Error"]["Code"] == error.aws_code and found["ResponseMetadata"]["RequestId"] == error.record.id
    assert "role/" not in body.decode()
    return found["Error"]["Code"]


def test_a_body_that_nobody_signed_by_plain_http() -> None:
    """Others could change it on the way; what is signed, or comes by TLS or a Unix socket, they cannot."""
    request = AWSRequest("PUT", "https://s3.eu-west-1.amazonaws.com/bucket/a", {"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="}, b"hello")
    request.context["has_streaming_input"] = True
    signer(HELD, "s3", "eu-west-1").add_auth(request)
    assert request.headers["X-Amz-Content-SHA256"] == "UNSIGNED-PAYLOAD"
    host = "s3.eu-west-1.amazonaws.com"
    unsigned = "PUT", "/bucket/a", [("Host", host), *request.headers.items(), ("Content-Length", "5")]
    assert GATEWAY.admit(*unsigned, now=NOW).body_plan == "stream"
    assert GATEWAY.admit(*unsigned, now=NOW, connect=f"{host}:443", server_name=host).body_plan == "stream"
    error = refused(lambda: GATEWAY.admit(*unsigned, now=NOW, plain=True))
    assert "plain HTTP" in error.reply[2].decode()
    lenient = awsaccess.Gateway(RULES, KEYS, plain_unsigned_bodies=True)
    assert lenient.admit(*unsigned, now=NOW, plain=True).body_plan == "stream"
    assert GATEWAY.admit(*put(), now=NOW, plain=True).body_plan == "stream"
    with pytest.raises(awsaccess.InputError, match="leave connect away"):
        GATEWAY.admit(*unsigned, now=NOW, plain=True, connect=f"{host}:443")


def test_a_body_that_is_held() -> None:
    admitted = GATEWAY.admit(*asked(), peer=("192.0.2.7", 4711), now=NOW, id="id-7")
    assert (admitted.body_plan, admitted.body_limit, admitted.protocol) == ("hold", 70 << 20, "json-1.0")
    assert (admitted.access_key_id, admitted.service, admitted.region) == (HELD.access_key_id, "dynamodb", "eu-west-1")
    proven = admitted.prove(bytearray(ITEM), NOW)
    assert proven.needs == "role" and proven.operation.name == "GetItem" and proven.access_key_id == HELD.access_key_id
    assert proven.decision == RULES.decide(ALICE, "eu-west-1", proven.operation, partition="aws", host=proven.host, now=NOW)
    assert proven.decision.role == ROLE + "crm-reader" and proven.host == "dynamodb.eu-west-1.amazonaws.com"
    forward = proven.resign(REAL, NOW + 1)
    assert forward.content == ITEM and forward.url == "https://dynamodb.eu-west-1.amazonaws.com/" and forward.target == "/"
    assert [value for name, value in forward.headers if name.lower() == "content-length"] == [str(len(ITEM))]
    agrees(forward, REAL)
    begin = json.loads(forward.record.line("begin"))
    assert begin | {"rule": ""} == {
        "event": "request.begin",
        "id": "id-7",
        "time": "2027-01-15T08:00:00.000Z",
        "source": "192.0.2.7",
        "mode": "endpoint-url",
        "access_key_id": HELD.access_key_id,
        "subject": "alice",
        "application": "crm",
        "role_name": "reader",
        "role": ROLE + "crm-reader",
        "role_chain": [ROLE + "crm-reader"],
        "session_name": "alice",
        "service": "dynamodb",
        "region": "eu-west-1",
        "operation": "GetItem",
        "access": "read",
        "resources": ["table:orders"],
        "host": "dynamodb.eu-west-1.amazonaws.com",
        "upstream": "dynamodb.eu-west-1.amazonaws.com",
        "method": "POST",
        "target": "/",
        "auth": "header",
        "payload": "absent",
        "decision": "allowed",
        "rule": "",
    }
    with pytest.raises(awsaccess.InputError, match="in `content`"):
        forward.body()


def test_a_body_that_flows() -> None:
    body = bytes(range(256)) * 1000
    admitted = GATEWAY.admit(*put(body), now=NOW)
    assert (admitted.body_plan, admitted.body_limit) == ("stream", None)
    forward = admitted.prove(None, NOW).resign(REAL, NOW)
    assert forward.content is None and forward.target == "/bucket/a%20key"
    agrees(forward, REAL, body)
    way = forward.body()
    sent = b"".join(way.push(body[at : at + 7001]) for at in range(0, len(body), 7001))
    assert len(sent) == len(body) - 1 and sent + way.finish() == body
    with pytest.raises(awsaccess.UsedError):
        forward.body()


def test_no_body() -> None:
    admitted = GATEWAY.admit(*asked("GET", "s3.eu-west-1.amazonaws.com", "/bucket/k?versionId=1", {}, b"", service="s3"), now=NOW)
    assert admitted.body_plan == "empty"
    forward = admitted.prove(b"", NOW).resign(REAL, NOW)
    assert forward.content == b"" and forward.url == "https://s3.eu-west-1.amazonaws.com/bucket/k?versionId=1"
    agrees(forward, REAL)


def test_a_presigned_url() -> None:
    host, path = "s3.eu-west-1.amazonaws.com", "/bucket/a%20key"
    mine = AWSRequest("GET", f"https://{host}{path}")
    botocore.auth.S3SigV4QueryAuth(boto(HELD), "s3", "eu-west-1", expires=900).add_auth(mine)
    target = mine.url.removeprefix(f"https://{host}")
    forward = GATEWAY.admit("GET", target, {"Host": host}, now=NOW).prove(None, NOW).resign(REAL, NOW)
    assert json.loads(forward.record.line())["auth"] == "query" and forward.target.startswith(path + "?")
    said = dict(parse_qsl(forward.url.partition("?")[2]))
    again = AWSRequest("GET", f"https://{host}{path}")
    botocore.auth.S3SigV4QueryAuth(boto(REAL), "s3", "eu-west-1", expires=int(said["X-Amz-Expires"])).add_auth(again)
    assert said == dict(parse_qsl(again.url.partition("?")[2])) and int(said["X-Amz-Expires"]) <= 60


def test_a_body_that_is_not_the_one_that_was_signed() -> None:
    forward = GATEWAY.admit(*put(b"hello"), now=NOW).prove(None, NOW).resign(REAL, NOW)
    way = forward.body()
    sent = way.push(b"hullo")
    with pytest.raises(awsaccess.BodyError) as caught:
        sent += way.finish()
    assert len(sent) < 5
    error = forward.refuse(caught.value)
    assert (error.kind, error.status) == ("payload-mismatch", 400)
    assert read_error(error, "s3", "PutObject") == "XAmzContentSHA256Mismatch" and forward.record.error == "payload-mismatch"
    # A chunk that is signed wrongly is not a body of another hash, and is answered as AWS answers it.
    host, target = "s3.eu-west-1.amazonaws.com", "/bucket/a%20key"
    way = {"region": "eu-west-1", "service": "s3", "now": NOW, "payload": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    length = {"x-amz-decoded-content-length": "5", "content-length": "172"}
    pairs = awsaccess.sign("PUT", f"https://{host}{target}", length, None, credentials=HELD, **way)
    forward = GATEWAY.admit("PUT", target, pairs, now=NOW).prove(None, NOW).resign(REAL, NOW)
    with pytest.raises(awsaccess.BodyError) as caught:
        forward.body().push(b"5;chunk-signature=" + b"0" * 64 + b"\r\nhello\r\n0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n")
    error = forward.refuse(caught.value)
    assert (caught.value.refusal, error.kind, error.status) == ("signature-mismatch", "signature-mismatch", 403)
    assert read_error(error, "s3", "PutObject") == "SignatureDoesNotMatch" and forward.record.error == "signature-mismatch"
    admitted = GATEWAY.admit(*asked(), now=NOW)
    assert refused(lambda: admitted.prove(ITEM.replace(b"7", b"8"), NOW)).kind == "signature-mismatch"
    slow = GATEWAY.admit(*put(b"hello"), now=NOW).refuse("body-timeout")
    assert (slow.status, read_error(slow, "s3", "PutObject"), slow.retryable) == (400, "RequestTimeout", True)
    assert admitted.refuse("body-timeout").status == 408


STRANGER = awsaccess.Credentials("AKIASTRANGERSTRANGER", HELD.secret_access_key)
FORGED = awsaccess.Credentials(HELD.access_key_id, "a-forged-" + "secret-of-somebody", HELD.session_token)
EVE = placeholder.mint(KEYS, Identity("eve", "crm", "reader"), 60, NOW)
OLD = placeholder.mint(KEYS, ALICE, 60, NOW - 60)


@pytest.mark.parametrize(
    ("keys", "region", "operation", "kind", "code"),
    [
        (STRANGER, "eu-west-1", "GetItem", "unknown-key", "UnrecognizedClientException"),
        (FORGED, "eu-west-1", "GetItem", "signature-mismatch", "InvalidSignatureException"),
        (EVE, "eu-west-1", "GetItem", "denied", "AccessDeniedException"),
        (OLD, "eu-west-1", "GetItem", "session-expired", "ExpiredTokenException"),
        (HELD, "eu-north-1", "GetItem", "scope-mismatch", "InvalidSignatureException"),
        (HELD, "eu-west-1", "DeleteTable", "denied", "AccessDeniedException"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals_are_what_a_client_reads(keys, region: str, operation: str, kind: str, code: str) -> None:
    request = asked(headers=TABLES | {"x-amz-target": f"DynamoDB_20120810.{operation}"}, keys=keys, region=region)
    host = "dynamodb.eu-west-1.amazonaws.com"
    error = refused(lambda: GATEWAY.admit(*request, now=NOW, connect=host, server_name=host).prove(ITEM, NOW))
    assert (error.kind, read_error(error, "dynamodb", operation)) == (kind, code)
    shown = json.loads(error.record.line())
    assert (shown["decision"], shown["error"]) == ("refused", kind) and error.record.allowed is False
    assert error.operator_detail and not error.retryable and error.request_id == error.record.id


def test_revoked_at_once() -> None:
    revoked = placeholder.Revocations()
    gateway = awsaccess.Gateway(RULES, KEYS, revocations=revoked)
    assert gateway.admit(*asked(), now=NOW).prove(ITEM, NOW)
    revoked.revoke(session="s-1", until=NOW + 3600, now=NOW)
    admitted = gateway.admit(*asked(), now=NOW)
    error = refused(lambda: admitted.prove(ITEM, NOW))
    assert error.kind == "token-invalid" and error.operator_detail == "the placeholder was revoked"
    assert revoked.restore(session="s-1", now=NOW) and gateway.admit(*asked(), now=NOW).prove(ITEM, NOW)


def test_a_stage_serves_one_of_the_threads_that_race_for_it() -> None:
    def race(call) -> list[object]:
        barrier, results = threading.Barrier(8), []

        def run() -> None:
            barrier.wait()
            try:
                results.append(call())
            except awsaccess.UsedError as error:
                results.append(error)

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won = [result for result in results if not isinstance(result, awsaccess.UsedError)]
        assert len(won) == 1 and len(results) == 8
        return won[0]

    item = ITEM + b" " * 100_000
    request = asked(body=item)
    for _ in range(20):
        admitted = GATEWAY.admit(*request, now=NOW)
        proven = race(lambda: admitted.prove(item, NOW))
        forward = race(lambda: proven.resign(REAL, NOW))
        assert forward.content == item and forward.record.allowed


def test_what_is_brought_wrongly_leaves_the_stage_as_it_was() -> None:
    held, flows = GATEWAY.admit(*asked(), now=NOW), GATEWAY.admit(*put(), now=NOW)
    with pytest.raises(awsaccess.InputError, match="bring up to body_limit bytes"):
        held.prove(None, NOW)
    with pytest.raises(awsaccess.InputTypeError):
        held.prove("text", NOW)
    with pytest.raises(awsaccess.InputError, match="this body flows"):
        flows.prove(b"hello", NOW)
    proven = held.prove(ITEM, NOW)
    with pytest.raises(awsaccess.InputError, match="credentials of its role"):
        proven.resign(None, NOW)
    with pytest.raises(TypeError):
        proven.resign("secret", NOW)
    assert proven.resign(REAL, NOW) and flows.prove(None, NOW)
    empty = GATEWAY.admit(*asked("GET", "s3.eu-west-1.amazonaws.com", "/b/k", {}, b"", service="s3"), now=NOW)
    with pytest.raises(awsaccess.InputError, match="no body"):
        empty.prove(b"x", NOW)


def test_bounds_hold() -> None:
    gateway = awsaccess.Gateway(RULES, KEYS, body_limit=len(ITEM))
    assert gateway.admit(*asked(), now=NOW).prove(ITEM, NOW)
    chunked = [(name, value) for name, value in asked()[2] if name != "Content-Length"]
    chunked.append(("Transfer-Encoding", "chunked"))
    told = gateway.admit("POST", "/", chunked, now=NOW).prove(ITEM, NOW).resign(REAL, NOW).headers
    lengths = [(name, value) for name, value in told if name.lower() in ("content-length", "transfer-encoding")]
    assert lengths == [("content-length", str(len(ITEM)))], "the service is told a length where the client told none"
    longer = ITEM + b" "
    assert refused(lambda: gateway.admit(*asked(body=longer), now=NOW)).kind == "body-too-large"
    untold = [(name, value) for name, value in asked(body=longer)[2] if name != "Content-Length"]
    admitted = gateway.admit("POST", "/", [*untold, ("Transfer-Encoding", "chunked")], now=NOW)
    assert refused(lambda: admitted.prove(longer, NOW)).status == 413
    assert refused(lambda: GATEWAY.admit("GET", "/" + "a" * 20_000, {"host": "h"}, now=NOW)).kind == "head-too-large"
    for limit in ({"target_limit": 0}, {"headers_limit": 40}, {"fields_limit": 2}, {"signed_headers_limit": 1}):
        narrow = awsaccess.Gateway(RULES, KEYS, **limit)
        assert refused(lambda: narrow.admit(*asked(), now=NOW)).kind == "head-too-large", limit


def test_expired_credentials_sign_nothing() -> None:
    proven = GATEWAY.admit(*asked(), now=NOW).prove(ITEM, NOW)
    gone = awsaccess.Credentials("ASIA", "gone", expires_at=NOW)
    error = refused(lambda: proven.resign(gone, NOW))
    assert error.kind == "credentials-unavailable" and error.retryable and error.status == 503


ASSUME = b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fcrm-job&RoleSessionName=mine&DurationSeconds="
GIVEN = awsaccess.Credentials("ASIAGIVENGIVENGIVEN1", "given-secret-of-the-" + "embedded-gateway-1234", "given/token+of-the-embedded==")


def answered(ends: str = "2027-01-15T08:30:00Z") -> bytes:
    return f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
    <AccessKeyId>{GIVEN.access_key_id}</AccessKeyId><SecretAccessKey>{GIVEN.secret_access_key}</SecretAccessKey>
    <SessionToken>{GIVEN.session_token}</SessionToken><Expiration>{ends}</Expiration></Credentials>
    </AssumeRoleResult></AssumeRoleResponse>""".encode()


def assume(seconds: int = 3600) -> awsaccess.Forward:
    form = ASSUME + b"%d" % seconds
    return GATEWAY.admit(*sts(form), now=NOW).prove(form, NOW).resign(REAL, NOW)


def test_credentials_in_replies_become_placeholders() -> None:
    forward = assume()
    assert forward.replaces(200) and not forward.replaces(403) and forward.reply_limit == 256 << 10
    with pytest.raises(awsaccess.InputError, match="bring the whole body"):
        forward.filter(200, {})
    came = {"Content-Type": "text/xml", "Content-Length": "9", "ETag": "x", "x-amzn-RequestId": "r-1", "Set-Cookie": "c"}
    status, headers, body = forward.filter(200, came, answered(), now=NOW)
    assert (status, headers) == (200, [("Content-Type", "text/xml"), ("x-amzn-RequestId", "r-1"),
                                       ("content-length", str(len(body))), ("cache-control", "no-store")])  # fmt: skip
    for secret in (GIVEN.access_key_id, GIVEN.secret_access_key, GIVEN.session_token):
        assert secret.encode() not in body
    read = awsaccess.sts.read((status, headers, body)).credentials
    claims = placeholder.open(KEYS, read.access_key_id, read.session_token)
    assert (claims.purpose, claims.root, claims.roles) == ("chained", HELD.access_key_id, [ROLE + "crm-job"])
    assert claims.credentials.secret_access_key == GIVEN.secret_access_key and claims.identity == ALICE
    assert read.expires_at == claims.expires_at == NOW + 1800
    assert json.loads(forward.record.line())["issued"] == read.access_key_id
    assert json.loads(forward.record.line())["upstream_request_id"] == "r-1"

    proven = GATEWAY.admit(*asked(keys=read), now=NOW).prove(ITEM, NOW)
    assert proven.needs == "sealed" and proven.decision.role == ROLE + "crm-reader"
    with pytest.raises(awsaccess.InputError, match="has sealed"):
        proven.resign(REAL, NOW)
    onward = proven.resign(now=NOW)
    agrees(onward, GIVEN)
    assert json.loads(onward.record.line())["role_chain"] == [ROLE + "crm-reader", ROLE + "crm-job"]


def test_a_reply_that_is_not_understood_goes_nowhere() -> None:
    forward = assume()
    for headers, body in [({}, b"<x/>"), ({"content-encoding": "gzip"}, answered()), ({}, answered() + b" " * (256 << 10))]:
        error = refused(lambda: forward.filter(200, headers, body, now=NOW))  # noqa: B023
        assert error.kind == "reply-not-understood" and error.status >= 500
        assert GIVEN.secret_access_key not in repr(vars(error))


def test_sessions_end_with_the_placeholder() -> None:
    later = NOW + 1800
    form = ASSUME + b"43200"
    request = AWSRequest("POST", "https://sts.eu-west-1.amazonaws.com/", {"content-type": "application/x-www-form-urlencoded"}, form)
    monkeypatch = pytest.MonkeyPatch()
    stand_still(monkeypatch, later)
    signer(HELD, "sts", "eu-west-1").add_auth(request)
    monkeypatch.undo()
    headers = [("Host", "sts.eu-west-1.amazonaws.com"), *request.headers.items(), ("Content-Length", str(len(form)))]
    forward = GATEWAY.admit("POST", "/", headers, now=later).prove(form, later).resign(REAL, later)
    assert parse_qs(forward.content.decode())["DurationSeconds"] == ["1800"]
    assert dict(parse_qsl(forward.content.decode())) | {"DurationSeconds": "43200"} == dict(parse_qsl(form.decode()))
    assert dict((name.lower(), value) for name, value in forward.headers)["content-length"] == str(len(forward.content))
    agrees(forward, REAL)


def test_answers_lose_what_belongs_to_the_connection() -> None:
    forward = GATEWAY.admit(*asked(), now=NOW).prove(ITEM, NOW).resign(REAL, NOW)
    came = [("Connection", "x-hop, close"), ("X-Hop", "1"), ("Set-Cookie", "a"), ("Transfer-Encoding", "chunked"),
            ("X-Twice", "1"), ("x-twice", b"2"), ("X-Split", b"a\r\nInjected: 1"), ("Content-Type", "t")]  # fmt: skip
    assert forward.filter(404, came) == (404, [("X-Twice", "1"), ("x-twice", "2"), ("Content-Type", "t")], None)
    assert forward.filter(200, None, b"body")[2] == b"body"


def test_a_refusal_of_the_hosts_own() -> None:
    admitted = GATEWAY.admit(*asked(), now=NOW)
    assert read_error(admitted.refuse("throttled", "alice is too fast"), "dynamodb", "GetItem") == "ThrottlingException"
    proven = admitted.prove(ITEM, NOW)
    for why, kind, detail in [
        ("busy", "busy", "too much is going on; please try again later"),
        (awsaccess.DeniedError("sts said no"), "assume-denied", "sts said no"),
        (awsaccess.UnreachableError("sts is away"), "credentials-unavailable", "sts is away"),
        (TimeoutError(), "upstream-timeout", "the service did not answer in time"),
        (ConnectionRefusedError(111, "refused"), "upstream-connect", "[Errno 111] refused"),
        (KeyError(REAL.secret_access_key), "internal", "KeyError"),
    ]:
        error = proven.refuse(why)
        assert (error.kind, error.operator_detail, proven.record.error) == (kind, detail, kind)
        assert proven.refuse(error) is error and error.reply[0] == error.status
    with pytest.raises(awsaccess.InputError):
        proven.refuse("no such name")
    with pytest.raises(TypeError):
        proven.refuse(7)
    head = GATEWAY.admit(*asked("HEAD", "s3.eu-west-1.amazonaws.com", "/b/k", {}, b"", service="s3"), now=NOW)
    assert head.refuse("busy").reply[2] == b"" and "content-length" not in dict(head.refuse("busy").reply[1])


def test_through_a_tunnel() -> None:
    way = {"connect": "dynamodb.eu-west-1.amazonaws.com:443", "server_name": "dynamodb.eu-west-1.amazonaws.com"}
    admitted = GATEWAY.admit(*asked(), now=NOW, **way)
    assert json.loads(admitted.record.line())["mode"] == "intercept"
    for wrong in (way | {"server_name": "sts.amazonaws.com"}, way | {"connect": "sts.amazonaws.com:443"}):
        assert refused(lambda: GATEWAY.admit(*asked(), now=NOW, **wrong)).kind == "host-mismatch"  # noqa: B023
    with pytest.raises(awsaccess.InputError, match="give connect too"):
        GATEWAY.admit(*asked(), now=NOW, server_name="a.b")
    with pytest.raises(awsaccess.InputError, match="connect: the host"):
        GATEWAY.admit(*asked(), now=NOW, connect="a b")
    method, target, headers = asked()
    headers = [(name.lower(), value) for name, value in headers if name != "Host"]
    two = GATEWAY.admit(method, target, headers, now=NOW, http2=True, authority="dynamodb.eu-west-1.amazonaws.com", **way)
    assert two.prove(ITEM, NOW).resign(REAL, NOW).content == ITEM


def test_where_a_connection_leads() -> None:
    gateway = awsaccess.Gateway(RULES, KEYS, endpoints=["minio.test"], customer_hosts=["a.execute-api.eu-west-1.amazonaws.com"])
    for host, wanted in [
        ("sts.amazonaws.com:443", "intercept"),
        ("sts.amazonaws.com:80", "refused"),
        ("minio.test:9000", "intercept"),
        ("a.execute-api.eu-west-1.amazonaws.com", "intercept"),
        ("b.execute-api.eu-west-1.amazonaws.com", "foreign"),
        (b"ssmmessages.eu-west-1.amazonaws.com", "opaque"),
        ("example.com", "foreign"),
        ("sts.amazonaws.com.evil.example", "foreign"),
        ("no-such.eu-west-1.amazonaws.com", "refused"),
    ]:
        assert gateway.destination(host) == wanted, host
    for wrong in ("169.254.169.254", "[::1]", "user@sts.amazonaws.com", ""):
        with pytest.raises(awsaccess.InputError):
            gateway.destination(wrong)


def test_how_much_one_subject_may_ask_for() -> None:
    throttle = awsaccess.Throttle(per_second=10, burst=2, at_once=2)
    assert throttle.begin("alice", NOW) is None and throttle.begin("alice", NOW) is None
    assert "as many requests running" in throttle.begin("alice", NOW)
    throttle.end("alice")
    assert "more requests a second" in throttle.begin("alice", NOW)
    assert throttle.begin("bob", NOW) is None and throttle.begin("alice", NOW + 0.1) is None
    assert awsaccess.Throttle().begin("alice", NOW) is None
    apart = awsaccess.Throttle(at_once=1, streams_at_once=1)
    assert apart.begin("alice", NOW, stream=True) is None and apart.begin("alice", NOW) is None
    assert "as many streams open" in apart.begin("alice", NOW, stream=True)
    apart.end("alice", stream=True)
    assert apart.begin("alice", NOW, stream=True) is None
    for wrong in ({"per_second": 0}, {"burst": 3}):
        with pytest.raises(awsaccess.InputError):
            awsaccess.Throttle(**wrong)


def test_placeholders_without_a_token() -> None:
    stored = awsaccess.Credentials("AKIASTORED0000000001", "a-stored-placeholder-" + "secret-0123456789")
    gateway = awsaccess.Gateway(RULES, placeholders=[(stored, ALICE)])
    forward = gateway.admit(*asked(keys=stored), now=NOW).prove(ITEM, NOW).resign(REAL, NOW)
    agrees(forward, REAL)
    assert refused(lambda: gateway.admit(*asked(), now=NOW)).kind == "unknown-key"
    form = ASSUME + b"900"
    admitted = gateway.admit(*sts(form, keys=stored), now=NOW)
    assert refused(lambda: admitted.prove(form, NOW)).kind == "credential-operation", "nothing could seal the answer"


@pytest.mark.parametrize("keys", [None, KEYS], ids=["alone", "beside keys"])
def test_a_store_changes_while_gateways_judge_by_it(keys) -> None:
    stored = awsaccess.Credentials("AKIASTORED0000000001", "a-stored-placeholder-" + "secret-0123456789")
    store = placeholder.Store()
    revoked = placeholder.Revocations() if keys else None
    gateway = awsaccess.Gateway(RULES, keys, placeholders=store, revocations=revoked)

    def kind() -> str | None:
        try:
            gateway.admit(*asked(keys=stored), now=NOW).prove(ITEM, NOW)
        except awsaccess.RefusedError as error:
            return error.kind
        return None

    assert kind() == "unknown-key" and stored.access_key_id not in store
    assert store.put(stored, ALICE) is False and stored.access_key_id in store
    assert kind() is None
    assert store.put(stored, Identity("eve", "crm", "reader")) is True
    assert kind() == "denied"
    assert store.put(awsaccess.Credentials(stored.access_key_id, "another-stored-" + "secret-0123456789"), ALICE) is True
    assert kind() == "signature-mismatch"
    store.put(stored, ALICE)
    if revoked:
        revoked.revoke(key_id=stored.access_key_id, until=NOW + 60, now=NOW)
        assert kind() == "token-invalid" and revoked.restore(key_id=stored.access_key_id, now=NOW)
    assert kind() is None and store.remove(stored.access_key_id) and not store.remove(stored.access_key_id)
    assert kind() == "unknown-key"
    with pytest.raises(awsaccess.InputError, match="16 to 128"):
        store.put(awsaccess.Credentials("short", "secret"), ALICE)


def test_what_passes_without_a_signature_of_ours() -> None:
    form = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fcrm-job&RoleSessionName=ci&WebIdentityToken=t0ken"
    host = "sts.eu-west-1.amazonaws.com"
    head = {"Host": host, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(form)), "X-Forwarded-For": "10.0.0.1"}
    way = {"connect": host, "server_name": host, "now": NOW}
    assert refused(lambda: GATEWAY.admit("POST", "/", head, **way)).kind == "auth-missing"
    gateway = awsaccess.Gateway(RULES, KEYS, unsigned=[("sts:AssumeRoleWithWebIdentity", ALICE)], foreign_presigned=True)
    proven = gateway.admit("POST", "/", head, **way).prove(form, NOW)
    assert (proven.needs, proven.decision, proven.access_key_id) == ("nothing", None, None)
    with pytest.raises(awsaccess.InputError, match="goes on as it is"):
        proven.resign(REAL, NOW)
    forward = proven.resign(now=NOW)
    assert forward.content == form and "x-forwarded-for" not in {name.lower() for name, _ in forward.headers} and forward.replaces(200)
    link = awsaccess.presign("GET", "https://b.s3.eu-west-1.amazonaws.com/k", credentials=STRANGER, region="eu-west-1", service="s3", now=NOW)
    there, _, path = link.removeprefix("https://").partition("/")
    passed = gateway.admit("GET", "/" + path, {"Host": there}, connect=there, server_name=there, now=NOW).prove(None, NOW)
    assert passed.needs == "nothing" and passed.resign(now=NOW).url == link
    assert refused(lambda: GATEWAY.admit("GET", "/" + path, {"Host": there}, connect=there, server_name=there, now=NOW)).kind == "unknown-key"


def test_rules_of_a_gateway_by_keyword() -> None:
    once = awsaccess.Gateway(RULES, KEYS, replay_times=1, replay_remember=10)
    assert once.admit(*asked(), now=NOW).prove(ITEM, NOW)
    again = once.admit(*asked(), now=NOW)
    assert refused(lambda: again.prove(ITEM, NOW)).kind == "replayed"
    for before, kind in ((once, "replayed"), (None, None)):
        after = awsaccess.Gateway(RULES, KEYS, replay_times=1, before=before).admit(*asked(), now=NOW)
        assert refused(lambda: after.prove(ITEM, NOW)).kind == kind if kind else after.prove(ITEM, NOW)  # noqa: B023
    form = ASSUME + b"900"
    denies = awsaccess.Gateway(RULES, KEYS, credential_replies={"sts:AssumeRole": "deny"}).admit(*sts(form), now=NOW)
    assert refused(lambda: denies.prove(form, NOW)).kind == "credential-operation"
    local = awsaccess.Gateway(RULES, KEYS, endpoints=[("minio.test", "s3", None)])
    way = {"connect": "minio.test:9000", "server_name": "minio.test"}
    request = asked("GET", "minio.test:9000", "/b/k", {}, b"", service="s3")
    assert local.admit(*request, now=NOW, **way).prove(None, NOW).host == "minio.test:9000"
    assert refused(lambda: GATEWAY.admit(*request, now=NOW, **way)).kind == "host-not-allowed"
    strict = awsaccess.Gateway(RULES, KEYS, strict_headers=True)
    extra = [*asked()[2], ("X-Own", "1")]
    for gateway, there in ((strict, False), (GATEWAY, True)):
        forward = gateway.admit("POST", "/", extra, now=NOW).prove(ITEM, NOW).resign(REAL, NOW)
        assert ("X-Own" in dict(forward.headers)) is there
    skewed = awsaccess.Gateway(RULES, KEYS, policy=awsaccess.Policy(max_skew=10))
    assert refused(lambda: skewed.admit(*asked(), now=NOW + 11)).kind == "skewed"


@pytest.mark.parametrize(
    "call",
    [
        lambda: awsaccess.Gateway(RULES),
        lambda: awsaccess.Gateway(RULES, placeholders=[], revocations=placeholder.Revocations()),
        lambda: awsaccess.Gateway(RULES, KEYS, placeholders="AKIA"),
        lambda: awsaccess.Gateway(RULES, KEYS, placeholders=[REAL]),
        lambda: awsaccess.Gateway(RULES, KEYS, placeholders=[(REAL, ALICE), (REAL, ALICE)]),
        lambda: awsaccess.Gateway(RULES, KEYS, endpoints=["*"]),
        lambda: awsaccess.Gateway(RULES, KEYS, endpoints=[7]),
        lambda: awsaccess.Gateway(RULES, KEYS, customer_hosts="a.b"),
        lambda: awsaccess.Gateway(RULES, KEYS, unsigned=["AssumeRole"]),
        lambda: awsaccess.Gateway(RULES, KEYS, credential_replies={"sts:AssumeRole": "hide"}),
        lambda: GATEWAY.admit("GET", "/", {"host": "h"}, peer="somewhere"),
        lambda: GATEWAY.admit("GET", "/", {"host": "h"}, id="two words"),
        lambda: GATEWAY.admit("GET", "/", "host: h"),
        lambda: GATEWAY.admit("GET", 7, {"host": "h"}),
    ],
)
def test_misuse_is_said_without_secrets(call) -> None:
    with pytest.raises(awsaccess.InputError) as caught:
        call()
    assert REAL.secret_access_key not in str(caught.value)


GARBAGE = [
    ("GET", "/", None),
    ("", "/", {"host": "h"}),
    ("G\u0130T", "/", {"host": "h"}),
    ("GET", "\udc80".encode("utf-8", "surrogatepass"), {"host": "h"}),
    ("GET", b"\xff\x00", {"host": "h"}),
    ("CONNECT", "h:443", {"host": "h"}),
    ("GET", "/", {"host": "h", "x": "a\r\nb"}),
    ("GET", "/", {"host": "h", "x": "\u0100"}),
    ("GET", "/", [("host", "h"), ("host", "h")]),
    ("GET", "/", {"host": "h", "authorization": "AWS4-HMAC-SHA256 " + "Credential=," * 999}),
    ("GET", "/", {"host": "h", "content-length": "5", "transfer-encoding": "chunked"}),
]


@pytest.mark.parametrize("nth", range(len(GARBAGE)))
def test_garbage_is_refused(nth: int) -> None:
    error = refused(lambda: GATEWAY.admit(*GARBAGE[nth], now=NOW))
    status, headers, body = error.reply
    assert 400 <= status < 500 and error.record.line().isascii() and all("\n" not in value for _, value in headers)


def test_nothing_shows_a_secret() -> None:
    import pickle

    admitted = GATEWAY.admit(*asked(), now=NOW)
    proven = admitted.prove(ITEM, NOW)
    forward = proven.resign(REAL, NOW)
    chained = placeholder.open(KEYS, HELD.access_key_id, HELD.session_token)
    for made in (GATEWAY, KEYS, RULES, ALICE, admitted, proven, proven.decision, forward, forward.record, chained,
                 placeholder.Revocations(), audit.Chain(), audit.Verifier()):  # fmt: skip
        shown = f"{made!r} {made}"
        for secret in (HELD.secret_access_key, HELD.session_token, REAL.secret_access_key, REAL.session_token):
            assert secret not in shown
        assert not hasattr(made, "__dict__")
        with pytest.raises(TypeError):
            pickle.dumps(made)
        with pytest.raises(AttributeError):
            made.anything = 1
    for phase in ("begin", "end"):
        for format in ("plain", "ocsf"):
            line = forward.record.line(phase, format=format)
            assert HELD.secret_access_key not in line and HELD.session_token not in line and REAL.secret_access_key not in line
    again = pickle.loads(pickle.dumps(proven.refuse("busy")))
    assert type(again) is awsaccess.RefusedError and again.kind == "busy" and again.reply[0] == 503 and again.record is None


def test_restrictions_are_asked_last_and_can_only_deny() -> None:
    asked_of: list[awsaccess.access.Question] = []

    def office_hours(question: awsaccess.access.Question) -> str | None:
        asked_of.append(question)
        return None if question.signed_in.get("mfa") == "true" else "mfa-wanted"

    gateway = awsaccess.Gateway(RULES, KEYS, restrictions=[office_hours])
    admitted = gateway.admit(*asked(), peer="192.0.2.7", now=NOW)
    error = refused(lambda: admitted.prove(ITEM, NOW))
    assert (error.kind, admitted.record.allowed) == ("denied", False)
    line = json.loads(admitted.record.line("end"))
    assert (line["subject"], line["reason"]) == ("alice", "denied by mfa-wanted") and b"mfa" not in error.reply[2]
    question = asked_of.pop()
    assert (question.service, question.region, question.partition) == ("dynamodb", "eu-west-1", "aws")
    assert question.operation is not None and question.operation.name == "GetItem"
    assert (question.decision.role, question.source, question.now) == (ROLE + "crm-reader", "192.0.2.7", NOW)
    assert (question.host, question.customer_host) == ("dynamodb.eu-west-1.amazonaws.com", False)
    assert repr(question) == "<AccessQuestion 'dynamodb' in 'eu-west-1'>"

    sure = placeholder.mint(KEYS, ALICE, 3600, NOW, signed_in={"mfa": "true"}, seed=bytes(32))
    forward = gateway.admit(*asked(keys=sure), now=NOW).prove(ITEM, NOW).resign(REAL, NOW)
    agrees(forward, REAL)
    # What the rules deny it is not asked about.
    asked_of.clear()
    deletes = dict(TABLES, **{"x-amz-target": "DynamoDB_20120810.DeleteTable"})
    refused(lambda: gateway.admit(*asked(headers=deletes, keys=sure), now=NOW).prove(ITEM, NOW))
    assert not asked_of


def test_what_a_restriction_raises_is_raised_and_lets_nothing_through() -> None:
    def broken(question: awsaccess.access.Question) -> str | None:
        raise LookupError("the directory is away")

    admitted = awsaccess.Gateway(RULES, KEYS, restrictions=[broken]).admit(*asked(), now=NOW)
    with pytest.raises(LookupError, match="the directory is away"):
        admitted.prove(ITEM, NOW)
    assert admitted.record.allowed is not True
    for answer in (True, 5, b"no"):
        gateway = awsaccess.Gateway(RULES, KEYS, restrictions=[lambda _, answer=answer: answer])
        with pytest.raises(TypeError):
            gateway.admit(*asked(), now=NOW).prove(ITEM, NOW)
    # It may look at the record of the very request, from another thread too, and nobody waits for anybody.
    seen: list[bool | None] = []

    def looks(question: awsaccess.access.Question) -> str | None:
        other = threading.Thread(target=lambda: seen.append(admitted.record.allowed))
        other.start()
        other.join(30)
        return None

    admitted = awsaccess.Gateway(RULES, KEYS, restrictions=[looks]).admit(*asked(), now=NOW)
    assert admitted.prove(ITEM, NOW).record.allowed and seen == [None]
    with pytest.raises(awsaccess.InputTypeError):
        awsaccess.Gateway(RULES, KEYS, restrictions=["no"])  # type: ignore[list-item]


def test_the_console_is_opened_by_the_rules() -> None:
    rules = Rules.parse(
        {
            "application": [
                {
                    "name": name,
                    "max_duration_seconds": 1800,
                    "role": [{"name": "reader", "assume": [{"role_arn": ROLE + "crm-reader"}]}],
                }
                | more
                for name, more in (("crm", {}), ("bounded", {"regions": ["eu-west-1"]}))
            ],
            "role": [{"name": "dev", "allow": [ROLE + "crm-*"]}],
            "subject": [{"name": "alice", "roles": ["dev"]}],
        }
    )
    asked_of: list[str] = []
    revoked = placeholder.Revocations()
    gateway = awsaccess.Gateway(
        rules, KEYS, revocations=revoked, restrictions=[lambda question: asked_of.append(question.service)]
    )
    held = (HELD.access_key_id, HELD.session_token)
    grant = gateway.open_console(*held, peer="192.0.2.7", now=NOW, id="link-1")
    assert grant.decision.role == ROLE + "crm-reader" and grant.longest == 1800
    assert asked_of == ["signin"] and repr(grant) == "<ConsoleGrant of 'alice'>"
    line = json.loads(grant.record.line("end"))
    assert (line["event"], line["id"], line["operation"]) == ("console.end", "link-1", "sign-in")
    assert (line["subject"], line["decision"], line["source"]) == ("alice", "allowed", "192.0.2.7")
    assert gateway.open_console(*held, now=NOW + 3000).longest == 600
    bounded = placeholder.mint(KEYS, Identity("alice", "bounded", "reader"), 3600, NOW, seed=bytes(32))
    for key_id, token, now, kind in [
        (*held, NOW + 3600, "session-expired"),
        (bounded.access_key_id, bounded.session_token, NOW, "denied"),
        (HELD.access_key_id, bounded.session_token, NOW, "unknown-key"),
        (HELD.access_key_id, None, NOW, "unknown-key"),
    ]:
        error = refused(lambda key_id=key_id, token=token, now=now: gateway.open_console(key_id, token, now=now))
        assert error.kind == kind
        assert json.loads(error.record.line("end"))["event"] == "console.end"
    revoked.revoke(session="s-1", until=NOW + 7200, now=NOW)
    assert refused(lambda: gateway.open_console(*held, now=NOW)).kind == "token-invalid"
