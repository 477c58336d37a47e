//! Every source against a small scripted world: what it asks for, what it makes of each answer, what it never tells.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use awsaccess::chain::{self, CustomName, Options, Order, Resolved, Source};
use awsaccess::credentials::Credentials;
use awsaccess::effect::{
    Custom, CustomFailure, Http, HttpFailure, HttpReason, HttpReply, ProcessFailure, ProcessReply, Prompt,
    ReadFile, Resolve, RunProcess, Sign, SignFailure, Wait,
};
use awsaccess::error::{Error, ErrorKind};
use awsaccess::host::{Host, Reply, run};
use awsaccess::provider::imds::Overrides;
use awsaccess::provider::{
    Cognito, FederationToken, RoleHop, RolesAnywhere, Saml, SessionToken, Shell, Token, WebIdentity,
};
use awsaccess::secret::Secret;
use awsaccess::time::Time;
use serde_json::Value;

const NOW: Time = Time::from_unix(1_800_000_000);
const ROLE: &str = "arn:aws:iam::111122223333:role/one";
const STS: &str = "POST https://sts.eu-west-1.amazonaws.com/";
const REGION: (&str, &str) = ("AWS_REGION", "eu-west-1");
/// Of every kind; none may be seen in a result, an error, a question or an option.
const HIDDEN: [&str; 6] = ["s3cr3t-", "t0k3n-", "4ss3rt10n", "654321", "3xt3rnal", "std3rr-"];

/// Answers from scripts; the last reply of each is given again and again. What has no script is declined.
#[derive(Default)]
struct World {
    files: BTreeMap<String, Vec<Vec<u8>>>,
    replies: BTreeMap<String, Vec<Result<HttpReply, HttpFailure>>>,
    process: Option<Result<ProcessReply, ProcessFailure>>,
    addresses: Option<Result<Vec<IpAddr>, HttpFailure>>,
    signature: Option<Result<Vec<u8>, SignFailure>>,
    custom: Option<Result<Option<Credentials>, CustomFailure>>,
    code: Option<&'static str>,
    asked: Vec<Http>,
    ran: Vec<RunProcess>,
    signed: Vec<Sign>,
    read: Vec<String>,
}

impl World {
    fn file(mut self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.files.entry(path.to_owned()).or_default().push(text.as_ref().to_vec());
        self
    }

    fn reply(mut self, request: &str, status: u16, body: impl Into<String>) -> Self {
        let reply = HttpReply::new(status, Vec::new(), body.into());
        self.replies.entry(request.to_owned()).or_default().push(Ok(reply));
        self
    }

    fn fail(mut self, request: &str, reason: HttpReason) -> Self {
        let failure = HttpFailure::new(reason, "no reply");
        self.replies.entry(request.to_owned()).or_default().push(Err(failure));
        self
    }

    fn printing(stdout: &str) -> Self {
        Self { process: Some(Ok(ProcessReply::new(0, stdout.into(), Vec::new()))), ..Self::default() }
    }

    fn resolve(&mut self, options: &Options, env: &[(&str, &str)]) -> Result<Resolved, Error> {
        let env = env.iter().copied().chain([("HOME", "/h")]).collect();
        let result = run(chain::resolve(options, &env, NOW, [3; 32]), self);
        let mut shown = format!("{result:?} {options:?} {:?} {:?} {:?}", self.asked, self.ran, self.signed);
        if let Ok(resolved) = &result {
            shown += &format!("{} {:?}", resolved.trace(), resolved.warnings());
        }
        for hidden in HIDDEN {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
        result
    }

    fn body(&self, at: usize) -> String {
        String::from_utf8(self.asked[at].body.to_vec()).unwrap()
    }

    fn sent(&self, at: usize, name: &str) -> Option<&str> {
        let header = self.asked[at].headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.expose())
    }
}

fn next<T: Clone>(script: &mut Vec<T>) -> Option<T> {
    if script.len() > 1 { Some(script.remove(0)) } else { script.first().cloned() }
}

impl Host for World {
    fn now(&mut self) -> Time {
        NOW
    }
    fn read_file(&mut self, request: &ReadFile) -> Reply<ReadFile> {
        self.read.push(request.path.clone());
        Some(Ok(self.files.get_mut(&request.path).and_then(next)))
    }
    fn http(&mut self, request: &Http) -> Reply<Http> {
        self.asked.push(request.clone());
        self.replies.get_mut(&format!("{} {}", request.method, request.url)).and_then(next)
    }
    fn resolve(&mut self, _request: &Resolve) -> Reply<Resolve> {
        self.addresses.clone()
    }
    fn run_process(&mut self, request: &RunProcess) -> Reply<RunProcess> {
        self.ran.push(request.clone());
        self.process.clone()
    }
    fn prompt(&mut self, _request: &Prompt) -> Reply<Prompt> {
        self.code.map(Secret::new)
    }
    fn sign(&mut self, request: &Sign) -> Reply<Sign> {
        self.signed.push(request.clone());
        self.signature.clone()
    }
    fn custom(&mut self, _request: &Custom) -> Reply<Custom> {
        self.custom.clone()
    }
    fn wait(&mut self, request: &Wait) -> Reply<Wait> {
        assert!(request.duration <= Duration::from_secs(20));
        Some(())
    }
}

fn only(source: Source) -> Options {
    Options::new().order(Order::only(source))
}

fn key(result: &Result<Resolved, Error>) -> &str {
    result.as_ref().unwrap().credentials().access_key_id()
}

/// The kind of a failure, whose words must hold these.
fn fault(result: Result<Resolved, Error>, words: &str) -> ErrorKind {
    let error = result.unwrap_err();
    assert!(error.message().contains(words), "{words}: {error}");
    error.kind()
}

fn sts(operation: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/one/x</Arn>\
         </AssumedRoleUser><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s3cr3t-r</SecretAccessKey>\
         <SessionToken>t0k3n-r</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>\
         </{operation}Result></{operation}Response>"
    )
}

fn sts_error(code: &str, message: &str) -> String {
    format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
}

// credential_process

const PRINTED: &str = r#"{"Version":1,"AccessKeyId":"ASIAP","SecretAccessKey":"s3cr3t-p","SessionToken":"t0k3n-p","Expiration":"2100-01-01T00:00:00Z"}"#;

fn with_process(world: World, line: &str) -> World {
    world.file("/h/.aws/config", format!("[default]\ncredential_process = {line}\n"))
}

