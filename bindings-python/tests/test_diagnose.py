"""Why a request was refused: replies recorded from servers, in AWS's own forms."""

from __future__ import annotations

import json
from typing import Any

import awsaccess
import pytest
from conftest import VECTORS

FILES = {"aws": 46, "moto": 29, "s3s": 30}


def cases(file: str) -> list[dict[str, Any]]:
    return json.loads((VECTORS / f"diagnose/{file}.json").read_text())


def request(case: dict[str, Any]) -> tuple[str, str, list[tuple[str, str]], bytes]:
    head, _, body = case["request"].partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.partition(": ") for line in lines]
    return method, target, [(name, value) for name, _, value in pairs], body.encode()


def in_parts(raw: str) -> tuple[int | None, list[tuple[str, str]], bytes]:
    if not raw.startswith("HTTP/"):
        return None, [], raw.encode()
    head, _, body = raw.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    pairs = [line.partition(":") for line in lines]
    return int(first.split(" ")[1]), [(name, value.strip()) for name, _, value in pairs], body.encode()


@pytest.mark.parametrize("file", FILES)
def test_recorded_replies(file: str) -> None:
    found = cases(file)
    for case in found:
        keys = awsaccess.Credentials(*case["keys"])
        # Text becomes bytes as HTTP has it; these replies are UTF-8.
        diagnosis = awsaccess.diagnose(*request(case), case["reply"].encode(), credentials=keys)
        assert diagnosis.cause == case["cause"], case["request"]
        assert case.get("subject") in (None, diagnosis.subject)
        assert diagnosis.explanation and diagnosis.remedy and diagnosis.part
        shown = repr(diagnosis) + diagnosis.explanation + str(diagnosis.ours) + str(diagnosis.theirs)
        assert not any(secret in shown for secret in case["keys"][1:])
        assert diagnosis == awsaccess.diagnose(*request(case), in_parts(case["reply"]), credentials=keys)
    assert len(found) == FILES[file]


def test_one_in_full() -> None:
    case = next(case for case in cases("aws") if case["cause"] == "header-removed")
    diagnosis = awsaccess.diagnose(*request(case), case["reply"].encode())
    assert (diagnosis.part, diagnosis.subject, diagnosis.certain) == ("header", "x-amz-meta-b", True)
    assert (diagnosis.ours, diagnosis.theirs) == ("x-amz-meta-b:1", "x-amz-meta-b:")
    assert repr(diagnosis) == "<Diagnosis cause='header-removed' subject='x-amz-meta-b'>"


KEYS = awsaccess.Credentials("AKIDEXAMPLE", "placeholder-secret")
NOW = 1_700_000_000


def test_without_a_reply() -> None:
    url = "https://abc.execute-api.us-east-1.amazonaws.com/stage/a%20b"
    how: dict[str, Any] = {"credentials": KEYS, "service": "execute-api", "now": NOW}
    wrong = awsaccess.sign("GET", url, region="us-east-1", double_encode=False, **how)
    assert awsaccess.diagnose("GET", url, wrong, b"", credentials=KEYS).cause == "path-encoded-once"
    right = awsaccess.sign("GET", url, region="us-east-1", **how)
    assert awsaccess.diagnose("GET", url, right, b"", credentials=KEYS).cause == "nothing"
    assert awsaccess.diagnose("GET", url).cause == "not-signed"
    late = awsaccess.diagnose("GET", url, right, b"", credentials=KEYS, now=NOW + 3600)
    assert (late.cause, late.part) == ("clock-skew", "date")
    elsewhere = awsaccess.diagnose("GET", url, right, b"", region="eu-west-1", service="execute-api")
    assert (elsewhere.cause, elsewhere.ours, elsewhere.theirs) == ("wrong-region", "us-east-1", "eu-west-1")
    other = awsaccess.explain("GET", url + "?a=1", region="us-east-1", **how).canonical_request
    assert awsaccess.diagnose("GET", url, right, b"", canonical_request=other).part == "query"


@pytest.mark.parametrize(
    "how",
    [
        {"region": "us-east-1"},
        {"service": "s3"},
        {"region": "r", "region_set": ["*"], "service": "s3"},
        {"reply": "HTTP/1.1 403"},
        {"reply": (403, None)},
        {"reply": (403, {}, "text")},
    ],
)
def test_arguments_that_are_wrong(how: dict[str, Any]) -> None:
    with pytest.raises(awsaccess.InputError):
        awsaccess.diagnose("GET", "https://h/", **how)
