//! The one subscriber, which only the main macro installs.

use std::io::IsTerminal;

use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// What is logged if `RUST_LOG` does not say. The transports log at `debug` and below, or warn of what we report.
const DEFAULT: &str = "info";

/// Logs to stderr as `RUST_LOG` says. Does nothing if there is a subscriber already.
pub(super) fn install() {
    let asked = std::env::var("RUST_LOG")
        .ok()
        .filter(|value| !value.is_empty());
    let (filter, wrong) = filter(asked.as_deref());
    let layer = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(super::terminal::colours(std::io::stderr().is_terminal()));
    let installed = tracing_subscriber::registry()
        .with(filter)
        .with(layer)
        .try_init();
    if let (Ok(()), Some(wrong)) = (installed, wrong) {
        tracing::warn!("RUST_LOG is not understood, and the default is used: {wrong}");
    }
}

/// The filter, and what is wrong with the one that was asked for.
fn filter(asked: Option<&str>) -> (Targets, Option<String>) {
    let default = || DEFAULT.parse().unwrap_or_default();
    match asked.map(str::parse) {
        None => (default(), None),
        Some(Ok(targets)) => (targets, None),
        Some(Err(error)) => (default(), Some(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn the_default_shows_users_their_own_lines() {
        let (targets, wrong) = filter(None);
        assert!(targets.would_enable("orders", &Level::INFO) && wrong.is_none());
        assert!(!targets.would_enable("h2::codec", &Level::DEBUG));
    }

    #[test]
    fn a_filter_that_is_not_understood_is_told_of() {
        let (targets, wrong) = filter(Some("orders=loud"));
        assert!(targets.would_enable("orders", &Level::INFO) && wrong.is_some());
    }
}
