//! Judges a parsed List Filter by the attributes of a namespace, and makes a predicate of it. What
//! the service does not support is refused with the reference's own words, never ignored.

use super::QueryError;
use super::attribute::{Attributes, DIVISION, Field, ValueType};
use super::moment::{Moment, parse_duration};
use super::parser;
use super::predicate::{Comparison, Predicate};
use super::row::{Value, status_from_name, status_from_number};
use super::syntax::{Expr, Literal};
use crate::engine::schedule::ID_PREFIX as SCHEDULE_PREFIX;

/// A query that is legal for its namespace.
#[derive(Debug)]
pub(crate) struct Query {
    pub(super) predicate: Predicate,
    pub(super) group_by: Option<Field>,
    /// The attributes that it names, as it spells them.
    columns: Vec<String>,
}

impl Query {
    /// Parses and judges a query.
    pub(crate) fn new(query: &str, attributes: &Attributes) -> Result<Self, QueryError> {
        Self::within(query, attributes, None)
    }

    /// The same for the rows of one division of system features; `ScheduleId` there is the id without its prefix.
    pub(crate) fn in_division(
        query: &str,
        attributes: &Attributes,
        division: &str,
    ) -> Result<Self, QueryError> {
        Self::within(query, attributes, Some(division))
    }

    fn within(
        query: &str,
        attributes: &Attributes,
        division: Option<&str>,
    ) -> Result<Self, QueryError> {
        let statement = parser::parse(query)?;
        if statement.limit {
            return Err(QueryError::unsupported("'LIMIT' clause"));
        }
        let mut compiler = Compiler {
            attributes,
            names_division: false,
            schedules: division.is_some(),
            columns: Vec::new(),
        };
        let mut predicates = Vec::new();
        if let Some(filter) = &statement.filter {
            predicates.push(compiler.condition(filter)?);
        }
        let group_by = compiler.group_by(&statement.group_by)?;
        compiler.order_by(&statement.order_by)?;
        let field = Field::Carried(DIVISION.to_owned());
        match division {
            Some(division) => predicates.push(Predicate::Compare {
                field,
                comparison: Comparison::Equal,
                value: Value::Keyword(division.to_owned()),
            }),
            None if compiler.names_division => {}
            None => predicates.push(Predicate::Null {
                field,
                negated: false,
            }),
        }
        Ok(Self {
            predicate: Predicate::All(predicates),
            group_by,
            columns: compiler.columns,
        })
    }

    /// The attributes that the query names, as it spells them.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }
}

/// An attribute as a query names it.
struct Column {
    name: String,
    field: Field,
    kind: ValueType,
    /// What stands before each value.
    prefix: &'static str,
}

struct Compiler<'a> {
    attributes: &'a Attributes,
    names_division: bool,
    /// Whether schedules are searched, not workflows.
    schedules: bool,
    columns: Vec<String>,
}

