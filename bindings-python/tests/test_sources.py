"""Sources that are configured in code, the questions that only they ask, and the other tasks of the chain."""

from __future__ import annotations

import json
from typing import Any

import awsaccess
import pytest
from awsaccess import (
    Cognito,
    Credentials,
    Custom,
    CustomFailure,
    FederationToken,
    Http,
    HttpReply,
    Listen,
    ListenReply,
    ListFiles,
    Lock,
    Prompt,
    ReadFile,
    RemoveFile,
    RolesAnywhere,
    Saml,
    SessionToken,
    Sign,
    SignFailure,
    TokenFile,
    Wait,
    WebIdentity,
    WriteFile,
)
from conftest import VECTORS

NOW = 1_800_000_000
ROLE = "arn:aws:iam::111122223333:role/one"
KEYS = Credentials("AKIDMINE", "s3cr3t-m")


class World:
    """Files and replies from tables; everything that was asked is kept."""

    def __init__(self, files: dict[str, bytes] | None = None, *replies: tuple[int, bytes | str]) -> None:
        self.files, self.replies, self.asked = dict(files or {}), list(replies), []
        self.typed, self.signature, self.custom, self.redirect = "123456", b"\x00\xff", None, None

    def drive(self, step: awsaccess.Step[Any]) -> awsaccess.Step[Any]:
        while not step.done:
            self.asked.append(step.ask)
            step = self.turn(step)
        return step

    def turn(self, step: awsaccess.Step[Any]) -> awsaccess.Step[Any]:
        match step.ask:
            case ReadFile(path=path):
                return step.answer(NOW, self.files.get(path))
            case WriteFile(path=path, data=data):
                self.files[path] = data
                return step.answer(NOW, True)
            case ListFiles(path=path):
                return step.answer(NOW, [at.rpartition("/")[2] for at in self.files if at.rpartition("/")[0] == path])
            case RemoveFile(path=path):
                self.files.pop(path, None)
                return step.answer(NOW, True)
            case Lock():
                return step.answer(NOW, True)
            case Http():
                status, body = self.replies.pop(0)
                return step.answer(NOW, HttpReply(status, [], body.encode() if isinstance(body, str) else body))
            case Prompt():
                return step.answer(NOW, "" if step.ask.kind == "sign_in" else self.typed)
            case Sign():
                return step.answer(NOW, self.signature)
            case Custom():
                return step.answer(NOW, self.custom)
            case Listen() if self.redirect is not None:
                return step.answer(NOW, self.redirect(step.ask))
            case Wait(seconds=_):
                return step.answer(NOW, True)
        return step.decline(NOW)

    def sent(self) -> list[str]:
        return [ask.body.decode() for ask in self.asked if isinstance(ask, Http)]


def session(action: str, key_id: str = "ASIAROLE") -> str:
    return f"""<{action}Response><{action}Result><Credentials><AccessKeyId>{key_id}</AccessKeyId>
    <SecretAccessKey>s3cr3t-r</SecretAccessKey><SessionToken>t0k3n-r</SessionToken>
    <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:x</AssumedRoleId>
    <Arn>arn:aws:sts::111122223333:assumed-role/one/x</Arn></AssumedRoleUser></{action}Result></{action}Response>"""


def resolve(world: World, **how: Any) -> Credentials:
    return world.drive(awsaccess.start({"HOME": "/h"}, NOW, region="eu-west-1", seed=bytes(32), **how)).result()


def test_a_token_given_or_in_a_file() -> None:
    for token in ("t0k3n-w", TokenFile("/token")):
        world = World({"/token": b"t0k3n-w\n"}, (200, session("AssumeRoleWithWebIdentity")))
        found = resolve(world, web_identity=WebIdentity(ROLE, token, session_name="ana", duration=900))
        assert (found.access_key_id, found.source) == ("ASIAROLE", "web-identity")
        assert "WebIdentityToken=t0k3n-w" in world.sent()[0] and "RoleSessionName=ana" in world.sent()[0]
        assert "DurationSeconds=900" in world.sent()[0]


def test_an_assertion() -> None:
    world = World({"/a": b"4ss3rt10n+=\n"}, (200, session("AssumeRoleWithSAML")))
    saml = Saml(ROLE, "arn:aws:iam::111122223333:saml-provider/idp", TokenFile("/a"), policy_arns=[])
    assert resolve(world, saml=saml).source == "saml"
    assert world.sent() == [
        "Action=AssumeRoleWithSAML&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fone"
        "&PrincipalArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Asaml-provider%2Fidp&SAMLAssertion=4ss3rt10n%2B%3D"
    ]


