//! `awsaccess proxy`: the gateway, until it is told to end.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use awsaccess_proxy::{Config, Proxy};

use crate::announce::Announcement;
use crate::log;
use crate::output::{Failure, unless_closed};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The configuration (TOML)
    #[arg(long)]
    config: PathBuf,
    /// Say where it listens, and the certificate to trust, as one line of JSON
    #[arg(long)]
    json: bool,
    /// Print a placeholder among the lines to paste, for the only subject and role of the configuration
    #[arg(long, conflicts_with = "json")]
    show_keys: bool,
    /// Stop when standard input ends, so that it dies with the program that started it
    #[arg(long)]
    until_stdin_ends: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    log::begin(io::stderr(), tracing::Level::INFO);
    let config = read(&args.config)?;
    let (config, announcement) = Announcement::prepare(config, &args.config, args.show_keys)?;
    let running = Proxy::start(config).map_err(Failure::failed)?;
    unless_closed(announcement.say(&running, args.json))?;
    if args.until_stdin_ends {
        io::copy(&mut io::stdin().take(u64::MAX), &mut io::sink())?;
    } else {
        running.wait()?;
    }
    running.shutdown();
    Ok(())
}

fn read(path: &Path) -> Result<Config, Failure> {
    Config::load(path).map_err(|error| Failure::misuse(format!("{}: {error}", path.display())))
}
