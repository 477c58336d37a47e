//! A thousand threads, one request; against the emulator, whose count is the judge.
#![cfg(feature = "blocking")]

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use awsaccess::cache::Settings;
use awsaccess::chain::Options;
use awsaccess::env::Env;
use awsaccess::error::{Error, ErrorKind};
use awsaccess::provider::RoleHop;
use awsaccess::time::Time;
use awsaccess_drivers::blocking::{Blocking, Provider, resolve_with};
use awsaccess_emulator::{Emulator, World};

const HUB: &str = "arn:aws:iam::111111111111:role/gateway-hub";

/// The instance role and then the hub, of that emulator.
fn chain(
    emulator: &Emulator,
) -> impl Fn(i64) -> Result<awsaccess::chain::Resolved, Error> + Send + Sync + 'static {
    let options = Options::new()
        .region("us-east-1")
        .home("/nowhere")
        .sts_endpoint(emulator.endpoint_url())
        .imds_endpoint(emulator.metadata_url())
        .assume(RoleHop::new(HUB));
    let pem = emulator.ca_pem().as_bytes().to_vec();
    move |offset| {
        let mut host = Blocking::with_roots(&pem)?;
        resolve_with(&options.clone().clock_offset(offset), &Env::new(), &mut host)
    }
}

fn assumed(emulator: &Emulator) -> usize {
    emulator.requests().iter().filter(|request| request.service == "sts").count()
}

#[test]
fn a_thousand_threads_cause_one_request() {
    let emulator = Emulator::builder().world(World::demo()).start().unwrap();
    let provider = Arc::new(Provider::from_fn(Settings::default(), chain(&emulator)).unwrap());
    let start = Arc::new(Barrier::new(1000));
    let threads: Vec<_> = (0..1000)
        .map(|_| {
            let (provider, start) = (Arc::clone(&provider), Arc::clone(&start));
            thread::Builder::new()
                .stack_size(256 * 1024)
                .spawn(move || {
                    start.wait();
                    provider.credentials().unwrap().access_key_id().to_owned()
                })
                .unwrap()
        })
        .collect();
    let ids: std::collections::BTreeSet<_> =
        threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!((ids.len(), assumed(&emulator)), (1, 1));
    // Refused by a service: asked once more, and not for a key that is gone already.
    let old = ids.into_iter().next().unwrap();
    assert!(provider.invalidate(&old));
    let new = provider.credentials().unwrap();
    assert!(new.access_key_id() != old && !provider.invalidate(&old));
    provider.credentials().unwrap();
    assert_eq!(assumed(&emulator), 2);
    assert_eq!(provider.account().0.attempts().last().unwrap().source, "assume-role");
    assert!(!format!("{provider:?}").contains(new.secret_access_key().expose()));
}

#[test]
fn the_source_is_away_and_the_old_credentials_serve() {
    let emulator = Emulator::builder().world(World::demo()).start().unwrap();
    let (calls, passed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicI64::new(0)));
    let begun: Time = std::time::SystemTime::now().into();
    let fetch = {
        let (chain, calls) = (chain(&emulator), Arc::clone(&calls));
        move |offset| match calls.fetch_add(1, Ordering::SeqCst) {
            0 => chain(offset),
            _ => Err(Error::new(ErrorKind::Unreachable, "nobody answers")),
        }
    };
    let clock = Arc::clone(&passed);
    let provider = Provider::from_fn(Settings::default(), fetch)
        .unwrap()
        .clock(move || begun + Duration::from_secs(clock.load(Ordering::SeqCst).unsigned_abs()));
    let first = provider.credentials().unwrap();
    // Past their end, and the source is asked once in five minutes at most.
    for seconds in [7200, 7300, 7400] {
        passed.store(seconds, Ordering::SeqCst);
        assert_eq!(provider.credentials().unwrap(), first);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert_eq!(provider.last_failure().unwrap().kind(), ErrorKind::Unreachable);
    assert!(provider.credentials_for(Duration::from_secs(60)).is_err());
    passed.store(7200 + 601, Ordering::SeqCst);
    assert_eq!(provider.credentials().unwrap(), first);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[test]
fn one_whose_work_breaks_off_holds_nobody_up() {
    let provider = Arc::new(
        Provider::from_fn(Settings::default(), |_| -> Result<_, Error> {
            panic!("a source of the host's own")
        })
        .unwrap(),
    );
    let broken = Arc::clone(&provider);
    assert!(thread::spawn(move || broken.credentials()).join().is_err());
    assert_eq!(provider.last_failure().unwrap().kind(), ErrorKind::Internal);
}
