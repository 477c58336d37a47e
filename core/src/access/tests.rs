use proptest::prelude::*;

use super::*;
use crate::operation::{self, Operation, Service};
use crate::sigv4::Request;

const READER: &str = "arn:aws:iam::123456789012:role/reader";
const ADMIN: &str = "arn:aws:iam::123456789012:role/admin";
const CHINA: &str = "arn:aws-cn:iam::123456789012:role/reader";
const HUB: &str = "arn:aws:iam::111111111111:role/hub";
const NOW: Time = Time::from_unix(1_800_000_000);

fn target(name: &str, arn: &str) -> Target {
    Target::new(name, vec![Hop::new(arn).unwrap()])
}

fn role(name: &str, allow: &[&str], deny: &[&str]) -> Role {
    Role::new(name, allow, deny).unwrap()
}

fn policy() -> Policy {
    let mut narrow = Application::new("narrow", "base", vec![target("reader", READER)]);
    narrow.services = vec!["s3".into()];
    narrow.regions = vec!["eu-west-1".into()];
    let prod = Application::new(
        "prod",
        "base",
        vec![target("reader", READER), target("admin", ADMIN), target("china", CHINA)],
    );
    let dev = role("dev", &["arn:*:iam::123456789012:role/*"], &[]);
    let careful = role("careful", &[], &["arn:*:iam::*:role/adm*"]);
    Policy::new(
        vec![prod, narrow],
        vec![dev, careful],
        vec![
            Subject::new("alice", &["dev", "careful"]),
            Subject::new("bob", &["dev"]),
            Subject::new("eve", &[]),
        ],
    )
    .unwrap()
}

fn decide(
    subject: &str,
    application: &str,
    role: &str,
    service: &str,
    region: &str,
) -> Result<Grant, Denied> {
    let who = Identity::new(subject, application, role);
    policy().decide(&who, &Wish::new(service, region).in_partition("aws"), NOW)
}

/// An application with these targets, and one subject with this role.
fn alone(application: Application, role: Role) -> Policy {
    let subject = Subject::new("alice", &[role.name.as_str()]);
    Policy::new(vec![application], vec![role], vec![subject]).unwrap()
}

fn granted(policy: &Policy, who: &Identity) -> Result<Grant, Denied> {
    policy.decide(who, &Wish::new("s3", "us-east-1").in_partition("aws"), NOW)
}

#[test]
fn deny_wins_and_silence_is_no() {
    let granted = decide("alice", "prod", "reader", "sqs", "us-east-1").unwrap();
    assert_eq!(granted.hops[0].role.as_str(), READER);
    assert_eq!(&*granted.rule, "role dev: allow arn:*:iam::123456789012:role/*");
    assert!(decide("bob", "prod", "admin", "sqs", "us-east-1").is_ok());
    assert_eq!(
        decide("alice", "prod", "admin", "sqs", "us-east-1"),
        Err(Denied::DeniedBy("role careful: deny arn:*:iam::*:role/adm*".into()))
    );
    assert_eq!(decide("eve", "prod", "reader", "sqs", "us-east-1"), Err(Denied::NotAllowed));
    assert_eq!(decide("mallory", "prod", "reader", "sqs", "us-east-1"), Err(Denied::UnknownSubject));
    assert_eq!(decide("bob", "test", "reader", "sqs", "us-east-1"), Err(Denied::UnknownApplication));
    assert_eq!(decide("bob", "prod", "root", "sqs", "us-east-1"), Err(Denied::UnknownRole));
}

#[test]
fn external_ids_are_not_shown() {
    let hop = Hop::new(READER).unwrap().with_external_id("given-by-the-owner");
    assert!(!format!("{hop:?}").contains("given"), "{hop:?}");
}

#[test]
fn an_application_has_bounds() {
    assert!(decide("bob", "narrow", "reader", "s3", "eu-west-1").is_ok());
    assert_eq!(decide("bob", "narrow", "reader", "sqs", "eu-west-1"), Err(Denied::Service));
    assert_eq!(decide("bob", "narrow", "reader", "s3", "us-east-1"), Err(Denied::Region));
    assert_eq!(decide("bob", "prod", "china", "s3", "us-east-1"), Err(Denied::Partition));
}

