//! `awsaccess proxy`: the gateway, until it is told to end.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use awsaccess_proxy::{Config, Proxy, Running};
use serde_json::json;

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
            read(config)?;
            return unless_closed(writeln!(io::stdout(), "{}: nothing is wrong", config.display()));
        }
        Some(Command::Schema) => return unless_closed(write!(io::stdout(), "{}", Config::schema())),
        None => {}
    }
    let Some(config) = &args.config else { return Err(Failure::misuse("--config names no file")) };
    let running = Proxy::start(read(config)?).map_err(Failure::failed)?;
    unless_closed(announce(&running, args.json))?;
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

fn announce(running: &Running, as_json: bool) -> io::Result<()> {
    let mut out = io::stdout();
    let Some(address) = running.addrs().first() else { return Ok(()) };
    if as_json {
        writeln!(out, "{}", json!({ "address": address.to_string(), "ca_pem": running.ca_pem() }))?;
    } else {
        writeln!(out, "the gateway listens on {address}; a client needs\n  HTTPS_PROXY=http://{address}")?;
        writeln!(
            out,
            "  AWS_CA_BUNDLE=<the file that [ca] file names>\nor, without TLS,\n  AWS_ENDPOINT_URL=http://{address}"
        )?;
    }
    out.flush()
}
