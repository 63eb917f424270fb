//! A store in memory that remembers every commit, so that a service can begin again from any of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::held;
use crate::engine::execution::saved::{PartKey, PartKind, Stored, StoredRow};
use crate::engine::time::Time;
use crate::store::{
    Archive, Batch, ClosedRun, Disk, DiskError, Found, Loaded, LoadedRun, Opened, Progress, RunKey,
    Store,
};

/// Remembers changes in the order of their commits.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<Vec<Batch>>>);

impl Recorder {
    pub(super) fn count(&self) -> usize {
        held(&self.0).len()
    }

    pub(super) fn batches(&self) -> Vec<Batch> {
        held(&self.0).clone()
    }

    /// One that has the first changes only.
    pub(super) fn first(&self, count: usize) -> Self {
        Self(Arc::new(Mutex::new(held(&self.0)[..count].to_vec())))
    }

    /// How many runs there are in the end.
    pub(super) fn stored_runs(&self) -> usize {
        Contents::of(&held(&self.0)).runs.len()
    }

    /// What records of a kind there are in the end.
    pub(super) fn records(&self, of: &str) -> Vec<Bytes> {
        let records = Contents::of(&held(&self.0)).records.into_iter();
        records
            .filter(|((kind, _), _)| *kind == of)
            .map(|(_, body)| body)
            .collect()
    }

    /// A store that goes on with what is remembered.
    pub(super) fn opened(&self) -> Opened {
        Opened {
            loaded: Contents::of(&held(&self.0)).loaded(),
            store: Store::start(
                Box::new(self.clone()),
                Box::new(self.clone()),
                "recorded".as_ref(),
            ),
        }
    }
}

impl Disk for Recorder {
    fn commit(&mut self, group: &mut dyn Iterator<Item = &Batch>) -> Result<(), DiskError> {
        held(&self.0).extend(group.cloned());
        Ok(())
    }

    fn close(&mut self) {}
}

impl Archive for Recorder {
    fn read(&mut self, number: u64) -> Result<Stored, DiskError> {
        let contents = Contents::of(&held(&self.0));
        let run = contents.runs.get(&number).ok_or_else(|| DiskError {
            text: "it is not there".into(),
            ..DiskError::default()
        })?;
        Ok(run.stored(|_| true))
    }

    fn closed_between(
        &mut self,
        (after, until): (u64, u64),
        most: usize,
    ) -> Result<Vec<ClosedRun>, DiskError> {
        let contents = Contents::of(&held(&self.0));
        let wanted = |number: u64| after < number && number <= until;
        let closed = contents.runs.values();
        Ok(closed
            .filter(|run| wanted(run.key.number))
            .filter_map(Kept::closed_run)
            .take(most)
            .collect())
    }

    fn closed_of(&mut self, workflow_id: &str) -> Result<Vec<ClosedRun>, DiskError> {
        let contents = Contents::of(&held(&self.0));
        let runs = contents.runs.values();
        Ok(runs
            .filter(|run| *run.key.workflow_id == *workflow_id)
            .filter_map(Kept::closed_run)
            .collect())
    }

    fn close(&mut self) {}
}

/// What all changes together come to.
#[derive(Debug, Default)]
struct Contents {
    runs: BTreeMap<u64, Kept>,
    messages: BTreeMap<u64, Bytes>,
    records: BTreeMap<(&'static str, String), Bytes>,
    progress: Option<Progress>,
}

#[derive(Debug)]
struct Kept {
    key: RunKey,
    closed: Option<Time>,
    /// All but the parts.
    rest: Stored,
    parts: BTreeMap<PartKey, Bytes>,
    row: Option<Bytes>,
}

impl Contents {
    fn of(batches: &[Batch]) -> Self {
        let mut contents = Self::default();
        for batch in batches {
            contents.add(batch);
        }
        contents
    }

    fn add(&mut self, batch: &Batch) {
        for (key, change) in &batch.runs {
            let run = self.runs.entry(key.number).or_insert_with(|| Kept {
                key: key.clone(),
                closed: None,
                rest: Stored {
                    workflow_id: key.workflow_id.to_string(),
                    run_id: key.run_id.to_string(),
                    birth: change.birth.clone().expect("a run begins with its birth"),
                    ..Stored::default()
                },
                parts: BTreeMap::new(),
                row: None,
            });
            run.closed = change.closed;
            run.rest.core.clone_from(&change.core);
            run.rest.transitions = change.transitions;
            let events = change.events.iter().map(|event| (**event).clone());
            run.rest.events.events.extend(events);
            run.rest.events.batches.extend_from_slice(&change.batches);
            for (key, body) in &change.parts {
                match body {
                    Some(body) => drop(run.parts.insert(key.clone(), body.clone())),
                    None => drop(run.parts.remove(key)),
                }
            }
        }
        for (number, _, row) in &batch.rows {
            let run = self.runs.get_mut(number).expect("a row is of a run");
            run.row = Some(row.clone());
        }
        self.messages.extend(batch.sent.iter().cloned());
        for number in &batch.delivered {
            self.messages.remove(number);
        }
        for number in &batch.removed {
            self.runs.remove(number);
        }
        for (kind, key, body) in &batch.records {
            match body {
                Some(body) => drop(self.records.insert((kind, key.clone()), body.clone())),
                None => drop(self.records.remove(&(*kind, key.clone()))),
            }
        }
        self.progress = batch.progress.or(self.progress);
    }

    fn loaded(&self) -> Loaded {
        let open = self.runs.values().filter(|run| run.closed.is_none());
        let runs = open.map(|run| LoadedRun {
            key: run.key.clone(),
            closed: None,
            stored: run.stored(|_| true),
        });
        let records = self.records.iter();
        Loaded {
            runs: runs.collect(),
            messages: self.messages.clone().into_iter().collect(),
            records: records
                .map(|((kind, key), body)| ((*kind).to_owned(), key.clone(), body.clone()))
                .collect(),
            progress: self.progress,
        }
    }
}

impl Kept {
    fn closed_run(&self) -> Option<ClosedRun> {
        self.closed?;
        let row = self.row.clone().expect("a closed run has a row");
        Some(ClosedRun {
            number: self.key.number,
            found: Found::Row(Box::new(StoredRow::read(row).unwrap())),
        })
    }

    fn stored(&self, wanted: impl Fn(PartKind) -> bool) -> Stored {
        let parts = self.parts.iter().filter(|(key, _)| wanted(key.kind));
        Stored {
            parts: parts
                .map(|(key, body)| (key.clone(), body.clone()))
                .collect(),
            ..self.rest.clone()
        }
    }
}
