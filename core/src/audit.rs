//! What happened: one record a request, tunnel, console link, presigned URL, placeholder, connection or change, begun before anything is
//! done and completed after, as JSON lines.
//!
//! A record is typed: there is no field for a header or a secret, and of a body only for members that somebody asked for.
//! What a client wrote itself (its target, its host) enters as [`Shown`] only, which hides what is secret and what would upset a
//! terminal. Lines are ASCII:
//! control characters, line breaks and writing-direction marks are escaped.
//!
//! Lines may be given as OCSF's API Activity ([`Format`]), and linked into a chain ([`Link`], [`Verifier`]).
//!
//! ```
//! use awsaccess::audit::{Phase, Record, Shown};
//! use awsaccess::time::Time;
//! let mut record = Record::request("id-1", Time::from_unix(1_440_938_160));
//! record.subject = Some("alice@example.com".into());
//! record.target = Some(Shown::target(b"/key?X-Amz-Security-Token=secret"));
//! let line = record.line(Phase::Begin);
//! assert!(line.starts_with(r#"{"event":"request.begin","id":"id-1","time":"2015-08-30T12:36:00.000Z","#));
//! assert!(!line.contains("secret"));
//! ```

mod chain;
mod event;
mod line;
mod ocsf;
mod shown;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;

pub use chain::{Fault, Link, Verifier};
pub use event::Event;
pub use shown::Shown;

use crate::time::Time;

use line::{Line, name};

/// Most lines are shorter.
const ROOM: usize = 1024;

/// When the line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Before anything is forwarded.
    Begin,
    /// After all is done, or refused.
    End,
}

impl Phase {
    const fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::End => "end",
        }
    }
}

/// The shape of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// This crate's own: flat, the fields of [`Record`].
    #[default]
    Plain,
    /// API Activity of the Open Cybersecurity Schema Framework (class 6003 of version 1.3.0).
    Ocsf,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It was passed on.
    Allowed,
    /// It was not.
    Refused,
}

/// The record of one [`Event`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// What it was.
    pub event: Event,
    /// Our own id of it, which refusals carry as their request id.
    pub id: String,
    /// When it began.
    pub time: Time,
    /// Where the connection came from.
    pub source: Option<IpAddr>,
    /// How it came in: `intercept`, `endpoint-url` or `tunnel`.
    pub mode: Option<&'static str>,
    /// The placeholder's key id: a name, no secret.
    pub access_key_id: Option<Shown>,
    /// Who.
    pub subject: Option<Arc<str>>,
    /// The application.
    pub application: Option<Arc<str>>,
    /// The name of the application's role.
    pub role_name: Option<Arc<str>>,
    /// The AWS role that the request was signed with.
    pub role: Option<Arc<str>>,
    /// The roles that were assumed on the way to it and it, in order.
    pub role_chain: Vec<Arc<str>>,
    /// The session name at AWS.
    pub session_name: Option<Arc<str>>,
    /// Who gave the subject its role for a time, if that decided.
    pub approved_by: Option<Arc<str>>,
    /// Why.
    pub approval_reason: Option<Arc<str>>,
    /// The signing name of the service.
    pub service: Option<Shown>,
    /// The region of the scope.
    pub region: Option<Shown>,
    /// The operation, where it is known.
    pub operation: Option<Shown>,
    /// What the operation does: `read`, `write`, `permissions` or `credentials`.
    pub access: Option<&'static str>,
    /// What it is about, as `kind:name`, in the client's own words.
    pub resources: Vec<Shown>,
    /// The host that the client named.
    pub host: Option<Shown>,
    /// The host that the request was sent to, if it is another.
    pub upstream: Option<Arc<str>>,
    /// The method.
    pub method: Option<Shown>,
    /// The target, with what is secret hidden.
    pub target: Option<Shown>,
    /// How it was signed: `header` or `query`.
    pub auth: Option<&'static str>,
    /// What the head says of the body: `absent`, `sha256`, or AWS's literal (`UNSIGNED-PAYLOAD`, `STREAMING-…`).
    pub payload: Option<&'static str>,
    /// Members of the body, as `name=value`, where it was asked for them.
    pub body: Vec<Shown>,
    /// What was decided.
    pub decision: Option<Decision>,
    /// The rule that decided.
    pub rule: Option<Arc<str>>,
    /// The stable name of what was wrong.
    pub error: Option<&'static str>,
    /// What the operator should know of it.
    pub reason: Option<Shown>,
    /// The status that the client was answered with.
    pub status: Option<u16>,
    /// The service's own id of the request.
    pub upstream_request_id: Option<Shown>,
    /// The key id of the placeholder that stands in the answer for the credentials that the service gave.
    pub issued: Option<Shown>,
    /// Bytes of the request's body, or from the client into a tunnel.
    pub bytes_in: u64,
    /// Bytes of the answer's body, or from a tunnel to the client.
    pub bytes_out: u64,
    /// How long it took.
    pub milliseconds: Option<u64>,
    /// Until when what was issued is good.
    pub expires: Option<Time>,
    /// How many lines of other records could not be written.
    pub lost: Option<u64>,
}

