//! An S3 server of others takes what core signed again, and refuses it once it is spoiled.

use awsaccess::credentials::Credentials;
use awsaccess_peers::{Call, Kind, Reply, S3, Signer};

fn stage() -> S3 {
    let s3 = S3::start();
    let _ = Call::s3("PUT", "/bucket").through(&s3.host(), &s3.credentials()).send().ok();
    s3
}

fn send(s3: &S3, call: &Call) -> Reply {
    call.through(&s3.host(), &s3.credentials()).send()
}

fn data(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

#[test]
fn objects_with_bodies_of_every_kind() {
    let s3 = stage();
    for signer in Signer::ALL {
        for kind in Kind::ALL {
            for length in [0, 1, 8192, 100_000] {
                let target = format!("/bucket/{signer:?}/{kind:?}-{length}");
                let put = Call::s3("PUT", &target).by(signer).declared(kind).body(data(length));
                let put = put.header("X-Amz-Meta-Note", "a  note").header("Content-Type", "text/plain");
                let _ = send(&s3, &put).ok();
                let got = send(&s3, &Call::s3("GET", &target).by(signer)).ok();
                assert_eq!(got.body, data(length), "{target}");
                let head = send(&s3, &Call::s3("HEAD", &target).by(signer)).ok();
                assert_eq!(head.header("content-length"), Some(length.to_string().as_str()), "{target}");
            }
        }
        let target = format!("/bucket/{signer:?}/Hashed-100000");
        let part = send(&s3, &Call::s3("GET", &target).by(signer).header("Range", "bytes=10-19")).ok();
        assert_eq!((part.status, part.body), (206, data(100_000)[10..20].to_vec()));
        let list =
            send(&s3, &Call::s3("GET", "/bucket?list-type=2&prefix=Core%2FChunks-&max-keys=100").by(signer));
        assert_eq!(list.ok().text().matches("<Key>").count(), 4);
        let _ = send(&s3, &Call::s3("DELETE", &target).by(signer)).ok();
        send(&s3, &Call::s3("GET", &target).by(signer)).refused(404, "NoSuchKey");
    }
}

/// As they stand on the wire: escaped as SDKs do, less than they do, more than they do.
const KEYS: &[&str] = &[
    "a%20b",
    "a%2Bb",
    "a+b",
    "%C3%A9",
    "%40%3D%2A%28%29%21%27",
    "@=*()!'",
    "x%3Ay",
    "x:y",
    "%61%62c",
    "~-._",
    "%7e",
    "$&,;",
    "a%25b",
    "a%252Fb",
    "%E6%97%A5%E6%9C%AC%2D",
    "folder/..a/b...c/.d",
];

#[test]
fn odd_keys() {
    let s3 = stage();
    for signer in Signer::ALL {
        for (nth, key) in KEYS.iter().enumerate() {
            let target = format!("/bucket/{signer:?}/{nth}/{key}");
            let body = format!("{signer:?} {key}");
            let _ = send(&s3, &Call::s3("PUT", &target).by(signer).body(body.clone())).ok();
            let got = send(&s3, &Call::s3("GET", &target).by(signer)).ok();
            assert_eq!(got.text(), body, "{key}");
            let _ = send(&s3, &Call::s3("DELETE", &target).by(signer)).ok();
        }
    }
}

#[test]
fn two_spellings_of_a_key_are_one_key() {
    let s3 = stage();
    for (one, other) in [("@=*()!'", "%40%3D%2A%28%29%21%27"), ("x:y", "x%3ay"), ("%61b", "ab"), ("%7e", "~")]
    {
        let _ = send(&s3, &Call::s3("PUT", format!("/bucket/{one}")).body(one)).ok();
        assert_eq!(send(&s3, &Call::s3("GET", format!("/bucket/{other}"))).ok().text(), one);
    }
}

/// What answers then is the folder behind the server: the signature was right, and is asked for.
#[test]
fn keys_that_a_folder_cannot_hold() {
    let s3 = stage();
    let long = format!("/bucket/{}", "long/%C3%A9".repeat(100));
    for target in ["/bucket/a//b", "/bucket//", "/bucket/a/", long.as_str()] {
        for signer in Signer::ALL {
            let get = Call::s3("GET", target).by(signer);
            let status = send(&s3, &get).status;
            assert!(matches!(status, 404 | 500), "{target}: {status}");
            get.through(&s3.host(), &s3.credentials()).spoiled().send().refused(403, "SignatureDoesNotMatch");
        }
    }
    let prefix = "p%2F%C3%A9%20".repeat(90);
    let _ = send(&s3, &Call::s3("GET", format!("/bucket?prefix={prefix}&list-type=2&delimiter=%2F"))).ok();
}

/// This server reads `%2F` as a slash before it verifies; S3 does not. It refuses the SDK's own requests too.
#[test]
fn an_escaped_slash_is_beyond_this_server() {
    let s3 = stage();
    let call = Call::s3("GET", "/bucket/a%2Fb").by(Signer::Sdk);
    call.direct(&s3.host(), &s3.credentials()).send().refused(403, "SignatureDoesNotMatch");
    send(&s3, &call).refused(403, "SignatureDoesNotMatch");
}

#[test]
fn uploads_in_parts() {
    let s3 = stage();
    for (signer, kind) in
        [(Signer::Core, Kind::Chunks), (Signer::Sdk, Kind::ChunksTrailer), (Signer::Sdk, Kind::Hashed)]
    {
        let target = format!("/bucket/parts {kind:?}").replace(' ', "%20");
        let created = send(&s3, &Call::s3("POST", format!("{target}?uploads")).by(signer)).ok();
        let id = created.element("UploadId").unwrap();
        let mut list = String::from("<CompleteMultipartUpload>");
        let parts = [data(5 << 20), data(1000)];
        for (nth, part) in parts.iter().enumerate() {
            let target = format!("{target}?partNumber={}&uploadId={id}", nth + 1);
            let put = Call::s3("PUT", target).by(signer).declared(kind).body(part.clone());
            let reply = send(&s3, &put).ok();
            let tag = reply.header("etag").unwrap();
            list.push_str(&format!("<Part><PartNumber>{}</PartNumber><ETag>{tag}</ETag></Part>", nth + 1));
        }
        list.push_str("</CompleteMultipartUpload>");
        let complete = Call::s3("POST", format!("{target}?uploadId={id}")).by(signer).body(list);
        let _ = send(&s3, &complete.header("Content-Type", "application/xml")).ok();
        assert_eq!(send(&s3, &Call::s3("GET", &target).by(signer)).ok().body, parts.concat());
    }
}

#[test]
fn copies() {
    let s3 = stage();
    for (source, header) in [
        ("/bucket/from%20here/%C3%A9%2B1", "/bucket/from%20here/%C3%A9%2B1"),
        ("/bucket/plain", "bucket/plain"),
        ("/bucket/at@=*()!'", "bucket/at%40%3D%2A%28%29%21%27"),
    ] {
        let _ = send(&s3, &Call::s3("PUT", source).body(source)).ok();
        for signer in Signer::ALL {
            let copy = Call::s3("PUT", "/bucket/copy").by(signer).header("X-Amz-Copy-Source", header);
            let _ = send(&s3, &copy).ok();
            assert_eq!(send(&s3, &Call::s3("GET", "/bucket/copy")).ok().text(), source);
        }
    }
}

#[test]
fn links() {
    let s3 = stage();
    for signer in Signer::ALL {
        for key in ["plain", "a%20b%2Bc", "x%3Ay", "%C3%A9%40"] {
            let target = format!("/bucket/{key}");
            let body = format!("{signer:?} {key}");
            let put = Call::s3("PUT", &target).by(signer).body(body.clone());
            let _ = put.link_through(&s3.host(), &s3.credentials()).send().ok();
            let get = Call::s3("GET", format!("{target}?response-content-type=text%2Fplain")).by(signer);
            let got = get.link_through(&s3.host(), &s3.credentials());
            let asked = String::from_utf8(got.target.clone()).unwrap();
            assert!(asked.contains("X-Amz-Expires=60&"), "{asked}");
            assert_eq!(got.send().ok().text(), body);
            let spoiled = get.link_through(&s3.host(), &s3.credentials()).spoiled();
            spoiled.send().refused(403, "SignatureDoesNotMatch");
        }
    }
}

#[test]
fn what_is_spoiled_is_refused() {
    let s3 = stage();
    let (host, real) = (s3.host(), s3.credentials());
    let put = Call::s3("PUT", "/bucket/key").body("hello").header("X-Amz-Meta-Note", "note");
    let mismatch = |reply: Reply| reply.refused(403, "SignatureDoesNotMatch");
    mismatch(put.through(&host, &real).spoiled().send());
    mismatch(put.through(&host, &Credentials::new(real.access_key_id(), "another-secret")).send());
    mismatch(put.through(&host, &real).with("x-amz-meta-note", |_| "another".into()).send());
    let mut elsewhere = put.through(&host, &real);
    elsewhere.target.push(b'2');
    mismatch(elsewhere.send());
    let unknown = put.through(&host, &Credentials::new("AKIANOBODYKNOWSTHIS0", "any")).send();
    unknown.refused(403, "NotSignedUp");
    // The placeholder itself is worth nothing here.
    let client = Credentials::new(awsaccess_peers::PLACEHOLDER_ID, awsaccess_peers::PLACEHOLDER_SECRET);
    put.direct(&host, &client).send().refused(403, "NotSignedUp");
    send(&s3, &Call::s3("GET", "/bucket/key")).refused(404, "NoSuchKey");
}

#[test]
fn a_spoiled_body_is_refused() {
    let s3 = stage();
    for kind in [Kind::Hashed, Kind::Chunks, Kind::ChunksTrailer] {
        let put = Call::s3("PUT", "/bucket/body").declared(kind).body(data(20_000));
        let mut sent = put.through(&s3.host(), &s3.credentials());
        let middle = sent.body.len() / 2;
        sent.body[middle] ^= 1;
        assert!(sent.send().status >= 400, "{kind:?}");
        send(&s3, &Call::s3("GET", "/bucket/body")).refused(404, "NoSuchKey");
    }
    // The signatures of the pieces, too.
    let put = Call::s3("PUT", "/bucket/body").declared(Kind::Chunks).body(data(20_000));
    let mut sent = put.through(&s3.host(), &s3.credentials());
    let at = sent.body.windows(10).position(|window| window == b"signature=").unwrap() + 10;
    sent.body[at] = if sent.body[at] == b'0' { b'1' } else { b'0' };
    assert!(sent.send().status >= 400);
    send(&s3, &Call::s3("GET", "/bucket/body")).refused(404, "NoSuchKey");
}
