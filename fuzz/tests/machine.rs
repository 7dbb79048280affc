//! The machine finds nothing at fixed seeds, and finds faults that are put back.

use std::time::Duration;

use fuzz::broken::Broken;
use fuzz::machine::{Plan, Report, run};
use test_support::Profile;

fn plan(worlds: u64, databases: &[&str]) -> Plan {
    let profiles = Profile::all().into_iter().filter(|profile| databases.contains(&profile.name())).collect();
    Plan { seed: 1, time: Duration::MAX, worlds, profiles, finds: 1, tries: 100, broken: None }
}

async fn of(plan: &Plan) -> Report {
    run(plan).await.unwrap_or_else(|error| panic!("the machine has failed: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn fixed_seeds_find_nothing() {
    let report = of(&plan(8, &["sqlite", "postgres", "mariadb", "mysql"])).await;
    println!("{report:?}");
    assert!(report.steps > 800 && report.refused > 10, "the steps reach too little: {report:?}");
    assert!(report.finds.is_empty(), "{}", report.finds.join("\n"));
}

/// The machine needs fewer worlds than this for each of them. Without the fault, the same worlds find nothing.
#[tokio::test(flavor = "multi_thread")]
async fn faults_that_are_put_back_are_found() {
    for broken in [Broken::LeftToRight, Broken::IntegerDivision, Broken::RecursionLimit] {
        let sound = plan(60, &["mariadb"]);
        let report = of(&Plan { broken: Some(broken), ..sound.clone() }).await;
        println!("{broken:?} is found in world {} after {} steps", report.worlds, report.steps);
        assert!(!report.finds.is_empty(), "{broken:?} is not found");
        let report = of(&Plan { worlds: report.worlds, ..sound }).await;
        assert!(report.finds.is_empty(), "found without {broken:?}: {}", report.finds.join("\n"));
    }
}
