//! An administrator at the listener that is for one.

use std::io::{Read, Write};
use std::net::TcpStream;

use awsaccess::credentials::Credentials;
use serde_json::{Value, json};

use super::{Call, Reply, Stage};

pub const TOKEN: &str = "an-administrators-token-of-forty-letters";

/// A gateway with an administrative listener, and its token.
pub struct Desk {
    pub stage: Stage,
    pub token_file: std::path::PathBuf,
}

impl Desk {
    pub fn open() -> Self {
        Self::open_with("", |config| config)
    }

    /// With more in `[admin]`, and the rest of the configuration changed before it is read.
    pub fn open_with(more: &str, edit: impl FnOnce(String) -> String) -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("awsaccess-admin-test-{}-{n}.token", std::process::id());
        let token_file = std::env::temp_dir().join(name);
        std::fs::write(&token_file, format!("{TOKEN}\n")).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&token_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let table =
            format!("[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"{}\"\n{more}\n", token_file.display());
        Self { stage: Stage::with(|config| edit(format!("{config}\n{table}"))), token_file }
    }

    pub fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let reply =
            self.ask_with(method, path, &body.to_string(), &[("authorization", &format!("Bearer {TOKEN}"))]);
        (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null))
    }

    pub fn ask_with(&self, method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> Reply {
        let mut stream = TcpStream::connect(self.stage.gateway.admin_addr().unwrap()).unwrap();
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
        text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Reply::read(&answer)
    }

    pub fn issue(&self, session: &str) -> Credentials {
        self.issue_for("demo", session)
    }

    pub fn issue_for(&self, application: &str, session: &str) -> Credentials {
        let wish = json!({
            "subject": "alice", "application": application, "role": "developer", "seconds": 3600, "session": session,
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
    pub fn close(self, secrets: &[&str]) -> Vec<Value> {
        let log = self.stage.log.clone();
        let lines = self.stage.end();
        for secret in secrets.iter().chain([&TOKEN]) {
            assert!(!log.text().contains(secret), "a secret was recorded");
        }
        std::fs::remove_file(self.token_file).unwrap();
        lines
    }
}

pub fn as_issued(keys: &Credentials) -> Call {
    let mut call = Call::sts("GetCallerIdentity");
    call.keys = keys.clone();
    call
}
