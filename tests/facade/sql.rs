//! The SQL of every kind of statement, in the three dialects side by side, without a database. A changed snapshot is a
//! changed statement: review it before you accept it.

use activerecord::prelude::*;
use activerecord::query::Predicate;
use activerecord::sql::render;
use activerecord::statement::{
    Arithmetic, ColumnExpr, Compare, Conflict, CreateTable, CreateTrigger, Delete, DropTrigger, Expr, FromItem, Insert,
    KeyChange, Name, NewColumn, RawSql, RowImage, Select, Set, Statement, Subquery, TableEvent, TriggerColumn,
    TriggerValue, Update,
};
use activerecord::value::{Stored, Value};
use activerecord::{Dialect, ToValue as _, ValueType};
use chrono::{DateTime, Utc};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Flight {
    id: i64,
    carrier: String,
    delay: Option<i32>,
    fare: Decimal,
    #[column = "the \"tail\" `num`"]
    tailnum: Option<String>,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[table = "audit.events"]
struct Event {
    id: i64,
    flight_id: Option<i64>,
    #[soft_delete]
    hidden_at: Option<DateTime<Utc>>,
}

const DIALECTS: [&str; 3] = ["sqlite", "postgresql", "mysql"];

fn show(spell: impl Fn(&str) -> Result<(String, Vec<Value>)>) -> String {
    let one = |dialect| match spell(dialect) {
        Ok((sql, binds)) => format!("{dialect}: {sql}\n    {binds:?}"),
        Err(error) => format!("{dialect}: {error}"),
    };
    DIALECTS.map(one).join("\n")
}

/// Returns the SQL and the binds of a query. Its list of columns is shortened to `*`.
fn query<R: Send + 'static>(query: &Query<Flight, R>) -> String {
    show(|dialect| query.to_sql(dialect)).replace(&columns("\""), "*").replace(&columns("`"), "*")
}

fn columns(quote: &str) -> String {
    let tailnum = match quote {
        "`" => r#"the "tail" ``num``"#,
        _ => r#"the ""tail"" `num`"#,
    };
    ["id", "carrier", "delay", "fare", tailnum].map(|name| format!("{quote}{name}{quote}")).join(", ")
}

fn filter(predicate: Predicate<Flight>) -> String {
    query(&Flight::filter(predicate))
}

/// Joins several texts.
fn all(cases: impl IntoIterator<Item = String>) -> String {
    cases.into_iter().collect::<Vec<_>>().join("\n\n")
}

#[test]
fn a_whole_table() {
    insta::assert_snapshot!(show(|dialect| Flight::query().to_sql(dialect)));
}

#[test]
fn comparisons() {
    insta::assert_snapshot!(all([
        filter(Flight::CARRIER.eq("UA")),
        filter(Flight::ID.ne(1)),
        filter(Flight::ID.lt(1) | Flight::ID.le(2) | Flight::ID.gt(3) | Flight::ID.ge(4)),
        filter(Flight::ID.between(1, 2)),
        filter(Flight::TAILNUM.eq("N10156")),
    ]));
}

#[test]
fn nulls() {
    insta::assert_snapshot!(all([
        filter(Flight::DELAY.eq(None)),
        filter(Flight::DELAY.ne(None)),
        filter(Flight::DELAY.is_null() & Flight::DELAY.is_not_null()),
        filter(Flight::DELAY.lt(None)),
    ]));
}

#[test]
fn junctions() {
    let (a, b, c) = (Flight::ID.eq(1), Flight::ID.eq(2), Flight::ID.eq(3));
    insta::assert_snapshot!(all([
        filter(a.clone() & b.clone() & c.clone()),
        filter(a.clone() | b.clone() & c.clone()),
        filter((a.clone() | b.clone()) & c.clone()),
        filter(!(a.clone() & b.clone()) | !c.clone()),
        filter(Flight::ID.between(1, 2) & a.clone()),
        query(&Flight::filter(a | b).filter(c)),
    ]));
}

#[test]
fn sets() {
    insta::assert_snapshot!(all([
        filter(Flight::ID.is_in([1])),
        filter(Flight::ID.is_in([1, 2, 3])),
        filter(Flight::CARRIER.not_in(["UA", "AA"])),
        filter(Flight::DELAY.is_in([Some(1), None])),
        filter(Flight::ID.is_in(Vec::<i64>::new())),
        filter(Flight::ID.not_in(Vec::<i64>::new())),
    ]));
}

