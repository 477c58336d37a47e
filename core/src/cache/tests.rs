//! The published cases of the refresh scheme, and what they leave open.

#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::credentials::Credentials;
use crate::effect::{ListFiles, ReadFile, RemoveFile};
use crate::env::Env;
use crate::error::{Attempt, Error, ErrorKind, Outcome};
use crate::host::{Host, Reply, run};
use crate::provider::RoleHop;
use crate::time::Time;

const START: Time = Time::from_unix(1_800_000_000);
const ANY: Duration = Duration::ZERO;

fn vector(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(path);
    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn keys(id: &str, end: Time) -> Credentials {
    Credentials::new(id, "s3cr3t").with_expiry(end).with_source("imds")
}

fn outage() -> Error {
    Error::new(ErrorKind::Unreachable, "nobody answers").retryable()
}

fn refusal() -> Error {
    Error::new(ErrorKind::Denied, "no").with_aws_code("AccessDenied")
}

fn exact() -> Settings {
    Settings { jitter: 0.0, ..Settings::default() }
}

/// One caller after another, as the published cases have it: the one that has to ask waits for the answer.
struct Caller {
    cached: Cached,
    now: Time,
    contacted: bool,
}

impl Caller {
    fn call(
        &mut self,
        need: Duration,
        source: impl FnOnce(Time) -> Result<Credentials, Error>,
    ) -> Result<Credentials, Error> {
        self.contacted = false;
        match self.cached.decide(self.now, need) {
            Decision::Use(credentials) => Ok(credentials),
            Decision::Fail(error) => Err(error),
            Decision::RefreshNow | Decision::RefreshInBackground(_) => {
                self.contacted = true;
                self.cached.settle(self.now, source(self.now)).and_then(|_| self.cached.serve(self.now, need))
            }
            Decision::Wait(_) => panic!("nobody else is at it"),
        }
    }
}

/// With credentials in the state that a case begins with.
fn given(case: &Value) -> Caller {
    let mut settings = exact();
    settings.advisory_window = case["configuredAdvisoryWindowSeconds"].as_u64().map(seconds);
    let seed = case["refreshBackoffSeconds"].as_u64().map_or([1; 32], seed_for_backoff);
    let mut caller = Caller { cached: Cached::new(settings, seed), now: START, contacted: false };
    let passed = match case["cachedCredentials"].as_str().unwrap() {
        "none" => return caller,
        "valid" => 0,
        "advisory" => 3600 - 600,
        "mandatory" => 3600 - 30,
        "expired" => 3600 + 30,
        other => panic!("{other}"),
    };
    let id = case["accessKeyId"].as_str().unwrap_or("CACHED");
    caller.call(ANY, |now| Ok(keys(id, now + seconds(3600)))).unwrap();
    caller.now = START + seconds(passed);
    caller
}

/// A seed whose second draw (the first went into the windows) gives the backoff of the case, to the second.
fn seed_for_backoff(wanted: u64) -> [u8; 32] {
    (0u32..)
        .map(|n| {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&n.to_be_bytes());
            seed
        })
        .find(|seed| (300.0 + 300.0 * crate::flow::fraction(seed, 2) - wanted as f64).abs() < 0.5)
        .unwrap()
}

