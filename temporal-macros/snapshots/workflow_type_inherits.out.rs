struct Download;
#[doc = "Handle of a [`Download`] workflow: its signals, queries and updates, and everything of `WorkflowHandle`."]
#[allow(dead_code)]
struct DownloadHandle<__Side = ::temporal_runtime::Client> {
    __raw: PausableHandle<__Side, shared::NamedHandle<__Side, ::temporal_runtime::__private::WorkflowHandle<Download, __Side>>>,
}
impl<__Side>::core::convert::From<::temporal_runtime::__private::WorkflowHandle<Download, __Side>> for DownloadHandle<__Side> {
    fn from(raw: ::temporal_runtime::__private::WorkflowHandle<Download, __Side>) -> Self {
        DownloadHandle {
            __raw: PausableHandle::__around(shared::NamedHandle::__around(raw))
        }
    }
}
impl<__Side: ::core::clone::Clone>::core::clone::Clone for DownloadHandle<__Side> {
    fn clone(&self) -> Self {
        DownloadHandle {
            __raw: ::core::clone::Clone::clone(&self.__raw)
        }
    }
}
impl<__Side>::core::fmt::Debug for DownloadHandle<__Side> {
    fn fmt(&self, raw: &mut::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        ::core::fmt::Debug::fmt(&self.__raw, raw)
    }
}
impl<__Side>::core::ops::Deref for DownloadHandle<__Side> {
    type Target = PausableHandle<__Side, shared::NamedHandle<__Side, ::temporal_runtime::__private::WorkflowHandle<Download, __Side>>>;
    fn deref(&self) -> &Self::Target {
        &self.__raw
    }
}
impl ::temporal_runtime::__private::WorkflowState for Download {
    const META: ::temporal_runtime::__private::Meta = ::temporal_runtime::__private::Meta {
        name: "Download", task_queue: ::core::option::Option::None, fail_on: &[], inherited: &[<PausableHandle as ::temporal_runtime::__private::InheritedBy<Download>>::HANDLERS, <shared::NamedHandle as ::temporal_runtime::__private::InheritedBy<Download>>::HANDLERS],
    };
}
const _: () = ::temporal_runtime::__private::assert_workflow::<Download>();
