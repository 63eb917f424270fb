//! A service that has begun, and has not read its closed runs yet: whoever asks is told the same.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rusqlite::Connection;
use temporal_protos::command::StartChildWorkflowExecutionCommandAttributes;
use temporal_protos::common::{WorkflowExecution, WorkflowType};
use temporal_protos::enums::{
    CommandType, EventType, WorkflowExecutionStatus, WorkflowIdReusePolicy as Reuse,
};
use temporal_protos::history::history_event::Attributes;
use temporal_protos::taskqueue::TaskQueue;
use temporal_protos::workflowservice::*;
use tonic::Code;

use super::closed::run;
use super::memory::Recorder;
use super::{START, World};
use crate::driver::PollingWorker;
use crate::store::scratch::{Folder, Scratch, Troubled};
use crate::store::{Durability, Store};

const RUNS: usize = 12;

/// What was stored of a service with so many closed runs, one of each workflow.
async fn recorded() -> Recorder {
    let recorder = Recorder::default();
    let mut world = World::with(1, recorder.opened());
    run(&mut world, 0..RUNS).await;
    recorder
}

fn of(workflow_id: &str) -> Option<WorkflowExecution> {
    Some(WorkflowExecution {
        workflow_id: workflow_id.into(),
        ..Default::default()
    })
}

fn start(workflow_id: &str, reuse: Reuse) -> StartWorkflowExecutionRequest {
    StartWorkflowExecutionRequest {
        namespace: "default".into(),
        workflow_id: workflow_id.into(),
        workflow_type: Some(WorkflowType {
            name: "probe".into(),
        }),
        task_queue: Some(TaskQueue {
            name: "q".into(),
            ..TaskQueue::default()
        }),
        request_id: format!("again {workflow_id}"),
        workflow_id_reuse_policy: reuse.into(),
        ..Default::default()
    }
}

/// How much is read before each call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reading {
    All,
    One,
    Nothing,
}

/// Asks everything that depends on closed runs, and notes the answers. Returns what is random in them, too.
#[expect(clippy::too_many_lines, reason = "one call after the other")]
async fn ask(world: &mut World, reading: Reading) -> (Vec<String>, String) {
    let namespace = || "default".to_owned();
    let mut answers = Vec::new();
    macro_rules! call {
        ($method:ident, $request:expr) => {
            match reading {
                Reading::All => world.load(),
                Reading::One => drop(world.driver.load_some(1)),
                Reading::Nothing => {}
            }
            let answer = world.client.$method($request).await;
            let answer = answer.map(tonic::Response::into_inner);
            answers.push(format!("{answer:?}"));
        };
    }
    let describe = |id: &str| DescribeWorkflowExecutionRequest {
        namespace: namespace(),
        execution: of(id),
    };
    call!(describe_workflow_execution, describe("w11"));
    call!(describe_workflow_execution, describe("none"));
    let history = GetWorkflowExecutionHistoryRequest {
        namespace: namespace(),
        execution: of("w10"),
        ..Default::default()
    };
    call!(get_workflow_execution_history, history);
    call!(
        start_workflow_execution,
        start("w9", Reuse::RejectDuplicate)
    );
    call!(
        start_workflow_execution,
        start("w8", Reuse::AllowDuplicateFailedOnly)
    );
    call!(start_workflow_execution, start("w7", Reuse::AllowDuplicate));
    let signal = SignalWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_execution: of("w6"),
        signal_name: "s".into(),
        ..Default::default()
    };
    call!(signal_workflow_execution, signal);
    let request = start("w5", Reuse::RejectDuplicate);
    let signal_with_start = SignalWithStartWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_id: request.workflow_id,
        workflow_type: request.workflow_type,
        task_queue: request.task_queue,
        signal_name: "s".into(),
        workflow_id_reuse_policy: request.workflow_id_reuse_policy,
        ..Default::default()
    };
    call!(signal_with_start_workflow_execution, signal_with_start);
    let reset = ResetWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_execution: of("w4"),
        workflow_task_finish_event_id: 4,
        request_id: "reset".into(),
        ..Default::default()
    };
    call!(reset_workflow_execution, reset);
    let delete = |id: &str| DeleteWorkflowExecutionRequest {
        namespace: namespace(),
        workflow_execution: of(id),
    };
    call!(delete_workflow_execution, delete("w3"));
    call!(describe_workflow_execution, describe("w3"));
    call!(
        start_workflow_execution,
        start("w3", Reuse::RejectDuplicate)
    );
    call!(delete_workflow_execution, delete("w2"));
    let (events, random) = start_child_of_known_id(world).await;
    answers.push(events);
    let list = ListWorkflowExecutionsRequest {
        namespace: namespace(),
        ..Default::default()
    };
    call!(list_workflow_executions, list);
    let count = CountWorkflowExecutionsRequest {
        namespace: namespace(),
        query: "GROUP BY ExecutionStatus".into(),
    };
    call!(count_workflow_executions, count);
    world.settle().await;
    answers.push(world.dump());
    (answers, random)
}

