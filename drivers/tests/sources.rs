//! Every source of the chain against the emulator: real sockets, files, TLS, signatures, proofs and trust policies.
#![cfg(feature = "blocking")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use awsaccess::chain::{self, Options, Order, Resolved, Source};
use awsaccess::effect::{Http, PromptKind, ReadFile};
use awsaccess::env::Env;
use awsaccess::error::{Error, ErrorKind};
use awsaccess::host::{Host, Reply, run};
use awsaccess::provider::imds::Overrides;
use awsaccess::provider::{Cognito, RolesAnywhere, Saml, SessionToken, Token, WebIdentity};
use awsaccess::secret::Secret;
use awsaccess::signin::{self, Login, SsoLogin};
use awsaccess::sts::{Endpoint, get_caller_identity};
use awsaccess::time::Time;
use awsaccess_drivers::blocking::{self, Blocking};
use awsaccess_emulator::{Agent, Assertion, Emulator, World};
use serde_json::Value;

const HUB: &str = "111111111111";
const SPOKE: &str = "222222222222";
const ISSUER: &str = "https://ci.example.com";
const DEPLOYER: &str = "arn:aws:iam::222222222222:role/deployer";
const RSA: &str = include_str!("../../emulator/tests/support/rsa.pem");
const P384: &str = include_str!("../../emulator/tests/support/p384.pem");

/// An emulator, and a home directory on a machine that knows where it is.
struct Machine {
    emulator: Arc<Emulator>,
    home: PathBuf,
    env: Env,
}

impl Machine {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let home = std::env::temp_dir().join(format!("awsaccess-sources-{}-{count}", std::process::id()));
        fs::create_dir_all(home.join(".aws")).unwrap();
        let emulator = Emulator::builder().world(World::demo()).start().unwrap();
        let endpoint = emulator.endpoint_url();
        let env = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_REGION", "us-east-1"),
            // It is on this machine, which may be busy with something else.
            ("AWS_METADATA_SERVICE_TIMEOUT", "60"),
            ("HOME", home.to_str().unwrap()),
        ];
        let env = env.into_iter().collect();
        Self { emulator: Arc::new(emulator), home, env }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.env.set(name, value);
        self
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn host(&self) -> Blocking {
        Blocking::with_roots(self.emulator.ca_pem().as_bytes()).unwrap()
    }

    /// With a person who approves whatever page opens.
    fn host_of(&self, person: &'static str) -> Blocking {
        let emulator = Arc::clone(&self.emulator);
        self.host().open_with(move |page| {
            let Some(location) = emulator.approve(page, person) else { return false };
            let rest = location.strip_prefix("http://").unwrap();
            let (address, path) = rest.split_once('/').unwrap();
            let mut stream = TcpStream::connect(address).unwrap();
            write!(stream, "GET /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
            let mut reply = String::new();
            stream.read_to_string(&mut reply).unwrap();
            reply.starts_with("HTTP/1.1 200 ")
        })
    }

    /// Resolves; no secret of the emulator's may be in anything that could be printed.
    fn resolve(&self, options: &Options) -> Result<Resolved, Error> {
        self.resolve_on(options, &mut self.host())
    }

    fn resolve_on(&self, options: &Options, host: &mut Blocking) -> Result<Resolved, Error> {
        self.searched(blocking::resolve_with(options, &self.env, host))
    }

    fn searched(&self, result: Result<Resolved, Error>) -> Result<Resolved, Error> {
        let shown = match &result {
            Ok(resolved) => format!("{resolved:?} {} {:?}", resolved.trace(), resolved.warnings()),
            Err(error) => format!("{error} {error:?} {}", error.report()),
        };
        for secret in self.emulator.secrets() {
            let found = awsaccess::redact::find_secret(shown.as_bytes(), secret.as_bytes());
            assert!(!shown.contains(&secret) && found.is_none(), "{shown}");
        }
        result
    }

    /// Resolves, and says whose credentials they are by the word of STS.
    fn who(&self, options: &Options, source: &str) -> String {
        let resolved = self.resolve(options).unwrap_or_else(|error| panic!("{source}: {}", error.report()));
        assert_eq!(resolved.credentials().source(), Some(source));
        self.arn(&resolved)
    }

    fn arn(&self, resolved: &Resolved) -> String {
        let mut host = self.host();
        let endpoint = Endpoint::custom(&self.emulator.endpoint_url(), "us-east-1").unwrap();
        let now = host.now();
        let step = get_caller_identity(resolved.credentials(), &endpoint, now, [0; 32]);
        run(step, &mut host).unwrap().arn
    }

    fn token(&self, subject: &str) -> String {
        self.emulator.web_identity_token(ISSUER, "sts.amazonaws.com", subject, 600).unwrap()
    }

    /// The only file below a folder of `~/.aws` that holds this member.
    fn kept(&self, folder: &str, member: &str) -> (PathBuf, Value) {
        let entries = fs::read_dir(self.home.join(".aws").join(folder)).unwrap();
        let files = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "json"));
        let mut found: Vec<(PathBuf, Value)> = files
            .map(|path| (path.clone(), serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()))
            .filter(|(_, value): &(_, Value)| !value[member].is_null())
            .collect();
        assert_eq!(found.len(), 1, "{folder}");
        found.remove(0)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// The end of a token that has to be renewed now.
