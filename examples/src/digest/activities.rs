//! What touches the disk.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use temporal_runtime::prelude::*;

use super::FileName;

/// A file of at least so many bytes goes alone, and so many bytes at most go in one batch.
pub const LARGE: u64 = 16 * 1024 * 1024;

/// How many files one page of the listing has at most: with long names it stays well below the limit of a payload.
const PAGE: usize = 4_000;

/// How many bytes of names one page has at most.
const PAGE_BYTES: usize = 512 * 1024;

/// How much is read between two heartbeats.
const CHUNK: usize = 1024 * 1024;

/// A file of the listing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) name: FileName,
    pub(super) bytes: u64,
}

/// Files that go together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) files: Vec<FileName>,
}

/// What became of a batch.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) failed: Vec<FileName>,
}

/// The files below a folder that come after a name, in order, as many as a page holds.
#[activity(
    task_queue = "digest",
    start_to_close = "10m",
    heartbeat = "30s",
    max_attempts = 3
)]
pub(super) fn list_page(
    ctx: &ActivityContext,
    folder: PathBuf,
    after: Option<FileName>,
) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    walk(ctx, &folder, Path::new(""), &mut found)?;
    found.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
    let start = match after {
        Some(after) => found.partition_point(|e| e.name.as_bytes() <= after.as_bytes()),
        None => 0,
    };
    let mut bytes = 0;
    let page = found
        .split_off(start)
        .into_iter()
        .take(PAGE)
        .take_while(|entry| {
            bytes += entry.name.as_bytes().len() * 4;
            bytes < PAGE_BYTES
        });
    Ok(page.collect())
}

fn walk(ctx: &ActivityContext, folder: &Path, below: &Path, found: &mut Vec<Entry>) -> Result<()> {
    ctx.heartbeat(found.len());
    let here = folder.join(below);
    let entries = fs::read_dir(&here).map_err(|e| named(&here, &e))?;
    for entry in entries {
        let entry = entry.map_err(|e| named(&here, &e))?;
        let relative = below.join(entry.file_name());
        let kind = entry.file_type().map_err(|e| named(&entry.path(), &e))?;
        if kind.is_dir() {
            walk(ctx, folder, &relative, found)?;
        } else {
            // of a link, what it points to; a dangling one is found out when it is read
            let bytes = fs::metadata(entry.path()).map_or(0, |m| m.len());
            found.push(Entry {
                name: FileName::new(&relative),
                bytes,
            });
        }
    }
    Ok(())
}

/// Digests a batch into its part file. What cannot be read is named, and does not stop the rest.
#[activity(
    task_queue = "digest",
    start_to_close = "2h",
    heartbeat = "30s",
    max_attempts = 3
)]
pub(super) fn digest_batch(
    ctx: &ActivityContext,
    folder: PathBuf,
    output: PathBuf,
    part: usize,
    batch: Batch,
) -> Result<Done> {
    let mut done = Done::default();
    let mut lines = Vec::new();
    for name in batch.files {
        match digest(ctx, &name.in_folder(&folder)) {
            Ok((digest, bytes)) => {
                lines.extend(name.line(&digest));
                done.files += 1;
                done.bytes += bytes;
            }
            Err(e) if e.is_cancelled() => return Err(e),
            Err(_) => done.failed.push(name),
        }
    }
    write_part(&output, &format!("{part:08}"), &lines)?;
    Ok(done)
}

/// Digests one file that failed in its batch; the retry policy gives it time to come back.
#[activity(
    task_queue = "digest",
    start_to_close = "2h",
    heartbeat = "30s",
    max_attempts = 3,
    initial_interval = "200ms"
)]
pub(super) fn digest_one(
    ctx: &ActivityContext,
    folder: PathBuf,
    output: PathBuf,
    nth: usize,
    name: FileName,
) -> Result<u64> {
    let (digest, bytes) = digest(ctx, &name.in_folder(&folder))?;
    write_part(&output, &format!("retried-{nth:08}"), &name.line(&digest))?;
    Ok(bytes)
}

/// Joins the parts into the result, in the order of the names; gives the SHA-256 of the result.
#[activity(task_queue = "digest", start_to_close = "30m", max_attempts = 3)]
pub(super) fn assemble(output: PathBuf) -> Result<String> {
    let parts = parts_folder(&output);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    if parts.is_dir() {
        for part in fs::read_dir(&parts)? {
            let text = fs::read(part?.path())?;
            lines.extend(text.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec));
        }
    }
    // an escaped line begins with a backslash that is not part of its name
    let name_of = |line: &[u8]| {
        line.iter()
            .position(|b| *b == b' ')
            .map_or(line.to_vec(), |at| line[at..].to_vec())
    };
    lines.sort_by_key(|line| name_of(line));
    let text = lines.concat();
    fs::write(&output, &text).map_err(|e| named(&output, &e))?;
    if parts.is_dir() {
        fs::remove_dir_all(&parts)?;
    }
    Ok(hex(&Sha256::digest(&text)))
}

fn digest(ctx: &ActivityContext, path: &Path) -> Result<(String, u64)> {
    let mut file = File::open(path).map_err(|e| reason(path, &e))?;
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let read = file.read(&mut buffer).map_err(|e| reason(path, &e))?;
        if read == 0 {
            return Ok((hex(&hasher.finalize()), bytes));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
        ctx.heartbeat(bytes);
        ctx.check_cancelled()?;
    }
}

/// Why a file could not be read, in words of its own.
fn reason(path: &Path, error: &io::Error) -> Error {
    let is_link = fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_symlink());
    let text = match error.kind() {
        io::ErrorKind::NotFound if is_link => "a link to nothing".to_owned(),
        io::ErrorKind::NotFound => "it vanished after it was listed".to_owned(),
        io::ErrorKind::IsADirectory => "a link to a folder, which is not followed".to_owned(),
        _ => error.to_string(),
    };
    ApplicationError::new(text).error_type("CannotRead").into()
}

fn named(path: &Path, error: &io::Error) -> Error {
    ApplicationError::new(format!("{}: {error}", path.display()))
        .error_type("CannotRead")
        .into()
}

fn parts_folder(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".parts");
    name.into()
}

/// Written under another name first, so that an attempt that dies leaves no half part.
fn write_part(output: &Path, name: &str, lines: &[u8]) -> Result<()> {
    let folder = parts_folder(output);
    fs::create_dir_all(&folder).map_err(|e| named(&folder, &e))?;
    let (part, unfinished) = (
        folder.join(name),
        folder.with_extension(format!("{name}.tmp")),
    );
    let mut file = File::create(&unfinished)?;
    file.write_all(lines)?;
    file.sync_all()?;
    fs::rename(&unfinished, &part)?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
