//! What changes anything is recorded before it is done.

use awsaccess::audit::{Decision, Record};
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::Value;

use super::{Admin, fault, reply};
use crate::sink::Entry;

/// Begins to record, or says why it cannot be done.
pub(super) fn begun(admin: &Admin, mut record: Record) -> Result<Entry, Box<Response<Full<Bytes>>>> {
    record.mode = Some("admin");
    record.decision = Some(Decision::Allowed);
    let mut entry = Entry::new(record, &admin.live.lasting().sink);
    if let Err(error) = entry.begin() {
        tracing::error!(%error, "the audit log cannot be written");
        entry.record.decision = Some(Decision::Refused);
        entry.answered(503);
        return Err(Box::new(fault(StatusCode::SERVICE_UNAVAILABLE, "the audit log cannot be written")));
    }
    Ok(entry)
}

/// Does it if it can be recorded, and records what came of it.
pub(super) fn recorded(
    admin: &Admin,
    records: Vec<Record>,
    act: impl FnOnce() -> Result<Value, String>,
) -> Response<Full<Bytes>> {
    let begun: Result<Vec<Entry>, _> = records.into_iter().map(|record| begun(admin, record)).collect();
    let mut entries = match begun {
        Ok(entries) => entries,
        Err(response) => return *response,
    };
    match act() {
        Ok(done) => {
            entries.iter_mut().for_each(|entry| entry.answered(200));
            reply(StatusCode::OK, &done)
        }
        Err(why) => {
            entries
                .iter_mut()
                .for_each(|entry| failed(entry, "refused", &why, StatusCode::UNPROCESSABLE_ENTITY));
            fault(StatusCode::UNPROCESSABLE_ENTITY, &why)
        }
    }
}

/// Records what was refused before it began, and says why.
pub(super) fn refused(
    admin: &Admin,
    mut record: Record,
    error: &'static str,
    status: StatusCode,
    why: &str,
) -> Response<Full<Bytes>> {
    record.mode = Some("admin");
    let mut entry = Entry::new(record, &admin.live.lasting().sink);
    failed(&mut entry, error, why, status);
    fault(status, why)
}

/// Records that it was not done after all.
pub(super) fn failed(entry: &mut Entry, error: &'static str, why: &str, status: StatusCode) {
    entry.failed(error, why);
    entry.record.decision = Some(Decision::Refused);
    entry.answered(status.as_u16());
}
