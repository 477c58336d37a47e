//! Credentials in replies: found in each protocol, replaced in their places, and refused where they are not understood.

use std::time::Duration;

use super::sealed::keys;
use super::*;
use crate::gateway::Answer as Told;

const ID: &str = "ASIAREALCHAINED00001";
const TOKEN: &str = "IQoJb3JpZ2luX2VjREALTOKENOFTHEREPLY//==";

fn replacement(protocol: Protocol) -> Replacement {
    Replacement::new(protocol, Identity::new("alice@example.com", "prod", "reader"))
}

fn replace(protocol: Protocol, body: &[u8]) -> Result<Vec<u8>, String> {
    let mut record = Record::request("id", NOW);
    let replacement = replacement(protocol);
    let told = Told::new(200, None);
    match replacement.replace(&keys(), told, body, &[1; 32], NOW, &mut record) {
        Ok(text) => {
            assert!(record.issued.is_some());
            Ok(text.to_vec())
        }
        Err(why) => {
            assert_eq!(why.kind(), RefusalKind::ReplyNotUnderstood);
            assert!(!why.to_string().contains(REAL) && !why.operator_detail().contains(REAL));
            Err(why.operator_detail().rsplit(": ").next().unwrap_or_default().to_owned())
        }
    }
}

/// All but the three texts is as it came; those are a placeholder that opens to what was there.
#[track_caller]
fn replaced(protocol: Protocol, body: &str) -> String {
    let text = String::from_utf8(replace(protocol, body.as_bytes()).unwrap()).unwrap();
    for secret in [ID, REAL, TOKEN] {
        assert!(!text.contains(secret), "{text}");
    }
    let at = text.find("AGWP0007").expect("a placeholder");
    let id = &text[at..at + 34];
    let sealed = Sealed::new(keys());
    let candidates = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
    let found: Vec<_> = candidates.filter_map(|token| sealed.find(id, Some(token.as_bytes()))).collect();
    let [placeholder] = found.as_slice() else { panic!("one token in {text}") };
    let real = &placeholder.chained.as_ref().unwrap().credentials;
    assert_eq!((real.access_key_id(), real.secret_access_key().expose()), (ID, REAL));
    assert_eq!(real.session_token().unwrap().expose(), TOKEN);
    let token = placeholder.session_token.as_ref().unwrap().expose();
    let back =
        text.replacen(id, ID, 1).replacen(placeholder.secret.expose(), REAL, 1).replacen(token, TOKEN, 1);
    assert_eq!(back, body);
    text
}

fn xml(inner: &str) -> String {
    format!("<R><Credentials>{inner}</Credentials></R>")
}

fn parts() -> String {
    format!(
        "<AccessKeyId>{ID}</AccessKeyId><SecretAccessKey>{REAL}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>\
         <Expiration>2015-08-30T13:00:00Z</Expiration>"
    )
}

#[test]
fn xml_of_any_shape() {
    replaced(Protocol::Query, &xml(&parts()));
    replaced(Protocol::S3, &format!("<?xml version=\"1.0\"?>\n<!-- x -->{}\n", xml(&parts())));
    let named = parts().replace('<', "<s:").replace("<s:/", "</s:");
    replaced(
        Protocol::RestXml,
        &format!("<s:R xmlns:s=\"x\"><s:C a=\"<>\">{named}</s:C><A>&amp;<![CDATA[x]]></A></s:R>"),
    );
}

#[test]
fn xml_that_is_not_understood() {
    let edit = |from: &str, to: &str| {
        let body = xml(&parts()).replacen(from, to, 1);
        replace(Protocol::Query, body.as_bytes()).unwrap_err()
    };
    for (from, to, why) in [
        ("<R>", "<R><AccessKeyId>AKIAOTHER</AccessKeyId>", "the credentials are in more than one place"),
        (
            "<SessionToken>",
            "<SessionToken>x</SessionToken><SessionToken>",
            "a part of the credentials is there twice",
        ),
        ("<SecretAccessKey>", "<SecretAccessKey>&#65;", "a part of the credentials is not plain text"),
        ("<SecretAccessKey>", "<SecretAccessKey><!-- x -->", "a part of the credentials is not plain text"),
        ("<SecretAccessKey>", "<SecretAccessKey><b/>", "a part of the credentials has elements in it"),
        ("<AccessKeyId>", "<AccessKeyId><x>", "a part of the credentials has elements in it"),
        (
            "<AccessKeyId>",
            "<AccessKeyId> ",
            "a part of the credentials is empty, or has characters that no key has",
        ),
        ("<Expiration>2015", "<Expiration>soon 2015", "the end of the credentials is no time"),
        ("Expiration", "Expires", "it is no well-formed xml"),
        ("<R>", "<!DOCTYPE r []><R>", "it has a document type"),
        ("</R>", "", "it is no well-formed xml"),
        ("<R>", "\u{feff}<R>", "it begins with a byte order mark"),
    ] {
        assert_eq!(edit(from, to), why, "{from} {to}");
    }
    let missing = xml(&parts().replace("SessionToken", "Other"));
    assert_eq!(
        replace(Protocol::Query, missing.as_bytes()).unwrap_err(),
        "a part of the credentials is missing"
    );
    assert_eq!(replace(Protocol::Query, b"<R/>").unwrap_err(), "it has no credentials");
    assert_eq!(replace(Protocol::Query, b"<Expiration/>").unwrap_err(), "a part of the credentials is empty");
    assert_eq!(replace(Protocol::Query, b"").unwrap_err(), "it has no credentials");
    assert_eq!(replace(Protocol::Query, b"\xff").unwrap_err(), "it is no utf-8");
    let deep = "<a>".repeat(40);
    assert_eq!(
        replace(Protocol::Query, deep.as_bytes()).unwrap_err(),
        "it is nested too deeply, or has too many elements"
    );
    let long = vec![b' '; 300 << 10];
    assert_eq!(replace(Protocol::Query, &long).unwrap_err(), "it is longer than any reply of its kind");
}

