"""Thousands of requests signed by botocore and by us, and botocore's verified by us.

Known differences, left out of what is generated:

- Header text that is not ASCII: botocore signs it in UTF-8, whatever is then sent. Bytes are what both agree on.
- S3 paths with raw reserved characters (`/a@b`): botocore signs them as they are, S3 computes them encoded, and so
  do we. (botocore's own clients encode them beforehand. We verify either form.)
- A parameter that comes twice in a link: botocore drops the second.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest import mock

import awsaccess
import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from requests_seeded import NOW, Sent, requests

SECRET = "wJalr" + "XUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
COUNT = 2000


@pytest.fixture(autouse=True)
def clock():
    """botocore reads the clock itself."""
    at = datetime.fromtimestamp(NOW, UTC).replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: at):
        yield


def theirs(sent: Sent, auth: Any, **more: Any) -> AWSRequest:
    headers = HTTPHeaders()
    for name, value in sent.headers:
        headers[name] = value
    request = AWSRequest(method=sent.method, url=sent.url, headers=headers, data=sent.body)
    auth(Credentials("AKIDEXAMPLE", SECRET, sent.token), sent.service, sent.region, **more).add_auth(request)
    return request


def ours(sent: Sent) -> dict[str, Any]:
    credentials = awsaccess.Credentials("AKIDEXAMPLE", SECRET, sent.token)
    return {"credentials": credentials, "region": sent.region, "service": sent.service, "now": NOW}


def signature(authorization: str) -> tuple[str, ...]:
    return tuple(authorization.replace(", ", ",").split(","))


@pytest.mark.parametrize(
    ("s3", "auth"), [(False, botocore.auth.SigV4Auth), (True, botocore.auth.S3SigV4Auth)], ids=["sigv4", "s3"]
)
def test_headers_are_signed_alike(s3: bool, auth: Any) -> None:
    compared = 0
    for sent in requests(COUNT, s3=s3):
        request = theirs(sent, auth)
        signed = dict(awsaccess.sign(sent.method, sent.url, sent.as_bytes, sent.body, **ours(sent)))
        assert signature(signed["authorization"]) == signature(request.headers["Authorization"]), sent
        compared += 1
        # And what botocore sends is accepted as it is.
        pairs = [(name, value.encode()) for name, value in request.headers.items()] + [("Host", sent.host)]
        target = sent.url.split(sent.host, 1)[1]
        key = (SECRET, sent.token)
        assert awsaccess.verify(sent.method, target, pairs, sent.body, lookup=lambda _: key, now=NOW), sent
    assert compared == COUNT


@pytest.mark.parametrize(
    ("s3", "auth"),
    [(False, botocore.auth.SigV4QueryAuth), (True, botocore.auth.S3SigV4QueryAuth)],
    ids=["sigv4", "s3"],
)
def test_links_are_signed_alike(s3: bool, auth: Any) -> None:
    compared = 0
    for sent in requests(COUNT, s3=s3, link=True):
        request = theirs(sent, auth, expires=600)
        link = awsaccess.presign(sent.method, sent.url, sent.as_bytes, **ours(sent), expires=600)
        pick = lambda url: url.rpartition("X-Amz-Signature=")[2]  # noqa: E731
        assert pick(link) == pick(request.url), sent
        compared += 1
        target = request.url.split(sent.host, 1)[1]
        claim = awsaccess.claim(sent.method, target, [*sent.as_bytes, ("Host", sent.host)], now=NOW)
        assert claim.verify((SECRET, sent.token), b""), sent
    assert compared == COUNT