#[test]
fn hosts_are_the_applications() {
    let mut application = Application::new("a", "base", vec![target("reader", READER)]);
    let pattern = |text: &str| HostPattern::parse(text).unwrap();
    application.customer_hosts = vec![pattern("*.execute-api.us-east-1.amazonaws.com")];
    let all = role("all", &["arn:aws:iam::*:role/*"], &[]);
    let open = alone(application.clone(), all.clone());
    application.hosts = vec![pattern("s3.us-east-1.amazonaws.com")];
    let closed = alone(application, all);
    let who = Identity::new("alice", "a", "reader");
    let wish = Wish::new("s3", "us-east-1");
    let ask = |policy: &Policy, wish: Wish<'_>| policy.decide(&who, &wish, NOW).map(|_| ());
    let (own, other) = ("x.execute-api.us-east-1.amazonaws.com", "x.execute-api.eu-west-1.amazonaws.com");
    assert_eq!(ask(&open, wish.at("sqs.us-east-1.amazonaws.com")), Ok(()));
    assert_eq!(ask(&open, wish.at_customer_host(own)), Ok(()));
    assert_eq!(ask(&open, wish.at_customer_host(other)), Err(Denied::Host));
    assert_eq!(ask(&closed, wish.at("s3.us-east-1.amazonaws.com:443")), Ok(()));
    assert_eq!(ask(&closed, wish.at("sqs.us-east-1.amazonaws.com")), Err(Denied::Host));
    assert_eq!(ask(&closed, wish), Err(Denied::Host), "a host that was not told");
    assert_eq!(ask(&closed, wish.at_customer_host(own)), Ok(()));
}

#[test]
fn rules_must_be_whole() {
    let hop = |arn| Hop::new(arn).unwrap();
    let app = |targets| Application::new("a", "base", targets);
    let refused = |application: Application| Policy::new(vec![application], vec![], vec![]).unwrap_err();
    let subject = vec![Subject::new("s", &["nobody"])];
    assert_eq!(
        Policy::new(vec![], vec![], subject).unwrap_err().to_string(),
        "the subject 's' has the role 'nobody', which is not defined"
    );
    assert_eq!(refused(app(vec![Target::new("t", vec![])])), PolicyError::Hops("t".into(), "a".into()));
    let mixed = app(vec![Target::new("t", vec![hop(READER), hop(CHINA)])]);
    assert_eq!(refused(mixed), PolicyError::Partitions("t".into(), "a".into()));
    assert!(Policy::new(vec![app(vec![]), app(vec![])], vec![], vec![]).is_err());
    let mut long = app(vec![]);
    long.duration = Duration::from_secs(7200);
    assert_eq!(refused(long), PolicyError::Duration("a".into()));
    let mut outside = app(vec![target("t", READER)]);
    outside.accounts = vec!["222222222222".into()];
    assert_eq!(refused(outside.clone()), PolicyError::Outside("t".into(), "a".into()));
    outside.accounts = vec!["123456789012".into()];
    outside.partition = Some("aws-cn".into());
    assert_eq!(refused(outside), PolicyError::Outside("t".into(), "a".into()));
    let mut open = app(vec![]);
    open.open = Some(OpenRoles::default());
    assert_eq!(refused(open), PolicyError::OpenAccounts("a".into()));
    let mut partition = app(vec![]);
    partition.partition = Some("amazon".into());
    assert_eq!(refused(partition), PolicyError::Partition("amazon".into()));
    let mut text = app(vec![]);
    text.narrowing = Narrowing::Text("{}".into());
    assert!(refused(text).to_string().contains("no json object"));
}

