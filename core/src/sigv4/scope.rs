//! The credential scope, and what follows from the signing name alone.

use std::fmt;
use std::time::Duration;

/// How a request is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// SigV4: an HMAC, good for one region.
    #[default]
    V4,
    /// SigV4A: an ECDSA signature over P-256, good for a set of regions.
    V4a,
}

impl Algorithm {
    /// AWS's name: `AWS4-HMAC-SHA256` or `AWS4-ECDSA-P256-SHA256`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "AWS4-HMAC-SHA256",
            Self::V4a => "AWS4-ECDSA-P256-SHA256",
        }
    }

    /// The algorithm of that name, compared with its case.
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        [Self::V4, Self::V4a].into_iter().find(|algorithm| algorithm.as_str().as_bytes() == name)
    }
}

/// The region, or the set of regions, and the signing name that a signature is good for.
///
/// The day and the terminator `aws4_request` complete the credential scope; both follow from the time. A scope of
/// one region is signed with SigV4, a scope of a region set with SigV4A.
///
/// ```
/// use awsaccess::sigv4::{Algorithm, Scope};
/// assert_eq!(Scope::new("us-east-1", "dynamodb").algorithm(), Algorithm::V4);
/// let anywhere = Scope::regions(["us-east-1", "eu-*"], "s3");
/// assert_eq!(anywhere.algorithm(), Algorithm::V4a);
/// assert!(anywhere.covers("eu-west-1") && !anywhere.covers("us-west-2"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    algorithm: Algorithm,
    /// One region, or the names of a region set with commas between them; the service; and the terminator, as a credential
    /// has them: `us-east-1/dynamodb/aws4_request`.
    text: String,
    /// Where the region ends.
    region: usize,
    /// What there is in the two names, as [`MARKS`] has it.
    marks: u8,
}

/// The end of every credential scope.
const TERMINATOR: &str = "/aws4_request";

/// In no name of a region or a service.
const ODD: u8 = 1;
/// `.` or `*`: in names that are signed for, not in those that are verified.
const SIGNED_ONLY: u8 = 2;
/// Of a name that is empty, or longer than any that is verified.
const LENGTH: u8 = 4;

#[expect(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
static MARKS: [u8; 256] = {
    let mut marks = [ODD; 256];
    let mut at = 0;
    while at < 256 {
        match at as u8 {
            b'-' | b'_' => marks[at] = 0,
            b'.' | b'*' => marks[at] = SIGNED_ONLY,
            byte if byte.is_ascii_alphanumeric() => marks[at] = 0,
            _ => {}
        }
        at += 1;
    }
    marks
};

fn marks(name: &str) -> u8 {
    let length = if name.is_empty() || name.len() > 64 { LENGTH } else { 0 };
    name.bytes().fold(length, |marks, byte| marks | MARKS.get(usize::from(byte)).copied().unwrap_or(ODD))
}

/// The most names in a region set that is verified, and the longest of them.
const MAX_REGIONS: (usize, usize) = (64, 64);

impl Scope {
    /// `Scope::new("us-east-1", "dynamodb")`: SigV4, for one region.
    pub fn new(region: impl Into<String>, service: impl Into<String>) -> Self {
        Self::of(Algorithm::V4, region.into(), &service.into())
    }

    /// `Scope::regions(["us-east-1", "eu-*"], "s3")`: SigV4A, for a region set. `*` stands for any characters,
    /// alone for every region; what S3's Multi-Region Access Points want is `["*"]`.
    pub fn regions<R: AsRef<str>>(regions: impl IntoIterator<Item = R>, service: impl Into<String>) -> Self {
        let mut joined = String::new();
        for (nth, region) in regions.into_iter().enumerate() {
            if nth > 0 {
                joined.push(',');
            }
            joined.push_str(region.as_ref());
        }
        Self::of(Algorithm::V4a, joined, &service.into())
    }

