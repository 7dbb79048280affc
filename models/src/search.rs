//! Searches the complete graph of states of a model.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker, HasDiscoveries, Model, Path};

/// The result of a complete check.
#[derive(Debug)]
pub struct Checked {
    /// The number of different states.
    pub states: usize,
    /// The properties that do not hold, each with the steps to a state that breaks it.
    pub broken: BTreeMap<&'static str, Vec<String>>,
}

/// Explores every state, breadth first, and checks every property of the model.
pub fn check<M>(model: M) -> Checked
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let checker = model.checker().spawn_bfs().join();
    Checked { states: checker.unique_state_count(), broken: broken(&checker) }
}

/// Explores states, breadth first, until one breaks the property. Returns the steps to it.
pub fn counterexample<M>(model: M, property: &'static str) -> Option<Vec<String>>
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let found = HasDiscoveries::AnyOf(BTreeSet::from([property]));
    broken(&model.checker().finish_when(found).spawn_bfs().join()).remove(property)
}

fn broken<M>(checker: &impl Checker<M>) -> BTreeMap<&'static str, Vec<String>>
where
    M: Model,
    M::State: Clone + Debug + Hash + PartialEq,
    M::Action: Clone + Debug + PartialEq,
{
    let steps = |path: Path<M::State, M::Action>| path.into_actions().iter().map(|step| format!("{step:?}")).collect();
    checker.discoveries().into_iter().map(|(property, path)| (property, steps(path))).collect()
}

/// Returns a state from which no state of the end can be reached. Stateright's `eventually` would not do: it ignores
/// paths that end in a cycle, and a recovery that finds nothing to do is a cycle.
pub fn without_end<M>(model: &M, is_end: impl Fn(&M::State) -> bool) -> Option<M::State>
where
    M: Model,
    M::State: Clone + Eq + Hash,
{
    let (states, before) = explore(model);
    let mut ends: Vec<bool> = states.iter().map(is_end).collect();
    let mut open: Vec<usize> = (0..states.len()).filter(|&state| ends[state]).collect();
    while let Some(state) = open.pop() {
        for &earlier in &before[state] {
            if !std::mem::replace(&mut ends[earlier], true) {
                open.push(earlier);
            }
        }
    }
    states.into_iter().zip(ends).find(|(_, ends)| !ends).map(|(state, _)| state)
}

/// Returns every state, and the numbers of the states before it.
fn explore<M>(model: &M) -> (Vec<M::State>, Vec<Vec<usize>>)
where
    M: Model,
    M::State: Clone + Eq + Hash,
{
    let mut states = model.init_states();
    let mut before = vec![Vec::new(); states.len()];
    let mut numbers: HashMap<_, _> = states.iter().cloned().zip(0..).collect();
    let mut number = 0;
    while number < states.len() {
        for next in model.next_states(&states[number]) {
            let found = match numbers.entry(next) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(free) => {
                    states.push(free.key().clone());
                    before.push(Vec::new());
                    *free.insert(states.len() - 1)
                }
            };
            before[found].push(number);
        }
        number += 1;
    }
    (states, before)
}
