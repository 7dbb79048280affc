//! The tables that a transaction changes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::end::AfterEnd;
use super::level::Level;
use crate::connection::Descriptions;

impl Level {
    /// Whether a statement in the transaction can have changed tables.
    pub(crate) fn has_own_tables(&self) -> bool {
        self.levels().last().is_some_and(|outermost| outermost.own_tables.load(Ordering::Relaxed))
    }

    /// What is known of the tables in a transaction that changed some of them.
    #[inline]
    pub(crate) fn own_descriptions(&self) -> Option<&Descriptions> {
        let outermost = self.levels().last()?;
        outermost.own_tables.load(Ordering::Relaxed).then_some(&outermost.own_descriptions)
    }

    /// Forgets the descriptions of tables, now and when the transaction ends: others see the changes after the COMMIT.
    pub(crate) fn tables_changed(&self) {
        self.endpoint().descriptions().forget();
        if let Some(own) = self.own_descriptions() {
            own.forget();
        }
        let is_first = |outermost: &Self| !outermost.own_tables.swap(true, Ordering::Relaxed);
        if self.levels().last().is_some_and(is_first) {
            let endpoint = Arc::clone(self.endpoint());
            self.after_end(AfterEnd::new(move |_| {
                endpoint.descriptions().forget();
                Box::pin(std::future::ready(Ok(())))
            }));
        }
    }

    /// Forgets the descriptions of tables that a savepoint has changed.
    pub(super) fn tables_undone(&self) {
        if let Some(own) = self.own_descriptions() {
            own.forget();
        }
    }
}
