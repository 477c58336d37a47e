//! Programs of this machine.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use awsaccess::effect::{ProcessFailure, ProcessReply, RunProcess};
use awsaccess::secret::Secret;

/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(10);

/// Without a shell, without standard input, for so long and so much output only.
pub(crate) fn run(request: &RunProcess) -> Result<ProcessReply, ProcessFailure> {
    let Some((program, arguments)) = request.argv.split_first() else {
        return Err(ProcessFailure::new("there is no program to run"));
    };
    let mut command = Command::new(program.expose());
    command.args(arguments.iter().map(Secret::expose));
    command.envs(request.env.iter().map(|(name, value)| (name, value.expose())));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().map_err(|error| ProcessFailure::new(format!("it cannot be started: {error}")))?;
    let result = wait(&mut child, request);
    if result.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    result
}

fn wait(child: &mut Child, request: &RunProcess) -> Result<ProcessReply, ProcessFailure> {
    let deadline = Instant::now() + request.timeout;
    let late = || ProcessFailure::new(format!("it did not end within {} seconds", request.timeout.as_secs()));
    let stdout = child.stdout.take().map(|pipe| collect(pipe, request.max_bytes));
    let stderr = child.stderr.take().map(|pipe| collect(pipe, request.max_bytes));
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| ProcessFailure::new(error.to_string()))? {
            break status;
        }
        if Instant::now() >= deadline {
            return Err(late());
        }
        std::thread::sleep(POLL);
    };
    // A grandchild may hold the pipe open after the program itself has ended.
    let take = |pipe: Option<Receiver<Vec<u8>>>| -> Result<Vec<u8>, ProcessFailure> {
        let Some(pipe) = pipe else { return Ok(Vec::new()) };
        let data =
            pipe.recv_timeout(deadline.saturating_duration_since(Instant::now())).map_err(|_| late())?;
        if data.len() > request.max_bytes {
            return Err(ProcessFailure::new(format!("it wrote more than {} bytes", request.max_bytes)));
        }
        Ok(data)
    };
    Ok(ProcessReply::new(code(status), take(stdout)?, take(stderr)?))
}

/// Reads a pipe to its end on a thread of its own, keeping one byte more than is allowed.
fn collect(mut pipe: impl Read + Send + 'static, max_bytes: usize) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut data = Vec::new();
        let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let _ = pipe.by_ref().take(limit).read_to_end(&mut data);
        // The rest is drained, so that the program is not held up before it ends.
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        let _ = sender.send(data);
    });
    receiver
}

#[cfg(unix)]
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| status.signal().map(|signal| -signal)).unwrap_or(-1)
}

#[cfg(not(unix))]
fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}
