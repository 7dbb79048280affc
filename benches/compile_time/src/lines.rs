//! Counts the lines that the macros generate.

use std::fs;

use crate::contestant::{Crate, PLAIN, Variant};
use crate::{Result, cargo};

/// The lines that a library's macros generate for one model, in the order of [`Variant::ALL`].
pub type Lines = [f64; 2];

/// Returns the lines of every crate. The first crate has the plain structs; every other crate has the same standard
/// derives.
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

/// Returns how many lines the expansion of a crate has in addition to the written lines, per model. The expanded source
/// stays in the crate's folder.
fn added(of: &Crate, variant: Variant) -> Result<f64> {
    let expanded = pretty(&cargo::expand(of, variant)?).map_err(|error| format!("{}: {error}", of.name))?;
    fs::write(of.folder.join(variant.title().replace(' ', "_")).with_extension("rs"), &expanded)?;
    let written = match variant {
        Variant::Models => count(&pretty(of.model)?),
        Variant::Usage => count(&pretty(of.model)?) + count(&pretty(of.usage)?),
    };
    Ok(count(&expanded) as f64 / of.models as f64 - written as f64)
}

/// Formats the source, so that all crates have the same layout.
fn pretty(text: &str) -> Result<String> {
    Ok(prettyplease::unparse(&syn::parse_file(text)?))
}

fn count(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}
