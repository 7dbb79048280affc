//! The choice of the connection for a statement. [`resolve`] decides for models.
//!
//! Scopes are an immutable linked list of frames that belongs to the task. Entering a scope adds a frame. Leaving it
//! restores the previous list, also after an error, a panic or a cancellation.

use std::any::TypeId;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::registry::endpoint;
use super::session::Session;
use super::unscoped;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::TableDef;
use crate::transaction::Level;

tokio::task_local! {
    static SCOPE: Option<Arc<Frame>>;
}

/// The limit of nested scopes. It stops hooks that write each other's models before a stack overflow.
const MAX_DEPTH: usize = 64;

/// A scope and the scopes around it.
#[derive(Debug)]
pub(crate) struct Frame {
    outer: Option<Arc<Frame>>,
    entry: Entry,
    depth: usize,
}

#[derive(Clone, Debug)]
enum Entry {
    /// Statements of one model, or of all models, use this connection.
    Connection { model: Option<TypeId>, name: Arc<str> },
    /// Statements on the transaction's connection join the transaction.
    Transaction(Arc<Level>),
}

/// The route that a query states itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    /// An explicit transaction (`.on(&tx)`).
    pub(crate) transaction: Option<Arc<Level>>,
    /// An explicit connection (`.using(name)`).
    pub(crate) using: Option<Arc<str>>,
    /// The scopes in which the query was built.
    pub(crate) captured: Option<Arc<Frame>>,
}

impl Route {
    /// The route of a query that is built here. The query keeps the scopes when it is awaited in other ones.
    pub(crate) fn here() -> Self {
        let captured =
            current().filter(|frame| frame.frames().any(|frame| matches!(frame.entry, Entry::Connection { .. })));
        Self { captured, ..Self::default() }
    }
}

/// The policy for a statement on one connection while a transaction is open only on another one. The statement is not
/// part of that transaction. See
/// [`ConnectionManager::outside_transactions`](crate::ConnectionManager::outside_transactions).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutsideTransaction {
    /// The statement runs.
    Allow,
    /// The statement runs. The first one in each transaction emits a warning event.
    #[default]
    Warn,
    /// The statement fails with `Transaction`.
    Deny,
}

static POLICY: AtomicU8 = AtomicU8::new(OutsideTransaction::Warn as u8);

pub(super) fn set_policy(policy: OutsideTransaction) {
    POLICY.store(policy as u8, Ordering::Relaxed);
}

/// Returns the session for a statement on a model. Precedence, highest first: the transaction of the query (`.on`), the
/// connection of the query (`.using`), the innermost scope of the model, the innermost scope of all models, the
/// connection of the model. On the chosen connection, the statement joins the open transaction of this task, if any.
pub(crate) fn resolve(route: &Route, table: &'static TableDef) -> Result<Session> {
    let frames = current();
    if let Some(level) = &route.transaction {
        return Ok(Session::Transaction(innermost(frames.as_ref(), level)));
    }
    session(choose(route, frames.as_ref(), table)?, frames.as_ref())
}

/// Returns the name of the connection that a model uses in the current scope.
pub(crate) fn connection_of(table: &'static TableDef) -> Result<Arc<str>> {
    choose(&Route::default(), current().as_ref(), table).map(Arc::from)
}

fn choose<'r>(route: &'r Route, frames: Option<&'r Arc<Frame>>, table: &'static TableDef) -> Result<&'r str> {
    let scoped = || [route.captured.as_ref(), frames].into_iter().flatten().find_map(|frame| frame.chosen(table.id));
    let name = route.using.as_ref().or_else(scoped);
    if table.scope_required {
        unscoped::scopes_are_used();
    }
    match name {
        Some(name) => Ok(name),
        None if table.scope_required => Err(no_scope(table)),
        None => {
            unscoped::warn_once(table);
            Ok(table.connection)
        }
    }
}

/// Checks that models use one of the connections in the current scope of all models, because a transaction begins on
/// them.
///
/// # Errors
/// `Transaction` inside a scope for another connection. An open transaction on one of the connections, further inside
/// than the scope, was checked when it began.
pub(crate) fn check_scope(names: &[&str]) -> Result<()> {
    let frames = current();
    for frame in frames.iter().flat_map(|frame| frame.frames()) {
        match &frame.entry {
            Entry::Transaction(level) if names.contains(&&**level.endpoint().name()) => break,
            Entry::Connection { model: None, name: scope } if names.contains(&&**scope) => break,
            Entry::Connection { model: None, name: scope } => return Err(other_scope(names, scope)),
            _ => {}
        }
    }
    Ok(())
}

/// Returns the session for a connection: the open transaction of this task, or the pool.
pub(crate) fn resolve_name(name: &str) -> Result<Session> {
    session(name, current().as_ref())
}

/// Returns the connection of the innermost transaction or scope of all models, whichever is further inside.
pub(super) fn innermost_name() -> Option<Arc<str>> {
    current()?.frames().find_map(|frame| match &frame.entry {
        Entry::Transaction(level) => Some(Arc::clone(level.endpoint().name())),
        Entry::Connection { model: None, name } => Some(Arc::clone(name)),
        Entry::Connection { .. } => None,
    })
}

