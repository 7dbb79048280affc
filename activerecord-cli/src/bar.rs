//! The bar that shows how far a copy is.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};

use activerecord::sync::{DatabasePlan, Progress, SyncDatabase};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// One bar for all tables, on stderr.
#[derive(Clone)]
pub(crate) struct Bar {
    bar: ProgressBar,
    /// The rows that are done, by the names of the jobs.
    done: Arc<Mutex<HashMap<String, u64>>>,
    is_shown: bool,
}

impl Bar {
    /// A bar for the rows of these tables. It is hidden if stderr is not a terminal.
    pub(crate) fn new(plan: &DatabasePlan) -> Self {
        let is_shown = std::io::stderr().is_terminal();
        let bar = if is_shown { ProgressBar::no_length() } else { ProgressBar::hidden() };
        let bar = styled(bar.with_finish(ProgressFinish::AndClear));
        bar.set_length(plan.tables.iter().map(|table| table.rows).sum());
        Self { bar, done: Arc::default(), is_shown }
    }

    /// The job, which moves the bar.
    pub(crate) fn follow(&self, job: SyncDatabase) -> SyncDatabase {
        if !self.is_shown {
            return job;
        }
        let bar = self.clone();
        job.each(|table| table.progress(move |progress: Progress| bar.show(&progress)))
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, progress: &Progress) {
        self.bar.set_prefix(progress.job().to_owned());
        if let Some(watermark) = progress.watermark() {
            self.bar.set_message(watermark.format("%Y-%m-%d %H:%M:%S").to_string());
        }
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.insert(progress.job().to_owned(), progress.rows());
        self.bar.set_position(done.values().sum());
    }
}

fn styled(bar: ProgressBar) -> ProgressBar {
    let style = "{prefix} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} {msg}";
    ProgressStyle::with_template(style).map_or(bar.clone(), |style| bar.with_style(style))
}

#[cfg(test)]
mod tests {
    use activerecord::prelude::*;

    use super::*;

    #[tokio::test]
    async fn one_bar_follows_all_tables() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::custom)?;
        for name in ["bar_from", "bar_to"] {
            let url = format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display());
            ConnectionManager::configure(name, url)?;
        }
        let from = connection("bar_from")?;
        for table in ["airports", "planes"] {
            from.execute(&format!("CREATE TABLE {table} (code TEXT PRIMARY KEY)"), []).await?;
            from.execute(&format!("INSERT INTO {table} VALUES ('EWR'), ('JFK'), ('LGA')"), []).await?;
        }
        let job = SyncDatabase::new("bar_from", "bar_to").each(|table| table.batch(2));
        let bar = Bar { is_shown: true, ..Bar::new(&job.plan().await?) };
        assert_eq!(bar.bar.length(), Some(6));
        assert!(bar.follow(job).run().await?.is_complete());
        assert_eq!((bar.bar.position(), bar.bar.prefix()), (6, "bar_from.planes".to_owned()));
        bar.end();
        assert!(bar.bar.is_finished());
        Ok(())
    }
}
