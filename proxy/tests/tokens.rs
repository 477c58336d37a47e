//! Tokens that clients sign offline with their placeholders: given to the gateway, and back in the same form, with keys that
//! AWS knows.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{self, OfflinePresign, Payload, Policy, Request, Scope, Settings};
use awsaccess::time::Time;
use common::desk::Desk;
use common::{ALICE, BOB, Call, SECRET, Stage};
use serde_json::{Value, json};

const WHO: &str = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15";
const RDS: &str = "db.x.us-east-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app";
const S3: &str = "https://demo-bucket.s3.us-east-1.amazonaws.com/key";

fn now() -> Time {
    Time::from(std::time::SystemTime::now())
}

/// What a client prints that signs for a service on its own, without a scheme unless the URL has one.
fn token(keys: &Credentials, url: &str, service: &str, seconds: u64, cluster: Option<&str>) -> String {
    let whole = format!("https://{}", url.trim_start_matches("https://"));
    let headers: Vec<_> = cluster.iter().map(|name| ("x-k8s-aws-id", *name)).collect();
    let request = Request::new("GET", &whole, &headers);
    let scope = Scope::new("us-east-1", service);
    let payload = if service == "s3" { Payload::Unsigned } else { Payload::Bytes(b"") };
    let lasts = Duration::from_secs(seconds);
    let signed = sigv4::presign(&request, payload, keys, &scope, &Settings::default(), lasts, now()).unwrap();
    let text = String::from_utf8(signed.target().to_vec()).unwrap();
    match cluster {
        Some(_) => format!("k8s-aws-v1.{}", base64url(text.as_bytes())),
        None if url.starts_with("https://") => text,
        None => text.trim_start_matches("https://").to_owned(),
    }
}

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        (0..=group.len()).for_each(|at| text.push(DIGITS[(bits >> (18 - 6 * at) & 63) as usize].into()));
    }
    text
}

fn alice() -> Credentials {
    Credentials::new(ALICE, SECRET)
}

/// Asks as whoever holds the placeholder.
fn ask(stage: &Stage, keys: &Credentials, wish: &Value) -> (u16, Value) {
    let mut call = Call::new("POST", "awsaccess", "awsaccess.internal", "/v1/presigned-urls")
        .header("content-type", "application/json")
        .body(wish.to_string().into_bytes());
    call.keys = keys.clone();
    let reply = stage.send(&call);
    (reply.status, serde_json::from_str(&reply.body).unwrap())
}

/// What was given back, proven with the keys that AWS gave the gateway.
fn proven(stage: &Stage, text: &str, headers: &[(&str, &str)]) -> OfflinePresign {
    let read = || {
        let found = OfflinePresign::recognize(text.as_bytes()).unwrap();
        headers.iter().fold(found, |found, (name, value)| found.with_header(name, value))
    };
    let id = read().access_key_id().to_owned();
    let (secret, token) = stage.emulator.temporary_keys(&id).expect("a key that sts gave");
    let keys = Credentials::new(&id, &secret).with_session_token(token);
    read().verify(&keys, &Policy::default(), now()).unwrap_or_else(|why| panic!("{}", why.operator_detail()));
    read()
}

#[test]
fn each_kind_comes_back_as_it_came_with_keys_that_aws_knows() {
    let stage = Stage::new();
    for (url, service, kind, operation) in [
        (RDS, "rds-db", "rds-token", "connect"),
        ("cache/?Action=connect&User=app", "elasticache", "elasticache-token", "Connect"),
        ("store/?Action=connect&User=app", "memorydb", "memorydb-token", "Connect"),
        ("abc.dsql.us-east-1.on.aws/?Action=DbConnectAdmin", "dsql", "dsql-token", "DbConnectAdmin"),
        (S3, "s3", "s3", "GetObject"),
    ] {
        let text = token(&alice(), url, service, 900, None);
        let (status, answer) = ask(&stage, &alice(), &json!({ "token": text }));
        assert_eq!(status, 200, "{answer}");
        let back = answer["token"].as_str().unwrap();
        assert_eq!(answer["kind"], kind);
        assert_eq!(text.starts_with("https://"), back.starts_with("https://"), "{back}");
        assert_eq!(back.split("&X-Amz-").next(), text.split("&X-Amz-").next());
        let found = proven(&stage, back, &[]);
        assert_eq!((found.kind().name(), found.service()), (kind, service));
        let seconds = answer["seconds"].as_u64().unwrap();
        assert!((840..=900).contains(&seconds) && answer["limited_by"] == "asked", "{answer}");
        let log = stage.log.text();
        let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        assert_eq!((&last["operation"], &last["event"]), (&json!(operation), &json!("presigned.end")));
        assert_eq!((&last["subject"], &last["service"]), (&json!("alice"), &json!(service)));
        assert!(last["expires"].is_string() && last["access_key_id"] == ALICE);
        assert!(!log.contains("X-Amz-Signature") || !log.contains(back));
    }
    // An EKS token, which STS takes from whoever shows it.
    let text = token(&alice(), WHO, "sts", 60, Some("prod"));
    let (status, answer) =
        ask(&stage, &alice(), &json!({ "token": text, "headers": { "x-k8s-aws-id": "prod" } }));
    assert_eq!((status, &answer["kind"]), (200, &json!("eks-token")), "{answer}");
    let back = answer["token"].as_str().unwrap();
    assert!(back.starts_with("k8s-aws-v1."));
    proven(&stage, back, &[("x-k8s-aws-id", "prod")]);
    let lines = stage.end();
    let last = lines.iter().rfind(|line| line["event"] == "presigned.end").unwrap();
    assert_eq!(
        (&last["operation"], &last["resources"]),
        (&json!("GetCallerIdentity"), &json!(["cluster:prod"]))
    );
}

