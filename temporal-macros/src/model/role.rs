//! The roles of functions in a workflow, and the rules of each: how it may take the state, what it may give,
//! whether it may wait.

use proc_macro2::Span;
use syn::{Ident, Receiver, ReturnType, Signature, Type};

use super::check;
use super::names::{self, HANDLE_METHODS, WF_METHODS};
use super::options::{self, Options};
use crate::diagnostics::Diagnostics;
use crate::parse::signature::{Parameters, SelfKind, self_kind};

/// What a function is to its workflow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Init,
    Run,
    Signal,
    Query,
    Update,
    Validator,
}

impl Role {
    pub(crate) const ALL: [Self; 6] = [
        Self::Init,
        Self::Run,
        Self::Signal,
        Self::Query,
        Self::Update,
        Self::Validator,
    ];
    pub(crate) const NAMES: [&str; 6] = ["init", "run", "signal", "query", "update", "validator"];

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reached by name from outside.
    pub(crate) fn is_message(self) -> bool {
        matches!(self, Self::Signal | Self::Query | Self::Update)
    }

    pub(super) fn describe(self, ident: &Ident) -> String {
        let what = match self {
            Self::Init => "the init function",
            Self::Run => "the workflow function",
            Self::Signal => "signal handler",
            Self::Query => "query handler",
            Self::Update => "update handler",
            Self::Validator => "validator",
        };
        format!("{what} `{ident}`")
    }

    pub(super) fn attribute(self) -> options::Attribute {
        let (shown, keys): (_, &[&str]) = match self {
            Self::Init => ("#[init]", &["allow"]),
            Self::Run => ("#[run]", &["allow"]),
            Self::Signal => ("#[signal]", &["name", "dynamic", "unfinished", "allow"]),
            Self::Query => ("#[query]", &["name", "dynamic"]),
            Self::Update => ("#[update]", &["name", "dynamic", "unfinished", "allow"]),
            Self::Validator => ("#[validator]", &[]),
        };
        options::Attribute { shown, keys }
    }
}

/// One function and its role, while it is judged.
pub(super) struct Judge<'a> {
    pub(super) role: Role,
    pub(super) what: &'a str,
    pub(super) sig: &'a Signature,
    pub(super) parameters: &'a Parameters,
}

impl Judge<'_> {
    /// How the function takes the state through `self`.
    pub(super) fn receiver(&self, diagnostics: &mut Diagnostics) {
        let Some(receiver) = &self.parameters.receiver else {
            return;
        };
        if let Some(message) = self.wrong_receiver(receiver) {
            diagnostics.error(receiver, message);
        }
    }

    fn wrong_receiver(&self, receiver: &Receiver) -> Option<String> {
        let kind = self_kind(receiver);
        let is_async = self.sig.asyncness.is_some();
        let instead = "take `wf: &mut Wf<Self>` instead of `self` (fields are then `wf.field`)";
        Some(match self.role {
            Role::Run => format!("`#[run]` cannot borrow the state for its whole life, because handlers change it while this function waits; {instead}"),
            Role::Init => "`#[init]` creates the state, so it has no `self`; it returns `Self`".to_owned(),
            Role::Signal | Role::Update if is_async => format!("an async handler cannot borrow the state across its `.await`s; {instead}"),
            Role::Signal if kind == SelfKind::Ref => "take `&mut self`: a signal handler that cannot change the state does nothing (a handler that only reads is a `#[query]`)".to_owned(),
            Role::Signal if kind != SelfKind::RefMut => "take `&mut self`: a signal handler changes the state in place".to_owned(),
            Role::Update if kind == SelfKind::Other => "take `&mut self`: an update handler changes the state in place".to_owned(),
            Role::Query if kind != SelfKind::Ref => "take `&self`: a query must not change the state".to_owned(),
            Role::Validator if kind != SelfKind::Ref => "take `&self`: a validator must not change the state".to_owned(),
            Role::Signal | Role::Update | Role::Query | Role::Validator => return None,
        })
    }

    /// How the function takes the `Wf`, and that it takes the state at all.
    pub(super) fn access(&self, diagnostics: &mut Diagnostics) {
        match self.role {
            Role::Init => {
                if let Some((ty, _)) = self.parameters.borrowed().next() {
                    diagnostics.error(ty, "`#[init]` takes only the workflow's arguments: it runs before there is a `Wf`");
                }
            }
            // Its arguments are references, so a reference says nothing about the `Wf`.
            Role::Validator => {
                if self.parameters.receiver.is_none() {
                    diagnostics.error(&self.sig.ident, format!("{} needs `&self`", self.what));
                }
            }
            Role::Run | Role::Signal | Role::Query | Role::Update => self.wf(diagnostics),
        }
    }

    fn wf(&self, diagnostics: &mut Diagnostics) {
        let mut found = check::owned_context(self.parameters, true, diagnostics);
        for (ty, mutable) in self
            .parameters
            .borrowed()
            .filter(|(ty, _)| !check::is_borrowed_data(ty))
        {
            if found {
                diagnostics.error(
                    ty,
                    format!(
                        "{} has one `&` parameter, the workflow handle; arguments must be owned",
                        self.what
                    ),
                );
            } else if let Some(message) = self.wrong_wf(ty, mutable) {
                diagnostics.error(ty, message);
            }
            found = true;
        }
        if !found && self.parameters.receiver.is_none() && self.role != Role::Run {
            let needs = match self.role {
                Role::Query => "`&self`",
                _ => "`&mut self`, or `wf: &mut Wf<Self>` when it also waits or sends commands",
            };
            diagnostics.error(&self.sig.ident, format!("{} needs {needs}", self.what));
        }
    }

    fn wrong_wf(&self, ty: &Type, mutable: bool) -> Option<String> {
        let shown = check::shown(ty);
        let named = |name: &str| check::type_name(ty).is_some_and(|found| found == name);
        if named("ActivityContext") {
            return Some(check::ONLY_IN_ACTIVITIES.to_owned());
        }
        if self.parameters.receiver.is_some() {
            // Beside `self` a reference is the `Wf`, or an argument that is written like a state.
            return Some(if named("Wf") {
                "take either `self` or the `Wf`, not both: the `Wf` already is the state (`wf.field`)".to_owned()
            } else {
                check::must_be_owned(self.what, &format!("use `{shown}` instead of `&{shown}`"))
            });
        }
        match (self.role, mutable) {
            (Role::Query, true) => Some("a query only reads: take `&Wf<Self>`".to_owned()),
            (Role::Run | Role::Signal | Role::Update, false) => {
                Some(format!("take it as `&mut {shown}`: commands need it"))
            }
            _ => None,
        }
    }

    pub(super) fn output(&self, diagnostics: &mut Diagnostics) {
        let written = match &self.sig.output {
            ReturnType::Type(_, ty) => Some(&**ty),
            ReturnType::Default => None,
        };
        if matches!(self.role, Role::Run | Role::Query | Role::Update) {
            check::owned_result(self.what, self.sig, diagnostics);
        }
        match (self.role, written) {
            (Role::Run | Role::Update | Role::Validator, _) => {
                check::returns_result(self.what, self.sig, diagnostics)
            }
            (Role::Query, None) => {
                diagnostics.error(&self.sig.ident, "a query must return something")
            }
            (Role::Init, None) => diagnostics.error(
                &self.sig.ident,
                "`#[init]` must return `Self` (or `Result<Self>`)",
            ),
            (Role::Signal, Some(ty)) if !returns_nothing(ty) => {
                diagnostics.error(ty, "a signal has no result for its sender; make it an `#[update]`, or return `()` or `Result<()>`");
            }
            _ => {}
        }
    }

    /// A handler for names that nobody knew when the program was built.
    pub(super) fn dynamic(&self, options: &Options, diagnostics: &mut Diagnostics) {
        check::no_name(options, "handler", diagnostics);
        check::dynamic_arguments("handler", self.sig, self.parameters, diagnostics);
    }
}

