"""The `aws` command, boto3 and the JavaScript SDK, unmodified, with placeholder keys, through the gateway."""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import HERE, PLACEHOLDER_ID, PLACEHOLDER_SECRET

BUCKET, TABLE = "demo-bucket", "demo-table"
AWS = pathlib.Path(sys.executable).parent / "aws"
ODD_KEYS = ["a b", "a%2Fb", "a//b", "a+b", "é", "@=*()!'", "~tilde", "q?x=1&y=2", ".", "dir/"]


def client(gateway, mode, service, secret=PLACEHOLDER_SECRET, **more):
    config = {"retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path" if mode != "connect" else "auto"}}
    options = {}
    if mode == "connect":
        config["proxies"] = {"https": f"http://{gateway.ready['address']}"}
        options["verify"] = str(gateway.ca)
    else:
        options["endpoint_url"] = f"http://{gateway.ready['address']}"
    session = boto3.session.Session(PLACEHOLDER_ID, secret, region_name="us-east-1")
    return session.client(service, config=botocore.config.Config(**config, **more), **options)


def run(command, env, **options):
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    assert PLACEHOLDER_SECRET not in done.stdout + done.stderr
    return done.stdout


def test_who_am_i(gateway, mode):
    arn = client(gateway, mode, "sts").get_caller_identity()["Arn"]
    assert arn == "arn:aws:sts::222222222222:assumed-role/developer/alice"


def test_dynamodb(gateway, mode):
    dynamodb = client(gateway, mode, "dynamodb")
    item = {"id": {"S": "boto3"}, "text": {"S": "grüße 🌍"}, "bytes": {"B": b"\x00\xff"}}
    dynamodb.put_item(TableName=TABLE, Item=item)
    assert dynamodb.get_item(TableName=TABLE, Key={"id": {"S": "boto3"}})["Item"] == item
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.get_item(TableName="nothing", Key={"id": {"S": "x"}})


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys(gateway, mode, key):
    s3 = client(gateway, mode, "s3")
    body = os.urandom(3000)
    s3.put_object(Bucket=BUCKET, Key=f"odd/{key}", Body=body, Metadata={"note": "two  spaces"})
    assert s3.get_object(Bucket=BUCKET, Key=f"odd/{key}")["Body"].read() == body
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"odd/{key}")["Contents"]
    assert f"odd/{key}" in [found["Key"] for found in listed]


def test_default_upload_with_trailing_checksum(gateway):
    """What the SDKs send by default over TLS: aws-chunked with an unsigned trailer."""
    s3 = client(gateway, "connect", "s3")
    body = os.urandom(300_000)
    s3.put_object(Bucket=BUCKET, Key="stream", Body=io.BytesIO(body), ChecksumAlgorithm="CRC32")
    assert s3.get_object(Bucket=BUCKET, Key="stream")["Body"].read() == body
    assert any(line.get("payload") == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" for line in gateway.audit_lines())


def test_multipart_copy_range_head_delete(gateway, mode):
    s3 = client(gateway, mode, "s3")
    parts = [os.urandom(5 << 20), os.urandom(1000)]
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="multi")["UploadId"]
    done = [
        {"PartNumber": n, "ETag": s3.upload_part(Bucket=BUCKET, Key="multi", UploadId=upload, PartNumber=n, Body=part)["ETag"]}
        for n, part in enumerate(parts, 1)
    ]
    s3.complete_multipart_upload(Bucket=BUCKET, Key="multi", UploadId=upload, MultipartUpload={"Parts": done})
    whole = b"".join(parts)
    assert s3.head_object(Bucket=BUCKET, Key="multi")["ContentLength"] == len(whole)
    assert s3.get_object(Bucket=BUCKET, Key="multi", Range="bytes=10-19")["Body"].read() == whole[10:20]
    s3.copy_object(Bucket=BUCKET, Key="copy of a", CopySource={"Bucket": BUCKET, "Key": "multi"})
    assert hashlib.sha256(s3.get_object(Bucket=BUCKET, Key="copy of a")["Body"].read()).digest() == hashlib.sha256(whole).digest()
    s3.delete_object(Bucket=BUCKET, Key="copy of a")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=BUCKET, Key="copy of a")


def test_presigned_link_through_the_gateway(gateway):
    s3 = client(gateway, "connect", "s3", signature_version="s3v4")
    s3.put_object(Bucket=BUCKET, Key="linked", Body=b"by link")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "linked"}, ExpiresIn=300)
    got = run(
        ["curl", "-sS", "--proxy", f"http://{gateway.ready['address']}", "--cacert", str(gateway.ca), link], gateway.env
    )
    assert got == "by link"


@pytest.mark.parametrize("service,call,code", [
    ("sts", lambda c: c.get_caller_identity(), "SignatureDoesNotMatch"),
    ("dynamodb", lambda c: c.list_tables(), "InvalidSignatureException"),
    ("s3", lambda c: c.list_buckets(), "SignatureDoesNotMatch"),
])
def test_a_wrong_secret_is_told_in_each_protocol(gateway, mode, service, call, code):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(client(gateway, mode, service, secret="wrong"))
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_aws_cli(gateway, mode, tmp_path):
    env = gateway.client_environment(mode)
    arn = json.loads(run([str(AWS), "sts", "get-caller-identity"], env))["Arn"]
    assert arn.endswith(":assumed-role/developer/alice")
    here, back = tmp_path / "here", tmp_path / "back"
    here.write_bytes(os.urandom(32 << 20))
    run([str(AWS), "s3", "cp", "--quiet", str(here), f"s3://{BUCKET}/cli large"], env)
    run([str(AWS), "s3", "cp", "--quiet", f"s3://{BUCKET}/cli large", str(back)], env)
    assert hashlib.sha256(here.read_bytes()).digest() == hashlib.sha256(back.read_bytes()).digest()
    item = '{"id": {"S": "cli"}, "n": {"N": "1"}}'
    run([str(AWS), "dynamodb", "put-item", "--table-name", TABLE, "--item", item], env)
    got = json.loads(run([str(AWS), "dynamodb", "get-item", "--table-name", TABLE, "--key", '{"id": {"S": "cli"}}'], env))
    assert got["Item"] == json.loads(item)
    assert "cli large" in run([str(AWS), "s3", "ls", f"s3://{BUCKET}/"], env)


def test_javascript_sdk(gateway, mode):
    if not (HERE / "node_modules").exists():
        pytest.skip("node is not here, or its packages are not installed")
    env = {**gateway.client_environment(mode), "BUCKET": BUCKET, "TABLE": TABLE}
    saw = json.loads(run(["node", str(HERE / "sdk.mjs")], env))
    assert saw["arn"].endswith(":assumed-role/developer/alice")
    assert saw["item"]["text"] == {"S": "grüße 🌍"}
    assert sorted(saw["keys"]) == sorted(saw["listed"])
    assert saw["large"] == 12 << 20


def test_every_request_was_recorded(gateway):
    client(gateway, "connect", "sts").get_caller_identity()
    lines = gateway.audit_lines()
    last = [line for line in lines if line.get("service") == "sts"][-1]
    assert last["subject"] == "alice" and last["status"] == 200
    assert last["role_chain"][-1] == "arn:aws:iam::222222222222:role/developer"
    begun = [line["id"] for line in lines if line["event"] == "request.begin"]
    ended = [line["id"] for line in lines if line["event"] == "request.end"]
    assert len(begun) == len(set(begun)) and set(begun) <= set(ended)
