//! A stage for the tests: the emulator as AWS, a gateway in front of it, and a client that speaks raw HTTP/1.1, so that
//! it can also say what no HTTP library would.

pub mod desk;
pub mod echo;
pub mod front;
pub mod two;

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, SystemTime};

use awsaccess::credentials::Credentials;
use awsaccess::env::Env;
use awsaccess::sigv4::{self, Payload, Request, Scope, Settings};
use awsaccess::time::Time;
use awsaccess_emulator::{Emulator, Verdict, World};
use awsaccess_proxy::{Config, Proxy, Running, Source};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

pub const ALICE: &str = "AKIAPLACEHOLDERALICE";
pub const BOB: &str = "AKIAPLACEHOLDER00BOB";
pub const SECRET: &str = "placeholder-secret-of-forty-characters-x";
pub const DEVELOPER: &str = "arn:aws:iam::222222222222:role/developer";
pub const FORM: &str = "application/x-www-form-urlencoded";
/// How long a test waits for what should come at once: it should fail, not hang.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Stage {
    pub emulator: Emulator,
    pub gateway: Running,
    pub log: Log,
    ca_file: PathBuf,
    pub config_file: PathBuf,
}

impl Stage {
    pub fn new() -> Self {
        Self::with(|config| config)
    }

    /// With the configuration changed before it is read.
    pub fn with(edit: impl FnOnce(String) -> String) -> Self {
        Self::build(edit, |config, log, _| config.with_audit(log))
    }

