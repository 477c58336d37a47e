//! The credential chains of the AWS SDKs for Rust, Python and JavaScript beside ours: the same files, the same environment,
//! the same emulator. Whose credentials they find, and how long those last, is the same as with us, but for what
//! `chain/differences.json` lists, each with its reason; an entry that is no longer true fails too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use awsaccess::chain::{self, Options};
use awsaccess::credentials::Credentials;
use awsaccess::effect::{Http, Prompt, ReadFile, RunProcess, Wait};
use awsaccess::env::Env;
use awsaccess::host::{Host, Reply, run};
use awsaccess::secret::Secret;
use awsaccess::signin::{self, Login, SsoLogin};
use awsaccess::sts::{Endpoint, get_caller_identity};
use awsaccess::time::Time;
use awsaccess_drivers::blocking::{Blocking, drive, seed};
use awsaccess_emulator::{Agent, Emulator, Role, World};
use serde_json::Value;

const ISSUER: &str = "https://ci.example.com";
/// What a session is called by whoever chose no name.
const DEFAULT_SESSIONS: [&str; 5] =
    ["awsaccess-", "botocore-session-", "aws-sdk-js-", "assume-role-from-profile-", "web-identity-token-"];

#[test]
fn the_sdk_for_rust() {
    let program = env!("CARGO_BIN_EXE_aws-config");
    compare("aws-config", |environment| Command::new(program).env_clear().envs(environment).output());
}

#[test]
#[ignore = "needs a Python with botocore: PEER_PYTHON"]
fn botocore() {
    let python = std::env::var("PEER_PYTHON").expect("PEER_PYTHON names a Python with botocore");
    compare("botocore", |environment| {
        Command::new(&python).arg(folder().join("chain.py")).env_clear().envs(environment).output()
    });
}

#[test]
#[ignore = "needs a Node with @aws-sdk/credential-providers: PEER_NODE"]
fn the_sdk_for_javascript() {
    let node = std::env::var("PEER_NODE").expect("PEER_NODE names a Node");
    compare("credential-providers", |environment| {
        Command::new(&node).arg(folder().join("chain.mjs")).env_clear().envs(environment).output()
    });
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("chain")
}

