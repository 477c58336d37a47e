//! The credential scope, and what follows from the signing name alone.

use std::time::Duration;

/// The region and signing name that a signature is good for.
///
/// The day and the terminator `aws4_request` complete the credential scope; both follow from the time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    region: String,
    service: String,
}

impl Scope {
    /// `Scope::new("us-east-1", "dynamodb")`.
    pub fn new(region: impl Into<String>, service: impl Into<String>) -> Self {
        Self { region: region.into(), service: service.into() }
    }

    /// The region, such as `eu-west-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The signing name, such as `s3` or `execute-api`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// `20150830/us-east-1/iam/aws4_request`.
    #[must_use]
    pub(crate) fn on(&self, day: &str) -> String {
        [day, &self.region, &self.service, "aws4_request"].join("/")
    }
}

/// Whether a service of this signing name signs the path as S3 does: encoded once, never normalised.
#[must_use]
pub fn is_s3_family(service: &str) -> bool {
    ["s3", "s3express", "s3-outposts", "s3-object-lambda", "s3-accesspoint"]
        .iter()
        .any(|name| service.eq_ignore_ascii_case(name))
}

/// Whether a service of this signing name has operations whose body goes unsigned (`UNSIGNED-PAYLOAD`).
///
/// The S3 family, and the six operations that the public models mark so (EBS `PutSnapshotBlock`, Lex
/// `PostContent` and `RecognizeUtterance`, MediaStore `PutObject`, Omics `UploadReadSetPart`).
#[must_use]
pub fn takes_unsigned_payload(service: &str) -> bool {
    is_s3_family(service) || ["ebs", "lex", "mediastore", "omics"].contains(&service)
}

/// How far a request's time may be from the service's: fifteen minutes for S3, five for the others.
#[must_use]
pub fn allowed_skew(service: &str) -> Duration {
    Duration::from_secs(if is_s3_family(service) { 15 * 60 } else { 5 * 60 })
}
