//! Turns the tokens of a List Filter into a tree: the part of SQL that may follow `WHERE`, with the
//! precedence of MySQL. Never knows attributes or types, and bounds both length and nesting.

use super::QueryError;
use super::lexer::{Token, tokens};
use super::syntax::{Expr, Literal, Statement};

/// Longer queries are refused: a list of a thousand ids fits many times.
const MAX_LENGTH: usize = 256 << 10;

/// Deeper nesting is refused, so that no query can exhaust the stack.
const MAX_DEPTH: usize = 100;

/// Words which cannot be a name unless they stand in backquotes.
pub(super) const RESERVED: [&str; 30] = [
    "and",
    "or",
    "not",
    "in",
    "between",
    "is",
    "null",
    "true",
    "false",
    "like",
    "regexp",
    "rlike",
    "starts_with",
    "order",
    "group",
    "by",
    "limit",
    "asc",
    "desc",
    "select",
    "from",
    "where",
    "having",
    "union",
    "exists",
    "xor",
    "escape",
    "div",
    "mod",
    "case",
];

/// The tree of a query; an empty one has no filter.
pub(super) fn parse(query: &str) -> Result<Statement, QueryError> {
    let query = query.trim();
    if query.len() > MAX_LENGTH {
        return Err(QueryError::malformed(format!(
            "query is longer than {MAX_LENGTH} bytes"
        )));
    }
    let bare = starts_with_clause(query, "order by") || starts_with_clause(query, "group by");
    // Places count from the whole statement that the reference service builds around a filter.
    let offset = if bare || query.is_empty() {
        "select * from table1 "
    } else {
        "select * from table1 where "
    }
    .len();
    let mut parser = Parser {
        tokens: tokens(query),
        at: 0,
        offset,
        depth: 0,
    };
    parser.statement(bare || query.is_empty())
}

fn starts_with_clause(query: &str, clause: &str) -> bool {
    query
        .get(..clause.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(clause))
}

/// Where the parser stands in the tokens. Its lower half is in `operand.rs`.
pub(super) struct Parser {
    tokens: Vec<(Token, usize)>,
    pub(super) at: usize,
    offset: usize,
    depth: usize,
}

