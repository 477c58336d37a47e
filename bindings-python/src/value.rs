//! Python's values as the core's: text, bytes, times and durations. What is wrong with one is said without it.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use awsaccess::secret::Secret;
use awsaccess::time::Time;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyType};

use crate::error::{input, wrong_type};

/// Numbers above this are milliseconds, passed by mistake: as seconds they are in the year 5138.
const LATEST: f64 = 1e11;

/// Text that UTF-8 can hold.
pub(crate) fn text<'a>(value: &'a Bound<'_, PyAny>, what: &str) -> PyResult<&'a str> {
    let Ok(value) = value.cast::<PyString>() else { return Err(wrong_type(what, "str", value)) };
    // Python's own error would carry the text, which may be a secret.
    value.to_str().map_err(|_| input(&format!("{what} has a lone surrogate, which no encoding can hold")))
}

/// A secret, which must not be empty.
pub(crate) fn secret(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Secret> {
    let text = text(value, what)?;
    if text.is_empty() { Err(input(&format!("{what} is empty"))) } else { Ok(Secret::new(text)) }
}

/// Bytes, or text as UTF-8: targets and URLs, taken as they are.
pub(crate) fn text_or_bytes<'a>(value: &'a Bound<'_, PyAny>, what: &str) -> PyResult<&'a [u8]> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes());
    }
    if value.is_instance_of::<PyString>() {
        return text(value, what).map(str::as_bytes);
    }
    Err(wrong_type(what, "str or bytes", value))
}

/// Anything that gives its bytes: `bytes` is borrowed, what can change meanwhile is copied.
pub(crate) fn bytes<'a>(value: &'a Bound<'_, PyAny>, what: &str) -> PyResult<Cow<'a, [u8]>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Cow::Borrowed(bytes.as_bytes()));
    }
    // `bytes(3)` would make three zeros: only what has a buffer is taken.
    let view = value.py().import("builtins")?.getattr("memoryview")?.call1((value,));
    let view = view.map_err(|_| wrong_type(what, "bytes-like", value))?;
    let copy: PyBackedBytes = view.call_method0("tobytes")?.extract()?;
    Ok(Cow::Owned(copy.to_vec()))
}

/// Seconds since the epoch or an aware datetime; `None` is now.
pub(crate) fn time(value: Option<&Bound<'_, PyAny>>) -> PyResult<Time> {
    value.map_or_else(|| Ok(SystemTime::now().into()), |value| instant(value, "now"))
}

/// Seconds since the epoch or an aware datetime.
pub(crate) fn instant(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Time> {
    static DATETIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = value.py();
    let seconds = if value.is_instance(DATETIME.import(py, "datetime", "datetime")?)? {
        if value.call_method0("utcoffset")?.is_none() {
            return Err(input(&format!(
                "{what} is a datetime without a time zone; pass one with tzinfo, or seconds since the epoch"
            )));
        }
        value.call_method0("timestamp")?.extract::<f64>()?
    } else {
        number(value)
            .ok_or_else(|| wrong_type(what, "seconds since the epoch or an aware datetime", value))?
    };
    if !(0.0..=LATEST).contains(&seconds) {
        return Err(input(&format!(
            "{what} is not a time in seconds since the epoch (milliseconds must be divided by 1000)"
        )));
    }
    Ok(Time::from_unix_millis((seconds * 1000.0).floor() as i64))
}

/// Seconds or a timedelta.
pub(crate) fn duration(value: &Bound<'_, PyAny>, what: &str) -> PyResult<Duration> {
    static TIMEDELTA: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = value.py();
    let seconds = if value.is_instance(TIMEDELTA.import(py, "datetime", "timedelta")?)? {
        value.call_method0("total_seconds")?.extract::<f64>()?
    } else {
        number(value).ok_or_else(|| wrong_type(what, "seconds or a timedelta", value))?
    };
    if !(0.0..=LATEST).contains(&seconds) {
        return Err(input(&format!("{what} is negative, or too long to be seconds")));
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Numbers, and what converts to one without being text; `True` is no number here.
pub(crate) fn number(value: &Bound<'_, PyAny>) -> Option<f64> {
    if value.is_instance_of::<PyBool>() {
        return None;
    }
    let is_number = value.is_instance_of::<PyFloat>()
        || value.is_instance_of::<PyInt>()
        || value.hasattr("__float__").unwrap_or(false);
    is_number.then(|| value.extract().ok())?
}

/// A time as Python sees it: seconds since the epoch, whole ones as `int`.
pub(crate) fn seconds(py: Python<'_>, time: Time) -> PyResult<Py<PyAny>> {
    Ok(if time.unix_millis() % 1000 == 0 {
        time.unix().into_pyobject(py)?.into_any().unbind()
    } else {
        (time.unix_millis() as f64 / 1000.0).into_pyobject(py)?.into_any().unbind()
    })
}

/// Bytes off the wire as text of one byte a character.
pub(crate) fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Pairs of text from a mapping.
pub(crate) fn pairs(mapping: Option<&Bound<'_, PyAny>>, what: &str) -> PyResult<Vec<(String, String)>> {
    let Some(mapping) = mapping else { return Ok(Vec::new()) };
    let items = mapping.call_method0("items").map_err(|_| wrong_type(what, "a mapping", mapping))?;
    items.try_iter()?.map(|item| item?.extract()).collect()
}
