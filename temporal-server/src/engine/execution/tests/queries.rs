//! Where queries go.

use temporal_protos::enums::{
    QueryRejectCondition as Condition, WorkflowExecutionStatus as Status,
};
use temporal_protos::query::{WorkflowQuery, WorkflowQueryResult};

use super::*;
use crate::engine::execution::query::QueryPath;

fn ask(bench: &mut Bench, id: &str, condition: Condition) -> Result<QueryPath, Refusal> {
    bench.ask(|run, ctx| run.query(ctx, id, WorkflowQuery::default(), condition, 5 * SECOND))
}

#[test]
fn rules_79_and_80_a_query_waits_only_for_a_pending_task() {
    let mut bench = Bench::start();
    assert_eq!(
        ask(&mut bench, "1", Condition::None),
        Ok(QueryPath::Buffered)
    );
    assert!(matches!(
        ask(&mut bench, "2", Condition::None),
        Err(Refusal::ResourceExhausted { .. })
    ));
    bench.poll();
    let answers = [("1".to_string(), WorkflowQueryResult::default())];
    bench
        .complete_with(Vec::new(), |r| r.query_results = answers.into())
        .unwrap();
    assert!(
        bench
            .effects
            .iter()
            .any(|e| matches!(e, Effect::QueryAnswered(id, Ok(_)) if id == "1"))
    );
    assert_eq!(ask(&mut bench, "3", Condition::None), Ok(QueryPath::Direct));
}

#[test]
fn rule_80_an_unanswered_query_goes_to_a_worker_directly() {
    let mut bench = Bench::start();
    ask(&mut bench, "1", Condition::None).unwrap();
    bench.step(vec![complete_workflow()]);
    assert!(
        bench
            .effects
            .iter()
            .any(|e| matches!(e, Effect::QueryDirect(id) if id == "1"))
    );
}

#[test]
fn rule_77_a_closed_run_may_be_what_the_caller_does_not_want() {
    let mut bench = Bench::start();
    bench.step(vec![complete_workflow()]);
    let rejected = Ok(QueryPath::Rejected(Status::Completed));
    assert_eq!(ask(&mut bench, "1", Condition::NotOpen), rejected);
    assert_eq!(
        ask(&mut bench, "2", Condition::NotCompletedCleanly),
        Ok(QueryPath::Direct)
    );
}

#[test]
fn rule_78_a_run_that_cannot_answer_yet_says_so() {
    let mut bench = Bench::start();
    bench.ask(|run, ctx| run.terminate_by_service(ctx, "gone"));
    assert!(matches!(
        ask(&mut bench, "1", Condition::None),
        Err(Refusal::WorkflowNotReady(_))
    ));
    let mut bench = Bench::start();
    for _ in 0..2 {
        bench.poll();
        bench.fail_task();
    }
    assert!(matches!(
        ask(&mut bench, "1", Condition::None),
        Err(Refusal::WorkflowNotReady(_))
    ));
}

#[test]
fn rule_78_a_query_waits_for_a_first_task_that_comes_in_time() {
    let delayed = |delay: Duration| {
        Bench::start_with(|start| start.workflow_start_delay = Some(to_proto(delay)))
    };
    let mut bench = delayed(6 * SECOND);
    assert_eq!(
        ask(&mut bench, "1", Condition::None),
        Err(Refusal::WorkflowNotReady(
            "Workflow task is not scheduled yet.".into()
        ))
    );
    bench.pass(SECOND);
    assert_eq!(
        ask(&mut bench, "2", Condition::None),
        Ok(QueryPath::Buffered)
    );
    bench.signal("s").unwrap();
    assert!(
        !bench
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::QueryAnswered(..))),
        "it still waits"
    );
    bench.pass(5 * SECOND);
    bench.fire(RunTimer::FirstTask);
    bench.poll();
    assert_eq!(bench.run.waiting_queries().len(), 1);
}
