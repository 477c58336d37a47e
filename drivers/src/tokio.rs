//! A host that does not block, over any HTTP client of the AWS SDK for Rust; and a provider of credentials for it.
//!
//! ```no_run
//! # async fn f(http: aws_smithy_runtime_api::client::http::SharedHttpClient) -> Result<(), awsaccess::error::Error> {
//! use awsaccess::chain::Options;
//! use awsaccess_drivers::tokio::Provider;
//! let provider = Provider::new(Options::new().profile("prod"), http)?;
//! let credentials = provider.credentials().await?;
//! // or: aws_sdk_sts::config::Builder::new().credentials_provider(provider)
//! # Ok(()) }
//! ```

mod application;
mod components;
mod host;
mod http;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::tokio::sync::watch;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::{
    Identity, IdentityCacheLocation, IdentityFuture, ResolveIdentity,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use awsaccess::cache::Settings;
use awsaccess::chain::{self, Options, Resolved};
use awsaccess::credentials::Credentials;
use awsaccess::env::Env;
use awsaccess::error::{Error, ErrorKind, Trace};
use awsaccess::host::{AsyncHost, run_async};
use awsaccess::time::Time;

use crate::flight::{Flight, Look, Turn, system_clock};
pub use crate::surroundings::{environment, seed};
pub use application::{Answer, Application};
pub use host::Tokio;

/// Finds credentials as AWS's SDKs do, once.
///
/// # Errors
/// The chain's own; [`Error::attempts`] lists what every source said.
pub async fn resolve_with(options: &Options, env: &Env, host: &mut Tokio) -> Result<Resolved, Error> {
    let result = run_async(chain::resolve(options, env, host.now(), seed()?), host).await;
    host.release();
    result
}

/// Finds credentials once, and renews them when their time comes. However many tasks ask at a time, the source is
/// asked once, by a task of its own: one who stops waiting takes nothing from the others. See [`awsaccess::cache`]
/// for when that is and what a failure means.
///
/// A provider is cheap to clone, and its clones share the credentials. It needs to be used within a tokio runtime
/// with its time enabled.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    flight: Flight,
    landed: watch::Sender<u64>,
    options: Options,
    env: Env,
    http: SharedHttpClient,
    direct: SharedHttpClient,
    application: Option<Arc<dyn Application>>,
}

impl Provider {
    /// The chain with the environment and files of this process, over that HTTP client.
    ///
    /// # Errors
    /// As of [`environment`] and [`seed`].
    pub fn new(options: Options, http: SharedHttpClient) -> Result<Self, Error> {
        Self::builder(options, http).build()
    }

    /// The same with more to say.
    #[must_use]
    pub fn builder(options: Options, http: SharedHttpClient) -> Builder {
        Builder {
            options,
            direct: http.clone(),
            http,
            application: None,
            env: None,
            settings: Settings::default(),
            clock: system_clock(),
        }
    }

    /// Credentials that serve now.
    ///
    /// # Errors
    /// The source's own, where there is nothing to serve in its place.
    pub async fn credentials(&self) -> Result<Credentials, Error> {
        self.credentials_for(Duration::ZERO).await
    }

    /// Credentials that are good for at least so long from now.
    ///
    /// # Errors
    /// The source's own; [`ErrorKind::Expired`] if it gives none that last as long.
    pub async fn credentials_for(&self, need: Duration) -> Result<Credentials, Error> {
        loop {
            let (look, before, mut landed) = {
                let mut state = self.0.flight.lock();
                // Within the lock, so that no report falls between the look and the wait.
                let landed = self.0.landed.subscribe();
                (self.0.flight.look(&mut state, need), state.landed, landed)
            };
            let longest = match look {
                Look::Ready(result) => return result,
                Look::Depart => {
                    ::tokio::spawn(ask(Arc::clone(&self.0)));
                    None
                }
                Look::Wait(longest) => Some(longest),
            };
            let report = landed.wait_for(|landed| *landed != before);
            let in_time = match longest {
                None => report.await.is_ok(),
                Some(longest) => {
                    ::tokio::time::timeout(longest, report).await.is_ok_and(|report| report.is_ok())
                }
            };
            if in_time {
                return self.0.flight.served(&self.0.flight.lock(), need);
            }
        }
    }

