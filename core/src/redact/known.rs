//! Finding secrets that are known, in whatever encoding they appear.
//!
//! Each secret gives a few *needles*: its own text, its base64 digits at each of the three alignments, its hex
//! digits. An automaton looks for how a needle begins, in every spelling; from there the text is decoded a byte
//! at a time, in each [dialect](super::encoding::DIALECTS), and compared. The automaton therefore stays small,
//! and holds no more than the first four bytes of a short secret (24 of a long one): its memory is not wiped.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, MatchKind};
use zeroize::Zeroizing;

use super::encoding::{self, DIALECTS, Layer};
use super::name::LABELS;
use super::view::{NeedMore, View};

/// A secret, the label that replaces it, and how often it was learned.
#[derive(Clone)]
pub(super) struct Learned {
    pub(super) secret: Zeroizing<Vec<u8>>,
    pub(super) label: String,
    pub(super) count: usize,
    pub(super) key_id: bool,
}

/// Which bytes of the text count as the same.
#[derive(Clone, Copy, PartialEq)]
enum Alphabet {
    Exact,
    /// `-` is `+` and `_` is `/` (RFC 4648, 5).
    Base64,
    Hex,
}

struct Needle {
    digits: Zeroizing<Vec<u8>>,
    alphabet: Alphabet,
    /// The encoding's name; the dialect's counts where there is none.
    form: Option<&'static str>,
    /// So much of its beginning is enough, where the rest was cut off.
    enough: usize,
    secret: usize,
}

/// A secret that was found.
pub(super) struct Hit {
    pub(super) range: Range<usize>,
    pub(super) secret: usize,
    pub(super) form: &'static str,
}

/// What a pattern of the automaton may begin.
#[derive(Clone, Default)]
struct Start {
    needles: Vec<usize>,
    is_label: bool,
}

/// The searchable form of all secrets that were learned.
#[derive(Default)]
pub(super) struct Known {
    needles: Vec<Needle>,
    starts: Vec<Start>,
    finder: Option<AhoCorasick>,
    /// The length of the longest pattern.
    longest: usize,
    labels: Vec<String>,
}

/// An input byte range that holds no secret, or one that does.
pub(super) enum Piece {
    Plain(Range<usize>),
    Secret(Hit),
}

impl Known {
    /// `None` if the secrets are too many for one automaton.
    pub(super) fn new(secrets: &[Learned], mask_key_ids: bool) -> Option<Self> {
        let needles: Vec<Needle> = secrets
            .iter()
            .enumerate()
            .filter(|(_, learned)| mask_key_ids || !learned.key_id)
            .flat_map(|(i, learned)| needles(&learned.secret, i))
            .collect();
        if needles.is_empty() {
            return Some(Self::default());
        }
        let mut patterns: BTreeMap<Vec<u8>, Start> = BTreeMap::new();
        for (i, needle) in needles.iter().enumerate() {
            for pattern in beginnings(needle) {
                let start = patterns.entry(pattern).or_default();
                if start.needles.last() != Some(&i) {
                    start.needles.push(i);
                }
            }
        }
        let mut labels: Vec<String> = secrets.iter().map(|learned| learned.label.clone()).collect();
        labels.sort_unstable();
        labels.dedup();
        for label in labels.iter().map(String::as_str).chain(LABELS) {
            patterns.entry(label.as_bytes().to_vec()).or_default().is_label = true;
        }
        let longest = patterns.keys().map(Vec::len).max().unwrap_or(0);
        // Of patterns that begin alike the longest is reported, so it speaks for those that it contains.
        let mut open: Vec<(&[u8], usize)> = Vec::new();
        let mut starts: Vec<Start> = Vec::with_capacity(patterns.len());
        for (pattern, start) in &patterns {
            while open.last().is_some_and(|(shorter, _)| !pattern.starts_with(shorter)) {
                open.pop();
            }
            let mut start = start.clone();
            if let Some(shorter) = open.last().and_then(|(_, i)| starts.get(*i)) {
                start.needles.extend_from_slice(&shorter.needles);
            }
            open.push((pattern, starts.len()));
            starts.push(start);
        }
        let finder =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns.keys()).ok()?;
        Some(Self { needles, starts, finder: Some(finder), longest, labels })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// The labels that stand for these secrets, sorted.
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Cuts the text from `from` on into pieces; returns where it must be taken up again when more has arrived.
    pub(super) fn scan(
        &self,
        bytes: &[u8],
        from: usize,
        complete: bool,
        mut each: impl FnMut(Piece),
    ) -> usize {
        let view = View::new(bytes, complete);
        let decidable =
            if complete { bytes.len() } else { (bytes.len() + 1).saturating_sub(self.longest.max(1)) };
        let mut at = from;
        if let Some(finder) = &self.finder {
            while let Some(found) = finder.find(Input::new(bytes).range(at.min(bytes.len())..)) {
                if found.start() >= decidable {
                    break;
                }
                if at < found.start() {
                    each(Piece::Plain(at..found.start()));
                }
                at = found.start();
                let Some(start) = self.starts.get(found.pattern().as_usize()) else { break };
                let end = if start.is_label {
                    found.end()
                } else {
                    match self.longest_at(&view, at, &start.needles) {
                        Err(NeedMore) => return at,
                        Ok(Some(hit)) => {
                            at = hit.range.end;
                            each(Piece::Secret(hit));
                            continue;
                        }
                        Ok(None) => at + 1,
                    }
                };
                each(Piece::Plain(at..end));
                at = end;
            }
        }
        let end = decidable.max(at);
        if at < end {
            each(Piece::Plain(at..end));
        }
        end
    }

