//! What the client signed, found by trying: the ways in which signers go wrong, against the signature that they made.

use std::time::Duration;

use super::canonical::{Canonical, Text};
use super::difference::normal;
use super::sent::Sent;
use crate::credentials::Credentials;
use crate::hash::{Hashing, sha256_hex};
use crate::partition;
use crate::secret::Secret;
use crate::sigv4::header::{TokenName, canonical_value, trim};
use crate::sigv4::key::Key;
use crate::sigv4::payload::{Payload, UNSIGNED_PAYLOAD};
use crate::sigv4::percent;
use crate::sigv4::scope::{Algorithm, Scope};
use crate::sigv4::signature::Signature;
use crate::sigv4::uri::{self, PathRule, Plus};
use crate::time::Time;

/// The most canonical requests that are tried; an ECDSA signature takes some hundred times the work of an HMAC.
const MOST: usize = 768;
const MOST_SLOW: usize = 48;
/// A canonical request above this is hashed slowly, too.
const LARGE: usize = 128 << 10;

/// Services that are taken for one another.
const SERVICES: [&str; 12] = [
    "s3",
    "s3express",
    "execute-api",
    "sts",
    "iam",
    "es",
    "aoss",
    "bedrock",
    "lambda",
    "dynamodb",
    "iotdata",
    "aps",
];

/// Regions that are taken for one another.
const REGIONS: [&str; 14] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-north-1",
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
];

/// What the client's signature turned out to be good for.
pub(super) struct Proof {
    /// The canonical request that was signed.
    pub(super) canonical: Canonical,
    /// How the key was made, if otherwise than the scope says.
    pub(super) key: KeyForm,
}

/// How a signing key was made.
pub(super) enum KeyForm {
    /// From the secret and the scope of the request.
    Right,
    /// For another day.
    Day(Time),
    /// For another region or service.
    Scope(Scope),
    /// From the secret with something around it; what.
    Secret(&'static str),
}

/// Finds the canonical request and the key that give the request's signature.
pub(super) fn prove(
    sent: &Sent<'_>,
    credentials: &Credentials,
    payload: Payload<'_>,
    others: &[Scope],
) -> Option<Proof> {
    let signed_at = sent.signed_at?;
    let signature = Signature::parse(sent.scope.algorithm(), &sent.signature)?;
    let base = sent.canonical(payload);
    let secret = credentials.secret_access_key();
    let (check, _) = Key::from(credentials).check(&sent.access_key_id, &sent.scope, signed_at);
    let accepts =
        |canonical: &Canonical| check.accepts(to_sign(sent, &sent.scope, canonical.hash()), &signature);
    if accepts(&base) {
        return Some(Proof { canonical: base, key: KeyForm::Right });
    }
    let quick = sent.scope.algorithm() == Algorithm::V4 && base.write().len() <= LARGE;
    let most = if quick { MOST } else { MOST_SLOW };
    let found = candidates(sent, &base, payload).take(most).find(|canonical| accepts(canonical));
    if let Some(canonical) = found {
        return Some(Proof { canonical, key: KeyForm::Right });
    }
    let hash = base.hash();
    keys(sent, secret, signed_at, others)
        .find(|(form, secret, scope, day)| {
            // The scope is written in the string to sign as well: both ways of getting it wrong.
            let written = if let KeyForm::Scope(scope) = form { scope } else { &sent.scope };
            let (check, _) = Key::from(secret).check(&sent.access_key_id, scope, *day);
            check.accepts(to_sign(sent, &sent.scope, hash), &signature)
                || check.accepts(to_sign(sent, written, hash), &signature)
        })
        .map(|(key, ..)| Proof { canonical: base, key })
}

/// Writes the string to sign over a canonical request's hash.
fn to_sign(sent: &Sent<'_>, scope: &Scope, hash: [u8; 64]) -> impl FnOnce(&mut Hashing<'_>) {
    move |out| out.update(&sent.string_to_sign(scope, &sent.day, &hash))
}

type OtherKey = (KeyForm, Secret, Scope, Time);

/// Other keys that a confused client derives.
fn keys<'a>(
    sent: &'a Sent<'_>,
    secret: &'a Secret,
    signed_at: Time,
    others: &'a [Scope],
) -> impl Iterator<Item = OtherKey> + 'a {
    let day = Duration::from_secs(86_400);
    let named = Time::parse_amz(&format!("{}T000000Z", sent.day));
    let days = [Some(signed_at - day), Some(signed_at + day), named]
        .into_iter()
        .flatten()
        .map(|day| (KeyForm::Day(day), secret.clone(), sent.scope.clone(), day));
    let region = sent.scope.region();
    let scopes = others
        .iter()
        .cloned()
        .chain(host_scope(sent))
        .chain(SERVICES.map(|service| Scope::new(region, service)))
        .chain(REGIONS.map(|region| Scope::new(region, sent.scope.service())))
        .filter(|scope| *scope != sent.scope && sent.scope.algorithm() == Algorithm::V4)
        .map(move |scope| (KeyForm::Scope(scope.clone()), secret.clone(), scope, signed_at));
    let text = secret.expose();
    let around = [
        ("a line break after it", format!("{text}\n")),
        ("a line break after it", format!("{text}\r\n")),
        ("a carriage return after it", format!("{text}\r")),
        ("a space after it", format!("{text} ")),
        ("a space before it", format!(" {text}")),
        ("quotes around it", format!("\"{text}\"")),
        ("quotes around it", format!("'{text}'")),
        ("white space around it in what was given", text.trim().to_owned()),
    ]
    .map(|(what, text)| (KeyForm::Secret(what), Secret::new(text), sent.scope.clone(), signed_at));
    days.chain(scopes).chain(around)
}