#[test]
fn json_of_several_services() {
    let (id, secret, token) = (ID, REAL, TOKEN);
    // SSO's portal, Cognito's identities, Lake Formation.
    replaced(
        Protocol::RestJson,
        &format!(
            r#"{{"roleCredentials":{{"accessKeyId":"{id}","secretAccessKey":"{secret}","sessionToken":"{token}","expiration":1440942000000}}}}"#
        ),
    );
    replaced(
        Protocol::Json11,
        &format!(
            "{{\"Credentials\" : {{\n\"AccessKeyId\":\"{id}\",\"Expiration\":1.440942E9,\"SecretKey\":\"{secret}\",\
             \"SessionToken\":\"{token}\"}},\"IdentityId\":\"us-east-1:x\",\"n\":[1,-2.5e3,true,null,{{}},[],\"\\u0041\\\"\"]}}"
        ),
    );
    replaced(
        Protocol::RestJson,
        &format!(
            r#"{{"AccessKeyId":"{id}","SecretAccessKey":"{secret}","SessionToken":"{token}","Expiration":"2015-08-30T13:00:00Z"}}"#
        ),
    );
    // Escapes are undone: what is sealed is what was meant.
    let escaped = format!(
        r#"{{"AccessKeyId":"{id}","SecretAccessKey":"{}","SessionToken":"{token}","Expiration":1440942000}}"#,
        secret.replace('/', "\\/")
    );
    let text = replace(Protocol::Json10, escaped.as_bytes()).unwrap();
    assert!(!lossy(&text).contains("\\/"), "{}", lossy(&text));
}

