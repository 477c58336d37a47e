//! A gateway as Python embeds it: the pipeline of the core, a stage at a time, while Python brings the requests, the
//! credentials and the wire.

mod console;
mod forward;
mod refuse;
mod restriction;
mod stage;
mod throttle;

use std::collections::BTreeMap;
use std::sync::Arc;

use awsaccess::access::HostPattern;
use awsaccess::audit;
use awsaccess::gateway::{
    Arrival, CredentialReply, Destination, ExtraEndpoint, Gateway as Core, Head, Placeholder, Placeholders,
    Replays, Sealed, UnsignedRule,
};
use awsaccess::partition::HostName;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::credentials::Credentials;
use crate::error::{guard, input, wrong_type};
use crate::header::{Headers, Unfit};
use crate::identity::Identity;
use crate::placeholder::GatewayKeys;
use crate::policy::Policy;
use crate::record::{Record, address, name};
use crate::revoke::Revocations;
use crate::rules::Rules;
use crate::store::Store;
use crate::value::{pairs, text, text_or_bytes, time};

use self::restriction::Restriction;
use self::stage::About;

pub(crate) use console::ConsoleGrant;
pub(crate) use forward::Forward;
pub(crate) use restriction::AccessQuestion;
pub(crate) use stage::{Admitted, Proven};
pub(crate) use throttle::Throttle;

/// A gateway: what a request must be like, who may do what, and which placeholders there are. It is shared by all
/// requests and never changes; to change the rules, make another.
///
/// `keys` open sealed placeholders, and seal the credentials that AWS's replies carry; `placeholders` are those for
/// clients that can carry no session token: pairs of `Credentials` and `Identity`, or a `placeholder.Store` of them, which
/// may change. One of the two at least.
///
/// `policy` is what a signature must be like; without one, SigV4A is refused. `endpoints` are hosts beside AWS's own
/// (a name or `*.` and a name, or `(host, service, region)` with `None` for any), `customer_hosts` those of AWS's
/// customers that every application may use. `credential_replies` says what becomes of replies that carry
/// credentials, by `service:Operation`: `virtualise`, `pass` or `deny`. `unsigned` are operations that need no
/// signature, each alone or as a pair with the `Identity` that calls it. `foreign_presigned` lets presigned URLs of
/// other keys pass for reading. `replay_times` is how often one signature is taken, of the `replay_remember` last
/// ones; `None` does not look. `strict_headers` drops headers that the client did not sign. `trailer_checksums` has
/// the checksums in the trailers of bodies checked on the way, as the service does. `plain_unsigned_bodies` takes bodies
/// that nobody signed from requests that came by plain HTTP, too (`admit`'s `plain`). `body_limit` is how many bytes of
/// a body may be held, `target_limit` and `headers_limit` how many a target and all headers may have, `fields_limit` and
/// `signed_headers_limit` how many headers there may be, and how many of them signed. `restrictions` are callables that are
/// asked of what all other rules allow, with an `access.Question`: one that gives a text denies it, as the rule of that
/// name in the record, and `None` lets it be; what one raises is raised unchanged, and denies as well. `before` is the gateway that this one takes the place of: what it saw of signatures counts on.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct Gateway(Arc<Core>);

