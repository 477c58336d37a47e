//! Plans by the published cases, and the chain against a small simulated world.

#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

mod held;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::credentials::Credentials;
use crate::effect::{Http, HttpFailure, HttpReason, HttpReply, Lock, Prompt, ReadFile, Wait, WriteFile};
use crate::env::Env;
use crate::error::{Error, ErrorKind, Outcome};
use crate::host::{Host, Reply, run};
use crate::profile::{Profiles, Selected};
use crate::provider::RoleHop;
use crate::provider::imds::{EndpointMode, Overrides};
use crate::secret::Secret;
use crate::time::Time;

const NOW: Time = Time::from_unix(1_800_000_000);
const ROLE: &str = "arn:aws:iam::111122223333:role/one";
const OTHER: &str = "arn:aws:iam::444455556666:role/two";

fn vector(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/chain").join(path);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn plan_of(config: &str, name: &str) -> Result<Plan, PlanError> {
    let profiles = Profiles::parse(Some(config.as_bytes()), None).unwrap();
    plan(&profiles, &Selected::choose(Some(name), &Env::new()))
}

/// Their words for a fault, and what ours looks like.
fn is_their_fault(phrase: &str, ours: &PlanError) -> bool {
    match phrase {
        "profile must contain `source_profile`" => matches!(ours, PlanError::NoSource(_)),
        "profile contained both source_profile and credential_source" => {
            matches!(ours, PlanError::TwoSources(_))
        }
        "profile missing aws_secret_access_key" => {
            matches!(ours, PlanError::HalfKeys { missing: "aws_secret_access_key", .. })
        }
        "profile missing aws_access_key_id" => {
            matches!(ours, PlanError::HalfKeys { missing: "aws_access_key_id", .. })
        }
        "profile `B` did not contain credential information" => *ours == PlanError::NoCredentials("B".into()),
        "profile `A` did not contain credential information" => *ours == PlanError::NoCredentials("A".into()),
        "could not find source profile B referenced from A" => {
            matches!(ours, PlanError::NoSourceProfile { .. })
        }
        "No profiles were defined" => matches!(ours, PlanError::NoProfile(_)),
        "profile formed an infinite loop" => matches!(ours, PlanError::Loop(_)),
        "`role_arn` was missing" => matches!(ours, PlanError::NoRole(_)),
        "if `sso_role_name` is set, then `sso_account_id` must also be set" => {
            matches!(ours, PlanError::Missing { key: "sso_account_id", .. })
        }
        "if `sso_account_id` is set, then `sso_role_name` must also be set" => {
            matches!(ours, PlanError::Missing { key: "sso_role_name", .. })
        }
        // A key beside the session is allowed where it equals the session's; here the session lacks it.
        "`sso_region` can only be specified in the [sso-session] config when a session name is given" => {
            matches!(ours, PlanError::Missing { key: "sso_region", .. })
        }
        "sso-session named `oops` (referenced by profile `A`) was not found" => {
            matches!(ours, PlanError::NoSsoSession { .. })
        }
        other => panic!("unknown phrase: {other}"),
    }
}

#[test]
fn plans_are_those_of_the_published_cases() {
    let cases = vector("assume-role-tests.json");
    let cases = cases.as_array().unwrap();
    for case in cases {
        let docs = case["docs"].as_str().unwrap();
        let mut config = String::new();
        for (kind, sections) in [("profile", "profiles"), ("sso-session", "sso_sessions")] {
            for (name, section) in case["input"][sections].as_object().into_iter().flatten() {
                config += &format!("[{kind} {name}]\n");
                for (key, value) in section.as_object().unwrap() {
                    config += &format!("{key} = {}\n", value.as_str().unwrap());
                }
            }
        }
        let planned = plan_of(&config, case["input"]["selected_profile"].as_str().unwrap());
        if let Some(phrase) = case["output"]["Error"].as_str() {
            let error = planned.expect_err(docs);
            assert!(is_their_fault(phrase, &error), "{docs}: {error}");
            continue;
        }
        let planned = planned.unwrap_or_else(|error| panic!("{docs}: {error}"));
        let (base, roles) = case["output"]["ProfileChain"].as_array().unwrap().split_first().unwrap();
        assert_eq!(&base_as_theirs(&planned.base), base, "{docs}");
        let ours: Vec<_> = planned.roles.iter().map(|hop| role_as_theirs(&hop.role)).collect();
        assert_eq!(&ours, roles, "{docs}");
    }
    assert_eq!(cases.len(), 28);
}

