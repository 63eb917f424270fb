"""T. What the official CLI and SDKs ask beyond what workers and workflows need."""

from kit import scenario
from t_service import HEARTBEATS
from topics import heartbeat


@scenario("T_describe_task_queue_by_partition", rules=())
def describe_task_queue_by_partition(p):
    p.mask("effective_rate_limit", "rate_per_second", "task_id_block")

    def describe(label, name, **fields):
        p.call("DescribeTaskQueue", label=label, task_queue=p.queue(name), include_task_queue_status=True, **fields)

    describe("another partition", f"/_sys/{p.task_queue}/1")
    describe("far off", f"/_sys/{p.task_queue}/1000")
    describe("no number", f"/_sys/{p.task_queue}/x")
    describe("none", "/_sys/x")
    describe("the root", f"/_sys/{p.task_queue}/0")


@scenario("T_workers_that_leave", rules=(159,), needs=HEARTBEATS)
def workers_that_leave(p):
    key = f"worker-{p.unique}"
    p.mask("heartbeat_time")
    p.call("RecordWorkerHeartbeat", record=False, identity=p.identity,
           worker_heartbeat=[heartbeat(p, worker_instance_key=f"first-{p.unique}", task_queue="first")])

    def beat(label, **fields):
        p.call("RecordWorkerHeartbeat", record=False, identity=p.identity, worker_heartbeat=[heartbeat(p, **fields)])
        p.call("DescribeWorker", label=label, worker_instance_key=key)

    def listed(label):
        p.call("ListWorkers", label=label, query=f"WorkerInstanceKey = '{key}'")

    beat("with its environment", environment={"runtimes": [{"version": "1"}]})
    beat("as before", workflow_task_slots_info={"current_used_slots": 1})
    beat("another environment", environment={"runtimes": [{"version": "2"}]})
    beat("leaving", status="WORKER_STATUS_SHUTTING_DOWN")
    listed("listed while it leaves")
    beat("gone", status="WORKER_STATUS_SHUTDOWN")
    listed("listed when it is gone")
    beat("here again")
    p.call("ShutdownWorker", label="goodbye", identity=p.identity, worker_instance_key=key,
           task_queue=p.task_queue, worker_heartbeat=heartbeat(p, status="WORKER_STATUS_SHUTTING_DOWN"))
    p.call("DescribeWorker", label="after goodbye", worker_instance_key=key)
    listed("listed after goodbye")
    beat("here once more")
    p.call("ShutdownWorker", label="goodbye without a heartbeat", identity=p.identity, worker_instance_key=key,
           task_queue=p.task_queue)
    p.call("DescribeWorker", label="after that", worker_instance_key=key)


@scenario("T_builds_of_workers", rules=(157,))
def builds_of_workers(p):
    def describe(label):
        info = p.call("DescribeWorkflowExecution", record=False, execution=p.execution()).workflow_execution_info
        p.note(label, {
            "attribute": info.search_attributes.indexed_fields["BuildIds"].data.decode(),
            "last": p.plain(info.most_recent_worker_version_stamp) if info.HasField("most_recent_worker_version_stamp") else None,
            "points": [[point.build_id, point.first_workflow_task_completed_id] for point in info.auto_reset_points.points],
        })

    def step(**fields):
        p.complete(p.poll_workflow(), return_new_workflow_task=False, **fields)

    p.start(record=False)
    step(worker_version_stamp={"build_id": f"a-{p.unique}"})
    describe("one build")
    p.signal()
    step(worker_version_stamp={"build_id": 'b"'})
    describe("another")
    p.signal()
    step()
    describe("none")
    p.signal()
    step(worker_version_stamp={"build_id": f"a-{p.unique}"})
    describe("the first again")
    mine = f"BuildIds = 'unversioned:a-{p.unique}'"
    p.until(lambda: p.call("CountWorkflowExecutions", record=False, query=mine).count == 1)
    p.history()
