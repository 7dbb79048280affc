//! The machine: generates worlds and steps, runs each step on every database and on the evaluator, and shrinks a step
//! that is answered in another way.

use std::time::{Duration, Instant};

use activerecord_core::Result;
use fastrand::Rng;
use futures_util::future::{join_all, try_join_all};
use test_support::Profile;

use crate::broken::Broken;
use crate::generate::Generator;
use crate::metamorphic::check;
use crate::records::Case;
use crate::shrink::shrink;
use crate::site::Site;
use crate::step::{Outcome, Step};
use crate::world::World;

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The first seed. Each world has the next one.
    pub seed: u64,
    /// How long to run.
    pub time: Duration,
    /// How many worlds to run at most.
    pub worlds: u64,
    /// The databases.
    pub profiles: Vec<&'static Profile>,
    /// How many finds end the run.
    pub finds: usize,
    /// How many smaller cases are tried for a find.
    pub tries: usize,
    /// A fault that is put back.
    pub broken: Option<Broken>,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// The worlds.
    pub worlds: u64,
    /// The steps that ran on every database.
    pub steps: u64,
    /// The steps that the evaluator does not know.
    pub unknown: u64,
    /// The queries that were compared with transformed ones.
    pub transformed: u64,
    /// The records that were written, read and found.
    pub records: u64,
    /// The steps that were refused everywhere.
    pub refused: u64,
    /// The texts of what was found.
    pub finds: Vec<String>,
}

/// How many steps run on one world. To create tables takes longer than a step.
const STEPS: usize = 200;

/// How many queries of a world are transformed. Each runs several times.
const TRANSFORMED: usize = 30;

/// How many lists of records a world has.
const CASES: usize = 2;

/// Runs the machine.
///
/// # Errors
/// Those of the servers, outside the steps.
pub async fn run(plan: &Plan) -> Result<Report> {
    let sites = try_join_all(plan.profiles.iter().map(|profile| Site::new(profile, plan.broken))).await?;
    let (start, mut report) = (Instant::now(), Report::default());
    while start.elapsed() < plan.time && report.worlds < plan.worlds && report.finds.len() < plan.finds {
        let seed = plan.seed + report.worlds;
        let world = World::generate(&mut Rng::with_seed(seed), usize::try_from(report.worlds).unwrap_or_default());
        try_join_all(sites.iter().map(|site| site.build(&world))).await?;
        explore(&world, seed, &sites, &mut report, plan).await;
        transform(&world, seed, &sites, &mut report, plan.finds).await;
        write_and_read(seed, &sites, &mut report, plan.finds).await?;
        try_join_all(sites.iter().map(|site| site.clear(&world))).await?;
        report.worlds += 1;
    }
    Ok(report)
}

async fn explore(world: &World, seed: u64, sites: &[Site], report: &mut Report, plan: &Plan) {
    let (steps, unknown) = steps(world, seed);
    report.unknown += unknown;
    report.steps += steps.len() as u64;
    report.refused += steps.iter().filter(|(_, expected)| matches!(expected, Outcome::Refused(..))).count() as u64;
    let answers = join_all(sites.iter().map(|site| async {
        let mut answers = Vec::new();
        for (step, _) in &steps {
            answers.push(site.run(step, world, true).await);
        }
        answers
    }))
    .await;
    for (at, (step, expected)) in steps.iter().enumerate() {
        for (site, answers) in sites.iter().zip(&answers) {
            if report.finds.len() < plan.finds && !site.is_alike(step, expected, &answers[at]) {
                let text = shrink(step, world, site, [expected, &answers[at]], plan.tries).await;
                report.finds.push(format!("seed {seed}, step {at}\n{text}"));
            }
        }
    }
}

/// Checks the rules that need no evaluator, also on queries that it does not know.
async fn transform(world: &World, seed: u64, sites: &[Site], report: &mut Report, most: usize) {
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 2);
    for _ in 0..TRANSFORMED {
        let Step::Read(query) = Generator::new(&mut rng, world).step() else { continue };
        let broken = join_all(sites.iter().map(|site| check(&query, world, site))).await;
        report.transformed += 1;
        for text in broken.into_iter().flatten() {
            if report.finds.len() < most {
                report.finds.push(format!("seed {seed}\n{}{text}", world.program(&text)));
            }
        }
    }
}

/// Checks the rules of records, through the public API.
async fn write_and_read(seed: u64, sites: &[Site], report: &mut Report, most: usize) -> Result<()> {
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 3);
    for _ in 0..CASES {
        let case = Case::generate(&mut rng)?;
        report.records += case.len();
        let broken = join_all(sites.iter().map(|site| case.clone().check(site))).await;
        for text in broken.into_iter().flatten() {
            if report.finds.len() < most {
                report.finds.push(format!("seed {seed}\n{text}"));
            }
        }
    }
    Ok(())
}

/// Generates the steps that the evaluator knows, with their answers. Also returns the number of the others.
fn steps(world: &World, seed: u64) -> (Vec<(Step, Outcome)>, u64) {
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 1);
    let database = world.evaluated();
    let (mut steps, mut unknown) = (Vec::new(), 0);
    for _ in 0..STEPS {
        let step = Generator::new(&mut rng, world).step();
        match step.expected(world, &database) {
            Some(expected) => steps.push((step, expected)),
            None => unknown += 1,
        }
    }
    (steps, unknown)
}
