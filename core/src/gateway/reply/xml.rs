//! Credentials in XML: elements that stand side by side, whatever is around them.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::found::{Finder, Found, Part, Why};

/// Deeper than any reply is nested.
const DEEPEST: usize = 32;
/// More elements than any reply has.
const MOST: usize = 10_000;

const MALFORMED: Why = "it is no well-formed xml";

pub(super) fn find(body: &[u8]) -> Result<Found, Why> {
    let text = std::str::from_utf8(body).map_err(|_| "it is no utf-8")?;
    // A mark at the beginning would move what is found; none of AWS's replies has one.
    if text.starts_with('\u{feff}') {
        return Err("it begins with a byte order mark");
    }
    let mut reader = Reader::from_str(text);
    let mut finder = Finder::default();
    // The numbers of the elements that are open, and which part the innermost is.
    let mut open: Vec<usize> = Vec::new();
    let mut part: Option<Part> = None;
    let mut seen = 0;
    loop {
        let start = position(&reader)?;
        let event = reader.read_event().map_err(|_| MALFORMED)?;
        let end = position(&reader)?;
        match event {
            Event::Start(tag) => {
                if part.is_some() {
                    return Err("a part of the credentials has elements in it");
                }
                part = Part::named(tag.local_name().as_ref());
                seen += 1;
                open.push(seen);
                if open.len() > DEEPEST || seen > MOST {
                    return Err("it is nested too deeply, or has too many elements");
                }
            }
            Event::Empty(tag) => {
                if Part::named(tag.local_name().as_ref()).is_some() {
                    return Err("a part of the credentials is empty");
                }
            }
            Event::End(_) => {
                open.pop();
                part = None;
            }
            Event::Text(_) => {
                let around = open.iter().rev().nth(1).copied();
                if let Some((part, place)) = part.zip(around) {
                    finder.text(part, place, start..end, text.get(start..end).unwrap_or_default())?;
                }
            }
            Event::DocType(_) => return Err("it has a document type"),
            Event::Eof => break,
            // A reference, a comment or the like inside a part would make it another text than it looks.
            _ if part.is_some() => return Err("a part of the credentials is not plain text"),
            _ => {}
        }
    }
    if !open.is_empty() {
        return Err(MALFORMED);
    }
    finder.finish()
}

fn position(reader: &Reader<&[u8]>) -> Result<usize, Why> {
    usize::try_from(reader.buffer_position()).map_err(|_| MALFORMED)
}