impl Compiler<'_> {
    fn condition(&mut self, expr: &Expr) -> Result<Predicate, QueryError> {
        match expr {
            Expr::Paren(inner) => self.condition(inner),
            Expr::Not(inner) => Ok(Predicate::Not(Box::new(self.condition(inner)?))),
            Expr::And(parts) => Ok(Predicate::All(self.conditions(parts)?)),
            Expr::Or(parts) => Ok(Predicate::Any(self.conditions(parts)?)),
            Expr::Compare {
                operator,
                left,
                right,
            } => self.comparison(operator, left, right),
            Expr::Range {
                negated,
                left,
                from,
                to,
            } => self.range(*negated, left, from, to),
            Expr::Is { left, null } => {
                let Column { field, .. } = self.column(left)?;
                let Some(null) = null else {
                    return Err(QueryError::invalid(
                        "'IS' operator can only be used as 'IS NULL' or 'IS NOT NULL'",
                    ));
                };
                Ok(Predicate::Null {
                    field,
                    negated: !null,
                })
            }
            Expr::Function => Err(QueryError::unsupported("function expression")),
            Expr::Column(_) => Err(QueryError::invalid("incomplete expression")),
            other => Err(QueryError::unsupported(format!(
                "expression of type {}",
                other.kind()
            ))),
        }
    }

    fn conditions(&mut self, parts: &[Expr]) -> Result<Vec<Predicate>, QueryError> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn column(&mut self, expr: &Expr) -> Result<Column, QueryError> {
        let Expr::Column(name) = expr else {
            return Err(QueryError::invalid(format!(
                "must be a column name but was {}",
                expr.kind()
            )));
        };
        let name = name.replace('`', "");
        let Some((field, kind)) = self.attributes.resolve(&name) else {
            return Err(QueryError::new(format!("invalid search attribute: {name}")));
        };
        self.names_division |= matches!(&field, Field::Carried(carried) if carried == DIVISION);
        self.columns.push(name.clone());
        let prefix = if self.schedules && name == "ScheduleId" && field == Field::WorkflowId {
            SCHEDULE_PREFIX
        } else {
            ""
        };
        Ok(Column {
            name,
            field,
            kind,
            prefix,
        })
    }

    fn comparison(
        &mut self,
        operator: &str,
        left: &Expr,
        right: &Expr,
    ) -> Result<Predicate, QueryError> {
        let column = self.column(left)?;
        let values = operands(right, &column)?;
        let unsupported = || {
            let (kind, name, operator) =
                (column.kind.name(), &column.name, operator.to_uppercase());
            QueryError::unsupported(format!(
                "operator '{operator}' not supported for {kind} type search attribute '{name}'"
            ))
        };
        let field = column.field.clone();
        if operator.ends_with("in") {
            return match column.kind {
                ValueType::Text => Err(unsupported()),
                _ => Ok(Predicate::In {
                    field,
                    negated: operator != "in",
                    values,
                }),
            };
        }
        let Ok([value]) = <[Value; 1]>::try_from(values) else {
            return Err(QueryError::invalid(format!(
                "operator '{operator}' takes one value, not a list"
            )));
        };
        let comparison = match (operator, column.kind) {
            ("=", _) => Comparison::Equal,
            ("!=", _) => Comparison::NotEqual,
            ("starts_with" | "not starts_with", ValueType::Keyword) => {
                return Ok(Predicate::StartsWith {
                    field,
                    negated: operator != "starts_with",
                    prefix: value,
                });
            }
            (_, ValueType::KeywordList | ValueType::Text) => return Err(unsupported()),
            ("<", _) => Comparison::Less,
            ("<=", _) => Comparison::LessOrEqual,
            (">", _) => Comparison::Greater,
            (">=", _) => Comparison::GreaterOrEqual,
            _ => return Err(unsupported()),
        };
        Ok(Predicate::Compare {
            field,
            comparison,
            value,
        })
    }

    fn range(
        &mut self,
        negated: bool,
        left: &Expr,
        from: &Expr,
        to: &Expr,
    ) -> Result<Predicate, QueryError> {
        let column = self.column(left)?;
        if matches!(
            column.kind,
            ValueType::Bool | ValueType::Text | ValueType::KeywordList
        ) {
            let (name, kind) = (&column.name, column.kind.name());
            let what =
                format!("cannot do range condition on search attribute '{name}' of type {kind}");
            return Err(QueryError::invalid(what));
        }
        let bounds = (operand(from, &column)?, operand(to, &column)?);
        Ok(Predicate::Between {
            field: column.field,
            negated,
            from: bounds.0,
            to: bounds.1,
        })
    }

    fn group_by(&mut self, columns: &[Expr]) -> Result<Option<Field>, QueryError> {
        if columns.len() > 1 {
            return Err(QueryError::unsupported(
                "'GROUP BY' clause supports only a single field",
            ));
        }
        let Some(column) = columns.first() else {
            return Ok(None);
        };
        let Column { name, field, .. } = self.column(column)?;
        match &field {
            Field::ExecutionStatus => Ok(Some(field)),
            Field::Carried(carried) if carried == DIVISION => Ok(Some(field)),
            _ => {
                let what =
                    format!("'GROUP BY' clause is not supported for search attribute {name}");
                Err(QueryError::unsupported(what))
            }
        }
    }

    /// Rows have one order; asking for another is refused, as the reference's SQL stores do.
    fn order_by(&mut self, columns: &[Expr]) -> Result<(), QueryError> {
        for column in columns {
            if self.column(column)?.kind == ValueType::Text {
                return Err(QueryError::unsupported(
                    "unable to sort by search attribute type Text",
                ));
            }
        }
        if columns.is_empty() {
            Ok(())
        } else {
            Err(QueryError::unsupported("'ORDER BY' clause"))
        }
    }
}

/// The values on the right of a comparison: those of a list, or one.
fn operands(expr: &Expr, column: &Column) -> Result<Vec<Value>, QueryError> {
    match expr {
        Expr::Tuple(items) => items.iter().map(|item| operand(item, column)).collect(),
        single => Ok(vec![operand(single, column)?]),
    }
}

/// A literal before it is judged by the attribute's type.
#[derive(Clone, Debug, PartialEq)]
enum Plain {
    Text(String),
    Int(i64),
    Double(f64),
    Bool(bool),
}

fn operand(expr: &Expr, column: &Column) -> Result<Value, QueryError> {
    match expr {
        Expr::Literal(literal) => typed(plain(literal)?, column),
        Expr::Bool(value) => value_of_type(Plain::Bool(*value), column),
        Expr::Unary { operator, operand } => typed(signed(operator, operand)?, column),
        Expr::Function => Err(QueryError::unsupported("nested func")),
        Expr::Column(name) => Err(QueryError::unsupported(format!(
            "column name on the right side of comparison expression (did you forget to quote {}?)",
            quoted(name)
        ))),
        other => Err(QueryError::invalid(format!(
            "unexpected value type {}",
            other.kind()
        ))),
    }
}

