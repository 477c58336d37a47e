//! What customers of AWS have under AWS's domains, by the label that tells it.

use super::endpoint::Kind;

/// Hosts with a label of the customer's before the service, run by AWS: an account, a stream, a graph.
const LABELLED: &[(&str, &str, Kind)] = &[
    ("cloudfront-kvs.global", "cloudfront-keyvaluestore", Kind::Service),
    ("control-kinesis", "kinesis", Kind::Service),
    ("control-kinesis-queues", "kinesis", Kind::Service),
    ("credentials.iot", "iotdata", Kind::Opaque),
    ("d.codeartifact", "codeartifact", Kind::Opaque),
    ("data-kinesis", "kinesis", Kind::Service),
    ("data-kinesis-queues", "kinesis", Kind::Service),
    ("data.mediastore", "mediastore", Kind::Service),
    ("ddb", "dynamodb", Kind::Service),
    ("dkr.ecr", "ecr", Kind::Opaque),
    ("endpoint.events", "events", Kind::Service),
    ("endpoints.email", "ses", Kind::Service),
    ("endpoints.email.global", "ses", Kind::Service),
    ("endpoints.email.us-gov", "ses", Kind::Service),
    ("eventsv2", "events", Kind::Service),
    ("iot", "iotdata", Kind::Service),
    ("kinesisvideo", "kinesisvideo", Kind::Service),
    ("neptune-graph", "neptune-graph", Kind::Service),
    ("search-ddb", "dynamodb", Kind::Service),
    ("streams-ddb", "dynamodb", Kind::Service),
    ("timestream", "timestream", Kind::Service),
];

/// Of those, the ones that have no region: they are signed for any, or for a set of them.
const EVERYWHERE: &[&str] = &[
    "cloudfront-kvs.global",
    "endpoint.events",
    "endpoints.email",
    "endpoints.email.global",
    "endpoints.email.us-gov",
];

/// Customers' own endpoints that take SigV4.
const CUSTOMER: &[(&str, &str)] = &[
    ("aoss", "aoss"),
    ("appsync-api", "appsync"),
    ("appsync-realtime-api", "appsync"),
    ("aps-workspaces", "aps"),
    ("cloudsearch", "cloudsearch"),
    ("es", "es"),
    ("execute-api", "execute-api"),
    ("kafka", "kafka-cluster"),
    ("kafka-serverless", "kafka-cluster"),
    ("lambda-url", "lambda"),
    ("neptune", "neptune-db"),
];

/// The last label of customers' machines, load balancers, databases and caches.
const MACHINES: &[&str] = &[
    "airflow",
    "awsapprunner",
    "cache",
    "compute",
    "compute-1",
    "dax-clusters",
    "docdb",
    "docdb-elastic",
    "efs",
    "eks",
    "elasticmapreduce",
    "elb",
    "fsx",
    "grafana-workspace",
    "memorydb",
    "mq",
    "notebook",
    "rds",
    "redshift",
    "redshift-serverless",
    "s3-website",
    "server",
    "transfer",
];

/// What the labels after a customer's own say.
pub(super) enum Found {
    /// What the host signs as, and who stands behind it; the labels of the customer's; whether it has no region.
    Endpoint { name: &'static str, kind: Kind, own: usize, everywhere: bool },
    /// Nothing that takes SigV4.
    Machine,
}

/// Reads labels without region and marks; `None` if nothing of a customer's is known by them.
pub(super) fn read(labels: &[&str]) -> Option<Found> {
    let (last, before) = labels.split_last()?;
    if before.is_empty() && *last != "aps-workspaces" {
        return None;
    }
    // The longest name first: `x.dkr.ecr`, then `x.y.data-kinesis`.
    for own in 1..labels.len() {
        let rest = labels.get(own..).unwrap_or_default().join(".");
        let row = LABELLED.iter().find(|(labels, ..)| *labels == rest);
        let may = own == 1 || (own == 2 && rest == "data-kinesis");
        if let Some((labels, name, kind)) = row.filter(|_| may) {
            let everywhere = EVERYWHERE.contains(labels);
            return Some(Found::Endpoint { name, kind: *kind, own, everywhere });
        }
    }
    if let Some((_, name)) = CUSTOMER.iter().find(|(label, _)| label == last) {
        return Some(Found::Endpoint { name, kind: Kind::Customer, own: before.len(), everywhere: false });
    }
    MACHINES.contains(last).then_some(Found::Machine)
}

/// Whether a label may have the region before it (`domain.eu-west-1.es`).
pub(super) fn region_may_precede(label: &str) -> bool {
    ["elasticmapreduce", "neptune-graph", "queue"].contains(&label)
        || CUSTOMER.iter().any(|(known, _)| *known == label)
        || MACHINES.contains(&label)
}
