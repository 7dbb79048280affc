//! The rules. Each one is a function, and has an example in `tests.rs` that breaks it.

use super::tree::{File, Tree};

/// An invariant of the source.
#[derive(Debug)]
pub(super) struct Rule {
    /// The invariant. It is printed with each finding.
    pub(super) name: &'static str,
    /// Returns the places that break the rule.
    check: fn(&Tree) -> Vec<String>,
}

impl Rule {
    pub(super) fn findings(&self, tree: &Tree) -> Vec<String> {
        (self.check)(tree)
    }
}

pub(super) const RULES: &[Rule] = &[
    Rule { name: "core and the facade depend on no driver crate", check: driver_dependencies },
    Rule { name: "core and the facade name no type of a driver", check: driver_types },
    Rule { name: "only a backend compares a dialect by name: use a capability", check: dialect_names },
    Rule { name: "a folder of core imports only from folders before it", check: core_order },
    Rule { name: "statements are plain trees, without generics", check: generic_statements },
    Rule { name: "the derive contains no SQL", check: sql_in_derive },
    Rule { name: "a backend does not use models", check: models_in_backends },
    Rule { name: "unsafe code is only in statement.rs of a backend", check: unsafe_code },
    Rule { name: "nothing is unfinished, no test is ignored, and no assertion is always true", check: unfinished },
    Rule { name: "tests share code by a package, not by path, and have no dead code", check: borrowed_files },
    Rule { name: "a file has at most 450 lines", check: long_files },
    Rule { name: "no absolute path of a developer's machine", check: absolute_paths },
    Rule {
        name: "a package inherits the lints of the workspace, or repeats them, except for unsafe_code",
        check: unlinted_packages,
    },
    Rule { name: "the README names every public package", check: unnamed_packages },
    Rule { name: "each promise of docs/guarantees.md links to a test that exists", check: untested_promises },
];

/// The folders of the code for all databases.
const SHARED: &[&str] = &[
    "activerecord-core/src/",
    "activerecord-derive/src/",
    "activerecord-distributed/src/",
    "activerecord-sync/src/",
    "src/",
];

const DRIVERS: &[&str] =
    &["rusqlite", "libsqlite3", "sqlx", "tokio_postgres", "tokio-postgres", "mysql_async", "diesel"];

/// The tests of the facade can read a database file with a driver. The tests of core cannot.
fn driver_dependencies(tree: &Tree) -> Vec<String> {
    let tables = |path: &str| match path {
        "Cargo.toml" => vec!["dependencies", "build-dependencies"],
        "activerecord-core/Cargo.toml" | "activerecord-distributed/Cargo.toml" | "activerecord-sync/Cargo.toml" => {
            vec!["dependencies", "build-dependencies", "dev-dependencies"]
        }
        _ => Vec::new(),
    };
    let names = tree.manifests().flat_map(|(file, manifest)| {
        let tables = tables(&file.path).into_iter().filter_map(move |table| manifest.get(table)?.as_table().cloned());
        tables.flat_map(move |table| table.into_iter().map(move |(name, _)| (file, name)))
    });
    let drivers = names.filter(|(_, name)| DRIVERS.iter().any(|driver| name.starts_with(driver)));
    drivers.map(|(file, name)| format!("{} ({name})", file.path)).collect()
}

fn driver_types(tree: &Tree) -> Vec<String> {
    in_code(tree.rust(SHARED), |line| DRIVERS.iter().any(|driver| line.contains(driver)))
}

/// Except for the files of the dialects, and for the schemes of URLs, which look like names of dialects.
fn dialect_names(tree: &Tree) -> Vec<String> {
    let exempt = ["dialect/", "config/url.rs", "connection/registry.rs"];
    let exempt = exempt.map(|path| format!("activerecord-core/src/{path}"));
    let shared = tree.rust(SHARED).filter(|file| !exempt.iter().any(|path| file.path.starts_with(path)));
    in_code(shared, |line| ["sqlite", "postgresql", "mysql"].iter().any(|name| compares(line, &format!("\"{name}\""))))
}

/// Whether the line compares a value with this literal, or matches on it.
fn compares(line: &str, literal: &str) -> bool {
    line.match_indices(literal).any(|(at, _)| {
        let (before, after) = (line[..at].trim_end(), line[at + literal.len()..].trim_start());
        let compared = ["==", "!=", "|"].iter().any(|op| before.ends_with(op) || after.starts_with(op));
        compared || after.starts_with("=>")
    })
}

