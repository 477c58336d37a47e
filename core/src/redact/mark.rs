//! What stands in a secret's place: a label, and by option a tag that tells one secret from another.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::name::{Kind, LABELS};
use super::until::{Hidden, Until};
use super::view::{NeedMore, View};
use crate::hash::MacKey;

/// So much of a secret decides on its tag.
const TAGGED: usize = 1024;

/// How many bytes may spell that much of it.
const SPELLED: usize = 2048;

/// Digits of a tag: 48 bits, so that two of a million secrets share one by chance once in 500 logs.
const DIGITS: usize = 12;

/// The key of the tags. Whoever does not have it cannot try whether a tag is that of a secret that he guesses.
pub(super) struct Tags(MacKey);

impl Tags {
    pub(super) fn new(key: &[u8]) -> Self {
        Self(MacKey::new(key))
    }

    /// The label with the tag of this secret, however it was written.
    pub(super) fn label(&self, label: &str, secret: &[u8]) -> String {
        let plain = plain(secret);
        let digest = self.0.mac(&plain);
        let mut out = String::with_capacity(label.len() + DIGITS + 1);
        out.push_str(label.trim_end_matches(']'));
        out.push('.');
        for byte in digest.iter().take(DIGITS / 2) {
            out.push_str(&format!("{byte:02x}"));
        }
        out.push(']');
        out
    }
}

/// The secret without percent-encoding, the escapes of JSON, and white space, up to [`TAGGED`] bytes.
fn plain(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(secret.len().min(TAGGED)));
    let mut rest = secret;
    while let Some((&first, after)) = rest.split_first() {
        let number = |from: usize, digits: usize| {
            let text = std::str::from_utf8(after.get(from..from + digits)?).ok()?;
            u8::from_str_radix(text, 16).ok()
        };
        let (byte, used) = match (first, after.first()) {
            (b'%', _) => number(0, 2).map_or((first, 0), |byte| (byte, 2)),
            (b'\\', Some(b'u')) => number(1, 4).map_or((first, 0), |byte| (byte, 5)),
            (b'\\', Some(b'n' | b'r' | b't')) => (b'\n', 1),
            (b'\\', Some(&escaped @ (b'/' | b'"' | b'\\' | b'\''))) => (escaped, 1),
            _ => (first, 0),
        };
        rest = after.get(used..).unwrap_or_default();
        if !byte.is_ascii_whitespace() {
            out.push(byte);
        }
        if out.len() == TAGGED {
            break;
        }
    }
    out
}

/// What a scan writes: the labels that were learned (sorted), and the key of tags.
#[derive(Clone, Copy)]
pub(super) struct Marks<'a> {
    pub(super) labels: &'a [String],
    pub(super) tags: Option<&'a Tags>,
}

impl Marks<'_> {
    /// What stands in the place of a value that is there whole.
    pub(super) fn whole(&self, kind: Kind, value: &[u8]) -> Cow<'static, str> {
        match self.tags {
            Some(tags) => Cow::Owned(tags.label(kind.label(), value)),
            None => Cow::Borrowed(kind.label()),
        }
    }

    /// Whether a value is a label and nothing else.
    pub(super) fn covers(&self, value: &[u8]) -> bool {
        placeholder(&View::new(value, true), 0, self.labels).ok().flatten() == Some(value.len())
    }

    /// What stands in the place of the value that begins at `from`.
    pub(super) fn label(
        &self,
        kind: Kind,
        view: &View<'_>,
        from: usize,
        hidden: Hidden,
    ) -> Result<Cow<'static, str>, NeedMore> {
        let label = match self.tags {
            None => Cow::Borrowed(kind.label()),
            Some(_) => {
                let end = hidden.end(view, from, SPELLED, self.labels)?;
                self.whole(kind, view.slice(from, end))
            }
        };
        // In the authority of a URL, brackets are for addresses alone (RFC 3986, 3.2.2).
        Ok(match hidden.until {
            Until::UserInfo(_) => Cow::Owned(label.replace('[', "%5B").replace(']', "%5D")),
            _ => label,
        })
    }
}

/// The label, ours or a learned one (those are sorted), with or without a tag, that stands at `at`, by its length.
pub(super) fn placeholder(view: &View<'_>, at: usize, labels: &[String]) -> Result<Option<usize>, NeedMore> {
    if view.at(at)? != b'[' {
        return Ok(None);
    }
    let name = view.skip(at + 1, 48, |byte| byte.is_ascii_alphanumeric() || byte == b'-')?;
    let mut end = name;
    if view.at(name)? == b'.' {
        end = view.skip(name + 1, DIGITS, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))?;
        if end < name + 1 + DIGITS {
            return Ok(None);
        }
    }
    if view.at(end)? != b']' {
        return Ok(None);
    }
    let text = view.slice(at + 1, name);
    let label = [b"[", text, b"]"].concat();
    let known = LABELS.iter().any(|known| known.as_bytes() == label)
        || labels.binary_search_by(|known| known.as_bytes().cmp(&label)).is_ok();
    Ok(known.then_some(end + 1 - at))
}

/// The same, also as it stands in the authority of a URL: `%5Bpassword%5D`.
pub(super) fn any_placeholder(
    view: &View<'_>,
    at: usize,
    labels: &[String],
) -> Result<Option<usize>, NeedMore> {
    if !view.has(at, b"%5B")? {
        return placeholder(view, at, labels);
    }
    let end = view.skip(at + 3, 64, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))?;
    if !view.has(end, b"%5D")? {
        return Ok(None);
    }
    let label = [b"[", view.slice(at + 3, end), b"]"].concat();
    let known = placeholder(&View::new(&label, true), 0, labels)? == Some(label.len());
    Ok(known.then_some(end + 3 - at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_that_of_the_secret_however_it_is_written() {
        let tags = Tags::new(b"a key of the test");
        let one = tags.label("[token]", b"a/b+c");
        assert_eq!(one.len(), "[token.123456789012]".len());
        for other in ["a%2Fb%2bc", "a\\/b+c", "a\\u002fb\\u002Bc", "a/b\n +c", "a/b\\n+c"] {
            assert_eq!(tags.label("[token]", other.as_bytes()), one, "{other}");
        }
        assert_ne!(tags.label("[token]", b"a/b-c"), one);
        assert_ne!(Tags::new(b"another").label("[token]", b"a/b+c"), one);
        let view = View::new(one.as_bytes(), true);
        assert_eq!(placeholder(&view, 0, &[]).ok().flatten(), Some(one.len()));
    }
}
