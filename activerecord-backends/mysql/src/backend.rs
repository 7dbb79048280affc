//! One server.

use std::sync::Arc;

use activerecord_core::backend::Backend;
use activerecord_core::{Config, Error, Result};

pub(crate) fn open(_: &Config) -> Result<Arc<dyn Backend>> {
    Err(Error::unsupported("the MySQL and MariaDB backend is being written"))
}
