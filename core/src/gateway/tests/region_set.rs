//! Requests that are signed for several regions at once.

use super::*;

/// A Multi-Region Access Point's client.
fn multi_region(set: &'static [&'static str]) -> Client {
    let mut client = Client::new("s3", "x.mrap.accesspoint.s3-global.amazonaws.com");
    client.target = "/key".into();
    client.region_set = Some(set);
    client.sigv4a = true;
    client
}

#[test]
fn sigv4a_is_refused_until_it_is_allowed() {
    let mut s3 = multi_region(&["*"]);
    s3.sigv4a = false;
    let (kind, body) = s3.refused();
    assert_eq!(kind, RefusalKind::UnsupportedAuth);
    assert!(
        body.contains("<Code>NotImplemented</Code>") && body.contains("AWS4-ECDSA-P256-SHA256"),
        "{body}"
    );
    let mut json = Client::dynamodb();
    json.region_set = Some(&["us-east-1"]);
    let (kind, body) = json.refused();
    assert_eq!(kind, RefusalKind::UnsupportedAuth);
    assert!(body.contains("IncompleteSignatureException"), "{body}");
}

#[test]
fn sigv4a_goes_on_as_sigv4a() {
    for set in [&["*"][..], &["us-east-1"], &["eu-*", "us-west-2"]] {
        let (resigned, record) = multi_region(set).send().map_err(|why| why.0).unwrap();
        let field = |name: &[u8]| {
            resigned.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| lossy(value)).unwrap()
        };
        let authorization = field(b"authorization");
        let start = "AWS4-ECDSA-P256-SHA256 Credential=AKIAREALREALREALREAL/20150830/s3/aws4_request, ";
        assert!(authorization.starts_with(start), "{authorization}");
        assert_eq!(field(b"x-amz-region-set"), set.join(","));
        assert_eq!(field(b"host"), "x.mrap.accesspoint.s3-global.amazonaws.com");
        assert_eq!(record.region.as_deref(), Some(set.join(",").as_str()));
        assert_eq!(record.operation.as_deref(), Some("GetObject"));
    }
    let mut wrong = multi_region(&["*"]);
    wrong.keys = Credentials::new(KEY, "another secret");
    assert_eq!(wrong.refused().0, RefusalKind::SignatureMismatch);
}

#[test]
fn a_region_set_must_fit_host_and_rules() {
    // A host of one region takes a set that covers it, whatever else is in the set.
    let mut client = Client::s3();
    client.sigv4a = true;
    client.region_set = Some(&["us-*", "eu-west-1"]);
    assert!(client.send().is_ok());
    client.region_set = Some(&["eu-*"]);
    let (kind, body) = client.refused();
    assert!(kind == RefusalKind::ScopeMismatch && body.contains("Credential should be scoped"), "{body}");
    assert_eq!(multi_region(&["cn-north-1"]).refused().0, RefusalKind::ScopeMismatch);
    let mut other = multi_region(&["*"]);
    other.service = "sqs";
    assert_eq!(other.refused().0, RefusalKind::ScopeMismatch);

    // All of the set must be allowed, each name as the rules write it.
    let narrow = |set| multi_region(set).key("AKIAPLACEHOLDERNARRO");
    assert!(narrow(&["us-east-1"]).send().is_ok());
    assert!(narrow(&["us-east-1", "eu-*"]).send().is_ok());
    for set in [&["*"][..], &["us-east-1", "*"], &["eu-west-1"], &["us-west-2", "us-east-1"]] {
        assert_eq!(narrow(set).refused().0, RefusalKind::Denied, "{set:?}");
    }
}
