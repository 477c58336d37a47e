//! The administrative listener, asked as operators and their programs ask it.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use awsaccess::credentials::Credentials;
use common::desk::{Desk, TOKEN, as_issued};
use common::{ALICE, Call, DEVELOPER, SECRET};
use serde_json::{Value, json};

#[test]
fn a_placeholder_is_issued_used_and_revoked() {
    let desk = Desk::open();
    let (first, second) = (desk.issue("s-1"), desk.issue("s-2"));
    let reply = desk.stage.send(&as_issued(&first));
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.body.contains("assumed-role/developer/alice"), "{}", reply.body);
    assert_eq!(desk.ask("POST", "/v1/revocations", &json!({ "session": "s-1" })).0, 200);
    assert_eq!(desk.stage.send(&as_issued(&first)).status, 403);
    assert_eq!(desk.stage.send(&as_issued(&second)).status, 200);

    // What was issued and what was revoked outlives a configuration, with a key that no file holds.
    assert_eq!(desk.ask("POST", "/v1/reload", &Value::Null), (200, json!({ "reloaded": true })));
    assert_eq!(desk.stage.send(&as_issued(&first)).status, 403);
    assert_eq!(desk.stage.send(&as_issued(&second)).status, 200);

    assert_eq!(desk.ask("POST", "/v1/revocations", &json!({ "everything": true })).0, 200);
    assert_eq!(desk.stage.send(&as_issued(&second)).status, 403);
    assert_eq!(desk.stage.send(&Call::sts("GetCallerIdentity")).status, 200, "a stored one is none of those");

    let secret = |keys: &Credentials| {
        let token = keys.session_token().unwrap().expose().to_owned();
        [keys.secret_access_key().expose().to_owned(), token]
    };
    let secrets = [secret(&first), secret(&second)].concat();
    let lines = desk.close(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    let issued = of("placeholder.begin");
    assert_eq!(issued.len(), 2);
    assert_eq!(issued[0]["access_key_id"], first.access_key_id());
    assert_eq!((&issued[0]["subject"], &issued[0]["mode"]), (&json!("alice"), &json!("admin")));
    assert!(issued[0]["expires"].is_string());
    let done: Vec<_> = of("change.end").iter().map(|line| line["operation"].clone()).collect();
    assert_eq!(done, ["revoke", "reload", "revoke"]);
}

#[test]
fn a_client_is_connected_and_disconnected() {
    let desk = Desk::open();
    let wish = json!({ "subject": "alice", "application": "demo", "role": "developer", "session": "s-1" });
    let (status, keys) = desk.ask("POST", "/v1/connections", &wish);
    assert_eq!((status, keys["region"].as_str()), (200, Some("us-east-1")), "{keys}");
    let text = |name: &str| keys[name].as_str().unwrap().to_owned();
    let id = text("access_key_id");
    let keys = Credentials::new(&id, text("secret_access_key")).with_session_token(text("session_token"));
    assert_eq!(desk.stage.send(&as_issued(&keys)).status, 200);
    let (status, gone) = desk.ask("DELETE", &format!("/v1/connections/{id}"), &Value::Null);
    assert_eq!((status, &gone["persisted"]), (200, &json!(false)), "{gone}");
    assert!(gone["note"].as_str().unwrap().contains("until the gateway ends"), "{gone}");
    assert_eq!(desk.stage.send(&as_issued(&keys)).status, 403);
    let lines = desk.close(&[&text_of(&keys)]);
    let connections: Vec<_> = lines.iter().filter(|line| line["event"] == "connection.end").collect();
    let done: Vec<_> = connections.iter().map(|line| line["operation"].as_str().unwrap()).collect();
    assert_eq!(done, ["connect", "disconnect"]);
    assert!(
        connections.iter().all(|line| line["access_key_id"] == id.as_str() && line["decision"] == "allowed")
    );
    assert!(lines.iter().any(|line| line["event"] == "placeholder.end"), "what was issued has a record too");
}

fn text_of(keys: &Credentials) -> String {
    keys.session_token().unwrap().expose().to_owned()
}