#[test]
fn a_program_is_run_without_a_shell_and_told_who_asks() {
    let mut world = with_process(World::printing(PRINTED), "tool 's3cr3t-a b' --x");
    let found = world.resolve(&Options::new(), &[("_AWS_CLI_PROFILE_CHAIN", "first")]);
    assert_eq!(key(&found), "ASIAP");
    assert_eq!(found.unwrap().credentials().source(), Some("process"));
    let ran = &world.ran[0];
    let argv: Vec<_> = ran.argv.iter().map(Secret::expose).collect();
    assert_eq!(argv, ["tool", "s3cr3t-a b", "--x"]);
    assert_eq!((ran.env[0].0.as_str(), ran.env[0].1.expose()), ("_AWS_CLI_PROFILE_CHAIN", "first,default"));
    assert_eq!((ran.max_bytes, ran.timeout), (64 * 1024, Duration::from_secs(60)));
    let mut world = with_process(World::printing(PRINTED), "tool | other");
    world.resolve(&Options::new(), &[]).unwrap();
    assert_eq!(world.ran[0].argv[0].expose(), "/bin/sh");
    let mut world = with_process(World::printing(PRINTED), "tool | other");
    let refused = world.resolve(&Options::new().shell(Shell::Never), &[]);
    assert_eq!((fault(refused, "shell"), world.ran.len()), (ErrorKind::Config, 0));
}

#[test]
fn a_program_that_fails_stops_the_chain_and_is_not_quoted() {
    let of = |process: Option<Result<ProcessReply, ProcessFailure>>, env: &[(&str, &str)]| {
        let world = World { process, ..World::default() };
        with_process(world, "tool s3cr3t-a").resolve(&Options::new(), env)
    };
    let reply =
        |code, stdout: &str| Some(Ok(ProcessReply::new(code, stdout.into(), b"std3rr-text".to_vec())));
    assert_eq!(fault(of(reply(1, PRINTED), &[]), "exit status 1 and wrote 11 bytes"), ErrorKind::Service);
    assert_eq!(fault(of(reply(-9, ""), &[]), "signal 9"), ErrorKind::Service);
    assert_eq!(fault(of(reply(0, "garbage"), &[]), "no json object"), ErrorKind::Malformed);
    let old = PRINTED.replace("2100", "2001");
    assert_eq!(fault(of(reply(0, &old), &[]), "expired"), ErrorKind::Expired);
    let huge = "x".repeat(65 * 1024);
    assert_eq!(fault(of(reply(0, &huge), &[]), "65536 bytes"), ErrorKind::Limit);
    let failed = |why: &str| Some(Err(ProcessFailure::new(why)));
    assert_eq!(fault(of(failed("no such program"), &[]), "no such program"), ErrorKind::Unreachable);
    assert_eq!(
        fault(of(failed("['tool', 's3cr3t-a'] timed out"), &[]), "gave no answer"),
        ErrorKind::Unreachable
    );
    assert_eq!(fault(of(None, &[]), "does not run programs"), ErrorKind::Declined);
    let circle = [("_AWS_CLI_PROFILE_CHAIN", "default")];
    assert_eq!(fault(of(reply(0, PRINTED), &circle), "default -> default"), ErrorKind::Config);
    // Keys that do not end are not asked for again.
    let bare = r#"{"Version":1,"AccessKeyId":"AKIAP","SecretAccessKey":"s3cr3t-p"}"#;
    assert_eq!(of(reply(0, bare), &[]).unwrap().credentials().expires_at(), None);
}

// Container

const RELATIVE: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/creds?a=1");
const ECS: &str = "GET http://169.254.170.2/creds?a=1";
const CONTAINER: &str = r#"{"AccessKeyId":"ASIAC","SecretAccessKey":"s3cr3t-c","Token":"t0k3n-c","Expiration":"2100-01-01T00:00:00Z","AccountId":"111122223333"}"#;

#[test]
fn the_place_of_a_container_is_found_as_published() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/chain/ecs-tests.json");
    let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let cases = document["tests"].as_array().unwrap();
    for case in cases {
        let docs = case["docs"].as_str().unwrap();
        let env: Vec<_> =
            case["env"].as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
        let mut world = World::default();
        let error = world.resolve(&only(Source::Container), &env).unwrap_err();
        match (case["result"]["Ok"].as_str(), case["result"]["ErrorContains"].as_str()) {
            (Some(url), _) => assert_eq!(world.asked[0].url, url, "{docs}"),
            (None, Some(phrase)) => {
                let kind = match phrase {
                    "No environment variables were set to configure ECS provider" => ErrorKind::NotConfigured,
                    "URI did not specify a host" => ErrorKind::Config,
                    other => panic!("unknown phrase: {other}"),
                };
                assert!(error.kind() == kind && world.asked.is_empty(), "{docs}: {error}");
            }
            _ => panic!("{docs} expects nothing"),
        }
    }
    assert_eq!(cases.len(), 11);
}

#[test]
fn what_is_set_twice_is_told() {
    let full = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/x");
    let found =
        World::default().reply(ECS, 200, CONTAINER).resolve(&only(Source::Container), &[RELATIVE, full]);
    assert!(found.unwrap().warnings()[0].contains("FULL_URI is not used"));
}

#[test]
fn a_container_sends_its_token_as_it_is() {
    let file = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token");
    let variable = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic t0k3n-v");
    let mut world =
        World::default().reply(ECS, 200, CONTAINER).file("/token", "t0k3n-1\n").file("/token", "t0k3n-2\n");
    let env = [RELATIVE, file, variable];
    let found = world.resolve(&only(Source::Container), &env);
    assert_eq!(found.unwrap().credentials().account_id(), Some("111122223333"));
    // The file is read anew for the next one.
    world.resolve(&only(Source::Container), &env).unwrap();
    assert_eq!(
        (world.sent(0, "authorization"), world.sent(1, "authorization")),
        (Some("t0k3n-1"), Some("t0k3n-2"))
    );
    assert!(world.asked[0].direct && world.sent(0, "accept") == Some("application/json"));
    let mut world = World::default().reply(ECS, 200, CONTAINER);
    world.resolve(&only(Source::Container), &[RELATIVE, variable]).unwrap();
    assert_eq!(world.sent(0, "authorization"), Some("Basic t0k3n-v"));
    for (text, words) in
        [("a\r\nx-y: z", "line break"), (" \n", "empty"), ("a\0b", "line break"), ("\u{e9}", "line break")]
    {
        let mut world = World::default().file("/token", text).reply(ECS, 200, CONTAINER);
        let result = world.resolve(&only(Source::Container), &[RELATIVE, file]);
        assert_eq!((fault(result, words), world.asked.len()), (ErrorKind::Config, 0), "{text:?}");
    }
    let missing = World::default().resolve(&only(Source::Container), &[RELATIVE, file]);
    assert_eq!(
        fault(missing, "/token, which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names, does not exist"),
        ErrorKind::Config
    );
}

