//! INSERT, UPDATE and DELETE.

use activerecord_core::statement::{Conflict, Delete, Expr, Insert, Name, Part, Statement, Update};
use activerecord_core::{ErrorKind, Value, ValueType};

use super::check::{self, Scope};
use super::scope::{Env, Header, Named};
use super::{Answer, Column, Database, Refusal, Row, Table, expr, invalid, number, order, select, walk};

/// The table that a statement writes, all its rows after it, and the number of written rows.
pub(super) type Outcome<'s> = (&'s str, Vec<Row>, u64);

/// Returns what a statement does.
pub(super) fn outcome<'s>(db: &Database, statement: &'s Statement) -> Answer<Outcome<'s>> {
    match statement {
        Statement::Insert(statement) => insert(db, statement),
        Statement::Update(statement) => update(db, statement),
        Statement::Delete(statement) => delete(db, statement),
        _ => Err(Refusal::NotCovered("a statement that does not write rows")),
    }
}

/// Rows are inserted one after the other. The first one that is refused is the error of the statement.
fn insert<'s>(db: &Database, statement: &'s Insert) -> Answer<Outcome<'s>> {
    let table = db.table(&statement.table)?;
    no_returning(&statement.returning)?;
    let ordinals = statement.columns.iter().map(|name| table.ordinal(name)).collect::<Answer<Vec<_>>>()?;
    if ordinals.is_empty() || table.key.iter().any(|key| !ordinals.contains(key)) {
        return Err(Refusal::NotCovered("a key that the database generates"));
    }
    let is_twice = |(at, ordinal)| ordinals[..at].contains(&ordinal);
    let is_whole = !statement.values.is_empty() && statement.values.len().is_multiple_of(ordinals.len());
    if ordinals.iter().copied().enumerate().any(is_twice) || !is_whole {
        return Err(invalid("each row has one value for each column"));
    }
    statement.values.iter().try_for_each(check::value)?;
    let target = Target::of(db, table)?;
    let conflict = statement.conflict.as_ref();
    let key = conflict.map(|conflict| target.conflict_key(conflict)).transpose()?;
    let (mut rows, mut written) = (table.rows.clone(), Vec::new());
    for values in statement.values.chunks(ordinals.len()) {
        let row = target.new_row(&ordinals, values)?;
        let place = match (conflict, &key) {
            (Some(conflict), Some(key)) => target.settle(&mut rows, row, key, conflict, &written)?,
            _ => target.add(&mut rows, row)?,
        };
        written.extend(place);
    }
    // Also the rows that an existing one is left for.
    let count = statement.values.len() / ordinals.len();
    Ok((&statement.table, rows, u64::try_from(count).unwrap_or(u64::MAX)))
}

/// Each expression sees the row as it was.
fn update<'s>(db: &Database, statement: &'s Update) -> Answer<Outcome<'s>> {
    let table = db.table(&statement.table)?;
    let target = Target::of(db, table)?;
    no_returning(&statement.returning)?;
    let has_key = statement.model.is_some_and(|model| !model.key.is_empty());
    target.check_assignments(&statement.set, false, has_key)?;
    target.check_filter(statement.filter.as_ref())?;
    let (mut rows, mut changed, mut errors) = (table.rows.clone(), Vec::new(), Vec::new());
    for (at, row) in table.rows.iter().enumerate() {
        if !target.is_met(statement.filter.as_ref(), row)? {
            continue;
        }
        changed.push(at);
        match target.assigned(&statement.set, row, None) {
            Ok(row) => rows[at] = row,
            Err(error @ Refusal::Error(..)) => errors.push(error),
            Err(other) => return Err(other),
        }
    }
    if let Some(error) = errors.first() {
        return Err(target.of_several(error.clone(), &errors, &statement.set));
    }
    target.require_unique_update(&rows, &changed)?;
    let count = u64::try_from(changed.len()).unwrap_or(u64::MAX);
    Ok((&statement.table, rows, count))
}

fn delete<'s>(db: &Database, statement: &'s Delete) -> Answer<Outcome<'s>> {
    let table = db.table(&statement.table)?;
    let target = Target::of(db, table)?;
    target.check_filter(statement.filter.as_ref())?;
    let mut kept = Vec::new();
    for row in &table.rows {
        if !target.is_met(statement.filter.as_ref(), row)? {
            kept.push(row.clone());
        }
    }
    let count = u64::try_from(table.rows.len() - kept.len()).unwrap_or(u64::MAX);
    Ok((&statement.table, kept, count))
}

fn no_returning(returning: &[Name]) -> Answer<()> {
    if returning.is_empty() { Ok(()) } else { Err(Refusal::NotCovered("RETURNING")) }
}

