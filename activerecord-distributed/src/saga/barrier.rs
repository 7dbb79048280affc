//! The barrier: a row in the step's own transaction, so that the effect of a step happens once.
//!
//! A repeated action or compensating action does nothing. A compensating action that arrives before its action does
//! nothing and blocks the action permanently. Source: the sub-transaction barrier of DTM
//! (<https://github.com/dtm-labs/dtm>).

use std::sync::Arc;

use activerecord_core::statement::CreateTable;
use activerecord_core::{ActiveRecord, ConnectionHandle, Error, ErrorKind, Result, Scalar, transaction};
use activerecord_derive::{ActiveEnum, ActiveRecord};
use uuid::Uuid;

use super::context::StepContext;
use super::step::Step;
use crate::error::LEASE_LOST;
use crate::failpoint;
use crate::tables::{OwnTable, insert, with_table};

/// An operation that ran on a step, in the database of its effect: a row of `ar_saga_barrier`.
#[derive(ActiveRecord, Clone, Debug)]
#[activerecord(crate = activerecord_core)]
#[table = "ar_saga_barrier"]
struct Barrier {
    #[primary_key]
    saga_id: Uuid,
    #[primary_key]
    position: i32,
    #[primary_key]
    operation: Operation,
    /// The output of the action, as JSON. None: the action was blocked.
    output: Option<String>,
}

#[derive(ActiveEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[activerecord(crate = activerecord_core)]
enum Operation {
    Act,
    Undo,
}

impl OwnTable for Barrier {}

/// Runs the action in a transaction on the step's connection. Returns the stored output when the action took effect
/// before.
///
/// # Errors
/// The action's own; `LEASE_LOST` when the step is already compensated.
pub(super) async fn act(name: &str, step: &Step, context: &Arc<StepContext>) -> Result<String> {
    let handle = with_table::<Barrier>(name).await?;
    transaction(name, async || {
        if failpoint::is_broken("saga.barrier") {
            return step.act(Arc::clone(context)).await;
        }
        if let Some(row) = find(&handle, context, Operation::Act).await? {
            return row.output.ok_or_else(|| blocked(context));
        }
        let output = step.act(Arc::clone(context)).await?;
        failpoint::reach("saga.barrier")?;
        // A concurrent attempt violates the primary key here, and its whole transaction is rolled back.
        pass(&handle, context, Operation::Act, Some(output.clone())).await?;
        Ok(output)
    })
    .await
}

/// Runs the compensating action in a transaction on the step's connection, unless it ran before or the action had no
/// effect.
pub(super) async fn undo(name: &str, step: &Step, context: &Arc<StepContext>) -> Result<()> {
    let handle = with_table::<Barrier>(name).await?;
    transaction(name, async || {
        if find(&handle, context, Operation::Undo).await?.is_some() {
            return Ok(());
        }
        pass(&handle, context, Operation::Undo, None).await?;
        match find(&handle, context, Operation::Act).await?.map(|row| row.output) {
            Some(Some(output)) => step.undo(Arc::clone(context), output).await,
            Some(None) => Ok(()),
            // A concurrent action either committed its row before this insert, or fails at the primary key after it.
            None => pass(&handle, context, Operation::Act, None).await,
        }
    })
    .await
}

async fn find(handle: &ConnectionHandle, context: &StepContext, operation: Operation) -> Result<Option<Barrier>> {
    let same =
        Barrier::SAGA_ID.eq(context.saga) & Barrier::POSITION.eq(context.position) & Barrier::OPERATION.eq(operation);
    Barrier::using(handle.name()).filter(same).first().await
}

/// Inserts the row of an operation. A concurrent insert of the same row waits until the first transaction ends.
async fn pass(
    handle: &ConnectionHandle,
    context: &StepContext,
    operation: Operation,
    output: Option<String>,
) -> Result<()> {
    let mut row = Barrier { saga_id: context.saga, position: context.position, operation, output };
    insert(handle.name(), &mut row).await.map_err(|error| match error.kind() {
        // Retryable: the next attempt finds the row of the other transaction.
        ErrorKind::UniqueViolation => {
            let message = format!("another process runs step `{}` of saga {}", context.step, context.saga);
            Error::new(ErrorKind::Serialization, message).with_source(error)
        }
        _ => error,
    })
}

#[cold]
fn blocked(context: &StepContext) -> Error {
    let message = format!("step `{}` of saga {} was compensated before its action ran", context.step, context.saga);
    Error::new(LEASE_LOST, message)
}

pub(super) fn definition() -> CreateTable {
    Barrier::definition()
}
