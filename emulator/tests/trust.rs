//! Trust policies: for each condition, a caller that is let in and one that is kept out.

#![expect(clippy::needless_pass_by_value, reason = "policies are written where they are used")]

mod support;

use awsaccess_emulator::{AccessKey, Emulator, OidcProvider, Policy, Role, Root, User, World};
use serde_json::{Value, json};
use support::{Keys, Reply, ask_sts, assume, start, start_with, sts};

const ACCOUNT: &str = "333333333333";

/// A world with the users alice (MFA) and bob, and the role `target` with this trust policy.
fn world(statements: Value) -> World {
    let trust = json!({"Version": "2012-10-17", "Statement": statements});
    World::default()
        .user(User::new(ACCOUNT, "alice").with_mfa())
        .user(User::new(ACCOUNT, "bob"))
        .user(User::new("444444444444", "mallory"))
        .role(Role::trusting(ACCOUNT, "target", &trust).expect("a policy"))
}

fn target() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/target")
}

fn allow(principal: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})
}

fn take(emulator: &Emulator, user: &str, more: &[(&str, &str)]) -> Reply {
    assume(emulator, &Keys::of(emulator, user), &target(), more)
}

#[track_caller]
fn refused(reply: &Reply, user: &str) {
    assert_eq!(reply.error(), (403, "AccessDenied".to_owned()), "{}", reply.text());
    assert_eq!(reply.element("Type"), "Sender");
    let wanted =
        format!("User: {user} is not authorized to perform: sts:AssumeRole on resource: {}", target());
    assert_eq!(reply.element("Message"), wanted);
    assert!(reply.header("x-amzn-requestid").is_some_and(|id| reply.text().contains(id)));
}

#[test]
fn wrong_principal() {
    let emulator = start_with(world(json!([allow(
        json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:user/alice")}),
        json!({})
    )])));
    assert_eq!(take(&emulator, "alice", &[]).status, 200);
    refused(&take(&emulator, "bob", &[]), &format!("arn:aws:iam::{ACCOUNT}:user/bob"));
    refused(&take(&emulator, "mallory", &[]), "arn:aws:iam::444444444444:user/mallory");
}

#[test]
fn principals_by_account_and_by_session() {
    let emulator = start_with(world(json!([allow(json!({"AWS": ACCOUNT}), json!({}))])));
    assert_eq!(take(&emulator, "bob", &[]).status, 200);
    refused(&take(&emulator, "mallory", &[]), "arn:aws:iam::444444444444:user/mallory");

    // A session may be named by its own ARN, and another session of the same role is then not meant.
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/first/tester");
    let trust = json!({"Version": "2012-10-17", "Statement": allow(json!({"AWS": session}), json!({}))});
    let first = Role::trusting(
        ACCOUNT,
        "first",
        &json!({"Version": "2012-10-17", "Statement": allow(json!("*"), json!({}))}),
    );
    let emulator = start_with(
        World::default()
            .user(User::new(ACCOUNT, "bob"))
            .role(first.expect("a policy"))
            .role(Role::trusting(ACCOUNT, "target", &trust).expect("a policy")),
    );
    let bob = Keys::of(&emulator, "bob");
    let first = format!("arn:aws:iam::{ACCOUNT}:role/first");
    let named = Keys::in_reply(&assume(&emulator, &bob, &first, &[]));
    assert_eq!(assume(&emulator, &named, &target(), &[]).status, 200);
    let other = [("Action", "AssumeRole"), ("RoleArn", first.as_str()), ("RoleSessionName", "other")];
    let other = Keys::in_reply(&ask_sts(&emulator, &bob, &other));
    refused(
        &assume(&emulator, &other, &target(), &[]),
        &format!("arn:aws:sts::{ACCOUNT}:assumed-role/first/other"),
    );
}

