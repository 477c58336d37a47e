//! Applications: those of the file and those that were added, and whether they work.

use awsaccess::access::Application;
use awsaccess::audit::Shown;
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::{Admin, UNTIL_RESTART, fault, reply};
use crate::config::Added;
use crate::health::Ailment;
use crate::live::{ChangeError, ReloadError};
use crate::metrics::MEMORY;
use crate::sink::now;

pub(super) fn all(admin: &Admin) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    let all = shared.gateway.access.applications().map(|application| shown(admin, application));
    reply(StatusCode::OK, &json!({ "applications": all.collect::<Vec<_>>() }))
}

pub(super) fn one(admin: &Admin, name: &str) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    let found = shared.gateway.access.applications().find(|application| application.name == name);
    match found {
        Some(application) => reply(StatusCode::OK, &shown(admin, application)),
        None => fault(StatusCode::NOT_FOUND, "there is no such application"),
    }
}

/// What may be shown of one: no external id.
fn shown(admin: &Admin, application: &Application) -> Value {
    let roles = application.targets.iter().map(|target| {
        let arn = target.hops.last().map(|hop| hop.role.as_str());
        json!({ "name": target.name, "arn": arn })
    });
    json!({
        "name": application.name,
        "from": if admin.live.is_added(&application.name) { "api" } else { "file" },
        "roles": roles.collect::<Vec<_>>(),
        "labels": application.labels,
        "accounts": application.accounts,
        "services": application.services,
        "regions": application.regions,
        "source": &*application.source,
        "listening": listening(admin, &application.name),
    })
}

/// The addresses of its own listeners, with the ports that the system chose.
fn listening(admin: &Admin, name: &str) -> Vec<String> {
    admin.live.addresses_of(name).iter().map(ToString::to_string).collect()
}

pub(super) fn put(admin: &Admin, name: &str, text: &str) -> Response<Full<Bytes>> {
    let added = match Added::read(name, text) {
        Ok(added) => added,
        Err(why) => return fault(StatusCode::UNPROCESSABLE_ENTITY, &why.to_string()),
    };
    match block_in_place(|| admin.live.put_application(added)) {
        Ok(put) => {
            let status = if put.replaced { StatusCode::OK } else { StatusCode::CREATED };
            let note = (!put.persisted).then_some(UNTIL_RESTART);
            let (persisted, listening) = (put.persisted, listening(admin, name));
            reply(
                status,
                &json!({ "application": name, "persisted": persisted, "note": note, "listening": listening }),
            )
        }
        Err(why) => refused(&why),
    }
}

pub(super) fn remove(admin: &Admin, name: &str) -> Response<Full<Bytes>> {
    match block_in_place(|| admin.live.remove_application(name)) {
        Ok(removed) => {
            let (ended, flushed) = (removed.requests_ended, removed.flushed);
            let persisted = removed.persisted;
            reply(
                StatusCode::OK,
                &json!({ "removed": name, "requests_ended": ended, "flushed": flushed, "persisted": persisted }),
            )
        }
        Err(why) => refused(&why),
    }
}

fn refused(why: &ChangeError) -> Response<Full<Bytes>> {
    let status = match why {
        ChangeError::OfTheFile | ChangeError::Full => StatusCode::CONFLICT,
        ChangeError::Unknown => StatusCode::NOT_FOUND,
        ChangeError::Reload(ReloadError::Audit(_) | ReloadError::State(_)) => StatusCode::SERVICE_UNAVAILABLE,
        ChangeError::Reload(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    fault(status, &why.to_string())
}

pub(super) async fn health(admin: &Admin, name: String) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    if !shared.gateway.access.applications().any(|application| application.name == name) {
        return fault(StatusCode::NOT_FOUND, "there is no such application");
    }
    let tried = move || (shared.health(&name), shared.sign_in(&name));
    let Ok((found, sign_in)) = tokio::task::spawn_blocking(tried).await else {
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
            "may_be": one.ailment.as_ref().map(Ailment::may_be),
            "detail": Shown::text(&one.detail).as_str(),
        })
    });
    let status = if is_healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut answer = json!({ "healthy": is_healthy, "roles": roles.collect::<Vec<_>>() });
    // Links are another matter than requests: it makes nothing unhealthy.
    if let Some(sign_in) = &sign_in {
        answer["sign_in"] = json!({
            "healthy": sign_in.ailment.is_none(),
            "reason": sign_in.ailment.as_ref().map(Ailment::name),
            "advice": sign_in.ailment.as_ref().map(Ailment::advice),
            "detail": Shown::text(&sign_in.detail).as_str(),
        });
    }
    let clients = admin.live.lasting().sink.metrics().untrusting(now());
    if !clients.is_empty() {
        let hosts = clients.iter().map(|missed| {
            json!({
                "host": missed.host.as_ref().map(Shown::as_str),
                "count": missed.count,
                "last_at": missed.time.to_string(),
                "last_from": missed.source.map(|source| source.to_string()),
            })
        });
        answer["clients"] = json!({
            "reason": "untrusted-certificate",
            "hosts": hosts.collect::<Vec<_>>(),
            "within_seconds": MEMORY.as_secs(),
            "advice": "these clients of the gateway, of whatever application, asked for hosts of aws's and came to no tls \
                       session: most likely they do not trust the gateway's certificate; give them the files of [ca], as \
                       awsaccess env does",
        });
    }
    reply(status, &answer)
}
