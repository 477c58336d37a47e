//! What a field's value says: where it begins and ends, and whether it is worth hiding.

use super::block;
use super::field::{Field, Separator, is_name};
use super::mark::placeholder;
use super::markup;
use super::name::Kind;
use super::run::{KEY_LENGTH, is_key_digit};
use super::shape::Verdict;
use super::token::is_key_id;
use super::until::{Quote, Until, quote_at};
use super::view::{NeedMore, View};
use super::written::{constructed, prefix};

/// How a value begins that says where the secret is, or that it is covered already.
const REFERENCES: [&str; 20] = [
    "arn:aws",
    "file://",
    "fileb://",
    "$(",
    "****",
    "(sensitive",
    "(known after",
    "jsonencode(",
    "base64encode(",
    "file(",
    "sensitive(",
    "var.",
    "local.",
    "data.",
    "module.",
    "random_password.",
    "os.environ",
    "os.getenv(",
    "process.env",
    "System.getenv(",
];

/// What says that there is no value, or of what kind one would be.
const NOTHING: [&str; 12] = [
    "null",
    "none",
    "nil",
    "true",
    "false",
    "undefined",
    "string",
    "str",
    "&str",
    "optional",
    "option",
    "required",
];

/// Whether one of [`REFERENCES`] stands there.
pub(super) fn elsewhere(view: &View<'_>, at: usize) -> Result<bool, NeedMore> {
    for start in REFERENCES {
        if view.has(at, start.as_bytes())? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Field<'_> {
    pub(super) fn verdict(&self, value: usize) -> Result<Verdict, NeedMore> {
        let view = self.view;
        let mut at = value;
        let mut list = false;
        if view.at(at)? == b'[' && placeholder(view, at, self.labels)?.is_none() {
            at = view.skip(at + 1, 32, |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
            list = true;
        }
        if self.separator == Separator::Colon
            && !list
            && let Some((from, column)) = block::scalar(view, self.start, at)?
        {
            return self.block(from, column);
        }
        if self.separator == Separator::Colon || self.separator == Separator::Equals && !self.begins_line {
            at = constructed(view, at)?;
        }
        let prefix = prefix(view, at)?;
        let mut until = match self.separator {
            Separator::Tag => Until::Tag,
            Separator::Encoded => Until::Word { encoded: true },
            _ if self.kind == Kind::Cookie => Until::Line { quoted: false },
            _ if self.begins_line && self.separator == Separator::Equals => Until::Bare,
            // A plain scalar of YAML may hold spaces.
            _ if self.begins_line
                && self.separator == Separator::Colon
                && self.kind == Kind::Password
                && self.key_quote.is_none() =>
            {
                Until::Plain
            }
            _ => Until::Word { encoded: matches!(self.key_quote, Some(Quote::Percent(_))) },
        };
        let mut quote = None;
        if self.separator == Separator::Tag {
            if view.has(at, b"<![CDATA[")? {
                at += 9;
                until = Until::Cdata;
            } else if view.before(value) != b'>' && !view.before(value).is_ascii_whitespace() {
                until = Until::Word { encoded: false };
            }
        } else if let Some((mark, len)) = quote_at(view, at + prefix)? {
            let after = view.at(at + prefix + len)?;
            if self.key_quote != Some(mark) && matches!(after, b',' | b':' | b']' | b'}' | b'\n' | b'\r' | 0)
            {
                return Ok(Verdict::Pass); // this one ends the string that the field stands in
            }
            if self.key_quote.is_none() && markup::ends_attribute(view, at + prefix + len - 1)? {
                return Ok(Verdict::Pass); // or the attribute
            }
            at += prefix + len;
            let triple = matches!(mark, Quote::Mark { mark, backslashes: 0 }
                if view.at(at)? == mark && view.at(at + 1)? == mark);
            at += if triple { 2 } else { 0 };
            until = Until::Quote { quote: mark, passed: 0 };
            quote = Some(mark);
        }
        let in_list = list;
        let list = quote.filter(|_| in_list).map(|quote| (self.kind, quote));
        if self.kind == Kind::Credentials {
            return self.authorization(at, until);
        }
        if let Some(len) = placeholder(view, at, self.labels)? {
            // A key id was left to be masked where it was too short for the name: what follows is no part of the value.
            let masked = view.has(at, b"[aws-access-key-id")?;
            return Ok(if masked {
                Verdict::Pass
            } else {
                Verdict::Keep { until: at + len, rest: until, list }
            });
        }
        let empty = quote.is_some() && quote_at(view, at)?.is_some_and(|(mark, _)| Some(mark) == quote);
        if empty && list.is_some() {
            return Ok(Verdict::Keep { until: at, rest: until, list }); // of a list, the others count
        }
        if self.worthless(at, quote, until)? || self.refers(at)? {
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
        // What stands for a number is a text, and the list goes on behind it.
        let numbers = wrap.map(|backslashes| (self.kind, Quote::Mark { mark: b'"', backslashes }));
        let list = list.or(numbers.filter(|_| in_list));
        Ok(Verdict::Hide { from: at, kind: self.kind, until, wrap, list })
    }

    /// A block of YAML, from its first line on.
    fn block(&self, from: usize, column: usize) -> Result<Verdict, NeedMore> {
        let rest = Until::Block { column };
        if let Some(len) = placeholder(self.view, from, self.labels)? {
            return Ok(Verdict::Keep { until: from + len, rest, list: None });
        }
        // The rule for private keys leaves the lines that frame one.
        if self.view.has(from, b"-----BEGIN ")? || self.refers(from)? {
            return Ok(Verdict::Pass);
        }
        Ok(Verdict::Hide { from, kind: self.kind, until: rest, wrap: None, list: None })
    }

    /// Whether there is no secret here: nothing at all, a null, a nested value, or something too short for its name.
    fn worthless(&self, at: usize, quote: Option<Quote>, until: Until) -> Result<bool, NeedMore> {
        let view = self.view;
        let first = view.at(at)?;
        let empty = match until {
            Until::Quote { .. } => quote_at(view, at)?.is_some_and(|(mark, _)| Some(mark) == quote),
            Until::Tag => first == b'<' || first <= b' ',
            Until::Cdata => view.has(at, b"]]>")?,
            Until::Bare => first <= b' ',
            _ => first <= b' ' || b"\"'`,;&<>(){}]|".contains(&first),
        };
        if empty {
            return Ok(true);
        }
        for word in NOTHING {
            if quote.is_none() && view.has(at, word.as_bytes())? && !is_name(view.at(at + word.len())?) {
                return Ok(true);
            }
        }
        // A label counts for nothing, or what an inner rule wrote would make a value long enough the next time.
        let solid = |byte: u8| byte.is_ascii_graphic() && !b"\"'`,;<>(){}&[".contains(&byte) || byte >= 0x80;
        if self.least > 1 && view.skip(at, self.least, solid)? < at + self.least {
            return Ok(true);
        }
        if self.half && view.skip(at, KEY_LENGTH + 1, is_key_digit)? != at + KEY_LENGTH {
            return Ok(true);
        }
        // A key id is a name; whether it is hidden is for its own rule to say.
        Ok(self.kind == Kind::ApiKey && is_key_id(view, at)?)
    }

    /// Whether no secret stands there, only where it is.
    fn refers(&self, at: usize) -> Result<bool, NeedMore> {
        let view = self.view;
        if elsewhere(view, at)? {
            return Ok(true);
        }
        if view.at(at)? == b'%' {
            // What a format leaves room for: `%s`, `%+v`, `%(name)s`.
            let flags =
                view.skip(at + 1, 40, |byte| byte.is_ascii_alphabetic() || b"+#(_)".contains(&byte))?;
            let verb = b"sdvqrjoOif".contains(&view.before(flags));
            let short = flags <= at + 3 || view.at(at + 1)? == b'(';
            return Ok(flags > at + 1 && verb && short);
        }
        if self.kind == Kind::Password && matches!(view.at(at)?, b'/' | b'~') && self.least == 4 {
            return Ok(true); // pwd=/home
        }
        for open in [b"${".as_slice(), b"{{", b"#{"] {
            if view.has(at, open)? {
                let inner = at + open.len();
                let end = view.skip(inner, 96, |byte| is_name(byte) || b" :[]'{$".contains(&byte))?;
                return Ok(end > inner && view.at(end)? == b'}');
            }
        }
        Ok(false)
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
                rest = Until::Line { quoted: false };
            }
        }
        if let Some(len) = placeholder(view, from, self.labels)? {
            return Ok(Verdict::Keep { until: from + len, rest, list: None });
        }
        if matches!(
            view.at(from)?,
            0..=b' ' | b'"' | b'\'' | b'<' | b'{' | b'(' | b',' | b';' | b'}' | b']' | b')' | b'&'
        ) {
            return Ok(Verdict::Pass);
        }
        Ok(Verdict::Hide { from, kind, until: rest, wrap: None, list: None })
    }
}
