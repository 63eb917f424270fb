//! A file of a test, in a folder that goes with it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::sqlite::{Reader, Sqlite};
use super::{Archive, Batch, ClosedRun, Disk, DiskError, Durability, Opened, Store, schema};
use crate::engine::execution::saved::Stored;

/// A file that changes are written to one by one, and that can be looked at after each.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: Folder,
    disk: Sqlite,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        let path = folder.file("scratch.db");
        let (disk, _) = Sqlite::open(&path, Durability::Normal, schema::CURRENT).unwrap();
        Self { folder, disk }
    }

    pub(crate) fn commit(&mut self, batch: &Batch) {
        self.disk.commit(&mut [batch].into_iter()).unwrap();
    }

    /// What is in the file now, with a store that forgets.
    pub(crate) fn reopened(&self) -> Opened {
        Opened {
            loaded: self.disk.load().unwrap(),
            store: Store::start(
                Box::new(Nowhere),
                Box::new(Reader::open(&self.folder.file("scratch.db")).unwrap()),
                &self.folder,
            ),
        }
    }
}

impl Scratch {
    /// The file, or one beside it.
    pub(crate) fn file(&self, ending: &str) -> PathBuf {
        self.folder.file(&format!("scratch.db{ending}"))
    }

    /// The bytes of the file after its end.
    pub(crate) fn closed_file(mut self) -> Vec<u8> {
        self.disk.close();
        std::fs::read(self.file("")).unwrap()
    }
}

/// What there is on a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Plenty,
    /// The file may not grow.
    None,
    /// Whatever is written fails.
    Broken,
}

/// A file on a disk that may be full, or fail.
#[derive(Debug)]
pub(crate) struct Troubled {
    disk: Sqlite,
    room: Arc<Mutex<Room>>,
}

impl Troubled {
    /// What this file holds, with a store that goes on with it, and what decides about its disk.
    pub(crate) fn open(path: &Path) -> (Opened, Arc<Mutex<Room>>) {
        let (disk, loaded) = Sqlite::open(path, Durability::Full, schema::CURRENT).unwrap();
        let reader = Reader::open(path).unwrap();
        let room = Arc::new(Mutex::new(Room::Plenty));
        let troubled = Self {
            disk,
            room: room.clone(),
        };
        let store = Store::start(Box::new(troubled), Box::new(reader), path);
        (Opened { store, loaded }, room)
    }
}

impl Disk for Troubled {
    fn commit(&mut self, group: &mut dyn Iterator<Item = &Batch>) -> Result<(), DiskError> {
        let room = *self.room.lock().unwrap();
        match room {
            Room::Plenty => self.disk.limit_pages(u32::MAX - 1),
            // It is never less than there are.
            Room::None => self.disk.limit_pages(1),
            Room::Broken => {
                return Err(DiskError {
                    text: "disk I/O error".into(),
                    ..DiskError::default()
                });
            }
        }
        self.disk.commit(group)
    }

    fn close(&mut self) {
        self.disk.close();
    }
}

/// Takes everything, and keeps nothing.
#[derive(Debug)]
pub(crate) struct Nowhere;

impl Archive for Nowhere {
    fn read(&mut self, number: u64) -> Result<Stored, DiskError> {
        unreachable!("run {number} never left the memory")
    }

    fn closed_between(&mut self, _: (u64, u64), _: usize) -> Result<Vec<ClosedRun>, DiskError> {
        Ok(Vec::new())
    }

    fn closed_of(&mut self, _: &str) -> Result<Vec<ClosedRun>, DiskError> {
        Ok(Vec::new())
    }

    fn close(&mut self) {}
}

impl Disk for Nowhere {
    fn commit(&mut self, _: &mut dyn Iterator<Item = &Batch>) -> Result<(), DiskError> {
        Ok(())
    }

    fn close(&mut self) {}
}

/// A folder of its own, removed at the end. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Folder(Arc<Removed>);

#[derive(Debug)]
struct Removed(PathBuf);

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.0.0
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0.0
    }
}

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "temporal-server-{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(Arc::new(Removed(path)))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.join(name)
    }
}

impl Drop for Removed {
    fn drop(&mut self) {
        // What is left over in a folder for temporary things harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
