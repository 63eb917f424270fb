//! What stays of an item with mistakes: everything that other code may name, so that one mistake is one error.
//! None of it ever runs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::codec::success_type;
use super::is_string;
use crate::model::activity::BrokenActivity;
use crate::model::block::BrokenBlock;
use crate::model::callable::Callable;
use crate::model::check;
use crate::model::inherited::SharedHandlers;
use crate::model::names;
use crate::model::options::Runtime;
use crate::model::role::Role;
use crate::parse::signature::Parameter;

/// `charge::with(..)` of a broken activity takes anything and gives what the activity should.
pub(super) fn activity(broken: &BrokenActivity) -> TokenStream {
    let BrokenActivity {
        runtime,
        vis,
        call,
        callable,
    } = broken;
    if !callable {
        return TokenStream::new();
    }
    let ident = &call.ident;
    let with = names::spanned("with", ident.span());
    let parameters = anything(call);
    let (cfgs, definition) = (call.cfgs(), activity_definition(runtime, ident, call));
    quote! {
        #(#cfgs)*
        #[allow(non_camel_case_types, dead_code)]
        #[doc(hidden)]
        #vis struct #ident {}
        #(#cfgs)*
        const _: () = {
            #definition
            #[allow(dead_code)]
            impl #ident {
                #[doc(hidden)]
                #vis fn #with(#(#parameters),*) -> #runtime::__private::ActivityCall<#ident> {
                    ::core::unimplemented!()
                }
            }
        };
    }
}

/// `Payments::refund_with(..)` of a broken method, with its type.
pub(super) fn method(broken: &BrokenActivity, with: &Ident) -> (TokenStream, TokenStream) {
    let BrokenActivity {
        runtime,
        vis,
        call,
        callable,
    } = broken;
    if !callable {
        return (TokenStream::new(), TokenStream::new());
    }
    let (ident, cfgs) = (&call.ident, call.cfgs());
    let parameters = anything(call);
    let definition = activity_definition(runtime, ident, call);
    let item = quote! {
        #(#cfgs)*
        #[allow(non_camel_case_types)]
        #[doc(hidden)]
        pub struct #ident {}
        #(#cfgs)*
        #definition
    };
    let constructor = quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #vis fn #with(#(#parameters),*) -> #runtime::__private::ActivityCall<#ident> {
            ::core::unimplemented!()
        }
    };
    (item, constructor)
}

fn activity_definition(runtime: &Runtime, ident: &Ident, call: &Callable) -> TokenStream {
    let output = success_type(runtime, &call.output);
    quote! {
        impl #runtime::__private::ActivityDef for #ident {
            const NAME: &'static str = "";
            const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::None;
            const DEFAULTS: #runtime::__private::ActivityDefaults = #runtime::__private::ActivityDefaults::NONE;
            type Args = ();
            type Output = #output;
            type Timeout = #runtime::__private::TimeoutSet;
            fn encode(_: ()) -> #runtime::Result<::std::vec::Vec<#runtime::__private::RawPayload>> {
                ::core::unimplemented!()
            }
            fn decode(_: #runtime::__private::RawPayload) -> #runtime::Result<Self::Output> {
                ::core::unimplemented!()
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
        own_with,
        messages,
        ..
    } = broken;
    let parameters = broken.takes().map(anything).unwrap_or_default();
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
    let (calls, operations) = messages_of(runtime, &quote!(#ty), messages);
    let definition = definition(runtime, broken);
    quote! {
        #with
        #definition
        #[allow(dead_code, unused_variables)]
        impl #handle<#runtime::InWorkflow> { #operations }
        #[allow(dead_code, unused_variables)]
        impl #handle<#runtime::Client> { #calls }
    }
}

/// The messages of a broken trait, which every workflow may list.
pub(super) fn shared(model: &SharedHandlers, messages: &[(Role, Callable)]) -> TokenStream {
    let SharedHandlers {
        runtime,
        cfgs,
        handle,
        ..
    } = model;
    let (calls, operations) = messages_of(runtime, &quote!(()), messages);
    let cfgs = quote!(#(#cfgs)*);
    quote! {
        #cfgs
        #[allow(dead_code, unused_variables)]
        impl<__Of> #handle<#runtime::InWorkflow, __Of> { #operations }
        #cfgs
        #[allow(dead_code, unused_variables)]
        impl<__Of> #handle<#runtime::Client, __Of> { #calls }
        #cfgs
        impl<__W> #runtime::__private::InheritedBy<__W> for #handle {
            const HANDLERS: #runtime::__private::Inherited = #runtime::__private::Inherited::NONE;
        }
    }
}

/// The methods of a handle: those of clients, and those in workflow code.
fn messages_of(
    runtime: &Runtime,
    ty: &TokenStream,
    messages: &[(Role, Callable)],
) -> (TokenStream, TokenStream) {
    let method = |call: &Callable, gives: TokenStream| {
        let (name, cfgs, parameters) = (&call.ident, call.cfgs(), anything(call));
        quote! {
            #(#cfgs)*
            #[doc(hidden)]
            pub fn #name(&self, #(#parameters),*) -> #runtime::#gives {
                ::core::unimplemented!()
            }
        }
    };
    let calls = messages.iter().map(|(role, call)| {
        let output = success_type(runtime, &call.output);
        let gives = match role {
            Role::Signal => quote!(client::SignalCall),
            Role::Query => quote!(client::QueryCall<#output>),
            _ => quote!(client::UpdateCall<#output>),
        };
        method(call, gives)
    });
    let signals = messages.iter().filter(|(role, _)| *role == Role::Signal);
    let operations = signals.map(|(_, call)| method(call, quote!(SignalWorkflow<#ty>)));
    (calls.collect(), operations.collect())
}

fn definition(runtime: &Runtime, broken: &BrokenBlock) -> TokenStream {
    let BrokenBlock {
        ty, handle, run, ..
    } = broken;
    let output = run.as_ref().map_or_else(
        || quote!(#runtime::__private::Unknown),
        |run| success_type(runtime, &run.output),
    );
    quote! {
        impl #runtime::__private::WorkflowDef for #ty {
            const META: #runtime::__private::Meta =
                #runtime::__private::Meta { name: "", task_queue: ::core::option::Option::None, fail_on: &[], inherited: &[] };
            type Args = ();
            type Output = #output;
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

/// The parameters of a stub: like those of the real thing, and also what was borrowed by mistake.
fn anything(call: &Callable) -> Vec<TokenStream> {
    let parameter = |parameter: &Parameter| match parameter {
        Parameter::Owned { ty, .. } if is_string(ty) => {
            Some(quote!(_: impl ::core::convert::Into<#ty>))
        }
        Parameter::Owned { ty, .. } => Some(quote!(_: #ty)),
        Parameter::Borrowed { ty, .. } if check::is_borrowed_data(ty) => {
            Some(quote!(_: impl ::core::marker::Sized))
        }
        Parameter::Borrowed { .. } => None,
    };
    call.parameters.iter().filter_map(parameter).collect()
}
