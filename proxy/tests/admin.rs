//! The administrative listener, asked as operators and their programs ask it.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use awsaccess::credentials::Credentials;
use common::{ALICE, Call, DEVELOPER, Reply, SECRET, Stage};
use serde_json::{Value, json};

const TOKEN: &str = "an-administrators-token-of-forty-letters";

/// A gateway with an administrative listener, and its token.
struct Desk {
    stage: Stage,
    token_file: std::path::PathBuf,
}

impl Desk {
    fn open() -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("awsaccess-admin-test-{}-{n}.token", std::process::id());
        let token_file = std::env::temp_dir().join(name);
        std::fs::write(&token_file, format!("{TOKEN}\n")).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&token_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let table = format!("[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"{}\"\n", token_file.display());
        Self { stage: Stage::with(|config| format!("{config}\n{table}")), token_file }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let reply =
            self.ask_with(method, path, &body.to_string(), &[("authorization", &format!("Bearer {TOKEN}"))]);
        (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null))
    }

    fn ask_with(&self, method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> Reply {
        let mut stream = TcpStream::connect(self.stage.gateway.admin_addr().unwrap()).unwrap();
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Reply::read(&answer)
    }

    fn issue(&self, session: &str) -> Credentials {
        let wish = json!({
            "subject": "alice", "application": "demo", "role": "developer", "seconds": 3600, "session": session,
        });
        let (status, keys) = self.ask("POST", "/v1/placeholders", &wish);
        assert_eq!(status, 200, "{keys}");
        let text = |name: &str| keys[name].as_str().unwrap_or_default().to_owned();
        assert!(text("ca_pem").contains("BEGIN CERTIFICATE"));
        assert_eq!(text("proxy_address"), self.stage.address().to_string());
        Credentials::new(text("access_key_id"), text("secret_access_key"))
            .with_session_token(text("session_token"))
    }

    /// Ends the gateway; the placeholders and the token are among what must not be in the log.
    fn close(self, secrets: &[&str]) -> Vec<Value> {
        let log = self.stage.log.clone();
        let lines = self.stage.end();
        for secret in secrets.iter().chain([&TOKEN]) {
            assert!(!log.text().contains(secret), "a secret was recorded");
        }
        std::fs::remove_file(self.token_file).unwrap();
        lines
    }
}

fn as_issued(keys: &Credentials) -> Call {
    let mut call = Call::sts("GetCallerIdentity");
    call.keys = keys.clone();
    call
}

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
    assert!(lines.iter().all(|line| line["event"] != "placeholder.end"), "nothing was issued");
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
