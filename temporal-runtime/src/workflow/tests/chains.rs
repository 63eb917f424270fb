//! What a run knows of itself and of its chain: info, memo, search attributes, patches, random numbers; and how it goes
//! on as a new run.

use std::{collections::BTreeMap, time::SystemTime};

use temporal_protos::{
    command::{ContinueAsNewWorkflowExecutionCommandAttributes, command::Attributes as Do},
    common::{Memo, Payload as RawPayload, Payloads, SearchAttributes, WorkflowExecution},
    enums::SuggestContinueAsNewReason,
    history::*,
};

use super::{Driver, args};
use crate::{
    ContinueAsNewReason, ErrorKind, MemoUpdate, SearchAttributeKey, convert::Payload, prelude::*,
};

const STEP: SearchAttributeKey<String> = SearchAttributeKey::keyword("Step");
const TRIES: SearchAttributeKey<i64> = SearchAttributeKey::int("Tries");

impl Driver {
    /// The commands whose events answer nothing, and the one that ends a run for another.
    pub(super) fn perform_chain(&mut self, command: &Do) -> Option<String> {
        Some(match command {
            Do::RecordMarkerCommandAttributes(m) => {
                self.add(MarkerRecordedEventAttributes {
                    marker_name: m.marker_name.clone(),
                    details: m.details.clone(),
                    ..Default::default()
                });
                format!("record {}", m.marker_name)
            }
            Do::UpsertWorkflowSearchAttributesCommandAttributes(a) => {
                let fields = a.search_attributes.clone().unwrap_or_default();
                self.add(UpsertWorkflowSearchAttributesEventAttributes {
                    search_attributes: Some(fields.clone()),
                    ..Default::default()
                });
                let names: Vec<String> = fields.indexed_fields.into_keys().collect();
                format!("upsert {}", names.join(" "))
            }
            Do::ModifyWorkflowPropertiesCommandAttributes(a) => {
                let fields = a.upserted_memo.clone().unwrap_or_default();
                self.add(WorkflowPropertiesModifiedEventAttributes {
                    upserted_memo: Some(fields.clone()),
                    ..Default::default()
                });
                let keys: Vec<String> = fields.fields.into_keys().collect();
                format!("memo {}", keys.join(" "))
            }
            Do::ContinueAsNewWorkflowExecutionCommandAttributes(a) => {
                self.add(WorkflowExecutionContinuedAsNewEventAttributes::default());
                let words = format!("continue as {}", describe(a));
                self.closed = Some(words.clone());
                words
            }
            _ => return None,
        })
    }
}

fn describe(next: &ContinueAsNewWorkflowExecutionCommandAttributes) -> String {
    let seconds =
        |d: &Option<prost_types::Duration>| d.as_ref().map_or(0, |duration| duration.seconds);
    let text = |payload: &RawPayload| String::from_utf8_lossy(&payload.data).into_owned();
    let fields = |fields: &BTreeMap<String, RawPayload>| -> Vec<String> {
        let field = |(name, value): (&String, &RawPayload)| format!("{name}={}", text(value));
        fields.iter().map(field).collect()
    };
    let input = next.input.clone().unwrap_or_default().payloads;
    let input: Vec<String> = input.iter().map(text).collect();
    let memo = next.memo.clone().unwrap_or_default().fields;
    let attributes = next.search_attributes.clone().unwrap_or_default();
    let attempts = next.retry_policy.as_ref().map(|p| p.maximum_attempts);
    format!(
        "{}({}) on {} run {} task {} attempts {} memo {:?} attributes {:?}",
        next.workflow_type.clone().unwrap_or_default().name,
        input.join(", "),
        next.task_queue.clone().unwrap_or_default().name,
        seconds(&next.workflow_run_timeout),
        seconds(&next.workflow_task_timeout),
        attempts.unwrap_or_default(),
        fields(&memo),
        fields(&attributes.indexed_fields),
    )
}

fn memo(key: &str, value: &str) -> Memo {
    let value = value.to_owned().encode().expect("it has an encoding");
    Memo {
        fields: [(key.to_owned(), value)].into(),
    }
}

fn payloads(value: impl Payload) -> Payloads {
    Payloads {
        payloads: vec![value.encode().expect("it has an encoding")],
    }
}

fn attributes(update: impl IntoIterator<Item = crate::SearchAttributeUpdate>) -> SearchAttributes {
    SearchAttributes {
        indexed_fields: crate::SearchAttributes::updates(update),
    }
}

// ---- continue as new ------------------------------------------------------------------------------------------------

