//! Models into code. Nothing here can fail: what is wrong was reported before. Every path is absolute, every
//! generated local has the hygiene of the macro, and what a user may have to read about carries the user's span.

pub(crate) mod activity;
pub(crate) mod asserts;
pub(crate) mod codec;
pub(crate) mod dispatch;
pub(crate) mod fallback;
pub(crate) mod handle;
pub(crate) mod handler;
pub(crate) mod inherited;
pub(crate) mod workflow;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Ident, Type};

use crate::model::callable::Callable;
use crate::model::check::shown;
use crate::model::options::Runtime;
use crate::parse::signature::Parameter;

/// An identifier that user code can neither see nor clash with.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The same identifier, with errors about it at `span`.
fn at(ident: &Ident, span: Span) -> Ident {
    let mut moved = ident.clone();
    moved.set_span(ident.span().located_at(span));
    moved
}

/// `a0`, `a1`, ..: the values of a function's arguments.
fn values(call: &Callable) -> Vec<Ident> {
    (0..call.arguments().count())
        .map(|index| format_ident!("a{}", index, span = Span::mixed_site()))
        .collect()
}

/// `(String, u64,)`
fn tuple(call: &Callable) -> TokenStream {
    let types = call.arguments().map(|(_, ty)| ty);
    quote!((#(#types,)*))
}

/// The parameters and the values of a generated function that takes what `call` takes: a `String` by
/// anything that becomes one, everything else as it is.
fn caller_side(call: &Callable) -> (Vec<TokenStream>, Vec<TokenStream>) {
    call.arguments()
        .map(|(name, ty)| {
            if is_string(ty) {
                (
                    quote!(#name: impl ::core::convert::Into<#ty>),
                    quote!(::core::convert::Into::<#ty>::into(#name)),
                )
            } else {
                (quote!(#name: #ty), quote!(#name))
            }
        })
        .unzip()
}

/// Written exactly `String`: other types would stop inferring from literals.
fn is_string(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.qself.is_none() && path.path.is_ident("String"))
}

/// What a call passes for each parameter, in the order in which they are written.
fn actual_arguments(
    call: &Callable,
    borrowed: impl Fn(usize, &Type) -> TokenStream,
) -> Vec<TokenStream> {
    let mut values = values(call).into_iter();
    call.parameters
        .iter()
        .enumerate()
        .map(|(index, parameter)| match parameter {
            Parameter::Borrowed { ty, .. } => borrowed(index, ty),
            Parameter::Owned { .. } => values
                .next()
                .map(|value| quote!(#value))
                .unwrap_or_default(),
        })
        .collect()
}

/// Binds the two values of what takes every name from `args`, or leaves by `?`; each at the type that the user gave it.
fn dynamic(runtime: &Runtime, call: &Callable, args: &Ident) -> TokenStream {
    let bound: Vec<TokenStream> = call
        .arguments()
        .zip(values(call))
        .map(|((_, ty), value)| {
            let value = at(&value, ty.span());
            quote!(#value)
        })
        .collect();
    quote!(let (#(#bound,)*) = #runtime::__private::dynamic(#args)?;)
}

/// "name: Type" of each argument, as people read it.
fn argument_list(call: &Callable) -> TokenStream {
    let shown = call
        .arguments()
        .map(|(name, ty)| format!("{name}: {}", shown(ty)));
    quote!(&[#(#shown),*])
}

/// A line of documentation behind the user's own.
fn more_doc(call: &Callable, line: &str) -> TokenStream {
    let documented = call
        .docs()
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"));
    let blank = documented.then(|| quote!(#[doc = ""]));
    quote!(#blank #[doc = #line])
}

/// Crate, module, file, and the line of the name at `span`.
fn source(runtime: &Runtime, span: Span) -> TokenStream {
    let line = u32::try_from(span.start().line).unwrap_or(0);
    quote! {
        #runtime::__private::Source {
            krate: ::core::env!("CARGO_PKG_NAME"),
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: #line,
        }
    }
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
