//! Activities: a function, the methods of an impl block, or a declaration without a body.

use syn::spanned::Spanned;
use syn::{Type, Visibility};

use super::callable::Callable;
use super::check;
use super::names;
use super::options::{self, Options, Runtime};
use crate::diagnostics::Diagnostics;
use crate::parse::args::{self, Argument};
use crate::parse::item::{Function, ImplItem};
use crate::parse::signature::{Parameters, SelfKind, self_kind};

const FUNCTION: options::Attribute = options::Attribute {
    shown: "#[activity]",
    keys: KEYS.split_at(1).1,
};
const BLOCK: options::Attribute = options::Attribute {
    shown: "#[activity] impl",
    keys: KEYS,
};

/// What a block takes; a function takes all but the first.
const KEYS: &[&str] = &[
    "name_prefix",
    "name",
    "task_queue",
    "start_to_close",
    "schedule_to_close",
    "schedule_to_start",
    "heartbeat",
    "max_attempts",
    "initial_interval",
    "backoff",
    "max_interval",
    "non_retryable",
    "cancellation",
    "dynamic",
    "crate",
];

/// One legal activity.
pub(crate) struct Activity {
    pub(crate) runtime: Runtime,
    pub(crate) options: Options,
    pub(crate) vis: Visibility,
    pub(crate) wire_name: String,
    pub(crate) call: Callable,
}

/// A function under `#[activity]`.
pub(crate) enum ActivityFunction {
    Legal(Activity),
    Broken(BrokenActivity),
}

/// A function with mistakes. Others may name it all the same.
pub(crate) struct BrokenActivity {
    pub(crate) runtime: Runtime,
    pub(crate) vis: Visibility,
    pub(crate) call: Callable,
    /// It could be called elsewhere: it has no generics and, on its own, no receiver.
    pub(crate) callable: bool,
}

/// An impl block under `#[activity]`, with its legal activities.
pub(crate) struct ActivityBlock {
    pub(crate) runtime: Runtime,
    pub(crate) self_ty: Type,
    pub(crate) activities: Vec<Activity>,
    pub(crate) broken: Vec<BrokenActivity>,
}

impl ActivityFunction {
    pub(crate) fn read(
        arguments: Vec<Argument>,
        function: &Function,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let options = Options::read(&FUNCTION, arguments, diagnostics);
        let runtime = options.runtime.clone();
        let parameters = Parameters::read(&function.sig);
        let broken = BrokenActivity::new(&runtime, function, parameters.receiver.is_none());
        let read = diagnostics.scope(|diagnostics| {
            if let Some(receiver) = &parameters.receiver {
                diagnostics.error(receiver, "a method cannot be an activity by itself; put `#[activity]` on its impl block as well");
            } else {
                signature(function, &parameters, diagnostics);
            }
            if function.body.is_none() {
                declares_no_state(&parameters, diagnostics);
            }
            dynamic(&options, function, &parameters, diagnostics);
            Activity::new(runtime, options, function, parameters)
        });
        read.map_or(Self::Broken(broken), Self::Legal)
    }
}

impl ActivityBlock {
    /// Judges the block and takes the `#[activity]` off its methods.
    pub(crate) fn read(
        arguments: Vec<Argument>,
        block: &mut ImplItem,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let outer = Options::read(&BLOCK, arguments, diagnostics);
        if let Some(parameter) = block.generics.params.first() {
            diagnostics.error(parameter, "an activity impl block cannot be generic: inject a trait object (`&dyn Trait`) instead");
        }
        if let Some((path, _)) = &block.of_trait {
            diagnostics.error(
                path,
                "put `#[activity]` on the inherent impl block, not on a trait impl",
            );
        }
        if let Some(name) = &outer.name {
            diagnostics.error(
                name,
                "`name` belongs on one method: `#[activity(name = \"...\")]`",
            );
        }
        if let Some(span) = outer.dynamic {
            diagnostics.error_at(
                span,
                "`dynamic` belongs on one method: `#[activity(dynamic)]`",
            );
        }
        let sound = block.generics.params.is_empty() && block.of_trait.is_none();
        let (mut activities, mut broken) = (Vec::new(), Vec::new());
        let mut marked = 0;
        for method in block.functions_mut() {
            let Some(at) = method
                .attrs
                .iter()
                .position(|a| args::last_segment(a).is_some_and(|n| n == "activity"))
            else {
                continue;
            };
            let attribute = method.attrs.remove(at);
            marked += 1;
            match read_method(&outer, &attribute, method, diagnostics) {
                Some(activity) if sound => activities.push(activity),
                None if sound => broken.push(BrokenActivity::new(&outer.runtime, method, true)),
                _ => {}
            }
        }
        if marked == 0 {
            diagnostics.error(
                &block.self_ty,
                "this `#[activity] impl` block has no activity: mark its methods `#[activity]` too",
            );
        } else if let Some(prefix) = &outer.name_prefix
            && broken.is_empty()
            && activities.iter().all(Activity::has_own_name)
        {
            diagnostics.error(
                prefix,
                "this prefix changes nothing: every activity of the block has a `name` of its own, which is taken as it is",
            );
        }
        Self {
            runtime: outer.runtime,
            self_ty: block.self_ty.clone(),
            activities,
            broken,
        }
    }
}