fn soon() -> String {
    Time::from_unix(Time::from(std::time::SystemTime::now()).unix() + 60).to_string()
}

#[test]
fn a_container_by_its_full_address_and_a_token() {
    let machine = Machine::new();
    let pods = machine.emulator.world().containers.iter();
    let pod = { pods }.find(|container| container.agent == Agent::EksPodIdentity).unwrap().clone();
    let url = format!("{}{}", machine.emulator.container_url(), pod.path);
    let token = pod.token.as_deref().unwrap();
    let file = machine.file("pod-token", &format!("{token}\n"));
    let machine = machine.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url);
    let refused = machine.resolve(&Options::new()).unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Denied | ErrorKind::Service), "{refused}");
    let machine = machine.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file);
    assert!(machine.who(&Options::new(), "container").contains(":assumed-role/pod/"));
}

/// A task of ECS asks at an address that only its own network has.
struct Task<'a>(Blocking, &'a Emulator);

impl Host for Task<'_> {
    fn now(&mut self) -> Time {
        self.0.now()
    }

    fn read_file(&mut self, request: &ReadFile) -> Reply<ReadFile> {
        self.0.read_file(request)
    }

    fn http(&mut self, request: &Http) -> Reply<Http> {
        let mut request = request.clone();
        request.url = request.url.replace("http://169.254.170.2", &self.1.container_url());
        self.0.http(&request)
    }
}

#[test]
fn a_container_by_its_relative_address() {
    let machine = Machine::new();
    let task = machine.emulator.world().containers[0].clone();
    let machine = machine.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", &task.path);
    let mut host = Task(machine.host(), &machine.emulator);
    let step = chain::resolve(&Options::new(), &machine.env, host.now(), blocking::seed().unwrap());
    let resolved = machine.searched(run(step, &mut host)).unwrap();
    assert!(machine.arn(&resolved).contains(":assumed-role/task/"));
}

#[test]
fn a_web_identity_of_the_environment_of_a_profile_and_in_code() {
    let machine = Machine::new();
    let file = machine.file("token", &machine.token("repo:example/site"));
    machine.file(
        ".aws/config",
        &format!("[profile ci]\nrole_arn = {DEPLOYER}\nweb_identity_token_file = ~/token\nrole_session_name = profile\n"),
    );
    let of_profile = Options::new().profile("ci");
    assert_eq!(machine.who(&of_profile, "web-identity"), assumed("deployer/profile"));
    let mut identity = WebIdentity::new(DEPLOYER, Token::File(file.clone()));
    identity.session_name = Some("code".to_owned());
    assert_eq!(machine.who(&Options::new().web_identity(identity), "web-identity"), assumed("deployer/code"));

    let machine = machine.set("AWS_WEB_IDENTITY_TOKEN_FILE", &file).set("AWS_ROLE_ARN", DEPLOYER);
    let machine = machine.set("AWS_ROLE_SESSION_NAME", "env");
    assert_eq!(machine.who(&Options::new(), "web-identity"), assumed("deployer/env"));
    machine.file("token", &machine.token("repo:somebody-else/site"));
    let error = machine.resolve(&Options::new()).unwrap_err();
    assert_eq!((error.kind(), error.aws_code()), (ErrorKind::Denied, Some("AccessDenied")), "{error}");
}

fn assumed(role_and_session: &str) -> String {
    format!("arn:aws:sts::{SPOKE}:assumed-role/{role_and_session}")
}

