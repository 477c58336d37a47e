//! A small client for the tests: it signs with aws-sigv4 and sends exactly the bytes that a test wants.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_sigv4::sign::v4a;
use awsaccess_emulator::{Emulator, World};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

pub(crate) const REGION: &str = "us-east-1";

/// A key pair, perhaps with a token.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// A request that can be changed at will before and after it is signed.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// How to sign.
#[derive(Clone)]
pub(crate) struct Sign {
    pub(crate) service: String,
    pub(crate) region: String,
    /// Signs with SigV4A, for these regions.
    pub(crate) region_set: Option<String>,
    /// Seconds since the epoch.
    pub(crate) at: i64,
    /// The payload line; the body's hash if absent.
    pub(crate) payload: Option<String>,
    pub(crate) expires: Option<u64>,
}

impl Keys {
    /// The first key of a user.
    pub(crate) fn of(emulator: &Emulator, user: &str) -> Self {
        let user = emulator.world().users.iter().find(|known| known.name == user).expect("a user");
        let key = &user.access_keys[0];
        Self { id: key.access_key_id.clone(), secret: key.secret_access_key.clone(), token: None }
    }

    /// The credentials in a reply of STS.
    pub(crate) fn in_reply(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.text());
        Self {
            id: reply.element("AccessKeyId"),
            secret: reply.element("SecretAccessKey"),
            token: Some(reply.element("SessionToken")),
        }
    }
}

impl Sign {
    pub(crate) fn new(emulator: &Emulator, service: &str) -> Self {
        let at = emulator.now() - emulator.clock_offset();
        Self {
            service: service.into(),
            region: REGION.into(),
            region_set: None,
            at,
            payload: None,
            expires: None,
        }
    }
}

impl Call {
    pub(crate) fn new(method: &str, host: &str, target: &str) -> Self {
        let headers = vec![("host".to_owned(), host.to_owned())];
        Self { method: method.into(), target: target.into(), headers, body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Signs with every header that is there. A value that is added later is not signed.
    pub(crate) fn sign(mut self, keys: &Keys, how: &Sign) -> Self {
        let s3 = how.service == "s3";
        let mut settings = SigningSettings::default();
        settings.excluded_headers = None;
        if s3 {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        if let Some(seconds) = how.expires {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(seconds));
        }
        let identity = Credentials::new(&keys.id, &keys.secret, keys.token.clone(), None, "test").into();
        let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(how.at).expect("after the epoch"));
        let params = match &how.region_set {
            None => SigningParams::builder()
                .identity(&identity)
                .region(&how.region)
                .name(&how.service)
                .time(time)
                .settings(settings)
                .build()
                .expect("parameters")
                .into(),
            Some(set) => v4a::SigningParams::builder()
                .identity(&identity)
                .region_set(set)
                .name(&how.service)
                .time(time)
                .settings(settings)
                .build()
                .expect("parameters")
                .into(),
        };
        let uri = format!("https://{}{}", self.headers[0].1, self.target);
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let body = match &how.payload {
            Some(payload) => SignableBody::Precomputed(payload.clone()),
            None => SignableBody::Bytes(&self.body),
        };
        let request = SignableRequest::new(&self.method, uri, headers, body).expect("signable");
        let (instructions, _) = sign(request, &params).expect("signed").into_parts();
        let (headers, query) = instructions.into_parts();
        for header in headers {
            self.headers.push((header.name().to_owned(), header.value().to_owned()));
        }
        for (name, value) in query {
            let separator = if self.target.contains('?') { '&' } else { '?' };
            let value: String = value.bytes().map(encode).collect();
            self.target.push_str(&format!("{separator}{name}={value}"));
        }
        self
    }

    /// Replaces the value of a header.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        let header = self.headers.iter_mut().find(|(header, _)| header == name).expect("the header");
        value.clone_into(&mut header.1);
        self
    }

    pub(crate) fn signature(&self) -> String {
        let (_, value) = self.headers.iter().find(|(name, _)| name == "authorization").expect("signed");
        value.rsplit_once("Signature=").expect("a signature").1.to_owned()
    }

    /// Sends over TLS.
    pub(crate) fn send(&self, emulator: &Emulator) -> Reply {
        self.try_send(emulator).expect("a reply")
    }

