//! Finding the secrets that are known, in whatever encoding they appear.
//!
//! Fingerprints say of most of a text that none begins there; where one may, the text is read in each
//! [dialect](DIALECTS) and compared with all needles at once, which stand in order.

use std::ops::Range;

use super::Known;
use crate::redact::encoding::{self, DIALECTS, Layer};
use crate::redact::gram::{self, AROUND, Place, Rate};
use crate::redact::mark::any_placeholder;
use crate::redact::needle::{FORMS, Form, HEAD, Reading};
use crate::redact::stretch::Stretches;
use crate::redact::view::{NeedMore, View};

/// So much of the text is searched at a time.
const BLOCK: usize = 64 * 1024;

/// How much must follow a place before it is known what begins there, learned secrets excepted.
const HOLD: usize = HEAD + 16;

/// The length of the longest label, with its tag.
const LABEL: usize = 63;

/// A secret that was found.
pub(in crate::redact) struct Hit {
    pub(in crate::redact) range: Range<usize>,
    pub(in crate::redact) secret: usize,
    pub(in crate::redact) form: &'static str,
}

/// An input byte range that holds no secret, or one that does.
pub(in crate::redact) enum Piece {
    Plain(Range<usize>),
    Secret(Hit),
}

impl Known {
    /// Cuts the text from `from` on into pieces; returns where it must be taken up again when more has arrived. No label
    /// of the text begins before `label_end`.
    pub(in crate::redact) fn scan(
        &self,
        bytes: &[u8],
        stretches: &Stretches,
        from: usize,
        mut label_end: usize,
        complete: bool,
        mut each: impl FnMut(Piece),
    ) -> usize {
        let view = View::new(bytes, complete);
        let decidable =
            if self.is_empty() || complete { bytes.len() } else { bytes.len().saturating_sub(HOLD) };
        let mut at = from; // given to `each` up to here
        while at < decidable {
            let block = decidable.min(at + BLOCK);
            let mut end = block;
            let starts =
                if self.is_empty() { Vec::new() } else { self.starts(&view, bytes, stretches, at, &mut end) };
            for group in starts.chunk_by(|a, b| a.0 == b.0) {
                let Some(&(start, _)) = group.first() else { continue };
                if start < at || start >= end {
                    continue;
                }
                match self.hit(&view, start, label_end, group.iter().map(|(_, form)| *form)) {
                    Ok(None) => {}
                    Ok(Some(hit)) => {
                        each(Piece::Plain(at..start));
                        at = hit.range.end;
                        label_end = at;
                        each(Piece::Secret(hit));
                    }
                    Err(NeedMore) => end = start,
                }
            }
            if at < end {
                each(Piece::Plain(at..end));
            }
            at = at.max(end);
            if end < block {
                return at; // more must be seen
            }
        }
        at
    }

