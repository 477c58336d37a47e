"""boto3, the common runtime and the `aws` command through the gateway to s3s over a folder: an S3 server that nobody here
wrote, which verifies with its own code. `peers/test.sh` builds the two (`S3S_GATEWAY`) and runs this."""

import json
import os
import subprocess

import botocore.exceptions
import pytest

import chunks
import programs
from conftest import PLACEHOLDER_ID, PLACEHOLDER_SECRET, Gateway, client, plain_environment, plain_terraform, rust_sdk

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


def test_multipart_copy_range_head_delete(s3s, mode):
    programs.parts_and_copies(s3s, mode, BUCKET)


def test_aws_cli(s3s, mode, tmp_path):
    programs.aws_copies(s3s, mode, tmp_path, BUCKET)


def test_the_common_runtime(s3s, mode, tmp_path):
    programs.the_common_runtime_copies(s3s, mode, tmp_path, BUCKET)


def test_aws_cli_sync(s3s, mode, tmp_path):
    # Neither a plus nor a percent sign: see above.
    names = [name for name in programs.ODD_NAMES if not set(name) & set("+%")]
    programs.aws_syncs(s3s, mode, tmp_path, BUCKET, names)


def test_default_upload_with_trailing_checksum(s3s):
    programs.a_stream_has_a_trailing_checksum(s3s, BUCKET)


def test_presigned_link_through_the_gateway(s3s):
    programs.a_link_is_followed(s3s, BUCKET)


@pytest.mark.parametrize("kind", [chunks.SIGNED, chunks.SIGNED_TRAILER])
def test_signed_chunks(s3s, kind):
    # An empty object in chunks is more than s3s takes.
    programs.signed_chunks_arrive(s3s, BUCKET, kind, lengths=(5, 65_536, 300_000))


def test_javascript_sdk(s3s, mode):
    programs.the_javascript_sdk_works(s3s, mode, BUCKET)


@pytest.mark.skipif("RUST_SDK_CLIENT" not in os.environ, reason="the suite sdk builds the client in Rust")
def test_rust_sdk(s3s, mode):
    # In a folder there are no two slashes behind each other.
    assert rust_sdk(s3s, mode, BUCKET=BUCKET) == {"objects": "6", "large": str((10 << 20) + 1000)}


def test_terraform_with_its_state_in_s3(s3s, mode, tmp_path):
    # There is no STS behind this gateway.
    plain_terraform(s3s, mode, tmp_path, BUCKET, "skip_credentials_validation = true\nskip_requesting_account_id = true")


def test_a_wrong_secret_does_not_pass(s3s, mode):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        client(s3s, mode, "s3", secret="not-the-placeholder-secret").list_buckets()
    assert error.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
