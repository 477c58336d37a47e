//! Tunnels: who may open one, what may be in it, and upstream proxies on the way.
#![allow(unreachable_pub, reason = "shared by several tests, each of which uses a part")]

#[expect(dead_code, reason = "each test uses a part of the stage")]
mod common;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use awsaccess::env::Env;
use common::front::{by_name, proxy};
use common::{Call, Stage};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

const HOST: &str = "tunnel.example.com";
const PASSWORD: &str = "tunnel-password-7f3a9c51";

/// A server that says back whatever it is told, until it hears no more.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut bytes) {
                    if stream.write_all(&bytes[..read]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// The gateway with a host to tunnel to, and more of its table.
fn stage(address: SocketAddr, more: &str) -> Stage {
    let listed = format!(
        "mode = \"listed\"\n{more}\n[[tunnel.host]]\nname = \"{HOST}\"\naddress = \"{address}\"\n[[tunnel.host]]\n\
         name = \"plain.example.com\"\naddress = \"{address}\"\nwithout_tls = true\n[[tunnel.host]]\n\
         name = \"nameless.example.com\"\naddress = \"{address}\"\nwithout_server_name = true\n"
    );
    Stage::with(|config| config.replace("mode = \"public\"", &listed))
}

/// The first message of a TLS session for `server`.
fn hello(server: &'static str, named: bool) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    config.enable_sni = named;
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from(server).unwrap()).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

/// Says something in a tunnel, and gives what came back.
fn said(mut stream: TcpStream, bytes: &[u8]) -> Vec<u8> {
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut back = Vec::new();
    let _ = stream.read_to_end(&mut back);
    back
}

#[test]
fn a_tunnel_holds_what_it_was_opened_for() {
    let stage = stage(echo(), "");
    let open = |host: &str| stage.connect(&format!("{host}:443")).unwrap();
    let right = hello(HOST, true);
    assert!(said(open(HOST), &right) == right);
    // Another host behind the same address, with whatever keys: it never gets there.
    for (server, error) in [
        ("s3.us-east-1.amazonaws.com", "tunnel-server-name"),
        ("sts.amazonaws.com", "tunnel-server-name"),
        ("other.example.com", "tunnel-server-name"),
    ] {
        assert_eq!(said(open(HOST), &hello(server, true)), b"", "{server}: {error}");
    }
    assert_eq!(said(open(HOST), &hello(HOST, false)), b"");
    assert_eq!(said(open(HOST), b"GET / HTTP/1.1\r\nHost: s3.amazonaws.com\r\n\r\n"), b"");
    assert_eq!(said(open(HOST), b"SSH-2.0-x\r\n"), b"");
    // Where that was configured, there need be no name, or no TLS.
    let nameless = hello(HOST, false);
    assert!(said(open("nameless.example.com"), &nameless) == nameless);
    assert_eq!(said(open("nameless.example.com"), &hello("sts.amazonaws.com", true)), b"");
    assert_eq!(said(open("nameless.example.com"), b"hello"), b"");
    assert_eq!(said(open("plain.example.com"), b"hello"), b"hello");
    let lines = stage.end();
    let count = |error: &str| lines.iter().filter(|line| line["error"] == error).count();
    assert_eq!((count("tunnel-server-name"), count("tunnel-no-tls")), (5, 3));
}

#[test]
fn the_host_header_of_a_connect_is_its_authority() {
    let stage = stage(echo(), "");
    let mut stream = TcpStream::connect(stage.address()).unwrap();
    write!(stream, "CONNECT {HOST}:443 HTTP/1.1\r\nHost: sts.us-east-1.amazonaws.com:443\r\n\r\n").unwrap();
    // Not ended on our side before the answer is there: the gateway would take us for gone.
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 403");
    drop(stream);
    let lines = stage.end();
    assert_eq!(lines[0]["error"], "host-mismatch");
}

#[test]
fn a_password_is_asked_for() {
    let folder = std::env::temp_dir().join(format!("awsaccess-tunnel-{}", std::process::id()));
    std::fs::write(&folder, format!("{PASSWORD}\n")).unwrap();
    let user = format!(
        "always_login = true\n[[tunnel.user]]\nname = \"build\"\npassword_file = \"{}\"\n",
        folder.display()
    );
    let stage = stage(echo(), &user);
    let authority = "plain.example.com:443";
    // RFC 7617: base64 of name and password.
    let basic = |pair: &str| {
        let mut command = std::process::Command::new("base64");
        command.arg("-w0").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(pair.as_bytes()).unwrap();
        let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        format!("Proxy-Authorization: Basic {}\r\n", text.trim())
    };
    let right = basic(&format!("build:{PASSWORD}"));
    for fields in
        ["", "Proxy-Authorization: Basic x\r\n", &basic("build:wrong"), &basic(&format!("root:{PASSWORD}"))]
    {
        let refused = stage.connect_with(authority, fields).unwrap_err();
        assert_eq!(refused.status, 407, "{}", refused.body);
        assert!(refused.header("proxy-authenticate").is_some_and(|value| value.starts_with("Basic realm=")));
    }
    assert_eq!(said(stage.connect_with(authority, &right).unwrap(), b"hello"), b"hello");
    // What is signed needs no password: the signature is one.
    assert_eq!(stage.send(&Call::sts("GetCallerIdentity")).status, 200);
    let text = stage.log.text();
    assert!(!text.contains(PASSWORD) && !text.contains(right.rsplit(' ').next().unwrap().trim()), "{text}");
    let lines = stage.end();
    assert_eq!(lines.iter().filter(|line| line["error"] == "tunnel-login").count(), 4);
    assert!(lines.iter().any(|line| line["event"] == "tunnel.end" && line["subject"] == "build"));
    let _ = std::fs::remove_file(folder);
}

/// AWS's names lead nowhere by themselves; the proxy knows the way.
fn behind(proxy: SocketAddr, heads: &Mutex<Vec<String>>, stage: Stage) {
    let reply = stage.send(&Call::sts("GetCallerIdentity"));
    assert!(reply.body.contains("assumed-role/developer/alice"), "{}{}", reply.head, reply.body);
    let text = heads.lock().unwrap().concat();
    assert!(
        text.starts_with(
            "CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1\r\nHost: sts.us-east-1.amazonaws.com:443\r\n"
        ),
        "{text}"
    );
    assert!(text.contains("Proxy-Authorization: Basic Z2F0ZTpwcm94eS1wYXNzd29yZC01YjFk\r\n"), "{text}");
    assert_eq!(heads.lock().unwrap().len(), 1, "{proxy}");
    let text = stage.log.text();
    assert!(!text.contains("proxy-password-5b1d") && !text.contains("Z2F0ZTpwcm94eS1wYXNzd29yZC01YjFk"));
    stage.end();
}

#[test]
fn an_upstream_proxy_of_the_configuration() {
    let found = Arc::new(Mutex::new(None));
    let ours = Arc::clone(&found);
    let stage = Stage::with(move |config| {
        let services = config.lines().find_map(|line| line.strip_prefix("address = ")).unwrap();
        let (address, noted) = proxy(Some(services.trim_matches('"').parse().unwrap()));
        *ours.lock().unwrap() = Some((address, noted));
        by_name(
            &config,
            &format!("proxy = \"http://gate:proxy-password-5b1d@{address}\"\nno_proxy = [\"x.example\"]"),
        )
    });
    let (address, noted) = found.lock().unwrap().take().unwrap();
    behind(address, &noted, stage);
}

/// AWS's own STS in place of the emulator's URL, and no certificates but those of `[upstream]`.
fn with_sts_of_aws(config: &str) -> String {
    let (before, source) = config.split_once("[[source]]").unwrap();
    let (source, after) = source.split_once("[[application]]").unwrap();
    let is_kept = |line: &&str| !line.starts_with("sts_endpoint = ") && !line.starts_with("ca_file = ");
    let source: Vec<_> = source.lines().filter(is_kept).collect();
    format!("{before}[[source]]{}\n[[application]]{after}", source.join("\n"))
}

#[test]
fn credentials_are_fetched_through_the_proxy_of_the_configuration() {
    let found = Arc::new(Mutex::new(None));
    let ours = Arc::clone(&found);
    let stage = Stage::with(move |config| {
        let services = config.lines().find_map(|line| line.strip_prefix("address = ")).unwrap();
        let (address, noted) = proxy(Some(services.trim_matches('"').parse().unwrap()));
        *ours.lock().unwrap() = Some(noted);
        let upstream = format!("proxy = \"http://gate:proxy-password-5b1d@{address}\"");
        with_sts_of_aws(&by_name(&config, &upstream))
    });
    let noted = found.lock().unwrap().take().unwrap();
    let reply = stage.send(&Call::sts("GetCallerIdentity"));
    assert!(reply.body.contains("assumed-role/developer/alice"), "{}{}", reply.head, reply.body);
    let heads = noted.lock().unwrap().clone();
    // The two roles first, then what was asked; the instance's metadata is nobody's to pass on.
    assert!(heads.len() >= 2, "{heads:?}");
    for head in &heads {
        assert!(head.starts_with("CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("Proxy-Authorization: Basic Z2F0ZTpwcm94eS1wYXNzd29yZC01YjFk\r\n"), "{head}");
    }
    assert!(heads[0].contains("awsaccess/"), "{heads:?}");
    // Another proxy for the same sources: what was fetched by the old one is fetched anew by the new one.
    let (other, noted) = proxy(None);
    let old = std::fs::read_to_string(&stage.config_file).unwrap();
    let old = old.lines().find(|line| line.starts_with("proxy = ")).unwrap().to_owned();
    stage.rewrite(&old, &format!("proxy = \"http://{other}\""));
    stage.gateway.reload().unwrap();
    stage.send(&Call::sts("GetCallerIdentity")).refused(503, "ServiceUnavailable");
    let heads = noted.lock().unwrap().clone();
    assert!(!heads.is_empty() && heads.iter().all(|head| head.contains("awsaccess/")), "{heads:?}");
    // Hosts that it is not for are not asked for.
    stage.rewrite("order = [\"imds\"]", "order = [\"imds\"]\nsts_endpoint = \"https://sts.invalid\"");
    for (is_asked, no_proxy) in [(true, "no_proxy = [\"example\"]"), (false, "no_proxy = [\"invalid\"]")] {
        stage.rewrite("proxy_resolves = true", &format!("proxy_resolves = true\n{no_proxy}"));
        stage.gateway.reload().unwrap();
        noted.lock().unwrap().clear();
        assert!(stage.gateway.health("demo").iter().all(|health| health.ailment.is_some()));
        let heads = noted.lock().unwrap().clone();
        assert_eq!(
            heads.iter().any(|head| head.starts_with("CONNECT sts.invalid:443 ")),
            is_asked,
            "{heads:?}"
        );
        stage.rewrite(&format!("{no_proxy}\n"), "");
    }
    assert!(!stage.log.text().contains("proxy-password-5b1d"));
    stage.end();
}

#[test]
fn an_upstream_proxy_of_the_environment() {
    // Bound before the gateway, whose environment names it.
    let target = Arc::new(Mutex::new(None));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let front = listener.local_addr().unwrap();
    let found = Arc::clone(&target);
    let env: Env = [
        ("AWS_METADATA_SERVICE_TIMEOUT", "60".to_owned()),
        ("HTTPS_PROXY", format!("http://gate:proxy-password-5b1d@{front}")),
        ("NO_PROXY", "none.example,10.0.0.0/8".to_owned()),
    ]
    .into_iter()
    .collect();
    let stage = Stage::with_env(env, move |config| {
        let services = config.lines().find_map(|line| line.strip_prefix("address = ")).unwrap();
        *found.lock().unwrap() = Some(services.trim_matches('"').parse::<SocketAddr>().unwrap());
        by_name(&config, "")
    });
    let (inner, heads) = proxy(*target.lock().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut other) = (stream.unwrap(), TcpStream::connect(inner).unwrap());
            let (mut back, mut forth) = (stream.try_clone().unwrap(), other.try_clone().unwrap());
            std::thread::spawn(move || io::copy(&mut stream, &mut forth));
            std::thread::spawn(move || io::copy(&mut other, &mut back));
        }
    });
    behind(front, &heads, stage);
}