/// The scope that the host asks for.
pub(super) fn host_scope(sent: &Sent<'_>) -> Option<Scope> {
    let host = std::str::from_utf8(sent.request.host()?).ok()?;
    let endpoint = partition::endpoint(host).ok()?;
    let region = endpoint.region().unwrap_or(sent.scope.region());
    Some(Scope::new(region, endpoint.signing_name))
}

/// One line changed, then any two: nearest first.
fn candidates<'c>(
    sent: &Sent<'_>,
    base: &'c Canonical,
    payload: Payload<'_>,
) -> impl Iterator<Item = Canonical> + 'c {
    let mut changes: Vec<Change> = Vec::new();
    changes.extend(paths(sent).into_iter().map(Change::Path));
    changes.extend(queries(sent).into_iter().map(Change::Query));
    changes.extend(header_blocks(sent).into_iter().map(Change::Headers));
    changes.extend(hosts(sent, base).into_iter().map(Change::Host));
    changes.extend(payloads(payload).into_iter().map(Change::Payload));
    let methods = ["GET", "PUT", "POST", "HEAD", "DELETE"];
    changes.extend(methods.map(|method| Change::Method(Text::new(method.as_bytes().to_vec()))));
    changes.retain(|change| change.is_one(base));
    let count = changes.len();
    let singles: Vec<_> = (0..count).map(|first| (first, None)).collect();
    let pairs = (0..count).flat_map(move |first| (first + 1..count).map(move |second| (first, Some(second))));
    singles.into_iter().chain(pairs).filter_map(move |(first, second)| {
        let mut canonical = base.clone();
        let first = changes.get(first)?;
        first.apply(&mut canonical);
        if let Some(second) = second {
            let second = changes.get(second)?;
            if std::mem::discriminant(first) == std::mem::discriminant(second) {
                return None;
            }
            second.apply(&mut canonical);
        }
        Some(canonical)
    })
}

/// One line of a canonical request, written otherwise.
enum Change {
    Path(Text),
    Query(Text),
    Headers(Vec<(Vec<u8>, Text)>),
    Host(Text),
    Payload(Text),
    Method(Text),
}

impl Change {
    fn apply(&self, canonical: &mut Canonical) {
        match self {
            Self::Path(path) => canonical.path = path.clone(),
            Self::Query(query) => canonical.query = query.clone(),
            Self::Headers(headers) => canonical.headers = headers.clone(),
            Self::Host(host) => {
                for (name, value) in &mut canonical.headers {
                    if name == b"host" {
                        *value = host.clone();
                    }
                }
            }
            Self::Payload(payload) => {
                canonical.payload = payload.clone();
            }
            Self::Method(method) => canonical.method = method.clone(),
        }
    }

    fn is_one(&self, base: &Canonical) -> bool {
        let mut changed = base.clone();
        self.apply(&mut changed);
        changed != *base
    }
}

fn paths(sent: &Sent<'_>) -> Vec<Text> {
    let wire = sent.request.path();
    let decoded = percent::decode_all(wire);
    let rule = |path: &[u8], rule| {
        let mut out = Text::default();
        uri::canonical_path(&mut *out, path, rule);
        out
    };
    let once = rule(wire, PathRule::Encoded { normalize: false });
    let mut all = vec![
        rule(wire, PathRule::AsSent),
        rule(wire, PathRule::Recoded),
        rule(wire, PathRule::Encoded { normalize: true }),
        rule(&once, PathRule::Encoded { normalize: false }),
        rule(&once, PathRule::Encoded { normalize: true }),
        rule(&normal(wire), PathRule::AsSent),
        rule(&normal(wire), PathRule::Recoded),
        rule(&decoded, PathRule::AsSent),
        rule(&decoded, PathRule::Encoded { normalize: true }),
        Text::new(b"/".to_vec()),
    ];
    all.push(once);
    all
}

