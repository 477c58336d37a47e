//! Endpoints that the catalogue does not know, and customers' own that a rule names.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use common::{Call, Stage};

#[test]
fn an_endpoint_of_ones_own() {
    let stage = Stage::with(|config| {
        let at = config.find("[[endpoint]]").unwrap();
        let own = config[at..].replace("*.amazonaws.com", "store.example");
        format!("{config}\n{own}service = \"s3\"\nregion = \"us-east-1\"\n")
    });
    let call = Call::new("GET", "s3", "store.example", "/demo-bucket");
    let reply = stage.send(&call);
    assert_eq!(reply.status, 200, "{}", reply.body);
    // It is for one service and one region.
    let mut elsewhere = call.clone();
    elsewhere.region = "eu-west-1";
    stage.send(&elsewhere).refused(403, "SignatureDoesNotMatch");
    let mut other = Call::dynamodb("ListTables", "{}");
    other.host = "store.example";
    stage.send(&other).refused(403, "InvalidSignatureException");
    // What is under it is another host, and nobody's.
    assert!(stage.tls("x.store.example", "x.store.example").is_err());
    stage.end();
}

#[test]
fn a_customers_endpoint_needs_a_rule() {
    const HOST: &str = "abc123.execute-api.us-east-1.amazonaws.com";
    let call = Call::new("GET", "execute-api", HOST, "/prod/pets");
    let stage = Stage::with(|config| config.replace("mode = \"public\"", "mode = \"none\""));
    assert!(stage.tls(HOST, HOST).is_err());
    stage.end();
    let stage = Stage::with(|config| format!("customer_hosts = [\"{HOST}\"]\n{config}"));
    let reply = stage.send(&call);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(
        stage.emulator.requests().last().and_then(|request| request.verified_key().map(|_| ())),
        Some(())
    );
    let mut other = call;
    other.service = "s3";
    stage.send(&other).refused(403, "SignatureDoesNotMatch");
    stage.end();
}
