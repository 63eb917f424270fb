fn render(receipt: Receipt) -> Aliased {
    #![allow(unused)] ::temporal_runtime::__private::not_in_workflow("render");
    receipt.len()
}
#[doc = "The activity [`render`](fn@render), as a workflow sees it."]
#[allow(non_camel_case_types, dead_code)]
struct render {}
const _: () = {
    #[allow(non_upper_case_globals)]
    const c_0: ::temporal_runtime::__private::Codec<Receipt> = ::temporal_runtime::__private::codec::<Receipt>();
    #[allow(non_upper_case_globals)]
    const c_out: ::temporal_runtime::__private::Codec<<Aliased as ::temporal_runtime::__private::Returns>::Ok> = ::temporal_runtime::__private::codec::<<Aliased as ::temporal_runtime::__private::Returns>::Ok>();
    impl ::temporal_runtime::__private::ActivityDef for render {
        const NAME: &'static str = "render";
        const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::None;
        const DEFAULTS: ::temporal_runtime::__private::ActivityDefaults = ::temporal_runtime::__private::ActivityDefaults::NONE;
        type Args = (Receipt,);
        type Output = <Aliased as ::temporal_runtime::__private::Returns>::Ok;
        type Timeout = ::temporal_runtime::__private::NoTimeout;
        fn encode((a0,): Self::Args) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
            ::core::result::Result::Ok(::std::vec![(c_0.enc)(a0)?])
        }
        fn decode(result: ::temporal_runtime::__private::RawPayload) -> ::temporal_runtime::Result<Self::Output> {
            (c_out.dec)(result)
        }
    }
    #[allow(dead_code)]
    impl render {
        #[doc = "A call of the activity `render`: pass it to `wf.execute(..)` or `wf.start(..)`."]
        fn with(receipt: Receipt) -> ::temporal_runtime::__private::ActivityCall<render> {
            ::temporal_runtime::__private::ActivityCall::new((receipt,))
        }
    }
    const __ARGS: &[&str] = &["receipt: Receipt"];
    #[allow(unused_variables)]
    fn __invoke(inv: ::temporal_runtime::__private::Invocation, args: ::std::vec::Vec<::temporal_runtime::__private::RawPayload>) -> ::temporal_runtime::__private::ActivityResult {
        let mut it = ::temporal_runtime::__private::Arguments::new("activity `render`", __ARGS, args)?;
        let a0 = it.take(c_0.dec)?;
        let r = render(a0);
        ::core::result::Result::map_err((c_out.enc)(::temporal_runtime::__private::Returns::into_result(r)?), ::temporal_runtime::__private::Failed::output)
    }
    ::temporal_runtime::__private::inventory::submit!{
        ::temporal_runtime::__private::ActivityReg {
            name: "render", task_queue: ::core::option::Option::None, source: ::temporal_runtime::__private::Source {
                krate: ::core::env!("CARGO_PKG_NAME"), module: ::core::module_path!(), file: ::core::file!(), line: 2u32,
            }, needs: &[], args: __ARGS, doc: "", dynamic: false, invoke: ::temporal_runtime::__private::Invoke::Blocking(__invoke),
        }
    }
};
