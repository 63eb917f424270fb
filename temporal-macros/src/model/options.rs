//! The arguments of the attributes: which exist where, what their values may be, and which exclude each
//! other. A wrong argument never disables the item: it is reported and its default stands.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Ident, LitStr, Token};

use super::check::duration_millis;
use super::names::{closest, plain};
use crate::diagnostics::Diagnostics;
use crate::lint::NAME;
use crate::parse::args::{Argument, Value};

/// The attribute that is read: how it is written, and the keys it has.
pub(crate) struct Attribute {
    pub(crate) shown: &'static str,
    pub(crate) keys: &'static [&'static str],
}

/// Every argument that some attribute takes.
#[derive(Default, Clone)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    /// What stands before the names of a block's activities.
    pub(crate) name_prefix: Option<LitStr>,
    pub(crate) task_queue: Option<LitStr>,
    pub(crate) runtime: Runtime,
    pub(crate) handle: Option<Ident>,
    /// The traits whose handlers a workflow has.
    pub(crate) inherits: Vec<syn::Path>,
    pub(crate) dynamic: Option<Span>,
    /// The types of errors that end a workflow.
    pub(crate) fail_on: Vec<String>,
    /// A run may end while the handler is at work.
    pub(crate) abandon: bool,
    /// `allow(nondeterminism)`
    pub(crate) allow_nondeterminism: bool,
    pub(crate) activity: ActivityDefaults,
}

/// The path by which generated code reaches the runtime: `::temporal_runtime`, or what `crate = ..` says.
#[derive(Clone)]
pub(crate) struct Runtime(TokenStream);

/// What `#[activity(..)]` sets for every call that does not set it itself.
#[derive(Default, Clone)]
pub(crate) struct ActivityDefaults {
    pub(crate) start_to_close: Option<Set<u64>>,
    pub(crate) schedule_to_close: Option<Set<u64>>,
    pub(crate) schedule_to_start: Option<Set<u64>>,
    pub(crate) heartbeat: Option<Set<u64>>,
    pub(crate) max_attempts: Option<Set<u32>>,
    pub(crate) initial_interval: Option<Set<u64>>,
    pub(crate) max_interval: Option<Set<u64>>,
    pub(crate) backoff: Option<Set<f64>>,
    pub(crate) non_retryable: Option<Set<Vec<String>>>,
    pub(crate) cancellation: Option<Set<Cancellation>>,
    /// A timeout is given whose value was reported: calls need no other.
    unreadable_timeout: bool,
}

/// A value and the place where it stands. Durations are in milliseconds.
#[derive(Clone)]
pub(crate) struct Set<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// What a cancelled wait for an activity does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cancellation {
    TryCancel,
    WaitCompleted,
    Abandon,
}

impl Default for Runtime {
    fn default() -> Self {
        Self(quote!(::temporal_runtime))
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

impl Runtime {
    /// The same path with every token at `span`: errors about a call of it then show there.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        self.0
            .clone()
            .into_iter()
            .map(|mut token| {
                token.set_span(token.span().located_at(span));
                token
            })
            .collect()
    }
}

impl Options {
    /// Reads the arguments of `attribute`.
    pub(crate) fn read(
        attribute: &Attribute,
        arguments: Vec<Argument>,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut options = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for argument in arguments {
            let key = plain(&argument.key);
            if !attribute.keys.contains(&key.as_str()) {
                diagnostics.error(&argument.key, unknown_key(attribute, &key));
                continue;
            }
            if seen.contains(&key) {
                diagnostics.error(&argument.key, format!("`{key}` is given twice"));
                continue;
            }
            if let Err(error) = options.set(&key, argument) {
                options.activity.unreadable_timeout |=
                    matches!(key.as_str(), "start_to_close" | "schedule_to_close");
                diagnostics.push(error);
            }
            seen.push(key);
        }
        options.activity.check(diagnostics);
        options
    }

