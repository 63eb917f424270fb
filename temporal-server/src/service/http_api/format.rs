//! How JSON is read and written for a caller: on one line or on many, with payloads in their short form or without.

use http::request::Parts;
use http::{HeaderMap, header};
use temporal_protos::json::{Reading, Writing};

/// The forms of JSON, by their media types. The real service calls the first one `*`, which is no media type.
const FORMATS: [(&str, Writing); 4] = [
    ("application/json", form(false, true)),
    ("application/json+pretty", form(true, true)),
    ("application/json+no-payload-shorthand", form(false, false)),
    (
        "application/json+pretty+no-payload-shorthand",
        form(true, false),
    ),
];

const fn form(pretty: bool, shorthand: bool) -> Writing {
    Writing { pretty, shorthand }
}

/// What a caller speaks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub(super) reading: Reading,
    pub(super) writing: Writing,
    pub(super) content_type: &'static str,
}

impl Format {
    /// What is sent is as `Content-Type` says. What is answered is as the query parameters `pretty` and
    /// `noPayloadShorthand` say, whatever their values; or as `Accept` does; or as what was sent.
    pub(super) fn of(head: &Parts) -> Self {
        let sent = named(&head.headers, header::CONTENT_TYPE).unwrap_or(FORMATS[0]);
        let asks = |name| {
            let parts = head.uri.query().unwrap_or_default().split('&');
            parts
                .map(|part| part.split('=').next())
                .any(|key| key == Some(name))
        };
        let answered = match (asks("pretty"), asks("noPayloadShorthand")) {
            (false, false) => named(&head.headers, header::ACCEPT).unwrap_or(sent),
            (pretty, long) => {
                let mut formats = FORMATS.into_iter();
                let asked = (pretty, !long);
                let found = formats.find(|(_, form)| (form.pretty, form.shorthand) == asked);
                found.unwrap_or(sent)
            }
        };
        let (content_type, writing) = answered;
        Self {
            reading: Reading {
                lenient: false,
                shorthand: sent.1.shorthand,
            },
            writing,
            content_type,
        }
    }
}

/// The first form that the headers name.
fn named(headers: &HeaderMap, name: header::HeaderName) -> Option<(&'static str, Writing)> {
    let mut values = headers.get_all(name).iter();
    values.find_map(|value| {
        let kind = value.to_str().ok()?.split(';').next()?.trim();
        FORMATS.into_iter().find(|format| format.0 == kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_form_that_was_asked_for() {
        for (query, accept, sent, content_type, shorthand) in [
            ("", "*/*", "text/plain", "application/json", true),
            ("?pretty", "", "", "application/json+pretty", true),
            (
                "?a=b&pretty=0",
                "application/json",
                "",
                "application/json+pretty",
                true,
            ),
            (
                "?noPayloadShorthand&pretty",
                "",
                "",
                "application/json+pretty+no-payload-shorthand",
                true,
            ),
            (
                "",
                "application/json+no-payload-shorthand",
                "",
                "application/json+no-payload-shorthand",
                true,
            ),
            (
                "",
                "*/*",
                "application/json+no-payload-shorthand; charset=utf-8",
                "application/json+no-payload-shorthand",
                false,
            ),
            ("?prettyish", "text/html", "x", "application/json", true),
        ] {
            let request = http::Request::builder()
                .uri(format!("/a{query}"))
                .header("accept", accept)
                .header("content-type", sent)
                .body(())
                .unwrap();
            let format = Format::of(&request.into_parts().0);
            assert_eq!(format.content_type, content_type, "{query} {accept} {sent}");
            assert_eq!(format.reading.shorthand, shorthand);
        }
    }
}
