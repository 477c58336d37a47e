//! `awsaccess login`, `whoami` and `logout`, with the emulator's pages and a browser by script.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use awsaccess::effect::{Http, HttpReply};
use awsaccess::host::Host;
use awsaccess_drivers::blocking::Blocking;
use awsaccess_emulator::{Emulator, World};

const CONFIG: &str = "[profile reader]\nsso_session = demo\nsso_account_id = 222222222222\nsso_role_name = Reader\n\
    [sso-session demo]\nsso_start_url = https://d-1234567890.awsapps.com/start\nsso_region = us-east-1\n\
    sso_registration_scopes = sso:account:access\n";

struct Desk {
    emulator: Emulator,
    home: PathBuf,
}

impl Desk {
    fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("awsaccess-desk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(home.join(".aws")).expect("a folder");
        std::fs::write(home.join(".aws/config"), CONFIG).expect("a file");
        let mut world = World::demo();
        // A device that asks at once, so that nobody waits here.
        for center in &mut world.identity_centers {
            (center.interval, center.device_code_seconds) = (0, 60);
        }
        let emulator = Emulator::builder().world(world).start().expect("the emulator starts");
        std::fs::write(home.join("ca.pem"), emulator.ca_pem()).expect("a file");
        Self { emulator, home }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_awsaccess"))
            .args(arguments)
            .env_clear()
            .env("HOME", &self.home)
            .env("AWS_CA_BUNDLE", self.home.join("ca.pem"))
            .env("AWS_ENDPOINT_URL", self.emulator.endpoint_url())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "us-east-1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.start(arguments).wait_with_output().expect("the command ends")
    }

    /// What it prints, when all goes well.
    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.searched(&output)
    }

    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1));
        self.searched(&output);
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Standard output; no secret may be in it or beside it.
    fn searched(&self, output: &Output) -> String {
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let shown = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        for secret in self.emulator.secrets() {
            assert!(!shown.contains(&secret), "{shown}");
        }
        stdout
    }

    fn get(&self, url: &str) -> HttpReply {
        let mut browser = Blocking::with_roots(self.emulator.ca_pem().as_bytes()).expect("a browser");
        browser.http(&Http::new("GET", url)).expect("an answer").expect("a reply")
    }

    /// Opens the page and follows its link for that user; gives the reply.
    fn approve(&self, page: &str, user: &str) -> HttpReply {
        let shown = self.get(page);
        let html = String::from_utf8_lossy(&shown.body).into_owned();
        let link =
            html.split("href=\"").find(|part| part.contains(&format!("user={user}\""))).expect("a link");
        let link = link.split('"').next().expect("its end").replace("&amp;", "&");
        self.get(&format!("{}{link}", self.emulator.endpoint_url()))
    }

    fn ends(&self, child: Child) -> String {
        let output = child.wait_with_output().expect("the command ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.searched(&output)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// The page that a command shows. The line may go on, and wait for what is typed.
#[allow(clippy::unbuffered_bytes, reason = "what comes after the page has to stay in the pipe")]
fn page(child: &mut Child) -> String {
    let said = child.stderr.as_mut().expect("piped").bytes().map(|byte| char::from(byte.expect("text")));
    let mut words = String::new();
    for c in said {
        if c.is_whitespace() && words.starts_with("https://") {
            return words;
        }
        words = if c.is_whitespace() { String::new() } else { words + &c.to_string() };
    }
    panic!("no page was shown: {words}");
}

#[test]
fn a_browser_signs_in_and_the_profile_works_until_it_signs_out() {
    let desk = Desk::new("browser");
    assert!(desk.fails(&["whoami", "--profile", "reader"]).contains("awsaccess login"));

    let mut child = desk.start(&["login", "--profile", "reader", "--json"]);
    let redirect = desk.approve(&page(&mut child), "alice");
    let location = redirect.header("location").expect("a redirect").to_owned();
    assert!(location.starts_with("http://127.0.0.1:"), "{location}");
    let last = desk.get(&location);
    assert_eq!(last.status, 200);
    assert!(String::from_utf8_lossy(&last.body).contains("close this window"));
    let json: serde_json::Value = serde_json::from_str(&desk.ends(child)).expect("json");
    assert_eq!(json["sso_session"], "demo");

    let who = desk.prints(&["whoami", "--profile", "reader", "--json"]);
    let who: serde_json::Value = serde_json::from_str(&who).expect("json");
    assert_eq!((who["account"].as_str(), who["source"].as_str()), (Some("222222222222"), Some("sso")));
    assert!(who["arn"].as_str().expect("an arn").ends_with("/alice"), "{who}");

    let removed = desk.prints(&["logout"]);
    assert!(removed.contains(".aws/sso/cache/"), "{removed}");
    assert!(desk.fails(&["whoami", "--profile", "reader"]).contains("awsaccess login"));
    assert_eq!(desk.prints(&["logout"]), "nobody was signed in\n");
}

#[test]
fn a_refusal_on_the_page_is_told() {
    let desk = Desk::new("refusal");
    let mut child = desk.start(&["login", "--profile", "reader"]);
    let address = page(&mut child).replacen("/authorize?", "/authorize/deny?", 1);
    let location = desk.get(&address).header("location").expect("a redirect").to_owned();
    desk.get(&location);
    let output = child.wait_with_output().expect("the command ends");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the sign-in was refused on its page, access_denied"), "{said}");
}

#[test]
fn a_code_for_another_screen() {
    let desk = Desk::new("device");
    let mut child = desk.start(&["login", "--sso-session", "demo", "--no-browser"]);
    assert_eq!(desk.approve(&page(&mut child), "bob").status, 200);
    assert!(desk.ends(child).starts_with("signed in to https://d-1234567890.awsapps.com/start until "));
    assert!(desk.prints(&["whoami", "--profile", "reader"]).ends_with("/bob\n"));
}

#[test]
fn console_credentials_by_a_pasted_code() {
    let desk = Desk::new("console");
    let mut child = desk.start(&["login", "--profile", "me", "--console", "--no-browser"]);
    let redirect = desk.approve(&page(&mut child), "ci");
    let shown = desk.get(redirect.header("location").expect("a redirect"));
    let html = String::from_utf8_lossy(&shown.body).into_owned();
    let code = html.split(['<', '>']).map(str::trim).find(|text| text.len() > 60 && !text.contains(' '));
    let code = code.unwrap_or_else(|| panic!("{html}")).to_owned();
    writeln!(child.stdin.take().expect("piped"), "{code}").expect("typed");
    let said = desk.ends(child);
    assert_eq!(said, "the profile me is signed in as arn:aws:iam::111111111111:user/ci\n");
    assert_eq!(desk.prints(&["whoami", "--profile", "me"]), "arn:aws:iam::111111111111:user/ci\n");
    assert!(desk.prints(&["logout", "--profile", "me"]).contains(".aws/login/cache/"));
    assert!(desk.fails(&["whoami", "--profile", "me"]).contains("awsaccess login"));
}
