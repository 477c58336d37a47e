//! The grammar of the `Authorization` header and of the query parameters that stand for it.

use super::header::{TokenName, trim};
use super::percent;
use super::uri;
use crate::secret::Wiped;

/// The parts of an authentication, each as it was sent and none looked into.
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Parts<'a> {
    pub(crate) credential: Option<&'a str>,
    pub(crate) signed_headers: Option<&'a str>,
    pub(crate) signature: Option<&'a str>,
}

/// Why an `Authorization` header cannot be taken apart; the text is AWS's, with what the client wrote escaped: a folded
/// header has line breaks in it.
pub(crate) enum Malformed {
    NoPair(String),
    Twice(&'static str),
    Unknown(String),
    NotText,
}

/// The algorithm and the rest of an `Authorization` value.
pub(crate) fn split_scheme(value: &[u8]) -> (&[u8], &[u8]) {
    let value = trim(value);
    let end = value.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(value.len());
    value.split_at_checked(end).unwrap_or((value, b""))
}

/// Reads `Credential=…, SignedHeaders=…, Signature=…`: any order, each once, spaces around commas allowed.
pub(crate) fn parse_parameters(rest: &[u8]) -> Result<Parts<'_>, Malformed> {
    let rest = std::str::from_utf8(rest).map_err(|_| Malformed::NotText)?;
    usual_parameters(rest).map_or_else(|| any_parameters(rest), Ok)
}

/// As the SDKs write them.
fn usual_parameters(rest: &str) -> Option<Parts<'_>> {
    let upto_comma = |text| -> Option<(&str, &str)> {
        let at = memchr::memchr(b',', str::as_bytes(text))?;
        Some((text.get(..at)?, text.get(at..)?))
    };
    let (credential, rest) = upto_comma(rest.strip_prefix(" Credential=")?)?;
    let (signed_headers, rest) = upto_comma(rest.strip_prefix(", SignedHeaders=")?)?;
    let signature = rest.strip_prefix(", Signature=").filter(|signature| signature.len() == 64)?;
    let is_whole = |part: &str| part.as_bytes().last().is_some_and(u8::is_ascii_graphic);
    let is_last = memchr::memchr(b',', signature.as_bytes()).is_none();
    (is_whole(credential) && is_whole(signed_headers) && is_whole(signature) && is_last).then_some(Parts {
        credential: Some(credential),
        signed_headers: Some(signed_headers),
        signature: Some(signature),
    })
}

fn any_parameters(rest: &str) -> Result<Parts<'_>, Malformed> {
    let mut parts = Parts::default();
    let mut start = 0;
    while start < rest.len() {
        let end = memchr::memchr(b',', rest.as_bytes().get(start..).unwrap_or_default());
        let end = end.map_or(rest.len(), |at| start + at);
        let piece = rest.get(start..end).unwrap_or_default().trim_matches([' ', '\t', '\r', '\n']);
        start = end + 1;
        if piece.is_empty() {
            continue;
        }
        let Some((name, value)) = memchr::memchr(b'=', piece.as_bytes())
            .and_then(|at| Some((piece.get(..at)?, piece.get(at + 1..)?)))
        else {
            return Err(Malformed::NoPair(piece.escape_default().take(64).collect()));
        };
        let (place, name) = match name {
            "Credential" => (&mut parts.credential, "Credential"),
            "SignedHeaders" => (&mut parts.signed_headers, "SignedHeaders"),
            "Signature" => (&mut parts.signature, "Signature"),
            other => return Err(Malformed::Unknown(other.escape_default().take(64).collect())),
        };
        if place.replace(value).is_some() {
            return Err(Malformed::Twice(name));
        }
    }
    // An empty part is as good as none: AWS lists it among those it requires.
    for part in [&mut parts.credential, &mut parts.signed_headers, &mut parts.signature] {
        if *part == Some("") {
            *part = None;
        }
    }
    Ok(parts)
}

