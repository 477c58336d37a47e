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
import urllib.parse
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
        process.wait(timeout=120)


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
        config=Config(
            retries={"total_max_attempts": 1}, connect_timeout=600, read_timeout=600, s3={"addressing_style": "path"}, **options
        ),
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
    assert datetime.timedelta(minutes=30) < left <= datetime.timedelta(hours=1)
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


# The other sources of credentials


START = "https://d-1234567890.awsapps.com/start"
BACK = "http://127.0.0.1:40123/oauth/callback"


def unsigned(world, service, **options):
    from botocore import UNSIGNED

    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, **options)
    session = boto3.session.Session()
    return session.client(
        service, region_name="us-east-1", endpoint_url=world["endpoint_url"], verify=world["ca_file"], config=config
    )


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


def visit(world, target):
    """What a browser is answered: the status, and where it is sent."""
    context = ssl.create_default_context(cafile=world["ca_file"])
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), Stay)
    try:
        with opener.open(world["endpoint_url"] + target) as reply:
            return reply.status, None
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location")


def code_in(location):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]


def arn_of(world, access, secret, token):
    keys = {"AccessKeyId": access, "SecretAccessKey": secret, "SessionToken": token}
    return client(world, "sts", keys).get_caller_identity()["Arn"]


def own(world, what, **parameters):
    query = urllib.parse.urlencode(parameters)
    return send(world, f"{world['endpoint_url']}/emulator/{what}?{query}").read().decode()


def test_container_credentials(world, monkeypatch):
    from botocore.session import Session

    for container, role in zip(world["containers"], ["task", "pod"]):
        for name in list(os.environ):
            if name.startswith("AWS_"):
                monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container["full_uri"])
        if container["authorization_token"]:
            monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", container["authorization_token"])
        credentials = Session().get_credentials()
        assert credentials.method == "container-role"
        frozen = credentials.get_frozen_credentials()
        assert f":assumed-role/{role}/" in arn_of(world, frozen.access_key, frozen.secret_key, frozen.token)