#[test]
fn the_published_cases() {
    let cases = vector("chain/credential-refresh-tests.json");
    let cases = cases.as_array().unwrap();
    let mut calls = 0;
    for case in cases {
        let docs = case["documentation"].as_str().unwrap();
        let mut caller = given(&case["given"]);
        for step in case["steps"].as_array().unwrap() {
            match step["type"].as_str().unwrap() {
                "advanceTime" => caller.now = caller.now + seconds(step["seconds"].as_u64().unwrap()),
                "invalidate" => {
                    let rejected = step["rejectedAccessKeyId"].as_str().unwrap();
                    let same = caller.cached.credentials().unwrap().access_key_id() == rejected;
                    assert_eq!(caller.cached.invalidate(caller.now, rejected), same, "{docs}");
                }
                "getCredentials" => {
                    calls += 1;
                    call(&mut caller, step, docs);
                }
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!((cases.len(), calls), (24, 34));
}

fn call(caller: &mut Caller, step: &Value, docs: &str) {
    let (expected, now) = (&step["expected"], caller.now);
    let before = caller.cached.credentials().cloned();
    let aging = caller.cached.advisory_at().is_some_and(|at| at <= now);
    let limited = caller.cached.is_backing_off(now);
    let lifetime = seconds(step["lifetimeSeconds"].as_u64().unwrap_or(3600));
    let result = caller.call(ANY, |now| match step["response"].as_str().expect(docs) {
        "freshCredentials" => Ok(keys("FRESH", now + lifetime)),
        "staleCredentials" => Ok(keys("STALE", now)),
        "error" => Err(outage()),
        "nonRecoverableError" => Err(refusal()),
        other => panic!("{other}"),
    });
    match expected["result"].as_str().unwrap() {
        "cachedCredentials" => assert_eq!(result.unwrap(), before.unwrap(), "{docs}"),
        "newCredentials" => assert_eq!(result.unwrap().access_key_id(), "FRESH", "{docs}"),
        "noCredentialsError" => assert_eq!(result.unwrap_err(), outage(), "{docs}"),
        "nonRecoverableError" => assert_eq!(result.unwrap_err(), refusal(), "{docs}"),
        other => panic!("{other}"),
    }
    assert_eq!(caller.contacted, expected["sourceContacted"], "{docs}");
    assert_eq!(limited && aging && !caller.contacted, expected["rateLimited"], "{docs}");
    if let Some(window) = expected["advisoryWindowSeconds"].as_u64() {
        assert_eq!(caller.cached.advisory_at(), Some(now + lifetime - seconds(window)), "{docs}");
    }
}

#[test]
fn many_callers_cause_one_request() {
    let mut cached = Cached::new(exact(), [1; 32]);
    assert_eq!(cached.decide(START, ANY), Decision::RefreshNow);
    let lost_at = START + Settings::default().longest_refresh;
    for _ in 0..1000 {
        assert_eq!(cached.decide(START, ANY), Decision::Wait(lost_at));
    }
    // One who never reports does not hold the others up for ever; one who was cancelled does not at all.
    assert_eq!(cached.decide(lost_at, ANY), Decision::RefreshNow);
    cached.abandon();
    assert_eq!(cached.decide(lost_at, ANY), Decision::RefreshNow);
    cached.settle(lost_at, Ok(keys("A", lost_at + seconds(3600)))).unwrap();
    let in_window = lost_at + seconds(3000);
    assert!(matches!(cached.decide(in_window, ANY), Decision::RefreshInBackground(_)));
    for _ in 0..1000 {
        assert!(matches!(cached.decide(in_window, ANY), Decision::Use(_)));
    }
    // Nobody takes the turn from the one who has it; in the mandatory window the others wait for them.
    assert!(matches!(cached.decide(lost_at + seconds(3550), ANY), Decision::RefreshNow));
    assert!(matches!(cached.decide(lost_at + seconds(3550), ANY), Decision::Wait(_)));
}

#[test]
fn credentials_that_never_end_are_never_renewed_unless_refused() {
    let mut cached = Cached::new(exact(), [1; 32]);
    let forever = Credentials::new("AKIA", "s3cr3t");
    cached.settle(START, Ok(forever.clone())).unwrap();
    let late = START + seconds(40 * 365 * 86_400);
    assert_eq!(cached.decide(late, seconds(1 << 30)), Decision::Use(forever));
    assert!(!cached.invalidate(late, "AKIB") && cached.invalidate(late, "AKIA"));
    assert_eq!(cached.decide(late, ANY), Decision::RefreshNow);
}

#[test]
fn a_need_is_met_or_told_and_never_hammers_the_source() {
    let mut caller = Caller { cached: Cached::new(exact(), [1; 32]), now: START, contacted: false };
    let source = |now: Time| Ok(keys("A", now + seconds(1800)));
    caller.call(seconds(1200), source).unwrap();
    caller.now = START + seconds(700); // 1100 are left, and the advisory window has not begun
    assert_eq!(caller.call(ANY, source).unwrap().expires_at(), Some(START + seconds(1800)));
    assert!(!caller.contacted);
    assert_eq!(caller.call(seconds(1200), source).unwrap().expires_at(), Some(caller.now + seconds(1800)));
    assert!(caller.contacted);
    // A need that the source cannot meet is an error, and no request a call.
    assert_eq!(caller.call(seconds(3600), source).unwrap_err().kind(), ErrorKind::Expired);
    assert!(!caller.contacted);
    caller.now = caller.now + seconds(31);
    assert_eq!(caller.call(seconds(3600), source).unwrap_err().kind(), ErrorKind::Expired);
    assert!(caller.contacted);
    // While the source fails, one who needs little goes on and one who needs much is told why.
    caller.now = caller.now + seconds(1000);
    assert!(caller.call(ANY, |_| Err(outage())).is_ok() && caller.contacted);
    assert_eq!(caller.call(seconds(1700), source).unwrap_err(), outage());
    assert!(caller.call(seconds(60), source).is_ok() && !caller.contacted);
}

#[test]
fn a_source_that_gives_the_same_short_credentials_is_asked_seldom() {
    // An instance role is handed out again until its last minutes: each answer is within the window already.
    let mut caller = Caller { cached: Cached::new(exact(), [1; 32]), now: START, contacted: false };
    let end = START + seconds(240);
    let mut asked = 0;
    for second in 0..240 {
        caller.now = START + seconds(second);
        caller.call(ANY, |_| Ok(keys("A", end))).unwrap();
        asked += u32::from(caller.contacted);
    }
    assert!((5..=40).contains(&asked), "{asked}");
}

#[test]
fn one_who_signs_for_others_is_never_given_what_has_expired() {
    let settings = Settings { serve_expired: false, remember_failure: seconds(3), ..exact() };
    let mut caller = Caller { cached: Cached::new(settings, [1; 32]), now: START, contacted: false };
    assert!(caller.call(ANY, |_| Err(outage())).is_err() && caller.contacted);
    assert!(caller.call(ANY, |_| panic!("remembered")).is_err());
    caller.now = START + seconds(3);
    caller.call(ANY, |now| Ok(keys("A", now + seconds(3600)))).unwrap();
    let end = caller.now + seconds(3600);
    caller.now = end - seconds(60 * 4);
    assert!(caller.call(ANY, |_| Err(outage())).is_ok() && caller.contacted);
    caller.now = end - seconds(1);
    assert!(caller.call(ANY, |_| panic!("left alone")).is_ok());
    // The pause ends where the credentials do.
    caller.now = end;
    assert_eq!(caller.call(ANY, |_| Err(outage())).unwrap_err(), outage());
    assert!(caller.contacted);
    assert_eq!(caller.cached.serve(end, ANY).unwrap_err(), outage());
    caller.now = end + seconds(6);
    assert_eq!(caller.call(ANY, |now| Ok(keys("B", now + seconds(3600)))).unwrap().access_key_id(), "B");
}

#[test]
fn a_program_has_its_last_ten_seconds_and_then_an_error() {
    let mut caller = Caller { cached: Cached::new(exact(), [1; 32]), now: START, contacted: false };
    let end = START + seconds(3600);
    let of_program = |_| Ok(keys("A", end).with_source("process"));
    caller.call(ANY, of_program).unwrap();
    caller.now = end - seconds(11);
    assert!(caller.call(ANY, of_program).is_ok() && !caller.contacted);
    caller.now = end - seconds(10);
    assert!(caller.call(ANY, |_| Err(outage())).is_ok() && caller.contacted);
    caller.now = end - seconds(1);
    assert!(caller.call(ANY, |_| panic!("left alone")).is_ok());
    caller.now = end;
    assert!(caller.call(ANY, |_| Err(outage())).is_err() && caller.contacted);
}

#[test]
fn which_failures_last() {
    let within = |source| refusal().with_attempts(vec![Attempt::new(source, Outcome::Failed, "no")]);
    assert!(is_lasting(&within("assume-role")) && is_lasting(&within("web-identity")));
    assert!(!is_lasting(&within("container")) && !is_lasting(&within("imds")));
    let code = |code| is_lasting(&Error::new(ErrorKind::Denied, "no").with_aws_code(code));
    assert!(code("UnauthorizedException") && code("TOKEN_EXPIRED") && code("RegionDisabledException"));
    assert!(!code("ExpiredTokenException") && !code("Throttling") && !is_lasting(&outage()));
}

#[test]
fn one_who_has_to_sign_in_again_is_told_so() {
    let over = || Error::new(ErrorKind::Expired, "the session is over; sign in again");
    for (source, told) in [("sso", true), ("login", true), ("imds", false)] {
        let mut caller = Caller { cached: Cached::new(exact(), [1; 32]), now: START, contacted: false };
        caller.call(ANY, |now| Ok(keys("A", now + seconds(3600)).with_source(source))).unwrap();
        caller.now = START + seconds(3590);
        assert_eq!(caller.call(ANY, |_| Err(over())).is_err(), told, "{source}");
    }
}

#[test]
fn jitter_spreads_and_stays_within_its_part() {
    let begins = |seed| {
        let mut cached = Cached::new(Settings { jitter: 0.5, ..Settings::default() }, [seed; 32]);
        cached.settle(START, Ok(keys("A", START + seconds(3600)))).unwrap();
        cached.advisory_at().unwrap().since(START).as_secs()
    };
    let all: Vec<_> = (0..50).map(begins).collect();
    assert!(all.iter().all(|at| (2700..=3150).contains(at)), "{all:?}");
    assert!(all.iter().collect::<std::collections::BTreeSet<_>>().len() > 20, "{all:?}");
}

proptest! {
    /// Whatever comes in whatever order: never a panic, never two turns at a time, never expired credentials for one
    /// who forbids them, and never less time than was needed.
    #[test]
    fn every_order_of_events_keeps_the_promises(
        serve_expired: bool,
        events in proptest::collection::vec((0u8..6, 0u64..4000), 1..60),
    ) {
        let mut cached = Cached::new(Settings { serve_expired, ..Settings::default() }, [9; 32]);
        let (mut now, mut turn) = (START, None::<Time>);
        for (event, n) in events {
            match event {
                0 => now = now + seconds(n),
                1 => { cached.invalidate(now, "A"); }
                2 if turn.take().is_some() => { let _ = cached.settle(now, Ok(keys("A", now + seconds(n)))); }
                3 if turn.take().is_some() => { let _ = cached.settle(now, Err(if n % 2 == 0 { outage() } else { refusal() })); }
                _ => {
                    let need = seconds(if event == 4 { n } else { 0 });
                    match cached.decide(now, need) {
                        Decision::RefreshNow | Decision::RefreshInBackground(_) => {
                            prop_assert!(turn.is_none_or(|until| until <= now));
                            turn = Some(now + Settings::default().longest_refresh);
                        }
                        Decision::Use(found) => {
                            let end = found.expires_at().unwrap();
                            prop_assert!(end.since(now) >= need);
                            prop_assert!(serve_expired || end > now);
                        }
                        Decision::Wait(until) => prop_assert!(until > now && turn.is_some()),
                        Decision::Fail(_) => {}
                    }
                }
            }
        }
    }
}

#[test]
fn the_names_are_those_that_botocore_computes() {
    let cases = vector("cache/keys.json");
    let mut count = 0;
    for case in cases["assume_role"].as_array().unwrap() {
        let text = |name: &str| case["arguments"][name].as_str();
        let mut hop = RoleHop::new(text("RoleArn").unwrap());
        hop.session_name = text("RoleSessionName").map(str::to_owned);
        hop.mfa_serial = text("SerialNumber").map(str::to_owned);
        hop.policy = text("Policy").map(str::to_owned);
        hop.source_identity = text("SourceIdentity").map(str::to_owned);
        hop.external_id = text("ExternalId").map(crate::secret::Secret::new);
        hop.duration = case["arguments"]["DurationSeconds"].as_u64().map(seconds);
        let list = |name: &str| case["arguments"][name].as_array().cloned().unwrap_or_default();
        let owned = |value: &Value| value.as_str().unwrap().to_owned();
        hop.policy_arns = list("PolicyArns").iter().map(|policy| owned(&policy["arn"])).collect();
        hop.tags = list("Tags").iter().map(|tag| (owned(&tag["Key"]), owned(&tag["Value"]))).collect();
        hop.transitive_tag_keys = list("TransitiveTagKeys").iter().map(owned).collect();
        assert_eq!(assume_role_key(&hop).as_deref(), case["key"].as_str(), "{case}");
        count += 1;
    }
    for case in cases["sso"].as_array().unwrap() {
        let text = |name: &str| case["arguments"][name].as_str().unwrap_or_default();
        let session = case["arguments"]["sessionName"].as_str();
        let key = sso_credentials_key(text("accountId"), text("roleName"), session, text("startUrl"));
        assert_eq!(Some(key.as_str()), case["key"].as_str(), "{case}");
        count += 1;
    }
    assert!(count >= 14, "{count}");
    let mut odd = RoleHop::new("arn:aws:iam::123456789012:role/demo");
    for policy in ["[]", "{", r#"{"a":1.5}"#] {
        odd.policy = Some(policy.to_owned());
        assert_eq!(assume_role_key(&odd), None, "{policy}");
    }
}

/// A home folder in memory.
struct Home(BTreeMap<String, String>);

impl Host for Home {
    fn now(&mut self) -> Time {
        START
    }
    fn read_file(&mut self, request: &ReadFile) -> Reply<ReadFile> {
        Some(Ok(self.0.get(&request.path).map(|text| text.clone().into_bytes())))
    }
    fn list_files(&mut self, request: &ListFiles) -> Reply<ListFiles> {
        let folder = format!("{}/", request.path);
        Some(Ok(self.0.keys().filter_map(|path| path.strip_prefix(&folder)).map(str::to_owned).collect()))
    }
    fn remove_file(&mut self, request: &RemoveFile) -> Reply<RemoveFile> {
        self.0.remove(&request.path);
        Some(Ok(()))
    }
}

fn home() -> Home {
    let files = [
        (
            "cli/cache/1.json",
            r#"{"Credentials":{"AccessKeyId":"ASIA1","SecretAccessKey":"s3cr3t","SessionToken":"t0k-","Expiration":"2027-01-15T09:00:00UTC"},"AssumedRoleUser":{"Arn":"arn:aws:sts::1:assumed-role/r/me"}}"#,
        ),
        (
            "cli/cache/2.json",
            r#"{"ProviderType":"sso","Credentials":{"AccessKeyId":"ASIA2","SecretAccessKey":"s3cr3t","SessionToken":"t0k-","Expiration":"2027-01-15T07:00:00Z"}}"#,
        ),
        ("cli/cache/1.json.lock", ""),
        (
            "sso/cache/3.json",
            r#"{"startUrl":"https://x/start","accessToken":"s3cr3t","expiresAt":"2027-01-15T09:00:00Z"}"#,
        ),
        (
            "sso/cache/4.json",
            r#"{"clientId":"c","clientSecret":"s3cr3t","expiresAt":"2027-02-15T09:00:00Z"}"#,
        ),
        (
            "login/cache/5.json",
            r#"{"accessToken":{"accessKeyId":"A","secretAccessKey":"s3cr3t","accountId":"1","expiresAt":"2027-01-15T08:10:00Z"}}"#,
        ),
        ("login/cache/6.json", "garbage s3cr3t"),
    ];
    Home(files.into_iter().map(|(path, text)| (format!("/h/.aws/{path}"), text.to_owned())).collect())
}

#[test]
fn the_shared_caches_are_listed_without_a_secret() {
    let found = run(list(&Env::new(), Some("/h"), START), &mut home()).unwrap();
    let kinds: Vec<_> = found.iter().map(|stored| stored.kind.name()).collect();
    assert_eq!(kinds, ["role", "sso-credentials", "sso-token", "sso-registration", "login", "unknown"]);
    assert_eq!(found[0].about.as_deref(), Some("arn:aws:sts::1:assumed-role/r/me"));
    assert_eq!(found[0].expires_at, Some(START + seconds(3600)));
    assert_eq!(found[2].about.as_deref(), Some("https://x/start"));
    assert_eq!(found[4].expires_at, Some(START + seconds(600)));
    let shown = format!("{found:?}");
    assert!(!shown.contains("s3cr3t") && !shown.contains("t0k-"), "{shown}");
    // Without a home there is nothing to list, and that is said.
    let homeless = run(list(&Env::new(), None, START), &mut home()).unwrap_err();
    assert_eq!(homeless.kind(), ErrorKind::Config);
    let elsewhere: Env = [("AWS_LOGIN_CACHE_DIRECTORY", "/h/.aws/cli/cache")].into_iter().collect();
    assert_eq!(run(list(&elsewhere, Some("/h"), START), &mut home()).unwrap().len(), 6);
}

#[test]
fn what_was_picked_is_cleared_and_nothing_else() {
    let mut host = home();
    let expired = |stored: &Stored| stored.expires_at.is_some_and(|end| end <= START);
    let cleared = run(clear(&Env::new(), Some("/h"), START, expired), &mut host).unwrap();
    assert_eq!(cleared.removed.iter().map(|stored| stored.kind).collect::<Vec<_>>(), [Kind::SsoCredentials]);
    assert_eq!(host.0.len(), 6);
    let cleared = run(clear(&Env::new(), Some("/h"), START, |_| true), &mut host).unwrap();
    assert_eq!((cleared.removed.len(), cleared.kept.len(), host.0.len()), (5, 0, 1));
}

#[test]
fn a_folder_with_more_files_than_a_task_asks_questions_is_listed() {
    let files = (0..500).map(|n| (format!("/h/.aws/cli/cache/{n}.json"), "{}".to_owned())).collect();
    assert_eq!(run(list(&Env::new(), Some("/h"), START), &mut Home(files)).unwrap().len(), 500);
}
