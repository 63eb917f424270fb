"""Requests made wrong at random: one field of a message gets a value that is at a bound, absent, or nonsense."""

from __future__ import annotations

import random

from google.protobuf import message
from google.protobuf.descriptor import FieldDescriptor

#: Fields whose change says nothing: of parts that are not served, or that decide how long a call lasts.
LEFT_ALONE = {
    "namespace", "versioning_override", "deployment", "deployment_options", "worker_version_capabilities",
    "worker_version_stamp", "versioning_behavior", "completion_callbacks", "time_skipping_config", "links",
    "binary_checksum", "worker_version", "resource_id", "poller_group_id", "worker_control_task_queue",
    "inherit_build_id", "use_workflow_build_id", "capabilities", "worker_instance_key", "metering_metadata",
    "sdk_metadata", "wait_new_event", "header", "initial_versioning_behavior", "continued_failure",
    "last_completion_result", "external_payloads", "declined_target_version_upgrade", "return_new_workflow_task",
    "page_number", "request_eager_execution", "normal_name", "kind", "versions", "principal", "event_group_markers",
}
DURATIONS = ((0, 0), (-1, 0), (60, 0), (3600, 0), (10**9, 0))
TIMES = (0, 1000, 4 * 10**9)
PATHS = ((), ("nothing",), ("priority",), ("task_queue.name",), ("retry_policy.maximum_attempts",),
         ("heartbeat_timeout",), ("Priority",), ("startToCloseTimeout", "priority.fairnessKey"), ("*",))
#: Above this depth parts are only emptied.
DEEPEST = 4


class Mutation:
    """Changes messages; `names` are strings that mean nothing to the service, and must be its caller's own."""

    def __init__(self, choice: random.Random, names: tuple[str, ...]):
        self._choice = choice
        self._strings = ("", "x" * 1001, "00000000-0000-4000-8000-000000000000") + names

    def change(self, target: message.Message, path: str = "", depth: int = 0) -> str:
        """Change one field somewhere in a message; returns what was changed, or "" if nothing could be."""
        fields = [field for field in target.DESCRIPTOR.fields if self._is_open(target, field)]
        if not fields:
            return ""
        field = self._choice.choices(fields, [3 if _is_there(target, one) else 1 for one in fields])[0]
        here = f"{path}.{field.name}".lstrip(".")
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            return self._change_map(target, field, here)
        if field.is_repeated:
            return self._change_list(target, field, here, depth)
        if field.message_type is not None:
            return self._change_part(target, field, here, depth)
        setattr(target, field.name, self._scalar(field))
        return f"{here} = {str(getattr(target, field.name))[:30]!r}"

    def _is_open(self, target: message.Message, field: FieldDescriptor) -> bool:
        if field.name in LEFT_ALONE or field.GetOptions().deprecated:
            return False
        return field.containing_oneof is None or target.HasField(field.name)

    def _change_map(self, target: message.Message, field: FieldDescriptor, here: str) -> str:
        key = self._choice.choice(("key", "CustomKeywordField"))
        entries = getattr(target, field.name)
        if field.message_type.fields_by_name["value"].message_type is None:
            entries[key] = self._scalar(field.message_type.fields_by_name["value"])
        elif hasattr(entries[key], "metadata"):
            entries[key].metadata["encoding"] = b"json/plain"
            entries[key].data = b'"value"'
        return f"{here}[{key}]"

    def _change_list(self, target: message.Message, field: FieldDescriptor, here: str, depth: int) -> str:
        items = getattr(target, field.name)
        if field.message_type is None:
            del items[:]
            items.append(self._scalar(field))
            return f"{here} = one"
        if not items or self._choice.random() < 0.2:
            items.add()
            return f"{here} + an empty one"
        if self._choice.random() < 0.2:
            del items[:]
            return f"{here} = none"
        return self.change(self._choice.choice(items), f"{here}[]", depth + 1)

    def _change_part(self, target: message.Message, field: FieldDescriptor, here: str, depth: int) -> str:
        part = getattr(target, field.name)
        kind = field.message_type.full_name
        if kind == "google.protobuf.Duration":
            part.seconds, part.nanos = self._choice.choice(DURATIONS)
        elif kind == "google.protobuf.Timestamp":
            part.seconds = self._choice.choice(TIMES)
        elif kind == "google.protobuf.FieldMask":
            part.paths[:] = self._choice.choice(PATHS)
        elif target.HasField(field.name) and self._choice.random() < 0.2:
            target.ClearField(field.name)
            return f"{here} left out"
        elif depth < DEEPEST and kind != "google.protobuf.Any" and (changed := self.change(part, here, depth + 1)):
            return changed
        else:
            part.SetInParent()
        return f"{here} = {str(part)[:40]!r}"

    def _scalar(self, field: FieldDescriptor):
        choice = self._choice
        if field.type == FieldDescriptor.TYPE_STRING:
            return choice.choice(self._strings)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return choice.choice((b"", b"garbage"))
        if field.type == FieldDescriptor.TYPE_BOOL:
            return choice.random() < 0.5
        if field.enum_type is not None:
            return choice.choice([value.number for value in field.enum_type.values] + [99])
        if field.type in (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT):
            return choice.choice((0.0, -1.0, 0.5, 2.0, 1e9))
        if field.type in (FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_UINT64):
            return choice.choice((0, 1, 100))
        return choice.choice((0, 1, 2, 3, 5, -1, 100, 2**31 - 1))


def _is_there(target: message.Message, field: FieldDescriptor) -> bool:
    if field.is_repeated:
        return bool(getattr(target, field.name))
    return field.message_type is not None and target.HasField(field.name)
