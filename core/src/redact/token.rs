//! Secrets that are known by how they begin: key ids, JWTs, session tokens, private keys, passwords in URLs.

use std::ops::Range;

use super::field;
use super::mark::{any_placeholder, placeholder};
use super::name::Kind;
use super::shape::{List, Verdict, hide};
use super::until::{Quote, Until, quote_at};
use super::view::{NeedMore, View};
use super::word::Ahead;
use super::written;

/// Whether a token may begin behind this byte, or end before it.
fn boundary(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && !b"_-+/]".contains(&byte)
}

/// Whether what stands right before is an escape and no part of the token: `%3D`, `\n`, `\u003d`.
pub(super) fn escaped(view: &View<'_>, at: usize) -> bool {
    let back = |count: usize| view.slice(at.saturating_sub(count), at);
    match back(2) {
        [b'\\', b'n' | b'r' | b't'] => true,
        _ => matches!(back(3), [b'%', ..]) && at >= 3 || back(6).starts_with(b"\\u00"),
    }
}

/// Twenty characters, four of them the prefix, with nothing of the kind around.
pub(super) fn is_key_id(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    let prefix = match view.slice(at, at + 4) {
        [b'A', b'3', b'T', _] => true,
        found => [b"AKIA", b"ASIA", b"ABIA", b"ACCA"].iter().any(|prefix| *prefix == found),
    };
    let before = view.before(at);
    if !prefix || (before.is_ascii_alphanumeric() || before == b']') && !escaped(view, at) {
        return Ok(false);
    }
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let end = view.skip(at, 20, upper)?;
    let after = view.at(end)?;
    Ok(end == at + 20 && !after.is_ascii_alphanumeric() && after != b'[')
}

fn base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn base64(byte: u8) -> bool {
    base64url(byte) || matches!(byte, b'+' | b'/')
}

/// How the registry's passwords begin: a JSON object whose first member is the payload.
const REGISTRY: &[u8] = b"eyJwYXlsb2Fk";

/// How Docker's logins begin (`{"auths":`), which Kubernetes keeps in base64.
const DOCKER: &[u8] = b"eyJhdXRocyI6";

/// RFC 7519 and 7516: base64url parts, the first of which is a JSON object. The passwords of ECR begin alike and have
/// one part only.
pub(super) fn jwt(view: &View<'_>, start: usize) -> Result<Verdict, NeedMore> {
    let before = view.before(start);
    let inside = base64url(before) || matches!(before, b'.' | b']');
    if view.slice(start, start + 3) != b"eyJ" || inside && !escaped(view, start) {
        return Ok(Verdict::Pass);
    }
    if view.has(start, REGISTRY)? && view.slice(start, start + REGISTRY.len()) == REGISTRY {
        let end = view.skip(start, 200, base64)?;
        return Ok(if end == start + 200 { hide(start, Kind::Token, Until::Token68) } else { Verdict::Pass });
    }
    if view.has(start, DOCKER)? && view.slice(start, start + DOCKER.len()) == DOCKER {
        let end = view.skip(start, 32, base64)?;
        return Ok(if end == start + 32 { hide(start, Kind::Secret, Until::Token68) } else { Verdict::Pass });
    }
    let dot = view.skip(start, 1024, base64url)?;
    if dot < start + 10 || view.at(dot)? != b'.' {
        return Ok(Verdict::Pass);
    }
    // An encrypted one may have no key.
    let next = dot + 1 + usize::from(view.at(dot + 1)? == b'.');
    if view.skip(next, 10, base64url)? < next + 10 {
        return Ok(Verdict::Pass);
    }
    Ok(hide(start, Kind::Jwt, Until::Token68))
}

/// Tokens of AWS that begin alike, and so many characters at least: of STS, of ECR, of EKS, of IAM Identity Center.
const BEGINNINGS: [(&str, Kind, usize); 10] = [
    ("IQoJb3JpZ2lu", Kind::SessionToken, 60),
    ("FwoGZXIvYXdz", Kind::SessionToken, 60),
    ("FQoGZXIvYXdz", Kind::SessionToken, 60),
    ("FwoDYXdz", Kind::SessionToken, 60),
    ("FQoDYXdz", Kind::SessionToken, 60),
    ("AQoDYXdz", Kind::SessionToken, 60),
    ("QVdTOmV5S", Kind::Token, 100),
    ("k8s-aws-v1.", Kind::Token, 40),
    ("aoaAAAAA", Kind::Token, 60),
    ("aorAAAAA", Kind::Token, 60),
];

