//! `ListObjectsV2` and `ListObjects`.

use std::ops::Bound;

use super::store::{Bucket, Object};
use super::{Call, xml_reply};
use crate::clock::iso8601_millis;
use crate::encoding::{base64, percent_encode, unbase64, xml};
use crate::failure::Failure;
use crate::message::Reply;

/// One page of a listing.
struct Page<'a> {
    objects: Vec<(&'a str, &'a Object)>,
    prefixes: Vec<String>,
    /// The last name of the page, if there is more behind it.
    next: Option<String>,
}

pub(super) fn answer(call: &Call<'_>) -> Result<Reply, Failure> {
    let second = match call.param("list-type") {
        None => false,
        Some("2") => true,
        Some(_) => return Err(Failure::new(400, "InvalidArgument", "Invalid List Type")),
    };
    let invalid = |name: &str| Failure::new(400, "InvalidArgument", format!("Invalid {name}"));
    let max =
        call.param("max-keys").map_or(Ok(1000), str::parse::<usize>).map_err(|_| invalid("max-keys"))?;
    let max = max.min(1000);
    let encode = match call.param("encoding-type") {
        None => |text: &str| xml(text),
        Some("url") => |text: &str| percent_encode(text.as_bytes(), b"/"),
        Some(_) => {
            return Err(Failure::new(400, "InvalidArgument", "Invalid Encoding Method specified in Request"));
        }
    };
    let (prefix, delimiter) =
        (call.param("prefix").unwrap_or_default(), call.param("delimiter").unwrap_or_default());
    let token = call.param("continuation-token");
    let after = match (second, token) {
        (true, Some(token)) => {
            unbase64(token).and_then(|name| String::from_utf8(name).ok()).ok_or_else(|| {
                Failure::new(400, "InvalidArgument", "The continuation token provided is incorrect")
            })?
        }
        (true, None) => call.param("start-after").unwrap_or_default().to_owned(),
        (false, _) => call.param("marker").unwrap_or_default().to_owned(),
    };

    let mut shelves = call.store.open();
    let bucket = shelves.bucket(&call.bucket, call.account())?;
    let page = page(bucket, prefix, delimiter, &after, max);
    let mut content = format!(
        "<Name>{}</Name><Prefix>{}</Prefix><MaxKeys>{max}</MaxKeys><IsTruncated>{}</IsTruncated>",
        xml(&call.bucket),
        encode(prefix),
        page.next.is_some()
    );
    let mut add = |name: &str, text: &str| content.push_str(&format!("<{name}>{text}</{name}>"));
    if !delimiter.is_empty() {
        add("Delimiter", &encode(delimiter));
    }
    if let Some(kind) = call.param("encoding-type") {
        add("EncodingType", kind);
    }
    if second {
        add("KeyCount", &(page.objects.len() + page.prefixes.len()).to_string());
        if let Some(token) = token {
            add("ContinuationToken", &xml(token));
        }
        if let Some(start) = call.param("start-after") {
            add("StartAfter", &encode(start));
        }
        if let Some(next) = &page.next {
            add("NextContinuationToken", &base64(next.as_bytes()));
        }
    } else {
        add("Marker", &encode(&after));
        if let Some(next) = page.next.as_ref().filter(|_| !delimiter.is_empty()) {
            add("NextMarker", &encode(next));
        }
    }
    let owner = call.param("fetch-owner") == Some("true") || !second;
    for (key, object) in &page.objects {
        content.push_str(&format!(
            "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Size>{}</Size>{}\
             <StorageClass>STANDARD</StorageClass></Contents>",
            encode(key),
            iso8601_millis(object.modified),
            xml(&object.etag),
            object.data.len,
            if owner { format!("<Owner><ID>{}</ID></Owner>", bucket.account) } else { String::new() }
        ));
    }
    for prefix in &page.prefixes {
        content.push_str(&format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", encode(prefix)));
    }
    Ok(xml_reply("ListBucketResult", &content))
}

fn page<'a>(bucket: &'a Bucket, prefix: &str, delimiter: &str, after: &str, max: usize) -> Page<'a> {
    let mut page = Page { objects: Vec::new(), prefixes: Vec::new(), next: None };
    let mut last: Option<String> = None;
    let start =
        if after < prefix { Bound::Included(prefix.to_owned()) } else { Bound::Excluded(after.to_owned()) };
    for (key, object) in bucket.objects.range((start, Bound::Unbounded)) {
        let Some(rest) = key.strip_prefix(prefix) else { break };
        let group = rest.find(delimiter).filter(|_| !delimiter.is_empty());
        let name = match group {
            Some(at) => &key[..prefix.len() + at + delimiter.len()],
            None => key.as_str(),
        };
        // All of a group that was listed before, on this page or on the last one, is passed over.
        if group.is_some() && (name == after || last.as_deref() == Some(name)) {
            continue;
        }
        if page.objects.len() + page.prefixes.len() >= max {
            page.next = last;
            break;
        }
        match group {
            Some(_) => page.prefixes.push(name.to_owned()),
            None => page.objects.push((key, object)),
        }
        last = Some(name.to_owned());
    }
    page
}
