//! Where the HTTP API has its RPCs, as the annotations of the protocol say.

/// One address of an RPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST`, ..
    pub verb: &'static str,
    /// `/api/v1/namespaces/{namespace}/workflows/{execution.workflow_id}`: a part in braces is a field of the request.
    pub path: &'static str,
    /// Whether the request is the body, but for what the path names; where it is not, query parameters are its fields.
    pub has_body: bool,
    /// `/package.Service/Method`.
    pub rpc: &'static str,
}

#[rustfmt::skip]
mod table {
    use super::Route;

    include!("generated/routes.rs");
}

pub use table::ROUTES;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::method;

    #[test]
    fn every_route_leads_to_an_rpc_of_the_protocol() {
        for route in ROUTES {
            assert!(method(route.rpc).is_some(), "{route:?}");
        }
        assert!(ROUTES.len() > 200, "{}", ROUTES.len());
    }
}