#[pymethods]
impl Gateway {
    #[new]
    #[pyo3(signature = (rules, keys=None, *, placeholders=None, revocations=None, policy=None, endpoints=None,
        customer_hosts=None, credential_replies=None, unsigned=None, foreign_presigned=false, replay_times=None,
        replay_remember=100_000, strict_headers=false, trailer_checksums=true, plain_unsigned_bodies=false,
        body_limit=None, target_limit=None,
        headers_limit=None, fields_limit=None, signed_headers_limit=None, restrictions=None, before=None))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
    fn new(
        rules: &Bound<'_, Rules>,
        keys: Option<&Bound<'_, GatewayKeys>>,
        placeholders: Option<&Bound<'_, PyAny>>,
        revocations: Option<&Bound<'_, Revocations>>,
        policy: Option<&Bound<'_, Policy>>,
        endpoints: Option<&Bound<'_, PyAny>>,
        customer_hosts: Option<&Bound<'_, PyAny>>,
        credential_replies: Option<&Bound<'_, PyAny>>,
        unsigned: Option<&Bound<'_, PyAny>>,
        foreign_presigned: bool,
        replay_times: Option<u32>,
        replay_remember: usize,
        strict_headers: bool,
        trailer_checksums: bool,
        plain_unsigned_bodies: bool,
        body_limit: Option<u64>,
        target_limit: Option<usize>,
        headers_limit: Option<usize>,
        fields_limit: Option<usize>,
        signed_headers_limit: Option<usize>,
        restrictions: Option<&Bound<'_, PyAny>>,
        before: Option<&Bound<'_, Self>>,
    ) -> PyResult<Self> {
        guard(|| {
            let rules = rules.get().0.clone();
            let own = rules.applications().flat_map(|application| application.customer_hosts.clone());
            let own: Vec<HostPattern> = own.collect();
            let mut core = Core::new(rules, Known::of(keys, placeholders, revocations)?);
            if let Some(policy) = policy {
                core.policy = policy.get().0.clone();
            }
            for one in each(restrictions, "restrictions", restriction)? {
                core.restrictions.push(Box::new(one));
            }
            core.routes.application_hosts = own;
            core.routes.extras = each(endpoints, "endpoints", endpoint)?;
            core.routes.customer_hosts = each(customer_hosts, "customer_hosts", customer_host)?;
            core.credential_replies = replies(credential_replies)?;
            core.unsigned = each(unsigned, "unsigned", unsigned_rule)?;
            core.foreign_presigned = foreign_presigned;
            core.replays = replay_times.map(|times| Replays::new(times, replay_remember));
            if let (Some(replays), Some(before)) =
                (&core.replays, before.and_then(|gateway| gateway.get().0.replays.as_ref()))
            {
                replays.carry(before);
            }
            core.strict_headers = strict_headers;
            core.trailer_checksums = trailer_checksums;
            core.plain_unsigned_bodies = plain_unsigned_bodies;
            let limits = &mut core.limits;
            limits.body = body_limit.unwrap_or(limits.body);
            limits.target = target_limit.unwrap_or(limits.target);
            limits.headers = headers_limit.unwrap_or(limits.headers);
            limits.fields = fields_limit.unwrap_or(limits.fields);
            limits.signed_headers = signed_headers_limit.unwrap_or(limits.signed_headers);
            Ok(Self(Arc::new(core)))
        })
    }

    /// Looks at the head of a request: is it well formed, whose key does it name, where does it go? Nothing of the
    /// body is needed yet.
    ///
    /// `target` and `headers` are as they came, text or bytes. A client that was given the gateway as its endpoint
    /// URL needs no more, but for `plain`: that it came by plain HTTP at an address, where others could change it on the
    /// way, so that a body which nobody signed is refused. Of one that came through CONNECT and a TLS session that ended here, `connect` is the
    /// authority that CONNECT named and `server_name` the one of the session. `http2` says that it came over HTTP/2,
    /// with its `authority`, and `ended` that no body follows. `peer` is the client's address, or what a socket gives
    /// for it; `id` is the name of the request, `None` makes one. Raises `RefusedError`, whose `reply` is for the
    /// client.
    #[pyo3(signature = (method, target, headers=None, *, peer=None, now=None, id=None, connect=None, server_name=None,
        plain=false, http2=false, authority=None, ended=false))]
    #[expect(clippy::too_many_arguments, reason = "keywords, each with a default")]
    fn admit(
        &self,
        py: Python<'_>,
        method: &str,
        target: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        peer: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
        id: Option<String>,
        connect: Option<&Bound<'_, PyAny>>,
        server_name: Option<&Bound<'_, PyAny>>,
        plain: bool,
        http2: bool,
        authority: Option<&Bound<'_, PyAny>>,
        ended: bool,
    ) -> PyResult<Admitted> {
        guard(|| {
            let now = time(now)?;
            let headers = Headers::read(headers)?.owned(Unfit::Refuse)?;
            let mut head = Head::new(method, text_or_bytes(target, "target")?, &headers);
            if http2 {
                let authority = authority.map(|name| text_or_bytes(name, "authority")).transpose()?;
                head = head.over_http2(authority, ended);
            }
            let arrival = arrival(connect, server_name, plain)?;
            let mut record = audit::Record::request(name(py, id)?, now);
            record.source = peer.map(address).transpose()?.flatten();
            let opened = self.0.open(head, &arrival, now, &mut record);
            let named = [&record.access_key_id, &record.service, &record.region].map(Option::clone);
            let record = Py::new(py, Record::of(record))?;
            match opened {
                Ok(opened) => {
                    let about = About { is_head: method == "HEAD", protocol: opened.protocol(), record };
                    Ok(Admitted::new(Arc::clone(&self.0), opened, about, named))
                }
                Err(refused) => Err(refuse::raised(py, &refused, &record)),
            }
        })
    }

    /// Whether whoever holds a placeholder may open the console: a whole session, whose requests never pass the gateway,
    /// so that the rules must lose nothing by it, and every restriction is asked of the service `signin`.
    ///
    /// Whoever shows a key id and a token has not proven to hold the secret: a request that was signed, or the host's own
    /// sign-in, does that. Raises `RefusedError`, whose `record` is of the event `console`.
    #[pyo3(signature = (access_key_id, session_token=None, *, peer=None, now=None, id=None))]
    fn open_console(
        &self,
        py: Python<'_>,
        access_key_id: &str,
        session_token: Option<&Bound<'_, PyAny>>,
        peer: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, PyAny>>,
        id: Option<String>,
    ) -> PyResult<ConsoleGrant> {
        guard(|| {
            let now = time(now)?;
            let token = session_token.map(|token| text_or_bytes(token, "session_token")).transpose()?;
            let mut record = audit::Record::new(audit::Event::Console, name(py, id)?, now);
            record.source = peer.map(address).transpose()?.flatten();
            ConsoleGrant::of(py, &self.0, (access_key_id, token), record, now)
        })
    }

    /// What becomes of a host that a client asks a connection to with CONNECT: `intercept` (an API that requests are
    /// signed for: end the TLS session here), `opaque` (one of AWS's that signs in its own way: pass its bytes),
    /// `foreign` (none of AWS's APIs) or `refused`. Raises `InputError` for what is no host name; addresses are none.
    fn destination(&self, host: &Bound<'_, PyAny>) -> PyResult<&'static str> {
        guard(|| {
            let host =
                HostName::parse(text_or_bytes(host, "host")?).map_err(|why| input(&why.to_string()))?;
            Ok(match self.0.routes.destination(&host) {
                _ if !self.0.routes.takes_port(&host) => "refused",
                Destination::Intercept => "intercept",
                Destination::Opaque => "opaque",
                Destination::Foreign => "foreign",
                _ => "refused",
            })
        })
    }

    fn __repr__(&self) -> &'static str {
        "<Gateway>"
    }
}

