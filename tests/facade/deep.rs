//! Trees of every depth: they are rendered, or are an error. None uses up the stack.

use activerecord::SQLITE;
use activerecord::prelude::*;
use activerecord::query::{exists, subquery};
use activerecord::sql::render;
use activerecord::statement::{Expr, FromItem, JsonStep, MAX_DEPTH, Select, Statement};
use activerecord::value::Value;

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Row {
    id: i64,
    data: Json<serde_json::Value>,
}

#[derive(Cte, Debug, PartialEq)]
struct Id {
    id: i64,
}

const DEPTHS: [i64; 2] = [600, 10_000];

const DEEPEST: i64 = 1_000_000;

/// The stack of a task of tokio.
const STACK: usize = 2 << 20;

/// Renders a query, and clones and prints it, on a stack of a task's size. Returns whether it was rendered.
fn survives<S, R>(name: &str, query: impl FnOnce() -> Query<S, R> + Send + 'static) -> bool
where
    S: activerecord::Source,
    R: Send + 'static,
{
    on_a_stack(STACK, name, move || {
        let query = query();
        let rendered = query.clone().to_sql("postgresql");
        if let Err(error) = &rendered {
            assert!(error.is_unsupported() && error.to_string().len() < 2_000, "{error}");
        }
        // A long list is printed as it is, which takes long.
        let is_long = rendered.is_err_and(|error| error.to_string().contains("binds"));
        assert!(is_long || !format!("{query:?}").is_empty());
        !is_long && query.to_sql("mysql").is_ok()
    })
}

fn on_a_stack<T: Send + 'static>(size: usize, name: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(size).name(name.into()).spawn(run);
    thread.unwrap_or_else(|error| panic!("{error}")).join().unwrap_or_else(|_| panic!("{name} has failed"))
}

type Condition = activerecord::query::Predicate<Row>;

fn row(id: i64) -> Condition {
    Row::ID.eq(id)
}

/// Conditions of one kind are one list, in whichever order they are joined.
#[test]
fn lists_of_conditions() {
    for depth in [600, 10_000, DEEPEST] {
        // More values than a database binds.
        let fits = depth < 30_000;
        let not = move || Row::filter((0..depth).fold(row(0), |condition, _| !condition));
        assert!(survives("not", not), "{depth}");
        let right = move || Row::filter((0..depth).map(row).reduce(|all, next| next | all).unwrap_or_else(|| row(0)));
        assert_eq!(survives("right", right), fits, "{depth}");
    }
    for depth in DEPTHS {
        let left = move || Row::filter((0..depth).map(row).reduce(|all, next| all | next).unwrap_or_else(|| row(0)));
        assert!(survives("left", left), "{depth}");
        let and = move || Row::filter((0..depth).map(row).reduce(|all, next| next & all).unwrap_or_else(|| row(0)));
        assert!(survives("and", and), "{depth}");
        let filters = move || (0..depth).fold(Row::query(), |query, id| query.filter(row(id)));
        assert!(survives("filters", filters), "{depth}");
    }
}

#[test]
fn expressions_inside_expressions() {
    for depth in [600, 10_000, DEEPEST] {
        let turns = move || {
            let turn = |all, id| if id % 2 == 0 { row(id) & all } else { row(id) | all };
            Row::filter((1..depth).fold(row(0), turn))
        };
        assert!(!survives("and and or by turns", turns), "{depth}");
    }
    for depth in DEPTHS {
        let turns = move || {
            let turn = |all: Condition, id| if id % 2 == 0 { !(all & row(id)) } else { !(all | row(id)) };
            Row::filter((1..depth).fold(row(0), turn))
        };
        assert!(!survives("not by turns", turns), "{depth}");
        let sums = move || Row::filter((0..depth).fold(Row::ID + 1, |sum, n| sum + n).gt(0));
        assert!(!survives("arithmetic", sums), "{depth}");
        let sums = move || Row::query().order_by((0..depth).fold(Row::ID + 1, |sum, n| sum * n).asc());
        assert!(!survives("orders", sums), "{depth}");
        let queries = move || (0..depth).fold(Row::query(), |query, id| Row::filter(row(id)).filter(exists(query)));
        assert!(!survives("exists", queries), "{depth}");
        let queries = move || {
            (0..depth).fold(Row::query().select(Row::ID), |query, _| Row::filter(Row::ID.is_in(query)).select(Row::ID))
        };
        assert!(!survives("is_in", queries), "{depth}");
        let queries = move || {
            (0..depth)
                .fold(Row::select(Row::ID), |query, _| Row::select(subquery(query.limit(1)).coalesce(0) + Row::ID))
        };
        assert!(!survives("subquery", queries), "{depth}");
    }
}

