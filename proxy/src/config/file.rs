//! The shape of the configuration file. A key that is not here is an error.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;

use serde::Deserialize;

use super::Hidden;
use super::passing::{ReplayTable, UnsignedTable};
use super::sealed::SealedTable;
use super::source::{CognitoTable, RolesAnywhereTable, SamlTable, WebIdentityTable};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) listen: Vec<String>,
    pub(super) http2: Option<bool>,
    #[serde(default)]
    pub(super) strict_headers: bool,
    #[serde(default)]
    pub(super) sigv4a: bool,
    #[serde(default)]
    pub(super) uniform_errors: bool,
    #[serde(default)]
    pub(super) credential_operations: Vec<String>,
    #[serde(default)]
    pub(super) credential_replies: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) foreign_presigned: bool,
    #[serde(default)]
    pub(super) unsigned: Vec<UnsignedTable>,
    pub(super) replay: Option<ReplayTable>,
    #[serde(default)]
    pub(super) customer_hosts: Vec<String>,
    #[serde(default)]
    pub(super) audit: AuditTable,
    pub(super) admin: Option<AdminTable>,
    #[serde(default)]
    pub(super) ca: CaTable,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) tunnel: Tunnel,
    #[serde(default)]
    pub(super) upstream: Upstream,
    #[serde(default)]
    pub(super) source: Vec<Source>,
    #[serde(default)]
    pub(super) application: Vec<Application>,
    #[serde(default)]
    pub(super) role: Vec<Role>,
    #[serde(default)]
    pub(super) subject: Vec<Subject>,
    #[serde(default)]
    pub(super) placeholder: Vec<Placeholder>,
    #[serde(default)]
    pub(super) sealed: SealedTable,
    #[serde(default)]
    pub(super) endpoint: Vec<Endpoint>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditTable {
    pub(super) file: Option<String>,
    pub(super) format: Option<String>,
    #[serde(default)]
    pub(super) chain: bool,
    pub(super) on_failure: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdminTable {
    pub(super) listen: String,
    pub(super) token_file: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct CaTable {
    pub(super) file: Option<String>,
    pub(super) bundle: Option<String>,
    pub(super) jks: Option<String>,
    pub(super) pkcs12: Option<String>,
    pub(super) key_file: Option<String>,
    pub(super) hours: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) body_bytes: Option<u64>,
    pub(super) buffered_bytes: Option<u64>,
    pub(super) connections: Option<usize>,
    pub(super) head_seconds: Option<u64>,
    pub(super) idle_seconds: Option<u64>,
    pub(super) connect_seconds: Option<u64>,
    pub(super) answer_seconds: Option<u64>,
    pub(super) skew_seconds: Option<u64>,
    pub(super) presigned_seconds: Option<u64>,
    pub(super) requests_per_second: Option<NonZeroU32>,
    pub(super) burst: Option<NonZeroU32>,
    pub(super) requests_at_once: Option<NonZeroU32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Tunnel {
    pub(super) mode: Option<String>,
    #[serde(default)]
    pub(super) ports: Vec<u16>,
    pub(super) idle_seconds: Option<u64>,
    #[serde(default)]
    pub(super) always_login: bool,
    #[serde(default)]
    pub(super) host: Vec<TunnelHost>,
    #[serde(default)]
    pub(super) user: Vec<TunnelUser>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TunnelUser {
    pub(super) name: String,
    pub(super) password_file: Option<String>,
    pub(super) password_env: Option<String>,
    pub(super) password_sha256: Option<Hidden>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TunnelHost {
    pub(super) name: String,
    pub(super) address: Option<SocketAddr>,
    #[serde(default)]
    pub(super) without_server_name: bool,
    #[serde(default)]
    pub(super) without_tls: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Upstream {
    pub(super) ca_file: Option<String>,
    #[serde(default)]
    pub(super) private: Vec<String>,
    pub(super) http2: Option<bool>,
    pub(super) proxy: Option<Hidden>,
    #[serde(default)]
    pub(super) no_proxy: Vec<String>,
    #[serde(default)]
    pub(super) proxy_resolves: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) profile: Option<String>,
    pub(super) region: Option<String>,
    pub(super) home: Option<String>,
    #[serde(default)]
    pub(super) order: Vec<String>,
    pub(super) imds_endpoint: Option<String>,
    pub(super) sts_endpoint: Option<String>,
    pub(super) ca_file: Option<String>,
    pub(super) saml: Option<SamlTable>,
    pub(super) web_identity: Option<WebIdentityTable>,
    pub(super) cognito: Option<CognitoTable>,
    pub(super) roles_anywhere: Option<RolesAnywhereTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Application {
    pub(super) name: String,
    pub(super) source: String,
    #[serde(default)]
    pub(super) listen: Vec<String>,
    #[serde(default)]
    pub(super) services: Vec<String>,
    #[serde(default)]
    pub(super) regions: Vec<String>,
    pub(super) duration_seconds: Option<u64>,
    #[serde(default)]
    pub(super) role: Vec<ApplicationRole>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationRole {
    pub(super) name: String,
    #[serde(default)]
    pub(super) assume: Vec<Assume>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assume {
    pub(super) role_arn: String,
    pub(super) external_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    pub(super) name: String,
    #[serde(default)]
    pub(super) allow: Vec<String>,
    #[serde(default)]
    pub(super) deny: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    pub(super) name: String,
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Placeholder {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: Hidden,
    pub(super) session_token: Option<Hidden>,
    pub(super) subject: String,
    pub(super) application: String,
    pub(super) role: String,
    pub(super) expires_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoint {
    pub(super) host: String,
    pub(super) address: Option<SocketAddr>,
    pub(super) scheme: Option<String>,
    pub(super) ca_file: Option<String>,
    pub(super) service: Option<String>,
    pub(super) region: Option<String>,
}
