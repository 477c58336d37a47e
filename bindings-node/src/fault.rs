//! What goes wrong, on its way to a JavaScript exception.

use std::panic::{AssertUnwindSafe, catch_unwind};

use awsaccess::error::{Attempt, Error, ErrorKind};
use awsaccess::sigv4::{BodyError, ResignError, SignError, VerifyError};
use napi::JsString;
use napi::bindgen_prelude::{Either, Env};
use napi_derive::napi;
use serde_json::{Value, json};
use zeroize::{Zeroize, Zeroizing};

/// A failure, as the object that `lib/error.cjs` makes an exception of.
pub(crate) struct Fault(Value);

impl Fault {
    pub(crate) fn new(kind: ErrorKind, message: &str) -> Self {
        Self(json!({ "code": kind.name(), "message": message }))
    }

    pub(crate) fn input(message: &str) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    pub(crate) fn internal() -> Self {
        Self::new(ErrorKind::Internal, "a fault inside awsaccess; please report it")
    }

    pub(crate) fn used(what: &str) -> Self {
        Self::new(ErrorKind::Used, &format!("the {what} was used before, and serves once"))
    }

    /// Adds a field to the exception.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(fields) = &mut self.0 {
            fields.insert(name.to_owned(), value.into());
        }
        self
    }

    pub(crate) fn into_value(self) -> Value {
        self.0
    }

    /// Marked by a `!`, with which no result begins.
    fn to_text(&self) -> String {
        format!("!{}", self.0)
    }
}

impl From<SignError> for Fault {
    fn from(error: SignError) -> Self {
        Self::new(ErrorKind::Sign, &error.to_string())
    }
}

impl From<ResignError> for Fault {
    fn from(error: ResignError) -> Self {
        Self::new(ErrorKind::Resign, &error.to_string())
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        Self::new(ErrorKind::Verify, &error.to_string())
    }
}

impl From<VerifyError> for Fault {
    fn from(error: VerifyError) -> Self {
        Self::new(ErrorKind::Verify, &error.to_string())
            .with("kind", error.kind().name())
            .with("awsCode", error.aws_code())
            .with("status", error.status())
            .with("operatorDetail", error.operator_detail())
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::new(error.kind(), error.message())
            .with("report", error.report())
            .with("retryable", error.is_retryable())
            .with("awsCode", error.aws_code())
            .with("attempts", attempts(error.attempts()))
    }
}

/// A trace, as the list that JavaScript shows.
pub(crate) fn attempts(attempts: &[Attempt]) -> Value {
    let attempt = |attempt: &Attempt| {
        json!({
            "source": attempt.source, "outcome": attempt.outcome.name(), "reason": attempt.reason,
            "took": attempt.took.as_secs_f64(),
        })
    };
    attempts.iter().map(attempt).collect()
}

/// A result, as the string that it crosses the border in.
pub(crate) enum Out {
    /// One byte a character.
    Latin1(Zeroizing<Vec<u8>>),
    /// UTF-8; JSON as a rule.
    Text(Zeroizing<String>),
}

impl Out {
    pub(crate) fn json(value: Value) -> Self {
        let text = Zeroizing::new(value.to_string());
        wipe(value);
        Self::Text(text)
    }
}

/// Wipes every string of a JSON value before it is dropped.
pub(crate) fn wipe(value: Value) {
    match value {
        Value::String(mut text) => text.zeroize(),
        Value::Array(items) => items.into_iter().for_each(wipe),
        Value::Object(fields) => fields.into_iter().for_each(|(_, field)| wipe(field)),
        _ => {}
    }
}

/// Runs an entry that answers with a string.
pub(crate) fn answer<'e>(
    env: &'e Env,
    work: impl FnOnce() -> Result<Out, Fault>,
) -> napi::Result<JsString<'e>> {
    match guard(work) {
        Ok(Out::Latin1(bytes)) => env.create_string_latin1(bytes.as_slice()),
        Ok(Out::Text(text)) => env.create_string(text.as_str()),
        Err(fault) => env.create_string(fault.to_text()),
    }
}

/// Runs an entry that answers with something else, or with a fault's string.
pub(crate) fn either<T>(work: impl FnOnce() -> Result<T, Fault>) -> Either<T, String> {
    match guard(work) {
        Ok(value) => Either::A(value),
        Err(fault) => Either::B(fault.to_text()),
    }
}

/// A panic must not cross into Node, and its message, which may quote what it met, must not be seen.
fn guard<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Fault::internal()))
}

/// A panic is answered, never printed: the default hook would write its message to stderr.
#[napi_derive::module_init]
fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// Every kind of error with its number: what the table in JavaScript is held against.
#[napi]
pub(crate) fn error_kinds(env: &Env) -> napi::Result<JsString<'_>> {
    answer(env, || {
        Ok(Out::json(ErrorKind::ALL.iter().map(|kind| json!([kind.name(), kind.code()])).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_fixed_message() {
        silence_panics();
        let fault = guard::<()>(|| panic!("wJalrXUtnFEMI")).err().unwrap();
        assert!(fault.to_text().contains("\"internal\"") && !fault.to_text().contains("wJalr"));
    }
}
