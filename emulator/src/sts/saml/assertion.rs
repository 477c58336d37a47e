//! Assertions: those that the emulator issues in the name of a provider, and the check of their signatures.
//!
//! An assertion is written in exclusive canonical form (every namespace declared where it is first used, attributes in
//! order, no empty-element tags), so that its text is what XML Signature digests. Only assertions in that form can be
//! checked: one that another program wrote differently is refused.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::document::Element;
use crate::clock::iso8601;
use crate::encoding::{base64, hex, random_bytes, unbase64, xml};
use crate::jws::SigningKey;
use crate::world::SamlProvider;

pub(super) const RECIPIENT: &str = "https://signin.aws.amazon.com/saml";
pub(super) const AUDIENCE: &str = "urn:amazon:webservices";
pub(super) const ROLE: &str = "Role";
const ATTRIBUTES: &str = "https://aws.amazon.com/SAML/Attributes/";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// What an assertion says. See [`Emulator::saml_assertion`](crate::Emulator::saml_assertion).
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The ARN of the provider whose key signs.
    pub provider: String,
    /// The ARNs of the roles that the subject may take.
    pub roles: Vec<String>,
    /// Who it is about.
    pub subject: String,
    /// The attribute `RoleSessionName`; none if empty.
    pub session_name: String,
    /// Whom it is for; AWS unless changed.
    pub audience: String,
    /// Where it is to be sent; AWS unless changed.
    pub recipient: String,
    /// How long it is good for, in seconds; five minutes unless changed.
    pub seconds: i64,
    /// More of AWS's attributes, such as `SessionDuration`, `SourceIdentity` and `PrincipalTag:team`.
    pub attributes: Vec<(String, String)>,
}

impl Assertion {
    /// An assertion that lets its subject take a role.
    #[must_use]
    pub fn new(provider: &str, role: &str, subject: &str) -> Self {
        Self {
            provider: provider.into(),
            roles: vec![role.into()],
            subject: subject.into(),
            session_name: subject.into(),
            audience: AUDIENCE.into(),
            recipient: RECIPIENT.into(),
            seconds: 300,
            attributes: Vec::new(),
        }
    }

    /// Adds an attribute of AWS's, by its name without the prefix.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }
}

/// The response with the assertion in base64, as a browser posts it.
pub(crate) fn mint(provider: &SamlProvider, said: &Assertion, now: i64) -> Option<String> {
    let key = SigningKey::from_pem(&provider.signing_key)?;
    let (id, response) = (hex(&random_bytes(16)), hex(&random_bytes(16)));
    let (at, end) = (iso8601(now), iso8601(now + said.seconds));
    let issuer = xml(&provider.issuer);
    let mut attributes = String::new();
    let mut attribute = |name: &str, value: &str| {
        attributes.push_str(&format!(
            "<saml:Attribute Name=\"{ATTRIBUTES}{}\"><saml:AttributeValue>{}</saml:AttributeValue></saml:Attribute>",
            xml(name),
            xml(value)
        ));
    };
    for role in &said.roles {
        attribute(ROLE, &format!("{role},{}", said.provider));
    }
    if !said.session_name.is_empty() {
        attribute("RoleSessionName", &said.session_name);
    }
    said.attributes.iter().for_each(|(name, value)| attribute(name, value));
    let head = format!(
        "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_{id}\" IssueInstant=\"{at}\" \
         Version=\"2.0\"><saml:Issuer>{issuer}</saml:Issuer>"
    );
    let rest = format!(
        "<saml:Subject><saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">{}</saml:NameID>\
         <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData \
         NotOnOrAfter=\"{end}\" Recipient=\"{}\"></saml:SubjectConfirmationData></saml:SubjectConfirmation>\
         </saml:Subject><saml:Conditions NotBefore=\"{at}\" NotOnOrAfter=\"{end}\"><saml:AudienceRestriction>\
         <saml:Audience>{}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AttributeStatement>\
         {attributes}</saml:AttributeStatement></saml:Assertion>",
        xml(&said.subject),
        xml(&said.recipient),
        xml(&said.audience)
    );
    let digest = base64(&Sha256::digest(format!("{head}{rest}")));
    let info = format!(
        "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\">\
         </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod><ds:Reference \
         URI=\"#_{id}\"><ds:Transforms><ds:Transform Algorithm=\"{DS}enveloped-signature\"></ds:Transform>\
         <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms><ds:DigestMethod \
         Algorithm=\"{SHA256}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>\
         </ds:SignedInfo>",
        method(&key)
    );
    let signature = base64(&key.sign(info.as_bytes())?);
    let document = format!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Destination=\"{RECIPIENT}\" \
         ID=\"_{response}\" IssueInstant=\"{at}\" Version=\"2.0\"><samlp:Status><samlp:StatusCode \
         Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode></samlp:Status>{head}<ds:Signature \
         xmlns:ds=\"{DS}\">{info}<ds:SignatureValue>{signature}</ds:SignatureValue></ds:Signature>{rest}\
         </samlp:Response>"
    );
    Some(base64(document.as_bytes()))
}

fn method(key: &SigningKey) -> &'static str {
    match key {
        SigningKey::Es256(_) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        SigningKey::Rs256(_) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    }
}

/// `None` unless the assertion, as it stands in the document, carries a right signature by the provider.
pub(super) fn check_signature(provider: &SamlProvider, document: &str, assertion: &Element) -> Option<()> {
    let key = SigningKey::from_pem(&provider.signing_key)?;
    let signature = assertion.child("Signature")?;
    let info = signature.child("SignedInfo")?;
    let algorithm = |parent: &Element, name: &str| -> Option<String> {
        parent.child(name)?.attribute("Algorithm").map(str::to_owned)
    };
    let reference = info.child("Reference")?;
    let plain = algorithm(info, "CanonicalizationMethod")? == EXCLUSIVE
        && algorithm(info, "SignatureMethod")? == method(&key)
        && algorithm(reference, "DigestMethod")? == SHA256
        && reference.attribute("URI")?.strip_prefix('#')? == assertion.attribute("ID")?;
    let before = document.get(assertion.at.start..signature.at.start)?;
    let after = document.get(signature.at.end..assertion.at.end)?;
    let digest = Sha256::digest(format!("{before}{after}"));
    let wanted = unbase64(reference.text("DigestValue")?)?;
    let right = plain
        && bool::from(wanted.as_slice().ct_eq(digest.as_slice()))
        && key
            .verify(document.get(info.at.clone())?.as_bytes(), &unbase64(signature.text("SignatureValue")?)?);
    right.then_some(())
}
