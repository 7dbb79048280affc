//! The definition of a saga.

use std::sync::Arc;
use std::time::Duration;

use activerecord_core::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::context::StepContext;
use super::step::{Step, StepFn, UndoFn};
use super::{Sagas, executor, registry};
use crate::backoff::Backoff;
use crate::error::ProtocolError as _;
use crate::json;
use crate::lease;

/// A definition of a saga: steps that run in order, each with a compensating action. Either all steps complete, or the
/// completed ones are compensated in reverse order, also when the process dies (H. Garcia-Molina and K. Salem, "Sagas",
/// 1987).
///
/// **Guaranteed**: the outcome of each step is in the log (the tables `ar_saga` and `ar_saga_step` of one database)
/// before the next step starts. An action and a compensating action run at least once; with [`step_on`](Self::step_on)
/// their effect happens exactly once.
///
/// **Not guaranteed**: isolation. Other transactions see the effect of a step before the saga ends. If they act on it,
/// their work is not compensated.
///
/// **Errors of an action**: a transient error (a lost connection, a deadlock, [`transient`](crate::transient)) is
/// retried with growing pauses. After any other error, or when the [`attempts`](Self::attempts) are used up, the saga
/// is compensated; after a [`pivot`](Self::pivot) it is stuck instead.
///
/// **Errors of a compensating action**: every error is retried. When the attempts are used up, the saga is stuck, and
/// an operator must decide: see [`Sagas`](super::Sagas).
///
/// After a crash, [`resume_all`](Self::resume_all) resumes the saga.
///
/// ```no_run
/// # use activerecord::prelude::*;
/// use activerecord::saga::StepContext;
///
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
    pub(super) step_timeout: Duration,
}

