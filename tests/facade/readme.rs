//! The README's snippets, run. Its program is a doctest; the snippets stand here word for word.

use activerecord::outbox::Task;
use activerecord::prelude::*;
use activerecord::query::{case, count_rows, exists, outer, row_number, window};
use activerecord::queue::{Event, MemoryQueue, SqlQueue};
use activerecord::saga::StepContext;
use chrono::{DateTime, Utc};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "primary"] // the default
#[table = "planes"] // the default: the struct's name in snake case and plural
struct Plane {
    #[primary_key]
    tailnum: String,
    #[column = "year"]
    built: Option<i32>,
    seats: i32,
    #[updated_at]
    updated_at: DateTime<Utc>,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Flight {
    id: i64,
    tailnum: Option<String>,
    miles: i64,
}

#[derive(Embedded, Clone, Debug, Default, PartialEq)]
struct Place {
    airport: String,
    terminal: Option<String>,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Route {
    id: i64,
    #[flatten(prefix = "from_")]
    from: Place, // the columns from_airport and from_terminal
    #[flatten(prefix = "to_")]
    to: Place,
}

#[derive(Cte, Debug, PartialEq)]
struct Ranked {
    id: i64,
    place: u64,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Airline {
    #[primary_key]
    carrier: String,
    name: String,
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "analytics"]
#[table = "airlines"]
struct AirlineCopy {
    #[primary_key]
    carrier: String,
    name: String,
}

impl Hooks for Airline {
    async fn after_save(&self, _: &Change) -> Result<()> {
        let copy = AirlineCopy { carrier: self.carrier.clone(), name: self.name.clone() };
        AirlineCopy::insert_or_update(&copy, [AirlineCopy::CARRIER]).await
    }

