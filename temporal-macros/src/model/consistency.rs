//! Rules that concern more than one function of a workflow: what there is once, what has a name of its own, what
//! belongs to what.

use syn::Ident;

use super::check;
use super::handler::Handler;
use super::names::{self, closest};
use super::role::Role;
use crate::diagnostics::Diagnostics;
use crate::parse::item::{Function, ImplItem};
use crate::parse::signature::Parameters;

/// Rules that concern more than one function.
pub(super) fn judge(
    ident: &Ident,
    block: &ImplItem,
    handlers: &[Handler],
    diagnostics: &mut Diagnostics,
) {
    for function in block
        .functions()
        .filter(|function| function.sig.ident == "with")
    {
        let message = format!(
            "`{ident}::with(..)` is generated (it describes a call of the workflow); name this function differently"
        );
        diagnostics.error(&function.sig.ident, message);
    }
    let of = |role| handlers.iter().filter(move |handler| handler.role == role);
    let runs: Vec<_> = of(Role::Run).collect();
    if let [first, second, ..] = runs.as_slice() {
        let message = format!(
            "a workflow has one `#[run]` function, and `{}` already is it",
            first.call.ident
        );
        diagnostics.error(&second.call.ident, message);
    }
    if let Some(second) = of(Role::Init).nth(1) {
        diagnostics.error(
            &second.call.ident,
            "a workflow has at most one `#[init]` function",
        );
    }
    messages(handlers, diagnostics);
}

/// Names that nobody else has, and validators of updates that are there.
pub(super) fn messages(handlers: &[Handler], diagnostics: &mut Diagnostics) {
    let of = |role| handlers.iter().filter(move |handler| handler.role == role);
    for role in [Role::Signal, Role::Query, Role::Update] {
        unique_names(role, of(role), diagnostics);
    }
    for validator in of(Role::Validator) {
        validates_an_update(validator, handlers, diagnostics);
    }
}

/// Not here, or not marked.
pub(super) fn no_run(
    ident: &Ident,
    block: &ImplItem,
    handlers: &[Handler],
    diagnostics: &mut Diagnostics,
) {
    let marked = |function: &Function| {
        handlers
            .iter()
            .any(|handler| handler.call.ident == function.sig.ident)
    };
    let candidate = block
        .functions()
        .find(|f| f.sig.asyncness.is_some() && f.sig.ident == "run" && !marked(f));
    if let Some(function) = candidate {
        return diagnostics.error(
            &function.sig.ident,
            "this looks like the workflow function; mark it `#[run]`",
        );
    }
    let elsewhere = if handlers.is_empty() {
        ""
    } else {
        "; all roles of a workflow go into one `#[workflow] impl` block"
    };
    diagnostics.error(
        &block.self_ty,
        format!("the workflow `{ident}` has no `#[run]` function{elsewhere}"),
    );
}

/// In a block that takes every name `#[run]` takes the name and the values; so does `#[init]`, or nothing.
pub(super) fn dynamic(block: &ImplItem, handlers: &[Handler], diagnostics: &mut Diagnostics) {
    for handler in handlers {
        let judged = match handler.role {
            Role::Run => true,
            Role::Init => handler.call.arguments().next().is_some(),
            _ => false,
        };
        let function = block
            .functions()
            .find(|function| function.sig.ident == handler.call.ident);
        if let (true, Some(function)) = (judged, function) {
            let parameters = Parameters::read(&function.sig);
            check::dynamic_arguments("workflow", &function.sig, &parameters, diagnostics);
        }
    }
}

fn unique_names<'a>(
    role: Role,
    handlers: impl Iterator<Item = &'a Handler>,
    diagnostics: &mut Diagnostics,
) {
    let mut seen: Vec<&Handler> = Vec::new();
    for handler in handlers {
        let same = |other: &&&Handler| {
            // Of two with a `#[cfg]` each, one may be left out of every build.
            let both_conditional = !other.call.cfgs().is_empty() && !handler.call.cfgs().is_empty();
            other.wire_name() == handler.wire_name() && !both_conditional
        };
        if let Some(other) = seen.iter().find(same) {
            let (name, other) = (role.name(), &other.call.ident);
            match handler.wire_name() {
                Some(wire) => diagnostics.error_at(
                    handler.name_span,
                    format!("the {name} name `{wire}` is already used by `{other}`"),
                ),
                None => diagnostics.error(
                    &handler.call.ident,
                    format!(
                        "a workflow has one dynamic {name} handler, and `{other}` already is it"
                    ),
                ),
            }
        }
        seen.push(handler);
    }
}

fn validates_an_update(validator: &Handler, handlers: &[Handler], diagnostics: &mut Diagnostics) {
    let Some(target) = &validator.validates else {
        return;
    };
    let updates: Vec<&Handler> = handlers
        .iter()
        .filter(|handler| handler.role == Role::Update)
        .collect();
    let Some(update) = updates.iter().find(|update| update.call.ident == *target) else {
        let names: Vec<String> = updates
            .iter()
            .map(|update| names::plain(&update.call.ident))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hint = closest(&names::plain(target), &names)
            .map(|close| format!("; did you mean `{close}`?"))
            .unwrap_or_default();
        return diagnostics.error(
            target,
            format!("there is no `#[update]` named `{target}` here{hint}"),
        );
    };
    let (takes, this) = (
        update.call.arguments().count(),
        validator.call.parameters.len(),
    );
    if takes != this {
        let message = format!(
            "a validator takes the same arguments as its update, by reference: `{target}` takes {takes}, this takes {this}"
        );
        diagnostics.error(&validator.call.ident, message);
    }
    let twice = handlers
        .iter()
        .find(|other| other.role == Role::Validator && other.validates.as_ref() == Some(target));
    if let Some(first) = twice.filter(|first| !std::ptr::eq(*first, validator)) {
        diagnostics.error(
            &validator.call.ident,
            format!(
                "the update `{target}` already has a validator, `{}`",
                first.call.ident
            ),
        );
    }
}