impl BrokenActivity {
    fn new(runtime: &Runtime, function: &Function, free: bool) -> Self {
        Self {
            runtime: runtime.clone(),
            vis: function.vis.clone(),
            call: Callable::read(function, Parameters::read(&function.sig), false),
            callable: free && function.sig.generics.params.is_empty(),
        }
    }
}

impl Activity {
    fn new(
        runtime: Runtime,
        options: Options,
        function: &Function,
        parameters: Parameters,
    ) -> Self {
        let wire_name = match (&options.name, &options.name_prefix) {
            (Some(name), _) => name.value(),
            (None, Some(prefix)) => prefix.value() + &names::plain(&function.sig.ident),
            (None, None) => names::plain(&function.sig.ident),
        };
        let call = Callable::read(function, parameters, false);
        Self {
            runtime,
            options,
            vis: function.vis.clone(),
            wire_name,
            call,
        }
    }

    /// It does not take the prefix of its block.
    fn has_own_name(&self) -> bool {
        self.options.name.is_some() || self.options.dynamic.is_some()
    }
}

fn read_method(
    outer: &Options,
    attribute: &syn::Attribute,
    method: &Function,
    diagnostics: &mut Diagnostics,
) -> Option<Activity> {
    let arguments = args::of(attribute, diagnostics);
    let mut options = Options::read(&FUNCTION, arguments, diagnostics);
    options.inherit(outer, diagnostics);
    let parameters = Parameters::read(&method.sig);
    diagnostics.scope(|diagnostics| {
        if let Some(receiver) = &parameters.receiver
            && self_kind(receiver) != SelfKind::Ref
        {
            diagnostics.error(receiver, "activities share their instance: take `&self`");
        }
        if method.body.is_none() {
            diagnostics.error(&method.sig.ident, "an activity without a body is declared outside of impl blocks: `#[activity] async fn name(..) -> Result<..>;`");
        }
        signature(method, &parameters, diagnostics);
        dynamic(&options, method, &parameters, diagnostics);
        Activity::new(outer.runtime.clone(), options, method, parameters)
    })
}

/// What every activity may take and give.
fn signature(function: &Function, parameters: &Parameters, diagnostics: &mut Diagnostics) {
    let sig = &function.sig;
    let what = format!("activity `{}`", sig.ident);
    check::signature(&what, sig, diagnostics);
    check::owned_context(parameters, false, diagnostics);
    check::arguments(&what, parameters, diagnostics);
    check::owned_result(&what, sig, diagnostics);
    check::returns_result(&what, sig, diagnostics);
    for (ty, mutable) in parameters.borrowed() {
        if check::is_borrowed_data(ty) {
            continue;
        }
        if check::type_name(ty).is_some_and(|name| name == "Wf") {
            diagnostics.error(ty, check::NO_WORKFLOW_HANDLE);
        } else if mutable {
            diagnostics.error(ty, "activities run concurrently and share what is injected: use `&T` (with a lock or atomics inside), not `&mut T`");
        }
    }
}

/// An activity for names that nobody knew when the program was built.
fn dynamic(
    options: &Options,
    function: &Function,
    parameters: &Parameters,
    diagnostics: &mut Diagnostics,
) {
    if options.dynamic.is_none() {
        return;
    }
    check::no_name(options, "activity", diagnostics);
    check::dynamic_arguments("activity", &function.sig, parameters, diagnostics);
    if function.body.is_none() {
        diagnostics.error(
            &function.sig.ident,
            "a dynamic activity needs a body: it is what runs for the names that nobody else has",
        );
    }
}

fn declares_no_state(parameters: &Parameters, diagnostics: &mut Diagnostics) {
    for (ty, _) in parameters.borrowed() {
        if check::is_borrowed_data(ty) {
            continue;
        }
        let message = "a declared activity (one without a body) lists only the arguments that travel; injected `&` parameters belong to its implementation";
        diagnostics.error_at(ty.span(), message);
    }
}
