//! The head that leaves: the client's fields by the table of [`fate`], and the target in the form that verified.

use super::Upstream;
use crate::secret::Wiped;
use crate::sigv4::canonical::{Canonical, HostForm, Order, Repeated, SignedFields, Tail, Variant};
use crate::sigv4::error::ResignError;
use crate::sigv4::header::{Field, Fields, Known, canonical_value, has_prefix, trim};
use crate::sigv4::percent;
use crate::sigv4::presign::is_auth_param;
use crate::sigv4::scope::is_s3_family;
use crate::sigv4::sign::lossy;
use crate::sigv4::sink::Sink as _;
use crate::sigv4::uri::{self, PathRule, Plus};
use crate::sigv4::verify::Verified;

/// The values of a request that were folded over several lines, each in one line, with the numbers of their fields.
pub(super) struct Unfolded(Vec<(usize, Wiped)>);

impl Unfolded {
    /// A fold is replaced by a space (RFC 9112, 5.2), all else is as it came.
    pub(super) fn of(verified: &Verified) -> Self {
        let is_folded = |value: &[u8]| memchr::memchr2(b'\r', b'\n', trim(value)).is_some();
        let values = verified.claim.parsed.head.headers().folded_values();
        let folded = values.filter(|(_, value)| is_folded(value)).map(|(at, value)| {
            let mut line = Wiped::with_capacity(value.len());
            canonical_value(&mut *line, value);
            (at, line)
        });
        Self(folded.collect())
    }

    fn value(&self, at: usize) -> Option<&[u8]> {
        self.0.iter().find(|(folded, _)| *folded == at).map(|(_, value)| value.as_slice())
    }
}

/// The outbound head while it is being built.
pub(super) struct Outbound<'a> {
    /// Path and query.
    pub(super) target: Vec<u8>,
    /// Where the path ends.
    pub(super) path: usize,
    pub(super) fields: Fields<'a>,
    /// Where the client's fields are now, those that are not signed again nowhere.
    places: Numbers,
    /// The numbers of the other fields to be signed. Of a name that occurs more than once, all or none are signed, by the
    /// client or by us.
    ours: Numbers,
    variant: Variant,
}

type Numbers = smallvec::SmallVec<[u32; 24]>;

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

impl<'a> Outbound<'a> {
    pub(super) fn new(verified: Variant) -> Self {
        Self {
            target: Vec::new(),
            path: 0,
            fields: Fields::new(),
            places: Numbers::new(),
            ours: Numbers::new(),
            variant: Variant { host: HostForm::AsSent, repeated: Repeated::InOrder, ..verified },
        }
    }

    pub(super) fn write_target(
        &mut self,
        verified: &Verified,
        upstream: &Upstream,
    ) -> Result<(), ResignError> {
        let request = verified.request();
        let base = upstream.base_path.as_bytes();
        let path = request.path();
        let path = path
            .strip_prefix(base)
            .filter(|rest| base.is_empty() || rest.is_empty() || rest.starts_with(b"/"));
        let path = path.ok_or_else(|| ResignError::BasePath(upstream.base_path.clone()))?;
        let target = &mut self.target;
        target.reserve_exact(request.target().len() + 1);
        if is_s3_family(verified.service()) {
            uri::recode_path(target, path);
            self.variant.path = PathRule::AsSent;
        } else {
            escape_unsendable(target, path);
        }
        if target.is_empty() {
            target.push(b'/');
        }
        self.path = target.len();
        write_query(target, verified);
        Ok(())
    }

