//! Sagas: every state of the model is checked, and each broken variant has a counterexample.

use models::saga::{Fault, Saga, State, property};
use models::search::{check, counterexample, without_end};

/// Returns the steps to a state that breaks the property in this variant.
fn breaks(fault: Fault, property: &'static str) -> Vec<String> {
    let steps = counterexample(Saga { fault: Some(fault) }, property).unwrap_or_default();
    println!("{fault:?} breaks `{property}`: {steps:#?}");
    assert!(!steps.is_empty(), "{fault:?} does not break `{property}`");
    steps
}

#[test]
fn two_executors_take_a_saga_over_at_any_point() {
    let checked = check(Saga::default());
    println!("{} states", checked.states);
    assert!(checked.broken.is_empty(), "{checked:#?}");
    // A model that lost its steps would have fewer.
    assert!(checked.states > 10_000, "{}", checked.states);
    assert_eq!(without_end(&Saga::default(), State::is_over), None);
}

/// The fault that the library had: the former executor begins to compensate after the record was listed, and its token
/// is still that of the record.
#[test]
fn an_executor_that_acts_on_what_it_listed_goes_forward_again() {
    let steps = breaks(Fault::ActsOnTheListedRecord, property::ONE_TURN);
    let place = |step: &str| steps.iter().position(|known| known == step);
    let listed = place("executor 1 lists the saga");
    let turned = place("executor 0 writes that it unwinds");
    let taken = place("executor 1 takes over");
    assert!(listed.is_some() && listed < turned && turned < taken, "{steps:#?}");
}

#[test]
fn without_a_fencing_token_a_late_executor_writes() {
    breaks(Fault::WritesWithoutToken, property::FENCED);
}

#[test]
fn without_a_barrier_a_late_action_takes_effect_after_its_compensation() {
    breaks(Fault::ActsWithoutBarrier, property::FINAL);
    breaks(Fault::ActsWithoutBarrier, property::ONCE);
}

#[test]
fn an_action_of_unknown_outcome_that_counts_as_failed_is_not_compensated() {
    breaks(Fault::IgnoresDoubt, property::CONSISTENT);
}

#[test]
fn a_saga_that_nobody_resumes_does_not_end() {
    let model = Saga { fault: Some(Fault::NobodyResumes) };
    assert!(without_end(&model, State::is_over).is_some());
}
