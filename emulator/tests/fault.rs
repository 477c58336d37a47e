//! Faults, the metadata service, limits, and the life of an emulator.

mod support;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use awsaccess_emulator::{Config, Effect, Emulator, Fault, Verdict, serve};
use support::{Call, Keys, Reply, Sign, ask_sts, developer, start};

fn identity(emulator: &Emulator) -> Reply {
    ask_sts(emulator, &Keys::of(emulator, "ci"), &[("Action", "GetCallerIdentity")])
}

fn metadata(emulator: &Emulator, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut call = Call::new(method, "169.254.169.254", path);
    for (name, value) in headers {
        call = call.header(name, value);
    }
    call.send_plain(emulator.metadata_address()).expect("a reply")
}

fn token(emulator: &Emulator) -> String {
    let ttl = [("x-aws-ec2-metadata-token-ttl-seconds", "60")];
    let reply = metadata(emulator, "PUT", "/latest/api/token", &ttl);
    assert_eq!((reply.status, reply.header("x-aws-ec2-metadata-token-ttl-seconds")), (200, Some("60")));
    reply.text()
}

#[test]
fn a_status_in_the_protocols_shape_so_many_times() {
    let emulator = start();
    let effect = Effect::Status { status: 503, code: "ServiceUnavailable".into() };
    emulator.fault(Fault::new(effect).on_service("sts").times(2));
    for _ in 0..2 {
        assert_eq!(identity(&emulator).error(), (503, "ServiceUnavailable".to_owned()));
    }
    assert_eq!(identity(&emulator).status, 200);
    assert_eq!(emulator.requests()[0].verdict, Verdict::Faulted);
}

#[test]
fn delays_and_resets() {
    let emulator = start();
    emulator.fault(Fault::new(Effect::Delay(300)).times(1));
    let before = Instant::now();
    assert_eq!(identity(&emulator).status, 200);
    assert!(before.elapsed() >= Duration::from_millis(300));

    emulator.fault(Fault::new(Effect::Reset).on_path("/latest/*"));
    let call = Call::new("PUT", "169.254.169.254", "/latest/api/token");
    let error = call.send_plain(emulator.metadata_address()).err().expect("no reply");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(emulator.requests().pop().expect("recorded").status, 0);
    emulator.clear_faults();
    token(&emulator);
}

#[test]
fn bodies_slow_or_cut() {
    let emulator = start();
    let keys = developer(&emulator);
    let host = "s3.us-east-1.amazonaws.com";
    let body = vec![7; 100_000];
    let put = Call::new("PUT", host, "/demo-bucket/k").body(body.clone());
    assert_eq!(put.sign(&keys, &Sign::new(&emulator, "s3")).send(&emulator).status, 200);
    let get = || Call::new("GET", host, "/demo-bucket/k").sign(&keys, &Sign::new(&emulator, "s3"));

    emulator.fault(Fault::new(Effect::SlowBody { pieces: 4, pause: 60 }).on_path("/demo-bucket/*").times(1));
    let before = Instant::now();
    assert_eq!(get().send(&emulator).body, body);
    assert!(before.elapsed() >= Duration::from_millis(240));

    emulator.fault(Fault::new(Effect::ResetBody).times(1));
    assert!(get().try_send(&emulator).is_err());
    assert_eq!(get().send(&emulator).body, body);
}

#[test]
fn clock_offsets() {
    let emulator = start();
    emulator.fault(Fault::new(Effect::ClockOffset(3600)).on_service("sts").times(1));
    let reply = identity(&emulator);
    assert_eq!(reply.error(), (403, "SignatureDoesNotMatch".to_owned()));
    let shifted = reply.header("date").expect("a date").to_owned();
    let right = identity(&emulator);
    assert_eq!(right.status, 200);
    // To the minute: an hour may have begun between the two.
    assert_ne!(right.header("date").map(|date| date[..22].to_owned()), Some(shifted[..22].to_owned()));
}

#[test]
fn metadata_needs_a_token() {
    let emulator = start();
    let region = "/latest/meta-data/placement/region";
    let get = |path: &str, headers: &[(&str, &str)]| metadata(&emulator, "GET", path, headers);
    assert_eq!(get(region, &[]).status, 401);
    assert_eq!(get(region, &[("x-aws-ec2-metadata-token", "made-up")]).status, 401);
    let put = |headers: &[(&str, &str)]| metadata(&emulator, "PUT", "/latest/api/token", headers).status;
    const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
    assert_eq!(put(&[]), 400);
    assert_eq!(put(&[(TTL, "0")]), 400);
    assert_eq!(put(&[(TTL, "21601")]), 400);
    assert_eq!(put(&[(TTL, "60"), ("x-forwarded-for", "10.0.0.1")]), 403);
    assert_eq!(get("/latest/api/token", &[]).status, 405);
    let token = token(&emulator);
    let with = [("x-aws-ec2-metadata-token", token.as_str())];
    assert_eq!(get(region, &with).text(), "us-east-1");
    assert_eq!(get("/latest/meta-data/placement/availability-zone", &with).text(), "us-east-1a");
    assert!(get("/latest/meta-data/iam/info", &with).text().contains(":instance-profile/gateway-node"));
    assert!(get("/latest/dynamic/instance-identity/document", &with).text().contains("\"111111111111\""));
    assert_eq!(get("/latest/meta-data/iam/security-credentials/other", &with).status, 404);
    assert_eq!(get("/latest/nothing", &with).status, 404);
    emulator.set_clock_offset(61);
    assert_eq!(get(region, &with).status, 401, "the token is over");
}

