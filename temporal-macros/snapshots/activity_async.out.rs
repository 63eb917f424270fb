#[doc = " Charges the customer."]
pub async fn charge(db: &Db, ctx: &ActivityContext, order: String, cents: u64) -> Result<String> {
    ::temporal_runtime::__private::not_in_workflow("charge");
    body that is not parsed =;
}
#[doc = "The activity [`charge`](fn@charge), as a workflow sees it."]
#[allow(non_camel_case_types, dead_code)]
pub struct charge {}
const _: () = {
    #[allow(non_upper_case_globals)]
    const c_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(non_upper_case_globals)]
    const c_1: ::temporal_runtime::__private::Codec<u64> = ::temporal_runtime::__private::codec::<u64>();
    #[allow(non_upper_case_globals)]
    const c_out: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    impl ::temporal_runtime::__private::ActivityDef for charge {
        const NAME: &'static str = "charge";
        const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::None;
        const DEFAULTS: ::temporal_runtime::__private::ActivityDefaults = ::temporal_runtime::__private::ActivityDefaults {
            start_to_close: ::core::option::Option::Some(::core::time::Duration::from_millis(30000u64)), max_attempts: 5u32, non_retryable: &["Invalid"], ..::temporal_runtime::__private::ActivityDefaults::NONE
        };
        type Args = (String, u64,);
        type Output = String;
        type Timeout = ::temporal_runtime::__private::TimeoutSet;
        fn encode((a0, a1,): Self::Args) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
            ::core::result::Result::Ok(::std::vec![(c_0.enc)(a0)?, (c_1.enc)(a1)?])
        }
        fn decode(result: ::temporal_runtime::__private::RawPayload) -> ::temporal_runtime::Result<Self::Output> {
            (c_out.dec)(result)
        }
    }
    #[allow(dead_code)]
    impl charge {
        #[doc = " Charges the customer."]
        #[doc = ""]
        #[doc = "A call of the activity `charge`: pass it to `wf.execute(..)` or `wf.start(..)`."]
        pub fn with(order: impl ::core::convert::Into<String>, cents: u64) -> ::temporal_runtime::__private::ActivityCall<charge> {
            ::temporal_runtime::__private::ActivityCall::new((::core::convert::Into::<String>::into(order), cents,))
        }
    }
    const __ARGS: &[&str] = &["order: String", "cents: u64"];
    #[allow(unused_variables)]
    fn __invoke(inv: ::temporal_runtime::__private::Invocation, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>) -> ::temporal_runtime::__private::ActivityFuture {
        ::std::boxed::Box::pin(::temporal_runtime::__private::activity_future(async move {
            let mut it = ::temporal_runtime::__private::Arguments::new("activity `charge`", __ARGS, args)?;
            let a0 = it.take(c_0.dec)?;
            let a1 = it.take(c_1.dec)?;
            let s0 = inv.get::<Db>();
            let s1 = inv.get::<ActivityContext>();
            let r = charge(&*s0, &*s1, a0, a1).await;
            ::core::result::Result::map_err((c_out.enc)(::temporal_runtime::__private::Returns::into_result(r)?), ::temporal_runtime::__private::Failed::output)
        }))
    }
    ::temporal_runtime::__private::inventory::submit!{
        ::temporal_runtime::__private::ActivityReg {
            name: "charge", task_queue: ::core::option::Option::None, source: ::temporal_runtime::__private::Source {
                krate: ::core::env!("CARGO_PKG_NAME"), module: ::core::module_path!(), file: ::core::file!(), line: 3u32,
            }, needs: &[::temporal_runtime::__private::Need {
                id: ::core::any::TypeId::of::<Db>, name: ::core::any::type_name::<Db>,
            }, ::temporal_runtime::__private::Need {
                id: ::core::any::TypeId::of::<ActivityContext>, name: ::core::any::type_name::<ActivityContext>,
            }], args: __ARGS, doc: "Charges the customer.", dynamic: false, invoke: ::temporal_runtime::__private::Invoke::Async(__invoke),
        }
    }
};
