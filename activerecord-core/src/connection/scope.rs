//! Which connection a statement uses. [`resolve`] is the one function that decides.
//!
//! A scope is an immutable frame on a list that belongs to the task: entering adds one, leaving restores what was there,
//! also on an error, a panic or a cancellation.

use std::any::TypeId;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::registry::endpoint;
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::Table;
use crate::transaction::Level;

tokio::task_local! {
    static SCOPE: Option<Arc<Frame>>;
}

/// How many scopes may be inside each other. Hooks that write each other's models end here, not in a stack overflow.
const MAX_DEPTH: usize = 64;

/// One entered scope, and what it was entered in.
#[derive(Debug)]
pub(crate) struct Frame {
    outer: Option<Arc<Frame>>,
    entry: Entry,
    depth: usize,
}

#[derive(Clone, Debug)]
enum Entry {
    /// Statements go to this connection: those of one model, or of all.
    Connection { model: Option<TypeId>, name: Arc<str> },
    /// Statements on the transaction's connection join it.
    Transaction(Arc<Level>),
}

/// Where a query goes by its own word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    /// An explicit transaction (`.on(&tx)`).
    pub(crate) transaction: Option<Arc<Level>>,
    /// A name (`.using(name)`).
    pub(crate) using: Option<Arc<str>>,
    /// The scope that the query was built in, if it was built in one.
    pub(crate) captured: Option<Arc<Frame>>,
}

impl Route {
    /// The route of a query that is built here: it keeps its scope when it is awaited elsewhere.
    pub(crate) fn here() -> Self {
        let captured =
            current().filter(|frame| frame.frames().any(|frame| matches!(frame.entry, Entry::Connection { .. })));
        Self { captured, ..Self::default() }
    }
}

/// What happens to a statement on one connection while only another has a transaction open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutsideTransaction {
    /// It runs on its own.
    Allow,
    /// It runs on its own, and the first of each transaction leaves a warning.
    #[default]
    Warn,
    /// It is an error.
    Deny,
}

static POLICY: AtomicU8 = AtomicU8::new(OutsideTransaction::Warn as u8);

pub(super) fn set_policy(policy: OutsideTransaction) {
    POLICY.store(policy as u8, Ordering::Relaxed);
}

/// The session that a statement on a model uses: that of the query's own transaction; else of the connection that is named
/// by the query, by the innermost scope of the model, by the innermost scope of all models, or by the model; there, the
/// open transaction of this task, else the pool.
pub(crate) fn resolve(route: &Route, table: &'static Table) -> Result<Session> {
    let frames = current();
    if let Some(level) = &route.transaction {
        return Ok(Session::Transaction(innermost(frames.as_ref(), level)));
    }
    let scoped = || [&route.captured, &frames].into_iter().flatten().find_map(|frame| frame.chosen(table.id));
    let name = match route.using.as_ref().or_else(scoped) {
        Some(name) => name,
        None if table.scope_required => return Err(no_scope(table)),
        None => return session(table.connection, frames.as_ref()),
    };
    session(name, frames.as_ref())
}

/// The session of a connection: the open transaction of this task, else the pool.
pub(crate) fn resolve_name(name: &str) -> Result<Session> {
    session(name, current().as_ref())
}

/// The connection of the innermost transaction, or of the innermost scope of all models, whichever is inside the other.
pub(super) fn innermost_name() -> Option<Arc<str>> {
    current()?.frames().find_map(|frame| match &frame.entry {
        Entry::Transaction(level) => Some(Arc::clone(level.endpoint().name())),
        Entry::Connection { model: None, name } => Some(Arc::clone(name)),
        Entry::Connection { .. } => None,
    })
}

/// The innermost open transaction of this task on the connection `name`.
pub(crate) fn transaction(name: &str) -> Option<Arc<Level>> {
    let frames = current()?;
    let level = frames.transactions().find(|level| **level.endpoint().name() == *name)?;
    Some(innermost(Some(&frames), level))
}

/// Runs `body` in a scope that sends statements, of one model or of all, to a connection.
///
/// # Errors
/// `Configuration` when there is no such connection, before `body` runs.
pub(crate) fn in_connection<T, F: Future<Output = T>>(
    model: Option<TypeId>,
    name: &str,
    body: F,
) -> impl Future<Output = Result<T>> + use<T, F> {
    let name: Arc<str> = name.into();
    async move {
        endpoint(&name)?;
        let frame = enter(Entry::Connection { model, name })?;
        Ok(within(Some(frame), body).await)
    }
}

/// Runs `body` in a scope in which statements on the transaction's connection join it.
pub(crate) fn in_transaction<T, F: Future<Output = T>>(
    level: &Arc<Level>,
    body: F,
) -> impl Future<Output = Result<T>> + use<T, F> {
    let level = Arc::clone(level);
    async move {
        let frame = enter(Entry::Transaction(level))?;
        Ok(within(Some(frame), body).await)
    }
}

/// [`in_transaction`] in several at once, each on another connection.
pub(crate) async fn in_transactions<T>(levels: Vec<Arc<Level>>, body: impl Future<Output = T>) -> Result<T> {
    let mut frame = current();
    for level in levels {
        frame = Some(enter_within(frame, Entry::Transaction(level))?);
    }
    Ok(within(frame, body).await)
}

