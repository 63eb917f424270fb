//! The wire contract of Temporal: the messages, client stubs and server traits that the workspace
//! speaks (`generator/src/spoken.rs` names the RPCs). Nothing here decides anything, and nobody names
//! the generated tree but this façade.
//!
//! A package `temporal.api.common.v1` is the module [`common`]; its full path works as well, below
//! [`temporal::api`]. Bytes fields are [`prost::bytes::Bytes`], maps are ordered. All attributes of
//! events and commands are boxed and built by `.into()`; `event_type()` and `command_type()` give
//! the discriminant that goes beside them. Clients and servers stand behind the features `client`
//! and `server` and take any channel: a transport is the caller's to choose.

#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::too_many_lines,
    clippy::use_self,
    clippy::allow_attributes_without_reason,
    rustdoc::all,
    reason = "generated"
)]
#[rustfmt::skip]
mod generated;

#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "json")]
pub mod routes;
#[cfg(any(feature = "client", feature = "server"))]
pub mod rpc;

macro_rules! packages {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        pub mod $name {
            pub use crate::generated::temporal::api::$name::v1::*;
        }
    )*};
}

packages! {
    /// Activities that run without a workflow.
    activity
    /// What a worker asks the service to do.
    command
    /// Payloads, executions, retry policies and other things every package uses.
    common
    /// Worker deployments and their versions.
    deployment
    /// Every enum.
    enums
    /// Details of gRPC errors, packed into [`google::rpc::Status`].
    errordetails
    /// Failures as they travel and as history keeps them.
    failure
    /// Filters of the older list calls.
    filter
    /// Events.
    history
    /// Namespaces.
    namespace
    /// Nexus tasks and endpoints.
    nexus
    /// `OperatorService`: search attributes, Nexus endpoints, clusters.
    operatorservice
    /// The envelope of messages on a workflow task.
    protocol
    /// Queries and their results.
    query
    /// Replication between clusters.
    replication
    /// Schedules: their specs, policies, state and what they have done.
    schedule
    /// What SDKs keep in history or in payloads.
    sdk
    /// Task queues.
    taskqueue
    /// `TestService`: a server's skipping clock.
    testservice
    /// Updates and the messages of their protocol.
    update
    /// Versions of servers and clients.
    version
    /// Worker heartbeats.
    worker
    /// What describing and listing executions answers.
    workflow
    /// `WorkflowService`: what clients and workers call.
    workflowservice
}

/// gRPC's health protocol.
pub mod health {
    pub use crate::generated::grpc::health::v1::*;
}

/// Google's common messages.
pub mod google {
    /// The status that carries details in the trailer `grpc-status-details-bin`.
    pub mod rpc {
        pub use crate::generated::google::rpc::*;
    }
}

/// The same messages below the packages' full names.
pub mod temporal {
    pub use crate::generated::temporal::api;
}

/// `google.protobuf.FileDescriptorSet` of everything in this crate, without comments, in the order
/// of the files' names: for JSON and for server reflection.
pub const DESCRIPTOR: &[u8] = include_bytes!("generated/descriptor.bin");

pub use {prost, prost_types};
