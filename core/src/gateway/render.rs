//! A refusal in the shape that the client's protocol prescribes, so that an SDK reads it as an error of the service.
//!
//! <https://smithy.io/2.0/aws/protocols/index.html>, and for S3
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use super::refusal::Refusal;
use crate::operation::Protocol;

/// An answer of the gateway's own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The header fields; the length is for the host to add.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for `HEAD`.
    pub body: Vec<u8>,
}

impl Refusal {
    /// Writes the refusal in the protocol's shape. `request_id` is our own id of the request, `head` whether the
    /// request was a `HEAD`.
    #[must_use]
    pub fn render(&self, protocol: Protocol, head: bool, request_id: &str) -> Reply {
        let kind = self.kind();
        let status = kind.status_in(protocol);
        let code = kind.code(protocol);
        let message = self.to_string();
        let fault = if status < 500 { "Sender" } else { "Receiver" };
        let (content_type, body) = match protocol {
            Protocol::S3 => {
                let inner = [
                    ("Code", code),
                    ("Message", &message),
                    ("RequestId", request_id),
                    ("HostId", "awsaccess"),
                ];
                ("application/xml", document(&["Error"], &inner, &[]))
            }
            Protocol::Ec2 => {
                let inner = [("Code", code), ("Message", message.as_str())];
                ("text/xml", document(&["Response", "Errors", "Error"], &inner, &[("RequestID", request_id)]))
            }
            Protocol::Query | Protocol::RestXml => {
                let inner = [("Type", fault), ("Code", code), ("Message", &message)];
                ("text/xml", document(&["ErrorResponse", "Error"], &inner, &[("RequestId", request_id)]))
            }
            Protocol::Json10 => ("application/x-amz-json-1.0", json(Some(code), &message)),
            Protocol::Json11 => ("application/x-amz-json-1.1", json(Some(code), &message)),
            Protocol::RestJson => ("application/json", json(None, &message)),
            Protocol::Cbor => ("application/cbor", cbor(code, &message)),
        };
        let mut headers =
            vec![("content-type", content_type.to_owned()), ("cache-control", "no-store".to_owned())];
        match protocol {
            Protocol::S3 => headers.push(("x-amz-request-id", request_id.to_owned())),
            _ => headers.push(("x-amzn-requestid", request_id.to_owned())),
        }
        match protocol {
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => {
                headers.push(("x-amzn-errortype", code.to_owned()));
            }
            Protocol::Cbor => headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned())),
            _ => {}
        }
        Reply { status, headers, body: if head { Vec::new() } else { body } }
    }
}

/// `outer` elements around the `inner` fields; the `after` fields stand in the outermost, behind the others.
fn document(outer: &[&str], inner: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let fields = |text: &mut String, fields: &[(&str, &str)]| {
        for (name, value) in fields {
            text.push_str(&format!("<{name}>{}</{name}>", escape(value)));
        }
    };
    outer.iter().for_each(|name| text.push_str(&format!("<{name}>")));
    fields(&mut text, inner);
    outer.iter().skip(1).rev().for_each(|name| text.push_str(&format!("</{name}>")));
    fields(&mut text, after);
    outer.iter().take(1).for_each(|name| text.push_str(&format!("</{name}>")));
    text.into_bytes()
}

/// Text for XML 1.0: the five special characters as entities, what XML cannot carry as a question mark.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

fn json(code: Option<&str>, message: &str) -> Vec<u8> {
    let mut fields = serde_json::Map::new();
    if let Some(code) = code {
        fields.insert("__type".to_owned(), code.into());
    }
    fields.insert("message".to_owned(), message.into());
    serde_json::Value::Object(fields).to_string().into_bytes()
}

/// A map of two text strings (RFC 8949, 3.1).
fn cbor(code: &str, message: &str) -> Vec<u8> {
    let mut out = vec![0xa2];
    for text in ["__type", code, "message", message] {
        let length = text.len();
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short), _) if short < 24 => out.push(0x60 + short),
            (Ok(short), _) => out.extend([0x78, short]),
            (_, Ok(long)) => {
                out.push(0x79);
                out.extend(long.to_be_bytes());
            }
            _ => {
                out.push(0x7a);
                out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
            }
        }
        out.extend(text.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::RefusalKind;

    fn body(protocol: Protocol) -> String {
        let refusal = Refusal::new(RefusalKind::UnknownKey, "no <such> \"key\" & \u{1b}[31mno more");
        String::from_utf8_lossy(&refusal.render(protocol, false, "id-1").body).into_owned()
    }

    #[test]
    fn every_protocol_has_its_shape() {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        let text = "no &lt;such&gt; &quot;key&quot; &amp; ?[31mno more";
        assert_eq!(
            body(Protocol::Query),
            format!(
                "{head}<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>{text}\
                 </Message></Error><RequestId>id-1</RequestId></ErrorResponse>"
            )
        );
        assert_eq!(
            body(Protocol::Ec2),
            format!(
                "{head}<Response><Errors><Error><Code>AuthFailure</Code><Message>{text}</Message></Error></Errors>\
                 <RequestID>id-1</RequestID></Response>"
            )
        );
        assert_eq!(
            body(Protocol::S3),
            format!(
                "{head}<Error><Code>InvalidAccessKeyId</Code><Message>{text}</Message><RequestId>id-1</RequestId>\
                 <HostId>awsaccess</HostId></Error>"
            )
        );
        assert_eq!(
            body(Protocol::Json11),
            r#"{"__type":"UnrecognizedClientException","message":"no <such> \"key\" & \u001b[31mno more"}"#
        );
        assert!(body(Protocol::RestJson).starts_with(r#"{"message":"#));
    }

    #[test]
    fn headers_say_the_rest() {
        let refusal = Refusal::new(RefusalKind::Denied, "no");
        let json = refusal.render(Protocol::RestJson, false, "id-1");
        assert_eq!(json.status, 403);
        assert!(json.headers.contains(&("x-amzn-errortype", "AccessDeniedException".into())));
        assert!(json.headers.contains(&("x-amzn-requestid", "id-1".into())));
        let s3 = refusal.render(Protocol::S3, true, "id-1");
        assert!(s3.headers.contains(&("x-amz-request-id", "id-1".into())));
        assert!(s3.body.is_empty(), "HEAD has no body");
        let cbor = refusal.render(Protocol::Cbor, false, "id-1");
        assert!(cbor.headers.contains(&("smithy-protocol", "rpc-v2-cbor".into())));
        assert_eq!(cbor.body, b"\xa2\x66__type\x75AccessDeniedException\x67message\x62no");
        let long = Refusal::new(RefusalKind::Denied, "x".repeat(300)).render(Protocol::Cbor, false, "");
        assert!(long.body.windows(3).any(|w| w == [0x79, 0x01, 0x2c]));
    }
}
