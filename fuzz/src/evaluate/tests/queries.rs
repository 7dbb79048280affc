//! Facts about the clauses of queries.

use super::*;

fn join(kind: JoinKind, on: Expr) -> Join {
    Join { kind, table: TableRef::from(&U), on }
}

#[test]
fn joins_and_subqueries() {
    let on = || is(u("of"), Eq, t("id"));
    let joined = |kind, items: Vec<Expr>| Select { joins: vec![join(kind, on())], ..from(&T, items) };
    let outer = || Expr::Column(ColumnExpr { outer: true, ..column("t", "id", ValueType::I64) });
    let of_row = || Select { filter: Some(is(u("of"), Eq, outer())), ..from(&U, [rows()]) };
    let exists = |query| Select { filter: Some(Expr::Exists(sub(query))), ..from(&T, [t("id")]) };
    let uses = |set: Select| Select {
        filter: Some(not(Expr::In(t("a").into(), Set::Query(sub(set))))),
        ..from(&T, [t("id")])
    };
    // What is refused does not depend on the rows.
    let never = |query| {
        let arms = vec![(v(false), Expr::Subquery(sub(query)))];
        from(&T, [Expr::Case(Box::new(Case { arms, otherwise: None }))])
    };
    queries([
        (joined(JoinKind::Inner, vec![t("id"), u("id")]), "1,1=1,2"),
        (joined(JoinKind::Left, vec![t("id"), u("id")]), "1,1=1,2=2,NULL=3,NULL=4,NULL"),
        (from(&T, [t("id"), Expr::Subquery(sub(of_row()))]), "1,2=2,0=3,0=4,0"),
        (exists(Select { items: vec![], ..of_row() }), "1"),
        (exists(of_row()), "1=2=3=4"),
        (uses(from(&U, [u("name")])), ""),
        (uses(Select { filter: Some(v(false)), ..from(&U, [u("name")]) }), "1=2=3=4"),
        (from(&T, [u("id")]), "InvalidStatement"),
        (exists(Select { filter: Some(is(t("id"), Eq, outer())), ..from(&T, [t("id")]) }), "InvalidStatement"),
        (uses(from(&U, [u("id"), u("name")])), "InvalidStatement"),
        (never(Select { filter: Some(is(sum(u("id")), Gt, n(0))), ..from(&U, [u("id")]) }), "InvalidStatement"),
        (never(from(&U, [sum(sum(u("id")))])), "InvalidStatement"),
        (never(Select { order_by: vec![asc(json("1"))], ..from(&U, [u("id")]) }), "Unsupported"),
        (never(from(&U, [u("id")])), "NULL=NULL=NULL=NULL"),
        (from(&T, [t("other")]), "InvalidStatement"),
        (
            Select {
                joins: vec![Join { table: TableRef::from(&T), ..join(JoinKind::Inner, v(true)) }],
                ..from(&T, [t("id")])
            },
            "InvalidStatement",
        ),
    ]);
}

