//! `awsaccess console` against the emulator's STS and sign-in.

use std::path::PathBuf;
use std::process::{Command, Output};

use awsaccess::effect::Http;
use awsaccess::host::Host;
use awsaccess_drivers::blocking::Blocking;
use awsaccess_emulator::{Emulator, World};

const HUB: &str = "arn:aws:iam::111111111111:role/gateway-hub";

struct Desk {
    emulator: Emulator,
    home: PathBuf,
}

impl Desk {
    fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("awsaccess-console-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).expect("a folder");
        let mut world = World::demo();
        for role in &mut world.roles {
            role.max_session_duration = 43_200;
        }
        let emulator = Emulator::builder().world(world).start().expect("the emulator starts");
        std::fs::write(home.join("ca.pem"), emulator.ca_pem()).expect("a file");
        Self { emulator, home }
    }

    /// Runs the command with the keys of `ci`, and a token if there is one.
    fn run(&self, keys: [&str; 3], arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_awsaccess"));
        command
            .arg("console")
            .args(arguments)
            .env_clear()
            .env("HOME", &self.home)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_CA_BUNDLE", self.home.join("ca.pem"))
            .env("AWS_ENDPOINT_URL", self.emulator.endpoint_url())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("BROWSER", self.home.join("browser"));
        for (name, value) in
            ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].iter().zip(keys)
        {
            if !value.is_empty() {
                command.env(name, value);
            }
        }
        command.output().expect("the command ends")
    }

    fn ci(&self, arguments: &[&str]) -> Output {
        let user = self.emulator.world().users.iter().find(|user| user.name == "ci").expect("a user");
        let key = &user.access_keys[0];
        self.run([&key.access_key_id, &key.secret_access_key, ""], arguments)
    }

    /// Where the browser arrives, and how the sign-in answers.
    fn open(&self, url: &str) -> (u16, Option<String>) {
        let mut browser = Blocking::with_roots(self.emulator.ca_pem().as_bytes()).expect("a browser");
        let reply = browser.http(&Http::new("GET", url)).expect("an answer").expect("a reply");
        (reply.status, reply.header("location").map(str::to_owned))
    }

    /// What it says when it fails; no secret may be in it, and no link.
    fn refused(&self, output: &Output) -> String {
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        for secret in self.emulator.secrets() {
            assert!(!shown.contains(&secret), "{shown}");
        }
        assert!(!shown.contains("SigninToken") && output.stdout.is_empty(), "{shown}");
        shown
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_role_over_long_lived_keys_has_twelve_hours() {
    let desk = Desk::new("role");
    let output =
        desk.ci(&["--role", HUB, "--duration", "12h", "--destination", "ec2", "--region", "eu-west-1"]);
    let url = printed(&output);
    let there = "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1";
    assert_eq!(desk.open(&url), (302, Some(there.to_owned())));
    assert_eq!(desk.open(&url).0, 400, "a link serves once");
    let json: serde_json::Value =
        serde_json::from_str(&printed(&desk.ci(&["--role", HUB, "--duration", "12h", "--json"])))
            .expect("JSON");
    assert!(
        json["arn"]
            .as_str()
            .expect("an arn")
            .starts_with("arn:aws:sts::111111111111:assumed-role/gateway-hub/awsaccess-")
    );
    assert!(json["session_ends_at"].as_str() > json["expires_at"].as_str());
}

#[test]
fn temporary_credentials_have_one_hour_and_no_duration_of_the_console() {
    let desk = Desk::new("chained");
    let (id, secret) = {
        let user = desk.emulator.world().users.iter().find(|user| user.name == "ci").expect("a user");
        (user.access_keys[0].access_key_id.clone(), user.access_keys[0].secret_access_key.clone())
    };
    std::fs::create_dir_all(desk.home.join(".aws")).expect("a folder");
    let config = format!(
        "[profile base]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[profile hub]\nrole_arn = {HUB}\n\
         source_profile = base\nregion = us-east-1\n"
    );
    std::fs::write(desk.home.join(".aws/config"), config).expect("a file");
    let developer = "arn:aws:iam::222222222222:role/developer";
    let arguments =
        ["--profile", "hub", "--role", developer, "--external-id", "demo-external-id", "--duration", "12h"];
    let url = printed(&desk.run(["", "", ""], &arguments));
    assert_eq!(desk.open(&url), (302, Some("https://console.aws.amazon.com/".to_owned())));
    // Without a role the session's own console, which ends with it.
    let url = printed(&desk.run(["", "", ""], &["--profile", "hub"]));
    assert_eq!(desk.open(&url).0, 302);
    let shown = desk.refused(&desk.run(["", "", ""], &["--profile", "hub", "--duration", "1h"]));
    assert!(shown.contains("a duration needs a role"), "{shown}");
}

#[test]
fn long_lived_keys_need_a_role_or_a_user() {
    let desk = Desk::new("user");
    let shown = desk.refused(&desk.ci(&[]));
    assert!(shown.contains("name a role, or a federated user"), "{shown}");
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let url = printed(&desk.ci(&["--federated-user", "guest", "--policy", policy, "--duration", "36h"]));
    assert_eq!(desk.open(&url).0, 302);
    let shown = desk.refused(&desk.ci(&["--role", HUB, "--duration", "10m"]));
    assert!(shown.contains("15 minutes"), "{shown}");
    let shown = desk.refused(&desk.ci(&["--role", HUB, "--destination", "https://evil.example/"]));
    assert!(shown.contains("no page of the aws console"), "{shown}");
    let shown = desk.refused(&desk.ci(&["--role", "arn:aws:iam::222222222222:role/developer"]));
    assert!(shown.contains("AccessDenied"), "{shown}");
}

#[test]
fn the_partition_is_that_of_the_region_that_is_set_up() {
    let desk = Desk::new("china");
    let user = desk.emulator.world().users.iter().find(|user| user.name == "ci").expect("a user");
    let key = &user.access_keys[0];
    std::fs::create_dir_all(desk.home.join(".aws")).expect("a folder");
    let config = format!(
        "[profile base]\naws_access_key_id = {}\naws_secret_access_key = {}\n[profile hub]\nrole_arn = {HUB}\n\
         source_profile = base\nregion = cn-north-1\n",
        key.access_key_id, key.secret_access_key
    );
    std::fs::write(desk.home.join(".aws/config"), config).expect("a file");
    let url = printed(&desk.run(["", "", ""], &["--profile", "hub"]));
    assert!(url.contains("Destination=https%3A%2F%2Fconsole.amazonaws.cn%2F&"), "no page of China");
}

#[test]
fn roles_are_switched_without_credentials() {
    let desk = Desk::new("switch");
    let output =
        desk.run(["", "", ""], &["--switch-role", HUB, "--display-name", "hub", "--color", "99BCE3"]);
    assert_eq!(
        printed(&output),
        "https://signin.aws.amazon.com/switchrole?account=111111111111&roleName=gateway-hub&displayName=hub&color=99BCE3"
    );
    assert_eq!(desk.run(["", "", ""], &["--switch-role", HUB, "--role", HUB]).status.code(), Some(2));
    assert_eq!(desk.run(["", "", ""], &["--duration", "soon"]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn a_browser_is_sent_there_without_the_link_on_a_command_line() {
    use std::os::unix::fs::PermissionsExt as _;

    let desk = Desk::new("open");
    // A browser that says what it was given, through a pipe that this test reads.
    let (browser, given) = (desk.home.join("browser"), desk.home.join("given"));
    assert!(Command::new("mkfifo").arg(&given).status().expect("mkfifo").success());
    std::fs::write(&browser, format!("#!/bin/sh\nprintf %s \"$1\" > '{}'\n", given.display()))
        .expect("a file");
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o700)).expect("a mode");
    let (sent, output) = std::thread::scope(|scope| {
        let command = scope.spawn(|| desk.ci(&["--role", HUB, "--open"]));
        let page = std::fs::read_to_string(&given).expect("what the browser was given");
        assert!(page.starts_with("http://127.0.0.1:") && !page.contains("SigninToken"), "{page}");
        (desk.open(&page), command.join().expect("the command ends"))
    });
    assert!(printed(&output).is_empty());
    assert_eq!(sent.0, 302);
    assert_eq!(desk.open(&sent.1.expect("a link")).0, 302);
}
