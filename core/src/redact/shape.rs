//! Finding secrets that nobody told us, by how they look and by what stands before them.
//!
//! An automaton finds the words that give a secret away; a rule then looks at most 2 KiB ahead and
//! [`BEHIND`] bytes back. Long values are passed over a byte at a time, so nothing is kept of them.

use std::ops::Range;
use std::sync::LazyLock;

use super::field;
use super::json::{Json, Output};
use super::name::{Kind, LABELS};
use super::run::{KEY_LENGTH, Run, next_run};
use super::until::{Hidden, Until};
use super::view::{NeedMore, View};
use super::word::{Word, Words};

/// How much of the input before its place a rule may look at.
pub(super) const BEHIND: usize = 128;

/// What a rule says about the place where its word stands.
pub(super) enum Verdict {
    /// No secret begins here.
    Pass,
    /// What lies before `until` stays; the rest of the value has been hidden before.
    Keep { until: usize, rest: Until },
    /// From `from` on lies a secret. `wrap` puts it in quotation marks with so many backslashes each.
    Hide { from: usize, kind: Kind, until: Until, wrap: Option<u32> },
}

impl Verdict {
    /// Where hiding begins.
    fn from(&self) -> usize {
        match self {
            Self::Pass => 0,
            Self::Keep { until: from, .. } | Self::Hide { from, .. } => *from,
        }
    }
}

#[derive(Clone, Copy)]
enum Rule {
    Field,
    KeyId,
    Bedrock,
    BedrockPrefix,
    Jwt,
    Pem,
    Scheme,
    UserInfo,
}

const ANCHORS: [(&str, Rule); 33] = [
    ("secret", Rule::Field),
    ("token", Rule::Field),
    ("passw", Rule::Field),
    ("passphrase", Rule::Field),
    ("signature", Rule::Field),
    ("authorization", Rule::Field),
    ("cookie", Rule::Field),
    ("samlassertion", Rule::Field),
    ("saml_assertion", Rule::Field),
    ("samlresponse", Rule::Field),
    ("mfacode", Rule::Field),
    ("mfa_code", Rule::Field),
    ("sessionkey", Rule::Field),
    ("customerkey", Rule::Field),
    ("customer-key", Rule::Field),
    ("customer_key", Rule::Field),
    ("private", Rule::Field),
    ("apikey", Rule::Field),
    ("api-key", Rule::Field),
    ("api_key", Rule::Field),
    ("plaintext", Rule::Field),
    ("userdata", Rule::Field),
    ("user_data", Rule::Field),
    ("devicecode", Rule::Field),
    ("device_code", Rule::Field),
    ("verifier", Rule::Field),
    ("bedrock-api-key-", Rule::BedrockPrefix),
    ("absk", Rule::Bedrock),
    ("eyj", Rule::Jwt),
    ("-----begin ", Rule::Pem),
    ("bearer", Rule::Scheme),
    ("basic", Rule::Scheme),
    ("://", Rule::UserInfo),
];

/// How key ids begin (IAM, "unique ID prefixes"); `A3T` is of old ones.
const KEY_IDS: [&str; 5] = ["akia", "asia", "abia", "acca", "a3t"];

/// The words, and the rule of each. Without key ids, and with them.
static PLAIN: LazyLock<Option<(Words, Vec<Rule>)>> = LazyLock::new(|| words(&[]));
static MASKING: LazyLock<Option<(Words, Vec<Rule>)>> = LazyLock::new(|| words(&KEY_IDS));

