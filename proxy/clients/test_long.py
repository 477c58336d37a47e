"""What takes long: large bodies in constant memory, many odd keys, many clients at once. Part of `make interop`."""

import concurrent.futures
import filecmp
import hashlib
import http.client
import json
import os
import pathlib
import ssl
import subprocess
import sys
import time
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

import depot
from conftest import AWS, HERE, PLACEHOLDER_ID, PLACEHOLDER_SECRET, Gateway, client, run
from test_clients import BUCKET

pytestmark = pytest.mark.long

MIB = 1 << 20
FIVE_GIB = 5 << 30
DEPOT = "depot-bucket.s3.us-east-1.amazonaws.com"


def resident(process):
    """The most bytes that a process had in memory."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no such line")


def forget_peak(process):
    """What the tests before this one took is not this one's."""
    pathlib.Path(f"/proc/{process.pid}/clear_refs").write_text("5")


needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/clear_refs"), reason="memory is read from /proc")


class BeforeDepot(Gateway):
    """The emulator hands out the credentials; one bucket is elsewhere, with a service that keeps nothing."""

    def start_upstream(self):
        process = super().start_upstream()
        self.depot = subprocess.Popen([sys.executable, str(HERE / "depot.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = json.loads(self.depot.stdout.readline())["port"]
        return process

    def configuration(self):
        there = f'[[endpoint]]\nhost = "{DEPOT}"\naddress = "127.0.0.1:{self.port}"\nscheme = "http"\n\n'
        return super().configuration().replace("[[endpoint]]", f"{there}[[endpoint]]", 1)

    def stop_upstream(self):
        self.depot.stdin.close()
        self.depot.wait(timeout=120)
        super().stop_upstream()


@pytest.fixture(scope="module")
def before_depot(tmp_path_factory):
    gateway = BeforeDepot(tmp_path_factory.mktemp("depot"))
    yield gateway
    gateway.stop()


class DeclaredHash(botocore.auth.S3SigV4Auth):
    """botocore's own signature, with the hash of a body that is too large to be held."""

    declared = None

    def payload(self, request):
        return self.declared


def open_through(gateway, method, target, sha256, length=0):
    """A request as botocore signs it, on a connection through CONNECT whose body is the caller's to send."""
    signer = DeclaredHash(botocore.credentials.Credentials(PLACEHOLDER_ID, PLACEHOLDER_SECRET), "s3", "us-east-1")
    signer.declared = sha256
    request = botocore.awsrequest.AWSRequest(method, f"https://{DEPOT}{target}")
    signer.add_auth(request)
    host, port = gateway.ready["address"].split(":")
    context = ssl.create_default_context(cafile=str(gateway.ca))
    connection = http.client.HTTPSConnection(host, int(port), timeout=120, context=context)
    connection.set_tunnel(DEPOT, 443)
    connection.putrequest(method, target)
    for name, value in {**dict(request.headers.items()), **({"Content-Length": str(length)} if length else {})}.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection


SLOWER = pytest.mark.parametrize("slower", ["sender", "receiver"])


@needs_proc
@SLOWER
def test_five_gibibytes_in(before_depot, slower):
    """One PUT of the most that S3 takes in one, its hash declared, and checked as it flows."""
    digest, crc = hashlib.sha256(), 0
    for number in range(FIVE_GIB // MIB):
        digest.update(depot.block(number))
    forget_peak(before_depot.proxy)
    target = f"/in/{'slow' if slower == 'receiver' else 'fast'}"
    connection = open_through(before_depot, "PUT", target, digest.hexdigest(), FIVE_GIB)
    for number in range(FIVE_GIB // MIB):
        began, data = time.monotonic(), depot.block(number)
        connection.send(data)
        crc = zlib.crc32(data, crc)
        depot.rest_after(began, slower == "sender")
    reply = connection.getresponse()
    assert (reply.status, reply.headers["etag"]) == (200, f'"{crc:08x}"'), reply.read()
    connection.close()
    peak = resident(before_depot.proxy)
    print(f"5 GiB in, the {slower} being slower: {peak / MIB:.0f} MiB resident at most")
    assert peak < 64 * MIB
    assert any(line.get("bytes_in") == FIVE_GIB for line in before_depot.audit_lines())


@needs_proc
@SLOWER
def test_five_gibibytes_out(before_depot, slower):
    forget_peak(before_depot.proxy)
    target = f"/{FIVE_GIB}/{'slow' if slower == 'sender' else 'fast'}"
    connection = open_through(before_depot, "GET", target, hashlib.sha256().hexdigest())
    reply = connection.getresponse()
    assert (reply.status, reply.headers["content-length"]) == (200, str(FIVE_GIB))
    buffer = memoryview(bytearray(MIB))
    for number in range(FIVE_GIB // MIB):
        began, at = time.monotonic(), 0
        while at < MIB:
            count = reply.readinto(buffer[at:])
            assert count, "the answer ended early"
            at += count
        assert buffer == depot.block(number)
        depot.rest_after(began, slower == "receiver")
    assert reply.read() == b""
    connection.close()
    peak = resident(before_depot.proxy)
    print(f"5 GiB out, the {slower} being slower: {peak / MIB:.0f} MiB resident at most")
    assert peak < 64 * MIB
    assert any(line.get("bytes_out") == FIVE_GIB for line in before_depot.audit_lines())


@needs_proc
def test_a_large_object_in_constant_memory(gateway, tmp_path):
    env = gateway.client_environment("connect")
    here, back = tmp_path / "here", tmp_path / "back"
    block = os.urandom(MIB)
    with here.open("wb") as out:
        for n in range(400):
            out.write(n.to_bytes(8, "big") + block[8:])
    forget_peak(gateway.proxy)
    run([str(AWS), "s3", "cp", "--quiet", str(here), f"s3://{BUCKET}/long/large"], env)
    run([str(AWS), "s3", "cp", "--quiet", f"s3://{BUCKET}/long/large", str(back)], env)
    assert filecmp.cmp(here, back, shallow=False)
    # Ten parts of 8 MiB at a time, each with buffers on both sides; neither a part nor the 400 MiB is ever held.
    assert resident(gateway.proxy) < 64 * MIB
    run([str(AWS), "s3", "rm", "--quiet", f"s3://{BUCKET}/long/large"], env)


@needs_proc
def test_one_put_of_a_declared_hash_streams(gateway):
    """300 MiB in one request whose hash is declared: the gateway must not hold it."""
    s3 = client(gateway, "connect", "s3", request_checksum_calculation="when_required")
    body = os.urandom(MIB) * 300
    forget_peak(gateway.proxy)
    s3.put_object(Bucket=BUCKET, Key="long/put", Body=body)
    digest = hashlib.sha256()
    for piece in s3.get_object(Bucket=BUCKET, Key="long/put")["Body"].iter_chunks(MIB):
        digest.update(piece)
    assert digest.digest() == hashlib.sha256(body).digest()
    assert resident(gateway.proxy) < 64 * MIB
    s3.delete_object(Bucket=BUCKET, Key="long/put")


def test_sync_of_odd_names(gateway, tmp_path):
    env = gateway.client_environment("connect")
    names = ["plain", "a b", "a+b", "a%20b", "é", "日本", "#hash", "@=*()!'", "~", "q&a", "semi;colon", "[x]", "{y}", "a..b"]
    here, back = tmp_path / "here", tmp_path / "back"
    for n in range(10):
        for name in names:
            path = here / f"d {n}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(os.urandom(50 + n))
    run([str(AWS), "s3", "sync", "--quiet", str(here), f"s3://{BUCKET}/long/sync"], env)
    run([str(AWS), "s3", "sync", "--quiet", f"s3://{BUCKET}/long/sync", str(back)], env)
    for n in range(10):
        matched, wrong, missing = filecmp.cmpfiles(here / f"d {n}", back / f"d {n}", names, shallow=False)
        assert (sorted(matched), wrong, missing) == (sorted(names), [], [])


def test_many_clients_at_once(gateway):
    def work(n):
        s3 = client(gateway, "connect", "s3")
        body = os.urandom(20_000)
        s3.put_object(Bucket=BUCKET, Key=f"long/many/{n}", Body=body)
        return s3.get_object(Bucket=BUCKET, Key=f"long/many/{n}")["Body"].read() == body

    roles = len([line for line in gateway.audit_lines() if line.get("access_key_id") == PLACEHOLDER_ID])
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(200)))
    assert len(gateway.audit_lines()) > roles
