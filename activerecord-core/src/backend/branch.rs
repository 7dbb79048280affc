//! Branches: the parts of a transaction across databases.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};

/// The name of a branch: the part of a transaction across databases that runs on one database. It consists of the id of
/// the whole transaction and a label of the branch.
///
/// Only a few characters are allowed, because the name becomes part of SQL texts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Branch {
    gid: String,
    label: String,
}

/// The limit of XA for the id and for the label, in bytes.
const LONGEST: usize = 64;

impl Branch {
    /// Creates the name of a branch of the transaction `gid`.
    ///
    /// ```
    /// # use activerecord_core::Branch;
    /// let branch = Branch::new("transfer-0190", "b0")?;
    /// assert_eq!(branch.to_string(), "transfer-0190:b0");
    /// assert_eq!("transfer-0190:b0".parse::<Branch>()?, branch);
    /// # Ok::<(), activerecord_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Configuration` unless `gid` and `label` both have 1 to 64 ASCII letters, digits, `-`, `_` and `.`.
    pub fn new(gid: impl Into<String>, label: impl Into<String>) -> Result<Self> {
        let branch = Self { gid: gid.into(), label: label.into() };
        check("the id of a transaction", &branch.gid)?;
        check("the label of a branch", &branch.label)?;
        Ok(branch)
    }

    /// Creates the name of the branch of the transaction `gid` on a connection. Its label is the connection's name:
    /// other characters become `-`, and it is cut at 64 characters.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn on(connection: &str, gid: impl Into<String>) -> Result<Self> {
        let label = connection.chars().map(|c| if is_plain(c) { c } else { '-' }).take(LONGEST);
        Self::new(gid, label.collect::<String>())
    }

    /// Returns the id of the whole transaction.
    pub fn gid(&self) -> &str {
        &self.gid
    }

    /// Returns the label of the branch.
    pub fn label(&self) -> &str {
        &self.label
    }

    #[allow(missing_docs, reason = "the note names its replacement")]
    #[deprecated(note = "use `name.parse()`")]
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// The name of a branch, or the id of a transaction across databases, from which the name is made by [`Branch::on`].
pub trait IntoBranch {
    /// Converts it to the name of a branch on this connection.
    ///
    /// # Errors
    /// `Configuration`: see [`Branch::new`].
    fn into_branch(self, connection: &str) -> Result<Branch>;
}

impl IntoBranch for Branch {
    fn into_branch(self, _: &str) -> Result<Branch> {
        Ok(self)
    }
}

impl IntoBranch for &Branch {
    fn into_branch(self, _: &str) -> Result<Branch> {
        Ok(self.clone())
    }
}

impl IntoBranch for &str {
    fn into_branch(self, connection: &str) -> Result<Branch> {
        Branch::on(connection, self)
    }
}

impl IntoBranch for &String {
    fn into_branch(self, connection: &str) -> Result<Branch> {
        Branch::on(connection, self)
    }
}

impl IntoBranch for String {
    fn into_branch(self, connection: &str) -> Result<Branch> {
        Branch::on(connection, self)
    }
}

/// Reads the form that [`Display`](fmt::Display) writes.
impl FromStr for Branch {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let parts = name.split_once(':');
        let (gid, label) = parts.ok_or_else(|| Error::configuration("the name of a branch is `GID:LABEL`"))?;
        Self::new(gid, label)
    }
}

/// Writes `GID:LABEL`. Neither part can contain a colon.
impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.gid, self.label)
    }
}

fn check(what: &str, text: &str) -> Result<()> {
    if text.chars().all(is_plain) && (1..=LONGEST).contains(&text.len()) {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "{what} must have 1 to {LONGEST} ASCII letters, digits, `-`, `_` and `.`, but it is `{}`",
        text.escape_debug()
    )))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// A prepared branch. It holds its locks until it is committed or rolled back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PreparedBranch {
    /// The name as the database shows it.
    pub name: String,
    /// The name as a [`Branch`]; None when this library cannot have created the name.
    pub branch: Option<Branch>,
    /// The time of the preparation by the database's clock; None on a database that does not store it.
    pub prepared_at: Option<DateTime<Utc>>,
}

impl PreparedBranch {
    /// Creates a prepared branch, for a backend.
    pub fn new(name: impl Into<String>, branch: Option<Branch>, prepared_at: Option<DateTime<Utc>>) -> Self {
        Self { name: name.into(), branch, prepared_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_a_few_characters() {
        let branch = Branch::new("ar1-s_1.x-0190", "b0").unwrap();
        assert_eq!(branch.to_string().parse::<Branch>().ok(), Some(branch));
        for (gid, label) in [("", "b"), ("a", ""), ("a'b", "b"), ("a", "b:c"), ("ä", "b"), (&*"a".repeat(65), "b")] {
            assert!(Branch::new(gid, label).is_err_and(|error| error.is_configuration()), "{gid} {label}");
        }
        for name in ["no colon", "a:b:c"] {
            assert!(name.parse::<Branch>().is_err_and(|error| error.is_configuration()), "{name}");
        }
    }
}
