"""Redaction: by shape, by knowledge, in pieces, and in logs."""

from __future__ import annotations

import base64
import collections
import contextlib
import dataclasses
import datetime
import io
import json
import logging
import random
import re
from collections.abc import Iterator

import awsaccess
import pytest
import structlog
from conftest import VECTORS

KEYS = awsaccess.Credentials("AKIDEXAMPLE", "correct/horse+battery", "staple-staple")
CASES = [json.loads(line) for line in (VECTORS / "redaction/cases.jsonl").read_text().splitlines()]

FORMS = [json.loads(line) for line in (VECTORS / "redaction/forms.jsonl").read_text().splitlines()]
SLOTS = FORMS.pop(0)["slots"]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["id"])
def test_forms(form) -> None:
    """What stands in a slot is hidden; a text without a slot stays."""
    used = [name for name in re.findall(r"\{([A-Z0-9]+)\}", form["text"]) if name in SLOTS]
    text = re.sub(r"\{([A-Z0-9]+)\}", lambda found: SLOTS.get(found[1], found[0]), form["text"])
    shown = awsaccess.redact(text)
    assert not any(SLOTS[name].strip() in shown for name in used)
    if not used:
        assert shown == text
    assert awsaccess.redact(shown) == shown


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


def test_what_has_expired_is_forgotten() -> None:
    redactor = awsaccess.Redactor()
    end = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
    redactor.learn(awsaccess.Credentials("AKIDEXAMPLE", "correct/horse+battery", expires_at=end))
    redactor.learn(awsaccess.Credentials("AKIDEXAMPLE", "staple-staple"))
    text = "correct/horse+battery staple-staple"
    redactor.forget_expired(end - datetime.timedelta(seconds=1))
    assert redactor.redact(text) == "[aws-secret-access-key] [aws-secret-access-key]"
    redactor.forget_expired(end.timestamp())
    assert redactor.redact(text) == "correct/horse+battery [aws-secret-access-key]"
    redactor.learn(awsaccess.Credentials("AKIDEXAMPLE", "correct/horse+battery", expires_at=1))
    redactor.forget_expired()
    assert redactor.redact(text) == "correct/horse+battery [aws-secret-access-key]"
    with pytest.raises(awsaccess.InputError):
        redactor.forget_expired("now")


def test_what_tests_search_with() -> None:
    assert awsaccess.find_secret("x=correct%2Fhorse", "correct/horse") == "percent-encoded"
    assert awsaccess.find_secret(b"x=wrong", b"correct/horse") is None
    with pytest.raises(awsaccess.InputError):
        awsaccess.find_secret(5, "correct/horse")


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


@contextlib.contextmanager
def logging_to(out: io.StringIO, form: str, name: str) -> Iterator[logging.Logger]:
    """A logger whose records go through the filter, with a redactor that knows `KEYS`."""
    redactor = awsaccess.Redactor()
    redactor.learn(KEYS)
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter(form))
    handler.addFilter(awsaccess.RedactFilter(redactor))
    logger = logging.getLogger(name)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)


def test_logs() -> None:
    out = io.StringIO()
    with logging_to(out, "%(message)s %(who)s", "awsaccess.test") as logger:
        try:
            raise ValueError("with correct/horse+battery in it")
        except ValueError:
            logger.exception(
                "key %s and %(odd)", "correct/horse+battery", extra={"who": "staple-staple"}, stack_info=True
            )
        logger.error("token %s of %s", "staple-staple", {"k": KEYS}, extra={"who": "me"})
    text = out.getvalue()
    assert "horse" not in text and "staple" not in text
    assert "ValueError: with [aws-secret-access-key] in it" in text and "logger.exception" in text
    assert "token [aws-session-token] of {'k': Credentials(access_key_id='AKIDEXAMPLE')} me" in text


SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSECRETSKEY"


