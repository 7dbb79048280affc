//! Logins in GRANT.

/// How GRANT names a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logins {
    /// The database has no logins.
    None,
    /// By a name.
    Name,
    /// By a name and the host that it connects from, as texts.
    NameAtHost,
}
