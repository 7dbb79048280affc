//! One server.

use std::sync::Arc;

use activerecord_core::backend::Backend;
use activerecord_core::{Config, Error, Result};

pub(crate) fn open(_: &Config) -> Result<Arc<dyn Backend>> {
    Err(Error::unsupported("the PostgreSQL backend is being written"))
}
