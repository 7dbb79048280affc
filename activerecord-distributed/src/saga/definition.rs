//! What a saga consists of.

use std::sync::Arc;
use std::time::Duration;

use crate::error::ProtocolError as _;
use activerecord_core::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::context::StepContext;
use super::step::{Step, StepFn, UndoFn};
use super::{Sagas, executor, registry};
use crate::backoff::Backoff;
use crate::json;
use crate::lease;

/// Steps that are run one after the other, each with what undoes it. All are done in the end, or those that were done are
/// undone, the last one first; also when the process dies in between.
///
/// What is guaranteed: every step and its end is in a log (`ar_saga` and `ar_saga_step` of one database) before the next
/// one begins. An action, and what undoes it, is run at least once; inside [`step_on`](Self::step_on) its effect happens
/// exactly once. What is *not*: isolation. Others see a step's effect before the saga has ended, and what they do with it is not
/// undone.
///
/// An error of an action that may pass (a lost connection, a deadlock, [`transient`](crate::transient)) has it run again, after a
/// growing pause, up to [`attempts`](Self::attempts) times; any other ends the saga, which is undone. What undoes a step is run
/// again after every error; when its attempts are used up the saga is stuck: see [`Sagas`](super::Sagas).
///
/// ```no_run
/// # use activerecord::prelude::*;
/// # use activerecord::saga::StepContext;
/// # #[derive(ActiveRecord)] struct User { id: i64, email: String }
/// # #[derive(ActiveRecord)] #[connection = "analytics"] struct Analytics { id: i64, user_id: i64 }
/// # async fn example() -> Result<()> {
/// let saga = Saga::new("create_user_with_analytics")
///     .step_on(
///         "primary",
///         "create user",
///         async |context: &StepContext| {
///             let user = User::create(User { id: 0, email: context.input()? }).await?;
///             Ok(user.id)
///         },
///         async |_: &StepContext, user_id: i64| User::find(user_id).await?.destroy().await,
///     )
///     .step_on(
///         "analytics",
///         "create analytics",
///         async |context: &StepContext| {
///             let user_id = context.output("create user")?;
///             Ok(Analytics::create(Analytics { id: 0, user_id }).await?.id)
///         },
///         async |_: &StepContext, id: i64| Analytics::find(id).await?.destroy().await,
///     );
/// saga.run("ada@example.com").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a definition does nothing before it is run"]
pub struct Saga {
    pub(super) name: String,
    pub(super) version: i32,
    pub(super) log: String,
    pub(super) steps: Vec<Step>,
    pub(super) attempts: u32,
    pub(super) backoff: Backoff,
    pub(super) deadline: Option<Duration>,
    pub(super) lease: Duration,
}

