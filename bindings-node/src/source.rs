//! Sources that are configured in code, and what is done with the keys that were found.

use std::time::Duration;

use awsaccess::chain::Options;
use awsaccess::provider::{Cognito, FederationToken, RolesAnywhere, Saml, SessionToken, Token, WebIdentity};
use awsaccess::secret::Secret;
use serde_json::Value;

use crate::fault::Fault;
use crate::option::{pairs, strings};

/// Adds those that are given; the wrapper has checked the names and types.
pub(crate) fn read(mut options: Options, given: &Value) -> Result<Options, Fault> {
    for (name, value) in given.as_object().into_iter().flatten() {
        if !value.is_object() {
            continue;
        }
        options = match name.as_str() {
            "webIdentity" => options.web_identity(web_identity(value)?),
            "saml" => options.saml(saml(value)?),
            "cognito" => options.cognito(cognito(value)?),
            "rolesAnywhere" => options.roles_anywhere(roles_anywhere(value)),
            "sessionToken" => options.session_token(session_token(value)),
            "federationToken" => options.federation_token(federation_token(value)),
            _ => options,
        };
    }
    Ok(options)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn needed(value: &Value) -> String {
    text(value).unwrap_or_default()
}

fn duration(value: &Value) -> Option<Duration> {
    value.as_u64().map(Duration::from_secs)
}

/// The token itself, or the file that it is in.
fn token(value: &Value) -> Result<Token, Fault> {
    match (value.as_str(), value["file"].as_str()) {
        (Some(token), _) => Ok(Token::Given(Secret::new(token))),
        (None, Some(path)) => Ok(Token::File(path.to_owned())),
        _ => Err(Fault::internal()),
    }
}

fn web_identity(given: &Value) -> Result<WebIdentity, Fault> {
    let mut identity = WebIdentity::new(needed(&given["roleArn"]), token(&given["token"])?);
    identity.session_name = text(&given["sessionName"]);
    identity.duration = duration(&given["duration"]);
    identity.policy = text(&given["policy"]);
    identity.policy_arns = strings(&given["policyArns"]);
    identity.region = text(&given["region"]);
    Ok(identity)
}

fn saml(given: &Value) -> Result<Saml, Fault> {
    let assertion = token(&given["assertion"])?;
    let mut saml = Saml::new(needed(&given["roleArn"]), needed(&given["principalArn"]), assertion);
    saml.duration = duration(&given["duration"]);
    saml.policy = text(&given["policy"]);
    saml.policy_arns = strings(&given["policyArns"]);
    saml.region = text(&given["region"]);
    Ok(saml)
}

fn cognito(given: &Value) -> Result<Cognito, Fault> {
    let mut cognito = Cognito::new(needed(&given["identityPoolId"]));
    for (provider, value) in given["logins"].as_object().into_iter().flatten() {
        cognito = cognito.login(provider, token(value)?);
    }
    cognito.identity_id = text(&given["identityId"]);
    cognito.account_id = text(&given["accountId"]);
    cognito.custom_role_arn = text(&given["customRoleArn"]);
    cognito.role_arn = text(&given["roleArn"]);
    cognito.endpoint = text(&given["endpoint"]);
    Ok(cognito)
}

fn roles_anywhere(given: &Value) -> RolesAnywhere {
    let mut roles = RolesAnywhere::new(
        needed(&given["trustAnchorArn"]),
        needed(&given["profileArn"]),
        needed(&given["roleArn"]),
        needed(&given["certificate"]),
        needed(&given["privateKey"]),
    );
    roles.chain = text(&given["chain"]);
    roles.session_name = text(&given["sessionName"]);
    roles.duration = duration(&given["duration"]);
    roles.region = text(&given["region"]);
    roles.endpoint = text(&given["endpoint"]);
    roles
}

fn session_token(given: &Value) -> SessionToken {
    let mut session = SessionToken::new();
    session.mfa_serial = text(&given["mfaSerial"]);
    session.duration = duration(&given["duration"]);
    session.region = text(&given["region"]);
    session
}

fn federation_token(given: &Value) -> FederationToken {
    let mut federation = FederationToken::new(needed(&given["name"]));
    federation.policy = text(&given["policy"]);
    federation.policy_arns = strings(&given["policyArns"]);
    federation.tags = pairs(&given["tags"]);
    federation.duration = duration(&given["duration"]);
    federation.region = text(&given["region"]);
    federation
}
