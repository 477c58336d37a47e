//! The body of a request: `Action=…&Version=2011-06-15&…`, percent-encoded as RFC 3986 has it but for spaces.

use zeroize::Zeroizing;

use crate::secret::Secret;

/// A form that is built field by field; wiped when dropped, since a field may be a code or an external id.
pub(crate) struct Form {
    body: Zeroizing<String>,
    secrets: Vec<Secret>,
}

impl Form {
    pub(crate) fn new(action: &str) -> Self {
        Self { body: format!("Action={action}&Version=2011-06-15").into(), secrets: Vec::new() }
    }

    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        // Grown by hand, so that no copy of a secret stays behind in memory that was given back.
        let mut longer =
            Zeroizing::new(String::with_capacity(self.body.len() + name.len() + value.len() * 3 + 2));
        longer.push_str(&self.body);
        longer.push('&');
        longer.push_str(name);
        longer.push('=');
        // In a form a space is a plus sign, as most SDKs write it too.
        for (at, word) in value.split(' ').enumerate() {
            if at > 0 {
                longer.push('+');
            }
            encode(word, &mut longer);
        }
        self.body = longer;
        self
    }

    pub(crate) fn optional(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// A field that must not turn up in a message, even if the other side sends it back.
    pub(crate) fn secret(mut self, name: &str, value: Option<&Secret>) -> Self {
        self.secrets.extend(value.cloned());
        self.optional(name, value.map(Secret::expose))
    }

    /// `Name.member.1`, or `Name.member.1.inner`, and so on; nothing for an empty list.
    pub(crate) fn list(self, name: &str, inner: &str, values: &[String]) -> Self {
        let dot = if inner.is_empty() { "" } else { "." };
        let member = |form: Self, (at, value): (usize, &String)| {
            form.field(&format!("{name}.member.{}{dot}{inner}", at + 1), value)
        };
        values.iter().enumerate().fold(self, member)
    }

    /// `Tags.member.1.Key` and its value, and so on.
    pub(crate) fn tags(self, tags: &[(String, String)]) -> Self {
        let member = |form: Self, (at, (key, value)): (usize, &(String, String))| {
            form.field(&format!("Tags.member.{}.Key", at + 1), key)
                .field(&format!("Tags.member.{}.Value", at + 1), value)
        };
        tags.iter().enumerate().fold(self, member)
    }

    /// `ProvidedContexts.member.1.ProviderArn` and its assertion, and so on.
    pub(crate) fn contexts(self, contexts: &[(String, Secret)]) -> Self {
        let member = |form: Self, (at, (provider, assertion)): (usize, &(String, Secret))| {
            let name = format!("ProvidedContexts.member.{}", at + 1);
            form.field(&format!("{name}.ProviderArn"), provider)
                .secret(&format!("{name}.ContextAssertion"), Some(assertion))
        };
        contexts.iter().enumerate().fold(self, member)
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }

    pub(crate) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }
}

/// Letters, digits and `-._~` stay; each other byte becomes `%XX`.
pub(crate) fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).map_or('0', |b| char::from(*b));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}