#[test]
fn lists_share_their_texts() -> Result<()> {
    let text = |n: i64, dialect| {
        Ok::<_, Error>(Flight::filter(Flight::ID.is_in((0..n).collect::<Vec<_>>())).to_sql(dialect)?.0)
    };
    for (dialect, texts) in [("sqlite", 11), ("postgresql", 1), ("mysql", 11)] {
        let mut all = (1..=1_024).map(|n| text(n, dialect)).collect::<Result<Vec<_>>>()?;
        all.sort();
        all.dedup();
        assert_eq!(all.len(), texts, "{dialect}");
    }
    Ok(())
}

#[test]
fn sets_from_queries() {
    insta::assert_snapshot!(all([
        filter(Flight::ID.is_in(Flight::filter(Flight::CARRIER.eq("UA")).select(Flight::ID)) & Flight::ID.gt(1)),
        filter(Flight::DELAY.not_in(Flight::order_by(Flight::ID.desc()).limit(3).select(Flight::DELAY))),
        show(|dialect| {
            let of_late = Flight::filter(Flight::DELAY.gt(60)).select(Flight::ID);
            Event::filter(Event::FLIGHT_ID.is_in(of_late)).to_sql(dialect)
        }),
    ]));
}

#[test]
fn patterns() {
    insta::assert_snapshot!(all([
        filter(Flight::CARRIER.like(r"U_%\%")),
        filter(Flight::CARRIER.ilike("u_%")),
        filter(Flight::CARRIER.starts_with(r"50%_\[*]?")),
        filter(Flight::CARRIER.ends_with("a") | !Flight::TAILNUM.contains("b")),
    ]));
}

#[test]
fn orders() {
    insta::assert_snapshot!(all([
        query(&Flight::order_by(Flight::ID.asc())),
        query(&Flight::order_by((Flight::CARRIER.desc(), Flight::ID.asc()))),
        query(&Flight::order_by(Flight::DELAY.asc())),
        query(&Flight::order_by(Flight::DELAY.desc())),
        query(&Flight::order_by(Flight::DELAY.asc().nulls_last())),
        query(&Flight::order_by(Flight::DELAY.desc().nulls_first())),
        query(&Flight::order_by(Flight::ID.desc().nulls_first())),
        query(&Flight::order_by(Flight::FARE.desc())),
    ]));
}

#[test]
fn limits() {
    insta::assert_snapshot!(all([
        query(&Flight::query().limit(10)),
        query(&Flight::query().limit(10).offset(20)),
        query(&Flight::query().offset(20)),
        query(&Flight::query().limit(u64::MAX)),
    ]));
}

#[test]
fn decimals() {
    insta::assert_snapshot!(all([
        filter(Flight::FARE.gt(dec!(9.50)) & Flight::FARE.between(9, 10)),
        filter(Flight::FARE.is_in([dec!(1), dec!(2)])),
        filter(Flight::FARE.is_in(Flight::select(Flight::FARE))),
    ]));
}

#[test]
fn some_columns() {
    insta::assert_snapshot!(all([
        query(&Flight::select((Flight::ID, Flight::TAILNUM))),
        query(&Flight::select(Flight::ID).filter(Flight::DELAY.gt(1)).limit(1)),
    ]));
}

#[test]
fn raw_conditions() {
    insta::assert_snapshot!(all([
        query(&Flight::filter(Flight::ID.gt(1)).filter_raw("delay > ? OR delay < ?", [60, -60]).limit(2)),
        query(&Flight::filter_raw("note = '?' AND data ?? 'a' AND id = ? -- why?", [1])),
        query(&Flight::filter_raw("id = ? -- why?", [1]).filter(Flight::ID.gt(1))),
        query(&Flight::filter_raw(r"note = 'it\'s ?' AND id = ?", [1])),
        query(&Flight::filter_raw("note = $$ ? $$ AND id = ?", [1])),
        query(&Flight::filter_raw("id = ?", [1, 2])),
    ]));
}

