//! Proxies between the gateway and the rest of the world: which there is, for which hosts, and the CONNECT through it.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use awsaccess::env::Env;
use awsaccess::secret::Secret;
use awsaccess_drivers::blocking;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::dial::{Road, connect_to};

/// Where the proxy is learned from.
#[derive(Clone, Default)]
pub(crate) enum Setting {
    /// `HTTPS_PROXY` and `NO_PROXY` of the gateway's own environment.
    #[default]
    Environment,
    /// There is none.
    Off,
    /// This one, for all but these hosts.
    Given(Box<Proxy>, Except),
}

/// The proxy that connections go through, if any.
#[derive(Clone, Default)]
pub(crate) struct Proxies {
    proxy: Option<Proxy>,
    except: Except,
    /// Whether the proxy is given names, and so decides itself which addresses are connected to.
    pub(super) resolves: bool,
}

/// A proxy. It has no `Debug`: it may hold a password.
#[derive(Clone)]
pub(crate) struct Proxy {
    tls: bool,
    host: String,
    port: u16,
    /// User and password.
    login: Option<(Secret, Secret)>,
}

/// Why a text is no proxy; it never repeats the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the url of a proxy (http://host:port or https://host:port, with user:password@ before the host if need be)"
)]
pub(crate) struct NoProxy;

impl Proxies {
    /// The proxies of a setting, with the environment that the gateway was started in.
    pub(crate) fn new(setting: Setting, resolves: bool, env: &Env) -> Result<Self, NoProxy> {
        let first = |names: [&str; 2]| names.into_iter().find_map(|name| env.get(name));
        let (proxy, except) = match setting {
            Setting::Off => (None, Except::default()),
            Setting::Given(proxy, except) => (Some(*proxy), except),
            Setting::Environment => (
                first(["https_proxy", "HTTPS_PROXY"]).map(Proxy::parse).transpose()?,
                Except::parse(first(["no_proxy", "NO_PROXY"]).unwrap_or_default()),
            ),
        };
        Ok(Self { proxy, except, resolves })
    }

    /// The proxy for connections to a host.
    pub(super) fn of(&self, name: &str, port: u16) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !self.except.has(name, port))
    }

    /// Where the proxy is, to be told from the gateway itself.
    pub(crate) fn place(&self) -> Option<(&str, u16)> {
        self.proxy.as_ref().map(|proxy| (proxy.host.as_str(), proxy.port))
    }
}

