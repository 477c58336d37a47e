//! What was signed without asking anyone, for somebody else to use later: presigned URLs, and the tokens made of them.
//!
//! ```text
//!  text ──recognize──▶ OfflinePresign ──verify(key)──▶ ProvenPresign ──resign(credentials)──▶ ResignedPresign
//! ```
//!
//! `aws s3 presign`, `aws eks get-token`, the tokens of RDS, ElastiCache, MemoryDB, MSK and Aurora DSQL and the git
//! credentials of CodeCommit are all made on the client's machine. Made with a placeholder key, they pass by every
//! gateway and fail at the service; here they are told apart, proven and signed again with a key that the service knows.

mod base64;
mod git;
mod kind;
mod proven;
mod wrap;

use std::time::Duration;

use self::git::GitCredential;
pub use self::kind::PresignKind;
pub use self::proven::{LimitedBy, ProvenPresign, ResignedPresign};
use self::wrap::Wrapped;
use super::authorization::QueryAuth;
use super::canonical::Variant;
use super::claim::Claim;
use super::error::{VerifyError, VerifyErrorKind as Kind};
use super::key::Key;
use super::payload::Payload;
use super::policy::Policy;
use super::request::Request;
use super::scope::{Scope, allowed_skew, is_s3_family};
use super::verify::MISMATCH;
use crate::partition;
use crate::time::Time;

/// The longest text that is looked at: a session token makes most of a presigned URL.
const MAX_TEXT: usize = 64 << 10;

/// The methods that a URL may have been presigned for; the text does not say.
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "DELETE", "POST"];

/// A presigned URL or a token made of one: read, not proven.
///
/// It has no `Debug`: whoever has the text can use it.
pub struct OfflinePresign {
    kind: PresignKind,
    scope: Scope,
    access_key_id: String,
    signed_at: Time,
    expires: Duration,
    host: String,
    resource: Option<String>,
    headers: Vec<(String, String)>,
    form: Form,
}

/// How the signature is carried.
enum Form {
    /// In the query of a URL, which may be wrapped.
    Url(Wrapped),
    /// As user and password.
    Git(GitCredential),
}

impl OfflinePresign {
    /// Recognises a text: a URL with a query signature, one without its scheme (RDS, ElastiCache, DSQL), one in
    /// base64url (`k8s-aws-v1.…`, MSK), or git credentials of CodeCommit, as a URL with a user and a password or as
    /// the lines of git's credential protocol. White space around it does not matter.
    ///
    /// ```
    /// use awsaccess::sigv4::{OfflinePresign, PresignKind};
    /// let token = "db.example.eu-west-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app&X-Amz-Algorithm=AWS4-\
    ///     HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Feu-west-1%2Frds-db%2Faws4_request&X-Amz-Date=\
    ///     20150830T123600Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=\
    ///     0000000000000000000000000000000000000000000000000000000000000000";
    /// let found = OfflinePresign::recognize(token.as_bytes()).unwrap();
    /// assert_eq!((found.kind(), found.resource()), (PresignKind::RdsToken, Some("app")));
    /// assert!(OfflinePresign::recognize(b"https://example.com/").is_none());
    /// ```
    #[must_use]
    pub fn recognize(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        if text.is_empty() || text.len() > MAX_TEXT {
            return None;
        }
        if let Some(git) = GitCredential::recognize(text) {
            return Some(Self {
                kind: PresignKind::CodeCommit,
                scope: Scope::new(git.region()?, "codecommit"),
                access_key_id: git.access_key_id().to_owned(),
                signed_at: git.signed_at(),
                expires: kind::QUARTER,
                host: git.host().to_owned(),
                resource: Some(git.path().trim_start_matches('/').to_owned()),
                headers: Vec::new(),
                form: Form::Git(git),
            });
        }
        let wrapped = Wrapped::unwrap(text)?;
        let none: [(&str, &str); 0] = [];
        let request = Request::new("GET", wrapped.url(), &none);
        let auth = QueryAuth::parse(request.query());
        let parts = auth.parts();
        parts.signature?;
        let signed_at = Time::parse_amz(auth.date.as_deref()?)?;
        let asked: u64 = auth.expires.as_deref()?.parse().ok()?;
        // Whether it is right is for `verify` to say: what it says of itself is enough here.
        let policy = Policy { any_unsigned_payload: true, ..Policy::default().lenient() };
        let headers: Vec<_> = stand_ins(parts.signed_headers?);
        let described = Request::new("GET", wrapped.url(), &headers);
        let claim = Claim::parse(&described, &policy, signed_at).ok()?;
        let host = String::from_utf8(request.host()?.to_ascii_lowercase()).ok()?;
        let kind = PresignKind::of(&wrapped, &request, claim.service());
        Some(Self {
            resource: kind.resource(&request, &host),
            scope: claim.scope().clone(),
            access_key_id: claim.access_key_id().to_owned(),
            expires: kind.lifetime().unwrap_or(Duration::from_secs(asked)),
            kind,
            signed_at,
            host,
            headers: Vec::new(),
            form: Form::Url(wrapped),
        })
    }

