mod asked;
mod chained;
mod late;
mod marked;
mod passed;
mod petitioned;
mod realtime;
mod region_set;
mod replied;
mod sealed;
mod streamed;
mod tokens;

use proptest::prelude::*;

use super::pass::Kept;
use super::*;
use crate::access::{Application, Hop, Identity, Policy, Role, Subject, Target};
use crate::credentials::Credentials;
use crate::partition::HostName;
use crate::secret::Secret;
use crate::sigv4::{Request, Resigned, Scope, Settings, Streaming};

const SECRET: &str = "placeholder/secret/placeholder/secret123";
const REAL: &str = "real/secret/real/secret/real/secret/real";
const KEY: &str = "AKIAPLACEHOLDER00001";
const NOW: Time = Time::from_unix(1_440_938_160);

fn kept(method: &str, target: impl Into<Vec<u8>>, headers: Vec<(Vec<u8>, Vec<u8>)>) -> Kept {
    Kept { method: method.to_owned(), target: target.into(), headers }
}

fn gateway() -> Gateway {
    let target = |name: &str| {
        let arn = format!("arn:aws:iam::123456789012:role/{name}");
        Target::new(
            name,
            vec![Hop::new("arn:aws:iam::123456789012:role/hop").unwrap(), Hop::new(&arn).unwrap()],
        )
    };
    let mut narrow = Application::new("narrow", "base", vec![target("reader")]);
    narrow.regions = vec!["us-east-1".into(), "eu-*".into()];
    let policy = Policy::new(
        vec![Application::new("prod", "base", vec![target("reader"), target("admin")]), narrow],
        vec![Role::new("dev", &["arn:aws:iam::*:role/*"], &["arn:aws:iam::*:role/admin"]).unwrap()],
        vec![Subject::new("alice@example.com", &["dev"])],
    );
    let who = |role: &str| Identity::new("alice@example.com", "prod", role);
    let mut store = Store::new();
    store.insert(KEY, Placeholder::new(Secret::new(SECRET), who("reader")));
    let reader = Identity::new("alice@example.com", "narrow", "reader");
    store.insert("AKIAPLACEHOLDERNARRO", Placeholder::new(Secret::new(SECRET), reader));
    store.insert("AKIAPLACEHOLDERADMIN", Placeholder::new(Secret::new(SECRET), who("admin")));
    store.insert(
        "AKIAPLACEHOLDERTOKEN",
        Placeholder::new(Secret::new(SECRET), who("reader")).with_session_token(Secret::new("the-token")),
    );
    store.insert(
        "AKIAPLACEHOLDEREXPIR",
        Placeholder::new(Secret::new(SECRET), who("reader")).with_expiry(NOW),
    );
    let mut gateway = Gateway::new(policy.unwrap(), store);
    gateway.limits.body = 1 << 20;
    gateway
}

/// What came of a request, and its record.
type Answer = Result<(Resigned, Record), Box<(Refused, Record)>>;

/// A request as a client makes it, before and after it is signed.
struct Client {
    keys: Credentials,
    method: &'static str,
    host: &'static str,
    target: String,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    region: &'static str,
    service: &'static str,
    at: Time,
    connect: Option<&'static str>,
    /// Signed with SigV4A, if there is one.
    region_set: Option<&'static [&'static str]>,
    /// Whether the gateway takes SigV4A.
    sigv4a: bool,
    settings: Settings,
}

impl Client {
    fn new(service: &'static str, host: &'static str) -> Self {
        Self {
            keys: Credentials::new(KEY, SECRET),
            method: "GET",
            host,
            target: "/".into(),
            headers: Vec::new(),
            body: Vec::new(),
            region: "us-east-1",
            service,
            at: NOW,
            connect: None,
            region_set: None,
            sigv4a: false,
            settings: Settings::default(),
        }
    }

    fn s3() -> Self {
        let mut client = Self::new("s3", "bucket.s3.us-east-1.amazonaws.com");
        client.target = "/key".into();
        client
    }

    fn sts(action: &str) -> Self {
        let mut client = Self::new("sts", "sts.us-east-1.amazonaws.com").with("Content-Type", FORM);
        client.method = "POST";
        client.body = format!("Action={action}&Version=2011-06-15").into_bytes();
        client
    }

