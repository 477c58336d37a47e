use super::*;
use std::sync::Barrier;
use std::sync::atomic::AtomicUsize;

type Answers = dyn Fn(usize, &Grant) -> Result<Credentials, SourceError> + Send + Sync;

/// Counts, and answers each call as it is told to.
struct Told {
    calls: AtomicUsize,
    answer: Box<Answers>,
}

impl Source for Told {
    fn fetch(&self, grant: &Grant) -> Result<Credentials, SourceError> {
        (self.answer)(self.calls.fetch_add(1, Ordering::SeqCst), grant)
    }
}

fn cache(
    answer: impl Fn(usize, &Grant) -> Result<Credentials, SourceError> + Send + Sync + 'static,
) -> (Arc<Told>, Cache) {
    let source = Arc::new(Told { calls: AtomicUsize::new(0), answer: Box::new(answer) });
    (
        Arc::clone(&source),
        Cache::with(Arc::clone(&source) as Arc<dyn Source>, Settings::default(), || [0; 32]),
    )
}

/// Credentials as STS gives them, that last so many seconds.
fn assumed(call: usize, grant: &Grant, lasts: u64) -> Credentials {
    Credentials::new(format!("ASIA-{}-{call}", grant.session_name), "real")
        .with_source("assume-role")
        .with_expiry(now() + Duration::from_secs(lasts))
}

fn grant(subject: &str) -> Grant {
    grant_of(subject, |who| who)
}

fn grant_of(subject: &str, edit: impl FnOnce(Identity) -> Identity) -> Grant {
    use awsaccess::access::{Application, Policy, Role, Subject, Target, Wish};
    let hop = Hop::new(ROLE).unwrap();
    let policy = Policy::new(
        vec![Application::new("a", "base", vec![Target::new("r", vec![hop])])],
        vec![Role::new("all", &["arn:aws:iam::*:role/*"], &[]).unwrap()],
        vec![Subject::new(subject, &["all"])],
    );
    let who = edit(Identity::new(subject, "a", "r"));
    policy.unwrap().decide(&who, &Wish::new("s3", "us-east-1").in_partition("aws"), now()).unwrap()
}

const ROLE: &str = "arn:aws:iam::123456789012:role/r";

fn block<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(future)
}

async fn key(cache: &Cache, grant: &Grant) -> Result<String, RefusalKind> {
    cache.get(grant).await.map(|found| found.access_key_id().to_owned()).map_err(|why| why.kind())
}

#[test]
fn many_requests_are_one_fetch() {
    // The source answers once all have asked: two of them are let through together.
    let gate = Arc::new(Barrier::new(2));
    let at_source = Arc::clone(&gate);
    let (source, cache) = cache(move |call, grant| {
        at_source.wait();
        Ok(assumed(call, grant, 3600))
    });
    block(async {
        let tasks: Vec<_> = (0..1000)
            .map(|_| {
                let cache = cache.clone();
                tokio::spawn(async move { key(&cache, &grant("alice")).await })
            })
            .collect();
        tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap(), "ASIA-alice-0");
        }
    });
    assert_eq!(source.calls.load(Ordering::SeqCst), 1);
}

#[test]
fn subjects_and_sessions_never_share() {
    let (source, cache) = cache(|call, grant| Ok(assumed(call, grant, 3600)));
    block(async {
        let mut grants = vec![
            grant("alice"),
            grant("bob"),
            grant_of("alice", |who| who.with_session("s-1")),
            grant_of("alice", |who| who.with_session("s-2")),
        ];
        for edit in [
            |grant: &mut Grant| grant.session_name = "other".into(),
            |grant: &mut Grant| grant.tags = vec![("team".into(), "red".into())],
            |grant: &mut Grant| grant.source_identity = Some("alice".into()),
            |grant: &mut Grant| {
                grant.session_policy_arns = vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()];
            },
            |grant: &mut Grant| grant.duration = Duration::from_secs(900),
            |grant: &mut Grant| grant.source = "other".into(),
            |grant: &mut Grant| grant.hops = [Hop::new(ROLE).unwrap().with_external_id("x")].into(),
        ] {
            let mut other = grant("alice");
            edit(&mut other);
            grants.push(other);
        }
        let mut seen = std::collections::HashSet::new();
        for grant in &grants {
            assert!(seen.insert(cache.get(grant).await.unwrap().access_key_id().to_owned()));
        }
        assert_eq!(source.calls.load(Ordering::SeqCst), grants.len());
        // Each finds its own again.
        for grant in &grants {
            assert!(!seen.insert(cache.get(grant).await.unwrap().access_key_id().to_owned()));
        }
        assert_eq!(source.calls.load(Ordering::SeqCst), grants.len());
    });
}

