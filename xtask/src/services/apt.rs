//! Installs missing Debian packages, and unpacks packages of Debian unstable.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::{Call, find, user};
use crate::Result;

/// Installing a package starts its server. The policy file prevents that during the installation, unless the machine
/// has its own policy. `--no-install-recommends` leaves out mail servers and documentation.
const INSTALL: &str = r#"
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends "$@"
"#;

/// Runs a program of another Debian release with the loader and the libraries of that release, without a chroot.
const WRAPPER: &str = r#"#!/bin/sh
exec LOADER --library-path LIBRARIES --argv0 "$0" "$0.elf" "$@"
"#;

/// Installs the packages, as root or with `sudo`.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let all = packages.join(" ");
    if find("apt-get").is_none() {
        return Err(
            format!("{all}: not installed, and this machine has no apt-get; use compose.yaml with Docker").into()
        );
    }
    println!("installing {all}");
    let root = if user().is_some() { Call::new("sh") } else { Call::new("sudo").args(["--non-interactive", "sh"]) };
    let done = root.args(["-c", INSTALL, "sh"]).args(packages).run();
    done.map(drop).map_err(|error| format!("cannot install {all}: {error}").into())
}

/// Returns a folder with a package of Debian unstable and all its dependencies, including the C library. They are
/// unpacked, not installed. Makes `programs` (paths in the folder) run from there.
pub(super) fn unpacked(root: &Path, package: &str, programs: &[&str]) -> Result<PathBuf> {
    let folder = root.join("unstable").join(package);
    if folder.exists() {
        return Ok(folder);
    }
    println!("downloading {package} from Debian unstable");
    let (apt, part) = (root.join("unstable/apt").join(package), folder.with_extension("part"));
    for folder in [&apt, &part] {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder)?;
    }
    for archive in download(&apt, package)? {
        Call::new("dpkg").args([Path::new("--extract"), &archive, &part]).run()?;
    }
    fs::remove_dir_all(&apt)?;
    // The wrappers contain the final path of the folder.
    programs.iter().try_for_each(|program| wrap(&part, &folder, program))?;
    fs::rename(part, &folder)?;
    Ok(folder)
}

/// Downloads the package and all its dependencies, and returns the archives. Uses a separate state of apt, with only
/// unstable as its source and with no installed packages.
fn download(apt: &Path, package: &str) -> Result<Vec<PathBuf>> {
    let archives = apt.join("cache/archives");
    for folder in [apt.join("state/lists/partial"), archives.join("partial")] {
        fs::create_dir_all(folder)?;
    }
    fs::write(apt.join("status"), "")?;
    fs::write(apt.join("sources.list"), unstable_source(apt)?)?;
    let at = |name, path| directory(apt, name, path);
    let options = [
        at("State", "state"),
        at("State::status", "status"),
        at("Cache", "cache"),
        at("Etc::sourcelist", "sources.list"),
        "--option=Dir::Etc::sourceparts=/dev/null".to_owned(),
        "--option=Dir::Etc::preferencesparts=/dev/null".to_owned(),
        "--option=APT::Default-Release=".to_owned(),
        "--option=APT::Sandbox::User=".to_owned(),
        "--option=Acquire::Languages=none".to_owned(),
    ];
    Call::new("apt-get").args(&options).args(["update"]).run()?;
    let install = ["install", "--yes", "--download-only", "--no-install-recommends", package];
    Call::new("apt-get").args(&options).args(install).run()?;
    let files = fs::read_dir(archives)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    Ok(files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "deb")).collect())
}

/// Returns the option that moves a directory of apt below `apt`.
fn directory(apt: &Path, name: &str, path: &str) -> String {
    format!("--option=Dir::{name}={}", apt.join(path).display())
}

/// Returns the source line for unstable, with the mirror and the keys that this machine uses for Debian.
fn unstable_source(apt: &Path) -> Result<String> {
    let mirror = mirror(&[])?.map_or_else(|| updated_mirror(apt), Ok)?;
    let signed = keyring(&sources(), &mirror).map(|keyring| format!("[signed-by={keyring}] ")).unwrap_or_default();
    Ok(format!("deb {signed}{mirror} unstable main\n"))
}

