//! The Security Token Service: query protocol, XML replies.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html>

mod assume_role;
mod parameter;
mod root;
mod saml;
mod session;
mod web_identity;

use crate::clock::iso8601;
use crate::encoding::{form_pairs, xml};
use crate::failure::{Failure, Protocol};
use crate::keyring::Key;
use crate::message::{Reply, Request};
use crate::state::State;
use parameter::Parameters;
pub use saml::Assertion;
pub(crate) use saml::mint as mint_saml;
pub(crate) use session::encode_message;
pub(crate) use web_identity::{audiences, check, mint};

/// How many characters session policies and tags may have in all.
const MAX_PACKED: usize = 2048;
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The parameters of a request, from the query and from a form body.
pub(crate) fn parameters(request: &Request) -> Vec<(String, String)> {
    let mut pairs = request.params();
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    if request.method == "POST" && is_form {
        pairs.extend(form_pairs(&request.body));
    }
    pairs
}

/// Whether the request is for an operation that needs no signature.
pub(crate) fn is_unsigned_operation(request: &Request) -> bool {
    parameters(request).iter().any(|(name, value)| {
        name == "Action" && ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"].contains(&value.as_str())
    })
}

/// Answers a request whose signature was found right (`caller`), or that needs none.
pub(crate) fn answer(
    state: &State,
    request: &Request,
    caller: Option<&Key>,
    now: i64,
    request_id: &str,
) -> Result<Reply, Failure> {
    let parameters = Parameters::new(parameters(request))?;
    let action = parameters.text("Action").unwrap_or_default();
    match parameters.text("Version") {
        Some("2011-06-15") => {}
        version => {
            let message = format!(
                "Could not find operation {action} for version {}",
                version.unwrap_or("NO_VERSION_SPECIFIED")
            );
            return Err(Failure::new(400, "InvalidAction", message));
        }
    }
    let signed = || {
        caller.ok_or_else(|| {
            Failure::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })
    };
    let result = match action {
        "AssumeRole" => assume_role::answer(state, &parameters, signed()?, now),
        "AssumeRoleWithWebIdentity" => web_identity::answer(state, &parameters, now),
        "AssumeRoleWithSAML" => saml::answer(state, &parameters, now),
        "AssumeRoot" => root::answer(state, &parameters, request, signed()?, now),
        "GetCallerIdentity" => Ok(session::caller_identity(signed()?)),
        "GetSessionToken" => session::session_token(state, &parameters, signed()?, now),
        "GetFederationToken" => session::federation_token(state, &parameters, signed()?, now),
        "DecodeAuthorizationMessage" => session::decode_message(state, &parameters),
        "GetAccessKeyInfo" => session::access_key_info(state, &parameters, signed()?),
        _ => Err(Failure::new(
            400,
            "InvalidAction",
            format!("Could not find operation {action} for version 2011-06-15"),
        )),
    }?;
    Ok(Reply::xml(
        200,
        format!(
            "<{action}Response xmlns=\"{NAMESPACE}\">\n  <{action}Result>\n{result}  </{action}Result>\n  \
             <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n\
             </{action}Response>\n"
        ),
    ))
}

/// Answers a refusal before any operation.
pub(crate) fn refuse(failure: &Failure, request_id: &str) -> Reply {
    failure.reply(Protocol::Query, "", request_id)
}

/// An element with text in it.
fn element(name: &str, text: &str) -> String {
    format!("    <{name}>{}</{name}>\n", xml(text))
}

/// The `Credentials` structure.
fn credentials(key: &Key) -> String {
    let token = key.token.as_deref().unwrap_or_default();
    format!(
        "    <Credentials>\n  {}  {}  {}  {}    </Credentials>\n",
        element("AccessKeyId", &key.id),
        element("SecretAccessKey", &key.secret),
        element("SessionToken", token),
        element("Expiration", &iso8601(key.expires_at.unwrap_or_default()))
    )
}

/// The `PackedPolicySize`, where session policies or tags were given: what they take of 2048 characters, in per cent.
fn packed_policy(parameters: &Parameters) -> String {
    match parameters.packed_size() {
        0 => String::new(),
        size => element("PackedPolicySize", &(size * 100 / MAX_PACKED).clamp(1, 100).to_string()),
    }
}
