//! The words of the attributes.

pub(crate) const ACTIVERECORD: &str = "activerecord";
pub(crate) const COLUMN: &str = "column";
pub(crate) const CONNECTION: &str = "connection";
pub(crate) const CREATED_AT: &str = "created_at";
pub(crate) const HOOKS: &str = "hooks";
pub(crate) const MODEL: &str = "model";
pub(crate) const PRIMARY_KEY: &str = "primary_key";
pub(crate) const SCOPE_REQUIRED: &str = "scope_required";
pub(crate) const SKIP: &str = "skip";
pub(crate) const SOFT_DELETE: &str = "soft_delete";
pub(crate) const TABLE: &str = "table";
pub(crate) const UPDATED_AT: &str = "updated_at";
pub(crate) const VALUE: &str = "value";
pub(crate) const VERSION: &str = "version";

/// The words that belong on a struct.
pub(crate) const ON_STRUCT: [&str; 5] = [ACTIVERECORD, CONNECTION, TABLE, HOOKS, SCOPE_REQUIRED];

/// The words that belong on a field.
pub(crate) const ON_FIELD: [&str; 7] = [PRIMARY_KEY, COLUMN, CREATED_AT, UPDATED_AT, VERSION, SOFT_DELETE, SKIP];