#[test]
fn a_request_that_is_given_up_does_not_waste_the_fetch() {
    let gate = Arc::new(Barrier::new(2));
    let at_source = Arc::clone(&gate);
    let (source, cache) = cache(move |call, grant| {
        at_source.wait();
        Ok(assumed(call, grant, 3600))
    });
    block(async {
        let wanted = grant("alice");
        let task = tokio::spawn({
            let (cache, wanted) = (cache.clone(), wanted.clone());
            async move { key(&cache, &wanted).await }
        });
        // Another waits in line; then the first is gone, and only then does the source answer.
        let second = cache.get(&wanted);
        let first_gone = async {
            task.abort();
            let _ = task.await;
            tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
        };
        let (found, ()) = tokio::join!(second, first_gone);
        assert_eq!(found.unwrap().access_key_id(), "ASIA-alice-0");
    });
    assert_eq!(source.calls.load(Ordering::SeqCst), 1);
}

#[test]
fn renewed_ahead_and_kept_when_that_fails() {
    let failed = Arc::new(Notify::new());
    let tell = Arc::clone(&failed);
    let (source, cache) = cache(move |call, grant| match call {
        // Four minutes: within the window in which they are renewed beside the work.
        0 => Ok(assumed(call, grant, 240)),
        _ => {
            tell.notify_one();
            Err(SourceError::Unavailable("sts is away".into()))
        }
    });
    block(async {
        let alice = grant("alice");
        assert_eq!(key(&cache, &alice).await.unwrap(), "ASIA-alice-0");
        // Of what has just come nobody wants more; move its windows here.
        let slot = cache.slot(&alice);
        let later = now() + Duration::from_secs(60);
        let decision = slot.state().decide(later);
        assert!(matches!(decision, Decision::RefreshInBackground(_)), "{decision:?}");
        let settled = cache.clone().fetch(Arc::clone(&slot), alice.clone()).await;
        assert_eq!(settled.unwrap().access_key_id(), "ASIA-alice-0", "the old ones serve");
        failed.notified().await;
        assert_eq!(key(&cache, &alice).await.unwrap(), "ASIA-alice-0");
        // Up to their real end, and not a moment beyond.
        let serves = |at: Time| matches!(slot.state().decide(at), Decision::Use(_));
        assert!(serves(now() + Duration::from_secs(200)));
        assert!(!serves(now() + Duration::from_secs(240)));
    });
    assert_eq!(source.calls.load(Ordering::SeqCst), 2);
}

#[test]
fn expired_credentials_are_not_used() {
    let (source, cache) = cache(|call, grant| match call {
        0 => Ok(assumed(call, grant, 0)),
        _ => Err(SourceError::Unavailable("sts is away".into())),
    });
    block(async {
        let alice = grant("alice");
        assert_eq!(key(&cache, &alice).await, Err(RefusalKind::CredentialsUnavailable));
        // A failure is remembered for a moment.
        assert_eq!(key(&cache, &alice).await, Err(RefusalKind::CredentialsUnavailable));
    });
    assert_eq!(source.calls.load(Ordering::SeqCst), 1);
}

