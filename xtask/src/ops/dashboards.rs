//! Dashboards: every panel says what it means, every query parses, the first four are those people have always had.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::files;
use crate::{platform::target_folder, shell::Step};

/// The first panels of the overview, under their names: dashboards and people know them.
const FIRST: [(&str, &str); 4] = [
    (
        "Authorize/Capture Request Rate",
        r#"sum(rate(http_server_requests_seconds_count{application="ingest-service",uri=~"/payments/(authorize|capture|refund).*"}[5m]))"#,
    ),
    (
        "p95 Latency",
        r#"histogram_quantile(0.95, sum(rate(http_server_requests_seconds_bucket{application="ingest-service",uri=~"/payments/(authorize|capture|refund).*"}[5m])) by (le))"#,
    ),
    (
        "Kafka Consumer Throughput",
        r#"sum(rate(kafka_consumer_fetch_manager_records_consumed_total{application="consumer-worker"}[5m]))"#,
    ),
    (
        "Error Rate (4xx/5xx)",
        r#"sum(rate(http_server_requests_seconds_count{application="ingest-service",uri=~"/payments/(authorize|capture|refund).*",status=~"4.."}[5m]))"#,
    ),
];

/// A query of a panel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Query {
    /// Dashboard and panel.
    pub(crate) place: String,
    /// The query, its variables filled in.
    pub(crate) expr: String,
}

/// Checks them.
pub(crate) fn check(root: &Path) -> Result<()> {
    let queries = queries(root)?;
    let rules: Vec<Value> = queries
        .iter()
        .enumerate()
        .map(|(index, query)| json!({"record": format!("query_{index}"), "expr": query.expr}))
        .collect();
    let file = target_folder(root)?.join("dashboard-queries.yml");
    // Every JSON document is a YAML document.
    let document = json!({"groups": [{"name": "dashboards", "rules": rules}]}).to_string();
    fs::write(&file, document).with_context(|| format!("write {}", file.display()))?;
    Step::new("promtool", root).arguments(["check", "rules"]).arguments([&file]).output()?;
    println!("dashboards: {} queries parse", queries.len());
    Ok(())
}

/// Every query of every panel of every dashboard.
pub(crate) fn queries(root: &Path) -> Result<Vec<Query>> {
    let mut queries = Vec::new();
    for path in files(&root.join("deploy/grafana/dashboards"), ".json")? {
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let board: Value =
            serde_json::from_str(&text).with_context(|| format!("parse {}", path.display()))?;
        let found = queries_of(&board).with_context(|| format!("check {}", path.display()))?;
        if board["uid"] == "payment-overview" {
            first_panels(&board)?;
        }
        queries.extend(found);
    }
    Ok(queries)
}

fn queries_of(board: &Value) -> Result<Vec<Query>> {
    let title = board["title"].as_str().context("it has no title")?;
    let mut queries = Vec::new();
    for panel in panels(board) {
        let name = panel["title"].as_str().context("a panel has no title")?;
        let says = panel["description"].as_str().unwrap_or_default();
        ensure!(!says.is_empty(), "panel `{name}` does not say what it means");
        let targets = panel["targets"].as_array().map_or(&[][..], Vec::as_slice);
        ensure!(!targets.is_empty(), "panel `{name}` asks nothing");
        for target in targets {
            let expr = target["expr"].as_str().with_context(|| format!("panel `{name}` has no query"))?;
            ensure!(!expr.contains("or vector("), "panel `{name}` turns missing data into a number");
            let expr = expr.replace("$window", "5m").replace("$__rate_interval", "1m");
            ensure!(!expr.contains('$'), "panel `{name}` uses a variable that nobody fills in");
            queries.push(Query { place: format!("{title}, {name}"), expr });
        }
    }
    Ok(queries)
}

fn first_panels(board: &Value) -> Result<()> {
    for ((title, expr), panel) in FIRST.iter().zip(panels(board)) {
        ensure!(panel["title"] == *title, "the overview must begin with `{title}`");
        ensure!(panel["targets"][0]["expr"] == *expr, "the first query of `{title}` must stay as it was");
    }
    Ok(())
}

fn panels(board: &Value) -> impl Iterator<Item = &Value> {
    board["panels"].as_array().into_iter().flatten().filter(|panel| panel["type"] != "row")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(panel: Value) -> Value {
        json!({"title": "T", "panels": [{"type": "row"}, panel]})
    }

    #[test]
    fn variables_are_filled_in_and_rows_are_passed_by() {
        let panel = json!({"title": "P", "description": "d", "targets": [{"expr": "rate(a[$window])"}]});
        let query = Query { place: "T, P".into(), expr: "rate(a[5m])".into() };
        assert_eq!(queries_of(&board(panel)).unwrap(), [query]);
    }

    #[test]
    fn a_panel_without_meaning_without_query_or_with_made_up_data_is_refused() {
        for panel in [
            json!({"title": "P", "targets": [{"expr": "a"}]}),
            json!({"title": "P", "description": "d", "targets": []}),
            json!({"title": "P", "description": "d", "targets": [{"expr": "a or vector(0)"}]}),
            json!({"title": "P", "description": "d", "targets": [{"expr": "rate(a[$other])"}]}),
        ] {
            assert!(queries_of(&board(panel)).is_err());
        }
    }
}
