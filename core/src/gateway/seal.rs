//! Sealed placeholders: keys that carry their own meaning, so that verifying one needs the gateway's key and no store.
//!
//! | what the client holds | what it is |
//! |---|---|
//! | access key id | `AGWP`, the number of the gateway's key in four hexadecimal digits, and 128 bits in base32 |
//! | secret access key | HMAC-SHA256 of the access key id under the gateway's key, the first 30 bytes in base64 |
//! | session token | base64url of a version byte, the claims under ChaCha20-Poly1305 (RFC 8439), and the tag |
//!
//! Each token is encrypted with a key of its own, which is derived from the gateway's key and the access key id: a
//! token opens beside the key id that it was made for and no other. The 128 bits of the key id are derived from the
//! caller's random seed and from the claims, so that not even a seed that comes twice makes a key serve two texts; the
//! nonce can then be zero.

mod claim;
mod code;
mod revoke;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use thiserror::Error;
use zeroize::Zeroizing;

use super::placeholder::{Placeholder, Placeholders, Store};
use crate::credentials::Credentials;
use crate::hash::MacKey;
use crate::secret::{Secret, Wiped};

pub use claim::{Chained, Claims, Purpose};
pub use revoke::{Revocation, Revocations, RevocationsFull};

/// What every access key id of ours begins with.
const PREFIX: &str = "AGWP";
/// The length of an access key id: the prefix, four digits, and 16 bytes in base32.
pub(super) const KEY_ID_LENGTH: usize = 34;
const VERSION: u8 = 1;
const TAG: usize = 16;
/// The longest claims, in bytes; a token is a third longer.
const MOST_CLAIMS: usize = 8 << 10;
/// The longest token that is looked at.
const MOST_TOKEN: usize = (MOST_CLAIMS + TAG + 1) * 4 / 3 + 4;
/// The most keys that are held at a time.
const MOST_KEYS: usize = 16;

/// A key of the gateway's: 32 random bytes under a short number, which access key ids name. Wiped on drop.
pub struct GatewayKey {
    number: u16,
    mac: MacKey,
}

impl GatewayKey {
    /// A key. The bytes are to come from a cryptographic generator; the caller's own copy is the caller's to wipe.
    #[must_use]
    pub fn new(number: u16, bytes: &[u8; 32]) -> Self {
        Self { number, mac: MacKey::new(bytes) }
    }

    /// The number that access key ids name it by.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// The line that stands for a key in a file of keys; see [`GatewayKeys::parse`].
    #[must_use]
    pub fn line(number: u16, bytes: &[u8; 32]) -> Secret {
        let text = Zeroizing::new(Base64::encode_string(bytes));
        Secret::new(format!("{LINE} {number} {}", text.as_str()))
    }

    fn derive(&self, label: &str, texts: [&[u8]; 2]) -> Zeroizing<[u8; 32]> {
        let mut hash = self.mac.begin();
        let [first, second] = texts;
        // Neither label nor first text has a length that varies within a label.
        for part in [b"awsaccess placeholder v1 ", label.as_bytes(), b"\0", first, second] {
            hash.update(part);
        }
        Zeroizing::new(self.mac.end(&mut hash))
    }

    fn secret(&self, access_key_id: &str) -> Secret {
        let bytes = self.derive("secret", [access_key_id.as_bytes(), b""]);
        Secret::new(Base64::encode_string(bytes.get(..30).unwrap_or_default()))
    }

    fn cipher(&self, access_key_id: &str) -> ChaCha20Poly1305 {
        let bytes = self.derive("token", [access_key_id.as_bytes(), b""]);
        ChaCha20Poly1305::new((&*bytes).into())
    }

    fn name(&self, seed: &[u8; 32], claims: &[u8]) -> String {
        let bytes = self.derive("name", [seed, claims]);
        let mut name = format!("{PREFIX}{:04X}", self.number);
        let id = bytes.first_chunk().map_or(0, |id: &[u8; 16]| u128::from_be_bytes(*id));
        // 26 digits of five bits, the last with two bits of nothing (RFC 4648, 6).
        for nth in 0..26 {
            let shift = 123 - 5 * nth;
            let digit = if shift >= 0 { id >> shift } else { id << -shift };
            name.push(char::from(ALPHABET.get((digit & 31) as usize).copied().unwrap_or(b'A')));
        }
        name
    }
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Whether a byte is one of them.
const fn is_of_alphabet(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'2'..=b'7')
}

/// The first word of a line in a file of keys, which tells scanners what they found.
const LINE: &str = "awsaccess-gateway-key";

