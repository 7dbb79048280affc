//! A step of a model.

use std::fmt;

/// A step of a process, with the state after it. So each process computes its steps in one place, and not once for
/// their names and once for their effects.
#[derive(Clone, PartialEq)]
pub struct Step<S> {
    by: &'static str,
    number: usize,
    what: &'static str,
    then: S,
}

impl<S> Step<S> {
    /// Returns the state after the step.
    pub fn then(self) -> S {
        self.then
    }
}

/// The steps that are possible in one state.
#[derive(Debug)]
pub(crate) struct Steps<'s, S> {
    by: &'static str,
    number: usize,
    list: &'s mut Vec<Step<S>>,
}

impl<'s, S> Steps<'s, S> {
    pub(crate) fn of(by: &'static str, number: usize, list: &'s mut Vec<Step<S>>) -> Self {
        Self { by, number, list }
    }

    pub(crate) fn add(&mut self, what: &'static str, then: S) {
        self.list.push(Step { by: self.by, number: self.number, what, then });
    }
}

/// Without the state: a counterexample is read step by step.
impl<S> fmt::Debug for Step<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.by, self.number, self.what)
    }
}