#[test]
fn queries_beside_queries() {
    for depth in DEPTHS {
        let unions = move || (0..depth).fold(Row::query(), |query, id| query.union(Row::filter(row(id))));
        assert!(survives("union", unions), "{depth}");
        let turns = move || {
            (0..depth).fold(Row::query(), |query, id| {
                let other = Row::filter(row(id));
                if id % 2 == 0 { query.union(other) } else { query.except(other) }
            })
        };
        assert!(!survives("union and except by turns", turns), "{depth}");
        let ctes = move || (0..depth).fold(Id::of(Row::select((Row::ID,))), |query, _| Id::of(query.select((Id::ID,))));
        assert!(!survives("cte", ctes), "{depth}");
        let paths = move || {
            let path: Vec<JsonStep> = (0..depth).map(|n| JsonStep::from(u32::try_from(n).unwrap_or(0))).collect();
            Row::select(Row::DATA.json::<i64>(path))
        };
        assert!(!survives("path", paths), "{depth}");
    }
}

/// The documented number of levels: that many are rendered.
#[test]
fn the_number_of_levels() {
    let nested = |levels: usize| {
        let turn = |all, id: usize| if id.is_multiple_of(2) { row(1) & all } else { row(1) | all };
        Row::filter((1..levels).fold(row(0), turn)).to_sql("sqlite")
    };
    // The comparison and its column are two levels.
    assert!(nested(MAX_DEPTH - 1).is_ok());
    let error = nested(MAX_DEPTH).expect_err("too many levels");
    assert!(error.is_unsupported() && error.to_string().contains(&MAX_DEPTH.to_string()), "{error}");
}

/// A tree that is built by hand is refused too, and taken apart without recursion.
#[test]
fn trees_of_ones_own() {
    on_a_stack(STACK, "plain trees", || {
        let leaf = || Expr::Value(Value::Bool(true));
        let nots = (0..1_000_000).fold(leaf(), |inner, _| Expr::Not(Box::new(inner)));
        let lists = (0..1_000_000).fold(leaf(), |inner, _| Expr::And(vec![inner]));
        let queries = (0..100_000).fold(Select::from(FromItem::Named("t".into())), |inner, _| {
            Select::from(FromItem::Query(Box::new(inner), "t".into()))
        });
        for filter in [nots, lists] {
            let query = Select { filter: Some(filter), ..Select::from(FromItem::Named("t".into())) };
            assert!(render(Statement::Select(query), &SQLITE).is_err_and(|error| error.is_unsupported()));
        }
        assert!(render(Statement::Select(queries), &SQLITE).is_err_and(|error| error.is_unsupported()));
    });
}

/// The deepest trees and the longest lists are more than SQLite's own limits, which would be errors of the database.
#[tokio::test]
async fn the_database_takes_what_is_rendered() -> Result<()> {
    let db = test_support::Database::new(["rows (id ID, data JSON NOT NULL)"]).await;
    with_connection(&db, async || {
        Row::create(Row { data: Json(serde_json::json!({})), ..Default::default() }).await?;
        let any = |ids: i64| (0..ids).map(row).reduce(|all, next| next | all).unwrap_or_else(|| row(0));
        for ids in [500, 501, 1_001, 10_000, 32_000] {
            assert_eq!(Row::filter(any(ids)).count().await?, 1, "{ids}");
            assert_eq!(Row::filter(!any(ids)).count().await?, 0, "{ids}");
        }
        let turn = |all, id: usize| if id.is_multiple_of(2) { row(1) & all } else { row(2) | all };
        let deepest = (1..MAX_DEPTH - 1).fold(row(1), turn);
        assert_eq!(Row::filter(deepest).count().await?, 1);
        let sum = (0..90).fold(Row::ID + 0, |sum, _| sum + 1);
        assert_eq!(Row::select(sum).one().await?, 91);
        let queries = (0..15).fold(Row::select(Row::ID), |query, _| Row::filter(Row::ID.is_in(query)).select(Row::ID));
        assert_eq!(queries.all().await?, [1]);
        Ok(())
    })
    .await
}