#[test]
fn identity_center_signed_in_and_renewed() {
    let machine = Machine::new();
    machine.file(
        ".aws/config",
        &format!(
            "[profile admin]\nsso_session = demo\nsso_account_id = {SPOKE}\nsso_role_name = Reader\n[sso-session demo]\n\
             sso_start_url = https://d-1234567890.awsapps.com/start\nsso_region = us-east-1\n\
             sso_registration_scopes = sso:account:access\n"
        ),
    );
    let options = Options::new().profile("admin");
    let error = machine.resolve(&options).unwrap_err();
    assert!(error.message().contains("awsaccess login"), "{error}");

    let mut host = machine.host_of("alice");
    let step = signin::sso_login(
        &SsoLogin::new(options.clone()),
        &machine.env,
        host.now(),
        blocking::seed().unwrap(),
    );
    let signed_in = run(step, &mut host).unwrap();
    assert!(signed_in.warnings.is_empty(), "{signed_in:?}");
    assert!(machine.who(&options, "sso").ends_with("/alice"));

    let (path, mut token) = machine.kept("sso/cache", "accessToken");
    let before = token.clone();
    token["expiresAt"] = soon().into();
    fs::write(&path, token.to_string()).unwrap();
    assert!(machine.who(&options, "sso").ends_with("/alice"));
    let (_, renewed) = machine.kept("sso/cache", "accessToken");
    assert!(
        renewed["accessToken"] != before["accessToken"] && renewed["refreshToken"] != before["refreshToken"]
    );

    let step = signin::sso_logout(&options, &machine.env, host.now(), blocking::seed().unwrap());
    let done = run(step, &mut host).unwrap();
    assert!(done.warnings.is_empty() && done.removed.contains(&signed_in.token_file), "{done:?}");
    assert!(machine.resolve(&options).is_err());
}

#[test]
fn a_console_sign_in_and_its_proofs() {
    let machine = Machine::new();
    let options = Options::new().profile("me").region("us-east-1");
    let mut host = machine.host_of("ci");
    let step =
        signin::login(&Login::new(options.clone()), &machine.env, host.now(), blocking::seed().unwrap());
    let logged_in = run(step, &mut host).unwrap();
    let user = format!("arn:aws:iam::{HUB}:user/ci");
    assert_eq!((logged_in.session.as_str(), logged_in.account_id.as_str()), (user.as_str(), HUB));
    assert_eq!(machine.who(&options, "login"), user);

    let (path, mut session) = machine.kept("login/cache", "dpopKey");
    let before = session["refreshToken"].clone();
    session["accessToken"]["expiresAt"] = soon().into();
    fs::write(&path, session.to_string()).unwrap();
    assert_eq!(machine.who(&options, "login"), user);
    let (_, renewed) = machine.kept("login/cache", "dpopKey");
    assert!(renewed["refreshToken"] != before && renewed["dpopKey"] == session["dpopKey"]);

    // A proof by another key than the sign-in's is refused.
    let other = run(
        signin::login(&Login::new(options.clone()), &machine.env, host.now(), blocking::seed().unwrap()),
        &mut host,
    );
    assert!(other.is_ok(), "{other:?}");
    let (path, mut session) = machine.kept("login/cache", "dpopKey");
    session["accessToken"]["expiresAt"] = "2026-01-01T00:00:00Z".into();
    session["dpopKey"] = renewed["dpopKey"].clone();
    fs::write(&path, session.to_string()).unwrap();
    assert!(machine.resolve(&options).is_err());
}

#[cfg(unix)]
#[test]
fn a_program() {
    let machine = Machine::new();
    let ci = machine.emulator.world().users.iter().find(|user| user.name == "ci").unwrap().clone();
    let printed = serde_json::json!({
        "Version": 1,
        "AccessKeyId": ci.access_keys[0].access_key_id,
        "SecretAccessKey": ci.access_keys[0].secret_access_key,
    });
    let file = machine.file("printed", &printed.to_string());
    machine.file(".aws/config", &format!("[profile p]\ncredential_process = /bin/cat '{file}'\n"));
    let found = machine.who(&Options::new().profile("p"), "process");
    assert_eq!(found, format!("arn:aws:iam::{HUB}:user/ci"));
}

#[test]
fn an_instance_by_the_newer_path() {
    let machine = Machine::new();
    let metadata = machine.emulator.metadata_url();
    let machine = machine.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata);
    let mut overrides = Overrides::default();
    overrides.extended = true;
    let resolved = machine.resolve(&Options::new().imds(overrides)).unwrap();
    assert_eq!(resolved.credentials().account_id(), Some(HUB));
    assert!(machine.arn(&resolved).contains(":assumed-role/gateway-node/"));
    let asked = machine.emulator.requests();
    assert!(asked.iter().any(|request| request.target.contains("security-credentials-extended")));
}