fn object(pairs: &[(&str, Option<&str>)]) -> Value {
    let present = pairs.iter().filter_map(|(key, value)| Some(((*key).to_owned(), Value::from((*value)?))));
    Value::Object(present.collect())
}

fn base_as_theirs(base: &Base) -> Value {
    match base {
        Base::Keys(keys) => serde_json::json!({ "AccessKey": object(&[
            ("access_key_id", Some(keys.access_key_id())),
            ("secret_access_key", Some(keys.secret_access_key().expose())),
            ("account_id", keys.account_id()),
        ])}),
        Base::Environment => serde_json::json!({ "NamedSource": "Environment" }),
        Base::Imds => serde_json::json!({ "NamedSource": "Ec2InstanceMetadata" }),
        Base::Container => serde_json::json!({ "NamedSource": "EcsContainer" }),
        Base::WebIdentity { role_arn, token_file, session_name } => {
            serde_json::json!({ "WebIdentityToken": object(&[
                ("role_arn", Some(role_arn)),
                ("web_identity_token_file", Some(token_file)),
                ("role_session_name", session_name.as_deref()),
            ])})
        }
        Base::Sso(sso) => serde_json::json!({ "Sso": object(&[
            ("sso_session", sso.session.as_deref()),
            ("sso_region", Some(&sso.region)),
            ("sso_start_url", Some(&sso.start_url)),
            ("sso_account_id", sso.role.as_ref().map(|(account, _)| account.as_str())),
            ("sso_role_name", sso.role.as_ref().map(|(_, role)| role.as_str())),
        ])}),
        Base::Login(_) | Base::Process { .. } => panic!("no published case has one"),
    }
}

fn role_as_theirs(role: &RoleHop) -> Value {
    serde_json::json!({ "AssumeRole": object(&[
        ("role_arn", Some(&role.role_arn)),
        ("external_id", role.external_id.as_ref().map(Secret::expose)),
        ("role_session_name", role.session_name.as_deref()),
    ])})
}

