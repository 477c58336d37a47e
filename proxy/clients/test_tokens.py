"""Tokens that clients sign on their own, with nobody between: made with the placeholder, and made good by the gateway, they
are what the same client makes with the real keys at the same time."""

import base64
import contextlib
import datetime
import http.server
import json
import re
import subprocess
import sys
import threading
import urllib.parse
from unittest import mock

import botocore.session
import pytest
from botocore.signers import generate_db_auth_token
from conftest import AWS, BINARY, PLACEHOLDER_ID, PLACEHOLDER_SECRET, Gateway, run

REAL = ("ASIAREALREALREALREAL", "real-secret-that-sts-gave-0000000000001", "real+token/that-sts-gave==")
CLUSTER = "prod"


class Sts(http.server.BaseHTTPRequestHandler):
    """STS as far as it gives keys that this test knows."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
        arn = "arn:aws:sts::222222222222:assumed-role/developer/alice"
        body = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
            <AssumedRoleUser><Arn>{arn}</Arn><AssumedRoleId>AROA:alice</AssumedRoleId></AssumedRoleUser>
            <Credentials><AccessKeyId>{REAL[0]}</AccessKeyId><SecretAccessKey>{REAL[1]}</SecretAccessKey>
            <SessionToken>{REAL[2]}</SessionToken><Expiration>{ends:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>
            </AssumeRoleResult></AssumeRoleResponse>""".encode()
        self.send_response(200)
        self.send_header("content-type", "text/xml")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class WithKnownKeys(Gateway):
    """A gateway whose real keys are known here."""

    def start_upstream(self):
        self.sts = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts)
        threading.Thread(target=self.sts.serve_forever, daemon=True).start()
        return super().start_upstream()

    def names(self):
        return {**super().names(), "STS": f"http://127.0.0.1:{self.sts.server_port}"}

    def secrets(self):
        return [*super().secrets(), *REAL[1:]]

    def stop(self):
        super().stop()
        self.sts.shutdown()


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    gateway = WithKnownKeys(tmp_path_factory.mktemp("known"))
    yield gateway
    gateway.stop()


@contextlib.contextmanager
def at(moment):
    """botocore reads the clock itself, also where it signs with the common runtime."""
    with contextlib.ExitStack() as stack:
        for module in {"botocore.auth", "botocore.crt.auth"} & sys.modules.keys():
            stack.enter_context(mock.patch(f"{module}.get_current_datetime", lambda *_, **__: moment))
        yield


def client(service, keys):
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    session = botocore.session.Session()
    return session.create_client(service, region_name="us-east-1", **dict(zip(names, keys, strict=False)))


def presigned(service, url, keys, expires=900, headers=None):
    """As AWS's own recipes make tokens that no client has an operation for."""
    sts = client("sts", keys)
    request = {"method": "GET", "url": url, "body": {}, "headers": headers or {}, "context": {}}
    return sts._request_signer.generate_presigned_url(
        request, operation_name="connect", expires_in=expires, region_name="us-east-1", signing_name=service
    )


def rds(keys):
    return generate_db_auth_token(client("rds", keys), "db.x.us-east-1.rds.amazonaws.com", 5432, "app")


def dsql(keys):
    return client("dsql", keys).generate_db_connect_auth_token("abc.dsql.us-east-1.on.aws")


def cache(keys):
    return presigned("elasticache", "https://cache/?Action=connect&User=app", keys).removeprefix("https://")


def memory(keys):
    return presigned("memorydb", "https://store/?Action=connect&User=app", keys).removeprefix("https://")


def msk(keys):
    """With what MSK's signers add when all is signed."""
    url = presigned("kafka-cluster", "https://kafka.us-east-1.amazonaws.com/?Action=kafka-cluster%3AConnect", keys)
    return coded(url + "&User-Agent=aws-msk-iam-sasl-signer-python%2F1.0.2")


def eks(keys):
    url = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    return "k8s-aws-v1." + coded(presigned("sts", url, keys, 60, {"x-k8s-aws-id": CLUSTER}))


def coded(url):
    return base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def plain(token):
    """The URL that a token is."""
    if "?" in token:
        return token
    text = token.removeprefix("k8s-aws-v1.")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def pieces(token):
    """The URL's own part, and its parameters, whose order is the generator's."""
    start, _, query = plain(token).partition("?")
    return start, sorted(query.split("&"))


