//! Closed runs: what lists show of them, read in pieces after the start, or all of one workflow.

use rusqlite::{Connection, Row};

use super::read::{Unreadable, read_head, read_parts};
use super::rows::{closed_name, signed, unsigned};
use crate::engine::execution::saved::{Damaged, PartKind, StoredRow};
use crate::engine::time::Time;
use crate::store::batch::RunKey;
use crate::store::codec;
use crate::store::disk::{ClosedRun, Found, LoadedRun};

/// Those whose numbers are beyond one, up to another, so many at most, in order.
pub(super) fn between(
    connection: &Connection,
    (after, until): (u64, u64),
    most: usize,
) -> rusqlite::Result<Vec<ClosedRun>> {
    let mut found = connection.prepare_cached(
        "SELECT number, workflow_id, body FROM closed_runs WHERE number > ?1 AND number <= ?2
         ORDER BY number LIMIT ?3",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = found.query([signed(after), signed(until), most])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(read(connection, row)?);
    }
    Ok(runs)
}

/// Those of workflows of this id, in whatever namespace.
pub(super) fn of_workflow(
    connection: &Connection,
    workflow_id: &str,
) -> rusqlite::Result<Vec<ClosedRun>> {
    let mut found = connection.prepare_cached(
        "SELECT number, workflow_id, body FROM closed_runs INDEXED BY closed_runs_by_workflow
         WHERE workflow_id = ?1 ORDER BY number",
    )?;
    let mut rows = found.query([workflow_id])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(read(connection, row)?);
    }
    Ok(runs)
}

/// One that is damaged is made again from what is stored of the run itself, which says the same.
fn read(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<ClosedRun> {
    let number = unsigned(row.get(0)?);
    let found = match read_row(number, row) {
        Ok(Some(row)) => Found::Row(Box::new(row)),
        Ok(None) => read_whole(connection, number),
        Err(damaged) => {
            let why = damaged.text();
            tracing::warn!(
                number,
                why,
                "the row of a closed run is damaged: it is made again"
            );
            read_whole(connection, number)
        }
    };
    Ok(ClosedRun { number, found })
}

fn read_row(number: u64, row: &Row<'_>) -> Result<Option<StoredRow>, Unreadable> {
    let Some(body) = row.get(2)? else {
        return Ok(None);
    };
    let workflow_id: String = row.get(1)?;
    let body = codec::open(&closed_name(&number.to_le_bytes(), &workflow_id), body)?;
    Ok(Some(StoredRow::read(body)?))
}

fn read_whole(connection: &Connection, number: u64) -> Found {
    match read_run(connection, number) {
        Ok(run) => Found::Run(Box::new(run)),
        Err(unreadable) => {
            let (key, closed) = read_key(connection, number).ok().unzip();
            Found::Damaged {
                key,
                closed: closed.flatten(),
                damaged: Damaged(unreadable.text()),
            }
        }
    }
}

/// What the row is made of.
fn read_run(connection: &Connection, number: u64) -> Result<LoadedRun, Unreadable> {
    let mut run = read_head(connection, number)?;
    if run.closed.is_none() {
        return Err(Damaged("it is open".into()).into());
    }
    read_parts(
        connection,
        number,
        Some(PartKind::Properties),
        &mut run.stored,
    )?;
    Ok(run)
}

/// How a run seems to be called, and when it seems to have ended.
fn read_key(connection: &Connection, number: u64) -> rusqlite::Result<(RunKey, Option<Time>)> {
    let sql = "SELECT namespace_id, workflow_id, run_id, closed
         FROM runs LEFT JOIN states ON states.number = runs.number WHERE runs.number = ?1";
    connection.query_row(sql, [signed(number)], |row| {
        let key = RunKey {
            number,
            namespace_id: row.get(0)?,
            workflow_id: row.get::<_, String>(1)?.into(),
            run_id: row.get::<_, String>(2)?.into(),
        };
        Ok((key, row.get::<_, Option<i64>>(3)?.map(Time::from_nanos)))
    })
}
