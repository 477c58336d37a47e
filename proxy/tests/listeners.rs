//! Several listeners: addresses and Unix sockets, for all applications or for one.
#![cfg(unix)]
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use awsaccess::sigv4::{self, Payload, Request, Scope, Settings};
use awsaccess::time::Time;
use common::{ALICE, Call, DEVELOPER, PATIENCE, Reply, SECRET, Stage};

const OTHER: &str = "AKIAPLACEHOLDEROTHER";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("awsaccess-listen-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        Self(path)
    }

    fn socket(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A second application with a listener or two of its own, and a placeholder for it.
fn two_applications(config: &str, listen: &str) -> String {
    config.replace(
        "[[role]]",
        &format!(
            "[[application]]\nname = \"other\"\nsource = \"node\"\nlisten = [{listen}]\n[[application.role]]\n\
             name = \"developer\"\nassume = [\n    {{ role_arn = \"arn:aws:iam::111111111111:role/gateway-hub\" }},\n    \
             {{ role_arn = \"{DEVELOPER}\", external_id = \"demo-external-id\" }},\n]\n[[placeholder]]\naccess_key_id = \"{OTHER}\"\n\
             secret_access_key = \"{SECRET}\"\nsubject = \"alice\"\napplication = \"other\"\nrole = \"developer\"\n[[role]]"
        ),
    )
}

fn ask(mut stream: impl Read + Write, call: &Call, host: &str) -> Reply {
    stream.write_all(&call.bytes_with(&call.signed_for(host))).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Reply::read(&answer)
}

#[test]
fn a_unix_socket_is_an_endpoint_and_a_proxy() {
    let folder = Folder::new("unix");
    let path = folder.socket("gateway.sock");
    let stage = Stage::with(|config| {
        config.replace(
            "listen = [\"127.0.0.1:0\"]",
            &format!("listen = [\"127.0.0.1:0\", \"unix:{}\"]", path.display()),
        )
    });
    assert_eq!(std::fs::symlink_metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(stage.gateway.addrs().len(), 1);
    // As an endpoint, with whatever name the client gives it.
    for host in ["localhost", "gateway"] {
        let reply = ask(UnixStream::connect(&path).unwrap(), &Call::sts("GetCallerIdentity"), host);
        assert!(reply.body.contains("assumed-role/developer/alice"), "{}", reply.body);
    }
    let mut named = Call::dynamodb("ListTables", "{}");
    named.target = "/_/dynamodb/".into();
    assert_eq!(ask(UnixStream::connect(&path).unwrap(), &named, "localhost").status, 200);
    // As a proxy.
    let mut stream = UnixStream::connect(&path).unwrap();
    write!(
        stream,
        "CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1\r\nHost: sts.us-east-1.amazonaws.com:443\r\n\r\n"
    )
    .unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    drop(stream);
    let lines = stage.end();
    assert_eq!((&lines[0]["mode"], lines[0].get("source")), (&"endpoint-url".into(), None));
    assert!(!path.exists(), "the socket was left behind");
}

/// An upload whose body nobody signed, in the two forms of it.
fn unsigned_uploads() -> [Call; 2] {
    let put = Call::s3("PUT", "/demo-bucket/key");
    let whole = put.clone().body(b"hello".to_vec()).unsigned(Payload::Unsigned);
    let trailer = put
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", "5")
        .header("x-amz-trailer", "x-amz-checksum-crc32")
        .body(b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n".to_vec())
        .unsigned(Payload::StreamingUnsignedTrailer);
    [whole, trailer]
}

#[test]
fn bodies_that_nobody_signed_are_not_taken_where_they_could_be_changed() {
    let folder = Folder::new("unsigned");
    let path = folder.socket("gateway.sock");
    let listen = format!("listen = [\"127.0.0.1:0\", \"unix:{}\"]", path.display());
    let stage = Stage::with(|config| config.replace("listen = [\"127.0.0.1:0\"]", &listen));
    let address = stage.address();
    let plain = |call: &Call| ask(TcpStream::connect(address).unwrap(), call, &address.to_string());
    for call in &unsigned_uploads() {
        let reply = plain(call);
        reply.refused(400, "NotImplemented");
        assert!(reply.body.contains("sign it, or use the gateway as an https proxy"), "{}", reply.body);
        // No network leads to a socket, and TLS protects what is in it.
        assert_eq!(ask(UnixStream::connect(&path).unwrap(), call, "localhost").status, 200);
        let mut tunnelled = call.clone();
        tunnelled.target = "/key".into();
        assert_eq!(stage.send(&tunnelled).status, 200);
    }
    // What is signed is taken, and so is what has no body, whatever its head says of that.
    let signed = Call::s3("PUT", "/demo-bucket/key").body(b"hello".to_vec());
    assert_eq!(plain(&signed).status, 200);
    assert_eq!(plain(&Call::s3("GET", "/demo-bucket/key").unsigned(Payload::Unsigned)).status, 200);
    // A presigned URL never has a signed body.
    let host = address.to_string();
    let headers = [("host", host.as_str())];
    let request = Request::new("PUT", "/demo-bucket/key", &headers);
    let keys = awsaccess::credentials::Credentials::new(ALICE, SECRET);
    let (scope, settings) = (Scope::new("us-east-1", "s3"), Settings::default());
    let (lifetime, now) = (std::time::Duration::from_secs(60), Time::from(std::time::SystemTime::now()));
    let link = sigv4::presign(&request, Payload::Unsigned, &keys, &scope, &settings, lifetime, now).unwrap();
    let target = String::from_utf8(link.target().to_vec()).unwrap();
    let text = format!(
        "PUT {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello"
    );
    assert_eq!(stage.send_plain(text.as_bytes()).status, 200);

    stage.rewrite("[tunnel]", "unsigned_bodies_over_http = true\n[tunnel]");
    stage.gateway.reload().unwrap();
    for call in &unsigned_uploads() {
        assert_eq!(plain(call).status, 200, "it was allowed");
    }
    let lines = stage.end();
    let refused: Vec<_> = lines.iter().filter(|line| line["error"] == "unsupported-auth").collect();
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(
        refused.iter().all(|line| line["reason"].as_str().unwrap().contains("plain HTTP")),
        "{refused:?}"
    );
}

#[test]
fn what_a_dead_gateway_left_is_replaced_and_a_living_one_is_not() {
    let folder = Folder::new("stale");
    let path = folder.socket("gateway.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let text = format!("listen = [\"unix:{}\"]", path.display());
    let start = || {
        let config = awsaccess_proxy::Config::parse(&text).unwrap();
        awsaccess_proxy::Proxy::start(config.with_env(awsaccess::env::Env::new()).with_audit(std::io::sink()))
    };
    let first = start().unwrap();
    let error = start().err().map(|error| error.to_string()).unwrap();
    assert!(error.contains("another program listens there") && error.contains("gateway.sock"), "{error}");
    assert!(UnixStream::connect(&path).is_ok());
    first.shutdown();
    assert!(!path.exists());
}

#[test]
fn a_listener_of_an_application_is_for_its_placeholders() {
    let folder = Folder::new("bound");
    let path = folder.socket("other.sock");
    let stage = Stage::with(|config| {
        two_applications(&config, &format!("\"127.0.0.1:0\", \"unix:{}\"", path.display()))
    });
    let [all, bound] = stage.gateway.addrs() else { panic!("{:?}", stage.gateway.addrs()) };
    let at = |address: &SocketAddr, call: &Call| {
        ask(TcpStream::connect(address).unwrap(), call, &address.to_string())
    };
    let own = Call::sts("GetCallerIdentity").keys(OTHER, SECRET);
    let foreign = Call::sts("GetCallerIdentity").keys(ALICE, SECRET);
    assert_eq!((at(all, &own).status, at(all, &foreign).status), (200, 200));
    assert_eq!(at(bound, &own).status, 200);
    assert_eq!(ask(UnixStream::connect(&path).unwrap(), &own, "localhost").status, 200);
    let calls = stage.emulator.requests().len();
    at(bound, &foreign).refused(403, "AccessDenied");
    let refused = ask(UnixStream::connect(&path).unwrap(), &foreign, "localhost");
    refused.refused(403, "AccessDenied");
    // Which application a listener is for is no client's business.
    assert!(!refused.body.contains("application"), "{}", refused.body);
    assert_eq!(stage.emulator.requests().len(), calls);
    let lines = stage.end();
    let told = "the listener is for another application than the placeholder";
    assert_eq!(
        lines.iter().filter(|line| line["reason"] == told && line["decision"] == "refused").count(),
        2
    );
}

#[test]
fn a_raw_client_is_told_to_go_on_once_it_is_allowed() {
    let stage = Stage::new();
    let host = stage.address().to_string();
    let call =
        Call::s3("PUT", "/demo-bucket/patient").header("expect", "100-continue").body(b"hello".to_vec());
    let mut stream = TcpStream::connect(stage.address()).unwrap();
    stream.write_all(&call.head_with(&call.signed_for(&host))).unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(Reply::read(&answer).status, 200);
    // One that is refused hears nothing else first.
    for call in [call.clone().keys(ALICE, "not-the-secret"), call.keys(common::BOB, SECRET)] {
        let mut stream = TcpStream::connect(stage.address()).unwrap();
        stream.write_all(&call.head_with(&call.signed_for(&host))).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(Reply::read(&answer).status, 403, "{}", String::from_utf8_lossy(&answer));
    }
    stage.end();
}

#[test]
fn who_reads_nothing_is_not_waited_for() {
    let stage = Stage::new();
    let host = stage.address().to_string();
    let body = vec![7; 24 << 20];
    let put = Call::s3("PUT", "/demo-bucket/large").body(body);
    assert_eq!(stage.send_plain(&put.bytes_with(&put.signed_for(&host))).status, 200);
    stage.hasten();
    let get = Call::s3("GET", "/demo-bucket/large");
    let mut stream = TcpStream::connect(stage.address()).unwrap();
    stream.write_all(&get.bytes_with(&get.signed_for(&host))).unwrap();
    // Nothing is read; the record ends by itself.
    let line = stage.log.wait_for(|line| line["operation"] == "GetObject" && line["event"] == "request.end");
    drop(stream);
    stage.end();
    assert_eq!(line["error"], "client-gone", "{line}");
}

/// What a listener for probes answers to a request, and the whole of it.
fn probed(address: SocketAddr, request: &str) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Reply::read(&answer)
}

#[test]
fn probes_have_a_listener_of_their_own() {
    let stage = Stage::with(|config| format!("{config}\n[probes]\nlisten = \"0.0.0.0:0\"\n"));
    let first = stage.gateway.probes_addr().unwrap();
    assert!(first.ip().is_unspecified(), "it may be of the network");
    let at = |address: SocketAddr| SocketAddr::from(([127, 0, 0, 1], address.port()));
    let get = |path: &str| probed(at(first), &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_eq!((get("/healthz").status, get("/healthz").body.as_str()), (200, "ok\n"));
    let ready: serde_json::Value = serde_json::from_str(&get("/readyz").body).unwrap();
    assert_eq!(ready, serde_json::json!({ "ready": true, "reasons": [] }));
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    stage.log.wait_for(|line| line["event"] == "request.end");
    let metrics = get("/metrics");
    assert_eq!(
        metrics.header("content-type").unwrap().split(';').next(),
        Some("application/openmetrics-text")
    );
    assert!(
        metrics.body.contains("awsaccess_records_total{event=\"request\",service=\"sts\""),
        "{}",
        metrics.body
    );
    for secret in ["alice", ALICE, DEVELOPER, "sts.us-east-1", "222222222222"] {
        assert!(!metrics.body.contains(secret), "{secret}: {}", metrics.body);
    }
    // One request, and the connection is over.
    assert_eq!(get("/healthz").header("connection"), Some("close"));
    let head = probed(at(first), "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    // Nothing else is there, whoever asks.
    for path in ["/", "/v1/applications", "/v1/reload", "/healthz/x", "/metrics/"] {
        assert_eq!(get(path).status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let request = format!("{method} /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        let reply = probed(at(first), &request);
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    let long = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(64 << 10));
    assert_ne!(probed(at(first), &long).status, 200);
    // No request is signed there.
    assert_ne!(probed(at(first), "CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1\r\n\r\n").status, 200);

    // Another configuration moves it, and one that cannot be had is not taken.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    stage.rewrite("0.0.0.0:0", &taken.local_addr().unwrap().to_string());
    let why = stage.gateway.reload().unwrap_err().to_string();
    assert!(why.contains("probes.listen: cannot listen on"), "{why}");
    assert_eq!((stage.gateway.probes_addr(), get("/healthz").status), (Some(first), 200));
    let moved = taken.local_addr().unwrap();
    drop(taken);
    stage.gateway.reload().unwrap();
    assert_eq!(stage.gateway.probes_addr(), Some(moved));
    assert_eq!(probed(moved, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
    let gone = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        TcpStream::connect(at(first)).is_err()
    });
    assert!(gone, "the first one takes nobody any more");
    stage.rewrite(&format!("[probes]\nlisten = \"{moved}\"\n"), "");
    stage.gateway.reload().unwrap();
    assert_eq!(stage.gateway.probes_addr(), None);
    stage.end();
}