    async fn after_destroy(&self) -> Result<()> {
        AirlineCopy::filter(AirlineCopy::CARRIER.eq(&self.carrier)).delete().await?;
        Ok(())
    }
}

#[tokio::test]
async fn the_snippets_run() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    two_databases(folder.path()).await?;
    queries().await?;
    embedded().await?;
    joins().await?;
    scopes().await?;
    hooks().await?;
    transactions().await?;
    outbox().await?;
    in_step().await?;
    saga().await?;
    // Two SQLite files cannot do that, and say so.
    let refused = two_phases().await;
    assert!(refused.as_ref().is_err_and(Error::is_unsupported), "{refused:?}");
    Ok(())
}

async fn two_databases(folder: &std::path::Path) -> Result<()> {
    for name in ["primary", "analytics"] {
        ConnectionManager::configure(name, format!("sqlite://{}/{name}.db?mode=rwc", folder.display()))?;
        let planes =
            "planes (tailnum TEXT PRIMARY KEY, year INTEGER, seats INTEGER NOT NULL, updated_at TEXT NOT NULL)";
        let flights = "flights (id INTEGER PRIMARY KEY, tailnum TEXT, miles INTEGER NOT NULL)";
        let routes = "routes (id INTEGER PRIMARY KEY, from_airport TEXT NOT NULL, from_terminal TEXT, \
                      to_airport TEXT NOT NULL, to_terminal TEXT)";
        let airlines = "airlines (carrier TEXT PRIMARY KEY, name TEXT NOT NULL)";
        for table in [planes, flights, routes, airlines] {
            connection(name)?.execute(&format!("CREATE TABLE {table}"), []).await?;
        }
    }
    let plane = |tailnum: &str, built, seats| Plane { tailnum: tailnum.into(), built, seats, ..Default::default() };
    Plane::bulk_insert(&[
        plane("N670US", Some(1990), 450),
        plane("N272AT", None, 377),
        plane("N10156", Some(2012), 55),
    ])
    .await?;
    Ok(())
}

async fn queries() -> Result<()> {
    let large = Plane::filter(Plane::SEATS.gt(300) & Plane::BUILT.is_not_null()).order_by(Plane::SEATS.desc());
    let planes = large.clone().limit(10).all().await?;
    let recent = Plane::filter_raw("year >= ?", [2010]).count().await?; // `?` on every database
    let (sql, binds) = large.to_sql("postgresql")?; // without a database
    assert_eq!((planes.len(), recent, binds.len()), (1, 1, 1));
    assert!(sql.contains("WHERE \"seats\" > $1"), "{sql}");

    let mut batches = Plane::query().batch(1000); // bounded memory, whatever the table's size
    while let Some(planes) = batches.next().await? {
        println!("{} planes", planes.len());
    }
    Ok(())
}

async fn embedded() -> Result<()> {
    let place = |airport: &str| Place { airport: airport.into(), terminal: None };
    let mut route = Route { id: 0, from: place("JFK"), to: place("LAX") };
    route.save().await?;
    let flights = Route::filter(Route::FROM.airport.ne(Route::TO.airport)).all().await?;
    assert_eq!(flights, [route]);
    Ok(())
}

async fn joins() -> Result<()> {
    let flight = |tailnum: &str, miles| Flight { id: 0, tailnum: Some(tailnum.into()), miles };
    Flight::bulk_insert(&[flight("N670US", 762), flight("N670US", 719), flight("N10156", 229)]).await?;
    let large = Plane::filter(Plane::SEATS.gt(400));

    let flown: Vec<(Flight, Option<Plane>)> =
        Flight::query().left_join(Plane::TAILNUM.eq(Flight::TAILNUM)).order_by(Flight::ID.asc()).all().await?;

    let by_plane: Vec<(String, u64, Option<i64>)> = Flight::query()
        .join(Plane::TAILNUM.eq(Flight::TAILNUM))
        .filter(Plane::SEATS.gt(100))
        .group_by(Plane::TAILNUM)
        .having(count_rows().gt(1))
        .order_by(count_rows().desc())
        .select((Plane::TAILNUM, count_rows(), Flight::MILES.sum()))
        .all()
        .await?;

    let first_of_each = Ranked::of(Flight::select((
        Flight::ID,
        row_number().over(window().partition_by(Flight::TAILNUM).order_by(Flight::MILES.desc())),
    )))
    .filter(Ranked::PLACE.eq(1)); // #[derive(Cte)] struct Ranked { id: i64, place: u64 }

    let unused = Plane::filter(!exists(Flight::filter(Flight::TAILNUM.eq(outer(Plane::TAILNUM)))));
    let size = case::<String>().when(Plane::SEATS.gt(300), "large").otherwise("small");
    let sizes = unused.union(large).select((Plane::TAILNUM, size)).all().await?;

    let page = Flight::order_by(Flight::MILES.desc()).keyset(None, 50).await?; // page.next: a cursor, text for a URL
    println!("{}", first_of_each.clone().explain().await?);
    assert_eq!((flown.len(), flown[0].1.as_ref().map(|plane| plane.seats)), (3, Some(450)));
    assert_eq!(by_plane, [("N670US".to_owned(), 2, Some(1481))]);
    assert_eq!(first_of_each.count().await?, 2);
    assert_eq!(sizes.len(), 2);
    assert_eq!((page.items[0].miles, page.next.is_none()), (762, true));
    Ok(())
}

async fn scopes() -> Result<()> {
    let there = Plane::using("analytics").all().await?; // this query only
    Plane::with_connection("analytics", async || Plane::query().count().await).await?; // this model, in this block
    with_connection("analytics", async || Plane::query().count().await).await?; // every model, in this block
    assert_eq!(there, []);
    Ok(())
}

async fn hooks() -> Result<()> {
    let mut airline = Airline { carrier: "AA".into(), name: "American Airlines Inc.".into() };
    airline.save().await?;
    assert_eq!(AirlineCopy::find("AA").await?.name, airline.name);
    airline.destroy().await?;
    assert!(!AirlineCopy::query().exists().await?);
    Ok(())
}

async fn transactions() -> Result<()> {
    let mut plane = Plane { tailnum: "N102UW".into(), ..Default::default() };
    transaction("primary", async || {
        plane.save().await?;
        transaction("primary", async || Err::<(), _>(Error::invalid("only this part is undone"))).await.ok(); // a savepoint
        Ok(())
    })
    .await?;
    assert!(Plane::find("N102UW").await.is_ok());

    plane.seats = 182;
    let tx = Transaction::begin("primary").await?; // by hand
    tx.run(async || plane.save().await).await?;
    tx.commit().await?; // dropped without it, everything is rolled back
    assert_eq!(Plane::find("N102UW").await?.seats, 182);
    Ok(())
}

#[test]
fn every_snippet_of_the_readme_is_in_this_file() {
    let here = unindented(include_str!("readme.rs"));
    let snippets: Vec<&str> = include_str!("../../README.md").split("```rs\n").skip(1).collect();
    assert!(!snippets.is_empty());
    for snippet in snippets {
        let snippet = unindented(snippet.split("```").next().unwrap_or_default());
        assert!(here.contains(&snippet), "this file lacks:\n{snippet}");
    }
}

/// Without indentation, blank lines, and the assertions that a reader need not see.
fn unindented(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("assert"));
    lines.collect::<Vec<_>>().join("\n")
}

async fn outbox() -> Result<()> {
    let shutdown = async {
        while Plane::using("analytics").count().await.is_ok_and(|count| count == 0) {
            tokio::task::yield_now().await;
        }
    };
    let plane = transaction("primary", async || {
        let plane = Plane::create(Plane { tailnum: "N14228".into(), ..Default::default() }).await?;
        Outbox::enqueue("copy_plane", &plane.tailnum).key(&plane.tailnum).await?; // written with the plane, or not at all
        Ok(plane)
    })
    .await?;

    let worker = Worker::new("primary")
        .handle("copy_plane", async |task: Task<String>| {
            let plane = Plane::find(task.payload().as_str()).await?;
            // Delivered again after a crash, it takes place once all the same.
            task.once("analytics", async || {
                Plane::with_connection("analytics", async || Plane::create(plane).await).await
            })
            .await
            .map(drop)
        })
        .concurrency(8)
        .max_attempts(5); // then it is a dead letter, with its last error
    worker.run_until(shutdown).await?;
    assert_eq!(Plane::using("analytics").pluck(Plane::TAILNUM).await?, [plane.tailnum]);
    Plane::using("analytics").delete().await.map(drop)
}

async fn in_step() -> Result<()> {
    let job = SyncJob::from::<Plane>()
        .to::<Plane>() // as it is; .map(|plane| ..) makes something else of it
        .on("analytics")
        .since(Plane::UPDATED_AT); // only what has changed since the last run
    let report = job.run().await?; // read, written, unchanged, ..; one that is killed goes on where it was
    println!("{report}");
    assert!(job.verify().await?.is_empty()); // .repair() brings them in line
    assert_eq!(report.written, Plane::count().await?);

    let shutdown = || async {
        while Plane::using("analytics").filter(Plane::TAILNUM.eq("N1")).exists().await.is_ok_and(|there| !there) {
            tokio::task::yield_now().await;
        }
    };
    Capture::install::<Plane>().await?; // triggers: every change, also by raw SQL and by other programs
    let queue = SqlQueue::on("analytics"); // or a NatsQueue, a RabbitQueue, a RedisQueue
    let relay = Relay::from("primary").topic("planes_changes").to(queue.clone());
    let mirror = Mirror::new(job, queue); // the same job, change by change
    let running = async { tokio::try_join!(relay.run_until(shutdown()), mirror.run_until(shutdown())) };
    Plane { tailnum: "N1".into(), ..Default::default() }.insert().await?;
    running.await?;
    Capture::remove::<Plane>("primary").await?;

    let shutdown = async {
        while Flight::using("analytics").count().await.is_ok_and(|count| count == 0) {
            tokio::task::yield_now().await;
        }
    };
    let queue = MemoryQueue::new();
    Outbox::enqueue("flown", &3).await?;
    Relay::from("primary").topic("flown").to(queue.clone()).run_once().await?;
    let consumer = Consumer::new(queue, "flown")
        .on("analytics") // in a transaction with the inbox: delivered twice, it takes place once
        .handle(async |event: Event<i64>| {
            let mut flight = Flight { miles: event.into_payload(), ..Default::default() };
            Flight::with_connection("analytics", async || flight.insert().await).await
        });
    consumer.run_until(shutdown).await?;
    Flight::using("analytics").delete().await?;
    Plane::using("analytics").delete().await.map(drop)
}

async fn saga() -> Result<()> {
    let saga = Saga::new("move_plane")
        .step_on(
            "primary",
            "take",
            async |context: &StepContext| {
                let mut plane = Plane::find(context.input::<String>()?).await?;
                plane.destroy().await?;
                Ok((plane.tailnum, plane.seats))
            },
            async |_: &StepContext, (tailnum, seats): (String, i32)| {
                Plane { tailnum, seats, ..Default::default() }.insert().await
            },
        )
        .step_on(
            "analytics",
            "give",
            async |context: &StepContext| {
                let (tailnum, seats): (String, i32) = context.output("take")?;
                let mut plane = Plane { tailnum, seats, ..Default::default() };
                Plane::with_connection("analytics", async || plane.insert().await).await
            },
            async |_: &StepContext, (): ()| Ok(()),
        );
    saga.run("N14228").await?;
    Saga::resume_all().await?; // at the start of the program: what an earlier process has left
    assert_eq!(Plane::using("analytics").pluck(Plane::TAILNUM).await?, ["N14228"]);
    assert!(!Plane::filter(Plane::TAILNUM.eq("N14228")).exists().await?);
    Ok(())
}

async fn two_phases() -> Result<()> {
    two_phase(["primary", "analytics"], async || {
        let mut plane = Plane::find("N14228").await?;
        Plane::with_connection("analytics", async || Plane::create(plane.clone()).await).await?;
        plane.destroy().await
    })
    .await?;
    TwoPhase::recover().await?; // at the start of the program, or TwoPhase::recover_until(shutdown) beside it
    Ok(())
}
