//! What a session may do at most: the policy that it was taken with, in the words of AWS's denials.

mod support;

use awsaccess_emulator::Emulator;
use serde_json::{Value, json};
use support::{Call, Keys, Reply, Sign, assume, start};

const DEVELOPER: &str = "arn:aws:iam::222222222222:role/developer";
const WHO: &str =
    "User: arn:aws:sts::222222222222:assumed-role/developer/tester is not authorized to perform";

/// The developer of the demo world, with this policy.
fn narrowed(emulator: &Emulator, statement: &Value) -> Keys {
    let hub = Keys::in_reply(&assume(
        emulator,
        &Keys::of(emulator, "ci"),
        "arn:aws:iam::111111111111:role/gateway-hub",
        &[],
    ));
    let policy = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    let more = [("ExternalId", "demo-external-id"), ("Policy", policy.as_str())];
    Keys::in_reply(&assume(emulator, &hub, DEVELOPER, &more))
}

fn dynamodb(emulator: &Emulator, keys: &Keys, operation: &str, body: &str) -> Reply {
    Call::new("POST", "dynamodb.us-east-1.amazonaws.com", "/")
        .header("x-amz-target", &format!("DynamoDB_20120810.{operation}"))
        .header("content-type", "application/x-amz-json-1.0")
        .body(body)
        .sign(keys, &Sign::new(emulator, "dynamodb"))
        .send(emulator)
}

fn s3(emulator: &Emulator, keys: &Keys, method: &str, target: &str) -> Reply {
    let call = Call::new(method, "demo-bucket.s3.us-east-1.amazonaws.com", target).body("");
    call.sign(keys, &Sign::new(emulator, "s3")).send(emulator)
}

#[test]
fn what_is_not_allowed_or_denied_is_refused() {
    let emulator = start();
    let keys = narrowed(
        &emulator,
        &json!([
            {"Effect": "Allow", "Action": ["dynamodb:Get*", "dynamodb:DeleteItem", "s3:*Object"], "Resource": "*"},
            {"Effect": "Deny", "Action": "dynamodb:DeleteItem", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::demo-bucket/kept/*"},
        ]),
    );
    let key = r#"{"TableName":"demo-table","Key":{"id":{"S":"a"}}}"#;
    assert_eq!(dynamodb(&emulator, &keys, "GetItem", key).status, 200);
    let table = "arn:aws:dynamodb:us-east-1:222222222222:table/demo-table";
    let refused = dynamodb(&emulator, &keys, "DeleteItem", key);
    assert_eq!(refused.error(), (400, "AccessDeniedException".to_owned()));
    let wanted =
        format!("{WHO}: dynamodb:DeleteItem on resource: {table} with an explicit deny in a session policy");
    assert!(refused.text().contains(&wanted), "{}", refused.text());
    let refused = dynamodb(&emulator, &keys, "ListTables", "{}");
    let why = "on resource: * because no session policy allows the dynamodb:ListTables action";
    assert!(refused.text().contains(why), "{}", refused.text());
    assert!(refused.text().contains("com.amazon.coral.service#AccessDeniedException"), "{}", refused.text());
    for (method, target, status) in [
        ("PUT", "/a", 200),
        ("GET", "/a", 200),
        ("PUT", "/kept/a", 403),
        ("DELETE", "/kept/a", 403),
        ("GET", "/", 403),
    ] {
        let reply = s3(&emulator, &keys, method, target);
        assert_eq!(reply.status, status, "{method} {target}: {}", reply.text());
    }
    let refused = s3(&emulator, &keys, "GET", "/");
    assert_eq!(refused.error(), (403, "AccessDenied".to_owned()));
    let wanted = format!(
        "{WHO}: s3:ListBucket on resource: \"arn:aws:s3:::demo-bucket\" because no session policy allows the \
         s3:ListBucket action"
    );
    assert_eq!(refused.element("Message").replace("&quot;", "\""), wanted);
}

#[test]
fn what_cannot_be_judged_is_no_policy() {
    let emulator = start();
    let ci = Keys::of(&emulator, "ci");
    let policy = r#"{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}"#;
    let reply = assume(&emulator, &ci, "arn:aws:iam::111111111111:role/gateway-hub", &[("Policy", policy)]);
    assert_eq!(reply.error(), (400, "MalformedPolicyDocument".to_owned()));
}
