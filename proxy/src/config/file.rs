//! The shape of the configuration file. A key that is not here is an error.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;

use serde::Deserialize;

use super::Hidden;
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

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    /// The most bytes of a body that must be held.
    pub(super) body_bytes: Option<u64>,
    /// The most bytes of all held bodies.
    pub(super) buffered_bytes: Option<u64>,
    /// The most connections of clients.
    pub(super) connections: Option<usize>,
    /// How long a head may take to come.
    pub(super) head_seconds: Option<u64>,
    /// How long a client may pause.
    pub(super) idle_seconds: Option<u64>,
    /// How long a connection may take to be made.
    pub(super) connect_seconds: Option<u64>,
    /// How long a service may take to answer, or pause in its answer.
    pub(super) answer_seconds: Option<u64>,
    /// How far clocks may differ.
    pub(super) skew_seconds: Option<u64>,
    /// The longest lifetime of a presigned URL.
    pub(super) presigned_seconds: Option<u64>,
    /// Requests a second of one subject.
    pub(super) requests_per_second: Option<NonZeroU32>,
    /// Requests of one subject that may come at once.
    pub(super) burst: Option<NonZeroU32>,
    /// Requests of one subject that may run at a time.
    pub(super) requests_at_once: Option<NonZeroU32>,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Tunnel {
    /// "public", "listed" or "none".
    pub(super) mode: Option<String>,
    /// The ports that may be reached.
    #[serde(default)]
    pub(super) ports: Vec<u16>,
    /// How long a tunnel may rest.
    pub(super) idle_seconds: Option<u64>,
    /// Whether clients of this machine need a password too.
    #[serde(default)]
    pub(super) always_login: bool,
    /// Hosts that may be reached.
    #[serde(default)]
    pub(super) host: Vec<TunnelHost>,
    /// Who may open tunnels from elsewhere.
    #[serde(default)]
    pub(super) user: Vec<TunnelUser>,
}

/// Who may open tunnels from elsewhere.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct TunnelUser {
    /// The name.
    pub(super) name: String,
    /// The file of the password.
    pub(super) password_file: Option<String>,
    /// The variable of the password.
    pub(super) password_env: Option<String>,
    /// The SHA-256 of the password, in hexadecimal.
    pub(super) password_sha256: Option<Hidden>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct TunnelHost {
    /// The name, or `*.` and a name.
    pub(super) name: String,
    /// The address that is dialled, whatever the name resolves to.
    pub(super) address: Option<SocketAddr>,
    /// Whether the TLS session may name no host.
    #[serde(default)]
    pub(super) without_server_name: bool,
    /// Whether there may be no TLS.
    #[serde(default)]
    pub(super) without_tls: bool,
}

#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Upstream {
    /// Certificates to trust beside Mozilla's, in PEM.
    pub(super) ca_file: Option<String>,
    /// Hosts of AWS that may resolve to private addresses.
    #[serde(default)]
    pub(super) private: Vec<String>,
    /// Whether services may speak HTTP/2.
    pub(super) http2: Option<bool>,
    /// The URL of a proxy, "environment" or "none".
    pub(super) proxy: Option<Hidden>,
    /// What is reached without the proxy.
    #[serde(default)]
    pub(super) no_proxy: Vec<String>,
    /// Whether the proxy resolves names, and the gateway does not check addresses.
    #[serde(default)]
    pub(super) proxy_resolves: bool,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// What is accessed through one set of credentials.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Application {
    /// The name.
    pub(super) name: String,
    /// The `[[source]]` that the first role is assumed with.
    pub(super) source: String,
    /// What the rules of roles may ask for.
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    /// The AWS accounts of its roles, by their twelve digits; none: any.
    #[serde(default)]
    pub(super) accounts: Vec<String>,
    /// The partition of its roles; none: any.
    pub(super) partition: Option<String>,
    /// Where clients of this application alone connect.
    #[serde(default)]
    pub(super) listen: Vec<String>,
    /// The services that may be used, by signing name; none: all.
    #[serde(default)]
    pub(super) services: Vec<String>,
    /// The regions that may be used; none: all.
    #[serde(default)]
    pub(super) regions: Vec<String>,
    /// The hosts that may be used, by name or `*.` and a name; none: all APIs of AWS's.
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    /// Customers' own hosts that may be used with it.
    #[serde(default)]
    pub(super) customer_hosts: Vec<String>,
    /// How long its sessions last: 900 to 3600.
    pub(super) duration_seconds: Option<u64>,
    /// The longest session that a subject may ask STS for through it; `duration_seconds` if it is left out.
    pub(super) max_duration_seconds: Option<u64>,
    /// What narrows its sessions: "guards", or a policy of IAM as JSON.
    pub(super) session_policy: Option<String>,
    /// Managed policies that narrow them likewise.
    #[serde(default)]
    pub(super) session_policy_arns: Vec<String>,
    /// Guards that bind everybody who uses it, by name.
    #[serde(default)]
    pub(super) guards: Vec<String>,
    /// How sessions are named; `{{subject}}` if it is left out.
    pub(super) session_name: Option<String>,
    /// Who stands behind them, kept through further roles.
    pub(super) source_identity: Option<String>,
    /// What they are tagged with, as templates.
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    /// The keys of the tags that go on to further roles.
    #[serde(default)]
    pub(super) transitive_tags: Vec<String>,
    /// The roles that it lists.
    #[serde(default)]
    pub(super) role: Vec<ApplicationRole>,
    /// That it takes roles of its accounts that it does not list, if the subject's rules allow them.
    pub(super) open_roles: Option<OpenRoles>,
}

