"""Rules from Python's own values, what they decide, and what a session is made of."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import awsaccess
import pytest
from awsaccess.access import BUILT_IN_GUARDS, Identity, Rules, session_name
from world import NOW

ACCOUNT = "arn:aws:iam::111122223333:role/"
EXTERNAL_ID = "an-external-" + "id-of-the-rules"


def shape() -> dict:
    """One of everything."""
    return {
        "guards": ["no-privilege-escalation"],
        "guard": [{"name": "orders", "allow": ["dynamodb:@read", "dynamodb:PutItem table:orders"], "deny": ["dynamodb:Scan"]}],
        "application": [
            {
                "name": "crm",
                "source": "hub",
                "labels": {"env": "prod"},
                "accounts": ["111122223333"],
                "services": ["dynamodb", "sts"],
                "regions": ["eu-west-1"],
                "session_policy": "guards",
                "session_policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
                "session_name": "crm-{{email.local(subject)}}",
                "source_identity": "{{subject}}",
                "tags": {"team": "{{external.team}}", "via": "gateway"},
                "transitive_tags": ["team"],
                "duration_seconds": 1800,
                "max_duration_seconds": 3600,
                "role": [
                    {
                        "name": "reader",
                        "assume": [
                            {"role_arn": ACCOUNT + "hub", "external_id": EXTERNAL_ID},
                            {"role_arn": ACCOUNT + "crm-reader"},
                        ],
                    },
                    {"name": "admin", "assume": [{"role_arn": ACCOUNT + "crm-admin"}]},
                ],
            }
        ],
        "role": [
            {"name": "dev", "allow": [ACCOUNT + "crm-*"], "deny": [ACCOUNT + "*-admin"], "labels": {"env": ["prod"]}, "guards": ["orders"]},
            {"name": "root", "allow": [ACCOUNT + "*"]},
        ],
        "subject": [{"name": "alice@example.com", "groups": ["staff"], "traits": {"desk": ["7"]}}, {"name": "bob@example.com"}],
        "group": [{"name": "staff", "roles": ["dev"]}],
        "mapping": [{"claim": "team", "values": ["platform-*"], "roles": ["root"]}],
        "grant": [
            {
                "subject": "bob@example.com",
                "roles": ["dev"],
                "begins_at": "2027-01-15T08:00:00Z",
                "ends_at": datetime(2027, 1, 15, 9, tzinfo=UTC),
                "approved_by": "carol",
                "reason": "ticket 7",
            }
        ],
    }  # fmt: skip


RULES = Rules.parse(shape())
ALICE = Identity("alice@example.com", "crm", "reader", traits={"team": "red"})


def asked(operation: str, **body) -> awsaccess.Operation:
    head = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    return awsaccess.identify("POST", "https://dynamodb.eu-west-1.amazonaws.com/", head, json.dumps(body).encode())


def decide(who: Identity = ALICE, operation: str = "GetItem", *, table: str = "orders", now: float = NOW, region: str = "eu-west-1"):
    return RULES.decide(who, region, asked(operation, TableName=table), partition="aws", now=now)


def test_what_is_granted() -> None:
    granted = decide()
    assert granted and granted.allowed and granted.denial is None and granted.reason is None
    assert granted.role == ACCOUNT + "crm-reader" and granted.role_chain == [ACCOUNT + "hub", ACCOUNT + "crm-reader"]
    assert (granted.rule, granted.source) == (f"role dev: allow {ACCOUNT}crm-*", "hub")
    assert (granted.session_name, granted.source_identity) == ("crm-alice", "alice@example.com")
    assert (granted.tags, granted.transitive_tag_keys) == ([("team", "red"), ("via", "gateway")], ["team"])
    assert (granted.duration, granted.max_duration, granted.approval) == (1800, 3600, None)
    assert granted.identity == ALICE and RULES.applications == ["crm"] and RULES == Rules.parse(json.dumps(shape(), default=str))


def test_a_session_policy_says_what_the_guards_let_through() -> None:
    granted = decide()
    policy = json.loads(granted.session_policy)
    (statement,) = policy["Statement"]
    assert policy["Version"] == "2012-10-17" and statement["Effect"] == "Allow" and statement["Resource"] == "*"
    taken = [re.compile(action.replace("*", ".*")) for action in statement["Action"]]

    def takes(action: str) -> bool:
        return any(pattern.fullmatch(action) for pattern in taken)

    assert takes("dynamodb:GetItem") and takes("dynamodb:PutItem") and takes("dynamodb:Query")
    assert not takes("dynamodb:Scan") and not takes("dynamodb:DeleteTable") and not takes("iam:PassRole")
    assert len(granted.session_policy) + sum(map(len, granted.session_policy_arns)) <= 2048
    assert statement["Sid"].startswith("botocore")


def test_the_roles_are_ready_to_be_assumed() -> None:
    """What STS is asked for, hop by hop, as a host of the step sees it."""
    from world import Sts, World

    sts = Sts({"AKIDHUB": ("s3cret-of-the-hub", None)})
    hub = awsaccess.Credentials("AKIDHUB", "s3cret-of-the-hub")
    step = awsaccess.start({"HOME": "/h"}, NOW, credentials=hub, assume=decide().assume, region="eu-west-1")
    done = World(http=sts).drive(step)
    assert done.result().access_key_id == "ASIACRM-READER"
    (first, one), (second, two) = sts.calls
    assert (first, second) == ("AKIDHUB", "ASIAHUB")
    assert one["ExternalId"] == EXTERNAL_ID and "ExternalId" not in two
    assert one["SourceIdentity"] == "alice@example.com" and "SourceIdentity" not in two
    assert (one["Tags.member.1.Key"], one["Tags.member.1.Value"], one["TransitiveTagKeys.member.1"]) == ("team", "red", "team")
    assert (two["Tags.member.1.Key"], two["Tags.member.1.Value"]) == ("via", "gateway") and "Tags.member.2.Key" not in one
    assert one["RoleSessionName"] == two["RoleSessionName"] == "crm-alice" and two["DurationSeconds"] == "1800"
    assert "Policy" not in one and json.loads(two["Policy"]) == json.loads(decide().session_policy)
    assert two["PolicyArns.member.1.arn"] == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert EXTERNAL_ID not in repr(decide()) and EXTERNAL_ID not in repr(decide().assume)


PLATFORM = Identity("dave@example.com", "crm", "admin", traits={"team": "platform-a"})


@pytest.mark.parametrize(
    ("decision", "denial", "reason"),
    [
        (lambda: decide(operation="Scan"), "operation-denied", "denied by guard orders: deny dynamodb:Scan"),
        (lambda: decide(operation="PutItem", table="invoices"), "operation-denied", "guard orders: nothing allows it"),
        (lambda: decide(Identity("alice@example.com", "crm", "admin", traits={"team": "red"})), "role-denied", "role dev: deny"),
        (lambda: decide(Identity("eve", "crm", "reader")), "unknown-subject", "the subject is not known"),
        (lambda: decide(Identity("bob@example.com", "crm", "reader"), now=NOW + 3600), "role-not-allowed", "no rule allows the role"),
        (lambda: decide(Identity("alice@example.com", "erp", "reader")), "unknown-application", "application"),
        (lambda: decide(Identity("alice@example.com", "crm", "writer")), "unknown-role", "no such role"),
        (lambda: decide(region="us-east-1"), "region-not-allowed", "region"),
        (lambda: RULES.decide(ALICE, "eu-west-1", service="s3", now=NOW), "service-not-allowed", "service"),
        (lambda: RULES.decide(ALICE, "eu-west-1", service="dynamodb", now=NOW), "operation-denied", "was not told"),
        (lambda: RULES.decide(ALICE, "eu-west-1", asked("GetItem"), partition="aws-cn", now=NOW), "other-partition", "partitions"),
        (lambda: RULES.decide(ALICE, "eu-west-1", asked("GetItem"), host="mine.example", customer_host=True, now=NOW), "host-not-allowed", "host"),
        (lambda: decide(Identity("alice@example.com", "crm", "reader")), "unmarked-session", "the tag 'team': has no value"),
    ],
)  # fmt: skip
def test_what_is_denied(decision, denial: str, reason: str) -> None:
    denied = decision()
    assert not denied and denied.allowed is False and denied.denial == denial and reason in denied.reason
    assert (denied.role, denied.rule, denied.session_policy, denied.assume, denied.identity) == (None, None, None, [], None)
    assert (denied.tags, denied.duration, denied.session_name, denied.role_chain) == ([], None, None, [])


def test_roles_for_claims_and_for_a_time() -> None:
    assert decide(PLATFORM).role == ACCOUNT + "crm-admin"
    bob = Identity("bob@example.com", "crm", "reader", traits={"team": "red"})
    timed = decide(bob, now=1_800_001_000)
    assert timed.approval == ("carol", "ticket 7") and timed.max_duration == 1_800_003_600 - 1_800_001_000


def test_equal_decisions_share_credentials_and_no_others() -> None:
    one, again = decide(), decide(operation="Query")
    assert one == again and hash(one) == hash(again) and {one: 1}[again] == 1
    for other in (Identity("alice@example.com", "crm", "reader", traits={"team": "blue"}), PLATFORM):
        assert decide(other) and decide(other) != one
    for key, value in [("tags", {"team": "{{external.team}}"}), ("transitive_tags", []), ("session_policy", ...),
                       ("session_policy_arns", []), ("duration_seconds", 900), ("session_name", "{{subject}}"),
                       ("source_identity", ...), ("source", "other")]:  # fmt: skip
        rules = Rules.parse(change(f"application[0].{key}", value))
        other = rules.decide(ALICE, "eu-west-1", asked("GetItem", TableName="orders"), partition="aws", now=NOW)
        assert other and other != one and hash(other) != hash(one), key
    assert decide(operation="Scan") == decide(operation="Scan") != one
    bob = Identity("bob@example.com", "crm", "reader", traits={"team": "red"})
    assert decide(bob, now=NOW) == decide(bob, now=NOW + 60), "how long it is still given does not matter to the session"


def test_who_issues_asks_first() -> None:
    assert RULES.role_of(ALICE, NOW) == ACCOUNT + "crm-reader"
    with pytest.raises(awsaccess.DeniedError, match="^denied by role dev: deny"):
        RULES.role_of(Identity("alice@example.com", "crm", "admin"), NOW)
    assert RULES.may_assume(ALICE, ACCOUNT + "crm-other", NOW) == f"role dev: allow {ACCOUNT}crm-*"
    with pytest.raises(awsaccess.DeniedError, match="not for the account"):
        RULES.may_assume(ALICE, "arn:aws:iam::999999999999:role/crm-x", NOW)
    with pytest.raises(awsaccess.DeniedError, match="no rule allows"):
        RULES.may_assume(PLATFORM, ACCOUNT + "hub", NOW)
    with pytest.raises(awsaccess.InputError):
        RULES.may_assume(ALICE, "not-an-arn", NOW)


def change(at: str, value: object) -> dict:
    """The rules with another value at a place such as `role[0].allow`; `...` takes it away."""
    rules = shape()
    *way, last = re.findall(r"[a-z_]+|\d+", at)
    node = rules
    for step in way:
        node = node[int(step)] if step.isdigit() else node[step]
    if value is ...:
        del node[last]
    else:
        node[int(last) if last.isdigit() else last] = value
    return rules


@pytest.mark.parametrize(
    ("at", "value", "fault"),
    [
        ("application[0].name", ..., "application[0].name: is missing"),
        ("application[0].name", 7, "application[0].name: must be text"),
        ("application[0].listen", [], "application[0].listen: there is no key of this name"),
        ("application[0].services", "s3", "application[0].services: must be a list of texts"),
        ("application[0].labels", {"a": 1}, "application[0].labels: must be a dict of texts"),
        ("application[0].duration_seconds", 60, "application[0].duration_seconds: the duration of the application 'crm' must be"),
        ("application[0].duration_seconds", True, "application[0].duration_seconds: must be whole seconds"),
        ("application[0].hosts", ["*"], "application[0].hosts[0]: "),
        ("application[0].partition", "mars", "application[0].partition: there is no partition 'mars'"),
        ("application[0].session_policy", "{}", "application[0].session_policy: for the role '(any)': the session policy is no json"),
        ("application[0].session_name", "gateway", "application[0].session_name: the template 'gateway' must name the subject"),
        ("application[0].tags", {"team": "{{"}, "application[0].tags: the template '{{' has a {{ without"),
        ("application[0].transitive_tags", ["x"], "application[0].tags: the transitive tag 'x' is none of the tags"),
        ("application[0].clients_may_set", ["tag"], "application[0].clients_may_set[0]: must be one of"),
        (
            "application[0].session_replies",
            {"ssm:SendCommand": "deny", "ssm:StartSession": "pass"},
            'application[0].session_replies."ssm:SendCommand": must be one of',
        ),
        ("application[0].role[0].assume", [], "application[0].role[0].assume: the role 'reader' of the application 'crm' must have"),
        ("application[0].role[0].assume[0].role_arn", "x", "application[0].role[0].assume[0].role_arn: "),
        ("application[0].role[0].assume[0].external_id", 7, "application[0].role[0].assume[0].external_id: must be text"),
        ("application[0].open_roles", [], "application[0].open_roles: must be a dict"),
        ("application[0].guards", ["orders", "none"], "application[0].guards[1]: there is no guard of the name 'none'"),
        ("guard[0].deny", ["dynamodb"], "guard[0].deny[0]: the rule 'dynamodb'"),
        ("guard[0].name", "read-only", "guard[0].name: there is a guard of this name already"),
        ("role[0].allow", ["arn:aws:s3:::x"], "role[0].allow[0]: "),
        ("role[1].name", "dev", "role[1].name: the role 'dev' is there twice"),
        ("subject[0].groups", ["nobody"], "subject[0].groups: the subject 'alice@example.com' names the group 'nobody'"),
        ("subject", {"name": "alice"}, "subject: must be a list of dicts"),
        ("subject[1]", "bob", "subject[1]: must be a dict"),
        ("mapping[0].claim", ..., "mapping[0].claim: is missing"),
        ("grant[0].ends_at", "2027-01-15T08:00:00Z", "grant[0].ends_at: it ends before it begins"),
        ("grant[0].ends_at", "tomorrow", "grant[0].ends_at: must be a time"),
        ("grant[0].ends_at", ..., "grant[0].ends_at: is missing"),
        ("grant[0].reason", " ", "grant[0].reason: must say something"),
        ("grant[0].group", "staff", "grant[0].subject: either a subject or a group is wanted"),
        ("listen", ["127.0.0.1:0"], "listen: there is no key of this name"),
    ],
)  # fmt: skip
def test_every_fault_names_its_key(at: str, value: object, fault: str) -> None:
    with pytest.raises(awsaccess.ConfigError) as caught:
        Rules.parse(change(at, value))
    assert any(line.startswith(fault) for line in caught.value.faults), caught.value.faults
    assert str(caught.value).startswith(caught.value.faults[0]) and EXTERNAL_ID not in repr(caught.value.faults)


def test_faults_are_told_together() -> None:
    with pytest.raises(awsaccess.ConfigError) as caught:
        Rules.parse({"role": [{"name": "a", "allow": ["x", "y"]}], "subjects": []})
    assert len(caught.value.faults) == 3 and str(caught.value).endswith("(and 2 more: see faults)")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b'{"role": [], "role": []}', "the key 'role' is there twice"),
        ('{"secret', "the rules are not json at line 1"),
        ("[]", "must be a dict"),
        ("[" * 100_000, "the rules are not json"),
        (b"\xff\xfe\xff", "the rules are not json"),
        (7, "must be a dict"),
        ({1: 2}, "?: a key must be text"),
    ],
)
def test_what_is_no_rules(text: object, wanted: str) -> None:
    with pytest.raises(awsaccess.ConfigError) as caught:
        Rules.parse(text)
    assert wanted in str(caught.value) and caught.value.faults


def test_the_gateways_own_example_means_the_same() -> None:
    """The file that shows every key of the rules, less what is not the rules'."""
    file = Path(__file__).resolve().parents[2] / "proxy/examples/access.toml"
    table = tomllib.loads(file.read_text())
    known = {"application", "role", "subject", "group", "mapping", "grant", "guard", "guards"}
    rules = {name: value for name, value in table.items() if name in known}
    for application in rules["application"]:
        application.pop("listen", None)
    assert Rules.parse(rules).applications == [application["name"] for application in rules["application"]]


def test_names() -> None:
    assert session_name("alice@example.com") == "alice@example.com" != session_name("team/alice")
    for guard in BUILT_IN_GUARDS:
        Rules.parse({"guards": [guard]})
    with pytest.raises(awsaccess.ConfigError):
        Rules.parse({"guards": ["read-write"]})
