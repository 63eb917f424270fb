#[doc = " Sends an invoice."]
#[doc = ""]
#[doc = "A workflow that is implemented elsewhere."]
#[allow(non_camel_case_types, dead_code)]
pub struct invoice {} #[doc = "Handle of a [`invoice`] workflow: its signals, queries and updates, and everything of `WorkflowHandle`."] #[allow(dead_code)] pub struct InvoiceHandle<__Side = ::temporal_runtime::Client> {
    __raw: ::temporal_runtime::__private::WorkflowHandle<invoice, __Side>,
}
impl<__Side>::core::convert::From<::temporal_runtime::__private::WorkflowHandle<invoice, __Side>> for InvoiceHandle<__Side> {
    fn from(raw: ::temporal_runtime::__private::WorkflowHandle<invoice, __Side>) -> Self {
        InvoiceHandle {
            __raw: raw
        }
    }
}
impl<__Side: ::core::clone::Clone>::core::clone::Clone for InvoiceHandle<__Side> {
    fn clone(&self) -> Self {
        InvoiceHandle {
            __raw: ::core::clone::Clone::clone(&self.__raw)
        }
    }
}
impl<__Side>::core::fmt::Debug for InvoiceHandle<__Side> {
    fn fmt(&self, raw: &mut::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.__raw, raw)
    }
}
impl<__Side>::core::ops::Deref for InvoiceHandle<__Side> {
    type Target = ::temporal_runtime::__private::WorkflowHandle<invoice, __Side>;
    fn deref(&self) -> &Self::Target {
        &self.__raw
    }
}
impl ::temporal_runtime::__private::WorkflowState for invoice {
    const META: ::temporal_runtime::__private::Meta = ::temporal_runtime::__private::Meta {
        name: "Invoice", task_queue: ::core::option::Option::Some("accounting"), fail_on: &[], inherited: &[],
    };
}
const _: () = {
    #[allow(non_upper_case_globals)]
    const run_0: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    #[allow(non_upper_case_globals)]
    const run_1: ::temporal_runtime::__private::Codec<u64> = ::temporal_runtime::__private::codec::<u64>();
    #[allow(non_upper_case_globals)]
    const run_out: ::temporal_runtime::__private::Codec<String> = ::temporal_runtime::__private::codec::<String>();
    impl invoice {
        #[doc = "A call of the workflow [`invoice`]: pass it to `client.start(..)`, or to `wf.execute(..)` for a child workflow."]
        #[allow(dead_code)]
        pub fn with(order: impl ::core::convert::Into<String>, cents: u64) -> ::temporal_runtime::__private::WorkflowCall<invoice> {
            ::temporal_runtime::__private::WorkflowCall::new((::core::convert::Into::<String>::into(order), cents,))
        }
    }
    impl ::temporal_runtime::__private::WorkflowDef for invoice {
        const META: ::temporal_runtime::__private::Meta = <invoice as ::temporal_runtime::__private::WorkflowState>::META;
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
};
