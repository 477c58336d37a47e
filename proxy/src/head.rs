//! Heads between the form in which hyper has them and the one in which core has them.

use awsaccess::audit::Shown;
use awsaccess::gateway::{Head, Refusal, RefusalKind};
use http::header;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use hyper::body::Bytes;

use crate::body::AnyBody;

/// The head of a request. `has_body` is what the framing says so far.
pub(crate) fn head(parts: &Parts, has_body: bool) -> Head<'_> {
    let (method, headers) = (parts.method.as_str(), &parts.headers);
    let origin = parts.uri.path_and_query().map_or("", |target| target.as_str());
    if parts.version >= Version::HTTP_2 {
        let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes());
        // A scheme is a hop's own word; one that is not ours is kept, so that core refuses the target.
        let head = match parts.uri.scheme_str() {
            Some("https") => Head::new(method, origin.as_bytes(), headers),
            other => {
                Head::new(method, format!("{}:{origin}", other.unwrap_or_default()).into_bytes(), headers)
            }
        };
        return head.over_http2(authority, !has_body);
    }
    // In absolute form it names a host of its own, which must be the right one as well.
    match parts.uri.authority() {
        Some(_) => Head::new(method, parts.uri.to_string().into_bytes(), headers),
        None => Head::new(method, origin.as_bytes(), headers),
    }
}

/// A request as core wants it sent, field by field in order.
///
/// All values share one piece of memory, and names that nearly every request has are not made anew.
pub(crate) fn outgoing<'a>(
    method: &str,
    target: Vec<u8>,
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    body: AnyBody,
) -> Result<Request<AnyBody>, Refusal> {
    let internal =
        |what: &str| Refusal::new(RefusalKind::Internal, format!("the request cannot be sent on: {what}"));
    let mut request = Request::new(body);
    *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|_| internal("method"))?;
    *request.uri_mut() = Uri::try_from(target).map_err(|_| internal("target"))?;
    let mut values = Vec::with_capacity(VALUES);
    let mut ends = Vec::with_capacity(FIELDS);
    for (name, value) in fields {
        values.extend_from_slice(value);
        ends.push((name_of(name).ok_or_else(|| internal("header name"))?, values.len()));
    }
    // One more is often set by the caller: the length of the body.
    let mut headers = HeaderMap::with_capacity(ends.len() + 1);
    let (values, mut start) = (Bytes::from(values), 0);
    for (name, end) in ends {
        let value = HeaderValue::from_maybe_shared(values.slice(start..end));
        headers.append(name, value.map_err(|_| internal("header value"))?);
        start = end;
    }
    *request.headers_mut() = headers;
    Ok(request)
}

/// What a head of many fields has room in, and a long session token among its values.
const FIELDS: usize = 24;
const VALUES: usize = 2048;

/// The names that are sent with most requests are not looked through again.
fn name_of(text: &[u8]) -> Option<HeaderName> {
    Some(match text {
        b"accept" => header::ACCEPT,
        b"accept-encoding" => header::ACCEPT_ENCODING,
        b"amz-sdk-invocation-id" => const { HeaderName::from_static("amz-sdk-invocation-id") },
        b"amz-sdk-request" => const { HeaderName::from_static("amz-sdk-request") },
        b"authorization" => header::AUTHORIZATION,
        b"content-length" => header::CONTENT_LENGTH,
        b"content-type" => header::CONTENT_TYPE,
        b"host" => header::HOST,
        b"range" => header::RANGE,
        b"user-agent" => header::USER_AGENT,
        b"x-amz-content-sha256" => const { HeaderName::from_static("x-amz-content-sha256") },
        b"x-amz-date" => const { HeaderName::from_static("x-amz-date") },
        b"x-amz-security-token" => const { HeaderName::from_static("x-amz-security-token") },
        b"x-amz-target" => const { HeaderName::from_static("x-amz-target") },
        _ => return HeaderName::from_bytes(text).ok(),
    })
}

/// Whether a field of an answer belongs to the connection that it came by, or is a cookie.
pub(crate) fn is_of_the_connection(name: &str) -> bool {
    CONNECTION_LEVEL.iter().any(|other| name.eq_ignore_ascii_case(other))
}

const CONNECTION_LEVEL: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The id that a service gave a request, if this is the field that says it.
pub(crate) fn shown_id(name: &str, value: &[u8]) -> Option<Shown> {
    if !REQUEST_ID.iter().any(|other| name.eq_ignore_ascii_case(other)) {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    Some(Shown::text(text.get(..128).unwrap_or(text)))
}

/// The first that is there counts.
pub(crate) const REQUEST_ID: [&str; 2] = ["x-amzn-requestid", "x-amz-request-id"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::full;

    fn sent(fields: &[(&str, &[u8])]) -> Result<Request<AnyBody>, Refusal> {
        let fields = fields.iter().map(|(name, value)| (name.as_bytes(), *value));
        outgoing("PUT", b"/a%20b?c=d".to_vec(), fields, full(""))
    }

    #[test]
    fn every_field_is_sent_as_it_is_and_in_order() {
        let long = vec![b'v'; 3 * VALUES];
        let mut fields: Vec<(&str, &[u8])> = vec![
            ("host", b"s3.amazonaws.com"),
            ("X-Amz-Date", b"20260101T000000Z"),
            ("x-amz-date", b""),
            ("x-amz-meta-\x6eame", b"caf\xc3\xa9"),
            ("x-amz-security-token", &long),
        ];
        fields.extend([("x-amz-meta-more", b"again".as_slice()); 2 * FIELDS]);
        let request = sent(&fields).unwrap();
        assert_eq!((request.method().as_str(), request.uri().to_string()), ("PUT", "/a%20b?c=d".into()));
        let have: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let lower: Vec<_> = fields.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let want: Vec<_> =
            lower.iter().zip(&fields).map(|(name, (_, value))| (name.as_str(), *value)).collect();
        // Shown, they would fill screens.
        assert!(have == want, "{} fields of {}", have.len(), want.len());
    }

    #[test]
    fn a_usual_name_is_the_name_that_it_says() {
        for name in ["accept", "accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request", "authorization"]
            .into_iter()
            .chain(["content-length", "content-type", "host", "range", "user-agent", "x-amz-content-sha256"])
            .chain(["x-amz-date", "x-amz-security-token", "x-amz-target", "x-amz-meta-other"])
        {
            assert_eq!(name_of(name.as_bytes()).unwrap(), name);
        }
    }

    #[test]
    fn what_is_no_head_is_not_sent() {
        for field in [("a b", b"c".as_slice()), ("", b"c"), ("a", b"b\r\nc: d"), ("a", b"\0")] {
            assert_eq!(sent(&[field]).err().map(|refusal| refusal.kind()), Some(RefusalKind::Internal));
        }
        for (method, target) in [("GE T", "/"), ("GET", "/ x"), ("", "/")] {
            let refused = outgoing(method, target.into(), std::iter::empty(), full("")).err();
            assert_eq!(refused.map(|refusal| refusal.kind()), Some(RefusalKind::Internal));
        }
    }
}
