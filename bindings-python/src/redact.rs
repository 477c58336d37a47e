//! `redact`, and redactors that know the very secrets that they hide.

use std::sync::{Mutex, MutexGuard, PoisonError};

use awsaccess::redact::{self as core, Redactor as Core};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::credentials::Credentials;
use crate::error::{guard, input, used, wrong_type};
use crate::value::{bytes, text_or_bytes, time};

/// Texts above this are searched without the interpreter's lock.
const LARGE: usize = 32 * 1024;

/// Hides what looks like a secret in a text; bytes come back as bytes.
#[pyfunction]
pub(crate) fn redact<'py>(text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    guard(|| through(&Core::new(), text, Core::redact_bytes))
}

/// In which encoding a secret of 8 bytes or more appears in a text (`plain`, `base64`, …), whole or cut off; `None` if it
/// does not. For tests of what was logged.
#[pyfunction]
pub(crate) fn find_secret(
    haystack: &Bound<'_, PyAny>,
    secret: &Bound<'_, PyAny>,
) -> PyResult<Option<&'static str>> {
    guard(|| Ok(core::find_secret(text_or_bytes(haystack, "haystack")?, text_or_bytes(secret, "secret")?)))
}

/// Redacts text as text and bytes as bytes.
fn through<'py>(
    redactor: &Core,
    value: &Bound<'py, PyAny>,
    work: impl FnOnce(&Core, &[u8]) -> Vec<u8> + Send,
) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let Ok(text) = value.cast::<PyString>() else {
        let data = bytes(value, "text")?;
        let out =
            if data.len() > LARGE { py.detach(|| work(redactor, &data)) } else { work(redactor, &data) };
        return Ok(PyBytes::new(py, &out).into_any());
    };
    if let Ok(text) = text.to_str() {
        let data = text.as_bytes();
        let out = if data.len() > LARGE { py.detach(|| work(redactor, data)) } else { work(redactor, data) };
        return Ok(PyString::new(py, &String::from_utf8_lossy(&out)).into_any());
    }
    // Lone surrogates, as undecodable file names have them, pass through.
    let data = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    let out = work(redactor, data.cast::<PyBytes>()?.as_bytes());
    PyBytes::new(py, &out).call_method1("decode", ("utf-8", "surrogatepass"))
}

/// Hides secrets that it has learned, in any encoding, and others by their shape.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Redactor(Mutex<Core>);

impl Redactor {
    /// What is known now, shared at no cost; the lock is not held while it works.
    fn now(&self) -> Core {
        self.open().clone()
    }

    /// Never held while Python's code may run.
    fn open(&self) -> MutexGuard<'_, Core> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Redactor {
    /// `mask_key_ids` hides access key ids too, which stay readable otherwise. `tag_key` (text or bytes) gives every
    /// label a tag by which two places that held the same secret can be told; the key makes guesses useless. `neutralize`
    /// shows control characters, and those that turn the direction of writing, as `\u001b`.
    #[new]
    #[pyo3(signature = (*, mask_key_ids=false, tag_key=None, neutralize=false))]
    fn new(mask_key_ids: bool, tag_key: Option<&Bound<'_, PyAny>>, neutralize: bool) -> PyResult<Self> {
        guard(|| {
            let mut core = Core::new().mask_key_ids(mask_key_ids).neutralize(neutralize);
            if let Some(key) = tag_key {
                core = core.tag_key(text_or_bytes(key, "tag_key")?);
            }
            Ok(Self(Mutex::new(core)))
        })
    }

    /// Learns credentials, or one secret (text or bytes) that `[name]` will stand for.
    ///
    /// Raises `InputError` for a secret of fewer than 8 or more than 16384 bytes, which is not learned.
    #[pyo3(signature = (secret, name="secret"))]
    fn learn(&self, secret: &Bound<'_, PyAny>, name: &str) -> PyResult<()> {
        guard(|| {
            let learned = match secret.cast::<Credentials>() {
                Ok(credentials) => self.open().learn(&credentials.get().0),
                Err(_) => {
                    let secret = text_or_bytes(secret, "secret")?;
                    self.open().learn_secret(name, secret)
                }
            };
            learned.map_err(|error| input(&error.to_string()))
        })
    }

    /// Forgets what `learn` learned of these, as often as it was learned.
    fn forget(&self, secret: &Bound<'_, PyAny>) -> PyResult<()> {
        guard(|| {
            match secret.cast::<Credentials>() {
                Ok(credentials) => self.open().forget(&credentials.get().0),
                Err(_) => {
                    let secret = text_or_bytes(secret, "secret")?;
                    self.open().forget_secret(secret);
                }
            }
            Ok(())
        })
    }