#[test]
fn rows_marked_as_deleted() {
    let event = |query: Query<Event>| show(|dialect| query.to_sql(dialect));
    insta::assert_snapshot!(all([
        event(Event::query()),
        event(Event::filter(Event::ID.eq(1) | Event::ID.eq(2))),
        event(Event::query().with_deleted()),
        event(Event::query().only_deleted().limit(1)),
    ]));
}

fn statement(statement: &Statement) -> String {
    show(|dialect| {
        let sql = render(statement.clone(), Dialect::named(dialect)?)?;
        Ok((sql.text().to_string(), sql.binds().to_vec()))
    })
}

fn column(name: &'static str, ty: ValueType) -> Expr {
    Expr::Column(ColumnExpr {
        table: "flights".into(),
        outer: false,
        name: name.into(),
        ty,
        nullable: name == "delay",
        stored: Stored::Default,
    })
}

fn insert(conflict: Option<Conflict>, returning: &[&'static str]) -> String {
    let row = |n| [Value::I64(n), Value::Text("UA".into()), Value::Null(ValueType::I32)];
    statement(&Statement::Insert(Insert {
        table: "flights".into(),
        model: None,
        columns: ["id", "carrier", "delay"].map(Name::from).to_vec(),
        values: [row(1), row(2)].concat(),
        forms: Vec::new(),
        conflict,
        returning: returning.iter().map(|name| Name::from(*name)).collect(),
    }))
}

#[test]
fn inserts() {
    let defaults = Insert {
        table: "flights".into(),
        model: None,
        columns: vec![],
        values: vec![],
        forms: Vec::new(),
        conflict: None,
        returning: vec!["id".into()],
    };
    insta::assert_snapshot!(all([insert(None, &[]), insert(None, &["id"]), statement(&Statement::Insert(defaults))]));
}

#[test]
fn upserts() {
    let version = column("version", ValueType::I32);
    let next = Expr::Arithmetic(Box::new(version), Arithmetic::Add, Box::new(Expr::Value(Value::I32(1))));
    let update = vec![("carrier".into(), Expr::Excluded("carrier".into())), ("version".into(), next)];
    let keys = || vec![Name::from("id"), Name::from("day")];
    insta::assert_snapshot!(all([
        insert(Some(Conflict { keys: keys(), update }), &[]),
        insert(Some(Conflict { keys: keys(), update: vec![] }), &[]),
    ]));
}

#[test]
fn updates_and_deletes() {
    let of = |table: &'static str| {
        let id = ColumnExpr {
            table: table.into(),
            outer: false,
            name: "id".into(),
            ty: ValueType::I64,
            nullable: false,
            stored: Stored::Default,
        };
        Some(Expr::Column(id).compare(Compare::Eq, Expr::Value(Value::I64(1))))
    };
    let add =
        |name, ty, value| Expr::Arithmetic(Box::new(column(name, ty)), Arithmetic::Add, Box::new(Expr::Value(value)));
    let set = vec![
        ("carrier".into(), Expr::Value(Value::Text("UA".into()))),
        ("delay".into(), add("delay", ValueType::I32, Value::I32(5))),
        ("fare".into(), add("fare", ValueType::Decimal, Value::Decimal(dec!(0.10)))),
    ];
    let update =
        |filter, returning| Update { table: "flights".into(), model: None, set: set.clone(), filter, returning };
    insta::assert_snapshot!(all([
        statement(&Statement::Update(update(of("flights"), vec![]))),
        statement(&Statement::Update(update(None, vec!["delay".into(), "fare".into()]))),
        statement(&Statement::Delete(Delete { table: "audit.flights".into(), filter: of("audit.flights") })),
        statement(&Statement::Delete(Delete { table: "flights".into(), filter: None })),
    ]));
}

/// MySQL refuses a plain query on the table that is written.
#[test]
fn writes_with_a_subquery() {
    let old = || {
        let mut query = Select::from(FromItem::Table(Flight::TABLE.into()));
        query.items = vec![column("id", ValueType::I64).into()];
        query.filter = Some(Expr::IsNull(Box::new(column("delay", ValueType::I32))));
        Some(Expr::In(
            Box::new(column("id", ValueType::I64)),
            Set::Query(Subquery { select: Box::new(query), connection: None }),
        ))
    };
    let set = vec![("carrier".into(), Expr::Value(Value::Text("UA".into())))];
    let update = Update { table: "flights".into(), model: None, set, filter: old(), returning: vec![] };
    insta::assert_snapshot!(all([
        statement(&Statement::Update(update)),
        statement(&Statement::Delete(Delete { table: "flights".into(), filter: old() })),
    ]));
}

