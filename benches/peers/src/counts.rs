//! Counts per operation, as the difference between many and few operations.

use protocol::Workload;

use crate::Result;
use crate::build::Built;

/// The numbers of operations of the two runs.
pub const OPERATIONS: [u64; 2] = [100, 600];

/// The counts of one workload.
#[derive(Debug)]
pub struct Counted {
    /// The workload.
    pub workload: Workload,
    /// Each contestant's name and its count.
    pub contestants: Vec<(&'static str, f64)>,
}

/// Counts for every contestant and workload.
pub fn all(
    programs: &[Built],
    workloads: &[Workload],
    count: impl Fn(&Built, Workload) -> Result<f64>,
) -> Result<Vec<Counted>> {
    let mut counted = Vec::new();
    for workload in workloads {
        eprintln!("counting {workload}");
        let count = |built: &Built| Ok((built.entry.name, count(built, *workload)?));
        counted.push(Counted { workload: *workload, contestants: programs.iter().map(count).collect::<Result<_>>()? });
    }
    Ok(counted)
}

/// The count of one operation. Work that is done once per run cancels out.
pub fn per_operation([few, many]: [u64; 2]) -> f64 {
    let [least, most] = OPERATIONS;
    (many as f64 - few as f64) / (most - least) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_once_falls_away() {
        let [least, most] = OPERATIONS;
        assert_eq!(per_operation([1_000_000 + 7 * least, 1_000_000 + 7 * most]), 7.0);
    }
}
