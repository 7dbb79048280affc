//! Renders a statement to its text and binds.

use super::expr::refused;
use super::writer::Writer;
use super::{Access, Sql, create, define, raw, select, trigger, update, write};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::schema::TableDef;
use crate::statement::{Refusal, Select, Statement};

/// Renders a statement in a dialect. Values become binds, and names are quoted.
///
/// ```
/// # use activerecord_core::statement::{Select, FromItem, Statement};
/// # use activerecord_core::{POSTGRESQL, sql::render};
/// let mut query = Select::from(FromItem::Named("users".into()));
/// query.limit = Some(10);
/// let sql = render(Statement::Select(query), &POSTGRESQL)?;
/// assert_eq!(&**sql.text(), "SELECT * FROM \"users\" LIMIT $1");
/// # Ok::<(), activerecord_core::Error>(())
/// ```
///
/// # Errors
/// `Unsupported` when the dialect has no syntax for the statement, or binds fewer values, or an expression is nested more
/// than [`MAX_DEPTH`](crate::statement::MAX_DEPTH) levels. `InvalidStatement` when raw
/// SQL has another number of placeholders than of values, or a column belongs to a table that the statement does not
/// read.
pub fn render(statement: Statement, dialect: &Dialect) -> Result<Sql> {
    render_with_models(statement, dialect).map(|(sql, _)| sql)
}

/// Renders a statement, and returns the models whose tables it reads.
///
/// # Errors
/// As [`render`].
pub(crate) fn render_with_models(statement: Statement, dialect: &Dialect) -> Result<(Sql, Vec<&'static TableDef>)> {
    rendered(Writer::new(dialect), statement)
}

/// Renders a statement whose text is used again with other values.
///
/// # Errors
/// As [`render`].
pub(super) fn render_template(statement: Statement, dialect: &Dialect) -> Result<Sql> {
    let mut w = Writer::new(dialect);
    w.is_template = true;
    rendered(w, statement).map(|(sql, _)| sql)
}

fn rendered(mut w: Writer<'_>, statement: Statement) -> Result<(Sql, Vec<&'static TableDef>)> {
    let dialect = w.dialect;
    w.defines = matches!(&statement, Statement::CreateTable(_) | Statement::CreateIndex(_));
    let access = match statement.bounded().ok_or_else(|| refused(Refusal::TooDeep))? {
        Statement::Select(query) => {
            // A locking read must run where writes run.
            let access = if query.lock.is_some() { Access::Write } else { Access::Read };
            select::top(&mut w, query).map(|()| access)
        }
        Statement::Insert(statement) => write::insert(&mut w, statement).map(|()| Access::Write),
        Statement::Update(statement) => update::update(&mut w, statement).map(|()| Access::Write),
        Statement::Delete(statement) => write::delete(&mut w, statement).map(|()| Access::Write),
        Statement::Load { table, columns } => write::load(&mut w, &table, &columns).map(|()| Access::Write),
        Statement::CreateTable(table) => {
            let info = create::table(&table, dialect)?;
            define::table(&mut w, &info, true).map(|()| Access::Write)
        }
        Statement::CreateIndex(index) => {
            let info = create::table_of(&index, dialect)?;
            define::index(&mut w, &info, &info.indexes[0], true).map(|()| Access::Write)
        }
        Statement::CreateTrigger(statement) => trigger::create(&mut w, &statement).map(|()| Access::Write),
        Statement::CreateTriggerFunction(statement) => trigger::function(&mut w, &statement).map(|()| Access::Write),
        Statement::DropTrigger(statement) => {
            trigger::remove(&mut w, &statement);
            Ok(Access::Write)
        }
        Statement::RevokeTriggerFunction(statement) => {
            trigger::revoke_function(&mut w, &statement);
            Ok(Access::Write)
        }
        Statement::DropTriggerFunction(function) => {
            trigger::remove_function(&mut w, &function);
            Ok(Access::Write)
        }
        Statement::Raw(sql) => raw::statements(&mut w, sql).map(|()| Access::Unknown),
    }?;
    finish(w, access)
}

/// Renders the beginning of a plain query: the SELECT list and the first table.
///
/// # Errors
/// As [`render`].
pub(crate) fn render_head(query: Select, dialect: &Dialect) -> Result<Sql> {
    let mut w = Writer::new(dialect);
    select::head(&mut w, query)?;
    finish(w, Access::Read).map(|(sql, _)| sql)
}

/// Renders a plain query that begins with `head`, and returns the models of its joined tables and its subqueries.
///
/// # Errors
/// As [`render`].
pub(crate) fn render_rest(head: Sql, query: Select, dialect: &Dialect) -> Result<(Sql, Vec<&'static TableDef>)> {
    if query.ends_with_its_table() {
        return Ok((head, Vec::new()));
    }
    let Some(Statement::Select(query)) = Statement::Select(query).bounded() else {
        return Err(refused(Refusal::TooDeep));
    };
    let mut w = Writer::new(dialect);
    w.push(head.text());
    w.cells = head.cells().cloned();
    select::rest(&mut w, query)?;
    finish(w, Access::Read)
}

fn finish(w: Writer<'_>, access: Access) -> Result<(Sql, Vec<&'static TableDef>)> {
    w.check_names()?;
    let most = w.dialect.capabilities.max_binds;
    let (sql, models) = w.finish(access);
    let binds = sql.binds().len();
    if binds > most { Err(too_many_binds(binds, most)) } else { Ok((sql, models)) }
}

#[cold]
fn too_many_binds(binds: usize, most: usize) -> Error {
    Error::unsupported(format!(
        "the statement binds {binds} values, but the database allows at most {most}; split the list, or use a subquery"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{MYSQL, POSTGRESQL};
    use crate::statement::{Expr, FromItem};
    use crate::value::{Value, ValueType};

    #[test]
    fn null_is_written_only_into_a_text_that_is_used_once() -> Result<()> {
        let query = || {
            let items = vec![Expr::Value(Value::Null(ValueType::I64)).into()];
            Statement::Select(Select { items, ..Select::from(FromItem::Named("t".into())) })
        };
        assert_eq!(&**render(query(), &MYSQL)?.text(), "SELECT CAST(NULL AS SIGNED) FROM `t`");
        assert_eq!(&**render_template(query(), &MYSQL)?.text(), "SELECT CAST(? AS SIGNED) FROM `t`");
        assert_eq!(&**render(query(), &POSTGRESQL)?.text(), "SELECT $1 FROM \"t\"");
        Ok(())
    }
}
