//! Which RPCs the workspace speaks. The others, and the messages that only they need, stay in the descriptor and become
//! no code: every user's build pays for code, and a server answers UNIMPLEMENTED all the same. To speak one more, add
//! its name here and run the generator.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

/// The RPCs of the services that are not spoken as a whole.
const RPCS: &[(&str, &[&str])] = &[
    (
        "WorkflowService",
        &[
            "CountSchedules",
            "CountWorkers",
            "CountWorkflowExecutions",
            "CreateSchedule",
            "DeleteSchedule",
            "DeleteWorkflowExecution",
            "DescribeNamespace",
            "DescribeSchedule",
            "DescribeTaskQueue",
            "DescribeWorker",
            "DescribeWorkflowExecution",
            "ExecuteMultiOperation",
            "GetClusterInfo",
            "GetSearchAttributes",
            "GetSystemInfo",
            "GetWorkflowExecutionHistory",
            "GetWorkflowExecutionHistoryReverse",
            "ListArchivedWorkflowExecutions",
            "ListClosedWorkflowExecutions",
            "ListNamespaces",
            "ListOpenWorkflowExecutions",
            "ListScheduleMatchingTimes",
            "ListSchedules",
            "ListTaskQueuePartitions",
            "ListWorkers",
            "ListWorkflowExecutions",
            "PatchSchedule",
            "PauseActivity",
            "PauseActivityExecution",
            "PauseWorkflowExecution",
            "PollActivityTaskQueue",
            "PollNexusTaskQueue",
            "PollWorkflowExecutionTimeSkipping",
            "PollWorkflowExecutionUpdate",
            "PollWorkflowTaskQueue",
            "QueryWorkflow",
            "RecordActivityTaskHeartbeat",
            "RecordActivityTaskHeartbeatById",
            "RecordWorkerHeartbeat",
            "RegisterNamespace",
            "RequestCancelWorkflowExecution",
            "ResetActivity",
            "ResetActivityExecution",
            "ResetStickyTaskQueue",
            "ResetWorkflowExecution",
            "RespondActivityTaskCanceled",
            "RespondActivityTaskCanceledById",
            "RespondActivityTaskCompleted",
            "RespondActivityTaskCompletedById",
            "RespondActivityTaskFailed",
            "RespondActivityTaskFailedById",
            "RespondQueryTaskCompleted",
            "RespondWorkflowTaskCompleted",
            "RespondWorkflowTaskFailed",
            "ScanWorkflowExecutions",
            "ShutdownWorker",
            "SignalWithStartWorkflowExecution",
            "SignalWorkflowExecution",
            "StartWorkflowExecution",
            "TerminateWorkflowExecution",
            "UnpauseActivity",
            "UnpauseActivityExecution",
            "UnpauseWorkflowExecution",
            "UpdateActivityExecutionOptions",
            "UpdateActivityOptions",
            "UpdateNamespace",
            "UpdateSchedule",
            "UpdateTaskQueueConfig",
            "UpdateWorkflowExecution",
            "UpdateWorkflowExecutionOptions",
        ],
    ),
    (
        "OperatorService",
        &[
            "AddSearchAttributes",
            "DeleteNamespace",
            "ListClusters",
            "ListSearchAttributes",
            "RemoveSearchAttributes",
        ],
    ),
];

/// Packages that are kept whole: histories, and what travels inside `Any` or inside a payload, named by no RPC.
const WHOLE: &[&str] = &[
    "google.rpc",
    "temporal.api.command.v1",
    "temporal.api.common.v1",
    "temporal.api.errordetails.v1",
    "temporal.api.failure.v1",
    "temporal.api.history.v1",
    "temporal.api.protocol.v1",
    "temporal.api.sdk.v1",
    "temporal.api.update.v1",
];

