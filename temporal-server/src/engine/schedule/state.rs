//! All that a schedule remembers. It is one message, so that a store can keep it as bytes.

use temporal_protos::common::{Memo, Payloads, SearchAttributes};
use temporal_protos::enums::ScheduleOverlapPolicy;
use temporal_protos::failure::Failure;
use temporal_protos::schedule::{
    ScheduleInfo, SchedulePolicies, ScheduleSpec, ScheduleState as ProtoState,
};
use temporal_protos::workflow::NewWorkflowExecutionInfo;

/// The state of a schedule. Times are milliseconds since the epoch.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct State {
    #[prost(string, tag = "1")]
    pub(crate) schedule_id: String,
    /// The request that made it.
    #[prost(string, tag = "2")]
    pub(crate) request_id: String,
    /// Names its row in visibility.
    #[prost(string, tag = "3")]
    pub(crate) run_id: String,
    /// Canonical.
    #[prost(message, required, tag = "4")]
    pub(crate) spec: ScheduleSpec,
    #[prost(message, optional, tag = "5")]
    pub(crate) action: Option<NewWorkflowExecutionInfo>,
    /// Defaults are filled in.
    #[prost(message, required, tag = "6")]
    pub(crate) policies: SchedulePolicies,
    #[prost(message, required, tag = "7")]
    pub(crate) state: ProtoState,
    /// What it has done; times to come and the size of the buffer are left to the description.
    #[prost(message, required, tag = "8")]
    pub(crate) info: ScheduleInfo,
    #[prost(message, optional, tag = "9")]
    pub(crate) memo: Option<Memo>,
    #[prost(message, optional, tag = "10")]
    pub(crate) search_attributes: Option<SearchAttributes>,
    /// Counts what clients can see change.
    #[prost(int64, tag = "11")]
    pub(crate) conflict_token: i64,
    /// Everything that was due until then is in the buffer, or was done or dropped.
    #[prost(int64, tag = "12")]
    pub(crate) cursor: i64,
    /// When the schedule was updated; 0 if never.
    #[prost(int64, tag = "13")]
    pub(crate) updated: i64,
    /// Starts that are due but may have to wait for a run to end.
    #[prost(message, repeated, tag = "14")]
    pub(crate) buffer: Vec<BufferedStart>,
    /// Backfills that are not over, the first is under way.
    #[prost(message, repeated, tag = "15")]
    pub(crate) backfills: Vec<Backfill>,
    /// The result of the last run that had one.
    #[prost(message, optional, tag = "16")]
    pub(crate) last_completion_result: Option<Payloads>,
    /// The failure of the last run, if it failed.
    #[prost(message, optional, tag = "17")]
    pub(crate) continued_failure: Option<Failure>,
    /// The ids of the last requests that changed it, so that a repeated one changes nothing.
    #[prost(string, repeated, tag = "18")]
    pub(crate) heard_requests: Vec<String>,
}

/// A start that is due.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct BufferedStart {
    /// What the spec named, in seconds since the epoch.
    #[prost(int64, tag = "1")]
    pub(crate) nominal: i64,
    /// The same with jitter, in milliseconds.
    #[prost(int64, tag = "2")]
    pub(crate) actual: i64,
    /// Unspecified for the schedule's own, as it is when the start is considered.
    #[prost(enumeration = "ScheduleOverlapPolicy", tag = "3")]
    pub(crate) overlap_policy: i32,
    /// Triggered or backfilled.
    #[prost(bool, tag = "4")]
    pub(crate) manual: bool,
}

/// What is left of a backfill.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Backfill {
    /// Times after this one, in milliseconds,
    #[prost(int64, tag = "1")]
    pub(crate) after: i64,
    /// up to this one.
    #[prost(int64, tag = "2")]
    pub(crate) end: i64,
    #[prost(enumeration = "ScheduleOverlapPolicy", tag = "3")]
    pub(crate) overlap_policy: i32,
}
