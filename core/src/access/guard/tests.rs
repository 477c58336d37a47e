use proptest::prelude::*;

use super::*;
use crate::operation::{self, Name, Service};
use crate::sigv4::Request;

fn s3(method: &str, target: &str) -> Operation {
    operation::identify(&Request::new(method, target, &[]), &Service::named("s3"), b"")
}

fn json(service: &str, target: &str, body: &str) -> Operation {
    let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
    operation::identify(&Request::new("POST", "/", &headers), &Service::named(service), body.as_bytes())
}

fn form(service: &str, body: &str) -> Operation {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    operation::identify(&Request::new("POST", "/", &headers), &Service::named(service), body.as_bytes())
}

fn iam(action: &str) -> Operation {
    form("iam", &format!("Action={action}&Version=2010-05-08&UserName=x"))
}

fn lets(guard: &Guard, operation: &Operation) -> bool {
    let asked = Asked::request(operation);
    guard.denial(asked).is_none() && guard.allows(asked)
}

fn allow(rules: &[&str]) -> Guard {
    Guard::new("g", Some(rules), &[]).unwrap()
}

fn deny(rules: &[&str]) -> Guard {
    Guard::new("g", None, rules).unwrap()
}

fn listed(model: &str, name: &str) -> Listed {
    let found = Listed::all().find(|listed| listed.model() == model && listed.name() == name);
    found.unwrap_or_else(|| panic!("no {model} {name}"))
}

fn lets_model(guard: &Guard, model: &str, name: &str) -> bool {
    let listed = listed(model, name);
    let asked = Asked::Model(listed, listed.service());
    guard.denial(asked).is_none() && guard.allows(asked)
}

#[test]
fn operations_are_known_by_their_names_and_their_actions() {
    let head = s3("HEAD", "/b/k");
    assert!(lets(&allow(&["s3:HeadObject"]), &head));
    assert!(lets(&allow(&["s3:GetObject"]), &head), "the action of IAM");
    assert!(lets(&allow(&["s3:Head*"]), &head));
    assert!(!lets(&allow(&["s3:Get"]), &head));
    assert!(!lets(&allow(&["sqs:*"]), &head));
    assert!(!lets(&allow(&[]), &head));
    assert!(!lets(&deny(&["s3:GetObject"]), &head));
    assert!(!lets(&deny(&["*:Head*"]), &head));
    assert!(lets(&deny(&["s3:PutObject"]), &head));
    // Signing name, SDK's name and IAM's prefix are all names of a service.
    let metric = form("monitoring", "Action=PutMetricData&Version=2010-08-01");
    for name in ["monitoring:PutMetricData", "cloudwatch:PutMetricData", "*"] {
        assert!(lets(&allow(&[name]), &metric), "{name}");
    }
}

#[test]
fn an_operation_of_several_actions_needs_all_of_them() {
    let headers = [("x-amz-copy-source", "/from/key")];
    let copy = operation::identify(&Request::new("PUT", "/to/key", &headers), &Service::named("s3"), b"");
    assert_eq!(copy.name, Name::Exact("CopyObject"));
    assert!(!lets(&allow(&["s3:PutObject"]), &copy));
    assert!(lets(&allow(&["s3:PutObject", "s3:GetObject"]), &copy));
    assert!(lets(&allow(&["s3:CopyObject"]), &copy));
    assert!(!lets(&deny(&["s3:GetObject"]), &copy));
}

#[test]
fn rules_speak_of_access() {
    assert!(lets(&allow(&["s3:@read"]), &s3("GET", "/b/k")));
    assert!(!lets(&allow(&["s3:@read"]), &s3("PUT", "/b/k")));
    assert!(lets(&allow(&["s3:@read", "s3:@write"]), &s3("PUT", "/b/k")));
    assert!(!lets(&deny(&["*:@permissions"]), &s3("PUT", "/b?policy")));
}

