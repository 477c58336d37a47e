"""STS: our requests beside botocore's, byte for byte, and the replies."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import awsaccess
import botocore.session
import pytest
from awsaccess import HttpReply, sts
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from conftest import VECTORS

NOW = 1_800_000_000
SECRET, TOKEN = "sts-test-" + "s3cret", "sts-test-" + "t0ken/+="
ARN = "arn:aws:iam::111122223333:role/team/reader"
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
ARNS = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"]
CONTEXT = "arn:aws:iam::aws:contextProvider/IdentityCenter"
SESSION_OURS = {"policy_arns": ARNS, "policy": POLICY, "duration": 900}
SESSION_THEIRS = {"PolicyArns": [{"arn": arn} for arn in ARNS], "Policy": POLICY, "DurationSeconds": 900}

CASES: list[tuple[str, str, tuple[str, ...], dict[str, Any], dict[str, Any]]] = [
    ("AssumeRole", "assume_role", (ARN, "me"), {}, {"RoleArn": ARN, "RoleSessionName": "me"}),
    (
        "AssumeRole",
        "assume_role",
        (ARN, "me@example.com"),
        SESSION_OURS
        | {
            "tags": {"team": "a b/é", "empty": ""},
            "transitive_tag_keys": ["team"],
            "external_id": "outer:1/2",
            "serial_number": "arn:aws:iam::111122223333:mfa/me",
            "token_code": "123456",
            "source_identity": "alice",
            "provided_contexts": {CONTEXT: "asserted"},
        },
        {"RoleArn": ARN, "RoleSessionName": "me@example.com"}
        | SESSION_THEIRS
        | {
            "Tags": [{"Key": "team", "Value": "a b/é"}, {"Key": "empty", "Value": ""}],
            "TransitiveTagKeys": ["team"],
            "ExternalId": "outer:1/2",
            "SerialNumber": "arn:aws:iam::111122223333:mfa/me",
            "TokenCode": "123456",
            "SourceIdentity": "alice",
            "ProvidedContexts": [{"ProviderArn": CONTEXT, "ContextAssertion": "asserted"}],
        },
    ),
    (
        "AssumeRoleWithWebIdentity",
        "assume_role_with_web_identity",
        (ARN, "me", "eyJhbGciOiJub25lIn0.e30."),
        {"provider_id": "www.amazon.com"} | SESSION_OURS,
        {
            "RoleArn": ARN,
            "RoleSessionName": "me",
            "WebIdentityToken": "eyJhbGciOiJub25lIn0.e30.",
            "ProviderId": "www.amazon.com",
        }
        | SESSION_THEIRS,
    ),
    (
        "AssumeRoleWithSAML",
        "assume_role_with_saml",
        (ARN, "arn:aws:iam::111122223333:saml-provider/idp", "PHNhbWw+PC9zYW1sPg=="),
        SESSION_OURS,
        {
            "RoleArn": ARN,
            "PrincipalArn": "arn:aws:iam::111122223333:saml-provider/idp",
            "SAMLAssertion": "PHNhbWw+PC9zYW1sPg==",
        }
        | SESSION_THEIRS,
    ),
    (
        "AssumeRoot",
        "assume_root",
        ("111122223333", "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"),
        {"duration": 900},
        {
            "TargetPrincipal": "111122223333",
            "TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"},
            "DurationSeconds": 900,
        },
    ),
    ("GetSessionToken", "get_session_token", (), {}, {}),
    (
        "GetSessionToken",
        "get_session_token",
        (),
        {"duration": 129_600, "serial_number": "GAHT12345678", "token_code": "000000"},
        {"DurationSeconds": 129_600, "SerialNumber": "GAHT12345678", "TokenCode": "000000"},
    ),
    (
        "GetFederationToken",
        "get_federation_token",
        ("alice",),
        SESSION_OURS | {"tags": {"team": "x"}},
        {"Name": "alice"} | SESSION_THEIRS | {"Tags": [{"Key": "team", "Value": "x"}]},
    ),
    ("GetCallerIdentity", "get_caller_identity", (), {}, {}),
    ("GetAccessKeyInfo", "get_access_key_info", ("AKIAIOSFODNN7EXAMPLE",), {}, {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}),
    ("DecodeAuthorizationMessage", "decode_authorization_message", ("a+b/c=",), {}, {"EncodedMessage": "a+b/c="}),
]
UNSIGNED = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}


def theirs(operation: str, parameters: dict[str, Any], token: str | None, **settings: Any) -> Any:
    """The request that botocore would send, as it leaves it."""
    session = botocore.session.Session(profile=None)
    client = session.create_client(
        "sts",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, **settings),
        region_name=settings.pop("region", "eu-west-1"),
    )
    caught: list[Any] = []

    def stop(request: Any, **_: Any) -> AWSResponse:
        caught.append(request)
        return AWSResponse(request.url, 200, {}, mock.Mock(stream=lambda *_: iter([b"<x/>"])))

    client.meta.events.register("before-send.sts.*", stop)
    at = datetime.fromtimestamp(NOW, UTC)
    with (
        # Either signs: botocore's own, or AWS's common runtime, where it is installed.
        mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: at.replace(tzinfo=None)),
        mock.patch("botocore.crt.auth.get_current_datetime", lambda *_, **__: at),
    ):
        method = botocore.xform_name(operation)
        try:
            getattr(client, method)(**parameters)
        except Exception:  # the reply says nothing
            assert caught
    return caught[0]


# What botocore says of itself, and what is no part of the request's meaning.
OWN = {"user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "content-length", "host"}


@pytest.mark.parametrize("token", [None, TOKEN], ids=["keys", "session"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_requests_are_botocores(case: Any, token: str | None) -> None:
    operation, name, positional, keywords, parameters = case
    signed = operation not in UNSIGNED
    how: dict[str, Any] = {"region": "eu-west-1"}
    if signed:
        how |= {"credentials": awsaccess.Credentials("AKIDEXAMPLE", SECRET, token), "now": NOW}
    ours = getattr(sts, name)(*positional, **keywords, **how)
    other = theirs(operation, parameters, token)
    body = other.body if isinstance(other.body, bytes) else other.body.encode()
    assert (ours.method, ours.url, ours.body) == (other.method, other.url, body)
    sent = {name.lower(): value if isinstance(value, str) else value.decode() for name, value in other.headers.items()}
    mine = {name.lower(): value for name, value in ours.headers}
    assert mine.pop("host") == "sts.eu-west-1.amazonaws.com"
    expected = {name: value for name, value in sent.items() if name not in OWN}
    assert mine.keys() == expected.keys()
    assert ("authorization" in mine) == signed
    if signed:
        # Only the spacing between the parts may differ.
        for headers in (mine, expected):
            headers["authorization"] = re.sub(r",\s*", ",", headers["authorization"])
    assert mine == expected


def test_endpoints_of_a_request() -> None:
    keys = awsaccess.Credentials("AKIDEXAMPLE", SECRET)
    for how, url in [
        ({"region": "us-gov-west-1", "fips": True}, "https://sts.us-gov-west-1.amazonaws.com/"),
        ({"region": "cn-north-1"}, "https://sts.cn-north-1.amazonaws.com.cn/"),
        ({"region": "eu-west-1", "dual_stack": True}, "https://sts.eu-west-1.api.aws/"),
        ({"region": "aws-global"}, "https://sts.amazonaws.com/"),
        ({"endpoint": "http://localhost:4566/sts", "region": "eu-west-1"}, "http://localhost:4566/sts"),
    ]:
        assert sts.get_caller_identity(credentials=keys, now=NOW, **how).url == url
    with pytest.raises(awsaccess.ConfigError):
        sts.get_caller_identity(credentials=keys)
    with pytest.raises(awsaccess.ConfigError, match="global endpoint"):
        sts.assume_root(
            "111122223333",
            "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy",
            credentials=keys,
            region="aws-global",
        )


@pytest.mark.parametrize(
    ("name", "given", "keywords"),
    [
        ("assume_role", ("arn:aws:iam::1:user/x", "me"), {}),
        ("assume_role", (ARN, "a b"), {}),
        ("assume_role", (ARN, "x" * 65), {}),
        ("assume_role", (ARN, "me"), {"duration": 899}),
        ("assume_role", (ARN, "me"), {"duration": 43_201}),
        ("assume_role", (ARN, "me"), {"tags": {"aws:x": "y"}}),
        ("assume_role", (ARN, "me"), {"tags": [("a", "1"), ("A", "2")]}),
        ("assume_role", (ARN, "me"), {"tags": {str(n): "" for n in range(51)}}),
        ("assume_role", (ARN, "me"), {"policy_arns": [ARN] * 11}),
        ("assume_role", (ARN, "me"), {"source_identity": "a"}),
        ("assume_role", (ARN, "me"), {"serial_number": "GAHT12345678"}),
        ("assume_role", (ARN, "me"), {"policy": "\u0100"}),
        ("assume_root", ("111122223333", ARNS[0]), {}),
        ("get_federation_token", ("x" * 33,), {}),
        ("get_session_token", (), {"duration": 129_601}),
        ("get_access_key_info", ("AKIA",), {}),
        ("decode_authorization_message", ("",), {}),
    ],
)
def test_parameters_are_checked_first(name: str, given: Any, keywords: Any) -> None:
    keys = awsaccess.Credentials("AKIDEXAMPLE", SECRET)
    with pytest.raises(awsaccess.InputError):
        getattr(sts, name)(*given, **keywords, credentials=keys, region="eu-west-1")


# Our keywords that are called otherwise than the members of the model.
NAMES = {
    "RoleSessionName": "session_name",
    "DurationSeconds": "duration",
    "WebIdentityToken": "token",
    "SAMLAssertion": "assertion",
}
# The newest member, which pads a token and serves tests only, is not offered.
LEFT_OUT = {"MinimumSessionTokenSize"}
# Where we ask for more than the model: the form of a role's ARN, of a task policy's, of base64, of twelve digits.
STRICTER = {"RoleArn", "PrincipalArn", "TaskPolicyArn", "SAMLAssertion", "TargetPrincipal", "TokenCode"}
REQUIRED = {
    "AssumeRole": {"role_arn": ARN, "session_name": "me"},
    "AssumeRoleWithWebIdentity": {"role_arn": ARN, "session_name": "me", "token": "a.b.c"},
    "AssumeRoleWithSAML": {"role_arn": ARN, "principal_arn": ARN, "assertion": "PHNhbWw+"},
    "AssumeRoot": {"target_principal": "111122223333", "task_policy_arn": CASES[4][2][1]},
    "GetSessionToken": {},
    "GetFederationToken": {"name": "alice"},
    "GetAccessKeyInfo": {"access_key_id": "AKIAIOSFODNN7EXAMPLE"},
    "DecodeAuthorizationMessage": {"encoded_message": "x"},
    "GetCallerIdentity": {},
}


def test_the_limits_are_those_of_the_model() -> None:
    """Every member of every operation at the ends of its range, and one beyond."""
    model = botocore.session.Session(profile=None).get_service_model("sts")
    keys = awsaccess.Credentials("AKIDEXAMPLE", SECRET)
    tried = 0

    def takes(operation: str, **given: Any) -> bool:
        how: dict[str, Any] = {} if operation in UNSIGNED else {"credentials": keys, "now": NOW}
        if "serial_number" in given:
            how["token_code"] = "123456"
        try:
            getattr(sts, botocore.xform_name(operation))(**REQUIRED[operation] | given, **how, region="eu-west-1")
        except awsaccess.InputError:
            return False
        return True

    for operation in REQUIRED:
        shape = model.operation_model(operation).input_shape
        assert takes(operation)
        for name, member in shape.members.items() if shape else ():
            if name in LEFT_OUT:
                continue
            keyword, limits, kind = NAMES.get(name, botocore.xform_name(name)), member.metadata, member.type_name
            if kind == "integer":
                for value, right in [(limits["min"], True), (limits["max"], True), (limits["max"] + 1, False)]:
                    assert takes(operation, **{keyword: value}) == right, (operation, name, value)
                assert limits["min"] == 0 or not takes(operation, **{keyword: limits["min"] - 1})
                tried += 4
            elif kind == "string":
                least, most = limits.get("min", 1), limits.get("max")
                for length, right in [(least, True), (most, True), (least - 1, False), (most and most + 1, False)]:
                    if length is None or (right and name in STRICTER) or (name == "TokenCode"):
                        continue
                    # A role's ARN and base64 in any length, for what the length alone refuses.
                    value = {"RoleArn": ARN, "PrincipalArn": ARN}.get(name, "")[:length].ljust(length, "a")
                    assert takes(operation, **{keyword: value}) == right, (operation, name, length)
                    tried += 1
                if limits.get("pattern", "").startswith("[\\w"):
                    good, allowed = "aZ9_" * 4, limits["pattern"]
                    for c in map(chr, [*range(32, 127), 0xE9, 0x0A]):
                        right = re.fullmatch(allowed, c, re.ASCII) is not None
                        assert takes(operation, **{keyword: good + c}) == right, (operation, name, c)
                        tried += 1
    assert tried > 800, tried
    contexts = [(f"arn:aws:iam::aws:contextProvider/{n}", "asserted") for n in range(6)]
    assert takes("AssumeRole", provided_contexts=contexts[:5]) and not takes("AssumeRole", provided_contexts=contexts)
    assert not takes("AssumeRole", provided_contexts={CONTEXT: "x" * 3}) and not takes("AssumeRole", provided_contexts={CONTEXT: "x" * 2049})
    tags = {f"k{n}": "v" for n in range(50)}
    assert takes("AssumeRole", tags=tags, transitive_tag_keys=list(tags))
    assert not takes("AssumeRole", transitive_tag_keys=[*tags, "one-more"])
    for pair, right in [(("k" * 128, "v" * 256), True), (("k" * 129, ""), False), (("k", "v" * 257), False), (("", ""), False), (("a#", ""), False)]:
        assert takes("AssumeRole", tags=[pair]) == right, pair


def test_a_chained_role_has_an_hour() -> None:
    chained = awsaccess.Credentials("ASIA", SECRET, TOKEN, source="assume-role")
    task = awsaccess.Credentials("ASIA", SECRET, TOKEN, source="container")
    instance = awsaccess.Credentials("ASIA", SECRET, TOKEN, source="imds")
    how: dict[str, Any] = {"region": "eu-west-1", "duration": 7200}
    for credentials in (chained, task):
        with pytest.raises(awsaccess.InputError, match="one hour"):
            sts.assume_role(ARN, "me", credentials=credentials, **how)
    assert b"DurationSeconds=7200" in sts.assume_role(ARN, "me", credentials=instance, **how).body
    with pytest.raises(awsaccess.MfaError):
        sts.assume_role(ARN, "me", credentials=instance, serial_number="GAHT12345678", token_code="12345", **how)


def test_botocores_replies() -> None:
    body = (VECTORS / "sts/xml__responses__sts-get-session-token.xml").read_bytes()
    expected = json.loads((VECTORS / "sts/xml__responses__sts-get-session-token.json").read_text())
    for reply in (HttpReply(200, {}, body), (200, [("x", "y")], body)):
        found = sts.read(reply)
        keys, theirs_ = found.credentials, expected["Credentials"]
        assert keys is not None
        assert (keys.access_key_id, keys.secret_access_key) == (theirs_["AccessKeyId"], theirs_["SecretAccessKey"])
        assert keys.session_token == theirs_["SessionToken"]
        assert (found.operation, found.request_id) == (
            "GetSessionToken",
            expected["ResponseMetadata"]["RequestId"],
        )
    body = (VECTORS / "sts/xml__errors__sts-get-session-token.xml").read_bytes()
    expected = json.loads((VECTORS / "sts/xml__errors__sts-get-session-token.json").read_text())
    with pytest.raises(awsaccess.AwsAccessError) as caught:
        sts.read(HttpReply(403, {}, body))
    assert caught.value.aws_code == expected["Error"]["Code"]
    assert caught.value.request_id == expected["ResponseMetadata"]["RequestId"]
    assert not caught.value.retryable and caught.value.kind == "denied"


def test_other_replies() -> None:
    role = (
        "<AssumeRoleResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleResult><AssumedRoleUser>"
        "<Arn>arn:aws:sts::111122223333:assumed-role/reader/me</Arn><AssumedRoleId>AROA:me</AssumedRoleId>"
        "</AssumedRoleUser><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>sts-test-s3cret"
        "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration></Credentials>"
        "<PackedPolicySize>6</PackedPolicySize></AssumeRoleResult></AssumeRoleResponse>"
    )
    found = sts.read((200, None, role.encode()))
    assert (found.arn, found.account_id) == ("arn:aws:sts::111122223333:assumed-role/reader/me", "111122223333")
    assert (found.packed_policy_size, found.get("AssumedRoleUser/AssumedRoleId")) == (6, "AROA:me")
    assert found.credentials is not None and found.credentials.source == "assume-role"
    assert repr(found) == "<StsReply AssumeRole>"
    for status, body, raised, retryable in [
        (200, role.replace("<SessionToken>t</SessionToken>", ""), awsaccess.MalformedError, False),
        (200, "<html>", awsaccess.MalformedError, False),
        (503, "<html>", awsaccess.ServiceError, True),
        (400, error("Throttling"), awsaccess.ServiceError, True),
        (400, error("IDPCommunicationError"), awsaccess.ServiceError, True),
        (400, error("ExpiredTokenException"), awsaccess.ExpiredError, False),
        (400, error("PackedPolicyTooLarge"), awsaccess.ConfigError, False),
        (403, error("AccessDenied"), awsaccess.DeniedError, False),
    ]:
        with pytest.raises(raised) as caught:
            sts.read((status, {}, body.encode()))
        assert caught.value.retryable == retryable
    with pytest.raises(awsaccess.InputTypeError):
        sts.read("text")  # type: ignore[arg-type]


def error(code: str) -> str:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>"


def test_session_names() -> None:
    assert sts.session_name("{app}-{user}", app="crm", user="alice@example.com") == "crm-alice@example.com"
    names = {sts.session_name("{app}-{user}", app=app, user=user) for app, user in [("a-b", "c"), ("a", "b-c")]}
    assert len(names) == 2
    assert len(sts.session_name("{user}", user="é" * 100)) == 64
    with pytest.raises(awsaccess.InputError):
        sts.session_name("{nobody}", user="x")
