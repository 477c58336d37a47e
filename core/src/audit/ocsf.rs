//! A record as an event of the Open Cybersecurity Schema Framework: API Activity, class 6003 of version 1.3.0, with the
//! cloud profile (<https://schema.ocsf.io/1.3.0/classes/api_activity>).
//!
//! What the class has no place for (the way in, the decision and its rule, the chain of roles) is in `unmapped`, under
//! the names of the plain shape. Text passes through the same gate as there.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::line::Timestamp;
use super::{Decision, Event, Link, Phase, Record, Shown};

/// The version of the schema.
const VERSION: &str = "1.3.0";
const CLASS: u64 = 6003;
/// Application Activity.
const CATEGORY: u64 = 6;

pub(super) fn event(record: &Record, phase: Phase, link: Option<&Link>) -> Map<String, Value> {
    let (activity, activity_name) = activity(record);
    let (status, status_name) = status(record, phase);
    let (severity, severity_name) = severity(record, phase);
    let begun = record.time.unix_millis();
    let took = record.milliseconds.filter(|_| phase == Phase::End);
    let ended = took.map(|took| begun.saturating_add(i64::try_from(took).unwrap_or(i64::MAX)));
    object([
        ("activity_id", Some(activity.into())),
        ("activity_name", Some(activity_name.into())),
        ("category_uid", Some(CATEGORY.into())),
        ("category_name", Some("Application Activity".into())),
        ("class_uid", Some(CLASS.into())),
        ("class_name", Some("API Activity".into())),
        ("type_uid", Some((CLASS * 100 + activity).into())),
        ("type_name", Some(format!("API Activity: {activity_name}").into())),
        ("severity_id", Some(severity.into())),
        ("severity", Some(severity_name.into())),
        ("status_id", Some(status.into())),
        ("status", Some(status_name.into())),
        ("status_code", record.error.map(Value::from)),
        ("status_detail", shown(&record.reason)),
        ("time", Some(ended.unwrap_or(begun).into())),
        ("start_time", Some(begun.into())),
        ("end_time", ended.map(Value::from)),
        ("duration", took.map(Value::from)),
        ("metadata", Some(metadata(record, phase).into())),
        ("actor", Some(actor(record).into())),
        ("api", Some(api(record, phase).into())),
        ("cloud", Some(cloud(record).into())),
        ("src_endpoint", Some(source(record).into())),
        (
            "dst_endpoint",
            own(&record.upstream).or_else(|| shown(&record.host)).map(|host| json!({ "hostname": host })),
        ),
        ("http_request", http_request(record).map(Value::from)),
        ("http_response", http_response(record, phase).map(Value::from)),
        ("resources", resources(record)),
        ("unmapped", Some(unmapped(record, phase, link).into())),
    ])
}

/// What the class knows an operation to do: from what it is known to do, and for changes from the verb of its name.
fn activity(record: &Record) -> (u64, &'static str) {
    let name = record.operation.as_ref().map_or("", Shown::as_str);
    let begins = |verbs: &[&str]| verbs.iter().any(|verb| name.starts_with(verb));
    match record.access {
        _ if record.event == Event::Tunnel => (99, "Tunnel"),
        _ if record.event == Event::Gap => (99, "Gap"),
        _ if matches!(
            record.event,
            Event::Console | Event::Presigned | Event::Placeholder | Event::Connection
        ) =>
        {
            (1, "Create")
        }
        _ if record.event == Event::Change => (3, "Update"),
        None => (0, "Unknown"),
        Some("read") => (2, "Read"),
        Some(_) if begins(&["Create", "Run"]) => (1, "Create"),
        Some(_) if begins(&["Delete", "Remove", "Terminate"]) => (4, "Delete"),
        Some("write" | "permissions") => (3, "Update"),
        Some("credentials") => (99, "Credentials"),
        Some(_) => (99, "Other"),
    }
}

fn is_failure(record: &Record) -> bool {
    record.decision != Some(Decision::Allowed)
        || record.error.is_some()
        || record.status.is_none_or(|status| status >= 400)
}

fn status(record: &Record, phase: Phase) -> (u64, &'static str) {
    match phase {
        Phase::Begin => (0, "Unknown"),
        Phase::End if is_failure(record) => (2, "Failure"),
        Phase::End => (1, "Success"),
    }
}

/// Informational, but for what was refused here and what failed after it was allowed.
fn severity(record: &Record, phase: Phase) -> (u64, &'static str) {
    match phase {
        _ if record.decision == Some(Decision::Refused) => (3, "Medium"),
        Phase::End if is_failure(record) => (2, "Low"),
        _ => (1, "Informational"),
    }
}