    fn dynamodb() -> Self {
        let mut client = Self::new("dynamodb", "dynamodb.us-east-1.amazonaws.com")
            .with("X-Amz-Target", "DynamoDB_20120810.GetItem")
            .with("Content-Type", "application/x-amz-json-1.0");
        client.method = "POST";
        client.body = b"{}".to_vec();
        client
    }

    fn dynamodb_target(target: &str) -> Self {
        let mut client = Self::dynamodb();
        client.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(b"x-amz-target"));
        client.with("X-Amz-Target", target)
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn key(mut self, id: &str) -> Self {
        self.keys = Credentials::new(id, SECRET);
        self
    }

    fn head(&self) -> Kept {
        let mut headers = vec![(b"Host".to_vec(), self.host.as_bytes().to_vec())];
        headers.extend(self.headers.iter().cloned());
        if !self.body.is_empty() {
            headers.push((b"Content-Length".to_vec(), self.body.len().to_string().into_bytes()));
        }
        let request = Request::new(self.method, &self.target, &headers);
        let scope = match self.region_set {
            Some(set) => Scope::regions(set, self.service),
            None => Scope::new(self.region, self.service),
        };
        let signed =
            sigv4::sign(&request, Payload::Bytes(&self.body), &self.keys, &scope, &self.settings, self.at);
        let headers = signed.unwrap().apply(&request);
        kept(self.method, self.target.as_str(), headers)
    }

    fn arrival(&self) -> Arrival {
        let name = HostName::parse(self.connect.unwrap_or(self.host).as_bytes()).unwrap();
        Arrival::Intercepted { authority: name.clone(), sni: Some(name) }
    }

    fn send(&self) -> Answer {
        self.send_head(&self.head())
    }

    fn send_head(&self, head: &Kept) -> Answer {
        let mut gateway = gateway();
        gateway.policy.sigv4a = self.sigv4a;
        let mut record = Record::request("id", NOW);
        let found = gateway.open(head.head(), &self.arrival(), NOW, &mut record).and_then(|opened| {
            let body = matches!(opened.body(), BodyPlan::Hold(_)).then_some(self.body.as_slice());
            opened.prove(&gateway, body, NOW, &mut record)
        });
        let real = Credentials::new("AKIAREALREALREALREAL", REAL).with_session_token("real-token");
        match found.and_then(|proven| proven.resign(&real, NOW)) {
            Ok(resigned) => Ok((resigned, record)),
            Err(refused) => {
                let _ = refused.answer(&mut record);
                Err(Box::new((refused, record)))
            }
        }
    }

