//! Links into the console with the roles of a grant.

use std::time::Duration;

use awsaccess::access::Grant;
use awsaccess::console::{Console, Federation, Link, sign_in};
use awsaccess::error::{Error, ErrorKind};
use awsaccess::host::Host;
use awsaccess::partition;
use awsaccess::provider::RoleHop;
use awsaccess::sts::AssumeRole;
use awsaccess_drivers::blocking::{Blocking, Network, drive, seed};

use crate::health::{Ailment, SignIn};
use crate::server::Shared;
use crate::sink::now;
use crate::source::{Chain, role_hops};

/// What is wished for.
pub(crate) struct Wish {
    /// How long the console is to stay open; what is allowed of it.
    pub(crate) lasts: Duration,
    pub(crate) destination: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) region: Option<String>,
}

impl Wish {
    fn console(&self) -> Console {
        let mut console = Console::new();
        if let Some(destination) = &self.destination {
            console = console.destination(destination);
        }
        if let Some(issuer) = &self.issuer {
            console = console.issuer(issuer);
        }
        if let Some(region) = &self.region {
            console = console.region(region);
        }
        console
    }
}

/// How much later than allowed a session may end that cannot be told when to: clocks differ.
const SLACK: Duration = Duration::from_secs(60);

impl Shared {
    /// Makes a link. It blocks.
    pub(crate) fn console(&self, grant: &Grant, wish: &Wish) -> Result<Link, Error> {
        match &self.chain {
            Some(chain) => chain.console(grant, wish),
            None => self.console_of_session(grant, wish),
        }
    }

    /// With credentials that the program brought: the console ends when they do, and they must not outlast what is
    /// allowed.
    fn console_of_session(&self, grant: &Grant, wish: &Wish) -> Result<Link, Error> {
        let session = self.fetch(grant)?;
        if session.expires_at().is_none_or(|end| end > now() + wish.lasts + SLACK) {
            let why = "the credentials of the program last longer than the console may stay open";
            return Err(Error::new(ErrorKind::Input, why));
        }
        let mut host = Blocking::with_network(self.network.clone())?;
        drive(sign_in(&session, &wish.console(), host.now(), seed()?), &mut host)
    }
}

impl Shared {
    /// Whether the sign-in answers, of an application whose roles may be taken into the console. No link is made. It blocks.
    pub(crate) fn sign_in(&self, application: &str) -> Option<SignIn> {
        let access = &self.gateway.access;
        let found = access.applications().find(|found| found.name == application && found.may_leave())?;
        let named = self.chain.as_ref().and_then(|chain| chain.named(&found.source).ok());
        let network = named.map_or(&self.network, |named| &named.network);
        let mut all = Vec::new();
        for (_, grant) in access.trials(application) {
            let partition = grant.hops.last().and_then(|hop| partition::by_id(hop.role.partition()));
            let federation = match (named.and_then(|named| named.signin.as_deref()), partition) {
                (Some(url), _) => Federation::custom(url),
                (None, Some(partition)) => Federation::of(partition, None),
                (None, None) => continue,
            };
            if !all.contains(&federation) {
                all.push(federation);
            }
        }
        let answers = all.into_iter().map(|federation| knock(federation, network));
        // One that does not answer is what an operator must hear of.
        answers.reduce(|one, other| if one.ailment.is_none() { other } else { one })
    }
}

fn knock(federation: Result<Federation, Error>, network: &Network) -> SignIn {
    let asked = federation.and_then(|federation| {
        let mut host = Blocking::with_network(network.clone())?;
        Ok(host.http(&federation.knock()))
    });
    let why = match asked {
        // It is asked for nothing, and says so.
        Ok(Some(Ok(reply))) if reply.status < 500 => return SignIn { ailment: None, detail: String::new() },
        Ok(Some(Ok(reply))) => format!("the sign-in answered with status {}", reply.status),
        Ok(Some(Err(failure))) => format!("the sign-in: {}", failure.reason.name()),
        Ok(None) => "the sign-in was not asked".to_owned(),
        Err(error) => awsaccess::redact::text(&error.to_string()),
    };
    SignIn { ailment: Some(Ailment::SignInOutOfReach), detail: why }
}

impl Chain {
    /// The last role is assumed for the console: how long that stays open depends on what it is assumed with.
    fn console(&self, grant: &Grant, wish: &Wish) -> Result<Link, Error> {
        let hops = role_hops(grant)?;
        let (last, before) =
            hops.split_last().ok_or_else(|| Error::new(ErrorKind::Internal, "a grant without a role"))?;
        let base = self.find(&grant.source, before)?;
        let named = self.named(&grant.source)?;
        let mut console = wish.console().role(assume(last)).duration(wish.lasts);
        if let Some(region) = &named.region {
            console = console.default_region(region);
        }
        if let Some(url) = &named.sts {
            console = console.sts_endpoint(url);
        }
        if let Some(url) = &named.signin {
            console = console.endpoint(url);
        }
        let mut host = named.host()?;
        drive(sign_in(&base, &console, host.now(), seed()?), &mut host)
    }
}

fn assume(hop: &RoleHop) -> AssumeRole {
    let mut role = AssumeRole::new(&hop.role_arn, hop.session_name.as_deref().unwrap_or_default());
    role.external_id.clone_from(&hop.external_id);
    role.source_identity.clone_from(&hop.source_identity);
    role.policy.clone_from(&hop.policy);
    role.policy_arns.clone_from(&hop.policy_arns);
    role.tags.clone_from(&hop.tags);
    role.transitive_tag_keys.clone_from(&hop.transitive_tag_keys);
    role
}
