//! `awsaccess emulator`: AWS's credential plane on loopback, until it is interrupted.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;

use awsaccess_emulator::{Config, serve};

use crate::output::{Failure, unless_closed};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A JSON file: the world, ports, faults
    #[arg(long)]
    config: Option<PathBuf>,
    /// The port of the services (TLS); any free one unless given
    #[arg(long)]
    port: Option<u16>,
    /// Open a port without TLS too; 0 takes any free one
    #[arg(long)]
    plain_port: Option<u16>,
    /// The port of the metadata service; any free one unless given
    #[arg(long)]
    metadata_port: Option<u16>,
    /// Where to write the certificate of its authority
    #[arg(long)]
    ca_file: Option<PathBuf>,
    /// Stop when standard input ends, so that it dies with the program that started it
    #[arg(long)]
    until_stdin_ends: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut config = match &args.config {
        None => Config::default(),
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
            Config::from_json(&text)
                .map_err(|error| Failure::misuse(format!("{}: {error}", path.display())))?
        }
    };
    config.port = args.port.unwrap_or(config.port);
    config.plain_port = args.plain_port.or(config.plain_port);
    config.metadata_port = args.metadata_port.unwrap_or(config.metadata_port);
    config.ca_file = args.ca_file.clone().or(config.ca_file);
    let (emulator, ready) = serve(config)?;
    unless_closed(writeln!(io::stdout(), "{}", ready.line()).and_then(|()| io::stdout().flush()))?;
    if io::stderr().is_terminal() {
        for source in &ready.sources {
            unless_closed(write!(io::stderr(), "\n{}", source.text()))?;
        }
    }
    if args.until_stdin_ends {
        io::copy(&mut io::stdin().take(u64::MAX), &mut io::sink())?;
        drop(emulator);
        return Ok(());
    }
    loop {
        std::thread::park();
    }
}