/// TLS in front of a plain proxy, under a certificate for `localhost`.
struct Secured {
    address: SocketAddr,
    certificate: String,
    _runtime: tokio::runtime::Runtime,
}

fn secured(inner: SocketAddr) -> Secured {
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut inner = tokio::net::TcpStream::connect(inner).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
            });
        }
    });
    Secured { address, certificate: made.cert.pem(), _runtime: runtime }
}

/// A stage behind a proxy over TLS, whose certificate is trusted or not; the proxy, and what it was asked.
fn behind_secured(trusted: bool) -> (Stage, Secured, Arc<Mutex<Vec<String>>>) {
    behind_secured_with(trusted, |config| config)
}

fn behind_secured_with(
    trusted: bool,
    edit: impl FnOnce(String) -> String,
) -> (Stage, Secured, Arc<Mutex<Vec<String>>>) {
    let found = Arc::new(Mutex::new(None));
    let ours = Arc::clone(&found);
    let stage = Stage::with(move |config| {
        let services = config.lines().find_map(|line| line.strip_prefix("address = ")).unwrap();
        let (inner, noted) = proxy(Some(services.trim_matches('"').parse().unwrap()));
        let secured = secured(inner);
        let ca_file =
            config.lines().find_map(|line| line.strip_prefix("ca_file = ")).unwrap().trim_matches('"');
        let mut trust = std::fs::read_to_string(ca_file).unwrap();
        if trusted {
            trust.push_str(&secured.certificate);
        }
        // Not the file of the sources of credentials, which are on this machine.
        let both = format!("{ca_file}.both");
        std::fs::write(&both, trust).unwrap();
        let port = secured.address.port();
        let upstream = format!("proxy = \"https://gate:proxy-password-5b1d@localhost:{port}\"");
        *ours.lock().unwrap() = Some((secured, noted));
        let own = |file: &str| format!("[upstream]\nproxy_resolves = true\nca_file = \"{file}\"");
        edit(by_name(&config, &upstream).replacen(&own(ca_file), &own(&both), 1))
    });
    let (secured, noted) = found.lock().unwrap().take().unwrap();
    (stage, secured, noted)
}

