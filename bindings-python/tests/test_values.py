"""What goes in: headers in every shape, times, bodies, and what is refused."""

from __future__ import annotations

import array
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from email.message import Message

import awsaccess
import pytest

KEYS = awsaccess.Credentials("AKIDEXAMPLE", "wJalr" + "XUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HOW = {"credentials": KEYS, "region": "us-east-1", "service": "service", "now": 1440938160}
VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"


def signature(signed: list) -> str:
    return dict(signed)["authorization"].rpartition("=")[2]


class Multi:
    """As the header classes of HTTP libraries: no mapping, but `items()`."""

    def items(self):
        yield "Host", "example.amazonaws.com"


message = Message()
message["Host"] = "example.amazonaws.com"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.amazonaws.com"},
        {b"Host": b"example.amazonaws.com"},
        [("Host", "example.amazonaws.com")],
        [["Host", "example.amazonaws.com"]],
        (("Host", b"example.amazonaws.com"),),
        iter([("Host", "example.amazonaws.com")]),
        ["Host", "example.amazonaws.com"],
        ("Host", b"example.amazonaws.com"),
        Multi(),
        message,
    ],
    ids=lambda headers: type(headers).__name__,
)
def test_headers_in_every_shape(headers) -> None:
    assert signature(awsaccess.sign("GET", "/", headers, **HOW)) == VANILLA


def test_the_url_stands_in_for_the_host() -> None:
    for url in (
        "https://example.amazonaws.com",
        b"https://example.amazonaws.com/",
        "http://example.amazonaws.com:80/",
    ):
        signed = awsaccess.sign("GET", url, **HOW)
        assert signature(signed) == VANILLA and signed[0] == ("host", "example.amazonaws.com")


def test_the_callers_own_pairs_come_back_in_order() -> None:
    pairs = [("B", "2"), ["host", "h"], (b"A", b"1"), ("X-Amz-Date", "old"), ("a", "3"), ("AUTHORIZATION", "old")]
    signed = awsaccess.sign("GET", "/", pairs, **HOW)
    kept = [pairs[0], pairs[1], pairs[2], pairs[4]]
    assert all(ours is theirs for ours, theirs in zip(signed, kept))
    assert [name for name, _ in signed[4:]] == ["x-amz-date", "authorization"]
    assert dict(signed[4:])["x-amz-date"] == "20150830T123600Z"
    assert len(pairs) == 6 and pairs[3] == ("X-Amz-Date", "old")


def test_a_pair_of_a_flat_list_comes_back_as_a_pair() -> None:
    assert awsaccess.sign("GET", "/", ["ab", "cd", "host", "h"], **HOW)[:2] == [("ab", "cd"), ("host", "h")]


@pytest.mark.parametrize(
    "headers", ["ab", b"ab", 5, [5], [("a", 1)], [("a",)], ["a"], [("a", "b", "c")], {"a": None}]
)
def test_what_is_no_list_of_headers(headers) -> None:
    with pytest.raises(awsaccess.InputError) as caught:
        awsaccess.sign("GET", "https://h/", headers, **HOW)
    assert caught.value.kind == "input"


def test_an_error_of_the_callers_iterator_is_raised_unchanged() -> None:
    def headers():
        yield "a", "b"
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        awsaccess.sign("GET", "https://h/", headers(), **HOW)


def test_header_text_is_one_byte_a_character() -> None:
    as_text = awsaccess.explain("GET", "https://h/", {"x": "caf\u00e9"}, **HOW)
    as_bytes = awsaccess.explain("GET", "https://h/", {"x": b"caf\xe9"}, **HOW)
    assert as_text.canonical_request == as_bytes.canonical_request
    assert b"x:caf\xe9\n" in as_text.canonical_request


@pytest.mark.parametrize("value", ["\u0100", "\u010a", "a\nb", "a\r\n b", "a\n b", "a\0", "\ud800"])
def test_text_that_no_header_can_carry(value) -> None:
    with pytest.raises(awsaccess.SignError) as caught:
        awsaccess.sign("GET", "https://h/", {"x-bad": value}, **HOW)
    assert "x-bad" in str(caught.value) and caught.value.kind == "sign"
    # From a client it is a malformed request, not a fault of the server's code.
    with pytest.raises(awsaccess.VerifyError) as refused:
        awsaccess.claim("GET", "/", {"host": "h", "x-bad": value}, now=0)
    assert refused.value.kind == "malformed-request" and "x-bad" in str(refused.value)


