"""What a request asks for: every operation of botocore's models, identified from the request that botocore makes."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import awsaccess
import pytest
import s3_requests
from every_operation import LOADER, Made, requests

HERE = Path(__file__).parent
PROTOCOLS = {
    "query": {"query"},
    "ec2": {"ec2"},
    "json": {"json-1.0", "json-1.1"},
    "rest-json": {"rest-json"},
    "rest-xml": {"rest-xml"},
    "smithy-rpc-v2-cbor": {"rpc-v2-cbor"},
    "s3": {"s3"},
}


def shared() -> dict[tuple[str, str], tuple[str, str]]:
    """The committed list: what is called otherwise, since the wire is the same."""
    found = {}
    for line in (HERE / "shared_wire_forms.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            model, operation, equals, other, name, reason = line.split(None, 5)
            assert equals == "=" and len(reason) > 20, line
            assert (model, operation) not in found, line
            found[model, operation] = other, name
    return found


SHARED = shared()
USED: Counter[tuple[str, str]] = Counter()


def judge(made: Made) -> str | None:
    """What is wrong with the identification of a request."""
    found = awsaccess.identify(made.method, made.url, made.headers, made.body, service=made.service or None)
    where = f"{made.model} {made.operation} ({made.protocol}) {made.method} {made.url}"
    if found.confidence != "exact":
        return f"{where}: {found.confidence} {found.reason} {found.unlisted}"
    if found.protocol not in PROTOCOLS[made.protocol]:
        return f"{where}: {found.protocol}"
    if (found.model, found.name) == (made.model, made.operation):
        return None
    for own in (made.operation, "*"):
        entry = SHARED.get((made.model, own))
        if entry and (found.model, found.name) == (entry[0], entry[1].replace("*", made.operation)):
            USED[made.model, own] += 1
            return None
    return f"{where}: taken for {found.model} {found.name}, and not in the list of shared wire forms"


def test_every_operation_of_every_service() -> None:
    partitions = LOADER.load_data("partitions")
    names = [name for name in LOADER.list_available_services("service-2") if name != "s3"]
    made, operations, faults = 0, set(), []
    for name in names:
        for request in requests(name, partitions):
            made += 1
            operations.add((request.model, request.operation))
            fault = judge(request)
            if fault:
                faults.append(fault)
    assert not faults, "\n".join(faults[:50])
    assert made > 21_000 and len(operations) > 19_600
    stale = {key for key in SHARED if key[0] != "s3"} - set(USED)
    assert not stale, f"no longer shared: {stale}"


# How many of S3's operations botocore addresses in each style.
LEAST = {"access point": 30, "many regions": 20, "object lambda": 3, "outposts": 20, "directory": 20}


def test_every_operation_of_s3_in_every_addressing() -> None:
    faults, seen = [], set()
    for style in s3_requests.STYLES:
        count = 0
        for request, bucket in s3_requests.requests(style):
            count += 1
            seen.add(request.operation)
            fault = judge(request)
            resources = dict(awsaccess.identify(request.method, request.url, request.headers).resources)
            if "bucket" in resources and style not in ("access point", "many regions", "object lambda", "outposts"):
                if resources["bucket"] != bucket:
                    fault = f"{request.url}: the bucket is {resources['bucket']}"
            if "key" in resources and resources["key"] != "a key/with+ç.txt":
                fault = f"{request.url}: the key is {resources['key']}"
            if fault:
                faults.append(f"{style}: {fault}")
        assert count >= LEAST.get(style, 100), (style, count)
    assert not faults, "\n".join(faults[:50])
    operations = set(LOADER.load_service_model("s3", "service-2")["operations"])
    assert operations - seen == set()
    stale = {key for key in SHARED if key[0] == "s3"} - set(USED)
    assert not stale, f"no longer shared: {stale}"


def test_the_listing_is_of_the_models_that_are_pinned() -> None:
    listing = (HERE / "../../core/src/operation/catalogue/operations.txt").read_text()
    pinned = re.search(r"^botocore==(\S+)$", (HERE / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned and f"# botocore {pinned[1]};" in listing
    operations = [line for line in listing.splitlines() if line.startswith("  ")]
    total = sum(
        len(LOADER.load_service_model(name, "service-2")["operations"])
        for name in LOADER.list_available_services("service-2")
    )
    assert len(operations) == total


@pytest.mark.parametrize(
    ("method", "url", "headers", "body", "service", "expected"),
    [
        ("POST", "https://sts.amazonaws.com/", {"Content-Type": "application/x-www-form-urlencoded"},
         b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/r", None,
         ("sts", "AssumeRole", "credentials", [("role", "arn:aws:iam::123456789012:role/r")], ["sts:AssumeRole"])),
        ("GET", "https://b.s3.eu-west-1.amazonaws.com/k?versionId=3", None, None, None,
         ("s3", "GetObject", "read", [("bucket", "b"), ("key", "k"), ("version", "3")], ["s3:GetObjectVersion"])),
        ("HEAD", "https://s3.eu-west-1.amazonaws.com/b", None, None, None,
         ("s3", "HeadBucket", "read", [("bucket", "b")], ["s3:ListBucket"])),
        ("POST", "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/f/invocations", None, b"{}", None,
         ("lambda", "Invoke", "write", [("function", "f")], ["lambda:InvokeFunction"])),
        ("POST", "/", {"Host": "localhost", "X-Amz-Target": "AmazonSQS.SendMessage"}, b'{"QueueUrl":"https://q"}', "sqs",
         ("sqs", "SendMessage", "write", [("queue", "https://q")], ["sqs:SendMessage"])),
        ("DELETE", "https://apigateway.eu-west-1.amazonaws.com/restapis/a1", None, None, None,
         ("apigateway", "DeleteRestApi", "write", [("api", "a1")], ["apigateway:DELETE"])),
    ],
)  # fmt: skip
def test_what_is_said_of_an_operation(method, url, headers, body, service, expected) -> None:  # type: ignore[no-untyped-def]
    found = awsaccess.identify(method, url, headers, body, service=service)
    assert found.confidence == "exact" and found.reason is None and found.unlisted is None
    assert (found.service, found.name, found.access, found.resources, found.actions) == expected
    assert found.returns_credentials == (found.access == "credentials")
    assert repr(found) == f"<Operation {found.service}:{found.name}>"


def test_what_two_readers_could_take_in_two_ways() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    found = awsaccess.identify("POST", "https://sts.amazonaws.com/?Action=GetCallerIdentity", form, b"Action=AssumeRole")
    assert (found.confidence, found.name, found.reason) == ("ambiguous", None, "action or version is there twice")
    assert found.returns_credentials and found.actions == [] and found.resources == []
    found = awsaccess.identify("POST", "https://sts.amazonaws.com/", form, b"Action=AssumeRobot")
    assert (found.confidence, found.unlisted, found.returns_credentials) == ("unknown", "AssumeRobot", True)
    with pytest.raises(TypeError):
        awsaccess.identify("POST", "https://sts.amazonaws.com/", form, "text")  # type: ignore[arg-type]
