//! A session that only listens.

use activerecord_core::Result;
use activerecord_core::backend::{BoxFuture, Notifications};
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::runtime::Handle;

use crate::config::Settings;
use crate::error;

/// What is sent on a channel. The driver hands notifications out by its listener alone, which takes a pool: one of its own, of
/// this one session.
pub(crate) struct PostgresListener {
    /// None only while it is dropped.
    driver: Option<PgListener>,
    /// Where the driver's farewell runs, wherever this is dropped.
    runtime: Handle,
}

impl PostgresListener {
    /// # Errors
    /// Those of a connection that cannot be made.
    pub(crate) async fn open(settings: &Settings, channel: &str) -> Result<Self> {
        let alone = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = alone.acquire_timeout(settings.connect_timeout).connect_lazy_with(settings.driver.clone());
        let mut driver = PgListener::connect_with(&pool).await.map_err(error::at_connect)?;
        driver.eager_reconnect(false);
        driver.ignore_pool_close_event(true);
        driver.listen(channel).await.map_err(error::at_connect)?;
        Ok(Self { driver: Some(driver), runtime: Handle::current() })
    }
}

impl Notifications for PostgresListener {
    fn next(&mut self) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move {
            let gone = || error::lost(&"it has closed the session that listens");
            // After a loss it is not asked again, because it would connect anew without a word.
            let driver = self.driver.as_mut().ok_or_else(gone)?;
            let received = driver.try_recv().await.map_err(error::from_driver);
            let received = received.and_then(|notification| notification.ok_or_else(gone));
            if received.is_err() {
                self.part();
            }
            Ok(received?.payload().to_owned())
        })
    }
}

impl PostgresListener {
    fn part(&mut self) {
        let _inside = self.runtime.enter();
        drop(self.driver.take());
    }
}

impl Drop for PostgresListener {
    fn drop(&mut self) {
        self.part();
    }
}