#[test]
fn a_plan_tells_what_will_happen_and_no_secret() {
    let config = format!(
        "[profile a]\nrole_arn = {OTHER}\nsource_profile = b\nexternal_id = hidden-id\nduration_seconds = 7200\n\
         aws_access_key_id = UNUSED\naws_secret_access_key = s3cr3t\n\
         [profile b]\nrole_arn = {ROLE}\ncredential_source = ec2instancemetadata\nregion = moon-1\n\
         mfa_serial = arn:aws:iam::111122223333:mfa/me\n"
    );
    let planned = plan_of(&config, "a").unwrap();
    assert_eq!(planned.roles.iter().map(|hop| hop.one_hour_cap).collect::<Vec<_>>(), [true, true]);
    let told = planned.to_string();
    for part in [
        "instance metadata",
        "external id ***",
        "asks for the mfa code",
        "cut to 3600",
        "no partition",
        "static keys are not used",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    for shown in [told, format!("{planned:?}")] {
        assert!(!shown.contains("hidden-id") && !shown.contains("s3cr3t"), "{shown}");
    }
}

#[test]
fn a_plan_names_what_to_mend() {
    let role = format!("role_arn = {ROLE}\ncredential_source = Environment\n");
    let fault = |line: &str| plan_of(&format!("[profile a]\n{role}{line}\n"), "a").unwrap_err().to_string();
    assert!(fault("duration_seconds = soon").contains("duration_seconds must be 900 to 43200"));
    assert!(fault("duration_seconds = 60").contains("duration_seconds"));
    assert!(fault("external_id = a b").contains("external_id must be"));
    assert!(fault("role_session_name = x").contains("role_session_name must be"));
    let circle = "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = c\n[profile c]\nrole_arn = r\nsource_profile = b\n";
    assert_eq!(
        plan_of(circle, "a").unwrap_err().to_string(),
        "source_profile leads in a circle: b -> c -> b"
    );
    let long: String =
        (0..40).map(|n| format!("[profile p{n}]\nrole_arn = r\nsource_profile = p{}\n", n + 1)).collect();
    assert_eq!(plan_of(&long, "p0"), Err(PlanError::TooLong));
    let mut world = World::default().file("/h/.aws/config", long);
    assert_eq!(kind(world.resolve(&Options::new().profile("p0"), &[])), ErrorKind::Limit);
    let command = plan_of("[profile a]\ncredential_process = p --token s3cr3t\n", "a").unwrap();
    assert!(!format!("{command:?} {command}").contains("s3cr3t"));
}

/// Answers from a few files and a list of replies; what it does not have is declined.
#[derive(Default)]
struct World {
    files: BTreeMap<&'static str, String>,
    replies: BTreeMap<String, Vec<Result<HttpReply, HttpFailure>>>,
    code: Option<&'static str>,
    asked: Vec<Http>,
    /// What was written.
    written: BTreeMap<String, Vec<u8>>,
    /// The locks that were taken and given back, in order.
    locks: Vec<(String, bool)>,
    /// How long after [`NOW`] the clock stands; each request moves it on by so much.
    passed: Duration,
    pace: Duration,
}

impl World {
    fn file(mut self, path: &'static str, text: impl Into<String>) -> Self {
        self.files.insert(path, text.into());
        self
    }

    /// The next reply to this method and address; the last one is given again and again.
    fn reply(mut self, request: &str, status: u16, body: impl Into<String>) -> Self {
        let reply = HttpReply::new(status, Vec::new(), body.into());
        self.replies.entry(request.to_owned()).or_default().push(Ok(reply));
        self
    }

    fn fail(mut self, request: &str, reason: HttpReason) -> Self {
        let failure = HttpFailure::new(reason, reason.name());
        self.replies.entry(request.to_owned()).or_default().push(Err(failure));
        self
    }

    fn with_role(self) -> Self {
        let keys = r#"{"Code":"Success","AccessKeyId":"ASIAINSTANCE","SecretAccessKey":"s3cr3t-i","Token":"t0k-i","Expiration":"2100-01-01T00:00:00Z"}"#;
        self.reply(TOKEN, 200, "t0k-imds").reply(ROLES, 200, "gateway\n").reply(
            &format!("{ROLES}gateway"),
            200,
            keys,
        )
    }

    fn with_sts(self, region: &str) -> Self {
        let body = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/one/x\
                    </Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s3cr3t-r\
                    </SecretAccessKey><SessionToken>t0k-r</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>\
                    </Credentials></AssumeRoleResult></AssumeRoleResponse>";
        self.reply(&format!("POST https://sts.{region}.amazonaws.com/"), 200, body)
    }

    fn with_packed_policy(mut self, size: &str) -> Self {
        for reply in self.replies.values_mut().flatten().flatten() {
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            let packed = format!("<PackedPolicySize>{size}</PackedPolicySize></AssumeRoleResult>");
            reply.body = text.replace("</AssumeRoleResult>", &packed).into_bytes().into();
        }
        self
    }

    fn resolve(&mut self, options: &Options, env: &[(&str, &str)]) -> Result<Resolved, Error> {
        let env = env.iter().copied().chain([("HOME", "/h")]).collect();
        let result = run(resolve(options, &env, NOW, [3; 32]), self);
        let shown = format!("{result:?} {:?}", self.asked);
        for secret in ["s3cr3t", "t0k-", "hidden-id", "654321"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        result
    }
}

impl Host for World {
    fn now(&mut self) -> Time {
        NOW + self.passed
    }
    fn write_file(&mut self, request: &WriteFile) -> Reply<WriteFile> {
        self.written.insert(request.path.clone(), request.data.to_vec());
        Some(Ok(()))
    }
    fn lock(&mut self, request: &Lock) -> Reply<Lock> {
        self.locks.push((request.path.clone(), request.hold));
        Some(Ok(()))
    }
    fn read_file(&mut self, request: &ReadFile) -> Reply<ReadFile> {
        if let Some(data) = self.written.get(&request.path) {
            return Some(Ok(Some(data.clone())));
        }
        Some(Ok(self.files.get(request.path.as_str()).map(|text| text.clone().into_bytes())))
    }
    fn http(&mut self, request: &Http) -> Reply<Http> {
        self.asked.push(request.clone());
        self.passed += self.pace;
        let replies = self.replies.get_mut(&format!("{} {}", request.method, request.url))?;
        Some(if replies.len() > 1 { replies.remove(0) } else { replies[0].clone() })
    }
    fn prompt(&mut self, _request: &Prompt) -> Reply<Prompt> {
        self.code.map(Secret::new)
    }
    fn wait(&mut self, _request: &Wait) -> Reply<Wait> {
        Some(())
    }
}

const TOKEN: &str = "PUT http://169.254.169.254/latest/api/token";
const ROLES: &str = "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/";
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t-e")];

fn key(result: &Result<Resolved, Error>) -> &str {
    result.as_ref().unwrap().credentials().access_key_id()
}

fn kind(result: Result<Resolved, Error>) -> ErrorKind {
    let error = result.unwrap_err();
    assert!(!error.attempts().is_empty());
    error.kind()
}

#[test]
fn policies_and_tags_that_are_about_to_be_too_large_are_warned_of() {
    for (size, told, warned) in
        [("90", Some(90), false), ("91", Some(91), true), ("100", Some(100), true), ("x", None, false)]
    {
        let hops = Options::new().region("eu-west-1").assume(RoleHop::new(ROLE));
        let mut world = World::default().with_role().with_sts("eu-west-1").with_packed_policy(size);
        let resolved = world.resolve(&hops, &[]).unwrap();
        assert_eq!(resolved.credentials().packed_policy_size(), told);
        let warnings = resolved.warnings().join(" ");
        let is_told = warnings.contains(ROLE) && warnings.contains(&format!("{size} per cent"));
        assert_eq!((is_told, warnings.is_empty()), (warned, !warned), "{warnings}");
    }
}

#[test]
fn the_instance_role_and_two_more() {
    let hops = Options::new().region("eu-west-1").assume(RoleHop::new(ROLE)).assume(
        RoleHop::new(OTHER).external_id("hidden-id").session_name("ana").duration(Duration::from_secs(7200)),
    );
    let mut world = World::default().with_role().with_sts("eu-west-1");
    let resolved = world.resolve(&hops, &[]).unwrap();
    assert_eq!(resolved.credentials().account_id(), Some("111122223333"));
    let trace: Vec<_> = resolved.trace().attempts().iter().map(|a| (a.source.as_str(), a.outcome)).collect();
    let passed = |source| (source, Outcome::NotConfigured);
    assert_eq!(
        trace,
        [
            passed("code"),
            passed("environment"),
            passed("profile"),
            passed("web-identity"),
            passed("container"),
            ("imds", Outcome::Ok),
            ("assume-role", Outcome::Ok),
            ("assume-role", Outcome::Ok)
        ]
    );
    let bodies: Vec<_> =
        world.asked.iter().map(|http| String::from_utf8(http.body.to_vec()).unwrap()).collect();
    assert!(world.asked[..3].iter().all(|http| http.direct) && !world.asked[3].direct);
    assert!(
        bodies[3].contains("RoleSessionName=awsaccess-1800000000000")
            && !bodies[3].contains("DurationSeconds")
    );
    assert!(
        bodies[4].contains("RoleSessionName=ana&DurationSeconds=3600&ExternalId=hidden-id"),
        "{}",
        bodies[4]
    );
}

#[test]
fn the_environment_comes_first_unless_a_profile_is_named_in_code() {
    let files = || {
        World::default()
            .file("/h/.aws/credentials", "[p]\naws_access_key_id=AKIDP\naws_secret_access_key=s3cr3t-p")
    };
    let env = [KEYS[0], KEYS[1], ("AWS_PROFILE", "p")];
    let found = files().resolve(&Options::new(), &env);
    assert_eq!(key(&found), "AKIDENV");
    assert!(found.unwrap().warnings()[0].contains("shadow"));
    assert_eq!(key(&files().resolve(&Options::new().profile("p"), &KEYS)), "AKIDP");
    assert_eq!(key(&files().resolve(&Options::new(), &[("AWS_PROFILE", "p")])), "AKIDP");
    assert_eq!(
        key(&files().with_role().resolve(&Options::new().order(Order::ambient_first()), &KEYS)),
        "ASIAINSTANCE"
    );
    let given = Options::new().credentials(Credentials::new("AKIDCODE", "s3cr3t-c"));
    assert_eq!(key(&files().resolve(&given, &KEYS)), "AKIDCODE");
}

#[test]
fn what_is_configured_and_fails_stops_the_chain() {
    let stop =
        |options: Options, env: &[(&str, &str)]| kind(World::default().with_role().resolve(&options, env));
    assert_eq!(stop(Options::new(), &KEYS[..1]), ErrorKind::Config);
    assert_eq!(stop(Options::new().profile("missing"), &[]), ErrorKind::Config);
    assert_eq!(stop(Options::new(), &[("AWS_PROFILE", "missing")]), ErrorKind::Config);
    assert_eq!(stop(Options::new(), &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")]), ErrorKind::Config);
    assert_eq!(
        stop(Options::new(), &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://x")]),
        ErrorKind::Declined
    );
    let broken = World::default().with_role().file("/h/.aws/config", "oops\n").resolve(&Options::new(), &[]);
    assert!(broken.as_ref().unwrap_err().message().contains("/h/.aws/config, line 1"));
    assert_eq!(kind(broken), ErrorKind::Profile);
    let process = "[default]\ncredential_process = p s3cr3t";
    let result = World::default().with_role().file("/h/.aws/config", process).resolve(&Options::new(), &[]);
    let told = result.as_ref().unwrap_err().to_string();
    assert_eq!(told, "profile default: credential_process: this host does not run programs");
    assert_eq!(kind(result), ErrorKind::Declined);
}

#[test]
fn a_file_that_is_named_has_to_be_there() {
    let keys = "[default]\naws_access_key_id = AKIDF\naws_secret_access_key = s3cr3t-f";
    let world = || World::default().with_role().file("/f", keys).file("/h/.aws/config", "broken");
    assert_eq!(key(&world().resolve(&Options::new().config_file("/f"), &[])), "AKIDF");
    assert_eq!(key(&world().resolve(&Options::new(), &[("AWS_CONFIG_FILE", "/f")])), "AKIDF");
    assert_eq!(kind(world().resolve(&Options::new().config_file("/none"), &[])), ErrorKind::Profile);
    let lost = world().resolve(&Options::new(), &[("AWS_CONFIG_FILE", "/none")]).unwrap();
    assert!(lost.warnings()[0].contains("/none is named by the environment"), "{:?}", lost.warnings());
    let homeless: Env = [("AWS_CONFIG_FILE", "~/c")].into_iter().collect();
    let result = run(resolve(&Options::new(), &homeless, NOW, [0; 32]), &mut world());
    assert_eq!(kind(result), ErrorKind::Config);
}

#[test]
fn an_empty_profile_is_passed_over_unless_named_in_code() {
    let world = || {
        World::default().with_role().file("/h/.aws/config", "[default]\nregion = a\n[profile p]\nregion = a")
    };
    assert_eq!(key(&world().resolve(&Options::new(), &[])), "ASIAINSTANCE");
    assert_eq!(key(&world().resolve(&Options::new(), &[("AWS_PROFILE", "p")])), "ASIAINSTANCE");
    assert_eq!(kind(world().resolve(&Options::new().profile("p"), &[])), ErrorKind::Config);
}

#[test]
fn a_profile_with_a_role_asks_for_a_code() {
    let config = format!(
        "[profile p]\nrole_arn = {ROLE}\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/me\nregion = us-west-2\n\
         [profile base]\naws_access_key_id = AKIDP\naws_secret_access_key = s3cr3t-p\n"
    );
    let world = || World::default().file("/h/.aws/config", config.clone()).with_sts("us-west-2");
    let options = Options::new().profile("p");
    let mut asked = World { code: Some(" 654321\n"), ..world() };
    assert_eq!(key(&asked.resolve(&options, &[])), "ASIAROLE");
    assert!(String::from_utf8_lossy(&asked.asked[0].body).contains("TokenCode=654321"));
    for code in [None, Some(""), Some("12345"), Some("abcdef")] {
        let mut wrong = World { code, ..world() };
        assert_eq!(kind(wrong.resolve(&options, &[])), ErrorKind::Mfa, "{code:?}");
        assert!(wrong.asked.is_empty());
    }
}

#[test]
fn the_region_is_found_and_the_environment_outranks_the_profile() {
    let asked_of = |extra: &str, env: &[(&str, &str)], options: Options, arn: &str| {
        let config = format!(
            "[default]\nregion = us-west-2\n{extra}\n[profile bare]\nrole_arn = {arn}\nsource_profile = base\n\
             [profile own]\nregion = us-east-2\nrole_arn = {arn}\nsource_profile = base\n\
             [profile base]\naws_access_key_id = AKIDP\naws_secret_access_key = s3cr3t-p\n"
        );
        let mut world = World::default().file("/h/.aws/config", config);
        let _ = world.resolve(&options, env);
        world.asked.first().map(|http| http.url.clone()).unwrap_or_default()
    };
    let bare = || Options::new().profile("bare");
    let own = || Options::new().profile("own");
    assert_eq!(asked_of("", &[], own(), ROLE), "https://sts.us-east-2.amazonaws.com/");
    assert_eq!(
        asked_of("", &[("AWS_REGION", "eu-west-3")], own(), ROLE),
        "https://sts.eu-west-3.amazonaws.com/"
    );
    assert_eq!(
        asked_of("", &[("AWS_REGION", "eu-west-3")], own().region("sa-east-1"), ROLE),
        "https://sts.sa-east-1.amazonaws.com/"
    );
    assert_eq!(asked_of("", &[], bare(), ROLE), "https://sts.us-east-1.amazonaws.com/");
    assert_eq!(
        asked_of("", &[], bare(), "arn:aws-cn:iam::111122223333:role/x"),
        "https://sts.cn-northwest-1.amazonaws.com.cn/"
    );
    assert_eq!(
        asked_of("", &[("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9/")], bare(), ROLE),
        "http://127.0.0.1:9/"
    );
    let ignored =
        [("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
    assert_eq!(asked_of("", &ignored, bare(), ROLE), "https://sts.us-east-1.amazonaws.com/");
}

fn imds_only() -> Options {
    Options::new().order(Order::only(Source::Imds))
}

#[test]
fn silence_means_not_on_ec2_unless_it_was_named() {
    for reason in [HttpReason::Timeout, HttpReason::Refused, HttpReason::Unreachable] {
        let mut world = World::default().fail(TOKEN, reason);
        assert_eq!(kind(world.resolve(&Options::new(), &[])), ErrorKind::NotConfigured);
        assert_eq!(world.asked.len(), 1);
        let named = kind(World::default().fail(TOKEN, reason).resolve(&imds_only(), &[]));
        assert!(matches!(named, ErrorKind::Timeout | ErrorKind::Unreachable));
    }
    assert_eq!(
        kind(World::default().with_role().resolve(&imds_only(), &[("AWS_EC2_METADATA_DISABLED", "True")])),
        ErrorKind::NotConfigured
    );
}

#[test]
fn instance_metadata_is_asked_again_where_that_helps() {
    let keys = format!("{ROLES}gateway");
    // A token that has ended is renewed once; an overloaded service is given time.
    let mut world = World::default().reply(TOKEN, 503, "").reply(ROLES, 401, "").with_role();
    assert_eq!(key(&world.resolve(&Options::new(), &[])), "ASIAINSTANCE");
    let refused =
        World::default().reply(TOKEN, 200, "t0k-imds").reply(ROLES, 401, "").resolve(&Options::new(), &[]);
    assert_eq!(kind(refused), ErrorKind::Denied);
    let mut half = World::default().reply(&keys, 200, "{\"Code\":").with_role();
    assert_eq!(key(&half.resolve(&Options::new(), &[])), "ASIAINSTANCE");
    let mut down = World::default().reply(TOKEN, 500, "");
    assert_eq!((kind(down.resolve(&Options::new(), &[])), down.asked.len()), (ErrorKind::Service, 4));
}

#[test]
fn what_instance_metadata_says_is_taken_at_its_word() {
    let said = |status, body: &str| {
        World::default()
            .reply(TOKEN, 200, "t0k-imds")
            .reply(ROLES, status, body)
            .resolve(&Options::new(), &[])
    };
    assert_eq!(kind(said(404, "")), ErrorKind::NotConfigured);
    assert_eq!(kind(said(200, " \n")), ErrorKind::NotConfigured);
    for (status, expected) in [(403, ErrorKind::Denied), (400, ErrorKind::Service), (404, ErrorKind::Service)]
    {
        assert_eq!(kind(World::default().reply(TOKEN, status, "").resolve(&Options::new(), &[])), expected);
    }
    assert_eq!(
        kind(World::default().reply(TOKEN, 200, "a\r\nb").resolve(&Options::new(), &[])),
        ErrorKind::Malformed
    );
    let old = r#"{"AccessKeyId":"A","SecretAccessKey":"s3cr3t","Token":"t0k-","Expiration":"2001-01-01T00:00:00Z"}"#;
    let expired = World::default()
        .reply(&format!("{ROLES}gateway"), 200, old)
        .with_role()
        .resolve(&Options::new(), &[]);
    assert_eq!(kind(expired), ErrorKind::Expired);
}

#[test]
fn version_1_is_used_only_where_it_was_allowed() {
    let world = || World::default().reply(TOKEN, 403, "").with_role();
    assert_eq!(kind(world().resolve(&Options::new(), &[])), ErrorKind::Denied);
    let allowed = Overrides { allow_v1: true, ..Overrides::default() };
    let options = Options::new().imds(allowed);
    let mut old = world();
    assert_eq!(key(&old.resolve(&options, &[])), "ASIAINSTANCE");
    assert!(old.asked[1].headers.is_empty());
    assert_eq!(
        kind(world().resolve(&options, &[("AWS_EC2_METADATA_V1_DISABLED", "true")])),
        ErrorKind::Denied
    );
}

#[test]
fn the_place_of_instance_metadata_is_found_as_published() {
    let document = vector("imds-endpoint-tests.json");
    let cases = document["tests"].as_array().unwrap();
    for case in cases {
        let docs = case["docs"].as_str().unwrap();
        let mut world = World::default();
        if let Some(config) = case["fs"]["config"].as_str() {
            world = world.file("config", config);
        }
        let overrides = Overrides {
            endpoint: case["endpoint_override"].as_str().map(str::to_owned),
            mode: case["mode_override"].as_str().map(|mode| match mode {
                "IPv6" => EndpointMode::Ipv6,
                _ => EndpointMode::Ipv4,
            }),
            ..Overrides::default()
        };
        let env: Vec<_> =
            case["env"].as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
        let error = world.resolve(&imds_only().imds(overrides), &env).unwrap_err();
        match case["result"]["Ok"].as_str() {
            Some(url) => assert_eq!(world.asked[0].url, url, "{docs}"),
            None => assert!(error.kind() == ErrorKind::Config && world.asked.is_empty(), "{docs}: {error}"),
        }
    }
    assert_eq!(cases.len(), 14);
}

#[test]
fn a_host_that_does_nothing_gets_a_clear_answer() {
    struct Nothing;
    impl Host for Nothing {
        fn now(&mut self) -> Time {
            NOW
        }
    }
    let of = |options: Options, env: &[(&str, &str)]| {
        let env: Env = env.iter().copied().chain([("HOME", "/h")]).collect();
        run(resolve(&options, &env, NOW, [0; 32]), &mut Nothing).unwrap_err().kind()
    };
    assert_eq!(of(Options::new(), &[]), ErrorKind::NotConfigured);
    assert_eq!(of(Options::new().profile("p"), &[]), ErrorKind::Declined);
    assert_eq!(of(Options::new(), &[("AWS_CONFIG_FILE", "/c")]), ErrorKind::Declined);
    assert_eq!(of(imds_only(), &[]), ErrorKind::Declined);
    assert_eq!(of(Options::new().assume(RoleHop::new(ROLE)), &KEYS), ErrorKind::Declined);
}
