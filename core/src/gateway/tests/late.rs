use std::time::Duration;

use super::*;

const HOST: &str = "a1b2c3-ats.iot.us-east-1.amazonaws.com";

/// A handshake as IoT's clients sign it: without the token, and without saying how long it is good for.
fn handshake(key: &str, after: &str, expires: bool) -> Kept {
    let keys = Credentials::new(key, SECRET);
    let scope = Scope::new("us-east-1", "iotdevicegateway");
    let headers = [("host", HOST)];
    let request = Request::new("GET", "/mqtt", &headers);
    let target = if expires {
        let lifetime = Duration::from_secs(60);
        let made =
            sigv4::presign(&request, Payload::Bytes(b""), &keys, &scope, &Settings::default(), lifetime, NOW);
        String::from_utf8(made.unwrap().target().to_vec()).unwrap()
    } else {
        // The documentation of AWS IoT signs just these four parameters.
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={key}%2F20150830%2Fus-east-1%2Fiotdevicegateway%2F\
             aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host"
        );
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let canonical = format!("GET\n/mqtt\n{query}\nhost:{HOST}\n\nhost\n{empty}");
        let signature = signature(&canonical);
        format!("/mqtt?{query}&X-Amz-Signature={signature}")
    };
    kept("GET", format!("{target}{after}"), vec![(b"host".to_vec(), HOST.as_bytes().to_vec())])
}

/// By the letter of SigV4.
fn signature(canonical: &str) -> String {
    use crate::hash::{MacKey, hex, sha256};
    let text = |hash: &[u8; 32]| String::from_utf8(hex(hash).to_vec()).unwrap();
    let key =
        crate::credentials::SigningKey::derive(&Secret::new(SECRET), NOW, "us-east-1", "iotdevicegateway");
    let hash = text(&sha256(canonical.as_bytes()));
    let signed = format!(
        "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iotdevicegateway/aws4_request\n{hash}"
    );
    text(&MacKey::new(key.expose()).mac(signed.as_bytes()))
}

fn send(head: &Kept) -> Result<String, RefusalKind> {
    let gateway = gateway();
    let name = HostName::parse(HOST.as_bytes()).unwrap();
    let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
    let mut record = Record::request("id", NOW);
    let real = Credentials::new("AKIAREALREALREALREAL", REAL).with_session_token("real/token+==");
    let opened = gateway.open(head.head(), &arrival, NOW, &mut record);
    let proven = opened.and_then(|opened| opened.prove(&gateway, None, NOW, &mut record));
    let resigned = proven.and_then(|proven| proven.resign(&real, NOW)).map_err(|why| why.refusal.kind())?;
    assert!(!record.line(crate::audit::Phase::End).contains("the-token"));
    Ok(String::from_utf8(resigned.target).unwrap())
}

#[test]
fn the_token_goes_behind_the_signature() {
    for expires in [true, false] {
        let target = send(&handshake(KEY, "", expires)).unwrap();
        assert!(target.starts_with("/mqtt?"), "{target}");
        let (signed, token) = target.rsplit_once("&X-Amz-Security-Token=").unwrap();
        assert_eq!(token, "real%2Ftoken%2B%3D%3D");
        assert!(
            signed.contains("X-Amz-Credential=AKIAREALREALREALREAL%2F") && !signed.contains("Token"),
            "{signed}"
        );
        assert_eq!(signed.rsplit_once("&X-Amz-Signature=").map(|(_, text)| text.len()), Some(64));
    }
}

#[test]
fn the_token_must_be_the_placeholders_own() {
    let own = "AKIAPLACEHOLDERTOKEN";
    assert!(send(&handshake(own, "&X-Amz-Security-Token=the-token", true)).is_ok());
    for (key, after) in [
        (own, ""),
        (own, "&X-Amz-Security-Token=another"),
        (own, "&X-Amz-Security-Token="),
        (own, "&X-Amz-Security-Token=the-token&X-Amz-Security-Token=the-token"),
        (KEY, "&X-Amz-Security-Token=the-token"),
        (KEY, "&X-Amz-Security-Token="),
        (KEY, "&other=1"),
    ] {
        assert!(send(&handshake(key, after, true)).is_err(), "{key}{after}");
    }
    // Nowhere else may a token come unsigned, or a lifetime be left out.
    let mut other = handshake(KEY, "", false);
    other.target =
        String::from_utf8(other.target).unwrap().replace("iotdevicegateway", "iotdata").into_bytes();
    assert_eq!(send(&other).err(), Some(RefusalKind::AuthMalformed));
}
