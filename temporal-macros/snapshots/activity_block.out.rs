impl Payments {
    #[doc = " Refunds a charge."]
    pub async fn refund(&self, id: String) -> Result<()> {
        ::temporal_runtime::__private::not_in_workflow("refund");
        self.call(id).await
    }
    fn helper(&self) {}
}
const _: () = {
    #[allow(non_camel_case_types)]
    #[doc(hidden)]
    pub struct refund {}
    const _: () = {
        #[allow(non_upper_case_globals)]
        const c_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
        #[allow(non_upper_case_globals)]
        const c_out: ::temporal_runtime::__private::Codec<()> = ::temporal_runtime::__private::codec::<()>();
        impl ::temporal_runtime::__private::ActivityDef for refund {
            const NAME: &'static str = "Refund";
            const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some("payments");
            const DEFAULTS: ::temporal_runtime::__private::ActivityDefaults = ::temporal_runtime::__private::ActivityDefaults {
                start_to_close: ::core::option::Option::Some(::core::time::Duration::from_millis(30000u64)), ..::temporal_runtime::__private::ActivityDefaults::NONE
            };
            type Args = (String,);
            type Output = ();
            type Timeout = ::temporal_runtime::__private::TimeoutSet;
            fn encode((a0,): Self::Args) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
                ::core::result::Result::Ok(::std::vec![(c_0.enc)(a0)?])
            }
            fn decode(result: ::temporal_runtime::__private::RawPayload) -> ::temporal_runtime::Result<Self::Output> {
                (c_out.dec)(result)
            }
        }
        const __ARGS: &[&str] = &["id: String"];
        #[allow(unused_variables)]
        fn __invoke(inv: ::temporal_runtime::__private::Invocation, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>) -> ::temporal_runtime::__private::ActivityFuture {
            ::std::boxed::Box::pin(::temporal_runtime::__private::activity_future(async move {
                let mut it = ::temporal_runtime::__private::Arguments::new("activity `Refund`", __ARGS, args)?;
                let a0 = it.take(c_0.dec)?;
                let this = inv.get::<Payments>();
                let r = <Payments>::refund(&*this, a0).await;
                ::core::result::Result::map_err((c_out.enc)(::temporal_runtime::__private::Returns::into_result(r)?), ::temporal_runtime::__private::Failed::output)
            }))
        }
        ::temporal_runtime::__private::inventory::submit!{
            ::temporal_runtime::__private::ActivityReg {
                name: "Refund", task_queue: ::core::option::Option::Some("payments"), source: ::temporal_runtime::__private::Source {
                    krate: ::core::env!("CARGO_PKG_NAME"), module: ::core::module_path!(), file: ::core::file!(), line: 5u32,
                }, needs: &[::temporal_runtime::__private::Need {
                    id: ::core::any::TypeId::of::<Payments>, name: ::core::any::type_name::<Payments>,
                }], args: __ARGS, doc: "Refunds a charge.", dynamic: false, invoke: ::temporal_runtime::__private::Invoke::Async(__invoke),
            }
        }
    };
    #[allow(dead_code)]
    impl Payments {
        #[doc = " Refunds a charge."]
        #[doc = ""]
        #[doc = "A call of the activity `refund`: pass it to `wf.execute(..)` or `wf.start(..)`."]
        pub fn refund_with(id: impl ::core::convert::Into<String>) -> ::temporal_runtime::__private::ActivityCall<refund> {
            ::temporal_runtime::__private::ActivityCall::new((::core::convert::Into::<String>::into(id),))
        }
    }
};
