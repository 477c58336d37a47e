"""The step loop, with a simulated host."""

from __future__ import annotations

import threading

import awsaccess
import pytest
from awsaccess import Http, HttpFailure, HttpReply, ProcessReply, Prompt, ReadFile, Wait
from world import NOW, Sts, World, metadata

HOME = {"HOME": "/home/me"}
CREDENTIALS_FILE = b"[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = file-secret\n"


def first(**more) -> awsaccess.Step:
    """A step that asks for the config file."""
    step = awsaccess.start(HOME, NOW, seed=bytes(32), **more)
    assert isinstance(step.ask, ReadFile) and step.ask.path == "/home/me/.aws/config"
    return step


def test_the_environment_needs_no_question() -> None:
    step = awsaccess.start({"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hush-hush"}, NOW)
    assert step.done and step.ask is None
    found = step.result()
    assert (found.access_key_id, found.secret_access_key, found.source) == ("AKID", "hush-hush", "environment")
    assert (found.session_token, found.expires_at, found.account_id) == (None, None, None)
    match step.trace[-1]:
        case awsaccess.Attempt(source, outcome, reason):
            assert (source, outcome, reason) == ("environment", "ok", "key AKID")


def test_a_profile_from_files() -> None:
    world = World(files={"/home/me/.aws/credentials": CREDENTIALS_FILE})
    step = world.drive(first())
    assert step.result().access_key_id == "AKIDFILE"
    assert [ask.path for ask in world.asked] == ["/home/me/.aws/config", "/home/me/.aws/credentials"]
    assert [(a.source, a.outcome) for a in step.trace] == [
        ("code", "not_configured"),
        ("environment", "not_configured"),
        ("profile", "ok"),
    ]
    elsewhere = World(files={"/there/.aws/credentials": CREDENTIALS_FILE})
    assert elsewhere.drive(awsaccess.start({}, NOW, home="/there")).result().access_key_id == "AKIDFILE"


def test_instance_metadata_then_two_roles() -> None:
    sts = Sts({"ASIAIMDS": ("imds-secret", "imds-token")})
    world = World(http=lambda ask: metadata(ask) if "169.254" in ask.url else sts(ask))
    step = awsaccess.start(
        HOME,
        NOW,
        region="eu-west-1",
        assume=[
            "arn:aws:iam::111122223333:role/first",
            awsaccess.Role(
                "arn:aws:iam::444455556666:role/second", external_id="x-1", session_name="ana", duration=900
            ),
        ],
    )
    step = world.drive(step)
    found = step.result()
    assert (found.access_key_id, found.session_token) == ("ASIASECOND", "token-of-second")
    assert found.expires_at == 1_800_003_600 and isinstance(found.expires_at, int)
    (by_first, first_form), (by_second, second_form) = sts.calls
    assert (by_first, by_second) == ("ASIAIMDS", "ASIAFIRST")
    assert (second_form["ExternalId"], second_form["RoleSessionName"], second_form["DurationSeconds"]) == (
        "x-1",
        "ana",
        "900",
    )
    assert "ExternalId" not in first_form and first_form["Action"] == "AssumeRole"
    http = [ask for ask in world.asked if isinstance(ask, Http)]
    assert [ask.direct for ask in http] == [True, True, True, False, False]
    assert http[-1].url.startswith("https://sts.eu-west-1.amazonaws.com") and http[-1].request is http[-1]
    assert [(a.source, a.outcome) for a in step.trace][-3:] == [
        ("imds", "ok"),
        ("assume-role", "ok"),
        ("assume-role", "ok"),
    ]


