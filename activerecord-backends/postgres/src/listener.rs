//! A session that only listens for notifications.

use activerecord_core::Result;
use activerecord_core::backend::{BoxFuture, Notifications};
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::runtime::Handle;

use crate::config::Settings;
use crate::error;

/// The length of a name in bytes.
const LONGEST_NAME: usize = 63;

/// The notifications of a channel. The driver's listener requires a pool, so it gets a separate one with this one session.
pub(crate) struct PostgresListener {
    /// `None` after the session was lost, or while this is dropped.
    driver: Option<PgListener>,
    /// The driver closes the session on this runtime, wherever this is dropped.
    runtime: Handle,
}

impl PostgresListener {
    /// Opens a session that listens on a channel.
    ///
    /// # Errors
    /// `InvalidStatement` for a channel with a longer name than the server has; those of a connection that fails to open.
    pub(crate) async fn open(settings: &Settings, channel: &str) -> Result<Self> {
        // LISTEN would silently shorten the name, and nothing would arrive.
        if channel.len() > LONGEST_NAME {
            return Err(error::long_channel(channel.len()));
        }
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
            let gone = || error::lost(&"it closed the session that listens");
            // After a loss the driver is dropped, because it would silently reconnect and miss notifications.
            let driver = self.driver.as_mut().ok_or_else(gone)?;
            let received = driver.try_recv().await.map_err(error::from_driver);
            let received = received.and_then(|notification| notification.ok_or_else(gone));
            if received.is_err() {
                self.close();
            }
            Ok(received?.payload().to_owned())
        })
    }
}

impl PostgresListener {
    fn close(&mut self) {
        let _guard = self.runtime.enter();
        drop(self.driver.take());
    }
}

impl Drop for PostgresListener {
    fn drop(&mut self) {
        self.close();
    }
}
