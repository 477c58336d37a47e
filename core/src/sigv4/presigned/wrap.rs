//! The clothes that a presigned URL comes in: no scheme, or base64url with a prefix.

use std::time::Duration;

use zeroize::Zeroizing;

use super::base64;
use crate::sigv4::presign::is_auth_param;
use crate::sigv4::uri;

const EKS: &[u8] = b"k8s-aws-v1.";
/// MSK's signers add this parameter when all is signed.
const AGENT: &[u8] = b"User-Agent";

/// A presigned URL, absolute, and how the text said it.
pub(super) struct Wrapped {
    url: Zeroizing<Vec<u8>>,
    clothes: Clothes,
    /// `User-Agent=…`, which was added after signing.
    agent: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clothes {
    None,
    NoScheme,
    Eks,
    Base64,
}

impl Wrapped {
    pub(super) fn unwrap(text: &[u8]) -> Option<Self> {
        let (clothes, url) = if let Some(coded) = text.strip_prefix(EKS) {
            (Clothes::Eks, base64::decode(coded)?)
        } else if is_absolute(text) {
            (Clothes::None, Zeroizing::new(text.to_vec()))
        } else if let Some(url) = base64::decode(text).filter(|url| is_absolute(url)) {
            (Clothes::Base64, url)
        } else {
            let authority = text.split(|byte| matches!(byte, b'/' | b'?')).next().unwrap_or_default();
            let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte);
            if authority.is_empty() || !authority.iter().all(is_host) {
                return None;
            }
            let mut url = Zeroizing::new(b"https://".to_vec());
            url.extend_from_slice(text);
            (Clothes::NoScheme, url)
        };
        if !is_absolute(&url) || !url.iter().all(|byte| (b'!'..=b'~').contains(byte) && *byte != b'#') {
            return None;
        }
        let mut wrapped = Self { url, clothes, agent: None };
        if clothes == Clothes::Base64 {
            wrapped.take_agent();
        }
        Some(wrapped)
    }

    /// The URL that was signed.
    pub(super) fn url(&self) -> &[u8] {
        &self.url
    }

    pub(super) fn is_eks(&self) -> bool {
        self.clothes == Clothes::Eks
    }

    pub(super) fn has_param(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// What `X-Amz-Expires` says.
    pub(super) fn expires(&self) -> Option<Duration> {
        let value = self.value("X-Amz-Expires")?;
        std::str::from_utf8(value).ok()?.parse().ok().map(Duration::from_secs)
    }

    fn value(&self, name: &str) -> Option<&[u8]> {
        pieces(&self.url).find_map(|(piece, value)| uri::is_named(piece, name.as_bytes()).then_some(value))
    }

    /// The text again: what `plain` holds, and the authentication of `signed` where the old one was.
    pub(super) fn wrap_again(&self, plain: &[u8], signed: &[u8]) -> Zeroizing<Vec<u8>> {
        let path_end = memchr::memchr(b'?', plain).unwrap_or(plain.len());
        let mut url = Zeroizing::new(plain.get(..path_end).unwrap_or_default().to_vec());
        let mut separator = b'?';
        let mut push = |(name, value): (&[u8], &[u8])| {
            for part in [&[separator][..], name, b"=", value] {
                url.extend_from_slice(part);
            }
            separator = b'&';
        };
        let mut new: Vec<_> = pieces(signed).filter(|(name, _)| is_auth_param(name)).collect();
        let mut kept = pieces(plain);
        for (name, _) in pieces(&self.url) {
            if !is_auth_param(name) {
                kept.next().into_iter().for_each(&mut push);
            } else if uri::is_named(name, b"X-Amz-Signature") {
                // What there was none of before, a token say, goes in before the signature.
                new.drain(..).for_each(&mut push);
            } else if let Some(at) = new.iter().position(|(new_name, _)| uri::is_named(name, new_name)) {
                push(new.remove(at));
            }
        }
        self.dress(&url)
    }

    fn dress(&self, url: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut whole = Zeroizing::new(url.to_vec());
        if let Some(agent) = &self.agent {
            whole.push(b'&');
            whole.extend_from_slice(agent);
        }
        match self.clothes {
            Clothes::None => whole,
            Clothes::NoScheme => Zeroizing::new(whole.strip_prefix(b"https://").unwrap_or(&whole).to_vec()),
            Clothes::Eks | Clothes::Base64 => {
                let mut out = Zeroizing::new(if self.is_eks() { EKS.to_vec() } else { Vec::new() });
                base64::encode(&mut out, &whole);
                out
            }
        }
    }

    fn take_agent(&mut self) {
        let Some(at) = memchr::memmem::rfind(&self.url, b"&User-Agent=") else { return };
        let agent = self.url.get(at + 1..).unwrap_or_default();
        if agent.starts_with(AGENT) && memchr::memchr(b'&', agent).is_none() {
            self.agent = Some(agent.to_vec());
            self.url.truncate(at);
        }
    }
}

fn is_absolute(text: &[u8]) -> bool {
    [&b"https://"[..], b"http://", b"wss://", b"ws://"]
        .iter()
        .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// Name and value of each parameter, as they stand.
fn pieces(url: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let query = memchr::memchr(b'?', url).and_then(|at| url.get(at + 1..)).unwrap_or_default();
    query.split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()).map(|piece| {
        let end = memchr::memchr(b'=', piece).unwrap_or(piece.len());
        (piece.get(..end).unwrap_or_default(), piece.get(end + 1..).unwrap_or_default())
    })
}
