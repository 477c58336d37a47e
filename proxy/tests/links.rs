//! Links that leave the gateway: into the console, and presigned URLs that say how long they really last.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use awsaccess::effect::Http;
use awsaccess::host::Host;
use awsaccess::time::Time;
use awsaccess_drivers::blocking::Blocking;
use common::desk::Desk;
use common::{ALICE, BOB, Call, Reply};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

/// With the emulator's sign-in, as it has its STS.
fn desk() -> Desk {
    Desk::open_with("", |config| {
        let url = config.split("sts_endpoint = ").nth(1).unwrap().lines().next().unwrap().to_owned();
        config.replacen("sts_endpoint = ", &format!("signin_endpoint = {url}\nsts_endpoint = "), 1)
    })
}

fn alice() -> Value {
    json!({ "subject": "alice", "application": "demo", "role": "developer" })
}

fn now() -> Time {
    Time::from(std::time::SystemTime::now())
}

fn seconds_until(time: &Value) -> u64 {
    Time::parse_rfc3339(time.as_str().unwrap()).unwrap().since(now()).as_secs()
}

#[test]
fn a_console_link_signs_in_and_is_in_no_record() {
    let desk = desk();
    let mut links = Vec::new();
    for (who, seconds, longest) in [
        (alice(), 900, 900),
        // The roles are chained: an hour is the most, whatever is asked.
        (alice(), 36_000, 3600),
        (json!({ "access_key_id": ALICE }), 1800, 1800),
    ] {
        let wish =
            json!({ "as": who, "seconds": seconds, "destination": "s3", "issuer": "https://portal.example" });
        let (status, link) = desk.ask("POST", "/v1/console-links", &wish);
        assert_eq!(status, 200, "{link}");
        let left = seconds_until(&link["session_ends_at"]);
        assert!((longest - 60..=longest).contains(&left), "{left} of {longest}");
        assert!(seconds_until(&link["expires_at"]) <= 900);
        assert!(link["arn"].as_str().unwrap().contains("assumed-role/developer/alice"), "{link}");
        links.push(link["url"].as_str().unwrap().to_owned());
    }
    let mut browser = Blocking::with_roots(desk.stage.emulator.ca_pem().as_bytes()).unwrap();
    let reply = browser.http(&Http::new("GET", &links[0])).unwrap().unwrap();
    assert_eq!(reply.status, 302);
    assert!(reply.header("location").unwrap().contains("console.aws.amazon.com/s3"));

    let tokens: Vec<String> = links.iter().map(|link| token_of(link)).collect();
    let mut secrets: Vec<&str> = tokens.iter().map(String::as_str).collect();
    secrets.extend(["SigninToken", "Action=login"]);
    let lines = desk.close(&secrets);
    let records: Vec<_> = lines.iter().filter(|line| line["event"] == "console.end").collect();
    assert_eq!(records.len(), 3);
    assert_eq!(lines.iter().filter(|line| line["event"] == "console.begin").count(), 3);
    for record in &records {
        assert_eq!((&record["subject"], &record["application"]), (&json!("alice"), &json!("demo")));
        assert_eq!((&record["decision"], &record["mode"]), (&json!("allowed"), &json!("admin")));
        assert!(
            record["role"].as_str().unwrap().ends_with("role/developer") && record["expires"].is_string()
        );
    }
    assert_eq!(records[2]["access_key_id"], ALICE);
}

fn token_of(link: &str) -> String {
    let rest = link.split("SigninToken=").nth(1).unwrap();
    rest.split('&').next().unwrap().to_owned()
}

