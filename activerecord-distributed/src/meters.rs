//! What gauges are set to.

/// A count, as a gauge takes it.
pub(crate) fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
