//! What a request asks of AWS: which protocol it speaks, which operation it names, what that does, and what it is about.
//!
//! Every operation of AWS's public service models is known, with the protocols that its service speaks. JSON services
//! name it in `X-Amz-Target`, query services in `Action`, RPC v2 in the path; REST services have a template of a path for
//! each, and S3 sub-resources besides. A request that AWS's own readers could take in two ways is
//! [`Name::Ambiguous`], with the reason: an action twice, a header against the query, an `x-id` that says otherwise.
//!
//! ```
//! use awsaccess::operation::{self, Access, Name, Protocol, Service};
//! use awsaccess::sigv4::Request;
//! let headers = [("x-amz-target", "DynamoDB_20120810.PutItem"), ("content-type", "application/x-amz-json-1.0")];
//! let request = Request::new("POST", "/", &headers);
//! let found = operation::identify(&request, &Service::named("dynamodb"), br#"{"TableName":"orders","Item":{}}"#);
//! assert_eq!((found.name, found.protocol), (Name::Exact("PutItem"), Protocol::Json10));
//! assert_eq!(found.access, Some(Access::Write));
//! assert_eq!((found.resources[0].kind, found.resources[0].value.as_str()), ("table", "orders"));
//! ```

mod action;
mod ask;
mod catalogue;
mod form;
mod head;
mod listed;
mod member;
mod path;
mod resource;
mod s3;
mod service;
mod token;

use std::borrow::Cow;
use std::fmt;

use crate::partition;
use crate::sigv4::{Plus, Request, Verified};
use ask::{Asked, Found};
use catalogue::{Entry, Model};
use form::Query;
use head::Head;

pub use action::Action;
pub use listed::CATALOGUE;
pub(crate) use listed::Listed;
pub use resource::Resource;
pub use service::Service;
pub use token::identify_token;

/// Why two readers could find two operations.
type Why = &'static str;

/// How a service and its clients talk, and so how an error must be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// Form in, XML out (STS, IAM, SQS of old …).
    Query,
    /// The dialect of EC2.
    Ec2,
    /// `application/x-amz-json-1.0`.
    Json10,
    /// `application/x-amz-json-1.1`.
    Json11,
    /// Paths and JSON.
    RestJson,
    /// Paths and XML (CloudFront, Route 53, S3's control API).
    RestXml,
    /// S3's own XML.
    S3,
    /// Smithy's RPC v2 in CBOR.
    Cbor,
}

impl Protocol {
    /// A stable name, as AWS's models write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Ec2 => "ec2",
            Self::Json10 => "json-1.0",
            Self::Json11 => "json-1.1",
            Self::RestJson => "rest-json",
            Self::RestXml => "rest-xml",
            Self::S3 => "s3",
            Self::Cbor => "rpc-v2-cbor",
        }
    }
}

/// What is known of the operation's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Name {
    /// An operation of AWS's models, and the only one that the request can be.
    Exact(&'static str),
    /// Named twice or in contradiction: what AWS would make of it cannot be known. The reason is for the operator.
    Ambiguous(&'static str),
    /// None that is known.
    Unknown,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Ambiguous(_) => f.write_str("(ambiguous)"),
            Self::Unknown => f.write_str("(unknown)"),
        }
    }
}

/// What an operation does with what is there; each more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Access {
    /// It looks.
    Read,
    /// It changes something.
    Write,
    /// It changes who may do what: policies, grants, roles, access lists.
    Permissions,
    /// Its answer carries AWS credentials, or a login that is as good.
    Credentials,
}

impl Access {
    /// A stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Permissions => "permissions",
            Self::Credentials => "credentials",
        }
    }
}

/// An operation of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The signing name of the service.
    pub service: Cow<'static, str>,
    /// The service as SDKs and the AWS CLI call it, which tells apart what shares a signing name (`elb`, `elbv2`). Where
    /// services share the wire too (RDS, DocumentDB, Neptune), the one that they are built on.
    pub model: Option<&'static str>,
    /// The operation.
    pub name: Name,
    /// A name that the request has for it and that is in no model: an operation of a later day, or of no day.
    pub unlisted: Option<String>,
    /// The protocol in which it was asked for.
    pub protocol: Protocol,
    /// What it does, where it is known.
    pub access: Option<Access>,
    /// What it is about, in the client's own words.
    pub resources: Vec<Resource>,
    listed: Option<Listed>,
}

