//! The client.

use std::marker::PhantomData;

/// A connection to a service.
#[derive(Debug, Clone)]
pub struct Client {}

/// What every typed handle derefs to. `S` is who talks: a [`Client`], or a workflow.
#[derive(Debug)]
pub struct WorkflowHandle<W, S = Client> {
    side: S,
    id: String,
    workflow: PhantomData<fn() -> W>,
}
