//! The images, really built and really run, where there is no container engine: buildah builds them in a chroot over a Debian made by
//! debootstrap, and what comes out is started with a read-only root, as its own user, without a capability.
//!
//! What stands in, and is said: the base images. `debian:bookworm-slim` is debootstrap's Debian; `rust:…` and `node:…` are that with
//! this machine's own toolchains; nginx is Debian's. The Dockerfiles are the ones that ship, unchanged.

mod buildah;
mod checks;
mod stand_ins;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use self::buildah::Buildah;
use crate::{needs, platform::target_folder, services};

/// What to build.
#[derive(clap::Args)]
pub(crate) struct Images {
    /// A binary built before: only the last stage of the back end's Dockerfile is built, around this one
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// What the images are called here.
const BACKEND: &str = "payment-swelite:tried";
const FRONTEND: &str = "payment-swelite-frontend:tried";

/// Builds and tries them.
pub(crate) fn run(root: &Path, images: &Images) -> Result<()> {
    needs::meet(root, &needs::IMAGES)?;
    let shop = Buildah::new(root, &target_folder(root)?.join("images"))?;
    stand_ins::debian(root, &shop)?;
    match &images.binary {
        Some(binary) => last_stage(root, &shop, binary)?,
        None => {
            let volumes = stand_ins::toolchains(root, &shop)?;
            shop.build(&root.join("deploy/docker/backend.Dockerfile"), root, BACKEND, &volumes)?;
        }
    }
    stand_ins::nginx(root, &shop)?;
    shop.build(&root.join("deploy/docker/frontend.Dockerfile"), root, FRONTEND, &[])?;
    let folder = target_folder(root)?.join("services");
    let ran_before = services::any_running(&folder);
    let addresses = services::up(root, &folder)?;
    let outcome = checks::run(root, &shop.open(BACKEND)?, &shop.open(FRONTEND)?, &addresses);
    if !ran_before {
        services::down(&folder)?;
    }
    outcome?;
    println!(
        "images: built, started as their own users with a read-only root, healthy, one payment's whole life through both"
    );
    Ok(())
}

/// The last stage as it stands, with what the stages before it would leave.
fn last_stage(root: &Path, shop: &Buildah, binary: &Path) -> Result<()> {
    let text =
        fs::read_to_string(root.join("deploy/docker/backend.Dockerfile")).context("read the Dockerfile")?;
    let stages: Vec<&str> = text.split_inclusive('\n').collect();
    let last =
        stages.iter().rposition(|line| line.starts_with("FROM ")).context("the Dockerfile has no stage")?;
    let dockerfile = shop.folder().join("last-stage.Dockerfile");
    fs::write(&dockerfile, stages[last..].concat()).context("write the last stage")?;
    let built = shop.folder().join("built");
    fs::create_dir_all(built.join("out")).context("make a folder")?;
    fs::copy(binary, built.join("out/swelite")).with_context(|| format!("copy {}", binary.display()))?;
    ensure!(
        text.contains("COPY --from=build /out/swelite "),
        "the last stage takes something else from `build`"
    );
    shop.build(&dockerfile, root, BACKEND, &[format!("--build-context=build={}", built.display())])
}
