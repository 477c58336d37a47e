"""Bodies in signed chunks, as the SDKs for Java, .NET and C++ send them over plain HTTP, and in chunks with an unsigned
trailer, as all send them over TLS. botocore signs the head; the chain of signatures is made here, by the pages of the
Amazon S3 API reference."""

import base64
import hashlib
import hmac
import http.client
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from conftest import PLACEHOLDER_ID, PLACEHOLDER_SECRET

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = SIGNED + "-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY = hashlib.sha256().hexdigest()
SIZE = 65_536


class Chunks(botocore.auth.S3SigV4Auth):
    """A PUT with such a body: `headers` are its own, `body` frames what it is given."""

    def __init__(self, url, length, kind, size=SIZE):
        keys = botocore.credentials.Credentials(PLACEHOLDER_ID, PLACEHOLDER_SECRET)
        super().__init__(keys, "s3", "us-east-1")
        self.kind, self.size, self.length = kind, size, length
        headers = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(length)}
        if self.has_trailer:
            headers["X-Amz-Trailer"] = "x-amz-checksum-crc32"
        request = botocore.awsrequest.AWSRequest("PUT", url, headers=headers)
        self.add_auth(request)
        self.headers = {**dict(request.headers.items()), "Content-Length": str(self.framed_length())}

    @property
    def has_trailer(self):
        return self.kind.endswith("-TRAILER")

    def payload(self, request):
        return self.kind

    def signature(self, string_to_sign, request):
        self.date = request.context["timestamp"]
        self.day_scope = self.credential_scope(request)
        self.last = super().signature(string_to_sign, request)
        return self.last

    def next(self, kind, *hashes):
        text = "\n".join([kind, self.date, self.day_scope, self.last, *hashes])
        key = b"AWS4" + self.credentials.secret_key.encode()
        for part in (*self.day_scope.split("/"), text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        self.last = key.hex()
        return self.last

    def chunk_line(self, length, hashed):
        if self.kind == UNSIGNED_TRAILER:
            return f"{length:x}\r\n"
        return f"{length:x};chunk-signature={self.next('AWS4-HMAC-SHA256-PAYLOAD', EMPTY, hashed)}\r\n"

    def trailer(self, crc):
        line = f"x-amz-checksum-crc32:{base64.b64encode(crc.to_bytes(4, 'big')).decode()}"
        if self.kind == UNSIGNED_TRAILER:
            return f"{line}\r\n"
        signature = self.next("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(f"{line}\n".encode()).hexdigest())
        return f"{line}\r\nx-amz-trailer-signature:{signature}\r\n"

    def body(self, pieces):
        """The pieces, each of them a chunk."""
        crc = 0
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
            yield self.chunk_line(len(piece), hashlib.sha256(piece).hexdigest()).encode() + piece + b"\r\n"
        yield self.chunk_line(0, EMPTY).encode()
        yield ((self.trailer(crc) if self.has_trailer else "") + "\r\n").encode()

    def framed_length(self):
        """How long `body` is, of pieces of `size`."""
        before = self.last
        line = lambda length: len(self.chunk_line(length, EMPTY)) + length
        whole, rest = divmod(self.length, self.size)
        length = whole * (line(self.size) + 2) + (line(rest) + 2 if rest else 0) + line(0) + 2
        length += len(self.trailer(0)) if self.has_trailer else 0
        self.last = before
        return length


def put(gateway, bucket, key, data, kind, alter=lambda body: body):
    """Sends it to the gateway's own address; the answer's status and body."""
    host = gateway.ready["address"]
    chunks = Chunks(f"http://{host}/{bucket}/{key}", len(data), kind)
    body = alter(b"".join(chunks.body(data[at : at + SIZE] for at in range(0, len(data), SIZE))))
    connection = http.client.HTTPConnection(host, timeout=120)
    connection.putrequest("PUT", f"/{bucket}/{key}")
    for name, value in chunks.headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    for at in range(0, len(body), 50_001):
        connection.send(body[at : at + 50_001])
    reply = connection.getresponse()
    return reply.status, reply.read()
