//! Constants that fail to compile where two parts of a definition do not belong together, each at the place
//! that has to change.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::tuple;
use crate::model::workflow::{WorkflowBlock, WorkflowType};

/// The type has a `#[workflow] impl` block.
pub(super) fn has_block(ty: &WorkflowType) -> TokenStream {
    let (ident, span) = (&ty.ident, ty.ident.span());
    let (runtime, cfgs) = (ty.runtime.at(span), &ty.cfgs);
    let check =
        quote_spanned!(span=> const _: () = #runtime::__private::assert_workflow::<#ident>(););
    quote!(#(#cfgs)* #check)
}

/// `#[init]` and `#[run]` take the same arguments, if both take some.
pub(super) fn same_arguments(block: &WorkflowBlock) -> Option<TokenStream> {
    let init = block.init.as_ref()?;
    if init.arguments().next().is_none() || block.run.arguments().next().is_none() {
        return None;
    }
    let (run, start) = (tuple(&block.run), tuple(init));
    let check = quote_spanned!(init.ident.span()=> |same_arguments_as_run| same_arguments_as_run);
    Some(quote!(const _: fn(#run) -> #start = #check;))
}
