//! A program that the host runs: `credential_process`.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Effect;
use crate::error::one_line;
use crate::secret::Secret;

/// Runs a program without a shell and waits for it to end.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunProcess {
    /// The program and its arguments. An argument may be a secret, so all are kept as such.
    pub argv: Vec<Secret>,
    /// Variables to add to those that the host has.
    pub env: Vec<(String, Secret)>,
    /// When to give up and end it.
    pub timeout: Duration,
    /// The most bytes of standard output, and of standard error, that will be taken.
    pub max_bytes: usize,
}

impl RunProcess {
    /// Runs `argv` for at most a minute, for at most 64 KiB of output.
    pub fn new<I: IntoIterator<Item = S>, S: Into<String>>(argv: I) -> Self {
        Self {
            argv: argv.into_iter().map(Secret::new).collect(),
            env: Vec::new(),
            timeout: Duration::from_secs(60),
            max_bytes: 64 * 1024,
        }
    }
}

impl fmt::Debug for RunProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunProcess")
            .field("program", &self.argv.first().map(Secret::expose))
            .field("arguments", &self.argv.len().saturating_sub(1))
            .field("env", &self.env.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Effect for RunProcess {
    type Reply = Result<ProcessReply, ProcessFailure>;

    fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    fn size(reply: &Self::Reply) -> usize {
        reply.as_ref().map_or(0, |reply| reply.stdout.len().max(reply.stderr.len()))
    }
}

/// How a program ended, and what it said.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessReply {
    /// The exit status; minus the signal's number if one ended it.
    pub code: i32,
    /// Wiped after use.
    pub stdout: Zeroizing<Vec<u8>>,
    /// Wiped after use.
    pub stderr: Zeroizing<Vec<u8>>,
}

impl ProcessReply {
    /// A program that ended.
    pub fn new(code: i32, stdout: Vec<u8>, stderr: Vec<u8>) -> Self {
        Self { code, stdout: stdout.into(), stderr: stderr.into() }
    }
}

impl fmt::Debug for ProcessReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessReply").field("code", &self.code).finish_non_exhaustive()
    }
}

/// Why a program gave no answer: it could not be started, ran too long or said too much.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessFailure {
    /// In one line, for a person.
    pub reason: String,
}

impl ProcessFailure {
    /// A failure with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: one_line(&reason.into()) }
    }
}
