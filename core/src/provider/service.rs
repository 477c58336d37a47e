//! What a service of AWS that speaks JSON means by an error.

use super::object::Object;
use crate::effect::HttpReply;
use crate::error::{Error, ErrorKind};
use crate::redact::told;
use crate::secret::Secret;

/// What a reply that is no success says: names of the error in a header and the body, and a message. Nothing in it
/// repeats a secret that went with the request.
pub(crate) struct Said {
    status: u16,
    /// The shape, without its namespace: `AccessDeniedException`.
    shape: Option<String>,
    /// The `error` member, in the words of OAuth: `invalid_grant`.
    member: Option<String>,
    message: String,
}

impl Said {
    pub(crate) fn read<'a, S>(reply: &HttpReply, secrets: S) -> Self
    where
        S: IntoIterator<Item = &'a Secret> + Clone,
    {
        let document = Object::parse(&reply.body).unwrap_or_default();
        let shape = reply.header("x-amzn-errortype").or_else(|| document.text("__type"));
        let shape = shape.or_else(|| document.text("code")).and_then(|text| name(text, secrets.clone()));
        let member = document.text("error").and_then(|text| name(text, secrets.clone()));
        let message = ["message", "error_description"].iter().find_map(|name| document.text(name));
        let message = message.map(|message| told(message, secrets)).unwrap_or_default();
        Self { status: reply.status, shape, member, message }
    }

    /// One line: `sso answered SlowDownException, slow_down: wait`.
    pub(crate) fn line(&self, who: &str) -> String {
        let named = self.names().collect::<Vec<_>>().join(", ");
        match (named.as_str(), self.message.as_str()) {
            ("", _) => format!("{who} answered with status {} and no error code", self.status),
            (named, "") => format!("{who} answered {named}"),
            (named, message) => format!("{who} answered {named}: {message}"),
        }
    }

    /// The shape and the `error` member, as far as they are there.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        [&self.shape, &self.member].into_iter().flatten().map(String::as_str)
    }

    /// The name that stands for the error: the shape, or else the `error` member.
    pub(crate) fn code(&self) -> Option<&str> {
        self.names().next()
    }

    /// Requests come too fast.
    pub(crate) fn throttled(&self) -> bool {
        let is_one = |name: &str| {
            matches!(plain(name).as_str(), "toomanyrequests" | "toomanyrequestserror" | "throttling")
        };
        self.status == 429 || self.names().any(is_one)
    }
}

/// A name in lower case, with letters and digits only and without `Exception`: the same for `SlowDownException` and
/// for `slow_down`.
pub(crate) fn plain(name: &str) -> String {
    let name = name.strip_suffix("Exception").unwrap_or(name);
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// `namespace#Name:http://…` without what stands around the name; `None` for what is no name at all.
fn name<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> Option<String> {
    let name = text.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default().trim_ascii();
    let is_name = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    (is_name && !told(name, secrets).is_empty()).then(|| name.to_owned())
}

/// The error of a service whose errors have shapes: its code in a header or the body, its message in the body.
pub(crate) fn service_error(reply: &HttpReply, operation: &str, secrets: &[Secret]) -> Error {
    let said = Said::read(reply, secrets);
    let code = said.code().unwrap_or_default();
    let kind = match reply.status {
        _ if said.throttled() => ErrorKind::Service,
        401 | 403 => ErrorKind::Denied,
        _ if ["NotAuthorizedException", "AccessDeniedException"].contains(&code) => ErrorKind::Denied,
        _ if [
            "ValidationException",
            "InvalidParameterException",
            "InvalidIdentityPoolConfigurationException",
        ]
        .contains(&code) =>
        {
            ErrorKind::Config
        }
        _ => ErrorKind::Service,
    };
    let error = Error::new(kind, said.line(operation));
    let error = if said.throttled() || matches!(reply.status, 500..=599) { error.retryable() } else { error };
    match said.code() {
        Some(code) => error.with_aws_code(code),
        None => error,
    }
}
