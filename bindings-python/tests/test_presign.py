"""What was signed offline: recognised, proven, and signed again to what its generator makes with the real key."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import awsaccess
import botocore.config
import botocore.session
import pytest
from botocore.signers import RequestSigner, generate_db_auth_token
from conftest import VECTORS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
CASES = json.loads((VECTORS / "presigned/cases.json").read_text())
PLACEHOLDER = awsaccess.Credentials("AKIAPLACEHOLDER00001", "placeholder-secret-of-presigns-0001")
REAL = awsaccess.Credentials("AKIAREALREALREALREAL", "real-secret-of-presigns-000000000001")


def recognize(case: dict[str, Any]) -> awsaccess.OfflinePresign:
    found = awsaccess.recognize_presign(case["text"], case["headers"])
    assert found is not None
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["kind"])
def test_recorded_ones(case: dict[str, Any]) -> None:
    found = recognize(case)
    assert (found.kind, found.service, found.region) == (case["kind"], case["service"], case["region"])
    assert (found.resource, found.missing_headers) == (case["resource"], [])
    assert found.access_key_id == case["placeholder"][0]
    placeholder, real = (awsaccess.Credentials(*case[name]) for name in ("placeholder", "real"))
    signed_at = found.signed_at
    proven = found.verify(placeholder, signed_at)
    out = proven.resign(real, now=signed_at)
    assert out.text.strip() == case["resigned"].strip()
    assert (out.limited_by, out.expires_at) == ("asked", found.expires_at)
    assert out.lifetime == found.expires_at - signed_at
    for each in (found, proven, out):
        assert case["placeholder"][1] not in repr(each) and case["text"].strip() not in repr(each)
    as_bytes = awsaccess.recognize_presign(case["text"].encode(), case["headers"])
    assert as_bytes is not None
    assert as_bytes.verify(placeholder, signed_at).resign(real, now=signed_at).text == out.text.encode()
    assert len(CASES) == 40


def test_only_what_it_is() -> None:
    for text in ("", "https://example.com/", "k8s-aws-v1.", "hello", b"\xff\xfe"):
        assert awsaccess.recognize_presign(text) is None
    with pytest.raises(awsaccess.InputTypeError):
        awsaccess.recognize_presign(5)  # type: ignore[arg-type]


def of_kind(kind: str) -> dict[str, Any]:
    return next(case for case in CASES if case["kind"] == kind)


@pytest.mark.parametrize("kind", ["s3", "rds-token", "codecommit"])
def test_what_is_refused(kind: str) -> None:
    found = recognize(of_kind(kind))
    code = "InvalidAccessKeyId" if kind == "s3" else "InvalidClientTokenId"
    uniform = awsaccess.Policy(uniform_errors=True)
    end, at = found.expires_at, found.signed_at
    for key, now, policy, expected in [
        (REAL, at, None, ("signature-mismatch", "SignatureDoesNotMatch")),
        (None, at, None, ("unknown-key", code)),
        (None, at, uniform, ("signature-mismatch", "SignatureDoesNotMatch")),
        (None, end + 1, None, ("expired", None)),
        (PLACEHOLDER, end + 1, None, ("expired", None)),
        (PLACEHOLDER, at - 3600, None, ("not-yet-valid", None)),
    ]:
        with pytest.raises(awsaccess.VerifyError) as caught:
            found.verify(key, now, policy)
        assert caught.value.kind == expected[0]
        assert expected[1] in (None, caught.value.aws_code)
    # It is refused as often as it is wrong, and still proven by the right key.
    assert found.verify(PLACEHOLDER.secret_access_key, at)


def test_it_lasts_as_long_as_it_honestly_can() -> None:
    proven = recognize(of_kind("s3")).verify(PLACEHOLDER, NOON)
    assert proven.method == "GET"
    short = proven.resign(REAL, 60, NOON)
    assert (short.limited_by, short.lifetime, short.expires_at) == ("policy", 60.0, NOON + 60)
    assert "X-Amz-Expires=60&" in short.text
    ending = awsaccess.Credentials("ASIAREAL", REAL.secret_access_key, "t", NOON + 30)
    assert proven.resign(ending, now=NOON).limited_by == "credentials"
    with pytest.raises(awsaccess.ResignError):
        proven.resign(ending, now=NOON + 30)
    with pytest.raises(TypeError):
        proven.resign(REAL.delegate("eu-west-1", "s3", NOON))  # type: ignore[arg-type]


def test_headers_that_are_not_in_the_text() -> None:
    case = of_kind("eks-token")
    found = awsaccess.recognize_presign(case["text"])
    assert found is not None and found.missing_headers == ["x-k8s-aws-id"] and found.resource is None
    with pytest.raises(awsaccess.VerifyError) as caught:
        found.verify(PLACEHOLDER, NOON)
    assert caught.value.kind == "signed-header-absent"


def client(service: str, keys: awsaccess.Credentials) -> Any:
    return botocore.session.Session().create_client(
        service,
        region_name="eu-west-1",
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        config=botocore.config.Config(signature_version="s3v4") if service == "s3" else None,
    )


def rds(keys: awsaccess.Credentials) -> str:
    return generate_db_auth_token(client("rds", keys), "db.example.eu-west-1.rds.amazonaws.com", 5432, "app")


def dsql(keys: awsaccess.Credentials) -> str:
    return client("dsql", keys).generate_db_connect_admin_auth_token("abc.dsql.eu-west-1.on.aws")


def s3(keys: awsaccess.Credentials) -> str:
    params = {"Bucket": "bucket", "Key": "a b/\u00fc+.txt"}
    return client("s3", keys).generate_presigned_url("get_object", Params=params, ExpiresIn=600)


def eks(keys: awsaccess.Credentials) -> str:
    """As the AWS CLI makes it with botocore's signer."""
    sts = client("sts", keys)
    signer: RequestSigner = sts._request_signer
    url = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": {"x-k8s-aws-id": "my-cluster"},
            "context": {},
        },
        operation_name="",
        expires_in=60,
        region_name="eu-west-1",
        signing_name="sts",
    )
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


@contextmanager
def noon() -> Iterator[None]:
    """botocore reads the clock itself, also where it signs with the common runtime."""
    at = datetime.fromtimestamp(NOON, UTC).replace(tzinfo=None)
    with ExitStack() as stack:
        for module in {"botocore.auth", "botocore.crt.auth"} & sys.modules.keys():
            stack.enter_context(mock.patch(f"{module}.get_current_datetime", lambda *_, **__: at))
        yield


@pytest.mark.parametrize("real", [REAL, awsaccess.Credentials("ASIAREAL", "the-real-secret", "the+real/token==")])
@pytest.mark.parametrize(
    ("make", "kind"), [(rds, "rds-token"), (dsql, "dsql-token"), (s3, "s3"), (eks, "eks-token")]
)
def test_botocore_makes_the_same(make: Any, kind: str, real: awsaccess.Credentials) -> None:
    with noon():
        text, expected = make(PLACEHOLDER), make(real)
    found = awsaccess.recognize_presign(text, {"x-k8s-aws-id": "my-cluster"} if kind == "eks-token" else None)
    assert found is not None and found.kind == kind and found.signed_at == NOON
    out = found.verify(PLACEHOLDER, NOON).resign(real, now=NOON).text

    def pieces(text: str) -> tuple[str, list[str]]:
        """The URL's own part, and its parameters, whose order is the generator's."""
        if kind == "eks-token":
            coded = text.removeprefix("k8s-aws-v1.")
            text = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
        start, _, query = text.partition("?")
        return start, sorted(query.split("&"))

    assert pieces(out) == pieces(expected)
