//! Files that a broken disk left: each is refused, or holds what was written.

use std::collections::BTreeSet;
use std::fs;

use crate::driver::tests::played;
use crate::engine::fuzz::Random;
use crate::store::schema::CURRENT;
use crate::store::scratch::{Folder, Scratch};
use crate::store::sqlite::Sqlite;
use crate::store::{Disk, Durability, Loaded, StoreError};

/// All of what was loaded, as text.
fn text(loaded: &Loaded) -> String {
    format!("{loaded:?}")
}

#[tokio::test]
async fn a_flipped_byte_is_refused_or_was_of_no_meaning() {
    let batches = played(3, 60).await;
    let mut scratch = Scratch::new();
    for batch in &batches {
        scratch.commit(batch);
    }
    let expected = text(&scratch.reopened().loaded);
    let whole = scratch.closed_file();
    let folder = Folder::new();
    let path = folder.file("a.db");
    let mut random = Random::new(7);
    let (mut refused, mut same) = (0, 0);
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
        refused > 100 && same > 0,
        "{refused} refused, {same} the same"
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
