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
    sso_registration_scopes = sso:account:access\n\
    [profile admin]\nrole_arn = arn:aws:iam::222222222222:role/admin\nsource_profile = alice\n\
    mfa_serial = arn:aws:iam::111111111111:mfa/alice\nrole_session_name = typed\n";
const ADMIN: &str = "arn:aws:sts::222222222222:assumed-role/admin/typed";

struct Desk {
    emulator: Emulator,
    home: PathBuf,
}

impl Desk {
    fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("awsaccess-desk-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(home.join(".aws")).expect("a folder");
        std::fs::write(home.join(".aws/config"), CONFIG).expect("a file");
        let mut world = World::demo();
        // A device that asks at once, so that nobody waits here.
        for center in &mut world.identity_centers {
            (center.interval, center.device_code_seconds) = (0, 600);
        }
        let emulator = Emulator::builder().world(world).start().expect("the emulator starts");
        let alice = emulator.world().users.iter().find(|user| user.name == "alice").expect("alice");
        let keys = &alice.access_keys[0];
        let text = format!(
            "[alice]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            keys.access_key_id, keys.secret_access_key
        );
        std::fs::write(home.join(".aws/credentials"), text).expect("a file");
        std::fs::write(home.join("ca.pem"), emulator.ca_pem()).expect("a file");
        Self { emulator, home }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.start_in(Command::new(env!("CARGO_BIN_EXE_awsaccess")).args(arguments))
    }

    fn start_in(&self, command: &mut Command) -> Child {
        command
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
            let found = awsaccess::redact::find_secret(shown.as_bytes(), secret.as_bytes());
            assert!(!shown.contains(&secret) && found.is_none(), "{shown}");
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

/// The code for the device of alice, once: another emulator has other seeds.
fn code(desk: &Desk) -> String {
    desk.emulator.mfa_code("alice").expect("a device")
}

/// Nothing that was left behind, and nothing that was shown, has the code in it.
fn is_forgotten(desk: &Desk, code: &str, shown: &str) {
    assert!(!shown.contains(code), "{shown}");
    let mut folders = vec![desk.home.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "ca.pem") {
                let text = std::fs::read(&path).expect("a file");
                assert!(!String::from_utf8_lossy(&text).contains(code), "{}", path.display());
            }
        }
    }
}

