//! Links that whoever holds a placeholder asks the gateway itself for, where requests to AWS are asked.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};

use awsaccess::credentials::Credentials;
use awsaccess::effect::Http;
use awsaccess::host::Host;
use awsaccess::sigv4::Payload;
use awsaccess_drivers::blocking::Blocking;
use common::desk::Desk;
use common::{ALICE, BOB, Call, Reply, SECRET, Stage};
use serde_json::{Value, json};

const CONSOLE: &str = "/v1/console-links";
const PRESIGNED: &str = "/v1/presigned-urls";
const HOST: &str = "awsaccess.internal";
const KEY: &str = "https://demo-bucket.s3.us-east-1.amazonaws.com/a%20key";

fn with_signin(config: &str) -> String {
    let url = config.split("sts_endpoint = ").nth(1).unwrap().lines().next().unwrap().to_owned();
    config.replacen("sts_endpoint = ", &format!("signin_endpoint = {url}\nsts_endpoint = "), 1)
}

fn stage() -> Stage {
    Stage::with(|config| with_signin(&config))
}

fn desk() -> Desk {
    Desk::open_with("", |config| with_signin(&config))
}

fn ask(path: &str, wish: &Value) -> Call {
    let call = Call::new("POST", "awsaccess", HOST, path).header("content-type", "application/json");
    call.body(wish.to_string().into_bytes())
}

fn json_of(reply: &Reply) -> Value {
    assert_eq!(reply.header("content-type"), Some("application/json"), "{}", reply.head);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(reply.header("x-amzn-requestid").is_some());
    serde_json::from_str(&reply.body).unwrap()
}

fn plain(stage: &Stage, call: &Call) -> Reply {
    stage.send_plain(&call.bytes_with(&call.signed_for(&stage.address().to_string())))
}

#[test]
fn a_console_link_is_for_who_signs() {
    let desk = desk();
    let wish = json!({ "seconds": 900, "destination": "s3" });
    let keys = desk.issue("s-1");
    let mut issued = ask(CONSOLE, &wish);
    issued.keys = keys.clone();
    let mut links = Vec::new();
    for (call, is_plain) in [(ask(CONSOLE, &wish), false), (ask(CONSOLE, &wish), true), (issued, false)] {
        let reply = if is_plain { plain(&desk.stage, &call) } else { desk.stage.send(&call) };
        assert_eq!(reply.status, 200, "{}", reply.body);
        let link = json_of(&reply);
        assert!(link["arn"].as_str().unwrap().contains("assumed-role/developer/alice"), "{link}");
        assert!(link["session_ends_at"].is_string() && link["expires_at"].is_string());
        links.push(link["url"].as_str().unwrap().to_owned());
    }
    let mut browser = Blocking::with_roots(desk.stage.emulator.ca_pem().as_bytes()).unwrap();
    let reply = browser.http(&Http::new("GET", &links[0])).unwrap().unwrap();
    assert_eq!(reply.status, 302);
    let token = keys.session_token().unwrap().expose().to_owned();
    let lines = desk.close(&["SigninToken", "Action=login", &token]);
    let records: Vec<_> = lines.iter().filter(|line| line["event"] == "console.end").collect();
    assert_eq!(lines.iter().filter(|line| line["event"] == "console.begin").count(), 3);
    for (record, (mode, key)) in records.iter().zip([
        ("intercept", ALICE),
        ("endpoint-url", ALICE),
        ("intercept", keys.access_key_id()),
    ]) {
        assert_eq!((&record["mode"], &record["access_key_id"]), (&json!(mode), &json!(key)));
        assert_eq!((&record["subject"], &record["decision"]), (&json!("alice"), &json!("allowed")));
        assert_eq!((&record["operation"], &record["status"]), (&json!("sign-in"), &json!(200)));
        assert!(record["source"].is_string() && record["expires"].is_string(), "{record}");
    }
    assert_eq!(records.len(), 3);
}