    #[track_caller]
    fn refused(&self) -> (RefusalKind, String) {
        refused(self.send())
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

#[track_caller]
fn refused(answer: Answer) -> (RefusalKind, String) {
    let (refused, record) = *answer.err().expect("the request must be refused");
    let line = record.line(crate::audit::Phase::End);
    assert!(line.contains("\"decision\":\"refused\""), "{line}");
    assert!(!line.contains(SECRET) && !line.contains(REAL), "{line}");
    let reply = refused.refusal.render(refused.protocol, refused.head, "id");
    (refused.refusal.kind(), String::from_utf8(reply.body).unwrap())
}

#[test]
fn an_allowed_request_is_signed_again() {
    for client in [Client::s3(), Client::sts("GetCallerIdentity"), Client::dynamodb()] {
        let (resigned, record) = client.send().map_err(|why| why.0).unwrap();
        let all =
            format!("{:?}", resigned.headers.iter().map(|(n, v)| (lossy(n), lossy(v))).collect::<Vec<_>>());
        assert!(all.contains("Credential=AKIAREALREALREALREAL/20150830/"), "{all}");
        assert!(all.contains("real-token") && !all.contains(KEY), "{all}");
        let line = record.line(crate::audit::Phase::Begin);
        assert!(line.contains("\"decision\":\"allowed\"") && line.contains("role/reader"), "{line}");
        assert!(!line.contains("real-token") && !line.contains(SECRET), "{line}");
    }
    let (_, record) = Client::s3().send().map_err(|why| why.0).unwrap();
    assert_eq!(record.operation.as_deref(), Some("GetObject"));
    assert_eq!(record.session_name.as_deref(), Some("alice@example.com"));
    assert_eq!(record.role_chain.len(), 2);
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_wrong_secret_is_told_in_each_protocol() {
    for (mut client, code) in [
        (Client::s3(), "<Code>SignatureDoesNotMatch</Code>"),
        (Client::sts("GetCallerIdentity"), "<Code>SignatureDoesNotMatch</Code>"),
        (Client::dynamodb(), "\"__type\":\"InvalidSignatureException\""),
    ] {
        client.keys = Credentials::new(KEY, "another secret");
        let (kind, body) = client.refused();
        assert_eq!(kind, RefusalKind::SignatureMismatch);
        assert!(body.contains(code), "{body}");
    }
}

#[test]
fn an_unknown_key_is_told_in_each_protocol() {
    for (client, code) in [
        (Client::s3(), "<Code>InvalidAccessKeyId</Code>"),
        (Client::sts("GetCallerIdentity"), "<Code>InvalidClientTokenId</Code>"),
        (Client::dynamodb(), "UnrecognizedClientException"),
    ] {
        let (kind, body) = client.key("AKIANOBODYKNOWSTHIS0").refused();
        assert_eq!(kind, RefusalKind::UnknownKey);
        assert!(body.contains(code), "{body}");
    }
    assert_eq!(Client::s3().key("short").refused().0, RefusalKind::AuthMalformed);
}

#[test]
fn time_counts() {
    let mut stale = Client::dynamodb();
    stale.at = NOW - std::time::Duration::from_secs(6 * 60);
    assert_eq!(stale.refused().0, RefusalKind::Skewed);
    let mut stale = Client::s3();
    stale.at = NOW - std::time::Duration::from_secs(16 * 60);
    let (kind, body) = stale.refused();
    assert!(kind == RefusalKind::Skewed && body.contains("RequestTimeTooSkewed"), "{body}");
    let (kind, body) = Client::sts("GetCallerIdentity").key("AKIAPLACEHOLDEREXPIR").refused();
    assert!(kind == RefusalKind::SessionExpired && body.contains("<Code>ExpiredToken</Code>"), "{body}");
}

#[test]
fn what_was_signed_must_be_what_came() {
    let client = Client::dynamodb();
    let mut head = client.head();
    for (name, value) in &mut head.headers {
        if name.eq_ignore_ascii_case(b"x-amz-target") {
            *value = b"DynamoDB_20120810.DeleteTable".to_vec();
        }
    }
    assert_eq!(refused(client.send_head(&head)).0, RefusalKind::SignatureMismatch);

    let client = Client::s3();
    let mut head = client.head();
    head.headers.push((b"x-amz-acl".to_vec(), b"public-read".to_vec()));
    let (kind, body) = refused(client.send_head(&head));
    assert!(kind == RefusalKind::HeaderNotSigned && body.contains("<Code>AccessDenied</Code>"), "{body}");

    let mut client = Client::sts("GetCallerIdentity");
    let head = client.head();
    client.body = b"Action=GetCallerIdentity&Version=2011-06-16".to_vec();
    let kind = refused(client.send_head(&head)).0;
    assert!(matches!(kind, RefusalKind::SignatureMismatch | RefusalKind::PayloadMismatch), "{kind:?}");
}

#[test]
fn tokens_are_all_or_nothing() {
    let mut right = Client::s3().key("AKIAPLACEHOLDERTOKEN");
    right.keys = right.keys.with_session_token("the-token");
    assert!(right.send().is_ok());
    let mut wrong = Client::s3().key("AKIAPLACEHOLDERTOKEN");
    wrong.keys = wrong.keys.with_session_token("another");
    assert_eq!(wrong.refused().0, RefusalKind::TokenInvalid);
    assert_eq!(Client::s3().key("AKIAPLACEHOLDERTOKEN").refused().0, RefusalKind::TokenInvalid);
    let mut unasked = Client::s3();
    unasked.keys = unasked.keys.with_session_token("the-token");
    assert_eq!(unasked.refused().0, RefusalKind::TokenInvalid);
}

#[test]
fn a_scope_is_good_for_its_host_only() {
    let mut client = Client::dynamodb();
    client.region = "eu-west-1";
    let (kind, body) = client.refused();
    assert_eq!(kind, RefusalKind::ScopeMismatch);
    assert!(body.contains("Credential should be scoped to a valid region, not 'eu-west-1'"), "{body}");
    let mut client = Client::s3();
    client.service = "dynamodb";
    assert_eq!(client.refused().0, RefusalKind::ScopeMismatch);
    for host in ["evil.example", "s3.amazonaws.com.evil.example", "a.execute-api.us-east-1.amazonaws.com"] {
        let mut client = Client::s3();
        client.host = host;
        assert_eq!(client.refused().0, RefusalKind::HostNotAllowed, "{host}");
    }
    let mut client = Client::s3();
    client.connect = Some("dynamodb.us-east-1.amazonaws.com");
    assert_eq!(client.refused().0, RefusalKind::HostMismatch);
}

#[test]
fn rules_are_asked() {
    let (kind, body) = Client::s3().key("AKIAPLACEHOLDERADMIN").refused();
    assert_eq!(kind, RefusalKind::Denied);
    assert!(body.contains("<Code>AccessDenied</Code>") && !body.contains("admin"), "{body}");
    let (_, body) = Client::dynamodb().key("AKIAPLACEHOLDERADMIN").refused();
    assert!(body.contains("AccessDeniedException"), "{body}");
    let mut other = Client::dynamodb();
    (other.region, other.host) = ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn");
    assert_eq!(other.refused().0, RefusalKind::Denied);
}

#[test]
fn credentials_are_not_handed_out() {
    assert_eq!(Client::sts("AssumeRole").refused().0, RefusalKind::CredentialOperation);
    assert_eq!(Client::sts("GetSessionToken").refused().0, RefusalKind::CredentialOperation);
    assert_eq!(
        Client::sts("GetCallerIdentity&Action=AssumeRole").refused().0,
        RefusalKind::AmbiguousOperation
    );
    let mut session = Client::s3();
    session.target = "/?session".into();
    assert_eq!(session.refused().0, RefusalKind::CredentialOperation);
}

#[test]
fn what_cannot_be_held_is_refused() {
    let mut large = Client::sts("GetCallerIdentity");
    large.body.extend(std::iter::repeat_n(b'x', 1 << 20));
    let (kind, body) = large.refused();
    assert!(kind == RefusalKind::BodyTooLarge && body.contains("RequestEntityTooLarge"), "{body}");
    // With its hash declared, as S3's clients do, the size does not matter.
    let mut large = Client::s3();
    large.method = "PUT";
    large.body = vec![0; 2 << 20];
    assert!(large.send().is_ok());
}

#[test]
fn odd_paths_are_for_s3_only() {
    let mut client = Client::s3();
    client.target = "/a%0Ab%00".into();
    assert!(client.send().is_ok());
    let mut client = Client::new("lambda", "lambda.us-east-1.amazonaws.com");
    client.target = "/2015-03-31/functions/a%0Ab".into();
    assert_eq!(client.refused().0, RefusalKind::Malformed);
}

#[test]
fn no_signature_no_service() {
    let client = Client::dynamodb();
    let mut head = client.head();
    head.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(b"authorization"));
    let (kind, body) = refused(client.send_head(&head));
    assert!(
        kind == RefusalKind::AuthMissing && body.contains("MissingAuthenticationTokenException"),
        "{body}"
    );
    let client = Client::s3();
    let mut head = client.head();
    for (name, value) in &mut head.headers {
        if name.eq_ignore_ascii_case(b"authorization") {
            *value = b"AWS AKIAPLACEHOLDER00001:c2lnbmF0dXJl".to_vec();
        }
    }
    assert!(matches!(
        refused(client.send_head(&head)).0,
        RefusalKind::UnsupportedAuth | RefusalKind::AuthMissing
    ));
}

#[test]
fn a_refusal_that_comes_early_names_the_claimed_key() {
    let mut stale = Client::dynamodb();
    stale.at = NOW - std::time::Duration::from_secs(6 * 60);
    let (_, record) = *stale.send().err().unwrap();
    let line = record.line(crate::audit::Phase::End);
    assert!(line.contains(&format!("\"access_key_id\":\"{KEY}\"")), "{line}");
    assert!(line.contains("\"service\":\"dynamodb\""), "{line}");
}

#[test]
fn uniform_errors_do_not_tell_keys_apart() {
    let mut uniform = gateway();
    uniform.policy.uniform_errors = true;
    let name = HostName::parse(b"dynamodb.us-east-1.amazonaws.com").unwrap();
    let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
    let mut wrong = Client::dynamodb();
    wrong.keys = Credentials::new(KEY, "another secret");
    let answers = [wrong, Client::dynamodb().key("AKIANOBODYKNOWSTHIS0")].map(|client| {
        let mut record = Record::request("id", NOW);
        let opened = uniform.open(client.head().head(), &arrival, NOW, &mut record).ok().unwrap();
        assert!(matches!(opened.body(), BodyPlan::Hold(_)));
        let refused = opened.prove(&uniform, Some(&client.body), NOW, &mut record).err().unwrap();
        refused.refusal.render(refused.protocol, refused.head, "id")
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_presigned_link_is_signed_again_for_now() {
    let keys = Credentials::new(KEY, SECRET);
    let headers = [("Host", "bucket.s3.us-east-1.amazonaws.com")];
    let request = Request::new("GET", "/key?versionId=1", &headers);
    let scope = Scope::new("us-east-1", "s3");
    let hour = std::time::Duration::from_secs(3600);
    let presigned =
        sigv4::presign(&request, Payload::Unsigned, &keys, &scope, &Settings::default(), hour, NOW).unwrap();
    let head =
        |target: &[u8]| kept("GET", target, vec![(b"Host".to_vec(), headers[0].1.as_bytes().to_vec())]);
    let client = Client::s3();
    let (resigned, record) = client.send_head(&head(presigned.target())).map_err(|why| why.0).unwrap();
    let target = lossy(&resigned.target);
    assert!(target.contains("AKIAREALREALREALREAL") && !target.contains(KEY), "{target}");
    assert!(target.contains("X-Amz-Expires=60") && target.contains("versionId=1"), "{target}");
    assert_eq!(record.auth, Some("query"));
    let line = record.line(crate::audit::Phase::Begin);
    let signature = lossy(presigned.target()).split_once("X-Amz-Signature=").unwrap().1.to_owned();
    assert!(!line.contains(&signature), "{line}");
    // A parameter that was added afterwards is not signed.
    let mut added = presigned.target().to_vec();
    added.extend(b"&response-content-type=text%2Fhtml");
    assert_eq!(refused(client.send_head(&head(&added))).0, RefusalKind::SignatureMismatch);
}

proptest! {
    /// Whatever comes, there is an answer, and it is never that the request may pass.
    #[test]
    fn any_head_is_answered(
        method in "[A-Z]{0,8}",
        target in proptest::collection::vec(any::<u8>(), 0..60),
        headers in proptest::collection::vec(
            (prop_oneof![
                Just("Host".to_owned()), Just("Authorization".to_owned()), Just("X-Amz-Date".to_owned()),
                Just("Content-Length".to_owned()), Just("X-Amz-Target".to_owned()), "[ -~]{0,10}",
            ], prop_oneof![
                Just("sts.us-east-1.amazonaws.com".to_owned()),
                Just("AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0".to_owned()),
                Just("20150830T123600Z".to_owned()), "\\PC{0,20}",
            ]), 0..8),
    ) {
        let fields = headers.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect();
        let client = Client::sts("GetCallerIdentity");
        let (kind, _) = refused(client.send_head(&kept(&method, target, fields)));
        prop_assert!(kind != RefusalKind::Internal);
    }
}

/// The key of a placeholder that is stored is derived for the first request of a day, and not again.
#[test]
fn what_a_placeholder_signs_with_is_derived_once() {
    let (gateway, client) = (gateway(), Client::dynamodb());
    let prove = || {
        let mut record = Record::request("id", NOW);
        let opened = gateway
            .open(client.head().head(), &client.arrival(), NOW, &mut record)
            .unwrap_or_else(|_| panic!());
        crate::hash::work::of(|| opened.prove(&gateway, Some(&client.body), NOW, &mut record).is_ok())
    };
    let ((first, cold), (second, warm)) = (prove(), prove());
    assert!(first && second && cold >= warm + 8, "{cold} {warm}");
}
