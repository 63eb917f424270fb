//! A user's function as generated code calls it: what goes in, what comes out, what is said about it.

use proc_macro2::Span;
use syn::{Attribute, Ident, Type};

use super::check;
use crate::parse::item::Function;
use crate::parse::signature::{Parameter, Parameters, SelfKind, result_type, self_kind};

/// A function that generated code calls.
pub(crate) struct Callable {
    pub(crate) ident: Ident,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) is_async: bool,
    pub(crate) receiver: Option<SelfKind>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: Output,
}

/// What a function gives back.
pub(crate) struct Output {
    pub(crate) written: Type,
    pub(crate) span: Span,
    pub(crate) form: OutputForm,
}

pub(crate) enum OutputForm {
    /// `()` or some `Result`; with the success type where it is written out.
    Fallible { success: Option<Type> },
    /// A plain value.
    Value,
    /// A mistake that leaves no type to name elsewhere; never in a legal definition.
    Unknown,
}

impl Callable {
    pub(crate) fn read(function: &Function, parameters: Parameters, value_allowed: bool) -> Self {
        let (written, span) = result_type(&function.sig);
        let form = form(&written, value_allowed);
        Self {
            ident: function.sig.ident.clone(),
            attrs: function.attrs.clone(),
            is_async: function.sig.asyncness.is_some(),
            receiver: parameters.receiver.as_ref().map(self_kind),
            parameters: parameters.list,
            output: Output {
                written,
                span,
                form,
            },
        }
    }

    pub(crate) fn arguments(&self) -> impl Iterator<Item = (&Ident, &Type)> {
        self.parameters
            .iter()
            .filter_map(|parameter| match parameter {
                Parameter::Owned { name, ty } => Some((name, ty)),
                Parameter::Borrowed { .. } => None,
            })
    }

    /// `#[cfg(..)]` of the function, for everything that names it.
    pub(crate) fn cfgs(&self) -> Vec<&Attribute> {
        self.attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"))
            .collect()
    }

    /// Documentation, for what is generated in the function's name.
    pub(crate) fn docs(&self) -> Vec<&Attribute> {
        let copied = ["doc", "deprecated", "cfg"];
        self.attrs
            .iter()
            .filter(|attribute| copied.iter().any(|name| attribute.path().is_ident(name)))
            .collect()
    }

    pub(crate) fn doc_text(&self) -> String {
        let line = |attribute: &Attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) if attribute.path().is_ident("doc") => match &pair.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        };
        self.attrs
            .iter()
            .filter_map(line)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// A value where a `Result` is due was reported; what it is serves those who name the function.
fn form(written: &Type, value_allowed: bool) -> OutputForm {
    if check::is_nothing(written) {
        return OutputForm::Fallible {
            success: Some(written.clone()),
        };
    }
    let success = check::written_success(written);
    if check::is_borrowed(success.as_ref().unwrap_or(written)) {
        return OutputForm::Unknown;
    }
    if success.is_none()
        && (check::is_plain(written) || (value_allowed && !check::is_result(written)))
    {
        return OutputForm::Value;
    }
    OutputForm::Fallible { success }
}
