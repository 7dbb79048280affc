//! For every rule: examples that break it, and similar ones that do not.

use super::rules::RULES;
use super::tree::{File, Tree};

const WORKSPACE: &str = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"warn\"\n";

const MANIFEST: &str = "[package]\nname = \"p\"\n[lints]\nworkspace = true\n";

const LIFTED: &str = "[package]\nname = \"p\"\n[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"\n";

/// Returns a part of the name of a rule, and a file that breaks the rule.
fn examples() -> Vec<(&'static str, &'static str, String)> {
    let manifest = |tail: &str| format!("{MANIFEST}{tail}");
    let private = "[package]\nname = \"p\"\npublish = false\n".to_owned();
    // Some texts are in two parts, so that this file does not break the rules.
    vec![
        ("no driver crate", "activerecord-core/Cargo.toml", manifest("[dependencies]\nrusqlite = \"1\"\n")),
        ("no driver crate", "activerecord-core/Cargo.toml", manifest("[dev-dependencies]\nsqlx-mysql = \"1\"\n")),
        ("no driver crate", "Cargo.toml", manifest("[dependencies]\nsqlx = { version = \"1\" }\n")),
        ("no type of a driver", "src/lib.rs", "pub fn raw(self) -> rusqlite::Connection {".into()),
        ("no type of a driver", "activerecord-core/src/backend/mod.rs", "use sqlx::Row;".into()),
        ("compares a dialect", "activerecord-core/src/query/mod.rs", "if dialect.name() == \"sqlite\" {".into()),
        ("compares a dialect", "src/lib.rs", "match name { \"mysql\" => 1, _ => 2 }".into()),
        ("compares a dialect", "src/lib.rs", "matches!(name, \"sqlite\" | \"x\")".into()),
        ("folders before it", "activerecord-core/src/typed/column.rs", "use crate::query::Query;".into()),
        ("folders before it", "activerecord-core/src/error.rs", "fn of(value: &crate::value::Value) {}".into()),
        ("folders before it", "activerecord-core/src/helpers/mod.rs", "fn help() {}".into()),
        ("without generics", "activerecord-core/src/statement/expr.rs", "pub struct Expr<T> {".into()),
        ("without generics", "activerecord-core/src/statement/expr.rs", "impl<T> From<T> for Expr {".into()),
        ("without generics", "activerecord-core/src/statement/expr.rs", "pub(crate) fn of<T>(t: T) -> Self {".into()),
        ("contains no SQL", "activerecord-derive/src/lib.rs", "quote! { \"SELECT * FROM t\" }".into()),
        ("does not use models", "activerecord-backends/sqlite/src/lib.rs", "fn f<M: Model>() {".into()),
        ("unsafe code", "src/lib.rs", concat!("#![allow(unsafe", "_code, reason = \"fast\")]").into()),
        ("unsafe code", "activerecord-backends/mysql/src/value.rs", concat!("#[expect(unsafe", "_code)]").into()),
        ("unfinished", "src/lib.rs", concat!("    to", "do!()").into()),
        ("unfinished", "tests/a.rs", concat!("#[", "ignore = \"later\"]").into()),
        ("unfinished", "xtask/src/main.rs", concat!("assert", "!(true);").into()),
        ("unfinished", "benches/peers/main.rs", concat!("unimplement", "ed!()").into()),
        ("not by path", "tests/facade/main.rs", concat!("#[pa", "th = \"../a.rs\"]").into()),
        ("not by path", "faults/tests/matrix/node.rs", concat!("#![allow(dead", "_code)]").into()),
        ("450 lines", "src/lib.rs", "//\n".repeat(451)),
        ("absolute path", "README.md", concat!("see ", "/tmp", "/x").into()),
        ("absolute path", "tests/ui/a.stderr", concat!(" --> ", "/home", "/me/x.rs").into()),
        ("lints", "xtask/Cargo.toml", private.clone()),
        ("lints", "xtask/Cargo.toml", format!("{private}[lints.rust]\nunsafe_code = \"deny\"\n")),
        ("links to a test", "docs/guarantees.md", "\n- Nothing is lost.\n".into()),
        ("links to a test", "docs/guarantees.md", "\n- Nothing is lost.\n  [`lost`](../README.md)\n".into()),
        ("names every public", "activerecord-core/Cargo.toml", MANIFEST.replace("\"p\"", "\"unheard-of\"")),
    ]
}

