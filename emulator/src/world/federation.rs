//! Identity providers that an account has registered.

use serde::Deserialize;

/// An OpenID Connect provider, which the emulator also plays: it mints the tokens that it accepts.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcProvider {
    /// The twelve digits of the account that registered it.
    pub account: String,
    /// The issuer, such as `https://token.example.com`.
    pub issuer: String,
    /// The audiences (client ids) that are registered.
    pub audiences: Vec<String>,
    /// The private key that tokens are signed with, as PKCS#8 in PEM: RSA gives RS256, P-256 gives ES256. A random one
    /// on P-256 if empty.
    #[serde(default)]
    pub signing_key: String,
}

impl OidcProvider {
    /// A provider with one audience and a random key.
    #[must_use]
    pub fn new(account: &str, issuer: &str, audience: &str) -> Self {
        Self {
            account: account.into(),
            issuer: issuer.into(),
            audiences: vec![audience.into()],
            signing_key: String::new(),
        }
    }

    /// The issuer without `https://`, as ARNs and condition keys name it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.issuer.strip_prefix("https://").unwrap_or(&self.issuer)
    }

    /// `arn:aws:iam::111111111111:oidc-provider/token.example.com`
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:oidc-provider/{}", self.account, self.name())
    }
}

/// A SAML provider, which the emulator also plays: it issues the assertions that it accepts.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamlProvider {
    /// The twelve digits of the account that registered it.
    pub account: String,
    /// Its name in IAM.
    pub name: String,
    /// The issuer (entity id) of its assertions.
    pub issuer: String,
    /// The private key that assertions are signed with, as PKCS#8 in PEM: RSA or P-256. A random one on P-256 if empty.
    #[serde(default)]
    pub signing_key: String,
}

impl SamlProvider {
    /// A provider with a random key.
    #[must_use]
    pub fn new(account: &str, name: &str, issuer: &str) -> Self {
        Self { account: account.into(), name: name.into(), issuer: issuer.into(), signing_key: String::new() }
    }

    /// `arn:aws:iam::111111111111:saml-provider/name`
    #[must_use]
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:saml-provider/{}", self.account, self.name)
    }
}

/// An identity pool of Cognito.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityPool {
    /// The twelve digits of the account.
    pub account: String,
    /// `us-east-1:` and a UUID.
    pub id: String,
    /// The login providers that it takes, by the names of registered OpenID Connect providers.
    #[serde(default)]
    pub providers: Vec<String>,
    /// The ARN of the role of those who log in.
    #[serde(default)]
    pub authenticated_role: Option<String>,
    /// The ARN of the role of those who do not; without one nobody gets an identity without a login.
    #[serde(default)]
    pub unauthenticated_role: Option<String>,
}

/// How people sign in to the console, and with it for `aws login`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    /// The name of the IAM user who is signed in in the browser: the page that asks for approval then gives it at once.
    pub signed_in: Option<String>,
    /// How long the credentials live, in seconds; 900 if absent, which is the most.
    pub access_seconds: Option<u32>,
    /// How long the sign-in lasts, in seconds; twelve hours if absent.
    pub session_seconds: Option<u32>,
}
