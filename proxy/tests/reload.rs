//! Another configuration, taken while the gateway runs: as a whole or not at all.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{Read, Write};

use awsaccess_proxy::ReloadError;
use common::{Call, DEVELOPER, Reply, Stage};

impl Stage {
    fn rewrite(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(&self.config_file).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&self.config_file, text.replace(from, to)).unwrap();
    }
}

#[test]
fn each_request_is_judged_by_the_rules_of_its_time() {
    let stage = Stage::new();
    let call = Call::sts("GetCallerIdentity");
    assert_eq!(stage.send(&call).status, 200);
    // A connection that stays open over the change.
    let mut open = stage.tls(call.host, call.host).unwrap();
    let keep = String::from_utf8(call.bytes()).unwrap().replace("connection: close\r\n", "");
    open.write_all(keep.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut byte = [0];
        open.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
    let length = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length =
        length.split("content-length: ").nth(1).unwrap().split('\r').next().unwrap().parse().unwrap();
    open.read_exact(&mut vec![0; length]).unwrap();

    stage.rewrite(
        &format!("allow = [\"{DEVELOPER}\"]"),
        "allow = [\"arn:aws:iam::222222222222:role/nobody\"]",
    );
    stage.gateway.reload().unwrap();
    open.write_all(&call.bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = open.read_to_end(&mut answer);
    Reply::read(&answer).refused(403, "AccessDenied");
    stage.send(&call).refused(403, "AccessDenied");

    let fetched = stage.emulator.requests().len();
    stage.rewrite("role/nobody", "role/developer");
    stage.gateway.reload().unwrap();
    assert_eq!(stage.send(&call).status, 200);
    let again = stage.emulator.requests().len() - fetched;
    assert_eq!(again, 1, "the credentials of sources that are the same are kept");

    let log = stage.log.clone();
    let lines = stage.end();
    let changes: Vec<_> = lines.iter().filter(|line| line["event"] == "change.end").collect();
    assert_eq!(changes.len(), 2, "{}", log.text());
    assert!(changes.iter().all(|line| line["operation"] == "reload" && line["decision"] == "allowed"));
}

#[test]
fn what_is_wrong_changes_nothing() {
    let stage = Stage::new();
    let call = Call::sts("GetCallerIdentity");
    for (from, to, wanted) in [
        ("[[subject]]", "[[subjekt]]", "subjekt"),
        ("listen = [\"127.0.0.1:0\"]", "listen = [\"127.0.0.1:1\"]", "listen: cannot change"),
    ] {
        stage.rewrite(from, to);
        let error = stage.gateway.reload().unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(stage.send(&call).status, 200);
        stage.rewrite(to, from);
    }
    std::fs::remove_file(&stage.config_file).unwrap();
    assert!(matches!(stage.gateway.reload(), Err(ReloadError::Config(_))));
    assert_eq!(stage.send(&call).status, 200);
    let lines = stage.end();
    let refused = lines.iter().filter(|line| line["event"] == "change.end" && line["decision"] == "refused");
    assert_eq!(refused.count(), 3);
}

#[test]
fn what_came_from_no_file_is_replaced_whole() {
    let stage = Stage::with(|config| format!("{config}\n# as the program has it\n"));
    let text = std::fs::read_to_string(&stage.config_file).unwrap();
    let other = text.replace("role/developer\"]", "role/nobody\"]");
    stage.gateway.replace(awsaccess_proxy::Config::parse(&other).unwrap()).unwrap();
    stage.send(&Call::sts("GetCallerIdentity")).refused(403, "AccessDenied");
    stage.end();
}
