//! Why a file cannot be used, and what to do about it.

use std::path::PathBuf;

/// Why a service cannot keep its data in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// Another service uses the file.
    InUse {
        /// The file.
        path: PathBuf,
        /// The process that uses it, if it says so.
        pid: Option<u32>,
    },
    /// A newer version of this service made the file.
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The newest that this service knows.
        known: i64,
    },
    /// The file belongs to something else.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        found: String,
    },
    /// The file is damaged.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What failed.
        reason: String,
    },
    /// There is no room for what a start writes.
    Full {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file cannot be opened, read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// This build keeps everything in memory.
    NotBuilt {
        /// The file that was asked for.
        path: PathBuf,
    },
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse { path, pid } => {
                write!(f, "{} is in use", path.display())?;
                if let Some(pid) = pid {
                    write!(f, " by process {pid}")?;
                }
                write!(f, ": stop that service, or take another file")
            }
            Self::Newer { path, found, known } => write!(
                f,
                "{} was written by a newer temporal-server (schema {found}, this one knows {known}): update this one, or \
                 use the backup that the newer one made beside the file when it changed it",
                path.display()
            ),
            Self::Foreign { path, found } => write!(
                f,
                "{} is no file of temporal-server but {found}: take another name, nothing was changed",
                path.display()
            ),
            Self::Damaged { path, reason } => write!(
                f,
                "{} is damaged ({reason}): nothing was changed; put a backup in its place, or move it away and begin \
                 with an empty one",
                path.display()
            ),
            Self::Full { path, reason } => write!(
                f,
                "there is no room for {} ({reason}): free some and start again; what was kept is there as it was",
                path.display()
            ),
            Self::Io { path, reason } => write!(
                f,
                "cannot use {}: {reason}; it must be a file that this user may read and write, in a folder where files \
                 may be made",
                path.display()
            ),
            Self::NotBuilt { path } => write!(
                f,
                "cannot keep data in {}: this build has no store; build it with the feature `sqlite` of temporal-server \
                 (`sqlite` of temporal-runtime)",
                path.display()
            ),
        }
    }
}

impl std::error::Error for StoreError {}