#[test]
fn every_fault_is_told_with_its_place() {
    let mut twin = Subject::new("s", &["nobody"]);
    twin.groups = vec!["none".into()];
    let mut odd = role("r", &[], &[]);
    odd.deny_accounts = vec!["1".into()];
    let rules = Rules {
        roles: vec![odd],
        subjects: vec![Subject::new("s", &[]), twin],
        groups: vec![Group::new("g", &["nobody"])],
        mappings: vec![Mapping::new("groups", &["x"], &["nobody"])],
        timed_grants: vec![TimedGrant::new(Grantee::Group("none".into()), &["nobody"], NOW, NOW)],
        ..Rules::default()
    };
    let places: Vec<String> = rules.faults().into_iter().map(|fault| fault.place).collect();
    let wanted = [
        "subject[1].name",
        "role[0].deny_accounts[0]",
        "subject[1].roles",
        "subject[1].groups",
        "group[0].roles",
        "mapping[0].roles",
        "grant[0].roles",
        "grant[0].group",
        "grant[0].ends_at",
    ];
    assert_eq!(places, wanted);
}

#[test]
fn labels_and_accounts_are_conditions() {
    let mut application = Application::new("a", "base", vec![target("reader", READER)]);
    application.labels = [("env".into(), "prod".into()), ("team".into(), "payments".into())].into();
    let who = Identity::new("alice", "a", "reader");
    let condition = |entries: &[(&str, &[&str])]| -> Labels {
        let own = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        entries.iter().map(|(name, values)| ((*name).to_owned(), own(values))).collect()
    };
    let ask = |edit: &dyn Fn(&mut Role)| {
        let mut role = role("r", &["arn:aws:iam::*:role/*"], &[]);
        edit(&mut role);
        granted(&alone(application.clone(), role), &who).map(|_| ())
    };
    let denied = |what: &str| Err(Denied::DeniedBy(format!("role r: deny {what}")));
    assert_eq!(ask(&|_| {}), Ok(()));
    assert_eq!(ask(&|role| role.labels = condition(&[("env", &["dev", "prod"])])), Ok(()));
    assert_eq!(ask(&|role| role.labels = condition(&[("env", &["pr*"]), ("team", &["*"])])), Ok(()));
    assert_eq!(
        ask(&|role| role.labels = condition(&[("env", &["prod"]), ("team", &["search"])])),
        Err(Denied::NotAllowed)
    );
    assert_eq!(ask(&|role| role.labels = condition(&[("owner", &["*"])])), Err(Denied::NotAllowed));
    assert_eq!(ask(&|role| role.labels = condition(&[("env", &["prod-2", "pro"])])), Err(Denied::NotAllowed));
    // One label that fits is enough to deny.
    let both = condition(&[("env", &["prod"]), ("team", &["search"])]);
    assert_eq!(ask(&|role| role.deny_labels.clone_from(&both)), denied("label env"));
    assert_eq!(ask(&|role| role.accounts = vec!["123456789012".into()]), Ok(()));
    assert_eq!(ask(&|role| role.accounts = vec!["222222222222".into()]), Err(Denied::NotAllowed));
    assert_eq!(ask(&|role| role.deny_accounts = vec!["123456789012".into()]), denied("account 123456789012"));
}

#[test]
fn a_missing_trait_drops_what_allows_and_denies_what_denies() {
    let application = Application::new("a", "base", vec![target("reader", READER)]);
    let with = |name: &str, values: &[&str]| {
        let traits = Traits::new().with(name, values.iter().copied()).unwrap();
        Identity::new("alice", "a", "reader").with_traits(traits)
    };
    let nothing = Identity::new("alice", "a", "reader");
    let allows = alone(application.clone(), role("r", &["{{external.aws_role_arns}}"], &[]));
    assert_eq!(
        &*granted(&allows, &with("aws_role_arns", &[ADMIN, READER])).unwrap().rule,
        "role r: allow {{external.aws_role_arns}}"
    );
    assert_eq!(granted(&allows, &with("aws_role_arns", &[ADMIN])), Err(Denied::NotAllowed));
    assert_eq!(granted(&allows, &with("aws_role_arns", &["arn:aws:iam::*:role/*"])), Err(Denied::NotAllowed));
    assert_eq!(granted(&allows, &nothing), Err(Denied::NotAllowed));

    let text = "arn:aws:iam::123456789012:role/{{external.barred}}";
    let denies = alone(application, role("r", &[READER], &[text]));
    assert!(granted(&denies, &with("barred", &["writer"])).is_ok());
    let because = format!("role r: deny {text}");
    assert_eq!(granted(&denies, &with("barred", &["reader", "x"])), Err(Denied::DeniedBy(because.clone())));
    assert_eq!(granted(&denies, &nothing), Err(Denied::Template(because.clone())));
    assert_eq!(granted(&denies, &with("barred", &[])), Err(Denied::Template(because.clone())));
    assert_eq!(granted(&denies, &with("barred", &["writer", "r*"])), Err(Denied::Template(because)));
}