#[test]
fn a_saml_assertion() {
    let machine = Machine::new();
    let provider = format!("arn:aws:iam::{SPOKE}:saml-provider/corporate");
    let role = format!("arn:aws:iam::{SPOKE}:role/employee");
    let assertion = machine.emulator.saml_assertion(&Assertion::new(&provider, &role, "ana")).unwrap();
    let file = machine.file("assertion", &assertion);
    let saml = |path: &str| Options::new().saml(Saml::new(&role, &provider, Token::File(path.to_owned())));
    assert_eq!(machine.who(&saml(&file), "saml"), assumed("employee/ana"));
    // What the signature covers was changed on its way.
    let (start, end) = assertion.split_at(assertion.len() / 2);
    let other = if end.starts_with('A') { "B" } else { "A" };
    let file = machine.file("assertion", &format!("{start}{other}{}", &end[1..]));
    assert!(machine.resolve(&saml(&file)).is_err());
}

#[test]
fn an_identity_pool() {
    let machine = Machine::new();
    let pool = machine.emulator.world().identity_pools[0].id.clone();
    let guest = Options::new().cognito(Cognito::new(&pool));
    assert!(machine.who(&guest, "cognito").contains(":assumed-role/app-guest/"));
    let login = || Token::Given(Secret::new(machine.token("ana")));
    let user = Options::new().cognito(Cognito::new(&pool).login("ci.example.com", login()));
    assert!(machine.who(&user, "cognito").contains(":assumed-role/app-user/"));
    let mut basic = Cognito::new(&pool).login("ci.example.com", login());
    basic.role_arn = Some(format!("arn:aws:iam::{SPOKE}:role/app-user"));
    assert!(machine.who(&Options::new().cognito(basic), "cognito").contains(":assumed-role/app-user/"));
}

#[test]
fn certificates_of_both_kinds() {
    let machine = Machine::new();
    let world = machine.emulator.world();
    let (anchor, profile) = (world.trust_anchors[0].arn(), world.anywhere_profiles[0].arn());
    let role = format!("arn:aws:iam::{SPOKE}:role/on-premises");
    for key in [None, Some(RSA), Some(P384)] {
        let issued = machine.emulator.issue_certificate(&anchor, "server-1", key).unwrap();
        let certificate = machine.file("certificate.pem", &issued.certificate);
        let key = machine.file("key.pem", key.unwrap_or(&issued.private_key));
        let options = |key: &str| {
            Options::new().roles_anywhere(RolesAnywhere::new(&anchor, &profile, &role, &certificate, key))
        };
        assert!(machine.who(&options(&key), "roles-anywhere").contains(":assumed-role/on-premises/"));
        let another = machine.emulator.issue_certificate(&anchor, "server-2", None).unwrap();
        let another = machine.file("another.pem", &another.private_key);
        assert!(machine.resolve(&options(&another)).is_err());
        let missing = machine.resolve(&options("/nowhere/key.pem")).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Sign, "{missing}");
    }
}

#[test]
fn a_session_with_a_code() {
    let machine = Machine::new();
    let alice = machine.emulator.world().users.iter().find(|user| user.name == "alice").unwrap().clone();
    let keys = &alice.access_keys[0];
    let machine = machine
        .set("AWS_ACCESS_KEY_ID", &keys.access_key_id)
        .set("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key);
    let serial = alice.mfa.as_ref().unwrap().serial.clone();
    let options = Options::new().session_token(SessionToken::new().mfa_serial(serial));
    let code = machine.emulator.mfa_code("alice").unwrap();
    let mut host = machine
        .host()
        .prompt_with(move |question| (question.kind == PromptKind::Mfa).then(|| Secret::new(code.clone())));
    let resolved = machine.resolve_on(&options, &mut host).unwrap();
    assert_eq!(resolved.credentials().source(), Some("session-token"));
    assert!(resolved.credentials().session_token().is_some());
    assert_eq!(machine.arn(&resolved), alice.arn());
    assert_eq!(machine.resolve(&options).unwrap_err().kind(), ErrorKind::Mfa);
}

#[test]
fn one_source_and_no_other() {
    let machine = Machine::new();
    let metadata = machine.emulator.metadata_url();
    let machine = machine.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata);
    let only = Options::new().order(Order::only(Source::WebIdentity));
    assert_eq!(machine.resolve(&only).unwrap_err().kind(), ErrorKind::NotConfigured);
    assert!(machine.emulator.requests().is_empty());
}
