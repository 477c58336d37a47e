//! One HTTP request at a time, over ureq and rustls.

use std::time::Duration;

use awsaccess::effect::{Http, HttpFailure, HttpReason, HttpReply};
use ureq::http::{HeaderName, HeaderValue, Request};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use super::network::Way;

pub(super) struct Client {
    /// Through the proxy, if there is one.
    proxied: Agent,
    direct: Agent,
    way: Way,
}

impl Client {
    pub(super) fn new(roots: Option<Vec<Certificate<'static>>>, way: Way) -> Self {
        let proxy = match &way {
            Way::Environment => Proxy::try_from_env(),
            Way::Direct => None,
            Way::Proxy { proxy, .. } => Some(proxy.clone()),
        };
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
        Self { proxied: agent(proxy), direct: agent(None), way }
    }

    pub(super) fn send(&self, http: &Http) -> Result<HttpReply, HttpFailure> {
        let mut request = Request::builder().method(http.method).uri(&http.url);
        let is_direct = http.direct || request.uri_ref().is_some_and(|uri| self.way.passes_by(uri));
        let agent = if is_direct { &self.direct } else { &self.proxied };
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
        ureq::Error::HostNotFound | ureq::Error::ConnectProxyFailed(_) => HttpReason::Unreachable,
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
    use crate::blocking::{Network, Proxy as Given};
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};
    use std::thread::JoinHandle;

    /// Answers one request, and gives what it was.
    fn once(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut head, mut piece) = (Vec::new(), [0; 4096]);
            while !head.ends_with(b"\r\n\r\n") {
                let count = stream.read(&mut piece).unwrap();
                assert!(count > 0, "it left before its head had come");
                head.extend_from_slice(&piece[..count]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(head).unwrap()
        });
        (address, server)
    }

    const NOTHING: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

    fn client(proxy: Given) -> Client {
        Client::new(None, Network::new().proxy(proxy).unwrap().way)
    }

    #[test]
    fn a_direct_request_passes_the_proxy_by() {
        let (address, server) = once(NOTHING);
        let url = format!("http://{address}/");
        // Nobody listens at the proxy's address.
        let client = client(Given::new("127.0.0.1", 1));
        assert!(client.send(&Http::new("GET", &url)).is_err());
        assert_eq!(client.send(&Http::new("GET", &url).direct()).unwrap().status, 204);
        server.join().unwrap();
    }

    #[test]
    fn hosts_that_the_proxy_is_not_for_pass_it_by() {
        let (address, server) = once(NOTHING);
        let port = address.port();
        let client =
            client(Given::new("127.0.0.1", 1).except(move |host, to| host == "127.0.0.1" && to == port));
        assert_eq!(client.send(&Http::new("GET", format!("http://{address}/"))).unwrap().status, 204);
        server.join().unwrap();
        assert!(client.send(&Http::new("GET", "http://127.0.0.1:1/")).is_err());
    }

    #[test]
    fn a_proxy_is_asked_with_its_password_and_one_that_refuses_is_out_of_reach() {
        let (address, server) = once("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        let proxy = Given::new("127.0.0.1", address.port()).login("Aladdin", "open sesame");
        let failure = client(proxy).send(&Http::new("POST", "https://sts.example.com/")).unwrap_err();
        assert_eq!(failure.reason, HttpReason::Unreachable);
        assert!(
            failure.message.contains("407") && !failure.message.contains("sesame"),
            "{}",
            failure.message
        );
        let asked = server.join().unwrap();
        assert!(asked.starts_with("CONNECT sts.example.com:443 HTTP/1.1\r\n"), "{asked}");
        // RFC 7617, section 2.
        assert!(asked.contains("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), "{asked}");
    }
}