    fn set(&mut self, key: &str, argument: Argument) -> syn::Result<()> {
        let activity = &mut self.activity;
        match key {
            "name" => self.name = Some(text(key, argument)?),
            "name_prefix" => self.name_prefix = Some(text(key, argument)?),
            "task_queue" => self.task_queue = Some(text(key, argument)?),
            "crate" => {
                self.runtime = Runtime(
                    parsed::<syn::Path>(key, argument, "a path, like `crate = other::path`")?
                        .to_token_stream(),
                )
            }
            "handle" => {
                self.handle = Some(parsed(
                    key,
                    argument,
                    "a name, like `handle = OrderHandle`",
                )?)
            }
            "inherits" => self.inherits = traits(argument)?,
            "allow" => self.allow_nondeterminism = allowed(argument)?,
            "dynamic" => self.dynamic = Some(flag(key, argument)?),
            "fail_on" => {
                self.fail_on = type_names(key, argument)?.value;
            }
            "unfinished" => self.abandon = abandons(key, argument)?,
            "start_to_close" => activity.start_to_close = Some(duration(key, argument)?),
            "schedule_to_close" => activity.schedule_to_close = Some(duration(key, argument)?),
            "schedule_to_start" => activity.schedule_to_start = Some(duration(key, argument)?),
            "heartbeat" => activity.heartbeat = Some(duration(key, argument)?),
            "initial_interval" => activity.initial_interval = Some(duration(key, argument)?),
            "max_interval" => activity.max_interval = Some(duration(key, argument)?),
            "max_attempts" => activity.max_attempts = Some(attempts(key, argument)?),
            "backoff" => activity.backoff = Some(coefficient(key, argument)?),
            "non_retryable" => activity.non_retryable = Some(type_names(key, argument)?),
            "cancellation" => activity.cancellation = Some(cancellation(key, argument)?),
            other => unreachable!("`{other}` is offered by an attribute and not read"),
        }
        Ok(())
    }

    /// Takes what is not set here from the attribute of the enclosing block.
    pub(crate) fn inherit(&mut self, block: &Self, diagnostics: &mut Diagnostics) {
        self.runtime = block.runtime.clone();
        self.name_prefix.clone_from(&block.name_prefix);
        self.task_queue = self.task_queue.take().or_else(|| block.task_queue.clone());
        let (own, outer) = (&mut self.activity, &block.activity);
        let sets_any = own.sets_any();
        macro_rules! inherit { ($($field:ident)*) => { $( own.$field = own.$field.take().or_else(|| outer.$field.clone()); )* } }
        inherit!(start_to_close schedule_to_close schedule_to_start heartbeat max_attempts initial_interval max_interval backoff non_retryable cancellation);
        own.unreadable_timeout |= outer.unreadable_timeout;
        // What the block says alone was judged with the block.
        if sets_any {
            own.check(diagnostics);
        }
    }
}

impl ActivityDefaults {
    pub(crate) fn has_timeout(&self) -> bool {
        self.start_to_close.is_some() || self.schedule_to_close.is_some() || self.unreadable_timeout
    }

    fn sets_any(&self) -> bool {
        let lengths = [
            &self.start_to_close,
            &self.schedule_to_close,
            &self.heartbeat,
            &self.initial_interval,
            &self.max_interval,
        ];
        lengths.into_iter().any(Option::is_some)
    }

