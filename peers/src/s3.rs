//! s3s over a folder of its own, on loopback, with authentication on.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use awsaccess::credentials::Credentials;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::host::{S3Host, VirtualHost};
use s3s::service::S3ServiceBuilder;

/// The one key that the server knows.
const KEY_ID: &str = "AKIATHEKEYOFTHES3SERVER";
const SECRET: &str = "the-secret-that-the-s3-server-knows";

/// A running server; its objects go with it.
pub struct S3 {
    address: SocketAddr,
    folder: PathBuf,
}

/// A bucket may stand before AWS's own name of the service; by any other name it is in the path.
struct Buckets;

impl S3Host for Buckets {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> s3s::S3Result<VirtualHost<'a>> {
        let name = VirtualHost::new(host);
        let of = |suffix| host.strip_suffix(suffix);
        Ok(match of(".s3.us-east-1.amazonaws.com").or_else(|| of(".s3.amazonaws.com")) {
            Some(bucket) => name.with_bucket(bucket),
            None => name,
        })
    }
}

impl S3 {
    /// Starts a server.
    #[must_use]
    pub fn start() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("awsaccess-peers-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(&folder).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        builder.set_host(Buckets);
        let service = builder.build();

        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((socket, _)) = listener.accept().await {
                    let connection =
                        http1::Builder::new().serve_connection(TokioIo::new(socket), service.clone());
                    tokio::task::spawn_local(connection);
                }
            });
        });
        Self { address, folder }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// What the server takes.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::new(KEY_ID, SECRET)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
