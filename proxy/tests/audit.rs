//! What the gateway records when its audit options are on: OCSF events, linked into a chain.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use awsaccess::audit::Verifier;
use awsaccess::sigv4::Payload;
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

/// The hash of the body in the head, as some clients have it for all services.
fn declared(call: Call) -> Call {
    use sha2::{Digest, Sha256};
    let hash: [u8; 32] = Sha256::digest(&call.body).into();
    call.unsigned(Payload::Sha256(hash))
        .header("x-amz-content-sha256", &hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[test]
fn members_of_bodies_that_were_asked_for() {
    let bodies = "[audit.bodies]\n\"dynamodb:PutItem\" = [\"TableName\", \"Item\"]\n\"sts:GetCallerIdentity\" = [\"Version\"]\n";
    for format in ["plain", "ocsf"] {
        let stage = Stage::with(|config| {
            format!("{config}\n[audit]\nformat = \"{format}\"\nbodies_bytes = 100\n{bodies}")
        });
        let item = r#"{"TableName":"demo-table","Item":{"id":{"S":"7"},"password":{"S":"hush-hush-hush"}},"ReturnValues":"NONE"}"#;
        let put = || Call::dynamodb("PutItem", item);
        assert_eq!(stage.send(&put()).status, 200);
        // One that could have flowed, and came whole.
        assert_eq!(stage.send(&declared(put())).status, 200);
        // One that flows.
        let note = "x".repeat(200_000);
        let large =
            format!(r#"{{"TableName":"demo-table","Item":{{"id":{{"S":"8"}},"n":{{"S":"{note}"}}}}}}"#);
        assert_eq!(stage.send(&declared(Call::dynamodb("PutItem", &large))).status, 200);
        // One that is held, and has no room.
        assert_eq!(stage.send(&Call::dynamodb("PutItem", &large)).status, 200);
        assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
        assert_eq!(stage.send(&Call::dynamodb("ListTables", "{\"Limit\":7}")).status, 200);
        // What was not signed is nobody's word.
        stage.send(&put().keys(ALICE, "not-the-secret")).refused(403, "InvalidSignatureException");
        let text = stage.log.text();
        assert!(!text.contains("hush-hush") && !text.contains("ReturnValues"), "{text}");
        let lines = stage.end();
        let body = |line: &serde_json::Value| match format {
            "plain" => line.get("body").cloned(),
            _ => line["unmapped"].get("body").cloned(),
        };
        let small = r#"Item={"id":{"S":"7"},"password":"[password]"}"#;
        let small = Some(serde_json::json!(["TableName=demo-table", small]));
        let begun = |line: &&serde_json::Value| {
            line["event"] == "request.begin" || line["metadata"]["event_code"] == "request.begin"
        };
        let begun: Vec<_> = lines.iter().filter(begun).map(body).collect();
        assert_eq!(begun[..3], [small.clone(), small, None]);
        let cut = begun[3].as_ref().unwrap()[1].as_str().unwrap().to_owned();
        assert!(
            cut.starts_with(r#"Item={"id":{"S":"8"}"#) && cut.ends_with("(cut)") && cut.len() < 100,
            "{cut}"
        );
        assert_eq!(begun[4..], [Some(serde_json::json!(["Version=2011-06-15"])), None]);
        assert_eq!(body(lines.last().unwrap()), None, "{:?}", lines.last());
    }
}