/// The placeholders of a gateway, with keys or without.
enum Known {
    Sealed(Box<Sealed>),
    Stored(Store),
}

impl Known {
    fn of(
        keys: Option<&Bound<'_, GatewayKeys>>,
        placeholders: Option<&Bound<'_, PyAny>>,
        revocations: Option<&Bound<'_, Revocations>>,
    ) -> PyResult<Self> {
        let given = placeholders.and_then(|given| given.cast::<Store>().ok());
        let store = match given {
            Some(store) => store.get().clone(),
            None => {
                let store = Store::default();
                for (credentials, identity) in each(placeholders, "placeholders", stored)? {
                    if store.insert(credentials.get(), identity.get()) {
                        return Err(input("two placeholders have one access key id"));
                    }
                }
                store
            }
        };
        match (keys, revocations) {
            (Some(keys), revocations) => {
                let sealed = Sealed::new(keys.get().again()?).with_store(store);
                Ok(Self::Sealed(Box::new(match revocations {
                    Some(revoked) => sealed.with_revocations(revoked.get().0.clone()),
                    None => sealed,
                })))
            }
            (None, None) if placeholders.is_some() => Ok(Self::Stored(store)),
            (None, None) => Err(input("give keys, or placeholders: without them nobody could sign")),
            (None, Some(_)) => {
                Err(input("revocations need keys: make some with awsaccess.placeholder.new_key"))
            }
        }
    }
}

impl Placeholders for Known {
    fn find(&self, access_key_id: &str, session_token: Option<&[u8]>) -> Option<Placeholder> {
        match self {
            Self::Sealed(sealed) => sealed.find(access_key_id, session_token),
            Self::Stored(store) => store.find(access_key_id, session_token),
        }
    }

    fn keys(&self) -> Option<&awsaccess::gateway::GatewayKeys> {
        match self {
            Self::Sealed(sealed) => sealed.keys(),
            Self::Stored(_) => None,
        }
    }
}

