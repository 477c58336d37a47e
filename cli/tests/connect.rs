//! `awsaccess connect`, `disconnect`, `env` and `run` through a gateway that runs, as a person runs them; and an administrative
//! listener that is played here.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[allow(dead_code, reason = "each test uses a part of the desk")]
mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread::{JoinHandle, spawn};

use common::{ARN, Desk, SECRET, TOKEN, US, text};
use serde_json::{Value, json};

#[test]
fn who_is_not_connected_is_told_what_to_do() {
    let desk = Desk::new("unconnected");
    for task in [&["run", "--", "true"][..], &["env"], &["aws", "s3", "ls"], &["terraform", "plan"]] {
        let said = desk.fails(2, task);
        assert!(said.contains("not connected") && said.contains("awsaccess connect APP"), "{said}");
    }
    assert!(desk.fails(2, &["connect", "prod"]).contains("--gateway URL"));
    assert!(desk.fails(2, &["disconnect"]).contains("not connected"));
    let nowhere = desk.fails(2, &["connect", "demo", "--config", "gateway.toml"]);
    assert!(nowhere.contains("awsaccess issue --new-key"), "{nowhere}");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    assert!(desk.fails(2, &["connect", "demo", "--config", "gateway.toml"]).contains("--address HOST:PORT"));

    assert!(desk.keep("prod", "127.0.0.1:1", &[]).contains("connected to prod until 2100-01-01T00:00:00Z"));
    desk.keep("test", "127.0.0.1:1", &[]);
    let said = desk.fails(2, &["run", "--", "true"]);
    assert!(said.contains("(prod, test)") && said.contains("AWSACCESS_NAME"), "{said}");
    assert!(desk.fails(2, &["env", "--name", "other"]).contains("but to prod, test"));
    assert!(desk.fails(2, &["disconnect"]).contains("--all"));
    let away = desk.fails(1, &["run", "--name", "test", "--", "true"]);
    assert!(away.contains("at 127.0.0.1:1 that does not answer; start it, or give --config"), "{away}");
    let by_name =
        desk.command(&["env", "--format", "json"]).env("AWSACCESS_NAME", "test").output().expect("it ends");
    assert!(by_name.status.success() && text(&by_name.stderr).contains("does not answer"));
}