fn read(name: &str) -> Vec<Value> {
    let path = folder().join(name);
    let text = fs::read_to_string(&path).expect("a file of cases");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

type Asked = std::io::Result<std::process::Output>;

/// Every case with us and with that peer.
fn compare(peer: &str, ask: impl Fn(BTreeMap<String, String>) -> Asked) {
    let cases = read("cases.json");
    let all = read("differences.json");
    let mut listed = BTreeMap::new();
    for entry in all.iter().filter(|entry| entry["peer"] == peer) {
        assert!(entry["why"].as_str().is_some_and(|why| why.len() > 20), "{entry} gives no reason");
        let before =
            listed.insert(entry["case"].as_str().expect("a case"), entry["theirs"].as_str().expect("theirs"));
        assert!(before.is_none(), "{entry} stands twice");
    }
    let names: BTreeSet<_> = cases.iter().map(|case| case["name"].as_str().expect("a name")).collect();
    assert_eq!(names.len(), cases.len(), "a name stands twice");
    let mut wrong: Vec<_> = { listed.keys() }
        .filter(|case| !names.contains(*case))
        .map(|case| format!("{case}: listed, but there is no such case"))
        .collect();

    let world = world();
    let (ours, theirs) = (Stage::new(&world, "ours", peer), Stage::new(&world, "theirs", peer));
    for case in &cases {
        let name = case["name"].as_str().expect("a name");
        let found = ours.set(case).asks_us();
        if found.outcome != case["ours"].as_str().expect("ours") {
            wrong.push(format!("{name}: we found {found}"));
        }
        if let Some(says) = case["says"].as_str().filter(|says| !found.why.contains(says)) {
            wrong.push(format!("{name}: we do not say {says:?} but {:?}", found.why));
        }
        let set = theirs.set(case);
        let environment = set.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let other = set.read(ask(environment).expect("the peer starts"));
        match listed.get(name) {
            None if other.outcome != found.outcome => {
                wrong.push(format!("{name}: {peer} found {other}, and we {found}"))
            }
            Some(_) if other.outcome == found.outcome => {
                wrong.push(format!("{name}: listed for {peer}, but there is no difference"));
            }
            Some(listed) if *listed != other.outcome => {
                wrong.push(format!("{name}: {peer} found {other}, and not {listed}"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Keys, names and times that are the same for us and for the peer.
fn world() -> World {
    let mut world = World::demo();
    for container in &mut world.containers {
        "given".clone_into(&mut container.session);
    }
    // One for the sessions of a container and of a web identity, which may take none of the others.
    let trust = serde_json::json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": ["arn:aws:iam::111111111111:role/task", "arn:aws:iam::222222222222:role/deployer"]}}});
    world = world.role(Role::trusting("111111111111", "follower", &trust).expect("a policy"));
    for center in &mut world.identity_centers {
        // None at all is five seconds.
        center.interval = 1;
    }
    world
}

/// An emulator of one's own: one-time codes and refresh tokens are good once.
struct Stage {
    emulator: Arc<Emulator>,
    values: Vec<(&'static str, String)>,
    root: PathBuf,
}

/// A case in place: its files in a home directory, its environment.
struct Set<'a> {
    stage: &'a Stage,
    environment: BTreeMap<String, String>,
}

/// Whose credentials were found and how long they last, or `error`.
struct Found {
    outcome: String,
    why: String,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.outcome)?;
        if self.why.is_empty() { Ok(()) } else { write!(f, " ({})", self.why) }
    }
}

impl Stage {
    fn new(world: &World, who: &str, peer: &str) -> Self {
        let emulator = Emulator::builder().world(world.clone()).plain_port(0).start().expect("an emulator");
        let root = std::env::temp_dir().join(format!("awsaccess-peers-{}-{peer}-{who}", std::process::id()));
        let user = |name| { world.users.iter() }.find(|user| user.name == name).expect("a user");
        let of = |agent| {
            { emulator.world().containers.iter() }
                .find(move |container| container.agent == agent)
                .expect("one")
        };
        let (task, pod) = (of(Agent::Ecs), of(Agent::EksPodIdentity));
        let token = |subject| {
            emulator.web_identity_token(ISSUER, "sts.amazonaws.com", subject, 6 * 3600).expect("a token")
        };
        let values = vec![
            ("${ci_key}", user("ci").access_keys[0].access_key_id.clone()),
            ("${ci_secret}", user("ci").access_keys[0].secret_access_key.clone()),
            ("${alice_key}", user("alice").access_keys[0].access_key_id.clone()),
            ("${alice_secret}", user("alice").access_keys[0].secret_access_key.clone()),
            ("${web_token}", token("repo:example/site")),
            ("${strange_token}", token("repo:somebody-else/site")),
            ("${metadata}", emulator.metadata_url()),
            ("${agent}", emulator.container_url()),
            ("${task_path}", task.path.clone()),
            ("${pod_path}", pod.path.clone()),
            ("${pod_token}", pod.token.clone().expect("a token")),
            ("${endpoint}", emulator.plain_endpoint_url().expect("a port")),
        ];
        Self { emulator: Arc::new(emulator), values, root }
    }

    fn fill(&self, text: &str, home: &Path) -> String {
        let text = text.replace("${home}", home.to_str().expect("a path"));
        self.values.iter().fold(text, |text, (name, value)| text.replace(name, value))
    }

    /// Writes the files of a case and signs in where it says so.
    fn set(&self, case: &Value) -> Set<'_> {
        let name = case["name"].as_str().expect("a name");
        let home = self.root.join(name.replace(' ', "-"));
        fs::create_dir_all(home.join(".aws")).expect("a folder");
        let write = |path: &str, content: &Value| {
            let lines = content.as_array().into_iter().flatten().map(|line| line.as_str().expect("a line"));
            let text = lines.collect::<Vec<_>>().join("\n");
            let text = content.as_str().map_or(text + "\n", str::to_owned);
            fs::write(home.join(path), self.fill(&text, &home)).expect("a file");
        };
        for (member, path) in [("config", ".aws/config"), ("credentials", ".aws/credentials")] {
            if !case[member].is_null() {
                write(path, &case[member]);
            }
        }
        for (path, content) in case["files"].as_object().into_iter().flatten() {
            write(path, content);
        }
        let mut environment: BTreeMap<_, _> = [
            ("HOME", "${home}"),
            ("PATH", "/usr/bin:/bin"),
            ("AWS_ENDPOINT_URL", "${endpoint}"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            // It is on this machine, which may be busy with something else.
            ("AWS_METADATA_SERVICE_TIMEOUT", "60"),
            ("PEER_ECS_AGENT", "${agent}"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), self.fill(value, &home)))
        .collect();
        if case["mfa"] == true {
            environment.insert("PEER_MFA_CODE".into(), self.emulator.mfa_code("alice").expect("a code"));
        }
        for (name, value) in case["env"].as_object().into_iter().flatten() {
            match value.as_str() {
                Some(value) => environment.insert(name.clone(), self.fill(value, &home)),
                None => environment.remove(name),
            };
        }
        let set = Set { stage: self, environment };
        if !case["sign_in"].is_null() {
            set.sign_in(&case["sign_in"], &home);
        }
        set
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl Set<'_> {
    fn env(&self) -> Env {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Signs in as the case says: `how`, as whose `profile`; then the token `ends_in` seconds and lacks what is `without`.
    fn sign_in(&self, sign_in: &Value, home: &Path) {
        let emulator = Arc::clone(&self.stage.emulator);
        let sso = sign_in["how"] == "sso";
        let person = if sso { "alice" } else { "ci" };
        let devices = Arc::clone(&emulator);
        let host = Blocking::new().expect("a host").prompt_with(move |question| {
            let (_, code) = question.page.as_deref()?.split_once("user_code=")?;
            devices.approve_device(code, person).then(|| Secret::new(""))
        });
        let mut host = host.open_with(move |page| {
            let location = emulator.approve(page, person).expect("a page that can be approved");
            follow(&location);
            true
        });
        let options = Options::new().profile(sign_in["profile"].as_str().expect("a profile"));
        let (env, now, seed) = (self.env(), host.now(), seed().expect("a seed"));
        if sso {
            let request = SsoLogin::new(options);
            drive(signin::sso_login(&request, &env, now, seed), &mut host).expect("signed in");
        } else {
            drive(signin::login(&Login::new(options), &env, now, seed), &mut host).expect("signed in");
        }
        let (cache, holder) = if sso { ("sso", "") } else { ("login", "accessToken") };
        for entry in fs::read_dir(home.join(".aws").join(cache).join("cache")).expect("a cache") {
            let path = entry.expect("an entry").path();
            let Ok(mut kept) = serde_json::from_slice::<Value>(&fs::read(&path).unwrap_or_default()) else {
                continue;
            };
            if kept["accessToken"].is_null() {
                continue;
            }
            if let Some(seconds) = sign_in["ends_in"].as_i64() {
                let end = Value::from(Time::from_unix(now.unix() + seconds).to_string());
                let holder = if holder.is_empty() { &mut kept } else { &mut kept[holder] };
                holder["expiresAt"] = end;
            }
            for member in sign_in["without"].as_array().into_iter().flatten() {
                kept.as_object_mut().expect("an object").remove(member.as_str().expect("a name"));
            }
            fs::write(&path, kept.to_string()).expect("a file");
        }
    }

    fn asks_us(&self) -> Found {
        let environment = &self.environment;
        let agent = environment.get("PEER_ECS_AGENT").expect("an agent").clone();
        let code = environment.get("PEER_MFA_CODE").cloned();
        let mut host = Ours { host: Blocking::new().expect("a host"), agent, code };
        let mut options = Options::new();
        if let Some(profile) = environment.get("PEER_PROFILE") {
            options = options.profile(profile);
        }
        let step = chain::resolve(&options, &self.env(), host.now(), seed().expect("a seed"));
        match run(step, &mut host) {
            Ok(resolved) => self.found(resolved.credentials()),
            Err(error) => Found { outcome: "error".into(), why: error.message().to_owned() },
        }
    }

    /// What a peer's program printed.
    fn read(&self, output: std::process::Output) -> Found {
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).trim().chars().take(300).collect();
            return Found { outcome: "error".into(), why };
        }
        let text = String::from_utf8(output.stdout).expect("text");
        let [key, secret, token, end] = text.lines().collect::<Vec<_>>()[..] else { panic!("four lines") };
        let mut credentials = Credentials::new(key, secret);
        if !token.is_empty() {
            credentials = credentials.with_session_token(token);
        }
        if !end.is_empty() {
            credentials = credentials.with_expiry(Time::from_unix(end.parse().expect("seconds")));
        }
        self.found(&credentials)
    }

    /// Whose they are by the word of STS, and for how many seconds, to the nearest quarter of an hour.
    fn found(&self, credentials: &Credentials) -> Found {
        let mut host = Blocking::new().expect("a host");
        let endpoint = self.stage.emulator.plain_endpoint_url().expect("a port");
        let endpoint = Endpoint::custom(&endpoint, "us-east-1").expect("an endpoint");
        let now = host.now();
        let who = run(get_caller_identity(credentials, &endpoint, now, [0; 32]), &mut host);
        let arn = match who {
            Ok(who) => who.arn,
            Err(error) => return Found { outcome: "refused by STS".into(), why: error.message().to_owned() },
        };
        let (start, session) = arn.rsplit_once('/').unwrap_or((&arn, ""));
        let by_default = DEFAULT_SESSIONS.iter().any(|prefix| session.starts_with(prefix));
        let arn = if by_default { format!("{start}/*") } else { arn };
        let lasts = credentials.expires_at().map(|end| (end.unix() - now.unix() + 450) / 900 * 900);
        let outcome = match lasts {
            None => arn,
            Some(lasts @ 1..) => format!("{arn}, {lasts} s"),
            Some(_) => format!("{arn}, over"),
        };
        Found { outcome, why: String::new() }
    }
}

fn follow(location: &str) {
    use std::io::{Read, Write};
    let (address, path) =
        location.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address");
    let mut stream = std::net::TcpStream::connect(address).expect("somebody listens");
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("sent");
    let _ = stream.read_to_string(&mut String::new());
}

/// Ours, on a network where an agent of ECS answers, with a person who knows the code.
struct Ours {
    host: Blocking,
    agent: String,
    code: Option<String>,
}

impl Host for Ours {
    fn now(&mut self) -> Time {
        self.host.now()
    }

    fn read_file(&mut self, request: &ReadFile) -> Reply<ReadFile> {
        self.host.read_file(request)
    }

    fn write_file(&mut self, request: &awsaccess::effect::WriteFile) -> Reply<awsaccess::effect::WriteFile> {
        self.host.write_file(request)
    }

    fn lock(&mut self, request: &awsaccess::effect::Lock) -> Reply<awsaccess::effect::Lock> {
        self.host.lock(request)
    }

    fn http(&mut self, request: &Http) -> Reply<Http> {
        let mut request = request.clone();
        request.url = request.url.replace("http://169.254.170.2/", &format!("{}/", self.agent));
        self.host.http(&request)
    }

    fn run_process(&mut self, request: &RunProcess) -> Reply<RunProcess> {
        self.host.run_process(request)
    }

    fn prompt(&mut self, _: &Prompt) -> Reply<Prompt> {
        self.code.as_deref().map(Secret::new)
    }

    fn sign(&mut self, request: &awsaccess::effect::Sign) -> Reply<awsaccess::effect::Sign> {
        self.host.sign(request)
    }

    fn wait(&mut self, request: &Wait) -> Reply<Wait> {
        self.host.wait(request)
    }
}