#[test]
fn groups_and_distinct_rows() {
    let grouped =
        |items: Vec<Expr>| Select { group_by: vec![text("g")], order_by: vec![asc(text("g"))], ..from(&T, items) };
    let all = |items: Vec<Expr>| Select { filter: Some(v(false)), ..from(&T, items) };
    let on = |order_by| Select { distinct: Distinct::On(vec![text("g")]), order_by, ..from(&T, [text("g"), t("id")]) };
    let half = || math(t("id"), Divide, n(3));
    let distinct = |order_by| Select { distinct: Distinct::Rows, order_by, ..from(&T, [t("a")]) };
    queries([
        (grouped(vec![text("g"), rows(), sum(t("a")), aggregate(Aggregate::Count, t("a"))]), "x,2,30,2 y,2,20,1"),
        (grouped(vec![aggregate(Aggregate::Avg, t("a")), aggregate(Aggregate::Max, t("a"))]), "15.0,20 20.0,20"),
        (grouped(vec![t("id")]), "InvalidStatement"),
        (Select { having: Some(is(sum(t("a")), Gt, n(25))), ..grouped(vec![text("g")]) }, "x"),
        (Select { group_by: vec![half()], order_by: vec![asc(half())], ..from(&T, [half(), rows()]) }, "0,2 1,2"),
        (Select { group_by: vec![t("id")], filter: Some(is(t("id"), Eq, n(2))), ..from(&T, [t("a")]) }, "20"),
        (Select { group_by: vec![u("id")], ..from(&U, [u("of")]) }, "InvalidStatement"),
        (all(vec![rows(), sum(t("a")), aggregate(Aggregate::CountDistinct, t("a"))]), "0,NULL,0"),
        (from(&T, [aggregate(Aggregate::CountDistinct, t("a"))]), "2"),
        (Select { filter: Some(is(sum(t("a")), Gt, n(0))), ..from(&T, [t("id")]) }, "InvalidStatement"),
        (from(&T, [sum(v(i64::MAX))]), "Conversion"),
        (from(&T, [sum(math(math(n(2), Subtract, t("id")), Multiply, n(i64::MAX / 3)))]), "-6148914691236517204"),
        (from(&T, [sum(math(math(n(3), Subtract, t("id")), Multiply, n(i64::MAX / 2)))]), "not covered"),
        (from(&T, [aggregate(Aggregate::Avg, v(0.1))]), "not covered"),
        (from(&T, [sum(v(0.25_f32))]), "1.0"),
        (distinct(vec![asc(t("a"))]), "NULL 10 20"),
        (Select { distinct: Distinct::Rows, ..from(&T, [math(t("id"), Divide, n(0))]) }, "NULL"),
        (Select { having: Some(is(sum(math(t("id"), Divide, n(0))), Gt, n(0))), ..grouped(vec![rows()]) }, ""),
        (from(&T, [aggregate(Aggregate::Min, t("a")), aggregate(Aggregate::Max, t("a"))]), "10,20"),
        (distinct(vec![asc(t("id"))]), "Unsupported"),
        (on(vec![asc(text("g")), by(t("id"), Direction::Desc)]), "x,2 y,4"),
        (on(vec![asc(t("id"))]), "Unsupported"),
        (on(vec![asc(text("g"))]), "not covered"),
    ]);
}

#[test]
fn orders_and_limits() {
    let ordered = |order_by: Vec<OrderBy>| Select { order_by, ..from(&T, [t("id")]) };
    let nulls = |direction, nulls| ordered(vec![OrderBy { nulls, ..by(t("a"), direction) }]);
    let limited = |order: Expr, offset, limit| Select { offset, limit, ..ordered(vec![asc(order)]) };
    queries([
        (ordered(vec![asc(t("a"))]), "4 1 2=3"),
        (ordered(vec![by(t("a"), Direction::Desc)]), "2=3 1 4"),
        (nulls(Direction::Asc, Nulls::Last), "1 2=3 4"),
        (nulls(Direction::Desc, Nulls::First), "4 2=3 1"),
        (limited(t("id"), Some(1), Some(2)), "2 3"),
        (limited(t("id"), Some(9), None), ""),
        (limited(t("a"), None, Some(3)), "not covered"),
        (limited(t("a"), Some(1), Some(1)), "1"),
        (Select { limit: Some(4), ..from(&T, [t("id")]) }, "1=2=3=4"),
        (Select { limit: Some(1), ..from(&T, [n(7)]) }, "7"),
        (Select { limit: Some(1), ..from(&T, [math(n(i64::MAX), Add, n(1))]) }, "not covered"),
        (ordered(vec![asc(json("1"))]), "Unsupported"),
    ]);
}

