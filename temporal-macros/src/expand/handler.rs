//! Signals, queries and updates: for each one thin function that decodes, calls the user's and encodes, an arm
//! that finds it by name, and a method of the typed handle.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type};

use super::codec::{Codecs, success_type, unwrapped};
use super::{actual_arguments, argument_list, at, caller_side, local, more_doc, tuple, values};
use crate::model::callable::Callable;
use crate::model::handler::Wire;
use crate::model::options::Runtime;
use crate::model::role::Role;
use crate::model::workflow::WorkflowHandler;
use crate::parse::signature::{Parameter, SelfKind};

/// Whose handlers they are.
pub(super) struct Owner<'a> {
    pub(super) runtime: &'a Runtime,
    /// The type whose functions they are.
    pub(super) ty: &'a Type,
    /// What they work on.
    pub(super) state: &'a Type,
    /// The trait that shares them: then `ty` is any type that has it.
    pub(super) of_trait: Option<&'a Ident>,
}

impl Owner<'_> {
    /// Behind the name of a generated function where it is defined.
    pub(super) fn generics(&self) -> Option<TokenStream> {
        let (ty, of_trait) = (self.ty, self.of_trait?);
        Some(quote!(<#ty: #of_trait>))
    }

    /// Behind the name of a generated function where it is named.
    pub(super) fn turbofish(&self) -> Option<TokenStream> {
        let ty = self.ty;
        self.of_trait.map(|_| quote!(::<#ty>))
    }

    /// The handle of which generated methods make calls.
    fn raw(&self) -> TokenStream {
        let runtime = self.runtime;
        match self.of_trait {
            Some(_) => quote!(#runtime::__private::HandleOf::raw(&self.__raw)),
            None => quote!(self.__raw),
        }
    }

    /// The workflow that such a handle is of.
    fn workflow(&self) -> TokenStream {
        let (ty, runtime) = (self.ty, self.runtime);
        match self.of_trait {
            Some(_) => {
                quote!(<__Of as #runtime::__private::HandleOf<#runtime::InWorkflow>>::Workflow)
            }
            None => quote!(#ty),
        }
    }
}

/// One handler while it is written.
pub(super) struct Part<'a> {
    owner: &'a Owner<'a>,
    handler: &'a WorkflowHandler,
    index: usize,
    codecs: Codecs<'a>,
}

impl<'a> Part<'a> {
    pub(super) fn new(owner: &'a Owner<'a>, index: usize, handler: &'a WorkflowHandler) -> Self {
        // The argument types of a dynamic handler are fixed, and a signal gives nothing back.
        let codecs = match &handler.wire {
            Wire::Dynamic => Codecs::of_output(
                owner.runtime,
                &format!("c{index}"),
                &handler.call,
                handler.role != Role::Signal,
            ),
            Wire::Named(_) => Codecs::new(
                owner.runtime,
                &format!("c{index}"),
                &handler.call,
                handler.role != Role::Signal,
            ),
        };
        Self {
            owner,
            handler,
            index,
            codecs,
        }
    }

    fn name(&self, what: &str) -> Ident {
        format_ident!("__{}_{}", what, self.index, span = Span::mixed_site())
    }

    pub(super) fn role(&self) -> Role {
        self.handler.role
    }

    pub(super) fn is_dynamic(&self) -> bool {
        matches!(self.handler.wire, Wire::Dynamic)
    }

    /// The entry in the registry; "*" stands for every other name.
    pub(super) fn listed(&self) -> TokenStream {
        let cfgs = self.handler.call.cfgs();
        let name = match &self.handler.wire {
            Wire::Named(name) => name,
            Wire::Dynamic => "*",
        };
        let (runtime, doc) = (self.owner.runtime, self.handler.call.doc_text());
        let abandon = self.handler.abandon;
        quote! {
            #(#cfgs)*
            #runtime::__private::HandlerReg { name: #name, doc: #doc, abandon: #abandon }
        }
    }

    /// What the methods of the handle need, of a handler that is implemented elsewhere.
    pub(super) fn declarations(&self) -> TokenStream {
        let cfgs = self.handler.call.cfgs();
        let cfgs = quote!(#(#cfgs)*);
        let (constants, encode) = (&self.codecs.constants, self.encode());
        quote! {
            #(#cfgs #constants)*
            #cfgs
            #encode
        }
    }

    /// Constants and functions for this handler alone.
    pub(super) fn definitions(&self) -> TokenStream {
        let cfgs = self.handler.call.cfgs();
        let cfgs = quote!(#(#cfgs)*);
        let constants = &self.codecs.constants;
        let mut functions = vec![self.handle()];
        if self.handler.role == Role::Update {
            functions.push(self.validate());
        }
        if !self.is_dynamic() {
            functions.push(self.encode());
            let (names, list) = (self.name("ARGS"), argument_list(&self.handler.call));
            functions.push(quote!(const #names: &[&str] = #list;));
        }
        quote! {
            #(#cfgs #constants)*
            #(#cfgs #functions)*
        }
    }

    /// `"approve" => ..` of the function that the executor calls; the arm of a dynamic handler is the last one.
    pub(super) fn arm(&self, what: &str) -> TokenStream {
        let (runtime, cfgs) = (self.owner.runtime, self.handler.call.cfgs());
        let pattern = match &self.handler.wire {
            Wire::Named(name) => quote!(#name),
            Wire::Dynamic => quote!(_),
        };
        let function = self.name(what);
        let (core, name, args) = (local("core"), local("name"), local("args"));
        let turbofish = self.owner.turbofish();
        let called = quote!(#function #turbofish(#core, #name, #args));
        let answer = match (what, self.handler.role) {
            ("validate", _) | (_, Role::Query) => called,
            _ => quote! {
                match #called {
                    ::core::result::Result::Ok(handled) => handled,
                    ::core::result::Result::Err(failed) => {
                        #runtime::__private::Handled::Done(::core::result::Result::Err(failed))
                    }
                }
            },
        };
        quote!(#(#cfgs)* #pattern => ::core::option::Option::Some(#answer),)
    }

    fn shown(&self) -> String {
        match &self.handler.wire {
            Wire::Named(name) => format!("{} `{name}`", self.handler.role.name()),
            Wire::Dynamic => format!("dynamic {} handler", self.handler.role.name()),
        }
    }

    /// Binds the values of the arguments from `args`, or leaves by `?`.
    fn decode(&self) -> TokenStream {
        let (call, args) = (&self.handler.call, local("args"));
        if !self.is_dynamic() {
            let names = self.name("ARGS");
            return self
                .codecs
                .decode(call, &self.shown(), &quote!(#names), &quote!(#args));
        }
        let (runtime, values, name) = (self.owner.runtime, values(call), local("name"));
        let [first, rest] = values.as_slice() else {
            return TokenStream::new();
        };
        let (payload, raw) = (local("payload"), local("raw"));
        quote! {
            let #first: ::std::string::String = ::core::convert::From::from(#name);
            let mut #rest = ::std::vec::Vec::new();
            let #raw = #runtime::__private::codec::<#runtime::RawValue>();
            for #payload in #args {
                #rest.push((#raw.dec)(#payload)?);
            }
        }
    }

    /// The user's function on `wf`.
    fn called(&self) -> TokenStream {
        let (call, wf) = (&self.handler.call, local("wf"));
        let mut actual = actual_arguments(call, |_, ty| match self.handler.role {
            Role::Query => shared(ty),
            _ => exclusive(ty),
        });
        if self.is_dynamic() {
            respan_values(call, &mut actual);
        }
        match call.receiver {
            Some(SelfKind::Ref) => actual.insert(0, quote!(#wf.state())),
            Some(_) => actual.insert(0, quote!(#wf.state_mut())),
            None => {}
        }
        let (ty, function) = (self.owner.ty, &call.ident);
        quote!(<#ty>::#function(#(#actual),*))
    }

    /// What becomes of the value that the user's function gave.
    fn answered(&self) -> TokenStream {
        let (runtime, returned) = (self.owner.runtime, local("r"));
        let value = unwrapped(runtime, &self.handler.call.output, &returned);
        if self.handler.role == Role::Signal {
            let payload =
                quote!(<#runtime::__private::RawPayload as ::core::default::Default>::default());
            return quote!({ let _ = #value; ::core::result::Result::Ok(#payload) });
        }
        self.codecs.encode_output(&value)
    }

    /// Decodes, calls and encodes.
    fn handle(&self) -> TokenStream {
        let Owner { runtime, state, .. } = self.owner;
        let Callable {
            ident, is_async, ..
        } = &self.handler.call;
        let (core, name, args, wf, returned) = (
            local("core"),
            local("name"),
            local("args"),
            local("wf"),
            local("r"),
        );
        let (decode, called, answered) = (self.decode(), self.called(), self.answered());
        let view = local(if self.handler.role == Role::Query {
            "reader"
        } else {
            "handler"
        });
        let begin = quote!(let mut #wf = #runtime::Wf::<#state>::#view(#core););
        let (gives, body) = if self.handler.role == Role::Query {
            (
                quote!(#runtime::__private::Output),
                quote!(#begin #wf.__take(); let #returned = #called; #answered),
            )
        } else if *is_async {
            // The future is made at the user's name: that is where "not `Send`" shows.
            let (span, at) = (ident.span(), runtime.at(ident.span()));
            let steps = quote!(#wf.__take(); let #returned = #called.await; #answered);
            let future =
                quote_spanned!(span=> #at::__private::workflow_future(async move { #steps }));
            let task = quote!(#runtime::__private::Handled::Task(::std::boxed::Box::pin(#future)));
            (
                self.handled(),
                quote!(#begin ::core::result::Result::Ok(#task)),
            )
        } else {
            let done = quote!(#runtime::__private::Handled::Done(#answered));
            (
                self.handled(),
                quote!(#begin #wf.__take(); let #returned = #called; ::core::result::Result::Ok(#done)),
            )
        };
        let (function, generics) = (self.name("handle"), self.owner.generics());
        quote! {
            #[allow(unused_variables, unused_mut)]
            fn #function #generics(
                #core: &::std::sync::Arc<#runtime::__private::Core>,
                #name: &str,
                #args: ::std::vec::Vec<#runtime::__private::RawPayload>,
            ) -> #gives {
                #decode
                #body
            }
        }
    }

    fn handled(&self) -> TokenStream {
        let runtime = self.owner.runtime;
        quote!(::core::result::Result<#runtime::__private::Handled, #runtime::__private::Failed>)
    }

    /// Whether an update may be recorded: its arguments fit, and its validator has nothing against them.
    fn validate(&self) -> TokenStream {
        let Owner {
            runtime, state, ty, ..
        } = self.owner;
        let (core, name, args, wf, returned) = (
            local("core"),
            local("name"),
            local("args"),
            local("wf"),
            local("r"),
        );
        let (function, decode) = (self.name("validate"), self.decode());
        let judged = self.handler.validator.as_ref().map(|validator| {
            let (ident, arguments) = (&validator.ident, self.judged_arguments(validator));
            let verdict = unwrapped(runtime, &validator.output, &returned);
            quote! {
                let mut #wf = #runtime::Wf::<#state>::reader(#core);
                #wf.__take();
                let #returned = <#ty>::#ident(#wf.state(), #(#arguments),*);
                let _ = #verdict;
            }
        });
        let generics = self.owner.generics();
        quote! {
            #[allow(unused_variables, unused_mut)]
            fn #function #generics(
                #core: &::std::sync::Arc<#runtime::__private::Core>,
                #name: &str,
                #args: &[#runtime::__private::RawPayload],
            ) -> ::core::result::Result<(), #runtime::__private::Failed> {
                let #args = <[#runtime::__private::RawPayload]>::to_vec(#args);
                #decode
                #judged
                ::core::result::Result::Ok(())
            }
        }
    }

    /// The update's values as its validator takes them, each at the validator's own type.
    fn judged_arguments(&self, validator: &Callable) -> Vec<TokenStream> {
        let values = values(&self.handler.call);
        validator
            .parameters
            .iter()
            .zip(values)
            .map(|(parameter, value)| match parameter {
                Parameter::Borrowed { written, .. } => {
                    let value = at(&value, written.span());
                    quote_spanned!(written.span()=> &#value)
                }
                Parameter::Owned { ty, .. } => {
                    let value = at(&value, ty.span());
                    quote_spanned!(ty.span()=> ::core::clone::Clone::clone(&#value))
                }
            })
            .collect()
    }

    fn encode(&self) -> TokenStream {
        let (runtime, call) = (self.owner.runtime, &self.handler.call);
        let (function, values, types, encoded) = (
            self.name("encode"),
            values(call),
            tuple(call),
            self.codecs.encode(call),
        );
        quote! {
            #[allow(dead_code)]
            fn #function((#(#values,)*): #types) -> #runtime::Result<::std::vec::Vec<#runtime::__private::RawPayload>> {
                ::core::result::Result::Ok(#encoded)
            }
        }
    }

    /// The method of the typed handle in workflow code. A signal is an operation there; a query or an update cannot be
    /// sent, and its method is there only to say so.
    pub(super) fn method_in_workflow(&self) -> Option<TokenStream> {
        let Wire::Named(wire) = &self.handler.wire else {
            return None;
        };
        let (runtime, call) = (self.owner.runtime, &self.handler.call);
        let (parameters, values) = caller_side(call);
        let (ident, cfgs) = (&call.ident, call.cfgs());
        if self.handler.role != Role::Signal {
            let success = success_type(runtime, &call.output);
            return Some(quote! {
                #(#cfgs)*
                #[doc(hidden)]
                #[allow(unused_variables)]
                pub fn #ident<'__never>(&self, #(#parameters),*) -> #runtime::__private::Unanswered<#success>
                where
                    #runtime::__private::Direct: #runtime::__private::AskOutside<'__never>,
                {
                    #runtime::__private::Unanswered::new()
                }
            });
        }
        let (docs, encode) = (call.docs(), self.name("encode"));
        let doc = more_doc(
            call,
            &format!("The signal `{wire}`: pass it to `wf.execute(..)` or `wf.start(..)`."),
        );
        let (raw, ty) = (self.owner.raw(), self.owner.workflow());
        Some(quote! {
            #(#docs)*
            #doc
            pub fn #ident(&self, #(#parameters),*) -> #runtime::SignalWorkflow<#ty> {
                #raw.__signal(#wire, #encode((#(#values,)*)))
            }
        })
    }

    /// The method of the typed handle, under the user's name and documentation.
    pub(super) fn method(&self) -> Option<TokenStream> {
        let Wire::Named(wire) = &self.handler.wire else {
            return None;
        };
        let (runtime, call) = (self.owner.runtime, &self.handler.call);
        let (parameters, values) = caller_side(call);
        let (encode, decoder) = (self.name("encode"), self.codecs.decoder());
        let encoded = quote!(#encode((#(#values,)*)));
        let success = success_type(runtime, &call.output);
        let (ident, docs) = (&call.ident, call.docs());
        let (doc, gives, body) = match self.handler.role {
            Role::Signal => (
                "Sends the signal",
                quote!(SignalCall),
                quote!(__signal(#wire, #encoded)),
            ),
            Role::Query => (
                "Asks the query",
                quote!(QueryCall<#success>),
                quote!(__query(#wire, #encoded, #decoder)),
            ),
            _ => (
                "Sends the update",
                quote!(UpdateCall<#success>),
                quote!(__update(#wire, #encoded, #decoder)),
            ),
        };
        let (doc, raw) = (
            more_doc(call, &format!("{doc} `{wire}`.")),
            self.owner.raw(),
        );
        Some(quote! {
            #(#docs)*
            #doc
            pub fn #ident(&self, #(#parameters),*) -> #runtime::client::#gives {
                #raw.#body
            }
        })
    }
}

/// `&mut wf`, at the user's parameter type: a wrong type is reported there.
pub(super) fn exclusive(ty: &Type) -> TokenStream {
    let wf = at(&local("wf"), ty.span());
    quote_spanned!(ty.span()=> &mut #wf)
}

fn shared(ty: &Type) -> TokenStream {
    let wf = at(&local("wf"), ty.span());
    quote_spanned!(ty.span()=> &#wf)
}

/// The fixed arguments of a dynamic handler, at the types that the user gave them.
fn respan_values(call: &Callable, actual: &mut [TokenStream]) {
    let mut values = values(call).into_iter();
    for (parameter, argument) in call.parameters.iter().zip(actual) {
        let Parameter::Owned { ty, .. } = parameter else {
            continue;
        };
        let value = values.next().map(|value| at(&value, ty.span()));
        *argument = quote!(#value);
    }
}
