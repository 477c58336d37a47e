//! One HTTP request at a time, over ureq and rustls.

use std::time::Duration;

use awsaccess::effect::{Http, HttpFailure, HttpReason, HttpReply};
use awsaccess::error::{Error, ErrorKind};
use ureq::http::{HeaderName, HeaderValue, Request};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

pub(super) struct Client {
    /// Through the proxy that the environment names, if it does.
    proxied: Agent,
    direct: Agent,
}

/// The certificates of a PEM file.
pub(super) fn roots(pem: &[u8]) -> Result<Vec<Certificate<'static>>, Error> {
    let wrong = || Error::new(ErrorKind::Config, "the trusted certificates hold no certificate in pem form");
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| wrong())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(wrong()) } else { Ok(found) }
}

impl Client {
    pub(super) fn new(roots: Option<Vec<Certificate<'static>>>) -> Self {
        Self::with_proxy(roots, Proxy::try_from_env())
    }

    fn with_proxy(roots: Option<Vec<Certificate<'static>>>, proxy: Option<Proxy>) -> Self {
        let roots = roots.map_or(RootCerts::WebPki, RootCerts::from);
        let tls = TlsConfig::builder().root_certs(roots).build();
        let config = || {
            Agent::config_builder()
                .tls_config(tls.clone())
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .user_agent(concat!("awsaccess/", env!("CARGO_PKG_VERSION")))
                .max_response_header_size(64 * 1024)
        };
        let agent = |proxy| config().proxy(proxy).build().into();
        Self { proxied: agent(proxy), direct: agent(None) }
    }

    pub(super) fn send(&self, http: &Http) -> Result<HttpReply, HttpFailure> {
        let agent = if http.direct { &self.direct } else { &self.proxied };
        let mut request = Request::builder().method(http.method).uri(&http.url);
        for (name, value) in &http.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_str(value.expose());
            let (Ok(name), Ok(mut value)) = (name, value) else {
                return Err(HttpFailure::new(HttpReason::Other, "a header cannot be sent"));
            };
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let bodiless = http.body.is_empty() && matches!(http.method, "GET" | "HEAD" | "DELETE");
        let sent = if bodiless {
            request
                .body(())
                .map_err(ureq::Error::Http)
                .and_then(|request| agent.run(timed(agent, request, http.timeout)))
        } else {
            let body = http.body.as_slice();
            request
                .body(body)
                .map_err(ureq::Error::Http)
                .and_then(|request| agent.run(timed(agent, request, http.timeout)))
        };
        sent.and_then(|response| read(response, http.max_bytes)).map_err(|error| failure(&error))
    }
}

/// Bounds each phase by the same time, and the whole by three times that.
fn timed<B: ureq::AsSendBody>(agent: &Agent, request: Request<B>, timeout: Duration) -> Request<B> {
    agent
        .configure_request(request)
        .timeout_resolve(Some(timeout))
        .timeout_connect(Some(timeout))
        .timeout_send_request(Some(timeout))
        .timeout_send_body(Some(timeout))
        .timeout_recv_response(Some(timeout))
        .timeout_recv_body(Some(timeout))
        .timeout_global(Some(timeout.saturating_mul(3)))
        .build()
}

fn read(response: ureq::http::Response<ureq::Body>, max_bytes: usize) -> Result<HttpReply, ureq::Error> {
    let (head, mut body) = response.into_parts();
    // The reader fails once it has read its limit, even if nothing follows.
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let body = body.with_config().limit(limit).read_to_vec()?;
    let text = |value: &HeaderValue| value.as_bytes().iter().map(|b| char::from(*b)).collect();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    Ok(HttpReply::new(head.status.as_u16(), headers, body))
}

fn failure(error: &ureq::Error) -> HttpFailure {
    use std::io::ErrorKind as Io;
    let reason = match error {
        ureq::Error::Timeout(_) => HttpReason::Timeout,
        ureq::Error::HostNotFound => HttpReason::Unreachable,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => HttpReason::Tls,
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => HttpReason::TooLarge,
        ureq::Error::Io(error) => match error.kind() {
            _ if is_tls(error) => HttpReason::Tls,
            Io::ConnectionRefused => HttpReason::Refused,
            Io::TimedOut | Io::WouldBlock => HttpReason::Timeout,
            Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown | Io::AddrNotAvailable => {
                HttpReason::Unreachable
            }
            _ if is_lookup(error) => HttpReason::Unreachable,
            _ => HttpReason::Other,
        },
        _ => HttpReason::Other,
    };
    HttpFailure::new(reason, error.to_string().to_lowercase())
}

fn is_tls(error: &std::io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some()
}

/// The standard library has no kind for a name that does not resolve: on Unix it says so in words, on Windows the
/// system's number does.
fn is_lookup(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(11001) || error.to_string().starts_with("failed to lookup address")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn a_direct_request_passes_the_proxy_by() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
        });
        // Nobody listens at the proxy's address.
        let client = Client::with_proxy(None, Some(Proxy::new("http://127.0.0.1:1").unwrap()));
        assert!(client.send(&Http::new("GET", &url)).is_err());
        assert_eq!(client.send(&Http::new("GET", &url).direct()).unwrap().status, 204);
        server.join().unwrap();
    }
}
