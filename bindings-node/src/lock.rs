//! Locks on files that other processes honour (`flock`, or what the system has in its place): Node has none of its own.

use std::cell::RefCell;
use std::fs::{File, OpenOptions, TryLockError};

use awsaccess::error::ErrorKind;
use napi::bindgen_prelude::{Either, External};
use napi_derive::napi;

use crate::fault::{Fault, either};

/// A lock, until it is given back or this process ends.
pub(crate) struct Held(RefCell<Option<File>>);

/// Takes the lock on a file that is there. An empty string: another holds it.
#[napi]
pub(crate) fn lock_file(path: String) -> Either<External<Held>, String> {
    let taken = either(|| {
        let fault = |error: &std::io::Error| Fault::new(ErrorKind::Internal, &error.kind().to_string());
        let file = OpenOptions::new().write(true).open(&path).map_err(|error| fault(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(fault(&error)),
        }
    });
    match taken {
        Either::A(Some(file)) => Either::A(External::new(Held(RefCell::new(Some(file))))),
        Either::A(None) => Either::B(String::new()),
        Either::B(fault) => Either::B(fault),
    }
}

/// Gives it back.
#[napi]
pub(crate) fn unlock_file(held: &External<Held>) {
    if let Ok(mut file) = held.0.try_borrow_mut() {
        file.take();
    }
}
