//! The chain against the emulator: real sockets and TLS, signatures checked by aws-sigv4, trust policies enforced.
#![cfg(feature = "blocking")]

use awsaccess::chain::{Options, Resolved};
use awsaccess::effect::PromptKind;
use awsaccess::env::Env;
use awsaccess::error::{Error, ErrorKind};
use awsaccess::host::{Host, run};
use awsaccess::provider::RoleHop;
use awsaccess::secret::Secret;
use awsaccess::sts::{Endpoint, get_caller_identity};
use awsaccess_drivers::blocking::{self, Blocking};
use awsaccess_emulator::{Emulator, World};

const HUB: &str = "arn:aws:iam::111111111111:role/gateway-hub";
const DEVELOPER: &str = "arn:aws:iam::222222222222:role/developer";
const ADMIN: &str = "arn:aws:iam::222222222222:role/admin";

fn start() -> Emulator {
    Emulator::builder().world(World::demo()).start().unwrap()
}

/// Where the emulator is, as a caller says it.
fn options(emulator: &Emulator) -> Options {
    Options::new()
        .region("us-east-1")
        .home("/nowhere")
        .sts_endpoint(emulator.endpoint_url())
        .imds_endpoint(emulator.metadata_url())
}

/// A machine whose metadata may take its time: it may be busy with something else.
fn instance() -> Env {
    [("AWS_METADATA_SERVICE_TIMEOUT", "60")].into_iter().collect()
}

fn host(emulator: &Emulator) -> Blocking {
    Blocking::with_roots(emulator.ca_pem().as_bytes()).unwrap()
}

/// Resolves; and sees to it that no secret of the emulator's is in anything that could be printed.
fn resolve(
    emulator: &Emulator,
    options: &Options,
    env: &Env,
    host: &mut Blocking,
) -> Result<Resolved, Error> {
    let result = blocking::resolve_with(options, env, host);
    let shown = match &result {
        Ok(resolved) => format!("{resolved:?} {} {:?}", resolved.trace(), resolved.warnings()),
        Err(error) => format!("{error} {error:?}"),
    };
    for secret in emulator.secrets() {
        assert!(!shown.contains(&secret), "{shown}");
    }
    result
}

fn who(emulator: &Emulator, resolved: &Resolved, host: &mut Blocking) -> String {
    let endpoint = Endpoint::custom(&emulator.endpoint_url(), "us-east-1").unwrap();
    let now = host.now();
    run(get_caller_identity(resolved.credentials(), &endpoint, now, [0; 32]), host).unwrap().arn
}

#[test]
fn instance_role_then_role_then_role_with_an_external_id() {
    let emulator = start();
    let mut host = host(&emulator);
    let developer = || RoleHop::new(DEVELOPER).session_name("ana");
    let via_hub = || options(&emulator).assume(RoleHop::new(HUB));

    let node = resolve(&emulator, &options(&emulator), &instance(), &mut host).unwrap();
    assert_eq!(node.credentials().source(), Some("imds"));
    assert!(who(&emulator, &node, &mut host).contains(":assumed-role/gateway-node/"));

    let right = via_hub().assume(developer().external_id("demo-external-id"));
    let found = resolve(&emulator, &right, &instance(), &mut host).unwrap();
    assert_eq!(found.credentials().account_id(), Some("222222222222"));
    assert_eq!(who(&emulator, &found, &mut host), "arn:aws:sts::222222222222:assumed-role/developer/ana");

    for wrong in [developer(), developer().external_id("another-external-id")] {
        let error = resolve(&emulator, &via_hub().assume(wrong), &instance(), &mut host).unwrap_err();
        assert_eq!((error.kind(), error.aws_code()), (ErrorKind::Denied, Some("AccessDenied")), "{error}");
        assert_eq!(error.attempts().iter().filter(|attempt| attempt.source == "assume-role").count(), 2);
    }
}

#[test]
fn a_role_that_asks_for_a_code() {
    let emulator = start();
    let alice = emulator.world().users.iter().find(|user| user.name == "alice").unwrap();
    let keys = &alice.access_keys[0];
    let env: Env = [
        ("AWS_ACCESS_KEY_ID", keys.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.as_str()),
    ]
    .into_iter()
    .collect();
    let hop = || RoleHop::new(ADMIN).session_name("alice");
    let with_device = options(&emulator).assume(hop().mfa_serial("arn:aws:iam::111111111111:mfa/alice"));

    let code = emulator.mfa_code("alice").unwrap();
    let mut answering = host(&emulator).prompt_with({
        let code = code.clone();
        move |question| (question.kind == PromptKind::Mfa).then(|| Secret::new(code.clone()))
    });
    let found = resolve(&emulator, &with_device, &env, &mut answering).unwrap();
    assert_eq!(who(&emulator, &found, &mut answering), "arn:aws:sts::222222222222:assumed-role/admin/alice");

    let error = resolve(&emulator, &with_device, &env, &mut host(&emulator)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mfa);
    let error =
        resolve(&emulator, &options(&emulator).assume(hop()), &env, &mut host(&emulator)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[test]
fn a_wrong_key_and_a_wrong_clock() {
    let emulator = start();
    let env: Env = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "wrong")]
        .into_iter()
        .collect();
    let hub = options(&emulator).assume(RoleHop::new(HUB));
    let error = resolve(&emulator, &hub, &env, &mut host(&emulator)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");

    // The emulator lives half an hour ahead: the first request is refused, and its reply tells the time.
    emulator.set_clock_offset(1800);
    let ci = emulator.world().users.iter().find(|user| user.name == "ci").unwrap();
    let keys = &ci.access_keys[0];
    let env: Env = [
        ("AWS_ACCESS_KEY_ID", keys.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.as_str()),
    ]
    .into_iter()
    .collect();
    let found = resolve(&emulator, &hub, &env, &mut host(&emulator)).unwrap();
    assert_eq!(found.credentials().source(), Some("assume-role"));
}
