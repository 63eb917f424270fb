//! From a verb and a path to an RPC.

use temporal_protos::routes::{ROUTES, Route};

use super::query::unescaped;

/// What is at an address.
#[derive(Debug)]
pub(super) enum Found {
    /// An RPC, and the fields of its request that the path names, with their values.
    Route(&'static Route, Vec<(&'static str, String)>),
    /// Something, for another verb.
    OtherVerb,
    Nothing,
    /// A part of the path cannot be read.
    Malformed,
}

/// Looks an address up. A slash within an id may be written as `%2F`, where the real service finds nothing.
pub(super) fn find(verb: &str, path: &str) -> Found {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match unescaped(part) {
            Some(part) => parts.push(part),
            None => return Found::Malformed,
        }
    }
    let mut is_somewhere = false;
    for route in ROUTES {
        if let Some(named) = fields(route, &parts) {
            if route.verb == verb {
                return Found::Route(route, named);
            }
            is_somewhere = true;
        }
    }
    if is_somewhere {
        Found::OtherVerb
    } else {
        Found::Nothing
    }
}

/// The fields that the path names, if it is the route's.
fn fields(route: &'static Route, parts: &[impl AsRef<str>]) -> Option<Vec<(&'static str, String)>> {
    let mut parts = parts.iter();
    let mut named = Vec::new();
    for expected in route.path.split('/') {
        let part = parts.next()?.as_ref();
        match expected
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => named.push((name, part.to_owned())),
            None if expected == part => {}
            None => return None,
        }
    }
    parts.next().is_none().then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpc(verb: &str, path: &str) -> String {
        match find(verb, path) {
            Found::Route(route, named) => {
                let rpc = route.rpc.rsplit('/').next().unwrap();
                let named: Vec<String> = named.iter().map(|(n, v)| format!("{n}={v}")).collect();
                format!("{rpc} {}", named.join(" "))
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn both_prefixes_lead_to_the_same_rpc() {
        for prefix in ["/api/v1", ""] {
            let at = |verb, path: &str| rpc(verb, &format!("{prefix}{path}"));
            assert_eq!(
                at("POST", "/namespaces/n/workflows/w"),
                "StartWorkflowExecution namespace=n workflow_id=w"
            );
            assert_eq!(
                at("GET", "/namespaces/n/workflows/w"),
                "DescribeWorkflowExecution namespace=n execution.workflow_id=w"
            );
            assert_eq!(
                at("POST", "/namespaces/n/workflows/w/query/q%20x"),
                "QueryWorkflow namespace=n execution.workflow_id=w query.query_type=q x"
            );
            assert_eq!(at("GET", "/system-info"), "GetSystemInfo ");
        }
        assert_eq!(rpc("GET", "/cluster"), "GetClusterInfo ");
        assert_eq!(rpc("GET", "/api/v1/cluster-info"), "GetClusterInfo ");
    }

    #[test]
    fn what_is_not_there_is_told_from_what_is_there_for_another_verb() {
        assert_eq!(rpc("DELETE", "/api/v1/namespaces/n"), "OtherVerb");
        for path in [
            "",
            "/",
            "/api/v1",
            "/api/v1/namespaces/n/",
            "*",
            "/api/v2/system-info",
        ] {
            assert_eq!(rpc("GET", path), "Nothing", "{path}");
        }
        assert_eq!(rpc("GET", "/api/v1/namespaces/%f"), "Malformed");
        assert_eq!(rpc("GET", "/api/v1/namespaces/%ff"), "Malformed");
    }

    #[test]
    fn an_id_may_have_a_slash() {
        assert_eq!(
            rpc("GET", "/api/v1/namespaces/n/workflows/a%2Fb%2f"),
            "DescribeWorkflowExecution namespace=n execution.workflow_id=a/b/"
        );
    }
}
