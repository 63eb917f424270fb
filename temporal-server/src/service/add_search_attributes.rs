//! AddSearchAttributes.

use temporal_protos::operatorservice::{AddSearchAttributesRequest, AddSearchAttributesResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;

pub(super) async fn handle(
    service: &Service,
    request: Request<AddSearchAttributesRequest>,
) -> Result<AddSearchAttributesResponse, Refusal> {
    let request = request.into_inner();
    let wanted = &request.search_attributes;
    service
        .directory
        .change_attributes(|namespaces| namespaces.add_attributes(&request.namespace, wanted))?;
    Ok(AddSearchAttributesResponse {})
}
