//! A person's desk: a home, a configuration, the emulator as AWS, and the command.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use awsaccess_emulator::{Emulator, World};
use serde_json::{Value, json};

pub const ARN: &str = "arn:aws:sts::222222222222:assumed-role/developer/alice";
pub const SECRET: &str = "kept-placeholder-secret-0123456789abcdef";
pub const TOKEN: &str = "kept-placeholder-token-0123456789abcdef";

pub struct Desk {
    pub emulator: Emulator,
    pub home: PathBuf,
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Desk {
    pub fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("awsaccess-run-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).expect("a folder");
        let emulator = Emulator::builder().world(World::demo()).start().expect("the emulator starts");
        std::fs::write(home.join("emulator.pem"), emulator.ca_pem()).expect("a file");
        let desk = Self { emulator, home };
        std::fs::write(desk.path("gateway.toml"), desk.configuration()).expect("a file");
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    pub fn configuration(&self) -> String {
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
signin_endpoint = "{sts}"
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

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_awsaccess"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", &self.home)
            .env("TMPDIR", &self.home)
            // It is on this machine, which may be busy with something else.
            .env("AWS_METADATA_SERVICE_TIMEOUT", "60")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the command ends")
    }

    /// What it prints when it succeeds.
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        assert!(!text(&output.stderr).contains(SECRET));
        text(&output.stdout)
    }

    /// What it says when it fails with that code.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(!said.contains(SECRET) && !said.contains(TOKEN), "{said}");
        said
    }

    pub fn keep(&self, application: &str, address: &str, more: &[&str]) -> String {
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

    pub fn proxy(&self) -> Gateway {
        self.proxy_with("")
    }

    pub fn proxy_with(&self, more: &str) -> Gateway {
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

pub fn with_records(configuration: &str) -> String {
    format!("{configuration}\n[audit]\nfile = \"records.jsonl\"\n")
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

pub struct Gateway {
    child: Child,
    pub address: String,
}

impl Gateway {
    pub fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().expect("it ends");
    }
}

pub const US: &str = env!("CARGO_BIN_EXE_awsaccess");
