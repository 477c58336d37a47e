//! A person at the terminal, who signs in, types codes and makes choices.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use awsaccess::effect::{Prompt, PromptKind};
use awsaccess::secret::Secret;
use awsaccess_drivers::blocking::Blocking;
use zeroize::Zeroizing;

use crate::output::Failure;

/// The longest line that is typed: a code that a page gave.
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

/// A host for a command whose standard input is not the person's: a code is asked for at the terminal alone, and
/// declined where there is none.
pub(crate) fn host_beside_input() -> Result<Blocking, Failure> {
    Ok(Blocking::new()?.prompt_with(|question| match question.kind {
        PromptKind::Mfa => at_the_terminal(&question.message),
        _ => None,
    }))
}

fn ask(question: &Prompt) -> Option<Secret> {
    match question.kind {
        PromptKind::SignIn => say(&format!("{}\n", question.message)).ok().map(|()| Secret::new("")),
        PromptKind::Mfa if io::stdin().is_terminal() => at_the_terminal(&question.message),
        PromptKind::Mfa | PromptKind::AuthorizationCode => {
            say(&format!("{} ", question.message.trim_end())).ok()?;
            line().ok().map(|line| Secret::new(line.as_str())).filter(|code| !code.is_empty())
        }
        _ => None,
    }
}

/// Without echo. The question goes to the terminal too, so that it is seen wherever the output goes.
fn at_the_terminal(question: &str) -> Option<Secret> {
    let typed = Zeroizing::new(rpassword::prompt_password(format!("{} ", question.trim_end())).ok()?);
    Some(Secret::new(typed.trim())).filter(|code| !code.is_empty())
}

/// Asks for a line, and takes `usual` for an empty one.
pub(crate) fn question(text: &str, usual: Option<&str>) -> Result<String, Failure> {
    say(&match usual {
        Some(usual) => format!("{text} [{usual}]: "),
        None => format!("{text}: "),
    })?;
    match (line()?.as_str(), usual) {
        ("", Some(usual)) => Ok(usual.to_owned()),
        ("", None) => Err(Failure::failed(format!("nobody said what the {text} is"))),
        (typed, _) => Ok(typed.to_owned()),
    }
}

/// Has one of several chosen by its number; the only one is chosen without a question.
pub(crate) fn choice<'a, T>(
    what: &str,
    all: &'a [T],
    shown: impl Fn(&T) -> String,
) -> Result<&'a T, Failure> {
    let (first, more) =
        all.split_first().ok_or_else(|| Failure::failed(format!("there is no {what} for you")))?;
    if more.is_empty() {
        say(&format!("the only {what} for you is {}\n", shown(first)))?;
        return Ok(first);
    }
    for (at, one) in all.iter().enumerate() {
        say(&format!("{:4}  {}\n", at + 1, shown(one)))?;
    }
    let typed = question(&format!("number of the {what}"), Some("1"))?;
    let number = typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    number.and_then(|number| all.get(number)).ok_or_else(|| {
        Failure::failed(format!("there is no number {typed}; it is one of 1 to {}", all.len()))
    })
}

fn line() -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().take(MOST_BYTES).read_line(&mut line)?;
    Ok(Zeroizing::new(line.trim().to_owned()))
}

pub(crate) fn say(text: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}
