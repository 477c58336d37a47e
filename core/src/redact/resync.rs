//! Following JSON through much text by reading little of it.
//!
//! Where a text of lines ends can mostly be told from its last lines alone: whatever came before, they make it JSON of
//! their own, or none. So a few lines are followed from every state that a line may begin in, until all agree. Where
//! they do not (an indented document that is longer than that), the whole text is followed.

use super::json::{Json, State, numeric};

/// How much of the end is tried, and how many of its lines if they look like JSON.
const TAILS: [usize; 2] = [1024, 4096];
const LINES: usize = 6;

/// So many ways may be open at a time.
const MOST: usize = 12;

/// One way in which the text may be read.
#[derive(Clone, Copy)]
struct Way {
    json: Json,
    /// Whether there are more open brackets than `json` knows of.
    deep: bool,
}

impl Json {
    /// Follows what is written, as [`Json::feed`] does, in less time.
    pub(super) fn advance(&mut self, bytes: &[u8]) {
        #[cfg(test)]
        if super::differential::careful() {
            return self.feed(bytes);
        }
        for tail in TAILS {
            let Some(start) = bytes.len().checked_sub(tail).filter(|start| *start > tail) else { break };
            let tail = bytes.get(start..).unwrap_or_default();
            let lines = || memchr::memrchr_iter(b'\n', tail).filter_map(|end| tail.get(end + 1..));
            let found = lines().find_map(after_words).or_else(|| lines().take(LINES).find_map(after_lines));
            if let Some(json) = found {
                *self = json;
                return;
            }
        }
        self.feed(bytes);
    }
}

/// What lines come to if they begin like no JSON.
fn after_words(lines: &[u8]) -> Option<Json> {
    let mut json = Json::within(State::Other);
    json.feed(words(lines)?);
    Some(json)
}

/// Lines without their beginning, if that is JSON nowhere: a word, as `DEBUG`, or `12` and what no number goes on with, as
/// those of most logs begin.
fn words(lines: &[u8]) -> Option<&[u8]> {
    let lines = lines.trim_ascii_start();
    let number = lines.iter().take_while(|byte| numeric(**byte)).count();
    let rest = lines.get(number..)?;
    let word = if number == 0 { rest } else { rest.strip_prefix(b" ").unwrap_or(rest) };
    // `true` is JSON, and so is much else that begins like this.
    let literal = number == 0 && [b"tr", b"fa", b"nu"].iter().any(|literal| word.starts_with(*literal));
    let foreign = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'()*./;<=>?@\\^_`|~".contains(byte);
    let colon = |byte: &u8| number > 0 && *byte == b':';
    word.first().filter(|byte| (foreign(byte) || colon(byte)) && !literal)?;
    Some(word)
}

/// What lines come to, whatever stood before them; `None` if that matters.
fn after_lines(lines: &[u8]) -> Option<Json> {
    let way = |state, deep| Way { json: Json::within(state), deep };
    let deep = [State::Value, State::FirstItem, State::FirstKey, State::Key, State::Colon, State::After];
    let mut ways: Vec<Way> = deep.into_iter().map(|state| way(state, true)).collect();
    ways.push(way(State::Value, false));
    for (i, &byte) in lines.iter().enumerate() {
        let mut more: Option<Way> = None;
        for way in &mut ways {
            if let Some(other) = way.step(byte)? {
                more = Some(other);
            }
        }
        ways.extend(more);
        // Those that have come to the same go on as one.
        let mut kept = 0;
        while let Some((way, before)) = ways.get(kept).zip(ways.get(..kept)) {
            if before.iter().any(|other| other.deep == way.deep && other.json.same(&way.json)) {
                ways.swap_remove(kept);
            } else {
                kept += 1;
            }
        }
        match ways.as_slice() {
            [way] if !way.deep => {
                let mut json = way.json;
                json.feed(lines.get(i + 1..)?);
                return Some(json);
            }
            [_, ..] if ways.len() <= MOST => {}
            _ => return None,
        }
    }
    None
}