#[test]
fn each_example_breaks_exactly_its_rule() {
    for (rule, path, text) in examples() {
        let tree = tree([(path, text.as_str()), ("README.md", "`p`"), ("Cargo.toml", WORKSPACE)]);
        let broken: Vec<_> =
            RULES.iter().filter(|rule| !rule.findings(&tree).is_empty()).map(|rule| rule.name).collect();
        assert!(
            broken.len() == 1 && broken[0].contains(rule),
            "{path}: {text:?} should break `{rule}`, but: {broken:?}"
        );
    }
}

#[test]
fn each_rule_has_an_example() {
    for rule in RULES {
        assert!(examples().iter().any(|(name, ..)| rule.name.contains(name)), "{}", rule.name);
    }
}

#[test]
fn similar_code_breaks_no_rule() {
    let long = "line\n".repeat(450);
    let tree = tree([
        ("README.md", "| `p` | a package |"),
        ("Cargo.toml", WORKSPACE),
        ("Cargo.toml", "[dev-dependencies]\nrusqlite = \"1\"\n"),
        ("activerecord-core/Cargo.toml", MANIFEST),
        ("activerecord-backends/sqlite/Cargo.toml", LIFTED),
        ("activerecord-backends/sqlite/src/statement.rs", concat!("#![allow(unsafe", "_code)]")),
        ("activerecord-backends/sqlite/src/error.rs", "fn of(self) -> TableMissing {}"),
        ("benches/peers/Cargo.toml", "[package]\nname = \"peers\"\n[dependencies]\nsqlx = \"1\"\n"),
        ("activerecord-backends/sqlite/src/lib.rs", "use rusqlite::Connection; const D: bool = name == \"sqlite\";"),
        ("activerecord-core/src/query/mod.rs", "// not rusqlite's\n#[cfg(test)]\nmod tests { /* == \"sqlite\" */ }"),
        ("activerecord-core/src/dialect/mod.rs", "match name { \"sqlite\" => &SQLITE }"),
        ("activerecord-core/src/config/mod.rs", "Self::new(\"mysql\", database)"),
        (
            "activerecord-core/src/statement/expr.rs",
            "pub struct Expr { parts: Vec<Expr> }\nimpl<'a> Walk<'a> for Expr {}",
        ),
        ("activerecord-core/src/statement/name.rs", "pub fn from(from: impl Into<Name>) -> Self {"),
        ("activerecord-core/src/connection/session.rs", "use crate::transaction::Level;\n// crate::query comes later"),
        ("activerecord-core/src/schema/embedded.rs", "const NAMES: u8 = $crate::private::names();"),
        ("activerecord-core/src/query/mod.rs", "use crate::typed::Column;\nuse super::verbs;"),
        ("src/long.rs", &long),
        ("docs/paths.md", "src/home/, https://example.org/tmp/x, $DIR/root/x"),
    ]);
    for rule in RULES {
        assert_eq!(rule.findings(&tree), Vec::<String>::new(), "{}", rule.name);
    }
}

#[test]
fn a_finding_is_a_path_with_a_line() {
    let tree = tree([("src/lib.rs", "\n\nuse sqlx::Row;"), ("README.md", "")]);
    let found: Vec<_> = RULES.iter().flat_map(|rule| rule.findings(&tree)).collect();
    assert_eq!(found, ["src/lib.rs:3"]);
}

fn tree<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Tree {
    let files = files.into_iter().map(|(path, text)| File { path: path.into(), text: text.into() });
    Tree { files: files.collect() }
}
