//! What the load asks for: the reference GetItem with a reply of 1 KiB, and an S3 object of 1 MiB.

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{Payload, Request, Scope, Settings, sign};

pub(super) const KEY_ID: &str = "AKIAPLACEHOLDERBENCH";
pub(super) const SECRET: &str = "placeholder-secret-of-the-benchmark-0001";

/// The size of the object.
pub(super) const OBJECT: usize = 1 << 20;

/// A reply of 1 KiB.
pub(super) const ITEM: &str = const {
    const BYTES: [u8; 1024] = {
        let (start, end) = (br#"{"Item":{"id":{"S":"1"},"text":{"S":""#, br#""}}}"#);
        let mut bytes = [b'x'; 1024];
        let mut at = 0;
        while at < start.len() {
            bytes[at] = start[at];
            at += 1;
        }
        at = 0;
        while at < end.len() {
            bytes[1024 - end.len() + at] = end[at];
            at += 1;
        }
        bytes
    };
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

/// `length` bytes of the object, from `from` on.
pub(super) fn pattern(from: usize, length: usize) -> Vec<u8> {
    (from..from + length).map(|at| (at % 251) as u8).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Item,
    Object,
}

impl Work {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Object => "object",
        }
    }

    pub(super) fn named(name: &str) -> Self {
        if name == "object" { Self::Object } else { Self::Item }
    }

    pub(super) fn host(self) -> &'static str {
        match self {
            Self::Item => "dynamodb.us-east-1.amazonaws.com",
            Self::Object => "demo-bucket.s3.us-east-1.amazonaws.com",
        }
    }

    /// The bytes of a request to `host`, signed with the placeholder.
    pub(super) fn request(self, host: &str) -> Vec<u8> {
        let keys = Credentials::new(KEY_ID, SECRET);
        let (method, service, body) = match self {
            Self::Item => ("POST", "dynamodb", vec![b' '; 230]),
            Self::Object => ("GET", "s3", Vec::new()),
        };
        // The table's name is what the gateway records; the rest pads it to the reference's 230 bytes.
        let mut body = body;
        let text = br#"{"TableName":"demo-table","Key":{"id":{"S":"1"}}}"#;
        if !body.is_empty() {
            body[..text.len()].copy_from_slice(text);
        }
        let target = match self {
            Self::Item => "/",
            Self::Object if host == self.host() => "/key",
            Self::Object => "/demo-bucket/key",
        };
        let mut headers = vec![("host", host), ("accept-encoding", "identity")];
        headers.push(("user-agent", "aws-cli/2.36.7 md/awscrt#0.31 ua/2.1 os/linux lang/python"));
        if self == Self::Item {
            headers.push(("content-type", "application/x-amz-json-1.0"));
            headers.push(("x-amz-target", "DynamoDB_20120810.GetItem"));
            headers.push(("content-length", "230"));
            headers.push(("amz-sdk-invocation-id", "e8f1b1a0-6b1f-4f2e-9d83-1f1f1f1f1f1f"));
            headers.push(("amz-sdk-request", "attempt=1; max=3"));
        }
        let request = Request::new(method, target, &headers);
        let scope = Scope::new("us-east-1", service);
        let now = std::time::SystemTime::now().into();
        let signed = sign(&request, Payload::Bytes(&body), &keys, &scope, &Settings::default(), now);
        let mut bytes = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
        for (name, value) in signed.expect("signs").apply(&request) {
            bytes.extend([&name, b": ".as_slice(), &value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        bytes
    }
}
