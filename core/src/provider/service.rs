//! What a service of AWS that speaks JSON means by an error.

use super::object::Object;
use super::retry::told;
use crate::effect::HttpReply;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// The error of a service that speaks JSON: its code in a header or the body, its message in the body.
pub(crate) fn service_error(reply: &HttpReply, operation: &str, secrets: &[Secret]) -> Error {
    let document = Object::parse(&reply.body);
    let text = |name| document.as_ref().and_then(|document: &Object| document.text(name));
    let code = reply.header("x-amzn-errortype").or_else(|| text("__type")).or_else(|| text("code"));
    // `namespace#Code:http://…`
    let code = code.map(|code| code.split(':').next().unwrap_or(code));
    let code = code
        .map(|code| told(code.rsplit('#').next().unwrap_or(code), secrets))
        .filter(|code| !code.is_empty());
    let message = told(text("message").unwrap_or_default(), secrets);
    let status = reply.status;
    let said = match (&code, message.as_str()) {
        (Some(code), "") => format!("{operation} answered {code}"),
        (Some(code), message) => format!("{operation} answered {code}: {message}"),
        (None, _) => format!("{operation} answered with status {status} and no error code"),
    };
    let is = |names: &[&str]| code.as_deref().is_some_and(|code| names.contains(&code));
    let throttled = is(&["TooManyRequestsException", "ThrottlingException", "Throttling"]);
    let kind = match status {
        _ if throttled => ErrorKind::Service,
        401 | 403 => ErrorKind::Denied,
        _ if is(&["NotAuthorizedException", "AccessDeniedException"]) => ErrorKind::Denied,
        _ if is(&[
            "ValidationException",
            "InvalidParameterException",
            "InvalidIdentityPoolConfigurationException",
        ]) =>
        {
            ErrorKind::Config
        }
        _ => ErrorKind::Service,
    };
    let error = Error::new(kind, said);
    let error = if throttled || matches!(status, 429 | 500..=599) { error.retryable() } else { error };
    match code {
        Some(code) => error.with_aws_code(code),
        None => error,
    }
}