fn metadata(record: &Record, phase: Phase) -> Map<String, Value> {
    object([
        ("version", Some(VERSION.into())),
        (
            "product",
            Some(
                json!({ "name": "awsaccess", "vendor_name": "awsaccess", "version": env!("CARGO_PKG_VERSION") }),
            ),
        ),
        ("profiles", Some(json!(["cloud"]))),
        ("event_code", Some(format!("{}.{}", record.event.name(), phase.name()).into())),
        ("uid", Some(format!("{}:{}", record.id, phase.name()).into())),
        ("correlation_uid", Some(record.id.as_str().into())),
    ])
}

fn actor(record: &Record) -> Map<String, Value> {
    let subject = own(&record.subject);
    let user = object([
        // Whoever it was: an actor has a user.
        ("type_id", Some(u64::from(subject.is_some()).into())),
        ("type", Some(if subject.is_some() { "User" } else { "Unknown" }.into())),
        ("name", Some(subject.unwrap_or_else(|| "unknown".into()))),
        ("credential_uid", shown(&record.access_key_id)),
    ]);
    let session = object([("uid", own(&record.session_name)), ("issuer", own(&record.role))]);
    object([("user", Some(user.into())), ("session", (!session.is_empty()).then(|| session.into()))])
}

fn api(record: &Record, phase: Phase) -> Map<String, Value> {
    let operation = match record.event {
        Event::Tunnel => Some("CONNECT".into()),
        Event::Request | Event::Presigned => shown(&record.operation),
        own => shown(&record.operation).or_else(|| Some(own.name().into())),
    };
    let code = record.status.filter(|_| phase == Phase::End);
    let response = object([
        ("code", code.map(Value::from)),
        ("error", record.error.map(Value::from)),
        ("error_message", shown(&record.reason)),
    ]);
    object([
        ("operation", Some(operation.unwrap_or_else(|| "unknown".into()))),
        ("service", service(record).map(|name| json!({ "name": name }))),
        ("request", Some(json!({ "uid": record.id }))),
        ("response", (!response.is_empty()).then(|| response.into())),
    ])
}

/// Whose operation it was: AWS's, or the gateway's own.
fn service(record: &Record) -> Option<Value> {
    match record.event {
        Event::Request | Event::Presigned | Event::Tunnel => shown(&record.service),
        _ => Some("awsaccess".into()),
    }
}

fn cloud(record: &Record) -> Map<String, Value> {
    // arn:partition:iam::account:role/name
    let account = record.role.as_deref().and_then(|role| role.split(':').nth(4));
    let account = account.filter(|account| !account.is_empty()).map(Shown::text);
    let account = account.map(|uid| json!({ "uid": uid.as_str(), "type_id": 10, "type": "AWS Account" }));
    object([("provider", Some("AWS".into())), ("region", shown(&record.region)), ("account", account)])
}

fn source(record: &Record) -> Map<String, Value> {
    let ip = record.source.map(|source| Value::from(source.to_string()));
    let name = ip.is_none().then(|| Value::from("unknown"));
    object([("ip", ip), ("name", name)])
}

fn http_request(record: &Record) -> Option<Map<String, Value>> {
    let target = record.target.as_ref().map(Shown::as_str);
    let (path, query) = match target.map(|target| target.split_once('?').unwrap_or((target, ""))) {
        Some((path, query)) => (Some(path), (!query.is_empty()).then_some(query)),
        None => (None, None),
    };
    let url = object([
        ("hostname", shown(&record.host)),
        ("path", path.map(Value::from)),
        ("query_string", query.map(Value::from)),
        ("url_string", target.map(Value::from)),
    ]);
    let request = object([
        ("http_method", shown(&record.method)),
        ("uid", shown(&record.upstream_request_id)),
        ("url", (!url.is_empty()).then(|| url.into())),
    ]);
    (!request.is_empty()).then_some(request)
}

fn http_response(record: &Record, phase: Phase) -> Option<Map<String, Value>> {
    let code = record.status.filter(|_| phase == Phase::End)?;
    Some(object([("code", Some(code.into())), ("length", Some(record.bytes_out.into()))]))
}

fn resources(record: &Record) -> Option<Value> {
    let details = record.resources.iter().map(|resource| {
        let (kind, name) = resource.as_str().split_once(':').unwrap_or(("resource", resource.as_str()));
        json!({ "type": kind, "name": name })
    });
    let details: Vec<Value> = details.collect();
    (!details.is_empty()).then(|| details.into())
}

