//! STS for those who send its requests themselves: the package's `sts` module says what goes in, and this what comes out.

use std::time::Duration;

use awsaccess::effect;
use awsaccess::error::Error;
use awsaccess::secret::Secret;
use awsaccess::sts::{self, Endpoint, EndpointRules, ReplyError, Request, Session};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::credentials::Credentials;
use crate::error::{guard, input, resolution, service, wrong_type};
use crate::header::Headers;
use crate::question::Http;
use crate::reply::HttpReply;
use crate::value::{bytes, duration, latin1, text, time};

/// The parameters of an operation, by their names in the package's `sts` module.
struct Parameters<'a, 'py>(&'a Bound<'py, PyDict>);

impl<'py> Parameters<'_, 'py> {
    fn value(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.0.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn text(&self, name: &str) -> PyResult<Option<String>> {
        self.value(name)?.map(|value| text(&value, name).map(str::to_owned)).transpose()
    }

    fn required(&self, name: &str) -> PyResult<String> {
        self.text(name)?.ok_or_else(|| input(&format!("{name} is missing")))
    }

    fn secret(&self, name: &str) -> PyResult<Option<Secret>> {
        self.value(name)?.map(|value| text(&value, name).map(Secret::new)).transpose()
    }

    fn duration(&self) -> PyResult<Option<Duration>> {
        self.value("duration")?.map(|value| duration(&value, "duration")).transpose()
    }

    fn texts(&self, name: &str) -> PyResult<Vec<String>> {
        let Some(value) = self.value(name)? else { return Ok(Vec::new()) };
        value.extract().map_err(|_| wrong_type(name, "a list of str", &value))
    }

    fn pairs(&self, name: &str) -> PyResult<Vec<(String, String)>> {
        let Some(value) = self.value(name)? else { return Ok(Vec::new()) };
        let pairs = if value.hasattr("items")? { value.call_method0("items")? } else { value.clone() };
        let read = || pairs.try_iter()?.map(|pair| pair?.extract()).collect::<PyResult<_>>();
        read().map_err(|_| wrong_type(name, "a mapping or a list of pairs of str", &value))
    }

    fn items(&self) -> PyResult<Vec<(String, String)>> {
        self.0
            .iter()
            .map(|(name, value)| Ok((name.extract()?, text(&value, "a value")?.to_owned())))
            .collect()
    }

    fn mfa(&self) -> PyResult<Option<(String, Secret)>> {
        match (self.text("serial_number")?, self.secret("token_code")?) {
            (None, None) => Ok(None),
            (Some(serial), Some(code)) => Ok(Some((serial, code))),
            _ => Err(input("give serial_number and token_code, or neither")),
        }
    }
}

/// The request of an operation, signed where it has to be.
#[pyfunction]
#[pyo3(signature = (operation, parameters, credentials, region, endpoint, fips, dual_stack, now))]
#[expect(clippy::too_many_arguments, reason = "the package's own sts module is the one caller")]
pub(crate) fn _sts_request(
    operation: &str,
    parameters: &Bound<'_, PyDict>,
    credentials: Option<&Bound<'_, Credentials>>,
    region: Option<&str>,
    endpoint: Option<&str>,
    fips: bool,
    dual_stack: bool,
    now: Option<&Bound<'_, PyAny>>,
) -> PyResult<Http> {
    guard(|| {
        let caller = credentials.map(|credentials| &credentials.get().0);
        let request = read(operation, &Parameters(parameters), caller)?;
        let mut rules = EndpointRules::default();
        rules.region = region;
        rules.url = endpoint;
        rules.fips = fips;
        rules.dual_stack = dual_stack;
        let endpoint = Endpoint::choose(&rules).map_err(|error| resolution(&error))?;
        let http = request.http(caller, &endpoint, time(now)?).map_err(|error| resolution(&error))?;
        Ok(Http(http))
    })
}

