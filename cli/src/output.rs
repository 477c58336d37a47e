//! How a command ends when it does not succeed.

use std::fmt::Display;
use std::io::{self, Write};

use serde_json::Value;

/// One line for standard error, none if it is empty, and the exit code.
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) code: u8,
}

impl Failure {
    /// Something was refused, or went wrong: exit code 1.
    pub(crate) fn failed(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 1 }
    }

    /// Whoever failed has said why, or has nothing to say.
    pub(crate) const fn silent(code: u8) -> Self {
        Self { message: String::new(), code }
    }

    /// The command was given wrong: exit code 2.
    pub(crate) fn misuse(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 2 }
    }
}

impl From<awsaccess::error::Error> for Failure {
    fn from(error: awsaccess::error::Error) -> Self {
        Self { message: error.report(), code: 1 }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(error)
    }
}

/// Nobody reads on: that is how `awsaccess … | head` ends, and no failure.
pub(crate) fn unless_closed(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// Writes a result to standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    unless_closed(io::stdout().write_all(bytes))
}

/// Writes a result for a program to read, on a line.
pub(crate) fn print_json(value: &Value) -> Result<(), Failure> {
    print(format!("{value}\n").as_bytes())
}
