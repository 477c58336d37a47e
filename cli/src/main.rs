//! The command `awsaccess`.
//!
//! Results go to standard output, diagnostics to standard error. Exit codes: 0 done, 1 refused or failed, 2 misuse;
//! `run` and its kin end as the program does. A secret is printed only by a command whose purpose is to print it.

mod admin;
mod announce;
mod audit;
mod cache;
mod child;
mod completions;
mod configure;
mod connect;
mod connection;
mod console;
mod creds;
mod demo;
mod diagnose;
mod emulator;
mod env;
mod exchange;
mod explain;
mod folder;
mod input;
mod issue;
mod link;
mod log;
mod login;
mod output;
mod page;
mod person;
mod petition;
mod probe;
mod proxy;
mod raw;
mod reach;
mod redact;
mod run;
mod sign;
mod token;
mod verify;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// A gateway makes and drops some forty small things a request, from a few threads.
#[cfg(all(unix, feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// AWS credentials, request signing, redaction, and a gateway for unmodified AWS clients.
#[derive(Parser)]
#[command(name = "awsaccess", version)]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Find credentials as the AWS SDKs do, and print them
    Creds(creds::Args),
    /// Show the plan, what each source answers, why one wins and how long its credentials last
    Explain(explain::Args),
    /// Sign in to IAM Identity Center, or with console credentials
    Login(login::LoginArgs),
    /// Sign out: of all of IAM Identity Center, or of the profile's console session
    Logout(login::LogoutArgs),
    /// Find credentials and ask AWS whose they are
    Whoami(login::WhoamiArgs),
    /// List the accounts and roles that IAM Identity Center has for whoever is signed in
    Accounts(configure::AccountsArgs),
    /// Write a profile for a role of IAM Identity Center
    Configure(configure::Args),
    /// Make a link that signs in to the AWS console, and print it or open it
    Console(console::Args),
    /// List or clear the credentials that the AWS CLI and SDKs keep in files
    Cache(cache::Args),
    /// Sign a raw HTTP/1.1 request from standard input
    Sign(sign::Args),
    /// Sign a raw HTTP/1.1 request in its query, and print the URL
    Presign(sign::PresignArgs),
    /// Check the signature of a raw request, or of a presigned URL or token, from standard input
    Verify(verify::VerifyArgs),
    /// Check the signature of a request, URL or token, and sign it again with other keys
    Resign(verify::ResignArgs),
    /// Say why a service refused a signature
    Diagnose(diagnose::Args),
    /// Copy files or standard input to standard output without secrets
    Redact(redact::Args),
    /// Run the gateway: placeholder keys in, real credentials out
    Proxy(proxy::Args),
    /// Run a program whose AWS requests go through the gateway, with a placeholder in place of keys
    Run(run::Args),
    /// Run `aws` through the gateway
    #[command(disable_help_flag = true)]
    Aws(run::Passed),
    /// Run `terraform` through the gateway
    #[command(disable_help_flag = true)]
    Terraform(run::Passed),
    /// Print the variables for a client of the gateway, for a shell
    Env(env::Args),
    /// Keep a placeholder for an application: from then on it is connected
    Connect(connect::ConnectArgs),
    /// Remove the placeholder for an application, and have the gateway revoke it
    Disconnect(connect::DisconnectArgs),
    /// List the applications that are connected
    Connections(connect::ConnectionsArgs),
    /// Make placeholder credentials for the gateway's clients, or a key of the gateway's
    Issue(issue::Args),
    /// Check that an audit log is whole
    Audit(audit::Args),
    /// Run AWS's credential plane on loopback, for tests
    Emulator(emulator::Args),
    /// Print the script that lets a shell complete this command's words
    Completions(completions::Args),
    /// Show the main job end to end against the emulator, every check printed
    Demo,
}

fn main() -> ExitCode {
    let result = match Command::parse().task {
        Task::Creds(args) => creds::run(&args),
        Task::Explain(args) => explain::run(&args),
        Task::Login(args) => login::login(&args),
        Task::Logout(args) => login::logout(&args),
        Task::Whoami(args) => login::whoami(&args),
        Task::Accounts(args) => configure::accounts(&args),
        Task::Configure(args) => configure::run(&args),
        Task::Console(args) => console::run(&args),
        Task::Cache(args) => cache::run(&args),
        Task::Sign(args) => sign::run(&args),
        Task::Presign(args) => sign::presign(&args),
        Task::Verify(args) => verify::verify(&args),
        Task::Resign(args) => verify::resign(&args),
        Task::Diagnose(args) => diagnose::run(&args),
        Task::Redact(args) => redact::run(&args),
        Task::Proxy(args) => proxy::run(&args),
        Task::Run(args) => run::run(&args),
        Task::Aws(args) => run::aws(&args),
        Task::Terraform(args) => run::terraform(&args),
        Task::Env(args) => env::run(&args),
        Task::Connect(args) => connect::connect(&args),
        Task::Disconnect(args) => connect::disconnect(&args),
        Task::Connections(args) => connect::connections(&args),
        Task::Issue(args) => issue::run(&args),
        Task::Audit(args) => audit::run(&args),
        Task::Emulator(args) => emulator::run(&args),
        Task::Completions(args) => completions::run(&args, Command::command()),
        Task::Demo => demo::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(output::Failure { message, code }) => {
            if !message.is_empty() {
                // Nobody may be there to read it; the exit code says it too.
                let _ = writeln!(io::stderr(), "awsaccess: {message}");
            }
            ExitCode::from(code)
        }
    }
}
