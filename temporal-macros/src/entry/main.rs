//! `#[temporal_runtime::main(crates..)] async fn main(app: App) -> Result<App>`: a worker binary with
//! sub-commands. Names the crates whose workflows and activities it serves, because the linker leaves out
//! a crate that nobody names.

use std::path::Path;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, ReturnType, Signature};

use crate::diagnostics::Diagnostics;
use crate::model::options::{Attribute, Options, Runtime};
use crate::parse::args::{self, Argument, Value};
use crate::parse::item::Function;
use crate::parse::signature::result_type;

const FORM: &str = "`async fn main(app: App) -> Result<App>`";
const ATTRIBUTE: Attribute = Attribute {
    shown: "#[temporal_runtime::main]",
    keys: &["crate"],
};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> (TokenStream, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let (crates, options) = split(
        args::arguments(arguments, &mut diagnostics),
        &mut diagnostics,
    );
    let place = format!("`#[temporal_runtime::main]` goes on {FORM}");
    let Some(mut function) = super::function(&place, item.clone(), &mut diagnostics) else {
        return (item, diagnostics);
    };
    if diagnostics
        .scope(|diagnostics| judge(&function.sig, diagnostics))
        .is_none()
    {
        let attrs = std::mem::take(&mut function.attrs);
        // A binary needs its `main`, whatever else is wrong.
        let dummy = (function.sig.ident == "main").then(|| {
            quote!(
                fn main() {}
            )
        });
        function.sig.ident = Ident::new("__not_main", function.sig.ident.span());
        return (
            quote!(#(#attrs)* #[allow(dead_code, unused_variables)] #function #dummy),
            diagnostics,
        );
    }
    let own = own_library().map(|name| Ident::new(&name, Span::call_site()));
    (
        write(&function, &options.runtime, &crates, own.as_ref()),
        diagnostics,
    )
}

/// Crates are bare names; `crate = path` is the one key.
fn split(arguments: Vec<Argument>, diagnostics: &mut Diagnostics) -> (Vec<Ident>, Options) {
    let (mut crates, mut keyed) = (Vec::new(), Vec::new());
    for argument in arguments {
        match &argument.value {
            Value::Absent if argument.key != "crate" => crates.push(argument.key),
            _ => keyed.push(argument),
        }
    }
    (crates, Options::read(&ATTRIBUTE, keyed, diagnostics))
}

fn judge(sig: &Signature, diagnostics: &mut Diagnostics) {
    if sig.ident != "main" {
        diagnostics.error(
            &sig.ident,
            format!("`#[temporal_runtime::main]` goes on the function called `main`: {FORM}"),
        );
    }
    if let Some(parameter) = sig.generics.params.first() {
        diagnostics.error(parameter, "`main` cannot be generic");
    }
    match sig.inputs.len() {
        0 => diagnostics.error(
            &sig.ident,
            format!("`main` is given the app, to which it adds what activities need: {FORM}"),
        ),
        1 => {}
        _ => diagnostics.error(
            &sig.inputs[1],
            format!("`main` is given the app and nothing else: {FORM}"),
        ),
    }
    if let ReturnType::Default = sig.output {
        diagnostics.error(
            &sig.ident,
            format!("`main` gives the app back, for the worker to run it: {FORM}"),
        );
    }
}

fn write(
    function: &Function,
    runtime: &Runtime,
    crates: &[Ident],
    own: Option<&Ident>,
) -> TokenStream {
    let Function {
        attrs, sig, body, ..
    } = function;
    let imports = own.into_iter().chain(crates).map(|name| {
        let import = quote_spanned!(name.span()=> use ::#name as _;);
        quote!(#[allow(unused_imports)] #import)
    });
    let (ident, wait) = (&sig.ident, sig.asyncness.map(|_| quote!(.await)));
    // A wrong parameter or result is then reported where it is written.
    let (takes, gives) = (sig.inputs.span(), result_type(sig).1);
    let at = runtime.at(gives);
    let app = Ident::new("app", Span::mixed_site().located_at(takes));
    let started = quote_spanned! {gives=>
        #at::__private::main(|#app: #at::App| async move { #ident(#app) #wait })
    };
    quote! {
        #(#imports)*
        #(#attrs)*
        fn main() -> ::std::process::ExitCode {
            #sig #body
            #started
        }
        #[cfg(test)]
        #[::core::prelude::v1::test]
        fn temporal_registry_is_consistent() {
            #runtime::__private::assert_registry();
        }
    }
}

/// The library of the package whose binary this is: it is linked without being named.
fn own_library() -> Option<String> {
    std::env::var_os("CARGO_BIN_NAME")?;
    let root = std::env::var("CARGO_MANIFEST_DIR").ok()?;
    let manifest = std::fs::read_to_string(Path::new(&root).join("Cargo.toml")).unwrap_or_default();
    let section = library_section(&manifest);
    if !Path::new(&root).join("src/lib.rs").exists() && value_of(&section, "path").is_none() {
        return None;
    }
    let package = std::env::var("CARGO_PKG_NAME").ok()?;
    Some(
        value_of(&section, "name")
            .unwrap_or(package)
            .replace('-', "_"),
    )
}

/// The lines of `[lib]`.
fn library_section(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().map(str::trim);
    lines
        .skip_while(|line| *line != "[lib]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .collect()
}

fn value_of(section: &[&str], key: &str) -> Option<String> {
    section.iter().find_map(|line| {
        let (found, value) = line.split_once('=')?;
        (found.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_may_have_its_own_name() {
        let section = library_section(
            "[package]\nname = \"a\"\n[lib]\nname = \"b\"\npath = \"x.rs\"\n[features]\nname = \"c\"",
        );
        assert_eq!(value_of(&section, "name").as_deref(), Some("b"));
        assert_eq!(value_of(&section, "path").as_deref(), Some("x.rs"));
        assert_eq!(
            value_of(&library_section("[package]\nname = \"a\""), "name"),
            None
        );
    }

    #[test]
    fn every_mistake_of_main_is_reported() {
        let (_, diagnostics) = expand(
            quote!(a, b = 1),
            quote!(
                fn mian<T>() {}
            ),
        );
        let messages = diagnostics.into_messages();
        assert_eq!(messages.len(), 5, "{messages:#?}");
        assert!(messages[0].contains("has no argument `b`"), "{messages:#?}");
    }

    #[test]
    fn named_crates_are_linked() {
        let (tokens, diagnostics) = expand(
            quote!(my_workflows),
            quote!(
                async fn main(app: App) -> Result<App> {
                    Ok(app)
                }
            ),
        );
        assert!(diagnostics.into_messages().is_empty());
        assert!(tokens.to_string().contains("use :: my_workflows as _"));
    }
}
