//! A request that has to be changed on its way: a session that is shortened, an answer that is wanted uncompressed.
//!
//! What was verified cannot be altered. The changed request is signed with the placeholder's own secret and verified like
//! any other, so that what is signed for AWS has come the one way that there is.

use super::refusal::{Refusal, RefusalKind};
use crate::credentials::{Credentials, SecretKey};
use crate::secret::Secret;
use crate::sigv4::{self, Claim, Payload, Request, Settings, Verified};
use crate::time::Time;

/// What is to be different.
#[derive(Default)]
pub(super) struct Change {
    /// The query.
    pub(super) query: Option<Vec<u8>>,
    /// The body.
    pub(super) body: Option<Vec<u8>>,
    /// Whether the answer is wanted as it is.
    pub(super) plain_answer: bool,
}

impl Change {
    pub(super) const fn is_any(&self) -> bool {
        self.query.is_some() || self.body.is_some() || self.plain_answer
    }
}

/// Fields that signing sets anew.
const SET_ANEW: [&str; 5] =
    ["authorization", "x-amz-date", "date", "x-amz-security-token", "x-amz-s3session-token"];

/// The request with the change, verified. `body` is what it has now.
pub(super) fn amend(
    verified: &Verified,
    (secret, token): (&SecretKey, Option<&Secret>),
    change: &Change,
    body: &[u8],
    policy: &sigv4::Policy,
    now: Time,
) -> Result<Verified, Refusal> {
    let request = verified.request();
    if verified.is_presigned() {
        return Err(cannot("it is presigned"));
    }
    let mut target = request.target().to_vec();
    if let Some(query) = &change.query {
        target.truncate(request.path().len());
        target.push(b'?');
        target.extend_from_slice(query);
    }
    let mut headers = Vec::new();
    let signed = |name: &str| verified.signed_headers().any(|other| other == name);
    let mut is_bound = false;
    request.headers().each(|name, value| {
        let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
        let name_is = |known: &str| lower == known;
        if change.body.is_some() {
            is_bound |= name_is("content-md5") || name_is("digest") || name_is("content-digest");
            is_bound |= lower.starts_with("x-amz-checksum-") || name_is("x-amz-trailer");
        }
        let is_new = SET_ANEW.contains(&lower.as_str())
            || (change.body.is_some() && (name_is("content-length") || name_is("x-amz-content-sha256")))
            || (change.plain_answer && name_is("accept-encoding"));
        // What nobody signed is no part of what is asked for, and may belong to the connection.
        if !is_new
            && (signed(&lower) || name_is("host") || name_is("user-agent") || name_is("content-length"))
        {
            headers.push((name.to_vec(), value.to_vec()));
        }
    });
    if is_bound {
        return Err(cannot("it carries a checksum of its body; send it without"));
    }
    let body = change.body.as_deref().unwrap_or(body);
    if change.body.is_some() {
        headers.push((b"content-length".to_vec(), body.len().to_string().into_bytes()));
    }
    if change.plain_answer {
        headers.push((b"accept-encoding".to_vec(), b"identity".to_vec()));
    }
    let mut keys = Credentials::new(verified.access_key_id(), secret.expose());
    if let Some(token) = token {
        keys = keys.with_session_token(token.expose());
    }
    let internal = |why: String| {
        Refusal::new(RefusalKind::Internal, "the request could not be changed as it has to be")
            .with_detail(why)
    };
    let changed = Request::new(request.method(), &target, &headers);
    let payload = match verified.payload() {
        sigv4::DeclaredPayload::Unsigned => Payload::Unsigned,
        _ => Payload::Bytes(body),
    };
    let mut settings = Settings::default();
    if request.headers().first("x-amz-s3session-token").is_some() {
        settings.session_token = sigv4::SessionToken::S3Express;
    }
    let signed = sigv4::sign(&changed, payload, &keys, verified.scope(), &settings, now)
        .map_err(|why| internal(why.to_string()))?;
    let headers = signed.apply(&changed);
    let again = Request::new(request.method(), &target, &headers);
    let claim = Claim::parse(&again, policy, now).map_err(|why| internal(why.to_string()))?;
    claim.verify((secret, token), payload).map_err(|why| internal(why.to_string()))
}

fn cannot(why: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Denied,
        format!("this session must be shortened, and the request cannot be changed: {why}"),
    )
}
