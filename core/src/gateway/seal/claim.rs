//! What a sealed placeholder says, and how it is written: as short as can be, since clients send it with each request.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::code::{Reader, Writer};
use super::{MOST_CLAIMS, SealError};
use crate::access::Identity;
use crate::credentials::Credentials;
use crate::secret::Wiped;
use crate::time::Time;

/// The longest name, in bytes.
const MOST_NAME: usize = 512;
/// The most traits, the most values of one, and the most facts of a sign-in.
const MOST_TRAITS: usize = 64;
const MOST_VALUES: usize = 64;
const MOST_FACTS: usize = 32;
/// The most roles in a chain.
const MOST_ROLES: usize = 16;

/// What a sealed placeholder says of its holder. It says who; what is allowed is decided anew for each request.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// Who uses it, and for what; with traits, and with the session that it can be revoked by.
    pub identity: Identity,
    /// When it was made, in whole seconds.
    pub issued_at: Time,
    /// From when it is no longer taken, in whole seconds.
    pub expires_at: Time,
    /// How the subject signed in: the method, a second factor, the device, the place.
    pub signed_in: BTreeMap<String, String>,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a sealed placeholder is for.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// It was issued to a subject, for a role of an application.
    Issued,
    /// It stands for credentials that AWS gave in reply to a request through the gateway.
    Chained(Box<Chained>),
}

/// Credentials that a service gave to a client of the gateway, which never left it but sealed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chained {
    /// The credentials themselves.
    pub credentials: Credentials,
    /// The roles that were assumed with the ones before them, in order: what a record shows as the chain.
    pub roles: Vec<String>,
    /// The key id of the placeholder that was issued, at the beginning of the chain.
    pub root: String,
}

impl Chained {
    /// Credentials, the roles that led to them, and the key id of the placeholder at the beginning.
    #[must_use]
    pub const fn new(credentials: Credentials, roles: Vec<String>, root: String) -> Self {
        Self { credentials, roles, root }
    }
}

impl Claims {
    /// Claims of an identity, from one instant to another. Parts of a second are dropped.
    #[must_use]
    pub fn new(identity: Identity, issued_at: Time, expires_at: Time) -> Self {
        let whole = |time: Time| Time::from_unix(time.unix());
        Self {
            identity,
            issued_at: whole(issued_at),
            expires_at: whole(expires_at),
            signed_in: BTreeMap::new(),
            purpose: Purpose::Issued,
        }
    }

    /// With a fact of how the subject signed in.
    #[must_use]
    pub fn with_sign_in(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.signed_in.insert(name.into(), value.into());
        self
    }

    /// Standing for credentials that AWS gave.
    #[must_use]
    pub fn for_chained(mut self, chained: Chained) -> Self {
        self.purpose = Purpose::Chained(Box::new(chained));
        self
    }

    pub(super) fn encode(&self) -> Result<Wiped, SealError> {
        self.check()?;
        let mut out = Writer::new(MOST_CLAIMS);
        let issued = u64::try_from(self.issued_at.unix()).unwrap_or(0);
        out.number(u64::from(matches!(self.purpose, Purpose::Chained(_))));
        out.number(issued);
        out.number(self.expires_at.since(self.issued_at).as_secs());
        let Identity { subject, application, role, traits, session } = &self.identity;
        for text in [subject, application, role] {
            out.text(text);
        }
        out.texts(session.as_slice());
        out.number(traits.iter().count() as u64);
        for (name, values) in traits.iter() {
            out.text(name);
            out.texts(values);
        }
        out.number(self.signed_in.len() as u64);
        for (name, value) in &self.signed_in {
            out.text(name);
            out.text(value);
        }
        if let Purpose::Chained(chained) = &self.purpose {
            let keys = &chained.credentials;
            out.text(keys.access_key_id());
            out.base64(keys.secret_access_key().expose());
            out.base64(keys.session_token().map_or("", |token| token.expose()));
            let ends = keys.expires_at().map_or(0, |at| u64::try_from(at.unix()).unwrap_or(0));
            out.number(ends);
            out.texts(&chained.roles);
            out.text(&chained.root);
        }
        out.finish().ok_or(SealError::TooLong)
    }