fn read(
    operation: &str,
    given: &Parameters<'_, '_>,
    caller: Option<&awsaccess::credentials::Credentials>,
) -> PyResult<Request> {
    let raise = |result: Result<Request, Error>| result.map_err(|error| resolution(&error));
    let (arns, policy) = (given.texts("policy_arns")?, given.text("policy")?);
    let session = || -> PyResult<Session<'_>> {
        let mut session = Session::default();
        session.duration = given.duration()?;
        session.policy = policy.as_deref();
        session.policy_arns = &arns;
        Ok(session)
    };
    match operation {
        "AssumeRole" => {
            let mut role = sts::AssumeRole::new(given.required("role_arn")?, given.required("session_name")?);
            role.external_id = given.secret("external_id")?;
            role.duration = given.duration()?;
            role.mfa = given.mfa()?;
            role.source_identity = given.text("source_identity")?;
            role.tags = given.pairs("tags")?;
            role.transitive_tag_keys = given.texts("transitive_tag_keys")?;
            let contexts = given.pairs("provided_contexts")?.into_iter();
            role.provided_contexts = contexts.map(|(arn, said)| (arn, Secret::new(said))).collect();
            role.policy.clone_from(&policy);
            role.policy_arns.clone_from(&arns);
            raise(caller.map_or(role.clone(), |caller| role.by(caller)).request())
        }
        "AssumeRoleWithWebIdentity" => {
            let (role_arn, session_name) = (given.required("role_arn")?, given.required("session_name")?);
            let token = given.secret("token")?.ok_or_else(|| input("token is missing"))?;
            let provider = given.text("provider_id")?;
            let mut call = sts::AssumeRoleWithWebIdentity::new(&role_arn, &session_name, &token);
            call.provider_id = provider.as_deref();
            call.session = session()?;
            raise(call.request())
        }
        "AssumeRoleWithSAML" => {
            let (role_arn, principal_arn) = (given.required("role_arn")?, given.required("principal_arn")?);
            let assertion = given.secret("assertion")?.ok_or_else(|| input("assertion is missing"))?;
            let mut call = sts::AssumeRoleWithSaml::new(&role_arn, &principal_arn, &assertion);
            call.session = session()?;
            raise(call.request())
        }
        "AssumeRoot" => {
            let mut root =
                sts::AssumeRoot::new(given.required("target_principal")?, given.required("task_policy_arn")?);
            root.duration = given.duration()?;
            raise(root.request())
        }
        "GetSessionToken" => {
            let mfa = given.mfa()?;
            let mut call = sts::GetSessionToken::default();
            call.duration = given.duration()?;
            call.mfa = mfa.as_ref().map(|(serial, code)| (serial.as_str(), code));
            raise(call.request())
        }
        "GetFederationToken" => {
            let (name, tags) = (given.required("name")?, given.pairs("tags")?);
            let mut call = sts::GetFederationToken::new(&name);
            call.tags = &tags;
            call.session = session()?;
            raise(call.request())
        }
        "GetCallerIdentity" => Ok(Request::get_caller_identity()),
        "GetAccessKeyInfo" => raise(Request::get_access_key_info(&given.required("access_key_id")?)),
        "DecodeAuthorizationMessage" => {
            raise(Request::decode_authorization_message(&given.required("encoded_message")?))
        }
        _ => Err(input("no such operation")),
    }
}

/// What an operation of STS answered with. Its text is shown nowhere but by `get` and the attributes.
#[pyclass(frozen, module = "awsaccess")]
pub(crate) struct StsReply(sts::Reply);

#[pymethods]
impl StsReply {
    /// `AssumeRole` and so on.
    #[getter]
    fn operation(&self) -> &str {
        self.0.operation()
    }

    /// The session's keys, of an operation that gives one.
    #[getter]
    fn credentials(&self) -> Option<Credentials> {
        self.0.credentials().cloned().map(Credentials)
    }

    /// The ARN of the session, the federated user or the caller.
    #[getter]
    fn arn(&self) -> Option<&str> {
        self.0.arn()
    }

    /// The account of the session, the caller or the key.
    #[getter]
    fn account_id(&self) -> Option<&str> {
        self.0.account_id()
    }

    /// How much of the room for policies and tags is used, in per cent.
    #[getter]
    fn packed_policy_size(&self) -> Option<u32> {
        self.0.packed_policy_size()
    }

    /// The request's number, which AWS's support asks for.
    #[getter]
    fn request_id(&self) -> Option<&str> {
        self.0.request_id()
    }

    /// The text of a member of the result, by its path: `AssumedRoleUser/Arn`, `SourceIdentity`, `DecodedMessage`.
    fn get(&self, path: &str) -> Option<&str> {
        self.0.text(path)
    }

    fn __repr__(&self) -> String {
        format!("<StsReply {}>", self.0.operation().escape_debug())
    }
}

/// Reads a reply, of any status.
#[pyfunction]
pub(crate) fn _sts_read(reply: &Bound<'_, PyAny>) -> PyResult<StsReply> {
    guard(|| {
        let reply: effect::HttpReply = match reply.cast::<HttpReply>() {
            Ok(reply) => reply.get().0.clone(),
            Err(_) => read_parts(reply)?,
        };
        sts::Reply::read(&reply).map(StsReply).map_err(|error| match error {
            ReplyError::Refused(failure) => service(&failure),
            ReplyError::Malformed(error) => resolution(&error),
            _ => input("the reply cannot be read"),
        })
    })
}

/// `(status, headers, body)`, as HTTP clients have it.
fn read_parts(reply: &Bound<'_, PyAny>) -> PyResult<effect::HttpReply> {
    let Ok((status, headers, body)) = reply.extract::<(u16, Option<Bound<'_, PyAny>>, Bound<'_, PyAny>)>()
    else {
        return Err(wrong_type("reply", "HttpReply or (status, headers, body)", reply));
    };
    let mut pairs = Vec::new();
    Headers::read(headers.as_ref())?.each(|name, value| {
        pairs.push((latin1(name).into_owned(), latin1(value).into_owned()));
    })?;
    Ok(effect::HttpReply::new(status, pairs, bytes(&body, "the body of the reply")?))
}

/// A session name from a template.
#[pyfunction]
pub(crate) fn _session_name(template: &str, values: &Bound<'_, PyDict>) -> PyResult<String> {
    guard(|| {
        let values = Parameters(values).items()?;
        let lent: Vec<(&str, &str)> =
            values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sts::session_name(template, &lent).map_err(|error| resolution(&error))
    })
}
