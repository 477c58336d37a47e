//! A signature made or checked, by whichever algorithm the scope asks for.

use std::fmt;

use subtle::ConstantTimeEq;

use super::ecdsa;
use super::key::{SigningKey, unhex};
use super::scope::{Algorithm, Scope};
use crate::credentials::Credentials;
use crate::secret::Secret;
use crate::time::Time;

/// A signature as it came, well formed for its algorithm.
pub(crate) enum Signature {
    /// An HMAC.
    V4([u8; 32]),
    /// An ECDSA signature.
    V4a(ecdsa::Signature),
}

impl Signature {
    pub(crate) fn parse(algorithm: Algorithm, text: &str) -> Option<Self> {
        Self::read(algorithm, text.as_bytes())
    }

    /// Reads what stands beside a chunk or in a trailer: padded with `*` to [`piece_width`].
    pub(crate) fn parse_piece(algorithm: Algorithm, text: &[u8]) -> Option<Self> {
        if text.len() != piece_width(algorithm) {
            return None;
        }
        let padding = text.iter().rev().take_while(|&&byte| byte == PADDING).count();
        Self::read(algorithm, text.get(..text.len() - padding)?)
    }

    fn read(algorithm: Algorithm, text: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::V4 => unhex(text).map(Self::V4),
            Algorithm::V4a => ecdsa::Signature::parse(text).map(Self::V4a),
        }
    }

    /// What the text should have been.
    pub(crate) const fn form(algorithm: Algorithm) -> &'static str {
        match algorithm {
            Algorithm::V4 => "64 lower-case hexadecimal digits",
            Algorithm::V4a => "a der-encoded p-256 signature in lower-case hexadecimal",
        }
    }

    /// The text that it was read from, without padding.
    pub(crate) fn text(&self) -> SignatureText {
        match self {
            Self::V4(hmac) => SignatureText::of(hmac),
            Self::V4a(signature) => SignatureText::of(signature.to_der().as_bytes()),
        }
    }
}

const PADDING: u8 = b'*';
/// The most digits of a signature.
const MAX_DIGITS: usize = 2 * ecdsa::MAX_DER;

/// How many characters a signature takes beside a chunk or in a trailer. The length of a body is said before its
/// pieces are signed: those of ECDSA, which differ in length, are padded.
pub(crate) const fn piece_width(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::V4 => 64,
        Algorithm::V4a => MAX_DIGITS,
    }
}

/// A signature as headers and strings to sign carry it: lower-case hexadecimal, of either algorithm, without a heap.
#[derive(Clone, Copy)]
pub(crate) struct SignatureText {
    /// The digits; padding behind them.
    digits: [u8; MAX_DIGITS],
    length: usize,
}

impl SignatureText {
    fn of(bytes: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = Self { digits: [PADDING; MAX_DIGITS], length: 2 * bytes.len().min(ecdsa::MAX_DER) };
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(PADDING);
        for (pair, byte) in text.digits.chunks_exact_mut(2).zip(bytes) {
            if let [high, low] = pair {
                (*high, *low) = (digit(byte >> 4), digit(byte & 15));
            }
        }
        text
    }

    /// Takes the digits of a signature; `None` for more than any has.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut digits = [PADDING; MAX_DIGITS];
        digits.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { digits, length: text.len() })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    /// As it stands beside a chunk or in a trailer.
    pub(crate) fn as_piece(&self, algorithm: Algorithm) -> &[u8] {
        self.digits.get(..piece_width(algorithm)).unwrap_or_default()
    }
}

impl fmt::Display for SignatureText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.as_bytes()).unwrap_or_default())
    }
}

/// What signs: derived once, used for each piece. It holds a key, wiped on drop.
#[derive(Clone)]
pub(crate) enum Signer {
    V4(SigningKey),
    V4a(ecdsa::PrivateKey),
}

impl Signer {
    pub(crate) fn new(secret: &Secret, access_key_id: &str, scope: &Scope, day: Time) -> Self {
        match scope.algorithm() {
            Algorithm::V4 => Self::V4(SigningKey::derive(secret, day, scope)),
            Algorithm::V4a => Self::V4a(ecdsa::PrivateKey::derive(secret, access_key_id)),
        }
    }

    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> SignatureText {
        match self {
            Self::V4(key) => SignatureText::of(&key.sign(string_to_sign)),
            Self::V4a(key) => SignatureText::of(key.sign(string_to_sign).to_der().as_bytes()),
        }
    }

