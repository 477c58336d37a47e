//! What it costs to say what a request asks for, with the headers that SDKs send.

use awsaccess::operation::{Name, Service, identify};
use awsaccess::partition::{Endpoint, endpoint};
use awsaccess::sigv4::Request;

use crate::allocation::beyond_output;
use crate::race::{Row, Target, time};

struct Case {
    name: &'static str,
    host: &'static str,
    method: &'static str,
    target: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static [u8],
    operation: &'static str,
    /// The most that it may take, in microseconds, and how that is written.
    most: (f64, &'static str),
}

const JSON: (f64, &str) = (2.0, "2 µs");
const REST: (f64, &str) = (5.0, "5 µs");

const CASES: &[Case] = &[
    Case {
        name: "identify, json (dynamodb)",
        host: "dynamodb.us-east-1.amazonaws.com",
        method: "POST",
        target: "/",
        headers: &[
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "DynamoDB_20120810.GetItem"),
        ],
        body: br#"{"Key":{"id":{"S":"an-identifier-of-thirty-six-characters"}},"ConsistentRead":true,"TableName":"orders","ProjectionExpression":"a,b,c,d,e,f","ReturnConsumedCapacity":"TOTAL"}"#,
        operation: "GetItem",
        most: JSON,
    },
    Case {
        name: "identify, query (sts)",
        host: "sts.us-east-1.amazonaws.com",
        method: "POST",
        target: "/",
        headers: &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
        body: b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader&RoleSessionName=alice&DurationSeconds=3600",
        operation: "AssumeRole",
        most: JSON,
    },
    Case {
        name: "identify, query (ec2)",
        host: "ec2.us-east-1.amazonaws.com",
        method: "POST",
        target: "/",
        headers: &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
        body: b"Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-0123456789abcdef0&Filter.1.Name=tag%3AName&Filter.1.Value.1=web",
        operation: "DescribeInstances",
        most: JSON,
    },
    Case {
        name: "identify, rest (lambda)",
        host: "lambda.us-east-1.amazonaws.com",
        method: "POST",
        target: "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/invocations?Qualifier=live",
        headers: &[("content-type", "application/json"), ("x-amz-invocation-type", "RequestResponse")],
        body: br#"{"an":"event","of":["some","length"]}"#,
        operation: "Invoke",
        most: REST,
    },
    Case {
        name: "identify, rest (s3)",
        host: "a-bucket.s3.us-east-1.amazonaws.com",
        method: "PUT",
        target: "/a/key/of/some%20length.txt?partNumber=3&uploadId=VXBsb2FkIElE&x-id=UploadPart",
        headers: &[("content-type", "text/plain"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
        body: b"",
        operation: "UploadPart",
        most: REST,
    },
    Case {
        name: "identify, rest (a shared signing name)",
        host: "bedrock-runtime.us-east-1.amazonaws.com",
        method: "POST",
        target: "/model/anthropic.claude%3A0/invoke",
        headers: &[("content-type", "application/json")],
        body: br#"{"messages":[]}"#,
        operation: "InvokeModel",
        most: REST,
    },
];

/// What every SDK sends besides.
const USUAL: [(&str, &str); 6] = [
    ("x-amz-date", "20270115T080000Z"),
    ("content-length", "230"),
    ("accept-encoding", "identity"),
    ("amz-sdk-invocation-id", "e8f1b1a0-6b1f-4f2e-9d83-1f1f1f1f1f1f"),
    ("amz-sdk-request", "attempt=1; max=3"),
    ("user-agent", "aws-cli/2.36.7 md/awscrt#0.31 ua/2.1 os/linux lang/python"),
];

pub fn run(rows: &mut Vec<Row>) {
    for case in CASES {
        let endpoint: Endpoint = endpoint(case.host).expect("a host of aws");
        let service = Service::at(&endpoint);
        let headers: Vec<(&str, &str)> =
            std::iter::once(("host", case.host)).chain(USUAL).chain(case.headers.iter().copied()).collect();
        let request = Request::new(case.method, case.target, &headers);
        let found = || identify(&request, &service, case.body);
        assert_eq!(found().name, Name::Exact(case.operation));
        let value = time(found);
        let (most, peer) = case.most;
        rows.push(Row {
            name: case.name,
            value,
            unit: "µs",
            peer,
            ratio: value / most,
            target: Some(Target::AtMost(1.0)),
        });
        if case.operation == "GetItem" {
            rows.push(beyond_output("identify, allocations", found));
        }
    }
}
