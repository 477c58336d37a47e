"""botocore's own clients and parsers read what the emulator answers.

Needs pytest and boto3, and the emulator's example program:

    cargo build -p awsaccess-emulator --example serve
    AWSACCESS_EMULATOR=target/debug/examples/serve pytest emulator/tests/botocore_replies.py
"""

import base64
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import ssl
import struct
import subprocess
import time
import urllib.error
import urllib.request

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

MIB = 1024 * 1024
SPOKE = "222222222222"
PROGRAM = os.environ.get(
    "AWSACCESS_EMULATOR",
    pathlib.Path(__file__).parents[2] / "target" / "debug" / "examples" / "serve",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    config = tmp_path_factory.mktemp("emulator") / "config.json"
    config.write_text(json.dumps({"plain_port": 0}))
    process = subprocess.Popen([PROGRAM, config], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(timeout=10)


def keys_of(world, name):
    return next(user for user in world["users"] if user["arn"].endswith("/" + name))


def client(world, service, keys, plain=False, **options):
    session_token = keys.get("SessionToken")
    if service == "s3":
        # Or else links are presigned with version 2.
        options["signature_version"] = "s3v4"
    return boto3.session.Session().client(
        service,
        region_name="us-east-1",
        endpoint_url=world["plain_endpoint_url" if plain else "endpoint_url"],
        verify=world["ca_file"],
        aws_access_key_id=keys.get("access_key_id") or keys["AccessKeyId"],
        aws_secret_access_key=keys.get("secret_access_key") or keys["SecretAccessKey"],
        aws_session_token=session_token,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **options),
    )


def hop(world, name, source, **arguments):
    sts = client(world, "sts", source)
    arn = next(arn for arn in world["roles"] if arn.endswith("role/" + name))
    return sts.assume_role(RoleArn=arn, RoleSessionName="alice", **arguments)


@pytest.fixture(scope="module")
def developer(world):
    hub = hop(world, "gateway-hub", keys_of(world, "ci"))["Credentials"]
    return hop(world, "developer", hub, ExternalId="demo-external-id")["Credentials"]


@pytest.fixture(scope="module", params=["tls", "plain"])
def s3(world, developer, request):
    return client(world, "s3", developer, plain=request.param == "plain")


@pytest.fixture
def bucket(s3, request):
    name = "b" + hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    s3.create_bucket(Bucket=name)
    return name


def send(world, request):
    return urllib.request.urlopen(request, context=ssl.create_default_context(cafile=world["ca_file"]))


def refusal(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error


def mfa_code(seed):
    step = struct.pack(">Q", int(time.time()) // 30)
    tag = hmac.new(base64.b32decode(seed), step, hashlib.sha1).digest()
    at = tag[-1] & 15
    return "%06d" % ((struct.unpack(">I", tag[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000)


# STS


def test_caller_identity(world):
    reply = client(world, "sts", keys_of(world, "ci")).get_caller_identity()
    assert reply["Arn"] == "arn:aws:iam::111111111111:user/ci"
    assert reply["Account"] == "111111111111"
    assert reply["UserId"].startswith("AIDA")
    assert reply["ResponseMetadata"]["RequestId"]
    assert reply["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"] == reply["ResponseMetadata"]["RequestId"]


def test_role_chain(world, developer):
    assert developer["AccessKeyId"].startswith("ASIA")
    left = developer["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=58) < left <= datetime.timedelta(hours=1)
    reply = client(world, "sts", developer).get_caller_identity()
    assert reply["Arn"] == f"arn:aws:sts::{SPOKE}:assumed-role/developer/alice"
    assert reply["UserId"].startswith("AROA") and reply["UserId"].endswith(":alice")


def test_assume_role_members(world):
    reply = hop(
        world,
        "gateway-hub",
        keys_of(world, "ci"),
        SourceIdentity="alice@example.com",
        Tags=[{"Key": "team", "Value": "blue"}],
        TransitiveTagKeys=["team"],
        Policy=json.dumps({"Version": "2012-10-17", "Statement": []}),
    )
    assert reply["AssumedRoleUser"]["Arn"].endswith(":assumed-role/gateway-hub/alice")
    assert reply["AssumedRoleUser"]["AssumedRoleId"].endswith(":alice")
    assert reply["SourceIdentity"] == "alice@example.com"
    assert 0 < reply["PackedPolicySize"] <= 100


def test_session_and_federation_tokens(world):
    sts = client(world, "sts", keys_of(world, "ci"))
    session = sts.get_session_token(DurationSeconds=900)["Credentials"]
    arn = client(world, "sts", session).get_caller_identity()["Arn"]
    assert arn == "arn:aws:iam::111111111111:user/ci"
    federated = sts.get_federation_token(Name="visitor")
    assert federated["FederatedUser"]["Arn"] == "arn:aws:sts::111111111111:federated-user/visitor"
    arn = client(world, "sts", federated["Credentials"]).get_caller_identity()["Arn"]
    assert arn == federated["FederatedUser"]["Arn"]
    assert sts.get_access_key_info(AccessKeyId=session["AccessKeyId"])["Account"] == "111111111111"


def test_mfa(world):
    alice = keys_of(world, "alice")
    assert refusal(hop, world, "admin", alice)[:2] == ("AccessDenied", 403)
    code = mfa_code(alice["mfa_seed"])
    reply = hop(world, "admin", alice, SerialNumber=alice["mfa_serial"], TokenCode=code)
    assert reply["Credentials"]["SessionToken"]
    again = refusal(hop, world, "admin", alice, SerialNumber=alice["mfa_serial"], TokenCode=code)
    assert again[0] == "AccessDenied" and "MultiFactorAuthentication failed" in again[2]["Error"]["Message"]


def test_sts_errors(world):
    ci = keys_of(world, "ci")
    code, status, error = refusal(hop, world, "developer", ci, ExternalId="wrong-id")
    assert (code, status) == ("AccessDenied", 403)
    assert error["Error"]["Type"] == "Sender"
    assert error["Error"]["Message"] == (
        "User: arn:aws:iam::111111111111:user/ci is not authorized to perform: sts:AssumeRole on resource: "
        f"arn:aws:iam::{SPOKE}:role/developer"
    )
    wrong = dict(ci, secret_access_key="x" * 40)
    assert refusal(client(world, "sts", wrong).get_caller_identity)[:2] == ("SignatureDoesNotMatch", 403)
    unknown = dict(ci, access_key_id="AKIAAAAAAAAAAAAAAAAA")
    assert refusal(client(world, "sts", unknown).get_caller_identity)[:2] == ("InvalidClientTokenId", 403)
    assert refusal(hop, world, "gateway-hub", ci, DurationSeconds=900 * 100)[:2] == ("ValidationError", 400)


# S3


def test_objects(s3, bucket):
    body = os.urandom(300_000)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ContentType="text/x", Metadata={"a": "b c"})
    assert put["ETag"] == '"%s"' % hashlib.md5(body).hexdigest()
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == body
    assert got["ContentType"] == "text/x" and got["Metadata"] == {"a": "b c"}
    assert isinstance(got["LastModified"], datetime.datetime)
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head["ContentLength"] == len(body) and head["ChecksumCRC32"] == put["ChecksumCRC32"]
    part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=100-199")
    assert part["Body"].read() == body[100:200]
    assert part["ContentRange"] == "bytes 100-199/300000"
    assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=-5")["Body"].read() == body[-5:]
    code, status, error = refusal(s3.get_object, Bucket=bucket, Key="k", Range="bytes=300000-")
    assert (code, status) == ("InvalidRange", 416) and error["Error"]["ActualObjectSize"] == "300000"
    s3.delete_object(Bucket=bucket, Key="k")
    assert refusal(s3.head_object, Bucket=bucket, Key="k")[1] == 404
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_checksums(s3, bucket, algorithm):
    try:
        put = s3.put_object(Bucket=bucket, Key="k", Body=b"123456789", ChecksumAlgorithm=algorithm)
    except Exception as error:
        if "botocore[crt]" in str(error):
            pytest.skip("botocore needs awscrt for " + algorithm)
        raise
    assert put["Checksum" + algorithm]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"123456789"


def test_streamed_upload(s3, bucket, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(os.urandom(3 * MIB + 17))
    with path.open("rb") as file:
        s3.put_object(Bucket=bucket, Key="streamed", Body=file)
    assert s3.get_object(Bucket=bucket, Key="streamed")["Body"].read() == path.read_bytes()


def test_multipart(s3, bucket, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(os.urandom(17 * MIB))
    transfer = TransferConfig(multipart_threshold=MIB, multipart_chunksize=6 * MIB)
    s3.upload_file(str(path), bucket, "big", Config=transfer, ExtraArgs={"ContentType": "x/y"})
    head = s3.head_object(Bucket=bucket, Key="big")
    assert head["ETag"].endswith('-3"') and head["ContentType"] == "x/y"
    assert head["ContentLength"] == 17 * MIB
    back = tmp_path / "back"
    s3.download_file(bucket, "big", str(back), Config=transfer)
    assert back.read_bytes() == path.read_bytes()
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copied in parts", Config=transfer)
    assert s3.head_object(Bucket=bucket, Key="copied in parts")["ContentLength"] == 17 * MIB


def test_multipart_errors(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    named = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(PartNumber=n, Body=b"small", **named)["ETag"]} for n in (1, 2)
    ]
    assert [part["Size"] for part in s3.list_parts(**named)["Parts"]] == [5, 5]
    assert len(s3.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 1
    complete = lambda parts: refusal(s3.complete_multipart_upload, MultipartUpload={"Parts": parts}, **named)[0]
    assert complete(parts) == "EntityTooSmall"
    assert complete(parts[::-1]) == "InvalidPartOrder"
    assert complete([dict(parts[0], ETag='"0"')]) == "InvalidPart"
    s3.abort_multipart_upload(**named)
    assert complete(parts) == "NoSuchUpload"


ODD_KEYS = [
    "a%2Fb", "a/b", "a//b", "//a", "/a", "a/", "../x", "a/../b", "./a", "a+b", "a b", "é", "é\u0301", "a?b#c",
    "a&b=c", "a'b\"c", "~!*()$;:@,", "日本/語", "%", "%25", "a%", "<xml>", "a\\b", "{}|^`[]",
]


def test_odd_keys(world, s3, bucket):
    for number, key in enumerate(ODD_KEYS):
        s3.put_object(Bucket=bucket, Key=key, Body=str(number).encode())
    for number, key in enumerate(ODD_KEYS):
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == str(number).encode(), key
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == sorted(ODD_KEYS, key=lambda key: key.encode())
    for key in ODD_KEYS:
        s3.copy_object(Bucket=bucket, Key="copy of " + key, CopySource={"Bucket": bucket, "Key": key})
        url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "copy of " + key})
        assert s3.get_object(Bucket=bucket, Key="copy of " + key)["ETag"]
        assert send(world, url).status == 200, key
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in ODD_KEYS]})
    assert {entry["Key"] for entry in deleted["Deleted"]} == set(ODD_KEYS)
    left = [entry["Key"] for entry in s3.list_objects(Bucket=bucket)["Contents"]]
    assert set(left) == {"copy of " + key for key in ODD_KEYS}


def test_listing(s3, bucket):
    names = ["a/1", "a/2", "a/b/3", "c", "d/1", "e"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [entry["Key"] for entry in page["Contents"]] == ["c", "e"]
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == ["a/", "d/"]
    assert page["KeyCount"] == 4 and not page["IsTruncated"]
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="a/")
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == ["a/b/"]
    for operation in ("list_objects_v2", "list_objects"):
        for size in (1, 2, 3):
            pages = s3.get_paginator(operation).paginate(
                Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}
            )
            seen = []
            for page in pages:
                seen += [entry["Key"] for entry in page.get("Contents", [])]
                seen += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
            assert sorted(seen) == ["a/", "c", "d/", "e"], (operation, size)
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="c", FetchOwner=True)["Contents"]
    assert [entry["Key"] for entry in after] == ["d/1", "e"] and after[0]["Owner"]["ID"] == SPOKE


def test_buckets(s3, bucket):
    assert bucket in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert refusal(s3.create_bucket, Bucket=bucket)[0] == "BucketAlreadyOwnedByYou"
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert refusal(s3.delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
    assert refusal(s3.list_objects_v2, Bucket=bucket)[0] == "NoSuchBucket"
    assert refusal(s3.head_bucket, Bucket=bucket)[1] == 404


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")[:2] == ("PreconditionFailed", 412)
    assert refusal(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag)[1] == 304
    assert refusal(s3.get_object, Bucket=bucket, Key="k", IfMatch='"0"')[1] == 412


def test_s3_errors(world, s3, developer):
    wrong = dict(developer, SecretAccessKey="x" * 40)
    code, status, error = refusal(client(world, "s3", wrong).list_buckets)
    assert (code, status) == ("SignatureDoesNotMatch", 403)
    assert error["Error"]["CanonicalRequest"].startswith("GET\n/\n")
    assert error["Error"]["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
    assert error["Error"]["AWSAccessKeyId"] == developer["AccessKeyId"]
    unknown = dict(developer, AccessKeyId="ASIAAAAAAAAAAAAAAAAA")
    assert refusal(client(world, "s3", unknown).list_buckets)[:2] == ("InvalidAccessKeyId", 403)
    token = dict(developer, SessionToken="other")
    assert refusal(client(world, "s3", token).list_buckets)[:2] == ("InvalidToken", 400)
    other = client(world, "s3", keys_of(world, "ci"))
    assert refusal(other.list_objects_v2, Bucket="demo-bucket")[:2] == ("AccessDenied", 403)


def test_presigned(world, s3, bucket):
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "p"}, ExpiresIn=60)
    send(world, urllib.request.Request(url, data=b"presigned", method="PUT"))
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "p"}, ExpiresIn=60)
    assert send(world, url).read() == b"presigned"
    with pytest.raises(urllib.error.HTTPError) as caught:
        send(world, url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))
    assert caught.value.code == 403 and b"SignatureDoesNotMatch" in caught.value.read()


