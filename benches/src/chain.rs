//! What the chain costs beside its host: three roles after the keys of a profile, every question answered at once.

use std::hint::black_box;
use std::time::Instant;

use awsaccess::chain::{Options, resolve};
use awsaccess::effect::HttpReply;
use awsaccess::env::Env;
use awsaccess::step::Step;
use awsaccess::time::Time;

use crate::race::{Row, Target};

const CONFIG: &str = "[default]
role_arn = arn:aws:iam::111122223333:role/third
source_profile = second
region = eu-west-1
[profile second]
role_arn = arn:aws:iam::111122223333:role/second
external_id = of-second
source_profile = first
[profile first]
role_arn = arn:aws:iam::111122223333:role/first
source_profile = base
[profile base]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
";

/// The most that a chain of three roles may take, in microseconds.
const MOST: f64 = 100.0;
const TURNS: usize = 41;
const CALLS: u32 = 100;

pub fn run(rows: &mut Vec<Row>) {
    let now = Time::from_unix(1_800_000_000);
    let env: Env = [("HOME", "/home/ana")].into_iter().collect();
    let session = |nth: usize| {
        format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
             <AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:s</AssumedRoleId>\
             <Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>ASIAEXAMPLE{nth}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
             <SessionToken>{}</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration></Credentials>\
             </AssumeRoleResult></AssumeRoleResponse>",
            "t".repeat(930)
        )
    };
    let sessions: Vec<String> = (1..=3).map(session).collect();
    let resolved = || {
        let mut step = resolve(&Options::new(), &env, now, [7; 32]);
        let mut calls = 0;
        loop {
            step = match step {
                Step::ReadFile(ask) => {
                    let is_config = ask.request().path.ends_with("config");
                    ask.answer(now, Ok(is_config.then(|| CONFIG.as_bytes().to_vec())))
                }
                Step::Http(ask) => {
                    let body = sessions.get(calls).expect("three calls").clone();
                    calls += 1;
                    ask.answer(now, Ok(HttpReply::new(200, Vec::new(), body)))
                }
                Step::Done(done) => break done.expect("credentials"),
                other => other.decline(now),
            };
        }
    };
    assert_eq!(resolved().credentials().access_key_id(), "ASIAEXAMPLE3");
    let value = cpu_time(resolved);
    rows.push(Row {
        name: "three roles of a profile, without the host (CPU)",
        value,
        unit: "µs",
        peer: "100 µs",
        ratio: value / MOST,
        target: Some(Target::AtMost(1.0)),
    });
}

/// Microseconds of this thread's own that a call takes, whoever else the machine works for: the median of the turns.
fn cpu_time<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut turn = || {
        let start = Clock::now();
        for _ in 0..CALLS {
            black_box(work());
        }
        start.micros() / f64::from(CALLS)
    };
    turn();
    let mut turns: Vec<f64> = (0..TURNS).map(|_| turn()).collect();
    turns.sort_by(f64::total_cmp);
    turns[TURNS / 2]
}

/// The time that this thread has run, where the kernel tells it (Linux); else the time that has passed.
struct Clock {
    ran: Option<f64>,
    started: Instant,
}

impl Clock {
    fn now() -> Self {
        Self { ran: ran(), started: Instant::now() }
    }

    fn micros(&self) -> f64 {
        let passed = || self.started.elapsed().as_secs_f64() * 1e6;
        ran().zip(self.ran).map_or_else(passed, |(now, then)| now - then)
    }
}

fn ran() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse::<f64>().ok().map(|nanos| nanos / 1e3)
}
