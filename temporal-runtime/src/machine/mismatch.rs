//! What history has against what workflow code did. Data first, text second: `replay/` and tests read the fields.

use std::fmt;

use super::OpId;

/// A history that workflow code does not reproduce, or that this version cannot replay.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The event at which replay stopped.
    pub event_id: i64,
    /// What history has there.
    pub expected: String,
    /// What workflow code did instead.
    pub found: String,
    /// Where workflow code asked for what was found, as file, line and column; known where it is an operation that has
    /// not ended.
    pub place: Option<String>,
    /// The operation that was found.
    pub(crate) op: Option<OpId>,
    /// The history needs what this version does not have yet; the code may be right.
    pub unsupported: bool,
}

impl Mismatch {
    pub(crate) fn new(event_id: i64, expected: &str, found: String) -> Self {
        Self {
            event_id,
            expected: expected.to_owned(),
            found,
            place: None,
            op: None,
            unsupported: false,
        }
    }

    /// What was found is, or concerns, this operation.
    pub(super) const fn about(mut self, op: Option<OpId>) -> Self {
        self.op = op;
        self
    }

    pub(crate) fn unsupported(event_id: i64, event_type: &str) -> Self {
        Self {
            event_id,
            expected: event_type.to_owned(),
            found: "nothing".to_owned(),
            place: None,
            op: None,
            unsupported: true,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            event_id,
            expected,
            found,
            place,
            unsupported,
            ..
        } = self;
        if *unsupported {
            return write!(
                f,
                "event {event_id} is {expected}, which this version of temporal-runtime cannot replay yet"
            );
        }
        write!(
            f,
            "[TMPRL1100] non-determinism at event {event_id}: history has {expected}, the workflow code has {found}"
        )?;
        match place {
            Some(place) => write!(f, ", asked for at {place}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Mismatch {}