impl Proxy {
    /// Reads `http://user:password@host:port`. Without a scheme it is `http`; user and password may be percent-encoded.
    pub(crate) fn parse(text: &str) -> Result<Self, NoProxy> {
        let (tls, rest) = match text.split_once("://") {
            None => (false, text),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            Some(_) => return Err(NoProxy),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let default = if tls { 443 } else { 80 };
        let (host, port) = split_port(place).ok_or(NoProxy)?;
        if host.is_empty()
            || !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte))
        {
            return Err(NoProxy);
        }
        let login = match login {
            None => None,
            Some(login) => {
                let (user, password) = login.split_once(':').unwrap_or((login, ""));
                Some((decoded(user).ok_or(NoProxy)?, decoded(password).ok_or(NoProxy)?))
            }
        };
        Ok(Self { tls, host: host.to_owned(), port: port.unwrap_or(default), login })
    }

    /// The same for requests to those who give credentials. They are never for this machine alone, where no proxy leads.
    pub(crate) fn for_credentials(&self, except: Except) -> blocking::Proxy {
        let mut proxy = blocking::Proxy::new(self.host.as_str(), self.port);
        if self.tls {
            proxy = proxy.over_tls();
        }
        if let Some((user, password)) = &self.login {
            proxy = proxy.login(user.expose(), password.expose());
        }
        proxy.except(move |host, port| is_own(host) || except.has(host, port))
    }

    /// The value of `Proxy-Authorization`.
    fn authorization(&self) -> Option<Zeroizing<String>> {
        let (user, password) = self.login.as_ref()?;
        let mut pair =
            Zeroizing::new(String::with_capacity(1 + user.expose().len() + password.expose().len()));
        pair.push_str(user.expose());
        pair.push(':');
        pair.push_str(password.expose());
        let encoded = base64(pair.as_bytes());
        let mut value = Zeroizing::new(String::with_capacity(6 + encoded.len()));
        value.push_str("Basic ");
        value.push_str(&encoded);
        Some(value)
    }

    /// A tunnel through the proxy to `target`, which is `host:port`.
    pub(super) async fn connect(&self, target: &str, trust: &Arc<ClientConfig>) -> io::Result<Road> {
        let fault = |error: io::Error| io::Error::new(error.kind(), format!("the upstream proxy: {error}"));
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the upstream proxy has no address");
        for address in tokio::net::lookup_host((self.host.as_str(), self.port)).await.map_err(fault)? {
            let mut stream = match connect_to(address).await {
                Ok(stream) => stream,
                Err(error) => {
                    last = fault(error);
                    continue;
                }
            };
            if !self.tls {
                self.ask(&mut stream, target).await?;
                return Ok(Road::Plain(stream));
            }
            let server = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
            let secured =
                TlsConnector::from(Arc::clone(trust)).connect(server, stream).await.map_err(fault)?;
            let mut secured = Box::new(secured);
            self.ask(&mut *secured, target).await?;
            return Ok(Road::Secured(secured));
        }
        Err(last)
    }

    async fn ask<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut S, target: &str) -> io::Result<()> {
        let mut text = Zeroizing::new(String::with_capacity(1024));
        text.push_str(&format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"));
        if let Some(authorization) = self.authorization() {
            text.push_str("Proxy-Authorization: ");
            text.push_str(&authorization);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        stream.write_all(text.as_bytes()).await?;
        stream.flush().await?;
        let head = read_head(stream).await?;
        match status(&head) {
            Some(200..=299) => Ok(()),
            Some(407) => {
                Err(io::Error::other("the upstream proxy wants other credentials than it was given"))
            }
            Some(status) => Err(io::Error::other(format!("the upstream proxy answered {status}"))),
            None => Err(io::Error::other("the upstream proxy did not answer in http")),
        }
    }
}

/// The longest head that a proxy may answer with.
const MOST_HEAD: usize = 16 << 10;

/// Reads to the end of the head and not a byte further: what follows belongs to the other side.
async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MOST_HEAD {
            return Err(io::Error::other("the upstream proxy answers without end"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next().filter(|status| status.len() == 3)?.parse().ok()
}

/// `host`, `host:port`, `[::1]` or `[::1]:port`.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    match text.split_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok().filter(|port| *port != 0)?))),
        None => Some((text, None)),
    }
}

/// What means this machine, whoever says it.
fn is_own(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn decoded(text: &str) -> Option<Secret> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() + 64));
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        };
        out.push(byte);
    }
    std::str::from_utf8(&out).ok().map(Secret::new)
}

/// Standard base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> Zeroizing<String> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(3) * 4));
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * place)) as usize & 63).copied().unwrap_or(b'A');
            out.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// The hosts that are reached without a proxy, in the usual reading of `NO_PROXY`: names with all that is under them
/// (with or without a dot before), addresses, networks (`10.0.0.0/8`), any of them with a port, or `*` for all.
#[derive(Clone, Default)]
pub(crate) struct Except(Vec<Rule>);

#[derive(Clone)]
enum Rule {
    All,
    Name(String, Option<u16>),
    Network(IpAddr, u8),
}

impl Except {
    pub(crate) fn parse(text: &str) -> Self {
        Self(
            text.split([',', ' '])
                .map(str::trim)
                .filter(|entry| !entry.is_empty())
                .filter_map(rule)
                .collect(),
        )
    }

