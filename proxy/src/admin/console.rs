//! Links into the console, for whom the rules let the whole of a role be taken away.

use std::time::Duration;

use awsaccess::audit::{Event, Record, Shown};
use awsaccess::error::ErrorKind;
use awsaccess::secret::Secret;
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::holder::Holder;
use super::recorded::{begun, failed, refused};
use super::task::ConsoleWish;
use super::{Admin, fault, reply};
use crate::console::Wish;
use crate::sink::{Entry, now};

/// The shortest session that the console has.
const SHORTEST: Duration = Duration::from_secs(900);

pub(super) async fn link(admin: &Admin, wish: ConsoleWish) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    let asker = match wish.asker() {
        Ok(asker) => asker,
        Err(why) => return fault(StatusCode::BAD_REQUEST, why),
    };
    let mut record = Record::new(Event::Console, shared.id(), now());
    record.operation = Some(Shown::name("sign-in"));
    record.mode = Some("admin");
    asker.note(&mut record);
    let holder = match Holder::of(&shared, asker) {
        Ok(holder) => holder,
        Err((status, why)) => return refused(admin, record, "unknown-holder", status, &why),
    };
    record.access_key_id = holder.is_somebodys.then(|| Shown::text(holder.keys.access_key_id()));
    let grant = match shared.gateway.open_console(&holder.placeholder, now(), &mut record) {
        Ok(grant) => grant,
        Err(refusal) => {
            Entry::new(record, &shared.sink).answered(403);
            let detail = Shown::text(refusal.operator_detail());
            return reply(
                StatusCode::FORBIDDEN,
                &json!({ "error": refusal.to_string(), "detail": detail.as_str() }),
            );
        }
    };
    let mut lasts = wish.seconds.map_or(grant.duration, Duration::from_secs);
    lasts = grant.max_duration.map_or(lasts, |most| lasts.min(most));
    lasts = holder.ends().map_or(lasts, |end| lasts.min(end.since(now())));
    if lasts < SHORTEST {
        let left = lasts.as_secs();
        let why = format!("a console session lasts 900 seconds at least, and {left} are asked for or left");
        return refused(admin, record, "too-short", StatusCode::UNPROCESSABLE_ENTITY, &why);
    }
    // The rules may say how often, and a revocation that comes meanwhile counts.
    let pass = match shared.gate.enter(Some(&grant), Some(holder.keys.access_key_id()), None) {
        Ok(pass) => pass,
        Err(refusal) => {
            let name = refusal.kind().name();
            return refused(admin, record, name, StatusCode::TOO_MANY_REQUESTS, &refusal.to_string());
        }
    };
    let mut entry = match begun(admin, record) {
        Ok(entry) => entry,
        Err(response) => return *response,
    };
    let (destination, issuer, region) = (wish.destination, wish.issuer, wish.region);
    let wish = Wish { lasts, destination, issuer, region };
    let made = spawn_blocking(move || shared.console(&grant, &wish)).await;
    let made = match made {
        _ if pass.is_ended() => {
            failed(&mut entry, "revoked", "the session was revoked meanwhile", StatusCode::FORBIDDEN);
            return fault(StatusCode::FORBIDDEN, "the session was revoked");
        }
        Ok(Ok(link)) => link,
        Ok(Err(error)) => {
            let status = match error.kind() {
                ErrorKind::Input | ErrorKind::Config => StatusCode::UNPROCESSABLE_ENTITY,
                ErrorKind::Denied => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_GATEWAY,
            };
            let why = awsaccess::redact::text(&error.to_string());
            failed(&mut entry, "console", &why, status);
            return fault(status, &why);
        }
        Err(_) => {
            failed(&mut entry, "internal", "the task broke", StatusCode::INTERNAL_SERVER_ERROR);
            return fault(StatusCode::INTERNAL_SERVER_ERROR, "the link could not be made");
        }
    };
    entry.record.expires = made.session_ends_at;
    entry.answered(200);
    reply(
        StatusCode::OK,
        &json!({
            "url": Secret::expose(&made.url),
            "expires_at": made.expires_at.to_string(),
            "session_ends_at": made.session_ends_at.map(|at| at.to_string()),
            "arn": made.arn,
        }),
    )
}
