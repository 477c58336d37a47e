//! The ways in and out, and their bounds.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;

use crate::config::Hidden;

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Limits {
    /// The most bytes of a body that must be held.
    pub(in crate::config) body_bytes: Option<u64>,
    /// The most bytes of all held bodies, without those that came with their heads in 16 KiB: they lie where they were read.
    pub(in crate::config) buffered_bytes: Option<u64>,
    /// The fewest bytes a second of a body that is held; 0: no bound.
    pub(in crate::config) body_bytes_per_second: Option<u64>,
    /// The most connections of clients.
    pub(in crate::config) connections: Option<usize>,
    /// The threads that serve clients; as many as there are cores for this process, unless it is said.
    pub(in crate::config) threads: Option<NonZeroUsize>,
    /// How long a head may take to come.
    pub(in crate::config) head_seconds: Option<u64>,
    /// How long a client may pause.
    pub(in crate::config) idle_seconds: Option<u64>,
    /// How long a connection may take to be made.
    pub(in crate::config) connect_seconds: Option<u64>,
    /// How long a service may take to answer, or pause in its answer.
    pub(in crate::config) answer_seconds: Option<u64>,
    /// How far clocks may differ.
    pub(in crate::config) skew_seconds: Option<u64>,
    /// The longest lifetime of a presigned URL.
    pub(in crate::config) presigned_seconds: Option<u64>,
    /// Requests a second of one subject.
    pub(in crate::config) requests_per_second: Option<NonZeroU32>,
    /// Requests of one subject that may come at once.
    pub(in crate::config) burst: Option<NonZeroU32>,
    /// Requests of one subject that may run at a time.
    pub(in crate::config) requests_at_once: Option<NonZeroU32>,
    /// WebSockets of one subject that may be open at a time.
    pub(in crate::config) streams_at_once: Option<NonZeroU32>,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Tunnel {
    /// "public", "listed" or "none".
    pub(in crate::config) mode: Option<String>,
    /// The ports that may be reached.
    #[serde(default)]
    pub(in crate::config) ports: Vec<u16>,
    /// How long a tunnel may rest.
    pub(in crate::config) idle_seconds: Option<u64>,
    /// Whether clients of this machine need a password too.
    #[serde(default)]
    pub(in crate::config) always_login: bool,
    /// Hosts that may be reached.
    #[serde(default)]
    pub(in crate::config) host: Vec<TunnelHost>,
    /// Who may open tunnels from elsewhere.
    #[serde(default)]
    pub(in crate::config) user: Vec<TunnelUser>,
}

/// Who may open tunnels from elsewhere.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct TunnelUser {
    /// The name.
    pub(in crate::config) name: String,
    /// The file of the password.
    pub(in crate::config) password_file: Option<String>,
    /// The variable of the password.
    pub(in crate::config) password_env: Option<String>,
    /// The SHA-256 of the password, in hexadecimal.
    pub(in crate::config) password_sha256: Option<Hidden>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct TunnelHost {
    /// The name, or `*.` and a name.
    pub(in crate::config) name: String,
    /// The address that is dialled, whatever the name resolves to.
    pub(in crate::config) address: Option<SocketAddr>,
    /// Whether the TLS session may name no host.
    #[serde(default)]
    pub(in crate::config) without_server_name: bool,
    /// Whether there may be no TLS.
    #[serde(default)]
    pub(in crate::config) without_tls: bool,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Upstream {
    /// Certificates to trust beside Mozilla's, in PEM.
    pub(in crate::config) ca_file: Option<String>,
    /// Hosts of AWS that may resolve to private addresses.
    #[serde(default)]
    pub(in crate::config) private: Vec<String>,
    /// Whether services may speak HTTP/2.
    pub(in crate::config) http2: Option<bool>,
    /// The URL of a proxy, "environment" or "none".
    pub(in crate::config) proxy: Option<Hidden>,
    /// What is reached without the proxy.
    #[serde(default)]
    pub(in crate::config) no_proxy: Vec<String>,
    /// Whether the proxy resolves names, and the gateway does not check addresses.
    #[serde(default)]
    pub(in crate::config) proxy_resolves: bool,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Endpoint {
    pub(in crate::config) host: String,
    pub(in crate::config) address: Option<SocketAddr>,
    pub(in crate::config) scheme: Option<String>,
    pub(in crate::config) ca_file: Option<String>,
    pub(in crate::config) service: Option<String>,
    pub(in crate::config) region: Option<String>,
}
