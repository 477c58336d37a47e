//! What serves once, of the threads that race for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something that serves once. The lock is held for the time of a move or a look, and never while Python's code may run:
/// a thread that waits for it may be the one that holds the interpreter.
pub(crate) struct Once<T>(Mutex<Option<T>>);

impl<T> Once<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(Some(value)))
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.open().take()
    }

    /// Looks at it without taking it; `view` must run no foreign code.
    pub(crate) fn look<V>(&self, view: impl FnOnce(&T) -> V) -> Option<V> {
        self.open().as_ref().map(view)
    }

    /// Puts it back.
    pub(crate) fn put(&self, value: T) {
        *self.open() = Some(value);
    }

    fn open(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
