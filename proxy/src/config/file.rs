//! The shape of the configuration file. A key that is not here is an error.

mod rule;
mod wire;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(super) use self::rule::{
    Application, Assume, Cedar, Grant, Group, Guard, Mapping, Placeholder, Role, Subject,
};
pub(super) use self::wire::{Endpoint, Limits, Tunnel, TunnelUser, Upstream};
use super::passing::{ReplayTable, UnsignedTable};
use super::sealed::SealedTable;
use super::source::{CognitoTable, RolesAnywhereTable, SamlTable, WebIdentityTable};

/// The configuration of the awsaccess gateway, in TOML or in JSON of the same shape.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Where clients connect: addresses with their ports, and `unix:/path`.
    #[serde(default)]
    pub(super) listen: Vec<String>,
    /// Whether clients may speak HTTP/2.
    pub(super) http2: Option<bool>,
    /// Whether ordinary headers that the client did not sign are dropped.
    #[serde(default)]
    pub(super) strict_headers: bool,
    /// Headers of a CDN's that need not be signed: names that begin with `x-amz-cf-`.
    #[serde(default)]
    pub(super) unsigned_headers: Vec<String>,
    /// Whether requests that are signed with SigV4A are taken.
    #[serde(default)]
    pub(super) sigv4a: bool,
    /// Whether a key that is not known, and a wrong token, are answered just as a wrong signature is.
    #[serde(default)]
    pub(super) uniform_errors: bool,
    /// Operations whose replies carry credentials and pass as they are, as `service:Operation`.
    #[serde(default)]
    pub(super) credential_operations: Vec<String>,
    /// What becomes of replies that carry credentials, by `service:Operation`: "virtualise", "pass" or "deny".
    #[serde(default)]
    pub(super) credential_replies: BTreeMap<String, String>,
    /// Whether presigned URLs of other keys pass as they are, for reading.
    #[serde(default)]
    pub(super) foreign_presigned: bool,
    /// Whether bodies that are not signed are taken by plain HTTP at an address too.
    #[serde(default)]
    pub(super) unsigned_bodies_over_http: bool,
    /// Calls that need no signature and pass.
    #[serde(default)]
    pub(super) unsigned: Vec<UnsignedTable>,
    /// How often one signature is taken.
    pub(super) replay: Option<ReplayTable>,
    /// Customers' own endpoints that may be signed for by every application.
    #[serde(default)]
    pub(super) customer_hosts: Vec<String>,
    /// The audit log.
    #[serde(default)]
    pub(super) audit: AuditTable,
    /// The administrative listener.
    pub(super) admin: Option<AdminTable>,
    /// A listener for probes and metrics alone.
    pub(super) probes: Option<ProbesTable>,
    /// The certificate authority.
    #[serde(default)]
    pub(super) ca: CaTable,
    /// Bounds.
    #[serde(default)]
    pub(super) limits: Limits,
    /// What is not an AWS endpoint.
    #[serde(default)]
    pub(super) tunnel: Tunnel,
    /// The way to AWS.
    #[serde(default)]
    pub(super) upstream: Upstream,
    /// Where real credentials come from.
    #[serde(default)]
    pub(super) source: Vec<Source>,
    /// What is accessed.
    #[serde(default)]
    pub(super) application: Vec<Application>,
    /// Which AWS roles may be used.
    #[serde(default)]
    pub(super) role: Vec<Role>,
    /// Who there is.
    #[serde(default)]
    pub(super) subject: Vec<Subject>,
    /// What clients sign with.
    #[serde(default)]
    pub(super) placeholder: Vec<Placeholder>,
    /// Placeholders that are sealed rather than listed.
    #[serde(default)]
    pub(super) sealed: SealedTable,
    /// Endpoints that the catalogue does not know, or other places for those that it does.
    #[serde(default)]
    pub(super) endpoint: Vec<Endpoint>,
    /// Guards that bind everybody, by name.
    #[serde(default)]
    pub(super) guards: Vec<String>,
    /// Rules on service, operation and resource.
    #[serde(default)]
    pub(super) guard: Vec<Guard>,
    /// What several subjects have in common.
    #[serde(default)]
    pub(super) group: Vec<Group>,
    /// Gateway roles for what the claims of a placeholder say.
    #[serde(default)]
    pub(super) mapping: Vec<Mapping>,
    /// Gateway roles for a time.
    #[serde(default)]
    pub(super) grant: Vec<Grant>,
    /// Policies in Cedar, which restrict what the rules allow.
    pub(super) cedar: Option<Cedar>,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct AuditTable {
    /// The file that lines are appended to; "-" is standard output.
    pub(super) file: Option<String>,
    /// "plain" or "ocsf".
    pub(super) format: Option<String>,
    /// Whether each line carries the hash of the one before it.
    #[serde(default)]
    pub(super) chain: bool,
    /// What becomes of a request that cannot be recorded: "closed" or "open".
    pub(super) on_failure: Option<String>,
    /// Members of bodies that are recorded, by `service:Operation`.
    #[serde(default)]
    pub(super) bodies: BTreeMap<String, Vec<String>>,
    /// The most bytes that they take of a record.
    pub(super) bodies_bytes: Option<usize>,
}

/// The administrative listener.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct AdminTable {
    /// An address of this machine, or `unix:/path`.
    pub(super) listen: String,
    /// The file of the token that callers of an address must have; made if it is not there.
    pub(super) token_file: Option<String>,
    /// The file that keeps, over restarts, the applications that were added and what was revoked while it ran.
    pub(super) state: Option<String>,
}

/// A listener for probes and metrics alone: nobody needs a token, and nothing can be changed there.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ProbesTable {
    /// An address, which may be of the network, or `unix:/path`.
    pub(super) listen: String,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct CaTable {
    /// The gateway's certificate, in PEM.
    pub(super) file: Option<String>,
    /// The same, and the system's roots.
    pub(super) bundle: Option<String>,
    /// The same as the bundle, as a key store for Java.
    pub(super) jks: Option<String>,
    /// The same as the bundle, as a PKCS #12 store.
    pub(super) pkcs12: Option<String>,
    /// Where the authority is kept over restarts, its key with it.
    pub(super) key_file: Option<String>,
    /// How long the authority lives: 1 to 168.
    pub(super) hours: Option<u64>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) profile: Option<String>,
    pub(super) region: Option<String>,
    /// The home directory, in place of what the environment says of it: `.aws` in it has the profiles.
    pub(super) home: Option<String>,
    #[serde(default)]
    pub(super) order: Vec<String>,
    pub(super) imds_endpoint: Option<String>,
    pub(super) sts_endpoint: Option<String>,
    /// The sign-in that console links are made with, if not AWS's own.
    pub(super) signin_endpoint: Option<String>,
    pub(super) ca_file: Option<String>,
    pub(super) saml: Option<SamlTable>,
    pub(super) web_identity: Option<WebIdentityTable>,
    pub(super) cognito: Option<CognitoTable>,
    pub(super) roles_anywhere: Option<RolesAnywhereTable>,
}