#[test]
fn raw_statements() {
    let raw = |text: &'static str, binds| statement(&Statement::Raw(RawSql { text: text.into(), binds }));
    insta::assert_snapshot!(all([
        raw("SELECT * FROM t WHERE a = ? AND b = ? /* ? */", vec![Value::I32(1), Value::Bool(true)]),
        raw("SELECT 1", vec![Value::I32(1)]),
        raw("SELECT a--? FROM t # WHERE ?\n -- ?\n WHERE `?` = '?'", vec![Value::I32(1)]),
    ]));
}

#[test]
fn an_unknown_dialect_is_an_error() {
    assert!(Flight::query().to_sql("oracle").is_err_and(|error| error.is_configuration()));
}

#[test]
fn definitions() {
    let table = CreateTable::from(Event::TABLE).numbered().index("events_by_flight", &["flight_id", "id"]);
    let mut every = CreateTable::from(Flight::TABLE);
    every.columns.push(NewColumn {
        name: "tags".into(),
        ty: ValueType::Array(&ValueType::Text),
        sizes: Vec::new(),
        nullable: false,
    });
    let index = table.indexes[0].clone();
    insta::assert_snapshot!(all([
        statement(&Statement::CreateTable(table)),
        statement(&Statement::CreateIndex(index)),
        statement(&Statement::CreateTable(every)),
    ]));
}

#[test]
fn triggers() {
    let column = |name: &str, ty: Option<ValueType>, declared: &str| TriggerColumn {
        name: name.to_owned().into(),
        ty,
        declared: declared.to_owned(),
    };
    let (id, carrier) =
        (column("id", Some(ValueType::I64), "bigint"), column("carrier", Some(ValueType::Text), "text"));
    let fare = column("fare", Some(ValueType::Decimal), "numeric");
    let kind = TriggerValue::Kind { usual: "changed".to_value(), without: "reread".to_value() };
    let trigger = |event, when| CreateTrigger {
        name: "ar_update_flights".into(),
        table: "flights".into(),
        event,
        when,
        if_free: false,
        is_primary: true,
        key: vec![id.clone(), carrier.clone()],
        columns: vec![id.clone(), fare.clone(), column("route", None, "linestring")],
        row: RowImage::New,
        into: "changes".into(),
        values: vec![
            ("topic".into(), TriggerValue::Constant("flights".to_value())),
            ("at".into(), TriggerValue::Now),
            ("kind".into(), kind.clone()),
            ("key".into(), TriggerValue::Key),
            ("payload".into(), TriggerValue::Images { before: true, after: false }),
        ],
    };
    let late = CreateTrigger { if_free: true, row: RowImage::Old, ..trigger(TableEvent::Delete, None) };
    let values = vec![("topic".into(), TriggerValue::Constant("it's".to_value()))];
    let truncate = CreateTrigger { table: "air.flights".into(), values, ..trigger(TableEvent::Truncate, None) };
    let function = Some("air.ar_update_flights".into());
    let former = DropTrigger { name: "ar_update_flights".into(), table: "air.flights".into(), function };
    let moved = trigger(TableEvent::Update, Some(KeyChange::Moved));
    insta::assert_snapshot!(all([
        statement(&Statement::CreateTrigger(moved.clone())),
        statement(&Statement::CreateTriggerFunction(moved.clone())),
        statement(&Statement::RevokeTriggerFunction(moved)),
        statement(&Statement::CreateTrigger(trigger(TableEvent::Delete, None))),
        statement(&Statement::CreateTriggerFunction(late)),
        statement(&Statement::CreateTrigger(truncate.clone())),
        statement(&Statement::CreateTriggerFunction(truncate)),
        statement(&Statement::DropTrigger(former.clone())),
        statement(&Statement::DropTriggerFunction(former.name)),
    ]));
}
