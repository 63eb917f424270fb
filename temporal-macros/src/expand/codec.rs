//! How the types of one function travel. Each payload type is named in exactly one constant, at the user's
//! span: that is the one place which asks for `Payload`, so a type that cannot travel is one error.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::{at, local, values};
use crate::model::callable::{Callable, Output, OutputForm};
use crate::model::options::Runtime;

/// The codec constants of one function.
pub(super) struct Codecs<'a> {
    runtime: &'a Runtime,
    /// One definition each.
    pub(super) constants: Vec<TokenStream>,
    arguments: Vec<Ident>,
    output: Option<Ident>,
}

impl<'a> Codecs<'a> {
    /// `prefix` keeps the constants of several functions apart.
    pub(super) fn new(
        runtime: &'a Runtime,
        prefix: &str,
        call: &Callable,
        with_output: bool,
    ) -> Self {
        let mut codecs = Self {
            runtime,
            constants: Vec::new(),
            arguments: Vec::new(),
            output: None,
        };
        for (index, (_, ty)) in call.arguments().enumerate() {
            let name = format_ident!("{}_{}", prefix, index, span = Span::mixed_site());
            codecs.define(&name, &quote!(#ty), ty.span());
            codecs.arguments.push(name);
        }
        if with_output {
            codecs.define_output(prefix, call);
        }
        codecs
    }

    /// The result alone: the argument types of a dynamic handler are fixed.
    pub(super) fn of_output(
        runtime: &'a Runtime,
        prefix: &str,
        call: &Callable,
        with_output: bool,
    ) -> Self {
        let mut codecs = Self {
            runtime,
            constants: Vec::new(),
            arguments: Vec::new(),
            output: None,
        };
        if with_output {
            codecs.define_output(prefix, call);
        }
        codecs
    }

    fn define_output(&mut self, prefix: &str, call: &Callable) {
        let name = format_ident!("{}_out", prefix, span = Span::mixed_site());
        self.define(
            &name,
            &success_type(self.runtime, &call.output),
            call.output.span,
        );
        self.output = Some(name);
    }

    fn define(&mut self, name: &Ident, ty: &TokenStream, span: Span) {
        let runtime = self.runtime;
        let at = runtime.at(span);
        let codec = quote_spanned!(span=> #at::__private::codec::<#ty>());
        self.constants.push(quote! {
            #[allow(non_upper_case_globals)]
            const #name: #runtime::__private::Codec<#ty> = #codec;
        });
    }

    /// `[payload, ..]` of the values of `call`, behind `?`s.
    pub(super) fn encode(&self, call: &Callable) -> TokenStream {
        let (codecs, values) = (&self.arguments, values(call));
        quote!(::std::vec![#((#codecs.enc)(#values)?),*])
    }

    /// Statements that bind the values of `call`; `payloads` is consumed.
    pub(super) fn decode(
        &self,
        call: &Callable,
        what: &str,
        names: &TokenStream,
        payloads: &TokenStream,
    ) -> TokenStream {
        let (runtime, codecs, values) = (self.runtime, &self.arguments, values(call));
        let it = local("it");
        let mutable = (!values.is_empty()).then(|| quote!(mut));
        quote! {
            let #mutable #it = #runtime::__private::Arguments::new(#what, #names, #payloads)?;
            #(let #values = #it.take(#codecs.dec)?;)*
        }
    }

    /// The payload of a value that the function gave, as a `Result` in `Failed`.
    pub(super) fn encode_output(&self, value: &TokenStream) -> TokenStream {
        let (runtime, codec) = (self.runtime, &self.output);
        quote!(::core::result::Result::map_err((#codec.enc)(#value), #runtime::__private::Failed::output))
    }

    /// The pointer that reads a result.
    pub(super) fn decoder(&self) -> TokenStream {
        let codec = &self.output;
        quote!(#codec.dec)
    }
}

/// What a caller gets when all is well.
pub(super) fn success_type(runtime: &Runtime, output: &Output) -> TokenStream {
    let Output {
        written,
        span,
        form,
    } = output;
    match form {
        OutputForm::Value => quote!(#written),
        OutputForm::Unknown => quote!(#runtime::__private::Unknown),
        OutputForm::Fallible { success: Some(ty) } => quote!(#ty),
        OutputForm::Fallible { success: None } => {
            let at = runtime.at(*span);
            quote_spanned!(*span=> <#written as #at::__private::Returns>::Ok)
        }
    }
}

/// `value`, which the function returned, as what it gives when all is well; a failure leaves by `?`.
pub(super) fn unwrapped(runtime: &Runtime, output: &Output, value: &Ident) -> TokenStream {
    match output.form {
        OutputForm::Value | OutputForm::Unknown => quote!(#value),
        OutputForm::Fallible { .. } => {
            let (at, value) = (runtime.at(output.span), at(value, output.span));
            let converted =
                quote_spanned!(output.span=> #at::__private::Returns::into_result(#value));
            quote!(#converted?)
        }
    }
}
