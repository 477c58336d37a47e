//! What a service answered, read from whichever of AWS's forms it came in.

use serde_json::Value;
use zeroize::Zeroizing;

use super::xml;
use crate::sigv4::header::trim;
use crate::sigv4::request::Headers;
use crate::time::Time;

/// The largest body that is read; an error of AWS with its canonical request has some kilobytes.
const MAX_BODY: usize = 1 << 20;

/// Text that can hold a session token.
type Text = Zeroizing<Vec<u8>>;

/// A service's answer to a signed request: the parts of it that speak of the signature.
///
/// It has no `Debug`: the canonical request that AWS reports holds the session token.
#[derive(Default)]
pub struct Reply {
    status: Option<u16>,
    code: Option<String>,
    message: Zeroizing<String>,
    date: Option<Time>,
    region: Option<String>,
    canonical_request: Option<Text>,
    string_to_sign: Option<Text>,
    fields: Vec<(String, Zeroizing<String>)>,
}

impl Reply {
    /// Reads a reply: XML of S3 and of the query services, JSON, or nothing at all (a reply to `HEAD`).
    ///
    /// It never fails: what cannot be read is not known.
    ///
    /// ```
    /// use awsaccess::sigv4::Reply;
    /// let body = br#"{"__type": "com.amazon.coral.service#ExpiredTokenException", "message": "The token has expired"}"#;
    /// let reply = Reply::parse(400, &[("Date", "Sun, 30 Aug 2015 12:36:00 GMT")], body);
    /// assert_eq!((reply.code(), reply.status()), (Some("ExpiredTokenException"), Some(400)));
    /// ```
    #[must_use]
    pub fn parse<'a>(status: impl Into<Option<u16>>, headers: impl Into<Headers<'a>>, body: &[u8]) -> Self {
        let headers = headers.into();
        let first = |name| headers.first(name).map(|value| String::from_utf8_lossy(trim(value)).into_owned());
        let mut reply = Self {
            status: status.into(),
            date: first("date").and_then(|date| Time::parse_http(&date)),
            region: first("x-amz-bucket-region"),
            ..Self::default()
        };
        let body = if body.len() > MAX_BODY { b"" } else { body };
        let text = Zeroizing::new(String::from_utf8_lossy(body).into_owned());
        reply.fields = members(&text).or_else(|| xml::leaves(&text)).unwrap_or_default();
        let code = first("x-amzn-errortype").or_else(|| reply.text(&["__type", "Code", "code"]));
        reply.code = code.map(|code| plain_code(&code)).filter(|code| !code.is_empty());
        reply.message =
            Zeroizing::new(reply.text(&["Message", "message", "errorMessage"]).unwrap_or_default());
        reply.canonical_request = reply
            .spelled("CanonicalRequest")
            .or_else(|| quoted(&reply.message, "Canonical String for this request should have been"));
        reply.string_to_sign = reply
            .spelled("StringToSign")
            .or_else(|| quoted(&reply.message, "String-to-Sign should have been"));
        reply
    }

    /// Reads a reply as it is on the wire: status line, header fields, an empty line and the body; or a body alone.
    #[must_use]
    pub fn parse_http(raw: &[u8]) -> Self {
        if !raw.starts_with(b"HTTP/") {
            let none: [(&str, &str); 0] = [];
            return Self::parse(None, &none, raw);
        }
        let mut rest = raw;
        let mut lines = Vec::new();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
            rest = after.get(1..).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let status = lines.first().and_then(|line| {
            let text = std::str::from_utf8(line).ok()?;
            text.split(' ').nth(1)?.parse().ok()
        });
        let fields: Vec<(&[u8], &[u8])> = lines
            .iter()
            .skip(1)
            .filter_map(|line| {
                let (name, value) = line.split_at_checked(memchr::memchr(b':', line)?)?;
                Some((name, trim(value.get(1..)?)))
            })
            .collect();
        Self::parse(status, &fields, rest)
    }

    /// The HTTP status, where it was given.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// AWS's error code, such as `SignatureDoesNotMatch`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The service's own time, from its `Date` header or its error.
    #[must_use]
    pub fn date(&self) -> Option<Time> {
        let named = self.field("ServerTime").and_then(Time::parse_rfc3339);
        named.or(self.date)
    }

    /// Whether the service reported the canonical request that it computed.
    #[must_use]
    pub const fn has_canonical_request(&self) -> bool {
        self.canonical_request.is_some()
    }

    /// Whether it refuses the signature without saying more, or says nothing at all beside its status.
    pub(super) fn is_mismatch(&self) -> bool {
        match self.code() {
            Some(code) => {
                let code = code.strip_suffix("Exception").unwrap_or(code);
                ["SignatureDoesNotMatch", "InvalidSignature", "AuthFailure"].contains(&code)
            }
            None => self.status.is_none_or(|status| status == 401 || status == 403),
        }
    }

    pub(super) fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    pub(super) fn canonical_request(&self) -> Option<&[u8]> {
        self.canonical_request.as_ref().map(|text| text.as_slice())
    }

    pub(super) fn string_to_sign(&self) -> Option<&[u8]> {
        self.string_to_sign.as_ref().map(|text| text.as_slice())
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The region that S3 says the bucket is in.
    pub(super) fn region(&self) -> Option<&str> {
        self.field("Region").or(self.region.as_deref())
    }

    /// The text of an element or a member.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let (_, text) = self.fields.iter().find(|(field, _)| field == name)?;
        Some(text.trim_ascii()).filter(|text| !text.is_empty())
    }

    fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.field(name)).map(str::to_owned)
    }

    /// An element that S3 gives twice: as text, and byte for byte.
    fn spelled(&self, name: &str) -> Option<Text> {
        let bytes = self.field(&format!("{name}Bytes")).and_then(spelled_out);
        bytes.or_else(|| self.field(name).map(|text| Text::new(text.as_bytes().to_vec())))
    }
}