impl Parser {
    pub(super) fn peek(&self) -> &Token {
        // The last token is `End` or `Bad`, neither of which `advance` passes.
        &self.tokens[self.at].0
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        if !matches!(token, Token::End | Token::Bad(_)) {
            self.at += 1;
        }
        token
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_word(word);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn take_mark(&mut self, mark: &str) -> bool {
        let found = self.peek().is_mark(mark);
        if found {
            self.at += 1;
        }
        found
    }

    /// A syntax error at the token ahead.
    pub(super) fn unexpected(&self) -> QueryError {
        self.error("syntax error")
    }

    fn error(&self, what: &str) -> QueryError {
        let (token, end) = &self.tokens[self.at];
        let position = self.offset + end + 1;
        QueryError::malformed(match token.near() {
            Some(near) => {
                let reserved = RESERVED.iter().find(|word| token.is_word(word));
                format!(
                    "{what} at position {position} near '{}'",
                    reserved.copied().unwrap_or(near)
                )
            }
            None => format!("{what} at position {position}"),
        })
    }

    pub(super) fn expect_mark(&mut self, mark: &str) -> Result<(), QueryError> {
        if self.take_mark(mark) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), QueryError> {
        if self.take_word(word) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Runs `inner` one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("max nesting level reached"));
        }
        self.depth += 1;
        let out = inner(self);
        self.depth -= 1;
        out
    }

    fn statement(&mut self, no_filter: bool) -> Result<Statement, QueryError> {
        let mut out = Statement::default();
        if !no_filter {
            out.filter = Some(self.expression()?);
        }
        if self.take_word("group") {
            self.expect_word("by")?;
            out.group_by = self.list(Self::expression)?;
        }
        if self.take_word("order") {
            self.expect_word("by")?;
            out.order_by = self.list(|parser| {
                let column = parser.expression()?;
                let _ = parser.take_word("asc") || parser.take_word("desc");
                Ok(column)
            })?;
        }
        if self.take_word("limit") {
            out.limit = true;
            self.list(Self::expression)?;
        }
        self.take_mark(";");
        if *self.peek() == Token::End {
            Ok(out)
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn list(
        &mut self,
        item: impl Fn(&mut Self) -> Result<Expr, QueryError>,
    ) -> Result<Vec<Expr>, QueryError> {
        let mut out = vec![item(self)?];
        while self.take_mark(",") {
            out.push(item(self)?);
        }
        Ok(out)
    }

    pub(super) fn expression(&mut self) -> Result<Expr, QueryError> {
        self.nested(|parser| {
            let mut parts = vec![parser.conjunction()?];
            while parser.take_word("or") || parser.take_mark("||") {
                parts.push(parser.conjunction()?);
            }
            Ok(if parts.len() == 1 {
                parts.remove(0)
            } else {
                Expr::Or(parts)
            })
        })
    }

    fn conjunction(&mut self) -> Result<Expr, QueryError> {
        let mut parts = vec![self.negation()?];
        while self.take_word("and") || self.take_mark("&&") {
            parts.push(self.negation()?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Expr::And(parts)
        })
    }

    fn negation(&mut self) -> Result<Expr, QueryError> {
        if self.take_word("not") {
            return Ok(Expr::Not(Box::new(self.nested(Self::negation)?)));
        }
        let mut expression = self.condition()?;
        while self.take_word("is") {
            let negated = self.take_word("not");
            let null = match () {
                () if self.take_word("null") => Some(!negated),
                () if self.take_word("true") || self.take_word("false") => None,
                () => return Err(self.unexpected()),
            };
            expression = Expr::Is {
                left: Box::new(expression),
                null,
            };
        }
        Ok(expression)
    }

    fn condition(&mut self) -> Result<Expr, QueryError> {
        if self.peek().is_word("exists") {
            self.at += 1;
            self.expect_mark("(")?;
            return self.subquery(Expr::Exists);
        }
        let left = self.value()?;
        let negated = self.take_word("not");
        let operator = match self.peek() {
            Token::Mark(mark) if !negated => match *mark {
                "<>" => "!=",
                mark @ ("=" | "!=" | "<" | ">" | "<=" | ">=" | "<=>") => mark,
                _ => return Ok(left),
            },
            token if token.is_word("in") => {
                if negated {
                    "not in"
                } else {
                    "in"
                }
            }
            token if token.is_word("like") => {
                if negated {
                    "not like"
                } else {
                    "like"
                }
            }
            token if token.is_word("regexp") || token.is_word("rlike") => {
                if negated {
                    "not regexp"
                } else {
                    "regexp"
                }
            }
            token if token.is_word("starts_with") => {
                if negated {
                    "not starts_with"
                } else {
                    "starts_with"
                }
            }
            token if token.is_word("between") => return self.range(negated, left),
            _ if negated => return Err(self.unexpected()),
            _ => return Ok(left),
        };
        self.at += 1;
        let right = if operator.ends_with("in") {
            self.members()?
        } else {
            self.value()?
        };
        if operator.ends_with("like") && self.take_word("escape") {
            self.value()?;
        }
        Ok(Expr::Compare {
            operator,
            left: Box::new(left),
            right: Box::new(right),
        })
    }

    fn range(&mut self, negated: bool, left: Expr) -> Result<Expr, QueryError> {
        self.at += 1;
        let from = Box::new(self.value()?);
        self.expect_word("and")?;
        Ok(Expr::Range {
            negated,
            left: Box::new(left),
            from,
            to: Box::new(self.value()?),
        })
    }

    /// The right side of IN: a list, a sub-select or a bound list.
    fn members(&mut self) -> Result<Expr, QueryError> {
        if let Token::Exotic(text) = self.peek() {
            let list = Expr::Literal(Literal::Exotic(text.clone()));
            self.at += 1;
            return Ok(list);
        }
        self.expect_mark("(")?;
        if self.peek().is_word("select") {
            return self.subquery(Expr::Subquery);
        }
        let items = self.list(Self::expression)?;
        self.expect_mark(")")?;
        Ok(Expr::Tuple(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Box<Expr> {
        Box::new(Expr::Column(name.into()))
    }

    fn filter(query: &str) -> Expr {
        parse(query).unwrap().filter.unwrap()
    }

    fn refusal(query: &str) -> String {
        parse(query).unwrap_err().to_string()
    }

    #[test]
    fn and_binds_closer_than_or_and_not_wider_than_comparisons() {
        let Expr::Or(parts) = filter("a = 1 or not b = 2 and c = 3") else {
            panic!("an OR")
        };
        assert!(matches!(&parts[0], Expr::Compare { operator: "=", .. }));
        let Expr::And(parts) = &parts[1] else {
            panic!("an AND")
        };
        assert!(matches!(&parts[0], Expr::Not(inner) if matches!(**inner, Expr::Compare { .. })));
    }

    #[test]
    fn operators_of_two_words() {
        assert!(matches!(
            filter("a not in (1)"),
            Expr::Compare {
                operator: "not in",
                ..
            }
        ));
        assert!(matches!(
            filter("a NOT STARTS_WITH 'x'"),
            Expr::Compare {
                operator: "not starts_with",
                ..
            }
        ));
        assert!(matches!(
            filter("a not between 1 and 2"),
            Expr::Range { negated: true, .. }
        ));
        assert_eq!(
            filter("a is not null"),
            Expr::Is {
                left: column("a"),
                null: Some(false)
            }
        );
        assert_eq!(
            filter("`a b` IS NULL"),
            Expr::Is {
                left: column("a b"),
                null: Some(true)
            }
        );
    }

    #[test]
    fn signs_join_integers() {
        let right = |query| match filter(query) {
            Expr::Compare { right, .. } => *right,
            other => panic!("not a comparison: {other:?}"),
        };
        assert_eq!(
            right("a = -1"),
            Expr::Literal(Literal::Integer("-1".into()))
        );
        assert_eq!(
            right("a = - -1"),
            Expr::Literal(Literal::Integer("1".into()))
        );
        assert!(matches!(
            right("a = -1.5"),
            Expr::Unary { operator: "-", .. }
        ));
        // Two hyphens begin a comment, so the value is missing.
        assert!(parse("a = --1").is_err());
    }

    #[test]
    fn places_are_those_of_the_reference_service() {
        assert_eq!(
            refusal("TaskQueue ="),
            "malformed SQL query: syntax error at position 39"
        );
        assert_eq!(
            refusal("GROUP BY"),
            "malformed SQL query: syntax error at position 30"
        );
        assert_eq!(
            refusal("a = 'x' XOR b = 1"),
            "malformed SQL query: syntax error at position 39 near 'xor'"
        );
    }

    #[test]
    fn nesting_and_length_are_bounded() {
        let deep = format!("{}a = 1{}", "(".repeat(5000), ")".repeat(5000));
        assert!(refusal(&deep).contains("max nesting level reached"));
        assert!(refusal(&"not ".repeat(5000)).contains("max nesting level reached"));
        assert!(refusal(&format!("a = '{}'", "x".repeat(MAX_LENGTH))).contains("longer than"));
        let wide = (0..20_000)
            .map(|n| format!("a={n}"))
            .collect::<Vec<_>>()
            .join(" or ");
        assert!(matches!(filter(&wide), Expr::Or(parts) if parts.len() == 20_000));
    }

    #[test]
    fn a_trailing_semicolon_is_allowed_and_nothing_after_it() {
        assert!(parse("a = 'x';").is_ok());
        assert!(parse("a = 'x'; b = 1").is_err());
        assert!(parse("").unwrap().filter.is_none());
    }
}
