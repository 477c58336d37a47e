//! `awsaccess explain`: the plan, what each source answered, why the winner won, how long it will last.

use std::io::{self, Write};

use awsaccess::chain::{Options, Plan, Resolved, outline};
use awsaccess::error::{Attempt, Error, ErrorKind, Outcome};
use awsaccess::host::{Host, run as drive};
use awsaccess::time::Time;
use awsaccess_drivers::blocking;
use serde_json::{Value, json};

use crate::output::{Failure, unless_closed};
use crate::person;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile to explain
    #[arg(long)]
    profile: Option<String>,
    /// The region for STS
    #[arg(long)]
    region: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print the plan as a graph for Graphviz, and ask no source
    #[arg(long, conflicts_with = "json")]
    graph: bool,
    /// Print the plan only, and ask no source
    #[arg(long)]
    plan: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut options = Options::new();
    if let Some(profile) = &args.profile {
        options = options.profile(profile);
    }
    if let Some(region) = &args.region {
        options = options.region(region);
    }
    let (env, mut host) = (blocking::environment()?, person::host(false)?);
    let plan = drive(outline(&options, &env, host.now()), &mut host);
    if args.graph {
        return print(&plan?.graph());
    }
    let resolved = (!args.plan).then(|| blocking::resolve_with(&options, &env, &mut host));
    let story = Story { plan, resolved, now: host.now() };
    print(&if args.json { format!("{}\n", story.json()) } else { story.text() })?;
    match story.failure() {
        None => Ok(()),
        Some(error) => Err(Failure::failed(error)),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    unless_closed(io::stdout().write_all(text.as_bytes()))
}

struct Story {
    plan: Result<Plan, Error>,
    /// `None` if no source was to be asked.
    resolved: Option<Result<Resolved, Error>>,
    now: Time,
}

impl Story {
    fn failure(&self) -> Option<&Error> {
        match &self.resolved {
            Some(resolved) => resolved.as_ref().err(),
            None => self.plan.as_ref().err(),
        }
    }

    fn tried(&self) -> &[Attempt] {
        match &self.resolved {
            None => &[],
            Some(Ok(resolved)) => resolved.trace().attempts(),
            Some(Err(error)) => error.attempts(),
        }
    }

    /// Those of the plan are told with the plan.
    fn warnings(&self) -> Vec<&str> {
        let planned = self.plan.as_ref().map(|plan| plan.warnings.as_slice()).unwrap_or_default();
        let resolved = self.resolved.iter().flatten().flat_map(Resolved::warnings);
        resolved.filter(|warning| !planned.contains(warning)).map(String::as_str).collect()
    }

    fn found(&self) -> Option<&Resolved> {
        self.resolved.as_ref()?.as_ref().ok()
    }

    /// Why the one that gave the credentials came to be asked at all.
    fn why(&self) -> Option<String> {
        let tried = self.tried();
        let first = tried.iter().find(|attempt| attempt.outcome == Outcome::Ok)?;
        self.found()?;
        let before: Vec<_> = tried
            .iter()
            .take_while(|attempt| attempt.outcome == Outcome::NotConfigured)
            .map(|attempt| attempt.source.as_str())
            .collect();
        let passed = match before.as_slice() {
            [] => "it is the first of the order".to_owned(),
            passed => format!("nothing is configured for {}", passed.join(", ")),
        };
        Some(format!("{}: {passed}", first.source))
    }

    fn text(&self) -> String {
        let mut text = match &self.plan {
            Ok(plan) => format!("plan\n  {}\n", plan.to_string().replace('\n', "\n  ")),
            Err(error) => format!("plan\n  {error}\n"),
        };
        if !self.tried().is_empty() {
            let trace = awsaccess::error::Trace::from(self.tried().to_vec()).to_string();
            text.push_str(&format!("sources\n  {}\n", trace.replace('\n', "\n  ")));
        }
        if let (Some(found), Some(why)) = (self.found(), self.why()) {
            let keys = found.credentials();
            text.push_str(&format!("winner\n  {why}\n  key {}", keys.access_key_id()));
            if let Some(account) = keys.account_id() {
                text.push_str(&format!(" of account {account}"));
            }
            text.push_str(&match keys.expires_at() {
                Some(end) => format!("\n  lasts until {end}, {}\n", span(end.since(self.now).as_secs())),
                None => "\n  does not end by itself\n".to_owned(),
            });
        }
        for warning in self.warnings() {
            text.push_str(&format!("warning: {warning}\n"));
        }
        text
    }

    fn json(&self) -> Value {
        let plan = self.plan.as_ref().ok().and_then(|plan| serde_json::from_str::<Value>(&plan.json()).ok());
        let tried = self.tried().iter().map(|attempt| {
            json!({
                "source": attempt.source,
                "outcome": attempt.outcome.name(),
                "reason": attempt.reason,
                "milliseconds": u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
            })
        });
        let tried: Vec<_> = tried.collect();
        let fault = |error: &Error| json!({ "kind": error.kind().name(), "message": error.message() });
        let winner = self.found().map(|found| {
            let keys = found.credentials();
            json!({
                "why": self.why(),
                "source": keys.source(),
                "access_key_id": keys.access_key_id(),
                "account_id": keys.account_id(),
                "expires_at": keys.expires_at().map(|end| end.to_string()),
                "lasts_seconds": keys.expires_at().map(|end| end.since(self.now).as_secs()),
            })
        });
        json!({
            "plan": plan,
            "plan_error": self.plan.as_ref().err().filter(|error| error.kind() != ErrorKind::NotConfigured).map(fault),
            "tried": tried,
            "winner": winner,
            "error": self.resolved.as_ref().and_then(|resolved| resolved.as_ref().err()).map(fault),
            "warnings": self.warnings(),
        })
    }
}

fn span(seconds: u64) -> String {
    match (seconds / 3600, seconds % 3600 / 60) {
        (0, 0) => format!("{seconds} seconds"),
        (0, minutes) => format!("{minutes} minutes"),
        (hours, 0) => format!("{hours} hours"),
        (hours, minutes) => format!("{hours} hours {minutes} minutes"),
    }
}