impl Record {
    /// A record of which only this is known.
    #[must_use]
    pub fn new(event: Event, id: impl Into<String>, time: Time) -> Self {
        Self {
            event,
            id: id.into(),
            time,
            source: None,
            mode: None,
            access_key_id: None,
            subject: None,
            application: None,
            role_name: None,
            role: None,
            role_chain: Vec::new(),
            session_name: None,
            approved_by: None,
            approval_reason: None,
            service: None,
            region: None,
            operation: None,
            access: None,
            resources: Vec::new(),
            host: None,
            upstream: None,
            method: None,
            target: None,
            auth: None,
            payload: None,
            body: Vec::new(),
            decision: None,
            rule: None,
            error: None,
            reason: None,
            status: None,
            upstream_request_id: None,
            issued: None,
            bytes_in: 0,
            bytes_out: 0,
            milliseconds: None,
            expires: None,
            lost: None,
        }
    }

    /// The record of a request.
    #[must_use]
    pub fn request(id: impl Into<String>, time: Time) -> Self {
        Self::new(Event::Request, id, time)
    }

    /// The record of a tunnel.
    #[must_use]
    pub fn tunnel(id: impl Into<String>, time: Time) -> Self {
        Self { mode: Some("tunnel"), ..Self::new(Event::Tunnel, id, time) }
    }

    /// Notes the answer and how long it took to give.
    pub fn complete(&mut self, status: u16, now: Time) {
        self.status = Some(status);
        self.milliseconds = u64::try_from(now.since(self.time).as_millis()).ok();
    }

    /// The record as one line of JSON, without the line break. Fields that are not known are left out.
    #[must_use]
    pub fn line(&self, phase: Phase) -> String {
        self.linked_line(phase, Format::Plain, None)
    }

    /// The record as one line of JSON in either shape, and with its link if the log is a chain.
    #[must_use]
    pub fn linked_line(&self, phase: Phase, format: Format, link: Option<&Link>) -> String {
        let mut line = String::with_capacity(ROOM);
        self.write_line(&mut line, phase, format, link, &mut None);
        line
    }

    /// The same, behind what `out` has already. What the other line has in common with this one is kept in `common`, and
    /// written from there if it is at hand.
    pub fn write_line(
        &self,
        out: &mut String,
        phase: Phase,
        format: Format,
        link: Option<&Link>,
        common: &mut Option<Common>,
    ) {
        match format {
            Format::Plain => {
                self.write_plain(out, phase, link, common.get_or_insert_with(|| self.common()));
            }
            Format::Ocsf => write_ascii(out, &Value::Object(ocsf::event(self, phase, link)).to_string()),
        }
    }

    fn write_plain(&self, out: &mut String, phase: Phase, link: Option<&Link>, Common(common): &Common) {
        for part in ["{\"event\":\"", self.event.name(), ".", phase.name(), "\",", common] {
            out.push_str(part);
        }
        Line::write(out, |line| {
            if phase == Phase::End {
                line.number(name!("status"), self.status.map(u64::from));
                line.text(name!("upstream_request_id"), said(&self.upstream_request_id));
                line.text(name!("issued"), said(&self.issued));
                line.number(name!("bytes_in"), Some(self.bytes_in));
                line.number(name!("bytes_out"), Some(self.bytes_out));
                line.number(name!("milliseconds"), self.milliseconds);
            }
            if let Some(link) = link {
                link.write(line);
            }
        });
        line::close(out);
    }