#[test]
fn connections_are_listed_and_printed_and_removed() {
    let desk = Desk::new("list");
    desk.keep("prod", "127.0.0.1:1", &["--subject", "alice", "--role", "reader"]);
    let listed = desk.done(&["connections"]);
    assert!(listed.contains("prod") && listed.contains("alice  reader  127.0.0.1:1  until 2100"), "{listed}");
    assert_eq!(desk.done(&["connect", "--list"]), listed);
    let json: Value = serde_json::from_str(&desk.done(&["connections", "--json"])).expect("json");
    assert_eq!((&json[0]["application"], &json[0]["region"]), (&"prod".into(), &"eu-west-1".into()));
    assert!(!json.to_string().contains(SECRET) && !json.to_string().contains(TOKEN));

    let object: Value = serde_json::from_str(&desk.done(&["env", "--format", "json"])).expect("json");
    assert_eq!(object["set"]["AWS_SECRET_ACCESS_KEY"], SECRET);
    assert_eq!(object["set"]["HTTPS_PROXY"], "http://127.0.0.1:1");
    assert_eq!(object["set"]["AWS_REGION"], "eu-west-1");
    let bundle = object["set"]["AWS_CA_BUNDLE"].as_str().expect("a file");
    let bundle = std::fs::read_to_string(bundle).expect("it is there");
    assert!(bundle.contains(desk.emulator.ca_pem().trim()), "ours");
    assert!(bundle.matches("BEGIN CERTIFICATE").count() > 20, "and the system's");
    let plain: Value =
        serde_json::from_str(&desk.done(&["env", "--format", "json", "--endpoint-url-mode"])).expect("json");
    assert_eq!(plain["set"]["AWS_ENDPOINT_URL"], "http://127.0.0.1:1");
    assert!(plain["set"].get("HTTPS_PROXY").is_none());
    let script =
        "eval \"$(\"$0\" env --format env 2>/dev/null)\"; echo \"$AWS_SESSION_TOKEN|${AWS_PROFILE-none}\"";
    let shell = Command::new("sh")
        .args(["-c", script, US])
        .env_clear()
        .env("HOME", &desk.home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_PROFILE", "prod")
        .output()
        .expect("a shell");
    assert_eq!(text(&shell.stdout).trim(), format!("{TOKEN}|none"), "{}", text(&shell.stderr));

    let output = desk.run(&["disconnect"]);
    assert!(output.status.success());
    let notice = text(&output.stderr);
    assert!(notice.contains("not revoked") && notice.contains("it ends: 2100"), "{notice}");
    assert_eq!(desk.done(&["connections"]), "");
    let left = std::fs::read_dir(desk.path(".awsaccess/connections")).expect("a folder").count();
    assert_eq!(left, 0, "certificates go as well");
    desk.keep("one", "127.0.0.1:1", &[]);
    desk.keep("two", "127.0.0.1:1", &[]);
    assert_eq!(desk.done(&["disconnect", "--all"]), "disconnected from one\ndisconnected from two\n");
}

#[test]
fn a_gateway_that_runs_serves_and_one_that_ended_is_replaced() {
    let desk = Desk::new("running");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    let gateway = desk.proxy();
    let _ = desk.done(&["connect", "demo", "--config", "gateway.toml", "--address", &gateway.address]);
    let proxy = || desk.done(&["run", "--", "sh", "-c", "echo $HTTPS_PROXY"]);
    assert_eq!(proxy().trim(), format!("http://{}", gateway.address));
    for mode in [&["run"][..], &["run", "--endpoint-url-mode"]] {
        let who = desk.done(&[mode, &["--", US, "whoami"]].concat());
        assert!(who.contains(ARN), "{who}");
    }
    // Its exit code is the program's, though we are no longer there.
    assert_eq!(desk.run(&["run", "--", "sh", "-c", "exit 37"]).status.code(), Some(37));
    desk.fails(127, &["run", "--", "no-such-program"]);
    // It was not asked for another role.
    let other = desk.fails(2, &["run", "--role", "admin", "--", "true"]);
    assert!(other.contains("'admin': the application has no such role"), "{other}");

    let address = gateway.address.clone();
    gateway.stop();
    let own = proxy();
    assert!(own.starts_with("http://127.0.0.1:") && own.trim() != format!("http://{address}"), "{own}");
    assert!(desk.done(&["run", "--", US, "whoami"]).contains(ARN));
}

#[test]
fn whoever_listens_where_the_gateway_was_is_not_taken_for_it() {
    let desk = Desk::new("stranger");
    // It trusts the emulator's certificate; the gateway shows its own.
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    let gateway = desk.proxy();
    desk.keep("demo", &gateway.address, &[]);
    let said = desk.fails(1, &["run", "--", "true"]);
    assert!(said.contains("is not the one that was connected to"), "{said}");
    gateway.stop();
}

/// An administrative listener that answers one request, and gives back what it was asked.
fn listener(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    (url_of(&listener), answering(&listener, answer))
}

fn url_of(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// The next request there.
fn answering(listener: &TcpListener, answer: &'static str) -> JoinHandle<String> {
    let listener = listener.try_clone().expect("another hold of it");
    spawn(move || serve(listener.accept().expect("a request").0, answer))
}

fn serve(mut stream: impl Read + Write, answer: &str) -> String {
    let mut asked = Vec::new();
    let mut byte = [0];
    while !asked.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head");
        asked.extend(byte);
    }
    let head = text(&asked);
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    stream.read_exact(&mut body).expect("a body");
    stream.write_all(answer.as_bytes()).expect("it reads");
    head + &text(&body)
}

macro_rules! placeholder {
    () => {
        concat!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n",
            r#"{"access_key_id": "AGWPKEPT", "secret_access_key": "kept-placeholder-secret-0123456789abcdef", "#,
            r#""session_token": "kept-placeholder-token-0123456789abcdef", "expires_at": "2100-01-01T00:00:00Z", "#,
            r#""region": "eu-west-1", "proxy_address": "127.0.0.1:8877", "ca_pem": "the gateway's certificate\n"}"#
        )
    };
}

