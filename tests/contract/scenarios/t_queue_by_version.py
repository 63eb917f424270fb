"""T. A task queue described by version, the older form of the answer."""

import time

from temporalio.api.taskqueue.v1 import message_pb2 as taskqueue

from kit import Probe, scenario


def describe(p: Probe, label: str, **fields) -> None:
    fields.setdefault("task_queue", p.queue())
    fields.setdefault("api_mode", "DESCRIBE_TASK_QUEUE_MODE_ENHANCED")
    p.call("DescribeTaskQueue", label=label, **fields)


@scenario("T_task_queue_by_version", rules=())
def task_queue_by_version(p):
    """Each answer of another queue: the real service keeps what it has found for some seconds."""
    p.mask("last_access_time", "approximate_backlog_age", "tasks_add_rate", "tasks_dispatch_rate")
    everything = {"report_stats": True, "report_pollers": True, "report_task_reachability": True}

    def queue(label: str, works: bool = False):
        found = p.queue(f"{p.task_queue}-{label.replace(' ', '-')}")
        p.start(record=False, workflow_id=f"{p.workflow_id}-{label}", task_queue=found)
        if works:
            p.poll_workflow(task_queue=found)
            p.poll_activity(timeout=3, task_queue=found)
        else:
            time.sleep(0.5)
        return {"task_queue": found}

    describe(p, "unknown queue")
    describe(p, "all of an unknown queue", task_queue=p.queue(f"{p.task_queue}-none"), **everything)
    describe(p, "pollers", **queue("pollers", works=True), report_pollers=True)
    describe(p, "activities", **queue("activities", works=True), report_pollers=True,
             task_queue_types=["TASK_QUEUE_TYPE_ACTIVITY"])
    describe(p, "stats", **queue("stats"), report_stats=True)
    describe(p, "reachability", **queue("reachability"), report_task_reachability=True)
    describe(p, "nothing", **queue("nothing"))
    describe(p, "nexus", **queue("nexus"), **everything, task_queue_types=["TASK_QUEUE_TYPE_NEXUS"])
    describe(p, "no such type", **queue("type"), **everything, task_queue_types=[9])
    for label, fields in {
        "none of all": {},
        "unversioned": {"unversioned": True},
        "all active": {"all_active": True},
        "build id": {"build_ids": ["b-1"]},
        "build id and unversioned": {"build_ids": ["b-1"], "unversioned": True},
    }.items():
        describe(p, label, **queue(label), **everything, versions=taskqueue.TaskQueueVersionSelection(**fields))
    for number in (5, 6):
        chosen = taskqueue.TaskQueueVersionSelection(build_ids=[f"b-{n}" for n in range(number)])
        describe(p, f"{number} build ids", report_task_reachability=True, versions=chosen)


@scenario("T_task_queue_by_version_refusals", rules=())
def refusals(p):
    describe(p, "sticky", task_queue=p.queue(kind="TASK_QUEUE_KIND_STICKY", normal_name=p.task_queue))
    describe(p, "partition", task_queue=p.queue("/_sys/q/1"))
    describe(p, "no queue", task_queue=taskqueue.TaskQueue())
    describe(p, "long", task_queue=p.queue("x" * 1001))
