//! A bar for people who wait.

use std::io::IsTerminal as _;

use activerecord_core::{Result, Value};
use indicatif::{ProgressBar, ProgressStyle};

use super::read::Reader;

/// Shows how many rows are read, how many a second, how far the watermark is, and how long it will take; nothing, when nobody
/// sees it.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) async fn new(wanted: bool, job: &str, reader: &Reader<'_>) -> Result<Self> {
        if !wanted || !std::io::stderr().is_terminal() {
            return Ok(Self(None));
        }
        let bar = ProgressBar::new(reader.count().await?).with_prefix(job.to_owned());
        let style = "{prefix} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} {msg}";
        Ok(Self(Some(ProgressStyle::with_template(style).map_or(bar.clone(), |style| bar.with_style(style)))))
    }

    pub(crate) fn set(&self, rows: u64, place: Option<&[Value]>) {
        let Some(bar) = &self.0 else { return };
        bar.set_position(rows);
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
