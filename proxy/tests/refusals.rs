//! Requests that must fail do, each with the error that its protocol prescribes, and none of them reaches AWS.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{ALICE, BOB, Call, FORM, PATIENCE, Reply, SECRET, Stage};

/// The same request in three protocols.
fn three() -> [Call; 3] {
    [Call::sts("GetCallerIdentity"), Call::s3("GET", "/key"), Call::dynamodb("ListTables", "{}")]
}

/// Ends the stage; nothing may have come to AWS, and every record says why.
#[track_caller]
fn nothing_passed(stage: Stage, errors: &[&str]) {
    let passed: Vec<_> = stage.emulator.requests().iter().map(awsaccess_emulator::Recorded::head).collect();
    assert!(passed.is_empty(), "{passed:?}");
    let lines = stage.end();
    assert!(!lines.is_empty());
    for line in lines {
        assert_eq!(line["decision"], "refused", "{line}");
        let error = line["error"].as_str().unwrap_or_default();
        assert!(errors.contains(&error), "{line}");
    }
}

#[test]
fn a_wrong_secret() {
    let stage = Stage::new();
    let codes = ["SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException"];
    for (call, code) in three().into_iter().zip(codes) {
        stage.send(&call.keys(ALICE, "not-the-secret")).refused(403, code);
    }
    nothing_passed(stage, &["signature-mismatch"]);
}

#[test]
fn a_key_that_nobody_knows() {
    let stage = Stage::new();
    let codes = ["InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException"];
    for (call, code) in three().into_iter().zip(codes) {
        stage.send(&call.keys("AKIANOBODYKNOWSTHIS0", SECRET)).refused(403, code);
    }
    nothing_passed(stage, &["unknown-key"]);
}

#[test]
fn a_stale_date() {
    let stage = Stage::new();
    let codes = ["SignatureDoesNotMatch", "RequestTimeTooSkewed", "InvalidSignatureException"];
    for (call, code) in three().into_iter().zip(codes) {
        stage.send(&call.ago(20 * 60)).refused(403, code);
    }
    nothing_passed(stage, &["skewed"]);
}

#[test]
fn an_altered_header() {
    let stage = Stage::new();
    let codes = ["SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException"];
    for (call, code) in three().into_iter().zip(codes) {
        let call = call.header("x-amz-meta-note", "signed");
        let mut headers = call.signed();
        headers
            .iter_mut()
            .filter(|(name, _)| name == "x-amz-meta-note")
            .for_each(|(_, v)| *v = "altered".into());
        stage.send_raw(call.host, &call.bytes_with(&headers)).refused(403, code);
    }
    nothing_passed(stage, &["signature-mismatch"]);
}

#[test]
fn a_header_that_was_added() {
    let stage = Stage::new();
    let codes = ["SignatureDoesNotMatch", "AccessDenied", "InvalidSignatureException"];
    for (call, code) in three().into_iter().zip(codes) {
        let mut headers = call.signed();
        headers.push(("x-amz-acl".into(), "public-read".into()));
        stage.send_raw(call.host, &call.bytes_with(&headers)).refused(403, code);
    }
    nothing_passed(stage, &["header-not-signed"]);
}

#[test]
fn an_altered_body() {
    let stage = Stage::new();
    let codes = ["SignatureDoesNotMatch", "XAmzContentSHA256Mismatch", "InvalidSignatureException"];
    let calls = [
        Call::sts("GetCallerIdentity"),
        Call::s3("PUT", "/key").body(b"hello".to_vec()),
        Call::dynamodb("ListTables", "{}"),
    ];
    for (mut call, code) in calls.into_iter().zip(codes) {
        let headers = call.signed();
        *call.body.last_mut().unwrap() = b'x';
        let reply = stage.send_raw(call.host, &call.bytes_with(&headers));
        assert!(reply.status == 400 || reply.status == 403, "{}", reply.body);
        assert!(reply.body.contains(code), "{code}: {}", reply.body);
    }
    // Nothing was stored, though the head of the S3 request may have been on its way.
    assert_eq!(stage.send(&Call::s3("GET", "/key")).status, 404);
    stage.end();
}