fn queries(sent: &Sent<'_>) -> Vec<Text> {
    let params: Vec<_> = sent.params().collect();
    let joined = |pieces: Vec<Vec<u8>>| Text::new(pieces.join(&b'&'));
    let raw = |bare: bool| -> Vec<Vec<u8>> {
        params
            .iter()
            .map(|param| match param.value {
                b"" if bare => param.name.to_vec(),
                value => [param.name, b"=", value].concat(),
            })
            .collect()
    };
    let recoded = |bare: bool, keep: &dyn Fn(&mut Vec<u8>, &[u8])| -> Vec<Vec<u8>> {
        params
            .iter()
            .map(|param| {
                let mut piece = Vec::new();
                uri::recode_component(&mut piece, param.name, Plus::Sign);
                if !(bare && param.value.is_empty()) {
                    piece.push(b'=');
                    keep(&mut piece, param.value);
                }
                piece
            })
            .collect()
    };
    let strict = |out: &mut Vec<u8>, value: &[u8]| uri::recode_component(out, value, Plus::Sign);
    let slashes = |out: &mut Vec<u8>, value: &[u8]| {
        percent::encode(out, &percent::decode_all(value), Some(b'/'));
    };
    let spaces = |out: &mut Vec<u8>, value: &[u8]| {
        for (nth, word) in percent::decode_all(value).split(|&byte| byte == b' ').enumerate() {
            if nth > 0 {
                out.push(b'+');
            }
            percent::encode(out, word, None);
        }
    };
    let again = |out: &mut Vec<u8>, value: &[u8]| percent::encode(out, value, None);
    let sorted = |mut pieces: Vec<Vec<u8>>| {
        pieces.sort_unstable();
        joined(pieces)
    };
    // A token that was added after signing.
    let mut late = Text::default();
    let is_token = |name: &[u8]| TokenName::ALL.iter().any(|token| name == token.param().as_bytes());
    let without_token = sent.params().filter(|param| !is_token(&percent::decode_all(param.name)));
    uri::canonical_query(&mut *late, without_token, Plus::Sign);
    let mut space = Text::default();
    uri::canonical_query(&mut *space, sent.params(), Plus::Space);
    let filled = recoded(false, &strict).into_iter().filter(|piece| !piece.ends_with(b"=")).collect();
    vec![
        space,
        late,
        sorted(raw(false)),
        sorted(raw(true)),
        joined(raw(false)),
        joined(raw(true)),
        joined(recoded(false, &strict)),
        sorted(recoded(true, &strict)),
        sorted(recoded(false, &slashes)),
        sorted(recoded(false, &spaces)),
        sorted(recoded(false, &again)),
        sorted(filled),
        Text::default(),
    ]
}

/// The header lines with values that are not folded, not trimmed, or in another order.
fn header_blocks(sent: &Sent<'_>) -> Vec<Vec<(Vec<u8>, Text)>> {
    let join = |values: &[&[u8]], separator: &[u8], write: &dyn Fn(&mut Text, &[u8])| {
        let mut out = Text::default();
        for (nth, value) in values.iter().enumerate() {
            if nth > 0 {
                out.extend_from_slice(separator);
            }
            write(&mut out, value);
        }
        out
    };
    let trimmed: &dyn Fn(&mut Text, &[u8]) = &|out, value| out.extend_from_slice(trim(value));
    let raw: &dyn Fn(&mut Text, &[u8]) = &|out, value| out.extend_from_slice(value);
    let folded: &dyn Fn(&mut Text, &[u8]) = &|out, value| canonical_value(&mut **out, value);
    let spaces: &dyn Fn(&mut Text, &[u8]) = &|out, value| collapse_spaces(out, trim(value));
    vec![
        sent.header_lines(|values| join(values, b",", trimmed)),
        sent.header_lines(|values| join(values, b",", raw)),
        sent.header_lines(|values| join(values, b",", spaces)),
        sent.header_lines(|values| {
            let mut values = values.to_vec();
            values.sort_unstable();
            join(&values, b",", folded)
        }),
        sent.header_lines(|values| join(values, b", ", folded)),
        sent.header_lines(|values| join(values.get(..1).unwrap_or_default(), b",", folded)),
    ]
}

/// Runs of spaces made one, tabs left alone: what some signers do.
fn collapse_spaces(out: &mut Text, value: &[u8]) {
    for byte in value {
        if !(*byte == b' ' && out.last() == Some(&b' ')) {
            out.push(*byte);
        }
    }
}

fn hosts(sent: &Sent<'_>, base: &Canonical) -> Vec<Text> {
    let host = base.header(b"host").unwrap_or_default();
    let name = match memchr::memrchr(b':', host) {
        Some(at) if host.get(at + 1..).is_some_and(|port| port.iter().all(u8::is_ascii_digit)) => {
            host.get(..at)
        }
        _ => Some(host),
    };
    let name = name.unwrap_or_default();
    let with = |port: &[u8]| Text::new([name, port].concat());
    let mut all = vec![
        with(b""),
        with(b":443"),
        with(b":80"),
        Text::new(host.to_ascii_lowercase()),
        Text::new(name.to_ascii_lowercase()),
    ];
    all.extend(sent.request.authority().map(|authority| Text::new(authority.to_vec())));
    all
}

fn payloads(payload: Payload<'_>) -> Vec<Text> {
    let mut all = vec![
        Text::new(UNSIGNED_PAYLOAD.as_bytes().to_vec()),
        Text::new(sha256_hex(b"").to_vec()),
        Text::default(),
    ];
    all.extend(payload.line().map(|line| Text::new(line.as_bytes().to_vec())));
    all
}
