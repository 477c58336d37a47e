"""The official AWS SDK for Rust with its own configuration, through the gateway. `drivers/sdk/test.sh` builds the client
(`RUST_SDK_CLIENT`) and runs this: the SDK takes minutes to build, so that it is part of `make interop`."""

import json
import os

import pytest

from conftest import rust_sdk
from test_moto import moto  # noqa: F401
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
