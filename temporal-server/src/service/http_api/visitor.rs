//! Who asks by way of a browser. Web pages of anybody can send requests to this machine, and have a name of theirs lead to
//! it. Where no other machine is let in, a page is not let in either unless it comes from this machine, or from a name
//! that nobody can own on the internet.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use tonic::Status;

use crate::engine::refusal::Refusal;

/// Ends of names that lead to no machine of others.
const PRIVATE: [&str; 3] = [".localhost", ".local", ".internal"];

/// Refuses a page of elsewhere, and an address by a name of elsewhere.
pub(super) fn check(head: &Parts) -> Result<(), Status> {
    let header = |name| head.headers.get(name).map(|value| value.to_str());
    let host = match (head.uri.authority(), header(HOST)) {
        (Some(authority), _) => Some(Ok(authority.as_str())),
        (None, host) => host,
    };
    if !host.is_none_or(|host| host.is_ok_and(is_private)) {
        return Err(refused("Host"));
    }
    let origin = header(ORIGIN).map(|origin| {
        let origin = origin.ok()?;
        origin.split_once("://").map(|(_, host)| host)
    });
    if !origin.is_none_or(|host| host.is_some_and(is_private)) {
        return Err(refused("Origin"));
    }
    Ok(())
}

fn refused(which: &str) -> Status {
    let why = "the service listens for this machine only: call it `localhost`, and not from a page of elsewhere";
    Refusal::PermissionDenied(format!("{which} not allowed ({why})")).into()
}

/// Whether a name, with a port or without, can be nobody's on the internet.
fn is_private(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.to_ascii_lowercase();
    let is_one_word = !name.is_empty() && !name.contains('.');
    is_one_word || name.parse::<IpAddr>().is_ok() || PRIVATE.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known() {
        for host in [
            "localhost",
            "LOCALHOST:7243",
            "127.0.0.1:1",
            "[::1]:7243",
            "[::1]",
            "temporal:7243",
            "host.docker.internal:80",
            "app.localhost",
        ] {
            assert!(is_private(host), "{host}");
        }
        for host in [
            "",
            ":1",
            "example.com",
            "localhost.example.com:80",
            "127.0.0.1.example.com",
            "local.x",
        ] {
            assert!(!is_private(host), "{host}");
        }
    }

    #[test]
    fn pages_of_elsewhere_are_refused() {
        for (host, origin, is_let_in) in [
            ("localhost:1", None, true),
            ("localhost:1", Some("http://localhost:8233"), true),
            ("localhost:1", Some("https://example.com"), false),
            ("localhost:1", Some("null"), false),
            ("rebound.example.com:1", None, false),
        ] {
            let mut request = http::Request::builder().uri("/cluster").header(HOST, host);
            if let Some(origin) = origin {
                request = request.header(ORIGIN, origin);
            }
            let head = request.body(()).unwrap().into_parts().0;
            assert_eq!(check(&head).is_ok(), is_let_in, "{host} {origin:?}");
        }
    }
}
