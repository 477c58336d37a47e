"""A simulated host: files and HTTP from a table, a clock that stands still, and a note of everything asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import awsaccess
from awsaccess import Http, HttpFailure, HttpReply, ProcessReply, Prompt, ReadFile, RunProcess, Wait, WriteFile

NOW = 1_800_000_000
IMDS = "http://169.254.169.254/latest/"
ROLE_KEYS = {
    "Code": "Success",
    "AccessKeyId": "ASIAIMDS",
    "SecretAccessKey": "imds" + "-secret",
    "Token": "imds" + "-token",
    "Expiration": "2027-01-16T00:00:00Z",
}


class World:
    def __init__(
        self,
        *,
        files: dict[str, bytes] | None = None,
        http: Callable[[Http], Any] | None = None,
        code: str = "123456",
    ) -> None:
        self.files, self.answer_http, self.code = files or {}, http, code
        self.asked: list[Any] = []
        self.now = NOW

    def drive(self, step: awsaccess.Step) -> awsaccess.Step:
        while not step.done:
            self.asked.append(step.ask)
            step = self.turn(step)
        return step

    def turn(self, step: awsaccess.Step) -> awsaccess.Step:
        now = self.now
        match step.ask:
            case ReadFile(path=p):
                return step.answer(now, self.files.get(p))
            case Http() as r:
                return step.answer(now, self.answer_http(r) if self.answer_http else HttpFailure("unreachable"))
            case RunProcess(argv=argv, timeout=_):
                return step.answer(now, ProcessReply(1, b"", b"no " + argv[0].encode()))
            case Prompt(kind="mfa", serial=_):
                return step.answer(now, self.code)
            case Wait(seconds=s):
                self.now = now + s
                return step.answer(now + s, True)
            case WriteFile(path=p, data=b):
                self.files[p] = b
                return step.answer(now, True)
            case _:
                return step.decline(now)


def metadata(ask: Http) -> Any:
    """An instance with the role `gateway`, version 2 of the service only."""
    headers = dict(ask.headers)
    if ask.url == IMDS + "api/token":
        assert ask.method == "PUT" and ask.direct and headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
        return HttpReply(200, {"x-aws-ec2-metadata-token-ttl-seconds": "21600"}, b"imds-session")
    assert ask.direct
    if headers.get("x-aws-ec2-metadata-token") != "imds-session":
        return HttpReply(401)
    if ask.url.endswith("/"):
        return HttpReply(200, None, b"gateway")
    if ask.url.endswith("/gateway"):
        return HttpReply(200, [("content-type", "text/plain")], json.dumps(ROLE_KEYS).encode())
    return HttpReply(404)


class Sts:
    """Gives a session for each role, and keeps what it was asked for."""

    def __init__(self, keys: dict[str, tuple[str, str | None]]) -> None:
        self.keys, self.calls = dict(keys), []

    def __call__(self, ask: Http) -> Any:
        assert ask.method == "POST" and not ask.direct
        verified = awsaccess.verify("POST", ask.url, ask.headers, ask.body, lookup=self.keys.get, now=NOW)
        form = {name: values[0] for name, values in parse_qs(ask.body.decode()).items()}
        self.calls.append((verified.access_key_id, form))
        name = form["RoleArn"].rpartition("/")[2]
        if name == "forbidden":
            error = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
            return HttpReply(403, None, error.encode())
        key_id, secret, token = f"ASIA{name.upper()}", f"secret-of-{name}", f"token-of-{name}"
        self.keys[key_id] = (secret, token)
        return HttpReply(
            200,
            None,
            f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
            <AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>
            <SessionToken>{token}</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration></Credentials>
            <AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/{name}/s</Arn>
            </AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>""".encode(),
        )
