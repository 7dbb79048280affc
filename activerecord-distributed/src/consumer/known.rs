//! The events that this process has received and not acknowledged. A queue can deliver them again, for example after its
//! connection was lost.

use std::collections::{HashMap, VecDeque};

use super::delivered::{Delivered, Ended};
use crate::failpoint;

/// How many handled events without an acknowledgement are remembered.
const REMEMBERED: usize = 10_000;

#[derive(Default)]
pub(super) struct Known {
    /// By id: the further deliveries of an event that runs or waits.
    again: HashMap<String, VecDeque<Delivered>>,
    /// The events that are handled, and whose acknowledgement has failed. The oldest is first.
    handled: VecDeque<String>,
}

/// What a delivery is to this process.
pub(super) enum Arrival {
    New(Delivered),
    /// The event runs or waits. This delivery is kept until it ends.
    Known,
    /// The event was handled, but not acknowledged.
    Handled(Delivered),
}

impl Known {
    pub(super) fn add(&mut self, delivered: Delivered) -> Arrival {
        let Some(id) = delivered.id().map(str::to_owned) else { return Arrival::New(delivered) };
        if failpoint::is_broken("consumer.known") {
            return Arrival::New(delivered);
        }
        if let Some(position) = self.handled.iter().position(|handled| *handled == id) {
            self.handled.remove(position);
            return Arrival::Handled(delivered);
        }
        match self.again.get_mut(&id) {
            Some(again) => {
                again.push_back(delivered);
                Arrival::Known
            }
            None => {
                self.again.insert(id, VecDeque::new());
                Arrival::New(delivered)
            }
        }
    }

    /// Removes an event. Returns its further deliveries.
    pub(super) fn remove(&mut self, ended: &Ended) -> VecDeque<Delivered> {
        let Some(id) = &ended.id else { return VecDeque::new() };
        let again = self.again.remove(id).unwrap_or_default();
        if ended.is_handled && !ended.is_acknowledged && again.is_empty() {
            if self.handled.len() == REMEMBERED {
                self.handled.pop_front();
            }
            self.handled.push_back(id.clone());
        }
        again
    }

    /// Adds the first of these deliveries of one event, with the others behind it.
    pub(super) fn keep_one(&mut self, mut deliveries: VecDeque<Delivered>) -> Option<Delivered> {
        let first = deliveries.pop_front()?;
        self.again.insert(first.id()?.to_owned(), deliveries);
        Some(first)
    }

    /// The deliveries that wait for the end of their event.
    pub(super) fn waiting(&mut self) -> impl Iterator<Item = &mut Delivered> {
        self.again.values_mut().flatten()
    }

    pub(super) fn into_waiting(self) -> impl Iterator<Item = Delivered> {
        self.again.into_values().flatten()
    }
}
