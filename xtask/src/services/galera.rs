//! A node of a Galera cluster: a MariaDB server whose cluster has no other node.

use std::path::Path;

use super::mariadb;
use super::probe::free_port;
use super::service::Service;
use super::site::{Launch, Site};
use crate::Result;

/// Returns the path of the library with the replication, of Debian's package `galera-4`.
pub(super) fn provider() -> &'static Path {
    Path::new("/usr/lib/galera/libgalera_smm.so")
}

/// Creates the data of the node.
pub(super) fn create(site: &Site, service: Service, port: u16) -> Result<Launch> {
    let mut launch = mariadb::create(site, service, port, None)?;
    // The cache for other nodes has 128 MB by default.
    let options = format!("gcache.size=1M;gmcast.listen_addr=tcp://127.0.0.1:{}", free_port());
    launch.command.extend([
        "--wsrep-on=ON".to_owned(),
        format!("--wsrep-provider={}", provider().display()),
        format!("--wsrep-provider-options={options}"),
        "--wsrep-new-cluster".to_owned(),
        "--wsrep-cluster-address=gcomm://".to_owned(),
        "--wsrep-node-address=127.0.0.1".to_owned(),
        "--innodb-autoinc-lock-mode=2".to_owned(),
    ]);
    Ok(launch)
}
