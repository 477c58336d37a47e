//! S3's operations: told by method, by whether host or path name a bucket and a key, by sub-resource, and where several
//! share all of that, by what else is there.

use super::Why;
use super::catalogue::{Entry, Model};
use super::form::Query;
use super::head::Head;
use super::path::{Labels, below_labels};
use crate::partition::Style;

/// What tells operations apart that have method, template and sub-resource in common.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    UploadId,
    PartNumber,
    /// A source to copy from is named.
    Source,
    Id,
    AnnotationName,
    /// The host is the one that lists directory buckets.
    Directory,
}

/// Operation, what must be there, and what must not.
const TOLD_BY: &[(&str, &[Mark], &[Mark])] = &[
    ("AbortMultipartUpload", &[Mark::UploadId], &[]),
    ("CompleteMultipartUpload", &[Mark::UploadId], &[]),
    ("CopyObject", &[Mark::Source], &[Mark::UploadId, Mark::PartNumber]),
    ("DeleteObject", &[], &[Mark::UploadId]),
    ("GetBucketAnalyticsConfiguration", &[Mark::Id], &[]),
    ("GetBucketIntelligentTieringConfiguration", &[Mark::Id], &[]),
    ("GetBucketInventoryConfiguration", &[Mark::Id], &[]),
    ("GetBucketMetricsConfiguration", &[Mark::Id], &[]),
    ("GetObject", &[], &[Mark::UploadId]),
    ("GetObjectAnnotation", &[Mark::AnnotationName], &[]),
    ("ListBucketAnalyticsConfigurations", &[], &[Mark::Id]),
    ("ListBucketIntelligentTieringConfigurations", &[], &[Mark::Id]),
    ("ListBucketInventoryConfigurations", &[], &[Mark::Id]),
    ("ListBucketMetricsConfigurations", &[], &[Mark::Id]),
    ("ListBuckets", &[], &[Mark::Directory]),
    ("ListDirectoryBuckets", &[Mark::Directory], &[]),
    ("ListObjectAnnotations", &[], &[Mark::AnnotationName]),
    ("ListParts", &[Mark::UploadId], &[]),
    ("PutObject", &[], &[Mark::UploadId, Mark::PartNumber, Mark::Source]),
    ("UploadPart", &[Mark::UploadId, Mark::PartNumber], &[Mark::Source]),
    ("UploadPartCopy", &[Mark::UploadId, Mark::PartNumber, Mark::Source], &[]),
];

/// Older names of operations that another name goes for now, on the same wire.
const REPLACED: [&str; 4] =
    ["GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification"];

/// Fixed parameters that choose a version of an operation and are no sub-resource.
const QUALIFIERS: [&[u8]; 2] = [b"list-type", b"select-type"];

/// What the query says.
#[derive(Default)]
struct Words {
    sub_resource: Option<&'static [u8]>,
    marks: smallvec::SmallVec<[Mark; 6]>,
}

/// Finds the operation. `path` is the path of the request below its base; `is_lambda` says that the request is signed
/// for S3 Object Lambda.
pub(super) fn find<'a>(
    method: &str,
    path: &'a [u8],
    query: Query<'_>,
    head: &Head<'_>,
    style: &'a Style,
    is_lambda: bool,
) -> Result<Option<(Entry, Labels<'a>)>, Why> {
    let Some((model, root)) = Model::signing("s3")
        .find(|model| model.name() == "s3")
        .and_then(|model| Some((model, model.root()?)))
    else {
        return Ok(None);
    };
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let mut labels = labels(path, style);
    // The one path of S3 that names an operation: a function gives an object back.
    let literal = root.literal(path).filter(|_| is_lambda && method == "POST");
    if literal.is_some() {
        labels.clear();
    }
    let Some(node) = literal.or_else(|| below_labels(root, labels.len())) else { return Ok(None) };
    if labels.iter().any(|label| label.is_empty()) {
        return Ok(None);
    }

    let mut asked = read(model, query)?;
    if head.copies {
        asked.marks.push(Mark::Source);
    }
    if matches!(style, Style::Express(None)) {
        asked.marks.push(Mark::Directory);
    }
    let is_sub = |name: &&[u8]| !QUALIFIERS.contains(name);
    let has = |name: &[u8], value: &[u8]| {
        query.params().any(|param| param.is(name) && (value.is_empty() || *param.value() == *value))
    };
    let mut fitting = node.operations().filter(|entry| {
        let own_sub = entry.fixed().map(|(name, _)| name).find(is_sub);
        entry.method() == Some(method)
            && !REPLACED.contains(&entry.name())
            && own_sub == asked.sub_resource
            && entry.fixed().all(|(name, value)| has(name, value))
            && is_marked(entry.name(), &asked.marks)
    });
    Ok(fitting.next().map(|entry| (entry, labels)))
}

