//! `awsaccess console`: a link that signs in to the AWS console, or that switches roles there.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use awsaccess::chain::{self, Options, Order, Source};
use awsaccess::console::{Console, SwitchRole, sign_in};
use awsaccess::env::Env;
use awsaccess::host::Host;
use awsaccess::sts::{AssumeRole, session_name};
use awsaccess_drivers::blocking::{self, drive, seed};
use serde_json::json;
use zeroize::Zeroizing;

use crate::link::{ByPlaceholder, told};
use crate::output::{Failure, print, print_json};
use crate::page::Page;
use crate::person;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The role to open the console as, by its ARN
    #[arg(long)]
    role: Option<String>,
    #[command(flatten)]
    by: ByPlaceholder,
    /// The profile whose credentials are used
    #[arg(long)]
    profile: Option<String>,
    /// The region whose sign-in and console are used
    #[arg(long)]
    region: Option<String>,
    /// How long the console stays open: seconds, or a number with m or h; at most 12h, or 1h over temporary credentials
    #[arg(long, value_parser = duration)]
    duration: Option<Duration>,
    /// Where to arrive: an https URL of the console, a path of it, or the name of a service
    #[arg(long)]
    destination: Option<String>,
    /// Where the console sends you when the session has ended
    #[arg(long)]
    issuer: Option<String>,
    /// What the role's session is called; {time} stands for the time in seconds
    #[arg(long, default_value = "awsaccess-{time}")]
    session_name: String,
    /// The external id that the role asks for
    #[arg(long)]
    external_id: Option<String>,
    /// Open the console as a federated user of that name, over long-lived keys
    #[arg(long, conflicts_with = "role")]
    federated_user: Option<String>,
    /// An inline policy in JSON that narrows the role's session, or says what the federated user may do
    #[arg(long)]
    policy: Option<String>,
    /// Print a link that switches to this role in a console that is signed in; no credentials are needed
    #[arg(long, value_name = "ROLE_ARN", conflicts_with_all = ["role", "federated_user", "duration", "issuer", "profile", "policy", "name", "from_env"])]
    switch_role: Option<String>,
    /// What the console shows for the role that is switched to
    #[arg(long, requires = "switch_role")]
    display_name: Option<String>,
    /// The colour it shows that on, as six hexadecimal digits
    #[arg(long, requires = "switch_role")]
    color: Option<String>,
    /// Open the link in the browser, and print nothing
    #[arg(long)]
    open: bool,
    /// Print one JSON object
    #[arg(long, conflicts_with = "open")]
    json: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('h') => (number, 3600),
        Some(number) if text.ends_with('m') => (number, 60),
        Some(number) => (number, 1),
        None => (text, 1),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    seconds.map(Duration::from_secs).ok_or_else(|| "write 3600, 90m or 12h".to_owned())
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(role) = &args.switch_role {
        let mut role = SwitchRole::of(role)?;
        if let Some(name) = &args.display_name {
            role = role.display_name(name);
        }
        if let Some(color) = &args.color {
            role = role.color(color);
        }
        if let Some(destination) = &args.destination {
            role = role.destination(destination);
        }
        let url = role.url(args.region.as_deref())?;
        return show(args, &url, || json!({ "url": url }));
    }
    if args.by.is_meant() {
        return by_gateway(args);
    }
    let env = blocking::environment()?;
    let mut options = Options::new();
    if let Some(profile) = &args.profile {
        options = options.profile(profile);
    }
    if let Some(region) = &args.region {
        options = options.region(region);
    }
    let mut host = person::host(false)?;
    let resolved = drive(chain::resolve(&options, &env, host.now(), seed()?), &mut host)?;
    for warning in resolved.warnings() {
        let _ = writeln!(io::stderr(), "awsaccess: {warning}");
    }
    let mut console = wish(args, &env, &host.now().unix().to_string())?;
    if args.region.is_none() {
        // Not from the instance, which answers elsewhere only after a while that it is not there.
        let options = options.order(Order::default().without(Source::Imds));
        if let Some(region) = drive(chain::region(&options, &env, host.now(), seed()?), &mut host)? {
            console = console.default_region(region);
        }
    }
    let link = drive(sign_in(resolved.credentials(), &console, host.now(), seed()?), &mut host)?;
    let ends = link.session_ends_at.map(|at| at.to_string());
    let url = Zeroizing::new(link.url.expose().to_owned());
    show(args, &url, || {
        json!({
            "url": url.as_str(), "expires_at": link.expires_at.to_string(), "session_ends_at": ends, "arn": link.arn,
        })
    })
}