#[test]
fn rules_speak_of_resources() {
    let guard = allow(&["s3:GetObject bucket:public-* key:docs/*", "dynamodb:* table:orders"]);
    assert!(lets(&guard, &s3("GET", "/public-1/docs/a/b")));
    assert!(!lets(&guard, &s3("GET", "/public-1/secret")));
    assert!(!lets(&guard, &s3("GET", "/private/docs/a")));
    let table =
        |name: &str| json("dynamodb", "DynamoDB_20120810.GetItem", &format!("{{\"TableName\":\"{name}\"}}"));
    assert!(lets(&guard, &table("orders")));
    assert!(!lets(&guard, &table("orders2")));
    assert!(!lets(&guard, &table("arn:aws:dynamodb:us-east-1:1:table/orders")), "of another account, maybe");
    // What a batch is about does not show.
    assert!(!lets(&guard, &json("dynamodb", "DynamoDB_20120810.BatchGetItem", "{}")));

    let guard = deny(&["dynamodb:* table:secret*", "s3:DeleteObject bucket:prod-*"]);
    assert!(lets(&guard, &table("orders")));
    assert!(!lets(&guard, &table("secret1")));
    assert!(!lets(&guard, &table("arn:aws:dynamodb:us-east-1:1:table/secret1")), "by its arn");
    assert!(!lets(&guard, &json("dynamodb", "DynamoDB_20120810.BatchGetItem", "{}")), "what does not show");
    assert!(lets(&guard, &s3("DELETE", "/dev-1/key")));
    assert!(!lets(&guard, &s3("DELETE", "/prod-1/key")));
    assert!(lets(&guard, &s3("GET", "/prod-1/key")));
    // A pattern that is an ARN keeps to its parts.
    let arns = allow(&["dynamodb:* table:arn:aws:dynamodb:*:111111111111:table/*"]);
    assert!(lets(&arns, &table("arn:aws:dynamodb:eu-west-1:111111111111:table/x")));
    assert!(!lets(&arns, &table("arn:aws:dynamodb:eu-west-1:222222222222:table/x")));
    assert!(!lets(&arns, &table("arn:aws:dynamodb:a:b:111111111111:table/x")));
}

#[test]
fn what_is_not_known_is_let_through_by_a_wildcard_only() {
    let unknown = json("dynamodb", "DynamoDB_20120810.GetItems", "{}");
    assert_eq!((unknown.name, unknown.unlisted.as_deref()), (Name::Unknown, Some("GetItems")));
    assert!(lets(&allow(&["dynamodb:*"]), &unknown));
    assert!(lets(&allow(&["*"]), &unknown));
    for rule in ["dynamodb:GetItems", "dynamodb:Get*", "dynamodb:@read", "dynamodb:* table:x", "s3:*"] {
        assert!(!lets(&allow(&[rule]), &unknown), "{rule}");
    }
    assert!(!lets(&Guard::built_in("read-only").unwrap(), &unknown));
    // It may be what is denied.
    assert!(!lets(&deny(&["dynamodb:DeleteTable"]), &unknown));
    assert!(lets(&deny(&["s3:DeleteBucket"]), &unknown));
    let twice = form("iam", "Action=GetUser&Action=DeleteUser&Version=2010-05-08");
    assert!(matches!(twice.name, Name::Ambiguous(_)));
    assert!(!lets(&deny(&["iam:DeleteUser"]), &twice));
    assert!(!lets(&allow(&["iam:GetUser", "iam:DeleteUser"]), &twice));
    assert!(lets(&allow(&["iam:*"]), &twice));
    let escalation = Guard::built_in("no-privilege-escalation").unwrap();
    assert!(!lets(&escalation, &form("iam", "Action=NoSuchThing&Version=2010-05-08")));
    assert!(!lets(
        &Guard::built_in("no-credential-exfiltration").unwrap(),
        &form("sts", "Action=New&Version=2011-06-15")
    ));
}

#[test]
fn read_only() {
    let guard = Guard::built_in("read-only").unwrap();
    for (model, name) in [
        ("s3", "GetObject"),
        ("s3", "ListObjectsV2"),
        ("dynamodb", "Query"),
        ("ec2", "DescribeInstances"),
        ("iam", "ListUsers"),
        ("sts", "GetCallerIdentity"),
        ("logs", "FilterLogEvents"),
    ] {
        assert!(lets_model(&guard, model, name), "{model} {name}");
    }
    for (model, name) in [
        ("s3", "PutObject"),
        ("sqs", "ReceiveMessage"),
        ("dynamodb", "ExecuteStatement"),
        ("sts", "AssumeRole"),
        ("ecr", "GetAuthorizationToken"),
        ("ec2", "GetPasswordData"),
        ("gamelift", "GetInstanceAccess"),
        ("lexv2-runtime", "RecognizeText"),
        ("lambda", "Invoke"),
        ("logs", "StartQuery"),
        ("s3", "PutBucketPolicy"),
    ] {
        assert!(!lets_model(&guard, model, name), "{model} {name}");
    }
    // Nothing that begins as a change does is a reading.
    let verbs = [
        "Create",
        "Delete",
        "Put",
        "Update",
        "Modify",
        "Start",
        "Stop",
        "Terminate",
        "Attach",
        "Invoke",
        "Send",
    ];
    for listed in Listed::all() {
        let asked = Asked::Model(listed, listed.service());
        let changes = verbs.iter().any(|verb| listed.name().starts_with(verb));
        assert!(!(changes && guard.allows(asked)), "{} {}", listed.model(), listed.name());
    }
}