#[test]
fn external_id_missing_or_wrong() {
    let condition = json!({"StringEquals": {"sts:ExternalId": "right-id"}});
    let emulator = start_with(world(json!([allow(json!("*"), condition)])));
    let bob = format!("arn:aws:iam::{ACCOUNT}:user/bob");
    assert_eq!(take(&emulator, "bob", &[("ExternalId", "right-id")]).status, 200);
    refused(&take(&emulator, "bob", &[]), &bob);
    refused(&take(&emulator, "bob", &[("ExternalId", "wrong-id")]), &bob);
    refused(&take(&emulator, "bob", &[("ExternalId", "RIGHT-ID")]), &bob);
}

#[test]
fn mfa_missing_wrong_or_too_old() {
    let condition = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}});
    let emulator = start_with(world(json!([allow(json!("*"), condition)])));
    let alice = format!("arn:aws:iam::{ACCOUNT}:user/alice");
    let serial = format!("arn:aws:iam::{ACCOUNT}:mfa/alice");
    refused(&take(&emulator, "alice", &[]), &alice);
    let code = emulator.mfa_code("alice").expect("a code");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let reply = take(&emulator, "alice", &[("SerialNumber", &serial), ("TokenCode", wrong)]);
    assert_eq!(reply.error(), (403, "AccessDenied".to_owned()));
    assert!(reply.text().contains("invalid MFA one time pass code"));
    let reply = take(&emulator, "alice", &[("SerialNumber", &serial)]);
    assert!(reply.text().contains("must provide both MFA serial number and one time pass code"));
    let reply = take(&emulator, "bob", &[("SerialNumber", &serial), ("TokenCode", &code)]);
    assert!(reply.text().contains("unable to validate MFA code"));

    // By way of a session that was opened with MFA: good for five minutes.
    let open = [("Action", "GetSessionToken"), ("SerialNumber", &serial), ("TokenCode", &code)];
    let session = Keys::in_reply(&ask_sts(&emulator, &Keys::of(&emulator, "alice"), &open));
    assert_eq!(assume(&emulator, &session, &target(), &[]).status, 200);
    emulator.set_clock_offset(301);
    refused(&assume(&emulator, &session, &target(), &[]), &alice);
    // A session without MFA says false, not nothing.
    let plain =
        Keys::in_reply(&ask_sts(&emulator, &Keys::of(&emulator, "alice"), &[("Action", "GetSessionToken")]));
    refused(&assume(&emulator, &plain, &target(), &[]), &alice);
    let code = emulator.mfa_code("alice").expect("a code");
    let direct = [("SerialNumber", serial.as_str()), ("TokenCode", code.as_str())];
    assert_eq!(take(&emulator, "alice", &direct).status, 200);
    assert_eq!(take(&emulator, "alice", &direct).status, 403, "a code works once");
}

#[test]
fn session_name_source_identity_and_tags() {
    let statement = json!({
        "Effect": "Allow", "Principal": "*",
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        "Condition": {
            "StringLike": {"sts:RoleSessionName": "test*"},
            "StringEqualsIfExists": {"sts:SourceIdentity": "bob", "aws:RequestTag/team": ["blue", "green"]},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}});
    let emulator = start_with(world(json!([statement])));
    let tag = |key, value| [("Tags.member.1.Key", key), ("Tags.member.1.Value", value)];
    assert_eq!(take(&emulator, "bob", &[]).status, 200);
    assert_eq!(take(&emulator, "bob", &[("SourceIdentity", "bob")]).status, 200);
    assert_eq!(take(&emulator, "bob", &[("SourceIdentity", "eve")]).status, 403);
    assert_eq!(take(&emulator, "bob", &tag("team", "blue")).status, 200);
    assert_eq!(take(&emulator, "bob", &tag("team", "red")).status, 403);
    assert_eq!(take(&emulator, "bob", &tag("cost", "1")).status, 403);
    let named = [("Action", "AssumeRole"), ("RoleArn", &target()), ("RoleSessionName", "other")];
    assert_eq!(ask_sts(&emulator, &Keys::of(&emulator, "bob"), &named).status, 403);
}

