//! The chain and the sign-ins: any environment, any files, any answer to any question.

use awsaccess::chain::{self, CustomName, Options, Order, Source, Sso};
use awsaccess::credentials::Credentials;
use awsaccess::effect::HttpReason;
use awsaccess::env::Env;
use awsaccess::error::Error;
use awsaccess::flow;
use awsaccess::provider::RoleHop;
use awsaccess::signin::{self, Login, SsoLogin, SsoProfile};
use awsaccess::step::Step;

use super::answer::{Answer, CONFIG, Files, NOW, SECRETS, given, say};

const SEED: [u8; 32] = [1; 32];
const STATUS: [u16; 12] = [200, 204, 301, 400, 401, 403, 404, 405, 429, 500, 503, 999];

/// What to do, which source is given in code, which order, and flags; then, with 0xFF between them, the environment in
/// lines, the config file, the credentials file (both the usual ones if empty), and the answers.
pub(super) fn chain(data: &[u8]) {
    let [task, which, order, flags, rest @ ..] = data else { return };
    let mut parts = rest.split(|byte| *byte == 0xff);
    let mut part = || parts.next().unwrap_or_default();
    let (environment, config, credentials) = (part(), part(), part());
    let answers: Vec<_> = parts.filter_map(answer).collect();
    let lines = String::from_utf8_lossy(environment).into_owned();
    let env: Env = lines.lines().filter_map(|line| line.split_once('=')).collect();
    let files = Files {
        config: if config.is_empty() { CONFIG.as_bytes() } else { config },
        credentials: (!credentials.is_empty()).then_some(credentials),
    };
    let options = options(*which, *order, *flags);
    let made_up = |answer: &Answer| matches!(answer, Answer::Garbage(text) if !text.is_empty());
    let is_given = config.is_empty() && credentials.is_empty() && !answers.iter().any(made_up);
    let secrets = is_given && !lines.lines().any(is_misplaced);
    let host = Host { answers: &answers, files, secrets };
    let request = SsoLogin::new(options.clone()).session("d");
    match task % 12 {
        0 => drop(host.end(chain::region(&options, &env, NOW, SEED), flow::MAX_QUESTIONS)),
        1 => drop(host.end(chain::bearer_token(&options, "x", &env, NOW, SEED), flow::MAX_QUESTIONS)),
        2 => drop(host.end(chain::outline(&options, &env, NOW), flow::MAX_QUESTIONS)),
        3 => drop(host.end(signin::sso_login(&request, &env, NOW, SEED), signin::MAX_QUESTIONS)),
        4 => {
            let request = request.device_code(true);
            drop(host.end(signin::sso_login(&request, &env, NOW, SEED), signin::MAX_QUESTIONS));
        }
        5 => drop(host.end(signin::accounts(&request, &env, NOW, SEED), signin::MAX_QUESTIONS)),
        6 => {
            let request = Login::new(options.profile("new")).remote(flags & 1 == 1);
            drop(host.end(signin::login(&request, &env, NOW, SEED), signin::MAX_QUESTIONS));
        }
        7 => {
            let sso = Sso::new(Some("d2".into()), "eu-west-1", "https://d.awsapps.com/start");
            let step = signin::configure_sso(&SsoProfile::new("new", sso), &options, &env, NOW, SEED);
            drop(host.end(step, signin::MAX_QUESTIONS));
        }
        8 => drop(host.end(signin::sso_logout(&options, &env, NOW, SEED), signin::MAX_QUESTIONS)),
        _ => {
            let Ok(found) = host.end(chain::resolve(&options, &env, NOW, SEED), flow::MAX_QUESTIONS) else {
                return;
            };
            let found = found.credentials();
            // A refusal tells of another time, by which the clock may have been set.
            let is_of_now =
                |answer: &Answer| !matches!(answer, Answer::Status(_) | Answer::Echo(_) | Answer::Encoded(_));
            let ends = found.expires_at().filter(|_| answers.iter().all(is_of_now));
            assert!(ends.is_none_or(|end| end > NOW), "what has expired is not given out");
            assert!(!found.access_key_id().is_empty() && !found.secret_access_key().is_empty());
        }
    }
}

/// Whether a line of the environment has a secret where none belongs, such as a region, which may be shown.
fn is_misplaced(line: &str) -> bool {
    let (name, value) = line.split_once('=').unwrap_or_default();
    let is_secret = ["SECRET", "TOKEN"].iter().any(|word| name.contains(word));
    !is_secret && SECRETS.iter().any(|secret| value.contains(secret))
}

fn options(which: u8, order: u8, flags: u8) -> Options {
    let order = match order % 8 {
        0 => Order::ambient_first(),
        1 => Order::web_identity_first(),
        2 => Order::only(Source::Imds),
        3 => Order::only(Source::Profile),
        4 => Order::new([Source::Custom(CustomName::new("vault").unwrap()), Source::Container]),
        _ => Order::default(),
    };
    let profiles = ["default", "b", "i", "loop", "p", "w", "c", "s", "l", "t", "role", "missing"];
    let mut options =
        given(Options::new().order(order), usize::from(which % 16)).shared_cache(flags & 1 == 1);
    if flags & 2 == 2 {
        options = options.credentials(Credentials::new("AKIDGIVEN", "s3cr3t/x/of-a-key"));
    }
    if let Some(profile) = profiles.get(usize::from(which / 16)).filter(|_| flags & 4 == 4) {
        options = options.profile(*profile);
    }
    for _ in 0..flags >> 6 {
        options = options.assume(RoleHop::new("arn:aws:iam::444455556666:role/hop").external_id("3xt3rnal"));
    }
    options
}

fn answer(part: &[u8]) -> Option<Answer> {
    let (how, rest) = part.split_first()?;
    let status = STATUS[usize::from(how / 16) % STATUS.len()];
    Some(match how % 16 {
        0 => Answer::Declined,
        1 => Answer::Missing,
        2 => Answer::Failed(usize::from(how / 16) % HttpReason::ALL.len()),
        3 => Answer::Status(status),
        4 => Answer::Echo(status),
        5 => Answer::Encoded(status),
        6 => Answer::Mistyped,
        7 => Answer::Old,
        // A few, since they cost a second in all.
        8 if rest.is_empty() => Answer::Huge,
        9..=11 => Answer::Garbage(rest.to_vec()),
        _ => Answer::Good,
    })
}

struct Host<'a> {
    answers: &'a [Answer],
    files: Files<'a>,
    /// Whether all secrets are the ones that are known: a file or an answer of the fuzzer's may say anything anywhere.
    secrets: bool,
}

impl Host<'_> {
    fn end<T: std::fmt::Debug>(&self, mut step: Step<T>, most: usize) -> Result<T, Error> {
        let mut answers = self.answers.iter().chain(std::iter::repeat(&Answer::Good));
        for _ in 0..=most {
            if self.secrets {
                let shown = format!("{step:?}");
                // The metadata service may give a role any name, which is part of what is asked for next.
                let shown = shown.split("/security-credentials/%").next().unwrap_or_default();
                assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{shown}");
            }
            step = match step {
                Step::Done(Ok(result)) => return Ok(result),
                Step::Done(Err(error)) => {
                    let told = error.message();
                    assert!(!told.is_empty() && !told.chars().any(char::is_control), "{told}");
                    assert!(error.report().lines().count() < 100);
                    return Err(error);
                }
                asking => say(asking, answers.next().unwrap(), self.files),
            };
        }
        panic!("no end after {most} questions");
    }
}
