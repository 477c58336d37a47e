"""Answering a task's questions with Python's standard library, blocking or with asyncio.

A host has one method for each class of question; subclass :class:`Host` to answer one otherwise, and return
:data:`DECLINED` for "not on this host".
"""

from __future__ import annotations

import asyncio
import base64
import getpass
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import IO, Any, Final, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from ._awsaccess import (
    Credentials,
    Custom,
    CustomFailure,
    FileFailure,
    Http,
    HttpFailure,
    HttpReply,
    Listen,
    ListFiles,
    Lock,
    ProcessFailure,
    ProcessReply,
    Prompt,
    ReadFile,
    RemoveFile,
    Resolve,
    RunProcess,
    Sign,
    Step,
    Wait,
    WriteFile,
)
from .errors import ConfigError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

DECLINED: Final = object()
"""The answer "not on this host"."""

T = TypeVar("T")

_LONGEST_LOCK = 30.0
"""A process that holds a lock longer than this hangs."""

_SLOWEST = 6
"""A reply may take this many times the timeout of one read in all."""


class Host:
    """Answers with files, sockets and processes of this machine, as AWS's SDKs would.

    Redirects are never followed. ``HTTP_PROXY`` and its companions are honoured, but for requests that must be
    direct. ``AWS_CA_BUNDLE`` names the only certificates to trust, where it is set. Questions to a person go to
    ``prompt(ask)``, which gives what was typed or ``None``; without it, to the terminal if there is one. ``custom``
    names sources of your own, each a function that gives ``Credentials`` or ``None``; the order asks for them as
    ``custom:<name>``. A browser redirect (``Listen``) and signatures with a host's own key (``Sign``) are declined.
    """

    def __init__(
        self,
        *,
        prompt: Callable[[Prompt], str | None] | None = None,
        custom: Mapping[str, Callable[[], Credentials | None]] | None = None,
    ) -> None:
        self._prompt = prompt
        self._custom = dict(custom or {})
        self._context: ssl.SSLContext | None = None
        self._locks: dict[str, int] = {}

    def now(self) -> float:
        """The clock."""
        return time.time()

    def answer(self, ask: object) -> Any:
        """What there is to answer a question with, or :data:`DECLINED`."""
        name = _METHODS.get(type(ask))
        return DECLINED if name is None else getattr(self, name)(ask)

    def close(self) -> None:
        """Gives back what a task that ended still held."""
        for path in list(self._locks):
            self._release(path)

    def read_file(self, ask: ReadFile) -> Any:
        """Bytes, or ``None`` for no such file."""
        try:
            with open(ask.path, "rb") as file:
                # One byte more shows that there is more; the task refuses it then.
                return file.read(ask.max_bytes + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            return _file_failure(error)

    def write_file(self, ask: WriteFile) -> Any:
        """Whole or not at all, by a temporary file beside it."""
        try:
            folder = os.path.dirname(ask.path) or "."
            _make_folders(folder)
            handle, temporary = tempfile.mkstemp(dir=folder, prefix=".awsaccess-")
            try:
                with open(handle, "wb") as file:
                    file.write(ask.data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, ask.path)
            except BaseException:
                os.unlink(temporary)
                raise
        except (OSError, ValueError) as error:
            return _file_failure(error)
        return True

    def list_files(self, ask: ListFiles) -> Any:
        """Names of files; none where there is no such directory."""
        try:
            with os.scandir(ask.path) as entries:
                return [entry.name for entry in entries if entry.is_file()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except (OSError, ValueError) as error:
            return _file_failure(error)

    def remove_file(self, ask: RemoveFile) -> Any:
        """Removes it, if it is there."""
        try:
            os.unlink(ask.path)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            return _file_failure(error)
        return True

    def lock(self, ask: Lock) -> Any:
        """An advisory lock on a file of its own; declined where the system has none."""
        if fcntl is None:
            return DECLINED
        try:
            self._release(ask.path)
            if ask.hold:
                handle = os.open(ask.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                self._locks[ask.path] = handle
                if not _locked(handle):
                    self._release(ask.path)
                    return FileFailure("another process holds the lock and does not give it back")
        except (OSError, ValueError) as error:
            self._release(ask.path)
            return _file_failure(error)
        return True

    def http(self, ask: Http) -> Any:
        """One request, one reply, no redirect."""
        try:
            return self._send(ask)
        except _Failed as failed:
            return failed.args[0]
        except TimeoutError:
            return HttpFailure("timeout", "no answer in time")
        except ConnectionRefusedError:
            return HttpFailure("refused", "the connection was refused")
        except ssl.SSLError as error:
            return HttpFailure("tls", error.reason or "no protection was agreed on")
        except socket.gaierror:
            return HttpFailure("unreachable", "no such host")
        except ConnectionError:
            return HttpFailure("other", "the connection broke off")
        except OSError as error:
            return HttpFailure("unreachable", error.strerror or type(error).__name__)
        except (HTTPException, ValueError) as error:
            # Its text can hold what the other side sent.
            return HttpFailure("other", type(error).__name__)

    def resolve(self, ask: Resolve) -> Any:
        """All addresses of a name."""
        try:
            found = socket.getaddrinfo(ask.host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            return HttpFailure("unreachable", error.strerror or "no such host")
        return list(dict.fromkeys(str(address[4][0]).split("%")[0] for address in found))

    def run_process(self, ask: RunProcess) -> Any:
        """Runs the program to its end, within its time and its bound of output."""
        try:
            process = subprocess.Popen(ask.argv, **_pipes(ask))
        except (OSError, ValueError) as error:
            return _process_failure(error)
        with process:
            return _watch(process, ask)

    def prompt(self, ask: Prompt) -> Any:
        """Whatever a person types; declined where nobody is there."""
        if self._prompt is not None:
            typed = self._prompt(ask)
            return DECLINED if typed is None else typed
        if sys.stdin is None or not sys.stdin.isatty():
            return DECLINED
        if ask.page is not None:
            print(ask.message, ask.page, sep="\n", file=sys.stderr)
        try:
            if ask.kind == "sign_in":
                return ""
            return getpass.getpass(ask.message if ask.page is None else "code: ")
        except (EOFError, OSError):
            return DECLINED

    def wait(self, ask: Wait) -> Any:
        """Sleeps."""
        time.sleep(ask.seconds)
        return True

    def listen(self, ask: Listen) -> Any:
        """Declined."""
        return DECLINED

    def sign(self, ask: Sign) -> Any:
        """Declined."""
        return DECLINED

    def custom(self, ask: Custom) -> Any:
        """Whatever the source of that name gives; declined for a name that was not given."""
        source = self._custom.get(ask.name)
        if source is None:
            return DECLINED
        try:
            return source()
        except Exception as error:
            # Its text can hold a secret.
            return CustomFailure(type(error).__name__)

    def _release(self, path: str) -> None:
        handle = self._locks.pop(path, None)
        if handle is not None:
            os.close(handle)

    def _send(self, ask: Http) -> HttpReply:
        url = urlsplit(ask.url)
        connection, target, extra = self._connect(ask, url)
        try:
            names = {name.lower() for name, _ in ask.headers}
            connection.putrequest(ask.method, target, skip_host="host" in names, skip_accept_encoding=True)
            for name, value in [*ask.headers, *extra]:
                connection.putheader(name, value)
            if "content-length" not in names and (ask.body or ask.method != "GET"):
                connection.putheader("Content-Length", str(len(ask.body)))
            connection.endheaders(ask.body or None)
            reply = connection.getresponse()
            return HttpReply(reply.status, reply.getheaders(), _read_all(reply, ask))
        finally:
            connection.close()

    def _connect(self, ask: Http, url: SplitResult) -> tuple[HTTPConnection, str, list[tuple[str, str]]]:
        """A connection, the target to ask it for, and what a proxy wants to be told."""
        host, secure = url.hostname or "", url.scheme == "https"
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        proxy = None if ask.direct else _proxy(url)
        at_host, at_port = (host, url.port) if proxy is None else (proxy.hostname or "", proxy.port or 80)
        if not secure:
            plain = HTTPConnection(at_host, at_port, timeout=ask.timeout)
            return (plain, target, []) if proxy is None else (plain, ask.url, _authorization(proxy))
        tls = HTTPSConnection(at_host, at_port, timeout=ask.timeout, context=self._trust())
        if proxy is not None:
            tls.set_tunnel(host, url.port or 443, dict(_authorization(proxy)))
        return tls, target, []

    def _trust(self) -> ssl.SSLContext:
        if self._context is None:
            bundle = os.environ.get("AWS_CA_BUNDLE") or None
            try:
                self._context = ssl.create_default_context(cafile=bundle)
            except (OSError, ssl.SSLError) as error:
                raise ConfigError(f"AWS_CA_BUNDLE names {bundle}, which cannot be read as certificates") from error
        return self._context


class AsyncHost(Host):
    """The same for asyncio: waits and processes are the loop's own, what blocks runs in a thread."""

    async def answer(self, ask: object) -> Any:
        """What there is to answer a question with, or :data:`DECLINED`."""
        if isinstance(ask, Wait):
            await asyncio.sleep(ask.seconds)
            return True
        if isinstance(ask, RunProcess):
            return await self._run(ask)
        return await asyncio.to_thread(super().answer, ask)

    async def _run(self, ask: RunProcess) -> Any:
        try:
            process = await asyncio.create_subprocess_exec(*ask.argv, **_pipes(ask))
        except (OSError, ValueError) as error:
            return _process_failure(error)
        try:
            async with asyncio.timeout(ask.timeout):
                out, err = await asyncio.gather(
                    _capped(process.stdout, ask.max_bytes), _capped(process.stderr, ask.max_bytes)
                )
                if max(len(out), len(err)) > ask.max_bytes:
                    return ProcessFailure(f"it wrote more than {ask.max_bytes} bytes")
                return ProcessReply(await process.wait(), out, err)
        except TimeoutError:
            return ProcessFailure(f"it did not end within {ask.timeout:g} seconds")
        finally:
            # Also when the task is cancelled: nobody is left to read what it says.
            if process.returncode is None:
                process.kill()
                await process.wait()


def run(step: Step[T], host: Host | None = None) -> Step[T]:
    """Answers every question of a task; gives the step that is done, with its result and its trace."""
    host = host or Host()
    try:
        while not step.done:
            reply = host.answer(step.ask)
            step = step.decline(host.now()) if reply is DECLINED else step.answer(host.now(), reply)
    finally:
        host.close()
    return step


async def run_async(step: Step[T], host: AsyncHost | None = None) -> Step[T]:
    """:func:`run`, for a host that awaits. Cancelling it cancels the task."""
    host = host or AsyncHost()
    try:
        while not step.done:
            reply = await host.answer(step.ask)
            step = step.decline(host.now()) if reply is DECLINED else step.answer(host.now(), reply)
    finally:
        host.close()
    return step


_METHODS: Final[dict[type, str]] = {
    ReadFile: "read_file",
    WriteFile: "write_file",
    ListFiles: "list_files",
    RemoveFile: "remove_file",
    Lock: "lock",
    Http: "http",
    Resolve: "resolve",
    RunProcess: "run_process",
    Prompt: "prompt",
    Listen: "listen",
    Sign: "sign",
    Custom: "custom",
    Wait: "wait",
}


class _Failed(Exception):
    """Carries the failure that is the answer."""


def _locked(handle: int) -> bool:
    """Waits for a lock, but not for ever."""
    end = time.monotonic() + _LONGEST_LOCK
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.02)


def _file_failure(error: OSError | ValueError) -> FileFailure:
    strerror = error.strerror if isinstance(error, OSError) else None
    return FileFailure((strerror or "no such path can be").lower())


def _process_failure(error: OSError | ValueError) -> ProcessFailure:
    strerror = error.strerror if isinstance(error, OSError) else None
    return ProcessFailure(f"it could not be started: {(strerror or 'an argument holds a nul').lower()}")


def _make_folders(folder: str) -> None:
    if not os.path.isdir(folder):
        _make_folders(os.path.dirname(folder) or ".")
        os.makedirs(folder, mode=0o700, exist_ok=True)


def _proxy(url: SplitResult) -> SplitResult | None:
    """The proxy that the environment names for a URL."""
    named = urllib.request.getproxies().get(url.scheme)
    if not named or urllib.request.proxy_bypass(url.netloc.rpartition("@")[2]):
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    if proxy.scheme != "http":
        raise _Failed(HttpFailure("other", f"a proxy of the kind {proxy.scheme} is not supported"))
    return proxy


def _authorization(proxy: SplitResult) -> list[tuple[str, str]]:
    if proxy.username is None:
        return []
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return [("Proxy-Authorization", "Basic " + base64.b64encode(pair.encode()).decode())]


def _read_all(reply: HTTPResponse, ask: Http) -> bytes:
    """The body, within its bound and within a time that drops of it cannot stretch."""
    end, data = time.monotonic() + _SLOWEST * ask.timeout, bytearray()
    while piece := reply.read1(65536):
        data += piece
        if len(data) > ask.max_bytes:
            raise _Failed(HttpFailure("too_large", f"the reply has more than {ask.max_bytes} bytes"))
        if time.monotonic() > end:
            raise TimeoutError
    if reply.length:
        raise ConnectionError
    return bytes(data)


def _pipes(ask: RunProcess) -> dict[str, Any]:
    return {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": {**os.environ, **ask.env},
    }


def _watch(process: subprocess.Popen[bytes], ask: RunProcess) -> ProcessReply | ProcessFailure:
    """Reads both pipes at once, and ends a program that says too much or takes too long."""
    said: dict[str, bytes] = {}

    def read(name: str, pipe: IO[bytes]) -> None:
        said[name] = pipe.read(ask.max_bytes + 1)
        if len(said[name]) > ask.max_bytes:
            process.kill()

    assert process.stdout is not None and process.stderr is not None
    readers = [
        threading.Thread(target=read, args=pipe, daemon=True)
        for pipe in (("out", process.stdout), ("err", process.stderr))
    ]
    for reader in readers:
        reader.start()
    end = time.monotonic() + ask.timeout
    try:
        for reader in readers:
            reader.join(max(0.0, end - time.monotonic()))
        code = process.wait(max(0.0, end - time.monotonic()))
        if any(reader.is_alive() for reader in readers):
            raise subprocess.TimeoutExpired("", ask.timeout)
    except subprocess.TimeoutExpired:
        return ProcessFailure(f"it did not end within {ask.timeout:g} seconds")
    finally:
        if process.poll() is None:
            process.kill()
    if max(map(len, said.values())) > ask.max_bytes:
        return ProcessFailure(f"it wrote more than {ask.max_bytes} bytes")
    return ProcessReply(code, said["out"], said["err"])


async def _capped(stream: asyncio.StreamReader | None, most: int) -> bytes:
    """What a stream has, or one byte more than allowed of it."""
    assert stream is not None
    data = bytearray()
    while len(data) <= most and (piece := await stream.read(most + 1 - len(data))):
        data += piece
    return bytes(data)
