//! The body of a verified request on its way.

use awsaccess::sigv4;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::{self, guard, used};
use crate::once::Once;
use crate::value::bytes;

/// Bodies above this are hashed without the interpreter's lock.
pub(crate) const LARGE: usize = 32 * 1024;

/// Bytes in, bytes out, the same in number; the last byte waits until the body is seen to be the right one.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct BodyResigner(Once<sigv4::BodyResigner>);

impl BodyResigner {
    pub(crate) fn new(body: sigv4::BodyResigner) -> Self {
        Self(Once::new(body))
    }
}

#[pymethods]
impl BodyResigner {
    /// Takes the next bytes and gives those that may be sent. Raises `BodyError` if the body is not the one
    /// that was signed; nothing more must be sent then.
    fn push<'py>(&self, py: Python<'py>, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        guard(|| {
            let data = bytes(data, "data")?;
            // Taken out for the time of the work: no lock is held while other threads may run.
            let mut body = self.0.take().ok_or_else(finished)?;
            let pushed = if data.len() > LARGE { py.detach(|| body.push(&data)) } else { body.push(&data) };
            self.0.put(body);
            pushed.map(|out| PyBytes::new(py, &out)).map_err(error::body)
        })
    }

    /// Ends the body and gives the byte that was held back. Raises `BodyError`; the body is then short of its
    /// last byte, and the receiver keeps none of it.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        guard(|| {
            let body = self.0.take().ok_or_else(finished)?;
            body.finish().map(|out| PyBytes::new(py, &out)).map_err(error::body)
        })
    }

    fn __repr__(&self) -> &'static str {
        "<BodyResigner>"
    }
}

fn finished() -> PyErr {
    used("this body was finished before, or another thread is pushing to it")
}
