//! What goes on without a key of the gateway's, what never goes on, and what comes again.

use super::sealed::{claims, keys, sealing};
use super::*;

fn arrive(gateway: &Gateway, head: &Kept, body: &[u8], now: Time) -> Result<(Passed, Record), RefusalKind> {
    let host = head.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"host")).unwrap().1.clone();
    let name = HostName::parse(&host).unwrap();
    let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
    let mut record = Record::request("id", now);
    let passed = gateway.open(head.head(), &arrival, now, &mut record).and_then(|opened| {
        let held = matches!(opened.body(), BodyPlan::Hold(_)).then_some(body);
        let proven = opened.prove(gateway, held, now, &mut record)?;
        assert!(matches!(proven.needs(), Needs::Nothing) && proven.grant().is_none());
        proven.pass()
    });
    passed.map(|passed| (passed, record)).map_err(|refused| refused.refusal.kind())
}

fn head(method: &str, host: &str, target: &str, more: &[(&str, &str)]) -> Kept {
    let mut headers = vec![(b"Host".to_vec(), host.as_bytes().to_vec())];
    headers.extend(more.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())));
    kept(method, target, headers)
}

const BUCKET: &str = "bucket.s3.us-east-1.amazonaws.com";

fn link(id: &str, method: &str, host: &str) -> String {
    link_to(id, method, host, "/key?versionId=a%2Fb")
}

fn link_to(id: &str, method: &str, host: &str, target: &str) -> String {
    let headers = [("Host", host)];
    let request = Request::new(method, target, &headers);
    let (keys, scope) =
        (Credentials::new(id, "theirs").with_session_token("their/token"), Scope::new("us-east-1", "s3"));
    let hour = std::time::Duration::from_secs(3600);
    let signed =
        sigv4::presign(&request, Payload::Unsigned, &keys, &scope, &Settings::default(), hour, NOW).unwrap();
    lossy(signed.target())
}

#[test]
fn links_of_others() {
    let mut gateway = sealing(&Revocations::default());
    let target = link("AKIASOMEBODYELSE0001", "GET", BUCKET);
    let get = || {
        head(
            "GET",
            BUCKET,
            &target,
            &[("X-Forwarded-For", "1.2.3.4"), ("Cookie", "a"), ("Range", "bytes=0-1")],
        )
    };
    assert_eq!(arrive(&gateway, &get(), b"", NOW).err(), Some(RefusalKind::UnknownKey));
    gateway.foreign_presigned = true;
    let (passed, record) = arrive(&gateway, &get(), b"", NOW).unwrap();
    assert_eq!(lossy(&passed.target), target, "byte for byte");
    let names: Vec<String> = passed.headers.iter().map(|(name, _)| lossy(name)).collect();
    assert_eq!(names, ["host", "Range"]);
    assert_eq!((record.auth, record.subject.as_deref()), (Some("foreign-query"), None));
    assert_eq!(record.operation.as_deref(), Some("GetObject"));
    assert!(!record.line(crate::audit::Phase::Begin).contains("their/token"));

    let kind = |head: Kept, body: &[u8]| arrive(&gateway, &head, body, NOW).err();
    assert!(kind(head("HEAD", BUCKET, &link("AKIASOMEBODYELSE0001", "HEAD", BUCKET), &[]), b"").is_none());
    for method in ["PUT", "POST", "DELETE"] {
        let target = link("AKIASOMEBODYELSE0001", method, BUCKET);
        assert_eq!(kind(head(method, BUCKET, &target, &[]), b""), Some(RefusalKind::UnknownKey), "{method}");
    }
    assert_eq!(
        kind(head("GET", BUCKET, &target, &[("Content-Length", "1")]), b"x"),
        Some(RefusalKind::UnknownKey)
    );
    // Expired, for another host, for a host that is none of AWS's, and one that takes our own name in vain.
    let late = arrive(&gateway, &get(), b"", NOW + std::time::Duration::from_secs(3601)).err();
    assert_eq!(late, Some(RefusalKind::Skewed));
    let host = "bucket.s3.eu-west-1.amazonaws.com";
    assert_eq!(kind(head("GET", host, &target, &[]), b""), Some(RefusalKind::ScopeMismatch));
    assert_eq!(kind(head("GET", "evil.example", &target, &[]), b""), Some(RefusalKind::HostNotAllowed));
    let ours = keys().seal(&claims(), &[1; 32]).unwrap();
    let target = link(ours.access_key_id(), "GET", BUCKET);
    assert_eq!(kind(head("GET", BUCKET, &target, &[]), b""), Some(RefusalKind::UnknownKey));
    // Credentials in its answer would be theirs, and yet.
    let target = link_to("AKIASOMEBODYELSE0001", "GET", BUCKET, "/?session");
    assert_eq!(kind(head("GET", BUCKET, &target, &[]), b""), Some(RefusalKind::CredentialOperation));
}

