//! Parameters of Systems Manager that are secret: not their name but their type says so, beside the value.

use std::ops::Range;

use super::field::blank;
use super::mark::placeholder;
use super::name::Kind;
use super::pair;
use super::shape::{Verdict, hide};
use super::until::{Quote, Until, quote_at};
use super::view::{NeedMore, View};
use super::worth::elsewhere;

/// The type of a secret parameter, in small letters.
const TYPE: &[u8] = b"securestring";

/// So much of a value that stands before its type is looked at.
const VALUE: usize = 1024;

/// `"Type": "SecureString", "Value": "…"`, as the parameter store answers, also in YAML, in a table and as columns;
/// Terraform's `type = "SecureString"` with the value in the next line; and PowerShell's
/// `ConvertTo-SecureString "…" -AsPlainText`.
pub(super) fn secure_string(
    view: &View<'_>,
    word: Range<usize>,
    labels: &[String],
) -> Result<Verdict, NeedMore> {
    let (mut quote, mut bare) = (None, Until::Bare);
    let from = match quote_at(view, word.end)? {
        Some((mark, len)) => {
            let end = word.end + len;
            let comma = view.skip(end, 16, |byte| byte <= b' ')?;
            if view.at(comma)? == b',' {
                quote = Some(mark);
                pair::second(view, comma + 1, quote, b"Type")?
            } else {
                below(view, end)?
            }
        }
        None if view.slice(word.start.saturating_sub(10), word.start).eq_ignore_ascii_case(b"convertto-") => {
            let at = view.skip(word.end, 4, |byte| byte == b' ')?;
            (view.at(at)? != b'-' && at > word.end).then_some(at)
        }
        None => {
            bare = Until::Plain;
            let column = view.at(word.end)? == b'\t' && view.before(word.start) == b'\t';
            if column { Some(word.end + 1) } else { below(view, word.end)? }
        }
    };
    let Some(from) = from else { return Ok(Verdict::Pass) };
    let (from, until) = match quote_at(view, from)? {
        Some((mark, len)) => (from + len, Until::Quote { quote: mark, passed: 0 }),
        None if quote.is_none() => (from, bare),
        None => return Ok(Verdict::Pass),
    };
    if let Some(len) = placeholder(view, from, labels)? {
        return Ok(Verdict::Keep { until: from + len, rest: until, list: None });
    }
    let first = view.at(from)?;
    let empty = first <= b' '
        || matches!(first, b'$' | b'(' | b'|')
        || matches!((quote_at(view, from)?, until), (Some((mark, _)), Until::Quote { quote, .. }) if mark == quote);
    Ok(if empty || elsewhere(view, from)? { Verdict::Pass } else { hide(from, Kind::Secret, until) })
}

/// Where the value begins that the next line names: `Value: x`, `value = "x"`, `| Value | x |`.
fn below(view: &View<'_>, at: usize) -> Result<Option<usize>, NeedMore> {
    let between = |byte: u8| blank(byte) || matches!(byte, b'\n' | b'\r' | b'|' | b'+' | b'~');
    let name = view.skip(at, 200, between)?;
    if !view.slice(at, name).contains(&b'\n') || !view.has(name, b"value")? {
        return Ok(None);
    }
    let end = name + 5;
    let end = end + quote_at(view, end)?.map_or(0, |(_, len)| len);
    let from = view.skip(end, 64, |byte| blank(byte) || matches!(byte, b':' | b'=' | b'|'))?;
    let parted = view.slice(end, from).iter().any(|byte| !blank(*byte));
    Ok(parted.then_some(from))
}

/// A value whose type follows: `"Value": "…", "Type": "SecureString"`, as the CLI sends it; or that of an option, with
/// the type in another: `--value … --type SecureString`.
pub(super) fn value(view: &View<'_>, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    let option = view.slice(word.start, word.start + 1) == b"-";
    let apart = |byte: u8| blank(byte) || byte == if option { b'=' } else { b':' };
    let open = view.skip(word.end, 8, apart)?;
    let before = view.before(word.start);
    if open == word.end || option && !(before <= b' ' || before == b'-') {
        return Ok(Verdict::Pass);
    }
    let (from, until) = match quote_at(view, open)? {
        Some((quote, len)) => (open + len, Until::Quote { quote, passed: 0 }),
        None if option => (open, Until::Bare),
        None => return Ok(Verdict::Pass),
    };
    let end = end(view, from, until)?;
    let secret = if option {
        let after = view.skip(end, 256, |_| true)?;
        holds(view.slice(word.start.saturating_sub(100), word.start)) || holds(view.slice(end, after))
    } else {
        type_follows(view, end)?
    };
    if !secret || end == from || end >= from + VALUE || matches!(view.at(from)?, b'$' | b'-') {
        return Ok(Verdict::Pass);
    }
    if let Some(len) = placeholder(view, from, labels)? {
        return Ok(Verdict::Keep { until: from + len, rest: until, list: None });
    }
    if elsewhere(view, from)? {
        return Ok(Verdict::Pass);
    }
    Ok(hide(from, Kind::Secret, until))
}

fn holds(text: &[u8]) -> bool {
    memchr::memmem::find(&text.to_ascii_lowercase(), TYPE).is_some()
}

/// Where the value ends, [`VALUE`] bytes away at most.
fn end(view: &View<'_>, from: usize, until: Until) -> Result<usize, NeedMore> {
    let Until::Quote { quote: Quote::Mark { mark, .. }, .. } = until else {
        return view.skip(from, VALUE, |byte| byte > b' ');
    };
    let mut at = from;
    while at < from + VALUE {
        at = view.skip(at, from + VALUE - at, |byte| byte != mark && byte != b'\\' && byte != b'\n')?;
        if view.at(at)? != b'\\' || at >= from + VALUE {
            break;
        }
        at += 2;
    }
    Ok(at)
}

/// Whether `"Type": "SecureString"` stands behind the quotation mark at `at`.
fn type_follows(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    let white = |byte: u8| byte <= b' ' && byte > 0;
    let comma = view.skip(at + 1, 16, white)?;
    if view.at(comma)? != b',' {
        return Ok(false);
    }
    let name = view.skip(comma + 1, 32, white)?;
    if !view.has(name, b"\"type\"")? {
        return Ok(false);
    }
    let value = view.skip(name + 6, 8, |byte| white(byte) || byte == b':')?;
    Ok(view.at(value)? == b'"' && view.has(value + 1, TYPE)?)
}