    fn common(&self) -> Common {
        let mut members = String::with_capacity(ROOM);
        Line::write(&mut members, |line| {
            line.text(name!("id"), Some(&self.id));
            line.time(name!("time"), Some(self.time));
            if let Some(source) = self.source {
                line.address(name!("source"), source);
            }
            line.text(name!("mode"), self.mode);
            line.text(name!("access_key_id"), said(&self.access_key_id));
            line.text(name!("subject"), own(&self.subject));
            line.text(name!("application"), own(&self.application));
            line.text(name!("role_name"), own(&self.role_name));
            line.text(name!("role"), own(&self.role));
            line.texts(name!("role_chain"), self.role_chain.iter().map(AsRef::as_ref));
            line.text(name!("session_name"), own(&self.session_name));
            line.text(name!("approved_by"), own(&self.approved_by));
            line.text(name!("approval_reason"), own(&self.approval_reason));
            line.text(name!("service"), said(&self.service));
            line.text(name!("region"), said(&self.region));
            line.text(name!("operation"), said(&self.operation));
            line.text(name!("access"), self.access);
            line.texts(name!("resources"), self.resources.iter().map(Shown::as_str));
            line.text(name!("host"), said(&self.host));
            line.text(name!("upstream"), own(&self.upstream));
            line.text(name!("method"), said(&self.method));
            line.text(name!("target"), said(&self.target));
            line.text(name!("auth"), self.auth);
            line.text(name!("payload"), self.payload);
            line.texts(name!("body"), self.body.iter().map(Shown::as_str));
            line.text(name!("decision"), self.decision.map(Decision::name));
            line.text(name!("rule"), own(&self.rule));
            line.text(name!("error"), self.error);
            line.text(name!("reason"), said(&self.reason));
            line.time(name!("expires"), self.expires);
            line.number(name!("lost"), self.lost);
        });
        Common(members)
    }
}

/// What the first and the last line of a record have in common, written once. It holds until something of that is changed:
/// anything but what is known of the answer alone ([`status`](Record::status),
/// [`upstream_request_id`](Record::upstream_request_id), [`issued`](Record::issued), [`bytes_in`](Record::bytes_in),
/// [`bytes_out`](Record::bytes_out), [`milliseconds`](Record::milliseconds)).
#[derive(Debug, Clone)]
pub struct Common(String);

/// Text of the operator's own, which is written as it is.
fn own(text: &Option<Arc<str>>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Shown::bounded)
}

fn said(shown: &Option<Shown>) -> Option<&str> {
    shown.as_ref().map(Shown::as_str)
}

impl Decision {
    /// The word in the record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
        }
    }
}

