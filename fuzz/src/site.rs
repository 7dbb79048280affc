//! Runs steps on a database.

use activerecord::{ConnectionHandle, connection};
use activerecord_core::sql::render;
use activerecord_core::statement::{
    Delete, Direction, Expr, FromItem, Nulls, OrderBy, Select, Set, Statement, TableRef,
};
use activerecord_core::{Error, ErrorKind, Result, Value, ValueType, transaction};
use test_support::{Database, Profile};

use crate::broken::Broken;
use crate::compare::is_alike;
use crate::evaluate::Row;
use crate::records;
use crate::step::{Outcome, Step, Write};
use crate::world::{Content, World};

/// A database with the tables of a world.
#[derive(Debug)]
pub(crate) struct Site {
    database: Database,
    /// The connection.
    name: String,
    broken: Option<Broken>,
}

impl Site {
    /// Creates a database of this kind.
    ///
    /// # Errors
    /// Those of the server.
    pub(crate) async fn new(profile: &'static Profile, broken: Option<Broken>) -> Result<Self> {
        let database = Database::on(profile, &[]).await?;
        let settings = broken.map(Broken::settings).unwrap_or_default();
        let name = database.alias("fuzzed", |config| config.on_connect(settings))?;
        records::create(&name).await?;
        Ok(Self { database, name, broken })
    }

    /// The name of the connection.
    pub(crate) fn connection(&self) -> &str {
        &self.name
    }

    /// The name of the kind of database.
    pub(crate) fn name(&self) -> &'static str {
        self.database.profile().name()
    }

    fn here(&self) -> Result<ConnectionHandle> {
        connection(&self.name)
    }

    /// Whether the database has answered as expected. It can refuse what it lacks.
    pub(crate) fn is_alike(&self, step: &Step, expected: &Outcome, found: &Outcome) -> bool {
        let (distinct_on, json_contains) = step.needs();
        let has = &self.database.profile().capabilities;
        let lacks = (distinct_on && !has.distinct_on) || (json_contains && !has.json_contains);
        // It does not refuse what it does not compute, such as the items of EXISTS.
        (lacks && matches!(found, Outcome::Refused(ErrorKind::Unsupported, _))) || is_alike(expected, found)
    }

    /// Returns the SQL of a statement, and its values.
    pub(crate) fn render(&self, statement: Statement) -> Result<(String, Vec<Value>)> {
        let sql = render(statement, self.here()?.dialect())?;
        Ok((sql.text().to_string(), sql.binds().to_vec()))
    }

    /// Creates the tables, with their rows.
    ///
    /// # Errors
    /// Those of the server.
    pub(crate) async fn build(&self, world: &World) -> Result<()> {
        for content in &world.tables {
            self.here()?.create_table(&content.create()).await?;
            if let Some(insert) = content.insert() {
                self.here()?.write(insert).await?;
            }
        }
        Ok(())
    }

    /// Drops the tables.
    ///
    /// # Errors
    /// Those of the server.
    pub(crate) async fn clear(&self, world: &World) -> Result<()> {
        for content in &world.tables {
            self.here()?.execute(&format!("DROP TABLE {}", content.def.name), []).await?;
        }
        Ok(())
    }

    /// Runs a step on the rows of `world`, which are some of those in the tables.
    pub(crate) async fn run(&self, step: &Step, world: &World, is_whole: bool) -> Outcome {
        let mut outcome = None;
        let undone = match (step, is_whole) {
            (Step::Read(query), true) => self.read(query).await.map(|rows| outcome = Some(rows)),
            _ => {
                let body = transaction(&self.name, async || {
                    if !is_whole {
                        self.restrict(world).await?;
                    }
                    outcome = Some(self.answer(step, world).await?);
                    Err::<(), _>(Error::custom("undo"))
                });
                body.await
            }
        };
        match (outcome, undone) {
            (Some(outcome), _) => outcome,
            (None, Err(error)) => Outcome::Refused(error.kind(), error.to_string()),
            (None, Ok(())) => Outcome::Refused(ErrorKind::Database, "the step has no outcome".into()),
        }
    }

    async fn answer(&self, step: &Step, world: &World) -> Result<Outcome> {
        match step {
            Step::Read(query) => self.read(query).await,
            Step::Write(writes) => {
                let mut counts = Vec::new();
                self.write(writes, &mut counts).await?;
                let mut tables = Vec::new();
                for content in &world.tables {
                    tables.push(self.rows(content).await?);
                }
                Ok(Outcome::Written { counts, tables })
            }
        }
    }

    /// Removes the rows that are not in `world`.
    async fn restrict(&self, world: &World) -> Result<()> {
        for content in &world.tables {
            let key: Expr = (&content.def.columns[0]).into();
            let kept = content.rows.iter().map(|row| row[0].clone()).collect();
            let filter = Expr::Not(Box::new(Expr::In(Box::new(key), Set::Values(ValueType::I64, kept))));
            let delete = Delete { table: content.def.name.into(), filter: Some(filter) };
            self.here()?.write(Statement::Delete(delete)).await?;
        }
        Ok(())
    }

    async fn read(&self, query: &Select) -> Result<Outcome> {
        let types: Vec<_> = query.items.iter().map(|item| item.expr.ty()).collect();
        let mut rows = Vec::new();
        let found = match self.broken {
            Some(broken) => broken.read(&self.name, query.clone()).await?,
            None => self.here()?.read(query.clone()).await?,
        };
        for row in found {
            let cell = |(value, ty): (&Value, &Option<_>)| Value::from_cell(value.as_cell(), ty.unwrap_or(value.ty()));
            rows.push(row.values().iter().zip(&types).map(cell).collect::<Result<Row>>()?);
        }
        Ok(Outcome::Rows { places: vec![0; rows.len()], rows })
    }

    async fn write(&self, writes: &[Write], counts: &mut Vec<u64>) -> Result<()> {
        for write in writes {
            match write {
                Write::One(statement) => {
                    let statement = match self.broken {
                        Some(broken) => broken.written(statement.clone()),
                        None => statement.clone(),
                    };
                    counts.push(self.here()?.write(statement).await?);
                }
                Write::Savepoint { inside, kept } => {
                    let body = transaction(&self.name, async || {
                        Box::pin(self.write(inside, counts)).await?;
                        if *kept { Ok(()) } else { Err(Error::custom("undo")) }
                    });
                    match body.await {
                        Err(error) if error.kind() == ErrorKind::Custom => {}
                        ended => ended?,
                    }
                }
            }
        }
        Ok(())
    }

    /// All rows of a table, in the order of their keys.
    async fn rows(&self, content: &Content) -> Result<Vec<Row>> {
        let mut query = Select::from(FromItem::Table(TableRef::from(content.def)));
        query.items = content.def.columns.iter().map(|def| Expr::from(def).into()).collect();
        query.order_by = vec![ascending((&content.def.columns[0]).into())];
        match self.read(&query).await? {
            Outcome::Rows { rows, .. } => Ok(rows),
            _ => Ok(Vec::new()),
        }
    }
}

fn ascending(expr: Expr) -> OrderBy {
    OrderBy { expr, direction: Direction::Asc, nulls: Nulls::Smallest }
}