/// The folders of core. Each one is before the folders that import it.
const CORE: [&str; 17] = [
    "error",
    "value",
    "schema",
    "statement",
    "dialect",
    "catalog",
    "sql",
    "config",
    "backend",
    "connection",
    "transaction",
    "typed",
    "model",
    "persist",
    "query",
    "verbs",
    "private",
];

/// These two import each other, because a session can be a transaction, and a transaction contains a connection.
const MUTUAL: [&str; 2] = ["connection", "transaction"];

/// A folder that is not in the list also breaks the rule, so that a new folder gets a place in the order.
fn core_order(tree: &Tree) -> Vec<String> {
    let place = |folder: &str| CORE.iter().position(|known| *known == folder);
    let files = tree.rust(&["activerecord-core/src/"]).filter(|file| !file.path.ends_with("/src/lib.rs"));
    let finds = |file: &File| {
        let folder = file.path.split(['/', '.']).nth(2).unwrap_or_default().to_owned();
        let Some(own) = place(&folder) else { return vec![file.path.clone()] };
        let is_later = |import: &str| {
            let mutual = MUTUAL.contains(&import) && MUTUAL.contains(&folder.as_str());
            place(import).is_some_and(|place| place > own) && !mutual
        };
        lines_with(file, file.code(), |line| imports(line).any(is_later))
    };
    files.flat_map(finds).collect()
}

/// Returns the modules after `crate::` in a line, but not after `$crate::`, which is in macros for other crates.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").filter(|(at, _)| !line[..*at].ends_with('$')).map(|(at, path)| {
        let rest = &line[at + path.len()..];
        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
    })
}

fn generic_statements(tree: &Tree) -> Vec<String> {
    in_code(tree.rust(&["activerecord-core/src/statement/"]), |line| {
        let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
        let item = words.next().unwrap_or_default();
        let named = matches!(item, "struct" | "enum" | "trait" | "type" | "fn");
        let head = if named { words.next().unwrap_or_default() } else { item };
        let head = head.split(['(', '=']).next().unwrap_or_default();
        (named || item.starts_with("impl<")) && head.contains('<') && !head.contains("<'")
    })
}

fn sql_in_derive(tree: &Tree) -> Vec<String> {
    in_code(tree.rust(&["activerecord-derive/src/"]), |line| {
        ["SELECT ", "INSERT INTO", "DELETE FROM", "CREATE TABLE"].iter().any(|sql| line.contains(sql))
    })
}

fn models_in_backends(tree: &Tree) -> Vec<String> {
    let is_model = |word: &str| ["Model", "ActiveRecord", "TableDef"].contains(&word);
    let backends = tree.rust(&["activerecord-backends/"]).filter(|file| file.path.contains("/src/"));
    in_code(backends, |line| line.split(|c: char| !c.is_alphanumeric()).any(is_model))
}

/// The lint denies unsafe code everywhere, so only the attributes that allow it are searched.
fn unsafe_code(tree: &Tree) -> Vec<String> {
    let lifts = |line: &str| ["allow(", "expect("].iter().any(|lift| line.contains(&format!("{lift}unsafe_code")));
    let is_home = |path: &str| path.starts_with("activerecord-backends/") && path.ends_with("/src/statement.rs");
    let files = tree.rust(&[""]).filter(|file| !is_home(&file.path));
    files.flat_map(|file| lines_with(file, file.lines(), lifts)).collect()
}

