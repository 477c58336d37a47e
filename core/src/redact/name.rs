//! Which names stand before a secret, and what is written in the secret's place.

use std::sync::LazyLock;

use super::ending::Endings;

/// What was hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    AccessKeyId,
    SecretAccessKey,
    SessionToken,
    Signature,
    Password,
    MfaCode,
    SamlAssertion,
    WebIdentityToken,
    Token,
    Secret,
    ApiKey,
    BedrockApiKey,
    SseCustomerKey,
    PrivateKey,
    Cookie,
    Credentials,
    BearerToken,
    Jwt,
    UserData,
    Plaintext,
}

/// Every label, so that what was written by an earlier pass is known for what it is.
pub(super) const LABELS: [&str; 20] = [
    "[aws-access-key-id]",
    "[aws-secret-access-key]",
    "[aws-session-token]",
    "[signature]",
    "[password]",
    "[mfa-code]",
    "[saml-assertion]",
    "[web-identity-token]",
    "[token]",
    "[secret]",
    "[api-key]",
    "[bedrock-api-key]",
    "[sse-customer-key]",
    "[private-key]",
    "[cookie]",
    "[credentials]",
    "[bearer-token]",
    "[jwt]",
    "[user-data]",
    "[plaintext]",
];

impl Kind {
    /// What stands in the secret's place.
    pub(super) fn label(self) -> &'static str {
        LABELS.get(self as usize).copied().unwrap_or("[secret]")
    }
}

/// Ends of names (letters and digits only, in lower case), what they name, and how long a value must at least be
/// to be hidden in free text. The first that fits counts.
const ENDS: &[(&str, Kind, usize)] = &[
    ("secretaccesskey", Kind::SecretAccessKey, 1),
    ("secretkey", Kind::SecretAccessKey, 1),
    ("secretkeybase", Kind::Secret, 16),
    ("awssecret", Kind::SecretAccessKey, 1),
    ("accesskeysecret", Kind::SecretAccessKey, 1),
    ("sessionkey", Kind::SecretAccessKey, 16), // the console's federation call names the secret so
    ("signingkey", Kind::SecretAccessKey, 16),
    ("sessiontoken", Kind::SessionToken, 1),
    ("securitytoken", Kind::SessionToken, 1),
    ("awssession", Kind::SessionToken, 16),
    ("signature", Kind::Signature, 16),
    ("password", Kind::Password, 1),
    ("passwd", Kind::Password, 1),
    ("passphrase", Kind::Password, 1),
    ("passcode", Kind::Password, 4),
    ("storepass", Kind::Password, 4), // keytool's, with the next
    ("keypass", Kind::Password, 4),
    ("rediscliauth", Kind::Password, 1),
    ("tokencode", Kind::MfaCode, 1),
    ("mfacode", Kind::MfaCode, 1),
    ("mfatoken", Kind::MfaCode, 1),
    ("authenticationcode", Kind::MfaCode, 1), // IAM's EnableMFADevice
    ("confirmationcode", Kind::MfaCode, 4),   // Cognito's, with those that follow
    ("otpcode", Kind::MfaCode, 4),
    ("verificationcode", Kind::MfaCode, 6),
    ("twofactorpin", Kind::MfaCode, 4),
    ("usercode", Kind::MfaCode, 6),
    ("secretcode", Kind::Secret, 8),
    ("secrethash", Kind::Secret, 16),
    ("passwordverifier", Kind::Password, 16),
    ("secretblock", Kind::Secret, 16),
    ("secrettoauthenticateinitiator", Kind::Secret, 8), // Storage Gateway's, with those that follow
    ("secrettoauthenticatetarget", Kind::Secret, 8),
    ("activationkey", Kind::Secret, 16),
    ("activationcode", Kind::Secret, 16), // Systems Manager's
    ("presharedkey", Kind::Secret, 8),    // of a VPN
    ("authkey", Kind::Secret, 8),         // of BGP
    ("streamkey", Kind::Secret, 16),
    ("signedconnectionstring", Kind::Secret, 16),
    ("basicauthcredentials", Kind::Password, 8),
    ("samlassertion", Kind::SamlAssertion, 1),
    ("samlresponse", Kind::SamlAssertion, 1),
    ("webidentitytoken", Kind::WebIdentityToken, 1),
    ("bearertokenbedrock", Kind::BedrockApiKey, 1),
    ("bearertoken", Kind::BearerToken, 8),
    ("oauth2bearer", Kind::BearerToken, 8),
    ("ssobearertoken", Kind::BearerToken, 8),
    ("accesstoken", Kind::Token, 8),
    ("refreshtoken", Kind::Token, 8),
    ("authtoken", Kind::Token, 8),
    ("metadatatoken", Kind::Token, 8),
    ("tokenvalue", Kind::Token, 16),
    ("token", Kind::Token, 16),
    ("clientsecret", Kind::Secret, 1),
    ("secretstring", Kind::Secret, 1),
    ("secretbinary", Kind::Secret, 1),
    ("secretvalue", Kind::Secret, 8),
    ("servicecredentialsecret", Kind::Secret, 1),
    ("sharedsecret", Kind::Secret, 8),
    ("secret", Kind::Secret, 8),
    ("base32stringseed", Kind::Secret, 8), // IAM's CreateVirtualMFADevice, with the next
    ("qrcodepng", Kind::Secret, 16),
    ("customerkey", Kind::SseCustomerKey, 1),
    ("customerkeybase64", Kind::SseCustomerKey, 1),
    ("sseckey", Kind::SseCustomerKey, 1), // of the AWS CLI, with the next
    ("sseccopysourcekey", Kind::SseCustomerKey, 1),
    ("privatekey", Kind::PrivateKey, 16),
    ("keymaterial", Kind::PrivateKey, 16),
    ("apikey", Kind::ApiKey, 16),
    ("apikeyvalue", Kind::ApiKey, 16),
    ("plaintext", Kind::Plaintext, 16),
    ("userdata", Kind::UserData, 16),
    ("devicecode", Kind::Token, 16),
    ("codeverifier", Kind::Token, 16),
    ("authorizationcode", Kind::Token, 16),
    ("authcode", Kind::Token, 8),           // of a domain, too
    ("dockerconfigjson", Kind::Secret, 16), // of Kubernetes, with the next
    ("dockercfg", Kind::Secret, 16),
    ("setcookie", Kind::Cookie, 1),
    ("cookie", Kind::Cookie, 1),
];

