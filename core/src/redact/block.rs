//! Values over several lines: blocks of YAML, and text that was wrapped.

use super::field::blank;
use super::view::{NeedMore, View};

/// YAML 1.2, 8.1: `key: |` or `key: >-`, or nothing behind the colon and one word in the next line. Gives where the
/// first line of the block begins, and the column of the key, which all of its lines are deeper than.
pub(super) fn scalar(view: &View<'_>, start: usize, at: usize) -> Result<Option<(usize, usize)>, NeedMore> {
    let marked = matches!(view.at(at)?, b'|' | b'>');
    let mut end = at;
    if marked {
        end = view.skip(at + 1, 3, |byte| matches!(byte, b'+' | b'-' | b'1'..=b'9'))?;
        end = view.skip(end, 8, blank)?;
        if view.at(end)? == b'#' {
            end = view.skip(end, 80, |byte| !matches!(byte, b'\n' | b'\r' | 0))?;
        }
    }
    end = view.skip(end, 1, |byte| byte == b'\r')?;
    if view.at(end)? != b'\n' {
        return Ok(None);
    }
    let Some(column) = column(view, start) else { return Ok(None) };
    let from = view.skip(end + 1, 128, |byte| byte == b' ')?;
    if from - (end + 1) <= column || view.at(from)? <= b' ' {
        return Ok(None);
    }
    if !marked {
        let word = view.skip(from, 128, wrapped)?;
        let alone = matches!(view.at(word)?, 0 | b'\n' | b'\r' | b' ' | b'=') || word == from + 128;
        if word < from + 16 || !alone {
            return Ok(None);
        }
    }
    Ok(Some((from, column)))
}

/// How far to the right a key of YAML stands; nothing but the marks of lists, changes and quotation before it.
fn column(view: &View<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    while start - at < 100 {
        match view.before(at) {
            0 | b'\n' | b'\r' => return Some(start - at),
            b' ' | b'-' | b'?' | b'"' | b'\'' | b'+' | b'~' => at -= 1,
            _ => return None,
        }
    }
    None
}

/// Whether the line behind the line end at `at` still belongs to the block.
pub(super) fn goes_on(view: &View<'_>, at: usize, column: usize) -> Result<bool, NeedMore> {
    if view.at(at)? == b'\r' {
        return Ok(true);
    }
    let deep = view.skip(at + 1, column + 1, |byte| byte == b' ')?;
    Ok(deep == at + 2 + column || matches!(view.at(at + 1)?, b'\n' | b'\r'))
}

fn wrapped(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_.".contains(&byte)
}

/// Whether the line behind the line end at `at` holds more of a token that was wrapped: digits and nothing else.
pub(super) fn continues(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    if view.at(at)? == b'\r' {
        return Ok(view.at(at + 1)? == b'\n' && continues(view, at + 1)?);
    }
    let from = view.skip(at + 1, 64, |byte| blank(byte) || byte == b'|')?;
    let end = view.skip(from, 128, wrapped)?;
    if end == from + 128 {
        return Ok(true);
    }
    let padded = view.skip(end, 2, |byte| byte == b'=')?;
    let after = view.skip(padded, 8, |byte| blank(byte) || byte == b'\r')?;
    Ok(padded > from && matches!(view.at(after)?, 0 | b'\n' | b'<' | b']'))
}
