"""Redaction: by shape, by knowledge, in pieces, and in logs."""

from __future__ import annotations

import base64
import io
import json
import logging
import random

import awsaccess
import pytest
from conftest import VECTORS

KEYS = awsaccess.Credentials("AKIDEXAMPLE", "correct/horse+battery", "staple-staple")
CASES = [json.loads(line) for line in (VECTORS / "redaction/cases.jsonl").read_text().splitlines()]


def test_by_shape() -> None:
    assert awsaccess.redact("aws_secret_access_key=abcdefgh") == "aws_secret_access_key=[aws-secret-access-key]"
    assert awsaccess.redact(b'{"SessionToken": "IQoJb3JpZ2luX2VjEJr"}') == b'{"SessionToken": "[aws-session-token]"}'
    assert awsaccess.redact("nothing here: \u65e5\u672c \udcff") == "nothing here: \u65e5\u672c \udcff"
    assert awsaccess.redact("password=hunter22 \udcff").endswith("\udcff")
    with pytest.raises(awsaccess.InputError):
        awsaccess.redact(5)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_what_scanners_find_is_hidden(case) -> None:
    text = base64.b64decode(case["text_b64"])
    redactor = awsaccess.Redactor(mask_key_ids=True)
    hidden = redactor.redact(text)
    for secret in case["secrets_b64"]:
        assert base64.b64decode(secret) not in hidden
    assert redactor.redact(hidden) == hidden and redactor.redact(text.decode()) == hidden.decode()
    pick = random.Random(case["id"])
    for as_text in (False, True):
        whole = text.decode() if as_text else text
        stream, out, at = redactor.stream(), [], 0
        while at < len(whole):
            size = pick.randrange(1, 9)
            out.append(stream.push(whole[at : at + size]))
            at += size
        out.append(stream.finish())
        joined = ("" if as_text and len(whole) else b"").join(out)
        assert joined == (hidden.decode() if as_text and len(whole) else hidden)


def test_by_knowledge() -> None:
    redactor = awsaccess.Redactor()
    redactor.learn(KEYS)
    assert redactor.redact("got correct/horse+battery") == "got [aws-secret-access-key]"
    assert redactor.redact(b"?x=correct%2Fhorse%2bbattery&y") == b"?x=[aws-secret-access-key]&y"
    redactor.learn("0123456789", "Gateway key")
    redactor.learn(b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8")
    assert redactor.redact("key 30313233343536373839") == "key [gateway-key]"
    assert redactor.search(b"x=correct/horse+battery") == [("aws-secret-access-key", "plain", 2, 23)]
    redactor.forget(KEYS)
    redactor.forget("0123456789")
    assert redactor.redact("got correct/horse+battery 0123456789") == "got correct/horse+battery 0123456789"
    for bad in ("short", "x" * 20000):
        with pytest.raises(awsaccess.InputError):
            redactor.learn(bad)
    assert repr(redactor) == "<Redactor>"


def test_headers_and_targets() -> None:
    redactor = awsaccess.Redactor()
    assert redactor.header("x-amz-security-token", "IQoJ") == "[aws-session-token]"
    assert redactor.header("host", b"sts.amazonaws.com") == b"sts.amazonaws.com"
    assert redactor.target("/k?X-Amz-Signature=00ff&a=1") == "/k?X-Amz-Signature=[signature]&a=1"
    assert redactor.query("SAMLAssertion=PHNhbWw%2B&a=1") == "SAMLAssertion=[saml-assertion]&a=1"


def test_streams_end_once_and_keep_to_their_kind() -> None:
    redactor = awsaccess.Redactor()
    redactor.learn(KEYS)
    stream = redactor.stream()
    out = stream.push("got corr") + stream.push("ect/horse+battery caf\u00e9 \U0001f600")
    with pytest.raises(awsaccess.InputError):
        stream.push(b"bytes")
    assert out + stream.finish() == "got [aws-secret-access-key] caf\u00e9 \U0001f600"
    with pytest.raises(awsaccess.UsedError):
        stream.push("more")
    with pytest.raises(awsaccess.UsedError):
        stream.finish()
    big = b"x=1 correct/horse+battery " * 5000
    stream = redactor.stream()
    assert stream.push(big) + stream.finish() == redactor.redact(big) == b"x=1 [aws-secret-access-key] " * 5000


def test_logs() -> None:
    redactor = awsaccess.Redactor()
    redactor.learn(KEYS)
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(message)s %(who)s"))
    handler.addFilter(awsaccess.RedactFilter(redactor))
    logger = logging.getLogger("awsaccess.test")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        try:
            raise ValueError("with correct/horse+battery in it")
        except ValueError:
            logger.exception(
                "key %s and %(odd)", "correct/horse+battery", extra={"who": "staple-staple"}, stack_info=True
            )
        logger.error("token %s of %s", "staple-staple", {"k": KEYS}, extra={"who": "me"})
    finally:
        logger.removeHandler(handler)
    text = out.getvalue()
    assert "horse" not in text and "staple" not in text
    assert "ValueError: with [aws-secret-access-key] in it" in text and "logger.exception" in text
    assert "token [aws-session-token] of {'k': Credentials(access_key_id='AKIDEXAMPLE')} me" in text