/// Names that may stand anywhere in a longer one, as in `AWS_SECRET_ACCESS_KEY_PROD`.
const PARTS: &[(&str, Kind)] = &[
    ("secretaccesskey", Kind::SecretAccessKey),
    ("awssecretkey", Kind::SecretAccessKey),
    ("sessiontoken", Kind::SessionToken),
    ("password", Kind::Password),
];

/// What follows one of [`PARTS`] where it is about the secret, and not the secret.
const ABOUT: &[&str] = &[
    "id",
    "ids",
    "name",
    "names",
    "arn",
    "file",
    "path",
    "ref",
    "env",
    "var",
    "variable",
    "length",
    "len",
    "type",
    "kind",
    "count",
    "expiration",
    "expires",
    "expiry",
    "expired",
    "ttl",
    "seconds",
    "version",
    "age",
    "used",
    "policy",
    "enabled",
    "required",
    "rotation",
    "field",
    "hint",
    "status",
    "source",
];

/// Tokens that name a place in a list or make a call repeatable; they open nothing.
const HARMLESS: &[&str] = &[
    "nexttoken",
    "pagetoken",
    "paginationtoken",
    "continuationtoken",
    "clienttoken",
    "requesttoken",
    "idempotencytoken",
    "idempotenttoken",
    "synctoken",
    "sequencetoken",
    "forwardtoken",
    "backwardtoken",
    "creationtoken",
    "locktoken",
    "changetoken",
    "updatetoken",
    "scrolltoken",
    "resumetoken",
    "starttoken",
];

