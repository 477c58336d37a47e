//! What somebody would try who wants more than was granted, on the wire. `docs/THREAT_MODEL.md` lists every attack with
//! what stops it and the tests that show it; `table.rs` holds that list against the tests that there are.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
#[path = "../common/mod.rs"]
mod common;

mod answer;
mod identity;
mod place;
mod reading;
mod record;
mod table;

use common::{Reply, Stage};

/// Ends a stage from which nothing may have come to AWS, save for what the gateway asks for itself; its log.
#[track_caller]
fn nothing_passed(stage: Stage) -> Vec<serde_json::Value> {
    let passed: Vec<_> = stage.emulator.requests().iter().map(awsaccess_emulator::Recorded::head).collect();
    assert!(passed.is_empty(), "{passed:?}");
    let lines = stage.end();
    assert!(lines.iter().all(|line| line["decision"] == "refused"), "{lines:?}");
    lines
}

#[track_caller]
fn is_refused(what: &str, reply: &Reply) {
    assert!((400..500).contains(&reply.status), "{what}: {}{}", reply.head, reply.body);
}
