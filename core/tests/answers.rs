//! Whatever a host answers, at whatever step, a task ends: in credentials, or in an error that says why.

use std::net::IpAddr;
use std::time::Duration;

use awsaccess::chain::{self, CustomName, Options, Order, Source, Sso};
use awsaccess::credentials::Credentials;
use awsaccess::effect::{
    CustomFailure, FileFailure, HttpFailure, HttpReason, HttpReply, ListenFailure, ListenReply,
    ProcessFailure, ProcessReply, SignFailure,
};
use awsaccess::env::Env;
use awsaccess::flow::MAX_QUESTIONS;
use awsaccess::provider::{
    Cognito, FederationToken, RoleHop, RolesAnywhere, Saml, SessionToken, Token, WebIdentity, assume_role,
};
use awsaccess::secret::Secret;
use awsaccess::signin::{self, Login, SsoLogin, SsoProfile};
use awsaccess::step::Step;
use awsaccess::sts::Endpoint;
use awsaccess::time::Time;
use proptest::prelude::*;

const NOW: Time = Time::from_unix(1_800_000_000);
const SECRETS: [&str; 13] = [
    "s3cr3t",
    "t0k3n",
    "3xt3rnal",
    "246810",
    "s3cr3t%2Fx",
    "t0k3n%2Fx",
    "acc3ss-",
    "r3fresh-",
    "cl13nt-secret",
    "d3vice-code",
    "c0de-of-redirect",
    "MHcCAQEEI",
    "s3ssion-",
];

const CONFIG: &str = "[default]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = b\nexternal_id = 3xt3rnal\n\
    mfa_serial = arn:aws:iam::111122223333:mfa/me\n[profile b]\naws_access_key_id = AKIDB\n\
    aws_secret_access_key = s3cr3t/x\n[profile i]\nrole_arn = arn:aws:iam::111122223333:role/i\n\
    credential_source = Ec2InstanceMetadata\n[profile loop]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = loop2\n\
    [profile loop2]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = loop\n[profile p]\ncredential_process = x s3cr3t\n\
    [profile w]\nrole_arn = arn:aws:iam::111122223333:role/w\nweb_identity_token_file = ~/token\n[profile c]\n\
    role_arn = arn:aws:iam::111122223333:role/c\ncredential_source = EcsContainer\n\
    [profile s]\nsso_session = d\nsso_account_id = 111122223333\nsso_role_name = r\n[profile l]\n\
    login_session = arn:aws:iam::123456789012:user/demo\nregion = eu-west-1\n[profile t]\nsso_session = d\n\
    [profile role]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = s\n\
    [sso-session d]\nsso_region = eu-west-1\nsso_start_url = https://d.awsapps.com/start\n";
