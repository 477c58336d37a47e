//! The command as a person runs it: what it prints, where, and how it ends.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SECRET: &str = "not-so-secret-4f1e2d3c4b5a69788796";

fn awsaccess(arguments: &[&str], env: &[(&str, &str)], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_awsaccess"))
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // A command that refuses its arguments does not read.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("the command ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn keys() -> [(&'static str, &'static str); 2] {
    [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", SECRET)]
}

#[test]
fn creds_from_the_environment_in_each_form() {
    let output = awsaccess(&["creds"], &keys(), b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let process: serde_json::Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!(process["Version"], 1);
    assert_eq!(
        (process["AccessKeyId"].as_str(), process["SecretAccessKey"].as_str()),
        (Some("AKIDEXAMPLE"), Some(SECRET))
    );
    let env = awsaccess(&["creds", "--format", "env"], &keys(), b"");
    assert!(text(&env.stdout).contains("export AWS_ACCESS_KEY_ID='AKIDEXAMPLE'"));
}

#[test]
fn nothing_found_says_what_was_tried_and_fails() {
    let output = awsaccess(&["creds"], &[], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = text(&output.stderr);
    assert!(said.starts_with("awsaccess: "), "{said}");
    for source in ["environment", "profile", "imds"] {
        assert!(said.contains(source), "{source}: {said}");
    }
    let half = awsaccess(&["creds"], &[("AWS_SECRET_ACCESS_KEY", SECRET)], b"");
    assert_eq!(half.status.code(), Some(1));
    assert!(!text(&half.stderr).contains(SECRET));
}

#[test]
fn misuse_is_two() {
    assert_eq!(awsaccess(&["sign"], &keys(), b"").status.code(), Some(2));
    assert_eq!(awsaccess(&["nothing"], &[], b"").status.code(), Some(2));
    let sign = ["sign", "--region", "r", "--service", "s", "--time", "yesterday"];
    let output = awsaccess(&sign, &keys(), b"GET / HTTP/1.1\nHost: h\n\n");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert_eq!(awsaccess(&["sign", "--region", "r", "--service", "s"], &keys(), b"").status.code(), Some(2));
    assert_eq!(awsaccess(&["proxy", "--config", "/nonexistent"], &[], b"").status.code(), Some(2));
}

#[test]
fn shells_complete_every_command() {
    let help = text(&awsaccess(&["--help"], &[], b"").stdout);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<_> = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.contains(&"completions"), "{names:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = awsaccess(&["completions", shell], &[], b"");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let script = text(&output.stdout);
        for name in &names {
            assert!(script.contains(name), "{shell} does not know {name}");
        }
    }
    assert_eq!(awsaccess(&["completions", "cmd"], &[], b"").status.code(), Some(2));

    // The shell itself reads it and offers the words.
    let script = text(&awsaccess(&["completions", "bash"], &[], b"").stdout);
    let asked = format!(
        "{script}\nCOMP_WORDS=(awsaccess ter) COMP_CWORD=1; _awsaccess awsaccess ter awsaccess\necho \"${{COMPREPLY[@]}}\""
    );
    let Ok(output) = Command::new("bash").args(["--norc", "-c", &asked]).output() else {
        println!("skipped: no bash");
        return;
    };
    assert_eq!(text(&output.stdout).trim(), "terraform", "{}", text(&output.stderr));
}

#[test]
fn sign_passes_awss_own_suite() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/sigv4/v4");
    let mut cases = 0;
    for entry in std::fs::read_dir(root).expect("the vectors").take(60) {
        let dir = entry.expect("a case").path();
        let read = |name: &str| std::fs::read(dir.join(name)).expect("a file of the case");
        let context: serde_json::Value = serde_json::from_slice(&read("context.json")).expect("json");
        let credentials = &context["credentials"];
        let time = text(context["timestamp"].as_str().expect("a time").as_bytes());
        let mut arguments = vec![
            "sign",
            "--region",
            context["region"].as_str().expect("text"),
            "--service",
            context["service"].as_str().expect("text"),
            "--time",
            &time,
            "--double-encode",
            "true",
            "--normalize",
            if context["normalize"] == true { "true" } else { "false" },
            "--content-sha256-header",
            if context["sign_body"] == true { "true" } else { "false" },
        ];
        if context["omit_session_token"] == true {
            arguments.extend(["--session-token-mode", "append"]);
        }
        let mut env = vec![
            ("AWS_ACCESS_KEY_ID", credentials["access_key_id"].as_str().expect("text")),
            ("AWS_SECRET_ACCESS_KEY", credentials["secret_access_key"].as_str().expect("text")),
        ];
        if let Some(token) = credentials["token"].as_str() {
            env.push(("AWS_SESSION_TOKEN", token));
        }
        for (show, file) in
            [("canonical", "header-canonical-request.txt"), ("string-to-sign", "header-string-to-sign.txt")]
        {
            let mut arguments = arguments.clone();
            arguments.extend(["--show", show]);
            let output = awsaccess(&arguments, &env, &read("request.txt"));
            assert_eq!(
                text(&output.stdout),
                text(&read(file)),
                "{}: {}",
                dir.display(),
                text(&output.stderr)
            );
        }
        let output = awsaccess(&arguments, &env, &read("request.txt"));
        let signature = text(&read("header-signature.txt"));
        assert!(text(&output.stdout).contains(&format!("Signature={signature}\r\n")), "{}", dir.display());
        cases += 1;
    }
    assert_eq!(cases, 38);
}

#[test]
fn redact_is_a_filter() {
    let log = format!("AWS_SECRET_ACCESS_KEY={SECRET}\nall else stays\n");
    let output = awsaccess(&["redact"], &[], log.as_bytes());
    assert!(output.status.success());
    let said = text(&output.stdout);
    assert!(!said.contains(SECRET) && said.contains("all else stays") && said.lines().count() == 2, "{said}");
    let missing = awsaccess(&["redact", "/nonexistent/file"], &[], b"");
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn redact_tags_masks_and_neutralizes_on_request() {
    let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let log = format!("AWS_SECRET_ACCESS_KEY={key}\nkey {key} of AKIAIOSFODNN7EXAMPLE\n\x1b[31m\n");
    let run = |arguments: &[&str]| {
        let output = awsaccess(&[&["redact"], arguments].concat(), &[], log.as_bytes());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let tags = |said: &str| -> Vec<String> {
        let labels = said.split('[').filter_map(|part| part.split_once(']')).map(|(label, _)| label);
        labels.filter_map(|label| label.strip_prefix("aws-secret-access-key.")).map(str::to_owned).collect()
    };
    let (once, again) = (tags(&run(&["--tag"])), tags(&run(&["--tag"])));
    assert!(once.len() == 2 && once[0] == once[1] && once[0].len() == 12, "{once:?}");
    assert_ne!(once, again, "each run has a key of its own");

    let dir = std::env::temp_dir().join(format!("awsaccess-tag-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let (good, short) = (dir.join("key"), dir.join("short"));
    std::fs::write(&good, "a-key-for-tags-of-the-tests\n").expect("a file");
    std::fs::write(&short, "short\n").expect("a file");
    let file = good.to_str().expect("a path");
    let (once, again) = (tags(&run(&["--tag-key-file", file])), tags(&run(&["--tag-key-file", file])));
    assert_eq!(once, again);
    let refused = awsaccess(&["redact", "--tag-key-file", short.to_str().expect("a path")], &[], b"");
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    std::fs::remove_dir_all(&dir).expect("gone");

    let said = run(&["--mask-key-ids", "--neutralize"]);
    assert_eq!(
        said,
        "AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]\nkey [aws-secret-access-key] of [aws-access-key-id]\n\\u001b[31m\n"
    );
}

#[test]
fn emulator_says_where_it_is_and_dies_with_its_parent() {
    let output = awsaccess(&["emulator", "--until-stdin-ends"], &[], b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let ready: serde_json::Value = serde_json::from_slice(&output.stdout).expect("json");
    assert!(ready["endpoint_url"].as_str().is_some_and(|url| url.starts_with("https://localhost:")));
}

#[test]
fn the_demo_holds() {
    // Without a path there is no aws command; `make demo` and the clients' tests run it with one.
    let output = awsaccess(&["demo"], &[], b"");
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.contains(" checks passed, 0 failed"), "{said}");
    assert!(!said.contains('✗'), "{said}");
}

/// A home folder of its own, removed at the end.
struct Home(std::path::PathBuf);

impl Home {
    fn with(name: &str, files: &[(&str, &str)]) -> Self {
        let home = std::env::temp_dir().join(format!("awsaccess-{name}-{}", std::process::id()));
        for (path, contents) in files {
            let path = home.join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
            std::fs::write(path, contents).expect("a file is written");
        }
        Self(home)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        awsaccess(arguments, &[("HOME", self.0.to_str().expect("text"))], b"")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn explain_tells_the_plan_the_sources_and_the_winner() {
    let config = format!(
        "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = {SECRET}\nregion = moon-1\n\
         [profile hop]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = base\nexternal_id = {SECRET}\n"
    );
    let home = Home::with("explain", &[(".aws/config", &config)]);
    let output = home.run(&["explain", "--profile", "base"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for part in [
        "profile base: static keys AKIDBASE",
        "its first keys are long-lived",
        "environment  not configured",
        "profile: nothing is configured for code, environment",
        "does not end by itself",
        "no partition that is known: moon-1",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&home.run(&["explain", "--profile", "base", "--json"]).stdout).expect("json");
    assert_eq!(json["winner"]["access_key_id"], "AKIDBASE");
    assert_eq!(json["plan"]["steps"][0]["long_lived"], true);
    assert_eq!(json["tried"][1]["outcome"], "not_configured");
    // Without a request: the plan of a role, in words, as JSON and as a graph.
    let plan = home.run(&["explain", "--profile", "hop", "--plan", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&plan.stdout).expect("json");
    assert_eq!(json["plan"]["steps"][1]["external_id"], "***");
    let graph = home.run(&["explain", "--profile", "hop", "--graph"]);
    assert!(text(&graph.stdout).starts_with("digraph plan {"), "{}", text(&graph.stderr));
    for output in [output, plan, graph] {
        assert!(!text(&output.stdout).contains(SECRET));
    }
    // What fails is explained as well, and is a failure.
    let missing = home.run(&["explain", "--profile", "missing"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stdout).contains("the profile missing is in neither"), "{}", text(&missing.stdout));
}

#[test]
fn the_shared_caches_are_listed_and_cleared() {
    let role = format!(
        r#"{{"Credentials":{{"AccessKeyId":"ASIAOLD","SecretAccessKey":"{SECRET}","SessionToken":"t","Expiration":"2001-01-01T00:00:00UTC"}}}}"#
    );
    let token = format!(
        r#"{{"accessToken":"{SECRET}","expiresAt":"2100-01-01T00:00:00Z","startUrl":"https://x/start"}}"#
    );
    let home = Home::with("cache", &[(".aws/cli/cache/a.json", &role), (".aws/sso/cache/b.json", &token)]);
    let listed = text(&home.run(&["cache", "list"]).stdout);
    assert!(
        listed.contains("role ") && listed.contains("key ASIAOLD") && listed.contains("https://x/start"),
        "{listed}"
    );
    assert!(!listed.contains(SECRET));
    let cleared = home.run(&["cache", "clear", "--expired", "--json"]);
    let removed: serde_json::Value = serde_json::from_slice(&cleared.stdout).expect("json");
    assert_eq!((removed.as_array().map(Vec::len), &removed[0]["kind"]), (Some(1), &"role".into()));
    assert!(!home.0.join(".aws/cli/cache/a.json").exists() && home.0.join(".aws/sso/cache/b.json").exists());
    assert_eq!(home.run(&["cache", "clear", "--kind", "nonsense"]).status.code(), Some(2));
    assert!(home.run(&["cache", "clear"]).status.success());
    assert!(home.run(&["cache", "list"]).stdout.is_empty());
}
