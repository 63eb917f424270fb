//! `key`, `key = value` and `key(..)`, as they stand between the parentheses of an attribute.
//! Whether a key exists and what its value may be is not known here.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::TokenStreamExt;
use syn::Ident;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};

use crate::diagnostics::Diagnostics;

/// One argument of an attribute.
pub(crate) struct Argument {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What follows a key.
pub(crate) enum Value {
    /// Nothing: `dynamic`.
    Absent,
    /// `= ..` up to the next comma.
    Assigned(TokenStream),
    /// `(..)`
    List(Group),
}

/// The arguments of an attribute. What is no argument is reported and skipped up to the next comma.
pub(crate) fn arguments(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Vec<Argument> {
    let mut list = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            match argument(input) {
                Ok(argument) => list.push(argument),
                Err(error) => {
                    diagnostics.push(error);
                    until_comma(input)?;
                }
            }
            if !input.is_empty() {
                input.parse::<syn::Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        diagnostics.push(error);
    }
    list
}

/// The arguments of an inner attribute such as `#[signal(name = "x")]`.
pub(crate) fn of(attribute: &syn::Attribute, diagnostics: &mut Diagnostics) -> Vec<Argument> {
    match &attribute.meta {
        syn::Meta::Path(_) => Vec::new(),
        syn::Meta::List(list) => arguments(list.tokens.clone(), diagnostics),
        syn::Meta::NameValue(pair) => {
            let name = last_segment(attribute)
                .map(|name| name.to_string())
                .unwrap_or_default();
            diagnostics.error(pair, format!("write `#[{name}(name = \"...\")]`"));
            Vec::new()
        }
    }
}

/// The name of an attribute: `signal` of `#[temporal_runtime::signal]`.
pub(crate) fn last_segment(attribute: &syn::Attribute) -> Option<&Ident> {
    attribute
        .path()
        .segments
        .last()
        .map(|segment| &segment.ident)
}

fn argument(input: ParseStream<'_>) -> syn::Result<Argument> {
    let key = match input.call(Ident::parse_any) {
        Ok(key) => key,
        Err(error) => return Err(syn::Error::new(error.span(), "expected `key = value`")),
    };
    let value = if input.peek(syn::Token![=]) {
        input.parse::<syn::Token![=]>()?;
        Value::Assigned(until_comma(input)?)
    } else if input.peek(syn::token::Paren) {
        let group: Group = input.parse()?;
        Value::List(group)
    } else {
        Value::Absent
    };
    if !input.is_empty() && !input.peek(syn::Token![,]) {
        return Err(input.error("expected `,`"));
    }
    Ok(Argument { key, value })
}

fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(syn::Token![,]) {
        tokens.append(input.parse::<TokenTree>()?);
    }
    Ok(tokens)
}
