//! One program against one service and one worker, step by step. Who goes next follows from a number: the service's
//! clock stands, its ids follow from the number, and nothing happens but what is decided here.
//!
//! What is decided depends only on what the service has to hand out, so a worker with a cache and one without meet the
//! same world; unless they do something else, which is what is looked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use temporal_protos::{
    common::WorkflowExecution,
    enums::WorkflowTaskFailedCause,
    history::{HistoryEvent, history_event::Attributes},
    testservice::SleepRequest,
    workflowservice::{
        ListWorkflowExecutionsRequest, PollActivityTaskQueueResponse as ActivityTask,
        PollWorkflowTaskQueueResponse as WorkflowTask,
    },
};

use super::{
    auditor,
    compare::outline,
    generator::{Generator, Rng},
    interpreter::Interpreter,
    program::Program,
};
use crate::{
    app::App,
    client::{ArgumentList, Call, Client, ClientOptions, Untyped, WorkflowHandle, history},
    convert::{proto_duration, std_time},
    embedded::SkippingService,
    prelude::Duration,
    worker::{
        WorkerOptions,
        driven::{DrivenWorker, at_once},
    },
    workflow::BoxFuture,
};

const QUEUE: &str = "random-programs";
const ROOT: &str = "root";
/// A message came too late, or the run was terminated meanwhile.
const FOR_GOOD_REASON: [WorkflowTaskFailedCause; 2] = [
    WorkflowTaskFailedCause::UnhandledCommand,
    WorkflowTaskFailedCause::ForceCloseCommand,
];
/// No program takes so many steps.
const MOST_STEPS: u32 = 4000;
/// What a program waits for comes sooner than that, or never.
const LONGEST: Duration = Duration::from_secs(3 * 24 * 3600);

/// All runs of a world at its end: workflow id, run id, history.
pub(super) type Histories = BTreeMap<(String, String), Vec<HistoryEvent>>;

/// One service, one worker, and who talks to them.
struct World {
    worker: DrivenWorker,
    client: Client,
    rng: Rng,
    /// Started, and not yet processed.
    workflow_tasks: Vec<WorkflowTask>,
    activity_tasks: Vec<ActivityTask>,
    /// Calls that wait for the workflow, and whether they are queries.
    waiting: Vec<(bool, BoxFuture<()>)>,
    /// Messages that may still be sent.
    messages: u32,
    pokes: u32,
    asked_to_cancel: bool,
    /// Signals that the service has taken: workflow id, request id.
    acknowledged: BTreeSet<(String, String)>,
    /// `RANDOM_TRACE` is set: what happens is told.
    told: bool,
    _service: SkippingService,
}

/// Runs a program to its end with a worker that keeps so many runs.
pub(super) fn simulate(seed: u64, program: &Program, cache: usize) -> Result<Histories, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    // a task that is told to rest for the sake of others would let time pass
    runtime.block_on(tokio::task::unconstrained(async {
        let mut world = World::start(seed, program, cache).await?;
        world.run().await?;
        let histories = world.histories().await?;
        auditor::audit(&histories, &world.acknowledged)?;
        Ok(histories)
    }))
}

impl World {
    async fn start(seed: u64, program: &Program, cache: usize) -> Result<Self, String> {
        let service = SkippingService::simulated(seed)
            .await
            .map_err(|error| format!("no service: {error:?}"))?;
        let options = ClientOptions::new("")
            .namespace("default")
            .task_queue(QUEUE);
        let client = Client::over(service.connection(), options);
        let app = App::new().only_module("temporal_runtime::random_programs");
        let plan = app.registry().one_plan(QUEUE);
        let options = WorkerOptions::new().max_cached_workflows(cache);
        let worker = DrivenWorker::new(client.clone(), plan, options);
        client
            .start(Interpreter::with(program.clone()))
            .id(ROOT)
            .request_id("start")
            .await
            .map_err(|error| format!("not started: {error:?}"))?;
        let mut rng = Rng::new(!seed);
        Ok(Self {
            worker,
            client,
            messages: rng.small(7),
            rng,
            workflow_tasks: Vec::new(),
            activity_tasks: Vec::new(),
            waiting: Vec::new(),
            pokes: 0,
            asked_to_cancel: false,
            acknowledged: BTreeSet::new(),
            told: std::env::var_os("RANDOM_TRACE").is_some(),
            _service: service,
        })
    }

