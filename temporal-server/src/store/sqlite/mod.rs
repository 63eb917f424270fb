//! The file: SQLite with a write-ahead log. One connection writes; another one reads closed runs back.

mod closed;
mod inspect;
mod read;
mod rows;
mod write;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

pub(super) use inspect::Inspection;
pub(super) use read::Reader;

use super::Durability;
use super::batch::Batch;
use super::disk::{Disk, DiskError, Loaded};
use super::error::StoreError;
use super::lock::{self, Lock};
use super::pragma::Pragma;
use super::schema::{self, Step};

/// How long a commit waits for somebody who reads the file from outside.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file that is open.
#[derive(Debug)]
pub(super) struct Sqlite {
    connection: Option<Connection>,
    path: PathBuf,
    lock: Option<Lock>,
    /// Whether it was looked at whole.
    inspected: bool,
}

impl Sqlite {
    /// Opens a file, or makes it, and reads what it holds.
    pub(super) fn open(
        path: &Path,
        durability: Durability,
        steps: &[Step],
    ) -> Result<(Self, Loaded), StoreError> {
        let lock = Lock::take(path)?;
        make_private(path)?;
        let failed = |error: rusqlite::Error| refused(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let mut connection = connect(path, flags)?;
        // Looks at the file before anything is written to it.
        let count = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
                row.get::<_, i64>(0)
            })
        };
        count(&connection).map_err(failed)?;
        let version = schema::check_ours(&connection, path, steps)?.unwrap_or(0);
        // A change of the schema goes through the whole file anyway.
        let is_old = version.unsigned_abs() < steps.len() as u64;
        let inspected = is_old || inspect::is_small(&connection).map_err(failed)?;
        if inspected {
            inspect::check(&connection, path, version)?;
        }
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        };
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = OFF;"
            ))
            .map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        schema::migrate(&mut connection, path, steps)?;
        let loaded = read::load(&connection, path)?;
        let disk = Self {
            connection: Some(connection),
            path: path.to_owned(),
            lock: Some(lock),
            inspected,
        };
        Ok((disk, loaded))
    }

    /// Whether it was looked at whole before anything was done to it.
    pub(super) fn is_inspected(&self) -> bool {
        self.inspected
    }

    /// Sets a pragma; what SQLite makes of it must be what was asked for.
    pub(super) fn set(&mut self, pragma: &Pragma) -> Result<(), StoreError> {
        let Some(connection) = &self.connection else {
            return Ok(());
        };
        let (name, value) = (pragma.name(), pragma.value());
        let set = || {
            connection.execute_batch(&format!("PRAGMA {name} = {value}"))?;
            connection.query_row(&format!("PRAGMA {name}"), [], |row| {
                let found = row.get_ref(0)?;
                Ok(found
                    .as_i64()
                    .map(|n| n.to_string())
                    .or_else(|_| found.as_str().map(str::to_owned)))
            })
        };
        let found = set().map_err(|error| refused(&self.path, &error))?;
        match found {
            Ok(found) if found.eq_ignore_ascii_case(value) => Ok(()),
            found => Err(StoreError::Io {
                path: self.path.clone(),
                reason: format!("it stays with {name} = {}", found.unwrap_or_default()),
            }),
        }
    }

    /// Reads what the file holds now.
    #[cfg(test)]
    pub(super) fn load(&self) -> Result<Loaded, StoreError> {
        read::load(self.connection.as_ref().expect("it is open"), &self.path)
    }

    /// Bounds the file, to see what becomes of a full disk.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, pages: u32) {
        let connection = self.connection.as_ref().expect("it is open");
        connection
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            .expect("a pragma");
    }
}

/// Opens a connection to a file that is there.
fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let open = || {
        let connection =
            Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        // A statement is planned once, and not again for each value that is bound to it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    };
    open().map_err(|error| refused(path, &error))
}

impl Disk for Sqlite {
    fn commit(&mut self, group: &mut dyn Iterator<Item = &Batch>) -> Result<(), DiskError> {
        let Some(connection) = &mut self.connection else {
            return Err(DiskError {
                text: "the file is closed".into(),
                ..DiskError::default()
            });
        };
        let batches: Vec<&Batch> = group.collect();
        let written = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .and_then(|transaction| {
                write::write(&transaction, &batches)?;
                transaction.commit()
            });
        written.map_err(|error| disk_error(&error))
    }

    fn close(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err((_, error)) = connection.close()
        {
            tracing::error!(%error, file = %self.path.display(), "the file did not close");
        }
        self.lock = None;
    }
}

/// Makes the file if it is missing, readable for this user only.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let io = |reason: String| StoreError::Io {
        path: path.to_owned(),
        reason,
    };
    if path.is_dir() {
        return Err(io("it is a folder".into()));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    lock::private(&mut options);
    options
        .open(path)
        .map(drop)
        .map_err(|error| io(error.to_string()))
}

/// Why a file is refused.
pub(super) fn refused(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::Foreign {
            path,
            found: "something that is no SQLite database".into(),
        },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged {
            path,
            reason: error.to_string(),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::InUse { path, pid: None }
        }
        Some(ErrorCode::DiskFull) => StoreError::Full {
            path,
            reason: error.to_string(),
        },
        Some(_) => StoreError::Io {
            path,
            reason: error.to_string(),
        },
        // Not from SQLite: a column of another type than was written.
        None => StoreError::Damaged {
            path,
            reason: error.to_string(),
        },
    }
}

fn disk_error(error: &rusqlite::Error) -> DiskError {
    DiskError {
        full: error.sqlite_error_code() == Some(ErrorCode::DiskFull),
        damaged: false,
        text: error.to_string(),
    }
}
