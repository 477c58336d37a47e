//! The questions of a step as frozen Python objects: one class each, for `match` to take apart.
//!
//! No `repr` shows a header's value, a body, an argument after the program's name or a file's contents.

use std::time::Duration;

use awsaccess::effect;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

/// Declares the class of a question around the core's own value.
macro_rules! question {
    ($(#[$doc:meta])* $name:ident, $args:expr) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "awsaccess")]
        pub(crate) struct $name(pub(crate) effect::$name);

        impl $name {
            /// The attributes that a positional pattern binds, in order.
            const ARGS: &'static [&'static str] = $args;
        }
    };
}

question!(
    /// Wants the contents of a file: answer with bytes, with `None` if there is no such file, or with
    /// `FileFailure`.
    ReadFile, &["path", "max_bytes"]
);
question!(
    /// Wants a file written whole or not at all, mode 0600, directories 0700: answer with `True`.
    WriteFile, &["path", "data"]
);
question!(
    /// Wants the names in a directory: answer with a list of text. A missing directory is an empty one.
    ListFiles, &["path", "max_bytes"]
);
question!(
    /// Wants a file removed: answer with `True`, also if it was not there.
    RemoveFile, &["path"]
);
question!(
    /// Wants an exclusive lock taken (`hold`) or given back: answer with `True`.
    Lock, &["path", "hold"]
);
question!(
    /// Wants an HTTP request made: answer with `HttpReply`, whatever its status, or `HttpFailure`.
    ///
    /// Follow no redirect. `direct` forbids a proxy; `timeout` is for connecting, and again for each read.
    Http, &["method", "url", "headers", "body", "timeout", "direct"]
);
question!(
    /// Wants the addresses of a name: answer with a list of text, or `HttpFailure`.
    Resolve, &["host"]
);
question!(
    /// Wants a program run without a shell: answer with `ProcessReply` or `ProcessFailure`.
    RunProcess, &["argv", "env", "timeout"]
);
question!(
    /// Wants something of a person: answer with what they typed; with `""` where only something is shown.
    Prompt, &["kind", "serial", "message"]
);
question!(
    /// Wants one redirect taken on a loopback port: answer with `ListenReply` or `ListenFailure`.
    Listen, &["page", "path", "timeout"]
);
question!(
    /// Wants a signature with a key that the host holds: answer with its bytes, or `SignFailure`.
    Sign, &["key", "algorithm", "message"]
);
question!(
    /// Wants the credentials of a source of the host's own (`custom:<name>` in the order): answer with `Credentials`,
    /// with `None` if it holds none, or with `CustomFailure`.
    Custom, &["name"]
);
question!(
    /// Wants time to pass: answer with `True` afterwards, or decline, and the source gives up.
    Wait, &["seconds"]
);

/// The tuple of a class's `__match_args__`.
fn names<'py>(py: Python<'py>, names: &[&str]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, names)
}

#[pymethods]
impl ReadFile {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// Where it is; a leading `~` has been replaced already.
    #[getter]
    fn path(&self) -> &str {
        &self.0.path
    }
    /// The most that will be taken; a longer file is refused, never cut.
    #[getter]
    fn max_bytes(&self) -> usize {
        self.0.max_bytes
    }
    fn __repr__(&self) -> String {
        format!("ReadFile(path='{}')", self.0.path.escape_debug())
    }
}

#[pymethods]
impl WriteFile {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// Where to.
    #[getter]
    fn path(&self) -> &str {
        &self.0.path
    }
    /// What.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.data)
    }
    fn __repr__(&self) -> String {
        format!("WriteFile(path='{}', <{} bytes>)", self.0.path.escape_debug(), self.0.data.len())
    }
}

#[pymethods]
impl ListFiles {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// The directory.
    #[getter]
    fn path(&self) -> &str {
        &self.0.path
    }
    /// The most bytes that all names together may have.
    #[getter]
    fn max_bytes(&self) -> usize {
        self.0.max_bytes
    }
    fn __repr__(&self) -> String {
        format!("ListFiles(path='{}')", self.0.path.escape_debug())
    }
}

#[pymethods]
impl RemoveFile {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// Which.
    #[getter]
    fn path(&self) -> &str {
        &self.0.path
    }
    fn __repr__(&self) -> String {
        format!("RemoveFile(path='{}')", self.0.path.escape_debug())
    }
}

#[pymethods]
impl Lock {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// The file that stands for the lock; made when missing.
    #[getter]
    fn path(&self) -> &str {
        &self.0.path
    }
    /// `True` takes the lock, waiting for it; `False` gives it back.
    #[getter]
    fn hold(&self) -> bool {
        self.0.hold
    }
    fn __repr__(&self) -> String {
        let hold = if self.0.hold { "True" } else { "False" };
        format!("Lock(path='{}', hold={hold})", self.0.path.escape_debug())
    }
}