    /// Values that are fine alone and make no sense together.
    fn check(&self, diagnostics: &mut Diagnostics) {
        let longer = |a: &Option<Set<u64>>, b: &Option<Set<u64>>| match (a, b) {
            (Some(a), Some(b)) if a.value > b.value => Some(a.span),
            _ => None,
        };
        if let Some(span) = longer(&self.start_to_close, &self.schedule_to_close) {
            diagnostics.error_at(
                span,
                "`start_to_close` (one attempt) is longer than `schedule_to_close` (all attempts)",
            );
        }
        let attempt = if self.start_to_close.is_some() {
            &self.start_to_close
        } else {
            &self.schedule_to_close
        };
        if let (Some(heartbeat), Some(limit)) = (&self.heartbeat, attempt)
            && heartbeat.value >= limit.value
        {
            let limit = if self.start_to_close.is_some() {
                "start_to_close"
            } else {
                "schedule_to_close"
            };
            diagnostics.error_at(
                heartbeat.span,
                format!("`heartbeat` must be shorter than `{limit}`, or it never fires"),
            );
        }
        if let Some(span) = longer(&self.initial_interval, &self.max_interval) {
            diagnostics.error_at(span, "`initial_interval` (before the first retry) is longer than `max_interval` (before any retry)");
        }
    }
}

fn unknown_key(attribute: &Attribute, key: &str) -> String {
    let Attribute { shown, keys } = attribute;
    let hint = match (key, closest(key, keys)) {
        ("name_prefix", _) => "; it goes on an `#[activity] impl` block, before the names of all its activities".to_owned(),
        ("prefix", _) if keys.contains(&"name_prefix") => "; did you mean `name_prefix`?".to_owned(),
        ("timeout", _) if keys.contains(&"start_to_close") => {
            "; an activity has `start_to_close` (one attempt) and `schedule_to_close` (all attempts)".to_owned()
        }
        ("queue", _) if keys.contains(&"task_queue") => "; did you mean `task_queue`?".to_owned(),
        ("retries" | "attempts" | "retry", _) if keys.contains(&"max_attempts") => "; did you mean `max_attempts`?".to_owned(),
        (_, Some(close)) => format!("; did you mean `{close}`?"),
        (_, None) if keys.is_empty() => format!(": `{shown}` takes no arguments"),
        (_, None) => format!("; it takes {}", keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
    };
    format!("`{shown}` has no argument `{key}`{hint}")
}

/// The tokens behind `key =`, or an error that shows the right form.
fn assigned(key: &str, argument: Argument, form: &str) -> syn::Result<TokenStream> {
    match argument.value {
        Value::Assigned(tokens) if !tokens.is_empty() => Ok(tokens),
        Value::Assigned(_) | Value::Absent => Err(syn::Error::new(
            argument.key.span(),
            format!("`{key}` needs a value: {form}"),
        )),
        Value::List(list) => Err(syn::Error::new(
            list.span(),
            format!("`{key}` takes its value behind `=`: {form}"),
        )),
    }
}

fn text(key: &str, argument: Argument) -> syn::Result<LitStr> {
    let form = format!("`{key} = \"...\"`");
    let tokens = assigned(key, argument, &form)?;
    match syn::parse2::<LitStr>(tokens.clone()) {
        Ok(text) if text.value().is_empty() => Err(syn::Error::new(
            text.span(),
            format!("`{key}` must not be empty"),
        )),
        Ok(text) => Ok(text),
        Err(_) => Err(syn::Error::new_spanned(
            tokens,
            format!("`{key}` must be a string literal: {form}"),
        )),
    }
}

fn duration(key: &str, argument: Argument) -> syn::Result<Set<u64>> {
    let text = text(key, argument)?;
    let span = text.span();
    duration_millis(&text.value())
        .map(|value| Set { value, span })
        .map_err(|message| syn::Error::new(span, message))
}

fn parsed<T: syn::parse::Parse>(key: &str, argument: Argument, form: &str) -> syn::Result<T> {
    let tokens = assigned(key, argument, form)?;
    syn::parse2(tokens.clone())
        .map_err(|_| syn::Error::new_spanned(tokens, format!("`{key}` must be {form}")))
}

fn flag(key: &str, argument: Argument) -> syn::Result<Span> {
    match argument.value {
        Value::Absent => Ok(argument.key.span()),
        Value::Assigned(tokens) => Err(syn::Error::new_spanned(
            tokens,
            format!("`{key}` takes no value: write `{key}` alone"),
        )),
        Value::List(list) => Err(syn::Error::new(
            list.span(),
            format!("`{key}` takes no value: write `{key}` alone"),
        )),
    }
}

/// The traits of `inherits(..)`.
fn traits(argument: Argument) -> syn::Result<Vec<syn::Path>> {
    let form = "write `inherits(Trait)`, with the names of `#[workflow]` traits";
    let Value::List(list) = argument.value else {
        let message = format!("`inherits` names traits in parentheses: {form}");
        return Err(syn::Error::new(argument.key.span(), message));
    };
    let traits = Punctuated::<syn::Path, Token![,]>::parse_terminated
        .parse2(list.stream())
        .map_err(|error| syn::Error::new(error.span(), form))?;
    if traits.is_empty() {
        return Err(syn::Error::new(list.span(), form));
    }
    Ok(traits.into_iter().collect())
}

/// The lints of `allow(..)`; there is one.
fn allowed(argument: Argument) -> syn::Result<bool> {
    let form = format!("write `allow({NAME})`");
    let Value::List(list) = argument.value else {
        return Err(syn::Error::new(
            argument.key.span(),
            format!("`allow` names a lint in parentheses: {form}"),
        ));
    };
    let names = Punctuated::<Ident, Token![,]>::parse_terminated
        .parse2(list.stream())
        .map_err(|error| syn::Error::new(error.span(), form.clone()))?;
    match names.iter().find(|name| *name != NAME) {
        Some(other) => Err(syn::Error::new(
            other.span(),
            format!("unknown lint `{other}`; the only one is `{NAME}`"),
        )),
        None if names.is_empty() => Err(syn::Error::new(list.span(), form)),
        None => Ok(true),
    }
}

fn attempts(key: &str, argument: Argument) -> syn::Result<Set<u32>> {
    let number: syn::LitInt = parsed(key, argument, "a whole number, like `max_attempts = 3`")?;
    let span = number.span();
    match number.base10_parse() {
        Ok(value @ 1..=0x7fff_ffff) => Ok(Set { value, span }),
        Ok(_) => Err(syn::Error::new(
            span,
            "an activity is attempted at least once; for attempts without a limit leave `max_attempts` out",
        )),
        Err(_) => Err(syn::Error::new(
            span,
            format!("`max_attempts` is at most {}", i32::MAX),
        )),
    }
}

fn coefficient(key: &str, argument: Argument) -> syn::Result<Set<f64>> {
    let number: syn::Lit = parsed(key, argument, "a number, like `backoff = 2.0`")?;
    let span = number.span();
    let value = match &number {
        syn::Lit::Int(number) => number.base10_parse().ok(),
        syn::Lit::Float(number) => number.base10_parse().ok(),
        _ => None,
    };
    match value {
        Some(value) if value >= 1.0 && f64::is_finite(value) => Ok(Set { value, span }),
        _ => Err(syn::Error::new(
            span,
            "`backoff` is a number of at least 1: each interval is the one before times this",
        )),
    }
}

fn type_names(key: &str, argument: Argument) -> syn::Result<Set<Vec<String>>> {
    let form = format!("a list of error types, like `{key} = [\"InvalidCard\"]`");
    let list: syn::ExprArray = parsed(key, argument, &form)?;
    let span = list.span();
    let name = |element: &syn::Expr| match element {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(name),
            ..
        }) if !name.value().is_empty() => Ok(name.value()),
        other => Err(syn::Error::new(
            other.span(),
            format!("`{key}` must be {form}"),
        )),
    };
    Ok(Set {
        value: list.elems.iter().map(name).collect::<syn::Result<_>>()?,
        span,
    })
}

