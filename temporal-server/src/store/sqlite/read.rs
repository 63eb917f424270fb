//! Reading everything but closed runs at the start, and those later.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::rows::{EVENT_BITS, birth_name, progress_sum, signed, state_name, unsigned};
use super::{closed, connect, disk_error, refused};
use crate::engine::execution::saved::{
    Damaged, PartKey, PartKind, Stored, StoredEvents, decode_events,
};
use crate::engine::time::Time;
use crate::store::batch::{Progress, RunKey};
use crate::store::codec;
use crate::store::disk::{Archive, ClosedRun, DiskError, Loaded, LoadedRun};
use crate::store::error::StoreError;

/// A connection that only reads.
#[derive(Debug)]
pub(in crate::store) struct Reader {
    connection: Option<Connection>,
}

impl Reader {
    pub(in crate::store) fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            connection: Some(open_read_only(path)?),
        })
    }

    fn connection(&self) -> Result<&Connection, DiskError> {
        self.connection.as_ref().ok_or_else(closed)
    }

    fn read_run(&self, number: u64) -> Result<Stored, Unreadable> {
        let Some(connection) = &self.connection else {
            return Err(Damaged(closed().text).into());
        };
        let mut stored = read_head(connection, number)?.stored;
        read_body(connection, number, &mut stored)?;
        Ok(stored)
    }
}

impl Archive for Reader {
    fn read(&mut self, number: u64) -> Result<Stored, DiskError> {
        self.read_run(number).map_err(|error| match error {
            Unreadable::Sqlite(error) => DiskError {
                damaged: is_damage(&error),
                ..disk_error(&error)
            },
            Unreadable::Damaged(Damaged(text)) => DiskError {
                text,
                damaged: true,
                ..DiskError::default()
            },
        })
    }

    fn closed_between(
        &mut self,
        numbers: (u64, u64),
        most: usize,
    ) -> Result<Vec<ClosedRun>, DiskError> {
        closed::between(self.connection()?, numbers, most).map_err(|error| disk_error(&error))
    }

    fn closed_of(&mut self, workflow_id: &str) -> Result<Vec<ClosedRun>, DiskError> {
        closed::of_workflow(self.connection()?, workflow_id).map_err(|error| disk_error(&error))
    }

    fn close(&mut self) {
        self.connection = None;
    }
}

/// Opens a file to read it.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, StoreError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Whether a row is not as it was written, so that reading it again brings nothing.
fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::*;
    match error {
        FromSqlConversionFailure(..)
        | IntegralValueOutOfRange(..)
        | InvalidColumnType(..)
        | Utf8Error(..) => true,
        other => other.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt),
    }
}

fn closed() -> DiskError {
    DiskError {
        text: "the file is closed".into(),
        ..DiskError::default()
    }
}

const HEAD: &str =
    "SELECT runs.number, namespace_id, workflow_id, run_id, birth, closed, transitions, core
     FROM runs LEFT JOIN states ON states.number = runs.number WHERE runs.number = ?1";

/// What the file holds, checked row by row.
pub(super) fn load(connection: &Connection, path: &Path) -> Result<Loaded, StoreError> {
    read_all(connection).map_err(|error| match error {
        Unreadable::Sqlite(error) => refused(path, &error),
        Unreadable::Damaged(Damaged(reason)) => StoreError::Damaged {
            path: path.to_owned(),
            reason,
        },
    })
}

pub(super) enum Unreadable {
    Sqlite(rusqlite::Error),
    Damaged(Damaged),
}

impl Unreadable {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Sqlite(error) => error.to_string(),
            Self::Damaged(damaged) => damaged.to_string(),
        }
    }
}

impl From<rusqlite::Error> for Unreadable {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Damaged> for Unreadable {
    fn from(damaged: Damaged) -> Self {
        Self::Damaged(damaged)
    }
}

fn read_all(connection: &Connection) -> Result<Loaded, Unreadable> {
    let mut loaded = Loaded {
        progress: read_progress(connection)?,
        ..Loaded::default()
    };
    if let Some(progress) = &mut loaded.progress {
        // In files of the first versions the last change may say less than others did before it.
        let known: i64 = connection.query_row(
            "SELECT max(ifnull((SELECT max(number) FROM runs), 0),
                        ifnull((SELECT max(number) FROM messages), 0))",
            [],
            |row| row.get(0),
        )?;
        progress.serial = progress.serial.max(unsigned(known));
    }
    let mut records =
        connection.prepare("SELECT kind, key, body FROM records ORDER BY kind, key")?;
    let mut rows = records.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, key): (String, String) = (row.get(0)?, row.get(1)?);
        let body = codec::open(&[b"record", kind.as_bytes(), key.as_bytes()], row.get(2)?)?;
        loaded.records.push((kind, key, body));
    }
    let mut messages = connection.prepare("SELECT number, body FROM messages ORDER BY number")?;
    let mut rows = messages.query([])?;
    while let Some(row) = rows.next()? {
        let number = unsigned(row.get(0)?);
        let body = codec::open(&[b"message", &number.to_le_bytes()], row.get(1)?)?;
        loaded.messages.push((number, body));
    }
    for number in open_runs(connection)? {
        let mut run = read_head(connection, number)?;
        if run.closed.is_some() {
            return Err(Damaged(format!("run {} is among the open ones", run.key.run_id)).into());
        }
        read_body(connection, number, &mut run.stored)?;
        loaded.runs.push(run);
    }
    Ok(loaded)
}

