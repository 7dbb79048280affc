//! The names of the attributes, and where each may stand.

pub(crate) const ACTIVERECORD: &str = "activerecord";
pub(crate) const ALIAS: &str = "alias";
pub(crate) const COLUMN: &str = "column";
pub(crate) const CONNECTION: &str = "connection";
pub(crate) const CREATED_AT: &str = "created_at";
pub(crate) const FLATTEN: &str = "flatten";
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

/// On the struct of a model.
pub(crate) const ON_STRUCT: [&str; 5] = [ACTIVERECORD, CONNECTION, TABLE, HOOKS, SCOPE_REQUIRED];

/// On a field of a model.
pub(crate) const ON_FIELD: [&str; 8] =
    [PRIMARY_KEY, COLUMN, CREATED_AT, UPDATED_AT, VERSION, SOFT_DELETE, SKIP, FLATTEN];

/// Attributes of a field that give its column a role. A model has at most one of each.
pub(crate) const ROLES: [&str; 4] = [CREATED_AT, UPDATED_AT, VERSION, SOFT_DELETE];
