//! Base images that cannot be fetched here, made from what can.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::buildah::Buildah;
use crate::{cache, shell::Step};

const DEBIAN: &str = "debian:bookworm-slim";

/// Debian as debootstrap makes it, kept for the next time.
pub(super) fn debian(root: &Path, shop: &Buildah) -> Result<()> {
    if shop.has(DEBIAN)? {
        return Ok(());
    }
    let place = cache::folder()?.join("debian-bookworm-minbase");
    cache::kept(&place, |making| {
        let tree = making.join("tree");
        Step::new("debootstrap", root)
            .arguments(["--variant=minbase", "bookworm"])
            .arguments([tree.as_os_str()])
            .run()
    })
    .context("make a Debian")?;
    shop.image_of_tree(&place.join("tree"), DEBIAN)
}

/// Rust and Node as they are on this machine, under the names and paths of the official images; gives back what their steps must see.
pub(super) fn toolchains(root: &Path, shop: &Buildah) -> Result<Vec<String>> {
    let bases = bases(root)?;
    let certificates = "/etc/ssl/certs/ca-certificates.crt";
    let text = format!(
        "FROM {DEBIAN}\nENV RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo \
         PATH=/usr/local/cargo/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
         SSL_CERT_FILE={certificates} NODE_EXTRA_CA_CERTS={certificates}\n\
         RUN mkdir -p /usr/local/cargo/bin /usr/local/cargo/lib /usr/local/rustup /usr/local/lib/node_modules \
         && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && touch /usr/local/bin/node\n"
    );
    let dockerfile = shop.folder().join("toolchains.Dockerfile");
    fs::write(&dockerfile, text).context("write a Dockerfile")?;
    for base in bases.iter().filter(|base| base.starts_with("rust:") || base.starts_with("node:")) {
        shop.build(&dockerfile, shop.folder(), base, &[])?;
    }
    let printed = |program: &str, arguments: &[&str]| -> Result<String> {
        Ok(Step::new(program, root).arguments(arguments).output()?.trim().to_owned())
    };
    let rustup = printed("rustup", &["show", "home"])?;
    let node = printed("node", &["--print", "process.execPath"])?;
    let modules = printed("npm", &["root", "--global"])?;
    let cargo = PathBuf::from(printed("rustup", &["which", "cargo"])?);
    let toolchain = cargo.ancestors().nth(2).context("cargo lies nowhere")?.display().to_string();
    let read_only = |from: &str, to: &str| format!("--volume={from}:{to}:ro");
    Ok(vec![
        read_only(&rustup, "/usr/local/rustup"),
        read_only(&format!("{toolchain}/bin"), "/usr/local/cargo/bin"),
        // The compiler looks for its own library beside the folder it was started from.
        read_only(&format!("{toolchain}/lib"), "/usr/local/cargo/lib"),
        read_only(&node, "/usr/local/bin/node"),
        read_only(&modules, "/usr/local/lib/node_modules"),
        read_only("/etc/ssl/certs", "/etc/ssl/certs"),
        read_only("/etc/apt", "/etc/apt"),
    ])
}

/// Debian's nginx, with what the official entry point does for us: templates are rendered, and the name server is found.
pub(super) fn nginx(root: &Path, shop: &Buildah) -> Result<()> {
    let text =
        fs::read_to_string(root.join("deploy/docker/frontend.Dockerfile")).context("read the Dockerfile")?;
    let base =
        text.lines().find_map(|line| line.strip_prefix("FROM ")).context("the Dockerfile has no base")?;
    if shop.has(base)? {
        return Ok(());
    }
    let context = shop.folder().join("nginx");
    fs::create_dir_all(&context).context("make a folder")?;
    fs::write(context.join("entry.sh"), include_str!("nginx-entry.sh")).context("write the entry point")?;
    fs::write(
        context.join("Dockerfile"),
        format!(
            "FROM {DEBIAN}\nRUN apt-get update && apt-get install --yes --no-install-recommends nginx-light gettext-base wget\n\
             COPY --chmod=0755 entry.sh /docker-entrypoint.sh\nENTRYPOINT [\"/docker-entrypoint.sh\"]\n\
             CMD [\"nginx\", \"-g\", \"daemon off;\"]\n"
        ),
    )
    .context("write a Dockerfile")?;
    let volumes = ["/etc/ssl/certs", "/etc/apt"].map(|path| format!("--volume={path}:{path}:ro"));
    shop.build(&context.join("Dockerfile"), &context, base, &volumes)
}

/// The base images of the back end's Dockerfile.
fn bases(root: &Path) -> Result<Vec<String>> {
    let text =
        fs::read_to_string(root.join("deploy/docker/backend.Dockerfile")).context("read the Dockerfile")?;
    let bases = text.lines().filter_map(|line| line.strip_prefix("FROM "));
    Ok(bases.filter_map(|base| base.split_whitespace().next()).map(str::to_owned).collect())
}
