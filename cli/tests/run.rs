//! `awsaccess run` and `proxy` as a person runs them: against the emulator, through a gateway of one's own.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[allow(dead_code, reason = "each test uses a part of the desk")]
mod common;

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{ARN, Desk, US, text, with_records};
use serde_json::Value;

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

#[cfg(unix)]
#[test]
fn the_region_is_the_applications_unless_it_is_said_to_us() {
    let desk = Desk::new("region");
    let _ = desk.done(&["issue", "--new-key", "--config", "gateway.toml"]);
    let regions = |ours: Option<&str>, more: &[&str]| {
        let shell = ["--", "sh", "-c", "echo $AWS_REGION $AWS_DEFAULT_REGION"];
        let arguments = [&["run", "--config", "gateway.toml"], more, &shell].concat();
        let mut command = desk.command(&arguments);
        // What the shell works in otherwise may be a region of other accounts, or one that the rules do not allow.
        command.env("AWS_REGION", "moon-west-1").env("AWS_DEFAULT_REGION", "moon-west-1");
        ours.map(|region| command.env("AWSACCESS_REGION", region));
        text(&command.output().expect("it ends").stdout).trim().to_owned()
    };
    assert_eq!(regions(None, &[]), "us-east-1 us-east-1");
    assert_eq!(regions(Some("eu-west-1"), &[]), "eu-west-1 eu-west-1");
    assert_eq!(regions(Some("eu-west-1"), &["--region", "eu-west-2"]), "eu-west-2 eu-west-2");
    // An application without a region has nothing to say.
    let config = desk.configuration().replace("region = \"us-east-1\"\n", "");
    std::fs::write(desk.path("gateway.toml"), config).expect("a file");
    assert_eq!(regions(None, &[]), "moon-west-1 moon-west-1");
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
    // Where no other test listens: what is closed is nobody's.
    let own = if cfg!(target_os = "linux") { "127.0.0.2:0" } else { "127.0.0.1:0" };
    std::fs::write(desk.path("gateway.toml"), desk.configuration().replace("127.0.0.1:0", own))
        .expect("a file");
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
