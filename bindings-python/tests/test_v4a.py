"""SigV4A: what we sign and what AWS's common runtime signs, over the same string, by a key that is derived here."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Any

import awsaccess
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from requests_seeded import NOW, Sent, requests

SECRET = "wJalr" + "XUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = awsaccess.Credentials("AKIDEXAMPLE", SECRET)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SETS = [["*"], ["us-east-1"], ["us-east-1", "eu-*"]]


def public_key() -> ec.EllipticCurvePublicKey:
    """By NIST SP 800-108 in counter mode, until the number is in the field."""
    for counter in range(1, 255):
        fixed = b"AWS4-ECDSA-P256-SHA256\0AKIDEXAMPLE" + bytes([counter]) + (256).to_bytes(4, "big")
        made = int.from_bytes(hmac.digest(b"AWS4A" + SECRET.encode(), b"\0\0\0\1" + fixed, "sha256"), "big")
        if made <= ORDER - 2:
            return ec.derive_private_key(made + 1, ec.SECP256R1()).public_key()
    raise AssertionError


PUBLIC = public_key()


def proves(signature: str, text: bytes) -> bool:
    try:
        PUBLIC.verify(bytes.fromhex(signature), text, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def theirs(sent: Sent, link: bool, s3: bool, regions: str) -> Any:
    auth = pytest.importorskip("awscrt.auth", reason="awscrt has no wheel for this machine")
    http = pytest.importorskip("awscrt.http", reason="awscrt has no wheel for this machine")
    io = pytest.importorskip("awscrt.io", reason="awscrt has no wheel for this machine")
    headers = http.HttpHeaders([("Host", sent.host), *sent.headers])
    body = io.InputStream(__import__("io").BytesIO(sent.body)) if sent.body else None
    request = http.HttpRequest(sent.method, sent.path + (f"?{sent.query}" if sent.query else ""), headers, body)
    types, bodies = auth.AwsSignatureType, auth.AwsSignedBodyHeaderType
    config = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4_ASYMMETRIC,
        signature_type=types.HTTP_REQUEST_QUERY_PARAMS if link else types.HTTP_REQUEST_HEADERS,
        credentials_provider=auth.AwsCredentialsProvider.new_static("AKIDEXAMPLE", SECRET, sent.token),
        region=regions,
        service=sent.service,
        date=datetime.fromtimestamp(NOW, UTC),
        use_double_uri_encode=not s3,
        should_normalize_uri_path=not s3,
        signed_body_value="UNSIGNED-PAYLOAD" if link and s3 else None,
        signed_body_header_type=bodies.X_AMZ_CONTENT_SHA_256 if s3 and not link else bodies.NONE,
        expiration_in_seconds=600 if link else None,
    )
    auth.aws_sign_request(request, config).result(10)
    return request


@pytest.mark.parametrize("s3", [False, True], ids=["sigv4", "s3"])
@pytest.mark.parametrize("link", [False, True], ids=["headers", "link"])
def test_the_runtime_and_we_sign_the_same_string(link: bool, s3: bool) -> None:
    compared = 0
    for sent in requests(60, s3=s3, link=link, repeats=False, seed=11):
        sent.headers = [(name, value) for name, value in sent.headers if value.isascii()]
        keys = awsaccess.Credentials("AKIDEXAMPLE", SECRET, sent.token)
        regions = SETS[compared % len(SETS)]
        how: dict[str, Any] = {
            "credentials": keys, "region_set": regions, "algorithm": "v4a", "service": sent.service, "now": NOW,
        }  # fmt: skip
        request = theirs(sent, link, s3, ",".join(regions))
        fields, target = list(request.headers), request.path
        if link:
            text = awsaccess.explain(sent.method, sent.url, sent.headers, **how, expires=600).string_to_sign
            url = awsaccess.presign(sent.method, sent.url, sent.headers, **how, expires=600)
            ours, other = (each.rpartition("X-Amz-Signature=")[2] for each in (url, target))
            assert "X-Amz-Region-Set=" in url
        else:
            text = awsaccess.explain(sent.method, sent.url, sent.headers, sent.body, **how).string_to_sign
            signed = awsaccess.sign(sent.method, sent.url, sent.headers, sent.body, **how)
            pairs = ((signed, "authorization"), (fields, "Authorization"))
            ours, other = (dict(headers)[name].rpartition("=")[2] for headers, name in pairs)
            assert dict(signed)["x-amz-region-set"] == ",".join(regions)
        assert proves(ours, text), sent
        assert proves(other, text), sent
        assert not proves(other, text + b"\n")
        # And what the runtime sends is accepted as it is.
        body = b"" if link and not s3 else sent.body
        verified = awsaccess.verify(sent.method, target, fields, body, lookup=lambda _: keys, now=NOW)
        assert (verified.algorithm, verified.region_set) == ("v4a", tuple(regions))
        compared += 1
    assert compared == 60


def request(**how: Any) -> tuple[str, str, list[Any]]:
    pairs = awsaccess.sign("GET", "https://b.s3.amazonaws.com/k", credentials=KEYS, service="s3", now=NOW, **how)
    return "GET", "/k", pairs


def test_a_region_set_is_told_by_claims_and_what_is_verified() -> None:
    claim = awsaccess.claim(*request(region_set=["us-east-1", "eu-*"]), now=NOW)
    assert (claim.algorithm, claim.region, claim.region_set) == ("v4a", "us-east-1,eu-*", ("us-east-1", "eu-*"))
    verified = claim.verify(KEYS)
    assert (verified.algorithm, verified.region_set) == ("v4a", ("us-east-1", "eu-*"))
    out = verified.resign(awsaccess.Credentials("AKIDREAL", "the-real-secret"), now=NOW)
    assert dict(out.headers)["x-amz-region-set"] == "us-east-1,eu-*"
    assert dict(out.headers)["authorization"].startswith("AWS4-ECDSA-P256-SHA256 Credential=AKIDREAL/")
    one = awsaccess.claim(*request(region="us-east-1", algorithm="v4a"), now=NOW)
    assert (one.algorithm, one.region_set) == ("v4a", ("us-east-1",))
    plain = awsaccess.claim(*request(region="us-east-1"), now=NOW)
    assert (plain.algorithm, plain.region, plain.region_set) == ("v4", "us-east-1", None)


def test_a_policy_may_refuse_it() -> None:
    assert awsaccess.Policy().sigv4a
    policy = awsaccess.Policy(sigv4a=False)
    assert not policy.sigv4a and policy != awsaccess.Policy()
    with pytest.raises(awsaccess.VerifyError) as caught:
        awsaccess.claim(*request(region_set=["*"]), now=NOW, policy=policy)
    assert caught.value.kind == "unsupported-algorithm"
    assert awsaccess.claim(*request(region="us-east-1"), now=NOW, policy=policy)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({}, "give region"),
        ({"algorithm": "v4a"}, "give region"),
        ({"region": "us-east-1", "region_set": ["*"]}, "not both"),
        ({"region_set": ["*"], "algorithm": "v4"}, "needs algorithm"),
        ({"region": "us-east-1", "algorithm": "v5"}, "'v4' or 'v4a'"),
        ({"region_set": []}, "region is empty"),
        ({"region_set": ["a b"]}, "region"),
        ({"region_set": "*"}, "str"),
    ],
)
def test_what_does_not_go_together(how: dict[str, Any], why: str) -> None:
    with pytest.raises((awsaccess.InputError, awsaccess.SignError, TypeError), match=why):
        request(**how)
