"""Programs that nobody here wrote, started by `awsaccess run`, `aws` and `terraform`: through a gateway of their own, or one
that runs; and what becomes of their signals, exit codes and terminals."""

import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time

import pytest

from conftest import (
    BINARY,
    HERE,
    PLACEHOLDER_ID,
    PLACEHOLDER_SECRET,
    plain_environment,
    terraform_state,
    whole_lines,
)

ARN = "arn:aws:sts::222222222222:assumed-role/developer/alice"
VENV = pathlib.Path(sys.executable).parent
HOSTILE = {
    "AWS_ACCESS_KEY_ID": "AKIAANOTHER",
    "AWS_SECRET_ACCESS_KEY": "another-secret-of-the-shell-9d8c7b",
    "AWS_SESSION_TOKEN": "another-token-of-the-shell-9d8c7b",
    "AWS_SECURITY_TOKEN": "another-token-of-the-shell-9d8c7b",
    "AWS_CREDENTIAL_EXPIRATION": "2001-01-01T00:00:00Z",
    "AWS_PROFILE": "nobody",
    "AWS_DEFAULT_PROFILE": "nobody",
    "AWS_REGION": "moon-west-1",
    "AWS_DEFAULT_REGION": "moon-west-1",
    "AWS_ACCOUNT_ID": "999999999999",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/other",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_CA_BUNDLE": "/nonexistent",
    "NODE_EXTRA_CA_CERTS": "/nonexistent",
    "SSL_CERT_FILE": "/nonexistent",
    "REQUESTS_CA_BUNDLE": "/nonexistent",
    "CURL_CA_BUNDLE": "/nonexistent",
    "NO_PROXY": "amazonaws.com,.internal.test",
    "no_proxy": "*",
}
# They stay what they are where there is no TLS.
TRUST = {"AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
# A gateway of one's own goes by the proxy of the shell itself, as it may have to; one that runs does not care.
PROXIED = {"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}


class Desk:
    """A user with a configuration, and no gateway that runs for them."""

    def __init__(self, gateway, folder, sealed=False):
        self.folder = folder
        self.config = folder / "gateway.toml"
        text = gateway.configuration().replace(str(gateway.audit), str(folder / "audit.jsonl"))
        self.config.write_text(text + ('\n[sealed]\nkey_file = "gateway.keys"\n' if sealed else ""))
        self.env = {
            **plain_environment(folder),
            "PATH": f"{pathlib.Path(BINARY).parent}:{VENV}:{os.environ['PATH']}",
            "AWSACCESS_CONFIG": str(self.config),
        }

    def awsaccess(self, *arguments, status=0, env=None, **options):
        done = subprocess.run(
            [BINARY, *map(str, arguments)], env={**self.env, **(env or {})}, capture_output=True, timeout=600, **options
        )
        assert done.returncode == status, f"{arguments}: {done.returncode} {done.stdout!r} {done.stderr.decode()}"
        return done

    def out(self, *arguments, **options):
        return self.awsaccess(*arguments, **options).stdout.decode()

    def start(self, *arguments, **options):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "preexec_fn": undo_ignoring, **options}
        return subprocess.Popen([BINARY, *map(str, arguments)], env=self.env, **pipes)

    def requests(self):
        return [line for line in whole_lines(self.folder / "audit.jsonl") if line["event"] == "request.end"]


@pytest.fixture
def desk(gateway, tmp_path):
    return Desk(gateway, tmp_path)


@pytest.fixture
def with_mode(mode):
    return {} if mode == "connect" else {"AWSACCESS_ENDPOINT_URL_MODE": "true"}


# Real clients


def test_aws_whatever_the_shell_had(desk, with_mode):
    done = desk.awsaccess("run", "--", "aws", "sts", "get-caller-identity", env={**HOSTILE, **with_mode})
    assert json.loads(done.stdout)["Arn"] == ARN
    assert not done.stderr, "only the program speaks"


def test_aws_whatever_the_configuration_file_says_of_endpoints(desk, with_mode):
    file = desk.folder / "config"
    past = "http://127.0.0.1:1"
    file.write_text(f"[default]\nendpoint_url = {past}\nservices = past\n[services past]\nsts =\n  endpoint_url = {past}\n")
    done = desk.awsaccess(
        "run", "--", "aws", "sts", "get-caller-identity", env={**with_mode, "AWS_CONFIG_FILE": str(file)}
    )
    assert json.loads(done.stdout)["Arn"] == ARN


def test_aws_s3(desk, with_mode):
    (desk.folder / "file").write_bytes(os.urandom(12 << 20))
    desk.awsaccess("aws", "s3", "cp", "--quiet", desk.folder / "file", "s3://demo-bucket/by run", env=with_mode)
    listed = desk.out("aws", "s3", "ls", "s3://demo-bucket/", env=with_mode)
    assert "by run" in listed
    desk.awsaccess("aws", "s3", "cp", "--quiet", "s3://demo-bucket/by run", desk.folder / "back", env=with_mode)
    assert (desk.folder / "back").read_bytes() == (desk.folder / "file").read_bytes()
    assert {line["subject"] for line in desk.requests()} == {"alice"}


def test_all_arguments_are_the_programs(desk):
    assert desk.out("aws", "--version").startswith("aws-cli/")
    echo = desk.folder / "bin" / "terraform"
    echo.parent.mkdir()
    echo.write_text("#!/bin/sh\nprintf '<%s>' \"$@\"\n")
    echo.chmod(0o755)
    path = {"PATH": f"{echo.parent}:{desk.env['PATH']}"}
    arguments = ["-chdir=a b", "--help", "--name", "--config", "x", "--", "-h", "*", ""]
    said = desk.out("terraform", *arguments, env=path)
    assert said == "".join(f"<{argument}>" for argument in arguments)
    assert desk.out("run", "terraform", *arguments, env=path) == said
    assert desk.out("run", "--", "terraform", *arguments, env=path) == said


def test_boto3_and_what_botocore_reads(desk, with_mode):
    script = """
import boto3, botocore.session, json
session = botocore.session.get_session()
keys = session.get_credentials().get_frozen_credentials()
print(json.dumps({
    "arn": boto3.client("sts").get_caller_identity()["Arn"],
    "tables": boto3.client("dynamodb").list_tables()["TableNames"],
    "method": session.get_credentials().method,
    "key": keys.access_key,
    "region": session.get_config_variable("region"),
    "account": session.get_config_variable("account_id_endpoint_mode"),
    "bundle": session.get_config_variable("ca_bundle"),
}))"""
    saw = json.loads(desk.out("run", "--", sys.executable, "-c", script, env={**HOSTILE, **with_mode}))
    assert saw["arn"] == ARN and "demo-table" in saw["tables"]
    assert saw["method"] == "env" and saw["key"].startswith("AGWP")
    assert saw["region"] == "us-east-1"


def test_javascript_sdk(desk, with_mode):
    if not shutil.which("node") or not (HERE / "node_modules").exists():
        pytest.skip("node is not here, or its packages are not installed")
    names = {"BUCKET": "demo-bucket", "TABLE": "demo-table"}
    saw = json.loads(desk.out("run", "--", "node", HERE / "sdk.mjs", env={**HOSTILE, **names, **with_mode}))
    assert saw["arn"] == ARN


def test_curl_and_java_trust_it(desk):
    if shutil.which("curl"):
        answer = desk.out("run", "--", "curl", "-sS", "https://sts.amazonaws.com/", env=HOSTILE)
        assert "MissingAuthenticationToken" in answer
    if not shutil.which("java"):
        pytest.skip("java is not on the path")
    shake = f'java "{HERE / "Handshake.java"}" "$HTTPS_PROXY" dynamodb.us-east-1.amazonaws.com'
    assert "CN=awsaccess gateway" in desk.out("run", "--java", "--", "sh", "-c", shake)
    refused = desk.awsaccess("run", "--", "sh", "-c", shake, status=1)
    assert b"PKIX path building failed" in refused.stderr


def names_that_are_read():
    """Every AWS_ variable that the installed SDKs name in their code."""
    import botocore

    sources = [pathlib.Path(botocore.__file__).parent.glob("*.py")]
    modules = HERE / "node_modules"
    sources += [modules.glob(f"@{scope}/*/dist-cjs/**/*.js") for scope in ("aws-sdk", "smithy")]
    pattern = re.compile(r"[\"'`.](AWS_[A-Z0-9_]+)[\"'`\])., ;]")
    # The clients of services have enumerations with such names.
    paths = (path for paths in sources for path in paths if "/client-" not in str(path) and "/nested-clients/" not in str(path))
    return {name for path in paths for name in pattern.findall(path.read_text())}


# What changes neither whose keys are used nor where a request goes, or is the user's to say.
HARMLESS = re.compile(
    "AWS_(CONFIG_FILE|SHARED_CREDENTIALS_FILE|DATA_PATH|CSM_.*|EXECUTION_ENV|LAMBDA_.*|SDK_.*|.*RETRY.*|MAX_ATTEMPTS"
    "|DEFAULTS_MODE|.*COMPRESSION.*|.*CHECKSUM.*|USE_(FIPS|DUALSTACK)_ENDPOINT|STS_REGIONAL_ENDPOINTS"
    "|S3_US_EAST_1_REGIONAL_ENDPOINT|S3_USE_ARN_REGION|S3_DISABLE.*|.*EXPRESS.*|SIGV4A_.*|AUTH_SCHEME_PREFERENCE"
    "|ACCOUNT_ID_ENDPOINT_MODE|ENDPOINT_DISCOVERY_ENABLED|ENABLE_ENDPOINT_DISCOVERY|DISABLE_.*|METADATA_SERVICE_.*|IMDS_.*"
    "|EC2_METADATA_V1_DISABLED|EC2_METADATA_TOKEN.*|LOGIN_CACHE_DIRECTORY|NODEJS_.*|TOOLS_.*|XRAY_.*|.*USER_AGENT.*"
    "|ENABLE_DEFAULT_SOCKET_TIMEOUT.*|S3_FORCE_PATH_STYLE|S3_USE_GLOBAL_ENDPOINT|CONTAINER_|BEARER_TOKEN_|ENDPOINT_URL_)"
)


def test_what_the_sdks_read_is_set_or_unset_or_harmless(desk):
    """A variable that a newer SDK reads makes this fail, and somebody look at it."""
    connect(desk, "127.0.0.1:1")
    told = json.loads(desk.out("env", "--format", "json"))
    known = {*told["set"], *told["unset"]}
    read = names_that_are_read()
    assert {"AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ROLE_ARN"} <= read, "the pattern finds them"
    strange = {name for name in read - known if not HARMLESS.fullmatch(name)}
    assert not strange


def test_terraform_with_its_state_in_s3(desk, mode, with_mode):
    if not shutil.which("terraform"):
        pytest.skip("terraform is not on the path")
    folder = desk.folder / "tf"
    folder.mkdir()
    key = f"state/{mode}.tfstate"
    quiet = ["-input=false", "-no-color"]
    hostile = {name: value for name, value in HOSTILE.items() if not (with_mode and name in TRUST)}
    env = {**hostile, **with_mode, "CHECKPOINT_DISABLE": "1"}

    def terraform(*arguments):
        return desk.out("terraform", *arguments, env=env, cwd=folder)

    terraform_state(terraform, folder, "demo-bucket", key)
    assert key in desk.out("aws", "s3", "ls", "--recursive", "s3://demo-bucket/state/")
    # What it says with its exit code is passed on: 2 is "there are changes".
    desk.awsaccess("terraform", "plan", "-detailed-exitcode", *quiet, env=env, cwd=folder, status=2)
    seen = {(line["operation"], line["mode"]) for line in desk.requests() if f"key:{key}" in line.get("resources", [])}
    ways = {way for _, way in seen}
    assert {"PutObject", "GetObject"} <= {operation for operation, _ in seen}
    assert ways == {"intercept" if mode == "connect" else "endpoint-url"}, seen


SHELLS = [
    ("ssm", ["ssm", "start-session", "--target", "i-0123456789abcdef0"], "StartSession"),
    (
        "ecs",
        ["ecs", "execute-command", "--cluster", "c", "--task", "t1", "--container", "app", "--interactive", "--command", "sh"],
        "ExecuteCommand",
    ),
]


@pytest.mark.parametrize(("service", "command", "operation"), SHELLS, ids=["ssm", "ecs"])
def test_a_shell_in_a_machine_or_a_container(gateway, desk, service, command, operation):
    """The call is signed again; the channel that the command then opens has a token of its own, and passes by the proxy."""
    if not shutil.which("node") or not (HERE / "node_modules/ssm-session").exists():
        pytest.skip("node is not here, or its packages are not installed")
    plugin = desk.folder / "plugin" / "session-manager-plugin"
    plugin.parent.mkdir()
    # As a script of its own it finds its modules beside itself.
    plugin.write_text(f'#!/bin/sh\nexec node "{HERE / "channel.mjs"}" "$@"\n')
    plugin.chmod(0o755)
    env = {**HOSTILE, "PATH": f"{plugin.parent}:{desk.env['PATH']}", "CHANNEL_CA": gateway.aws["ca_file"]}
    said = desk.out("aws", *command, env=env)
    assert re.search(r"session-[a-z0-9]{17} said: uname -a", said), said
    lines = [json.loads(line) for line in (desk.folder / "audit.jsonl").read_text().splitlines()]
    ended = {line["event"] for line in lines if line.get("operation") == operation and line.get("status") == 200}
    assert ended == {"request.end"}
    tunnels = [line for line in lines if line["event"] == "tunnel.begin"]
    assert [line["host"] for line in tunnels] == ["ssmmessages.us-east-1.amazonaws.com:443"]


# A gateway that runs


def connect(desk, address, *more, name="demo"):
    triple = {"access_key_id": PLACEHOLDER_ID, "secret_access_key": PLACEHOLDER_SECRET}
    arguments = ["connect", name, "--from-stdin", "--address", address, "--config", desk.config, *more]
    desk.awsaccess(*arguments, input=json.dumps(triple).encode())


def test_a_gateway_that_runs_is_used(gateway, desk, with_mode):
    connect(desk, gateway.ready["address"], "--ca-file", gateway.ca)
    before = len(gateway.audit_lines())
    assert json.loads(desk.out("aws", "sts", "get-caller-identity", env={**HOSTILE, **PROXIED, **with_mode}))["Arn"] == ARN
    assert len(gateway.audit_lines()) > before
    # And by the shell, as it is printed.
    line = 'eval "$(awsaccess env --format env)" && aws sts get-caller-identity --query Arn --output text'
    shell = subprocess.run(["sh", "-c", line], env={**desk.env, **HOSTILE, **PROXIED}, capture_output=True, text=True, timeout=600)
    assert shell.stdout.strip() == ARN, shell.stderr
    if shutil.which("fish"):
        line = "awsaccess env --format fish | source; aws sts get-caller-identity --query Arn --output text"
        shell = subprocess.run(["fish", "-c", line], env={**desk.env, **HOSTILE, **PROXIED}, capture_output=True, text=True, timeout=600)
        assert shell.stdout.strip() == ARN, shell.stderr
    desk.awsaccess("disconnect", "demo")
    assert desk.out("connections") == ""


def test_a_dotenv_file_is_read_as_it_was_meant(gateway, desk):
    connect(desk, gateway.ready["address"], "--ca-file", gateway.ca)
    lines = desk.out("env", "--format", "dotenv").splitlines()
    variables = dict(line.split("=", 1) for line in lines)
    assert not any(value.startswith('"') for value in variables.values()), "nothing here needs quotes"
    env = {"PATH": desk.env["PATH"], "HOME": str(desk.folder), **variables}
    done = subprocess.run(["aws", "sts", "get-caller-identity"], env=env, capture_output=True, text=True, timeout=600)
    assert json.loads(done.stdout)["Arn"] == ARN, done.stderr


# The program's signals, exit code, streams and terminal


@pytest.mark.parametrize("running", [False, True])
def test_the_exit_code_is_the_programs(gateway, desk, running):
    if running:
        connect(desk, gateway.ready["address"], "--ca-file", gateway.ca)
        desk.env.pop("AWSACCESS_CONFIG")
    for code in (0, 1, 2, 37, 255):
        desk.awsaccess("run", "--", "sh", "-c", f"exit {code}", status=code)
    by_signal = {"KILL": 137, "TERM": 143, "INT": 130, "SEGV": 139}
    for name, code in by_signal.items():
        # Where we are no longer there, the signal itself is what is seen; a shell says the same of both.
        shell = subprocess.run(
            ["sh", "-c", f'"$0" run -- sh -c "kill -{name} \\$\\$"; exit $?', BINARY],
            env=desk.env, stderr=subprocess.DEVNULL, preexec_fn=undo_ignoring,
        )
        assert shell.returncode == code, name


def test_streams_are_the_programs(desk):
    data = os.urandom(1 << 20)
    assert desk.awsaccess("run", "--", "cat", input=data).stdout == data
    done = desk.awsaccess("run", "--", "sh", "-c", "echo out; echo err >&2")
    assert (done.stdout, done.stderr) == (b"out\n", b"err\n")


def undo_ignoring():
    """Where the tests run in the background, these are ignored from the start, and so by all that they start."""
    for name in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)


