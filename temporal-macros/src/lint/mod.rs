//! Calls that a replay would answer differently, found in the tokens of workflow code before it ever runs.
//!
//! A walk over tokens, never a parse: it sees the arguments of `assert!`, closures and half-typed code alike,
//! and knows only what is written. What it cannot see (a renamed import, a bare imported function, a method, a
//! helper elsewhere) is left to the run time and to replay tests. What is certainly wrong is an error; what is
//! only likely to be, a warning.

mod rules;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use self::rules::{RULES, Rule, Severity, UNORDERED};
use crate::diagnostics::Diagnostics;
use crate::parse::item::Function;

/// The attribute that says: this statement is known to differ, and does no harm.
pub(crate) const ESCAPE: &str = "nondeterministic";

/// The name of this lint in `allow(..)`.
pub(crate) const NAME: &str = "nondeterminism";

const HINT: &str = "if this one is harmless, mark the statement `#[nondeterministic]`";

/// Judges what a function of a workflow does, unless the function is marked or `allowed`, and takes the marks off.
pub(crate) fn function(function: &mut Function, allowed: bool, diagnostics: &mut Diagnostics) {
    let before = function.attrs.len();
    function.attrs.retain(|mark| !mark.path().is_ident(ESCAPE));
    let marked = function.attrs.len() != before;
    let Some(body) = &mut function.body else {
        return;
    };
    let tokens = body.tokens();
    if !allowed && !marked {
        Walk { diagnostics }.statements(tokens.clone());
    }
    if is_marked(&tokens) {
        body.replace(without_marks(tokens));
    }
}

/// Judges the types of a workflow's fields, and takes the marks off them.
pub(crate) fn fields(
    item: TokenStream,
    allowed: bool,
    diagnostics: &mut Diagnostics,
) -> TokenStream {
    if !allowed {
        for token in item.clone() {
            if let TokenTree::Group(group) = token
                && matches!(group.delimiter(), Delimiter::Brace | Delimiter::Parenthesis)
            {
                types(group.stream(), diagnostics);
            }
        }
    }
    if is_marked(&item) {
        without_marks(item)
    } else {
        item
    }
}

/// The types of fields and variants; a mark excuses what follows it up to the next comma.
fn types(stream: TokenStream, diagnostics: &mut Diagnostics) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        match token {
            _ if mark_at(&tokens, place) => {
                place += past(&tokens[place..], ',');
                continue;
            }
            TokenTree::Group(group) if !is_attribute(&tokens, place) => {
                types(group.stream(), diagnostics)
            }
            TokenTree::Ident(ident) => {
                let found = UNORDERED.iter().find(|(name, _, _)| ident == name);
                // A field may be called anything; a type of this kind has parameters.
                let generic = punct(tokens.get(place + 1), '<');
                if let (Some((name, ordered, indexed)), true) = (found, generic) {
                    let instead = format!("use `{ordered}` (or `{indexed}`)");
                    diagnostics.warn(
                        ident.span(),
                        format!("`{name}` iterates in a different order in every process, so looping over it breaks replay; {instead}"),
                    );
                }
            }
            _ => {}
        }
        place += 1;
    }
}

struct Walk<'a> {
    diagnostics: &'a mut Diagnostics,
}

impl Walk<'_> {
    fn statements(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut place = 0;
        while let Some(token) = tokens.get(place) {
            place += match token {
                _ if mark_at(&tokens, place) => statement(&tokens[place..]),
                TokenTree::Punct(_) if is_attribute(&tokens, place + 1) => 2,
                // `'static`
                TokenTree::Punct(punct) if punct.as_char() == '\'' => 2,
                TokenTree::Ident(ident) if ident == "use" => past(&tokens[place..], ';'),
                TokenTree::Ident(ident) if ident == "static" => {
                    self.shared(token);
                    1
                }
                TokenTree::Ident(_) => self.path(&tokens, place),
                TokenTree::Group(group) => {
                    self.statements(group.stream());
                    1
                }
                _ => 1,
            };
        }
    }

    fn shared(&mut self, token: &TokenTree) {
        self.diagnostics.warn(
            token.span(),
            "a `static` in a workflow is shared by all runs in this process, and is not what it was on replay; keep the value in the workflow's state",
        );
    }

    /// A path such as `std::time::Instant::now`, or one name. Gives how many tokens it takes.
    fn path(&mut self, tokens: &[TokenTree], place: usize) -> usize {
        let (segments, length) = path_at(&tokens[place..]);
        let rest = &tokens[place + length..];
        let called = match rest {
            [bang, TokenTree::Group(arguments), ..] if punct(Some(bang), '!') => Some(arguments),
            _ => None,
        };
        let is_method = place
            .checked_sub(1)
            .is_some_and(|before| punct(tokens.get(before), '.'));
        // `path::{..}` and `path::<..>` go on: only the whole of a path can be judged.
        let goes_on = separates(rest);
        let turbofish = goes_on && punct(rest.get(2), '<');
        if !is_method
            && (!goes_on || turbofish)
            && let Some(rule) = RULES.iter().find(|rule| rule.covers(&segments, called))
        {
            self.report(
                rule,
                &tokens[place..place + length],
                &segments,
                called.is_some(),
            );
        }
        // its `static` would say the same again
        let is_told =
            called.is_some() && segments.last().is_some_and(|name| name == "thread_local");
        length + if is_told { 2 } else { 0 }
    }

    fn report(&mut self, rule: &Rule, path: &[TokenTree], segments: &[String], is_macro: bool) {
        let bang = if is_macro { "!" } else { "" };
        let shown = format!("{}{bang}", segments.join("::"));
        let message = format!("`{shown}` in a workflow {}", rule.message);
        match rule.severity {
            Severity::Certain => {
                let path: TokenStream = path.iter().cloned().collect();
                self.diagnostics.error(path, format!("{message} ({HINT})"));
            }
            Severity::Likely => {
                let span = path.first().expect("a path has a segment").span();
                self.diagnostics.warn(span, message);
            }
        }
    }
}

