//! Errors in the shape that each AWS protocol gives them.

use serde_json::json;

use crate::encoding::xml;
use crate::message::Reply;

/// How a service speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Query with XML replies, as STS.
    Query,
    /// S3's own XML.
    S3,
    /// JSON with an `X-Amz-Target`, the error types under a namespace.
    TargetJson { namespace: &'static str },
    /// JSON over REST.
    RestJson,
}

/// An error, to be rendered.
#[derive(Clone)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// More members, for S3.
    pub(crate) members: Vec<(&'static str, String)>,
}

impl Failure {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), members: Vec::new() }
    }

    #[must_use]
    pub(crate) fn with(mut self, member: &'static str, value: impl Into<String>) -> Self {
        self.members.push((member, value.into()));
        self
    }

    /// The reply, as the protocol has it. `resource` is the path, which S3 echoes.
    pub(crate) fn reply(&self, protocol: Protocol, resource: &str, request_id: &str) -> Reply {
        match protocol {
            Protocol::Query => Reply::xml(
                self.status,
                format!(
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    \
                     <Type>{}</Type>\n    <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  \
                     <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
                    if self.status < 500 { "Sender" } else { "Receiver" },
                    xml(&self.code),
                    xml(&self.message)
                ),
            ),
            Protocol::S3 => self.s3(resource, request_id),
            Protocol::TargetJson { namespace } => {
                let body = json!({"__type": format!("{namespace}{}", self.code), "message": self.message});
                let body = body.to_string();
                Reply::new(self.status, body).header("Content-Type", "application/x-amz-json-1.0")
            }
            Protocol::RestJson => Reply::new(self.status, json!({"message": self.message}).to_string())
                .header("Content-Type", "application/json")
                .header("x-amzn-ErrorType", self.code.as_str()),
        }
    }

    fn s3(&self, resource: &str, request_id: &str) -> Reply {
        let mut body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>",
            xml(&self.code),
            xml(&self.message)
        );
        for (name, value) in &self.members {
            body.push_str(&format!("<{name}>{}</{name}>", xml(value)));
        }
        body.push_str(&format!(
            "<Resource>{}</Resource><RequestId>{request_id}</RequestId>\
             <HostId>ZW11bGF0b3I=</HostId></Error>",
            xml(resource)
        ));
        Reply::new(self.status, body).header("Content-Type", "application/xml")
    }
}
