//! What a presigned text is for, and how long the one who takes it accepts it.

use std::time::Duration;

use super::bucket_of;
use super::wrap::Wrapped;
use crate::sigv4::percent;
use crate::sigv4::request::Request;
use crate::sigv4::scope::is_s3_family;
use crate::sigv4::uri;

/// How long databases, EKS and CodeCommit take a token, whatever it says.
pub(super) const QUARTER: Duration = Duration::from_secs(900);

/// The signed header that names an EKS cluster.
pub(super) const CLUSTER: &str = "x-k8s-aws-id";

/// What was signed offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PresignKind {
    /// A presigned URL of S3's family.
    S3,
    /// `aws eks get-token`: a presigned `GetCallerIdentity`, which the cluster asks STS.
    EksToken,
    /// A password for an RDS or Aurora database.
    RdsToken,
    /// A password for an ElastiCache cache.
    ElastiCacheToken,
    /// A password for a MemoryDB cluster.
    MemoryDbToken,
    /// An OAUTHBEARER token for an MSK cluster.
    MskToken,
    /// A password for an Aurora DSQL cluster.
    DsqlToken,
    /// Git credentials for a CodeCommit repository.
    CodeCommit,
    /// A presigned URL of any other service.
    Url,
}

impl PresignKind {
    /// A stable name, the same in every language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::EksToken => "eks-token",
            Self::RdsToken => "rds-token",
            Self::ElastiCacheToken => "elasticache-token",
            Self::MemoryDbToken => "memorydb-token",
            Self::MskToken => "msk-token",
            Self::DsqlToken => "dsql-token",
            Self::CodeCommit => "codecommit",
            Self::Url => "url",
        }
    }

    pub(super) fn of(wrapped: &Wrapped, request: &Request<'_>, service: &str) -> Self {
        let action = param(request, b"Action");
        match (service, action.as_deref()) {
            ("sts", Some("GetCallerIdentity")) if wrapped.is_eks() => Self::EksToken,
            ("kafka-cluster", Some("kafka-cluster:Connect")) => Self::MskToken,
            ("rds-db", Some("connect")) => Self::RdsToken,
            ("elasticache", Some("connect")) => Self::ElastiCacheToken,
            ("memorydb", Some("connect")) => Self::MemoryDbToken,
            ("dsql", Some("DbConnect" | "DbConnectAdmin")) => Self::DsqlToken,
            (service, _) if is_s3_family(service) => Self::S3,
            _ => Self::Url,
        }
    }

    /// The lifetime that the service gives it; `None` where `X-Amz-Expires` does.
    ///
    /// EKS asks STS, which takes these URLs for a quarter of an hour from their date.
    pub(super) const fn lifetime(self) -> Option<Duration> {
        match self {
            Self::EksToken | Self::CodeCommit => Some(QUARTER),
            _ => None,
        }
    }

    /// Whether a shorter life can only be had by an earlier date.
    pub(super) const fn is_dated_back(self) -> bool {
        self.lifetime().is_some()
    }

    /// How many methods it may have been signed for; tokens are read.
    pub(super) const fn methods(self) -> usize {
        match self {
            Self::S3 | Self::Url => super::METHODS.len(),
            _ => 1,
        }
    }

    pub(super) fn resource(self, request: &Request<'_>, host: &str) -> Option<String> {
        let path = || String::from_utf8_lossy(&percent::decode_all(request.path())).into_owned();
        match self {
            Self::RdsToken => param(request, b"DBUser"),
            Self::ElastiCacheToken | Self::MemoryDbToken => param(request, b"User"),
            Self::DsqlToken => param(request, b"Action"),
            Self::EksToken | Self::MskToken | Self::CodeCommit => None,
            Self::S3 => Some(match bucket_of(host) {
                Some(bucket) => format!("{bucket}{}", path()),
                None => path().trim_start_matches('/').to_owned(),
            }),
            Self::Url => Some(path()),
        }
    }
}

/// Whether that asks STS who the signer is.
pub(super) fn asks_who(service: &str, request: &Request<'_>) -> bool {
    service == "sts" && param(request, b"Action").is_some_and(|action| action == "GetCallerIdentity")
}

fn param(request: &Request<'_>, name: &[u8]) -> Option<String> {
    let found = uri::params(request.query()).find(|param| param.name == name)?;
    Some(String::from_utf8_lossy(&percent::decode_all(found.value)).into_owned())
}