#[test]
fn windows() {
    let over = |function: Expr, partition_by: Vec<Expr>, order: Expr, frame| {
        let window = Window { partition_by, order_by: vec![asc(order)], frame };
        Select { order_by: vec![asc(t("id"))], ..from(&T, [Expr::Over(function.into(), window.into())]) }
    };
    let call = |function, arguments: Vec<Expr>| Expr::Call(function, arguments);
    let near = |from, to| Some(Frame { from, to });
    let whole = near(FrameEnd::Unbounded, FrameEnd::Unbounded);
    let minus_a = || math(n(0), Subtract, t("a"));
    let of_a = |function| over(call(function, vec![]), vec![], t("a"), None);
    let of_id = |function| over(call(function, vec![t("id")]), vec![text("g")], t("id"), None);
    queries([
        (of_a(Function::Rank), "2 3 3 1"),
        (of_a(Function::DenseRank), "2 3 3 1"),
        (over(call(Function::Rank, vec![]), vec![], minus_a(), None), "4 2 2 1"),
        (over(call(Function::DenseRank, vec![]), vec![], minus_a(), None), "3 2 2 1"),
        (of_a(Function::RowNumber), "not covered"),
        (over(call(Function::RowNumber, vec![]), vec![text("g")], t("id"), None), "1 2 1 2"),
        (over(call(Function::Ntile(3), vec![]), vec![], t("id"), None), "1 1 2 3"),
        (of_id(Function::Lag(1)), "NULL 1 NULL 3"),
        (of_id(Function::Lead(1)), "2 NULL 4 NULL"),
        (of_id(Function::FirstValue), "1 1 3 3"),
        (of_id(Function::LastValue), "1 2 3 4"),
        (over(call(Function::LastValue, vec![t("id")]), vec![], t("a"), whole), "not covered"),
        (over(sum(t("id")), vec![], t("a"), None), "5 10 10 4"),
        (over(sum(t("id")), vec![], t("id"), near(FrameEnd::Preceding(1), FrameEnd::Current)), "1 3 5 7"),
        (over(sum(t("id")), vec![], t("id"), near(FrameEnd::Following(1), FrameEnd::Following(2))), "5 7 4 NULL"),
        (over(rows(), vec![], t("id"), near(FrameEnd::Unbounded, FrameEnd::Preceding(2))), "0 0 1 2"),
        (over(sum(t("id")), vec![], t("a"), whole), "10 10 10 10"),
        (over(aggregate(Aggregate::CountDistinct, t("a")), vec![], t("id"), None), "Unsupported"),
        (over(n(1), vec![], t("id"), None), "InvalidStatement"),
        (over(rows(), vec![], t("id"), near(FrameEnd::Current, FrameEnd::Preceding(1))), "InvalidStatement"),
        (from(&T, [call(Function::RowNumber, vec![])]), "InvalidStatement"),
    ]);
    let window = Window { order_by: vec![asc(sum(t("a")))], ..Window::default() };
    let groups = [text("g"), Expr::Over(call(Function::Rank, vec![]).into(), window.into())];
    queries([(Select { group_by: vec![text("g")], order_by: vec![asc(text("g"))], ..from(&T, groups) }, "x,2 y,1")]);
}

#[test]
fn set_operators() {
    let a = || sub(Select { filter: Some(is(t("id"), Gt, n(1))), ..from(&T, [t("a")]) });
    let b = || sub(from(&U, [u("name")]));
    let of = |other| {
        let compound = Compound { first: a(), operator: SetOperator::UnionAll, others: vec![other] };
        Select::from(FromItem::Compound(compound.into(), "c".into()))
    };
    let compound = |operator| {
        let compound = Compound { first: a(), operator, others: vec![b()] };
        let column = Expr::Column(column("c", "a", ValueType::I64));
        let order_by = vec![asc(column)];
        Select { order_by, ..Select::from(FromItem::Compound(compound.into(), "c".into())) }
    };
    queries([
        (compound(SetOperator::Union), "NULL 10 20 30"),
        (compound(SetOperator::UnionAll), "NULL 10 20=20=20 30"),
        (compound(SetOperator::Intersect), "20"),
        (compound(SetOperator::Except), "NULL"),
        (Select { items: vec![item(n(1))], ..of(sub(from(&U, [u("id"), u("name")]))) }, "InvalidStatement"),
    ]);
}

