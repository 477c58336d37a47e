//! Links into the AWS Management Console: signing in with credentials (federation), and switching roles.
//!
//! A session's credentials are traded for a sign-in token, and that for a URL that opens the console for whoever has it,
//! once, within fifteen minutes. So the URL is a [`Secret`], as the token is, and no error carries either.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>
//!
//! ```
//! use awsaccess::console::{Console, sign_in};
//! use awsaccess::{credentials::Credentials, effect::HttpReply, step::Step, time::Time};
//!
//! let now = Time::from_unix(1_800_000_000);
//! let session = Credentials::new("ASIAEXAMPLE", "hush").with_session_token("t").with_source("assume-role");
//! let console = Console::new().region("eu-west-1").destination("s3").issuer("https://portal.example");
//! let Step::Http(ask) = sign_in(&session, &console, now, [7; 32]) else { unreachable!() };
//! assert_eq!(ask.request().url, "https://eu-west-1.signin.aws.amazon.com/federation");
//! let reply = HttpReply::new(200, vec![], r#"{"SigninToken":"once"}"#);
//! let Step::Done(Ok(link)) = ask.answer(now, Ok(reply)) else { unreachable!() };
//! assert!(link.url.expose().starts_with("https://eu-west-1.signin.aws.amazon.com/federation?Action=login&"));
//! ```

mod destination;
mod duration;
mod federation;
mod switch_role;

use std::time::Duration;

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::flow::{self, Flow};
use crate::partition::{self, Partition};
use crate::secret::Secret;
use crate::step::Step;
use crate::sts::{self, AssumeRole, AssumedRole, Endpoint, EndpointRules, GetFederationToken, Keys, Session};
use crate::time::Time;

pub use destination::destination;
pub use duration::{Base, Length, length};
pub use federation::Federation;
pub use switch_role::SwitchRole;

/// How long a sign-in URL can be used.
pub const URL_LASTS: Duration = Duration::from_secs(15 * 60);

/// What is wished for.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Console {
    role: Option<AssumeRole>,
    user: Option<(String, Option<String>)>,
    duration: Option<Duration>,
    destination: Option<String>,
    issuer: Option<String>,
    region: Option<String>,
    default_region: Option<String>,
    url: Option<String>,
    sts: Option<String>,
}

impl Console {
    /// The console of the credentials themselves, at its first page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The console as a role, which is assumed first. Its duration is decided here.
    #[must_use]
    pub fn role(mut self, role: AssumeRole) -> Self {
        self.role = Some(role);
        self
    }

    /// The console as a federated user (GetFederationToken), which long-lived keys need that assume no role. The user
    /// may do what the policy and the keys both allow; nothing without a policy.
    #[must_use]
    pub fn federated_user(mut self, name: impl Into<String>, policy: Option<String>) -> Self {
        self.user = Some((name.into(), policy));
        self
    }

    /// How long the console stays open; it is shortened to what is allowed. Without it, as long as the session's
    /// credentials last.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Where to arrive: an `https` URL of the partition's console, a path of it, or a service's name (`ec2`).
    #[must_use]
    pub fn destination(mut self, destination: impl Into<String>) -> Self {
        self.destination = Some(destination.into());
        self
    }

    /// Where the console sends the person when the session has ended.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// The region whose sign-in and console are used, and whose STS is asked.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The region that is set up. It says which partition the console is of, where neither [`region`](Self::region) nor
    /// the ARN of a role does; sign-in and console stay the partition's own.
    #[must_use]
    pub fn default_region(mut self, region: impl Into<String>) -> Self {
        self.default_region = Some(region.into());
        self
    }

    /// Another address of the sign-in, such as an emulator's.
    #[must_use]
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Another address of STS.
    #[must_use]
    pub fn sts_endpoint(mut self, url: impl Into<String>) -> Self {
        self.sts = Some(url.into());
        self
    }

    fn sts(&self, arn: Option<&str>) -> Result<Endpoint, Error> {
        let implied = arn.and_then(sts::region_of_arn);
        let region = self.region.as_deref().or(implied).or(self.default_region.as_deref());
        let region = region.unwrap_or("us-east-1");
        let rules =
            EndpointRules { region: Some(region), url: self.sts.as_deref(), ..EndpointRules::default() };
        Endpoint::choose(&rules)
    }
}

/// A way into the console. It has no `Debug`: whoever has the URL is signed in.
pub struct Link {
    /// What to open.
    pub url: Secret,
    /// Until when it can be used.
    pub expires_at: Time,
    /// Until when the console stays open; `None` if only AWS knows.
    pub session_ends_at: Option<Time>,
    /// Whose session it is, where a role was assumed or a user federated.
    pub arn: Option<String>,
}

