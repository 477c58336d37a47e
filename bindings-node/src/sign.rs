//! Signing, and what is signed.

use std::time::Duration;

use awsaccess::sigv4::{
    Payload, Request, Scope, SessionToken, Settings, explain as explain_request, explain_presign,
    presign as presign_request, sign as sign_request,
};
use napi::JsString;
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use zeroize::Zeroizing;

use crate::fault::{Fault, answer};
use crate::piece::{Fields, Keys, Pieces, lines, pack, pairs, time};

/// The request and everything beside it that a signature needs.
struct Signing<'a> {
    method: &'a str,
    url: &'a [u8],
    keys: Keys,
    scope: Scope,
    settings: Settings,
    payload: Payload<'a>,
    headers: Fields<'a>,
}

impl<'a> Signing<'a> {
    fn read(mut pieces: Pieces<'a>, body: Option<&'a [u8]>) -> Result<Self, Fault> {
        let (method, url) = (pieces.text()?, pieces.bytes()?);
        let keys = pieces.keys()?;
        let (region, service, letters) = (pieces.text()?, pieces.text()?, pieces.text()?);
        let (settings, regions) = settings(letters);
        let scope = match regions {
            true => Scope::regions(region.split(','), service),
            false => Scope::new(region, service),
        };
        let payload = match pieces.text()? {
            "" => Payload::Bytes(body.unwrap_or_default()),
            literal => Payload::parse(literal)
                .ok_or_else(|| Fault::input("payload is neither a hex sha-256 nor one of aws's literals"))?,
        };
        Ok(Self { method, url, keys, scope, settings, payload, headers: pieces.headers()? })
    }
}

/// One letter a setting: `-` for by service, `0`, `1`; where the token goes; and `a` for SigV4A, whose region is a set.
fn settings(letters: &str) -> (Settings, bool) {
    let mut letters = letters.bytes();
    let mut switch = || match letters.next() {
        Some(b'0') => Some(false),
        Some(b'1') => Some(true),
        _ => None,
    };
    let settings = Settings {
        double_encode: switch(),
        normalize: switch(),
        content_sha256_header: switch(),
        session_token: match letters.next() {
            Some(b'a') => SessionToken::Append,
            Some(b'o') => SessionToken::Omit,
            Some(b'x') => SessionToken::S3Express,
            _ => SessionToken::Sign,
        },
    };
    (settings, letters.next() == Some(b'a'))
}

/// Gives names and values of the header fields to set.
#[napi]
pub(crate) fn sign<'e>(
    env: &'e Env,
    text: String,
    count: u32,
    packed: Option<&[u8]>,
    body: Option<&[u8]>,
    now: f64,
) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        let call = Signing::read(Pieces::read(&text, count, packed)?, body)?;
        let headers = pairs(&call.headers);
        let request = Request::new(call.method, call.url, &headers);
        let signed =
            sign_request(&request, call.payload, &call.keys, &call.scope, &call.settings, time(now))?;
        lines(signed.headers().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]))
    })
}

/// Gives the target that carries the signature.
#[napi]
pub(crate) fn presign<'e>(
    env: &'e Env,
    text: String,
    count: u32,
    packed: Option<&[u8]>,
    body: Option<&[u8]>,
    now: f64,
    expires: f64,
) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        let call = Signing::read(Pieces::read(&text, count, packed)?, body)?;
        let headers = pairs(&call.headers);
        let request = Request::new(call.method, call.url, &headers);
        let link = presign_request(
            &request,
            call.payload,
            &call.keys,
            &call.scope,
            &call.settings,
            Duration::from_secs(expires as u64),
            time(now),
        )?;
        Ok(pack([link.target()].into_iter()))
    })
}

/// Gives what `sign` hashes and signs, or with `expires` what `presign` does: canonical request and string to sign.
#[napi]
pub(crate) fn explain<'e>(
    env: &'e Env,
    text: String,
    count: u32,
    packed: Option<&[u8]>,
    body: Option<&[u8]>,
    now: f64,
    expires: Option<f64>,
) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        let call = Signing::read(Pieces::read(&text, count, packed)?, body)?;
        let headers = pairs(&call.headers);
        let request = Request::new(call.method, call.url, &headers);
        let (keys, scope, settings, now) = (&call.keys, &call.scope, &call.settings, time(now));
        let told = match expires {
            None => explain_request(&request, call.payload, keys, scope, settings, now)?,
            Some(seconds) => {
                let expires = Duration::from_secs(seconds as u64);
                explain_presign(&request, call.payload, keys, scope, settings, expires, now)?
            }
        };
        let pieces = [told.canonical_request.as_slice(), told.string_to_sign.as_slice()];
        Ok(pack(pieces.into_iter()))
    })
}