    fn longest_at(&self, view: &View<'_>, at: usize, candidates: &[usize]) -> Result<Option<Hit>, NeedMore> {
        let mut best: Option<Hit> = None;
        for needle in candidates.iter().filter_map(|&i| self.needles.get(i)) {
            for (dialect, layers) in DIALECTS {
                let Some(end) = needle.follow(view, at, layers)? else { continue };
                if best.as_ref().is_none_or(|best| best.range.end < end) {
                    let form = needle.form.unwrap_or(dialect);
                    best = Some(Hit { range: at..end, secret: needle.secret, form });
                }
            }
        }
        Ok(best)
    }
}

impl Needle {
    /// Where the needle ends if it stands here: all of it, or enough of its beginning.
    fn follow(&self, view: &View<'_>, mut at: usize, layers: &[Layer]) -> Result<Option<usize>, NeedMore> {
        let mut matched = 0;
        for &want in self.digits.iter() {
            match encoding::next(view, at, layers)? {
                Some((byte, after)) if self.same(want, byte) => at = after,
                _ => break,
            }
            matched += 1;
        }
        Ok((matched >= self.enough).then_some(at))
    }

    fn same(&self, want: u8, byte: u8) -> bool {
        want == byte
            || match self.alphabet {
                Alphabet::Exact => want == b' ' && byte == b'+', // a form's space
                Alphabet::Base64 => matches!((want, byte), (b'+', b'-') | (b'/', b'_')),
                Alphabet::Hex => want.eq_ignore_ascii_case(&byte),
            }
    }
}

fn needles(secret: &[u8], index: usize) -> Vec<Needle> {
    let new = |digits: Zeroizing<Vec<u8>>, alphabet, form, enough: usize| Needle {
        enough: enough.min(digits.len()),
        digits,
        alphabet,
        form,
        secret: index,
    };
    // Long tokens begin alike, so more of one must be there before it is taken for this one.
    let enough = if secret.len() >= 64 { 32 } else { 12 };
    let mut all = vec![
        new(Zeroizing::new(secret.to_vec()), Alphabet::Exact, None, enough),
        new(encoding::hex(secret), Alphabet::Hex, Some("hex"), enough * 2),
    ];
    for shift in 0..3 {
        let digits = encoding::base64_inner(secret, shift);
        all.push(new(digits, Alphabet::Base64, Some("base64"), enough * 4 / 3));
    }
    if let Some(digits) = encoding::ascii_json(secret) {
        all.push(new(digits, Alphabet::Hex, Some("json-escaped"), usize::MAX));
    }
    all
}

/// Every spelling of how a needle begins, at most 256 of them.
fn beginnings(needle: &Needle) -> Vec<Vec<u8>> {
    let depth = if needle.digits.len() >= 100 { 24 } else { 4 };
    let mut all: Vec<Vec<u8>> = vec![Vec::new()];
    for &byte in needle.digits.iter().take(depth) {
        let forms = forms(byte, needle.alphabet);
        if all.len() * forms.len() > 256 {
            break;
        }
        all = all
            .iter()
            .flat_map(|start| forms.iter().map(move |form| [start.as_slice(), form].concat()))
            .collect();
    }
    // Writers that escape everything.
    for escape in [
        |b: u8| format!("%{b:02X}"),
        |b| format!("%{b:02x}"),
        |b| format!("\\u{b:04X}"),
        |b| format!("\\u{b:04x}"),
    ] {
        let start: String = needle.digits.iter().take(4).map(|&byte| escape(byte)).collect();
        all.push(start.into_bytes());
    }
    all
}

