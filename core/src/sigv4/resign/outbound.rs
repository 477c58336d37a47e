//! The head that leaves: the client's fields by the table of [`fate`], and the target in the form that verified.

use super::Upstream;
use crate::sigv4::canonical::{Canonical, HostForm, Repeated, SignedFields, Tail, Variant};
use crate::sigv4::claim::Claim;
use crate::sigv4::error::ResignError;
use crate::sigv4::head::Edit;
use crate::sigv4::header::{Known, Name, has_prefix, trim};
use crate::sigv4::percent;
use crate::sigv4::presign::is_auth_param;
use crate::sigv4::scope::is_s3_family;
use crate::sigv4::sign::lossy;
use crate::sigv4::sink::Sink as _;
use crate::sigv4::uri::{self, PathRule, Plus};

/// The request target as it leaves.
pub(super) struct Target {
    /// Path and query.
    pub(super) text: Vec<u8>,
    /// Where the path ends.
    path: usize,
    variant: Variant,
}

/// What becomes of a client's header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Ours takes its place, or it has no meaning beyond the gateway.
    Drop,
    /// As `Drop`, but a client that signed it relies on it.
    Refuse,
    /// Kept, and signed whether or not the client did.
    Sign,
    /// Kept, signed if the client signed it.
    Keep,
    /// Kept, never signed: hops rewrite it.
    Unsigned,
}

/// The table of header fields.
const fn fate(known: Known) -> Fate {
    match known {
        Known::Authorization
        | Known::AmzDate
        | Known::Date
        | Known::Token(_)
        | Known::RegionSet
        | Known::Host
        | Known::Expect
        | Known::Cookie
        | Known::MethodOverride
        | Known::Connection
        | Known::Hop => Fate::Drop,
        Known::Forwarding => Fate::Refuse,
        Known::ContentType | Known::ContentMd5 | Known::ContentSha256 | Known::DecodedLength | Known::Amz => {
            Fate::Sign
        }
        Known::UserAgent | Known::AmznTrace | Known::TraceContext => Fate::Unsigned,
        Known::ContentLength | Known::Other => Fate::Keep,
    }
}

/// Headers that a strict gateway forwards though nobody signed them.
fn is_harmless(name: &[u8]) -> bool {
    [
        "accept",
        "accept-encoding",
        "accept-language",
        "range",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "origin",
        "user-agent",
    ]
    .iter()
    .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        || has_prefix(name, "if-")
        || has_prefix(name, "amz-sdk-")
}

impl Target {
    /// The client's in the form that verified, without what belongs to the listener and to the client's authentication.
    pub(super) fn of(claim: &Claim, verified: Variant, upstream: &Upstream) -> Result<Self, ResignError> {
        let request = claim.request();
        let base = upstream.base_path.as_bytes();
        let path = request.path();
        let path = path
            .strip_prefix(base)
            .filter(|rest| base.is_empty() || rest.is_empty() || rest.starts_with(b"/"));
        let path = path.ok_or_else(|| ResignError::BasePath(upstream.base_path.clone()))?;
        let mut text = Vec::with_capacity(request.target().len() + 1);
        // The query is written in the form that verified, and says `%2B` or `%20` itself.
        let mut variant =
            Variant { plus: Plus::Sign, host: HostForm::AsSent, repeated: Repeated::InOrder, ..verified };
        if is_s3_family(claim.service()) {
            uri::recode_path(&mut text, path);
            variant.path = PathRule::AsSent;
        } else {
            escape_unsendable(&mut text, path);
        }
        if text.is_empty() {
            text.push(b'/');
        }
        let path = text.len();
        write_query(&mut text, claim, verified.plus);
        Ok(Self { text, path, variant })
    }

    /// The canonical request for it, with parameters that are not part of the target yet.
    pub(super) fn canonical<'a>(
        &'a self,
        method: &'a str,
        fields: &'a SignedFields<'a, 'a>,
        payload: Tail<'a>,
        added: &'a [u8],
    ) -> Canonical<'a, 'a> {
        let (path, query) = self.text.split_at_checked(self.path).unwrap_or_default();
        let params = uri::params(query.get(1..).unwrap_or_default()).followed_by(added);
        Canonical { method, path, params, fields, payload, variant: self.variant }
    }

    /// Appends more parameters.
    pub(super) fn extend(&mut self, params: [&[u8]; 3]) {
        self.text.reserve_exact(1 + params.iter().map(|part| part.len()).sum::<usize>());
        self.text.put(if self.text.len() > self.path { b"&" } else { b"?" });
        params.iter().for_each(|part| self.text.put(part));
    }
}