/// The ways that are described in public, each by the operation that takes it.
#[test]
fn no_privilege_escalation() {
    let guard = Guard::built_in("no-privilege-escalation").unwrap();
    for action in [
        "AddRoleToInstanceProfile",
        "AddUserToGroup",
        "AttachGroupPolicy",
        "AttachRolePolicy",
        "AttachUserPolicy",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreatePolicyVersion",
        "CreateRole",
        "CreateSAMLProvider",
        "CreateServiceSpecificCredential",
        "DeactivateMFADevice",
        "DeleteRolePermissionsBoundary",
        "DetachRolePolicy",
        "PutGroupPolicy",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "PutUserPolicy",
        "SetDefaultPolicyVersion",
        "TagRole",
        "UpdateAccessKey",
        "UpdateAssumeRolePolicy",
        "UpdateLoginProfile",
        "UpdateOpenIDConnectProviderThumbprint",
        "UploadSSHPublicKey",
    ] {
        assert!(!lets(&guard, &iam(action)), "{action}");
    }
    for (model, names) in [
        (
            "lambda",
            &["CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration", "AddPermission"][..],
        ),
        ("lambda", &["CreateEventSourceMapping"]),
        ("ec2", &["RunInstances", "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"]),
        ("ec2", &["RequestSpotInstances", "ModifyInstanceAttribute", "CreateLaunchTemplate"]),
        ("ec2-instance-connect", &["SendSSHPublicKey"]),
        ("autoscaling", &["CreateLaunchConfiguration", "CreateAutoScalingGroup"]),
        ("cloudformation", &["CreateStack", "UpdateStack", "CreateStackSet", "ExecuteChangeSet"]),
        ("cloudcontrol", &["CreateResource"]),
        ("codebuild", &["CreateProject", "UpdateProject", "StartBuild"]),
        ("codepipeline", &["CreatePipeline", "UpdatePipeline"]),
        ("datapipeline", &["CreatePipeline", "PutPipelineDefinition"]),
        ("ecs", &["RunTask", "RegisterTaskDefinition", "CreateService", "ExecuteCommand"]),
        ("eks", &["CreateAccessEntry", "AssociateAccessPolicy", "CreatePodIdentityAssociation"]),
        ("events", &["PutTargets", "PutRule"]),
        ("glue", &["CreateDevEndpoint", "UpdateDevEndpoint", "CreateJob", "UpdateJob", "CreateSession"]),
        ("identitystore", &["CreateGroupMembership"]),
        ("kms", &["CreateGrant", "PutKeyPolicy"]),
        ("organizations", &["DetachPolicy", "LeaveOrganization"]),
        ("s3", &["PutBucketPolicy", "PutBucketAcl"]),
        ("sagemaker", &["CreateNotebookInstance", "CreatePresignedNotebookInstanceUrl", "CreateTrainingJob"]),
        ("sagemaker", &["CreateProcessingJob", "CreateNotebookInstanceLifecycleConfig"]),
        ("scheduler", &["CreateSchedule", "UpdateSchedule"]),
        ("ssm", &["SendCommand", "StartSession", "StartAutomationExecution"]),
        ("sso-admin", &["CreateAccountAssignment", "PutInlinePolicyToPermissionSet"]),
        ("stepfunctions", &["CreateStateMachine", "UpdateStateMachine"]),
    ] {
        for name in names {
            assert!(!lets_model(&guard, model, name), "{model} {name}");
        }
    }
    for (model, name) in [
        ("s3", "PutObject"),
        ("dynamodb", "PutItem"),
        ("sqs", "SendMessage"),
        ("iam", "ListRoles"),
        ("ec2", "StopInstances"),
        ("lambda", "Invoke"),
        ("logs", "PutLogEvents"),
        ("sts", "AssumeRole"),
    ] {
        assert!(lets_model(&guard, model, name), "{model} {name}");
    }
}