/// JSON with every character outside printable ASCII escaped, so that no terminal and no viewer is led astray.
fn write_ascii(out: &mut String, json: &str) {
    out.reserve(json.len());
    for c in json.chars() {
        if (' '..='~').contains(&c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_a_line() {
        let mut record = Record::request("id", Time::from_unix_millis(1_440_938_160_042));
        record.target = Some(Shown::target(b"/a%0Ab?X-Amz-Signature=0123&x=\x1b[31m\xe2\x80\xae"));
        record.subject = Some("eve\"\n\u{202e}{\"decision\":\"allowed\"}".into());
        record.decision = Some(Decision::Refused);
        record.complete(403, Time::from_unix_millis(1_440_938_160_142));
        let line = record.line(Phase::End);
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        assert!(line.contains(r#""time":"2015-08-30T12:36:00.042Z""#), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["subject"], "eve\"\n\u{202e}{\"decision\":\"allowed\"}");
        assert_eq!(read["decision"], "refused");
        assert_eq!((read["status"].as_u64(), read["milliseconds"].as_u64()), (Some(403), Some(100)));
        assert!(!line.contains("0123"), "{line}");
    }

    proptest! {
        /// Whatever a record says, its lines are those of a plain writer of JSON, and what they have in common may be
        /// written once.
        #[test]
        fn the_lines_are_those_of_a_plain_writer(
            own in "[ -~]{0,40}|\\PC{0,20}|[\x00-\x1f\"\\\\]{0,5}",
            others in proptest::collection::vec("[a-z]{0,19}|\\PC{0,9}", 0..3),
            id in "[ -~]{0,40}",
            millis in 0..4_000_000_000_000_i64,
            numbers: (u64, u64, u16),
        ) {
            let mut record = Record::request("id\n", Time::from_unix_millis(millis));
            record.subject = Some(own.as_str().into());
            record.role_chain = others.iter().map(|role| role.as_str().into()).collect();
            record.resources = others.iter().map(|resource| Shown::text(resource)).collect();
            record.reason = Some(Shown::text(&id));
            record.lost = Some(numbers.0);
            let mut common = None;
            let mut begin = String::from("line before\n");
            record.write_line(&mut begin, Phase::Begin, Format::Plain, None, &mut common);
            record.upstream_request_id = Some(Shown::text(&own));
            (record.bytes_in, record.bytes_out) = (numbers.0, numbers.1);
            record.complete(numbers.2, record.time);
            let mut end = String::new();
            record.write_line(&mut end, Phase::End, Format::Plain, Some(&Link::FIRST), &mut common);
            prop_assert_eq!(&end, &record.linked_line(Phase::End, Format::Plain, Some(&Link::FIRST)));

            let texts = |texts: &[&str]| (!texts.is_empty()).then(|| json!(texts));
            let roles: Vec<&str> = record.role_chain.iter().map(AsRef::as_ref).collect();
            let resources: Vec<&str> = record.resources.iter().map(Shown::as_str).collect();
            let time = format!("{}.{:03}Z", record.time.to_string().trim_end_matches('Z'), millis % 1000);
            let members = [
                ("event", Some(json!("request.begin"))), ("id", Some(json!("id\n"))), ("time", Some(json!(time))),
                ("subject", Some(json!(own))), ("role_chain", texts(&roles)), ("resources", texts(&resources)),
                ("reason", record.reason.as_ref().map(|reason| json!(reason.as_str()))),
                ("lost", Some(json!(numbers.0))),
            ];
            let last = [
                ("status", json!(numbers.2)), ("upstream_request_id", json!(Shown::text(&own).as_str())),
                ("bytes_in", json!(numbers.0)), ("bytes_out", json!(numbers.1)), ("milliseconds", json!(0)),
                ("chain", json!({ "sequence": 1, "previous": "0".repeat(64) })),
            ];
            let named = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
            let mut plain: serde_json::Map<_, _> = members.into_iter().filter_map(named).collect();
            let written = |plain: &serde_json::Map<_, _>| {
                let mut line = String::new();
                write_ascii(&mut line, &Value::Object(plain.clone()).to_string());
                line.replace('\u{7f}', "\\u007f")
            };
            prop_assert_eq!(begin.strip_prefix("line before\n").unwrap(), written(&plain));
            plain["event"] = json!("request.end");
            plain.extend(last.map(|(name, value)| (name.to_owned(), value)));
            prop_assert_eq!(end, written(&plain));
        }
    }

    #[test]
    fn the_beginning_knows_no_end() {
        let line = Record::tunnel("id", Time::from_unix(0)).line(Phase::Begin);
        assert_eq!(
            line,
            r#"{"event":"tunnel.begin","id":"id","time":"1970-01-01T00:00:00.000Z","mode":"tunnel"}"#
        );
    }

    #[test]
    fn every_event_has_a_name_of_its_own() {
        let names: std::collections::HashSet<_> = Event::ALL.iter().map(|event| event.name()).collect();
        assert_eq!(names.len(), Event::ALL.len());
        let mut record = Record::new(Event::Placeholder, "id", Time::from_unix(0));
        record.access_key_id = Some(Shown::text("AKIAPLACEHOLDER00001"));
        record.expires = Some(Time::from_unix(3600));
        assert_eq!(
            record.line(Phase::Begin),
            r#"{"event":"placeholder.begin","id":"id","time":"1970-01-01T00:00:00.000Z","access_key_id":"AKIAPLACEHOLDER00001","expires":"1970-01-01T01:00:00.000Z"}"#
        );
    }

    #[test]
    fn secrets_and_novels_stay_out() {
        let mut record = Record::request("id", Time::from_unix(0));
        let secret = "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        record.reason = Some(Shown::text(secret));
        record.service = Some(Shown::text(secret));
        record.host = Some(Shown::text("wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY"));
        assert!(!record.line(Phase::End).contains("wJalr"), "{}", record.line(Phase::End));
        record.target = Some(Shown::target(&b"/x".repeat(10_000)));
        assert!(record.line(Phase::End).len() < 3000);
    }
}