fn words(key_ids: &[&'static str]) -> Option<(Words, Vec<Rule>)> {
    let all = || ANCHORS.into_iter().chain(key_ids.iter().map(|prefix| (*prefix, Rule::KeyId)));
    let words: Vec<&str> = all().map(|(word, _)| word).collect();
    Some((Words::new(&words)?, all().map(|(_, rule)| rule).collect()))
}

/// Where in a text the scan is: between secrets, or inside one.
#[derive(Clone, Copy)]
pub(super) struct Shapes {
    hiding: Option<Hidden>,
    json: Json,
    mask_key_ids: bool,
}

impl Shapes {
    pub(super) fn new(mask_key_ids: bool) -> Self {
        Self { hiding: None, json: Json::default(), mask_key_ids }
    }

    /// Writes the text from `from` on without its secrets; returns where it must be taken up again when more has
    /// arrived. The [`BEHIND`] bytes before that place must still be there then.
    pub(super) fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        complete: bool,
        labels: &[String],
        out: &mut Vec<u8>,
    ) -> usize {
        let words = if self.mask_key_ids { &MASKING } else { &PLAIN };
        let Some((words, rules)) = words.as_ref() else { return from };
        let mut words_of = words.over(bytes);
        let mut out = Output::new(out, &mut self.json);
        let view = View::new(bytes, complete);
        let decidable =
            if complete { bytes.len() } else { (bytes.len() + 1).saturating_sub(words.longest()) };
        let mut at = from; // written up to here
        let mut search = from; // judged up to here
        let mut run = Run::NoneBefore(0);
        let mut word: Option<Option<Word>> = None;
        loop {
            if let Some(hidden) = &mut self.hiding {
                if !hidden.pass(&view, &mut at, labels, &mut out) {
                    return at;
                }
                self.hiding = None;
                search = search.max(at);
            }
            // Neither search is repeated over text that it has seen.
            if word.is_none_or(|word| word.is_some_and(|word| word.start < search)) {
                word = Some(words_of.next(search).filter(|word| word.start < decidable));
            }
            let word = word.flatten();
            run = next_run(&view, run, search);
            let word_at = word.map_or(usize::MAX, |word| word.start);
            let (place, verdict) = match run {
                Run::At(start) if start < word_at => (start, key_run(&view, start)),
                Run::NoneBefore(checked) if checked < word_at.min(decidable) => {
                    // A run touches the end of what has arrived: whatever follows must wait for it.
                    return write(bytes, at, checked.max(search), &mut out);
                }
                _ => match word {
                    None => return write(bytes, at, decidable.max(search), &mut out),
                    Some(word) => {
                        let rule = rules.get(word.number).copied().unwrap_or(Rule::Field);
                        (word.start, judge(&view, rule, word.start..word.end, labels))
                    }
                },
            };
            let verdict = match verdict {
                Ok(Verdict::Pass) => {
                    search = place + 1;
                    continue;
                }
                verdict => verdict,
            };
            at = write(bytes, at, place, &mut out);
            let hide = verdict.and_then(|verdict| {
                let from = verdict.from();
                let cover = out.json().cover(bytes.get(at..from).unwrap_or_default(), &view, from)?;
                Ok((verdict, cover))
            });
            match hide {
                Err(NeedMore) => return at,
                Ok((Verdict::Keep { until, rest }, cover)) => {
                    at = write(bytes, at, until, &mut out);
                    search = until;
                    self.hiding = cover.map(|cover| Hidden { until: rest, cover });
                }
                Ok((Verdict::Hide { from, kind, until, wrap }, Some(cover))) => {
                    at = write(bytes, at, from, &mut out);
                    search = from;
                    out.label(kind.label(), cover, wrap);
                    self.hiding = Some(Hidden { until, cover });
                }
                Ok(_) => search = place + 1,
            }
        }
    }
}

/// Writes what lies between, and returns the new place.
fn write(bytes: &[u8], from: usize, to: usize, out: &mut Output<'_>) -> usize {
    out.write(bytes.get(from..to).unwrap_or_default());
    to.max(from)
}

/// The label, ours or a learned one (those are sorted), that stands at `at`, by its length.
pub(super) fn placeholder(view: &View<'_>, at: usize, labels: &[String]) -> Result<Option<usize>, NeedMore> {
    if view.at(at)? != b'[' {
        return Ok(None);
    }
    let end = view.skip(at + 1, 48, |byte| byte.is_ascii_alphanumeric() || byte == b'-')?;
    if view.at(end)? != b']' {
        return Ok(None);
    }
    let text = view.slice(at, end + 1);
    let known = LABELS.iter().any(|label| label.as_bytes() == text)
        || labels.binary_search_by(|label| label.as_bytes().cmp(text)).is_ok();
    Ok(known.then_some(text.len()))
}

fn judge(view: &View<'_>, rule: Rule, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    let start = word.start;
    match rule {
        Rule::Field => field::judge(view, start, labels),
        Rule::KeyId if is_key_id(view, start)? => {
            Ok(Verdict::Hide { from: start, kind: Kind::AccessKeyId, until: Until::Count(20), wrap: None })
        }
        Rule::KeyId => Ok(Verdict::Pass),
        Rule::BedrockPrefix => {
            let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/_-".contains(&byte);
            if view.skip(word.end, 16, digit)? < word.end + 16 {
                // `x-bedrock-api-key-name: …` is a field all the same.
                return field::judge(view, start, labels);
            }
            Ok(Verdict::Hide { from: start, kind: Kind::BedrockApiKey, until: Until::Token68, wrap: None })
        }
        Rule::Bedrock => {
            let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
            let exact = view.slice(start, word.end) == b"ABSK" && boundary(view.before(start));
            if !exact || view.skip(word.end, 80, digit)? < word.end + 80 {
                return Ok(Verdict::Pass);
            }
            Ok(Verdict::Hide { from: start, kind: Kind::BedrockApiKey, until: Until::Token68, wrap: None })
        }
        Rule::Jwt => jwt(view, start),
        Rule::Pem => pem(view, word.end, labels),
        Rule::Scheme => scheme(view, word, labels),
        Rule::UserInfo => user_info(view, word.end, labels),
    }
}

/// Whether a token may begin behind this byte, or end before it.
fn boundary(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && !b"_-+/]".contains(&byte)
}

