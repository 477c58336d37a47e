#!/usr/bin/env python3
"""Records what servers answer to requests whose signature is wrong in one known way.

    pip install 'moto[server]==5.2.5'; cargo install s3s-fs --version 0.14.1 --features binary
    tools/diagnose.py moto > vectors/diagnose/moto.json
    tools/diagnose.py s3s  > vectors/diagnose/s3s.json
    tools/diagnose.py aws  > vectors/diagnose/aws.json

`aws` asks no server: the replies are written in the forms that AWS's documentation shows.

Each case is signed here, by a signer that can be told to go wrong, and sent byte for byte over a socket of its own.
"""
import datetime
import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

PORT = 5977
HOST = f"127.0.0.1:{PORT}"
EMPTY = hashlib.sha256(b"").hexdigest()


def quote(text):
    return urllib.parse.quote(text, safe="-._~")


def canonical_query(query):
    pairs = [piece.partition("=")[::2] for piece in query.split("&") if piece]
    pairs = sorted((quote(urllib.parse.unquote(n)), quote(urllib.parse.unquote(v))) for n, v in pairs)
    return "&".join(f"{n}={v}" for n, v in pairs)


def fold(value):
    return re.sub(r"[ \t]+", " ", value.strip())


class Call:
    """A request, how it is signed, and what is done to it in between."""

    def __init__(self, keys, service, method="GET", path="/", query="", headers=(), body="", region="us-east-1"):
        self.keys, self.service, self.region = keys, service, region
        self.method, self.path, self.query, self.body = method, path, query, body
        self.headers = [("Host", HOST), *headers]
        self.now = datetime.datetime.now(datetime.timezone.utc)
        self.wrong = {}

    def but(self, **wrong):
        """With lines of the canonical request, or parts of the key, replaced by a function of the right ones."""
        self.wrong = wrong
        return self

    def line(self, name, right):
        change = self.wrong.get(name)
        return change(right) if callable(change) else right if change is None else change

    def sign(self):
        date = self.now.strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(self.body.encode()).hexdigest()
        if not any(name.lower() == "x-amz-content-sha256" for name, _ in self.headers):
            self.headers.append(("X-Amz-Content-Sha256", digest))
        else:
            digest = next(v for n, v in self.headers if n.lower() == "x-amz-content-sha256")
        self.headers.append(("X-Amz-Date", date))
        if len(self.keys) > 2 and self.keys[2]:
            self.headers.append(("X-Amz-Security-Token", self.keys[2]))
        path = self.path if self.service == "s3" else urllib.parse.quote(self.path, safe="/-._~")
        lines = dict(
            method=self.line("method", self.method),
            path=self.line("path", path),
            query=self.line("query", canonical_query(self.query)),
        )
        values = {}
        for name, value in self.headers:
            written = self.wrong["value"](value) if "value" in self.wrong else fold(value)
            values.setdefault(name.lower(), []).append(written)
        values.update(self.wrong.get("header", {}))
        values["host"] = [self.line("host", HOST)]
        names = ";".join(sorted(values))
        block = "".join(f"{name}:{','.join(values[name])}\n" for name in sorted(values))
        canonical = "\n".join([*lines.values(), block, names, self.line("payload", digest)])
        day = self.line("day", date[:8])
        scope = f"{day}/{self.region}/{self.service}/aws4_request"
        key = ("AWS4" + self.line("secret", self.keys[1])).encode()
        key_scope = [self.line("key_day", day), self.line("key_region", self.region), self.line("key_service", self.service)]
        for part in [*key_scope, "aws4_request"]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        self.canonical, self.text = canonical, text
        credential = f"{self.line('key_id', self.keys[0])}/{scope}"
        self.headers.append(
            ("Authorization", f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}")
        )
        return self

    def presign(self, expires=300):
        """In the query; `but` knows the secret here."""
        date = self.now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{date[:8]}/{self.region}/{self.service}/aws4_request"
        auth = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{self.keys[0]}/{scope}", "X-Amz-Date": date,
                "X-Amz-Expires": str(expires), "X-Amz-SignedHeaders": "host"}
        self.query = "&".join(filter(None, [self.query, *(f"{n}={quote(v)}" for n, v in auth.items())]))
        canonical = "\n".join([self.method, self.path, canonical_query(self.query), f"host:{HOST}\n", "host", "UNSIGNED-PAYLOAD"])
        key = ("AWS4" + self.line("secret", self.keys[1])).encode()
        for part in [date[:8], self.region, self.service, "aws4_request"]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        self.query += "&X-Amz-Signature=" + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return self

    def raw(self):
        target = self.path + ("?" + self.query if self.query else "")
        headers = [*self.headers, ("Connection", "close")]
        if self.body:
            headers.append(("Content-Length", str(len(self.body))))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return f"{self.method} {target} HTTP/1.1\r\n{head}\r\n{self.body}"


