//! Upserts of search attributes: commands whose events answer nothing.

use std::collections::BTreeMap;

use temporal_protos::{
    command::{self as proto, command::Attributes},
    common::Payload,
    enums::CommandType,
};

use super::{
    Machine, Mismatch,
    command::{Command, Issued},
};
use crate::search_attributes;

impl Machine {
    /// Sets and unsets search attributes.
    pub(crate) fn upsert_search_attributes(&mut self, fields: BTreeMap<String, Payload>) {
        self.issue(Command::UpsertSearchAttributes(fields), Issued::Message);
    }

    /// Which attributes, and to what, is no matter of replay, as little as the input of an activity is.
    pub(super) fn search_attributes_upserted(&mut self, event_id: i64) -> Result<(), Mismatch> {
        self.confirm(event_id, "an upsert of search attributes", |command| {
            matches!(command, Command::UpsertSearchAttributes(_))
        })
        .map(drop)
    }
}

pub(super) fn command(fields: &BTreeMap<String, Payload>) -> (CommandType, Attributes) {
    let attributes = proto::UpsertWorkflowSearchAttributesCommandAttributes {
        search_attributes: search_attributes::to_proto(fields),
    };
    (
        CommandType::UpsertWorkflowSearchAttributes,
        attributes.into(),
    )
}
