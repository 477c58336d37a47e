//! Why a service refused a signature.

use awsaccess::sigv4::{Evidence, Payload, Reply, Request, Scope, diagnose as find};
use napi::JsString;
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use serde_json::json;
use zeroize::Zeroizing;

use crate::fault::{Out, answer};
use crate::piece::{Pieces, pairs, time};

/// Names the cause. Pieces: method, url, credentials (an empty key id: not given), `4` or `a` for what the service
/// wants (empty: not given), region or region set, service, header fields. `reply` is as it is on the wire.
#[napi]
#[allow(clippy::too_many_arguments, reason = "the evidence; strings and bytes cross the border one by one")]
pub(crate) fn diagnose<'e>(
    env: &'e Env,
    text: String,
    count: u32,
    packed: Option<&[u8]>,
    body: Option<&[u8]>,
    reply: Option<&[u8]>,
    canonical_request: Option<&[u8]>,
    now: Option<f64>,
) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        let mut pieces = Pieces::read(&text, count, packed)?;
        let (method, url, credentials) = (pieces.text()?, pieces.bytes()?, pieces.credentials()?);
        let (algorithm, region, service) = (pieces.text()?, pieces.text()?, pieces.text()?);
        let expected = match algorithm {
            "" => None,
            "a" => Some(Scope::regions(region.split(','), service)),
            _ => Some(Scope::new(region, service)),
        };
        let headers = pieces.headers()?;
        let headers = pairs(&headers);
        let payload = body.map_or(Payload::Declared, Payload::Bytes);
        let mut evidence = Evidence::new(Request::new(method, url, &headers), payload);
        if !credentials.access_key_id().is_empty() {
            evidence = evidence.credentials(&credentials);
        }
        if let Some(scope) = &expected {
            evidence = evidence.expected(scope);
        }
        if let Some(text) = canonical_request {
            evidence = evidence.canonical_request(text);
        }
        if let Some(now) = now {
            evidence = evidence.now(time(now));
        }
        let found = find(&evidence, reply.map(Reply::parse_http).as_ref());
        Ok(Out::json(json!({
            "cause": found.cause().name(), "part": found.part().name(), "subject": found.subject(),
            "certain": found.is_certain(), "explanation": found.explanation(), "remedy": found.remedy(),
            "ours": found.ours(), "theirs": found.theirs(),
        })))
    })
}
