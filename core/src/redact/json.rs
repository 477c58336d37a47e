//! What is JSON stays JSON, whatever a rule takes out of it.
//!
//! [`Json`] follows the output and knows, at each of its bytes, whether it is JSON so far and where in it that byte
//! stands. What a rule wants to hide is then covered accordingly ([`Cover`]):
//!
//! - within a string, up to the quotation mark that closes it, never half an escape;
//! - a number, whole, by a string;
//! - nothing else that is JSON.
//!
//! So JSON stays JSON even where a rule errs about what it sees. Text that is no JSON is followed to where that shows;
//! the next `{` may begin an object, and the next line any value (a log of JSON lines). And because the state depends
//! on the output alone, redacting twice comes to the same as redacting once.

use super::view::{NeedMore, View};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// This is no JSON.
    Other,
    /// A value comes next.
    Value,
    /// A value or the end of the array.
    FirstItem,
    /// A key, or the end of the object.
    FirstKey,
    Key,
    Colon,
    /// A value is complete.
    After,
    Number,
    /// The rest of `true`, `false` or `null`.
    Literal(&'static [u8]),
    /// In a string.
    Text,
    /// Behind its backslash.
    Escape,
    /// So many digits of `\u0000` are to come.
    Digits(u8),
}

/// How deep JSON may nest to be followed.
const DEEPEST: u8 = 128;

/// Where the text that was written so far ends.
#[derive(Clone, Copy)]
pub(super) struct Json {
    state: State,
    /// Whether the string is a key.
    key: bool,
    depth: u8,
    /// A bit for each open bracket, the innermost last: whether it is an object's.
    objects: u128,
}

impl Default for Json {
    fn default() -> Self {
        Self { state: State::Value, key: false, depth: 0, objects: 0 }
    }
}

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

pub(super) fn numeric(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')
}

/// Whether a number or a literal may end before this byte (NUL stands behind the end of the text).
fn delimiter(byte: u8) -> bool {
    blank(byte) || matches!(byte, b',' | b']' | b'}' | 0)
}