def test_folded_lines_are_taken_as_bytes_only() -> None:
    folded = awsaccess.explain("GET", "https://h/", {"x": b"a\r\n  b"}, **HOW)
    assert b"x:a b\n" in folded.canonical_request
    for bad in (b"a\nb", b"a\0"):
        with pytest.raises(awsaccess.SignError):
            awsaccess.sign("GET", "https://h/", {"x": bad}, **HOW)


@pytest.mark.parametrize(
    "now",
    [
        1440938160,
        1440938160.9,
        Decimal(1440938160),
        datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
        datetime(2015, 8, 30, 14, 36, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_times(now) -> None:
    assert signature(awsaccess.sign("GET", "https://example.amazonaws.com/", **(HOW | {"now": now}))) == VANILLA


@pytest.mark.parametrize(
    "now",
    [datetime(2015, 8, 30), 1440938160000, 1e11 + 1, -1, float("nan"), float("inf"), "1440938160", True, [], 10**400],
)
def test_what_is_no_time(now) -> None:
    with pytest.raises(awsaccess.InputError):
        awsaccess.sign("GET", "https://h/", **(HOW | {"now": now}))


def test_none_is_now() -> None:
    before = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    date = dict(awsaccess.sign("GET", "https://h/", **(HOW | {"now": None})))["x-amz-date"]
    assert before <= date <= datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


@pytest.mark.parametrize(
    "body",
    [b"hello", bytearray(b"hello"), memoryview(b"hello"), array.array("b", b"hello"), memoryview(b"xhello")[1:]],
)
def test_bodies(body) -> None:
    signed = awsaccess.sign("PUT", "https://b.s3.amazonaws.com/k", None, body, **(HOW | {"service": "s3"}))
    expected = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert dict(signed)["x-amz-content-sha256"] == expected


@pytest.mark.parametrize("body", ["text", 5, [1, 2]])
def test_what_is_no_body(body) -> None:
    with pytest.raises(TypeError, match="bytes-like"):
        awsaccess.sign("PUT", "https://h/", None, body, **HOW)


def test_a_large_body_lets_other_threads_work() -> None:
    body = bytes(32 << 20)
    done = threading.Event()
    worker = threading.Thread(target=lambda: (awsaccess.sign("PUT", "https://h/", None, body, **HOW), done.set()))
    worker.start()
    turns = 0
    while not done.is_set():
        turns += 1
    worker.join()
    assert turns > 100


def test_payloads() -> None:
    s3 = HOW | {"service": "s3"}

    def sent(*args, **how) -> str:
        return dict(awsaccess.sign("PUT", "https://h/", *args, **(s3 | how)))["x-amz-content-sha256"]

    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sent() == sent(None, b"") == empty
    assert sent(payload="UNSIGNED-PAYLOAD") == "UNSIGNED-PAYLOAD"
    assert sent(payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER") == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert sent(None, b"not hashed", payload=empty) == empty
    assert sent({"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}) == "UNSIGNED-PAYLOAD"
    assert sent({"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}, b"") == empty
    for bad in ("unsigned-payload", "", "abc"):
        with pytest.raises(awsaccess.InputError):
            sent(payload=bad)
    with pytest.raises(awsaccess.InputError):
        sent(session_token="maybe")


def test_a_link_to_s3_leaves_its_body_open() -> None:
    s3 = HOW | {"service": "s3", "expires": timedelta(minutes=5)}
    link = awsaccess.presign("PUT", "https://b.s3.amazonaws.com/k", **s3)
    assert "X-Amz-Content-Sha256" not in link and "X-Amz-Expires=300" in link
    claim = awsaccess.claim("PUT", link, None, now=HOW["now"])
    assert claim.verify(KEYS, b"any body").payload is None
    for bad in (0, -1, 604801, True, "900"):
        with pytest.raises((awsaccess.SignError, awsaccess.InputError)):
            awsaccess.presign("GET", "https://h/", **(s3 | {"expires": bad}))


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("GE T", "https://h/", None),
        ("GET", "https://h/#fragment", None),
        ("GET", "https://h/?a=%zz", None),
        ("GET", "/no-host", None),
        ("GET", "https://h/", {"bad name": "x"}),
        ("GET", "https://h/\n", None),
    ],
)
def test_requests_that_cannot_be_signed(method, url, headers) -> None:
    with pytest.raises(awsaccess.SignError) as caught:
        awsaccess.sign(method, url, headers, **HOW)
    assert isinstance(caught.value, ValueError) and str(caught.value).splitlines() == [str(caught.value)]
