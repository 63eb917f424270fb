//! Changes of the memo: commands whose events answer nothing.

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
use crate::memo;

impl Machine {
    /// Sets and removes keys of the memo.
    pub(crate) fn upsert_memo(&mut self, fields: BTreeMap<String, Payload>) {
        self.issue(Command::UpsertMemo(fields), Issued::Message);
    }

    /// Which keys, and to what, is no matter of replay, as little as the input of an activity is.
    pub(super) fn memo_upserted(&mut self, event_id: i64) -> Result<(), Mismatch> {
        self.confirm(event_id, "a change of the memo", |command| {
            matches!(command, Command::UpsertMemo(_))
        })
        .map(drop)
    }
}

pub(super) fn command(fields: &BTreeMap<String, Payload>) -> (CommandType, Attributes) {
    let attributes = proto::ModifyWorkflowPropertiesCommandAttributes {
        upserted_memo: memo::to_proto(fields),
    };
    (CommandType::ModifyWorkflowProperties, attributes.into())
}