def made_good(known, mode, token, *more):
    command = [BINARY, "presign", "--from-env", "--token", "-", *more]
    return run(command, known.client_environment(mode), input=token)


@pytest.mark.parametrize("make", [rds, dsql, cache, memory, msk, eks], ids=lambda make: make.__name__)
def test_it_is_what_the_client_makes_with_the_real_keys(known, mode, make):
    more = ["--header", f"x-k8s-aws-id:{CLUSTER}"] if make is eks else []
    # The client cannot be asked for what is left of its time a second later.
    for _ in range(20):
        token = make((PLACEHOLDER_ID, PLACEHOLDER_SECRET))
        back = made_good(known, mode, token, *more).strip()
        asked, said = (int(re.search(r"X-Amz-Expires=(\d+)", plain(text))[1]) for text in (token, back))
        assert asked - 120 < said <= asked
        if said == asked:
            break
    query = urllib.parse.parse_qs(plain(back).partition("?")[2])
    with at(datetime.datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")):
        expected = make(REAL)
    assert pieces(back) == pieces(expected)
    assert PLACEHOLDER_ID not in plain(back)


def test_what_the_command_line_prints_for_kubectl(known, mode):
    """All that `aws eks get-token` prints, with another token and its real end."""
    env = known.client_environment(mode)
    if mode == "endpoint-url":
        # It is asked for nothing there: the token is for STS itself, and not for where requests to it go.
        env["AWS_ENDPOINT_URL_STS"] = "https://sts.us-east-1.amazonaws.com"
    printed = run([str(AWS), "eks", "get-token", "--cluster-name", CLUSTER], env)
    back = json.loads(made_good(known, mode, printed, "--header", f"x-k8s-aws-id:{CLUSTER}"))
    old = json.loads(printed)
    assert back.keys() == old.keys() and back["apiVersion"] == old["apiVersion"]
    token = back["status"]["token"]
    assert REAL[0] in plain(token) and PLACEHOLDER_ID not in plain(token)
    assert back["status"]["expirationTimestamp"].endswith("Z")
    # Another cluster was not signed for.
    other = subprocess.run(
        [BINARY, "presign", "--from-env", "--token", "-", "--header", "x-k8s-aws-id:other"],
        input=printed, env=env, capture_output=True, text=True, timeout=600,
    )
    assert other.returncode == 1 and "refuses this (403)" in other.stderr
    lines = [line for line in known.audit_lines() if line["event"] == "presigned.end"]
    assert lines[-1]["decision"] == "refused" and lines[-2]["resources"] == [f"cluster:{CLUSTER}"]


def test_git_credentials(known, mode):
    """What the AWS CLI gives git for CodeCommit, in the lines of git's protocol."""
    asked = "protocol=https\nhost=git-codecommit.us-east-1.amazonaws.com\npath=v1/repos/site\n"
    env = known.client_environment(mode)
    given = run([str(AWS), "codecommit", "credential-helper", "get"], env, input=asked)
    back = made_good(known, mode, asked + given)
    assert back.startswith(asked) and f"username={REAL[0]}%{REAL[2]}\n" in back and PLACEHOLDER_ID not in back
    keys = ["--access-key-id", REAL[0], "--secret-access-key", REAL[1], "--session-token", REAL[2]]
    assert json.loads(run([BINARY, "verify", "--json", *keys], env, input=back))["verified"]
    lines = [line for line in known.audit_lines() if line["event"] == "presigned.end"]
    assert (lines[-1]["operation"], lines[-1]["resources"]) == ("GitPush", ["repository:site"])


def test_curl_asks_the_gateway_itself(known):
    """A client that knows nothing of the gateway but its proxy, its certificate and the placeholder."""
    wish = {"url": "https://demo-bucket.s3.us-east-1.amazonaws.com/key", "seconds": 60}
    command = ["curl", "--silent", "--aws-sigv4", "aws:amz:us-east-1:awsaccess", "--user"]
    command += [f"{PLACEHOLDER_ID}:{PLACEHOLDER_SECRET}", "--cacert", str(known.ca), "--proxy"]
    command += [f"http://{known.ready['address']}", "-H", "content-type: application/json", "-d", json.dumps(wish)]
    made = json.loads(run([*command, "https://awsaccess.internal/v1/presigned-urls"], known.env))
    assert (made["seconds"], made["limited_by"]) == (60, "asked") and REAL[0] in made["url"]
