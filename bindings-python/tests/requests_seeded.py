"""Requests that real clients might send and some that only odd ones do, the same in every run."""

from __future__ import annotations

import random
from dataclasses import dataclass

NOW = 1_700_000_000
SEGMENTS = [
    "a",
    "B1",
    "x y",
    "caf\u00e9",
    "a+b",
    "a%b",
    "%2F",
    "a@b:c",
    "~u-._",
    "$&,;=",
    "(*)'!",
    "\u65e5\u672c",
    "..",
    ".",
    "",
    "a\u0308",
]
NAMES = ["Action", "a", "A", "b-c", "list-type", "prefix", "x y", "caf\u00e9", "a+b", "~", "k[]", "k:k", "uploads"]
VALUES = ["", "1", "x y", "a+b", "a/b", "100%", "\u65e5\u672c", "a=b", "&", "~-._", "*", "a%2Fb", "Z", "z"]
HEADERS = ["X-Custom", "Content-Type", "x-amz-meta-a", "X-Amz-Target", "Accept", "Range", "X-Zeta", "cache-control"]
TEXTS = [
    "1",
    "a b",
    "  padded  ",
    "a  b   c",
    "text/plain; charset=utf-8",
    "bytes=0-9",
    "\ta\tb",
    '"quoted  twice"',
    "caf\u00e9",
    ",",
]
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def encode(text: str, keep: bytes = b"") -> str:
    return "".join(chr(c) if c in UNRESERVED or c in keep else f"%{c:02X}" for c in text.encode())


@dataclass
class Sent:
    """A request as it is on the wire."""

    method: str
    host: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    service: str
    region: str
    token: str | None

    @property
    def as_bytes(self) -> list[tuple[str, bytes]]:
        """The headers with what is not ASCII in UTF-8."""
        return [(name, value.encode()) for name, value in self.headers]

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}" + (f"?{self.query}" if self.query else "")


def requests(count: int, *, s3: bool, link: bool = False, repeats: bool = True, seed: int = 20261121) -> list[Sent]:
    pick = random.Random(seed)
    made = []
    for _ in range(count):
        # S3's own signers send everything encoded.
        keep = b"" if s3 else pick.choice([b"", b"", b"@:+$&,;=!*'()"])
        segments = [encode(pick.choice(SEGMENTS), keep) for _ in range(pick.randrange(4))]
        pairs = [(pick.choice(NAMES), pick.choice(VALUES)) for _ in range(pick.randrange(5))]
        if link:
            pairs = list(dict(pairs).items())
        query = "&".join(
            encode(name) if not value and pick.random() < 0.5 else f"{encode(name)}={encode(value)}"
            for name, value in pairs
        )
        names = [pick.choice(HEADERS) for _ in range(pick.randrange(4))]
        # A request has one type; other fields may come again.
        if not repeats or names.count("Content-Type") > 1:
            names = list(dict.fromkeys(names))
        made.append(
            Sent(
                method=pick.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]),
                host=pick.choice(
                    ["example.amazonaws.com", "b.s3.us-east-1.amazonaws.com", "localhost:8080", "h.local"]
                ),
                path="/" + "/".join(segments),
                query=query,
                headers=[(name, pick.choice(TEXTS)) for name in names],
                body=b"" if link else pick.randbytes(pick.choice([0, 0, 1, 17, 3000])),
                service="s3" if s3 else pick.choice(["dynamodb", "sts", "execute-api", "es", "iam"]),
                region=pick.choice(["us-east-1", "eu-west-1", "cn-north-1"]),
                token=pick.choice([None, "IQoJ//b3JpZ2luX2Vj+EJr="]),
            )
        )
    return made
