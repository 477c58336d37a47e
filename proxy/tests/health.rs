//! Why an application does not work, as its operator is told: each reason by its own name, with what to do about it.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};
use std::net::TcpListener;

use awsaccess::env::Env;
use awsaccess_emulator::{Effect, Fault};
use awsaccess_proxy::{Ailment, Health};
use common::desk::Desk;
use common::{DEVELOPER, Stage};
use serde_json::{Value, json};

/// An application of each source, with one role to be assumed.
fn application(name: &str, role: &str) -> String {
    format!(
        "[[application]]\nname = \"{name}\"\nsource = \"{name}\"\n[[application.role]]\nname = \"r\"\n\
         assume = [{{ role_arn = \"{role}\" }}]\n"
    )
}

fn of(stage: &Stage, name: &str) -> Health {
    let mut found = stage.gateway.health(name);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn no_provider_in_the_chain() {
    let stage = Stage::with(|config| {
        let source =
            "[[source]]\nname = \"none\"\norder = [\"environment\", \"web-identity\", \"container\"]\n";
        format!("{config}\n{source}{}", application("none", DEVELOPER))
    });
    let health = of(&stage, "none");
    assert_eq!(health.ailment, Some(Ailment::NoProvider), "{health:?}");
    stage.end();
}

#[test]
fn the_principal_that_is_denied_is_named() {
    let stage = Stage::with(|config| {
        // The trust policy wants the hub between, and an external id.
        format!("{config}\n{}", application("node", DEVELOPER))
    });
    let health = of(&stage, "node");
    let Some(Ailment::Denied { principal: Some(principal) }) = &health.ailment else { panic!("{health:?}") };
    assert!(Ailment::Denied { principal: None }.may_be().contains(&"mfa-demanded"));
    assert!(principal.starts_with("arn:aws:sts::111111111111:assumed-role/gateway-node/"), "{principal}");
    stage.end();
}

#[test]
fn a_container_that_is_one_hop_too_far_from_its_instance() {
    // What is dropped on the way is what nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let stage = Stage::with_env(Env::new(), |config| {
        let place = silent.local_addr().unwrap();
        let source =
            format!("[[source]]\nname = \"far\"\norder = [\"imds\"]\nimds_endpoint = \"http://{place}\"\n");
        format!("{config}\n{source}{}", application("far", DEVELOPER))
    });
    let health = of(&stage, "far");
    assert_eq!(health.ailment, Some(Ailment::HopLimit), "{health:?}");
    assert!(Ailment::HopLimit.advice().contains("hop limit to 2"));
    stage.end();
}

