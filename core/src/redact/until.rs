//! Where a value ends, and passing over it.

use super::block;
use super::json::{Cover, Output};
use super::mark::placeholder;
use super::markup;
use super::view::{NeedMore, View};

/// A quotation mark, in one of its spellings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    /// The mark after so many backslashes: text in JSON in JSON carries one, then three, then seven.
    Mark { mark: u8, backslashes: u32 },
    /// `%22` or `%27`.
    Percent(u8),
    /// `&quot;`, `&#34;`, `&#39;` or `&apos;`; or `\\u0022`, `\\u0027`.
    Entity(&'static [u8]),
}

const ENTITIES: [&[u8]; 4] = [b"&quot;", b"&#34;", b"&#39;", b"&apos;"];

/// As JSON writes them where it is careful.
const NUMBERED: [&[u8]; 2] = [b"\\u0022", b"\\u0027"];

/// The quotation mark that stands there, and its length.
pub(super) fn quote_at(view: &View<'_>, at: usize) -> Result<Option<(Quote, usize)>, NeedMore> {
    let after = view.skip(at, 7, |byte| byte == b'\\')?;
    let mark = view.at(after)?;
    if matches!(mark, b'"' | b'\'' | b'`') {
        let backslashes = u32::try_from(after - at).unwrap_or(0);
        return Ok(Some((Quote::Mark { mark, backslashes }, after - at + 1)));
    }
    if view.has(at, b"%2")? && matches!(view.at(at + 2)?, b'2' | b'7') {
        return Ok(Some((Quote::Percent(view.at(at + 2)?), 3)));
    }
    if mark == b'u' && after == at + 1 {
        for escape in NUMBERED {
            if view.has(at, escape)? {
                return Ok(Some((Quote::Entity(escape), escape.len())));
            }
        }
    }
    if mark == b'&' && after == at {
        for entity in ENTITIES {
            if view.has(at, entity)? {
                return Ok(Some((Quote::Entity(entity), entity.len())));
            }
        }
    }
    Ok(None)
}

/// What ends the value that is being passed over.
#[derive(Clone, Copy)]
pub(super) enum Until {
    /// Its closing quotation mark, or the end of the line. `passed` counts backslashes just before.
    Quote { quote: Quote, passed: u32 },
    /// Whatever cannot belong to a bare word; within percent-encoded text also `%26`, `%22` and their like.
    Word { encoded: bool },
    /// White space, or the next field of a form: the value has a line to itself.
    Bare,
    /// The end of the line or a quotation mark, other than those of parameters: `response="…"`.
    Line { quoted: bool },
    /// The next tag, the quotation mark that ends a JSON string around it all, or the end of a line behind which no
    /// more of the value stands.
    Tag,
    /// The end of a CDATA section (XML 1.0, 2.7).
    Cdata,
    /// The first line that is not deeper than this.
    Block { column: usize },
    /// The end of the line, or a comment of YAML.
    Plain,
    /// As the next, with percent-encoding and escaped slashes.
    Encoded68,
    /// Whatever is no token68 of RFC 9110, 11.2.
    Token68,
    /// So many bytes.
    Count(usize),
    /// So many bytes of a URL's authority.
    UserInfo(usize),
    /// The end line of a key in PEM (RFC 7468), or what cannot be inside of one. Line ends are kept.
    Pem { left: usize },
}

/// A value that is being passed over.
#[derive(Clone, Copy)]
pub(super) struct Hidden {
    pub(super) until: Until,
    pub(super) cover: Cover,
}

impl Hidden {
    /// Where the value that begins at `at` ends, looking at `most` bytes of it.
    pub(super) fn end(
        mut self,
        view: &View<'_>,
        from: usize,
        most: usize,
        labels: &[String],
    ) -> Result<usize, NeedMore> {
        let mut at = from;
        while at < from + most {
            let count = self.until.one(view, at, labels)?;
            let covered =
                view.slice(at, at + count).iter().take_while(|byte| self.cover.over(**byte)).count();
            at += covered;
            if covered == 0 || covered < count {
                break;
            }
        }
        Ok(at)
    }

