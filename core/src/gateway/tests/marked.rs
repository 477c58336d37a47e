//! What a client says of who a session is for.

use super::chained::{asking, assume, through};
use super::sealed::sealing;
use super::*;
use crate::access::{Mark, Stamp};

const DEPLOYER: &str = "arn:aws:iam::123456789012:role/deployer";

/// The answer to a request for a role, by an application that says that much of its sessions.
fn asked(stamp: &Stamp, may_set: &[Mark], more: &str) -> Result<(), (RefusalKind, String)> {
    let mut gateway = sealing(&Revocations::default());
    let mut prod =
        Application::new("prod", "base", vec![Target::new("reader", vec![Hop::new(DEPLOYER).unwrap()])]);
    (prod.stamp, prod.clients_may_set) = (stamp.clone(), may_set.to_vec());
    gateway.access = Policy::new(
        vec![prod],
        vec![Role::new("dev", &["arn:aws:iam::*:role/*"], &[]).unwrap()],
        vec![Subject::new("alice@example.com", &["dev"])],
    )
    .unwrap();
    let client = asking(&assume(DEPLOYER, more), 3600);
    through(&gateway, &client, &client.head(), NOW).map(drop)
}

#[track_caller]
fn refused(found: Result<(), (RefusalKind, String)>) -> String {
    let (kind, detail) = found.expect_err("it is refused");
    assert_eq!(kind, RefusalKind::Denied, "{detail}");
    detail
}

#[test]
fn a_client_names_nobody() {
    let none = Stamp::default();
    let ours = Stamp::default().with_source_identity("{{subject}}").unwrap();
    let why = refused(asked(&none, &[], "&SourceIdentity=bob%40example.com"));
    assert!(why.contains("clients_may_set = [\"source_identity\"]"), "{why}");
    refused(asked(&none, &[], "&SourceIdentity="));
    refused(asked(&none, &[], "&SourceIdentity=alice%40example.com"));
    // What AWS keeps anyway may be said again; another one AWS refuses too.
    assert_eq!(asked(&ours, &[], "&SourceIdentity=alice%40example.com"), Ok(()));
    refused(asked(&ours, &[], "&SourceIdentity=bob%40example.com"));
    refused(asked(&ours, &[Mark::SourceIdentity], "&SourceIdentity=bob%40example.com"));
    assert_eq!(asked(&none, &[Mark::SourceIdentity], "&SourceIdentity=bob%40example.com"), Ok(()));
    refused(asked(&none, &[Mark::Tags, Mark::Contexts], "&SourceIdentity=bob%40example.com"));
    let twice = asked(&none, &[Mark::SourceIdentity], "&SourceIdentity=bob&SourceIdentity=carol");
    assert_eq!(twice.unwrap_err().0, RefusalKind::AmbiguousOperation);
}

#[test]
fn nor_does_it_tag() {
    let none = Stamp::default();
    let ours = Stamp::default().with_tags(&[("team", "{{subject}}")], &[]).unwrap();
    for more in [
        "&Tags.member.1.Key=team&Tags.member.1.Value=red",
        "&tags.member.1.key=team",
        "&Tags.1.Key=team&Tags.1.Value=red",
        "&%54ags.member.1.Key=team",
        "&Tags=team",
        "&TransitiveTagKeys.member.1=team",
        "&ProvidedContexts.member.1.ContextAssertion=x",
    ] {
        refused(asked(&none, &[], more));
        refused(asked(&none, &[Mark::SourceIdentity], more));
    }
    assert_eq!(asked(&none, &[], "&Tags=&TransitiveTagKeys="), Ok(()), "none are said");
    let more = "&Tags.member.1.Key=cost&Tags.member.1.Value=red&TransitiveTagKeys.member.1=cost";
    assert_eq!(asked(&ours, &[Mark::Tags], more), Ok(()));
    refused(asked(&ours, &[Mark::Tags], &more.replace("cost", "TEAM")));
    refused(asked(&ours, &[Mark::Contexts], more));
    assert_eq!(asked(&none, &[Mark::Contexts], "&ProvidedContexts.member.1.ContextAssertion=x"), Ok(()));
}

#[test]
fn it_is_told_as_sts_would() {
    let client = asking(&assume(DEPLOYER, "&SourceIdentity=bob"), 3600);
    let name = HostName::parse(client.host.as_bytes()).unwrap();
    let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
    let gateway = sealing(&Revocations::default());
    let mut record = Record::request("id", NOW);
    let opened = gateway.open(client.head().head(), &arrival, NOW, &mut record).ok().unwrap();
    let refused = opened.prove(&gateway, Some(&client.body), NOW, &mut record).err().unwrap();
    let answer = refused.answer(&mut record);
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert!(answer.status == 403 && text.contains("<Code>AccessDenied</Code>"), "{text}");
    assert!(text.contains("SourceIdentity would say more or otherwise; leave it out"), "{text}");
    assert_eq!(record.rule.as_deref(), Some("clients_may_set"));
}
