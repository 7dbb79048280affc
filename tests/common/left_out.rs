//! Which servers a run leaves out.

/// Whether `cargo xtask test --without` leaves this server out, and says so in its summary.
pub(crate) fn is_left_out(server: &str) -> bool {
    let left_out = std::env::var("ACTIVERECORD_WITHOUT").unwrap_or_default();
    left_out.split(',').any(|name| name == server)
}
