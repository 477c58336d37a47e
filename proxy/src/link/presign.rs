//! Presigned URLs with real credentials, for use without the gateway. What is asked for is judged as if its holder sent it
//! now, and the URL says how long it really lasts.

use std::sync::Arc;
use std::time::Duration;

use awsaccess::audit::Record;
use awsaccess::gateway::{Arrival, Head, Needs, Proven, Refusal, RefusalKind};
use awsaccess::operation;
use awsaccess::partition::{self, HostName};
use awsaccess::sigv4::{self, OfflinePresign, Payload, Request, Scope, Settings};
use awsaccess::time::Time;
use http::Uri;
use serde_json::{Value, json};

use super::{Holder, PresignWish, Unfit, Unmade, Way};
use crate::forward::{SharedEntry, begin, lock};
use crate::server::Shared;
use crate::sink::now;

/// How long a URL is to be good if nobody says.
const LIFE: u64 = 900;
/// The longest that AWS takes.
const LONGEST: u64 = 604_800;
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "DELETE", "POST"];

/// Makes one, if a request that asks for the same would be let through.
pub(crate) async fn presign(
    shared: &Arc<Shared>,
    entry: &SharedEntry,
    holder: &Holder,
    wish: PresignWish,
    way: &Way<'_>,
) -> Result<Value, Unmade> {
    lock(entry).record.mode = Some(way.mode);
    let draft = Draft::of(shared, &wish, holder).map_err(|why| Unfit::asked("malformed", why))?;
    let proven = {
        let record = &mut lock(entry).record;
        let proven = draft.judge(shared, record);
        record.mode = Some(way.mode);
        if !holder.is_somebodys {
            record.access_key_id = None;
        }
        proven?
    };
    let pass = shared.gate.enter(proven.grant(), proven.access_key_id(), way.application)?;
    begin(entry).await?;
    let credentials = match proven.needs() {
        Needs::Role(grant) => pass.race(Box::pin(shared.credentials.get(grant))).await?,
        Needs::Chained(sealed) => sealed.clone(),
        _ => return Err(Refusal::new(RefusalKind::Internal, "there is nothing to sign with").into()),
    };
    // A grant for a time ends with it, whatever the credentials do.
    let timed = proven.grant().filter(|grant| grant.approval.is_some()).and_then(|grant| grant.max_duration);
    // All that stands in the way of the request stands in the way of the URL.
    proven.resign(&credentials, now()).map_err(|refused| refused.refusal)?;
    let unfit = |why: &dyn std::fmt::Display| Unfit::asked("presign", why.to_string());
    let policy = &shared.gateway.policy;
    let minted = draft.presign.verify(&holder.keys, policy, draft.at).map_err(|why| unfit(&why))?;
    let minted = minted.resign(&credentials, timed, draft.at).map_err(|why| unfit(&why))?;
    let limited_by = match minted.limited_by().name() {
        "asked" => draft.limited_by,
        other => other,
    };
    let mut entry = lock(entry);
    entry.record.expires = Some(minted.expires_at());
    entry.answered(200);
    Ok(json!({
        "url": String::from_utf8_lossy(minted.text()),
        "method": wish.method(),
        "headers": wish.headers,
        "seconds": minted.lifetime().as_secs(),
        "expires_at": minted.expires_at().to_string(),
        "limited_by": limited_by,
    }))
}

/// What is asked for, signed by its holder's placeholder.
struct Draft {
    host: HostName,
    method: String,
    target: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    presign: OfflinePresign,
    /// When it was signed, from which its time counts.
    at: Time,
    /// What bounds the time, as far as is known before there are credentials.
    limited_by: &'static str,
}