#[workflow]
async fn counts_down(wf: &mut Wf, left: u32) -> Result<u32> {
    wf.sleep(Duration::from_secs(1)).await?;
    if left == 0 {
        return Ok(0);
    }
    wf.upsert_memo(MemoUpdate::new().set("note", "changed"))?;
    wf.upsert_search_attributes([STEP.set("counted")]);
    wf.continue_as_new(counts_down::with(left - 1))
}

#[workflow(task_queue = "elsewhere")]
async fn is_somebody_else(_wf: &mut Wf, name: String) -> Result<String> {
    Ok(name)
}

#[workflow]
async fn becomes_another(wf: &mut Wf) -> Result<()> {
    let call = is_somebody_else::with("Ada")
        .run_timeout(Duration::from_secs(30))
        .task_timeout(Duration::from_secs(5))
        .retry_policy(RetryPolicy::new().maximum_attempts(2))
        .memo("why", "tired")
        .search_attributes([TRIES.set(2)]);
    wf.continue_as_new(call)
}

#[derive(Debug)]
struct Wrapped(Error);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrapped")
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[workflow]
async fn wraps_its_request(wf: &mut Wf) -> std::result::Result<(), Wrapped> {
    wf.continue_as_new(wraps_its_request::with())
        .map_err(Wrapped)
}

#[workflow]
async fn swallows_its_request(wf: &mut Wf) -> Result<String> {
    let asked: Result<()> = wf.continue_as_new(swallows_its_request::with());
    let error = asked.expect_err("it always is one");
    assert_eq!(error.kind(), ErrorKind::ContinueAsNew);
    Ok("stays".to_owned())
}

#[workflow]
async fn changes_the_chain(wf: &mut Wf) -> Result<()> {
    wf.continue_as_new(changes_the_chain::with().id("another"))
}

#[workflow]
#[derive(Default)]
struct EndsFromElsewhere;

#[workflow]
impl EndsFromElsewhere {
    #[run]
    async fn run(wf: &mut Wf<Self>, spawns: bool) -> Result<()> {
        if spawns {
            let task = wf.spawn(async |mut wf: Wf<Self>| -> Result<()> {
                wf.continue_as_new(Self::with(false))
            });
            wf.execute(task).await?;
        }
        wf.wait(|_| false).await
    }

    #[signal]
    async fn end(wf: &mut Wf<Self>, _now: bool) -> Result<()> {
        wf.continue_as_new(Self::with(false))
    }

    #[update]
    async fn end_and_tell(wf: &mut Wf<Self>, _now: bool) -> Result<()> {
        wf.continue_as_new(Self::with(false))
    }
}

#[test]
fn can_01_08_a_run_goes_on_with_its_own_options() {
    let arguments = vec![2_u32.encode().expect("a number")];
    let mut driver = Driver::start_with("counts_down", arguments, |started| {
        started.memo = Some(memo("note", "first"));
        started.search_attributes = Some(attributes([STEP.set("new"), TRIES.set(1)]));
        started.retry_policy = Some(RetryPolicy::new().maximum_attempts(3).to_proto());
    });
    driver.task();
    driver.fire("1");
    let commands = driver.task();
    assert_eq!(
        commands,
        [
            "memo note",
            "upsert Step",
            r#"continue as counts_down(1) on q run 0 task 0 attempts 3 memo ["note=\"first\""] attributes ["Step=\"counted\"", "Tries=1"]"#
        ]
    );
}

#[test]
fn a_run_goes_on_as_another_type_with_options_of_its_own() {
    let mut driver = Driver::start_with("becomes_another", vec![], |started| {
        started.memo = Some(memo("note", "first"));
        started.search_attributes = Some(attributes([STEP.set("new")]));
    });
    assert_eq!(
        driver.task(),
        [
            r#"continue as is_somebody_else("Ada") on elsewhere run 30 task 5 attempts 2 memo ["why=\"tired\""] attributes ["Tries=2"]"#
        ]
    );
}

#[test]
fn the_request_is_found_below_wrappers_and_nothing_if_it_is_swallowed() {
    let ended = |name: &str| Driver::start(name, vec![]).closed.expect("it ends");
    assert!(ended("wraps_its_request").starts_with("continue as wraps_its_request()"));
    assert_eq!(ended("swallows_its_request"), "complete \"stays\"");
}

