//! Nothing secret in any log.
//!
//! Two stages, each of which can take its text in pieces:
//!
//! 1. **By knowledge.** A [`Redactor`] hides the very secrets it has learned, also percent-encoded, JSON- or
//!    XML-escaped, in base64 at any alignment, and in hex.
//! 2. **By shape.** Names that stand before a secret in the forms that logs, files and shells give them
//!    (`aws_secret_access_key = …`, `"SessionToken": "…"`, `<SecretAccessKey>…`, `--password …`, `X-Amz-Signature=…`),
//!    Authorization and cookie headers, bearer and basic tokens, passwords in URLs, JWTs, private keys in PEM, API
//!    keys of Bedrock, and forty characters that look like a secret access key.
//!
//! What stands in a secret's place says what it was: `[aws-session-token]`; with [`Redactor::tag_key`] it also tells
//! one secret from another. Key ids stay readable, unless [`Redactor::mask_key_ids`] says otherwise. Lines stay lines,
//! and redacting twice is redacting once. JSON stays JSON, on lines of its own or behind other text, since a value is
//! hidden within the string that holds it, come what may; XML stays well formed, a URL a URL, and a document of CBOR one.
//! Time grows with the length of the text: a rule looks at no more than 2 KiB around a word that alarms it.
//!
//! What has structure is better redacted as such ([`Redactor::json`], [`Redactor::field`], [`Redactor::header`]): in text
//! a name may stand too far from its value, or behind it.
//!
//! What stays, though it looks alike: request ids, digests and ETags, ARNs, UUIDs, paths, tokens that name a place in a
//! list, and references to secrets (`${NAME}`, `file://…`, `arn:aws:secretsmanager:…`).
//!
//! ```
//! use awsaccess::redact;
//! assert_eq!(redact::text(r#"{"SessionToken": "IQoJb3JpZ2luX2VjEJr"}"#), r#"{"SessionToken": "[aws-session-token]"}"#);
//! ```

mod block;
mod cbor;
mod command;
#[cfg(test)]
mod differential;
mod encoding;
mod ending;
mod field;
mod gram;
mod header;
mod json;
mod key;
mod known;
#[cfg(test)]
mod linear;
mod mark;
mod markup;
mod name;
mod needle;
mod neutral;
mod option;
mod pair;
mod parameter;
mod query;
mod redactor;
mod replacing;
mod resync;
mod run;
mod sample;
mod shape;
mod stream;
mod stretch;
mod token;
mod told;
mod until;
mod view;
mod walk;
mod window;
mod word;
mod worth;
mod written;

use std::borrow::Cow;

pub use self::redactor::{Found, GREATEST, LEAST, LearnError, MOST, Redactor};
pub use self::stream::RedactStream;
pub(crate) use self::told::told;

/// Hides what looks like a secret in a text.
///
/// ```
/// assert_eq!(
///     awsaccess::redact::text("export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
///     "export AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]",
/// );
/// ```
#[must_use]
pub fn text(text: &str) -> String {
    Redactor::new().redact(text)
}

/// Whether what stands under that name is a secret by its name alone.
pub(crate) fn is_secret_name(name: &str) -> bool {
    Redactor::new().is_secret_name(name.as_bytes())
}

/// Hides what looks like a secret in bytes of any kind.
#[must_use]
pub fn bytes(bytes: &[u8]) -> Vec<u8> {
    Redactor::new().redact_bytes(bytes)
}

/// Hides what is secret in the value of a header field.
///
/// Of an Authorization header that AWS signs with (version 4, 4a or 2) everything stays but the signature; of any
/// other the scheme. Of headers whose name speaks of a token, a password, a secret, a signature, a cookie or a customer's
/// encryption key nothing stays. The values of all others are searched by shape.
///
/// ```
/// use awsaccess::redact;
/// let value = b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=5d672d79c15b13162d9279b0855cfba6";
/// let shown = redact::header(b"Authorization", value);
/// assert!(shown.starts_with(b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "));
/// assert!(shown.ends_with(b"SignedHeaders=host, Signature=[signature]"));
/// assert_eq!(*redact::header(b"x-amz-security-token", b"IQoJ"), *b"[aws-session-token]");
/// assert_eq!(*redact::header(b"host", b"sts.amazonaws.com"), *b"sts.amazonaws.com");
/// ```
#[must_use]
pub fn header<'a>(name: &[u8], value: &'a [u8]) -> Cow<'a, [u8]> {
    Redactor::new().header(name, value)
}

/// Hides what is secret in a request target or a URL.
///
/// The signature, the token and whatever parameter speaks of a token, a password or a secret; its name is
/// percent-decoded first. `X-Amz-Credential` and `AWSAccessKeyId` stay readable.
///
/// ```
/// let shown = awsaccess::redact::target(b"/k?X-Amz-Credential=AKID%2F20150830&X%2DAmz%2DSignature=00ff");
/// assert_eq!(shown, b"/k?X-Amz-Credential=AKID%2F20150830&X%2DAmz%2DSignature=[signature]");
/// ```
#[must_use]
pub fn target(target: &[u8]) -> Vec<u8> {
    Redactor::new().target(target)
}

/// Hides what is secret in a query string without its `?`, or in a form body, as [`target`] does.
///
/// ```
/// let shown = awsaccess::redact::query(b"Action=AssumeRoleWithSAML&SAMLAssertion=PHNhbWw%2B");
/// assert_eq!(shown, b"Action=AssumeRoleWithSAML&SAMLAssertion=[saml-assertion]");
/// ```
#[must_use]
pub fn query(query: &[u8]) -> Vec<u8> {
    Redactor::new().query(query)
}

/// Whether a known secret appears in `haystack`, whole or cut off, and in which encoding: what tests search their
/// output with. `None` as well for a secret shorter than [`LEAST`] or longer than [`GREATEST`].
///
/// ```
/// use awsaccess::redact::find_secret;
/// assert_eq!(find_secret(b"a=correct%2Fhorse", b"correct/horse"), Some("percent-encoded"));
/// assert_eq!(find_secret(b"a=wrong", b"correct/horse"), None);
/// ```
#[must_use]
pub fn find_secret(haystack: &[u8], secret: &[u8]) -> Option<&'static str> {
    let mut redactor = Redactor::new();
    redactor.learn_secret("secret", secret).ok()?;
    redactor.search(haystack).first().map(|found| found.encoding)
}
