//! A request as it arrived, and a reply to be sent.

use std::sync::Arc;

use bytes::Bytes;

use crate::blob::{Blob, Reservation};
use crate::encoding::{form_pairs, text_of};

/// A request: the head as it arrived and the whole body.
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as sent, still encoded.
    pub(crate) path: String,
    /// The query as sent, still encoded.
    pub(crate) query: Option<String>,
    /// Names in lower case, values as bytes, in the order of arrival for each name.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Bytes,
    /// Keeps the body's share of the budget.
    pub(crate) reservation: Arc<Reservation>,
}

/// A reply.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Blob,
}

impl Request {
    /// The first value of a header, as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header_bytes(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    pub(crate) fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_slice())
    }

    /// The host without a port, in lower case.
    pub(crate) fn host(&self) -> String {
        let host = text_of(self.header_bytes("host").unwrap_or_default()).to_ascii_lowercase();
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
            _ => host,
        }
    }

    /// The decoded query parameters.
    pub(crate) fn params(&self) -> Vec<(String, String)> {
        form_pairs(self.query.as_deref().unwrap_or_default().as_bytes())
    }

    /// The target as it stood in the request line.
    pub(crate) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Blob>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Blob::default() }
    }

    pub(crate) fn xml(status: u16, body: String) -> Self {
        Self::new(status, body).header("Content-Type", "text/xml")
    }

    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, body.into()).header("Content-Type", "text/plain")
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}
