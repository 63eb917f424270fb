//! Names: those that are reserved, those that are generated, and the one a user probably meant.

use proc_macro2::Span;
use syn::Ident;
use syn::ext::IdentExt;

/// Methods of every workflow handle, which a handler may not shadow.
pub(crate) const HANDLE_METHODS: &[&str] = &[
    "cancel",
    "cancel_because",
    "describe",
    "id",
    "is_ready",
    "result",
    "run_id",
    "started",
    "terminate",
];

/// Methods of `Wf`: a function of the state with such a name could not be reached through `wf.`. A test
/// of the workspace compares them.
pub(crate) const WF_METHODS: &[&str] = &[
    "all_handlers_finished",
    "canceller",
    "continue_as_new",
    "current_details",
    "current_update_info",
    "deprecate_patch",
    "execute",
    "external",
    "external_for",
    "info",
    "is_cancelled",
    "is_replaying",
    "join",
    "join_all",
    "last_completion_result",
    "last_failure",
    "memo",
    "next",
    "now",
    "patched",
    "race",
    "random",
    "scope",
    "search_attributes",
    "set_async_signal_handler",
    "set_async_update_handler",
    "set_current_details",
    "set_dynamic_async_signal_handler",
    "set_dynamic_async_update_handler",
    "set_dynamic_query_handler",
    "set_dynamic_signal_handler",
    "set_dynamic_update_handler",
    "set_query_handler",
    "set_signal_handler",
    "set_update_handler",
    "settle",
    "settle_all",
    "shielded",
    "sleep",
    "spawn",
    "start",
    "state",
    "state_mut",
    "upsert_memo",
    "upsert_search_attributes",
    "uuid4",
    "wait",
    "wait_for",
];

/// Attributes that a function may well have, and that are no misspelt role.
pub(crate) const KNOWN_ATTRIBUTES: &[&str] = &[
    "allow",
    "cfg",
    "cfg_attr",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "inline",
    "instrument",
    "must_use",
    "nondeterministic",
    "track_caller",
    "warn",
];

/// An identifier at `span`; raw where the bare word is a keyword.
pub(crate) fn spanned(name: &str, span: Span) -> Ident {
    match syn::parse_str::<Ident>(name) {
        Ok(_) => Ident::new(name, span),
        Err(_) => Ident::new_raw(name, span),
    }
}

/// The name without `r#`, as it goes over the wire.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `HelloHandle` of `hello` and of `Hello`.
pub(crate) fn handle(ident: &Ident) -> Ident {
    let camel: String = plain(ident)
        .split('_')
        .map(|part| {
            let mut letters = part.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect())
                .unwrap_or_default()
        })
        .collect::<Vec<String>>()
        .concat();
    Ident::new(&format!("{camel}Handle"), ident.span())
}

/// The known word that `word` most resembles, for "did you mean".
pub(crate) fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let bare = |word: &str| word.replace(['_', '-'], "");
    known
        .iter()
        .map(|&candidate| (distance(&word, candidate), candidate))
        .filter(|(steps, candidate)| {
            *steps <= 2.min(candidate.len() / 2).max(candidate.len() / 3)
                || bare(&word) == bare(candidate)
                || (word.len() > 4 && (candidate.contains(&word) || word.contains(candidate)))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, delete, replace or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut steps = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                steps = steps.min(rows[i - 2][j - 2] + 1);
            }
            row.push(steps);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_words_are_found_and_others_are_not() {
        let roles = ["init", "run", "signal", "query", "update", "validator"];
        for (word, expected) in [
            ("singal", Some("signal")),
            ("Signal", Some("signal")),
            ("qurey", Some("query")),
            ("validate", Some("validator")),
            ("rnu", Some("run")),
            ("instrument", None),
            ("serde", None),
            ("ru", Some("run")),
        ] {
            assert_eq!(closest(word, &roles), expected, "{word}");
        }
        let keys = ["start_to_close", "schedule_to_close", "schedule_to_start"];
        assert_eq!(closest("start_to_clsoe", &keys), Some("start_to_close"));
        assert_eq!(closest("StartToClose", &keys), Some("start_to_close"));
        assert_eq!(closest("timeout", &keys), None);
    }

    #[test]
    fn handles_are_named_for_their_workflow() {
        for (name, expected) in [
            ("hello_world", "HelloWorldHandle"),
            ("Order", "OrderHandle"),
            ("_x", "XHandle"),
        ] {
            assert_eq!(handle(&Ident::new(name, Span::call_site())), expected);
        }
        assert_eq!(
            handle(&Ident::new_raw("type", Span::call_site())),
            "TypeHandle"
        );
    }
}