#[test]
fn internal_traits_are_the_configurations_alone() {
    let mut group = Group::new("core", &["r"]);
    group.traits = Traits::new().with("role", ["reader"]).unwrap();
    let mut alice = Subject::new("alice", &[]);
    alice.groups = vec!["core".into()];
    alice.traits = Traits::new().with("role", ["other"]).unwrap();
    let policy = Policy::of(Rules {
        applications: vec![Application::new("a", "base", vec![target("reader", READER)])],
        roles: vec![role("r", &["arn:aws:iam::123456789012:role/{{internal.role}}"], &[])],
        subjects: vec![alice, Subject::new("bob", &["r"])],
        groups: vec![group],
        ..Rules::default()
    })
    .unwrap();
    assert!(granted(&policy, &Identity::new("alice", "a", "reader")).is_ok());
    // What a key claims is external, whatever it is called.
    let claims =
        Traits::new().with("role", ["reader"]).and_then(|traits| traits.with("internal.role", ["reader"]));
    let bob = Identity::new("bob", "a", "reader").with_traits(claims.unwrap());
    assert_eq!(granted(&policy, &bob), Err(Denied::NotAllowed));
}

#[test]
fn claims_are_mapped_to_roles() {
    let policy = Policy::of(Rules {
        applications: vec![Application::new(
            "a",
            "base",
            vec![target("reader", READER), target("admin", ADMIN)],
        )],
        roles: vec![role("readers", &[READER], &[]), role("admins", &[ADMIN], &[])],
        mappings: vec![
            Mapping::new("groups", &["aws-*"], &["readers"]),
            Mapping::new("https://idp.example/team", &["ops", "sre"], &["admins"]),
        ],
        ..Rules::default()
    })
    .unwrap();
    let ask = |claim: &str, value: &str, role: &str| {
        let traits = Traits::new().with(claim, [value]).unwrap();
        granted(&policy, &Identity::new("someone", "a", role).with_traits(traits)).map(|grant| grant.rule)
    };
    assert_eq!(ask("groups", "aws-dev", "reader"), Ok(format!("role readers: allow {READER}").into()));
    assert_eq!(ask("groups", "aws-dev", "admin"), Err(Denied::NotAllowed));
    assert_eq!(
        ask("https://idp.example/team", "sre", "admin"),
        Ok(format!("role admins: allow {ADMIN}").into())
    );
    for (claim, value) in
        [("groups", "dev-aws-"), ("groups", "aws-x:y"), ("group", "aws-dev"), ("team", "sre")]
    {
        assert_eq!(ask(claim, value, "reader"), Err(Denied::UnknownSubject), "{claim} {value}");
    }
}

