//! Templates over what is known of a subject: `{{…}}` in ARNs of roles, session names and tags.
//!
//! | in the braces | what it gives |
//! |---|---|
//! | `external.team`, `external["https://…/team"]` | the values of a trait that the placeholder key says |
//! | `internal.team` | those that the configuration says, of the subject or its groups |
//! | `subject`, `application`, `role`, `session` | what the key is for |
//! | `email.local(x)` | what stands before the `@` of each value; values without one are dropped |
//! | `regexp.replace(x, "re", "repl")` | each value in which the expression is found, all finds replaced; others are dropped |

mod expression;

use std::fmt;

use thiserror::Error;

use super::{ArnPattern, Identity, RoleArn, Traits};
use expression::Expression;

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the template '{text}' {why}")]
pub struct TemplateError {
    text: String,
    why: String,
}

/// What a template is filled in from.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) who: &'a Identity,
    pub(super) internal: &'a Traits,
}

/// A text with any number of `{{…}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Value(Expression),
}

/// The longest template.
const LONGEST: usize = 2048;

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let wrong = |why: &str| TemplateError { text: text.chars().take(200).collect(), why: why.into() };
        if text.len() > LONGEST {
            return Err(wrong("is longer than 2048 bytes"));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inner, behind) = expression::close(after).ok_or_else(|| wrong("has a {{ without its }}"))?;
            literal(before, &mut parts).map_err(&wrong)?;
            parts.push(Part::Value(Expression::parse(inner).map_err(|why| wrong(&why))?));
            rest = behind;
        }
        literal(rest, &mut parts).map_err(wrong)?;
        Ok(Self { text: text.to_owned(), parts })
    }

    /// Whether it is the same for every subject of a role.
    pub(super) fn is_shared(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Value(value) if value.tells_people_apart()))
    }

    /// What stands outside of the braces.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Value(_) => None,
        })
    }

    /// The pieces filled in, literal ones marked; each expression must have one value.
    pub(super) fn pieces(&self, known: Known<'_>) -> Result<Vec<(bool, String)>, &'static str> {
        let piece = |part: &Part| match part {
            Part::Literal(text) => Ok((true, text.clone())),
            Part::Value(expression) => {
                let mut values = expression.values(known).into_iter();
                match (values.next(), values.next()) {
                    (Some(value), None) => Ok((false, value)),
                    (None, _) => Err("has no value"),
                    (Some(_), Some(_)) => Err("has more than one value"),
                }
            }
        };
        self.parts.iter().map(piece).collect()
    }

    /// Filled in; each expression must have one value.
    pub(super) fn fill(&self, known: Known<'_>) -> Result<String, &'static str> {
        Ok(self.pieces(known)?.into_iter().map(|(_, text)| text).collect())
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn literal(text: &str, parts: &mut Vec<Part>) -> Result<(), &'static str> {
    if text.contains("}}") {
        return Err("has a }} without its {{");
    }
    if !text.is_empty() {
        parts.push(Part::Literal(text.to_owned()));
    }
    Ok(())
}

/// The ARN of a role, or a pattern of such ARNs, with one `{{…}}` whose values fan out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ArnTemplate {
    text: String,
    before: String,
    value: Expression,
    after: String,
    place: Place,
}

/// Where in the ARN the value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the whole ARN.
    Whole,
    /// The partition or the account.
    Field,
    /// What follows the last colon.
    Resource,
}

/// A value that makes no ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoArn;

impl ArnTemplate {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let wrong = |why: &str| TemplateError { text: text.chars().take(200).collect(), why: why.into() };
        let mut parts = Template::parse(text.trim())?.parts.into_iter().peekable();
        let before = match parts.next_if(|part| matches!(part, Part::Literal(_))) {
            Some(Part::Literal(text)) => text,
            _ => String::new(),
        };
        let Some(Part::Value(value)) = parts.next() else { return Err(wrong("has no {{…}}")) };
        let after = match parts.next() {
            None => String::new(),
            Some(Part::Literal(text)) if parts.peek().is_none() => text,
            _ => return Err(wrong("has more than one {{…}}, which would be combined in every way")),
        };
        let place = match (before.as_str(), before.matches(':').count()) {
            ("", _) if after.is_empty() => Place::Whole,
            (_, 1 | 4) => Place::Field,
            (_, 5) => Place::Resource,
            _ => {
                let why = "has its {{…}} where no role's arn differs: it may be the whole arn, the partition, the \
                           account, or in the name";
                return Err(wrong(why));
            }
        };
        let found = Self { text: text.to_owned(), before, value, after, place };
        // Some value that would do must do, or none ever will.
        let fits = |value: &str| found.pattern(value).is_ok();
        let samples = ["aws", "123456789012", "arn:aws:iam::123456789012:role/x", "role/x", "x"];
        let digits = (1..12).any(|count| fits(&"1".repeat(count)));
        if samples.into_iter().any(fits) || digits {
            Ok(found)
        } else {
            Err(wrong("gives the arn of a role for no value (arn:aws:iam::123456789012:role/name)"))
        }
    }

    /// An ARN or a pattern for each value; none, where there is no value.
    pub(super) fn patterns(&self, known: Known<'_>) -> Vec<Result<ArnPattern, NoArn>> {
        self.value.values(known).iter().map(|value| self.pattern(value)).collect()
    }

    fn pattern(&self, value: &str) -> Result<ArnPattern, NoArn> {
        let barred: &[char] = match self.place {
            Place::Whole => &['*'],
            Place::Field => &['*', ':', '/'],
            Place::Resource => &['*', ':'],
        };
        if value.is_empty() || value.contains(barred) {
            return Err(NoArn);
        }
        let whole = format!("{}{value}{}", self.before, self.after);
        if !whole.contains('*') {
            RoleArn::parse(&whole).map_err(|_| NoArn)?;
        }
        ArnPattern::parse(&whole).map_err(|_| NoArn)
    }
}

impl fmt::Display for ArnTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
