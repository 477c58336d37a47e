//! `awsaccess redact`: a filter that takes the secrets out of what flows through it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use awsaccess::redact::Redactor;
use zeroize::Zeroizing;

use crate::output::{Failure, unless_closed};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files to read; standard input if none
    files: Vec<PathBuf>,
    /// Hide access key ids too
    #[arg(long)]
    mask_key_ids: bool,
    /// Tag each label, so that two places which held the same secret can be told; under a key drawn for this run
    #[arg(long)]
    tag: bool,
    /// The same, under the key in this file (16 bytes or more), so that the logs of several runs can be compared
    #[arg(long, value_name = "FILE", conflicts_with = "tag")]
    tag_key_file: Option<PathBuf>,
    /// Show control characters, and those that turn the direction of writing, as \\u001b
    #[arg(long)]
    neutralize: bool,
}

/// The least length of a key that tags are made with.
const LEAST_KEY: usize = 16;

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut redactor = Redactor::new().mask_key_ids(args.mask_key_ids).neutralize(args.neutralize);
    if let Some(path) = &args.tag_key_file {
        redactor = redactor.tag_key(&key(path)?);
    } else if args.tag {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice())
            .map_err(|error| Failure::failed(format!("no key can be drawn: {error}")))?;
        redactor = redactor.tag_key(key.as_slice());
    }
    let mut out = io::stdout().lock();
    if args.files.is_empty() {
        return unless_closed(copy(&redactor, io::stdin().lock(), &mut out));
    }
    for path in &args.files {
        let file =
            File::open(path).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
        unless_closed(copy(&redactor, file, &mut out))?;
    }
    Ok(())
}

/// A key on the command line could be read by every user of the machine; so it comes from a file.
fn key(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let text =
        std::fs::read(path).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    let text = Zeroizing::new(text);
    let key = text.strip_suffix(b"\n").unwrap_or(&text);
    let key = key.strip_suffix(b"\r").unwrap_or(key);
    if key.len() < LEAST_KEY {
        return Err(Failure::misuse(format!(
            "{}: a key for tags has {LEAST_KEY} bytes or more",
            path.display()
        )));
    }
    Ok(Zeroizing::new(key.to_vec()))
}

/// What was read is written as soon as no secret can begin in it.
fn copy(redactor: &Redactor, mut from: impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut stream = redactor.stream();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            to.write_all(&stream.finish())?;
            return to.flush();
        }
        to.write_all(&stream.push(&buffer[..read]))?;
        to.flush()?;
    }
}