#[test]
fn grants_begin_and_end() {
    let day = Duration::from_secs(86_400);
    let given = TimedGrant::new(Grantee::Subject("alice".into()), &["admins"], NOW, NOW + day);
    let mut bob = Subject::new("bob", &[]);
    bob.groups = vec!["on-call".into()];
    let to_group = TimedGrant::new(Grantee::Group("on-call".into()), &["admins"], NOW, NOW + day);
    let policy = Policy::of(Rules {
        applications: vec![Application::new(
            "a",
            "base",
            vec![target("reader", READER), target("admin", ADMIN)],
        )],
        roles: vec![role("readers", &[READER], &[]), role("admins", &["arn:aws:iam::*:role/*"], &[])],
        subjects: vec![Subject::new("alice", &["readers"]), bob, Subject::new("carol", &["readers"])],
        groups: vec![Group::new("on-call", &[])],
        timed_grants: vec![given.approved("carol", "incident 4711"), to_group],
        ..Rules::default()
    })
    .unwrap();
    let at = |who: &str, role: &str, now: Time| {
        let wish = Wish::new("s3", "us-east-1");
        policy.decide(&Identity::new(who, "a", role), &wish, now)
    };
    let second = Duration::from_secs(1);
    assert_eq!(at("alice", "admin", NOW - second), Err(Denied::NotAllowed));
    let grant = at("alice", "admin", NOW).unwrap();
    assert_eq!(grant.approval, Some(Approval { by: "carol".into(), reason: "incident 4711".into() }));
    assert_eq!(grant.max_duration, Some(MAX_DURATION));
    // No longer than it is given for.
    let late = at("alice", "admin", NOW + day - Duration::from_secs(60)).unwrap();
    assert_eq!(late.max_duration, Some(Duration::from_secs(60)));
    assert_eq!(at("alice", "admin", NOW + day), Err(Denied::NotAllowed));
    // What she has for good needs nobody's approval.
    assert_eq!(at("alice", "reader", NOW).unwrap().approval, None);
    assert!(at("bob", "admin", NOW).is_ok());
    assert_eq!(at("bob", "admin", NOW + day), Err(Denied::NotAllowed));
    assert_eq!(at("carol", "admin", NOW), Err(Denied::NotAllowed));
}

#[test]
fn a_role_is_given_by_arn_or_by_a_name_that_fits_one() {
    let deep = "arn:aws:iam::123456789012:role/team/writer";
    let twin = "arn:aws:iam::123456789012:role/other/writer";
    let application = Application::new(
        "a",
        "base",
        vec![target("r", READER), target("w", deep), target("w2", twin), target("cn", CHINA)],
    );
    let policy = alone(application, role("all", &["arn:*:iam::*:role/*"], &[]));
    let of =
        |name: &str| policy.role_of(&Identity::new("alice", "a", name), NOW).map(|role| role.to_string());
    assert_eq!(of("r"), Ok(READER.into()));
    assert_eq!(of(READER), Ok(READER.into()));
    assert_eq!(of("team/writer"), Ok(deep.into()));
    assert_eq!(of("writer"), Err(Denied::AmbiguousRole(format!("{deep}, {twin}"))));
    assert_eq!(of("reader"), Err(Denied::AmbiguousRole(format!("{READER}, {CHINA}"))));
    assert_eq!(of("riter"), Err(Denied::UnknownRole));
    assert_eq!(of("arn:aws:iam::123456789012:role/unlisted"), Err(Denied::UnknownRole));
}

#[test]
fn an_open_application_takes_what_the_rules_name() {
    let mut application = Application::new("a", "base", vec![]);
    application.accounts = vec!["123456789012".into(), "222222222222".into()];
    application.open =
        Some(OpenRoles { via: vec![Hop::new(HUB).unwrap()], external_id: Some("theirs".into()) });
    let all = role("all", &["{{external.arns}}", "arn:aws:iam::222222222222:role/dev-*"], &[ADMIN]);
    let policy = alone(application, all);
    let other = "arn:aws:iam::222222222222:role/reader";
    let elsewhere = "arn:aws:iam::333333333333:role/elsewhere";
    let traits = Traits::new().with("arns", [READER, other, elsewhere, ADMIN]).unwrap();
    let ask = |role: &str| granted(&policy, &Identity::new("alice", "a", role).with_traits(traits.clone()));
    let grant = ask(READER).unwrap();
    assert_eq!(grant.hops.iter().map(|hop| hop.role.as_str()).collect::<Vec<_>>(), [HUB, READER]);
    assert_eq!(grant.hops[1].external_id.as_deref(), Some("theirs"));
    assert_eq!(ask("reader"), Err(Denied::AmbiguousRole(format!("{READER}, {other}"))));
    assert_eq!(ask("elsewhere"), Err(Denied::UnknownRole), "an account that the application is not for");
    assert_eq!(ask(elsewhere), Err(Denied::UnknownRole));
    assert!(matches!(ask("admin"), Err(Denied::DeniedBy(_))));
    // What a pattern allows has no name until it is given by its arn.
    assert_eq!(ask("dev-1"), Err(Denied::UnknownRole));
    assert!(ask("arn:aws:iam::222222222222:role/dev-1").is_ok());
    assert_eq!(ask("arn:aws:iam::222222222222:role/prod-1"), Err(Denied::NotAllowed));
}

