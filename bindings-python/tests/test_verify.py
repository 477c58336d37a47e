"""Claims, keys, policies, signing again, and bodies on their way."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from datetime import datetime, timedelta

import awsaccess
import pytest
from conftest import VECTORS

NOW = 1_700_000_000
PLACEHOLDER = awsaccess.Credentials("AKIDPLACEHOLDER", "placeholder-secret")
REAL = awsaccess.Credentials("ASIAREAL", "the-real-secret", "the-real-token")


def signed(
    method="PUT",
    url="https://b.s3.us-east-1.amazonaws.com/k%20ey?x=1",
    headers=None,
    body=b"hello",
    keys=PLACEHOLDER,
    service="s3",
    **how,
):
    pairs = awsaccess.sign(
        method, url, headers, body, credentials=keys, region="us-east-1", service=service, now=NOW, **how
    )
    return method, "/" + url.split("/", 3)[3], pairs


def test_claim_tells_who_before_anything_is_hashed() -> None:
    claim = awsaccess.claim(*signed(), now=NOW)
    assert (claim.access_key_id, claim.region, claim.service) == ("AKIDPLACEHOLDER", "us-east-1", "s3")
    assert claim.signed_headers == ("host", "x-amz-content-sha256", "x-amz-date")
    assert (claim.signed_at, claim.presigned, claim.expires, claim.session_token) == (NOW, False, None, None)
    assert claim.payload == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    verified = claim.verify("placeholder-secret", b"hello")
    assert claim.access_key_id == verified.access_key_id == "AKIDPLACEHOLDER"
    assert verified.payload == claim.payload and verified.signed_headers == claim.signed_headers
    for again in (lambda: claim.verify("placeholder-secret", b"hello"), lambda: claim.session_token):
        with pytest.raises(awsaccess.UsedError):
            again()


@pytest.mark.parametrize("key", ["placeholder-secret", ("placeholder-secret", None), PLACEHOLDER])
def test_keys(key) -> None:
    assert awsaccess.verify(*signed(), b"hello", lookup=lambda _: key, now=NOW)


@pytest.mark.parametrize(
    "key", ["tok", ("placeholder-secret", "tok"), 5, ("a",), ["s", None], b"placeholder-secret", ""]
)
def test_keys_that_are_wrong(key) -> None:
    expected = awsaccess.VerifyError if key in ("tok", ("placeholder-secret", "tok")) else awsaccess.InputError
    with pytest.raises(expected):
        awsaccess.claim(*signed(), now=NOW).verify(key, b"hello")


def test_a_key_that_cannot_be_used_leaves_the_claim() -> None:
    claim = awsaccess.claim(*signed(), now=NOW)
    with pytest.raises(awsaccess.InputError):
        claim.verify(5, b"hello")
    with pytest.raises(TypeError):
        claim.verify(PLACEHOLDER, "hello")
    assert claim.verify(PLACEHOLDER, b"hello")


def test_an_unknown_key() -> None:
    with pytest.raises(awsaccess.VerifyError) as caught:
        awsaccess.verify(*signed(), b"hello", lookup={}.get, now=NOW)
    error = caught.value
    assert (error.kind, error.aws_code, error.status) == ("unknown-key", "InvalidAccessKeyId", 403)
    policy = awsaccess.Policy(uniform_errors=True)
    with pytest.raises(awsaccess.VerifyError) as caught:
        awsaccess.verify(*signed(), b"hello", lookup={}.get, now=NOW, policy=policy)
    assert caught.value.aws_code == "SignatureDoesNotMatch"


def test_what_a_lookup_raises_is_raised_unchanged() -> None:
    class Mine(BaseException):
        pass

    raised = Mine("no database")

    def lookup(key_id: str):
        assert key_id == "AKIDPLACEHOLDER"
        raise raised

    with pytest.raises(Mine) as caught:
        awsaccess.verify(*signed(), b"hello", lookup=lookup, now=NOW)
    assert caught.value is raised and caught.value.__cause__ is None


def test_an_awaitable_is_explained() -> None:
    async def lookup(key_id: str):
        return "placeholder-secret"

    made = []

    def call(key_id: str):
        made.append(lookup(key_id))
        return made[0]

    with pytest.raises(awsaccess.InputError, match="await the lookup"):
        awsaccess.verify(*signed(), b"hello", lookup=call, now=NOW)
    made[0].close()


def test_session_tokens() -> None:
    keys = awsaccess.Credentials("ASIA1", "secret-of-it", "token-of-it")
    request = signed(keys=keys)
    assert awsaccess.claim(*request, now=NOW).session_token == b"token-of-it"
    assert awsaccess.verify(*request, b"hello", lookup=lambda _: ("secret-of-it", "token-of-it"), now=NOW)
    for key in ("secret-of-it", ("secret-of-it", "another"), ("secret-of-it", None)):
        with pytest.raises(awsaccess.VerifyError) as caught:
            awsaccess.verify(*request, b"hello", lookup=lambda _: key, now=NOW)
        assert caught.value.kind == "invalid-token"


def test_delegates_sign_and_prove_without_the_secret() -> None:
    keys = awsaccess.Credentials("ASIA1", "secret-of-it", "token-of-it", NOW + 3600)
    delegate = keys.delegate("us-east-1", "s3", NOW)
    assert (delegate.access_key_id, delegate.session_token) == ("ASIA1", "token-of-it")
    assert delegate.expires_at == NOW + 3600
    assert (delegate.region, delegate.service, len(delegate.key)) == ("us-east-1", "s3", 32)
    # As another process makes it.
    other = awsaccess.Delegate(
        "ASIA1", delegate.key, "us-east-1", "s3", NOW, session_token="token-of-it", expires_at=NOW + 3600
    )
    for each in (delegate, other):
        assert signed(keys=each) == signed(keys=keys)
        link = {"region": "us-east-1", "service": "s3", "now": NOW}
        url = "https://b.s3.amazonaws.com/k"
        assert awsaccess.presign("GET", url, credentials=each, **link) == awsaccess.presign(
            "GET", url, credentials=keys, **link
        )
        explained = awsaccess.explain("GET", url, credentials=each, **link).canonical_request
        assert explained == awsaccess.explain("GET", url, credentials=keys, **link).canonical_request
        assert awsaccess.verify(*signed(keys=keys), b"hello", lookup=lambda _: each, now=NOW)  # noqa: B023
        verified = [awsaccess.verify(*signed(), b"hello", lookup=lambda _: PLACEHOLDER, now=NOW) for _ in range(2)]
        outs = [request.resign(by, now=NOW).headers for request, by in zip(verified, (each, keys), strict=True)]
        assert outs[0] == outs[1]
    # It is good for one region, service and day.
    with pytest.raises(awsaccess.VerifyError) as caught:
        awsaccess.verify(*signed(keys=keys, service="sts"), b"hello", lookup=lambda _: delegate, now=NOW)
    assert caught.value.kind == "signature-mismatch"
    for wrong in ({"service": "sts"}, {"algorithm": "v4a"}):
        with pytest.raises(awsaccess.SignError):
            signed(keys=delegate, **wrong)
    with pytest.raises(awsaccess.SignError):
        signed(keys=keys.delegate("us-east-1", "s3", NOW - 86400))
    with pytest.raises(awsaccess.ResignError):
        awsaccess.verify(*signed(), b"hello", lookup=lambda _: PLACEHOLDER, now=NOW).resign(delegate, now=NOW + 3600)
    for arguments in (("", bytes(32)), ("A", bytes(31)), ("A", "text")):
        with pytest.raises(awsaccess.InputError):
            awsaccess.Delegate(*arguments, "us-east-1", "s3")
    link = awsaccess.presign("GET", url, credentials=keys, region="us-east-1", service="s3", now=NOW)
    offline = awsaccess.recognize_presign(link)
    assert offline is not None and offline.verify(delegate, NOW)


def test_what_signing_adds_keeps_its_name() -> None:
    keys = awsaccess.Credentials("ASIA1", "secret-of-it", "token-of-it")
    sent = [("Host", "b.s3express-use1-az4.us-east-1.amazonaws.com"), ("X-Amz-Security-Token", "anothers")]
    how = {"credentials": keys, "service": "s3express", "now": NOW}
    pairs = awsaccess.sign("GET", "/k", sent, region="us-east-1", session_token="s3express", **how)
    names = [name for name, _ in pairs]
    assert names == ["Host", "x-amz-date", "x-amz-content-sha256", "x-amz-s3session-token", "authorization"]
    assert dict(pairs)["x-amz-s3session-token"] == "token-of-it"
    assert "x-amz-s3session-token" in dict(pairs)["authorization"]
    verified = awsaccess.verify("GET", "/k", pairs, b"", lookup=lambda _: keys, now=NOW)
    assert verified.service == "s3express" and "x-amz-s3session-token" in verified.signed_headers
    link = awsaccess.presign("GET", "https://h/k", region="us-east-1", session_token="s3express", **how)
    assert "X-Amz-S3session-Token=token-of-it" in link and "X-Amz-Security-Token" not in link
    pairs = awsaccess.sign("GET", "/k", sent, region_set=["us-east-1", "eu-*"], **how)
    assert [name for name, _ in pairs] == [
        "Host", "x-amz-date", "x-amz-region-set", "x-amz-content-sha256", "x-amz-security-token", "authorization",
    ]  # fmt: skip
    assert dict(pairs)["x-amz-region-set"] == "us-east-1,eu-*"
    assert dict(pairs)["x-amz-security-token"] == "token-of-it"
    # A token that came in is never sent with another's signature.
    pairs = awsaccess.sign("GET", "/k", sent, region="us-east-1", credentials=PLACEHOLDER, service="s3", now=NOW)
    assert "anothers" not in dict(pairs).values()


def test_bodies() -> None:
    assert awsaccess.verify(*signed(), lookup=lambda _: PLACEHOLDER, now=NOW)  # the head alone
    with pytest.raises(awsaccess.VerifyError) as caught:
        awsaccess.verify(*signed(), b"", lookup=lambda _: PLACEHOLDER, now=NOW)
    assert caught.value.kind == "payload-mismatch"
    big = bytes(1 << 20)
    assert awsaccess.verify(*signed(body=big), bytearray(big), lookup=lambda _: PLACEHOLDER, now=NOW)
    post = signed("POST", "https://sts.amazonaws.com/", {"content-length": "5"}, service="sts")
    with pytest.raises(awsaccess.VerifyError) as caught:
        awsaccess.verify(*post, lookup=lambda _: PLACEHOLDER, now=NOW)
    assert caught.value.kind == "payload-required"


def test_policies() -> None:
    for policy, kind in [
        (awsaccess.Policy(region="eu-west-1"), "wrong-scope"),
        (awsaccess.Policy(service="sts"), "wrong-scope"),
        (awsaccess.Policy(require_signed=["x-needed"]), "header-not-signed"),
    ]:
        with pytest.raises(awsaccess.VerifyError) as caught:
            awsaccess.claim(*signed(), now=NOW, policy=policy)
        assert caught.value.kind == kind
    with pytest.raises(awsaccess.VerifyError):
        awsaccess.claim(*signed(), now=NOW + 61, policy=awsaccess.Policy(max_skew=timedelta(minutes=1)))
    assert awsaccess.claim(*signed(), now=NOW + 60, policy=awsaccess.Policy(max_skew=60))
    with pytest.raises(awsaccess.InputError):
        awsaccess.Policy(max_skew=-1)
    policy = awsaccess.Policy(max_skew=90, unsigned_amz=["x-amz-cf-id"])
    assert (policy.max_skew, policy.max_expires, policy.unsigned_amz) == (90.0, 604800.0, ["x-amz-cf-id"])
    assert policy == awsaccess.Policy(max_skew=90, unsigned_amz=["x-amz-cf-id"]) != awsaccess.Policy()


def test_faults_are_reported_in_awss_order() -> None:
    file = json.loads((VECTORS / "verify/error-ordering-header.json").read_text())
    policy = awsaccess.Policy(
        max_skew=900,
        region="us-east-1",
        service="service",
        require_signed=["Content-Type"],
        require_signed_if_present=["Foo", "ETag"],
    )
    now = datetime.fromisoformat(file["setup"]["now"])
    for case in file["cases"]:
        with pytest.raises(awsaccess.VerifyError) as caught:
            claim = awsaccess.claim(case["method"], case["target"], case["headers"], now=now, policy=policy)
            claim.verify(file["setup"]["secret_access_key"], b"")
        expected = case["expect"].get("code")
        if expected is None:
            assert caught.value.kind == "signed-header-absent", case["id"]
        else:
            assert caught.value.aws_code == expected, case["id"]
    assert len(file["cases"]) == 22


def test_resign_under_the_real_key() -> None:
    method, target, pairs = signed(headers=[("Content-Type", "text/plain"), ("X-Custom", "caf\u00e9")])
    pairs.append(("Via", "1.1 a-hop"))
    verified = awsaccess.verify(method, target, pairs, lookup=lambda _: PLACEHOLDER, now=NOW)
    out = verified.resign(REAL, now=NOW + 5)
    assert (out.method, out.url) == ("PUT", "https://b.s3.us-east-1.amazonaws.com/k%20ey?x=1")
    sent = dict(out.headers)
    assert sent["x-amz-security-token"] == "the-real-token" and "Credential=ASIAREAL/" in sent["authorization"]
    assert sent["X-Custom"] == "caf\u00e9" and "Via" not in sent
    again = awsaccess.verify(out.method, out.url, out.headers, b"hello", lookup=lambda _: REAL, now=NOW + 5)
    assert again.signed_at == NOW + 5
    with pytest.raises(awsaccess.UsedError):
        verified.resign(REAL, now=NOW)


def test_relay_is_verify_and_resign_in_one_call() -> None:
    request, url = signed(headers=[("Content-Type", "text/plain")]), "http://localhost:9000"
    verified = awsaccess.claim(*request, now=NOW).verify(PLACEHOLDER, b"hello")
    two = verified.resign(REAL, url, NOW + 5, strict=True)
    claim = awsaccess.claim(*request, now=NOW)
    out, body = claim.relay(PLACEHOLDER, REAL, b"hello", url, NOW + 5, strict=True)
    assert (out.method, out.url, out.headers) == (two.method, two.url, two.headers)
    assert body.push(b"hello") + body.finish() == b"hello"
    with pytest.raises(awsaccess.UsedError):
        claim.relay(PLACEHOLDER, REAL, b"hello")
    # Whose key is wrong is told so, whatever else is wrong.
    expired = awsaccess.Credentials("ASIAREAL", "the-real-secret", expires_at=NOW - 1)
    for key, code in (("another", "SignatureDoesNotMatch"), (None, "InvalidAccessKeyId")):
        with pytest.raises(awsaccess.VerifyError) as refused:
            awsaccess.claim(*request, now=NOW).relay(key, expired, b"hello", now=NOW)
        assert refused.value.aws_code == code
    with pytest.raises(awsaccess.ResignError):
        awsaccess.claim(*request, now=NOW).relay(PLACEHOLDER, expired, b"hello", now=NOW)
    with pytest.raises(awsaccess.InputError):
        awsaccess.claim(*request, now=NOW).relay(PLACEHOLDER, REAL, url="https://h/other", now=NOW)


def test_resign_for_another_place() -> None:
    def verified():
        return awsaccess.verify(*signed(), b"hello", lookup=lambda _: PLACEHOLDER, now=NOW)

    for url in ("http://localhost:9000", "http://localhost:9000/", "http://localhost:9000/k%20ey?x=1"):
        out = verified().resign(REAL, url, NOW)
        assert out.url == "http://localhost:9000/k%20ey?x=1" and dict(out.headers)["host"] == "localhost:9000"
    for bad in (
        "localhost",
        "",
        "https://",
        "ftp://h",
        "https://h/other",
        "https://user@h",
        "https://a b/",
        "https://h\r\nx:y/",
    ):
        with pytest.raises(awsaccess.InputError):
            verified().resign(REAL, bad, NOW)
    based = awsaccess.verify(*signed(url="https://gw/base/k"), b"hello", lookup=lambda _: PLACEHOLDER, now=NOW)
    assert based.resign(REAL, "https://h", NOW, base_path="/base").url == "https://h/k"
    with pytest.raises(awsaccess.ResignError):
        verified().resign(REAL, now=NOW, base_path="/base")


def test_resign_a_link() -> None:
    link = awsaccess.presign(
        "GET", "https://b.s3.amazonaws.com/k", credentials=PLACEHOLDER, region="us-east-1", service="s3", now=NOW
    )
    out = awsaccess.claim("GET", link, now=NOW).verify(PLACEHOLDER).resign(REAL, now=NOW)
    assert "X-Amz-Credential=ASIAREAL" in out.url and "AKIDPLACEHOLDER" not in out.url
    assert "X-Amz-Signature" not in repr(out)
    assert awsaccess.claim("GET", out.url, out.headers, now=NOW).verify(REAL)


def test_bodies_flow_and_keep_their_last_byte() -> None:
    for resign_first in (False, True):
        verified = awsaccess.verify(*signed(), lookup=lambda _: PLACEHOLDER, now=NOW)
        if resign_first:
            verified.resign(REAL, now=NOW)
        body = verified.body_resigner(REAL)
        assert [body.push(b"hel"), body.push(b""), body.push(memoryview(b"lo")), body.finish()] == [
            b"he",
            b"",
            b"ll",
            b"o",
        ]
        with pytest.raises(awsaccess.UsedError):
            body.push(b"x")
        with pytest.raises(awsaccess.UsedError):
            verified.body_resigner(REAL)
    body = awsaccess.verify(*signed(), lookup=lambda _: PLACEHOLDER, now=NOW).body_resigner(REAL)
    assert body.push(b"hellO") == b"hell"
    with pytest.raises(awsaccess.BodyError) as caught:
        body.finish()
    assert caught.value.kind == "resign"


def test_chunked_bodies_are_checked_as_they_flow() -> None:
    framed = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
    headers = {"x-amz-decoded-content-length": "5", "x-amz-trailer": "x-amz-checksum-crc32"}
    request = signed(headers=headers, body=None, payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    for at in range(len(framed) + 1):
        body = awsaccess.verify(*request, lookup=lambda _: PLACEHOLDER, now=NOW).body_resigner(REAL)
        assert body.push(framed[:at]) + body.push(framed[at:]) + body.finish() == framed
    body = awsaccess.verify(*request, lookup=lambda _: PLACEHOLDER, now=NOW).body_resigner(REAL)
    with pytest.raises(awsaccess.BodyError):
        body.push(b"5\r\nhelloX")
    with pytest.raises(awsaccess.BodyError):
        body.push(b"more")
    body = awsaccess.verify(*request, lookup=lambda _: PLACEHOLDER, now=NOW).body_resigner(REAL)
    wrong = framed.replace(b"hello", b"hellO")
    with pytest.raises(awsaccess.BodyError, match="x-amz-checksum-crc32"):
        body.push(wrong)
    # Or the receiver checks them.
    for resign_first in (False, True):
        verified = awsaccess.verify(*request, lookup=lambda _: PLACEHOLDER, now=NOW)
        if resign_first:
            verified.resign(REAL, now=NOW)
        body = verified.body_resigner(REAL, checksums=False)
        assert body.push(wrong) + body.finish() == wrong


def framed_and_signed(data: bytes, seed: str, secret: str) -> bytes:
    """One signed chunk and the final one, by the pages of the Amazon S3 API reference."""
    key = b"AWS4" + secret.encode()
    for part in ("20231114", "us-east-1", "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    out = b""
    for chunk in (data, b""):
        hashes = [hashlib.sha256(part).hexdigest() for part in (b"", chunk)]
        scope = ["AWS4-HMAC-SHA256-PAYLOAD", "20231114T221320Z", "20231114/us-east-1/s3/aws4_request"]
        seed = hmac.digest(key, "\n".join([*scope, seed, *hashes]).encode(), "sha256").hex()
        out += f"{len(chunk):x};chunk-signature={seed}\r\n".encode() + chunk + b"\r\n"
    return out


def test_signed_chunks_are_signed_again() -> None:
    def seed(headers) -> str:
        return next(value for name, value in headers if name == "authorization").rpartition("=")[2]

    headers = {"x-amz-decoded-content-length": "5"}
    request = signed(headers=headers, body=None, payload="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    sent = framed_and_signed(b"hello", seed(request[2]), "placeholder-secret")
    for wrong in (False, True):
        verified = awsaccess.verify(*request, lookup=lambda _: PLACEHOLDER, now=NOW)
        # The chain begins with the signature of the new head.
        with pytest.raises(awsaccess.ResignError, match="sign the head again first"):
            verified.body_resigner(REAL)
        out = verified.resign(REAL, now=NOW)
        body = verified.body_resigner(REAL)
        if wrong:
            with pytest.raises(awsaccess.BodyError):
                body.push(sent.replace(b"hello", b"hellO"))
        else:
            expected = framed_and_signed(b"hello", seed(out.headers), "the-real-secret")
            assert body.push(sent) + body.finish() == expected


def test_of_threads_that_race_one_wins() -> None:
    for _ in range(50):
        claim = awsaccess.claim(*signed(), now=NOW)
        results: list[object] = []
        gate = threading.Barrier(4)

        def race() -> None:
            gate.wait()
            try:
                results.append(claim.verify(PLACEHOLDER, b"hello"))
            except awsaccess.UsedError as error:
                results.append(error)

        threads = [threading.Thread(target=race) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(isinstance(result, awsaccess.Verified) for result in results) == 1 and len(results) == 4
