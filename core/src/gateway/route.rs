//! Where a request goes: by the host that it names, or by the scope that it was signed for.

use std::sync::Arc;

use super::ingress::{Arrival, Head};
use super::petition::{OWN_HOST, OWN_SERVICE};
use super::refusal::{Refusal, RefusalKind};
use crate::access::HostPattern;
use crate::operation::Service;
use crate::partition::{self, Endpoint, Hints, HostName, HostRefused, Kind, Style};
use crate::sigv4::Scope;

/// An endpoint that the catalogue does not know: an emulator, a store of one's own, an API of a customer's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExtraEndpoint {
    /// The host names that it has: a name, or `*.` and a name.
    pub host: HostPattern,
    /// The signing name, if there is only one.
    pub service: Option<String>,
    /// The region, if there is only one.
    pub region: Option<String>,
}

impl ExtraEndpoint {
    /// An endpoint for every service and region.
    #[must_use]
    pub const fn new(host: HostPattern) -> Self {
        Self { host, service: None, region: None }
    }
}

/// What becomes of a host that a client asks a connection to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Destination {
    /// An API that requests are signed for, or the gateway itself: the TLS session is ended here.
    Intercept,
    /// An API of AWS's that signs in its own way: its bytes are passed through.
    Opaque,
    /// Not an API of AWS's: a matter for the rules of tunnels.
    Foreign,
    /// Nothing that a connection is made to.
    Refused(HostRefused),
}

/// Where the request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The host, as the `Host` header will say it: no default port.
    pub host: Arc<str>,
    /// The part of the path that was the listener's.
    pub base_path: String,
    /// The partition that the region lies in; `None` where the region is none of AWS's (an extra endpoint).
    pub partition: Option<&'static str>,
    pub(super) style: Style,
    /// What names the service in the host, where it is one of AWS's.
    prefix: Option<Arc<str>>,
    is_customers: bool,
}

impl Route {
    /// The service behind it, for a request that was signed under that name.
    pub(super) fn service<'a>(&'a self, signing_name: &'a str) -> Service<'a> {
        let service = Service::named(signing_name).addressed(&self.style).below(&self.base_path);
        match (&self.prefix, self.is_customers) {
            (_, true) => service.of_a_customer(),
            (Some(prefix), false) => service.on_host(prefix),
            (None, false) => service,
        }
    }
}

/// The endpoints there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Routes {
    /// Endpoints beside the catalogue; they come first.
    pub extras: Vec<ExtraEndpoint>,
    /// Customers' own endpoints that may be signed for.
    pub customer_hosts: Vec<HostPattern>,
    /// Those that may be signed for where the application of the request names them too.
    pub application_hosts: Vec<HostPattern>,
}

impl Routes {
    /// What becomes of a connection to that host.
    #[must_use]
    pub fn destination(&self, host: &HostName) -> Destination {
        if host.name() == OWN_HOST || self.extra(host.name()).is_some() {
            return Destination::Intercept;
        }
        match host.endpoint() {
            Ok(found) if found.kind == Kind::Opaque => Destination::Opaque,
            Ok(found) if self.allows(found) => Destination::Intercept,
            // A customer's endpoint that no rule names, or a page for people, is as good as any other public host.
            Ok(found) if matches!(found.kind, Kind::Customer | Kind::Web) => Destination::Foreign,
            Ok(_) => Destination::Refused(HostRefused::CustomerHost),
            Err(why) if why.is_foreign() => Destination::Foreign,
            Err(why) => Destination::Refused(why),
        }
    }

    /// Whether the host is reached at the port that was written after it. AWS's endpoints have 443 alone; Transcribe's
    /// streams over WebSocket are [at 8443](https://docs.aws.amazon.com/transcribe/latest/dg/streaming-websocket.html).
    #[must_use]
    pub fn takes_port(&self, host: &HostName) -> bool {
        let port = host.port().unwrap_or(443);
        port == 443
            || self.extra(host.name()).is_some()
            || match host.endpoint() {
                Ok(found) => has_port(found, port),
                Err(_) => host.name() != OWN_HOST,
            }
    }