    /// Where in the text up to `end` a needle may begin, and the number of its form; in order. `end` becomes less where
    /// more must be seen.
    fn starts(
        &self,
        view: &View<'_>,
        bytes: &[u8],
        stretches: &Stretches,
        from: usize,
        end: &mut usize,
    ) -> Vec<(usize, usize)> {
        #[cfg(test)]
        if crate::redact::differential::careful() {
            return (from..*end).flat_map(|at| (0..FORMS.len()).map(move |form| (at, form))).collect();
        }
        let mut starts = Vec::new();
        let mut add = |at: usize, place: Place| {
            let start = at.checked_sub(usize::from(place.offset)).filter(|start| *start >= from);
            starts.extend(start.map(|start| (start, usize::from(place.form))));
        };
        let last = bytes.len().min(*end + HEAD);
        let text = bytes.get(from..last).unwrap_or_default();
        if !self.runs.is_empty() {
            // One in some hundred bytes may be.
            let mut seen = Vec::with_capacity(text.len() / 256);
            self.runs.sample_blocks(bytes, stretches, (from, last), |at, print| seen.push((at, print)));
            self.runs.keep_likely(&mut seen);
            for (at, print) in seen {
                self.runs.places(print).for_each(|place| add(at, place));
            }
        }
        if let Some(head) = self.head {
            self.sample(bytes, from, last, Rate::of(head), &mut add);
        }
        for at in memchr::memchr3_iter(b'%', b'\\', b'&', text).map(|at| at + from) {
            if bytes.get(at..).and_then(<[u8]>::first_chunk).is_some_and(|text| self.escapes_nothing(*text)) {
                continue;
            }
            if self.escape(view, at, &mut add).is_err() {
                // What begins before this and reaches here is not known yet.
                *end = (*end).min((at + 1).saturating_sub(HEAD)).max(from);
                break;
            }
        }
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    /// Looks for needles that begin with no run.
    fn sample(&self, bytes: &[u8], from: usize, last: usize, rate: Rate, add: &mut impl FnMut(usize, Place)) {
        let samples = bytes.get(from..bytes.len().min(last + 7)).unwrap_or_default();
        let sampled = self.literal.sample(samples, rate, &self.alphabet, |at, print| {
            self.literal.places(print).for_each(|place| add(from + at, place));
        });
        // The last few bytes of all.
        for at in (from + sampled..last).step_by(rate.step) {
            let mut padded = [0; 8];
            padded.iter_mut().zip(bytes.get(at..).unwrap_or_default()).for_each(|(slot, byte)| *slot = *byte);
            self.literal.places(rate.print(padded)).for_each(|place| add(at, place));
        }
    }

    /// Whether a glance tells that no needle's first escaped character begins like this, as mostly: the `"` of a `\"`, or
    /// the next parameter of a URL.
    fn escapes_nothing(&self, [mark, next, second, third]: [u8; 4]) -> bool {
        let may_escape = match mark {
            b'%' => next.is_ascii_hexdigit(),
            b'\\' => matches!(next, b'u' | b'n' | b't' | b'r') || self.first.holds(next),
            _ => matches!(next, b'#' | b'a' | b'l' | b'g' | b'q'),
        };
        !may_escape && ![next, second, third].iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&'))
    }

    /// Looks up the character that is escaped at `at`, if one is, in each dialect.
    fn escape(&self, view: &View<'_>, at: usize, add: &mut impl FnMut(usize, Place)) -> Result<(), NeedMore> {
        let (layer, inner) = match view.at(at)? {
            b'%' => (&Layer::Percent, b"%\\"),
            b'\\' => (&Layer::Json, b"%\\"),
            _ => (&Layer::Xml, b"%%"),
        };
        let Some((byte, after)) = encoding::next(view, at, std::slice::from_ref(layer))? else {
            return Ok(());
        };
        // What it escapes may be escaped itself, or what it stands for may escape something.
        let mut nested = inner.contains(&byte) && after > at + 1;
        for next in at + 1..at + 4 {
            nested |= matches!(view.at(next)?, b'%' | b'\\' | b'&');
        }
        if !nested && (after == at + 1 || !self.first.holds(byte)) {
            return Ok(());
        }
        for (_, layers) in DIALECTS.iter().filter(|(_, layers)| layers.contains(layer)) {
            let Some((byte, mut after)) = encoding::next(view, at, layers)? else { continue };
            if after == at + 1 || !self.first.holds(byte) {
                continue;
            }
            let mut around = [0; AROUND];
            for (slot, i) in around.iter_mut().rev().zip(0..) {
                *slot =
                    if i == 0 { byte } else { at.checked_sub(i).map_or(Ok(0), |before| view.at(before))? };
            }
            self.escaped.places(gram::around(around, false)).for_each(|place| add(at, place));
            around = [byte; AROUND];
            for slot in around.iter_mut().skip(1) {
                let Some((byte, next)) = encoding::next(view, after, layers)? else { break };
                (*slot, after) = (byte, next);
            }
            self.escaped.places(gram::around(around, true)).for_each(|place| add(at, place));
        }
        Ok(())
    }

    /// The longest needle of these forms that stands at `at`, unless that is part of a label.
    fn hit(
        &self,
        view: &View<'_>,
        at: usize,
        label_end: usize,
        forms: impl Iterator<Item = usize>,
    ) -> Result<Option<Hit>, NeedMore> {
        let mut best: Option<Hit> = None;
        for form in forms {
            for (dialect, layers) in DIALECTS {
                let (hit, plain) = self.read(view, at, form, dialect, layers)?;
                if let Some(hit) = hit
                    && best.as_ref().is_none_or(|best| best.range.end < hit.range.end)
                {
                    best = Some(hit);
                }
                if plain {
                    break; // the others read the same
                }
            }
        }
        let Some(hit) = best else { return Ok(None) };
        let opens = |place: &usize| matches!(view.slice(*place, place + 1), b"[" | b"%");
        let open = (at.saturating_sub(LABEL).max(label_end)..=at).rev().find(opens);
        let label = open.map(|open| Ok((open, any_placeholder(view, open, &self.labels)?))).transpose()?;
        let inside = label.is_some_and(|(open, len)| len.is_some_and(|len| hit.range.end <= open + len));
        Ok((!inside).then_some(hit))
    }

    /// The needle of this form that has most in common with the text as this dialect reads it, and whether every other
    /// dialect reads the same.
    fn read(
        &self,
        view: &View<'_>,
        at: usize,
        form: usize,
        dialect: &'static str,
        layers: &[Layer],
    ) -> Result<(Option<Hit>, bool), NeedMore> {
        let Some(digits) = FORMS.get(form) else { return Ok((None, true)) };
        let mut reading = Reading::new(view, at, layers, *digits);
        let mut best: Option<Hit> = None;
        for ((_, enough), sorted) in self.sorted.range((form, 0)..=(form, usize::MAX)) {
            // Whoever has not these digits in common with the text is not found, and to compare all takes longer.
            let head = reading.head(HEAD.min(*enough))?;
            if head.is_none_or(|head| self.heads.places(gram::head(head)).next().is_none()) {
                continue;
            }
            let needle = |place: usize| sorted.get(place).and_then(|id| self.needles.get(*id)?.as_ref());
            let (mut low, mut high) = (0, sorted.len());
            while low < high {
                let middle = low + (high - low) / 2;
                let Some(needle) = needle(middle) else { break };
                match reading.common(needle)?.1.is_gt() {
                    true => high = middle,
                    false => low = middle + 1,
                }
            }
            for needle in [low.checked_sub(1), Some(low)].into_iter().flatten().filter_map(needle) {
                let common = reading.common(needle)?.0;
                let Some(end) = reading.end(needle, common) else { continue };
                if best.as_ref().is_none_or(|best| best.range.end < end) {
                    let form = match digits {
                        Form::Plain => needle.text.name.unwrap_or(dialect),
                        Form::Hex => "hex",
                        Form::Base64(_) => "base64",
                    };
                    best = Some(Hit { range: at..end, secret: needle.text.secret, form });
                }
            }
        }
        Ok((best, reading.is_plain()))
    }
}
