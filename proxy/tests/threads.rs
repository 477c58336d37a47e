//! A gateway whose clients one thread serves, as where it has one core: all goes as it does with several.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::collections::HashMap;
use std::io::{Read, Write};

use awsaccess::sigv4::Payload;
use common::{Call, Stage};

fn single() -> Stage {
    Stage::with(|text| text.replace("[limits]\n", "[limits]\nthreads = 1\n"))
}

#[test]
fn many_at_once_are_answered_and_recorded() {
    let stage = single();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..4 {
                    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
                }
            });
        }
    });
    let mut phases: HashMap<String, Vec<String>> = HashMap::new();
    for line in stage.end() {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        phases.entry(text("id")).or_default().push(text("event"));
    }
    assert_eq!(phases.len(), 64);
    assert!(phases.values().all(|events| *events == ["request.begin", "request.end"]), "{phases:?}");
}

#[test]
fn bodies_flow() {
    let stage = single();
    let body: Vec<u8> = (0..1 << 20).map(|n: u32| (n % 251) as u8).collect();
    let unsigned = Payload::Unsigned;
    for put in [Call::s3("PUT", "/declared"), Call::s3("PUT", "/unsigned").unsigned(unsigned)] {
        let put = put.body(body.clone());
        assert_eq!(stage.send(&put).status, 200);
        let reply = stage.send(&Call::s3("GET", &put.target));
        assert_eq!((reply.status, reply.bytes == body), (200, true));
    }
    stage.end();
}

/// The administrative listener and the clients are served by threads of their own.
#[test]
fn another_configuration_is_put_in_force_meanwhile() {
    let stage = single();
    let mut open = stage.tls("sts.amazonaws.com", "sts.amazonaws.com").unwrap();
    stage.rewrite("allow = [", "deny = [");
    stage.gateway.reload().unwrap();
    let call = Call::sts("GetCallerIdentity");
    open.write_all(&call.bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = open.read_to_end(&mut answer);
    assert!(answer.starts_with(b"HTTP/1.1 403"), "{}", String::from_utf8_lossy(&answer));
    stage.rewrite("threads = 1", "threads = 2");
    let why = stage.gateway.reload().unwrap_err().to_string();
    assert!(why.contains("limits.threads"), "{why}");
    stage.end();
}
