"""Every operation of S3, as botocore's own client sends it, in each way in which buckets are addressed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from every_operation import REGION, Made, parameters

ARN = "arn:aws:{}:us-east-1:123456789012:{}"
STYLES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # A name, the bucket, what the client is told, and what its S3 is told.
    "virtual": ("a-bucket", {}, {"addressing_style": "virtual"}),
    "path": ("a-bucket", {}, {"addressing_style": "path"}),
    "dots": ("a.bucket.with.dots", {}, {}),
    "dual stack": ("a-bucket", {"use_dualstack_endpoint": True}, {}),
    "fips": ("a-bucket", {"use_fips_endpoint": True}, {}),
    "accelerated": ("a-bucket", {}, {"use_accelerate_endpoint": True}),
    "access point": (ARN.format("s3", "accesspoint/an-access-point"), {}, {}),
    "many regions": ("arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", {}, {}),
    "object lambda": (ARN.format("s3-object-lambda", "accesspoint/a-function"), {}, {}),
    "outposts": (ARN.format("s3-outposts", "outpost/op-01234567890123456/accesspoint/an-access-point"), {}, {}),
    "directory": ("a-bucket--use1-az4--x-s3", {}, {}),
}

SESSION = b"""<CreateSessionResult><Credentials><AccessKeyId>ASIAEXAMPLEEXAMPLE</AccessKeyId>\
<SecretAccessKey>of-a-session</SecretAccessKey><SessionToken>a-token</SessionToken>\
<Expiration>2126-01-01T00:00:00Z</Expiration></Credentials></CreateSessionResult>"""


class Sent(Exception):
    """Carries the request away before it is sent."""


class Body:
    """What an answer is read from."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def stream(self) -> Iterator[bytes]:
        yield self.data


def requests(style: str) -> Iterator[tuple[Made, str]]:
    """The requests of a style, each with the bucket that it is about."""
    bucket, told, s3 = STYLES[style]
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "of-nobody")
    config = Config(s3=s3, retries={"total_max_attempts": 1}, **told)
    client = session.create_client("s3", region_name=REGION, config=config)
    wanted = ""

    def send(request: Any, **_: Any) -> Any:
        if wanted != "CreateSession" and request.url.endswith("?session"):
            return AWSResponse(request.url, 200, {}, Body(SESSION))
        raise Sent(request)

    client.meta.events.register_first("before-send.s3", send)
    for operation in client.meta.service_model.operation_names:
        model = client.meta.service_model.operation_model(operation)
        given = parameters(model)
        if "Bucket" in given:
            given["Bucket"] = bucket
        if "Key" in given:
            given["Key"] = "a key/with+ç.txt"
        if "CopySource" in given:
            given["CopySource"] = "another/key"
        wanted = operation
        method = next(n for n, o in client.meta.method_to_api_mapping.items() if o == operation)
        try:
            getattr(client, method)(**given)
        except Sent as sent:
            request = sent.args[0]
        except (BotoCoreError, ValueError):
            continue  # botocore itself says that this cannot be addressed so.
        headers = [(name, value) for name, value in request.headers.items()]
        yield Made("s3", operation, "s3", "", request.method, request.url, headers, b""), bucket
