//! The emulator's own endpoint: what an identity provider or an authority elsewhere would give, for programs that have
//! no Rust to ask with. `GET /emulator/web-identity-token`, `/emulator/saml-assertion`, `/emulator/certificate`.

use crate::anywhere;
use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::state::State;
use crate::sts::{self, Assertion};

const TOKEN_SECONDS: i64 = 3600;

pub(crate) fn answer(state: &State, request: &Request, now: i64) -> Result<Reply, Failure> {
    let params = request.params();
    let given = |name: &str| {
        let value = params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.ok_or_else(|| Failure::new(400, "ValidationException", format!("{name} is missing")))
    };
    let missing = || Failure::new(404, "ResourceNotFoundException", "the world has no such thing");
    let world = &state.world;
    let text = match request.path.as_str() {
        "/emulator/web-identity-token" => {
            let issuer = given("issuer")?;
            let provider = world.oidc_providers.iter().find(|provider| provider.issuer == issuer);
            let provider = provider.ok_or_else(missing)?;
            let more = serde_json::Value::Null;
            sts::mint(provider, given("audience")?, given("subject")?, &more, now, TOKEN_SECONDS)
        }
        "/emulator/saml-assertion" => {
            let said = Assertion::new(given("provider")?, given("role")?, given("subject")?);
            let provider = world.saml_providers.iter().find(|provider| provider.arn() == said.provider);
            sts::mint_saml(provider.ok_or_else(missing)?, &said, now)
        }
        "/emulator/certificate" => {
            let arn = given("anchor")?;
            let anchor = world.trust_anchors.iter().find(|anchor| anchor.arn() == arn).ok_or_else(missing)?;
            anywhere::issue(anchor, given("name")?, None, now).map(|issued| {
                state.keyring.note(&issued.private_key);
                format!("{}{}", issued.certificate, issued.private_key)
            })
        }
        _ => return Err(missing()),
    };
    let text = text.ok_or_else(missing)?;
    state.keyring.note(&text);
    Ok(Reply::text(200, text))
}
