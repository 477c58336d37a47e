//! The first difference between two canonical requests, and what causes such a difference.

use super::canonical::Canonical;
use super::cause::Cause;
use super::finding::{Finding, Part, shown_header, shown_param, shown_path};
use crate::sigv4::percent;
use crate::sigv4::uri::{self, PathRule};

/// Compares line by line what the client signed with what the service saw.
pub(super) fn first(ours: &Canonical, theirs: &Canonical) -> Option<Finding> {
    method(ours, theirs)
        .or_else(|| path(&ours.path, &theirs.path))
        .or_else(|| query(&ours.query, &theirs.query))
        .or_else(|| headers(ours, theirs))
        .or_else(|| signed_headers(ours, theirs))
        .or_else(|| payload(&ours.payload, &theirs.payload))
}

fn method(ours: &Canonical, theirs: &Canonical) -> Option<Finding> {
    let show = |canonical: &Canonical| String::from_utf8_lossy(&canonical.method).into_owned();
    (ours.method != theirs.method)
        .then(|| Finding::new(Cause::MethodChanged, Part::Method).lines(show(ours), show(theirs)))
}

fn path(ours: &[u8], theirs: &[u8]) -> Option<Finding> {
    if ours == theirs {
        return None;
    }
    let cause = if normal(ours) == normal(theirs) {
        Cause::PathNormalized
    } else if recoded(ours) == recoded(theirs) {
        Cause::PathEscapes
    } else if encoded(ours) == theirs || encoded(&normal(ours)) == theirs {
        Cause::PathEncodedOnce
    } else if encoded(theirs) == ours || encoded(&normal(theirs)) == ours {
        Cause::PathEncodedTwice
    } else {
        Cause::PathChanged
    };
    Some(Finding::new(cause, Part::Path).lines(shown_path(ours), shown_path(theirs)))
}

fn encoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    percent::encode(&mut out, path, Some(b'/'));
    out
}

fn recoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    uri::canonical_path(&mut out, path, PathRule::Recoded);
    out
}

/// Dot segments resolved and slashes merged; what is encoded stays as it is.
pub(super) fn normal(path: &[u8]) -> Vec<u8> {
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
    let mut out = Vec::with_capacity(path.len());
    for segment in &kept {
        out.push(b'/');
        out.extend_from_slice(segment);
    }
    if kept.is_empty() || path.ends_with(b"/") {
        out.push(b'/');
    }
    out
}

/// A parameter as it stands in a canonical query.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair<'a> {
    name: &'a [u8],
    value: &'a [u8],
    /// Without its `=`.
    bare: bool,
}

fn pairs(query: &[u8]) -> Vec<Pair<'_>> {
    let pieces = query.split(|&byte| byte == b'&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| match memchr::memchr(b'=', piece).and_then(|at| piece.split_at_checked(at)) {
            Some((name, value)) => Pair { name, value: value.get(1..).unwrap_or_default(), bare: false },
            None => Pair { name: piece, value: b"", bare: true },
        })
        .collect()
}

fn query(ours: &[u8], theirs: &[u8]) -> Option<Finding> {
    if ours == theirs {
        return None;
    }
    let (ours, theirs) = (pairs(ours), pairs(theirs));
    let left: Vec<_> = without(&ours, &theirs);
    let right: Vec<_> = without(&theirs, &ours);
    let show = |pair: &Pair<'_>| shown_param(pair.name, pair.value, pair.bare);
    let finding = |cause, ours: Option<&Pair<'_>>, theirs: Option<&Pair<'_>>| {
        let name = ours.or(theirs).map(|pair| percent::decode_all(pair.name)).unwrap_or_default();
        Finding::new(token_cause(cause, &name), Part::Query)
            .subject(&name)
            .lines(ours.map(show).unwrap_or_default(), theirs.map(show).unwrap_or_default())
    };
    if left.is_empty() && right.is_empty() {
        let at = ours.iter().zip(&theirs).find(|(a, b)| a != b);
        return Some(finding(Cause::QueryOrder, at.map(|pair| pair.0), at.map(|pair| pair.1)));
    }
    for own in &left {
        let same_name = |other: &&Pair<'_>| meaning(other.name) == meaning(own.name);
        let Some(other) = right.iter().find(same_name) else { continue };
        let same_value =
            |f: fn(&[u8]) -> Vec<u8>| f(own.name) == f(other.name) && f(own.value) == f(other.value);
        let cause = if own.bare != other.bare && own.value.is_empty() && other.value.is_empty() {
            Cause::QueryEmptyValue
        } else if same_value(percent::decode_all) {
            // A raw `+` against `%2B`: the one reads a plus sign, the other wrote none down.
            if has_plus(own) != has_plus(other) { Cause::QueryPlus } else { Cause::QueryEncoding }
        } else if same_value(without_plus) {
            Cause::QueryPlus
        } else if twice(own, other) {
            Cause::QueryEncoding
        } else {
            Cause::QueryParameterChanged
        };
        return Some(finding(cause, Some(own), Some(other)));
    }
    let lone = |pair: &Pair<'_>, cause| if pair.value.is_empty() { Cause::QueryEmptyValue } else { cause };
    if let Some(own) = left.first() {
        return Some(finding(lone(own, Cause::QueryParameterRemoved), Some(own), None));
    }
    let other = right.first()?;
    Some(finding(lone(other, Cause::QueryParameterAdded), None, Some(other)))
}

