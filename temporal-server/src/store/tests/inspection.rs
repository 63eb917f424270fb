//! Files with a flaw that no single row shows: small ones are refused, large ones are found out while they are used.

use std::sync::{Arc, Condvar, Mutex};

use rusqlite::Connection;

use crate::engine::refusal::Refusal;
use crate::store::disk::Inspector;
use crate::store::scratch::{Folder, Nowhere};
use crate::store::{DiskError, Durability, Store, StoreError, open};

/// Makes a file with a record of so many bytes, and a run that has a state and no beginning.
fn make(path: &std::path::Path, bytes: usize) {
    let opened = open(path, Durability::Normal, &[]).unwrap();
    let body = vec![b'x'; bytes].into();
    opened.store.begin().batch().put("kind", "key", body);
    opened.store.end();
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch("INSERT INTO states VALUES (7, 1, 1, x'00')")
        .unwrap();
}

#[test]
fn a_small_file_with_a_flaw_is_refused() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    make(&path, 100);
    let error = open(&path, Durability::Normal, &[]).unwrap_err();
    let StoreError::Damaged { reason, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(reason, "1 runs have no beginning");
}

#[tokio::test]
async fn a_large_file_with_a_flaw_takes_no_changes_once_it_is_found() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    make(&path, 5 << 20);
    let opened = open(&path, Durability::Normal, &[]).unwrap();
    let store = opened.store;
    store.begin().batch().put("kind", "before", "it".into());
    assert_eq!(store.settled().await, Ok(()));
    store.begin_inspection();
    while !store.is_failing() {
        std::thread::yield_now();
    }
    let told = |refusal: Result<(), Refusal>| match refusal {
        Err(Refusal::Unavailable(text)) => {
            assert!(
                text.contains("because it is damaged (1 runs have no beginning)"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    };
    told(store.check_writable());
    store.begin().batch().put("kind", "after", "it".into());
    told(store.settled().await);
    store.end();
    let records = open(&path, Durability::Normal, &[]).unwrap().loaded.records;
    let keys: Vec<_> = records.iter().map(|(_, key, _)| key.as_str()).collect();
    assert_eq!(keys, ["before", "key"]);
}

/// An inspection that lasts until it is interrupted.
#[derive(Debug, Clone, Default)]
struct Endless(Arc<(Mutex<bool>, Condvar)>);

impl Inspector for Endless {
    fn inspect(&mut self) -> Result<Option<String>, DiskError> {
        let ends = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(ends, |ends| !*ends).unwrap());
        Err(DiskError {
            text: "interrupted".into(),
            ..DiskError::default()
        })
    }

    fn interrupt(&self) -> Box<dyn Fn() + Send + Sync> {
        let shared = self.0.clone();
        Box::new(move || {
            *shared.0.lock().unwrap() = true;
            shared.1.notify_all();
        })
    }
}

#[test]
fn a_store_that_ends_does_not_wait_for_the_inspection() {
    for begins in [true, false] {
        let store = Store::start(Box::new(Nowhere), Box::new(Nowhere), "nowhere".as_ref());
        store.plan_inspection(Box::new(Endless::default()));
        if begins {
            store.begin_inspection();
        }
        store.end();
        assert!(!store.is_failing());
        // Nor does one begin afterwards.
        store.begin_inspection();
    }
}
