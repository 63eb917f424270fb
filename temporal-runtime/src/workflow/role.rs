//! What a piece of user code is to its run, for messages and logs.

use std::sync::Arc;

use super::update::UpdateInfo;

/// What a piece of user code is to its run.
#[derive(Debug, Clone)]
pub(super) enum Role {
    Init,
    Main,
    Signal { name: String, event_id: i64 },
    Update(Arc<UpdateInfo>),
    Query(String),
    Spawned,
}

impl Role {
    /// The code, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Init => "the `#[init]` function".to_owned(),
            Self::Main => "the run function".to_owned(),
            Self::Signal { name, .. } => format!("the signal handler `{name}`"),
            Self::Update(update) => {
                format!("the handler of update `{}` (id {})", update.name, update.id)
            }
            Self::Query(name) => format!("the query `{name}`"),
            Self::Spawned => "a spawned task".to_owned(),
        }
    }

    /// Who is to blame for an error, for messages.
    pub(super) fn owner(&self) -> String {
        match self {
            Self::Main | Self::Spawned => "the workflow".to_owned(),
            other => other.describe() + " of the workflow",
        }
    }

    /// What an error of it would end.
    pub(super) const fn ends(&self) -> &'static str {
        match self {
            Self::Update(_) => "the update",
            _ => "the workflow",
        }
    }
}
