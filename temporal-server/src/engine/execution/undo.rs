//! A map that can forget what was done to it since a mark, at a cost of what was touched. Never copies the whole.

use std::collections::{BTreeMap, BTreeSet};

/// An ordered map with an undo log, which is only kept between [`UndoMap::mark`] and its end. Most runs have one entry
/// at a time or none, and there are many runs: values are boxed, because a map has room for eleven from the first on,
/// and an empty map holds no memory.
pub(crate) struct UndoMap<K, V> {
    map: BTreeMap<K, Box<V>>,
    log: Option<Vec<(K, Option<V>)>>,
    /// The keys that were touched, if somebody stores the map.
    touched: Option<BTreeSet<K>>,
}

impl<K, V> Default for UndoMap<K, V> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
            log: None,
            touched: None,
        }
    }
}

impl<K: std::fmt::Debug, V: std::fmt::Debug> std::fmt::Debug for UndoMap<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.map.fmt(f)
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for UndoMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self {
            map: entries
                .into_iter()
                .map(|(key, value)| (key, Box::new(value)))
                .collect(),
            ..Self::default()
        }
    }
}

impl<K: Ord + Clone, V: Clone> UndoMap<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    pub(crate) fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.map.get(key).map(AsRef::as_ref)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.map.iter().map(|(key, value)| (key, &**value))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.map.values().map(AsRef::as_ref)
    }

    /// The value of a key, to be changed.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let value = self.map.get_mut(key)?;
        if let Some(touched) = &mut self.touched {
            touched.insert(key.clone());
        }
        if let Some(log) = &mut self.log {
            log.push((key.clone(), Some(V::clone(value))));
        }
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if let Some(touched) = &mut self.touched {
            touched.insert(key.clone());
        }
        match &mut self.log {
            Some(log) => {
                let old = self.map.insert(key.clone(), Box::new(value));
                log.push((key, old.map(|old| *old)));
            }
            None => {
                self.map.insert(key, Box::new(value));
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let old = *self.map.remove(key)?;
        if self.map.is_empty() {
            self.map = BTreeMap::new();
        }
        if let Some(touched) = &mut self.touched {
            touched.insert(key.clone());
        }
        if let Some(log) = &mut self.log {
            log.push((key.clone(), Some(old.clone())));
        }
        Some(old)
    }

    /// Remembers from now on which keys are touched; those that are there count as touched.
    pub(crate) fn track(&mut self) {
        self.touched = Some(self.map.keys().cloned().collect());
    }

    /// The keys that were touched since the last call, also those whose change was taken back.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<K> {
        self.touched
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Starts to remember changes.
    pub(crate) fn mark(&mut self) {
        self.log = Some(Vec::new());
    }

    /// Lets the changes since the mark stand.
    pub(crate) fn keep(&mut self) {
        self.log = None;
    }

    /// Takes back the changes since the mark.
    pub(crate) fn undo(&mut self) {
        for (key, old) in self.log.take().unwrap_or_default().into_iter().rev() {
            match old {
                Some(value) => self.map.insert(key, Box::new(value)),
                None => self.map.remove(&key),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_restores_inserted_changed_and_removed_entries() {
        let mut map = UndoMap::default();
        map.insert("kept", 1);
        map.insert("removed", 2);
        map.mark();
        map.insert("new", 3);
        *map.get_mut(&"kept").unwrap() = 10;
        *map.get_mut(&"kept").unwrap() = 11;
        map.remove(&"removed");
        map.insert("removed", 5);
        map.undo();
        assert_eq!(
            map.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>(),
            [("kept", 1), ("removed", 2)]
        );
        map.mark();
        map.remove(&"kept");
        map.keep();
        map.undo();
        assert_eq!(map.len(), 1);
    }
}