impl Json {
    /// Somewhere, with no open bracket known.
    pub(super) fn within(state: State) -> Self {
        Self { state, ..Self::default() }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    pub(super) fn depth(&self) -> u8 {
        self.depth
    }

    /// Whether what follows will be read alike.
    pub(super) fn same(&self, other: &Self) -> bool {
        let in_string = matches!(self.state, State::Text | State::Escape | State::Digits(_));
        (self.state, self.depth, self.objects) == (other.state, other.depth, other.objects)
            && (!in_string || self.key == other.key)
    }

    /// Follows what is written; see [`Json::advance`] for much of it.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        loop {
            let skipped = match self.state {
                State::Other => memchr::memchr2(b'{', b'\n', bytes),
                State::Text => memchr::memchr3(b'"', b'\\', b'\n', bytes),
                _ => Some(0),
            };
            let rest = skipped.and_then(|skipped| bytes.get(skipped..)).and_then(<[u8]>::split_first);
            let Some((&byte, rest)) = rest else { return };
            bytes = rest;
            self.take(byte);
        }
    }

    /// Takes one byte; false if JSON came to an end that is none.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let goes_on = self.step(byte);
        if !goes_on {
            *self = Self::within(State::Other);
            match byte {
                b'\n' => self.state = State::Value,
                b'{' => drop(self.open(true)),
                _ => {}
            }
        }
        goes_on
    }

    /// Takes one byte; false if it makes this no JSON.
    fn step(&mut self, byte: u8) -> bool {
        use State::{After, Colon, Digits, Escape, FirstItem, FirstKey, Key, Literal, Number, Text, Value};
        self.state = match (self.state, byte) {
            (Text, b'"') if self.key => Colon,
            (Text, b'"') => After,
            (Text, b'\\') => Escape,
            (Text, b'\n') => return false,
            (Text, _) => Text,
            (Escape, b'u') => Digits(4),
            (Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Text,
            (Digits(1), _) if byte.is_ascii_hexdigit() => Text,
            (Digits(left), _) if byte.is_ascii_hexdigit() => Digits(left - 1),
            (Number, _) if numeric(byte) => Number,
            (Literal(rest), _) if rest.first() == Some(&byte) => match rest.get(1..) {
                Some(rest) if !rest.is_empty() => Literal(rest),
                _ => After,
            },
            (After | Number, b'\n') if self.depth == 0 => Value, // the next of a list of JSON lines
            (Number, _) if blank(byte) => After,
            (Value | FirstItem | FirstKey | Key | Colon | After, _) if blank(byte) => self.state,
            (Value | FirstItem, b'"') => self.text(false),
            (Value | FirstItem, b'-' | b'0'..=b'9') => Number,
            (Value | FirstItem, b't') => Literal(b"rue"),
            (Value | FirstItem, b'f') => Literal(b"alse"),
            (Value | FirstItem, b'n') => Literal(b"ull"),
            (Value | FirstItem, b'{' | b'[') => return self.open(byte == b'{'),
            (FirstKey | Key, b'"') => self.text(true),
            (Colon, b':') => Value,
            (After | Number, b',') if self.depth > 0 => {
                if self.in_object() {
                    Key
                } else {
                    Value
                }
            }
            (FirstItem | After | Number, b']') if self.depth > 0 && !self.in_object() => self.close(),
            (FirstKey | After | Number, b'}') if self.in_object() => self.close(),
            _ => return false,
        };
        true
    }

    fn text(&mut self, key: bool) -> State {
        self.key = key;
        State::Text
    }

    fn in_object(&self) -> bool {
        self.depth > 0 && self.objects & 1 == 1
    }

    fn open(&mut self, object: bool) -> bool {
        self.state = if object { State::FirstKey } else { State::FirstItem };
        self.depth = self.depth.saturating_add(1);
        self.objects = self.objects << 1 | u128::from(object);
        self.depth <= DEEPEST
    }

    fn close(&mut self) -> State {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
        State::After
    }

    /// How a value that begins at `at` may be hidden, after `before` has been written; `None` where that is JSON's own
    /// punctuation, and nothing may be. `block` says that the value goes on in the next lines, as one of YAML does: outside
    /// of brackets that is no JSON, though its first line may be a number.
    pub(super) fn cover(
        &self,
        before: &[u8],
        view: &View<'_>,
        at: usize,
        block: bool,
    ) -> Result<Option<Cover>, NeedMore> {
        let mut json = *self;
        json.feed(before);
        if block && json.depth == 0 {
            return Ok(Some(Cover::Free));
        }
        let starts = matches!(json.state, State::Value | State::FirstItem);
        match json.state {
            State::Other => return Ok(Some(Cover::Free)),
            State::Text | State::Digits(_) => return Ok(Some(Cover::Text { escaped: false })),
            State::Escape => return Ok(Some(Cover::Text { escaped: true })),
            _ => {}
        }
        if !json.step(view.at(at)?) {
            return Ok(Some(Cover::Free));
        }
        Ok(match json.state {
            State::Number if starts => {
                let end = view.skip(at, 64, numeric)?;
                Some(if delimiter(view.at(end)?) { Cover::Number } else { Cover::Free })
            }
            State::Literal(rest) if starts => {
                let literal = view.has(at + 1, rest)? && delimiter(view.at(at + 1 + rest.len())?);
                (!literal).then_some(Cover::Free)
            }
            _ => None,
        })
    }
}

/// What may be hidden from here on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// Anything: this is no JSON.
    Free,
    /// The rest of a string. `escaped` says whether a backslash speaks for the next byte.
    Text { escaped: bool },
    /// The rest of a number.
    Number,
}

impl Cover {
    /// Whether the next byte may be hidden.
    pub(super) fn over(&mut self, byte: u8) -> bool {
        match self {
            Self::Free => true,
            Self::Number => !delimiter(byte),
            Self::Text { escaped } => {
                let inside = byte != b'"' || *escaped;
                *escaped = inside && byte == b'\\' && !*escaped;
                inside
            }
        }
    }

    /// How many backslashes must be written behind what was hidden, where the rule would write `wanted`: one at least
    /// if what follows was escaped by a backslash that is hidden now, none if it was not.
    pub(super) fn owed(self, wanted: u32) -> u32 {
        match self {
            Self::Text { escaped: true } => wanted | 1,
            Self::Text { escaped: false } => 0,
            Self::Free | Self::Number => wanted,
        }
    }
}

/// Where an output stands, as far as it was followed.
#[derive(Clone, Copy, Default)]
pub(super) struct Followed {
    json: Json,
    /// So much at the end of the output was not followed yet.
    behind: usize,
}

impl Followed {
    /// Follows what is put out elsewhere.
    pub(super) fn pass(&mut self, text: &[u8]) {
        self.json.advance(text);
    }

    /// Follows the output to its end: what comes next is written to another one.
    pub(super) fn catch_up(&mut self, output: &[u8]) {
        let new = output.len().checked_sub(self.behind).and_then(|from| output.get(from..));
        self.json.advance(new.unwrap_or_default());
        self.behind = 0;
    }
}

/// The output, and where it stands.
pub(super) struct Output<'a> {
    bytes: &'a mut Vec<u8>,
    followed: &'a mut Followed,
}

