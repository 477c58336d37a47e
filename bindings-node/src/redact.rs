//! Nothing secret in any log.

use std::cell::RefCell;

use awsaccess::error::ErrorKind;
use awsaccess::redact::{LearnError, RedactStream, Redactor, find_secret as find};
use napi::JsString;
use napi::bindgen_prelude::{Buffer, Either, Env, External};
use napi_derive::napi;
use serde_json::json;
use zeroize::Zeroizing;

use crate::fault::{Fault, Out, answer, either};
use crate::piece::{Pieces, time};

impl From<LearnError> for Fault {
    fn from(error: LearnError) -> Self {
        let kind = if error == LearnError::TooMany { ErrorKind::Limit } else { ErrorKind::Input };
        Self::new(kind, &error.to_string())
    }
}

/// A redactor and what it has learned.
pub(crate) struct Known(RefCell<Redactor>);

impl Known {
    fn read<T>(&self, work: impl FnOnce(&Redactor) -> T) -> Result<T, Fault> {
        Ok(work(&*self.0.try_borrow().map_err(|_| Fault::internal())?))
    }

    fn change<T>(&self, work: impl FnOnce(&mut Redactor) -> T) -> Result<T, Fault> {
        Ok(work(&mut *self.0.try_borrow_mut().map_err(|_| Fault::internal())?))
    }
}

/// One that knows nothing yet; `tagged` says whether there is a key.
#[napi]
pub(crate) fn redactor(mask_key_ids: bool, neutralize: bool, tagged: bool, key: &[u8]) -> External<Known> {
    let redactor = Redactor::new().mask_key_ids(mask_key_ids).neutralize(neutralize);
    External::new(Known(RefCell::new(if tagged { redactor.tag_key(key) } else { redactor })))
}

/// Learns credentials, given as their four pieces, or forgets them.
#[napi]
pub(crate) fn learn<'e>(
    env: &'e Env,
    known: &External<Known>,
    text: String,
    keep: bool,
) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        let credentials = Pieces::read(&text, 4, None)?.credentials()?;
        match keep {
            true => known.change(|redactor| redactor.learn(&credentials))??,
            false => known.change(|redactor| redactor.forget(&credentials))?,
        }
        Ok(nothing())
    })
}

/// Learns any other secret by a name.
#[napi]
pub(crate) fn learn_secret<'e>(
    env: &'e Env,
    known: &External<Known>,
    name: String,
    secret: &[u8],
) -> napi::Result<JsString<'e>> {
    answer(env, || {
        known.change(|redactor| redactor.learn_secret(&name, secret))??;
        Ok(nothing())
    })
}

/// Forgets one secret.
#[napi]
pub(crate) fn forget_secret<'e>(
    env: &'e Env,
    known: &External<Known>,
    secret: &[u8],
) -> napi::Result<JsString<'e>> {
    answer(env, || {
        known.change(|redactor| redactor.forget_secret(secret))?;
        Ok(nothing())
    })
}

/// Forgets the credentials that have expired, at a time in milliseconds.
#[napi]
pub(crate) fn forget_expired<'e>(
    env: &'e Env,
    known: &External<Known>,
    now: f64,
) -> napi::Result<JsString<'e>> {
    answer(env, || {
        known.change(|redactor| redactor.forget_expired(time(now)))?;
        Ok(nothing())
    })
}

/// Where learned secrets appear, as JSON.
#[napi]
pub(crate) fn search_secrets<'e>(
    env: &'e Env,
    known: &External<Known>,
    bytes: &[u8],
) -> napi::Result<JsString<'e>> {
    answer(env, || {
        let found = known.read(|redactor| redactor.search(bytes))?;
        let all: Vec<_> = found
            .into_iter()
            .map(|f| json!({ "name": f.name, "encoding": f.encoding, "start": f.range.start, "end": f.range.end }))
            .collect();
        Ok(Out::Text(Zeroizing::new(json!(all).to_string())))
    })
}

fn nothing() -> Out {
    Out::Text(Zeroizing::default())
}

/// Hides every secret in a text; the result stands behind a `=`, so that it is never taken for a fault.
#[napi]
pub(crate) fn redact_text<'e>(
    env: &'e Env,
    known: &External<Known>,
    text: String,
) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        Ok(Out::Text(Zeroizing::new(format!("={}", known.read(|redactor| redactor.redact(&text))?))))
    })
}

/// Hides every secret in bytes: of any kind, the value of the header or the field `name`, a target, or a query.
#[napi]
pub(crate) fn redact_bytes(
    known: &External<Known>,
    kind: String,
    name: &[u8],
    bytes: &[u8],
) -> Either<Buffer, String> {
    either(|| {
        known
            .read(|redactor| match kind.as_str() {
                "header" => redactor.header(name, bytes).into_owned(),
                "field" => redactor.field(name, bytes).into_owned(),
                "target" => redactor.target(bytes),
                "query" => redactor.query(bytes),
                _ => redactor.redact_bytes(bytes),
            })
            .map(Buffer::from)
    })
}

/// In which encoding a secret appears; empty if it does not.
#[napi]
pub(crate) fn find_secret<'e>(env: &'e Env, haystack: &[u8], secret: &[u8]) -> napi::Result<JsString<'e>> {
    answer(env, || Ok(Out::Text(Zeroizing::new(find(haystack, secret).unwrap_or_default().to_owned()))))
}

/// A text on its way; `None` once it has ended.
pub(crate) struct Flow(RefCell<Option<RedactStream>>);

/// Begins a text that arrives in pieces, with the secrets that are known now.
#[napi]
pub(crate) fn redact_stream(known: &External<Known>) -> Either<External<Flow>, String> {
    either(|| Ok(External::new(Flow(RefCell::new(Some(known.read(Redactor::stream)?))))))
}

/// Takes the next piece.
#[napi]
pub(crate) fn stream_push(flow: &External<Flow>, data: &[u8]) -> Either<Buffer, String> {
    either(|| {
        let mut stream = flow.0.try_borrow_mut().map_err(|_| Fault::internal())?;
        let stream = stream.as_mut().ok_or_else(|| Fault::used("stream"))?;
        Ok(stream.push(data).into())
    })
}

/// Gives the rest.
#[napi]
pub(crate) fn stream_finish(flow: &External<Flow>) -> Either<Buffer, String> {
    either(|| {
        let stream = flow.0.try_borrow_mut().map_err(|_| Fault::internal())?.take();
        Ok(stream.ok_or_else(|| Fault::used("stream"))?.finish().into())
    })
}
