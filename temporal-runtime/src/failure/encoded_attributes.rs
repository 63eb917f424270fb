//! Failures whose message and stack trace travel as a payload, so that a codec hides them, too. Written where payloads
//! are encoded (`convert/coding.rs`), whichever SDK does; read here.

use serde::Deserialize;
use temporal_protos::failure::Failure;

use crate::convert::RawValue;

/// As all SDKs have them.
#[derive(Deserialize)]
struct Attributes {
    #[serde(default)]
    message: String,
    #[serde(default)]
    stack_trace: String,
}

/// Puts message and stack trace back into their places. What cannot be read stays as it is: there is nobody to tell.
pub(super) fn restore(failure: &mut Failure) {
    let Some(payload) = &failure.encoded_attributes else {
        return;
    };
    let json = RawValue::new(payload.clone());
    let attributes = (json.encoding() == "json/plain")
        .then(|| serde_json::from_slice::<Attributes>(json.data()).ok())
        .flatten();
    if let Some(attributes) = attributes {
        failure.message = attributes.message;
        failure.stack_trace = attributes.stack_trace;
        failure.encoded_attributes = None;
    }
}
