//! `awsaccess login`, `logout` and `whoami`: a person signs in, and out again, and asks who they are.

use std::io::{self, Write};

use awsaccess::chain::{self, Base, Options, Plan, outline};
use awsaccess::env::Env;
use awsaccess::host::Host;
use awsaccess::signin::{self, LoggedOut, Login, SsoLogin};
use awsaccess_drivers::blocking::{self, Blocking, drive, seed};
use serde_json::{Value, json};

use crate::output::{Failure, unless_closed};
use crate::person;

#[derive(clap::Args)]
pub(crate) struct Selected {
    /// The profile
    #[arg(long)]
    profile: Option<String>,
    /// The region to sign in at, or to ask
    #[arg(long)]
    region: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct LoginArgs {
    #[command(flatten)]
    selected: Selected,
    /// The [sso-session] to sign in to, in place of the profile's
    #[arg(long, conflicts_with = "console")]
    sso_session: Option<String>,
    /// Sign in with console credentials, as `aws login` does; so do profiles with a login_session
    #[arg(long)]
    console: bool,
    /// The browser is on another device: show a code there, or take the one that it shows
    #[arg(long)]
    no_browser: bool,
}

#[derive(clap::Args)]
pub(crate) struct LogoutArgs {
    #[command(flatten)]
    selected: Selected,
}

#[derive(clap::Args)]
pub(crate) struct WhoamiArgs {
    #[command(flatten)]
    selected: Selected,
}

impl Selected {
    fn options(&self) -> Options {
        let mut options = Options::new();
        if let Some(profile) = &self.profile {
            options = options.profile(profile);
        }
        if let Some(region) = &self.region {
            options = options.region(region);
        }
        options
    }

    fn print(&self, json: &Value, text: &str) -> Result<(), Failure> {
        let text = if self.json { json.to_string() } else { text.to_owned() };
        unless_closed(writeln!(io::stdout(), "{text}"))
    }
}

pub(crate) fn login(args: &LoginArgs) -> Result<(), Failure> {
    let (options, env) = (args.selected.options(), blocking::environment()?);
    let mut host = person::host(!args.no_browser)?;
    let by_console = args.console || args.sso_session.is_none() && is_console(&options, &env, &mut host);
    if by_console {
        let request = Login::new(options).remote(args.no_browser);
        let done = drive(signin::login(&request, &env, host.now(), seed()?), &mut host)?;
        warn(&done.warnings);
        let end = done.expires_at.to_string();
        let json = json!({
            "profile": done.profile, "login_session": done.session, "account_id": done.account_id, "expires_at": end,
        });
        let text = format!("the profile {} is signed in as {}", done.profile, done.session);
        return args.selected.print(&json, &text);
    }
    let mut request = SsoLogin::new(options).device_code(args.no_browser);
    if let Some(session) = &args.sso_session {
        request = request.session(session);
    }
    let done = drive(signin::sso_login(&request, &env, host.now(), seed()?), &mut host)?;
    warn(&done.warnings);
    let (portal, end) = (&done.portal, done.expires_at.to_string());
    let json = json!({
        "sso_session": portal.session, "sso_start_url": portal.start_url, "sso_region": portal.region,
        "expires_at": end, "token_file": done.token_file,
    });
    args.selected.print(&json, &format!("signed in to {} until {end}", portal.start_url))
}

pub(crate) fn logout(args: &LogoutArgs) -> Result<(), Failure> {
    let (options, env) = (args.selected.options(), blocking::environment()?);
    let mut host = person::host(false)?;
    let step = match is_console(&options, &env, &mut host) {
        true => signin::logout(&options, &env, host.now(), seed()?),
        false => signin::sso_logout(&options, &env, host.now(), seed()?),
    };
    let LoggedOut { removed, warnings, .. } = drive(step, &mut host)?;
    warn(&warnings);
    let text = match removed.as_slice() {
        [] => "nobody was signed in".to_owned(),
        removed => removed.iter().map(|path| format!("removed {path}")).collect::<Vec<_>>().join("\n"),
    };
    args.selected.print(&json!({ "removed": removed, "warnings": warnings }), &text)
}

pub(crate) fn whoami(args: &WhoamiArgs) -> Result<(), Failure> {
    let (options, env) = (args.selected.options(), blocking::environment()?);
    let mut host = person::host(false)?;
    let (who, resolved) = drive(chain::caller_identity(&options, &env, host.now(), seed()?), &mut host)?;
    warn(resolved.warnings());
    let source = resolved.credentials().source().unwrap_or_default();
    let json = json!({ "account": who.account, "arn": who.arn, "user_id": who.user_id, "source": source });
    args.selected.print(&json, &who.arn)
}

/// Whether the selected profile is one of `aws login`. What is wrong with it is told by the sign-in itself.
fn is_console(options: &Options, env: &Env, host: &mut Blocking) -> bool {
    let plan = drive(outline(options, env, host.now()), host);
    matches!(plan, Ok(Plan { base: Base::Login(_), .. }))
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        let _ = writeln!(io::stderr(), "awsaccess: {warning}");
    }
}
