//! JSON of what may be secret: written piece by piece, wiped wherever it was.

use std::io::{self, Write};

use zeroize::Zeroizing;

/// A text that grows, and leaves no copy of itself behind when it moves.
#[derive(Default)]
pub(crate) struct Json(Zeroizing<Vec<u8>>);

impl Json {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// An object, each member by its name and what writes its value.
    pub(crate) fn object<'a, V>(
        &mut self,
        members: impl IntoIterator<Item = (&'a str, V)>,
        mut value: impl FnMut(&mut Self, V),
    ) {
        self.raw(b"{");
        for (nth, (name, member)) in members.into_iter().enumerate() {
            if nth > 0 {
                self.raw(b",");
            }
            self.text(name);
            self.raw(b":");
            value(self, member);
        }
        self.raw(b"}");
    }

    pub(crate) fn text(&mut self, text: &str) {
        // Text is always JSON, and this writer never fails.
        let _ = serde_json::to_writer(self, text);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let need = self.0.len() + bytes.len();
        if need > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * need + 1024));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }
}

impl Write for &mut Json {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.raw(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_json() {
        let mut json = Json::default();
        let long = "\"\\\n\u{1}é".repeat(1000);
        json.object([("a\"b", long.as_str()), ("c", "")], Json::text);
        let read: serde_json::Value = serde_json::from_slice(json.as_bytes()).unwrap();
        assert_eq!(read, serde_json::json!({ "a\"b": long, "c": "" }));
    }
}