    pub(crate) fn try_send(&self, emulator: &Emulator) -> std::io::Result<Reply> {
        let name = self.headers[0].1.split(':').next().expect("a host").to_owned();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(emulator.ca_pem().as_bytes()).expect("pem")).expect("root");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connection =
            ClientConnection::new(Arc::new(config), name.try_into().expect("a name")).expect("a connection");
        let stream = connect(emulator.service_address())?;
        exchange(&mut StreamOwned::new(connection, stream), self)
    }

    /// Sends without TLS.
    pub(crate) fn send_plain(&self, address: SocketAddr) -> std::io::Result<Reply> {
        exchange(&mut connect(address)?, self)
    }
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// The text of the first XML element of that name.
    pub(crate) fn element(&self, name: &str) -> String {
        let text = self.text();
        let rest = text.split_once(&format!("<{name}>")).map(|(_, rest)| rest).unwrap_or_default();
        rest.split_once(&format!("</{name}>")).map(|(value, _)| value.to_owned()).unwrap_or_default()
    }

    /// Status and error code, from XML or JSON.
    pub(crate) fn error(&self) -> (u16, String) {
        let code = self.element("Code");
        if !code.is_empty() {
            return (self.status, code);
        }
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let kind = body["__type"].as_str().or(self.header("x-amzn-errortype")).unwrap_or_default();
        (self.status, kind.rsplit('#').next().unwrap_or_default().to_owned())
    }
}

/// A call to STS.
pub(crate) fn sts(parameters: &[(&str, &str)]) -> Call {
    let mut body = "Version=2011-06-15".to_owned();
    for (name, value) in parameters {
        let value: String = value.bytes().map(encode).collect();
        body.push_str(&format!("&{name}={value}"));
    }
    Call::new("POST", "sts.us-east-1.amazonaws.com", "/")
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .body(body)
}

/// Calls STS, signed.
pub(crate) fn ask_sts(emulator: &Emulator, keys: &Keys, parameters: &[(&str, &str)]) -> Reply {
    let how = Sign { at: emulator.now(), ..Sign::new(emulator, "sts") };
    sts(parameters).sign(keys, &how).send(emulator)
}

/// Takes a role.
pub(crate) fn assume(emulator: &Emulator, keys: &Keys, role: &str, more: &[(&str, &str)]) -> Reply {
    let mut parameters = vec![("Action", "AssumeRole"), ("RoleArn", role), ("RoleSessionName", "tester")];
    parameters.extend_from_slice(more);
    ask_sts(emulator, keys, &parameters)
}

/// The credentials of the demo world's developer, by two hops.
pub(crate) fn developer(emulator: &Emulator) -> Keys {
    let ci = Keys::of(emulator, "ci");
    let hub = Keys::in_reply(&assume(emulator, &ci, "arn:aws:iam::111111111111:role/gateway-hub", &[]));
    let more = [("ExternalId", "demo-external-id")];
    Keys::in_reply(&assume(emulator, &hub, "arn:aws:iam::222222222222:role/developer", &more))
}

pub(crate) fn start() -> Emulator {
    Emulator::builder().plain_port(0).start().expect("an emulator")
}

pub(crate) fn start_with(world: World) -> Emulator {
    Emulator::builder().world(world).start().expect("an emulator")
}

fn encode(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        (byte as char).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    Ok(stream)
}

fn exchange<S: Read + Write>(stream: &mut S, call: &Call) -> std::io::Result<Reply> {
    let mut head = format!("{} {} HTTP/1.1\r\n", call.method, call.target);
    for (name, value) in &call.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !call.headers.iter().any(|(name, _)| name == "content-length") {
        head.push_str(&format!("content-length: {}\r\n", call.body.len()));
    }
    head.push_str("connection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(&call.body)?;
    stream.flush()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end =
        bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default().split(' ').nth(1).and_then(|status| status.parse().ok());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let body = bytes.split_off(end + 4);
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, value)| value.parse::<usize>().ok());
    if call.method != "HEAD" && length.is_some_and(|length| length != body.len()) {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Reply { status: status.ok_or(std::io::ErrorKind::InvalidData)?, headers, body })
}
