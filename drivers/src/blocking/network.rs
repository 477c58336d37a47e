//! How a host reaches those that it asks, where the environment is not to say it.

use std::net::Ipv6Addr;
use std::path::Path;
use std::sync::Arc;

use awsaccess::error::{Error, ErrorKind};
use ureq::ProxyProtocol;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, parse_pem};

/// How a [`Blocking`](super::Blocking) host reaches those that it asks. What it does not say, the environment does:
/// `HTTPS_PROXY` and its companions, `AWS_CA_BUNDLE`.
#[derive(Clone, Default)]
#[must_use]
pub struct Network {
    pub(super) roots: Option<Vec<Certificate<'static>>>,
    pub(super) way: Way,
}

#[derive(Clone, Default)]
pub(super) enum Way {
    #[default]
    Environment,
    Direct,
    Proxy {
        proxy: ureq::Proxy,
        except: Except,
    },
}

type Except = Arc<dyn Fn(&str, u16) -> bool + Send + Sync>;

/// A proxy that is asked by CONNECT. It has no `Debug`: it may hold a password.
#[must_use]
pub struct Proxy {
    tls: bool,
    host: String,
    port: u16,
    login: Option<(String, String)>,
    except: Except,
}

impl Network {
    /// As the environment says.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these certificates (PEM) and no others.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if there is none among them.
    pub fn roots(mut self, pem: &[u8]) -> Result<Self, Error> {
        self.roots = Some(roots(pem)?);
        Ok(self)
    }

    /// Asks without a proxy, whatever the environment says.
    pub fn direct(mut self) -> Self {
        self.way = Way::Direct;
        self
    }

    /// Asks through this proxy, whatever the environment says; but for what must be direct.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if its host is none.
    pub fn proxy(mut self, proxy: Proxy) -> Result<Self, Error> {
        let protocol = if proxy.tls { ProxyProtocol::Https } else { ProxyProtocol::Http };
        let host = match proxy.host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => proxy.host,
        };
        let mut made = ureq::Proxy::builder(protocol).host(&host).port(proxy.port);
        if let Some((user, password)) = &proxy.login {
            made = made.username(user).password(password);
        }
        let wrong = |_| Error::new(ErrorKind::Config, "the host of the proxy is none");
        self.way = Way::Proxy { proxy: made.build().map_err(wrong)?, except: proxy.except };
        Ok(self)
    }

    /// The same, with the certificates that `AWS_CA_BUNDLE` names where it has none.
    pub(super) fn with_bundle(self) -> Result<Self, Error> {
        let bundle = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
        let Some(path) = bundle.filter(|_| self.roots.is_none()) else { return Ok(self) };
        let pem = std::fs::read(&path).map_err(|error| {
            let path = Path::new(&path).display();
            let why = format!("AWS_CA_BUNDLE names {path}, which cannot be read: {error}");
            Error::new(ErrorKind::Config, why)
        })?;
        self.roots(&pem)
    }
}

impl Proxy {
    /// One that is reached in the clear.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { tls: false, host: host.into(), port, login: None, except: Arc::new(|_, _| false) }
    }

    /// It is reached by TLS, with a certificate that is checked as those of the others are.
    pub fn over_tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// With user and password.
    pub fn login(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some((user.into(), password.into()));
        self
    }

    /// Not for these hosts and ports.
    pub fn except(mut self, except: impl Fn(&str, u16) -> bool + Send + Sync + 'static) -> Self {
        self.except = Arc::new(except);
        self
    }
}

impl Way {
    /// Whether the proxy is not for that.
    pub(super) fn passes_by(&self, uri: &Uri) -> bool {
        let Self::Proxy { except, .. } = self else { return false };
        let default = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        except(&host, uri.port_u16().unwrap_or(default))
    }
}

/// The certificates of a PEM file.
fn roots(pem: &[u8]) -> Result<Vec<Certificate<'static>>, Error> {
    let wrong = || Error::new(ErrorKind::Config, "the trusted certificates hold no certificate in pem form");
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| wrong())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(wrong()) } else { Ok(found) }
}
