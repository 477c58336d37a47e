//! What is asked of the gateway itself: by its signer, for its signer, with a signature that is good for nothing else.

use std::time::Duration;

use super::*;
use crate::gateway::{Holder, OWN_HOST, OWN_SERVICE};

fn petition() -> Client {
    let mut client = Client::new(OWN_SERVICE, OWN_HOST).with("Content-Type", "application/json");
    (client.method, client.target) = ("POST", "/v1/console-links".into());
    client.body = b"{\"seconds\":900}".to_vec();
    client
}

fn ask_head(gateway: &Gateway, head: &Kept, arrival: &Arrival, body: &[u8]) -> Result<Holder, Refused> {
    let mut record = Record::request("id", NOW);
    assert!(Gateway::is_petition(&head.head(), arrival));
    let answer = gateway
        .petition(head.head(), arrival, NOW, &mut record)
        .and_then(|petition| petition.prove(gateway, body, NOW, &mut record));
    let line = record.line(crate::audit::Phase::End);
    assert!(!line.contains(SECRET) && !line.contains("the-token"), "{line}");
    if answer.is_ok() {
        assert!(line.contains("\"subject\":\"alice@example.com\"") && line.contains(KEY), "{line}");
    }
    answer
}

fn ask(client: &Client) -> Result<Holder, RefusalKind> {
    let answer = ask_head(&gateway(), &client.head(), &client.arrival(), &client.body);
    answer.map_err(|refused| refused.refusal.kind())
}

#[track_caller]
fn why(client: &Client) -> RefusalKind {
    ask(client).err().expect("a refusal")
}

#[test]
fn who_holds_a_placeholder_is_heard() {
    let holder = ask(&petition()).unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!((holder.access_key_id.as_str(), &*holder.placeholder.identity.role), (KEY, "reader"));
    // The hash is signed, whether or not it is declared.
    let mut declared = petition();
    declared.settings.content_sha256_header = Some(true);
    assert!(ask(&declared).is_ok());
    let head = petition().head();
    assert!(ask_head(&gateway(), &head, &Arrival::EndpointUrl, b"{\"seconds\":900}").is_ok());
}

#[test]
fn nobody_else_is() {
    assert_eq!(why(&petition().key("AKIANOBODYKNOWSTHIS0")), RefusalKind::UnknownKey);
    assert_eq!(why(&petition().key("AKIAPLACEHOLDEREXPIR")), RefusalKind::SessionExpired);
    assert_eq!(why(&petition().key("AKIAPLACEHOLDERTOKEN")), RefusalKind::TokenInvalid);
    let mut wrong = petition();
    wrong.keys = Credentials::new(KEY, "another secret");
    assert_eq!(why(&wrong), RefusalKind::SignatureMismatch);
    for minutes in [-6, 6] {
        let mut late = petition();
        late.at = Time::from_unix(NOW.unix() + minutes * 60);
        assert!(matches!(why(&late), RefusalKind::Skewed), "{minutes}");
    }
    // A gateway whose clients' clocks are worse than that keeps to it here.
    let mut lenient = gateway();
    lenient.policy.max_skew = Some(Duration::from_secs(3600));
    let mut late = petition();
    late.at = Time::from_unix(NOW.unix() - 360);
    let refused = ask_head(&lenient, &late.head(), &late.arrival(), &late.body).err().unwrap();
    assert_eq!(refused.refusal.kind(), RefusalKind::Skewed);
}

#[test]
fn revoked_placeholders_are_not_heard() {
    let mut gateway = gateway();
    let mut revoked =
        Placeholder::new(Secret::new(SECRET), Identity::new("alice@example.com", "prod", "reader"));
    revoked.revoked = true;
    let mut store = Store::new();
    store.insert(KEY, revoked);
    gateway.placeholders = Box::new(store);
    let client = petition();
    let refused = ask_head(&gateway, &client.head(), &client.arrival(), &client.body).err().unwrap();
    assert_eq!(refused.refusal.kind(), RefusalKind::TokenInvalid);
}