impl Draft {
    fn of(shared: &Shared, wish: &PresignWish, holder: &Holder) -> Result<Self, String> {
        let method = wish.method();
        if !METHODS.contains(&method) {
            return Err(format!("method: one of {} is wanted", METHODS.join(", ")));
        }
        let uri: Uri = wish.url.parse().map_err(|_| "url: not a url of https".to_owned())?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("https"));
        let authority = authority.ok_or("url: a url of https with its host is wanted")?;
        let host = HostName::parse(authority.as_str().as_bytes()).map_err(|why| format!("url: {why}"))?;
        if !shared.gateway.routes.takes_port(&host) {
            return Err("url: aws endpoints are reached on port 443 only".to_owned());
        }
        let endpoint = partition::endpoint(host.name()).ok();
        let known = |given: &Option<String>, of_host: Option<&str>, key: &str| {
            let found = given.as_deref().or(of_host).filter(|name| !name.is_empty());
            found.map(str::to_owned).ok_or_else(|| format!("{key}: the host does not tell it; say which"))
        };
        let service = known(&wish.service, endpoint.as_ref().map(|found| found.signing_name), "service")?;
        let region = known(&wish.region, endpoint.as_ref().and_then(|found| found.region()), "region")?;
        let scope = Scope::new(&region, &service);

        // Signatures count in whole seconds.
        let at = Time::from_unix(now().unix());
        let (seconds, limited_by) = bounded(shared, wish, holder, at)?;
        let mut headers = vec![(b"host".to_vec(), authority.as_str().as_bytes().to_vec())];
        for (name, value) in &wish.headers {
            if name.eq_ignore_ascii_case("host") {
                return Err("headers: the host is the url's".to_owned());
            }
            headers.push((name.clone().into_bytes(), value.clone().into_bytes()));
        }
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let payload = match sigv4::is_s3_family(&service) {
            // Whoever uses the URL brings the body.
            true => Payload::Unsigned,
            false => Payload::Bytes(b""),
        };
        let request = Request::new(method, target, &headers);
        let settings = Settings::default();
        let signed = sigv4::presign(&request, payload, &holder.keys, &scope, &settings, seconds, at);
        let target = signed.map_err(|why| why.to_string())?.target().to_vec();
        let whole = [b"https://", authority.as_str().as_bytes(), &target].concat();
        let presign = OfflinePresign::recognize(&whole).ok_or("url: it cannot be presigned")?;
        let signed = presign.missing_headers();
        if let Some(name) = wish.headers.keys().find(|name| !signed.contains(&name.to_ascii_lowercase())) {
            return Err(format!("headers: '{}' is never signed; leave it out", name.escape_debug()));
        }
        let presign =
            wish.headers.iter().fold(presign, |presign, (name, value)| presign.with_header(name, value));
        Ok(Self { host, method: method.to_owned(), target, headers, presign, at, limited_by })
    }

    /// What becomes of the request if it is sent now.
    fn judge(&self, shared: &Shared, record: &mut Record) -> Result<Proven, Refusal> {
        let head = Head::new(&self.method, &self.target, &self.headers);
        let arrival = Arrival::Intercepted { authority: self.host.clone(), sni: Some(self.host.clone()) };
        let opened = shared.gateway.open(head, &arrival, now(), record);
        let proven = opened.and_then(|opened| opened.prove(&shared.gateway, None, now(), record));
        let proven = proven.map_err(|refused| refused.refusal)?;
        if operation::returns_credentials(proven.operation()) {
            let text = "the answer to this operation would carry credentials, which no gateway could seal";
            return Err(Refusal::new(RefusalKind::CredentialOperation, text));
        }
        Ok(proven)
    }
}

/// How long it is to last, and what bounds that.
fn bounded(
    shared: &Shared,
    wish: &PresignWish,
    holder: &Holder,
    now: Time,
) -> Result<(Duration, &'static str), String> {
    let asked = wish.seconds.unwrap_or(LIFE);
    if !(1..=LONGEST).contains(&asked) {
        return Err(format!("seconds: from 1 to {LONGEST}"));
    }
    let mut bound = (Duration::from_secs(asked), "asked");
    let left = holder.ends().map(|end| Duration::from_secs(end.since(now).as_secs()));
    for (limit, by) in [(Some(shared.gateway.policy.max_expires), "policy"), (left, "placeholder")] {
        if let Some(limit) = limit.filter(|limit| *limit < bound.0) {
            bound = (limit, by);
        }
    }
    // One that has ended is refused as such, with its record.
    Ok((bound.0.max(Duration::from_secs(1)), bound.1))
}