/// The keys that a gateway holds: the one with the highest number seals unless another is [named](Self::sealing_with),
/// all open, so that keys can be changed while placeholders of the old one are in use. Where several gateways share
/// them, a new key only opens until all of them have it.
pub struct GatewayKeys {
    /// Ascending by number; never empty.
    keys: Vec<GatewayKey>,
    /// The number of the one that seals.
    seals: u16,
}

/// What is wrong with a set of keys. The text holds nothing of them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is none, or too many.
    #[error("a gateway has from 1 to {MOST_KEYS} keys; make one with `awsaccess issue --new-key`")]
    Count,
    /// Two of one number.
    #[error("the key number {0} is there twice")]
    Twice(u16),
    /// The one that is to seal is not there.
    #[error("there is no key number {0} to seal with")]
    Unknown(u16),
    /// A line that is no key.
    #[error("line {0} is no key: `{LINE} <number> <32 bytes in base64>` is wanted")]
    Line(usize),
}

/// Why claims cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealError {
    /// They take more room than a session token may.
    #[error("the claims are longer than {MOST_CLAIMS} bytes; give the subject fewer or shorter traits")]
    TooLong,
    /// They end before they begin.
    #[error("the placeholder would have expired when it is made; give it a longer life")]
    Expired,
    /// A name that is empty, or has a control character, or is too long.
    #[error("{0} must be 1 to 512 characters without control characters")]
    Name(&'static str),
}

impl GatewayKeys {
    /// A set of keys.
    ///
    /// # Errors
    /// [`KeyError`] if there is none, or two of one number.
    pub fn new(mut keys: Vec<GatewayKey>) -> Result<Self, KeyError> {
        if !(1..=MOST_KEYS).contains(&keys.len()) {
            return Err(KeyError::Count);
        }
        keys.sort_by_key(GatewayKey::number);
        let twice = keys.windows(2).find_map(|pair| match pair {
            [one, other] if one.number == other.number => Some(one.number),
            _ => None,
        });
        let seals = keys.last().map_or(0, GatewayKey::number);
        twice.map_or(Ok(Self { keys, seals }), |number| Err(KeyError::Twice(number)))
    }

    /// With the key of that number to seal; the others open.
    ///
    /// # Errors
    /// [`KeyError::Unknown`] if it is none of them.
    pub fn sealing_with(self, number: u16) -> Result<Self, KeyError> {
        match self.keys.iter().any(|key| key.number == number) {
            true => Ok(Self { seals: number, ..self }),
            false => Err(KeyError::Unknown(number)),
        }
    }

    /// Reads a file of keys: a line each, as [`GatewayKey::line`] writes it; empty lines and lines that begin with `#`
    /// say nothing.
    ///
    /// # Errors
    /// [`KeyError`] names the line.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for (nth, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            keys.push(parse_line(line).ok_or(KeyError::Line(nth + 1))?);
            if keys.len() > MOST_KEYS {
                return Err(KeyError::Count);
            }
        }
        Self::new(keys)
    }

    /// The highest number of a key.
    #[must_use]
    pub fn newest(&self) -> u16 {
        self.keys.last().map_or(0, GatewayKey::number)
    }

    /// Makes a placeholder of claims: a key id, a secret and a session token, as AWS's own temporary credentials.
    /// `seed` is 32 fresh bytes of the host's cryptographic generator.
    ///
    /// # Errors
    /// [`SealError`]
    pub fn seal(&self, claims: &Claims, seed: &[u8; 32]) -> Result<Credentials, SealError> {
        let mut text = claims.encode()?;
        // Never without a key: a set of none cannot be made.
        let key = self.keys.iter().find(|key| key.number == self.seals).ok_or(SealError::TooLong)?;
        let access_key_id = key.name(seed, &text);
        let sealed = key.cipher(&access_key_id).encrypt_inout_detached(
            &Nonce::default(),
            &[VERSION],
            text.as_mut_slice().into(),
        );
        let tag = sealed.map_err(|_| SealError::TooLong)?;
        let token = [&[VERSION][..], &text, &tag].concat();
        let secret = key.secret(&access_key_id);
        Ok(Credentials::new(access_key_id, secret.expose())
            .with_session_token(Base64UrlUnpadded::encode_string(&token))
            .with_expiry(claims.expires_at))
    }

    /// Reads a placeholder's claims from its session token; `None` if the two do not belong together, or no key of
    /// these made them. Whoever shows a token has not proven to hold the secret: a signature does that.
    #[must_use]
    pub fn open(&self, access_key_id: &str, session_token: &[u8]) -> Option<Claims> {
        self.open_with(access_key_id, session_token).map(|(_, claims)| claims)
    }

    fn open_with(&self, access_key_id: &str, token: &[u8]) -> Option<(&GatewayKey, Claims)> {
        let key = self.named(access_key_id)?;
        let token = std::str::from_utf8(token).ok().filter(|token| token.len() <= MOST_TOKEN)?;
        // Strict: a text that means the same bytes and is not the one that was made does not decode.
        let mut bytes = Wiped::from(Base64UrlUnpadded::decode_vec(token).ok()?);
        let (version, rest) = bytes.split_first_mut()?;
        if *version != VERSION {
            return None;
        }
        let (text, tag) = rest.split_at_mut_checked(rest.len().checked_sub(TAG)?)?;
        let tag = Tag::try_from(&*tag).ok()?;
        let cipher = key.cipher(access_key_id);
        cipher.decrypt_inout_detached(&Nonce::default(), &[VERSION], (&mut *text).into(), &tag).ok()?;
        Some((key, Claims::decode(text)?))
    }

    /// The key that an access key id names, if it has the form of ours.
    fn named(&self, access_key_id: &str) -> Option<&GatewayKey> {
        let rest = access_key_id.strip_prefix(PREFIX).filter(|_| access_key_id.len() == KEY_ID_LENGTH)?;
        let (number, id) = rest.split_at_checked(4)?;
        let digits = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
        if !number.bytes().all(digits) || !id.bytes().all(is_of_alphabet) {
            return None;
        }
        let number = u16::from_str_radix(number, 16).ok()?;
        self.keys.iter().find(|key| key.number == number)
    }
}

