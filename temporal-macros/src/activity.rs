//! `#[activity]`: on a function, an impl block whose methods are activities, or a function without a body.

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;
use crate::expand;
use crate::model::activity::{ActivityBlock, ActivityFunction};
use crate::parse::args;
use crate::parse::item::Item;

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> (TokenStream, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let place =
        "`#[activity]` goes on a function, or on an impl block whose methods are activities";
    let arguments = args::arguments(arguments, &mut diagnostics);
    let tokens = match syn::parse2(item.clone()) {
        Ok(Item::Function(function)) => {
            let model = ActivityFunction::read(arguments, &function, &mut diagnostics);
            expand::activity::function(&model, function)
        }
        Ok(Item::Impl(mut block)) => {
            let model = ActivityBlock::read(arguments, &mut block, &mut diagnostics);
            expand::activity::block(&model, block)
        }
        Ok(Item::Type(ty)) => {
            diagnostics.error(&ty.ident, format!("{place}, not on {}", ty.kind));
            item
        }
        Ok(Item::Trait(of_trait)) => {
            diagnostics.error(&of_trait.ident, format!("{place}, not on a trait"));
            item
        }
        Ok(Item::Other { kind, head }) => {
            diagnostics.error_at(head, format!("{place}, not on {kind}"));
            item
        }
        // Half-typed code: the tokens stay, so that the editor still sees them.
        Err(error) => {
            diagnostics.push(error);
            quote!(#item)
        }
    };
    (tokens, diagnostics)
}
