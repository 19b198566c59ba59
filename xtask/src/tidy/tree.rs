//! The files of the repository, read once.
//!
//! Build output and whatever is not text is left out; everything else is looked at, also what git does not know yet.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// Folders that hold nothing anyone wrote.
const SKIPPED_FOLDERS: [&str; 7] = [".git", "target", "node_modules", "dist", "data", "libs", "__pycache__"];

/// A text file of the repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TextFile {
    /// Path from the root, with forward slashes.
    pub(crate) path: String,
    /// Its content.
    pub(crate) text: String,
}

/// Every text file below `root`, in path order.
pub(crate) fn text_files(root: &Path) -> Result<Vec<TextFile>> {
    let mut folders = vec![root.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            if kind.is_dir() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.extend(read_text(root, entry.path())?);
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_text(root: &Path, path: PathBuf) -> Result<Option<TextFile>> {
    let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
    // A worktree's `.git` is a file that names its repository by an absolute path.
    if relative == ".git" {
        return Ok(None);
    }
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(TextFile { path: relative, text })),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {relative}")),
    }
}
