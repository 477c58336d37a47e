//! A client as small as can be: it signs with the AWS SDK for Rust's signer, goes through the proxy by `CONNECT`, and
//! can be told to send what no honest client sends.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use awsaccess::credentials::Credentials;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// How long the demo waits for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client with placeholder keys and the gateway as its proxy.
pub(crate) struct Client {
    pub(crate) proxy: SocketAddr,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) keys: Credentials,
    pub(crate) region: String,
}

/// What is to be sent. `signed_at` and `after` are there to be abused.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) target: &'a str,
    pub(crate) service: &'a str,
    pub(crate) headers: Vec<(&'a str, String)>,
    pub(crate) body: &'a [u8],
    pub(crate) signed_at: SystemTime,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Status and the start of the body, for a check that failed.
    pub(crate) fn summary(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        format!("{} {}", self.status, text.chars().take(300).collect::<String>())
    }
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        method: &'a str,
        service: &'a str,
        host: &'a str,
        target: &'a str,
        body: &'a [u8],
    ) -> Self {
        Self { method, host, target, service, headers: Vec::new(), body, signed_at: SystemTime::now() }
    }

    pub(crate) fn header(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The header lines, signed with `keys`: by aws-sigv4, not by what is being shown.
    pub(crate) fn signed(&self, keys: &Credentials, region: &str) -> io::Result<Vec<(String, String)>> {
        let mut headers = vec![("host".to_owned(), self.host.to_owned())];
        headers.extend(self.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let s3 = self.service == "s3";
        let mut settings = SigningSettings::default();
        if s3 {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let identity = aws_credential_types::Credentials::from(keys).into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(self.service)
            .time(self.signed_at)
            .settings(settings)
            .build()
            .map_err(io::Error::other)?
            .into();
        let url = format!("https://{}{}", self.host, self.target);
        let listed = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let request = SignableRequest::new(self.method, url, listed, SignableBody::Bytes(self.body))
            .map_err(io::Error::other)?;
        let (instructions, _) = sign(request, &params).map_err(io::Error::other)?.into_parts();
        headers.extend(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(headers)
    }
}

impl Client {
    /// Signs and sends through the proxy.
    pub(crate) fn call(&self, call: &Call<'_>) -> io::Result<Reply> {
        let headers = call.signed(&self.keys, &self.region)?;
        self.send(call, call.host, &headers)
    }

    /// Sends a head as it is over a connection to `connect_host`.
    pub(crate) fn send(
        &self,
        call: &Call<'_>,
        connect_host: &str,
        headers: &[(String, String)],
    ) -> io::Result<Reply> {
        let mut stream = match self.connect(connect_host)? {
            Ok(stream) => stream,
            Err(refusal) => return Ok(refusal),
        };
        let mut head = format!("{} {} HTTP/1.1\r\n", call.method, call.target);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", call.body.len()));
        // A gateway that has seen enough answers and hangs up before the body is through.
        let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(call.body));
        let sent = sent.and_then(|()| stream.flush());
        match read_reply(&mut stream, call.method == "HEAD") {
            Ok(reply) => Ok(reply),
            Err(error) => Err(sent.err().unwrap_or(error)),
        }
    }

    /// A tunnel through the proxy and TLS inside it; or the proxy's refusal.
    fn connect(&self, host: &str) -> io::Result<Result<StreamOwned<ClientConnection, TcpStream>, Reply>> {
        let mut tcp = match self.tunnel(&format!("{host}:443"))? {
            Ok(tcp) => tcp,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut tls = ClientConnection::new(self.tls.clone(), name).map_err(io::Error::other)?;
        tls.complete_io(&mut tcp)?;
        Ok(Ok(StreamOwned::new(tls, tcp)))
    }

    /// What the proxy makes of `CONNECT`.
    pub(crate) fn tunnel(&self, authority: &str) -> io::Result<Result<TcpStream, Reply>> {
        let mut tcp = TcpStream::connect(self.proxy)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        tcp.write_all(format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n").as_bytes())?;
        let head = read_head(&mut tcp)?;
        let (status, headers) = parse_head(&head)?;
        if status == 200 {
            return Ok(Ok(tcp));
        }
        let body = read_body(&mut tcp, &headers, false)?;
        Ok(Err(Reply { status, headers, body }))
    }
}

/// Sends a head as it is, without TLS and without a proxy: endpoint-URL mode.
pub(crate) fn send_plain(to: SocketAddr, call: &Call<'_>, headers: &[(String, String)]) -> io::Result<Reply> {
    let mut tcp = TcpStream::connect(to)?;
    tcp.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{} {} HTTP/1.1\r\n", call.method, call.target);
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", call.body.len()));
    tcp.write_all(head.as_bytes())?;
    tcp.write_all(call.body)?;
    read_reply(&mut tcp, call.method == "HEAD")
}

fn read_reply(stream: &mut impl Read, headless: bool) -> io::Result<Reply> {
    loop {
        let (status, headers) = parse_head(&read_head(stream)?)?;
        if status == 100 {
            continue;
        }
        let body = read_body(stream, &headers, headless)?;
        return Ok(Reply { status, headers, body });
    }
}

/// Up to and with the empty line, a byte at a time so that nothing of what follows is taken.
fn read_head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 64 << 10 || stream.read(&mut byte)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the reply ended within its head"));
        }
        head.push(byte[0]);
    }
    Ok(head)
}

fn parse_head(head: &[u8]) -> io::Result<(u16, Vec<(String, String)>)> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("the reply has no status line"))?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    Ok((status, headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()))
}

fn read_body(stream: &mut impl Read, headers: &[(String, String)], headless: bool) -> io::Result<Vec<u8>> {
    let value =
        |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
    let mut body = Vec::new();
    if headless {
        return Ok(body);
    }
    if value("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        loop {
            let mut line = Vec::new();
            let mut byte = [0];
            while !line.ends_with(b"\r\n") {
                stream.read_exact(&mut byte)?;
                line.push(byte[0]);
            }
            let size = String::from_utf8_lossy(&line).trim().to_owned();
            let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
            let start = body.len();
            body.resize(start + size + 2, 0);
            stream.read_exact(&mut body[start..])?;
            body.truncate(start + size);
            if size == 0 {
                return Ok(body);
            }
        }
    }
    match value("content-length").and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => {
            body.resize(length, 0);
            stream.read_exact(&mut body)?;
        }
        None => {
            stream.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}