const OIDC: &str = "oidc.us-east-1.amazonaws.com";

#[test]
fn calls_without_a_signature() {
    let mut gateway = sealing(&Revocations::default());
    let body = b"{\"grantType\":\"refresh_token\"}";
    let length = body.len().to_string();
    let fields = |more: &[(&'static str, &'static str)]| {
        let mut all = vec![("Content-Type", "application/json"), ("Content-Length", length.as_str())];
        all.extend_from_slice(more);
        head("POST", OIDC, "/token", &all)
    };
    let kind = |gateway: &Gateway, head: Kept| arrive(gateway, &head, body, NOW).err();
    assert_eq!(kind(&gateway, fields(&[])), Some(RefusalKind::AuthMissing));
    gateway.unsigned = vec![UnsignedRule::new("sts:AssumeRoleWithSAML")];
    assert_eq!(kind(&gateway, fields(&[])), Some(RefusalKind::AuthMissing));
    let name = {
        let host = HostName::parse(OIDC.as_bytes()).unwrap();
        let endpoint = crate::partition::endpoint(host.name()).unwrap();
        let headers = [("Content-Type", "application/json")];
        let request = Request::new("POST", "/token", &headers);
        let found = operation::identify(&request, &operation::Service::at(&endpoint), body);
        format!("{}:{}", found.service, found.title())
    };
    assert!(name.ends_with(":CreateToken"), "{name}");
    gateway.unsigned = vec![UnsignedRule::new(name.as_str())];
    gateway.credential_replies = [(name, CredentialReply::Pass)].into();
    let (passed, record) = arrive(&gateway, &fields(&[("Via", "1.1 x")]), body, NOW).unwrap();
    assert!(passed.headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case(b"via")));
    assert_eq!(record.auth, Some("none"));
    // A bearer token is another's proof; anything of a signature is none.
    let (passed, record) =
        arrive(&gateway, &fields(&[("Authorization", "Bearer abc.def")]), body, NOW).unwrap();
    assert!(
        passed.headers.iter().any(|(_, value)| value == b"Bearer abc.def") && record.auth == Some("bearer")
    );
    for more in [
        ("Authorization", "AWS4-HMAC-SHA256 Credential=x"),
        ("Authorization", "AWS AKIA:sig"),
        ("Authorization", "Basic eDp5"),
        ("X-Amz-Security-Token", "token"),
        ("X-Amz-S3session-Token", "token"),
    ] {
        assert!(kind(&gateway, fields(&[more])).is_some(), "{more:?}");
    }
    for query in [
        "X-Amz-Signature=0",
        "x-amz-credential=x",
        "Signature=x",
        "AWSAccessKeyId=x",
        "%58-Amz-Signature=x",
        "a;X-Amz-Date=x",
    ] {
        let target = format!("/token?{query}");
        let mut head = fields(&[]);
        head.target = target.into_bytes();
        assert!(kind(&gateway, head).is_some(), "{query}");
    }
    // With a placeholder in it, it goes nowhere.
    let ours = keys().seal(&claims(), &[1; 32]).unwrap();
    let mut leaking = fields(&[]);
    leaking.headers.push((b"X-Foo".to_vec(), ours.access_key_id().as_bytes().to_vec()));
    assert_eq!(kind(&gateway, leaking), Some(RefusalKind::Malformed));
    // To the endpoint URL, nobody knows for which region.
    let mut record = Record::request("id", NOW);
    let refused = gateway.open(fields(&[]).head(), &Arrival::EndpointUrl, NOW, &mut record).err().unwrap();
    assert_eq!(refused.refusal.kind(), RefusalKind::NoSingleHost);
}