/// Each letter in lower case, each digit as it is, and zero for all else.
const LETTERS: [u8; 256] = letters();

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
const fn letters() -> [u8; 256] {
    let mut all = [0; 256];
    let mut byte = 0;
    while byte < all.len() {
        if (byte as u8).is_ascii_alphanumeric() {
            all[byte] = (byte as u8).to_ascii_lowercase();
        }
        byte += 1;
    }
    all
}

/// The letters and digits of a name in lower case: `X-Amz-Security-Token` and `xAmzSecurityToken` are one.
pub(super) struct Normal {
    /// At the end of these.
    letters: [u8; 64],
    start: usize,
}

impl Normal {
    /// Keeps the last 64 letters and digits: it is the end of a name that tells.
    pub(super) fn new(name: impl DoubleEndedIterator<Item = u8>) -> Self {
        let mut letters = [0; 64];
        let mut start = letters.len();
        for byte in name.rev() {
            // Without a branch: where the letters are cannot be foreseen.
            let letter = LETTERS.get(usize::from(byte)).copied().unwrap_or(0);
            let Some(slot) = start.checked_sub(1).and_then(|at| letters.get_mut(at)) else { break };
            *slot = letter;
            start -= usize::from(letter != 0);
        }
        Self { letters, start }
    }

    pub(super) fn text(&self) -> &[u8] {
        self.letters.get(self.start..).unwrap_or_default()
    }

    /// The secret that a field of this name holds, and the least length of a value worth hiding.
    pub(super) fn field(&self) -> Option<(Kind, usize)> {
        let name = self.text();
        if HARMLESS_ENDS.of(name).is_some() {
            return None;
        }
        if name.ends_with(b"authorization") {
            return Some((Kind::Credentials, 1));
        }
        numbered_end(name).or_else(|| part(name))
    }

    /// Whether people call both halves of a key so; which of them it is, its length tells.
    pub(super) fn either_half(&self) -> bool {
        let name = self.text();
        [b"accesskey".as_slice(), b"awskey"].iter().any(|end| name.ends_with(end))
    }

    /// The same, but of a name that is nothing more.
    pub(super) fn member(&self) -> Option<(Kind, usize)> {
        let name = self.text();
        ENDS.get(KNOWN_ENDS.exactly(name)?).map(|&(_, kind, least)| (kind, least))
    }

    /// The secret that a header or a query parameter of this name holds. Here the name alone decides, and broadly:
    /// whatever speaks of a token, a password or a secret is hidden.
    pub(super) fn parameter(&self) -> Option<Kind> {
        let name = self.text();
        let has = |part: &str| memchr::memmem::find(name, part.as_bytes()).is_some();
        // The lifetime of a metadata token and the number of a model's tokens, not the token.
        let about = ["ttlseconds", "tokencount", "tokentype", "tokens"];
        if HARMLESS.iter().chain(&about).any(|end| name.ends_with(end.as_bytes())) {
            return None;
        }
        if let Some((kind, _)) = numbered_end(name) {
            return Some(kind);
        }
        match name {
            b"xamzmfa" => Some(Kind::MfaCode),
            b"session" => Some(Kind::SessionToken), // the console's federation call
            _ if has("customerkey") && !name.ends_with(b"md5") => Some(Kind::SseCustomerKey),
            _ if has("token") => Some(Kind::Token),
            _ if has("password") => Some(Kind::Password),
            _ if has("secret") => Some(Kind::Secret),
            _ => None,
        }
    }
}

/// [`ENDS`] and [`HARMLESS`], found without comparing all of them.
static KNOWN_ENDS: LazyLock<Endings> = LazyLock::new(|| Endings::new(ENDS.iter().map(|(end, ..)| *end)));
static HARMLESS_ENDS: LazyLock<Endings> = LazyLock::new(|| Endings::new(HARMLESS.iter().copied()));

/// Whether a name, as it is written, may be one that [`Normal::member`] knows: most are told by their last letters.
pub(super) fn may_be_member(name: &[u8]) -> bool {
    name.last_chunk().is_none_or(|last: &[u8; 3]| {
        !last.iter().all(u8::is_ascii_alphanumeric) || KNOWN_ENDS.may_end_in(*last)
    })
}

