//! Looks at a file whole: whether its tables hang together, and nothing is missing. That takes as long as the file is
//! large, so a service begins before it is done with a large one.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, InterruptHandle};

use super::{disk_error, read, refused};
use crate::store::disk::{DiskError, Inspector};
use crate::store::error::StoreError;

/// Files up to so many bytes are looked at before the start: it takes a few milliseconds.
const SMALL: i64 = 4 << 20;

/// Whether a file is looked at before the start.
pub(super) fn is_small(connection: &Connection) -> rusqlite::Result<bool> {
    let number = |of: &str| connection.query_row(of, [], |row| row.get::<_, i64>(0));
    let pages = number("PRAGMA page_count")?;
    Ok(pages.saturating_mul(number("PRAGMA page_size")?) <= SMALL)
}

/// What is wrong with a file of this version, if anything is.
pub(super) fn flaw(connection: &Connection, version: i64) -> rusqlite::Result<Option<String>> {
    let answer: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if answer != "ok" {
        return Ok(Some(format!("integrity_check: {answer}")));
    }
    for (since, what, sql) in QUESTIONS {
        if version >= since {
            let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
            if count > 0 {
                return Ok(Some(format!("{count} runs have {what}")));
            }
        }
    }
    Ok(None)
}

/// Since which version, what is missing, and of how many runs.
const QUESTIONS: [(i64, &str, &str); 3] = [
    (
        1,
        "no beginning",
        "SELECT count(*) FROM states WHERE number NOT IN (SELECT number FROM runs)",
    ),
    (
        1,
        "no state",
        "SELECT count(*) FROM runs WHERE number NOT IN (SELECT number FROM states)",
    ),
    (
        2,
        "ended, or not, without a row that says so",
        "SELECT count(*) FROM states LEFT JOIN closed_runs ON closed_runs.number = states.number
         WHERE (states.closed IS NULL) <> (closed_runs.number IS NULL)",
    ),
];

/// A connection for that.
#[derive(Debug)]
pub(in crate::store) struct Inspection {
    connection: Connection,
}

impl Inspection {
    pub(in crate::store) fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            connection: read::open_read_only(path)?,
        })
    }
}

impl Inspector for Inspection {
    fn inspect(&mut self) -> Result<Option<String>, DiskError> {
        let version = |connection: &Connection| {
            connection.query_row("PRAGMA user_version", [], |row| row.get(0))
        };
        let flaw = version(&self.connection).and_then(|version| flaw(&self.connection, version));
        match flaw {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                Ok(Some(error.to_string()))
            }
            other => other.map_err(|error| disk_error(&error)),
        }
    }

    fn interrupt(&self) -> Box<dyn Fn() + Send + Sync> {
        let handle: InterruptHandle = self.connection.get_interrupt_handle();
        Box::new(move || handle.interrupt())
    }
}

/// Refuses a file with a flaw.
pub(super) fn check(connection: &Connection, path: &Path, version: i64) -> Result<(), StoreError> {
    match flaw(connection, version).map_err(|error| refused(path, &error))? {
        None => Ok(()),
        Some(reason) => Err(StoreError::Damaged {
            path: path.to_owned(),
            reason,
        }),
    }
}