/// Tests are included: an ignored test, and one that cannot fail, are useless.
fn unfinished(tree: &Tree) -> Vec<String> {
    // In two parts, so that this file does not break the rule.
    let words =
        [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[ig", "nore"), concat!("assert", "!(true")];
    let files = tree.rust(&[""]).filter(|file| !file.path.contains("tests/ui/"));
    files.flat_map(|file| lines_with(file, file.lines(), |line| words.iter().any(|word| line.contains(word)))).collect()
}

/// Shared code of tests is in `test-support`.
fn borrowed_files(tree: &Tree) -> Vec<String> {
    // In two parts, so that this file does not break the rule.
    let words = [concat!("#[pa", "th"), concat!("allow(dead", "_code")];
    let is_test = |path: &str| {
        let folders = ["tests/", "faults/", "test-support/", "ui-tests/", "activerecord-backends/"];
        folders.iter().any(|folder| path.starts_with(folder)) || path.contains("/tests/")
    };
    let files = tree.rust(&[""]).filter(|file| is_test(&file.path));
    files.flat_map(|file| lines_with(file, file.lines(), |line| words.iter().any(|word| line.contains(word)))).collect()
}

fn long_files(tree: &Tree) -> Vec<String> {
    let files = tree.rust(&[""]).filter(|file| !file.path.contains("tests/ui/") && !file.path.contains("snapshots/"));
    let lengths = files.map(|file| (file, file.lines().count()));
    lengths.filter(|(_, lines)| *lines > 450).map(|(file, lines)| format!("{} ({lines})", file.path)).collect()
}

fn absolute_paths(tree: &Tree) -> Vec<String> {
    let folders = ["tmp", "home", "root", "work"].map(|folder| format!("/{folder}/"));
    let starts = |line: &str, folder: &String| {
        // Only at the start of a path, and not in `src/home/` or in the path of a URL.
        let begins = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || ".-_}".contains(c));
        line.match_indices(folder).any(|(at, _)| begins(at))
    };
    let has_path = |line: &str| folders.iter().any(|folder| starts(line, folder));
    tree.files.iter().flat_map(|file| lines_with(file, file.lines(), has_path)).collect()
}

fn unlinted_packages(tree: &Tree) -> Vec<String> {
    let manifests: Vec<_> = tree.manifests().collect();
    let ours = manifests.iter().find_map(|(_, manifest)| manifest.get("workspace")?.get("lints").cloned());
    let packages = manifests.into_iter().filter(|(_, manifest)| manifest.contains_key("package"));
    let unlinted = packages.filter(|(_, manifest)| {
        let lints = manifest.get("lints");
        let takes = lints.and_then(|lints| lints.get("workspace")) == Some(&toml::Value::Boolean(true));
        !takes && lints.cloned().map(but_for_unsafe_code) != ours.clone().map(but_for_unsafe_code)
    });
    unlinted.map(|(file, _)| file.path.clone()).collect()
}

fn but_for_unsafe_code(mut lints: toml::Value) -> toml::Value {
    if let Some(rust) = lints.get_mut("rust").and_then(toml::Value::as_table_mut) {
        rust.remove("unsafe_code");
    }
    lints
}

fn unnamed_packages(tree: &Tree) -> Vec<String> {
    let readme = tree.files.iter().find(|file| file.path == "README.md").map_or("", |file| &file.text);
    let packages = tree.manifests().filter_map(|(file, manifest)| {
        let package = manifest.get("package")?;
        let public = package.get("publish").and_then(toml::Value::as_bool) != Some(false);
        public.then(|| Some((file, package.get("name")?.as_str()?.to_owned())))?
    });
    let unnamed = packages.filter(|(_, name)| !readme.contains(&format!("`{name}`")));
    unnamed.map(|(file, name)| format!("{} ({name})", file.path)).collect()
}

fn in_code<'a>(files: impl Iterator<Item = &'a File>, breaks: impl Fn(&str) -> bool) -> Vec<String> {
    files.flat_map(|file| lines_with(file, file.code(), &breaks)).collect()
}

fn lines_with<'a>(
    file: &File,
    lines: impl Iterator<Item = (usize, &'a str)>,
    breaks: impl Fn(&str) -> bool,
) -> Vec<String> {
    lines.filter(|(_, line)| breaks(line)).map(|(number, _)| file.at(number)).collect()
}

/// A promise is an item of a list. Its links are `[`test`](../path)`.
fn untested_promises(tree: &Tree) -> Vec<String> {
    let Some(file) = tree.files.iter().find(|file| file.path == "docs/guarantees.md") else { return Vec::new() };
    let exists = |link: &str| {
        let (test, path) = link.split_once("`](../").unwrap_or_default();
        let path = path.split(')').next().unwrap_or_default();
        let source = tree.files.iter().find(|file| file.path == path);
        source.is_some_and(|source| source.text.contains(&format!("fn {test}(")))
    };
    let promises = file.text.split("\n- ").skip(1).map(|promise| promise.split("\n\n").next().unwrap_or_default());
    let is_untested = |promise: &&str| {
        let mut links = promise.split("[`").skip(1).peekable();
        links.peek().is_none() || !links.all(exists)
    };
    promises
        .filter(is_untested)
        .map(|promise| format!("{} ({})", file.path, promise.lines().next().unwrap_or_default()))
        .collect()
}
