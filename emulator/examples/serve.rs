//! Runs the emulator until its standard input ends. The first argument may be a configuration file (JSON).
//!
//! Prints one line of JSON: addresses, the file with the certificate authority, users and keys.

use std::io::{Read as _, Write as _};

use awsaccess_emulator::{Config, serve};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = match std::env::args_os().nth(1) {
        Some(path) => Config::from_json(&std::fs::read_to_string(path)?)?,
        None => Config::default(),
    };
    let (_emulator, ready) = serve(config)?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", ready.line())?;
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    std::fs::remove_file(&ready.ca_file)?;
    Ok(())
}