    fn extra(&self, host: &str) -> Option<&ExtraEndpoint> {
        self.extras.iter().find(|extra| extra.host.matches(host))
    }

    fn allows(&self, endpoint: &Endpoint) -> bool {
        let named = |patterns: &[HostPattern]| patterns.iter().any(|pattern| pattern.matches(&endpoint.host));
        endpoint.kind == Kind::Service || named(&self.customer_hosts) || named(&self.application_hosts)
    }

    /// Whether only an application's own list allows the customer's host that the route leads to.
    pub(super) fn is_an_applications(&self, route: &Route) -> bool {
        if !route.is_customers {
            return false;
        }
        let name = route.host.split(':').next().unwrap_or_default();
        self.extra(name).is_none() && !self.customer_hosts.iter().any(|pattern| pattern.matches(name))
    }

    /// The route of a request that was signed for `scope`.
    pub(super) fn find(
        &self,
        head: &Head<'_>,
        host: &HostName,
        arrival: &Arrival,
        scope: &Scope,
    ) -> Result<Route, Refusal> {
        // What was signed for the gateway itself goes nowhere else.
        if scope.service() == OWN_SERVICE {
            let why = "Credential should be scoped to a service of aws";
            return Err(Refusal::new(RefusalKind::ScopeMismatch, why));
        }
        match arrival {
            Arrival::Intercepted { .. } => self.by_host(host, scope, String::new()),
            Arrival::EndpointUrl | Arrival::PlainEndpointUrl => self.by_scope(head, scope),
        }
    }

    /// The route of a request that names no scope, and the name that its host's service signs under.
    pub(super) fn find_unsigned(&self, host: &HostName) -> Result<(Route, Option<String>), Refusal> {
        if let Some(extra) = self.extra(host.name()) {
            // Of the scope that nobody signed, only what the endpoint and its name say.
            let endpoint = host.endpoint().ok();
            let of_host = endpoint.map(|endpoint| endpoint.signing_name.to_owned());
            let service = extra.service.clone().or(of_host);
            return Ok((plain_route(extra, host, endpoint), service));
        }
        let endpoint = host.endpoint()?;
        if !self.allows(endpoint) {
            return Err(Refusal::new(
                RefusalKind::HostNotAllowed,
                "the host belongs to a customer of aws; a rule must name it before requests are sent to it",
            ));
        }
        let service = Some(endpoint.signing_name.to_owned());
        Ok((endpoint_route(endpoint, host.port(), String::new()), service))
    }

    fn by_host(&self, host: &HostName, scope: &Scope, base_path: String) -> Result<Route, Refusal> {
        if let Some(extra) = self.extra(host.name()) {
            return extra_route(extra, host, scope, base_path);
        }
        let endpoint = host.endpoint()?;
        if !self.allows(endpoint) {
            return Err(Refusal::new(
                RefusalKind::HostNotAllowed,
                "the host belongs to a customer of aws; a rule must name it before it is signed for",
            ));
        }
        endpoint.accepts_scope(scope)?;
        Ok(endpoint_route(endpoint, host.port(), base_path))
    }

    /// The listener's own host says nothing; the scope must, or the path: `/_/service/…`. A region set that is more
    /// than one region names no host.
    fn by_scope(&self, head: &Head<'_>, scope: &Scope) -> Result<Route, Refusal> {
        let (region, service) = (scope.region(), scope.service());
        let request = head.request();
        let named = request.path().strip_prefix(b"/_/").map(|rest| {
            let end = memchr::memchr(b'/', rest).unwrap_or(rest.len());
            String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned()
        });
        let (name, base_path) = match named {
            Some(name) => {
                let base_path = format!("/_/{name}");
                (partition::host_for_service(region, &name)?, base_path)
            }
            None => {
                let headers = request.headers();
                let hints = Hints {
                    target: headers.first("x-amz-target").and_then(|value| std::str::from_utf8(value).ok()),
                    query: crate::operation::protocol(&request, None) == crate::operation::Protocol::Query,
                    account_id: headers.first("x-amz-account-id").is_some(),
                };
                (partition::host_for_scope(region, service, hints)?, String::new())
            }
        };
        let host = HostName::parse(name.as_bytes()).map_err(HostRefused::from)?;
        self.by_host(&host, scope, base_path)
    }
}

