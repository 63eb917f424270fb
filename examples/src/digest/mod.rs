//! `digest FOLDER`: the SHA-256 of every file below a folder, as a durable workflow.
//!
//! The listing is an activity and comes in pages; files go in batches, with at most N batches in work at once. The
//! digests themselves never travel through the history: each batch writes a part file, and the last activity joins the
//! parts. What cannot be read is tried again alone, and then reported by name with the reason.

mod activities;
mod name;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use temporal_runtime::prelude::*;

use self::activities::{Batch, Done, Entry, assemble, digest_batch, digest_one, list_page};
pub use self::{activities::LARGE, name::FileName};

/// What to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// The folder.
    pub folder: PathBuf,
    /// Where the result goes; a folder beside it, with `.parts` added, holds the parts until then.
    pub output: PathBuf,
    /// How many batches are in work at once.
    pub parallel: usize,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Files with a digest.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The SHA-256 of the result file.
    pub total: String,
    /// Files without a digest, and why.
    pub failed: Vec<Failed>,
}

/// A file without a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Its name below the folder.
    pub name: FileName,
    /// Why.
    pub reason: String,
}

/// How far it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Whether the listing is complete.
    pub listed: bool,
    /// Files found.
    pub files: u64,
    /// Bytes found.
    pub bytes: u64,
    /// Files digested or given up.
    pub files_done: u64,
    /// Bytes digested.
    pub bytes_done: u64,
    /// Whether no new batch starts.
    pub paused: bool,
}

/// The workflow.
#[workflow(task_queue = "digest")]
#[derive(Debug, Default)]
pub struct Digest {
    progress: Progress,
    parallel: usize,
    failed: Vec<Failed>,
}

#[workflow]
impl Digest {
    /// Digests every file below a folder.
    #[run]
    async fn run(wf: &mut Wf<Self>, request: Request) -> Result<Report> {
        wf.parallel = wf.parallel.max(request.parallel).max(1);
        let batches = Self::list(wf, &request).await?;
        wf.progress.listed = true;
        let retried = Self::digest(wf, &request, batches).await?;
        Self::retry(wf, &request, retried).await?;
        wf.wait(|s| !s.progress.paused).await?;
        let total = wf.execute(assemble::with(request.output.clone())).await?;
        Ok(Report {
            files: wf.progress.files_done - wf.failed.len() as u64,
            bytes: wf.progress.bytes_done,
            total,
            failed: wf.failed.clone(),
        })
    }

    /// All pages of the listing, cut into batches.
    async fn list(wf: &mut Wf<Self>, request: &Request) -> Result<Vec<Batch>> {
        let mut batches = Vec::new();
        let mut after: Option<FileName> = None;
        loop {
            let page = wf
                .execute(list_page::with(request.folder.clone(), after.clone()))
                .await?;
            let Some(last) = page.last() else {
                return Ok(batches);
            };
            after = Some(last.name.clone());
            wf.progress.files += page.len() as u64;
            wf.progress.bytes += page.iter().map(|e| e.bytes).sum::<u64>();
            batches.extend(batches_of(page));
        }
    }

    /// Runs the batches, at most `parallel` at once; what failed in them comes back.
    async fn digest(
        wf: &mut Wf<Self>,
        request: &Request,
        batches: Vec<Batch>,
    ) -> Result<Vec<FileName>> {
        let mut waiting = batches.into_iter().enumerate();
        let mut running = Vec::new();
        let mut failed = Vec::new();
        let mut more = true;
        loop {
            while more && running.len() < wf.parallel && !wf.progress.paused {
                match waiting.next() {
                    Some((part, batch)) => {
                        let call = digest_batch::with(
                            request.folder.clone(),
                            request.output.clone(),
                            part,
                            batch,
                        );
                        running.push(wf.start(call));
                    }
                    None => more = false,
                }
            }
            if running.is_empty() && !more {
                return Ok(failed);
            }
            if running.is_empty() {
                wf.wait(|s| !s.progress.paused).await?;
                continue;
            }
            if let Some((_, done)) = wf.next(&mut running).await {
                let done: Done = done?;
                wf.progress.files_done += done.files;
                wf.progress.bytes_done += done.bytes;
                failed.extend(done.failed);
            }
        }
    }

    /// Tries what failed once more, each file alone and with retries; what still fails is reported.
    async fn retry(wf: &mut Wf<Self>, request: &Request, names: Vec<FileName>) -> Result<()> {
        for (nth, name) in names.into_iter().enumerate() {
            wf.wait(|s| !s.progress.paused).await?;
            let call = digest_one::with(
                request.folder.clone(),
                request.output.clone(),
                nth,
                name.clone(),
            );
            match wf.execute(call).await {
                Ok(bytes) => wf.progress.bytes_done += bytes,
                Err(e) if e.is_cancelled() => return Err(e),
                Err(e) => {
                    let reason = e
                        .failure()
                        .and_then(|f| f.application())
                        .map_or_else(|| e.to_string(), ToString::to_string);
                    wf.failed.push(Failed { name, reason });
                }
            }
            wf.progress.files_done += 1;
        }
        Ok(())
    }

    /// No new batch starts until `resume`.
    #[signal]
    fn pause(&mut self) {
        self.progress.paused = true;
    }

    /// Goes on.
    #[signal]
    fn resume(&mut self) {
        self.progress.paused = false;
    }

    /// How far it is.
    #[query]
    fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Changes how many batches are in work at once, from the next batch on; gives the number before.
    #[update]
    fn set_parallel(&mut self, parallel: usize) -> Result<usize> {
        Ok(std::mem::replace(&mut self.parallel, parallel))
    }

    #[validator(set_parallel)]
    fn check_parallel(&self, parallel: &usize) -> Result<()> {
        if !(1..=256).contains(parallel) {
            return Err("between 1 and 256 batches can be in work at once".into());
        }
        Ok(())
    }
}

/// Small files together, large ones alone.
fn batches_of(page: Vec<Entry>) -> Vec<Batch> {
    const FILES: usize = 100;
    let mut batches: Vec<Batch> = Vec::new();
    let (mut files, mut bytes) = (Vec::new(), 0);
    for entry in page {
        if !files.is_empty() && (files.len() == FILES || bytes + entry.bytes > LARGE) {
            batches.push(Batch {
                files: std::mem::take(&mut files),
            });
            bytes = 0;
        }
        bytes += entry.bytes;
        files.push(entry.name);
    }
    if !files.is_empty() {
        batches.push(Batch { files });
    }
    batches
}
