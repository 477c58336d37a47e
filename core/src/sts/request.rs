//! A request to STS, whole: for hosts that send it themselves.

use super::endpoint::Endpoint;
use super::form::Form;
use super::limit::{self, Violation};
use crate::credentials::Credentials;
use crate::effect::Http;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;
use crate::sigv4::{self, Payload, Scope, Settings};
use crate::time::Time;

/// A form whose parameters are within the published limits. The operations' own types make one.
///
/// It has no `Debug`: a parameter can be a token or a code.
///
/// ```
/// use awsaccess::sts::{AssumeRole, Endpoint};
/// use awsaccess::{credentials::Credentials, time::Time};
/// let request = AssumeRole::new("arn:aws:iam::111122223333:role/reader", "me").request()?;
/// let keys = Credentials::new("AKIDEXAMPLE", "hush");
/// let http = request.http(Some(&keys), &Endpoint::regional("eu-west-1")?, Time::from_unix(1_800_000_000))?;
/// assert_eq!((http.method, http.url.as_str()), ("POST", "https://sts.eu-west-1.amazonaws.com/"));
/// assert!(http.body.starts_with(b"Action=AssumeRole&Version=2011-06-15&RoleArn="));
/// # Ok::<(), awsaccess::error::Error>(())
/// ```
pub struct Request {
    form: Form,
    signed: bool,
    regional: bool,
}

impl Request {
    pub(super) fn signed(form: Form) -> Self {
        Self { form, signed: true, regional: false }
    }

    /// One that proves itself by a token or an assertion in it.
    pub(super) fn unsigned(form: Form) -> Self {
        Self { form, signed: false, regional: false }
    }

    /// One that the global endpoint refuses.
    pub(super) fn regional(form: Form) -> Self {
        Self { form, signed: true, regional: true }
    }

    /// Who signs? <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    #[must_use]
    pub fn get_caller_identity() -> Self {
        Self::signed(Form::new("GetCallerIdentity"))
    }

    /// Whose account is a key of? <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html>
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the text cannot be a key id.
    pub fn get_access_key_info(access_key_id: &str) -> Result<Self, Error> {
        checked("the access key id", limit::access_key_id(access_key_id))?;
        Ok(Self::signed(Form::new("GetAccessKeyInfo").field("AccessKeyId", access_key_id)))
    }

    /// What did a service refuse, and why?
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if the message is empty or too long.
    pub fn decode_authorization_message(message: &str) -> Result<Self, Error> {
        checked("the encoded message", limit::encoded_message(message))?;
        Ok(Self::signed(Form::new("DecodeAuthorizationMessage").field("EncodedMessage", message)))
    }

    /// Whether it has to be signed. AssumeRoleWithWebIdentity and AssumeRoleWithSAML are not.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.signed
    }

    /// The form, for those who send it with a client of their own.
    #[must_use]
    pub fn body(&self) -> Secret {
        Secret::new(String::from_utf8_lossy(self.form.body()))
    }

    /// The HTTP request, signed by `caller` where the operation is signed.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if a signed operation has no caller; [`ErrorKind::Config`] if the global endpoint refuses it;
    /// [`ErrorKind::Sign`] if it cannot be signed.
    pub fn http(&self, caller: Option<&Credentials>, endpoint: &Endpoint, now: Time) -> Result<Http, Error> {
        if self.signed && caller.is_none() {
            return Err(Error::new(
                ErrorKind::Input,
                "the operation is signed; give the caller's credentials",
            ));
        }
        if self.regional && endpoint.authority == GLOBAL {
            let message = "the global endpoint of sts refuses this operation; name a region";
            return Err(Error::new(ErrorKind::Config, message));
        }
        // Most SDKs name the character set; the Rust SDK, whose recorded traffic the chain is held against, does not.
        build(caller.filter(|_| self.signed), endpoint, &self.form, WITH_CHARSET, now)
    }
}

const GLOBAL: &str = "sts.amazonaws.com";
pub(super) const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";
const WITH_CHARSET: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The request of a form at an endpoint.
pub(super) fn build(
    caller: Option<&Credentials>,
    endpoint: &Endpoint,
    form: &Form,
    content_type: &str,
    now: Time,
) -> Result<Http, Error> {
    let slash = if endpoint.path.is_empty() { "/" } else { "" };
    let headers = [("host", endpoint.authority.as_str()), ("content-type", content_type)];
    let mut http = Http::new("POST", format!("{}{slash}", endpoint.base)).body(form.body());
    for (name, value) in headers {
        http = http.header(name, value);
    }
    let Some(caller) = caller else { return Ok(http) };
    let path = if endpoint.path.is_empty() { "/" } else { endpoint.path.as_str() };
    let request = sigv4::Request::new("POST", path, &headers);
    let scope = Scope::new(endpoint.region(), "sts");
    let signed =
        sigv4::sign(&request, Payload::Bytes(form.body()), caller, &scope, &Settings::default(), now)
            .map_err(|error| {
                Error::new(ErrorKind::Sign, format!("the request to sts could not be signed: {error}"))
            })?;
    for (name, value) in signed.headers() {
        http = http.header(name, value);
    }
    Ok(http)
}

pub(super) fn checked(name: &str, result: Result<(), Violation>) -> Result<(), Error> {
    result.map_err(|must| Error::new(ErrorKind::Input, format!("{name} must be {must}")))
}
