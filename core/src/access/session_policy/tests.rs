use super::*;
use crate::access::glob;
use crate::operation::Action;

fn derived(services: &[&str], guards: &[Guard]) -> Derived {
    Derived {
        services: services.iter().map(|name| (*name).to_owned()).collect(),
        guards: guards.iter().cloned().map(Arc::new).collect(),
        taken: 0,
    }
}

fn built_in(name: &str) -> Guard {
    Guard::built_in(name).unwrap()
}

fn own(allow: Option<&[&str]>, deny: &[&str]) -> Guard {
    Guard::new("own", allow, deny).unwrap()
}

/// A policy, as IAM reads it: a denial wins, and silence is no.
struct Read(Vec<(bool, std::collections::HashMap<String, Vec<String>>)>);

impl Read {
    fn new(text: &str) -> Self {
        let policy: Value = serde_json::from_str(text).unwrap();
        let statement = |statement: &Value| {
            let mut actions: std::collections::HashMap<String, Vec<String>> = Default::default();
            for action in statement["Action"].as_array().unwrap() {
                let (prefix, name) = action.as_str().unwrap().split_once(':').unwrap_or(("*", "*"));
                actions.entry(prefix.to_owned()).or_default().push(name.to_owned());
            }
            assert_eq!(statement["Resource"], "*");
            (statement["Effect"] == "Allow", actions)
        };
        Self(policy["Statement"].as_array().unwrap().iter().map(statement).collect())
    }

    fn allows(&self, action: &Action) -> bool {
        let hit = |actions: &std::collections::HashMap<String, Vec<String>>| {
            let own = actions.get(action.prefix).into_iter().flatten();
            actions.contains_key("*") || own.into_iter().any(|pattern| glob::matches(pattern, action.name))
        };
        let denied = self.0.iter().any(|(allow, actions)| !allow && hit(actions));
        !denied && self.0.iter().any(|(allow, actions)| *allow && hit(actions))
    }
}

/// Every operation of the services, against the guards: what they let through is allowed whole, and what they stop lacks
/// an action, or needs none but those that something allowed needs.
fn check(services: &[&str], guards: &[Guard]) -> String {
    let of = derived(services, guards);
    let text = of.text().unwrap_or_else(|error| panic!("{services:?}: {error}"));
    let policy = Read::new(&text);
    assert!(text.len() <= MOST && text.contains("\"Sid\":\"botocore1x44x5\""), "{text}");
    let all: Vec<(Listed, String)> = match services {
        [] => Listed::all().map(|listed| (listed, listed.service().to_owned())).collect(),
        _ => {
            services.iter().flat_map(|name| Listed::signing(name).map(|l| (l, (*name).to_owned()))).collect()
        }
    };
    let lets = |listed: Listed, service: &str| {
        let asked = Asked::Model(listed, service);
        of.guards.iter().all(|guard| guard.allows(asked) && guard.denial(asked).is_none())
    };
    let needed: BTreeSet<Action> = all
        .iter()
        .filter(|(listed, service)| lets(*listed, service))
        .flat_map(|(listed, service)| [listed.actions(service), listed.actions_on_version(service)].concat())
        .collect();
    for (listed, service) in &all {
        let (actions, name) = (listed.actions(service), format!("{} {}", listed.model(), listed.name()));
        if lets(*listed, service) {
            assert!(actions.iter().all(|action| policy.allows(action)), "{name} is lost in {text}");
        } else {
            let stopped = actions.iter().any(|action| !policy.allows(action));
            assert!(
                stopped || actions.iter().all(|action| needed.contains(action)),
                "{name} is let in by {text}"
            );
        }
    }
    text
}

