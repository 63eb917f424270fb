//! The impl block of a workflow: which functions have roles, and the rules that concern more than one of them.

use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Ident, Path, Signature, Type};

use super::callable::Callable;
use super::check;
use super::consistency;
use super::declared;
use super::handler::{Handler, Sorted, Wire};
use super::names::{self, KNOWN_ATTRIBUTES, closest};
use super::options::{self, Options, Runtime};
use super::role::Role;
use super::workflow::{WorkflowBlock, generic};
use crate::diagnostics::Diagnostics;
use crate::lint;
use crate::parse::args::{self, Argument};
use crate::parse::item::{Function, ImplItem, cfgs};
use crate::parse::signature::{Parameter, SelfKind, self_kind};

const BLOCK: options::Attribute = options::Attribute {
    shown: "#[workflow] impl",
    keys: &["handle", "dynamic", "crate", "allow"],
};

/// An impl block with mistakes, and what others may name of it all the same.
pub(crate) struct BrokenBlock {
    pub(crate) runtime: Runtime,
    pub(crate) ty: Type,
    pub(crate) handle: Path,
    /// The user wrote a `with`, and was told so: a second one would only say it again.
    pub(crate) own_with: bool,
    pub(crate) run: Option<Callable>,
    pub(crate) init: Option<Callable>,
    pub(crate) messages: Vec<(Role, Callable)>,
}

/// What an impl block under `#[workflow]` is.
pub(crate) enum Block {
    Legal(Box<WorkflowBlock>),
    /// It is implemented elsewhere; what has no body is no longer in the item.
    Declared(Box<WorkflowBlock>),
    Broken(Box<BrokenBlock>),
    /// Not even a place for stubs: generic, of a trait, or without a name.
    Hopeless,
}

impl Block {
    /// Judges an impl block and takes the attributes of roles off its functions.
    pub(crate) fn read(
        arguments: Vec<Argument>,
        block: &mut ImplItem,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let options = Options::read(&BLOCK, arguments, diagnostics);
        let Some((ident, handle)) = names_of(&block.self_ty, &options) else {
            diagnostics.error(&block.self_ty, "`#[workflow] impl` needs a named type");
            block.functions_mut().for_each(strip_roles);
            return Self::Hopeless;
        };
        if let Some((path, _)) = &block.of_trait {
            diagnostics.error(
                path,
                "put `#[workflow]` on the inherent impl block, not on a trait impl",
            );
        }
        if let Some(parameter) = block.generics.params.first() {
            diagnostics.error(parameter, generic(&ident));
        }
        if block.of_trait.is_some() || !block.generics.params.is_empty() {
            block.functions_mut().for_each(strip_roles);
            return Self::Hopeless;
        }
        let (declares, elsewhere) = (declared::declares(block), declared::is_elsewhere(block));
        let misspelt_run = block
            .functions()
            .flat_map(|f| &f.attrs)
            .any(|a| misspelt_role(a) == Some("run"));
        let mut handlers = Vec::new();
        // A wrong argument of the block's own attribute leaves it a workflow; hence the scope.
        let sound = diagnostics.scope(|diagnostics| {
            handlers = block
                .functions_mut()
                .filter_map(|f| {
                    let declared = elsewhere || (declares && f.body.is_none());
                    read_function(f, declared, diagnostics)
                })
                .collect();
            if declares {
                declared::judge(block, &handlers, &options, diagnostics);
            }
            if !misspelt_run && !handlers.iter().any(|handler| handler.role == Role::Run) {
                consistency::no_run(&ident, block, &handlers, diagnostics);
            }
            consistency::judge(&ident, block, &handlers, diagnostics);
            if options.dynamic.is_some() {
                consistency::dynamic(block, &handlers, diagnostics);
            }
        });
        determinism(block, &handlers, options.allow_nondeterminism, diagnostics);
        let place = Place {
            dynamic: options.dynamic.is_some(),
            runtime: options.runtime,
            cfgs: cfgs(&block.attrs).into_iter().cloned().collect(),
            ty: block.self_ty.clone(),
            ident,
            handle,
        };
        let model = match sound {
            Some(()) => match place.assemble(handlers) {
                Some(model) if declares => Self::Declared(model),
                Some(model) => Self::Legal(model),
                None => Self::Hopeless,
            },
            None => place.broken(block, handlers),
        };
        if declares {
            // what has no body is no Rust
            block.keep_implemented();
        }
        model
    }
}

/// Judges what replay runs again: `#[run]`, `#[init]`, handlers that change the state, and helpers that may wait.
/// A query, a validator and a plain helper may be asked at any time, and are not recorded.
fn determinism(
    block: &mut ImplItem,
    handlers: &[Handler],
    allowed: bool,
    diagnostics: &mut Diagnostics,
) {
    for function in block.functions_mut() {
        let handler = handlers
            .iter()
            .find(|handler| handler.call.ident == function.sig.ident);
        let is_replayed = match handler.map(|handler| handler.role) {
            Some(Role::Query | Role::Validator) => false,
            Some(Role::Init | Role::Run | Role::Signal | Role::Update) => true,
            None => function.sig.asyncness.is_some(),
        };
        let excused = handler.is_some_and(|handler| handler.allow_nondeterminism);
        lint::function(function, !is_replayed || allowed || excused, diagnostics);
    }
}

