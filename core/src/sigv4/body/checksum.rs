//! The checksums that S3 takes in trailers.

use crc_fast::{CrcAlgorithm, Digest as Crc};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::sigv4::error::BodyError;

/// A checksum of S3's, as it is computed: what `x-amz-checksum-…` carries in a header or a trailer.
///
/// See "Checking object integrity in Amazon S3" in the Amazon S3 user guide.
///
/// ```
/// use awsaccess::sigv4::Checksum;
/// let mut checksum = Checksum::of("x-amz-checksum-crc32c").ok_or("not one of S3's")?;
/// checksum.update(&[b'a'; 66_560]);
/// assert_eq!(checksum.name(), "x-amz-checksum-crc32c");
/// assert_eq!(checksum.value(), "sOO8/Q==");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Checksum {
    name: &'static str,
    sum: Sum,
}

#[derive(Clone)]
enum Sum {
    Crc32(Crc),
    Crc64(Crc),
    Sha1(Sha1),
    Sha256(Sha256),
}

const NAMES: [&str; 5] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];

impl Checksum {
    /// The checksum that a header or trailer of this name carries; `None` for any other name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let name = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
        let sum = match name {
            "x-amz-checksum-crc32" => Sum::Crc32(Crc::new(CrcAlgorithm::Crc32IsoHdlc)),
            "x-amz-checksum-crc32c" => Sum::Crc32(Crc::new(CrcAlgorithm::Crc32Iscsi)),
            "x-amz-checksum-crc64nvme" => Sum::Crc64(Crc::new(CrcAlgorithm::Crc64Nvme)),
            "x-amz-checksum-sha1" => Sum::Sha1(Sha1::new()),
            _ => Sum::Sha256(Sha256::new()),
        };
        Some(Self { name, sum })
    }

    /// The name of the header or trailer, in lower case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Takes the next bytes.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.sum {
            Sum::Crc32(crc) | Sum::Crc64(crc) => crc.update(data),
            Sum::Sha1(hash) => hash.update(data),
            Sum::Sha256(hash) => hash.update(data),
        }
    }

    /// The value over all bytes so far, big-endian in base64.
    #[must_use]
    pub fn value(&self) -> String {
        match &self.sum {
            Sum::Crc32(crc) => base64(crc.finalize().to_be_bytes().get(4..).unwrap_or_default()),
            Sum::Crc64(crc) => base64(&crc.finalize().to_be_bytes()),
            Sum::Sha1(hash) => base64(&hash.clone().finalize()),
            Sum::Sha256(hash) => base64(&hash.clone().finalize()),
        }
    }
}

/// The CRC-32 of event streams, which is that of `x-amz-checksum-crc32`.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let crc = crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, bytes);
    // Thirty-two bits of it are used.
    u32::try_from(crc).unwrap_or_default()
}

/// The checksums that a body's trailers announce, checked as it flows.
#[derive(Default)]
pub(super) struct Checksums(Vec<Checksum>);

impl Checksums {
    /// Those of the announced names that are known.
    pub(super) fn of(announced: &[String]) -> Self {
        let mut sums: Vec<Checksum> = announced.iter().filter_map(|name| Checksum::of(name)).collect();
        sums.sort_by_key(Checksum::name);
        sums.dedup_by_key(|sum| sum.name());
        Self(sums)
    }

    pub(super) fn update(&mut self, data: &[u8]) {
        for sum in &mut self.0 {
            sum.update(data);
        }
    }

    /// Holds a trailer against what was computed.
    pub(super) fn check(&self, name: &[u8], value: &[u8]) -> Result<(), BodyError> {
        match self.0.iter().find(|sum| name.eq_ignore_ascii_case(sum.name().as_bytes())) {
            Some(sum) if sum.value().as_bytes() != value => Err(BodyError::Checksum(sum.name())),
            _ => Ok(()),
        }
    }
}

/// RFC 4648, 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, nth| bits << 8 | u32::from(group.get(nth).copied().unwrap_or(0)));
        for nth in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * nth) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if nth <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogue of CRCs, and `printf 123456789 | openssl dgst -binary | base64`.
    #[test]
    fn known_values() {
        let expected = [
            "y/Q5Jg==",
            "4waSgw==",
            "rosUhgp5mIg=",
            "98O8HYCOBHMq32eZZczDTKeuNEE=",
            "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
        ];
        for (name, expected) in NAMES.into_iter().zip(expected) {
            let mut sum = Checksum::of(&name.to_uppercase()).unwrap();
            sum.update(b"12345");
            sum.update(b"6789");
            assert_eq!((sum.name(), sum.value().as_str()), (name, expected));
        }
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert!(Checksum::of("x-amz-checksum-md5").is_none() && Checksum::of("crc32").is_none());
    }

    #[test]
    fn base64_of_every_length() {
        let texts = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in texts.into_iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), text);
        }
    }

    #[test]
    fn only_known_checksums_are_checked() {
        let announced = ["x-amz-checksum-crc32", "x-amz-checksum-crc32", "x-amz-meta-a"].map(str::to_owned);
        let mut sums = Checksums::of(&announced);
        assert_eq!(sums.0.len(), 1);
        sums.update(b"hello");
        assert_eq!(sums.check(b"X-Amz-Checksum-CRC32", b"NhCmhg=="), Ok(()));
        assert_eq!(sums.check(b"x-amz-meta-a", b"1"), Ok(()));
        assert_eq!(
            sums.check(b"x-amz-checksum-crc32", b"NhCmhw=="),
            Err(BodyError::Checksum("x-amz-checksum-crc32"))
        );
    }
}
