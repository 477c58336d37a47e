"""boto3 and the `aws` command through the gateway to moto, which verifies every signature with botocore and knows services
that the emulator does not: queries, JSON, CBOR and XML."""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

import boto3
import botocore.exceptions
import pytest

import chunks
import programs
from conftest import AWS, HERE, PLACEHOLDER_ID, PLACEHOLDER_SECRET, Gateway, client, plain_terraform, run

SERVER = pathlib.Path(sys.executable).parent / "moto_server"
ROLE = "arn:aws:iam::123456789012:role/developer"
ARN = "arn:aws:sts::123456789012:assumed-role/developer/alice"
ANY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
TRUST = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}}


class BeforeMoto(Gateway):
    template = "moto.toml"

    def start_upstream(self):
        process = subprocess.Popen(
            [SERVER, "-H", "127.0.0.1", "-p", "0"], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        # It logs every request there, with no more than method, path and status; what follows goes to a file.
        for line in process.stderr:
            if found := re.search(r"Running on (http://(\S+))", line):
                break
        self.url, self.address = found.groups()
        log = open(self.folder / "moto.log", "w")
        self.drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=log)
        self.prepare()
        return process

    def prepare(self):
        """A user whose keys the gateway has, and a role that it takes; from then on every signature is verified."""
        iam = boto3.client("iam", "us-east-1", endpoint_url=self.url, aws_access_key_id="a", aws_secret_access_key="b")
        iam.create_user(UserName="gateway")
        self.keys = iam.create_access_key(UserName="gateway")["AccessKey"]
        iam.put_user_policy(UserName="gateway", PolicyName="any", PolicyDocument=json.dumps(ANY))
        iam.create_role(RoleName="developer", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName="developer", PolicyName="any", PolicyDocument=json.dumps(ANY))
        plain = {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset-auth", b"0", plain)).close()

    def source_environment(self):
        return {
            "AWS_ACCESS_KEY_ID": self.keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.keys["SecretAccessKey"],
        }

    def secrets(self):
        return [PLACEHOLDER_SECRET, self.keys["SecretAccessKey"]]

    def names(self):
        return {
            "AUDIT": str(self.audit),
            "MOTO": self.url,
            "ADDRESS": self.address,
            "ROLE": ROLE,
            "KEY_ID": PLACEHOLDER_ID,
            "KEY_SECRET": PLACEHOLDER_SECRET,
        }

    def stop_upstream(self):
        self.upstream.terminate()


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    gateway = BeforeMoto(tmp_path_factory.mktemp("moto"))
    yield gateway
    gateway.stop()


def recorded(gateway, service):
    return {line["operation"] for line in gateway.audit_lines() if line["service"] == service and line.get("status") == 200}


def bucket(gateway, name="clients"):
    """A bucket that is there, by its name."""
    client(gateway, "connect", "s3").create_bucket(Bucket=name)
    return name


def table(gateway, name="clients"):
    dynamodb = client(gateway, "connect", "dynamodb")
    if name not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return name


def test_moto_verifies(moto):
    """Otherwise nothing here would show anything."""
    for id, secret in ((PLACEHOLDER_ID, PLACEHOLDER_SECRET), (moto.keys["AccessKeyId"], "not-the-secret")):
        direct = boto3.client("sqs", "us-east-1", endpoint_url=moto.url, aws_access_key_id=id, aws_secret_access_key=secret)
        with pytest.raises(botocore.exceptions.ClientError) as error:
            direct.list_queues()
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_sts(moto, mode):
    assert client(moto, mode, "sts").get_caller_identity()["Arn"] == ARN


def test_sqs(moto, mode):
    sqs = client(moto, mode, "sqs")
    url = sqs.create_queue(QueueName=f"boto3-{mode}")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="grüße 🌍", MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}})
    got = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
    assert got["Body"] == "grüße 🌍" and got["MessageAttributes"]["n"]["StringValue"] == "1"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="nothing")
    assert recorded(moto, "sqs") >= {"CreateQueue", "SendMessage", "ReceiveMessage", "DeleteMessage"}


def test_iam(moto, mode):
    iam = client(moto, mode, "iam")
    iam.create_user(UserName=f"boto3-{mode}", Path="/a path+/".replace(" ", "_"), Tags=[{"Key": "k", "Value": "a b+c&d=é"}])
    assert iam.list_user_tags(UserName=f"boto3-{mode}")["Tags"] == [{"Key": "k", "Value": "a b+c&d=é"}]
    assert f"boto3-{mode}" in [user["UserName"] for user in iam.list_users()["Users"]]
    # What hands out keys is refused by the gateway, and never comes to moto.
    with pytest.raises(botocore.exceptions.ClientError) as error:
        iam.create_access_key(UserName=f"boto3-{mode}")
    assert error.value.response["Error"]["Code"] == "AccessDenied"
    assert "CreateAccessKey" not in recorded(moto, "iam")


def test_logs(moto, mode):
    logs = client(moto, mode, "logs")
    group, stream = f"/boto3/{mode}", "a stream"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(datetime.datetime.now().timestamp() * 1000)
    logs.put_log_events(
        logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now, "message": f"line {n}"} for n in range(50)]
    )
    got = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
    assert [event["message"] for event in got] == [f"line {n}" for n in range(50)]


