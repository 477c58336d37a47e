//! `awsaccess redact`: a filter that takes the secrets out of what flows through it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use awsaccess::redact::Redactor;

use crate::output::{Failure, unless_closed};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files to read; standard input if none
    files: Vec<PathBuf>,
    /// Hide access key ids too
    #[arg(long)]
    mask_key_ids: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let redactor = Redactor::new().mask_key_ids(args.mask_key_ids);
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
