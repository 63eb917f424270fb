//! Bodies of functions, as one token that nobody looks into.
//!
//! rustc recovers from a syntax error in a body and still calls the macro. A body that is never parsed
//! costs the user one error instead of one error a macro, keeps completion alive in half-typed code, and
//! may use syntax that is newer than our parser. Nothing here reads what a body says, but for the inner
//! attributes at its head, which must stay there; `lint` walks over its tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream};

/// `{ .. }` behind a signature, with one statement that the macro may put first.
pub(crate) struct Body {
    group: Group,
    first: TokenStream,
}

impl Body {
    /// Makes `statement` the first thing that the function does.
    pub(crate) fn put_first(&mut self, statement: TokenStream) {
        self.first = statement;
    }

    /// What stands between the braces.
    pub(crate) fn tokens(&self) -> TokenStream {
        self.group.stream()
    }

    /// Puts other tokens between the braces.
    pub(crate) fn replace(&mut self, tokens: TokenStream) {
        let mut group = Group::new(self.group.delimiter(), tokens);
        group.set_span(self.group.span());
        self.group = group;
    }
}

impl Parse for Body {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(syn::token::Brace) {
            return Err(input.error("expected a function body"));
        }
        let TokenTree::Group(group) = input.parse()? else {
            return Err(input.error("expected a function body"));
        };
        Ok(Self {
            group,
            first: TokenStream::new(),
        })
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        // A `$body:block` of a `macro_rules!` comes in an invisible group: nothing can be put into that.
        if self.first.is_empty() || self.group.delimiter() != Delimiter::Brace {
            return self.group.to_tokens(tokens);
        }
        let (inner_attributes, mut rest) = split_inner_attributes(self.group.stream());
        let mut stream = inner_attributes;
        stream.extend(self.first.clone());
        stream.append_all(rest.by_ref());
        let mut group = Group::new(Delimiter::Brace, stream);
        group.set_span(self.group.span());
        tokens.append(group);
    }
}

/// `#![..]` at the head of a body may not move behind a statement.
fn split_inner_attributes(
    body: TokenStream,
) -> (
    TokenStream,
    std::iter::Peekable<std::vec::IntoIter<TokenTree>>,
) {
    let is = |token: Option<&TokenTree>, c: char| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == c);
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let mut end = 0;
    while is(tokens.get(end), '#') && is(tokens.get(end + 1), '!') {
        end += 3;
    }
    let mut head = tokens;
    let rest = head.split_off(end.min(head.len()));
    (head.into_iter().collect(), rest.into_iter().peekable())
}

/// The tokens of an item that is no function, up to and with its end: `;`, or the braces of a macro call.
pub(crate) fn skip_item(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut after_bang = false;
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => after_bang && group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        // `name! {` and `macro_rules! name {`: an identifier may stand between the two.
        after_bang = match &token {
            TokenTree::Punct(punct) => punct.as_char() == '!',
            TokenTree::Ident(_) => after_bang,
            _ => false,
        };
        tokens.append(token);
        if ends {
            break;
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse::Parser as _;

    use super::*;

    #[test]
    fn a_first_statement_stays_behind_inner_attributes() {
        let parse = |input: ParseStream<'_>| {
            let mut body: Body = input.parse()?;
            body.put_first(quote!(first();));
            Ok(body.to_token_stream().to_string())
        };
        let written = parse
            .parse2(quote!({ #![allow(x)] let ; broken }))
            .expect("a body is not parsed");
        assert_eq!(
            written,
            quote!({ #![allow(x)] first(); let ; broken }).to_string()
        );
    }

    #[test]
    fn items_end_where_they_end() {
        let two = |input: ParseStream<'_>| {
            Ok((skip_item(input)?.to_string(), skip_item(input)?.to_string()))
        };
        let (constant, call) = ("const X : A = A { b : { 1 } } ;", "m ! { a ; b }");
        let (first, second) = two
            .parse_str(&format!("{constant} {call}"))
            .expect("these are tokens");
        assert_eq!((first.as_str(), second.as_str()), (constant, call));
    }
}
