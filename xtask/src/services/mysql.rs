//! MySQL, which only Debian unstable has.

use std::fs;
use std::path::Path;

use super::apt;
use super::command::{Call, version};
use super::mariadb::{rights, settings, url};
use super::service::Service;
use super::site::{Launch, Site};
use crate::Result;

/// The settings of a small server. Nothing reads a binary log, so there is none. Debian's default folder for files does
/// not exist here. The performance schema is on because it lists the sessions; its instruments are off.
const SETTINGS: [&str; 6] = [
    "--innodb-redo-log-capacity=16M",
    "--mysqlx=OFF",
    "--skip-log-bin",
    "--secure-file-priv=",
    "--performance-schema=ON",
    "--performance-schema-instrument=%=OFF",
];

/// Creates the data of the server.
pub(super) fn create(site: &Site, service: Service, port: u16) -> Result<Launch> {
    let root = apt::unpacked(&site.root, "mysql-server-core", &["usr/sbin/mysqld"])?;
    let server = root.join("usr/sbin/mysqld");
    let version = version(&server)?;
    let template = site.template(&format!("mysql-{version}"), |part| initialise(site, &root, part))?;
    site.make_data(service, Some(&template))?;
    let mut command = vec![server.display().to_string()];
    command.extend(settings(&site.root, &site.data(service), port));
    command.extend(SETTINGS.map(str::to_owned));
    command.push(format!("--basedir={}", root.join("usr").display()));
    Ok(Launch { version, url: url("mysql", port), command, env: Vec::new() })
}

fn initialise(site: &Site, root: &Path, data: &Path) -> Result<()> {
    let sql = site.root.join("templates/mysql.sql");
    fs::write(&sql, rights())?;
    let paths = [("basedir", root.join("usr")), ("datadir", data.to_path_buf()), ("init-file", sql)];
    // A larger redo log than later: with a small one, the initialisation waits for checkpoints.
    Call::as_user(&root.join("usr/sbin/mysqld"))
        .args(["--no-defaults", "--initialize-insecure", "--performance-schema=OFF", "--innodb-redo-log-capacity=64M"])
        .args(paths.map(|(name, path)| format!("--{name}={}", path.display())))
        .run()
        .map(drop)
}
