#[allow(clippy::ptr_arg)]
impl Checkout {
    fn new(order: Order) -> Self {
        Self {}
    }
    #[doc = " Charges the order."]
    async fn run(wf: &mut Wf<Self>, order: Order) -> Result<String> {
        Ok(wf.receipt)
    }
    fn approve(&mut self, by: String) {}
    async fn approve_later(wf: &mut Wf<Self>, by: String) -> Result<()> {
        Ok(())
    }
    #[doc = " What happened so far."]
    fn log(&self) -> Vec<String> {
        self.log.clone()
    }
    #[cfg(unix)]
    fn set_discount(&mut self, cents: u64) -> Result<u64> {
        Ok(1)
    }
    fn check_discount(&self, cents: &u64) -> Result<()> {
        Ok(())
    }
    fn any(&self, name: String, args: Vec<RawValue>) -> usize {
        1
    }
    fn helper(&self) {}
}
const _: () = {
    const __ARGS: &[&str] = &["order: Order"];
    #[allow(non_upper_case_globals)]
    const run_0: ::temporal_runtime::__private::Codec<Order> = ::temporal_runtime::__private::codec::<Order>();
    #[allow(non_upper_case_globals)]
    const run_out: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(non_upper_case_globals)]
    const init_0: ::temporal_runtime::__private::Codec<Order> = ::temporal_runtime::__private::codec::<Order>();
    const _: fn((Order,)) -> (Order,) = |same_arguments_as_run| same_arguments_as_run;
    impl Checkout {
        #[doc = "A call of the workflow [`Checkout`]: pass it to `client.start(..)`, or to `wf.execute(..)` for a child workflow."]
        #[allow(dead_code)]
        pub fn with(order: Order) -> ::temporal_runtime::__private::WorkflowCall<Checkout> {
            ::temporal_runtime::__private::WorkflowCall::new((order,))
        }
    }
    impl ::temporal_runtime::__private::WorkflowDef for Checkout {
        const META: ::temporal_runtime::__private::Meta = <Checkout as ::temporal_runtime::__private::WorkflowState>::META;
        type Args = (Order,);
        type Output = String;
        type Handle<__Side: ::core::marker::Send + ::core::marker::Sync + 'static> = CheckoutHandle<__Side>;
        fn encode((a0,): Self::Args) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
            ::core::result::Result::Ok(::std::vec![(run_0.enc)(a0)?])
        }
        fn decode(result: ::temporal_runtime::__private::RawPayload) -> ::temporal_runtime::Result<Self::Output> {
            (run_out.dec)(result)
        }
    }
    #[allow(dead_code)]
    impl CheckoutHandle<::temporal_runtime::Client> {
        #[doc = "Sends the signal `approve`."]
        pub fn approve(&self, by: impl ::core::convert::Into<String>) -> ::temporal_runtime::client::SignalCall {
            self.__raw.__signal("approve", __encode_0((::core::convert::Into::<String>::into(by),)))
        }
        #[doc = "Sends the signal `later`."]
        pub fn approve_later(&self, by: impl ::core::convert::Into<String>) -> ::temporal_runtime::client::SignalCall {
            self.__raw.__signal("later", __encode_1((::core::convert::Into::<String>::into(by),)))
        }
        #[doc = " What happened so far."]
        #[doc = ""]
        #[doc = "Asks the query `log`."]
        pub fn log(&self,) -> ::temporal_runtime::client::QueryCall<Vec<String>> {
            self.__raw.__query("log", __encode_2(()), c2_out.dec)
        }
        #[cfg(unix)]
        #[doc = "Sends the update `set_discount`."]
        pub fn set_discount(&self, cents: u64) -> ::temporal_runtime::client::UpdateCall<u64> {
            self.__raw.__update("set_discount", __encode_3((cents,)), c3_out.dec)
        }
    }
    #[allow(dead_code)]
    impl CheckoutHandle<::temporal_runtime::InWorkflow> {
        #[doc = "The signal `approve`: pass it to `wf.execute(..)` or `wf.start(..)`."]
        pub fn approve(&self, by: impl ::core::convert::Into<String>) -> ::temporal_runtime::SignalWorkflow<Checkout> {
            self.__raw.__signal("approve", __encode_0((::core::convert::Into::<String>::into(by),)))
        }
        #[doc = "The signal `later`: pass it to `wf.execute(..)` or `wf.start(..)`."]
        pub fn approve_later(&self, by: impl ::core::convert::Into<String>) -> ::temporal_runtime::SignalWorkflow<Checkout> {
            self.__raw.__signal("later", __encode_1((::core::convert::Into::<String>::into(by),)))
        }
        #[doc(hidden)]
        #[allow(unused_variables)]
        pub fn log<'__never>(&self,) -> ::temporal_runtime::__private::Unanswered<Vec<String>> where::temporal_runtime::__private::Direct: ::temporal_runtime::__private::AskOutside<'__never>, {
            ::temporal_runtime::__private::Unanswered::new()
        }
        #[cfg(unix)]
        #[doc(hidden)]
        #[allow(unused_variables)]
        pub fn set_discount<'__never>(&self, cents: u64) -> ::temporal_runtime::__private::Unanswered<u64> where::temporal_runtime::__private::Direct: ::temporal_runtime::__private::AskOutside<'__never>, {
            ::temporal_runtime::__private::Unanswered::new()
        }
    }
    #[allow(non_upper_case_globals)]
    const c0_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(unused_variables, unused_mut)]
    fn __handle_0(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::Handled, ::temporal_runtime::__private::Failed> {
        let mut it = ::temporal_runtime::__private::Arguments::new("signal `approve`", __ARGS_0, args)?;
        let a0 = it.take(c0_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<Checkout>::handler(core);
        wf.__take();
        let r = <Checkout>::approve(wf.state_mut(), a0);
        ::core::result::Result::Ok(::temporal_runtime::__private::Handled::Done({
            let _ = ::temporal_runtime::__private::Returns::into_result(r)?;
            ::core::result::Result::Ok(<::temporal_runtime::__private::RawPayload as ::core::default::Default>::default())
        }))
    }
    #[allow(dead_code)]
    fn __encode_0((a0,): (String,)) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::result::Result::Ok(::std::vec![(c0_0.enc)(a0)?])
    }
    const __ARGS_0: &[&str] = &["by: String"];
    #[allow(non_upper_case_globals)]
    const c1_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(unused_variables, unused_mut)]
    fn __handle_1(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::Handled, ::temporal_runtime::__private::Failed> {
        let mut it = ::temporal_runtime::__private::Arguments::new("signal `later`", __ARGS_1, args)?;
        let a0 = it.take(c1_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<Checkout>::handler(core);
        ::core::result::Result::Ok(::temporal_runtime::__private::Handled::Task(::std::boxed::Box::pin(::temporal_runtime::__private::workflow_future(async move {
            wf.__take();
            let r = <Checkout>::approve_later(&mut wf, a0).await;
            {
                let _ = ::temporal_runtime::__private::Returns::into_result(r)?;
                ::core::result::Result::Ok(<::temporal_runtime::__private::RawPayload as ::core::default::Default>::default())
            }
        }))))
    }
    #[allow(dead_code)]
    fn __encode_1((a0,): (String,)) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::result::Result::Ok(::std::vec![(c1_0.enc)(a0)?])
    }
    const __ARGS_1: &[&str] = &["by: String"];
    #[allow(non_upper_case_globals)]
    const c2_out: ::temporal_runtime::__private::Codec<Vec<String>> = ::temporal_runtime::__private::codec::<Vec<String>>();
    #[allow(unused_variables, unused_mut)]
    fn __handle_2(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::temporal_runtime::__private::Output {
        let it = ::temporal_runtime::__private::Arguments::new("query `log`", __ARGS_2, args)?;
        let mut wf = ::temporal_runtime::Wf::<Checkout>::reader(core);
        wf.__take();
        let r = <Checkout>::log(wf.state());
        ::core::result::Result::map_err((c2_out.enc)(r), ::temporal_runtime::__private::Failed::output)
    }
    #[allow(dead_code)]
    fn __encode_2((): ()) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::result::Result::Ok(::std::vec![])
    }
    const __ARGS_2: &[&str] = &[];
    #[cfg(unix)]
    #[allow(non_upper_case_globals)]
    const c3_0: ::temporal_runtime::__private::Codec<u64> = ::temporal_runtime::__private::codec::<u64>();
    #[cfg(unix)]
    #[allow(non_upper_case_globals)]
    const c3_out: ::temporal_runtime::__private::Codec<u64> = ::temporal_runtime::__private::codec::<u64>();
    #[cfg(unix)]
    #[allow(unused_variables, unused_mut)]
    fn __handle_3(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::Handled, ::temporal_runtime::__private::Failed> {
        let mut it = ::temporal_runtime::__private::Arguments::new("update `set_discount`", __ARGS_3, args)?;
        let a0 = it.take(c3_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<Checkout>::handler(core);
        wf.__take();
        let r = <Checkout>::set_discount(wf.state_mut(), a0);
        ::core::result::Result::Ok(::temporal_runtime::__private::Handled::Done(::core::result::Result::map_err((c3_out.enc)(::temporal_runtime::__private::Returns::into_result(r)?), ::temporal_runtime::__private::Failed::output)))
    }
    #[cfg(unix)]
    #[allow(unused_variables, unused_mut)]
    fn __validate_3(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: &[::temporal_runtime::__private::RawPayload],) -> ::core::result::Result<(), ::temporal_runtime::__private::Failed> {
        let args = <[::temporal_runtime::__private::RawPayload]>::to_vec(args);
        let mut it = ::temporal_runtime::__private::Arguments::new("update `set_discount`", __ARGS_3, args)?;
        let a0 = it.take(c3_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<Checkout>::reader(core);
        wf.__take();
        let r = <Checkout>::check_discount(wf.state(), &a0);
        let _ = ::temporal_runtime::__private::Returns::into_result(r)?;
        ::core::result::Result::Ok(())
    }
    #[cfg(unix)]
    #[allow(dead_code)]
    fn __encode_3((a0,): (u64,)) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::result::Result::Ok(::std::vec![(c3_0.enc)(a0)?])
    }
    #[cfg(unix)]
    const __ARGS_3: &[&str] = &["cents: u64"];
    #[allow(non_upper_case_globals)]
    const c4_out: ::temporal_runtime::__private::Codec<usize> = ::temporal_runtime::__private::codec::<usize>();
    #[allow(unused_variables, unused_mut)]
    fn __handle_4(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::temporal_runtime::__private::Output {
        let a0: ::std::string::String = ::core::convert::From::from(name);
        let mut a1 = ::std::vec::Vec::new();
        let raw = ::temporal_runtime::__private::codec::<::temporal_runtime::RawValue>();
        for payload in args {
            a1.push((raw.dec)(payload)?);
        }
        let mut wf = ::temporal_runtime::Wf::<Checkout>::reader(core);
        wf.__take();
        let r = <Checkout>::any(wf.state(), a0, a1);
        ::core::result::Result::map_err((c4_out.enc)(r), ::temporal_runtime::__private::Failed::output)
    }
    fn __init(args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::State, ::temporal_runtime::__private::Failed> {
        let mut it = ::temporal_runtime::__private::Arguments::new("workflow `Checkout`", __ARGS, args)?;
        let a0 = it.take(init_0.dec)?;
        let r = <Checkout>::new(a0);
        let r: Checkout = r;
        ::core::result::Result::Ok(::temporal_runtime::__private::state(r))
    }
    #[allow(unused_variables, unused_mut)]
    fn __run(core: ::std::sync::Arc<::temporal_runtime::__private::Core>, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::BoxFuture<::temporal_runtime::__private::Output>, ::temporal_runtime::__private::Failed> {
        let mut it = ::temporal_runtime::__private::Arguments::new("workflow `Checkout`", __ARGS, args)?;
        let a0 = it.take(run_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<Checkout>::fork(&core);
        ::core::result::Result::Ok(::std::boxed::Box::pin(::temporal_runtime::__private::workflow_future(async move {
            wf.__take();
            let r = <Checkout>::run(&mut wf, a0).await;
            ::core::result::Result::map_err((run_out.enc)(::temporal_runtime::__private::Returns::into_result(r)?), ::temporal_runtime::__private::Failed::output)
        })))
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __signal(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::option::Option<::temporal_runtime::__private::Handled> {
        match name {
            "approve" => ::core::option::Option::Some(match __handle_0(core, name, args) {
                ::core::result::Result::Ok(handled) => handled, ::core::result::Result::Err(failed) => {
                    ::temporal_runtime::__private::Handled::Done(::core::result::Result::Err(failed))
                }
            }), "later" => ::core::option::Option::Some(match __handle_1(core, name, args) {
                ::core::result::Result::Ok(handled) => handled, ::core::result::Result::Err(failed) => {
                    ::temporal_runtime::__private::Handled::Done(::core::result::Result::Err(failed))
                }
            }), _ => ::core::option::Option::None,
        }
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __query(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::option::Option<::temporal_runtime::__private::Output> {
        match name {
            "log" => ::core::option::Option::Some(__handle_2(core, name, args)), _ => ::core::option::Option::Some(__handle_4(core, name, args)), _ => ::core::option::Option::None,
        }
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __validate(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: &[::temporal_runtime::__private::RawPayload],) -> ::core::option::Option<::core::result::Result<(), ::temporal_runtime::__private::Failed>> {
        match name {
            #[cfg(unix)]
            "set_discount" => ::core::option::Option::Some(__validate_3(core, name, args)), _ => ::core::option::Option::None,
        }
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __update(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::option::Option<::temporal_runtime::__private::Handled> {
        match name {
            #[cfg(unix)]
            "set_discount" => ::core::option::Option::Some(match __handle_3(core, name, args) {
                ::core::result::Result::Ok(handled) => handled, ::core::result::Result::Err(failed) => {
                    ::temporal_runtime::__private::Handled::Done(::core::result::Result::Err(failed))
                }
            }), _ => ::core::option::Option::None,
        }
    }
    const __SIGNALS: &[::temporal_runtime::__private::HandlerReg] = &[::temporal_runtime::__private::HandlerReg {
        name: "approve", doc: "", abandon: false
    }, ::temporal_runtime::__private::HandlerReg {
        name: "later", doc: "", abandon: false
    }];
    const __QUERIES: &[::temporal_runtime::__private::HandlerReg] = &[::temporal_runtime::__private::HandlerReg {
        name: "log", doc: "What happened so far.", abandon: false
    }, ::temporal_runtime::__private::HandlerReg {
        name: "*", doc: "", abandon: false
    }];
    const __UPDATES: &[::temporal_runtime::__private::HandlerReg] = &[#[cfg(unix)] ::temporal_runtime::__private::HandlerReg {
        name: "set_discount", doc: "", abandon: false
    }];
    ::temporal_runtime::__private::inventory::submit!{
        ::temporal_runtime::__private::WorkflowReg {
            name: <Checkout as ::temporal_runtime::__private::WorkflowDef>::META.name, task_queue: <Checkout as ::temporal_runtime::__private::WorkflowDef>::META.task_queue, source: ::temporal_runtime::__private::Source {
                krate: ::core::env!("CARGO_PKG_NAME"), module: ::core::module_path!(), file: ::core::file!(), line: 7u32,
            }, args: __ARGS, doc: "Charges the order.", dynamic: false, fail_on: <Checkout as ::temporal_runtime::__private::WorkflowDef>::META.fail_on, signals: __SIGNALS, queries: __QUERIES, updates: __UPDATES, inherited: ::temporal_runtime::__private::distinct(<Checkout as ::temporal_runtime::__private::WorkflowDef>::META.inherited, __SIGNALS, __QUERIES, __UPDATES,), vtable: ::temporal_runtime::__private::VTable {
                init: __init, run: __run, signal: __signal, query: __query, validate: __validate, update: __update,
            },
        }
    }
};
