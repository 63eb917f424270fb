//! The parameters and the result of a function, sorted by how they are written. One rule holds everywhere:
//! `&T` is injected, `T` travels. Whether they make sense together is judged in `model`.

use proc_macro2::Span;
use quote::format_ident;
use syn::spanned::Spanned;
use syn::{FnArg, Ident, Pat, Receiver, ReceiverKind, ReturnType, Signature, Type};

use crate::model::names;

/// What a function takes.
pub(crate) struct Parameters {
    pub(crate) receiver: Option<Receiver>,
    pub(crate) list: Vec<Parameter>,
}

/// One parameter that is not `self`.
pub(crate) enum Parameter {
    /// `&T` or `&mut T`; `ty` is `T`.
    Borrowed {
        ty: Type,
        mutable: bool,
        written: Type,
    },
    /// `T`, under the name that callers see.
    Owned { name: Ident, ty: Type },
}

/// The form of a receiver.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SelfKind {
    Ref,
    RefMut,
    Other,
}

impl Parameters {
    pub(crate) fn read(sig: &Signature) -> Self {
        let mut parameters = Self {
            receiver: None,
            list: Vec::new(),
        };
        for (index, input) in sig.inputs.iter().enumerate() {
            match input {
                FnArg::Receiver(receiver) => parameters.receiver = Some(receiver.clone()),
                FnArg::Typed(typed) => parameters
                    .list
                    .push(Parameter::read(index, &typed.pat, &typed.ty)),
            }
        }
        parameters
    }

    pub(crate) fn borrowed(&self) -> impl Iterator<Item = (&Type, bool)> {
        self.list.iter().filter_map(|parameter| match parameter {
            Parameter::Borrowed { ty, mutable, .. } => Some((ty, *mutable)),
            Parameter::Owned { .. } => None,
        })
    }

    pub(crate) fn owned(&self) -> impl Iterator<Item = (&Ident, &Type)> {
        self.list.iter().filter_map(|parameter| match parameter {
            Parameter::Owned { name, ty } => Some((name, ty)),
            Parameter::Borrowed { .. } => None,
        })
    }
}

impl Parameter {
    fn read(index: usize, pattern: &Pat, ty: &Type) -> Self {
        match without_groups(ty) {
            Type::Reference(reference) => Self::Borrowed {
                ty: (*reference.elem).clone(),
                mutable: reference.mutability.is_some(),
                written: ty.clone(),
            },
            ty => Self::Owned {
                name: parameter_name(index, pattern),
                ty: ty.clone(),
            },
        }
    }
}

pub(crate) fn self_kind(receiver: &Receiver) -> SelfKind {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => SelfKind::Ref,
        ReceiverKind::Reference(_, _, Some(_)) => SelfKind::RefMut,
        _ => SelfKind::Other,
    }
}

/// The written result type; `()`, at the function's name, where none is written.
pub(crate) fn result_type(sig: &Signature) -> (Type, Span) {
    match &sig.output {
        ReturnType::Type(_, ty) => ((**ty).clone(), ty.span()),
        ReturnType::Default => {
            let span = sig.ident.span();
            (syn::parse_quote_spanned!(span=> ()), span)
        }
    }
}

/// A `$t:ty` of a `macro_rules!` comes in an invisible group.
pub(crate) fn without_groups(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => without_groups(&group.elem),
        Type::Paren(paren) => without_groups(&paren.elem),
        ty => ty,
    }
}

/// `_name` is `name` for callers; a pattern without a name becomes `arg0`.
fn parameter_name(index: usize, pattern: &Pat) -> Ident {
    let Pat::Ident(pattern) = pattern else {
        return format_ident!("arg{}", index);
    };
    let written = pattern.ident.to_string();
    let bare = written.trim_start_matches('_');
    if bare == written || syn::parse_str::<Ident>(bare).is_err() {
        return pattern.ident.clone();
    }
    names::spanned(bare, pattern.ident.span())
}
