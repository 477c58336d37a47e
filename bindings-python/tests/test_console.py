"""Links into the console, a step at a time."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import awsaccess
import pytest
from awsaccess import Http, HttpFailure, HttpReply
from world import NOW, World

SECRET, TOKEN, SIGNIN = "console-test-" + "s3cret", "console-test-" + "t0ken", "console-test-" + "s1gnin"
ROLE = "arn:aws:iam::111122223333:role/Admin"
SESSION = awsaccess.Credentials("ASIACONSOLE", SECRET, TOKEN, source="sso")


class Aws:
    """STS and the sign-in; notes what they were asked."""

    def __init__(self, status: int = 200) -> None:
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.status = status

    def __call__(self, ask: Http) -> Any:
        form = parse_qs(ask.body.decode())
        self.asked.append((ask.url, form))
        if form["Action"] == ["getSigninToken"]:
            body = f'{{"SigninToken": "{SIGNIN}"}}' if self.status == 200 else f"<html>{SECRET}</html>"
            return HttpReply(self.status, None, body.encode())
        action = form["Action"][0]
        user = "AssumedRoleUser" if action == "AssumeRole" else "FederatedUser"
        reply = (
            f"<{action}Response><{action}Result><{user}><Arn>arn:aws:sts::111122223333:x/y</Arn></{user}><Credentials>"
            f"<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}"
            f"</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"
        )
        return HttpReply(200, None, reply.encode())


def drive(step: awsaccess.Step[awsaccess.ConsoleLink], aws: Aws) -> awsaccess.ConsoleLink:
    world = World(http=aws)
    while not step.done:
        step = world.turn(step)
    return step.result()


def test_a_session_signs_in() -> None:
    aws = Aws()
    link = drive(awsaccess.start_console(SESSION, NOW, region="eu-west-1", destination="s3", issuer="https://me.example"), aws)
    assert aws.asked[0][0] == "https://eu-west-1.signin.aws.amazon.com/federation"
    url = urlsplit(link.url)
    query = parse_qs(url.query)
    assert (url.netloc, url.path) == ("eu-west-1.signin.aws.amazon.com", "/federation")
    assert query["Destination"] == ["https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"]
    assert (query["SigninToken"], query["Issuer"]) == ([SIGNIN], ["https://me.example"])
    assert link.expires_at == NOW + 900
    assert repr(link) == "<ConsoleLink>"


@pytest.mark.parametrize(
    ("base", "role", "console"),
    [
        (awsaccess.Credentials("AKIA", SECRET), None, "7200"),
        (awsaccess.Credentials("ASIA", SECRET, TOKEN, source="imds"), None, "7200"),
        (SESSION, "3600", None),
    ],
)
def test_durations(base: awsaccess.Credentials, role: str | None, console: str | None) -> None:
    aws = Aws()
    link = drive(awsaccess.start_console(base, NOW, role=ROLE, duration=7200), aws)
    (_, assume), (_, sign_in) = aws.asked
    assert (assume.get("DurationSeconds"), sign_in.get("SessionDuration")) == (role and [role], console and [console])
    assert link.arn == "arn:aws:sts::111122223333:x/y"
    with pytest.raises(awsaccess.InputError, match="15 minutes"):
        drive(awsaccess.start_console(base, NOW, role=ROLE, duration=899), aws)


def test_a_user_is_federated() -> None:
    aws = Aws()
    keys = awsaccess.Credentials("AKIA", SECRET)
    drive(awsaccess.start_console(keys, NOW, federated_user="alice", policy="{}", duration=3600), aws)
    assert aws.asked[0][1]["DurationSeconds"] == ["3600"] and "SessionDuration" not in aws.asked[1][1]
    for wrong in ({}, {"federated_user": "alice", "role": ROLE}, {"policy": "{}"}, {"role": ROLE, "destination": "https://x/"}):
        with pytest.raises(awsaccess.InputError):
            drive(awsaccess.start_console(keys, NOW, **wrong), aws)


def test_no_error_carries_the_session_or_the_url() -> None:
    for aws in (Aws(400), Aws(500), lambda _: HttpFailure("other", f"GET https://x/?{SECRET}")):
        with pytest.raises(awsaccess.AwsAccessError) as caught:
            drive(awsaccess.start_console(SESSION, NOW), aws)  # type: ignore[arg-type]
        assert not any(text in str(caught.value) for text in (SECRET, TOKEN, SIGNIN, "https://"))


def test_the_step_is_the_one_of_every_task() -> None:
    step = awsaccess.start_console(SESSION, NOW)
    assert isinstance(step, awsaccess.Step)
    with pytest.raises(awsaccess.WrongAnswerError):
        step.answer(NOW, "text")
    done = step.answer(NOW, HttpReply(200, None, b'{"SigninToken": "x"}'))
    with pytest.raises(awsaccess.UsedError):
        step.answer(NOW, HttpReply(200))
    assert done.result().url == done.result().url and done.warnings == [] == done.trace
    with pytest.raises(awsaccess.DeclinedError):
        awsaccess.start_console(SESSION, NOW).decline(NOW).result()


def test_console_url_and_switching_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    class Host(awsaccess.Host):
        def http(self, ask: Http) -> Any:
            return Aws()(ask)

    url = awsaccess.console_url(SESSION, region="eusc-de-east-1", host=Host())
    assert url.startswith("https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation?Action=login&")
    monkeypatch.setenv("AWS_REGION", "cn-north-1")
    url = awsaccess.console_url(SESSION, host=Host())
    assert url.startswith("https://signin.amazonaws.cn/federation?") and "console.amazonaws.cn%2F&" in url
    assert awsaccess.switch_role_url(ROLE, display_name="prod", color="F2B0A9") == (
        "https://signin.aws.amazon.com/switchrole?account=111122223333&roleName=Admin&displayName=prod&color=F2B0A9"
    )
    with pytest.raises(awsaccess.InputError):
        awsaccess.switch_role_url("Admin")
