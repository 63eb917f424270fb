//! Which files are taken, which are refused, and how an older one becomes today's.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::store::schema::{self, CURRENT};
use crate::store::scratch::Folder;
use crate::store::sqlite::Sqlite;
use crate::store::{Batch, Disk, Durability, StoreError, open};

fn refusal(path: &Path) -> StoreError {
    let before = fs::read(path).ok();
    let error = open(path, Durability::Full, &[]).unwrap_err();
    assert_eq!(fs::read(path).ok(), before, "a refused file was changed");
    error
}

/// Makes a file with one record.
fn make(path: &Path) {
    let (mut disk, loaded) = Sqlite::open(path, Durability::Full, CURRENT).unwrap();
    assert!(loaded.records.is_empty());
    let mut batch = Batch::default();
    batch.put("kind", "key", "body".into());
    disk.commit(&mut [&batch].into_iter()).unwrap();
    disk.close();
}

#[test]
fn a_file_is_made_private_and_found_again() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    make(&path);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let (_, loaded) = Sqlite::open(&path, Durability::Normal, CURRENT).unwrap();
    assert_eq!(
        loaded.records,
        [("kind".to_owned(), "key".to_owned(), "body".into())]
    );
}

#[test]
fn a_file_in_use_is_refused_with_the_process_that_has_it() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    let opened = open(&path, Durability::Full, &[]).unwrap();
    let error = open(&path, Durability::Full, &[]).unwrap_err();
    let pid = Some(std::process::id());
    assert_eq!(
        error,
        StoreError::InUse {
            path: path.clone(),
            pid
        }
    );
    assert!(
        error
            .to_string()
            .ends_with("stop that service, or take another file")
    );
    opened.store.end();
    open(&path, Durability::Full, &[]).unwrap();
}

#[test]
fn what_is_no_database_of_ours_is_refused() {
    let folder = Folder::new();
    let text = folder.file("letter.txt");
    fs::write(&text, "Dear Sir or Madam, ".repeat(500)).unwrap();
    let error = refusal(&text);
    assert!(matches!(error, StoreError::Foreign { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("take another name, nothing was changed")
    );

    let other = folder.file("other.db");
    let connection = Connection::open(&other).unwrap();
    connection
        .execute_batch("CREATE TABLE songs (name TEXT)")
        .unwrap();
    drop(connection);
    let error = refusal(&other);
    assert!(
        error
            .to_string()
            .contains("an SQLite database of another program"),
        "{error}"
    );
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    make(&path);
    Connection::open(&path)
        .unwrap()
        .execute_batch("PRAGMA user_version = 900")
        .unwrap();
    let error = refusal(&path);
    let known = CURRENT.len() as i64;
    assert_eq!(
        error,
        StoreError::Newer {
            path,
            found: 900,
            known
        }
    );
    assert!(error.to_string().contains("update this one"));
}

#[test]
fn a_file_that_cannot_be_made_or_written_says_why() {
    let folder = Folder::new();
    let nowhere = folder.file("no/such/folder/a.db");
    assert!(matches!(refusal(&nowhere), StoreError::Io { .. }));
    let error = refusal(&folder).to_string();
    assert!(error.contains("it is a folder"), "{error}");

    let path = folder.file("a.db");
    make(&path);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    // The administrator may write to everything.
    let may_write = fs::OpenOptions::new().write(true).open(&path).is_ok();
    let opened = open(&path, Durability::Full, &[]);
    match opened {
        Ok(_) => assert!(may_write),
        Err(error) => assert!(
            !may_write && matches!(error, StoreError::Io { .. }),
            "{error}"
        ),
    }
}

#[test]
fn an_older_file_becomes_todays_after_a_copy_was_made() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    make(&path);
    let newer = [CURRENT, &["CREATE TABLE later (one INTEGER)"]].concat();
    let (mut disk, loaded) = Sqlite::open(&path, Durability::Full, &newer).unwrap();
    assert_eq!(loaded.records.len(), 1);
    disk.close();
    let connection = Connection::open(&path).unwrap();
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, newer.len() as i64);
    drop(connection);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let copy = folder.file(&format!("a.db.schema-{}.backup", CURRENT.len()));
        let mode = fs::metadata(copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Today's service goes on with the copy, and refuses what the newer one made.
    let copy = folder.file(&format!("a.db.schema-{}.backup", CURRENT.len()));
    let (_, loaded) = Sqlite::open(&copy, Durability::Full, CURRENT).unwrap();
    assert_eq!(loaded.records.len(), 1);
    assert!(matches!(refusal(&path), StoreError::Newer { .. }));
}

#[test]
fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    make(&path);
    let broken: Vec<schema::Step> = [
        CURRENT,
        &[
            "CREATE TABLE later (one INTEGER)",
            "DROP TABLE that_is_not_there",
        ],
    ]
    .concat();
    Sqlite::open(&path, Durability::Full, &broken).unwrap_err();
    let (_, loaded) = Sqlite::open(&path, Durability::Full, CURRENT).unwrap();
    assert_eq!(loaded.records.len(), 1);
    let tables: i64 = Connection::open(&path)
        .unwrap()
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'later'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(tables, 0);
}

#[test]
fn a_file_without_room_takes_changes_again_once_there_is() {
    let folder = Folder::new();
    let path = folder.file("a.db");
    let (mut disk, _) = Sqlite::open(&path, Durability::Full, CURRENT).unwrap();
    disk.limit_pages(40);
    let batch = |number: usize| {
        let mut batch = Batch::default();
        batch.put("kind", &format!("{number:04}"), vec![b'x'; 3000].into());
        batch
    };
    let mut stored = 0;
    let error = loop {
        match disk.commit(&mut [&batch(stored)].into_iter()) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(error.full && stored > 5, "{stored} stored, then {error}");
    assert_eq!(disk.load().unwrap().records.len(), stored);
    disk.limit_pages(400);
    disk.commit(&mut [&batch(stored)].into_iter()).unwrap();
    disk.close();
    let (_, loaded) = Sqlite::open(&path, Durability::Full, CURRENT).unwrap();
    assert_eq!(loaded.records.len(), stored + 1);
}
