//! What stands in the braces of a template.

use regex_lite::{Regex, RegexBuilder};

use super::Known;

/// How deep functions may be nested.
const DEEPEST: usize = 4;
/// The most bytes that a compiled regular expression may take.
const REGEX_SIZE: usize = 64 << 10;
/// The longest value that a replacement may give.
const LONGEST: usize = 2048;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    Subject,
    Application,
    Role,
    Session,
    External(String),
    Internal(String),
    EmailLocal(Box<Expression>),
    Replace(Box<Expression>, Pattern, String),
}

/// A regular expression; two are equal if their texts are.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}

impl Expression {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text.trim() };
        let found = reader.expression(0)?;
        match reader.rest.trim_start() {
            "" => Ok(found),
            rest => Err(format!("has '{rest}' after the end of what stands in the braces")),
        }
    }

    /// Its values, each once, in order; none, where nothing is known.
    pub(super) fn values(&self, known: Known<'_>) -> Vec<String> {
        let who = known.who;
        let found: Vec<String> = match self {
            Self::Subject => vec![(*who.subject).to_owned()],
            Self::Application => vec![(*who.application).to_owned()],
            Self::Role => vec![(*who.role).to_owned()],
            Self::Session => who.session.iter().map(|session| (**session).to_owned()).collect(),
            Self::External(name) => who.traits.values(name).to_vec(),
            Self::Internal(name) => known.internal.values(name).to_vec(),
            Self::EmailLocal(of) => of.values(known).iter().filter_map(|value| email_local(value)).collect(),
            Self::Replace(of, pattern, by) => {
                let replaced = |value: &String| {
                    pattern.0.is_match(value).then(|| pattern.0.replace_all(value, by.as_str()).into_owned())
                };
                of.values(known).iter().filter_map(replaced).filter(|value| value.len() <= LONGEST).collect()
            }
        };
        let mut once: Vec<String> = Vec::with_capacity(found.len());
        for value in found {
            if !value.is_empty() && !once.contains(&value) {
                once.push(value);
            }
        }
        once
    }

    /// Whether it can differ between two subjects of one role.
    pub(super) fn tells_people_apart(&self) -> bool {
        match self {
            Self::Application | Self::Role => false,
            Self::Subject | Self::Session | Self::External(_) | Self::Internal(_) => true,
            Self::EmailLocal(of) | Self::Replace(of, ..) => of.tells_people_apart(),
        }
    }
}

/// What stands before the one `@` of an address.
fn email_local(address: &str) -> Option<String> {
    let (local, domain) = address.split_once('@')?;
    let sound = !local.is_empty() && !domain.is_empty() && !domain.contains('@');
    sound.then(|| local.to_owned())
}

/// Splits at the `}}` that ends the braces; one within quotes does not.
pub(super) fn close(text: &str) -> Option<(&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted && text.get(at..)?.starts_with("}}") => {
                return Some((text.get(..at)?, text.get(at + 2..)?));
            }
            _ => {}
        }
    }
    None
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn expression(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEEPEST {
            return Err(format!("nests functions more than {DEEPEST} deep"));
        }
        let name = self.name();
        match name.as_str() {
            "subject" => Ok(Expression::Subject),
            "application" => Ok(Expression::Application),
            "role" => Ok(Expression::Role),
            "session" => Ok(Expression::Session),
            "email.local" => {
                self.expect('(')?;
                let of = self.expression(depth + 1)?;
                self.expect(')')?;
                Ok(Expression::EmailLocal(Box::new(of)))
            }
            "regexp.replace" => {
                self.expect('(')?;
                let of = self.expression(depth + 1)?;
                self.expect(',')?;
                let pattern = self.quoted()?;
                self.expect(',')?;
                let by = self.quoted()?;
                self.expect(')')?;
                let regex = RegexBuilder::new(&pattern).size_limit(REGEX_SIZE).nest_limit(20).build();
                let regex = regex.map_err(|why| format!("has a regular expression that is none: {why}"))?;
                Ok(Expression::Replace(Box::new(of), Pattern(regex), by))
            }
            "external" | "internal" if self.eat('[') => {
                let key = self.quoted()?;
                self.expect(']')?;
                Ok(trait_of(&name, key))
            }
            _ => match name.split_once('.') {
                Some((from @ ("external" | "internal"), key)) if !key.is_empty() && !key.contains('.') => {
                    Ok(trait_of(from, key.to_owned()))
                }
                _ => Err(format!(
                    "names '{name}'; there are external.<trait>, internal.<trait>, subject, application, role, \
                     session, email.local(…) and regexp.replace(…, \"…\", \"…\")"
                )),
            },
        }
    }

    fn name(&mut self) -> String {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c)));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        name.to_owned()
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.eat(wanted) { Ok(()) } else { Err(format!("lacks a '{wanted}'")) }
    }

    /// A text in quotes; a backslash takes the meaning from a quote and is kept before all else, so that regular
    /// expressions are written as they are.
    fn quoted(&mut self) -> Result<String, String> {
        self.expect('"')?;
        let mut text = String::new();
        let mut chars = self.rest.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => {
                    self.rest = chars.as_str();
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some('"') => text.push('"'),
                    Some(c) => text.extend(['\\', c]),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err("has a text without its closing quote".to_owned())
    }
}

fn trait_of(from: &str, key: String) -> Expression {
    if from == "external" { Expression::External(key) } else { Expression::Internal(key) }
}
