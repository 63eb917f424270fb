//! Names that many rows share: of types, queues and attributes. One that no row has any more is forgotten.

use std::collections::BTreeSet;
use std::sync::Arc;

/// The names that rows have.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<Arc<str>>);

impl Names {
    /// The name, as other rows have it.
    pub(super) fn share(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.0.insert(name.clone());
        name
    }

    /// Takes back names of a row that has gone.
    pub(super) fn release(&mut self, names: impl IntoIterator<Item = Arc<str>>) {
        for name in names {
            // This one and the one in the set: no row has it.
            if Arc::strong_count(&name) == 2 {
                self.0.remove(&*name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shared_and_goes_with_the_last_row_that_has_it() {
        let mut names = Names::default();
        let [first, second] = ["probe"; 2].map(|name| names.share(name));
        assert!(Arc::ptr_eq(&first, &second));
        names.release([first]);
        assert_eq!(names.0.len(), 1);
        // A row may have a name twice.
        let third = names.share("probe");
        names.release([second, third]);
        assert_eq!(names.0.len(), 0);
    }
}