#[test]
fn the_whole_body_is_signed() {
    let mut client = petition();
    for (declared, kind) in [(false, RefusalKind::SignatureMismatch), (true, RefusalKind::PayloadMismatch)] {
        client.settings.content_sha256_header = Some(declared);
        let altered = ask_head(&gateway(), &client.head(), &client.arrival(), b"{\"seconds\":43200}").err();
        assert_eq!(altered.unwrap().refusal.kind(), kind);
    }
    for literal in
        ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]
    {
        for any in [false, true] {
            let mut gateway = gateway();
            gateway.policy.any_unsigned_payload = any;
            let headers =
                vec![(b"Host".to_vec(), OWN_HOST.into()), (b"Content-Length".to_vec(), b"2".to_vec())];
            let request = Request::new("POST", "/v1/console-links", &headers);
            let (scope, settings) = (Scope::new("us-east-1", OWN_SERVICE), Settings::default());
            let payload = Payload::parse(literal).unwrap();
            let settings = Settings { content_sha256_header: Some(true), ..settings };
            let signed = sigv4::sign(&request, payload, &client.keys, &scope, &settings, NOW).unwrap();
            let head = kept("POST", "/v1/console-links", signed.apply(&request));
            let refused = ask_head(&gateway, &head, &client.arrival(), b"{}").err().unwrap();
            assert_eq!(refused.refusal.kind().status(), 400, "{literal} {any}");
        }
    }
}

#[test]
fn a_link_that_is_signed_asks_for_nothing() {
    let client = petition();
    let headers = [("Host", OWN_HOST)];
    let request = Request::new("POST", "/v1/console-links", &headers);
    let (scope, settings) = (Scope::new("us-east-1", OWN_SERVICE), Settings::default());
    let minute = Duration::from_secs(60);
    let signed =
        sigv4::presign(&request, Payload::Bytes(b""), &client.keys, &scope, &settings, minute, NOW).unwrap();
    let head = kept("POST", signed.target(), vec![(b"Host".to_vec(), OWN_HOST.into())]);
    let refused = ask_head(&gateway(), &head, &client.arrival(), b"").err().unwrap();
    assert_eq!(refused.refusal.kind(), RefusalKind::UnsupportedAuth);
}

#[test]
fn a_signature_for_aws_is_none_for_the_gateway_and_none_for_it_is_one_for_aws() {
    for service in ["sts", "s3", "signin", "execute-api"] {
        let mut client = petition();
        client.service = service;
        assert_eq!(why(&client), RefusalKind::ScopeMismatch, "{service}");
    }
    let mut get = petition();
    get.method = "GET";
    assert_eq!(why(&get), RefusalKind::Malformed);
    // What was signed for the gateway goes nowhere, whatever host it names, be it one of the operator's own.
    for host in ["sts.us-east-1.amazonaws.com", "minio.test", OWN_HOST] {
        let mut client = petition();
        (client.host, client.target) = (host, "/v1/console-links".into());
        let mut gateway = gateway();
        let extra = ExtraEndpoint::new(HostPattern::parse("minio.test").unwrap());
        gateway.routes.extras.push(extra);
        let mut record = Record::request("id", NOW);
        let opened = gateway.open(client.head().head(), &client.arrival(), NOW, &mut record);
        assert_eq!(opened.err().unwrap().refusal.kind(), RefusalKind::ScopeMismatch, "{host}");
    }
    // At the gateway's own address the signature says for whom a request is.
    let mut bucket = petition();
    (bucket.service, bucket.host) = ("s3", "localhost");
    assert!(!Gateway::is_petition(&bucket.head().head(), &Arrival::EndpointUrl));
    let mut elsewhere = petition();
    elsewhere.target = "/bucket/key".into();
    assert!(!Gateway::is_petition(&elsewhere.head().head(), &Arrival::EndpointUrl));
    let opened =
        gateway().open(elsewhere.head().head(), &Arrival::EndpointUrl, NOW, &mut Record::request("id", NOW));
    assert_eq!(opened.err().unwrap().refusal.kind(), RefusalKind::ScopeMismatch);
}

#[test]
fn what_was_asked_before_is_not_asked_again_where_that_is_looked_at() {
    let mut gateway = gateway();
    gateway.replays = Some(Replays::new(1, 8));
    let client = petition();
    let head = client.head();
    assert!(ask_head(&gateway, &head, &client.arrival(), &client.body).is_ok());
    let again = ask_head(&gateway, &head, &client.arrival(), &client.body).err().unwrap();
    assert_eq!(again.refusal.kind(), RefusalKind::Replayed);
}
