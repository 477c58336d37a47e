//! Tokens that are signed offline: who may have which.

use std::time::Duration;

use super::*;
use crate::access::Guard;
use crate::sigv4::{OfflinePresign, ProvenPresign};

const RDS: &str = "https://db.x.us-east-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app";
const WHO: &str = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15";

fn token(url: &str, service: &str, region: &str, headers: &[(&str, &str)]) -> ProvenPresign {
    let keys = Credentials::new(KEY, SECRET);
    let request = Request::new("GET", url, headers);
    let scope = Scope::new(region, service);
    let lasts = Duration::from_secs(900);
    let payload = Payload::Bytes(b"");
    let signed = sigv4::presign(&request, payload, &keys, &scope, &Settings::default(), lasts, NOW).unwrap();
    let found = OfflinePresign::recognize(signed.target()).unwrap();
    let found = headers.iter().fold(found, |found, (name, value)| found.with_header(name, value));
    found.verify(&keys, &sigv4::Policy::default(), NOW).unwrap()
}

/// A gateway where the application is guarded.
fn guarded(allow: Option<&[&str]>, deny: &[&str], edit: impl FnOnce(&mut Application)) -> Gateway {
    let arn = "arn:aws:iam::123456789012:role/reader";
    let mut application =
        Application::new("prod", "base", vec![Target::new("reader", vec![Hop::new(arn).unwrap()])]);
    application.guards.push(Guard::new("g", allow, deny).unwrap().into());
    edit(&mut application);
    let policy = Policy::new(
        vec![application],
        vec![Role::new("dev", &["arn:aws:iam::*:role/*"], &[]).unwrap()],
        vec![Subject::new("alice@example.com", &["dev"])],
    );
    Gateway::new(policy.unwrap(), Store::new())
}

fn holder() -> Placeholder {
    Placeholder::new(Secret::new(SECRET), Identity::new("alice@example.com", "prod", "reader"))
}

fn ask(gateway: &Gateway, token: &ProvenPresign) -> Result<String, RefusalKind> {
    let mut record = Record::request("id", NOW);
    let decided = gateway.open_token(token, &holder(), NOW, &mut record);
    let line = record.line(crate::audit::Phase::End);
    assert!(line.contains("alice@example.com") && !line.contains("X-Amz-Signature"), "{line}");
    match decided {
        Ok(grant) => {
            assert!(line.contains("\"decision\":\"allowed\""), "{line}");
            assert_eq!(&*grant.identity.role, "reader");
            Ok(line)
        }
        Err(refusal) => {
            assert!(line.contains("\"decision\":\"refused\""), "{line}");
            Err(refusal.kind())
        }
    }
}

#[test]
fn a_rule_allows_it_by_its_name_and_by_what_it_opens() {
    let rds = token(RDS, "rds-db", "us-east-1", &[]);
    for (allow, is_allowed) in [
        (&["rds-db:connect"][..], true),
        (&["rds-db:connect user:app"], true),
        (&["rds-db:connect user:app host:db.x.*"], true),
        (&["rds-db:*"], true),
        (&["*"], true),
        (&["rds-db:connect user:admin"], false),
        (&["rds-db:@read", "rds-db:@write"], false),
        (&["rds:*"], false),
    ] {
        let found = ask(&guarded(Some(allow), &[], |_| {}), &rds);
        assert_eq!(found.is_ok(), is_allowed, "{allow:?}");
        assert_eq!(found.err(), (!is_allowed).then_some(RefusalKind::Denied));
    }
    let line = ask(&guarded(None, &[], |_| {}), &rds).unwrap();
    assert!(line.contains("\"operation\":\"connect\"") && line.contains("user:app"), "{line}");
    for deny in ["rds-db:connect", "rds-db:connect user:app", "*:@credentials"] {
        assert_eq!(ask(&guarded(None, &[deny], |_| {}), &rds), Err(RefusalKind::Denied), "{deny}");
    }
    assert!(ask(&guarded(None, &["rds-db:connect user:admin"], |_| {}), &rds).is_ok());
}

#[test]
fn who_only_looks_has_none_and_it_is_as_good_as_a_login() {
    let tokens =
        [token(RDS, "rds-db", "us-east-1", &[]), token(WHO, "sts", "us-east-1", &[("x-k8s-aws-id", "prod")])];
    for token in &tokens {
        for name in ["read-only", "no-credential-exfiltration"] {
            let gateway = guarded(None, &[], |one| one.guards.push(Guard::built_in(name).unwrap().into()));
            assert_eq!(ask(&gateway, token), Err(RefusalKind::Denied), "{name}");
        }
    }
}

#[test]
fn who_one_is_is_said_to_clusters_by_rule() {
    let prod = token(WHO, "sts", "us-east-1", &[("x-k8s-aws-id", "prod")]);
    let rule = |rule: &str| ask(&guarded(Some(&[rule]), &[], |_| {}), &prod).is_ok();
    assert!(rule("sts:GetCallerIdentity") && rule("sts:GetCallerIdentity cluster:prod"));
    assert!(!rule("sts:GetCallerIdentity cluster:dev-*") && !rule("sts:@read"));
    let elsewhere = token(&WHO.replace("sts.us-east-1", "vault.us-east-1"), "sts", "us-east-1", &[]);
    assert!(ask(&guarded(None, &[], |_| {}), &elsewhere).is_err());
    let other = token(&WHO.replace("us-east-1", "eu-west-1"), "sts", "us-east-1", &[]);
    assert_eq!(ask(&guarded(None, &[], |_| {}), &other), Err(RefusalKind::ScopeMismatch));
}

#[test]
fn the_bounds_of_the_application_hold() {
    let rds = token(RDS, "rds-db", "us-east-1", &[]);
    type Edit = fn(&mut Application);
    let edits: [(Edit, bool); 5] = [
        (|one| one.services = vec!["rds-db".into()], true),
        (|one| one.services = vec!["s3".into()], false),
        (|one| one.regions = vec!["eu-west-1".into()], false),
        (|one| one.hosts.extend(HostPattern::parse("*.rds.amazonaws.com")), true),
        (|one| one.hosts.extend(HostPattern::parse("s3.amazonaws.com")), false),
    ];
    for (edit, is_allowed) in edits {
        assert_eq!(ask(&guarded(None, &[], edit), &rds).is_ok(), is_allowed);
    }
    let china = token(RDS, "rds-db", "cn-north-1", &[]);
    assert_eq!(ask(&guarded(None, &[], |_| {}), &china), Err(RefusalKind::Denied));
    let url = token("https://bucket.s3.us-east-1.amazonaws.com/key", "rds-db", "us-east-1", &[]);
    assert_eq!(ask(&guarded(None, &[], |_| {}), &url), Err(RefusalKind::Malformed));
}

#[test]
fn a_placeholder_that_ended_has_none() {
    let (gateway, rds) = (guarded(None, &[], |_| {}), token(RDS, "rds-db", "us-east-1", &[]));
    let mut revoked = holder();
    revoked.revoked = true;
    for (holder, kind) in
        [(revoked, RefusalKind::TokenInvalid), (holder().with_expiry(NOW), RefusalKind::SessionExpired)]
    {
        let refused = gateway.open_token(&rds, &holder, NOW, &mut Record::request("id", NOW));
        assert_eq!(refused.err().map(|why| why.kind()), Some(kind));
    }
}
