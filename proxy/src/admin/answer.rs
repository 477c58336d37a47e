//! What is done about each task, and what is said of it. What changes anything is recorded before it is done.

use std::sync::Arc;
use std::time::Duration;

use awsaccess::access::{Identity, Traits};
use awsaccess::audit::{Decision, Event, Record, Shown};
use awsaccess::gateway::{Claims, Revocation};
use awsaccess::secret::Secret;
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::task::{Forget, Issue, Revoke, Task};
use super::{Admin, fault, reply, text};
use crate::ca::Tended;
use crate::config::issue;
use crate::credential::Flush;
use crate::health::Ailment;
use crate::metrics::Readings;
use crate::sink::{Entry, now};

/// What a client needs besides its keys.
pub(crate) struct ForClients {
    /// Where it connects.
    pub(crate) address: Option<std::net::SocketAddr>,
    pub(crate) trusted: Arc<Tended>,
    /// Client connections that are open.
    pub(crate) open: Box<dyn Fn() -> u64 + Send + Sync>,
}

/// How long a placeholder is good for if nobody says.
const LIFE: u64 = 8 * 3600;
/// The longest life of one: what a revocation must be remembered for.
const LONGEST: u64 = 30 * 24 * 3600;

pub(super) async fn to(admin: &Admin, task: Task) -> Response<Full<Bytes>> {
    match task {
        Task::Alive => text(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned()),
        Task::Ready => ready(admin),
        Task::Metrics => metrics(admin),
        Task::Applications => applications(admin),
        Task::Health(name) => health(admin, name).await,
        Task::Issue(wish) => issued(admin, &wish),
        Task::Revoke(what) => revoked(admin, what),
        Task::Forget(what) => flushed(admin, what),
        Task::Reload => match admin.live.reload("admin") {
            Ok(()) => reply(StatusCode::OK, &json!({ "reloaded": true })),
            Err(why) => fault(StatusCode::UNPROCESSABLE_ENTITY, &why.to_string()),
        },
    }
}

fn ready(admin: &Admin) -> Response<Full<Bytes>> {
    let lasting = admin.live.lasting();
    let mut reasons = Vec::new();
    if *lasting.closing.borrow() {
        reasons.push("the gateway is ending");
    }
    if !lasting.sink.is_whole() {
        reasons.push("the audit log cannot be written");
    }
    if lasting.authority.left(std::time::SystemTime::now()).is_zero() {
        reasons.push("the certificate authority has expired");
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    reply(status, &json!({ "ready": reasons.is_empty(), "reasons": reasons }))
}

fn metrics(admin: &Admin) -> Response<Full<Bytes>> {
    let lasting = admin.live.lasting();
    let now = Readings {
        audit_lost: lasting.sink.lost(),
        connections: (admin.client.open)(),
        authority_left: lasting.authority.left(std::time::SystemTime::now()),
    };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    text(StatusCode::OK, kind, lasting.sink.metrics().text(&now))
}

fn applications(admin: &Admin) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    let all = shared.gateway.access.applications().map(|application| {
        let roles = application.targets.iter().map(|target| {
            let arn = target.hops.last().map(|hop| hop.role.as_str());
            json!({ "name": target.name, "arn": arn })
        });
        let (services, regions) = (&application.services, &application.regions);
        let roles: Vec<Value> = roles.collect();
        json!({ "name": application.name, "roles": roles, "services": services, "regions": regions })
    });
    reply(StatusCode::OK, &json!({ "applications": all.collect::<Vec<_>>() }))
}

async fn health(admin: &Admin, name: String) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    if !shared.gateway.access.applications().any(|application| application.name == name) {
        return fault(StatusCode::NOT_FOUND, "there is no such application");
    }
    let Ok(found) = tokio::task::spawn_blocking(move || shared.health(&name)).await else {
        return fault(StatusCode::INTERNAL_SERVER_ERROR, "the roles could not be tried");
    };
    let is_healthy = found.iter().all(|one| one.ailment.is_none());
    let roles = found.iter().map(|one| {
        json!({
            "role": one.role,
            "healthy": one.ailment.is_none(),
            "expires_at": one.expires_at.map(|at| at.to_string()),
            "reason": one.ailment.as_ref().map(Ailment::name),
            "advice": one.ailment.as_ref().map(Ailment::advice),
            "detail": Shown::text(&one.detail).as_str(),
        })
    });
    let status = if is_healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    reply(status, &json!({ "healthy": is_healthy, "roles": roles.collect::<Vec<_>>() }))
}

