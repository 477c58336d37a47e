//! The official SDK signs with what our chain finds, over the SDK's own HTTP client; the emulator checks and counts.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder as HttpBuilder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::{IdentityCacheLocation, ResolveIdentity};
use awsaccess::chain::Options;
use awsaccess::env::Env;
use awsaccess::provider::RoleHop;
use awsaccess_drivers::tokio::Provider;
use awsaccess_emulator::{Emulator, World};

const HUB: &str = "arn:aws:iam::111111111111:role/gateway-hub";

/// The emulator has a runtime of its own, so it starts and ends outside of this one.
fn with_emulator<F: Future<Output = ()>>(test: impl FnOnce(Arc<Emulator>) -> F) {
    let emulator = Arc::new(start());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(test(Arc::clone(&emulator)));
    drop(runtime);
}

fn start() -> Emulator {
    Emulator::builder().world(World::demo()).plain_port(0).start().unwrap()
}

/// The SDK's own client, trusting the emulator's authority and no other.
fn http(emulator: &Emulator) -> SharedHttpClient {
    let trust = tls::TrustStore::empty().with_pem_certificate(emulator.ca_pem().as_bytes());
    let context = tls::TlsContext::builder().with_trust_store(trust).build().unwrap();
    HttpBuilder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https()
}

/// The instance role and then the hub, of that emulator.
fn provider(emulator: &Emulator) -> Provider {
    let options = Options::new()
        .region("us-east-1")
        .home("/nowhere")
        .sts_endpoint(emulator.endpoint_url())
        .imds_endpoint(emulator.metadata_url())
        .assume(RoleHop::new(HUB).session_name("sdk"));
    Provider::builder(options, http(emulator)).env(Env::new()).build().unwrap()
}

fn sdk(emulator: &Emulator, credentials: impl ProvideCredentials + 'static) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(emulator.endpoint_url())
        .http_client(http(emulator))
        .credentials_provider(credentials)
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

/// Requests of STS that were signed by the instance's role: each is an AssumeRole of ours.
fn assumed(emulator: &Emulator) -> usize {
    let sts = |request: &&awsaccess_emulator::Recorded| request.service == "sts" && request.method == "POST";
    let requests = emulator.requests();
    let keys: Vec<_> = requests.iter().filter(sts).filter_map(|request| request.verified_key()).collect();
    let first = keys.first().copied();
    keys.iter().filter(|key| Some(**key) == first).count()
}

#[test]
fn the_sdk_takes_our_chain_for_its_provider() {
    with_emulator(sign_with_the_sdk);
}

async fn sign_with_the_sdk(emulator: Arc<Emulator>) {
    let provider = provider(&emulator);
    let client = sdk(&emulator, provider.clone());
    for _ in 0..3 {
        let who = client.get_caller_identity().send().await.unwrap();
        assert_eq!(who.arn(), Some("arn:aws:sts::111111111111:assumed-role/gateway-hub/sdk"));
    }
    assert_eq!(assumed(&emulator), 1);
    // Every secret stays out of what can be printed.
    let shown = format!("{provider:?} {client:?}");
    assert!(emulator.secrets().iter().all(|secret| !shown.contains(secret)), "{shown}");
}

#[test]
fn a_thousand_tasks_cause_one_request_and_who_leaves_harms_nobody() {
    with_emulator(ask_a_thousand_times);
}

async fn ask_a_thousand_times(emulator: Arc<Emulator>) {
    let provider = provider(&emulator);
    let start = Arc::new(tokio::sync::Barrier::new(1001));
    let tasks: Vec<_> = (0..1000)
        .map(|_| {
            let (provider, start) = (provider.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                provider.credentials().await.map(|found| found.access_key_id().to_owned())
            })
        })
        .collect();
    // The one who begins the work gives up before it is done.
    let leaving = tokio::spawn({
        let provider = provider.clone();
        async move {
            let credentials = provider.credentials();
            let mut credentials = std::pin::pin!(credentials);
            std::future::poll_fn(|context| {
                let _ = credentials.as_mut().poll(context);
                std::task::Poll::Ready(())
            })
            .await;
        }
    });
    leaving.await.unwrap();
    start.wait().await;
    let mut ids = std::collections::BTreeSet::new();
    for task in tasks {
        ids.insert(task.await.unwrap().unwrap());
    }
    assert_eq!((ids.len(), assumed(&emulator)), (1, 1));
    // Refused by a service: one more request, however many ask.
    assert!(provider.invalidate(ids.first().unwrap()));
    let (a, b) = tokio::join!(provider.credentials(), provider.credentials_for(Duration::from_secs(600)));
    assert_eq!(a.unwrap(), b.unwrap());
    assert_eq!(assumed(&emulator), 2);
}

#[test]
fn an_identity_for_the_sdks_own_parts_and_errors_in_its_words() {
    with_emulator(ask_as_the_sdk_does);
}

async fn ask_as_the_sdk_does(emulator: Arc<Emulator>) {
    let provider = provider(&emulator);
    assert_eq!(provider.cache_location(), IdentityCacheLocation::IdentityResolver);
    let found = provider.provide_credentials().await.unwrap();
    assert!(found.session_token().is_some() && found.expiry().is_some());
    let held = ProvideCredentials::fallback_on_interrupt(&provider).unwrap();
    assert_eq!(held.access_key_id(), found.access_key_id());
    assert!(ResolveIdentity::fallback_on_interrupt(&provider).unwrap().expiration().is_some());

    let nothing = Options::new().home("/nowhere").imds_endpoint("http://127.0.0.1:1");
    let nothing = Provider::builder(nothing, http(&emulator)).env(Env::new()).build().unwrap();
    let error = nothing.provide_credentials().await.unwrap_err();
    assert!(
        matches!(error, aws_credential_types::provider::error::CredentialsError::CredentialsNotLoaded(_)),
        "{error:?}"
    );
    let missing = Options::new().home("/nowhere").profile("missing");
    let missing = Provider::builder(missing, http(&emulator)).env(Env::new()).build().unwrap();
    let error = missing.provide_credentials().await.unwrap_err();
    assert!(
        matches!(error, aws_credential_types::provider::error::CredentialsError::InvalidConfiguration(_)),
        "{error:?}"
    );
}
