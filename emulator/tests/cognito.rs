//! Identity pools of Cognito; and the algorithms and session tags of web identity tokens.

#![allow(clippy::needless_pass_by_value, reason = "JSON is written where it is used")]

#[path = "support/key.rs"]
mod key;

mod support;

use awsaccess_emulator::{Effect, Emulator, Fault, Role, World};
use serde_json::{Value, json};
use support::{Call, Keys, Reply, ask_sts, start_with, sts};

const POOL: &str = "us-east-1:11111111-2222-4333-8444-555555555555";
const ISSUER: &str = "https://ci.example.com";

fn ask(emulator: &Emulator, operation: &str, body: Value) -> Reply {
    Call::new("POST", "cognito-identity.us-east-1.amazonaws.com", "/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", &format!("AWSCognitoIdentityService.{operation}"))
        .body(body.to_string())
        .send(emulator)
}

fn json(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_slice(&reply.body).expect("JSON")
}

fn token(emulator: &Emulator, audience: &str) -> String {
    emulator.web_identity_token(ISSUER, audience, "repo:example/app", 600).expect("a provider")
}

fn arn(emulator: &Emulator, credentials: &Value) -> String {
    let text = |name: &str| credentials[name].as_str().expect(name).to_owned();
    let keys = Keys { id: text("AccessKeyId"), secret: text("SecretKey"), token: Some(text("SessionToken")) };
    assert!(credentials["Expiration"].as_i64().expect("a number") > emulator.now());
    ask_sts(emulator, &keys, &[("Action", "GetCallerIdentity")]).element("Arn")
}

#[test]
fn credentials_with_and_without_a_login() {
    let emulator = start_with(World::demo());
    let logins = json!({"ci.example.com": token(&emulator, "sts.amazonaws.com")});
    let id = json(&ask(&emulator, "GetId", json!({"IdentityPoolId": POOL, "Logins": logins})))["IdentityId"]
        .clone();
    let again = json(&ask(&emulator, "GetId", json!({"IdentityPoolId": POOL, "Logins": logins})));
    assert_eq!(again["IdentityId"], id, "the same login is the same identity");
    let body = json!({"IdentityId": id, "Logins": logins});
    let reply = json(&ask(&emulator, "GetCredentialsForIdentity", body));
    assert!(
        arn(&emulator, &reply["Credentials"]).contains("assumed-role/app-user/CognitoIdentityCredentials")
    );
    let bare = ask(&emulator, "GetCredentialsForIdentity", json!({"IdentityId": id}));
    assert_eq!(bare.error(), (400, "NotAuthorizedException".to_owned()));

    let guest = json(&ask(&emulator, "GetId", json!({"IdentityPoolId": POOL})))["IdentityId"].clone();
    let reply = json(&ask(&emulator, "GetCredentialsForIdentity", json!({"IdentityId": guest})));
    assert!(arn(&emulator, &reply["Credentials"]).contains("assumed-role/app-guest/"));

    for (operation, body, code) in [
        ("GetId", json!({"IdentityPoolId": "us-east-1:nothing"}), "ResourceNotFoundException"),
        ("GetId", json!({}), "InvalidParameterException"),
        (
            "GetId",
            json!({"IdentityPoolId": POOL, "Logins": {"other.example.com": "x"}}),
            "NotAuthorizedException",
        ),
        (
            "GetId",
            json!({"IdentityPoolId": POOL, "Logins": {"ci.example.com": "x"}}),
            "NotAuthorizedException",
        ),
        (
            "GetId",
            json!({"IdentityPoolId": POOL, "Logins": {"ci.example.com": token(&emulator, "elsewhere")}}),
            "NotAuthorizedException",
        ),
        (
            "GetCredentialsForIdentity",
            json!({"IdentityId": "us-east-1:nothing"}),
            "ResourceNotFoundException",
        ),
    ] {
        assert_eq!(ask(&emulator, operation, body).error(), (400, code.to_owned()), "{operation} {code}");
    }
    let fault = Fault::new(Effect::Status { status: 429, code: String::new() });
    emulator.fault(fault.on_service("cognito-identity").times(1));
    assert_eq!(ask(&emulator, "GetId", json!({})).error(), (429, "TooManyRequestsException".to_owned()));
}

/// The older way: a token of the pool is a web identity.
#[test]
fn a_pools_token_is_a_web_identity() {
    let emulator = start_with(World::demo());
    let guest = json(&ask(&emulator, "GetId", json!({"IdentityPoolId": POOL})))["IdentityId"].clone();
    let token = json(&ask(&emulator, "GetOpenIdToken", json!({"IdentityId": guest})))["Token"].clone();
    let assume = |role: &str| {
        sts(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("RoleArn", &format!("arn:aws:iam::222222222222:role/{role}")),
            ("RoleSessionName", "app"),
            ("WebIdentityToken", token.as_str().expect("a token")),
        ])
        .send(&emulator)
    };
    assert_eq!(assume("app-guest").status, 200);
    assert_eq!(
        assume("app-user").error(),
        (403, "AccessDenied".to_owned()),
        "the role is for those who log in"
    );
}

#[test]
fn web_identities_by_rsa_and_with_session_tags() {
    let trust = |actions: Value| {
        let trust = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::222222222222:oidc-provider/ci.example.com"},
            "Action": actions}});
        Role::trusting("222222222222", "tagged", &trust).expect("a policy")
    };
    let assume = |emulator: &Emulator, token: &str| {
        sts(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("RoleArn", "arn:aws:iam::222222222222:role/tagged"),
            ("RoleSessionName", "job"),
            ("WebIdentityToken", token),
        ])
        .send(emulator)
    };
    let more = json!({"https://aws.amazon.com/tags": {"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]},
        "https://aws.amazon.com/source_identity": "dana"});
    let tagged = |emulator: &Emulator| {
        emulator.web_identity_token_with(ISSUER, "sts.amazonaws.com", "s", &more, 600).expect("a provider")
    };
    let mut world = World::demo();
    world.oidc_providers[0].signing_key = key::RSA.into();
    let actions = json!(["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]);
    let emulator = start_with(world.clone().role(trust(actions)));
    let by_rsa = tagged(&emulator);
    let reply = assume(&emulator, &by_rsa);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.element("SourceIdentity"), "dana");

    let emulator = start_with(World::demo().role(trust(json!("sts:AssumeRoleWithWebIdentity"))));
    let reply = assume(&emulator, &by_rsa);
    assert_eq!(reply.error(), (400, "InvalidIdentityToken".to_owned()), "another key and another algorithm");
    let untrusted = assume(&emulator, &tagged(&emulator));
    assert!(untrusted.status == 403 && untrusted.text().contains("sts:TagSession"), "{}", untrusted.text());
    assert_eq!(assume(&emulator, &token(&emulator, "sts.amazonaws.com")).status, 200);
}
