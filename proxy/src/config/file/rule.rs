//! Who may do what.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::config::Hidden;

/// What is accessed through one set of credentials.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Application {
    /// The name.
    pub(in crate::config) name: String,
    /// The `[[source]]` that the first role is assumed with.
    pub(in crate::config) source: String,
    /// What the rules of roles may ask for.
    #[serde(default)]
    pub(in crate::config) labels: BTreeMap<String, String>,
    /// The AWS accounts of its roles, by their twelve digits; none: any.
    #[serde(default)]
    pub(in crate::config) accounts: Vec<String>,
    /// The partition of its roles; none: any.
    pub(in crate::config) partition: Option<String>,
    /// Where clients of this application alone connect.
    #[serde(default)]
    pub(in crate::config) listen: Vec<String>,
    /// The services that may be used, by signing name; none: all.
    #[serde(default)]
    pub(in crate::config) services: Vec<String>,
    /// The regions that may be used; none: all.
    #[serde(default)]
    pub(in crate::config) regions: Vec<String>,
    /// The hosts that may be used, by name or `*.` and a name; none: all APIs of AWS's.
    #[serde(default)]
    pub(in crate::config) hosts: Vec<String>,
    /// Customers' own hosts that may be used with it.
    #[serde(default)]
    pub(in crate::config) customer_hosts: Vec<String>,
    /// How long its sessions last: 900 to 3600.
    pub(in crate::config) duration_seconds: Option<u64>,
    /// The longest session that a subject may ask STS for through it; `duration_seconds` if it is left out.
    pub(in crate::config) max_duration_seconds: Option<u64>,
    /// What narrows its sessions: "guards", or a policy of IAM as JSON.
    pub(in crate::config) session_policy: Option<String>,
    /// Managed policies that narrow them likewise.
    #[serde(default)]
    pub(in crate::config) session_policy_arns: Vec<String>,
    /// Guards that bind everybody who uses it, by name.
    #[serde(default)]
    pub(in crate::config) guards: Vec<String>,
    /// How sessions are named; `{{subject}}` if it is left out.
    pub(in crate::config) session_name: Option<String>,
    /// Who stands behind them, kept through further roles.
    pub(in crate::config) source_identity: Option<String>,
    /// What they are tagged with, as templates.
    #[serde(default)]
    pub(in crate::config) tags: BTreeMap<String, String>,
    /// The keys of the tags that go on to further roles.
    #[serde(default)]
    pub(in crate::config) transitive_tags: Vec<String>,
    /// What clients may say themselves of sessions that they ask STS for: "source_identity", "tags" (transitive ones too),
    /// "contexts".
    #[serde(default)]
    pub(in crate::config) clients_may_set: Vec<String>,
    /// Whether replies pass that carry a token for a session past the gateway, by operation ("ssm:StartSession",
    /// "ssm:ResumeSession", "ecs:ExecuteCommand"): "pass" or "deny".
    #[serde(default)]
    pub(in crate::config) session_replies: BTreeMap<String, String>,
    /// The roles that it lists.
    #[serde(default)]
    pub(in crate::config) role: Vec<ApplicationRole>,
    /// That it takes roles of its accounts that it does not list, if the subject's rules allow them.
    pub(in crate::config) open_roles: Option<OpenRoles>,
}

/// A role of an application.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct ApplicationRole {
    /// What placeholders call it.
    pub(in crate::config) name: String,
    /// The roles that are assumed, in order.
    #[serde(default)]
    pub(in crate::config) assume: Vec<Assume>,
}

/// A role to assume.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Assume {
    /// Its ARN.
    pub(in crate::config) role_arn: String,
    /// What its owner gave to whoever assumes it.
    pub(in crate::config) external_id: Option<String>,
}

/// Roles that an application does not list.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct OpenRoles {
    /// The roles that are assumed on the way.
    #[serde(default)]
    pub(in crate::config) via: Vec<Assume>,
    /// The external id that each of them asks for.
    pub(in crate::config) external_id: Option<String>,
}

