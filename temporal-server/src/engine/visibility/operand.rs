//! The operands of a List Filter: names, literals, signs, parentheses, and the functions and
//! sub-selects which only a refusal will name. The parser's lower half.

use super::QueryError;
use super::lexer::Token;
use super::parser::{Parser, RESERVED};
use super::syntax::{Expr, Literal};

impl Parser {
    pub(super) fn value(&mut self) -> Result<Expr, QueryError> {
        let mut left = self.unary()?;
        while self.takes_arithmetic() {
            self.unary()?;
            left = Expr::Binary;
        }
        Ok(left)
    }

    fn takes_arithmetic(&mut self) -> bool {
        ["+", "-", "*", "/", "%", "^", "&", "|", "<<", ">>"]
            .iter()
            .any(|mark| self.take_mark(mark))
            || self.take_word("div")
            || self.take_word("mod")
    }

    fn unary(&mut self) -> Result<Expr, QueryError> {
        for operator in ["-", "+", "~", "!"] {
            if self.take_mark(operator) {
                let operand = self.nested(Self::unary)?;
                return Ok(signed(operator, operand));
            }
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expr, QueryError> {
        if self.peek().is_mark("(") {
            self.at += 1;
            return self.parenthesis();
        }
        for (word, constant) in [
            ("true", Expr::Bool(true)),
            ("false", Expr::Bool(false)),
            ("null", Expr::Null),
        ] {
            if self.take_word(word) {
                return Ok(constant);
            }
        }
        let reserved = RESERVED.iter().any(|word| self.peek().is_word(word));
        match self.peek() {
            Token::Word(_) if reserved => Err(self.unexpected()),
            Token::Word(_) | Token::Quoted(_) => self.name(),
            Token::Text(_) | Token::Integer(_) | Token::Float(_) | Token::Exotic(_) => {
                Ok(Expr::Literal(match self.advance() {
                    Token::Text(text) => Literal::Text(text),
                    Token::Integer(text) => Literal::Integer(text),
                    Token::Float(text) => Literal::Float(text),
                    other => Literal::Exotic(other.near().unwrap_or_default().to_owned()),
                }))
            }
            Token::Mark(_) | Token::End | Token::Bad(_) => Err(self.unexpected()),
        }
    }

    fn parenthesis(&mut self) -> Result<Expr, QueryError> {
        if self.peek().is_word("select") {
            return self.subquery(Expr::Subquery);
        }
        let mut items = self.list(Self::expression)?;
        self.expect_mark(")")?;
        Ok(if items.len() == 1 {
            Expr::Paren(Box::new(items.remove(0)))
        } else {
            Expr::Tuple(items)
        })
    }

    /// Skips what a sub-select contains, up to its closing parenthesis: it is refused whatever it says.
    pub(super) fn subquery(&mut self, kind: Expr) -> Result<Expr, QueryError> {
        let mut open = 1;
        loop {
            match self.advance() {
                Token::Mark("(") => open += 1,
                Token::Mark(")") => open -= 1,
                Token::End | Token::Bad(_) => return Err(self.unexpected()),
                _ => {}
            }
            if open == 0 {
                return Ok(kind);
            }
        }
    }

    fn name(&mut self) -> Result<Expr, QueryError> {
        let mut name = self.name_part()?;
        if self.take_mark("(") {
            if !self.take_mark(")") {
                if !self.take_mark("*") {
                    self.list(Self::expression)?;
                }
                self.expect_mark(")")?;
            }
            return Ok(Expr::Function);
        }
        while self.take_mark(".") {
            name.push('.');
            name.push_str(&self.name_part()?);
        }
        Ok(Expr::Column(name))
    }

    fn name_part(&mut self) -> Result<String, QueryError> {
        match self.peek() {
            Token::Word(name) | Token::Quoted(name) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }
}

/// A sign joins the number that follows it.
fn signed(operator: &'static str, operand: Expr) -> Expr {
    match (operator, operand) {
        ("+", Expr::Literal(Literal::Integer(digits))) => Expr::Literal(Literal::Integer(digits)),
        ("-", Expr::Literal(Literal::Integer(digits))) => {
            Expr::Literal(Literal::Integer(match digits.strip_prefix('-') {
                Some(positive) => positive.to_owned(),
                None => format!("-{digits}"),
            }))
        }
        (operator, operand) => Expr::Unary {
            operator,
            operand: Box::new(operand),
        },
    }
}
