//! A person at the terminal, who signs in.

use std::io::{self, BufRead, Read, Write};

use awsaccess::effect::{Prompt, PromptKind};
use awsaccess::secret::Secret;
use awsaccess_drivers::blocking::Blocking;
use zeroize::Zeroizing;

use crate::output::Failure;

/// The longest code that a page gives.
const MOST_BYTES: u64 = 8 * 1024;

/// A host that shows pages and codes on standard error and reads what is typed. Without `browser` nothing on this
/// machine is waited for.
pub(crate) fn host(browser: bool) -> Result<Blocking, Failure> {
    let host = Blocking::new()?.prompt_with(ask);
    if !browser {
        return Ok(host);
    }
    Ok(host.open_with(|page| say(&format!("to sign in, open {page}\n")).is_ok()))
}

fn ask(question: &Prompt) -> Option<Secret> {
    match question.kind {
        PromptKind::SignIn => say(&format!("{}\n", question.message)).ok().map(|()| Secret::new("")),
        PromptKind::AuthorizationCode => {
            say(&question.message).ok()?;
            let mut line = Zeroizing::new(String::new());
            io::stdin().lock().take(MOST_BYTES).read_line(&mut line).ok()?;
            Some(Secret::new(line.trim())).filter(|code| !code.is_empty())
        }
        _ => None,
    }
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}