#[test]
fn can_14_only_the_run_function_can_go_on_as_new() {
    let mut driver = Driver::start("EndsFromElsewhere", vec![false.encode().expect("a flag")]);
    driver.signal("end", true);
    let in_handler = driver.failing_task();
    assert!(
        in_handler.contains("the signal handler `end` of workflow `EndsFromElsewhere` panicked"),
        "{in_handler}"
    );
    let spawning = vec![true.encode().expect("a flag")];
    let in_task = Driver::start_without_task("EndsFromElsewhere", spawning).failing_task();
    let mut driver = Driver::start("EndsFromElsewhere", vec![false.encode().expect("a flag")]);
    driver.update("u1", "end_and_tell", true);
    let in_update = driver.failing_task();
    for message in [in_handler, in_update, in_task] {
        assert!(
            message.contains("only the run function can end the run"),
            "{message}"
        );
        assert!(message.contains("chains.rs:"), "{message}");
    }
}

#[test]
fn what_belongs_to_the_chain_cannot_change() {
    let message = Driver::start_without_task("changes_the_chain", vec![]).failing_task();
    assert!(
        message.contains("was given an id or an execution timeout"),
        "{message}"
    );
}

// ---- info -----------------------------------------------------------------------------------------------------------

#[workflow]
#[derive(Default)]
struct KnowsItself;

#[workflow]
impl KnowsItself {
    #[run]
    async fn run(wf: &mut Wf<Self>) -> Result<()> {
        wf.wait(|_| false).await
    }

    #[signal]
    fn go(&mut self, _now: bool) {}

    #[query]
    fn told(wf: &Wf<Self>) -> String {
        let info = wf.info();
        let known = (
            &info.continued_run_id,
            &info.cron_schedule,
            (info.execution_timeout, info.run_timeout, info.task_timeout),
            info.attempt,
            info.priority.key,
            info.headers
                .iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>(),
        );
        format!("{known:?} {:?} {:?}", info.parent, info.root)
    }

    /// What names the run, and what it was given.
    #[query]
    fn named(wf: &Wf<Self>) -> String {
        let info = wf.info();
        let names = [
            &info.namespace,
            &info.workflow_id,
            &info.run_id,
            &info.first_run_id,
            &info.workflow_type,
            &info.task_queue,
        ];
        let attempts = info.retry_policy.as_ref().map(|p| p.maximum_attempts);
        let times = [info.start_time, info.first_task_time]
            .map(|time| time.duration_since(SystemTime::UNIX_EPOCH));
        format!(
            "{names:?} {attempts:?} {:?} {:?} {:?} {}",
            times.map(|time| time.map(|t| t.as_secs()).unwrap_or_default()),
            info.memo.get::<String>("note").unwrap_or_default(),
            info.search_attributes.get(&STEP),
            info.target_version_changed,
        )
    }

    #[query]
    fn length(wf: &Wf<Self>) -> (u64, u64, bool, usize) {
        let info = wf.info();
        let reasons = info.continue_as_new_reasons.len();
        assert!(
            reasons == 0 || info.continue_as_new_reasons[0] == ContinueAsNewReason::HistoryLength
        );
        (
            info.history_length,
            info.history_size,
            info.continue_as_new_suggested,
            reasons,
        )
    }

    #[query]
    fn last(wf: &Wf<Self>) -> (Option<u32>, Option<String>) {
        let failure = wf.last_failure().map(|f| f.message().to_owned());
        (wf.last_completion_result().expect("a number"), failure)
    }
}

#[test]
fn wf_15_info_has_what_the_run_was_started_with() {
    let execution = |workflow_id: &str, run_id: &str| WorkflowExecution {
        workflow_id: workflow_id.to_owned(),
        run_id: run_id.to_owned(),
    };
    let seconds = |seconds| prost_types::Duration { seconds, nanos: 0 };
    let driver = Driver::start_with("KnowsItself", vec![], |started| {
        started.continued_execution_run_id = "before".to_owned();
        started.cron_schedule = "@daily".to_owned();
        started.workflow_execution_timeout = Some(seconds(0));
        started.workflow_run_timeout = Some(seconds(60));
        started.workflow_task_timeout = Some(seconds(10));
        started.attempt = 2;
        started.priority = Some(temporal_protos::common::Priority {
            priority_key: 2,
            ..Default::default()
        });
        started.header = Some(temporal_protos::common::Header {
            fields: [("trace".to_owned(), 1_u32.encode().expect("a number"))].into(),
        });
        started.parent_workflow_namespace = "home".to_owned();
        started.parent_workflow_execution = Some(execution("parent", "p"));
        started.root_workflow_execution = Some(execution("root", "o"));
    });
    let told: String = driver.query("told");
    assert_eq!(
        told,
        r#"(Some("before"), Some("@daily"), (None, Some(60s), 10s), 2, Some(2), ["trace"]) Some(WorkflowRun { namespace: "home", workflow_id: "parent", run_id: "p" }) Some(WorkflowRun { namespace: "", workflow_id: "root", run_id: "o" })"#
    );
}

