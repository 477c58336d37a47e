//! The members at the top of a body, in JSON and in CBOR: read for what a request is about, without building anything.
//!
//! A body that is not well formed, or larger than a mebibyte, says nothing.

use std::borrow::Cow;

/// A name and what to do with its text; `None` for a value that is no text.
pub(super) type Visit<'v, 'a> = &'v mut dyn FnMut(&[u8], Option<Cow<'a, [u8]>>);

/// The largest body that is read.
const LARGEST: usize = 1 << 20;
/// How deep a value may go.
const DEEPEST: usize = 64;

/// Visits the members of a JSON object.
pub(super) fn json<'a>(body: &'a [u8], visit: Visit<'_, 'a>) -> Option<()> {
    each(body, |name, _, text| visit(name, text))
}

/// The same with the values as they stand in the body.
pub(super) fn json_values<'a>(body: &'a [u8], visit: &mut dyn FnMut(&[u8], &'a [u8])) -> Option<()> {
    each(body, |name, value, _| visit(name, value))
}

fn each<'a>(body: &'a [u8], mut visit: impl FnMut(&[u8], &'a [u8], Option<Cow<'a, [u8]>>)) -> Option<()> {
    let body = (body.len() <= LARGEST).then(|| body.trim_ascii_start())?;
    let mut rest = body.strip_prefix(b"{")?.trim_ascii_start();
    while !rest.starts_with(b"}") {
        let (name, after) = json_string(rest)?;
        rest = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let (text, after) = match rest.starts_with(b"\"") {
            true => json_string(rest).map(|(text, after)| (Some(text), after))?,
            false => (None, json_value(rest)?),
        };
        visit(&name, rest.get(..rest.len() - after.len()).unwrap_or_default(), text);
        rest = after;
        rest = rest.trim_ascii_start();
        match rest.strip_prefix(b",") {
            Some(after) => rest = after.trim_ascii_start(),
            None if rest.starts_with(b"}") => {}
            None => return None,
        }
    }
    Some(())
}

/// The text of a string, and what follows it.
fn json_string(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let mut escaped = false;
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            break;
        }
        escaped = true;
        at += 2;
    }
    let (raw, rest) = (text.get(..at)?, text.get(at + 1..)?);
    if !escaped {
        return Some((Cow::Borrowed(raw), rest));
    }
    let quoted = [b"\"", raw, b"\""].concat();
    let text: String = serde_json::from_slice(&quoted).ok()?;
    Some((Cow::Owned(text.into_bytes()), rest))
}

/// What follows a value that is no string.
fn json_value(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    let mut depth = 0usize;
    loop {
        let at = rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']' | b','))?;
        let here = rest.get(at..)?;
        match here.first()? {
            b'"' => {
                rest = json_string(here)?.1;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b',' if depth == 0 => return Some(here),
            b',' => {}
            _ if depth == 0 => return Some(here),
            _ => depth -= 1,
        }
        if depth > DEEPEST {
            return None;
        }
        rest = here.get(1..)?;
    }
}

/// Visits the members of a CBOR map.
pub(super) fn cbor<'a>(body: &'a [u8], visit: Visit<'_, 'a>) -> Option<()> {
    if body.len() > LARGEST {
        return None;
    }
    let mut rest = body;
    let (major, count) = cbor_head(&mut rest)?;
    if major != 5 {
        return None;
    }
    let mut left = count;
    while left != Some(0) {
        if left.is_none() && rest.first() == Some(&0xff) {
            return Some(());
        }
        // A name in pieces, or one that is no text, is none of a client's.
        let (3, Some(length)) = cbor_head(&mut rest)? else { return None };
        let name = take(&mut rest, length)?;
        let before = rest;
        match cbor_head(&mut rest)? {
            (3, Some(length)) => {
                let text = take(&mut rest, length)?;
                visit(name, Some(Cow::Borrowed(text)));
            }
            _ => {
                rest = before;
                cbor_value(&mut rest)?;
                visit(name, None);
            }
        }
        left = left.map(|left| left - 1);
    }
    Some(())
}

/// The major type of an item, and its number; none for a length that is open.
fn cbor_head(rest: &mut &[u8]) -> Option<(u8, Option<u64>)> {
    let first = take(rest, 1)?.first().copied()?;
    let size = match first & 31 {
        small @ 0..24 => return Some((first >> 5, Some(u64::from(small)))),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        31 => return Some((first >> 5, None)),
        _ => return None,
    };
    let number = take(rest, size)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    Some((first >> 5, Some(number)))
}

fn take<'a>(rest: &mut &'a [u8], count: u64) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(usize::try_from(count).ok()?)?;
    *rest = tail;
    Some(head)
}

/// Passes an item over.
fn cbor_value(rest: &mut &[u8]) -> Option<()> {
    // How many items are still to come at each depth; none where the end is marked.
    let mut open: smallvec::SmallVec<[Option<u64>; 8]> = smallvec::smallvec![Some(1)];
    while let Some(left) = open.last_mut() {
        match left {
            Some(0) => {
                open.pop();
                continue;
            }
            Some(left) => *left -= 1,
            None if rest.first() == Some(&0xff) => {
                take(rest, 1)?;
                open.pop();
                continue;
            }
            None => {}
        }
        match cbor_head(rest)? {
            (2 | 3, Some(length)) => drop(take(rest, length)?),
            (4, count) | (2 | 3, count @ None) => open.push(count),
            (5, count) => open.push(count.map(|count| count.saturating_mul(2))),
            (6, Some(_)) => open.push(Some(1)),
            (0 | 1 | 7, Some(_)) => {}
            _ => return None,
        }
        if open.len() > DEEPEST {
            return None;
        }
    }
    Some(())
}
