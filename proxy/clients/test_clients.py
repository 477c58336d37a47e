"""The `aws` command, boto3 and the JavaScript SDK, unmodified, with placeholder keys, through the gateway."""

import http.client
import io
import json
import os
import time
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import pytest

import chunks
import programs
from conftest import AWS, PLACEHOLDER_ID, Gateway, client, run

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
    programs.a_stream_has_a_trailing_checksum(gateway, BUCKET)


@pytest.mark.parametrize("kind", [chunks.SIGNED, chunks.SIGNED_TRAILER])
def test_signed_chunks(gateway, kind):
    programs.signed_chunks_arrive(gateway, BUCKET, kind)


@pytest.mark.parametrize("at", [100, 70_000, -60])
def test_an_altered_chunk_does_not_arrive(gateway, at):
    def alter(body):
        body = bytearray(body)
        body[at] ^= 1
        return bytes(body)

    s3 = client(gateway, "endpoint-url", "s3")
    assert chunks.put(gateway, BUCKET, "altered", b"as it was", chunks.SIGNED_TRAILER)[0] == 200
    try:
        status, reply = chunks.put(gateway, BUCKET, "altered", os.urandom(100_000), chunks.SIGNED_TRAILER, alter)
        assert status == 403 and b"SignatureDoesNotMatch" in reply
    except ConnectionError:
        pass  # refused before the whole body was written
    assert s3.get_object(Bucket=BUCKET, Key="altered")["Body"].read() == b"as it was"


def test_multipart_copy_range_head_delete(gateway, mode):
    programs.parts_and_copies(gateway, mode, BUCKET)


def test_presigned_link_through_the_gateway(gateway):
    programs.a_link_is_followed(gateway, BUCKET)


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
    programs.aws_copies(gateway, mode, tmp_path, BUCKET)
    item = '{"id": {"S": "cli"}, "n": {"N": "1"}}'
    run([str(AWS), "dynamodb", "put-item", "--table-name", TABLE, "--item", item], env)
    got = json.loads(run([str(AWS), "dynamodb", "get-item", "--table-name", TABLE, "--key", '{"id": {"S": "cli"}}'], env))
    assert got["Item"] == json.loads(item)
    assert "by-aws" in run([str(AWS), "s3", "ls", f"s3://{BUCKET}/{mode}/"], env)


def test_the_common_runtime(gateway, mode, tmp_path):
    programs.the_common_runtime_copies(gateway, mode, tmp_path, BUCKET)


def test_aws_cli_sync(gateway, mode, tmp_path):
    programs.aws_syncs(gateway, mode, tmp_path, BUCKET)


def test_javascript_sdk(gateway, mode):
    saw = programs.the_javascript_sdk_works(gateway, mode, BUCKET, TABLE)
    assert saw["arn"].endswith(":assumed-role/developer/alice")
    assert sorted(saw["keys"]) == sorted(saw["listed"])


def test_every_request_was_recorded(gateway):
    client(gateway, "connect", "sts").get_caller_identity()
    lines = gateway.audit_lines()
    last = [line for line in lines if line.get("service") == "sts"][-1]
    assert last["subject"] == "alice" and last["status"] == 200
    assert last["role_chain"][-1] == "arn:aws:iam::222222222222:role/developer"
    begun = [line["id"] for line in lines if line["event"] == "request.begin"]
    ended = [line["id"] for line in lines if line["event"] == "request.end"]
    assert len(begun) == len(set(begun)) and set(begun) <= set(ended)