def test_sso_device_flow_and_portal(world):
    oidc = unsigned(world, "sso-oidc")
    registered = oidc.register_client(clientName="tests", clientType="public", scopes=["sso:account:access"])
    assert registered["clientSecretExpiresAt"] - registered["clientIdIssuedAt"] == 90 * 86400
    known = {name: registered[name] for name in ("clientId", "clientSecret")}
    device = oidc.start_device_authorization(startUrl=START, **known)
    assert (device["expiresIn"], device["interval"]) == (600, 5)
    grant = {"grantType": "urn:ietf:params:oauth:grant-type:device_code", "deviceCode": device["deviceCode"]}
    with pytest.raises(oidc.exceptions.AuthorizationPendingException) as caught:
        oidc.create_token(**known, **grant)
    assert caught.value.response["error"] == "authorization_pending"
    with pytest.raises(oidc.exceptions.SlowDownException):
        oidc.create_token(**known, **grant)
    other = oidc.start_device_authorization(startUrl=START, **known)
    grant["deviceCode"] = other["deviceCode"]
    assert visit(world, f"/device/approve?user_code={other['userCode']}&user=alice")[0] == 200
    token = oidc.create_token(**known, **grant)
    assert token["tokenType"] == "Bearer"
    refresh = {"grantType": "refresh_token", "refreshToken": token["refreshToken"]}
    token = oidc.create_token(**known, **refresh)
    with pytest.raises(oidc.exceptions.InvalidGrantException):
        oidc.create_token(**known, **refresh)
    with pytest.raises(oidc.exceptions.InvalidClientException):
        oidc.create_token(clientId="other", clientSecret="other", **refresh)

    portal, bearer = unsigned(world, "sso"), token["accessToken"]
    pages = portal.get_paginator("list_accounts").paginate(accessToken=bearer, PaginationConfig={"PageSize": 1})
    accounts = [account["accountId"] for page in pages for account in page["accountList"]]
    assert accounts == ["111111111111", SPOKE]
    roles = portal.list_account_roles(accessToken=bearer, accountId=SPOKE)["roleList"]
    assert [role["roleName"] for role in roles] == ["Administrator", "Reader"]
    keys = portal.get_role_credentials(accessToken=bearer, accountId=SPOKE, roleName="Reader")["roleCredentials"]
    assert keys["expiration"] > time.time() * 1000
    arn = arn_of(world, keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"])
    assert arn.startswith(f"arn:aws:sts::{SPOKE}:assumed-role/AWSReservedSSO_Reader_") and arn.endswith("/alice")
    with pytest.raises(portal.exceptions.ResourceNotFoundException):
        portal.list_account_roles(accessToken=bearer, accountId="999999999999")
    portal.logout(accessToken=bearer)
    with pytest.raises(portal.exceptions.UnauthorizedException):
        portal.list_accounts(accessToken=bearer)


def test_sso_browser_flow(world):
    oidc = unsigned(world, "sso-oidc")
    registered = oidc.register_client(
        clientName="tests", clientType="public", scopes=["sso:account:access"], issuerUrl=START,
        grantTypes=["authorization_code", "refresh_token"], redirectUris=["http://127.0.0.1/oauth/callback"],
    )
    assert registered["authorizationEndpoint"] == world["endpoint_url"] + "/authorize"
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = urllib.parse.urlencode({
        "response_type": "code", "client_id": registered["clientId"], "redirect_uri": BACK, "state": "s",
        "code_challenge_method": "S256", "scopes": "sso:account:access", "code_challenge": challenge,
    })
    assert visit(world, f"/authorize?{query}")[0] == 200
    status, location = visit(world, f"/authorize/approve?{query}&user=bob")
    assert status == 302 and location.startswith(BACK)
    grant = dict(
        clientId=registered["clientId"], clientSecret=registered["clientSecret"], grantType="authorization_code",
        code=code_in(location), redirectUri=BACK, codeVerifier=verifier,
    )
    assert oidc.create_token(**grant)["refreshToken"]
    with pytest.raises(oidc.exceptions.InvalidGrantException):
        oidc.create_token(**grant)


def test_console_sign_in(world):
    from awscrt.crypto import EC, ECType
    from botocore.credentials import _build_add_dpop_header_handler

    signin, key = unsigned(world, "signin"), EC.new_generate(ECType.P_256)
    proof = _build_add_dpop_header_handler(key)
    signin.meta.events.register("before-call.signin.CreateOAuth2Token", proof)
    verifier, application = "v" * 64, "arn:aws:signin:::devtools/same-device"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = urllib.parse.urlencode({
        "response_type": "code", "client_id": application, "redirect_uri": BACK, "state": "s", "scope": "openid",
        "code_challenge_method": "SHA-256", "code_challenge": challenge,
    })
    _, location = visit(world, f"/v1/authorize/approve?{query}&user=alice")
    grant = {
        "clientId": application, "grantType": "authorization_code", "code": code_in(location),
        "redirectUri": BACK, "codeVerifier": verifier,
    }
    token = signin.create_o_auth2_token(tokenInput=grant)["tokenOutput"]
    keys = token["accessToken"]
    arn = arn_of(world, keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"])
    assert arn == "arn:aws:iam::111111111111:user/alice" and token["expiresIn"] == 900
    again = {"clientId": application, "grantType": "refresh_token", "refreshToken": token["refreshToken"]}
    assert signin.create_o_auth2_token(tokenInput=again)["tokenOutput"]["refreshToken"] != token["refreshToken"]
    with pytest.raises(signin.exceptions.AccessDeniedException) as caught:
        signin.create_o_auth2_token(tokenInput=again)
    assert caught.value.response["error"] == "TOKEN_EXPIRED"
    signin.meta.events.unregister("before-call.signin.CreateOAuth2Token", proof)
    with pytest.raises(signin.exceptions.ValidationException):
        signin.create_o_auth2_token(tokenInput=again)


def test_cognito_identity(world):
    cognito, pool = unsigned(world, "cognito-identity"), "us-east-1:11111111-2222-4333-8444-555555555555"
    token = own(world, "web-identity-token", issuer="https://ci.example.com", audience="sts.amazonaws.com", subject="u")
    logins = {"ci.example.com": token}
    identity = cognito.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    keys = cognito.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
    assert keys["Expiration"] > datetime.datetime.now(datetime.timezone.utc)
    assert ":assumed-role/app-user/" in arn_of(world, keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        cognito.get_credentials_for_identity(IdentityId=identity)
    with pytest.raises(cognito.exceptions.ResourceNotFoundException):
        cognito.get_id(IdentityPoolId="us-east-1:nothing")
    guest = cognito.get_id(IdentityPoolId=pool)["IdentityId"]
    token = cognito.get_open_id_token(IdentityId=guest)["Token"]
    assumed = unsigned(world, "sts").assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{SPOKE}:role/app-guest", RoleSessionName="guest", WebIdentityToken=token
    )
    assert assumed["Provider"] == "cognito-identity.amazonaws.com"


def test_federation(world):
    sts = unsigned(world, "sts")
    token = own(world, "web-identity-token", issuer="https://ci.example.com", audience="sts.amazonaws.com",
                subject="repo:example/app")
    assumed = sts.assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{SPOKE}:role/deployer", RoleSessionName="job", WebIdentityToken=token
    )
    assert assumed["SubjectFromWebIdentityToken"] == "repo:example/app"
    provider, role = f"arn:aws:iam::{SPOKE}:saml-provider/corporate", f"arn:aws:iam::{SPOKE}:role/employee"
    said = own(world, "saml-assertion", provider=provider, role=role, subject="dana")
    assumed = sts.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=said)
    assert assumed["Subject"] == "dana" and assumed["SubjectType"] == "persistent"
    assert assumed["AssumedRoleUser"]["Arn"].endswith(":assumed-role/employee/dana")
    with pytest.raises(sts.exceptions.InvalidIdentityTokenException):
        sts.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=said[:-8])
    alice = client(world, "sts", keys_of(world, "alice"))
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
    keys = alice.assume_root(TargetPrincipal=SPOKE, TaskPolicyArn=task)["Credentials"]
    arn = arn_of(world, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    assert arn == f"arn:aws:iam::{SPOKE}:root"
