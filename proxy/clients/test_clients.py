"""The `aws` command, boto3 and the JavaScript SDK, unmodified, with placeholder keys, through the gateway."""

import base64
import hashlib
import hmac
import http.client
import io
import json
import os
import sys
import time
import urllib.request
import zlib

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import pytest

from conftest import AWS, HERE, PLACEHOLDER_ID, PLACEHOLDER_SECRET, Gateway, client, run

BUCKET, TABLE = "demo-bucket", "demo-table"
ODD_KEYS = ["a b", "a%2Fb", "a//b", "a+b", "é", "@=*()!'", "~tilde", "q?x=1&y=2", ".", "dir/"]


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


class SignedChunks(botocore.auth.S3SigV4Auth):
    """What the SDKs for Java, .NET and C++ send over plain HTTP: every chunk is signed, and the trailer. botocore signs the
    head; the chain of signatures is made here, by the pages of the Amazon S3 API reference."""

    def __init__(self, keys, trailer):
        super().__init__(keys, "s3", "us-east-1")
        self.kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")

    def payload(self, request):
        return self.kind

    def signature(self, string_to_sign, request):
        self.date = request.context["timestamp"]
        self.day_scope = self.credential_scope(request)
        self.last = super().signature(string_to_sign, request)
        return self.last

    def next(self, kind, *hashes):
        text = "\n".join([kind, self.date, self.day_scope, self.last, *hashes])
        key = b"AWS4" + self.credentials.secret_key.encode()
        for part in (*self.day_scope.split("/"), text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        self.last = key.hex()
        return self.last

    def body(self, data, size):
        empty = hashlib.sha256().hexdigest()
        for at in [*range(0, len(data), size), len(data)]:
            chunk = data[at : at + size]
            signature = self.next("AWS4-HMAC-SHA256-PAYLOAD", empty, hashlib.sha256(chunk).hexdigest())
            yield f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
        if self.kind.endswith("-TRAILER"):
            checksum = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
            line = f"x-amz-checksum-crc32:{checksum}"
            signature = self.next("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(f"{line}\n".encode()).hexdigest())
            yield f"{line}\r\nx-amz-trailer-signature:{signature}\r\n".encode()
        yield b"\r\n"


def put_signed_chunks(gateway, key, data, trailer, alter=lambda body: body, bucket=BUCKET):
    host = gateway.ready["address"]
    size = 65_536
    signer = SignedChunks(botocore.credentials.Credentials(PLACEHOLDER_ID, PLACEHOLDER_SECRET), trailer)
    headers = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(len(data))}
    if trailer:
        headers["X-Amz-Trailer"] = "x-amz-checksum-crc32"
    request = botocore.awsrequest.AWSRequest("PUT", f"http://{host}/{bucket}/{key}", headers=headers)
    signer.add_auth(request)
    body = alter(b"".join(signer.body(data, size)))
    connection = http.client.HTTPConnection(host, timeout=120)
    connection.putrequest("PUT", f"/{bucket}/{key}")
    for name, value in {**dict(request.headers.items()), "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders()
    for at in range(0, len(body), 50_001):
        connection.send(body[at : at + 50_001])
    reply = connection.getresponse()
    return reply.status, reply.read()


@pytest.mark.parametrize("trailer", [False, True])
def test_signed_chunks(gateway, trailer):
    s3 = client(gateway, "endpoint-url", "s3")
    for length in (0, 5, 65_536, 300_000):
        data = os.urandom(length)
        assert put_signed_chunks(gateway, "chunked", data, trailer) == (200, b"")
        assert s3.get_object(Bucket=BUCKET, Key="chunked")["Body"].read() == data
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
    assert any(line.get("payload") == kind for line in gateway.audit_lines())


@pytest.mark.parametrize("at", [100, 70_000, -60])
def test_an_altered_chunk_does_not_arrive(gateway, at):
    def alter(body):
        body = bytearray(body)
        body[at] ^= 1
        return bytes(body)

    s3 = client(gateway, "endpoint-url", "s3")
    assert put_signed_chunks(gateway, "altered", b"as it was", True)[0] == 200
    try:
        status, reply = put_signed_chunks(gateway, "altered", os.urandom(100_000), True, alter)
        assert status == 403 and b"SignatureDoesNotMatch" in reply
    except ConnectionError:
        pass  # refused before the whole body was written
    assert s3.get_object(Bucket=BUCKET, Key="altered")["Body"].read() == b"as it was"


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


def test_a_client_that_is_still_writing_reads_its_refusal(gateway):
    """A connection that was closed under its hands would tell it nothing."""
    there = http.client.HTTPConnection(gateway.ready["address"], timeout=120)
    headers = {"Host": f"{BUCKET}.s3.us-east-1.amazonaws.com", "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}
    there.request("PUT", "/large", body=bytes(32 << 20), headers=headers)
    reply = there.getresponse()
    assert (reply.status, reply.headers["connection"]) == (403, "close") and b"AccessDenied" in reply.read()
    there.close()


class WithAdministrator(Gateway):
    """A gateway with an administrative listener."""

    TOKEN = "the-administrators-token-of-the-clients"

    def configuration(self):
        token = self.folder / "token"
        token.write_text(self.TOKEN)
        token.chmod(0o600)
        return super().configuration() + f'\n[admin]\nlisten = "127.0.0.1:0"\ntoken_file = "{token}"\n'

    def ask(self, path, wish):
        headers = {"Authorization": f"Bearer {self.TOKEN}", "Content-Type": "application/json"}
        url = self.ready["admin_url"] + path
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(wish).encode(), headers)) as reply:
            return json.load(reply)

    def session(self, name):
        """An S3 client with a placeholder of its own."""
        who = {"subject": "alice", "application": "demo", "role": "developer", "session": name}
        keys = self.ask("/v1/placeholders", who)
        session = boto3.session.Session(
            keys["access_key_id"], keys["secret_access_key"], keys["session_token"], region_name="us-east-1"
        )
        proxies = {"https": f"http://{self.ready['address']}"}
        patience = {"connect_timeout": 600, "read_timeout": 600}
        config = botocore.config.Config(retries={"total_max_attempts": 1}, proxies=proxies, **patience)
        return session.client("s3", verify=str(self.ca), config=config)


class Revoking(io.BytesIO):
    """A file at whose half the administrator revokes the session of whoever reads it."""

    revoke = None

    def read(self, size=-1):
        if self.revoke and self.tell() > len(self.getbuffer()) // 2:
            self.revoke, revoke = None, self.revoke
            revoke()
        return super().read(size)


def test_an_upload_whose_session_is_revoked(tmp_path):
    """boto3 hears what AWS says of a token that has ended, and nothing of what it sent is there."""
    gateway = WithAdministrator(tmp_path)
    try:
        first, second = gateway.session("s-1"), gateway.session("s-2")
        body = Revoking(bytes(24 << 20))
        body.revoke = lambda: gateway.ask("/v1/revocations", {"session": "s-1"})
        with pytest.raises(botocore.exceptions.ClientError) as error:
            first.put_object(Bucket=BUCKET, Key="revoked", Body=body)
        assert error.value.response["Error"]["Code"] == "ExpiredToken"
        assert body.revoke is None, "it was revoked on the way"
        with pytest.raises(second.exceptions.NoSuchKey):
            second.get_object(Bucket=BUCKET, Key="revoked")
        ended = [line for line in gateway.audit_lines() if line.get("reason", "").startswith("the session was revoked")]
        assert [(line["event"], line["operation"]) for line in ended] == [("request.end", "PutObject")]
    finally:
        gateway.stop()


def test_a_client_that_was_told_to_go_on_reads_its_refusal(gateway):
    """A body of unknown length that must be held, and is too large for that."""
    there = http.client.HTTPConnection(gateway.ready["address"], timeout=120)
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {
        "Host": "kms.us-east-1.amazonaws.com",
        "X-Amz-Date": date,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={PLACEHOLDER_ID}/{date[:8]}/us-east-1/kms/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
        "Transfer-Encoding": "chunked",
        "Expect": "100-continue",
    }
    mebibyte = bytes(1 << 20)
    there.request("POST", "/", body=(mebibyte for _ in range(100)), headers=headers, encode_chunked=True)
    reply = there.getresponse()
    assert (reply.status, reply.headers["connection"]) == (413, "close") and reply.read()
    there.close()


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


def test_the_common_runtime(gateway, mode, tmp_path):
    """What the `aws` command of version 2 transfers with."""
    env = gateway.client_environment(mode)
    here, back = tmp_path / "here", tmp_path / "back"
    here.write_bytes(os.urandom(12 << 20))
    run([sys.executable, str(HERE / "transfer.py"), BUCKET, "by the runtime", str(here), str(back)], env)
    assert hashlib.sha256(here.read_bytes()).digest() == hashlib.sha256(back.read_bytes()).digest()
    parts = [line for line in gateway.audit_lines() if line.get("operation") == "UploadPart" and "runtime" in line["target"]]
    assert len(parts) >= 3 and ("intercept" if mode == "connect" else mode) in {line["mode"] for line in parts}


def test_aws_cli_sync(gateway, mode, tmp_path):
    env = gateway.client_environment(mode)
    here, back = tmp_path / "here", tmp_path / "back"
    names = ["plain", "a b", "a+b", "a%20b", "é", "日本", "#hash", "@=*()!'", "~", "q&a=1", "semi;colon", "[x]", "{y}", "d/a..b"]
    for name in names:
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(os.urandom(100))
    there = f"s3://{BUCKET}/sync/{mode}"
    run([str(AWS), "s3", "sync", "--quiet", str(here), there], env)
    run([str(AWS), "s3", "sync", "--quiet", there, str(back)], env)
    assert all((here / name).read_bytes() == (back / name).read_bytes() for name in names)


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
