//! WebSockets: handshakes that are verified, signed again and then flow, and channels of sessions that pass untouched.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::time::{Duration, SystemTime};

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{self, Payload, Request, Scope, Settings};
use awsaccess::time::Time;
use awsaccess_proxy::Whose;
use common::{ALICE, Call, Reply, SECRET, Stage};

const HOST: &str = "transcribestreaming.us-east-1.amazonaws.com";
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A presigned target, as a browser or a phone opens it.
fn presigned(host: &str, path: &str, secret: &str) -> String {
    let headers = [("host", host)];
    let request = Request::new("GET", path, &headers);
    let scope = Scope::new("us-east-1", "transcribe");
    let keys = Credentials::new(ALICE, secret);
    let now = Time::from(SystemTime::now());
    let lifetime = Duration::from_secs(300);
    let made =
        sigv4::presign(&request, Payload::Bytes(b""), &keys, &scope, &Settings::default(), lifetime, now)
            .unwrap();
    String::from_utf8(made.target().to_vec()).unwrap()
}

/// A head with a handshake.
fn head(target: &str, host: &str, more: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n")
}

fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            break;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A masked text frame of a client's.
fn frame(first: u8, text: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | u8::try_from(text.len()).unwrap(), 9, 8, 7, 6];
    frame.extend(text.iter().zip([9, 8, 7, 6].iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

#[track_caller]
fn talks(stream: &mut (impl Read + Write)) {
    for text in ["hello", "again"] {
        stream.write_all(&frame(0x81, text.as_bytes())).unwrap();
        let mut back = [0; 7];
        stream.read_exact(&mut back).unwrap();
        assert_eq!(
            &back,
            format!("\u{81}\u{5}{text}").chars().map(|c| c as u8).collect::<Vec<_>>().as_slice()
        );
    }
}

#[test]
fn a_presigned_handshake_is_signed_again() {
    for port in [":443", ":8443"] {
        let stage = Stage::with(|config| format!("strict_headers = true\n{config}"));
        let authority = format!("{HOST}{port}");
        let named = if port == ":443" { HOST.to_owned() } else { authority.clone() };
        let target = presigned(&named, "/stream-transcription-websocket?language-code=en-US", SECRET);
        let mut stream = stage.tls_speaking(&authority, HOST, b"http/1.1").unwrap();
        stream.write_all(head(&target, &named, UPGRADE).as_bytes()).unwrap();
        let answer = read_head(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        // RFC 6455, section 1.3.
        assert!(
            answer.to_ascii_lowercase().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
            "{answer}"
        );
        talks(&mut stream);
        stream.write_all(&frame(0x88, &[3, 232])).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        let seen = stage.emulator.requests().last().unwrap().head();
        assert!(seen.contains("X-Amz-Credential=ASIA") && seen.contains(&format!("host: {named}")), "{seen}");
        assert!(stage.emulator.requests().last().unwrap().verified_key().is_some());
        drop(stream);
        let lines = stage.end();
        let end = lines.iter().find(|line| line["event"] == "request.end").unwrap();
        assert_eq!(
            (&end["status"], &end["subject"], &end["auth"]),
            (&101.into(), &"alice".into(), &"query".into())
        );
        assert!(end["bytes_in"].as_u64() > Some(20) && end["bytes_out"].as_u64() > Some(10), "{end}");
    }
}

#[test]
fn a_handshake_signed_in_its_headers_is_signed_again() {
    let stage = Stage::new();
    let call = Call::new("GET", "transcribe", HOST, "/stream-transcription-websocket")
        .header("sec-websocket-protocol", "mqtt");
    let mut text =
        String::from_utf8(call.head_with(&call.signed())).unwrap().replace("connection: close\r\n", "");
    text.insert_str(text.len() - 2, UPGRADE);
    let mut stream = stage.tls(HOST, HOST).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let answer = read_head(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 101") && answer.contains("mqtt"), "{answer}");
    talks(&mut stream);
    // It is a request that runs: it ends with its session.
    assert_eq!(stage.gateway.end_requests(Whose::Key(ALICE)), 1);
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    let lines = stage.end();
    assert!(
        lines.iter().any(|line| line["event"] == "request.end" && line["error"] == "revoked"),
        "{lines:?}"
    );
}

#[test]
fn what_is_not_signed_gets_no_socket() {
    let stage = Stage::new();
    let good = presigned(HOST, "/stream-transcription-websocket", SECRET);
    let wrong = presigned(HOST, "/stream-transcription-websocket", "not-the-secret");
    let other = presigned("kms.us-east-1.amazonaws.com", "/stream-transcription-websocket", SECRET);
    let twice = format!("{UPGRADE}Sec-WebSocket-Key: {KEY}\r\n");
    let body = format!("{UPGRADE}Content-Length: 5\r\n");
    for (target, more) in [
        ("/stream-transcription-websocket", UPGRADE),
        (&wrong, UPGRADE),
        (&other, UPGRADE),
        (&format!("{good}&sample-rate=8000"), UPGRADE),
        (&good, &twice),
        (&good, &body),
        (&good, &UPGRADE.replace("Version: 13", "Version: 8")),
        (&good, &UPGRADE.replace(KEY, "short")),
        (&good, &UPGRADE.replace("Connection: Upgrade", "Connection: Upgrade, host")),
    ] {
        let mut stream = stage.tls(HOST, HOST).unwrap();
        stream.write_all(head(target, HOST, more).as_bytes()).unwrap();
        let reply = Reply::read(read_head(&mut stream).as_bytes());
        assert!((400..500).contains(&reply.status), "{more}: {}{}", reply.head, reply.body);
    }
    // Another upgrade is none: the request is answered as what it is.
    let mut stream = stage.tls(HOST, HOST).unwrap();
    let h2c = "Connection: Upgrade\r\nUpgrade: h2c\r\n";
    stream.write_all(head(&good, HOST, h2c).as_bytes()).unwrap();
    let answer = read_head(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!stage.emulator.requests().iter().any(|request| request.head().contains("h2c")));
    stage.end();
}

/// A session of the session manager: the plugin's socket has a token of its own and goes through a tunnel, with the
/// service's own certificate.
#[test]
fn a_channel_of_a_session_passes() {
    use rustls::pki_types::pem::PemObject as _;
    let name = "ssmmessages.us-east-1.amazonaws.com";
    let stage = Stage::with(|config| {
        let address = config.lines().rfind(|line| line.starts_with("address = ")).unwrap().to_owned();
        config.replace(
            "mode = \"public\"",
            &format!("mode = \"none\"\n[[tunnel.host]]\nname = \"{name}\"\n{address}\n"),
        )
    });
    let stream = stage.connect(&format!("{name}:443")).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(rustls::pki_types::CertificateDer::from_pem_slice(stage.emulator.ca_pem().as_bytes()).unwrap())
        .unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let server = rustls::pki_types::ServerName::try_from(name).unwrap();
    let client = rustls::ClientConnection::new(std::sync::Arc::new(config), server).unwrap();
    let mut stream = rustls::StreamOwned::new(client, stream);
    stream
        .write_all(head("/v1/data-channel/session-1?role=publish_subscribe", name, UPGRADE).as_bytes())
        .unwrap();
    let answer = read_head(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    let token = r#"{"MessageSchemaVersion":"1.0","TokenValue":"channel-token"}"#;
    stream.write_all(&frame(0x81, token.as_bytes())).unwrap();
    talks(&mut stream);
    drop(stream);
    stage.end();
}
