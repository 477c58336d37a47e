"""Every endpoint of botocore, both ways: each service, region, FIPS and dual-stack variant that its rule sets know.

Left out, with the reason:

- ``ramus-gov-east-1.api.aws`` and its twin, a slip in ``endpoints.json``: a dot is missing.
- ``localhost``, which DynamoDB's ``local`` region stands for.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import awsaccess
import botocore
import botocore.loaders
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointResolutionError

LOADER = botocore.loaders.Loader()
PARTITIONS = LOADER.load_data("partitions")
REGIONS = [region for one in PARTITIONS["partitions"] for region in one["regions"]]
SERVICES = LOADER.list_available_services("service-2")
REQUIRED = {
    "acm": [{"ServiceType": "ACM"}, {"ServiceType": "ACM-ACME"}],
    "neptune-graph": [{"ApiType": "ControlPlane"}, {"ApiType": "DataPlane"}],
}
BEARER = {"account-access-runtime", "codecatalyst"}


@cache
def rules(service: str) -> dict[str, Any]:
    return LOADER.load_service_model(service, "endpoint-rule-set-1")


def resolved(service: str) -> Iterator[tuple[int, str, bool, bool, str | None, Any]]:
    """What the rule set of a service says: host and first SigV4 scheme, or no host."""
    provider, known = EndpointProvider(rules(service), PARTITIONS), rules(service)["parameters"]
    for number, required in enumerate(REQUIRED.get(service, [{}])):
        for region, fips, dual in itertools.product(REGIONS, (False, True), (False, True)):
            asked = {"Region": region, "UseFIPS": fips, "UseDualStack": dual} | required
            try:
                found = provider.resolve_endpoint(**{k: v for k, v in asked.items() if k in known})
            except EndpointResolutionError:
                yield number, region, fips, dual, None, {}
                continue
            schemes = found.properties.get("authSchemes", [])
            scheme = next((one for one in schemes if one["name"] == "sigv4"), {})
            yield number, region, fips, dual, urlsplit(found.url).netloc, scheme


def test_every_endpoint_of_the_rule_sets_both_ways() -> None:
    there, back, seen = 0, 0, set()
    for service in SERVICES:
        for number, region, fips, dual, host, scheme in resolved(service):
            if number == 0:
                there += 1
                if host is None:
                    with pytest.raises(awsaccess.InputError):
                        awsaccess.locate(service, region, fips=fips, dual_stack=dual)
                    continue
                found = awsaccess.locate(service, region, fips=fips, dual_stack=dual)
                assert found.host == host, (service, region, fips, dual)
                assert found.signing_region == scheme.get("signingRegion", region), (service, region)
                assert scheme.get("signingName") in (None, found.signing_name)
            if host is None or (service, host) in seen:
                continue
            seen.add((service, host))
            endpoint = awsaccess.endpoint(host)
            assert endpoint is not None, (service, host)
            back += 1
            assert service in endpoint.services, (service, host)
            assert endpoint.partition is not None
            if service == "signin" or service in BEARER:
                assert endpoint.kind == ("web" if service == "signin" else "opaque")
                continue
            assert endpoint.kind == "service"
            sign = scheme.get("signingRegion", region)
            name = scheme.get("signingName") or awsaccess.locate(service, "us-east-1").signing_name
            assert endpoint.accepts(sign, name), (host, sign, name)
            if "fips" in host.split(".")[0] or "-fips" in host:
                assert endpoint.fips
    assert there > 95_000 and back > 80_000, (there, back)


def test_every_host_that_endpoints_json_lists() -> None:
    hosts = 0
    for partition in LOADER.load_data("endpoints")["partitions"]:
        for prefix, service in partition["services"].items():
            for region, entry in service.get("endpoints", {}).items():
                listed = [one["hostname"] for one in [entry, *entry.get("variants", [])] if "hostname" in one]
                if not listed and region in partition["regions"]:
                    listed = [f"{prefix}.{region}.{partition['dnsSuffix']}"]
                for host in listed:
                    if host.startswith(("localhost", "ramus-gov")):
                        continue
                    found = awsaccess.parse_endpoint(host)
                    own = entry.get("credentialScope", {}).get("region")
                    if own and found.regions and not own.endswith("-global"):
                        assert own in found.regions, (host, own, found.regions)
                    hosts += 1
    assert hosts > 9_000, hosts


def templates(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "endpoint" and isinstance(node["endpoint"]["url"], str):
            yield node["endpoint"]["url"]
        for value in node.values():
            yield from templates(value)
    elif isinstance(node, list):
        for value in node:
            yield from templates(value)


SAMPLES = {"OperationType": "data", "StreamIdSuffixValue": "abc", "outpostId": "op-1", "accessPointName": "name"}


def test_every_form_of_host_that_the_rule_sets_hold() -> None:
    """Accounts, streams, buckets and graphs in front: whatever a rule set can put together, with values of ours."""
    own, forms = set(), 0
    for service in SERVICES:
        for url in templates(rules(service)["rules"]):
            host = url.removeprefix("https://").split("/")[0]
            if not host.startswith("{") or "{url#" in host or host in ("{Endpoint}",) or "CustomEndpointSuffixValue" in host or host.startswith("{Region}"):
                continue
            forms += 1

            def sample(match: re.Match[str]) -> str:
                name = match[1].split("#")[-1]
                kept = {"dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws", "region": "eu-west-1"}
                return kept.get(name) or SAMPLES.get(name) or {"Region": "eu-west-1", "Bucket": "b"}.get(name, "111122223333")

            name = re.sub(r"\{([^}]*)\}", sample, host)
            found = awsaccess.endpoint(name)
            assert found is not None and found.kind == "service", (name, host)
            region = "us-gov-west-1" if ".us-gov." in name else "eu-west-1" if "eu-west-1" in name else found.region or "us-east-1"
            known = {"s3": {"s3", "s3express", "s3-outposts", "s3-object-lambda"}, "s3control": {"s3", "s3-outposts"}}
            expected = known.get(service) or {LOADER.load_service_model(service, "service-2")["metadata"].get(
                "signingName", LOADER.load_service_model(service, "service-2")["metadata"]["endpointPrefix"])}
            assert set(found.signing_names) & expected, (service, name, found.signing_names)
            assert any(found.accepts(region, one) for one in expected), (service, name)
            own.add(service)
    assert forms > 80 and {"dynamodb", "kinesis", "s3", "s3control", "events", "sesv2"} <= own, (forms, own)


def test_the_partitions() -> None:
    ours = {one.id: one for one in awsaccess.partitions()}
    assert len(ours) == len(PARTITIONS["partitions"])
    for theirs in PARTITIONS["partitions"]:
        one, outputs = ours[theirs["id"]], theirs["outputs"]
        assert (one.dns_suffix, one.dual_stack_suffix) == (outputs["dnsSuffix"], outputs["dualStackDnsSuffix"])
        assert one.implicit_region == outputs["implicitGlobalRegion"]
        assert set(theirs["regions"]) - set(one.regions) <= {f"{one.id}-global"}
        for region in theirs["regions"]:
            assert awsaccess.partition(region) == one
    assert awsaccess.partition("ap-nowhere-9") == ours["aws"]
    assert awsaccess.partition("moon-1") is None
    assert repr(ours["aws"]) == "<Partition 'aws'>"


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("169.254.169.254", "ip address"),
        ("[::1]", "ip address"),
        ("0x7f000001", "ip address"),
        ("sts.amazonaws.com.", "ends in a dot"),
        ("sts.amazonaws.com:8443", "port 443"),
        ("sts.amazonaws.com:x", "port"),
        ("sts.amazonaws.com.evil.example", "not an aws endpoint"),
        ("evilamazonaws.com", "not an aws endpoint"),
        ("user@sts.amazonaws.com", "user information"),
        ("st\u0455.amazonaws.com", "ascii"),
        ("kms.cn-north-1.amazonaws.com", "different partitions"),
        ("x.eu-west-1.elb.amazonaws.com", "customer"),
        ("b.s3-website.eu-west-1.amazonaws.com", "website"),
        ("nothing.eu-west-1.amazonaws.com", "no aws service"),
        ("dynamodb.amazonaws.com", "no region"),
    ],
)
def test_what_is_refused_and_why(host: str, reason: str) -> None:
    assert awsaccess.endpoint(host) is None
    with pytest.raises(awsaccess.InputError, match=reason):
        awsaccess.parse_endpoint(host)


def test_what_a_host_says() -> None:
    found = awsaccess.parse_endpoint("my.bucket.s3.dualstack.eu-west-1.amazonaws.com:443")
    assert (found.style, found.bucket, found.region, found.dual_stack) == ("virtual-host", "my.bucket", "eu-west-1", True)
    found = awsaccess.parse_endpoint("111122223333.ddb.eu-west-1.amazonaws.com")
    assert (found.style, found.account, found.services) == ("account", "111122223333", ["dynamodb"])
    assert awsaccess.parse_endpoint("a.execute-api.eu-west-1.amazonaws.com").kind == "customer"
    assert awsaccess.parse_endpoint("eu-west-1.console.aws.amazon.com").kind == "web"
    assert awsaccess.parse_endpoint("rds.eu-west-1.amazonaws.com").services == ["rds", "docdb", "neptune"]
    assert repr(found) == "<Endpoint '111122223333.ddb.eu-west-1.amazonaws.com' service>"
    there = awsaccess.locate("sustainability", "eu-west-1")
    assert (there.signing_region_set, there.url) == (["*"], "https://api.sustainability.eu-west-1.api.aws")
    assert repr(awsaccess.locate("sts", "eu-west-1")) == "<Location 'sts.eu-west-1.amazonaws.com' sts eu-west-1>"
