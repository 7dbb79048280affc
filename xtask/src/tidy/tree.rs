//! The files that the rules check.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::Result;

/// The text files of the repository: the tracked ones, and new ones that are not ignored.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
}

/// A text file.
#[derive(Debug)]
pub(super) struct File {
    /// The path from the root of the repository, with forward slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl Tree {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let listing = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()?;
        if !listing.status.success() {
            return Err(format!("git cannot list the files: {}", String::from_utf8_lossy(&listing.stderr)).into());
        }
        let paths = String::from_utf8(listing.stdout)?;
        let files = paths.split_terminator('\0').filter_map(|path| File::read(root, path).transpose());
        Ok(Self { files: files.collect::<Result<_>>()? })
    }

    /// Returns the Rust files in these folders. An empty name is the whole repository.
    pub(super) fn rust(&self, folders: &[&str]) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| {
            file.path.ends_with(".rs") && folders.iter().any(|folder| file.path.starts_with(folder))
        })
    }

    /// Returns the parsed manifests of the packages of the workspace.
    pub(super) fn manifests(&self) -> impl Iterator<Item = (&File, toml::Table)> {
        let manifests =
            self.files.iter().filter(|file| file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml"));
        let ours = manifests.filter(|file| !file.path.starts_with("benches/"));
        ours.filter_map(|file| file.text.parse().ok().map(|manifest| (file, manifest)))
    }
}

impl File {
    /// Reads a file. None: it is not UTF-8, or it is deleted and the deletion is not committed.
    fn read(root: &Path, path: &str) -> Result<Option<Self>> {
        match fs::read(root.join(path)) {
            Ok(bytes) => Ok(String::from_utf8(bytes).ok().map(|text| Self { path: path.to_owned(), text })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{path}: {error}").into()),
        }
    }

    /// Returns every line with its number, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Returns the lines of code, without comments and without the test module.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let shipped = self.lines().take_while(|(_, line)| *line != "#[cfg(test)]");
        shipped.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Returns `path:line`, which editors and terminals show as a link.
    pub(super) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}