    /// AWS has refused this key as expired or invalid: the next caller has the source asked. A key that was replaced
    /// meanwhile changes nothing. Says whether it did.
    pub fn invalidate(&self, access_key_id: &str) -> bool {
        self.0.flight.invalidate(access_key_id)
    }

    /// Why the last refresh failed, if none succeeded since.
    #[must_use]
    pub fn last_failure(&self) -> Option<Error> {
        self.0.flight.last_failure()
    }

    /// What every source said when the credentials were found, and what was warned of.
    #[must_use]
    pub fn account(&self) -> (Trace, Vec<String>) {
        self.0.flight.account()
    }
}

/// Asks the source, reports, and wakes those who wait; also if it breaks off.
async fn ask(inner: Arc<Inner>) {
    struct Wake<'a>(&'a Inner);
    impl Drop for Wake<'_> {
        fn drop(&mut self) {
            let landed = self.0.flight.lock().landed;
            self.0.landed.send_replace(landed);
        }
    }
    let _wake = Wake(&inner);
    let turn = Turn::new(&inner.flight);
    let offset = inner.flight.lock().clock_offset();
    let mut host = Tokio::new(inner.http.clone()).direct(inner.direct.clone());
    if let Some(application) = &inner.application {
        host = host.application(Arc::clone(application));
    }
    let result = resolve_with(&inner.options.clone().clock_offset(offset), &inner.env, &mut host).await;
    turn.report(result);
}

/// What a [`Provider`] is made of.
pub struct Builder {
    options: Options,
    env: Option<Env>,
    settings: Settings,
    http: SharedHttpClient,
    direct: SharedHttpClient,
    application: Option<Arc<dyn Application>>,
    clock: crate::flight::Clock,
}

impl Builder {
    /// Another environment than this process's.
    #[must_use]
    pub fn env(mut self, env: Env) -> Self {
        self.env = Some(env);
        self
    }

    /// When credentials are renewed, and what a failure means.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The client for addresses that mean something on this machine only, such as instance metadata's: one without a
    /// proxy. Needed where the other has one.
    #[must_use]
    pub fn direct(mut self, http: SharedHttpClient) -> Self {
        self.direct = http;
        self
    }

    /// Lets the application answer what only it can: codes, pages, keys, sources of its own.
    #[must_use]
    pub fn application(mut self, application: impl Application) -> Self {
        self.application = Some(Arc::new(application));
        self
    }

    /// Goes by another clock than this machine's for when to renew.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Time + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// The provider.
    ///
    /// # Errors
    /// As of [`environment`] and [`seed`].
    pub fn build(self) -> Result<Provider, Error> {
        let env = match self.env {
            Some(env) => env,
            None => environment()?,
        };
        let flight = Flight::new(self.settings, seed()?, self.clock);
        let (landed, _) = watch::channel(0);
        let Self { options, http, direct, application, .. } = self;
        Ok(Provider(Arc::new(Inner { flight, landed, options, env, http, direct, application })))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("credentials", &self.0.flight.current()).finish_non_exhaustive()
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.credentials().await.map(|found| (&found).into()).map_err(told)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<aws_credential_types::Credentials> {
        self.0.flight.current().as_ref().map(Into::into)
    }
}

impl ResolveIdentity for Provider {
    fn resolve_identity<'a>(
        &'a self,
        _runtime_components: &'a RuntimeComponents,
        _config_bag: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async {
            let found = self.credentials().await?;
            Ok(Identity::from(aws_credential_types::Credentials::from(&found)))
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Identity> {
        ProvideCredentials::fallback_on_interrupt(self).map(Identity::from)
    }

    /// We hold them ourselves, and know when they end.
    fn cache_location(&self) -> IdentityCacheLocation {
        IdentityCacheLocation::IdentityResolver
    }
}

/// In the SDK's words.
fn told(error: Error) -> CredentialsError {
    match error.kind() {
        ErrorKind::NotConfigured => CredentialsError::not_loaded(error),
        ErrorKind::Config | ErrorKind::Profile | ErrorKind::Input => {
            CredentialsError::invalid_configuration(error)
        }
        ErrorKind::Internal => CredentialsError::unhandled(error),
        _ => CredentialsError::provider_error(error),
    }
}