WAITS = """
import os, signal, sys
wanted = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2]
signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
print("ready", os.environ["HTTPS_PROXY"], os.environ["AWS_CA_BUNDLE"], os.getpid(), flush=True)
while True:
    got = signal.sigwait(wanted)
    print(got.name, flush=True)
    if got == signal.SIGUSR2:
        sys.exit(7)
"""


def listens(host, port):
    """Whether somebody takes connections there. One that the system made with itself says nothing."""
    try:
        with socket.create_connection((host, port)) as there:
            return there.getsockname() != there.getpeername()
    except OSError:
        return False


def test_signals_are_passed_on_each_once(desk):
    child = desk.start("run", "--", sys.executable, "-c", WAITS)
    word, proxy, bundle, _ = child.stdout.readline().decode().split()
    assert word == "ready"
    host, port = proxy.removeprefix("http://").split(":")
    assert listens(host, int(port))
    folder = pathlib.Path(bundle).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGINT", "SIGUSR2"):
        child.send_signal(getattr(signal, name))
        assert child.stdout.readline().decode().strip() == name
    assert child.stdout.read() == b"", "and no more of them"
    assert child.wait(timeout=60) == 7
    assert not folder.exists(), "the gateway ended with its program"
    assert not listens(host, int(port))


def test_a_signal_ends_the_program_and_then_us(desk):
    for name, code in (("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 130), ("SIGQUIT", 131)):
        child = desk.start("run", "--", "sh", "-c", "ulimit -c 0; echo $AWS_CA_BUNDLE; exec cat")
        bundle = pathlib.Path(child.stdout.readline().decode().strip())
        assert bundle.exists()
        child.send_signal(getattr(signal, name))
        assert child.wait(timeout=60) == code
        assert not bundle.parent.exists(), "nothing is left lying about"
        child.stdin.close()
        child.stdout.close()


def test_what_was_ignored_stays_ignored(desk):
    child = desk.start(
        "run", "--", "sh", "-c", "grep SigIgn /proc/$$/status; read line; exit 5",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    ignored = int(child.stdout.readline().decode().split()[1], 16)
    assert ignored & (1 << (signal.SIGHUP - 1)), "as with nohup"
    child.send_signal(signal.SIGHUP)
    child.stdin.write(b"go on\n")
    child.stdin.close()
    assert child.wait(timeout=60) == 5


LEADER = """
import fcntl, os, signal, sys, termios
# A shell as small as can be: a session with a terminal, and one job in its foreground.
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status):
        break
    print("job stopped", flush=True)
    sys.stdin.readline()
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
print("job ended", os.waitstatus_to_exitcode(status), flush=True)
"""
JOB = """
import os, signal, sys
interrupts = []
signal.signal(signal.SIGINT, lambda *_: interrupts.append(1))
# It may come while a line is being printed, into which nothing else can be.
signal.signal(signal.SIGUSR1, lambda *_: (os.write(1, b"interrupts %d\\n" % len(interrupts)), os._exit(3)))
print("foreground", os.getpgrp() == os.tcgetpgrp(0), os.getppid(), os.getpid(), flush=True)
while True:
    line = sys.stdin.readline()
    print("line", line.strip(), flush=True)
"""
# Out of the terminal's reach: an interrupt that comes was passed on.
APART = """
import os, signal, sys
interrupts = []
wanted = [signal.SIGINT, signal.SIGUSR1]
signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
os.setpgid(0, 0)
print("apart", os.getppid(), flush=True)
print("got", signal.sigwait(wanted).name, flush=True)
"""


class Terminal:
    def __init__(self, desk, job, echo=False):
        self.master, slave = pty.openpty()
        attributes = termios.tcgetattr(slave)
        if not echo:
            attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        self.leader = subprocess.Popen(
            [sys.executable, "-c", LEADER, BINARY, "run", "--", sys.executable, "-c", job],
            stdin=slave, stdout=slave, stderr=slave, env=desk.env, start_new_session=True, preexec_fn=undo_ignoring,
        )
        os.close(slave)
        self.seen = b""

    def type(self, keys):
        os.write(self.master, keys)

    def line(self, word, end=b"\n"):
        line = b""
        while not line.endswith(end):
            line += os.read(self.master, 1)
        self.seen += line
        line = line.decode().strip()
        assert line.startswith(word), self.seen
        return line

    def ends(self, code):
        assert self.line("job ended") == f"job ended {code}"
        assert self.leader.wait(timeout=60) == 0
        os.close(self.master)


def wait_until_stopped(pid):
    """The leader hears that its own child has stopped; the program below, which still reads, may be on its way there."""
    stat = pathlib.Path(f"/proc/{pid}/stat")
    until = time.monotonic() + 120
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < until, "it does not stop"
        time.sleep(0.01)


def test_the_terminal_is_the_programs(desk):
    terminal = Terminal(desk, JOB)
    _, is_foreground, awsaccess, program = terminal.line("foreground").split()
    assert is_foreground == "True"
    terminal.type(b"typed\n")
    assert terminal.line("line") == "line typed"
    terminal.type(b"\x03after the interrupt\n")
    assert terminal.line("line") == "line after the interrupt"
    terminal.type(b"\x1a")
    terminal.line("job stopped")
    wait_until_stopped(program)
    terminal.type(b"go on\n")
    terminal.type(b"continued\n")
    assert terminal.line("line") == "line continued"
    os.kill(int(awsaccess), signal.SIGUSR1)
    assert terminal.line("interrupts") == "interrupts 1"
    terminal.ends(3)


def test_what_the_terminal_sends_is_not_sent_again(desk):
    """A second interrupt means something else to terraform and others."""
    terminal = Terminal(desk, APART, echo=True)
    _, awsaccess = terminal.line("apart").split()
    terminal.type(b"\x03")
    # It is echoed once it was sent.
    assert terminal.line("^C", end=b"^C") == "^C"
    os.kill(int(awsaccess), signal.SIGUSR1)
    assert terminal.line("got") == "got SIGUSR1"
    terminal.ends(0)
