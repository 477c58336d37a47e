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
fn a_readers_keys_are_read_only_at_aws_too() {
    let put = || dynamodb("PutItem", r#"{"TableName":"demo-table","Item":{"id":{"S":"a"}}}"#);
    let get = || dynamodb("GetItem", r#"{"TableName":"demo-table","Key":{"id":{"S":"a"}}}"#);
    let store = || Call::s3("PUT", "/a").body(b"a".to_vec());
    let services = |text| guarded(text).replace("[\"dynamodb\", \"sts\"]", "[\"dynamodb\", \"s3\"]");
    let stage = Stage::with(services);
    assert_eq!(stage.send(&get()).status, 200);
    // The keys that the gateway has, in the hands of who got at them: nobody stands between.
    let keys = stage.keys_at_aws();
    let direct = |call: Call| stage.send_direct(&Call { keys: keys.clone(), ..call });
    assert_eq!(direct(get()).status, 200);
    assert_eq!(direct(Call::s3("GET", "/a")).status, 404);
    let refused = direct(put());
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.body.contains("AccessDeniedException"), "{}", refused.body);
    assert!(
        refused.body.contains("no session policy allows the dynamodb:PutItem action"),
        "{}",
        refused.body
    );
    let refused = direct(store());
    assert!(refused.status == 403 && refused.body.contains("<Code>AccessDenied</Code>"), "{}", refused.body);
    stage.end();
    // It is the session policy that does it: without one the role may write.
    let stage = Stage::with(|text| services(text).replace("session_policy = \"guards\"\n", ""));
    assert_eq!(stage.send(&get()).status, 200);
    let keys = stage.keys_at_aws();
    let direct = |call: Call| stage.send_direct(&Call { keys: keys.clone(), ..call });
    assert_eq!((direct(put()).status, direct(store()).status), (200, 200));
    stage.end();
}

#[test]
fn a_session_policy_that_is_too_large_with_the_tags_says_what_it_is_made_of() {
    let tags = (0..9).map(|n| format!("t{n} = \"{}\"", "x".repeat(200))).collect::<Vec<_>>().join(", ");
    let own = "tags = { user = \"{{subject}}\", via = \"awsaccess\" }\ntransitive_tags = [\"user\"]\n";
    let stage = Stage::with(|text| {
        let text = guarded(text);
        assert!(text.contains(own));
        text.replace(own, &format!("tags = {{ {tags} }}\n"))
    });
    let reply = stage.send(&dynamodb("ListTables", "{}"));
    assert!(!reply.body.contains("policy"), "that is the operator's: {}", reply.body);
    reply.refused(503, "ServiceUnavailableException");
    let lines = stage.end();
    let why = lines.iter().find_map(|line| line["reason"].as_str()).unwrap();
    let made =
        format!("derived from {} by read-only) with the session tags: ", awsaccess::operation::CATALOGUE);
    assert!(why.contains(&made) && why.contains("sts answered PackedPolicyTooLarge"), "{why}");
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
