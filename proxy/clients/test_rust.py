"""The official AWS SDK for Rust with its own configuration, through the gateway. `drivers/sdk/test.sh` builds the client
(`RUST_SDK_CLIENT`) and runs this."""

import json
import os

import pytest

from conftest import rust_sdk
from test_moto import moto  # noqa: F401
from test_retries import BUCKET, READS, STANDARD, TABLE, WRITES, failing  # noqa: F401
from test_run import ARN, HOSTILE, desk, with_mode  # noqa: F401

pytestmark = pytest.mark.sdk
SAW = {"item": "2", "error": "ResourceNotFoundException", "objects": "7", "large": str((10 << 20) + 1000)}


def test_before_the_emulator(gateway, mode):
    before = len(gateway.audit_lines())
    assert rust_sdk(gateway, mode, BUCKET="demo-bucket", TABLE="demo-table") == {"arn": ARN, **SAW}
    lines = gateway.audit_lines()[before:]
    assert {line["mode"] for line in lines} == {"intercept" if mode == "connect" else mode}
    assert {line.get("subject") for line in lines} == {"alice"}
    assert {"UploadPart", "CompleteMultipartUpload", "PutItem"} <= {line["operation"] for line in lines}


def test_before_moto(moto, mode):  # noqa: F811
    from conftest import client

    bucket, table = f"rust-{mode}", f"rust-{mode}"
    client(moto, mode, "s3").create_bucket(Bucket=bucket)
    client(moto, mode, "dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    arn = "arn:aws:sts::123456789012:assumed-role/developer/alice"
    assert rust_sdk(moto, mode, BUCKET=bucket, TABLE=table) == {"arn": arn, **SAW}


def test_started_by_run_whatever_the_shell_had(desk, with_mode):  # noqa: F811
    env = {**HOSTILE, "BUCKET": "demo-bucket", "TABLE": "demo-table", **with_mode}
    if with_mode:
        # Without TLS the shell's certificates stay as they are, and this SDK wants to read them all the same.
        del env["SSL_CERT_FILE"]
    said = desk.out("run", "--", os.environ["RUST_SDK_CLIENT"], env=env)
    assert dict(line.split(" ", 1) for line in said.splitlines()) == {"arn": ARN, **SAW}
    lines = [json.loads(line) for line in (desk.folder / "audit.jsonl").read_text().splitlines()]
    assert {line["mode"] for line in lines if "mode" in line} == {"endpoint-url" if with_mode else "intercept"}


@pytest.mark.parametrize(("service", "operation", "input"), WRITES, ids=["s3", "dynamodb"])
def test_what_is_refused_is_asked_for_once(failing, mode, service, operation, input):  # noqa: F811
    code = rust_sdk(failing, mode, operation, BUCKET=BUCKET, TABLE=TABLE)["error"]
    assert code == ("AccessDenied" if service == "s3" else "AccessDeniedException")
    assert failing.attempts(operation) == (1, 403)


@pytest.mark.parametrize(("service", "operation", "input"), READS, ids=["s3", "dynamodb"])
def test_what_is_overloaded_is_asked_again(failing, mode, service, operation, input):  # noqa: F811
    assert rust_sdk(failing, mode, operation, BUCKET=BUCKET, TABLE=TABLE)["error"] == "ServiceUnavailable"
    attempts, status = failing.attempts(operation)
    assert attempts in STANDARD and status == 503
