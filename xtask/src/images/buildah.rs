//! Images built without an engine: buildah, each step in a chroot, everything kept in one folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell::Step;

/// Where images are built and kept.
pub(super) struct Buildah {
    root: PathBuf,
    folder: PathBuf,
}

/// What an image says about how it wants to be run.
#[derive(Clone, Debug)]
pub(super) struct Image {
    /// Its root file system.
    pub(super) tree: PathBuf,
    /// Entry point and command.
    pub(super) entry: Vec<String>,
    pub(super) command: Vec<String>,
    pub(super) variables: Vec<String>,
    pub(super) user: (u32, u32),
    pub(super) workdir: String,
    pub(super) volumes: Vec<String>,
    pub(super) health: Vec<String>,
}

impl Buildah {
    pub(super) fn new(root: &Path, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        Ok(Self { root: root.to_owned(), folder: folder.to_owned() })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A Dockerfile, built as it stands; `volumes` are folders of this machine that its steps may read.
    pub(super) fn build(&self, dockerfile: &Path, context: &Path, tag: &str, more: &[String]) -> Result<()> {
        self.step(&[
            "bud",
            "--isolation",
            "chroot",
            "--network",
            "host",
            "--format",
            "docker",
            "--pull-never",
            "--tag",
            tag,
        ])
        .arguments(more)
        .arguments(["--file".as_ref(), dockerfile.as_os_str(), context.as_os_str()])
        .run()
    }

    /// An image from nothing but the files of a folder.
    pub(super) fn image_of_tree(&self, tree: &Path, tag: &str) -> Result<()> {
        let dockerfile = self.folder.join("tree.Dockerfile");
        fs::write(&dockerfile, "FROM scratch\nCOPY . /\n").context("write a Dockerfile")?;
        self.build(&dockerfile, tree, tag, &[])
    }

    pub(super) fn has(&self, tag: &str) -> Result<bool> {
        let found = self.step(&["images", "--json"]).output()?;
        let images: Value = serde_json::from_str(&found).context("parse the list of images")?;
        let names =
            images.as_array().into_iter().flatten().filter_map(|image| image["names"].as_array()).flatten();
        Ok(names.into_iter().any(|name| name == &format!("localhost/{tag}")))
    }

    /// Unpacked, with what it says about itself.
    pub(super) fn open(&self, tag: &str) -> Result<Image> {
        let described = self.step(&["inspect", "--type", "image", tag]).output()?;
        let described: Value = serde_json::from_str(&described).context("parse what the image says")?;
        let config = &described["Docker"]["config"];
        let container = self.step(&["from", "--pull-never", tag]).output()?;
        let tree = self.step(&["mount", container.trim()]).output()?;
        let words = |value: &Value| -> Vec<String> {
            value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|word| word.as_str().map(str::to_owned))
                .collect()
        };
        let health = words(&config["Healthcheck"]["Test"]);
        let Some(("CMD", health)) = health.split_first().map(|(kind, rest)| (kind.as_str(), rest)) else {
            bail!("{tag} has no health check that runs a command");
        };
        Ok(Image {
            tree: tree.trim().into(),
            entry: words(&config["Entrypoint"]),
            command: words(&config["Cmd"]),
            variables: words(&config["Env"]),
            user: user(config["User"].as_str().unwrap_or_default())
                .with_context(|| format!("{tag} must name its user by numbers, and it must not be root"))?,
            workdir: config["WorkingDir"].as_str().filter(|dir| !dir.is_empty()).unwrap_or("/").to_owned(),
            volumes: config["Volumes"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(path, _)| path.clone())
                .collect(),
            health: health.to_vec(),
        })
    }

    fn step(&self, arguments: &[&str]) -> Step {
        Step::new("buildah", &self.root)
            .variable("STORAGE_DRIVER", "vfs")
            .arguments(["--root".as_ref(), self.folder.join("storage").as_os_str()])
            .arguments(["--runroot".as_ref(), self.folder.join("run").as_os_str()])
            .arguments(arguments)
    }
}

/// `10001:10001` or `101`; never root.
fn user(text: &str) -> Option<(u32, u32)> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    let (user, group) = (user.parse().ok()?, group.parse().ok()?);
    (user > 0).then_some((user, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_names_are_no_users_of_an_image() {
        assert_eq!(["10001:10002", "101"].map(user), [Some((10001, 10002)), Some((101, 101))]);
        assert_eq!(["", "0", "0:0", "nginx", "root"].map(user), [None; 5]);
    }
}
