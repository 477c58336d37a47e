//! The canonical path and the canonical query, made from the raw bytes of the request target.
//!
//! A path is never taken apart into decoded segments and put together again: `%2F` inside a segment would
//! become a separator. See "Create a canonical request" in the IAM User Guide.

use super::percent;
use super::sink::Sink;
use super::split::cut;

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
pub(crate) fn canonical_path(out: &mut impl Sink, path: &[u8], rule: PathRule) {
    match path {
        b"" | b"/" => out.put(b"/"),
        _ => longer_path(out, path, rule),
    }
}

#[inline(never)]
fn longer_path(out: &mut impl Sink, path: &[u8], rule: PathRule) {
    match rule {
        PathRule::AsSent => out.put(path),
        PathRule::Recoded => recode_path(out, path),
        PathRule::Encoded { normalize: false } => percent::encode(out, path, Some(b'/')),
        PathRule::Encoded { normalize: true } if is_normal(path) => percent::encode(out, path, Some(b'/')),
        PathRule::Encoded { normalize: true } => {
            let mut kept: smallvec::SmallVec<[&[u8]; 32]> = smallvec::SmallVec::new();
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
                out.put(b"/");
                percent::encode(out, segment, None);
            }
            if kept.is_empty() || path.ends_with(b"/") {
                out.put(b"/");
            }
        }
    }
}

/// Appends `path` decoded once and strictly encoded again, literal slashes kept as they are.
pub(crate) fn recode_path(out: &mut impl Sink, path: &[u8]) {
    if !has_escape(path) {
        return percent::encode(out, path, Some(b'/'));
    }
    for (byte, escaped) in percent::decode(path) {
        if byte == b'/' && !escaped {
            out.put(b"/");
        } else {
            percent::push_byte(out, byte);
        }
    }
}

fn has_escape(bytes: &[u8]) -> bool {
    memchr::memchr(b'%', bytes).is_some()
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

/// The parameters of a query in the order sent; empty pieces (`&&`) are none. `?x` and `?x=` are the same.
#[derive(Clone)]
pub(crate) struct Params<'a> {
    rest: &'a [u8],
    then: &'a [u8],
    signature: bool,
}

/// Reads the parameters of a query.
pub(crate) const fn params(query: &[u8]) -> Params<'_> {
    Params { rest: query, then: b"", signature: true }
}

impl<'a> Params<'a> {
    /// Goes on with those of another query.
    pub(crate) const fn followed_by(mut self, query: &'a [u8]) -> Self {
        self.then = query;
        self
    }

    /// Whether there is no query at all.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty() && self.then.is_empty()
    }

    /// Passes `X-Amz-Signature` over, which no signature covers.
    pub(crate) const fn without_signature(mut self) -> Self {
        self.signature = false;
        self
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        loop {
            if self.rest.is_empty() {
                if self.then.is_empty() {
                    return None;
                }
                self.rest = std::mem::take(&mut self.then);
            }
            let (piece, rest) = cut(self.rest, b'&');
            self.rest = rest;
            let (name, value) = cut(piece, b'=');
            let skipped = !self.signature && is_named(name, b"X-Amz-Signature");
            if !piece.is_empty() && !skipped {
                return Some(Param { name, value });
            }
        }
    }
}

/// Whether an encoded name stands for `plain`.
pub(crate) fn is_named(name: &[u8], plain: &[u8]) -> bool {
    name.len() >= plain.len() && percent::decode(name).map(|(byte, _)| byte).eq(plain.iter().copied())
}

/// Appends one component decoded and strictly encoded again.
pub(crate) fn recode_component(out: &mut impl Sink, component: &[u8], plus: Plus) {
    if plus == Plus::Sign && !has_escape(component) {
        return percent::encode(out, component, None);
    }
    for (byte, escaped) in percent::decode(component) {
        match (byte, escaped, plus) {
            (b'+', false, Plus::Space) => out.put(b"%20"),
            _ => percent::push_byte(out, byte),
        }
    }
}

/// Appends the canonical query: every name and value encoded strictly, sorted by encoded name, then value.
#[inline(never)]
pub(crate) fn canonical_query<'p>(out: &mut impl Sink, params: impl Iterator<Item = Param<'p>>, plus: Plus) {
    let mut sorted: smallvec::SmallVec<[Param<'_>; 24]> = params.collect();
    sorted.sort_by(|a, b| {
        compare_recoded(a.name, b.name, plus).then_with(|| compare_recoded(a.value, b.value, plus))
    });
    for (nth, param) in sorted.iter().enumerate() {
        if nth > 0 {
            out.put(b"&");
        }
        recode_component(out, param.name, plus);
        out.put(b"=");
        recode_component(out, param.value, plus);
    }
}

/// Orders two components as what [`recode_component`] makes of them.
fn compare_recoded(a: &[u8], b: &[u8], plus: Plus) -> std::cmp::Ordering {
    recoded(a, plus).cmp(recoded(b, plus))
}

fn recoded(component: &[u8], plus: Plus) -> impl Iterator<Item = u8> {
    percent::decode(component).flat_map(move |(byte, escaped)| match (byte, escaped, plus) {
        (b'+', false, Plus::Space) => percent::Encoded::of(b' '),
        _ => percent::Encoded::of(byte),
    })
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