/// Whether a text has the key id of a sealed placeholder in it.
pub(super) fn has_sealed_key_id(text: &[u8]) -> bool {
    let prefix = PREFIX.as_bytes();
    if text.len() < KEY_ID_LENGTH {
        return false;
    }
    let starts = memchr::memchr_iter(b'A', text);
    starts.filter(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(prefix))).any(|at| {
        let id = text.get(at..at + KEY_ID_LENGTH).unwrap_or_default();
        let (number, digits) =
            id.get(PREFIX.len()..).unwrap_or_default().split_at_checked(4).unwrap_or_default();
        number.iter().all(u8::is_ascii_hexdigit)
            && !digits.is_empty()
            && digits.iter().copied().all(is_of_alphabet)
    })
}

fn parse_line(line: &str) -> Option<GatewayKey> {
    let mut words = line.split_ascii_whitespace();
    let (word, number, key) = (words.next()?, words.next()?, words.next()?);
    if word != LINE || words.next().is_some() {
        return None;
    }
    let bytes = Zeroizing::new(Base64::decode_vec(key).ok()?);
    Some(GatewayKey::new(number.parse().ok()?, bytes.as_slice().try_into().ok()?))
}

/// Placeholders that are opened with the gateway's keys, and beside them a [`Store`] for clients that can carry no
/// session token.
pub struct Sealed {
    keys: GatewayKeys,
    store: Box<dyn Placeholders>,
    revoked: Revocations,
}

impl Sealed {
    /// Placeholders of those keys.
    #[must_use]
    pub fn new(keys: GatewayKeys) -> Self {
        Self { keys, store: Box::new(Store::new()), revoked: Revocations::default() }
    }

    /// With stored ones beside them: a [`Store`], or one of the host's own that may change.
    #[must_use]
    pub fn with_store(mut self, store: impl Placeholders + 'static) -> Self {
        self.store = Box::new(store);
        self
    }

    /// With a list of what was revoked, which the host keeps a handle of.
    #[must_use]
    pub fn with_revocations(mut self, revoked: Revocations) -> Self {
        self.revoked = revoked;
        self
    }
}

impl Placeholders for Sealed {
    fn find(&self, access_key_id: &str, session_token: Option<&[u8]>) -> Option<Placeholder> {
        if let Some(mut stored) = self.store.find(access_key_id, session_token) {
            stored.revoked = self.revoked.covers_stored(access_key_id, &stored.identity);
            return Some(stored);
        }
        let token = session_token?;
        let (key, claims) = self.keys.open_with(access_key_id, token)?;
        let revoked = self.revoked.covers(access_key_id, &claims);
        let token = Secret::new(std::str::from_utf8(token).ok()?);
        let mut placeholder = Placeholder::new(key.secret(access_key_id), claims.identity)
            .with_session_token(token)
            .with_expiry(claims.expires_at);
        placeholder.revoked = revoked;
        placeholder.signed_in = claims.signed_in;
        if let Purpose::Chained(chained) = claims.purpose {
            placeholder.chained = Some(*chained);
        }
        Some(placeholder)
    }

    fn keys(&self) -> Option<&GatewayKeys> {
        Some(&self.keys)
    }
}
