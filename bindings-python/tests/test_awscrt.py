"""The same requests signed by AWS's common runtime, which shares no code with us.

Known differences, left out of what is generated:

- The runtime takes no header twice, and signs header text in UTF-8.
- It signs `x-amz-content-sha256` only where it is told to; it is told so for S3.
- Of a raw query it encodes nothing; what is generated is encoded already.
"""

from __future__ import annotations

from datetime import UTC, datetime

import awsaccess
import pytest
from requests_seeded import NOW, Sent, requests

auth = pytest.importorskip("awscrt.auth", reason="awscrt has no wheel for this machine")
http = pytest.importorskip("awscrt.http", reason="awscrt has no wheel for this machine")
io = pytest.importorskip("awscrt.io", reason="awscrt has no wheel for this machine")

SECRET = "wJalr" + "XUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def theirs(sent: Sent, link: bool, s3: bool):
    headers = http.HttpHeaders([("Host", sent.host), *((n, v) for n, v in sent.headers)])
    body = io.InputStream(__import__("io").BytesIO(sent.body)) if sent.body else None
    target = sent.path + (f"?{sent.query}" if sent.query else "")
    request = http.HttpRequest(sent.method, target, headers, body)
    config = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4,
        signature_type=auth.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS
        if link
        else auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
        credentials_provider=auth.AwsCredentialsProvider.new_static("AKIDEXAMPLE", SECRET, sent.token),
        region=sent.region,
        service=sent.service,
        date=datetime.fromtimestamp(NOW, UTC),
        use_double_uri_encode=not s3,
        should_normalize_uri_path=not s3,
        signed_body_value="UNSIGNED-PAYLOAD" if link and s3 else None,
        signed_body_header_type=auth.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256
        if s3 and not link
        else auth.AwsSignedBodyHeaderType.NONE,
        expiration_in_seconds=600 if link else None,
    )
    auth.aws_sign_request(request, config).result(10)
    return request


@pytest.mark.parametrize("s3", [False, True], ids=["sigv4", "s3"])
@pytest.mark.parametrize("link", [False, True], ids=["headers", "link"])
def test_requests_are_signed_alike(link: bool, s3: bool) -> None:
    compared = 0
    for sent in requests(500, s3=s3, link=link, repeats=False, seed=7):
        sent.headers = [(name, value) for name, value in sent.headers if value.isascii()]
        credentials = awsaccess.Credentials("AKIDEXAMPLE", SECRET, sent.token)
        how = {"credentials": credentials, "region": sent.region, "service": sent.service, "now": NOW}
        request = theirs(sent, link, s3)
        if link:
            ours = awsaccess.presign(sent.method, sent.url, sent.headers, **how, expires=600)
            assert ours.rpartition("X-Amz-Signature=")[2] == request.path.rpartition("X-Amz-Signature=")[2], sent
        else:
            signed = dict(awsaccess.sign(sent.method, sent.url, sent.headers, sent.body, **how))
            expected = dict(request.headers)["Authorization"]
            assert signed["authorization"].replace(", ", ",") == expected.replace(", ", ","), sent
        compared += 1
    assert compared == 500
