//! What the demo runs on: the emulator, the gateway in front of it, and two people with placeholder keys.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use awsaccess::credentials::Credentials;
use awsaccess::env::Env;
use awsaccess_emulator::Emulator;
use awsaccess_proxy::{Config, Proxy, Running};

use super::client::Client;
use crate::output::Failure;
use crate::probe;

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const HUB: &str = "arn:aws:iam::111111111111:role/gateway-hub";
pub(crate) const DEVELOPER: &str = "arn:aws:iam::222222222222:role/developer";
pub(crate) const EXTERNAL_ID: &str = "demo-external-id";
pub(crate) const BUCKET_HOST: &str = "demo-bucket.s3.us-east-1.amazonaws.com";

/// Everything that is running.
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) gateway: Running,
    pub(crate) audit: Lines,
    /// Alice's placeholder keys.
    pub(crate) keys: Credentials,
    /// Bob's, for a role that he may not use.
    pub(crate) forbidden: Credentials,
}

impl Stage {
    pub(crate) fn start(emulator: Emulator) -> Result<Self, Failure> {
        let seed = awsaccess_drivers::blocking::seed()?;
        let secret = |from: usize| {
            seed.iter().skip(from).take(16).map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let keys = Credentials::new("AKIAPLACEHOLDERALICE", secret(0));
        let forbidden = Credentials::new("AKIAPLACEHOLDER00BOB", secret(16));
        let audit = Lines::default();
        let trusted = CaFile::write("emulator", emulator.ca_pem())?;
        let config = configuration(&emulator, trusted.path(), &keys, &forbidden);
        let config =
            Config::parse(&config).map_err(Failure::failed)?.with_audit(audit.clone()).with_env(Env::new());
        let gateway = Proxy::start(config).map_err(Failure::failed)?;
        Ok(Self { emulator, gateway, audit, keys, forbidden })
    }

    pub(crate) fn address(&self) -> Result<SocketAddr, Failure> {
        self.gateway.addrs().first().copied().ok_or_else(|| Failure::failed("the gateway has no address"))
    }

    /// A client that trusts the gateway's throw-away authority.
    pub(crate) fn client(&self, keys: &Credentials) -> Result<Client, Failure> {
        Ok(Client {
            proxy: self.address()?,
            tls: probe::trust(self.gateway.ca_pem().as_bytes())?,
            keys: keys.clone(),
            region: REGION.into(),
        })
    }

    /// Every secret that must not be seen anywhere.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let placeholders =
            [&self.keys, &self.forbidden].map(|keys| keys.secret_access_key().expose().to_owned());
        self.emulator.secrets().into_iter().chain(placeholders).collect()
    }
}

/// The gateway's configuration: what an operator would write.
fn configuration(emulator: &Emulator, ca_file: &Path, keys: &Credentials, forbidden: &Credentials) -> String {
    let ca = ca_file.display();
    let metadata = emulator.metadata_url();
    let sts = emulator.endpoint_url();
    let services = emulator.service_address();
    let echo = emulator.metadata_address();
    let (alice, bob) = (keys.secret_access_key().expose(), forbidden.secret_access_key().expose());
    let (alice_id, bob_id) = (keys.access_key_id(), forbidden.access_key_id());
    format!(
        r#"
listen = ["127.0.0.1:0"]

[tunnel]
mode = "public"
[[tunnel.host]]
name = "registry.example.com"
address = "{echo}"
without_tls = true

[[source]]
name = "node"
order = ["imds"]
region = "{REGION}"
imds_endpoint = "{metadata}"
sts_endpoint = "{sts}"
ca_file = "{ca}"

[[application]]
name = "demo"
source = "node"

[[application.role]]
name = "developer"
assume = [{{ role_arn = "{HUB}" }}, {{ role_arn = "{DEVELOPER}", external_id = "{EXTERNAL_ID}" }}]

[[application.role]]
name = "admin"
assume = [{{ role_arn = "{HUB}" }}, {{ role_arn = "arn:aws:iam::222222222222:role/admin" }}]

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
access_key_id = "{alice_id}"
secret_access_key = "{alice}"
subject = "alice"
application = "demo"
role = "developer"

[[placeholder]]
access_key_id = "{bob_id}"
secret_access_key = "{bob}"
subject = "bob"
application = "demo"
role = "admin"

[[endpoint]]
host = "*.amazonaws.com"
address = "{services}"
ca_file = "{ca}"
"#
    )
}

/// The audit log, kept in memory.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A certificate in a file of its own, for who can only read it from one; removed when dropped.
pub(crate) struct CaFile(PathBuf);

impl CaFile {
    pub(crate) fn write(whose: &str, pem: &str) -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("awsaccess-demo-{}-{whose}-ca.pem", std::process::id()));
        std::fs::write(&path, pem)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        // What is left behind is a public certificate.
        let _ = std::fs::remove_file(&self.0);
    }
}