/// Both end within five minutes of the clock of these tests, so that they are renewed.
const SSO_FILE: &str = r#"{"accessToken":"acc3ss-one","expiresAt":"2027-01-15T08:01:00Z","refreshToken":"r3fresh-one","clientId":"c","clientSecret":"cl13nt-secret","registrationExpiresAt":"2100-01-01T00:00:00Z","region":"eu-west-1"}"#;
const LOGIN_FILE: &str = r#"{"accessToken":{"accessKeyId":"ASIAL","secretAccessKey":"s3cr3t/x","sessionToken":"s3ssion-one","accountId":"1","expiresAt":"2027-01-15T08:01:00Z"},"clientId":"c","refreshToken":"r3fresh-one","dpopKey":"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAhq1X+B57PS8AqcaFzq563+M0A6oTZ7Tgy9XDZPQC4toAoGCCqGSM49\nAwEHoUQDQgAEGr7fDoRF1+12tOgqxLSkL6OHpd6w6jfE+yQKyFC49TmfOsLvKq11\nrvaUcDoGjdGvaSzCha1SHs0Ih8GmQITzNA==\n-----END EC PRIVATE KEY-----\n"}"#;
/// What the services of sign-in answer when all is well, by the end of the address.
const SIGN_IN: [(&str, &str); 8] = [
    (
        "/federation/credentials",
        r#"{"roleCredentials":{"accessKeyId":"ASIAS","secretAccessKey":"s3cr3t/x","sessionToken":"s3ssion-two","expiration":1900000000000}}"#,
    ),
    (
        "/v1/token",
        r#"{"accessToken":{"accessKeyId":"ASIAL","secretAccessKey":"s3cr3t/x","sessionToken":"s3ssion-two"},"expiresIn":900,"refreshToken":"r3fresh-two","idToken":"e30.eyJzdWIiOiJhcm46YXdzOmlhbTo6MTIzNDU2Nzg5MDEyOnVzZXIvZGVtbyJ9.e30"}"#,
    ),
    ("/token", r#"{"accessToken":"acc3ss-two","expiresIn":3600,"refreshToken":"r3fresh-two"}"#),
    (
        "/client/register",
        r#"{"clientId":"c","clientSecret":"cl13nt-secret","clientSecretExpiresAt":1900000000}"#,
    ),
    (
        "/device_authorization",
        r#"{"deviceCode":"d3vice-code","userCode":"AB-CD","verificationUri":"https://d.example/","expiresIn":600,"interval":5}"#,
    ),
    ("/assignment/accounts", r#"{"accountList":[{"accountId":"111122223333"}]}"#),
    ("/assignment/roles", r#"{"roleList":[{"roleName":"r"}]}"#),
    ("/logout", ""),
];
const INSTANCE: &str = r#"{"Code":"Success","AccessKeyId":"ASIAI","SecretAccessKey":"s3cr3t/x","Token":"t0k3n/x","Expiration":"2100-01-01T00:00:00Z"}"#;
const ROLE: &str = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/a/b</Arn>\
    </AssumedRoleUser><Credentials><AccessKeyId>ASIAR</AccessKeyId><SecretAccessKey>s3cr3t/x</SecretAccessKey>\
    <SessionToken>t0k3n/x</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>\
    </AssumeRoleResponse>";

const PRINTED: &str = r#"{"Version":1,"AccessKeyId":"ASIAP","SecretAccessKey":"s3cr3t/x","SessionToken":"t0k3n/x","Expiration":"2100-01-01T00:00:00Z"}"#;
/// The replies of Cognito and of Roles Anywhere, both in one.
const IDENTITY: &str = r#"{"IdentityId":"eu-west-1:i","Token":"t0k3n","Credentials":{"AccessKeyId":"ASIAC","SecretKey":"s3cr3t/x","SessionToken":"t0k3n/x","Expiration":4102444800},
    "credentialSet":[{"credentials":{"accessKeyId":"ASIAX","secretAccessKey":"s3cr3t/x","sessionToken":"t0k3n/x","expiration":"2100-01-01T00:00:00Z"}}]}"#;
const CERTIFICATE: &[u8] = include_bytes!("../../vectors/roles-anywhere/ecdsa-chain.pem");
const ANCHOR: &str = "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a";
const PROFILE: &str = "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/p";
const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/given";

/// One of the sources that are given in code, or an exchange of what was found.
fn given(options: Options, which: usize) -> Options {
    let file = || Token::File("/token".into());
    let mut basic = Cognito::new("eu-west-1:p").login("l", file());
    basic.role_arn = Some(ROLE_ARN.into());
    match which {
        0 => options.web_identity(WebIdentity::new(ROLE_ARN, file())),
        1 => options.saml(Saml::new(ROLE_ARN, "arn:aws:iam::111122223333:saml-provider/i", file())),
        2 => options.cognito(Cognito::new("eu-west-1:p").login("l", file())),
        3 => options.cognito(basic),
        4 => options.roles_anywhere(RolesAnywhere::new(ANCHOR, PROFILE, ROLE_ARN, "/cert", "/key")),
        5 => options.session_token(SessionToken::new().mfa_serial("arn:aws:iam::111122223333:mfa/me")),
        6 => options.federation_token(FederationToken::new("ana")),
        _ => options,
    }
}

/// What a host may say to any question.
#[derive(Clone, Debug)]
enum Answer {
    Good,
    Declined,
    Missing,
    Failed(usize),
    Status(u16),
    Echo(u16),
    Garbage(Vec<u8>),
    Huge,
    Old,
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let answer = prop_oneof![
        6 => Just(Answer::Good),
        1 => Just(Answer::Declined),
        1 => Just(Answer::Missing),
        2 => (0..HttpReason::ALL.len()).prop_map(Answer::Failed),
        2 => prop::sample::select(vec![200u16, 204, 301, 400, 401, 403, 404, 405, 429, 500, 503, 999]).prop_map(Answer::Status),
        1 => prop::sample::select(vec![400u16, 403, 500]).prop_map(Answer::Echo),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(Answer::Garbage),
        1 => Just(Answer::Huge),
        1 => Just(Answer::Old),
    ];
    prop::collection::vec(answer, 1..24)
}

fn options() -> impl Strategy<Value = (Options, Vec<(&'static str, &'static str)>)> {
    let profile = prop::option::of(prop::sample::select(vec![
        "default", "b", "i", "loop", "p", "w", "c", "missing", "s", "l", "t", "role",
    ]));
    let order = prop::sample::select(vec![
        Order::default(),
        Order::ambient_first(),
        Order::only(Source::Imds),
        Order::only(Source::Profile),
        Order::web_identity_first(),
        Order::new([Source::Custom(CustomName::new("vault").unwrap()), Source::Container]),
        Order::new([]),
    ]);
    let hops = 0..3usize;
    let env = prop::sample::subsequence(
        vec![
            ("AWS_ACCESS_KEY_ID", "AKIDENV"),
            ("AWS_SECRET_ACCESS_KEY", "s3cr3t/x"),
            ("AWS_SESSION_TOKEN", "t0k3n/x"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_CONFIG_FILE", "/elsewhere"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/x"),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://agent.local/x"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/env"),
            ("HOME", "/h"),
        ],
        0..12,
    );
    (profile, order, hops, env, 0..14usize).prop_map(|(profile, order, hops, env, which)| {
        let mut options = given(Options::new().order(order).shared_cache(hops == 1), which);
        if let Some(profile) = profile {
            options = options.profile(profile);
        }
        for _ in 0..hops {
            options =
                options.assume(RoleHop::new("arn:aws:iam::444455556666:role/hop").external_id("3xt3rnal"));
        }
        (options, env)
    })
}

/// Drives a task with one answer after the other, again from the first when they are used up.
fn drive<T>(mut step: Step<T>, answers: &[Answer], most: usize) -> Result<T, TestCaseError> {
    let mut turns = 0;
    let mut answers = answers.iter().cycle();
    loop {
        let shown = format!("{step:?}");
        prop_assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{shown}");
        prop_assert!(turns <= most, "no end after {turns} questions");
        turns += 1;
        let answer = answers.next().unwrap();
        step = match (step, answer) {
            (Step::Done(Ok(result)), _) => return Ok(result),
            (Step::Done(Err(error)), _) => {
                let told = error.message();
                prop_assert!(
                    !told.is_empty() && told.len() < 700 && !told.chars().any(char::is_control),
                    "{told}"
                );
                return Err(TestCaseError::reject(told.to_owned()));
            }
            (step, Answer::Declined) => step.decline(NOW),
            (Step::ReadFile(ask), answer) => {
                let good = match ask.request().path.as_str() {
                    "/token" | "/h/token" => b"t0k3n+x".as_slice(),
                    "/cert" => CERTIFICATE,
                    path if path.contains("/sso/cache/") => SSO_FILE.as_bytes(),
                    path if path.contains("/login/cache/") => LOGIN_FILE.as_bytes(),
                    _ => CONFIG.as_bytes(),
                };
                let data = match answer {
                    Answer::Good => Ok(Some(good.to_vec())),
                    Answer::Failed(_) => Err(FileFailure::new("permission denied")),
                    Answer::Garbage(bytes) => Ok(Some(bytes.clone())),
                    Answer::Huge => Ok(Some(vec![b'#'; 5 << 20])),
                    _ => Ok(None),
                };
                ask.answer(NOW, data)
            }
            (Step::Http(ask), answer) => {
                let sent = ask.request();
                let good = match (sent.method, sent.url.ends_with("security-credentials/")) {
                    ("PUT", _) => "t0k3n-imds",
                    ("GET", true) => "gateway",
                    ("GET", false) => INSTANCE,
                    _ if sent.url.contains("cognito") || sent.url.contains("rolesanywhere") => IDENTITY,
                    _ => {
                        let body = String::from_utf8_lossy(&sent.body);
                        let operation =
                            body.split('&').next().unwrap_or_default().trim_start_matches("Action=");
                        &ROLE.replace("AssumeRole", operation)
                    }
                };
                // A malicious or merely chatty service sends back everything that it was sent.
                let echo = sent.headers.iter().map(|(_, value)| value.expose()).collect::<Vec<_>>().join(" ")
                    + &String::from_utf8_lossy(&sent.body).replace('&', ";");
                let address = sent.url.split('?').next().unwrap();
                let of_sign_in = SIGN_IN.iter().find(|(end, _)| address.ends_with(end));
                let good = of_sign_in.map_or(good, |(_, good)| good);
                let echo = if of_sign_in.is_some() {
                    serde_json::json!({ "__type": "X", "error": echo, "message": echo }).to_string()
                } else {
                    format!(
                        "<ErrorResponse><Error><Code>X</Code><Message>{echo}</Message></Error></ErrorResponse>"
                    )
                };
                let date = vec![("Date".to_owned(), "Sun, 06 Nov 1994 08:49:37 GMT".to_owned())];
                let reply = match answer {
                    Answer::Good => Ok(HttpReply::new(200, Vec::new(), good)),
                    Answer::Failed(reason) => Err(HttpFailure::new(HttpReason::ALL[*reason], "no\nreply")),
                    Answer::Status(status) => Ok(HttpReply::new(*status, date, "")),
                    Answer::Echo(status) => Ok(HttpReply::new(*status, date, echo)),
                    Answer::Garbage(bytes) => Ok(HttpReply::new(200, Vec::new(), bytes.clone())),
                    Answer::Huge => Ok(HttpReply::new(200, Vec::new(), vec![b'a'; 1 << 20])),
                    Answer::Old => Ok(HttpReply::new(200, Vec::new(), good.replace("2100", "2001"))),
                    _ => Ok(HttpReply::new(404, Vec::new(), "")),
                };
                ask.answer(NOW, reply)
            }
            (Step::Prompt(ask), answer) => {
                let code = match answer {
                    Answer::Good => "246810",
                    Answer::Garbage(_) => "\u{0}\u{fffd}",
                    _ => "",
                };
                ask.answer(NOW, Secret::new(code))
            }
            (Step::Wait(ask), _) => {
                prop_assert!(ask.request().duration <= Duration::from_secs(25));
                ask.answer(NOW, ())
            }
            (Step::Resolve(ask), answer) => {
                let addresses = match answer {
                    Answer::Good => Ok(vec![IpAddr::from([127, 0, 0, 1])]),
                    Answer::Failed(reason) => Err(HttpFailure::new(HttpReason::ALL[*reason], "no\nname")),
                    Answer::Missing => Ok(Vec::new()),
                    _ => Ok(vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([10, 0, 0, 1])]),
                };
                ask.answer(NOW, addresses)
            }
            (Step::RunProcess(ask), answer) => {
                let argv: Vec<_> = ask.request().argv.iter().map(Secret::expose).collect();
                let reply = match answer {
                    Answer::Good => Ok(ProcessReply::new(0, PRINTED.into(), b"s3cr3t".to_vec())),
                    Answer::Failed(_) => Err(ProcessFailure::new(format!("{argv:?} failed"))),
                    Answer::Garbage(bytes) => Ok(ProcessReply::new(0, bytes.clone(), bytes.clone())),
                    Answer::Huge => Ok(ProcessReply::new(0, vec![b'a'; 1 << 20], Vec::new())),
                    Answer::Old => {
                        Ok(ProcessReply::new(0, PRINTED.replace("2100", "2001").into(), Vec::new()))
                    }
                    _ => Ok(ProcessReply::new(1, Vec::new(), b"s3cr3t t0k3n".to_vec())),
                };
                ask.answer(NOW, reply)
            }
            (Step::Sign(ask), answer) => {
                let signature = match answer {
                    Answer::Good => Ok(vec![1, 2, 3]),
                    Answer::Garbage(bytes) => Ok(bytes.clone()),
                    Answer::Huge => Ok(vec![0; 1 << 20]),
                    _ => Err(SignFailure::new("no\nkey")),
                };
                ask.answer(NOW, signature)
            }
            (Step::Custom(ask), answer) => {
                let keys = || Credentials::new("AKIDV", "s3cr3t/x").with_session_token("t0k3n/x");
                let reply = match answer {
                    Answer::Good => Ok(Some(keys())),
                    Answer::Missing => Ok(None),
                    Answer::Old => Ok(Some(keys().with_expiry(Time::from_unix(1)))),
                    Answer::Garbage(bytes) => {
                        Ok(Some(Credentials::new(String::from_utf8_lossy(bytes), "s3cr3t/x")))
                    }
                    Answer::Huge => Ok(Some(Credentials::new("A".repeat(1 << 20), "s3cr3t/x"))),
                    _ => Err(CustomFailure::new("the vault\nis sealed")),
                };
                ask.answer(NOW, reply)
            }
            (Step::Lock(ask), answer) => ask.answer(NOW, done(answer)),
            (Step::WriteFile(ask), answer) => ask.answer(NOW, done(answer)),
            (Step::RemoveFile(ask), answer) => ask.answer(NOW, done(answer)),
            (Step::ListFiles(ask), answer) => {
                let names = match answer {
                    Answer::Good => vec!["a.json".to_owned(), "../../x.json".to_owned(), "b".to_owned()],
                    Answer::Huge => vec!["x.json".to_owned(); 5000],
                    _ => Vec::new(),
                };
                ask.answer(NOW, done(answer).map(|()| names))
            }
            (Step::Listen(ask), answer) => {
                let state = ask.request().page.split('&').find(|part| part.starts_with("state=")).unwrap();
                let query = match answer {
                    Answer::Good => format!("{state}&code=c0de-of-redirect"),
                    Answer::Garbage(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    Answer::Huge => "x".repeat(1 << 20),
                    Answer::Old => format!("{state}&error=c&error_description=%0a"),
                    _ => "code=c0de-of-redirect&state=other".to_owned(),
                };
                let reply = ListenReply::new(4711, query);
                ask.answer(NOW, done(answer).map(|()| reply).map_err(|_| ListenFailure::new("nobody\ncame")))
            }
            (other, _) => other.decline(NOW),
        };
    }
}

fn done(answer: &Answer) -> Result<(), FileFailure> {
    match answer {
        Answer::Failed(_) | Answer::Status(_) => Err(FileFailure::new("read-only\nfile system")),
        _ => Ok(()),
    }
}

/// An error is an end like any other; only a failed assertion is none.
fn ends<T>(step: Step<T>, answers: &[Answer]) -> Result<Option<T>, TestCaseError> {
    ends_within(step, answers, MAX_QUESTIONS)
}

fn ends_within<T>(step: Step<T>, answers: &[Answer], most: usize) -> Result<Option<T>, TestCaseError> {
    match drive(step, answers, most) {
        Ok(result) => Ok(Some(result)),
        Err(TestCaseError::Reject(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_chain_ends((options, env) in options(), answers in answers()) {
        let env: Env = env.into_iter().collect();
        if let Some(resolved) = ends(chain::resolve(&options, &env, NOW, [1; 32]), &answers)? {
            let shown = format!("{resolved:?} {} {:?}", resolved.trace(), resolved.warnings());
            prop_assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{shown}");
            let good = resolved.credentials().expires_at().is_none_or(|end| end > NOW);
            prop_assert!(good && !resolved.credentials().access_key_id().is_empty());
        }
    }

    #[test]
    fn a_region_ends((options, env) in options(), answers in answers()) {
        let env: Env = env.into_iter().filter(|(name, _)| *name != "AWS_REGION").collect();
        ends(chain::region(&options, &env, NOW, [1; 32]), &answers)?;
    }

    #[test]
    fn a_sign_in_ends((options, env) in options(), answers in answers(), which in 0..9usize) {
        let env: Env = env.into_iter().collect();
        let seed = [1; 32];
        let request = SsoLogin::new(options.clone()).session("d");
        let most = signin::MAX_QUESTIONS;
        let shown = match which {
            0 => show(&ends_within(signin::sso_login(&request, &env, NOW, seed), &answers, most)?),
            1 => show(&ends_within(signin::sso_login(&request.device_code(true), &env, NOW, seed), &answers, most)?),
            2 => show(&ends_within(signin::accounts(&request, &env, NOW, seed), &answers, most)?),
            3 => show(&ends_within(signin::account_roles(&request, "1", &env, NOW, seed), &answers, most)?),
            4 => show(&ends_within(signin::sso_logout(&options, &env, NOW, seed), &answers, most)?),
            5 => show(&ends_within(signin::login(&Login::new(options.profile("new")), &env, NOW, seed), &answers, most)?),
            6 => show(&ends_within(signin::logout(&options, &env, NOW, seed), &answers, most)?),
            7 => show(&ends_within(chain::bearer_token(&options, "x", &env, NOW, seed), &answers, most)?),
            _ => {
                let profile = SsoProfile::new("new", Sso::new(Some("d2".into()), "eu-west-1", "https://d.awsapps.com/start"));
                show(&ends_within(signin::configure_sso(&profile, &options, &env, NOW, seed), &answers, most)?)
            }
        };
        prop_assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{shown}");
    }

    #[test]
    fn a_role_ends(answers in answers(), mfa: bool) {
        let source = Credentials::new("AKID", "s3cr3t/x").with_session_token("t0k3n/x");
        let mut hop = RoleHop::new("arn:aws:iam::444455556666:role/hop").external_id("3xt3rnal");
        if mfa {
            hop = hop.mfa_serial("arn:aws:iam::444455556666:mfa/me");
        }
        let endpoint = Endpoint::regional("eu-west-1").unwrap();
        ends(assume_role(&source, &hop, &endpoint, NOW, [1; 32]), &answers)?;
    }
}

fn show<T: std::fmt::Debug>(result: &Option<T>) -> String {
    format!("{result:?}")
}

#[test]
fn a_sign_in_that_is_answered_well_ends_well() {
    let env: Env = [("HOME", "/h")].into_iter().collect();
    let request = SsoLogin::new(Options::new()).session("d");
    let (good, seed) = ([Answer::Good], [1; 32]);
    assert!(ends(signin::sso_login(&request, &env, NOW, seed), &good).unwrap().is_some());
    assert!(
        ends(signin::sso_login(&request.clone().device_code(true), &env, NOW, seed), &good)
            .unwrap()
            .is_some()
    );
    assert_eq!(ends(signin::accounts(&request, &env, NOW, seed), &good).unwrap().unwrap().len(), 1);
    assert_eq!(ends(signin::account_roles(&request, "1", &env, NOW, seed), &good).unwrap().unwrap(), ["r"]);
    let done = ends(signin::sso_logout(&Options::new(), &env, NOW, seed), &good).unwrap().unwrap();
    assert_eq!(done.removed, ["/h/.aws/sso/cache/a.json"]);
    let options = Options::new().profile("new").region("eu-west-1");
    // Their config file never changes, so that the profile is checked against what was written.
    assert!(ends(signin::login(&Login::new(options), &env, NOW, seed), &good).unwrap().is_some());
    let options = Options::new().profile("t");
    assert!(ends(chain::bearer_token(&options, "x", &env, NOW, seed), &good).unwrap().is_some());
}

#[test]
fn a_chain_that_is_answered_well_ends_well() {
    let env: Env = [("HOME", "/h")].into_iter().collect();
    let keys = Options::new().credentials(Credentials::new("AKID", "s3cr3t/x")).region("eu-west-1");
    let mut all: Vec<_> = (0..5).map(|which| given(Options::new().region("eu-west-1"), which)).collect();
    all.extend((5..7).map(|which| given(keys.clone(), which)));
    all.extend(["i", "p", "w", "s", "l", "role"].map(|profile| Options::new().profile(profile)));
    let vault = Order::only(Source::Custom(CustomName::new("vault").unwrap()));
    all.extend([
        Options::new(),
        Options::new().order(Order::only(Source::Imds)),
        Options::new().order(vault),
    ]);
    for options in all {
        assert!(
            ends(chain::resolve(&options, &env, NOW, [1; 32]), &[Answer::Good]).unwrap().is_some(),
            "{options:?}"
        );
    }
}
