//! What is said of RPCs that are not served. Clients match on some of these texts.

/// The text of UNIMPLEMENTED for a method.
pub(super) fn reason(method: &str) -> String {
    match method {
        "DescribeDeployment"
        | "ListDeployments"
        | "GetDeploymentReachability"
        | "GetCurrentDeployment"
        | "SetCurrentDeployment" => {
            "Deployments are deprecated and no longer supported, use Worker Deployments instead"
                .to_owned()
        }
        "CreateWorkflowRule"
        | "DescribeWorkflowRule"
        | "DeleteWorkflowRule"
        | "ListWorkflowRules"
        | "TriggerWorkflowRule" => format!("method {method} not supported"),
        "FetchWorkerConfig" | "UpdateWorkerConfig" => format!("{method} command is not enabled."),
        _ => format!(
            "method {method} is not served by temporal-server {}",
            env!("CARGO_PKG_VERSION")
        ),
    }
}
