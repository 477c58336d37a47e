//! How each source of credentials is tried with a running emulator.

use serde::Serialize;

use crate::emulator::Emulator;

/// A source of credentials, and what to set to have it.
#[derive(Clone, Serialize)]
pub struct Source {
    /// What it is.
    pub name: &'static str,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
    /// A profile for the shared configuration file, if the source is one of a profile.
    pub profile: String,
    /// What else is to be known.
    pub note: String,
}

/// Every source that the world has.
pub(crate) fn sources(emulator: &Emulator) -> Vec<Source> {
    let (world, endpoint) = (emulator.world(), emulator.endpoint_url());
    let mut sources = Vec::new();
    let mut add = |name, environment: &[(&str, &str)], profile: String, note: String| {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        sources.push(Source { name, environment: environment.iter().map(own).collect(), profile, note });
    };
    if world.instance.is_some() {
        let url = emulator.metadata_url();
        add(
            "instance metadata",
            &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)],
            String::new(),
            String::new(),
        );
    }
    for container in &world.containers {
        let url = format!("{}{}", emulator.container_url(), container.path);
        let mut environment = vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str())];
        if let Some(token) = &container.token {
            environment.push(("AWS_CONTAINER_AUTHORIZATION_TOKEN", token));
        }
        add("container", &environment, String::new(), format!("the role {}", container.role_arn()));
    }
    for center in &world.identity_centers {
        let session = format!(
            "[sso-session emulator]\nsso_start_url = {}\nsso_region = {}\nsso_registration_scopes = sso:account:access\n",
            center.start_url, center.region
        );
        for user in &center.users {
            let Some(first) = user.assignments.first() else { continue };
            let profile = format!(
                "{session}[profile sso-{}]\nsso_session = emulator\nsso_account_id = {}\nsso_role_name = {}\n",
                user.name, first.account, first.permission_set
            );
            let note = format!("sign in, and approve as {} on the page that opens", user.name);
            add("IAM Identity Center", &[], profile, note);
        }
    }
    if let Some(user) = world.users.first() {
        let note = format!("aws login, and approve as {} on the page that opens", user.name);
        add("console sign-in", &[("AWS_ENDPOINT_URL_SIGNIN", &endpoint)], String::new(), note);
    }
    for provider in &world.oidc_providers {
        let note = format!(
            "a token is at {endpoint}/emulator/web-identity-token?issuer={}&audience={}&subject=SUBJECT: put it in a \
             file for AWS_WEB_IDENTITY_TOKEN_FILE, and the role that trusts {} in AWS_ROLE_ARN",
            provider.issuer,
            provider.audiences.first().map(String::as_str).unwrap_or_default(),
            provider.arn()
        );
        add("web identity", &[], String::new(), note);
    }
    for provider in &world.saml_providers {
        let note = format!(
            "an assertion is at {endpoint}/emulator/saml-assertion?provider={}&role=ROLE_ARN&subject=NAME",
            provider.arn()
        );
        add("SAML", &[], String::new(), note);
    }
    for (anchor, profile) in world.trust_anchors.iter().zip(&world.anywhere_profiles) {
        let note = format!(
            "a certificate and its key are at {endpoint}/emulator/certificate?anchor={}&name=NAME; the profile is {}, \
             its roles {}",
            anchor.arn(),
            profile.arn(),
            profile.roles.join(" ")
        );
        add("IAM Roles Anywhere", &[], String::new(), note);
    }
    for pool in &world.identity_pools {
        let note = format!("the identity pool {} with logins of {}", pool.id, pool.providers.join(" "));
        add("Cognito identity", &[], String::new(), note);
    }
    sources
}

impl Source {
    /// A few lines for people to read.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.name);
        if !self.note.is_empty() {
            text.push_str(&format!("  {}\n", self.note));
        }
        for (name, value) in &self.environment {
            text.push_str(&format!("  {name}={value}\n"));
        }
        for line in self.profile.lines() {
            text.push_str(&format!("  {line}\n"));
        }
        text
    }
}
