//! `awsaccess proxy` and `proxy check`, as an operator starts them.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[allow(dead_code, reason = "each test uses a part of the desk")]
mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use common::{Desk, text, with_records};
use serde_json::Value;

const PROBES: &str = "\n[probes]\nlisten = \"127.0.0.1:0\"\n";
const ADMIN: &str = "\n[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\nstate = \"state.json\"\n";

fn private(desk: &Desk, name: &str, contents: &str) {
    std::fs::write(desk.path(name), contents).expect("a file");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(desk.path(name), mode).expect("a mode");
    }
}

#[test]
fn check_reads_the_state_that_the_gateway_would_take_up() {
    let desk = Desk::new("check");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    std::fs::write(desk.path("gateway.toml"), desk.configuration() + ADMIN).expect("a file");
    let check = ["proxy", "check", "--config", "gateway.toml"];
    assert!(desk.done(&check).contains("nothing is wrong"));
    assert!(!desk.path("state.json.lock").exists() && !desk.path("token").exists(), "it only looks");
    let state = |applications: &str| {
        format!("{{\"awsaccess_gateway_state\":1,\"applications\":[{applications}],\"revocations\":[]}}")
    };
    private(&desk, "state.json", &state("{\"name\": \"team\", \"source\": \"node\"}"));
    assert!(desk.done(&check).contains("nothing is wrong"));
    // What was added to another configuration, and what is no state at all.
    private(&desk, "state.json", &state("{\"name\": \"team\", \"source\": \"gone\"}"));
    let said = desk.fails(2, &check);
    assert!(said.contains("[admin] state") && said.contains("the application 'team'"), "{said}");
    assert!(said.contains("no [[source]] of the name 'gone'"), "{said}");
    private(&desk, "state.json", "{}");
    assert!(desk.fails(2, &check).contains("no state of a gateway"));
}

#[test]
fn the_line_of_a_gateway_that_is_ready_says_where_its_administrator_and_its_probes_ask() {
    let desk = Desk::new("ready");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    #[cfg(unix)]
    let unix = "\n[admin]\nlisten = \"unix:admin.sock\"\n";
    for more in [
        "",
        ADMIN,
        PROBES,
        #[cfg(unix)]
        unix,
    ] {
        std::fs::write(desk.path("g.toml"), with_records(&desk.configuration()) + more).expect("a file");
        let arguments = ["proxy", "--config", "g.toml", "--json", "--until-stdin-ends"];
        let mut child = desk.command(&arguments).stdin(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let out = BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line);
        out.expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("json");
        let url = ready["admin_url"].as_str();
        assert!(ready.as_object().expect("an object").contains_key("admin_url"), "{line}");
        let probes = ready["probes_address"].as_str();
        assert_eq!(probes.is_some(), more == PROBES, "{line}");
        match more {
            "" => assert_eq!(url, None),
            PROBES => {
                let mut asking = TcpStream::connect(probes.expect("an address")).expect("it listens");
                asking.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").expect("asked");
                let mut answer = String::new();
                asking.read_to_string(&mut answer).expect("an answer");
                assert!(answer.starts_with("HTTP/1.1 200 ") && url.is_none(), "{answer}");
            }
            ADMIN => {
                // It is what `connect` takes.
                let more = ["--subject", "alice", "--role", "developer", "--token-file", "token"];
                let arguments = [&["connect", "demo", "--gateway", url.expect("a url")][..], &more].concat();
                assert!(desk.done(&arguments).contains("connected to demo"), "{line}");
                // One at a time has the state.
                let other = desk.fails(1, &["proxy", "--config", "g.toml"]);
                assert!(other.contains("another gateway has it"), "{other}");
            }
            _ => assert!(url.is_some_and(|url| url.starts_with("unix:") && url.ends_with("admin.sock"))),
        }
        drop(child.stdin.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
}