    async fn run(&mut self) -> Result<(), String> {
        for _ in 0..MOST_STEPS {
            if self.rng.percent(70) {
                self.take_tasks().await?;
            }
            self.look_at_calls().await;
            if self.asks() {
                self.take_tasks().await?;
                self.answer_queries().await;
                self.look_at_calls().await;
            }
            if !self.step().await? {
                return Ok(());
            }
        }
        let mut open = Vec::new();
        for ((workflow_id, run_id), is_open) in self.runs().await? {
            if is_open {
                let execution = WorkflowExecution {
                    workflow_id,
                    run_id,
                };
                let events = self.fetch(&execution).await?;
                open.push(format!(
                    "`{}`:\n{}",
                    execution.workflow_id,
                    outline(&events)
                ));
            }
        }
        Err(format!(
            "it is not over after {MOST_STEPS} steps; open are {}",
            open.join("\n")
        ))
    }

    /// Does one thing. Gives false if there is nothing left to do.
    async fn step(&mut self) -> Result<bool, String> {
        let tasks = u32::try_from(self.workflow_tasks.len()).unwrap_or_default();
        let acts = u32::try_from(self.activity_tasks.len()).unwrap_or_default();
        let talk = u32::from(self.messages > 0);
        if tasks + acts + talk == 0 {
            return self.idle().await;
        }
        // an activity may wait for its timeout, and a query that waits so long goes another way than one that does not
        let calm = u32::from(!self.asks());
        let weights = [
            tasks * 6,
            acts * 3 * calm,
            talk,
            u32::from(tasks == 0) * calm,
        ];
        let mut at = self.rng.small(weights.iter().sum());
        let choice = weights.iter().position(|weight| {
            let chosen = at < *weight;
            at = at.saturating_sub(*weight);
            chosen
        });
        match choice {
            Some(0) => {
                let place = self.rng.small(tasks) as usize;
                let task = self.workflow_tasks.remove(place);
                self.workflow_task(task).await;
            }
            Some(1) => {
                let place = self.rng.small(acts) as usize;
                let task = self.activity_tasks.remove(place);
                self.tell(|| format!("activity {} attempt {}", task.activity_id, task.attempt));
                self.worker.activity_task(task).await;
            }
            Some(2) => {
                self.messages -= 1;
                self.say_something().await;
            }
            None => {}
            Some(_) => {
                let time = self.rng.pick(&[1, 10, 60, 3600]);
                self.pass_time(Duration::from_secs(time)).await?;
            }
        }
        Ok(true)
    }

    async fn workflow_task(&mut self, task: WorkflowTask) {
        self.tell(|| {
            let id = task
                .workflow_execution
                .clone()
                .unwrap_or_default()
                .workflow_id;
            format!(
                "workflow task of {id}, started with {}",
                task.started_event_id
            )
        });
        self.worker.workflow_task(task).await;
    }

    /// Queries that are tasks of their own come first: one that waits while local activities take their time goes
    /// another way.
    async fn answer_queries(&mut self) {
        let (queries, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.workflow_tasks)
            .into_iter()
            .partition(|task| task.query.is_some());
        self.workflow_tasks = others;
        for query in queries {
            self.workflow_task(query).await;
        }
    }

    /// Nothing is at hand: tasks may wait in the queues, time may bring some, or else the workflows wait for us.
    async fn idle(&mut self) -> Result<bool, String> {
        self.take_tasks().await?;
        if self.has_tasks() || !self.pass_time(LONGEST).await? {
            return Ok(true);
        }
        if self.open_runs().await? == 0 || self.pokes > 60 {
            return Ok(false);
        }
        self.pokes += 1;
        self.tell(|| "nothing happens: poke all".to_owned());
        for (workflow_id, _) in self.runs().await?.keys() {
            let handle = self.client.workflow_by_name(workflow_id.clone());
            let id = format!("poke {}", self.pokes);
            self.signal(&handle, "poke", (), id).await;
        }
        Ok(true)
    }

