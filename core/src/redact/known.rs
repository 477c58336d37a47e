//! Secrets that are known, and what is made of them to be found by.
//!
//! Each secret gives a few [needles](super::needle): its own text, its hex digits, its base64 digits at each of the
//! three alignments. They are kept in order, beside [fingerprints](super::gram) of how they begin; `search` finds them.
//! What is learned, and what was made of it, is wiped when it is forgotten.

mod search;

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

pub(super) use self::search::{Hit, Piece};
use super::gram::{self, Alphabet, Grams, Place, Rate};
use super::needle::{FORMS, Needle, needles};
use super::redactor::{GREATEST, LEAST, LearnError, MOST};
use super::sample;
use super::stretch::Digits;
use crate::time::Time;

/// A secret, the label that replaces it, and how often it was learned.
#[derive(Clone)]
pub(super) struct Learned {
    pub(super) secret: Zeroizing<Vec<u8>>,
    pub(super) label: String,
    pub(super) count: usize,
    pub(super) key_id: bool,
    /// When it opens nothing any more.
    pub(super) expires_at: Option<Time>,
}

/// All secrets that were learned, ready to be looked for.
#[derive(Clone, Default)]
pub(super) struct Known {
    secrets: Vec<Option<Arc<Learned>>>,
    /// The numbers of the secrets, in order of their bytes.
    in_order: Vec<usize>,
    labels: Vec<String>,
    mask_key_ids: bool,
    needles: Vec<Option<Needle>>,
    /// The numbers of the needles of each form of which as many digits are enough, in order of their digits: among those,
    /// the one that has most in common with a text stands beside the place where the text would stand.
    sorted: BTreeMap<(usize, usize), Vec<usize>>,
    /// Fingerprints of the digits of each that are enough: who has none of these is not looked for in that order.
    heads: Grams,
    /// Those that begin with characters of long stretches, as most do.
    runs: Grams,
    /// What those stretches are made of.
    digits: Digits,
    /// The least number of digits that one of the others is found by.
    head: Option<usize>,
    literal: Grams,
    /// Which characters the beginnings of those are made of.
    alphabet: Alphabet,
    escaped: Grams,
    /// Which characters may be the first to be escaped.
    first: Alphabet,
    /// How many secrets were forgotten whose fingerprints are still there.
    stale: usize,
}