/// One of [`BEGINNINGS`], as it is or percent-encoded.
pub(super) fn beginning(view: &View<'_>, start: usize) -> Result<Verdict, NeedMore> {
    if !boundary(view.before(start)) && !escaped(view, start) {
        return Ok(Verdict::Pass);
    }
    // AppSync's API keys have a length of their own.
    if view.has(start, b"da2-")? {
        let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let end = view.skip(start + 4, 27, lower)?;
        let exact = end == start + 30 && !view.at(end)?.is_ascii_alphanumeric();
        return Ok(if exact { hide(start, Kind::ApiKey, Until::Count(30)) } else { Verdict::Pass });
    }
    for (prefix, kind, least) in BEGINNINGS {
        if view.has(start, prefix.as_bytes())? && view.slice(start, start + prefix.len()) == prefix.as_bytes()
        {
            let end =
                view.skip(start, least, |byte| base64(byte) || matches!(byte, b'%' | b'.' | b'=' | b'\\'))?;
            if end < start + least {
                return Ok(Verdict::Pass);
            }
            return Ok(hide(start, kind, halves(view, start, prefix)?.unwrap_or(Until::Encoded68)));
        }
    }
    Ok(Verdict::Pass)
}

/// Tokens of IAM Identity Center have a second half behind a colon: both as one, if they end soon enough.
fn halves(view: &View<'_>, start: usize, prefix: &str) -> Result<Option<Until>, NeedMore> {
    if !prefix.starts_with("ao") {
        return Ok(None);
    }
    let digit = |byte: u8| base64(byte) || byte == b'=';
    let colon = view.skip(start, 1024, digit)?;
    if view.at(colon)? != b':' {
        return Ok(None);
    }
    let end = view.skip(colon + 1, 512, digit)?;
    Ok((end >= colon + 20).then_some(Until::Count(end - start)))
}

/// Of Amazon's Marketplace Web Service: `amzn.mws.` and a UUID.
pub(super) fn seller(view: &View<'_>, word: Range<usize>) -> Result<Verdict, NeedMore> {
    let digit = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    let end = view.skip(word.end, 37, digit)?;
    let parts: Vec<usize> = view.slice(word.end, end).split(|byte| *byte == b'-').map(<[u8]>::len).collect();
    let exact = parts == [8, 4, 4, 4, 12] && boundary(view.before(word.start)) && boundary(view.at(end)?);
    Ok(if exact { hide(word.start, Kind::Token, Until::Count(end - word.start)) } else { Verdict::Pass })
}

pub(super) fn bedrock_prefix(
    view: &View<'_>,
    word: Range<usize>,
    labels: &[String],
) -> Result<Verdict, NeedMore> {
    if view.skip(word.end, 16, base64)? < word.end + 16 {
        // `x-bedrock-api-key-name: …` is a field all the same.
        return field::judge(view, word.start, labels);
    }
    Ok(hide(word.start, Kind::BedrockApiKey, Until::Token68))
}

pub(super) fn bedrock(view: &View<'_>, word: Range<usize>) -> Result<Verdict, NeedMore> {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    let exact = view.slice(word.start, word.end) == b"ABSK" && boundary(view.before(word.start));
    if !exact || view.skip(word.end, 80, digit)? < word.end + 80 {
        return Ok(Verdict::Pass);
    }
    Ok(hide(word.start, Kind::BedrockApiKey, Until::Token68))
}

/// The lines that frame the key stay; what lies between goes, its line ends excepted. A space may be `+` or `%20`.
pub(super) fn pem(view: &View<'_>, at: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" +%".contains(&byte);
    let at = at + usize::from(matches!(view.at(at)?, b' ' | b'+'));
    let end = view.skip(at, 48, letter)?;
    let name = String::from_utf8_lossy(view.slice(at, end)).replace("%20", " ").replace('+', " ");
    if !(name.ends_with("PRIVATE KEY") || name.ends_with("PRIVATE KEY BLOCK")) || !view.has(end, b"-----")? {
        return Ok(Verdict::Pass);
    }
    let until = Until::Pem { left: 16 * 1024 };
    if let Some(len) = placeholder(view, end + 5, labels)? {
        return Ok(Verdict::Keep { until: end + 5 + len, rest: until, list: None });
    }
    Ok(hide(end + 5, Kind::PrivateKey, until))
}

