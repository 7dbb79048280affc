//! Runs the snippets of the README, which this file contains word for word. The program of the README is a doctest.

use activerecord::outbox::Task;
use activerecord::prelude::*;
use activerecord::query::count_rows;
use activerecord::queue::SqlQueue;
use activerecord::saga::StepContext;
use chrono::{DateTime, Utc};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[connection = "primary"] // the default
#[table = "planes"] // the default: the struct's name in snake case and plural
#[hooks] // this model implements Hooks
struct Plane {
    #[primary_key] // the default is a field named `id`; 0, None or a nil UUID means "not yet set"
    tailnum: String,
    #[column = "year"]
    built: Option<i32>,
    seats: i32,
    status: Status,
    #[updated_at] // set at every write; #[created_at] at the insert
    updated_at: DateTime<Utc>,
    #[version] // optimistic lock: a lost race is `Error::is_stale()`
    version: i32,
    #[soft_delete] // `destroy` sets it, and queries leave the row out; see `with_deleted` and `purge`
    deleted_at: Option<DateTime<Utc>>,
    #[skip] // not a column; `Default` when the record is read
    label: String,
}

#[derive(ActiveEnum, Clone, Copy, Debug, Default, PartialEq)] // stored as text; with #[repr(i16)] as an integer
enum Status {
    #[default]
    Active,
    Retired,
}

impl Hooks for Plane {
    fn validate(&self) -> Result<()> {
        if self.seats < 0 { Err(Error::invalid("a plane has 0 seats or more")) } else { Ok(()) }
    }
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Flight {
    id: i64,
    tailnum: String,
    miles: i64,
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
        AirlineCopy::insert_or_update(&copy, [AirlineCopy::CARRIER]).await // another database
    }
}

#[tokio::test]
async fn the_snippets_run() -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::custom)?;
    two_databases(folder.path()).await?;
    queries().await?;
    writes().await?;
    scopes().await?;
    hooks().await?;
    transactions().await?;
    outbox().await?;
    in_step().await?;
    saga().await?;
    // Two SQLite files cannot take part in it.
    let refused = two_phases().await;
    assert!(refused.as_ref().is_err_and(Error::is_unsupported), "{refused:?}");
    Ok(())
}

async fn two_databases(folder: &std::path::Path) -> Result<()> {
    for name in ["primary", "analytics"] {
        ConnectionManager::configure(
            name,
            format!("sqlite://{}/{name}.db?mode=rwc&busy_timeout=60s", folder.display()),
        )?;
        let planes = "planes (tailnum TEXT PRIMARY KEY, year INTEGER, seats INTEGER NOT NULL, status TEXT NOT NULL, \
                      updated_at TEXT NOT NULL, version INTEGER NOT NULL, deleted_at TEXT)";
        let flights = "flights (id INTEGER PRIMARY KEY, tailnum TEXT, miles INTEGER NOT NULL)";
        let airlines = "airlines (carrier TEXT PRIMARY KEY, name TEXT NOT NULL)";
        for table in [planes, flights, airlines] {
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
    let flight = |tailnum: &str, miles| Flight { id: 0, tailnum: tailnum.into(), miles };
    Flight::bulk_insert(&[flight("N670US", 762), flight("N670US", 719), flight("N10156", 229)]).await?;

    let large = Plane::filter(Plane::SEATS.gt(300) & Plane::BUILT.is_not_null()).order_by(Plane::SEATS.desc());
    let planes = large.clone().limit(10).all().await?;
    let recent = Plane::filter_raw("year >= ?", [2010]).count().await?; // `?` on every database
    let (sql, binds) = large.to_sql("postgresql")?; // without a database

    let by_plane: Vec<(String, u64, Option<i64>)> = Flight::query()
        .join(Plane::TAILNUM.eq(Flight::TAILNUM)) // the joined model's column stands on the left
        .group_by(Plane::TAILNUM)
        .having(count_rows().gt(1))
        .select((Plane::TAILNUM, count_rows(), Flight::MILES.sum()))
        .all()
        .await?;

    let page = Flight::order_by(Flight::MILES.desc()).keyset(None, 50).await?; // page.next is a cursor, text for a URL
    let mut batches = Plane::query().batch(1000); // bounded memory
    while let Some(planes) = batches.next().await? {
        println!("{} planes", planes.len());
    }
    assert_eq!((planes.len(), recent, binds.len()), (1, 1, 1));
    assert!(sql.contains("\"seats\" > $1"), "{sql}");
    assert_eq!(by_plane, [("N670US".to_owned(), 2, Some(1481))]);
    assert_eq!((page.items[0].miles, page.next.is_none()), (762, true));
    Ok(())
}

async fn writes() -> Result<()> {
    let planes = [Plane { tailnum: "N3".into(), built: Some(1969), ..Default::default() }];
    let mut plane = Plane::create(Plane { tailnum: "N14228".into(), seats: 149, ..Default::default() }).await?;
    plane.seats = 150;
    plane.save().await?; // INSERT or UPDATE
    plane.update_columns((Plane::SEATS.add(5), Plane::STATUS.set(Status::Retired))).await?;
    Plane::bulk_insert(&planes).await?; // validates nothing and runs no hooks, as all bulk and set-based writes
    Plane::filter(Plane::BUILT.lt(1980)).update((Plane::STATUS.set(Status::Retired),)).await?;
    plane.destroy().await?;
    assert_eq!(Plane::find("N3").await?.status, Status::Retired);
    assert!(Plane::find("N14228").await.is_err_and(|error| error.is_not_found()));
    assert!(Plane::create(Plane { seats: -1, ..Default::default() }).await.is_err_and(|error| error.is_invalid()));
    Plane::query().only_deleted().purge().await?;
    Plane::filter(Plane::TAILNUM.eq("N3")).purge().await.map(drop)
}

async fn scopes() -> Result<()> {
    let there = Plane::using("analytics").all().await?; // this query
    Plane::with_connection("analytics", async || Plane::query().count().await).await?; // this model, in this block
    with_connection("analytics", async || Plane::query().count().await).await?; // every model, in this block
    assert_eq!(there, []);
    Ok(())
}

async fn hooks() -> Result<()> {
    let mut airline = Airline { carrier: "AA".into(), name: "American Airlines Inc.".into() };
    airline.save().await?;
    assert_eq!(AirlineCopy::find("AA").await?.name, airline.name);
    Ok(())
}

async fn transactions() -> Result<()> {
    let mut plane = Plane { tailnum: "N102UW".into(), seats: 182, ..Default::default() };
    let mut flight = Flight { tailnum: plane.tailnum.clone(), miles: 1, ..Default::default() };
    Plane::transaction(async || {
        plane.save().await?;
        Plane::transaction(async || flight.save().await).await.ok(); // a savepoint: only this part is undone
        Ok(())
    })
    .await?;

    let tx = Transaction::begin("primary").await?; // explicit
    tx.run(async || plane.save().await).await?;
    tx.save(&mut flight).await?; // one statement, without a closure; queries: `.on(&tx)`
    tx.commit().await?; // dropped without commit, it is rolled back
    assert_eq!((Plane::find("N102UW").await?.seats, flight.id > 0), (182, true));
    Plane::filter(Plane::TAILNUM.eq("N102UW")).purge().await.map(drop)
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

/// Removes the indentation, blank lines, and assertions, which the README does not show.
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
            // A message can be delivered twice. Its effect happens once.
            task.once("analytics", async || {
                Plane::with_connection("analytics", async || Plane::create(plane).await).await
            })
            .await
            .map(drop)
        })
        .concurrency(8)
        .max_attempts(5); // then it is a dead letter with its last error
    worker.run_until(shutdown).await?;
    assert_eq!(Plane::using("analytics").pluck(Plane::TAILNUM).await?, [plane.tailnum]);
    Plane::using("analytics").purge().await.map(drop)
}

