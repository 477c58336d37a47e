//! Who may do what, by the file: guards, session policies and stamps on the way to AWS, grants for a time in the record.

#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use common::{Call, Stage};

/// Alice only reads, and the keys of her sessions can do no more.
#[expect(clippy::needless_pass_by_value, reason = "the stage gives it away")]
fn guarded(text: String) -> String {
    let role = "name = \"developers\"\n";
    let source = "source = \"node\"\n";
    assert!(text.contains(role) && text.contains(source));
    text.replacen(role, "name = \"developers\"\nguards = [\"read-only\"]\n", 1).replacen(
        source,
        "source = \"node\"\nservices = [\"dynamodb\", \"sts\"]\nsession_policy = \"guards\"\n\
         source_identity = \"{{subject}}\"\ntags = { user = \"{{subject}}\", via = \"awsaccess\" }\n\
         transitive_tags = [\"user\"]\n",
        1,
    )
}

fn dynamodb(operation: &str, body: &str) -> Call {
    let mut call = Call::new("POST", "dynamodb", "dynamodb.us-east-1.amazonaws.com", "/");
    call.headers.push(("X-Amz-Target".into(), format!("DynamoDB_20120810.{operation}")));
    call.headers.push(("Content-Type".into(), "application/x-amz-json-1.0".into()));
    call.body = body.as_bytes().to_vec();
    call
}

#[test]
fn a_reader_reads_and_the_record_says_by_which_rule() {
    let stage = Stage::with(guarded);
    let read = stage.send(&dynamodb("ListTables", "{}"));
    assert_eq!(read.status, 200, "{}", read.body);
    let written = stage.send(&dynamodb("PutItem", "{\"TableName\":\"t\",\"Item\":{}}"));
    assert_eq!(written.status, 403, "{}", written.body);
    assert!(written.body.contains("AccessDeniedException"), "{}", written.body);
    // The session of the second role was asked for with its policy; that of the first needs none.
    let asked: Vec<u64> = stage
        .emulator
        .requests()
        .iter()
        .filter(|request| request.service == "sts" && request.method == "POST")
        .map(|request| request.body_length)
        .collect();
    assert!(matches!(asked[..], [hub, developer] if developer > hub + 500), "{asked:?}");
    let lines = stage.end();
    let ended: Vec<_> = lines.iter().filter(|line| line["event"] == "request.end").collect();
    assert_eq!(ended[0]["rule"], "role developers: allow arn:aws:iam::222222222222:role/developer");
    assert_eq!(ended[1]["rule"], "operation-denied");
    assert_eq!(ended[1]["reason"], "denied by guard read-only: nothing allows it");
}

#[test]
fn roles_for_a_time_are_recorded_with_who_gave_them() {
    let grant = "[[grant]]\nsubject = \"bob\"\nroles = [\"admins\"]\nbegins_at = \"2020-01-01T00:00:00Z\"\n\
                 ends_at = \"2999-01-01T00:00:00Z\"\napproved_by = \"carol\"\nreason = \"incident 4711\"\n\
                 [[role]]\nname = \"admins\"\nallow = [\"arn:aws:iam::222222222222:role/admin\"]\n";
    let as_bob = |mut call: Call| {
        call.keys = awsaccess::credentials::Credentials::new(common::BOB, common::SECRET);
        call
    };
    let without = Stage::new();
    assert_eq!(without.send(&as_bob(dynamodb("ListTables", "{}"))).status, 403);
    without.end();
    let stage = Stage::with(|text| text + grant);
    let _ = stage.send(&as_bob(dynamodb("ListTables", "{}")));
    let lines = stage.end();
    let ended = lines.iter().find(|line| line["event"] == "request.end").unwrap();
    assert_eq!(
        (&ended["approved_by"], &ended["approval_reason"]),
        (&"carol".into(), &"incident 4711".into())
    );
    assert_eq!(ended["rule"], "role admins: allow arn:aws:iam::222222222222:role/admin");
    let past = grant.replace("2999", "2021");
    let stage = Stage::with(|text| text + &past);
    assert_eq!(stage.send(&as_bob(dynamodb("ListTables", "{}"))).status, 403);
    stage.end();
}