#[test]
fn no_credential_exfiltration() {
    let guard = Guard::built_in("no-credential-exfiltration").unwrap();
    for (model, names) in [
        (
            "sts",
            "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot GetFederationToken GetSessionToken",
        ),
        ("sts", "GetDelegatedAccessToken"),
        ("s3", "CreateSession"),
        ("s3control", "GetDataAccess"),
        ("iam", "CreateAccessKey"),
        ("sso", "GetRoleCredentials"),
        ("signin", "CreateOAuth2Token"),
        ("cognito-identity", "GetCredentialsForIdentity"),
        ("eks-auth", "AssumeRoleForPodIdentity"),
        ("ecr", "GetAuthorizationToken"),
        ("ecr-public", "GetAuthorizationToken"),
        ("codeartifact", "GetAuthorizationToken"),
        ("lakeformation", "AssumeDecoratedRoleWithSAML GetTemporaryDataLocationCredentials"),
        ("lakeformation", "GetTemporaryGlueTableCredentials GetTemporaryGluePartitionCredentials"),
        ("redshift", "GetClusterCredentials GetClusterCredentialsWithIAM"),
        ("redshift-serverless", "GetCredentials"),
        ("datazone", "GetConnection GetEnvironmentCredentials"),
        (
            "deadline",
            "AssumeFleetRoleForRead AssumeFleetRoleForWorker AssumeQueueRoleForRead AssumeQueueRoleForUser",
        ),
        ("deadline", "AssumeQueueRoleForWorker"),
        ("gamelift", "CreateBuild GetComputeAccess RequestUploadCredentials GetInstanceAccess"),
        ("codepipeline", "GetJobDetails GetThirdPartyJobDetails PollForJobs"),
        ("lightsail", "CreateBucketAccessKey GetBucketAccessKeys DownloadDefaultKeyPair"),
        ("ssm", "GetAccessToken StartSession"),
    ] {
        for name in names.split(' ') {
            assert!(!lets_model(&guard, model, name), "{model} {name}");
        }
    }
    for (model, name) in [("s3", "GetObject"), ("s3", "PutObject"), ("sts", "GetCallerIdentity")] {
        assert!(lets_model(&guard, model, name), "{model} {name}");
    }
    assert!(Guard::BUILT_IN.iter().all(|name| Guard::built_in(name).is_some()));
    assert!(Guard::built_in("read").is_none());
}

#[test]
fn faults_are_named() {
    for (rule, told) in [
        ("", "no service:Operation"),
        ("s3", "no service:Operation"),
        (":GetObject", "no name of a service"),
        ("s3:", "no name of an operation"),
        ("s3:Get Object", "kind:value"),
        ("s3:Get-Object", "no name of an operation"),
        ("s3:@reads", "@read, @write"),
        ("s3:GetObject bucket", "kind:value"),
        ("s3:GetObject bucket:", "kind:value"),
    ] {
        let found = Guard::new("g", None, &[rule]).unwrap_err().to_string();
        assert!(found.contains(told), "{rule}: {found}");
    }
}

proptest! {
    /// A guard that denies lets nothing through that it names, whatever it allows and in whatever order.
    #[test]
    fn deny_always_wins(allowed in "(s3|sqs|\\*):[GPH*][a-zA-Z*]{0,6}", method in "(GET|PUT|HEAD|DELETE)") {
        let operation = s3(&method, "/b/k");
        let guard = Guard::new("g", Some(&[&allowed, "*"]), &["s3:*"]).unwrap();
        prop_assert!(!lets(&guard, &operation));
    }

    #[test]
    fn any_text_is_a_rule_or_none(text in "[a-zA-Z0-9:*@ ._/-]{0,40}") {
        if let Ok(guard) = Guard::new("g", Some(&[&text]), &[&text]) {
            // Allowed and denied alike is denied, or not meant at all.
            for operation in [s3("GET", "/b/k"), iam("GetUser")] {
                prop_assert!(!lets(&guard, &operation));
            }
        }
    }
}
