//! What a request asks of AWS: which protocol it speaks, and which operation it names, read from the wire.
//!
//! Three families name their operation in one place: JSON services in `X-Amz-Target`, query services in `Action`,
//! and RPC v2 CBOR in the path. S3's operations follow from method, key and sub-resource. For the other REST services
//! the operation stays [`Name::Unknown`], save for the few that hand out credentials.
//!
//! ```
//! use awsaccess::operation::{self, Name, Protocol};
//! use awsaccess::sigv4::Request;
//! let headers = [("x-amz-target", "DynamoDB_20120810.PutItem"), ("content-type", "application/x-amz-json-1.0")];
//! let found = operation::identify(&Request::new("POST", "/", &headers), "dynamodb", None, b"");
//! assert_eq!((found.name, found.protocol), (Name::Exact("PutItem".into()), Protocol::Json10));
//! ```

mod form;
mod s3;

use std::fmt;

use crate::partition::Style;
use crate::sigv4::Request;

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

/// What is known of the operation's name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Name {
    /// Named on the wire, or the only one that it can be.
    Exact(String),
    /// Named twice or in contradiction: what AWS would make of it cannot be known.
    Ambiguous(&'static str),
    /// Not known.
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

/// An operation of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The signing name of the service.
    pub service: String,
    /// The operation.
    pub name: Name,
    /// The protocol in which it was asked for.
    pub protocol: Protocol,
}

/// Reads the operation. `service` is the signing name; `style` says what an S3 host names; `body` is the whole body
/// of a form, or nothing.
#[must_use]
pub fn identify(request: &Request<'_>, service: &str, style: Option<&Style>, body: &[u8]) -> Operation {
    let protocol = protocol(request, Some(service));
    let name = match protocol {
        Protocol::S3 => s3::name(request, style.unwrap_or(&Style::Path)),
        Protocol::Cbor => cbor_name(request),
        Protocol::Query | Protocol::Ec2 => form::name(request, body),
        Protocol::Json10 | Protocol::Json11 => json_name(request, body),
        Protocol::RestJson | Protocol::RestXml => rest_name(request, service),
    };
    Operation { service: service.to_owned(), name, protocol }
}

/// Tells the protocol from the head alone; `service` is the signing name, where it is known.
#[must_use]
pub fn protocol(request: &Request<'_>, service: Option<&str>) -> Protocol {
    let headers = request.headers();
    let content_type = headers.first("content-type").map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
    let is = |kind: &[u8]| content_type.starts_with(kind);
    let s3_control =
        headers.first("x-amz-account-id").is_some() && request.path().starts_with(b"/v20180820/");
    match service {
        Some("s3") if s3_control => return Protocol::RestXml,
        Some("s3" | "s3express" | "s3-object-lambda" | "s3-outposts") => return Protocol::S3,
        Some("cloudfront" | "route53") => return Protocol::RestXml,
        _ => {}
    }
    if headers.first("smithy-protocol").is_some() || is(b"application/cbor") {
        return Protocol::Cbor;
    }
    if headers.first("x-amz-target").is_some() || is(b"application/x-amz-json") {
        let new = content_type.starts_with(b"application/x-amz-json-1.1");
        return if new { Protocol::Json11 } else { Protocol::Json10 };
    }
    if service == Some("ec2") {
        return Protocol::Ec2;
    }
    let query = is(b"application/x-www-form-urlencoded") || form::in_query(request);
    if query || service.is_some_and(|service| QUERY.contains(&service)) {
        return Protocol::Query;
    }
    let json = |name| headers.first(name).is_some_and(|value| memchr::memmem::find(value, b"json").is_some());
    if service.is_some() || json("content-type") || json("accept") {
        Protocol::RestJson
    } else {
        Protocol::RestXml
    }
}

/// Whether a request's operation may be named in its body, so that the body must be at hand before it can be judged.
#[must_use]
pub fn needs_body(request: &Request<'_>, service: &str) -> bool {
    matches!(protocol(request, Some(service)), Protocol::Query | Protocol::Ec2) || form::is_form(request)
}

/// Whether the answer to the operation carries AWS credentials, or a login that is as good.
///
/// An operation of one of the services concerned that cannot be named counts, unless it is one of S3's.
#[must_use]
pub fn returns_credentials(operation: &Operation) -> bool {
    let own: Vec<_> = CREDENTIALS.iter().filter(|(service, _)| *service == operation.service).collect();
    match &operation.name {
        Name::Exact(name) => own.iter().any(|(_, names)| names.contains(&name.as_str())),
        Name::Ambiguous(_) => !own.is_empty(),
        Name::Unknown => operation.service == "sts",
    }
}