/// What takes the place of the client's fields, or is left out.
#[derive(Default)]
pub(super) struct Ours<'a> {
    pub(super) hash: Option<&'a [u8]>,
    pub(super) date: Option<&'a [u8]>,
    pub(super) region_set: Option<&'a [u8]>,
    pub(super) token: Option<&'a [u8]>,
}

/// Makes the client's fields those that leave.
pub(super) fn edit(
    edit: &mut Edit,
    claim: &Claim,
    nominated: &[Vec<u8>],
    upstream: &Upstream,
    ours: &Ours<'_>,
) -> Result<(), ResignError> {
    let (mut host, mut date, mut region_set, mut token) = (None, None, None, None);
    let mut refused = None;
    for at in 0..edit.len() {
        let known = edit.known(at);
        let by_client = claim.parsed.signed.get(at).copied().unwrap_or_default();
        let is_nominated = || nominated.iter().any(|name| name.eq_ignore_ascii_case(edit.name(at)));
        let fate = if !nominated.is_empty() && is_nominated() { Fate::Drop } else { fate(known) };
        match (fate, known) {
            (Fate::Drop, Known::Host) => host = Some(at),
            (Fate::Drop, Known::AmzDate) if ours.date.is_some() => date = Some(at),
            (Fate::Drop, Known::RegionSet) if ours.region_set.is_some() => region_set = Some(at),
            (Fate::Drop, Known::Token(_)) if ours.token.is_some() => token = Some(at),
            (Fate::Drop, _) => edit.leave_out(at, by_client),
            (Fate::Refuse, _) => {
                if by_client && refused.is_none() {
                    refused = Some(lossy(edit.name(at)));
                }
                edit.leave_out(at, by_client);
            }
            (Fate::Sign, _) if !by_client => edit.sign_too(at),
            (Fate::Sign, _) => edit.sign(at),
            (Fate::Keep, _) if by_client => edit.sign(at),
            (Fate::Keep | Fate::Unsigned, _) => {
                if by_client || upstream.unsigned_headers || is_harmless(edit.name(at)) {
                    edit.send(at, by_client);
                } else {
                    edit.leave_out(at, by_client);
                }
            }
        }
    }
    if let Some(name) = refused {
        return Err(ResignError::HopSigned(name));
    }
    for (at, name, value) in [
        (None, "x-amz-content-sha256", ours.hash),
        (date, "x-amz-date", ours.date),
        (region_set, "x-amz-region-set", ours.region_set),
        (token, claim.parsed.token_name.header(), ours.token),
    ] {
        if let Some(value) = value {
            edit.set(at, name, value);
        }
    }
    edit.set(host, "host", upstream.host.as_bytes());
    if host.is_none() {
        edit.put_last_first();
    }
    Ok(())
}

/// Appends the query as sent, less the client's authentication, raw `+` rewritten to what it was verified as.
fn write_query(target: &mut Vec<u8>, claim: &Claim, plus: Plus) {
    let plus: &[u8] = if plus == Plus::Space { b"%20" } else { b"%2B" };
    let mut before: &[u8] = b"?";
    let query = claim.request().query();
    if query.is_empty() {
        return;
    }
    for piece in query.split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()) {
        let name = piece.split(|&byte| byte == b'=').next().unwrap_or_default();
        if claim.is_presigned() && is_auth_param(name) {
            continue;
        }
        target.put(before);
        before = b"&";
        for (nth, part) in piece.split(|&byte| byte == b'+').enumerate() {
            target.put(if nth > 0 { plus } else { b"" });
            escape_unsendable(target, part);
        }
    }
}

/// Copies a part of a target, escaping only what HTTP/1.1 cannot carry (spaces, controls, eight-bit bytes).
fn escape_unsendable(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        if byte.is_ascii_graphic() {
            out.push(byte);
        } else {
            percent::push_byte(out, byte);
        }
    }
}

/// The headers that the client's `Connection` says belong to the connection. One that a signature or the
/// authentication depends on is an attack, not a wish.
pub(super) fn nominated(claim: &Claim) -> Result<Vec<Vec<u8>>, ResignError> {
    let mut names = Vec::new();
    if !claim.parsed.head.headers().has(Known::Connection) {
        return Ok(names);
    }
    for field in claim.parsed.head.headers().fields().filter(|field| field.known == Known::Connection) {
        let listed = field.value.split(|&byte| byte == b',').map(trim).filter(|name| !name.is_empty());
        names.extend(listed.map(<[u8]>::to_vec));
    }
    for name in &names {
        let signed = claim.signed_headers().any(|signed| signed.as_bytes().eq_ignore_ascii_case(name));
        let known = Name::new(name).known();
        if signed || known.is_amz() || matches!(known, Known::Authorization | Known::Host) {
            return Err(ResignError::Nominated(lossy(name).to_ascii_lowercase()));
        }
    }
    Ok(names)
}
