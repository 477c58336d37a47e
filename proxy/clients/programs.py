"""What programs that nobody here wrote do through a gateway, whichever service is behind it."""

import filecmp
import hashlib
import io
import json
import os
import shutil
import sys

import pytest

import chunks
from conftest import AWS, HERE, client, run

MIB = 1 << 20
ODD_NAMES = ["plain", "a b", "a+b", "a%20b", "é", "日本", "#hash", "@=*()!'", "~", "q&a=1", "semi;colon", "[x]", "{y}", "d/a..b"]


def aws_copies(gateway, mode, folder, bucket):
    """`aws s3 cp` of a file that is larger than its parts, both ways."""
    env = gateway.client_environment(mode)
    here, back, there = folder / "here", folder / "back", f"s3://{bucket}/{mode}/by-aws"
    here.write_bytes(os.urandom(20 * MIB))
    run([str(AWS), "s3", "cp", "--quiet", str(here), there], env)
    run([str(AWS), "s3", "cp", "--quiet", there, str(back)], env)
    assert filecmp.cmp(here, back, shallow=False)
    went_in_parts(gateway, mode, f"{mode}/by-aws")


def aws_syncs(gateway, mode, folder, bucket, names=ODD_NAMES):
    env = gateway.client_environment(mode)
    here, back, there = folder / "here", folder / "back", f"s3://{bucket}/sync {mode}"
    for name in names:
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(os.urandom(100))
    run([str(AWS), "s3", "sync", "--quiet", str(here), there], env)
    run([str(AWS), "s3", "sync", "--quiet", there, str(back)], env)
    assert all((here / name).read_bytes() == (back / name).read_bytes() for name in names)


def the_common_runtime_copies(gateway, mode, folder, bucket):
    """What the `aws` command of version 2 transfers with."""
    env = gateway.client_environment(mode)
    here, back = folder / "here", folder / "back"
    here.write_bytes(os.urandom(12 * MIB))
    run([sys.executable, str(HERE / "transfer.py"), bucket, f"{mode}/by-crt", str(here), str(back)], env)
    assert filecmp.cmp(here, back, shallow=False)
    went_in_parts(gateway, mode, f"{mode}/by-crt")


def went_in_parts(gateway, mode, key):
    lines = gateway.audit_lines()
    parts = [line for line in lines if line.get("operation") == "UploadPart" and f"/{key}?" in line["target"]]
    assert len(parts) >= 3 and {line["mode"] for line in parts} == {"intercept" if mode == "connect" else mode}


def the_javascript_sdk_works(gateway, mode, bucket, table=None):
    """What the SDK for JavaScript saw of STS, DynamoDB and S3; without a table, of S3 alone."""
    if not shutil.which("node") or not (HERE / "node_modules").exists():
        pytest.skip("node is not here, or its packages are not installed")
    env = {**gateway.client_environment(mode), "BUCKET": bucket, **({"TABLE": table} if table else {})}
    saw = json.loads(run(["node", str(HERE / "sdk.mjs")], env))
    assert "js/é" in saw["keys"] and saw["large"] == 12 * MIB
    assert not table or saw["item"]["text"] == {"S": "grüße 🌍"}
    return saw


def a_link_is_followed(gateway, bucket):
    """curl knows nothing of AWS: what it needs is in the link."""
    s3 = client(gateway, "connect", "s3", signature_version="s3v4")
    s3.put_object(Bucket=bucket, Key="linked", Body=b"by link")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "linked"}, ExpiresIn=300)
    proxied = ["--proxy", f"http://{gateway.ready['address']}", "--cacert", str(gateway.ca)]
    assert run(["curl", "-sS", *proxied, link], gateway.env) == "by link"


def a_stream_has_a_trailing_checksum(gateway, bucket):
    """What the SDKs send by default over TLS: aws-chunked with an unsigned trailer."""
    s3 = client(gateway, "connect", "s3")
    body = os.urandom(300_000)
    s3.put_object(Bucket=bucket, Key="stream", Body=io.BytesIO(body), ChecksumAlgorithm="CRC32")
    assert s3.get_object(Bucket=bucket, Key="stream")["Body"].read() == body
    assert any(line.get("payload") == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" for line in gateway.audit_lines())


def parts_and_copies(gateway, mode, bucket):
    s3 = client(gateway, mode, "s3")
    parts = [os.urandom(5 << 20), os.urandom(1000)]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="multi")["UploadId"]
    done = [
        {"PartNumber": n, "ETag": s3.upload_part(Bucket=bucket, Key="multi", UploadId=upload, PartNumber=n, Body=part)["ETag"]}
        for n, part in enumerate(parts, 1)
    ]
    s3.complete_multipart_upload(Bucket=bucket, Key="multi", UploadId=upload, MultipartUpload={"Parts": done})
    whole = b"".join(parts)
    assert s3.head_object(Bucket=bucket, Key="multi")["ContentLength"] == len(whole)
    assert s3.get_object(Bucket=bucket, Key="multi", Range="bytes=10-19")["Body"].read() == whole[10:20]
    s3.copy_object(Bucket=bucket, Key="copy of a", CopySource={"Bucket": bucket, "Key": "multi"})
    assert hashlib.sha256(s3.get_object(Bucket=bucket, Key="copy of a")["Body"].read()).digest() == hashlib.sha256(whole).digest()
    s3.delete_object(Bucket=bucket, Key="copy of a")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="copy of a")


def signed_chunks_arrive(gateway, bucket, kind, lengths=(0, 5, 65_536, 300_000)):
    s3 = client(gateway, "endpoint-url", "s3")
    for length in lengths:
        data = os.urandom(length)
        assert chunks.put(gateway, bucket, "chunked", data, kind) == (200, b"")
        assert s3.get_object(Bucket=bucket, Key="chunked")["Body"].read() == data
    assert any(line.get("payload") == kind for line in gateway.audit_lines())
