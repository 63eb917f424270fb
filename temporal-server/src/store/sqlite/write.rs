//! Writing a group of changes.

use std::collections::HashMap;

use bytes::Bytes;
use rusqlite::{Transaction, params};

use super::rows::{EVENT_BITS, birth_name, closed_name, progress_sum, signed, state_name};
use crate::engine::execution::saved::{Change, PartKey, encode_events};
use crate::engine::time::Time;
use crate::store::batch::{Batch, RunKey};
use crate::store::codec;

/// Writes a group. Of a run that changed several times only the last record is written.
pub(super) fn write(transaction: &Transaction<'_>, batches: &[&Batch]) -> rusqlite::Result<()> {
    let mut last: HashMap<u64, &Change> = HashMap::new();
    for (key, change) in batches.iter().flat_map(|batch| &batch.runs) {
        write_run(transaction, key, change)?;
        last.insert(key.number, change);
    }
    for (number, change) in last {
        let name = state_name(number, change.closed, change.transitions);
        let core = codec::seal(&[b"state", &name], &change.core);
        transaction
            .prepare_cached("INSERT OR REPLACE INTO states VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                signed(number),
                change.closed.map(Time::as_nanos),
                change.transitions,
                core
            ])?;
    }
    for batch in batches {
        for (number, workflow_id, body) in &batch.rows {
            let body = codec::seal(&closed_name(&number.to_le_bytes(), workflow_id), body);
            transaction
                .prepare_cached("INSERT OR REPLACE INTO closed_runs VALUES (?1, ?2, ?3)")?
                .execute(params![signed(*number), &**workflow_id, body])?;
        }
        for (number, body) in &batch.sent {
            let body = codec::seal(&[b"message", &number.to_le_bytes()], body);
            transaction
                .prepare_cached("INSERT OR REPLACE INTO messages VALUES (?1, ?2)")?
                .execute(params![signed(*number), body])?;
        }
        for number in &batch.delivered {
            transaction
                .prepare_cached("DELETE FROM messages WHERE number = ?1")?
                .execute([signed(*number)])?;
        }
        for number in &batch.removed {
            remove_run(transaction, *number)?;
        }
        for (kind, key, body) in &batch.records {
            write_record(transaction, kind, key, body.as_ref())?;
        }
    }
    if let Some(progress) = batches.iter().rev().find_map(|batch| batch.progress) {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO progress VALUES (1, ?1, ?2, ?3, ?4)")?
            .execute(params![
                progress.time.as_nanos(),
                signed(progress.serial),
                progress.ids.map(u64::cast_signed),
                progress_sum(&progress)
            ])?;
    }
    Ok(())
}

fn write_run(transaction: &Transaction<'_>, key: &RunKey, change: &Change) -> rusqlite::Result<()> {
    let number = key.number.to_le_bytes();
    if let Some(birth) = &change.birth {
        let name = birth_name(&number, &key.namespace_id, &key.workflow_id, &key.run_id);
        transaction
            .prepare_cached("INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                signed(key.number),
                key.namespace_id,
                &*key.workflow_id,
                &*key.run_id,
                codec::seal(&name, birth)
            ])?;
    }
    if let Some(first) = change.events.first() {
        let place = (signed(key.number) << EVENT_BITS) + first.event_id;
        let events = change.events.iter().map(|event| &**event);
        let body = encode_events(events, &change.batches);
        transaction
            .prepare_cached("INSERT INTO events VALUES (?1, ?2)")?
            .execute(params![
                place,
                codec::seal(&[b"events", &place.to_le_bytes()], &body)
            ])?;
    }
    for (PartKey { kind, key: name }, body) in &change.parts {
        let kind = *kind as i64;
        match body {
            Some(body) => {
                let body = codec::seal(&[b"part", &number, &kind.to_le_bytes(), name], body);
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO parts VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![signed(key.number), kind, name, body])?;
            }
            None => {
                transaction
                    .prepare_cached(
                        "DELETE FROM parts WHERE number = ?1 AND kind = ?2 AND key = ?3",
                    )?
                    .execute(params![signed(key.number), kind, name])?;
            }
        }
    }
    Ok(())
}

fn remove_run(transaction: &Transaction<'_>, number: u64) -> rusqlite::Result<()> {
    let number = signed(number);
    for table in ["runs", "states", "parts", "closed_runs"] {
        transaction
            .prepare_cached(&format!("DELETE FROM {table} WHERE number = ?1"))?
            .execute([number])?;
    }
    transaction
        .prepare_cached("DELETE FROM events WHERE place >= ?1 AND place < ?2")?
        .execute([number << EVENT_BITS, (number + 1) << EVENT_BITS])?;
    Ok(())
}

fn write_record(
    transaction: &Transaction<'_>,
    kind: &str,
    key: &str,
    body: Option<&Bytes>,
) -> rusqlite::Result<()> {
    match body {
        Some(body) => {
            let body = codec::seal(&[b"record", kind.as_bytes(), key.as_bytes()], body);
            transaction
                .prepare_cached("INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3)")?
                .execute(params![kind, key, body])?;
        }
        None => {
            transaction
                .prepare_cached("DELETE FROM records WHERE kind = ?1 AND key = ?2")?
                .execute([kind, key])?;
        }
    }
    Ok(())
}