#[test]
fn who_asks_for_too_many_links_is_recorded() {
    let desk = Desk::open_with("", |config| {
        let url = config.split("sts_endpoint = ").nth(1).unwrap().lines().next().unwrap().to_owned();
        let config =
            config.replacen("sts_endpoint = ", &format!("signin_endpoint = {url}\nsts_endpoint = "), 1);
        config.replacen("[limits]\n", "[limits]\nrequests_per_second = 1\nburst = 1\n", 1)
    });
    let ask = || desk.ask("POST", "/v1/console-links", &json!({ "as": alice() })).0;
    while ask() != 429 {}
    let lines = desk.close(&[]);
    let last = lines.iter().rfind(|line| line["event"] == "console.end").unwrap();
    let seen = (&last["error"], &last["status"], &last["subject"], &last["decision"]);
    assert_eq!(seen, (&json!("throttled"), &json!(429), &json!("alice"), &json!("refused")));
}

#[test]
fn who_may_not_have_the_whole_session_gets_no_console() {
    let desk = desk();
    let ask = |wish: Value| desk.ask("POST", "/v1/console-links", &wish);
    let (status, answer) = ask(json!({ "as": { "access_key_id": BOB } }));
    assert_eq!((status, &answer["detail"]), (403, &json!("no rule allows the role")), "{answer}");
    for (wish, wanted) in [
        (json!({ "as": alice(), "seconds": 60 }), 422),
        (json!({ "as": alice(), "destination": "https://evil.example/" }), 422),
        (json!({ "as": alice(), "region": "nowhere-1" }), 422),
        (json!({ "as": { "subject": "mallory", "application": "demo", "role": "developer" } }), 422),
        (json!({ "as": { "access_key_id": "AKIAPLACEHOLDERNOONE" } }), 422),
        (json!({ "as": { "access_key_id": ALICE, "session_token": "guessed" } }), 422),
        (json!({ "as": { "access_key_id": ALICE, "subject": "bob" } }), 400),
        (json!({ "as": { "subject": "alice" } }), 400),
        (json!({}), 400),
    ] {
        assert_eq!(ask(wish.clone()).0, wanted, "{wish}");
    }
    // Bounds that only the gateway could keep.
    let mut bounded = json!({
        "name": "bounded", "source": "node",
        "role": [{ "name": "developer", "assume": [{ "role_arn": common::DEVELOPER }] }],
    });
    for (key, value, told) in [
        ("services", json!(["s3"]), "the application does not allow the service"),
        ("regions", json!(["us-east-1"]), "the application does not allow the region"),
        ("guards", json!(["read-only"]), "denied by guard read-only: the operation was not told"),
    ] {
        bounded[key] = value;
        assert!(desk.ask("PUT", "/v1/applications/bounded", &bounded).0 < 300);
        let who = json!({ "subject": "alice", "application": "bounded", "role": "developer" });
        let (status, answer) = ask(json!({ "as": who }));
        assert_eq!((status, &answer["detail"]), (403, &json!(told)), "{key}: {answer}");
        bounded.as_object_mut().unwrap().remove(key);
    }
    // Who was revoked has none.
    let keys = desk.issue("s-1");
    let token = keys.session_token().unwrap().expose().to_owned();
    let holder = json!({ "as": { "access_key_id": keys.access_key_id(), "session_token": token } });
    assert_eq!(ask(holder.clone()).0, 200);
    assert_eq!(desk.ask("POST", "/v1/revocations", &json!({ "session": "s-1" })).0, 200);
    assert_eq!(ask(holder).0, 403);
    let lines = desk.close(&[&token]);
    let refused = |error: &str| {
        let of = |line: &&Value| line["event"] == "console.end" && line["error"] == error;
        lines.iter().filter(of).collect::<Vec<_>>()
    };
    assert_eq!(refused("denied").len(), 4);
    assert_eq!(refused("token-invalid").len(), 1);
    // What came to no decision is recorded too, with the words of who asked.
    let short = refused("too-short");
    assert_eq!((short.len(), &short[0]["subject"], &short[0]["status"]), (1, &json!("alice"), &json!(422)));
    let unknown = refused("unknown-holder");
    let said: Vec<_> = unknown.iter().map(|line| (&line["subject"], &line["access_key_id"])).collect();
    let (null, nobody) = (Value::Null, json!("AKIAPLACEHOLDERNOONE"));
    assert_eq!(said, [(&json!("mallory"), &null), (&null, &nobody), (&null, &json!(ALICE))]);
    assert!(unknown.iter().all(|line| line["decision"] == "refused" && line["mode"] == "admin"));
}

