//! Cuts a List Filter into tokens, as the service's SQL dialect does: strings in single or double
//! quotes, names bare or in backquotes, comments skipped. Never judges what a token means, and
//! never fails: what cannot be a token becomes [`Token::Bad`], which the parser refuses with its place.

/// One token. Keywords are words too: only the parser knows which words are reserved where.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A bare word, as written.
    Word(String),
    /// A name in backquotes, without them.
    Quoted(String),
    /// A string, with its escapes resolved.
    Text(String),
    /// Digits only.
    Integer(String),
    /// A number with a point or an exponent.
    Float(String),
    /// A literal of the dialect which no search attribute takes: hexadecimal, bits, bound variables.
    Exotic(String),
    /// An operator or a punctuation mark.
    Mark(&'static str),
    /// The end of the query.
    End,
    /// Nothing the dialect knows, or a string or name without its end.
    Bad(String),
}

impl Token {
    /// The token as a syntax error names it; marks and the end are not named.
    pub(super) fn near(&self) -> Option<&str> {
        match self {
            Self::Word(text) | Self::Quoted(text) | Self::Text(text) | Self::Integer(text) => {
                Some(text)
            }
            Self::Float(text) | Self::Exotic(text) | Self::Bad(text) => Some(text),
            Self::Mark(_) | Self::End => None,
        }
    }

    /// Whether this is the given reserved word, in any case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text.eq_ignore_ascii_case(word))
    }

    /// Whether this is the given mark.
    pub(super) fn is_mark(&self, mark: &str) -> bool {
        matches!(self, Self::Mark(found) if *found == mark)
    }
}

/// Marks, longest first so that `<=` is not read as `<`.
const MARKS: [&str; 26] = [
    "<=>", "->>", "<>", "<<", "<=", ">=", ">>", "!=", "&&", "||", "->", "=", "<", ">", "!", "(",
    ")", ",", ";", "+", "-", "*", "%", "^", "~", "/",
];

/// The tokens of a query with the byte offset just past each; the last one is [`Token::End`].
pub(super) fn tokens(query: &str) -> Vec<(Token, usize)> {
    let mut lexer = Lexer {
        rest: query.as_bytes(),
        at: 0,
    };
    let mut out = Vec::new();
    loop {
        let token = lexer.next_token();
        let last = matches!(token, Token::End | Token::Bad(_));
        out.push((token, lexer.at));
        if last {
            return out;
        }
    }
}

