//! Conditions of a statement, and the context that a request gives them.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{MalformedPolicy, like, malformed, texts};

/// The condition keys of one request, with their values. Names are compared without regard to case.
#[derive(Clone, Debug, Default)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Sets a key to one value.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.0.insert(key.to_ascii_lowercase(), vec![value.into()]);
    }

    /// Sets a key to many values.
    pub fn set_all(&mut self, key: &str, values: Vec<String>) {
        self.0.insert(key.to_ascii_lowercase(), values);
    }

    fn values(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }
}

/// One line of a condition block: an operator, a key and the values it is compared with.
#[derive(Clone, Debug)]
pub struct Condition {
    quantifier: Quantifier,
    operator: Operator,
    if_exists: bool,
    key: String,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    One,
    ForAnyValue,
    ForAllValues,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Text { negated: bool, fold: bool, pattern: bool },
    Arn { negated: bool },
    Number(Comparison),
    Bool,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    pub(super) fn parse_all(operators: &Map<String, Value>) -> Result<Vec<Self>, MalformedPolicy> {
        let mut conditions = Vec::new();
        for (name, keys) in operators {
            let keys = keys.as_object().ok_or_else(|| malformed("a condition operator holds an object"))?;
            let (quantifier, rest) = match name.split_once(':') {
                None => (Quantifier::One, name.as_str()),
                Some(("ForAnyValue", rest)) => (Quantifier::ForAnyValue, rest),
                Some(("ForAllValues", rest)) => (Quantifier::ForAllValues, rest),
                Some(_) => return Err(malformed(format!("condition operator {name} is not supported"))),
            };
            let (rest, if_exists) =
                rest.strip_suffix("IfExists").map_or((rest, false), |operator| (operator, true));
            let operator = Operator::parse(rest)
                .ok_or_else(|| malformed(format!("condition operator {name} is not supported")))?;
            for (key, values) in keys {
                let values = texts(values)?;
                conditions.push(Self { quantifier, operator, if_exists, key: key.clone(), values });
            }
        }
        Ok(conditions)
    }

    /// Whether the condition holds for a request.
    #[must_use]
    pub fn holds(&self, context: &Context) -> bool {
        let actual = context.values(&self.key);
        if self.operator == Operator::Null {
            let wanted_absent = self.values.iter().any(|value| value == "true");
            return actual.is_none() == wanted_absent;
        }
        let Some(actual) = actual else {
            // An absent key satisfies the negated operators, "if it exists", and "for all of none".
            return self.if_exists
                || self.operator.is_negated()
                || self.quantifier == Quantifier::ForAllValues;
        };
        match self.quantifier {
            Quantifier::ForAllValues => actual.iter().all(|value| self.matches(value)),
            Quantifier::ForAnyValue => actual.iter().any(|value| self.matches(value)),
            Quantifier::One if self.operator.is_negated() => actual.iter().all(|value| self.matches(value)),
            Quantifier::One => actual.iter().any(|value| self.matches(value)),
        }
    }

    /// Whether one value of the request passes: it equals one of the wanted ones, or (negated) none of them.
    fn matches(&self, actual: &str) -> bool {
        let any = |test: &dyn Fn(&str) -> bool| self.values.iter().any(|wanted| test(wanted));
        match self.operator {
            Operator::Text { negated, fold, pattern } => {
                negated
                    != any(&|wanted| match (fold, pattern) {
                        (true, _) => wanted.to_lowercase() == actual.to_lowercase(),
                        (false, true) => like(wanted, actual),
                        (false, false) => wanted == actual,
                    })
            }
            Operator::Arn { negated } => negated != any(&|wanted| arn_like(wanted, actual)),
            Operator::Bool => any(&|wanted| wanted.eq_ignore_ascii_case(actual)),
            Operator::Number(Comparison::NotEqual) => {
                !any(&|wanted| Comparison::Equal.compares(actual, wanted))
            }
            Operator::Number(comparison) => any(&|wanted| comparison.compares(actual, wanted)),
            Operator::Null => false,
        }
    }
}