def test_an_identity_pool() -> None:
    pool = "eu-west-1:00000000-0000-0000-0000-000000000001"
    keys = {"AccessKeyId": "ASIACOG", "SecretKey": "s3cr3t-g", "SessionToken": "t0k3n-g", "Expiration": 4102444800.5}
    world = World(
        {"/login": b"t0k3n-l"},
        (200, '{"IdentityId":"eu-west-1:i"}'),
        (200, json.dumps({"IdentityId": "eu-west-1:i", "Credentials": keys})),
    )
    found = resolve(world, cognito=Cognito(pool, logins={"login.example": TokenFile("/login")}, account_id="1" * 12))
    assert (found.access_key_id, found.expires_at, found.source) == ("ASIACOG", 4102444800.5, "cognito")
    assert json.loads(world.sent()[1]) == {"IdentityId": "eu-west-1:i", "Logins": {"login.example": "t0k3n-l"}}
    basic = World(
        None,
        (200, '{"IdentityId":"eu-west-1:i","Token":"t0k3n-o"}'),
        (200, session("AssumeRoleWithWebIdentity")),
    )
    cognito = Cognito(pool, logins={"login.example": "t0k3n-l"}, identity_id="eu-west-1:i", role_arn=ROLE)
    assert resolve(basic, cognito=cognito).access_key_id == "ASIAROLE"
    assert "WebIdentityToken=t0k3n-o" in basic.sent()[1]


ANYWHERE = json.loads((VECTORS / "roles-anywhere/cases.json").read_text())


@pytest.mark.parametrize("case", ANYWHERE["cases"], ids=range(len(ANYWHERE["cases"])))
def test_a_certificate(case: dict[str, Any]) -> None:
    assert len(ANYWHERE["cases"]) == 4 and ANYWHERE["unix"] == NOW

    def read(name: str) -> bytes:
        return (VECTORS / "roles-anywhere" / name).read_bytes()

    files = {"/cert": read(case["certificate"])} | ({"/chain": read(case["chain"])} if case["chain"] else {})
    keys = {"accessKeyId": "ASIAX", "secretAccessKey": "s3cr3t-x", "sessionToken": "t0k3n-x", "expiration": "2100-01-01T00:00:00Z"}
    arn = "arn:aws:sts::111122223333:assumed-role/one/x"
    world = World(files, (201, json.dumps({"credentialSet": [{"assumedRoleUser": {"arn": arn}, "credentials": keys}]})))
    roles = RolesAnywhere(
        *(ANYWHERE[name] for name in ("trust_anchor_arn", "profile_arn", "role_arn")),
        "/cert",
        "pkcs11:token=x",
        chain="/chain" if case["chain"] else None,
        duration=case["body"].get("durationSeconds"),
        session_name=case["body"].get("roleSessionName"),
    )
    found = resolve(world, roles_anywhere=roles)
    assert (found.access_key_id, found.account_id, found.source) == ("ASIAX", "111122223333", "roles-anywhere")
    [sign] = [ask for ask in world.asked if isinstance(ask, Sign)]
    [http] = [ask for ask in world.asked if isinstance(ask, Http)]
    algorithm = "rsa_pkcs1_sha256" if case["certificate"].startswith("rsa") else "ecdsa_sha256_der"
    assert (sign.key, sign.algorithm, sign.message.decode()) == ("pkcs11:token=x", algorithm, case["string_to_sign"])
    assert (http.url, dict(http.headers)["authorization"]) == (case["url"], case["authorization"])
    assert json.loads(http.body) == case["body"]


def test_a_key_that_does_not_sign() -> None:
    world = World({"/cert": (VECTORS / "roles-anywhere/rsa.pem").read_bytes()})
    world.signature = SignFailure("the token is locked")
    names = (ANYWHERE[name] for name in ("trust_anchor_arn", "profile_arn", "role_arn"))
    with pytest.raises(awsaccess.SignError, match="the token is locked"):
        resolve(world, roles_anywhere=RolesAnywhere(*names, "/cert", "/key"))


