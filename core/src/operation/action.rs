//! The actions of IAM policies that an operation needs, as far as its name and its request tell.
//!
//! It is a best effort: AWS documents the actions of each service apart from its models, and some follow from what the
//! request cannot show (a role that is passed on, a key that encrypts). Where nothing is known to the contrary, an action
//! is called as its operation is. See the Service Authorization Reference:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/>.

use std::fmt;

use super::Operation;
use super::catalogue::Entry;

/// An action of IAM policies: `s3:GetObject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action {
    /// The service's prefix.
    pub prefix: &'static str,
    /// The action.
    pub name: &'static str,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.prefix, self.name)
    }
}

/// Operations whose actions have other names: model, operation, actions. A prefix is written where it is another one.
pub(super) const OTHERWISE: &[(&str, &str, &[&str])] = &[
    ("apigatewaymanagementapi", "DeleteConnection", &["ManageConnections"]),
    ("apigatewaymanagementapi", "GetConnection", &["ManageConnections"]),
    ("apigatewaymanagementapi", "PostToConnection", &["ManageConnections"]),
    ("bedrock-runtime", "Converse", &["InvokeModel"]),
    ("bedrock-runtime", "ConverseStream", &["InvokeModelWithResponseStream"]),
    ("bedrock-runtime", "InvokeModelWithBidirectionalStream", &["InvokeModel"]),
    ("cloudfront", "CreateDistributionWithTags", &["CreateDistribution", "TagResource"]),
    ("cloudfront", "CreateStreamingDistributionWithTags", &["CreateStreamingDistribution", "TagResource"]),
    (
        "dynamodb",
        "BatchExecuteStatement",
        &["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"],
    ),
    ("dynamodb", "ExecuteStatement", &["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"]),
    ("dynamodb", "ExecuteTransaction", &["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"]),
    ("dynamodb", "TransactGetItems", &["GetItem"]),
    ("dynamodb", "TransactWriteItems", &["ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"]),
    ("kms", "ReEncrypt", &["ReEncryptFrom", "ReEncryptTo"]),
    ("lambda", "Invoke", &["InvokeFunction"]),
    ("lambda", "InvokeAsync", &["InvokeFunction"]),
    ("lambda", "InvokeWithResponseStream", &["InvokeFunction"]),
    ("s3", "CompleteMultipartUpload", &["PutObject"]),
    ("s3", "CopyObject", &["GetObject", "PutObject"]),
    ("s3", "CreateMultipartUpload", &["PutObject"]),
    ("s3", "CreateBucketMetadataConfiguration", &["CreateBucketMetadataTableConfiguration"]),
    ("s3", "DeleteBucketAnalyticsConfiguration", &["PutAnalyticsConfiguration"]),
    ("s3", "DeleteBucketCors", &["PutBucketCORS"]),
    ("s3", "DeleteBucketEncryption", &["PutEncryptionConfiguration"]),
    ("s3", "DeleteBucketIntelligentTieringConfiguration", &["PutIntelligentTieringConfiguration"]),
    ("s3", "DeleteBucketInventoryConfiguration", &["PutInventoryConfiguration"]),
    ("s3", "DeleteBucketLifecycle", &["PutLifecycleConfiguration"]),
    ("s3", "DeleteBucketMetadataConfiguration", &["DeleteBucketMetadataTableConfiguration"]),
    ("s3", "DeleteBucketMetricsConfiguration", &["PutMetricsConfiguration"]),
    ("s3", "DeleteBucketOwnershipControls", &["PutBucketOwnershipControls"]),
    ("s3", "DeleteBucketReplication", &["PutReplicationConfiguration"]),
    ("s3", "DeleteBucketTagging", &["PutBucketTagging"]),
    ("s3", "DeleteObjects", &["DeleteObject"]),
    ("s3", "DeletePublicAccessBlock", &["PutBucketPublicAccessBlock"]),
    ("s3", "GetBucketAccelerateConfiguration", &["GetAccelerateConfiguration"]),
    ("s3", "GetBucketAnalyticsConfiguration", &["GetAnalyticsConfiguration"]),
    ("s3", "GetBucketCors", &["GetBucketCORS"]),
    ("s3", "GetBucketEncryption", &["GetEncryptionConfiguration"]),
    ("s3", "GetBucketIntelligentTieringConfiguration", &["GetIntelligentTieringConfiguration"]),
    ("s3", "GetBucketInventoryConfiguration", &["GetInventoryConfiguration"]),
    ("s3", "GetBucketLifecycleConfiguration", &["GetLifecycleConfiguration"]),
    ("s3", "GetBucketMetadataConfiguration", &["GetBucketMetadataTableConfiguration"]),
    ("s3", "GetBucketMetricsConfiguration", &["GetMetricsConfiguration"]),
    ("s3", "GetBucketNotificationConfiguration", &["GetBucketNotification"]),
    ("s3", "GetBucketReplication", &["GetReplicationConfiguration"]),
    ("s3", "GetObjectAttributes", &["GetObject", "GetObjectAttributes"]),
    ("s3", "GetObjectLockConfiguration", &["GetBucketObjectLockConfiguration"]),
    ("s3", "GetPublicAccessBlock", &["GetBucketPublicAccessBlock"]),
    ("s3", "HeadBucket", &["ListBucket"]),
    ("s3", "HeadObject", &["GetObject"]),
    ("s3", "ListBucketAnalyticsConfigurations", &["GetAnalyticsConfiguration"]),
    ("s3", "ListBucketIntelligentTieringConfigurations", &["GetIntelligentTieringConfiguration"]),
    ("s3", "ListBucketInventoryConfigurations", &["GetInventoryConfiguration"]),
    ("s3", "ListBucketMetricsConfigurations", &["GetMetricsConfiguration"]),
    ("s3", "ListBuckets", &["ListAllMyBuckets"]),
    ("s3", "ListDirectoryBuckets", &["s3express:ListAllMyDirectoryBuckets"]),
    ("s3", "ListMultipartUploads", &["ListBucketMultipartUploads"]),
    ("s3", "ListObjectVersions", &["ListBucketVersions"]),
    ("s3", "ListObjects", &["ListBucket"]),
    ("s3", "ListObjectsV2", &["ListBucket"]),
    ("s3", "ListParts", &["ListMultipartUploadParts"]),
    ("s3", "PutBucketAccelerateConfiguration", &["PutAccelerateConfiguration"]),
    ("s3", "PutBucketAnalyticsConfiguration", &["PutAnalyticsConfiguration"]),
    ("s3", "PutBucketCors", &["PutBucketCORS"]),
    ("s3", "PutBucketEncryption", &["PutEncryptionConfiguration"]),
    ("s3", "PutBucketIntelligentTieringConfiguration", &["PutIntelligentTieringConfiguration"]),
    ("s3", "PutBucketInventoryConfiguration", &["PutInventoryConfiguration"]),
    ("s3", "PutBucketLifecycleConfiguration", &["PutLifecycleConfiguration"]),
    ("s3", "PutBucketMetricsConfiguration", &["PutMetricsConfiguration"]),
    ("s3", "PutBucketNotificationConfiguration", &["PutBucketNotification"]),
    ("s3", "PutBucketReplication", &["PutReplicationConfiguration"]),
    ("s3", "PutObjectLockConfiguration", &["PutBucketObjectLockConfiguration"]),
    ("s3", "PutPublicAccessBlock", &["PutBucketPublicAccessBlock"]),
    ("s3", "RenameObject", &["DeleteObject", "GetObject", "PutObject"]),
    ("s3", "SelectObjectContent", &["GetObject"]),
    ("s3", "UploadPart", &["PutObject"]),
    ("s3", "UploadPartCopy", &["GetObject", "PutObject"]),
    ("s3", "WriteGetObjectResponse", &["s3-object-lambda:WriteGetObjectResponse"]),
    ("sqs", "ChangeMessageVisibilityBatch", &["ChangeMessageVisibility"]),
    ("sqs", "DeleteMessageBatch", &["DeleteMessage"]),
    ("sqs", "SendMessageBatch", &["SendMessage"]),
];