/// The attribute of a role, and that there is only one; every attribute that was read or complained about goes.
pub(super) fn read_function(
    function: &mut Function,
    declared: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Handler> {
    let mut roles: Vec<(Role, Attribute)> = Vec::new();
    let ident = function.sig.ident.clone();
    for attribute in &function.attrs {
        let Some(name) = args::last_segment(attribute).map(ToString::to_string) else {
            continue;
        };
        if let Some(role) = Role::of(&name) {
            roles.push((role, attribute.clone()));
        } else if name == "workflow" || name == "activity" {
            let roles =
                "`#[init]`, `#[run]`, `#[signal]`, `#[query]`, `#[update]` and `#[validator]`";
            diagnostics.error(attribute, format!("`#[{name}]` does not go inside a `#[workflow] impl` block; the roles there are {roles}"));
        } else if let Some(close) = misspelt_role(attribute) {
            diagnostics.error(
                attribute.path(),
                format!("unknown attribute `#[{name}]`; did you mean `#[{close}]`?"),
            );
        }
    }
    if let [(first, _), (_, second), ..] = roles.as_slice() {
        diagnostics.error(
            second,
            format!(
                "`{ident}` is already a `#[{}]`; a function has one role",
                first.name()
            ),
        );
    }
    strip_roles(function);
    let (role, attribute) = roles.into_iter().next()?;
    let handler = Handler::read(role, &attribute, function, declared, diagnostics);
    // It was reported: that its body then cannot change the state would be said a second time.
    if role == Role::Signal {
        make_exclusive(&mut function.sig);
    }
    Some(handler)
}

/// `&self` becomes `&mut self`.
fn make_exclusive(sig: &mut Signature) {
    if let Some(FnArg::Receiver(receiver)) = sig.inputs.first_mut()
        && self_kind(receiver) == SelfKind::Ref
    {
        *receiver = syn::parse_quote_spanned!(receiver.span()=> &mut self);
    }
}

fn strip_roles(function: &mut Function) {
    function.attrs.retain(|attribute| {
        let name = args::last_segment(attribute)
            .map(ToString::to_string)
            .unwrap_or_default();
        Role::of(&name).is_none()
            && name != "workflow"
            && name != "activity"
            && misspelt_role(attribute).is_none()
    });
}

/// The role that an unknown attribute of one word resembles.
fn misspelt_role(attribute: &Attribute) -> Option<&'static str> {
    let name = attribute.path().get_ident()?.to_string();
    if KNOWN_ATTRIBUTES.contains(&name.as_str()) || Role::of(&name).is_some() {
        return None;
    }
    closest(&name, &Role::NAMES)
}

/// The names of a block, before its functions are known.
struct Place {
    runtime: Runtime,
    cfgs: Vec<Attribute>,
    ty: Type,
    ident: Ident,
    handle: Path,
    dynamic: bool,
}

impl Place {
    /// Nothing without a `#[run]`: then there was a diagnostic.
    fn assemble(self, handlers: Vec<Handler>) -> Option<Box<WorkflowBlock>> {
        let Sorted {
            run,
            init,
            messages,
        } = Sorted::of(handlers);
        let Self {
            runtime,
            cfgs,
            ty,
            ident,
            handle,
            dynamic,
        } = self;
        let state = ty.clone();
        Some(Box::new(WorkflowBlock {
            runtime,
            cfgs,
            ty,
            state,
            ident,
            handle,
            run: run?,
            free: false,
            dynamic,
            init,
            handlers: messages,
        }))
    }

    /// One mistake is one error: whatever others may name of the workflow stays.
    fn broken(self, block: &ImplItem, handlers: Vec<Handler>) -> Block {
        let own_with = block
            .functions()
            .any(|function| function.sig.ident == "with");
        // What cannot be repeated elsewhere has no stub: a generic function, a second one of its name.
        let mut seen: Vec<Ident> = Vec::new();
        let (mut run, mut init, mut messages) = (None, None, Vec::new());
        for Handler {
            role, wire, call, ..
        } in handlers
        {
            let generic = block
                .functions()
                .any(|f| f.sig.ident == call.ident && !f.sig.generics.params.is_empty());
            if generic || seen.contains(&call.ident) {
                continue;
            }
            seen.push(call.ident.clone());
            match role {
                Role::Run if run.is_none() => run = Some(call),
                Role::Init if init.is_none() => init = Some(call),
                role if role.is_message() && matches!(wire, Wire::Named(_)) => {
                    messages.push((role, call))
                }
                _ => {}
            }
        }
        let Self {
            runtime,
            ty,
            handle,
            ..
        } = self;
        Block::Broken(Box::new(BrokenBlock {
            runtime,
            ty,
            handle,
            run,
            init,
            own_with,
            messages,
        }))
    }
}

impl BrokenBlock {
    /// The function whose arguments `with` takes; those that are borrowed by mistake count.
    pub(crate) fn takes(&self) -> Option<&Callable> {
        let travels = |parameter: &Parameter| match parameter {
            Parameter::Owned { .. } => true,
            Parameter::Borrowed { ty, .. } => check::is_borrowed_data(ty),
        };
        let run = self
            .run
            .as_ref()
            .filter(|run| run.parameters.iter().any(travels));
        run.or(self.init.as_ref())
    }
}

/// The workflow's own name, and the path of its handle, which lies beside it.
fn names_of(ty: &Type, options: &Options) -> Option<(Ident, Path)> {
    let Type::Path(path) = crate::parse::signature::without_groups(ty) else {
        return None;
    };
    let mut handle = path.path.clone();
    let last = handle.segments.last_mut()?;
    let ident = last.ident.clone();
    last.ident = options
        .handle
        .clone()
        .unwrap_or_else(|| names::handle(&ident));
    last.arguments = syn::PathArguments::None;
    Some((ident, handle))
}