/// A workflow starts a child whose id a closed run has, and must not have it again. Returns its history, and the id of
/// the poll in it, which is random.
async fn start_child_of_known_id(world: &mut World) -> (String, String) {
    let mut request = start("parent", Reuse::AllowDuplicate);
    request.task_queue = Some(TaskQueue {
        name: "parents".into(),
        ..TaskQueue::default()
    });
    world
        .client
        .start_workflow_execution(request)
        .await
        .unwrap();
    let worker = PollingWorker {
        identity: "worker",
        instance: "",
        rate: None,
        build: None,
    };
    let polled = world.driver.poll_workflow_task(
        &world.namespace,
        "parents",
        worker,
        std::time::Duration::ZERO,
    );
    let polled = polled.await.unwrap().expect("it was started");
    let task = polled.task.into_proto();
    let child = StartChildWorkflowExecutionCommandAttributes {
        workflow_id: "w1".into(),
        workflow_type: Some(WorkflowType { name: "c".into() }),
        workflow_id_reuse_policy: Reuse::RejectDuplicate.into(),
        ..Default::default()
    };
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: task.task_token,
        commands: vec![temporal_protos::command::Command {
            command_type: CommandType::StartChildWorkflowExecution.into(),
            attributes: Some(child.into()),
            ..Default::default()
        }],
        ..Default::default()
    };
    let answer = world.client.respond_workflow_task_completed(request).await;
    answer.unwrap();
    let history = GetWorkflowExecutionHistoryRequest {
        namespace: "default".into(),
        execution: of("parent"),
        ..Default::default()
    };
    let page = world.client.get_workflow_execution_history(history).await;
    let events = page.unwrap().into_inner().history.unwrap().events;
    let failed = EventType::StartChildWorkflowExecutionFailed;
    assert!(events.iter().any(|event| event.event_type() == failed));
    let poll = events.iter().find_map(|event| match &event.attributes {
        Some(Attributes::WorkflowTaskStartedEventAttributes(started)) => Some(&started.request_id),
        _ => None,
    });
    (
        format!("{events:?}"),
        poll.expect("a task was polled").clone(),
    )
}

#[tokio::test]
async fn calls_are_answered_the_same_however_much_was_read_before() {
    let recorder = recorded().await;
    let stored = recorder.count();
    let mut told = Vec::new();
    for reading in [Reading::All, Reading::One, Reading::Nothing] {
        let recorder = recorder.first(stored);
        let mut world = World::with(1, recorder.opened());
        let (answers, random) = ask(&mut world, reading).await;
        drop(world);
        // What was deleted before it was read is gone from the store, and stays so.
        let again = World::with(1, recorder.opened());
        assert!(again.newest_run("w2").is_none());
        assert_eq!(again.dump(), answers[answers.len() - 1], "{reading:?}");
        let answers = answers
            .iter()
            .map(|answer| answer.replace(&random, "random"));
        told.push(answers.collect::<Vec<_>>());
    }
    for (place, answer) in told[0].iter().enumerate() {
        assert_eq!(told[1][place], *answer, "answer {place}, one by one");
        assert_eq!(told[2][place], *answer, "answer {place}, nothing read");
    }
    // Closed runs do make a difference to these.
    let expected = [
        (0, "Ok("),
        (1, "NotFound"),
        (3, "AlreadyExists"),
        (4, "AlreadyExists"),
        (5, "Ok("),
        (6, "NotFound"),
        (7, "AlreadyExists"),
        (8, "Ok("),
        (9, "Ok("),
        (10, "NotFound"),
        (11, "Ok("),
    ];
    for (place, text) in expected {
        let answer = &told[0][place];
        assert!(answer.contains(text), "answer {place}: {answer}");
    }
}

#[tokio::test]
async fn a_list_waits_until_all_runs_are_known() {
    let recorder = recorded().await;
    let world = World::with(1, recorder.opened());
    let mut waits = pin!(world.driver.loaded());
    let mut is_ready = || {
        let mut context = Context::from_waker(Waker::noop());
        matches!(waits.as_mut().poll(&mut context), Poll::Ready(Ok(())))
    };
    for number in 0..=RUNS {
        assert!(!is_ready(), "after {number} runs");
        let more = world.driver.load_some(1).unwrap();
        assert_eq!(more, number < RUNS);
    }
    assert!(is_ready());
    assert_eq!(world.run_ids().len(), RUNS);
}

