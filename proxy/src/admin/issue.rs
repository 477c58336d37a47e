//! Placeholders, alone or as a connection that a client makes.

use std::sync::Arc;
use std::time::Duration;

use awsaccess::access::{Identity, Traits};
use awsaccess::audit::{Event, Record, Shown};
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Claims, Revocation};
use awsaccess::secret::Secret;
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::json;
use zeroize::Zeroizing;

use super::recorded::{recorded, refused};
use super::{Admin, revoke};
use crate::config::issue;
use crate::link::Who;
use crate::server::Shared;
use crate::sink::now;

/// How long a placeholder is good for if nobody says.
const LIFE: u64 = 8 * 3600;
/// The longest life of one: what a revocation must be remembered for.
pub(super) const LONGEST: u64 = 30 * 24 * 3600;

/// Seals a placeholder for whom the rules know, or says why not.
pub(super) fn sealed(
    shared: &Shared,
    who: &Who,
    lasts: Duration,
) -> Result<(Credentials, Claims), (StatusCode, String)> {
    let bad = |why: String| (StatusCode::UNPROCESSABLE_ENTITY, why);
    let mut traits = Traits::new();
    for (name, values) in &who.traits {
        traits.insert(name, values).map_err(|why| bad(why.to_string()))?;
    }
    let identity =
        Identity::new(who.subject.as_str(), who.application.as_str(), who.role.as_str()).with_traits(traits);
    let identity = identity.with_session(who.session.clone().unwrap_or_else(|| shared.id()));
    let mut claims = Claims::new(identity, now(), now() + lasts);
    for (name, value) in &who.signed_in {
        claims = claims.with_sign_in(name, value);
    }
    let mut seed = Zeroizing::new([0; 32]);
    if shared.provider.secure_random.fill(&mut *seed).is_err() {
        return Err((StatusCode::SERVICE_UNAVAILABLE, "no random bytes are to be had".to_owned()));
    }
    let keys = issue(&shared.gateway, &claims, &seed).map_err(|why| bad(why.to_string()))?;
    Ok((keys, claims))
}

/// Issues a placeholder; `connects` if a client is connected by it.
pub(super) fn issued(
    admin: &Admin,
    who: &Who,
    seconds: Option<u64>,
    connects: bool,
) -> Response<Full<Bytes>> {
    let shared = admin.live.shared();
    let begin = |event, operation| {
        let mut record = Record::new(event, shared.id(), now());
        record.operation = Some(Shown::name(operation));
        record
    };
    let seconds = seconds.unwrap_or(LIFE);
    let made = match (60..=LONGEST).contains(&seconds) {
        true => sealed(&shared, who, Duration::from_secs(seconds)),
        false => Err((StatusCode::UNPROCESSABLE_ENTITY, "seconds: from 60 to 2592000".to_owned())),
    };
    let (keys, claims) = match made {
        Ok(made) => made,
        Err((status, why)) => {
            let mut record = begin(Event::Placeholder, "issue");
            who.note(&mut record);
            return refused(admin, record, "not-issued", status, &why);
        }
    };
    let record = |event, operation| {
        let mut record = begin(event, operation);
        record.access_key_id = Some(Shown::text(keys.access_key_id()));
        record.subject = Some(Arc::clone(&claims.identity.subject));
        record.application = Some(Arc::clone(&claims.identity.application));
        record.role_name = Some(Arc::clone(&claims.identity.role));
        record.expires = Some(claims.expires_at);
        record
    };
    let mut records = vec![record(Event::Placeholder, "issue")];
    if connects {
        records.push(record(Event::Connection, "connect"));
    }
    recorded(admin, records, || {
        Ok(json!({
            "access_key_id": keys.access_key_id(),
            "secret_access_key": keys.secret_access_key().expose(),
            "session_token": keys.session_token().map(Secret::expose),
            "expires_at": claims.expires_at.to_string(),
            "session": claims.identity.session.as_deref(),
            "region": shared.offer.region(&who.application),
            "proxy_address": admin.live.addresses().first().map(ToString::to_string),
            "ca_pem": admin.client.trusted.pem(),
            "trusted_until": admin.client.trusted.trusted_until().to_string(),
        }))
    })
}

/// Ends a connection: its placeholder is revoked.
pub(super) fn disconnected(admin: &Admin, access_key_id: String) -> Response<Full<Bytes>> {
    let mut record = Record::new(Event::Connection, admin.live.shared().id(), now());
    record.operation = Some(Shown::name("disconnect"));
    record.access_key_id = Some(Shown::text(&access_key_id));
    recorded(admin, vec![record], || revoke::done(admin, &Revocation::KeyId(access_key_id)))
}