#[test]
fn a_running_gateway_is_asked_for_the_placeholder_and_told_of_its_end() {
    let desk = Desk::new("admin");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (url, served) = (url_of(&listener), answering(&listener, placeholder!()));
    std::fs::write(desk.path("token"), "the-administrators-token\n").expect("a file");
    let said = desk.done(&[
        "connect",
        "prod",
        "--gateway",
        &url,
        "--subject",
        "alice",
        "--role",
        "reader",
        "--ttl",
        "1h",
        "--json",
        "--token-file",
        "token",
    ]);
    let asked = served.join().expect("it was asked");
    assert!(asked.starts_with("POST /v1/connections HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("\r\nAuthorization: Bearer the-administrators-token\r\n"), "{asked}");
    let wanted = json!({ "subject": "alice", "application": "prod", "role": "reader", "seconds": 3600 });
    assert!(asked.ends_with(&wanted.to_string()), "{asked}");
    assert!(!said.contains(SECRET) && !said.contains("token\":"), "{said}");
    let object: Value = serde_json::from_str(&desk.done(&["env", "--format", "json"])).expect("json");
    assert_eq!(object["set"]["AWS_ACCESS_KEY_ID"], "AGWPKEPT");
    assert_eq!(object["set"]["HTTPS_PROXY"], "http://127.0.0.1:8877");
    let ca = std::fs::read_to_string(object["set"]["NODE_EXTRA_CA_CERTS"].as_str().expect("a file"));
    assert_eq!(ca.expect("it is there"), "the gateway's certificate\n");

    // What is told there at the end.
    let served = answering(&listener, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    let output = desk.run(&["disconnect", "prod"]);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let asked = served.join().expect("it was asked");
    assert!(asked.starts_with("DELETE /v1/connections/AGWPKEPT HTTP/1.1\r\n"), "{asked}");
}

#[test]
fn a_gateway_whose_certificates_end_before_is_named() {
    let desk = Desk::new("trusted");
    let connect = |ends: &str| {
        let arguments = ["connect", "prod", "--from-stdin", "--address", "127.0.0.1:1"];
        let mut child = desk.command(&arguments).stdin(Stdio::piped()).spawn().expect("it starts");
        let told = json!({ "access_key_id": "AGWPKEPT", "secret_access_key": SECRET, "session_token": TOKEN,
            "expires_at": ends, "ca_pem": "ours", "trusted_until": "2100-01-01T08:00:00Z" });
        child.stdin.take().expect("piped").write_all(told.to_string().as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert_eq!(connect("2100-01-01T08:00:00Z"), "");
    let said = connect("2100-01-01T08:00:01Z");
    assert!(said.contains("until 2100-01-01T08:00:00Z") && said.contains("connect again"), "{said}");
}

#[test]
fn what_a_gateway_refuses_is_told() {
    let desk = Desk::new("refused");
    let (url, served) = listener(
        "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n{\"error\": \"alice has no such\\u001b[0m role\"}",
    );
    let asked = ["connect", "prod", "--gateway", &url, "--subject", "alice", "--role", "admin"];
    let said = desk.fails(1, &asked);
    assert!(said.contains("refuses this (403): alice has no such[0m role"), "{said}");
    served.join().expect("it was asked");
    assert_eq!(desk.done(&["connections"]), "", "nothing is kept");
    assert!(desk.fails(2, &asked[..5]).contains("--subject"));
    let (url, served) = listener("SSH-2.0-OpenSSH_9.6\r\n\r\n");
    let stranger = ["connect", "prod", "--gateway", &url, "--subject", "alice", "--role", "admin"];
    assert!(desk.fails(1, &stranger).contains("is no gateway"));
    served.join().expect("it was asked");
}

#[cfg(unix)]
#[test]
fn it_is_asked_over_a_unix_socket_too() {
    let desk = Desk::new("socket");
    let path = desk.path("admin.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let served = spawn(move || serve(listener.accept().expect("a request").0, placeholder!()));
    let url = format!("unix:{}", path.display());
    let said = desk.done(&["connect", "prod", "--gateway", &url, "--subject", "alice", "--role", "reader"]);
    assert!(said.starts_with("connected to prod until 2100-01-01T00:00:00Z"), "{said}");
    assert!(served.join().expect("it was asked").contains("\"application\":\"prod\""));
}

#[cfg(unix)]
#[test]
fn a_gateway_that_runs_connects_serves_and_revokes() {
    let desk = Desk::new("whole");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    let admin = "\n[admin]\nlisten = \"unix:admin.sock\"\ntoken_file = \"admin-token\"\n";
    let gateway = desk.proxy_with(admin);
    let url = format!("unix:{}", desk.path("admin.sock").display());
    let asked = ["connect", "demo", "--gateway", &url, "--subject", "alice", "--role", "developer"];
    desk.fails(1, &asked);
    let said = desk.done(&[&asked[..], &["--token-file", "admin-token"]].concat());
    assert!(said.starts_with("connected to demo until "), "{said}");
    let object: Value = serde_json::from_str(&desk.done(&["env", "--format", "json"])).expect("json");
    assert_eq!(object["set"]["AWS_REGION"], "us-east-1", "the gateway says which region");
    let arguments = ["run", "--", US, "whoami"];
    assert!(desk.done(&arguments).contains(ARN));

    // What this user's placeholder cannot make, the gateway makes.
    let link = desk.done(&["console", "--name", "demo", "--token-file", "admin-token", "--duration", "15m"]);
    assert!(link.contains("/federation?Action=login&") && link.lines().count() == 1, "{link}");
    let presign = ["presign", "--name", "demo", "--token-file", "admin-token", "--region", "us-east-1"];
    let presign = [&presign[..], &["--service", "s3", "--expires", "60", "--json"]].concat();
    let mut child = desk.command(&presign).stdin(Stdio::piped()).spawn().expect("it starts");
    let request = b"GET /key HTTP/1.1\nHost: demo-bucket.s3.us-east-1.amazonaws.com\n\n";
    child.stdin.take().expect("piped").write_all(request).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let object: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!(object["limited_by"], "asked", "{object}");
    let url = object["url"].as_str().expect("a url");
    assert!(url.starts_with("https://demo-bucket.s3.us-east-1.amazonaws.com/key?X-Amz-"), "{url}");
    assert!(!url.contains("AGWP"), "it is signed with keys that AWS knows");
    let records = std::fs::read_to_string(desk.path("records.jsonl")).expect("records");
    for event in ["connection.end", "console.end", "presigned.end"] {
        assert!(records.contains(&format!("\"event\":\"{event}\"")), "{event}");
    }
    assert!(!records.contains(link.trim()) && !records.contains("SigninToken"), "no link in a record");
    assert!(desk.fails(2, &["console", "--name", "other"]).contains("not connected to other"));
    assert!(desk.fails(2, &["console", "--name", "demo", "--role", ARN]).contains("knows the role"));
    let kept = std::fs::read(desk.path(".awsaccess/connections/demo.json")).expect("it is kept");
    let gone = desk.run(&["disconnect", "--token-file", "admin-token"]);
    assert!(gone.status.success() && gone.stderr.is_empty(), "{}", text(&gone.stderr));
    // Who made a copy has nothing of it.
    desk.keep("demo", &gateway.address, &[]);
    let mut copy: Value = serde_json::from_slice(&kept).expect("json");
    let now: Value = serde_json::from_str(&desk.done(&["connections", "--json"])).expect("json");
    copy["ca_file"] = desk.path("ca.pem").display().to_string().into();
    copy["bundle_file"] = desk.path("bundle.pem").display().to_string().into();
    assert_ne!(copy["access_key_id"], now[0]["access_key_id"]);
    std::fs::write(desk.path(".awsaccess/connections/demo.json"), copy.to_string()).expect("a file");
    let refused = desk.fails(1, &arguments);
    assert!(refused.contains("sts answered"), "{refused}");
    gateway.stop();
}