    pub(super) fn add_clients(
        &mut self,
        verified: &'a Verified,
        upstream: &Upstream,
        unfolded: &'a Unfolded,
    ) -> Result<(), ResignError> {
        let nominated = nominated(verified)?;
        let mut refused = None;
        let claim = &verified.claim;
        for ((at, field), &by_client) in
            claim.parsed.head.headers().fields().enumerate().zip(&claim.parsed.signed)
        {
            self.places.push(NOWHERE);
            let dropped = nominated.iter().any(|nominated| nominated.is_named_as(&field));
            let fate = if dropped { Fate::Drop } else { fate(field.known) };
            let signed = match fate {
                Fate::Drop => continue,
                Fate::Refuse => {
                    if by_client && refused.is_none() {
                        refused = Some(lossy(field.name.text));
                    }
                    continue;
                }
                Fate::Sign => true,
                Fate::Keep | Fate::Unsigned => {
                    if !(by_client || upstream.unsigned_headers || is_harmless(field.name.text)) {
                        continue;
                    }
                    fate == Fate::Keep && by_client
                }
            };
            let next = self.next();
            match (signed, by_client, self.places.last_mut()) {
                (true, true, Some(place)) => *place = next,
                (true, ..) => self.ours.push(next),
                _ => {}
            }
            let value = unfolded.value(at).unwrap_or_else(|| trim(field.value));
            let is_same = value.len() == field.value.len();
            if is_same {
                Field::push_again(&mut self.fields, &field);
            } else {
                Field::push(&mut self.fields, field.name.text, value);
            }
        }
        refused.map_or(Ok(()), |name| Err(ResignError::HopSigned(name)))
    }

    /// The number of the next field.
    fn next(&self) -> u32 {
        u32::try_from(self.fields.len()).unwrap_or(NOWHERE)
    }

    pub(super) fn add_ours(&mut self, name: &'static str, value: &'a [u8]) {
        self.ours.push(self.next());
        Field::push(&mut self.fields, name.as_bytes(), value);
    }

    /// The order of the fields to be signed, after that in which the client signed its own.
    pub(super) fn order(&self, clients: &Order) -> Order {
        let place = |at: u32| self.places.get(at as usize).copied().filter(|place| *place != NOWHERE);
        let ours = Order::of(&self.fields, self.ours.iter().copied());
        clients.merged(place, &ours, &self.fields)
    }

    /// The hash of the canonical request, with parameters that are not part of the target yet.
    pub(super) fn hash(&self, verified: &Verified, fields: &SignedFields<'_, '_>, added: &[u8]) -> [u8; 32] {
        let (path, query) = self.target.split_at_checked(self.path).unwrap_or_default();
        let canonical = Canonical {
            method: verified.request().method(),
            path,
            params: uri::params(query.get(1..).unwrap_or_default()).followed_by(added),
            fields,
            payload: Tail::Line(verified.line),
            // The query was rewritten to the form that verified, and says `%2B` or `%20` itself.
            variant: Variant { plus: Plus::Sign, ..self.variant },
        };
        canonical.hash().0
    }
}

/// No number of a field.
const NOWHERE: u32 = u32::MAX;

/// Appends the query as sent, less the client's authentication, raw `+` rewritten to what it was verified as.
fn write_query(target: &mut Vec<u8>, verified: &Verified) {
    let plus: &[u8] = if verified.variant.plus == Plus::Space { b"%20" } else { b"%2B" };
    let mut before: &[u8] = b"?";
    let query = verified.request().query();
    if query.is_empty() {
        return;
    }
    for piece in query.split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()) {
        let name = piece.split(|&byte| byte == b'=').next().unwrap_or_default();
        if verified.is_presigned() && is_auth_param(name) {
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
fn nominated(verified: &Verified) -> Result<Vec<Field<'_>>, ResignError> {
    let mut names = Vec::new();
    for field in
        verified.claim.parsed.head.headers().fields().filter(|field| field.known == Known::Connection)
    {
        let listed = field.value.split(|&byte| byte == b',').map(trim).filter(|name| !name.is_empty());
        names.extend(listed.map(|name| Field::new(name, b"")));
    }
    for name in &names {
        let signed =
            verified.signed_headers().any(|signed| signed.as_bytes().eq_ignore_ascii_case(name.name.text));
        if signed || name.known.is_amz() || matches!(name.known, Known::Authorization | Known::Host) {
            return Err(ResignError::Nominated(lossy(name.name.text).to_ascii_lowercase()));
        }
    }
    Ok(names)
}