#[test]
fn an_upstream_proxy_over_tls() {
    let (stage, secured, noted) = behind_secured(true);
    behind(secured.address, &noted, stage);
}

#[test]
fn credentials_are_fetched_through_a_proxy_over_tls() {
    let (stage, _secured, noted) = behind_secured_with(true, |config| with_sts_of_aws(&config));
    let reply = stage.send(&Call::sts("GetCallerIdentity"));
    assert!(reply.body.contains("assumed-role/developer/alice"), "{}{}", reply.head, reply.body);
    let heads = noted.lock().unwrap().clone();
    assert!(
        heads[0].starts_with("CONNECT sts.us-east-1.amazonaws.com:443 ") && heads[0].contains("awsaccess/")
    );
    assert!(heads[0].contains("Proxy-Authorization: Basic Z2F0ZTpwcm94eS1wYXNzd29yZC01YjFk\r\n"));
    // Whose certificates are no longer those of the file is asked no more, for credentials neither.
    let file = std::fs::read_to_string(&stage.config_file).unwrap();
    let file = file.lines().rfind(|line| line.starts_with("ca_file = ")).unwrap().to_owned();
    let file = file.trim_start_matches("ca_file = ").trim_matches('"');
    std::fs::write(file, stage.emulator.ca_pem()).unwrap();
    stage.gateway.reload().unwrap();
    noted.lock().unwrap().clear();
    assert!(stage.gateway.health("demo").iter().all(|health| health.ailment.is_some()));
    stage.send(&Call::sts("GetCallerIdentity")).refused(503, "ServiceUnavailable");
    assert!(noted.lock().unwrap().is_empty(), "it learned where to, and with which password");
    stage.end();
}