/// Actions on a version of an object, where the request names one.
pub(super) const VERSIONED: &[(&str, &str)] = &[
    ("DeleteObject", "DeleteObjectVersion"),
    ("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    ("GetObject", "GetObjectVersion"),
    ("GetObjectAcl", "GetObjectVersionAcl"),
    ("GetObjectAttributes", "GetObjectVersionAttributes"),
    ("GetObjectTagging", "GetObjectVersionTagging"),
    ("PutObjectAcl", "PutObjectVersionAcl"),
    ("PutObjectTagging", "PutObjectVersionTagging"),
];

/// The methods that API Gateway's actions are called by.
const VERBS: [&str; 5] = ["DELETE", "GET", "PATCH", "POST", "PUT"];

impl Operation {
    /// The actions of IAM policies that the operation needs, at best knowledge; none where it is not known.
    ///
    /// ```
    /// use awsaccess::operation::{self, Service};
    /// use awsaccess::sigv4::Request;
    /// let found = operation::identify(&Request::new("HEAD", "/bucket/key", &[]), &Service::named("s3"), b"");
    /// assert_eq!(found.actions()[0].to_string(), "s3:GetObject");
    /// ```
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        let is_version = self.resources.iter().any(|resource| resource.kind == "version");
        match self.listed {
            Some(listed) if is_version => listed.actions_on_version(&self.service),
            Some(listed) => listed.actions(&self.service),
            None => Vec::new(),
        }
    }
}

/// The actions of an operation that was asked for under a signing name.
pub(super) fn actions(entry: Entry, service: &str, is_version: bool) -> Vec<Action> {
    let (model, name) = (entry.model(), entry.name());
    let prefix = match (service, model.name()) {
        ("s3express", _) => "s3express",
        ("s3-outposts", _) => "s3-outposts",
        ("s3-object-lambda", _) => "s3-object-lambda",
        _ => model.iam(),
    };
    if matches!(model.name(), "apigateway" | "apigatewayv2") {
        let verb = VERBS.iter().find(|verb| Some(**verb) == entry.method());
        return verb.map(|verb| Action { prefix, name: verb }).into_iter().collect();
    }
    let action = |name: &'static str| match name.split_once(':') {
        Some((prefix, name)) => Action { prefix, name },
        None => {
            let versioned = VERSIONED.iter().find(|(plain, _)| is_version && *plain == name);
            Action { prefix, name: versioned.map_or(name, |(_, versioned)| versioned) }
        }
    };
    let other = OTHERWISE.iter().find(|(of, operation, _)| *of == model.name() && *operation == name);
    match other {
        Some((.., names)) => names.iter().map(|name| action(name)).collect(),
        None => vec![action(name)],
    }
}
