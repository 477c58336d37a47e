"""What is refused is asked for once, and what may be there in a moment as often as the clients have it by themselves: each
attempt is a request, and has its record."""

import json
import os
import shutil
import subprocess

import botocore.exceptions
import pytest

from conftest import AWS, HERE, Gateway, client, run, start

BUCKET, TABLE = "demo-bucket", "demo-table"
# By their standard, clients try three times in all; the newer ones go to DynamoDB once more.
STANDARD = (3, 4)
ITEM = {"id": {"S": "1"}}
WRITES = [
    ("s3", "PutObject", {"Bucket": BUCKET, "Key": "k", "Body": "x"}),
    ("dynamodb", "PutItem", {"TableName": TABLE, "Item": ITEM}),
]
READS = [
    ("s3", "GetObject", {"Bucket": BUCKET, "Key": "k"}),
    ("dynamodb", "GetItem", {"TableName": TABLE, "Key": ITEM}),
]


class Failing(Gateway):
    """A gateway that lets its users only look, before services that are overloaded."""

    def start_upstream(self):
        overloaded = {"status": {"status": 503, "code": "ServiceUnavailable"}}
        faults = [{"service": name, "effect": overloaded} for name in ("s3", "dynamodb")]
        config = self.folder / "emulator.json"
        config.write_text(json.dumps({"faults": faults}))
        arguments = ["emulator", "--until-stdin-ends", "--config", str(config)]
        process, self.aws = start(arguments, self.env, self.folder / "emulator.log")
        return process

    def configuration(self):
        role = '[[role]]\nname = "developers"\n'
        return super().configuration().replace(role, f'{role}guards = ["read-only"]\n')

    def attempts(self, operation):
        """How often it was asked for since this was last called, and how that ended."""
        lines = [line for line in self.audit_lines() if line["event"] == "request.end"]
        new, self.seen = lines[getattr(self, "seen", 0) :], len(lines)
        assert {line["operation"] for line in new} == {operation}
        (status,) = {line["status"] for line in new}
        return len(new), status


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    gateway = Failing(tmp_path_factory.mktemp("failing"))
    yield gateway
    gateway.stop()


def boto3_asks(retries):
    def ask(gateway, mode, service, operation, input):
        there = client(gateway, mode, service, retries={"mode": retries})
        with pytest.raises(botocore.exceptions.ClientError) as error:
            # As the client's method does, which is named otherwise.
            there._make_api_call(operation, dict(input))
        response = error.value.response
        return response["Error"]["Code"], 1 + response["ResponseMetadata"]["RetryAttempts"]

    return ask


def aws_asks(gateway, mode, service, operation, input):
    env = {**gateway.client_environment(mode), "AWS_RETRY_MODE": "standard"}
    command = {
        "PutObject": ["s3api", "put-object", "--bucket", BUCKET, "--key", "k"],
        "GetObject": ["s3api", "get-object", "--bucket", BUCKET, "--key", "k", os.devnull],
        "PutItem": ["dynamodb", "put-item", "--table-name", TABLE, "--item", json.dumps(ITEM)],
        "GetItem": ["dynamodb", "get-item", "--table-name", TABLE, "--key", json.dumps(ITEM)],
    }
    done = subprocess.run([str(AWS), *command[operation]], env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode
    return done.stderr.partition("(")[2].partition(")")[0], None


def javascript_asks(gateway, mode, service, operation, input):
    if not shutil.which("node") or not (HERE / "node_modules").exists():
        pytest.skip("node is not here, or its packages are not installed")
    command = ["node", str(HERE / "attempts.mjs"), service, operation, json.dumps(input)]
    said = json.loads(run(command, gateway.client_environment(mode)))
    return said["error"], said["attempts"]


clients = pytest.mark.parametrize(
    "ask",
    [boto3_asks("standard"), boto3_asks("adaptive"), aws_asks, javascript_asks],
    ids=["boto3-standard", "boto3-adaptive", "aws", "javascript"],
)


@clients
@pytest.mark.parametrize(("service", "operation", "input"), WRITES, ids=["s3", "dynamodb"])
def test_what_is_refused_is_asked_for_once(failing, mode, ask, service, operation, input):
    code, said = ask(failing, mode, service, operation, input)
    assert code == ("AccessDenied" if service == "s3" else "AccessDeniedException")
    assert said in (1, None)
    assert failing.attempts(operation) == (1, 403)


@clients
@pytest.mark.parametrize(("service", "operation", "input"), READS, ids=["s3", "dynamodb"])
def test_what_is_overloaded_is_asked_again(failing, mode, ask, service, operation, input):
    code, said = ask(failing, mode, service, operation, input)
    attempts, status = failing.attempts(operation)
    assert (code, status) == ("ServiceUnavailable", 503)
    assert attempts in STANDARD and said in (attempts, None)
