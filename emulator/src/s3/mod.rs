//! S3: objects in memory, by path style and by virtual host.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html>

mod bucket;
mod list;
mod multipart;
mod object;
mod store;
mod tree;

use crate::encoding::percent_decode;
use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::sigv4::Verified;
use crate::state::State;
pub(crate) use store::Store;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const MAX_KEY: usize = 1024;
/// Query parameters that select a part of the API that is not emulated.
const NOT_EMULATED: [&str; 22] = [
    "acl",
    "accelerate",
    "analytics",
    "attributes",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "policy",
    "replication",
    "retention",
    "select",
    "tagging",
    "torrent",
    "versioning",
    "versions",
];

/// One operation on S3: what was asked, by whom, on what.
struct Call<'a> {
    store: &'a Store,
    request: &'a Request,
    verified: &'a Verified,
    params: Vec<(String, String)>,
    bucket: String,
    key: String,
    now: i64,
}

impl Call<'_> {
    fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(param, _)| param == name).map(|(_, value)| value.as_str())
    }

    fn account(&self) -> &str {
        self.verified.key.identity.account()
    }
}

/// Answers a request whose signature was found right.
pub(crate) fn answer(
    state: &State,
    request: &Request,
    verified: &Verified,
    now: i64,
) -> Result<Reply, Failure> {
    let (bucket, key) = address(request)?;
    let call = Call { store: &state.store, request, verified, params: request.params(), bucket, key, now };
    if let Some((name, _)) = call.params.iter().find(|(name, _)| NOT_EMULATED.contains(&name.as_str())) {
        let message = format!(
            "A header or parameter you provided implies functionality that is not implemented: {name}"
        );
        return Err(Failure::new(501, "NotImplemented", message));
    }
    let has = |name: &str| call.param(name).is_some();
    let copies = request.header_bytes("x-amz-copy-source").is_some();
    match (request.method.as_str(), call.bucket.is_empty(), call.key.is_empty()) {
        ("GET", true, _) => Ok(bucket::list(&call)),
        ("PUT", false, true) => bucket::create(&call),
        ("HEAD", false, true) => bucket::head(&call),
        ("DELETE", false, true) => bucket::delete(&call),
        ("GET", false, true) if has("location") => bucket::location(&call),
        ("GET", false, true) if has("uploads") => multipart::list_uploads(&call),
        ("GET", false, true) => list::answer(&call),
        ("POST", false, true) if has("delete") => object::delete_many(&call),
        ("PUT", false, false) if has("uploadId") => multipart::upload_part(&call),
        ("PUT", false, false) if copies => object::copy(&call),
        ("PUT", false, false) => object::put(&call),
        ("GET", false, false) if has("uploadId") => multipart::list_parts(&call),
        ("GET" | "HEAD", false, false) => object::get(&call),
        ("DELETE", false, false) if has("uploadId") => multipart::abort(&call),
        ("DELETE", false, false) => object::delete(&call),
        ("POST", false, false) if has("uploads") => multipart::create(&call),
        ("POST", false, false) if has("uploadId") => multipart::complete(&call),
        _ => Err(Failure::new(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        )
        .with("Method", request.method.as_str())),
    }
}

/// The bucket and the key. The key is what stands after the bucket, decoded once; nothing is normalised.
pub(crate) fn address(request: &Request) -> Result<(String, String), Failure> {
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let (bucket, key) = match bucket_of_host(&request.host()) {
        Some(bucket) => (bucket, path),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            (text(bucket)?, key)
        }
    };
    let key = text(key)?;
    if key.len() > MAX_KEY {
        return Err(Failure::new(400, "KeyTooLongError", "Your key is too long")
            .with("Size", key.len().to_string())
            .with("MaxSizeAllowed", MAX_KEY.to_string()));
    }
    Ok((bucket, key))
}

fn text(raw: &str) -> Result<String, Failure> {
    String::from_utf8(percent_decode(raw.as_bytes()))
        .map_err(|_| Failure::new(400, "InvalidURI", "Couldn't parse the specified URI."))
}

/// The bucket of a virtual-hosted request: what stands before `.s3.` or `.s3-region.` of an AWS host, or before
/// `.localhost`.
fn bucket_of_host(host: &str) -> Option<String> {
    let bucket = match host.strip_suffix(".localhost") {
        Some(bucket) => bucket.strip_suffix(".s3").unwrap_or(bucket),
        None => {
            let name = host.strip_suffix(".amazonaws.com")?;
            let labels: Vec<&str> = name.split('.').collect();
            let at = labels.iter().rposition(|label| *label == "s3" || label.starts_with("s3-"))?;
            let length: usize = labels.iter().take(at).map(|label| label.len() + 1).sum();
            name.get(..length.checked_sub(1)?)?
        }
    };
    (!bucket.is_empty() && bucket != "s3").then(|| bucket.to_owned())
}

/// The parameters and trailing members of a reply, as S3's XML.
fn document(root: &str, content: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\">{content}</{root}>")
}

fn xml_reply(root: &str, content: &str) -> Reply {
    Reply::new(200, document(root, content)).header("Content-Type", "application/xml")
}

#[cfg(test)]
mod tests {
    use super::bucket_of_host;

    #[test]
    fn buckets_in_hosts() {
        for (host, bucket) in [
            ("b.s3.us-east-1.amazonaws.com", Some("b")),
            ("my.bucket.s3.amazonaws.com", Some("my.bucket")),
            ("b.s3-eu-west-1.amazonaws.com", Some("b")),
            ("s3.us-east-1.amazonaws.com", None),
            ("s3.amazonaws.com", None),
            ("b.localhost", Some("b")),
            ("localhost", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(bucket_of_host(host).as_deref(), bucket, "{host}");
        }
    }
}