/// `com.amazon.coral.service#Code:http://…` is `Code`.
fn plain_code(text: &str) -> String {
    let text = text.split([':', ',']).next().unwrap_or_default();
    text.rsplit('#').next().unwrap_or_default().trim().chars().take(128).collect()
}

/// The texts of a JSON object, those of an inner `Error` or `error` object among them.
fn members(text: &str) -> Option<Vec<(String, Zeroizing<String>)>> {
    let Value::Object(object) = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()? else {
        return None;
    };
    let mut found = Vec::new();
    for (name, value) in object {
        match value {
            Value::String(text) => found.push((name, Zeroizing::new(text))),
            Value::Object(inner) if name.eq_ignore_ascii_case("error") => {
                found.extend(inner.into_iter().filter_map(|(name, value)| match value {
                    Value::String(text) => Some((name, Zeroizing::new(text))),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    Some(found)
}

/// `47 45 54 0a`
fn spelled_out(text: &str) -> Option<Text> {
    let mut bytes = Text::new(Vec::with_capacity(text.len() / 3 + 1));
    for pair in text.split_ascii_whitespace() {
        bytes.push(u8::from_str_radix(pair, 16).ok()?);
    }
    Some(bytes).filter(|bytes| !bytes.is_empty())
}

/// What stands in quotes after `marker`, up to the last quote before the message's next sentence.
fn quoted(message: &str, marker: &str) -> Option<Text> {
    let (_, rest) = message.split_once(marker)?;
    let rest = rest.split_once("The String-to-Sign should have been").map_or(rest, |(this, _)| this);
    let (_, rest) = rest.split_once('\'')?;
    let (text, _) = rest.rsplit_once('\'')?;
    Some(Text::new(text.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONE: [(&str, &str); 0] = [];

    #[test]
    fn each_form_of_aws() {
        let message = "The request signature we calculated does not match the signature you provided.\n\nThe \
            Canonical String for this request should have been\n'GET\n/it's\n\nhost:h\n\nhost\ne3b0'\n\nThe \
            String-to-Sign should have been\n'AWS4-HMAC-SHA256\nd\ns\nh'\n";
        let json =
            serde_json::json!({"__type": "a#InvalidSignatureException", "message": message}).to_string();
        let xml = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>{message}</Message>\
             </Error></ErrorResponse>"
        );
        for body in [json, xml] {
            let reply = Reply::parse(403, &NONE, body.as_bytes());
            assert_eq!(reply.canonical_request(), Some(&b"GET\n/it's\n\nhost:h\n\nhost\ne3b0"[..]));
            assert_eq!(reply.string_to_sign(), Some(&b"AWS4-HMAC-SHA256\nd\ns\nh"[..]));
        }
        let s3 = b"<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>GET\n/</CanonicalRequest>\
            <CanonicalRequestBytes>47 45 54 0a 2f 20</CanonicalRequestBytes></Error>";
        assert_eq!(Reply::parse(403, &NONE, s3).canonical_request(), Some(&b"GET\n/ "[..]));
        let raw = b"HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: InvalidSignatureException:http://x\r\n\
            Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n{}";
        let reply = Reply::parse_http(raw);
        assert_eq!((reply.status(), reply.code()), (Some(403), Some("InvalidSignatureException")));
        assert_eq!(reply.date(), Some(Time::from_unix(784_111_777)));
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        for body in
            [&b""[..], b"<html", b"null", b"[]", b"{\"message\": 1}", b"\xff\xfe", &vec![b'<'; MAX_BODY + 1]]
        {
            let reply = Reply::parse(403, &NONE, body);
            assert!(reply.code().is_none() && !reply.has_canonical_request());
        }
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200), text in "[<>{}'\"a-c:/ \n]{0,80}") {
            let _ = (Reply::parse_http(&body), Reply::parse_http(text.as_bytes()));
            let marked = format!("<a>The Canonical String for this request should have been {text}</a>");
            let _ = Reply::parse(None, &NONE, marked.as_bytes());
        }
    }
}