#[test]
fn the_instances_credentials_work_and_are_renewed() {
    let emulator = start();
    let read = || {
        let token = token(&emulator);
        let with = [("x-aws-ec2-metadata-token", token.as_str())];
        let folder = "/latest/meta-data/iam/security-credentials/";
        let role = metadata(&emulator, "GET", folder, &with).text();
        assert_eq!(role, "gateway-node");
        let document = metadata(&emulator, "GET", &format!("{folder}{role}"), &with).body;
        serde_json::from_slice::<serde_json::Value>(&document).expect("JSON")
    };
    let text = |document: &serde_json::Value, name: &str| document[name].as_str().expect("text").to_owned();
    let first = read();
    assert_eq!((first["Code"].as_str(), first["Type"].as_str()), (Some("Success"), Some("AWS-HMAC")));
    let keys = Keys {
        id: text(&first, "AccessKeyId"),
        secret: text(&first, "SecretAccessKey"),
        token: Some(text(&first, "Token")),
    };
    let who = ask_sts(&emulator, &keys, &[("Action", "GetCallerIdentity")]);
    assert_eq!(who.element("Arn"), "arn:aws:sts::111111111111:assumed-role/gateway-node/i-0123456789abcdef0");
    assert_eq!(read(), first);
    emulator.set_clock_offset(6 * 3600 - 100);
    assert_ne!(text(&read(), "AccessKeyId"), keys.id);
}

#[test]
fn version_1_must_be_asked_for() {
    let emulator = Emulator::builder().allow_imds_v1().start().expect("an emulator");
    let path = "/latest/meta-data/placement/region";
    assert_eq!(metadata(&emulator, "GET", path, &[]).text(), "us-east-1");
    assert_eq!(metadata(&emulator, "GET", path, &[("x-aws-ec2-metadata-token", "made-up")]).status, 401);
}

#[test]
fn limits_hold() {
    let emulator = Emulator::builder().stored_bytes(10_000).requests_kept(3).start().expect("an emulator");
    let keys = developer(&emulator);
    let put = |key: &str, size: usize| {
        let call = Call::new("PUT", "s3.us-east-1.amazonaws.com", &format!("/demo-bucket/{key}"));
        call.body(vec![0; size]).sign(&keys, &Sign::new(&emulator, "s3")).send(&emulator).status
    };
    assert_eq!(put("a", 6000), 200);
    assert_eq!(put("b", 6000), 413);
    let delete = Call::new("DELETE", "s3.us-east-1.amazonaws.com", "/demo-bucket/a");
    assert_eq!(delete.sign(&keys, &Sign::new(&emulator, "s3")).send(&emulator).status, 204);
    assert_eq!(put("b", 6000), 200);
    for _ in 0..5 {
        identity(&emulator);
    }
    let numbers: Vec<u64> = emulator.requests().iter().map(|request| request.number).collect();
    assert_eq!(numbers.len(), 3);
    assert_eq!(numbers[2] - numbers[0], 2);
}

#[test]
fn it_stops_when_it_is_dropped() {
    // Where no other test listens: what is closed is nobody's.
    let own = if cfg!(target_os = "linux") { [127, 0, 0, 2] } else { [127, 0, 0, 1] };
    let emulator = Emulator::builder().address(own.into()).plain_port(0).start().expect("an emulator");
    let (service, plain) = (emulator.metadata_address(), emulator.plain_address().expect("a plain port"));
    token(&emulator);
    drop(emulator);
    let began = Instant::now();
    for address in [service, plain] {
        while std::net::TcpStream::connect(address).is_ok() {
            assert!(began.elapsed() < Duration::from_secs(120), "somebody listens at {address}");
            std::thread::yield_now();
        }
    }
}

#[test]
fn serves_from_a_configuration() {
    let config = r#"{"plain_port": 0, "clock_offset": 120,
        "faults": [{"service": "imds", "effect": {"status": {"status": 500}}, "times": 1},
                   {"path": "/slow/*", "effect": {"slow_body": {"pieces": 2, "pause": 10}}},
                   {"effect": {"delay": 1}}]}"#;
    let (emulator, ready) = serve(Config::from_json(config).expect("a configuration")).expect("started");
    let line: serde_json::Value = serde_json::from_str(&ready.line()).expect("JSON");
    assert_eq!(line["endpoint_url"], emulator.endpoint_url());
    let pem = std::fs::read_to_string(&ready.ca_file).expect("the certificate");
    assert_eq!(pem, emulator.ca_pem());
    std::fs::remove_file(&ready.ca_file).expect("removed");
    assert_eq!(metadata(&emulator, "PUT", "/latest/api/token", &[]).status, 500);
    assert_eq!(emulator.clock_offset(), 120);
    assert_eq!(identity(&emulator).status, 200);
    assert!(Config::from_json(r#"{"fault": []}"#).is_err());
}

#[test]
fn the_readmes_configuration_is_one() {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("```json\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    let config = Config::from_json(example).expect("a configuration");
    assert_eq!(config.faults[2].effect, Effect::Reset);
    let emulator = Emulator::builder().world(config.world.expect("a world")).start().expect("an emulator");
    let alice = Keys::of(&emulator, "alice");
    let role = "arn:aws:iam::111111111111:role/reader";
    assert_eq!(support::assume(&emulator, &alice, role, &[]).status, 200);
}