#[test]
fn a_presigned_url_is_for_who_signs() {
    let stage = Stage::new();
    // Over each way that a client has, a body in pieces among them.
    let wish = json!({ "url": KEY, "method": "PUT", "seconds": 60 });
    let mut two = stage.two(HOST);
    let call = ask(PRESIGNED, &wish);
    let fields = call.fields();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    two.headers(1, &fields, false).unwrap();
    two.data(1, &call.body, true).unwrap();
    let mut pieces = ask(PRESIGNED, &wish);
    pieces.chunked = true;
    let mut replies = vec![two.answer(1).text()];
    drop(two);
    for reply in [stage.send(&pieces), plain(&stage, &pieces), stage.send(&call), plain(&stage, &call)] {
        assert_eq!(reply.status, 200, "{}", reply.body);
        replies.push(reply.body);
    }
    for reply in &replies {
        let answer: Value = serde_json::from_str(reply).unwrap();
        assert_eq!((&answer["seconds"], &answer["limited_by"]), (&json!(60), &json!("asked")));
        let url = answer["url"].as_str().unwrap();
        assert!(url.starts_with(KEY) && !url.contains(ALICE) && url.contains("X-Amz-Expires=60"), "{url}");
    }
    let requests = stage.emulator.requests();
    assert!(
        requests.iter().all(|one| !one.head().contains("s3.us-east-1")),
        "no service was asked for anything"
    );
    let lines = stage.end();
    let records: Vec<_> = lines.iter().filter(|line| line["event"] == "presigned.end").collect();
    assert_eq!(records.len(), replies.len());
    for record in records {
        assert_eq!((&record["operation"], &record["access_key_id"]), (&json!("PutObject"), &json!(ALICE)));
        assert!(record["mode"] == "intercept" || record["mode"] == "endpoint-url");
        assert!(record["expires"].is_string() && record["subject"] == "alice");
    }
}

/// What is refused, and the record of it.
#[track_caller]
fn refused(stage: &Stage, call: &Call, status: u16, error: &str) {
    for reply in [stage.send(call), plain(stage, call)] {
        assert_eq!(reply.status, status, "{}", reply.body);
        let answer: Value = serde_json::from_str(&reply.body).unwrap();
        assert!(answer.get("url").is_none() && answer["message"].is_string(), "{answer}");
        assert!(answer.get("detail").is_none() && !reply.body.contains("rule allows"), "{answer}");
        let log = stage.log.text();
        let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        assert_eq!((&last["error"], &last["decision"]), (&json!(error), &json!("refused")), "{last}");
    }
}

#[test]
fn nobody_gets_a_link_for_somebody_else() {
    let stage = stage();
    let alice = json!({ "subject": "alice", "application": "demo", "role": "developer" });
    for path in [CONSOLE, PRESIGNED] {
        for whose in [&alice, &json!({ "access_key_id": ALICE }), &json!({ "access_key_id": BOB })] {
            let mut wish = json!({ "as": whose });
            if path == PRESIGNED {
                wish["url"] = KEY.into();
            }
            refused(&stage, &ask(path, &wish), 403, "denied");
            refused(&stage, &ask(path, &wish).keys(BOB, SECRET), 403, "denied");
        }
    }
    // What the rules refuse to him they refuse here, and do not say why.
    refused(&stage, &ask(CONSOLE, &json!({})).keys(BOB, SECRET), 403, "denied");
    refused(&stage, &ask(PRESIGNED, &json!({ "url": KEY })).keys(BOB, SECRET), 403, "denied");
    refused(&stage, &ask(CONSOLE, &json!({})).keys(ALICE, "guessed"), 403, "signature-mismatch");
    refused(&stage, &ask(CONSOLE, &json!({})).keys("AKIAPLACEHOLDERNOONE", SECRET), 403, "unknown-key");
    let signature = stage.end().into_iter().filter(|line| line["event"] == "console.begin").count();
    assert_eq!(signature, 0);
}

#[test]
fn a_body_that_is_not_signed_asks_for_nothing() {
    let stage = stage();
    for literal in ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"] {
        let call = ask(CONSOLE, &json!({})).unsigned(Payload::parse(literal).unwrap());
        refused(&stage, &call.header("x-amz-content-sha256", literal), 400, "unsupported-auth");
    }
    let call = ask(CONSOLE, &json!({ "seconds": 900 }));
    let altered = Call { body: json!({ "seconds": 999 }).to_string().into_bytes(), ..call.clone() };
    let reply = stage.send_raw(HOST, &altered.bytes_with(&call.signed()));
    assert_eq!(reply.status, 403, "{}", reply.body);
    stage.end();
}

