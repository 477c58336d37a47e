"""What takes long: many odd keys, many clients at once. Part of `make interop`."""

import concurrent.futures
import filecmp
import os

import pytest

from conftest import AWS, PLACEHOLDER_ID, client, run
from test_clients import BUCKET

pytestmark = pytest.mark.long


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
