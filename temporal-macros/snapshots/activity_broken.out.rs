#[allow(dead_code, unused_variables)]
async fn greet(name: &str, mut_db: &mut Db) -> String {
    name.into()
}
#[allow(non_camel_case_types, dead_code)]
#[doc(hidden)]
struct greet {}
const _: () = {
    impl ::temporal_runtime::__private::ActivityDef for greet {
        const NAME: &'static str = "";
        const TASK_QUEUE: ::core::option::Option<&'static str> = ::core::option::Option::None;
        const DEFAULTS: ::temporal_runtime::__private::ActivityDefaults = ::temporal_runtime::__private::ActivityDefaults::NONE;
        type Args = ();
        type Output = String;
        type Timeout = ::temporal_runtime::__private::TimeoutSet;
        fn encode(_: ()) -> ::temporal_runtime::Result<::std::vec::Vec<::temporal_runtime::__private::RawPayload>> {
            ::core::unimplemented!()
        }
        fn decode(_: ::temporal_runtime::__private::RawPayload) -> ::temporal_runtime::Result<Self::Output> {
            ::core::unimplemented!()
        }
    }
    #[allow(dead_code)]
    impl greet {
        #[doc(hidden)]
        fn with(_: impl ::core::marker::Sized) -> ::temporal_runtime::__private::ActivityCall<greet> {
            ::core::unimplemented!()
        }
    }
};
// error: `#[activity]` has no argument `timeout`; an activity has `start_to_close` (one attempt) and `schedule_to_close` (all attempts)
// error: the arguments of activity `greet` are decoded from the server, so they must be owned: use `String` instead of `&str`
// error: activity `greet` must return `Result<..>` (or nothing): make this `Result<String>`
// error: activities run concurrently and share what is injected: use `&T` (with a lock or atomics inside), not `&mut T`
