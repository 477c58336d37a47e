//! A client's request, on its way through core.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::SignableBody;
use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    Checksum, Claim, Payload, Policy, Request, Scope, Settings, Streaming, UNSIGNED_PAYLOAD, Upstream,
    presign, resign, sign,
};
use awsaccess::time::Time;

use crate::reply::Reply;
use crate::sdk::Job;
use crate::{PLACEHOLDER_ID, PLACEHOLDER_SECRET};

/// Whose code signs for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// Our own.
    Core,
    /// The signer of the AWS SDK for Rust.
    Sdk,
}

impl Signer {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Core, Self::Sdk];
}

/// How the body is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By its hash.
    Hashed,
    /// `UNSIGNED-PAYLOAD`
    Unsigned,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`
    UnsignedTrailer,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`
    Chunks,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER`
    ChunksTrailer,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Hashed, Self::Unsigned, Self::UnsignedTrailer, Self::Chunks, Self::ChunksTrailer];

    const fn has_trailer(self) -> bool {
        matches!(self, Self::UnsignedTrailer | Self::ChunksTrailer)
    }

    const fn is_chunked(self) -> bool {
        self.has_trailer() || matches!(self, Self::Chunks)
    }
}

const TRAILER: &str = "x-amz-checksum-crc32c";
const CHUNK: usize = 8192;

/// A request before it is signed.
#[derive(Clone)]
pub struct Call {
    signer: Signer,
    service: &'static str,
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    kind: Kind,
    at: SystemTime,
}

impl Call {
    const REGION: &'static str = "us-east-1";

    /// A request to a service.
    #[must_use]
    pub fn new(service: &'static str, method: &'static str, target: impl Into<String>) -> Self {
        Self {
            signer: Signer::Core,
            service,
            method,
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
            kind: Kind::Hashed,
            at: SystemTime::now(),
        }
    }

    /// A request to S3.
    #[must_use]
    pub fn s3(method: &'static str, target: impl Into<String>) -> Self {
        Self::new("s3", method, target)
    }

    /// A form to a service of the query protocol.
    #[must_use]
    pub fn form(service: &'static str, form: impl Into<String>) -> Self {
        Self::new(service, "POST", "/")
            .header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(form.into())
    }

    /// Signed by another.
    #[must_use]
    pub const fn by(mut self, signer: Signer) -> Self {
        self.signer = signer;
        self
    }

    /// With a header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With the body declared so.
    #[must_use]
    pub const fn declared(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    fn host(&self) -> String {
        format!("{}.{}.amazonaws.com", self.service, Self::REGION)
    }

    fn checksum(&self) -> String {
        let mut checksum = Checksum::of(TRAILER).unwrap();
        checksum.update(&self.body);
        checksum.value()
    }

    /// The header fields before signing, for a body of that many bytes on the wire.
    fn plain_headers(&self, host: &str, length: usize) -> Vec<(String, String)> {
        let mut headers = vec![("Host".to_owned(), host.to_owned())];
        headers.extend(self.headers.iter().cloned());
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        if !matches!(self.method, "GET" | "HEAD" | "DELETE") {
            add("Content-Length", length.to_string());
        }
        if self.kind.is_chunked() {
            add("Content-Encoding", "aws-chunked".into());
            add("X-Amz-Decoded-Content-Length", self.body.len().to_string());
        }
        if self.kind.has_trailer() {
            add("X-Amz-Trailer", TRAILER.into());
        }
        headers
    }

    fn unsigned_chunks(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for chunk in self.body.chunks(CHUNK) {
            out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            out.extend(chunk);
            out.extend(b"\r\n");
        }
        out.extend(format!("0\r\n{TRAILER}:{}\r\n\r\n", self.checksum()).into_bytes());
        out
    }

    fn sdk_job<'a>(
        &'a self,
        host: &'a str,
        headers: &'a [(String, String)],
        keys: &'a Credentials,
    ) -> Job<'a> {
        let (region, service) = (Self::REGION, self.service);
        Job { method: self.method, host, target: &self.target, headers, keys, region, service, at: self.at }
    }

    /// Signs head and body for a host.
    fn signed(&self, host: &str, keys: &Credentials) -> (Vec<(String, String)>, Vec<u8>) {
        let checksum = self.checksum();
        let trailers = [(TRAILER, checksum.as_str())];
        let trailer = self.kind.has_trailer().then_some(trailers[0]);
        // All signatures are of one length, so that a first draft tells the length on the wire.
        let draft = match self.kind {
            Kind::Hashed | Kind::Unsigned => self.body.clone(),
            Kind::UnsignedTrailer => self.unsigned_chunks(),
            Kind::Chunks | Kind::ChunksTrailer => {
                self.sdk_job(host, &[], keys).chunks(&"0".repeat(64), &self.body, CHUNK, trailer)
            }
        };
        let headers = self.plain_headers(host, draft.len());
        let streaming = match self.kind {
            Kind::Chunks => Some(Streaming::Chunks),
            Kind::ChunksTrailer => Some(Streaming::ChunksTrailer),
            _ => None,
        };
        if self.signer == Signer::Sdk {
            let body = match (self.kind, streaming) {
                (_, Some(streaming)) => SignableBody::Precomputed(streaming.as_str().to_owned()),
                (Kind::Hashed, _) => SignableBody::Bytes(&self.body),
                (Kind::Unsigned, _) => SignableBody::Precomputed(UNSIGNED_PAYLOAD.to_owned()),
                _ => SignableBody::StreamingUnsignedPayloadTrailer,
            };
            let job = self.sdk_job(host, &headers, keys);
            let (fields, seed) = job.headers(body);
            let sent =
                if streaming.is_some() { job.chunks(&seed, &self.body, CHUNK, trailer) } else { draft };
            return (fields, sent);
        }
        let payload = match (self.kind, streaming) {
            (_, Some(streaming)) => Payload::Streaming(streaming),
            (Kind::Hashed, _) => Payload::Bytes(&self.body),
            (Kind::Unsigned, _) => Payload::Unsigned,
            _ => Payload::StreamingUnsignedTrailer,
        };
        let request = Request::new(self.method, &self.target, &headers);
        let scope = Scope::new(Self::REGION, self.service);
        let signed =
            sign(&request, payload, keys, &scope, &Settings::default(), Time::from(self.at)).unwrap();
        let sent = match signed.chunk_signer() {
            Some(signer) => {
                let mut signer = signer.with_chunk_size(CHUNK);
                let mut out = signer.push(&self.body);
                out.extend(signer.finish(trailer.as_slice()).unwrap());
                out
            }
            None => draft,
        };
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let fields = signed.apply(&request).into_iter().map(|(name, value)| (text(name), text(value)));
        (fields.collect(), sent)
    }

    /// Signed with a placeholder, verified, and signed again for `host` with `real`.
    #[must_use]
    pub fn through(&self, host: &str, real: &Credentials) -> Outbound {
        let keys = Credentials::new(PLACEHOLDER_ID, PLACEHOLDER_SECRET);
        let (headers, sent) = self.signed(&self.host(), &keys);
        self.pass(&self.target, &headers, &sent, host, real)
    }

    /// The same with the signature in the query.
    #[must_use]
    pub fn link_through(&self, host: &str, real: &Credentials) -> Outbound {
        let keys = Credentials::new(PLACEHOLDER_ID, PLACEHOLDER_SECRET);
        let client_host = self.host();
        let signed = vec![("Host".to_owned(), client_host.clone())];
        let hour = Duration::from_secs(3600);
        let target = if self.signer == Signer::Sdk {
            self.sdk_job(&client_host, &signed, &keys).link(hour)
        } else {
            let request = Request::new(self.method, &self.target, &signed);
            let (scope, at) = (Scope::new(Self::REGION, self.service), Time::from(self.at));
            let link = presign(&request, Payload::Unsigned, &keys, &scope, &Settings::default(), hour, at);
            String::from_utf8(link.unwrap().target().to_vec()).unwrap()
        };
        self.pass(&target, &self.plain_headers(&client_host, self.body.len()), &self.body, host, real)
    }

    /// Without core between: what a server thinks of the client itself.
    #[must_use]
    pub fn direct(&self, host: &str, keys: &Credentials) -> Outbound {
        let (headers, body) = self.signed(host, keys);
        let bytes = |text: String| text.into_bytes();
        let headers = headers.into_iter().map(|(name, value)| (bytes(name), bytes(value))).collect();
        Outbound {
            host: host.into(),
            method: self.method.into(),
            target: self.target.clone().into(),
            headers,
            body,
        }
    }

    fn pass(
        &self,
        target: &str,
        headers: &[(String, String)],
        sent: &[u8],
        host: &str,
        real: &Credentials,
    ) -> Outbound {
        let now = Time::from(self.at);
        let claim =
            Claim::parse(&Request::new(self.method, target, headers), &Policy::default(), now).unwrap();
        assert_eq!(claim.access_key_id(), PLACEHOLDER_ID);
        let keys = Credentials::new(PLACEHOLDER_ID, PLACEHOLDER_SECRET);
        let payload = if self.service == "s3" { Payload::Declared } else { Payload::Bytes(sent) };
        let verified = claim.verify(&keys, payload).map_err(|why| why.operator_detail().to_owned()).unwrap();
        let resigned = resign(verified, &Upstream::new(host), real, now).unwrap();
        let (mut way, mut body) = (resigned.body, Vec::new());
        for piece in sent.chunks(1000) {
            way.push_into(piece, &mut body).unwrap();
        }
        body.extend(way.finish().unwrap());
        assert_eq!(body.len(), sent.len(), "the length of a body never changes");
        let (method, target) = (resigned.method, resigned.target);
        Outbound { host: host.into(), method, target, headers: Vec::from(&resigned.headers), body }
    }
}

/// A request as it goes to the server.
pub struct Outbound {
    host: String,
    method: String,
    /// The target.
    pub target: Vec<u8>,
    /// The header fields.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Outbound {
    /// Sends it.
    #[must_use]
    pub fn send(&self) -> Reply {
        let mut bytes = format!("{} ", self.method).into_bytes();
        bytes.extend(&self.target);
        bytes.extend(b" HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in &self.headers {
            bytes.extend([name, &b": "[..], value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        Reply::to(&self.host, &bytes)
    }

    /// With a header field changed.
    #[must_use]
    pub fn with(mut self, name: &str, change: impl FnOnce(&str) -> String) -> Self {
        let field = self.headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).unwrap();
        field.1 = change(std::str::from_utf8(&field.1).unwrap()).into_bytes();
        self
    }

    /// With the last digit of its signature changed, in the header or in the query.
    #[must_use]
    pub fn spoiled(mut self) -> Self {
        let spoil = |bytes: &mut Vec<u8>| {
            let last = bytes.last_mut().unwrap();
            *last = if *last == b'0' { b'1' } else { b'0' };
        };
        match self.headers.iter_mut().find(|(name, _)| name == b"authorization") {
            Some((_, value)) => spoil(value),
            None => spoil(&mut self.target),
        }
        self
    }
}