# DynamoDB


def test_dynamodb(world, developer):
    dynamodb = client(world, "dynamodb", developer)
    created = dynamodb.create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert created["TableDescription"]["TableArn"] == f"arn:aws:dynamodb:us-east-1:{SPOKE}:table/things"
    assert "things" in dynamodb.list_tables()["TableNames"]
    dynamodb.get_waiter("table_exists").wait(TableName="things")
    for number in range(3):
        item = {"p": {"S": "é"}, "s": {"N": str(number)}, "b": {"B": b"\0\1"}, "l": {"L": [{"BOOL": True}]}}
        dynamodb.put_item(TableName="things", Item=item)
    got = dynamodb.get_item(TableName="things", Key={"p": {"S": "é"}, "s": {"N": "2"}})
    assert got["Item"] == item
    assert "x-amz-crc32" in got["ResponseMetadata"]["HTTPHeaders"]
    found = dynamodb.query(
        TableName="things", KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "é"}}
    )
    assert found["Count"] == 3
    old = dynamodb.delete_item(TableName="things", Key={"p": {"S": "é"}, "s": {"N": "2"}}, ReturnValues="ALL_OLD")
    assert old["Attributes"] == item
    assert "Item" not in dynamodb.get_item(TableName="things", Key={"p": {"S": "é"}, "s": {"N": "2"}})


