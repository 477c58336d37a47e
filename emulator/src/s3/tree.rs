//! The small XML documents that clients send.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::blob::Blob;
use crate::failure::Failure;

const MAX_BYTES: u64 = 2 * 1024 * 1024;
const MAX_DEPTH: usize = 16;

/// An element: its local name, its text, its children.
#[derive(Default)]
pub(super) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document whose root has this name.
    pub(super) fn parse(body: &Blob, root: &str) -> Result<Self, Failure> {
        if body.len > MAX_BYTES {
            return Err(malformed());
        }
        let bytes = body.chunks.concat();
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
        let element = read(text).ok_or_else(malformed)?;
        if element.name == root { Ok(element) } else { Err(malformed()) }
    }

    /// The text of the first child of that name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.children.iter().find(|child| child.name == name).map(|child| child.text.as_str())
    }

    /// The children of that name.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

fn read(text: &str) -> Option<Element> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() > MAX_DEPTH {
                    return None;
                }
                let name = start.local_name().as_ref().to_owned();
                open.push(Element { name, ..Element::default() });
            }
            Event::Empty(empty) => {
                let name = empty.local_name().as_ref().to_owned();
                open.last_mut()?.children.push(Element { name, ..Element::default() });
            }
            Event::End(_) => {
                let done = open.pop()?;
                open.last_mut()?.children.push(done);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text),
            Event::CData(text) => open.last_mut()?.text.push_str(&text),
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref().ok()? {
                    Some(character) => character,
                    None => match &*reference {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => return None,
                    },
                };
                open.last_mut()?.text.push(character);
            }
            Event::DocType(_) => return None,
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    let mut document = open.pop().filter(|_| open.is_empty())?;
    (document.children.len() == 1).then(|| document.children.pop())?
}

/// The error for what is no such document.
pub(super) fn malformed() -> Failure {
    Failure::new(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_entities_and_refuses_doctypes() {
        let parse = |text: &str| Element::parse(&Blob::from(text.to_owned()), "Delete");
        let document =
            parse("<Delete><Object><Key>a&amp;b &#233;&lt;</Key></Object></Delete>").ok().expect("read");
        let object = document.all("Object").next().expect("object");
        assert_eq!(object.text("Key"), Some("a&b é<"));
        assert!(parse("<!DOCTYPE a [<!ENTITY b \"c\">]><Delete/>").is_err());
        assert!(parse("<Other/>").is_err());
        assert!(parse("<Delete>").is_err());
    }
}
