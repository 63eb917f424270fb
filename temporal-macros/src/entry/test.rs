//! `#[temporal_runtime::test] async fn name(env: TestEnvironment) -> Result<()>`: a test with an embedded
//! service, a clock that skips, a worker of everything that is linked, and a client, all of its own.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, Ident, Path, Signature, Type};

use crate::diagnostics::Diagnostics;
use crate::model::options::{Attribute, Options, Runtime};
use crate::parse::args::{self, Argument, Value};
use crate::parse::item::Function;
use crate::parse::signature::without_groups;

const FORM: &str = "`async fn name(env: TestEnvironment) -> Result<()>`";
const ATTRIBUTE: Attribute = Attribute {
    shown: "#[temporal_runtime::test]",
    keys: &["crate", "app"],
};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> (TokenStream, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let (app, options) = split(
        args::arguments(arguments, &mut diagnostics),
        &mut diagnostics,
    );
    let place = format!("`#[temporal_runtime::test]` goes on {FORM}");
    let Some(function) = super::function(&place, item.clone(), &mut diagnostics) else {
        return (item, diagnostics);
    };
    if diagnostics
        .scope(|diagnostics| judge(&function.sig, diagnostics))
        .is_none()
    {
        return (
            quote!(#[allow(dead_code, unused_variables)] #function),
            diagnostics,
        );
    }
    (
        write(&function, &options.runtime, app.as_ref()),
        diagnostics,
    )
}

/// `app = path`: a function that gives the app what its activities need.
fn split(arguments: Vec<Argument>, diagnostics: &mut Diagnostics) -> (Option<Path>, Options) {
    let (mut app, mut rest) = (None, Vec::new());
    for argument in arguments {
        if argument.key != "app" || app.is_some() {
            rest.push(argument);
            continue;
        }
        match argument.value {
            Value::Assigned(tokens) => match syn::parse2(tokens.clone()) {
                Ok(path) => app = Some(path),
                Err(_) => diagnostics.error(
                    tokens,
                    "`app` must be the path of a `fn(App) -> App`, like `app = my_app`",
                ),
            },
            _ => diagnostics.error(
                &argument.key,
                "`app` needs a value: the path of a `fn(App) -> App`, like `app = my_app`",
            ),
        }
    }
    (app, Options::read(&ATTRIBUTE, rest, diagnostics))
}

fn judge(sig: &Signature, diagnostics: &mut Diagnostics) {
    if sig.asyncness.is_none() {
        diagnostics.error(
            sig.fn_token,
            format!("a test of workflows waits for them, so it must be `async`: {FORM}"),
        );
    }
    if let Some(parameter) = sig.generics.params.first() {
        diagnostics.error(parameter, "a test cannot be generic");
    }
    match sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            diagnostics.error(receiver, format!("a test is a free function: {FORM}"))
        }
        Some(FnArg::Typed(typed)) if sig.inputs.len() > 1 => {
            let second = sig
                .inputs
                .iter()
                .nth(1)
                .map_or_else(|| typed.span(), Spanned::span);
            diagnostics.error_at(
                second,
                format!("a test is given its environment and nothing else: {FORM}"),
            );
        }
        _ => {}
    }
}

fn write(function: &Function, runtime: &Runtime, app: Option<&Path>) -> TokenStream {
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = function;
    let (ident, output) = (&sig.ident, &sig.output);
    let takes = sig.inputs.span();
    let env = Ident::new("env", Span::mixed_site().located_at(takes));
    let argument = match sig.inputs.first() {
        Some(FnArg::Typed(typed)) => match without_groups(&typed.ty) {
            Type::Reference(reference) => {
                let mutable = &reference.mutability;
                Some(quote_spanned!(takes=> &#mutable #env))
            }
            _ => Some(quote_spanned!(takes=> #env)),
        },
        _ => None,
    };
    let app = app.map_or_else(|| quote!(|app| app), |path| quote!(#path));
    quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #ident() #output {
            #sig #body
            #[allow(unused_variables, unused_mut)]
            #runtime::__private::run_test(#app, |mut #env: #runtime::testing::TestEnvironment| async move { #ident(#argument).await })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_a_test_is_reported() {
        let (_, diagnostics) = expand(
            quote!(app, ap = 1),
            quote!(
                fn t<T>(env: TestEnvironment, more: u8) {}
            ),
        );
        let messages = diagnostics.into_messages();
        assert_eq!(messages.len(), 5, "{messages:#?}");
        assert!(messages[0].contains("`app` needs a value"), "{messages:#?}");
        assert!(
            messages[1].contains("has no argument `ap`; did you mean `app`?"),
            "{messages:#?}"
        );
    }
}