/// The table that a statement writes.
struct Target<'t> {
    db: &'t Database,
    /// The tables without their rows.
    definitions: Database,
    table: &'t Table,
    header: Header,
    label: Name,
}

impl<'t> Target<'t> {
    fn of(db: &'t Database, table: &'t Table) -> Answer<Self> {
        let (mut header, label) = (Header::default(), Name::from(table.name.clone()));
        header.add(Named { label: label.clone(), fields: table.fields(), key: table.key_names() })?;
        Ok(Self { db, definitions: db.definitions(), table, header, label })
    }

    fn check(&self, expr: &Expr, has_excluded: bool) -> Answer<()> {
        Scope::of_rows(self.definitions.base(check::inner), &self.header).with_excluded(has_excluded).check(expr)?;
        // MySQL and MariaDB cannot compare a row that is written with the other rows of its table. An upsert can see the
        // rows that it has inserted, or not.
        let reads_it =
            Part::Expr(expr).any(&mut |part| matches!(part, Part::Query(query) if walk::reads(query, &self.label)));
        let is_correlated = walk::any_column(expr, |column| column.outer);
        match reads_it && (is_correlated || has_excluded) {
            true => Err(Refusal::NotCovered("a query on the table that is written, by row or in an upsert")),
            false => Ok(()),
        }
    }

    fn check_filter(&self, filter: Option<&Expr>) -> Answer<()> {
        filter.map_or(Ok(()), |filter| self.check(filter, false))
    }

    /// `can_cycle`: MySQL and MariaDB find the rows again by their key.
    fn check_assignments(&self, set: &[(Name, Expr)], has_excluded: bool, can_cycle: bool) -> Answer<()> {
        if set.is_empty() {
            return Err(Refusal::NotCovered("no assignments"));
        }
        for (at, (name, value)) in set.iter().enumerate() {
            self.table.ordinal(name)?;
            if set[..at].iter().any(|(other, _)| other == name) {
                return Err(invalid(format!("`{name}` is assigned twice")));
            }
            self.check(value, has_excluded)?;
        }
        if !can_cycle && has_cycle(set) {
            return Err(Refusal::NotCovered("assignments that read each other's columns"));
        }
        Ok(())
    }

    fn env<'e>(&'e self, row: &'e [Value]) -> Env<'e> {
        Env::of_row(self.db.base(select::inner), &self.header, row)
    }

    fn is_met(&self, filter: Option<&Expr>, row: &[Value]) -> Answer<bool> {
        filter.map_or(Ok(true), |filter| Ok(expr::truth(filter, &self.env(row))? == Some(true)))
    }

    /// Returns the row with new values.
    fn assigned(&self, set: &[(Name, Expr)], row: &Row, excluded: Option<&Row>) -> Answer<Row> {
        let excluded = excluded.map(|row| (self.table, row.as_slice()));
        let env = Env { excluded, ..self.env(row) };
        let mut changed = row.clone();
        for (name, value) in set {
            let at = self.table.ordinal(name)?;
            let value =
                if matches!(value, Expr::Checked(..)) { expr::written(value, &env)? } else { expr::eval(value, &env)? };
            changed[at] = self.stored(at, &value)?;
        }
        Ok(changed)
    }

    fn new_row(&self, ordinals: &[usize], values: &[Value]) -> Answer<Row> {
        let missing = Value::Null(ValueType::Bool);
        let value = |at: usize| ordinals.iter().position(|ordinal| *ordinal == at).and_then(|at| values.get(at));
        (0..self.table.columns.len()).map(|at| self.stored(at, value(at).unwrap_or(&missing))).collect()
    }

    /// Returns a value as a column stores it.
    fn stored(&self, at: usize, value: &Value) -> Answer<Value> {
        let Column { name, ty, nullable } = &self.table.columns[at];
        if value.is_null() && self.table.key.contains(&at) {
            return Err(Refusal::NotCovered("NULL in the primary key: SQLite generates a key, or accepts it"));
        }
        if value.is_null() && !nullable && *ty == ValueType::Json {
            return Err(Refusal::NotCovered("NULL in a JSON column: MySQL says that a computed one is truncated"));
        }
        if value.is_null() && !nullable {
            return Err(Refusal::Error(ErrorKind::NotNullViolation, format!("NULL in `{name}`")));
        }
        match number::fitted(value, *ty) {
            Err(Refusal::Error(..)) => Err(Refusal::NotCovered("a value that its column cannot hold, without a check")),
            stored => stored,
        }
    }

    fn add(&self, rows: &mut Vec<Row>, row: Row) -> Answer<Option<usize>> {
        let at = rows.len();
        rows.push(row);
        self.require_unique(rows, at)?;
        Ok(Some(at))
    }

