//! Secrets that are known by how they begin: key ids, JWTs, session tokens, private keys, passwords in URLs.

use std::ops::Range;

use super::field;
use super::mark::placeholder;
use super::name::Kind;
use super::pair;
use super::shape::{List, Verdict, hide};
use super::until::{Quote, Until, quote_at};
use super::view::{NeedMore, View};
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
            let enough = end == start + least;
            return Ok(if enough { hide(start, kind, Until::Encoded68) } else { Verdict::Pass });
        }
    }
    Ok(Verdict::Pass)
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

/// RFC 3986, 3.2.1: `scheme://user:password@host`.
pub(super) fn user_info(view: &View<'_>, at: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    let part = |byte: u8| byte.is_ascii_graphic() && !b"/?#@\"'`<>\\,;".contains(&byte) || byte >= 0x80;
    let colon = view.skip(at, 128, |byte| part(byte) && byte != b':')?;
    if view.at(colon)? != b':' {
        return Ok(Verdict::Pass);
    }
    let from = colon + 1;
    let end = view.skip(from, 256, part)?;
    let text = view.slice(from, end);
    let hidden = text.strip_prefix(b"%5B").and_then(|text| text.strip_suffix(b"%5D")).is_some_and(|name| {
        let label = [b"[", name, b"]"].concat();
        placeholder(&View::new(&label, true), 0, labels).ok().flatten() == Some(label.len())
    });
    if view.at(end)? != b'@' || end == from || hidden || placeholder(view, from, labels)?.is_some() {
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

/// `"Type": "SecureString", "Value": "…"`, as the parameter store answers, and PowerShell's
/// `ConvertTo-SecureString "…" -AsPlainText`.
pub(super) fn secure_string(
    view: &View<'_>,
    word: Range<usize>,
    labels: &[String],
) -> Result<Verdict, NeedMore> {
    let mut quote = None;
    let from = match quote_at(view, word.end)? {
        Some((mark, len)) => {
            let comma = view.skip(word.end + len, 16, |byte| byte <= b' ')?;
            quote = Some(mark);
            if view.at(comma)? != b',' { None } else { pair::second(view, comma + 1, quote, b"Type")? }
        }
        None if view.slice(word.start.saturating_sub(10), word.start).eq_ignore_ascii_case(b"convertto-") => {
            let at = view.skip(word.end, 4, |byte| byte == b' ')?;
            (view.at(at)? != b'-' && at > word.end).then_some(at)
        }
        None => None,
    };
    let Some(from) = from else { return Ok(Verdict::Pass) };
    let (from, until) = match quote_at(view, from)? {
        Some((mark, len)) => (from + len, Until::Quote { quote: mark, passed: 0 }),
        None if quote.is_none() => (from, Until::Bare),
        None => return Ok(Verdict::Pass),
    };
    if let Some(len) = placeholder(view, from, labels)? {
        return Ok(Verdict::Keep { until: from + len, rest: until, list: None });
    }
    let first = view.at(from)?;
    let empty = first <= b' '
        || first == b'$'
        || matches!((quote_at(view, from)?, until), (Some((mark, _)), Until::Quote { quote, .. }) if mark == quote);
    Ok(if empty { Verdict::Pass } else { hide(from, Kind::Secret, until) })
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