#[test]
fn a_signature_for_a_service_is_none_for_the_gateway_nor_the_other_way() {
    let stage = stage();
    for service in ["sts", "s3", "signin"] {
        let mut call = ask(CONSOLE, &json!({}));
        call.service = service;
        let reply = stage.send(&call);
        assert_eq!(reply.status, 403, "{service}: {}", reply.body);
        // At the gateway's own address it is a request to that service, and nobody's link.
        let reply = plain(&stage, &call);
        assert!(!reply.body.contains("SigninToken"), "{service}: {}", reply.body);
    }
    let before = stage.emulator.requests().len();
    let mut sts = Call::sts("GetCallerIdentity");
    sts.service = "awsaccess";
    assert_eq!(stage.send(&sts).status, 403);
    assert!((400..404).contains(&plain(&stage, &sts).status));
    // Nor is what was signed for the gateway one for a host of AWS's.
    let call = ask(CONSOLE, &json!({}));
    let reply = stage.send_raw("sts.us-east-1.amazonaws.com", &call.bytes());
    assert_eq!(reply.status, 403, "{}", reply.body);
    assert_eq!(stage.emulator.requests().len(), before, "nobody was asked for anything");
    // The gateway itself has no other paths, and no other methods.
    for (method, path) in
        [("GET", CONSOLE), ("POST", "/"), ("POST", "/v1/placeholders"), ("POST", "/v1/reload")]
    {
        let mut call = ask(path, &json!({}));
        call.method = method;
        let reply = stage.send(&call);
        assert_eq!(reply.status, 400, "{method} {path}: {}", reply.body);
    }
    stage.end();
}

#[test]
fn a_placeholder_that_ended_asks_for_nothing() {
    let desk = desk();
    let keys = desk.issue("s-1");
    let mut call = ask(CONSOLE, &json!({ "seconds": 900 }));
    call.keys = keys.clone();
    assert_eq!(desk.stage.send(&call).status, 200);
    let mut late = call.clone().ago(360);
    refused(&desk.stage, &late, 403, "skewed");
    late.at = std::time::SystemTime::now() + std::time::Duration::from_secs(360);
    refused(&desk.stage, &late, 403, "skewed");
    assert_eq!(desk.ask("POST", "/v1/revocations", &json!({ "session": "s-1" })).0, 200);
    for path in [CONSOLE, PRESIGNED] {
        let mut call = ask(path, &json!({ "url": KEY }));
        call.keys = keys.clone();
        refused(&desk.stage, &call, 403, "token-invalid");
    }
    // One that ends sooner than the shortest session gets none, and a URL that ends with it.
    let wish = json!({ "subject": "alice", "application": "demo", "role": "developer", "seconds": 120 });
    let (_, issued) = desk.ask("POST", "/v1/placeholders", &wish);
    let text = |name: &str| issued[name].as_str().unwrap().to_owned();
    let mut call = ask(CONSOLE, &json!({}));
    call.keys = Credentials::new(text("access_key_id"), text("secret_access_key"))
        .with_session_token(text("session_token"));
    refused(&desk.stage, &call, 422, "too-short");
    let mut call = Call { keys: call.keys.clone(), ..ask(PRESIGNED, &json!({ "url": KEY })) };
    let answer = json_of(&desk.stage.send(&call));
    assert_eq!(answer["limited_by"], "placeholder");
    assert!(answer["seconds"].as_u64().unwrap() <= 120);
    call.body = br#"{"url": 1}"#.to_vec();
    refused(&desk.stage, &call, 400, "malformed");
    desk.close(&[&text("session_token")]);
}

#[test]
fn who_asks_too_often_or_by_anothers_door_is_refused() {
    let stage = Stage::with(|config| {
        with_signin(&config).replacen("[limits]\n", "[limits]\nrequests_per_second = 1\nburst = 1\n", 1)
    });
    while stage.send(&ask(CONSOLE, &json!({}))).status != 429 {}
    let lines = stage.end();
    let last = lines.iter().rfind(|line| line["event"] == "console.end").unwrap();
    assert_eq!((&last["error"], &last["subject"]), (&json!("throttled"), &json!("alice")));

    let stage = Stage::with(|config| {
        let other = "[[application]]\nname = \"other\"\nsource = \"node\"\nlisten = [\"127.0.0.1:0\"]\n\
                     [[application.role]]\nname = \"developer\"\n\
                     assume = [{ role_arn = \"arn:aws:iam::222222222222:role/developer\" }]\n[[role]]";
        with_signin(&config).replacen("[[role]]", other, 1)
    });
    let other = stage.gateway.addrs()[1];
    let call = ask(CONSOLE, &json!({}));
    let mut stream = std::net::TcpStream::connect(other).unwrap();
    stream.write_all(&call.bytes_with(&call.signed_for(&other.to_string()))).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(Reply::read(&answer).status, 403);
    stage.end();
}
