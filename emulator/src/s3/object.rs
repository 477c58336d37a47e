//! Objects: put, get, head, delete, copy.

use super::store::Object;
use super::tree::Element;
use super::{Call, text, xml_reply};
use crate::blob::Blob;
use crate::clock::{http_date, iso8601_millis};
use crate::encoding::{hex, text_of, xml};
use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::sigv4::{Checksum, md5};

/// The headers of a request that are kept with the object, besides `x-amz-meta-*`.
const KEPT: [&str; 6] = [
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
];
const MAX_DELETED: usize = 1000;
const MAX_METADATA: usize = 2048;

pub(super) fn put(call: &Call<'_>) -> Result<Reply, Failure> {
    let object = make(call, call.verified.body.clone(), kept_headers(call.request)?);
    let mut shelves = call.store.open();
    let bucket = shelves.bucket(&call.bucket, call.account())?;
    check_conditions(call, bucket.objects.get(&call.key))?;
    let reply = with_checksum(Reply::empty(200).header("ETag", object.etag.as_str()), &object);
    bucket.objects.insert(call.key.clone(), object);
    Ok(reply)
}

pub(super) fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let object = call.store.open().object(&call.bucket, &call.key, call.account())?.clone();
    let header = |name: &str| call.request.header(name);
    if header("if-match").is_some_and(|wanted| !etag_matches(wanted, &object.etag)) {
        return Err(precondition("If-Match"));
    }
    if header("if-none-match").is_some_and(|unwanted| etag_matches(unwanted, &object.etag)) {
        return Ok(Reply::empty(304).header("ETag", object.etag.as_str()));
    }
    let mut reply = match header("range").and_then(|range| parse_range(range, object.data.len)) {
        None => Reply::new(200, object.data.clone()),
        Some(Ok((from, to))) => Reply::new(206, object.data.slice(from, to))
            .header("Content-Range", format!("bytes {from}-{}/{}", to - 1, object.data.len)),
        Some(Err(())) => {
            return Err(Failure::new(416, "InvalidRange", "The requested range is not satisfiable")
                .with("RangeRequested", header("range").unwrap_or_default())
                .with("ActualObjectSize", object.data.len.to_string()));
        }
    };
    if reply.status == 200
        && header("x-amz-checksum-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("enabled"))
    {
        reply = with_checksum(reply, &object);
    }
    for (name, value) in &object.headers {
        let chosen = call.param(&format!("response-{name}")).unwrap_or(value);
        reply = reply.header(name, chosen);
    }
    if object.parts > 0 {
        reply = reply.header("x-amz-mp-parts-count", object.parts.to_string());
    }
    Ok(reply
        .header("ETag", object.etag.as_str())
        .header("Last-Modified", http_date(object.modified))
        .header("Accept-Ranges", "bytes")
        .header("x-amz-server-side-encryption", "AES256"))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    let mut shelves = call.store.open();
    shelves.bucket(&call.bucket, call.account())?.objects.remove(&call.key);
    Ok(Reply::empty(204))
}

pub(super) fn delete_many(call: &Call<'_>) -> Result<Reply, Failure> {
    if call.request.header("content-md5").is_none() && call.verified.checksum.is_none() {
        let message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
        return Err(Failure::new(400, "InvalidRequest", message));
    }
    let document = Element::parse(&call.verified.body, "Delete")?;
    let quiet = document.text("Quiet") == Some("true");
    let mut result = String::new();
    let mut shelves = call.store.open();
    let bucket = shelves.bucket(&call.bucket, call.account())?;
    let objects: Vec<_> = document.all("Object").collect();
    if objects.is_empty() || objects.len() > MAX_DELETED {
        return Err(super::tree::malformed());
    }
    for object in objects {
        let key = object.text("Key").ok_or_else(super::tree::malformed)?;
        bucket.objects.remove(key);
        if !quiet {
            result.push_str(&format!("<Deleted><Key>{}</Key></Deleted>", xml(key)));
        }
    }
    Ok(xml_reply("DeleteResult", &result))
}

pub(super) fn copy(call: &Call<'_>) -> Result<Reply, Failure> {
    let source = source(call)?;
    let replaces = call
        .request
        .header("x-amz-metadata-directive")
        .is_some_and(|directive| directive.eq_ignore_ascii_case("replace"));
    let headers = if replaces { kept_headers(call.request)? } else { source.headers };
    let object = make(call, source.data, headers);
    let result = format!(
        "<LastModified>{}</LastModified><ETag>{}</ETag>",
        iso8601_millis(object.modified),
        xml(&object.etag)
    );
    let mut shelves = call.store.open();
    shelves.bucket(&call.bucket, call.account())?.objects.insert(call.key.clone(), object);
    Ok(xml_reply("CopyObjectResult", &result))
}

