//! What a person does in a browser, for tests and demonstrations that have none.

use serde_json::Value;

use crate::anywhere::{self, IssuedCertificate};
use crate::emulator::Emulator;
use crate::encoding::form_pairs;
use crate::sts::{self, Assertion};
use crate::{signin, sso};

impl Emulator {
    /// Approves an authorization URL, as the user would who followed it: the address that the browser is sent to, with
    /// the code. The user is a name in IAM Identity Center, or for `aws login` an IAM user. `None` if the URL asks for nothing that can be given, or
    /// there is no such user.
    #[must_use]
    pub fn approve(&self, url: &str, user: &str) -> Option<String> {
        let (address, query) = url.split_once('?')?;
        let (state, params) = (self.state(), form_pairs(query.as_bytes()));
        if address.ends_with("/v1/authorize") {
            return signin::approve(state, &params, user, self.now());
        }
        sso::approve(state, &params, user, self.now())
    }

    /// Approves a device by the code that it shows, for a user of IAM Identity Center. False if no device shows that
    /// code, or there is no such user.
    #[must_use]
    pub fn approve_device(&self, user_code: &str, user: &str) -> bool {
        sso::decide(self.state(), user_code, Some(user), self.now())
    }

    /// Denies a device by the code that it shows. False if no device shows that code.
    #[must_use]
    pub fn deny_device(&self, user_code: &str) -> bool {
        sso::decide(self.state(), user_code, None, self.now())
    }

    /// An access token for the portal, as a user of the instance with that start URL gets who signs in. `None` if
    /// there is no such instance or user.
    #[must_use]
    pub fn sso_token(&self, start_url: &str, user: &str) -> Option<String> {
        sso::token_for(self.state(), start_url, user, self.now())
    }

    /// Ends every `aws login` of an IAM user, as a change of the password does.
    pub fn change_password(&self, user: &str) {
        signin::change_password(self.state(), user);
    }

    /// A certificate for IAM Roles Anywhere, good for a day, by the authority of a trust anchor that was made up. The
    /// key is the caller's (PKCS#8 in PEM: RSA, P-256 or P-384) or a new one on P-256. `None` if there is no such
    /// anchor, its authority is not the emulator's, or the key cannot be read.
    #[must_use]
    pub fn issue_certificate(
        &self,
        anchor_arn: &str,
        common_name: &str,
        private_key: Option<&str>,
    ) -> Option<IssuedCertificate> {
        let state = self.state();
        let anchor = state.world.trust_anchors.iter().find(|anchor| anchor.arn() == anchor_arn)?;
        let issued = anywhere::issue(anchor, common_name, private_key, self.now())?;
        state.keyring.note(private_key.unwrap_or(&issued.private_key));
        Some(issued)
    }

    /// An encoded authorization message, as services put it into their refusals, for `DecodeAuthorizationMessage`.
    #[must_use]
    pub fn authorization_message(&self, text: &str) -> Option<String> {
        sts::encode_message(self.state(), text)
    }

    /// A SAML response with an assertion, in base64. `None` if there is no such provider.
    #[must_use]
    pub fn saml_assertion(&self, assertion: &Assertion) -> Option<String> {
        let state = self.state();
        let mut providers = state.world.saml_providers.iter();
        let provider = providers.find(|provider| provider.arn() == assertion.provider)?;
        let text = sts::mint_saml(provider, assertion, self.now())?;
        state.keyring.note(&text);
        Some(text)
    }

    /// A web identity token of a registered provider. `None` if there is no provider by that issuer.
    #[must_use]
    pub fn web_identity_token(
        &self,
        issuer: &str,
        audience: &str,
        subject: &str,
        seconds: i64,
    ) -> Option<String> {
        self.web_identity_token_with(issuer, audience, subject, &Value::Null, seconds)
    }

    /// The same with more claims, such as session tags under `https://aws.amazon.com/tags`.
    #[must_use]
    pub fn web_identity_token_with(
        &self,
        issuer: &str,
        audience: &str,
        subject: &str,
        more: &Value,
        seconds: i64,
    ) -> Option<String> {
        let state = self.state();
        let provider = state.world.oidc_providers.iter().find(|provider| provider.issuer == issuer)?;
        let token = sts::mint(provider, audience, subject, more, self.now(), seconds)?;
        state.keyring.note(&token);
        Some(token)
    }
}
