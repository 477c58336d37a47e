//! From a list of sources to credentials.

mod source;

use super::options::Options;
use super::order::Source;
use super::plan::{Base, Plan, plan};
use super::warning;
use super::world::World;
use crate::cache;
use crate::credentials::Credentials;
use crate::env::Env;
use crate::error::{Attempt, Error, ErrorKind, Outcome, Trace};
use crate::flow::{self, Flow};
use crate::provider::assume_role::LONGEST_CHAINED;
use crate::provider::{Answer, RoleHop, environment, imds, login, sso, usable};
use crate::step::Step;
use crate::time::Time;

/// The most roles that may follow one another.
const MOST_ROLES: usize = 20;

/// Credentials, and how they were come by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    credentials: Credentials,
    trace: Trace,
    warnings: Vec<String>,
    clock_offset: i64,
}

impl Resolved {
    /// The credentials.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Every source that was tried.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What was passed over on the way, and may not be meant so.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How far the host's clock is behind AWS's, in milliseconds, as replies have shown; nought if nobody said. The
    /// next resolution begins with it: [`Options::clock_offset`].
    #[must_use]
    pub fn clock_offset(&self) -> i64 {
        self.clock_offset
    }

    /// Gives the credentials away.
    #[must_use]
    pub fn into_credentials(self) -> Credentials {
        self.credentials
    }
}

/// Tries each source of the order until one gives credentials or fails, then assumes the roles that the options
/// name. `seed` is 32 fresh bytes from a cryptographic generator.
///
/// Only a source that is not configured is passed over. The error's
/// [`attempts`](Error::attempts) hold what every source said.
pub fn resolve(options: &Options, env: &Env, now: Time, seed: [u8; 32]) -> Step<Resolved> {
    let (options, env) = (options.clone(), env.clone());
    flow::start(now, seed, |flow| async move { find(flow, options, env).await.map(|(resolved, _)| resolved) })
}

/// The same within a task that goes on with what was found.
pub(super) async fn find(flow: Flow, options: Options, env: Env) -> Result<(Resolved, World), Error> {
    flow.set_clock_offset(options.clock_offset);
    let noted_at = flow.host_now();
    let mut task = Task { noted_at, world: World::new(flow, options, env), trace: Trace::default() };
    match task.run().await {
        Ok(credentials) => {
            let warnings = std::mem::take(&mut task.world.warnings);
            let clock_offset = task.world.flow.clock_offset();
            Ok((Resolved { credentials, trace: task.trace, warnings, clock_offset }, task.world))
        }
        Err(error) => Err(error.with_attempts(task.trace.into_attempts())),
    }
}

struct Task {
    world: World,
    trace: Trace,
    /// When the last line of the trace was written, by the host's clock.
    noted_at: Time,
}

