//! Whatever a host answers, at whatever step, a task ends: in credentials, or in an error that says why.

use std::time::Duration;

use awsaccess::chain::{self, Options, Order, Source};
use awsaccess::credentials::Credentials;
use awsaccess::effect::{FileFailure, HttpFailure, HttpReason, HttpReply};
use awsaccess::env::Env;
use awsaccess::flow::MAX_QUESTIONS;
use awsaccess::provider::{RoleHop, assume_role};
use awsaccess::secret::Secret;
use awsaccess::step::Step;
use awsaccess::sts::Endpoint;
use awsaccess::time::Time;
use proptest::prelude::*;

const NOW: Time = Time::from_unix(1_800_000_000);
const SECRETS: [&str; 6] = ["s3cr3t", "t0k3n", "3xt3rnal", "246810", "s3cr3t%2Fx", "t0k3n%2Fx"];

const CONFIG: &str = "[default]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = b\nexternal_id = 3xt3rnal\n\
    mfa_serial = arn:aws:iam::111122223333:mfa/me\n[profile b]\naws_access_key_id = AKIDB\n\
    aws_secret_access_key = s3cr3t/x\n[profile i]\nrole_arn = arn:aws:iam::111122223333:role/i\n\
    credential_source = Ec2InstanceMetadata\n[profile loop]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = loop2\n\
    [profile loop2]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = loop\n[profile p]\ncredential_process = x s3cr3t\n";
const INSTANCE: &str = r#"{"Code":"Success","AccessKeyId":"ASIAI","SecretAccessKey":"s3cr3t/x","Token":"t0k3n/x","Expiration":"2100-01-01T00:00:00Z"}"#;
const ROLE: &str = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/a/b</Arn>\
    </AssumedRoleUser><Credentials><AccessKeyId>ASIAR</AccessKeyId><SecretAccessKey>s3cr3t/x</SecretAccessKey>\
    <SessionToken>t0k3n/x</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>\
    </AssumeRoleResponse>";

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
    let profile = prop::option::of(prop::sample::select(vec!["default", "b", "i", "loop", "p", "missing"]));
    let order = prop::sample::select(vec![
        Order::default(),
        Order::ambient_first(),
        Order::only(Source::Imds),
        Order::only(Source::Profile),
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
            ("HOME", "/h"),
        ],
        0..8,
    );
    (profile, order, hops, env).prop_map(|(profile, order, hops, env)| {
        let mut options = Options::new().order(order).shared_cache(hops == 1);
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
fn drive<T>(mut step: Step<T>, answers: &[Answer]) -> Result<T, TestCaseError> {
    let mut turns = 0;
    let mut answers = answers.iter().cycle();
    loop {
        let shown = format!("{step:?}");
        prop_assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{shown}");
        prop_assert!(turns <= MAX_QUESTIONS, "no end after {turns} questions");
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
                let data = match answer {
                    Answer::Good => Ok(Some(CONFIG.as_bytes().to_vec())),
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
                    _ => ROLE,
                };
                // A malicious or merely chatty service sends back everything that it was sent.
                let echo = sent.headers.iter().map(|(_, value)| value.expose()).collect::<Vec<_>>().join(" ")
                    + &String::from_utf8_lossy(&sent.body).replace('&', ";");
                let echo = format!(
                    "<ErrorResponse><Error><Code>X</Code><Message>{echo}</Message></Error></ErrorResponse>"
                );
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
            (other, _) => other.decline(NOW),
        };
    }
}

/// An error is an end like any other; only a failed assertion is none.
fn ends<T>(step: Step<T>, answers: &[Answer]) -> Result<Option<T>, TestCaseError> {
    match drive(step, answers) {
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

#[test]
fn a_chain_that_is_answered_well_ends_well() {
    let env: Env = [("HOME", "/h")].into_iter().collect();
    for options in
        [Options::new(), Options::new().profile("i"), Options::new().order(Order::only(Source::Imds))]
    {
        assert!(
            ends(chain::resolve(&options, &env, NOW, [1; 32]), &[Answer::Good]).unwrap().is_some(),
            "{options:?}"
        );
    }
}
