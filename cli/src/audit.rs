//! `awsaccess audit verify`: whether the lines of a chained audit log are those that were written.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use awsaccess::audit::{Fault, Verifier};

use crate::output::{Failure, print};

/// The longest line that is read.
const LONGEST: u64 = 1 << 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(clap::Subcommand)]
enum Task {
    /// Say which lines of a chained log were altered, removed, inserted or cut; exit 1 if any were
    Verify(VerifyArgs),
}

#[derive(clap::Args)]
struct VerifyArgs {
    /// The files of one chain, the oldest first
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The hash of the line before the first one, if older files are not at hand
    #[arg(long, value_name = "HASH")]
    after: Option<String>,
    /// A hash that this command gave earlier: a line must still have it, or the end was cut off
    #[arg(long, value_name = "HASH")]
    noted: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let Task::Verify(args) = &args.task;
    let no_hash =
        |option: &str| Failure::misuse(format!("{option} must be a SHA-256: 64 hexadecimal digits"));
    let mut verifier = match &args.after {
        Some(hash) => Verifier::after(hash).ok_or_else(|| no_hash("--after"))?,
        None => Verifier::new(),
    };
    if let Some(hash) = &args.noted {
        verifier = verifier.noted(hash).ok_or_else(|| no_hash("--noted"))?;
    }
    let mut report = Report { begun: Vec::new(), faults: 0 };
    for path in &args.files {
        let failed = |error| Failure::failed(format!("{}: {error}", path.display()));
        let file = File::open(path).map_err(failed)?;
        report.begun.push((path, verifier.lines()));
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        while read_line(&mut reader, &mut line).map_err(failed)? {
            let fault = match line.strip_suffix(b"\n") {
                Some(line) => verifier.line(line),
                None => Some(verifier.unended()),
            };
            report.say(fault)?;
        }
    }
    report.say(verifier.finish())?;
    let (lines, files) = (verifier.lines(), args.files.len());
    if report.faults > 0 {
        let text = format!("the log is not what was written: {} faults in {lines} lines", report.faults);
        return Err(Failure::failed(text));
    }
    print(
        format!(
            "whole: {lines} lines in {files} files\nthe hash of the last line, to be noted elsewhere: {}\n",
            verifier.head()
        )
        .as_bytes(),
    )
}

/// The next line with its break, or what there is of it; no line is longer than [`LONGEST`]. False at the end.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let read = reader.take(LONGEST).read_until(b'\n', line)?;
    Ok(read > 0)
}

/// What was found, as it is found.
struct Report<'a> {
    /// The files, and how many lines were read before each.
    begun: Vec<(&'a Path, u64)>,
    faults: u64,
}

impl Report<'_> {
    fn say(&mut self, fault: Option<Fault>) -> Result<(), Failure> {
        let Some(fault) = fault else { return Ok(()) };
        self.faults += 1;
        print(format!("{}\n", fault.describe(|line| self.place(line))).as_bytes())
    }

    /// A line as `file:number`.
    fn place(&self, line: u64) -> String {
        let file = self.begun.iter().rev().find(|(_, before)| *before < line);
        file.map_or_else(
            || format!("line {line}"),
            |(path, before)| format!("{}:{}", path.display(), line - before),
        )
    }
}