/// The query parameters of a presigned request, decoded.
#[derive(Default)]
pub(crate) struct QueryAuth {
    pub(crate) algorithm: Option<String>,
    pub(crate) credential: Option<String>,
    pub(crate) signed_headers: Option<String>,
    pub(crate) signature: Option<String>,
    pub(crate) date: Option<String>,
    pub(crate) expires: Option<String>,
    pub(crate) token: Option<Wiped>,
    pub(crate) token_name: TokenName,
    pub(crate) region_set: Option<String>,
    pub(crate) content_sha256: Option<String>,
    /// A parameter that came twice.
    pub(crate) repeated: Option<&'static str>,
}

impl QueryAuth {
    /// Reads the parameters; names are compared with their case.
    pub(crate) fn parse(query: &[u8]) -> Self {
        let mut auth = Self::default();
        if query.is_empty()
            || memchr::memmem::find(query, b"mz-").is_none() && memchr::memchr(b'%', query).is_none()
        {
            return auth;
        }
        for param in uri::params(query) {
            let name = percent::decode_all(param.name);
            if let Some(token) = TokenName::ALL.into_iter().find(|token| name == token.param().as_bytes()) {
                // Two tokens are one too many, whatever their names.
                if auth.token.replace(percent::decode_all(param.value).into()).is_some() {
                    auth.repeated = Some(token.param());
                }
                auth.token_name = token;
                continue;
            }
            let (place, name) = match name.as_slice() {
                b"X-Amz-Algorithm" => (&mut auth.algorithm, "X-Amz-Algorithm"),
                b"X-Amz-Credential" => (&mut auth.credential, "X-Amz-Credential"),
                b"X-Amz-SignedHeaders" => (&mut auth.signed_headers, "X-Amz-SignedHeaders"),
                b"X-Amz-Signature" => (&mut auth.signature, "X-Amz-Signature"),
                b"X-Amz-Date" => (&mut auth.date, "X-Amz-Date"),
                b"X-Amz-Expires" => (&mut auth.expires, "X-Amz-Expires"),
                b"X-Amz-Content-Sha256" => (&mut auth.content_sha256, "X-Amz-Content-Sha256"),
                b"X-Amz-Region-Set" => (&mut auth.region_set, "X-Amz-Region-Set"),
                _ => continue,
            };
            let value = String::from_utf8_lossy(&percent::decode_all(param.value)).into_owned();
            if place.is_some() {
                auth.repeated = Some(name);
            } else {
                *place = Some(value);
            }
        }
        auth
    }

    /// The parts of the authentication; an empty one is none.
    pub(crate) fn parts(&self) -> Parts<'_> {
        fn some(part: &Option<String>) -> Option<&str> {
            part.as_deref().filter(|text| !text.is_empty())
        }
        Parts {
            credential: some(&self.credential),
            signed_headers: some(&self.signed_headers),
            signature: some(&self.signature),
        }
    }

    /// Whether any parameter is there that only authentication uses.
    pub(crate) const fn is_present(&self) -> bool {
        self.algorithm.is_some()
            || self.signature.is_some()
            || self.credential.is_some()
            || self.token.is_some()
            || self.region_set.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is taken in haste is what the careful reader takes.
        #[test]
        fn the_usual_form_is_one_of_any(
            credential in "[a-z/=, ]{0,4}", signed in "[a-z;,= ]{0,4}", signature in "[0-9a-f]{63}[0-9a-f, ]",
            start in "( |  |\t)Credential=", middle in ", ?SignedHeaders=", end in "[ ,]? ?",
        ) {
            let text = format!("{start}{credential}{middle}{signed}, Signature={signature}{end}");
            if let Some(parts) = usual_parameters(&text) {
                prop_assert_eq!(any_parameters(&text).ok(), Some(parts));
            }
        }
    }

    #[test]
    fn the_form_of_the_sdks_is_the_usual_one() {
        let text = format!(" Credential=a/b, SignedHeaders=host, Signature={}", "0".repeat(64));
        assert!(usual_parameters(&text).is_some());
    }
}
