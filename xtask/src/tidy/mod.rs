//! `cargo xtask tidy`: checks the invariants of the source that the compiler does not check.

mod rules;
#[cfg(test)]
mod tests;
mod tree;

use crate::Result;
use crate::cargo::root;
use rules::RULES;
use tree::Tree;

/// Checks every rule, and returns the number of rules and files. Prints all findings.
///
/// # Errors
/// When there is a finding.
pub(crate) fn run() -> Result<String> {
    let tree = Tree::read(&root())?;
    let findings: Vec<String> = RULES
        .iter()
        .flat_map(|rule| rule.findings(&tree).into_iter().map(|at| format!("  {at}: {}", rule.name)))
        .collect();
    if findings.is_empty() {
        Ok(format!("{} rules hold in {} files", RULES.len(), tree.files.len()))
    } else {
        println!("{}", findings.join("\n"));
        Err(format!("{} places break a rule of the source", findings.len()).into())
    }
}
