//! Memo and search attributes, as commands and the service itself change them.

use std::sync::Arc;

use prost::Message as _;
use temporal_protos::command::{
    ModifyWorkflowPropertiesCommandAttributes, UpsertWorkflowSearchAttributesCommandAttributes,
};
use temporal_protos::common::{Memo, Payload, SearchAttributes};
use temporal_protos::enums::WorkflowTaskFailedCause as Cause;
use temporal_protos::history::*;

use super::Run;
use super::commands::{Bad, Described};
use crate::engine::Context;

/// After so many failed tasks in a row visibility says so.
const PROBLEMS_TO_REPORT: u32 = 5;
const REPORTED_PROBLEMS: &str = "TemporalReportedProblems";
pub(super) const BUILD_IDS: &str = "BuildIds";

impl Run {
    /// The command UpsertWorkflowSearchAttributes.
    pub(crate) fn upsert_search_attributes(
        &mut self,
        ctx: &mut Context<'_>,
        command: UpsertWorkflowSearchAttributesCommandAttributes,
        described: Described,
        completed_event_id: i64,
    ) -> Result<(), Bad> {
        const CAUSE: Cause = Cause::BadSearchAttributes;
        let given = command.search_attributes.ok_or_else(|| {
            Bad::command(
                CAUSE,
                "SearchAttributes is not set on UpsertWorkflowSearchAttributesCommand.",
            )
        })?;
        if given.indexed_fields.is_empty() {
            return Err(Bad::command(
                CAUSE,
                "IndexedFields is not set on UpsertWorkflowSearchAttributesCommand.",
            ));
        }
        let checked = ctx
            .surroundings
            .check_search_attributes(&self.namespace, &given)
            .map_err(|text| Bad::command(CAUSE, text))?;
        let attributes = UpsertWorkflowSearchAttributesEventAttributes {
            workflow_task_completed_event_id: completed_event_id,
            search_attributes: Some(checked.clone()),
        };
        self.write_described(ctx, attributes, described);
        let mut merged = SearchAttributes::clone(&self.search_attributes);
        merge(
            &mut merged.indexed_fields,
            checked.indexed_fields,
            is_nothing,
        );
        self.search_attributes = Arc::new(merged);
        self.show(ctx);
        Ok(())
    }

    /// The command ModifyWorkflowProperties.
    pub(crate) fn modify_properties(
        &mut self,
        ctx: &mut Context<'_>,
        command: ModifyWorkflowPropertiesCommandAttributes,
        described: Described,
        completed_event_id: i64,
    ) -> Result<(), Bad> {
        const CAUSE: Cause = Cause::BadModifyWorkflowPropertiesAttributes;
        let given = command.upserted_memo.ok_or_else(|| {
            Bad::command(
                CAUSE,
                "UpsertedMemo is not set on ModifyWorkflowPropertiesCommand.",
            )
        })?;
        if given.fields.is_empty() {
            return Err(Bad::command(
                CAUSE,
                "UpsertedMemo.Fields is not set on ModifyWorkflowPropertiesCommand.",
            ));
        }
        let mut merged = Memo::clone(&self.memo);
        merge(&mut merged.fields, given.fields.clone(), is_nothing);
        if given.encoded_len() > ctx.limits.memo_bytes
            || merged.encoded_len() > ctx.limits.memo_bytes
        {
            return Err(Bad::size(
                CAUSE,
                "ModifyWorkflowPropertiesCommandAttributes exceeds size limit.",
            ));
        }
        let attributes = WorkflowPropertiesModifiedEventAttributes {
            workflow_task_completed_event_id: completed_event_id,
            upserted_memo: Some(given),
        };
        self.write_described(ctx, attributes, described);
        self.memo = Arc::new(merged);
        self.show(ctx);
        Ok(())
    }

    /// A search attribute that the service itself keeps; it leaves no event.
    pub(super) fn set_own_attribute(
        &mut self,
        ctx: &mut Context<'_>,
        name: &str,
        values: Option<&[&str]>,
    ) {
        let mut merged = SearchAttributes::clone(&self.search_attributes);
        match values {
            Some(values) => {
                let payload = Payload {
                    metadata: [("encoding", "json/plain"), ("type", "KeywordList")]
                        .map(|(key, value)| {
                            (key.to_string(), bytes::Bytes::from_static(value.as_bytes()))
                        })
                        .into(),
                    data: serde_json::json!(values).to_string().into_bytes().into(),
                    ..Default::default()
                };
                merged.indexed_fields.insert(name.into(), payload);
            }
            None => {
                merged.indexed_fields.remove(name);
            }
        }
        if merged == *self.search_attributes {
            return;
        }
        self.search_attributes = Arc::new(merged);
        self.show(ctx);
    }

    /// The search attributes that a successor takes over: all but those that the service keeps about a run.
    pub(crate) fn inherited_attributes(&self) -> Option<SearchAttributes> {
        let mut inherited = SearchAttributes::clone(&self.search_attributes);
        inherited
            .indexed_fields
            .retain(|name, _| name != BUILD_IDS && name != REPORTED_PROBLEMS);
        (!inherited.indexed_fields.is_empty()).then_some(inherited)
    }

    /// A workflow task failed or timed out.
    pub(crate) fn note_task_problem(&mut self, ctx: &mut Context<'_>, cause: &str, category: &str) {
        self.task_problems += 1;
        if self.task_problems >= PROBLEMS_TO_REPORT {
            let values = [format!("category={category}"), format!("cause={cause}")];
            self.set_own_attribute(ctx, REPORTED_PROBLEMS, Some(&[&values[0], &values[1]]));
        }
    }

    /// A workflow task was completed.
    pub(crate) fn note_task_success(&mut self, ctx: &mut Context<'_>) {
        if self.task_problems >= PROBLEMS_TO_REPORT {
            self.set_own_attribute(ctx, REPORTED_PROBLEMS, None);
        }
        self.task_problems = 0;
    }
}

/// Lays new values over old ones; what `removes` takes one away.
pub(super) fn merge(
    into: &mut std::collections::BTreeMap<String, Payload>,
    new: std::collections::BTreeMap<String, Payload>,
    removes: fn(&Payload) -> bool,
) {
    for (name, value) in new {
        if removes(&value) {
            into.remove(&name);
        } else {
            into.insert(name, value);
        }
    }
}

/// Whether a payload is nothing: empty, a null or an empty list, whatever its encoding. In a memo or among search
/// attributes it takes away what was there.
pub(crate) fn is_nothing(value: &Payload) -> bool {
    [&b""[..], b"null", b"[]"].contains(&value.data.as_ref())
}

/// A memo without the values that are nothing.
pub(crate) fn kept_memo(memo: Option<Memo>) -> Option<Memo> {
    let mut memo = memo?;
    memo.fields.retain(|_, value| !is_nothing(value));
    (!memo.fields.is_empty()).then_some(memo)
}

/// Search attributes without the values that are nothing.
pub(crate) fn kept_attributes(attributes: Option<SearchAttributes>) -> Option<SearchAttributes> {
    let mut attributes = attributes?;
    attributes
        .indexed_fields
        .retain(|_, value| !is_nothing(value));
    (!attributes.indexed_fields.is_empty()).then_some(attributes)
}
