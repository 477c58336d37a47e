//! A small world to start from.

use serde_json::{Value, json};

use super::{
    AnywhereProfile, BucketSeed, Container, IdentityCenter, IdentityPool, Instance, OidcProvider, Role,
    SamlProvider, TableSeed, TrustAnchor, User, World,
};
use crate::policy::Policy;

impl World {
    /// A gateway's world. In account 111111111111: an instance with the role `gateway-node`, containers with the
    /// roles `task` and `pod`, the role `gateway-hub` which that may take, the user `alice` with an MFA device and the user `ci` without; in
    /// account 222222222222: the roles `developer` and `auditor`, which `gateway-hub` may take with the external
    /// id `demo-external-id`, `admin`, which only `alice` may take, with MFA, and `deployer` for web identities,
    /// `employee` for SAML assertions, `app-user` and `app-guest` for an identity pool, `on-premises` for certificates of a trust anchor.
    /// In IAM Identity Center alice has the permission set `Administrator` in both accounts and `Reader` in the
    /// second one, bob has `Reader` there. Keys are random for each world.
    #[must_use]
    pub fn demo() -> Self {
        let (hub, spoke) = ("111111111111", "222222222222");
        let hub_role = format!("arn:aws:iam::{hub}:role/gateway-hub");
        let trust = |value: Value| Policy::parse(&value).unwrap_or_default();
        let external = trust(json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": hub_role},
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            "Condition": {"StringEquals": {"sts:ExternalId": "demo-external-id"}}}]}));
        let node = format!("arn:aws:iam::{hub}:role/gateway-node");
        let chained = trust(json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": [node, format!("arn:aws:iam::{hub}:user/ci")]},
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}}));
        let service = |name: &str, actions: &[&str]| {
            trust(json!({"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Principal": {"Service": name}, "Action": actions}}))
        };
        let ec2 = service("ec2.amazonaws.com", &["sts:AssumeRole"]);
        let pool = |amr: &str| {
            trust(json!({"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": amr}}}}))
        };
        let saml = trust(json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": format!("arn:aws:iam::{spoke}:saml-provider/corporate")},
            "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"],
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}}));
        let with_mfa = trust(json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{hub}:user/alice")},
            "Action": "sts:AssumeRole", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}));
        let web = trust(json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": format!("arn:aws:iam::{spoke}:oidc-provider/ci.example.com")},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {
                "StringEquals": {"ci.example.com:aud": "sts.amazonaws.com"},
                "StringLike": {"ci.example.com:sub": "repo:example/*"}}}}));
        Self {
            buckets: vec![BucketSeed { account: spoke.into(), name: "demo-bucket".into() }],
            tables: vec![TableSeed {
                account: spoke.into(),
                region: None,
                name: "demo-table".into(),
                partition_key: "id".into(),
                sort_key: None,
            }],
            instance: Some(Instance::new(hub, "gateway-node")),
            containers: vec![Container::ecs(hub, "task"), Container::eks(hub, "pod")],
            saml_providers: vec![SamlProvider::new(spoke, "corporate", "https://idp.example.com/saml")],
            management_account: Some(hub.into()),
            identity_pools: vec![IdentityPool {
                account: spoke.into(),
                id: "us-east-1:11111111-2222-4333-8444-555555555555".into(),
                providers: vec!["ci.example.com".into()],
                authenticated_role: Some(format!("arn:aws:iam::{spoke}:role/app-user")),
                unauthenticated_role: Some(format!("arn:aws:iam::{spoke}:role/app-guest")),
            }],
            trust_anchors: vec![TrustAnchor::new(spoke, "demo-anchor")],
            anywhere_profiles: vec![AnywhereProfile::new(
                spoke,
                "demo-profile",
                &[&format!("arn:aws:iam::{spoke}:role/on-premises")],
            )],
            ..Self::default()
        }
        .identity_center(
            IdentityCenter::new("https://d-1234567890.awsapps.com/start")
                .user("alice", &[(hub, "Administrator"), (spoke, "Administrator"), (spoke, "Reader")])
                .user("bob", &[(spoke, "Reader")]),
        )
        .user(User::new(hub, "alice").with_mfa())
        .user(User::new(hub, "ci"))
        .role(Role::new(hub, "gateway-node", ec2))
        .role(Role::new(hub, "gateway-hub", chained))
        .role(Role::new(hub, "task", service("ecs-tasks.amazonaws.com", &["sts:AssumeRole"])))
        .role(Role::new(hub, "pod", service("pods.eks.amazonaws.com", &["sts:AssumeRole", "sts:TagSession"])))
        .role(Role::new(spoke, "developer", external.clone()))
        .role(Role::new(spoke, "auditor", external))
        .role(Role::new(spoke, "admin", with_mfa))
        .role(Role::new(spoke, "deployer", web))
        .role(Role::new(spoke, "employee", saml))
        .role(Role::new(spoke, "app-user", pool("authenticated")))
        .role(Role::new(spoke, "app-guest", pool("unauthenticated")))
        .role(Role::new(
            spoke,
            "on-premises",
            service(
                "rolesanywhere.amazonaws.com",
                &["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            ),
        ))
        .oidc_provider(OidcProvider::new(spoke, "https://ci.example.com", "sts.amazonaws.com"))
    }
}
