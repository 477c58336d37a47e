//! Secrets on command lines, where no name gives them away: `curl -u user:secret`, `docker login -p secret`.

use std::ops::Range;

use super::command;
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
const PASSWORDS: [&[u8]; 12] = [
    b"docker login",
    b"podman login",
    b"nerdctl login",
    b"registry login",
    b"az login",
    b"oc login",
    b"sshpass",
    b"mongosh ",
    b"mongodump ",
    b"mongorestore ",
    b"mongoexport ",
    b"mongoimport ",
];

/// Commands whose `-P` is one.
const CAPITAL: [&[u8]; 3] = [b"sqlcmd ", b"bcp ", b"zip "];

/// Commands whose `-w` is one.
const DIRECTORY: [&[u8]; 8] = [
    b"ldapsearch ",
    b"ldapmodify ",
    b"ldapadd ",
    b"ldapdelete ",
    b"ldapwhoami ",
    b"ldappasswd ",
    b"ldapcompare ",
    b"ldapmodrdn ",
];

/// Commands whose `-k` is one, and `-K` a key.
const CIPHERS: [&[u8]; 5] =
    [b"openssl enc ", b"openssl aes", b"openssl camellia", b"openssl des", b"openssl chacha"];

/// Commands whose `-a` is a user and a password (HTTPie's, and xh's).
const LOGINS: [&[u8]; 4] = [b"http ", b"https ", b"xh ", b"xhs "];

fn follows(view: &View<'_>, at: usize, commands: &[&[u8]]) -> bool {
    let before = view.slice(at.saturating_sub(COMMAND), at + 1).to_ascii_lowercase();
    commands.iter().any(|command| memchr::memmem::find(&before, command).is_some())
}

/// Whether one of these commands begins on the line before the option, at the end of a path or as a word.
fn begins(view: &View<'_>, at: usize, commands: &[&[u8]]) -> bool {
    let before = view.slice(at.saturating_sub(COMMAND), at + 1);
    let line = before.rsplit(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    commands.iter().any(|command| {
        memchr::memmem::find_iter(line, command).any(|found| {
            let first = found.checked_sub(1).and_then(|before| line.get(before));
            first.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'/' | b'"' | b'\'' | b'`' | b'$' | b'('))
        })
    })
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
    user_at(view, at, until, || follows(view, word.start, &USERS), labels)
}

/// `http -a NAME:PASSWORD`.
pub(super) fn login(view: &View<'_>, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    if !begins(view, word.start, &LOGINS) {
        return Ok(Verdict::Pass);
    }
    let (at, until) = value(view, word.end)?;
    user_at(view, at, until, || true, labels)
}

/// The same, of a name that begins at `at`; whether the command is one that takes a password there is `known`.
pub(super) fn user_at(
    view: &View<'_>,
    at: usize,
    until: Until,
    known: impl Fn() -> bool,
    labels: &[String],
) -> Result<Verdict, NeedMore> {
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
    let known = known() && view.at(from)? != b'/' && !variable(view, from)?;
    if text.is_empty() || !(known || mixed || is_key_id(view, at)?) {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Hide { from, kind: Kind::Password, until, wrap: None, list: None })
}

/// `-p PASSWORD` of the few commands where it is that, and `-w` and `-k` of fewer.
pub(super) fn password(view: &View<'_>, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    let (from, until) = value(view, word.end)?;
    let takes_it = match view.slice(word.start, word.end) {
        b" -P " => follows(view, word.start, &CAPITAL),
        b" -p " => follows(view, word.start, &PASSWORDS),
        b" -w " => begins(view, word.start, &DIRECTORY),
        b" -k " | b" -K " => begins(view, word.start, &CIPHERS),
        _ => false,
    };
    if !takes_it {
        return Ok(Verdict::Pass);
    }
    if let Some(len) = placeholder(view, from, labels)? {
        return Ok(Verdict::Keep { until: from + len, rest: until, list: None });
    }
    let port = view.skip(from, 64, |byte| byte.is_ascii_digit() || byte == b':')?;
    let solid = view.skip(from, 4, |byte| byte.is_ascii_graphic() || byte >= 0x80)?;
    if solid < from + 4 || view.at(port)? <= b' ' || variable(view, from)? {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Hide { from, kind: Kind::Password, until, wrap: None, list: None })
}

/// Whether a variable of the shell stands there: `$DB_PASS`, `${pass}`, `$(pass)`.
pub(super) fn variable(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    if view.at(at)? != b'$' {
        return Ok(false);
    }
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let end = view.skip(at + 1, 48, letter)?;
    let after = view.at(end)?;
    Ok(matches!(view.at(at + 1)?, b'{' | b'(')
        || end > at + 1 && !after.is_ascii_alphanumeric() && after != b'$')
}

/// `-pPASSWORD`, in one word, behind the name of a command that ends at `end`.
pub(super) fn glued(view: &View<'_>, end: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    let at = view.skip(end, 8, blank)?;
    if at == end || view.slice(at, at + 2) != b"-p" || view.at(at + 2)? <= b' ' {
        return Ok(Verdict::Pass);
    }
    let (from, until) = match quote_at(view, at + 2)? {
        Some((quote, len)) => (at + 2 + len, Until::Quote { quote, passed: 0 }),
        None => (at + 2, Until::Bare),
    };
    command::password(view, from, until, labels)
}

/// Whether the name at `start` is the word `password` of a `.netrc`: `machine HOST login NAME password SECRET`.
pub(super) fn netrc(view: &View<'_>, start: usize) -> bool {
    let before = view.slice(start.saturating_sub(COMMAND), start);
    let mut words = before.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).rev();
    let (_name, login) = (words.next(), words.next());
    let (host, machine) = (words.next(), words.next());
    login == Some(b"login")
        && (host == Some(b"default") || machine.is_some_and(|word| word.ends_with(b"machine")))
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
