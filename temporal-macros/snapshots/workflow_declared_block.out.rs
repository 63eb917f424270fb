impl Invoice {
    fn own() -> u8 {
        1
    }
}
const _: fn() -> Invoice = || Invoice;
const _: () = {
    #[allow(non_upper_case_globals)]
    const run_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(non_upper_case_globals)]
    const run_1: ::temporal_runtime::__private::Codec<u64> = ::temporal_runtime::__private::codec::<u64>();
    #[allow(non_upper_case_globals)]
    const run_out: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(non_upper_case_globals)]
    const c0_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(dead_code)]
    fn __encode_0((a0,): (String,)) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::result::Result::Ok(::std::vec![(c0_0.enc)(a0)?])
    }
    #[allow(non_upper_case_globals)]
    const c1_out: ::temporal_runtime::__private::Codec<u64> = ::temporal_runtime::__private::codec::<u64>();
    #[allow(dead_code)]
    fn __encode_1((): ()) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::result::Result::Ok(::std::vec![])
    }
    impl Invoice {
        #[doc = "A call of the workflow [`Invoice`]: pass it to `client.start(..)`, or to `wf.execute(..)` for a child workflow."]
        #[allow(dead_code)]
        pub fn with(order: impl ::core::convert::Into<String>, cents: u64) -> ::temporal_runtime::__private::WorkflowCall<Invoice> {
            ::temporal_runtime::__private::WorkflowCall::new((::core::convert::Into::<String>::into(order), cents,))
        }
    }
    impl ::temporal_runtime::__private::WorkflowDef for Invoice {
        const META: ::temporal_runtime::__private::Meta = <Invoice as ::temporal_runtime::__private::WorkflowState>::META;
        type Args = (String, u64,);
        type Output = String;
        type Handle<__Side: ::core::marker::Send + ::core::marker::Sync + 'static> = InvoiceHandle<__Side>;
        fn encode((a0, a1,): Self::Args) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
            ::core::result::Result::Ok(::std::vec![(run_0.enc)(a0)?, (run_1.enc)(a1)?])
        }
        fn decode(result: ::temporal_runtime::__private::RawPayload) -> ::temporal_runtime::Result<Self::Output> {
            (run_out.dec)(result)
        }
    }
    #[allow(dead_code)]
    impl InvoiceHandle<::temporal_runtime::Client> {
        #[doc = "Sends the signal `approve`."]
        pub fn approve(&self, by: impl ::core::convert::Into<String>) -> ::temporal_runtime::client::SignalCall {
            self.__raw.__signal("approve", __encode_0((::core::convert::Into::<String>::into(by),)))
        }
        #[doc = "Asks the query `due`."]
        pub fn due(&self,) -> ::temporal_runtime::client::QueryCall<u64> {
            self.__raw.__query("due", __encode_1(()), c1_out.dec)
        }
    }
    #[allow(dead_code)]
    impl InvoiceHandle<::temporal_runtime::InWorkflow> {
        #[doc = "The signal `approve`: pass it to `wf.execute(..)` or `wf.start(..)`."]
        pub fn approve(&self, by: impl ::core::convert::Into<String>) -> ::temporal_runtime::SignalWorkflow<Invoice> {
            self.__raw.__signal("approve", __encode_0((::core::convert::Into::<String>::into(by),)))
        }
        #[doc(hidden)]
        #[allow(unused_variables)]
        pub fn due<'__never>(&self,) -> ::temporal_runtime::__private::Unanswered<u64> where::temporal_runtime::__private::Direct: ::temporal_runtime::__private::AskOutside<'__never>, {
            ::temporal_runtime::__private::Unanswered::new()
        }
    }
};
