//! `awsaccess run`, `aws` and `terraform`: a program whose AWS requests go through the gateway.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use awsaccess::gateway::ClientEnv;
use awsaccess::secret::Secret;
use awsaccess_drivers::blocking;

use crate::child;
use crate::output::Failure;
use crate::reach::{self, Reached, Wish};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    wish: Wish,
    /// Say which gateway serves; have its records on standard error where they would go to standard output
    #[arg(long)]
    verbose: bool,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// All that follows is the program's.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Passed {
    /// Passed on as they are; the application and the rest are said in AWSACCESS_NAME, AWSACCESS_CONFIG, AWSACCESS_ROLE,
    /// AWSACCESS_SUBJECT, AWSACCESS_REGION and AWSACCESS_ENDPOINT_URL_MODE
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let (program, arguments) =
        args.command.split_first().ok_or_else(|| Failure::misuse("which program? give it after --"))?;
    through_gateway(&args.wish.completed(), args.verbose, program, arguments)
}

pub(crate) fn aws(args: &Passed) -> Result<(), Failure> {
    passed("aws", args)
}

pub(crate) fn terraform(args: &Passed) -> Result<(), Failure> {
    passed("terraform", args)
}

fn passed(program: &str, args: &Passed) -> Result<(), Failure> {
    through_gateway(&Wish::default().completed(), false, OsStr::new(program), &args.arguments)
}

fn through_gateway(
    wish: &Wish,
    verbose: bool,
    program: &OsStr,
    arguments: &[OsString],
) -> Result<(), Failure> {
    let present = blocking::environment()?;
    let command = |client: &ClientEnv| {
        let mut command = Command::new(program);
        // The administrator's word is for us, not for what is started.
        command.args(arguments).env_remove("AWSACCESS_ADMIN_TOKEN");
        for variable in client.variables(&present) {
            match variable.value.as_ref().map(Secret::expose) {
                Some(value) => command.env(variable.name.as_ref(), value),
                None => command.env_remove(variable.name.as_ref()),
            };
        }
        command
    };
    // A gateway that runs anyway needs nothing of us: we are not even in the program's way.
    if let Some(client) = reach::running(wish, verbose)? {
        return child::instead(command(&client));
    }
    child::beside(|| {
        let Reached { client, kept } = reach::ours(wish, verbose)?;
        Ok((command(&client), kept))
    })
}
