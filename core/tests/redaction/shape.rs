//! JSON as it is written: members of an object in their order, those with one name too. A map would lose the second of
//! two keys that became one when they were hidden.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value.
#[derive(Debug, PartialEq)]
pub(crate) enum Shape {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Shape>),
    Object(Vec<(String, Shape)>),
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Shape, E> {
        Ok(Shape::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
        Ok(Shape::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Shape, E> {
        Ok(Shape::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Shape, E> {
        Ok(Shape::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Shape::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Shape, A::Error> {
        let mut all = Vec::new();
        while let Some(member) = members.next_entry()? {
            all.push(member);
        }
        Ok(Shape::Object(all))
    }
}

/// Whether a text is what it was, or has a label in it.
fn redacted(was: &str, is: &str) -> bool {
    let name = |text: &str, close: &str| {
        text.split_once(close).is_some_and(|(name, _)| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        })
    };
    was == is
        || is.split('[').skip(1).any(|rest| name(rest, "]"))
        || is.split("%5B").skip(1).any(|rest| name(rest, "%5D"))
}

/// Whether nothing differs but texts that hold a label now, names among them, and numbers that became one.
pub(crate) fn same_shape(was: &Shape, is: &Shape) -> bool {
    match (was, is) {
        (Shape::List(was), Shape::List(is)) => {
            was.len() == is.len() && was.iter().zip(is).all(|(was, is)| same_shape(was, is))
        }
        (Shape::Object(was), Shape::Object(is)) => {
            let same = |((old, was), (new, is)): (&(String, Shape), &(String, Shape))| {
                redacted(old, new) && same_shape(was, is)
            };
            was.len() == is.len() && was.iter().zip(is).all(same)
        }
        (Shape::Text(was), Shape::Text(is)) => redacted(was, is),
        (Shape::Number(_), Shape::Text(is)) => is.starts_with('[') && is.ends_with(']') && redacted("", is),
        _ => was == is,
    }
}