fn unmapped(record: &Record, phase: Phase, link: Option<&Link>) -> Map<String, Value> {
    let roles = (!record.role_chain.is_empty())
        .then(|| record.role_chain.iter().map(AsRef::<str>::as_ref).collect::<Value>());
    let body = (!record.body.is_empty()).then(|| record.body.iter().map(Shown::as_str).collect::<Value>());
    let bytes = |bytes: u64| (phase == Phase::End).then(|| bytes.into());
    let mut fields = object([
        ("mode", record.mode.map(Value::from)),
        ("application", own(&record.application)),
        ("role_name", own(&record.role_name)),
        ("role_chain", roles),
        ("approved_by", own(&record.approved_by)),
        ("approval_reason", own(&record.approval_reason)),
        ("access", record.access.map(Value::from)),
        ("auth", record.auth.map(Value::from)),
        ("payload", record.payload.map(Value::from)),
        ("body", body),
        ("decision", record.decision.map(|decision| decision.name().into())),
        ("rule", own(&record.rule)),
        ("expires", record.expires.map(|expires| Timestamp::of(expires).as_ref().into())),
        ("lost", record.lost.map(Value::from)),
        ("bytes_in", bytes(record.bytes_in)),
        ("bytes_out", bytes(record.bytes_out)),
    ]);
    if let Some(link) = link {
        link.put(&mut fields);
    }
    fields
}

/// The members that are known.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Map<String, Value> {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// What the configuration says is the operator's own, and is written as it is.
fn own(text: &Option<Arc<str>>) -> Option<Value> {
    text.as_deref().map(|text| Shown::cut(text).as_str().into())
}

