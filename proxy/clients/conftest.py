"""An emulator and a gateway in front of it, as the programs that people start."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
BINARY = os.environ.get("AWSACCESS", str(ROOT / "target/debug/awsaccess"))
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
    def __init__(self, folder):
        self.folder = folder
        self.env = plain_environment(folder)
        self.emulator, self.aws = start(["emulator", "--until-stdin-ends"], self.env, folder / "emulator.log")
        self.audit = folder / "audit.jsonl"
        config = folder / "gateway.toml"
        config.write_text(self.configuration())
        self.proxy, self.ready = start(
            ["proxy", "--config", str(config), "--json", "--until-stdin-ends"], self.env, folder / "proxy.log"
        )
        self.ca = folder / "gateway-ca.pem"
        self.ca.write_text(self.ready["ca_pem"])

    def configuration(self):
        template = (HERE / "gateway.toml").read_text()
        for name, value in {
            "EMULATOR": self.aws["endpoint_url"].removeprefix("https://localhost"),
            "STS": self.aws["endpoint_url"],
            "IMDS": self.aws["metadata_url"],
            "CA": self.aws["ca_file"],
            "AUDIT": str(self.audit),
            "KEY_ID": PLACEHOLDER_ID,
            "KEY_SECRET": PLACEHOLDER_SECRET,
            "ROLE": ROLE,
        }.items():
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

    def stop(self):
        for process in (self.proxy, self.emulator):
            process.stdin.close()
            process.wait(timeout=20)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("gateway"))
    yield gateway
    gateway.stop()
    # Whatever was written: no placeholder secret, no real one.
    written = b"".join(path.read_bytes() for path in gateway.folder.glob("*.log")) + gateway.audit.read_bytes()
    secrets = [PLACEHOLDER_SECRET, *(user["secret_access_key"] for user in gateway.aws["users"])]
    for secret in secrets:
        assert secret.encode() not in written, "a secret was logged"
    sys.stdout.flush()


@pytest.fixture(params=["connect", "endpoint-url"])
def mode(request):
    return request.param
