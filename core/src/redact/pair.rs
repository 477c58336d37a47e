//! Names and values that are fields of their own: tuples, XML elements and attributes, lists of environment variables,
//! and CBOR.

use super::field::{Separator, blank, is_name};
use super::mark::placeholder;
use super::name::{Normal, may_be_member};
use super::shape::Verdict;
use super::until::{Quote, Until, quote_at};
use super::view::{NeedMore, View};
use super::written;

fn white(byte: u8) -> bool {
    blank(byte) || matches!(byte, b'\n' | b'\r')
}

/// The second of two quoted words. In `{"name": "…", "value": "…"}` the name's own list goes on in between.
pub(super) fn second(
    view: &View<'_>,
    at: usize,
    key_quote: Option<Quote>,
    name: &[u8],
) -> Result<Option<usize>, NeedMore> {
    let open = view.skip(at, 64, |byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t'))?;
    let open = open + written::prefix(view, open)?;
    let Some((_, len)) = quote_at(view, open)? else {
        // `ParameterKey=Password,ParameterValue=x`
        let Some(end) = says_value(view, open)? else { return Ok(None) };
        let value = view.skip(end + 1, 8, blank)?;
        return Ok(matches!(view.at(end)?, b'=' | b':').then_some(value));
    };
    let word = open + len;
    let Some(end) = says_value(view, word)? else {
        // Two words of a list: `["password", "username"]`.
        let close = view.skip(word, 24, |byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))?;
        let listed = close > word && quote_at(view, close)?.is_some();
        if listed && name.iter().all(u8::is_ascii_lowercase) {
            return Ok(None);
        }
        let in_json = matches!(key_quote, Some(Quote::Mark { mark: b'"', .. }));
        return Ok((key_quote.is_some() && (!in_json || call_or_tuple(view, word)?)).then_some(at));
    };
    let Some((_, close)) = quote_at(view, end)? else { return Ok(None) };
    let colon = view.skip(end + close, 16, white)?;
    if !matches!(view.at(colon)?, b':' | b'=') {
        return Ok(None);
    }
    let colon = view.skip(colon + 1, 1, |byte| byte == b'>')?;
    Ok(Some(view.skip(colon, 32, white)?))
}

/// Behind a word that ends in `value`: `Value`, `ParameterValue`.
fn says_value(view: &View<'_>, at: usize) -> Result<Option<usize>, NeedMore> {
    let end = view.skip(at, 24, is_name)?;
    Ok(view.slice(at, end).to_ascii_lowercase().ends_with(b"value").then_some(end))
}

/// Whether the quoted word that begins at `at` is no key of an object itself.
fn call_or_tuple(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    let plain = |byte: u8| !matches!(byte, b'"' | b'\\' | b'\n');
    let end = view.skip(at, 256, plain)?;
    let after = view.skip(view.skip(end, 8, |byte| matches!(byte, b'\\' | b'"'))?, 16, |b| b == b' ')?;
    Ok(view.at(after)? != b':')
}

/// As many bytes the attributes of an element may take.
const ATTRIBUTES: usize = 1024;

/// Behind the attributes of an element whose name was just read, and its `>`.
pub(super) fn attributes(view: &View<'_>, at: usize) -> Result<Option<usize>, NeedMore> {
    // The first has a value in quotation marks; other text that goes on to some `>` is no element.
    let equals = view.skip(view.skip(at, 48, |byte| is_name(byte) || byte == b':')?, 4, blank)?;
    let value = view.skip(equals + 1, 4, blank)?;
    if view.at(equals)? != b'=' || !matches!(view.at(value)?, b'"' | b'\'' | b'\\' | b'&') {
        return Ok(None);
    }
    let close = view.skip(at, ATTRIBUTES, |byte| !matches!(byte, b'<' | b'>' | 0))?;
    if view.at(close)? != b'>' || view.before(close) == b'/' {
        return Ok(None);
    }
    Ok(Some(view.skip(close + 1, 64, white)?))
}

/// The value that belongs to a name which was itself a value: in the next attribute, element or line.
pub(super) fn named(
    view: &View<'_>,
    start: usize,
    at: usize,
    key_quote: Option<Quote>,
) -> Result<Option<(usize, Separator)>, NeedMore> {
    let byte = view.at(at)?;
    if byte == b'<' && view.at(at + 1)? == b'/' && view.before(start) == b'>' {
        // <Name>Password</Name><Value>…
        let close = view.skip(at + 2, 48, |byte| is_name(byte) || byte == b':')?;
        let open = view.skip(close + 1, 48, white)?;
        if view.at(close)? == b'>'
            && view.at(open)? == b'<'
            && let Some(end) = says_value(view, open + 1)?
            && view.at(end)? == b'>'
        {
            return Ok(Some((view.skip(end + 1, 48, white)?, Separator::Tag)));
        }
        return Ok(None);
    }
    // <add key="AWSSecretKey" value="…"/>
    if key_quote.is_some() && matches!(byte, b'v' | b'V') && view.before(at) == b' ' {
        let Some(end) = says_value(view, at)? else { return Ok(None) };
        let equals = view.skip(end, 4, blank)?;
        let value = view.skip(equals + 1, 4, blank)?;
        return Ok((view.at(equals)? == b'=').then_some((value, Separator::Pair)));
    }
    // - name: AWS_SECRET_ACCESS_KEY
    //   value: …
    if key_quote.is_some()
        && names_part(view, start)
        && let Some(value) = part(view, at)?
    {
        return Ok(Some((value, Separator::Pair)));
    }
    if matches!(byte, b'\n' | b'\r') && names(view, start) {
        let line = view.skip(at, 48, white)?;
        let line = line + quote_at(view, line)?.map_or(0, |(_, len)| len);
        let Some(end) = says_value(view, line)? else { return Ok(None) };
        let end = end + quote_at(view, end)?.map_or(0, |(_, len)| len);
        let value = view.skip(end + 1, 16, blank)?;
        return Ok((view.at(end)? == b':').then_some((value, Separator::Pair)));
    }
    Ok(None)
}

