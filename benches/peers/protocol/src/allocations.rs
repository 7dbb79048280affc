//! The number of heap allocations, if they are counted.

/// Returns how many blocks all threads have allocated or reallocated so far.
#[cfg(feature = "allocations")]
pub(crate) fn count() -> u64 {
    let stats = stats_alloc::INSTRUMENTED_SYSTEM.stats();
    (stats.allocations + stats.reallocations) as u64
}

/// Returns 0: counting would cost time.
#[cfg(not(feature = "allocations"))]
pub(crate) fn count() -> u64 {
    0
}

#[cfg(feature = "allocations")]
#[global_allocator]
static COUNTING: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;