/// `Bearer x` and `Basic x` wherever they stand. Words of prose are no credentials: those hold a digit, a `=`, or
/// small and capital letters at once.
pub(super) fn scheme(view: &View<'_>, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    let mut from = view.skip(word.end, 8, |byte| byte == b' ')?;
    if from == word.end && view.has(from, b"%20")? {
        from += 3;
    }
    if from == word.end || !boundary(view.before(word.start)) && !escaped(view, word.start) {
        // `bearer_token: x` is a field.
        return field::judge(view, word.start, labels);
    }
    let (kind, least) = match view.slice(word.start, word.start + 2) {
        [b'b' | b'B', b'e' | b'E'] => (Kind::BearerToken, 16),
        _ => (Kind::Credentials, 12),
    };
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let end = view.skip(from, 64, digit)?;
    let text = view.slice(from, end);
    let has = |of: fn(&u8) -> bool| text.iter().any(of);
    let mixed = has(|b| b.is_ascii_digit() || *b == b'=')
        || text.iter().skip(1).any(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    if text.len() < least || !mixed {
        return Ok(Verdict::Pass);
    }
    Ok(hide(from, kind, Until::Token68))
}

/// The greatest length of a user, and of a password, in a URL.
const USER: usize = 128;
const PASSWORD: usize = 256;

/// Where [`user_info`] finds something, there is nothing else between the word and a `@`.
pub(super) const USER_INFO: Ahead =
    Ahead { word: "://", byte: b'@', between: in_user_info, most: USER + 1 + PASSWORD };

fn in_user_info(byte: u8) -> bool {
    let other =
        matches!(byte, b'/' | b'?' | b'#' | b'@' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b',' | b';');
    byte.is_ascii_graphic() && !other || byte >= 0x80
}

/// RFC 3986, 3.2.1: `scheme://user:password@host`.
pub(super) fn user_info(view: &View<'_>, at: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    let colon = view.skip(at, USER, |byte| in_user_info(byte) && byte != b':')?;
    if view.at(colon)? != b':' {
        return Ok(Verdict::Pass);
    }
    let from = colon + 1;
    let end = view.skip(from, PASSWORD, in_user_info)?;
    let text = view.slice(from, end);
    let hidden =
        any_placeholder(view, from, labels)?.is_some_and(|len| text.starts_with(b"[") || len == text.len());
    if view.at(end)? != b'@' || end == from || hidden {
        return Ok(Verdict::Pass);
    }
    Ok(hide(from, Kind::Password, Until::UserInfo(end - from)))
}

/// `?code=X`, what a browser brings back from a sign-in. Codes that are short are codes of something else.
pub(super) fn code(view: &View<'_>, from: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    let until = Until::Word { encoded: true };
    if let Some(len) = placeholder(view, from, labels)? {
        return Ok(Verdict::Keep { until: from + len, rest: until, list: None });
    }
    let end = view.skip(from, 24, |byte| base64(byte) || matches!(byte, b'.' | b'%' | b'~'))?;
    Ok(if end == from + 24 { hide(from, Kind::Token, until) } else { Verdict::Pass })
}

/// `MFA code: 123456`, also as the AWS CLI asks for it: `Enter MFA code for arn:aws:iam::…:mfa/name: 123456`.
pub(super) fn mfa_code(view: &View<'_>, at: usize) -> Result<Verdict, NeedMore> {
    let mut from = at;
    for _ in 0..8 {
        // A label stands where the code stood.
        let between = |byte: u8| !byte.is_ascii_digit() && !matches!(byte, b'\n' | b'\r' | b'[' | 0);
        from = view.skip(from, 160, between)?;
        let end = view.skip(from, 32, |byte| byte.is_ascii_alphanumeric())?;
        let number = view.slice(from, end).iter().all(u8::is_ascii_digit);
        if number && end == from + 6 && matches!(view.before(from), b' ' | b':' | b'=' | b'"' | b'\'') {
            return Ok(hide(from, Kind::MfaCode, Until::Count(6)));
        }
        if end == from {
            break;
        }
        from = end;
    }
    Ok(Verdict::Pass)
}

/// The next text of a list whose texts before were hidden; `at` is where the last one ended.
pub(super) fn next_of_list(
    view: &View<'_>,
    at: usize,
    list: List,
    labels: &[String],
) -> Result<Verdict, NeedMore> {
    let white = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let (kind, quote) = list;
    let close = quote_at(view, at)?.filter(|(mark, _)| *mark == quote).map_or(0, |(_, len)| len);
    let comma = view.skip(at + close, 64, white)?;
    if view.at(comma)? != b',' {
        return Ok(Verdict::Pass);
    }
    let open = view.skip(comma + 1, 64, white)?;
    if let (b'0'..=b'9' | b'-', Quote::Mark { mark: b'"', backslashes }) = (view.at(open)?, quote) {
        let (until, wrap) = (Until::Word { encoded: false }, Some(backslashes));
        return Ok(Verdict::Hide { from: open, kind, until, wrap, list: Some(list) });
    }
    let open = open + written::prefix(view, open)?;
    let Some((_, len)) = quote_at(view, open)?.filter(|(mark, _)| *mark == quote) else {
        return Ok(Verdict::Pass);
    };
    let (from, until) = (open + len, Until::Quote { quote, passed: 0 });
    // What was hidden before stays, and so does a text without a letter.
    let len = placeholder(view, from, labels)?;
    if len.is_some() || quote_at(view, from)?.is_some_and(|(mark, _)| mark == quote) {
        return Ok(Verdict::Keep { until: from + len.unwrap_or(0), rest: until, list: Some(list) });
    }
    Ok(Verdict::Hide { from, kind, until, wrap: None, list: Some(list) })
}
