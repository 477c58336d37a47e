//! The file of a login session, shared with the AWS CLI and SDKs.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::dpop::Key;
use super::oauth::Tokens;
use crate::credentials::Credentials;
use crate::provider::object::Object;
use crate::provider::sso::token::instant;
use crate::secret::Secret;
use crate::time::Time;

/// The name of a session's file: the SHA-256 of what the profile's `login_session` says.
pub(crate) fn file_name(session: &str) -> String {
    let hex: String = Sha256::digest(session.trim_ascii()).iter().map(|byte| format!("{byte:02x}")).collect();
    hex + ".json"
}

/// The file, read; members that nobody here knows are kept.
pub(crate) struct Session {
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Secret,
    account_id: String,
    pub(super) ends: Time,
    pub(super) client_id: String,
    pub(super) refresh_token: Secret,
    pub(super) key: Key,
    document: Object,
}

impl Session {
    /// Reads the file.
    ///
    /// # Errors
    /// The name of the first member that is missing or wrong.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut document = Object::parse(bytes).ok_or("its json object")?;
        let access = document.take("accessToken").ok_or("accessToken")?;
        let parsed = Self {
            access_key_id: access.text("accessKeyId").ok_or("accessKeyId")?.to_owned(),
            secret_access_key: access.secret("secretAccessKey").ok_or("secretAccessKey")?,
            session_token: access.secret("sessionToken").ok_or("sessionToken")?,
            account_id: access.text("accountId").ok_or("accountId")?.to_owned(),
            ends: access.text("expiresAt").and_then(instant).ok_or("expiresAt")?,
            client_id: document.text("clientId").ok_or("clientId")?.to_owned(),
            refresh_token: document.secret("refreshToken").ok_or("refreshToken")?,
            key: document.text("dpopKey").and_then(Key::from_pem).ok_or("dpopKey")?,
            document,
        };
        Ok(Self { document: with_access(parsed.document, access), ..parsed })
    }

    /// The session that a sign-in gives.
    pub(crate) fn signed_in(
        tokens: &Tokens,
        key: &Key,
        client_id: &str,
        account_id: &str,
        region: &str,
        now: Time,
    ) -> Option<Self> {
        let mut document = Object::default();
        let mut access = Object::default();
        for member in ["accessKeyId", "secretAccessKey", "sessionToken"] {
            access.set(member, "-");
        }
        access.set("accountId", account_id);
        access.set("expiresAt", now.to_string());
        document.put("accessToken", access);
        document.set("tokenType", "aws_sigv4");
        document.set("clientId", client_id);
        document.set("refreshToken", tokens.refresh.expose());
        document.set("dpopKey", key.to_pem()?.as_str());
        document.set("signInRegion", region);
        Some(Self::parse(&document.to_bytes()).ok()?.renewed(tokens, now))
    }

    /// The same session with new tokens.
    pub(super) fn renewed(&self, tokens: &Tokens, now: Time) -> Self {
        // Copied by way of its text: a document is wiped where it is dropped, and so is not cloned.
        let mut document = Object::parse(&self.document.to_bytes()).unwrap_or_default();
        let mut access = document.take("accessToken").unwrap_or_default();
        // Whole seconds: the fraction is not written.
        let ends = Time::from_unix((now + tokens.lifetime).unix());
        access.set("accessKeyId", tokens.access_key_id.as_str());
        access.set("secretAccessKey", tokens.secret_access_key.expose());
        access.set("sessionToken", tokens.session_token.expose());
        access.set("expiresAt", ends.to_string());
        document.set("refreshToken", tokens.refresh.expose());
        if let Some(id_token) = &tokens.id_token {
            document.set("idToken", id_token.expose());
        }
        Self {
            access_key_id: tokens.access_key_id.clone(),
            secret_access_key: tokens.secret_access_key.clone(),
            session_token: tokens.session_token.clone(),
            account_id: self.account_id.clone(),
            ends,
            client_id: self.client_id.clone(),
            refresh_token: tokens.refresh.clone(),
            key: self.key.clone(),
            document: with_access(document, access),
        }
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials::new(self.access_key_id.as_str(), self.secret_access_key.expose())
            .with_session_token(self.session_token.expose())
            .with_expiry(self.ends)
            .with_account_id(self.account_id.as_str())
            .with_source("login")
    }

    /// When the credentials end.
    pub(crate) fn ends(&self) -> Time {
        self.ends
    }

    /// The region of the sign-in, where the file says so.
    pub(super) fn region(&self) -> Option<&str> {
        self.document.text("signInRegion")
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.document.to_bytes()
    }
}

fn with_access(mut document: Object, access: Object) -> Object {
    document.put("accessToken", access);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_the_session() {
        let name = "bf5f7f6d57cc352e6ab0659523fca68f168f8380cdb2191fa6ec63f10880008c.json";
        assert_eq!(file_name("arn:aws:iam::123456789012:user/demo"), name);
        assert_eq!(file_name(" arn:aws:iam::123456789012:user/demo\n"), name);
    }
}