async fn in_step() -> Result<()> {
    let job = SyncJob::from::<Plane>()
        .to::<Plane>() // as it is; .map(|plane| ..) changes it
        .on("analytics")
        .since(Plane::UPDATED_AT); // only what changed since the last run
    let report = job.run().await?; // a killed run resumes from its checkpoint
    println!("{report}");
    assert!(job.verify().await?.is_empty()); // .repair() corrects the differences
    assert_eq!(report.written, Plane::count().await?);

    let shutdown = || async {
        while Plane::using("analytics").filter(Plane::TAILNUM.eq("N1")).exists().await.is_ok_and(|found| !found) {
            tokio::task::yield_now().await;
        }
    };
    Capture::install::<Plane>().await?; // triggers: every change, also by raw SQL and by other programs
    let queue = SqlQueue::on("analytics"); // or NatsQueue, RabbitQueue, RedisQueue
    let relay = Relay::from("primary").topic("planes_changes").to(queue.clone());
    let mirror = Mirror::new(job, queue); // the same job, change by change
    let running = async { tokio::try_join!(relay.run_until(shutdown()), mirror.run_until(shutdown())) };
    Plane { tailnum: "N1".into(), ..Default::default() }.insert().await?;
    running.await?;
    Capture::remove::<Plane>("primary").await?;
    Plane::using("analytics").purge().await.map(drop)
}

async fn saga() -> Result<()> {
    let saga = Saga::new("move_plane")
        .step_on(
            "primary",
            "take",
            async |context: &StepContext| {
                let mut plane = Plane::find(context.input::<String>()?).await?;
                plane.purge().await?;
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
    Saga::resume_all().await?; // at the start of the program: the sagas that an earlier process left
    assert_eq!(Plane::using("analytics").pluck(Plane::TAILNUM).await?, ["N14228"]);
    assert!(!Plane::filter(Plane::TAILNUM.eq("N14228")).exists().await?);
    Ok(())
}

async fn two_phases() -> Result<()> {
    two_phase(["primary", "analytics"], async || {
        let mut plane = Plane::find("N14228").await?;
        Plane::with_connection("analytics", async || Plane::create(plane.clone()).await).await?;
        plane.purge().await
    })
    .await?;
    TwoPhase::recover().await?; // at the start of the program, or `TwoPhase::recover_until(shutdown)` beside it
    Ok(())
}
