"""The hosts in Python: files, processes and HTTP of this machine, blocking and with asyncio."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import stat
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import awsaccess
import pytest
import trustme
from awsaccess import DECLINED, AsyncHost, Host, HttpFailure, HttpReply, ProcessFailure
from awsaccess import host as module
from world import ROLE_KEYS, Sts


# Nobody's home, and a machine that may be busy with something else when its metadata is asked for.
NOWHERE = {"HOME": "/nowhere", "AWS_METADATA_SERVICE_TIMEOUT": "60"}


def ask(**attributes: Any) -> Any:
    """Something with a question's attributes; the methods of a host look at nothing else."""
    return SimpleNamespace(**attributes)


def http(url: str, **more: Any) -> Any:
    given = {"method": "GET", "headers": [], "body": b"", "timeout": 60.0, "direct": True, "max_bytes": 1000}
    return ask(url=url, **(given | more))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.sts = Sts({"ASIAIMDS": ("imds-secret", "imds-token")})
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.ending = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        path = self.path.removeprefix("http://unused.example")
        if path == "/redirect":
            self.reply(302, b"", {"Location": self.server.url + "/other"})
        elif path == "/big":
            self.reply(200, b"x" * 5000)
        elif path == "/slow":
            self.server.ending.wait(120)
        elif path == "/drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            try:
                for _ in range(1000):
                    self.wfile.write(b".")
                    time.sleep(0.05)
            except OSError:
                pass
        elif path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"cut")
        elif path == "/latest/api/token":
            self.reply(200, b"imds-session")
        elif path.endswith("security-credentials/"):
            self.reply(200, b"gateway")
        elif path.endswith("security-credentials/gateway"):
            self.reply(200, json.dumps(ROLE_KEYS | {"Expiration": "2099-01-01T00:00:00Z"}).encode())
        else:
            self.reply(200, b"hello", {"X-Answer": "caf\xe9"})

    do_GET = do_PUT = do_POST = do_CONNECT = handle_any

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.ending.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("AWS_"):
            monkeypatch.delenv(name)


def test_http(server: Server) -> None:
    reply = Host().http(http(server.url + "/a?b=c", method="PUT", headers=[("X-One", "1")], body=b"body"))
    assert isinstance(reply, HttpReply) and reply.status == 200
    method, path, headers, body = server.seen[0]
    assert (method, path, body, headers["X-One"]) == ("PUT", "/a?b=c", b"body", "1")
    assert headers["Content-Length"] == "4" and headers["Host"] == server.url[7:]
    Host().http(http(server.url, headers=[("Host", "other")]))
    assert server.seen[1][2] == {"Host": "other"} and server.seen[1][1] == "/"


def test_http_never_follows_and_never_takes_too_much(server: Server) -> None:
    assert Host().http(http(server.url + "/redirect")).status == 302
    assert [path for _, path, _, _ in server.seen] == ["/redirect"]
    for path, reason in [("/big", "too_large"), ("/slow", "timeout"), ("/drip", "timeout"), ("/short", "other")]:
        timeout = 0.2 if reason == "timeout" else 60.0
        failure = Host().http(http(server.url + path, timeout=timeout, max_bytes=1000))
        assert isinstance(failure, HttpFailure) and failure.reason == reason, path


