//! A compiled query, evaluated over one row with SQL's three answers: true, false, and unknown for a
//! row without a value. Never fails: what cannot be compared was refused when the query was compiled.

use std::cmp::Ordering;

use super::attribute::Field;
use super::row::{Row, Value};

/// A condition on a row.
#[derive(Debug, PartialEq)]
pub(super) enum Predicate {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare {
        field: Field,
        comparison: Comparison,
        value: Value,
    },
    In {
        field: Field,
        negated: bool,
        values: Vec<Value>,
    },
    Between {
        field: Field,
        negated: bool,
        from: Value,
        to: Value,
    },
    StartsWith {
        field: Field,
        negated: bool,
        prefix: Value,
    },
    Null {
        field: Field,
        negated: bool,
    },
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Predicate {
    /// Whether the row is among the answers.
    pub(super) fn accepts(&self, row: &Row) -> bool {
        self.evaluate(row) == Some(true)
    }

    fn evaluate(&self, row: &Row) -> Option<bool> {
        match self {
            Self::All(parts) => and(parts.iter().map(|part| part.evaluate(row))),
            Self::Any(parts) => {
                and(parts.iter().map(|part| not(part.evaluate(row)))).map(|none| !none)
            }
            Self::Not(inner) => not(inner.evaluate(row)),
            Self::Compare {
                field,
                comparison,
                value,
            } => compare(row.value(field).as_deref(), *comparison, value),
            Self::In {
                field,
                negated,
                values,
            } => {
                let found = row.value(field);
                let any = and(values
                    .iter()
                    .map(|value| compare(found.as_deref(), Comparison::NotEqual, value)));
                if *negated { any } else { not(any) }
            }
            Self::Between {
                field,
                negated,
                from,
                to,
            } => {
                let found = row.value(field);
                let inside = and([
                    compare(found.as_deref(), Comparison::GreaterOrEqual, from),
                    compare(found.as_deref(), Comparison::LessOrEqual, to),
                ]);
                if *negated { not(inside) } else { inside }
            }
            Self::StartsWith {
                field,
                negated,
                prefix,
            } => match (&*row.value(field)?, prefix) {
                (Value::Keyword(found), Value::Keyword(prefix)) => {
                    Some(found.starts_with(prefix) != *negated)
                }
                _ => None,
            },
            Self::Null { field, negated } => Some(row.value(field).is_none() != *negated),
        }
    }
}

/// False as soon as one is false; unknown if one is unknown.
fn and(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

fn not(answer: Option<bool>) -> Option<bool> {
    answer.map(|answer| !answer)
}

fn compare(found: Option<&Value>, comparison: Comparison, wanted: &Value) -> Option<bool> {
    // Words and lists are found in an index of their own, where a row without them simply is not.
    let contained = match (found, wanted) {
        (Some(Value::Text(text)), Value::Text(words)) => Some(has_one_of(text, words)),
        (Some(Value::Keywords(list)), Value::Keywords(any)) => {
            Some(any.iter().any(|keyword| list.contains(keyword)))
        }
        (None, Value::Text(_) | Value::Keywords(_)) => Some(false),
        _ => None,
    };
    if let Some(contained) = contained {
        return Some(contained == (comparison == Comparison::Equal));
    }
    let ordering = order(found?, wanted)?;
    Some(match comparison {
        Comparison::Equal => ordering == Ordering::Equal,
        Comparison::NotEqual => ordering != Ordering::Equal,
        Comparison::Less => ordering == Ordering::Less,
        Comparison::LessOrEqual => ordering != Ordering::Greater,
        Comparison::Greater => ordering == Ordering::Greater,
        Comparison::GreaterOrEqual => ordering != Ordering::Less,
    })
}

fn order(found: &Value, wanted: &Value) -> Option<Ordering> {
    match (found, wanted) {
        (Value::Keyword(a), Value::Keyword(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) => {
            number(found)?.partial_cmp(&number(wanted)?)
        }
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a comparison with a fraction is one of floating-point numbers"
        )]
        Value::Int(value) => Some(*value as f64),
        Value::Double(value) => Some(*value),
        _ => None,
    }
}

/// Whether the text has one of the words; a word with punctuation stands for its parts in a row.
fn has_one_of(text: &str, words: &str) -> bool {
    let text = parts(text);
    words.split_whitespace().map(parts).any(|phrase| {
        !phrase.is_empty() && text.windows(phrase.len()).any(|window| window == phrase)
    })
}

fn parts(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect()
}
