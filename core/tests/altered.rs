//! Requests as AWS's own suites signed them, header and query, SigV4 and SigV4A: they verify, and with any one byte of
//! what is signed, or of the signature, changed they do not. Where a change leaves the canonical form as it is, no
//! verifier could see it; which those are is decided here, from the suites' own canonical requests.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

mod suite;

use std::convert::Infallible;
use std::fmt::Write;

use awsaccess::sigv4::{
    Algorithm, Payload, Policy, Request, SessionToken, Verified, VerifyErrorKind, VerifyFailure, explain,
    explain_presign, presign, sign, verify,
};
use suite::{Case, Pairs, parse_raw};

/// Where a signature stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Header,
    Query,
}

/// A signed request, and the first lines of the canonical request that was signed.
#[derive(Clone)]
struct Sent {
    method: String,
    target: Vec<u8>,
    headers: Pairs,
    body: Vec<u8>,
}

struct Signed<'a> {
    case: &'a Case,
    place: Place,
    policy: Policy,
    sent: Sent,
    canonical_path: String,
    canonical_query: String,
}

impl<'a> Signed<'a> {
    /// As the suite has it; the two cases of SigV4A that have no expectations are signed here.
    fn new(case: &'a Case, place: Place) -> Self {
        let part = if place == Place::Header { "header" } else { "query" };
        let file = format!("{part}-signed-request.txt");
        let (sent, canonical) = if case.dir.join(&file).exists() {
            let (method, target, headers, body) = parse_raw(case.expected(&file).as_bytes());
            (Sent { method, target, headers, body }, case.expected(&format!("{part}-canonical-request.txt")))
        } else {
            sign_again(case, place)
        };
        let mut lines = canonical.lines().skip(1).map(str::to_owned);
        let (canonical_path, canonical_query) = (lines.next().unwrap(), lines.next().unwrap());
        // What is signed before its token is attached verifies where the policy is lenient.
        let policy = if place == Place::Header { case.policy() } else { Policy::default() };
        Self { case, place, policy, sent, canonical_path, canonical_query }
    }

    fn verify(&self, sent: &Sent) -> Result<Verified, VerifyFailure<Infallible>> {
        let keys = &self.case.credentials;
        let request = Request::new(&sent.method, &sent.target, &sent.headers);
        let lookup = |id: &str| Ok((id == keys.access_key_id()).then(|| keys.clone()));
        verify(&request, Payload::Bytes(&sent.body), &self.policy, lookup, self.case.now)
    }

    /// Whether the canonical path and query of a target are those that were signed.
    fn same_target(&self, target: &[u8]) -> bool {
        let (path, query) = target.iter().position(|byte| *byte == b'?').map_or((target, &b""[..]), |at| {
            let (path, query) = target.split_at(at);
            (path, &query[1..])
        });
        let paths = [encoded(path, true), encoded(&normal(path), true)];
        let queries = [false, true].map(|plus_is_space| canonical_query(query, plus_is_space));
        paths.contains(&self.canonical_path) && queries.contains(&self.canonical_query)
    }
}