/// Makes a link into the console: assumes the role or federates the user if one is wished for, and trades the session's
/// credentials for a sign-in token.
pub fn sign_in(credentials: &Credentials, console: &Console, now: Time, seed: [u8; 32]) -> Step<Link> {
    let (credentials, console) = (credentials.clone(), console.clone());
    flow::start(now, seed, |flow| async move {
        open(&flow, &credentials, &console).await.map_err(|error| error.within("the console"))
    })
}

async fn open(flow: &Flow, base: &Credentials, console: &Console) -> Result<Link, Error> {
    let (session, arn, length) = match (&console.role, &console.user) {
        (Some(_), Some(_)) => {
            return Err(Error::new(ErrorKind::Input, "name a role or a federated user, not both"));
        }
        (Some(role), None) => assume(flow, base, role, console).await?,
        (None, Some((name, policy))) => federate(flow, base, name, policy.as_deref(), console).await?,
        (None, None) => (base.clone(), None, duration::of_session(base, console.duration)?),
    };
    let partition = partition_of(arn.as_deref(), console)?;
    let destination = destination(console.destination.as_deref(), partition, console.region.as_deref())?;
    let federation = match &console.url {
        Some(url) => Federation::custom(url)?,
        None => Federation::of(partition, console.region.as_deref())?,
    };
    let issuer = console.issuer.as_deref();
    federation::check_issuer(issuer)?;
    let request = federation.token_request(&session, length.console)?;
    let token = federation::ask(flow, request).await?;
    let now = flow.now();
    let ends = session.expires_at().filter(|_| length.console.is_none());
    Ok(Link {
        url: federation.login_url(&token, &destination, issuer)?,
        expires_at: now + URL_LASTS,
        session_ends_at: length.console.map(|lasts| now + lasts).or(ends),
        arn,
    })
}

type Opened = (Credentials, Option<String>, Length);

async fn assume(
    flow: &Flow,
    base: &Credentials,
    role: &AssumeRole,
    console: &Console,
) -> Result<Opened, Error> {
    let length = length(Base::of(base), console.duration)?;
    let mut role = role.clone().by(base);
    role.duration = length.role;
    let endpoint = console.sts(Some(&role.role_arn))?;
    let found = AssumedRole::read(&sts::call(flow, base, &endpoint, &role.form()?).await?)?;
    Ok((found.credentials, Some(found.arn), length))
}

async fn federate(
    flow: &Flow,
    base: &Credentials,
    name: &str,
    policy: Option<&str>,
    console: &Console,
) -> Result<Opened, Error> {
    if base.session_token().is_some() {
        let message = "only long-lived keys can federate a user; these are temporary, so name a role";
        return Err(Error::new(ErrorKind::Input, message));
    }
    // A federated user's console ends with its credentials.
    let lasts = length(Base::LongLived, console.duration)?.console;
    let session = Session { duration: lasts, policy, policy_arns: &[] };
    let form = GetFederationToken { name, tags: &[], session }.form()?;
    let reply = sts::call(flow, base, &console.sts(None)?, &form).await?;
    let keys = Keys::read(&reply, GetFederationToken::RESULT)?.credentials();
    let arn = reply.text("GetFederationTokenResult/FederatedUser/Arn").map(str::to_owned);
    Ok((keys.with_source("federation-token"), arn, Length::default()))
}

/// The partition of the session's own ARN, else the region's, else the one of the region that is set up; a region that
/// was asked for and is of another partition contradicts the ARN.
fn partition_of(arn: Option<&str>, console: &Console) -> Result<&'static Partition, Error> {
    let of_arn = arn.and_then(|arn| partition::by_id(arn.split(':').nth(1)?));
    let of_region = match console.region.as_deref() {
        Some(region) => Some(partition::of(region).ok_or_else(|| {
            let message = format!("'{}' is no aws region", region.escape_default());
            Error::new(ErrorKind::Config, message)
        })?),
        None => None,
    };
    match (of_arn, of_region) {
        (Some(own), Some(other)) if own != other => {
            let message = format!("the session is of {}, the region of {}", own.id, other.id);
            Err(Error::new(ErrorKind::Config, message))
        }
        (own, other) => {
            let default = || partition::of_or_aws(console.default_region.as_deref().unwrap_or("us-east-1"));
            Ok(own.or(other).unwrap_or_else(default))
        }
    }
}

#[cfg(test)]
mod tests;