#[test]
fn wf_15_info_names_the_run_and_what_it_was_given() {
    let mut driver = Driver::start_with("KnowsItself", vec![], |started| {
        started.first_execution_run_id = "first".to_owned();
        started.retry_policy = Some(RetryPolicy::new().maximum_attempts(3).to_proto());
        started.memo = Some(memo("note", "given"));
        started.search_attributes = Some(attributes([STEP.set("new")]));
    });
    driver.task_with(|task| task.target_worker_deployment_version_changed = true);
    assert_eq!(
        driver.query::<String>("named"),
        r#"["default", "w", "r", "first", "KnowsItself", "q"] Some(3) [1001, 1003] Some("given") Some("new") true"#
    );
}

#[test]
fn can_10_12_info_follows_the_length_of_history_task_by_task() {
    let mut driver = Driver::start("KnowsItself", vec![]);
    let length = |driver: &Driver| driver.query::<(u64, u64, bool, usize)>("length");
    assert_eq!(length(&driver), (3, 0, false, 0));
    driver.signal("go", true);
    driver.task_with(|task| {
        task.history_size_bytes = 5_000_000;
        task.suggest_continue_as_new = true;
        task.suggest_continue_as_new_reasons =
            vec![SuggestContinueAsNewReason::TooManyHistoryEvents.into()];
    });
    assert_eq!(length(&driver), (7, 5_000_000, true, 1));
}

#[test]
fn a_run_knows_how_the_one_before_it_ended() {
    let driver = Driver::start("KnowsItself", vec![]);
    assert_eq!(
        driver.query::<(Option<u32>, Option<String>)>("last"),
        (None, None)
    );
    let driver = Driver::start_with("KnowsItself", vec![], |started| {
        started.last_completion_result = Some(payloads(7_u32));
        started.continued_failure = Some(crate::failure::task_failure("no luck", None));
    });
    assert_eq!(
        driver.query::<(Option<u32>, Option<String>)>("last"),
        (Some(7), Some("no luck".to_owned()))
    );
}

// ---- memo and search attributes -------------------------------------------------------------------------------------

#[workflow]
async fn keeps_notes(wf: &mut Wf) -> Result<String> {
    let before = wf.memo().get::<String>("note")?;
    let update = MemoUpdate::new().set("note", "new").set("more", 1);
    wf.upsert_memo(update)?;
    wf.upsert_memo(MemoUpdate::new())?;
    wf.sleep(Duration::from_secs(1)).await?;
    wf.upsert_memo(MemoUpdate::new().remove("note"))?;
    wf.upsert_search_attributes([STEP.set("done"), TRIES.set(3)]);
    wf.upsert_search_attributes([TRIES.unset()]);
    wf.upsert_search_attributes([]);
    let memo = wf.memo();
    let keys: Vec<&str> = memo.keys().collect();
    let attributes = wf.search_attributes();
    Ok(format!(
        "{before:?} {keys:?} {:?} {:?}",
        attributes.get(&STEP),
        attributes.get(&TRIES)
    ))
}

#[test]
fn memo_and_search_attributes_are_changed_and_read() {
    let mut driver = Driver::start_with("keeps_notes", vec![], |started| {
        started.memo = Some(memo("note", "old"));
        started.search_attributes = Some(attributes([TRIES.set(1)]));
    });
    assert_eq!(driver.task(), ["memo more note", "start timer 1 1s"]);
    driver.fire("1");
    let commands = driver.task();
    assert_eq!(
        commands,
        [
            "memo note",
            "upsert Step Tries",
            "upsert Tries",
            r#"complete "Some(\"old\") [\"more\"] Some(\"done\") None""#
        ]
    );
}

// ---- patches --------------------------------------------------------------------------------------------------------

#[workflow]
async fn takes_changes(wf: &mut Wf, ids: Vec<String>) -> Result<Vec<bool>> {
    let mut taken = Vec::new();
    for id in &ids {
        taken.push(wf.patched(id));
        wf.sleep(Duration::from_secs(1)).await?;
        wf.deprecate_patch(id);
    }
    Ok(taken)
}

