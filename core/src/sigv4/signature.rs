//! A signature as it came, and what it is held against, by whichever algorithm the scope asks for.

use std::fmt;
use std::hint::black_box;
use std::ops::Deref;

use super::canonical::ToSign;
use super::ecdsa;
use super::scope::{Algorithm, Scope};
use crate::credentials::SigningKey;
use crate::hash::{Hashing, hex, unhex};
use crate::secret::same_code;
use crate::time::AmzDate;

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
            Self::V4(hmac) => SignatureText::of_hmac(hmac),
            Self::V4a(signature) => SignatureText::of_ecdsa(signature),
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
    /// That of a signature that is still to come.
    pub(crate) const fn none() -> Self {
        Self { digits: [PADDING; MAX_DIGITS], length: 0 }
    }

    pub(crate) fn of_hmac(hmac: &[u8; 32]) -> Self {
        let mut text = Self { digits: [PADDING; MAX_DIGITS], length: 64 };
        if let Some(digits) = text.digits.first_chunk_mut() {
            *digits = hex(hmac);
        }
        text
    }

    pub(crate) fn of_ecdsa(signature: &ecdsa::Signature) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(PADDING);
        let der = signature.to_der();
        let mut text = Self { digits: [PADDING; MAX_DIGITS], length: 0 };
        for (pair, byte) in text.digits.as_chunks_mut().0.iter_mut().zip(der.as_bytes()) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
            text.length += 2;
        }
        text
    }

    /// Takes the digits of a signature; `None` for more than any has.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut digits = [PADDING; MAX_DIGITS];
        digits.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { digits, length: text.len() })
    }

    /// As it stands beside a chunk or in a trailer.
    pub(crate) fn as_piece(&self, algorithm: Algorithm) -> &[u8] {
        self.digits.get(..piece_width(algorithm)).unwrap_or_default()
    }
}

/// The digits.
impl Deref for SignatureText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Display for SignatureText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self).unwrap_or_default())
    }
}

/// What signs the pieces of a body: derived once, used for each. It holds a key, wiped on drop.
#[derive(Clone)]
pub(crate) enum PieceSigner {
    V4(SigningKey),
    V4a(ecdsa::PrivateKey),
}

impl PieceSigner {
    /// The signature of a string to sign that `write` writes.
    pub(crate) fn sign(&self, write: impl FnOnce(&mut Hashing<'_>)) -> SignatureText {
        match self {
            Self::V4(key) => SignatureText::of_hmac(&key.sign_written(write)),
            Self::V4a(key) => SignatureText::of_ecdsa(&key.sign(&hash_of(write))),
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
    /// Takes none, after the work of the one within.
    Never(Box<Self>),
}

impl Check {
    /// Whether the signature is that of the string to sign which `write` writes. The HMAC is compared in constant time;
    /// an ECDSA signature is checked with what is public.
    pub(crate) fn accepts(&self, write: impl FnOnce(&mut Hashing<'_>), signature: &Signature) -> bool {
        match (self, signature) {
            (Self::V4(key), Signature::V4(sent)) => same_code(&key.sign_written(write), sent),
            (Self::V4a(key), Signature::V4a(sent)) => key.verifies(&hash_of(write), sent),
            (Self::Never(check), _) => {
                black_box(check.accepts(write, signature));
                false
            }
            _ => false,
        }
    }

    /// Whether the signature is that of a canonical request. `hash` gives its hash and anything else, which is passed on;
    /// what comes before the hash in an HMAC is passed to it, to be hashed beside it.
    pub(crate) fn accepts_request<T>(
        &self,
        (date, scope): (&AmzDate, &Scope),
        hash: impl FnOnce(Option<&mut Hashing<'_>>) -> ([u8; 32], T),
        signature: &Signature,
    ) -> (bool, T) {
        if let (Self::V4(key), Signature::V4(sent)) = (self, signature) {
            let mut text = key.mac().begin();
            ToSign::write_start(&mut text, date, scope);
            let (hash, other) = hash(Some(&mut text));
            text.update(&hex(&hash));
            return (same_code(&key.mac().end(&mut text), sent), other);
        }
        let (hash, other) = hash(None);
        let to_sign = ToSign { date, scope, hash };
        (self.accepts(|text| to_sign.write(text), signature), other)
    }

    /// The key of an HMAC, and whether it proves anything.
    pub(crate) fn hmac(&self) -> Option<(&SigningKey, bool)> {
        match self {
            Self::V4(key) => Some((key, true)),
            Self::V4a(_) => None,
            Self::Never(check) => check.hmac().map(|(key, _)| (key, false)),
        }
    }
}

/// What ECDSA signs of a text.
pub(crate) fn hash_of(write: impl FnOnce(&mut Hashing<'_>)) -> [u8; 32] {
    let mut hash = Hashing::new();
    write(&mut hash);
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::super::key::Key;
    use super::super::scope::Scope;
    use super::*;
    use crate::secret::Secret;
    use crate::time::Time;

    fn signer(scope: &Scope) -> PieceSigner {
        let secret = Secret::new("secret");
        let day = Time::from_unix(1_800_000_000);
        Key::from(&secret).piece_signer("AKIDEXAMPLE", scope, day).unwrap()
    }

    /// ECDSA's are of 144 digits in one case of four, of 142 in one of two, and seldom shorter.
    #[test]
    fn a_piece_is_padded_to_one_width() {
        for (scope, width) in [(Scope::new("us-east-1", "s3"), 64), (Scope::regions(["*"], "s3"), 144)] {
            let (signer, algorithm) = (signer(&scope), scope.algorithm());
            let mut lengths = std::collections::BTreeSet::new();
            for text in 0..40u8 {
                let signature = signer.sign(|out| out.update(&[text]));
                let piece = signature.as_piece(algorithm).to_vec();
                assert_eq!(piece.len(), width);
                let digits = &*signature;
                assert!(piece[digits.len()..].iter().all(|&byte| byte == b'*'));
                lengths.insert(digits.len());
                let read = Signature::parse_piece(algorithm, &piece).unwrap();
                assert_eq!(&*read.text(), digits);
                assert!(signer.check().accepts(|out| out.update(&[text]), &read));
                assert!(!signer.check().accepts(|out| out.update(&[text + 1]), &read));
                assert_eq!(SignatureText::read(digits).unwrap().as_piece(algorithm), piece);
            }
            assert_eq!(lengths.len() > 1, algorithm == Algorithm::V4a);
        }
    }

    #[test]
    fn only_padding_behind_the_digits_is_padding() {
        let algorithm = Algorithm::V4a;
        let signer = signer(&Scope::regions(["*"], "s3"));
        let short = (0..)
            .map(|n: u32| signer.sign(|out| out.update(&n.to_be_bytes())))
            .find(|text| text.length < 144);
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