fn end(name: &[u8]) -> Option<(Kind, usize)> {
    ENDS.get(KNOWN_ENDS.of(name)?).map(|&(_, kind, least)| (kind, least))
}

fn numbered_end(name: &[u8]) -> Option<(Kind, usize)> {
    let word = unnumbered(name);
    end(name).or_else(|| if word.len() < name.len() { end(word) } else { None })
}

/// Without the number at its end: `password2`, `ses_smtp_password_v4`.
fn unnumbered(name: &[u8]) -> &[u8] {
    let letters = name.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    let word = name.get(..letters).unwrap_or_default();
    if letters == name.len() { word } else { word.strip_suffix(b"v").unwrap_or(word) }
}

/// What stands in each of [`PARTS`], and in few other names.
const PART_OF_PARTS: &[u8] = b"ss";

fn part(name: &[u8]) -> Option<(Kind, usize)> {
    if !name.windows(PART_OF_PARTS.len()).any(|two| two == PART_OF_PARTS) {
        return None;
    }
    let (_, kind) = PARTS.iter().find(|(part, kind)| {
        let after = memchr::memmem::rfind(name, part.as_bytes()).and_then(|at| name.get(at + part.len()..));
        let own = |after: &[u8]| !ABOUT.iter().any(|about| after.ends_with(about.as_bytes()));
        // Whatever is said of a password at greater length is about it.
        after.is_some_and(|after| own(after) && (*kind != Kind::Password || STAGES.contains(&after)))
    })?;
    Some((*kind, if *kind == Kind::Password { 1 } else { 16 }))
}

/// Where a password of this name is used.
const STAGES: &[&[u8]] =
    &[b"prod", b"dev", b"test", b"staging", b"stage", b"production", b"plain", b"plaintext", b"base64"];

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str) -> Option<&'static str> {
        Normal::new(name.bytes()).field().map(|(kind, _)| kind.label())
    }

    #[test]
    fn names_are_told_by_their_end() {
        assert_eq!(label("AWS_SECRET_ACCESS_KEY"), Some("[aws-secret-access-key]"));
        assert_eq!(label("X-Amz-Security-Token"), Some("[aws-session-token]"));
        assert_eq!(label("PasswordLastUsed"), None);
        assert_eq!(label("NextToken"), None);
        assert_eq!(label("SecretId"), None);
        assert_eq!(label("customer-key-MD5"), None);
        assert_eq!(label(""), None);
    }

    #[test]
    fn what_is_looked_for_first_stands_in_every_name_that_is() {
        for (part, _) in PARTS {
            assert!(part.as_bytes().windows(2).any(|two| two == PART_OF_PARTS), "{part}");
        }
        assert!(ENDS.iter().map(|(end, ..)| end).chain(HARMLESS).all(|name| name.len() >= 3));
    }

    #[test]
    fn each_kind_has_its_own_label() {
        for (kind, label) in [
            (Kind::AccessKeyId, "[aws-access-key-id]"),
            (Kind::Token, "[token]"),
            (Kind::Plaintext, "[plaintext]"),
            (Kind::BearerToken, "[bearer-token]"),
            (Kind::Jwt, "[jwt]"),
        ] {
            assert_eq!(kind.label(), label);
        }
    }

    #[test]
    fn parameters_are_told_by_any_part() {
        let kind = |name: &str| Normal::new(name.bytes()).parameter().map(Kind::label);
        assert_eq!(kind("X-Amz-Signature"), Some("[signature]"));
        assert_eq!(kind("my-token-v2"), Some("[token]"));
        assert_eq!(kind("X-Amz-Credential"), None);
        assert_eq!(kind("AWSAccessKeyId"), None);
        assert_eq!(kind("x-aws-ec2-metadata-token-ttl-seconds"), None);
        assert_eq!(kind("x-amz-server-side-encryption-customer-key"), Some("[sse-customer-key]"));
        assert_eq!(kind("x-amz-server-side-encryption-customer-key-MD5"), None);
    }
}
