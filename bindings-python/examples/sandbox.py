#!/usr/bin/env python3
"""A sandbox for an agent: unmodified AWS clients hold a placeholder, and only this process the real keys.

    python sandbox.py rules.toml alice@example.com crm reader -- aws dynamodb list-tables

Every request is verified, decided on by the rules, signed again with the role's credentials, and written into a log
whose lines are chained. It listens on this machine only and speaks plain HTTP, as the clients' endpoint URL.
"""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import awsaccess
from awsaccess import access, audit, placeholder


class Sandbox(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self,
        gateway: awsaccess.Gateway,
        credentials: Callable[[access.Decision], awsaccess.Credentials],
        write: Callable[[str], object],
        connect: Callable[[str], HTTPConnection] = functools.partial(HTTPSConnection, timeout=60),
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.gateway, self.credentials, self.connect = gateway, credentials, connect
        self.write, self.chain, self.lock = write, audit.Chain(), threading.Lock()

    def log(self, record: audit.Record, phase: str) -> None:
        with self.lock:
            line = self.chain.line(record, phase)
            try:
                self.write(line + "\n")
            except OSError:
                self.chain.take_back(line)
                raise


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Sandbox
    answered = False

    def relay(self) -> None:
        sandbox, self.answered = self.server, False
        stage: awsaccess.Admitted | awsaccess.Proven | awsaccess.Forward | None = None
        try:
            stage = admitted = sandbox.gateway.admit(
                self.command, self.path, self.headers.items(), peer=self.client_address
            )
            if "Transfer-Encoding" in self.headers:
                raise admitted.refuse("length-required")
            body = b"".join(self.body(admitted.body_limit)) if admitted.body_plan == "hold" else None
            stage = proven = admitted.prove(body)
            keys = sandbox.credentials(proven.decision) if proven.decision and proven.needs == "role" else None
            stage = forward = proven.resign(keys)
            try:
                sandbox.log(forward.record, "begin")
            except OSError as error:
                raise forward.refuse("audit-unavailable", str(error)) from error
            self.pass_on(forward)
        except (awsaccess.AwsAccessError, OSError, HTTPException) as error:
            refused = error if isinstance(error, awsaccess.RefusedError) else stage and stage.refuse(error)
            self.close_connection = True  # what was not read of the body would be taken for the next request
            if not isinstance(refused, awsaccess.RefusedError) or refused.record is None or self.answered:
                raise  # half an answer is ended by the end of the connection
            self.answer(*refused.reply, record=refused.record)

    def pass_on(self, forward: awsaccess.Forward) -> None:
        upstream = self.server.connect(forward.host)
        try:
            upstream.putrequest(forward.method, forward.target, skip_host=True, skip_accept_encoding=True)
            for name, value in forward.headers:
                upstream.putheader(name, value)
            upstream.endheaders(forward.content)
            if forward.content is None:
                resigner = forward.body()
                for piece in self.body():
                    upstream.send(resigner.push(piece))
                upstream.send(resigner.finish())
            reply = upstream.getresponse()
            if forward.replaces(reply.status):
                held = reply.read((forward.reply_limit or 0) + 1)
                self.answer(*forward.filter(reply.status, reply.getheaders(), held), record=forward.record)
            else:
                status, headers, _ = forward.filter(reply.status, reply.getheaders())
                self.answer(status, headers, iter(lambda: reply.read1(65536), b""), record=forward.record)
        finally:
            upstream.close()

    def body(self, limit: int | None = None) -> Iterator[bytes]:
        left = int(self.headers.get("Content-Length", 0))
        if self.headers.get("Expect"):  # answered now that somebody is there to read
            self.send_response_only(100)
            self.end_headers()
        left = left if limit is None else min(left, limit + 1)
        while left > 0 and (piece := self.rfile.read(min(left, 65536))):
            left -= len(piece)
            yield piece

    def answer(
        self, status: int, headers: list[tuple[str, str]], body: bytes | Iterator[bytes], *, record: audit.Record
    ) -> None:
        if isinstance(body, bytes):
            self.end(record, status, len(body))
        self.answered, length = True, {name.lower(): value for name, value in headers}.get("content-length")
        self.close_connection = self.close_connection or length is None
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if isinstance(body, bytes):
            self.wfile.write(body)
            return
        sent = 0
        for piece in body:
            self.wfile.write(piece)
            sent += len(piece)
        if self.command != "HEAD" and length not in (None, str(sent)):
            self.close_connection = True  # the service broke off: so does this
        self.end(record, status, sent)

    def end(self, record: audit.Record, status: int, sent: int) -> None:
        record.complete(status, bytes_out=sent)
        with contextlib.suppress(OSError):  # whatever follows is refused before it is sent on
            self.server.log(record, "end")

    def handle_expect_100(self) -> bool:
        return True  # only once the request is known to be allowed

    def log_message(self, format: str, *args: object) -> None:
        pass  # the audit log says what happened, without what is secret in a target

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_OPTIONS = relay


def main(rules_file: str, subject: str, application: str, role: str, dashes: str, *command: str) -> int:
    with open(rules_file, "rb") as file:
        rules = access.Rules.parse(tomllib.load(file))
    who = access.Identity(subject, application, role)
    rules.role_of(who)  # says now why it could not be used
    keys = placeholder.GatewayKeys(placeholder.new_key())

    @functools.lru_cache(256)
    def provider(decision: access.Decision) -> awsaccess.Provider:
        return awsaccess.Provider(lambda: awsaccess.resolve(assume=decision.assume))

    with open("sandbox.log", "w", buffering=1) as log:
        sandbox = Sandbox(awsaccess.Gateway(rules, keys), lambda decision: provider(decision).get(60), log.write)
        threading.Thread(target=sandbox.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{sandbox.server_port}"
        told = placeholder.client_env(placeholder.mint(keys, who, 3600), address, os.environ, region="us-east-1")
        env = {name: value for name, value in {**os.environ, **told}.items() if value is not None}
        return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
