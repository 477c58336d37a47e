//! What is done about each task, and what is said of the gateway itself.

use std::sync::Arc;

use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::task::Task;
use super::{Admin, application, issue, link, reply, revoke, text};
use crate::ca::Tended;
use crate::live::ReloadError;
use crate::metrics::Readings;

/// What a client needs besides its keys.
pub(crate) struct ForClients {
    pub(crate) trusted: Arc<Tended>,
    /// Client connections that are open.
    pub(crate) open: Box<dyn Fn() -> u64 + Send + Sync>,
}

pub(super) async fn to(admin: &Admin, task: Task) -> Response<Full<Bytes>> {
    match task {
        Task::Alive => text(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned()),
        Task::Ready => ready(admin),
        Task::Metrics => metrics(admin),
        Task::Applications => application::all(admin),
        Task::Application(name) => application::one(admin, &name),
        Task::Put(name, text) => application::put(admin, &name, &text),
        Task::Remove(name) => application::remove(admin, &name),
        Task::Health(name) => application::health(admin, name).await,
        Task::Issue(wish) => issue::issued(admin, &wish.who(), wish.seconds, false),
        Task::Connect(wish) => issue::issued(admin, &wish.who(), wish.seconds, true),
        Task::Disconnect(id) => issue::disconnected(admin, id),
        Task::Console(wish) => link::console(admin, wish).await,
        Task::Presign(wish) => link::presigned(admin, wish).await,
        Task::Revoke(what) => revoke::revoked(admin, what),
        Task::Revocations => revoke::all(admin),
        Task::Restore(what) => revoke::restored(admin, &what),
        Task::Forget(what) => revoke::flushed(admin, what),
        Task::Reload => reload(admin),
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

fn reload(admin: &Admin) -> Response<Full<Bytes>> {
    match block_in_place(|| admin.live.reload("admin")) {
        Ok(()) => reply(StatusCode::OK, &json!({ "reloaded": true })),
        Err(why) => {
            let mut answer = json!({ "error": why.to_string() });
            if let ReloadError::Fixed(keys) = &why {
                answer["not_taken"] = Value::from(keys.clone());
            }
            reply(StatusCode::UNPROCESSABLE_ENTITY, &answer)
        }
    }
}
