//! Objects: keys are the bytes that were sent, by path and by virtual host.

mod support;

use support::{Call, Reply, Sign, developer, start};

const PATH_STYLE: &str = "s3.us-east-1.amazonaws.com";
const VIRTUAL: &str = "demo-bucket.s3.us-east-1.amazonaws.com";

#[test]
fn odd_paths_are_distinct_keys_in_both_styles() {
    let emulator = start();
    let keys = developer(&emulator);
    let send = |method: &str, host: &str, target: &str, body: &str| -> Reply {
        let call = Call::new(method, host, target).body(body);
        call.sign(&keys, &Sign::new(&emulator, "s3")).send(&emulator)
    };
    let names = [
        "a%2Fb", "a%252Fb", "a//b", "/a", "../x", "../../y", "a%2Bb", "a%20b", "%C3%A9", "a/./b", "a/",
        "%25", "~",
    ];
    for (number, name) in names.iter().enumerate() {
        let reply = send("PUT", PATH_STYLE, &format!("/demo-bucket/{name}"), &number.to_string());
        assert_eq!(reply.status, 200, "{name}: {}", reply.text());
    }
    for (number, name) in names.iter().enumerate() {
        assert_eq!(send("GET", VIRTUAL, &format!("/{name}"), "").text(), number.to_string(), "{name}");
    }
    let head = send("HEAD", VIRTUAL, "/a//b", "");
    assert_eq!((head.status, head.header("content-length")), (200, Some("1")));
    assert!(head.body.is_empty());
    let listing = send("GET", VIRTUAL, "/?list-type=2&prefix=a/", "").text();
    let listed: Vec<&str> =
        listing.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()).collect();
    assert_eq!(listed, ["a/", "a/./b", "a//b", "a/b"]);
    let long = format!("/demo-bucket/{}", "x".repeat(1025));
    assert_eq!(send("PUT", PATH_STYLE, &long, "").error(), (400, "KeyTooLongError".to_owned()));
    assert_eq!(send("PUT", PATH_STYLE, "/demo-bucket/%FF", "").error(), (400, "InvalidURI".to_owned()));
}

/// S3 decodes the path and encodes it anew; so must a signer, whatever it puts on the wire.
#[test]
fn the_canonical_path_is_the_strictly_encoded_one() {
    let emulator = start();
    let keys = developer(&emulator);
    let strict = Call::new("PUT", PATH_STYLE, "/demo-bucket/a%28b%29%2Bc").body("1");
    let signed = strict.sign(&keys, &Sign::new(&emulator, "s3"));
    assert_eq!(signed.send(&emulator).status, 200);
    let loose = "/demo-bucket/a(b)+c".to_owned();
    assert_eq!(Call { target: loose.clone(), ..signed }.send(&emulator).status, 200);
    let raw = Call::new("GET", PATH_STYLE, &loose).sign(&keys, &Sign::new(&emulator, "s3"));
    assert_eq!(raw.send(&emulator).error(), (403, "SignatureDoesNotMatch".to_owned()));
}

#[test]
fn an_object_of_32_mebibytes() {
    let emulator = start();
    let keys = developer(&emulator);
    let body: Vec<u8> =
        (0..32 * 1024 * 1024_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let put = Call::new("PUT", PATH_STYLE, "/demo-bucket/big").body(body.clone());
    let reply = put.sign(&keys, &Sign::new(&emulator, "s3")).send(&emulator);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let get = Call::new("GET", PATH_STYLE, "/demo-bucket/big").sign(&keys, &Sign::new(&emulator, "s3"));
    let got = get.send(&emulator);
    assert!(got.body == body);
    assert_eq!(got.header("etag"), reply.header("etag"));
}
