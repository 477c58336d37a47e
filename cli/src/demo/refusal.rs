//! Step 5: what must be refused is, in the shape that each AWS protocol prescribes.

use std::time::{Duration, SystemTime};

use awsaccess::credentials::Credentials;

use super::client::{Call, Client, Reply};
use super::job::dynamodb;
use super::report::Report;
use super::stage::{BUCKET_HOST, REGION, Stage};
use crate::output::Failure;

const STS: &str = "sts.us-east-1.amazonaws.com";
const FORM: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";

/// The protocols of the services that the demo calls.
#[derive(Clone, Copy)]
enum Shape {
    Query,
    S3,
    Json,
}

pub(crate) fn requests(report: &mut Report, stage: &Stage) -> Result<(), Failure> {
    report.step("What must fail does, and the client is told as its protocol tells it");
    stage.emulator.clear_requests();
    let client = stage.client(&stage.keys)?;
    let wrong = Credentials::new(stage.keys.access_key_id(), "not-the-placeholder-secret");
    let wrong = stage.client(&wrong)?;

    let said = |report: &mut Report, what: &str, reply: &Reply, shape: Shape, status: u16, code: &str| {
        let right = reply.status == status && names(reply, shape, code);
        report.check(&format!("{what}: {status} {code}"), right, reply.summary());
    };
    said(report, "a wrong secret (query)", &wrong.call(&sts())?, Shape::Query, 403, "SignatureDoesNotMatch");
    said(report, "a wrong secret (S3)", &wrong.call(&s3())?, Shape::S3, 403, "SignatureDoesNotMatch");
    let list = dynamodb("ListTables", b"{}");
    said(report, "a wrong secret (JSON)", &wrong.call(&list)?, Shape::Json, 403, "InvalidSignatureException");

    let old = SystemTime::now() - Duration::from_secs(20 * 60);
    let stale = Call { signed_at: old, ..sts() };
    said(report, "a stale date (query)", &client.call(&stale)?, Shape::Query, 403, "SignatureDoesNotMatch");
    let stale = Call { signed_at: old, ..s3() };
    said(report, "a stale date (S3)", &client.call(&stale)?, Shape::S3, 403, "RequestTimeTooSkewed");

    let call = dynamodb("ListTables", b"{}");
    let mut headers = call.signed(&client.keys, REGION)?;
    set(&mut headers, "x-amz-target", "DynamoDB_20120810.DeleteTable");
    let reply = client.send(&call, call.host, &headers)?;
    said(report, "an altered header", &reply, Shape::Json, 403, "InvalidSignatureException");

    let call = s3();
    let mut headers = call.signed(&client.keys, REGION)?;
    headers.push(("x-amz-acl".into(), "public-read".into()));
    let reply = client.send(&call, call.host, &headers)?;
    said(report, "an x-amz- header that is not signed", &reply, Shape::S3, 403, "AccessDenied");

    hosts(report, &client)?;

    let bob = stage.client(&stage.forbidden)?;
    said(
        report,
        "a role that the user may not use (query)",
        &bob.call(&sts())?,
        Shape::Query,
        403,
        "AccessDenied",
    );
    let list = dynamodb("ListTables", b"{}");
    said(report, "the same (JSON)", &bob.call(&list)?, Shape::Json, 403, "AccessDeniedException");
    said(report, "the same (S3)", &bob.call(&s3())?, Shape::S3, 403, "AccessDenied");

    let reached = stage.emulator.requests();
    report.check("none of these reached AWS", reached.is_empty(), format!("{} did", reached.len()));
    Ok(())
}

/// Hosts that are not the one that was connected to, or no AWS host, or not to be reached at all.
fn hosts(report: &mut Report, client: &Client) -> Result<(), Failure> {
    let call = sts();
    let headers = call.signed(&client.keys, REGION)?;
    let reply = client.send(&call, "dynamodb.us-east-1.amazonaws.com", &headers)?;
    report.check(
        "an inner Host that is not the CONNECT host",
        (400..=403).contains(&reply.status),
        reply.summary(),
    );
    let evil = Call { host: "sts.amazonaws.com.evil.example", ..sts() };
    let headers = evil.signed(&client.keys, REGION)?;
    let reply = client.send(&evil, STS, &headers)?;
    report.check("an inner Host that is no AWS host", (400..=403).contains(&reply.status), reply.summary());
    for metadata in ["169.254.169.254:80", "169.254.169.254:443", "[fd00:ec2::254]:443", "127.0.0.1:443"] {
        let refused = client.tunnel(metadata)?.err();
        let right = refused.as_ref().is_some_and(|reply| reply.status == 403);
        let seen = refused.map_or("a tunnel".to_owned(), |reply| reply.summary());
        report.check(&format!("a tunnel to {metadata}: 403"), right, seen);
    }
    Ok(())
}

fn sts<'a>() -> Call<'a> {
    Call::new("POST", "sts", STS, "/", FORM).header("content-type", "application/x-www-form-urlencoded")
}

fn s3<'a>() -> Call<'a> {
    Call::new("GET", "s3", BUCKET_HOST, "/a%20large/object", b"")
}

/// Whether the reply carries `code` where clients of its protocol look for it.
fn names(reply: &Reply, shape: Shape, code: &str) -> bool {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    match shape {
        Shape::Query => text.contains("<ErrorResponse") && text.contains(&format!("<Code>{code}</Code>")),
        Shape::S3 => text.contains("<Error>") && text.contains(&format!("<Code>{code}</Code>")),
        Shape::Json => {
            let told = |value: &str| value.rsplit(['#', ':']).next() == Some(code) || value.starts_with(code);
            let body: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            body["__type"].as_str().is_some_and(told) && reply.header("x-amzn-errortype").is_some_and(told)
        }
    }
}

fn set(headers: &mut [(String, String)], name: &str, value: &str) {
    if let Some((_, old)) = headers.iter_mut().find(|(n, _)| n == name) {
        *old = value.into();
    }
}