def test_options() -> None:
    assert awsaccess.Redactor(mask_key_ids=True).redact("AKIAIOSFODNN7EXAMPLE") == "[aws-access-key-id]"
    tagged = awsaccess.Redactor(tag_key=b"of this log")
    one, two = tagged.redact("--password one"), tagged.redact("db_password = one")
    assert re.fullmatch(r"--password \[password\.[0-9a-f]{12}\]", one)
    assert one.split()[-1] == two.split()[-1] != tagged.redact("--password two").split()[-1]
    assert awsaccess.Redactor(tag_key="of this log").redact("--password one") == one
    assert awsaccess.Redactor(tag_key="of another").redact("--password one") != one
    assert awsaccess.Redactor(neutralize=True).redact("a\x1b[31m\u202eb\n") == "a\\u001b[31m\\u202eb\n"
    assert awsaccess.Redactor().field("db_password", "x") == "[password]"
    assert awsaccess.Redactor().field("db_password", b"x") == b"[password]"
    assert awsaccess.Redactor().field("other", "x") == "x"
    with pytest.raises(awsaccess.InputError):
        awsaccess.Redactor(tag_key=5)


@dataclasses.dataclass
class Login:
    user: str
    password: str
    parent: object = None


Point = collections.namedtuple("Point", "x api_token")


class Opaque:
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"<Opaque {self.text}>"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError(SECRET)


def test_values() -> None:
    redactor = awsaccess.Redactor()
    redactor.learn(KEYS)
    when = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
    loop: dict[str, object] = {"a": 1}
    loop["self"] = loop
    fine = Opaque("fine")
    value = {
        "password": "x", "n": 1, "f": 1.5, "none": None, "yes": True, "TokenCode": 123456, "when": when, "fine": fine,
        "login": Login("bob", "hunter2", Login("al", "y")), "point": Point(1, "t" * 16), "tuple": ("Authorization", f"Bearer {SECRET}"),
        "bytes": b"AWS_SECRET_ACCESS_KEY=abc", b"secret_key": b"abc", "array": bytearray(b"Password=x"), "set": {f"key {SECRET}"},
        "opaque": Opaque("correct/horse+battery"), "loop": loop, "headers": [("x-amz-security-token", "t"), ("host", "h")],
        "env": [{"name": "DB_PASSWORD", "value": "p"}, {"value": "p", "name": "other"}], "broken": Broken(),
        "ssm": {"Type": "SecureString", "Value": "v"}, "raw": ["x-amz-security-token", "t", "host", "h"],
        "words": ["password", "username"], "keys": {SECRET: 1}, "creds": KEYS, 5: "five", "cookies": {"set-cookie": ["a=b", "c=d"]},
    }  # fmt: skip
    shown = awsaccess.redact_value(value, redactor)
    broken = shown.pop("broken")
    assert isinstance(broken, Broken)
    assert shown == {
        "password": "[password]", "n": 1, "f": 1.5, "none": None, "yes": True, "TokenCode": "[mfa-code]", "when": when, "fine": fine,
        "login": {"user": "bob", "password": "[password]", "parent": {"user": "al", "password": "[password]", "parent": None}},
        "point": {"x": 1, "api_token": "[token]"}, "tuple": ("Authorization", "Bearer [bearer-token]"),
        "bytes": b"AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]", b"secret_key": b"[aws-secret-access-key]", "array": b"Password=[password]",
        "set": ["key [aws-secret-access-key]"], "opaque": "<Opaque [aws-secret-access-key]>", "loop": {"a": 1, "self": "[circular]"},
        "headers": [("x-amz-security-token", "[aws-session-token]"), ("host", "h")],
        "env": [{"name": "DB_PASSWORD", "value": "[password]"}, {"value": "p", "name": "other"}],
        "ssm": {"Type": "SecureString", "Value": "[secret]"}, "raw": ["x-amz-security-token", "[aws-session-token]", "host", "h"],
        "words": ["password", "username"], "keys": {"[aws-secret-access-key]": 1}, "creds": KEYS, 5: "five",
        "cookies": {"set-cookie": ["[cookie]", "[cookie]"]},
    }  # fmt: skip
    assert awsaccess.redact_value("x", redactor, name="password") == "[password]"
    assert value["password"] == "x", "the value itself is left as it is"
    deep: object = "--password x"
    for _ in range(200):
        deep = [deep]
    assert "[secret]" in str(awsaccess.redact_value(deep))


