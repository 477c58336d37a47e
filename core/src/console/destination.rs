//! Where a sign-in arrives: a page of the console of the right partition, and nowhere else.

use crate::error::{Error, ErrorKind};
use crate::partition::{self, Kind, Partition};

/// Beyond that, browsers and servers differ in what they take.
const LONGEST: usize = 2048;

/// The URL of a page of the console: the first one, a service's by its name (`ec2`), a path (`/s3/buckets?tab=x`), or a
/// URL, which must be `https` and of this partition's console. With a region, of that region's console.
///
/// ```
/// use awsaccess::{console::destination, partition};
/// let china = partition::by_id("aws-cn").unwrap();
/// assert_eq!(destination(None, china, None).unwrap(), "https://console.amazonaws.cn/");
/// assert_eq!(
///     destination(Some("ec2"), china, Some("cn-north-1")).unwrap(),
///     "https://cn-north-1.console.amazonaws.cn/ec2/home?region=cn-north-1"
/// );
/// assert!(destination(Some("https://console.aws.amazon.com/"), china, None).is_err());
/// ```
///
/// # Errors
/// [`ErrorKind::Input`] for anything else.
pub fn destination(
    wish: Option<&str>,
    partition: &'static Partition,
    region: Option<&str>,
) -> Result<String, Error> {
    let wrong = |why: &str| Err(Error::new(ErrorKind::Input, format!("the destination {why}")));
    if region.is_some_and(|region| !partition.has(region) || region.ends_with("-global")) {
        return wrong("is in a region of another partition");
    }
    let home = format!("https://{}/", partition::console(partition, region));
    let Some(wish) = wish.filter(|wish| !wish.is_empty()) else { return Ok(home) };
    if wish.len() > LONGEST
        || !wish.bytes().all(|b| b.is_ascii_graphic())
        || wish.contains(['\\', '"', '<', '>'])
    {
        return wrong("must be one line of at most 2048 characters that a URL may have");
    }
    if let Some(path) = wish.strip_prefix('/') {
        // `//evil.example` would be another host.
        return if path.starts_with('/') {
            wrong("begins with two slashes")
        } else {
            Ok(format!("{home}{path}"))
        };
    }
    if wish.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        let query = region.map(|region| format!("?region={region}")).unwrap_or_default();
        return Ok(format!("{home}{wish}/home{query}"));
    }
    let Some(rest) = wish.strip_prefix("https://") else {
        return wrong("must be an https url, a path, or the name of a service");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let there = partition::endpoint(host).ok();
    let is_console =
        there.as_ref().is_some_and(|there| there.kind == Kind::Web && *there.prefix == *"console");
    match there.and_then(|there| there.partition()) {
        Some(of) if is_console && of == partition => Ok(wish.to_owned()),
        Some(of) if is_console => wrong(&format!("is in {}, the session in {}", of.id, partition.id)),
        _ => wrong("is no page of the aws console"),
    }
}
