//! Typed access to the options of a connection, for backends.

use std::time::Duration;

use super::Config;
use super::nearest::unknown;
use super::stored::is_option;
use crate::error::{Error, Result};

impl Config {
    /// Returns an option of the backend.
    ///
    /// ```
    /// # use activerecord_core::Config;
    /// # use std::time::Duration;
    /// let config = Config::url("sqlite://main.db?mode=RWC&busy_timeout=250ms")?;
    /// assert_eq!(config.text("mode"), Some("RWC"));
    /// assert_eq!(config.choice("mode", &["ro", "rw", "rwc"])?, Some("rwc"));
    /// assert_eq!(config.duration("busy_timeout")?, Some(Duration::from_millis(250)));
    /// config.check_options(&["mode", "busy_timeout"])?;
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    pub fn text(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Returns an option that is a duration, such as `5s` or `250ms`.
    ///
    /// # Errors
    /// `Configuration` when the value is not a duration.
    pub fn duration(&self, name: &str) -> Result<Option<Duration>> {
        self.text(name).map(|text| parse_duration(name, text)).transpose()
    }

    /// Returns an option whose value is one of `choices`. Case is ignored; the result is spelled as in `choices`.
    ///
    /// # Errors
    /// `Configuration` when the value is not one of `choices`.
    pub fn choice<'c>(&self, name: &str, choices: &[&'c str]) -> Result<Option<&'c str>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let choice = choices.iter().find(|choice| choice.eq_ignore_ascii_case(text));
        choice.copied().map(Some).ok_or_else(|| unknown(&format!("value of `{name}`"), text, choices))
    }

    /// Checks that every option is one of `known`, or one of this crate: see [`stored`](Self::stored).
    ///
    /// # Errors
    /// `Configuration` for an unknown option, with the most similar known one.
    pub fn check_options(&self, known: &[&str]) -> Result<()> {
        match self.options.keys().find(|name| !known.contains(&name.as_str()) && !is_option(name)) {
            Some(name) => Err(unknown("option", name, known)),
            None => Ok(()),
        }
    }

    /// Returns the settings of the replicas.
    pub(crate) fn replica_configs(&self) -> Result<Vec<Self>> {
        self.replicas.iter().map(Self::url).collect()
    }
}

/// Reads a duration: `5s`, `250ms`, `2m`.
pub(super) fn parse_duration(name: &str, text: &str) -> Result<Duration> {
    humantime::parse_duration(text).map_err(|error| {
        Error::configuration(format!("`{name}` is `{text}`; expected a duration such as `5s` or `250ms`"))
            .with_source(error)
    })
}
