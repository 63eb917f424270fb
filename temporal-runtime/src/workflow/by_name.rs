//! Calls of activities and workflows whose definition is not at hand, by name: of another language, or of a tool.

use std::marker::PhantomData;

use temporal_protos::common::Payload as RawPayload;

use super::{
    SignalWorkflow,
    definition::{Meta, WorkflowCall, WorkflowDef},
    handle::InWorkflow,
};
use crate::{
    activity::{ActivityCall, ActivityDef, NoTimeout},
    client::{ArgumentList, WorkflowHandle},
    convert::Payload,
    error::Result,
    options::ActivityDefaults,
};

/// Stands in for a definition that is not at hand: all that is known is the type of the result, `T`.
#[derive(Debug)]
pub struct ByName<T>(PhantomData<fn() -> T>);

/// A call of an activity by the name of its type. The arguments are a tuple, `()` for none; the result is whatever the
/// caller says. A timeout must be set, because no attribute does.
///
/// ```
/// use temporal_runtime::{activity_by_name, prelude::*};
///
/// #[workflow]
/// async fn ship(wf: &mut Wf, order: String) -> Result<u32> {
///     let call = activity_by_name::<u32>("PackAndShip", (order, 3_u8))
///         .task_queue("warehouse")
///         .start_to_close(Duration::from_secs(60));
///     wf.execute(call).await
/// }
/// ```
pub fn activity_by_name<T: Payload>(
    activity_type: impl Into<String>,
    arguments: impl ArgumentList,
) -> ActivityCall<ByName<T>, NoTimeout> {
    let mut call = ActivityCall::<ByName<T>>::new(arguments.encode());
    call.more.activity_type = Some(activity_type.into());
    call
}

/// A call of a workflow by the name of its type: run it as a child with `wf.execute(..)` or `wf.start(..)`. The
/// arguments are a tuple, `()` for none; the result is whatever the caller says. The handle of a started child signals
/// by name.
///
/// ```
/// use temporal_runtime::{prelude::*, workflow_by_name};
///
/// #[workflow]
/// async fn order(wf: &mut Wf, id: String) -> Result<String> {
///     let call = workflow_by_name::<String>("Invoice", (id.as_str().to_owned(), 500_u64));
///     let invoice = wf.start(call.id(format!("invoice-{id}")).task_queue("accounting"));
///     wf.execute(invoice.signal("approve", ("ann".to_owned(),))).await?;
///     wf.execute(invoice).await
/// }
/// ```
pub fn workflow_by_name<T: Payload>(
    workflow_type: impl Into<String>,
    arguments: impl ArgumentList,
) -> WorkflowCall<ByName<T>> {
    let mut call = WorkflowCall::<ByName<T>>::new(arguments.encode());
    call.options.workflow_type = Some(workflow_type.into());
    call
}

#[diagnostic::do_not_recommend]
impl<T: Payload> ActivityDef for ByName<T> {
    // the call has the name
    const NAME: &'static str = "";
    const TASK_QUEUE: Option<&'static str> = None;
    const DEFAULTS: ActivityDefaults = ActivityDefaults::NONE;
    type Args = Result<Vec<RawPayload>>;
    type Output = T;
    type Timeout = NoTimeout;

    fn encode(arguments: Self::Args) -> Result<Vec<RawPayload>> {
        arguments
    }

    fn decode(result: RawPayload) -> Result<T> {
        T::decode(result)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Payload> WorkflowDef for ByName<T> {
    // the call has the name
    const META: Meta = Meta {
        name: "",
        task_queue: None,
        fail_on: &[],
        inherited: &[],
    };
    type Args = Result<Vec<RawPayload>>;
    type Output = T;
    type Handle<S: Send + Sync + 'static> = WorkflowHandle<Self, S>;

    fn encode(arguments: Self::Args) -> Result<Vec<RawPayload>> {
        arguments
    }

    fn decode(result: RawPayload) -> Result<T> {
        T::decode(result)
    }
}

impl<T: Payload> WorkflowHandle<ByName<T>, InWorkflow> {
    /// A signal by name; the arguments are a tuple.
    pub fn signal(&self, name: &str, arguments: impl ArgumentList) -> SignalWorkflow<ByName<T>> {
        self.__signal(name, arguments.encode())
    }
}