/// What becomes of a handler that is at work when the run ends.
fn abandons(key: &str, argument: Argument) -> syn::Result<bool> {
    let text = text(key, argument)?;
    match text.value().as_str() {
        "warn" => Ok(false),
        "abandon" => Ok(true),
        other => {
            let hint = closest(other, &["warn", "abandon"])
                .map(|close| format!("; did you mean \"{close}\"?"))
                .unwrap_or_default();
            let message = format!(
                "`{key}` is \"warn\" (the default: people are told of a handler that the end of the run cuts off) or \"abandon\" (they are not){hint}"
            );
            Err(syn::Error::new(text.span(), message))
        }
    }
}

fn cancellation(key: &str, argument: Argument) -> syn::Result<Set<Cancellation>> {
    let text = text(key, argument)?;
    let value = match text.value().as_str() {
        "try_cancel" => Cancellation::TryCancel,
        "wait_completed" => Cancellation::WaitCompleted,
        "abandon" => Cancellation::Abandon,
        other => {
            let hint = closest(other, &["try_cancel", "wait_completed", "abandon"])
                .map(|close| format!("; did you mean \"{close}\"?"))
                .unwrap_or_default();
            let message = format!(
                "`{key}` is \"try_cancel\" (ask, and do not wait), \"wait_completed\" (ask, and wait for its end) or \"abandon\" (leave it alone){hint}"
            );
            return Err(syn::Error::new(text.span(), message));
        }
    };
    Ok(Set {
        value,
        span: text.span(),
    })
}
