"""A request for every operation that botocore knows, made by botocore's own serialisers and endpoint rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import botocore.loaders
from botocore.awsrequest import AWSRequest
from botocore.endpoint_provider import EndpointProvider
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.serialize import create_serializer

LOADER = botocore.loaders.Loader()
REGION = "us-east-1"


@dataclass
class Made:
    """A request, and what was meant by it."""

    model: str
    operation: str
    protocol: str
    service: str
    method: str
    url: str
    headers: list[tuple[str, Any]]
    body: bytes


def value(shape: Shape, name: str, seen: tuple[str, ...] = ()) -> Any:
    """The least that a member can hold."""
    kind = shape.type_name
    if kind == "structure":
        if shape.name in seen:
            return {}
        if getattr(shape, "is_document_type", False):
            return {}
        wanted = list(shape.required_members)
        if getattr(shape, "is_tagged_union", False) and not wanted:
            wanted = list(shape.members)[:1]
        members = {member: shape.members[member] for member in wanted}
        return {m: value(s, m, (*seen, shape.name)) for m, s in members.items() if not eventful(s)}
    if kind == "list":
        return [] if shape.name in seen else [value(shape.member, name, (*seen, shape.name))]
    if kind == "map":
        return {} if shape.name in seen else {"key": value(shape.value, name, (*seen, shape.name))}
    if kind == "string":
        return text(shape, name)
    if kind in ("integer", "long", "float", "double"):
        return max(1, int(shape.metadata.get("min", 1)))
    return {"boolean": True, "timestamp": datetime(2026, 1, 2, tzinfo=UTC), "blob": b"x"}[kind]


def text(shape: Shape, name: str) -> str:
    if getattr(shape, "enum", None):
        return str(shape.enum[0])
    if re.search("arn$", name, re.IGNORECASE):
        return "arn:aws:service:us-east-1:123456789012:type/a-name"
    if re.search("account.?id$", name, re.IGNORECASE):
        return "123456789012"
    return "a-value".ljust(int(shape.metadata.get("min", 1)), "x")


def eventful(shape: Shape) -> bool:
    return bool(getattr(shape, "is_eventstream", False) or shape.serialization.get("eventstream"))


def parameters(operation: OperationModel) -> dict[str, Any]:
    shape = operation.input_shape
    if shape is None:
        return {}
    found: dict[str, Any] = value(shape, shape.name)
    for name, member in shape.members.items():
        if member.serialization.get("location") == "uri" and name not in found:
            found[name] = value(member, name)
    return found


def endpoint(name: str, service: ServiceModel, partitions: Any) -> tuple[str, str]:
    """The URL of a service, and the name that it is signed for under."""
    signing_name = service.signing_name
    try:
        rules = LOADER.load_service_model(name, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        found = provider.resolve_endpoint(Region=REGION, UseFIPS=False, UseDualStack=False)
    except Exception:  # The rules want parameters of single operations: the plain name does.
        return f"https://{service.endpoint_prefix}.{REGION}.amazonaws.com", signing_name
    for scheme in found.properties.get("authSchemes", []):
        signing_name = scheme.get("signingName", signing_name)
    return found.url, signing_name


def protocols(service: ServiceModel) -> list[str]:
    """All that botocore can write, which is more than the one that it prefers."""
    found = list(service.metadata.get("protocols", [service.metadata["protocol"]]))
    if "awsQueryCompatible" in service.metadata and "query" not in found:
        found.append("query")
    return found


def requests(name: str, partitions: Any) -> Iterator[Made]:
    """Every operation of a service, in every protocol that it speaks."""
    service = ServiceModel(LOADER.load_service_model(name, "service-2"), name)
    url, signing_name = endpoint(name, service, partitions)
    for protocol in protocols(service):
        serializer = create_serializer(protocol, include_validation=False)
        for operation_name in service.operation_names:
            operation = service.operation_model(operation_name)
            given = parameters(operation)
            made = serializer.serialize_to_request(given, operation)
            base = url
            lead = (operation.endpoint or {}).get("hostPrefix")
            if lead:
                base = url.replace("://", "://" + lead.format(**given), 1)
            prepared = AWSRequest(
                method=made["method"],
                url=base.rstrip("/") + made["url_path"],
                headers=made["headers"],
                data=made["body"],
                params=made["query_string"],
            ).prepare()
            body = prepared.body or b""
            yield Made(
                name,
                operation_name,
                protocol,
                signing_name,
                prepared.method,
                prepared.url,
                list(prepared.headers.items()),
                body.encode() if isinstance(body, str) else bytes(body) if isinstance(body, (bytes, bytearray)) else b"",
            )
