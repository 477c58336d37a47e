"""Bodies of every kind flow through the gateway in constant memory, whichever side is slower. Each is far larger than what
the gateway may have in memory; the largest, which take minutes, are part of `make interop`."""

import contextlib
import datetime
import filecmp
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import chunks
from conftest import AWS, HERE, PLACEHOLDER_ID, PLACEHOLDER_SECRET, Gateway, client, run
from test_clients import BUCKET

MIB = 1 << 20
MOST = 64 * MIB
QUICK, GIB, FIVE_GIB = 96 * MIB, 1 << 30, 5 << 30
# One with a service that speaks HTTP/1.1 without TLS, one with HTTP/2.
ONE, TWO = "s3.us-east-1.amazonaws.com", "depot-bucket.s3.us-east-1.amazonaws.com"
BLOCK = bytes(range(256)) * (MIB // 256)

pytestmark = [
    pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="memory is read from /proc"),
    pytest.mark.skipif(not shutil.which("node"), reason="node is not on the path"),
]
slower = pytest.mark.parametrize("slower", ["sender", "receiver"])
# Where the receiver is the slower one, all that was read and not passed on would gather.
sizes = pytest.mark.parametrize(
    ("size", "slower"),
    [(QUICK, "receiver"), *(pytest.param(GIB, slower, marks=pytest.mark.long) for slower in ("sender", "receiver"))],
    ids=["quick", "long-sender", "long-receiver"],
)


def block(number):
    """A block of the pattern; no two are alike."""
    return number.to_bytes(8, "big") + BLOCK[8:]