/// Runs `body` in exactly this scope, whatever the scope around it.
pub(crate) fn within<T>(scope: Option<Arc<Frame>>, body: impl Future<Output = T>) -> impl Future<Output = T> {
    SCOPE.scope(scope, body)
}

/// The connections that scopes have chosen, without their transactions: what another task may inherit.
pub(crate) fn routing() -> Option<Arc<Frame>> {
    let current = current()?;
    let mut chosen: Vec<_> = current.frames().filter(|frame| matches!(frame.entry, Entry::Connection { .. })).collect();
    chosen.reverse();
    chosen.into_iter().fold(None, |outer: Option<Arc<Frame>>, frame| {
        let depth = outer.as_ref().map_or(1, |outer| outer.depth + 1);
        Some(Arc::new(Frame { outer, entry: frame.entry.clone(), depth }))
    })
}

/// Refuses what would wait for a transaction that the caller itself holds open.
pub(super) fn refuse_inside_transaction(name: &str) -> Result<()> {
    match transaction(name) {
        None => Ok(()),
        Some(_) => Err(Error::new(
            ErrorKind::Transaction,
            format!("connection `{name}` cannot be replaced or removed inside a transaction on it"),
        )),
    }
}

fn current() -> Option<Arc<Frame>> {
    SCOPE.try_with(Option::clone).ok().flatten()
}

fn enter(entry: Entry) -> Result<Arc<Frame>> {
    enter_within(current(), entry)
}

fn enter_within(outer: Option<Arc<Frame>>, entry: Entry) -> Result<Arc<Frame>> {
    let depth = outer.as_ref().map_or(1, |outer| outer.depth + 1);
    if depth > MAX_DEPTH {
        return Err(Error::new(
            ErrorKind::Transaction,
            format!(
                "more than {MAX_DEPTH} scopes or transactions are inside each other; do two hooks write each other's models?"
            ),
        ));
    }
    Ok(Arc::new(Frame { outer, entry, depth }))
}

fn session(name: &str, frames: Option<&Arc<Frame>>) -> Result<Session> {
    let mut others = None;
    for level in frames.into_iter().flat_map(|frame| frame.transactions()) {
        if **level.endpoint().name() == *name {
            return Ok(Session::Transaction(innermost(frames, level)));
        }
        others = others.or(Some(level).filter(|level| !level.is_implicit()));
    }
    if let Some(other) = others {
        outside(name, other)?;
    }
    endpoint(name).map(Session::Pool)
}

/// A statement on `name` runs while only `other` has a transaction open: what the policy says about that.
fn outside(name: &str, other: &Level) -> Result<()> {
    let policy = POLICY.load(Ordering::Relaxed);
    let open = other.endpoint().name();
    if policy == OutsideTransaction::Allow as u8 {
        return Ok(());
    }
    if policy == OutsideTransaction::Deny as u8 {
        return Err(Error::new(
            ErrorKind::Transaction,
            format!(
                "a statement on `{name}` would not be part of the transaction that is open on `{open}`; open one on `{name}` too"
            ),
        ));
    }
    if other.warn_once() {
        tracing::warn!(
            connection = name,
            transaction = &**open,
            "a statement is not part of the transaction that is open on another connection"
        );
    }
    Ok(())
}

/// An explicit transaction, or the savepoint that this task has open inside it.
fn innermost(frames: Option<&Arc<Frame>>, level: &Arc<Level>) -> Arc<Level> {
    let inside = frames.into_iter().flat_map(|frame| frame.transactions()).filter(|inner| inner.is_within(level));
    // Not the last one entered: a closure may run in an outer transaction again, while the savepoint is open.
    Arc::clone(inside.max_by_key(|inner| inner.depth()).unwrap_or(level))
}

#[cold]
fn no_scope(table: &'static Table) -> Error {
    let message = format!(
        "{0} is marked #[scope_required] and was used outside every scope; wrap the call in {0}::with_connection(name, ..) or \
         name a connection with .using(name)",
        table.model
    );
    Error::new(ErrorKind::NoScope, message).with_model(table.model)
}

impl Frame {
    /// This frame and those around it, the innermost first.
    fn frames(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |frame| frame.outer.as_deref())
    }

    fn transactions(&self) -> impl Iterator<Item = &Arc<Level>> {
        self.frames().filter_map(|frame| match &frame.entry {
            Entry::Transaction(level) => Some(level),
            Entry::Connection { .. } => None,
        })
    }

    /// The connection for a model: of the innermost scope of its own, else of the innermost one for all models.
    fn chosen(&self, model: TypeId) -> Option<&Arc<str>> {
        self.named(Some(model)).or_else(|| self.named(None))
    }

    /// The innermost connection for exactly this model, or for all models.
    fn named(&self, wanted: Option<TypeId>) -> Option<&Arc<str>> {
        self.frames().find_map(|frame| match &frame.entry {
            Entry::Connection { model, name } if *model == wanted => Some(name),
            _ => None,
        })
    }
}
