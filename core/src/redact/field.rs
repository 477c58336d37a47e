//! A name, a separator and a value, in any of the forms that logs, files and shells give them.

use super::mark::placeholder;
use super::name::{Kind, Normal};
use super::option;
use super::pair;
use super::run::KEY_LENGTH;
use super::shape::Verdict;
use super::until::{Quote, quote_at};
use super::view::{NeedMore, View};
use super::written::{declared, mixed, uncoloured};

/// How far a name may reach to either side of the word that gave it away.
const NAME: usize = 64;

pub(super) fn is_name(byte: u8) -> bool {
    NAMES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// For each byte, whether it may be part of a name.
const NAMES: [bool; 256] = names();

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
const fn names() -> [bool; 256] {
    let mut all = [false; 256];
    let mut byte = 0;
    while byte < all.len() {
        all[byte] = matches!(byte as u8, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.');
        byte += 1;
    }
    all
}

pub(super) fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// What stands between a name and its value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Separator {
    Colon,
    Equals,
    /// `%3D` or `%3A`.
    Encoded,
    /// `, ` between two quoted words: an argument list or a tuple.
    Comma,
    /// `>` of an XML element, or one of its escaped spellings.
    Tag,
    /// White space: `--secret-access-key X`.
    Space,
    /// The name was the value of a field of its own: `name: PASSWORD`, and in the next line `value: X`.
    Pair,
}

/// Names that are written in words, by their second half.
const SPOKEN: [&[u8]; 4] = [b" access key", b" key", b" token", b" string"];

/// So long must what follows a spoken name be.
const SPOKEN_LEAST: usize = 12;

/// Judges the field whose name holds the word at `at`.
pub(super) fn judge(view: &View<'_>, at: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    let start = view.skip_back(at, NAME, is_name);
    let mut end = view.skip(at, NAME, is_name)?;
    let normal = Normal::new(view.slice(start, end).iter().copied());
    let mut named = normal.field();
    let mut spoken = false;
    if view.at(end)? == b' ' {
        for second in SPOKEN {
            let to = end + second.len();
            if view.has(end, second)?
                && !is_name(view.at(to)?)
                && let Some((kind, least)) = Normal::new(view.slice(start, to).iter().copied()).field()
            {
                named = Some((kind, least.max(SPOKEN_LEAST)));
                end = to;
                spoken = true;
                break;
            }
        }
    }
    if view.before(start) == b'[' && placeholder(view, start - 1, labels)?.is_some() {
        return Ok(Verdict::Pass); // a label speaks of what it hides
    }
    let name = view.slice(start, end);
    if name == b"sshpass" {
        return option::glued(view, end, labels);
    }
    let half = named.is_none() && normal.either_half();
    let named = named.or_else(|| short(name)).or(half.then_some((Kind::SecretAccessKey, KEY_LENGTH)));
    let Some((kind, least)) = named else { return pair::cbor(view, at, labels) };
    if name == b"secret" && view.before(start) == b':' && view.before(start - 1).is_ascii_digit() {
        return Ok(Verdict::Pass); // arn:aws:secretsmanager:eu-west-1:123456789012:secret:name
    }
    let begins_line = begins_line(view, start);
    let mut field = Field {
        view,
        labels,
        kind,
        least,
        begins_line,
        spoken,
        half,
        start,
        key_quote: None,
        separator: Separator::Colon,
    };
    // Behind a label it was a part of some longer word.
    let option = name.first() == Some(&b'-') && view.before(start) != b']';
    let Some(value) = field.value(end, option)? else {
        return pair::cbor(view, at, labels);
    };
    if !field.meant(name, end, value)? {
        return Ok(Verdict::Pass);
    }
    field.verdict(value)
}

/// Short names, which mean a secret only where they stand alone or behind a word of their own.
pub(super) fn short(name: &[u8]) -> Option<(Kind, usize)> {
    let before = |len: usize| name.len().checked_sub(len).and_then(|at| name.get(..at));
    let apart = |rest: &[u8]| rest.last().is_some_and(|byte| b"_-.".contains(byte));
    match name {
        [.., b'_', b'a', b'u', b't', b'h'] | b"auth" => Some((Kind::Token, 16)),
        b"Session" => Some((Kind::Token, 100)), // of Cognito's challenges
        [.., b'p' | b'P', b'a' | b'A', b's' | b'S', b's' | b'S'] => {
            let camel = name.ends_with(b"Pass")
                && before(4).is_some_and(|rest| rest.last().is_some_and(u8::is_ascii_lowercase));
            (camel || before(4).is_some_and(apart))
                .then_some((Kind::Password, 4))
                .or((name == b"pass").then_some((Kind::Password, 6)))
        }
        [.., b'p' | b'P', b'w' | b'W', b'd' | b'D'] if name != b"PWD" && name != b"OLDPWD" => {
            let rest = before(3).unwrap_or_default();
            (rest.is_empty() || apart(rest) || name.ends_with(b"Pwd")).then_some((Kind::Password, 4))
        }
        _ => None,
    }
}

/// Whether nothing but blanks or a shell's `export` or `set` stands before the name on its line.
fn begins_line(view: &View<'_>, start: usize) -> bool {
    let mut at = start;
    while start - at < 32 && blank(view.before(at)) {
        at -= 1;
    }
    for word in [b"export".as_slice(), b"set"] {
        if at < start && view.slice(at.saturating_sub(word.len()), at).eq_ignore_ascii_case(word) {
            at -= word.len();
            while start - at < 32 && blank(view.before(at)) {
                at -= 1;
            }
        }
    }
    if view.before(at) == b'-' && at < start {
        at -= 1; // an item of YAML
        while start - at < 64 && blank(view.before(at)) {
            at -= 1;
        }
    }
    matches!(view.before(at), 0 | b'\n' | b'\r')
}

pub(super) struct Field<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) labels: &'a [String],
    pub(super) kind: Kind,
    pub(super) least: usize,
    pub(super) begins_line: bool,
    /// The name is written in words, as prose is.
    pub(super) spoken: bool,
    /// The name is that of a key's public half as well.
    pub(super) half: bool,
    /// Where the name begins.
    pub(super) start: usize,
    pub(super) key_quote: Option<Quote>,
    pub(super) separator: Separator,
}

