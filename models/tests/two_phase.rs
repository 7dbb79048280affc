//! Two-phase commit: every state of the model is checked, and each broken variant has a counterexample.

use models::search::{check, counterexample, without_end};
use models::two_phase::{Fault, State, TwoPhase, property};

const RECOVERIES: TwoPhase = TwoPhase { recoverers: 2, operators: 0, force_commit: false, fault: None };
const FORCE: TwoPhase = TwoPhase { recoverers: 1, operators: 1, force_commit: true, fault: None };
const OPERATORS: TwoPhase = TwoPhase { recoverers: 0, operators: 2, force_commit: true, fault: None };

/// Checks the properties in every state. `least` is about the number of states: a model that lost its steps would have
/// fewer.
fn holds(model: TwoPhase, least: usize) {
    let checked = check(model);
    println!("{model:?}: {} states", checked.states);
    assert!(checked.broken.is_empty(), "{checked:#?}");
    assert!(checked.states > least, "{}", checked.states);
}

/// Checks that the transaction can end from every state.
fn ends(model: TwoPhase) {
    assert_eq!(without_end(&model, State::is_over), None);
}

/// Returns the steps to a state that breaks the property in this variant.
fn breaks(model: TwoPhase, fault: Fault, property: &'static str) -> Vec<String> {
    let steps = counterexample(TwoPhase { fault: Some(fault), ..model }, property).unwrap_or_default();
    println!("{fault:?} breaks `{property}`: {steps:#?}");
    assert!(!steps.is_empty(), "{fault:?} does not break `{property}`");
    steps
}

#[test]
fn two_recoveries_end_what_a_coordinator_left_at_any_point() {
    holds(RECOVERIES, 10_000);
    ends(RECOVERIES);
}

#[test]
fn an_operator_never_reverses_a_decision() {
    holds(FORCE, 30_000);
    ends(FORCE);
}

#[test]
fn two_operators_force_one_outcome() {
    holds(OPERATORS, 100_000);
}

/// The fault that the library had: the coordinator commits between the operator's look and its insert.
#[test]
fn force_abort_that_ignores_the_key_reverses_a_decision() {
    let model = TwoPhase { force_commit: false, ..FORCE };
    let steps = breaks(model, Fault::ForceIgnoresTheKey, property::ATOMIC);
    let place = |step: &str| steps.iter().position(|known| known == step);
    let looked = place("operator 0 lists branch 1 and the decisions");
    let committed = place("server 0 executes COMMIT");
    let ignored = place("operator 0 finds the key taken");
    assert!(looked.is_some() && looked < committed && committed < ignored, "{steps:#?}");
}

#[test]
fn a_forced_commit_that_is_withdrawn_may_be_carried_out_in_part() {
    breaks(OPERATORS, Fault::ForceCommitsBeforeItLooks, property::ATOMIC);
}

#[test]
fn a_recovery_that_reads_the_row_rolls_back_a_decision() {
    breaks(RECOVERIES, Fault::RecoveryReadsTheRow, property::ATOMIC);
}

#[test]
fn an_error_of_commit_is_not_a_rollback() {
    breaks(RECOVERIES, Fault::ErrorMeansRollback, property::ATOMIC);
}

#[test]
fn a_decision_that_is_deleted_at_once_is_reported_as_a_rollback() {
    breaks(RECOVERIES, Fault::ForgetsAtOnce, property::TRUE_REPORT);
}

#[test]
fn marks_that_are_deleted_before_the_decision_look_like_a_rollback() {
    breaks(RECOVERIES, Fault::MarksFirst, property::NO_HEURISTIC);
}

/// The control of the check that every transaction ends: without recoveries, a crash leaves branches prepared.
#[test]
fn without_a_recovery_a_transaction_stays_in_doubt() {
    assert!(without_end(&TwoPhase::default(), State::is_over).is_some());
}