def test_a_source_of_the_hosts_own() -> None:
    def of(answer: Any, order: list[str]) -> Credentials:
        world = World()
        world.custom = answer
        step = awsaccess.start(
            {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s3cr3t-e"}, NOW, order=order
        )
        assert isinstance(step.ask, Custom) and step.ask.name == "vault"
        match step.ask:
            case Custom(name):
                assert name == "vault" and repr(step.ask) == "Custom(name='vault')"
        for wrong in (True, b"", "text", SignFailure("x")):
            with pytest.raises(awsaccess.WrongAnswerError, match="Credentials, None or CustomFailure"):
                step.answer(NOW, wrong)
        return world.drive(step).result()

    assert of(KEYS, ["custom:vault"]).source == "vault"
    assert of(None, ["custom:vault", "environment"]).access_key_id == "AKIDENV"
    with pytest.raises(awsaccess.ServiceError, match="it is sealed"):
        of(CustomFailure("it is sealed"), ["custom:vault", "environment"])
    for order in (["custom:"], ["custom:a b"], ["vault"], "imds"):
        with pytest.raises(awsaccess.InputError):
            awsaccess.start({}, NOW, order=order)

    host = awsaccess.Host(custom={"vault": lambda: KEYS, "broken": lambda: 1 / 0})
    assert awsaccess.run(awsaccess.start({}, NOW, order=["custom:vault"]), host).result().access_key_id == "AKIDMINE"
    with pytest.raises(awsaccess.ServiceError, match="ZeroDivisionError"):
        awsaccess.run(awsaccess.start({}, NOW, order=["custom:broken"]), host).result()
    with pytest.raises(awsaccess.DeclinedError):
        awsaccess.run(awsaccess.start({}, NOW, order=["custom:other"]), host).result()


def test_keys_are_exchanged() -> None:
    world = World(None, (200, session("GetSessionToken")))
    serial = "arn:aws:iam::111122223333:mfa/me"
    found = resolve(world, credentials=KEYS, session_token=SessionToken(mfa_serial=serial, duration=3600))
    assert found.access_key_id == "ASIAROLE"
    assert "DurationSeconds=3600&SerialNumber=" in world.sent()[0] and "TokenCode=123456" in world.sent()[0]
    world = World(None, (200, session("GetFederationToken")))
    federation = FederationToken("ana", policy="{}", tags={"team": "a"})
    assert resolve(world, credentials=KEYS, federation_token=federation).access_key_id == "ASIAROLE"
    assert "Name=ana" in world.sent()[0] and "Tags.member.1.Key=team" in world.sent()[0]
    role = awsaccess.Role(ROLE, tags={"team": "a"}, transitive_tag_keys=["team"], policy_arns=["arn:aws:iam::aws:policy/x"])
    world = World(None, (200, session("AssumeRole")))
    resolve(world, credentials=KEYS, assume=[role])
    assert "TransitiveTagKeys.member.1=team" in world.sent()[0] and "PolicyArns.member.1.arn=" in world.sent()[0]


def test_options_are_held_to_their_names_and_types() -> None:
    with pytest.raises(TypeError, match="there is no option 'profil'"):
        awsaccess.start({}, NOW, profil="x")  # type: ignore[call-arg]
    for how in ({"saml": "x"}, {"credentials": Saml(ROLE, ROLE, "a" * 4)}, {"assume": "role"}, {"clock_offset": "1"}):
        with pytest.raises(awsaccess.InputTypeError):
            awsaccess.start({}, NOW, **how)  # type: ignore[arg-type]
    for make in (lambda: WebIdentity(ROLE, b"x"), lambda: Cognito("p", logins=5), lambda: FederationToken("a", tags=5)):
        with pytest.raises(awsaccess.InputTypeError):
            make()  # type: ignore[no-untyped-call]
    with pytest.raises(awsaccess.InputError):
        WebIdentity(ROLE, "")
    shown = repr([WebIdentity(ROLE, "t0k3n-w"), Saml(ROLE, ROLE, "4ss3rt10n"), Cognito("p", logins={"l": "t0k3n-l"})])
    assert "t0k3n" not in shown and "4ss3rt10n" not in shown


def test_options_that_files_and_caches_need() -> None:
    files = {"/c": b"[profile p]\nregion = eu-west-1\n", "/k": b"[p]\naws_access_key_id=AKIDP\naws_secret_access_key=s3cr3t-p\n"}
    world = World(files, (200, session("AssumeRole")))
    step = awsaccess.start(
        {"HOME": "/h"}, NOW, "p", config_file="/c", credentials_file="/k", assume=[ROLE], shared_cache=True, shell=False
    )
    assert world.drive(step).result().access_key_id == "ASIAROLE"
    [path] = [ask.path for ask in world.asked if isinstance(ask, WriteFile)]
    assert path.startswith("/h/.aws/cli/cache/")
    # The next one finds it there.
    again = World(world.files)
    step = awsaccess.start(
        {"HOME": "/h"}, NOW, "p", config_file="/c", credentials_file="/k", assume=[ROLE], shared_cache=True
    )
    assert again.drive(step).result().access_key_id == "ASIAROLE" and again.sent() == []

    listed = World(world.files).drive(awsaccess.start_cache_list({"HOME": "/h"}, NOW)).result()
    assert [(file.path, file.kind, file.expires_at) for file in listed] == [(path, "role", 4102444800)]
    assert "s3cr3t" not in repr(listed)
    kept = World(world.files)
    nothing = kept.drive(awsaccess.start_cache_clear({"HOME": "/h"}, NOW, ["/other"])).result()
    assert nothing == awsaccess.Cleared([], []) and path in kept.files
    cleared = kept.drive(awsaccess.start_cache_clear({"HOME": "/h"}, NOW)).result()
    assert [file.path for file in cleared.removed] == [path] and path not in kept.files


IDENTITY = """<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ana</Arn>
<UserId>AIDA</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


def test_who_one_is() -> None:
    world = World(None, (200, IDENTITY))
    step = world.drive(awsaccess.start_caller_identity({"HOME": "/h"}, NOW, credentials=KEYS))
    found = step.result()
    assert found[:3] == ("111122223333", "arn:aws:iam::111122223333:user/ana", "AIDA")
    assert found.credentials.access_key_id == "AKIDMINE"
    assert world.sent() == ["Action=GetCallerIdentity&Version=2011-06-15"]
    assert [attempt.outcome for attempt in step.trace] == ["ok"] and "s3cr3t" not in repr(found)

    class Here(awsaccess.Host):
        def answer(self, ask: object) -> Any:
            return HttpReply(200, [], IDENTITY.encode()) if isinstance(ask, Http) else None

    assert awsaccess.caller_identity(env={"HOME": "/h"}, credentials=KEYS, host=Here()).account == "111122223333"


def test_the_region_and_a_bearer_token() -> None:
    assert awsaccess.start_region({"AWS_REGION": "eu-west-1"}, NOW).result() == "eu-west-1"
    assert World().drive(awsaccess.start_region({"HOME": "/h"}, NOW, order=["profile"])).result() is None
    found = awsaccess.start_bearer_token("bedrock", {"AWS_BEARER_TOKEN_BEDROCK": "t0k3n-b"}, NOW).result()
    assert (found.token, found.source, found.expires_at) == ("t0k3n-b", "environment", None)
    assert "t0k3n" not in repr(found)


def test_a_plan_by_the_hosts_files() -> None:
    config = b"""[profile a]
role_arn = arn:aws:iam::111122223333:role/a
source_profile = b
external_id = 3xt3rnal-id
[profile b]
aws_access_key_id = AKIDB
aws_secret_access_key = s3cr3t-b
"""
    world = World({"/h/.aws/config": config})
    plan = world.drive(awsaccess.start_plan({"HOME": "/h"}, NOW, profile="a")).result()
    assert (plan.lasts, plan.longest, plan.may_need_sign_in) == (3600, 43200, False)
    assert [step.long_lived for step in plan.steps] == [True, False]
    described = json.loads(plan.json())
    assert described["steps"][1]["external_id"] == "***" and described["warnings"] == plan.warnings
    assert plan.graph().startswith("digraph plan {") and "AssumeRole" in plan.graph()
    assert "3xt3rnal" not in plan.json() + plan.graph() + str(plan) and "s3cr3t" not in plan.json() + plan.graph()


def test_how_long_each_source_took_and_the_report() -> None:
    step: awsaccess.Step[Any] = awsaccess.start({"HOME": "/h"}, NOW, credentials=KEYS, region="eu-west-1", assume=[ROLE])
    while isinstance(step.ask, ReadFile):
        step = step.answer(NOW, None)
    refused = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    step = step.answer(NOW + 2, HttpReply(403, [], refused))
    assert step.trace[-1].took == 2.0
    with pytest.raises(awsaccess.DeniedError) as caught:
        step.result()
    assert caught.value.report.splitlines()[0] == str(caught.value)
    assert "assume-role" in caught.value.report and "(2000 ms)" in caught.value.report


PORTAL: dict[str, Any] = {"start_url": "https://corp.awsapps.com/start", "sso_region": "eu-west-1", "session": "corp"}
CLIENT = {"clientId": "client", "clientSecret": "cl13nt-secret", "clientSecretExpiresAt": NOW + 86400}
TOKEN = {"accessToken": "acc3ss-one", "tokenType": "Bearer", "expiresIn": 28800, "refreshToken": "r3fresh-one"}


def test_a_sign_in_with_a_code() -> None:
    page = "https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD-EFGH"
    device = {
        "deviceCode": "d3vice-code",
        "userCode": "ABCD-EFGH",
        "verificationUri": "https://device.sso.eu-west-1.amazonaws.com/",
        "verificationUriComplete": page,
        "expiresIn": 600,
        "interval": 1,
    }
    world = World(None, *((200, json.dumps(reply)) for reply in (CLIENT, device, TOKEN)))
    step = world.drive(awsaccess.start_sso_login({"HOME": "/h"}, NOW, device_code=True, **PORTAL))
    found = step.result()
    assert (found.session, found.expires_at, found.region) == ("corp", NOW + 28800, "eu-west-1")
    assert "acc3ss-one" in world.files[found.token_file].decode() and "acc3ss" not in repr(found)
    [prompt] = [ask for ask in world.asked if isinstance(ask, Prompt)]
    assert (prompt.kind, prompt.page, prompt.serial) == ("sign_in", page, None) and "ABCD-EFGH" in prompt.message
    assert "ABCD" not in repr(prompt)

    # What is there is then used: accounts, roles, and out again.
    accounts = {"accountList": [{"accountId": "111122223333", "accountName": "dev", "emailAddress": "a@b"}]}
    world.replies = [(200, json.dumps(accounts)), (200, json.dumps({"roleList": [{"roleName": "Reader"}]})), (200, "")]
    env = {"HOME": "/h"}
    assert world.drive(awsaccess.start_sso_accounts(env, NOW, **PORTAL)).result() == [("111122223333", "dev", "a@b")]
    roles = awsaccess.start_sso_accounts(env, NOW, account_id="111122223333", **PORTAL)
    assert world.drive(roles).result() == ["Reader"]
    write = awsaccess.start_configure_sso("dev", env, NOW, account_id="111122223333", role_name="Reader", **PORTAL)
    path = world.drive(write).result()
    assert path == "/h/.aws/config" and b"[sso-session corp]" in world.files[path]
    assert b"sso_role_name = Reader" in world.files[path]
    out = world.drive(awsaccess.start_logout(env, NOW, sso=True)).result()
    assert found.token_file in out.removed and found.token_file not in world.files
    with pytest.raises(awsaccess.InputError, match="start_url with sso_region"):
        awsaccess.start_sso_login({}, NOW, start_url="https://x")


def test_a_sign_in_with_a_browser() -> None:
    world = World(None, (200, json.dumps(CLIENT)), (200, json.dumps(TOKEN)))

    def redirected(ask: Listen) -> ListenReply:
        assert "{port}" in ask.page and ask.path.startswith("/") and ask.timeout > 0
        assert "state=" not in repr(ask)
        state = ask.page.partition("state=")[2].partition("&")[0]
        return ListenReply(4321, f"code=c0de-of-redirect&state={state}")

    world.redirect = redirected
    found = world.drive(awsaccess.start_sso_login({"HOME": "/h"}, NOW, scopes=["sso:account:access"], **PORTAL)).result()
    assert found.expires_at == NOW + 28800
    assert json.loads(world.sent()[1])["code"] == "c0de-of-redirect"
    assert "4321" in json.loads(world.sent()[1])["redirectUri"]


def test_a_code_that_is_pasted() -> None:
    world = World({"/h/.aws/config": b"[profile p]\nregion = eu-west-1\n"})
    step = awsaccess.start_login({"HOME": "/h"}, NOW, remote=True, profile="p")
    while not isinstance(step.ask, Prompt):
        assert step.ask is not None
        step = world.turn(step)
    assert step.ask.kind == "authorization_code" and step.ask.page is not None
    assert step.ask.page.startswith("https://") and "code_challenge" not in repr(step.ask)
    with pytest.raises(awsaccess.DeclinedError):
        step.decline(NOW).result()
    with pytest.raises(awsaccess.ConfigError, match="login_session"):
        world.drive(awsaccess.start_logout({"HOME": "/h"}, NOW, profile="p")).result()
