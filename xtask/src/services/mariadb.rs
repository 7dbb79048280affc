//! MariaDB servers, and a replica of the first one. Also the settings that MySQL shares.

use std::fs;
use std::path::Path;

use super::command::{Call, find, version};
use super::service::Service;
use super::site::{Launch, Site};
use super::state::Server;
use super::tls;
use super::{PASSWORD, USER};
use crate::Result;

/// The settings of a small server. It is durable by default.
const SETTINGS: [&str; 6] = [
    "--innodb-log-file-size=16M",
    "--aria-pagecache-buffer-size=1M",
    "--character-set-server=utf8mb4",
    "--binlog-format=ROW",
    "--sync-binlog=1",
    "--gtid-strict-mode=ON",
];

/// Creates the data of a server. A replica starts with the same template as its primary, and reads all changes from the
/// log of the primary.
pub(super) fn create(site: &Site, service: Service, port: u16, primary: Option<&Server>) -> Result<Launch> {
    let Some(server) = find("mariadbd") else { return Err("the program mariadbd was not found".into()) };
    let version = version(&server)?;
    let template = site.template(&format!("mariadb-{version}"), |part| initialise(site, part))?;
    site.make_data(service, Some(&template))?;
    let mut command = vec![server.display().to_string()];
    command.extend(settings(&site.root, &site.data(service), port));
    command.extend(SETTINGS.map(str::to_owned));
    command.push(format!("--server-id={port}"));
    match primary {
        Some(primary) => command.extend(follow(&site.folder(service), primary.port)?),
        None => command.push("--log-bin=binlog".to_owned()),
    }
    Ok(Launch { version, url: url("mariadb", port), command, env: Vec::new() })
}

/// Returns the settings that MariaDB and MySQL share. The socket has a relative path, because an absolute path can be
/// too long. The working folder of a server is its data folder. Each server has its own folder for temporary tables,
/// because a starting server deletes all `#sql` files there.
pub(super) fn settings(root: &Path, data: &Path, port: u16) -> Vec<String> {
    let paths = [
        ("datadir", data.to_path_buf()),
        ("tmpdir", data.with_file_name("tmp")),
        ("ssl-ca", tls::authority(root)),
        ("ssl-cert", tls::certificate(root)),
        ("ssl-key", tls::key(root)),
    ];
    let paths = paths.map(|(name, path)| format!("--{name}={}", path.display()));
    let small = ["--innodb-buffer-pool-size=32M", "--performance-schema=OFF", "--max-connections=400"];
    let local = ["--bind-address=127.0.0.1", "--socket=socket", "--skip-name-resolve", "--max-connect-errors=1000000"];
    let options = small.into_iter().chain(local).map(str::to_owned);
    ["--no-defaults".to_owned(), format!("--port={port}")].into_iter().chain(paths).chain(options).collect()
}

/// Returns the SQL that creates the user with all rights, and the database.
pub(super) fn rights() -> String {
    format!(
        "CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n\
         GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n\
         CREATE DATABASE {USER} CHARACTER SET utf8mb4;\n"
    )
}

pub(super) fn url(scheme: &str, port: u16) -> String {
    format!("{scheme}://{USER}:{PASSWORD}@127.0.0.1:{port}/{USER}")
}

fn initialise(site: &Site, data: &Path) -> Result<()> {
    let Some(program) = find("mariadb-install-db") else {
        return Err("the program mariadb-install-db was not found".into());
    };
    let sql = site.root.join("templates/mariadb.sql");
    fs::write(&sql, format!("FLUSH PRIVILEGES;\n{}", rights()))?;
    let paths = [format!("--datadir={}", data.display()), format!("--extra-file={}", sql.display())];
    Call::as_user(&program)
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"])
        .args(["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M"])
        .args(paths)
        .run()
        .map(drop)
}

/// Returns the options of a replica of `primary`. It is read-only also for the user of the tests, which has all other
/// rights. Every start sets the primary again.
fn follow(folder: &Path, primary: u16) -> Result<Vec<String>> {
    let sql = format!(
        "REVOKE READ ONLY ADMIN ON *.* FROM '{USER}'@'%';\n\
         STOP SLAVE;\n\
         CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={primary}, MASTER_USER='{USER}', \
         MASTER_PASSWORD='{PASSWORD}', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1;\n\
         START SLAVE;\n"
    );
    let file = folder.join("follow.sql");
    fs::write(&file, sql)?;
    let options = ["--read-only=ON", "--relay-log=relay"].map(str::to_owned);
    Ok(options.into_iter().chain([format!("--init-file={}", file.display())]).collect())
}