    /// Forgets the credentials that have expired by `now`, however often they were learned: what opens nothing any more
    /// need not be looked for.
    #[pyo3(signature = (now=None))]
    fn forget_expired(&self, now: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        guard(|| {
            let now = time(now)?;
            self.open().forget_expired(now);
            Ok(())
        })
    }

    /// Hides every secret in a text; bytes come back as bytes.
    fn redact<'py>(&self, text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| through(&self.now(), text, Core::redact_bytes))
    }

    /// Hides what is secret in the value of a header field, which its name decides too.
    fn header<'py>(&self, name: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| through(&self.now(), value, |core, data| core.header(name.as_bytes(), data).into_owned()))
    }

    /// Hides what is secret in the value of a field of this name, such as an entry of a dict.
    fn field<'py>(&self, name: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| through(&self.now(), value, |core, data| core.field(name.as_bytes(), data).into_owned()))
    }

    /// Hides what is secret in a request target or a URL.
    fn target<'py>(&self, target: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| through(&self.now(), target, Core::target))
    }

    /// Hides what is secret in a query string without its `?`, or in a form body.
    fn query<'py>(&self, query: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| through(&self.now(), query, Core::query))
    }

    /// Redacts what arrives in pieces, with the secrets that are known now.
    fn stream(&self) -> PyResult<RedactStream> {
        guard(|| Ok(RedactStream(Mutex::new(Some(Stream { core: self.now().stream(), rest: None })))))
    }

    /// Tells where learned secrets appear in bytes: (name, encoding, start, end) each. For tests of logs.
    fn search(&self, data: &Bound<'_, PyAny>) -> PyResult<Vec<(String, &'static str, usize, usize)>> {
        guard(|| {
            let found = self.now().search(text_or_bytes(data, "data")?);
            Ok(found.into_iter().map(|f| (f.name, f.encoding, f.range.start, f.range.end)).collect())
        })
    }

    fn __repr__(&self) -> &'static str {
        "<Redactor>"
    }
}

/// Redacts a text that arrives in pieces; however it is cut, the output is the same.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct RedactStream(Mutex<Option<Stream>>);

struct Stream {
    core: core::RedactStream,
    /// Of a stream of text: the bytes of a character that is not complete yet.
    rest: Option<Vec<u8>>,
}

impl Stream {
    /// What came out, as text or as bytes.
    fn give<'py>(&mut self, py: Python<'py>, out: &[u8]) -> Bound<'py, PyAny> {
        let Some(rest) = &mut self.rest else { return PyBytes::new(py, out).into_any() };
        rest.extend_from_slice(out);
        let complete = match std::str::from_utf8(rest) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => rest.len(),
        };
        let ready: Vec<u8> = rest.drain(..complete).collect();
        PyString::new(py, &String::from_utf8_lossy(&ready)).into_any()
    }
}

#[pymethods]
impl RedactStream {
    /// Takes the next piece, text or bytes, and gives what can be said so far, as the same.
    fn push<'py>(&self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| {
            let py = data.py();
            let is_text = data.is_instance_of::<PyString>();
            let piece = if is_text { text_or_bytes(data, "data")?.into() } else { bytes(data, "data")? };
            // Taken out for the time of the work: no lock is held while other threads may run.
            let mut state = self.take()?;
            let text_before = state.rest.is_some();
            let result = if is_text || !text_before {
                if is_text && !text_before {
                    state.rest = Some(Vec::new());
                }
                let core = &mut state.core;
                let out =
                    if piece.len() > LARGE { py.detach(|| core.push(&piece)) } else { core.push(&piece) };
                Ok(state.give(py, &out))
            } else {
                Err(wrong_type("a piece of a text", "str", data))
            };
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
            result
        })
    }

    /// Gives the rest. What was held back at the end is judged as the end of the text.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guard(|| {
            let Stream { core, rest } = self.take()?;
            let out = core.finish();
            let Some(mut text) = rest else { return Ok(PyBytes::new(py, &out).into_any()) };
            text.extend_from_slice(&out);
            Ok(PyString::new(py, &String::from_utf8_lossy(&text)).into_any())
        })
    }

    fn __repr__(&self) -> &'static str {
        "<RedactStream>"
    }
}

impl RedactStream {
    fn take(&self) -> PyResult<Stream> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        state.ok_or_else(|| used("this stream was finished before, or another thread is pushing to it"))
    }
}
