//! Whether a configuration has the shape that the schema says, all faults at once.

use std::sync::LazyLock;

use serde_json::Value;

use super::document::{Kind, Node};

/// The schema of a configuration: JSON Schema of 2020-12, made of the types of `file.rs` and kept in step by a test.
pub(crate) const SCHEMA: &str = include_str!("../../gateway.schema.json");

static READ: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(SCHEMA).unwrap_or_default());

/// What does not fit, and where.
pub(super) struct Misfit {
    pub(super) at: usize,
    pub(super) key: String,
    pub(super) why: String,
}

pub(super) fn check(node: &Node) -> Vec<Misfit> {
    let mut found = Vec::new();
    visit(node, &READ, "", &mut found);
    found
}

/// The same of one thing that the schema has a name for.
pub(super) fn check_as(node: &Node, name: &str) -> Vec<Misfit> {
    let mut found = Vec::new();
    match READ.pointer(&format!("/$defs/{name}")) {
        Some(schema) => visit(node, schema, "", &mut found),
        None => found.push(Misfit { at: 0, key: String::new(), why: format!("no {name} is known") }),
    }
    found
}

fn visit(node: &Node, schema: &Value, key: &str, found: &mut Vec<Misfit>) {
    let Some(schema) = choose(node, schema) else {
        let wanted = wanted(schema);
        let why = format!("{} is wanted, and there is {}", words(&wanted), article(node.kind.name()));
        found.push(Misfit { at: node.span.start, key: key.to_owned(), why });
        return;
    };
    match &node.kind {
        Kind::Table(members) => {
            let known = schema.get("properties").and_then(Value::as_object);
            let names = || known.into_iter().flat_map(|known| known.keys()).map(String::as_str);
            for (name, span, value) in members {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                match (known.and_then(|known| known.get(name)), schema.get("additionalProperties")) {
                    (Some(schema), _) => visit(value, schema, &key, found),
                    (None, Some(schema @ Value::Object(_))) => visit(value, schema, &key, found),
                    (None, Some(Value::Bool(true))) => {}
                    (None, _) => {
                        let hint = match nearest(name, names()) {
                            Some(near) => format!("did you mean '{near}'?"),
                            None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
                        };
                        let why = format!("there is no key of this name; {hint}");
                        found.push(Misfit { at: span.start, key, why });
                    }
                }
            }
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            for name in required.filter_map(Value::as_str) {
                if !members.iter().any(|(own, ..)| own == name) {
                    let key = if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
                    found.push(Misfit { at: node.span.start, key, why: "is missing".to_owned() });
                }
            }
        }
        Kind::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (n, item) in items.iter().enumerate() {
                    visit(item, schema, &format!("{key}[{n}]"), found);
                }
            }
        }
        _ => {}
    }
}

/// The schema that is meant for a value of that kind.
fn choose<'a>(node: &Node, schema: &'a Value) -> Option<&'a Value> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return choose(node, READ.pointer(name.trim_start_matches('#'))?);
    }
    if let Some(any) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        return any.iter().find_map(|one| choose(node, one));
    }
    let own = node.kind.name();
    let fits = |name: &str| name == own || (name == "number" && own == "integer");
    match schema.get("type") {
        Some(Value::String(name)) => fits(name).then_some(schema),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(fits).then_some(schema),
        _ => Some(schema),
    }
}

/// The kinds that would do.
fn wanted(schema: &Value) -> Vec<&str> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return READ.pointer(name.trim_start_matches('#')).map(wanted).unwrap_or_default();
    }
    let any = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    if let Some(any) = any {
        return any.iter().flat_map(wanted).filter(|name| *name != "null").collect();
    }
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect()
        }
        _ => Vec::new(),
    }
}

fn words(kinds: &[&str]) -> String {
    kinds.iter().map(|kind| article(kind)).collect::<Vec<_>>().join(" or ")
}

const fn article(kind: &str) -> &'static str {
    match kind.as_bytes() {
        b"object" => "a table",
        b"array" => "a list",
        b"string" => "a text in quotes",
        b"integer" => "a whole number",
        b"number" => "a number",
        b"boolean" => "true or false",
        b"time" => "a time without quotes",
        b"null" => "null",
        _ => "something else",
    }
}

/// The known name that a mistyped one is most likely to be.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|other| (distance(name, other), other)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, other)| *distance <= 1 + other.chars().count() / 4).map(|(_, other)| other)
}

/// The number of letters to put in, take out or change.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, a) in one.chars().take(64).enumerate() {
        let mut before = n;
        if let Some(first) = row.first_mut() {
            *first = n + 1;
        }
        for (m, b) in other.iter().enumerate() {
            let change = before + usize::from(a != *b);
            before = row[m + 1];
            row[m + 1] = change.min(before + 1).min(row[m] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name() {
        let known = ["application", "subject", "role", "listen"];
        let near = |name: &str| nearest(name, known.into_iter());
        assert_eq!(near("aplication"), Some("application"));
        assert_eq!(near("applications"), Some("application"));
        assert_eq!(near("rol"), Some("role"));
        assert_eq!(near("listne"), Some("listen"));
        assert_eq!(near("frobnicate"), None);
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("abc", "abc")), (3, 3, 0));
    }
}
