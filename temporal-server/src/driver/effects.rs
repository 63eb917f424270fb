//! Performs the effects of a request, while the workflow is still locked; what others must hear is put aside.

use std::sync::Arc;
use std::time::Duration;

use super::entry::{Cell, Chain, Entry};
use super::keeping::Sent;
use super::task::Task;
use super::{Driver, held};
use crate::engine::effect::{Effect, UpdateView};
use crate::engine::execution::Run;
use crate::engine::execution::start::NewRun;
use crate::engine::matching::Level;
use crate::engine::timers::TimerKey;

impl Driver {
    /// Performs effects of the run at `place`. Returns what is to be said to other workflows.
    pub(super) fn perform(
        &self,
        entry: &Arc<Entry>,
        chain: &mut Chain,
        place: usize,
        effects: Vec<Effect>,
    ) -> Vec<Sent> {
        let mut outbox = Vec::new();
        let mut effects = effects;
        let ahead = chain.cells[place].run.time_skipping.ahead;
        self.bound(&mut chain.cells[place], &mut effects);
        let sooner = self.skip_time(&mut chain.cells[place].run, &mut effects);
        self.keep(entry, chain, place);
        for effect in effects {
            self.perform_one(entry, chain, place, (ahead, effect), &mut outbox);
        }
        if let Some(sooner) = sooner {
            held(&self.timers).hasten_run(chain.cells[place].serial, sooner);
            self.timers_changed.notify_one();
        }
        self.count(&mut chain.cells[place]);
        chain.cells[place].wake();
        outbox
    }

    /// Ends a run that is too large, and notes what an open one takes.
    fn bound(&self, cell: &mut Cell, effects: &mut Vec<Effect>) {
        if !cell.run.is_running() {
            return;
        }
        let state = cell.run.state_bytes();
        if let Some(why) = cell.run.too_large(state, &self.limits) {
            let ahead = cell.run.time_skipping.ahead;
            let ((), more) =
                self.in_context_of(ahead, |ctx| cell.run.terminate_by_service(ctx, why));
            effects.extend(more);
        }
        let bytes = cell.run.memory_bytes(state);
        held(&self.open_runs).weigh(cell.serial, bytes);
    }

    /// Lets the time of a run jump, if it may. What follows joins the effects of the request.
    fn skip_time(&self, run: &mut Run, effects: &mut Vec<Effect>) -> Option<Duration> {
        if !run.time_skipping.known {
            return None;
        }
        let ahead = run.time_skipping.ahead;
        let (sooner, more) = self.in_context_of(ahead, |ctx| run.skip_time(ctx));
        effects.extend(more);
        sooner
    }

    fn perform_one(
        &self,
        entry: &Arc<Entry>,
        chain: &mut Chain,
        place: usize,
        (ahead, effect): (Duration, Effect),
        outbox: &mut Vec<Sent>,
    ) {
        let cell = &mut chain.cells[place];
        let serial = cell.serial;
        match effect {
            Effect::AddWorkflowTask {
                sticky,
                normal,
                stamp,
            } => {
                let level = Level::of([None, cell.run.start.priority.as_ref()]);
                self.add_workflow_task(entry, serial, sticky, &normal, (stamp, level));
            }
            Effect::AddActivityTask {
                queue,
                scheduled_event_id,
                stamp,
            } => {
                let task = Task::Activity {
                    entry: entry.clone(),
                    serial,
                    scheduled_event_id,
                    stamp,
                    level: cell.run.activity_level(scheduled_event_id),
                };
                self.add_task(&entry.namespace, &queue, task);
            }
            Effect::SetTimer(timer, at) => {
                self.set_timer(TimerKey::Run(serial, timer), at.minus(ahead));
            }
            Effect::ClearTimer(timer) => held(&self.timers).clear(TimerKey::Run(serial, timer)),
            Effect::ClearTimers => {
                held(&self.timers).clear_run(serial);
                self.run_closed(entry, serial, &cell.run);
            }
            Effect::Send(message) => outbox.push(self.send(chain, message)),
            Effect::Visibility => self.directory.show(cell.run.visibility_row()),
            Effect::QueryAnswered(id, answer) => self.query_answered(&id, answer),
            Effect::QueryDirect(id) => self.query_goes_direct(&id),
            Effect::UpdateChanged(update, view) => self.update_changed(serial, update, view),
            Effect::Successor(next) => outbox.extend(self.begin_successor(entry, chain, *next)),
        }
    }

    /// Adds the run that follows the newest one.
    fn begin_successor(&self, entry: &Arc<Entry>, chain: &mut Chain, next: NewRun) -> Vec<Sent> {
        let (run, effects) = self.in_context_of(next.ahead(), |ctx| {
            let mut run = Run::new(ctx, entry.namespace.clone(), &entry.workflow_id, next);
            run.begin_run(ctx);
            run
        });
        self.add_run(entry, chain, run, effects)
    }

    /// Adds a run to its workflow, and performs what its start asks for.
    pub(super) fn add_run(
        &self,
        entry: &Arc<Entry>,
        chain: &mut Chain,
        run: Run,
        effects: Vec<Effect>,
    ) -> Vec<Sent> {
        let mut run = run;
        let serial = self.next_serial();
        held(&self.open_runs).insert(serial, entry);
        let mark = self.store.is_some().then(|| run.track());
        let mut cell = Cell::new(run, serial);
        cell.mark = mark.map(Box::new);
        let place = chain.add(cell);
        self.perform(entry, chain, place, effects)
    }

    /// Brings the counts of what is under way up to date with a run.
    pub(super) fn count(&self, cell: &mut Cell) {
        if !self.skipping.is_enabled() {
            return;
        }
        let (work, activities) = cell.run.in_flight();
        self.skipping.add_work(work - cell.counted.0);
        self.skipping.add_activities(activities - cell.counted.1);
        if (work, activities) != cell.counted {
            cell.counted = (work, activities);
            self.timers_changed.notify_one();
        }
    }

    /// A run is gone: nothing of it is under way.
    pub(super) fn uncount(&self, cell: &Cell) {
        self.skipping.add_work(-cell.counted.0);
        self.skipping.add_activities(-cell.counted.1);
        self.timers_changed.notify_one();
    }

    fn update_changed(&self, run: u64, update: u64, view: UpdateView) {
        let ends = !matches!(view, UpdateView::Admitted | UpdateView::Accepted);
        let mut waiting = held(&self.updates);
        if let Some(sender) = waiting.get(&(run, update)) {
            sender.send_replace(view);
        }
        if ends {
            waiting.remove(&(run, update));
        }
    }

    /// Removes a run, and the workflow with its last one.
    pub(super) fn remove_run(&self, entry: &Arc<Entry>, serial: u64) {
        // The map is locked first, so that nobody adds a run to a workflow that is being forgotten.
        let mut shard = self.shard(&entry.namespace, &entry.workflow_id);
        let mut chain = entry.lock();
        let Some(place) = chain.place_of(serial) else {
            return;
        };
        let mut cell = chain.cells.remove(place);
        self.drop_kept(&mut chain, serial);
        self.directory.hide(&entry.namespace, cell.run.run_id());
        cell.wake();
        chain.forgotten = chain.cells.is_empty();
        if chain.forgotten {
            shard.remove(entry);
        }
    }
}