#[test]
fn tags_and_source_identity_need_their_own_action() {
    let emulator = start_with(world(json!([allow(json!("*"), json!({}))])));
    assert_eq!(take(&emulator, "bob", &[]).status, 200);
    let tagged = take(&emulator, "bob", &[("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")]);
    assert_eq!(tagged.status, 403);
    assert!(tagged.text().contains("sts:TagSession"));
    let sourced = take(&emulator, "bob", &[("SourceIdentity", "bob")]);
    assert_eq!(sourced.status, 403);
    assert!(sourced.text().contains("sts:SetSourceIdentity"));
}

#[test]
fn caller_keys() {
    let condition = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/al*"}, "StringNotEquals": {"aws:PrincipalAccount": "444444444444"}});
    let emulator = start_with(world(json!([allow(json!("*"), condition)])));
    assert_eq!(take(&emulator, "alice", &[]).status, 200);
    refused(&take(&emulator, "bob", &[]), &format!("arn:aws:iam::{ACCOUNT}:user/bob"));
    refused(&take(&emulator, "mallory", &[]), "arn:aws:iam::444444444444:user/mallory");
}

#[test]
fn an_explicit_denial_wins() {
    let deny = json!({"Effect": "Deny", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:user/bob")}, "Action": "sts:*"});
    let emulator = start_with(world(json!([allow(json!("*"), json!({})), deny])));
    assert_eq!(take(&emulator, "alice", &[]).status, 200);
    refused(&take(&emulator, "bob", &[]), &format!("arn:aws:iam::{ACCOUNT}:user/bob"));
}

#[test]
fn identity_policies() {
    let policy = |effect: &str| {
        Policy::parse(&json!({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": "sts:AssumeRole", "Resource": target()}})).expect("a policy")
    };
    let empty = Policy::parse(&json!({"Version": "2012-10-17", "Statement": []})).expect("a policy");
    let by_account = json!([allow(json!({"AWS": ACCOUNT}), json!({}))]);
    for (policies, status) in [
        (vec![], 200),
        (vec![policy("Allow")], 200),
        (vec![empty], 403),
        (vec![policy("Allow"), policy("Deny")], 403),
    ] {
        let mut world = world(by_account.clone());
        world.users[1].policies = policies;
        assert_eq!(take(&start_with(world), "bob", &[]).status, status);
    }
}

#[test]
fn an_absent_role_is_refused_like_one_that_does_not_trust() {
    let emulator = start_with(world(json!([])));
    refused(&take(&emulator, "bob", &[]), &format!("arn:aws:iam::{ACCOUNT}:user/bob"));
    let reply = assume(&emulator, &Keys::of(&emulator, "bob"), "arn:aws:iam::333333333333:role/nothing", &[]);
    assert_eq!(reply.error(), (403, "AccessDenied".to_owned()));
}

#[test]
fn federated_users_and_roots_take_no_roles() {
    let mut open = world(json!([allow(json!("*"), json!({}))]));
    open.roots.push(Root { account: ACCOUNT.into(), access_keys: vec![AccessKey::random()] });
    let emulator = start_with(open);
    let bob = Keys::of(&emulator, "bob");
    let federated = [("Action", "GetFederationToken"), ("Name", "visitor")];
    let federated = Keys::in_reply(&ask_sts(&emulator, &bob, &federated));
    let key = &emulator.world().roots[0].access_keys[0];
    let root = Keys { id: key.access_key_id.clone(), secret: key.secret_access_key.clone(), token: None };
    for (keys, arn) in [(federated, "federated-user/visitor"), (root, ":root")] {
        assert_eq!(assume(&emulator, &keys, &target(), &[]).error(), (403, "AccessDenied".to_owned()));
        let who = ask_sts(&emulator, &keys, &[("Action", "GetCallerIdentity")]);
        assert!(who.element("Arn").ends_with(arn), "{}", who.text());
    }
}

#[test]
fn durations_and_names() {
    let mut wide = world(json!([allow(json!("*"), json!({}))]));
    wide.roles[0].max_session_duration = 7200;
    let emulator = start_with(wide);
    assert_eq!(take(&emulator, "bob", &[("DurationSeconds", "7200")]).status, 200);
    for (seconds, words) in [
        ("899", "greater than or equal to 900"),
        ("43201", "less than or equal to 43200"),
        ("7201", "MaxSessionDuration"),
    ] {
        let reply = take(&emulator, "bob", &[("DurationSeconds", seconds)]);
        assert_eq!(reply.error(), (400, "ValidationError".to_owned()), "{seconds}");
        assert!(reply.text().contains(words), "{}", reply.text());
    }
    let session = Keys::in_reply(&take(&emulator, "bob", &[]));
    assert_eq!(assume(&emulator, &session, &target(), &[("DurationSeconds", "3600")]).status, 200);
    let chained = assume(&emulator, &session, &target(), &[("DurationSeconds", "3601")]);
    assert_eq!(chained.error(), (400, "ValidationError".to_owned()));
    assert!(chained.text().contains("1 hour session limit for roles assumed by role chaining"));
    for name in ["a", "with space", "sl/ash", &"x".repeat(65)] {
        let named = [("Action", "AssumeRole"), ("RoleArn", &target()), ("RoleSessionName", name)];
        let reply = ask_sts(&emulator, &Keys::of(&emulator, "bob"), &named);
        assert_eq!(reply.error(), (400, "ValidationError".to_owned()), "{name}");
    }
    let reply = take(&emulator, "bob", &[("Policy", "{")]);
    assert_eq!(reply.error(), (400, "MalformedPolicyDocument".to_owned()));
    let reply = take(&emulator, "bob", &[("RoleSessionName", "twice")]);
    assert_eq!(reply.status, 400);
}

/// The demo world's `deployer`: audience `sts.amazonaws.com`, subjects `repo:example/*`.
#[test]
fn web_identities() {
    const ISSUER: &str = "https://ci.example.com";
    let mut demo = World::demo().oidc_provider(OidcProvider::new(
        "222222222222",
        "https://other.example.com",
        "sts.amazonaws.com",
    ));
    demo.oidc_providers[0].audiences.push("registered".into());
    let emulator = start_with(demo);
    let ask = |token: &str| {
        sts(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("RoleArn", "arn:aws:iam::222222222222:role/deployer"),
            ("RoleSessionName", "job-1"),
            ("WebIdentityToken", token),
        ])
        .send(&emulator)
    };
    let token = |audience: &str, subject: &str, seconds: i64| {
        emulator.web_identity_token(ISSUER, audience, subject, seconds).expect("a provider")
    };
    let good = token("sts.amazonaws.com", "repo:example/app", 600);
    let reply = ask(&good);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.element("SubjectFromWebIdentityToken"), "repo:example/app");
    assert_eq!(reply.element("Audience"), "sts.amazonaws.com");
    let keys = Keys::in_reply(&reply);
    let who = ask_sts(&emulator, &keys, &[("Action", "GetCallerIdentity")]);
    assert_eq!(who.element("Arn"), "arn:aws:sts::222222222222:assumed-role/deployer/job-1");

    let (head, _) = good.rsplit_once('.').expect("a token");
    let other = emulator
        .web_identity_token("https://other.example.com", "sts.amazonaws.com", "repo:example/app", 600)
        .expect("a provider");
    for (token, wanted) in [
        (token("elsewhere", "repo:example/app", 600), (400, "InvalidIdentityToken")),
        (token("registered", "repo:example/app", 600), (403, "AccessDenied")),
        (token("sts.amazonaws.com", "repo:evil/app", 600), (403, "AccessDenied")),
        (token("sts.amazonaws.com", "repo:example/app", -1), (400, "ExpiredTokenException")),
        (format!("{head}.AAAA"), (400, "InvalidIdentityToken")),
        (other, (403, "AccessDenied")),
        ("no.token".into(), (400, "InvalidIdentityToken")),
    ] {
        let reply = ask(&token);
        assert_eq!(reply.error(), (wanted.0, wanted.1.to_owned()), "{}", reply.text());
    }
}

#[test]
fn the_instance_role_is_for_the_instance_alone() {
    let emulator = start();
    let reply =
        assume(&emulator, &Keys::of(&emulator, "ci"), "arn:aws:iam::111111111111:role/gateway-node", &[]);
    assert_eq!(reply.error(), (403, "AccessDenied".to_owned()));
}
