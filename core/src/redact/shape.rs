//! Finding secrets that nobody told us, by how they look and by what stands before them.
//!
//! An automaton finds the words that give a secret away; a rule then looks at most 2 KiB ahead and
//! [`BEHIND`] bytes back. Long values are passed over a byte at a time, so nothing is kept of them.

use std::ops::Range;
use std::sync::LazyLock;

use super::json::{Followed, Output};
use super::mark::Marks;
use super::name::Kind;
use super::run::{Run, next_run};
use super::stretch::Stretches;
use super::until::{Hidden, Quote, Until};
use super::view::{NeedMore, View};
#[cfg(test)]
use super::window;
use super::word::{Word, Words};
use super::{command, field, key, option, parameter, token};

/// How much of the input before its place a rule may look at.
pub(super) const BEHIND: usize = 128;

/// What a rule says about the place where its word stands.
pub(super) enum Verdict {
    /// No secret begins here.
    Pass,
    /// What lies before `until` stays; the rest of the value has been hidden before.
    Keep { until: usize, rest: Until, list: Option<List> },
    /// From `from` on lies a secret. `wrap` puts it in quotation marks with so many backslashes each.
    Hide { from: usize, kind: Kind, until: Until, wrap: Option<u32>, list: Option<List> },
}

/// The value is the first of a list of texts in such quotation marks, which are all secret.
pub(super) type List = (Kind, Quote);

/// From `from` on lies a secret.
pub(super) fn hide(from: usize, kind: Kind, until: Until) -> Verdict {
    Verdict::Hide { from, kind, until, wrap: None, list: None }
}

impl Verdict {
    /// Whether the value is a block of lines.
    fn is_block(&self) -> bool {
        matches!(
            self,
            Self::Hide { until: Until::Block { .. }, .. } | Self::Keep { rest: Until::Block { .. }, .. }
        )
    }

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
    Beginning,
    Jwt,
    Pem,
    Scheme,
    UserInfo,
    User,
    Login,
    Password,
    Code,
    MfaCode,
    SecureString,
    Value,
    Command,
    Seller,
}

/// Of four letters at least where it can be: of those, with [`KEY_IDS`], one vectorised search takes 128 that share no
/// [four letters](super::window).
const ANCHORS: &[(&str, Rule)] = &[
    ("secret", Rule::Field),
    ("token", Rule::Field),
    ("pass", Rule::Field),
    ("pwd=", Rule::Field),
    ("pwd:", Rule::Field),
    ("pwd ", Rule::Field),
    ("pwd\"", Rule::Field),
    ("pwd'", Rule::Field),
    ("pwd\\", Rule::Field),
    ("signature", Rule::Field),
    ("authorization", Rule::Field),
    ("cookie", Rule::Field),
    ("saml", Rule::Field),
    ("mfacode", Rule::Field),
    ("mfa_code", Rule::Field),
    ("mfa code", Rule::MfaCode),
    ("ationcode", Rule::Field), // authentication, confirmation, authorization
    ("ation-code", Rule::Field),
    ("ation_code", Rule::Field),
    ("usercode", Rule::Field),
    ("user_code", Rule::Field),
    ("auth=", Rule::Field),
    ("auth:", Rule::Field),
    ("auth\"", Rule::Field),
    ("auth'", Rule::Field),
    ("auth\\", Rule::Field),
    ("authcode", Rule::Field),
    ("authkey", Rule::Field),
    ("auth_code", Rule::Field),
    ("auth-code", Rule::Field),
    ("otp_code", Rule::Field),
    ("qrcodepng", Rule::Field),
    ("keymaterial", Rule::Field),
    ("session_key", Rule::Field),
    ("session\"", Rule::Field),
    ("session'", Rule::Field),
    ("sessionkey", Rule::Field),
    ("customer", Rule::Field),
    ("sse-c-", Rule::Field),
    ("private", Rule::Field),
    ("access_key", Rule::Field),
    ("accesskey", Rule::Field),
    ("aws_key", Rule::Field),
    ("awskey", Rule::Field),
    ("shared", Rule::Field),
    ("dockerc", Rule::Field),
    ("apikey", Rule::Field),
    ("api-key", Rule::Field),
    ("api_key", Rule::Field),
    ("plaintext", Rule::Field),
    ("userdata", Rule::Field),
    ("user_data", Rule::Field),
    ("devicecode", Rule::Field),
    ("device_code", Rule::Field),
    ("verifier", Rule::Field),
    ("stringseed", Rule::Field),
    ("bedrock-api-key-", Rule::BedrockPrefix),
    ("absk", Rule::Bedrock),
    ("iqojb3jpz2lu", Rule::Beginning),
    ("fwogzxivyxdz", Rule::Beginning),
    ("fqogzxivyxdz", Rule::Beginning),
    ("fwodyxdz", Rule::Beginning),
    ("fqodyxdz", Rule::Beginning),
    ("aqodyxdz", Rule::Beginning),
    ("qvdtomv5s", Rule::Beginning),
    ("k8s-aws-v1.", Rule::Beginning),
    ("aoaaaaaa", Rule::Beginning),
    ("aoraaaaa", Rule::Beginning),
    ("da2-", Rule::Beginning),
    ("eyj", Rule::Jwt),
    ("-----begin", Rule::Pem),
    ("bearer", Rule::Scheme),
    ("basic", Rule::Scheme),
    ("://", Rule::UserInfo),
    (" -u ", Rule::User),
    ("\"-u\"", Rule::User),
    ("-user", Rule::User),
    (" -p ", Rule::Password),
    (" -a ", Rule::Login),
    ("-auth ", Rule::Login),
    (" -w ", Rule::Password),
    (" -k ", Rule::Password),
    ("docker login", Rule::Command),
    ("podman login", Rule::Command),
    ("?code=", Rule::Code),
    ("&code=", Rule::Code),
    ("securestring", Rule::SecureString),
    ("-value", Rule::Value),
    ("\"value\"", Rule::Value),
    ("curl ", Rule::Command),
    ("mysql", Rule::Command),
    ("mariadb", Rule::Command),
    ("redis-cli", Rule::Command),
    ("amzn.mws.", Rule::Seller),
];

