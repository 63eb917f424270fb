#[allow(clippy::ptr_arg)]
#[doc = " Can be paused."]
pub trait Pausable: Titled + ::core::marker::Sized + ::core::marker::Send + 'static {
    const LIMIT: u32;
    #[doc = " Pauses it."]
    fn pause(&mut self, by: String);
    fn pause_in(wf: &mut Wf<Self>, seconds: u64) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
        async move {
            wf.sleep(Duration::from_secs(seconds)).await
        }
    }
    fn pauses(&self) -> u32;
    fn rename(wf: &mut Wf<Self>, name: String) -> impl ::core::future::Future<Output = Result<String>> + ::core::marker::Send;
    fn check_name(&self, name: &String) -> Result<()>;
}
#[doc = "Handle of any workflow that has the handlers of [`Pausable`]: its signals, queries and updates. Made of a handle by name: `PausableHandle::from(client.workflow_by_name(id))`."]
#[allow(dead_code)]
pub struct PausableHandle<__Side = ::temporal_runtime::Client, __Of = ::temporal_runtime::__private::WorkflowHandle<::temporal_runtime::client::Untyped, __Side>,> {
    __raw: __Of, __side: ::core::marker::PhantomData<fn() -> __Side>,
}
impl<__Side, __Of> PausableHandle<__Side, __Of> {
    #[doc(hidden)]
    #[allow(dead_code)]
    pub fn __around(raw: __Of) -> Self {
        PausableHandle {
            __raw: raw, __side: ::core::marker::PhantomData
        }
    }
}
impl<__Side>::core::convert::From<::temporal_runtime::__private::WorkflowHandle<::temporal_runtime::client::Untyped, __Side>> for PausableHandle<__Side> {
    fn from(raw: ::temporal_runtime::__private::WorkflowHandle<::temporal_runtime::client::Untyped, __Side>) -> Self {
        Self::__around(raw)
    }
}
impl<__Side, __Of: ::core::clone::Clone>::core::clone::Clone for PausableHandle<__Side, __Of> {
    fn clone(&self) -> Self {
        Self::__around(::core::clone::Clone::clone(&self.__raw))
    }
}
impl<__Side, __Of: ::core::fmt::Debug>::core::fmt::Debug for PausableHandle<__Side, __Of> {
    fn fmt(&self, raw: &mut::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.__raw, raw)
    }
}
impl<__Side, __Of>::core::ops::Deref for PausableHandle<__Side, __Of> {
    type Target = __Of;
    fn deref(&self) -> &__Of {
        &self.__raw
    }
}
impl<__Side, __Of: ::temporal_runtime::__private::HandleOf<__Side>>::temporal_runtime::__private::HandleOf<__Side> for PausableHandle<__Side, __Of> {
    type Workflow = __Of::Workflow;
    fn raw(&self) -> &::temporal_runtime::__private::WorkflowHandle<__Of::Workflow, __Side> {
        ::temporal_runtime::__private::HandleOf::raw(&self.__raw)
    }
}
const _: () = {
    #[allow(non_upper_case_globals)]
    const c0_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(unused_variables, unused_mut)]
    fn __handle_0<__W: Pausable>(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::Handled, ::temporal_runtime::__private::Failed> {
        let mut it = ::temporal_runtime::__private::Arguments::new("signal `pause`", __ARGS_0, args)?;
        let a0 = it.take(c0_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<__W>::handler(core);
        wf.__take();
        let r = <__W>::pause(wf.state_mut(), a0);
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
    const c1_0: ::temporal_runtime::__private::Codec<u64> = ::temporal_runtime::__private::codec::<u64>();
    #[allow(unused_variables, unused_mut)]
    fn __handle_1<__W: Pausable>(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::Handled, ::temporal_runtime::__private::Failed> {
        let mut it = ::temporal_runtime::__private::Arguments::new("signal `pause_in`", __ARGS_1, args)?;
        let a0 = it.take(c1_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<__W>::handler(core);
        ::core::result::Result::Ok(::temporal_runtime::__private::Handled::Task(::std::boxed::Box::pin(::temporal_runtime::__private::workflow_future(async move {
            wf.__take();
            let r = <__W>::pause_in(&mut wf, a0).await;
            {
                let _ = ::temporal_runtime::__private::Returns::into_result(r)?;
                ::core::result::Result::Ok(<::temporal_runtime::__private::RawPayload as ::core::default::Default>::default())
            }
        }))))
    }
    #[allow(dead_code)]
    fn __encode_1((a0,): (u64,)) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::result::Result::Ok(::std::vec![(c1_0.enc)(a0)?])
    }
    const __ARGS_1: &[&str] = &["seconds: u64"];
    #[allow(non_upper_case_globals)]
    const c2_out: ::temporal_runtime::__private::Codec<u32> = ::temporal_runtime::__private::codec::<u32>();
    #[allow(unused_variables, unused_mut)]
    fn __handle_2<__W: Pausable>(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::temporal_runtime::__private::Output {
        let it = ::temporal_runtime::__private::Arguments::new("query `pauses`", __ARGS_2, args)?;
        let mut wf = ::temporal_runtime::Wf::<__W>::reader(core);
        wf.__take();
        let r = <__W>::pauses(wf.state());
        ::core::result::Result::map_err((c2_out.enc)(r), ::temporal_runtime::__private::Failed::output)
    }
    #[allow(dead_code)]
    fn __encode_2((): ()) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::result::Result::Ok(::std::vec![])
    }
    const __ARGS_2: &[&str] = &[];
    #[allow(non_upper_case_globals)]
    const c3_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(non_upper_case_globals)]
    const c3_out: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(unused_variables, unused_mut)]
    fn __handle_3<__W: Pausable>(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::result::Result<::temporal_runtime::__private::Handled, ::temporal_runtime::__private::Failed> {
        let mut it = ::temporal_runtime::__private::Arguments::new("update `re-name`", __ARGS_3, args)?;
        let a0 = it.take(c3_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<__W>::handler(core);
        ::core::result::Result::Ok(::temporal_runtime::__private::Handled::Task(::std::boxed::Box::pin(::temporal_runtime::__private::workflow_future(async move {
            wf.__take();
            let r = <__W>::rename(&mut wf, a0).await;
            ::core::result::Result::map_err((c3_out.enc)(::temporal_runtime::__private::Returns::into_result(r)?), ::temporal_runtime::__private::Failed::output)
        }))))
    }
    #[allow(unused_variables, unused_mut)]
    fn __validate_3<__W: Pausable>(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: &[::temporal_runtime::__private::RawPayload],) -> ::core::result::Result<(), ::temporal_runtime::__private::Failed> {
        let args = <[::temporal_runtime::__private::RawPayload]>::to_vec(args);
        let mut it = ::temporal_runtime::__private::Arguments::new("update `re-name`", __ARGS_3, args)?;
        let a0 = it.take(c3_0.dec)?;
        let mut wf = ::temporal_runtime::Wf::<__W>::reader(core);
        wf.__take();
        let r = <__W>::check_name(wf.state(), &a0);
        let _ = ::temporal_runtime::__private::Returns::into_result(r)?;
        ::core::result::Result::Ok(())
    }
    #[allow(dead_code)]
    fn __encode_3((a0,): (String,)) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::result::Result::Ok(::std::vec![(c3_0.enc)(a0)?])
    }
    const __ARGS_3: &[&str] = &["name: String"];
    #[allow(unused_variables, unreachable_patterns)]
    fn __signal<__W: Pausable>(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::option::Option<::temporal_runtime::__private::Handled> {
        match name {
            "pause" => ::core::option::Option::Some(match __handle_0::<__W>(core, name, args) {
                ::core::result::Result::Ok(handled) => handled, ::core::result::Result::Err(failed) => {
                    ::temporal_runtime::__private::Handled::Done(::core::result::Result::Err(failed))
                }
            }), "pause_in" => ::core::option::Option::Some(match __handle_1::<__W>(core, name, args) {
                ::core::result::Result::Ok(handled) => handled, ::core::result::Result::Err(failed) => {
                    ::temporal_runtime::__private::Handled::Done(::core::result::Result::Err(failed))
                }
            }), _ => ::core::option::Option::None,
        }
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __query<__W: Pausable>(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::option::Option<::temporal_runtime::__private::Output> {
        match name {
            "pauses" => ::core::option::Option::Some(__handle_2::<__W>(core, name, args)), _ => ::core::option::Option::None,
        }
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __validate<__W: Pausable>(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: &[::temporal_runtime::__private::RawPayload],) -> ::core::option::Option<::core::result::Result<(), ::temporal_runtime::__private::Failed>> {
        match name {
            "re-name" => ::core::option::Option::Some(__validate_3::<__W>(core, name, args)), _ => ::core::option::Option::None,
        }
    }
    #[allow(unused_variables, unreachable_patterns)]
    fn __update<__W: Pausable>(core: &::std::sync::Arc<::temporal_runtime::__private::Core>, name: &str, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>,) -> ::core::option::Option<::temporal_runtime::__private::Handled> {
        match name {
            "re-name" => ::core::option::Option::Some(match __handle_3::<__W>(core, name, args) {
                ::core::result::Result::Ok(handled) => handled, ::core::result::Result::Err(failed) => {
                    ::temporal_runtime::__private::Handled::Done(::core::result::Result::Err(failed))
                }
            }), _ => ::core::option::Option::None,
        }
    }
    #[allow(dead_code)]
    impl<__Of: ::temporal_runtime::__private::HandleOf<::temporal_runtime::Client>> PausableHandle<::temporal_runtime::Client, __Of> {
        #[doc = " Pauses it."]
        #[doc = ""]
        #[doc = "Sends the signal `pause`."]
        pub fn pause(&self, by: impl ::core::convert::Into<String>) -> ::temporal_runtime::client::SignalCall {
            ::temporal_runtime::__private::HandleOf::raw(&self.__raw).__signal("pause", __encode_0((::core::convert::Into::<String>::into(by),)))
        }
        #[doc = "Sends the signal `pause_in`."]
        pub fn pause_in(&self, seconds: u64) -> ::temporal_runtime::client::SignalCall {
            ::temporal_runtime::__private::HandleOf::raw(&self.__raw).__signal("pause_in", __encode_1((seconds,)))
        }
        #[doc = "Asks the query `pauses`."]
        pub fn pauses(&self,) -> ::temporal_runtime::client::QueryCall<u32> {
            ::temporal_runtime::__private::HandleOf::raw(&self.__raw).__query("pauses", __encode_2(()), c2_out.dec)
        }
        #[doc = "Sends the update `re-name`."]
        pub fn rename(&self, name: impl ::core::convert::Into<String>) -> ::temporal_runtime::client::UpdateCall<String> {
            ::temporal_runtime::__private::HandleOf::raw(&self.__raw).__update("re-name", __encode_3((::core::convert::Into::<String>::into(name),)), c3_out.dec)
        }
    }
    #[allow(dead_code)]
    impl<__Of: ::temporal_runtime::__private::HandleOf<::temporal_runtime::InWorkflow>> PausableHandle<::temporal_runtime::InWorkflow, __Of> {
        #[doc = " Pauses it."]
        #[doc = ""]
        #[doc = "The signal `pause`: pass it to `wf.execute(..)` or `wf.start(..)`."]
        pub fn pause(&self, by: impl ::core::convert::Into<String>) -> ::temporal_runtime::SignalWorkflow<<__Of as ::temporal_runtime::__private::HandleOf<::temporal_runtime::InWorkflow>>::Workflow> {
            ::temporal_runtime::__private::HandleOf::raw(&self.__raw).__signal("pause", __encode_0((::core::convert::Into::<String>::into(by),)))
        }
        #[doc = "The signal `pause_in`: pass it to `wf.execute(..)` or `wf.start(..)`."]
        pub fn pause_in(&self, seconds: u64) -> ::temporal_runtime::SignalWorkflow<<__Of as ::temporal_runtime::__private::HandleOf<::temporal_runtime::InWorkflow>>::Workflow> {
            ::temporal_runtime::__private::HandleOf::raw(&self.__raw).__signal("pause_in", __encode_1((seconds,)))
        }
        #[doc(hidden)]
        #[allow(unused_variables)]
        pub fn pauses<'__never>(&self,) -> ::temporal_runtime::__private::Unanswered<u32> where::temporal_runtime::__private::Direct: ::temporal_runtime::__private::AskOutside<'__never>, {
            ::temporal_runtime::__private::Unanswered::new()
        }
        #[doc(hidden)]
        #[allow(unused_variables)]
        pub fn rename<'__never>(&self, name: impl ::core::convert::Into<String>) -> ::temporal_runtime::__private::Unanswered<String> where::temporal_runtime::__private::Direct: ::temporal_runtime::__private::AskOutside<'__never>, {
            ::temporal_runtime::__private::Unanswered::new()
        }
    }
    impl<__W: Pausable>::temporal_runtime::__private::InheritedBy<__W> for PausableHandle {
        const HANDLERS: ::temporal_runtime::__private::Inherited = ::temporal_runtime::__private::Inherited {
            signals: &[::temporal_runtime::__private::HandlerReg {
                name: "pause", doc: "Pauses it.", abandon: false
            }, ::temporal_runtime::__private::HandlerReg {
                name: "pause_in", doc: "", abandon: false
            }], queries: &[::temporal_runtime::__private::HandlerReg {
                name: "pauses", doc: "", abandon: false
            }], updates: &[::temporal_runtime::__private::HandlerReg {
                name: "re-name", doc: "", abandon: true
            }], signal: __signal::<__W>, query: __query::<__W>, validate: __validate::<__W>, update: __update::<__W>,
        };
    }
};
