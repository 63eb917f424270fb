//! What stays of an item with mistakes: everything that other code may name, so that one mistake is one error.
//! None of it ever runs.

use proc_macro2::TokenStream;
use quote::quote;

use super::caller_side;
use crate::model::activity::BrokenActivity;
use crate::model::names;
use crate::model::options::Runtime;
use crate::model::workflow::BrokenBlock;

/// `charge::with(..)` of a broken activity takes anything.
pub(super) fn activity(broken: &BrokenActivity) -> TokenStream {
    let BrokenActivity {
        runtime,
        vis,
        ident,
        arguments,
    } = broken;
    let Some(arguments) = arguments else {
        return TokenStream::new();
    };
    let with = names::spanned("with", ident.span());
    let parameters = (0..*arguments).map(|_| quote!(_: impl ::core::marker::Sized));
    quote! {
        #[allow(non_camel_case_types, dead_code)]
        #[doc(hidden)]
        #vis struct #ident {}
        #[allow(dead_code)]
        impl #ident {
            #[doc(hidden)]
            #vis fn #with(#(#parameters),*) -> #runtime::__private::Broken {
                #runtime::__private::Broken
            }
        }
    }
}

/// `Checkout::with(..)` and the handle's methods.
pub(super) fn block(broken: &BrokenBlock) -> TokenStream {
    let BrokenBlock {
        runtime,
        ty,
        handle,
        arguments,
        own_with,
        messages,
    } = broken;
    let parameters = arguments
        .as_ref()
        .map(|call| caller_side(call).0)
        .unwrap_or_default();
    let with = (!own_with).then(|| {
        quote! {
            impl #ty {
                #[doc(hidden)]
                #[allow(dead_code, unused_variables)]
                pub fn with(#(#parameters),*) -> #runtime::__private::WorkflowCall<#ty> {
                    ::core::unimplemented!()
                }
            }
        }
    });
    let methods = messages.iter().map(|call| {
        let (name, cfgs, parameters) = (&call.ident, call.cfgs(), caller_side(call).0);
        quote! {
            #(#cfgs)*
            #[doc(hidden)]
            pub fn #name(&self, #(#parameters),*) -> ::core::future::Ready<#runtime::Result<#runtime::__private::Unknown>> {
                ::core::unimplemented!()
            }
        }
    });
    let definition = definition(runtime, broken);
    quote! {
        #with
        #definition
        #[allow(dead_code, unused_variables)]
        impl #handle<#runtime::Client> { #(#methods)* }
    }
}

fn definition(runtime: &Runtime, broken: &BrokenBlock) -> TokenStream {
    let BrokenBlock { ty, handle, .. } = broken;
    quote! {
        impl #runtime::__private::WorkflowDef for #ty {
            const META: #runtime::__private::Meta =
                #runtime::__private::Meta { name: "", task_queue: ::core::option::Option::None };
            type Args = ();
            type Output = #runtime::__private::Unknown;
            type Handle<__Side: ::core::marker::Send + ::core::marker::Sync + 'static> = #handle<__Side>;
            fn encode(_: ()) -> #runtime::Result<::std::vec::Vec<#runtime::__private::RawPayload>> {
                ::core::unimplemented!()
            }
            fn decode(_: #runtime::__private::RawPayload) -> #runtime::Result<Self::Output> {
                ::core::unimplemented!()
            }
        }
    }
}
