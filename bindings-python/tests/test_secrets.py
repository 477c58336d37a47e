"""No secret leaves an object but by the attribute that is asked for it."""

from __future__ import annotations

import copy
import json
import pickle
import traceback

import awsaccess
import pytest
from world import NOW

SECRET, TOKEN = "the-very-" + "secret-key", "the-very-" + "secret-token"
KEYS = awsaccess.Credentials("AKIDEXAMPLE", SECRET, TOKEN, NOW + 60, "111122223333", source="test")


def hides(text: str) -> bool:
    return SECRET not in text and TOKEN not in text and "the-very" not in text


def objects() -> list[object]:
    signed = awsaccess.sign(
        "PUT", "https://b.s3.amazonaws.com/k", None, b"x", credentials=KEYS, region="us-east-1", service="s3", now=NOW
    )
    request = ("PUT", "/k", signed)
    claim = awsaccess.claim(*request, now=NOW)
    verified = awsaccess.claim(*request, now=NOW).verify(KEYS, b"x")
    body = verified.body_resigner(KEYS)
    link = awsaccess.presign("GET", "https://h/k", credentials=KEYS, region="us-east-1", service="sts", now=NOW)
    offline = awsaccess.recognize_presign(link)
    assert offline is not None
    proven = offline.verify(KEYS, NOW)
    redactor = awsaccess.Redactor()
    redactor.learn(KEYS)
    cached = awsaccess.Cached()
    cached.settle(NOW, KEYS)
    step = awsaccess.start({"HOME": "/h", "AWS_SESSION_TOKEN": TOKEN}, NOW, credentials=KEYS)
    return [
        KEYS,
        claim,
        verified,
        verified.resign(KEYS, now=NOW),
        body,
        KEYS.delegate("us-east-1", "s3", NOW),
        awsaccess.diagnose("PUT", "/k", signed, b"y", (403, {}, b"<Error/>"), credentials=KEYS),
        offline,
        proven,
        proven.resign(KEYS, now=NOW),
        redactor,
        redactor.stream(),
        step,
        step.trace,
        step.result(),
        awsaccess.explain("GET", "https://h/", credentials=KEYS, region="us-east-1", service="sts", now=NOW),
        awsaccess.Role("arn:aws:iam::111122223333:role/r", external_id=SECRET),
        awsaccess.WebIdentity("arn:aws:iam::111122223333:role/r", TOKEN),
        awsaccess.Saml("arn:aws:iam::111122223333:role/r", "p", TOKEN),
        awsaccess.Cognito("eu-west-1:p", logins={"l": TOKEN}),
        cached,
        cached.decide(NOW),
        awsaccess.start_caller_identity({"HOME": "/h"}, NOW, credentials=KEYS),
        awsaccess.HttpReply(200, {"x": TOKEN}, SECRET.encode()),
        awsaccess.ProcessReply(0, SECRET.encode(), TOKEN.encode()),
        awsaccess.ListenReply(1, f"code={SECRET}"),
        awsaccess.parse_profiles(None, f"[default]\naws_access_key_id=A\naws_secret_access_key={SECRET}\n"),
        awsaccess.plan({}, {"credentials": f"[default]\naws_access_key_id=A\naws_secret_access_key={SECRET}\n"}),
    ]


@pytest.mark.parametrize("made", objects(), ids=lambda made: type(made).__name__)
def test_nothing_shows_a_secret(made) -> None:
    assert hides(repr(made)) and hides(str(made)) and hides(f"{made}") and hides(f"{[made]!r}")
    for dump in (pickle.dumps, json.dumps, copy.deepcopy):
        if made is not KEYS and not isinstance(made, awsaccess.Credentials) or dump is not copy.deepcopy:
            with pytest.raises(TypeError) as caught:
                dump(made)
            assert hides(str(caught.value))
    assert not hasattr(made, "__dict__")


def test_credentials_are_values() -> None:
    assert (KEYS.secret_access_key, KEYS.session_token, KEYS.expires_at) == (SECRET, TOKEN, NOW + 60)
    assert copy.copy(KEYS) is KEYS and copy.deepcopy({"k": KEYS})["k"] is KEYS
    assert awsaccess.Credentials("A", "s") == awsaccess.Credentials("A", "s") != awsaccess.Credentials("A", "t")
    with pytest.raises(AttributeError):
        KEYS.access_key_id = "other"
    with pytest.raises(TypeError):
        hash(KEYS)
    assert awsaccess.Credentials("A", "s", "").session_token is None
    assert awsaccess.Credentials("A", "s", expires_at=NOW + 0.5).expires_at == NOW + 0.5
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(KEYS, protocol)


@pytest.mark.parametrize(
    "call",
    [
        lambda: awsaccess.Credentials("", SECRET),
        lambda: awsaccess.Credentials(SECRET.encode(), SECRET),
        lambda: awsaccess.Credentials("A", SECRET.encode()),
        lambda: awsaccess.Credentials("A", SECRET + "\ud800"),
        lambda: awsaccess.Credentials("A", SECRET, TOKEN + "\ud800"),
        lambda: awsaccess.Credentials("A", SECRET, TOKEN, "soon"),
        lambda: awsaccess.sign("GET", "https://h/", credentials=SECRET, region="r", service="s"),
        lambda: awsaccess.sign(
            "GET", "https://h/", {"x-token": TOKEN + "\n"}, credentials=KEYS, region="r", service="s"
        ),
        lambda: awsaccess.Delegate("A", SECRET.encode(), "r", "s", NOW),
        lambda: awsaccess.Delegate("A", SECRET, "r", "s", NOW),
        lambda: awsaccess.diagnose("GET", "/", {"x-token": TOKEN + "\n"}, None, (403, {}, SECRET)),
        lambda: awsaccess.recognize_presign(SECRET + "\ud800"),
        lambda: awsaccess.start({"AWS_SECRET_ACCESS_KEY": SECRET + "\ud800"}, NOW),
        lambda: awsaccess.Redactor().learn(SECRET + "\ud800"),
        lambda: awsaccess.claim(
            "GET", f"/?X-Amz-Security-Token={TOKEN}", {"authorization": f"Bearer {SECRET}"}, now=NOW
        ),
        lambda: awsaccess.parse_profiles(f"[profile x]\naws_secret_access_key {SECRET}\n"),
    ],
)
def test_no_error_shows_a_secret(call) -> None:
    try:
        call()
    except Exception as error:
        chain = [error, error.__cause__, error.__context__]
        parts = [repr(getattr(each, "args", "")) + repr(vars(each) if each else "") for each in chain]
        text = "".join(traceback.format_exception_only(error))
        assert hides(text) and all(map(hides, parts))
    else:
        pytest.fail("it was accepted")
