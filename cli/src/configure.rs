//! `awsaccess configure sso` and `awsaccess accounts`: what IAM Identity Center has for a person, and a profile for it.

use awsaccess::chain::{Options, Sso};
use awsaccess::env::Env;
use awsaccess::error::Error;
use awsaccess::host::Host;
use awsaccess::signin::{self, Account, SsoLogin, SsoProfile};
use awsaccess_drivers::blocking::{self, Blocking, drive, seed};
use clap::Subcommand;
use serde_json::json;

use crate::output::{Failure, print, print_json};
use crate::person::{self, choice, question, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Sign in to IAM Identity Center, choose an account and a role, and write a profile for them; what is not given is
    /// asked for
    Sso(SsoArgs),
}

#[derive(clap::Args)]
struct SsoArgs {
    /// The name of the profile to write
    #[arg(long)]
    profile: Option<String>,
    /// The name of the [sso-session]: one that is there, or a new one
    #[arg(long)]
    sso_session: Option<String>,
    /// The start URL of a new session
    #[arg(long)]
    start_url: Option<String>,
    /// The region of a new session
    #[arg(long)]
    sso_region: Option<String>,
    /// The scopes of a new session, with commas between them
    #[arg(long)]
    scopes: Option<String>,
    /// The account
    #[arg(long)]
    account_id: Option<String>,
    /// The role in it
    #[arg(long)]
    role_name: Option<String>,
    /// The region of the profile
    #[arg(long)]
    region: Option<String>,
    /// How the AWS CLI prints with the profile
    #[arg(long)]
    output: Option<String>,
    /// The browser is on another device: show a code there
    #[arg(long)]
    no_browser: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct AccountsArgs {
    /// A profile of the portal
    #[arg(long)]
    profile: Option<String>,
    /// The [sso-session], in place of a profile
    #[arg(long, conflicts_with = "profile")]
    sso_session: Option<String>,
    /// List the roles in this account
    #[arg(long)]
    account_id: Option<String>,
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let Task::Sso(args) = &args.task;
    let mut desk = Desk {
        env: blocking::environment()?,
        host: person::host(!args.no_browser)?,
        options: Options::new(),
    };
    let (sso, scopes) = desk.portal(args)?;
    let login = SsoLogin::new(desk.options.clone()).portal(sso.clone()).scopes(scopes.clone());
    let (login, mut sso) = (login.device_code(args.no_browser), sso);

    let account = match &args.account_id {
        Some(account) => account.clone(),
        None => choice("account", &desk.accounts(&login)?, shown)?.id.clone(),
    };
    let role = match &args.role_name {
        Some(role) => role.clone(),
        None => choice("role", &desk.roles(&login, &account)?, String::clone)?.clone(),
    };
    let name = match &args.profile {
        Some(name) => name.clone(),
        None => question("profile name", Some(&format!("{role}-{account}")))?,
    };
    sso.role = Some((account.clone(), role.clone()));
    let mut profile = SsoProfile::new(name, sso);
    if !scopes.is_empty() {
        profile.scopes = scopes;
    }
    (profile.region, profile.output) = (args.region.clone(), args.output.clone());
    let step = signin::configure_sso(&profile, &desk.options, &desk.env, desk.host.now(), seed()?);
    let written = drive(step, &mut desk.host)?;
    for warning in &written.warnings {
        say(&format!("awsaccess: {warning}\n"))?;
    }
    if args.json {
        return print_json(&json!({
            "profile": profile.name, "config_file": written.path, "sso_session": profile.sso.session,
            "sso_account_id": account, "sso_role_name": role,
        }));
    }
    print(format!("the profile {} is in {}\n", profile.name, written.path).as_bytes())
}

pub(crate) fn accounts(args: &AccountsArgs) -> Result<(), Failure> {
    let mut options = Options::new();
    if let Some(profile) = &args.profile {
        options = options.profile(profile);
    }
    let mut request = SsoLogin::new(options.clone());
    if let Some(session) = &args.sso_session {
        request = request.session(session);
    }
    let mut desk = Desk { env: blocking::environment()?, host: Blocking::new()?, options };
    let (json, lines) = match &args.account_id {
        None => {
            let found = desk.list_accounts(&request)?;
            let one = |found: &Account| json!({ "account_id": found.id, "account_name": found.name, "email": found.email });
            (found.iter().map(one).collect(), found.iter().map(shown).collect())
        }
        Some(account) => {
            let step = signin::account_roles(&request, account, &desk.env, desk.host.now(), seed()?);
            let roles = drive(step, &mut desk.host)?;
            (roles.iter().map(|role| json!(role)).collect::<Vec<_>>(), roles)
        }
    };
    if args.json {
        return print_json(&json.into());
    }
    print(lines.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes())
}

/// The account's number, what it is called, and its address.
fn shown(account: &Account) -> String {
    let more = [&account.name, &account.email].into_iter().flatten();
    more.fold(account.id.clone(), |line, more| format!("{line}  {more}"))
}

struct Desk {
    env: Env,
    host: Blocking,
    options: Options,
}

impl Desk {
    /// The portal of a session that is there, or of one that is described now.
    fn portal(&mut self, args: &SsoArgs) -> Result<(Sso, Vec<String>), Failure> {
        let name = match &args.sso_session {
            Some(name) => name.clone(),
            None => question("SSO session name", None)?,
        };
        if args.start_url.is_none() && args.sso_region.is_none() {
            let request = SsoLogin::new(self.options.clone()).session(&name);
            let step = signin::portal(&request, &self.env, self.host.now(), seed()?);
            if let Ok(found) = drive(step, &mut self.host) {
                return Ok(found);
            }
        }
        let or_ask = |given: &Option<String>, text, usual| match given {
            Some(given) => Ok(given.clone()),
            None => question(text, usual),
        };
        let url = or_ask(&args.start_url, "SSO start URL", None)?;
        let region = or_ask(&args.sso_region, "SSO region", None)?;
        let scopes = or_ask(&args.scopes, "SSO registration scopes", Some("sso:account:access"))?;
        let scopes = scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned);
        Ok((Sso::new(Some(name), region, url), scopes.collect()))
    }

    /// Every account, after a sign-in if nobody is signed in.
    fn accounts(&mut self, login: &SsoLogin) -> Result<Vec<Account>, Failure> {
        if let Ok(found) = self.list_accounts(login) {
            return Ok(found);
        }
        self.sign_in(login)?;
        Ok(self.list_accounts(login)?)
    }

    fn list_accounts(&mut self, login: &SsoLogin) -> Result<Vec<Account>, Error> {
        drive(signin::accounts(login, &self.env, self.host.now(), seed()?), &mut self.host)
    }

    fn roles(&mut self, login: &SsoLogin, account: &str) -> Result<Vec<String>, Failure> {
        let list = |desk: &mut Self| {
            drive(signin::account_roles(login, account, &desk.env, desk.host.now(), seed()?), &mut desk.host)
        };
        if let Ok(found) = list(self) {
            return Ok(found);
        }
        self.sign_in(login)?;
        Ok(list(self)?)
    }

    fn sign_in(&mut self, login: &SsoLogin) -> Result<(), Failure> {
        drive(signin::sso_login(login, &self.env, self.host.now(), seed()?), &mut self.host)?;
        Ok(())
    }
}
