//! Another configuration, taken while the gateway runs: as a whole or not at all.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};

use awsaccess_proxy::ReloadError;
use common::desk::{Desk, TOKEN};
use common::{Call, DEVELOPER, PATIENCE, Reply, Stage};

#[test]
fn each_request_is_judged_by_the_rules_of_its_time() {
    let stage = Stage::new();
    let call = Call::sts("GetCallerIdentity");
    assert_eq!(stage.send(&call).status, 200);
    // A connection that stays open over the change.
    let mut open = stage.tls(call.host, call.host).unwrap();
    let keep = String::from_utf8(call.bytes()).unwrap().replace("connection: close\r\n", "");
    open.write_all(keep.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut byte = [0];
        open.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
    let length = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length =
        length.split("content-length: ").nth(1).unwrap().split('\r').next().unwrap().parse().unwrap();
    open.read_exact(&mut vec![0; length]).unwrap();

    stage.rewrite(
        &format!("allow = [\"{DEVELOPER}\"]"),
        "allow = [\"arn:aws:iam::222222222222:role/nobody\"]",
    );
    stage.gateway.reload().unwrap();
    open.write_all(&call.bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = open.read_to_end(&mut answer);
    Reply::read(&answer).refused(403, "AccessDenied");
    stage.send(&call).refused(403, "AccessDenied");

    let fetched = stage.emulator.requests().len();
    stage.rewrite("role/nobody", "role/developer");
    stage.gateway.reload().unwrap();
    assert_eq!(stage.send(&call).status, 200);
    let again = stage.emulator.requests().len() - fetched;
    assert_eq!(again, 1, "the credentials of sources that are the same are kept");

    let log = stage.log.clone();
    let lines = stage.end();
    let changes: Vec<_> = lines.iter().filter(|line| line["event"] == "change.end").collect();
    assert_eq!(changes.len(), 2, "{}", log.text());
    assert!(changes.iter().all(|line| line["operation"] == "reload" && line["decision"] == "allowed"));
}

#[test]
fn what_is_wrong_changes_nothing() {
    let stage = Stage::new();
    let call = Call::sts("GetCallerIdentity");
    for (from, to, wanted) in [
        ("[[subject]]", "[[subjekt]]", "subjekt"),
        ("[limits]", "[ca]\nhours = 5\n[limits]", "ca.hours: cannot change"),
        ("listen = [\"127.0.0.1:0\"]", "listen = []", "listen: at least one address is needed"),
        ("listen = [\"127.0.0.1:0\"]", "listen = [\"192.0.2.1:1\"]", "listen: cannot listen on 192.0.2.1:1"),
    ] {
        stage.rewrite(from, to);
        let error = stage.gateway.reload().unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(stage.send(&call).status, 200);
        stage.rewrite(to, from);
    }
    std::fs::remove_file(&stage.config_file).unwrap();
    assert!(matches!(stage.gateway.reload(), Err(ReloadError::Config(_))));
    assert_eq!(stage.send(&call).status, 200);
    let lines = stage.end();
    let refused = lines.iter().filter(|line| line["event"] == "change.end" && line["decision"] == "refused");
    assert_eq!(refused.count(), 5);
}

#[test]
fn what_came_from_no_file_is_replaced_whole() {
    let stage = Stage::with(|config| format!("{config}\n# as the program has it\n"));
    let text = std::fs::read_to_string(&stage.config_file).unwrap();
    let other = text.replace("role/developer\"]", "role/nobody\"]");
    stage.gateway.replace(awsaccess_proxy::Config::parse(&other).unwrap()).unwrap();
    stage.send(&Call::sts("GetCallerIdentity")).refused(403, "AccessDenied");
    stage.end();
}

#[test]
fn every_key_that_needs_a_restart_is_named() {
    let stage = Stage::new();
    let admin = "admin = { listen = \"127.0.0.1:0\", token_file = \"t\", state = \"s\" }";
    let ca = "ca = { hours = 5, file = \"ca.pem\" }";
    stage.rewrite("listen = [\"127.0.0.1:0\"]", &format!("listen = [\"127.0.0.1:0\"]\n{admin}\n{ca}"));
    let Err(ReloadError::Fixed(keys)) = stage.gateway.reload() else { panic!("it was taken") };
    assert_eq!(keys, ["admin.listen", "admin.state", "ca", "ca.hours"]);
    let lines = stage.end();
    let told = lines.iter().find(|line| line["event"] == "change.end").unwrap();
    assert!(told["reason"].as_str().unwrap().contains("ca, ca.hours: cannot change"), "{told}");
}

#[test]
fn bounds_and_versions_of_http_are_taken_while_it_runs() {
    let stage = Stage::new();
    let form = &b"Action=GetCallerIdentity&Version=2011-06-15&Long="[..];
    let call = Call { body: [form, &[b'a'; 20 << 10]].concat(), ..Call::sts("GetCallerIdentity") };
    assert_eq!(stage.send(&call).status, 200);
    assert_eq!(
        stage.tls_speaking(&format!("{}:443", call.host), call.host, b"h2").unwrap().conn.alpn_protocol(),
        Some(&b"h2"[..])
    );
    // No memory for the form of a request that is not small, and HTTP/1.1 only.
    stage.rewrite("[limits]", "[limits]\nbuffered_bytes = 0\nconnections = 7");
    stage.rewrite("\nlisten =", "\nhttp2 = false\nlisten =");
    stage.gateway.reload().unwrap();
    assert_eq!(stage.send(&call).status, 503);
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    assert!(stage.tls_speaking(&format!("{}:443", call.host), call.host, b"h2").is_err());
    stage.rewrite("buffered_bytes = 0", "buffered_bytes = 1048576");
    stage.gateway.reload().unwrap();
    assert_eq!(stage.send(&call).status, 200);
    stage.end();
}

/// A folder that goes when this does.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("awsaccess-reload-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn lines(&self, name: &str) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.0.join(name)).unwrap();
        let mut verifier = awsaccess::audit::Verifier::new();
        assert!(text.lines().all(|line| verifier.line(line.as_bytes()).is_none()), "{name} is whole: {text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn records_go_to_another_place() {
    let folder = Folder::new("audit");
    let place = folder.0.display();
    let stage = Stage::on_disk(|config| {
        format!("{config}\n[audit]\nfile = \"{place}/a.jsonl\"\nchain = true\non_failure = \"closed\"\n")
    });
    let call = Call::sts("GetCallerIdentity");
    assert_eq!(stage.send(&call).status, 200);
    stage.rewrite("/a.jsonl", "/b.jsonl");
    stage.gateway.reload().unwrap();
    assert_eq!(stage.send(&call).status, 200);
    let events = |name: &str| -> Vec<String> {
        folder.lines(name).iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect()
    };
    // The one says where it stops, the other where it begins, and each is a chain of its own.
    assert_eq!(events("a.jsonl"), ["request.begin", "request.end", "change.begin"]);
    assert_eq!(events("b.jsonl"), ["change.end", "request.begin", "request.end"]);
    // A place that cannot be had is said, and nothing is taken.
    stage.rewrite("/b.jsonl", "/missing/c.jsonl");
    let error = stage.gateway.reload().unwrap_err().to_string();
    assert!(error.starts_with("audit: "), "{error}");
    stage.rewrite("/missing/c.jsonl", "/b.jsonl");
    // The same place in another form, without letting go of it.
    stage.rewrite("on_failure = \"closed\"", "format = \"ocsf\"");
    stage.gateway.reload().unwrap();
    assert_eq!(stage.send(&call).status, 200);
    assert_eq!(folder.lines("b.jsonl").last().unwrap()["class_uid"], 6003);
    // Back to the first, which goes on where it ended.
    stage.rewrite("/b.jsonl", "/a.jsonl");
    stage.gateway.reload().unwrap();
    assert_eq!(stage.send(&call).status, 200);
    assert_eq!(folder.lines("a.jsonl").len(), 6);
    stage.end();
}

#[cfg(unix)]
#[test]
fn listeners_come_and_go() {
    let folder = Folder::new("listen");
    // Where no other test listens: what is closed is nobody's.
    let own = if cfg!(target_os = "linux") { "127.0.0.2:0" } else { "127.0.0.1:0" };
    let stage =
        Stage::with(|config| config.replace("listen = [\"127.0.0.1:0\"]", &format!("listen = [\"{own}\"]")));
    let (call, address) = (Call::sts("GetCallerIdentity"), stage.address());
    let socket = folder.0.join("g.sock");
    let both = format!("listen = [\"{own}\", \"unix:{}\"]", socket.display());
    stage.rewrite(&format!("listen = [\"{own}\"]"), &both);
    stage.gateway.reload().unwrap();
    assert_eq!(stage.gateway.listening(), [address], "it is the one that it was");
    let ask = || {
        let mut stream = std::os::unix::net::UnixStream::connect(&socket)?;
        stream.write_all(&call.bytes_with(&call.signed_for("localhost")))?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map(|_| Reply::read(&answer).status)
    };
    assert_eq!((stage.send(&call).status, ask().unwrap()), (200, 200));
    // What came in before stays when its listener goes.
    let mut open = stage.tls(call.host, call.host).unwrap();
    stage.rewrite(&format!("\"{own}\", "), "");
    stage.gateway.reload().unwrap();
    assert!(stage.gateway.listening().is_empty());
    eventually(|| std::net::TcpStream::connect(address).is_err());
    assert_eq!(ask().unwrap(), 200);
    open.write_all(&call.bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = open.read_to_end(&mut answer);
    assert_eq!(Reply::read(&answer).status, 200);
    // And comes back somewhere.
    stage.rewrite(&format!("\"unix:{}\"", socket.display()), "\"127.0.0.1:0\"");
    stage.gateway.reload().unwrap();
    assert_eq!(stage.gateway.listening().len(), 1);
    eventually(|| !socket.exists());
    stage.end();
}

/// Waits for what comes without a word, and not for ever.
#[cfg(unix)]
#[track_caller]
fn eventually(is_so: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "it is not so yet");
        std::thread::yield_now();
    }
}

#[test]
fn the_token_of_the_administrator_is_read_again() {
    let desk = Desk::open();
    let ask = |token: &str, path: &str, method: &str| {
        desk.ask_with(method, path, "", &[("authorization", &format!("Bearer {token}"))]).status
    };
    let another = "another-administrators-token-of-forty-letters";
    std::fs::write(&desk.token_file, another).unwrap();
    assert_eq!(ask(another, "/v1/applications", "GET"), 401, "not before it is taken");
    assert_eq!(ask(TOKEN, "/v1/reload", "POST"), 200);
    assert_eq!((ask(TOKEN, "/v1/applications", "GET"), ask(another, "/v1/applications", "GET")), (401, 200));
    // One that is none is said, and the one in force stays.
    std::fs::write(&desk.token_file, "short").unwrap();
    let error = desk.stage.gateway.reload().unwrap_err().to_string();
    assert!(error.starts_with("admin.token_file: "), "{error}");
    assert_eq!(ask(another, "/v1/applications", "GET"), 200);
    desk.close(&[another]);
}

#[test]
fn hosts_of_new_endpoints_are_certified_and_trusted_after_another_look() {
    let stage = Stage::new();
    let (call, before) = (Call::sts("GetCallerIdentity"), stage.gateway.ca_pem());
    assert!(stage.tls("minio.test", "minio.test").is_err());
    let place = stage.emulator.service_address();
    let more = format!("\n[[endpoint]]\nhost = \"minio.test\"\naddress = \"{place}\"\nservice = \"s3\"");
    stage.rewrite("[[endpoint]]", &format!("{more}\n[[endpoint]]"));
    stage.gateway.reload().unwrap();
    let after = stage.gateway.ca_pem();
    assert!(after.starts_with(&before) && after.len() > before.len(), "who trusts it already goes on to");
    drop(stage.tls("minio.test", "minio.test").unwrap());
    assert_eq!(stage.send(&call).status, 200);
    stage.gateway.reload().unwrap();
    assert_eq!(stage.gateway.ca_pem(), after, "nothing is new");
    stage.rewrite(&more, "");
    stage.gateway.reload().unwrap();
    assert!(stage.tls("minio.test", "minio.test").is_err(), "it is nobody's any more");
    assert_eq!(stage.send(&call).status, 200);
    stage.end();
}