    /// Adds a header that is signed and is not in the text: the cluster of an EKS token (`x-k8s-aws-id`), or what an
    /// upload must be sent with.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if self.kind == PresignKind::EksToken && name.eq_ignore_ascii_case(kind::CLUSTER) {
            self.resource = Some(value.to_owned());
        }
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// The names of headers that are signed, whose values are neither in the text nor given yet.
    #[must_use]
    pub fn missing_headers(&self) -> Vec<String> {
        let Form::Url(wrapped) = &self.form else { return Vec::new() };
        let none: [(&str, &str); 0] = [];
        let auth = QueryAuth::parse(Request::new("GET", wrapped.url(), &none).query());
        let names = auth.parts().signed_headers.unwrap_or_default();
        let given = |name: &&str| self.headers.iter().any(|(own, _)| own == name);
        names.split(';').filter(|name| *name != "host" && !given(name)).map(str::to_owned).collect()
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> PresignKind {
        self.kind
    }

    /// The region, or the region set of SigV4A.
    #[must_use]
    pub fn region(&self) -> &str {
        self.scope.region()
    }

    /// The signing name.
    #[must_use]
    pub fn service(&self) -> &str {
        self.scope.service()
    }

    /// The key id that it claims.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// When it was signed.
    #[must_use]
    pub const fn signed_at(&self) -> Time {
        self.signed_at
    }

    /// From when the service refuses it, if the credentials last as long.
    #[must_use]
    pub fn expires_at(&self) -> Time {
        self.signed_at + self.expires
    }

    /// The host that it is for, with its port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What it opens, where the text says so: `bucket/key`, a database user, a cluster, a repository, else the path.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// Whether it says who its signer is to whoever reads it: a presigned `GetCallerIdentity`, in whatever form.
    pub(crate) fn proves_identity(&self) -> bool {
        let Form::Url(wrapped) = &self.form else { return false };
        let none: [(&str, &str); 0] = [];
        kind::asks_who(self.service(), &Request::new("GET", wrapped.url(), &none))
    }

    /// The cluster that a signed header names.
    pub(crate) fn cluster(&self) -> Option<&str> {
        let named = self.headers.iter().find(|(name, _)| name == kind::CLUSTER);
        named.map(|(_, value)| value.as_str())
    }

    /// Proves it with the secret that its key id stands for.
    ///
    /// # Errors
    /// [`VerifyError`]: wrong signature or token, not valid yet, or past its end; a signed header whose value was not
    /// given is [`SignedHeaderAbsent`](super::VerifyErrorKind::SignedHeaderAbsent).
    pub fn verify<'k>(
        self,
        key: impl Into<Key<'k>>,
        policy: &Policy,
        now: Time,
    ) -> Result<ProvenPresign, VerifyError> {
        let key = key.into();
        let s3 = is_s3_family(self.service());
        let skew = policy.max_skew.unwrap_or_else(|| allowed_skew(self.service()));
        if self.signed_at > now + skew {
            let error = VerifyError::new(Kind::NotYetValid, s3, "Signature not yet current");
            return Err(error.with_detail(format!("it was signed at {}, and it is {now}", self.signed_at)));
        }
        if now > self.expires_at() {
            let error = VerifyError::new(Kind::Expired, s3, "Signature expired");
            return Err(
                error.with_detail(format!("it was good until {}, and it is {now}", self.expires_at()))
            );
        }
        let (method, variant) = match &self.form {
            Form::Git(git) => {
                if !git.is_signed_with(key, self.scope.region()) {
                    return Err(VerifyError::new(Kind::SignatureMismatch, false, MISMATCH));
                }
                ("GIT", None)
            }
            Form::Url(wrapped) => {
                let (method, variant) = self.prove_url(wrapped, key, policy)?;
                (method, Some(variant))
            }
        };
        Ok(ProvenPresign { presign: self, method, variant })
    }

    fn prove_url(
        &self,
        wrapped: &Wrapped,
        key: Key<'_>,
        policy: &Policy,
    ) -> Result<(&'static str, Variant), VerifyError> {
        let mut refused = None;
        for method in METHODS.into_iter().take(self.kind.methods()) {
            let request = Request::new(method, wrapped.url(), &self.headers);
            match Claim::parse(&request, policy, self.signed_at)?.verify(key, Payload::Bytes(b"")) {
                Ok(verified) => return Ok((method, verified.variant())),
                Err(error) => {
                    refused.get_or_insert(error);
                }
            }
        }
        Err(refused.unwrap_or_else(|| VerifyError::new(Kind::SignatureMismatch, false, MISMATCH)))
    }
}

/// A value for each signed name, so that the rest of a claim can be read.
fn stand_ins(names: &str) -> Vec<(String, String)> {
    let names = names.split(';').filter(|name| !matches!(*name, "host" | ":authority"));
    names.map(|name| (name.to_owned(), String::new())).collect()
}

/// The bucket of a virtual host, or nothing.
fn bucket_of(host: &str) -> Option<String> {
    partition::endpoint(host).ok()?.bucket().map(str::to_owned)
}