#[test]
fn an_upstream_proxy_over_tls_that_is_not_the_right_one_learns_nothing() {
    let (stage, _secured, noted) = behind_secured(false);
    let reply = stage.send(&Call::sts("GetCallerIdentity"));
    reply.refused(502, "ServiceUnavailable");
    assert!(!reply.body.contains("proxy") && !reply.body.contains("certificate"), "{}", reply.body);
    assert!(noted.lock().unwrap().is_empty(), "neither where to, nor with which password");
    let lines = stage.end();
    let reason = |line: &serde_json::Value| line["reason"].as_str().unwrap_or_default().to_owned();
    let told = lines.iter().map(reason).find(|why| why.contains("the upstream proxy: "));
    assert!(told.is_some_and(|why| why.contains("certificate") && !why.contains("5b1d")), "{lines:?}");
}

#[test]
fn a_proxy_that_refuses_is_told_to_the_operator_alone() {
    let (address, heads) = proxy(None);
    let stage = Stage::with(|config| by_name(&config, &format!("proxy = \"http://{address}\"")));
    let reply = stage.send(&Call::sts("GetCallerIdentity"));
    reply.refused(502, "ServiceUnavailable");
    assert!(!reply.body.contains("proxy"), "{}", reply.body);
    assert_eq!(heads.lock().unwrap().len(), 1);
    let lines = stage.end();
    assert!(
        lines.iter().any(|line| line["reason"].as_str().is_some_and(|why| why.contains("other credentials")))
    );
}

