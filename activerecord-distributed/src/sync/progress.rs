//! A bar for people who wait.

use std::io::IsTerminal as _;

use activerecord_core::{Result, Value};
use indicatif::{ProgressBar, ProgressStyle};

use super::read::Reader;

/// Shows how many rows are read, how many a second, how far the watermark is, and how long it will take; nothing, when nobody
/// sees it. Ranges that are copied at once have one in common.
#[derive(Clone)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) fn new(wanted: bool, job: &str) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::new(0).with_prefix(job.to_owned());
        let style = "{prefix} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} {msg}";
        Self(Some(ProgressStyle::with_template(style).map_or(bar.clone(), |style| bar.with_style(style))))
    }

    /// There is this to be read, too.
    pub(crate) async fn expect(&self, reader: &Reader<'_>) -> Result<()> {
        if let Some(bar) = &self.0 {
            bar.inc_length(reader.count().await?);
        }
        Ok(())
    }

    /// So many more rows are read.
    pub(crate) fn add(&self, rows: u64, place: Option<&[Value]>) {
        let Some(bar) = &self.0 else { return };
        bar.inc(rows);
        if let Some([Value::Timestamp(time), ..]) = place {
            bar.set_message(time.format("%Y-%m-%d %H:%M:%S").to_string());
        }
    }

    pub(crate) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
