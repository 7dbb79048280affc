//! PostgreSQL servers, and a streaming replica of the first one.

use std::fs;
use std::path::{Path, PathBuf};

use super::apt;
use super::command::{Call, version};
use super::service::Service;
use super::site::{Launch, Site};
use super::state::Server;
use super::tls;
use super::{PASSWORD, USER};
use crate::Result;

/// The settings of a small server. It is durable by default (`fsync` is on). The kept log lets a replica continue after
/// it was down.
const SETTINGS: [&str; 13] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "max_prepared_transactions=64",
    "wal_level=replica",
    "wal_keep_size=256MB",
    "wal_retrieve_retry_interval=500ms",
    "min_wal_size=32MB",
    "max_wal_size=256MB",
    "shared_buffers=32MB",
    "hot_standby_feedback=on",
    "timezone=UTC",
    "ssl=on",
];

/// Who can connect: with and without TLS, always with a password.
const ACCESS: &str = "\
hostssl all         all 127.0.0.1/32 scram-sha-256
host    all         all 127.0.0.1/32 scram-sha-256
host    replication all 127.0.0.1/32 scram-sha-256
";

/// Whether the machine has the requested version.
pub(super) fn is_installed(requested: Option<u32>) -> bool {
    installed(requested).is_some()
}

/// Creates the data of a server. A replica gets a copy of the data of its primary.
pub(super) fn create(site: &Site, service: Service, port: u16, primary: Option<&Server>) -> Result<Launch> {
    let programs = programs(site)?;
    let server = programs.join("postgres");
    let version = version(&server)?;
    match primary {
        Some(primary) => copy_primary(site, service, &programs, primary.port)?,
        None => {
            let template = site.template(&format!("postgres-{version}"), |part| initialise(site, &programs, part))?;
            site.make_data(service, Some(&template))?;
        }
    }
    let paths = [("ssl_cert_file", tls::certificate(&site.root)), ("ssl_key_file", tls::key(&site.root))];
    let paths = paths.map(|(name, path)| format!("{name}={}", path.display()));
    let settings = SETTINGS.map(str::to_owned).into_iter().chain(paths).chain([format!("port={port}")]);
    let mut command = vec![server.display().to_string(), "-D".to_owned(), site.data(service).display().to_string()];
    command.extend(settings.flat_map(|setting| ["-c".to_owned(), setting]));
    let url = format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{port}/{USER}");
    Ok(Launch { version, url, command, env: Vec::new() })
}

/// Returns the folder of the programs. If the machine does not have the version, it is unpacked from unstable.
fn programs(site: &Site) -> Result<PathBuf> {
    if let Some(folder) = installed(site.postgres) {
        return Ok(folder);
    }
    let Some(major) = site.postgres else { return Err("the program initdb of PostgreSQL was not found".into()) };
    let folder = format!("usr/lib/postgresql/{major}/bin");
    let programs = ["postgres", "initdb", "pg_basebackup"].map(|program| format!("{folder}/{program}"));
    let root = apt::unpacked(&site.root, &format!("postgresql-{major}"), &programs.each_ref().map(String::as_str))?;
    Ok(root.join(folder))
}

/// Returns the folder of an installed version: the requested one, or the highest one. Debian has a folder for each
/// major version.
fn installed(requested: Option<u32>) -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = folders.filter_map(|folder| Some((folder.file_name().to_str()?.parse().ok()?, folder.path())));
    let bins = versions.map(|(major, folder): (u32, _)| (major, folder.join("bin")));
    let found = bins
        .filter(|(major, bin)| requested.is_none_or(|requested| requested == *major) && bin.join("initdb").exists());
    found.max().map(|(_, bin)| bin)
}

fn initialise(site: &Site, programs: &Path, data: &Path) -> Result<()> {
    let password = site.root.join("templates/password");
    fs::write(&password, PASSWORD)?;
    let data = data.display().to_string();
    // Without a sync: the first checkpoint of the server writes everything to the disk.
    Call::as_user(&programs.join("initdb"))
        .args(["--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
        .args(["--wal-segsize=4", &format!("--pwfile={}", password.display()), "--pgdata", &data])
        .run()?;
    fs::write(Path::new(&data).join("pg_hba.conf"), ACCESS)?;
    let sql = site.root.join("templates/postgres.sql");
    fs::write(&sql, format!("CREATE DATABASE {USER};\n"))?;
    let single = ["--single", "-D", &data, "postgres"];
    Call::as_user(&programs.join("postgres")).args(single).stdin(&sql)?.run().map(drop)
}

fn copy_primary(site: &Site, service: Service, programs: &Path, port: u16) -> Result<()> {
    site.make_data(service, None)?;
    let primary = format!("host=127.0.0.1 port={port} user={USER} password={PASSWORD} application_name={service}");
    Call::as_user(&programs.join("pg_basebackup"))
        .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", &primary, "--pgdata"])
        .args([site.data(service)])
        .run()
        .map(drop)
}