fn shown(shown: &Option<Shown>) -> Option<Value> {
    shown.as_ref().map(|shown| shown.as_str().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Format;
    use crate::time::Time;

    fn read(record: &Record, phase: Phase) -> Value {
        serde_json::from_str(&record.linked_line(phase, Format::Ocsf, None)).unwrap()
    }

    /// What every event of the class must have, of the types that it must have.
    fn check_required(event: &Value) {
        let number = |pointer: &str| event.pointer(pointer).and_then(Value::as_u64).unwrap_or(u64::MAX);
        assert_eq!((number("/class_uid"), number("/category_uid")), (6003, 6), "{event}");
        assert!([0, 1, 2, 3, 4, 99].contains(&number("/activity_id")), "{event}");
        assert_eq!(number("/type_uid"), 600_300 + number("/activity_id"), "{event}");
        assert!(number("/severity_id") <= 6 && number("/status_id") <= 2, "{event}");
        assert!(event["time"].is_i64(), "{event}");
        for text in [
            "/metadata/version",
            "/metadata/product/vendor_name",
            "/actor/user/name",
            "/api/operation",
            "/api/request/uid",
            "/cloud/provider",
        ] {
            assert!(
                event.pointer(text).and_then(Value::as_str).is_some_and(|text| !text.is_empty()),
                "{text}: {event}"
            );
        }
        assert!(event["src_endpoint"].as_object().is_some_and(|endpoint| !endpoint.is_empty()), "{event}");
    }

    fn whole() -> Record {
        let mut record = Record::request("id-1", Time::from_unix_millis(1_440_938_160_042));
        record.source = Some("192.0.2.7".parse().unwrap());
        record.mode = Some("intercept");
        record.access_key_id = Some(Shown::text("AKIAPLACEHOLDER00001"));
        record.subject = Some("alice@example.com".into());
        record.role = Some("arn:aws:iam::222222222222:role/reader".into());
        record.role_chain = vec!["arn:aws:iam::222222222222:role/reader".into()];
        record.session_name = Some("alice".into());
        record.service = Some(Shown::text("s3"));
        record.region = Some(Shown::text("eu-west-1"));
        record.operation = Some(Shown::text("GetObject"));
        record.access = Some("read");
        record.resources = vec![Shown::text("bucket:logs")];
        record.host = Some(Shown::text("logs.s3.eu-west-1.amazonaws.com"));
        record.method = Some(Shown::text("GET"));
        record.target = Some(Shown::target(b"/key?versionId=1&X-Amz-Signature=0123"));
        record.decision = Some(Decision::Allowed);
        record.rule = Some("developers".into());
        record.bytes_out = 7;
        record.complete(200, Time::from_unix_millis(1_440_938_160_142));
        record
    }

    #[test]
    fn what_is_known_is_in_its_place() {
        let event = read(&whole(), Phase::End);
        check_required(&event);
        for (place, wanted) in [
            ("/activity_name", json!("Read")),
            ("/status", json!("Success")),
            ("/severity_id", json!(1)),
            ("/time", json!(1_440_938_160_142_u64)),
            ("/start_time", json!(1_440_938_160_042_u64)),
            ("/duration", json!(100)),
            ("/metadata/uid", json!("id-1:end")),
            ("/metadata/event_code", json!("request.end")),
            ("/metadata/version", json!("1.3.0")),
            ("/actor/user/name", json!("alice@example.com")),
            ("/actor/user/type_id", json!(1)),
            ("/actor/session/issuer", json!("arn:aws:iam::222222222222:role/reader")),
            ("/api/operation", json!("GetObject")),
            ("/api/service/name", json!("s3")),
            ("/api/response/code", json!(200)),
            ("/cloud/region", json!("eu-west-1")),
            ("/cloud/account/uid", json!("222222222222")),
            ("/src_endpoint/ip", json!("192.0.2.7")),
            ("/dst_endpoint/hostname", json!("logs.s3.eu-west-1.amazonaws.com")),
            ("/http_request/http_method", json!("GET")),
            ("/http_request/url/path", json!("/key")),
            ("/http_response/length", json!(7)),
            ("/resources/0", json!({ "type": "bucket", "name": "logs" })),
            ("/unmapped/rule", json!("developers")),
        ] {
            assert_eq!(event.pointer(place), Some(&wanted), "{place}: {event}");
        }
        let query = event.pointer("/http_request/url/query_string").and_then(Value::as_str).unwrap();
        assert!(query.starts_with("versionId=1&") && !event.to_string().contains("0123"), "{event}");
    }

    #[test]
    fn the_beginning_knows_no_end() {
        let event = read(&whole(), Phase::Begin);
        check_required(&event);
        assert_eq!(event["status"], "Unknown");
        assert_eq!(event["time"], 1_440_938_160_042_u64);
        for absent in ["/http_response", "/end_time", "/duration", "/api/response"] {
            assert_eq!(event.pointer(absent), None, "{absent}");
        }
    }

    #[test]
    fn what_nobody_knows_is_unknown_and_never_missing() {
        for event in Event::ALL {
            let record = Record::new(event, "id", Time::from_unix(0));
            for phase in [Phase::Begin, Phase::End] {
                check_required(&read(&record, phase));
            }
        }
    }

    #[test]
    fn activities() {
        for (access, operation, wanted) in [
            (Some("read"), "GetObject", 2),
            (Some("write"), "CreateBucket", 1),
            (Some("write"), "RunInstances", 1),
            (Some("write"), "PutObject", 3),
            (Some("write"), "DeleteObject", 4),
            (Some("write"), "TerminateInstances", 4),
            (Some("permissions"), "PutRolePolicy", 3),
            (Some("permissions"), "CreateRole", 1),
            (Some("credentials"), "CreateAccessKey", 1),
            (Some("credentials"), "AssumeRole", 99),
            (None, "PutObject", 0),
        ] {
            let record = Record { access, operation: Some(Shown::name(operation)), ..whole() };
            let event = read(&record, Phase::End);
            assert_eq!(event["activity_id"], wanted, "{operation}");
            check_required(&event);
        }
        assert_eq!(read(&Record::tunnel("id", Time::from_unix(0)), Phase::End)["activity_id"], 99);
    }

    #[test]
    fn outcomes() {
        for (decision, status, error, wanted) in [
            (Decision::Allowed, 200, None, (1, 1)),
            (Decision::Allowed, 404, None, (2, 2)),
            (Decision::Allowed, 200, Some("upstream-reset"), (2, 2)),
            (Decision::Refused, 403, Some("denied"), (2, 3)),
        ] {
            let record = Record { decision: Some(decision), status: Some(status), error, ..whole() };
            let event = read(&record, Phase::End);
            let found = (event["status_id"].as_u64(), event["severity_id"].as_u64());
            assert_eq!(found, (Some(wanted.0), Some(wanted.1)), "{event}");
            assert_eq!(event.pointer("/api/response/error").and_then(Value::as_str), error);
        }
    }

    #[test]
    fn secrets_and_line_breaks_stay_out() {
        let secret = "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let mut record = whole();
        record.reason = Some(Shown::text(secret));
        for field in [&mut record.service, &mut record.region, &mut record.operation] {
            *field = Some(Shown::text(secret));
        }
        record.subject = Some("eve\n\u{202e}{\"status\":\"Success\"}".into());
        let line = record.linked_line(Phase::End, Format::Ocsf, None);
        assert!(!line.contains("wJalr"), "{line}");
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
    }
}