/// Returns the innermost open transaction of this task on the connection `name`.
pub(crate) fn transaction(name: &str) -> Option<Arc<Level>> {
    let frames = current()?;
    let level = frames.transactions().find(|level| **level.endpoint().name() == *name)?;
    Some(innermost(Some(&frames), level))
}

/// Runs `body` in a scope that sends the statements of one model, or of all models, to a connection.
///
/// # Errors
/// `Configuration` when no connection has this name; `body` does not run then.
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

/// [`in_transaction`] for several transactions, each on another connection.
pub(crate) async fn in_transactions<T>(levels: Vec<Arc<Level>>, body: impl Future<Output = T>) -> Result<T> {
    let mut frame = current();
    for level in levels {
        frame = Some(enter_within(frame, Entry::Transaction(level))?);
    }
    Ok(within(frame, body).await)
}

/// Runs `body` in exactly these scopes, without those around the call.
pub(crate) fn within<T>(scope: Option<Arc<Frame>>, body: impl Future<Output = T>) -> impl Future<Output = T> {
    SCOPE.scope(scope, body)
}

/// Returns the connection scopes without the transactions. Another task can inherit them.
pub(crate) fn routing() -> Option<Arc<Frame>> {
    let current = current()?;
    let mut chosen: Vec<_> = current.frames().filter(|frame| matches!(frame.entry, Entry::Connection { .. })).collect();
    chosen.reverse();
    chosen.into_iter().fold(None, |outer: Option<Arc<Frame>>, frame| {
        let depth = outer.as_ref().map_or(1, |outer| outer.depth + 1);
        Some(Arc::new(Frame { outer, entry: frame.entry.clone(), depth }))
    })
}

/// Refuses an operation that waits for all transactions on a connection, inside such a transaction.
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
                "more than {MAX_DEPTH} scopes or transactions are nested; check whether two hooks write each other's models"
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
    let endpoint = endpoint(name)?;
    endpoint.claims().check(endpoint.name())?;
    Ok(Session::Pool(endpoint))
}

/// Applies the policy to a statement on `name` while a transaction is open only on `other`.
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
                "a statement on `{name}` would not be part of the transaction on `{open}`; begin a transaction on `{name}` too"
            ),
        ));
    }
    if other.warn_once() {
        tracing::warn!(
            connection = name,
            transaction = &**open,
            "a statement is not part of the open transaction on another connection"
        );
    }
    Ok(())
}

/// Returns the innermost savepoint that this task has open in the transaction, or the transaction itself.
fn innermost(frames: Option<&Arc<Frame>>, level: &Arc<Level>) -> Arc<Level> {
    let inside = frames.into_iter().flat_map(|frame| frame.transactions()).filter(|inner| inner.is_within(level));
    // Not the last frame: a closure can run in an outer transaction again while the savepoint is open.
    Arc::clone(inside.max_by_key(|inner| inner.depth()).unwrap_or(level))
}

#[cold]
fn other_scope(names: &[&str], scope: &str) -> Error {
    let all = names.join("` and `");
    let why = format!(
        "a transaction on `{all}` begins inside `with_connection(\"{scope}\", ..)`, so the statements of models would run on \
         `{scope}`, outside of it"
    );
    let message = match names {
        [name] => format!(
            "{why}; use `Model::transaction(..)` or `transaction(\"{scope}\", ..)`, or, if its statements name `{name}` \
             themselves, `Transaction::begin(\"{name}\").independent()`"
        ),
        _ => format!("{why}; name `{scope}` as a participant, or leave the scope first"),
    };
    Error::new(ErrorKind::Transaction, message)
}

#[cold]
fn no_scope(table: &'static TableDef) -> Error {
    let message = format!(
        "{0} is marked #[scope_required], but was used outside every scope; wrap the call in {0}::with_connection(name, ..) or \
         name a connection with .using(name)",
        table.model
    );
    Error::new(ErrorKind::NoScope, message).with_model(table.model)
}

impl Frame {
    /// This frame and the frames around it, the innermost first.
    fn frames(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |frame| frame.outer.as_deref())
    }

    fn transactions(&self) -> impl Iterator<Item = &Arc<Level>> {
        self.frames().filter_map(|frame| match &frame.entry {
            Entry::Transaction(level) => Some(level),
            Entry::Connection { .. } => None,
        })
    }

    /// The connection for a model: from the innermost scope of the model, or else of all models.
    fn chosen(&self, model: TypeId) -> Option<&Arc<str>> {
        self.named(Some(model)).or_else(|| self.named(None))
    }

    /// The connection of the innermost scope of exactly this model, or, for None, of all models.
    fn named(&self, wanted: Option<TypeId>) -> Option<&Arc<str>> {
        self.frames().find_map(|frame| match &frame.entry {
            Entry::Connection { model, name } if *model == wanted => Some(name),
            _ => None,
        })
    }
}
