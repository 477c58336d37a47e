//! A role for an X.509 certificate: IAM Roles Anywhere, without a helper process.
//!
//! <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html>. The request is
//! signed with the certificate's private key itself, which stays with the host: a key file, a PKCS#11 token, a TPM.

mod certificate;
mod request;

use std::time::Duration;

use super::clock::Clock;
use super::object::Object;
use super::retry::{Retry, of_transport};
use super::service::service_error;
use super::usable;
use crate::credentials::Credentials;
use crate::effect::{HttpReply, ReadFile, Sign, Url};
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;
use crate::sts;
use crate::time::Time;
use certificate::Certificates;
use request::Request;

const ATTEMPTS: u32 = 3;
/// The most bytes of a file with certificates.
const MOST_BYTES: usize = 256 * 1024;

/// Which role, for which certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RolesAnywhere {
    /// The trust anchor, which says whose certificates are believed.
    pub trust_anchor_arn: String,
    /// The profile, which says what roles there are.
    pub profile_arn: String,
    /// The role.
    pub role_arn: String,
    /// The file with the certificate, PEM or DER; of several, the first is the end entity's. Read again each time.
    pub certificate: String,
    /// A file with the certificates between it and the trust anchor, where they are not in the first.
    pub chain: Option<String>,
    /// The name of the private key, as the host knows it: a path, a URI.
    pub private_key: String,
    /// What the session is called, where the profile accepts a name; else it is the certificate's serial number.
    pub session_name: Option<String>,
    /// How long the session lasts, 15 minutes to 12 hours; never sent unless given.
    pub duration: Option<Duration>,
    /// The region; that of the trust anchor unless given.
    pub region: Option<String>,
    /// The address of the service, such as an emulator's.
    pub endpoint: Option<String>,
}

impl RolesAnywhere {
    /// A role for a certificate, and nothing else said about it.
    pub fn new(
        trust_anchor_arn: impl Into<String>,
        profile_arn: impl Into<String>,
        role_arn: impl Into<String>,
        certificate: impl Into<String>,
        private_key: impl Into<String>,
    ) -> Self {
        Self {
            trust_anchor_arn: trust_anchor_arn.into(),
            profile_arn: profile_arn.into(),
            role_arn: role_arn.into(),
            certificate: certificate.into(),
            chain: None,
            private_key: private_key.into(),
            session_name: None,
            duration: None,
            region: None,
            endpoint: None,
        }
    }

    /// The region to ask; trust anchor and profile have to be in the same one.
    pub(crate) fn region(&self) -> Result<&str, Error> {
        let input = |message: &str| Error::new(ErrorKind::Input, format!("roles anywhere: {message}"));
        let is_one = |arn: &str| {
            let mut fields = arn.split(':');
            fields.next() == Some("arn") && fields.nth(1) == Some("rolesanywhere")
        };
        if !is_one(&self.profile_arn) || !is_one(&self.trust_anchor_arn) {
            return Err(input(
                "the arns of trust anchor and profile must be as arn:aws:rolesanywhere:<region>:…",
            ));
        }
        let anchor = self.trust_anchor_arn.split(':').nth(3).unwrap_or_default();
        if self.profile_arn.split(':').nth(3) != Some(anchor) {
            return Err(input("trust anchor and profile must be in the same region"));
        }
        let region = self.region.as_deref().unwrap_or(anchor);
        if region.is_empty() { Err(input("the trust anchor's arn names no region")) } else { Ok(region) }
    }

    fn check(&self) -> Result<(), Error> {
        let input =
            |what: &str, must: sts::Violation| Error::new(ErrorKind::Input, format!("{what} must be {must}"));
        sts::role_arn(&self.role_arn).map_err(|must| input("the role", must))?;
        if let Some(name) = &self.session_name {
            sts::check_session_name(name).map_err(|must| input("the role session name", must))?;
        }
        if let Some(duration) = self.duration {
            sts::duration(duration.as_secs()).map_err(|must| input("the session's duration", must))?;
        }
        Ok(())
    }
}

