//! What the request needs of a certificate: its bytes, its serial number, the sort of its key.
//!
//! Nothing else is read, and nothing is believed because of it: the service checks the certificate. The encoding is
//! DER (ITU-T X.690), whose rules are held strictly; PEM (RFC 7468) is taken off first.

use crate::effect::SignAlgorithm;

/// The end entity's, and at most five between it and the trust anchor.
const MOST: usize = 6;
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// `1.2.840.113549.1.1.1`, rsaEncryption.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `1.2.840.10045.2.1`, id-ecPublicKey.
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// A certificate, and those that follow it.
pub(super) struct Certificates {
    /// In base64, without line breaks.
    encoded: Vec<String>,
    serial: String,
    algorithm: SignAlgorithm,
}

impl Certificates {
    /// Reads a file: PEM, or one certificate in DER.
    pub(super) fn parse(data: &[u8]) -> Result<Self, &'static str> {
        const UNREADABLE: &str = "cannot be read as PEM or DER";
        let all = if data.first() == Some(&0x30) {
            vec![data.to_vec()]
        } else {
            pem(std::str::from_utf8(data).map_err(|_| UNREADABLE)?).ok_or(UNREADABLE)?
        };
        if all.len() > MOST {
            return Err("has more than five others with it");
        }
        let first = all.first().ok_or("is not among what the file holds")?;
        let (serial, key) = read(first).ok_or("is no certificate, or not in strict DER")?;
        let algorithm = match key {
            RSA => SignAlgorithm::RsaPkcs1Sha256,
            EC => SignAlgorithm::EcdsaSha256Der,
            _ => return Err("has a key that is neither RSA nor ECDSA"),
        };
        let encoded = all.iter().map(|der| base64(der)).collect();
        Ok(Self { encoded, serial: decimal(serial), algorithm })
    }

    /// Adds the certificates of another file as those in between.
    pub(super) fn followed_by(mut self, others: Self) -> Result<Self, crate::error::Error> {
        self.encoded.extend(others.encoded);
        if self.encoded.len() > MOST {
            let message = "more than five certificates lie between the first and the trust anchor";
            return Err(crate::error::Error::new(crate::error::ErrorKind::Config, message));
        }
        Ok(self)
    }

    /// The certificate in base64.
    pub(super) fn own(&self) -> &str {
        self.encoded.first().map_or("", String::as_str)
    }

    /// Those in between, joined by commas.
    pub(super) fn chain(&self) -> Option<String> {
        let chain = self.encoded.get(1..).unwrap_or_default();
        (!chain.is_empty()).then(|| chain.join(","))
    }

    /// The serial number in decimal.
    pub(super) fn serial(&self) -> &str {
        &self.serial
    }

    pub(super) fn sign_with(&self) -> SignAlgorithm {
        self.algorithm
    }
}

/// Every certificate of a PEM file; what stands between the blocks is passed over.
fn pem(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines().map(str::trim_ascii) {
        match (line, &mut block) {
            (BEGIN, None) => block = Some(String::new()),
            (END, Some(digits)) => {
                found.push(unbase64(digits)?);
                block = None;
            }
            (line, Some(digits)) => digits.push_str(line),
            (_, None) => {}
        }
        if found.len() > MOST {
            return Some(found);
        }
    }
    (block.is_none() && !found.is_empty()).then_some(found)
}

/// Serial number and the object identifier of the key's algorithm (RFC 5280, 4.1).
fn read(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const SEQUENCE: u8 = 0x30;
    let mut outside = Reader(der);
    let mut certificate = Reader(outside.next(SEQUENCE)?);
    if !outside.0.is_empty() {
        return None;
    }
    let mut body = Reader(certificate.next(SEQUENCE)?);
    if body.0.first() == Some(&0xa0) {
        body.next(0xa0)?; // the version
    }
    let serial = body.next(0x02)?;
    // Signature algorithm, issuer, validity, subject.
    for _ in 0..4 {
        body.next(SEQUENCE)?;
    }
    let mut key = Reader(body.next(SEQUENCE)?);
    let algorithm = Reader(key.next(SEQUENCE)?).next(0x06)?;
    let positive = serial.first().is_some_and(|first| *first < 0x80) && serial.len() <= 21;
    let shortest = !matches!(serial, [0, second, ..] if *second < 0x80);
    (positive && shortest).then_some((serial, algorithm))
}

/// Elements one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The contents of the next element, which has to have this tag. Lengths are definite and as short as can be.
    fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_first()?;
        let (length, rest) = rest.split_first()?;
        let (length, rest) = match *length {
            short @ 0..=0x7f => (usize::from(short), rest),
            long @ 0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
                let length = digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit));
                let shortest = digits.first() != Some(&0) && length >= 0x80;
                (shortest.then_some(length)?, rest)
            }
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (*first == tag).then_some(contents)
    }
}

/// A big-endian number, written in decimal.
fn decimal(bytes: &[u8]) -> String {
    // Digits, the lowest first.
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = (carry % 10) as u8;
            carry /= 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, 4.
fn base64(data: &[u8]) -> String {
    let mut text = String::with_capacity(data.len().div_ceil(3) * 4);
    for three in data.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = ALPHABET.get((bits >> (18 - 6 * at)) as usize & 63).copied().unwrap_or(b'=');
            text.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if padding > 2 || !text.len().is_multiple_of(4) {
        return None;
    }
    let (mut data, mut bits, mut held) = (Vec::with_capacity(text.len() / 4 * 3), 0u32, 0u32);
    for digit in digits.bytes() {
        let value = ALPHABET.iter().position(|known| *known == digit)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            data.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    // What is left over are zeroes.
    (bits == 0).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_in_decimal() {
        assert_eq!(decimal(&[0]), "0");
        assert_eq!(decimal(&[1, 0]), "256");
        assert_eq!(decimal(&[0, 255, 255, 255, 255, 255, 255, 255, 255]), u64::MAX.to_string());
        assert_eq!(decimal(&u128::MAX.to_be_bytes()), u128::MAX.to_string());
    }

    #[test]
    fn base64_as_rfc_4648_has_it() {
        for (plain, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), text);
            assert_eq!(unbase64(text).as_deref(), Some(plain.as_bytes()));
        }
        for bad in ["Z", "Zg", "Zg=", "Zh==", "Z===", "====", "Zm9v!AAA", "Zm=v"] {
            assert_eq!(unbase64(bad), None, "{bad}");
        }
    }

    #[test]
    fn lengths_are_as_short_as_can_be() {
        assert_eq!(Reader(&[2, 1, 5]).next(2), Some([5].as_slice()));
        let long = [&[4, 0x81, 0x80][..], &[0; 128]].concat();
        assert_eq!(Reader(&long).next(4).map(<[u8]>::len), Some(128));
        let bad: [&[u8]; 6] =
            [&[], &[2], &[2, 0x81, 5, 0, 0, 0, 0, 0], &[2, 2, 5], &[2, 0x80, 0, 0], &[2, 0x82, 0, 0x80]];
        for bad in bad {
            assert_eq!(Reader(bad).next(2), None, "{bad:?}");
        }
        assert_eq!(Reader(&[3, 1, 5]).next(2), None);
    }

    proptest! {
        #[test]
        fn anything_can_be_read(data in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Certificates::parse(&data);
            let sequence = [&[0x30, data.len().min(127) as u8][..], &data].concat();
            let _ = Certificates::parse(&sequence);
            prop_assert_eq!(unbase64(&base64(&data)), Some(data));
        }
    }
}
