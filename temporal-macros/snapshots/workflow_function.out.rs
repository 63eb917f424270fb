#[doc = " A workflow without state is just a function."]
async fn hello(wf: &mut Wf, name: String) -> Result<String> {
    Ok(name)
}
#[doc = "The workflow [`hello`](fn@hello), as callers see it."]
#[allow(non_camel_case_types, dead_code)]
struct hello {} #[doc = "Handle of a [`hello`] workflow: its signals, queries and updates, and everything of `WorkflowHandle`."] #[allow(dead_code)] struct HelloHandle<__Side = ::temporal_runtime::Client> {
    __raw: ::temporal_runtime::__private::WorkflowHandle<hello, __Side>,
}
impl<__Side>::core::convert::From<::temporal_runtime::__private::WorkflowHandle<hello, __Side>> for HelloHandle<__Side> {
    fn from(raw: ::temporal_runtime::__private::WorkflowHandle<hello, __Side>) -> Self {
        HelloHandle {
            __raw: raw
        }
    }
}
impl<__Side: ::core::clone::Clone>::core::clone::Clone for HelloHandle<__Side> {
    fn clone(&self) -> Self {
        HelloHandle {
            __raw: ::core::clone::Clone::clone(&self.__raw)
        }
    }
}
impl<__Side>::core::fmt::Debug for HelloHandle<__Side> {
    fn fmt(&self, raw: &mut::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.__raw, raw)
    }
}
impl<__Side>::core::ops::Deref for HelloHandle<__Side> {
    type Target = ::temporal_runtime::__private::WorkflowHandle<hello, __Side>;
    fn deref(&self) -> &Self::Target {
        &self.__raw
    }
}
impl ::temporal_runtime::__private::WorkflowState for hello {
    const META: ::temporal_runtime::__private::Meta = ::temporal_runtime::__private::Meta {
        name: "hello", task_queue: ::core::option::Option::None, fail_on: &[], inherited: &[],
    };
}
const _: () = {
    const __ARGS: &[&str] = &["name: String"];
    #[allow(non_upper_case_globals)]
    const run_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(non_upper_case_globals)]
    const run_out: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    impl hello {
        #[doc = "A call of the workflow [`hello`]: pass it to `client.start(..)`, or to `wf.execute(..)` for a child workflow."]
        #[allow(dead_code)]
        pub fn with(name: impl ::core::convert::Into<String>) -> ::temporal_runtime::__private::WorkflowCall<hello> {
            ::temporal_runtime::__private::WorkflowCall::new((::core::convert::Into::<String>::into(name),))
        }
    }
    impl ::temporal_runtime::__private::WorkflowDef for hello {
        const META: ::temporal_runtime::__private::Meta = <hello as ::temporal_runtime::__private::WorkflowState>::META;
        type Args = (String,);
        type Output = String;
        type Handle<__Side: ::core::marker::Send + ::core::marker::Sync + 'static> = HelloHandle<__Side>;
        fn encode((a0,): Self::Args) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
            ::core::result::Result::Ok(::std::vec![(run_0.enc)(a0)?])
        }
        fn decode(result: ::temporal_runtime::__private::RawPayload) -> ::temporal_runtime::Result<Self::Output> {
            (run_out.dec)(result)
        }
    }
    fn __init(args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::State, ::temporal_runtime::__private::Failed> {
        let _ = args;
        let r: () = <() as ::temporal_runtime::__private::InitialState>::initial();
        ::core::result::Result::Ok(::temporal_runtime::__private::state(r))
    }
    #[allow(unused_variables, unused_mut)]
    fn __run(core: ::std::sync::Arc<::temporal_runtime::__private::Core>, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::BoxFuture<::temporal_runtime::__private::Output>, ::temporal_runtime::__private::Failed> {
        let mut it = ::temporal_runtime::__private::Arguments::new("workflow `hello`", __ARGS, args)?;
        let a0 = it.take(run_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<()>::fork(&core);
        ::core::result::Result::Ok(::std::boxed::Box::pin(::temporal_runtime::__private::workflow_future(async move {
            wf.__take();
            let r = hello(&mut wf, a0).await;
            ::core::result::Result::map_err((run_out.enc)(::temporal_runtime::__private::Returns::into_result(r)?), ::temporal_runtime::__private::Failed::output)
        })))
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __signal(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::option::Option<::temporal_runtime::__private::Handled> {
        match name {
            _ => ::core::option::Option::None,
        }
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __query(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::option::Option<::temporal_runtime::__private::Output> {
        match name {
            _ => ::core::option::Option::None,
        }
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __validate(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: &[::temporal_runtime::__private::RawPayload],) -> ::core::option::Option<::core::result::Result<(), ::temporal_runtime::__private::Failed>> {
        match name {
            _ => ::core::option::Option::None,
        }
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __update(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::option::Option<::temporal_runtime::__private::Handled> {
        match name {
            _ => ::core::option::Option::None,
        }
    }
    const __SIGNALS: &[::temporal_runtime::__private::HandlerReg] = &[];
    const __QUERIES: &[::temporal_runtime::__private::HandlerReg] = &[];
    const __UPDATES: &[::temporal_runtime::__private::HandlerReg] = &[];
    ::temporal_runtime::__private::inventory::submit!{
        ::temporal_runtime::__private::WorkflowReg {
            name: <hello as ::temporal_runtime::__private::WorkflowDef>::META.name, task_queue: <hello as ::temporal_runtime::__private::WorkflowDef>::META.task_queue, source: ::temporal_runtime::__private::Source {
                krate: ::core::env!("CARGO_PKG_NAME"), module: ::core::module_path!(), file: ::core::file!(), line: 3u32,
            }, args: __ARGS, doc: "A workflow without state is just a function.", dynamic: false, fail_on: <hello as ::temporal_runtime::__private::WorkflowDef>::META.fail_on, signals: __SIGNALS, queries: __QUERIES, updates: __UPDATES, inherited: ::temporal_runtime::__private::distinct(<hello as ::temporal_runtime::__private::WorkflowDef>::META.inherited, __SIGNALS, __QUERIES, __UPDATES,), vtable: ::temporal_runtime::__private::VTable {
                init: __init, run: __run, signal: __signal, query: __query, validate: __validate, update: __update,
            },
        }
    }
};
