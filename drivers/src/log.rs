//! Nothing secret in what the crate `tracing` writes.
//!
//! [`RedactWriter`] stands between any formatter of `tracing-subscriber` and where it writes to. It sees text, and hides
//! by knowledge and by shape. [`RedactLayer`] formats by itself, a JSON object a line; it sees each field by its
//! name, of events and of the spans around them, so that `password = "x"` is hidden however it would have been
//! written.
//!
//! ```
//! use awsaccess::redact::Redactor;
//! use awsaccess_drivers::log::{RedactWriter, Shared};
//! use tracing_subscriber::prelude::*;
//!
//! let secrets = Shared::new(Redactor::new());
//! let layer = tracing_subscriber::fmt::layer().with_writer(RedactWriter::new(std::io::stderr, &secrets));
//! tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
//!     secrets.update(|redactor| redactor.learn_secret("pin", b"0123456789"))?;
//!     tracing::info!("the pin is 0123456789"); // the pin is [pin]
//!     Ok::<(), awsaccess::redact::LearnError>(())
//! })?;
//! # Ok::<(), awsaccess::redact::LearnError>(())
//! ```

mod layer;

use std::io::{self, Write};
use std::sync::{Arc, PoisonError, RwLock};

use awsaccess::redact::{RedactStream, Redactor};
use tracing_subscriber::fmt::MakeWriter;

pub use self::layer::RedactLayer;

/// A redactor that many writers use while others teach it.
#[derive(Clone, Default)]
pub struct Shared(Arc<RwLock<Redactor>>);

impl Shared {
    /// Shares a redactor.
    #[must_use]
    pub fn new(redactor: Redactor) -> Self {
        Self(Arc::new(RwLock::new(redactor)))
    }

    /// Changes what is known, for every line from now on.
    pub fn update<T>(&self, change: impl FnOnce(&mut Redactor) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known now; a clone costs nothing.
    #[must_use]
    pub fn now(&self) -> Redactor {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Makes writers that take the secrets out of what a formatter of `tracing-subscriber` writes.
#[derive(Clone)]
pub struct RedactWriter<M> {
    inner: M,
    secrets: Shared,
}

impl<M> RedactWriter<M> {
    /// Writes without secrets to what `inner` makes.
    pub fn new(inner: M, secrets: &Shared) -> Self {
        Self { inner, secrets: secrets.clone() }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for RedactWriter<M> {
    type Writer = Redacted<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Redacted { inner: self.inner.make_writer(), stream: Some(self.secrets.now().stream()) }
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Self::Writer {
        Redacted { inner: self.inner.make_writer_for(meta), stream: Some(self.secrets.now().stream()) }
    }
}

/// Writes one event. Its last bytes are written when it is dropped, since only then no secret can begin in them.
pub struct Redacted<W: Write> {
    inner: W,
    stream: Option<RedactStream>,
}

impl<W: Write> Write for Redacted<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if let Some(stream) = &mut self.stream {
            self.inner.write_all(&stream.push(text))?;
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for Redacted<W> {
    fn drop(&mut self) {
        let rest = self.stream.take().map(RedactStream::finish).unwrap_or_default();
        // Nobody is left to be told.
        let _ = self.inner.write_all(&rest).and_then(|()| self.inner.flush());
    }
}