#[test]
fn a_code_from_a_pipe() {
    let desk = Desk::new("pipe");
    let code = code(&desk);
    let mut child = desk.start(&["whoami", "--profile", "admin"]);
    writeln!(child.stdin.take().expect("piped"), "{code}").expect("typed");
    let output = child.wait_with_output().expect("the command ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(desk.searched(&output), format!("{ADMIN}\n"), "{said}");
    assert!(said.contains("MFA code for arn:aws:iam::111111111111:mfa/alice: "), "{said}");
    is_forgotten(&desk, &code, &said);

    // The same code again is refused by STS; nobody there, and what is no code, ends sooner.
    for (typed, told) in [(code.as_str(), "AccessDenied"), ("", "MFA"), ("12345x", "six digits")] {
        let mut child = desk.start(&["creds", "--profile", "admin"]);
        writeln!(child.stdin.take().expect("piped"), "{typed}").expect("typed");
        let output = child.wait_with_output().expect("the command ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        assert!(said.contains(told), "{told}: {said}");
        is_forgotten(&desk, &code, &said);
    }
}

/// Runs its arguments at a terminal of their own, types a line once a question stands there, and prints all that the
/// terminal shows.
const TERMINAL: &str = "
import os, pty, sys, termios
code, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)
shown, typed = b'', False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if not typed and b'mfa/alice: ' in shown:
        typed = True
        while termios.tcgetattr(terminal)[3] & termios.ECHO:
            os.sched_yield()
        os.write(terminal, code.encode() + b'\\n')
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";

#[cfg(unix)]
#[test]
fn a_code_at_a_terminal_is_not_echoed() {
    if Command::new("python3").arg("--version").output().is_err() {
        // Past the capture of the tests, so that it is counted.
        let _ = writeln!(std::io::stdout(), "skipped: a code at a terminal: python3 is not on the path");
        return;
    }
    let desk = Desk::new("terminal");
    let code = code(&desk);
    let at_terminal = |arguments: &[&str], typed: &str| {
        let mut command = Command::new("python3");
        command.args(["-c", TERMINAL, typed, env!("CARGO_BIN_EXE_awsaccess")]).args(arguments);
        let output = desk.start_in(&mut command).wait_with_output().expect("the command ends");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, shown) = at_terminal(&["whoami", "--profile", "admin"], &code);
    assert_eq!(status, Some(0), "{shown}");
    assert!(shown.contains("mfa/alice: ") && shown.contains(ADMIN), "{shown}");
    is_forgotten(&desk, &code, &shown);
    let (status, shown) = at_terminal(&["creds", "--profile", "admin"], &code);
    assert!(status == Some(1) && shown.contains("AccessDenied"), "{shown}");
    is_forgotten(&desk, &code, &shown);
}

#[test]
fn a_profile_is_configured_by_answers_and_by_flags() {
    let desk = Desk::new("configure");
    let answer = |arguments: &[&str], answers: &str| {
        let mut child = desk.start(arguments);
        child.stdin.take().expect("piped").write_all(answers.as_bytes()).expect("typed");
        child
    };
    // A session that is there, the second account, the first role, a name.
    let mut child = answer(&["configure", "sso", "--json"], "demo\n2\n1\nmine\n");
    let redirect = desk.approve(&page(&mut child), "alice");
    desk.get(redirect.header("location").expect("a redirect"));
    let json: serde_json::Value = serde_json::from_str(&desk.ends(child)).expect("json");
    let (account, role) = (json["sso_account_id"].as_str(), json["sso_role_name"].as_str());
    assert_eq!((account, role), (Some("222222222222"), Some("Administrator")));
    assert!(desk.prints(&["whoami", "--profile", "mine"]).ends_with("/alice\n"));

    // Signed in already, all said by flags.
    let said = desk.prints(&[
        "configure",
        "sso",
        "--sso-session",
        "demo",
        "--account-id",
        "222222222222",
        "--role-name",
        "Reader",
        "--profile",
        "second",
        "--region",
        "eu-west-1",
    ]);
    assert!(said.starts_with("the profile second is in "), "{said}");
    let config = std::fs::read_to_string(desk.home.join(".aws/config")).expect("a file");
    let added = "[profile second]\nsso_session = demo\nsso_account_id = 222222222222\nsso_role_name = Reader\n\
        region = eu-west-1\n";
    assert!(config.starts_with(CONFIG) && config.ends_with(added), "{config}");

    // A session that is new, with a code for another screen.
    let answers = "other\nhttps://d-1234567890.awsapps.com/start\nus-east-1\n\n\n";
    let mut child = answer(&["configure", "sso", "--no-browser"], answers);
    assert_eq!(desk.approve(&page(&mut child), "bob").status, 200);
    assert!(desk.ends(child).starts_with("the profile Reader-222222222222 is in "));
    assert!(desk.prints(&["whoami", "--profile", "Reader-222222222222"]).ends_with("/bob\n"));

    let listed = desk.prints(&["accounts", "--sso-session", "demo"]);
    assert!(listed.starts_with("111111111111  ") && listed.lines().count() == 2, "{listed}");
    let listed = desk.prints(&["accounts", "--profile", "second", "--account-id", "222222222222", "--json"]);
    assert_eq!(listed, "[\"Administrator\",\"Reader\"]\n");
    let refused = desk.fails(&[
        "configure",
        "sso",
        "--sso-session",
        "demo",
        "--sso-region",
        "eu-west-1",
        "--start-url",
        "https://d-1234567890.awsapps.com/start",
        "--scopes",
        "sso:account:access",
        "--account-id",
        "222222222222",
        "--role-name",
        "Reader",
        "--profile",
        "third",
    ]);
    assert!(refused.contains("another sso_region"), "{refused}");
    let output =
        answer(&["configure", "sso", "--sso-session", "demo"], "7\n").wait_with_output().expect("ends");
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no number 7"));
}

/// Makes what is kept in that folder end in a minute, so that it is renewed by whoever needs it.
fn age(desk: &Desk, folder: &str) {
    let soon = awsaccess::time::Time::from(std::time::SystemTime::now()).unix() + 60;
    let soon = serde_json::Value::from(awsaccess::time::Time::from_unix(soon).to_string());
    for entry in std::fs::read_dir(desk.home.join(".aws").join(folder).join("cache")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let read = std::fs::read(&path).expect("a file");
        let Ok(mut kept) = serde_json::from_slice::<serde_json::Value>(&read) else { continue };
        match kept.get("accessToken") {
            Some(serde_json::Value::String(_)) => kept["expiresAt"] = soon.clone(),
            Some(_) => kept["accessToken"]["expiresAt"] = soon.clone(),
            None => continue,
        }
        std::fs::write(&path, kept.to_string()).expect("a file");
    }
}

/// Refresh tokens are good once: the second who used one would be refused, and would have ended the session of all.
#[test]
fn processes_that_renew_at_a_time_burn_one_token() {
    let desk = Desk::new("renewal");
    let mut child = desk.start(&["login", "--sso-session", "demo", "--no-browser"]);
    assert_eq!(desk.approve(&page(&mut child), "bob").status, 200);
    desk.ends(child);
    let mut child = desk.start(&["login", "--profile", "me", "--console"]);
    let redirect = desk.approve(&page(&mut child), "ci");
    desk.get(redirect.header("location").expect("a redirect"));
    desk.ends(child);
    for (folder, profile, service, path) in
        [("sso", "reader", "sso-oidc", "/token"), ("login", "me", "signin", "/v1/token")]
    {
        age(&desk, folder);
        desk.emulator.clear_requests();
        let children: Vec<_> = (0..6).map(|_| desk.start(&["whoami", "--profile", profile])).collect();
        let said: Vec<_> = children.into_iter().map(|child| desk.ends(child)).collect();
        assert!(said.iter().all(|line| line == &said[0]), "{said:?}");
        let renewals = desk.emulator.requests();
        let renewals =
            renewals.iter().filter(|sent| sent.service == service && sent.target.starts_with(path));
        assert_eq!(renewals.count(), 1, "{folder}");
    }
}
