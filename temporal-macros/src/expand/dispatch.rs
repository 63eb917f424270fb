//! The functions through which messages find their handlers, and the lists of who there is to find.

use proc_macro2::TokenStream;
use quote::quote;

use super::handler::{Owner, Part};
use super::local;
use crate::model::role::Role;
use crate::model::workflow::WorkflowHandler;

/// The handlers of one owner, numbered in the order in which they are written.
pub(super) fn parts<'a>(owner: &'a Owner<'a>, handlers: &'a [WorkflowHandler]) -> Vec<Part<'a>> {
    handlers
        .iter()
        .enumerate()
        .map(|(index, handler)| Part::new(owner, index, handler))
        .collect()
}

/// The handlers of one role, for the registry.
pub(super) fn list(parts: &[Part<'_>], role: Role) -> TokenStream {
    let listed: Vec<TokenStream> = in_order(parts, role).map(Part::listed).collect();
    quote!(&[#(#listed),*])
}

/// The functions that find a handler by name.
pub(super) fn dispatch(owner: &Owner<'_>, parts: &[Part<'_>]) -> TokenStream {
    let runtime = owner.runtime;
    let payloads = quote!(::std::vec::Vec<#runtime::__private::RawPayload>);
    let output = quote!(#runtime::__private::Output);
    let handled = quote!(#runtime::__private::Handled);
    let verdict = quote!(::core::result::Result<(), #runtime::__private::Failed>);
    let borrowed = quote!(&[#runtime::__private::RawPayload]);
    let by_name =
        |function: &str, role, what: &str, args_type: &TokenStream, gives: &TokenStream| {
            let function = local(&format!("__{function}"));
            let (core, name, args) = (local("core"), local("name"), local("args"));
            let arms: Vec<TokenStream> = in_order(parts, role).map(|part| part.arm(what)).collect();
            let generics = owner.generics();
            quote! {
                #[allow(unused_variables, unreachable_patterns)]
                fn #function #generics(
                    #core: &::std::sync::Arc<#runtime::__private::Core>,
                    #name: &str,
                    #args: #args_type,
                ) -> ::core::option::Option<#gives> {
                    match #name {
                        #(#arms)*
                        _ => ::core::option::Option::None,
                    }
                }
            }
        };
    let functions = [
        by_name("signal", Role::Signal, "handle", &payloads, &handled),
        by_name("query", Role::Query, "handle", &payloads, &output),
        by_name("validate", Role::Update, "validate", &borrowed, &verdict),
        by_name("update", Role::Update, "handle", &payloads, &handled),
    ];
    quote!(#(#functions)*)
}

/// The handlers of one role, the dynamic one last.
fn in_order<'p, 'a>(parts: &'p [Part<'a>], role: Role) -> impl Iterator<Item = &'p Part<'a>> {
    let of_role = move |part: &&Part<'a>| part.role() == role;
    let named = parts
        .iter()
        .filter(of_role)
        .filter(|part| !part.is_dynamic());
    named.chain(
        parts
            .iter()
            .filter(of_role)
            .filter(|part| part.is_dynamic()),
    )
}
