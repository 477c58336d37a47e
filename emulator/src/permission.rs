//! What a session may do by the policy that it was taken with: the actions and resources of S3 and DynamoDB.
//!
//! A session has what its role has, less what its session policy does not allow:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>. Roles may do everything in these
//! two services here, so that only the session policy counts. Managed policies (`PolicyArns`) are not known.

use serde_json::Value;

use crate::failure::Failure;
use crate::message::Request;
use crate::policy::Decision;
use crate::s3;
use crate::sigv4::Verified;

/// What a request does, in the words of a policy.
struct Deed {
    action: String,
    resource: String,
}

/// Why the session may not do what the request asks for; nothing, if it may.
pub(crate) fn denial(service: &str, request: &Request, verified: &Verified, now: i64) -> Option<Failure> {
    let policy = verified.key.session.policy.as_ref()?;
    let deed = match service {
        "dynamodb" => of_dynamodb(request, verified)?,
        "s3" => of_s3(request)?,
        _ => return None,
    };
    let Deed { action, resource } = &deed;
    let why = match policy.permits(action, resource, &verified.key.context(now)) {
        Decision::AllowedByName | Decision::AllowedByAccount => return None,
        Decision::Denied => "with an explicit deny in a session policy".to_owned(),
        Decision::NotMentioned => format!("because no session policy allows the {action} action"),
    };
    let who = verified.key.identity.arn();
    let says = |shown: &str| {
        format!("User: {who} is not authorized to perform: {action} on resource: {shown} {why}")
    };
    Some(match service {
        "s3" => Failure::new(403, "AccessDenied", says(&format!("\"{resource}\""))),
        _ => Failure::new(400, "AccessDeniedException", says(resource)),
    })
}

/// `dynamodb:GetItem` on the table. A request that names no table is about all of them.
fn of_dynamodb(request: &Request, verified: &Verified) -> Option<Deed> {
    let (_, operation) = request.header("x-amz-target")?.split_once('.')?;
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let (account, region) = (verified.key.identity.account(), verified.claim.region.as_str());
    let resource = match input.get("TableName").and_then(Value::as_str) {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(name) => format!("arn:aws:dynamodb:{region}:{account}:table/{name}"),
        None => "*".to_owned(),
    };
    Some(Deed { action: format!("dynamodb:{operation}"), resource })
}

/// `s3:GetObject` on the object, `s3:ListBucket` on the bucket. What names no key to delete is about the whole bucket.
fn of_s3(request: &Request) -> Option<Deed> {
    let (bucket, key) = s3::address(request).ok()?;
    let params = request.params();
    let has = |name: &str| params.iter().any(|(param, _)| param == name);
    let (action, key) = match (request.method.as_str(), bucket.is_empty(), key.is_empty()) {
        (_, true, _) => return Some(Deed { action: "s3:ListAllMyBuckets".into(), resource: "*".into() }),
        ("PUT", false, true) => ("CreateBucket", None),
        ("DELETE", false, true) => ("DeleteBucket", None),
        ("POST", false, true) => ("DeleteObject", Some("*")),
        (_, false, true) if has("location") => ("GetBucketLocation", None),
        (_, false, true) if has("uploads") => ("ListBucketMultipartUploads", None),
        (_, false, true) => ("ListBucket", None),
        ("GET", false, false) if has("uploadId") => ("ListMultipartUploadParts", Some(key.as_str())),
        ("GET" | "HEAD", false, false) => ("GetObject", Some(key.as_str())),
        ("DELETE", false, false) if has("uploadId") => ("AbortMultipartUpload", Some(key.as_str())),
        ("DELETE", false, false) => ("DeleteObject", Some(key.as_str())),
        _ => ("PutObject", Some(key.as_str())),
    };
    let bucket = format!("arn:aws:s3:::{bucket}");
    let resource = key.map_or_else(|| bucket.clone(), |key| format!("{bucket}/{key}"));
    Some(Deed { action: format!("s3:{action}"), resource })
}
