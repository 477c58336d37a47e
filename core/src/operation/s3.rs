//! S3's operations, which are told by method, by whether a key is named, and by sub-resource.

use super::Name;
use crate::partition::Style;
use crate::sigv4::Request;

/// Sub-resources with their own operations: the query key, what they are called on a bucket, and on an object.
const SUB_RESOURCES: &[(&str, &str, &str)] = &[
    ("abac", "BucketAbac", ""),
    ("accelerate", "BucketAccelerateConfiguration", ""),
    ("acl", "BucketAcl", "ObjectAcl"),
    ("analytics", "BucketAnalyticsConfiguration", ""),
    ("attributes", "", "ObjectAttributes"),
    ("cors", "BucketCors", ""),
    ("encryption", "BucketEncryption", ""),
    ("intelligent-tiering", "BucketIntelligentTieringConfiguration", ""),
    ("inventory", "BucketInventoryConfiguration", ""),
    ("legal-hold", "", "ObjectLegalHold"),
    ("lifecycle", "BucketLifecycleConfiguration", ""),
    ("location", "BucketLocation", ""),
    ("logging", "BucketLogging", ""),
    ("metrics", "BucketMetricsConfiguration", ""),
    ("notification", "BucketNotificationConfiguration", ""),
    ("object-lock", "ObjectLockConfiguration", ""),
    ("ownershipControls", "BucketOwnershipControls", ""),
    ("policy", "BucketPolicy", ""),
    ("policyStatus", "BucketPolicyStatus", ""),
    ("publicAccessBlock", "PublicAccessBlock", ""),
    ("replication", "BucketReplication", ""),
    ("requestPayment", "BucketRequestPayment", ""),
    ("retention", "", "ObjectRetention"),
    ("tagging", "BucketTagging", "ObjectTagging"),
    ("torrent", "", "ObjectTorrent"),
    ("versioning", "BucketVersioning", ""),
    ("website", "BucketWebsite", ""),
];

/// Sub-resources that make an operation of their own: key, method, whether there is a key, operation.
const ACTIONS: &[(&str, &str, bool, &str)] = &[
    ("delete", "POST", false, "DeleteObjects"),
    ("restore", "POST", true, "RestoreObject"),
    ("renameObject", "PUT", true, "RenameObject"),
    ("select", "POST", true, "SelectObjectContent"),
    ("session", "GET", false, "CreateSession"),
    ("uploads", "GET", false, "ListMultipartUploads"),
    ("uploads", "POST", true, "CreateMultipartUpload"),
    ("versions", "GET", false, "ListObjectVersions"),
];

