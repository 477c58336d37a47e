//! What the names of services stand for: an answer of DNS is not trusted to lead to AWS.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use common::front::{by_name, proxy};
use common::{Call, Stage};

/// What a client is told, by its protocol.
const XML: &str = "ServiceUnavailable";
const JSON: &str = "ServiceUnavailableException";

/// The gateway with AWS's hosts where the names say, seen by a proxy that leads all to the emulator; and what the proxy
/// was asked.
fn seen(names: &'static [&'static str], more: &str) -> (Stage, Arc<Mutex<Vec<String>>>) {
    let found = Arc::new(Mutex::new(None));
    let ours = Arc::clone(&found);
    let stage = Stage::with_names(
        move |_| parsed(names),
        |config| {
            let services = config.lines().find_map(|line| line.strip_prefix("address = ")).unwrap();
            let services: SocketAddr = services.trim_matches('"').parse().unwrap();
            let (address, heads) = proxy(Some(services));
            *ours.lock().unwrap() = Some(heads);
            looked_up(&by_name(&config, &format!("proxy = \"http://{address}\"\n{more}")))
        },
    );
    let heads = found.lock().unwrap().take().unwrap();
    (stage, heads)
}

fn parsed(names: &[&str]) -> io::Result<Vec<IpAddr>> {
    Ok(names.iter().map(|address| address.parse().unwrap()).collect())
}

/// With names looked up here and not by a proxy.
fn looked_up(config: &str) -> String {
    assert!(config.contains("proxy_resolves = true\n"));
    config.replace("proxy_resolves = true\n", "")
}

#[test]
fn a_service_at_a_private_address_is_not_reached() {
    let names = |name: &str| match name {
        "sts.us-east-1.amazonaws.com" => parsed(&["10.0.0.1"]),
        "demo-bucket.s3.us-east-1.amazonaws.com" => parsed(&["169.254.169.254"]),
        "dynamodb.us-east-1.amazonaws.com" => parsed(&["::1"]),
        "sqs.us-east-1.amazonaws.com" => parsed(&["::ffff:10.0.0.1", "::ffff:169.254.169.254"]),
        "logs.us-east-1.amazonaws.com" => parsed(&["127.0.0.1", "fd00:ec2::254"]),
        _ => parsed(&[]),
    };
    let stage = Stage::with_names(names, |config| looked_up(&by_name(&config, "")));
    let json = |service, host| {
        Call::new("POST", service, host, "/")
            .header("content-type", "application/x-amz-json-1.0")
            .body(b"{}".to_vec())
    };
    for call in [
        Call::sts("GetCallerIdentity"),
        Call::s3("GET", "/key"),
        Call::dynamodb("ListTables", "{}"),
        json("sqs", "sqs.us-east-1.amazonaws.com").header("x-amz-target", "AmazonSQS.ListQueues"),
        json("logs", "logs.us-east-1.amazonaws.com")
            .header("x-amz-target", "Logs_20140328.DescribeLogGroups"),
    ] {
        let code = if call.target == "/" && call.service != "sts" { JSON } else { XML };
        let reply = stage.send(&call);
        reply.refused(502, code);
        assert!(!reply.body.contains("internet"), "where a name leads is the operator's: {}", reply.body);
    }
    let lines = stage.end();
    let refused: Vec<_> = lines.iter().filter(|line| line["error"] == "upstream-connect").collect();
    assert_eq!(refused.len(), 5, "{lines:?}");
    for line in refused {
        let why = line["reason"].as_str().unwrap();
        assert!(
            why.ends_with(": the name resolves to an address that is not on the public internet"),
            "{why}"
        );
    }
}

#[test]
fn a_service_at_a_private_address_is_reached_where_that_is_said() {
    let (stage, heads) = seen(&["10.0.0.1"], "private = [\"sts.us-east-1.amazonaws.com\"]");
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    stage.send(&Call::dynamodb("ListTables", "{}")).refused(502, JSON);
    let asked = heads.lock().unwrap().clone();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("CONNECT 10.0.0.1:443 HTTP/1.1\r\n"), "{asked:?}");
    stage.end();
}

#[test]
fn of_several_addresses_only_public_ones_are_used() {
    let (stage, heads) = seen(&["10.0.0.1", "::ffff:127.0.0.1", "52.94.0.1", "169.254.169.254"], "");
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    let asked = heads.lock().unwrap().clone();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("CONNECT 52.94.0.1:443 HTTP/1.1\r\n"), "{asked:?}");
    stage.end();
}
