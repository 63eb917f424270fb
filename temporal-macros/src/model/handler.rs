//! One function with a role, judged by the rules of that role.

use proc_macro2::Span;
use syn::{Attribute, Ident};

use super::callable::Callable;
use super::check;
use super::declared;
use super::names;
use super::options::Options;
use super::role::{Judge, Role, asyncness, names_are_free};
use super::workflow::WorkflowHandler;
use crate::diagnostics::Diagnostics;
use crate::parse::args;
use crate::parse::item::Function;
use crate::parse::signature::Parameters;

/// A function with its role, as far as it could be understood.
pub(crate) struct Handler {
    pub(crate) role: Role,
    pub(crate) wire: Wire,
    pub(crate) call: Callable,
    /// What a validator names.
    pub(crate) validates: Option<Ident>,
    /// `allow(nondeterminism)`
    pub(crate) allow_nondeterminism: bool,
    /// Where its wire name is written.
    pub(crate) name_span: Span,
    /// A run may end while it is at work.
    pub(crate) abandon: bool,
}

/// Handlers by what they are to their workflow, each update with its validator.
#[derive(Default)]
pub(super) struct Sorted {
    pub(super) run: Option<Callable>,
    pub(super) init: Option<Callable>,
    pub(super) messages: Vec<WorkflowHandler>,
}

/// How messages find their handler.
pub(crate) enum Wire {
    Named(String),
    /// Takes every name that has no handler of its own.
    Dynamic,
}

impl Handler {
    /// Judges one function by its role. The result is what could be understood, legal or not. What is `declared` is
    /// implemented elsewhere.
    pub(crate) fn read(
        role: Role,
        attribute: &Attribute,
        function: &Function,
        declared: bool,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let sig = &function.sig;
        let what = role.describe(&sig.ident);
        let parameters = Parameters::read(sig);
        let (options, validates) = match role {
            Role::Validator => (Options::default(), validated(attribute, diagnostics)),
            role => (
                Options::read(
                    &role.attribute(),
                    args::of(attribute, diagnostics),
                    diagnostics,
                ),
                None,
            ),
        };
        check::signature(&what, sig, diagnostics);
        if role != Role::Validator {
            check::arguments(&what, &parameters, diagnostics);
        }
        asyncness(role, sig, diagnostics);
        let judge = Judge {
            role,
            what: &what,
            sig,
            parameters: &parameters,
        };
        if declared {
            declared::takes_no_state(&what, &parameters, diagnostics);
        } else if diagnostics
            // Who takes the state wrongly is not also told that it is missing.
            .scope(|diagnostics| judge.receiver(diagnostics))
            .is_some()
        {
            judge.access(diagnostics);
        }
        judge.output(diagnostics);
        if options.dynamic.is_some() {
            judge.dynamic(&options, diagnostics);
        }
        let (name, name_span) = match &options.name {
            Some(name) => (name.value(), name.span()),
            None => (names::plain(&sig.ident), sig.ident.span()),
        };
        names_are_free(role, &name, name_span, &sig.ident, diagnostics);
        let wire = if options.dynamic.is_some() {
            Wire::Dynamic
        } else {
            Wire::Named(name)
        };
        let call = Callable::read(
            function,
            parameters,
            matches!(role, Role::Query | Role::Init),
        );
        Self {
            role,
            wire,
            call,
            validates,
            allow_nondeterminism: options.allow_nondeterminism,
            name_span,
            abandon: options.abandon,
        }
    }

    pub(crate) fn wire_name(&self) -> Option<&str> {
        match &self.wire {
            Wire::Named(name) => Some(name),
            Wire::Dynamic => None,
        }
    }
}

impl Sorted {
    pub(super) fn of(handlers: Vec<Handler>) -> Self {
        let (mut sorted, mut validators) = (Self::default(), Vec::new());
        for Handler {
            role,
            wire,
            call,
            validates,
            abandon,
            ..
        } in handlers
        {
            match role {
                Role::Run => sorted.run = Some(call),
                Role::Init => sorted.init = Some(call),
                Role::Signal | Role::Query | Role::Update => {
                    sorted.messages.push(WorkflowHandler {
                        role,
                        wire,
                        call,
                        validator: None,
                        abandon,
                    });
                }
                Role::Validator => validators.push((validates, call)),
            }
        }
        for (target, validator) in validators {
            let mut messages = sorted.messages.iter_mut();
            let update =
                messages.find(|m| m.role == Role::Update && Some(&m.call.ident) == target.as_ref());
            if let Some(update) = update {
                update.validator = Some(validator);
            }
        }
        sorted
    }
}

fn validated(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Ident> {
    match attribute.parse_args::<Ident>() {
        Ok(ident) => Some(ident),
        Err(_) => {
            diagnostics.error(
                attribute,
                "say which update this validates: `#[validator(update_name)]`",
            );
            None
        }
    }
}
