//! The tables that a transaction changes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::end::AfterEnd;
use super::level::Level;

impl Level {
    /// Whether a statement in the transaction can have changed tables.
    pub(crate) fn has_own_tables(&self) -> bool {
        self.levels().last().is_some_and(|outermost| outermost.own_tables.load(Ordering::Relaxed))
    }

    /// Forgets the descriptions of tables, now and when the transaction ends: others see the changes after the COMMIT.
    pub(crate) fn tables_changed(&self) {
        self.endpoint().descriptions().forget();
        let is_first = |outermost: &Self| !outermost.own_tables.swap(true, Ordering::Relaxed);
        if self.levels().last().is_some_and(is_first) {
            let endpoint = Arc::clone(self.endpoint());
            self.after_end(AfterEnd::new(move |_| {
                endpoint.descriptions().forget();
                Box::pin(std::future::ready(Ok(())))
            }));
        }
    }
}
