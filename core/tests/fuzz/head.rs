//! Heads of requests: what claims to be signed, and what is signed, verified, signed again and verified again.

use awsaccess::credentials::Credentials;
use awsaccess::secret::Secret;
use awsaccess::sigv4::{
    Claim, Payload, Policy, Request, Resigned, Scope, Settings, Upstream, Verified, VerifyError,
    VerifyErrorKind, presign, resign, sign,
};
use std::time::Duration;

use super::{NOW, placeholder, real};

pub(super) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// A refusal is an answer that AWS gives, on one line.
pub(super) fn told(error: &VerifyError) {
    assert!((400..=403).contains(&error.status()), "{error:?}");
    assert!(error.aws_code().bytes().all(|byte| byte.is_ascii_alphanumeric()), "{error:?}");
    let text = error.to_string();
    assert!(!text.is_empty() && text.len() < 2000 && !text.contains(['\r', '\n']), "{error:?}");
}

/// What nobody signed is never verified, with whatever payload.
fn forged(claim: Claim) {
    match claim.verify(&Secret::new("a-secret-that-signed-nothing"), Payload::Bytes(b"")) {
        Err(error) => told(&error),
        Ok(_) => panic!("a forged signature was accepted"),
    }
}

/// Bytes as the value of `Authorization`.
pub(super) fn authorization(data: &[u8]) {
    let read = |value: &[u8]| {
        let headers: [(&[u8], &[u8]); 4] = [
            (b"Host", b"h"),
            (b"X-Amz-Date", b"20270115T080000Z"),
            (b"X-Amz-Region-Set", b"us-east-1"),
            (b"Authorization", value),
        ];
        Claim::parse(&Request::new("GET", "/", &headers[..]), &Policy::default().lenient(), NOW)
    };
    let claim = match read(data) {
        Ok(claim) => claim,
        Err(error) => return told(&error),
    };
    let id = claim.access_key_id().to_owned();
    assert!(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(claim.signed_headers().any(|name| name == "host" || name == ":authority"));

    // Written as SDKs write it, it reads the same.
    let text = std::str::from_utf8(data).expect("what is no text is refused");
    let signature = text.split("Signature=").nth(1).unwrap().split(',').next().unwrap().trim();
    let region =
        if claim.scope().region_set().is_some() { String::new() } else { format!("{}/", claim.region()) };
    let written = format!(
        "{} Credential={id}/20270115/{region}{}/aws4_request, SignedHeaders={}, Signature={signature}",
        claim.algorithm().as_str(),
        claim.service(),
        claim.signed_headers().collect::<Vec<_>>().join(";"),
    );
    let again = read(written.as_bytes()).expect("what was read can be written");
    assert_eq!((again.access_key_id(), again.scope()), (claim.access_key_id(), claim.scope()));
    assert!(again.signed_headers().eq(claim.signed_headers()));
    forged(claim);
}

/// Bytes as a target: as a link that somebody made, and as one that is to be made.
pub(super) fn query(data: &[u8]) {
    let headers = [("Host", "bucket.s3.us-east-1.amazonaws.com")];
    let request = Request::new("GET", data, &headers);
    match Claim::parse(&request, &Policy::default(), NOW) {
        Ok(claim) => {
            let lifetime = claim.expires().expect("nothing is signed in the headers");
            assert!((1..=604_800).contains(&lifetime.as_secs()));
            assert!(NOW <= claim.signed_at() + lifetime);
            forged(claim);
        }
        Err(error) => told(&error),
    }
    for service in ["s3", "sts"] {
        let scope = Scope::new("us-east-1", service);
        let (keys, settings, hour) = (placeholder(), Settings::default(), Duration::from_secs(3600));
        let Ok(link) = presign(&request, Payload::Bytes(b""), &keys, &scope, &settings, hour, NOW) else {
            return;
        };
        let arrived = Request::new("GET", link.target(), &headers);
        through(&arrived, b"", &keys);
    }
}

/// What is signed with `keys` verifies, and what is then signed again verifies under the new key.
pub(super) fn through(arrived: &Request<'_>, body: &[u8], keys: &Credentials) {
    let claim = match Claim::parse(arrived, &Policy::default(), NOW) {
        Ok(claim) => claim,
        // A signer is not as strict as a verifier; it may have signed what is there twice.
        Err(error) => {
            assert_ne!(error.kind(), VerifyErrorKind::SignatureMismatch, "{error:?}");
            return told(&error);
        }
    };
    match claim.verify(keys, Payload::Bytes(body)) {
        Ok(verified) => signed_again(verified, body),
        Err(error) => {
            assert_ne!(error.kind(), VerifyErrorKind::SignatureMismatch, "{error:?}");
            told(&error);
        }
    }
}

fn signed_again(verified: Verified, body: &[u8]) {
    let later = NOW + Duration::from_secs(2);
    // Beside its authentication, that is; a client may write it into any other header.
    let mut wrote_it = false;
    verified.request().headers().each(|name, value| {
        let own = name.eq_ignore_ascii_case(b"authorization");
        wrote_it |= !own && value.windows(20).any(|window| window == b"AKIAPLACEHOLDER00001");
    });
    // What must not be forwarded is refused here.
    let Ok(head) = resign(verified, &Upstream::new("upstream.amazonaws.com"), &real(), later) else { return };
    let Resigned { method, target, headers, body: mut way } = head;
    let all: Vec<u8> = headers.iter().flat_map(|(name, value)| [name, value]).flatten().copied().collect();
    assert!(
        !all.windows(20).any(|window| window == b"AKIAPLACEHOLDER00001"),
        "the placeholder is in a header"
    );
    let sent = Request::new(&method, &target, &headers);
    let claim = Claim::parse(&sent, &Policy::default(), later).expect("what leaves is well formed");
    let proven = claim.verify(&real(), Payload::Bytes(body)).map_err(|why| why.operator_detail().to_owned());
    assert_eq!(proven.expect("what leaves is signed").access_key_id(), real().access_key_id());
    if let Ok(mut out) = way.push(body) {
        out.extend(way.finish().expect("the body was verified with the head"));
        assert_eq!(out, body);
    }
}

/// A request as text: `METHOD target`, lines of `name: value`, an empty line, the body.
pub(super) fn split(data: &[u8]) -> Option<(String, Vec<u8>, Pairs, Vec<u8>)> {
    let end = data.windows(2).position(|window| window == b"\n\n").unwrap_or(data.len());
    let (head, body) = (&data[..end], data.get(end + 2..).unwrap_or_default());
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = lines.next()?;
    let at = first.iter().position(|byte| *byte == b' ')?;
    let target = first[at + 1..].strip_suffix(b" HTTP/1.1").unwrap_or(&first[at + 1..]);
    let method = String::from_utf8(first[..at].to_vec()).ok()?;
    let headers = lines.map(|line| {
        let at = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        (line[..at].to_vec(), line.get(at + 1..).unwrap_or_default().to_vec())
    });
    Some((method, target.to_vec(), headers.collect(), body.to_vec()))
}

/// Bytes as a whole request, which is signed here, in its headers or as a link.
pub(super) fn head(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    let Some((method, target, headers, body)) = split(rest) else { return };
    let service = ["s3", "sts", "execute-api", "S3"][usize::from(mode & 3)];
    let scope = if mode & 0x1c == 0x1c {
        Scope::regions(["us-*", "eu-west-1"], service)
    } else {
        Scope::new("us-east-1", service)
    };
    let keys = if mode & 0x20 == 0 { placeholder() } else { placeholder().with_session_token("a/token+==") };
    let request = Request::new(&method, &target, &headers);
    let (settings, payload) = (Settings::default(), Payload::Bytes(&body));
    if mode & 0x40 == 0 {
        let Ok(signed) = sign(&request, payload, &keys, &scope, &settings, NOW) else { return };
        let headers = signed.apply(&request);
        through(&Request::new(&method, &target, &headers), &body, &keys);
    } else {
        let minute = Duration::from_secs(60);
        let Ok(link) = presign(&request, payload, &keys, &scope, &settings, minute, NOW) else { return };
        through(&Request::new(&method, link.target(), &headers), &body, &keys);
    }
}
