//! Prometheus metrics. Every label has a closed set of values, so that no client can make the
//! number of series grow (A50).

use std::sync::Mutex;
use std::sync::atomic::AtomicI64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::audit::Record;

/// Labels of a finished request. `operation` and `code` come from closed enums.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    service: &'static str,
    operation: &'static str,
    status: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    service: &'static str,
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreLabels {
    store: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    operation: &'static str,
    decision: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabels {
    result: &'static str,
}

/// Upper bounds of the duration buckets, seconds: from a cached small GET to a 15 min copy.
const DURATIONS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0, 900.0];

fn durations() -> Histogram {
    Histogram::new(DURATIONS)
}

/// All metrics of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Counter>,
    duration: Family<OperationLabels, Histogram, fn() -> Histogram>,
    received: Family<OperationLabels, Counter>,
    sent: Family<OperationLabels, Counter>,
    aborted: Family<OperationLabels, Counter>,
    late_errors: Family<OperationLabels, Counter>,
    decisions: Family<DecisionLabels, Counter>,
    store_answers: Family<StoreLabels, Counter>,
    /// Client connections that are open.
    pub connections: Gauge<i64, AtomicI64>,
    /// Connections or requests that were turned away because a limit was reached.
    pub shed: Counter,
    /// Requests whose head could not be read: hyper answers them with a bare 400, 414 or 431.
    pub malformed: Counter,
    /// Request headers of other vendors (`x-minio-*`, `x-rgw-*`) that were dropped.
    pub vendor_headers: Counter,
    /// Access-log lines that were lost because the log's reader was too slow.
    pub access_log_dropped: Gauge<i64, AtomicI64>,
    reloads: Family<ReloadLabels, Counter>,
    /// Generation of the configuration that is in force.
    pub config_generation: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Registers everything.
    #[must_use]
    pub fn new() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix("fakes3pp")),
            requests: Family::default(),
            duration: Family::new_with_constructor(durations as fn() -> Histogram),
            received: Family::default(),
            sent: Family::default(),
            aborted: Family::default(),
            late_errors: Family::default(),
            decisions: Family::default(),
            store_answers: Family::default(),
            connections: Gauge::default(),
            shed: Counter::default(),
            malformed: Counter::default(),
            vendor_headers: Counter::default(),
            access_log_dropped: Gauge::default(),
            reloads: Family::default(),
            config_generation: Gauge::default(),
        };
        metrics.register();
        // Both are there from the start, so that an alert has something to compare with.
        for result in ["ok", "failed"] {
            drop(metrics.reloads.get_or_create(&ReloadLabels { result }));
        }
        metrics
    }

    fn register(&self) {
        let mut registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let r = &mut *registry;
        r.register("requests", "Requests answered", self.requests.clone());
        r.register(
            "request_duration_seconds",
            "From the request's head to the end of its answer",
            self.duration.clone(),
        );
        r.register("received_bytes", "Payload bytes taken from clients", self.received.clone());
        r.register("sent_bytes", "Payload bytes given to clients", self.sent.clone());
        r.register("aborted", "Answers that did not end properly", self.aborted.clone());
        r.register("late_errors", "Errors inside an answer of 200", self.late_errors.clone());
        r.register("decisions", "Authorization decisions", self.decisions.clone());
        r.register("store_answers", "Answers of the stores", self.store_answers.clone());
        r.register("connections", "Open client connections", self.connections.clone());
        r.register("shed", "Connections and requests turned away at a limit", self.shed.clone());
        r.register("malformed", "Requests whose head could not be read", self.malformed.clone());
        r.register(
            "vendor_headers_dropped",
            "Request headers of other vendors that were dropped",
            self.vendor_headers.clone(),
        );
        r.register(
            "access_log_dropped",
            "Access-log lines lost because the log's reader was too slow",
            self.access_log_dropped.clone(),
        );
        r.register(
            "config_reloads",
            "Configurations that were to come into force",
            self.reloads.clone(),
        );
        r.register(
            "config_generation",
            "Generation of the configuration in force",
            self.config_generation.clone(),
        );
    }

    /// Counts one reload, and whether it came into force.
    pub fn reload(&self, ok: bool) {
        let result = if ok { "ok" } else { "failed" };
        self.reloads.get_or_create(&ReloadLabels { result }).inc();
    }

    /// Counts one finished request.
    pub fn finished(&self, record: &Record, seconds: f64) {
        let operation = record.operation.unwrap_or("none");
        let service = record.service;
        let status = u32::from(record.status);
        self.requests.get_or_create(&RequestLabels { service, operation, status }).inc();
        let labels = OperationLabels { service, operation };
        self.duration.get_or_create(&labels).observe(seconds);
        self.received.get_or_create(&labels).inc_by(record.bytes_in);
        self.sent.get_or_create(&labels).inc_by(record.bytes_out);
        if record.aborted {
            self.aborted.get_or_create(&labels).inc();
        }
        if record.status == 200 && record.error.is_some() {
            self.late_errors.get_or_create(&labels).inc();
        }
        if let Some(decision) = record.decision {
            self.decisions.get_or_create(&DecisionLabels { operation, decision }).inc();
        }
        if let Some(store) = &record.store {
            let status = match record.store_status {
                None => "none",
                Some(200..=299) => "2xx",
                Some(300..=399) => "3xx",
                Some(400..=499) => "4xx",
                Some(_) => "5xx",
            };
            self.store_answers.get_or_create(&StoreLabels { store: store.clone(), status }).inc();
        }
    }

    /// The text that Prometheus scrapes (OpenMetrics 1.0).
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Writing to a `String` cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_request_shows_in_the_scrape() {
        let metrics = Metrics::new();
        let record = Record {
            service: "s3",
            operation: Some("GetObject"),
            status: 200,
            bytes_out: 7,
            store: Some("main".to_owned()),
            store_status: Some(200),
            decision: Some("allow"),
            ..Record::default()
        };
        metrics.finished(&record, 0.002);
        let text = metrics.render();
        for line in [
            r#"fakes3pp_requests_total{service="s3",operation="GetObject",status="200"} 1"#,
            r#"fakes3pp_sent_bytes_total{service="s3",operation="GetObject"} 7"#,
            r#"fakes3pp_store_answers_total{store="main",status="2xx"} 1"#,
            r#"fakes3pp_decisions_total{operation="GetObject",decision="allow"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