pub(super) fn name(request: &Request<'_>, style: &Style) -> Name {
    let path = request.path().strip_prefix(b"/").unwrap_or(request.path());
    let (bucket, key) = match style {
        Style::Path | Style::Account(_) => {
            let slash = memchr::memchr(b'/', path);
            let key = slash.and_then(|at| path.get(at + 1..)).unwrap_or_default();
            (!path.is_empty(), !key.is_empty())
        }
        Style::Express(None) => (!path.is_empty(), false),
        _ => (true, !path.is_empty()),
    };
    let keys: Vec<&[u8]> = request
        .query()
        .split(|byte| *byte == b'&')
        .map(|pair| pair.split(|byte| *byte == b'=').next().unwrap_or_default())
        .collect();
    let has = |name: &str| keys.contains(&name.as_bytes());
    let method = request.method();
    let copies = request.headers().first("x-amz-copy-source").is_some();

    let subs = || SUB_RESOURCES.iter().filter(|(name, ..)| has(name));
    let acts = || ACTIONS.iter().filter(|(name, ..)| has(name));
    let act_keys = acts().map(|(name, ..)| name).collect::<std::collections::BTreeSet<_>>().len();
    if subs().count() + act_keys > 1 {
        return Name::Ambiguous("two sub-resources at once");
    }
    if act_keys == 1 {
        let found = acts().find(|(_, of, on_key, _)| *of == method && *on_key == key);
        return found.map_or(Name::Unknown, |(.., name)| exact(name));
    }
    if let Some((sub, on_bucket, on_object)) = subs().next() {
        let noun = if key { on_object } else { on_bucket };
        let many = matches!(*sub, "analytics" | "intelligent-tiering" | "inventory" | "metrics");
        let verb = match method {
            "GET" | "HEAD" if many && !has("id") => return exact(&format!("List{noun}s")),
            "GET" | "HEAD" => "Get",
            "PUT" => "Put",
            "DELETE" => "Delete",
            _ => return Name::Unknown,
        };
        return if noun.is_empty() { Name::Unknown } else { exact(&format!("{verb}{noun}")) };
    }
    exact(match (method, bucket, key) {
        ("GET", false, _) => "ListBuckets",
        ("GET", true, false) if has("list-type") => "ListObjectsV2",
        ("GET", true, false) => "ListObjects",
        ("HEAD", true, false) => "HeadBucket",
        ("PUT", true, false) => "CreateBucket",
        ("DELETE", true, false) => "DeleteBucket",
        ("GET", _, true) if has("uploadId") => "ListParts",
        ("GET", _, true) => "GetObject",
        ("HEAD", _, true) => "HeadObject",
        ("PUT", _, true) if has("partNumber") && has("uploadId") && copies => "UploadPartCopy",
        ("PUT", _, true) if has("partNumber") && has("uploadId") => "UploadPart",
        ("PUT", _, true) if copies => "CopyObject",
        ("PUT", _, true) => "PutObject",
        ("POST", _, true) if has("uploadId") => "CompleteMultipartUpload",
        ("DELETE", _, true) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", _, true) => "DeleteObject",
        _ => return Name::Unknown,
    })
}

fn exact(name: &str) -> Name {
    Name::Exact(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations() {
        let host = Style::VirtualHost("b".to_owned());
        for (method, target, style, operation) in [
            ("GET", "/", &Style::Path, "ListBuckets"),
            ("GET", "/b", &Style::Path, "ListObjects"),
            ("GET", "/b?list-type=2&prefix=x", &Style::Path, "ListObjectsV2"),
            ("GET", "/b/k", &Style::Path, "GetObject"),
            ("HEAD", "/b/", &Style::Path, "HeadBucket"),
            ("GET", "/", &host, "ListObjects"),
            ("GET", "/k?x-id=GetObjectAcl", &host, "GetObject"),
            ("GET", "/k?acl", &host, "GetObjectAcl"),
            ("PUT", "/?policy", &host, "PutBucketPolicy"),
            ("GET", "/?metrics", &host, "ListBucketMetricsConfigurations"),
            ("GET", "/?metrics&id=1", &host, "GetBucketMetricsConfiguration"),
            ("PUT", "/k", &host, "PutObject"),
            ("PUT", "/k?partNumber=1&uploadId=u", &host, "UploadPart"),
            ("POST", "/k?uploads", &host, "CreateMultipartUpload"),
            ("POST", "/k?uploadId=u", &host, "CompleteMultipartUpload"),
            ("GET", "/?uploads", &host, "ListMultipartUploads"),
            ("POST", "/?delete", &host, "DeleteObjects"),
            ("DELETE", "/k?versionId=1", &host, "DeleteObject"),
            ("GET", "/?session", &host, "CreateSession"),
        ] {
            let found = name(&Request::new(method, target, &[("host", "h")]), style);
            assert_eq!(found, exact(operation), "{method} {target}");
        }
        let copy = [("x-amz-copy-source", "/b/o")];
        assert_eq!(name(&Request::new("PUT", "/k", &copy), &host), exact("CopyObject"));
        let two = name(&Request::new("GET", "/k?acl&tagging", &copy), &host);
        assert!(matches!(two, Name::Ambiguous(_)));
    }
}