    fn has_tasks(&self) -> bool {
        !self.workflow_tasks.is_empty() || !self.activity_tasks.is_empty()
    }

    /// Takes what the queues have, and sorts it, because the order of two queues is not the order of one.
    async fn take_tasks(&mut self) -> Result<(), String> {
        let mut tasks = self.worker.take_workflow_tasks().await;
        tasks.sort_by_key(|task| {
            let workflow = task.workflow_execution.clone().unwrap_or_default();
            (workflow.workflow_id, task.query.is_some())
        });
        for task in &tasks {
            self.check_attempt(task).await?;
        }
        self.workflow_tasks.append(&mut tasks);
        let mut acts = self.worker.take_activity_tasks().await;
        acts.sort_by_key(|task| {
            let workflow = task.workflow_execution.clone().unwrap_or_default();
            (workflow.workflow_id, task.activity_id.clone())
        });
        self.activity_tasks.append(&mut acts);
        Ok(())
    }

    /// A task that comes again has failed. Only a message that came too late may have made it fail.
    async fn check_attempt(&self, task: &WorkflowTask) -> Result<(), String> {
        if task.attempt < 2 {
            return Ok(());
        }
        let execution = task.workflow_execution.clone().unwrap_or_default();
        let events = self.fetch(&execution).await?;
        failed_task(&events).map_or(Ok(()), Err)
    }

    /// Lets time pass up to the next timer, but not more than so much. Gives whether nothing happened at all.
    async fn pass_time(&mut self, time: Duration) -> Result<bool, String> {
        self.tell(|| format!("time passes, {time:?} at most"));
        let before = self.now().await?;
        let request = SleepRequest {
            duration: Some(proto_duration(time)),
        };
        self.client
            .connection()
            .unlock_time_skipping_with_sleep(request, "", Call::Once)
            .await
            .map_err(|failure| format!("no sleep: {}", failure.message))?;
        self.take_tasks().await?;
        let passed = self.now().await?.duration_since(before);
        Ok(!self.has_tasks() && passed.is_ok_and(|passed| passed >= time))
    }

    async fn now(&self) -> Result<SystemTime, String> {
        let answer = self
            .client
            .connection()
            .get_current_time((), "", Call::Once);
        let answer = answer
            .await
            .map_err(|failure| format!("no time: {}", failure.message))?;
        Ok(answer
            .time
            .as_ref()
            .map_or(SystemTime::UNIX_EPOCH, std_time))
    }

    async fn look_at_calls(&mut self) {
        let mut left = Vec::new();
        for (is_query, mut call) in std::mem::take(&mut self.waiting) {
            if at_once(&mut call).await.is_none() {
                left.push((is_query, call));
            }
        }
        self.waiting = left;
    }

    /// A message for one of the workflows.
    async fn say_something(&mut self) {
        let runs = self.runs().await.unwrap_or_default();
        let ids: Vec<String> = runs
            .into_keys()
            .map(|(workflow_id, _)| workflow_id)
            .collect();
        let place = usize::from(self.rng.percent(30)) * self.rng.below(ids.len() as u64) as usize;
        let to: WorkflowHandle<Untyped> = self.client.workflow_by_name(if place == 0 {
            ROOT.to_owned()
        } else {
            ids[place].clone()
        });
        let id = format!("message {}", self.messages);
        let what = self.rng.small(100);
        self.tell(|| format!("{id} of kind {what} to {}", to.id()));
        match what {
            0..25 => self.signal(&to, "poke", (), id).await,
            25..35 => self.signal(&to, "cut", (), id).await,
            35..50 => {
                let steps = Generator::new(&mut self.rng).few_steps(&id);
                self.signal(&to, "also", (steps,), id).await;
            }
            50..70 => {
                let steps = Generator::new(&mut self.rng).few_steps(&id);
                self.call(async move { drop(to.update::<usize>("change", (steps,)).id(id).await) });
            }
            70..80 => {
                let more = self.rng.small(3);
                self.call(async move { drop(to.update::<u32>("add", (more,)).id(id).await) });
            }
            80..85 => {
                let none: Vec<super::program::Step> = Vec::new();
                self.call(async move { drop(to.update::<usize>("change", (none,)).id(id).await) });
            }
            // the service keeps one query for a task, and a client that is told so waits before it tries again, for which
            // no time passes here
            85..92 if self.asks() => {}
            85..92 => self.ask(async move { drop(to.query::<Vec<String>>("log", ()).await) }),
            _ if self.asked_to_cancel => {}
            _ => {
                self.asked_to_cancel = true;
                drop(to.cancel().await);
            }
        }
    }

