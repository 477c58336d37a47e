//! `GetCallerIdentity`, `GetSessionToken`, `GetFederationToken`, `GetAccessKeyInfo`, `DecodeAuthorizationMessage`.

use super::assume_role::check_mfa;
use super::parameter::{Parameters, length};
use super::{credentials, element, packed_policy};
use crate::encoding::{base64, text_of, unbase64};
use crate::failure::Failure;
use crate::jws::SigningKey;
use crate::keyring::{Identity, Key, Session};
use crate::state::State;

const DAY_AND_A_HALF: u32 = 129_600;
const HALF_A_DAY: u32 = 43_200;

pub(super) fn caller_identity(caller: &Key) -> String {
    let identity = &caller.identity;
    format!(
        "{}{}{}",
        element("Arn", &identity.arn()),
        element("UserId", &identity.user_id()),
        element("Account", identity.account())
    )
}

pub(super) fn session_token(
    state: &State,
    parameters: &Parameters,
    caller: &Key,
    now: i64,
) -> Result<String, Failure> {
    let duration = duration(parameters, caller)?;
    if caller.token.is_some() {
        let message = "Cannot call GetSessionToken with session credentials";
        return Err(Failure::new(403, "AccessDenied", message));
    }
    let mfa_at = match parameters.mfa()? {
        Some((serial, code)) => {
            check_mfa(state, caller, serial, code, now)?;
            Some(now)
        }
        None => None,
    };
    let session = Session { mfa_at, ..Session::default() };
    Ok(credentials(&state.keyring.issue(caller.identity.clone(), session, now, duration)))
}

pub(super) fn federation_token(
    state: &State,
    parameters: &Parameters,
    caller: &Key,
    now: i64,
) -> Result<String, Failure> {
    let name = parameters.name("Name", 32)?;
    let duration = duration(parameters, caller)?;
    let (tags, _) = parameters.tags()?;
    let policy = parameters.policy()?;
    if caller.token.is_some() {
        let message = "Cannot call GetFederationToken with session credentials";
        return Err(Failure::new(403, "AccessDenied", message));
    }
    let identity =
        Identity::Federated { account: caller.identity.account().to_owned(), name: name.to_owned() };
    let user = format!(
        "    <FederatedUser>\n  {}  {}    </FederatedUser>\n",
        element("FederatedUserId", &identity.user_id()),
        element("Arn", &identity.arn())
    );
    let session = Session { tags, policy, ..Session::default() };
    let key = state.keyring.issue(identity, session, now, duration);
    Ok(format!("{}{user}{}", credentials(&key), packed_policy(parameters)))
}

pub(super) fn access_key_info(
    state: &State,
    parameters: &Parameters,
    caller: &Key,
) -> Result<String, Failure> {
    let wanted = parameters.wanted("AccessKeyId")?;
    length(wanted, "AccessKeyId", 16, 128)?;
    match state.keyring.find(wanted) {
        Some(key) => Ok(element("Account", key.identity.account())),
        None => Err(Failure::new(
            403,
            "AccessDenied",
            format!("User: {} is not authorized to perform: sts:GetAccessKeyInfo", caller.identity.arn()),
        )),
    }
}

/// The text of a message that [`encode_message`] made.
pub(super) fn decode_message(state: &State, parameters: &Parameters) -> Result<String, Failure> {
    let message = parameters.wanted("EncodedMessage")?;
    length(message, "EncodedMessage", 1, 10_240)?;
    let decoded = message.split_once('_').and_then(|(text, signature)| {
        let text = unbase64(text)?;
        let key = SigningKey::from_pem(&state.issuer_key)?;
        key.verify(&text, &unbase64(signature)?).then_some(text)
    });
    match decoded {
        Some(text) => Ok(element("DecodedMessage", &text_of(&text))),
        None => Err(Failure::new(400, "InvalidAuthorizationMessageException", "Message is not valid")),
    }
}

/// A message as services put it into their refusals, for `DecodeAuthorizationMessage`.
pub(crate) fn encode_message(state: &State, text: &str) -> Option<String> {
    let signature = SigningKey::from_pem(&state.issuer_key)?.sign(text.as_bytes())?;
    Some(format!("{}_{}", base64(text.as_bytes()), base64(&signature)))
}

/// An hour at most for the root user.
fn duration(parameters: &Parameters, caller: &Key) -> Result<u32, Failure> {
    let duration = parameters.duration(DAY_AND_A_HALF, HALF_A_DAY)?;
    Ok(if matches!(caller.identity, Identity::Root { .. }) { duration.min(3600) } else { duration })
}