def test_a_chain_of_profiles_with_a_code() -> None:
    config = b"""[profile target]
role_arn = arn:aws:iam::111122223333:role/target
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/me
region = us-east-1
"""
    sts = Sts({"AKIDBASE": ("base-secret", None)})
    keys = b"[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = base-secret\n"
    files = {"/home/me/.aws/config": config, "/home/me/.aws/credentials": keys}
    world = World(files=files, http=sts)
    assert world.drive(first(profile="target")).result().access_key_id == "ASIATARGET"
    prompt = next(ask for ask in world.asked if isinstance(ask, Prompt))
    assert (prompt.kind, prompt.serial) == ("mfa", "arn:aws:iam::111122223333:mfa/me")
    assert "arn:aws:iam::111122223333:mfa/me" in prompt.message
    assert (sts.calls[0][1]["SerialNumber"], sts.calls[0][1]["TokenCode"]) == (prompt.serial, "123456")


def test_errors_have_their_kind_and_their_attempts() -> None:
    sts = Sts({"AKID": ("hush-hush", None)})
    env = HOME | {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hush-hush"}
    step = World(http=sts).drive(
        awsaccess.start(env, NOW, region="us-east-1", assume=["arn:aws:iam::111122223333:role/forbidden"])
    )
    with pytest.raises(awsaccess.DeniedError) as caught:
        step.result()
    error = caught.value
    assert (error.kind, error.aws_code, error.retryable) == ("denied", "AccessDenied", False)
    assert error.attempts == tuple(step.trace) and error.attempts[-1].outcome == "failed"
    assert "hush" not in str(error) + repr(error.attempts)
    with pytest.raises(awsaccess.DeniedError):
        step.result()  # as often as one likes

    nothing = World(http=lambda ask: HttpFailure("unreachable", "no route"))
    with pytest.raises(awsaccess.NotConfiguredError):
        nothing.drive(first()).result()
    with pytest.raises(awsaccess.ProfileError):
        World(files={"/home/me/.aws/config": b"[profile x]\nno equals sign\n"}).drive(first()).result()
    with pytest.raises(awsaccess.ConfigError):
        World().drive(first(profile="missing")).result()


def test_a_host_that_answers_nothing_comes_to_an_end() -> None:
    step, turns = first(), 0
    while not step.done:
        step, turns = step.decline(NOW), turns + 1
    assert 1 <= turns < 50
    with pytest.raises(awsaccess.AwsAccessError) as caught:
        step.result()
    assert caught.value.kind in ("not_configured", "declined")
    assert step.decline(NOW) is step and step.decline() is step
    with pytest.raises(awsaccess.UsedError):
        step.answer(NOW, None)


def test_a_step_answers_once() -> None:
    step = first()
    following = step.answer(NOW, None)
    assert following is not step and not step.done and isinstance(step.ask, ReadFile)
    for again in (lambda: step.answer(NOW, None), lambda: step.answer(NOW, b""), lambda: step.decline(NOW)):
        with pytest.raises(awsaccess.UsedError) as caught:
            again()
        assert caught.value.kind == "used"
    assert following.answer(NOW, CREDENTIALS_FILE).result().access_key_id == "AKIDFILE"


@pytest.mark.parametrize(
    "reply",
    [
        "text",
        5,
        True,
        [],
        HttpReply(200),
        HttpFailure("timeout"),
        ProcessReply(0),
        object(),
        awsaccess.SignFailure("x"),
    ],
)
def test_a_wrong_kind_of_answer_leaves_the_step(reply) -> None:
    step = first()
    with pytest.raises(awsaccess.WrongAnswerError) as caught:
        step.answer(NOW, reply)
    assert caught.value.kind == "wrong_answer" and "bytes, None or FileFailure" in str(caught.value)
    with pytest.raises(awsaccess.InputError):
        step.answer("now", None)
    assert step.answer(NOW, None).answer(NOW, CREDENTIALS_FILE).result()


def test_wrong_answers_to_each_question_met() -> None:
    """The whole chain again, with every other kind of answer offered at every step first."""
    kinds = [
        None,
        b"bytes",
        "text",
        True,
        False,
        ["a"],
        HttpReply(200),
        HttpFailure("tls"),
        ProcessReply(0),
        awsaccess.FileFailure("x"),
    ]
    fits = {"ReadFile": (0, 1, 9), "Http": (6, 7), "Prompt": (2,), "Wait": (3,)}
    sts = Sts({"ASIAIMDS": ("imds-secret", "imds-token")})
    world = World(http=lambda ask: metadata(ask) if "169.254" in ask.url else sts(ask))
    role = awsaccess.Role("arn:aws:iam::111122223333:role/r", mfa_serial="arn:aws:iam::111122223333:mfa/me")
    step = awsaccess.start(HOME, NOW, region="us-east-1", assume=[role])
    met = set()
    while not step.done:
        name = type(step.ask).__name__
        met.add(name)
        for at, reply in enumerate(kinds):
            if at not in fits[name]:
                with pytest.raises(awsaccess.WrongAnswerError):
                    step.answer(NOW, reply)
        step = world.turn(step)
    assert step.result().access_key_id == "ASIAR" and met >= {"ReadFile", "Http", "Prompt"}


def test_an_answer_may_be_late_and_too_large() -> None:
    step = first()
    with pytest.raises(awsaccess.LimitError):
        step.answer(NOW, bytes(step.ask.max_bytes + 1)).result()
    step = awsaccess.start(HOME, NOW, credentials=awsaccess.Credentials("A", "hush-hush", "t", NOW - 1))
    with pytest.raises(awsaccess.ExpiredError):
        step.result()


def test_of_threads_that_race_exactly_one_wins() -> None:
    for _ in range(100):
        step, gate, results = first(), threading.Barrier(4), []

        def race() -> None:
            gate.wait()
            try:
                results.append(step.answer(NOW, None))
            except awsaccess.UsedError as error:
                results.append(error)

        threads = [threading.Thread(target=race) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(type(result).__name__ for result in results) == ["Step", "UsedError", "UsedError", "UsedError"]


def test_what_is_asked_is_frozen_and_hides_its_secrets() -> None:
    sts = Sts({"ASIAIMDS": ("imds-secret", "imds-token")})
    world = World(http=lambda ask: metadata(ask) if "169.254" in ask.url else sts(ask))
    world.drive(awsaccess.start(HOME, NOW, region="us-east-1", assume=["arn:aws:iam::111122223333:role/r"]))
    shown = repr(world.asked)
    assert "169.254.169.254" in shown and "imds-session" not in shown and "imds-token" not in shown
    for ask in world.asked:
        with pytest.raises(AttributeError):
            ask.path = "other"
        assert all(hasattr(ask, name) for name in type(ask).__match_args__)


def test_starting_wrongly() -> None:
    with pytest.raises(awsaccess.InputError):
        awsaccess.start(HOME, NOW, seed=b"short")
    with pytest.raises(awsaccess.InputError):
        awsaccess.start(HOME, NOW, order=["everything"])
    with pytest.raises(awsaccess.InputError):
        awsaccess.start({"AWS_PROFILE": "\udcff"}, NOW)
    with pytest.raises(awsaccess.InputError):
        awsaccess.start({"A": 5}, NOW)
    with pytest.raises(awsaccess.InputError):
        awsaccess.start(["A"], NOW)
    with pytest.raises(awsaccess.InputError):
        awsaccess.start(HOME, NOW, assume=[5])
    assert awsaccess.start(HOME | {"OTHER": "\udcff", "\udcff": "x"}, NOW).ask
    with pytest.raises(awsaccess.InputError, match="not done"):
        first().result()


def test_the_order_can_be_chosen() -> None:
    step = awsaccess.start(HOME | {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s"}, NOW, order=["imds"])
    assert World(http=metadata).drive(step).result().access_key_id == "ASIAIMDS"


def test_replies_are_checked() -> None:
    for status in (99, 1000, -1, 1 << 40):
        with pytest.raises(awsaccess.InputError):
            HttpReply(status)
    with pytest.raises(awsaccess.InputError):
        HttpReply(200, {"x": "\u0100"})
    assert HttpFailure("what else").reason == "other" and HttpFailure("timeout").reason == "timeout"
    assert awsaccess.FileFailure("no\nway").reason == "no way"
    assert Wait.__match_args__ == ("seconds",)