impl Operation {
    /// The operation's name, or the one that the request has for it, as records and rules write it.
    #[must_use]
    pub fn title(&self) -> Cow<'_, str> {
        match (&self.name, &self.unlisted) {
            (Name::Exact(name), _) => Cow::Borrowed(name),
            (Name::Unknown, Some(name)) => Cow::Borrowed(name),
            (name, _) => Cow::Owned(name.to_string()),
        }
    }
}

/// Reads the operation. `body` is the whole body, or nothing where it is not at hand: a form names its operation there,
/// and others say what they are about.
///
/// A raw `+` of the query is a plus sign, as AWS signs it; [`identify_verified`] knows what the client meant.
#[must_use]
pub fn identify(request: &Request<'_>, service: &Service<'_>, body: &[u8]) -> Operation {
    read(request, Plus::Sign, service, body)
}

/// As [`identify`], of a request whose signature is right: path and query are read in the form that verified, which is
/// the one that goes on to the service.
#[must_use]
pub fn identify_verified(verified: &Verified, service: &Service<'_>, body: &[u8]) -> Operation {
    read(&verified.request(), verified.variant().plus, service, body)
}

fn read(request: &Request<'_>, plus: Plus, service: &Service<'_>, body: &[u8]) -> Operation {
    let asked = Asked::new(request, plus, service, body);
    let found = asked.as_ref().map_or(Ok(Found::Nothing), Asked::find);
    let (name, unlisted) = match (found, &asked) {
        (Ok(Found::Listed(entry, labels, protocol)), Some(asked)) => {
            let (query, headers) = (asked.query, request.headers());
            let source = resource::Source { labels: &labels, query, headers, body, protocol };
            match resource::resources(entry, &source) {
                Ok(resources) => return listed(entry, protocol, service, resources),
                Err(why) => (Name::Ambiguous(why), None),
            }
        }
        (Ok(Found::Unlisted(name)), _) => (Name::Unknown, Some(name)),
        (Ok(_), _) => (Name::Unknown, None),
        (Err(why), _) => (Name::Ambiguous(why), None),
    };
    Operation {
        service: static_name(service.name.unwrap_or_default()),
        model: None,
        name,
        unlisted,
        protocol: protocol(request, service.name),
        access: None,
        resources: Vec::new(),
        listed: None,
    }
}

fn listed(entry: Entry, protocol: Protocol, service: &Service<'_>, resources: Vec<Resource>) -> Operation {
    let model = entry.model();
    let own = model.signs_as();
    let service = match service.name {
        Some(name) if name != own => static_name(name),
        _ => Cow::Borrowed(own),
    };
    Operation {
        service,
        model: Some(model.name()),
        name: Name::Exact(entry.name()),
        unlisted: None,
        protocol,
        access: Some(entry.access()),
        resources,
        listed: Some(Listed::Entry(entry)),
    }
}

/// A signing name; borrowed, if it is a model's.
fn static_name(name: &str) -> Cow<'static, str> {
    let known = Model::signing(name).next().map(Model::signs_as);
    known.map_or_else(|| Cow::Owned(name.to_owned()), Cow::Borrowed)
}

/// As [`identify`], for a request of which nothing else is known: its host and its credential scope say which service
/// it is for, or `signed_as` does in the place of the scope.
#[must_use]
pub fn identify_alone(request: &Request<'_>, signed_as: Option<&str>, body: &[u8]) -> Operation {
    let host = request.host().and_then(|host| std::str::from_utf8(host).ok());
    let endpoint = host.and_then(|host| partition::endpoint(host).ok());
    let signed_as = signed_as.map(str::to_owned).or_else(|| scope_service(request));
    let service = match (&endpoint, &signed_as) {
        (Some(endpoint), Some(name)) => Service::at(endpoint).signed_as(name),
        (Some(endpoint), None) => Service::at(endpoint),
        (None, Some(name)) => Service::named(name),
        (None, None) => Service::unknown(),
    };
    identify(request, &service, body)
}