/// Leaves out the RPCs that are not spoken, and what nothing else names.
pub(crate) fn retain(files: &mut [FileDescriptorProto]) -> Result<(), String> {
    for service in files.iter_mut().flat_map(|file| &mut file.service) {
        let Some((name, spoken)) = RPCS.iter().find(|(name, _)| *name == service.name()) else {
            continue;
        };
        let all: BTreeSet<String> = service.method.iter().map(|m| m.name().to_owned()).collect();
        if let Some(unknown) = spoken.iter().find(|rpc| !all.contains(**rpc)) {
            return Err(format!("`{name}` has no RPC `{unknown}`"));
        }
        service
            .method
            .retain(|method| spoken.contains(&method.name()));
    }
    let reached = reached(files);
    for file in files {
        let package = file.package().to_owned();
        file.message_type
            .retain(|message| reached.contains(&format!(".{package}.{}", message.name())));
    }
    Ok(())
}

/// The top-level messages that the kept RPCs and packages need, with their leading dots.
fn reached(files: &[FileDescriptorProto]) -> BTreeSet<String> {
    let mut messages: BTreeMap<String, &DescriptorProto> = BTreeMap::new();
    let mut todo: Vec<String> = Vec::new();
    for file in files {
        for message in &file.message_type {
            let name = format!(".{}.{}", file.package(), message.name());
            if WHOLE.contains(&file.package()) {
                todo.push(name.clone());
            }
            messages.insert(name, message);
        }
        for method in file.service.iter().flat_map(|service| &service.method) {
            todo.extend([
                method.input_type().to_owned(),
                method.output_type().to_owned(),
            ]);
        }
    }
    let mut reached = BTreeSet::new();
    while let Some(name) = todo.pop() {
        // a nested type is part of the message around it
        let top = messages
            .range(..=name.clone())
            .next_back()
            .filter(|(top, _)| name == **top || name.starts_with(&format!("{top}.")));
        let Some((top, message)) = top else {
            continue;
        };
        if reached.insert(top.clone()) {
            named(message, &mut todo);
        }
    }
    reached
}

fn named(message: &DescriptorProto, names: &mut Vec<String>) {
    let fields = message.field.iter().map(FieldDescriptorProto::type_name);
    names.extend(fields.filter(|name| !name.is_empty()).map(str::to_owned));
    for nested in &message.nested_type {
        named(nested, names);
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_types::FileDescriptorSet;

    use super::*;

    fn spoken() -> Vec<FileDescriptorProto> {
        let bytes = std::fs::read(env!("OFFICIAL_DESCRIPTOR")).expect("the build script names it");
        let official = FileDescriptorSet::decode(bytes.as_slice()).expect("it is a descriptor");
        let mut files = crate::select::slim(official).expect("all roots are there").file;
        retain(&mut files).expect("every RPC is known");
        files
    }

    #[test]
    fn what_only_other_rpcs_need_is_left_out() {
        let files = spoken();
        let messages: Vec<String> = files
            .iter()
            .flat_map(|file| file.message_type.iter().map(move |m| (file.package(), m)))
            .map(|(package, message)| format!("{package}.{}", message.name()))
            .collect();
        for kept in [
            "temporal.api.history.v1.HistoryEvent",
            // named by no RPC
            "temporal.api.update.v1.Acceptance",
            "temporal.api.workflowservice.v1.PollWorkflowTaskQueueResponse",
        ] {
            assert!(messages.iter().any(|name| name == kept), "{kept}");
        }
        for left in ["CreateWorkerDeploymentRequest", "StartBatchOperationRequest"] {
            assert!(!messages.iter().any(|name| name.ends_with(left)), "{left}");
        }
    }

    #[test]
    fn every_type_that_a_message_names_is_there() {
        let files = spoken();
        let mut types = Vec::new();
        fn declared(scope: &str, message: &DescriptorProto, types: &mut Vec<String>) {
            let name = format!("{scope}.{}", message.name());
            types.extend(message.enum_type.iter().map(|e| format!("{name}.{}", e.name())));
            for nested in &message.nested_type {
                declared(&name, nested, types);
            }
            types.push(name);
        }
        for file in &files {
            let scope = format!(".{}", file.package());
            types.extend(file.enum_type.iter().map(|e| format!("{scope}.{}", e.name())));
            for message in &file.message_type {
                declared(&scope, message, &mut types);
            }
        }
        let mut names = Vec::new();
        for message in files.iter().flat_map(|file| &file.message_type) {
            named(message, &mut names);
        }
        for name in names {
            let known = types.contains(&name) || name.starts_with(".google.protobuf.");
            assert!(known, "{name}");
        }
    }
}
