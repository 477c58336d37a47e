//! Redaction of a text that arrives in pieces.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::Redactor;
use super::replacing::Replacing;
use super::shape::{BEHIND, Shapes};
use super::stretch::{CHUNK, Stretches};
use super::{cbor, neutral};

/// So much of a long piece is put behind what is left of the ones before.
const JOINED: usize = 512;

/// A piece is long if it has this length, and what is left of the ones before is much if it has that: then all is joined.
const LONG: usize = 1024;
const MOST: usize = 8 * 1024;

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
    /// Input that is not finished with, and a little of what lies before.
    window: Zeroizing<Vec<u8>>,
    /// Where in that there may be keys and tokens.
    stretches: Stretches,
    known: Replacing,
    shapes: Shapes,
    /// What lies before has been written.
    at: usize,
    /// What was written, and is not finished with as text that may deceive a terminal.
    shown: Zeroizing<Vec<u8>>,
}

impl RedactStream {
    pub(super) fn new(redactor: Redactor) -> Self {
        let shapes = redactor.shapes();
        let stretches = Stretches::new(redactor.known.digits());
        Self {
            redactor,
            document: Some(Zeroizing::default()),
            window: Zeroizing::default(),
            stretches,
            known: Replacing::default(),
            shapes,
            at: 0,
            shown: Zeroizing::default(),
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
        let mut rest = data;
        // Of pieces before there may be so much to write, and labels may be longer than what they hide.
        let mut room = data.len() + self.window.len();
        if data.len() > LONG {
            let held = self.window.len();
            self.window.reserve_exact((MOST + JOINED).saturating_sub(held));
            room = data.len() + MOST + JOINED;
        }
        let mut out = Vec::with_capacity(room);
        while rest.len() > LONG && self.window.len() < MOST {
            // Where all that is not finished with came just now, the rest is not copied to be looked at.
            let joined = data.len() - rest.len();
            let from = joined.checked_sub(self.window.len()).filter(|_| joined > 0);
            let text = from.and_then(|from| data.get(from..)).filter(|text| text.starts_with(&self.window));
            if let Some(text) = text {
                self.judge(Cow::Borrowed(text), complete, &mut out);
                rest = &[];
                break;
            }
            let (begin, after) = rest.split_at_checked(JOINED).unwrap_or((rest, &[]));
            self.join(begin, false, &mut out);
            rest = after;
        }
        if !rest.is_empty() || complete {
            self.join(rest, complete, &mut out);
        }
        self.shapes.put_out(&out);
        if self.redactor.neutralize { self.neutral(&out, complete) } else { out }
    }

    /// Goes on with what is left of the text, and more.
    fn join(&mut self, data: &[u8], complete: bool, out: &mut Vec<u8>) {
        self.window.extend_from_slice(data);
        let window = Cow::Owned(std::mem::take(&mut *self.window));
        self.judge(window, complete, out);
    }

    /// Writes what can be said of a text, and keeps of it what is not finished with.
    fn judge(&mut self, mut text: Cow<'_, [u8]>, complete: bool, out: &mut Vec<u8>) {
        let Self { redactor, document: _, window, stretches, known, shapes, at, shown: _ } = self;
        stretches.follow(&text);
        // What the first stage has come to is what the second may look at.
        let learns = !redactor.known.is_empty();
        let judged = if learns { known.feed(redactor, &mut text, stretches, complete) } else { text.len() };
        let bytes = text.get(..judged).unwrap_or_default();
        *at = shapes.scan(bytes, stretches, *at, complete, redactor.marks(), out).min(judged);
        let done = at.saturating_sub(BEHIND) / CHUNK * CHUNK;
        if learns {
            known.forget(&text, done);
        }
        stretches.forget(done);
        *at -= done;
        match text {
            Cow::Borrowed(text) => {
                window.clear();
                window.extend_from_slice(text.get(done..).unwrap_or_default());
            }
            Cow::Owned(text) => {
                **window = text;
                window.drain(..done);
            }
        }
    }

    /// What was written, as a terminal may see it.
    fn neutral(&mut self, out: &[u8], complete: bool) -> Vec<u8> {
        self.shown.extend_from_slice(out);
        let mut neutral = Vec::with_capacity(self.shown.len());
        let done = neutral::scan(&self.shown, 0, complete, &mut neutral).min(self.shown.len());
        self.shown.drain(..done);
        neutral
    }
}
