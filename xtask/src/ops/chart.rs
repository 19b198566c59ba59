//! The chart: linted, rendered with little and with everything, and what comes out held against the API of Kubernetes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::{files, tools};
use crate::{platform::target_folder, shell::Step};

/// The version whose API the chart is held against.
const KUBERNETES: &str = "1.34.0";

/// Checks it.
pub(crate) fn check(root: &Path) -> Result<()> {
    let chart = root.join("deploy/helm/payment-swelite");
    let Some(helm) = tools::HELM.get()? else { return Ok(()) };
    let folder = target_folder(root)?.join("chart");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let mut rendered = Vec::new();
    for values in files(&chart.join("ci"), "-values.yaml")? {
        let helm = || Step::new(&helm.to_string_lossy(), &chart);
        helm().arguments(["lint", ".", "--strict", "--quiet", "--values"]).arguments([&values]).run()?;
        let text = helm()
            .arguments(["template", "pay", ".", "--namespace", "payments", "--kube-version", KUBERNETES])
            .arguments(["--api-versions", "external.metrics.k8s.io/v1beta1", "--values"])
            .arguments([&values])
            .output()?;
        let file = folder.join(values.file_name().context("the values have no name")?);
        fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
        rendered.push(file);
    }
    conform(root, &folder, &rendered)
}

fn conform(root: &Path, folder: &Path, rendered: &[PathBuf]) -> Result<()> {
    let Some(kubeconform) = tools::KUBECONFORM.get()? else { return Ok(()) };
    let Some(api) = tools::kubernetes_api(KUBERNETES)? else { return Ok(()) };
    let schemas = folder.join("schemas");
    let text = fs::read_to_string(&api).with_context(|| format!("read {}", api.display()))?;
    let api: Value = serde_json::from_str(&text).context("parse the API of Kubernetes")?;
    write_schemas(&api, &schemas)?;
    let location = schemas.join("{{.ResourceKind}}{{.KindSuffix}}.json");
    Step::new(&kubeconform.to_string_lossy(), root)
        .arguments(["-strict", "-summary", "-schema-location"])
        .arguments([&location])
        .arguments(rendered)
        .run()
}

/// One file with every definition, and a small one for each kind that points into it.
fn write_schemas(api: &Value, folder: &Path) -> Result<()> {
    let definitions = api["definitions"].as_object().context("the API has no definitions")?;
    let strict: Map<String, Value> =
        definitions.iter().map(|(name, schema)| (name.clone(), strict(schema))).collect();
    ensure!(strict.len() > 100, "the API has hardly any definitions");
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    fs::create_dir(folder).with_context(|| format!("make {}", folder.display()))?;
    fs::write(folder.join("_definitions.json"), json!({"definitions": strict}).to_string())?;
    for (name, schema) in definitions {
        for kind in schema["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let pointer = json!({"$ref": format!("_definitions.json#/definitions/{name}")});
            fs::write(folder.join(file_name(kind)?), pointer.to_string())?;
        }
    }
    Ok(())
}

/// The schema, refusing fields it does not know; OpenAPI has two types that JSON Schema has to be told about.
fn strict(schema: &Value) -> Value {
    let is_quantity = schema["description"].as_str().is_some_and(|text| text.starts_with("Quantity is a"));
    if schema["format"] == "int-or-string" || is_quantity {
        return json!({"type": ["string", "number"]});
    }
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut()
        && fields.contains_key("properties")
    {
        fields.entry("additionalProperties").or_insert(json!(false));
    }
    schema
}

/// As kubeconform asks for it: `deployment-apps-v1.json`, `service-v1.json`.
fn file_name(kind: &Value) -> Result<String> {
    let part = |name: &str| kind[name].as_str().with_context(|| format!("a kind without {name}"));
    let group = part("group")?.split('.').next().unwrap_or_default();
    let parts: Vec<&str> =
        [part("kind")?, group, part("version")?].into_iter().filter(|part| !part.is_empty()).collect();
    Ok(format!("{}.json", parts.join("-").to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_name_that_is_asked_for() {
        let name = |group: &str, kind: &str| {
            file_name(&json!({"group": group, "version": "v1", "kind": kind})).unwrap()
        };
        assert_eq!(name("networking.k8s.io", "Ingress"), "ingress-networking-v1.json");
        assert_eq!(name("", "Service"), "service-v1.json");
    }

    #[test]
    fn unknown_fields_are_refused_and_free_ones_are_not() {
        assert_eq!(strict(&json!({"properties": {}}))["additionalProperties"], false);
        let free = json!({"additionalProperties": {"type": "string"}, "type": "object"});
        assert_eq!(strict(&free), free);
        assert_eq!(strict(&json!({"format": "int-or-string", "type": "string"}))["type"][1], "number");
    }
}
