//! What is asked for, signed by its holder's placeholder: here, or by a client that no gateway saw.

use std::time::Duration;

use awsaccess::audit::Record;
use awsaccess::gateway::{Arrival, Gateway, Head, Proven, Refusal, RefusalKind};
use awsaccess::operation;
use awsaccess::partition::{self, HostName};
use awsaccess::sigv4::{self, OfflinePresign, Payload, PresignKind, Request, Scope, Settings};
use awsaccess::time::Time;
use http::Uri;

use super::{Holder, PresignWish};
use crate::server::Shared;
use crate::sink::now;

/// How long a URL is to be good if nobody says.
const LIFE: Duration = Duration::from_secs(900);
/// The longest that AWS takes.
pub(super) const LONGEST: Duration = Duration::from_secs(604_800);
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "DELETE", "POST"];

/// Header fields, in order.
type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// A text with the holder's signature.
pub(super) struct Draft {
    pub(super) text: OfflinePresign,
    /// The request that it is good for, of a URL.
    pub(super) request: Option<Drafted>,
    pub(super) longest: Longest,
}

/// The longest that it may last, from when, and what bounds it.
#[derive(Clone, Copy)]
pub(super) struct Longest {
    pub(super) lasts: Duration,
    pub(super) from: Time,
    pub(super) by: &'static str,
}

/// A request as its URL says it.
pub(super) struct Drafted {
    host: HostName,
    method: String,
    target: Vec<u8>,
    headers: Fields,
}

impl Draft {
    pub(super) fn of(shared: &Shared, wish: &PresignWish, holder: &Holder) -> Result<Self, String> {
        match (&wish.url, &wish.token) {
            (Some(url), None) => Self::of_url(shared, wish, url, holder),
            (None, Some(token)) => Self::of_token(shared, wish, token.0.expose(), holder),
            _ => Err("a url or a token is wanted, one of them".to_owned()),
        }
    }

    /// A URL that is still to be signed.
    fn of_url(shared: &Shared, wish: &PresignWish, url: &str, holder: &Holder) -> Result<Self, String> {
        let method = wish.method.as_deref().unwrap_or("GET");
        if !METHODS.contains(&method) {
            return Err(format!("method: one of {} is wanted", METHODS.join(", ")));
        }
        let (authority, target, host) = taken_apart(shared, url)?;
        let endpoint = partition::endpoint(host.name()).ok();
        let known = |given: &Option<String>, of_host: Option<&str>, key: &str| {
            let found = given.as_deref().or(of_host).filter(|name| !name.is_empty());
            found.map(str::to_owned).ok_or_else(|| format!("{key}: the host does not tell it; say which"))
        };
        let service = known(&wish.service, endpoint.as_ref().map(|found| found.signing_name), "service")?;
        let region = known(&wish.region, endpoint.as_ref().and_then(|found| found.region()), "region")?;
        let scope = Scope::new(&region, &service);

        let longest = longest(shared, wish, holder, LIFE)?;
        let headers = headers(wish, &authority)?;
        let payload = match sigv4::is_s3_family(&service) {
            // Whoever uses the URL brings the body.
            true => Payload::Unsigned,
            false => Payload::Bytes(b""),
        };
        let request = Request::new(method, &target, &headers);
        let (settings, lasts) = (Settings::default(), longest.lasts);
        let signed = sigv4::presign(&request, payload, &holder.keys, &scope, &settings, lasts, longest.from);
        let target = signed.map_err(|why| why.to_string())?.target().to_vec();
        let whole = [b"https://", authority.as_bytes(), &target].concat();
        let text = OfflinePresign::recognize(&whole).ok_or("url: it cannot be presigned")?;
        let signed = text.missing_headers();
        if let Some(name) = wish.headers.keys().find(|name| !signed.contains(&name.to_ascii_lowercase())) {
            return Err(format!("headers: '{}' is never signed; leave it out", name.escape_debug()));
        }
        let text = wish.headers.iter().fold(text, |text, (name, value)| text.with_header(name, value));
        let request = Drafted { host, method: method.to_owned(), target, headers };
        Ok(Self { text, request: Some(request), longest })
    }

