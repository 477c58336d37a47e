//! What is done about each task, and what is said of the gateway itself.

use std::sync::Arc;

use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::task::Task;
use super::{Admin, application, issue, link, reply, revoke};
use crate::ca::Tended;
use crate::live::ReloadError;

/// What a client needs besides its keys.
pub(crate) struct ForClients {
    pub(crate) trusted: Arc<Tended>,
}

pub(super) async fn to(admin: &Admin, task: Task) -> Response<Full<Bytes>> {
    match task {
        Task::Probe(probe) => probe.answer(admin.live.lasting()),
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
