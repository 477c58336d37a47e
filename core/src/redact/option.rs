//! Secrets on command lines, where no name gives them away: `curl -u user:secret`, `docker login -p secret`.

use std::ops::Range;

use super::field::blank;
use super::mark::placeholder;
use super::name::Kind;
use super::shape::Verdict;
use super::token::is_key_id;
use super::until::{Until, quote_at};
use super::view::{NeedMore, View};

/// How far before an option its command may stand.
const COMMAND: usize = 120;

/// Commands that take a user and a password in one word.
const USERS: [&[u8]; 6] = [b"curl", b"http", b"wget", b"lwp", b"smbclient", b"--aws-sigv4"];

/// Commands whose `-p` is a password.
const PASSWORDS: [&[u8]; 5] =
    [b"docker login", b"podman login", b"nerdctl login", b"registry login", b"sshpass"];

fn follows(view: &View<'_>, at: usize, commands: &[&[u8]]) -> bool {
    let before = view.slice(at.saturating_sub(COMMAND), at).to_ascii_lowercase();
    commands.iter().any(|command| memchr::memmem::find(&before, command).is_some())
}

/// Where the value of an option begins, and what ends it: `-u X`, `--user=X`, `-u 'X'`, `"-u", "X"`.
fn value(view: &View<'_>, end: usize) -> Result<(usize, Until), NeedMore> {
    let mut at = end;
    let apart = |byte: u8| blank(byte) || byte == b'=';
    let close = quote_at(view, at)?.map_or(0, |(_, len)| len);
    let comma = view.skip(at + close, 4, |byte| blank(byte) || byte == b',')?;
    if comma > at + close {
        at = comma;
    }
    at = view.skip(at, 8, apart)?;
    Ok(match quote_at(view, at)? {
        Some((quote, len)) => (at + len, Until::Quote { quote, passed: 0 }),
        None => (at, Until::Bare),
    })
}

/// `--user NAME:PASSWORD` and its kin. A name and a number, or two words, are a user and a group.
pub(super) fn user(view: &View<'_>, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    let (at, until) = value(view, word.end)?;
    let part = |byte: u8| byte.is_ascii_graphic() && !b":\"'`,;<>(){}".contains(&byte) || byte >= 0x80;
    let colon = view.skip(at, 128, part)?;
    if colon == at || view.at(colon)? != b':' {
        return Ok(Verdict::Pass);
    }
    let from = colon + 1;
    if let Some(len) = placeholder(view, from, labels)? {
        return Ok(Verdict::Keep { until: from + len, rest: until, list: None });
    }
    let end =
        view.skip(from, 64, |byte| byte.is_ascii_graphic() && !b"\"'`".contains(&byte) || byte >= 0x80)?;
    let text = view.slice(from, end);
    let has = |of: fn(&u8) -> bool| text.iter().any(of);
    let mixed = text.len() >= 8 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let known = follows(view, word.start, &USERS) && view.at(from)? != b'/';
    if text.is_empty() || !(known || mixed || is_key_id(view, at)?) {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Hide { from, kind: Kind::Password, until, wrap: None, list: None })
}

/// `-p PASSWORD` of the few commands where it is that.
pub(super) fn password(view: &View<'_>, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    let (from, until) = value(view, word.end)?;
    if !follows(view, word.start, &PASSWORDS) || view.slice(word.start, word.end) != b" -p " {
        return Ok(Verdict::Pass);
    }
    if let Some(len) = placeholder(view, from, labels)? {
        return Ok(Verdict::Keep { until: from + len, rest: until, list: None });
    }
    let port = view.skip(from, 64, |byte| byte.is_ascii_digit() || byte == b':')?;
    let solid = view.skip(from, 4, |byte| byte.is_ascii_graphic() || byte >= 0x80)?;
    if solid < from + 4 || view.at(port)? <= b' ' || view.has(from, b"$(")? {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Hide { from, kind: Kind::Password, until, wrap: None, list: None })
}

/// Whether the name at `start` stands behind a command that sets it: `setenv`, fish's `set -gx`, `setx`, PowerShell's
/// `Set-Item Env:`, `aws configure set`, a Dockerfile's `ENV`.
pub(super) fn sets(view: &View<'_>, start: usize) -> bool {
    let before = view.slice(start.saturating_sub(64), start);
    let line =
        before.rsplit(|byte| matches!(byte, b'\n' | b'\r' | b';' | b'|' | b'&')).next().unwrap_or_default();
    let line = line.to_ascii_lowercase();
    let mut words = line.split(|byte| blank(*byte)).filter(|word| !word.is_empty()).rev();
    let last = words.next().unwrap_or_default();
    match last {
        b"setenv" | b"setx" | b"set" | b"env" | b"arg" | b"env:" | b"export" => true,
        _ if last.ends_with(b"env:") => true,
        _ if last.starts_with(b"-") => {
            words.any(|word| matches!(word, b"set" | b"setx" | b"export" | b"universal"))
        }
        _ => false,
    }
}