/// The service of the credential scope that a request carries, signed or not.
fn scope_service(request: &Request<'_>) -> Option<String> {
    let scope = |credential: &str| {
        let mut parts = credential.rsplit('/');
        (parts.next() == Some("aws4_request")).then(|| parts.next().map(str::to_owned)).flatten()
    };
    if let Some(header) = request.headers().first("authorization") {
        let (_, rest) = std::str::from_utf8(header).ok()?.split_once("Credential=")?;
        return scope(rest.split([',', ' ']).next()?);
    }
    let query = Query { text: request.query(), plus: Plus::Sign };
    let param = query.params().find(|param| param.is(b"X-Amz-Credential"))?;
    scope(std::str::from_utf8(&param.value()).ok()?)
}

/// Tells the protocol from the head alone; `service` is the signing name, where it is known.
#[must_use]
pub fn protocol(request: &Request<'_>, service: Option<&str>) -> Protocol {
    let head = Head::read(request.headers());
    let s3_control = head.has_account_id && request.path().starts_with(b"/v20180820/");
    match service {
        Some("s3") if s3_control => return Protocol::RestXml,
        Some("s3" | "s3express" | "s3-object-lambda" | "s3-outposts") => return Protocol::S3,
        _ => {}
    }
    if head.is_cbor() {
        return Protocol::Cbor;
    }
    if head.target.is_some() || head.is_amz_json() {
        return if head.is_json11() { Protocol::Json11 } else { Protocol::Json10 };
    }
    let models = Model::signing(service.unwrap_or_default());
    let speaks = |protocol| models.clone().any(|model| model.speaks(protocol));
    if speaks(Protocol::Ec2) {
        return Protocol::Ec2;
    }
    let paths = models.clone().any(|model| model.root().is_some());
    let query = Query { text: request.query(), plus: Plus::Sign };
    if head.is_form() || (query.has_action() && !paths) || (speaks(Protocol::Query) && !paths) {
        return Protocol::Query;
    }
    let rest_xml = speaks(Protocol::RestXml);
    if !rest_xml && (service.is_some() || head.speaks_of_json()) {
        Protocol::RestJson
    } else {
        Protocol::RestXml
    }
}

/// Visits the members at the top of a JSON body, with their values as they stand there. One that is not well formed is
/// visited as far as it is, and one that is larger than a mebibyte not at all.
pub(crate) fn json_members<'a>(body: &'a [u8], visit: &mut dyn FnMut(&[u8], &'a [u8])) {
    let _ = member::json_values(body, visit);
}

/// Whether a service of AWS's models signs under that name.
#[must_use]
pub fn is_signing_name(name: &str) -> bool {
    Model::signing(name).next().is_some()
}

/// Whether a request's operation may be named in its body, so that the body must be at hand before it can be judged.
#[must_use]
pub fn needs_body(request: &Request<'_>, service: &str) -> bool {
    let head = Head::read(request.headers());
    let may_act = |model: Model| model.speaks(Protocol::Query) || model.speaks(Protocol::Ec2);
    let named = head.is_cbor() || head.is_targeted_json();
    head.is_form() || (!named && Model::signing(service).any(may_act))
}

/// Whether the answer to the operation carries AWS credentials, or a login that is as good.
///
/// An operation of one of the services concerned that cannot be named counts, unless it is one of S3's.
#[must_use]
pub fn returns_credentials(operation: &Operation) -> bool {
    let service = Service::named(&operation.service);
    let may = || {
        let mut all = Model::signing(service.family()).flat_map(Model::operations);
        all.any(|entry| entry.access() == Access::Credentials)
    };
    match operation.name {
        Name::Exact(_) => operation.access == Some(Access::Credentials),
        Name::Ambiguous(_) => may(),
        Name::Unknown => !service.is_s3() && may(),
    }
}

#[cfg(test)]
mod tests;
