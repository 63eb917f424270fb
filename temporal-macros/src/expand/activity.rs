//! An activity: the user's function, a type of the same name that describes calls of it, and its registration.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type};

use super::codec::{Codecs, unwrapped};
use super::{
    actual_arguments, argument_list, caller_side, dynamic, fallback, local, more_doc, option,
    source, tuple, values,
};
use crate::model::activity::{Activity, ActivityBlock, ActivityFunction};
use crate::model::callable::Callable;
use crate::model::names;
use crate::model::options::{ActivityDefaults, Cancellation, Runtime};
use crate::parse::item::{Function, ImplItem, cfgs};
use crate::parse::signature::Parameter;

/// A free function, or a declaration.
pub(crate) fn function(model: &ActivityFunction, mut function: Function) -> TokenStream {
    match model {
        ActivityFunction::Legal(activity) if function.body.is_some() => {
            guard(&activity.runtime, &mut function);
            let definition = free(activity, true);
            quote!(#function #definition)
        }
        ActivityFunction::Legal(activity) => free(activity, false),
        ActivityFunction::Broken(broken) => {
            let stub = fallback::activity(broken);
            // A declaration is no Rust by itself.
            let kept = function
                .body
                .is_some()
                .then_some(quote!(#[allow(dead_code, unused_variables)] #function));
            quote!(#kept #stub)
        }
    }
}

/// An impl block: `Payments::refund_with(..)` beside `Payments::refund`.
pub(crate) fn block(model: &ActivityBlock, mut block: ImplItem) -> TokenStream {
    let ActivityBlock {
        runtime,
        self_ty,
        activities,
        broken,
    } = model;
    for method in block.functions_mut() {
        if activities
            .iter()
            .any(|activity| activity.call.ident == method.sig.ident)
        {
            guard(runtime, method);
        }
    }
    let (mut items, mut constructors) = (Vec::new(), Vec::new());
    for activity in activities {
        let call = &activity.call;
        let marker = &call.ident;
        let path = quote_spanned!(marker.span()=> <#self_ty>::#marker);
        let instance = call.receiver.is_some().then_some(self_ty);
        let parts = Parts::new(activity, marker);
        let registration = parts.registration(&path, instance);
        let constants = &parts.codecs.constants;
        if activity.options.dynamic.is_some() {
            let conditions = call.cfgs();
            items.push(quote!(#(#conditions)* const _: () = { #(#constants)* #registration };));
            continue;
        }
        let definition = parts.definition();
        constructors.push(parts.constructor(&with_name(marker)));
        let conditions = call.cfgs();
        items.push(quote! {
            #(#conditions)*
            #[allow(non_camel_case_types)]
            #[doc(hidden)]
            pub struct #marker {}
            #(#conditions)*
            const _: () = { #(#constants)* #definition #registration };
        });
    }
    for broken in broken {
        let (item, constructor) = fallback::method(broken, &with_name(&broken.call.ident));
        items.push(item);
        constructors.push(constructor);
    }
    let constructors = (!constructors.is_empty())
        .then(|| quote!(#[allow(dead_code)] impl #self_ty { #(#constructors)* }));
    let cfgs = cfgs(&block.attrs);
    quote!(#block #(#cfgs)* const _: () = { #(#items)* #constructors };)
}

fn with_name(method: &Ident) -> Ident {
    names::spanned(&format!("{}_with", names::plain(method)), method.span())
}

/// The types cannot see that a workflow calls the plain function; the first statement of the body does.
fn guard(runtime: &Runtime, function: &mut Function) {
    let name = names::plain(&function.sig.ident);
    if let Some(body) = &mut function.body {
        body.put_first(quote!(#runtime::__private::not_in_workflow(#name);));
    }
}

fn free(activity: &Activity, implemented: bool) -> TokenStream {
    let (call, vis) = (&activity.call, &activity.vis);
    let ident = &call.ident;
    let cfgs = call.cfgs();
    let doc = if implemented {
        format!("The activity [`{ident}`](fn@{ident}), as a workflow sees it.")
    } else {
        format!(
            "The activity `{}`, which another worker implements.",
            activity.wire_name
        )
    };
    let parts = Parts::new(activity, ident);
    if activity.options.dynamic.is_some() {
        // it has no name that a workflow could call it by
        let (constants, registration) = (
            &parts.codecs.constants,
            parts.registration(&quote!(#ident), None),
        );
        return quote!(#(#cfgs)* const _: () = { #(#constants)* #registration };);
    }
    let (constants, definition) = (&parts.codecs.constants, parts.definition());
    let constructor = parts.constructor(&names::spanned("with", ident.span()));
    let registration = implemented.then(|| parts.registration(&quote!(#ident), None));
    quote! {
        #(#cfgs)*
        #[doc = #doc]
        #[allow(non_camel_case_types, dead_code)]
        #vis struct #ident {}
        #(#cfgs)*
        const _: () = {
            #(#constants)*
            #definition
            #[allow(dead_code)]
            impl #ident { #constructor }
            #registration
        };
    }
}

/// One activity while it is written.
struct Parts<'a> {
    activity: &'a Activity,
    /// The type that describes calls of it.
    marker: &'a Ident,
    codecs: Codecs<'a>,
}

impl<'a> Parts<'a> {
    fn new(activity: &'a Activity, marker: &'a Ident) -> Self {
        let codecs = if activity.options.dynamic.is_some() {
            Codecs::of_output(&activity.runtime, "c", &activity.call, true)
        } else {
            Codecs::new(&activity.runtime, "c", &activity.call, true)
        };
        Self {
            activity,
            marker,
            codecs,
        }
    }

    fn definition(&self) -> TokenStream {
        let Activity {
            runtime,
            options,
            wire_name,
            call,
            ..
        } = self.activity;
        let (marker, values, tuple) = (self.marker, values(call), tuple(call));
        let output = super::codec::success_type(runtime, &call.output);
        let timeout = if options.activity.has_timeout() {
            quote!(TimeoutSet)
        } else {
            quote!(NoTimeout)
        };
        let task_queue = option(options.task_queue.as_ref());
        let defaults = defaults(runtime, &options.activity);
        let (encoded, decoder) = (self.codecs.encode(call), self.codecs.decoder());
        let result = local("result");
        quote! {
            impl #runtime::__private::ActivityDef for #marker {
                const NAME: &'static str = #wire_name;
                const TASK_QUEUE: ::core::option::Option<&'static str> = #task_queue;
                const DEFAULTS: #runtime::__private::ActivityDefaults = #defaults;
                type Args = #tuple;
                type Output = #output;
                type Timeout = #runtime::__private::#timeout;
                fn encode((#(#values,)*): Self::Args) -> #runtime::Result<::std::vec::Vec<#runtime::__private::RawPayload>> {
                    ::core::result::Result::Ok(#encoded)
                }
                fn decode(#result: #runtime::__private::RawPayload) -> #runtime::Result<Self::Output> {
                    (#decoder)(#result)
                }
            }
        }
    }

    /// `with(..)`, under the user's documentation.
    fn constructor(&self, name: &Ident) -> TokenStream {
        let Activity {
            runtime, vis, call, ..
        } = self.activity;
        let marker = self.marker;
        let (parameters, values) = caller_side(call);
        let doc = more_doc(
            call,
            &format!(
                "A call of the activity `{}`: pass it to `wf.execute(..)` or `wf.start(..)`.",
                call.ident
            ),
        );
        let docs = call.docs();
        quote! {
            #(#docs)*
            #doc
            #vis fn #name(#(#parameters),*) -> #runtime::__private::ActivityCall<#marker> {
                #runtime::__private::ActivityCall::new((#(#values,)*))
            }
        }
    }

    fn registration(&self, path: &TokenStream, instance: Option<&Type>) -> TokenStream {
        let Activity {
            runtime,
            options,
            wire_name,
            call,
            ..
        } = self.activity;
        let invoke = self.invoke(path, instance);
        let kind = if call.is_async {
            quote!(Async)
        } else {
            quote!(Blocking)
        };
        let (arguments, doc) = (argument_list(call), call.doc_text());
        let source = source(runtime, call.ident.span());
        let task_queue = option(options.task_queue.as_ref());
        let dynamic = options.dynamic.is_some();
        let needs = instance.into_iter().chain(injected(call)).map(|ty| {
            quote! {
                #runtime::__private::Need {
                    id: ::core::any::TypeId::of::<#ty>,
                    name: ::core::any::type_name::<#ty>,
                }
            }
        });
        quote! {
            const __ARGS: &[&str] = #arguments;
            #invoke
            #runtime::__private::inventory::submit! {
                #runtime::__private::ActivityReg {
                    name: #wire_name,
                    task_queue: #task_queue,
                    source: #source,
                    needs: &[#(#needs),*],
                    args: __ARGS,
                    doc: #doc,
                    dynamic: #dynamic,
                    invoke: #runtime::__private::Invoke::#kind(__invoke),
                }
            }
        }
    }

    /// Arguments in, state injected, the user's function called, the result out.
    fn invoke(&self, path: &TokenStream, instance: Option<&Type>) -> TokenStream {
        let Activity {
            runtime,
            options,
            wire_name,
            call,
            ..
        } = self.activity;
        let (context, args, returned) = (local("inv"), local("args"), local("r"));
        let decode = if options.dynamic.is_some() {
            dynamic(runtime, call, &args)
        } else {
            self.codecs.decode(
                call,
                &format!("activity `{wire_name}`"),
                &quote!(__ARGS),
                &quote!(#args),
            )
        };
        let mut actual = actual_arguments(call, |index, _| {
            let state = state_name(index);
            quote!(&*#state)
        });
        let mut states = Vec::new();
        if let Some(ty) = instance {
            let this = local("this");
            actual.insert(0, quote!(&*#this));
            states.push(quote!(let #this = #context.get::<#ty>();));
        }
        for (index, parameter) in call.parameters.iter().enumerate() {
            if let Parameter::Borrowed { ty, .. } = parameter {
                let state = state_name(index);
                let context = Ident::new("inv", Span::mixed_site().located_at(ty.span()));
                let found = quote_spanned!(ty.span()=> #context.get::<#ty>());
                states.push(quote!(let #state = #found;));
            }
        }
        let wait = call.is_async.then(|| quote!(.await));
        let unwrapped = unwrapped(runtime, &call.output, &returned);
        let encoded = self.codecs.encode_output(&unwrapped);
        let body = quote!(#decode #(#states)* let #returned = #path(#(#actual),*) #wait; #encoded);
        let takes = quote!(#context: #runtime::__private::Invocation, #args: ::std::vec::Vec<#runtime::__private::RawPayload>);
        if !call.is_async {
            return quote!(#[allow(unused_variables)] fn __invoke(#takes) -> #runtime::__private::ActivityResult { #body });
        }
        // The future is made at the user's name: that is where "not `Send`" shows.
        let span = call.ident.span();
        let at = runtime.at(span);
        let future = quote_spanned!(span=> #at::__private::activity_future(async move { #body }));
        quote! {
            #[allow(unused_variables)]
            fn __invoke(#takes) -> #runtime::__private::ActivityFuture { ::std::boxed::Box::pin(#future) }
        }
    }
}

fn state_name(index: usize) -> Ident {
    format_ident!("s{}", index, span = Span::mixed_site())
}

fn injected(call: &Callable) -> impl Iterator<Item = &Type> {
    call.parameters
        .iter()
        .filter_map(|parameter| match parameter {
            Parameter::Borrowed { ty, .. } => Some(ty),
            Parameter::Owned { .. } => None,
        })
}

/// How many fields `ActivityDefaults` has.
const ALL_OPTIONS: usize = 10;

/// Only what the attribute sets; the rest is `NONE`.
fn defaults(runtime: &Runtime, options: &ActivityDefaults) -> TokenStream {
    let mut fields: Vec<TokenStream> = Vec::new();
    let durations = [
        ("start_to_close", &options.start_to_close),
        ("schedule_to_close", &options.schedule_to_close),
        ("schedule_to_start", &options.schedule_to_start),
        ("heartbeat", &options.heartbeat),
        ("initial_interval", &options.initial_interval),
        ("max_interval", &options.max_interval),
    ];
    for (name, value) in durations {
        if let Some(set) = value {
            let (name, millis) = (Ident::new(name, Span::call_site()), set.value);
            fields.push(quote!(#name: ::core::option::Option::Some(::core::time::Duration::from_millis(#millis))));
        }
    }
    if let Some(set) = &options.max_attempts {
        let attempts = set.value;
        fields.push(quote!(max_attempts: #attempts));
    }
    if let Some(set) = &options.backoff {
        let backoff = set.value;
        fields.push(quote!(backoff: ::core::option::Option::Some(#backoff)));
    }
    if let Some(set) = &options.non_retryable {
        let types = &set.value;
        fields.push(quote!(non_retryable: &[#(#types),*]));
    }
    if let Some(set) = &options.cancellation {
        let kind = match set.value {
            Cancellation::TryCancel => quote!(TryCancel),
            Cancellation::WaitCompleted => quote!(WaitCompleted),
            Cancellation::Abandon => quote!(Abandon),
        };
        fields.push(quote!(cancellation: #runtime::__private::CancellationType::#kind));
    }
    if fields.is_empty() {
        return quote!(#runtime::__private::ActivityDefaults::NONE);
    }
    // With every field set, a base would be a warning in the user's crate.
    let base =
        (fields.len() < ALL_OPTIONS).then(|| quote!(..#runtime::__private::ActivityDefaults::NONE));
    quote!(#runtime::__private::ActivityDefaults { #(#fields,)* #base })
}