/// How key ids begin (IAM, "unique ID prefixes"); `A3T` is of old ones.
const KEY_IDS: [&str; 5] = ["akia", "asia", "abia", "acca", "a3t"];

/// The words, and the rule of each. Without key ids, and with them.
static PLAIN: LazyLock<Option<(Words, Vec<Rule>)>> = LazyLock::new(|| words(&[]));
static MASKING: LazyLock<Option<(Words, Vec<Rule>)>> = LazyLock::new(|| words(&KEY_IDS));

fn words(key_ids: &[&'static str]) -> Option<(Words, Vec<Rule>)> {
    let all = || ANCHORS.iter().copied().chain(key_ids.iter().map(|prefix| (*prefix, Rule::KeyId)));
    let words: Vec<&str> = all().map(|(word, _)| word).collect();
    Some((Words::new(&words, &[token::USER_INFO])?, all().map(|(_, rule)| rule).collect()))
}

/// Where in a text the scan is: between secrets, or inside one.
#[derive(Clone, Copy)]
pub(super) struct Shapes {
    hiding: Option<Hidden>,
    /// What was hidden last was a text of such a list.
    list: Option<List>,
    output: Followed,
    mask_key_ids: bool,
}

impl Shapes {
    pub(super) fn new(mask_key_ids: bool) -> Self {
        Self { hiding: None, list: None, output: Followed::default(), mask_key_ids }
    }

    /// Takes note that what was written so far is put out, and that what comes next is written to another output.
    pub(super) fn put_out(&mut self, out: &[u8]) {
        self.output.catch_up(out);
    }

    /// Writes the text from `from` on without its secrets; returns where it must be taken up again when more has
    /// arrived. The [`BEHIND`] bytes before that place must still be there then.
    pub(super) fn scan(
        &mut self,
        bytes: &[u8],
        stretches: &Stretches,
        from: usize,
        complete: bool,
        marks: Marks<'_>,
        out: &mut Vec<u8>,
    ) -> usize {
        let labels = marks.labels;
        let words = if self.mask_key_ids { &MASKING } else { &PLAIN };
        let Some((words, rules)) = words.as_ref() else { return from };
        let mut words_of = words.over(bytes);
        let mut out = Output::new(out, &mut self.output);
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
            let listed = self.list.take();
            let (place, verdict) = if let Some(list) = listed {
                (at, token::next_of_list(&view, at, list, labels))
            } else {
                // Neither search is repeated over text that it has seen.
                if word.is_none_or(|word| word.is_some_and(|word| word.start < search)) {
                    word = Some(words_of.next(search).filter(|word| word.start < decidable));
                }
                let word = word.flatten();
                run = next_run(&view, stretches, run, search);
                let word_at = word.map_or(usize::MAX, |word| word.start);
                match run {
                    Run::At(start) if start < word_at => (start, key::judge(&view, start)),
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
                }
            };
            let verdict = match verdict {
                Ok(Verdict::Pass) => {
                    // Behind a list all is as it was; at the place of a word all was said.
                    search = if listed.is_some() { search } else { place + 1 };
                    continue;
                }
                verdict => verdict,
            };
            at = write(bytes, at, place, &mut out);
            let hide = verdict.and_then(|verdict| {
                let from = verdict.from();
                let before = bytes.get(at..from).unwrap_or_default();
                let cover = out.json().cover(before, &view, from, verdict.is_block())?;
                Ok((verdict, cover))
            });
            match hide {
                Err(NeedMore) => {
                    self.list = listed;
                    return at;
                }
                Ok((Verdict::Keep { until, rest, list }, cover)) => {
                    at = write(bytes, at, until, &mut out);
                    search = until;
                    self.list = list.filter(|_| cover.is_some());
                    self.hiding = cover.map(|cover| Hidden { until: rest, cover });
                }
                Ok((Verdict::Hide { from, kind, until, wrap, list }, Some(cover))) => {
                    let hidden = Hidden { until, cover };
                    let Ok(label) = marks.label(kind, &view, from, hidden) else {
                        self.list = listed;
                        return at;
                    };
                    at = write(bytes, at, from, &mut out);
                    search = from;
                    out.label(&label, cover, wrap);
                    self.hiding = Some(hidden);
                    self.list = list;
                }
                Ok(_) => search = if listed.is_some() { search } else { place + 1 },
            }
        }
    }
}

