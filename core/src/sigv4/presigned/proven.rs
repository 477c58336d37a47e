//! Signing what was proven again, for as long as it can honestly last.

use std::time::Duration;

use zeroize::Zeroizing;

use super::kind::PresignKind;
use super::wrap::Wrapped;
use super::{Form, OfflinePresign};
use crate::credentials::Credentials;
use crate::sigv4::authorization::QueryAuth;
use crate::sigv4::canonical::Variant;
use crate::sigv4::error::ResignError;
use crate::sigv4::payload::Payload;
use crate::sigv4::presign::{is_auth_param, presign};
use crate::sigv4::request::Request;
use crate::sigv4::scope::is_s3_family;
use crate::sigv4::sign::{SessionToken, Settings};
use crate::sigv4::uri::{self, PathRule, Plus};
use crate::time::Time;

/// A presigned URL or token whose signature is right. There is no other way to one than [`OfflinePresign::verify`].
pub struct ProvenPresign {
    pub(super) presign: OfflinePresign,
    pub(super) method: &'static str,
    /// The form that the client signed, of a URL.
    pub(super) variant: Option<Variant>,
}

/// What ends the lifetime of what was signed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedBy {
    /// What the client asked for, as far as it remains.
    Asked,
    /// The credentials.
    Credentials,
    /// The policy.
    Policy,
}

impl LimitedBy {
    /// A stable name, the same in every language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Credentials => "credentials",
            Self::Policy => "policy",
        }
    }
}

/// The same text, signed with a key that the service knows. Whoever has it can use it.
pub struct ResignedPresign {
    text: Zeroizing<Vec<u8>>,
    ends: Time,
    lifetime: Duration,
    limited_by: LimitedBy,
}

impl ResignedPresign {
    /// The URL, the token or the git credentials, in the form in which it came.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// From when the service refuses it.
    #[must_use]
    pub const fn expires_at(&self) -> Time {
        self.ends
    }

    /// How long that is from the time of signing again.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// What ends it.
    #[must_use]
    pub const fn limited_by(&self) -> LimitedBy {
        self.limited_by
    }
}

impl ProvenPresign {
    /// What was proven.
    #[must_use]
    pub const fn presign(&self) -> &OfflinePresign {
        &self.presign
    }

    /// The method that was signed; `GIT` for CodeCommit.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// Signs it with credentials that the service knows.
    ///
    /// It lasts the least of what remains of the time asked for, the credentials, and `longest`, the policy. EKS tokens
    /// and git credentials last a quarter of an hour from their date, whatever they say: those are dated back so
    /// that they end when they should.
    ///
    /// # Errors
    /// [`ResignError::Expired`] if nothing remains, or what [`presign`](crate::sigv4::presign()) refuses.
    pub fn resign(
        &self,
        credentials: &Credentials,
        longest: Option<Duration>,
        now: Time,
    ) -> Result<ResignedPresign, ResignError> {
        let (ends, limited_by) = self.end(credentials, longest, now);
        let seconds = ends.since(now).as_secs();
        if seconds == 0 {
            return Err(ResignError::Expired);
        }
        let (date, expires) = match self.presign.kind.lifetime() {
            Some(fixed) if self.presign.kind.is_dated_back() => (ends - fixed, fixed),
            _ => (now, Duration::from_secs(seconds)),
        };
        let text = match (&self.presign.form, self.variant) {
            (Form::Git(git), _) => git.resigned(credentials, self.presign.scope.region(), date),
            (Form::Url(wrapped), variant) => {
                self.resigned_url(wrapped, variant, credentials, expires, date)?
            }
        };
        let ends = date + expires;
        Ok(ResignedPresign { text, ends, lifetime: ends.since(now), limited_by })
    }

    fn end(&self, credentials: &Credentials, longest: Option<Duration>, now: Time) -> (Time, LimitedBy) {
        let mut end = (self.presign.expires_at(), LimitedBy::Asked);
        let limits = [
            (credentials.expires_at(), LimitedBy::Credentials),
            (longest.map(|longest| now + longest), LimitedBy::Policy),
        ];
        for (limit, by) in limits {
            if let Some(limit) = limit.filter(|limit| *limit < end.0) {
                end = (limit, by);
            }
        }
        // Signatures count in whole seconds.
        (Time::from_unix(end.0.unix()), end.1)
    }

    fn resigned_url(
        &self,
        wrapped: &Wrapped,
        variant: Option<Variant>,
        credentials: &Credentials,
        expires: Duration,
        date: Time,
    ) -> Result<Zeroizing<Vec<u8>>, ResignError> {
        let none: [(&str, &str); 0] = [];
        let whole = Request::new(self.method, wrapped.url(), &none);
        let declared = QueryAuth::parse(whole.query()).content_sha256;
        let payload = match &declared {
            Some(text) => Payload::parse(text).unwrap_or(Payload::Bytes(b"")),
            None if is_s3_family(self.presign.service()) => Payload::Unsigned,
            None => Payload::Bytes(b""),
        };
        let plain = unsigned_url(&whole, &self.presign, variant.map_or(Plus::Sign, |variant| variant.plus));
        let request = Request::new(self.method, plain.as_slice(), &self.presign.headers);
        let path = variant.map(|variant| variant.path);
        let settings = Settings {
            normalize: (path == Some(PathRule::Encoded { normalize: false })).then_some(false),
            session_token: if self.presign.service() == "s3express"
                && wrapped.has_param("X-Amz-S3session-Token")
            {
                SessionToken::S3Express
            } else {
                SessionToken::Sign
            },
            ..Settings::default()
        };
        let kind = self.presign.kind;
        // The number in an EKS token says nothing of its life; it stays what EKS expects there.
        let said = if kind == PresignKind::EksToken { wrapped.expires().unwrap_or(expires) } else { expires };
        let signed = presign(&request, payload, credentials, &self.presign.scope, &settings, said, date)?;
        Ok(wrapped.wrap_again(&plain, signed.target()))
    }
}

/// The URL without its authentication; for S3 with its path in the form that S3 computes, as that is what is signed.
fn unsigned_url(whole: &Request<'_>, presign: &OfflinePresign, plus: Plus) -> Vec<u8> {
    let mut url = whole.origin().unwrap_or_default().to_vec();
    if is_s3_family(presign.service()) {
        uri::recode_path(&mut url, whole.path());
    } else {
        url.extend_from_slice(whole.path());
    }
    let mut separator = b'?';
    for piece in whole.query().split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()) {
        let name = piece.split(|&byte| byte == b'=').next().unwrap_or_default();
        if is_auth_param(name) {
            continue;
        }
        url.push(separator);
        separator = b'&';
        for byte in piece {
            match (byte, plus) {
                (b'+', Plus::Space) => url.extend_from_slice(b"%20"),
                (b'+', Plus::Sign) => url.extend_from_slice(b"%2B"),
                (byte, _) => url.push(*byte),
            }
        }
    }
    url
}
