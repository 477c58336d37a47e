//! The canonical path and the canonical query, made from the raw bytes of the request target.
//!
//! A path is never taken apart into decoded segments and put together again: `%2F` inside a segment would
//! become a separator. See "Create a canonical request" in the IAM User Guide.

use super::percent;

/// How the canonical path is made from the path on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathRule {
    /// Byte for byte as it was sent.
    AsSent,
    /// Each byte decoded once and strictly encoded again; `%2F` stays `%2F`. What S3 computes.
    Recoded,
    /// Encoded once more on top of what was sent (`%3A` becomes `%253A`); all services but S3's family.
    Encoded {
        /// Whether `.` and `..` segments are resolved and repeated slashes merged first.
        normalize: bool,
    },
}

/// What a raw `+` in a query stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plus {
    /// A plus sign, `%2B`: AWS's own reading.
    Sign,
    /// A space, `%20`: what clients mean that encode forms.
    Space,
}

/// Appends the canonical form of `path`.
pub(crate) fn canonical_path(out: &mut Vec<u8>, path: &[u8], rule: PathRule) {
    match rule {
        _ if path.is_empty() => out.push(b'/'),
        PathRule::AsSent => out.extend_from_slice(path),
        PathRule::Recoded => recode_path(out, path),
        PathRule::Encoded { normalize: false } => percent::encode(out, path, Some(b'/')),
        PathRule::Encoded { normalize: true } if is_normal(path) => percent::encode(out, path, Some(b'/')),
        PathRule::Encoded { normalize: true } => {
            let mut kept: Vec<&[u8]> = Vec::new();
            for segment in path.split(|&byte| byte == b'/') {
                match segment {
                    b"" | b"." => {}
                    b".." => {
                        kept.pop();
                    }
                    name => kept.push(name),
                }
            }
            for segment in &kept {
                out.push(b'/');
                percent::encode(out, segment, None);
            }
            if kept.is_empty() || path.ends_with(b"/") {
                out.push(b'/');
            }
        }
    }
}

/// Appends `path` decoded once and strictly encoded again, literal slashes kept as they are.
pub(crate) fn recode_path(out: &mut Vec<u8>, path: &[u8]) {
    for (byte, escaped) in percent::decode(path) {
        if byte == b'/' && !escaped {
            out.push(byte);
        } else {
            percent::push_byte(out, byte);
        }
    }
}

/// Whether there is nothing to normalise: no empty, `.` or `..` segment.
fn is_normal(path: &[u8]) -> bool {
    path.starts_with(b"/")
        && memchr::memmem::find(path, b"//").is_none()
        && memchr::memmem::find(path, b"/.").is_none()
}

/// One `name=value` of a query, still encoded as it was sent.
#[derive(Clone, Copy)]
pub(crate) struct Param<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
}

/// The parameters in the order sent; empty pieces (`&&`) are none. `?x` and `?x=` are the same.
pub(crate) fn params(query: &[u8]) -> impl Iterator<Item = Param<'_>> + Clone {
    query.split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()).map(|piece| {
        match memchr::memchr(b'=', piece) {
            Some(at) => Param {
                name: piece.get(..at).unwrap_or_default(),
                value: piece.get(at + 1..).unwrap_or_default(),
            },
            None => Param { name: piece, value: b"" },
        }
    })
}

/// Appends one component decoded and strictly encoded again.
pub(crate) fn recode_component(out: &mut Vec<u8>, component: &[u8], plus: Plus) {
    for (byte, escaped) in percent::decode(component) {
        match (byte, escaped, plus) {
            (b'+', false, Plus::Space) => out.extend_from_slice(b"%20"),
            _ => percent::push_byte(out, byte),
        }
    }
}

/// Appends the canonical query: every name and value encoded strictly, sorted by encoded name, then value.
pub(crate) fn canonical_query<'a>(out: &mut Vec<u8>, params: impl Iterator<Item = Param<'a>>, plus: Plus) {
    let mut text = Vec::new();
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for param in params {
        let start = text.len();
        recode_component(&mut text, param.name, plus);
        let middle = text.len();
        recode_component(&mut text, param.value, plus);
        pairs.push((start, middle, text.len()));
    }
    let name = |&(start, middle, _): &(usize, usize, usize)| text.get(start..middle).unwrap_or_default();
    let value = |&(_, middle, end): &(usize, usize, usize)| text.get(middle..end).unwrap_or_default();
    pairs.sort_unstable_by(|a, b| (name(a), value(a)).cmp(&(name(b), value(b))));
    for (nth, pair) in pairs.iter().enumerate() {
        if nth > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name(pair));
        out.push(b'=');
        out.extend_from_slice(value(pair));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str, rule: PathRule) -> String {
        let mut out = Vec::new();
        canonical_path(&mut out, path.as_bytes(), rule);
        String::from_utf8(out).unwrap()
    }

    fn query(query: &str, plus: Plus) -> String {
        let mut out = Vec::new();
        canonical_query(&mut out, params(query.as_bytes()), plus);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn s3_keeps_the_key() {
        assert_eq!(path("/a%2Fb//c/../d%20e", PathRule::AsSent), "/a%2Fb//c/../d%20e");
        assert_eq!(path("/a%2fb//c/./$x+%61é", PathRule::Recoded), "/a%2Fb//c/./%24x%2Ba%C3%A9");
        assert_eq!(path("", PathRule::AsSent), "/");
    }

    #[test]
    fn others_encode_twice() {
        let normal = PathRule::Encoded { normalize: true };
        assert_eq!(path("/model/a%3Ab/invoke", normal), "/model/a%253Ab/invoke");
        assert_eq!(path("//a//b/", normal), "/a/b/");
        assert_eq!(path("/a/b/..", normal), "/a");
        assert_eq!(path("/../..", normal), "/");
        assert_eq!(path("/.well-known/x", normal), "/.well-known/x");
        assert_eq!(path("//a/./b", PathRule::Encoded { normalize: false }), "//a/./b");
    }

    #[test]
    fn query_is_sorted_by_what_is_sent() {
        assert_eq!(query("b=2&a=2&a=1&&acl&=x", Plus::Sign), "=x&a=1&a=2&acl=&b=2");
        assert_eq!(query("a=b=c&x=%7e%2b+", Plus::Sign), "a=b%3Dc&x=~%2B%2B");
        assert_eq!(query("x=a+b%2B", Plus::Space), "x=a%20b%2B");
        assert_eq!(query("a-=1&a=2&a%20=3", Plus::Sign), "a=2&a%20=3&a-=1");
    }
}