fn plain(literal: &Literal) -> Result<Plain, QueryError> {
    let number = match literal {
        Literal::Text(text) => return Ok(Plain::Text(text.clone())),
        Literal::Integer(text) => text
            .parse()
            .map(Plain::Int)
            .ok()
            .or_else(|| text.parse().ok().map(Plain::Double)),
        Literal::Float(text) => text.parse().ok().map(Plain::Double),
        Literal::Exotic(_) => None,
    };
    number.ok_or_else(|| {
        let (Literal::Text(text)
        | Literal::Integer(text)
        | Literal::Float(text)
        | Literal::Exotic(text)) = literal;
        QueryError::invalid(format!("unable to parse value {}", quoted(text)))
    })
}

fn signed(operator: &str, operand: &Expr) -> Result<Plain, QueryError> {
    if operator != "-" && operator != "+" {
        return Err(QueryError::unsupported(format!(
            "unary operator {}",
            quoted(operator)
        )));
    }
    let value = match operand {
        Expr::Literal(Literal::Text(_)) => None,
        Expr::Literal(literal) => Some(plain(literal)?),
        _ => None,
    };
    match value {
        Some(Plain::Double(value)) => {
            Ok(Plain::Double(if operator == "-" { -value } else { value }))
        }
        Some(Plain::Int(value)) => Ok(Plain::Int(if operator == "-" {
            value.wrapping_neg()
        } else {
            value
        })),
        _ => Err(QueryError::invalid(
            "unary operator on what is not a number",
        )),
    }
}

/// A literal as the value of an attribute; two attributes read theirs in their own way.
fn typed(value: Plain, column: &Column) -> Result<Value, QueryError> {
    match (&column.field, value) {
        (Field::ExecutionStatus, Plain::Text(name)) => match status_from_name(&name) {
            Some(status) => Ok(Value::Int(i64::from(status as i32))),
            None => Err(QueryError::invalid(format!(
                "invalid ExecutionStatus value '{name}'"
            ))),
        },
        (Field::ExecutionStatus, Plain::Int(number)) => match status_from_number(number) {
            Some(_) => Ok(Value::Int(number)),
            None => Err(QueryError::invalid(format!(
                "invalid ExecutionStatus value {number}"
            ))),
        },
        (Field::ExecutionDuration, Plain::Text(text)) => {
            parse_duration(&text).map(Value::Int).ok_or_else(|| {
                QueryError::invalid(format!(
                    "invalid duration value for search attribute ExecutionDuration: {text}"
                ))
            })
        }
        (Field::ExecutionDuration, Plain::Int(nanos)) => Ok(Value::Int(nanos)),
        (Field::ExecutionStatus | Field::ExecutionDuration, other) => {
            let (kind, name) = (other.type_name(), &column.name);
            Err(QueryError::invalid(format!(
                "unexpected value type {kind} for search attribute {name}"
            )))
        }
        (_, value) => value_of_type(value, column),
    }
}

fn value_of_type(value: Plain, column: &Column) -> Result<Value, QueryError> {
    match (column.kind, value) {
        (ValueType::Int | ValueType::Double, Plain::Int(value)) => Ok(Value::Int(value)),
        (ValueType::Int | ValueType::Double, Plain::Double(value)) => Ok(Value::Double(value)),
        (ValueType::Bool, Plain::Bool(value)) => Ok(Value::Bool(value)),
        (ValueType::Datetime, Plain::Int(nanos)) => Ok(Value::Time(Moment::from_unix_nanos(nanos))),
        (ValueType::Datetime, Plain::Text(text)) => Moment::parse(&text)
            .map(Value::Time)
            .ok_or_else(|| QueryError::invalid(format!("unable to parse datetime '{text}'"))),
        (ValueType::Keyword, Plain::Text(text)) => {
            Ok(Value::Keyword(format!("{}{text}", column.prefix)))
        }
        (ValueType::KeywordList, Plain::Text(text)) => Ok(Value::Keywords(vec![text])),
        (ValueType::Text, Plain::Text(text)) if text.trim().is_empty() => {
            let name = &column.name;
            Err(QueryError::invalid(format!(
                "no tokens found filtering on Text type search attribute {name}"
            )))
        }
        (ValueType::Text, Plain::Text(text)) => Ok(Value::Text(text)),
        (kind, value) => Err(QueryError::invalid(format!(
            "invalid value type for search attribute {} of type {}: {} (type: {})",
            column.name,
            kind.name(),
            value.written(),
            value.type_name(),
        ))),
    }
}

impl Plain {
    /// The name of the value's type in the reference service's language.
    fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Int(_) => "int64",
            Self::Double(_) => "float64",
            Self::Bool(_) => "bool",
        }
    }

    fn written(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Int(value) => value.to_string(),
            Self::Double(value) => value.to_string(),
            Self::Bool(value) => value.to_string(),
        }
    }
}

/// The text in double quotes, with quotes and control characters escaped.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}