/// A role of an application.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationRole {
    /// What placeholders call it.
    pub(super) name: String,
    /// The roles that are assumed, in order.
    #[serde(default)]
    pub(super) assume: Vec<Assume>,
}

/// A role to assume.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Assume {
    /// Its ARN.
    pub(super) role_arn: String,
    /// What its owner gave to whoever assumes it.
    pub(super) external_id: Option<String>,
}

/// Roles that an application does not list.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OpenRoles {
    /// The roles that are assumed on the way.
    #[serde(default)]
    pub(super) via: Vec<Assume>,
    /// The external id that each of them asks for.
    pub(super) external_id: Option<String>,
}

/// Which AWS roles its holders may use, where, and for what.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    /// The name.
    pub(super) name: String,
    /// ARNs of roles, with `*` for any characters but a colon, and one `{{…}}` for the values of a trait.
    #[serde(default)]
    pub(super) allow: Vec<String>,
    /// The same for those that its holders may never use.
    #[serde(default)]
    pub(super) deny: Vec<String>,
    /// It allows only in applications that have one of the values for every label named here.
    #[serde(default)]
    pub(super) labels: BTreeMap<String, Vec<String>>,
    /// It allows only AWS roles of these accounts.
    #[serde(default)]
    pub(super) accounts: Vec<String>,
    /// It denies every role of applications that have one of the values for any label named here.
    #[serde(default)]
    pub(super) deny_labels: BTreeMap<String, Vec<String>>,
    /// It denies every AWS role of these accounts.
    #[serde(default)]
    pub(super) deny_accounts: Vec<String>,
    /// What may be done with what it allows, by the names of guards.
    #[serde(default)]
    pub(super) guards: Vec<String>,
}

/// Rules on service, operation and resource: `s3:GetObject bucket:public-*`, `dynamodb:@read`, `iam:*`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Guard {
    /// The name.
    pub(super) name: String,
    /// What is allowed; if it is left out, all that is not denied.
    pub(super) allow: Option<Vec<String>>,
    /// What is denied, whatever else allows it.
    #[serde(default)]
    pub(super) deny: Vec<String>,
}

/// A person, a job or an agent.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    /// The name.
    pub(super) name: String,
    /// Gateway roles of its own.
    #[serde(default)]
    pub(super) roles: Vec<String>,
    /// The groups that it is in.
    #[serde(default)]
    pub(super) groups: Vec<String>,
    /// What templates know as `internal.…`.
    #[serde(default)]
    pub(super) traits: BTreeMap<String, Vec<String>>,
}

/// What several subjects have in common.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    /// The name.
    pub(super) name: String,
    /// The gateway roles of its members.
    #[serde(default)]
    pub(super) roles: Vec<String>,
    /// What templates know as `internal.…`, of each member.
    #[serde(default)]
    pub(super) traits: BTreeMap<String, Vec<String>>,
}

/// Gateway roles for what an identity provider says.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    /// The name of the claim: `groups`, an attribute of SAML.
    pub(super) claim: String,
    /// The values that will do, with `*` for any characters but a colon.
    pub(super) values: Vec<String>,
    /// The gateway roles of who has one of them.
    pub(super) roles: Vec<String>,
}

/// Gateway roles for a time, approved by somebody.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Grant {
    /// To this subject,
    pub(super) subject: Option<String>,
    /// or to the members of this group.
    pub(super) group: Option<String>,
    /// The gateway roles.
    pub(super) roles: Vec<String>,
    /// From when, as `2026-11-21T12:00:00Z`.
    pub(super) begins_at: String,
    /// Until when.
    pub(super) ends_at: String,
    /// Who approved it.
    pub(super) approved_by: String,
    /// Why.
    pub(super) reason: String,
}

/// Policies in Cedar.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Cedar {
    /// Files of policies.
    pub(super) policies: Vec<String>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoint {
    pub(super) host: String,
    pub(super) address: Option<SocketAddr>,
    pub(super) scheme: Option<String>,
    pub(super) ca_file: Option<String>,
    pub(super) service: Option<String>,
    pub(super) region: Option<String>,
}