impl Saga {
    /// A definition without steps. The log stores the name; a process that resumes the saga finds the definition by it.
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
            step_timeout: Duration::from_secs(3600),
        }
    }

    /// Adds a step: its action and its compensating action. Both may run more than once; pass
    /// [`StepContext::key`] to other services as an idempotency key.
    ///
    /// An action that returns an error must not leave an effect. If it cannot know, it returns [`Error::unknown`]: then the
    /// step is compensated as if it had happened. The compensating action gets null for the output that is unknown, so the
    /// output must be `()`, an `Option` or another type that null can be read as. Otherwise the saga becomes stuck. The same
    /// holds for an action whose process died, if the saga cannot continue.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::StepContext;
    ///
    /// # struct Hotel;
    /// # impl Hotel {
    /// #     async fn book(_: String, _: u32) -> Result<String> { Ok("booking".into()) }
    /// #     async fn cancel(_: String) -> Result<()> { Ok(()) }
    /// # }
    /// let saga = Saga::new("book_trip").step(
    ///     "hotel",
    ///     async |context: &StepContext| Hotel::book(context.key(), context.input()?).await,
    ///     async |_: &StepContext, booking: String| Hotel::cancel(booking).await,
    /// );
    /// # let _ = saga;
    /// ```
    pub fn step<T, A, C>(mut self, name: &str, action: A, undo: C) -> Self
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        A: AsyncFnOnce(&StepContext) -> Result<T> + for<'a> StepFn<'a, T> + Clone + Send + Sync + 'static,
        C: AsyncFnOnce(&StepContext, T) -> Result<()> + for<'a> UndoFn<'a, T> + Clone + Send + Sync + 'static,
    {
        self.steps.push(Step::pivot(name, None, action).undone_by(undo));
        self
    }

    /// Adds a step that runs in a transaction on this connection. The transaction also writes a barrier row (the table
    /// `ar_saga_barrier`), so the effect of the action and of the compensating action happens exactly once. An action
    /// that runs after its compensation has no effect.
    ///
    /// See the example of [`Saga`].
    pub fn step_on<T, A, C>(mut self, connection: &str, name: &str, action: A, undo: C) -> Self
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        A: AsyncFnOnce(&StepContext) -> Result<T> + for<'a> StepFn<'a, T> + Clone + Send + Sync + 'static,
        C: AsyncFnOnce(&StepContext, T) -> Result<()> + for<'a> UndoFn<'a, T> + Clone + Send + Sync + 'static,
    {
        self.steps.push(Step::pivot(name, Some(connection), action).undone_by(undo));
        self
    }

    /// Adds a pivot: a step without a compensating action. When it has completed, the saga is not compensated any more.
    /// If a later step fails, the saga is stuck.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::StepContext;
    ///
    /// let saga = Saga::new("ship_order").pivot("hand over to carrier", async |context: &StepContext| {
    ///     println!("order {}", context.input::<i64>()?);
    ///     Ok(())
    /// });
    /// # let _ = saga;
    /// ```
    pub fn pivot<T, A>(mut self, name: &str, action: A) -> Self
    where
        T: Serialize + Send + 'static,
        A: AsyncFnOnce(&StepContext) -> Result<T> + for<'a> StepFn<'a, T> + Clone + Send + Sync + 'static,
    {
        self.steps.push(Step::pivot(name, None, action));
        self
    }

    /// Adds a [`pivot`](Self::pivot) that runs in a transaction on this connection, as [`step_on`](Self::step_on) does.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::StepContext;
    ///
    /// # #[derive(ActiveRecord)] struct Shipment { id: i64, order_id: i64 }
    /// let saga = Saga::new("ship_order").pivot_on("primary", "ship", async |context: &StepContext| {
    ///     let shipment = Shipment::create(Shipment { id: 0, order_id: context.input()? }).await?;
    ///     Ok(shipment.id)
    /// });
    /// # let _ = saga;
    /// ```
    pub fn pivot_on<T, A>(mut self, connection: &str, name: &str, action: A) -> Self
    where
        T: Serialize + Send + 'static,
        A: AsyncFnOnce(&StepContext) -> Result<T> + for<'a> StepFn<'a, T> + Clone + Send + Sync + 'static,
    {
        self.steps.push(Step::pivot(name, Some(connection), action));
        self
    }

    /// Sets the connection of the log. Default: `primary`.
    pub fn log_on(mut self, connection: impl Into<String>) -> Self {
        self.log = connection.into();
        self
    }

    /// Sets the version of this definition. Default: 1. Raise it when the steps change, and
    /// [`register`](Self::register) the old version too while its sagas run: a saga whose version is unknown to the
    /// process that resumes it becomes stuck.
    pub fn version(mut self, version: i32) -> Self {
        self.version = version;
        self
    }

    /// Sets the maximum number of attempts at each action and at each compensating action. Default: 5; minimum: 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets the pauses between attempts. Default: up to 100 ms at first, doubling up to 30 s.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets a deadline, from the start of the saga, by the clock of the log's database. A failed action is not retried
    /// after it; the saga is compensated, or stuck after a [`pivot`](Self::pivot). Default: none.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets the lease of the executing process. After a crash, another process can resume the saga when the lease has
    /// expired. The lease is renewed every third of its length. Default: 30 s.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Sets how long an action or a compensating action may take. After that its future is dropped. A step of
    /// [`step_on`](Self::step_on) is rolled back and retried; the outcome of another step is unknown. Default: 1 h.
    pub fn step_timeout(mut self, timeout: Duration) -> Self {
        self.step_timeout = timeout;
        self
    }

    /// Registers the definition in this process for [`resume_all`](Self::resume_all). [`run`](Self::run) registers it
    /// too.
    ///
    /// ```
    /// # use activerecord::prelude::*;
    /// use activerecord::saga::StepContext;
    ///
    /// fn ship_order() -> Saga {
    ///     Saga::new("ship_order").pivot("ship", async |_: &StepContext| Ok(()))
    /// }
    /// # fn main() -> Result<()> {
    /// // At the start of the process.
    /// ship_order().register()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when the definition has no steps, or two steps of one name.
    pub fn register(&self) -> Result<()> {
        self.check()?;
        registry::register(self);
        Ok(())
    }

    /// Runs the saga with this input, which is stored as JSON. Returns its id when all steps have completed.
    ///
    /// See the example of [`Saga`].
    ///
    /// # Errors
    /// - [`COMPENSATED`](crate::COMPENSATED): a step failed, and the steps before it are compensated. The source is the
    ///   step's error.
    /// - [`STUCK`](crate::STUCK): an operator must decide.
    /// - [`LEASE_LOST`](crate::LEASE_LOST): another process has taken over the saga.
    /// - `Transaction`: the task has an open transaction on the log's connection.
    /// - `Configuration`: the definition has no steps, or two of one name; or the log's connection is not configured.
    /// - `Conversion`: the input cannot be written as JSON.
    /// - Any other error of the log's database. [`resume_all`](Self::resume_all) resumes the saga later.
    pub async fn run<I: Serialize + ?Sized>(&self, input: &I) -> Result<Uuid> {
        self.run_as(Uuid::now_v7(), input).await
    }

    /// As [`run`](Self::run), with an id of the caller: an idempotency key. If a saga with this id exists, it is
    /// resumed, or its outcome is returned; no second saga starts.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example(saga: Saga, request: Uuid) -> Result<()> {
    /// // A client that repeats its request does not start the saga twice.
    /// saga.run_as(request, &42).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_as<I: Serialize + ?Sized>(&self, id: Uuid, input: &I) -> Result<Uuid> {
        self.check()?;
        let definition = registry::register(self);
        let input = json::write(input, || format!("the input of a saga `{}`", self.name))?;
        executor::run(definition, id, input).await.map(|()| id)
    }

    /// Resumes every running saga whose lease has expired, in the logs of all registered definitions. Call it when the
    /// process starts, and regularly after that. The error of one saga is in the result and does not stop the others.
    ///
    /// ```no_run
    /// # use activerecord::prelude::*;
    /// # async fn example(ship_order: Saga) -> Result<()> {
    /// ship_order.register()?;
    /// let resumed = Saga::resume_all().await?;
    /// for (id, error) in resumed.failed {
    ///     eprintln!("saga {id}: {error}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Configuration` when a log's connection is not configured; otherwise the error of a database whose log cannot be
    /// read.
    pub async fn resume_all() -> Result<Resumed> {
        let mut resumed = Resumed::default();
        for log in registry::log_connections() {
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
                Err(Error::configuration(format!("the saga `{}` has two steps named `{}`", self.name, pair[0])))
            }
            None => Ok(()),
        }
    }

    /// The step at this position, if it has this name.
    pub(super) fn step_at(&self, position: i32, name: &str) -> Option<&Step> {
        usize::try_from(position).ok().and_then(|position| self.steps.get(position)).filter(|step| step.name == name)
    }
}

/// The result of resuming sagas, by their ids.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Resumed {
    /// All their steps have completed.
    pub done: Vec<Uuid>,
    /// They are compensated.
    pub compensated: Vec<Uuid>,
    /// They are stuck: an operator must decide.
    pub stuck: Vec<Uuid>,
    /// This process has no definition of their name. Another process may have one.
    pub unknown: Vec<Uuid>,
    /// They could not be resumed now, and why.
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

    pub(super) fn record(&mut self, id: Uuid, outcome: Result<()>) {
        match outcome {
            Ok(()) => self.done.push(id),
            Err(error) if error.is_compensated() => self.compensated.push(id),
            Err(error) if error.is_stuck() => self.stuck.push(id),
            Err(error) => self.failed.push((id, error)),
        }
    }
}

/// A shared definition.
pub(super) type Definition = Arc<Saga>;
