"""An emulator and a gateway in front of it, as the programs that people start."""

import json
import os
import pathlib
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
    return {**kept, "HOME": str(home), "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}


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
        return [json.loads(line) for line in self.audit.read_text().splitlines()]

    def stop_upstream(self):
        self.upstream.stdin.close()

    def stop(self):
        """Ends everything, and looks through whatever was written: no placeholder secret, no real one."""
        self.proxy.stdin.close()
        self.proxy.wait(timeout=20)
        self.stop_upstream()
        self.upstream.wait(timeout=20)
        written = b"".join(path.read_bytes() for path in self.folder.glob("*.log")) + self.audit.read_bytes()
        for secret in self.secrets():
            assert secret.encode() not in written, "a secret was logged"


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    yield gateway
    gateway.stop()


def client(gateway, mode, service, secret=PLACEHOLDER_SECRET, **more):
    """A boto3 client that tries once."""
    config = {"retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path" if mode != "connect" else "auto"}}
    options = {}
    if mode == "connect":
        config["proxies"] = {"https": f"http://{gateway.ready['address']}"}
        options["verify"] = str(gateway.ca)
    else:
        options["endpoint_url"] = f"http://{gateway.ready['address']}"
    session = boto3.session.Session(PLACEHOLDER_ID, secret, region_name="us-east-1")
    return session.client(service, config=botocore.config.Config(**config, **more), **options)


def run(command, env, **options):
    """Runs a program, which must succeed; what it printed."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    assert PLACEHOLDER_SECRET not in done.stdout + done.stderr
    return done.stdout


@pytest.fixture(params=["connect", "endpoint-url"])
def mode(request):
    return request.param
