//! Redaction of a text that arrives in pieces.

use zeroize::Zeroizing;

use super::Redactor;
use super::json::{Json, Output};
use super::known::Piece;
use super::shape::{BEHIND, Shapes};
use super::{cbor, neutral};

/// Input that a stage has not finished with, and a little of what lies before.
#[derive(Default)]
struct Window {
    bytes: Zeroizing<Vec<u8>>,
    at: usize,
}

impl Window {
    /// Adds input, lets `scan` look from the place it last returned, and drops what is no longer needed.
    fn feed(&mut self, data: &[u8], scan: impl FnOnce(&[u8], usize) -> usize) {
        self.bytes.extend_from_slice(data);
        self.at = scan(&self.bytes, self.at).min(self.bytes.len());
        let done = self.at.saturating_sub(BEHIND);
        self.bytes.drain(..done);
        self.at -= done;
    }
}

/// Redacts a text that arrives in pieces; however it is cut, the output is the same.
///
/// Made by [`Redactor::stream`], with the secrets that were known then. What might be the beginning of a secret is
/// held back until it is decided: at most two kilobytes, of what begins as a document of CBOR does a mebibyte, and where a learned secret may have begun at most
/// seven times its length (its longest spelling is `\\u0041` for every byte). A secret value of any length passes
/// through without being kept.
///
/// ```
/// use awsaccess::redact::Redactor;
/// let mut stream = Redactor::new().stream();
/// let mut out = stream.push(b"aws_secret_acc");
/// out.extend(stream.push(b"ess_key = wJalrXUtnFEMI/K7"));
/// out.extend(stream.push(b"MDENG/bPxRfiCYEXAMPLEKEY\nregion = eu-west-1\n"));
/// out.extend(stream.finish());
/// assert_eq!(out, b"aws_secret_access_key = [aws-secret-access-key]\nregion = eu-west-1\n");
/// ```
pub struct RedactStream {
    redactor: Redactor,
    /// The beginning of what may be a document of CBOR, which is redacted whole.
    document: Option<Zeroizing<Vec<u8>>>,
    known: Window,
    json: Json,
    shape: Window,
    shapes: Shapes,
    neutral: Window,
}

impl RedactStream {
    pub(super) fn new(redactor: Redactor) -> Self {
        let shapes = redactor.shapes();
        Self {
            redactor,
            document: Some(Zeroizing::default()),
            known: Window::default(),
            json: Json::default(),
            shape: Window::default(),
            shapes,
            neutral: Window::default(),
        }
    }

    /// Takes the next piece, and gives what can be said so far.
    #[must_use = "this is the text without its secrets"]
    pub fn push(&mut self, data: &[u8]) -> Vec<u8> {
        self.step(data, false)
    }

    /// Gives the rest. What was held back at the end is judged as the end of the text.
    #[must_use = "this is the last of the text"]
    pub fn finish(mut self) -> Vec<u8> {
        self.step(&[], true)
    }

    fn step(&mut self, data: &[u8], complete: bool) -> Vec<u8> {
        let Some(mut document) = self.document.take() else { return self.text(data, complete) };
        document.extend_from_slice(data);
        if !complete && cbor::may_be_document(&document) {
            self.document = Some(document);
            return Vec::new();
        }
        let out = if complete { cbor::document(&self.redactor, &document) } else { None };
        out.unwrap_or_else(|| self.text(&document, complete))
    }

    fn text(&mut self, data: &[u8], complete: bool) -> Vec<u8> {
        let Self { redactor, document: _, known, json, shape, shapes, neutral } = self;
        if redactor.known.is_empty() {
            shape.bytes.extend_from_slice(data);
        } else {
            // What the first stage gives is what the second has to look at.
            known.feed(data, |bytes, from| {
                redactor.replace_known(bytes, from, complete, &mut Output::new(&mut shape.bytes, json))
            });
        }
        let mut out = Vec::with_capacity(shape.bytes.len());
        let marks = redactor.marks();
        shape.feed(&[], |bytes, from| shapes.scan(bytes, from, complete, marks, &mut out));
        if !redactor.neutralize {
            return out;
        }
        let mut shown = Vec::with_capacity(out.len());
        neutral.feed(&out, |bytes, from| neutral::scan(bytes, from, complete, &mut shown));
        shown
    }
}

impl Redactor {
    /// The first stage: learned secrets give way to their labels.
    pub(super) fn replace_known(
        &self,
        bytes: &[u8],
        from: usize,
        complete: bool,
        out: &mut Output<'_>,
    ) -> usize {
        self.known.scan(bytes, from, complete, |piece| match piece {
            Piece::Plain(range) => out.write(bytes.get(range).unwrap_or_default()),
            Piece::Secret(hit) => {
                let learned = self.known.secret(&hit);
                let label = learned.map_or("[secret]", |learned| &learned.label);
                let tagged = self.tags.as_ref().zip(learned);
                let tagged = tagged.map(|(tags, learned)| tags.label(label, &learned.secret));
                out.replace(bytes.get(hit.range).unwrap_or_default(), tagged.as_deref().unwrap_or(label));
            }
        })
    }
}
