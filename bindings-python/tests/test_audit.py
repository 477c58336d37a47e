"""Records, their two shapes, and the chain through the lines of a log."""

from __future__ import annotations

import hashlib
import json

import awsaccess
import pytest
from awsaccess import audit
from world import NOW


def record(nth: int = 1, **known) -> audit.Record:
    return audit.Record("placeholder", id=f"id-{nth}", now=NOW, **known)


def test_a_record_is_a_line_of_json() -> None:
    made = record(source=("192.0.2.7", 4711), subject="alice\n\u202e", access_key_id="AGWP", allowed=True, expires=NOW + 60)
    made.complete(200, NOW + 0.25, bytes_out=7)
    line = made.line()
    assert line.isascii() and line.isprintable()
    assert json.loads(line) == {
        "event": "placeholder.end",
        "id": "id-1",
        "time": "2027-01-15T08:00:00.000Z",
        "source": "192.0.2.7",
        "access_key_id": "AGWP",
        "subject": "alice\n\u202e",
        "decision": "allowed",
        "expires": "2027-01-15T08:01:00.000Z",
        "status": 200,
        "bytes_in": 0,
        "bytes_out": 7,
        "milliseconds": 250,
    }
    assert json.loads(made.line("begin"))["event"] == "placeholder.begin" and "status" not in made.line("begin")
    assert (made.id, made.event, made.allowed, made.error, made.rule) == ("id-1", "placeholder", True, None, None)


def test_a_record_hides_what_is_secret() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    made = record(reason=f"aws_secret_access_key={secret}", target=f"/k?X-Amz-Security-Token={secret}", host="h")
    assert "wJalr" not in made.line() and "wJalr" not in repr(made) and '"target":"/k?X-Amz-Security-Token=' in made.line()


def test_the_shape_of_ocsf() -> None:
    made = record(subject="alice", operation="GetItem", service="dynamodb", allowed=False)
    shown = json.loads(made.line(format="ocsf"))
    assert (shown["class_uid"], shown["category_uid"], shown["type_uid"]) == (6003, 6, 600301)
    assert shown["metadata"]["version"] == "1.3.0" and shown["actor"]["user"]["name"] == "alice"
    assert shown["api"]["operation"] == "GetItem" and shown["status"] == "Failure" and shown["time"] == NOW * 1000


def log(count: int = 5, format: str = "plain") -> list[bytes]:
    chain = audit.Chain()
    lines = [chain.line(record(nth), format=format).encode() + b"\n" for nth in range(count)]
    assert chain.head == hashlib.sha256(lines[-1][:-1]).hexdigest()
    return lines


@pytest.mark.parametrize("format", ["plain", "ocsf"])
def test_each_line_carries_the_hash_of_the_one_before(format: str) -> None:
    lines = log(format=format)
    before = "0" * 64
    for nth, line in enumerate(lines, 1):
        read = json.loads(line)
        assert read.get("unmapped", read)["chain"] == {"sequence": nth, "previous": before}
        before = hashlib.sha256(line[:-1]).hexdigest()
    assert audit.verify(lines) == [] and audit.verify(lines, noted=before) == []
    assert audit.verify(lines[2:], after=hashlib.sha256(lines[1][:-1]).hexdigest()) == []
    on = audit.Chain(lines[-1][:-1])
    assert audit.verify([*lines, on.line(record(9), format=format).encode() + b"\n"]) == []


def test_what_does_not_hold_is_named() -> None:
    one, two, three, four, five = log()
    altered = two.replace(b"id-1", b"id-9")
    assert audit.verify([one, altered, three, four, five]) == ["line 2 was altered (or the link to it in line 3 was)"]
    assert audit.verify([one, two, four, five]) == ["a line was removed before line 3"]
    assert audit.verify([one, two, b"{}\n", three]) == ["line 3 carries no link to the line before it: it was altered or inserted"]
    assert audit.verify([two, three])[0].startswith("line 1 does not begin the chain")
    assert audit.verify([one, two[:-1]]) == ["line 2 has no end: it is cut off"]
    assert audit.verify([]) == ["there are no lines"]
    noted = hashlib.sha256(five[:-1]).hexdigest()
    assert audit.verify([one, two], noted=noted)[0].startswith("no line has the hash that was noted")
    verifier = audit.Verifier()
    assert verifier.line(one[:-1].decode()) is None and verifier.lines == 1 and verifier.finish() is None
    assert verifier.head == hashlib.sha256(one[:-1]).hexdigest()


@pytest.mark.parametrize(
    "call",
    [
        lambda: audit.Record("nothing"),
        lambda: record(bytes_out=3),
        lambda: record(subject=3),
        lambda: audit.Record("request", id="a b"),
        lambda: audit.Record("request", source="somewhere"),
        lambda: record().line("middle"),
        lambda: record().line(format="xml"),
        lambda: audit.Chain("{}"),
        lambda: audit.Verifier(noted="no hash"),
        lambda: audit.Verifier(after="0" * 63),
    ],
)
def test_misuse_is_said(call) -> None:
    with pytest.raises(awsaccess.InputError):
        call()


def test_records_without_an_address_or_a_name() -> None:
    assert "source" not in json.loads(audit.Record("tunnel", source="").line())
    assert '"source":"fe80::1"' in audit.Record("tunnel", source="fe80::1%eth0").line()
    assert audit.Record("tunnel").id != audit.Record("tunnel").id


def test_a_line_that_could_not_be_written_is_taken_back() -> None:
    chain = audit.Chain()
    first = chain.line(record(1))
    lost = chain.line(record(2))
    with pytest.raises(awsaccess.InputError, match="not the last line"):
        chain.take_back(first)
    chain.take_back(lost)
    with pytest.raises(awsaccess.InputError):
        chain.take_back(lost)
    assert chain.head == hashlib.sha256(first.encode()).hexdigest()
    assert audit.verify([line.encode() + b"\n" for line in (first, chain.line(record(3)))]) == []
