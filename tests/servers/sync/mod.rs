//! Synchronization between every two databases.

mod bad_rows;
mod capture;
mod changes;
mod copies;
mod digests;
mod keys;
mod mirrored_keys;
mod mirrored_rows;
mod mirrors;
mod progress;
mod ranges;
mod tables;
mod tombstones;
mod whole;

use activerecord::prelude::*;
use chrono::{DateTime, Utc};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use test_support::is_left_out;
use test_support::sample::Sample;
use test_support::{Database, Profile, strategies};

/// The databases of this run.
fn profiles() -> impl Iterator<Item = &'static Profile> + Clone {
    Profile::all().into_iter().filter(|profile| !is_left_out(profile.name()))
}

/// Creates two databases with these tables, for every pair of profiles.
async fn pairs(source: &[&str], target: &[&str]) -> Result<Vec<(Database, Database)>> {
    let mut pairs = Vec::new();
    for from in profiles() {
        for to in profiles() {
            pairs.push((Database::on(from, source).await?, Database::on(to, target).await?));
        }
    }
    Ok(pairs)
}

/// Random values of every type, the same in each run, after `change`.
fn random_samples(count: i64, change: impl Fn(Sample) -> Sample) -> Result<Vec<Sample>> {
    let (strategy, mut runner) = (strategies::sample(Profile::least()), TestRunner::deterministic());
    let sample = |id| {
        let value = strategy.new_tree(&mut runner).map_err(|reason| Error::custom(reason.to_string()))?.current();
        Ok(Sample { id, ..change(value) })
    };
    (1..=count).map(sample).collect()
}

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct User {
    id: i64,
    email: String,
    #[updated_at]
    updated_at: DateTime<Utc>,
}

const USERS: &str = "users (id ID, email STRING NOT NULL, updated_at TIMESTAMP NOT NULL)";

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct AnalyticsUser {
    id: i64,
    user_id: i64,
    domain: String,
}

const ANALYTICS_USERS: &str =
    "analytics_users (id ID, user_id I64 NOT NULL UNIQUE, domain STRING NOT NULL CHECK (domain <> 'bad'))";

/// Copies the users of one database to the analytics of another.
fn job(source: &Database, target: &Database) -> SyncJob<User, AnalyticsUser> {
    SyncJob::from::<User>()
        .using(&**source)
        .to::<AnalyticsUser>()
        .on(&**target)
        .map(|user| {
            let domain = user.email.split_once('@').map_or("", |(_, domain)| domain).to_owned();
            AnalyticsUser { id: 0, user_id: user.id, domain }
        })
        .keys([AnalyticsUser::USER_ID])
        .batch(3)
}

async fn users(database: &Database, emails: &[&str]) -> Result<Vec<User>> {
    let new = emails.iter().map(|&email| User { id: 0, email: email.into(), ..User::default() });
    let mut users = Vec::new();
    for user in new {
        users.push(User::with_connection(database, async || User::create(user).await).await?);
    }
    Ok(users)
}

/// Returns the user and the domain of each row.
async fn analytics(database: &Database) -> Result<Vec<(i64, String)>> {
    let all = AnalyticsUser::using(database).select((AnalyticsUser::USER_ID, AnalyticsUser::DOMAIN));
    all.order_by(AnalyticsUser::USER_ID.asc()).all().await
}