/// Signing names of the services that speak query and never name a target.
const QUERY: &[&str] = &[
    "autoscaling",
    "cloudformation",
    "cloudsearch",
    "elasticache",
    "elasticbeanstalk",
    "elasticloadbalancing",
    "iam",
    "rds",
    "redshift",
    "ses",
    "sns",
    "sts",
];

/// Operations whose answer carries credentials, by signing name.
const CREDENTIALS: &[(&str, &[&str])] = &[
    (
        "sts",
        &[
            "AssumeRole",
            "AssumeRoleWithSAML",
            "AssumeRoleWithWebIdentity",
            "AssumeRoot",
            "GetDelegatedAccessToken",
            "GetFederationToken",
            "GetSessionToken",
        ],
    ),
    ("s3", &["CreateSession", "GetDataAccess"]),
    ("s3express", &["CreateSession"]),
    ("iam", &["CreateAccessKey", "CreateServiceSpecificCredential", "ResetServiceSpecificCredential"]),
    ("awsssoportal", &["GetRoleCredentials"]),
    ("cognito-identity", &["GetCredentialsForIdentity"]),
    ("eks-auth", &["AssumeRoleForPodIdentity"]),
    ("ecr", &["GetAuthorizationToken"]),
    ("ecr-public", &["GetAuthorizationToken"]),
    ("codeartifact", &["GetAuthorizationToken"]),
    (
        "lakeformation",
        &[
            "AssumeDecoratedRoleWithSAML",
            "GetTemporaryDataLocationCredentials",
            "GetTemporaryGluePartitionCredentials",
            "GetTemporaryGlueTableCredentials",
        ],
    ),
    ("redshift", &["GetClusterCredentials", "GetClusterCredentialsWithIAM"]),
    ("redshift-serverless", &["GetCredentials"]),
    ("gamelift", &["CreateBuild", "GetComputeAccess", "RequestUploadCredentials"]),
    ("codepipeline", &["GetJobDetails", "GetThirdPartyJobDetails", "PollForJobs"]),
    ("lightsail", &["CreateBucketAccessKey", "GetBucketAccessKeys"]),
    ("ssm", &["GetAccessToken"]),
];

/// The REST operations among them: service, method, first and last segment of the path, name.
const CREDENTIAL_PATHS: &[(&str, &str, &str, &str, &str)] = &[
    ("awsssoportal", "GET", "federation", "credentials", "GetRoleCredentials"),
    ("eks-auth", "POST", "clusters", "assume-role-identities", "AssumeRoleForPodIdentity"),
    ("codeartifact", "POST", "v1", "authorization-token", "GetAuthorizationToken"),
    ("s3", "GET", "v20180820", "dataaccess", "GetDataAccess"),
    ("lakeformation", "POST", "", "AssumeDecoratedRoleWithSAML", "AssumeDecoratedRoleWithSAML"),
    (
        "lakeformation",
        "POST",
        "",
        "GetTemporaryDataLocationCredentials",
        "GetTemporaryDataLocationCredentials",
    ),
    (
        "lakeformation",
        "POST",
        "",
        "GetTemporaryGluePartitionCredentials",
        "GetTemporaryGluePartitionCredentials",
    ),
    ("lakeformation", "POST", "", "GetTemporaryGlueTableCredentials", "GetTemporaryGlueTableCredentials"),
];

/// `Prefix.Operation` of `X-Amz-Target`; prefixes can have dots of their own.
fn json_name(request: &Request<'_>, body: &[u8]) -> Name {
    let headers = request.headers();
    if headers.count("x-amz-target") > 1 {
        return Name::Ambiguous("x-amz-target is there twice");
    }
    if form::in_query(request) || (form::is_form(request) && form::name(request, body) != Name::Unknown) {
        return Name::Ambiguous("x-amz-target and an action are both there");
    }
    let target = headers.first("x-amz-target").and_then(|value| std::str::from_utf8(value).ok());
    match target.and_then(|target| target.rsplit_once('.')) {
        Some((_, name)) => word(name),
        None => Name::Unknown,
    }
}

/// `/service/{Service}/operation/{Operation}`, below whatever base path there is.
fn cbor_name(request: &Request<'_>) -> Name {
    let headers = request.headers();
    if headers.count("x-amz-target") > 0 || headers.count("smithy-protocol") > 1 {
        return Name::Ambiguous("two protocols are named at once");
    }
    let path = std::str::from_utf8(request.path()).unwrap_or_default();
    let mut parts = path.rsplit('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(name), Some("operation"), Some(_), Some("service")) => word(name),
        _ => Name::Unknown,
    }
}

fn rest_name(request: &Request<'_>, service: &str) -> Name {
    let path = std::str::from_utf8(request.path()).unwrap_or_default().trim_matches('/');
    let (first, last) = match path.split_once('/') {
        Some((first, _)) => (first, path.rsplit('/').next().unwrap_or_default()),
        None => ("", path),
    };
    let found = CREDENTIAL_PATHS.iter().find(|(of, method, start, end, _)| {
        *of == service && *method == request.method() && *start == first && *end == last
    });
    found.map_or(Name::Unknown, |(.., name)| Name::Exact((*name).to_owned()))
}