#[test]
fn a_host_that_is_not_the_one_connected_to() {
    let stage = Stage::new();
    for (call, code) in three().into_iter().zip(["AccessDenied", "AccessDenied", "AccessDeniedException"]) {
        for inner in [
            "kms.us-east-1.amazonaws.com",
            "sts.amazonaws.com.evil.example",
            "169.254.169.254",
            "evil.example",
        ] {
            let bytes = call.bytes_with(&call.signed_for(inner));
            stage.send_raw(call.host, &bytes).refused(403, code);
        }
        // The same with a TLS session that names the other host.
        let mut stream = stage.tls(call.host, "kms.us-east-1.amazonaws.com").unwrap();
        stream.write_all(&call.bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Reply::read(&answer).refused(403, code);
    }
    nothing_passed(stage, &["host-mismatch", "host-not-allowed"]);
}

#[test]
fn a_server_name_that_is_not_intercepted_gets_no_certificate() {
    let stage = Stage::new();
    for name in ["example.com", "evilamazonaws.com", "no-such-service.us-east-1.amazonaws.com"] {
        assert!(stage.tls("sts.us-east-1.amazonaws.com", name).is_err(), "{name}");
    }
    stage.end();
}

#[test]
fn a_scope_for_another_host() {
    let stage = Stage::new();
    let codes = ["SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException"];
    for (mut call, code) in three().into_iter().zip(codes) {
        call.region = "eu-west-1";
        let reply = stage.send(&call);
        reply.refused(403, code);
        assert!(reply.body.contains("Credential should be scoped to a valid region"), "{}", reply.body);
    }
    nothing_passed(stage, &["scope-mismatch"]);
}

#[test]
fn a_role_that_is_not_allowed() {
    let stage = Stage::new();
    for (call, code) in three().into_iter().zip(["AccessDenied", "AccessDenied", "AccessDeniedException"]) {
        let reply = stage.send(&call.keys(BOB, SECRET));
        reply.refused(403, code);
        assert!(!reply.body.contains("admin"), "{}", reply.body);
    }
    nothing_passed(stage, &["denied"]);
}

#[test]
fn operations_that_hand_out_credentials() {
    let stage = Stage::new();
    // Those of STS are sealed (tests/sealed.rs); for others nothing else than a no is known.
    let iam = Call::new("POST", "iam", "iam.amazonaws.com", "/").header("content-type", FORM);
    stage.send(&iam.body(b"Action=CreateAccessKey&Version=2010-05-08".to_vec())).refused(403, "AccessDenied");
    let ecr = Call::new("POST", "ecr", "api.ecr.us-east-1.amazonaws.com", "/")
        .header("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
        .header("content-type", "application/x-amz-json-1.1");
    stage.send(&ecr.body(b"{}".to_vec())).refused(403, "AccessDeniedException");
    stage.send(&Call::sts("GetCallerIdentity&Action=AssumeRole")).refused(400, "InvalidAction");
    nothing_passed(stage, &["credential-operation", "ambiguous-operation"]);
}

#[test]
fn tunnels_that_lead_where_nobody_may_go() {
    let stage = Stage::new();
    for authority in [
        "169.254.169.254:80",
        "169.254.169.254:443",
        "[fd00:ec2::254]:443",
        "127.0.0.1:443",
        "[::1]:443",
        "2852039166:443",
        "localhost:443",
        "x.localhost:443",
        "example.com:22",
        "sts.us-east-1.amazonaws.com:8443",
        "no-such-service.us-east-1.amazonaws.com:443",
    ] {
        let reply = stage.connect(authority).err().unwrap_or_else(|| panic!("a tunnel to {authority}"));
        assert_eq!(reply.status, 403, "{authority}: {}", reply.body);
    }
    nothing_passed(stage, &["host-not-allowed", "tunnel-host", "tunnel-port"]);
}

#[test]
fn a_tunnel_to_a_name_is_no_better_than_the_address_that_it_stands_for() {
    let addresses = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00:ec2::254"];
    for address in addresses {
        let names = move |_: &str| Ok(vec![address.parse().unwrap()]);
        let stage = Stage::with_names(names, |config| {
            config.replace("[limits]", "[[tunnel.host]]\nname = \"listed.example.com\"\n[limits]")
        });
        // To be listed is not to be anywhere.
        for host in ["listed.example.com:443", "other.example.com:443"] {
            assert_eq!(stage.connect(host).unwrap_err().status, 403, "{host} at {address}");
        }
        nothing_passed(stage, &["tunnel-address"]);
    }
}

#[test]
fn no_tunnels_where_there_are_none() {
    let stage = Stage::with(|config| config.replace("mode = \"public\"", "mode = \"none\""));
    assert_eq!(stage.connect("example.com:443").unwrap_err().status, 403);
    nothing_passed(stage, &["tunnel-host"]);
}

#[test]
fn proxy_requests_without_tls() {
    let stage = Stage::new();
    let reply = stage
        .send_plain(b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n");
    assert_eq!(reply.status, 400, "{}", reply.body);
    stage.end();
}

#[test]
fn what_is_not_signed_at_all() {
    let stage = Stage::new();
    let codes = ["MissingAuthenticationToken", "AccessDenied", "MissingAuthenticationTokenException"];
    for (call, code) in three().into_iter().zip(codes) {
        let mut headers = call.signed();
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        stage.send_raw(call.host, &call.bytes_with(&headers)).refused(403, code);
    }
    nothing_passed(stage, &["auth-missing"]);
}

#[test]
fn bodies_that_are_too_large_to_hold() {
    let stage = Stage::with(|config| config.replace("[limits]", "[limits]\nbody_bytes = 1000"));
    let call = Call::dynamodb("PutItem", &"x".repeat(1001));
    stage.send(&call).refused(413, "RequestEntityTooLarge");
    let mut chunked = call;
    chunked.chunked = true;
    stage.send(&chunked).refused(413, "RequestEntityTooLarge");
    nothing_passed(stage, &["body-too-large"]);
}

#[test]
fn a_head_has_no_body() {
    let stage = Stage::new();
    let reply = stage.send(&Call::s3("HEAD", "/key").keys(ALICE, "not-the-secret"));
    assert_eq!((reply.status, reply.bytes.len()), (403, 0), "{}", reply.head);
    nothing_passed(stage, &["signature-mismatch"]);
}

/// All that comes until the gateway ends it. It is the gateway that does, and not this client's patience.
fn until_it_ends(stream: &mut impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    let ended = stream.read_to_end(&mut all);
    let gave_up = |kind| matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut);
    assert!(!ended.is_err_and(|error| gave_up(error.kind())), "it is waited for");
    all
}

#[test]
fn slow_clients_are_not_waited_for() {
    let stage = Stage::new();
    stage.hasten();
    // A head that never ends.
    let mut stream = TcpStream::connect(stage.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
    until_it_ends(&mut stream);
    // The same a byte at a time: it is the whole head that has its time.
    let mut stream = TcpStream::connect(stage.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut drips = stream.try_clone().unwrap();
    let dripping = std::thread::spawn(move || {
        let head = b"GET / HTTP/1.1\r\nHost: x\r\nx: ".iter().copied().chain(std::iter::repeat(b'x'));
        for (count, byte) in head.enumerate() {
            if drips.write_all(&[byte]).is_err() {
                return count;
            }
            // Slow is what this client is.
            std::thread::sleep(Duration::from_millis(20));
        }
        0
    });
    until_it_ends(&mut stream);
    drop(stream);
    assert!(dripping.join().unwrap() > 0);
    // A TLS session that never begins.
    let mut stream = stage.connect("sts.us-east-1.amazonaws.com:443").unwrap();
    until_it_ends(&mut stream);
    // A body that stops coming, held and flowing.
    let item = (Call::dynamodb("ListTables", "{}"), 408, "RequestTimeoutException");
    for (call, status, code) in
        [item, (Call::s3("PUT", "/slow").body(vec![0; 100_000]), 400, "RequestTimeout")]
    {
        let mut stream = stage.tls(call.host, call.host).unwrap();
        let bytes = call.bytes();
        stream.write_all(&bytes[..bytes.len() - 1]).unwrap();
        Reply::read(&until_it_ends(&mut stream)).refused(status, code);
    }
    stage.relax();
    assert_eq!(stage.send(&Call::s3("GET", "/slow")).status, 404);
    stage.end();
}

#[test]
fn an_audit_log_that_cannot_be_written_stops_requests() {
    struct Disk(Arc<AtomicBool>);
    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let is_full = self.0.load(Ordering::SeqCst);
            if is_full { Err(std::io::Error::other("the disk is full")) } else { Ok(bytes.len()) }
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let full = Arc::new(AtomicBool::new(true));
    let stage = Stage::full_disk(Disk(Arc::clone(&full)));
    let passed =
        || stage.emulator.requests().iter().filter(|request| request.head().contains("ListTables")).count();
    stage.send(&Call::dynamodb("ListTables", "{}")).refused(503, "ServiceUnavailableException");
    assert_eq!(passed(), 0);
    // Nor where a connection is there already, on which requests are made ready before their records begin.
    full.store(false, Ordering::SeqCst);
    for _ in 0..2 {
        assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}")).status, 200);
    }
    full.store(true, Ordering::SeqCst);
    stage.send(&Call::dynamodb("ListTables", "{}")).refused(503, "ServiceUnavailableException");
    full.store(false, Ordering::SeqCst);
    assert_eq!(stage.send(&Call::dynamodb("ListTables", "{}")).status, 200);
    assert_eq!(passed(), 3);
}

/// What opens a session in a machine, as its clients ask for it.
fn opening(service: &'static str, host: &'static str, target: &str, body: &str) -> Call {
    let json = "application/x-amz-json-1.1";
    let call = Call::new("POST", service, host, "/").header("x-amz-target", target);
    call.header("content-type", json).body(body.into())
}

#[test]
fn replies_that_open_a_session_past_the_gateway_are_denied_where_the_application_says_so() {
    let (ssm, ecs) = ("ssm.us-east-1.amazonaws.com", "ecs.us-east-1.amazonaws.com");
    let task = r#"{"cluster":"c","task":"t","command":"sh","interactive":true}"#;
    let start = opening("ssm", ssm, "AmazonSSM.StartSession", r#"{"Target":"i-0123456789abcdef0"}"#);
    let resume = opening("ssm", ssm, "AmazonSSM.ResumeSession", r#"{"SessionId":"s-1"}"#);
    let execute = opening("ecs", ecs, "AmazonEC2ContainerServiceV20141113.ExecuteCommand", task);
    let with = |rules: &str| {
        let rules = format!("source = \"node\"\nsession_replies = {{ {rules} }}\n");
        Stage::with(|config| config.replacen("source = \"node\"\n", &rules, 1))
    };
    let stage = with(
        "\"ssm:StartSession\" = \"deny\", \"ecs:ExecuteCommand\" = \"deny\", \"ssm:ResumeSession\" = \"deny\"",
    );
    for call in [&start, &resume, &execute] {
        stage.send(call).refused(403, "AccessDeniedException");
    }
    let log = stage.log.text();
    for rule in ["guard session-replies", "ssm:StartSession", "ecs:ExecuteCommand"] {
        assert!(log.contains(rule), "{rule}: {log}");
    }
    nothing_passed(stage, &["denied"]);
    // What is not said passes, as all does that no rule is about.
    let stage = with("\"ssm:StartSession\" = \"pass\", \"ssm:ResumeSession\" = \"deny\"");
    for call in [&start, &execute] {
        let reply = stage.send(call);
        assert!(reply.status == 200 && reply.body.to_lowercase().contains("tokenvalue"), "{}", reply.body);
        let reply: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        let token =
            reply["TokenValue"].as_str().or(reply["session"]["tokenValue"].as_str()).unwrap().to_owned();
        assert!(!stage.log.text().contains(&token), "the token was recorded");
    }
    stage.send(&resume).refused(403, "AccessDeniedException");
    stage.end();
}