def send(raw):
    with socket.create_connection(("127.0.0.1", PORT), timeout=20) as wire:
        wire.sendall(raw.encode("latin-1"))
        reply = b""
        while piece := wire.recv(65536):
            reply += piece
    head, _, body = reply.decode("latin-1").partition("\r\n\r\n")
    if "transfer-encoding: chunked" in head.lower():
        body = "".join(re.split(r"\r\n[0-9a-f]+\r\n|^[0-9a-f]+\r\n", body))
        body = body.removesuffix("\r\n")
    return f"{head}\r\n\r\n{body}"


def wait():
    for _ in range(300):
        try:
            return socket.create_connection(("127.0.0.1", PORT), timeout=1).close()
        except OSError:
            time.sleep(0.1)
    sys.exit("the server does not listen")


def without(call, name):
    """The same call with a header taken away after it was signed."""
    call.headers = [(n, v) for n, v in call.headers if n.lower() != name]
    return call


def wrong_everywhere(keys, service, path, upload):
    """The faults that every server is given: name, call. `upload` is a method and a path that take a body."""
    call = lambda **more: Call(keys, service, **{"path": path, **more})
    yield "nothing", call().sign()
    yield "wrong-secret", call().but(secret="another-secret-of-the-client").sign()
    yield "wrong-secret", call().but(secret=keys[1] + "\n").sign()
    yield "unknown-key", call().but(key_id="AKIAUNKNOWNUNKNOWN00").sign()
    yield "wrong-region", call().but(key_region="eu-west-1").sign()
    yield "wrong-service", call().but(key_service="execute-api").sign()
    yield "method-changed", call().but(method="POST").sign()
    yield "wrong-host", call().but(host="127.0.0.1").sign()
    yield "header-white-space", call(headers=[("X-Amz-Meta-A", "two  spaces")]).but(value=lambda v: v.strip()).sign()
    yield "header-order", call(headers=[("X-Amz-Meta-A", "b"), ("X-Amz-Meta-A", "a")]).but(header={"x-amz-meta-a": ["a", "b"]}).sign()
    yield "query-order", call(query="b=2&a=1").but(query="b=2&a=1").sign()
    yield "query-plus", call(query="a=x%20y").but(query="a=x+y").sign()
    yield "query-encoding", call(query="a=x%2Fy").but(query="a=x/y").sign()
    yield "query-empty-value", call(query="versioning").but(query="versioning").sign()
    yield "payload-unsigned", call().but(payload="UNSIGNED-PAYLOAD").sign()
    yield "payload-changed", changed_body(call(method=upload[0], path=upload[1], body="as signed").sign())
    yield "header-removed", without(call(headers=[("X-Amz-Meta-A", "1")]).sign(), "x-amz-meta-a")
    added = call().sign()
    added.headers.append(("X-Amz-Acl", "public-read"))
    yield "header-not-signed", added
    yield "scope-date", call().but(day="20150830").sign()
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    yield "scope-date", call().but(key_day=yesterday.strftime("%Y%m%d")).sign()
    stale = call()
    stale.now -= datetime.timedelta(hours=3)
    yield "clock-skew", stale.sign()
    unsigned = call()
    yield "not-signed", unsigned
    cut = call().sign()
    cut.headers = [(n, v.split(", Signature")[0] if n == "Authorization" else v) for n, v in cut.headers]
    yield "malformed-authentication", cut


def changed_body(call):
    call.body = "as  sent."
    return call


