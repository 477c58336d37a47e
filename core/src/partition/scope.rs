//! The way back: from a credential scope to the one host that it can mean, for clients that were given the
//! gateway's own address as endpoint and so lost the host.

use thiserror::Error;

use super::catalogue::{self, Service};
use super::location::place;
use super::{Variant, locate, of};

/// Why no single host is meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoSingleHost {
    /// No partition has such a region.
    #[error("'{0}' is no aws region")]
    UnknownRegion(String),
    /// Nothing signs under that name, or is called so.
    #[error("'{0}' is no aws service that is known")]
    UnknownService(String),
    /// The service has no such endpoint in that region: no FIPS one, or none that a name alone could find.
    #[error("'{service}' has no such endpoint in {region}")]
    NotThere {
        /// The service model.
        service: String,
        /// The region.
        region: String,
    },
    /// Several APIs sign under that name.
    #[error(
        "'{service}' is the signing name of several services ({hosts}); give the service in the endpoint url, as \
         AWS_ENDPOINT_URL_<SERVICE>=http://<gateway>/_/<service>, or use the gateway as HTTPS_PROXY"
    )]
    Ambiguous {
        /// The signing name.
        service: String,
        /// The host prefixes that it could mean, separated by commas.
        hosts: String,
    },
}

/// What a request says of its service beside the scope.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// The `X-Amz-Target` header.
    pub target: Option<&'a str>,
    /// Whether it speaks the query protocol (a form, or an `Action` in the query).
    pub query: bool,
    /// Whether it has an `x-amz-account-id` header, as every request of S3's control API does.
    pub account_id: bool,
}

/// The host of the one service that signs as `service`, in `region`.
///
/// Where several do, the hints must tell which: S3 or its control API, `DynamoDB` or its
/// streams, IAM or its younger sister.
///
/// # Errors
/// [`NoSingleHost`] if region or service are unknown, or if the name stands for several services.
pub fn host_for_scope(region: &str, service: &str, hints: Hints<'_>) -> Result<String, NoSingleHost> {
    let partition = of(region).ok_or_else(|| NoSingleHost::UnknownRegion(region.to_owned()))?;
    let mut found: Vec<(&'static Service, String)> = Vec::new();
    for service in catalogue::signing_as(service) {
        let Ok(location) = place(service, region, partition, Variant::default()) else { continue };
        if !found.iter().any(|(_, host)| *host == location.host) {
            found.push((service, location.host));
        }
    }
    let told = match (service, hints.target) {
        ("s3", _) if !hints.account_id => Some("s3"),
        ("iam", None) if hints.query => Some("iam"),
        ("ses", None) if hints.query => Some("ses"),
        ("dynamodb", Some(target)) if target.starts_with("DynamoDB_") => Some("dynamodb"),
        ("dynamodb", Some(target)) if target.starts_with("DynamoDBStreams_") => Some("dynamodbstreams"),
        _ => None,
    };
    if let Some((_, host)) = found.iter().find(|(service, _)| told == Some(service.model)) {
        return Ok(host.clone());
    }
    match found.as_slice() {
        [] => Err(NoSingleHost::UnknownService(service.to_owned())),
        [(_, host)] => Ok(host.clone()),
        several => {
            let hosts: Vec<&str> = several.iter().map(|(service, _)| service.prefix).collect();
            Err(NoSingleHost::Ambiguous { service: service.to_owned(), hosts: hosts.join(", ") })
        }
    }
}

/// The host of a service by any of its names (the prefix of its host, the SDKs' name for it, its service id), in
/// `region`: the rule of `/_/<service>`.
///
/// # Errors
/// [`NoSingleHost`] if the region or the service are unknown.
pub fn host_for_service(region: &str, service: &str) -> Result<String, NoSingleHost> {
    locate(service, region, Variant::default()).map(|location| location.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_or_a_way_out() {
        for (region, service, host) in [
            ("cn-north-1", "sqs", Ok("sqs.cn-north-1.amazonaws.com.cn")),
            ("us-east-1", "sts", Ok("sts.us-east-1.amazonaws.com")),
            ("eu-west-1", "s3", Ok("s3.eu-west-1.amazonaws.com")),
            ("us-east-1", "dsql", Ok("dsql.us-east-1.api.aws")),
            ("nowhere-1", "sts", Err(NoSingleHost::UnknownRegion("nowhere-1".into()))),
            ("us-east-1", "nothing", Err(NoSingleHost::UnknownService("nothing".into()))),
        ] {
            assert_eq!(
                host_for_scope(region, service, Hints::default()),
                host.map(str::to_owned),
                "{service}"
            );
        }
        let by = |service, target, account_id| {
            host_for_scope("us-east-1", service, Hints { target, account_id, query: false })
        };
        assert_eq!(
            by("dynamodb", Some("DynamoDB_20120810.GetItem"), false).unwrap(),
            "dynamodb.us-east-1.amazonaws.com"
        );
        assert_eq!(
            by("dynamodb", Some("DynamoDBStreams_20120810.ListStreams"), false).unwrap(),
            "streams.dynamodb.us-east-1.amazonaws.com"
        );
        assert!(by("dynamodb", None, false).is_err());
        assert!(by("s3", None, true).is_err());
        let bedrock = by("bedrock", None, false).unwrap_err();
        assert!(bedrock.to_string().contains("bedrock-runtime"), "{bedrock}");
        assert!(bedrock.to_string().contains("/_/<service>"));
    }

    #[test]
    fn by_any_name() {
        for (service, host) in [
            ("bedrock-runtime", "bedrock-runtime.us-east-1.amazonaws.com"),
            ("BEDROCK_RUNTIME", "bedrock-runtime.us-east-1.amazonaws.com"),
            ("cloudwatch", "monitoring.us-east-1.amazonaws.com"),
            ("sesv2", "email.us-east-1.amazonaws.com"),
            ("route-53", "route53.amazonaws.com"),
        ] {
            assert_eq!(host_for_service("us-east-1", service).as_deref(), Ok(host));
        }
        assert!(host_for_service("us-east-1", "sync-states").is_err());
        assert!(host_for_service("us-east-1", "../x").is_err());
    }
}
