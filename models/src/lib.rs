//! Models of the protocols, which a checker explores completely, and a checker of recorded histories.
//! docs/design/models.md says what each one covers.

pub mod history;
pub mod saga;
pub mod search;
pub mod step;
pub mod two_phase;
