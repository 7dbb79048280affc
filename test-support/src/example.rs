//! The programs of the examples.

use std::env;
use std::io;
use std::path::PathBuf;

/// Returns the path of an example's program. Cargo builds it with the tests:
/// `cargo test --workspace --all-features --no-run`.
///
/// # Errors
/// The program is not built.
pub fn example(name: &str) -> io::Result<PathBuf> {
    let test = env::current_exe()?;
    let path = test.ancestors().nth(2).map(|folder| folder.join("examples").join(name)).filter(|path| path.exists());
    path.ok_or_else(|| io::Error::other(format!("the example {name} is not built: `cargo build --example {name}`")))
}
