"""Whatever is passed in, the answer is an exception of ours or a plain `TypeError`, and never a fault."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import awsaccess
from world import NOW

KEYS = awsaccess.Credentials("AKID", "hush-hush", "token")


class Odd:
    """Has all the right methods, and all of them fail."""

    def items(self):
        raise RuntimeError("odd")

    def __iter__(self):
        raise RuntimeError("odd")

    def __float__(self):
        raise RuntimeError("odd")

    def get(self, *_):
        raise RuntimeError("odd")

    def __call__(self, *_):
        raise RuntimeError("odd")


VALUES: list[Any] = [
    None, True, False, 0, -1, 1 << 70, 1.5, float("nan"), "", "GET", "/", "https://h/", "\ud800", "\0", "\u65e5", "a\r\nb",
    b"", b"/", b"\xff\xfe", bytearray(b"x"), memoryview(b"abcdef")[::2], memoryview(b"x").cast("c"), (), [], {}, set(),
    ("a", "b"), [("a", "b")], [["host", "h"]], [("a",)], ["a"], [None], {"host": "h"}, {"a": None}, {b"host": b"h"},
    {1: 2}, object(), Odd(), Odd, len, KEYS, awsaccess.Policy(), datetime(2020, 1, 1), iter(()), range(3), "x" * 100_000,
    awsaccess.HttpReply(200), awsaccess.HttpFailure("tls"), lambda _: "secret", lambda *_: None,
]  # fmt: skip


def calls(pick: random.Random) -> list[Any]:
    v = lambda: pick.choice(VALUES)  # noqa: E731
    mostly = lambda usual: usual if pick.random() < 0.9 else v()  # noqa: E731
    signing = lambda: {  # noqa: E731
        "credentials": mostly(KEYS),
        "region": mostly("us-east-1"),
        "service": mostly("s3"),
        "now": mostly(NOW),
        "payload": mostly(None),
        "double_encode": mostly(None),
        "session_token": mostly("sign"),
        "algorithm": mostly(None),
        "region_set": mostly(None),
    }
    request = lambda: (mostly("PUT"), mostly("https://h/"), mostly({"host": "h"}), mostly(b"x"))  # noqa: E731
    good = ("PUT", "https://h/", {"host": "h"}, b"x")
    signed = awsaccess.sign(*good, credentials=KEYS, region="r", service="s3", now=NOW)
    claim = awsaccess.claim("PUT", "/", signed, now=NOW)
    verified = awsaccess.claim("PUT", "/", signed, now=NOW).verify(KEYS, b"x")
    link = awsaccess.presign("GET", "https://h/k", credentials=KEYS, region="r", service="s3", now=NOW)
    offline = awsaccess.recognize_presign(link, {"x": "y"})
    assert offline is not None
    proven = offline.verify(KEYS, NOW)
    step = awsaccess.start({"HOME": "/h"}, NOW)
    redactor = awsaccess.Redactor()
    return [
        lambda: awsaccess.sign(*request(), **signing()),
        lambda: awsaccess.presign(*request(), **signing(), expires=mostly(60)),
        lambda: awsaccess.explain(*request(), **signing(), expires=mostly(None)),
        lambda: awsaccess.claim(*request()[:3], now=mostly(NOW), policy=mostly(None)),
        lambda: awsaccess.verify("PUT", mostly("/"), mostly(signed), mostly(b"x"), lookup=v(), now=mostly(NOW)),
        lambda: claim.verify(v(), mostly(b"x")),
        lambda: verified.body_resigner(mostly(KEYS)).push(v()),
        lambda: verified.resign(mostly(KEYS), v(), mostly(NOW), base_path=mostly("")),
        lambda: awsaccess.diagnose(
            "PUT", mostly("/"), mostly(signed), mostly(b"x"), v(), credentials=mostly(KEYS), now=mostly(NOW)
        ),
        lambda: awsaccess.diagnose("PUT", "/", signed, reply=(v(), v(), v()), canonical_request=mostly(None)),
        lambda: awsaccess.recognize_presign(v(), mostly(None)),
        lambda: offline.verify(v(), mostly(NOW), mostly(None)),
        lambda: proven.resign(mostly(KEYS), mostly(60), mostly(NOW)),
        lambda: KEYS.delegate(mostly("r"), mostly("s3"), mostly(NOW)),
        lambda: awsaccess.Delegate(mostly("A"), mostly(bytes(32)), mostly("r"), "s3", v(), session_token=mostly(None)),
        lambda: awsaccess.start(mostly({}), mostly(NOW), mostly(None), mostly(None), mostly(None), mostly(None)),
        lambda: awsaccess.start(
            {}, NOW, order=mostly(None), assume=v(), sts_endpoint=mostly(None), imds_endpoint=v()
        ),
        lambda: step.answer(mostly(NOW), v()),
        lambda: awsaccess.plan(mostly({}), mostly({"config": v()}), mostly(None)),
        lambda: awsaccess.parse_profiles(v(), v()),
        lambda: awsaccess.redact(v()),
        lambda: redactor.learn(v(), mostly("n")),
        lambda: redactor.forget(v()),
        lambda: redactor.stream().push(v()),
        lambda: awsaccess.Credentials(v(), v(), v(), v(), v()),
        lambda: awsaccess.Policy(max_skew=v(), require_signed=v()),
        lambda: awsaccess.Role(mostly("arn"), duration=v(), external_id=v()),
        lambda: awsaccess.HttpReply(mostly(200), v(), v()),
        lambda: awsaccess.ProcessReply(mostly(0), v(), v()),
    ]


def test_no_argument_causes_a_fault() -> None:
    pick, refused, accepted = random.Random(20261121), 0, 0
    for _ in range(1000):
        for call in calls(pick):
            try:
                call()
            except awsaccess.InternalError as error:
                raise AssertionError("a fault") from error
            except awsaccess.AwsAccessError as error:
                assert error.kind and str(error).isprintable()
                refused += 1
            except (TypeError, RuntimeError, OverflowError, UnicodeEncodeError):
                refused += 1  # the interpreter's own words for a wrong argument, and what `Odd` raises
            else:
                accepted += 1
    assert refused > 2000 and accepted > 2000
