//! Hooks: their order, and the effect of their errors.

mod ends;
mod failing;
mod finding;
mod journal;
mod mutual;
mod order;

use activerecord::prelude::*;
use chrono::{DateTime, Utc};

use journal::note;

/// A model whose hooks write to the journal.
#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
#[hooks]
struct Gate {
    id: i64,
    name: String,
    open: bool,
    #[created_at]
    created_at: DateTime<Utc>,
    #[updated_at]
    updated_at: DateTime<Utc>,
    #[version]
    version: i32,
    #[skip]
    found: u32,
}

impl Gate {
    fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

impl Hooks for Gate {
    fn validate(&self) -> Result<()> {
        note("validate")?;
        if self.name.is_empty() { Err(Error::invalid("a gate needs a name")) } else { Ok(()) }
    }

    async fn before_validate(&mut self) -> Result<()> {
        note("before_validate")
    }

    async fn after_validate(&mut self) -> Result<()> {
        note("after_validate")
    }

    async fn before_save(&mut self) -> Result<()> {
        self.name = self.name.trim().to_owned();
        note("before_save")
    }

    async fn before_create(&mut self) -> Result<()> {
        note("before_create")
    }

    async fn before_update(&mut self) -> Result<()> {
        note("before_update")
    }

    async fn before_destroy(&mut self) -> Result<()> {
        note("before_destroy")
    }

    async fn after_create(&self) -> Result<()> {
        note("after_create")
    }

    async fn after_update(&self) -> Result<()> {
        note("after_update")
    }

    async fn after_save(&self, change: &Change) -> Result<()> {
        note(&format!("after_save {:?}", change.kind()))
    }

    async fn after_destroy(&self) -> Result<()> {
        note("after_destroy")
    }

    async fn after_find(&mut self) -> Result<()> {
        self.found += 1;
        note("after_find")
    }

    async fn after_commit(&self, change: &Change) -> Result<()> {
        note(&format!("after_commit {:?}", change.kind()))
    }

    async fn after_rollback(&self, change: &Change) -> Result<()> {
        note(&format!("after_rollback {:?}", change.kind()))
    }
}

async fn database() -> test_support::Database {
    test_support::Database::new([
        "gates (id ID, name STRING NOT NULL UNIQUE, open BOOL NOT NULL, created_at TIMESTAMP NOT NULL,
             updated_at TIMESTAMP NOT NULL, version I32 NOT NULL)",
    ])
    .await
}
