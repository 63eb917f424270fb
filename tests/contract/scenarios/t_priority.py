"""T. The order in which a task queue gives its tasks."""

import time

from temporalio.api.common.v1 import message_pb2 as common

from kit import scenario, schedule_activity


ONE_PARTITION = ("matching.numTaskqueueReadPartitions=1", "matching.numTaskqueueWritePartitions=1")


def priority(key: int) -> common.Priority:
    return common.Priority(priority_key=key)


@scenario("T_workflow_tasks_by_priority", needs=ONE_PARTITION)
def workflow_tasks_by_priority(p):
    for key in (5, 3, 1, 0, 9, 4, 2):
        p.start(record=False, workflow_id=f"{p.workflow_id}-{key}", priority=priority(key))
    given = []
    for _ in range(7):
        task = p.poll_workflow()
        given.append(task.workflow_execution.workflow_id)
        p.complete(task, return_new_workflow_task=False)
    # between equals the order is not promised
    p.note("order", [given[0], given[1], sorted(given[2:4]), given[4], sorted(given[5:])])


@scenario("T_activity_tasks_by_priority", needs=ONE_PARTITION)
def activity_tasks_by_priority(p):
    p.opened(*(schedule_activity(p, str(key), priority=priority(key)) for key in (5, 3, 1, 0, 4)), priority=priority(2))
    time.sleep(1)  # until all are in the queue
    p.note("order", [p.poll_activity().activity_id for _ in range(5)])
    p.finish()
