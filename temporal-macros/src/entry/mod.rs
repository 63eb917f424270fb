//! The two attributes that start something: `#[main]` a worker binary, `#[test]` a test with a service of its
//! own. Each is small enough to be parsed, judged and written in one file.

pub(crate) mod main;
pub(crate) mod test;

use proc_macro2::TokenStream;

use crate::diagnostics::Diagnostics;
use crate::parse::item::{Function, Item};

/// The function under the attribute, or a report that there is none.
fn function(place: &str, item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Function> {
    match syn::parse2(item) {
        Ok(Item::Function(function)) if function.body.is_some() => Some(function),
        Ok(Item::Function(function)) => {
            diagnostics.error(
                &function.sig.ident,
                format!("{place}, and this one has no body"),
            );
            None
        }
        Ok(Item::Other { head, kind }) => {
            diagnostics.error_at(head, format!("{place}, not on {kind}"));
            None
        }
        Ok(Item::Type(item)) => {
            diagnostics.error(&item.ident, format!("{place}, not on {}", item.kind));
            None
        }
        Ok(Item::Impl(block)) => {
            diagnostics.error(block.self_ty, format!("{place}, not on an impl block"));
            None
        }
        Ok(Item::Trait(item)) => {
            diagnostics.error(&item.ident, format!("{place}, not on a trait"));
            None
        }
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}