fn issued(admin: &Admin, wish: &Issue) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    let bad = |why: &str| fault(StatusCode::UNPROCESSABLE_ENTITY, why);
    let mut traits = Traits::new();
    for (name, values) in &wish.traits {
        if let Err(why) = traits.insert(name, values) {
            return bad(&why.to_string());
        }
    }
    let seconds = wish.seconds.unwrap_or(LIFE);
    if !(60..=LONGEST).contains(&seconds) {
        return bad("seconds: from 60 to 2592000");
    }
    let identity = Identity::new(&wish.subject, &wish.application, &wish.role).with_traits(traits);
    let identity = identity.with_session(wish.session.clone().unwrap_or_else(|| shared.id()));
    let mut claims = Claims::new(identity, now(), now() + Duration::from_secs(seconds));
    for (name, value) in &wish.signed_in {
        claims = claims.with_sign_in(name, value);
    }
    let mut seed = Zeroizing::new([0; 32]);
    if shared.provider.secure_random.fill(&mut *seed).is_err() {
        return fault(StatusCode::SERVICE_UNAVAILABLE, "no random bytes are to be had");
    }
    let keys = match issue(&shared.gateway, &claims, &seed) {
        Ok(keys) => keys,
        Err(why) => return bad(&why.to_string()),
    };
    let mut record = Record::new(Event::Placeholder, shared.id(), now());
    record.operation = Some("issue".to_owned());
    record.access_key_id = Some(Shown::text(keys.access_key_id()));
    record.subject = Some(wish.subject.clone());
    record.application = Some(wish.application.clone());
    record.role_name = Some(wish.role.clone());
    record.expires = Some(claims.expires_at);
    recorded(admin, record, || {
        Ok(json!({
            "access_key_id": keys.access_key_id(),
            "secret_access_key": keys.secret_access_key().expose(),
            "session_token": keys.session_token().map(Secret::expose),
            "expires_at": claims.expires_at.to_string(),
            "session": claims.identity.session,
            "proxy_address": admin.client.address.map(|address| address.to_string()),
            "ca_pem": admin.client.trusted.pem(),
        }))
    })
}

fn revoked(admin: &Admin, what: Revoke) -> Response<Full<Bytes>> {
    let (shown, what) = match what {
        Revoke::Session(id) => (format!("session:{id}"), Revocation::Session(id)),
        Revoke::Subject(name) => (format!("subject:{name}"), Revocation::Subject(name, now())),
        Revoke::AccessKeyId(id) => (format!("access-key-id:{id}"), Revocation::KeyId(id)),
        Revoke::Everything(true) => ("everything".to_owned(), Revocation::IssuedUntil(now())),
        Revoke::Everything(false) => {
            return fault(StatusCode::BAD_REQUEST, "everything: true, or something less");
        }
    };
    recorded(admin, change(admin, "revoke", &shown), || {
        let until = now() + Duration::from_secs(LONGEST);
        let ended = admin.live.revoke(&what, until).map_err(|why| why.to_string())?;
        Ok(json!({ "revoked": true, "requests_ended": ended }))
    })
}

fn flushed(admin: &Admin, what: Forget) -> Response<Full<Bytes>> {
    let (shown, which) = match what {
        Forget::Application(name) => (format!("application:{name}"), Flush::Application(name)),
        Forget::Subject(name) => (format!("subject:{name}"), Flush::Subject(name)),
        Forget::Session(id) => (format!("session:{id}"), Flush::Session(id)),
        Forget::RoleArn(arn) => (format!("role:{arn}"), Flush::Role(arn)),
        Forget::Everything(true) => ("everything".to_owned(), Flush::All),
        Forget::Everything(false) => {
            return fault(StatusCode::BAD_REQUEST, "everything: true, or something less");
        }
    };
    recorded(admin, change(admin, "flush", &shown), || {
        Ok(json!({ "flushed": admin.live.shared().credentials.flush(&which) }))
    })
}

fn change(admin: &Admin, operation: &str, what: &str) -> Record {
    let mut record = Record::new(Event::Change, admin.live.shared().id(), now());
    record.operation = Some(operation.to_owned());
    record.resources = vec![Shown::text(what)];
    record
}

/// Does it if it can be recorded, and records what came of it.
fn recorded(
    admin: &Admin,
    mut record: Record,
    act: impl FnOnce() -> Result<Value, String>,
) -> Response<Full<Bytes>> {
    record.mode = Some("admin");
    record.decision = Some(Decision::Allowed);
    let mut entry = Entry::new(record, &admin.live.lasting().sink);
    if let Err(error) = entry.begin() {
        tracing::error!(%error, "the audit log cannot be written");
        entry.record.decision = Some(Decision::Refused);
        entry.answered(503);
        return fault(StatusCode::SERVICE_UNAVAILABLE, "the audit log cannot be written");
    }
    match act() {
        Ok(done) => {
            entry.answered(200);
            reply(StatusCode::OK, &done)
        }
        Err(why) => {
            entry.failed("refused", &why);
            entry.record.decision = Some(Decision::Refused);
            entry.answered(422);
            fault(StatusCode::UNPROCESSABLE_ENTITY, &why)
        }
    }
}
