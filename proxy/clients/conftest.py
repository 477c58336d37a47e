"""An emulator and a gateway in front of it, as the programs that people start."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import boto3
import botocore.config
import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
BINARY = os.environ.get("AWSACCESS", str(ROOT / "target/debug/awsaccess"))
AWS = pathlib.Path(sys.executable).parent / "aws"
PLACEHOLDER_ID = "AKIAPLACEHOLDERALICE"
PLACEHOLDER_SECRET = "placeholder-secret-of-alice-1234567890"
ROLE = "arn:aws:iam::222222222222:role/developer"


def start(arguments, env, log):
    """Starts a program that prints one line of JSON when it is ready, and stops when its standard input ends."""
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [BINARY, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, env=env
        )
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{arguments[0]} did not start: {pathlib.Path(log).read_text()}")
    return process, json.loads(line)


def plain_environment(home):
    """Nothing of AWS's, and nobody's home."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    nowhere = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    # The metadata is on this machine, which may be busy with something else.
    return {**kept, "HOME": str(home), **nowhere, "AWS_METADATA_SERVICE_TIMEOUT": "60"}


def whole_lines(file):
    """The records in a file that may be written to meanwhile."""
    whole, _, _ = file.read_text().rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


class Gateway:
    """A gateway, the emulator as AWS behind it, and what clients of it are given."""

    template = "gateway.toml"

    def __init__(self, folder):
        self.folder = folder
        self.env = plain_environment(folder)
        self.audit = folder / "audit.jsonl"
        self.upstream = self.start_upstream()
        config = folder / "gateway.toml"
        config.write_text(self.configuration())
        self.proxy, self.ready = start(
            ["proxy", "--config", str(config), "--json", "--until-stdin-ends"],
            {**self.env, **self.source_environment()},
            folder / "proxy.log",
        )
        self.ca = folder / "gateway-ca.pem"
        self.ca.write_text(self.ready["ca_pem"])

    def start_upstream(self):
        process, self.aws = start(["emulator", "--until-stdin-ends"], self.env, self.folder / "emulator.log")
        return process

    def source_environment(self):
        """What the gateway's own sources of credentials find in its environment."""
        return {}

    def secrets(self):
        return [PLACEHOLDER_SECRET, *(user["secret_access_key"] for user in self.aws["users"])]

    def names(self):
        return {
            "EMULATOR": self.aws["endpoint_url"].removeprefix("https://localhost"),
            "STS": self.aws["endpoint_url"],
            "IMDS": self.aws["metadata_url"],
            "CA": self.aws["ca_file"],
            "AUDIT": str(self.audit),
            "KEY_ID": PLACEHOLDER_ID,
            "KEY_SECRET": PLACEHOLDER_SECRET,
            "ROLE": ROLE,
        }

    def configuration(self):
        template = (HERE / self.template).read_text()
        for name, value in self.names().items():
            template = template.replace("{{" + name + "}}", value)
        return template

    def client_environment(self, mode):
        """What an unmodified client is given, and nothing more."""
        env = {
            **self.env,
            "AWS_ACCESS_KEY_ID": PLACEHOLDER_ID,
            "AWS_SECRET_ACCESS_KEY": PLACEHOLDER_SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        address = self.ready["address"]
        if mode == "connect":
            env |= {
                "HTTPS_PROXY": f"http://{address}",
                "https_proxy": f"http://{address}",
                "AWS_CA_BUNDLE": str(self.ca),
                "NODE_EXTRA_CA_CERTS": str(self.ca),
            }
        else:
            env |= {"AWS_ENDPOINT_URL": f"http://{address}"}
        return env

    def audit_lines(self):
        return whole_lines(self.audit)

    def stop_upstream(self):
        self.upstream.stdin.close()

    def stop(self):
        """Ends everything, and looks through whatever was written: no placeholder secret, no real one."""
        self.proxy.stdin.close()
        self.proxy.wait(timeout=120)
        self.stop_upstream()
        self.upstream.wait(timeout=120)
        written = b"".join(path.read_bytes() for path in self.folder.glob("*.log")) + self.audit.read_bytes()
        for secret in self.secrets():
            assert secret.encode() not in written, "a secret was logged"


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    yield gateway
    gateway.stop()


def client(gateway, mode, service, secret=PLACEHOLDER_SECRET, **more):
    """A boto3 client that tries once, unless it is told otherwise."""
    config = {"retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path" if mode != "connect" else "auto"}}
    config |= {"connect_timeout": 600, "read_timeout": 600}
    options = {}
    if mode == "connect":
        config["proxies"] = {"https": f"http://{gateway.ready['address']}"}
        options["verify"] = str(gateway.ca)
    else:
        options["endpoint_url"] = f"http://{gateway.ready['address']}"
    session = boto3.session.Session(PLACEHOLDER_ID, secret, region_name="us-east-1")
    return session.client(service, config=botocore.config.Config(**{**config, **more}), **options)


def run(command, env, **options):
    """Runs a program, which must succeed; what it printed."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    assert PLACEHOLDER_SECRET not in done.stdout + done.stderr
    return done.stdout


def terraform_state(terraform, folder, bucket, key, settings=""):
    """A state that terraform keeps in S3 and locks there: made, read, found unchanged, and destroyed. `terraform` runs the
    program in the folder with the words that it is given, and gives what it printed."""
    (folder / "main.tf").write_text(f"""
        terraform {{
          backend "s3" {{
            bucket       = "{bucket}"
            key          = "{key}"
            use_lockfile = true
            {settings}
          }}
        }}
        resource "terraform_data" "demo" {{ input = "through the gateway" }}
        output "said" {{ value = terraform_data.demo.output }}
    """)
    quiet = ["-input=false", "-no-color"]
    terraform("init", *quiet)
    assert "1 added" in terraform("apply", "-auto-approve", *quiet)
    assert terraform("output", "-raw", "said") == "through the gateway"
    assert "No changes" in terraform("plan", "-detailed-exitcode", *quiet)
    assert "1 destroyed" in terraform("destroy", "-auto-approve", *quiet)


def plain_terraform(gateway, mode, folder, bucket, settings=""):
    """The same by the program itself, which knows no more than its environment."""
    if not shutil.which("terraform"):
        pytest.skip("terraform is not on the path")
    env = {**gateway.client_environment(mode), "CHECKPOINT_DISABLE": "1"}
    key = f"state/{mode}.tfstate"
    terraform_state(lambda *words: run(["terraform", *words], env, cwd=folder), folder, bucket, key, settings)
    return key


def rust_sdk(gateway, mode, *words, **names):
    """What the AWS SDK for Rust saw, by the first word of each line."""
    program = os.environ["RUST_SDK_CLIENT"]
    env = {**gateway.client_environment(mode), **names}
    if mode == "connect":
        env["SSL_CERT_FILE"] = str(gateway.ca)
    return dict(line.split(" ", 1) for line in run([program, *words], env).splitlines())


@pytest.fixture(params=["connect", "endpoint-url"])
def mode(request):
    return request.param
