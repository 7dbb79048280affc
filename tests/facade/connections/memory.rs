//! The memory of one connection.

use super::*;
use test_support::stepwise::stepwise;
use test_support::{DatabaseFile, in_a_process_of_its_own, patient_pool};

/// The most that the statements of one connection may add to the memory of this process.
const MOST: usize = 40 * 1024 * 1024;

/// The memory of this process, in bytes.
fn resident() -> Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(Error::custom)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().map_err(Error::custom)?;
    Ok(kilobytes * 1024)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn statements_of_different_lengths_need_limited_memory() -> Result<()> {
    let this = "connections::memory::statements_of_different_lengths_need_limited_memory";
    if !in_a_process_of_its_own(this).map_err(Error::custom)? {
        return Ok(());
    }
    let db = DatabaseFile::new([PLANES]).await;
    let name = stepwise(&db, &db.path(), patient_pool(1))?;
    let before = resident()?;
    let (mut written, planes) = (0, vec![plane("N1"); 512]);
    for rows in 1..=planes.len() {
        written += with_connection(&name, async || Plane::bulk_insert(&planes[..rows]).await).await?;
    }
    let after_inserts = resident()?;
    let grown = after_inserts.saturating_sub(before);
    assert!(grown < MOST, "{} MB after {written} rows", grown / 1024 / 1024);
    for length in 0..50 {
        let ids: Vec<i64> = (0..17_000 + length).collect();
        Plane::using(&name).filter(Plane::ID.is_in(ids)).count().await?;
    }
    let grown = resident()?.saturating_sub(after_inserts);
    assert!(grown < MOST, "{} MB after the lists", grown / 1024 / 1024);
    assert_eq!(written, 512 * 513 / 2);
    Ok(())
}