#[test]
fn a_no_of_sts_is_told_again_for_a_moment() {
    let (source, cache) = cache(|_, _| Err(SourceError::Denied("not authorized".into())));
    block(async {
        let alice = grant("alice");
        for _ in 0..5 {
            let refusal = cache.get(&alice).await.unwrap_err();
            assert_eq!(
                (refusal.kind(), refusal.operator_detail()),
                (RefusalKind::AssumeDenied, "not authorized")
            );
        }
        assert_eq!(source.calls.load(Ordering::SeqCst), 1);
        let slot = cache.slot(&alice);
        let after = |seconds| slot.state().decide(now() + Duration::from_secs(seconds));
        assert!(matches!(after(1), Decision::Fail(_)));
        assert_eq!(after(6), Decision::RefreshNow);
    });
}

#[test]
fn a_source_that_throttles_is_asked_less_and_less() {
    let throttled = || Error::new(ErrorKind::Service, "slow down").with_aws_code("Throttling").retryable();
    let cached = Cached::new(settings(), [0; 32]);
    let mut state = State { cached, failures: 0, quiet: None };
    let mut at = Time::from_unix(1_800_000_000);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        assert_eq!(state.decide(at), Decision::RefreshNow);
        assert!(state.settle(at, Err(throttled())).is_err());
        let asked = (1..)
            .find(|seconds| !matches!(state.decide(at + Duration::from_secs(*seconds)), Decision::Fail(_)));
        pauses.push(asked.unwrap());
        at = at + Duration::from_secs(asked.unwrap());
        state.cached.abandon();
    }
    assert_eq!(pauses, [3, 3, 4, 8, 16, 30, 30, 30]);
    // One success, and it is as before.
    let keys = Credentials::new("ASIA", "real")
        .with_source("assume-role")
        .with_expiry(at + Duration::from_secs(3600));
    assert!(state.settle(at, Ok(keys)).is_ok() && state.failures == 0);
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.serve_expired = false;
    settings.remember_failure = REMEMBER_FAILURE;
    settings
}

#[test]
fn a_source_that_breaks_lets_nobody_wait() {
    let (source, cache) = cache(|call, grant| match call {
        0 => panic!("on purpose"),
        _ => Ok(assumed(call, grant, 3600)),
    });
    block(async {
        assert_eq!(key(&cache, &grant("alice")).await, Err(RefusalKind::CredentialsUnavailable));
    });
    assert_eq!(source.calls.load(Ordering::SeqCst), 1);
}

#[test]
fn what_is_flushed_is_fetched_anew() {
    let (source, cache) = cache(|call, grant| Ok(assumed(call, grant, 3600)));
    block(async {
        let alice = grant_of("alice", |who| who.with_session("s-1"));
        let bob = grant("bob");
        let mut calls = 0;
        for (which, flushed) in [
            (Flush::Subject("alice".into()), 1),
            (Flush::Subject("eve".into()), 0),
            (Flush::Session("s-1".into()), 1),
            (Flush::Application("a".into()), 2),
            (Flush::Application("b".into()), 0),
            (Flush::Role(ROLE.into()), 2),
            (Flush::All, 2),
        ] {
            for grant in [&alice, &bob] {
                key(&cache, grant).await.unwrap();
            }
            assert_eq!(source.calls.load(Ordering::SeqCst), if calls == 0 { 2 } else { calls }, "{which:?}");
            assert_eq!(cache.flush(&which), flushed, "{which:?}");
            calls = source.calls.load(Ordering::SeqCst) + flushed;
        }
    });
}

#[test]
fn the_cache_is_bounded() {
    let (_, cache) = cache(|call, grant| Ok(assumed(call, grant, 3600)));
    let mut grant = grant("alice");
    let kept = cache.slot(&grant);
    for n in 0..MOST_ENTRIES + 5000 {
        grant.session_name = format!("s-{n}").into();
        drop(cache.slot(&grant));
    }
    let entries = cache.0.entries.lock().unwrap();
    assert!(entries.len() <= MOST_ENTRIES && entries.len() > MOST_ENTRIES / 2, "{}", entries.len());
    assert!(entries.values().any(|slot| Arc::ptr_eq(slot, &kept)), "what is in use stays");
    assert!(entries.contains_key(&grant as &dyn Tells), "the last is there");
}
