//! `AssumeRoleWithSAML`.

mod assertion;
mod document;

pub use assertion::Assertion;
pub(crate) use assertion::mint;

use sha1::{Digest as _, Sha1};

use super::assume_role::assumed_role_user;
use super::parameter::{Parameters, length};
use super::{credentials, element, packed_policy};
use crate::clock::parse_compact;
use crate::encoding::{base64, text_of, unbase64};
use crate::failure::Failure;
use crate::keyring::Session;
use crate::policy::{Caller, Context, Decision};
use crate::state::State;
use assertion::{AUDIENCE, RECIPIENT, ROLE, check_signature};
use document::Element;

/// The attributes that AWS reads.
const ATTRIBUTES: &str = "https://aws.amazon.com/SAML/Attributes/";
const SKEW: i64 = 300;

fn invalid(message: &str) -> Failure {
    Failure::new(400, "InvalidIdentityToken", message)
}

fn denied(action: &str) -> Failure {
    Failure::new(403, "AccessDenied", format!("Not authorized to perform {action}"))
}

pub(super) fn answer(state: &State, parameters: &Parameters, now: i64) -> Result<String, Failure> {
    let role_arn = parameters.arn("RoleArn")?;
    let provider_arn = parameters.arn("PrincipalArn")?;
    let text = parameters.wanted("SAMLAssertion")?;
    length(text, "SAMLAssertion", 4, 100_000)?;
    let asked = parameters.duration(43_200, 3600)?;
    let policy = parameters.policy()?;
    let text = unbase64(text).ok_or_else(|| invalid("Invalid base64 SAMLResponse"))?;
    let text = text_of(&text);
    let document =
        document::read(&text).ok_or_else(|| invalid("Invalid SAML response: it is not well-formed"))?;
    let provider = state.world.saml_providers.iter().find(|provider| provider.arn() == provider_arn);
    let provider = provider.ok_or_else(|| invalid("Specified provider doesn't exist"))?;
    // What is read from here on is what was signed, and nothing else of the document.
    let assertion = only(&document, "Assertion")?;
    check_signature(provider, &text, assertion).ok_or_else(|| invalid("Response signature invalid"))?;
    let issuer = assertion.text("Issuer").unwrap_or_default();
    if issuer != provider.issuer {
        return Err(invalid("Issuer not present in specified provider"));
    }
    let (subject, kind) = check_subject(assertion, now)?;
    check_conditions(assertion, now)?;

    let attributes = Attributes::of(assertion);
    let roles = attributes.all(ROLE);
    let pair = |value: &str| {
        value.split_once(',').is_some_and(|(one, other)| {
            let pair = (one.trim(), other.trim());
            pair == (role_arn, provider_arn) || pair == (provider_arn, role_arn)
        })
    };
    if !roles.iter().any(|value| pair(value)) {
        return Err(denied("sts:AssumeRoleWithSAML"));
    }
    let name = attributes.one("RoleSessionName");
    let name = name.ok_or_else(|| invalid("RoleSessionName is required in AuthnResponse"))?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if !(2..=64).contains(&name.len()) || !name.bytes().all(fits) {
        return Err(invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"));
    }
    let session = Session { policy, ..attributes.session() };

    let mut context = Context::default();
    for (key, value) in [("aud", RECIPIENT), ("iss", issuer), ("sub", &subject), ("sub_type", kind)] {
        context.set(&format!("SAML:{key}"), value);
    }
    context.set("aws:FederatedProvider", provider_arn);
    context.set("sts:RoleSessionName", name);
    let mut actions = vec!["sts:AssumeRoleWithSAML"];
    if !session.tags.is_empty() {
        actions.push("sts:TagSession");
        for (key, value) in &session.tags {
            context.set(&format!("aws:RequestTag/{key}"), value.as_str());
        }
        context.set_all("aws:TagKeys", session.tags.iter().map(|(key, _)| key.clone()).collect());
        context.set_all("sts:TransitiveTagKeys", session.transitive_tags.clone());
    }
    if let Some(source) = &session.source_identity {
        actions.push("sts:SetSourceIdentity");
        context.set("sts:SourceIdentity", source.as_str());
    }
    let (role, _) = state.role(role_arn).ok_or_else(|| denied("sts:AssumeRoleWithSAML"))?;
    let caller = Caller::Federated(provider.arn());
    for action in actions {
        match role.trust.trusts(&caller, action, &context) {
            Decision::AllowedByName | Decision::AllowedByAccount => {}
            Decision::Denied | Decision::NotMentioned => return Err(denied(action)),
        }
    }
    if asked > role.max_session_duration {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Failure::new(400, "ValidationError", message));
    }
    let most = attributes.one("SessionDuration").and_then(|seconds| seconds.parse::<u32>().ok());
    let duration = most.filter(|most| *most >= 900).map_or(asked, |most| asked.min(most));

    let identity = state.role_session(&role.account, &role.name, name);
    let user = assumed_role_user(&identity);
    let qualifier = format!("{issuer}{}/{}", role.account, provider.name);
    let source = session.source_identity.as_deref();
    let source = source.map_or(String::new(), |source| element("SourceIdentity", source));
    let key = state.keyring.issue(identity, session, now, duration);
    Ok(format!(
        "{}{user}{}{}{}{}{}{source}{}",
        element("Issuer", issuer),
        credentials(&key),
        element("Subject", &subject),
        element("SubjectType", kind),
        element("Audience", RECIPIENT),
        element("NameQualifier", &base64(&Sha1::digest(qualifier))),
        packed_policy(parameters)
    ))
}