/// Operations are words of letters and digits; nothing else goes into a record or a rule.
fn word(name: &str) -> Name {
    let sound =
        (1..=128).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    if sound { Name::Exact(name.to_owned()) } else { Name::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(method: &str, target: &str, headers: &[(&str, &str)], service: &str, body: &[u8]) -> Name {
        identify(&Request::new(method, target, headers), service, None, body).name
    }

    fn exact(name: &str) -> Name {
        Name::Exact(name.to_owned())
    }

    const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")];

    #[test]
    fn query_services() {
        let body = b"Action=GetCallerIdentity&Version=2011-06-15";
        assert_eq!(name("POST", "/", FORM, "sts", body), exact("GetCallerIdentity"));
        assert_eq!(name("GET", "/?Version=1&Action=ListUsers", &[], "iam", b""), exact("ListUsers"));
        assert_eq!(name("POST", "/", FORM, "ec2", b"%41ction=RunInstances"), exact("RunInstances"));
        assert_eq!(name("POST", "/", FORM, "sts", b"Version=1"), Name::Unknown);
        assert_eq!(name("POST", "/", FORM, "sts", b"action=AssumeRole"), Name::Unknown);
        for (target, body) in [
            ("/", &b"Action=GetCallerIdentity&Action=AssumeRole"[..]),
            ("/", b"Action=AssumeRole&Action=AssumeRole"),
            ("/?Action=AssumeRole", b"Action=GetCallerIdentity"),
            ("/?Action=GetCallerIdentity&%41ction=AssumeRole", b""),
        ] {
            assert!(matches!(name("POST", target, FORM, "sts", body), Name::Ambiguous(_)), "{target}");
        }
    }

    #[test]
    fn json_and_cbor_services() {
        let target = |value| [("X-Amz-Target", value)];
        let trail = target("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents");
        assert_eq!(name("POST", "/", &trail, "cloudtrail", b""), exact("LookupEvents"));
        assert_eq!(name("POST", "/", &target("NoDot"), "kms", b""), Name::Unknown);
        assert_eq!(name("POST", "/", &target("A.b\"c"), "kms", b""), Name::Unknown);
        let twice = [("X-Amz-Target", "A.B"), ("x-amz-target", "A.C")];
        assert!(matches!(name("POST", "/", &twice, "kms", b""), Name::Ambiguous(_)));
        assert!(matches!(name("POST", "/?Action=X", &target("A.B"), "sqs", b""), Name::Ambiguous(_)));
        let cbor = [("smithy-protocol", "rpc-v2-cbor")];
        let path = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
        assert_eq!(name("POST", path, &cbor, "monitoring", b""), exact("PutMetricData"));
    }

    #[test]
    fn credentials_in_the_answer() {
        let asked = |method: &str, target: &str, headers: &[(&str, &str)], service: &str, body: &[u8]| {
            returns_credentials(&identify(&Request::new(method, target, headers), service, None, body))
        };
        assert!(asked("POST", "/", FORM, "sts", b"Action=AssumeRole"));
        assert!(asked("GET", "/?Action=GetSessionToken", &[], "sts", b""));
        assert!(asked("POST", "/", FORM, "sts", b"nothing"));
        assert!(!asked("POST", "/", FORM, "sts", b"Action=GetCallerIdentity"));
        assert!(asked("GET", "/?session", &[], "s3express", b""));
        assert!(asked("POST", "/v1/authorization-token?domain=d", &[], "codeartifact", b""));
        assert!(asked("POST", "/GetTemporaryGlueTableCredentials", &[], "lakeformation", b""));
        assert!(!asked("GET", "/v1/domains", &[], "codeartifact", b""));
        assert!(!asked("GET", "/key", &[], "s3", b""));
    }

    #[test]
    fn protocols() {
        let of = |target: &str, headers: &[(&str, &str)], service| {
            protocol(&Request::new("POST", target, headers), service)
        };
        assert_eq!(of("/", &[], Some("s3")), Protocol::S3);
        assert_eq!(of("/", &[("content-type", "application/x-amz-json-1.1")], Some("kms")), Protocol::Json11);
        assert_eq!(of("/", &[("x-amz-target", "A.B")], None), Protocol::Json10);
        assert_eq!(of("/2015-03-31/functions", &[], Some("lambda")), Protocol::RestJson);
        assert_eq!(of("/", &[], Some("sts")), Protocol::Query);
        assert_eq!(of("/", &[("accept", "application/json")], None), Protocol::RestJson);
        assert_eq!(of("/", &[], None), Protocol::RestXml);
    }
}
