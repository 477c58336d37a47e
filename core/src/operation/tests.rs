mod wire;

use proptest::prelude::*;

use super::*;
use crate::partition::{Style, endpoint};

const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")];

fn of(method: &str, target: &str, headers: &[(&str, &str)], service: &str, body: &[u8]) -> Operation {
    identify(&Request::new(method, target, headers), &Service::named(service), body)
}

fn name(method: &str, target: &str, headers: &[(&str, &str)], service: &str, body: &[u8]) -> Name {
    of(method, target, headers, service, body).name
}

/// At a host of AWS's.
fn at(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Operation {
    identify_alone(&Request::new(method, url, headers), None, body)
}

fn about(operation: &Operation) -> Vec<(&'static str, &str)> {
    operation.resources.iter().map(|resource| (resource.kind, resource.value.as_str())).collect()
}

fn is_ambiguous(name: Name) -> bool {
    matches!(name, Name::Ambiguous(_))
}

#[test]
fn query_services() {
    let body = b"Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(name("POST", "/", FORM, "sts", body), Name::Exact("GetCallerIdentity"));
    assert_eq!(name("GET", "/?Version=1&Action=ListUsers", &[], "iam", b""), Name::Exact("ListUsers"));
    assert_eq!(name("POST", "/?Action=ListUsers", &[], "iam", b""), Name::Exact("ListUsers"));
    assert_eq!(name("POST", "/", FORM, "ec2", b"%41ction=RunInstances"), Name::Exact("RunInstances"));
    assert_eq!(name("POST", "/", FORM, "sts", b"Version=1"), Name::Unknown);
    assert_eq!(name("POST", "/", FORM, "sts", b"action=AssumeRole"), Name::Unknown);
    let later = of("POST", "/", FORM, "sts", b"Action=AssumeRobot");
    assert_eq!((later.name, later.unlisted.as_deref()), (Name::Unknown, Some("AssumeRobot")));
    assert_eq!(of("POST", "/", FORM, "sts", b"Action=a%0Ab").unlisted, None);
    // Two services share a signing name, and the version says which is meant.
    for (version, model) in [("2012-06-01", "elb"), ("2015-12-01", "elbv2")] {
        let body = format!("Action=DescribeLoadBalancers&Version={version}");
        let found = of("POST", "/", FORM, "elasticloadbalancing", body.as_bytes());
        assert_eq!((found.name, found.model), (Name::Exact("DescribeLoadBalancers"), Some(model)));
    }
    let neither = name("POST", "/", FORM, "elasticloadbalancing", b"Action=DescribeLoadBalancers");
    assert!(is_ambiguous(neither), "{neither:?}");
    // SQS speaks JSON and the query protocol of old, at its queue's URL.
    let old = of("POST", "/123456789012/q", FORM, "sqs", b"Action=SendMessage&QueueUrl=https%3A%2F%2Fq");
    assert_eq!((old.name, about(&old)), (Name::Exact("SendMessage"), vec![("queue", "https://q")]));
}

#[test]
fn two_actions_are_refused() {
    let long = [b"Action=AssumeRole&x=".as_slice(), &vec![b'x'; 17 << 20]].concat();
    for (method, target, body) in [
        ("POST", "/", &b"Action=GetCallerIdentity&Action=AssumeRole"[..]),
        ("POST", "/", b"Action=AssumeRole&Action=AssumeRole"),
        ("POST", "/", b"Action=GetCallerIdentity&x=1;Action=AssumeRole"),
        ("POST", "/", b"x=1;Action=AssumeRole"),
        ("POST", "/", b"Action=GetCallerIdentity&action=AssumeRole"),
        ("POST", "/", b"Action=GetCallerIdentity&%61CTION=AssumeRole"),
        ("POST", "/", b"Action=GetCallerIdentity&Version=1&Version=2"),
        ("POST", "/?Action=AssumeRole", b"Action=GetCallerIdentity"),
        ("POST", "/?Version=2011-06-15", b"Action=GetCallerIdentity&Version=1"),
        ("GET", "/?Action=GetCallerIdentity&%41ction=AssumeRole", b""),
        ("GET", "/?Action=GetCallerIdentity&x-id=AssumeRole", b""),
        ("POST", "/x", b"Action=AssumeRole"),
        ("PUT", "/", b"Action=AssumeRole"),
        ("POST", "/", &long),
        ("POST", "/?X-Amz-Target=A.B", b"Action=AssumeRole"),
        ("POST", "/", b"Action=AssumeRole&RoleArn=a&RoleArn=b"),
    ] {
        let found = of(method, target, FORM, "sts", body);
        assert!(
            is_ambiguous(found.name),
            "{target} {:?}",
            body.get(..60).unwrap_or(body).escape_ascii().to_string()
        );
        assert!(returns_credentials(&found) && found.resources.is_empty() && found.actions().is_empty());
    }
    for content_type in [
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded; charset=utf-8; charset=utf-7",
        "application/x-www-form-urlencodedness",
    ] {
        let found = name("POST", "/", &[("content-type", content_type)], "sts", b"Action=AssumeRole");
        assert!(is_ambiguous(found), "{content_type}");
    }
    for content_type in
        ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded;charset=\"UTF-8\""]
    {
        let found = name("POST", "/", &[("content-type", content_type)], "sts", b"Action=AssumeRole");
        assert_eq!(found, Name::Exact("AssumeRole"), "{content_type}");
    }
    let twice = [("content-type", "text/plain"), ("Content-Type", "application/x-www-form-urlencoded")];
    assert!(is_ambiguous(name("POST", "/", &twice, "sts", b"Action=AssumeRole")));
}

