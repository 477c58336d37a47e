//! What two readers could read in two ways is refused: the gateway must judge what AWS will do.

use crate::common::{Call, FORM, Stage};
use crate::{is_refused, nothing_passed};

#[test]
fn what_two_readers_could_read_in_two_ways() {
    let stage = Stage::new();
    let form = |target: &str, content_type: &str, body: &str| {
        Call::new("POST", "sts", "sts.us-east-1.amazonaws.com", target)
            .header("content-type", content_type)
            .body(body.into())
    };
    let asks = "Action=GetCallerIdentity&Version=2011-06-15";
    let item = r#"{"TableName":"demo-table","Key":{"id":{"S":"1"}},"TableName":"other"}"#;
    for (what, call) in [
        ("twice in the body", form("/", FORM, &format!("{asks}&Action=AssumeRole"))),
        ("in the query and in the body", form("/?Action=AssumeRole", FORM, asks)),
        ("in other letters", form("/", FORM, &format!("{asks}&action=AssumeRole"))),
        (
            "behind a semicolon",
            form("/", FORM, "Action=GetCallerIdentity;Action=AssumeRole&Version=2011-06-15"),
        ),
        ("escaped", form("/", FORM, &format!("{asks}&%41ction=AssumeRole"))),
        ("in another character set", form("/", &format!("{FORM}; charset=utf-16"), asks)),
        ("as json", form("/", "application/json", asks)),
        ("two versions", form("/", FORM, &format!("{asks}&Version=2012-01-01"))),
        ("a member twice", Call::dynamodb("GetItem", item)),
        (
            "two targets",
            Call::dynamodb("ListTables", "{}").header("x-amz-target", "DynamoDB_20120810.DeleteTable"),
        ),
        ("an action beside a target", {
            let mut call = Call::dynamodb("ListTables", "{}");
            call.target = "/?Action=DeleteTable&Version=2012-08-10".into();
            call
        }),
        ("a target beside a path of cbor", {
            let mut call = Call::dynamodb("ListTables", "{}").header("smithy-protocol", "rpc-v2-cbor");
            call.target = "/service/DynamoDB_20120810/operation/DeleteTable".into();
            call
        }),
        ("another method in a header", Call::s3("GET", "/key").header("x-http-method-override", "DELETE")),
        ("another method in a header", Call::s3("GET", "/key").header("x-method-override", "DELETE")),
        ("an operation that it is not", Call::s3("GET", "/key?x-id=DeleteObject")),
        ("two sub-resources", Call::s3("GET", "/key?acl&tagging")),
    ] {
        is_refused(what, &stage.send(&call));
    }
    nothing_passed(stage);
}

#[test]
fn a_length_that_could_be_two() {
    let stage = Stage::new();
    let call = Call::s3("PUT", "/key").body(b"hello".to_vec());
    let smuggled = "GET /smuggled HTTP/1.1\r\nhost: demo-bucket.s3.us-east-1.amazonaws.com\r\n\r\n";
    for more in [
        ("content-length", "6"),
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", "identity"),
        ("transfer-encoding", "xchunked"),
        ("Transfer-Encoding ", "chunked"),
        ("content-length", "+5"),
        ("content-length", "0x5"),
    ] {
        let mut headers = call.signed();
        headers.push((more.0.into(), more.1.into()));
        let bytes = [call.bytes_with(&headers), smuggled.into()].concat();
        is_refused(&format!("{}: {}", more.0, more.1), &stage.send_raw(call.host, &bytes));
    }
    let passed: Vec<_> = stage.emulator.requests().iter().map(awsaccess_emulator::Recorded::head).collect();
    assert!(passed.is_empty(), "{passed:?}");
    stage.end();
}
