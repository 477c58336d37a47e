//! Telling XML (1.0, 3.1) from what merely looks like it, by a little of the text ahead.
//!
//! A value that goes up to the end of its line may stand in the text of an element, or in an attribute over several lines.
//! There it ends sooner, so that the document stays well formed; and a password with a `<` or a `"` in it is hidden whole.

use super::view::{NeedMore, View};

/// How far ahead an end tag is looked for, and the end of a tag.
const AHEAD: usize = 1024;
const TAG: usize = 256;

/// Whether a tag begins there, or a comment or a section: one that an end tag stands behind, or that is one.
pub(super) fn tag(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    let begins = match view.at(at + 1)? {
        b'/' => return end_tag(view, at),
        b'!' => view.has(at, b"<!--")? || view.has(at, b"<![CDATA[")?,
        b'?' => true,
        byte if begins_name(byte) => {
            let end = view.skip(at + 1, TAG, |byte| !matches!(byte, b'<' | b'>'))?;
            view.at(end)? == b'>'
        }
        _ => false,
    };
    Ok(begins && before_end_tag(view, at + 1)?)
}

/// Whether a quotation mark there ends an attribute: another one follows, or the end of the tag with an end tag behind.
pub(super) fn ends_attribute(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    if !matches!(view.at(at)?, b'"' | b'\'') {
        return Ok(false);
    }
    let next = view.skip(at + 1, TAG, |byte| byte.is_ascii_whitespace())?;
    match view.at(next)? {
        b'>' => before_end_tag(view, next + 1),
        b'/' | b'?' => Ok(view.at(next + 1)? == b'>'),
        byte if next > at + 1 && begins_name(byte) => {
            let end = view.skip(next, TAG, in_name)?;
            let equals = view.skip(end, TAG, |byte| byte.is_ascii_whitespace())?;
            let value = view.skip(equals + 1, TAG, |byte| byte.is_ascii_whitespace())?;
            Ok(view.at(equals)? == b'=' && matches!(view.at(value)?, b'"' | b'\''))
        }
        _ => Ok(false),
    }
}

/// Whether an end tag follows before long.
fn before_end_tag(view: &View<'_>, from: usize) -> Result<bool, NeedMore> {
    let mut at = from;
    while at < from + AHEAD {
        at = view.skip(at, from + AHEAD - at, |byte| byte != b'<')?;
        if end_tag(view, at)? {
            return Ok(true);
        }
        at += 1;
    }
    Ok(false)
}

fn end_tag(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    if view.at(at)? != b'<' || view.at(at + 1)? != b'/' || !begins_name(view.at(at + 2)?) {
        return Ok(false);
    }
    let end = view.skip(at + 2, 64, in_name)?;
    Ok(view.at(view.skip(end, 8, |byte| byte.is_ascii_whitespace())?)? == b'>')
}

fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':')
}

fn in_name(byte: u8) -> bool {
    begins_name(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
}