#[tokio::test]
async fn runs_of_a_namespace_that_was_deleted_meanwhile_go_when_they_are_read() {
    let recorder = recorded().await;
    let world = World::with(1, recorder.opened());
    // Two are known by then.
    world.driver.load_some(1).unwrap();
    world.driver.find(&world.namespace, "w7").unwrap();
    let directory = &world.driver.directory;
    directory
        .write(|namespaces| namespaces.delete("default", "").map(drop))
        .unwrap();
    directory.index().remove_namespace(&world.namespace.id);
    world.driver.forget_namespace(&world.namespace);
    world.load();
    world.settle().await;
    assert_eq!(recorder.stored_runs(), 0);
    assert_eq!(world.run_ids(), [""; 0]);
    assert_eq!(world.workflow_ids(), [""; 0]);
}

#[tokio::test]
async fn retention_and_the_bound_of_bytes_wait_for_the_oldest() {
    let recorder = recorded().await;
    let limits = super::Limits {
        closed_bytes: 5000,
        ..super::Limits::default()
    };
    let world = World::limited(1, recorder.opened(), START, limits);
    world.driver.find(&world.namespace, "w11").unwrap();
    world.driver.load_some(10).unwrap();
    world.driver.bound_closed_runs();
    // The rows are too many; but which of them is the oldest is not known yet.
    assert_eq!(world.driver.directory.index().rows().len(), 11);
    world.load();
    world.settle().await;
    let ids = world.workflow_ids();
    assert_eq!(recorder.stored_runs(), ids.len());
    assert!((4..8).contains(&ids.len()), "{ids:?}");
    assert!(ids.contains(&"w11".to_owned()) && !ids.contains(&"w0".to_owned()));
}

/// A file with closed runs, and what is shown of them.
async fn file() -> (Scratch, String) {
    let recorder = recorded().await;
    let mut file = Scratch::new();
    for batch in recorder.batches() {
        file.commit(&batch);
    }
    let world = World::with(1, file.reopened());
    let dump = world.dump();
    (file, dump)
}

fn change(file: &Scratch, sql: &str) {
    let connection = Connection::open(file.file("")).unwrap();
    assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
}

#[tokio::test]
async fn a_damaged_row_is_made_again_and_a_damaged_run_says_so_to_whoever_asks() {
    let (file, dump) = file().await;
    // The fourth run: three numbers are given out for each, so it is found by its id.
    let of_w3 = "(SELECT number FROM runs WHERE workflow_id = 'w3')";
    change(
        &file,
        &format!("UPDATE closed_runs SET body = substr(body, 2) WHERE number = {of_w3}"),
    );
    for asked_first in [false, true] {
        let world = World::with(1, file.reopened());
        assert_eq!(asked_first, asked_first && world.newest_run("w3").is_some());
        assert_eq!(world.dump(), dump, "it says the same");
    }
    change(
        &file,
        &format!("UPDATE runs SET birth = substr(birth, 2) WHERE number = {of_w3}"),
    );
    for asked_first in [false, true] {
        let mut world = World::with(1, file.reopened());
        if !asked_first {
            world.load();
        }
        let request = DescribeWorkflowExecutionRequest {
            namespace: "default".into(),
            execution: of("w3"),
        };
        let refusal = world.client.describe_workflow_execution(request).await;
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.code(), Code::DataLoss);
        let text = refusal.message();
        assert!(text.contains("does not match its checksum"), "{text}");
        assert!(text.contains("DeleteWorkflowExecution"), "{text}");
        assert!(
            text.starts_with("run ") && !text.starts_with("run  "),
            "{text}"
        );
        // Neither may its id be used again: what its end allows is not known.
        let again = start("w3", Reuse::AllowDuplicateFailedOnly);
        let refusal = world.client.start_workflow_execution(again).await;
        assert_eq!(refusal.unwrap_err().code(), Code::DataLoss);
        assert_eq!(world.run_ids().len(), RUNS - 1);
        let others = DescribeWorkflowExecutionRequest {
            namespace: "default".into(),
            execution: of("w4"),
        };
        let described = world.client.describe_workflow_execution(others).await;
        let info = described.unwrap().into_inner().workflow_execution_info;
        let status = info.unwrap().status();
        assert_eq!(status, WorkflowExecutionStatus::Completed);
    }
}

/// What a row may hold instead of what was written.
const CUT: &str = "substr(birth, 2)";
const OF_ANOTHER_TYPE: &str = "7";