/// The gateway makes it, for the role of the placeholder.
fn by_gateway(args: &Args) -> Result<(), Failure> {
    let own = [&args.role, &args.profile, &args.federated_user, &args.policy, &args.external_id];
    if own.iter().any(|given| given.is_some()) {
        let why =
            "with --name or --from-env the gateway knows the role; leave out what says how to come by one";
        return Err(Failure::misuse(why));
    }
    let wish = json!({
        "seconds": args.duration.map(|lasts| lasts.as_secs()), "destination": args.destination,
        "issuer": args.issuer, "region": args.region,
    });
    let wish = wish.as_object().cloned().unwrap_or_default();
    let answer = args.by.ask("/v1/console-links", wish)?;
    let url = Zeroizing::new(told(&answer, "url")?.to_owned());
    show(args, &url, || serde_json::Value::Object(answer.clone()))
}

/// What the arguments and the environment say.
fn wish(args: &Args, env: &Env, time: &str) -> Result<Console, Failure> {
    let mut console = Console::new();
    if let Some(role) = &args.role {
        let mut role = AssumeRole::new(role, session_name(&args.session_name, &[("time", time)])?);
        role.external_id = args.external_id.as_deref().map(awsaccess::secret::Secret::new);
        role.policy.clone_from(&args.policy);
        console = console.role(role);
    } else if let Some(user) = &args.federated_user {
        console = console.federated_user(user, args.policy.clone());
    } else if args.policy.is_some() || args.external_id.is_some() {
        return Err(Failure::misuse("--policy and --external-id go with --role or --federated-user"));
    }
    if let Some(lasts) = args.duration {
        console = console.duration(lasts);
    }
    if let Some(destination) = &args.destination {
        console = console.destination(destination);
    }
    if let Some(issuer) = &args.issuer {
        console = console.issuer(issuer);
    }
    if let Some(region) = &args.region {
        console = console.region(region);
    }
    let address = |name: &str| env.get(name).filter(|value| !value.is_empty());
    let all = address("AWS_ENDPOINT_URL");
    if let Some(url) = address("AWS_ENDPOINT_URL_SIGNIN").or(all) {
        console = console.endpoint(url);
    }
    if let Some(url) = address("AWS_ENDPOINT_URL_STS").or(all) {
        console = console.sts_endpoint(url);
    }
    Ok(console)
}

fn show(args: &Args, url: &str, json: impl FnOnce() -> serde_json::Value) -> Result<(), Failure> {
    if args.json {
        return print_json(&json());
    }
    if !args.open {
        let line = Zeroizing::new(format!("{url}\n"));
        return print(line.as_bytes());
    }
    browse(url)
}

/// Hands the link to the browser by way of a page of our own, since a command line is no place for it.
fn browse(url: &str) -> Result<(), Failure> {
    let wrong = |why: &str| {
        Failure::failed(format!("no browser could be opened: {why}; without --open the link is printed"))
    };
    let program = match std::env::var_os("BROWSER") {
        Some(program) if !program.is_empty() => program,
        _ if cfg!(target_os = "macos") => "open".into(),
        _ if cfg!(windows) => "explorer".into(),
        _ => "xdg-open".into(),
    };
    let path: String = seed()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let page = Page::serve(&path, url).map_err(|error| wrong(&error.to_string()))?;
    let child = Command::new(&program)
        .arg(&page.address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    child.map_err(|error| wrong(&format!("{}: {error}", program.to_string_lossy())))?;
    page.wait().map_err(|error| wrong(&error.to_string()))
}
