//! Header fields, in each of the shapes that Python programs hold them in.

use std::borrow::Cow;

use awsaccess::error::ErrorKind;
use awsaccess::sigv4::Request;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::error::{error, input, wrong_type};
use crate::value::text_or_bytes;

/// A list of fields, each beside the object that the caller gave for it.
pub(crate) struct Headers<'py>(Vec<Field<'py>>);

struct Field<'py> {
    pair: Bound<'py, PyAny>,
    name: Bound<'py, PyAny>,
    value: Bound<'py, PyAny>,
}

/// Name and value as bytes, borrowed where they can be.
type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// What becomes of text that HTTP cannot carry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The caller wrote it and can mend it: an error of this kind.
    Raise(ErrorKind),
    /// It came from a client: it is handed on as a NUL, which the core refuses as malformed, with the name.
    Refuse,
}

const SHAPE: &str = "a mapping, a list of (name, value) pairs, or a flat list of names and values";

impl<'py> Headers<'py> {
    /// Reads a mapping, pairs, a flat list, or anything with `items()`.
    pub(crate) fn read(headers: Option<&Bound<'py, PyAny>>) -> PyResult<Self> {
        let Some(headers) = headers else { return Ok(Self(Vec::new())) };
        if is_text(headers) {
            return Err(wrong_type("headers", SHAPE, headers));
        }
        if let Ok(list) = headers.cast_exact::<PyList>() {
            return Self::of(list.iter().map(Ok), list.len());
        }
        let items = if headers.is_instance_of::<PyDict>() || headers.hasattr("items")? {
            headers.call_method0("items")?
        } else {
            headers.clone()
        };
        let items = items.try_iter().map_err(|_| wrong_type("headers", SHAPE, headers))?;
        Self::of(items, 8)
    }

    fn of(items: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>, size: usize) -> PyResult<Self> {
        let mut fields = Vec::with_capacity(size);
        let mut items = items;
        while let Some(item) = items.next() {
            let item = item?;
            fields.push(if is_text(&item) {
                // A flat list: the value follows its name.
                let Some(value) = items.next() else {
                    return Err(input("a flat list of headers has a name without a value at its end"));
                };
                let value = value?;
                let pair = PyTuple::new(item.py(), [&item, &value])?.into_any();
                Field { pair, name: item, value }
            } else {
                Field::read(item)?
            });
        }
        Ok(Self(fields))
    }

    /// Each field as bytes, borrowed where it can be.
    fn bytes(&self, unfit: Unfit) -> PyResult<Vec<Pair<'_>>> {
        self.0
            .iter()
            .map(|field| {
                let name = text_or_bytes(&field.name, "a header name")?;
                Ok((Cow::Borrowed(name), field.value_bytes(name, unfit)?))
            })
            .collect()
    }

    /// Each field as bytes of its own.
    pub(crate) fn owned(&self, unfit: Unfit) -> PyResult<Vec<(Vec<u8>, Vec<u8>)>> {
        Ok(self
            .bytes(unfit)?
            .into_iter()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect())
    }

    /// Visits each field as bytes.
    pub(crate) fn each(&self, mut visit: impl FnMut(&[u8], &[u8])) -> PyResult<()> {
        self.bytes(Unfit::Raise(ErrorKind::Input))?.iter().for_each(|(name, value)| visit(name, value));
        Ok(())
    }

    /// The caller's pairs, less those that `replaced` names (in lower case).
    pub(crate) fn without(&self, replaced: &[&str]) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let mut kept = Vec::with_capacity(self.0.len() + replaced.len());
        for field in &self.0 {
            let name = text_or_bytes(&field.name, "a header name")?;
            if !replaced.iter().any(|replaced| name.eq_ignore_ascii_case(replaced.as_bytes())) {
                kept.push(field.pair.clone());
            }
        }
        Ok(kept)
    }

    /// Lends the request that method, target and these fields are.
    pub(crate) fn lend<T>(
        &self,
        method: &str,
        target: &[u8],
        unfit: Unfit,
        then: impl FnOnce(&Request<'_>) -> PyResult<T>,
    ) -> PyResult<T> {
        let owned = self.bytes(unfit)?;
        let pairs: Vec<(&[u8], &[u8])> = owned.iter().map(|(name, value)| (&**name, &**value)).collect();
        then(&Request::new(method, target, &pairs))
    }
}

impl<'py> Field<'py> {
    fn read(pair: Bound<'py, PyAny>) -> PyResult<Self> {
        let (name, value) = if let Ok(tuple) = pair.cast::<PyTuple>()
            && tuple.len() == 2
        {
            (tuple.get_item(0)?, tuple.get_item(1)?)
        } else if let Ok(list) = pair.cast::<PyList>()
            && list.len() == 2
        {
            (list.get_item(0)?, list.get_item(1)?)
        } else {
            return Err(wrong_type("a header", "a pair of name and value", &pair));
        };
        for part in [&name, &value] {
            if !is_text(part) {
                return Err(wrong_type("the name and the value of a header", "str or bytes", part));
            }
        }
        Ok(Self { pair, name, value })
    }

    /// Bytes as they are; text as one byte a character, as HTTP libraries send it.
    fn value_bytes(&self, name: &[u8], unfit: Unfit) -> PyResult<Cow<'_, [u8]>> {
        let Ok(text) = self.value.cast::<PyString>() else {
            return text_or_bytes(&self.value, "a header value").map(Cow::Borrowed);
        };
        let text = text.to_str().ok().filter(|text| !text.contains(['\r', '\n', '\0']));
        let bytes = text.and_then(|text| {
            if text.is_ascii() {
                return Some(Cow::Borrowed(text.as_bytes()));
            }
            let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
            bytes.map(Cow::Owned)
        });
        match bytes {
            Some(bytes) => Ok(bytes),
            None => match unfit {
                Unfit::Refuse => Ok(Cow::Borrowed(b"\0")),
                Unfit::Raise(kind) => Err(error(
                    kind,
                    &format!(
                        "the value of header `{}` has a line break, a nul or a character above U+00FF; \
                         pass bytes to choose an encoding",
                        name.escape_ascii()
                    ),
                )),
            },
        }
    }
}

fn is_text(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>()
}