def test_cloudwatch(moto, mode):
    cloudwatch = client(moto, mode, "cloudwatch")
    cloudwatch.put_metric_data(
        Namespace=f"boto3/{mode}", MetricData=[{"MetricName": "m", "Value": 1.5, "Unit": "Count", "Dimensions": [{"Name": "d", "Value": "é"}]}]
    )
    got = cloudwatch.list_metrics(Namespace=f"boto3/{mode}")["Metrics"]
    assert [(metric["MetricName"], metric["Dimensions"]) for metric in got] == [("m", [{"Name": "d", "Value": "é"}])]
    assert recorded(moto, "monitoring") >= {"PutMetricData", "ListMetrics"}


def test_dynamodb(moto, mode):
    dynamodb, name = client(moto, mode, "dynamodb"), table(moto)
    item = {"id": {"S": "1"}, "text": {"S": "grüße 🌍"}, "bytes": {"B": b"\x00\xff"}}
    dynamodb.put_item(TableName=name, Item=item)
    assert dynamodb.get_item(TableName=name, Key={"id": {"S": "1"}})["Item"] == item


def test_s3(moto, mode):
    s3 = client(moto, mode, "s3")
    there = f"boto3-{mode}"
    s3.create_bucket(Bucket=there)
    for key in ("plain", "a b", "a+b", "é", "@=*()!'", "a%2Fb"):
        body = os.urandom(2000)
        s3.put_object(Bucket=there, Key=key, Body=body)
        assert s3.get_object(Bucket=there, Key=key)["Body"].read() == body
    programs.parts_and_copies(moto, mode, there)


def test_aws_cli(moto, mode):
    env, name = moto.client_environment(mode), table(moto)

    def aws(*words):
        # This version takes the address of some services (SQS, RDS) from a list of its own, whatever the environment says.
        given = ["--endpoint-url", env["AWS_ENDPOINT_URL"]] if mode == "endpoint-url" else []
        said = run([str(AWS), *words, *given, "--output", "json"], env)
        return json.loads(said) if said.strip() else None

    assert aws("sts", "get-caller-identity")["Arn"] == ARN
    aws("dynamodb", "put-item", "--table-name", name, "--item", '{"id": {"S": "cli"}, "n": {"N": "1"}}')
    assert aws("dynamodb", "get-item", "--table-name", name, "--key", '{"id": {"S": "cli"}}')["Item"]["n"] == {"N": "1"}
    url = aws("sqs", "create-queue", "--queue-name", f"cli-{mode}")["QueueUrl"]
    aws("sqs", "send-message", "--queue-url", url, "--message-body", "from the cli")
    assert aws("sqs", "receive-message", "--queue-url", url)["Messages"][0]["Body"] == "from the cli"
    aws("iam", "create-user", "--user-name", f"cli-{mode}")
    assert f"cli-{mode}" in [user["UserName"] for user in aws("iam", "list-users")["Users"]]
    aws("logs", "create-log-group", "--log-group-name", f"cli/{mode}")
    groups = aws("logs", "describe-log-groups", "--log-group-name-prefix", f"cli/{mode}")["logGroups"]
    assert [group["logGroupName"] for group in groups] == [f"cli/{mode}"]
    aws("cloudwatch", "put-metric-data", "--namespace", f"cli/{mode}", "--metric-name", "m", "--value", "2")
    metrics = aws("cloudwatch", "list-metrics", "--namespace", f"cli/{mode}")["Metrics"]
    assert [metric["MetricName"] for metric in metrics] == ["m"]


def test_aws_cli_copies(moto, mode, tmp_path):
    programs.aws_copies(moto, mode, tmp_path, bucket(moto))


def test_aws_cli_sync(moto, mode, tmp_path):
    programs.aws_syncs(moto, mode, tmp_path, bucket(moto))


def test_the_common_runtime(moto, mode, tmp_path):
    programs.the_common_runtime_copies(moto, mode, tmp_path, bucket(moto))


def test_default_upload_with_trailing_checksum(moto):
    programs.a_stream_has_a_trailing_checksum(moto, bucket(moto))


@pytest.mark.parametrize("kind", [chunks.SIGNED, chunks.SIGNED_TRAILER])
def test_signed_chunks(moto, kind):
    programs.signed_chunks_arrive(moto, bucket(moto), kind)


def test_javascript_sdk(moto, mode):
    saw = programs.the_javascript_sdk_works(moto, mode, bucket(moto), table(moto))
    assert saw["arn"] == ARN and sorted(saw["keys"]) == sorted(saw["listed"])
    env = {**moto.client_environment(mode), "NAME": f"js-{mode}"}
    saw = json.loads(run(["node", str(HERE / "services.mjs")], env))
    assert saw == {"message": "grüße 🌍", "metrics": ["m"]}


def test_terraform_with_its_state_in_s3(moto, mode, tmp_path):
    client(moto, mode, "s3").create_bucket(Bucket=f"terraform-{mode}")
    key = plain_terraform(moto, mode, tmp_path, f"terraform-{mode}")
    versions = client(moto, mode, "s3").get_object(Bucket=f"terraform-{mode}", Key=key)["Body"].read()
    assert json.loads(versions)["resources"] == []
    assert recorded(moto, "s3") >= {"PutObject", "GetObject"} and "GetCallerIdentity" in recorded(moto, "sts")


def test_a_wrong_secret_does_not_pass(moto, mode):
    for service, call, code in (
        ("sqs", lambda c: c.list_queues(), "InvalidSignatureException"),
        ("iam", lambda c: c.list_users(), "SignatureDoesNotMatch"),
        ("logs", lambda c: c.describe_log_groups(), "InvalidSignatureException"),
        ("cloudwatch", lambda c: c.list_metrics(), "InvalidSignatureException"),
    ):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            call(client(moto, mode, service, secret="not-the-placeholder-secret"))
        assert error.value.response["Error"]["Code"] == code, service