#[test]
fn tunnels_go_through_the_proxy_and_addresses_are_checked_before() {
    let target = echo();
    let (address, heads) = proxy(Some(target));
    let upstream = |more: &str| {
        format!("[upstream]\nproxy = \"http://{address}\"\nno_proxy = [\"direct.example\"]\n{more}\n[limits]")
    };
    let nowhere = |_: &str| Err(io::ErrorKind::NotFound.into());
    let edit = |config: String| config.replacen("[limits]", &upstream("proxy_resolves = true"), 1);
    let stage = Stage::with_names(nowhere, edit);
    let right = hello("far.example", true);
    assert!(said(stage.connect("far.example:443").unwrap(), &right) == right);
    assert!(heads.lock().unwrap()[0].starts_with("CONNECT far.example:443 HTTP/1.1\r\n"));
    // One that is to be reached without a proxy is not reached at all: nobody knows it.
    assert_eq!(stage.connect("direct.example:443").unwrap_err().status, 502);
    stage.end();
    // Unless the proxy is trusted with names, this gateway looks where they lead.
    let names = |name: &str| match name {
        "inner.example" => Ok(vec!["10.0.0.1".parse().unwrap()]),
        "outer.example" => Ok(vec!["52.94.0.1".parse().unwrap()]),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    let stage = Stage::with_names(names, |config| config.replacen("[limits]", &upstream(""), 1));
    assert_eq!(stage.connect("inner.example:443").unwrap_err().status, 403);
    assert_eq!(stage.connect("far.example:443").unwrap_err().status, 502);
    assert_eq!(heads.lock().unwrap().len(), 1, "the proxy was asked for what was not checked");
    let right = hello("outer.example", true);
    assert!(said(stage.connect("outer.example:443").unwrap(), &right) == right);
    assert!(heads.lock().unwrap()[1].starts_with("CONNECT 52.94.0.1:443 HTTP/1.1\r\n"));
    let lines = stage.end();
    let errors: Vec<_> = lines.iter().filter_map(|line| line["error"].as_str()).collect();
    assert_eq!(errors, ["tunnel-address", "tunnel-connect"]);
}

#[test]
fn a_gateway_is_not_its_own_proxy() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for name in [free.to_string(), format!("localhost:{}", free.port())] {
        let text = format!("listen = [\"{free}\"]\n[upstream]\nproxy = \"http://u:{PASSWORD}@{name}\"\n");
        let config =
            awsaccess_proxy::Config::parse(&text).unwrap().with_env(Env::new()).with_audit(io::sink());
        let error = awsaccess_proxy::Proxy::start(config).err().map(|error| error.to_string()).unwrap();
        assert!(error.contains("where this gateway itself listens") && !error.contains(PASSWORD), "{error}");
    }
}
