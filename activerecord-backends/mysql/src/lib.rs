//! The MySQL and MariaDB backend of `activerecord`.

mod backend;

use activerecord_core::MYSQL;
use activerecord_core::backend::BackendFactory;

inventory::submit! { BackendFactory { dialect: &MYSQL, schemes: &["mysql", "mariadb"], open: backend::open } }
