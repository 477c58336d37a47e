//! What is counted, for Prometheus (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
//!
//! A label never has more values than the gateway itself knows: what a client merely claims is not one.

mod untrusting;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use awsaccess::audit::{Decision, Event, Record};
use awsaccess::operation::is_signing_name;
use awsaccess::time::Time;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use untrusting::Untrusting;
pub(crate) use untrusting::{MEMORY, Missed};

/// The upper ends of the latencies that are told apart, in seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 900.0];

/// What a connection is recorded as that was to be intercepted, and came to no TLS session.
pub(crate) const NO_TLS_SESSION: &str = "no-tls-session";

/// The counters of a gateway.
pub(crate) struct Metrics {
    records: Family<Done, Counter>,
    /// Those of requests that were passed on, at hand as far as there is room.
    requests: RwLock<Vec<Alike>>,
    refusals: Family<Why, Counter>,
    bytes: Family<Way, Counter>,
    /// Those of that family, at hand.
    bytes_in: Counter,
    bytes_out: Counter,
    latency: Family<Whose, Histogram, fn() -> Histogram>,
    reloads: Family<Outcome, Counter>,
    untrusting: Mutex<Untrusting>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Done {
    event: &'static str,
    service: Arc<str>,
    application: Arc<str>,
    decision: &'static str,
    status: &'static str,
}

/// Requests that were passed on and ended alike. To find their counters by all of the labels takes longer.
struct Alike {
    done: Done,
    count: Counter,
    latency: Histogram,
}

/// So many kinds of requests have their counters at hand.
const MOST_AT_HAND: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    error: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Way {
    direction: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Whose {
    service: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// A service that no model has.
const OTHER: &str = "other";

impl Alike {
    fn is(&self, service: &str, application: &str, status: &str) -> bool {
        *self.done.service == *service && *self.done.application == *application && self.done.status == status
    }
}

/// What is not counted but read when somebody asks.
pub(crate) struct Readings {
    /// Lines that the audit log lacks.
    pub(crate) audit_lost: u64,
    /// Client connections that are open.
    pub(crate) connections: u64,
    /// How long the present certificate authority is good for.
    pub(crate) authority_left: Duration,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let bytes = Family::<Way, Counter>::default();
        let of = |direction| Counter::clone(&bytes.get_or_create(&Way { direction }));
        Self {
            records: Family::default(),
            requests: RwLock::default(),
            refusals: Family::default(),
            bytes_in: of("in"),
            bytes_out: of("out"),
            bytes,
            latency: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            reloads: Family::default(),
            untrusting: Mutex::default(),
        }
    }

    /// The hosts that clients of late asked for without coming to a TLS session, the last one first.
    pub(crate) fn untrusting(&self, now: Time) -> Vec<Missed> {
        self.untrusting.lock().unwrap_or_else(PoisonError::into_inner).of_late(now)
    }

    /// Counts what is over.
    pub(crate) fn count(&self, record: &Record) {
        let allowed = record.decision == Some(Decision::Allowed);
        // Who was allowed goes as an application that is configured, to a service that is known or to an endpoint that is
        // configured, where a client may be free to sign for any service.
        let service = record.service.as_deref().filter(|_| allowed).unwrap_or_default();
        let application = record.application.as_ref().filter(|_| allowed);
        let status = record.status.unwrap_or_default();
        let status = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"][usize::from(status / 100).min(5)];
        let done = || Done {
            event: record.event.name(),
            service: if service.is_empty() || is_signing_name(service) { service } else { OTHER }.into(),
            application: application.cloned().unwrap_or_default(),
            decision: if allowed { "allowed" } else { "refused" },
            status,
        };
        match (record.event, allowed, record.milliseconds) {
            (Event::Request, true, Some(took)) => {
                let application = application.map_or("", |application| application);
                let is_it = |alike: &Alike| alike.is(service, application, status);
                self.passed_on(is_it, done, Duration::from_millis(took));
            }
            _ => {
                self.records.get_or_create(&done()).inc();
            }
        }
        if let Some(error) = record.error {
            self.refusals.get_or_create(&Why { error }).inc();
        }
        if record.event == Event::Connection && record.error == Some(NO_TLS_SESSION) {
            self.untrusting.lock().unwrap_or_else(PoisonError::into_inner).add(record);
        }
        self.bytes_in.inc_by(record.bytes_in);
        self.bytes_out.inc_by(record.bytes_out);
    }

    /// Counts a request that was passed on.
    fn passed_on(&self, is_it: impl Fn(&Alike) -> bool, done: impl FnOnce() -> Done, took: Duration) {
        let add = |alike: &Alike| {
            alike.count.inc();
            alike.latency.observe(took.as_secs_f64());
        };
        let requests = self.requests.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(alike) = requests.iter().find(|alike| is_it(alike)) {
            return add(alike);
        }
        drop(requests);
        let done = done();
        let whose = Whose { service: Arc::clone(&done.service) };
        let count = Counter::clone(&self.records.get_or_create(&done));
        let latency = Histogram::clone(&self.latency.get_or_create(&whose));
        let alike = Alike { done, count, latency };
        add(&alike);
        let mut requests = self.requests.write().unwrap_or_else(PoisonError::into_inner);
        if requests.len() < MOST_AT_HAND && is_it(&alike) {
            requests.push(alike);
        }
    }

    /// Counts an attempt to take another configuration.
    pub(crate) fn reloaded(&self, well: bool) {
        let outcome = if well { "done" } else { "refused" };
        self.reloads.get_or_create(&Outcome { outcome }).inc();
    }

    /// All of it as text.
    pub(crate) fn text(&self, now: &Readings) -> String {
        let mut all = Registry::with_prefix("awsaccess");
        all.register("build", "The gateway", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
        all.register("records", "Requests, tunnels and other events that are over", self.records.clone());
        all.register("errors", "Records with an error, by its stable name", self.refusals.clone());
        all.register_with_unit("bodies", "Bytes of bodies and tunnels", Unit::Bytes, self.bytes.clone());
        let words = "How long requests took that were passed on, the answer's last byte included";
        all.register_with_unit("request", words, Unit::Seconds, self.latency.clone());
        all.register("reloads", "Attempts to take another configuration", self.reloads.clone());
        let lost = ConstCounter::new(now.audit_lost);
        all.register("audit_lines_lost", "Audit lines that could not be written", lost);
        let open = ConstGauge::new(now.connections);
        all.register("connections", "Client connections that are open", open);
        let left = ConstGauge::new(now.authority_left.as_secs());
        let words = "How long the present certificate authority is good for";
        all.register_with_unit("authority_left", words, Unit::Seconds, left);
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut out, &all);
        out
    }
}

#[cfg(test)]
mod tests {
    use awsaccess::audit::Shown;

    use super::*;

    fn record(decision: Decision, service: &str, status: u16) -> Record {
        let mut record = Record::request("id", Time::from_unix(0));
        record.decision = Some(decision);
        record.service = Some(Shown::text(service));
        record.application = Some("prod".into());
        record.bytes_out = 5;
        record.complete(status, Time::from_unix_millis(3));
        record
    }

    #[test]
    fn requests_that_are_at_hand_and_others_are_counted_alike() {
        let metrics = Metrics::new();
        let services: Vec<_> = "acm apigateway athena autoscaling backup batch bedrock cloudformation cloudfront \
            cloudtrail codebuild cognito-idp config dynamodb ec2 ecr ecs eks elasticfilesystem elasticmapreduce events \
            firehose glue iam kinesis kms lambda logs rds s3 sns sqs"
            .split_ascii_whitespace()
            .collect();
        assert_eq!(services.len(), 2 * MOST_AT_HAND);
        for _ in 0..3 {
            services.iter().for_each(|service| metrics.count(&record(Decision::Allowed, service, 200)));
            metrics.count(&record(Decision::Allowed, services[0], 404));
        }
        assert_eq!(metrics.requests.read().unwrap().len(), MOST_AT_HAND);
        let now = Readings { audit_lost: 0, connections: 0, authority_left: Duration::ZERO };
        let text = metrics.text(&now);
        for (n, service) in services.iter().enumerate() {
            let labels =
                format!(r#"event="request",service="{service}",application="prod",decision="allowed""#);
            let records = format!(r#"awsaccess_records_total{{{labels},status="2xx"}} 3"#);
            let took = if n == 0 { 6 } else { 3 };
            let took = format!(r#"awsaccess_request_seconds_count{{service="{service}"}} {took}"#);
            for line in [records, took] {
                assert!(text.lines().any(|found| found == line), "{line}\n{text}");
            }
        }
        let other = r#"service="acm",application="prod",decision="allowed",status="4xx"} 3"#;
        assert!(text.contains(other), "{text}");
    }

    #[test]
    fn services_of_no_model_are_one() {
        let metrics = Metrics::new();
        let names: Vec<_> = (0..200).map(|n| format!("of-a-client-{n}")).collect();
        names.iter().for_each(|name| metrics.count(&record(Decision::Allowed, name, 200)));
        metrics.count(&record(Decision::Allowed, "s3", 200));
        let at_hand = metrics.requests.read().unwrap().len();
        assert_eq!(at_hand, 1, "the places are for those that are found again");
        let now = Readings { audit_lost: 0, connections: 0, authority_left: Duration::ZERO };
        let text = metrics.text(&now);
        assert!(
            text.contains(r#"service="other",application="prod",decision="allowed",status="2xx"} 200"#),
            "{text}"
        );
        assert!(!text.contains("of-a-client"), "{text}");
    }

    #[test]
    fn what_happened_is_counted() {
        let metrics = Metrics::new();
        metrics.count(&record(Decision::Allowed, "s3", 200));
        metrics.count(&record(Decision::Allowed, "s3", 200));
        let mut refused = record(Decision::Refused, "made-up-by-a-client", 403);
        refused.error = Some("signature-mismatch");
        metrics.count(&refused);
        metrics.reloaded(false);
        let text = metrics.text(&Readings {
            audit_lost: 2,
            connections: 7,
            authority_left: Duration::from_secs(60),
        });
        for line in [
            r#"awsaccess_records_total{event="request",service="s3",application="prod",decision="allowed",status="2xx"} 2"#,
            r#"awsaccess_records_total{event="request",service="",application="",decision="refused",status="4xx"} 1"#,
            r#"awsaccess_errors_total{error="signature-mismatch"} 1"#,
            r#"awsaccess_bodies_bytes_total{direction="out"} 15"#,
            r#"awsaccess_request_seconds_bucket{le="0.005",service="s3"} 2"#,
            r#"awsaccess_request_seconds_bucket{le="0.001",service="s3"} 0"#,
            r#"awsaccess_reloads_total{outcome="refused"} 1"#,
            "awsaccess_audit_lines_lost_total 2",
            "awsaccess_connections 7",
            "awsaccess_authority_left_seconds 60",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("made-up"), "{text}");
    }
}
