//! `#[workflow]`: on a struct or enum (the state), on its impl block, on a function, or on a trait of shared handlers.

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;
use crate::expand;
use crate::lint;
use crate::model::block::Block;
use crate::model::inherited::SharedHandlers;
use crate::model::workflow::{WorkflowFunction, WorkflowType};
use crate::parse::args;
use crate::parse::item::Item;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> (TokenStream, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let arguments = args::arguments(arguments, &mut diagnostics);
    let tokens = match syn::parse2(item.clone()) {
        Ok(Item::Type(ty)) => {
            let model = WorkflowType::read(arguments, &ty, &mut diagnostics);
            let allowed = model
                .as_ref()
                .is_some_and(|model| model.allow_nondeterminism);
            let item = lint::fields(item, allowed, &mut diagnostics);
            let written = model.map(|model| expand::workflow::ty(&model));
            quote!(#item #written)
        }
        Ok(Item::Impl(mut block)) => {
            let model = Block::read(arguments, &mut block, &mut diagnostics);
            expand::workflow::block(&model, &block)
        }
        Ok(Item::Function(mut function)) => {
            let model = WorkflowFunction::read(arguments, &mut function, &mut diagnostics);
            expand::workflow::function(model.as_ref(), &function)
        }
        Ok(Item::Trait(mut item)) => {
            let model = SharedHandlers::read(arguments, &mut item, &mut diagnostics);
            expand::inherited::shared(model.as_ref(), item)
        }
        Ok(Item::Other { kind, head }) => {
            let place = "`#[workflow]` goes on a struct or enum (the state), on its impl block, on a function, or on a trait of shared handlers";
            diagnostics.error_at(head, format!("{place}, not on {kind}"));
            item
        }
        // Half-typed code: the tokens stay, so that the editor still sees them.
        Err(error) => {
            diagnostics.push(error);
            item
        }
    };
    (tokens, diagnostics)
}