    fn has(&self, name: &str, port: u16) -> bool {
        let address: Option<IpAddr> = name.parse().ok();
        self.0.iter().any(|rule| match rule {
            Rule::All => true,
            Rule::Name(own, own_port) => {
                let is_under = name
                    .strip_suffix(own.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                is_under && own_port.is_none_or(|own| own == port)
            }
            Rule::Network(network, bits) => address.is_some_and(|address| is_in(address, *network, *bits)),
        })
    }
}

fn rule(entry: &str) -> Option<Rule> {
    if entry == "*" {
        return Some(Rule::All);
    }
    let (network, bits) =
        entry.split_once('/').map_or((entry, None), |(network, bits)| (network, Some(bits)));
    if let Ok(address) = network.trim_matches(['[', ']']).parse::<IpAddr>() {
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= all)?,
            None => all,
        };
        return Some(Rule::Network(address, bits));
    }
    let (name, port) = split_port(entry)?;
    let name = name.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
    (!name.is_empty()).then_some(Rule::Name(name, port))
}

fn is_in(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (address, network, all) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            (u128::from(address.to_bits()), u128::from(network.to_bits()), 32)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits(), network.to_bits(), 128),
        _ => return false,
    };
    let shift = u32::from(all - bits.min(all));
    address.checked_shr(shift).unwrap_or(0) == network.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_proxies() {
        for (text, tls, host, port, login) in [
            ("http://proxy.example:3128", false, "proxy.example", 3128, None),
            ("https://proxy.example", true, "proxy.example", 443, None),
            ("proxy.example:8080/", false, "proxy.example", 8080, None),
            ("http://[::1]:3128", false, "::1", 3128, None),
            ("http://user:p%40ss@10.0.0.1", false, "10.0.0.1", 80, Some("Basic dXNlcjpwQHNz")),
            ("http://Aladdin:open%20sesame@x", false, "x", 80, Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!((proxy.tls, proxy.host.as_str(), proxy.port), (tls, host, port), "{text}");
            assert_eq!(proxy.authorization().as_deref().map(String::as_str), login, "{text}");
        }
        for text in [
            "",
            "http://",
            "socks5://x:1",
            "http://x:0",
            "http://x:http",
            "http://a b",
            "http://u:%zz@x",
            "http://u:%ff@x",
        ] {
            assert!(Proxy::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_environment_is_read_as_others_read_it() {
        let env = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Env>();
        let proxies =
            |pairs: &[(&str, &str)]| Proxies::new(Setting::Environment, false, &env(pairs)).unwrap();
        let both = proxies(&[("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "http://lower:2")]);
        assert_eq!(both.place(), Some(("lower", 2)));
        assert_eq!(proxies(&[("HTTP_PROXY", "http://plain:1")]).place(), None);
        assert!(Proxies::new(Setting::Environment, false, &env(&[("HTTPS_PROXY", "ftp://x")])).is_err());
        let off = Proxies::new(Setting::Off, false, &env(&[("HTTPS_PROXY", "http://x:1")])).unwrap();
        assert_eq!(off.place(), None);
    }

    #[test]
    fn hosts_that_need_no_proxy() {
        let except =
            Except::parse("example.com, .internal,*.corp.example 10.0.0.0/8,[::1],host:8443,fd00::/8");
        for (name, port, wanted) in [
            ("example.com", 443, true),
            ("a.example.com", 443, true),
            ("badexample.com", 443, false),
            ("a.internal", 443, true),
            ("x.corp.example", 443, true),
            ("corp.example.org", 443, false),
            ("10.2.3.4", 443, true),
            ("11.2.3.4", 443, false),
            ("::1", 443, true),
            ("::2", 443, false),
            ("fd12::1", 443, true),
            ("host", 8443, true),
            ("host", 443, false),
        ] {
            assert_eq!(except.has(name, port), wanted, "{name}:{port}");
        }
        assert!(Except::parse("*").has("anything", 1) && !Except::default().has("anything", 1));
        assert!(Except::parse("0.0.0.0/0").has("8.8.8.8", 1) && Except::parse("::/0").has("1::", 1));
    }
}