#[test]
fn guards_bind_and_deny_wins_among_them() {
    let application = Application::new("a", "base", vec![target("reader", READER), target("admin", ADMIN)]);
    let mut readers = role("readers", &["arn:aws:iam::*:role/*"], &[]);
    readers.guards = vec![Arc::new(Guard::built_in("read-only").unwrap())];
    let writers = role("writers", &[ADMIN], &[]);
    let mut careful = role("careful", &[], &[]);
    careful.guards = vec![Arc::new(Guard::new("no-delete", None, &["s3:DeleteBucket"]).unwrap())];
    let policy = Policy::new(
        vec![application],
        vec![readers, writers, careful],
        vec![
            Subject::new("reader", &["readers"]),
            Subject::new("both", &["readers", "writers"]),
            Subject::new("careful", &["readers", "writers", "careful"]),
        ],
    )
    .unwrap();
    let s3 = |method: &str, path: &str| {
        operation::identify(&Request::new(method, path, &[]), &Service::named("s3"), b"")
    };
    let ask = |who: &str, role: &str, operation: &Operation| {
        let wish = Wish::new("s3", "us-east-1").asking(operation);
        policy.decide(&Identity::new(who, "a", role), &wish, NOW).map(|grant| grant.rule)
    };
    let (get, put, drop) = (s3("GET", "/b/k"), s3("PUT", "/b/k"), s3("DELETE", "/b"));
    assert!(ask("reader", "reader", &get).is_ok());
    let nothing = Denied::Operation("guard read-only: nothing allows it".into());
    assert_eq!(ask("reader", "reader", &put), Err(nothing.clone()));
    // A second role that allows the same AWS role unguarded decides; one that allows another does not.
    assert_eq!(ask("both", "admin", &put), Ok(format!("role writers: allow {ADMIN}").into()));
    assert_eq!(ask("both", "reader", &put), Err(nothing));
    // What one role denies, no other allows.
    let denied = Denied::Operation("guard no-delete: deny s3:DeleteBucket".into());
    assert_eq!(ask("careful", "admin", &drop), Err(denied));
    assert!(ask("careful", "admin", &put).is_ok());
    // Who does not say what is asked for is not let through a guard.
    let who = Identity::new("reader", "a", "reader");
    assert!(matches!(policy.decide(&who, &Wish::new("s3", "us-east-1"), NOW), Err(Denied::Operation(_))));
    // Nor past one of a role that does not decide.
    let who = Identity::new("careful", "a", "admin");
    assert!(matches!(policy.decide(&who, &Wish::new("s3", "us-east-1"), NOW), Err(Denied::Operation(_))));
}