fn forms(byte: u8, alphabet: Alphabet) -> Vec<Vec<u8>> {
    let mut all = vec![vec![byte]];
    match alphabet {
        Alphabet::Hex => {
            all.push(vec![byte.to_ascii_lowercase()]);
            all.push(vec![byte.to_ascii_uppercase()]);
        }
        Alphabet::Base64 if byte == b'+' => all.push(b"-".to_vec()),
        Alphabet::Base64 if byte == b'/' => all.push(b"_".to_vec()),
        _ => {}
    }
    if !byte.is_ascii_alphanumeric() {
        all.extend(encoding::spellings(byte));
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(secret: &str, text: &str) -> Vec<(&'static str, String)> {
        let learned = Learned {
            secret: Zeroizing::new(secret.as_bytes().to_vec()),
            label: "[x]".into(),
            count: 1,
            key_id: false,
        };
        let mut all = Vec::new();
        Known::new(&[learned], false).unwrap().scan(text.as_bytes(), 0, true, |piece| {
            if let Piece::Secret(hit) = piece {
                all.push((hit.form, text[hit.range].to_owned()));
            }
        });
        all
    }

    #[test]
    fn every_encoding_is_found_whole() {
        let secret = "/b+cdEFGhijklmnop/QRS=";
        for (form, text) in [
            ("plain", secret.to_owned()),
            ("percent-encoded", "%2Fb%2BcdEFGhijklmnop%2FQRS%3D".to_owned()),
            ("percent-encoded", "%2fb%2bcdEFGhijklmnop/QRS%3d".to_owned()),
            ("percent-encoded", secret.bytes().map(|b| format!("%{b:02x}")).collect()),
            ("json-escaped", "\\/b+cdEFGhijklmnop\\/QRS=".to_owned()),
            ("json-escaped", "\\u002Fb\\u002bcdEFGhijklmnop/QRS=".to_owned()),
            ("json-escaped", secret.bytes().map(|b| format!("\\u{b:04x}")).collect()),
            ("xml-escaped", "&#x2F;b&#43;cdEFGhijklmnop/QRS=".to_owned()),
            ("percent-encoded twice", "%252Fb%252BcdEFGhijklmnop%252FQRS%253D".to_owned()),
            ("json-escaped twice", "\\\\/b+cdEFGhijklmnop\\\\/QRS=".to_owned()),
            ("hex", secret.bytes().map(|b| format!("{b:02X}")).collect()),
        ] {
            assert_eq!(found(secret, &format!("x={text};")), [(form, text)]);
        }
    }

    #[test]
    fn what_is_cut_off_is_found_from_twelve_bytes_on() {
        assert_eq!(found("0123456789abcdefghij", "0123456789ab!"), [("plain", "0123456789ab".to_owned())]);
        assert_eq!(found("0123456789abcdefghij", "0123456789a!"), []);
    }

    #[test]
    fn of_secrets_that_begin_alike_the_longest_is_meant() {
        let learned = |secret: &str| Learned {
            secret: Zeroizing::new(secret.as_bytes().to_vec()),
            label: format!("[{}]", secret.len()),
            count: 1,
            key_id: false,
        };
        let known = Known::new(&[learned("abcdefgh"), learned("abcdefghij")], false).unwrap();
        let mut lengths = Vec::new();
        known.scan(b"abcdefgh abcdefghij abcdefghi", 0, true, |piece| {
            if let Piece::Secret(hit) = piece {
                lengths.push(hit.range.len());
            }
        });
        assert_eq!(lengths, [8, 10, 8]);
    }

    #[test]
    fn the_automaton_holds_little_of_a_secret() {
        let secret = b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYSECRETSKEY";
        for needle in needles(secret, 0) {
            for start in beginnings(&needle) {
                assert!(!start.windows(5).any(|part| secret.windows(5).any(|other| part == other)));
            }
        }
    }
}
