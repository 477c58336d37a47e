//! The agents of containers, and the extended form of the metadata service's credentials.

mod support;

use awsaccess_emulator::{Container, Effect, Emulator, Fault, World};
use serde_json::Value;
use support::{Call, Keys, Reply, ask_sts, start_with};

const ACCOUNT: &str = "111111111111";

fn ask(emulator: &Emulator, path: &str, token: Option<&str>) -> Reply {
    let mut call = Call::new("GET", "169.254.170.2", path);
    if let Some(token) = token {
        call = call.header("authorization", token);
    }
    call.send_plain(emulator.container_address()).expect("a reply")
}

fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).expect("JSON")
}

fn keys(reply: &Reply) -> Keys {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = json(reply);
    let text = |name: &str| body[name].as_str().expect(name).to_owned();
    Keys { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("Token")) }
}

fn arn(emulator: &Emulator, keys: &Keys) -> String {
    ask_sts(emulator, keys, &[("Action", "GetCallerIdentity")]).element("Arn")
}

#[test]
fn a_task_of_ecs() {
    let emulator = start_with(World::demo());
    let container = emulator.world().containers[0].clone();
    let reply = ask(&emulator, &container.path, None);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(json(&reply)["RoleArn"], format!("arn:aws:iam::{ACCOUNT}:role/task"));
    assert!(json(&reply)["Expiration"].as_str().expect("an end").ends_with('Z'));
    let first = keys(&reply);
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/task/{}", container.session);
    assert_eq!(arn(&emulator, &first), session);
    assert!(emulator.secrets().contains(&first.secret));

    let reply = ask(&emulator, "/v2/credentials/00000000-0000-4000-8000-000000000000", None);
    assert_eq!((reply.status, json(&reply)["code"].as_str()), (400, Some("InvalidIdInRequest")));
    assert_eq!(ask(&emulator, "/elsewhere", None).status, 404);
    let post = Call::new("POST", "169.254.170.2", &container.path);
    assert_eq!(post.send_plain(emulator.container_address()).expect("a reply").status, 405);
}

#[test]
fn credentials_rotate_before_their_end() {
    let emulator = start_with(World::demo());
    let path = emulator.world().containers[0].path.clone();
    let first = keys(&ask(&emulator, &path, None));
    assert_eq!(keys(&ask(&emulator, &path, None)).id, first.id);
    // Five minutes before, and as long as this test can take.
    emulator.set_clock_offset(6 * 3600 - 420);
    assert_eq!(keys(&ask(&emulator, &path, None)).id, first.id);
    emulator.set_clock_offset(6 * 3600 - 299);
    let second = keys(&ask(&emulator, &path, None));
    assert_ne!(second.id, first.id);
    assert!(emulator.expire(&second.id));
    assert_ne!(keys(&ask(&emulator, &path, None)).id, second.id);
}

#[test]
fn the_token_tells_the_pod() {
    let world = World {
        containers: vec![
            Container::eks(ACCOUNT, "first"),
            Container::eks(ACCOUNT, "second").with_token("token-of-the-second-pod"),
            Container {
                path: "/serverless".into(),
                ..Container::ecs(ACCOUNT, "third").with_token("third-token")
            },
        ],
        ..World::default()
    };
    let emulator = start_with(world);
    let first = emulator.world().containers[0].token.clone().expect("a token");
    assert!(emulator.secrets().contains(&first));
    let reply = ask(&emulator, "/v1/credentials", Some(&first));
    assert_eq!(json(&reply)["AccountId"], ACCOUNT);
    assert!(arn(&emulator, &keys(&reply)).contains("assumed-role/first/"));
    let second = keys(&ask(&emulator, "/v1/credentials", Some("token-of-the-second-pod")));
    assert!(arn(&emulator, &second).contains("assumed-role/second/"));

    for (path, token, status, code) in [
        ("/v1/credentials", None, 400, "ValidationException"),
        ("/v1/credentials", Some("another"), 401, "AccessDenied"),
        ("/v1/credentials", Some("token-of-the-second-pod\t."), 401, "AccessDenied"),
        ("/v1/credentials", Some("third-token"), 401, "AccessDenied"),
        ("/serverless", None, 401, "AccessDenied"),
        ("/serverless", Some("Bearer third-token"), 401, "AccessDenied"),
        ("/v1/nothing", Some("another"), 404, "ResourceNotFoundException"),
    ] {
        let reply = ask(&emulator, path, token);
        assert_eq!((reply.status, json(&reply)["code"].as_str()), (status, Some(code)), "{path} {token:?}");
        assert!(!reply.text().contains("third-token"), "an error shows no token");
    }
    assert_eq!(ask(&emulator, "/serverless", Some("third-token")).status, 200);
}

#[test]
fn faults_by_path_in_the_agents_shape() {
    let emulator = start_with(World::demo());
    let path = emulator.world().containers[0].path.clone();
    let fault = Fault::new(Effect::Status { status: 503, code: "CredentialsUninitialized".into() });
    emulator.fault(fault.on_service("container").on_path("/v2/*").times(1));
    let token = emulator.world().containers[1].token.clone();
    assert_eq!(ask(&emulator, "/v1/credentials", token.as_deref()).status, 200);
    let reply = ask(&emulator, &path, None);
    assert_eq!((reply.status, json(&reply)["code"].as_str()), (503, Some("CredentialsUninitialized")));
    assert_eq!(ask(&emulator, &path, None).status, 200);
    emulator.fault(Fault::new(Effect::Reset).on_path("/v2/*"));
    assert!(Call::new("GET", "x", &path).send_plain(emulator.container_address()).is_err());
}

/// `security-credentials-extended/` has the account's id; a service without it answers 404, and the old form stays.
#[test]
fn extended_metadata() {
    let get = |emulator: &Emulator, path: &str| {
        let call =
            Call::new("PUT", "x", "/latest/api/token").header("x-aws-ec2-metadata-token-ttl-seconds", "60");
        let token = call.send_plain(emulator.metadata_address()).expect("a reply").text();
        assert!(emulator.secrets().contains(&token));
        let call = Call::new("GET", "x", path).header("x-aws-ec2-metadata-token", &token);
        call.send_plain(emulator.metadata_address()).expect("a reply")
    };
    let (extended, plain) = (
        "/latest/meta-data/iam/security-credentials-extended/",
        "/latest/meta-data/iam/security-credentials/",
    );
    let emulator = start_with(World::demo());
    assert_eq!(get(&emulator, extended).text(), "gateway-node");
    let reply = get(&emulator, &format!("{extended}gateway-node"));
    assert_eq!(json(&reply)["AccountId"], ACCOUNT);
    assert!(arn(&emulator, &keys(&reply)).contains("assumed-role/gateway-node/i-"));
    let old = get(&emulator, &format!("{plain}gateway-node"));
    assert_eq!(json(&old)["AccountId"], Value::Null);
    assert_eq!(keys(&old).id, keys(&reply).id);
    assert_eq!(get(&emulator, &format!("{extended}other")).status, 404);

    let mut world = World::demo();
    world.instance.as_mut().expect("an instance").extended = false;
    let emulator = start_with(world);
    assert_eq!(get(&emulator, extended).status, 404);
    assert_eq!(get(&emulator, &format!("{extended}gateway-node")).status, 404);
    assert_eq!(get(&emulator, &format!("{plain}gateway-node")).status, 200);
}