impl<'a> Output<'a> {
    pub(super) fn new(bytes: &'a mut Vec<u8>, followed: &'a mut Followed) -> Self {
        Self { bytes, followed }
    }

    pub(super) fn json(&mut self) -> &Json {
        self.followed.catch_up(self.bytes);
        &self.followed.json
    }

    pub(super) fn write(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.followed.behind += text.len();
    }

    /// Writes what stands in a secret's place; `wrap` puts it in quotation marks with so many backslashes each.
    pub(super) fn label(&mut self, label: &str, cover: Cover, wrap: Option<u32>) {
        let wrap = match cover {
            Cover::Free => wrap,
            Cover::Text { .. } => {
                // An escape that has begun is completed: by a second backslash, or by zeros.
                let state = self.json().state;
                match state {
                    State::Escape => self.write(b"\\"),
                    State::Digits(left) => self.write(b"0000".get(..usize::from(left)).unwrap_or_default()),
                    _ => {}
                }
                wrap.filter(|backslashes| backslashes % 2 == 1)
            }
            Cover::Number => Some(0),
        };
        self.mark(wrap);
        self.write(label.as_bytes());
        self.mark(wrap);
    }

    fn mark(&mut self, backslashes: Option<u32>) {
        if let Some(backslashes) = backslashes {
            self.backslashes(backslashes);
            self.write(b"\"");
        }
    }

    pub(super) fn backslashes(&mut self, count: u32) {
        (0..count).for_each(|_| self.write(b"\\"));
    }

    /// Writes a label in the place of a secret that was learned. It is hidden whole, come what may of the JSON
    /// around it: but only a secret that holds JSON's own punctuation, or a part of a number, can harm that.
    pub(super) fn replace(&mut self, secret: &[u8], label: &str) {
        let mut cover = match self.json().state {
            State::Text | State::Digits(_) => Cover::Text { escaped: false },
            State::Escape => Cover::Text { escaped: true },
            State::Value | State::FirstItem if secret.iter().copied().all(numeric) => Cover::Number,
            _ => Cover::Free,
        };
        self.label(label, cover, None);
        for &byte in secret {
            if !cover.over(byte) {
                return;
            }
        }
        self.backslashes(cover.owed(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Json {
        let mut json = Json::default();
        json.feed(text.as_bytes());
        json
    }

    #[test]
    fn json_is_followed_to_its_end() {
        for text in [
            r#"{"a": [1, -2.5e+3, "x\"\\\u00e4", true, false, null, {}, []], "b": {"c": ""}}"#,
            "[\n  {\n    \"a\": 1\n  }\n] ",
            "\"text\"",
            "{}\r\n{\"a\":1} ",
        ] {
            assert!(after(text).state == State::After && after(text).depth == 0, "{text}");
        }
    }

    #[test]
    fn other_text_is_told_where_it_shows() {
        for text in
            ["plain", "{'a'", "{\"a\" \"b\"", "[1}", "{\"a\":1,}", "]", "{\"a\\x", "[\"\\u00g", "{a", "[tru,"]
        {
            assert!(after(text).state == State::Other, "{text}");
        }
        assert!(after(&"[".repeat(usize::from(DEEPEST))).state == State::FirstItem);
        assert!(after(&"[".repeat(usize::from(DEEPEST) + 1)).state == State::Other);
    }

    #[test]
    fn json_within_other_text_is_found() {
        assert!(after("12:00 DEBUG {\"a\": \"b").state == State::Text);
        assert!(after("{'a': {\"a\": \"b").state == State::Text);
        assert!(after("no json\n[\"").state == State::Text);
        assert!(after("{\"a\n[\"").state == State::Text);
    }

    #[test]
    fn what_may_be_hidden_depends_on_the_place() {
        let cover = |text: &str, at: usize| {
            let view = View::new(text.as_bytes(), true);
            Json::default().cover(&text.as_bytes()[..at], &view, at, false).ok().flatten()
        };
        assert!(cover("x=1", 2) == Some(Cover::Free));
        assert!(cover("{\"a\":\"b\"}", 6) == Some(Cover::Text { escaped: false }));
        assert!(cover("{\"a\":\"\\n\"}", 7) == Some(Cover::Text { escaped: true }));
        assert!(cover("{\"a\":12}", 5) == Some(Cover::Number));
        assert!(cover("{\"a\":12}", 6).is_none());
        assert!(cover("{\"a\":12x}", 5) == Some(Cover::Free));
        assert!(cover("{\"a\":null}", 5).is_none());
        assert!(cover("{\"a\":nullx}", 5) == Some(Cover::Free));
        assert!(cover("{\"a\":1}", 4).is_none());
    }
}