#[test]
fn json_that_is_not_understood() {
    let whole = format!(
        r#"{{"c":{{"AccessKeyId":"{ID}","SecretAccessKey":"{REAL}","SessionToken":"{TOKEN}","Expiration":1440942000}}}}"#
    );
    assert!(replace(Protocol::RestJson, whole.as_bytes()).is_ok());
    for (from, to, why) in [
        ("{\"c\"", "{\"AccessKeyId\":\"x\",\"c\"", "the credentials are in more than one place"),
        (
            "\"SessionToken\"",
            "\"sessionToken\":\"x\",\"SessionToken\"",
            "a part of the credentials is there twice",
        ),
        (
            "\"SessionToken\"",
            "\"Session\\u0054oken\":\"x\",\"SessionToken\"",
            "a part of the credentials is there twice",
        ),
        ("1440942000", "\"never\"", "the end of the credentials is no time"),
        ("1440942000", "-1", "the end of the credentials is no time"),
        ("1440942000", "null", "a part of the credentials is no text"),
        ("1440942000", "01440942000", "it is no well-formed json"),
        ("\"AccessKeyId\":\"", "\"AccessKeyId\":[\"", "a part of the credentials is no text"),
        ("}}", "}", "it is no well-formed json"),
        ("}}", "}}x", "it is no well-formed json"),
        ("}}", "},}", "it is no well-formed json"),
        ("\"AccessKeyId\":\"", "\"AccessKeyId\":\"\\q", "it is no well-formed json"),
        ("\"AccessKeyId\":\"", "\"AccessKeyId\":\"\n", "it is no well-formed json"),
        (
            "\"AccessKeyId\":\"",
            "\"AccessKeyId\":\" ",
            "a part of the credentials is empty, or has characters that no key has",
        ),
    ] {
        let body = whole.replacen(from, to, 1);
        assert_eq!(replace(Protocol::RestJson, body.as_bytes()).unwrap_err(), why, "{body}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(replace(Protocol::Json10, deep.as_bytes()).unwrap_err(), "it is nested too deeply");
}

/// A text string of CBOR.
fn cbor_text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    let head = if length < 24 { vec![0x60 + length] } else { vec![0x78, length] };
    [head, text.as_bytes().to_vec()].concat()
}

fn cbor(expiration: &[u8]) -> Vec<u8> {
    let pair = |name: &str, value: Vec<u8>| [cbor_text(name), value].concat();
    let inner = [
        vec![0xbf],
        pair("accessKeyId", cbor_text(ID)),
        pair("secretAccessKey", cbor_text(REAL)),
        pair("sessionToken", cbor_text(TOKEN)),
        pair("expiration", expiration.to_vec()),
        vec![0xff],
    ]
    .concat();
    // {"x": [1, h'00', (_ "a"), 1.5, true], "credentials": {_ … }}
    let other = [0x85, 0x01, 0x41, 0x00, 0x7f, 0x61, b'a', 0xff, 0xf9, 0x3e, 0x00, 0xf5].to_vec();
    [vec![0xa2], pair("x", other), pair("credentials", inner)].concat()
}

#[test]
fn cbor_replies() {
    let float = [&[0xc1, 0xfb][..], &1_440_942_000_f64.to_bits().to_be_bytes()].concat();
    for expiration in [float, vec![0xc1, 0x1a, 0x55, 0xe3, 0x03, 0x70], cbor_text("2015-08-30T13:40:00Z")] {
        let body = cbor(&expiration);
        let out = replace(Protocol::Cbor, &body).unwrap();
        for secret in [ID, REAL, TOKEN] {
            assert!(!out.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
        // It is understood as it was, and what stands there now is a placeholder.
        let again = replace(Protocol::Cbor, &out).unwrap();
        assert!(again.windows(4).any(|window| window == b"AGWP"));
        assert_eq!(out[..20], body[..20]);
        assert_eq!(out.last(), Some(&0xff));
    }
    let whole = cbor(&[0xc1, 0x1a, 0x55, 0xe3, 0x03, 0x70]);
    for at in 0..whole.len() {
        assert!(replace(Protocol::Cbor, &whole[..at]).is_err(), "{at}");
    }
    for body in [
        &b"\xa0"[..],
        b"\xbf\xff",
        b"\x9f",
        b"\xff",
        b"\x1c",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        &[0x81; 4000],
    ] {
        assert!(replace(Protocol::Cbor, body).is_err(), "{body:?}");
    }
    assert!(replace(Protocol::Cbor, &[&whole[..], b"\0"].concat()).is_err());
    // Dates of other kinds are not guessed at.
    assert!(replace(Protocol::Cbor, &cbor(&[0xc0, 0x1a, 0x55, 0xe3, 0x03, 0x70])).is_err());
}

#[test]
fn the_end_is_the_earlier_one_in_the_same_form() {
    let ends = NOW + Duration::from_secs(900);
    let bounded = |protocol, body: &[u8]| {
        let mut replacement = replacement(protocol);
        replacement.session_ends = Some(ends);
        let mut record = Record::request("id", NOW);
        let told = Told::new(200, Some(b"identity"));
        replacement.replace(&keys(), told, body, &[1; 32], NOW, &mut record).ok().unwrap().to_vec()
    };
    let text = lossy(&bounded(Protocol::Query, xml(&parts()).as_bytes()));
    assert!(text.contains(&format!("<Expiration>{ends}</Expiration>")), "{text}");
    let json = |end: &str| {
        let body = format!(
            r#"{{"AccessKeyId":"{ID}","SecretAccessKey":"{REAL}","SessionToken":"{TOKEN}","Expiration":{end}}}"#
        );
        lossy(&bounded(Protocol::RestJson, body.as_bytes()))
    };
    assert!(json("1500000000").contains(&format!("\"Expiration\":{}}}", ends.unix())));
    assert!(json("1500000000000").contains(&format!("\"Expiration\":{}000}}", ends.unix())));
    let out = bounded(Protocol::Cbor, &cbor(&[0xc1, 0x1a, 0x70, 0, 0, 0]));
    let wanted = [&[0xc1, 0x1a][..], &u32::try_from(ends.unix()).unwrap().to_be_bytes()].concat();
    assert!(out.windows(6).any(|window| window == wanted));
}

#[test]
fn what_is_compressed_or_over_is_not_passed() {
    let body = xml(&parts());
    let with = |encoding: Option<&[u8]>, now: Time| {
        let mut record = Record::request("id", NOW);
        let told = Told::new(200, encoding);
        replacement(Protocol::Query)
            .replace(&keys(), told, body.as_bytes(), &[1; 32], now, &mut record)
            .err()
            .map(|why| why.kind())
    };
    assert_eq!(with(Some(b"gzip"), NOW), Some(RefusalKind::ReplyNotUnderstood));
    assert_eq!(with(Some(b" Identity "), NOW), None);
    assert_eq!(with(None, NOW + Duration::from_secs(86_400)), Some(RefusalKind::ReplyNotUnderstood));
    let refusal = Refusal::new(RefusalKind::ReplyNotUnderstood, "x").render(Protocol::Query, false, "id");
    assert_eq!(refusal.status, 502);
    let all = replacement(Protocol::Query);
    assert!(
        all.concerns(200)
            && all.concerns(201)
            && !all.concerns(403)
            && !all.concerns(503)
            && !all.concerns(307)
    );
}
