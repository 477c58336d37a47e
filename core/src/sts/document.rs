//! The XML of a reply, as the few texts that matter in it.

use quick_xml::Reader;
use quick_xml::events::Event;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

/// STS nests four deep; a reply that goes far beyond is not one of its.
const DEEPEST: usize = 16;
/// A reply of STS has some fifteen elements.
const MOST: usize = 1024;

/// The elements of a reply that hold text, by path below the root; names without their namespace prefix, in any
/// order. It has no `Debug`: a text can be a secret. Everything is wiped on drop.
///
/// There is no expansion of entities but the five of XML itself, and a document type is refused.
pub struct Document {
    root: String,
    texts: Vec<(String, Zeroizing<String>)>,
}

impl Document {
    /// Reads a whole reply.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] for what is no well-formed XML, has a document type, or is nested too deeply.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        let malformed = Self::malformed;
        let text = std::str::from_utf8(body).map_err(|_| malformed("it is no UTF-8"))?;
        let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut parser = Parser {
            root: None,
            path: Vec::new(),
            texts: Vec::new(),
            text: Zeroizing::default(),
            leaf: false,
            seen: 0,
        };
        loop {
            let event = reader.read_event().map_err(|_| malformed("it is no well-formed XML"))?;
            match event {
                Event::Start(tag) => parser.open(tag.local_name().as_ref()).map_err(malformed)?,
                Event::Empty(tag) => {
                    parser.open(tag.local_name().as_ref()).map_err(malformed)?;
                    parser.close();
                }
                Event::End(_) => parser.close(),
                Event::Text(text) => parser.push(&text.xml10_content()),
                Event::CData(text) => parser.push(&text.xml10_content()),
                Event::GeneralRef(name) => {
                    let numbered =
                        name.resolve_char_ref().map_err(|_| malformed("it holds an impossible character"))?;
                    let character = numbered.or(match &*name {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => None,
                    });
                    let character = character.ok_or_else(|| malformed("it refers to an entity"))?;
                    parser.push(character.encode_utf8(&mut [0; 4]));
                }
                Event::DocType(_) => return Err(malformed("it has a document type")),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        match parser.root {
            Some(root) if parser.path.is_empty() => Ok(Self { root, texts: parser.texts }),
            _ => Err(malformed("it ends too early")),
        }
    }

    pub(super) fn malformed(why: &str) -> Error {
        Error::new(ErrorKind::Malformed, format!("the reply of sts cannot be read: {why}"))
    }

    /// The name of the outermost element.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The text of the element at a path such as `GetCallerIdentityResult/Arn`, without white space around it. An
    /// element that comes twice has none: which one would be meant?
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        let mut found = self.texts.iter().filter(|(at, _)| at == path);
        let (_, text) = found.next()?;
        let text = text.trim_ascii();
        (found.next().is_none() && !text.is_empty()).then_some(text)
    }

    /// The same for a text that the reply cannot do without.
    pub(crate) fn required(&self, path: &str) -> Result<&str, Error> {
        self.text(path)
            .ok_or_else(|| Error::new(ErrorKind::Malformed, format!("the reply of sts has no {path}")))
    }
}

struct Parser {
    root: Option<String>,
    path: Vec<String>,
    texts: Vec<(String, Zeroizing<String>)>,
    text: Zeroizing<String>,
    /// No element has been opened since the innermost one was.
    leaf: bool,
    seen: usize,
}

impl Parser {
    fn open(&mut self, name: &str) -> Result<(), &'static str> {
        self.seen += 1;
        // `<a:/>`
        if name.is_empty() {
            return Err("an element has no name");
        }
        if self.path.len() >= DEEPEST || self.seen > MOST {
            return Err("it is nested too deeply, or has too many elements");
        }
        if self.path.is_empty() && self.root.replace(name.to_owned()).is_some() {
            return Err("it has two outermost elements");
        }
        self.path.push(name.to_owned());
        self.leaf = true;
        self.text = Zeroizing::default();
        Ok(())
    }

    fn push(&mut self, text: &str) {
        if self.leaf {
            self.text.push_str(text);
        }
    }

    fn close(&mut self) {
        if self.leaf {
            let path = self.path.get(1..).unwrap_or_default().join("/");
            self.texts.push((path, std::mem::take(&mut self.text)));
        }
        self.leaf = false;
        self.path.pop();
    }
}
