//! A trait of shared handlers: the trait, a typed handle of whatever workflow has it, and the functions through which
//! the executor reaches the handlers of such a workflow.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Path, ReturnType, Type};

use super::dispatch::{dispatch, list, parts};
use super::handler::{Owner, Part};
use super::{fallback, local};
use crate::model::inherited::{Kind, SharedHandlers};
use crate::model::names;
use crate::model::options::Runtime;
use crate::model::role::Role;
use crate::model::workflow::{WorkflowHandler, WorkflowType};
use crate::parse::item::Function;
use crate::parse::trait_item::TraitItem;

/// The trait, and what stands beside it.
pub(crate) fn shared(model: Option<&SharedHandlers>, mut item: TraitItem) -> TokenStream {
    let Some(model) = model else {
        return quote!(#[allow(dead_code, unused_variables)] #item);
    };
    // A workflow's state can move between threads, and a future of its handlers, too.
    let at = item.ident.span();
    for bound in [
        quote_spanned!(at=> ::core::marker::Sized),
        quote_spanned!(at=> ::core::marker::Send),
        quote_spanned!(at=> 'static),
    ] {
        item.supertraits.push(syn::parse_quote!(#bound));
    }
    item.functions_mut().for_each(make_sendable);
    let handle = handle(model);
    let rest = match &model.kind {
        Kind::Legal(handlers) => definition(model, handlers),
        Kind::Broken(messages) => fallback::shared(model, messages),
    };
    // a validator takes `&String` because its update takes `String`
    quote!(#[allow(clippy::ptr_arg)] #item #handle #rest)
}

/// `async fn` says nothing of its future; here it can move between threads.
fn make_sendable(function: &mut Function) {
    let Some(token) = function.sig.asyncness.take() else {
        return;
    };
    let span = token.span();
    let output = match &function.sig.output {
        ReturnType::Default => quote_spanned!(span=> ()),
        ReturnType::Type(_, ty) => quote!(#ty),
    };
    function.sig.output = syn::parse_quote_spanned! {span=>
        -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
    };
    if let Some(body) = &mut function.body {
        let steps = body.tokens();
        body.replace(quote_spanned!(span=> async move { #steps }));
    }
}

/// A handle of a workflow that has the trait, around a handle that knows more or less of it.
fn handle(model: &SharedHandlers) -> TokenStream {
    let SharedHandlers {
        runtime,
        cfgs,
        vis,
        ident,
        handle,
        ..
    } = model;
    let doc = format!(
        "Handle of any workflow that has the handlers of [`{ident}`]: its signals, queries and updates. Made of a handle by name: `{handle}::from(client.workflow_by_name(id))`."
    );
    let (raw, cfgs) = (local("raw"), quote!(#(#cfgs)*));
    let plain = quote!(#runtime::__private::WorkflowHandle<#runtime::client::Untyped, __Side>);
    quote! {
        #cfgs
        #[doc = #doc]
        #[allow(dead_code)]
        #vis struct #handle<
            __Side = #runtime::Client,
            __Of = #plain,
        > {
            __raw: __Of,
            __side: ::core::marker::PhantomData<fn() -> __Side>,
        }
        #cfgs
        impl<__Side, __Of> #handle<__Side, __Of> {
            #[doc(hidden)]
            #[allow(dead_code)]
            pub fn __around(#raw: __Of) -> Self {
                #handle { __raw: #raw, __side: ::core::marker::PhantomData }
            }
        }
        #cfgs
        impl<__Side> ::core::convert::From<#plain> for #handle<__Side> {
            fn from(#raw: #plain) -> Self {
                Self::__around(#raw)
            }
        }
        #cfgs
        impl<__Side, __Of: ::core::clone::Clone> ::core::clone::Clone for #handle<__Side, __Of> {
            fn clone(&self) -> Self {
                Self::__around(::core::clone::Clone::clone(&self.__raw))
            }
        }
        #cfgs
        impl<__Side, __Of: ::core::fmt::Debug> ::core::fmt::Debug for #handle<__Side, __Of> {
            fn fmt(&self, #raw: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.__raw, #raw)
            }
        }
        #cfgs
        impl<__Side, __Of> ::core::ops::Deref for #handle<__Side, __Of> {
            type Target = __Of;
            fn deref(&self) -> &__Of {
                &self.__raw
            }
        }
        #cfgs
        impl<__Side, __Of: #runtime::__private::HandleOf<__Side>> #runtime::__private::HandleOf<__Side> for #handle<__Side, __Of> {
            type Workflow = __Of::Workflow;
            fn raw(&self) -> &#runtime::__private::WorkflowHandle<__Of::Workflow, __Side> {
                #runtime::__private::HandleOf::raw(&self.__raw)
            }
        }
    }
}

fn definition(model: &SharedHandlers, handlers: &[WorkflowHandler]) -> TokenStream {
    let SharedHandlers {
        runtime,
        cfgs,
        ident,
        handle,
        ..
    } = model;
    let any: Type = syn::parse_quote!(__W);
    let owner = Owner {
        runtime,
        ty: &any,
        state: &any,
        of_trait: Some(ident),
    };
    let parts = parts(&owner, handlers);
    let definitions = parts.iter().map(Part::definitions);
    let dispatch = dispatch(&owner, &parts);
    let methods = |side: &str, methods: Vec<TokenStream>| {
        let side = Ident::new(side, Span::call_site());
        quote! {
            #[allow(dead_code)]
            impl<__Of: #runtime::__private::HandleOf<#runtime::#side>> #handle<#runtime::#side, __Of> { #(#methods)* }
        }
    };
    let outside = methods("Client", parts.iter().filter_map(Part::method).collect());
    let inside = parts.iter().filter_map(Part::method_in_workflow).collect();
    let inside = methods("InWorkflow", inside);
    let [signals, queries, updates] =
        [Role::Signal, Role::Query, Role::Update].map(|role| list(&parts, role));
    quote! {
        #(#cfgs)*
        const _: () = {
            #(#definitions)*
            #dispatch
            #outside
            #inside
            impl<__W: #ident> #runtime::__private::InheritedBy<__W> for #handle {
                const HANDLERS: #runtime::__private::Inherited = #runtime::__private::Inherited {
                    signals: #signals,
                    queries: #queries,
                    updates: #updates,
                    signal: __signal::<__W>,
                    query: __query::<__W>,
                    validate: __validate::<__W>,
                    update: __update::<__W>,
                };
            }
        };
    }
}

/// `ApprovableHandle` of `Approvable`, beside it.
fn handle_of(of_trait: &Path) -> Path {
    let mut handle = of_trait.clone();
    if let Some(last) = handle.segments.last_mut() {
        last.ident = names::handle(&last.ident);
    }
    handle
}

/// What the handle of a workflow holds: the handle without messages of its own, in the handles of what it inherits.
pub(super) fn chain(ty: &WorkflowType, side: &TokenStream) -> TokenStream {
    let WorkflowType {
        runtime,
        ident,
        inherits,
        ..
    } = ty;
    let innermost = quote!(#runtime::__private::WorkflowHandle<#ident, #side>);
    inherits.iter().rev().fold(innermost, |inner, of_trait| {
        let handle = handle_of(of_trait);
        quote!(#handle<#side, #inner>)
    })
}

/// Such a handle around the plain one in `raw`.
pub(super) fn around(ty: &WorkflowType, raw: &Ident) -> TokenStream {
    ty.inherits
        .iter()
        .rev()
        .fold(quote!(#raw), |inner, of_trait| {
            let handle = handle_of(of_trait);
            quote!(#handle::__around(#inner))
        })
}

/// The handlers that a workflow has from traits; each trait must be implemented for it.
pub(super) fn handlers(ty: &WorkflowType) -> TokenStream {
    if !ty.implements {
        return quote!(&[]);
    }
    let ident = &ty.ident;
    let all = ty.inherits.iter().map(|of_trait| {
        let (handle, span) = (handle_of(of_trait), of_trait.span());
        let at = Runtime::at(&ty.runtime, span);
        quote_spanned!(span=> <#handle as #at::__private::InheritedBy<#ident>>::HANDLERS)
    });
    quote!(&[#(#all),*])
}
