//! What a priority may be. Texts are those of the real service.

use temporal_protos::common::Priority;

/// Bytes of a fairness key.
const LONGEST_KEY: usize = 64;

/// Checks a priority; an error is the text of the refusal.
pub(crate) fn check(priority: Option<&Priority>) -> Result<(), String> {
    let Some(priority) = priority else {
        return Ok(());
    };
    if priority.priority_key < 0 {
        return Err("priority key can't be negative".into());
    }
    if priority.fairness_key.len() > LONGEST_KEY {
        return Err("fairness key length exceeds limit".into());
    }
    if priority.fairness_weight < 0.0 {
        return Err("must be greater than zero".into());
    }
    // The real service takes these; nothing that is not a number is equal to itself, so each change would be one.
    if !priority.fairness_weight.is_finite() {
        return Err("fairness weight must be a number".into());
    }
    Ok(())
}

/// What an activity's own priority says, and for what it leaves out the workflow's.
pub(crate) fn merged(workflow: Option<&Priority>, own: Option<&Priority>) -> Option<Priority> {
    let (Some(workflow), Some(own)) = (workflow, own) else {
        return own.or(workflow).cloned();
    };
    let mut merged = own.clone();
    if merged.priority_key == 0 {
        merged.priority_key = workflow.priority_key;
    }
    if merged.fairness_key.is_empty() {
        merged.fairness_key.clone_from(&workflow.fairness_key);
    }
    if merged.fairness_weight == 0.0 {
        merged.fairness_weight = workflow.fairness_weight;
    }
    Some(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut Priority)) -> String {
        let mut priority = Priority::default();
        change(&mut priority);
        check(Some(&priority)).unwrap_err()
    }

    #[test]
    fn each_field_has_its_bounds() {
        let largest = Priority {
            priority_key: i32::MAX,
            fairness_key: "x".repeat(LONGEST_KEY),
            fairness_weight: f32::MAX,
        };
        for fine in [None, Some(&Priority::default()), Some(&largest)] {
            assert_eq!(check(fine), Ok(()));
        }
        let text = refusal(|priority| priority.priority_key = -1);
        assert_eq!(text, "priority key can't be negative");
        let text = refusal(|priority| priority.fairness_key = "x".repeat(LONGEST_KEY + 1));
        assert_eq!(text, "fairness key length exceeds limit");
        for (weight, expected) in [
            (-0.5, "must be greater than zero"),
            (f32::NEG_INFINITY, "must be greater than zero"),
            (f32::INFINITY, "fairness weight must be a number"),
            (f32::NAN, "fairness weight must be a number"),
        ] {
            let text = refusal(|priority| priority.fairness_weight = weight);
            assert_eq!(text, expected);
        }
    }
}
