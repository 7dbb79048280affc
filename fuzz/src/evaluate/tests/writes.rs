//! Facts about INSERT, UPDATE and DELETE.

use super::*;

fn names(names: &[&'static str]) -> Vec<Name> {
    names.iter().map(|name| (*name).into()).collect()
}

/// Inserts rows of three integers into `u`.
fn insert(values: &[[i64; 3]], conflict: Option<Conflict>) -> Statement {
    let values = values.iter().flatten().map(|n| Value::I64(*n)).collect();
    let (table, columns, returning) = ("u".into(), names(&["id", "of", "name"]), vec![]);
    Statement::Insert(Insert { table, model: None, columns, values, forms: vec![], conflict, returning })
}

fn update(set: Vec<(&'static str, Expr)>, filter: Option<Expr>) -> Statement {
    let set = set.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Statement::Update(Update { table: "u".into(), model: None, set, filter, returning: vec![] })
}

/// Runs a statement, and shows the rows of `u` after it.
fn written(statement: &Statement) -> String {
    let mut db = database();
    let before = shown(db.read(&Select::from(FromItem::Table(TableRef::from(&U)))));
    let outcome = db.write(statement);
    let after = shown(db.read(&Select::from(FromItem::Table(TableRef::from(&U)))));
    match outcome {
        Ok(count) => format!("{count}: {after}"),
        Err(why) => {
            assert_eq!(after, before, "{statement:?}");
            refusal(&why)
        }
    }
}

#[test]
fn writes() {
    let excluded = |name: &'static str| Expr::Excluded(name.into());
    let on = |key: &'static str, update: Vec<(&'static str, Expr)>| {
        let update = update.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Some(Conflict { keys: names(&[key]), update })
    };
    let added = || vec![("of", math(u("of"), Add, excluded("of")))];
    let greatest = || Expr::Subquery(sub(from(&U, [aggregate(Aggregate::Max, u("of"))])));
    let key = |n: i64| Some(is(u("id"), Eq, self::n(n)));
    let delete = |filter| Statement::Delete(Delete { table: "u".into(), filter });
    let null = || Expr::Value(Value::Null(ValueType::I64));
    for (statement, expected) in [
        (insert(&[[4, 4, 40], [5, 5, 50]], None), "2: 1,1,10=2,1,20=3,9,30=4,4,40=5,5,50"),
        (insert(&[[4, 4, 40], [1, 1, 50]], None), "UniqueViolation"),
        (insert(&[[4, 4, 40], [5, 5, 40]], None), "UniqueViolation"),
        (insert(&[[4, 4, 40], [1, 7, 10]], on("id", added())), "2: 1,8,10=2,1,20=3,9,30=4,4,40"),
        (insert(&[[4, 4, 40], [1, 7, 10]], on("id", vec![])), "2: 1,1,10=2,1,20=3,9,30=4,4,40"),
        (insert(&[[7, 7, 10]], on("id", added())), "UniqueViolation"),
        (insert(&[[1, 7, 20]], on("id", added())), "not covered"),
        (insert(&[[1, 7, 10], [1, 8, 10]], on("id", added())), "not covered"),
        (insert(&[[4, 7, 40]], on("of", added())), "InvalidStatement"),
        (insert(&[[1, 7, 10]], on("id", vec![("of", greatest())])), "not covered"),
        (update(vec![("of", greatest())], None), "3: 1,9,10=2,9,20=3,9,30"),
        (update(vec![("of", u("name")), ("id", u("id"))], key(1)), "1: 1,10,10=2,1,20=3,9,30"),
        (update(vec![("of", n(1)), ("of", n(2))], None), "InvalidStatement"),
        (update(vec![("of", u("name")), ("name", u("of"))], key(3)), "not covered"),
        (update(vec![("id", null())], None), "not covered"),
        (update(vec![("name", null())], None), "3: 1,1,NULL=2,1,NULL=3,9,NULL"),
        (update(vec![("id", n(2))], key(1)), "UniqueViolation"),
        (update(vec![("id", math(u("id"), Add, n(1)))], None), "not covered"),
        (update(vec![("id", math(u("id"), Add, n(10)))], None), "3: 11,1,10=12,1,20=13,9,30"),
        (update(vec![("of", checked(math(u("of"), Multiply, n(i64::MAX))))], None), "Conversion"),
        (update(vec![("of", n(0))], Some(is(u("of"), Ne, n(1)))), "1: 1,1,10=2,1,20=3,0,30"),
        (delete(Some(is(u("of"), Eq, n(1)))), "2: 3,9,30"),
        (delete(None), "3: "),
    ] {
        assert_eq!(written(&statement), expected, "{statement:?}");
    }
}

fn checked(expr: Expr) -> Expr {
    Expr::Checked(expr.into(), Limits::of(ValueType::I64))
}

/// With a key, every database assigns at once.
#[test]
fn assignments_see_the_row_as_it_was() {
    static KEYED: TableDef = TableDef::of::<u32>("U", "u", "primary").columns(&[ID], &[0]);
    let set = vec![("of".into(), u("name")), ("name".into(), u("of"))];
    let filter = Some(is(u("id"), Eq, n(3)));
    let swap = Update { table: "u".into(), model: Some(&KEYED), set, filter, returning: vec![] };
    assert_eq!(written(&Statement::Update(swap)), "1: 1,1,10=2,1,20=3,30,9");
}

#[test]
fn a_not_null_column() {
    let mut db = database();
    let columns = [("id", ValueType::I64), ("n", ValueType::I64)];
    let mut strict = table("s", &columns, vec![], vec![vec![Value::I64(1), Value::I64(1)]]);
    strict.columns[1].nullable = false;
    db.tables.insert("s".into(), strict);
    let insert = |columns: &[&'static str], values: Vec<Value>| {
        let columns = names(columns);
        Statement::Insert(Insert { table: "s".into(), model: None, columns, values, forms: vec![], conflict: None, returning: vec![] })
    };
    let null = Value::Null(ValueType::I64);
    for statement in [insert(&["id", "n"], vec![Value::I64(2), null.clone()]), insert(&["id"], vec![Value::I64(2)])] {
        assert_eq!(db.write(&statement).map_err(|why| refusal(&why)), Err("NotNullViolation".to_owned()));
    }
}
