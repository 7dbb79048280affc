//! Servers that do not answer any more, while their connections stay open. The coordinators and recoveries beside them are
//! cases T17 of the fault matrix.

use std::time::Duration;

use activerecord::prelude::*;
use test_support::{Proxy, patient_pool};
use tokio::time::timeout;

use crate::{ALONE, balance, change, left, preparing, transfer};

/// Only what waits without a limit takes so long.
const HANG: Duration = Duration::from_secs(60);

/// Fails when the future takes as long as only a hang does.
async fn in_time<T>(what: &str, future: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(HANG, future).await.unwrap_or_else(|_| Err(Error::invalid(format!("{what} hangs"))))
}

/// The listing and the doctor report silent servers within a limit. Transactions on the others are not delayed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_servers_are_reported() -> Result<()> {
    let _alone = ALONE.lock().await;
    let banks = preparing().await?;
    let mut silent = Vec::new();
    for bank in &banks {
        let (name, proxy) = (format!("silent {}", &**bank), Proxy::new(bank.url())?);
        ConnectionManager::configure(&name, Config::url(proxy.url())?.pool(patient_pool(2)))?;
        // A connection is open and idle when the server becomes silent.
        balance(&name).await?;
        proxy.black_hole();
        silent.push((name, proxy));
    }
    let transfers = async {
        for (from, to) in banks.iter().zip(banks.iter().cycle().skip(1)) {
            transfer(from, to, 1).await?;
        }
        Ok(())
    };
    let (survey, doctor, transfers) = tokio::join!(
        in_time("the listing", TwoPhase::survey()),
        in_time("the doctor", TwoPhase::doctor()),
        in_time("a transfer", transfers),
    );
    for (name, proxy) in &silent {
        proxy.pass();
        change(name, 0).await?;
        ConnectionManager::remove(name).await?;
    }
    transfers?;
    let (survey, doctor) = (survey?, doctor?);
    for (name, _) in &silent {
        assert!(survey.unreachable.iter().any(|(unreachable, _)| unreachable == name), "{survey:?}");
        let findings: Vec<_> = doctor.iter().filter(|finding| finding.connection == *name).collect();
        assert!(matches!(&findings[..], [finding] if finding.what == "the database answers"), "{doctor:?}");
    }
    assert_eq!(survey.unreachable.len(), silent.len(), "{survey:?}");
    assert_eq!(left().await?, 0);
    Ok(())
}
