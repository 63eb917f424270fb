//! The paths of field masks, which clients write in either of two ways.

/// A path in camel case: `retry_policy.initial_interval` and `retryPolicy.initialInterval` are one.
pub(crate) fn camel(path: &str) -> String {
    let parts: Vec<String> = path
        .split('.')
        .map(|part| {
            let mut words = part.split('_');
            let first = with_first(words.next().unwrap_or_default(), char::to_ascii_lowercase);
            words.fold(first, |name, word| {
                name + &with_first(&word.to_lowercase(), char::to_ascii_uppercase)
            })
        })
        .collect();
    parts.join(".")
}

fn with_first(word: &str, change: fn(&char) -> char) -> String {
    let mut letters = word.chars();
    let first = letters.next().as_ref().map(change);
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_one() {
        for (written, expected) in [
            ("priority", "priority"),
            ("Priority", "priority"),
            (
                "retry_policy.initial_interval",
                "retryPolicy.initialInterval",
            ),
            ("retryPolicy.initialInterval", "retryPolicy.initialInterval"),
            ("HEARTBEAT_TIMEOUT", "hEARTBEATTimeout"),
            ("", ""),
            ("._x", ".X"),
        ] {
            assert_eq!(camel(written), expected);
        }
    }
}
