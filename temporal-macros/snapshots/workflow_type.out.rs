#[derive(Default)]
pub struct Checkout {
    approved_by: Option<String>
}
#[doc = "Handle of a [`Checkout`] workflow: its signals, queries and updates, and everything of `WorkflowHandle`."]
#[allow(dead_code)]
pub struct CheckoutHandle<__Side = ::temporal_runtime::Client> {
    __raw: ::temporal_runtime::__private::WorkflowHandle<Checkout, __Side>,
}
impl<__Side>::core::convert::From<::temporal_runtime::__private::WorkflowHandle<Checkout, __Side>> for CheckoutHandle<__Side> {
    fn from(raw: ::temporal_runtime::__private::WorkflowHandle<Checkout, __Side>) -> Self {
        CheckoutHandle {
            __raw: raw
        }
    }
}
impl<__Side: ::core::clone::Clone>::core::clone::Clone for CheckoutHandle<__Side> {
    fn clone(&self) -> Self {
        CheckoutHandle {
            __raw: ::core::clone::Clone::clone(&self.__raw)
        }
    }
}
impl<__Side>::core::fmt::Debug for CheckoutHandle<__Side> {
    fn fmt(&self, raw: &mut::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.__raw, raw)
    }
}
impl<__Side>::core::ops::Deref for CheckoutHandle<__Side> {
    type Target = ::temporal_runtime::__private::WorkflowHandle<Checkout, __Side>;
    fn deref(&self) -> &Self::Target {
        &self.__raw
    }
}
impl ::temporal_runtime::__private::WorkflowState for Checkout {
    const META: ::temporal_runtime::__private::Meta = ::temporal_runtime::__private::Meta {
        name: "Checkout", task_queue: ::core::option::Option::Some("orders"), fail_on: &[], inherited: &[],
    };
}
const _: () = ::temporal_runtime::__private::assert_workflow::<Checkout>();
