//! `awsaccess completions`: the script that lets a shell complete this command's words.

use clap::Command;
use clap_complete::{Shell, generate};

use crate::output::{Failure, print};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell that is to read the script
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for `command`, whole: a shell that reads half a script is left with half its functions.
pub(crate) fn run(args: &Args, mut command: Command) -> Result<(), Failure> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    generate(args.shell, &mut command, name, &mut script);
    print(&script)
}
