//! A name, a separator and a value, in any of the forms that logs, files and shells give them.

use super::name::{Kind, Normal};
use super::shape::{Verdict, is_key_id, placeholder};
use super::until::{Quote, Until, quote_at};
use super::view::{NeedMore, View};

/// How far a name may reach to either side of the word that gave it away.
const NAME: usize = 64;

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)
}

/// What stands between a name and its value.
#[derive(Clone, Copy, PartialEq)]
enum Separator {
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
}

/// Judges the field whose name holds the word at `at`.
pub(super) fn judge(view: &View<'_>, at: usize, labels: &[String]) -> Result<Verdict, NeedMore> {
    let mut start = at;
    while start > 0 && at - start < NAME && is_name(view.before(start)) {
        start -= 1;
    }
    let end = view.skip(at, NAME, is_name)?;
    let name = view.slice(start, end);
    let Some((kind, least)) = Normal::new(name.iter().copied()).field() else { return Ok(Verdict::Pass) };
    if name == b"secret" && view.before(start) == b':' && view.before(start - 1).is_ascii_digit() {
        return Ok(Verdict::Pass); // arn:aws:secretsmanager:eu-west-1:123456789012:secret:name
    }
    let begins_line = begins_line(view, start);
    let mut field =
        Field { view, labels, kind, least, begins_line, key_quote: None, separator: Separator::Colon };
    let Some(value) = field.value(start, end, name.first() == Some(&b'-'))? else {
        return Ok(Verdict::Pass);
    };
    field.verdict(value)
}

/// Whether nothing but blanks or a shell's `export` or `set` stands before the name on its line.
fn begins_line(view: &View<'_>, start: usize) -> bool {
    let blank = |byte: u8| matches!(byte, b' ' | b'\t');
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
    matches!(view.before(at), 0 | b'\n' | b'\r')
}

/// The letter that says what kind of string follows, as in Python's `b'…'`: its length.
fn prefix(view: &View<'_>, at: usize) -> Result<usize, NeedMore> {
    Ok(usize::from(matches!(view.at(at)?, b'b' | b'u' | b'r' | b'f' | b'@')))
}

/// The string within `Some("…")`, `HeaderValue { _private: H1("…") }` or `[]string{"…"}`; `at` itself if there is
/// none.
fn constructed(view: &View<'_>, at: usize) -> Result<usize, NeedMore> {
    let mut inner = at;
    if view.at(at)? == b'[' && view.at(at + 1)? != b']' {
        return Ok(at); // a label, or a list
    }
    for _ in 0..3 {
        let name = view.skip(inner, 32, |byte| byte.is_ascii_alphanumeric() || b"_:.&[]".contains(&byte))?;
        let open = view.skip(name, 1, |byte| byte == b' ')?;
        if name == inner || !matches!(view.at(open)?, b'(' | b'{') {
            return Ok(at);
        }
        inner = view.skip(open + 1, 1, |byte| byte == b' ')?;
        // The name of the only field.
        let field = view.skip(inner, 32, |byte| byte.is_ascii_alphanumeric() || byte == b'_')?;
        if view.has(field, b": ")? {
            inner = field + 2;
        }
        if quote_at(view, inner + prefix(view, inner)?)?.is_some() {
            return Ok(inner);
        }
    }
    Ok(at)
}

struct Field<'a> {
    view: &'a View<'a>,
    labels: &'a [String],
    kind: Kind,
    least: usize,
    begins_line: bool,
    key_quote: Option<Quote>,
    separator: Separator,
}

