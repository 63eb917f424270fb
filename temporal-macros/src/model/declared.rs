//! A workflow that is implemented elsewhere: an impl block whose functions have no bodies. It says what travels, and
//! nothing of how it is done.

use super::check;
use super::handler::{Handler, Wire};
use super::options::Options;
use super::role::Role;
use crate::diagnostics::Diagnostics;
use crate::parse::args;
use crate::parse::item::{Function, ImplItem};
use crate::parse::signature::Parameters;

/// Whether the block declares: some function with a role has no body.
pub(super) fn declares(block: &ImplItem) -> bool {
    block
        .functions()
        .any(|function| function.body.is_none() && has_role(function))
}

/// Whether it declares a workflow that is implemented elsewhere: then even what has a body by mistake is declared.
pub(super) fn is_elsewhere(block: &ImplItem) -> bool {
    block
        .functions()
        .any(|function| function.body.is_none() && roles(function).any(|role| role == Role::Run))
}

fn has_role(function: &Function) -> bool {
    roles(function).next().is_some()
}

fn roles(function: &Function) -> impl Iterator<Item = Role> {
    let names = function.attrs.iter().filter_map(args::last_segment);
    names.filter_map(|name| Role::of(&name.to_string()))
}

/// Neither `self` nor `wf`: how the state is reached is the implementation's.
pub(super) fn takes_no_state(what: &str, parameters: &Parameters, diagnostics: &mut Diagnostics) {
    let message = format!(
        "{what} is declared (it has no body), so it lists only the arguments that travel; `self` and `wf` belong to its implementation"
    );
    if let Some(receiver) = &parameters.receiver {
        diagnostics.error(receiver, &message);
    }
    for (ty, _) in parameters.borrowed() {
        if !check::is_borrowed_data(ty) {
            diagnostics.error(ty, &message);
        }
    }
}

/// Rules for the whole block.
pub(super) fn judge(
    block: &ImplItem,
    handlers: &[Handler],
    options: &Options,
    diagnostics: &mut Diagnostics,
) {
    let handler_of = |function: &Function| {
        let same = |handler: &&Handler| handler.call.ident == function.sig.ident;
        handlers.iter().find(same)
    };
    let run_has_body = block.functions().any(|function| {
        function.body.is_some() && handler_of(function).is_some_and(|h| h.role == Role::Run)
    });
    for function in block.functions() {
        let (ident, has_body) = (&function.sig.ident, function.body.is_some());
        match handler_of(function) {
            Some(handler) if !has_body && !run_has_body => belongs_elsewhere(handler, diagnostics),
            Some(_) if !has_body => diagnostics.error(
                ident,
                format!("`{ident}` has no body, and `#[run]` has one: this workflow is implemented here, so give `{ident}` a body, too"),
            ),
            Some(_) if !run_has_body => diagnostics.error(
                ident,
                format!("`{ident}` has a body, and other functions have none: a workflow that is implemented elsewhere is declared by functions without bodies alone"),
            ),
            None if !has_body => diagnostics.error(
                ident,
                "a function without a body declares what a workflow takes: mark it `#[run]`, `#[signal]`, `#[query]` or `#[update]`",
            ),
            Some(_) | None => {}
        }
    }
    if let Some(span) = options.dynamic {
        diagnostics.error_at(
            span,
            "a dynamic workflow needs bodies: it is what runs for the names that nobody else has",
        );
    }
}

/// What callers cannot see.
fn belongs_elsewhere(handler: &Handler, diagnostics: &mut Diagnostics) {
    let (ident, name) = (&handler.call.ident, handler.role.name());
    let message = match (handler.role, &handler.wire) {
        (Role::Init | Role::Validator, _) => format!(
            "`#[{name}]` belongs to the implementation of a workflow; a declaration has `#[run]`, `#[signal]`, `#[query]` and `#[update]`"
        ),
        (_, Wire::Dynamic) => format!(
            "a dynamic {name} handler has no name to be called by; declare the names that callers use"
        ),
        _ => return,
    };
    diagnostics.error(ident, message);
}