def digest_of(size):
    digest = hashlib.sha256()
    for number in range(size // MIB):
        digest.update(block(number))
    return digest.hexdigest()


def rest_after(began, slow):
    if slow:
        time.sleep(time.monotonic() - began)


def identity(folder):
    """What the service shows, key and certificate in one file, and who vouches for it."""

    def certify(name, issuer, issuer_key, key, extension):
        now = datetime.datetime.now(datetime.timezone.utc)
        subject, by = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)]) for one in (name, issuer))
        builder = x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        signed = builder.add_extension(extension, critical=True).sign(issuer_key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca, own = folder / "depot-ca.pem", folder / "depot.pem"
    ca.write_bytes(certify("depot CA", "depot CA", ca_key, ca_key, x509.BasicConstraints(ca=True, path_length=None)))
    own.write_bytes(
        certify("depot", "depot CA", ca_key, key, x509.SubjectAlternativeName([x509.DNSName(TWO)]))
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return own, ca


class BeforeDepot(Gateway):
    """The emulator hands out the credentials; the objects are elsewhere, with a service that keeps nothing."""

    def start_upstream(self):
        process = super().start_upstream()
        file, self.depot_ca = identity(self.folder)
        command = ["node", str(HERE / "depot.mjs"), str(file)]
        self.depot = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ports = json.loads(self.depot.stdout.readline())
        return process

    def configuration(self):
        there = (
            f'[[endpoint]]\nhost = "{ONE}"\naddress = "127.0.0.1:{self.ports["plain"]}"\nscheme = "http"\n\n'
            f'[[endpoint]]\nhost = "{TWO}"\naddress = "127.0.0.1:{self.ports["secure"]}"\nca_file = "{self.depot_ca}"\n\n'
        )
        return super().configuration().replace("[[endpoint]]", f"{there}[[endpoint]]", 1)

    def stop_upstream(self):
        self.depot.stdin.close()
        self.depot.wait(timeout=120)
        super().stop_upstream()


@pytest.fixture(scope="module")
def depot(tmp_path_factory):
    gateway = BeforeDepot(tmp_path_factory.mktemp("depot"))
    yield gateway
    gateway.stop()


@contextlib.contextmanager
def little_memory(gateway):
    """What the gateway has in memory meanwhile stays under the limit."""
    process = pathlib.Path(f"/proc/{gateway.proxy.pid}")
    # What it took before is nobody's here.
    (process / "clear_refs").write_text("5")
    yield
    status = (process / "status").read_text()
    peak = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    print(f"{peak / MIB:.0f} MiB resident at most")
    assert peak < MOST


class DeclaredHash(botocore.auth.S3SigV4Auth):
    """botocore's own signature, with the hash of a body that is too large to be held."""

    def __init__(self, declared):
        super().__init__(botocore.credentials.Credentials(PLACEHOLDER_ID, PLACEHOLDER_SECRET), "s3", "us-east-1")
        self.declared = declared

    def payload(self, request):
        return self.declared


def signed(method, url, declared, length=0):
    request = botocore.awsrequest.AWSRequest(method, url)
    DeclaredHash(declared).add_auth(request)
    return {**dict(request.headers.items()), **({"Content-Length": str(length)} if length else {})}


class HttpOne:
    """A request over HTTP/1.1, in a tunnel or to the gateway's own address; its body is the caller's to send and to read."""

    version = "1.1"

    def __init__(self, depot, method, path, headers, tunnel=ONE):
        host, port = depot.ready["address"].split(":")
        if tunnel:
            context = ssl.create_default_context(cafile=str(depot.ca))
            self.connection = http.client.HTTPSConnection(host, int(port), timeout=120, context=context)
            self.connection.set_tunnel(tunnel, 443)
        else:
            self.connection = http.client.HTTPConnection(host, int(port), timeout=120)
        self.connection.putrequest(method, path)
        for name, value in headers.items():
            self.connection.putheader(name, value)
        self.connection.endheaders()
        self.send = self.connection.send

    def answer(self):
        """Its header fields; what follows is read with `readinto`."""
        reply = self.connection.getresponse()
        assert reply.status == 200, reply.read()
        self.readinto = reply.readinto
        return {name.lower(): value for name, value in reply.getheaders()}


class HttpTwo:
    """A request of curl's over HTTP/2, in a tunnel."""

    version = "2.0"

    def __init__(self, depot, method, path, headers):
        self.head = depot.folder / "head"
        self.head.write_bytes(b"")
        proxy = ["--proxy", f"http://{depot.ready['address']}", "--suppress-connect-headers", "--cacert", str(depot.ca)]
        fields = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        upload = ["-T", "-", "-H", "Expect:"] if method == "PUT" else []
        command = ["curl", "-sS", "--http2", "-N", *proxy, "-D", str(self.head), *upload, *fields, f"https://{TWO}{path}"]
        self.curl = subprocess.Popen(command, env=depot.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.send = self.curl.stdin.write
        self.readinto = self.curl.stdout.readinto

    def answer(self):
        self.curl.stdin.close()
        while not (lines := self.head.read_text()).endswith("\n\n"):
            assert self.curl.poll() in (None, 0), lines
            time.sleep(0.01)
        status, *fields = lines.splitlines()
        assert status.split() == ["HTTP/2", "200"], lines
        return dict(line.split(": ", 1) for line in fields if line)


def put(request, pieces, slow):
    for piece in pieces:
        began = time.monotonic()
        request.send(piece)
        rest_after(began, slow)
    return request.answer()


def put_declared(depot, over, host, size, slower):
    """One PUT whose hash is declared, and checked as it flows."""
    digest, path = digest_of(size), f"/in/{'slow' if slower == 'receiver' else 'fast'}"
    with little_memory(depot):
        request = over(depot, "PUT", path, signed("PUT", f"https://{host}{path}", digest, size))
        head = put(request, map(block, range(size // MIB)), slower == "sender")
    assert (head["etag"], head["x-version"]) == (f'"{digest}"', over.version)
    assert any(line.get("bytes_in") == size for line in depot.audit_lines())


def put_chunks(depot, over, url, kind, size, slower, **more):
    body = chunks.Chunks(url, size, kind, size=MIB)
    path = "/" + url.split("/", 3)[3]
    with little_memory(depot):
        request = over(depot, "PUT", path, body.headers, **more)
        head = put(request, body.body(map(block, range(size // MIB))), slower == "sender")
    assert (head["etag"], head["x-version"], head["x-payload"]) == (f'"{digest_of(size)}"', over.version, kind)


def get(depot, over, host, size, slower):
    path = f"/{size}/{'slow' if slower == 'sender' else 'fast'}"
    with little_memory(depot):
        request = over(depot, "GET", path, signed("GET", f"https://{host}{path}", chunks.EMPTY))
        head = request.answer()
        assert (head["content-length"], head["x-version"]) == (str(size), over.version)
        buffer = memoryview(bytearray(MIB))
        for number in range(size // MIB):
            began, at = time.monotonic(), 0
            while at < MIB:
                count = request.readinto(buffer[at:])
                assert count, "the answer ended early"
                at += count
            assert buffer == block(number)
            rest_after(began, slower == "receiver")
        assert request.readinto(buffer) == 0
    assert any(line.get("bytes_out") == size for line in depot.audit_lines())


@sizes
@pytest.mark.parametrize("kind", [chunks.SIGNED, chunks.SIGNED_TRAILER])
def test_signed_chunks(depot, kind, size, slower):
    """To the gateway's own address, where nothing but their signatures protects them."""
    path = f"/in/{'slow' if slower == 'receiver' else 'fast'}"
    put_chunks(depot, HttpOne, f"http://{depot.ready['address']}{path}", kind, size, slower, tunnel=None)


@sizes
@pytest.mark.parametrize("over", [HttpOne, HttpTwo])
@pytest.mark.parametrize("kind", [chunks.SIGNED_TRAILER, chunks.UNSIGNED_TRAILER])
def test_chunks_in_a_tunnel(depot, over, kind, size, slower):
    path = f"/in/{'slow' if slower == 'receiver' else 'fast'}"
    host = ONE if over is HttpOne else TWO
    put_chunks(depot, over, f"https://{host}{path}", kind, size, slower)


@sizes
def test_a_declared_hash_over_http2(depot, size, slower):
    put_declared(depot, HttpTwo, TWO, size, slower)


@sizes
def test_an_answer_over_http2(depot, size, slower):
    get(depot, HttpTwo, TWO, size, slower)


@pytest.mark.long
@slower
def test_five_gibibytes_in(depot, slower):
    """The most that S3 takes in one PUT."""
    put_declared(depot, HttpOne, ONE, FIVE_GIB, slower)


@pytest.mark.long
@slower
def test_five_gibibytes_out(depot, slower):
    get(depot, HttpOne, ONE, FIVE_GIB, slower)


@pytest.mark.long
def test_a_large_object_in_constant_memory(gateway, tmp_path):
    env = gateway.client_environment("connect")
    here, back = tmp_path / "here", tmp_path / "back"
    block = os.urandom(MIB)
    with here.open("wb") as out:
        for n in range(400):
            out.write(n.to_bytes(8, "big") + block[8:])
    # Ten parts of 8 MiB at a time, each with buffers on both sides; neither a part nor the 400 MiB is ever held.
    with little_memory(gateway):
        run([str(AWS), "s3", "cp", "--quiet", str(here), f"s3://{BUCKET}/long/large"], env)
        run([str(AWS), "s3", "cp", "--quiet", f"s3://{BUCKET}/long/large", str(back)], env)
    assert filecmp.cmp(here, back, shallow=False)
    run([str(AWS), "s3", "rm", "--quiet", f"s3://{BUCKET}/long/large"], env)


@pytest.mark.long
def test_one_put_of_a_declared_hash_streams(gateway):
    """300 MiB in one request whose hash is declared: the gateway must not hold it."""
    s3 = client(gateway, "connect", "s3", request_checksum_calculation="when_required")
    body = os.urandom(MIB) * 300
    digest = hashlib.sha256()
    with little_memory(gateway):
        s3.put_object(Bucket=BUCKET, Key="long/put", Body=body)
        for piece in s3.get_object(Bucket=BUCKET, Key="long/put")["Body"].iter_chunks(MIB):
            digest.update(piece)
    assert digest.digest() == hashlib.sha256(body).digest()
    s3.delete_object(Bucket=BUCKET, Key="long/put")
