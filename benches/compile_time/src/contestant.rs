//! The compiled crates: the same models for each library, written in the style of its users.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::options::Options;
use crate::{Result, cargo};

/// The source templates of one library. In them `Invoice` is a placeholder for the name of each model.
#[derive(Debug)]
struct Contestant {
    name: &'static str,
    dependencies: &'static str,
    model: &'static str,
    usage: &'static str,
}

macro_rules! contestant {
    ($name:literal, $usage:expr) => {
        Contestant {
            name: $name,
            dependencies: include_str!(concat!("../templates/", $name, "/dependencies.toml")),
            model: include_str!(concat!("../templates/", $name, "/model.rs")),
            usage: $usage,
        }
    };
    ($name:literal) => {
        contestant!($name, include_str!(concat!("../templates/", $name, "/usage.rs")))
    };
}

/// The structs without a library: the minimum cost of every contestant's models.
pub const PLAIN: &str = "plain";

const CONTESTANTS: [Contestant; 5] = [
    contestant!("plain", ""),
    contestant!("activerecord"),
    contestant!("sea-orm"),
    contestant!("diesel"),
    contestant!("toasty"),
];

/// A contestant's generated crate on disk.
#[derive(Debug)]
pub struct Crate {
    /// The library's name, which is also its package's.
    pub name: &'static str,
    /// The package's folder.
    pub folder: PathBuf,
    /// How many models it has.
    pub models: usize,
    /// The text of one model.
    pub model: &'static str,
    /// The source of one model's functions; empty if there are none.
    pub usage: &'static str,
}

/// The compiled part of a crate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Variant {
    /// Only the models.
    Models,
    /// The models, and for each a lookup by key, a filtered query and an insert.
    Usage,
}

impl Variant {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Models, Self::Usage];

    /// The arguments for cargo.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Models => &[],
            Self::Usage => &["--features", "usage"],
        }
    }

    /// The name in tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::Models => "models only",
            Self::Usage => "with a typical use",
        }
    }
}

/// Writes the crates of all contestants that take part, and of the plain structs.
pub fn generate(options: &Options) -> Result<Vec<Crate>> {
    let wanted = CONTESTANTS.iter().filter(|contestant| contestant.name == PLAIN || options.wants(contestant.name));
    wanted.map(|contestant| write(contestant, options.models)).collect()
}

fn write(contestant: &Contestant, models: usize) -> Result<Crate> {
    let Contestant { name, dependencies, model, usage } = contestant;
    let folder = cargo::target().join("crates").join(name);
    let sources = folder.join("src");
    if sources.exists() {
        fs::remove_dir_all(&sources)?;
    }
    fs::create_dir_all(&sources)?;
    let dependencies = dependencies.replace("{root}", &cargo::root().display().to_string());
    fs::write(folder.join("Cargo.toml"), manifest(name, &dependencies))?;
    for number in 0..models {
        fs::write(sources.join(format!("invoice{number}.rs")), numbered(model, number))?;
        fs::write(sources.join(format!("usage{number}.rs")), numbered(usage, number))?;
    }
    let written = Crate { name, folder, models, model, usage };
    written.change(0)?;
    Ok(written)
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[workspace]\n\n[package]\nname = \"models-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [features]\nusage = []\n\n[dependencies]\n{dependencies}"
    )
}

/// `Invoice` becomes `Invoice7`, and so do the names of its module and its table.
fn numbered(text: &str, number: usize) -> String {
    ["Invoice", "invoice"].iter().fold(text.to_owned(), |text, name| text.replace(name, &format!("{name}{number}")))
}

impl Crate {
    /// Changes a constant of the crate, but not the models.
    pub fn change(&self, round: usize) -> Result<()> {
        let mut text = String::new();
        for number in 0..self.models {
            writeln!(text, "pub mod invoice{number};\n#[cfg(feature = \"usage\")]\npub mod usage{number};")?;
        }
        writeln!(text, "\npub const ROUND: usize = {round};")?;
        Ok(fs::write(self.folder.join("src/lib.rs"), text)?)
    }

    /// The version of the library, once it is built; None for the plain structs.
    pub fn version(&self) -> Option<String> {
        let lock = fs::read_to_string(self.folder.join("Cargo.lock")).ok()?;
        let (_, rest) = lock.split_once(&format!("name = \"{}\"\nversion = \"", self.name))?;
        rest.split_once('"').map(|(version, _)| version.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn every_name_of_a_model_is_numbered() {
        assert_eq!(numbered("use crate::invoice::Invoice;", 7), "use crate::invoice7::Invoice7;");
    }
}
