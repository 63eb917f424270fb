//! The tables, and how those of older versions become today's. A version is never changed once it was released: what
//! is to be different is a step of its own.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::StoreError;
use super::lock::{beside, private};
use super::sqlite::refused;

/// "tmps": marks a file as ours.
pub(super) const APPLICATION_ID: i64 = 0x746D_7073;

/// Makes version n out of version n - 1; version 0 is an empty file.
pub(super) type Step = &'static str;

/// The steps to today's version.
pub(super) const CURRENT: &[Step] = &[include_str!("schema_1.sql"), include_str!("schema_2.sql")];

/// Where a file stands: `None` if it is empty.
type Version = Option<i64>;

/// The version of a file, which must be empty or ours, and not newer than `steps`. Changes nothing.
pub(super) fn check_ours(
    connection: &Connection,
    path: &Path,
    steps: &[Step],
) -> Result<Version, StoreError> {
    let number = |question: &str| -> Result<i64, StoreError> {
        connection
            .query_row(question, [], |row| row.get(0))
            .map_err(|error| refused(path, &error))
    };
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    if application == 0 && version == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0 {
        return Ok(None);
    }
    if application != APPLICATION_ID {
        return Err(StoreError::Foreign {
            path: path.to_owned(),
            found: "an SQLite database of another program".into(),
        });
    }
    let newest = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    match version {
        1.. if version <= newest => Ok(Some(version)),
        1.. => Err(StoreError::Newer {
            path: path.to_owned(),
            found: version,
            known: newest,
        }),
        _ => Err(StoreError::Damaged {
            path: path.to_owned(),
            reason: format!("its schema has the version {version}"),
        }),
    }
}

/// Brings a file to the newest version, all or nothing, after a copy was made beside it.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    steps: &[Step],
) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| refused(path, &error);
    let version = check_ours(connection, path, steps)?;
    let done = version.map_or(0, |version| usize::try_from(version).unwrap_or(0));
    let missing = &steps[done..];
    if missing.is_empty() {
        return Ok(());
    }
    if let Some(version) = version {
        back_up(connection, path, version)?;
    }
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(failed)?;
    for step in missing {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction
        .execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {};",
            steps.len()
        ))
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Copies the file as it is; a copy of that name is there already after a migration that failed, and is as good.
fn back_up(connection: &Connection, path: &Path, version: i64) -> Result<(), StoreError> {
    let backup: PathBuf = beside(path, &format!(".schema-{version}.backup"));
    if backup.exists() {
        return Ok(());
    }
    let half = beside(&backup, ".half");
    let io = |reason: String| StoreError::Io {
        path: path.to_owned(),
        reason: format!("the backup {} failed: {reason}", backup.display()),
    };
    if half.exists() {
        std::fs::remove_file(&half).map_err(|error| io(error.to_string()))?;
    }
    // The copy is as private as the file: SQLite takes an empty one as it is.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    options.open(&half).map_err(|error| io(error.to_string()))?;
    let name = half
        .to_str()
        .ok_or_else(|| io("its name is no text".into()))?;
    connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(|error| io(error.to_string()))?;
    std::fs::rename(&half, &backup).map_err(|error| io(error.to_string()))?;
    tracing::info!(backup = %backup.display(), "made a copy before the change of the schema");
    Ok(())
}
