//! Where the container's endpoint is, and whether it may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::effect::{Http, Resolve};
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::flow::Flow;

pub(crate) const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
pub(crate) const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
/// Of the ECS agent; what is relative is relative to it.
const ECS: &str = "http://169.254.170.2";
const ECS_ADDRESS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);
/// Of the EKS Pod Identity agent.
const EKS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 23);
const EKS_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23);

/// An address whose form was checked; whether plain HTTP may go there is known once its name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    url: String,
    /// No proxy may come between.
    direct: bool,
    name: Option<Named>,
}

/// A host whose addresses have to be seen before plain HTTP goes there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    host: String,
    port: Option<u16>,
    authority: String,
    path: String,
}

impl Target {
    /// What the environment names; the relative address comes before the full one.
    pub(super) fn of(env: &Env) -> Result<Option<Self>, Error> {
        let wrong = |name: &str, why: &str| Error::new(ErrorKind::Config, format!("{name} is wrong: {why}"));
        if let Some(path) = env.get(RELATIVE) {
            return Self::relative(path).map(Some).map_err(|why| wrong(RELATIVE, why));
        }
        env.get(FULL).map(|url| Self::full(url).map_err(|why| wrong(FULL, why))).transpose()
    }

    fn relative(path: &str) -> Result<Self, &'static str> {
        if !path.starts_with('/') {
            return Err("it must begin with a slash");
        }
        plain(path)?;
        Ok(Self { url: format!("{ECS}{path}"), direct: true, name: None })
    }

    fn full(url: &str) -> Result<Self, &'static str> {
        plain(url)?;
        let uri: ::http::Uri = url.parse().map_err(|_| "it is not a url")?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("it must begin with http:// or https://"),
        };
        let authority = uri.authority().map(::http::uri::Authority::as_str).unwrap_or_default();
        let host = uri.host().filter(|host| !host.is_empty()).ok_or("it names no host")?;
        if authority.contains('@') {
            return Err("a user name has no place in it");
        }
        let target = Self { url: url.to_owned(), direct: !secure, name: None };
        if secure || host.eq_ignore_ascii_case("localhost") {
            return Ok(target);
        }
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match bracketed.unwrap_or(host).parse::<IpAddr>() {
            Ok(address) if is_allowed(address) => Ok(target),
            Ok(_) => Err(FORBIDDEN),
            Err(_) if bracketed.is_some() => Err("it names no host"),
            Err(_) => {
                let path = uri.path_and_query().map_or("/", ::http::uri::PathAndQuery::as_str).to_owned();
                let (host, authority) = (host.to_owned(), authority.to_owned());
                Ok(Self { name: Some(Named { host, port: uri.port_u16(), authority, path }), ..target })
            }
        }
    }

    /// The request. A name is looked up: every one of its addresses must be allowed, and the one that was seen is
    /// the one that is asked, whatever the name means a moment later.
    pub(super) async fn request(&self, flow: &Flow) -> Result<Http, Error> {
        let get = |url: &str| {
            let http = Http::new("GET", url);
            if self.direct { http.direct() } else { http }
        };
        let Some(named) = &self.name else { return Ok(get(&self.url)) };
        let host = named.host.as_str();
        let found = flow.ask(Resolve::new(host)).await;
        let found = found.map_err(|refusal| refusal.error(&format!("look up the addresses of {host}")))?;
        let addresses = found.map_err(|failure| {
            let message = format!("{host} cannot be looked up: {}", failure.message);
            Error::new(ErrorKind::Unreachable, message).retryable()
        })?;
        let address = match addresses.split_first() {
            Some((first, _)) if addresses.iter().all(|address| is_allowed(*address)) => first,
            Some(_) => {
                return Err(Error::new(ErrorKind::Config, format!("{FULL} names {host}: {FORBIDDEN}")));
            }
            None => return Err(Error::new(ErrorKind::Unreachable, format!("{host} has no address"))),
        };
        let address = match address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        };
        let port = named.port.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(get(&format!("http://{address}{port}{}", named.path)).header("host", named.authority.as_str()))
    }
}

const FORBIDDEN: &str =
    "plain http may go to this machine and to the addresses of ECS and EKS only; use https";

fn is_allowed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4 == ECS_ADDRESS || v4 == EKS,
        IpAddr::V6(v6) => v6 == Ipv6Addr::LOCALHOST || v6 == EKS_V6,
    }
}

/// Nothing that could end the request line, or be read in two ways.
fn plain(text: &str) -> Result<(), &'static str> {
    match text {
        _ if text.len() > 4096 => Err("it is too long"),
        _ if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') => {
            Err("it has a space, a backslash or another character that no url has")
        }
        _ if text.contains('#') => Err("a fragment has no place in it"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_here() {
        for good in [
            "http://127.0.0.1/x",
            "http://127.9.8.7:80",
            "http://[::1]:8080/x?y=z",
            "http://169.254.170.2/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "http://LOCALHOST/x",
            "https://anything.example/x",
        ] {
            let target = Target::full(good).unwrap();
            assert_eq!((target.url.as_str(), target.name), (good, None));
            assert_eq!(target.direct, good.starts_with("http:"));
        }
        for bad in [
            "http://169.254.169.254/x",
            "http://10.0.0.1/x",
            "http://[::ffff:127.0.0.1]/x",
            "http://[fd00:ec2::24]/x",
            "http://[::1%25lo]/x",
            "http://user@127.0.0.1/x",
            "https://user:pass@host/x",
            "http://127.0.0.1/x#y",
            "http://127.0.0.1/x y",
            "http://127.0.0.1\\@evil.example/",
            "ftp://127.0.0.1/x",
            "/x",
            "http://",
        ] {
            assert!(Target::full(bad).is_err(), "{bad}");
        }
        // What is no address of the usual form is a name, and has to be looked up.
        assert!(Target::full("http://2130706433/").unwrap().name.is_some());
        assert!(Target::relative("x").is_err() && Target::relative("/x\r\ny: z").is_err());
        assert_eq!(Target::relative("//evil.example/x").unwrap().url, "http://169.254.170.2//evil.example/x");
    }
}
