//! The barrier: a row in the step's own transaction, which makes its effect happen once. An action or its undoing that comes
//! again does nothing; an undoing that comes first does nothing either, and keeps the action out for good (the sub-transaction
//! barrier of DTM).

use std::sync::Arc;

use activerecord_core::{ActiveRecord, ConnectionHandle, Error, ErrorKind, Result, Scalar, transaction};
use activerecord_derive::{ActiveEnum, ActiveRecord};
use uuid::Uuid;

use super::context::StepContext;
use super::step::Step;
use crate::error::LEASE_LOST;
use crate::failpoint;
use crate::store::{Kept, insert, with_table};

/// What was done to a step, in the database of its effect: a row of `ar_saga_barrier`.
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
    /// What the action returned, as JSON; None where it was kept out.
    output: Option<String>,
}

#[derive(ActiveEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[activerecord(crate = activerecord_core)]
enum Operation {
    Act,
    Undo,
}

impl Kept for Barrier {}

/// Runs the action in a transaction on the step's connection, or gives what it returned when it did take effect.
///
/// # Errors
/// The action's own; `LeaseLost` when the step was undone before.
pub(super) async fn act(name: &str, step: &Step, context: &Arc<StepContext>) -> Result<String> {
    let handle = with_table::<Barrier>(name).await?;
    transaction(name, async || {
        if failpoint::is_broken("saga.barrier") {
            return step.act(Arc::clone(context)).await;
        }
        if let Some(row) = find(&handle, context, Operation::Act).await? {
            return row.output.ok_or_else(|| refused(context));
        }
        let output = step.act(Arc::clone(context)).await?;
        failpoint::reach("saga.barrier")?;
        // Whoever has come through at the same time is found out here, by the key: then this one's work is undone.
        pass(&handle, context, Operation::Act, Some(output.clone())).await?;
        Ok(output)
    })
    .await
}

/// Undoes the step in a transaction on its connection, unless that was done before or there is nothing to undo.
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
            // An action that is still under way ends before this, or fails at its own row.
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

/// Leaves the row. Of two at once, the second waits for the first one's end.
async fn pass(
    handle: &ConnectionHandle,
    context: &StepContext,
    operation: Operation,
    output: Option<String>,
) -> Result<()> {
    let mut row = Barrier { saga_id: context.saga, position: context.position, operation, output };
    insert(handle.name(), &mut row).await.map_err(|error| match error.kind() {
        // The next attempt finds what the other one has left.
        ErrorKind::UniqueViolation => {
            let message = format!("step `{}` of saga {} is being run by somebody else", context.step, context.saga);
            Error::new(ErrorKind::Serialization, message).with_source(error)
        }
        _ => error,
    })
}

#[cold]
fn refused(context: &StepContext) -> Error {
    let message = format!("step `{}` of saga {} was undone before it was run", context.step, context.saga);
    Error::new(LEASE_LOST, message)
}