    /// Passes over bytes from `at` on; true when the end was reached, false when more input is needed.
    pub(super) fn pass(
        &mut self,
        view: &View<'_>,
        at: &mut usize,
        labels: &[String],
        out: &mut Output<'_>,
    ) -> bool {
        loop {
            let count = match self.until.one(view, *at, labels) {
                Err(NeedMore) => return false,
                Ok(count) => count,
            };
            let bytes = view.slice(*at, *at + count);
            let covered = bytes.iter().take_while(|byte| self.cover.over(**byte)).count();
            if matches!(self.until, Until::Pem { .. } | Until::Tag | Until::Cdata | Until::Block { .. }) {
                let line_ends = bytes.iter().take(covered).filter(|byte| matches!(byte, b'\n' | b'\r'));
                line_ends.for_each(|line_end| out.write(&[*line_end]));
            }
            *at += covered;
            if covered == 0 || covered < count {
                // The backslashes of the mark that ends the value were hidden, and stand there again.
                out.backslashes(self.cover.owed(self.until.backslashes(view.slice(*at, *at + 1))));
                return true;
            }
        }
    }
}

impl Until {
    /// How many of the backslashes that were passed last belong to `mark`, which is what ends the value.
    fn backslashes(&self, end: &[u8]) -> u32 {
        match self {
            Self::Quote { quote: Quote::Mark { mark, backslashes }, passed } if end == [*mark] => {
                closes(*passed, *backslashes).unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// How many bytes from `at` on belong to the value; none at its end.
    fn one(&mut self, view: &View<'_>, at: usize, labels: &[String]) -> Result<usize, NeedMore> {
        let Some(byte) = view.get(at)? else { return Ok(0) };
        if byte == b'['
            && !matches!(
                self,
                Self::Count(_) | Self::UserInfo(_) | Self::Pem { .. } | Self::Token68 | Self::Encoded68
            )
        {
            // What another rule wrote is passed over as one.
            if let Some(n) = placeholder(view, at, labels)? {
                if let Self::Quote { passed, .. } = self {
                    *passed = 0;
                }
                return Ok(n);
            }
        }
        let line_end = matches!(byte, b'\n' | b'\r');
        // What has no marks of its own ends where the text or the attribute of XML does that it stands in; so does what
        // has marks as XML, URLs or Markdown write them: these may be never closed.
        let bare = matches!(
            self,
            Self::Bare
                | Self::Plain
                | Self::Quote {
                    quote: Quote::Entity(_) | Quote::Percent(_) | Quote::Mark { mark: b'`', .. },
                    ..
                }
        );
        let ends = match byte {
            b'<' if bare || matches!(self, Self::Line { .. }) => markup::tag(view, at)?,
            _ => bare && markup::ends_attribute(view, at)?,
        };
        if ends {
            return Ok(0);
        }
        let inside = match self {
            Self::Quote { quote, passed } => {
                return if line_end { Ok(0) } else { quoted(view, at, *quote, passed) };
            }
            Self::Word { encoded } => return word(view, at, byte, *encoded),
            Self::Bare => !(byte <= b' ' || byte == b'&' && form_field(view, at + 1)?),
            // An escaped backslash is passed over whole; what follows it is not escaped.
            Self::Line { .. } if byte == b'\\' && view.at(at + 1)? == b'\\' => return Ok(2),
            Self::Line { quoted } if byte == b'"' && (*quoted || view.before(at) == b'=') => {
                let ends = !*quoted && markup::ends_attribute(view, at)?;
                *quoted = !*quoted;
                !ends
            }
            Self::Line { .. } => {
                let escape = byte == b'\\' && b"nr\"'".contains(&view.at(at + 1)?);
                !(line_end || is_quote(byte) || escape)
            }
            Self::Tag if line_end => block::continues(view, at)?,
            Self::Tag => return tag(view, at, byte),
            Self::Cdata => !view.has(at, b"]]>")?,
            Self::Block { column } => !line_end || block::goes_on(view, at, *column)?,
            Self::Plain => !(line_end || byte == b' ' && view.at(at + 1)? == b'#'),
            Self::Encoded68 => {
                byte.is_ascii_alphanumeric()
                    || b"-._~+/=%".contains(&byte)
                    || byte == b'\\' && view.at(at + 1)? == b'/'
            }
            Self::Token68 => byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte),
            Self::Count(left) | Self::UserInfo(left) => {
                let inside = *left > 0;
                *left = left.saturating_sub(1);
                inside
            }
            Self::Pem { left } => {
                *left = left.saturating_sub(1);
                if *left == 0 || view.has(at, b"-----END")? || !pem(byte) {
                    return Ok(0);
                }
                true
            }
        };
        Ok(usize::from(inside))
    }
}

/// Whether a name and `=` stand there.
fn form_field(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    let end = view.skip(at, 64, |byte| byte.is_ascii_alphanumeric() || b"_-.%".contains(&byte))?;
    Ok(end > at && view.at(end)? == b'=')
}

/// Whether a `"` before this byte is likely to end a JSON string that holds the text.
fn ends_string(next: u8) -> bool {
    next <= b' ' || b",:]}".contains(&next)
}

fn tag(view: &View<'_>, at: usize, byte: u8) -> Result<usize, NeedMore> {
    let next = match byte {
        b'<' | b'\n' | b'\r' => return Ok(0),
        b'"' | b'\\' => view.at(at + 1)?,
        _ => return Ok(1),
    };
    Ok(match byte {
        b'"' => usize::from(!ends_string(next)),
        _ if matches!(next, 0 | b'\n' | b'\r' | b'<') => 1,
        _ => 2, // an escape is passed over whole, so that what it escapes does not end the string
    })
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

fn pem(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=-\\:,%".contains(&byte)
}

fn quoted(view: &View<'_>, at: usize, quote: Quote, passed: &mut u32) -> Result<usize, NeedMore> {
    match quote {
        Quote::Percent(digit) => {
            let end =
                matches!(view.at(at)?, b'&' | b'"' | b'\\' | b' ') || view.has(at, &[b'%', b'2', digit])?;
            Ok(usize::from(!end))
        }
        Quote::Entity(entity) => {
            if view.has(at, entity)? {
                return Ok(0);
            }
            // A backslash escapes nothing in XML, but JSON may stand there.
            if view.at(at)? == b'\\' && markup::ends_attribute(view, at + 1)? {
                return Ok(1);
            }
            tag(view, at, view.at(at)?)
        }
        Quote::Mark { mark, backslashes } => {
            let byte = view.at(at)?;
            if byte == b'\\' {
                *passed = passed.saturating_add(1);
                return Ok(1);
            }
            if byte == mark && closes(*passed, backslashes).is_some() {
                // What Terraform prints of a change: `"old" -> "new"`.
                let arrow = backslashes == 0 && (view.has(at + 1, b" -> ")? || view.has(at + 1, b" => ")?);
                if !arrow || view.at(at + 5)? != mark {
                    return Ok(0);
                }
                *passed = 0;
                return Ok(6);
            }
            if byte == b'"' && passed.is_multiple_of(2) && ends_string(view.at(at + 1)?) {
                return Ok(0);
            }
            *passed = 0;
            Ok(1)
        }
    }
}

/// Whether a mark after `passed` backslashes ends a string that was opened after `opened` of them, and how many of
/// the backslashes belong to the mark. Undoes one level of escaping after the other, and sees whether the mark is
/// still escaped.
fn closes(mut passed: u32, opened: u32) -> Option<u32> {
    let levels = opened.saturating_add(1).ilog2();
    for level in 0..levels {
        if passed.is_multiple_of(2) {
            return Some((1 << level) - 1); // an outer string ends here
        }
        passed /= 2;
    }
    passed.is_multiple_of(2).then_some((1 << levels) - 1)
}

fn word(view: &View<'_>, at: usize, byte: u8, encoded: bool) -> Result<usize, NeedMore> {
    let inside = match byte {
        0..=b' ' | 0x7f => false,
        b'"' | b'\'' | b'`' | b',' | b';' | b'&' | b'<' | b'>' | b'(' | b')' | b'{' | b'}' | b']' | b'|' => {
            false
        }
        b'\\' => match view.at(at + 1)? {
            b'/' => true,
            b'u' => {
                let ends: [&[u8]; 5] = [b"\\u0026", b"\\u003c", b"\\u003e", b"\\u0022", b"\\u0027"];
                for end in ends {
                    if view.has(at, end)? {
                        return Ok(0);
                    }
                }
                true
            }
            _ => false,
        },
        b'%' if encoded => {
            let ends: [&[u8]; 7] = [b"%26", b"%22", b"%27", b"%2C", b"%7D", b"%0A", b"%20"];
            for end in ends {
                if view.has(at, end)? {
                    return Ok(0);
                }
            }
            true
        }
        _ => true,
    };
    Ok(usize::from(inside))
}

#[cfg(test)]
mod tests {
    use super::closes;

    #[test]
    fn the_quote_that_closes_is_told_by_its_backslashes() {
        // (passed, opened): in a plain string an odd number escapes the mark.
        assert_eq!([0, 1, 2, 3].map(|n| closes(n, 0)), [Some(0), None, Some(0), None]);
        // In a string within a string `\"` closes, `\\\"` does not, `\\\\\"` does; a bare mark ends both.
        assert_eq!([0, 1, 2, 3, 5].map(|n| closes(n, 1)), [Some(0), Some(1), Some(0), None, Some(1)]);
        assert_eq!([1, 3, 7].map(|n| closes(n, 3)), [Some(1), Some(3), None]);
    }
}
