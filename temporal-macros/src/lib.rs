//! The attributes of `temporal-runtime`: `#[workflow]`, `#[activity]`, their roles, `#[main]` and `#[test]`.
//!
//! Use them through `temporal-runtime`, where they are documented. Each is a function from tokens to tokens
//! and diagnostics, in three steps that never look back: `parse` says what was written, `model` says what it
//! means and reports what is wrong, `expand` writes the code. Only this file touches `proc_macro`.

#![allow(
    clippy::large_enum_variant,
    reason = "each of these lives once in a macro call"
)]

mod activity;
mod bodies;
mod diagnostics;
mod entry;
mod expand;
mod lint;
mod model;
mod parse;
mod role;
#[cfg(test)]
mod snapshots;
mod workflow;

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro::TokenStream;

use crate::diagnostics::Diagnostics;

type Tokens = proc_macro2::TokenStream;

/// Turns a type, its impl block, or a function into a Temporal workflow.
#[proc_macro_attribute]
pub fn workflow(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply("workflow", workflow::expand, arguments, item)
}

/// Turns a function, the methods of an impl block, or a declaration into Temporal activities.
#[proc_macro_attribute]
pub fn activity(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply("activity", activity::expand, arguments, item)
}

/// Makes a worker binary with sub-commands of `async fn main(app: App) -> Result<App>`.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply("main", entry::main::expand, arguments, item)
}

/// Gives a test a service, a clock that skips, a worker and a client of its own.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    apply("test", entry::test::expand, arguments, item)
}

/// The attributes of roles are read by `#[workflow]`. As macros of their own they give completion and
/// documentation, and say what is missing where `#[workflow]` is.
macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[proc_macro_attribute]
        pub fn $name(arguments: TokenStream, item: TokenStream) -> TokenStream {
            let stray = |_, item| role::stray(stringify!($name), item);
            apply(stringify!($name), stray, arguments, item)
        }
    )* };
}

roles! {
    /// Builds the state of a workflow from its arguments. Inside a `#[workflow] impl` block.
    init
    /// The workflow function. Inside a `#[workflow] impl` block.
    run
    /// A signal handler. Inside a `#[workflow] impl` block.
    signal
    /// A query handler. Inside a `#[workflow] impl` block.
    query
    /// An update handler. Inside a `#[workflow] impl` block.
    update
    /// Accepts or rejects an update before it is recorded. Inside a `#[workflow] impl` block.
    validator
    /// Excuses a statement, a block, a helper or a field from the determinism lint. Inside workflow code.
    nondeterministic
}

/// Runs one macro. A panic in it is our bug: the item survives, and the user is asked to report it.
fn apply(
    name: &str,
    expand: impl FnOnce(Tokens, Tokens) -> (Tokens, Diagnostics),
    arguments: TokenStream,
    item: TokenStream,
) -> TokenStream {
    let (arguments, item) = (Tokens::from(arguments), Tokens::from(item));
    let untouched = item.clone();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let (mut tokens, diagnostics) = expand(arguments, item);
        tokens.extend(diagnostics.into_tokens());
        tokens
    }));
    result
        .unwrap_or_else(|panic| bug(name, untouched, &panic))
        .into()
}

fn bug(name: &str, mut item: Tokens, panic: &(dyn std::any::Any + Send)) -> Tokens {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    let message = format!(
        "`#[{name}]` broke on this item, which is a bug of temporal-macros and not yours; please report it with the item: {}/issues ({text})",
        env!("CARGO_PKG_REPOSITORY")
    );
    let mut diagnostics = Diagnostics::default();
    diagnostics.error_at(proc_macro2::Span::call_site(), message);
    item.extend(diagnostics.into_tokens());
    item
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::bug;

    #[test]
    fn a_bug_of_ours_keeps_the_item_and_asks_for_a_report() {
        let written = bug(
            "workflow",
            quote!(
                struct X;
            ),
            &"index out of bounds",
        )
        .to_string();
        assert!(written.starts_with("struct X ;"), "{written}");
        for part in [
            "compile_error",
            "a bug of temporal-macros",
            "/issues",
            "index out of bounds",
        ] {
            assert!(written.contains(part), "{part}: {written}");
        }
    }
}