/// The object that `x-amz-copy-source` names, the named range of it where there is one.
pub(super) fn source(call: &Call<'_>) -> Result<Object, Failure> {
    let invalid = || {
        let message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
        Failure::new(400, "InvalidArgument", message)
    };
    let raw = call.request.header("x-amz-copy-source").ok_or_else(invalid)?;
    if raw.contains("?versionId=") {
        return Err(Failure::new(501, "NotImplemented", "versions are not emulated"));
    }
    // The bucket ends at the first slash, which some clients encode.
    let whole = text(raw)?;
    let (bucket, key) = whole.strip_prefix('/').unwrap_or(&whole).split_once('/').ok_or_else(invalid)?;
    let mut object = call.store.open().object(bucket, key, call.account())?.clone();
    if let Some(range) = call.request.header("x-amz-copy-source-range") {
        match parse_range(range, object.data.len) {
            Some(Ok((from, to))) => object.data = object.data.slice(from, to),
            _ => {
                return Err(Failure::new(
                    400,
                    "InvalidArgument",
                    "The x-amz-copy-source-range value is not valid",
                ));
            }
        }
    }
    Ok(object)
}

fn make(call: &Call<'_>, data: Blob, headers: Vec<(String, String)>) -> Object {
    let etag = format!("\"{}\"", hex(&md5(&data.chunks)));
    let wanted = call.request.header("x-amz-checksum-algorithm").unwrap_or("crc64nvme");
    let checksum = call
        .verified
        .checksum
        .clone()
        .filter(|_| call.request.header("x-amz-copy-source").is_none())
        .or_else(|| Checksum::of(wanted, &data.chunks))
        .unwrap_or(Checksum { name: "crc64nvme", value: String::new() });
    Object { data, etag, modified: call.now, headers, checksum, composite: false, parts: 0 }
}

/// The headers that come back with the object.
pub(super) fn kept_headers(request: &Request) -> Result<Vec<(String, String)>, Failure> {
    let mut kept = Vec::new();
    let mut metadata = 0;
    for (name, value) in &request.headers {
        let value = text_of(value);
        if name.starts_with("x-amz-meta-") {
            metadata += name.len() - "x-amz-meta-".len() + value.len();
            kept.push((name.clone(), value));
        } else if name == "content-encoding" {
            // The framing of the upload is no property of the object.
            let rest: Vec<&str> = value
                .split(',')
                .map(str::trim)
                .filter(|coding| *coding != "aws-chunked" && !coding.is_empty())
                .collect();
            if !rest.is_empty() {
                kept.push((name.clone(), rest.join(",")));
            }
        } else if KEPT.contains(&name.as_str()) {
            kept.push((name.clone(), value));
        }
    }
    if metadata > MAX_METADATA {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        return Err(Failure::new(400, "MetadataTooLarge", message));
    }
    if !kept.iter().any(|(name, _)| name == "content-type") {
        kept.push(("content-type".to_owned(), "binary/octet-stream".to_owned()));
    }
    Ok(kept)
}

pub(super) fn with_checksum(reply: Reply, object: &Object) -> Reply {
    reply
        .header(&format!("x-amz-checksum-{}", object.checksum.name), object.checksum.value.as_str())
        .header("x-amz-checksum-type", if object.composite { "COMPOSITE" } else { "FULL_OBJECT" })
}

fn check_conditions(call: &Call<'_>, there: Option<&Object>) -> Result<(), Failure> {
    if call.request.header("if-none-match").is_some_and(|value| value == "*") && there.is_some() {
        return Err(precondition("If-None-Match"));
    }
    match (call.request.header("if-match"), there) {
        (Some(wanted), Some(object)) if !etag_matches(wanted, &object.etag) => Err(precondition("If-Match")),
        (Some(_), None) => Err(Failure::new(404, "NoSuchKey", "The specified key does not exist.")),
        _ => Ok(()),
    }
}

fn precondition(condition: &str) -> Failure {
    let message = "At least one of the pre-conditions you specified did not hold";
    Failure::new(412, "PreconditionFailed", message).with("Condition", condition)
}

fn etag_matches(condition: &str, etag: &str) -> bool {
    condition == "*" || condition.split(',').any(|one| one.trim().trim_matches('"') == etag.trim_matches('"'))
}

/// `bytes=a-b`, `bytes=a-`, `bytes=-n` as `from..to`; `None` for what is no such range and is ignored, an error for
/// one that the object does not have.
fn parse_range(range: &str, length: u64) -> Option<Result<(u64, u64), ()>> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    if from.is_empty() {
        let count: u64 = to.parse().ok()?;
        return Some(if count == 0 || length == 0 {
            Err(())
        } else {
            Ok((length.saturating_sub(count), length))
        });
    }
    let from: u64 = from.parse().ok()?;
    let to: u64 = if to.is_empty() { u64::MAX } else { to.parse().ok()? };
    if from > to {
        return None;
    }
    Some(if from >= length { Err(()) } else { Ok((from, to.saturating_add(1).min(length))) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (range, wanted) in [
            ("bytes=0-0", Some(Ok((0, 1)))),
            ("bytes=2-", Some(Ok((2, 10)))),
            ("bytes=-3", Some(Ok((7, 10)))),
            ("bytes=-30", Some(Ok((0, 10)))),
            ("bytes=5-99", Some(Ok((5, 10)))),
            ("bytes=10-", Some(Err(()))),
            ("bytes=-0", Some(Err(()))),
            ("bytes=5-4", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(parse_range(range, 10), wanted, "{range}");
        }
    }
}