#[test]
fn a_second_factor_is_demanded() {
    let folder = std::env::temp_dir().join(format!("awsaccess-health-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (file, none) = (folder.join("config"), folder.join("none"));
    // As a profile has it for a role whose trust policy wants one: a gateway has nobody to ask for the code.
    let profile = "[profile person]\naws_access_key_id = AKIAHEALTHOFPERSON00\naws_secret_access_key = \
                   health-secret-of-a-person-7f3a\n[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/admin\n\
                   source_profile = person\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\nregion = us-east-1\n";
    std::fs::write(&file, profile).unwrap();
    let env: Env = [
        ("AWS_CONFIG_FILE", file.display().to_string()),
        ("AWS_SHARED_CREDENTIALS_FILE", none.display().to_string()),
    ]
    .into_iter()
    .collect();
    let stage = Stage::with_env(env, |config| {
        let source = "[[source]]\nname = \"person\"\norder = [\"profile\"]\nprofile = \"admin\"\n";
        format!("{config}\n{source}{}", application("person", DEVELOPER))
    });
    let health = of(&stage, "person");
    assert_eq!(health.ailment, Some(Ailment::MfaDemanded), "{health:?}");
    assert!(!format!("{health:?}").contains("health-secret"));
    stage.end();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn sts_and_the_sign_in_are_out_of_reach() {
    let desk = Desk::open_with("", |config| {
        let sign_in = "sts_endpoint = \"";
        let config =
            config.replacen(sign_in, &format!("signin_endpoint = \"http://127.0.0.1:1\"\n{sign_in}"), 1);
        let hub = "{ role_arn = \"arn:aws:iam::111111111111:role/gateway-hub\" }";
        let last = format!("{{ role_arn = \"{DEVELOPER}\", external_id = \"demo-external-id\" }}");
        let solo = "[[application]]\nname = \"solo\"\nsource = \"node\"\n[[application.role]]\nname = \"r\"";
        format!("{config}\n{solo}\nassume = [{hub}, {last}]\n")
    });
    let wish = json!({ "as": { "subject": "alice", "application": "demo", "role": "developer" } });
    let (status, answer) = desk.ask("POST", "/v1/console-links", &wish);
    assert_eq!(status, 502, "{answer}");
    assert!(answer["error"].as_str().unwrap().contains("the sign-in: "), "{answer}");
    // It is told by itself: requests go without it.
    let (status, health) = desk.ask("GET", "/v1/applications/solo/health", &Value::Null);
    let sign_in = &health["sign_in"];
    assert_eq!((status, &health["healthy"]), (200, &json!(true)), "{health}");
    assert_eq!((&sign_in["healthy"], &sign_in["reason"]), (&json!(false), &json!("sign-in-out-of-reach")));
    assert_eq!(sign_in["detail"], "the sign-in: refused", "{sign_in}");
    assert!(sign_in["advice"].as_str().unwrap().contains("only links into the console"), "{sign_in}");
    desk.stage.emulator.fault(Fault::new(Effect::Reset).on_service("sts"));
    let (status, health) = desk.ask("GET", "/v1/applications/demo/health", &Value::Null);
    let developer =
        health["roles"].as_array().unwrap().iter().find(|role| role["role"] == "developer").unwrap();
    assert_eq!((status, &developer["reason"]), (503, &json!("out-of-reach")), "{health}");
    assert!(developer["advice"].as_str().unwrap().contains("reach sts"), "{developer}");
    desk.close(&[]);
}

#[test]
fn the_sign_in_is_asked_for_nothing_and_where_there_is_a_console_only() {
    let desk = Desk::open_with("", |config| {
        let url = config.split("sts_endpoint = ").nth(1).unwrap().lines().next().unwrap().to_owned();
        config.replacen("sts_endpoint = ", &format!("signin_endpoint = {url}\nsts_endpoint = "), 1)
    });
    let health = || desk.ask("GET", "/v1/applications/demo/health", &Value::Null).1;
    let sign_in = &health()["sign_in"];
    assert_eq!((&sign_in["healthy"], &sign_in["reason"]), (&json!(true), &Value::Null), "{sign_in}");
    let asked = desk.stage.emulator.requests();
    let asked: Vec<_> = asked.iter().filter(|request| request.head().contains(" /federation")).collect();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].head().starts_with("GET /federation\n"), "{}", asked[0].head());
    assert!(!asked[0].head().to_lowercase().contains("authorization"), "{}", asked[0].head());
    // One that has bounds which a console would not keep has no console.
    desk.stage.rewrite("source = \"node\"", "source = \"node\"\nregions = [\"us-east-1\"]");
    desk.stage.gateway.reload().unwrap();
    assert!(health().get("sign_in").is_none());
    assert_eq!(desk.stage.gateway.sign_in_health("demo"), None);
    desk.close(&[]);
}

#[test]
fn clients_that_do_not_trust_the_gateway_are_counted_beside_the_roles() {
    let desk = Desk::open();
    let health = || desk.ask("GET", "/v1/applications/demo/health", &Value::Null).1;
    assert!(health().get("clients").is_none());
    for nth in 1..=2 {
        let mut stream = desk.stage.connect("sts.us-east-1.amazonaws.com:443").unwrap();
        // What a client says that finds fault with a certificate.
        stream.write_all(&[0x15, 3, 3, 0, 2, 2, 48]).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
        let told = |line: &&Value| line["error"] == "no-tls-session";
        desk.stage.log.wait_until(|lines| (lines.iter().filter(told).count() == nth).then_some(()));
    }
    let clients = &health()["clients"];
    assert_eq!(clients["reason"], "untrusted-certificate", "{clients}");
    let hosts = clients["hosts"].as_array().unwrap();
    assert_eq!((hosts.len(), &hosts[0]["count"]), (1, &json!(2)), "{clients}");
    assert_eq!(hosts[0]["last_from"], "127.0.0.1");
    assert_eq!(hosts[0]["host"], "sts.us-east-1.amazonaws.com:443");
    assert!(clients["advice"].as_str().unwrap().contains("[ca]"));
    desk.close(&[]);
}