    /// What the signatures of this one are held against.
    pub(crate) fn check(&self) -> Check {
        match self {
            Self::V4(key) => Check::V4(key.clone()),
            Self::V4a(key) => Check::V4a(key.public()),
        }
    }
}

/// What a signature is held against: derived once, asked for each canonical form and for each piece.
pub(crate) enum Check {
    V4(SigningKey),
    V4a(ecdsa::PublicKey),
}

impl Check {
    pub(crate) fn new(secret: &Secret, access_key_id: &str, scope: &Scope, day: Time) -> Self {
        Signer::new(secret, access_key_id, scope, day).check()
    }

    /// Whether the signature is right. The HMAC is compared in constant time; an ECDSA signature is checked with
    /// what is public.
    pub(crate) fn accepts(&self, string_to_sign: &[u8], signature: &Signature) -> bool {
        match (self, signature) {
            (Self::V4(key), Signature::V4(sent)) => key.sign(string_to_sign).ct_eq(sent).into(),
            (Self::V4a(key), Signature::V4a(sent)) => key.verifies(string_to_sign, sent),
            _ => false,
        }
    }
}

/// The signature of a string to sign, in hexadecimal.
pub(crate) fn sign(string_to_sign: &[u8], credentials: &Credentials, scope: &Scope, now: Time) -> String {
    let secret = credentials.secret_access_key();
    Signer::new(secret, credentials.access_key_id(), scope, now).sign(string_to_sign).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(scope: &Scope) -> Signer {
        Signer::new(&Secret::new("secret"), "AKIDEXAMPLE", scope, Time::from_unix(1_800_000_000))
    }

    /// ECDSA's are of 144 digits in one case of four, of 142 in one of two, and seldom shorter.
    #[test]
    fn a_piece_is_padded_to_one_width() {
        for (scope, width) in [(Scope::new("us-east-1", "s3"), 64), (Scope::regions(["*"], "s3"), 144)] {
            let (signer, algorithm) = (signer(&scope), scope.algorithm());
            let mut lengths = std::collections::BTreeSet::new();
            for text in 0..40u8 {
                let signature = signer.sign(&[text]);
                let piece = signature.as_piece(algorithm).to_vec();
                assert_eq!(piece.len(), width);
                let digits = signature.as_bytes();
                assert!(piece[digits.len()..].iter().all(|&byte| byte == b'*'));
                lengths.insert(digits.len());
                let read = Signature::parse_piece(algorithm, &piece).unwrap();
                assert_eq!(read.text().as_bytes(), digits);
                assert!(signer.check().accepts(&[text], &read));
                assert!(!signer.check().accepts(&[text + 1], &read));
                assert_eq!(SignatureText::read(digits).unwrap().as_piece(algorithm), piece);
            }
            assert_eq!(lengths.len() > 1, algorithm == Algorithm::V4a);
        }
    }

    #[test]
    fn only_padding_behind_the_digits_is_padding() {
        let algorithm = Algorithm::V4a;
        let signer = signer(&Scope::regions(["*"], "s3"));
        let short = (0..).map(|n: u32| signer.sign(&n.to_be_bytes())).find(|text| text.length < 144);
        let piece = short.unwrap().as_piece(algorithm).to_vec();
        let (digits, length) = (short.unwrap().length, piece.len());
        let left = [&piece[digits..], &piece[..digits]].concat();
        let mut inside = piece.clone();
        inside[10] = b'*';
        let blank: Vec<u8> = piece.iter().map(|&byte| if byte == b'*' { b' ' } else { byte }).collect();
        let longer = [&piece[..], b"*"].concat();
        let cases = [&piece[..digits], &piece[..length - 1], &left, &inside, &blank, &longer, &[b'*'; 144]];
        assert!(Signature::parse_piece(algorithm, &piece).is_some());
        for bad in cases {
            assert!(Signature::parse_piece(algorithm, bad).is_none(), "{}", String::from_utf8_lossy(bad));
        }
        assert!(Signature::parse_piece(Algorithm::V4, &[&[b'0'; 63][..], b"*"].concat()).is_none());
        assert!(SignatureText::read(&[b'0'; 145]).is_none());
    }
}