/// Which AWS roles its holders may use, where, and for what.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Role {
    /// The name.
    pub(in crate::config) name: String,
    /// ARNs of roles, with `*` for any characters but a colon, and one `{{…}}` for the values of a trait.
    #[serde(default)]
    pub(in crate::config) allow: Vec<String>,
    /// The same for those that its holders may never use.
    #[serde(default)]
    pub(in crate::config) deny: Vec<String>,
    /// It allows only in applications that have one of the values for every label named here.
    #[serde(default)]
    pub(in crate::config) labels: BTreeMap<String, Vec<String>>,
    /// It allows only AWS roles of these accounts.
    #[serde(default)]
    pub(in crate::config) accounts: Vec<String>,
    /// It denies every role of applications that have one of the values for any label named here.
    #[serde(default)]
    pub(in crate::config) deny_labels: BTreeMap<String, Vec<String>>,
    /// It denies every AWS role of these accounts.
    #[serde(default)]
    pub(in crate::config) deny_accounts: Vec<String>,
    /// What may be done with what it allows, by the names of guards.
    #[serde(default)]
    pub(in crate::config) guards: Vec<String>,
}

/// Rules on service, operation and resource: `s3:GetObject bucket:public-*`, `dynamodb:@read`, `iam:*`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Guard {
    /// The name.
    pub(in crate::config) name: String,
    /// What is allowed; if it is left out, all that is not denied.
    pub(in crate::config) allow: Option<Vec<String>>,
    /// What is denied, whatever else allows it.
    #[serde(default)]
    pub(in crate::config) deny: Vec<String>,
}

/// A person, a job or an agent.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Subject {
    /// The name.
    pub(in crate::config) name: String,
    /// Gateway roles of its own.
    #[serde(default)]
    pub(in crate::config) roles: Vec<String>,
    /// The groups that it is in.
    #[serde(default)]
    pub(in crate::config) groups: Vec<String>,
    /// What templates know as `internal.…`.
    #[serde(default)]
    pub(in crate::config) traits: BTreeMap<String, Vec<String>>,
}

/// What several subjects have in common.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Group {
    /// The name.
    pub(in crate::config) name: String,
    /// The gateway roles of its members.
    #[serde(default)]
    pub(in crate::config) roles: Vec<String>,
    /// What templates know as `internal.…`, of each member.
    #[serde(default)]
    pub(in crate::config) traits: BTreeMap<String, Vec<String>>,
}

/// Gateway roles for what an identity provider says.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Mapping {
    /// The name of the claim: `groups`, an attribute of SAML.
    pub(in crate::config) claim: String,
    /// The values that will do, with `*` for any characters but a colon.
    pub(in crate::config) values: Vec<String>,
    /// The gateway roles of who has one of them.
    pub(in crate::config) roles: Vec<String>,
}

/// Gateway roles for a time, approved by somebody.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Grant {
    /// To this subject,
    pub(in crate::config) subject: Option<String>,
    /// or to the members of this group.
    pub(in crate::config) group: Option<String>,
    /// The gateway roles.
    pub(in crate::config) roles: Vec<String>,
    /// From when, as `2026-11-21T12:00:00Z`.
    pub(in crate::config) begins_at: String,
    /// Until when.
    pub(in crate::config) ends_at: String,
    /// Who approved it.
    pub(in crate::config) approved_by: String,
    /// Why.
    pub(in crate::config) reason: String,
}

/// Policies in Cedar.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Cedar {
    /// Files of policies.
    pub(in crate::config) policies: Vec<String>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Placeholder {
    pub(in crate::config) access_key_id: String,
    pub(in crate::config) secret_access_key: Hidden,
    pub(in crate::config) session_token: Option<Hidden>,
    pub(in crate::config) subject: String,
    pub(in crate::config) application: String,
    pub(in crate::config) role: String,
    pub(in crate::config) expires_at: Option<String>,
    /// What it claims of its subject, as a sealed one does: `external.…` of templates, and what mappings look at.
    #[serde(default)]
    pub(in crate::config) traits: BTreeMap<String, Vec<String>>,
    /// How the subject signed in, for policies in Cedar.
    #[serde(default)]
    pub(in crate::config) signed_in: BTreeMap<String, String>,
}
