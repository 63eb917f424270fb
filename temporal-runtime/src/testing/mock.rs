//! Activities that a test answers itself, in place of the registered ones.

use std::{any::type_name, marker::PhantomData, panic::Location};

use temporal_protos::common::Payload as RawPayload;

use crate::{
    activity::{ActivityDef, ActivityFuture, Invoke},
    app::App,
    convert::{Arguments, Payload},
    error::{Failed, Result, Returns},
    registry::{ActivityReg, Source},
};

/// An activity that is about to be answered by a test: say how with [`with`](Self::with).
#[must_use = "an activity is answered once you say how: `.with(|..| async move { .. })`"]
pub struct MockActivity<A> {
    app: App,
    activity: PhantomData<fn() -> A>,
}

impl<A> std::fmt::Debug for MockActivity<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MockActivity({:?})", self.app)
    }
}

impl App {
    /// In a test: answers an activity in place of its own code, or of a worker elsewhere. Arguments and result are
    /// those of the activity, and travel as always; a second mock of an activity takes the place of the first.
    ///
    /// ```
    /// use temporal_runtime::prelude::*;
    ///
    /// #[activity(start_to_close = "30s")]
    /// async fn charge(order: String, cents: u64) -> Result<String>; // served by another team
    ///
    /// #[workflow]
    /// async fn checkout(wf: &mut Wf, order: String) -> Result<String> {
    ///     wf.execute(charge::with(order, 500)).await
    /// }
    ///
    /// fn mocked(app: App) -> App {
    ///     app.mock::<charge>().with(|order: String, cents: u64| async move {
    ///         Ok(format!("receipt of {order} over {cents}"))
    ///     })
    /// }
    ///
    /// # mod t { use super::*;
    /// #[temporal_runtime::test(app = mocked)]
    /// async fn an_order_is_charged(env: TestEnvironment) -> Result<()> {
    ///     assert_eq!(env.client().execute(checkout::with("o-1")).await?, "receipt of o-1 over 500");
    ///     Ok(())
    /// }
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// Other arguments than the activity's do not compile:
    ///
    /// ```compile_fail,E0277
    /// # use temporal_runtime::prelude::*;
    /// # #[activity(start_to_close = "30s")]
    /// # async fn charge(order: String, cents: u64) -> Result<String>;
    /// # fn mocked(app: App) -> App {
    /// app.mock::<charge>().with(|order: String, cents: String| async move { Ok(order) })
    /// # }
    /// ```
    pub const fn mock<A: ActivityDef>(self) -> MockActivity<A> {
        MockActivity {
            app: self,
            activity: PhantomData,
        }
    }
}

impl<A: ActivityDef> MockActivity<A> {
    /// Calls this for each attempt; what it returns is the attempt's end.
    #[track_caller]
    pub fn with<Args>(self, answer: impl Answers<A, Args>) -> App {
        let place = Location::caller();
        let args = answer.args();
        let registration = ActivityReg {
            name: A::NAME,
            task_queue: A::TASK_QUEUE,
            source: Source {
                krate: "",
                module: "",
                file: place.file(),
                line: place.line(),
            },
            needs: &[],
            args,
            doc: "",
            dynamic: false,
            // as all registrations it lives as long as the process, and tests make few
            invoke: Invoke::Mock(Box::leak(Box::new(move |values| {
                answer.answer(args, values)
            }))),
        };
        self.app.with_mock(Box::leak(Box::new(registration)))
    }
}

/// A function that may stand for activity `A`: it takes the same arguments, and its future gives the same result.
#[diagnostic::on_unimplemented(
    message = "this does not take and give what the activity `{A}` does",
    label = "not a mock of `{A}`",
    note = "write a closure with the activity's arguments and their types: `|order: Order| async move {{ Ok(receipt) }}`"
)]
pub trait Answers<A: ActivityDef, Args>: Send + Sync + 'static {
    #[doc(hidden)]
    fn args(&self) -> &'static [&'static str];
    #[doc(hidden)]
    fn answer(&self, args: &'static [&'static str], values: Vec<RawPayload>) -> ActivityFuture;
}

macro_rules! answers {
    ($(($($arg:ident $value:ident),*))*) => { $(
        impl<A, M, F $(, $arg: Payload)*> Answers<A, ($($arg,)*)> for M
        where
            A: ActivityDef<Args = ($($arg,)*)>,
            A::Output: Payload,
            M: Fn($($arg),*) -> F + Send + Sync + 'static,
            F: Future<Output = Result<A::Output>> + Send + 'static,
        {
            fn args(&self) -> &'static [&'static str] {
                Box::leak(Box::new([$(type_name::<$arg>()),*]))
            }

            fn answer(&self, args: &'static [&'static str], values: Vec<RawPayload>) -> ActivityFuture {
                let called = taken::<A, ($($arg,)*)>(args, values, |_args| {
                    Ok(($(_args.take($arg::decode)?,)*))
                })
                .map(|($($value,)*)| self($($value),*));
                Box::pin(async move {
                    called?.await.into_result()?.encode().map_err(Failed::output)
                })
            }
        }
    )* };
}

answers! {
    ()
    (T1 a1)
    (T1 a1, T2 a2)
    (T1 a1, T2 a2, T3 a3)
    (T1 a1, T2 a2, T3 a3, T4 a4)
    (T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
    (T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6)
}

fn taken<A: ActivityDef, T>(
    args: &'static [&'static str],
    values: Vec<RawPayload>,
    take: impl FnOnce(&mut Arguments) -> Result<T>,
) -> Result<T> {
    take(&mut Arguments::new(A::NAME, args, values)?)
}
