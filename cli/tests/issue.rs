//! `awsaccess issue`, as an operator runs it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use awsaccess::gateway::{Claims, GatewayKeys};
use serde_json::Value;

/// A folder with a configuration, which is gone when this is.
struct Site(PathBuf);

impl Site {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("awsaccess-issue-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        fs::write(path.join("gateway.toml"), CONFIGURATION).expect("a file");
        Self(path)
    }

    fn issue(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_awsaccess"));
        let config = self.0.join("gateway.toml");
        command.args(["issue", "--config"]).arg(config).args(arguments).env_clear();
        command.output().expect("the command runs")
    }

    #[track_caller]
    fn issued(&self, arguments: &[&str]) -> Value {
        let output = self.issue(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("json")
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], code: i32, wanted: &str) {
        let output = self.issue(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(wanted), "{told}");
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(output.stdout.is_empty());
    }

    fn keys(&self) -> GatewayKeys {
        GatewayKeys::parse(&fs::read_to_string(self.0.join("gateway.keys")).expect("a file")).expect("keys")
    }

    fn open(&self, placeholder: &Value) -> Option<Claims> {
        let text = |name: &str| placeholder[name].as_str().expect("a text").to_owned();
        self.keys().open(&text("access_key_id"), text("session_token").as_bytes())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const CONFIGURATION: &str = r#"
listen = ["127.0.0.1:0"]
[sealed]
key_file = "gateway.keys"
[[source]]
name = "base"
[[application]]
name = "prod"
source = "base"
[[application.role]]
name = "reader"
assume = [{ role_arn = "arn:aws:iam::222222222222:role/reader" }]
[[role]]
name = "developers"
allow = ["arn:aws:iam::222222222222:role/*"]
[[subject]]
name = "alice"
roles = ["developers"]
"#;

const ALICE: [&str; 6] = ["--subject", "alice", "--app", "prod", "--role", "reader"];

fn alice(more: &[&'static str]) -> Vec<&'static str> {
    ALICE.iter().chain(more).copied().collect()
}

#[test]
fn a_placeholder_is_sealed_with_the_key_of_the_configuration() {
    let site = Site::new("sealed");
    site.refused(&ALICE, 2, "`awsaccess issue --new-key");
    let made = site.issue(&["--new-key"]);
    assert!(made.status.success() && made.stdout.is_empty());
    let told = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(told.contains("key 1 is in "), "{told}");
    let line = fs::read_to_string(site.0.join("gateway.keys")).unwrap();
    assert!(!told.contains(line.trim().rsplit(' ').next().unwrap()), "the key itself is not shown");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(site.0.join("gateway.keys")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let more = ["--format", "json", "--ttl", "15m", "--trait", "team=red", "--trait", "team=blue"];
    let placeholder =
        site.issued(&alice(&[&more[..], &["--session", "s-9", "--signed-in", "mfa=true"]].concat()));
    let claims = site.open(&placeholder).expect("it opens");
    assert_eq!(&*claims.identity.subject, "alice");
    assert_eq!(claims.identity.traits.values("team"), ["red", "blue"]);
    assert_eq!(claims.identity.session.as_deref(), Some("s-9"));
    assert_eq!(claims.signed_in.get("mfa").map(String::as_str), Some("true"));
    assert_eq!(claims.expires_at.since(claims.issued_at).as_secs(), 900);
    // Each has a session of its own unless it is named.
    let sessions =
        [0, 1].map(|_| site.open(&site.issued(&alice(&["--format", "json"]))).unwrap().identity.session);
    assert!(sessions[0].is_some() && sessions[0] != sessions[1]);
}

#[test]
fn keys_are_changed_with_overlap() {
    let site = Site::new("rotation");
    let before = site.issued(&alice(&["--new-key", "--format", "json"]));
    let after = site.issued(&alice(&["--new-key", "--format", "json"]));
    assert_eq!(site.keys().newest(), 2);
    assert!(before["access_key_id"].as_str().unwrap().starts_with("AGWP0001"));
    assert!(after["access_key_id"].as_str().unwrap().starts_with("AGWP0002"));
    assert!(site.open(&before).is_some() && site.open(&after).is_some());
    assert_eq!(fs::read_dir(&site.0).unwrap().count(), 2, "nothing is left beside the two files");
}

#[test]
fn each_form_is_for_its_reader() {
    let site = Site::new("forms");
    assert!(site.issue(&["--new-key"]).status.success());
    for (format, wanted) in [
        ("env", "export AWS_SESSION_TOKEN='"),
        ("fish", "set -gx AWS_SECRET_ACCESS_KEY '"),
        ("powershell", "$Env:AWS_ACCESS_KEY_ID = 'AGWP"),
        ("process", "\"Version\":1,\"AccessKeyId\":\"AGWP"),
    ] {
        let output = site.issue(&alice(&["--format", format]));
        assert!(String::from_utf8_lossy(&output.stdout).contains(wanted), "{format}");
    }
}

#[test]
fn what_the_gateway_would_refuse_is_not_made() {
    let site = Site::new("refused");
    assert!(site.issue(&["--new-key"]).status.success());
    for (at, value) in [(1, "mallory"), (3, "test"), (5, "admin")] {
        let mut arguments = ALICE;
        arguments[at] = value;
        site.refused(&arguments, 1, &format!("'{value}'"));
    }
    site.refused(&alice(&["--ttl", "0"]), 2, "1 second to 366 days");
    site.refused(&alice(&["--trait", "team"]), 2, "name=value");
    site.refused(&["--subject", "alice"], 2, "--app");
    let keys = site.0.join("gateway.keys");
    fs::write(&keys, "awsaccess-gateway-key 1 dG9vIHNob3J0\n").unwrap();
    site.refused(&ALICE, 2, "line 1 is no key");
    site.refused(&["--new-key"], 2, "line 1 is no key");
    fs::write(site.0.join("gateway.toml"), "listen = []").unwrap();
    site.refused(&["--new-key"], 2, "sealed.key_file: names no file");
}
