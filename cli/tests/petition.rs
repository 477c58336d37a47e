//! `awsaccess console` and `awsaccess presign` for who holds a placeholder and is no administrator, as a person runs them.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[allow(dead_code, reason = "each test uses a part of the desk")]
mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use common::{Desk, US, text};
use serde_json::Value;

const REQUEST: &[u8] = b"GET /key HTTP/1.1\nHost: demo-bucket.s3.us-east-1.amazonaws.com\n\n";
const S3: [&str; 6] = ["--service", "s3", "--region", "us-east-1", "--expires", "60"];

/// What it prints of that input.
fn piped(mut command: Command, input: &[u8]) -> String {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("piped").write_all(input).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn who_is_connected_gets_links_without_an_administrator() {
    let desk = Desk::new("petition");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    let gateway = desk.proxy();
    let _ = desk.done(&["connect", "demo", "--config", "gateway.toml", "--address", &gateway.address]);
    let link = desk.done(&["console", "--name", "demo", "--duration", "15m", "--destination", "ec2"]);
    assert!(link.contains("/federation?Action=login&") && link.lines().count() == 1, "{link}");
    let url = piped(desk.command(&[&["presign", "--name", "demo"][..], &S3].concat()), REQUEST);
    assert!(url.starts_with("https://demo-bucket.s3.us-east-1.amazonaws.com/key?X-Amz-"), "{url}");
    assert!(!url.contains("AGWP") && url.contains("X-Amz-Expires=60"), "{url}");

    // A program that the placeholder was given to in its environment, in either mode.
    for mode in [&["run"][..], &["run", "--endpoint-url-mode"]] {
        let link = desk.done(&[mode, &["--", US, "console", "--from-env", "--json"]].concat());
        let link: Value = serde_json::from_str(&link).expect("json");
        assert!(link["arn"].as_str().expect("an arn").ends_with("assumed-role/developer/alice"), "{link}");
        let presign = [mode, &["--", US, "presign", "--from-env"], &S3].concat();
        assert!(piped(desk.command(&presign), REQUEST).starts_with("https://demo-bucket."));
    }
    let records = std::fs::read_to_string(desk.path("records.jsonl")).expect("records");
    assert_eq!(records.matches("\"event\":\"console.end\"").count(), 3, "{records}");
    assert_eq!(records.matches("\"event\":\"presigned.end\"").count(), 3);
    assert!(records.contains("\"mode\":\"intercept\"") && records.contains("\"mode\":\"endpoint-url\""));
    assert!(!records.contains("SigninToken") && !records.contains(link.trim()), "no link in a record");

    // What the gateway refuses it says, and only what is wrong with the question.
    let refused = desk.fails(1, &["console", "--name", "demo", "--duration", "60s"]);
    assert!(refused.contains("refuses this (422)") && refused.contains("900 seconds at least"), "{refused}");
    let refused = desk.fails(1, &["console", "--name", "demo", "--destination", "https://evil.example/"]);
    assert!(refused.contains("no page of the aws console"), "{refused}");
    for task in [&["console", "--name", "demo", "--role", "r"][..], &["console", "--from-env", "--role", "r"]]
    {
        assert!(desk.fails(2, task).contains("the gateway knows the role"));
    }
    assert!(desk.fails(2, &["console", "--name", "demo", "--token-file", "x"]).contains("--token-file"));
    assert!(desk.fails(2, &["console", "--name", "other"]).contains("not connected to other"));
    assert!(desk.fails(2, &["console", "--from-env"]).contains("no placeholder in AWS_ACCESS_KEY_ID"));
    gateway.stop();
    let away = desk.fails(1, &["console", "--name", "demo"]);
    assert!(away.contains("does not answer") && away.contains("connect again"), "{away}");
}

/// A token that a client signs with the placeholder of its environment.
#[test]
fn a_token_that_a_client_signed_on_its_own_is_made_good() {
    let desk = Desk::new("token");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    let gateway = desk.proxy();
    let _ = desk.done(&["connect", "demo", "--config", "gateway.toml", "--address", &gateway.address]);
    let signed = |target: &str, host: &str, service: &str, header: &str| {
        let arguments = ["run", "--", US, "presign", "--service", service, "--region", "us-east-1"];
        let request = format!("GET {target} HTTP/1.1\nHost: {host}\n{header}\n");
        piped(desk.command(&arguments), request.as_bytes()).trim().to_owned()
    };
    let url = signed("/?Action=connect&DBUser=app", "db.x.us-east-1.rds.amazonaws.com:5432", "rds-db", "");
    assert!(url.contains("AGWP"), "it is signed with the placeholder");
    let token = url.trim_start_matches("https://");
    for how in [&["presign", "--name", "demo"][..], &["run", "--", US, "presign", "--from-env"]] {
        let made = piped(desk.command(&[how, &["--token", "-"]].concat()), token.as_bytes());
        assert!(
            made.starts_with("db.x.us-east-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app&"),
            "{made}"
        );
        assert!(!made.contains("AGWP") && made.lines().count() == 1, "{made}");
    }
    let made = desk.done(&["presign", "--name", "demo", "--token", token, "--expires", "60", "--json"]);
    let made: Value = serde_json::from_str(&made).expect("json");
    assert_eq!((&made["kind"], &made["seconds"]), (&"rds-token".into(), &60.into()), "{made}");
    for (task, told) in [
        (&["presign", "--token", token][..], "give --name APP or --from-env"),
        (&["presign", "--name", "demo", "--token", token, "--header", "x"], "must be NAME:VALUE"),
        (&["presign", "--name", "demo", "--token", token, "--service", "s3"], "cannot be used with"),
        (&["presign", "--name", "demo", "--header", "a:b"], "--token"),
        (&["presign", "--service", "s3"], "which region?"),
        (&["sign", "--region", "us-east-1"], "which service?"),
    ] {
        let said = desk.fails(2, task);
        assert!(said.contains(told), "{said}");
    }
    let refused = desk.fails(1, &["presign", "--name", "demo", "--token", "hello"]);
    assert!(refused.contains("no presigned url, and no token"), "{refused}");
    let records = std::fs::read_to_string(desk.path("records.jsonl")).expect("records");
    assert!(records.contains("\"operation\":\"connect\"") && records.contains("user:app"), "{records}");
    gateway.stop();
}

#[test]
fn nobody_else_is_asked() {
    let desk = Desk::new("petition-stranger");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    let gateway = desk.proxy();
    // A gateway, but not the one whose certificate was kept.
    desk.keep("demo", &gateway.address, &[]);
    let said = desk.fails(1, &["console", "--name", "demo"]);
    assert!(said.contains("is not the one that was connected to"), "{said}");
    gateway.stop();
    // Somebody else's proxy, or an older gateway.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut asked = [0; 4096];
        let read = stream.read(&mut asked).expect("a request");
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").expect("it reads");
        text(&asked[..read])
    });
    desk.keep("demo", &address, &[]);
    let said = desk.fails(1, &["console", "--name", "demo"]);
    assert!(said.contains("makes no links for who holds a placeholder"), "{said}");
    assert!(served.join().expect("it was asked").starts_with("CONNECT awsaccess.internal:443 "));
    // In clear nothing leaves this machine.
    let keys = [("AWS_ACCESS_KEY_ID", "AGWPKEPT"), ("AWS_SECRET_ACCESS_KEY", "s")];
    for (more, told) in [
        (&[("AWS_ENDPOINT_URL", "http://192.0.2.1:9")][..], "on this machine alone"),
        (&[("HTTPS_PROXY", "http://127.0.0.1:9")], "leads to no gateway"),
        (&[], "leads to no gateway"),
    ] {
        let mut command = desk.command(&["console", "--from-env"]);
        command.envs(keys).envs(more.iter().copied());
        let output = command.output().expect("it ends");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
}