#[test]
fn changes_are_taken_once_and_replay() {
    let ids = vec!["a".to_owned(), "b".to_owned()];
    let mut driver = Driver::start("takes_changes", vec![ids.encode().expect("texts")]);
    let marked = ["record core_patch", "upsert TemporalChangeVersion"];
    assert_eq!(driver.log, [&marked[..], &["start timer 1 1s"]].concat());
    driver.fire("1");
    assert_eq!(driver.task(), [&marked[..], &["start timer 2 1s"]].concat());
    driver.fire("2");
    assert_eq!(driver.task(), ["complete [true,true]"]);
}

// ---- random numbers -------------------------------------------------------------------------------------------------

/// The lengths of its timers are random, so a replay with other numbers would not match.
#[workflow]
async fn throws_dice(wf: &mut Wf) -> Result<(Vec<u64>, String)> {
    let mut thrown = Vec::new();
    for _ in 0..2 {
        thrown.push(wf.random().range(1..=1_000_000));
        wf.sleep(Duration::from_secs(thrown[thrown.len() - 1]))
            .await?;
    }
    Ok((thrown, wf.uuid4()))
}

fn dice(original_run_id: &str, reset_to: Option<&str>) -> Vec<String> {
    let mut driver = Driver::start_with("throws_dice", vec![], |started| {
        started.original_execution_run_id = original_run_id.to_owned();
    });
    driver.task();
    driver.fire("1");
    if let Some(new_run_id) = reset_to {
        driver.add(WorkflowTaskFailedEventAttributes {
            new_run_id: new_run_id.to_owned(),
            ..Default::default()
        });
    }
    driver.task();
    driver.fire("2");
    driver.task();
    driver.log
}

#[test]
fn det_28_random_numbers_are_the_runs_own_and_replay() {
    let once = dice("run-1", None);
    assert_eq!(once, dice("run-1", None));
    assert_ne!(once, dice("run-2", None));
    let uuid = once[2].split('"').nth(1).expect("a uuid");
    let uuid = uuid::Uuid::parse_str(uuid).expect("a uuid");
    assert_eq!(uuid.get_version_num(), 4);
}

#[test]
fn det_28_a_reset_draws_new_numbers_from_there_on() {
    let once = dice("run-1", None);
    let reset = dice("run-1", Some("run-2"));
    assert_eq!(once[0], reset[0], "before the reset");
    assert_ne!(once[1], reset[1], "after it");
    assert_ne!(reset[1], dice("run-1", Some("run-3"))[1]);
}

#[workflow]
async fn draws_all_kinds(wf: &mut Wf) -> Result<bool> {
    let mut random = wf.random();
    let dice: Vec<u64> = (0..600).map(|_| random.range(1..=6)).collect();
    let each = (1..=6).all(|n| (60..140).contains(&dice.iter().filter(|d| **d == n).count()));
    let shares: Vec<f64> = (0..100).map(|_| random.f64()).collect();
    let heads = (0..200).filter(|_| random.bool()).count();
    let mut items: Vec<u32> = (0..20).collect();
    random.shuffle(&mut items);
    let shuffled = items.windows(2).any(|pair| pair[0] > pair[1]);
    items.sort_unstable();
    let all = random.range(..);
    Ok(each
        && shares.iter().all(|share| (0.0..1.0).contains(share))
        && (60..140).contains(&heads)
        && shuffled
        && items == (0..20).collect::<Vec<_>>()
        && random.choose(&[7]) == Some(&7)
        && random.choose::<u8>(&[]).is_none()
        && random.range(5..6) == 5
        && all != random.range(0..))
}

#[workflow]
async fn draws_from_nothing(wf: &mut Wf) -> Result<u64> {
    Ok(wf.random().range(3..3))
}

#[test]
fn random_numbers_come_in_all_kinds() {
    let ended = Driver::start("draws_all_kinds", vec![]).closed;
    assert_eq!(ended.as_deref(), Some("complete true"));
    let message = Driver::start_without_task("draws_from_nothing", vec![]).failing_task();
    assert!(message.contains("an empty range"), "{message}");
}

/// The workflow's clock stands in a task.
#[workflow]
async fn looks_at_the_clock(wf: &mut Wf) -> Result<bool> {
    let first: SystemTime = wf.info().first_task_time;
    Ok(wf.now() == first && wf.info().start_time < first)
}

#[test]
fn the_first_task_starts_after_the_run() {
    let ended = Driver::start("looks_at_the_clock", args([])).closed;
    assert_eq!(ended.as_deref(), Some("complete true"));
}
