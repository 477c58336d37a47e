//! Multipart uploads.

use std::collections::BTreeMap;

use super::object::{kept_headers, source, with_checksum};
use super::store::{Object, Part, Shelves, Upload};
use super::tree::{Element, malformed};
use super::{Call, xml_reply};
use crate::blob::Blob;
use crate::clock::iso8601_millis;
use crate::encoding::{base64, hex, random_text, unbase64, xml};
use crate::failure::Failure;
use crate::message::Reply;
use crate::sigv4::{Checksum, md5};

const MAX_PARTS: u32 = 10_000;
/// The smallest part, the last one excepted.
const MIN_PART: u64 = 5 * 1024 * 1024;
const MAX_UPLOADS: usize = 10_000;

pub(super) fn create(call: &Call<'_>) -> Result<Reply, Failure> {
    let headers = kept_headers(call.request)?;
    let mut shelves = call.store.open();
    shelves.bucket(&call.bucket, call.account())?;
    if shelves.uploads.len() >= MAX_UPLOADS {
        return Err(Failure::new(503, "SlowDown", "Please reduce your request rate."));
    }
    let id = random_text(64, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._");
    let algorithm = call.request.header("x-amz-checksum-algorithm").map(str::to_ascii_lowercase);
    let kind = call.request.header("x-amz-checksum-type").map(str::to_ascii_uppercase);
    let composite = match kind.as_deref() {
        Some("FULL_OBJECT") => false,
        Some(_) => true,
        None => algorithm.as_deref().is_some_and(|name| name != "crc64nvme"),
    };
    let result = format!(
        "<Bucket>{}</Bucket><Key>{}</Key><UploadId>{id}</UploadId>",
        xml(&call.bucket),
        xml(&call.key)
    );
    let mut reply = xml_reply("InitiateMultipartUploadResult", &result);
    if let Some(name) = &algorithm {
        reply = reply
            .header("x-amz-checksum-algorithm", name.to_ascii_uppercase())
            .header("x-amz-checksum-type", if composite { "COMPOSITE" } else { "FULL_OBJECT" });
    }
    shelves.uploads.insert(
        id,
        Upload {
            bucket: call.bucket.clone(),
            key: call.key.clone(),
            started: call.now,
            headers,
            algorithm,
            composite,
            parts: BTreeMap::new(),
        },
    );
    Ok(reply)
}

pub(super) fn upload_part(call: &Call<'_>) -> Result<Reply, Failure> {
    let number = call.param("partNumber").and_then(|number| number.parse::<u32>().ok());
    let number = number.filter(|number| (1..=MAX_PARTS).contains(number)).ok_or_else(|| {
        Failure::new(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    })?;
    let copies = call.request.header_bytes("x-amz-copy-source").is_some();
    let data = if copies { source(call)?.data } else { call.verified.body.clone() };
    let algorithm = upload(call, &mut call.store.open())?.algorithm.clone();
    let md5 = md5(&data.chunks);
    let etag = format!("\"{}\"", hex(&md5));
    let given = call.verified.checksum.clone().filter(|_| !copies);
    let checksum = match (given, algorithm) {
        (Some(given), Some(wanted)) if given.name != wanted => {
            let message = format!(
                "Checksum Type mismatch occurred, expected checksum Type: {wanted}, actual checksum Type: {}",
                given.name
            );
            return Err(Failure::new(400, "InvalidRequest", message));
        }
        (Some(given), _) => Some(given),
        (None, Some(wanted)) => Checksum::of(&wanted, &data.chunks),
        (None, None) => None,
    };
    let mut reply = if copies {
        let modified = iso8601_millis(call.now);
        xml_reply(
            "CopyPartResult",
            &format!("<LastModified>{modified}</LastModified><ETag>{}</ETag>", xml(&etag)),
        )
    } else {
        Reply::empty(200).header("ETag", etag)
    };
    if let Some(checksum) = &checksum {
        reply = reply.header(&format!("x-amz-checksum-{}", checksum.name), checksum.value.as_str());
    }
    let part = Part { data, md5, checksum, modified: call.now };
    upload(call, &mut call.store.open())?.parts.insert(number, part);
    Ok(reply)
}

pub(super) fn complete(call: &Call<'_>) -> Result<Reply, Failure> {
    let document = Element::parse(&call.verified.body, "CompleteMultipartUpload")?;
    let mut shelves = call.store.open();
    let upload = upload(call, &mut shelves)?;
    let mut listed = Vec::new();
    for part in document.all("Part") {
        let number: u32 =
            part.text("PartNumber").and_then(|text| text.trim().parse().ok()).ok_or_else(malformed)?;
        if listed.last().is_some_and(|(last, _)| number <= *last) {
            let message =
                "The list of parts was not in ascending order. Parts must be ordered by part number.";
            return Err(Failure::new(400, "InvalidPartOrder", message));
        }
        listed.push((number, part));
    }
    if listed.is_empty() {
        return Err(malformed());
    }
    let mut parts: Vec<Part> = Vec::new();
    for (at, (number, listed_part)) in listed.iter().enumerate() {
        let part = upload.parts.get(number).filter(|part| matches(listed_part, part)).ok_or_else(|| {
            Failure::new(
                400,
                "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have been uploaded, or \
                 the specified entity tag may not match the part's entity tag.",
            )
            .with("PartNumber", number.to_string())
        })?;
        if part.data.len < MIN_PART && at + 1 < listed.len() {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Failure::new(400, "EntityTooSmall", message)
                .with("ProposedSize", part.data.len.to_string())
                .with("MinSizeAllowed", MIN_PART.to_string()));
        }
        parts.push(part.clone());
    }
    let object = assemble(call, upload, &parts);
    let content = format!(
        "<Location>/{0}/{1}</Location><Bucket>{0}</Bucket><Key>{1}</Key><ETag>{2}</ETag>",
        xml(&call.bucket),
        xml(&call.key),
        xml(&object.etag)
    );
    let element = format!("Checksum{}", object.checksum.name.to_ascii_uppercase());
    let checksum = format!("<{element}>{}</{element}>", xml(&object.checksum.value));
    let reply = with_checksum(xml_reply("CompleteMultipartUploadResult", &(content + &checksum)), &object);
    shelves.uploads.remove(call.param("uploadId").unwrap_or_default());
    shelves.bucket(&call.bucket, call.account())?.objects.insert(call.key.clone(), object);
    Ok(reply)
}

pub(super) fn abort(call: &Call<'_>) -> Result<Reply, Failure> {
    let mut shelves = call.store.open();
    upload(call, &mut shelves)?;
    shelves.uploads.remove(call.param("uploadId").unwrap_or_default());
    Ok(Reply::empty(204))
}

pub(super) fn list_parts(call: &Call<'_>) -> Result<Reply, Failure> {
    let mut shelves = call.store.open();
    let upload = upload(call, &mut shelves)?;
    let number = |name: &str| call.param(name).and_then(|value| value.parse::<u32>().ok());
    let (after, max) =
        (number("part-number-marker").unwrap_or(0), number("max-parts").unwrap_or(1000).min(1000));
    let mut rest = upload.parts.range(after.saturating_add(1)..);
    let (mut listed, mut last) = (String::new(), after);
    for (number, part) in rest.by_ref().take(max as usize) {
        last = *number;
        listed.push_str(&format!(
            "<Part><PartNumber>{number}</PartNumber><LastModified>{}</LastModified><ETag>&quot;{}&quot;</ETag>\
             <Size>{}</Size></Part>",
            iso8601_millis(part.modified),
            hex(&part.md5),
            part.data.len
        ));
    }
    let truncated = rest.next().is_some();
    let content = format!(
        "<Bucket>{}</Bucket><Key>{}</Key><UploadId>{}</UploadId><PartNumberMarker>{after}</PartNumberMarker>\
         <NextPartNumberMarker>{last}</NextPartNumberMarker><MaxParts>{max}</MaxParts>\
         <IsTruncated>{truncated}</IsTruncated>{listed}",
        xml(&call.bucket),
        xml(&call.key),
        xml(call.param("uploadId").unwrap_or_default())
    );
    Ok(xml_reply("ListPartsResult", &content))
}

pub(super) fn list_uploads(call: &Call<'_>) -> Result<Reply, Failure> {
    let mut shelves = call.store.open();
    shelves.bucket(&call.bucket, call.account())?;
    let uploads: String = shelves
        .uploads
        .iter()
        .filter(|(_, upload)| upload.bucket == call.bucket)
        .map(|(id, upload)| {
            format!(
                "<Upload><Key>{}</Key><UploadId>{id}</UploadId><Initiated>{}</Initiated></Upload>",
                xml(&upload.key),
                iso8601_millis(upload.started)
            )
        })
        .collect();
    let content = format!("<Bucket>{}</Bucket><IsTruncated>false</IsTruncated>{uploads}", xml(&call.bucket));
    Ok(xml_reply("ListMultipartUploadsResult", &content))
}

/// The upload that the request names, which must be of this bucket and key.
fn upload<'a>(call: &Call<'_>, shelves: &'a mut Shelves) -> Result<&'a mut Upload, Failure> {
    shelves.bucket(&call.bucket, call.account())?;
    let id = call.param("uploadId").unwrap_or_default();
    let upload = shelves.uploads.get_mut(id);
    upload.filter(|upload| upload.bucket == call.bucket && upload.key == call.key).ok_or_else(|| {
        Failure::new(
            404,
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
             aborted or completed.",
        )
        .with("UploadId", id)
    })
}

/// Whether a listed part is the one that was uploaded: by its tag, and by its checksum if one is listed.
fn matches(listed: &Element, part: &Part) -> bool {
    let etag = listed.text("ETag").unwrap_or_default().trim().trim_matches('"').to_owned();
    let checksum = part.checksum.as_ref().is_none_or(|checksum| {
        let name = format!("Checksum{}", checksum.name.to_ascii_uppercase());
        listed.text(&name).is_none_or(|value| value == checksum.value)
    });
    etag == hex(&part.md5) && checksum
}

fn assemble(call: &Call<'_>, upload: &Upload, parts: &[Part]) -> Object {
    let mut data = Blob::default();
    parts.iter().for_each(|part| data.append(&part.data));
    let tags: Vec<u8> = parts.iter().flat_map(|part| part.md5.iter().copied()).collect();
    let etag = format!("\"{}-{}\"", hex(&md5(&[tags.into()])), parts.len());
    let name = upload.algorithm.as_deref().unwrap_or("crc64nvme");
    let composite: Option<Vec<u8>> = parts
        .iter()
        .map(|part| unbase64(&part.checksum.as_ref()?.value))
        .collect::<Option<Vec<_>>>()
        .map(|checksums| checksums.concat());
    let checksum = match composite {
        Some(checksums) if upload.composite => Checksum::of(name, &[checksums.into()])
            .map(|checksum| Checksum { value: format!("{}-{}", checksum.value, parts.len()), ..checksum }),
        _ => Checksum::of(name, &data.chunks),
    };
    Object {
        data,
        etag,
        modified: call.now,
        headers: upload.headers.clone(),
        checksum: checksum.unwrap_or(Checksum { name: "crc64nvme", value: base64(b"") }),
        composite: upload.composite,
        parts: parts.len(),
    }
}