/// Whether an endpoint of AWS's own has a port beside 443.
fn has_port(endpoint: &Endpoint, port: u16) -> bool {
    port == 8443 && *endpoint.prefix == *"transcribestreaming"
}

fn endpoint_route(endpoint: &Endpoint, port: Option<u16>, base_path: String) -> Route {
    let partition = endpoint.partition().map(|partition| partition.id);
    let is_customers = endpoint.kind == Kind::Customer;
    let host = match port.filter(|port| has_port(endpoint, *port)) {
        Some(port) => format!("{}:{port}", endpoint.host).into(),
        None => Arc::clone(&endpoint.host),
    };
    let prefix = Some(endpoint.prefix.clone());
    Route { host, base_path, partition, style: endpoint.style.clone(), prefix, is_customers }
}

fn plain_route(extra: &ExtraEndpoint, host: &HostName, endpoint: Option<&Endpoint>) -> Route {
    let port = host.port().filter(|port| *port != 443).map_or(String::new(), |port| format!(":{port}"));
    let region = extra.region.as_deref().and_then(partition::of);
    let of_host = endpoint.and_then(Endpoint::partition);
    Route {
        host: format!("{}{port}", host.name()).into(),
        base_path: String::new(),
        partition: region.or(of_host).map(|partition| partition.id),
        is_customers: endpoint.is_some_and(|endpoint| endpoint.kind == Kind::Customer),
        prefix: endpoint.map(|endpoint| endpoint.prefix.clone()),
        style: endpoint.map_or(Style::Path, |endpoint| endpoint.style.clone()),
    }
}

