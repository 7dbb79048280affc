//! One database's part of a transaction across several.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::{Error, Result};

/// The name of one database's part of a transaction across several: the whole's id, and a label of the part.
///
/// Neither can be bound to a statement, so both are of a few characters only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Branch {
    gid: String,
    label: String,
}

/// What XA takes for either part.
const LONGEST: usize = 64;

impl Branch {
    /// A branch of the whole `gid`.
    ///
    /// # Errors
    /// `Configuration` when either is empty, is longer than 64 characters, or has others than ASCII letters, digits, `-`, `_`
    /// and `.`.
    pub fn new(gid: impl Into<String>, label: impl Into<String>) -> Result<Self> {
        let branch = Self { gid: gid.into(), label: label.into() };
        check("the id of a transaction", &branch.gid)?;
        check("the label of a branch", &branch.label)?;
        Ok(branch)
    }

    /// A name for a transaction that has none yet, and may have to be prepared.
    pub(crate) fn unnamed() -> Self {
        Self { gid: format!("{UNNAMED}{}", Uuid::now_v7().simple()), label: "b0".into() }
    }

    /// The whole's id.
    pub fn gid(&self) -> &str {
        &self.gid
    }

    /// The part's label.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Reads a name as [`Display`](fmt::Display) writes it.
    pub fn parse(name: &str) -> Option<Self> {
        let (gid, label) = name.split_once(':')?;
        Self::new(gid, label).ok()
    }
}

/// What the ids of transactions begin with that were named by nobody.
const UNNAMED: &str = "ar0-";

/// The whole and the part, with a colon between, which neither can have.
impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.gid, self.label)
    }
}

fn check(what: &str, text: &str) -> Result<()> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if plain && (1..=LONGEST).contains(&text.len()) {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "{what} is 1 to {LONGEST} ASCII letters, digits, `-`, `_` and `.`, and `{}` is not",
        text.escape_debug()
    )))
}

/// A branch that is prepared: it waits for its end, and holds its locks until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedBranch {
    /// Its name as the database shows it.
    pub name: String,
    /// Its name, when this library can have given it.
    pub branch: Option<Branch>,
    /// When it was prepared, by the database's clock, where the database knows.
    pub prepared_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_a_few_characters() {
        let branch = Branch::new("ar1-s_1.x-0190", "b0").unwrap();
        assert_eq!(Branch::parse(&branch.to_string()), Some(branch));
        for (gid, label) in [("", "b"), ("a", ""), ("a'b", "b"), ("a", "b:c"), ("ä", "b"), (&*"a".repeat(65), "b")] {
            assert!(Branch::new(gid, label).is_err_and(|error| error.is_configuration()), "{gid} {label}");
        }
        assert!(Branch::parse("no colon").is_none() && Branch::parse("a:b:c").is_none());
    }
}
