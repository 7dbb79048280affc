//! Examples as programs.

use std::env;
use std::io;
use std::path::PathBuf;

/// The program of an example, which cargo builds beside the tests: `cargo test --workspace --all-features --no-run` does.
///
/// # Errors
/// It is not built.
pub fn example(name: &str) -> io::Result<PathBuf> {
    let test = env::current_exe()?;
    let path = test.ancestors().nth(2).map(|folder| folder.join("examples").join(name)).filter(|path| path.exists());
    path.ok_or_else(|| io::Error::other(format!("the example {name} is not built: `cargo build --example {name}`")))
}
