//! Programs on a core of their own, and what the kernel knows of them.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A program that ends with its owner: its standard input does.
pub(super) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    ends: bool,
}

impl Process {
    /// Starts a program on one core.
    pub(super) fn start<S: AsRef<OsStr>>(
        core: usize,
        program: &OsStr,
        arguments: &[S],
        log: fs::File,
    ) -> io::Result<Self> {
        // A thousand connections take more descriptors than most shells give.
        let script = r#"ulimit -n 8192 2>/dev/null; core=$1; shift; exec taskset -c "$core" "$@""#;
        let mut child = Command::new("sh")
            .args(["-c", script, "sh", &core.to_string()])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        Ok(Self { child, input, output, ends: true })
    }

    /// The next line that it prints, which is JSON.
    pub(super) fn line(&mut self) -> io::Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(io::Error::other)
    }

    pub(super) fn tell(&mut self, line: &str) -> io::Result<()> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(input, "{line}")
    }

    /// A program that does not end with its standard input.
    pub(super) fn that_is_killed(mut self) -> Self {
        self.ends = false;
        self
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.input.take());
        if !self.ends {
            let _ = self.child.kill();
        }
        let _ = io::copy(&mut (&mut self.output).take(1 << 20), &mut io::sink());
        let _ = self.child.wait();
    }
}

/// Seconds that all threads of a process were on a core.
pub(super) fn spent(pid: u32) -> f64 {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return 0.0 };
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// Bytes of a process in memory.
pub(super) fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() * 1024.0
}

/// The cores that this process may use.
pub(super) fn cores() -> Vec<usize> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
    list.trim()
        .split(',')
        .filter_map(|part| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            Some(from.parse().ok()?..=to.parse().ok()?)
        })
        .flatten()
        .collect()
}