    /// Inserts a row, or updates the row with the same key. Returns the place of the row, unless it stays as it is.
    fn settle(
        &self,
        rows: &mut Vec<Row>,
        row: Row,
        key: &[usize],
        conflict: &Conflict,
        written: &[usize],
    ) -> Answer<Option<usize>> {
        let Some(at) = twin(rows, &row, key, None)? else { return self.add(rows, row) };
        self.require_one_twin(rows, &row, at)?;
        if conflict.update.is_empty() {
            return Ok(None);
        }
        if written.contains(&at) {
            return Err(Refusal::NotCovered("an upsert of two rows with one key: PostgreSQL refuses it"));
        }
        rows[at] = self.assigned(&conflict.update, &rows[at], Some(&row))?;
        self.require_unique(rows, at)?;
        Ok(Some(at))
    }

    fn require_one_twin(&self, rows: &[Row], row: &Row, at: usize) -> Answer<()> {
        for key in self.keys() {
            if twin(rows, row, key, None)?.is_some_and(|twin| twin != at) {
                return Err(Refusal::NotCovered("a row that conflicts with two rows: databases look at one key first"));
            }
        }
        Ok(())
    }

    fn require_unique(&self, rows: &[Row], at: usize) -> Answer<()> {
        for key in self.keys() {
            if twin(rows, &rows[at], key, Some(at))?.is_some() {
                return Err(Refusal::Error(ErrorKind::UniqueViolation, "another row has the same key".to_owned()));
            }
        }
        Ok(())
    }

    /// Returns the unique key of a conflict clause.
    fn conflict_key(&self, conflict: &Conflict) -> Answer<Vec<usize>> {
        if !conflict.update.is_empty() {
            self.check_assignments(&conflict.update, true, false)?;
        }
        let wanted = conflict.keys.iter().map(|name| self.table.ordinal(name)).collect::<Answer<Vec<_>>>()?;
        let is_it = |key: &&Vec<usize>| key.len() == wanted.len() && key.iter().all(|at| wanted.contains(at));
        self.keys().find(is_it).cloned().ok_or_else(|| invalid("no unique key has exactly these columns"))
    }

    fn keys(&self) -> impl Iterator<Item = &'t Vec<usize>> {
        std::iter::once(&self.table.key).filter(|key| !key.is_empty()).chain(&self.table.unique)
    }

    /// Databases check a key after each row. A key that one row leaves and another row gets is a violation in some orders of
    /// the rows, and not in others.
    fn require_unique_update(&self, rows: &[Row], changed: &[usize]) -> Answer<()> {
        changed.iter().try_for_each(|&at| self.require_unique(rows, at))?;
        for (key, &at) in self.keys().flat_map(|key| changed.iter().map(move |at| (key, at))) {
            if twin(&self.table.rows, &rows[at], key, Some(at))?.is_some() {
                return Err(Refusal::NotCovered("an update that moves a key from one row to another"));
            }
        }
        Ok(())
    }

    /// The first error depends on the order of the rows, so all must be of one kind.
    fn of_several(&self, first: Refusal, all: &[Refusal], set: &[(Name, Expr)]) -> Refusal {
        let kind = |error: &Refusal| if let Refusal::Error(kind, _) = error { Some(*kind) } else { None };
        let is_key = |name: &Name| self.table.ordinal(name).is_ok_and(|at| self.keys().any(|key| key.contains(&at)));
        match all.iter().any(|error| kind(error) != kind(&first)) || set.iter().any(|(name, _)| is_key(name)) {
            true => Refusal::NotCovered("an update with errors of several kinds"),
            false => first,
        }
    }
}

/// Returns the place of a row with the same key. A key with a NULL equals no other.
fn twin(rows: &[Row], row: &Row, key: &[usize], except: Option<usize>) -> Answer<Option<usize>> {
    let of = |row: &Row| key.iter().map(|at| row[*at].clone()).collect::<Row>();
    let wanted = of(row);
    if wanted.iter().any(Value::is_null) {
        return Ok(None);
    }
    let others = rows.iter().enumerate().filter(|(at, _)| Some(*at) != except);
    let (places, keys): (Vec<usize>, Vec<Row>) = others.map(|(at, row)| (at, of(row))).unzip();
    Ok(order::find(&keys, &wanted)?.map(|at| places[at]))
}

/// Whether there is no order of the assignments in which none reads a column that was assigned before.
fn has_cycle(set: &[(Name, Expr)]) -> bool {
    let mut left: Vec<&(Name, Expr)> = set.iter().collect();
    while !left.is_empty() {
        let is_free = |(name, _): &(Name, Expr)| {
            left.iter().all(|(other, value)| other == name || !walk::any_column(value, |column| column.name == *name))
        };
        match left.iter().position(|assignment| is_free(assignment)) {
            Some(at) => drop(left.remove(at)),
            None => return true,
        }
    }
    false
}