/// The numbers of the open runs, in order. The index alone is looked at, which is as long as there are such runs.
fn open_runs(connection: &Connection) -> Result<Vec<u64>, Unreadable> {
    let mut numbers = connection.prepare(
        "SELECT number FROM states INDEXED BY open_runs WHERE closed IS NULL ORDER BY number",
    )?;
    let numbers = numbers.query_map([], |row| row.get(0).map(unsigned))?;
    let numbers: Vec<u64> = numbers.collect::<Result<_, _>>()?;
    if numbers.is_sorted_by(|one, next| one < next) {
        Ok(numbers)
    } else {
        Err(Damaged("an open run is there twice".into()).into())
    }
}

fn read_progress(connection: &Connection) -> Result<Option<Progress>, Unreadable> {
    let mut rows = connection.prepare("SELECT time, serial, ids, sum FROM progress")?;
    let mut rows = rows.query([])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let progress = Progress {
        time: Time::from_nanos(row.get(0)?),
        serial: unsigned(row.get(1)?),
        ids: row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned),
    };
    if row.get::<_, i64>(3)? != progress_sum(&progress) {
        return Err(Damaged("where the service stood does not match its checksum".into()).into());
    }
    Ok(Some(progress))
}

/// What is not in the events and the entries of a run.
pub(super) fn read_head(connection: &Connection, number: u64) -> Result<LoadedRun, Unreadable> {
    let mut heads = connection.prepare_cached(HEAD)?;
    let mut rows = heads.query([signed(number)])?;
    let Some(row) = rows.next()? else {
        return Err(Damaged("it is not there".into()).into());
    };
    let number = unsigned(row.get(0)?);
    let (namespace_id, workflow_id, run_id): (String, String, String) =
        (row.get(1)?, row.get(2)?, row.get(3)?);
    let bytes = number.to_le_bytes();
    let birth = codec::open(
        &birth_name(&bytes, &namespace_id, &workflow_id, &run_id),
        row.get(4)?,
    )?;
    let Some(core) = row.get::<_, Option<Vec<u8>>>(7)? else {
        return Err(Damaged(format!("run {run_id} has no state")).into());
    };
    let closed = row.get::<_, Option<i64>>(5)?.map(Time::from_nanos);
    let transitions = row.get(6)?;
    let name = state_name(number, closed, transitions);
    Ok(LoadedRun {
        closed,
        stored: Stored {
            workflow_id: workflow_id.clone(),
            run_id: run_id.clone(),
            birth,
            core: codec::open(&[b"state", &name], core)?,
            transitions,
            events: StoredEvents::default(),
            parts: Vec::new(),
        },
        key: RunKey {
            number,
            namespace_id,
            workflow_id: workflow_id.into(),
            run_id: run_id.into(),
        },
    })
}

const EVENTS: &str =
    "SELECT place, body FROM events WHERE place >= ?1 AND place < ?2 ORDER BY place";

/// The events and the entries of a run.
fn read_body(connection: &Connection, number: u64, into: &mut Stored) -> Result<(), Unreadable> {
    let mut events = connection.prepare_cached(EVENTS)?;
    let first = signed(number) << EVENT_BITS;
    let mut rows = events.query([first, first + (1 << EVENT_BITS)])?;
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(0)?;
        let body = codec::open(&[b"events", &place.to_le_bytes()], row.get(1)?)?;
        decode_events(body, &mut into.events)?;
    }
    read_parts(connection, number, None, into)
}

const PARTS: &str = "SELECT kind, key, body FROM parts
     WHERE number = ?1 AND kind BETWEEN ?2 AND ?3 ORDER BY kind, key";

/// The entries of a run, of one kind or of all.
pub(super) fn read_parts(
    connection: &Connection,
    number: u64,
    only: Option<PartKind>,
    into: &mut Stored,
) -> Result<(), Unreadable> {
    let mut parts = connection.prepare_cached(PARTS)?;
    let (first, last) = only.map_or((0, i64::MAX), |kind| (kind as i64, kind as i64));
    let mut rows = parts.query([signed(number), first, last])?;
    while let Some(row) = rows.next()? {
        let kind: i64 = row.get(0)?;
        let key: Vec<u8> = row.get(1)?;
        let name: [&[u8]; 4] = [b"part", &number.to_le_bytes(), &kind.to_le_bytes(), &key];
        let body = codec::open(&name, row.get(2)?)?;
        let Some(kind) = PartKind::from_number(kind) else {
            return Err(Damaged(format!("{kind} is no kind of entry")).into());
        };
        into.parts.push((PartKey { kind, key }, body));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::store::scratch::Scratch;

    #[test]
    fn a_statement_is_planned_once_for_all_runs() {
        let scratch = Scratch::new();
        let connection = open_read_only(&scratch.file("")).unwrap();
        for number in 1..4 {
            assert!(read_head(&connection, number).is_err());
            assert!(read_body(&connection, number, &mut Stored::default()).is_ok());
        }
        for statement in [HEAD, EVENTS, PARTS] {
            let statement = connection.prepare_cached(statement).unwrap();
            assert_eq!(statement.get_status(StatementStatus::Run), 3);
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