    /// With real credentials from a source that is made for the emulator.
    pub fn with_source<S: Source + 'static>(make: impl FnOnce(&Emulator) -> S) -> Self {
        Self::build(
            |config| config,
            |config, log, emulator| config.with_audit(log).with_source(make(emulator)),
        )
    }

    /// With services that speak HTTP/2.
    pub fn over_http2(edit: impl FnOnce(String) -> String) -> Self {
        Self::start(Emulator::builder().http2(), edit, patient(), |config, log, _| config.with_audit(log))
    }

    /// With an environment of the gateway's own.
    pub fn with_env(env: Env, edit: impl FnOnce(String) -> String) -> Self {
        Self::start(Emulator::builder(), edit, env, |config, log, _| config.with_audit(log))
    }

    /// With names that stand for what the test says, in place of what the system's resolver says.
    pub fn with_names(
        names: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
        edit: impl FnOnce(String) -> String,
    ) -> Self {
        Self::build(edit, |config, log, _| config.with_audit(log).with_resolver(names))
    }

    /// With an audit log of its own.
    pub fn full_disk(writer: impl Write + Send + 'static) -> Self {
        Self::build(|config| config, |config, _, _| config.with_audit(writer))
    }

    /// With records where the configuration wants them.
    pub fn on_disk(edit: impl FnOnce(String) -> String) -> Self {
        Self::build(edit, |config, _, _| config)
    }

    fn build(
        edit: impl FnOnce(String) -> String,
        more: impl FnOnce(Config, Log, &Emulator) -> Config,
    ) -> Self {
        Self::start(Emulator::builder(), edit, patient(), more)
    }

    fn start(
        emulator: awsaccess_emulator::Builder,
        edit: impl FnOnce(String) -> String,
        env: Env,
        more: impl FnOnce(Config, Log, &Emulator) -> Config,
    ) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let emulator = emulator.world(World::demo()).start().unwrap();
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let ca_file =
            std::env::temp_dir().join(format!("awsaccess-proxy-test-{}-{n}.pem", std::process::id()));
        std::fs::write(&ca_file, emulator.ca_pem()).unwrap();
        let log = Log::default();
        let text = edit(configuration(&emulator, &ca_file));
        let config_file = ca_file.with_extension("toml");
        std::fs::write(&config_file, text).unwrap();
        let config = more(Config::load(&config_file).unwrap(), log.clone(), &emulator).with_env(env);
        let gateway = Proxy::start(config).unwrap();
        Self { emulator, gateway, log, ca_file, config_file }
    }

    /// From now on clients and services have two seconds for a head, and for what is still to come of a body.
    pub fn hasten(&self) {
        let text = std::fs::read_to_string(&self.config_file).unwrap();
        assert!(text.contains(LIMITS));
        std::fs::write(&self.config_file, text.replace(LIMITS, "head_seconds = 2\nidle_seconds = 2"))
            .unwrap();
        self.gateway.reload().unwrap();
    }

    /// And now they have a minute again.
    pub fn relax(&self) {
        let text = std::fs::read_to_string(&self.config_file).unwrap();
        std::fs::write(&self.config_file, text.replace("head_seconds = 2\nidle_seconds = 2", LIMITS))
            .unwrap();
        self.gateway.reload().unwrap();
    }

    /// Changes the configuration file.
    pub fn rewrite(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(&self.config_file).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&self.config_file, text.replace(from, to)).unwrap();
    }

    pub fn address(&self) -> SocketAddr {
        self.gateway.addrs()[0]
    }

    /// A CONNECT to `authority`: the connection, or the gateway's answer.
    pub fn connect(&self, authority: &str) -> Result<TcpStream, Reply> {
        self.connect_with(authority, "")
    }

    /// The same with header fields, each with its line's end.
    pub fn connect_with(&self, authority: &str, fields: &str) -> Result<TcpStream, Reply> {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{fields}\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).unwrap() == 0 {
                break;
            }
            head.push(byte[0]);
        }
        if head.starts_with(b"HTTP/1.1 200") {
            return Ok(stream);
        }
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut head);
        Err(Reply::read(&head))
    }

    /// A TLS session with the gateway, posing as `sni`, inside a CONNECT to `authority`.
    pub fn tls(&self, authority: &str, sni: &str) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        self.tls_speaking(&format!("{authority}:443"), sni, b"")
    }

    /// The same for a client that speaks HTTP/2.
    pub fn two(&self, host: &str) -> two::Two<StreamOwned<ClientConnection, TcpStream>> {
        let stream = self.tls_speaking(&format!("{host}:443"), host, b"h2").unwrap();
        assert_eq!(stream.conn.alpn_protocol(), Some(b"h2".as_slice()));
        two::Two::new(stream, true)
    }

    /// A TLS session inside a CONNECT, for a protocol that is asked for by name.
    pub fn tls_speaking(
        &self,
        authority: &str,
        sni: &str,
        protocol: &[u8],
    ) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let stream = self.connect(authority).map_err(|reply| io::Error::other(reply.body))?;
        begin(stream, &self.gateway.ca_pem(), sni, protocol)
    }

    /// Sends a request to AWS itself, with nobody between.
    pub fn send_direct(&self, call: &Call) -> Reply {
        let stream = TcpStream::connect(self.emulator.service_address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut stream = begin(stream, self.emulator.ca_pem(), call.host, b"").unwrap();
        stream.write_all(&call.bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Reply::read(&answer)
    }

    /// The keys that the last request was signed with that AWS got from the gateway.
    pub fn keys_at_aws(&self) -> Credentials {
        let requests = self.emulator.requests();
        let Verdict::Verified { access_key_id, .. } = &requests.last().unwrap().verdict else {
            panic!("the last request was not signed rightly")
        };
        let (secret, token) = self.emulator.temporary_keys(access_key_id).unwrap();
        Credentials::new(access_key_id, &secret).with_session_token(token)
    }

    /// Sends a request through CONNECT and reads the answer.
    pub fn send(&self, call: &Call) -> Reply {
        self.send_raw(call.host, &call.bytes())
    }

    /// Sends bytes through CONNECT to `host` and reads the answer to its end.
    pub fn send_raw(&self, host: &str, bytes: &[u8]) -> Reply {
        let mut stream = self.tls(host, host).unwrap();
        // The gateway may answer and close before it has read all.
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Reply::read(&answer)
    }

    /// Sends bytes to the gateway itself: endpoint-URL mode.
    pub fn send_plain(&self, bytes: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Reply::read(&answer)
    }

    /// Ends the gateway, and looks through what was recorded for every secret in play.
    pub fn end(self) -> Vec<serde_json::Value> {
        self.gateway.shutdown();
        let text = self.log.text();
        for secret in self.emulator.secrets().iter().map(String::as_str).chain([SECRET, "demo-external-id"]) {
            assert!(!text.contains(secret), "a secret was recorded");
        }
        for line in self.emulator.requests() {
            assert!(
                !line.head().contains(ALICE) && !line.head().contains(SECRET),
                "a placeholder went upstream"
            );
        }
        let _ = std::fs::remove_file(self.ca_file);
        let _ = std::fs::remove_file(self.config_file);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A TLS session with `sni` on a connection.
fn begin(
    stream: TcpStream,
    ca_pem: &str,
    sni: &str,
    protocol: &[u8],
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    if !protocol.is_empty() {
        config.alpn_protocols = vec![protocol.to_vec()];
    }
    let name = ServerName::try_from(sni.to_owned()).unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// More than a machine can be busy with something else.
const LIMITS: &str = "connect_seconds = 60\nhead_seconds = 60\nidle_seconds = 60";

/// The same for the instance's metadata, which is there at once or not at all elsewhere.
pub fn patient() -> Env {
    [("AWS_METADATA_SERVICE_TIMEOUT", "60")].into_iter().collect()
}

fn configuration(emulator: &Emulator, ca_file: &std::path::Path) -> String {
    let ca_file = ca_file.display();
    let (imds, sts) = (emulator.metadata_url(), emulator.endpoint_url());
    let services = emulator.service_address();
    format!(
        r#"
listen = ["127.0.0.1:0"]
[tunnel]
mode = "public"
[limits]
{LIMITS}
[[source]]
name = "node"
order = ["imds"]
region = "us-east-1"
imds_endpoint = "{imds}"
sts_endpoint = "{sts}"
ca_file = "{ca_file}"
[[application]]
name = "demo"
source = "node"
[[application.role]]
name = "developer"
assume = [
    {{ role_arn = "arn:aws:iam::111111111111:role/gateway-hub" }},
    {{ role_arn = "{DEVELOPER}", external_id = "demo-external-id" }},
]
[[application.role]]
name = "admin"
assume = [{{ role_arn = "arn:aws:iam::222222222222:role/admin" }}]
[[role]]
name = "developers"
allow = ["{DEVELOPER}"]
[[subject]]
name = "alice"
roles = ["developers"]
[[subject]]
name = "bob"
roles = ["developers"]
[[placeholder]]
access_key_id = "{ALICE}"
secret_access_key = "{SECRET}"
subject = "alice"
application = "demo"
role = "developer"
[[placeholder]]
access_key_id = "{BOB}"
secret_access_key = "{SECRET}"
subject = "bob"
application = "demo"
role = "admin"
[[endpoint]]
host = "*.amazonaws.com"
address = "{services}"
ca_file = "{ca_file}"
"#
    )
}

/// A request as a client makes it.
#[derive(Clone)]
pub struct Call {
    pub method: &'static str,
    pub service: &'static str,
    pub region: &'static str,
    pub host: &'static str,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub keys: Credentials,
    pub at: SystemTime,
    pub payload: Option<Payload<'static>>,
    pub chunked: bool,
}

impl Call {
    pub fn new(method: &'static str, service: &'static str, host: &'static str, target: &str) -> Self {
        Self {
            method,
            service,
            region: "us-east-1",
            host,
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            keys: Credentials::new(ALICE, SECRET),
            at: SystemTime::now(),
            payload: None,
            chunked: false,
        }
    }

    pub fn sts(action: &str) -> Self {
        Self::new("POST", "sts", "sts.us-east-1.amazonaws.com", "/")
            .header("content-type", FORM)
            .body(format!("Action={action}&Version=2011-06-15").into_bytes())
    }

    pub fn s3(method: &'static str, target: &str) -> Self {
        Self::new(method, "s3", "demo-bucket.s3.us-east-1.amazonaws.com", target)
    }

    pub fn dynamodb(operation: &str, body: &str) -> Self {
        Self::new("POST", "dynamodb", "dynamodb.us-east-1.amazonaws.com", "/")
            .header("x-amz-target", &format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(body.into())
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    pub fn keys(mut self, id: &str, secret: &str) -> Self {
        self.keys = Credentials::new(id, secret);
        self
    }

    pub fn ago(mut self, seconds: u64) -> Self {
        self.at = SystemTime::now() - Duration::from_secs(seconds);
        self
    }

    pub fn unsigned(mut self, payload: Payload<'static>) -> Self {
        self.payload = Some(payload);
        self
    }

    /// The header fields after signing.
    pub fn signed(&self) -> Vec<(String, String)> {
        self.signed_for(self.host)
    }

    pub fn signed_for(&self, host: &str) -> Vec<(String, String)> {
        let mut headers = vec![("host".to_owned(), host.to_owned())];
        headers.extend(self.headers.iter().cloned());
        if self.chunked {
            headers.push(("transfer-encoding".into(), "chunked".into()));
        } else if !self.body.is_empty() {
            headers.push(("content-length".into(), self.body.len().to_string()));
        }
        let request = Request::new(self.method, &self.target, &headers);
        let scope = Scope::new(self.region, self.service);
        let payload = self.payload.unwrap_or(Payload::Bytes(&self.body));
        let now = Time::from(self.at);
        let signed = sigv4::sign(&request, payload, &self.keys, &scope, &Settings::default(), now).unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        signed.apply(&request).into_iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    /// The same as HTTP/2 has it: `:authority` in place of the host.
    pub fn fields(&self) -> Vec<(String, String)> {
        let pseudo = [
            (":method", self.method),
            (":scheme", "https"),
            (":authority", self.host),
            (":path", &self.target),
        ];
        let mut fields: Vec<_> = pseudo.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let own = self.signed().into_iter().filter(|(name, _)| name != "host");
        fields.extend(own.map(|(name, value)| (name.to_ascii_lowercase(), value)));
        fields
    }

    /// The bytes of the whole request.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_with(&self.signed())
    }

    /// The same with header fields that were tampered with.
    pub fn bytes_with(&self, headers: &[(String, String)]) -> Vec<u8> {
        let mut bytes = self.head_with(headers);
        if self.chunked {
            for chunk in self.body.chunks(1000) {
                bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                bytes.extend(chunk);
                bytes.extend(b"\r\n");
            }
            bytes.extend(b"0\r\n\r\n");
        } else {
            bytes.extend(&self.body);
        }
        bytes
    }

    pub fn head_with(&self, headers: &[(String, String)]) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.target);
        headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// An answer.
#[derive(Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn read(answer: &[u8]) -> Self {
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let mut bytes = answer[end..].to_vec();
        if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            bytes = unchunk(&bytes);
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head, body: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Checks status and code, in the place where the protocol has it.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}{}", self.head, self.body);
        let told = if self.body.starts_with('{') {
            assert_eq!(self.header("x-amzn-errortype"), Some(code), "{}", self.head);
            self.body.contains(&format!("\"__type\":\"{code}\""))
        } else {
            self.body.contains(&format!("<Code>{code}</Code>"))
        };
        assert!(told, "{code} is not in {}", self.body);
        let id = self.header("x-amzn-requestid").or(self.header("x-amz-request-id"));
        assert_eq!(id.map(str::len), Some(36), "{}", self.head);
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(at) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap().trim(), 16).unwrap();
        if size == 0 || rest.len() < at + 2 + size {
            break;
        }
        out.extend(&rest[at + 2..at + 2 + size]);
        rest = &rest[at + 4 + size..];
    }
    out
}

/// The audit log in memory.
#[derive(Clone, Default)]
pub struct Log(Arc<(Mutex<Vec<u8>>, Condvar)>);

impl Log {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits until a line is there that is the one.
    pub fn wait_for(&self, is_it: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        self.wait_until(|lines| lines.iter().find(|line| is_it(line)).cloned())
    }

    /// Waits until what is looked for among the lines is there.
    pub fn wait_until<T>(&self, found: impl Fn(&[serde_json::Value]) -> Option<T>) -> T {
        let (text, more) = &*self.0;
        let mut text = text.lock().unwrap();
        loop {
            let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let lines: Vec<_> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
            if let Some(found) = found(&lines) {
                return found;
            }
            // A line that never comes should fail, not hang.
            let (next, waited) = more.wait_timeout(text, PATIENCE).unwrap();
            assert!(!waited.timed_out(), "{}", String::from_utf8_lossy(&next));
            text = next;
        }
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.0.lock().unwrap().extend_from_slice(bytes);
        self.0.1.notify_all();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
