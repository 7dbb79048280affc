//! How many lines the macros write.

use std::fs;

use crate::contestant::{Crate, PLAIN, Variant};
use crate::{Result, cargo};

/// The lines that a library's macros wrote for one model, in the order of [`Variant::ALL`].
pub type Lines = [f64; 2];

/// The lines of every crate. The first is the one of plain structs, whose standard derives every other has too.
pub fn all(crates: &[Crate]) -> Result<Vec<Lines>> {
    let mut plain = None;
    let mut all = Vec::new();
    for of in crates {
        eprintln!("expanding {}", of.name);
        let models = added(of, Variant::Models)?;
        let usage = if of.name == PLAIN { models } else { added(of, Variant::Usage)? };
        let plain = *plain.get_or_insert(models);
        all.push([models - plain, usage - plain]);
    }
    Ok(all)
}

/// What the expansion of a crate has more lines than its author wrote, for one model. The expanded text stays in the
/// crate's folder, to be read.
fn added(of: &Crate, variant: Variant) -> Result<f64> {
    let expanded = pretty(&cargo::expand(of, variant)?).map_err(|error| format!("{}: {error}", of.name))?;
    fs::write(of.folder.join(variant.title().replace(' ', "_")).with_extension("rs"), &expanded)?;
    let written = match variant {
        Variant::Models => count(&pretty(of.model)?),
        Variant::Usage => count(&pretty(of.model)?) + count(&pretty(of.usage)?),
    };
    Ok(count(&expanded) as f64 / of.models as f64 - written as f64)
}

/// The same layout for all.
fn pretty(text: &str) -> Result<String> {
    Ok(prettyplease::unparse(&syn::parse_file(text)?))
}

fn count(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}
