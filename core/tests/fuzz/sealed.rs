//! Sealed placeholders, and the replies whose credentials are sealed.

use std::sync::OnceLock;
use std::time::Duration;

use awsaccess::access::Identity;
use awsaccess::audit::{Phase, Record};
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Answer, Claims, GatewayKey, GatewayKeys, RefusalKind, Replacement};
use awsaccess::operation::Protocol;

use super::NOW;

fn keys() -> &'static GatewayKeys {
    static KEYS: OnceLock<GatewayKeys> = OnceLock::new();
    KEYS.get_or_init(|| {
        GatewayKeys::new(vec![GatewayKey::new(1, &[7; 32]), GatewayKey::new(2, &[8; 32])]).unwrap()
    })
}

fn claims(subject: &str) -> Claims {
    Claims::new(Identity::new(subject, "app", "reader"), NOW, NOW + Duration::from_secs(3600))
}

/// The placeholders that were made: key id and token, a line each.
pub(super) fn made() -> Vec<Vec<u8>> {
    let line = |keys: Credentials| {
        let token = keys.session_token().map_or("", |token| token.expose());
        format!("{}\n{token}", keys.access_key_id()).into_bytes()
    };
    ["alice", "bob", "carol"].map(|subject| line(keys().seal(&claims(subject), &[1; 32]).unwrap())).into()
}

/// Any key id and token: only what was made opens.
pub(super) fn sealed(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (id, token) = data.split_at(end);
    let Ok(id) = std::str::from_utf8(id) else { return };
    let token = token.get(1..).unwrap_or_default();
    if keys().open(id, token).is_some() {
        assert!(made().iter().any(|known| known == data), "nobody made this");
    }
    // A file of keys, which any text may be.
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = GatewayKeys::parse(text);
    }
}

const PROTOCOLS: [Protocol; 4] = [Protocol::Query, Protocol::S3, Protocol::RestJson, Protocol::Cbor];

/// Any reply, in a protocol that the first byte names: it is refused, or it carries a placeholder and is understood again.
pub(super) fn replaced(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let protocol = PROTOCOLS[usize::from(first & 3)];
    let replacement = Replacement::new(protocol, Identity::new("alice", "app", "reader"));
    let mut record = Record::request("id", NOW);
    let mut replace =
        |body: &[u8]| replacement.replace(keys(), Answer::new(200, None), body, &[3; 32], NOW, &mut record);
    match replace(body) {
        Err(refusal) => assert_eq!(refusal.kind(), RefusalKind::ReplyNotUnderstood),
        Ok(out) => {
            assert!(out.windows(8).any(|window| window == b"AGWP0002"), "no placeholder in the reply");
            // The placeholder's own parts are such a set again.
            let again = replace(&out).expect("what was written is understood");
            assert!(again.len() > out.len(), "a placeholder was sealed in a placeholder");
        }
    }
    let line = record.line(Phase::End);
    assert!(!line.trim_end().contains('\n'), "{line}");
}

/// A reply of each protocol.
pub(super) fn replies() -> Vec<Vec<u8>> {
    let xml = "<R><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>s/k</SecretAccessKey>\
               <SessionToken>AQo=</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration></Credentials></R>";
    let json = r#"{"c":{"accessKeyId":"ASIAX","secretAccessKey":"s/k","sessionToken":"AQo=","expiration":1800003600}}"#;
    let cbor = b"\xa1\x61c\xbf\x6baccessKeyId\x65ASIAX\x6fsecretAccessKey\x63s/k\x6csessionToken\x64AQo=\
                 \x6aexpiration\xc1\x1a\x6b\x49\xe0\x10\xff";
    let seed = |first: u8, body: &[u8]| [&[first], body].concat();
    vec![
        seed(0, xml.as_bytes()),
        seed(1, format!("<?xml version=\"1.0\"?>\n<!-- -->{xml}").as_bytes()),
        seed(2, json.as_bytes()),
        seed(2, json.replace("1800003600", "\"2027-01-15T09:00:00Z\"").as_bytes()),
        seed(3, cbor),
    ]
}