fn each<'py, T>(
    values: Option<&Bound<'py, PyAny>>,
    what: &str,
    read: impl Fn(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    let Some(values) = values else { return Ok(Vec::new()) };
    if values.is_instance_of::<PyString>() {
        return Err(wrong_type(what, "a list", values));
    }
    let all = values.try_iter().map_err(|_| wrong_type(what, "a list", values))?;
    all.map(|value| read(&value?)).collect()
}

type Pair<'py> = (Bound<'py, Credentials>, Bound<'py, Identity>);

fn stored<'py>(value: &Bound<'py, PyAny>) -> PyResult<Pair<'py>> {
    value.extract().map_err(|_| wrong_type("a placeholder", "a pair of Credentials and Identity", value))
}

fn restriction(value: &Bound<'_, PyAny>) -> PyResult<Restriction> {
    match value.is_callable() {
        true => Ok(Restriction(value.clone().unbind())),
        false => Err(wrong_type("a restriction", "a callable", value)),
    }
}

fn pattern(text: &str, what: &str) -> PyResult<HostPattern> {
    HostPattern::parse(text).map_err(|why| input(&format!("{what}: {why}")))
}

fn customer_host(value: &Bound<'_, PyAny>) -> PyResult<HostPattern> {
    pattern(text(value, "a customer's host")?, "customer_hosts")
}

fn endpoint(value: &Bound<'_, PyAny>) -> PyResult<ExtraEndpoint> {
    if value.is_instance_of::<PyString>() {
        return Ok(ExtraEndpoint::new(pattern(text(value, "an endpoint")?, "endpoints")?));
    }
    let parts: PyResult<(String, Option<String>, Option<String>)> = value.extract();
    let parts = parts.map_err(|_| wrong_type("an endpoint", "a host, or (host, service, region)", value))?;
    let mut endpoint = ExtraEndpoint::new(pattern(&parts.0, "endpoints")?);
    (endpoint.service, endpoint.region) = (parts.1, parts.2);
    Ok(endpoint)
}

fn check_operation(operation: &str) -> PyResult<()> {
    let sound = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    let parts = operation.split_once(':').filter(|(service, name)| sound(service) && sound(name));
    parts.map(|_| ()).ok_or_else(|| input("an operation is wanted as 'sts:AssumeRole'"))
}

fn replies(value: Option<&Bound<'_, PyAny>>) -> PyResult<BTreeMap<String, CredentialReply>> {
    let mut replies = BTreeMap::new();
    for (operation, mode) in pairs(value, "credential_replies")? {
        check_operation(&operation)?;
        let mode = match mode.as_str() {
            "virtualise" => CredentialReply::Virtualise,
            "pass" => CredentialReply::Pass,
            "deny" => CredentialReply::Deny,
            _ => return Err(input("credential_replies must be 'virtualise', 'pass' or 'deny'")),
        };
        replies.insert(operation, mode);
    }
    Ok(replies)
}

fn unsigned_rule(value: &Bound<'_, PyAny>) -> PyResult<UnsignedRule> {
    let expected = "an operation, or a pair of an operation and an Identity";
    let (operation, identity) = if value.is_instance_of::<PyString>() {
        (text(value, "an operation")?.to_owned(), None)
    } else {
        let pair: PyResult<(String, Bound<'_, Identity>)> = value.extract();
        let (operation, identity) = pair.map_err(|_| wrong_type("unsigned", expected, value))?;
        (operation, Some(identity.get().0.clone()))
    };
    check_operation(&operation)?;
    let rule = UnsignedRule::new(operation);
    Ok(match identity {
        Some(identity) => rule.with_identity(identity),
        None => rule,
    })
}

fn arrival(
    connect: Option<&Bound<'_, PyAny>>,
    server_name: Option<&Bound<'_, PyAny>>,
    plain: bool,
) -> PyResult<Arrival> {
    let host = |value: &Bound<'_, PyAny>, what: &str| {
        HostName::parse(text_or_bytes(value, what)?).map_err(|why| input(&format!("{what}: {why}")))
    };
    match (connect, server_name) {
        (None, None) if plain => Ok(Arrival::PlainEndpointUrl),
        (None, None) => Ok(Arrival::EndpointUrl),
        (Some(_), _) if plain => Err(input("plain says something of an endpoint URL; leave connect away")),
        (None, Some(_)) => Err(input("server_name says something of a tunnel; give connect too")),
        (Some(connect), sni) => Ok(Arrival::Intercepted {
            authority: host(connect, "connect")?,
            sni: sni.map(|sni| host(sni, "server_name")).transpose()?,
        }),
    }
}
