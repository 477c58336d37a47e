//! A redactor that knows some secrets.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::known::{Known, Learned, Piece};
use super::mark::{Marks, Tags};
use super::shape::Shapes;
use super::stream::RedactStream;
use super::stretch::{Digits, Stretches};
use super::{cbor, header, neutral, query};
use crate::credentials::Credentials;
use crate::time::Time;

/// The least length of a secret that can be learned, in bytes: shorter text would be found everywhere.
pub const LEAST: usize = 8;

/// The greatest length, in bytes. AWS's own session tokens have a few thousand.
pub const GREATEST: usize = 16 * 1024;

/// So many secrets can be known at a time.
pub const MOST: usize = 65_536;

/// Why a secret was not learned. It will not be hidden, unless its shape gives it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// Shorter than [`LEAST`].
    #[error("a secret of fewer than 8 bytes cannot be told from other text; use a longer one")]
    TooShort,
    /// Longer than [`GREATEST`].
    #[error("a secret of more than 16384 bytes is too long to look for; hide it by name instead")]
    TooLong,
    /// More than [`MOST`] at a time.
    #[error("too many secrets are known already; forget those that have expired first")]
    TooMany,
}

/// Where a known secret was found, and how it was written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The name that the secret was learned by (`aws-secret-access-key`).
    pub name: String,
    /// The encoding: `plain`, `percent-encoded`, `json-escaped`, `base64`, `hex` and so on.
    pub encoding: &'static str,
    /// The bytes that hold it.
    pub range: Range<usize>,
}

/// Hides secrets that it has learned, in any encoding, and others by their shape.
///
/// A value: a clone shares what was known so far at no cost, and learns on its own from then on. Whoever shares one
/// between threads puts it behind a lock and clones it to work with it.
///
/// ```
/// use awsaccess::credentials::Credentials;
/// use awsaccess::redact::Redactor;
/// let keys = Credentials::new("AKIDEXAMPLE", "correct/horse+battery").with_session_token("staple-staple");
/// let mut redactor = Redactor::new();
/// redactor.learn(&keys)?;
/// assert_eq!(redactor.redact("got correct/horse+battery"), "got [aws-secret-access-key]");
/// assert_eq!(redactor.redact("?x=correct%2Fhorse%2bbattery&y"), "?x=[aws-secret-access-key]&y");
/// assert_eq!(redactor.redact("c3RhcGxlLXN0YXBsZQ=="), "[aws-session-token]Q=="); // in base64
/// redactor.forget(&keys);
/// assert_eq!(redactor.redact("got staple-staple"), "got staple-staple");
/// # Ok::<(), awsaccess::redact::LearnError>(())
/// ```
#[derive(Clone, Default)]
pub struct Redactor {
    pub(super) known: Arc<Known>,
    mask_key_ids: bool,
    pub(super) tags: Option<Arc<Tags>>,
    pub(super) neutralize: bool,
}

impl Redactor {
    /// One that knows no secrets, and hides by shape.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether access key ids are hidden too. They are names, not secrets, and stay readable by default.
    ///
    /// ```
    /// use awsaccess::redact::Redactor;
    /// let redactor = Redactor::new().mask_key_ids(true);
    /// assert_eq!(redactor.redact("as AKIAIOSFODNN7EXAMPLE"), "as [aws-access-key-id]");
    /// ```
    #[must_use]
    pub fn mask_key_ids(mut self, mask: bool) -> Self {
        self.mask_key_ids = mask;
        Arc::make_mut(&mut self.known).mask_key_ids(mask);
        self
    }

    /// Gives every label a tag of twelve digits, by which two places that held the same secret can be told:
    /// `[aws-session-token.1f0a5c9e77d2]`. It is made from the secret with HMAC-SHA-256 under this key, so that who has
    /// the log, and not the key, cannot try his guesses. A secret has one tag, whether it was learned or known by its
    /// shape, and however it was written; of a long one the first 1024 bytes count.
    ///
    /// ```
    /// use awsaccess::redact::Redactor;
    /// let redactor = Redactor::new().tag_key(b"of this log alone");
    /// let shown = redactor.redact("--password one\n--password two\n--password one");
    /// let lines: Vec<&str> = shown.lines().collect();
    /// assert_eq!(lines[0].len(), "--password [password.123456789012]".len());
    /// assert!(lines[0] == lines[2] && lines[0] != lines[1]);
    /// ```
    #[must_use]
    pub fn tag_key(mut self, key: &[u8]) -> Self {
        self.tags = Some(Arc::new(Tags::new(key)));
        self
    }