fn is_marked(name: &str, marks: &[Mark]) -> bool {
    let rule = TOLD_BY.iter().find(|(own, ..)| *own == name);
    rule.is_none_or(|(_, needs, forbids)| {
        needs.iter().all(|mark| marks.contains(mark)) && !forbids.iter().any(|mark| marks.contains(mark))
    })
}

/// Bucket and key, as far as they are named.
fn labels<'a>(path: &'a [u8], style: &'a Style) -> Labels<'a> {
    let mut labels = Labels::new();
    let in_host = match style {
        Style::VirtualHost(name) | Style::AccessPoint(name) | Style::Express(Some(name)) => Some(name),
        _ => None,
    };
    let key = match in_host {
        Some(name) => {
            labels.push(name.as_bytes());
            path
        }
        None => {
            let end = memchr::memchr(b'/', path).unwrap_or(path.len());
            if let Some(bucket) = path.get(..end).filter(|_| !path.is_empty()) {
                labels.push(bucket);
            }
            path.get(end + 1..).unwrap_or_default()
        }
    };
    if !key.is_empty() {
        labels.push(key);
    }
    labels
}

fn read(model: Model, query: Query<'_>) -> Result<Words, Why> {
    let mut found = Words::default();
    for param in query.params() {
        let name = param.name();
        let mark = match &*name {
            b"uploadId" => Some(Mark::UploadId),
            b"partNumber" => Some(Mark::PartNumber),
            b"id" => Some(Mark::Id),
            b"annotationName" => Some(Mark::AnnotationName),
            // A link can carry in its query what else is a header.
            name if name.eq_ignore_ascii_case(b"x-amz-copy-source") => Some(Mark::Source),
            _ => None,
        };
        if let Some(mark) = mark {
            if found.marks.contains(&mark) {
                return Err("a parameter that chooses the operation is there twice");
            }
            found.marks.push(mark);
            continue;
        }
        let sub = model.fixed(&name).filter(|own| !QUALIFIERS.contains(own));
        if let Some(sub) = sub
            && found.sub_resource.replace(sub).is_some()
        {
            return Err("two sub-resources at once");
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::operation::{Name, Service, identify};
    use crate::partition::Style;
    use crate::sigv4::Request;

    fn name(method: &str, target: &str, headers: &[(&str, &str)], style: &Style) -> Name {
        let service = Service::named("s3").addressed(style);
        identify(&Request::new(method, target, headers), &service, b"").name
    }

    #[test]
    fn operations() {
        let host = Style::VirtualHost("b".to_owned());
        for (method, target, style, operation) in [
            ("GET", "/", &Style::Path, "ListBuckets"),
            ("GET", "/b", &Style::Path, "ListObjects"),
            ("GET", "/b?list-type=2&prefix=x", &Style::Path, "ListObjectsV2"),
            ("GET", "/b?list-type=1", &Style::Path, "ListObjects"),
            ("GET", "/b/k", &Style::Path, "GetObject"),
            ("GET", "/b//k/../l", &Style::Path, "GetObject"),
            ("HEAD", "/b/", &Style::Path, "HeadBucket"),
            ("GET", "/", &host, "ListObjects"),
            ("GET", "/k?x-id=GetObject", &host, "GetObject"),
            ("GET", "/k?acl", &host, "GetObjectAcl"),
            ("GET", "/k?%61cl", &host, "GetObjectAcl"),
            ("GET", "/k?response-content-type=acl&partNumber=3", &host, "GetObject"),
            ("PUT", "/?policy", &host, "PutBucketPolicy"),
            ("GET", "/?metrics", &host, "ListBucketMetricsConfigurations"),
            ("GET", "/?metrics&id=1", &host, "GetBucketMetricsConfiguration"),
            ("GET", "/?lifecycle", &host, "GetBucketLifecycleConfiguration"),
            ("PUT", "/k", &host, "PutObject"),
            ("PUT", "/k?encryption", &host, "UpdateObjectEncryption"),
            ("PUT", "/?encryption", &host, "PutBucketEncryption"),
            ("PUT", "/k?partNumber=1&uploadId=u", &host, "UploadPart"),
            ("POST", "/k?uploads", &host, "CreateMultipartUpload"),
            ("POST", "/k?uploadId=u", &host, "CompleteMultipartUpload"),
            ("POST", "/k?select&select-type=2", &host, "SelectObjectContent"),
            ("GET", "/k?uploadId=u", &host, "ListParts"),
            ("GET", "/?uploads", &host, "ListMultipartUploads"),
            ("POST", "/?delete", &host, "DeleteObjects"),
            ("DELETE", "/k?versionId=1", &host, "DeleteObject"),
            ("DELETE", "/k?uploadId=1", &host, "AbortMultipartUpload"),
            ("GET", "/?session", &host, "CreateSession"),
            ("GET", "/", &Style::Express(None), "ListDirectoryBuckets"),
        ] {
            assert_eq!(name(method, target, &[], style), Name::Exact(operation), "{method} {target}");
        }
        let copy = [("x-amz-copy-source", "/b/o")];
        assert_eq!(name("PUT", "/k", &copy, &host), Name::Exact("CopyObject"));
        assert_eq!(name("PUT", "/k?uploadId=u&partNumber=1", &copy, &host), Name::Exact("UploadPartCopy"));
        // A link carries the header in its query.
        let hoisted = "/k?X-Amz-Copy-Source=%2Fb%2Fo&X-Amz-Algorithm=AWS4-HMAC-SHA256";
        assert_eq!(name("PUT", hoisted, &[], &host), Name::Exact("CopyObject"));
    }

    #[test]
    fn what_is_no_operation() {
        let host = Style::VirtualHost("b".to_owned());
        for (method, target) in [
            ("POST", "/"),
            ("POST", "/k"),
            ("PUT", "/k?uploadId=u"),
            ("PUT", "/k?partNumber=1"),
            ("HEAD", "/?policy"),
            ("PATCH", "/k"),
            ("DELETE", "/?acl"),
        ] {
            assert_eq!(name(method, target, &[], &host), Name::Unknown, "{method} {target}");
        }
        assert_eq!(name("GET", "//k", &[], &Style::Path), Name::Unknown);
    }

    #[test]
    fn what_can_be_taken_in_two_ways() {
        let host = Style::VirtualHost("b".to_owned());
        for target in [
            "/k?acl&tagging",
            "/k?acl&acl",
            "/k?acl;tagging",
            "/?policy&uploads",
            "/k?uploadId=1&uploadId=2",
            "/k?x-id=GetObjectAcl",
            "/k?x-id=GetObject&x-id=PutObject",
            "/k?x-amz-target=A.B",
        ] {
            assert!(matches!(name("GET", target, &[], &host), Name::Ambiguous(_)), "{target}");
        }
    }
}
