//! A session of `aws login`: console credentials on the command line.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html>
//!
//! The sign-in leaves credentials for a quarter of an hour and a refresh token for up to twelve, bound to a key that
//! lies beside them: each request carries a proof that its sender has that key.

mod cache;
mod dpop;
pub(crate) mod oauth;

use super::renewal::{self, Memory, Refused, Renewable};
use super::usable;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::time::Time;

pub(crate) use cache::{Session, file_name};
pub(crate) use dpop::{Key, uuid};

/// Where one login session lies, and how it is renewed.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// `login_session` of the profile: an ARN.
    pub(crate) session: String,
    pub(crate) file: String,
    /// The address of the sign-in service by region, if a region is known beside the one of the file.
    pub(crate) address: Address,
}

/// How the address of the sign-in service is found.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// The region if the file names none.
    pub(crate) region: Option<String>,
    /// An address to use in place of AWS's.
    pub(crate) url: Option<String>,
    pub(crate) fips: bool,
    pub(crate) dual_stack: bool,
}

/// The session's credentials.
pub(crate) async fn load(
    flow: &Flow,
    setup: &Setup,
    memory: &Memory,
    warnings: &mut Vec<String>,
) -> Result<Credentials, Error> {
    let session = renewal::current(flow, setup, memory, warnings).await?;
    usable(session.credentials(), flow.now(), "the login session")
}

impl Setup {
    fn over(&self, why: &str) -> Error {
        let message =
            format!("{} {why}; run `awsaccess login` or `aws login` with this profile", self.name());
        Error::new(ErrorKind::Expired, message)
    }
}

impl Renewable for Setup {
    type Token = Session;

    fn path(&self) -> &str {
        &self.file
    }

    fn name(&self) -> String {
        format!("the login session {}", self.session)
    }

    fn read(&self, bytes: &[u8]) -> Result<Session, Error> {
        Session::parse(bytes).map_err(|member| {
            let message = format!(
                "{} cannot be used, {member} is missing or is not what it should be; run `awsaccess login` or \
                 `aws login` with this profile",
                self.file
            );
            Error::new(ErrorKind::Malformed, message)
        })
    }

    fn write(&self, session: &Session) -> zeroize::Zeroizing<Vec<u8>> {
        session.to_bytes()
    }

    fn missing(&self) -> Error {
        self.over("is not there")
    }

    fn ends(&self, session: &Session) -> Time {
        session.ends
    }

    fn unrenewable(&self, _: &Session, _: Time) -> Option<Error> {
        None
    }

    async fn renew(&self, flow: &Flow, session: &Session) -> Result<Session, Refused> {
        let base = match self.address.of(session.region()) {
            Ok(base) => base,
            Err(error) => return Err(Refused { error, over: false }),
        };
        let failure = match oauth::refresh(flow, &base, session).await {
            Ok(tokens) => return Ok(session.renewed(&tokens, flow.now())),
            Err(failure) => failure,
        };
        let coded = |error: Error, code: &str| error.with_aws_code(code);
        Err(if failure.is("TOKEN_EXPIRED") {
            Refused { error: coded(self.over("has ended"), "TOKEN_EXPIRED"), over: true }
        } else if failure.is("USER_CREDENTIALS_CHANGED") {
            let error = self.over("has ended, since the user's password was changed");
            Refused { error: coded(error, "USER_CREDENTIALS_CHANGED"), over: true }
        } else if failure.is("INSUFFICIENT_PERMISSIONS") {
            let message = format!(
                "{} may not be renewed; its identity needs the permission signin:CreateOAuth2Token",
                self.name()
            );
            let error = Error::new(ErrorKind::Denied, message);
            Refused { error: coded(error, "INSUFFICIENT_PERMISSIONS"), over: true }
        } else {
            let over = ["AccessDenied", "Validation", "INVALID_REQUEST"].iter().any(|code| failure.is(code));
            Refused { error: failure.error.within(&format!("{} was not renewed", self.name())), over }
        })
    }
}