    fn check(&self) -> Result<(), SealError> {
        if self.expires_at <= self.issued_at {
            return Err(SealError::Expired);
        }
        let sound = |text: &str| text.len() <= MOST_NAME && !text.chars().any(char::is_control);
        let named = |what, text: &str| match sound(text) && !text.is_empty() {
            true => Ok(()),
            false => Err(SealError::Name(what)),
        };
        named("the subject", &self.identity.subject)?;
        named("the application", &self.identity.application)?;
        named("the role", &self.identity.role)?;
        self.identity.session.as_deref().map_or(Ok(()), |session| named("the session", session))?;
        for (name, value) in &self.signed_in {
            named("a fact of the sign-in", name)?;
            named("a fact of the sign-in", value)?;
        }
        if self.signed_in.len() > MOST_FACTS {
            return Err(SealError::TooLong);
        }
        match &self.purpose {
            Purpose::Chained(chained) if chained.roles.len() > MOST_ROLES => Err(SealError::TooLong),
            _ => Ok(()),
        }
    }

    /// Strict: what was not written by [`encode`](Self::encode), byte for byte, is nothing.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader::new(bytes);
        let is_chained = match from.number()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let issued_at = time(from.number()?)?;
        let lasts = std::time::Duration::from_secs(from.number()?.min(1 << 40));
        let (subject, application, role) = (from.text()?, from.text()?, from.text()?);
        let mut identity = Identity::new(subject, application, role);
        identity.session = from.texts(1)?.pop().map(Arc::from);
        let mut last = None;
        for _ in 0..from.count(MOST_TRAITS)? {
            let (name, values) = (from.text()?, from.texts(MOST_VALUES)?);
            if last.is_some_and(|last| last >= name) {
                return None;
            }
            let count = values.len();
            identity.traits.insert(name, values).ok()?;
            if identity.traits.values(name).len() != count {
                return None;
            }
            last = Some(name);
        }
        let mut signed_in = BTreeMap::new();
        for _ in 0..from.count(MOST_FACTS)? {
            let (name, value) = (from.text()?, from.text()?);
            // Names ascend, so that one set of them is written in one way.
            if signed_in.last_key_value().is_some_and(|(last, _): (&String, _)| last.as_str() >= name) {
                return None;
            }
            signed_in.insert(name.to_owned(), value.to_owned());
        }
        let purpose = match is_chained {
            true => Purpose::Chained(Box::new(chained(&mut from)?)),
            false => Purpose::Issued,
        };
        let expires_at = issued_at + lasts;
        let claims = Self { identity, issued_at, expires_at, signed_in, purpose };
        (from.is_done() && claims.check().is_ok()).then_some(claims)
    }
}

fn time(seconds: u64) -> Option<Time> {
    // The year 36812: a bound for arithmetic, no more.
    i64::try_from(seconds).ok().filter(|seconds| *seconds < 1 << 40).map(Time::from_unix)
}

fn chained(from: &mut Reader<'_>) -> Option<Chained> {
    let access_key_id = from.text()?;
    let secret = from.base64()?;
    let token = from.base64()?;
    let ends = from.number()?;
    let mut credentials =
        Credentials::new(access_key_id, secret).with_session_token(token).with_source("chained");
    if ends > 0 {
        credentials = credentials.with_expiry(time(ends)?);
    }
    Some(Chained { credentials, roles: from.texts(MOST_ROLES)?, root: from.text()?.to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(chained: bool) -> Claims {
        let traits = crate::access::Traits::new().with("team", ["red", "blue"]).unwrap();
        let who = Identity::new("alice", "prod", "reader").with_traits(traits).with_session("s");
        let from = Time::from_unix(1_800_000_000);
        let claims =
            Claims::new(who, from, from + std::time::Duration::from_secs(900)).with_sign_in("mfa", "true");
        let keys = Credentials::new("ASIA", "c2VjcmV0").with_session_token("no base64");
        let keys = keys.with_expiry(from).with_source("chained");
        match chained {
            true => claims.for_chained(Chained::new(keys, vec!["r".into()], "root".into())),
            false => claims,
        }
    }

    /// What is read is what would be written, to the byte: there is one way to write it.
    fn strict(bytes: &[u8]) {
        if let Some(claims) = Claims::decode(bytes) {
            let again = claims.encode().map(|text| text.to_vec());
            assert!(again.is_ok_and(|text| text == bytes));
        }
    }

    #[test]
    fn every_byte_counts() {
        for chained in [false, true] {
            let text = sample(chained).encode().unwrap();
            assert!(Claims::decode(&text) == Some(sample(chained)));
            for at in 0..text.len() {
                assert!(Claims::decode(&text[..at]).is_none(), "{at}");
                for byte in 0..=255 {
                    let mut altered = text.to_vec();
                    altered[at] = byte;
                    strict(&altered);
                }
            }
            assert!(Claims::decode(&[&text[..], &[0]].concat()).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_strictly(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..80) {
            strict(&bytes);
            let text = sample(true).encode().unwrap();
            strict(&[&text[..cut.min(text.len())], &bytes].concat());
        }
    }
}
