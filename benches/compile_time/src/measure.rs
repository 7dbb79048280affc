//! Measures the duration of `cargo check`.

use crate::contestant::{Crate, Variant};
use crate::statistics::Quartiles;
use crate::{Result, cargo};

/// The measurements of one variant of the crates, with or without incremental compilation.
#[derive(Debug)]
pub struct Measured {
    /// The compiled variant.
    pub variant: Variant,
    /// Whether incremental compilation was on.
    pub incremental: bool,
    /// The seconds of each round, in the order of the crates.
    pub seconds: Vec<Vec<f64>>,
}

impl Measured {
    /// The quartiles of one crate's seconds.
    pub fn quartiles(&self, of: usize) -> Quartiles {
        Quartiles::of(self.of(of).iter().copied())
    }

    /// The quartiles of one crate's seconds as multiples of the first one's in the same round.
    pub fn ratios(&self, of: usize) -> Quartiles {
        Quartiles::of_ratios(self.of(of), self.of(0))
    }

    /// One crate's seconds in each round.
    pub fn of(&self, of: usize) -> &[f64] {
        self.seconds.get(of).map_or(&[], Vec::as_slice)
    }
}

/// Measures every variant, first without and then with incremental compilation.
pub fn all(crates: &[Crate], rounds: usize) -> Result<Vec<Measured>> {
    let mut all = Vec::new();
    for incremental in [false, true] {
        for variant in Variant::ALL {
            all.push(measure(crates, variant, incremental, rounds)?);
        }
    }
    Ok(all)
}

/// Each round changes a constant in each crate and checks the crate. A first round, which is not counted, builds the
/// dependencies.
fn measure(crates: &[Crate], variant: Variant, incremental: bool, rounds: usize) -> Result<Measured> {
    eprintln!("checking {}{}", variant.title(), if incremental { ", incrementally" } else { "" });
    for of in crates {
        cargo::check(of, variant, incremental)?;
    }
    let mut seconds = vec![Vec::new(); crates.len()];
    for round in 1..=rounds {
        for (of, seconds) in crates.iter().zip(&mut seconds) {
            of.change(round)?;
            seconds.push(cargo::check(of, variant, incremental)?.as_secs_f64());
        }
    }
    Ok(Measured { variant, incremental, seconds })
}
