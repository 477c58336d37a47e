//! JSON with the places of its values, which the usual readers do not keep.

use std::ops::Range;

use super::document::{Kind, Node, Unreadable};

/// How deep values may be nested.
const DEEPEST: usize = 64;

pub(super) fn parse(text: &str) -> Result<Node, Unreadable> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.space();
    if reader.at < text.len() { Err(reader.wrong("there is more after its end")) } else { Ok(node) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, why: &str) -> Unreadable {
        Unreadable { at: self.at, why: format!("not json: {why}") }
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.rest().starts_with(wanted);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Node, Unreadable> {
        if depth > DEEPEST {
            return Err(self.wrong("nested too deep"));
        }
        self.space();
        let start = self.at;
        let kind = match self.rest().chars().next() {
            Some('{') => self.table(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => {
                self.text()?;
                Kind::Text
            }
            Some(c) if c == '-' || c.is_ascii_digit() => self.number()?,
            _ => self.word()?,
        };
        Ok(Node { span: start..self.at, kind })
    }

    fn table(&mut self, depth: usize) -> Result<Kind, Unreadable> {
        let mut members: Vec<(String, Range<usize>, Node)> = Vec::new();
        self.eat('{');
        if self.eat('}') {
            return Ok(Kind::Table(members));
        }
        loop {
            self.space();
            let span = self.text()?;
            let name = self.text.get(span.clone()).and_then(|name| serde_json::from_str::<String>(name).ok());
            let name = name.ok_or_else(|| self.wrong("a name that cannot be read"))?;
            if members.iter().any(|(other, ..)| *other == name) {
                return Err(Unreadable { at: span.start, why: format!("'{name}' is there twice") });
            }
            if !self.eat(':') {
                return Err(self.wrong("a colon is wanted after a name"));
            }
            let value = self.value(depth + 1)?;
            members.push((name, span, value));
            if self.eat('}') {
                return Ok(Kind::Table(members));
            }
            if !self.eat(',') {
                return Err(self.wrong("a comma or a closing brace is wanted"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Kind, Unreadable> {
        let mut items = Vec::new();
        self.eat('[');
        if self.eat(']') {
            return Ok(Kind::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.eat(']') {
                return Ok(Kind::Array(items));
            }
            if !self.eat(',') {
                return Err(self.wrong("a comma or a closing bracket is wanted"));
            }
        }
    }

    fn text(&mut self) -> Result<Range<usize>, Unreadable> {
        let start = self.at;
        let mut escaped = false;
        let mut chars = self.rest().char_indices();
        if !matches!(chars.next(), Some((_, '"'))) {
            return Err(self.wrong("a text in quotes is wanted"));
        }
        for (at, c) in chars {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    self.at = start + at + 1;
                    return Ok(start..self.at);
                }
                c if c.is_control() => break,
                _ => {}
            }
        }
        Err(self.wrong("a text without its closing quote"))
    }

    fn number(&mut self) -> Result<Kind, Unreadable> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(rest.len());
        let number = rest.get(..end).unwrap_or_default();
        let kind = match number.contains(['.', 'e', 'E']) {
            true => Kind::Float,
            false => Kind::Integer,
        };
        if serde_json::from_str::<serde_json::Number>(number).is_err() {
            return Err(self.wrong("a number that is none"));
        }
        self.at += end;
        Ok(kind)
    }

    fn word(&mut self) -> Result<Kind, Unreadable> {
        for (word, kind) in [("true", Kind::Boolean), ("false", Kind::Boolean), ("null", Kind::Null)] {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.wrong("a value is wanted"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_the_usual_reader_reads() {
        for text in [
            "{}",
            "[]",
            " [1, -2.5e3, \"a\\\"b\", null, true, false, {\"a\": {}}] ",
            "{\"a\":1,\"b\":[[]]}",
            "\"\\u00e9\"",
            "",
            "{",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "[1 2]",
            "01",
            "1.",
            "tru",
            "\"a",
            "\"a\nb\"",
            "{} {}",
            "'a'",
        ] {
            let usual = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(parse(text).is_ok(), usual, "{text}");
        }
    }

    #[test]
    fn faults_have_a_place() {
        let fault = |text: &str| parse(text).map_err(|why| (why.at, why.why)).unwrap_err();
        assert_eq!(fault("{\"a\": 1,\n \"a\": 2}"), (10, "'a' is there twice".into()));
        assert_eq!(fault("{\"a\" 1}"), (5, "not json: a colon is wanted after a name".into()));
        assert!(parse(&"[".repeat(10_000)).is_err());
    }
}
