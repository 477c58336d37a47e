//! Hosts: a real signature goes to AWS, and to the part of it that the client signed for.

use crate::common::{Call, Stage};
use crate::{is_refused, nothing_passed};

#[test]
fn hosts_that_only_look_like_aws() {
    let stage = Stage::with(|config| config.replace("mode = \"public\"", "mode = \"none\""));
    for authority in [
        "sts.us-east-1.amazonaws.com.evil.example:443",
        "sts.us-east-1.amazonaws.com..:443",
        "evilamazonaws.com:443",
        "sts.us-east-1.amazonaws.com-evil.example:443",
        "sts.us-east-1.amazonaws.c0m:443",
        "xn--sts-us-east-1-amazonaws-com-abc.example:443",
        "xn--amazonaws-9jg.com:443",
        "ec2-203-0-113-7.compute-1.amazonaws.com:443",
        "my-load-balancer.us-east-1.elb.amazonaws.com:443",
        "bucket.s3-website-us-east-1.amazonaws.com:443",
        "user:password@sts.us-east-1.amazonaws.com:443",
        "sts.us-east-1.amazonaws.com@evil.example:443",
        "evil.example#.amazonaws.com:443",
        "evil.example/.amazonaws.com:443",
        "sts.us-east-1.amazonaws.com:443:443",
        "sts.us-east-1.amazonaws.com:0443x",
        "sts.us-east-1.amazonaws.com.cn:443",
        "[fe80::1%25eth0]:443",
        "[::ffff:169.254.169.254]:443",
        "0xa9fea9fe:443",
        "0251.0376.0251.0376:443",
        "169.254.43518:443",
        "127.1:443",
    ] {
        let reply = stage.connect(authority).err().unwrap_or_else(|| panic!("a way to {authority}"));
        is_refused(authority, &reply);
    }
    // The same name in other letters, or with the root's dot, is the same host.
    for authority in ["STS.us-East-1.AmazonAWS.com:443", "sts.us-east-1.amazonaws.com.:443"] {
        assert!(stage.connect(authority).is_ok(), "{authority}");
    }
    let passed: Vec<_> = stage.emulator.requests().iter().map(awsaccess_emulator::Recorded::head).collect();
    assert!(passed.is_empty(), "{passed:?}");
    stage.end();
}

#[test]
fn a_host_header_that_only_looks_like_the_host() {
    let stage = Stage::new();
    let call = Call::sts("GetCallerIdentity");
    for host in [
        "sts.us-east-1.amazonaws.com..",
        "sts.us-east-1.amazonaws.com:80",
        "sts.us-east-1.amazonaws.com, evil.example",
        "sts.us-east-1.amazonaws.com evil.example",
        "evil.example:443@sts.us-east-1.amazonaws.com",
        "[::1]",
        "",
    ] {
        let reply = stage.send_raw(call.host, &call.bytes_with(&call.signed_for(host)));
        is_refused(host, &reply);
    }
    // Twice, with the right one first and last.
    for evil_first in [true, false] {
        let mut headers = call.signed();
        let at = if evil_first { 0 } else { headers.len() };
        headers.insert(at, ("host".into(), "evil.example".into()));
        is_refused("two hosts", &stage.send_raw(call.host, &call.bytes_with(&headers)));
    }
    nothing_passed(stage);
}

#[test]
fn a_signature_for_one_service_is_none_for_another() {
    let stage = Stage::new();
    for (mut call, service) in [
        (Call::sts("GetCallerIdentity"), "iam"),
        (Call::sts("GetCallerIdentity"), "execute-api"),
        (Call::s3("GET", "/key"), "sts"),
        (Call::s3("GET", "/key"), "s3-outposts"),
        (Call::dynamodb("ListTables", "{}"), "s3"),
        (Call::dynamodb("ListTables", "{}"), "dynamodb-local"),
    ] {
        call.service = service;
        is_refused(service, &stage.send(&call));
    }
    nothing_passed(stage);
}
