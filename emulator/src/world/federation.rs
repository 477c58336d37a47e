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
    /// The key that tokens are signed with (HS256); random when empty.
    #[serde(default)]
    pub signing_secret: String,
}

impl OidcProvider {
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