impl Field<'_> {
    /// Where the value begins, its opening bracket and quotation mark included.
    fn value(&mut self, start: usize, end: usize, option: bool) -> Result<Option<usize>, NeedMore> {
        let view = self.view;
        let blank = |byte: u8| matches!(byte, b' ' | b'\t');
        let mut at = end;
        if let Some((quote, len)) = quote_at(view, at)? {
            self.key_quote = Some(quote);
            at += len;
            at = view.skip(at, 1, |byte| byte == b']')?;
        }
        let unspaced = at;
        at = view.skip(at, 32, blank)?;
        let (separator, len) = match view.at(at)? {
            b':' => (Separator::Colon, 1),
            b'=' => (Separator::Equals, 1),
            b',' if self.key_quote.is_some() && self.least == 1 => (Separator::Comma, 1),
            b'%' if view.has(at, b"%3d")? || view.has(at, b"%3a")? => (Separator::Encoded, 3),
            b'>' if matches!(view.before(start), b'<' | b':') => (Separator::Tag, 1),
            b'&' if view.before(start) == b';' && view.has(at, b"&gt;")? => (Separator::Tag, 4),
            b'\\' if view.has(at, b"\\u003e")? => (Separator::Tag, 6),
            _ if at > unspaced && (option || self.least == 1) => (Separator::Space, 0),
            _ => return Ok(None),
        };
        at += len;
        self.separator = separator;
        if matches!(separator, Separator::Colon | Separator::Equals) && matches!(view.at(at)?, b'=' | b'>') {
            at += 1;
        }
        let over_lines = separator == Separator::Tag
            || separator == Separator::Colon && (self.key_quote.is_some() || self.kind == Kind::Signature);
        at = view.skip(at, 64, |byte| blank(byte) || over_lines && matches!(byte, b'\n' | b'\r'))?;
        if separator == Separator::Space && !option {
            // `setenv AWS_SECRET_ACCESS_KEY x`, `aws configure set aws_secret_access_key x`: no prose, so a key.
            let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
            let key = self.kind == Kind::SecretAccessKey && view.skip(at, 32, digit)? == at + 32;
            return Ok(key.then_some(at));
        }
        if separator == Separator::Comma {
            return self.second(at);
        }
        Ok(Some(at))
    }

    /// The second of two quoted words. In `{"name": "…", "value": "…"}` the name's own list goes on in between.
    fn second(&mut self, at: usize) -> Result<Option<usize>, NeedMore> {
        let view = self.view;
        let blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let open = at + prefix(view, at)?;
        let Some((_, len)) = quote_at(view, open)? else { return Ok(None) };
        let word = open + len;
        if !view.has(word, b"value")? {
            let in_json = matches!(self.key_quote, Some(Quote::Mark { mark: b'"', .. }));
            return Ok((!in_json || self.call_or_tuple(word)?).then_some(at));
        }
        let Some((_, close)) = quote_at(view, word + 5)? else { return Ok(None) };
        let colon = view.skip(word + 5 + close, 16, blank)?;
        if view.at(colon)? != b':' {
            return Ok(None);
        }
        Ok(Some(view.skip(colon + 1, 32, blank)?))
    }

    /// Whether the quoted word that begins at `at` is no key of an object itself.
    fn call_or_tuple(&self, at: usize) -> Result<bool, NeedMore> {
        let view = self.view;
        let plain = |byte: u8| !matches!(byte, b'"' | b'\\' | b'\n');
        let end = view.skip(at, 256, plain)?;
        let after = view.skip(view.skip(end, 8, |byte| matches!(byte, b'\\' | b'"'))?, 16, |b| b == b' ')?;
        Ok(view.at(after)? != b':')
    }

    fn verdict(&self, value: usize) -> Result<Verdict, NeedMore> {
        let view = self.view;
        let mut at = value;
        if view.at(at)? == b'[' && placeholder(view, at, self.labels)?.is_none() {
            at = view.skip(at + 1, 32, |byte| matches!(byte, b' ' | b'\t'))?;
        }
        if self.separator == Separator::Colon || self.separator == Separator::Equals && !self.begins_line {
            at = constructed(view, at)?;
        }
        let prefix = prefix(view, at)?;
        let mut until = match self.separator {
            Separator::Tag => Until::Tag,
            Separator::Encoded => Until::Word { encoded: true },
            _ if self.kind == Kind::Cookie => Until::Line,
            _ if self.begins_line && self.separator == Separator::Equals => Until::Bare,
            _ => Until::Word { encoded: matches!(self.key_quote, Some(Quote::Percent(_))) },
        };
        let mut quote = None;
        if self.separator == Separator::Tag {
            if view.before(value) != b'>' && !view.before(value).is_ascii_whitespace() {
                until = Until::Word { encoded: false };
            }
        } else if let Some((mark, len)) = quote_at(view, at + prefix)? {
            let after = view.at(at + prefix + len)?;
            if self.key_quote != Some(mark) && matches!(after, b',' | b':' | b']' | b'}' | b'\n' | b'\r' | 0)
            {
                return Ok(Verdict::Pass); // this one ends the string that the field stands in
            }
            at += prefix + len;
            until = Until::Quote { quote: mark, passed: 0 };
            quote = Some(mark);
        }
        if self.kind == Kind::Credentials {
            return self.authorization(at, until);
        }
        if let Some(len) = placeholder(view, at, self.labels)? {
            return Ok(Verdict::Keep { until: at + len, rest: until });
        }
        if self.worthless(at, quote, until)? {
            return Ok(Verdict::Pass);
        }
        // A JSON number gives way to a string, so that the text stays JSON.
        let wrap = match self.key_quote {
            Some(Quote::Mark { mark: b'"', backslashes })
                if quote.is_none() && self.separator == Separator::Colon =>
            {
                let number = matches!(view.at(at)?, b'0'..=b'9' | b'-');
                // JSON in JSON in JSON: none, one, three.
                (number && (backslashes + 1).is_power_of_two()).then_some(backslashes)
            }
            _ => None,
        };
        Ok(Verdict::Hide { from: at, kind: self.kind, until, wrap })
    }

    /// Whether there is no secret here: nothing at all, a null, a nested value, or something too short for its name.
    fn worthless(&self, at: usize, quote: Option<Quote>, until: Until) -> Result<bool, NeedMore> {
        let view = self.view;
        let first = view.at(at)?;
        let empty = match until {
            Until::Quote { .. } => quote_at(view, at)?.is_some_and(|(mark, _)| Some(mark) == quote),
            Until::Tag => first == b'<' || first <= b' ',
            Until::Bare => first <= b' ',
            _ => first <= b' ' || b"\"'`,;&<>(){}]|".contains(&first),
        };
        if empty {
            return Ok(true);
        }
        for word in ["null", "none", "nil", "true", "false", "undefined"] {
            if quote.is_none() && view.has(at, word.as_bytes())? && !is_name(view.at(at + word.len())?) {
                return Ok(true);
            }
        }
        // A label counts for nothing, or what an inner rule wrote would make a value long enough the next time.
        let solid = |byte: u8| byte.is_ascii_graphic() && !b"\"'`,;<>(){}&[".contains(&byte) || byte >= 0x80;
        if self.least > 1 && view.skip(at, self.least, solid)? < at + self.least {
            return Ok(true);
        }
        // A key id is a name; whether it is hidden is for its own rule to say.
        Ok(self.kind == Kind::ApiKey && is_key_id(view, at)?)
    }

    /// The value of an Authorization header: its scheme stays.
    fn authorization(&self, at: usize, until: Until) -> Result<Verdict, NeedMore> {
        let view = self.view;
        let scheme_end = view.skip(at, 32, |byte| byte.is_ascii_alphanumeric() || byte == b'-')?;
        let after = view.skip(scheme_end, 8, |byte| byte == b' ')?;
        let scheme = view.slice(at, scheme_end);
        let mut from = at;
        let mut rest = until;
        let mut kind = Kind::Credentials;
        if scheme_end > at && after > scheme_end {
            if scheme.starts_with(b"AWS4") || scheme.starts_with(b"AWS3") {
                return Ok(Verdict::Pass); // the rule for signatures finds what is secret there
            }
            from = after;
            if scheme == b"AWS" {
                let colon = view.skip(after, 128, is_name)?;
                if view.at(colon)? == b':' {
                    from = colon + 1;
                    kind = Kind::Signature;
                }
            } else if scheme.eq_ignore_ascii_case(b"bearer") {
                kind = Kind::BearerToken;
            } else if !scheme.eq_ignore_ascii_case(b"basic")
                && matches!(until, Until::Word { .. } | Until::Bare)
            {
                rest = Until::Line;
            }
        }
        if let Some(len) = placeholder(view, from, self.labels)? {
            return Ok(Verdict::Keep { until: from + len, rest });
        }
        if matches!(
            view.at(from)?,
            0..=b' ' | b'"' | b'\'' | b'<' | b'{' | b'(' | b',' | b';' | b'}' | b']' | b')' | b'&'
        ) {
            return Ok(Verdict::Pass);
        }
        Ok(Verdict::Hide { from, kind, until: rest, wrap: None })
    }
}