    /// Sends a signal, now and then twice, as one does who has lost the answer.
    async fn signal(
        &mut self,
        to: &WorkflowHandle<Untyped>,
        name: &str,
        arguments: impl ArgumentList + Clone,
        id: String,
    ) {
        let times = 1 + u32::from(self.rng.percent(15));
        for _ in 0..times {
            // it may have ended
            let taken = to
                .signal(name, arguments.clone())
                .request_id(id.as_str())
                .await;
            if taken.is_ok() {
                self.acknowledged.insert((to.id().to_owned(), id.clone()));
            }
        }
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.told {
            eprintln!("{}", what());
        }
    }

    fn call(&mut self, call: impl Future<Output = ()> + Send + 'static) {
        self.waiting.push((false, Box::pin(call)));
    }

    /// A query waits for its answer.
    fn asks(&self) -> bool {
        self.waiting.iter().any(|(is_query, _)| *is_query)
    }

    fn ask(&mut self, query: impl Future<Output = ()> + Send + 'static) {
        self.waiting.push((true, Box::pin(query)));
    }

    // ---- what there is ------------------------------------------------------------------------------------------

    async fn fetch(&self, execution: &WorkflowExecution) -> Result<Vec<HistoryEvent>, String> {
        let (id, run) = (&execution.workflow_id, &execution.run_id);
        let fetched = history::fetch(&self.client, id, run).await;
        fetched.map_err(|failure| format!("no history: {}", failure.message))
    }

    /// All runs, and whether they are open.
    async fn runs(&self) -> Result<BTreeMap<(String, String), bool>, String> {
        let request = ListWorkflowExecutionsRequest {
            namespace: "default".to_owned(),
            page_size: 1000,
            ..Default::default()
        };
        let listed = self
            .client
            .connection()
            .list_workflow_executions(request, "default", Call::Once)
            .await
            .map_err(|failure| format!("no list: {}", failure.message))?;
        Ok(listed
            .executions
            .into_iter()
            .map(|row| {
                let open = row.close_time.is_none();
                let execution = row.execution.unwrap_or_default();
                ((execution.workflow_id, execution.run_id), open)
            })
            .collect())
    }

    async fn open_runs(&self) -> Result<usize, String> {
        Ok(self.runs().await?.values().filter(|open| **open).count())
    }

    async fn histories(&self) -> Result<Histories, String> {
        let mut histories = Histories::new();
        for (workflow_id, run_id) in self.runs().await?.into_keys() {
            let execution = WorkflowExecution {
                workflow_id: workflow_id.clone(),
                run_id: run_id.clone(),
            };
            let events = self.fetch(&execution).await?;
            if let Some(failed) = failed_task(&events) {
                return Err(failed);
            }
            histories.insert((workflow_id, run_id), events);
        }
        Ok(histories)
    }
}

/// What a history says of a task that failed for no good reason.
fn failed_task(events: &[HistoryEvent]) -> Option<String> {
    events.iter().find_map(|event| match &event.attributes {
        Some(Attributes::WorkflowTaskFailedEventAttributes(failed))
            if !FOR_GOOD_REASON.contains(&failed.cause()) =>
        {
            let message = failed.failure.as_ref().map(|failure| &failure.message);
            Some(format!(
                "a workflow task failed ({}): {}",
                failed.cause().as_str_name(),
                message.cloned().unwrap_or_default()
            ))
        }
        Some(Attributes::WorkflowTaskTimedOutEventAttributes(_)) => {
            Some("a workflow task timed out".to_owned())
        }
        _ => None,
    })
}
