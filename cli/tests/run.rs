//! `awsaccess run`, `env`, `connect` and `disconnect` as a person runs them: against the emulator, a gateway of one's own,
//! a gateway that runs, and an administrative listener that is played here.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::{JoinHandle, spawn};

use awsaccess_emulator::{Emulator, World};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:sts::222222222222:assumed-role/developer/alice";
const SECRET: &str = "kept-placeholder-secret-0123456789abcdef";
const TOKEN: &str = "kept-placeholder-token-0123456789abcdef";

struct Desk {
    emulator: Emulator,
    home: PathBuf,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Desk {
    fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("awsaccess-run-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&home).expect("a folder");
        let emulator = Emulator::builder().world(World::demo()).start().expect("the emulator starts");
        std::fs::write(home.join("emulator.pem"), emulator.ca_pem()).expect("a file");
        let desk = Self { emulator, home };
        std::fs::write(desk.path("gateway.toml"), desk.configuration()).expect("a file");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    fn configuration(&self) -> String {
        let (sts, imds) = (self.emulator.endpoint_url(), self.emulator.metadata_url());
        let services = self.emulator.service_address();
        format!(
            r#"
listen = ["127.0.0.1:0"]
[ca]
file = "ca.pem"
bundle = "bundle.pem"
[sealed]
key_file = "gateway.keys"
[[source]]
name = "node"
order = ["imds"]
region = "us-east-1"
imds_endpoint = "{imds}"
sts_endpoint = "{sts}"
ca_file = "emulator.pem"
[[application]]
name = "demo"
source = "node"
[[application.role]]
name = "developer"
assume = [
    {{ role_arn = "arn:aws:iam::111111111111:role/gateway-hub" }},
    {{ role_arn = "arn:aws:iam::222222222222:role/developer", external_id = "demo-external-id" }},
]
[[role]]
name = "developers"
allow = ["arn:aws:iam::222222222222:role/developer"]
[[subject]]
name = "alice"
roles = ["developers"]
[[endpoint]]
host = "*.amazonaws.com"
address = "{services}"
ca_file = "emulator.pem"
"#
        )
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_awsaccess"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", &self.home)
            .env("TMPDIR", &self.home)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command ends")
    }

    /// What it prints when it succeeds.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        assert!(!text(&output.stderr).contains(SECRET));
        text(&output.stdout)
    }

