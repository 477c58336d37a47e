"""AWS's own SigV4 cases, read from their folders."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import awsaccess
from conftest import VECTORS

Pairs = list[tuple[bytes, bytes]]


class Case:
    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        context = json.loads((folder / "context.json").read_text())
        keys = context["credentials"]
        self.credentials = awsaccess.Credentials(keys["access_key_id"], keys["secret_access_key"], keys.get("token"))
        self.method, self.target, self.headers, self.body = parse(self.expected("request.txt"))
        self.expires = context["expiration_in_seconds"]
        self.late_token = bool(context.get("omit_session_token"))
        self.how: dict[str, Any] = {
            "credentials": self.credentials,
            "region": context["region"],
            "service": context["service"],
            "now": datetime.fromisoformat(context["timestamp"]),
            "double_encode": True,
            "normalize": context["normalize"],
            "content_sha256_header": context["sign_body"],
            "session_token": "append" if self.late_token else "sign",
        }

    def expected(self, file: str) -> bytes:
        return (self.folder / file).read_bytes()

    def policy(self) -> awsaccess.Policy:
        return awsaccess.Policy(require_amz_signed=not self.late_token)


def parse(raw: bytes) -> tuple[str, bytes, Pairs, bytes]:
    """Method, target, headers (folded ones stay folded) and body."""
    head, _, body = raw.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, rest = first.partition(b" ")
    headers: Pairs = []
    for line in filter(None, lines):
        if line[:1] in b" \t":
            name, value = headers[-1]
            headers[-1] = (name, value + b"\n" + line)
        else:
            name, _, value = line.partition(b":")
            headers.append((name, value))
    return method.decode(), rest.rpartition(b" HTTP/1.1")[0], headers, body


CASES = [Case(folder) for folder in sorted((VECTORS / "sigv4/v4").iterdir())]