#[test]
fn roles_that_are_assumed_through_the_gateway_are_allowed_too() {
    let hops = vec![Hop::new(HUB).unwrap(), Hop::new(READER).unwrap()];
    let mut application = Application::new("a", "base", vec![Target::new("reader", hops)]);
    application.accounts = ["111111111111", "123456789012", "222222222222"].map(String::from).to_vec();
    let policy_of = |patterns: &[&str]| alone(application.clone(), role("r", patterns, &[ADMIN]));
    let ask = |policy: &Policy, arn: &str| {
        let who = Identity::new("alice", "a", "reader");
        policy.may_assume(&who, &RoleArn::parse(arn).unwrap(), NOW)
    };
    let policy = policy_of(&["arn:aws:iam::*:role/*"]);
    let rule = Ok("role r: allow arn:aws:iam::*:role/*".to_owned());
    assert_eq!(ask(&policy, "arn:aws:iam::222222222222:role/next"), rule);
    assert!(matches!(ask(&policy, ADMIN), Err(Denied::DeniedBy(_))));
    let elsewhere = "arn:aws:iam::333333333333:role/x";
    assert_eq!(ask(&policy, elsewhere), Err(Denied::Target(elsewhere.into())));
    // The gateway's own way is opened by its name only.
    assert_eq!(ask(&policy, HUB), Err(Denied::NotAllowed));
    assert!(ask(&policy_of(&["arn:aws:iam::*:role/*", HUB]), HUB).is_ok());
}

#[test]
fn a_session_is_stamped_and_narrowed() {
    let mut application = Application::new("a", "base", vec![target("reader", READER)]);
    application.services = vec!["s3".into()];
    application.narrowing = Narrowing::Guards;
    application.session_policy_arns = vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()];
    application.stamp = Stamp::default()
        .with_source_identity("{{subject}}")
        .and_then(|stamp| stamp.with_tags(&[("user", "{{subject}}")], &["user"]))
        .unwrap();
    let mut readers = role("readers", &[READER], &[]);
    readers.guards = vec![Arc::new(Guard::built_in("read-only").unwrap())];
    let policy = alone(application, readers);
    let get = operation::identify(&Request::new("GET", "/b/k", &[]), &Service::named("s3"), b"");
    let wish = Wish::new("s3", "us-east-1").asking(&get);
    let grant = policy.decide(&Identity::new("alice", "a", "reader"), &wish, NOW).unwrap();
    assert_eq!(grant.source_identity.as_deref(), Some("alice"));
    assert_eq!(grant.tags, [("user".to_owned(), "alice".to_owned())]);
    assert_eq!(grant.transitive_tag_keys, ["user"]);
    let text = grant.session_policy.unwrap().text().unwrap();
    assert!(text.contains("s3:GetObject") && !text.contains("s3:PutObject\""), "{text}");
    assert_eq!(grant.session_policy_arns.len(), 1);
}

#[test]
fn a_session_policy_that_does_not_fit_is_told_when_the_rules_are_read() {
    let mut application = Application::new("a", "base", vec![target("reader", READER)]);
    application.narrowing = Narrowing::Guards;
    let mut readers = role("readers", &[READER], &[]);
    readers.guards = vec![Arc::new(Guard::built_in("read-only").unwrap())];
    let rules = Rules { applications: vec![application], roles: vec![readers], ..Rules::default() };
    let fault = rules.faults().remove(0);
    assert_eq!(fault.place, "application[0].session_policy");
    assert!(fault.error.to_string().contains("for the role 'readers': the session policy would have"));
}

#[test]
fn what_other_roles_deny_counts_when_the_rules_are_read() {
    let mut application = Application::new("a", "base", vec![target("reader", READER)]);
    application.services = vec!["ec2".into()];
    application.narrowing = Narrowing::Guards;
    // Every other operation of a service that has hundreds: no wildcard holds them.
    let names: Vec<_> =
        operation::Listed::signing("ec2").map(|listed| format!("ec2:{}", listed.name())).collect();
    let every_other: Vec<&str> = names.iter().step_by(2).map(String::as_str).collect();
    let mut half = role("half", &[], &[]);
    half.guards = vec![Arc::new(Guard::new("every-other", None, &every_other).unwrap())];
    let subject = |roles: &[&str]| Subject::new("alice", roles);
    let rules = |subject: Subject, timed_grants: Vec<TimedGrant>| Rules {
        applications: vec![application.clone()],
        roles: vec![role("users", &[READER], &[]), half.clone()],
        subjects: vec![subject],
        timed_grants,
        ..Rules::default()
    };
    assert_eq!(rules(subject(&["users"]), Vec::new()).faults(), []);
    assert_eq!(rules(subject(&["half"]), Vec::new()).faults(), []);
    let timed =
        TimedGrant::new(Grantee::Subject("alice".into()), &["half"], NOW, Time::from_unix(1_800_000_060));
    for (own, timed) in [(&["users", "half"][..], Vec::new()), (&["users"], vec![timed])] {
        let faults = rules(subject(own), timed).faults();
        let [fault] = faults.as_slice() else { panic!("{faults:?}") };
        assert_eq!(fault.place, "application[0].session_policy");
        let text = fault.error.to_string();
        assert!(
            text.starts_with("for the role 'users', with what other roles of the subject 'alice' deny: "),
            "{text}"
        );
    }
}