fn sent(client: &Client) -> Option<RefusalKind> {
    client.send().err().map(|why| why.0.refusal.kind())
}

#[test]
fn placeholders_are_not_sent_on() {
    let s3 = |target: &str| {
        let mut client = Client::s3();
        client.target = target.into();
        client
    };
    let hidden: String = KEY.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let sealed = keys().seal(&claims(), &[1; 32]).unwrap();
    for client in [
        Client::s3().with("X-Foo", KEY),
        Client::s3().with("X-Foo", &format!("key={KEY};")),
        Client::s3().with("X-Foo", SECRET),
        Client::s3().with("x-amz-meta-key", KEY),
        Client::s3().with("User-Agent", SECRET),
        Client::s3().with("X-Foo", sealed.access_key_id()),
        s3(&format!("/{KEY}")),
        s3(&format!("/key?x={KEY}")),
        s3(&format!("/key?x={hidden}")),
        s3(&format!("/key?{}", SECRET.replace('/', "%2F"))),
    ] {
        let (refused, record) = *client.send().err().unwrap_or_else(|| panic!("{}", client.target));
        assert_eq!(refused.refusal.kind(), RefusalKind::Malformed);
        assert!(!record.line(crate::audit::Phase::End).contains(SECRET));
    }
    // A token under another name.
    let mut token = Client::s3().key("AKIAPLACEHOLDERTOKEN").with("X-Foo", "the-token");
    token.keys = token.keys.with_session_token("the-token");
    assert_eq!(sent(&token), Some(RefusalKind::Malformed));
    // In a body at hand, the secret only: a key id is a name, which some operations ask about.
    let mut ask = Client::sts("GetAccessKeyInfo");
    ask.body.extend(format!("&AccessKeyId={KEY}").bytes());
    assert_eq!(sent(&ask), None);
    let mut tell = Client::dynamodb();
    tell.body = format!("{{\"TableName\":\"{SECRET}\"}}").into_bytes();
    let (refused, record) = *tell.send().err().unwrap();
    assert_eq!(refused.refusal.kind(), RefusalKind::Malformed);
    assert!(!record.line(crate::audit::Phase::End).contains(SECRET));
}

#[test]
fn what_comes_again_is_refused_if_that_is_wanted() {
    let mut gateway = gateway();
    gateway.replays = Some(Replays::new(2, 100));
    let judge = |head: Kept, client: &Client| {
        let name = HostName::parse(client.host.as_bytes()).unwrap();
        let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
        let mut record = Record::request("id", NOW);
        let opened = gateway.open(head.head(), &arrival, NOW, &mut record).ok().unwrap();
        let held = matches!(opened.body(), BodyPlan::Hold(_)).then_some(client.body.as_slice());
        opened.prove(&gateway, held, NOW, &mut record).err().map(|why| why.refusal.kind())
    };
    let put = Client::dynamodb();
    let head = put.head();
    assert_eq!([0; 3].map(|_| judge(head.clone(), &put)), [None, None, Some(RefusalKind::Replayed)]);
    let mut later = Client::dynamodb();
    later.at = NOW + std::time::Duration::from_secs(1);
    assert_eq!(judge(later.head(), &later), None);
    // A wrong signature is not remembered, so that nobody can use up another's; reads are not looked at.
    let mut wrong = Client::dynamodb();
    wrong.keys = Credentials::new(KEY, "wrong");
    assert_eq!([0; 3].map(|_| judge(wrong.head(), &wrong)), [Some(RefusalKind::SignatureMismatch); 3]);
    let get = Client::s3();
    assert_eq!([0; 4].map(|_| judge(get.head(), &get)), [None; 4]);
}

#[test]
fn tokens_cannot_be_injected() {
    let target = "/key?X-Amz-Security-Token=injected";
    let mut client = Client::s3();
    client.target = target.into();
    assert!(sent(&client).is_some() || !lossy(&client.send().ok().unwrap().0.target).contains("injected"));
    let mut unsigned = Client::s3().head();
    unsigned.headers.push((b"x-amz-security-token".to_vec(), b"injected".to_vec()));
    assert!(Client::s3().send_head(&unsigned).is_err());
}