fn sign_again(case: &Case, place: Place) -> (Sent, String) {
    let (request, payload) = (case.request(), Payload::Bytes(&case.body));
    let (keys, scope, settings) = (&case.credentials, &case.scope, &case.settings);
    let mut sent = Sent {
        method: case.method.clone(),
        target: case.target.clone(),
        headers: case.headers.clone(),
        body: case.body.clone(),
    };
    let explained = if place == Place::Header {
        sent.headers = sign(&request, payload, keys, scope, settings, case.now).unwrap().apply(&request);
        explain(&request, payload, keys, scope, settings, case.now)
    } else {
        let link = presign(&request, payload, keys, scope, settings, case.expires, case.now).unwrap();
        sent.target = link.target().to_vec();
        explain_presign(&request, payload, keys, scope, settings, case.expires, case.now)
    };
    (sent, String::from_utf8(explained.unwrap().canonical_request).unwrap())
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Percent-encoded as it stands, slashes kept where `path` says so.
fn encoded(bytes: &[u8], path: bool) -> String {
    let mut out = String::new();
    for &byte in bytes {
        if is_unreserved(byte) || (path && byte == b'/') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
    }
    if path && out.is_empty() { "/".into() } else { out }
}

/// RFC 3986, 5.2.4, and runs of slashes made one.
fn normal(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let slash: &[u8] = if path.ends_with(b"/") && !kept.is_empty() { b"/" } else { b"" };
    [b"/", kept.join(&b'/').as_slice(), slash].concat()
}

fn decoded(text: &[u8], plus_is_space: bool) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text);
    while let [first, after @ ..] = rest {
        let escape = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escape = escape.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (first, escape) {
            (b'%', Some(digits)) => {
                out.push(u8::from_str_radix(digits, 16).unwrap());
                rest = &after[2..];
            }
            (b'+', _) if plus_is_space => {
                out.push(b' ');
                rest = after;
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// Without the parameter that carries the signature.
fn canonical_query(query: &[u8], plus_is_space: bool) -> String {
    let component = |text: &[u8]| encoded(&decoded(text, plus_is_space), false);
    let mut pairs: Vec<(String, String)> = query
        .split(|byte| *byte == b'&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let at = piece.iter().position(|byte| *byte == b'=').unwrap_or(piece.len());
            (component(&piece[..at]), component(piece.get(at + 1..).unwrap_or_default()))
        })
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The value of the parameter that carries the signature.
fn signature_of(target: &[u8]) -> Option<&[u8]> {
    let at = target.windows(17).position(|window| &window[1..] == b"X-Amz-Signature=")?;
    Some(&target[at + 17..])
}

/// A header value with each run of white space one space.
fn words(value: &[u8]) -> Vec<u8> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    value.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(&b' ')
}

/// How many changes were refused, and how many no verifier could see.
#[derive(Default, Debug, Clone, Copy)]
struct Count {
    refused: usize,
    same: usize,
}

impl Count {
    fn check(&mut self, signed: &Signed<'_>, altered: &Sent, same: bool, what: impl Fn() -> String) {
        if same {
            self.same += 1;
            return;
        }
        self.refused += 1;
        let name = &signed.case.name;
        assert!(signed.verify(altered).is_err(), "{name}, {:?}: {} was accepted", signed.place, what());
    }

    /// Every byte of the request in turn, with each of `flips`.
    fn every_byte(&mut self, signed: &Signed<'_>, flips: &[u8]) {
        let sent = &signed.sent;
        for &flip in flips {
            for at in 0..sent.method.len() {
                let mut altered = sent.clone();
                let mut method = altered.method.into_bytes();
                method[at] ^= flip;
                // What is no text cannot be a method, nor be given as one.
                let Ok(method) = String::from_utf8(method) else { continue };
                altered.method = method;
                self.check(signed, &altered, false, || format!("method byte {at} ^ {flip:#x}"));
            }
            for at in 0..sent.target.len() {
                let mut altered = sent.clone();
                altered.target[at] ^= flip;
                let same = signed.same_target(&altered.target)
                    && signature_of(&altered.target) == signature_of(&sent.target);
                self.check(signed, &altered, same, || format!("target byte {at} ^ {flip:#x}"));
            }
            for (nth, (name, value)) in sent.headers.iter().enumerate() {
                let shown = String::from_utf8_lossy(name);
                for at in 0..name.len() {
                    let mut altered = sent.clone();
                    altered.headers[nth].0[at] ^= flip;
                    let same = altered.headers[nth].0.eq_ignore_ascii_case(name);
                    // Names have no case, so that this one must be accepted still.
                    assert!(
                        !same || signed.verify(&altered).is_ok(),
                        "{}: {shown} byte {at}",
                        signed.case.name
                    );
                    self.check(signed, &altered, same, || format!("{shown}: name byte {at} ^ {flip:#x}"));
                }
                for at in 0..value.len() {
                    let mut altered = sent.clone();
                    altered.headers[nth].1[at] ^= flip;
                    let same = words(&altered.headers[nth].1) == words(value);
                    self.check(signed, &altered, same, || format!("{shown}: value byte {at} ^ {flip:#x}"));
                }
            }
            for at in 0..sent.body.len() {
                let mut altered = sent.clone();
                altered.body[at] ^= flip;
                self.check(signed, &altered, false, || format!("body byte {at} ^ {flip:#x}"));
            }
        }
    }

    /// What is left out, or added.
    fn lengths(&mut self, signed: &Signed<'_>) {
        let sent = &signed.sent;
        for nth in 0..sent.headers.len() {
            let mut altered = sent.clone();
            let (name, _) = altered.headers.remove(nth);
            let shown = String::from_utf8_lossy(&name).into_owned();
            self.check(signed, &altered, false, || format!("without {shown}"));
            let mut altered = sent.clone();
            altered.headers.push((name, b"again".to_vec()));
            self.check(signed, &altered, false, || format!("another {shown}"));
        }
        for body in
            [sent.body.split_last().map(|(_, rest)| rest.to_vec()), Some([&sent.body[..], b"x"].concat())]
        {
            let Some(body) = body else { continue };
            self.check(signed, &Sent { body, ..sent.clone() }, false, || "another length of the body".into());
        }
        for end in [&b"&x"[..], b"?", b"%20", b"/"] {
            let target = [&sent.target[..], end].concat();
            let same = signed.same_target(&target) && signature_of(&target) == signature_of(&sent.target);
            self.check(signed, &Sent { target, ..sent.clone() }, same, || "a longer target".into());
        }
    }
}

/// All of a suite, on as many threads as there are cores, since ECDSA takes its time.
fn suite_of(algorithm: Algorithm, place: Place, flips: &[u8]) -> Count {
    let cases = suite::cases(algorithm);
    let work = |cases: &[Case]| {
        let mut count = Count::default();
        for case in cases {
            let signed = Signed::new(case, place);
            let first = signed.verify(&signed.sent).map(drop);
            if place == Place::Query && case.settings.session_token == SessionToken::Append {
                // The token is part of the query that AWS verifies, unsigned or not; IoT alone leaves it out.
                let Err(VerifyFailure::Refused(error)) = first else { panic!("{}", case.name) };
                assert_eq!(error.kind(), VerifyErrorKind::SignatureMismatch, "{}", case.name);
                continue;
            }
            assert_eq!(first, Ok(()), "{}", case.name);
            count.every_byte(&signed, flips);
            count.lengths(&signed);
        }
        count
    };
    let halves = cases.split_at(cases.len() / 2);
    let [first, second] = std::thread::scope(|scope| {
        [halves.0, halves.1].map(|half| scope.spawn(move || work(half))).map(|half| half.join().unwrap())
    });
    Count { refused: first.refused + second.refused, same: first.same + second.same }
}

/// The lowest bit, the bit of the case, and one that makes text no text.
const FLIPS: [u8; 3] = [0x01, 0x20, 0x80];

#[test]
fn sigv4_in_headers() {
    let count = suite_of(Algorithm::V4, Place::Header, &FLIPS);
    assert!(count.refused > 30_000 && count.same * 20 < count.refused, "{count:?}");
}

#[test]
fn sigv4_in_queries() {
    let count = suite_of(Algorithm::V4, Place::Query, &FLIPS);
    assert!(count.refused > 30_000 && count.same * 50 < count.refused, "{count:?}");
}

#[test]
fn sigv4a_in_headers() {
    let count = suite_of(Algorithm::V4a, Place::Header, &FLIPS[..1]);
    assert!(count.refused > 12_000 && count.same * 100 < count.refused, "{count:?}");
}

#[test]
fn sigv4a_in_queries() {
    let count = suite_of(Algorithm::V4a, Place::Query, &FLIPS[..1]);
    assert!(count.refused > 12_000 && count.same * 100 < count.refused, "{count:?}");
}
