//! Whatever a host answers, at whatever step, a task ends: in credentials, or in an error that says why.
#![allow(unreachable_pub, reason = "the fuzzer has the same host in a library")]

#[path = "fuzz/answer.rs"]
mod answer;

use awsaccess::chain::{self, CustomName, Options, Order, Source, Sso};
use awsaccess::credentials::Credentials;
use awsaccess::effect::HttpReason;
use awsaccess::env::Env;
use awsaccess::flow::MAX_QUESTIONS;
use awsaccess::provider::{RoleHop, assume_role};
use awsaccess::signin::{self, Login, SsoLogin, SsoProfile};
use awsaccess::step::Step;
use awsaccess::sts::Endpoint;
use proptest::prelude::*;

use answer::{Answer, CONFIG, Files, NOW, SECRETS, given, say};

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let answer = prop_oneof![
        6 => Just(Answer::Good),
        1 => Just(Answer::Declined),
        1 => Just(Answer::Missing),
        2 => (0..HttpReason::ALL.len()).prop_map(Answer::Failed),
        2 => prop::sample::select(vec![200u16, 204, 301, 400, 401, 403, 404, 405, 429, 500, 503, 999]).prop_map(Answer::Status),
        1 => prop::sample::select(vec![400u16, 403, 500]).prop_map(Answer::Echo),
        1 => prop::sample::select(vec![400u16, 403, 500]).prop_map(Answer::Encoded),
        1 => Just(Answer::Mistyped),
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
            ("AWS_SECRET_ACCESS_KEY", "s3cr3t/x/of-a-key"),
            ("AWS_SESSION_TOKEN", "t0k3n/x/of-a-session"),
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
    let files = Files { config: CONFIG.as_bytes(), credentials: Some(CONFIG.as_bytes()) };
    let mut turns = 0;
    let mut answers = answers.iter().cycle();
    loop {
        let shown = format!("{step:?}");
        prop_assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{shown}");
        prop_assert!(turns <= most, "no end after {turns} questions");
        turns += 1;
        step = match step {
            Step::Done(Ok(result)) => return Ok(result),
            Step::Done(Err(error)) => {
                let told = error.message();
                prop_assert!(
                    !told.is_empty() && told.len() < 700 && !told.chars().any(char::is_control),
                    "{told}"
                );
                return Err(TestCaseError::reject(told.to_owned()));
            }
            asking => say(asking, answers.next().unwrap(), files),
        };
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
        let source = Credentials::new("AKID", "s3cr3t/x/of-a-key").with_session_token("t0k3n/x/of-a-session");
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
    let keys = Options::new().credentials(Credentials::new("AKID", "s3cr3t/x/of-a-key")).region("eu-west-1");
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
