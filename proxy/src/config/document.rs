//! A configuration as it was written: what kind of thing stands where, but no value, since some are secret.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::json;

/// A value and where it stands, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Names, where they stand, and what is under them.
    Table(Vec<(String, Range<usize>, Node)>),
    Array(Vec<Node>),
    Text,
    Integer,
    Float,
    Boolean,
    Time,
    Null,
}

impl Kind {
    /// As JSON schemas call it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Table(_) => "object",
            Self::Array(_) => "array",
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Float => "number",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Null => "null",
        }
    }
}

/// The two ways of writing one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Toml,
    Json,
}

impl Syntax {
    /// A configuration in JSON is one object; nothing in TOML begins so.
    pub(super) fn of(text: &str) -> Self {
        if text.trim_start().starts_with('{') { Self::Json } else { Self::Toml }
    }
}

/// What cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) at: usize,
    pub(super) why: String,
}

impl Node {
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, Vec<Unreadable>> {
        match syntax {
            Syntax::Json => json::parse(text).map_err(|why| vec![why]),
            Syntax::Toml => match DeTable::parse_recoverable(text) {
                (table, errors) if errors.is_empty() => Ok(table_node(table.get_ref(), table.span())),
                (_, errors) => Err(errors.iter().map(unreadable).collect()),
            },
        }
    }

    /// Where the value of a key such as `application[0].role[1].name` stands, or the nearest thing around it.
    pub(super) fn locate(&self, key: &str) -> usize {
        let mut node = self;
        let mut at = self.span.start;
        for step in key.split('.').flat_map(|part| part.split('[')) {
            let found = match (&node.kind, step.strip_suffix(']')) {
                (Kind::Array(items), Some(index)) => {
                    let item = index.parse().ok().and_then(|index: usize| items.get(index));
                    item.map(|item| (item.span.start, item))
                }
                (Kind::Table(members), None) => {
                    let member = members.iter().find(|(name, ..)| name == step);
                    member.map(|(_, span, value)| (span.start, value))
                }
                _ => None,
            };
            let Some((start, next)) = found else { break };
            (at, node) = (start, next);
        }
        at
    }
}

fn table_node(table: &DeTable<'_>, span: Range<usize>) -> Node {
    let mut members: Vec<_> = table
        .iter()
        .map(|(name, value)| (name.get_ref().to_string(), name.span(), value_node(value)))
        .collect();
    members.sort_by_key(|(_, span, _)| span.start);
    Node { span, kind: Kind::Table(members) }
}

fn value_node(value: &Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let kind = match value.get_ref() {
        DeValue::Table(table) => return table_node(table, span),
        DeValue::Array(items) => Kind::Array(items.iter().map(value_node).collect()),
        DeValue::String(_) => Kind::Text,
        DeValue::Integer(_) => Kind::Integer,
        DeValue::Float(_) => Kind::Float,
        DeValue::Boolean(_) => Kind::Boolean,
        DeValue::Datetime(_) => Kind::Time,
    };
    Node { span, kind }
}

/// The parser's word, but never what it stumbled over: that may be a secret.
fn unreadable(error: &toml::de::Error) -> Unreadable {
    let why = error.message().lines().next().unwrap_or("not toml");
    let why = why.split(": string \"").next().unwrap_or(why);
    Unreadable { at: error.span().map_or(0, |span| span.start), why: awsaccess::redact::text(why) }
}

/// Line and column, both from one; columns are characters.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_either_syntax() {
        let toml = "a = 1\n[[b]]\nc = [\"x\", \"y\"]\n\n[[b]]\n  d.e = true\n";
        let node = Node::parse(toml, Syntax::of(toml)).unwrap();
        let at = |key: &str| position(toml, node.locate(key));
        assert_eq!(at("a"), (1, 1));
        assert_eq!(at("b[0].c[1]"), (3, 11));
        assert_eq!(at("b[1].d.e"), (6, 5));
        assert_eq!(at("b[1].nothing"), (5, 1), "what is around it");
        assert_eq!(at("nothing"), (1, 1));
        let json = "{\n \"a\": 1,\n \"b\": [{\"c\": [\"é\", \"y\"]}, {\"d\": {\"e\": true}}]\n}";
        let node = Node::parse(json, Syntax::of(json)).unwrap();
        let at = |key: &str| position(json, node.locate(key));
        assert_eq!(at("a"), (2, 2));
        assert_eq!(at("b[0].c[1]"), (3, 20));
        assert_eq!(at("b[1].d.e"), (3, 34));
    }
}
