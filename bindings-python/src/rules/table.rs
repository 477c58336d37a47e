//! Rules as Python has them: dicts and lists, read key by key. What does not fit is noted under its key, and never
//! with a value that could be a secret.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use awsaccess::time::Time;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString, PyTuple};

use crate::value::{instant, text};

/// What is wrong, a line each: `application[0].role[1].name: why`.
#[derive(Default)]
pub(super) struct Faults(RefCell<Vec<String>>);

impl Faults {
    pub(super) fn add(&self, place: &str, why: impl Display) {
        let line = if place.is_empty() { why.to_string() } else { format!("{place}: {why}") };
        self.0.borrow_mut().push(line);
    }

    /// The value, or a fault and nothing.
    pub(super) fn take<T>(&self, place: &str, found: Result<T, impl Display>) -> Option<T> {
        found.map_err(|why| self.add(place, why)).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.0.into_inner()
    }
}

/// A table, and where it stands.
pub(super) struct Table<'a, 'py> {
    place: String,
    dict: Bound<'py, PyDict>,
    asked: RefCell<Vec<&'static str>>,
    broken: Cell<bool>,
    faults: &'a Faults,
}

impl<'a, 'py> Table<'a, 'py> {
    pub(super) fn of(value: &Bound<'py, PyAny>, place: String, faults: &'a Faults) -> Option<Self> {
        match value.cast::<PyDict>() {
            Ok(dict) => {
                let (asked, broken) = (RefCell::default(), Cell::new(false));
                Some(Self { place, dict: dict.clone(), asked, broken, faults })
            }
            Err(_) => {
                faults.add(&place, "must be a dict");
                None
            }
        }
    }

    /// Where a key of it stands.
    pub(super) fn at(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    /// Whether something of it did not fit so far.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    pub(super) fn wrong(&self, key: &str, why: impl Display) {
        self.broken.set(true);
        self.faults.add(&self.at(key), why);
    }

    fn value(&self, key: &'static str) -> Option<Bound<'py, PyAny>> {
        self.asked.borrow_mut().push(key);
        self.dict.get_item(key).ok().flatten().filter(|value| !value.is_none())
    }

    fn read<T>(
        &self,
        key: &'static str,
        wanted: &str,
        read: impl FnOnce(&Bound<'py, PyAny>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let found = read(&value);
        if found.is_none() {
            self.wrong(key, format_args!("must be {wanted}"));
        }
        found
    }

    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.read(key, "text", owned)
    }

    /// A text that must be there; empty, and a fault, where it is not.
    pub(super) fn required(&self, key: &'static str) -> String {
        if self.dict.get_item(key).ok().flatten().is_none() {
            self.wrong(key, "is missing");
        }
        self.text(key).unwrap_or_default()
    }

    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        self.read(key, "a list of texts", owned_list)
    }

    pub(super) fn list(&self, key: &'static str) -> Vec<String> {
        self.texts(key).unwrap_or_default()
    }

    pub(super) fn seconds(&self, key: &'static str) -> Option<Duration> {
        let read = |value: &Bound<'py, PyAny>| {
            let is_number = value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>();
            is_number.then(|| value.extract::<u64>().ok())?.map(Duration::from_secs)
        };
        self.read(key, "whole seconds", read)
    }

    /// A time as RFC 3339, in seconds since the epoch, or as an aware datetime.
    pub(super) fn time(&self, key: &'static str) -> Option<Time> {
        let read = |value: &Bound<'py, PyAny>| match owned(value) {
            Some(text) => Time::parse_rfc3339(&text),
            None => instant(value, key).ok(),
        };
        if self.dict.get_item(key).ok().flatten().is_none() {
            self.wrong(key, "is missing");
        }
        self.read(key, "a time: 2026-11-21T12:00:00Z, seconds since the epoch, or an aware datetime", read)
    }

    /// Names with a text each.
    pub(super) fn names(&self, key: &'static str) -> BTreeMap<String, String> {
        self.map(key, "a dict of texts", owned)
    }

    /// Names with a list of texts each.
    pub(super) fn lists(&self, key: &'static str) -> BTreeMap<String, Vec<String>> {
        self.map(key, "a dict of lists of texts", owned_list)
    }

    fn map<T>(
        &self,
        key: &'static str,
        wanted: &str,
        read: impl Fn(&Bound<'py, PyAny>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let all = |value: &Bound<'py, PyAny>| {
            value
                .cast::<PyDict>()
                .ok()?
                .iter()
                .map(|(name, value)| Some((owned(&name)?, read(&value)?)))
                .collect()
        };
        self.read(key, wanted, all).unwrap_or_default()
    }

    pub(super) fn table(&self, key: &'static str) -> Option<Self> {
        let found = Self::of(&self.value(key)?, self.at(key), self.faults);
        self.broken.set(self.broken.get() || found.is_none());
        found
    }

    pub(super) fn tables(&self, key: &'static str) -> Vec<Self> {
        let all = self.read(key, "a list of dicts", items).unwrap_or_default();
        let found = all.iter().enumerate();
        found
            .filter_map(|(n, value)| Self::of(value, format!("{}[{n}]", self.at(key)), self.faults))
            .collect()
    }

    /// Notes the keys that nobody asked for.
    pub(super) fn end(&self) {
        let asked = self.asked.borrow();
        for (name, _) in self.dict.iter() {
            match owned(&name) {
                Some(name) if asked.iter().any(|known| *known == name) => {}
                Some(name) => self.wrong(&name, "there is no key of this name"),
                None => self.wrong("?", "a key must be text"),
            }
        }
    }
}

fn owned(value: &Bound<'_, PyAny>) -> Option<String> {
    if !value.is_instance_of::<PyString>() {
        return None;
    }
    text(value, "it").ok().map(str::to_owned)
}

fn items<'py>(value: &Bound<'py, PyAny>) -> Option<Vec<Bound<'py, PyAny>>> {
    if let Ok(list) = value.cast::<PyList>() {
        return Some(list.iter().collect());
    }
    value.cast::<PyTuple>().ok().map(|tuple| tuple.iter().collect())
}

fn owned_list(value: &Bound<'_, PyAny>) -> Option<Vec<String>> {
    items(value)?.iter().map(owned).collect()
}