fn without<'a>(all: &[Pair<'a>], others: &[Pair<'a>]) -> Vec<Pair<'a>> {
    let mut rest = others.to_vec();
    rest.sort_unstable();
    let mut left = Vec::new();
    for pair in all {
        match rest.binary_search(pair) {
            Ok(at) => {
                rest.remove(at);
            }
            Err(_) => left.push(*pair),
        }
    }
    left
}

fn meaning(name: &[u8]) -> Vec<u8> {
    without_plus(&percent::decode_all(name))
}

fn has_plus(pair: &Pair<'_>) -> bool {
    memchr::memchr(b'+', pair.value).is_some() || memchr::memchr(b'+', pair.name).is_some()
}

/// Decoded, with what a `+` could stand for made one.
fn without_plus(text: &[u8]) -> Vec<u8> {
    let mut decoded = percent::decode_all(text);
    decoded.iter_mut().filter(|byte| **byte == b'+').for_each(|byte| *byte = b' ');
    decoded
}

/// Whether the one is the other encoded once more.
fn twice(a: &Pair<'_>, b: &Pair<'_>) -> bool {
    percent::decode_all(a.value) == b.value || percent::decode_all(b.value) == a.value
}

/// A difference about the session token has a cause of its own.
fn token_cause(cause: Cause, name: &[u8]) -> Cause {
    let token = [&b"x-amz-security-token"[..], b"x-amz-s3session-token"]
        .iter()
        .any(|token| name.eq_ignore_ascii_case(token));
    match cause {
        Cause::QueryParameterRemoved | Cause::HeaderRemoved if token => Cause::TokenMissing,
        Cause::QueryParameterAdded | Cause::HeaderAdded if token => Cause::TokenMisplaced,
        Cause::QueryParameterChanged | Cause::HeaderChanged if token => Cause::TokenInvalid,
        cause => cause,
    }
}

fn headers(ours: &Canonical, theirs: &Canonical) -> Option<Finding> {
    for (name, own) in &ours.headers {
        let other = theirs.header(name).unwrap_or_default();
        let Some(cause) = header_cause(name, own, other) else { continue };
        let lines = (shown_header(name, own), shown_header(name, other));
        return Some(Finding::new(cause, Part::Header).subject(name).lines(lines.0, lines.1));
    }
    let (name, added) = theirs.headers.iter().find(|(name, _)| ours.header(name).is_none())?;
    let cause = token_cause(Cause::HeaderAdded, name);
    Some(Finding::new(cause, Part::Header).subject(name).lines(String::new(), shown_header(name, added)))
}

fn header_cause(name: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Cause> {
    if ours == theirs {
        return None;
    }
    Some(match name {
        b"host" | b":authority" => Cause::WrongHost,
        _ if theirs.is_empty() => token_cause(Cause::HeaderRemoved, name),
        b"x-amz-content-sha256" => payload_cause(ours, theirs),
        _ if solid(ours) == solid(theirs) => Cause::HeaderWhiteSpace,
        _ if ours.is_empty() || grown(ours, theirs) => Cause::HeaderAdded,
        _ if sorted(ours) == sorted(theirs) => Cause::HeaderOrder,
        _ => token_cause(Cause::HeaderChanged, name),
    })
}

/// Without any white space.
fn solid(value: &[u8]) -> Vec<u8> {
    value.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
}

/// Whether the service saw our value and others beside it.
fn grown(ours: &[u8], theirs: &[u8]) -> bool {
    let before = theirs.strip_suffix(ours).is_some_and(|rest| rest.ends_with(b","));
    before || theirs.strip_prefix(ours).is_some_and(|rest| rest.starts_with(b","))
}

fn sorted(value: &[u8]) -> Vec<Vec<u8>> {
    let mut values: Vec<_> = value.split(|&byte| byte == b',').map(solid).collect();
    values.sort_unstable();
    values
}

fn signed_headers(ours: &Canonical, theirs: &Canonical) -> Option<Finding> {
    let show = |canonical: &Canonical| String::from_utf8_lossy(&canonical.signed_headers).into_owned();
    (ours.signed_headers != theirs.signed_headers)
        .then(|| Finding::new(Cause::SignedHeaders, Part::SignedHeaders).lines(show(ours), show(theirs)))
}

fn payload(ours: &[u8], theirs: &[u8]) -> Option<Finding> {
    let show = |line: &[u8]| String::from_utf8_lossy(line).chars().take(80).collect::<String>();
    (ours != theirs)
        .then(|| Finding::new(payload_cause(ours, theirs), Part::Payload).lines(show(ours), show(theirs)))
}

fn payload_cause(ours: &[u8], theirs: &[u8]) -> Cause {
    let literal = |line: &[u8]| line == b"UNSIGNED-PAYLOAD" || line.starts_with(b"STREAMING-UNSIGNED");
    if literal(ours) == literal(theirs) { Cause::PayloadChanged } else { Cause::PayloadUnsigned }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(path: &str, query: &str, header: &str, payload: &str) -> Canonical {
        let text = format!("GET\n{path}\n{query}\nhost:h\nx-amz-a:{header}\n\nhost;x-amz-a\n{payload}");
        Canonical::parse(text.as_bytes()).unwrap()
    }

    fn cause(ours: &Canonical, theirs: &Canonical) -> Option<Cause> {
        first(ours, theirs).map(|finding| finding.cause)
    }

    #[test]
    fn paths() {
        let cases = [
            ("/a%20b", "/a%2520b", Cause::PathEncodedOnce),
            ("/a%2520b", "/a%20b", Cause::PathEncodedTwice),
            ("/a//b%20c", "/a/b%2520c", Cause::PathEncodedOnce),
            ("/a/./b", "/a/b", Cause::PathNormalized),
            ("/b", "/a/../b", Cause::PathNormalized),
            ("/a%2fb~", "/a%2Fb%7E", Cause::PathEscapes),
            ("/stage/a", "/a", Cause::PathChanged),
        ];
        for (ours, theirs, expected) in cases {
            let (ours, theirs) = (canonical(ours, "", "", "p"), canonical(theirs, "", "", "p"));
            assert_eq!(cause(&ours, &theirs), Some(expected), "{expected:?}");
            assert_eq!(cause(&ours, &ours.clone()), None);
        }
    }

    #[test]
    fn queries() {
        let cases = [
            ("b=1&a=2", "a=2&b=1", Cause::QueryOrder),
            ("a=x%2By", "a=x%20y", Cause::QueryPlus),
            ("a=x+y", "a=x%2By", Cause::QueryPlus),
            ("a=x+y", "a=x%20y", Cause::QueryPlus),
            ("a=x/y", "a=x%2Fy", Cause::QueryEncoding),
            ("a=x%252Fy", "a=x%2Fy", Cause::QueryEncoding),
            ("a=%7e", "a=~", Cause::QueryEncoding),
            ("acl", "acl=", Cause::QueryEmptyValue),
            ("", "acl=", Cause::QueryEmptyValue),
            ("a=1", "a=1&b=2", Cause::QueryParameterAdded),
            ("a=1&b=2", "a=1", Cause::QueryParameterRemoved),
            ("a=1&a=1", "a=1", Cause::QueryParameterRemoved),
            ("a=1", "a=2", Cause::QueryParameterChanged),
            ("X-Amz-Security-Token=t", "", Cause::TokenMissing),
        ];
        for (ours, theirs, expected) in cases {
            let found = cause(&canonical("/", ours, "", "p"), &canonical("/", theirs, "", "p"));
            assert_eq!(found, Some(expected), "{ours} {theirs}");
        }
    }

    #[test]
    fn headers_and_payloads() {
        let cases = [
            ("a  b", "a b", Cause::HeaderWhiteSpace),
            ("a,b", "a, b", Cause::HeaderWhiteSpace),
            ("b,a", "a,b", Cause::HeaderOrder),
            ("a", "", Cause::HeaderRemoved),
            ("a", "a,b", Cause::HeaderAdded),
            ("a", "c", Cause::HeaderChanged),
        ];
        for (ours, theirs, expected) in cases {
            let found = cause(&canonical("/", "", ours, "p"), &canonical("/", "", theirs, "p"));
            assert_eq!(found, Some(expected), "{ours} {theirs}");
        }
        let payload = |ours, theirs| cause(&canonical("/", "", "", ours), &canonical("/", "", "", theirs));
        assert_eq!(payload("aa", "bb"), Some(Cause::PayloadChanged));
        assert_eq!(payload("aa", "UNSIGNED-PAYLOAD"), Some(Cause::PayloadUnsigned));
    }

    #[test]
    fn a_token_is_named_and_hidden() {
        let with = |value: &str| {
            let text =
                format!("GET\n/\n\nhost:h\nx-amz-security-token:{value}\n\nhost;x-amz-security-token\np");
            Canonical::parse(text.as_bytes()).unwrap()
        };
        let found = first(&with("token-of-ours"), &with("")).unwrap();
        assert_eq!(found.cause, Cause::TokenMissing);
        let found = first(&with("token-of-ours"), &with("token-of-theirs")).unwrap();
        assert_eq!(found.cause, Cause::TokenInvalid);
        assert!(!found.ours.contains("token-of") && !found.theirs.contains("token-of"), "{}", found.ours);
    }
}
