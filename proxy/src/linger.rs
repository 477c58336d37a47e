//! What is left of a body after its request was answered: read and thrown away for a while.
//!
//! A client that is still writing hears of a closed connection before it reads what it was answered
//! ([RFC 9112, section 9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6)).

use std::time::Duration;

use http::{HeaderMap, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// How long to read on in all, and how long to wait for more.
const IN_ALL: Duration = Duration::from_secs(10);
const FOR_MORE: Duration = Duration::from_secs(2);

/// A body until somebody takes it, and whether its client waits to be told to send it: to read it would tell so.
pub(crate) struct Unread {
    pub(crate) body: Option<Incoming>,
    pub(crate) waits: bool,
}

impl Unread {
    pub(crate) fn new(headers: &HeaderMap, body: Incoming) -> Self {
        Self { body: Some(body), waits: headers.contains_key(header::EXPECT) }
    }

    /// For somebody else, who reads it or not.
    pub(crate) fn take(&mut self) -> Option<Self> {
        let body = self.body.take()?;
        Some(Self { body: Some(body), waits: self.waits })
    }

    /// The request is answered: what a client sends unasked, or was told to send, is read off.
    pub(crate) fn answered(&mut self) {
        if let Some(body) = self.body.take().filter(|_| !self.waits) {
            read_off(body);
        }
    }
}

/// Reads what is left, in the background.
fn read_off(mut body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(tokio::time::timeout(IN_ALL, async move {
        while let Ok(Some(Ok(_))) = tokio::time::timeout(FOR_MORE, body.frame()).await {}
    }));
}