struct Lexer<'a> {
    rest: &'a [u8],
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<u8> {
        self.rest.get(self.at).copied()
    }

    fn second(&self) -> Option<u8> {
        self.rest.get(self.at + 1).copied()
    }

    fn next_token(&mut self) -> Token {
        if !self.skip_blanks_and_comments() {
            return Token::Bad("/*".to_owned());
        }
        let Some(byte) = self.peek() else {
            return Token::End;
        };
        match byte {
            b'x' | b'X' | b'b' | b'B' if self.second() == Some(b'\'') => self.radix_literal(),
            _ if is_letter(byte) => {
                Token::Word(self.take_while(|b| is_letter(b) || b.is_ascii_digit()))
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.second().is_some_and(|b| b.is_ascii_digit()) => self.number(),
            b'\'' | b'"' => self.string(byte),
            b'`' => self.quoted_name(),
            b':' | b'?' => self.bound_variable(),
            _ => self.mark(byte),
        }
    }

    /// Whether all comments had an end.
    fn skip_blanks_and_comments(&mut self) -> bool {
        loop {
            self.take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t'));
            let ahead = &self.rest[self.at..];
            if ahead.starts_with(b"--") || ahead.starts_with(b"//") || ahead.starts_with(b"#") {
                self.take_while(|b| b != b'\n');
            } else if ahead.starts_with(b"/*") {
                let Some(length) = ahead[2..].windows(2).position(|w| w == b"*/") else {
                    return false;
                };
                self.at += length + 4;
            } else {
                return true;
            }
        }
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> String {
        let from = self.at;
        while self.peek().is_some_and(&keep) {
            self.at += 1;
        }
        text(&self.rest[from..self.at])
    }

    fn number(&mut self) -> Token {
        let from = self.at;
        if self.peek() == Some(b'0') && matches!(self.second(), Some(b'x' | b'X')) {
            self.at += 2;
            self.take_while(|b| b.is_ascii_hexdigit());
            return self.end_of_number(from, Token::Exotic);
        }
        let mut float = false;
        self.take_while(|b| b.is_ascii_digit());
        if self.peek() == Some(b'.') {
            float = true;
            self.at += 1;
            self.take_while(|b| b.is_ascii_digit());
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            float = true;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.take_while(|b| b.is_ascii_digit());
        }
        self.end_of_number(from, if float { Token::Float } else { Token::Integer })
    }

    /// A letter cannot follow a number at once.
    fn end_of_number(&self, from: usize, kind: fn(String) -> Token) -> Token {
        let found = text(&self.rest[from..self.at]);
        if self.peek().is_some_and(is_letter) {
            Token::Bad(found)
        } else {
            kind(found)
        }
    }

    fn radix_literal(&mut self) -> Token {
        self.at += 2;
        let digits = self.take_while(|b| b.is_ascii_hexdigit());
        if self.peek() != Some(b'\'') {
            return Token::Bad(digits);
        }
        self.at += 1;
        Token::Exotic(digits)
    }

    fn bound_variable(&mut self) -> Token {
        let from = self.at;
        self.at += 1;
        self.take_while(|b| b == b':' || b == b'.' || is_letter(b) || b.is_ascii_digit());
        Token::Exotic(text(&self.rest[from..self.at]))
    }

    /// A string: the quote doubled stands for itself, a backslash escapes as in MySQL.
    fn string(&mut self, quote: u8) -> Token {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let Some(byte) = self.peek() else {
                return Token::Bad(text(&out));
            };
            self.at += 1;
            if byte == b'\\' {
                let Some(escaped) = self.peek() else {
                    return Token::Bad(text(&out));
                };
                self.at += 1;
                out.push(unescaped(escaped));
            } else if byte != quote {
                out.push(byte);
            } else if self.peek() == Some(quote) {
                self.at += 1;
                out.push(quote);
            } else {
                return Token::Text(text(&out));
            }
        }
    }

    fn quoted_name(&mut self) -> Token {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let Some(byte) = self.peek() else {
                return Token::Bad(text(&out));
            };
            self.at += 1;
            if byte != b'`' {
                out.push(byte);
            } else if self.peek() == Some(b'`') {
                self.at += 1;
                out.push(b'`');
            } else if out.is_empty() {
                return Token::Bad(String::new());
            } else {
                return Token::Quoted(text(&out));
            }
        }
    }

    fn mark(&mut self, byte: u8) -> Token {
        let ahead = &self.rest[self.at..];
        if let Some(mark) = MARKS.iter().find(|mark| ahead.starts_with(mark.as_bytes())) {
            self.at += mark.len();
            return Token::Mark(mark);
        }
        self.at += 1;
        match byte {
            b'.' => Token::Mark("."),
            b'&' => Token::Mark("&"),
            b'|' => Token::Mark("|"),
            other => Token::Bad(char::from(other).to_string()),
        }
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'@'
}

fn unescaped(byte: u8) -> u8 {
    match byte {
        b'0' => 0,
        b'b' => 8,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'Z' => 26,
        other => other,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(query: &str) -> Vec<Token> {
        tokens(query).into_iter().map(|(token, _)| token).collect()
    }

    #[test]
    fn strings_resolve_quotes_and_escapes() {
        assert_eq!(only(r"'it''s' "), [Token::Text("it's".into()), Token::End]);
        assert_eq!(
            only(r#""a\"b\n""#),
            [Token::Text("a\"b\n".into()), Token::End]
        );
        assert_eq!(only("'é'"), [Token::Text("é".into()), Token::End]);
        assert_eq!(only("'open"), [Token::Bad("open".into())]);
        assert_eq!(only(r"'open\"), [Token::Bad("open".into())]);
    }

    #[test]
    fn the_longest_mark_wins() {
        let marks = only("<= <=> <> < != ! & && | ||")
            .into_iter()
            .filter_map(|t| match t {
                Token::Mark(mark) => Some(mark),
                _ => None,
            });
        assert_eq!(
            marks.collect::<Vec<_>>(),
            ["<=", "<=>", "<>", "<", "!=", "!", "&", "&&", "|", "||"]
        );
    }

    #[test]
    fn numbers_end_before_letters() {
        assert_eq!(
            only("1 1.5 .5 1e3"),
            [
                Token::Integer("1".into()),
                Token::Float("1.5".into()),
                Token::Float(".5".into()),
                Token::Float("1e3".into()),
                Token::End,
            ]
        );
        assert_eq!(only("1a"), [Token::Bad("1".into())]);
        assert_eq!(only("0xff"), [Token::Exotic("0xff".into()), Token::End]);
    }

    #[test]
    fn comments_are_blanks_and_an_open_one_is_an_error() {
        assert_eq!(
            only("a -- b\n # c\n /* d */ e"),
            [Token::Word("a".into()), Token::Word("e".into()), Token::End]
        );
        assert_eq!(
            only("a /* b"),
            [Token::Word("a".into()), Token::Bad("/*".into())]
        );
    }
}
