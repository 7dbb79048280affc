//! Deprecated getters. The fields of [`Config`] replace them.

use std::time::Duration;

use super::{Config, PoolOptions};
use crate::error::Result;

#[allow(missing_docs, reason = "the note of each names its replacement, which is documented")]
impl Config {
    #[deprecated(note = "use `scheme`")]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    #[deprecated(note = "use `host`")]
    pub fn get_host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    #[deprecated(note = "use `port`")]
    pub fn get_port(&self) -> Option<u16> {
        self.port
    }

    #[deprecated(note = "use `username`")]
    pub fn get_username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    #[deprecated(note = "use `password`")]
    pub fn get_password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    #[deprecated(note = "use `database`")]
    pub fn get_database(&self) -> &str {
        &self.database
    }

    #[deprecated(note = "use `text(name)`")]
    pub fn get_option(&self, name: &str) -> Option<&str> {
        self.text(name)
    }

    #[deprecated(note = "use `duration(name)`")]
    pub fn get_duration(&self, name: &str) -> Result<Option<Duration>> {
        self.duration(name)
    }

    #[deprecated(note = "use `choice(name, choices)`")]
    pub fn get_choice<'c>(&self, name: &str, choices: &[&'c str]) -> Result<Option<&'c str>> {
        self.choice(name, choices)
    }

    #[deprecated(note = "use `pool`")]
    pub fn get_pool(&self) -> &PoolOptions {
        &self.pool
    }
}
