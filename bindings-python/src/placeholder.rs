//! Sealed placeholders: the keys that a gateway seals with, what is minted with them, and what it says.

use std::collections::BTreeMap;

use awsaccess::gateway::{Claims as Core, ClientEnv, ClientMode, GatewayKey, GatewayKeys as Keys, Purpose};
use awsaccess::secret::Secret;
use pyo3::prelude::*;
use zeroize::Zeroizing;

use crate::chain::{read_env, read_seed};
use crate::credentials::Credentials;
use crate::error::{guard, input};
use crate::identity::Identity;
use crate::value::{duration, pairs, seconds, text_or_bytes, time};

/// The keys of a gateway: the one with the highest number seals, all of them open. `text` is what a file of keys
/// holds, a line each as `new_key` makes them; lines that begin with `#` say nothing.
///
/// Raises `InputError` with the number of the line that is no key.
#[pyclass(frozen, module = "awsaccess.placeholder")]
pub(crate) struct GatewayKeys {
    pub(crate) keys: Keys,
    /// A gateway takes its keys for itself, and reads them once more.
    text: Secret,
}

#[pymethods]
impl GatewayKeys {
    #[new]
    fn new(text: &Bound<'_, PyAny>) -> PyResult<Self> {
        guard(|| {
            let bytes = text_or_bytes(text, "the text of the keys")?;
            let text = std::str::from_utf8(bytes).map_err(|_| input("the text of the keys is not utf-8"))?;
            Ok(Self { keys: read(text)?, text: Secret::new(text) })
        })
    }

    /// The number of the key that seals.
    #[getter]
    fn newest(&self) -> u16 {
        self.keys.newest()
    }

    fn __repr__(&self) -> String {
        format!("<GatewayKeys newest={}>", self.keys.newest())
    }
}

impl GatewayKeys {
    /// The same keys once more.
    pub(crate) fn again(&self) -> PyResult<Keys> {
        read(self.text.expose())
    }
}

fn read(text: &str) -> PyResult<Keys> {
    Keys::parse(text)
        .map_err(|why| input(&why.to_string().replace("`awsaccess issue --new-key`", "new_key()")))
}

/// A new key for a gateway, as the line of a file of keys: whoever has it can make placeholders. `number` is what key
/// ids name it by, from 0 to 65535: one above those in use, so that this one seals from then on. `random` is 32 bytes
/// of a cryptographic generator, `None` takes them from `os.urandom`.
#[pyfunction]
#[pyo3(signature = (number=1, *, random=None))]
pub(crate) fn new_key(py: Python<'_>, number: u16, random: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
    guard(|| {
        let bytes = Zeroizing::new(read_seed(py, random)?);
        Ok(GatewayKey::line(number, &bytes).expose().to_owned())
    })
}

/// Makes a placeholder: credentials that say for whom and for what they are, and that only holders of the same keys can
/// open. They are not AWS's, and are worth nothing without the gateway.
///
/// `lifetime` is seconds or a timedelta. `signed_in` says how the subject signed in (`{"mfa": "true"}`). `seed` is 32
/// random bytes, `None` takes them from `os.urandom`. Raises `InputError` for a name that is empty or too long, and
/// for claims that do not fit into a session token.
#[pyfunction]
#[pyo3(signature = (keys, identity, lifetime, now=None, *, signed_in=None, seed=None))]
pub(crate) fn mint_placeholder(
    py: Python<'_>,
    keys: &Bound<'_, GatewayKeys>,
    identity: &Bound<'_, Identity>,
    lifetime: &Bound<'_, PyAny>,
    now: Option<&Bound<'_, PyAny>>,
    signed_in: Option<&Bound<'_, PyAny>>,
    seed: Option<&Bound<'_, PyAny>>,
) -> PyResult<Credentials> {
    guard(|| {
        let (now, lifetime) = (time(now)?, duration(lifetime, "lifetime")?);
        let mut claims = Core::new(identity.get().0.clone(), now, now + lifetime);
        for (name, value) in pairs(signed_in, "signed_in")? {
            claims = claims.with_sign_in(name, value);
        }
        let seed = Zeroizing::new(read_seed(py, seed)?);
        let sealed = keys.get().keys.seal(&claims, &seed);
        sealed.map(|made| Credentials(made.with_source("placeholder"))).map_err(|why| input(&why.to_string()))
    })
}

