//! Presigned URLs and tokens with real credentials, for use without the gateway. What is asked for is judged as if its holder
//! asked a service for it now, and says how long it really lasts.

use std::sync::Arc;

use awsaccess::access::Grant;
use awsaccess::audit::Record;
use awsaccess::gateway::{Gateway, Proven, Refusal, RefusalKind};
use awsaccess::operation;
use awsaccess::sigv4::ProvenPresign;
use serde_json::{Value, json};

use super::draft::{Draft, LONGEST, Longest};
use super::{Holder, PresignWish, Unfit, Unmade, Way};
use crate::forward::{SharedEntry, begin, lock};
use crate::server::Shared;
use crate::sink::now;

/// Makes one, if its holder may have it.
pub(crate) async fn presign(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    holder: &Holder,
    wish: PresignWish,
    way: &Way<'_>,
) -> Result<Value, Unmade> {
    lock(entry).record.mode = Some(way.mode);
    let draft = Draft::of(shared, &wish, holder).map_err(|why| Unfit::asked("malformed", why))?;
    let allowed = {
        let record = &mut lock(entry).record;
        let allowed = Allowed::of(&shared.gateway, draft, holder, record);
        record.mode = Some(way.mode);
        if !holder.is_somebodys {
            record.access_key_id = None;
        }
        allowed?
    };
    let Allowed { grant, request, presign, longest } = allowed;
    let pass = shared.gate.enter(Some(&grant), Some(holder.keys.access_key_id()), way.application, now())?;
    begin(entry).await?;
    let credentials = match &holder.placeholder.chained {
        Some(chained) => chained.credentials.clone(),
        None => pass.race(Box::pin(shared.credentials.get(&grant))).await?,
    };
    // All that stands in the way of the request stands in the way of the URL.
    if let Some(request) = request {
        request.resign(&credentials, now()).map_err(|refused| refused.refusal)?;
    }
    let minted = presign.resign(&credentials, Some(longest.lasts), longest.from);
    let minted = minted.map_err(|why| Unfit::asked("presign", why.to_string()))?;
    let limited_by = match minted.limited_by().name() {
        "policy" => longest.by,
        // What was signed here says what was bounded already.
        "asked" if longest.lasts <= minted.lifetime() => longest.by,
        other => other,
    };
    let mut entry = lock(entry);
    entry.record.expires = Some(minted.expires_at());
    entry.answered(200);
    let text = String::from_utf8_lossy(minted.text());
    let mut made = json!({
        "seconds": minted.lifetime().as_secs(),
        "expires_at": minted.expires_at().to_string(),
        "limited_by": limited_by,
    });
    if wish.token.is_some() {
        made["token"] = text.into();
        made["kind"] = presign.presign().kind().name().into();
    } else {
        made["url"] = text.into();
        made["method"] = presign.method().into();
        made["headers"] = json!(wish.headers);
    }
    Ok(made)
}

/// What the rules let its holder have.
struct Allowed {
    grant: Grant,
    /// The request that a URL is good for.
    request: Option<Proven>,
    presign: ProvenPresign,
    longest: Longest,
}

impl Allowed {
    fn of(gateway: &Gateway, draft: Draft, holder: &Holder, record: &mut Record) -> Result<Self, Refusal> {
        let Draft { text, request, mut longest } = draft;
        let request = request.map(|request| request.judge(gateway, record)).transpose()?;
        // How long it may last is bounded, and need not be said by who signs it.
        let mut policy = gateway.policy.clone();
        policy.max_expires = policy.max_expires.max(LONGEST);
        let presign = text.verify(&holder.keys, &policy, now())?;
        let grant = match (&request, operation::identify_token(presign.presign())) {
            (_, Some(_)) => gateway.open_token(&presign, &holder.placeholder, now(), record)?,
            (Some(request), None) => request.grant().cloned().ok_or_else(nothing)?,
            (None, None) => return Err(nothing()),
        };
        // A grant for a time ends with it, whatever the credentials do.
        let timed = grant.max_duration.filter(|_| grant.approval.is_some());
        if let Some(lasts) = timed.filter(|lasts| *lasts < longest.lasts) {
            longest = Longest { lasts, by: "policy", ..longest };
        }
        Ok(Self { grant, request, presign, longest })
    }
}

fn nothing() -> Refusal {
    Refusal::new(RefusalKind::Internal, "there is nothing to sign with")
}