#[pymethods]
impl Http {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// This very object.
    #[getter]
    fn request(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }
    /// `GET`, `PUT` or `POST`.
    #[getter]
    fn method(&self) -> &str {
        self.0.method
    }
    /// Absolute, `http` or `https`.
    #[getter]
    fn url(&self) -> &str {
        &self.0.url
    }
    /// Pairs of text, in the order to be sent.
    #[getter]
    fn headers(&self) -> Vec<(&str, &str)> {
        self.0.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect()
    }
    /// The body; may be empty.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.body)
    }
    /// Seconds.
    #[getter]
    fn timeout(&self) -> f64 {
        self.0.timeout.as_secs_f64()
    }
    /// No proxy may be used.
    #[getter]
    fn direct(&self) -> bool {
        self.0.direct
    }
    /// The most bytes of body that will be taken.
    #[getter]
    fn max_bytes(&self) -> usize {
        self.0.max_bytes
    }
    fn __repr__(&self) -> String {
        let url = self.0.url.split('?').next().unwrap_or_default();
        format!("Http(method='{}', url='{}')", self.0.method, url.escape_debug())
    }
}

#[pymethods]
impl Resolve {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// The name.
    #[getter]
    fn host(&self) -> &str {
        &self.0.host
    }
    fn __repr__(&self) -> String {
        format!("Resolve(host='{}')", self.0.host.escape_debug())
    }
}

#[pymethods]
impl RunProcess {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// The program and its arguments.
    #[getter]
    fn argv(&self) -> Vec<&str> {
        self.0.argv.iter().map(awsaccess::secret::Secret::expose).collect()
    }
    /// Variables to add to those that the host has.
    #[getter]
    fn env<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let env = PyDict::new(py);
        self.0.env.iter().try_for_each(|(name, value)| env.set_item(name, value.expose()))?;
        Ok(env)
    }
    /// Seconds after which it is ended.
    #[getter]
    fn timeout(&self) -> f64 {
        self.0.timeout.as_secs_f64()
    }
    /// The most bytes of standard output, and of standard error, that will be taken.
    #[getter]
    fn max_bytes(&self) -> usize {
        self.0.max_bytes
    }
    fn __repr__(&self) -> String {
        let program = self.0.argv.first().map(awsaccess::secret::Secret::expose).unwrap_or_default();
        let arguments = self.0.argv.len().saturating_sub(1);
        format!("RunProcess('{}', <{arguments} arguments>)", program.escape_debug())
    }
}

#[pymethods]
impl Prompt {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// `mfa`: a one-time code; `sign_in`: a page to open, nothing is typed; `authorization_code`: the code that such a
    /// page shows at its end.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.name()
    }
    /// The serial number or ARN of the MFA device.
    #[getter]
    fn serial(&self) -> Option<&str> {
        self.0.serial.as_deref()
    }
    /// The line to show.
    #[getter]
    fn message(&self) -> &str {
        &self.0.message
    }
    /// The page to open, of a kind that has one.
    #[getter]
    fn page(&self) -> Option<&str> {
        self.0.page.as_deref()
    }
    /// Without the query of a page and the line that repeats it: they are for the person alone.
    fn __repr__(&self) -> String {
        let kind = self.0.kind.name();
        match &self.0.page {
            None => format!("Prompt(kind='{kind}', message='{}')", self.0.message.escape_debug()),
            Some(page) => {
                let page = page.split(['?', '#']).next().unwrap_or_default();
                format!("Prompt(kind='{kind}', page='{}')", page.escape_debug())
            }
        }
    }
}

#[pymethods]
impl Listen {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// The page to open; each `{port}` in it stands for the port that is listened on.
    #[getter]
    fn page(&self) -> &str {
        &self.0.page
    }
    /// The path that the redirect comes to.
    #[getter]
    fn path(&self) -> &str {
        &self.0.path
    }
    /// Seconds after which to give up.
    #[getter]
    fn timeout(&self) -> f64 {
        Duration::as_secs_f64(&self.0.timeout)
    }
    fn __repr__(&self) -> String {
        format!("Listen(path='{}')", self.0.path.escape_debug())
    }
}

#[pymethods]
impl Sign {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// The key, by the name that the configuration gives it.
    #[getter]
    fn key(&self) -> &str {
        &self.0.key
    }
    /// `rsa_pkcs1_sha256`, `ecdsa_sha256_der`, `hmac_sha256` or `es256`.
    #[getter]
    fn algorithm(&self) -> &'static str {
        self.0.algorithm.name()
    }
    /// What; the host hashes it.
    #[getter]
    fn message<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.message)
    }
    fn __repr__(&self) -> String {
        format!("Sign(key='{}', algorithm='{}')", self.0.key.escape_debug(), self.0.algorithm.name())
    }
}

#[pymethods]
impl Custom {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// Which source, by the name that the order gives it.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }
    fn __repr__(&self) -> String {
        format!("Custom(name='{}')", self.0.name.escape_debug())
    }
}

#[pymethods]
impl Wait {
    #[classattr]
    #[pyo3(name = "__match_args__")]
    fn match_args(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        names(py, Self::ARGS)
    }
    /// How long.
    #[getter]
    fn seconds(&self) -> f64 {
        self.0.duration.as_secs_f64()
    }
    fn __repr__(&self) -> String {
        format!("Wait(seconds={})", self.0.duration.as_secs_f64())
    }
}
