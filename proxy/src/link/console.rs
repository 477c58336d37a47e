//! Links into the console, for whom the rules let the whole of a role be taken away.

use std::sync::Arc;
use std::time::Duration;

use awsaccess::audit::Shown;
use awsaccess::error::ErrorKind;
use awsaccess::secret::Secret;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::{ConsoleWish, Holder, Unfit, Unmade, Way};
use crate::console::Wish;
use crate::forward::{SharedEntry, begin, lock};
use crate::server::Shared;
use crate::sink::now;

/// The shortest session that the console has.
const SHORTEST: Duration = Duration::from_secs(900);

/// Makes one, if the rules let its holder have it.
pub(crate) async fn console(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    holder: &Holder,
    wish: ConsoleWish,
    way: &Way<'_>,
) -> Result<Value, Unmade> {
    let key_id = holder.keys.access_key_id();
    let grant = {
        let record = &mut lock(entry).record;
        record.operation = Some(Shown::name("sign-in"));
        record.mode = Some(way.mode);
        record.access_key_id = holder.is_somebodys.then(|| Shown::text(key_id));
        shared.gateway.open_console(&holder.placeholder, now(), record)?
    };
    let mut lasts = wish.seconds.map_or(grant.duration, Duration::from_secs);
    lasts = grant.max_duration.map_or(lasts, |most| lasts.min(most));
    lasts = holder.ends().map_or(lasts, |end| lasts.min(end.since(now())));
    if lasts < SHORTEST {
        let left = lasts.as_secs();
        let why = format!("a console session lasts 900 seconds at least, and {left} are asked for or left");
        return Err(Unfit::asked("too-short", why).into());
    }
    // The rules may say how often, and a revocation that comes meanwhile counts.
    let pass = shared.gate.enter(Some(&grant), Some(key_id), way.application, now())?;
    begin(entry).await?;
    let (destination, issuer, region) = (wish.destination, wish.issuer, wish.region);
    let wish = Wish { lasts, destination, issuer, region };
    let maker = Arc::clone(shared);
    let made = spawn_blocking(move || maker.console(&grant, &wish)).await;
    if pass.is_ended() {
        let status = StatusCode::FORBIDDEN;
        return Err(Unfit { status, ..Unfit::asked("revoked", "the session was revoked meanwhile") }.into());
    }
    let made = match made {
        Ok(Ok(link)) => link,
        Ok(Err(error)) => {
            let kind = error.kind();
            let status = match kind {
                ErrorKind::Input | ErrorKind::Config => StatusCode::UNPROCESSABLE_ENTITY,
                ErrorKind::Denied => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_GATEWAY,
            };
            let why = awsaccess::redact::text(&error.to_string());
            let is_askers = kind == ErrorKind::Input;
            return Err(Unfit { error: "console", status, why, is_askers }.into());
        }
        Err(_) => {
            let (status, why) = (StatusCode::INTERNAL_SERVER_ERROR, "the link could not be made".to_owned());
            return Err(Unfit { error: "internal", status, why, is_askers: false }.into());
        }
    };
    let mut entry = lock(entry);
    entry.record.expires = made.session_ends_at;
    entry.answered(200);
    Ok(json!({
        "url": Secret::expose(&made.url),
        "expires_at": made.expires_at.to_string(),
        "session_ends_at": made.session_ends_at.map(|at| at.to_string()),
        "arn": made.arn,
    }))
}