impl Saga {
    /// A saga without steps. Its name stands in the log: a program that resumes it knows its definition by it.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: 1,
            log: "primary".into(),
            steps: Vec::new(),
            attempts: 5,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(30)),
            deadline: None,
            lease: lease::LENGTH,
        }
    }

    /// A step: its action, and what undoes it. Both may be run more than once; [`StepContext::key`] tells a service that it
    /// is the same again. An action that returns an error has left nothing behind, or its error says that nobody knows
    /// (`CommitOutcomeUnknown`): then the saga is stuck if it cannot go on.
    pub fn step<T, A, C>(mut self, name: &str, action: A, undo: C) -> Self
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        A: AsyncFnOnce(&StepContext) -> Result<T> + for<'a> StepFn<'a, T> + Clone + Send + Sync + 'static,
        C: AsyncFnOnce(&StepContext, T) -> Result<()> + for<'a> UndoFn<'a, T> + Clone + Send + Sync + 'static,
    {
        self.steps.push(Step::pivot(name, None, action).undone_by(undo));
        self
    }

    /// A step whose action, and what undoes it, each run in a transaction on this connection, in which a row says that they
    /// did: their effect happens exactly once, and an action that comes too late does nothing.
    pub fn step_on<T, A, C>(mut self, connection: &str, name: &str, action: A, undo: C) -> Self
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        A: AsyncFnOnce(&StepContext) -> Result<T> + for<'a> StepFn<'a, T> + Clone + Send + Sync + 'static,
        C: AsyncFnOnce(&StepContext, T) -> Result<()> + for<'a> UndoFn<'a, T> + Clone + Send + Sync + 'static,
    {
        self.steps.push(Step::pivot(name, Some(connection), action).undone_by(undo));
        self
    }

    /// A step that nothing undoes: once it is done, the saga only goes forward. Steps after it are run again until they
    /// succeed, or the saga is stuck.
    pub fn pivot<T, A>(mut self, name: &str, action: A) -> Self
    where
        T: Serialize + Send + 'static,
        A: AsyncFnOnce(&StepContext) -> Result<T> + for<'a> StepFn<'a, T> + Clone + Send + Sync + 'static,
    {
        self.steps.push(Step::pivot(name, None, action));
        self
    }

    /// [`pivot`](Self::pivot), in a transaction on this connection, as [`step_on`](Self::step_on).
    pub fn pivot_on<T, A>(mut self, connection: &str, name: &str, action: A) -> Self
    where
        T: Serialize + Send + 'static,
        A: AsyncFnOnce(&StepContext) -> Result<T> + for<'a> StepFn<'a, T> + Clone + Send + Sync + 'static,
    {
        self.steps.push(Step::pivot(name, Some(connection), action));
        self
    }

    /// The connection whose database has the log; `primary` unless set.
    pub fn log_on(mut self, connection: impl Into<String>) -> Self {
        self.log = connection.into();
        self
    }

    /// The version of this definition, 1 unless set: to be raised when steps change. A program that still knows the older
    /// one (see [`register`](Self::register)) goes on with sagas of it; elsewhere they are stuck.
    pub fn version(mut self, version: i32) -> Self {
        self.version = version;
        self
    }

    /// How often an action is run at most, and what undoes it; 5 unless set.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The pauses between attempts: 100 milliseconds to 30 seconds unless set.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// After this time, by the log's clock, no action is run again: a saga that is not done then is undone. None unless
    /// set.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How long a saga whose process died is left alone. 30 seconds unless set, and renewed at a third of it.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Makes the definition known to [`resume_all`](Self::resume_all). To run it does that, too.
    ///
    /// # Errors
    /// `Configuration` when it has no steps, or two of one name.
    pub fn register(&self) -> Result<()> {
        self.check()?;
        registry::register(self);
        Ok(())
    }

    /// Runs the saga, and returns its id when all steps are done.
    ///
    /// # Errors
    /// `Compensated` when a step failed and all before it are undone, with the step's error as the source; `Stuck` when it
    /// needs a decision; `LeaseLost` when somebody else has taken it up; an error of the log's database: then it is
    /// resumed later.
    pub async fn run<I: Serialize + ?Sized>(&self, input: &I) -> Result<Uuid> {
        self.run_as(Uuid::now_v7(), input).await
    }

    /// [`run`](Self::run) under an id of the caller's: when there is a saga of this id already, this gives its end, or
    /// resumes it, and does not begin another one.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_as<I: Serialize + ?Sized>(&self, id: Uuid, input: &I) -> Result<Uuid> {
        self.check()?;
        let definition = registry::register(self);
        let input = json::write(input, || format!("the input of a saga `{}`", self.name))?;
        executor::run(definition, id, input).await.map(|()| id)
    }

    /// Goes on with every saga whose process has died, in every log of a definition that this process knows. Call it at the
    /// start, and once in a while. Each goes its own way: an error of one is in the answer, and stops no other.
    ///
    /// # Errors
    /// `Configuration` when a log's connection is not there, or whatever its database reports when it is looked for work.
    pub async fn resume_all() -> Result<Resumed> {
        let mut resumed = Resumed::default();
        for log in registry::logs() {
            resumed.add(Sagas::on(log).resume_all().await?);
        }
        Ok(resumed)
    }

    fn check(&self) -> Result<()> {
        if self.steps.is_empty() {
            return Err(Error::configuration(format!("the saga `{}` has no steps", self.name)));
        }
        let mut names: Vec<_> = self.steps.iter().map(|step| &step.name).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                Err(Error::configuration(format!("the saga `{}` has two steps of the name `{}`", self.name, pair[0])))
            }
            None => Ok(()),
        }
    }

    /// The step at this place, if it has this name.
    pub(super) fn step_at(&self, position: i32, name: &str) -> Option<&Step> {
        usize::try_from(position).ok().and_then(|position| self.steps.get(position)).filter(|step| step.name == name)
    }
}

/// What became of the sagas that were resumed.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Resumed {
    /// All their steps are done.
    pub done: Vec<Uuid>,
    /// They are undone.
    pub compensated: Vec<Uuid>,
    /// They need a decision.
    pub stuck: Vec<Uuid>,
    /// This process knows no definition of their name: another one may.
    pub unknown: Vec<Uuid>,
    /// They could not be gone on with now, and why.
    pub failed: Vec<(Uuid, Error)>,
}

impl Resumed {
    fn add(&mut self, other: Self) {
        self.done.extend(other.done);
        self.compensated.extend(other.compensated);
        self.stuck.extend(other.stuck);
        self.unknown.extend(other.unknown);
        self.failed.extend(other.failed);
    }

    pub(super) fn note(&mut self, id: Uuid, end: Result<()>) {
        match end {
            Ok(()) => self.done.push(id),
            Err(error) if error.is_compensated() => self.compensated.push(id),
            Err(error) if error.is_stuck() => self.stuck.push(id),
            Err(error) => self.failed.push((id, error)),
        }
    }
}

/// A definition that many may hold.
pub(super) type Definition = Arc<Saga>;
