//! Buckets: list, create, head, delete, location.

use std::collections::BTreeMap;

use super::store::Bucket;
use super::{Call, xml_reply};
use crate::clock::iso8601_millis;
use crate::encoding::xml;
use crate::failure::Failure;
use crate::message::Reply;

const MAX_BUCKETS: usize = 10_000;

pub(super) fn list(call: &Call<'_>) -> Reply {
    let shelves = call.store.open();
    let account = call.account();
    let buckets: String = shelves
        .buckets
        .iter()
        .filter(|(_, bucket)| bucket.account == account)
        .map(|(name, bucket)| {
            format!(
                "<Bucket><Name>{}</Name><CreationDate>{}</CreationDate><BucketRegion>{}</BucketRegion></Bucket>",
                xml(name),
                iso8601_millis(bucket.created),
                bucket.region
            )
        })
        .collect();
    let owner = format!("<Owner><ID>{account}</ID></Owner>");
    xml_reply("ListAllMyBucketsResult", &format!("{owner}<Buckets>{buckets}</Buckets>"))
}

pub(super) fn create(call: &Call<'_>) -> Result<Reply, Failure> {
    let name = &call.bucket;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if !(3..=63).contains(&name.len()) || !name.bytes().all(fits) || name.starts_with(['-', '.']) {
        return Err(Failure::new(400, "InvalidBucketName", "The specified bucket is not valid.")
            .with("BucketName", name.as_str()));
    }
    let mut shelves = call.store.open();
    if let Some(bucket) = shelves.buckets.get(name) {
        return Err(if bucket.account == call.account() {
            Failure::new(
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            )
        } else {
            Failure::new(
                409,
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the \
                 system. Please select a different name and try again.",
            )
        }
        .with("BucketName", name.as_str()));
    }
    if shelves.buckets.len() >= MAX_BUCKETS {
        let message = "You have attempted to create more buckets than allowed";
        return Err(Failure::new(400, "TooManyBuckets", message));
    }
    let bucket = Bucket {
        account: call.account().to_owned(),
        region: call.verified.claim.region.clone(),
        created: call.now,
        objects: BTreeMap::new(),
    };
    shelves.buckets.insert(name.clone(), bucket);
    Ok(Reply::empty(200).header("Location", format!("/{name}")))
}

pub(super) fn head(call: &Call<'_>) -> Result<Reply, Failure> {
    let mut shelves = call.store.open();
    let bucket = shelves.bucket(&call.bucket, call.account())?;
    Ok(Reply::empty(200).header("x-amz-bucket-region", bucket.region.as_str()))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    let mut shelves = call.store.open();
    if !shelves.bucket(&call.bucket, call.account())?.objects.is_empty() {
        return Err(Failure::new(409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
            .with("BucketName", call.bucket.as_str()));
    }
    shelves.buckets.remove(&call.bucket);
    shelves.uploads.retain(|_, upload| upload.bucket != call.bucket);
    Ok(Reply::empty(204))
}

pub(super) fn location(call: &Call<'_>) -> Result<Reply, Failure> {
    let mut shelves = call.store.open();
    let bucket = shelves.bucket(&call.bucket, call.account())?;
    // The oldest region has no name here.
    let region = if bucket.region == "us-east-1" { "" } else { bucket.region.as_str() };
    Ok(xml_reply("LocationConstraint", region))
}
