use std::time::Duration;

use crate::check::check;
use crate::run::run;
use crate::settings::settings;
use crate::{Contestant, Database, Job, REPEATED, Result, Store, Workload, allocations, tables};

/// A contestant with its tables, ready for one workload.
pub(crate) struct Session<C> {
    contestant: C,
    workload: Workload,
    store: Store,
    runs: u64,
}

impl<C: Contestant> Session<C> {
    pub(crate) async fn open(workload: Workload, store: Store) -> Result<Self> {
        let mut contestant = C::open(&store, workload).await?;
        let database = store.database();
        let create = tables::create(database).into_iter();
        for sql in tables::drop(&store).into_iter().chain(create).chain(tables::fill(workload, database)) {
            contestant.execute(&sql).await?;
        }
        Ok(Self { contestant, workload, store, runs: 0 })
    }

    /// The settings that must be equal for all contestants.
    pub(crate) async fn settings(&mut self) -> Result<String> {
        settings(&mut self.contestant, &self.store).await
    }

    /// Runs `operations` operations, checks them, and returns their duration.
    pub(crate) async fn run(&mut self, operations: u64) -> Result<Duration> {
        self.runs += 1;
        let job = Job::new(self.workload, operations, self.runs);
        self.clear().await?;
        let (took, tally) = run(&mut self.contestant, &job).await?;
        check(&job, tally, &mut self.contestant).await?;
        Ok(took)
    }

    /// Runs `operations` operations without checks, and returns the number of allocations and of texts that were read.
    pub(crate) async fn repeat(&mut self, operations: u64) -> Result<(u64, u64)> {
        if self.workload == Workload::Tasks || operations > REPEATED {
            return Err(format!("cannot repeat {} {operations} times: the limit is {REPEATED}", self.workload).into());
        }
        let job = Job::repeated(self.workload, operations, self.runs);
        let before = allocations::count();
        run(&mut self.contestant, &job).await?;
        Ok((allocations::count() - before, job.texts()))
    }

    /// Empties the log before a run of writes, and the table before a run of inserts.
    async fn clear(&mut self) -> Result<()> {
        let database = self.store.database();
        if let Workload::Insert(_) = self.workload {
            self.contestant.execute(tables::clear(database)).await?;
        }
        if self.workload.writes() && database == Database::Sqlite {
            self.contestant.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            // The first write to a new log waits for the disk, which would dominate a short run.
            self.contestant.execute(&format!("PRAGMA user_version = {}", self.runs)).await?;
        }
        Ok(())
    }
}
