//! An XML document, with the place of each element in its text.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

const MAX_DEPTH: usize = 32;

/// An element: its local name, attributes, text and children.
#[derive(Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
    /// Where it is in the document.
    pub(super) at: Range<usize>,
}

impl Element {
    fn open(start: &BytesStart<'_>, at: usize) -> Option<Self> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?.into_owned();
            attributes.push((attribute.key.as_ref().to_owned(), value));
        }
        let name = start.local_name().as_ref().to_owned();
        Some(Self { name, attributes, at: at..at, ..Self::default() })
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

/// Reads a document. One with a document type, a comment or a processing instruction is refused: none has any business
/// in an assertion, and each has been used to make two readers see two things.
pub(super) fn read(text: &str) -> Option<Element> {
    // What XML 1.0 (2.2) has no place for, and text beside the root element, which a reader may pass over.
    if !text.chars().all(is_char) {
        return None;
    }
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        let from = usize::try_from(reader.buffer_position()).ok()?;
        let event = reader.read_event().ok()?;
        let to = usize::try_from(reader.buffer_position()).ok()?;
        match event {
            Event::Start(start) if open.len() <= MAX_DEPTH => open.push(Element::open(&start, from)?),
            Event::Empty(empty) => {
                let mut element = Element::open(&empty, from)?;
                element.at.end = to;
                open.last_mut()?.children.push(element);
            }
            Event::End(_) => {
                let mut done = open.pop()?;
                done.at.end = to;
                open.last_mut()?.children.push(done);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text),
            Event::GeneralRef(reference) => {
                let character = match &*reference {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    _ => reference.resolve_char_ref().ok()??,
                };
                open.last_mut()?.text.push(character);
            }
            Event::Decl(_) => {}
            Event::Eof => break,
            _ => return None,
        }
    }
    let mut document = open.pop().filter(|_| open.is_empty())?;
    if !document.text.trim_ascii().is_empty() {
        return None;
    }
    (document.children.len() == 1).then(|| document.children.pop())?
}

const fn is_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}