#[test]
fn common_table_expressions() {
    let c = |name| Expr::Column(column("c", name, ValueType::I64));
    let reference = || TableRef { name: "c".into(), alias: None, model: None };
    let cte = |query: Select, step: Option<(SetOperator, Select)>| Cte {
        name: "c".into(),
        columns: vec!["n".into()],
        stored: vec![Stored::Default],
        query: sub(query),
        step: step.map(|(operator, step)| (operator, sub(step))),
    };
    let of = |cte: Cte| Select {
        with: vec![cte],
        order_by: vec![asc(c("n"))],
        ..Select::from(FromItem::Table(reference()))
    };
    let first = || Select { filter: Some(is(t("id"), Eq, n(1))), ..from(&T, [n(1)]) };
    let step =
        |next: Expr, filter| Select { items: vec![item(next)], filter, ..Select::from(FromItem::Table(reference())) };
    let up = || step(math(c("n"), Add, n(1)), Some(is(c("n"), Lt, n(4))));
    let outer = || {
        let on = is(c("n"), Eq, t("id"));
        Select { joins: vec![Join { kind: JoinKind::Left, table: reference(), on }], ..from(&T, [t("id")]) }
    };
    let around = || step(math(math(c("n"), Add, n(1)), Remainder, n(3)), None);
    queries([
        (of(cte(from(&T, [t("a")]), None)), "NULL 10 20=20"),
        (of(cte(first(), Some((SetOperator::UnionAll, up())))), "1 2 3 4"),
        (of(cte(first(), Some((SetOperator::Union, around())))), "0 1 2"),
        (of(cte(first(), Some((SetOperator::UnionAll, around())))), "not covered"),
        (of(cte(first(), Some((SetOperator::Union, Select { group_by: vec![c("n")], ..up() })))), "not covered"),
        (of(cte(first(), Some((SetOperator::Union, outer())))), "not covered"),
        (of(cte(from(&T, [t("a"), t("id")]), None)), "InvalidStatement"),
        (Select::from(FromItem::Table(reference())), "InvalidStatement"),
    ]);
}

#[test]
fn sources() {
    let q = |name| Expr::Column(column("q", name, ValueType::I64));
    let derived = |inner: Select, item: Expr| Select {
        items: vec![item.into()],
        ..Select::from(FromItem::Query(inner.into(), "q".into()))
    };
    let double = || SelectItem { expr: math(t("a"), Multiply, n(2)), alias: Some("x".into()) };
    let doubled = || Select { items: vec![double()], ..from(&T, []) };
    let outer = |name| Expr::Column(ColumnExpr { outer: true, ..column("t", name, ValueType::I64) });
    let other = |name| Expr::Column(column("o", name, ValueType::I64));
    let alias = TableRef { alias: Some("o".into()), ..TableRef::from(&T) };
    let neighbours = Join { kind: JoinKind::Inner, table: alias, on: is(other("id"), Eq, math(t("id"), Add, n(1))) };
    let of_group = |name| {
        let inner = Select { filter: Some(is(u("id"), Eq, outer(name))), ..from(&U, [u("name")]) };
        Select { group_by: vec![t("a")], filter: Some(is(t("id"), Lt, n(2))), ..from(&T, [Expr::Subquery(sub(inner))]) }
    };
    let is_group = || Select { group_by: vec![of_group("id").items[0].expr.clone()], ..of_group("id") };
    let elsewhere = Subquery { connection: Some("elsewhere".into()), ..sub(from(&U, [u("id")])) };
    queries([
        (derived(doubled(), sum(q("x"))), "100"),
        (derived(doubled(), q("y")), "InvalidStatement"),
        (derived(from(&T, [t("a"), t("a")]), n(1)), "not covered"),
        (Select::from(FromItem::Named("u".into())), "1,1,10=2,1,20=3,9,30"),
        (Select::from(FromItem::Named("v".into())), "InvalidStatement"),
        (Select { joins: vec![neighbours], ..from(&T, [t("id"), other("id")]) }, "1,2=2,3=3,4"),
        (of_group("a"), "NULL"),
        (of_group("id"), "InvalidStatement"),
        (is_group(), "10"),
        (Select { filter: Some(Expr::Exists(elsewhere)), ..from(&T, [t("id")]) }, "Unsupported"),
        (from(&T, [math(v(1_i16), Add, n(1)), Expr::Excluded("a".into())]), "InvalidStatement"),
    ]);
}