/// The one child of that name: a second one could be there to be taken for the first.
fn only<'a>(parent: &'a Element, name: &str) -> Result<&'a Element, Failure> {
    let mut all = parent.children.iter().filter(|child| child.name == name);
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(invalid(&format!("Invalid SAML response: there must be one {name}"))),
    }
}

/// `2026-11-21T12:00:00Z`, perhaps with a fraction.
fn moment(text: Option<&str>) -> Option<i64> {
    let text = text?.replace(['-', ':'], "");
    let whole = text.split('.').next().unwrap_or_default().trim_end_matches('Z');
    parse_compact(&format!("{whole}Z"))
}

fn expired() -> Failure {
    Failure::new(400, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance")
}

/// The subject and its type, once it is confirmed for AWS and now.
fn check_subject(assertion: &Element, now: i64) -> Result<(String, &'static str), Failure> {
    let subject = only(assertion, "Subject")?;
    let data = only(only(subject, "SubjectConfirmation")?, "SubjectConfirmationData")?;
    if data.attribute("Recipient") != Some(RECIPIENT) {
        return Err(invalid("Invalid SAML response: the Recipient is not AWS"));
    }
    let end = moment(data.attribute("NotOnOrAfter")).ok_or_else(|| invalid("NotOnOrAfter is missing"))?;
    if now >= end {
        return Err(expired());
    }
    let name = only(subject, "NameID")?;
    let format = name.attribute("Format").unwrap_or_default();
    let kind = match format.rsplit(':').next() {
        Some("persistent") => "persistent",
        Some("transient") => "transient",
        _ => "unspecified",
    };
    Ok((name.text.clone(), kind))
}

fn check_conditions(assertion: &Element, now: i64) -> Result<(), Failure> {
    let conditions = only(assertion, "Conditions")?;
    if moment(conditions.attribute("NotBefore")).is_some_and(|start| start > now + SKEW) {
        return Err(invalid("The assertion is not yet valid"));
    }
    let end =
        moment(conditions.attribute("NotOnOrAfter")).ok_or_else(|| invalid("NotOnOrAfter is missing"))?;
    if now >= end {
        return Err(expired());
    }
    let audience = only(conditions, "AudienceRestriction")?.text("Audience").unwrap_or_default();
    if audience == AUDIENCE || audience == RECIPIENT {
        return Ok(());
    }
    Err(invalid("Invalid SAML response: the Audience is not AWS"))
}

/// The attributes of an assertion, by their names without AWS's prefix.
struct Attributes(Vec<(String, Vec<String>)>);

impl Attributes {
    fn of(assertion: &Element) -> Self {
        let statements = assertion.children.iter().filter(|child| child.name == "AttributeStatement");
        let attributes = statements.flat_map(|statement| &statement.children);
        Self(
            attributes
                .filter_map(|attribute| {
                    let name = attribute.attribute("Name")?.strip_prefix(ATTRIBUTES)?.to_owned();
                    Some((name, attribute.children.iter().map(|value| value.text.clone()).collect()))
                })
                .collect(),
        )
    }

    fn all(&self, name: &str) -> Vec<&str> {
        let named = self.0.iter().filter(|(known, _)| known == name);
        named.flat_map(|(_, values)| values).map(String::as_str).collect()
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    fn session(&self) -> Session {
        let tags = self.0.iter().filter_map(|(name, values)| {
            Some((name.strip_prefix("PrincipalTag:")?.to_owned(), values.first()?.clone()))
        });
        Session {
            mfa_at: None,
            source_identity: self.one("SourceIdentity").map(str::to_owned),
            tags: tags.collect(),
            transitive_tags: self.all("TransitiveTagKeys").into_iter().map(str::to_owned).collect(),
            ..Session::default()
        }
    }
}
