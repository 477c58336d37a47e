//! A service that answers each request with the request's own body, as it comes, in the version of HTTP that it is told
//! to speak.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

pub struct Echo {
    pub address: SocketAddr,
    pub ca_pem: String,
    /// Version and head of each request.
    pub seen: Arc<Mutex<Vec<(Version, http::request::Parts)>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Echo {
    pub fn start(host: &str, http2: bool) -> Self {
        let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key)
                .unwrap();
        config.alpn_protocols = vec![if http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, all) = (acceptor.clone(), Arc::clone(&all));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(move |request: Request<Incoming>| {
                        let (parts, body) = request.into_parts();
                        all.lock().unwrap().push((parts.version, parts));
                        async move { Ok::<_, Infallible>(Response::new(body)) }
                    });
                    let io = TokioIo::new(stream);
                    let _ = if http2 {
                        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                            .serve_connection(io, service)
                            .await
                    } else {
                        hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
                    };
                });
            }
        });
        Self { address, ca_pem: made.cert.pem(), seen, _runtime: runtime }
    }

    /// The endpoint for the gateway's configuration.
    pub fn endpoint(&self, host: &str, ca_file: &std::path::Path) -> String {
        std::fs::write(ca_file, &self.ca_pem).unwrap();
        let (address, ca_file) = (self.address, ca_file.display());
        format!("\n[[endpoint]]\nhost = \"{host}\"\naddress = \"{address}\"\nca_file = \"{ca_file}\"\n")
    }
}