impl Field<'_> {
    /// Whether a short name means a secret, by the look of its value: `pwd` is a folder too, and `auth` whatever people
    /// call so.
    fn meant(&self, name: &[u8], end: usize, value: usize) -> Result<bool, NeedMore> {
        let view = self.view;
        let from = value + quote_at(view, value)?.map_or(0, |(_, len)| len);
        if placeholder(view, from, self.labels)?.is_some() {
            return Ok(true);
        }
        if name.to_ascii_lowercase().ends_with(b"pwd") {
            let folder = matches!(view.at(from)?, b'/' | b'~' | b'.')
                || view.at(from + 1)? == b':' && matches!(view.at(from + 2)?, b'/' | b'\\');
            let plainly = from > value || value == end + 1 && view.at(end)? == b'=';
            return Ok(!folder && (plainly || self.separator == Separator::Space || mixed(view, value)?));
        }
        if self.kind == Kind::Token && name.ends_with(b"code") && from == value {
            return mixed(view, value);
        }
        if self.kind == Kind::Token && name.ends_with(b"auth") {
            let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
            let last = view.skip(from, 64, digit)?;
            let text = view.slice(from, last);
            let has = |of: fn(&u8) -> bool| text.iter().any(of);
            let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
                || has(|byte| byte.is_ascii_digit() || *byte == b'=');
            return Ok(mixed && !b"-._:#".contains(&view.at(last)?));
        }
        Ok(true)
    }

    /// Where the value begins, its opening bracket and quotation mark included.
    fn value(&mut self, end: usize, option: bool) -> Result<Option<usize>, NeedMore> {
        let (view, start) = (self.view, self.start);
        let mut at = uncoloured(view, end)?;
        if let Some((quote, len)) = quote_at(view, at)? {
            self.key_quote = Some(quote);
            at += len;
            at = view.skip(at, 1, |byte| byte == b']')?;
        } else if view.at(at)? == b'}' && view.before(start) == b':' {
            at += 1; // ${env:NAME}
        } else if view.at(at)? == b']' && view.before(start) == b':' && view.before(start - 1) == b'[' {
            at += 1; // config[:name]
        } else if self.spoken && view.has(at, b" [")? {
            // What `aws configure` shows of the value before.
            let close = view.skip(at + 2, 48, |byte| byte.is_ascii_alphanumeric() || byte == b'*')?;
            at = if view.at(close)? == b']' { close + 1 } else { at };
        }
        let unspaced = at;
        at = uncoloured(view, view.skip(at, 32, blank)?)?;
        let element = matches!(view.before(start), b'<' | b':');
        if !element && let Some(value) = declared(view, start, unspaced)? {
            self.separator = Separator::Equals;
            return Ok(Some(value));
        }
        // Columns of a table, and speech: what follows must look like a secret.
        let column = matches!(view.at(at)?, b'|' | b';') || view.slice(unspaced, at).contains(&b'\t');
        let said = at > unspaced && view.has(at, b"is ")?;
        if (column || said) && !option && self.least == 1 && self.key_quote.is_none() {
            let behind = if said { at + 2 } else { at };
            let value = view.skip(behind, 32, |byte| blank(byte) || matches!(byte, b'|' | b';'))?;
            let known = placeholder(view, value, self.labels)?.is_some();
            if known || mixed(view, value)? {
                self.separator = Separator::Pair;
                return Ok(Some(value));
            }
        }
        if at > unspaced && view.has(at, b"is:")? {
            at += 2;
        }
        let (separator, len) = match view.at(at)? {
            b':' if view.has(at, b":** ")? => (Separator::Equals, 4),
            b':' => (Separator::Colon, 1),
            b'=' => (Separator::Equals, 1),
            b'-' if view.at(at + 1)? == b'>' && (self.key_quote.is_some() || self.least == 1) => {
                (Separator::Colon, 2)
            }
            b'\\' if view.has(at, b"\\u003d")? || view.has(at, b"\\u003a")? => (Separator::Equals, 6),
            b',' if (self.key_quote.is_some() || self.kind == Kind::Password || pair::names(view, start))
                && self.least <= 8 =>
            {
                (Separator::Comma, 1)
            }
            b'%' if view.has(at, b"%3d")? || view.has(at, b"%3a")? => (Separator::Encoded, 3),
            b'>' if element || self.key_quote.is_some() && self.least == 1 => (Separator::Tag, 1),
            b'&' if view.before(start) == b';' && view.has(at, b"&gt;")? => (Separator::Tag, 4),
            b'\\' if view.has(at, b"\\u003e")? => (Separator::Tag, 6),
            _ if self.spoken => return Ok(None),
            byte => {
                if element
                    && at > unspaced
                    && byte.is_ascii_alphabetic()
                    && let Some(value) = pair::attributes(view, at)?
                {
                    self.separator = Separator::Tag;
                    return Ok(Some(value));
                }
                if let Some((value, separator)) = pair::named(view, start, at, self.key_quote)? {
                    self.separator = separator;
                    return Ok(Some(value));
                }
                if at == unspaced || !(option || self.least == 1) {
                    return Ok(None);
                }
                (Separator::Space, 0)
            }
        };
        at += len;
        self.separator = separator;
        if matches!(separator, Separator::Colon | Separator::Equals) && matches!(view.at(at)?, b'=' | b'>') {
            let compares = separator == Separator::Equals && view.at(at)? == b'=';
            at += 1;
            // What code compares with is a secret only if it stands there itself.
            let literal = view.skip(at, 4, blank)?;
            if compares && self.key_quote.is_none() && quote_at(view, literal)?.is_none() {
                return Ok(None);
            }
        }
        at = uncoloured(view, at)?;
        if separator == Separator::Encoded {
            at = view.skip(at, 4, |byte| byte == b'+')?;
            while view.has(at, b"%20")? {
                at += 3;
            }
        }
        let over_lines = separator == Separator::Tag
            || separator == Separator::Colon && (self.key_quote.is_some() || self.kind == Kind::Signature);
        at = view.skip(at, 64, |byte| blank(byte) || over_lines && matches!(byte, b'\n' | b'\r'))?;
        at = uncoloured(view, at)?;
        if separator == Separator::Space && !option {
            return self.spaced(at);
        }
        if separator == Separator::Comma {
            return pair::second(view, at, self.key_quote, view.slice(start, end));
        }
        Ok(Some(at))
    }

    /// `setenv AWS_SECRET_ACCESS_KEY x`, `aws configure set aws_secret_access_key x`, `PASSWORD 'x'`: behind a command
    /// that sets, in quotation marks, or if it looks like a key. Otherwise this is prose.
    fn spaced(&self, at: usize) -> Result<Option<usize>, NeedMore> {
        let view = self.view;
        if self.key_quote.is_some() {
            return Ok(None);
        }
        if view.has(at, b"-value")? {
            return Ok(Some(view.skip(at + 6, 8, |byte| blank(byte) || byte == b':')?)); // Set-Item -Path Env:X -Value
        }
        let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        let key = self.kind == Kind::SecretAccessKey && view.skip(at, 32, digit)? == at + 32;
        let quoted = match quote_at(view, at)? {
            Some((_, len)) => view.at(at + len)?.is_ascii_graphic(),
            None => false,
        };
        let set = (option::sets(view, self.start)
            || self.kind == Kind::Password && option::netrc(view, self.start))
            && view.at(at)? != b'-';
        Ok((key || quoted || set).then_some(at))
    }
}
