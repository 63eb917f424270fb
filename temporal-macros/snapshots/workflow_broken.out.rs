#[allow(dead_code, unused_variables)]
impl Checkout {
    async fn run(&mut self, order: Order) -> Result<String> {
        Ok(1)
    }
    fn approve(&mut self, by: &str) {}
    fn log(&self) -> Vec<String> {
        self.log.clone()
    }
}
impl Checkout {
    #[doc(hidden)]
    #[allow(dead_code, unused_variables)]
    pub fn with(_: Order) -> ::temporal_runtime::__private::WorkflowCall<Checkout> {
        ::core::unimplemented!()
    }
}
impl ::temporal_runtime::__private::WorkflowDef for Checkout {
    const META: ::temporal_runtime::__private::Meta = ::temporal_runtime::__private::Meta {
        name: "", task_queue: ::core::option::Option::None, fail_on: &[], inherited: &[]
    };
    type Args = ();
    type Output = String;
    type Handle<__Side: ::core::marker::Send + ::core::marker::Sync + 'static> = CheckoutHandle<__Side>;
    fn encode(_: ()) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
        ::core::unimplemented!()
    }
    fn decode(_: ::temporal_runtime::__private::RawPayload) -> ::temporal_runtime::Result<Self::Output> {
        ::core::unimplemented!()
    }
}
#[allow(dead_code, unused_variables)]
impl CheckoutHandle<::temporal_runtime::InWorkflow> {
    #[doc(hidden)]
    pub fn approve(&self, _: impl ::core::marker::Sized) -> ::temporal_runtime::SignalWorkflow<Checkout> {
        ::core::unimplemented!()
    }
}
#[allow(dead_code, unused_variables)]
impl CheckoutHandle<::temporal_runtime::Client> {
    #[doc(hidden)]
    pub fn approve(&self, _: impl ::core::marker::Sized) -> ::temporal_runtime::client::SignalCall {
        ::core::unimplemented!()
    }
    #[doc(hidden)]
    pub fn log(&self,) -> ::temporal_runtime::client::QueryCall<Vec<String>> {
        ::core::unimplemented!()
    }
}
// error: `#[run]` cannot borrow the state for its whole life, because handlers change it while this function waits; take `wf: &mut Wf<Self>` instead of `self` (fields are then `wf.field`)
// error: the arguments of signal handler `approve` are decoded from the server, so they must be owned: use `String` instead of `&str`