def nested() -> BaseException:
    try:
        try:
            raise KeyError(f"inner {SECRET}")
        except KeyError as inner:
            error = ValueError("outer correct/horse+battery")
            error.add_note("note: password=hunter2")
            raise error from inner
    except ValueError as outer:
        return ExceptionGroup("several, token staple-staple", [outer])


def hides(text: str) -> None:
    for secret in (SECRET, "horse", "staple", "hunter2", "s3cond"):
        assert secret not in text, text


def test_exceptions_with_causes_groups_and_notes() -> None:
    redactor = awsaccess.Redactor()
    redactor.learn(KEYS)
    text = awsaccess.redact_value({"error": nested()}, redactor)["error"]
    hides(text)
    assert "KeyError: 'inner [aws-secret-access-key]'" in text and "note: password=[password]" in text
    assert "ExceptionGroup: several, token [aws-session-token]" in text and "direct cause" in text


def test_logging_hides_what_any_part_of_a_record_holds() -> None:
    out = io.StringIO()
    extra = {"data": {"k": [KEYS, "staple-staple"]}, "db_password": "hunter2"}
    with logging_to(out, "%(message)s | %(data)s | %(db_password)s", "awsaccess.test.parts") as logger:
        logger.warning("lazy %s %r", Opaque("correct/horse+battery"), f"secret_key={SECRET}", extra=extra)
        logger.warning("by name %(password)s of %(user)s", {"password": "s3cond", "user": "bob"}, extra=extra)
        logger.warning("a password=%s here", "s3cond", extra=extra)
        logger.warning("%d", "staple-staple", extra=extra)
        logger.warning("broken %s", Broken(), extra=extra)
        logger.warning({"password": "s3cond"}, extra=extra)
        logger.error("failed", exc_info=nested(), extra=extra)
        try:
            raise nested()
        except ExceptionGroup:
            logger.exception("failed %s", "staple-staple", extra=extra, stack_info=True)
    text = out.getvalue()
    hides(text)
    assert "by name [password] of bob | {'k': [Credentials(" in text and "| [password]" in text
    assert text.count("ExceptionGroup: several") == 2 and "Stack (most recent call last)" in text


@pytest.mark.parametrize("renderer", ["json", "console", "keyvalue", "stdlib", "behind"])
def test_structlog(renderer: str) -> None:
    redactor = awsaccess.Redactor()
    redactor.learn(KEYS)
    out = io.StringIO()
    processor = awsaccess.RedactProcessor(redactor)
    render = {
        "json": structlog.processors.JSONRenderer(default=str),
        "console": structlog.dev.ConsoleRenderer(colors=True),
        "keyvalue": structlog.processors.KeyValueRenderer(),
        "stdlib": structlog.processors.JSONRenderer(default=str),
        "behind": structlog.processors.KeyValueRenderer(),
    }[renderer]
    before = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.StackInfoRenderer(),
    ]
    handler = logging.StreamHandler(out)
    root = logging.getLogger("awsaccess.structlog")
    root.propagate = False
    if renderer == "stdlib":
        handler.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, processor, render],
                foreign_pre_chain=before,
            )
        )
        root.addHandler(handler)
        logger = structlog.wrap_logger(
            root, processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
        )
    else:
        last = [structlog.processors.format_exc_info, render, processor] if renderer == "behind" else [processor, render]
        logger = structlog.wrap_logger(structlog.PrintLogger(out), processors=[*before, *last])
    try:
        logger = logger.bind(db_password="hunter2")
        logger.info("got staple-staple", data={"k": [SECRET, {"password": "s3cond"}]}, n=1)
        try:
            raise nested()
        except ExceptionGroup:
            logger.exception("failed", detail=Opaque("correct/horse+battery"), stack_info=True)
        logger.error("failed", exc_info=nested())
        if renderer == "stdlib":
            root.error("foreign %s", "staple-staple", exc_info=nested())
    finally:
        root.removeHandler(handler)
    text = out.getvalue()
    hides(text)
    assert "[password]" in text and text.count("inner [aws-secret-access-key]") >= 2
    if renderer == "json":
        first = json.loads(text.splitlines()[0])
        assert first["data"] == {"k": ["[aws-secret-access-key]", {"password": "[password]"}]} and first["n"] == 1
