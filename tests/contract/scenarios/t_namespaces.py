"""T. What is described of namespaces, and which of it can be changed."""

import uuid

from temporalio.api.common.v1 import message_pb2 as common
from temporalio.api.namespace.v1 import message_pb2 as namespace_proto
from temporalio.api.replication.v1 import message_pb2 as replication

from kit import Probe, scenario, seconds

DAY = 24 * 3600


def registered(p: Probe, **fields) -> str:
    name = f"ns-{p.unique}"
    p.call("RegisterNamespace", label="register", namespace=name, workflow_execution_retention_period=seconds(DAY), **fields)
    return name


def shown(p: Probe, label: str, reply) -> None:
    """What is said of a namespace, but for what a service can do."""
    if reply.ok:
        reply.response.namespace_info.ClearField("capabilities")
    p.note(label, reply)


def update(p: Probe, name: str, label: str, **fields) -> None:
    shown(p, label, p.call("UpdateNamespace", record=False, namespace=name, **fields))


def info(**fields) -> namespace_proto.UpdateNamespaceInfo:
    return namespace_proto.UpdateNamespaceInfo(**fields)


@scenario("T_namespace_as_registered", rules=(4, 159))
def namespace_as_registered(p):
    name = registered(p, description="for a test", owner_email="me@example.com", data={"a": "1", "b": "2"})
    shown(p, "described", p.call("DescribeNamespace", record=False, namespace=name))
    p.call("DescribeNamespace", label="both", namespace=name, id="00000000-0000-4000-8000-000000000000")


@scenario("T_namespace_info_changes", rules=(4, 159))
def namespace_info_changes(p):
    name = registered(p, description="one", owner_email="one@example.com", data={"a": "1", "b": "2"})
    update(p, name, "nothing")
    update(p, name, "description", update_info=info(description="two"))
    update(p, name, "owner", update_info=info(owner_email="two@example.com"))
    update(p, name, "data", update_info=info(data={"b": "3", "c": "4"}))
    update(p, name, "deprecated", update_info=info(state="NAMESPACE_STATE_DEPRECATED"))
    update(p, name, "registered again", update_info=info(state="NAMESPACE_STATE_REGISTERED"))
    update(p, name, "deleted", update_info=info(state="NAMESPACE_STATE_DELETED"))
    update(p, name, "no such state", update_info=info(state=17))
    shown(p, "described", p.call("DescribeNamespace", record=False, namespace=name))
    update(p, f"missing-{p.unique}", "missing", update_info=info(description="two"))
    update(p, "", "no name", update_info=info(description="two"))
    update(p, "x" * 1001, "long name", update_info=info(description="two"))


@scenario("T_namespace_config_changes", rules=(4, 159))
def namespace_config_changes(p):
    p.mask("create_time")
    config = namespace_proto.NamespaceConfig
    name = registered(p)
    update(p, name, "retention", config=config(workflow_execution_retention_ttl=seconds(2 * DAY)))
    update(p, name, "too short", config=config(workflow_execution_retention_ttl=seconds(60)))
    update(p, name, "none", config=config(workflow_execution_retention_ttl=seconds(0)))
    update(p, name, "negative", config=config(workflow_execution_retention_ttl=seconds(-1)))
    update(p, name, "archival", config=config(history_archival_state="ARCHIVAL_STATE_ENABLED", history_archival_uri="file:///x"))
    bad = namespace_proto.BadBinaries(binaries={"one": namespace_proto.BadBinaryInfo(reason="r", operator="me")})
    update(p, name, "bad binary", config=config(bad_binaries=bad))
    shown(p, "not kept", p.call("DescribeNamespace", record=False, namespace=name))
    update(p, name, "bad binary and more", update_info=info(description="two"), config=config(bad_binaries=bad))
    more = namespace_proto.BadBinaries(binaries={str(n): namespace_proto.BadBinaryInfo(reason="r") for n in range(11)})
    update(p, name, "too many bad binaries", config=config(bad_binaries=more))
    update(p, name, "delete bad binary", delete_bad_binary="one")
    update(p, name, "delete it again", delete_bad_binary="one")
    shown(p, "described", p.call("DescribeNamespace", record=False, namespace=name))


@scenario("T_namespace_has_one_cluster", rules=(4,))
def namespace_has_one_cluster(p):
    name = registered(p)
    of = replication.NamespaceReplicationConfig
    update(p, name, "promote", promote_namespace=True)
    update(p, name, "empty", replication_config=of())
    update(p, name, "its cluster", replication_config=of(active_cluster_name="active"))
    update(p, name, "other cluster", replication_config=of(active_cluster_name="other"))
    clusters = [replication.ClusterReplicationConfig(cluster_name=c) for c in ("active", "other")]
    update(p, name, "two clusters", replication_config=of(clusters=clusters))
    update(p, name, "one cluster", replication_config=of(clusters=clusters[:1]))
    update(p, name, "handover", replication_config=of(state="REPLICATION_STATE_HANDOVER"))
    for label, fields in {"global": {"is_global_namespace": True}, "other active": {"active_cluster_name": "other"},
                          "this active": {"active_cluster_name": "active"}, "two": {"clusters": clusters}}.items():
        p.call("RegisterNamespace", label=f"register {label}", namespace=f"ns-{p.unique}-{label.replace(' ', '-')}",
               workflow_execution_retention_period=seconds(DAY), **fields)


@scenario("T_namespace_that_takes_nothing_more", rules=(3, 4))
def namespace_that_takes_nothing_more(p):
    """The real service knows of such a change after some seconds."""
    name = registered(p)

    def tried(expected: str):
        return lambda: p.start(record=False, namespace=name, workflow_id=str(uuid.uuid4())).code == expected

    p.until(tried("OK"), 30)
    update(p, name, "deprecated", update_info=info(state="NAMESPACE_STATE_DEPRECATED"))
    p.until(tried("FAILED_PRECONDITION"), 30)
    p.start("start", namespace=name)
    p.call("SignalWithStartWorkflowExecution", label="signal with start", namespace=name, workflow_id=p.workflow_id,
           workflow_type=common.WorkflowType(name="probe"), task_queue=p.queue(), signal_name="s")
    p.signal(label="signal", namespace=name, record=True)
    p.call("CountWorkflowExecutions", label="count", namespace=name, query="WorkflowType = 'other'")
    update(p, name, "deleted", update_info=info(state="NAMESPACE_STATE_DELETED"))
    p.until(lambda: not p.call("CountWorkflowExecutions", record=False, namespace=name).ok, 30)
    p.start("start", namespace=name)
    p.signal(label="signal", namespace=name, record=True)
    p.call("CountWorkflowExecutions", label="count", namespace=name)
