//! Learned secrets give way to their labels where they stand: most of a text holds none, and is not copied for that.

use std::borrow::Cow;
use std::ops::Range;

use zeroize::Zeroizing;

use super::Redactor;
use super::json::{Followed, Output};
use super::known::Piece;
use super::stretch::Stretches;

/// How far the first stage has come in a text that arrives in pieces.
#[derive(Default)]
pub(super) struct Replacing {
    /// Before this place no learned secret stands any more.
    at: usize,
    /// Where the last label ends that was written.
    label_end: usize,
    /// Where the text before `followed` ends.
    json: Followed,
    followed: usize,
}

impl Replacing {
    /// Replaces what can be told so far; returns up to where that is.
    pub(super) fn feed(
        &mut self,
        redactor: &Redactor,
        bytes: &mut Cow<'_, [u8]>,
        stretches: &mut Stretches,
        complete: bool,
    ) -> usize {
        if let Some((range, written)) = self.written(redactor, bytes, stretches, complete) {
            stretches.cut(range.start);
            bytes.to_mut().splice(range, written.iter().copied());
            stretches.follow(bytes);
        }
        self.at
    }

    /// Takes note that so much of the beginning is dropped.
    pub(super) fn forget(&mut self, bytes: &[u8], count: usize) {
        if let Some(passed) = bytes.get(self.followed..count) {
            self.json.pass(passed);
        }
        self.followed = self.followed.saturating_sub(count);
        self.at = self.at.saturating_sub(count);
        self.label_end = self.label_end.saturating_sub(count);
    }

    /// What is written instead of a part of the text that holds secrets, if there is such a part.
    fn written(
        &mut self,
        redactor: &Redactor,
        bytes: &[u8],
        stretches: &Stretches,
        complete: bool,
    ) -> Option<(Range<usize>, Zeroizing<Vec<u8>>)> {
        let known = &redactor.known;
        let mut part: Option<(usize, Zeroizing<Vec<u8>>)> = None;
        let Self { at, label_end, json, followed } = self;
        let labels_from = *label_end;
        let end = known.scan(bytes, stretches, *at, labels_from, complete, |piece| match piece {
            Piece::Plain(range) => {
                if let Some((_, out)) = &mut part {
                    Output::new(out, json).write(bytes.get(range).unwrap_or_default());
                }
            }
            Piece::Secret(hit) => {
                let (from, out) = part.get_or_insert_with(|| {
                    json.pass(bytes.get(*followed..hit.range.start).unwrap_or_default());
                    (hit.range.start, Zeroizing::new(Vec::with_capacity(bytes.len() - hit.range.start)))
                });
                let learned = known.secret(&hit);
                let label = learned.map_or("[secret]", |learned| &learned.label);
                let tagged = redactor.tags.as_ref().zip(learned);
                let tagged = tagged.map(|(tags, learned)| tags.label(label, &learned.secret));
                let secret = bytes.get(hit.range).unwrap_or_default();
                Output::new(out, json).replace(secret, tagged.as_deref().unwrap_or(label));
                *label_end = *from + out.len();
            }
        });
        *at = end;
        let (from, out) = part?;
        json.catch_up(&out);
        *at = from + out.len();
        *followed = *at;
        Some((from..end, out))
    }
}

impl Redactor {
    /// The first stage: learned secrets give way to their labels.
    pub(super) fn without_known<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.known.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let Some((range, written)) =
            Replacing::default().written(self, bytes, &Stretches::of(bytes, self.known.digits()), true)
        else {
            return Cow::Borrowed(bytes);
        };
        let before = bytes.get(..range.start).unwrap_or_default();
        let after = bytes.get(range.end..).unwrap_or_default();
        Cow::Owned([before, &written, after].concat())
    }
}
