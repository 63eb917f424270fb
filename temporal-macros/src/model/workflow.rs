//! Workflows: the type that is the state, the impl block with the roles, or one function without state.

use quote::ToTokens;
use syn::{Attribute, Ident, Path, Type, Visibility};

use super::block::{Block, BrokenBlock};
use super::callable::Callable;
use super::check;
use super::handler::Wire;
use super::names::{self};
use super::options::{self, Options, Runtime};
use super::role::Role;
use crate::diagnostics::Diagnostics;
use crate::lint;
use crate::parse::args::Argument;
use crate::parse::item::{Function, TypeItem, cfgs};
use crate::parse::signature::Parameters;

const TYPE: options::Attribute = options::Attribute {
    shown: "#[workflow]",
    keys: &[
        "name",
        "task_queue",
        "handle",
        "inherits",
        "fail_on",
        "dynamic",
        "crate",
        "allow",
    ],
};
const FUNCTION: options::Attribute = options::Attribute {
    shown: "#[workflow] fn",
    keys: &[
        "name",
        "task_queue",
        "handle",
        "inherits",
        "fail_on",
        "dynamic",
        "crate",
        "allow",
    ],
};

/// The state of a workflow, and the workflow's names.
pub(crate) struct WorkflowType {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) runtime: Runtime,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) wire_name: String,
    pub(crate) task_queue: Option<String>,
    pub(crate) fail_on: Vec<String>,
    pub(crate) handle: Ident,
    /// The traits whose handlers it has.
    pub(crate) inherits: Vec<Path>,
    /// The handlers of these traits are called here, and not elsewhere.
    pub(crate) implements: bool,
    pub(crate) allow_nondeterminism: bool,
}

/// The roles of a workflow.
pub(crate) struct WorkflowBlock {
    pub(crate) runtime: Runtime,
    pub(crate) cfgs: Vec<Attribute>,
    /// The workflow as callers name it.
    pub(crate) ty: Type,
    /// What its functions work on.
    pub(crate) state: Type,
    pub(crate) ident: Ident,
    pub(crate) handle: Path,
    pub(crate) run: Callable,
    /// `run` is a function of its own, not one of `ty`.
    pub(crate) free: bool,
    /// It takes every name that has no workflow of its own.
    pub(crate) dynamic: bool,
    pub(crate) init: Option<Callable>,
    pub(crate) handlers: Vec<WorkflowHandler>,
}

/// A signal, query or update.
pub(crate) struct WorkflowHandler {
    pub(crate) role: Role,
    pub(crate) wire: Wire,
    pub(crate) call: Callable,
    pub(crate) validator: Option<Callable>,
    /// A run may end while it is at work.
    pub(crate) abandon: bool,
}

/// A workflow that is one function: its type, and the block that a user would have written. Without a body it is
/// declared here, and implemented elsewhere.
pub(crate) struct WorkflowFunction {
    pub(crate) ty: WorkflowType,
    pub(crate) block: Block,
}

impl WorkflowType {
    pub(crate) fn read(
        arguments: Vec<Argument>,
        item: &TypeItem,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let options = Options::read(&TYPE, arguments, diagnostics);
        if let Some(span) = options.dynamic {
            diagnostics.error_at(
                span,
                "`dynamic` goes on the impl block, which has the `#[run]` function: `#[workflow(dynamic)] impl ..`",
            );
        }
        if let Some(parameter) = item.generics.params.first() {
            diagnostics.error(parameter, generic(&item.ident));
            return None;
        }
        Some(Self::new(options, &item.attrs, &item.vis, &item.ident))
    }

    fn new(options: Options, attrs: &[Attribute], vis: &Visibility, ident: &Ident) -> Self {
        Self {
            cfgs: cfgs(attrs).into_iter().cloned().collect(),
            vis: vis.clone(),
            ident: ident.clone(),
            wire_name: options
                .name
                .as_ref()
                .map_or_else(|| names::plain(ident), syn::LitStr::value),
            task_queue: options.task_queue.as_ref().map(syn::LitStr::value),
            fail_on: options.fail_on,
            handle: options.handle.unwrap_or_else(|| names::handle(ident)),
            inherits: options.inherits,
            implements: true,
            runtime: options.runtime,
            allow_nondeterminism: options.allow_nondeterminism,
        }
    }
}