/// Fetches a URL from the service itself, past the gateway.
fn fetched(desk: &Desk, method: &str, url: &str, fields: &str, body: &[u8]) -> Reply {
    let rest = url.strip_prefix("https://").unwrap();
    let (host, target) = rest.split_at(rest.find('/').unwrap());
    let mut roots = RootCertStore::empty();
    let ca = desk.stage.emulator.ca_pem();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let stream = TcpStream::connect(desk.stage.emulator.service_address()).unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream);
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{fields}content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Reply::read(&answer)
}

const KEY: &str = "https://demo-bucket.s3.us-east-1.amazonaws.com/a%20key";

fn signature_of(url: &str) -> String {
    url.split("X-Amz-Signature=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}

#[test]
fn a_presigned_url_works_without_the_gateway_for_as_long_as_it_says() {
    let desk = desk();
    let mut signatures = Vec::new();
    let mut ask = |wish: Value| {
        let (status, answer) = desk.ask("POST", "/v1/presigned-urls", &wish);
        assert_eq!(status, 200, "{answer}");
        let url = answer["url"].as_str().unwrap().to_owned();
        signatures.push(signature_of(&url));
        let said = url.split("X-Amz-Expires=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        assert_eq!(said, answer["seconds"].to_string(), "the url says how long it lasts");
        assert!(answer["seconds"].as_u64().unwrap() - seconds_until(&answer["expires_at"]) <= 50);
        (url, answer)
    };
    let put =
        json!({ "as": alice(), "method": "PUT", "url": KEY, "headers": { "content-type": "text/x-own" } });
    let (url, answer) = ask(put);
    assert_eq!((&answer["seconds"], &answer["limited_by"]), (&json!(900), &json!("asked")));
    let reply = fetched(&desk, "PUT", &url, "content-type: text/x-own\r\n", b"brought by whoever has it");
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(fetched(&desk, "PUT", &url, "content-type: text/x-other\r\n", b"").status, 403);

    let (url, answer) = ask(json!({ "as": { "access_key_id": ALICE }, "url": KEY, "seconds": 60 }));
    assert_eq!((&answer["seconds"], &answer["method"]), (&json!(60), &json!("GET")));
    let reply = fetched(&desk, "GET", &url, "", b"");
    assert_eq!((reply.status, reply.body.as_str()), (200, "brought by whoever has it"));

    // A week is asked for; the credentials last an hour, from when they are fetched for it.
    let (_, answer) = ask(json!({ "as": alice(), "url": KEY, "seconds": 604_800 }));
    assert_eq!(answer["limited_by"], "credentials");
    assert!(answer["seconds"].as_u64().unwrap() <= 3600 + 600, "{answer}");

    // A placeholder that ends sooner.
    let wish = json!({ "subject": "alice", "application": "demo", "role": "developer", "seconds": 120 });
    let (_, keys) = desk.ask("POST", "/v1/placeholders", &wish);
    let who = json!({ "access_key_id": keys["access_key_id"], "session_token": keys["session_token"] });
    let (_, answer) = ask(json!({ "as": who, "url": KEY, "seconds": 900 }));
    assert_eq!(answer["limited_by"], "placeholder");
    assert!(answer["seconds"].as_u64().unwrap() <= 120);

    let token = keys["session_token"].as_str().unwrap().to_owned();
    let mut secrets: Vec<&str> = signatures.iter().map(String::as_str).collect();
    secrets.push(&token);
    let lines = desk.close(&secrets);
    let records: Vec<_> = lines.iter().filter(|line| line["event"] == "presigned.end").collect();
    assert_eq!(records.len(), 4);
    assert_eq!(
        (&records[0]["operation"], &records[0]["subject"], &records[0]["mode"], &records[0]["decision"]),
        (&json!("PutObject"), &json!("alice"), &json!("admin"), &json!("allowed"))
    );
    assert!(records[0]["expires"].is_string() && records[0].get("access_key_id").is_none());
    assert_eq!(records[1]["access_key_id"], ALICE);
}

#[test]
fn no_url_is_made_that_the_request_itself_would_be_refused_for() {
    let desk = desk();
    assert_eq!(desk.stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    let before = desk.stage.emulator.requests().len();
    let sts =
        |action: &str| format!("https://sts.us-east-1.amazonaws.com/?Action={action}&Version=2011-06-15");
    for (wish, wanted) in [
        (json!({ "as": { "access_key_id": BOB }, "url": KEY }), 403),
        (json!({ "as": { "access_key_id": ALICE, "session_token": "guessed" }, "url": KEY }), 422),
        // Nobody seals what comes back to a link.
        (json!({ "as": { "access_key_id": ALICE }, "url": sts("GetSessionToken") }), 403),
        (
            json!({ "as": { "access_key_id": ALICE }, "url": sts("AssumeRole") + "&RoleSessionName=me&RoleArn=" + common::DEVELOPER }),
            403,
        ),
        (json!({ "as": alice(), "url": KEY, "service": "sts" }), 403),
        (json!({ "as": alice(), "url": KEY, "region": "eu-west-1" }), 403),
        (
            json!({ "as": alice(), "url": "https://evil.example/key", "service": "s3", "region": "us-east-1" }),
            403,
        ),
        (json!({ "as": alice(), "url": "https://evil.example/key" }), 422),
        (json!({ "as": alice(), "url": "http://demo-bucket.s3.us-east-1.amazonaws.com/key" }), 422),
        (
            json!({ "as": alice(), "url": "https://169.254.169.254/latest", "service": "s3", "region": "us-east-1" }),
            422,
        ),
        (json!({ "as": alice(), "url": "https://demo-bucket.s3.us-east-1.amazonaws.com:8443/key" }), 422),
        (json!({ "as": alice(), "url": "not a url" }), 422),
        (json!({ "as": alice(), "url": KEY, "method": "CONNECT" }), 422),
        (json!({ "as": alice(), "url": KEY, "headers": { "host": "evil.example" } }), 422),
        (json!({ "as": alice(), "url": KEY, "headers": { "x-a": "1\r\nx-b: 2" } }), 422),
        (json!({ "as": alice(), "url": KEY, "headers": { "connection": "close" } }), 422),
        (json!({ "as": alice(), "url": KEY, "seconds": 0 }), 422),
        (json!({ "as": alice(), "url": KEY, "seconds": 604_801 }), 422),
        (json!({ "as": alice(), "url": format!("{KEY}?X-Amz-Signature=x") }), 422),
        (json!({ "as": alice() }), 422),
        (json!({ "url": KEY }), 400),
    ] {
        let (status, answer) = desk.ask("POST", "/v1/presigned-urls", &wish);
        let is_refused = status == wanted || (wanted == 403 && (400..404).contains(&status));
        assert!(is_refused && answer.get("url").is_none(), "{wish}: {status} {answer}");
    }
    assert_eq!(desk.stage.emulator.requests().len(), before, "nobody was asked for anything");
    let lines = desk.close(&[]);
    let refused: Vec<_> = lines
        .iter()
        .filter(|line| line["event"] == "presigned.end" && line["decision"] == "refused")
        .collect();
    assert!(refused.len() >= 5, "{refused:?}");
    assert!(refused.iter().any(|line| line["error"] == "credential-operation"), "{refused:?}");
    assert!(lines.iter().all(|line| line["event"] != "presigned.begin"));
}
