//! Every mistake of one macro call, each with the place where it was made.
//!
//! The macros never stop at the first mistake: they collect here and report at the end, so that one
//! compile shows all of them. Nothing here decides what a mistake is.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// The mistakes found so far. Dropping some unread is a bug of the macro, and panics in debug builds.
#[derive(Default)]
pub(crate) struct Diagnostics {
    errors: Vec<syn::Error>,
    warnings: Vec<(Span, String)>,
}

impl Diagnostics {
    /// A mistake that covers `tokens`.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.errors.push(syn::Error::new_spanned(tokens, message));
    }

    /// A mistake at one place.
    pub(crate) fn error_at(&mut self, span: Span, message: impl Display) {
        self.errors.push(syn::Error::new(span, message));
    }

    /// What `syn` could not parse.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// Something that may be right.
    pub(crate) fn warn(&mut self, span: Span, message: impl Display) {
        self.warnings.push((span, message.to_string()));
    }

    /// Runs `judge` on a part of the item; its value is only there when the part has no mistake.
    pub(crate) fn scope<T>(&mut self, judge: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let before = self.errors.len();
        let value = judge(self);
        (self.errors.len() == before).then_some(value)
    }

    /// One `compile_error!` a mistake, and one use of a deprecated constant a warning: stable Rust has no
    /// other warning for macros.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        let errors = std::mem::take(&mut self.errors)
            .into_iter()
            .map(syn::Error::into_compile_error);
        let warnings = std::mem::take(&mut self.warnings)
            .into_iter()
            .map(|(span, message)| warning(span, &message));
        errors.chain(warnings).collect()
    }

    #[cfg(test)]
    pub(crate) fn into_messages(mut self) -> Vec<String> {
        std::mem::take(&mut self.errors)
            .into_iter()
            .flatten()
            .map(|error| error.to_string())
            .chain(
                std::mem::take(&mut self.warnings)
                    .into_iter()
                    .map(|(_, message)| format!("warning: {message}")),
            )
            .collect()
    }
}

fn warning(span: Span, message: &str) -> TokenStream {
    let declared = syn::Ident::new("nondeterminism", Span::mixed_site());
    let mut name = declared.clone();
    name.set_span(declared.span().located_at(span));
    quote! {
        const _: () = {
            #[deprecated(note = #message)]
            #[allow(non_upper_case_globals)]
            const #declared: () = ();
            #name
        };
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        if cfg!(debug_assertions) && !std::thread::panicking() {
            assert!(
                self.errors.is_empty(),
                "mistakes were found and not reported: {:?}",
                self.errors
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_with_a_mistake_gives_no_value() {
        let mut diagnostics = Diagnostics::default();
        assert_eq!(diagnostics.scope(|_| 1), Some(1));
        let value = diagnostics.scope(|d| {
            d.error_at(Span::call_site(), "one");
            2
        });
        assert_eq!(value, None);
        assert_eq!(
            diagnostics.scope(|_| 3),
            Some(3),
            "an earlier mistake is not this scope's"
        );
        assert_eq!(diagnostics.into_messages(), ["one"]);
    }

    #[test]
    #[should_panic(expected = "mistakes were found and not reported: [\"lost\"]")]
    #[cfg(debug_assertions)]
    fn unread_mistakes_panic() {
        let mut diagnostics = Diagnostics::default();
        diagnostics.error_at(Span::call_site(), "lost");
    }
}
