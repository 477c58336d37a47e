//! What a request asks for: it is recorded, and refused where it can be taken in two ways.

use super::*;
use crate::audit::Phase;

#[track_caller]
fn recorded(client: &Client) -> Record {
    client.send().map_err(|why| why.0).expect("it is signed again").1
}

fn resources(record: &Record) -> Vec<&str> {
    record.resources.iter().map(Shown::as_str).collect()
}

#[test]
fn the_record_says_what_it_does_and_what_it_is_about() {
    let mut get = Client::dynamodb();
    get.body = br#"{"TableName":"orders"}"#.to_vec();
    let record = recorded(&get);
    assert_eq!((record.operation.as_deref(), record.access), (Some("GetItem"), Some("read")));
    assert_eq!(resources(&record), ["table:orders"]);
    let line = record.line(Phase::Begin);
    assert!(line.contains(r#""operation":"GetItem","access":"read","resources":["table:orders"]"#), "{line}");

    let mut put = Client::s3();
    (put.method, put.target) = ("PUT", "/?policy".into());
    let record = recorded(&put);
    assert_eq!((record.operation.as_deref(), record.access), (Some("PutBucketPolicy"), Some("permissions")));
    assert_eq!(resources(&record), ["bucket:bucket"]);

    let later = recorded(&Client::dynamodb_target("DynamoDB_20120810.GetItemTomorrow"));
    assert_eq!((later.operation.as_deref(), later.access), (Some("GetItemTomorrow"), None));
}

#[test]
fn a_secret_in_a_name_stays_out_of_the_record() {
    let mut get = Client::dynamodb();
    get.body = format!(r#"{{"TableName":"aws_secret_access_key={REAL}"}}"#).into_bytes();
    let line = recorded(&get).line(Phase::End);
    assert!(!line.contains(REAL) && line.contains("table:"), "{line}");
}

#[test]
fn the_host_tells_services_of_one_signing_name() {
    let mut client = Client::new("bedrock", "bedrock-agent-runtime.us-east-1.amazonaws.com");
    (client.method, client.target) = ("POST", "/knowledgebases/k/retrieve".into());
    assert_eq!(recorded(&client).operation.as_deref(), Some("Retrieve"));
    // The very same request at another host of theirs is none.
    client.host = "bedrock.us-east-1.amazonaws.com";
    assert_eq!(recorded(&client).operation, None);
}

#[test]
fn the_query_is_read_as_it_verified() {
    let mut client = Client::s3();
    client.target = "/key?versionId=a%20b".into();
    let mut head = client.head();
    head.target = b"/key?versionId=a+b".to_vec();
    let (_, record) = client.send_head(&head).map_err(|why| why.0).unwrap();
    assert_eq!(resources(&record), ["bucket:bucket", "key:key", "version:a b"]);
    client.target = "/key?versionId=a+b".into();
    assert_eq!(resources(&recorded(&client)), ["bucket:bucket", "key:key", "version:a+b"]);
}

#[test]
fn the_listener_s_path_is_not_the_service_s() {
    let mut client = Client::new("lambda", "localhost");
    client.target = "/_/lambda/2015-03-31/functions/f".into();
    let mut record = Record::request("id", NOW);
    let gateway = gateway();
    let opened = gateway.open(client.head().head(), &Arrival::EndpointUrl, NOW, &mut record).ok().unwrap();
    assert!(opened.prove(&gateway, None, NOW, &mut record).is_ok());
    assert_eq!(record.operation.as_deref(), Some("GetFunction"));
}

#[test]
fn what_can_be_taken_in_two_ways_is_refused() {
    let lambda = |target: &str| {
        let mut client = Client::new("lambda", "lambda.us-east-1.amazonaws.com");
        client.target = target.into();
        client
    };
    for client in [
        Client::s3().with("X-HTTP-Method-Override", "DELETE"),
        lambda("/2015-03-31/functions?x-id=DeleteFunction"),
        lambda("/2015-03-31/functions/../functions"),
        lambda("/2015-03-31/functions?Action=ListUsers"),
        lambda("/2015-03-31/functions").with("X-Amz-Target", "AWSLambda.DeleteFunction"),
        Client::dynamodb_target("TrentService.Decrypt"),
        Client::sts("GetCallerIdentity;Action=AssumeRole"),
    ] {
        let (kind, body) = client.refused();
        assert_eq!(kind, RefusalKind::AmbiguousOperation, "{} {body}", client.target);
    }
}

#[test]
fn an_operation_that_nobody_knows_may_hand_out_keys() {
    let iam = |action: &str| {
        let mut client = Client::new("iam", "iam.amazonaws.com").with("Content-Type", FORM);
        (client.method, client.body) = ("POST", format!("Action={action}&Version=2010-05-08").into_bytes());
        client
    };
    assert!(iam("ListUsers").send().is_ok());
    for action in ["CreateAccessKey", "CreateKeyOfTomorrow", "%20"] {
        assert_eq!(iam(action).refused().0, RefusalKind::CredentialOperation, "{action}");
    }
    let client = iam("CreateKeyOfTomorrow");
    let mut gateway = gateway();
    gateway.credential_operations = vec!["iam:CreateKeyOfTomorrow".into()];
    let name = HostName::parse(client.host.as_bytes()).unwrap();
    let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
    let mut record = Record::request("id", NOW);
    let opened = gateway.open(client.head().head(), &arrival, NOW, &mut record).ok().unwrap();
    assert!(opened.prove(&gateway, Some(&client.body), NOW, &mut record).is_ok());
}

#[test]
fn a_name_that_is_allowed_does_not_stand_for_another() {
    let host = "sts.us-east-1.amazonaws.com";
    let mut client = Client::new("sts", host).with("X-Amz-Target", "Any.GetSessionToken");
    (client.method, client.body) = ("POST", b"Action=AssumeRole&Version=2011-06-15".to_vec());
    let mut gateway = gateway();
    gateway.credential_operations = vec!["sts:GetSessionToken".into()];
    let name = HostName::parse(host.as_bytes()).unwrap();
    let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
    let mut record = Record::request("id", NOW);
    let opened = gateway.open(client.head().head(), &arrival, NOW, &mut record).ok().unwrap();
    let refused = opened.prove(&gateway, Some(&client.body), NOW, &mut record).err().unwrap();
    assert_eq!(
        (refused.refusal.kind(), record.operation.as_deref()),
        (RefusalKind::AmbiguousOperation, Some("(ambiguous)"))
    );
}
