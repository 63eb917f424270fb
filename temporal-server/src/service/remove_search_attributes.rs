//! RemoveSearchAttributes.

use temporal_protos::operatorservice::{
    RemoveSearchAttributesRequest, RemoveSearchAttributesResponse,
};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<RemoveSearchAttributesRequest>,
) -> Result<RemoveSearchAttributesResponse, Refusal> {
    let request = request.into_inner();
    let names = &request.search_attributes;
    service
        .directory
        .change_attributes(|namespaces| namespaces.remove_attributes(&request.namespace, names))?;
    Ok(RemoveSearchAttributesResponse {})
}