/// Twenty characters, four of them the prefix, with nothing of the kind around.
pub(super) fn is_key_id(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    let prefix = match view.slice(at, at + 4) {
        [b'A', b'3', b'T', _] => true,
        found => [b"AKIA", b"ASIA", b"ABIA", b"ACCA"].iter().any(|prefix| *prefix == found),
    };
    // `%3D` before it is an escape, not a part of it.
    let escaped = at >= 3 && view.slice(at - 3, at - 2) == b"%";
    let before = view.before(at);
    if !prefix || (before.is_ascii_alphanumeric() || before == b']') && !escaped {
        return Ok(false);
    }
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let end = view.skip(at, 20, upper)?;
    let after = view.at(end)?;
    Ok(end == at + 20 && !after.is_ascii_alphanumeric() && after != b'[')
}

/// RFC 7519: two base64url parts at least, the first of which is a JSON object.
fn jwt(view: &View<'_>, start: usize) -> Result<Verdict, NeedMore> {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let before = view.before(start);
    let escaped = start >= 3 && view.slice(start - 3, start - 2) == b"%";
    let inside = digit(before) || matches!(before, b'.' | b']');
    if view.slice(start, start + 3) != b"eyJ" || inside && !escaped {
        return Ok(Verdict::Pass);
    }
    let dot = view.skip(start, 1024, digit)?;
    if dot < start + 10 || view.at(dot)? != b'.' || view.skip(dot + 1, 10, digit)? < dot + 11 {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Hide { from: start, kind: Kind::Jwt, until: Until::Token68, wrap: None })
}

/// The lines that frame the key stay; what lies between goes, its line ends excepted.
fn pem(view: &View<'_>, at: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    let end = view.skip(at, 40, |byte| byte.is_ascii_uppercase() || byte == b' ' || byte.is_ascii_digit())?;
    let name = view.slice(at, end);
    if !(name.ends_with(b"PRIVATE KEY") || name.ends_with(b"PRIVATE KEY BLOCK"))
        || !view.has(end, b"-----")?
    {
        return Ok(Verdict::Pass);
    }
    let until = Until::Pem { left: 16 * 1024 };
    if let Some(len) = placeholder(view, end + 5, labels)? {
        return Ok(Verdict::Keep { until: end + 5 + len, rest: until });
    }
    Ok(Verdict::Hide { from: end + 5, kind: Kind::PrivateKey, until, wrap: None })
}

/// `Bearer x` and `Basic x` wherever they stand. Words of prose are no credentials: those hold a digit, a `=`, or
/// small and capital letters at once.
fn scheme(view: &View<'_>, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    let from = view.skip(word.end, 8, |byte| byte == b' ')?;
    if from == word.end || !boundary(view.before(word.start)) {
        // `bearer_token: x` is a field.
        return field::judge(view, word.start, labels);
    }
    let (kind, least) = match view.slice(word.start, word.start + 2) {
        [b'b' | b'B', b'e' | b'E'] => (Kind::BearerToken, 16),
        _ => (Kind::Credentials, 12),
    };
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let end = view.skip(from, 64, digit)?;
    let text = view.slice(from, end);
    let has = |of: fn(&u8) -> bool| text.iter().any(of);
    let mixed = has(|b| b.is_ascii_digit() || *b == b'=')
        || text.iter().skip(1).any(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    if text.len() < least || !mixed {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Hide { from, kind, until: Until::Token68, wrap: None })
}

/// RFC 3986, 3.2.1: `scheme://user:password@host`.
fn user_info(view: &View<'_>, at: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    let part = |byte: u8| byte.is_ascii_graphic() && !b"/?#@\"'`<>\\,;".contains(&byte) || byte >= 0x80;
    let colon = view.skip(at, 128, |byte| part(byte) && byte != b':')?;
    if view.at(colon)? != b':' {
        return Ok(Verdict::Pass);
    }
    let from = colon + 1;
    let end = view.skip(from, 256, part)?;
    if view.at(end)? != b'@' || end == from || placeholder(view, from, labels)?.is_some() {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Hide { from, kind: Kind::Password, until: Until::Count(end - from), wrap: None })
}

/// Whether forty characters look like a secret access key: no longer token around them, no SHA-1, no path, no
/// CamelCase name. Random digits change their class at 25 of 39 places; fewer than 15 happen once in 2000 keys.
fn key_run(view: &View<'_>, start: usize) -> Result<Verdict, NeedMore> {
    let end = start + KEY_LENGTH;
    let text = view.slice(start, end);
    let after = view.at(end)?;
    let apart = !b"_-.%@]~\\".contains(&view.before(start)) && !b"=_-%@[~".contains(&after);
    let class = |byte: &u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let changes = text.iter().zip(text.iter().skip(1)).filter(|(a, b)| class(a) != class(b)).count();
    let count = |of: fn(&u8) -> bool| text.iter().filter(|byte| of(byte)).count();
    let mixed = count(u8::is_ascii_lowercase) >= 4
        && count(u8::is_ascii_uppercase) >= 4
        && count(|byte| *byte == b'/') <= 5;
    if !apart || !mixed || changes < 15 {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Hide {
        from: start,
        kind: Kind::SecretAccessKey,
        until: Until::Count(KEY_LENGTH),
        wrap: None,
    })
}
