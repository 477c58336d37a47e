//! The access token of a sign-in: its file, and its renewal.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{Setup, oidc};
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::provider::object::Object;
use crate::provider::renewal::{Refused, Renewable};
use crate::secret::Secret;
use crate::time::Time;

/// A token with all that its file holds; members that nobody here knows are kept.
pub(crate) struct Token {
    pub(crate) access: Secret,
    pub(crate) ends: Time,
    document: Object,
}

impl Token {
    /// What a sign-in gives, together with the client that it was made by.
    pub(crate) fn signed_in(setup: &Setup, client: &oidc::Client, tokens: &oidc::Tokens, now: Time) -> Self {
        let mut document = Object::default();
        document.set("startUrl", setup.sso.start_url.as_str());
        document.set("region", setup.sso.region.as_str());
        document.set("accessToken", "");
        document.set("expiresAt", "");
        document.set("clientId", client.id.as_str());
        document.set("clientSecret", client.secret.expose());
        document.set("registrationExpiresAt", client.ends.to_string());
        Self::with(document, tokens, now)
    }

    fn with(mut document: Object, tokens: &oidc::Tokens, now: Time) -> Self {
        // Whole seconds: the fraction is not written.
        let ends = Time::from_unix((now + tokens.lifetime).unix());
        document.set("accessToken", tokens.access.expose());
        document.set("expiresAt", ends.to_string());
        if let Some(refresh) = &tokens.refresh {
            document.set("refreshToken", refresh.expose());
        }
        Self { access: tokens.access.clone(), ends, document }
    }

    fn client(&self) -> Option<oidc::Client> {
        Some(oidc::Client {
            id: self.document.text("clientId")?.to_owned(),
            secret: self.document.secret("clientSecret")?,
            ends: self.document.text("registrationExpiresAt").and_then(instant)?,
        })
    }

    /// Reads the file; `None` if it holds no token, as that of a client's registration does.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let document = Object::parse(bytes)?;
        let access = document.secret("accessToken").filter(|token| is_header_text(token.expose()))?;
        let ends = document.text("expiresAt").and_then(instant)?;
        Some(Self { access, ends, document })
    }

    /// The region that the file names.
    pub(crate) fn region(&self) -> Option<&str> {
        self.document.text("region")
    }
}

/// RFC 3339; older versions of the AWS CLI write `UTC` for the `Z`.
pub(crate) fn instant(text: &str) -> Option<Time> {
    match text.strip_suffix("UTC") {
        Some(start) => Time::parse_rfc3339(&format!("{start}Z")),
        None => Time::parse_rfc3339(text),
    }
}

/// Whether a header can carry it.
pub(crate) fn is_header_text(text: &str) -> bool {
    (1..=16 * 1024).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

impl Renewable for Setup {
    type Token = Token;

    fn path(&self) -> &str {
        &self.token_file
    }

    fn name(&self) -> String {
        self.sso.name()
    }

    fn read(&self, bytes: &[u8]) -> Result<Token, Error> {
        Token::parse(bytes).ok_or_else(|| {
            let message =
                format!("{} holds no token that can be read; {}", self.token_file, self.sso.remedy());
            Error::new(ErrorKind::Malformed, message)
        })
    }

    fn write(&self, token: &Token) -> Zeroizing<Vec<u8>> {
        token.document.to_bytes()
    }

    fn missing(&self) -> Error {
        let message = format!("nobody is signed in to {}; {}", self.sso.name(), self.sso.remedy());
        Error::new(ErrorKind::Expired, message)
    }

    fn ends(&self, token: &Token) -> Time {
        token.ends
    }

    fn unrenewable(&self, token: &Token, now: Time) -> Option<Error> {
        let why = match token.client() {
            _ if self.sso.session.is_none() => "",
            _ if token.document.text("refreshToken").is_none() => "",
            None => " and its client's registration is incomplete",
            Some(client) if client.ends <= now => " and so has its client's registration",
            Some(_) => return None,
        };
        let message = format!("{} has expired{why}; {}", self.sso.name(), self.sso.remedy());
        Some(Error::new(ErrorKind::Expired, message))
    }

    async fn renew(&self, flow: &Flow, token: &Token) -> Result<Token, Refused> {
        let lost = |error: Error| Refused { error, over: false };
        let (Some(client), Some(refresh)) = (token.client(), token.document.secret("refreshToken")) else {
            return Err(lost(self.missing()));
        };
        match oidc::refresh(flow, self, &client, &refresh).await {
            Ok(tokens) => {
                // Copied by way of its text: a document is wiped where it is dropped, and so is not cloned.
                let document = Object::parse(&token.document.to_bytes()).unwrap_or_default();
                Ok(Token::with(document, &tokens, flow.now()))
            }
            // AWS refuses a refresh token that was used, has ended or was taken back, all alike.
            Err(failure)
                if ["InvalidGrant", "ExpiredToken", "InvalidClient", "UnauthorizedClient"]
                    .iter()
                    .any(|code| failure.is(code)) =>
            {
                let code = failure.error.aws_code().unwrap_or("an error").to_owned();
                let message = format!("{} has expired ({code}); {}", self.sso.name(), self.sso.remedy());
                Err(lost(Error::new(ErrorKind::Expired, message).with_aws_code(code)))
            }
            Err(failure) => Err(lost(failure.error.within(&format!("{} was not renewed", self.sso.name())))),
        }
    }
}

/// As long as a token may be said to last; longer is a fault of the other side.
pub(crate) const LONGEST: Duration = Duration::from_secs(90 * 24 * 3600);