def test_http_failures(server: Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert Host().http(http(f"http://127.0.0.1:{port}/")).reason == "refused"
    assert Host().http(http("http://does-not-exist.invalid/")).reason == "unreachable"
    assert Host().http(http(server.url.replace("http:", "https:"))).reason in ("tls", "other")
    bad = Host().http(http(server.url, headers=[("X", "secret-header\r\nY: 1")]))
    assert bad.reason == "other" and "secret-header" not in bad.message


def test_a_proxy_is_used_unless_it_must_not_be(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url.replace("//", "//me:p%40ss@"))
    monkeypatch.setenv("https_proxy", server.url)
    assert Host().http(http("http://unused.example/x", direct=False)).status == 200
    _, path, headers, _ = server.seen[-1]
    assert path == "http://unused.example/x" and headers["Proxy-Authorization"] == "Basic bWU6cEBzcw=="
    assert isinstance(Host().http(http("https://unused.example/x", direct=False)), HttpFailure)
    assert server.seen[-1][:2] == ("CONNECT", "unused.example:443")
    asked = len(server.seen)
    assert Host().http(http("http://unused.invalid/x", direct=True)).reason == "unreachable"
    monkeypatch.setenv("no_proxy", "unused.invalid")
    assert Host().http(http("http://unused.invalid/x", direct=False)).reason == "unreachable"
    monkeypatch.setenv("https_proxy", "socks5://localhost:1")
    assert Host().http(http("https://unused.example/x", direct=False)).reason == "other"
    assert len(server.seen) == asked


def test_certificates_are_checked(server: Server, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http:", "https:")
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    assert Host().http(http(url)).reason == "tls"
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    assert Host().http(http(url)).status == 200
    # Trusted, and yet not for this name.
    assert Host().http(http(url.replace("127.0.0.1", "localhost"))).reason == "tls"
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(awsaccess.ConfigError, match="AWS_CA_BUNDLE"):
        Host().http(http(url))


def test_files(tmp_path: Any) -> None:
    host, path = Host(), str(tmp_path / "new" / "deep" / "file")
    assert host.read_file(ask(path=path, max_bytes=5)) is None
    assert host.list_files(ask(path=str(tmp_path / "new"), max_bytes=99)) == []
    assert host.write_file(ask(path=path, data=b"secret-data")) is True
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600 and stat.S_IMODE(os.stat(tmp_path / "new").st_mode) == 0o700
    assert host.write_file(ask(path=path, data=b"0123456789")) is True
    assert host.read_file(ask(path=path, max_bytes=10)) == b"0123456789"
    assert len(host.read_file(ask(path=path, max_bytes=4))) == 5
    assert host.list_files(ask(path=os.path.dirname(path), max_bytes=99)) == ["file"]
    assert isinstance(host.read_file(ask(path=str(tmp_path), max_bytes=9)), awsaccess.FileFailure)
    assert isinstance(host.read_file(ask(path="a\0b", max_bytes=9)), awsaccess.FileFailure)
    assert isinstance(host.write_file(ask(path=str(tmp_path), data=b"x")), awsaccess.FileFailure)
    assert isinstance(host.write_file(ask(path=path + "/x", data=b"x")), awsaccess.FileFailure)
    assert os.listdir(tmp_path) == ["new"]
    assert host.remove_file(ask(path=path)) is True and host.remove_file(ask(path=path)) is True
    assert host.resolve(ask(host="127.0.0.1")) == ["127.0.0.1"]
    assert host.resolve(ask(host="does-not-exist.invalid")).reason == "unreachable"


def test_a_lock_is_held_until_it_is_given_back(tmp_path: Any) -> None:
    one, other, path, order = Host(), Host(), str(tmp_path / "lock"), []
    assert one.lock(ask(path=path, hold=True)) is True

    def wait() -> None:
        assert other.lock(ask(path=path, hold=True)) is True
        order.append("other")
        other.close()

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.05)
    order.append("one")
    assert one.lock(ask(path=path, hold=False)) is True
    thread.join()
    assert order == ["one", "other"]
    assert isinstance(one.lock(ask(path=str(tmp_path / "no" / "lock"), hold=True)), awsaccess.FileFailure)


def test_a_lock_that_is_never_given_back_is_not_waited_for(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awsaccess.host._LONGEST_LOCK", 0.0)
    one, other, path = Host(), Host(), str(tmp_path / "lock")
    assert one.lock(ask(path=path, hold=True)) is True
    failed = other.lock(ask(path=path, hold=True))
    assert isinstance(failed, awsaccess.FileFailure) and "does not give it back" in repr(failed)
    one.close()
    assert other.lock(ask(path=path, hold=True)) is True
    other.close()


def program(code: str, **more: Any) -> Any:
    return ask(argv=[sys.executable, "-c", code], env={"ADDED": "1"}, **({"timeout": 60.0, "max_bytes": 1000} | more))


def run_process(question: Any, how: str) -> Any:
    return Host().run_process(question) if how == "blocking" else asyncio.run(AsyncHost()._run(question))


@pytest.mark.parametrize("how", ["blocking", "asyncio"])
def test_processes(how: str) -> None:
    said = "import os, sys; print(os.environ['ADDED'], sys.stdin.read()); sys.exit(3)"
    assert run_process(program(said), how).code == 3
    assert isinstance(run_process(program("print('x' * 5000)"), how), ProcessFailure)
    slow = run_process(program("import time; time.sleep(30)", timeout=0.3), how)
    assert "did not end" in slow.reason
    assert "could not be started" in run_process(ask(argv=["/no/such"], env={}, timeout=1.0, max_bytes=9), how).reason


def test_a_cancelled_task_ends_its_process(tmp_path: Any) -> None:
    mark = tmp_path / "pid"
    code = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"

    async def main() -> int:
        task = asyncio.create_task(AsyncHost()._run(program(code, timeout=60.0)))
        while not (mark.exists() and mark.read_text()):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return int(mark.read_text())

    with pytest.raises(ProcessLookupError):
        os.kill(asyncio.run(main()), 0)


def test_prompts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    question = ask(kind="mfa", serial="s", message="code: ", page=None)
    monkeypatch.setattr(sys, "stdin", None)
    assert Host().prompt(question) is DECLINED
    assert Host(prompt=lambda given: given.serial).prompt(question) == "s"
    assert Host(prompt=lambda given: None).prompt(question) is DECLINED
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(module.getpass, "getpass", lambda message: message + "1")
    assert Host().prompt(question) == "code: 1"
    page = {"serial": None, "message": "sign in at", "page": "https://h"}
    assert Host().prompt(ask(kind="sign_in", **page)) == ""
    assert Host().prompt(ask(kind="authorization_code", **page)) == "code: 1"
    assert capsys.readouterr().err == "sign in at\nhttps://h\n" * 2
    assert Host().listen(None) is Host().sign(None) is Host().answer(object()) is DECLINED


@pytest.mark.parametrize("how", ["blocking", "asyncio"])
def test_resolve_from_files(tmp_path: Any, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text("[dev]\naws_access_key_id = AKIDDEV\naws_secret_access_key = s\n")

    def resolve(**more: Any) -> awsaccess.Credentials:
        if how == "blocking":
            return awsaccess.resolve(**more)
        return asyncio.run(awsaccess.resolve_async(**more))

    assert resolve(profile="dev", env={"HOME": str(tmp_path)}).access_key_id == "AKIDDEV"
    assert resolve(profile="dev", env={}, home=str(tmp_path)).access_key_id == "AKIDDEV"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_PROFILE", "dev")
    assert resolve().access_key_id == "AKIDDEV"
    with pytest.raises(awsaccess.ConfigError):
        resolve(profile="other")


@pytest.mark.parametrize("how", ["blocking", "asyncio"])
def test_resolve_over_the_network(server: Server, how: str) -> None:
    settings: dict[str, Any] = {"env": NOWHERE, "imds_endpoint": server.url}
    if how == "blocking":
        found = awsaccess.resolve(**settings)
    else:
        found = asyncio.run(awsaccess.resolve_async(**settings))
    assert (found.access_key_id, found.source) == ("ASIAIMDS", "imds") and found.expires_at == 4070908800
    assert [method for method, *_ in server.seen] == ["PUT", "GET", "GET"]


def test_the_loop_stays_free_while_it_resolves(server: Server) -> None:
    turned = threading.Event()

    class Slow(AsyncHost):
        def http(self, ask: Any) -> Any:
            # The loop has to turn, and to turn again, before there is an answer.
            for _ in range(2):
                turned.clear()
                assert turned.wait(60), "the loop stands still"
            return super().http(ask)

    async def main() -> awsaccess.Credentials:
        task = asyncio.create_task(awsaccess.resolve_async(env=NOWHERE, imds_endpoint=server.url, host=Slow()))
        while not task.done():
            await asyncio.sleep(0.001)
            turned.set()
        return task.result()

    assert asyncio.run(main()).access_key_id == "ASIAIMDS"


def test_run_gives_the_trace() -> None:
    step = awsaccess.run(awsaccess.start({}, order=["environment"]))
    assert [(a.source, a.outcome) for a in step.trace] == [("environment", "not_configured")]
    with pytest.raises(awsaccess.NotConfiguredError):
        step.result()
