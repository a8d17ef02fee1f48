//! The table of `docs/metrics.md` is what the gateway registers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gateway::audit::Record;
use gateway::metrics::Metrics;

use super::{document, root};

/// One metric as it is scraped.
#[derive(Default)]
struct Metric {
    kind: String,
    labels: Vec<String>,
    meaning: String,
}

/// A request that touches every metric which has labels.
fn record() -> Record {
    Record {
        service: "s3",
        operation: Some("GetObject"),
        status: 200,
        decision: Some("allow"),
        store: Some("main".to_owned()),
        store_status: Some(200),
        error: Some("InternalError".to_owned()),
        aborted: true,
        ..Record::default()
    }
}

/// The metrics of a scrape, by the names of their series' family.
fn scraped(text: &str) -> BTreeMap<String, Metric> {
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, meaning) = rest.split_once(' ').unwrap();
            metrics.entry(name.to_owned()).or_default().meaning = meaning.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            metrics.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else if let Some((series, labels)) = line.split_once('{') {
            let family = metrics.iter_mut().filter(|(name, _)| series.starts_with(name.as_str()));
            let (_, metric) = family.max_by_key(|(name, _)| name.len()).unwrap();
            let labels = labels.split_once('}').unwrap().0;
            for label in labels.split("\",").filter_map(|label| label.split_once('=')) {
                if !metric.labels.contains(&label.0.to_owned()) && label.0 != "le" {
                    metric.labels.push(label.0.to_owned());
                }
            }
        }
    }
    metrics
}

fn table() -> String {
    let metrics = Metrics::new();
    metrics.finished(&record(), 0.002);
    let mut table = "| name | type | labels | meaning |\n|---|---|---|---|\n".to_owned();
    for (name, metric) in scraped(&metrics.render()) {
        let Metric { kind, labels, meaning } = metric;
        let suffix = if kind == "counter" { "_total" } else { "" };
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = labels.join(", ");
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| `{name}{suffix}` | {kind} | {labels} | {meaning} |");
    }
    table
}

#[test]
fn metrics_md_has_the_table() {
    let table = table();
    assert!(
        document("docs/metrics.md").contains(&table),
        "docs/metrics.md does not have the metrics that there are:\n{table}"
    );
}

/// A metric with labels shows only once it has a series: none may be missed.
#[test]
fn every_registered_metric_is_in_the_table() {
    let source = std::fs::read_to_string(root().join("crates/gateway/src/metrics.rs")).unwrap();
    let registered = source.matches("r.register(").count();
    assert!(registered > 5);
    assert_eq!(table().lines().count() - 2, registered);
}