#[test]
fn it_means_what_the_guards_mean() {
    for services in [
        &["s3"][..],
        &["dynamodb"],
        &["s3", "dynamodb", "sqs"],
        &["sts", "iam"],
        &["ec2"],
        &["lambda", "logs", "monitoring"],
        &["apigateway"],
        &["s3", "kms", "secretsmanager", "ssm"],
    ] {
        check(services, &[]);
        check(services, &[built_in("read-only")]);
        check(services, &[built_in("read-only"), built_in("no-credential-exfiltration")]);
    }
    for services in [&["s3"][..], &["lambda", "dynamodb"], &["sqs", "sns"], &["kms"]] {
        check(services, &[built_in("no-privilege-escalation")]);
    }
    check(&[], &[built_in("no-credential-exfiltration")]);
    check(&[], &[own(None, &["iam:*", "organizations:*", "*:DeleteBucket"])]);
    check(
        &[],
        &[own(Some(&["s3:GetObject", "s3:ListBucket", "dynamodb:Get*"]), &["dynamodb:GetResourcePolicy"])],
    );
    check(&["s3", "dynamodb"], &[own(Some(&["*"]), &["s3:@permissions"])]);
}

#[test]
fn a_reader_reads_and_no_more() {
    let text = check(&["s3", "dynamodb"], &[built_in("read-only")]);
    let policy = Read::new(&text);
    let may = |prefix, name| policy.allows(&Action { prefix, name });
    assert!(may("s3", "GetObject") && may("s3", "GetObjectVersion") && may("dynamodb", "Query"));
    for (prefix, name) in [
        ("s3", "PutObject"),
        ("s3", "DeleteObject"),
        ("s3", "PutBucketPolicy"),
        ("dynamodb", "PutItem"),
        ("dynamodb", "PartiQLInsert"),
        ("dynamodb", "DeleteTable"),
        ("iam", "CreateUser"),
        ("sts", "AssumeRole"),
    ] {
        assert!(!may(prefix, name), "{prefix}:{name}");
    }
}

#[test]
fn what_fits_is_not_compressed() {
    let text = check(&["dynamodb"], &[built_in("read-only")]);
    assert!(text.contains("\"dynamodb:GetItem\""), "{text}");
    let only_resource = text.replace("\"Resource\":\"*\"", "");
    assert!(!only_resource.contains('*'), "{only_resource}");
    // EC2 has hundreds of descriptions.
    assert!(check(&["ec2"], &[built_in("read-only")]).contains("\"ec2:Describe"));
    assert!(check(&["dynamodb"], &[]).contains("[\"dynamodb:*\"]"));
}

#[test]
fn what_cannot_be_said_is_refused() {
    let error = |services: &[&str], guards: &[Guard]| derived(services, guards).text().unwrap_err();
    for guard in ["read-only", "no-privilege-escalation"] {
        let why = error(&[], &[built_in(guard)]);
        assert!(matches!(why, SessionPolicyError::TooLong(length) if length > MOST), "{guard}: {why}");
        assert!(why.to_string().contains("name fewer services"));
    }
    assert_eq!(error(&["dynamodb"], &[own(Some(&[]), &[])]), SessionPolicyError::Empty);
    assert_eq!(error(&["no-such-service"], &[]), SessionPolicyError::Empty);
    let tight = Derived { taken: MOST - 100, ..derived(&["ec2"], &[built_in("read-only")]) };
    assert!(matches!(tight.text(), Err(SessionPolicyError::TooLong(_))));
}

#[test]
fn a_policy_of_the_configuration_is_one() {
    let given = |text: &str| SessionPolicy::Given(text.to_owned()).text();
    assert_eq!(given(" { \"Statement\": [ ] } "), Ok("{\"Statement\":[]}".into()));
    for bad in ["", "[]", "{}", "{\"Statement\"", "1"] {
        assert_eq!(given(bad), Err(SessionPolicyError::NoPolicy), "{bad}");
    }
    let long = format!("{{\"Statement\":[{{\"Sid\":\"{}\"}}]}}", "x".repeat(MOST));
    assert!(matches!(given(&long), Err(SessionPolicyError::TooLong(_))));
}