/// Signs a request with the certificate's key and sends it.
pub(crate) async fn load(
    flow: &Flow,
    roles: &RolesAnywhere,
    place: &Url,
    region: &str,
) -> Result<Credentials, Error> {
    create_session(flow, roles, place, region).await.map_err(|error| error.within("roles anywhere"))
}

async fn create_session(
    flow: &Flow,
    roles: &RolesAnywhere,
    place: &Url,
    region: &str,
) -> Result<Credentials, Error> {
    roles.check()?;
    let mut certificates = read(flow, &roles.certificate).await?;
    if let Some(path) = &roles.chain {
        certificates = certificates.followed_by(read(flow, path).await?)?;
    }
    let (mut clock, mut retry) = (Clock::default(), Retry::new(ATTEMPTS, Duration::from_millis(500)));
    loop {
        let request = Request::new(roles, &certificates, place, region, flow.now());
        let question =
            Sign::new(&roles.private_key, certificates.sign_with(), request.string_to_sign().into());
        let signature = flow.ask(question).await;
        let signature = signature.map_err(|refusal| refusal.error("sign with a private key"))?;
        let signature = signature.map_err(|failure| {
            Error::new(ErrorKind::Sign, format!("the private key did not sign: {}", failure.reason))
        })?;
        if signature.is_empty() {
            return Err(Error::new(ErrorKind::Sign, "the private key gave an empty signature"));
        }
        let sent = flow.host_now();
        let reply = flow.ask(request.signed(&signature)).await;
        let error = match reply.map_err(|refusal| refusal.error("make HTTP requests"))? {
            Ok(reply) if matches!(reply.status, 200 | 201) => {
                clock.taken(flow, sent, &reply);
                return usable(session(&reply)?, flow.now(), "the role of the certificate");
            }
            Ok(reply) => {
                let error = service_error(&reply, "CreateSession", &[]);
                let by_clock = error.aws_code().is_some() && !error.is_retryable();
                if by_clock && clock.refused(flow, sent, &reply) {
                    continue;
                }
                error
            }
            Err(failure) => of_transport(&failure),
        };
        retry.pause(flow, error).await?;
    }
}

async fn read(flow: &Flow, path: &str) -> Result<Certificates, Error> {
    let config = |why: &str| Error::new(ErrorKind::Config, format!("the certificate in {path} {why}"));
    let read = flow.ask(ReadFile::new(path, MOST_BYTES)).await;
    match read.map_err(|refusal| refusal.error(&format!("read {path}")))? {
        Ok(Some(data)) => Certificates::parse(&data).map_err(config),
        Ok(None) => Err(config("is not there; the file does not exist")),
        Err(failure) => Err(config(&format!("cannot be read: {}", failure.reason))),
    }
}

/// `{"credentialSet": [{"credentials": …, "assumedRoleUser": …}]}`; the first of the set.
fn session(reply: &HttpReply) -> Result<Credentials, Error> {
    let malformed =
        |why: &str| Error::new(ErrorKind::Malformed, format!("its credentials cannot be read: {why}"));
    let mut document = Object::parse(&reply.body).ok_or_else(|| malformed("they are no json object"))?;
    let first = document.take_list("credentialSet").and_then(|set| set.into_iter().next());
    let mut first = first.ok_or_else(|| malformed("the set is empty"))?;
    let keys = first.take("credentials").ok_or_else(|| malformed("there are none in the set"))?;
    let text = |name: &str| keys.text(name).ok_or_else(|| malformed(&format!("there is no {name}")));
    let end =
        Time::parse_rfc3339(text("expiration")?).ok_or_else(|| malformed("their expiration is no time"))?;
    let found = Credentials::new(text("accessKeyId")?, text("secretAccessKey")?)
        .with_session_token(text("sessionToken")?)
        .with_expiry(end)
        .with_source("roles-anywhere");
    let user = first.take("assumedRoleUser");
    let arn = user.as_ref().and_then(|user| user.text("arn")).unwrap_or_default();
    Ok(match arn.split(':').nth(4).filter(|account| !account.is_empty()) {
        Some(account) => found.with_account_id(account),
        None => found,
    })
}
