//! Query parameters as the fields of a message.

use std::borrow::Cow;
use std::collections::BTreeMap;

use temporal_protos::json::set;
use tonic::Status;

/// The message that the parameters make. Those that it has not are passed over.
pub(super) fn decoded(message: &str, query: &str) -> Result<Vec<u8>, Status> {
    let malformed = || Status::invalid_argument("malformed query escape");
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let text = |part: &str| unescaped(&part.replace('+', " ")).map(Cow::into_owned);
        let (key, value) = text(key).zip(text(value)).ok_or_else(malformed)?;
        all.entry(key).or_default().push(value);
    }
    let mut wire = Vec::new();
    for (key, values) in all {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        set(message, &key, &values, &mut wire).map_err(Status::invalid_argument)?;
    }
    Ok(wire)
}

/// Text without its `%20`; none if it is no text, or is cut off.
pub(super) fn unescaped(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use temporal_protos::workflowservice::ListWorkflowExecutionsRequest;

    use super::*;

    #[test]
    fn escapes_are_taken_back() {
        let name = ".temporal.api.workflowservice.v1.ListWorkflowExecutionsRequest";
        let query = "query=WorkflowId%3D%27a+b%C3%A9%27&pageSize=1&nonsense=%20&&namespace";
        let wire = decoded(name, query).unwrap();
        let request = ListWorkflowExecutionsRequest::decode(&wire[..]).unwrap();
        assert_eq!(
            (request.query.as_str(), request.page_size),
            ("WorkflowId='a bé'", 1)
        );
        for wrong in ["query=%", "query=%4", "query=%zz", "query=%ff", "%=1"] {
            let refused = decoded(name, wrong).unwrap_err();
            assert_eq!(refused.message(), "malformed query escape", "{wrong}");
        }
    }
}