#[test]
fn it_lasts_no_longer_than_anything_that_bounds_it() {
    let desk = Desk::open();
    let wish = json!({ "subject": "alice", "application": "demo", "role": "developer", "seconds": 120 });
    let (_, issued) = desk.ask("POST", "/v1/placeholders", &wish);
    let text = |name: &str| issued[name].as_str().unwrap().to_owned();
    let keys = Credentials::new(text("access_key_id"), text("secret_access_key"))
        .with_session_token(text("session_token"));
    let printed = token(&keys, RDS, "rds-db", 900, None);
    let (status, answer) = ask(&desk.stage, &keys, &json!({ "token": printed }));
    assert_eq!((status, &answer["limited_by"]), (200, &json!("placeholder")), "{answer}");
    assert!(answer["seconds"].as_u64().unwrap() <= 120);
    let back = answer["token"].as_str().unwrap();
    assert!(!back.contains(&text("access_key_id")), "nothing of the placeholder is in it");
    proven(&desk.stage, back, &[]);
    let (_, answer) = ask(&desk.stage, &keys, &json!({ "token": printed, "seconds": 30 }));
    assert_eq!((&answer["seconds"], &answer["limited_by"]), (&json!(30), &json!("asked")));
    // An administrator may ask for its holder, and for nobody else with it.
    let whose = |id: &str, token: &Value| json!({ "access_key_id": id, "session_token": token });
    let own = json!({ "as": whose(keys.access_key_id(), &issued["session_token"]), "token": printed });
    assert_eq!(desk.ask("POST", "/v1/presigned-urls", &own).0, 200);
    for other in [
        json!({ "access_key_id": ALICE }),
        json!({ "subject": "alice", "application": "demo", "role": "developer" }),
    ] {
        let (status, answer) =
            desk.ask("POST", "/v1/presigned-urls", &json!({ "as": other, "token": printed }));
        assert_eq!(status, 422, "{answer}");
    }
    assert_eq!(desk.ask("POST", "/v1/revocations", &json!({ "access_key_id": keys.access_key_id() })).0, 200);
    assert_eq!(desk.ask("POST", "/v1/presigned-urls", &own).0, 403);
    desk.close(&[&text("session_token"), &printed]);
}

#[test]
fn what_was_not_signed_rightly_or_is_not_allowed_comes_back_as_nothing() {
    let stage = Stage::with(|config| {
        let guards = "[[guard]]\nname = \"own\"\n\
                      allow = [\"s3:*\", \"rds-db:connect user:app\", \"sts:GetCallerIdentity cluster:dev-*\"]\n[[role]]\nname = \"developers\"\nguards = [\"own\"]";
        config.replacen("[[role]]\nname = \"developers\"", guards, 1)
    });
    let printed = |url: &str, service: &str| token(&alice(), url, service, 900, None);
    let rds = printed(RDS, "rds-db");
    assert_eq!(ask(&stage, &alice(), &json!({ "token": rds })).0, 200);
    let before = stage.emulator.requests().len();
    let dev = |name: &str| json!({ "token": token(&alice(), WHO, "sts", 60, Some(name)), "headers": { "x-k8s-aws-id": name } });
    assert_eq!(ask(&stage, &alice(), &dev("dev-1")).0, 200);
    let altered = rds.replace("DBUser=app", "DBUser=admin");
    let (head, tail) = rds.split_at(rds.len() - 1);
    let forged = format!("{head}{}", if tail == "0" { "1" } else { "0" });
    for (wish, wanted) in [
        (json!({ "token": altered }), 403),
        (json!({ "token": forged }), 403),
        (json!({ "token": printed(&RDS.replace("app", "admin"), "rds-db") }), 403),
        (json!({ "token": printed("cache/?Action=connect&User=app", "elasticache") }), 403),
        (dev("prod"), 403),
        // The same without the clothes of EKS, which a cluster puts on anew.
        (json!({ "url": WHO, "headers": { "x-k8s-aws-id": "prod" } }), 403),
        (json!({ "token": printed(WHO, "sts") }), 403),
        // The cluster is signed: it cannot be another.
        (json!({ "token": dev("prod")["token"], "headers": { "x-k8s-aws-id": "dev-1" } }), 403),
        (json!({ "token": dev("prod")["token"] }), 422),
        (json!({ "token": token(&Credentials::new(BOB, SECRET), RDS, "rds-db", 900, None) }), 422),
        (json!({ "token": rds, "url": S3 }), 422),
        (json!({ "token": rds, "region": "us-east-1" }), 422),
        (json!({ "token": "hello" }), 422),
        (json!({ "token": rds, "seconds": 0 }), 422),
        (json!({}), 422),
    ] {
        let (status, answer) = ask(&stage, &alice(), &wish);
        assert_eq!(status, wanted, "{wish}: {answer}");
        assert!(answer.get("token").is_none() && answer.get("url").is_none());
        assert!(!answer.to_string().contains("X-Amz-"), "{answer}");
    }
    assert_eq!(stage.emulator.requests().len(), before, "nobody was asked for anything");
    assert!(!stage.log.text().contains(&forged[forged.len() - 64..]));
    stage.end();
}
