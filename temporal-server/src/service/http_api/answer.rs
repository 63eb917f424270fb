//! An answer as HTTP has it: the status that belongs to a gRPC code, and `google.rpc.Status` as JSON.

use http::{HeaderValue, StatusCode, header};
use prost::Message as _;
use temporal_protos::json::write;
use tonic::body::Body;
use tonic::{Code, Status};

use super::format::Format;
use crate::service::front::Response;

/// JSON in the form that was asked for.
pub(super) fn json(status: StatusCode, format: Format, json: String) -> Response {
    let mut response = Response::new(Body::new(json));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(format.content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// What a refused call is answered.
pub(super) fn refused(status: &Status, format: Format) -> Response {
    const NAME: &str = ".google.rpc.Status";
    let given = Some(status.details()).filter(|details| !details.is_empty());
    let written = given.and_then(|details| write(NAME, details, format.writing).ok());
    let text = written.unwrap_or_else(|| {
        let plain = temporal_protos::google::rpc::Status {
            code: status.code().into(),
            message: status.message().to_owned(),
            details: Vec::new(),
        };
        // Nothing in it can fail to be written.
        write(NAME, &plain.encode_to_vec(), format.writing).unwrap_or_default()
    });
    json(http_status(status.code()), format, text)
}

/// As gRPC-Gateway maps them.
fn http_status(code: Code) -> StatusCode {
    let number = match code {
        Code::Ok => 200,
        Code::Cancelled => 499,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => 400,
        Code::DeadlineExceeded => 504,
        Code::NotFound => 404,
        Code::AlreadyExists | Code::Aborted => 409,
        Code::PermissionDenied => 403,
        Code::Unauthenticated => 401,
        Code::ResourceExhausted => 429,
        Code::Unimplemented => 501,
        Code::Unavailable => 503,
        Code::Unknown | Code::Internal | Code::DataLoss => 500,
    };
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