fn extra_route(
    extra: &ExtraEndpoint,
    host: &HostName,
    scope: &Scope,
    base_path: String,
) -> Result<Route, Refusal> {
    let (region, service) = (scope.region(), scope.service());
    let mismatch = |what: &str| Err(Refusal::new(RefusalKind::ScopeMismatch, what));
    if let Some(own) = extra.service.as_deref().filter(|own| *own != service) {
        return mismatch(&format!("Credential should be scoped to correct service: '{own}'."));
    }
    if extra.region.as_deref().is_some_and(|own| !scope.covers(own)) {
        return mismatch(&format!("Credential should be scoped to a valid region, not '{region}'."));
    }
    // A stand-in for an AWS host is read as that host is; of any other we know no more than its name.
    let endpoint = host.endpoint().ok();
    if let Some(endpoint) = endpoint {
        endpoint.accepts_scope(scope)?;
    }
    let port = host.port().filter(|port| *port != 443).map_or(String::new(), |port| format!(":{port}"));
    Ok(Route {
        host: format!("{}{port}", host.name()).into(),
        base_path,
        partition: partition::of(extra.region.as_deref().unwrap_or(region)).map(|partition| partition.id),
        is_customers: endpoint.is_some_and(|endpoint| endpoint.kind == Kind::Customer),
        prefix: endpoint.map(|endpoint| endpoint.prefix.clone()),
        style: endpoint.map_or(Style::Path, |endpoint| endpoint.style.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_HEADERS: [(&str, &str); 0] = [];

    fn host(name: &str) -> HostName {
        HostName::parse(name.as_bytes()).unwrap()
    }

    #[test]
    fn destinations() {
        let mut routes = Routes::default();
        routes.extras.push(ExtraEndpoint::new(HostPattern::parse("minio.test").unwrap()));
        routes.customer_hosts.push(HostPattern::parse("a.execute-api.eu-west-1.amazonaws.com").unwrap());
        for (name, destination) in [
            ("sts.amazonaws.com", Destination::Intercept),
            ("minio.test", Destination::Intercept),
            (OWN_HOST, Destination::Intercept),
            ("www.awsaccess.internal", Destination::Foreign),
            ("a.execute-api.eu-west-1.amazonaws.com", Destination::Intercept),
            ("b.execute-api.eu-west-1.amazonaws.com", Destination::Foreign),
            ("ssmmessages.eu-west-1.amazonaws.com", Destination::Opaque),
            ("us-east-1.signin.aws.amazon.com", Destination::Foreign),
            ("console.aws.amazon.com", Destination::Foreign),
            ("example.com", Destination::Foreign),
            ("sts.amazonaws.com.evil.example", Destination::Foreign),
            ("no-such.eu-west-1.amazonaws.com", Destination::Refused(HostRefused::UnknownService)),
        ] {
            assert_eq!(routes.destination(&host(name)), destination, "{name}");
        }
    }

    #[test]
    fn ports_are_those_of_the_service() {
        let mut routes = Routes::default();
        routes.extras.push(ExtraEndpoint::new(HostPattern::parse("minio.test").unwrap()));
        for (text, takes) in [
            ("sts.amazonaws.com", true),
            ("sts.amazonaws.com:443", true),
            ("sts.amazonaws.com:8443", false),
            ("sts.amazonaws.com:80", false),
            ("transcribestreaming.eu-west-1.amazonaws.com:8443", true),
            ("transcribestreaming.eu-west-1.amazonaws.com:8444", false),
            ("transcribe.eu-west-1.amazonaws.com:8443", false),
            ("minio.test:9000", true),
            ("awsaccess.internal:443", true),
            ("awsaccess.internal:9000", false),
            ("example.com:8443", true),
        ] {
            assert_eq!(routes.takes_port(&host(text)), takes, "{text}");
        }
        let scope = Scope::new("eu-west-1", "transcribe");
        let route = |text: &str| {
            let host = host(text);
            let arrival = Arrival::Intercepted { authority: host.clone(), sni: None };
            routes.find(&Head::new("GET", b"/", &NO_HEADERS), &host, &arrival, &scope).map(|route| route.host)
        };
        let name = "transcribestreaming.eu-west-1.amazonaws.com";
        assert_eq!(&*route(name).unwrap(), name);
        assert_eq!(&*route(&format!("{name}:443")).unwrap(), name);
        assert_eq!(*route(&format!("{name}:8443")).unwrap(), format!("{name}:8443"));
    }

    #[test]
    fn the_base_path_names_the_service() {
        let routes = Routes::default();
        let find = |target: &str, service: &str| {
            let head = Head::new("POST", target.as_bytes(), &NO_HEADERS);
            let scope = Scope::new("us-east-1", service);
            let found = routes.find(&head, &host("localhost"), &Arrival::EndpointUrl, &scope);
            found.map(|route| (route.host, route.base_path)).map_err(|why| why.kind())
        };
        let bedrock = ("bedrock-runtime.us-east-1.amazonaws.com".into(), "/_/bedrock-runtime".to_owned());
        assert_eq!(find("/_/bedrock-runtime/model/x/invoke", "bedrock"), Ok(bedrock));
        assert_eq!(find("/model/x/invoke", "bedrock"), Err(RefusalKind::NoSingleHost));
        assert_eq!(find("/_/bedrock-runtime/x", "s3"), Err(RefusalKind::ScopeMismatch));
        assert_eq!(find("/_/nothing/x", "s3"), Err(RefusalKind::NoSingleHost));
        assert_eq!(find("/bucket/key", "s3"), Ok(("s3.us-east-1.amazonaws.com".into(), String::new())));
    }

    #[test]
    fn a_region_set_names_a_host_only_if_it_is_one_region() {
        let routes = Routes::default();
        let find = |set: &[&str]| {
            let head = Head::new("GET", b"/bucket/key", &NO_HEADERS);
            let scope = Scope::regions(set, "s3");
            routes.find(&head, &host("localhost"), &Arrival::EndpointUrl, &scope).map(|route| route.host)
        };
        assert_eq!(&*find(&["us-east-1"]).unwrap(), "s3.us-east-1.amazonaws.com");
        for set in [&["*"][..], &["us-*"], &["us-east-1", "us-west-2"]] {
            assert_eq!(find(set).err().map(|why| why.kind()), Some(RefusalKind::NoSingleHost), "{set:?}");
        }
    }
}