impl WorkflowFunction {
    pub(crate) fn read(
        arguments: Vec<Argument>,
        function: &mut Function,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let options = Options::read(&FUNCTION, arguments, diagnostics);
        lint::function(function, options.allow_nondeterminism, diagnostics);
        let sig = &function.sig;
        let what = format!("workflow `{}`", sig.ident);
        let parameters = Parameters::read(sig);
        // A wrong argument of the attribute leaves the function a workflow.
        let sound = diagnostics.scope(|diagnostics| {
            if let Some(receiver) = &parameters.receiver {
                return diagnostics.error(
                    receiver,
                    "a method cannot be a workflow by itself; use `#[workflow] impl` with `#[run]`",
                );
            }
            check::signature(&what, sig, diagnostics);
            check::owned_context(&parameters, true, diagnostics);
            check::arguments(&what, &parameters, diagnostics);
            check::owned_result(&what, sig, diagnostics);
            check::returns_result(&what, sig, diagnostics);
            if sig.asyncness.is_none() {
                diagnostics.error(sig.fn_token, "a workflow function must be `async`");
            }
            if function.body.is_some() {
                function_wf(&parameters, diagnostics);
            } else {
                declares_no_wf(&parameters, diagnostics);
            }
            if let (Some(of_trait), true) = (options.inherits.first(), function.body.is_some()) {
                let message = "a workflow function has no state that could have handlers; a workflow with handlers is a type with an impl block";
                diagnostics.error(of_trait, message);
            }
            if options.dynamic.is_some() {
                check::no_name(&options, "workflow", diagnostics);
                check::dynamic_arguments("workflow", sig, &parameters, diagnostics);
                if function.body.is_none() {
                    diagnostics.error(
                        &sig.ident,
                        "a dynamic workflow needs a body: it is what runs for the names that nobody else has",
                    );
                }
            }
        });
        let dynamic = options.dynamic.is_some();
        if parameters.receiver.is_some() || !sig.generics.params.is_empty() {
            return None;
        }
        let mut ty = WorkflowType::new(options, &function.attrs, &function.vis, &sig.ident);
        ty.implements = false;
        let run = Callable::read(function, parameters, false);
        let block = if sound.is_some() {
            legal(&ty, run, dynamic)
        } else {
            broken(&ty, run)
        };
        Some(Self { ty, block })
    }
}

/// The block that a user would have written around the function.
fn legal(ty: &WorkflowType, run: Callable, dynamic: bool) -> Block {
    let ident = &ty.ident;
    Block::Legal(Box::new(WorkflowBlock {
        runtime: ty.runtime.clone(),
        cfgs: ty.cfgs.clone(),
        ty: syn::parse_quote!(#ident),
        state: syn::parse_quote!(()),
        ident: ident.clone(),
        handle: ty.handle.clone().into(),
        run,
        free: true,
        dynamic,
        init: None,
        handlers: Vec::new(),
    }))
}

fn broken(ty: &WorkflowType, run: Callable) -> Block {
    let ident = &ty.ident;
    Block::Broken(Box::new(BrokenBlock {
        runtime: ty.runtime.clone(),
        ty: syn::parse_quote!(#ident),
        handle: ty.handle.clone().into(),
        own_with: false,
        run: Some(run),
        init: None,
        messages: Vec::new(),
    }))
}

/// A function without a body says what travels, and nothing of how it is done.
fn declares_no_wf(parameters: &Parameters, diagnostics: &mut Diagnostics) {
    for (ty, _) in parameters.borrowed() {
        if !check::is_borrowed_data(ty) {
            diagnostics.error(
                ty,
                "a declared workflow (one without a body) lists only the arguments that travel; `wf` belongs to its implementation",
            );
        }
    }
}

/// The one `&` parameter of a workflow function.
fn function_wf(parameters: &Parameters, diagnostics: &mut Diagnostics) {
    let mut borrowed = parameters
        .borrowed()
        .filter(|(ty, _)| !check::is_borrowed_data(ty));
    if let Some((ty, mutable)) = borrowed.next() {
        if check::type_name(ty).is_some_and(|name| name == "ActivityContext") {
            diagnostics.error(
                ty,
                "an `ActivityContext` exists only in activities; a workflow has `wf: &mut Wf`",
            );
        } else if !mutable {
            diagnostics.error(
                ty,
                "take the workflow handle as `&mut Wf`: commands need it",
            );
        }
    }
    if let Some((ty, _)) = borrowed.next() {
        let rule =
            "arguments must be owned (state is injected into activities, not into workflows)";
        diagnostics.error(
            ty,
            format!("a workflow function has one `&` parameter, the workflow handle; {rule}"),
        );
    }
}

pub(super) fn generic(ident: &impl ToTokens) -> String {
    format!(
        "the workflow `{}` cannot be generic: it is registered once, under one name, with concrete types",
        ident.to_token_stream()
    )
}