def test_dynamodb_errors(world, developer):
    dynamodb = client(world, "dynamodb", developer)
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.get_item(TableName="nothing", Key={"p": {"S": "a"}})
    assert refusal(dynamodb.put_item, TableName="demo-table", Item={"x": {"S": "y"}})[:2] == ("ValidationException", 400)
    wrong = client(world, "dynamodb", dict(developer, SecretAccessKey="x"))
    assert refusal(wrong.list_tables)[:2] == ("InvalidSignatureException", 400)
    unknown = client(world, "dynamodb", dict(developer, AccessKeyId="ASIAAAAAAAAAAAAAAAAA"))
    assert refusal(unknown.list_tables)[:2] == ("UnrecognizedClientException", 400)


# Any other service, and the metadata


def test_any_service(world, developer):
    functions = client(world, "lambda", developer)
    reply = functions.list_functions()
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert refusal(client(world, "lambda", dict(developer, SecretAccessKey="x")).list_functions)[:2] == (
        "InvalidSignatureException",
        403,
    )
    assert client(world, "kms", developer).list_keys()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_instance_credentials(world, monkeypatch):
    from botocore.session import Session

    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", world["metadata_url"])
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    session = Session()
    credentials = session.get_credentials()
    assert credentials.method == "iam-role"
    frozen = credentials.get_frozen_credentials()
    keys = {"AccessKeyId": frozen.access_key, "SecretAccessKey": frozen.secret_key, "SessionToken": frozen.token}
    arn = client(world, "sts", keys).get_caller_identity()["Arn"]
    assert arn == "arn:aws:sts::111111111111:assumed-role/gateway-node/i-0123456789abcdef0"
    base = world["metadata_url"] + "/latest/meta-data/placement/region"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(base)
    assert caught.value.code == 401
