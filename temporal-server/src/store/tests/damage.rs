//! Files that a broken disk left: each is refused, or holds what was written. What is damaged of closed runs is found
//! out when they are read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::driver::tests::played;
use crate::engine::fuzz::Random;
use crate::store::schema::CURRENT;
use crate::store::scratch::{Folder, Scratch};
use crate::store::sqlite::{Reader, Sqlite};
use crate::store::{Archive, ClosedRun, Disk, DiskError, Durability, Found, Loaded, StoreError};

/// All of what was loaded, as text.
fn text(loaded: &Loaded) -> String {
    format!("{loaded:?}")
}

/// What is found of closed runs later.
fn closed(path: &Path) -> Result<Vec<ClosedRun>, DiskError> {
    Reader::open(path)
        .unwrap()
        .closed_between((0, i64::MAX.unsigned_abs()), usize::MAX)
}

/// Counts those whose rows are damaged; the others are as expected.
fn damaged_rows(found: Vec<ClosedRun>, expected: &[ClosedRun], name: &str) -> usize {
    let mut damaged = 0;
    for run in found {
        let was = expected.iter().find(|was| was.number == run.number);
        match (&run.found, was) {
            (
                Found::Row(row),
                Some(ClosedRun {
                    found: Found::Row(was),
                    ..
                }),
            ) => {
                assert_eq!(row, was, "{name}");
            }
            (Found::Row(_), _) => panic!("{name}: a run {} that never was", run.number),
            (Found::Run(_) | Found::Damaged { .. }, _) => damaged += 1,
        }
    }
    damaged
}

#[tokio::test]
async fn a_flipped_byte_is_refused_or_was_of_no_meaning() {
    let batches = played(3, 150).await;
    let mut scratch = Scratch::new();
    for batch in &batches {
        scratch.commit(batch);
    }
    let expected = text(&scratch.reopened().loaded);
    let rows = closed(&scratch.file("")).unwrap();
    assert!(rows.len() > 1, "{} closed runs", rows.len());
    let whole = scratch.closed_file();
    let folder = Folder::new();
    let path = folder.file("a.db");
    let mut random = Random::new(7);
    let (mut refused, mut same, mut late) = (0, 0, 0);
    for number in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(if number % 2 == 0 { 1 } else { 64 }) {
            let place = random.below(bytes.len());
            bytes[place] ^= 1 << random.below(8);
        }
        fs::write(&path, &bytes).unwrap();
        match Sqlite::open(&path, Durability::Normal, CURRENT) {
            Ok((mut disk, loaded)) => {
                assert_eq!(text(&loaded), expected, "file {number}");
                match closed(&path) {
                    Ok(found) => late += damaged_rows(found, &rows, &format!("file {number}")),
                    Err(_) => late += 1,
                }
                same += 1;
                disk.close();
            }
            Err(
                StoreError::Damaged { .. }
                | StoreError::Foreign { .. }
                | StoreError::Newer { .. }
                | StoreError::Io { .. },
            ) => refused += 1,
            Err(other) => panic!("file {number}: {other}"),
        }
        for ending in ["-wal", "-shm"] {
            // What was refused may have left a log.
            let _ = fs::remove_file(folder.file(&format!("a.db{ending}")));
        }
    }
    assert!(
        refused > 100 && same > 0 && late > 0,
        "{refused} refused, {same} the same, {late} rows damaged"
    );
}

#[tokio::test]
async fn a_torn_log_holds_a_beginning_of_what_was_committed() {
    let batches = played(5, 40).await;
    let mut scratch = Scratch::new();
    let mut states = BTreeSet::from([text(&scratch.reopened().loaded)]);
    for batch in &batches {
        scratch.commit(batch);
        states.insert(text(&scratch.reopened().loaded));
    }
    let [file, log] = ["", "-wal"].map(|ending| fs::read(scratch.file(ending)).unwrap());
    assert!(
        log.len() > 100_000,
        "a log of {} bytes tells little",
        log.len()
    );
    let folder = Folder::new();
    let path = folder.file("a.db");
    let mut random = Random::new(11);
    let mut seen = BTreeSet::new();
    for number in 0..80 {
        let end = random.below(log.len());
        let mut torn = log[..end].to_vec();
        if number % 2 == 1 && end > 0 {
            // The last page was written in part.
            let place = end - 1 - random.below(end.min(4096));
            torn[place] ^= 0xFF;
        }
        fs::write(&path, &file).unwrap();
        fs::write(folder.file("a.db-wal"), &torn).unwrap();
        let (mut disk, loaded) = match Sqlite::open(&path, Durability::Normal, CURRENT) {
            Ok(opened) => opened,
            // The log ended before the tables were made.
            Err(error) => panic!("log of {end} bytes: {error}"),
        };
        let found = text(&loaded);
        assert!(
            states.contains(&found),
            "log of {end} bytes: a state that never was"
        );
        seen.insert(found);
        disk.close();
    }
    assert!(seen.len() > 10, "only {} states were met", seen.len());
}