    fn of(algorithm: Algorithm, mut text: String, service: &str) -> Self {
        let (region, marks) = (text.len(), marks(&text) | marks(service));
        text.reserve_exact(1 + service.len() + TERMINATOR.len());
        text.push('/');
        text.push_str(service);
        text.push_str(TERMINATOR);
        Self { algorithm, text, region, marks }
    }

    /// What stands in a credential after its day: that region and service, as a slash cuts them. `None` where the
    /// terminator is not as it should be.
    pub(crate) fn of_credential(text: &str, region: &str, service: &str) -> Option<Self> {
        let is_whole = text.len() == region.len() + 1 + service.len() + TERMINATOR.len();
        (is_whole && text.ends_with(TERMINATOR)).then(|| Self {
            algorithm: Algorithm::V4,
            text: text.to_owned(),
            region: region.len(),
            marks: marks(region) | marks(service),
        })
    }

    /// Whether both names may be signed for.
    pub(crate) const fn may_be_signed(&self) -> bool {
        self.marks & ODD == 0 && self.region > 0 && self.region + 1 + TERMINATOR.len() < self.text.len()
    }

    /// Whether both names are of the form of those that AWS has.
    pub(crate) const fn is_plain(&self) -> bool {
        self.marks == 0
    }

    /// A scope of the region set that a request carries; `None` if it is none.
    pub(crate) fn of_region_set(text: &str, service: &str) -> Option<Self> {
        let names = || text.split(',').map(|name| name.trim_matches([' ', '\t']));
        let fits = |name: &str| {
            (1..=MAX_REGIONS.1).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_*".contains(&byte))
        };
        (names().count() <= MAX_REGIONS.0 && names().all(fits)).then(|| Self::regions(names(), service))
    }

    /// How a request for this scope is signed.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The region, such as `eu-west-1`. For SigV4A the region set as it is written, such as `us-east-1,eu-*`: it
    /// equals the name of a region only if it has no other.
    #[must_use]
    pub fn region(&self) -> &str {
        self.text.get(..self.region).unwrap_or_default()
    }

    /// The names and patterns of the region set; `None` for SigV4.
    #[must_use]
    pub fn region_set(&self) -> Option<impl Iterator<Item = &str> + Clone> {
        (self.algorithm == Algorithm::V4a).then(|| self.region().split(','))
    }

    /// Whether a signature for this scope is good in `region`.
    #[must_use]
    pub fn covers(&self, region: &str) -> bool {
        match self.region_set() {
            None => self.region() == region,
            Some(mut set) => set.any(|pattern| matches(pattern, region)),
        }
    }

    /// The signing name, such as `s3` or `execute-api`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.text.get(self.region + 1..self.text.len() - TERMINATOR.len()).unwrap_or_default()
    }

    /// `us-east-1/iam/aws4_request`, or `iam/aws4_request` for a region set: what follows the day.
    pub(crate) fn after_day(&self) -> &str {
        match self.algorithm {
            Algorithm::V4 => &self.text,
            Algorithm::V4a => self.text.get(self.region + 1..).unwrap_or_default(),
        }
    }

    /// `20150830/us-east-1/iam/aws4_request`, or `20150830/iam/aws4_request` for a region set.
    #[must_use]
    pub(crate) fn on(&self, day: &str) -> String {
        [day, self.after_day()].join("/")
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("algorithm", &self.algorithm)
            .field("region", &self.region())
            .field("service", &self.service())
            .finish()
    }
}

/// Whether `text` is of the form of `pattern`, in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    // What stands between two stars is found at its first place: that leaves the most for what follows.
    for piece in middle.split('*').filter(|piece| !piece.is_empty()) {
        let Some((_, after)) = text.split_once(piece) else { return false };
        text = after;
    }
    text.ends_with(end)
}

/// Whether a service of this signing name signs the path as S3 does: encoded once, never normalised.
#[must_use]
pub fn is_s3_family(service: &str) -> bool {
    ["s3", "s3express", "s3-outposts", "s3-object-lambda", "s3-accesspoint"]
        .iter()
        .any(|name| service.eq_ignore_ascii_case(name))
}

