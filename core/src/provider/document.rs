//! A JSON object that a source answers with.

use serde_json::{Map, Value};
use zeroize::Zeroize;

/// The members of an object; wiped when dropped, and without `Debug`, since any can be a secret.
pub(crate) struct Document(Map<String, Value>);

impl Document {
    /// `None` for what is no JSON object.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        serde_json::from_slice(text).ok().map(Self)
    }

    /// A member by its name; one whose name differs in case is taken where there is none of that very name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).or_else(|| {
            let mut alike = self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
            alike.next().filter(|_| alike.next().is_none()).map(|(_, value)| value)
        })
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// An object within this one.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        self.get(name).and_then(Value::as_object).cloned().map(Self)
    }

    /// The first object of a list within this one.
    pub(crate) fn first_of(&self, name: &str) -> Option<Self> {
        self.get(name)?.as_array()?.first()?.as_object().cloned().map(Self)
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(list) => list.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_of_a_name_matters_only_where_two_differ_in_it() {
        let document =
            Document::parse(b"\xef\xbb\xbf{\"Token\":\"a\",\"token\":\"b\",\"ID\":\"c\",\"x\":\"\"}")
                .unwrap();
        assert_eq!((document.text("token"), document.text("Token")), (Some("b"), Some("a")));
        assert_eq!(
            (document.text("TOKEN"), document.text("id"), document.text("x")),
            (None, Some("c"), None)
        );
        assert!(Document::parse(b"[]").is_none() && Document::parse(b"{").is_none());
    }
}
