//! The test programs of the workspace. They are built once, all with the same features, and run without cargo.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Result;
use crate::cargo::{Cargo, root};

/// The built programs.
#[derive(Debug)]
pub(crate) struct Programs {
    tests: Vec<Program>,
    examples: Vec<Program>,
}

/// One program.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// `conformance`, or with the package if that is ambiguous: `activerecord-mysql suite`.
    pub(crate) title: String,
    /// The name of the target.
    name: String,
    path: PathBuf,
    /// The folder of the package.
    folder: PathBuf,
}

impl Programs {
    /// Builds the programs. The arguments select the targets.
    pub(crate) fn build(choice: &[&str]) -> Result<Self> {
        let all = ["test", "--workspace", "--all-features", "--no-run", "--message-format=json-render-diagnostics"];
        let mut programs = Self { tests: Vec::new(), examples: Vec::new() };
        Cargo::new(all.iter().chain(choice).copied()).run_seeing(|line| match serde_json::from_str(line) {
            Ok(message) => programs.note(&message),
            Err(_) => println!("{line}"),
        })?;
        Ok(programs)
    }

    /// Returns the test programs.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &Program> {
        self.tests.iter()
    }

    /// Returns the test program with this title.
    pub(crate) fn test(&self, title: &str) -> Result<&Program> {
        let found = self.tests.iter().find(|program| program.title == title);
        found.ok_or_else(|| format!("no test program `{title}` was built").into())
    }

    /// Returns the example with this name.
    pub(crate) fn example(&self, name: &str) -> Result<&Program> {
        let found = self.examples.iter().find(|program| program.name == name);
        found.ok_or_else(|| format!("no example `{name}` was built").into())
    }

    /// Adds the program of a message of cargo, if it has one.
    fn note(&mut self, message: &Value) {
        let Some((program, kind)) = program(message) else { return };
        match kind {
            Kind::Test => self.tests.push(program),
            Kind::Example => self.examples.push(program),
        }
    }
}

impl Program {
    /// Returns a call of the program, with the folder and the variables that cargo would set.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        command.env("CARGO", env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // The tests of the macros link libraries of the compiler.
        let given = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let libraries = self.path.parent().map(Path::to_path_buf).into_iter().chain(compiler_libraries());
        if let Ok(libraries) = env::join_paths(libraries.chain(env::split_paths(&given))) {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }
}

/// The kind of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Test,
    Example,
}

/// Returns the program of a message of cargo. None: it is about something else.
fn program(message: &Value) -> Option<(Program, Kind)> {
    let path = PathBuf::from(message["executable"].as_str()?);
    let name = message["target"]["name"].as_str()?.to_owned();
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?.to_path_buf();
    let is_of_kind =
        |kind: &str| message["target"]["kind"].as_array().is_some_and(|kinds| kinds.contains(&kind.into()));
    let kind = match message["profile"]["test"].as_bool()? {
        true => Kind::Test,
        false if is_of_kind("example") => Kind::Example,
        false => return None,
    };
    let package = message["package_id"].as_str().map(package)?;
    let title = match is_of_kind("test") {
        true if package == "activerecord" || package == name => name.clone(),
        true => format!("{package} {name}"),
        false if is_of_kind("bin") && package != name => format!("{package} {name}"),
        false => package.to_owned(),
    };
    Some((Program { title, name, path, folder }, kind))
}

/// Returns the name in `path+file:///folder/name#1.0.0` or `path+file:///folder#name@1.0.0`.
fn package(id: &str) -> &str {
    let (folder, version) = id.rsplit_once('#').unwrap_or((id, ""));
    match version.split_once('@') {
        Some((name, _)) => name,
        None => folder.rsplit('/').next().unwrap_or(folder),
    }
}

fn compiler_libraries() -> Option<PathBuf> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let printed = Command::new(rustc).args(["--print", "sysroot"]).current_dir(root()).output().ok()?;
    Some(PathBuf::from(String::from_utf8(printed.stdout).ok()?.trim()).join("lib"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &str, name: &str, kind: &str, test: bool) -> Option<(String, Kind)> {
        let message = serde_json::json!({
            "reason": "compiler-artifact", "package_id": id, "manifest_path": "a/b/Cargo.toml",
            "target": { "name": name, "kind": [kind] }, "profile": { "test": test }, "executable": "t/x-1",
        });
        program(&message).map(|(program, kind)| (program.title, kind))
    }

    #[test]
    fn a_title_has_the_target_and_the_package() {
        let (facade, core) = ("path+file:///w/x#activerecord@0.1.0", "path+file:///w/activerecord-core#0.1.0");
        let test = |title: &str| Some((title.to_owned(), Kind::Test));
        assert_eq!(of(facade, "conformance", "test", true), test("conformance"));
        assert_eq!(of(core, "suite", "test", true), test("activerecord-core suite"));
        assert_eq!(of(core, "activerecord_core", "lib", true), test("activerecord-core"));
        assert_eq!(of(facade, "shop", "example", false), Some(("activerecord".to_owned(), Kind::Example)));
        assert_eq!(of(facade, "node", "bin", false), None);
    }
}
