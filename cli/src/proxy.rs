//! `awsaccess proxy`: the gateway, until it is told to end.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use awsaccess_proxy::{Config, Proxy};

use crate::announce::Announcement;
use crate::log;
use crate::output::{Failure, unless_closed};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The configuration (TOML or JSON)
    #[arg(long, required = true)]
    config: Option<PathBuf>,
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

#[derive(clap::Subcommand)]
enum Command {
    /// Read a configuration and say everything that is wrong with it, with line and column
    Check {
        /// The configuration (TOML or JSON)
        #[arg(long)]
        config: PathBuf,
    },
    /// Print the JSON schema of a configuration
    Schema,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Some(Command::Check { config }) => {
            let checked = Proxy::check(read(config)?);
            checked.map_err(|error| Failure::misuse(format!("{}: {error}", config.display())))?;
            return unless_closed(writeln!(io::stdout(), "{}: nothing is wrong", config.display()));
        }
        Some(Command::Schema) => return unless_closed(write!(io::stdout(), "{}", Config::schema())),
        None => {}
    }
    let Some(config) = &args.config else { return Err(Failure::misuse("--config names no file")) };
    log::begin(io::stderr(), tracing::Level::INFO);
    let (path, config) = (config, read(config)?);
    let (config, announcement) = Announcement::prepare(config, path, args.show_keys)?;
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
    Config::load(path).map_err(|error| Failure::misuse(error.in_file(path)))
}
