//! A JSON object that may hold secrets: a cache file, or a reply. Its texts are wiped when it is dropped.

use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

use crate::secret::Secret;

/// The members in their order; those that nobody asks for are kept.
#[derive(Default)]
pub(crate) struct Object(Map<String, Value>);

impl Object {
    /// `None` if the bytes are no JSON object. A mark of UTF-8 at their head is passed over: some editors write it.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        serde_json::from_slice(bytes).ok().map(Self)
    }

    /// A member by its name. One whose name differs in case is taken where there is none of that very name and it is
    /// the only one: some tools write `AccessToken`.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(&self.key(name)?)
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    pub(crate) fn secret(&self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    /// The texts of a list; what is no text is passed over.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        self.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Moves an object out of its member, which becomes null.
    pub(crate) fn take(&mut self, name: &str) -> Option<Self> {
        let key = self.key(name)?;
        match self.0.get_mut(&key)?.take() {
            Value::Object(object) => Some(Self(object)),
            _ => None,
        }
    }

    /// Moves the objects out of a list.
    pub(crate) fn take_list(&mut self, name: &str) -> Option<Vec<Self>> {
        let key = self.key(name)?;
        let Value::Array(list) = self.0.get_mut(&key)?.take() else { return None };
        let objects = list.into_iter().filter_map(|value| match value {
            Value::Object(object) => Some(Self(object)),
            _ => None,
        });
        Some(objects.collect())
    }

    /// Sets a member where it stands, or at the end.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        let key = self.key(name).unwrap_or_else(|| name.to_owned());
        if let Some(mut old) = self.0.insert(key, value.into()) {
            wipe(&mut old);
        }
    }

    /// Puts an object into a member.
    pub(crate) fn put(&mut self, name: &str, mut object: Self) {
        self.set(name, Value::Object(std::mem::take(&mut object.0)));
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Room for any such file, so that no copy stays behind in memory that was given back.
        let mut bytes = Zeroizing::new(Vec::with_capacity(32 * 1024));
        // A map of JSON values can always be written to memory.
        let _ = serde_json::to_writer(&mut *bytes, &self.0);
        bytes
    }

    fn key(&self, name: &str) -> Option<String> {
        if self.0.contains_key(name) {
            return Some(name.to_owned());
        }
        let mut alike = self.0.keys().filter(|key| key.eq_ignore_ascii_case(name));
        alike.next().filter(|_| alike.next().is_none()).cloned()
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(list) => list.iter_mut().for_each(wipe),
        Value::Object(object) => object.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asks_for_is_kept_in_its_place() {
        let mut document = Object::parse(br#"{"z":[1,{"k":null}],"AccessToken":"a","n":2.5}"#).unwrap();
        assert_eq!(document.text("accessToken"), Some("a"));
        document.set("accessToken", "b");
        document.set("new", 1);
        let written = document.to_bytes();
        assert_eq!(*written, br#"{"z":[1,{"k":null}],"AccessToken":"b","n":2.5,"new":1}"#);
        assert!(Object::parse(b"[]").is_none() && Object::parse(b"").is_none());
    }

    #[test]
    fn the_case_of_a_name_matters_only_where_two_differ_in_it() {
        let text = b"\xef\xbb\xbf{\"Token\":\"a\",\"token\":\"b\",\"ID\":\"c\",\"x\":\"\"}";
        let document = Object::parse(text).unwrap();
        assert_eq!((document.text("token"), document.text("Token")), (Some("b"), Some("a")));
        let others = (document.text("TOKEN"), document.text("id"), document.text("x"));
        assert_eq!(others, (None, Some("c"), None));
    }
}