impl Known {
    /// Whether nothing is looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.sorted.values().all(Vec::is_empty)
    }

    /// What the stretches of a text must be made of for all to be found.
    pub(super) fn digits(&self) -> Digits {
        self.digits
    }

    /// The labels that stand for these secrets, sorted.
    pub(super) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The secret that was found.
    pub(super) fn secret(&self, hit: &Hit) -> Option<&Learned> {
        self.learned(hit.secret)
    }

    pub(super) fn mask_key_ids(&mut self, mask: bool) {
        if self.mask_key_ids != mask {
            self.mask_key_ids = mask;
            self.index_all();
        }
    }

    /// Learns a secret, or counts that it was learned once more.
    pub(super) fn learn(&mut self, new: Learned) -> Result<(), LearnError> {
        if new.secret.len() < LEAST {
            return Err(LearnError::TooShort);
        }
        if new.secret.len() > GREATEST {
            return Err(LearnError::TooLong);
        }
        match self.position(&new.secret) {
            Ok(at) => {
                let known = self.in_order.get(at).and_then(|i| self.secrets.get_mut(*i)?.as_mut());
                let Some(known) = known.map(Arc::make_mut) else { return Ok(()) };
                known.count += 1;
                // Of two times the later one counts, and none is later than all.
                known.expires_at = known.expires_at.zip(new.expires_at).map(|(a, b)| a.max(b));
                if known.key_id && !new.key_id {
                    known.key_id = false;
                    self.index_all();
                }
            }
            Err(_) if self.in_order.len() >= MOST => return Err(LearnError::TooMany),
            Err(at) => {
                if let Err(place) = self.labels.binary_search(&new.label) {
                    self.labels.insert(place, new.label.clone());
                }
                let number = self.secrets.len();
                self.in_order.insert(at, number);
                self.secrets.push(Some(Arc::new(new)));
                self.index(number);
            }
        }
        Ok(())
    }

    /// Forgets a secret that was learned, once.
    pub(super) fn forget(&mut self, secret: &[u8]) {
        let Ok(at) = self.position(secret) else { return };
        let Some(&number) = self.in_order.get(at) else { return };
        let Some(Some(known)) = self.secrets.get_mut(number) else { return };
        let known = Arc::make_mut(known);
        known.count = known.count.saturating_sub(1);
        if known.count == 0 {
            self.in_order.remove(at);
            self.drop_all(&[number]);
        }
    }

    /// Forgets what has expired, however often it was learned.
    pub(super) fn forget_expired(&mut self, now: Time) {
        let old = |number: &usize| {
            self.learned(*number)
                .and_then(|known| known.expires_at)
                .is_some_and(|expires_at| expires_at <= now)
        };
        let (old, kept): (Vec<usize>, Vec<usize>) = self.in_order.iter().copied().partition(old);
        if !old.is_empty() {
            self.in_order = kept;
            self.drop_all(&old);
        }
    }

    fn learned(&self, number: usize) -> Option<&Learned> {
        self.secrets.get(number)?.as_deref()
    }

    /// Where in their order a secret stands, or would stand.
    fn position(&self, secret: &[u8]) -> Result<usize, usize> {
        let bytes = |number: &usize| self.learned(*number).map(|known| known.secret.as_slice());
        self.in_order.binary_search_by(|number| bytes(number).cmp(&Some(secret)))
    }

    fn drop_all(&mut self, numbers: &[usize]) {
        for number in numbers {
            self.secrets.get_mut(*number).map(Option::take);
        }
        let gone = |needle: &Needle| self.learned(needle.text.secret).is_none();
        let gone: Vec<bool> = self.needles.iter().map(|needle| needle.as_ref().is_none_or(gone)).collect();
        for sorted in self.sorted.values_mut() {
            sorted.retain(|id| gone.get(*id) == Some(&false));
        }
        for (needle, gone) in self.needles.iter_mut().zip(gone) {
            if gone {
                *needle = None;
            }
        }
        self.labels.retain(|label| self.secrets.iter().flatten().any(|known| known.label == *label));
        self.stale += numbers.len();
        if self.stale > self.in_order.len() {
            self.index_all();
        }
    }

    /// Makes everything anew that is made of the secrets.
    fn index_all(&mut self) {
        self.secrets.retain(Option::is_some);
        self.in_order = (0..self.secrets.len()).collect();
        let secrets = &self.secrets;
        let bytes = |number: &usize| secrets.get(*number)?.as_deref().map(|known| known.secret.as_slice());
        self.in_order.sort_by(|a, b| bytes(a).cmp(&bytes(b)));
        (self.needles, self.sorted, self.head) = Default::default();
        (self.runs, self.digits, self.literal, self.alphabet) = Default::default();
        (self.escaped, self.first, self.heads, self.stale) = Default::default();
        (0..self.secrets.len()).for_each(|number| self.index(number));
    }

    fn index(&mut self, number: usize) {
        let Some(known) = self.learned(number).filter(|known| self.mask_key_ids || !known.key_id) else {
            return;
        };
        for needle in needles(&known.secret, number) {
            let id = self.needles.len();
            let form = FORMS.iter().position(|form| *form == needle.form).unwrap_or(0);
            let needles = &self.needles;
            let order = |other: &usize| {
                needles.get(*other).and_then(Option::as_ref).map(|other| other.compare(&needle))
            };
            let sorted = self.sorted.entry((form, needle.enough())).or_default();
            let at = sorted.partition_point(|other| order(other).is_some_and(std::cmp::Ordering::is_lt));
            sorted.insert(at, id);
            let before = self.head.map(Rate::of);
            match sample::digits(&needle) {
                Some(Digits::Base64) => {}
                Some(Digits::WithUrl) => self.digits = Digits::WithUrl,
                None => self.head = Some(self.head.map_or(needle.head(), |head| head.min(needle.head()))),
            }
            let slower = before.is_some() && before != self.head.map(Rate::of);
            self.needles.push(Some(needle));
            if slower {
                self.literal = Grams::default();
                (0..id).for_each(|id| self.note(id));
            }
            self.note(id);
        }
    }

    /// Notes the fingerprints of a needle.
    fn note(&mut self, id: usize) {
        let Some(Some(needle)) = self.needles.get(id) else { return };
        let form = FORMS.iter().position(|form| *form == needle.form).unwrap_or(0);
        let rate = Rate::of(self.head.unwrap_or(0));
        let number = u8::try_from(form).unwrap_or(0);
        if sample::digits(needle).is_some() {
            sample::add_blocks(needle, number, &mut self.runs);
        } else {
            gram::add_literal(needle, rate, number, &mut self.alphabet, &mut self.literal);
        }
        self.heads.add(gram::head(&needle.digits(needle.head())), Place { offset: 0, form: number });
        gram::escaped(needle, |print, offset, byte| {
            self.escaped.add(print, Place { offset: u8::try_from(offset).unwrap_or(0), form: number });
            self.first.add(byte);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::stretch::Stretches;

    fn known(secrets: &[&str]) -> Known {
        let mut known = Known::default();
        for secret in secrets {
            let learned = Learned {
                secret: Zeroizing::new(secret.as_bytes().to_vec()),
                label: format!("[{}]", secret.len()),
                count: 1,
                key_id: false,
                expires_at: None,
            };
            assert_eq!(known.learn(learned), Ok(()));
        }
        known
    }

    fn found(secrets: &[&str], text: &str) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        let known = known(secrets);
        let stretches = Stretches::of(text.as_bytes(), known.digits());
        known.scan(text.as_bytes(), &stretches, 0, 0, true, |piece| {
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
            for before in 0..9 {
                let text = format!("{}{text};", &"x=x=x=x=x="[..before + 1]);
                assert_eq!(found(&[secret], &text).first().map(|(form, _)| *form), Some(form), "{text}");
                assert_eq!(found(&[secret], &text).len(), 1, "{text}");
            }
        }
    }

    #[test]
    fn what_is_cut_off_is_found_from_its_stated_length_on() {
        assert_eq!(found(&["0123456789abcdefghij"], "0123456789ab!"), [("plain", "0123456789ab".to_owned())]);
        assert_eq!(found(&["0123456789abcdefghij"], "0123456789a!"), []);
        let long = "0123456789abcdef".repeat(4);
        assert_eq!(found(&[&long], &long[..32]), [("plain", long[..32].to_owned())]);
        assert_eq!(found(&[&long], &long[..31]), []);
        assert_eq!(found(&["short-pass"], "short-pas"), []);
    }

    #[test]
    fn of_secrets_that_begin_alike_the_longest_is_meant() {
        let lengths = |text| {
            found(&["abcdefgh", "abcdefghij"], text).iter().map(|(_, text)| text.len()).collect::<Vec<_>>()
        };
        assert_eq!(lengths("abcdefgh abcdefghij abcdefghi"), [8, 10, 8]);
    }

    #[test]
    fn a_label_is_no_secret_but_what_goes_beyond_it_is() {
        let known = known(&["password", "]abcdefg"]);
        let shown = |text: &str| {
            let mut out = String::new();
            let stretches = Stretches::of(text.as_bytes(), known.digits());
            known.scan(text.as_bytes(), &stretches, 0, 0, true, |piece| match piece {
                Piece::Plain(range) => out.push_str(&text[range]),
                Piece::Secret(_) => out.push('*'),
            });
            out
        };
        assert_eq!(shown("[password] password [token]abcdefg"), "[password] * [token*");
    }

    #[test]
    fn what_is_forgotten_is_found_no_more() {
        let secrets: Vec<String> = (0..200).map(|i| format!("secret-number-{i:03}")).collect();
        let mut known = known(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
        let finds = |known: &Known, text: &str| {
            let mut count = 0;
            let stretches = Stretches::of(text.as_bytes(), known.digits());
            known.scan(text.as_bytes(), &stretches, 0, 0, true, |piece| {
                count += usize::from(matches!(piece, Piece::Secret(_)));
            });
            count
        };
        for (i, secret) in secrets.iter().enumerate() {
            assert_eq!(finds(&known, secret), 1);
            known.forget(secret.as_bytes());
            let left = known.secrets.iter().flatten().count();
            assert_eq!(left, secrets.len() - i - 1);
            // Cut off, they are all alike: another one is found as long as there is one.
            assert_eq!(finds(&known, secret), usize::from(left > 0), "{secret}");
        }
        assert!(known.is_empty() && known.labels().is_empty());
    }
}
