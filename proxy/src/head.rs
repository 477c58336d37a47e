//! A head as hyper gives it, in the form in which core takes it.

use awsaccess::gateway::Head;
use http::Version;
use http::request::Parts;

/// The head of a request. `has_body` is what the framing says so far.
pub(crate) fn head(parts: &Parts, has_body: bool) -> Head {
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str().into(), value.as_bytes().to_vec()));
    let origin = || parts.uri.path_and_query().map_or("", |target| target.as_str()).to_owned();
    if parts.version >= Version::HTTP_2 {
        let authority = parts.uri.authority().map(|authority| authority.as_str().as_bytes().to_vec());
        // A scheme is a hop's own word; one that is not ours is kept, so that core refuses the target.
        let target = match parts.uri.scheme_str() {
            Some("https") => origin(),
            other => format!("{}:{}", other.unwrap_or_default(), origin()),
        };
        return Head::new(parts.method.as_str(), target, headers.collect()).over_http2(authority, !has_body);
    }
    // In absolute form it names a host of its own, which must be the right one as well.
    let target = if parts.uri.authority().is_some() { parts.uri.to_string() } else { origin() };
    Head::new(parts.method.as_str(), target, headers.collect())
}
