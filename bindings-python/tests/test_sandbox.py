"""The example: boto3 with a placeholder, through a gateway of Python's own, to moto, which verifies every signature with botocore
and knows the role's keys only."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import random
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import awsaccess
import boto3
import pytest
from awsaccess import audit, placeholder
from awsaccess.access import Identity, Rules
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

EXAMPLE = Path(__file__).resolve().parents[1] / "examples/sandbox.py"
ACCOUNT = "arn:aws:iam::123456789012:role/"
ANY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}},
}
RULES = Rules.parse(
    {
        "guards": ["no-privilege-escalation"],
        "application": [
            {
                "name": "crm",
                "accounts": ["123456789012"],
                "session_policy": "guards",
                "services": ["dynamodb", "s3", "sts", "iam"],
                "source_identity": "{{subject}}",
                "role": [{"name": "agent", "assume": [{"role_arn": ACCOUNT + "crm-agent"}]}],
            }
        ],
        "role": [{"name": "agents", "allow": [ACCOUNT + "crm-*"]}],
        "subject": [{"name": "agent-7", "roles": ["agents"]}],
    }
)


class Stage:
    """moto, the sandbox before it, and what the two saw."""

    def __init__(self, tmp_path: Path) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.moto = ThreadedMotoServer("127.0.0.1", 0)
        self.moto.start()
        self.host, self.port = self.moto.get_host_and_port()
        self.url = f"http://{self.host}:{self.port}"
        iam = boto3.client("iam", "us-east-1", endpoint_url=self.url, aws_access_key_id="a", aws_secret_access_key="b")
        iam.create_user(UserName="hub")
        made = iam.create_access_key(UserName="hub")["AccessKey"]
        self.hub = awsaccess.Credentials(made["AccessKeyId"], made["SecretAccessKey"])
        iam.put_user_policy(UserName="hub", PolicyName="any", PolicyDocument=json.dumps(ANY))
        for role in ("crm-agent", "crm-job"):
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
            iam.put_role_policy(RoleName=role, PolicyName="any", PolicyDocument=json.dumps(ANY))
        # From here on moto verifies every signature.
        again = urllib.request.Request(f"{self.url}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
        urllib.request.urlopen(again).close()

        spec = importlib.util.spec_from_file_location("sandbox", EXAMPLE)
        self.example = example = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(example)
        self.keys = placeholder.GatewayKeys(placeholder.new_key())
        self.revoked = placeholder.Revocations()
        self.log = tmp_path / "audit.jsonl"
        self.file = self.log.open("w", buffering=1)
        self.real: dict[object, awsaccess.Credentials] = {}
        self.hosts: list[str] = []
        gateway = awsaccess.Gateway(RULES, self.keys, revocations=self.revoked)
        self.sandbox = example.Sandbox(gateway, self.credentials, self.file.write, self.connect)
        self.thread = threading.Thread(target=self.sandbox.serve_forever, daemon=True)
        self.thread.start()
        self.placeholder = self.mint()

    def mint(self, session: str = "s-1") -> awsaccess.Credentials:
        return placeholder.mint(self.keys, Identity("agent-7", "crm", "agent", session=session), 3600)

    def credentials(self, decision) -> awsaccess.Credentials:
        if decision not in self.real:
            how = {"credentials": self.hub, "assume": decision.assume, "sts_endpoint": self.url, "region": "us-east-1"}
            self.real[decision] = awsaccess.resolve(env={"HOME": "/nowhere"}, **how)
        return self.real[decision]

    def connect(self, host: str) -> HTTPConnection:
        self.hosts.append(host)
        return HTTPConnection(self.host, self.port, timeout=30)

    def client(self, service: str, keys: awsaccess.Credentials | None = None, **more):
        keys = keys or self.placeholder
        return boto3.client(
            service,
            "us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.sandbox.server_port}",
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
            config=Config(retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"}, **more),
        )

    def records(self, operation: str) -> list[dict]:
        """What is written of an operation at its end. Of an answer that flows that is after its last byte: the one who reads
        asks for something else over the same connection before."""
        records = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [each for each in records if each.get("operation") == operation and each["event"] == "request.end"]

    def stop(self) -> None:
        self.sandbox.shutdown()
        self.sandbox.server_close()
        self.thread.join()
        self.moto.stop()
        self.file.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    patch = pytest.MonkeyPatch()
    for name in ("AWS_PROFILE", "HTTP_PROXY", "http_proxy", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE"):
        patch.delenv(name, raising=False)
    patch.setenv("NO_PROXY", "127.0.0.1")
    made = Stage(tmp_path_factory.mktemp("sandbox"))
    yield made
    made.stop()
    patch.undo()
    # Whatever the tests did: the log is whole, and holds no secret.
    text = made.log.read_bytes()
    assert audit.verify(text.splitlines(keepends=True)) == []
    for keys in (made.placeholder, made.hub, *made.real.values()):
        for secret in (keys.secret_access_key, keys.session_token):
            assert secret is None or secret.encode() not in text


def code(call) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def test_a_table(stage: Stage) -> None:
    dynamodb = stage.client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="orders", Item={"id": {"S": "7"}, "n": {"N": "1"}})
    assert dynamodb.get_item(TableName="orders", Key={"id": {"S": "7"}})["Item"]["n"] == {"N": "1"}
    dynamodb.list_tables()
    (last,) = stage.records("GetItem")
    assert (last["subject"], last["status"], last["decision"]) == ("agent-7", 200, "allowed")
    assert last["role_chain"] == [ACCOUNT + "crm-agent"] and last["resources"] == ["table:orders"]
    (session,) = stage.real.values()
    assert session.access_key_id.startswith("ASIA") and set(stage.hosts) == {"dynamodb.us-east-1.amazonaws.com"}


def test_objects_both_ways(stage: Stage) -> None:
    s3 = stage.client("s3")
    s3.create_bucket(Bucket="inbox")
    body = random.Random(7).randbytes(3_000_000)
    s3.put_object(Bucket="inbox", Key="a b/ü+*.bin", Body=body)
    got = s3.get_object(Bucket="inbox", Key="a b/ü+*.bin")["Body"].read()
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest()
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="inbox")["Contents"]] == ["a b/ü+*.bin"]
    assert s3.head_object(Bucket="inbox", Key="a b/ü+*.bin")["ContentLength"] == len(body)
    assert code(lambda: s3.get_object(Bucket="inbox", Key="none")) == "NoSuchKey"
    (sent,), received = stage.records("PutObject"), stage.records("GetObject")
    assert sent["payload"] == "sha256", "it flowed: its hash was declared"
    assert received[0]["bytes_out"] == len(body) and received[0]["status"] == 200


def test_a_role_of_the_clients_own(stage: Stage) -> None:
    sts = stage.client("sts")
    given = sts.assume_role(RoleArn=ACCOUNT + "crm-job", RoleSessionName="mine", DurationSeconds=900)["Credentials"]
    keys = awsaccess.Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    claims = placeholder.open(stage.keys, keys.access_key_id, keys.session_token)
    assert claims.purpose == "chained" and claims.credentials.access_key_id.startswith("ASIA")
    who = stage.client("sts", keys).get_caller_identity()
    assert who["Arn"] == "arn:aws:sts::123456789012:assumed-role/crm-job/mine"
    assert stage.client("sts").get_caller_identity()["Arn"].endswith("assumed-role/crm-agent/agent-7")
    assert code(lambda: sts.assume_role(RoleArn=ACCOUNT + "other", RoleSessionName="mine")) == "AccessDenied"


def test_what_an_agent_may_not(stage: Stage) -> None:
    before = len(stage.hosts)
    assert code(lambda: stage.client("iam").create_access_key(UserName="hub")) == "AccessDenied"
    attach = {"RoleName": "crm-agent", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert code(lambda: stage.client("iam").attach_role_policy(**attach)) == "AccessDenied"
    assert code(lambda: stage.client("sqs").list_queues()) == "AccessDeniedException"
    forged = awsaccess.Credentials(stage.placeholder.access_key_id, "a-forged-" + "secret-of-somebody", stage.placeholder.session_token)
    assert code(lambda: stage.client("dynamodb", forged).list_tables()) == "InvalidSignatureException"
    assert code(lambda: stage.client("sts", forged).get_caller_identity()) == "SignatureDoesNotMatch"
    assert code(lambda: stage.client("dynamodb", stage.hub).list_tables()) == "UnrecognizedClientException"
    gone = stage.mint("s-2")
    stage.revoked.revoke(session="s-2", until=2_000_000_000)
    assert code(lambda: stage.client("dynamodb", gone).list_tables()) == "UnrecognizedClientException"
    assert len(stage.hosts) == before, "none of it left the sandbox"
    (attached,), (listed,), (created,) = map(stage.records, ("AttachRolePolicy", "ListQueues", "CreateAccessKey"))
    assert (attached["rule"], listed["rule"], created["error"]) == ("operation-denied", "service-not-allowed", "credential-operation")
    assert "no-privilege-escalation" in attached["reason"] and attached["subject"] == "agent-7"


def test_a_service_that_is_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.sandbox, "connect", lambda host: HTTPConnection("127.0.0.1", 1, timeout=5))
    assert code(lambda: stage.client("dynamodb").list_tables()) == "ServiceUnavailableException"
    monkeypatch.undo()
    monkeypatch.setattr(stage.sandbox, "write", lambda line: (_ for _ in ()).throw(OSError(28, "no space left")))
    before = len(stage.hosts)
    assert code(lambda: stage.client("dynamodb").list_tables()) == "ServiceUnavailableException"
    assert len(stage.hosts) == before, "what cannot be recorded is not sent on"
    monkeypatch.undo()
    assert stage.client("dynamodb").list_tables()["TableNames"] == ["orders"]


def test_expect_is_answered_once_it_is_known_who_asks(stage: Stage) -> None:
    keys = stage.placeholder
    head = [("Expect", "100-continue"), ("Content-Length", "5")]
    url = f"http://127.0.0.1:{stage.sandbox.server_port}/inbox/expected"
    for body, wanted in ((b"hello", 200), (b"hullo", 400)):
        signed = awsaccess.sign("PUT", url, head, b"hello", credentials=keys, region="us-east-1", service="s3")
        connection = HTTPConnection("127.0.0.1", stage.sandbox.server_port, timeout=30)
        connection.putrequest("PUT", "/inbox/expected", skip_host=True, skip_accept_encoding=True)
        for name, value in signed:
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.sock.recv(9) == b"HTTP/1.1 " and b"100 Continue" in connection.sock.recv(64)
        connection.send(body)
        answer = connection.getresponse()
        text = answer.read()
        assert (answer.status, b"XAmzContentSHA256Mismatch" in text) == (wanted, wanted == 400)
        connection.close()


RULES_FILE = f"""
[[application]]
name = "crm"
[[application.role]]
name = "agent"
assume = [{{ role_arn = "{ACCOUNT}crm-agent" }}]
[[role]]
name = "agents"
allow = ["{ACCOUNT}crm-*"]
[[subject]]
name = "agent-7"
roles = ["agents"]
"""
CHILD = """
import boto3, os, pathlib
assert "AWS_PROFILE" not in os.environ and os.environ["AWS_ACCESS_KEY_ID"].startswith("AGWP")
pathlib.Path("who").write_text(boto3.client("sts").get_caller_identity()["Arn"])
"""


def test_a_program_that_knows_nothing_of_it(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.toml").write_text(RULES_FILE)
    for name, value in {
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": stage.hub.access_key_id,
        "AWS_SECRET_ACCESS_KEY": stage.hub.secret_access_key,
        "AWS_ENDPOINT_URL_STS": stage.url,
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(type(stage.sandbox).__init__, "__defaults__", (stage.connect,))
    arguments = ["rules.toml", "agent-7", "crm", "agent", "--", sys.executable, "-c", CHILD]
    assert stage.example.main(*arguments) == 0
    assert (tmp_path / "who").read_text() == "arn:aws:sts::123456789012:assumed-role/crm-agent/agent-7"
    log = (tmp_path / "sandbox.log").read_bytes()
    assert audit.verify(log.splitlines(keepends=True)) == [] and log.count(b"GetCallerIdentity") == 2
    with pytest.raises(awsaccess.DeniedError):
        stage.example.main("rules.toml", "eve", *arguments[2:])