#[test]
fn a_client_that_does_not_trust_the_gateway_is_recorded() {
    let desk = Desk::open();
    let mut stream = desk.stage.connect("sts.us-east-1.amazonaws.com:443").unwrap();
    stream.write_all(b"no client hello at all\r\n\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    let line = desk.stage.log.wait_for(|line| line["event"] == "connection.end");
    assert_eq!(line["error"], "no-tls-session");
    assert_eq!(
        (&line["mode"], &line["host"]),
        (&json!("intercept"), &json!("sts.us-east-1.amazonaws.com:443"))
    );
    desk.close(&[]);
}

#[test]
fn a_connection_that_comes_to_no_request_is_recorded() {
    let desk = Desk::open();
    let host = "sts.us-east-1.amazonaws.com";
    // A session without a request, in either version: what a pool of connections opens ahead.
    for protocol in [&b"http/1.1"[..], b"h2"] {
        drop(desk.stage.tls_speaking(&format!("{host}:443"), host, protocol).unwrap());
    }
    let quiet = desk.stage.log.wait_for(|line| line["event"] == "connection.end");
    assert_eq!((&quiet["decision"], &quiet["mode"]), (&json!("allowed"), &json!("intercept")), "{quiet}");
    // Something that is no request.
    let mut stream = desk.stage.tls(host, host).unwrap();
    stream.write_all(b"\x01\x02 no request\r\n\r\n").unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
    let broken = desk.stage.log.wait_for(|line| line["error"] == "no-request");
    assert_eq!(broken["event"], "connection.end");
    // One with a request has the record of that, and no more.
    assert_eq!(desk.stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    let lines = desk.close(&[]);
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!((of("connection.end"), of("request.end")), (3, 1));
}

#[test]
fn nobody_is_issued_what_the_rules_do_not_know() {
    let desk = Desk::open();
    for (wish, wanted) in [
        (json!({ "subject": "mallory", "application": "demo", "role": "developer" }), "mallory"),
        (json!({ "subject": "alice", "application": "demo", "role": "nobody" }), "nobody"),
        (json!({ "subject": "alice", "application": "demo", "role": "developer", "seconds": 1 }), "seconds"),
    ] {
        let (status, answer) = desk.ask("POST", "/v1/placeholders", &wish);
        assert_eq!(status, 422, "{answer}");
        assert!(answer["error"].as_str().unwrap_or_default().contains(wanted), "{answer}");
    }
    let lines = desk.close(&[]);
    let asked: Vec<_> = lines.iter().filter(|line| line["event"] == "placeholder.end").collect();
    assert_eq!(asked.len(), 3, "that it was asked for is recorded");
    for line in &asked {
        assert_eq!((&line["decision"], &line["error"]), (&json!("refused"), &json!("not-issued")), "{line}");
        assert!(line["access_key_id"].is_null() && line["status"] == 422, "nothing was issued");
    }
    assert_eq!((&asked[0]["subject"], &asked[1]["role_name"]), (&json!("mallory"), &json!("nobody")));
}

#[test]
fn only_the_probes_are_open() {
    let desk = Desk::open();
    assert_eq!(desk.ask_with("GET", "/healthz", "", &[]).status, 200);
    assert_eq!(desk.ask_with("GET", "/readyz", "", &[]).status, 200);
    let right = format!("Bearer {TOKEN}");
    for headers in [
        &[][..],
        &[("authorization", "Bearer another-token-that-is-as-long-as-the-first")],
        &[("authorization", "Basic YTpi")],
        &[("authorization", right.as_str()), ("origin", "https://evil.example")],
    ] {
        for (method, path) in [("GET", "/metrics"), ("POST", "/v1/reload"), ("GET", "/v1/nowhere")] {
            assert_eq!(desk.ask_with(method, path, "", headers).status, 401, "{path}");
        }
    }
    let authorized = [("authorization", right.as_str())];
    assert_eq!(desk.ask_with("GET", "/v1/nowhere", "", &authorized).status, 404);
    assert_eq!(desk.ask_with("DELETE", "/v1/reload", "", &authorized).status, 405);
    assert_eq!(desk.ask_with("POST", "/v1/placeholders", "{", &authorized).status, 400);
    let long = "x".repeat(2 << 20);
    let mut stream = TcpStream::connect(desk.stage.gateway.admin_addr().unwrap()).unwrap();
    let head = format!("POST /v1/reload HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", long.len());
    let _ = stream.write_all((head + &long).as_bytes());
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    desk.close(&[]);
}

#[test]
fn what_is_asked_is_told() {
    let desk = Desk::open();
    assert_eq!(desk.stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    desk.stage
        .send(&Call::s3("GET", "/key").keys(ALICE, "not-the-secret"))
        .refused(403, "SignatureDoesNotMatch");

    let metrics = desk.ask_with("GET", "/metrics", "", &[("authorization", &format!("Bearer {TOKEN}"))]);
    for line in [
        r#"awsaccess_records_total{event="request",service="sts",application="demo",decision="allowed",status="2xx"} 1"#,
        r#"awsaccess_errors_total{error="signature-mismatch"} 1"#,
        "awsaccess_audit_lines_lost_total 0",
        "# EOF",
    ] {
        assert!(metrics.body.lines().any(|found| found == line), "{line}\n{}", metrics.body);
    }
    assert!(metrics.head.contains("application/openmetrics-text"), "{}", metrics.head);

    let (_, all) = desk.ask("GET", "/v1/applications", &Value::Null);
    assert_eq!(all["applications"][0]["name"], "demo");
    assert!(all.to_string().contains(DEVELOPER) && !all.to_string().contains("demo-external-id"), "{all}");

    let (status, health) = desk.ask("GET", "/v1/applications/demo/health", &Value::Null);
    let developer =
        health["roles"].as_array().unwrap().iter().find(|role| role["role"] == "developer").unwrap();
    assert_eq!(developer["healthy"], true, "{status} {health}");
    assert_eq!(desk.ask("GET", "/v1/applications/nowhere/health", &Value::Null).0, 404);

    let (_, flushed) = desk.ask("POST", "/v1/flushes", &json!({ "application": "demo" }));
    assert_eq!(flushed, json!({ "flushed": 1 }));
    assert_eq!(desk.ask("POST", "/v1/flushes", &json!({ "subject": "alice" })).1, json!({ "flushed": 0 }));
    desk.close(&[SECRET]);
}
