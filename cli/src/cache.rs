//! `awsaccess cache`: the credentials that the AWS CLI and SDKs keep in files, listed and cleared.

use std::io::{self, Write};

use awsaccess::cache::{Stored, clear, list};
use awsaccess::host::{Host, run as drive};
use awsaccess_drivers::blocking::{self, Blocking};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::output::{Failure, unless_closed};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// List what is kept in ~/.aws/cli/cache, ~/.aws/sso/cache and ~/.aws/login/cache; no secret is shown
    List {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Remove files from those folders
    Clear {
        /// Only what has expired
        #[arg(long)]
        expired: bool,
        /// Only one kind: role, sso-credentials, sso-token, sso-registration, login or unknown
        #[arg(long)]
        kind: Option<String>,
        /// Print one JSON array of what was removed
        #[arg(long)]
        json: bool,
    },
}

const KINDS: [&str; 6] = ["role", "sso-credentials", "sso-token", "sso-registration", "login", "unknown"];

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let (env, mut host) = (blocking::environment()?, Blocking::new()?);
    let now = host.now();
    match &args.task {
        Task::List { json } => print(&drive(list(&env, None, now), &mut host)?, *json),
        Task::Clear { expired, kind, json } => {
            if let Some(kind) = kind.as_deref().filter(|kind| !KINDS.contains(kind)) {
                return Err(Failure::misuse(format!(
                    "there is no kind {kind}; it is one of {}",
                    KINDS.join(", ")
                )));
            }
            let (expired, kind) = (*expired, kind.clone());
            let which = move |stored: &Stored| {
                let is_over = stored.expires_at.is_some_and(|end| end <= now);
                (is_over || !expired) && kind.as_deref().is_none_or(|kind| kind == stored.kind.name())
            };
            let cleared = drive(clear(&env, None, now, which), &mut host)?;
            print(&cleared.removed, *json)?;
            match cleared.kept.as_slice() {
                [] => Ok(()),
                kept => {
                    let told = kept.iter().map(|(stored, why)| format!("{}: {why}", stored.path));
                    Err(Failure::failed(format!("not removed: {}", told.collect::<Vec<_>>().join("; "))))
                }
            }
        }
    }
}

fn print(files: &[Stored], as_json: bool) -> Result<(), Failure> {
    let ends = |stored: &Stored| stored.expires_at.map(|end| end.to_string());
    let text = if as_json {
        let files = files.iter().map(|stored| {
            let kind = stored.kind.name();
            json!({ "path": stored.path, "kind": kind, "expires_at": ends(stored), "about": stored.about })
        });
        format!("{}\n", Value::Array(files.collect()))
    } else {
        let line = |stored: &Stored| {
            let (end, about) =
                (ends(stored).unwrap_or_default(), stored.about.as_deref().unwrap_or_default());
            format!("{:16}  {end:20}  {}  {about}", stored.kind.name(), stored.path).trim_end().to_owned()
                + "\n"
        };
        files.iter().map(line).collect()
    };
    unless_closed(io::stdout().write_all(text.as_bytes()))
}
