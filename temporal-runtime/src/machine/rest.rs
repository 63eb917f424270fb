//! A run that rests gives back the room that its last task needed.

use std::collections::VecDeque;

use super::Machine;

impl Machine {
    /// Nothing will happen for a while.
    pub(crate) fn rest(&mut self) {
        give_back(&mut self.jobs);
        give_back(&mut self.outgoing);
    }
}

pub(super) fn give_back<T>(queue: &mut VecDeque<T>) {
    if queue.is_empty() {
        *queue = VecDeque::new();
    } else {
        queue.shrink_to_fit();
    }
}