/// Reads what a placeholder says from its session token; `None` if the two do not belong together, or none of the
/// keys made them. Whoever shows a token has not proven to hold the secret: a signature does that. Expiry and
/// revocation are for the caller to look at.
#[pyfunction]
pub(crate) fn open_placeholder(
    keys: &Bound<'_, GatewayKeys>,
    access_key_id: &str,
    session_token: &Bound<'_, PyAny>,
) -> PyResult<Option<Claims>> {
    guard(|| {
        let token = text_or_bytes(session_token, "session_token")?;
        Ok(keys.get().keys.open(access_key_id, token).map(Claims))
    })
}

/// What an unmodified AWS client is told through its environment, so that it works through a gateway with a
/// placeholder, and nothing that it finds elsewhere takes the placeholder's place: variables to set, and with `None`
/// those to unset.
///
/// `address` is the gateway's host and port: the client's endpoint URL, or with `connect` its HTTPS proxy; `ca_file`
/// and `bundle_file` then name the gateway's certificate, alone and with the system's roots. `env` is the environment
/// that the client would have.
#[pyfunction]
#[pyo3(signature = (credentials, address, env, *, connect=false, region=None, ca_file=None, bundle_file=None))]
pub(crate) fn client_env(
    credentials: &Bound<'_, Credentials>,
    address: &str,
    env: &Bound<'_, PyAny>,
    connect: bool,
    region: Option<String>,
    ca_file: Option<String>,
    bundle_file: Option<String>,
) -> PyResult<BTreeMap<String, Option<String>>> {
    guard(|| {
        let mode = if connect { ClientMode::Connect } else { ClientMode::EndpointUrl };
        let mut client = ClientEnv::new(mode, address, credentials.get().0.clone());
        (client.region, client.ca_file, client.bundle_file) = (region, ca_file, bundle_file);
        let variables = client.variables(&read_env(env)?).into_iter();
        let value = |value: Option<Secret>| value.map(|value| value.expose().to_owned());
        Ok(variables.map(|variable| (variable.name.into_owned(), value(variable.value))).collect())
    })
}

/// What a placeholder says of its holder. What is allowed, it does not say: that is decided anew for each request.
#[pyclass(frozen, module = "awsaccess.placeholder")]
pub(crate) struct Claims(Core);

#[pymethods]
impl Claims {
    /// Who uses it, and for what.
    #[getter]
    fn identity(&self) -> Identity {
        Identity(self.0.identity.clone())
    }

    /// When it was made, in seconds since the epoch.
    #[getter]
    fn issued_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.0.issued_at)
    }

    /// From when it is no longer taken, in seconds since the epoch.
    #[getter]
    fn expires_at(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        seconds(py, self.0.expires_at)
    }

    /// How the subject signed in.
    #[getter]
    fn signed_in(&self) -> BTreeMap<String, String> {
        self.0.signed_in.clone()
    }

    /// `issued`, or `chained`: it stands for credentials that AWS gave in reply to a request through the gateway.
    #[getter]
    fn purpose(&self) -> &'static str {
        match self.0.purpose {
            Purpose::Chained(_) => "chained",
            _ => "issued",
        }
    }

    /// Of a chained one: the credentials of AWS's that it stands for.
    #[getter]
    fn credentials(&self) -> Option<Credentials> {
        match &self.0.purpose {
            Purpose::Chained(chained) => Some(Credentials(chained.credentials.clone())),
            _ => None,
        }
    }

    /// Of a chained one: the roles that the client assumed to get there, in order.
    #[getter]
    fn roles(&self) -> Vec<String> {
        match &self.0.purpose {
            Purpose::Chained(chained) => chained.roles.clone(),
            _ => Vec::new(),
        }
    }

    /// Of a chained one: the key id of the placeholder that was issued, at the beginning.
    #[getter]
    fn root(&self) -> Option<&str> {
        match &self.0.purpose {
            Purpose::Chained(chained) => Some(&chained.root),
            _ => None,
        }
    }

    fn __repr__(&self) -> String {
        format!("<Claims {} '{}'>", self.purpose(), self.0.identity.subject.escape_debug())
    }
}