impl Way {
    /// Takes one byte. Where that depends on brackets that are not known: `None`, or another way beside this one.
    fn step(&mut self, byte: u8) -> Option<Option<Self>> {
        if !self.deep {
            self.json.take(byte);
            return Some(None);
        }
        let outermost = self.json.depth() == 0;
        match (self.json.state(), byte) {
            (State::After | State::Number, b',') if outermost => return None,
            (State::After | State::Number | State::FirstItem | State::FirstKey, b']' | b'}') if outermost => {
                return None;
            }
            (State::After | State::Number, b'\n') if outermost => {
                self.json = Json::within(State::After);
                return Some(None);
            }
            _ => {}
        }
        let opens =
            matches!(self.json.state(), State::Value | State::FirstItem) && matches!(byte, b'{' | b'[');
        // It may be one bracket too many, which makes this no JSON.
        let overflow = opens.then(|| {
            let mut json = Json::within(State::Other);
            json.take(byte);
            Self { json, deep: false }
        });
        self.deep = self.json.take(byte);
        Some(overflow)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn followed(text: &[u8]) -> Json {
        let mut json = Json::default();
        json.feed(text);
        json
    }

    #[test]
    fn the_last_lines_of_a_log_say_where_it_ends() {
        let resolved =
            |lines: &str| after_lines(lines.as_bytes()).map(|json| json.same(&followed(lines.as_bytes())));
        assert_eq!(resolved("12:00 DEBUG x\n12:01 DEBUG {\"a\": \"b"), Some(true));
        assert_eq!(resolved("{\"a\":[{}]}\n{\"a\":\"b\"}\n{\"a\":\"b"), Some(true));
        // These depend on what stood before.
        assert_eq!(resolved("    \"a\": 1,\n    \"b\": ["), None);
        assert_eq!(resolved("1,\n2,\n"), None);
        assert_eq!(resolved("}\n"), None);
    }

    #[test]
    fn a_line_that_begins_like_no_json_says_where_it_ends() {
        for line in [
            "DEBUG x",
            "  at a",
            "12:00 x",
            "2026-05-01T10:00 x",
            "2026-05-01 10:00",
            "-----B",
            "> GET",
            "time=1",
        ] {
            assert!(after_words(line.as_bytes()).is_some(), "{line}");
        }
        for line in ["", "1", "1,", "-2.5 ]", "12 \"", "true", "null,", "{x", "\"a\": 1", "]", "}", ":"] {
            assert!(after_words(line.as_bytes()).is_none(), "{line}");
        }
    }

    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let words = select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\n",
            "\n",
            "1",
            "-2.5",
            "true",
            "null",
            " ",
            "\r",
            "x",
            "\"a\":",
            "\"a\": \"b\",\n",
            "{\"a\":1}\n",
            "{\"a\":[{\"b\":\"c\\\"d\"}]}\n",
            "12:00:00 DEBUG x\n",
            "2026-05-01T10:00 x\n",
            "  > x {\n",
            "trace\n",
            "[1,2]\n",
            "[[[[[[[[",
            "\\u00",
        ]);
        vec(words, 0..300).prop_map(|words| words.concat().into_bytes())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn what_is_told_from_the_end_is_what_following_comes_to(head in pieces(), tail in pieces(), deep in 0usize..140) {
            let head = [vec![b'['; deep], head, b"\n".to_vec()].concat();
            if let Some(json) = after_lines(&tail) {
                let whole = followed(&[head.as_slice(), &tail].concat());
                prop_assert!(json.same(&whole), "{}", String::from_utf8_lossy(&[head.as_slice(), &tail].concat()));
            }
            let text = [head.as_slice(), &tail, &tail, &tail, &tail].concat();
            let mut json = Json::default();
            json.advance(&text);
            prop_assert!(json.same(&followed(&text)));
        }
    }
}
