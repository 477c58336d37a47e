"""What takes long: large bodies in constant memory, many odd keys, many clients at once. Part of `make interop`."""

import concurrent.futures
import filecmp
import hashlib
import os
import pathlib

import pytest

from conftest import PLACEHOLDER_ID
from test_clients import AWS, BUCKET, client, run

pytestmark = pytest.mark.long

MIB = 1 << 20


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