/// `a::b::<C>::d`, without its generic arguments, and the number of tokens it takes.
fn path_at(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let mut segments = Vec::new();
    let mut place = 0;
    while let Some(TokenTree::Ident(segment)) = tokens.get(place) {
        segments.push(segment.to_string());
        place += 1;
        let next = place + generic_arguments(&tokens[place..]);
        let another = matches!(tokens.get(next + 2), Some(TokenTree::Ident(_)));
        if another && separates(&tokens[next..]) {
            place = next + 2;
        } else {
            break;
        }
    }
    (segments, place)
}

/// `::`
fn separates(tokens: &[TokenTree]) -> bool {
    punct(tokens.first(), ':') && punct(tokens.get(1), ':')
}

/// How many tokens `::<..>` takes; 0 where there is none.
fn generic_arguments(tokens: &[TokenTree]) -> usize {
    if !separates(tokens) || !punct(tokens.get(2), '<') {
        return 0;
    }
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(2) {
        let arrow = punct(tokens.get(place - 1), '-');
        if punct(Some(token), '<') {
            depth += 1;
        } else if punct(Some(token), '>') && !arrow {
            depth -= 1;
            if depth == 0 {
                return place + 1;
            }
        }
    }
    0
}

/// How many tokens the statement takes that begins here: up to its `;`, or a block up to its end.
fn statement(tokens: &[TokenTree]) -> usize {
    let mut start = 0;
    while punct(tokens.get(start), '#') {
        start += 2;
    }
    let is_block = match tokens.get(start) {
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(TokenTree::Ident(ident)) => ["if", "match", "for", "while", "loop", "unsafe"]
            .iter()
            .any(|word| ident == word),
        _ => false,
    };
    for (place, token) in tokens.iter().enumerate().skip(start) {
        let next = tokens.get(place + 1);
        let goes_on = matches!(next, Some(TokenTree::Ident(ident)) if ident == "else")
            || punct(next, '.')
            || punct(next, '?');
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => return place + 1,
            TokenTree::Group(group)
                if is_block && group.delimiter() == Delimiter::Brace && !goes_on =>
            {
                return place + 1;
            }
            _ => {}
        }
    }
    tokens.len()
}

/// How many tokens there are up to and with the next `end`.
fn past(tokens: &[TokenTree], end: char) -> usize {
    tokens
        .iter()
        .position(|token| punct(Some(token), end))
        .map_or(tokens.len(), |place| place + 1)
}

fn punct(token: Option<&TokenTree>, c: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == c)
}

/// The brackets of `#[..]` stand at `place`.
fn is_attribute(tokens: &[TokenTree], place: usize) -> bool {
    let hash = place.checked_sub(1).and_then(|before| tokens.get(before));
    punct(hash, '#')
        && matches!(tokens.get(place), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket)
}

/// `#[nondeterministic]` stands at `place`.
fn mark_at(tokens: &[TokenTree], place: usize) -> bool {
    if !punct(tokens.get(place), '#') {
        return false;
    }
    let Some(TokenTree::Group(group)) = tokens.get(place + 1) else {
        return false;
    };
    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
    matches!(inside.as_slice(), [TokenTree::Ident(name)] if name == ESCAPE)
}

fn is_marked(stream: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    (0..tokens.len()).any(|place| mark_at(&tokens, place))
        || tokens.iter().any(|token| match token {
            TokenTree::Group(group) => is_marked(&group.stream()),
            _ => false,
        })
}

/// rustc must not see the marks: it knows no such attribute on a statement.
fn without_marks(stream: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut kept = Vec::new();
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        if mark_at(&tokens, place) {
            place += 2;
            continue;
        }
        kept.push(match token {
            TokenTree::Group(group) if is_marked(&group.stream()) => {
                let mut inner = Group::new(group.delimiter(), without_marks(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            token => token.clone(),
        });
        place += 1;
    }
    kept.into_iter().collect()
}

#[cfg(test)]
mod tests;
