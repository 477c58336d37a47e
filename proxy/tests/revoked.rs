//! A session that is revoked through the administrative API while its requests run: they end on both sides, nothing is
//! taken for whole, and the client hears what AWS says of a token that has ended.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use awsaccess::credentials::Credentials;
use awsaccess_emulator::{Effect, Fault};
use common::{Call, Reply, Stage, two};
use serde_json::{Value, json};

const TOKEN: &str = "the-administrators-token-of-revocations";

struct Desk {
    stage: Stage,
    token_file: std::path::PathBuf,
}

impl Desk {
    fn open() -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("awsaccess-revoked-test-{}-{n}.token", std::process::id());
        let token_file = std::env::temp_dir().join(name);
        std::fs::write(&token_file, TOKEN).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&token_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let table = format!("[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"{}\"\n", token_file.display());
        Self { stage: Stage::with(|config| format!("{config}\n{table}")), token_file }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(self.stage.gateway.admin_addr().unwrap()).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let reply = Reply::read(&answer);
        assert_eq!(reply.status, 200, "{}", reply.body);
        serde_json::from_str(&reply.body).unwrap()
    }

    /// Keys of a session, with which something was asked for already.
    fn session(&self, name: &str) -> Credentials {
        let wish = json!({ "subject": "alice", "application": "demo", "role": "developer", "session": name });
        let keys = self.post("/v1/placeholders", &wish);
        let text = |name: &str| keys[name].as_str().unwrap().to_owned();
        let keys = Credentials::new(text("access_key_id"), text("secret_access_key"))
            .with_session_token(text("session_token"));
        assert_eq!(self.stage.send(&by(&keys, Call::sts("GetCallerIdentity"))).status, 200);
        keys
    }

    fn revoke(&self, session: &str) {
        self.post("/v1/revocations", &json!({ "session": session }));
    }

    /// Waits until a request about that object has begun.
    fn begun(&self, operation: &str, key: &str) {
        self.stage.log.wait_for(|line| {
            line["event"] == "request.begin"
                && line["operation"] == operation
                && line.to_string().contains(key)
        });
    }

    fn close(self) -> Vec<Value> {
        let lines = self.stage.end();
        std::fs::remove_file(self.token_file).unwrap();
        lines
    }
}

fn by(keys: &Credentials, mut call: Call) -> Call {
    call.keys = keys.clone();
    call
}

fn upload(keys: &Credentials, target: &str) -> Call {
    by(keys, Call::s3("PUT", target).body(vec![7; 3 << 20]))
}

fn read(mut stream: impl Read) -> Reply {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Reply::read(&answer)
}

/// The object is there for nobody.
fn is_not_there(desk: &Desk, keys: &Credentials, target: &str) {
    assert_eq!(desk.stage.send(&by(keys, Call::s3("GET", target))).status, 404, "{target}");
}

#[test]
fn an_upload_ends_and_nothing_is_stored() {
    let desk = Desk::open();
    let (first, second) = (desk.session("s-1"), desk.session("s-2"));
    let (ending, lasting) = (upload(&first, "/ending"), upload(&second, "/lasting"));
    let start = |call: &Call, key: &str| {
        let bytes = call.bytes();
        let half = bytes.len() / 2;
        let mut stream = desk.stage.tls(call.host, call.host).unwrap();
        stream.write_all(&bytes[..half]).unwrap();
        desk.begun("PutObject", key);
        (stream, bytes[half..].to_vec())
    };
    let (one, _) = start(&ending, "ending");
    let (mut other, rest) = start(&lasting, "lasting");
    desk.revoke("s-1");
    read(one).refused(403, "ExpiredToken");
    // The other session's goes on as if nothing had been.
    other.write_all(&rest).unwrap();
    assert_eq!(read(other).status, 200);
    is_not_there(&desk, &second, "/ending");
    assert_eq!(desk.stage.send(&by(&second, Call::s3("HEAD", "/lasting"))).status, 200);
    // Nor does anything begin.
    assert_eq!(desk.stage.send(&upload(&first, "/again")).status, 403);
    let lines = desk.close();
    let ended: Vec<_> = lines.iter().filter(|line| line["error"] == "session-expired").collect();
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert_eq!(ended[0]["reason"], "the session was revoked while the request ran");
}

#[test]
fn a_part_of_an_upload_ends_and_the_whole_is_not_completed() {
    let desk = Desk::open();
    let (first, second) = (desk.session("s-1"), desk.session("s-2"));
    let begun = desk.stage.send(&by(&first, Call::s3("POST", "/parts?uploads")));
    let id = begun.body.split("<UploadId>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let part = upload(&first, &format!("/parts?partNumber=1&uploadId={id}"));
    let bytes = part.bytes();
    let mut stream = desk.stage.tls(part.host, part.host).unwrap();
    stream.write_all(&bytes[..bytes.len() / 2]).unwrap();
    desk.begun("UploadPart", "parts");
    desk.revoke("s-1");
    read(stream).refused(403, "ExpiredToken");
    // Of the part, too, nothing is there.
    let listed = desk.stage.send(&by(&second, Call::s3("GET", &format!("/parts?uploadId={id}"))));
    assert!(listed.status != 200 || !listed.body.contains("<Part>"), "{}", listed.body);
    is_not_there(&desk, &second, "/parts");
    desk.close();
}

#[test]
fn an_upload_over_http2_ends() {
    let desk = Desk::open();
    let (first, second) = (desk.session("s-1"), desk.session("s-2"));
    let call = upload(&first, "/two");
    let mut client = desk.stage.two(call.host);
    let fields = call.fields();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.headers(1, &fields, false).unwrap();
    client.data(1, &call.body[..1 << 15], false).unwrap();
    desk.begun("PutObject", "two");
    desk.revoke("s-1");
    let ended: two::Ended = client.answer(1);
    assert!(ended.text().contains("<Code>ExpiredToken</Code>"), "{ended:?}");
    is_not_there(&desk, &second, "/two");
    desk.close();
}

#[test]
fn a_body_that_is_held_ends() {
    let desk = Desk::open();
    let first = desk.session("s-1");
    desk.stage.emulator.fault(Fault::new(Effect::Delay(60_000)).on_service("dynamodb"));
    let call = by(&first, Call::dynamodb("ListTables", "{}"));
    let mut stream = desk.stage.tls(call.host, call.host).unwrap();
    stream.write_all(&call.bytes()).unwrap();
    desk.begun("ListTables", "");
    desk.revoke("s-1");
    read(stream).refused(403, "ExpiredTokenException");
    desk.close();
}

#[test]
fn a_download_ends_short_of_what_was_promised() {
    let desk = Desk::open();
    let (first, second) = (desk.session("s-1"), desk.session("s-2"));
    assert_eq!(desk.stage.send(&upload(&second, "/large")).status, 200);
    desk.stage.emulator.fault(Fault::new(Effect::SlowBody { pieces: 4, pause: 60_000 }).on_service("s3"));
    let call = by(&first, Call::s3("GET", "/large"));
    let mut stream = desk.stage.tls(call.host, call.host).unwrap();
    stream.write_all(&call.bytes()).unwrap();
    desk.begun("GetObject", "large");
    desk.revoke("s-1");
    let reply = read(stream);
    assert!(reply.status == 403 || reply.bytes.len() < 3 << 20, "{}", reply.head);
    desk.close();
}
