//! The tasks that wait at a queue: the more important first, and among equals in the order in which they came.

use std::collections::BTreeMap;

use temporal_protos::common::Priority;

use super::super::time::Time;

/// How important a task is: 1 comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(i32);

impl Level {
    const HIGHEST: i32 = 1;
    const LOWEST: i32 = 5;

    /// The level of a task: its own, or else that of what it belongs to.
    pub(crate) fn of(priorities: [Option<&Priority>; 2]) -> Self {
        let mut keys = priorities.into_iter().flatten().map(|p| p.priority_key);
        let key = keys.find(|key| *key > 0);
        key.map_or_else(Self::default, |key| Self(key.min(Self::LOWEST)))
    }
}

impl Default for Level {
    /// That of who asks for none.
    fn default() -> Self {
        Self(3)
    }
}

/// Tasks, and since when they wait.
#[derive(Debug)]
pub(super) struct Backlog<T> {
    tasks: BTreeMap<(Level, i64), (T, Time)>,
    /// The places that were given out last, behind the others and before them.
    last: i64,
    first: i64,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        Self {
            tasks: BTreeMap::new(),
            last: 0,
            first: 0,
        }
    }
}

impl<T> Backlog<T> {
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Adds a task behind those of its level.
    pub(super) fn push_back(&mut self, level: Level, task: T, now: Time) {
        self.last += 1;
        self.tasks.insert((level, self.last), (task, now));
    }

    /// Adds a task before those of its level.
    pub(super) fn push_front(&mut self, level: Level, task: T, now: Time) {
        self.first -= 1;
        self.tasks.insert((level, self.first), (task, now));
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        self.tasks.pop_first().map(|(_, (task, _))| task)
    }

    /// Since when the task waits that has waited longest. In each level that is the first of those added behind the
    /// others, or the last of those added before them.
    pub(super) fn oldest_since(&self) -> Option<Time> {
        if self.is_empty() {
            return None;
        }
        let levels = (Level::HIGHEST..=Level::LOWEST).map(Level);
        levels
            .flat_map(|level| {
                let before = self.tasks.range((level, i64::MIN)..(level, 0));
                let behind = self.tasks.range((level, 0)..=(level, i64::MAX));
                [before.last(), { behind }.next()]
            })
            .flatten()
            .map(|(_, (_, since))| *since)
            .min()
    }

    pub(super) fn into_tasks(self) -> Vec<T> {
        self.tasks.into_values().map(|(task, _)| task).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(priority_key: i32) -> Priority {
        Priority {
            priority_key,
            ..Priority::default()
        }
    }

    #[test]
    fn the_more_important_comes_first_and_equals_in_order() {
        let now = Time::from_nanos(0);
        let mut backlog = Backlog::default();
        let level = |number| Level::of([Some(&key(number)), None]);
        for (number, task) in [(3, "c"), (5, "e"), (1, "a"), (3, "d"), (9, "f")] {
            backlog.push_back(level(number), task, now);
        }
        backlog.push_front(Level::default(), "b", now);
        let order: Vec<_> = std::iter::from_fn(|| backlog.pop()).collect();
        assert_eq!(order, ["a", "b", "c", "d", "e", "f"]);
    }

    #[test]
    fn the_oldest_may_be_of_any_level_and_a_task_that_came_back_is_none() {
        let at = Time::from_nanos;
        let mut backlog = Backlog::default();
        assert_eq!(backlog.oldest_since(), None);
        backlog.push_back(Level(5), "old", at(10));
        backlog.push_back(Level(1), "next", at(20));
        backlog.push_back(Level(1), "later", at(30));
        assert_eq!(backlog.oldest_since(), Some(at(10)));
        assert_eq!(backlog.pop(), Some("next"));
        backlog.push_front(Level(5), "back", at(40));
        backlog.push_front(Level(5), "back again", at(50));
        assert_eq!(backlog.oldest_since(), Some(at(10)));
        let left = ["later", "back again", "back", "old"];
        for (task, oldest) in left.into_iter().zip([10, 10, 10]) {
            assert_eq!(backlog.pop(), Some(task));
            assert_eq!(backlog.oldest_since(), Some(at(oldest)));
        }
        backlog.push_front(Level(5), "back", at(5));
        assert_eq!(backlog.oldest_since(), Some(at(5)));
    }

    #[test]
    fn what_has_no_level_of_its_own_has_that_of_its_workflow() {
        assert_eq!(Level::of([None, None]), Level(3));
        assert_eq!(Level::of([Some(&key(0)), Some(&key(2))]), Level(2));
        assert_eq!(Level::of([Some(&key(4)), Some(&key(2))]), Level(4));
    }
}
