//! When to ask a source again, decided for one caller after another.

use std::cell::RefCell;
use std::time::Duration;

use awsaccess::cache::{Cached, Decision, Settings};
use awsaccess::error::{Attempt, Error, ErrorKind, Outcome};
use awsaccess::time::Time;
use napi::JsString;
use napi::bindgen_prelude::{Either, Env, External};
use napi_derive::napi;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::fault::{Fault, Out, answer, either, wipe};
use crate::option::read_credentials;
use crate::outcome::credentials;
use crate::piece::time;

/// The credentials of one source.
pub(crate) struct Shelf(RefCell<Cached>);

impl Shelf {
    fn open<T>(&self, work: impl FnOnce(&mut Cached) -> T) -> Result<T, Fault> {
        Ok(work(&mut *self.0.try_borrow_mut().map_err(|_| Fault::internal())?))
    }
}

fn millis(value: &Value) -> Option<Duration> {
    value.as_f64().map(|millis| Duration::from_millis(millis as u64))
}

/// An empty one; the wrapper has checked the settings, whose times are milliseconds.
#[napi]
pub(crate) fn cached(settings: String, seed: &[u8]) -> Either<External<Shelf>, String> {
    either(|| {
        let seed = seed.try_into().map_err(|_| Fault::input("seed is 32 fresh random bytes"))?;
        let given: Value = serde_json::from_str(&settings).map_err(|_| Fault::internal())?;
        let mut settings = Settings::default();
        settings.advisory_window = millis(&given["advisoryWindow"]);
        settings.jitter = given["jitter"].as_f64().unwrap_or(settings.jitter);
        settings.serve_expired = given["serveExpired"].as_bool().unwrap_or(settings.serve_expired);
        settings.remember_failure = millis(&given["rememberFailure"]).unwrap_or(settings.remember_failure);
        settings.longest_refresh = millis(&given["longestRefresh"]).unwrap_or(settings.longest_refresh);
        Ok(External::new(Shelf(RefCell::new(Cached::new(settings, seed)))))
    })
}

/// What a caller does that needs credentials for so many milliseconds.
#[napi]
pub(crate) fn cached_decide<'e>(
    env: &'e Env,
    shelf: &External<Shelf>,
    now: f64,
    need: f64,
) -> napi::Result<JsString<'e>> {
    answer(env, || {
        let decision = shelf.open(|cached| cached.decide(time(now), Duration::from_millis(need as u64)))?;
        Ok(Out::json(match decision {
            Decision::Use(found) => json!({ "kind": "use", "credentials": credentials(&found) }),
            Decision::RefreshInBackground(found) => {
                json!({ "kind": "refresh_in_background", "credentials": credentials(&found) })
            }
            Decision::RefreshNow => json!({ "kind": "refresh_now" }),
            Decision::Wait(until) => json!({ "kind": "wait", "until": until.unix_millis() }),
            Decision::Fail(error) => json!({ "kind": "fail", "error": Fault::from(error).into_value() }),
            _ => return Err(Fault::internal()),
        }))
    })
}

/// Ends a turn: with credentials, or with an error as the wrapper describes it. Gives what serves now.
#[napi]
pub(crate) fn cached_settle<'e>(
    env: &'e Env,
    shelf: &External<Shelf>,
    now: f64,
    result: String,
) -> napi::Result<JsString<'e>> {
    let result = Zeroizing::new(result);
    answer(env, || {
        let given: Value = serde_json::from_str(&result).map_err(|_| Fault::internal())?;
        let result = match given["code"].as_str() {
            None => Ok(read_credentials(&given)),
            Some(code) => Err(read_error(code, &given)?),
        };
        wipe(given);
        let served = shelf.open(|cached| cached.settle(time(now), result))??;
        Ok(Out::json(credentials(&served)))
    })
}

fn read_error(code: &str, given: &Value) -> Result<Error, Fault> {
    let kind = ErrorKind::ALL.iter().copied().find(|kind| kind.name() == code);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut error = Error::new(kind.ok_or_else(Fault::internal)?, text(&given["message"]));
    if given["retryable"] == true {
        error = error.retryable();
    }
    if let Some(code) = given["awsCode"].as_str() {
        error = error.with_aws_code(code);
    }
    let outcomes = [Outcome::NotConfigured, Outcome::Failed, Outcome::Ok];
    let attempt = |attempt: &Value| {
        let outcome = outcomes.into_iter().find(|outcome| attempt["outcome"] == outcome.name())?;
        Some(Attempt::new(text(&attempt["source"]), outcome, text(&attempt["reason"])))
    };
    let attempts = given["attempts"].as_array().into_iter().flatten().filter_map(attempt).collect();
    Ok(error.with_attempts(attempts))
}

/// Gives a turn back.
#[napi]
pub(crate) fn cached_abandon<'e>(env: &'e Env, shelf: &External<Shelf>) -> napi::Result<JsString<'e>> {
    answer(env, || {
        shelf.open(Cached::abandon)?;
        Ok(Out::Text(Zeroizing::default()))
    })
}

/// AWS has refused this key; says whether that changed anything.
#[napi]
pub(crate) fn cached_invalidate<'e>(
    env: &'e Env,
    shelf: &External<Shelf>,
    now: f64,
    access_key_id: String,
) -> napi::Result<JsString<'e>> {
    answer(env, || Ok(Out::json(shelf.open(|cached| cached.invalidate(time(now), &access_key_id))?.into())))
}

/// What serves at this moment, without asking anybody.
#[napi]
pub(crate) fn cached_serve<'e>(
    env: &'e Env,
    shelf: &External<Shelf>,
    now: f64,
    need: f64,
) -> napi::Result<JsString<'e>> {
    answer(env, || {
        let served = shelf.open(|cached| cached.serve(time(now), Duration::from_millis(need as u64)))??;
        Ok(Out::json(credentials(&served)))
    })
}

/// What there is, and how it stands.
#[napi]
pub(crate) fn cached_state<'e>(
    env: &'e Env,
    shelf: &External<Shelf>,
    now: f64,
) -> napi::Result<JsString<'e>> {
    answer(env, || {
        Ok(Out::json(shelf.open(|cached| {
            json!({
                "credentials": cached.credentials().map(credentials),
                "lastFailure": cached.last_failure().cloned().map(|error| Fault::from(error).into_value()),
                "advisoryAt": cached.advisory_at().map(Time::unix_millis),
                "isBackingOff": cached.is_backing_off(time(now)),
            })
        })?))
    })
}