    /// Whether control characters and those that turn the direction of writing are shown as `\u001b`, which JSON reads
    /// back: a log then moves no cursor, colours nothing, hides no line, and reads as it is written. Tabs and the ends
    /// of lines stay.
    ///
    /// ```
    /// use awsaccess::redact::Redactor;
    /// let redactor = Redactor::new().neutralize(true);
    /// assert_eq!(redactor.redact("ok\r\x1b[2Kfine \u{202e}dab\r\n"), "ok\\u000d\\u001b[2Kfine \\u202edab\r\n");
    /// ```
    #[must_use]
    pub fn neutralize(mut self, on: bool) -> Self {
        self.neutralize = on;
        self
    }

    /// Learns the secret access key and the session token, and, where key ids are masked, the key id; until they
    /// expire, if they do ([`Redactor::forget_expired`]).
    ///
    /// # Errors
    /// As [`Redactor::learn_secret`]; what could be learned is learned all the same.
    pub fn learn(&mut self, credentials: &Credentials) -> Result<(), LearnError> {
        let until = credentials.expires_at();
        let known = Arc::make_mut(&mut self.known);
        let secret = credentials.secret_access_key().expose().as_bytes();
        let mut result = known.learn(learned("aws-secret-access-key", secret, false, until));
        if let Some(token) = credentials.session_token() {
            let token = token.expose().as_bytes();
            result = result.and(known.learn(learned("aws-session-token", token, false, until)));
        }
        // A key id too short to be masked is no leak.
        let key_id = credentials.access_key_id();
        if key_id.len() >= LEAST {
            result = result.and(known.learn(learned("aws-access-key-id", key_id.as_bytes(), true, until)));
        }
        result
    }

    /// Learns any other secret. `[name]` will stand in its place, in small letters, digits and dashes.
    ///
    /// A secret is found whole; where it was cut off, from its first twelve bytes on (sixteen if it has 32 or more,
    /// 32 if it has 64 or more), encoded or not. A writer may escape none of its characters, all, or some that are no
    /// letters and digits.
    ///
    /// # Errors
    /// A secret shorter than [`LEAST`] or longer than [`GREATEST`] is not learned, nor is one beyond the
    /// first [`MOST`].
    ///
    /// ```
    /// use awsaccess::redact::{LearnError, Redactor};
    /// let mut redactor = Redactor::new();
    /// redactor.learn_secret("Gateway key", b"0123456789")?;
    /// assert_eq!(redactor.redact("key 30313233343536373839"), "key [gateway-key]"); // in hex
    /// assert_eq!(redactor.learn_secret("pin", b"1234"), Err(LearnError::TooShort));
    /// # Ok::<(), LearnError>(())
    /// ```
    pub fn learn_secret(&mut self, name: &str, secret: &[u8]) -> Result<(), LearnError> {
        Arc::make_mut(&mut self.known).learn(learned(name, secret, false, None))
    }

    /// Forgets what [`Redactor::learn`] learned of these, as often as it was learned.
    pub fn forget(&mut self, credentials: &Credentials) {
        let known = Arc::make_mut(&mut self.known);
        known.forget(credentials.secret_access_key().expose().as_bytes());
        known.forget(credentials.access_key_id().as_bytes());
        if let Some(token) = credentials.session_token() {
            known.forget(token.expose().as_bytes());
        }
    }

    /// Forgets one secret that [`Redactor::learn_secret`] learned.
    pub fn forget_secret(&mut self, secret: &[u8]) {
        Arc::make_mut(&mut self.known).forget(secret);
    }

    /// Forgets the credentials that have expired, however often they were learned: what opens nothing any more need not
    /// be looked for. Of credentials that were learned with several times the last one counts.
    ///
    /// ```
    /// use awsaccess::credentials::Credentials;
    /// use awsaccess::redact::Redactor;
    /// use awsaccess::time::Time;
    /// let keys = Credentials::new("AKIDEXAMPLE", "correct/horse+battery").with_expiry(Time::from_unix(1_000));
    /// let mut redactor = Redactor::new();
    /// redactor.learn(&keys)?;
    /// redactor.forget_expired(Time::from_unix(999));
    /// assert_eq!(redactor.redact("correct/horse+battery"), "[aws-secret-access-key]");
    /// redactor.forget_expired(Time::from_unix(1_000));
    /// assert_eq!(redactor.redact("correct/horse+battery"), "correct/horse+battery");
    /// # Ok::<(), awsaccess::redact::LearnError>(())
    /// ```
    pub fn forget_expired(&mut self, now: Time) {
        Arc::make_mut(&mut self.known).forget_expired(now);
    }