/// `()`, or something that may be a `Result<()>`; a plain type is certainly neither.
fn returns_nothing(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        ty if check::is_result(ty) => check::written_success(ty)
            .is_none_or(|success| matches!(success, Type::Tuple(t) if t.elems.is_empty())),
        // An alias may hide a `Result`: its traits decide.
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| {
            segment.arguments.is_none()
                && segment.ident.to_string().starts_with(char::is_uppercase)
                && segment.ident != "String"
        }),
        Type::Group(group) => returns_nothing(&group.elem),
        _ => false,
    }
}

pub(super) fn asyncness(role: Role, sig: &Signature, diagnostics: &mut Diagnostics) {
    let reason = match role {
        Role::Run if sig.asyncness.is_none() => {
            return diagnostics.error(sig.fn_token, "`#[run]` must be `async`");
        }
        Role::Query => "a query answers at once, from the state",
        Role::Init => "it only builds the state; wait in `#[run]`",
        Role::Validator => "a validator accepts or rejects at once",
        Role::Run | Role::Signal | Role::Update => return,
    };
    if let Some(token) = &sig.asyncness {
        diagnostics.error(
            token,
            format!("`#[{}]` must not be `async`: {reason}", role.name()),
        );
    }
}

pub(super) fn names_are_free(
    role: Role,
    name: &str,
    name_span: Span,
    ident: &Ident,
    diagnostics: &mut Diagnostics,
) {
    if !role.is_message() && role != Role::Validator {
        return;
    }
    let (bare, role_name) = (names::plain(ident), role.name());
    if role.is_message()
        && (name.starts_with("__temporal")
            || name.starts_with("__stack_trace")
            || name.starts_with("__enhanced_stack_trace"))
    {
        diagnostics.error_at(
            name_span,
            "names that start with `__temporal` are reserved by Temporal",
        );
    }
    if role.is_message() && HANDLE_METHODS.contains(&bare.as_str()) {
        let message = format!(
            "the typed handle already has a method `{bare}`; name the function differently and keep the {role_name}'s name with `#[{role_name}(name = \"{bare}\")]`"
        );
        diagnostics.error(ident, message);
    } else if WF_METHODS.contains(&bare.as_str()) {
        let keep = if role.is_message() {
            format!(" (the {role_name} can keep its name: `#[{role_name}(name = \"{bare}\")]`)")
        } else {
            String::new()
        };
        diagnostics.error(
            ident,
            format!("`wf.{bare}(..)` already means something else; rename this function{keep}"),
        );
    }
}
