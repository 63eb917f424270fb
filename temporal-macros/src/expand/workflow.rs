//! A workflow: its typed handle, its definition, and the thin functions through which the executor drives it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::codec::{Codecs, success_type, unwrapped};
use super::dispatch::{dispatch, list, parts};
use super::handler::{Owner, Part, exclusive};
use super::{
    actual_arguments, argument_list, asserts, caller_side, dynamic, fallback, handle, local,
    more_doc, source, tuple, values,
};
use crate::model::block::Block;
use crate::model::callable::Callable;
use crate::model::names;
use crate::model::role::Role;
use crate::model::workflow::{WorkflowBlock, WorkflowFunction, WorkflowType};
use crate::parse::item::{Function, ImplItem};

/// Behind the type that is the state.
pub(crate) fn ty(model: &WorkflowType) -> TokenStream {
    let (names, check) = (handle::state(model), asserts::has_block(model));
    quote!(#names #check)
}

/// The impl block with the roles, and what they become.
pub(crate) fn block(model: &Block, block: &ImplItem) -> TokenStream {
    match model {
        Block::Declared(model) => {
            let definition = declaration(model);
            let (ty, at) = (&model.ty, model.ident.span());
            // nobody else makes one, and rustc would say so
            let made = quote_spanned!(at=> const _: fn() -> #ty = || #ty;);
            let cfgs = &model.cfgs;
            quote!(#block #(#cfgs)* #made #definition)
        }
        Block::Legal(model) => {
            let definition = definition(model);
            // a validator takes `&String` because its update takes `String`
            quote!(#[allow(clippy::ptr_arg)] #block #definition)
        }
        Block::Broken(broken) => {
            let stub = fallback::block(broken);
            quote!(#[allow(dead_code, unused_variables)] #block #stub)
        }
        Block::Hopeless => quote!(#[allow(dead_code, unused_variables)] #block),
    }
}

/// A function, and a type of the same name (they live in different namespaces) that plays the workflow.
pub(crate) fn function(model: Option<&WorkflowFunction>, function: &Function) -> TokenStream {
    let Some(WorkflowFunction { ty, block }) = model else {
        return quote!(#[allow(dead_code, unused_variables)] #function);
    };
    let (definition, allowed) = match block {
        Block::Legal(block) if function.body.is_none() => (declaration(block), None),
        Block::Legal(block) => (definition(block), None),
        Block::Broken(broken) => {
            // A function without a body is no Rust, and was reported.
            let allowed = function
                .body
                .is_some()
                .then(|| quote!(#[allow(dead_code, unused_variables)]));
            (fallback::block(broken), allowed)
        }
        Block::Declared(_) | Block::Hopeless => (TokenStream::new(), None),
    };
    let function = function
        .body
        .is_some()
        .then_some(quote!(#allowed #function));
    let WorkflowType {
        cfgs, vis, ident, ..
    } = ty;
    let names = handle::state(ty);
    let doc = match (&function, block) {
        (None, Block::Legal(block)) => {
            let (docs, line) = (
                block.run.docs(),
                "A workflow that is implemented elsewhere.",
            );
            let more = more_doc(&block.run, line);
            quote!(#(#docs)* #more)
        }
        _ => {
            let line = format!("The workflow [`{ident}`](fn@{ident}), as callers see it.");
            quote!(#[doc = #line])
        }
    };
    quote! {
        #function
        #(#cfgs)*
        #doc
        #[allow(non_camel_case_types, dead_code)]
        #vis struct #ident {}
        #names
        #definition
    }
}

/// What callers need of a workflow that is implemented elsewhere: nothing is registered here.
fn declaration(block: &WorkflowBlock) -> TokenStream {
    let owner = owner(block);
    let writer = Writer {
        block,
        parts: parts(&owner, &block.handlers),
        run: Codecs::new(&block.runtime, "run", &block.run, true),
        init: None,
    };
    let constants = &writer.run.constants;
    let messages = writer.parts.iter().map(Part::declarations);
    let (constructor, definition, handle) =
        (writer.constructor(), writer.definition(), writer.handle());
    let cfgs = &block.cfgs;
    quote! {
        #(#cfgs)*
        const _: () = {
            #(#constants)*
            #(#messages)*
            #constructor
            #definition
            #handle
        };
    }
}

fn owner(block: &WorkflowBlock) -> Owner<'_> {
    Owner {
        runtime: &block.runtime,
        ty: &block.ty,
        state: &block.state,
        of_trait: None,
    }
}

fn definition(block: &WorkflowBlock) -> TokenStream {
    let owner = owner(block);
    let parts = parts(&owner, &block.handlers);
    let writer = Writer {
        block,
        parts,
        run: if block.dynamic {
            Codecs::of_output(&block.runtime, "run", &block.run, true)
        } else {
            Codecs::new(&block.runtime, "run", &block.run, true)
        },
        init: block.init.as_ref().map(|init| {
            if block.dynamic {
                Codecs::of_output(&block.runtime, "init", init, false)
            } else {
                Codecs::new(&block.runtime, "init", init, false)
            }
        }),
    };
    let constants = writer
        .run
        .constants
        .iter()
        .chain(writer.init.iter().flat_map(|init| &init.constants));
    let definitions = writer.parts.iter().map(Part::definitions);
    let same_arguments = asserts::same_arguments(block);
    let (constructor, definition, handle) =
        (writer.constructor(), writer.definition(), writer.handle());
    let (init, run, dispatch, registration) = (
        writer.init(),
        writer.run(),
        dispatch(&owner, &writer.parts),
        writer.registration(),
    );
    let names = argument_list(writer.takes().0);
    let cfgs = &block.cfgs;
    quote! {
        #(#cfgs)*
        const _: () = {
            const __ARGS: &[&str] = #names;
            #(#constants)*
            #same_arguments
            #constructor
            #definition
            #handle
            #(#definitions)*
            #init
            #run
            #dispatch
            #registration
        };
    }
}

/// One workflow while it is written.
struct Writer<'a> {
    block: &'a WorkflowBlock,
    parts: Vec<Part<'a>>,
    run: Codecs<'a>,
    init: Option<Codecs<'a>>,
}

impl Writer<'_> {
    /// The function whose arguments are the workflow's: `#[run]`, or `#[init]` if `#[run]` takes none.
    fn takes(&self) -> (&Callable, &Codecs<'_>) {
        match (&self.block.init, &self.init) {
            (Some(init), Some(codecs)) if self.block.run.arguments().next().is_none() => {
                (init, codecs)
            }
            _ => (&self.block.run, &self.run),
        }
    }

    /// None for a dynamic workflow, which has no name to be called by.
    fn constructor(&self) -> Option<TokenStream> {
        if self.block.dynamic {
            return None;
        }
        let WorkflowBlock {
            runtime,
            ty,
            ident,
            run,
            ..
        } = self.block;
        let (parameters, values) = caller_side(self.takes().0);
        let doc = format!(
            "A call of the workflow [`{ident}`]: pass it to `client.start(..)`, or to `wf.execute(..)` for a child workflow."
        );
        let with = names::spanned("with", run.ident.span());
        // An impl at the workflow's name: a type that is no `#[workflow]` is reported there.
        let target = quote_spanned!(ident.span()=> #ty);
        Some(quote! {
            impl #target {
                #[doc = #doc]
                #[allow(dead_code)]
                pub fn #with(#(#parameters),*) -> #runtime::__private::WorkflowCall<#ty> {
                    #runtime::__private::WorkflowCall::new((#(#values,)*))
                }
            }
        })
    }

    fn definition(&self) -> TokenStream {
        let WorkflowBlock {
            runtime,
            ty,
            ident,
            handle,
            run,
            ..
        } = self.block;
        let (call, codecs) = self.takes();
        let (values, types, encoded) = if self.block.dynamic {
            (Vec::new(), quote!(()), quote!(::std::vec::Vec::new()))
        } else {
            (values(call), tuple(call), codecs.encode(call))
        };
        let (output, decoder, result) = (
            success_type(runtime, &run.output),
            self.run.decoder(),
            local("result"),
        );
        let at = runtime.at(ident.span());
        let target = quote_spanned!(ident.span()=> #ty);
        let meta = quote_spanned!(ident.span()=> <#ty as #at::__private::WorkflowState>::META);
        quote! {
            impl #runtime::__private::WorkflowDef for #target {
                const META: #runtime::__private::Meta = #meta;
                type Args = #types;
                type Output = #output;
                type Handle<__Side: ::core::marker::Send + ::core::marker::Sync + 'static> = #handle<__Side>;
                fn encode((#(#values,)*): Self::Args) -> #runtime::Result<::std::vec::Vec<#runtime::__private::RawPayload>> {
                    ::core::result::Result::Ok(#encoded)
                }
                fn decode(#result: #runtime::__private::RawPayload) -> #runtime::Result<Self::Output> {
                    (#decoder)(#result)
                }
            }
        }
    }

    /// The methods of the typed handle: all of them on the client's side, the signals in workflow code too.
    fn handle(&self) -> TokenStream {
        let WorkflowBlock {
            runtime, handle, ..
        } = self.block;
        let outside: Vec<TokenStream> = self.parts.iter().filter_map(Part::method).collect();
        let inside: Vec<TokenStream> = self
            .parts
            .iter()
            .filter_map(Part::method_in_workflow)
            .collect();
        let block = |side: TokenStream, methods: Vec<TokenStream>| {
            (!methods.is_empty())
                .then(|| quote!(#[allow(dead_code)] impl #handle<#runtime::#side> { #(#methods)* }))
        };
        let (client, workflow) = (
            block(quote!(Client), outside),
            block(quote!(InWorkflow), inside),
        );
        quote!(#client #workflow)
    }

    /// Builds the state, from the arguments or from nothing.
    fn init(&self) -> TokenStream {
        let WorkflowBlock {
            runtime,
            state,
            ty,
            ident,
            init,
            ..
        } = self.block;
        let args = local("args");
        let body = match (init, &self.init) {
            (Some(init), Some(codecs)) => {
                let (function, values, returned) = (&init.ident, values(init), local("r"));
                let decode = if values.is_empty() {
                    quote!(let _ = #args;)
                } else {
                    self.decode(init, codecs)
                };
                let built = unwrapped(runtime, &init.output, &returned);
                let value = quote!(let #returned = <#ty>::#function(#(#values),*););
                quote!(#decode #value let #returned: #state = #built;)
            }
            _ => {
                let at = runtime.at(ident.span());
                let initial = quote_spanned!(ident.span()=> <#state as #at::__private::InitialState>::initial());
                let returned = local("r");
                quote!(let _ = #args; let #returned: #state = #initial;)
            }
        };
        // A state that cannot move between threads is reported at the workflow's name.
        let (span, at) = (ident.span(), runtime.at(ident.span()));
        let returned = super::at(&local("r"), span);
        let boxed = quote_spanned!(span=> #at::__private::state(#returned));
        quote! {
            fn __init(
                #args: ::std::vec::Vec<#runtime::__private::RawPayload>,
            ) -> ::core::result::Result<#runtime::__private::State, #runtime::__private::Failed> {
                #body
                ::core::result::Result::Ok(#boxed)
            }
        }
    }

    fn run(&self) -> TokenStream {
        let WorkflowBlock {
            runtime,
            state,
            ty,
            run,
            free,
            ..
        } = self.block;
        let (core, args, wf, returned) = (local("core"), local("args"), local("wf"), local("r"));
        // What `#[init]` took is not for `#[run]` to refuse.
        let decode = if std::ptr::eq(self.takes().0, run) {
            self.decode(run, &self.run)
        } else {
            quote!(let _ = #args;)
        };
        let (function, actual) = (&run.ident, actual_arguments(run, |_, ty| exclusive(ty)));
        let called = if *free {
            quote!(#function(#(#actual),*))
        } else {
            quote!(<#ty>::#function(#(#actual),*))
        };
        let answered = self
            .run
            .encode_output(&unwrapped(runtime, &run.output, &returned));
        // The future is made at the user's name: that is where "not `Send`" shows.
        let (span, at) = (run.ident.span(), runtime.at(run.ident.span()));
        let steps = quote!(#wf.__take(); let #returned = #called.await; #answered);
        let future = quote_spanned!(span=> #at::__private::workflow_future(async move { #steps }));
        quote! {
            #[allow(unused_variables, unused_mut)]
            fn __run(
                #core: ::std::sync::Arc<#runtime::__private::Core>,
                #args: ::std::vec::Vec<#runtime::__private::RawPayload>,
            ) -> ::core::result::Result<#runtime::__private::BoxFuture<#runtime::__private::Output>, #runtime::__private::Failed> {
                #decode
                let mut #wf = #runtime::Wf::<#state>::fork(&#core);
                ::core::result::Result::Ok(::std::boxed::Box::pin(#future))
            }
        }
    }

    /// Binds the values of the workflow's arguments from `args`, or leaves by `?`.
    fn decode(&self, call: &Callable, codecs: &Codecs<'_>) -> TokenStream {
        let (runtime, args) = (&self.block.runtime, local("args"));
        if self.block.dynamic {
            return dynamic(runtime, call, &args);
        }
        codecs.decode(call, &self.shown(), &quote!(__ARGS), &quote!(#args))
    }

    fn shown(&self) -> String {
        format!("workflow `{}`", self.block.ident)
    }

    fn registration(&self) -> TokenStream {
        let WorkflowBlock {
            runtime,
            ty,
            run,
            dynamic,
            ..
        } = self.block;
        let source = source(runtime, run.ident.span());
        let doc = run.doc_text();
        let [signals, queries, updates] =
            [Role::Signal, Role::Query, Role::Update].map(|role| list(&self.parts, role));
        // What this workflow inherits has names of its own; if not, that is said at the workflow's name.
        let at = runtime.at(self.block.ident.span());
        let inherited = quote_spanned!(self.block.ident.span()=> #at::__private::distinct(
            <#ty as #at::__private::WorkflowDef>::META.inherited, __SIGNALS, __QUERIES, __UPDATES,
        ));
        quote! {
            const __SIGNALS: &[#runtime::__private::HandlerReg] = #signals;
            const __QUERIES: &[#runtime::__private::HandlerReg] = #queries;
            const __UPDATES: &[#runtime::__private::HandlerReg] = #updates;
            #runtime::__private::inventory::submit! {
                #runtime::__private::WorkflowReg {
                    name: <#ty as #runtime::__private::WorkflowDef>::META.name,
                    task_queue: <#ty as #runtime::__private::WorkflowDef>::META.task_queue,
                    source: #source,
                    args: __ARGS,
                    doc: #doc,
                    dynamic: #dynamic,
                    fail_on: <#ty as #runtime::__private::WorkflowDef>::META.fail_on,
                    signals: __SIGNALS,
                    queries: __QUERIES,
                    updates: __UPDATES,
                    inherited: #inherited,
                    vtable: #runtime::__private::VTable {
                        init: __init,
                        run: __run,
                        signal: __signal,
                        query: __query,
                        validate: __validate,
                        update: __update,
                    },
                }
            }
        }
    }
}
