//! Debian packages: those that a program is missing from, and those that only unstable has.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::{Call, find, user};
use crate::Result;

/// Packages start their servers when they are installed. Ours must not: the policy, where the machine has none, says no
/// while this runs. `--no-install-recommends` keeps mail servers and documentation away.
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

/// Runs a program of another Debian: its own loader finds it its own libraries, and needs no chroot for it.
const WRAPPER: &str = r#"#!/bin/sh
exec LOADER --library-path LIBRARIES --argv0 "$0" "$0.elf" "$@"
"#;

/// Installs the packages, as root or by sudo.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let all = packages.join(" ");
    if find("apt-get").is_none() {
        return Err(format!("{all}: not installed, and there is no apt-get; see compose.yaml for Docker").into());
    }
    println!("installing {all}");
    let root = if user().is_some() { Call::new("sh") } else { Call::new("sudo").args(["--non-interactive", "sh"]) };
    let done = root.args(["-c", INSTALL, "sh"]).args(packages).run();
    done.map(drop).map_err(|error| format!("cannot install {all}: {error}").into())
}

/// A folder with the package from Debian unstable and all that it needs down to the C library, unpacked and not
/// installed. `programs` (paths in it) are made to run from there.
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
    // The wrappers hold the path that the folder has in the end.
    programs.iter().try_for_each(|program| wrap(&part, &folder, program))?;
    fs::rename(part, &folder)?;
    Ok(folder)
}

/// The archives of the package and of all that it depends on, by an apt that knows unstable and nothing of this
/// machine: its list of installed packages is empty.
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

/// Moves one of apt's directories below `apt`.
fn directory(apt: &Path, name: &str, path: &str) -> String {
    format!("--option=Dir::{name}={}", apt.join(path).display())
}

/// Unstable on the mirror that this machine's own apt uses for Debian, checked with the same keys.
fn unstable_source(apt: &Path) -> Result<String> {
    let mirror = mirror(&[])?.map_or_else(|| updated_mirror(apt), Ok)?;
    let signed = keyring(&sources(), &mirror).map(|keyring| format!("[signed-by={keyring}] ")).unwrap_or_default();
    Ok(format!("deb {signed}{mirror} unstable main\n"))
}

/// On a machine that has no lists yet: they are fetched, for this question alone.
fn updated_mirror(apt: &Path) -> Result<String> {
    fs::create_dir_all(apt.join("machine/lists/partial"))?;
    let options = [directory(apt, "State::lists", "machine/lists"), directory(apt, "Cache", "cache")];
    Call::new("apt-get").args(&options).args(["update"]).run()?;
    mirror(&options)?.ok_or_else(|| "this machine's apt knows no mirror of Debian".into())
}

fn mirror(options: &[String]) -> Result<Option<String>> {
    let targets = ["indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)", "Created-By: Packages"];
    let printed = Call::new("apt-get").args(options).args(targets).run()?;
    Ok(printed.lines().find_map(|line| line.strip_prefix("Debian|Debian|main|")).map(str::to_owned))
}

/// The text of each file with apt's sources, in either of their formats.
fn sources() -> Vec<String> {
    let parts = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path());
    let enabled = |file: &PathBuf| file.extension().is_some_and(|end| end == "list" || end == "sources");
    let files = parts.filter(enabled).chain(["/etc/apt/sources.list".into()]);
    files.filter_map(|file| fs::read_to_string(file).ok()).collect()
}

/// The keyring that a source names beside the mirror; without one apt checks with all keys that it trusts.
fn keyring(sources: &[String], mirror: &str) -> Option<String> {
    let text = sources.iter().find(|text| text.contains(mirror.trim_end_matches('/')))?;
    let after = text.split_once("Signed-By:").or_else(|| text.split_once("signed-by="))?.1;
    let end = after.trim_start().split(|c: char| c.is_whitespace() || c == ']').next()?;
    end.starts_with('/').then(|| end.to_owned())
}

/// Puts a script in the program's place, and the program beside it.
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

/// The dynamic loader, which lies in the folder of the libraries (`usr/lib/x86_64-linux-gnu`, say).
fn loader(root: &Path) -> Result<PathBuf> {
    let folders = fs::read_dir(root.join("usr/lib"))?.flatten().map(|entry| entry.path());
    let mut files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let loader = files.find(|file| file.file_name().to_string_lossy().starts_with("ld-linux"));
    loader.map(|file| file.path()).ok_or_else(|| "no dynamic loader among the unpacked packages".into())
}

fn quote(path: &Path) -> Result<String> {
    Ok(shlex::try_quote(&path.to_string_lossy())?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyring_is_the_one_of_the_mirror() {
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