    /// Hides every secret in a text.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let bytes = self.redact_bytes(text.as_bytes());
        String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
    }

    /// Hides every secret in bytes of any kind; what holds none comes back as it was.
    ///
    /// Bytes that are one document of CBOR (RFC 8949) are one afterwards.
    #[must_use]
    pub fn redact_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        cbor::document(self, bytes).unwrap_or_else(|| self.neutral(self.shaped(&self.without_known(bytes))))
    }

    /// Hides what is secret in the value of a header field; see [`super::header`].
    #[must_use]
    pub fn header<'a>(&self, name: &[u8], value: &'a [u8]) -> Cow<'a, [u8]> {
        let known = self.without_known(value);
        let by_name = header::value(name, &known, self.marks());
        let out = self.neutral(self.shaped(by_name.as_deref().unwrap_or(&known)));
        if out == value { Cow::Borrowed(value) } else { Cow::Owned(out) }
    }

    /// Hides what is secret in a request target or a URL; see [`super::target`].
    #[must_use]
    pub fn target(&self, target: &[u8]) -> Vec<u8> {
        let known = self.without_known(target);
        let (path, query) = query::split(&known);
        let mut out = self.shaped(path);
        if let Some(query) = query {
            out.push(b'?');
            query::parameters(query, &mut out, self.marks(), |pair| self.shaped(pair));
        }
        self.neutral(out)
    }

    /// Hides what is secret in a query string without its `?`, or in a form body; see [`super::query`].
    #[must_use]
    pub fn query(&self, query: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(query.len());
        query::parameters(&self.without_known(query), &mut out, self.marks(), |pair| self.shaped(pair));
        self.neutral(out)
    }

    /// Redacts a text that arrives in pieces, with the secrets that are known now.
    #[must_use]
    pub fn stream(&self) -> RedactStream {
        RedactStream::new(self.clone())
    }

    /// Tells where the secrets that were learned appear, in any encoding; nothing is told by shape.
    ///
    /// ```
    /// use awsaccess::redact::Redactor;
    /// let mut redactor = Redactor::new();
    /// redactor.learn_secret("token", b"correct horse")?;
    /// let found = redactor.search(b"x=correct%20horse");
    /// assert_eq!((found[0].name.as_str(), found[0].encoding), ("token", "percent-encoded"));
    /// # Ok::<(), awsaccess::redact::LearnError>(())
    /// ```
    #[must_use]
    pub fn search(&self, bytes: &[u8]) -> Vec<Found> {
        let mut all = Vec::new();
        self.known.scan(bytes, &Stretches::of(bytes, self.known.digits()), 0, 0, true, |piece| {
            if let Piece::Secret(hit) = piece {
                let label = self.known.secret(&hit).map_or("secret", |learned| &learned.label);
                let name = label.trim_matches(['[', ']']).to_owned();
                all.push(Found { name, encoding: hit.form, range: hit.range });
            }
        });
        all
    }

    pub(super) fn shapes(&self) -> Shapes {
        Shapes::new(self.mask_key_ids)
    }

    pub(super) fn marks(&self) -> Marks<'_> {
        Marks { labels: self.known.labels(), tags: self.tags.as_deref() }
    }

    pub(super) fn shaped(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        self.shapes().scan(bytes, &Stretches::of(bytes, Digits::Base64), 0, true, self.marks(), &mut out);
        out
    }

    pub(super) fn neutral(&self, bytes: Vec<u8>) -> Vec<u8> {
        if !self.neutralize {
            return bytes;
        }
        let mut out = Vec::with_capacity(bytes.len());
        neutral::scan(&bytes, 0, true, &mut out);
        out
    }
}

fn learned(name: &str, secret: &[u8], key_id: bool, expires_at: Option<Time>) -> Learned {
    Learned { secret: Zeroizing::new(secret.to_vec()), label: label(name), count: 1, key_id, expires_at }
}

/// `[name]`, at most forty letters, digits and dashes.
fn label(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().take(40).map(word).collect();
    let name = name.trim_matches('-');
    format!("[{}]", if name.is_empty() { "secret" } else { name })
}
