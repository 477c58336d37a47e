"""boto3, the common runtime and the `aws` command through the gateway to s3s over a folder: an S3 server that nobody here
wrote, which verifies with its own code. `peers/test.sh` builds the two (`S3S_GATEWAY`) and runs this."""

import filecmp
import json
import os
import subprocess
import sys

import botocore.exceptions
import pytest

from conftest import AWS, HERE, PLACEHOLDER_ID, PLACEHOLDER_SECRET, Gateway, client, plain_environment, plain_terraform, run
from test_clients import put_signed_chunks

pytestmark = pytest.mark.s3s
BUCKET = "peer-bucket"


class BeforeS3s(Gateway):
    """A gateway and s3s in one program."""

    def __init__(self, folder):
        self.folder, self.env, self.audit = folder, plain_environment(folder), folder / "audit.jsonl"
        with open(folder / "gateway.log", "wb") as log:
            command = [os.environ["S3S_GATEWAY"], str(self.audit), PLACEHOLDER_ID]
            env = {**self.env, "PLACEHOLDER_SECRET": PLACEHOLDER_SECRET}
            self.proxy = self.upstream = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=env
            )
        self.ready = json.loads(self.proxy.stdout.readline())
        self.ca = folder / "gateway-ca.pem"
        self.ca.write_text(self.ready["ca_pem"])

    def stop_upstream(self):
        pass

    def secrets(self):
        return [PLACEHOLDER_SECRET, "the-secret-that-the-s3-server-knows"]


@pytest.fixture(scope="module")
def s3s(tmp_path_factory):
    gateway = BeforeS3s(tmp_path_factory.mktemp("s3s"))
    client(gateway, "connect", "s3").create_bucket(Bucket=BUCKET)
    yield gateway
    gateway.stop()


@pytest.mark.parametrize("key", ["plain", "a b", "a+b", "é", "@=*()!'", "d/e"])
def test_objects(s3s, mode, key):
    """With the checksums that boto3 sends by itself."""
    s3 = client(s3s, mode, "s3")
    body = os.urandom(300_000)
    s3.put_object(Bucket=BUCKET, Key=f"{mode}/{key}", Body=body)
    assert s3.get_object(Bucket=BUCKET, Key=f"{mode}/{key}")["Body"].read() == body
    # s3s does not encode the keys of a listing, although boto3 asks it to, and decodes what comes.
    listed = f"{mode}/{key}".replace("+", " ")
    assert listed in [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]


def test_aws_cli(s3s, mode, tmp_path):
    env = s3s.client_environment(mode)
    here, back = tmp_path / "here", tmp_path / "back"
    here.write_bytes(os.urandom(20 << 20))
    run([str(AWS), "s3", "cp", "--quiet", str(here), f"s3://{BUCKET}/{mode}/cli"], env)
    run([str(AWS), "s3", "cp", "--quiet", f"s3://{BUCKET}/{mode}/cli", str(back)], env)
    assert filecmp.cmp(here, back, shallow=False)


def test_the_common_runtime(s3s, mode, tmp_path):
    env = s3s.client_environment(mode)
    here, back = tmp_path / "here", tmp_path / "back"
    here.write_bytes(os.urandom(12 << 20))
    run([sys.executable, str(HERE / "transfer.py"), BUCKET, f"{mode}/crt", str(here), str(back)], env)
    assert filecmp.cmp(here, back, shallow=False)


def test_aws_cli_sync(s3s, mode, tmp_path):
    env = s3s.client_environment(mode)
    here, back = tmp_path / "here", tmp_path / "back"
    # Neither a plus nor a percent sign: see above.
    names = ["plain", "a b", "é", "日本", "#hash", "@=*()!'", "~", "q&a=1", "semi;colon", "[x]", "{y}", "d/a..b"]
    for name in names:
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(os.urandom(100))
    run([str(AWS), "s3", "sync", "--quiet", str(here), f"s3://{BUCKET}/sync {mode}"], env)
    run([str(AWS), "s3", "sync", "--quiet", f"s3://{BUCKET}/sync {mode}", str(back)], env)
    assert all((here / name).read_bytes() == (back / name).read_bytes() for name in names)


@pytest.mark.parametrize("trailer", [False, True])
def test_signed_chunks(s3s, trailer):
    s3 = client(s3s, "endpoint-url", "s3")
    for length in (5, 65_536, 300_000):
        data = os.urandom(length)
        status, reply = put_signed_chunks(s3s, "chunked", data, trailer, bucket=BUCKET)
        assert status == 200, reply
        assert s3.get_object(Bucket=BUCKET, Key="chunked")["Body"].read() == data


def test_javascript_sdk(s3s, mode):
    if not (HERE / "node_modules").exists():
        pytest.skip("node is not here, or its packages are not installed")
    saw = json.loads(run(["node", str(HERE / "sdk.mjs")], {**s3s.client_environment(mode), "BUCKET": BUCKET}))
    assert "js/é" in saw["keys"] and saw["large"] == 12 << 20


def test_terraform_with_its_state_in_s3(s3s, mode, tmp_path):
    # There is no STS behind this gateway.
    plain_terraform(s3s, mode, tmp_path, BUCKET, "skip_credentials_validation = true\nskip_requesting_account_id = true")


def test_a_wrong_secret_does_not_pass(s3s, mode):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        client(s3s, mode, "s3", secret="not-the-placeholder-secret").list_buckets()
    assert error.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