    /// What it says when it fails with that code.
    fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(!said.contains(SECRET) && !said.contains(TOKEN), "{said}");
        said
    }

    fn keep(&self, application: &str, address: &str, more: &[&str]) -> String {
        let mut arguments =
            vec!["connect", application, "--from-stdin", "--address", address, "--ca-file", "emulator.pem"];
        arguments.extend(more);
        let mut child = self.command(&arguments).stdin(Stdio::piped()).spawn().expect("it starts");
        let triple = json!({ "access_key_id": "AKIAKEPTPLACEHOLDER0", "secret_access_key": SECRET,
            "session_token": TOKEN, "expires_at": "2100-01-01T00:00:00Z", "region": "eu-west-1" });
        child.stdin.take().expect("piped").write_all(triple.to_string().as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    fn proxy(&self) -> Gateway {
        self.proxy_with("")
    }

    fn proxy_with(&self, more: &str) -> Gateway {
        // The same gateway, with its records in a file: nobody reads its standard output to the end.
        let config = with_records(&self.configuration()) + more;
        std::fs::write(self.path("running.toml"), config).expect("a file");
        let arguments = ["proxy", "--config", "running.toml", "--json", "--until-stdin-ends"];
        let mut child = self.command(&arguments).stdin(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let out = BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line);
        out.expect("a line");
        let ready: Value = serde_json::from_str(&line).expect("json");
        Gateway { child, address: ready["address"].as_str().expect("text").to_owned() }
    }
}

fn with_records(configuration: &str) -> String {
    format!("{configuration}\n[audit]\nfile = \"records.jsonl\"\n")
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

struct Gateway {
    child: Child,
    address: String,
}

impl Gateway {
    fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().expect("it ends");
    }
}

const US: &str = env!("CARGO_BIN_EXE_awsaccess");

#[test]
fn a_program_has_a_gateway_of_its_own_whatever_was_set_before() {
    let desk = Desk::new("own");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    for mode in [
        &["run", "--config", "gateway.toml"][..],
        &["run", "--config", "gateway.toml", "--endpoint-url-mode"],
    ] {
        let arguments = [mode, &["--", US, "whoami", "--json"]].concat();
        let output = desk
            .command(&arguments)
            .env("AWS_PROFILE", "nobody")
            .env("AWS_SESSION_TOKEN", "another's")
            .env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/")
            .env("NO_PROXY", "amazonaws.com,*")
            .output()
            .expect("it ends");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let who: Value = serde_json::from_slice(&output.stdout).expect("only what the program prints");
        assert_eq!(who["arn"], ARN, "{who}");
        assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    }
    // The records that would go to standard output, which is the program's, are kept beside.
    let records = std::fs::read_to_string(desk.path(".awsaccess/audit.jsonl")).expect("records");
    assert!(
        records.contains("\"event\":\"request.end\"") && records.contains("\"subject\":\"alice\""),
        "{records}"
    );
    let verbose = desk.run(&["run", "--config", "gateway.toml", "--verbose", "--", US, "whoami"]);
    assert!(text(&verbose.stderr).contains("\"event\":\"request.end\""), "{}", text(&verbose.stderr));
}

#[test]
fn what_the_gateway_says_is_not_the_programs() {
    let desk = Desk::new("log");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    // A source that is not there: the gateway says why, the program only that there are no credentials.
    let config = desk.configuration().replace(&desk.emulator.metadata_url(), "http://127.0.0.1:1");
    std::fs::write(desk.path("gateway.toml"), config).expect("a file");
    let run = |more: &[&str]| {
        let output = desk.run(&[&["run", "--config", "gateway.toml"], more, &["--", US, "whoami"]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
        text(&output.stderr)
    };
    let quiet = run(&[]);
    assert!(quiet.contains("no valid credentials") && !quiet.contains(" WARN "), "{quiet}");
    let log = std::fs::read_to_string(desk.path(".awsaccess/gateway.log")).expect("a log");
    assert!(log.contains(" WARN no credentials application=\"demo\""), "{log}");
    let loud = run(&["--verbose"]);
    assert!(
        loud.contains(" WARN no credentials") && loud.contains(" INFO the gateway is listening"),
        "{loud}"
    );
}

#[test]
fn the_gateway_and_its_folder_end_with_the_program() {
    let desk = Desk::new("end");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    let script = "echo $HTTPS_PROXY; ls -ld $(dirname $AWS_CA_BUNDLE); grep -rl $AWS_SECRET_ACCESS_KEY $(dirname \
                  $AWS_CA_BUNDLE); echo $AWS_CA_BUNDLE; tr '\\0' ' ' </proc/$PPID/cmdline | grep -c \
                  \"$AWS_SECRET_ACCESS_KEY\"; echo ${AWSACCESS_ADMIN_TOKEN-none}; exit 37";
    let mut command = desk.command(&["run", "--config", "gateway.toml", "sh", "-c", script]);
    let output = command.env("AWSACCESS_ADMIN_TOKEN", "the-administrators-token").output().expect("it ends");
    assert_eq!(output.status.code(), Some(37), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let lines: Vec<&str> = said.lines().collect();
    let [proxy, folder, bundle, count, token] = lines[..] else { panic!("a file holds the secret: {said}") };
    assert!(folder.starts_with("drwx------"), "{folder}");
    assert_eq!(
        (count, token),
        ("0", "none"),
        "no secret on a command line, and no administrator's for the program"
    );
    assert!(TcpStream::connect(proxy.trim_start_matches("http://")).is_err(), "the gateway has ended");
    assert!(!Path::new(bundle).parent().expect("a folder").exists(), "and nothing of it is left");
}

#[test]
fn what_cannot_be_run_is_told_apart() {
    let desk = Desk::new("missing");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    let run = ["run", "--config", "gateway.toml", "--"];
    assert!(
        desk.fails(127, &[&run[..], &["no-such-program"]].concat()).contains("no-such-program is not there")
    );
    assert!(desk.fails(126, &[&run[..], &["./gateway.toml"]].concat()).contains("cannot be run"));
    assert!(desk.fails(2, &["run", "--config", "nothing.toml", "--", "true"]).contains("nothing.toml"));
    let terraform = desk
        .command(&["terraform", "--help"])
        .env("AWSACCESS_CONFIG", "gateway.toml")
        .env("PATH", "/nonexistent")
        .output()
        .expect("it ends");
    assert_eq!(terraform.status.code(), Some(127), "{}", text(&terraform.stderr));
    assert!(text(&terraform.stderr).contains("terraform is not there; install it"));
    let left: Vec<_> = std::fs::read_dir(&desk.home).expect("a folder").flatten().collect();
    let left =
        left.iter().filter(|entry| text(entry.file_name().as_encoded_bytes()).starts_with("awsaccess-"));
    assert_eq!(left.count(), 0, "no folder is left behind");
}

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
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let served = spawn(move || serve(listener.accept().expect("a request").0, answer));
    (url, served)
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
    let (url, served) = listener(placeholder!());
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
    assert!(asked.starts_with("POST /v1/placeholders HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("\r\nAuthorization: Bearer the-administrators-token\r\n"), "{asked}");
    let wanted = json!({ "subject": "alice", "application": "prod", "role": "reader", "seconds": 3600 });
    assert!(asked.ends_with(&wanted.to_string()), "{asked}");
    assert!(!said.contains(SECRET) && !said.contains("token\":"), "{said}");
    let object: Value = serde_json::from_str(&desk.done(&["env", "--format", "json"])).expect("json");
    assert_eq!(object["set"]["AWS_ACCESS_KEY_ID"], "AGWPKEPT");
    assert_eq!(object["set"]["HTTPS_PROXY"], "http://127.0.0.1:8877");
    let ca = std::fs::read_to_string(object["set"]["NODE_EXTRA_CA_CERTS"].as_str().expect("a file"));
    assert_eq!(ca.expect("it is there"), "the gateway's certificate\n");

    // The same address again, for what is told at the end.
    let address = url.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind(address).expect("the port is free again");
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    let served = spawn(move || serve(listener.accept().expect("a request").0, answer));
    let output = desk.run(&["disconnect", "prod"]);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let asked = served.join().expect("it was asked");
    assert!(asked.starts_with("POST /v1/revocations HTTP/1.1\r\n"), "{asked}");
    assert!(asked.ends_with(r#"{"access_key_id":"AGWPKEPT"}"#), "{asked}");
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
    let arguments = ["run", "--region", "us-east-1", "--", US, "whoami"];
    assert!(desk.done(&arguments).contains(ARN));
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

#[test]
fn the_gateway_says_what_to_paste() {
    let desk = Desk::new("paste");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    // Certificates have a place of the session's own where the configuration names none.
    let config = desk.configuration().replace("file = \"ca.pem\"\nbundle = \"bundle.pem\"\n", "");
    std::fs::write(desk.path("gateway.toml"), with_records(&config)).expect("a file");
    let lines = |more: &[&str], shell: &str| {
        let arguments = [&["proxy", "--config", "gateway.toml", "--until-stdin-ends"], more].concat();
        let mut command = desk.command(&arguments);
        let mut child = command.env("SHELL", shell).stdin(Stdio::piped()).spawn().expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut said = String::new();
        while !said.contains("\naws sts get-caller-identity\n") {
            assert!(out.read_line(&mut said).expect("a line") > 0, "{said}");
        }
        (said, child)
    };
    for more in [&[][..], &["--show-keys"]] {
        let (said, mut child) = lines(more, "/bin/sh");
        assert_eq!(said.contains("AWS_SECRET_ACCESS_KEY"), !more.is_empty(), "{said}");
        // As pasted, with another client than the example's: the folder of this program is on the path.
        let script = said.replace("aws sts get-caller-identity", "awsaccess whoami");
        let folder = Path::new(US).parent().expect("a folder").display().to_string();
        let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
        let shell = Command::new("sh")
            .args(["-c", &script])
            .env_clear()
            .env("HOME", &desk.home)
            .env("PATH", path)
            .output()
            .expect("a shell");
        assert!(text(&shell.stdout).contains(ARN), "{said}{}", text(&shell.stderr));
        let bundle =
            said.lines().find_map(|line| line.strip_prefix("export AWS_CA_BUNDLE='")).expect("a line");
        let bundle = Path::new(bundle.trim_end_matches('\''));
        assert!(bundle.exists());
        drop(child.stdin.take());
        child.wait().expect("it ends");
        assert!(!bundle.exists(), "the session's files end with it");
    }
    let (fish, mut child) = lines(&[], "/usr/bin/fish");
    assert!(
        fish.contains("set -gx HTTPS_PROXY 'http://") && fish.contains(" --format fish | source\n"),
        "{fish}"
    );
    drop(child.stdin.take());
    child.wait().expect("it ends");
}
