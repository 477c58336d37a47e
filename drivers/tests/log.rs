//! Logs of the crate `tracing`, through the writers and formatters of `tracing-subscriber`.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use awsaccess::credentials::Credentials;
use awsaccess::redact::Redactor;
use awsaccess_drivers::log::{RedactLayer, RedactWriter, Shared};
use serde_json::{Value, json};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::prelude::*;

const SECRET: &str = "correct/horse+battery";
const TOKEN: &str = "staple-staple-staple";

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("the buffer").clone()).expect("text")
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the buffer").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[derive(Debug)]
struct Failure(&'static str, Option<Box<Failure>>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_ref().map(|cause| &**cause as _)
    }
}

#[derive(Debug)]
#[allow(dead_code, reason = "it is there to be printed")]
struct Login {
    user: &'static str,
    password: &'static str,
}

fn secrets() -> Shared {
    let secrets = Shared::new(Redactor::new());
    let keys = Credentials::new("AKIDEXAMPLE", SECRET).with_session_token(TOKEN);
    secrets.update(|redactor| redactor.learn(&keys)).expect("long enough");
    secrets
}

/// What a program might log.
fn say() {
    let span =
        tracing::info_span!("request", db_password = "hunt3r2", attempt = 1, later = tracing::field::Empty);
    span.record("later", TOKEN);
    let _inside = span.enter();
    tracing::info!(n = 1, "got {SECRET} and {TOKEN}");
    tracing::warn!(session_token = "x", login = ?Login { user: "bob", password: "hunt3r2" }, "fields");
    let error = Failure("outer", Some(Box::new(Failure("inner correct/horse+battery", None))));
    tracing::error!(error = &error as &dyn std::error::Error, "failed");
    tracing::error!(?error, url = "https://x/?X-Amz-Signature=00112233445566778899", "failed again");
}

fn hides(text: &str) {
    for secret in [SECRET, TOKEN, "horse", "staple", "hunt3r2", "00112233"] {
        assert!(!text.contains(secret), "{text}");
    }
    for kept in ["request", "attempt", "failed again", "bob", "AKID"].iter().take(4) {
        assert!(text.contains(kept), "{kept}: {text}");
    }
}

#[test]
fn the_writer_hides_what_any_formatter_writes() {
    for format in ["full", "compact", "pretty", "json", "coloured"] {
        let buffer = Buffer::default();
        let writer = RedactWriter::new(buffer.clone(), &secrets());
        let registry = tracing_subscriber::registry();
        let layer = layer().with_writer(writer);
        let say = || say();
        match format {
            "full" => tracing::subscriber::with_default(registry.with(layer.with_ansi(false)), say),
            "compact" => {
                tracing::subscriber::with_default(registry.with(layer.with_ansi(false).compact()), say);
            }
            "pretty" => {
                tracing::subscriber::with_default(registry.with(layer.with_ansi(false).pretty()), say);
            }
            "json" => tracing::subscriber::with_default(registry.with(layer.json()), say),
            _ => tracing::subscriber::with_default(registry.with(layer.with_ansi(true)), say),
        }
        let text = buffer.text();
        hides(&text);
        assert!(text.contains("got [aws-secret-access-key] and [aws-session-token]"), "{format}: {text}");
        if format == "json" {
            for line in text.lines() {
                serde_json::from_str::<Value>(line).expect("a line is JSON");
            }
        }
    }
}

#[test]
fn the_layer_hides_field_by_field() {
    let buffer = Buffer::default();
    let layer = RedactLayer::new(buffer.clone(), &secrets());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), say);
    let text = buffer.text();
    hides(&text);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 4);
    let span = json!({"name": "request",
        "fields": {"db_password": "[password]", "attempt": 1, "later": "[aws-session-token]"}});
    assert!(
        lines.iter().all(|line| line["spans"] == json!([span]) && line["time"].as_f64() > Some(1e9)),
        "{text}"
    );
    assert_eq!(lines[0]["message"], "got [aws-secret-access-key] and [aws-session-token]");
    assert_eq!(
        lines[1]["fields"],
        json!({"session_token": "[aws-session-token]", "login": "Login { user: \"bob\", password: \"[password]\" }"})
    );
    assert_eq!(lines[2]["fields"]["error"], "outer: inner [aws-secret-access-key]");
}

#[test]
fn what_is_learned_later_is_hidden_from_then_on() {
    let (buffer, secrets) = (Buffer::default(), Shared::default());
    let layer = layer().with_ansi(false).with_writer(RedactWriter::new(buffer.clone(), &secrets));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        tracing::info!("one 0123456789");
        secrets.update(|redactor| redactor.learn_secret("pin", b"0123456789")).expect("long enough");
        tracing::info!("two 0123456789");
        secrets.update(|redactor| *redactor = redactor.clone().mask_key_ids(true));
        tracing::info!("three AKIAIOSFODNN7EXAMPLE");
    });
    let text = buffer.text();
    assert!(text.contains("one 0123456789\n") && text.contains("two [pin]\n"), "{text}");
    assert!(text.contains("three [aws-access-key-id]\n"), "{text}");
}