def moto(folder):
    env = dict(os.environ, INITIAL_NO_AUTH_ACTION_COUNT="5")
    server = subprocess.Popen(["moto_server", "-H", "127.0.0.1", "-p", str(PORT)], env=env, cwd=folder,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait()
        def iam(service="iam", version="2010-05-08", **form):
            body = urllib.parse.urlencode({"Version": version, **form}).encode()
            auth = {"Authorization": f"AWS4-HMAC-SHA256 Credential=AKIDSETUP/20150830/us-east-1/{service}/aws4_request, "
                    "SignedHeaders=host, Signature=00", "Content-Type": "application/x-www-form-urlencoded"}
            return urllib.request.urlopen(urllib.request.Request(f"http://{HOST}/", body, auth)).read().decode()
        iam(Action="CreateUser", UserName="client")
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam(Action="PutUserPolicy", UserName="client", PolicyName="all", PolicyDocument=json.dumps(policy))
        made = iam(Action="CreateAccessKey", UserName="client")
        keys = [re.search(f"<{name}>(.*?)</", made)[1] for name in ("AccessKeyId", "SecretAccessKey")]
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
        iam(Action="CreateRole", RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))
        taken = iam("sts", "2011-06-15", Action="AssumeRole", RoleSessionName="session",
                    RoleArn="arn:aws:iam::123456789012:role/role")
        session = [re.search(f"<{name}>(.*?)</", taken)[1] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
        path = "/2015-03-31/functions"
        yield from ((keys, *case) for case in wrong_everywhere(keys, "lambda", path, ("POST", path)))
        path += "/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Aa"
        for cause, signed in [("path-encoded-once", path), ("path-encoded-twice", path.replace("%", "%2525"))]:
            yield keys, cause, Call(keys, "lambda", path=path).but(path=signed).sign()
        identity = dict(service="sts", query="Action=GetCallerIdentity&Version=2011-06-15")
        yield session, "nothing", Call(session, **identity).sign()
        yield session, "token-missing", Call(session[:2], **identity).sign()
        yield session, "token-invalid", Call([*session[:2], session[2][::-1]], **identity).sign()
        identity["query"] += f"&X-Amz-Security-Token={quote(session[2])}"
        yield session, "token-misplaced", Call(session[:2], **identity).sign()
    finally:
        server.terminate()
        server.wait()


def s3s(folder):
    keys = ["AKIAIOSFODNN7EXAMPLE", "s3s-secret-0123456789abcdefghijklmnopqr"]
    os.mkdir(f"{folder}/bucket")
    command = ["s3s-fs", "--port", str(PORT), "--access-key", keys[0], "--secret-key", keys[1], folder]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait()
        yield from ((keys, *case) for case in wrong_everywhere(keys, "s3", "/bucket", ("PUT", "/bucket/key")))
        put = dict(keys=keys, service="s3", method="PUT", body="x")
        yield keys, "nothing", Call(path="/bucket/a%20b", **put).sign()
        yield keys, "path-encoded-twice", Call(path="/bucket/a%20b", **put).but(path="/bucket/a%2520b").sign()
        yield keys, "path-normalized", Call(path="/bucket/a//b", **put).but(path="/bucket/a/b").sign()
        yield keys, "path-escapes", Call(path="/bucket/a%2Bb", **put).but(path="/bucket/a+b").sign()
        yield keys, "nothing", Call(keys, "s3", path="/bucket/a%20b").presign()
        yield keys, "wrong-secret", Call(keys, "s3", path="/bucket/a%20b").but(secret="another-secret-of-the-client").presign()
        past = Call(keys, "s3", path="/bucket/a%20b")
        past.now -= datetime.timedelta(hours=1)
        yield keys, "expired", past.presign()
    finally:
        server.terminate()
        server.wait()


DATE = "Sun, 30 Aug 2015 12:36:00 GMT"
MISMATCH = "The request signature we calculated does not match the signature you provided."
ADVICE = "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."


def xml(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def answer(status, kind, body, *headers):
    head = [f"HTTP/1.1 {status}", f"Date: {DATE}", f"Content-Type: {kind}", *headers]
    return "\r\n".join([*head, "", body])


def s3_error(code, message, status="403 Forbidden", **fields):
    inner = "".join(f"<{name.replace('_', '-')}>{xml(text)}</{name.replace('_', '-')}>" for name, text in fields.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{xml(message)}</Message>{inner}'
    return answer(status, "application/xml", f"{body}<RequestId>4442587FB7D0A2F9</RequestId><HostId>x</HostId></Error>")


def query_error(code, message, status="403 Forbidden"):
    body = ('<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">\n  <Error>\n    <Type>Sender</Type>\n'
            f"    <Code>{code}</Code>\n    <Message>{xml(message)}</Message>\n  </Error>\n"
            "  <RequestId>fcbcee5f</RequestId>\n</ErrorResponse>\n")
    return answer(status, "text/xml", body)


def json_error(code, message, status="403 Forbidden"):
    body = json.dumps({"__type": f"com.amazon.coral.service#{code}", "message": message})
    return answer(status, "application/x-amz-json-1.0", body)


def rest_json_error(code, message, status="403 Forbidden"):
    return answer(status, "application/json", json.dumps({"message": message}), f"x-amzn-ErrorType: {code}")


def reported(call, canonical):
    """What the service computed, as each protocol says it."""
    date, scope = call.text.split("\n")[1:3]
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    if call.service == "s3":
        spell = lambda text: " ".join(f"{byte:02x}" for byte in text.encode())
        return s3_error("SignatureDoesNotMatch", f"{MISMATCH} Check your key and signing method.",
                        AWSAccessKeyId=call.keys[0], StringToSign=text, SignatureProvided="0" * 64,
                        StringToSignBytes=spell(text), CanonicalRequest=canonical, CanonicalRequestBytes=spell(canonical))
    message = (f"{MISMATCH} {ADVICE}\n\nThe Canonical String for this request should have been\n'{canonical}'\n\n"
               f"The String-to-Sign should have been\n'{text}'\n")
    if call.service == "iam":
        return query_error("SignatureDoesNotMatch", message)
    if call.service == "execute-api":
        return rest_json_error("InvalidSignatureException", message)
    return json_error("InvalidSignatureException", message)


def aws(_):
    global HOST
    keys = ["AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"]
    temporary = ["ASIAEXAMPLE", keys[1], "IQoJ-token-of-the-client-0123456789/+="]
    noon = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.timezone.utc)
    hosts = {"s3": "bucket.s3.us-east-1.amazonaws.com", "iam": "iam.amazonaws.com",
             "execute-api": "abc.execute-api.us-east-1.amazonaws.com", "dynamodb": "dynamodb.us-east-1.amazonaws.com"}

    def call(service, keys=keys, minutes=0, **more):
        global HOST
        HOST = hosts[service]
        made = Call(keys, service, **more)
        made.now = noon + datetime.timedelta(minutes=minutes)
        return made

    def on_the_way(cause, subject, call, old, new):
        """Signed right; the service saw another canonical request."""
        assert old in call.canonical, (old, call.canonical)
        return keys, cause, call, subject, reported(call, call.canonical.replace(old, new, 1))

    def by_client(cause, call, right):
        """Signed wrong; the service says what is right. `right` is the same call, signed right."""
        return call.keys, cause, call, None, reported(call, right.canonical)

    meta = [("X-Amz-Meta-A", "some value"), ("X-Amz-Meta-B", "1")]
    s3 = lambda **more: call("s3", **{"headers": meta, "query": "prefix=a%2Fb&acl", **more})
    yield on_the_way("header-removed", "x-amz-meta-b", s3().sign(), "x-amz-meta-b:1\n", "x-amz-meta-b:\n")
    yield on_the_way("header-removed", "x-amz-meta-b", s3().sign(), "x-amz-meta-b:1\n", "")
    yield on_the_way("header-changed", "x-amz-meta-b", s3().sign(), "x-amz-meta-b:1", "x-amz-meta-b:2")
    yield on_the_way("header-added", "x-amz-meta-b", s3().sign(), "x-amz-meta-b:1", "x-amz-meta-b:1,2")
    yield on_the_way("header-white-space", "x-amz-meta-a", s3().sign(), "some value", "some  value")
    yield on_the_way("wrong-host", "host", s3().sign(), "host:bucket.s3.us-east-1.amazonaws.com", "host:10.0.0.1:8080")
    yield on_the_way("method-changed", None, s3(method="PUT").sign(), "PUT\n", "POST\n")
    yield on_the_way("path-encoded-once", None, s3(path="/a%20b").sign(), "/a%20b", "/a%2520b")
    yield on_the_way("path-encoded-twice", None, s3(path="/a%2520b").sign(), "/a%2520b", "/a%20b")
    yield on_the_way("path-normalized", None, s3(path="/a//b/./c").sign(), "/a//b/./c", "/a/b/c")
    yield on_the_way("path-changed", None, s3(path="/prefix/a").sign(), "/prefix/a", "/a")
    yield on_the_way("query-parameter-removed", "prefix", s3().sign(), "&prefix=a%2Fb", "")
    yield on_the_way("query-parameter-added", "utm", s3().sign(), "prefix=a%2Fb", "prefix=a%2Fb&utm=1")
    yield on_the_way("query-encoding", "prefix", s3().sign(), "a%2Fb", "a%252Fb")
    yield on_the_way("query-plus", "prefix", s3(query="prefix=a%2Bb").sign(), "a%2Bb", "a%20b")
    yield on_the_way("payload-changed", None, call("dynamodb", method="POST", body="{}").sign(),
                     "\n" + hashlib.sha256(b"{}").hexdigest(), "\n" + EMPTY)
    with_token = call("dynamodb", keys=temporary, method="POST", body="{}").sign()
    yield temporary, *on_the_way("token-missing", "x-amz-security-token", with_token, temporary[2], "")[1:]

    api = dict(path="/stage/a%20b//c", query="q=x%20y")
    right = call("execute-api", **api)
    right.path = "/stage/a%20b/c"
    right.sign()
    for cause, wrong in [
        ("path-encoded-once", dict(path="/stage/a%20b/c")),
        ("path-encoded-twice", dict(path="/stage/a%252520b/c")),
        ("path-normalized", dict(path="/stage/a%2520b//c")),
    ]:
        yield by_client(cause, call("execute-api", **api).but(**wrong).sign(), right)
    twice = call("s3", path="/a%20b")
    yield by_client("path-encoded-twice", twice.but(path="/a%2520b").sign(), call("s3", path="/a%20b").sign())
    iam = dict(query="Version=2010-05-08&Action=ListUsers&PathPrefix=/a/")
    right = call("iam", **iam).sign()
    yield by_client("query-order", call("iam", **iam).but(query="Version=2010-05-08&Action=ListUsers&PathPrefix=%2Fa%2F").sign(), right)
    yield by_client("query-encoding", call("iam", **iam).but(query="Action=ListUsers&PathPrefix=/a/&Version=2010-05-08").sign(), right)
    yield by_client("wrong-secret", call("iam", **iam).but(secret="another-secret-of-the-client").sign(), right)
    yield by_client("query-empty-value", s3().but(query="acl&prefix=a%2Fb").sign(), s3().sign())
    spaces = dict(headers=[("X-Amz-Meta-A", "two  spaces")])
    yield by_client("header-white-space", s3(**spaces).but(value=str.strip).sign(), s3(**spaces).sign())
    twins = dict(headers=[("X-Amz-Meta-A", "b"), ("X-Amz-Meta-A", "a")])
    yield by_client("header-order", s3(**twins).but(header={"x-amz-meta-a": ["a", "b"]}).sign(), s3(**twins).sign())
    yield by_client("payload-unsigned", s3().but(payload="UNSIGNED-PAYLOAD").sign(), s3().sign())

    stale = call("s3", minutes=-20).sign()
    yield keys, "clock-skew", stale, None, s3_error(
        "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
        RequestTime="20150830T121600Z", ServerTime="2015-08-30T12:36:00Z", MaxAllowedSkewMilliseconds="900000")
    yield keys, "clock-skew", call("dynamodb", minutes=-10).sign(), None, json_error(
        "InvalidSignatureException", "Signature expired: 20150830T122600Z is now earlier than 20150830T123100Z "
        "(20150830T123600Z - 5 min.)", "400 Bad Request")
    yield keys, "clock-skew", call("iam", minutes=10).sign(), None, query_error(
        "SignatureDoesNotMatch", "Signature not yet current: 20150830T124600Z is still later than 20150830T124100Z "
        "(20150830T123600Z + 5 min.)")
    yield keys, "wrong-region", call("s3", region="eu-west-1").sign(), None, s3_error(
        "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'eu-west-1' is wrong; "
        "expecting 'us-east-1'", "400 Bad Request", Region="us-east-1")
    yield keys, "wrong-region", call("dynamodb", region="eu-west-1").sign(), None, json_error(
        "InvalidSignatureException", "Credential should be scoped to a valid region, not 'eu-west-1'. ")
    wrong = call("execute-api")
    wrong.service = "dynamodb"
    wrong = wrong.sign()
    yield keys, "wrong-service", wrong, None, rest_json_error(
        "InvalidSignatureException", "Credential should be scoped to correct service: 'execute-api'. ")
    yield keys, "scope-date", call("iam").but(day="20150829").sign(), None, query_error(
        "SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        "HTTP: '20150829' != '20150830', from '20150830T123600Z'.")
    unknown = call("iam").but(key_id="AKIAUNKNOWN").sign()
    yield keys, "unknown-key", unknown, None, query_error("InvalidClientTokenId", "The security token included in the request is invalid.")
    yield keys, "unknown-key", call("s3").but(key_id="AKIAUNKNOWN").sign(), None, s3_error(
        "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", AWSAccessKeyId="AKIAUNKNOWN")
    yield temporary, "token-missing", call("dynamodb", keys=temporary[:2]).sign(), None, json_error(
        "UnrecognizedClientException", "The security token included in the request is invalid.", "400 Bad Request")
    yield temporary, "token-expired", call("dynamodb", keys=temporary).sign(), None, json_error(
        "ExpiredTokenException", "The security token included in the request is expired", "400 Bad Request")
    yield temporary, "token-expired", call("s3", keys=temporary).sign(), None, s3_error(
        "ExpiredToken", "The provided token has expired.", "400 Bad Request", Token_0=temporary[2])
    added = call("s3").sign()
    yield keys, "header-added", added, "x-amz-acl", s3_error(
        "AccessDenied", "There were headers present in the request which were not signed", HeadersNotSigned="x-amz-acl")
    unsigned = call("s3").sign()
    unsigned.headers.append(("X-Amz-Acl", "private"))
    yield keys, "header-not-signed", unsigned, "x-amz-acl", s3_error(
        "AccessDenied", "There were headers present in the request which were not signed", HeadersNotSigned="x-amz-acl")
    put = changed_body(call("s3", method="PUT", path="/a", body="as signed").sign())
    yield keys, "payload-changed", put, None, s3_error(
        "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.",
        "400 Bad Request", ClientComputedContentSHA256=hashlib.sha256(b"as signed").hexdigest(),
        S3ComputedContentSHA256=hashlib.sha256(put.body.encode()).hexdigest())
    expired = call("s3", minutes=-30, path="/a")
    yield keys, "expired", expired.presign(), None, s3_error(
        "AccessDenied", "Request has expired", X_Amz_Expires="300", Expires="2015-08-30T12:11:00Z", ServerTime="2015-08-30T12:36:00Z")
    cut = call("iam").sign()
    cut.headers = [(n, v.split(", Signature")[0] if n == "Authorization" else v) for n, v in cut.headers]
    yield keys, "malformed-authentication", cut, None, query_error(
        "IncompleteSignature", "Authorization header requires 'Signature' parameter.", "400 Bad Request")
    yield keys, "not-signed", call("iam"), None, query_error("MissingAuthenticationToken", "Request is missing Authentication Token")


def main():
    with tempfile.TemporaryDirectory() as folder:
        cases = []
        for keys, cause, call, *more in {"moto": moto, "s3s": s3s, "aws": aws}[sys.argv[1]](folder):
            request = call.raw()
            subject, reply = more or (None, send(request))
            # What a server lets pass has nothing wrong for it.
            if re.match("HTTP/1.1 2", reply):
                cause = "nothing"
            case = {"cause": cause, "subject": subject, "keys": keys, "service": call.service}
            cases.append({name: value for name, value in case.items() if value} | {"request": request, "reply": reply})
            print(f"{cause}: {reply.splitlines()[0]}", file=sys.stderr)
        json.dump(cases, sys.stdout, indent=1)
        print()


main()