    /// What a client has signed and printed.
    fn of_token(shared: &Shared, wish: &PresignWish, token: &str, holder: &Holder) -> Result<Self, String> {
        if wish.service.is_some() || wish.region.is_some() {
            return Err("token: it says itself which service and region it is for".to_owned());
        }
        let unknown = "token: it is no presigned url, and no token that is made of one";
        let text = OfflinePresign::recognize(token.as_bytes()).ok_or(unknown)?;
        if text.access_key_id() != holder.keys.access_key_id() {
            return Err("token: it is signed with another key than that of who asks".to_owned());
        }
        let text = wish.headers.iter().fold(text, |text, (name, value)| text.with_header(name, value));
        if let Some(name) = text.missing_headers().first() {
            return Err(format!(
                "headers: the token is signed with '{}' and does not hold it",
                name.escape_debug()
            ));
        }
        let longest = longest(shared, wish, holder, LONGEST)?;
        let request = match text.kind() {
            PresignKind::S3 | PresignKind::Url => {
                let (authority, target, host) = taken_apart(shared, token.trim())?;
                let method = wish.method.clone().unwrap_or_else(|| "GET".to_owned());
                let (target, headers) = (target.into_bytes(), headers(wish, &authority)?);
                Some(Drafted { host, method, target, headers })
            }
            _ => None,
        };
        Ok(Self { text, request, longest })
    }
}

impl Drafted {
    /// What becomes of the request if it is sent now.
    pub(super) fn judge(&self, gateway: &Gateway, record: &mut Record) -> Result<Proven, Refusal> {
        let head = Head::new(&self.method, &self.target, &self.headers);
        let arrival = Arrival::Intercepted { authority: self.host.clone(), sni: Some(self.host.clone()) };
        let opened = gateway.open(head, &arrival, now(), record);
        let proven = opened.and_then(|opened| opened.prove(gateway, None, now(), record));
        let proven = proven.map_err(|refused| refused.refusal)?;
        if operation::returns_credentials(proven.operation()) {
            let text = "the answer to this operation would carry credentials, which no gateway could seal";
            return Err(Refusal::new(RefusalKind::CredentialOperation, text));
        }
        Ok(proven)
    }
}

/// Authority, path with query, and host of a URL that the gateway would send a request to.
fn taken_apart(shared: &Shared, url: &str) -> Result<(String, String, HostName), String> {
    let uri: Uri = url.parse().map_err(|_| "url: not a url of https".to_owned())?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("https"));
    let authority = authority.ok_or("url: a url of https with its host is wanted")?;
    let host = HostName::parse(authority.as_str().as_bytes()).map_err(|why| format!("url: {why}"))?;
    if !shared.gateway.routes.takes_port(&host) {
        return Err("url: aws endpoints are reached on port 443 only".to_owned());
    }
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    Ok((authority.as_str().to_owned(), target.to_owned(), host))
}

fn headers(wish: &PresignWish, authority: &str) -> Result<Fields, String> {
    let mut headers = vec![(b"host".to_vec(), authority.as_bytes().to_vec())];
    for (name, value) in &wish.headers {
        if name.eq_ignore_ascii_case("host") {
            return Err("headers: the host is the url's".to_owned());
        }
        headers.push((name.clone().into_bytes(), value.clone().into_bytes()));
    }
    Ok(headers)
}

/// How long it is to last, and what bounds that.
fn longest(
    shared: &Shared,
    wish: &PresignWish,
    holder: &Holder,
    unsaid: Duration,
) -> Result<Longest, String> {
    // Signatures count in whole seconds.
    let from = Time::from_unix(now().unix());
    let asked = wish.seconds.map_or(unsaid, Duration::from_secs);
    if !(1..=LONGEST.as_secs()).contains(&asked.as_secs()) {
        return Err(format!("seconds: from 1 to {}", LONGEST.as_secs()));
    }
    let mut longest = Longest { lasts: asked, from, by: "asked" };
    let left = holder.ends().map(|end| Duration::from_secs(end.since(from).as_secs()));
    for (limit, by) in [(Some(shared.gateway.policy.max_expires), "policy"), (left, "placeholder")] {
        if let Some(lasts) = limit.filter(|limit| *limit < longest.lasts) {
            longest = Longest { lasts, from, by };
        }
    }
    // One that has ended is refused as such, with its record.
    longest.lasts = longest.lasts.max(Duration::from_secs(1));
    Ok(longest)
}
