//! Workflows whose definition is not at hand, by name: of another language, or of a tool.

use std::future::IntoFuture;

use serde::Serialize;
use temporal_protos::common::Payload as RawPayload;

use super::{
    Client, QueryCall, SignalCall, UpdateCall, UpdateHandle, WorkflowHandle, result,
    start::{Request, start_options},
};
use crate::{
    convert::{Payload, RawValue, encode},
    error::Result,
    workflow::{BoxFuture, WorkflowOptions},
};

/// Stands in a handle for a definition that is not at hand.
#[derive(Debug)]
pub enum Untyped {}

/// Arguments by position: a tuple of up to six values that can be serialized, `()` for none, or a `Vec` of [`RawValue`]s.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of arguments",
    label = "expected a tuple",
    note = "write `()` for none, `(value,)` for one, `(a, b)` for two"
)]
pub trait ArgumentList {
    #[doc(hidden)]
    fn encode(self) -> Result<Vec<RawPayload>>;
}

impl ArgumentList for () {
    fn encode(self) -> Result<Vec<RawPayload>> {
        Ok(Vec::new())
    }
}

impl ArgumentList for Vec<RawValue> {
    fn encode(self) -> Result<Vec<RawPayload>> {
        Ok(self.into_iter().map(RawValue::into_inner).collect())
    }
}

macro_rules! tuples {
    ($(($($type:ident $value:ident),*))*) => { $(
        impl<$($type: Serialize + Send + 'static),*> ArgumentList for ($($type,)*) {
            fn encode(self) -> Result<Vec<RawPayload>> {
                let ($($value,)*) = self;
                Ok(vec![$(encode($value)?),*])
            }
        }
    )* };
}

tuples! {
    (A a)
    (A a, B b)
    (A a, B b, C c)
    (A a, B b, C c, D d)
    (A a, B b, C c, D d, E e)
    (A a, B b, C c, D d, E e, F f)
}

/// A workflow that is about to be started by its type's name: await it.
#[must_use = "nothing is started until you `.await` this"]
pub struct StartByName {
    request: Request,
}

impl std::fmt::Debug for StartByName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StartByName")
    }
}

impl StartByName {
    pub(super) fn new(
        client: Client,
        workflow_type: String,
        arguments: Result<Vec<RawPayload>>,
    ) -> Self {
        let options = WorkflowOptions::default();
        Self {
            request: Request::new(client, workflow_type, arguments, options),
        }
    }
}

start_options!(impl StartByName);

impl StartByName {
    /// Signals the workflow with this id, and starts it first if none runs.
    pub fn with_signal(mut self, name: impl Into<String>, arguments: impl ArgumentList) -> Self {
        self.request.signal = Some((name.into(), arguments.encode()));
        self
    }
}

impl IntoFuture for StartByName {
    type Output = Result<WorkflowHandle<Untyped>>;
    type IntoFuture = BoxFuture<Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.request.send())
    }
}

impl WorkflowHandle<Untyped> {
    /// Waits for the result: `handle.result::<String>().await?`.
    ///
    /// # Errors
    /// The workflow did not complete; its result is of another type.
    pub async fn result<T: Payload>(&self) -> Result<T> {
        T::decode(result::wait(&self.erased()).await?)
    }

    /// A signal by name.
    pub fn signal(&self, name: &str, arguments: impl ArgumentList) -> SignalCall {
        self.__signal(name, arguments.encode())
    }

    /// A query by name: `handle.query::<u64>("count", ()).await?`.
    pub fn query<T: Payload>(&self, name: &str, arguments: impl ArgumentList) -> QueryCall<T> {
        self.__query(name, arguments.encode(), T::decode)
    }

    /// An update by name.
    pub fn update<T: Payload>(&self, name: &str, arguments: impl ArgumentList) -> UpdateCall<T> {
        self.__update(name, arguments.encode(), T::decode)
    }

    /// An update that was sent before, by its id.
    pub fn update_handle<T: Payload>(&self, update_id: impl Into<String>) -> UpdateHandle<T> {
        UpdateHandle::of(self.erased(), update_id.into(), T::decode)
    }
}
