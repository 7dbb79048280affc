//! How often the heap was asked for memory, where that is counted.

/// How many blocks were allocated or moved so far, by any thread.
#[cfg(feature = "allocations")]
pub(crate) fn count() -> u64 {
    let stats = stats_alloc::INSTRUMENTED_SYSTEM.stats();
    (stats.allocations + stats.reallocations) as u64
}

/// Nothing is counted: that would take time.
#[cfg(not(feature = "allocations"))]
pub(crate) fn count() -> u64 {
    0
}

#[cfg(feature = "allocations")]
#[global_allocator]
static COUNTING: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;