#[test]
fn another_method_than_the_request_s_is_refused() {
    for header in ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"] {
        for (target, service) in
            [("/b/k", "s3"), ("/?Action=ListUsers", "iam"), ("/2015-03-31/functions", "lambda")]
        {
            assert!(
                is_ambiguous(name("GET", target, &[(header, "DELETE")], service, b"")),
                "{header} {service}"
            );
        }
    }
    assert!(is_ambiguous(name("GET", "/b/k?X-Http-Method-Override=DELETE", &[], "s3", b"")));
}

#[test]
fn json_and_cbor_services() {
    let target = |value| [("X-Amz-Target", value)];
    let trail = target("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents");
    assert_eq!(name("POST", "/", &trail, "cloudtrail", b""), Name::Exact("LookupEvents"));
    assert_eq!(name("POST", "/", &target("NoDot"), "kms", b""), Name::Unknown);
    assert_eq!(name("POST", "/", &target("TrentService.b\"c"), "kms", b""), Name::Unknown);
    let later = of("POST", "/", &target("TrentService.EncryptTomorrow"), "kms", b"");
    assert_eq!((later.name, later.unlisted.as_deref()), (Name::Unknown, Some("EncryptTomorrow")));
    let encrypt = [("X-Amz-Target", "TrentService.Encrypt"), ("content-type", "application/x-amz-json-1.1")];
    let found = of("POST", "/", &encrypt, "kms", br#"{"KeyId":"alias/a","Plaintext":"eA=="}"#);
    assert_eq!((found.name, found.protocol), (Name::Exact("Encrypt"), Protocol::Json11));
    assert_eq!(about(&found), [("key", "alias/a")]);

    let twice = [("X-Amz-Target", "TrentService.Encrypt"), ("x-amz-target", "TrentService.Decrypt")];
    assert!(is_ambiguous(name("POST", "/", &twice, "kms", b"")));
    for (method, path) in
        [("POST", "/?Action=X"), ("GET", "/"), ("POST", "/path"), ("POST", "/?x-id=Decrypt")]
    {
        assert!(
            is_ambiguous(name(method, path, &target("TrentService.Encrypt"), "kms", b"")),
            "{method} {path}"
        );
    }
    // A service that reads a form may not look at the target, one that reads both may look at either.
    for service in ["sts", "iam", "ec2", "lambda"] {
        assert!(is_ambiguous(name("POST", "/", &target("Any.GetSessionToken"), service, b"")), "{service}");
        let body = b"Action=AssumeRole&Version=2011-06-15";
        assert!(is_ambiguous(name("POST", "/", &target("Any.GetSessionToken"), service, body)), "{service}");
    }
    let rpc = [("smithy-protocol", "rpc-v2-cbor")];
    let path = "/service/Any/operation/GetSessionToken";
    assert!(is_ambiguous(name("POST", path, &rpc, "sts", b"Action=AssumeRole")));
    let send = target("AmazonSQS.SendMessage");
    assert!(is_ambiguous(name("POST", "/", &send, "sqs", b"Action=DeleteQueue&Version=2012-11-05")));
    let send = [send[0], ("content-type", "application/x-amz-json-1.0")];
    assert_eq!(name("POST", "/", &send, "sqs", b"Action=DeleteQueue"), Name::Exact("SendMessage"));
    // The signature is for another service than the target.
    assert!(is_ambiguous(name("POST", "/", &target("DynamoDB_20120810.PutItem"), "kms", b"")));
    assert!(is_ambiguous(name("POST", "/", &target("TrentService.Encrypt"), "lambda", b"")));

    let cbor = [("smithy-protocol", "rpc-v2-cbor")];
    let path = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
    assert_eq!(name("POST", path, &cbor, "monitoring", b""), Name::Exact("PutMetricData"));
    let both = [cbor[0], ("x-amz-target", "GraniteServiceVersion20100801.ListMetrics")];
    assert!(is_ambiguous(name("POST", path, &both, "monitoring", b"")));
    assert!(is_ambiguous(name("POST", &format!("{path}?Action=ListMetrics"), &cbor, "monitoring", b"")));
    assert!(is_ambiguous(name("POST", path, &[cbor[0], cbor[0]], "monitoring", b"")));
    assert!(is_ambiguous(name("GET", path, &cbor, "monitoring", b"")));
    assert!(is_ambiguous(name("POST", path, &cbor, "kms", b"")));
    assert_eq!(name("POST", path, &[("smithy-protocol", "rpc-v3")], "monitoring", b""), Name::Unknown);
    assert_eq!(name("POST", "/service/X/operation", &cbor, "monitoring", b""), Name::Unknown);
    assert_eq!(name("POST", path, &[], "monitoring", b""), Name::Unknown);
}

#[test]
fn rest_services() {
    for (method, target, service, operation, resources) in [
        ("GET", "/2015-03-31/functions/", "lambda", "ListFunctions", vec![]),
        ("GET", "/2015-03-31/functions", "lambda", "ListFunctions", vec![]),
        ("POST", "/2015-03-31/functions/a%3Ab/invocations", "lambda", "Invoke", vec![("function", "a:b")]),
        ("POST", "/2015-03-31/%66unctions/f/invocations", "lambda", "Invoke", vec![("function", "f")]),
        (
            "POST",
            "/tags/arn%3Aaws%3Aeks%3Aeu-west-1%3A123456789012%3Acluster%2Fc",
            "eks",
            "TagResource",
            vec![("arn", "arn:aws:eks:eu-west-1:123456789012:cluster/c")],
        ),
        // Of two templates the one that says more.
        (
            "GET",
            "/portals/a/b/browserSettings",
            "workspaces-web",
            "GetPortal",
            vec![("arn", "a/b/browserSettings")],
        ),
        (
            "PUT",
            "/portals/a/b/browserSettings",
            "workspaces-web",
            "AssociateBrowserSettings",
            vec![("arn", "a/b")],
        ),
        ("GET", "/portals/a/b/x", "workspaces-web", "GetPortal", vec![("arn", "a/b/x")]),
        ("PUT", "/apikeys", "apigateway", "", vec![]),
        ("POST", "/apikeys", "apigateway", "CreateApiKey", vec![]),
        ("POST", "/apikeys?mode=import&format=csv", "apigateway", "ImportApiKeys", vec![]),
        (
            "GET",
            "/2013-04-01/hostedzone/Z1/rrset",
            "route53",
            "ListResourceRecordSets",
            vec![("hosted-zone", "Z1")],
        ),
    ] {
        let found = of(method, target, &[], service, b"");
        let wanted = if operation.is_empty() { Name::Unknown } else { Name::Exact(operation) };
        assert_eq!(found.name, wanted, "{method} {target}");
        assert_eq!(about(&found), resources, "{method} {target}");
    }
    let role = "arn:aws:iam::123456789012:role/r";
    let body = format!(r#"{{"Code":{{"ZipFile":"}}\""}},"FunctionName":"f","Role":"{role}","Tags":[{{}}]}}"#);
    let found = of("POST", "/2015-03-31/functions", &[], "lambda", body.as_bytes());
    assert_eq!(about(&found), [("function", "f"), ("role", role)]);
}

#[test]
fn crooked_paths_are_refused() {
    for (target, service) in [
        ("/2015-03-31//functions", "lambda"),
        ("/2015-03-31/x/../functions", "lambda"),
        ("/2015-03-31/./functions", "lambda"),
        ("/2015-03-31/%2e%2E/functions", "lambda"),
        ("//2015-03-31/functions", "lambda"),
        ("/apikeys?mode=other", "apigateway"),
        ("/apikeys?mode=import&mode=x", "apigateway"),
        ("/2015-03-31/functions?x-id=DeleteFunction", "lambda"),
        ("/2015-03-31/functions?x-id=CreateFunction&x-id=DeleteFunction", "lambda"),
        ("/2015-03-31/functions?Action=ListUsers", "lambda"),
        // Opened, this is the path that changes a policy.
        ("/2015-03-31/functions/f%2Fpolicy", "lambda"),
    ] {
        let found = name("POST", target, &[], service, b"");
        assert!(is_ambiguous(found), "{target}: {found:?}");
    }
    assert!(is_ambiguous(name("POST", "/2015-03-31/functions", &[("x-amz-target", "A.B")], "lambda", b"")));
    let found = name("POST", "/2015-03-31/functions?x-id=CreateFunction", &[], "lambda", b"");
    assert_eq!(found, Name::Exact("CreateFunction"));
}

#[test]
fn members_that_are_there_twice_are_refused() {
    let put = [("x-amz-target", "DynamoDB_20120810.PutItem")];
    for body in [
        r#"{"TableName":"a","TableName":"b"}"#,
        r#"{"TableName":"a","Item":{"TableName":{"S":"x"}},"Table\u004eame":"b"}"#,
        r#"{"TableName":"a","TableName":null}"#,
    ] {
        assert!(is_ambiguous(name("POST", "/", &put, "dynamodb", body.as_bytes())), "{body}");
    }
    for (body, table) in [
        (r#" { "Item" : {"TableName":"x"} , "TableName" : "a\"\u00e9" } "#, Some("a\"é")),
        (r#"{"TableName":["a"]}"#, None),
        (r#"{"TableName":"a""#, Some("a")),
        (r#"{"TableName":"a"#, None),
        (r#"["TableName"]"#, None),
        ("", None),
    ] {
        let found = of("POST", "/", &put, "dynamodb", body.as_bytes());
        assert_eq!(found.name, Name::Exact("PutItem"));
        assert_eq!(
            about(&found),
            table.map(|table| ("table", table)).into_iter().collect::<Vec<_>>(),
            "{body}"
        );
    }
    let cbor = [("smithy-protocol", "rpc-v2-cbor")];
    let path = "/service/KeyspacesService/operation/DeleteTable";
    let found = of("POST", path, &cbor, "cassandra", b"\xbf\x61a\x82\x01\xa1\x61b\xf5\x69tableName\x61t\xff");
    assert_eq!((found.name, about(&found)), (Name::Exact("DeleteTable"), vec![("table", "t")]));
    let twice = b"\xa2\x69tableName\x61t\x69tableName\x61u";
    assert!(is_ambiguous(name("POST", path, &cbor, "cassandra", twice)));
}

#[test]
fn the_host_tells_what_a_signing_name_does_not() {
    for (url, model, operation) in [
        ("https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke", "bedrock-runtime", "InvokeModel"),
        ("https://bedrock.us-east-1.amazonaws.com/guardrails", "bedrock", "CreateGuardrail"),
        ("https://123456789012.s3-control.us-east-1.amazonaws.com/v20180820/jobs", "s3control", "CreateJob"),
        ("https://models-v2-lex.us-east-1.amazonaws.com/bots", "lexv2-models", "ListBots"),
    ] {
        let found = at("POST", url, &[], b"");
        assert_eq!((found.model, found.name), (Some(model), Name::Exact(operation)), "{url}");
    }
    // One path of two services: without the host it cannot be told.
    let alone = name("POST", "/tags?operation=tag-resource", &[], "chime", b"");
    assert_eq!(alone, Name::Exact("TagResource"));
    let lex = name("GET", "/bots/b/aliases/a/user/u/session", &[], "lex", b"");
    assert_eq!(lex, Name::Unknown);
}

#[test]
fn what_customers_run_is_theirs() {
    let url = |path: &str| format!("https://a1b2.execute-api.eu-west-1.amazonaws.com{path}");
    assert_eq!(at("POST", &url("/2015-03-31/functions"), &[], b"").name, Name::Unknown);
    let found = at("POST", &url("/prod/@connections/abc%3D"), &[], b"hello");
    assert_eq!(found.name, Name::Exact("PostToConnection"));
    assert_eq!(found.actions()[0].to_string(), "execute-api:ManageConnections");
    assert_eq!(at("POST", &url("/a/b/@connections/abc"), &[], b"").name, Name::Unknown);
    let function = "https://abcdef.lambda-url.eu-west-1.on.aws/2015-03-31/functions";
    assert_eq!(at("GET", function, &[], b"").name, Name::Unknown);
}

#[test]
fn a_request_alone() {
    let auth = |service: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host"
        )
    };
    let (sqs, lambda) = (auth("sqs"), auth("lambda"));
    let found = at(
        "POST",
        "/",
        &[("host", "localhost:9324"), ("authorization", &sqs), ("x-amz-target", "AmazonSQS.ListQueues")],
        b"",
    );
    assert_eq!((found.service.as_ref(), found.name), ("sqs", Name::Exact("ListQueues")));
    let target = [("host", "localhost"), ("x-amz-target", "DynamoDB_20120810.ListTables")];
    assert_eq!(at("POST", "/", &target, b"").service, "dynamodb");
    let found = at("GET", "/2015-03-31/functions", &[("host", "localhost"), ("authorization", &lambda)], b"");
    assert_eq!(found.name, Name::Exact("ListFunctions"));
    let link = "/b/k?X-Amz-Credential=AKID%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=0";
    assert_eq!(at("GET", link, &[("host", "minio.test")], b"").name, Name::Exact("GetObject"));
    let sts = at("POST", "/", FORM, b"Action=AssumeRole&Version=2011-06-15");
    assert_eq!((sts.service.as_ref(), sts.name), ("sts", Name::Exact("AssumeRole")));
    assert_eq!(at("GET", "/", &[], b"").name, Name::Unknown);
}

#[test]
fn a_base_path_is_the_listener_s() {
    let service = Service::named("lambda").below("/_/lambda");
    let identify =
        |target: &str| identify(&Request::new("GET", target, &[("host", "h")]), &service, b"").name;
    assert_eq!(identify("/_/lambda/2015-03-31/functions"), Name::Exact("ListFunctions"));
    assert_eq!(identify("/2015-03-31/functions"), Name::Unknown);
    assert_eq!(identify("/_/lambdas/2015-03-31/functions"), Name::Unknown);
}

#[test]
fn credentials_in_the_answer() {
    let asked = |method: &str, target: &str, headers: &[(&str, &str)], service: &str, body: &[u8]| {
        returns_credentials(&of(method, target, headers, service, body))
    };
    assert!(asked("POST", "/", FORM, "sts", b"Action=AssumeRole"));
    assert!(asked("GET", "/?Action=GetSessionToken", &[], "sts", b""));
    assert!(asked("POST", "/", FORM, "sts", b"nothing"));
    assert!(!asked("POST", "/", FORM, "sts", b"Action=GetCallerIdentity"));
    assert!(asked("POST", "/", FORM, "iam", b"Action=CreateAccessKey&UserName=u"));
    assert!(asked("POST", "/", FORM, "iam", b"Action=CreateKeyOfTomorrow"));
    assert!(!asked("POST", "/", FORM, "ec2", b"Action=CreateKeyOfTomorrow"));
    let express = identify(
        &Request::new("GET", "/?session", &[("host", "h")]),
        &Service::named("s3express").addressed(&Style::Express(Some("b".into()))),
        b"",
    );
    assert!(returns_credentials(&express));
    assert!(asked("POST", "/v1/authorization-token?domain=d", &[], "codeartifact", b""));
    assert!(asked("POST", "/GetTemporaryGlueTableCredentials", &[], "lakeformation", b""));
    assert!(asked("GET", "/federation/credentials?role_name=r&account_id=1", &[], "awsssoportal", b""));
    assert!(!asked("GET", "/v1/domain?domain=d", &[], "codeartifact", b""));
    assert!(!asked("GET", "/b/key", &[], "s3", b""));
    assert!(!asked("POST", "/b/key?nothing", &[], "s3", b""));
    let poll = [("x-amz-target", "CodePipeline_20150709.PollForJobs")];
    assert!(asked("POST", "/", &poll, "codepipeline", b"{}"));
}

#[test]
fn protocols() {
    let of = |target: &str, headers: &[(&str, &str)], service| {
        protocol(&Request::new("POST", target, headers), service)
    };
    assert_eq!(of("/", &[], Some("s3")), Protocol::S3);
    assert_eq!(of("/v20180820/jobs", &[("x-amz-account-id", "1")], Some("s3")), Protocol::RestXml);
    assert_eq!(of("/", &[("content-type", "application/x-amz-json-1.1")], Some("kms")), Protocol::Json11);
    assert_eq!(of("/", &[("x-amz-target", "A.B")], None), Protocol::Json10);
    assert_eq!(of("/2015-03-31/functions", &[], Some("lambda")), Protocol::RestJson);
    assert_eq!(of("/", &[], Some("sts")), Protocol::Query);
    assert_eq!(of("/", &[], Some("ec2")), Protocol::Ec2);
    assert_eq!(of("/", &[], Some("route53")), Protocol::RestXml);
    assert_eq!(of("/", &[("accept", "application/json")], None), Protocol::RestJson);
    assert_eq!(of("/?Action=X", &[], None), Protocol::Query);
    assert_eq!(of("/", &[], None), Protocol::RestXml);
}

#[test]
fn where_a_body_must_be_at_hand() {
    let needs = |headers: &[(&str, &str)], service| needs_body(&Request::new("POST", "/", headers), service);
    assert!(needs(&[], "sts") && needs(&[], "ec2") && needs(FORM, "s3") && needs(&[], "monitoring"));
    assert!(!needs(&[("smithy-protocol", "rpc-v2-cbor")], "monitoring"));
    let send = [("x-amz-target", "AmazonSQS.SendMessage"), ("content-type", "application/x-amz-json-1.0")];
    assert!(!needs(&send, "sqs") && needs(&send[..1], "sqs") && needs(&[], "sqs"));
    assert!(!needs(&[], "s3") && !needs(&[], "lambda") && !needs(&[], "kms"));
}

#[test]
fn s3_in_all_its_addressings() {
    let host = |url: &str| at("GET", url, &[], b"");
    for (url, bucket) in [
        ("https://b.s3.eu-west-1.amazonaws.com/k", "b"),
        ("https://s3.eu-west-1.amazonaws.com/b/k", "b"),
        ("https://a.b.c.s3.eu-west-1.amazonaws.com/k", "a.b.c"),
        ("https://b.s3.amazonaws.com/k", "b"),
        ("https://b.s3-eu-west-1.amazonaws.com/k", "b"),
        ("https://b.s3.dualstack.eu-west-1.amazonaws.com/k", "b"),
        ("https://b.s3-fips.us-east-1.amazonaws.com/k", "b"),
        ("https://b.s3-accelerate.amazonaws.com/k", "b"),
        ("https://b.s3-accelerate.dualstack.amazonaws.com/k", "b"),
        ("https://ap-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/k", "ap-123456789012"),
        ("https://ap-123456789012.s3-object-lambda.eu-west-1.amazonaws.com/k", "ap-123456789012"),
        ("https://x.mrap.accesspoint.s3-global.amazonaws.com/k", "x.mrap"),
        ("https://b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com/k", "b--use1-az4--x-s3"),
        ("https://b.bucket.vpce-1a2b-3c.s3.eu-west-1.vpce.amazonaws.com/k", "b"),
    ] {
        let found = host(url);
        assert_eq!((found.name, found.protocol), (Name::Exact("GetObject"), Protocol::S3), "{url}");
        assert_eq!(about(&found), [("bucket", bucket), ("key", "k")], "{url}");
    }
    let route = endpoint("a-route.s3-object-lambda.eu-west-1.amazonaws.com").unwrap();
    let request = Request::new("POST", "/WriteGetObjectResponse", &[("host", "h")]);
    assert_eq!(identify(&request, &Service::at(&route), b"").name, Name::Exact("WriteGetObjectResponse"));
    // The same path is a key elsewhere.
    assert_eq!(name("POST", "/WriteGetObjectResponse", &[], "s3", b""), Name::Unknown);
}

proptest! {
    /// Nothing fails on any input, and what is said is whole.
    #[test]
    fn anything_can_be_asked(
        method in "GET|PUT|POST|DELETE|HEAD|PATCH|[A-Z]{0,9}",
        target in "/?([a-zA-Z0-9{}%./?&=;+-]|%2F|Action=|x-id=|\\PC){0,60}",
        service in "s3|sts|lambda|ses|monitoring|workspaces-web|s3-outposts|sqs|[a-z]{0,8}",
        headers in prop::collection::vec(("content-type|x-amz-target|smithy-protocol|x-amz-account-id", "\\PC{0,40}"), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let found = identify(&Request::new(&method, &target, &headers), &Service::named(&service), &body);
        prop_assert_eq!(found.access.is_some(), matches!(found.name, Name::Exact(_)));
        prop_assert_eq!(found.actions().is_empty(), found.access.is_none());
        prop_assert!(found.resources.len() <= 8);
        let _ = identify_alone(&Request::new(&method, &target, &headers), None, &body);
    }

    /// Members of bodies that are cut, doubled or garbled: nothing fails, and a right value is found as it is.
    #[test]
    fn members_of_any_body(
        table in "[a-zA-Z0-9_.-]{3,40}",
        other in "\\PC{0,20}",
        depth in 0usize..80,
        at in any::<prop::sample::Index>(),
    ) {
        let nested = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let body = format!(r#"{{"Other":{nested},"More":{},"TableName":"{table}","Last":[{{}}]}}"#, serde_json::json!(other));
        let put = [("x-amz-target", "DynamoDB_20120810.PutItem")];
        let found = of("POST", "/", &put, "dynamodb", body.as_bytes());
        // Deeper than any service's, a value is not passed over.
        prop_assert_eq!(about(&found), if depth <= 64 { vec![("table", table.as_str())] } else { vec![] });
        let cut = at.index(body.len());
        let found = of("POST", "/", &put, "dynamodb", &body.as_bytes()[..cut]);
        prop_assert_eq!(found.name, Name::Exact("PutItem"));
        let cbor = [("smithy-protocol", "rpc-v2-cbor")];
        let path = "/service/KeyspacesService/operation/DeleteTable";
        let _ = of("POST", path, &cbor, "cassandra", &body.as_bytes()[cut..]);
    }
}