/// Downloads the package lists, and returns the mirror. For a machine without lists.
fn updated_mirror(apt: &Path) -> Result<String> {
    fs::create_dir_all(apt.join("machine/lists/partial"))?;
    let options = [directory(apt, "State::lists", "machine/lists"), directory(apt, "Cache", "cache")];
    Call::new("apt-get").args(&options).args(["update"]).run()?;
    mirror(&options)?.ok_or_else(|| "the sources of apt on this machine have no mirror of Debian".into())
}

/// Returns the mirror of Debian in the package lists.
fn mirror(options: &[String]) -> Result<Option<String>> {
    let targets = ["indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)", "Created-By: Packages"];
    let printed = Call::new("apt-get").args(options).args(targets).run()?;
    Ok(printed.lines().find_map(|line| line.strip_prefix("Debian|Debian|main|")).map(str::to_owned))
}

/// Reads all files with sources of apt, in both formats.
fn sources() -> Vec<String> {
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path());
    let enabled = |file: &PathBuf| file.extension().is_some_and(|end| end == "list" || end == "sources");
    let files = parts.filter(enabled).chain(["/etc/apt/sources.list".into()]);
    files.filter_map(|file| fs::read_to_string(file).ok()).collect()
}

/// Returns the keyring that a source has for the mirror. Without one, apt accepts all trusted keys.
fn keyring(sources: &[String], mirror: &str) -> Option<String> {
    let text = sources.iter().find(|text| text.contains(mirror.trim_end_matches('/')))?;
    let after = text.split_once("Signed-By:").or_else(|| text.split_once("signed-by="))?.1;
    let end = after.trim_start().split(|c: char| c.is_whitespace() || c == ']').next()?;
    end.starts_with('/').then(|| end.to_owned())
}

/// Renames a program, and writes a script with its name that runs it.
fn wrap(part: &Path, folder: &Path, program: &str) -> Result<()> {
    let loader = loader(part)?;
    let at = |path: &Path| quote(&folder.join(path.strip_prefix(part)?));
    let libraries = loader.parent().unwrap_or(part);
    let script = WRAPPER.replace("LOADER", &at(&loader)?).replace("LIBRARIES", &at(libraries)?);
    let file = part.join(program);
    fs::rename(&file, part.join(format!("{program}.elf")))?;
    fs::write(&file, script)?;
    Call::new("chmod").args([Path::new("755"), &file]).run().map(drop)
}

/// Returns the path of the dynamic loader, which is in the folder of the libraries, for example
/// `usr/lib/x86_64-linux-gnu`.
fn loader(root: &Path) -> Result<PathBuf> {
    let folders = fs::read_dir(root.join("usr/lib"))?.flatten().map(|entry| entry.path());
    let mut files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let loader = files.find(|file| file.file_name().to_string_lossy().starts_with("ld-linux"));
    loader.map(|file| file.path()).ok_or_else(|| "the unpacked packages have no dynamic loader".into())
}

fn quote(path: &Path) -> Result<String> {
    Ok(shlex::try_quote(&path.to_string_lossy())?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyring_is_that_of_the_mirror() {
        let sources = [
            "deb [signed-by=/keys/other.gpg] https://other.example stable main".to_owned(),
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: stable\nSigned-By: /keys/debian.gpg\n".to_owned(),
            "deb [arch=amd64 signed-by=/keys/one-line.gpg] http://line.example/debian stable main".to_owned(),
            "deb http://plain.example/debian stable main".to_owned(),
        ];
        let keyring = |mirror| keyring(&sources, mirror);
        assert_eq!(keyring("http://mirror.example/debian/").as_deref(), Some("/keys/debian.gpg"));
        assert_eq!(keyring("http://line.example/debian/").as_deref(), Some("/keys/one-line.gpg"));
        assert_eq!(keyring("http://plain.example/debian/"), None);
        assert_eq!(keyring("http://unknown.example/"), None);
    }
}
