//! Values that have structure: what a secret's name stands for is hidden, and every text is searched.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Redactor;
use super::field::{is_name, short};
use super::header;
use super::mark::placeholder;
use super::name::{Kind, Normal};
use super::token::is_key_id;
use super::view::View;

/// What nests deeper is hidden whole.
const DEEPEST: usize = 128;

/// Keys whose value is the name of another value.
const NAMES: [&str; 9] = [
    "name",
    "key",
    "header",
    "headername",
    "parameterkey",
    "parametername",
    "variable",
    "field",
    "attribute",
];

/// Whether the member of an object with this key is the value that a member beside it may name.
pub(super) fn is_value(key: &[u8]) -> bool {
    key.last_chunk::<5>().is_some_and(|end| end.eq_ignore_ascii_case(b"value"))
}

impl Redactor {
    /// Hides what is secret in the value of a field of this name, in a structure of any kind: an attribute of a log
    /// record, an entry of a map.
    ///
    /// ```
    /// let redactor = awsaccess::redact::Redactor::new();
    /// assert_eq!(*redactor.field(b"db_password", b"hunter2"), *b"[password]");
    /// assert_eq!(*redactor.field(b"note", b"--password hunter2"), *b"--password [password]");
    /// assert_eq!(*redactor.field(b"NextToken", b"eyJlbWFpbCI6ICJub25lIn0"), *b"eyJlbWFpbCI6ICJub25lIn0");
    /// ```
    #[must_use]
    pub fn field<'a>(&self, name: &[u8], value: &'a [u8]) -> Cow<'a, [u8]> {
        let known = self.without_known(value);
        let by_name = self.secret(name).and_then(|(kind, least)| self.by_name(kind, least, &known));
        let out = self.neutral(self.shaped(by_name.as_deref().unwrap_or(&known)));
        if out == value { Cow::Borrowed(value) } else { Cow::Owned(out) }
    }

    fn by_name(&self, kind: Kind, least: usize, value: &[u8]) -> Option<Vec<u8>> {
        let marks = self.marks();
        if kind == Kind::Credentials {
            return Some(header::authorization(value, marks));
        }
        let view = View::new(value, true);
        let refers = ["arn:aws", "file://", "fileb://", "****"]
            .iter()
            .any(|start| value.starts_with(start.as_bytes()));
        let nothing =
            matches!(value, b"null" | b"None" | b"none" | b"nil" | b"true" | b"false" | b"undefined");
        let key_id = kind == Kind::ApiKey && value.len() == 20 && is_key_id(&view, 0).is_ok_and(|id| id);
        let kept = value.trim_ascii().is_empty() || value.len() < least || refers || nothing || key_id;
        (!kept && !marks.covers(value)).then(|| marks.whole(kind, value).as_bytes().to_vec())
    }

    /// Hides every secret in a JSON value: what stands behind a secret's name, also in lists of pairs and of names and
    /// values, and whatever is secret in any other text. Keys are searched too. Numbers that are secret become texts.
    ///
    /// ```
    /// let redactor = awsaccess::redact::Redactor::new();
    /// let mut value = serde_json::json!({"Password": "x", "log": ["AWS_SECRET_ACCESS_KEY=y"], "TokenCode": 123456});
    /// redactor.json(&mut value);
    /// let shown = r#"{"Password":"[password]","log":["AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]"],"TokenCode":"[mfa-code]"}"#;
    /// assert_eq!(value.to_string(), shown);
    /// ```
    pub fn json(&self, value: &mut Value) {
        self.walk(None, value, 0);
    }

    fn walk(&self, name: Option<&str>, value: &mut Value, depth: usize) {
        if depth > DEEPEST {
            *value = Value::from(Kind::Secret.label());
            return;
        }
        match value {
            Value::String(text) => *text = self.text(name, text),
            Value::Number(number) => {
                let text = number.to_string();
                let shown = name.map(|name| self.text(Some(name), &text)).filter(|shown| *shown != text);
                if let Some(shown) = shown {
                    *value = Value::from(shown);
                }
            }
            Value::Array(items) => self.list(name, items, depth),
            Value::Object(map) => self.object(map, depth),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&self, name: Option<&str>, text: &str) -> String {
        match name {
            Some(name) => String::from_utf8_lossy(&self.field(name.as_bytes(), text.as_bytes())).into_owned(),
            None => self.redact(text),
        }
    }

    fn list(&self, name: Option<&str>, items: &mut [Value], depth: usize) {
        let pair = items.len() == 2;
        let mut before: Option<String> = None;
        for item in items {
            let own = match (&before, &*item) {
                (Some(before), Value::String(text)) => {
                    Some(before).filter(|name| self.names(name, text, pair))
                }
                _ => None,
            };
            let next = item.as_str().map(str::to_owned);
            let label = own.cloned();
            self.walk(label.as_deref().or(name), item, depth + 1);
            // What was hidden is no name of what follows it.
            before = if label.is_some() { None } else { next };
        }
    }

    fn object(&self, map: &mut Map<String, Value>, depth: usize) {
        let named = map.iter().find_map(|(key, value)| {
            let name = self.names_value(key.as_bytes(), value.as_str()?.as_bytes())?;
            String::from_utf8(name.to_vec()).ok()
        });
        let entries = std::mem::take(map);
        for (key, mut value) in entries {
            let name = named.as_deref().filter(|_| is_value(key.as_bytes())).unwrap_or(&key);
            self.walk(Some(name), &mut value, depth + 1);
            let mut shown = self.redact(&key);
            while map.contains_key(&shown) {
                shown.push('\''); // two keys that look alike now are two all the same
            }
            map.insert(shown, value);
        }
    }

    /// The name that a member of an object gives to the value beside it: by its type, or since it is a name itself.
    pub(super) fn names_value<'a>(&self, key: &[u8], text: &'a [u8]) -> Option<&'a [u8]> {
        if key.eq_ignore_ascii_case(b"type") && text == b"SecureString" {
            return Some(b"SecretString");
        }
        let is_name = NAMES.iter().any(|name| key.eq_ignore_ascii_case(name.as_bytes()));
        (is_name && self.secret(text).is_some()).then_some(text)
    }

    /// Whether a text in a list is the name of the one behind it: a header's, or an option's. Two words are two words.
    fn names(&self, name: &str, value: &str, pair: bool) -> bool {
        let word = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
        self.secret(name.as_bytes()).is_some()
            && name.bytes().all(is_name)
            && (name.contains('-') || pair && !value.bytes().all(word))
    }

    /// Whether a field of this name holds a secret.
    pub(super) fn is_secret_name(&self, name: &[u8]) -> bool {
        self.secret(name).is_some()
    }

    /// What a field of this name holds. A label in a name speaks of what it hides.
    fn secret(&self, name: &[u8]) -> Option<(Kind, usize)> {
        let view = View::new(name, true);
        let labelled = memchr::memchr_iter(b'[', name)
            .any(|at| placeholder(&view, at, self.marks().labels).is_ok_and(|label| label.is_some()));
        if labelled {
            return None;
        }
        Normal::new(name.iter().copied()).field().or_else(|| short(name))
    }
}
