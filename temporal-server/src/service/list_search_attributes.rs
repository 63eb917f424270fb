//! ListSearchAttributes.

use temporal_protos::operatorservice::{ListSearchAttributesRequest, ListSearchAttributesResponse};
use tonic::Request;

use super::Service;
use crate::engine::refusal::Refusal;
use crate::engine::visibility::all_given;

pub(super) async fn handle(
    service: &Service,
    request: Request<ListSearchAttributesRequest>,
) -> Result<ListSearchAttributesResponse, Refusal> {
    let namespace = request.into_inner().namespace;
    service.directory.read(|namespaces| {
        let entry = namespaces.operated_read(&namespace)?;
        let custom = entry.attributes.custom();
        Ok(ListSearchAttributesResponse {
            custom_attributes: custom
                .iter()
                .map(|(name, kind)| (name.clone(), kind.number()))
                .collect(),
            system_attributes: all_given()
                .map(|(name, kind)| (name.to_owned(), kind.number()))
                .collect(),
            ..ListSearchAttributesResponse::default()
        })
    })
}
