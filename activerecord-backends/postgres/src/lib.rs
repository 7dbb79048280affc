//! The PostgreSQL backend of `activerecord`.

mod backend;

use activerecord_core::POSTGRESQL;
use activerecord_core::backend::BackendFactory;

inventory::submit! { BackendFactory { dialect: &POSTGRESQL, schemes: &["postgres", "postgresql"], open: backend::open } }