/// A few roles over few ARNs, so that they meet.
fn some_roles() -> impl Strategy<Value = Vec<Role>> {
    let pattern = prop_oneof![
        Just(READER),
        Just(ADMIN),
        Just("arn:aws:iam::123456789012:role/*"),
        Just("arn:*:iam::*:role/r*"),
        Just("arn:aws:iam::123456789012:role/{{external.name}}"),
    ];
    let guard = prop_oneof![
        Just(None),
        Just(Guard::built_in("read-only")),
        Just(Guard::built_in("no-privilege-escalation")),
        Just(Guard::new("g", Some(&["s3:*"]), &["s3:PutObject"]).ok()),
    ];
    let patterns = proptest::collection::vec(pattern, 0..3);
    let one = (patterns.clone(), patterns, guard).prop_map(|(allow, deny, guard)| {
        let mut role = role("", &allow, &deny);
        role.guards = guard.into_iter().map(Arc::new).collect();
        role
    });
    proptest::collection::vec(one, 1..4).prop_map(|roles| {
        let named = |(n, role): (usize, Role)| Role { name: format!("r{n}"), ..role };
        roles.into_iter().enumerate().map(named).collect()
    })
}

fn outcome(roles: &[Role], write: bool) -> Result<(), &'static str> {
    let names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
    let application = Application::new("a", "base", vec![target("reader", READER)]);
    let subject = Subject::new("alice", &names);
    let policy = Policy::new(vec![application], roles.to_vec(), vec![subject]).unwrap();
    let traits = Traits::new().with("name", ["reader"]).unwrap();
    let who = Identity::new("alice", "a", "reader").with_traits(traits);
    let method = if write { "PUT" } else { "GET" };
    let operation = operation::identify(&Request::new(method, "/b/k", &[]), &Service::named("s3"), b"");
    let wish = Wish::new("s3", "us-east-1").asking(&operation);
    policy.decide(&who, &wish, NOW).map(|_| ()).map_err(|_| "denied")
}

proptest! {
    /// Whatever else there is: who has a role that denies is denied.
    #[test]
    fn deny_always_wins(roles in some_roles(), at in 0usize..4, write: bool) {
        let mut roles = roles;
        let mut denying = role("denying", &["arn:aws:iam::*:role/*"], &[READER]);
        let at = at.min(roles.len());
        roles.insert(at, denying.clone());
        prop_assert!(outcome(&roles, write).is_err());
        denying.deny.clear();
        denying.guards = vec![Arc::new(Guard::new("none", None, &["*"]).unwrap())];
        roles[at] = denying;
        prop_assert!(outcome(&roles, write).is_err());
    }

    #[test]
    fn the_order_of_roles_never_matters(roles in some_roles(), write: bool) {
        let mut other = roles.clone();
        other.reverse();
        prop_assert_eq!(outcome(&roles, write), outcome(&other, write));
        other.rotate_left(1);
        prop_assert_eq!(outcome(&roles, write), outcome(&other, write));
    }

    /// One more role that denies nothing never takes anything away.
    #[test]
    fn a_role_that_only_allows_takes_nothing_away(roles in some_roles(), write: bool) {
        let before = outcome(&roles, write);
        let mut more = roles;
        more.push(role("more", &[ADMIN], &[]));
        prop_assert_eq!(before, outcome(&more, write));
    }
}
