//! The test programs of the workspace: built once, all with the same features, and run without cargo.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Result;
use crate::cargo::{Cargo, root};

/// What cargo has built.
#[derive(Debug)]
pub(crate) struct Programs {
    tests: Vec<Program>,
    examples: Vec<Program>,
}

/// One program.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// `conformance`, or the package where that is not enough: `activerecord-mysql suite`.
    pub(crate) title: String,
    /// Of the target.
    name: String,
    path: PathBuf,
    /// Of the package.
    folder: PathBuf,
}

impl Programs {
    /// Builds them. The arguments choose among the targets.
    pub(crate) fn build(choice: &[&str]) -> Result<Self> {
        let all = ["test", "--workspace", "--all-features", "--no-run", "--message-format=json-render-diagnostics"];
        let mut programs = Self { tests: Vec::new(), examples: Vec::new() };
        Cargo::new(all.iter().chain(choice).copied()).run_seeing(|line| match serde_json::from_str(line) {
            Ok(message) => programs.note(&message),
            Err(_) => println!("{line}"),
        })?;
        Ok(programs)
    }

    /// The test programs.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &Program> {
        self.tests.iter()
    }

    /// The test program of this name.
    pub(crate) fn test(&self, title: &str) -> Result<&Program> {
        let found = self.tests.iter().find(|program| program.title == title);
        found.ok_or_else(|| format!("no test program `{title}` was built").into())
    }

    /// The example of this name.
    pub(crate) fn example(&self, name: &str) -> Result<&Program> {
        let found = self.examples.iter().find(|program| program.name == name);
        found.ok_or_else(|| format!("no example `{name}` was built").into())
    }

    /// Reads one message of cargo.
    fn note(&mut self, message: &Value) {
        let Some((program, kind)) = program(message) else { return };
        match kind {
            Kind::Test => self.tests.push(program),
            Kind::Example => self.examples.push(program),
        }
    }
}

impl Program {
    /// A call of it, in the folder and with the variables that cargo would give it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        command.env("CARGO", env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // The tests of macros link the compiler's libraries.
        let given = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let libraries = self.path.parent().map(Path::to_path_buf).into_iter().chain(compiler_libraries());
        if let Ok(libraries) = env::join_paths(libraries.chain(env::split_paths(&given))) {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }
}

/// What a message of cargo tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Test,
    Example,
}

/// The program that a message tells of, if any.
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

/// The name in `path+file:///folder/name#1.0.0` or `path+file:///folder#name@1.0.0`.
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
    fn programs_are_called_by_target_and_package() {
        let (facade, core) = ("path+file:///w/x#activerecord@0.1.0", "path+file:///w/activerecord-core#0.1.0");
        let test = |title: &str| Some((title.to_owned(), Kind::Test));
        assert_eq!(of(facade, "conformance", "test", true), test("conformance"));
        assert_eq!(of(core, "suite", "test", true), test("activerecord-core suite"));
        assert_eq!(of(core, "activerecord_core", "lib", true), test("activerecord-core"));
        assert_eq!(of(facade, "shop", "example", false), Some(("activerecord".to_owned(), Kind::Example)));
        assert_eq!(of(facade, "node", "bin", false), None);
    }
}