#[test]
fn a_container_that_fails_is_asked_four_times_and_stops_the_chain() {
    let of = |world: World| {
        let mut world = world.reply("PUT http://169.254.169.254/latest/api/token", 200, "t0k3n-imds");
        let result =
            world.resolve(&Options::new(), &[RELATIVE, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t0k3n-v")]);
        (result, world.asked.len())
    };
    let (found, asked) = of(World::default()
        .fail(ECS, HttpReason::Refused)
        .reply(ECS, 503, "")
        .reply(ECS, 200, "{\"AccessKeyId\":")
        .reply(ECS, 200, CONTAINER));
    assert_eq!((key(&found), asked), ("ASIAC", 4));
    for (status, body, words, kind, count) in [
        (500, "", "status 500", ErrorKind::Service, 4),
        (429, "", "status 429", ErrorKind::Service, 4),
        (400, r#"{"code":"X","message":"because"}"#, "X: because", ErrorKind::Service, 1),
        (404, r#"{"Code":"X","Message":"t0k3n-v"}"#, "404, X", ErrorKind::Service, 1),
        (403, "<html>", "status 403", ErrorKind::Denied, 1),
        (302, "", "redirect", ErrorKind::Service, 1),
        (200, "{}", "no Expiration", ErrorKind::Malformed, 4),
        (200, &CONTAINER.replace("2100-01-01T00:00:00Z", "soon"), "no time", ErrorKind::Malformed, 4),
        (200, &CONTAINER.replace("Token", "Nothing"), "no Token", ErrorKind::Malformed, 4),
        (200, &CONTAINER.replace("2100", "2001"), "expired", ErrorKind::Expired, 1),
    ] {
        let (result, asked) = of(World::default().reply(ECS, status, body));
        assert_eq!((fault(result, words), asked), (kind, count), "{status} {body}");
    }
    let (result, asked) = of(World::default().fail(ECS, HttpReason::Timeout));
    assert_eq!((fault(result, "no reply"), asked), (ErrorKind::Timeout, 4));
}

#[test]
fn plain_http_goes_to_addresses_that_were_seen() {
    let full = |url: &'static str| [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)];
    let of = |addresses: Vec<&str>, url| {
        let addresses = addresses.into_iter().map(|text| text.parse().unwrap()).collect();
        let mut world = World { addresses: Some(Ok(addresses)), ..World::default() };
        world = world.reply("GET http://127.0.0.1:81/c?d", 200, CONTAINER);
        let result = world.resolve(&only(Source::Container), &full(url));
        (result, world)
    };
    // The address that was seen is the one that is asked, under the name that was given.
    let (found, world) = of(vec!["127.0.0.1", "::1"], "http://agent.local:81/c?d");
    assert_eq!(key(&found), "ASIAC");
    assert_eq!(world.sent(0, "host"), Some("agent.local:81"));
    for (addresses, url) in [
        (vec!["127.0.0.1", "10.0.0.1"], "http://agent.local:81/c?d"),
        (vec!["169.254.169.254"], "http://agent.local:81/c?d"),
        (vec!["::ffff:127.0.0.1"], "http://agent.local:81/c?d"),
        (vec![], "http://agent.local:81/c?d"),
        (vec![], "http://10.0.0.1/c"),
        (vec![], "http://evil@127.0.0.1/c"),
    ] {
        let (result, world) = of(addresses.clone(), url);
        assert!(result.is_err() && world.asked.is_empty(), "{addresses:?} {url}");
    }
    let mut deaf = World::default();
    let result = deaf.resolve(&only(Source::Container), &full("http://agent.local/c"));
    assert_eq!(fault(result, "look up the addresses of agent.local"), ErrorKind::Declined);
    let https = World::default()
        .reply("GET https://anywhere.example/c", 200, CONTAINER)
        .resolve(&only(Source::Container), &full("https://anywhere.example/c"));
    assert_eq!(key(&https), "ASIAC");
}

// Web identity

const IDENTITY: [(&str, &str); 3] =
    [("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"), ("AWS_ROLE_ARN", ROLE), REGION];

#[test]
fn a_token_is_exchanged_without_a_signature() {
    let world =
        || World::default().file("/token", "t0k3n-w\n").reply(STS, 200, sts("AssumeRoleWithWebIdentity"));
    let mut named = world();
    let found = named
        .resolve(&only(Source::WebIdentity), &[&IDENTITY[..], &[("AWS_ROLE_SESSION_NAME", "ana")]].concat());
    assert_eq!(found.unwrap().credentials().account_id(), Some("111122223333"));
    assert_eq!(
        named.body(0),
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fone\
         &RoleSessionName=ana&WebIdentityToken=t0k3n-w"
    );
    assert!(named.sent(0, "authorization").is_none() && named.sent(0, "x-amz-date").is_none());
    let mut unnamed = world();
    unnamed.resolve(&Options::new(), &IDENTITY).unwrap();
    assert!(unnamed.body(0).contains("RoleSessionName=awsaccess-1800000000000"));
    // The profile's keys; a path in the home directory; the region of that profile.
    let config = format!(
        "[profile p]\nrole_arn = {ROLE}\nweb_identity_token_file = ~/t\nrole_session_name = bob\nregion = us-west-2\n"
    );
    let us = "POST https://sts.us-west-2.amazonaws.com/";
    let mut of_profile = World::default().file("/h/.aws/config", config).file("/h/t", "t0k3n-p").reply(
        us,
        200,
        sts("AssumeRoleWithWebIdentity"),
    );
    assert_eq!(key(&of_profile.resolve(&Options::new().profile("p"), &[])), "ASIAROLE");
    assert!(of_profile.body(0).contains("RoleSessionName=bob&WebIdentityToken=t0k3n-p"));
    // In code, with more.
    let mut identity = WebIdentity::new(ROLE, Token::Given(Secret::new("t0k3n-c")));
    identity.duration = Some(Duration::from_secs(900));
    identity.policy_arns = vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()];
    let mut given = world();
    given.resolve(&Options::new().web_identity(identity), &[REGION]).unwrap();
    assert!(given.body(0).ends_with(
        "&WebIdentityToken=t0k3n-c&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess&DurationSeconds=900"
    ));
}

#[test]
fn a_token_that_may_have_been_replaced_is_read_again() {
    let refused = |code: &str| sts_error(code, "the token t0k3n-old");
    for code in ["ExpiredTokenException", "InvalidIdentityToken"] {
        let stale = || World::default().file("/token", "t0k3n-old").reply(STS, 400, refused(code));
        let mut replaced =
            stale().file("/token", "t0k3n-new").reply(STS, 200, sts("AssumeRoleWithWebIdentity"));
        assert_eq!(key(&replaced.resolve(&Options::new(), &IDENTITY)), "ASIAROLE");
        assert!(replaced.body(1).ends_with("t0k3n-new"));
        let mut same = stale();
        let error = same.resolve(&Options::new(), &IDENTITY).unwrap_err();
        let kind = if code == "InvalidIdentityToken" { ErrorKind::Denied } else { ErrorKind::Expired };
        assert_eq!((error.kind(), error.aws_code(), same.asked.len()), (kind, Some(code), 1));
    }
    // The identity provider could not be reached by STS: that passes.
    let mut slow = World::default()
        .file("/token", "t0k3n-w")
        .reply(STS, 400, sts_error("IDPCommunicationError", ""))
        .reply(STS, 200, sts("AssumeRoleWithWebIdentity"));
    assert_eq!((key(&slow.resolve(&Options::new(), &IDENTITY)), slow.asked.len()), ("ASIAROLE", 2));
    for (status, code) in [(403, "IDPRejectedClaim"), (403, "AccessDenied")] {
        let mut world = World::default().file("/token", "t0k3n-w").reply(STS, status, sts_error(code, "no"));
        let result = world.resolve(&Options::new(), &IDENTITY);
        assert_eq!((fault(result, code), world.asked.len()), (ErrorKind::Denied, 1));
    }
}

#[test]
fn a_web_identity_that_is_half_set_stops_the_chain() {
    let of = |text: Option<&str>, env: &[(&str, &str)]| {
        let world = World::default();
        let mut world = match text {
            Some(text) => world.file("/token", text),
            None => world,
        };
        world.resolve(&only(Source::WebIdentity), env)
    };
    assert_eq!(fault(of(None, &IDENTITY[1..]), "no credentials found"), ErrorKind::NotConfigured);
    assert_eq!(fault(of(None, &IDENTITY[..1]), "AWS_ROLE_ARN is not"), ErrorKind::Config);
    assert_eq!(fault(of(None, &IDENTITY), "/token is not there"), ErrorKind::Config);
    assert_eq!(fault(of(Some(" \n"), &IDENTITY), "is empty"), ErrorKind::Malformed);
    assert_eq!(fault(of(Some("a b"), &IDENTITY), "has a space"), ErrorKind::Malformed);
    assert_eq!(fault(of(Some(&"a".repeat(20_001)), &IDENTITY), "too long"), ErrorKind::Malformed);
    assert_eq!(fault(of(Some(&"a".repeat(30_000)), &IDENTITY), "bytes"), ErrorKind::Limit);
    let bad = [IDENTITY[0], REGION, ("AWS_ROLE_ARN", "arn:nonsense")];
    assert_eq!(fault(of(Some("t0k3n-w"), &bad), "the role must be"), ErrorKind::Input);
}

// Instance metadata

const TOKEN: &str = "PUT http://169.254.169.254/latest/api/token";
const ROLES: &str = "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/";
const EXTENDED: &str = "GET http://169.254.169.254/latest/meta-data/iam/security-credentials-extended/";
const INSTANCE: &str = r#"{"Code":"Success","AccessKeyId":"ASIAI","SecretAccessKey":"s3cr3t-i","Token":"t0k3n-i","Expiration":"2100-01-01T00:00:00Z","AccountId":"111122223333"}"#;

fn instance() -> World {
    World::default().reply(TOKEN, 200, "t0k3n-imds")
}

fn imds(extended: bool, name: Option<&str>) -> Options {
    let mut overrides = Overrides::default();
    overrides.extended = extended;
    overrides.role_name = name.map(str::to_owned);
    only(Source::Imds).imds(overrides)
}

fn paths(world: &World) -> Vec<&str> {
    world.asked.iter().map(|http| http.url.rsplit("meta-data/iam/").next().unwrap()).collect()
}

#[test]
fn the_newer_path_is_tried_where_it_was_asked_for() {
    let mut new =
        instance().reply(EXTENDED, 200, "gateway").reply(&format!("{EXTENDED}gateway"), 200, INSTANCE);
    let found = new.resolve(&imds(true, None), &[]).unwrap();
    assert_eq!((found.credentials().account_id(), new.asked.len()), (Some("111122223333"), 3));
    let old = || {
        instance().reply(EXTENDED, 404, "").reply(ROLES, 200, "gateway").reply(
            &format!("{ROLES}gateway"),
            200,
            INSTANCE,
        )
    };
    let mut fallen = old();
    assert_eq!(key(&fallen.resolve(&imds(true, None), &[])), "ASIAI");
    let last = &paths(&fallen)[1..];
    assert_eq!(
        last,
        ["security-credentials-extended/", "security-credentials/", "security-credentials/gateway"]
    );
    let mut plain = old();
    plain.resolve(&imds(false, None), &[]).unwrap();
    assert_eq!(plain.asked.len(), 3);
}

#[test]
fn a_role_that_was_exchanged_is_found_again_and_a_wrong_name_is_told() {
    let gone = format!("{ROLES}old");
    let mut moved = instance().reply(ROLES, 200, "old").reply(ROLES, 200, "new").reply(&gone, 404, "").reply(
        &format!("{ROLES}new"),
        200,
        INSTANCE,
    );
    assert_eq!(key(&moved.resolve(&imds(false, None), &[])), "ASIAI");
    let mut lost = instance().reply(ROLES, 200, "old").reply(&gone, 404, "");
    assert_eq!(fault(lost.resolve(&imds(false, None), &[]), "has no credentials for it"), ErrorKind::Config);
    assert_eq!(lost.asked.len(), 5);
    let mut wrong = instance().reply(&format!("{EXTENDED}x"), 404, "").reply(&format!("{ROLES}x"), 404, "");
    assert_eq!(
        fault(wrong.resolve(&imds(true, Some("x")), &[]), "no name of this instance's profile"),
        ErrorKind::Config
    );
    let config = "[default]\nec2_instance_profile_name = x\n";
    let mut named = instance().file("/h/.aws/config", config).reply(&format!("{ROLES}x"), 200, INSTANCE);
    assert_eq!(key(&named.resolve(&only(Source::Imds), &[])), "ASIAI");
    let mut six = World::default();
    let _ = six.resolve(&only(Source::Imds), &[("AWS_IMDS_USE_IPV6", "true")]);
    assert!(six.asked[0].url.starts_with("http://[fd00:ec2::254]/"));
    let blank = instance().resolve(&only(Source::Imds), &[("AWS_EC2_INSTANCE_PROFILE_NAME", " ")]);
    assert_eq!(fault(blank, "is blank"), ErrorKind::Config);
}

#[test]
fn the_region_is_looked_for_in_order() {
    const PLACE: &str = "GET http://169.254.169.254/latest/meta-data/placement/region";
    let config = "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\nregion = eu-north-1\n[profile c]\nsource_profile = c\n";
    let of = |options: &Options, env: &[(&str, &str)], status, body: &str| {
        let mut world = instance().file("/h/.aws/config", config).reply(PLACE, status, body);
        let env = env.iter().copied().chain([("HOME", "/h")]).collect();
        run(chain::region(options, &env, NOW, [1; 32]), &mut world)
    };
    let some = |region: &str| Ok(Some(region.to_owned()));
    let two = [("AWS_REGION", "us-east-2"), ("AWS_DEFAULT_REGION", "us-west-1"), ("AWS_PROFILE", "a")];
    assert_eq!(of(&Options::new().region("sa-east-1"), &two, 200, ""), some("sa-east-1"));
    assert_eq!(of(&Options::new(), &two, 200, ""), some("us-east-2"));
    assert_eq!(of(&Options::new(), &two[1..], 200, ""), some("us-west-1"));
    assert_eq!(of(&Options::new(), &two[2..], 200, ""), some("eu-north-1"));
    assert_eq!(of(&Options::new().profile("c"), &[], 200, "eu-west-3\n"), some("eu-west-3"));
    assert_eq!(of(&Options::new(), &[], 404, ""), Ok(None));
    assert_eq!(
        of(&Options::new().order(Order::default().without_ambient()), &[], 200, "eu-west-3"),
        Ok(None)
    );
    assert_eq!(of(&Options::new(), &[("AWS_EC2_METADATA_DISABLED", "true")], 200, "eu-west-3"), Ok(None));
    assert_eq!(of(&Options::new(), &[], 200, "<html>").unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(of(&Options::new(), &[], 500, "").unwrap_err().kind(), ErrorKind::Service);
}

// Sessions of long-lived keys, and more about roles

const KEYS: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t-e"), REGION];

#[test]
fn a_code_gives_a_session_that_assumes_roles() {
    let session = SessionToken::new()
        .mfa_serial("arn:aws:iam::111122223333:mfa/me")
        .duration(Duration::from_secs(129_600));
    let options = Options::new().session_token(session).assume(
        RoleHop::new(ROLE)
            .external_id("3xt3rnal")
            .session_name("ana")
            .duration(Duration::from_secs(7200))
            .source_identity("ana")
            .policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess")
            .tag("team", "a b")
            .transitive_tag("project", "x"),
    );
    let world = |code| {
        World { code, ..World::default() }.reply(STS, 200, sts("GetSessionToken")).reply(
            STS,
            200,
            sts("AssumeRole"),
        )
    };
    let mut good = world(Some("654321 "));
    let found = good.resolve(&options, &KEYS).unwrap();
    let trace: Vec<_> = found.trace().attempts().iter().map(|attempt| attempt.source.as_str()).collect();
    assert_eq!(trace, ["code", "environment", "session-token", "assume-role"]);
    assert_eq!(
        good.body(0),
        "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=129600\
         &SerialNumber=arn%3Aaws%3Aiam%3A%3A111122223333%3Amfa%2Fme&TokenCode=654321"
    );
    // The session of a user is no role's, so that the role's hour is not cut.
    assert_eq!(
        good.body(1),
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fone&RoleSessionName=ana\
         &PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess&DurationSeconds=7200\
         &Tags.member.1.Key=team&Tags.member.1.Value=a+b&Tags.member.2.Key=project&Tags.member.2.Value=x\
         &TransitiveTagKeys.member.1=project&ExternalId=3xt3rnal&SourceIdentity=ana"
    );
    assert_eq!(good.sent(1, "x-amz-security-token"), Some("t0k3n-r"));
    for code in [None, Some(""), Some("12345")] {
        let mut wrong = world(code);
        assert_eq!((fault(wrong.resolve(&options, &KEYS), "mfa"), wrong.asked.len()), (ErrorKind::Mfa, 0));
    }
}

#[test]
fn only_long_lived_keys_are_exchanged() {
    let federation = FederationToken::new("ana").policy("{}");
    let options = Options::new().federation_token(federation);
    let reply = sts("GetFederationToken").replace("AssumedRoleUser", "FederatedUser");
    let mut world = World::default().reply(STS, 200, reply);
    let found = world.resolve(&options, &KEYS).unwrap();
    assert_eq!(found.credentials().account_id(), Some("111122223333"));
    assert_eq!(world.body(0), "Action=GetFederationToken&Version=2011-06-15&Name=ana&Policy=%7B%7D");
    let temporary = [&KEYS[..], &[("AWS_SESSION_TOKEN", "t0k3n-e")]].concat();
    let refused = |options: &Options, env: &[(&str, &str)], words: &str| {
        fault(World::default().resolve(options, env), words)
    };
    assert_eq!(refused(&options, &temporary, "only the long-lived keys"), ErrorKind::Config);
    assert_eq!(
        refused(&Options::new().session_token(SessionToken::new()), &temporary, "only the long-lived"),
        ErrorKind::Config
    );
    assert_eq!(
        refused(&options.clone().assume(RoleHop::new(ROLE)), &KEYS, "can assume no role"),
        ErrorKind::Config
    );
    let long = SessionToken::new().duration(Duration::from_secs(129_601));
    assert_eq!(refused(&Options::new().session_token(long), &KEYS, "900 to 129600"), ErrorKind::Input);
    assert_eq!(
        refused(&Options::new().federation_token(FederationToken::new("a b")), &KEYS, "name must be"),
        ErrorKind::Input
    );
    assert_eq!(
        refused(&Options::new().session_token(SessionToken::new()), &KEYS[..2], "set a region"),
        ErrorKind::Config
    );
    let tagged = |hop: RoleHop| Options::new().assume(hop);
    assert_eq!(
        refused(&tagged(RoleHop::new(ROLE).tag("a", "b").tag("A", "c")), &KEYS, "differ in more than case"),
        ErrorKind::Input
    );
    assert_eq!(refused(&tagged(RoleHop::new(ROLE).tag("a&", "b")), &KEYS, "session tags"), ErrorKind::Input);
    assert_eq!(
        refused(&tagged(RoleHop::new(ROLE).policy_arn("nonsense")), &KEYS, "policy arns"),
        ErrorKind::Input
    );
}

#[test]
fn a_profile_names_any_of_the_three_sources() {
    let config = |source: &str| {
        format!(
            "[default]\nrole_arn = {ROLE}\ncredential_source = {source}\nregion = eu-west-1\nduration_seconds = 7200\n"
        )
    };
    let world = |source: &str| {
        World::default().file("/h/.aws/config", config(source)).reply(STS, 200, sts("AssumeRole"))
    };
    let options = only(Source::Profile);
    let mut of_env = world("environment");
    assert_eq!(key(&of_env.resolve(&options, &KEYS)), "ASIAROLE");
    assert!(of_env.body(0).contains("DurationSeconds=7200"));
    // A role assumed with the container's role has one hour.
    let mut of_container = world("EcsContainer").reply(ECS, 200, CONTAINER);
    assert_eq!(key(&of_container.resolve(&options, &[RELATIVE])), "ASIAROLE");
    assert!(of_container.body(1).contains("DurationSeconds=3600"));
    let mut of_instance = world("Ec2InstanceMetadata")
        .reply(TOKEN, 200, "t0k3n-imds")
        .reply(ROLES, 200, "gateway")
        .reply(&format!("{ROLES}gateway"), 200, INSTANCE);
    assert_eq!(key(&of_instance.resolve(&options, &[])), "ASIAROLE");
    // A source that is named has to be there.
    for source in ["Environment", "EcsContainer"] {
        assert_eq!(fault(world(source).resolve(&options, &[]), "is not set"), ErrorKind::Config);
    }
}

// SAML

#[test]
fn an_assertion_is_exchanged_without_a_signature() {
    let saml = |assertion| Saml::new(ROLE, "arn:aws:iam::111122223333:saml-provider/idp", assertion);
    let of = |world: World, assertion| {
        let mut world = world;
        let result = world.resolve(&Options::new().saml(saml(assertion)), &[REGION]);
        (result, world)
    };
    let good = || World::default().reply(STS, 200, sts("AssumeRoleWithSAML"));
    let (found, world) = of(good().file("/a", "4ss3rt10n+=\n"), Token::File("/a".into()));
    assert_eq!(found.unwrap().credentials().source(), Some("saml"));
    assert_eq!(
        world.body(0),
        "Action=AssumeRoleWithSAML&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fone\
         &PrincipalArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Asaml-provider%2Fidp&SAMLAssertion=4ss3rt10n%2B%3D"
    );
    assert!(world.sent(0, "authorization").is_none());
    let given = |text: &str| Token::Given(Secret::new(text));
    assert_eq!(fault(of(good(), given("<xml/>")).0, "base64 of 4"), ErrorKind::Input);
    assert_eq!(fault(of(good(), given("")).0, "is empty"), ErrorKind::Input);
    let expired = World::default().reply(STS, 400, sts_error("ExpiredTokenException", "4ss3rt10n"));
    assert_eq!(fault(of(expired, given("4ss3rt10n")).0, "ExpiredTokenException"), ErrorKind::Expired);
}

// Cognito

const COGNITO: &str = "POST https://cognito-identity.eu-west-1.amazonaws.com/";
const POOL: &str = "eu-west-1:00000000-0000-0000-0000-000000000001";

#[test]
fn an_identity_pool_gives_credentials_or_a_token() {
    let id = r#"{"IdentityId":"eu-west-1:i"}"#;
    let credentials = r#"{"IdentityId":"eu-west-1:i","Credentials":{"AccessKeyId":"ASIACOG","SecretKey":"s3cr3t-g","SessionToken":"t0k3n-g","Expiration":4102444800.5}}"#;
    let cognito = Cognito::new(POOL).login("login.example", Token::File("/login".into()));
    let mut world =
        World::default().file("/login", "t0k3n-l\n").reply(COGNITO, 200, id).reply(COGNITO, 200, credentials);
    let found = world.resolve(&Options::new().cognito(cognito.clone()), &[]).unwrap();
    assert_eq!(found.credentials().expires_at(), Some(Time::from_unix_millis(4_102_444_800_500)));
    assert_eq!(world.sent(0, "x-amz-target"), Some("AWSCognitoIdentityService.GetId"));
    assert_eq!(world.sent(1, "x-amz-target"), Some("AWSCognitoIdentityService.GetCredentialsForIdentity"));
    assert_eq!(world.sent(1, "content-type"), Some("application/x-amz-json-1.1"));
    let body: Value = serde_json::from_str(&world.body(1)).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"IdentityId": "eu-west-1:i", "Logins": {"login.example": "t0k3n-l"}})
    );
    // A known identity that is gone is asked for anew.
    let mut known = Cognito::new(POOL);
    known.identity_id = Some("eu-west-1:gone".into());
    known.custom_role_arn = Some(ROLE.into());
    let gone = r#"{"__type":"com.amazon#ResourceNotFoundException","message":"no"}"#;
    let mut world =
        World::default().reply(COGNITO, 400, gone).reply(COGNITO, 200, id).reply(COGNITO, 200, credentials);
    assert_eq!(key(&world.resolve(&Options::new().cognito(known), &[])), "ASIACOG");
    assert_eq!(
        serde_json::from_str::<Value>(&world.body(1)).unwrap(),
        serde_json::json!({"IdentityPoolId": POOL})
    );
    assert!(world.body(2).contains("CustomRoleArn"));
    // The basic flow.
    let mut basic = cognito;
    basic.role_arn = Some(ROLE.into());
    let mut world = World::default()
        .file("/login", "t0k3n-l")
        .reply(COGNITO, 200, id)
        .reply(COGNITO, 200, r#"{"IdentityId":"eu-west-1:i","Token":"t0k3n-o"}"#)
        .reply(STS, 200, sts("AssumeRoleWithWebIdentity"));
    assert_eq!(key(&world.resolve(&Options::new().cognito(basic), &[REGION])), "ASIAROLE");
    assert!(world.body(2).contains("WebIdentityToken=t0k3n-o"));
}

#[test]
fn an_identity_pool_that_refuses_is_quoted_but_no_token() {
    let of = |status, body: &str| {
        let cognito = Cognito::new(POOL).login("login.example", Token::Given(Secret::new("t0k3n-l")));
        let mut world = World::default().reply(COGNITO, status, body);
        (world.resolve(&Options::new().cognito(cognito), &[]), world.asked.len())
    };
    for (status, body, words, kind, count) in [
        (
            400,
            r#"{"__type":"NotAuthorizedException","message":"Token is t0k3n-l"}"#,
            "GetId answered NotAuthorizedException",
            ErrorKind::Denied,
            1,
        ),
        (
            400,
            r#"{"__type":"InvalidParameterException","message":"because"}"#,
            ": because",
            ErrorKind::Config,
            1,
        ),
        (400, r#"{"__type":"TooManyRequestsException"}"#, "TooManyRequests", ErrorKind::Service, 3),
        (500, "", "status 500", ErrorKind::Service, 3),
        (200, "[]", "no json object", ErrorKind::Malformed, 1),
        (200, "{}", "no identity", ErrorKind::Malformed, 1),
    ] {
        let (result, asked) = of(status, body);
        assert_eq!((fault(result, words), asked), (kind, count), "{body}");
    }
    let bad = World::default().resolve(&Options::new().cognito(Cognito::new("nonsense")), &[]);
    assert_eq!(fault(bad, "identity pool's id"), ErrorKind::Input);
    let evil = World::default().resolve(&Options::new().cognito(Cognito::new("evil.example/:x")), &[]);
    assert_eq!(fault(evil, "cannot be a region"), ErrorKind::Config);
}

// Roles Anywhere

fn anywhere(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/roles-anywhere").join(path)).unwrap()
}

const SESSION: &str = r#"{"credentialSet":[{"assumedRoleUser":{"arn":"arn:aws:sts::111122223333:assumed-role/one/x"},"credentials":{"accessKeyId":"ASIAX","secretAccessKey":"s3cr3t-x","sessionToken":"t0k3n-x","expiration":"2100-01-01T00:00:00Z"}}],"subjectArn":"x"}"#;

#[test]
fn a_certificate_gives_a_role_as_computed_elsewhere() {
    let document: Value = serde_json::from_slice(&anywhere("cases.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assert_eq!(document["unix"], NOW.unix());
    let cases = document["cases"].as_array().unwrap();
    for case in cases {
        let file = text(&case["certificate"]);
        let mut roles = RolesAnywhere::new(
            text(&document["trust_anchor_arn"]),
            text(&document["profile_arn"]),
            text(&document["role_arn"]),
            "/cert",
            "pkcs11:token=x",
        );
        roles.duration = case["body"]["durationSeconds"].as_u64().map(Duration::from_secs);
        roles.session_name = case["body"]["roleSessionName"].as_str().map(str::to_owned);
        let request = format!("POST {}", text(&case["url"]));
        let mut world = World { signature: Some(Ok(vec![0, 255])), ..World::default() };
        world = world.file("/cert", anywhere(&file)).reply(&request, 201, SESSION);
        if let Some(chain) = case["chain"].as_str() {
            roles.chain = Some("/chain".into());
            world = world.file("/chain", anywhere(chain));
        }
        let found = world.resolve(&Options::new().roles_anywhere(roles), &[]).unwrap();
        let found = found.credentials();
        assert_eq!((found.account_id(), found.source()), (Some("111122223333"), Some("roles-anywhere")));
        assert_eq!(
            String::from_utf8_lossy(&world.signed[0].message),
            text(&case["string_to_sign"]),
            "{file}"
        );
        assert_eq!(world.signed[0].key, "pkcs11:token=x");
        let expected = if file.starts_with("rsa") { "rsa_pkcs1_sha256" } else { "ecdsa_sha256_der" };
        assert_eq!(world.signed[0].algorithm.name(), expected);
        assert_eq!(world.sent(0, "authorization"), Some(text(&case["authorization"]).as_str()), "{file}");
        assert_eq!(serde_json::from_str::<Value>(&world.body(0)).unwrap(), case["body"]);
    }
    assert_eq!(cases.len(), 4);
}

#[test]
fn a_certificate_signs_again_with_the_services_time() {
    let arn = |kind: &str| format!("arn:aws:rolesanywhere:eu-west-1:111122223333:{kind}");
    let url = "POST https://roles.example/sessions?profileArn=arn%3Aaws%3Arolesanywhere%3Aeu-west-1%3A111122223333%3A\
               profile%2Fp&roleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fone&trustAnchorArn=arn%3Aaws%3Arolesanywhere%3A\
               eu-west-1%3A111122223333%3Atrust-anchor%2Fa";
    let mut roles = RolesAnywhere::new(arn("trust-anchor/a"), arn("profile/p"), ROLE, "/cert", "/key");
    roles.endpoint = Some("https://roles.example".to_owned());
    let mut world =
        World { signature: Some(Ok(vec![1])), ..World::default() }.file("/cert", anywhere("rsa.pem"));
    let date = vec![("Date".to_owned(), "Fri, 15 Jan 2027 10:00:00 GMT".to_owned())];
    let refused = r#"{"__type":"AccessDeniedException","message":"Signature expired"}"#;
    let replies = [HttpReply::new(403, date, refused), HttpReply::new(201, Vec::new(), SESSION)];
    world.replies.insert(url.to_owned(), replies.map(Ok).into());
    let found = world.resolve(&Options::new().roles_anywhere(roles), &[]).unwrap();
    assert_eq!(found.clock_offset(), 7_200_000);
    let dates: Vec<_> = (0..2).map(|at| world.sent(at, "x-amz-date").unwrap().to_owned()).collect();
    assert_eq!(dates, ["20270115T080000Z", "20270115T100000Z"]);
}

#[test]
fn a_certificate_that_cannot_serve_is_told() {
    let anchor = "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a";
    let profile = "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/p";
    let url = "POST https://rolesanywhere.eu-west-1.amazonaws.com/sessions?profileArn=arn%3Aaws%3Arolesanywhere%3Aeu-west-1%3A\
               111122223333%3Aprofile%2Fp&roleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fone&trustAnchorArn=arn%3Aaws%3A\
               rolesanywhere%3Aeu-west-1%3A111122223333%3Atrust-anchor%2Fa";
    let of = |certificate: &[u8], signature, status, body: &str| {
        let roles = RolesAnywhere::new(anchor, profile, ROLE, "/cert", "/key");
        let mut world =
            World { signature, ..World::default() }.file("/cert", certificate).reply(url, status, body);
        (world.resolve(&Options::new().roles_anywhere(roles), &[]), world.signed.len())
    };
    let signature = || Some(Ok(vec![1]));
    let rsa = anywhere("rsa.pem");
    for (bad, words) in [
        (anywhere("ed25519.pem"), "neither RSA nor ECDSA"),
        (b"nonsense".to_vec(), "cannot be read as PEM or DER"),
        (b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_vec(), "cannot be read"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n".to_vec(), "is no certificate"),
        (anywhere("ecdsa.der")[..200].to_vec(), "is no certificate"),
        ([anywhere("ecdsa.der"), vec![0]].concat(), "is no certificate"),
        (rsa.repeat(7), "more than five"),
    ] {
        let (result, signed) = of(&bad, signature(), 201, SESSION);
        assert_eq!((fault(result, words), signed), (ErrorKind::Config, 0));
    }
    assert_eq!(fault(of(&rsa, None, 201, SESSION).0, "sign with a private key"), ErrorKind::Declined);
    let failure = Some(Err(SignFailure::new("the token is locked")));
    assert_eq!(fault(of(&rsa, failure, 201, SESSION).0, "the token is locked"), ErrorKind::Sign);
    assert_eq!(fault(of(&rsa, Some(Ok(Vec::new())), 201, SESSION).0, "empty signature"), ErrorKind::Sign);
    for (status, body, words, kind, count) in [
        (
            403,
            r#"{"__type":"AccessDeniedException","message":"Untrusted certificate."}"#,
            "AccessDeniedException: Untrusted",
            ErrorKind::Denied,
            1,
        ),
        (
            400,
            r#"{"__type":"ValidationException","message":"no"}"#,
            "ValidationException",
            ErrorKind::Config,
            1,
        ),
        (503, "", "status 503", ErrorKind::Service, 3),
        (201, r#"{"credentialSet":[]}"#, "the set is empty", ErrorKind::Malformed, 1),
        (201, "{", "no json object", ErrorKind::Malformed, 1),
        (201, &SESSION.replace("2100", "2001"), "expired", ErrorKind::Expired, 1),
    ] {
        let (result, signed) = of(&rsa, signature(), status, body);
        assert_eq!((fault(result, words), signed), (kind, count), "{body}");
    }
    let elsewhere = profile.replace("eu-west-1", "us-east-1");
    for (anchor, profile, words) in [
        (anchor, elsewhere.as_str(), "same region"),
        ("arn:x", profile, "must be as"),
        (anchor, "x", "must be as"),
    ] {
        let roles = RolesAnywhere::new(anchor, profile, ROLE, "/cert", "/key");
        let result = World::default().resolve(&Options::new().roles_anywhere(roles), &[]);
        assert_eq!(fault(result, words), ErrorKind::Input);
    }
}

// A source of the host's own, and the order

#[test]
fn a_source_of_the_hosts_own_is_asked_by_name() {
    let vault = Source::Custom(CustomName::new("vault").unwrap());
    let of = |custom, order: Order| {
        World { custom, ..World::default() }.resolve(&Options::new().order(order), &KEYS)
    };
    let keys = Credentials::new("AKIDVAULT", "s3cr3t-v");
    let found = of(Some(Ok(Some(keys.clone()))), Order::only(vault)).unwrap();
    assert_eq!(found.credentials().source(), Some("vault"));
    assert_eq!(found.trace().attempts()[0].source, "custom:vault");
    // One that holds none is passed over; one that fails, or that no host has, stops the chain.
    assert_eq!(key(&of(Some(Ok(None)), Order::new([vault, Source::Environment]))), "AKIDENV");
    let failed = of(Some(Err(CustomFailure::new("it is sealed"))), Order::new([vault, Source::Environment]));
    assert_eq!(fault(failed, "vault: it is sealed"), ErrorKind::Service);
    assert_eq!(fault(of(None, Order::new([vault, Source::Environment])), "named vault"), ErrorKind::Declined);
    let old = keys.with_expiry(Time::from_unix(1));
    assert_eq!(fault(of(Some(Ok(Some(old))), Order::only(vault)), "expired"), ErrorKind::Expired);
    let odd = Credentials::new("AKID", "s3cr3t-\n");
    assert_eq!(fault(of(Some(Ok(Some(odd))), Order::only(vault)), "the source vault"), ErrorKind::Malformed);
}

#[test]
fn the_order_is_a_value() {
    let world = || {
        instance()
            .file("/token", "t0k3n-w")
            .file(
                "/h/.aws/credentials",
                "[default]\naws_access_key_id = AKIDP\naws_secret_access_key = s3cr3t-p\n",
            )
            .reply(STS, 200, sts("AssumeRoleWithWebIdentity"))
            .reply(ROLES, 200, "gateway")
            .reply(&format!("{ROLES}gateway"), 200, INSTANCE)
    };
    let all = [&KEYS[..], &IDENTITY[..2]].concat();
    let of = |order: Order, env: &[(&str, &str)]| world().resolve(&Options::new().order(order), env);
    assert_eq!(key(&of(Order::default(), &all)), "AKIDENV");
    assert_eq!(key(&of(Order::ambient_first(), &all)), "ASIAI");
    assert_eq!(key(&of(Order::default(), &all[2..])), "AKIDP");
    assert_eq!(key(&of(Order::web_identity_first(), &all[2..])), "ASIAROLE");
    assert_eq!(key(&of(Order::only(Source::WebIdentity), &all)), "ASIAROLE");
    // Pinned: nothing else is asked, whatever happens.
    let mut pinned = world();
    let result = pinned.resolve(&only(Source::WebIdentity), &KEYS);
    assert_eq!((fault(result, "no credentials found"), pinned.asked.len()), (ErrorKind::NotConfigured, 0));
    assert_eq!(key(&of(Order::default().without_ambient(), &all)), "AKIDP");
    let mut bare = instance();
    let result = bare.resolve(&Options::new().order(Order::default().without_ambient()), &all);
    assert_eq!((fault(result, "no credentials found"), bare.asked.len()), (ErrorKind::NotConfigured, 0));
    for source in Order::default().sources() {
        assert_eq!(source.to_string().parse(), Ok(*source));
    }
    assert!("imds ".parse::<Source>().is_err() && "custom:".parse::<Source>().is_err());
}
