//! The bar that shows how far a copy is.

use std::io::IsTerminal as _;

use activerecord::sync::{Progress, SyncTable};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// Shows the progress of a job as a bar on stderr, if that is a terminal.
pub(crate) fn with_bar(job: SyncTable) -> SyncTable {
    if !std::io::stderr().is_terminal() {
        return job;
    }
    // A job that fails drops its bar, which then disappears before the error is printed.
    let bar = styled(ProgressBar::no_length().with_finish(ProgressFinish::AndClear));
    job.progress(move |progress: Progress| show(&bar, &progress))
}

fn styled(bar: ProgressBar) -> ProgressBar {
    let style = "{prefix} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} {msg}";
    ProgressStyle::with_template(style).map_or(bar.clone(), |style| bar.with_style(style))
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_prefix(progress.job().to_owned());
    if let Some(total) = progress.total() {
        bar.set_length(total);
    }
    if let Some(watermark) = progress.watermark() {
        bar.set_message(watermark.format("%Y-%m-%d %H:%M:%S").to_string());
    }
    bar.set_position(progress.rows());
    if progress.is_done() {
        bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use activerecord::prelude::*;

    use super::*;

    #[tokio::test]
    async fn a_bar_follows_the_reports_and_ends_with_the_copy() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::custom)?;
        for name in ["bar_from", "bar_to"] {
            let url = format!("sqlite://{}/{name}.db?mode=rwc", folder.path().display());
            ConnectionManager::configure(name, url)?;
        }
        let from = connection("bar_from")?;
        from.execute("CREATE TABLE airports (code TEXT PRIMARY KEY)", []).await?;
        from.execute("INSERT INTO airports VALUES ('EWR'), ('JFK'), ('LGA')", []).await?;
        let bar = styled(ProgressBar::hidden());
        let (copied, (shown, seen)) = (bar.clone(), std::sync::mpsc::channel());
        let job = SyncTable::new("airports", "bar_from", "bar_to").batch(2).progress(move |progress: Progress| {
            show(&copied, &progress);
            shown.send((copied.position(), copied.length(), copied.is_finished())).ok();
        });
        assert_eq!(job.run().await?.written, 3);
        drop(job);
        let seen: Vec<_> = seen.iter().collect();
        assert_eq!(seen, [(2, Some(3), false), (3, Some(3), false), (3, Some(3), true)]);
        assert_eq!(bar.prefix(), "bar_from.airports");
        Ok(())
    }
}