/// A file with a damaged run; what lists show of it is damaged as well if that is wanted.
async fn damaged(workflow_id: &str, row_too: bool, birth: &str) -> (Folder, PathBuf) {
    let (file, _) = file().await;
    let of_it = format!("(SELECT number FROM runs WHERE workflow_id = '{workflow_id}')");
    if row_too {
        let sql = "UPDATE closed_runs SET body = substr(body, 2) WHERE number = ";
        change(&file, &format!("{sql}{of_it}"));
    }
    change(
        &file,
        &format!("UPDATE runs SET birth = {birth} WHERE number = {of_it}"),
    );
    let folder = Folder::new();
    let path = folder.file("a.db");
    std::fs::write(&path, file.closed_file()).unwrap();
    (folder, path)
}

/// How many runs a file holds.
fn stored(path: &Path) -> usize {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT count(*) FROM runs";
    let count = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    count.unwrap().try_into().unwrap()
}

#[tokio::test]
async fn a_damaged_run_can_be_deleted() {
    let mut cases = Vec::new();
    for birth in [CUT, OF_ANOTHER_TYPE] {
        cases.extend([(birth, false, false), (birth, false, true)]);
        cases.extend([(birth, true, false), (birth, true, true)]);
    }
    for (birth, row_too, loads_first) in cases {
        let (_folder, path) = damaged("w3", row_too, birth).await;
        let mut world = World::with(1, Troubled::open(&path).0);
        if loads_first {
            world.load();
        }
        let request = DeleteWorkflowExecutionRequest {
            namespace: "default".into(),
            workflow_execution: of("w3"),
        };
        let deleted = world.client.delete_workflow_execution(request).await;
        deleted.unwrap();
        let again = start("w3", Reuse::RejectDuplicate);
        let started = world.client.start_workflow_execution(again).await;
        assert!(started.unwrap().into_inner().started);
        assert_eq!(world.run_ids().len(), RUNS);
        drop(world);
        let world = World::with(1, Troubled::open(&path).0);
        assert!(world.newest_run("w3").is_some());
        assert_eq!((stored(&path), world.run_ids().len()), (RUNS, RUNS));
    }
}

#[tokio::test]
async fn a_damaged_run_goes_with_the_retention() {
    let hour = std::time::Duration::from_secs(3600);
    for row_too in [false, true] {
        let (_folder, path) = damaged("w3", row_too, CUT).await;
        for (hours, left) in [(23, RUNS), (25, 0)] {
            let shown = START + hour * hours;
            let limits = super::Limits::default();
            let world = World::limited(1, Troubled::open(&path).0, shown, limits);
            world.load();
            world.settle().await;
            drop(world);
            assert_eq!(stored(&path), left, "after {hours} hours");
        }
    }
}

#[tokio::test]
async fn closed_runs_of_a_file_of_version_1_are_known_and_their_rows_are_written() {
    let (file, dump) = file().await;
    let folder = Folder::new();
    let path = folder.file("a.db");
    std::fs::write(&path, file.closed_file()).unwrap();
    // What version 1 had not.
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE closed_runs; DROP INDEX open_runs; PRAGMA user_version = 1; PRAGMA journal_mode = DELETE",
        )
        .unwrap();
    let tables = |connection: &Connection| {
        let mut found = connection
            .prepare("SELECT sql FROM sqlite_schema ORDER BY name")
            .unwrap();
        let rows = found.query_map([], |row| row.get::<_, Option<String>>(0));
        rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let first = Connection::open_in_memory().unwrap();
    first
        .execute_batch(include_str!("../../store/schema_1.sql"))
        .unwrap();
    assert_eq!(tables(&connection), tables(&first));
    drop(connection);

    let rows = |path: &Path| {
        let connection = Connection::open(path).unwrap();
        let sql = "SELECT count(*), count(body) FROM closed_runs";
        connection
            .query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
            .unwrap()
    };
    for (begun, written) in [(0, 1), (1, RUNS as i64), (2, RUNS as i64)] {
        let opened = crate::store::open(&path, Durability::Normal, &[]).unwrap();
        let store = std::sync::Arc::clone(&opened.store);
        let world = World::with(1, opened);
        // Of the first start only one call is left.
        if begun == 0 {
            assert!(world.newest_run("w5").is_some());
        } else {
            assert_eq!(world.dump(), dump, "start {begun}");
        }
        world.settle().await;
        drop(world);
        Store::end(&store);
        assert_eq!(rows(&path), (RUNS as i64, written), "start {begun}");
    }
    assert!(folder.file("a.db.schema-1.backup").exists());
}
