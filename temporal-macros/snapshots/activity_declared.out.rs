#[doc = "The activity `Ship`, which another worker implements."]
#[allow(non_camel_case_types, dead_code)]
struct ship {}
const _: () = {
    #[allow(non_upper_case_globals)]
    const c_0: durable::__private::Codec<String> = durable::__private::codec::<String>();
    #[allow(non_upper_case_globals)]
    const c_out: durable::__private::Codec<String> = durable::__private::codec::<String>();
    impl durable::__private::ActivityDef for ship {
        const NAME: &'static str = "Ship";
        const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::Some("warehouse");
        const DEFAULTS: durable::__private::ActivityDefaults = durable::__private::ActivityDefaults {
            start_to_close: ::core::option::Option::Some(::core::time::Duration::from_millis(3600000u64)), ..durable::__private::ActivityDefaults::NONE
        };
        type Args = (String,);
        type Output = String;
        type Timeout = durable::__private::TimeoutSet;
        fn encode((a0,): Self::Args) -> durable::Result<::std::vec::Vec<durable::__private::RawPayload>> {
            ::core::result::Result::Ok(::std::vec![(c_0.enc)(a0)?])
        }
        fn decode(result: durable::__private::RawPayload) -> durable::Result<Self::Output> {
            (c_out.dec)(result)
        }
    }
    #[allow(dead_code)]
    impl ship {
        #[doc = "A call of the activity `ship`: pass it to `wf.execute(..)` or `wf.start(..)`."]
        fn with(line: impl ::core::convert::Into<String>) -> durable::__private::ActivityCall<ship> {
            durable::__private::ActivityCall::new((::core::convert::Into::<String>::into(line),))
        }
    }
};
