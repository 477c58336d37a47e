//! Commands that take a password in one word with the option: `curl -ubob:secret`, `mysql -psecret`,
//! `docker login -psecret`; and `redis-cli -a`.

use std::ops::Range;

use super::field::blank;
use super::mark::placeholder;
use super::name::{Kind, Normal};
use super::option;
use super::shape::Verdict;
use super::until::{Until, quote_at};
use super::view::{NeedMore, View};

/// So many words may stand between a command and the option.
const WORDS: usize = 12;

/// What a command takes.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    /// `-uNAME:PASSWORD`, also behind other letters.
    User,
    /// `-pPASSWORD`
    Glued,
    /// `-a PASSWORD`
    Apart,
}

/// Judges the line of the command whose name the word begins. What lies between stays as it is, so it must be plain.
pub(super) fn judge(view: &View<'_>, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    let before = view.before(word.start);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let name = view.slice(word.start, word.end).trim_ascii_end().len(); // which may be two words
    let mut at = view.skip(word.start, 24, letter)?.max(word.start + name);
    // A package is no command: `mysql-connector-python`.
    let connector = view.slice(word.start, at).to_ascii_lowercase().starts_with(b"mysql-");
    if before.is_ascii_alphanumeric() || b"-_.".contains(&before) || connector || !blank(view.at(at)?) {
        return Ok(Verdict::Pass);
    }
    let takes = match view.slice(word.start, word.start + 1) {
        [b'c' | b'C'] => Takes::User,
        [b'r' | b'R'] => Takes::Apart,
        _ => Takes::Glued,
    };
    for _ in 0..WORDS {
        at = view.skip(at, 8, blank)?;
        if let Some((from, until)) = takes.value(view, at)? {
            return match takes {
                Takes::User => option::user_at(view, from, until, || true, labels),
                _ => password(view, from, until, labels),
            };
        }
        match plain(view, at)? {
            Some(end) => at = end,
            None => break,
        }
    }
    Ok(Verdict::Pass)
}

impl Takes {
    /// Where the option's value begins, if the option stands there, and what ends it.
    fn value(self, view: &View<'_>, at: usize) -> Result<Option<(usize, Until)>, NeedMore> {
        if view.at(at)? != b'-' {
            return Ok(None);
        }
        let mut from = at + 2;
        match self {
            Self::User => {
                // Letters of curl that take nothing may stand before the one that does.
                let flags = view.skip(at + 1, 8, |byte| b"sSfkLiIvgGnNjJlOqRZ#".contains(&byte))?;
                if !matches!(view.at(flags)?, b'u' | b'U') {
                    return Ok(None);
                }
                from = view.skip(flags + 1, 8, blank)?;
            }
            Self::Glued if view.at(at + 1)? != b'p' || view.at(from)? <= b' ' => return Ok(None),
            Self::Apart if view.at(at + 1)? != b'a' || !blank(view.at(from)?) => return Ok(None),
            Self::Glued => {}
            Self::Apart => from = view.skip(from, 8, blank)?,
        }
        Ok(Some(match quote_at(view, from)? {
            Some((quote, len)) => (from + len, Until::Quote { quote, passed: 0 }),
            None => (from, Until::Bare),
        }))
    }
}

/// A password of three characters or more, and no reference to one.
pub(super) fn password(
    view: &View<'_>,
    from: usize,
    until: Until,
    labels: &[String],
) -> Result<Verdict, NeedMore> {
    if let Some(len) = placeholder(view, from, labels)? {
        return Ok(Verdict::Keep { until: from + len, rest: until, list: None });
    }
    let solid = view.skip(from, 3, |byte| byte.is_ascii_graphic() || byte >= 0x80)?;
    if solid < from + 3
        || matches!(view.at(from)?, b'<' | b'-' | b'"' | b'\'' | b'`')
        || option::variable(view, from)?
    {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Hide { from, kind: Kind::Password, until, wrap: None, list: None })
}

/// The end of a word that holds no secret: options, names, hosts, `--name=word`, addresses without a password.
fn plain(view: &View<'_>, at: usize) -> Result<Option<usize>, NeedMore> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=%,".contains(&byte);
    let end = view.skip(at, 128, letter)?;
    if end == at || end == at + 128 || !blank(view.at(end)?) {
        return Ok(None);
    }
    let text = view.slice(at, end);
    let short = text.split(|byte| !byte.is_ascii_alphanumeric()).all(|part| part.len() < 24);
    let secret = text
        .split(|byte| b":=".contains(byte))
        .any(|part| Normal::new(part.iter().copied()).field().is_some());
    Ok((short && !secret).then_some(end))
}