/// Whether `name="` stands before the place.
fn names_part(view: &View<'_>, start: usize) -> bool {
    let quote = start.saturating_sub(1);
    let before = view.slice(quote.saturating_sub(12), quote);
    let name = before.iter().rposition(|byte| *byte != b'\\').and_then(|at| before.get(..=at));
    view.before(start) == b'"' && name.is_some_and(|name| name.ends_with(b"name="))
}

/// The value of a part of a form (RFC 7578): behind an empty line, whose ends may be written as escapes.
fn part(view: &View<'_>, mut at: usize) -> Result<Option<usize>, NeedMore> {
    for _ in 0..2 {
        let line_end = [b"\r\n".as_slice(), b"\n", b"\\r\\n", b"\\n"];
        let mut next = None;
        for end in line_end {
            if next.is_none() && view.has(at, end)? {
                next = Some(at + end.len());
            }
        }
        let Some(next) = next else { return Ok(None) };
        at = next;
    }
    Ok(Some(at))
}

/// Whether `name:` or `key:` stands before the place.
pub(super) fn names(view: &View<'_>, start: usize) -> bool {
    let mut at = start;
    while start - at < 8 && (blank(view.before(at)) || matches!(view.before(at), b'"' | b'\'')) {
        at -= 1;
    }
    let before = view.slice(at.saturating_sub(5), at).to_ascii_lowercase();
    [b"name:".as_slice(), b"key:", b"\"name\":", b"\"key\":"].iter().any(|word| before.ends_with(word))
}

/// A text string of CBOR (RFC 8949, 3) behind the text string that is its key, raw or as Python's `b'…'` shows it. In
/// raw CBOR only within other text: a document of its own is rewritten whole, lengths and all.
pub(super) fn cbor(view: &View<'_>, at: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    // A name ends where the word's own letters end, or before.
    let name_end = view.skip(at, 24, is_name)?;
    if !(at + 1..=name_end).any(|end| may_end(view, end)) {
        return Ok(Verdict::Pass);
    }
    for (byte, back) in view.slice(at.saturating_sub(23), at).iter().rev().zip(1..) {
        // What is between the head and the word belongs to the name, and every head that counts is a letter.
        if !is_name(*byte) {
            break;
        }
        let Some(length) = byte.checked_sub(0x60).map(usize::from).filter(|len| *len < 24) else {
            continue;
        };
        let start = at + 1 - back;
        let end = start + length;
        if length < back || end > name_end {
            continue;
        }
        if !may_end(view, end) {
            continue;
        }
        let name = view.slice(start, end);
        let Some((kind, least)) = Normal::new(name.iter().copied()).member() else { continue };
        let Some((from, length)) = text_string(view, end)?.filter(|(_, length)| *length >= least.max(4))
        else {
            continue;
        };
        if let Some(len) = placeholder(view, from, labels)? {
            return Ok(Verdict::Keep { until: from + len, rest: Until::Count(0), list: None });
        }
        let solid = view.skip(from, length.min(256), |byte| byte > b' ')?;
        if solid < from + length.min(256) {
            continue;
        }
        return Ok(Verdict::Hide { from, kind, until: Until::Count(length), wrap: None, list: None });
    }
    Ok(Verdict::Pass)
}

/// Whether a name may end there. In other text nearly every letter may be the head of one; but few of those have the head
/// of a value behind it.
#[inline]
fn may_end(view: &View<'_>, end: usize) -> bool {
    let head = matches!(view.slice(end, end + 1), [] | [0x60..=0x79]);
    head && may_be_member(view.slice(end.saturating_sub(3), end))
}

/// The head of a text string: where its text begins, and how long that is.
fn text_string(view: &View<'_>, at: usize) -> Result<Option<(usize, usize)>, NeedMore> {
    let head = view.at(at)?;
    let bytes = match head {
        0x60..=0x77 => return Ok(Some((at + 1, usize::from(head - 0x60)))),
        0x78 => 1,
        0x79 => 2,
        _ => return Ok(None),
    };
    let (mut length, mut at) = (0, at + 1);
    for _ in 0..bytes {
        let (byte, after) = shown_byte(view, at)?;
        length = length << 8 | usize::from(byte);
        at = after;
    }
    Ok(Some((at, length)))
}

/// A byte as it is, or as `\x2c`, `\n` or `\\`.
fn shown_byte(view: &View<'_>, at: usize) -> Result<(u8, usize), NeedMore> {
    let first = view.at(at)?;
    if first != b'\\' {
        return Ok((first, at + 1));
    }
    Ok(match view.at(at + 1)? {
        b'x' => {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let digits = digit(view.at(at + 2)?).zip(digit(view.at(at + 3)?));
            match digits.and_then(|(high, low)| u8::try_from(high << 4 | low).ok()) {
                Some(byte) => (byte, at + 4),
                None => (first, at + 1),
            }
        }
        b'n' => (b'\n', at + 2),
        b'r' => (b'\r', at + 2),
        b't' => (b'\t', at + 2),
        quoted @ (b'\\' | b'\'' | b'"') => (quoted, at + 2),
        _ => (first, at + 1),
    })
}
