//! Handlers that several workflows share: a trait whose functions have roles. Each workflow that lists it has them, but
//! `#[run]` and `#[init]`, which are its own.

use syn::{Attribute, Ident, Visibility};

use super::block::read_function;
use super::callable::Callable;
use super::consistency;
use super::handler::{Handler, Sorted, Wire};
use super::names;
use super::options::{self, Options, Runtime};
use super::role::Role;
use super::workflow::WorkflowHandler;
use crate::diagnostics::Diagnostics;
use crate::lint;
use crate::parse::args::Argument;
use crate::parse::item::cfgs;
use crate::parse::trait_item::TraitItem;

const TRAIT: options::Attribute = options::Attribute {
    shown: "#[workflow] trait",
    keys: &["crate", "allow"],
};

/// A trait of shared handlers.
pub(crate) struct SharedHandlers {
    pub(crate) runtime: Runtime,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) handle: Ident,
    pub(crate) kind: Kind,
}

/// What others may name of the trait.
pub(crate) enum Kind {
    Legal(Vec<WorkflowHandler>),
    /// With mistakes; its messages may be called all the same.
    Broken(Vec<(Role, Callable)>),
}

impl SharedHandlers {
    /// Judges a trait and takes the attributes of roles off its functions. Nothing if it cannot have a handle.
    pub(crate) fn read(
        arguments: Vec<Argument>,
        item: &mut TraitItem,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let options = Options::read(&TRAIT, arguments, diagnostics);
        let (mut handlers, mut marked) = (Vec::new(), false);
        let sound = diagnostics.scope(|diagnostics| {
            for function in item.functions_mut() {
                let handler = read_function(function, false, diagnostics);
                marked |= handler.is_some();
                judge(function, handler, &options, &mut handlers, diagnostics);
            }
            if !marked {
                let message = "this trait shares nothing: mark its functions `#[signal]`, `#[query]` or `#[update]`";
                diagnostics.error(&item.ident, message);
            }
            consistency::messages(&handlers, diagnostics);
        });
        if let Some(parameter) = item.generics.params.first() {
            let message = "a trait of shared handlers cannot be generic: its messages have names and types of their own";
            diagnostics.error(parameter, message);
            return None;
        }
        let kind = if sound.is_some() {
            Kind::Legal(Sorted::of(handlers).messages)
        } else {
            let named = |handler: &Handler| {
                handler.role.is_message() && matches!(handler.wire, Wire::Named(_))
            };
            let messages = handlers.into_iter().filter(named);
            Kind::Broken(
                messages
                    .map(|handler| (handler.role, handler.call))
                    .collect(),
            )
        };
        Some(Self {
            runtime: options.runtime,
            cfgs: cfgs(&item.attrs).into_iter().cloned().collect(),
            vis: item.vis.clone(),
            ident: item.ident.clone(),
            // workflows that inherit it know its handle by this name
            handle: names::handle(&item.ident),
            kind,
        })
    }
}

/// One function, by what it may be here.
fn judge(
    function: &mut crate::parse::item::Function,
    handler: Option<Handler>,
    options: &Options,
    handlers: &mut Vec<Handler>,
    diagnostics: &mut Diagnostics,
) {
    let role = handler.as_ref().map(|handler| handler.role);
    let is_read = matches!(role, Some(Role::Query | Role::Validator))
        || (role.is_none() && function.sig.asyncness.is_none());
    let excused = handler.as_ref().is_some_and(|h| h.allow_nondeterminism);
    let allowed = is_read || options.allow_nondeterminism || excused;
    if function.body.is_some() {
        lint::function(function, allowed, diagnostics);
    }
    let Some(handler) = handler else { return };
    let name = handler.role.name();
    if matches!(handler.role, Role::Run | Role::Init) {
        diagnostics.error(
            &handler.call.ident,
            format!("`#[{name}]` is each workflow's own; a trait shares signals, queries, updates and their validators"),
        );
    } else if matches!(handler.wire, Wire::Dynamic) {
        diagnostics.error(
            &handler.call.ident,
            format!("a dynamic {name} handler takes the names that its workflow has no handler for, so it belongs to the workflow"),
        );
    } else if handlers
        .iter()
        .all(|other| other.call.ident != handler.call.ident)
    {
        handlers.push(handler);
    }
}
