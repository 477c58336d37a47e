//! The emulator as a program: a configuration in, a line of JSON out that says where everything is.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::emulator::Emulator;
use crate::encoding::random_text;
use crate::fault::Fault;
use crate::guide::{Source, sources};
use crate::world::World;

/// What `awsaccess emulator` is told, from a JSON file or in Rust.
#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The IAM world; [`World::demo`] if absent.
    pub world: Option<World>,
    /// The address to listen on.
    pub address: IpAddr,
    /// The port of the services (TLS); 0 takes any.
    pub port: u16,
    /// The port of the services without TLS; absent for none, 0 for any.
    pub plain_port: Option<u16>,
    /// The port of the metadata service; 0 takes any.
    pub metadata_port: u16,
    /// The port of the containers' agents; 0 takes any.
    pub container_port: u16,
    /// Whether the metadata service answers without a token.
    pub imds_v1: bool,
    /// How far the clock is moved, in seconds.
    pub clock_offset: i64,
    /// Faults that are on from the start.
    pub faults: Vec<Fault>,
    /// Where to write the certificate of the emulator's authority; a file of its own in the directory for temporary
    /// files if absent.
    pub ca_file: Option<PathBuf>,
    /// How many bytes of objects and bodies are held at most; 1 GiB if absent.
    pub stored_bytes: Option<u64>,
}

/// Where everything is. It holds the emulated world's keys, which are good for nothing but this emulator.
#[derive(Clone, Serialize)]
pub struct Ready {
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`
    pub metadata_url: String,
    /// Where the containers' agents are.
    pub container_url: String,
    /// The containers.
    pub containers: Vec<ReadyContainer>,
    /// `AWS_ENDPOINT_URL`
    pub endpoint_url: String,
    /// The same without TLS.
    pub plain_endpoint_url: Option<String>,
    /// `AWS_CA_BUNDLE`
    pub ca_file: PathBuf,
    /// The region of what names none.
    pub region: String,
    /// The users and their keys.
    pub users: Vec<ReadyUser>,
    /// The ARNs of the roles.
    pub roles: Vec<String>,
    /// How each source of credentials is tried.
    pub sources: Vec<Source>,
    /// The process that serves.
    pub pid: u32,
}

/// A user and a key.
#[derive(Clone, Serialize)]
pub struct ReadyUser {
    /// The user's ARN.
    pub arn: String,
    /// `AWS_ACCESS_KEY_ID`
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret_access_key: String,
    /// The serial number of the MFA device.
    pub mfa_serial: Option<String>,
    /// The seed of the MFA device, in base32.
    pub mfa_seed: Option<String>,
}

/// A container and how its credentials are asked for.
#[derive(Clone, Serialize)]
pub struct ReadyContainer {
    /// The ARN of its role.
    pub role_arn: String,
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, where 169.254.170.2 leads to the emulator.
    pub relative_uri: String,
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`
    pub full_uri: String,
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN`
    pub authorization_token: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            world: None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            plain_port: None,
            metadata_port: 0,
            container_port: 0,
            imds_v1: false,
            clock_offset: 0,
            faults: Vec::new(),
            ca_file: None,
            stored_bytes: None,
        }
    }
}

impl Config {
    /// Reads a configuration from JSON.
    ///
    /// # Errors
    /// What is wrong with the text, in serde's words.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

impl Ready {
    /// The line to print.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Starts an emulator, writes the file with its authority's certificate, and says where everything is. The emulator
/// runs until it is dropped.
///
/// # Errors
/// If a port cannot be had or the file cannot be written.
pub fn serve(config: Config) -> io::Result<(Emulator, Ready)> {
    let mut builder = Emulator::builder()
        .world(config.world.unwrap_or_else(World::demo))
        .address(config.address)
        .port(config.port)
        .metadata_port(config.metadata_port)
        .container_port(config.container_port)
        .clock_offset(config.clock_offset);
    if let Some(port) = config.plain_port {
        builder = builder.plain_port(port);
    }
    if config.imds_v1 {
        builder = builder.allow_imds_v1();
    }
    if let Some(bytes) = config.stored_bytes {
        builder = builder.stored_bytes(bytes);
    }
    for fault in config.faults {
        builder = builder.fault(fault);
    }
    let emulator = builder.start()?;
    let ca_file = config.ca_file.map_or_else(
        || temporary_file(emulator.ca_pem()),
        |path| std::fs::write(&path, emulator.ca_pem()).map(|()| path),
    )?;
    let ready = ready(&emulator, ca_file);
    Ok((emulator, ready))
}

/// A new file in the directory for temporary files, by a name that nobody could have put there before.
fn temporary_file(text: &str) -> io::Result<PathBuf> {
    let name = random_text(16, b"abcdefghijklmnopqrstuvwxyz234567");
    let path = std::env::temp_dir().join(format!("awsaccess-emulator-{name}.pem"));
    File::create_new(&path)?.write_all(text.as_bytes())?;
    Ok(path)
}

fn ready(emulator: &Emulator, ca_file: PathBuf) -> Ready {
    let world = emulator.world();
    let users = world.users.iter().flat_map(|user| {
        user.access_keys.iter().map(|key| ReadyUser {
            arn: user.arn(),
            access_key_id: key.access_key_id.clone(),
            secret_access_key: key.secret_access_key.clone(),
            mfa_serial: user.mfa.as_ref().map(|mfa| mfa.serial.clone()),
            mfa_seed: user.mfa.as_ref().map(|mfa| mfa.seed.clone()),
        })
    });
    let containers = world.containers.iter().map(|container| ReadyContainer {
        role_arn: container.role_arn(),
        relative_uri: container.path.clone(),
        full_uri: format!("{}{}", emulator.container_url(), container.path),
        authorization_token: container.token.clone(),
    });
    Ready {
        metadata_url: emulator.metadata_url(),
        container_url: emulator.container_url(),
        containers: containers.collect(),
        endpoint_url: emulator.endpoint_url(),
        plain_endpoint_url: emulator.plain_endpoint_url(),
        ca_file,
        region: world.home_region().to_owned(),
        users: users.collect(),
        roles: world.roles.iter().map(crate::world::Role::arn).collect(),
        sources: sources(emulator),
        pid: std::process::id(),
    }
}
