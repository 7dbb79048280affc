//! A private certificate authority, and one certificate for all servers.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::{Call, give};
use crate::Result;

const EXTENSIONS: &str = "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n";

/// Returns the file of the certificate authority, with which clients check the certificate.
pub(super) fn authority(root: &Path) -> PathBuf {
    root.join("tls/ca.pem")
}

pub(super) fn certificate(root: &Path) -> PathBuf {
    root.join("tls/server.pem")
}

pub(super) fn key(root: &Path) -> PathBuf {
    root.join("tls/server.key")
}

/// Creates the files, if they do not exist.
pub(super) fn prepare(root: &Path) -> Result<()> {
    if authority(root).exists() {
        return Ok(());
    }
    let folder = root.join("tls");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("extensions"), EXTENSIONS)?;
    openssl(
        &folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=activerecord-tests -keyout ca.key -out ca.part",
    )?;
    openssl(
        &folder,
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
    )?;
    openssl(
        &folder,
        "x509 -req -in server.csr -CA ca.part -CAkey ca.key -CAcreateserial -days 3650 -extfile extensions -out server.pem",
    )?;
    give(&key(root))?;
    // Last, because this file shows that all exist.
    Ok(fs::rename(folder.join("ca.part"), authority(root))?)
}

fn openssl(folder: &Path, args: &str) -> Result<()> {
    Call::new("openssl").args(args.split(' ')).current_dir(folder).run().map(drop)
}