/// Writes what lies between, and returns the new place.
fn write(bytes: &[u8], from: usize, to: usize, out: &mut Output<'_>) -> usize {
    out.write(bytes.get(from..to).unwrap_or_default());
    to.max(from)
}

fn judge(view: &View<'_>, rule: Rule, word: Range<usize>, labels: &[String]) -> Result<Verdict, NeedMore> {
    let start = word.start;
    match rule {
        Rule::Field => field::judge(view, start, labels),
        Rule::KeyId if token::is_key_id(view, start)? => Ok(hide(start, Kind::AccessKeyId, Until::Count(20))),
        Rule::KeyId => Ok(Verdict::Pass),
        Rule::BedrockPrefix => token::bedrock_prefix(view, word, labels),
        Rule::Bedrock => token::bedrock(view, word),
        Rule::Beginning => token::beginning(view, start),
        Rule::Jwt => token::jwt(view, start),
        Rule::Pem => token::pem(view, word.end, labels),
        Rule::Scheme => token::scheme(view, word, labels),
        Rule::UserInfo => token::user_info(view, word.end, labels),
        Rule::User => option::user(view, word, labels),
        Rule::Login => option::login(view, word, labels),
        Rule::Password => option::password(view, word, labels),
        Rule::Code => token::code(view, word.end, labels),
        Rule::MfaCode => token::mfa_code(view, word.end),
        Rule::SecureString => parameter::secure_string(view, word, labels),
        Rule::Value => parameter::value(view, word, labels),
        Rule::Command => command::judge(view, word, labels),
        Rule::Seller => token::seller(view, word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_search_takes_all_words() {
        let words: Vec<(usize, &str)> =
            ANCHORS.iter().map(|(word, _)| *word).chain(KEY_IDS).enumerate().collect();
        let long: Vec<(usize, &str)> = words.iter().filter(|(_, word)| word.len() >= 4).copied().collect();
        assert_eq!(window::plan(&long).len(), 1, "a second search would take as much time as the first");
        assert!(words.len() - long.len() <= 3, "each word shorter than that takes a search of its own");
    }

    /// What is in no group of the vectorised search would raise no alarm in a text of some length.
    #[test]
    fn every_word_is_in_a_group() {
        let words: Vec<&str> = ANCHORS.iter().map(|(word, _)| *word).chain(KEY_IDS).collect();
        let masking = &MASKING.as_ref().unwrap().0;
        for (number, word) in words.iter().enumerate() {
            assert_eq!(*word, word.to_ascii_lowercase(), "`{word}`: the text is searched in small letters");
            assert!(!words[..number].contains(word), "`{word}` is there twice");
            let text = [&[b'#'; 300], word.to_uppercase().as_bytes(), b"@", &[b'#'; 300]].concat();
            let found = masking.over(&text).next(0).map(|found| (found.number, found.start));
            assert_eq!(found, Some((number, 300)), "`{word}` is in no group of the search: see word.rs");
        }
    }
}
