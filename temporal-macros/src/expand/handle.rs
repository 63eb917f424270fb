//! What stands beside the type of a workflow: its names, and the typed handle. The methods of the handle come with
//! the impl block, which alone knows the handlers.

use proc_macro2::TokenStream;
use quote::quote;

use super::{inherited, local, option};
use crate::model::workflow::WorkflowType;

/// Name and task queue, and the typed handle, which only the type's own macro can give the right visibility.
pub(super) fn state(ty: &WorkflowType) -> TokenStream {
    let WorkflowType {
        cfgs,
        runtime,
        vis,
        ident,
        wire_name,
        task_queue,
        fail_on,
        handle,
        ..
    } = ty;
    let doc = format!(
        "Handle of a [`{ident}`] workflow: its signals, queries and updates, and everything of `WorkflowHandle`."
    );
    let task_queue = option(task_queue.as_ref());
    let raw = local("raw");
    let cfgs = quote!(#(#cfgs)*);
    let (of, handlers) = (
        inherited::chain(ty, &quote!(__Side)),
        inherited::handlers(ty),
    );
    let made = inherited::around(ty, &raw);
    quote! {
        #cfgs
        #[doc = #doc]
        #[allow(dead_code)]
        #vis struct #handle<__Side = #runtime::Client> {
            __raw: #of,
        }
        #cfgs
        impl<__Side> ::core::convert::From<#runtime::__private::WorkflowHandle<#ident, __Side>> for #handle<__Side> {
            fn from(#raw: #runtime::__private::WorkflowHandle<#ident, __Side>) -> Self {
                #handle { __raw: #made }
            }
        }
        #cfgs
        impl<__Side: ::core::clone::Clone> ::core::clone::Clone for #handle<__Side> {
            fn clone(&self) -> Self {
                #handle { __raw: ::core::clone::Clone::clone(&self.__raw) }
            }
        }
        #cfgs
        impl<__Side> ::core::fmt::Debug for #handle<__Side> {
            fn fmt(&self, #raw: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.__raw, #raw)
            }
        }
        #cfgs
        impl<__Side> ::core::ops::Deref for #handle<__Side> {
            type Target = #of;
            fn deref(&self) -> &Self::Target {
                &self.__raw
            }
        }
        #cfgs
        impl #runtime::__private::WorkflowState for #ident {
            const META: #runtime::__private::Meta =
                #runtime::__private::Meta {
                    name: #wire_name,
                    task_queue: #task_queue,
                    fail_on: &[#(#fail_on),*],
                    inherited: #handlers,
                };
        }
    }
}