impl Operator {
    fn parse(name: &str) -> Option<Self> {
        let text = |negated, fold, pattern| Self::Text { negated, fold, pattern };
        Some(match name {
            "StringEquals" => text(false, false, false),
            "StringNotEquals" => text(true, false, false),
            "StringEqualsIgnoreCase" => text(false, true, false),
            "StringNotEqualsIgnoreCase" => text(true, true, false),
            "StringLike" => text(false, false, true),
            "StringNotLike" => text(true, false, true),
            "ArnEquals" | "ArnLike" => Self::Arn { negated: false },
            "ArnNotEquals" | "ArnNotLike" => Self::Arn { negated: true },
            "NumericEquals" => Self::Number(Comparison::Equal),
            "NumericNotEquals" => Self::Number(Comparison::NotEqual),
            "NumericLessThan" => Self::Number(Comparison::Less),
            "NumericLessThanEquals" => Self::Number(Comparison::LessOrEqual),
            "NumericGreaterThan" => Self::Number(Comparison::Greater),
            "NumericGreaterThanEquals" => Self::Number(Comparison::GreaterOrEqual),
            "Bool" => Self::Bool,
            "Null" => Self::Null,
            _ => return None,
        })
    }

    fn is_negated(self) -> bool {
        matches!(
            self,
            Self::Text { negated: true, .. }
                | Self::Arn { negated: true }
                | Self::Number(Comparison::NotEqual)
        )
    }
}

impl Comparison {
    fn compares(self, actual: &str, wanted: &str) -> bool {
        let (Ok(actual), Ok(wanted)) = (actual.parse::<f64>(), wanted.parse::<f64>()) else { return false };
        match self {
            Self::Equal => actual == wanted,
            Self::NotEqual => actual != wanted,
            Self::Less => actual < wanted,
            Self::LessOrEqual => actual <= wanted,
            Self::Greater => actual > wanted,
            Self::GreaterOrEqual => actual >= wanted,
        }
    }
}

/// Compares ARNs part by part: a wildcard does not reach over a colon into another part.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (pattern, arn): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    pattern.len() == 6
        && arn.len() == 6
        && pattern.iter().zip(&arn).all(|(pattern, part)| like(pattern, part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(block: Value, context: &[(&str, &[&str])]) -> bool {
        let mut keys = Context::default();
        for (key, values) in context {
            keys.set_all(key, values.iter().map(|value| (*value).to_owned()).collect());
        }
        let Value::Object(block) = block else { panic!("an object") };
        Condition::parse_all(&block).expect("conditions").iter().all(|condition| condition.holds(&keys))
    }

    #[test]
    fn absent_keys() {
        assert!(!holds(json!({"StringEquals": {"k": "a"}}), &[]));
        assert!(holds(json!({"StringEqualsIfExists": {"k": "a"}}), &[]));
        assert!(holds(json!({"StringNotEquals": {"k": "a"}}), &[]));
        assert!(holds(json!({"Null": {"k": "true"}}), &[]));
        assert!(!holds(json!({"Null": {"k": "false"}}), &[]));
        assert!(!holds(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), &[]));
        assert!(holds(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": true}}), &[]));
        assert!(!holds(json!({"ForAnyValue:StringEquals": {"k": "a"}}), &[]));
        assert!(holds(json!({"ForAllValues:StringEquals": {"k": "a"}}), &[]));
    }

    #[test]
    fn values_are_compared_in_their_kind() {
        assert!(holds(json!({"StringEquals": {"K": ["a", "b"]}}), &[("k", &["b"])]));
        assert!(!holds(json!({"StringNotEquals": {"k": ["a", "b"]}}), &[("k", &["b"])]));
        assert!(holds(json!({"StringLike": {"k": "repo:x/*:ref"}}), &[("k", &["repo:x/y:ref"])]));
        assert!(holds(json!({"NumericLessThan": {"k": "300"}}), &[("k", &["299"])]));
        assert!(!holds(json!({"NumericLessThan": {"k": 300}}), &[("k", &["300"])]));
        assert!(!holds(json!({"NumericLessThan": {"k": "300"}}), &[("k", &["x"])]));
        let arn = "arn:aws:iam::123456789012:user/a";
        assert!(holds(json!({"ArnLike": {"k": "arn:aws:iam::*:user/*"}}), &[("k", &[arn])]));
        assert!(!holds(json!({"ArnLike": {"k": "arn:aws:*:user/*"}}), &[("k", &[arn])]));
        assert!(!holds(json!({"ForAllValues:StringEquals": {"k": ["a", "b"]}}), &[("k", &["a", "c"])]));
        assert!(holds(json!({"ForAnyValue:StringEquals": {"k": ["a", "b"]}}), &[("k", &["a", "c"])]));
    }
}
