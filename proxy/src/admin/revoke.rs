//! What ends: placeholders that are revoked, unless that is taken back, and real credentials that are forgotten.

use std::time::Duration;

use awsaccess::audit::{Event, Record, Shown};
use awsaccess::gateway::Revocation;
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::issue::LONGEST;
use super::recorded::{begun, failed};
use super::task::{Forget, Revoke};
use super::{Admin, UNTIL_RESTART, fault, recorded, reply};
use crate::credential::Flush;
use crate::live::{Meant, RestoreError, Standing};
use crate::sink::now;

pub(super) fn revoked(admin: &Admin, what: Revoke) -> Response<Full<Bytes>> {
    let (shown, what) = match what {
        Revoke::Session(id) => (format!("session:{id}"), Revocation::Session(id)),
        Revoke::Subject(name) => (format!("subject:{name}"), Revocation::Subject(name, now())),
        Revoke::AccessKeyId(id) => (format!("access-key-id:{id}"), Revocation::KeyId(id)),
        Revoke::Everything(true) => ("everything".to_owned(), Revocation::IssuedUntil(now())),
        Revoke::Everything(false) => {
            return fault(StatusCode::BAD_REQUEST, "everything: true, or something less");
        }
    };
    recorded(admin, vec![change(admin, "revoke", &shown)], || done(admin, &what))
}

/// What is revoked, with the names that it is revoked by and can be taken back by.
pub(super) fn all(admin: &Admin) -> Response<Full<Bytes>> {
    let shown = |one: Standing| {
        let mut value = match &one.what {
            Revocation::Session(id) => json!({ "session": id }),
            Revocation::Subject(name, at) => json!({ "subject": name, "issued_until": at.to_string() }),
            Revocation::KeyId(id) => json!({ "access_key_id": id }),
            Revocation::IssuedUntil(at) => json!({ "everything": true, "issued_until": at.to_string() }),
            _ => json!({}),
        };
        value["until"] = one.until.to_string().into();
        value["from"] = if one.of_file { "file" } else { "api" }.into();
        value
    };
    let all: Vec<Value> = block_in_place(|| admin.live.revocations()).into_iter().map(shown).collect();
    reply(StatusCode::OK, &json!({ "revocations": all }))
}

pub(super) fn restored(admin: &Admin, what: &Revoke) -> Response<Full<Bytes>> {
    let (shown, meant) = match what {
        Revoke::Session(id) => (format!("session:{id}"), Meant::Session(id)),
        Revoke::Subject(name) => (format!("subject:{name}"), Meant::Subject(name)),
        Revoke::AccessKeyId(id) => (format!("access-key-id:{id}"), Meant::KeyId(id)),
        Revoke::Everything(_) => ("everything".to_owned(), Meant::Everything),
    };
    let mut entry = match begun(admin, change(admin, "restore", &shown)) {
        Ok(entry) => entry,
        Err(response) => return *response,
    };
    match block_in_place(|| admin.live.restore(&meant)) {
        Ok((count, persisted)) => {
            entry.answered(200);
            let note = (!persisted).then_some(UNTIL_RESTART);
            reply(StatusCode::OK, &json!({ "restored": count, "persisted": persisted, "note": note }))
        }
        Err(why) => {
            let status = match why {
                RestoreError::OfTheFile => StatusCode::CONFLICT,
                RestoreError::Unknown => StatusCode::NOT_FOUND,
                RestoreError::Reload(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            failed(&mut entry, "refused", &why.to_string(), status);
            fault(status, &why.to_string())
        }
    }
}

/// Revokes, and says how far it reaches.
pub(super) fn done(admin: &Admin, what: &Revocation) -> Result<Value, String> {
    let until = now() + Duration::from_secs(LONGEST);
    let revoked = block_in_place(|| admin.live.revoke(what, until)).map_err(|why| why.to_string())?;
    let (persisted, note) = match revoked.persisted {
        Ok(true) => (true, None),
        Ok(false) => (false, Some(UNTIL_RESTART.to_owned())),
        Err(why) => {
            (false, Some(format!("it is in force, and will be forgotten when the gateway ends: {why}")))
        }
    };
    let ended = revoked.requests_ended;
    Ok(json!({ "revoked": true, "requests_ended": ended, "persisted": persisted, "note": note }))
}

pub(super) fn flushed(admin: &Admin, what: Forget) -> Response<Full<Bytes>> {
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
    recorded(admin, vec![change(admin, "flush", &shown)], || {
        Ok(json!({ "flushed": admin.live.shared().credentials.flush(&which) }))
    })
}

fn change(admin: &Admin, operation: &'static str, what: &str) -> Record {
    let mut record = Record::new(Event::Change, admin.live.shared().id(), now());
    record.operation = Some(Shown::name(operation));
    record.resources = vec![Shown::text(what)];
    record
}
