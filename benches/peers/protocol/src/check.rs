use std::collections::HashMap;

use crate::data::{comments, posts, users};
use crate::{Change, Contestant, Job, Result, Row, Tally, User, Workload, group};

/// Checks that a run has read the right rows and has left the right rows in the table.
pub(crate) async fn check(job: &Job, tally: Tally, contestant: &mut impl Contestant) -> Result<()> {
    let expected = expected(job);
    if tally != expected {
        return Err(format!("{}: expected {expected:?}, found {tally:?}", job.workload).into());
    }
    match job.workload {
        Workload::Insert(_) => check_inserted(job, contestant).await,
        Workload::Update | Workload::Save => check_changed(job, contestant).await,
        Workload::Point | Workload::Tasks | Workload::Rows(_) | Workload::Join(_) | Workload::Associations => Ok(()),
    }
}

fn expected(job: &Job) -> Tally {
    let mut tally = Tally::default();
    match job.workload {
        Workload::Point | Workload::Tasks => job.keys.iter().for_each(|&key| tally.user(&User::nth(key))),
        Workload::Rows(_) => tally.users(&users(job.workload).collect::<Vec<_>>()),
        Workload::Join(_) => tally.pairs(&pairs(job.workload)),
        Workload::Associations => {
            tally.families(&group(users(job.workload).collect(), posts(job.workload), comments(job.workload)));
        }
        Workload::Insert(rows) => tally.wrote(rows),
        Workload::Update | Workload::Save => tally.wrote(1),
    }
    // The keys of single lookups already include those of all operations.
    if job.keys.is_empty() { tally.times(job.operations) } else { tally }
}

fn pairs(workload: Workload) -> Vec<(User, Option<crate::Post>)> {
    let mut posts: HashMap<i64, _> = posts(workload).into_iter().map(|post| (post.user_id, post)).collect();
    let black = users(workload).filter(|user| user.hair_color.as_deref() == Some("black"));
    black.map(|user| (posts.remove(&user.id), user)).map(|(post, user)| (user, post)).collect()
}

async fn check_inserted(job: &Job, contestant: &mut impl Contestant) -> Result<()> {
    let sum = |text: fn(&Row) -> usize| job.operations * job.rows.iter().map(|row| text(row) as u64).sum::<u64>();
    let rows = job.operations * job.rows.len() as u64;
    let colors = sum(|row| row.hair_color.as_ref().map_or(0, String::len));
    let expected = format!("{rows} {} {colors}", sum(|row| row.name.len()));
    let columns = "count(*), ' ', sum(length(name)), ' ', coalesce(sum(length(hair_color)), 0)";
    same(&contestant.text(&format!("SELECT concat({columns}) FROM users")).await?, &expected)
}

async fn check_changed(job: &Job, contestant: &mut impl Contestant) -> Result<()> {
    let last: HashMap<i64, &Change> = job.changes.iter().map(|change| (change.id, change)).collect();
    let run = job.changes.first().and_then(|change| change.name.split(',').next()).unwrap_or_default();
    let changed = contestant.text(&format!("SELECT concat(count(*)) FROM users WHERE name LIKE '{run},%'")).await?;
    same(&changed, &last.len().to_string())?;
    let Some(change) = job.changes.last() else { return Ok(()) };
    let row = format!("SELECT concat(name, ' ', coalesce(hair_color, '')) FROM users WHERE id = {}", change.id);
    let found = contestant.text(&row).await?;
    match job.workload {
        Workload::Save => same(&found, &format!("{} {}", change.name, change.hair_color.clone().unwrap_or_default())),
        _ => same(&found, &format!("{} {}", change.name, User::nth(change.id).hair_color.unwrap_or_default())),
    }
}

fn same(found: &str, expected: &str) -> Result<()> {
    if found == expected { Ok(()) } else { Err(format!("expected {expected:?} in the table, found {found:?}").into()) }
}
