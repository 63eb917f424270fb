//! A role's attribute that no `#[workflow]` block has read: always a mistake, and this says which.

use proc_macro2::{Span, TokenStream};

use crate::diagnostics::Diagnostics;
use crate::lint;
use crate::parse::item::Item;

pub(crate) fn stray(name: &str, item: TokenStream) -> (TokenStream, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    if name == lint::ESCAPE {
        let place = "goes on a statement, a block, a helper or a field of a `#[workflow]`; to excuse a whole workflow, write `#[workflow(allow(nondeterminism))]`";
        diagnostics.error_at(Span::call_site(), format!("`#[{name}]` {place}"));
        return (item, diagnostics);
    }
    let message = match syn::parse2(item.clone()) {
        Ok(Item::Impl(_)) => {
            format!(
                "`#[{name}]` goes on a function inside the impl block; the block itself takes `#[workflow]`"
            )
        }
        Ok(Item::Type(_)) => {
            format!(
                "`#[{name}]` goes on a function inside a `#[workflow] impl` block; the type itself takes `#[workflow]`"
            )
        }
        _ => format!(
            "`#[{name}]` only works on a function inside a `#[workflow] impl` block; is `#[workflow]` missing on the impl?"
        ),
    };
    diagnostics.error_at(Span::call_site(), message);
    (item, diagnostics)
}