/// Whether a service of this signing name has operations whose body goes unsigned (`UNSIGNED-PAYLOAD`).
///
/// The S3 family, and the six operations that the public models mark so (EBS `PutSnapshotBlock`, Lex
/// `PostContent` and `RecognizeUtterance`, MediaStore `PutObject`, Omics `UploadReadSetPart`).
#[must_use]
pub fn takes_unsigned_payload(service: &str) -> bool {
    is_s3_family(service) || ["ebs", "lex", "mediastore", "omics"].contains(&service)
}

/// How far a request's time may be from the service's: fifteen minutes for S3, five for the others.
#[must_use]
pub fn allowed_skew(service: &str) -> Duration {
    Duration::from_secs(if is_s3_family(service) { 15 * 60 } else { 5 * 60 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_regions() {
        let cases = [
            ("*", "us-east-1", true),
            ("us-*", "us-east-1", true),
            ("us-*", "eu-west-1", false),
            ("*-1", "eu-west-1", true),
            ("*-1", "eu-west-2", false),
            ("us-*-1", "us-gov-east-1", true),
            ("us-*-1", "us-1", false),
            ("*east*", "us-east-1", true),
            ("*east*west*", "us-east-1", false),
            ("a*ab", "ab", false),
            ("**", "", true),
            ("us-east-1", "us-east-10", false),
            ("", "us-east-1", false),
        ];
        for (pattern, region, expected) in cases {
            assert_eq!(matches(pattern, region), expected, "{pattern} {region}");
        }
        assert!(!Scope::new("*", "s3").covers("us-east-1"), "a sigv4 scope has no patterns");
        assert!(!Scope::regions(Vec::<String>::new(), "s3").covers("us-east-1"));
    }

    #[test]
    fn names_are_told_apart() {
        assert_ne!(Scope::new("a/b", "c"), Scope::new("a", "b/c"));
        let cases = [
            ("us-east-1", "s3", true, true),
            ("us.east_1", "s3", true, false),
            ("*", "s3", true, false),
            ("a/b", "s3", false, false),
            ("a", "s3/b", false, false),
            ("", "s3", false, false),
            ("a", "", false, false),
            ("", "", false, false),
            ("\u{e9}", "s3", false, false),
        ];
        for (region, service, may_be_signed, is_plain) in cases {
            let scope = Scope::new(region, service);
            assert_eq!((scope.region(), scope.service()), (region, service));
            assert_eq!((scope.may_be_signed(), scope.is_plain()), (may_be_signed, is_plain), "{scope:?}");
            let text = format!("{region}/{service}/aws4_request");
            assert_eq!(Scope::of_credential(&text, region, service), Some(scope));
        }
        assert!(!Scope::new("a".repeat(65), "s3").is_plain() && Scope::new("a".repeat(64), "s3").is_plain());
        assert!(Scope::of_credential("a/b/aws4_reques", "a", "b").is_none());
        assert!(Scope::of_credential("a/b/aws4_request_", "a", "b").is_none());
    }

    #[test]
    fn a_region_set_is_read_as_written() {
        let scope = Scope::of_region_set("us-east-1, eu-*\t,*", "s3").unwrap();
        assert_eq!(scope, Scope::regions(["us-east-1", "eu-*", "*"], "s3"));
        assert_eq!(scope.region_set().unwrap().collect::<Vec<_>>(), ["us-east-1", "eu-*", "*"]);
        assert_eq!(scope.on("20150830"), "20150830/s3/aws4_request");
        for bad in ["", ",", "us-east-1,", "us east", "a/b", "\u{e9}", "a\nb", &"a".repeat(65)] {
            assert!(Scope::of_region_set(bad, "s3").is_none(), "{bad:?}");
        }
        assert!(Scope::of_region_set(&["a"; 64].join(","), "s3").is_some());
        assert!(Scope::of_region_set(&["a"; 65].join(","), "s3").is_none());
    }
}
