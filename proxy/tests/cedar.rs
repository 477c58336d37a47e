//! A gateway with policies in Cedar: what its rules allow is asked there too, with where a request comes from and how its
//! subject signed in.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use common::{BOB, Call, SECRET, Stage};

/// Who writes has signed in with MFA, and comes from this network.
fn policies(network: &str) -> String {
    format!(
        r#"
        permit(principal, action == Action::"read", resource);
        permit(principal, action == Action::"write", resource in Application::"demo")
        when {{
            context.session.hasTag("mfa") && context.session.getTag("mfa").contains("true") &&
            context has source && context.source.isInRange(ip("{network}"))
        }};
        "#
    )
}

/// Alice has signed in with MFA, Bob without.
fn stage(network: &str) -> Stage {
    let file = std::env::temp_dir().join(format!("awsaccess-{}-{}.cedar", std::process::id(), &network[..2]));
    std::fs::write(&file, policies(network)).unwrap();
    let stage = Stage::with(|text| {
        let asked = format!("[cedar]\npolicies = [\"{}\"]\n[limits]", file.display());
        let alice = format!("\"{SECRET}\"\nsubject = \"alice\"\n");
        assert!(text.contains(&alice) && text.contains("role = \"admin\"\n"));
        text.replacen("[limits]", &asked, 1)
            .replace(&alice, &format!("{alice}signed_in = {{ mfa = \"true\" }}\n"))
            .replace("role = \"admin\"\n", "role = \"developer\"\n")
    });
    std::fs::remove_file(file).unwrap();
    stage
}

fn read() -> Call {
    Call::dynamodb("GetItem", r#"{"TableName":"demo-table","Key":{"id":{"S":"a"}}}"#)
}

fn write() -> Call {
    Call::dynamodb("PutItem", r#"{"TableName":"demo-table","Item":{"id":{"S":"a"}}}"#)
}

#[test]
fn cedar_judges_by_how_somebody_signed_in_and_where_from() {
    let here = stage("127.0.0.0/8");
    for call in [read(), read().keys(BOB, SECRET), write()] {
        let reply = here.send(&call);
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    here.send(&write().keys(BOB, SECRET)).refused(403, "AccessDeniedException");
    let lines = here.end();
    let refused: Vec<_> = lines.iter().filter(|line| line["decision"] == "refused").collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!((&refused[0]["subject"], &refused[0]["operation"]), (&"bob".into(), &"PutItem".into()));
    assert_eq!(refused[0]["reason"], "denied by cedar: no policy permits it");

    let elsewhere = stage("10.0.0.0/8");
    assert_eq!(elsewhere.send(&read()).status, 200);
    elsewhere.send(&write()).refused(403, "AccessDeniedException");
    let passed = elsewhere.emulator.requests();
    assert!(passed.iter().all(|request| !request.head().contains("PutItem")), "it went on to AWS");
    elsewhere.end();
}
