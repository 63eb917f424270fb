//! GetSearchAttributes: the older call, which knows of no namespace.

use temporal_protos::workflowservice::{GetSearchAttributesRequest, GetSearchAttributesResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::visibility::all_given;

pub(super) async fn handle(
    _: &Service,
    _: Request<GetSearchAttributesRequest>,
) -> Result<GetSearchAttributesResponse, Refusal> {
    Ok(GetSearchAttributesResponse {
        keys: all_given()
            .map(|(name, kind)| (name.to_owned(), kind.number()))
            .collect(),
    })
}
