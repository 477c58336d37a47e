//! Links that an administrator asks for, in whosever name.

use std::sync::{Arc, Mutex};

use awsaccess::audit::{Event, Record, Shown};
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::holder::holder;
use super::recorded::refused;
use super::{Admin, fault, reply};
use crate::forward::SharedEntry;
use crate::link;
use crate::link::{Asker, ConsoleWish, Holder, PresignWish, Unmade, Way};
use crate::server::Shared;
use crate::sink::{Entry, now};

const WAY: Way<'static> = Way { mode: "admin", application: None };

pub(super) async fn console(admin: &Admin, wish: ConsoleWish) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    let (entry, holder) = match asked(admin, &shared, Event::Console, wish.asker()) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    let made = link::console(&shared, &entry, &holder, wish, &WAY).await;
    told(&entry, made)
}

pub(super) async fn presigned(admin: &Admin, wish: PresignWish) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    let (entry, holder) = match asked(admin, &shared, Event::Presigned, wish.asker()) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    let made = link::presign(&shared, &entry, &holder, wish, &WAY).await;
    told(&entry, made)
}

/// In whose name, and the record of it.
fn asked(
    admin: &Admin,
    shared: &Shared,
    event: Event,
    asker: Result<Asker, &str>,
) -> Result<(SharedEntry, Holder), Box<Response<Full<Bytes>>>> {
    let asker = asker.map_err(|why| fault(StatusCode::BAD_REQUEST, why))?;
    let mut record = Record::new(event, shared.id(), now());
    if event == Event::Console {
        record.operation = Some(Shown::name("sign-in"));
    }
    asker.note(&mut record);
    match holder(shared, asker) {
        Ok(holder) => Ok((Arc::new(Mutex::new(Entry::new(record, &shared.sink))), holder)),
        Err((status, why)) => Err(refused(admin, record, "unknown-holder", status, &why).into()),
    }
}

fn told(entry: &SharedEntry, made: Result<Value, Unmade>) -> Response<Full<Bytes>> {
    let unmade = match made {
        Ok(link) => return reply(StatusCode::OK, &link),
        Err(unmade) => unmade,
    };
    unmade.note(entry);
    match &unmade {
        Unmade::Refused(refusal) => {
            let detail = Shown::text(refusal.operator_detail());
            reply(unmade.status(), &json!({ "error": refusal.to_string(), "detail": detail.as_str() }))
        }
        Unmade::Unfit(unfit) => fault(unfit.status, &unfit.why),
    }
}