impl Task {
    async fn run(&mut self) -> Result<Credentials, Error> {
        let hops = self.world.options.assume.clone();
        if hops.len() > MOST_ROLES {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("more than {MOST_ROLES} roles follow one another"),
            ));
        }
        let (mut credentials, mut is_session) = self.base().await?;
        if let Some(exchange) = self.world.options.exchange.clone() {
            credentials = self.exchange(&credentials, &exchange, is_session).await?;
            is_session = false;
        }
        for hop in hops {
            credentials = self.hop(&credentials, &hop, is_session, false).await?;
            is_session = true;
        }
        Ok(credentials)
    }

    /// The first source that has something to say, and whether its credentials are a role's session.
    async fn base(&mut self) -> Result<(Credentials, bool), Error> {
        for source in self.world.options.order.sources().to_vec() {
            let mut is_session = matches!(source, Source::Imds | Source::Container | Source::WebIdentity);
            let answer = match source {
                Source::Code => {
                    let (answer, session) = self.code().await;
                    is_session = session;
                    answer
                }
                Source::Environment => self.environment(),
                Source::Profile => match self.profile().await {
                    Ok((credentials, session)) => {
                        is_session = session;
                        Answer::Found(credentials)
                    }
                    Err(answer) => answer,
                },
                Source::WebIdentity => self.web_identity_of_env().await,
                Source::Container => self.container().await,
                Source::Custom(name) => self.custom(name).await,
                Source::Imds => {
                    let only = self.world.options.order.sources() == [Source::Imds];
                    self.imds(only).await
                }
            };
            match answer {
                Answer::NotConfigured(why) => self.note(&source.to_string(), Outcome::NotConfigured, why),
                Answer::Failed(error) => {
                    self.note(&source.to_string(), Outcome::Failed, error.message());
                    return Err(error);
                }
                Answer::Found(credentials) => {
                    self.note(
                        &source.to_string(),
                        Outcome::Ok,
                        format!("key {}", credentials.access_key_id()),
                    );
                    return Ok((credentials, is_session));
                }
            }
        }
        let message = "no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, select a profile that \
                       has some, or run where a role is attached";
        Err(Error::new(ErrorKind::NotConfigured, message))
    }

    fn environment(&mut self) -> Answer {
        if self.world.selected.in_code {
            return Answer::NotConfigured("a profile was selected in code".to_owned());
        }
        let answer = environment::load(&self.world.env, self.world.flow.now());
        if matches!(answer, Answer::Found(_)) && self.world.selected.explicit {
            let warning =
                format!("the keys of the environment shadow the profile {}", self.world.selected.name);
            self.world.warnings.push(warning);
        }
        answer
    }

    async fn imds(&mut self, configured: bool) -> Answer {
        match self.world.imds(configured).await {
            Ok(imds) => imds::load(&self.world.flow, &imds).await,
            Err(error) => Answer::Failed(error),
        }
    }

    async fn sso(&mut self, sso: &sso::Sso) -> Result<Credentials, Error> {
        let Some((account, role)) = &sso.role else {
            return Err(Error::new(ErrorKind::Config, TOKEN_ONLY));
        };
        let setup = self.world.sso(sso).await?;
        let World { flow, options, warnings, .. } = &mut self.world;
        sso::load(flow, &setup, (account, role), &options.renewals, warnings).await
    }

    async fn login(&mut self, session: &str, profile: &str) -> Result<Credentials, Error> {
        let setup = self.world.login(session, profile).await?;
        let World { flow, options, warnings, .. } = &mut self.world;
        login::load(flow, &setup, &options.renewals, warnings).await
    }

    async fn profile(&mut self) -> Result<(Credentials, bool), Answer> {
        let plan = self.plan().await?;
        let mut is_session = plan.base.is_role_session();
        let mut credentials = self.planned(&plan).await.map_err(Answer::Failed)?;
        if !plan.roles.is_empty() {
            self.note(&format!("profile {}", plan.base_profile), Outcome::Ok, plan.base.to_string());
        }
        for hop in &plan.roles {
            credentials =
                self.hop(&credentials, &hop.role, is_session, true).await.map_err(Answer::Failed)?;
            is_session = true;
        }
        Ok((credentials, is_session))
    }

    async fn plan(&mut self) -> Result<Plan, Answer> {
        let selected = self.world.selected.clone();
        let profiles = self.world.read_profiles().await.map_err(Answer::Failed)?;
        let planned = plan(profiles, &selected).and_then(|planned| planned.executable().map(|()| planned));
        let planned = planned.map_err(|error| match error.kind() {
            ErrorKind::NotConfigured => Answer::NotConfigured(error.to_string()),
            kind => Answer::Failed(Error::new(kind, error.to_string())),
        })?;
        let known = &mut self.world.warnings;
        let new: Vec<_> =
            planned.warnings.iter().filter(|warning| !known.contains(warning)).cloned().collect();
        known.extend(new);
        // Such a profile is there for services that take the token itself, unless somebody asks it for more.
        match &planned.base {
            Base::Sso(sso) if sso.role.is_none() && planned.roles.is_empty() && !selected.in_code => {
                Err(Answer::NotConfigured(format!("the profile {}: {TOKEN_ONLY}", selected.name)))
            }
            _ => Ok(planned),
        }
    }

    /// The first credentials of a profile. A source that a profile names must work.
    async fn planned(&mut self, plan: &Plan) -> Result<Credentials, Error> {
        let now = self.world.flow.now();
        let context = format!("profile {}", plan.base_profile);
        let answer = match &plan.base {
            Base::Keys(keys) => {
                usable(keys.clone(), now, &format!("the profile {}", plan.base_profile)).into()
            }
            Base::Environment => environment::load(&self.world.env, now),
            Base::Imds => self.imds(true).await,
            Base::Container => self.container().await,
            Base::WebIdentity { role_arn, token_file, session_name } => {
                let names = (role_arn.as_str(), token_file.as_str(), session_name.as_deref());
                self.web_identity_of_profile(&plan.base_profile, names).await
            }
            Base::Process { command, account_id } => {
                self.process(&plan.base_profile, command, account_id.as_deref()).await
            }
            Base::Sso(sso) => self.sso(sso).await.into(),
            Base::Login(session) => self.login(session, &plan.base_profile).await.into(),
        };
        match answer {
            Answer::Found(credentials) => Ok(credentials),
            Answer::Failed(error) => Err(error.within(&context)),
            Answer::NotConfigured(why) => Err(Error::new(ErrorKind::Config, why).within(&context)),
        }
    }

    async fn hop(
        &mut self,
        source: &Credentials,
        hop: &RoleHop,
        is_session: bool,
        of_profile: bool,
    ) -> Result<Credentials, Error> {
        let mut hop = hop.clone();
        if is_session && hop.duration.is_some_and(|duration| duration > LONGEST_CHAINED) {
            hop.duration = Some(LONGEST_CHAINED);
        }
        let result = match self.world.endpoint(&hop, of_profile).await {
            Ok(endpoint) => {
                let folder = self.world.shared_cache();
                cache::assume_role(&self.world.flow, folder.as_deref(), source, &hop, &endpoint).await
            }
            Err(error) => Err(error),
        };
        match &result {
            Ok(credentials) => {
                self.note("assume-role", Outcome::Ok, &hop.role_arn);
                self.world.warnings.extend(warning::of_packed(&hop.role_arn, credentials));
            }
            Err(error) => self.note("assume-role", Outcome::Failed, error.message()),
        }
        result
    }

    fn note(&mut self, source: &str, outcome: Outcome, reason: impl Into<String>) {
        let now = self.world.flow.host_now();
        self.trace.push(Attempt::new(source, outcome, reason).took(now.since(self.noted_at)));
        self.noted_at = now;
    }
}

const TOKEN_ONLY: &str =
    "its sso-session gives a token and no credentials; add sso_account_id and sso_role_name";
