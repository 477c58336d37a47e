//! What the gateway records when its audit options are on: OCSF events, linked into a chain.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use awsaccess::audit::Verifier;
use common::{ALICE, Call, DEVELOPER, Stage};

#[test]
fn events_of_the_schema_in_a_chain() {
    let stage = Stage::with(|config| format!("{config}\n[audit]\nformat = \"ocsf\"\nchain = true\n"));
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    stage.send(&Call::s3("GET", "/key").keys(ALICE, "not-the-secret")).refused(403, "SignatureDoesNotMatch");
    let log = stage.log.clone();
    let events = stage.end();

    let text = log.text();
    let mut verifier = Verifier::new();
    for line in text.lines() {
        assert_eq!(verifier.line(line.as_bytes()), None, "{line}");
    }
    let altered = text.replacen(DEVELOPER, "arn:aws:iam::222222222222:role/nobody", 1);
    let mut verifier = Verifier::new();
    assert!(altered.lines().any(|line| verifier.line(line.as_bytes()).is_some()));

    assert!(events.iter().all(|event| event["class_uid"] == 6003), "{events:?}");
    let codes: Vec<_> = events.iter().filter_map(|event| event["metadata"]["event_code"].as_str()).collect();
    assert_eq!(codes, ["request.begin", "request.end", "request.end"]);
    let (done, refused) = (&events[1], &events[2]);
    assert_eq!(done["actor"]["user"]["name"], "alice");
    assert_eq!(done["actor"]["session"]["issuer"], DEVELOPER);
    assert_eq!(done["api"]["operation"], "GetCallerIdentity");
    assert_eq!(done["api"]["service"]["name"], "sts");
    assert_eq!(done["cloud"]["account"]["uid"], "222222222222");
    assert_eq!(done["src_endpoint"]["ip"], "127.0.0.1");
    assert_eq!((done["activity_id"].as_u64(), done["status_id"].as_u64()), (Some(2), Some(1)), "{done}");
    assert_eq!(
        (refused["status_id"].as_u64(), refused["severity_id"].as_u64()),
        (Some(2), Some(3)),
        "{refused}"
    );
    assert_eq!(refused["api"]["response"]["error"], "signature-mismatch");
}
