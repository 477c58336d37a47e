//! What the SDK's HTTP clients want to be handed besides a request: a clock, a way to wait, and parts of a client that
//! a bare request never touches, each of which refuses to serve.

use std::borrow::Cow;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::{
    AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, AuthSchemeOptionResolverParams,
    ResolveAuthSchemeOptions, Sign,
};
use aws_smithy_runtime_api::client::endpoint::{EndpointFuture, EndpointResolverParams, ResolveEndpoint};
use aws_smithy_runtime_api::client::identity::{
    Identity, IdentityFuture, ResolveCachedIdentity, ResolveIdentity, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::retries::{RetryStrategy, ShouldAttempt};
use aws_smithy_runtime_api::client::runtime_components::{
    BuildError, GetIdentityResolver, RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;

/// A clock and a way to wait; the rest is [`Absent`].
pub(super) fn bare() -> Result<RuntimeComponents, BuildError> {
    RuntimeComponentsBuilder::new("awsaccess")
        .with_time_source(Some(SharedTimeSource::new(SystemTimeSource::new())))
        .with_sleep_impl(Some(SharedAsyncSleep::new(TokioSleep::new())))
        .with_auth_scheme(Absent)
        .with_auth_scheme_option_resolver(Some(Absent))
        .with_endpoint_resolver(Some(Absent))
        .with_identity_cache(Some(Absent))
        .with_identity_resolver(Absent::SCHEME, Absent)
        .with_retry_strategy(Some(Absent))
        .build()
}

/// A part that is not there.
#[derive(Debug)]
struct Absent;

impl Absent {
    const SCHEME: AuthSchemeId = AuthSchemeId::new("awsaccess-none");

    fn refusal() -> BoxError {
        "a bare request has no such part".into()
    }
}

impl ResolveAuthSchemeOptions for Absent {
    fn resolve_auth_scheme_options(
        &self,
        _: &AuthSchemeOptionResolverParams,
    ) -> Result<Cow<'_, [AuthSchemeId]>, BoxError> {
        Err(Self::refusal())
    }
}

impl ResolveEndpoint for Absent {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::ready(Err(Self::refusal()))
    }
}

impl AuthScheme for Absent {
    fn scheme_id(&self) -> AuthSchemeId {
        Self::SCHEME
    }

    fn identity_resolver(&self, _: &dyn GetIdentityResolver) -> Option<SharedIdentityResolver> {
        None
    }

    fn signer(&self) -> &dyn Sign {
        self
    }
}

impl Sign for Absent {
    fn sign_http_request(
        &self,
        _: &mut HttpRequest,
        _: &Identity,
        _: AuthSchemeEndpointConfig<'_>,
        _: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<(), BoxError> {
        Err(Self::refusal())
    }
}

impl ResolveIdentity for Absent {
    fn resolve_identity<'a>(&'a self, _: &'a RuntimeComponents, _: &'a ConfigBag) -> IdentityFuture<'a> {
        IdentityFuture::ready(Err(Self::refusal()))
    }
}

impl ResolveCachedIdentity for Absent {
    fn resolve_cached_identity<'a>(
        &'a self,
        _: SharedIdentityResolver,
        _: &'a RuntimeComponents,
        _: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::ready(Err(Self::refusal()))
    }
}

impl RetryStrategy for Absent {
    fn should_attempt_initial_request(
        &self,
        _: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<ShouldAttempt, BoxError> {
        Ok(ShouldAttempt::Yes)
    }

    fn should_attempt_retry(
        &self,
        _: &InterceptorContext,
        _: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<ShouldAttempt, BoxError> {
        Ok(ShouldAttempt::No)
    }
}
