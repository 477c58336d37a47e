//! Malformed input of every kind at the gateway: each is refused with an error of AWS's shape in the client's own
//! protocol, is recorded as refused, and nothing of it is ever signed for AWS.
#![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]
#![allow(unreachable_pub, dead_code, reason = "the fuzzer has the same functions in a library")]

mod fuzz;

use awsaccess::audit::{Phase, Record};
use awsaccess::credentials::Credentials;
use awsaccess::gateway::{Arrival, Head, Refusal};
use awsaccess::partition::HostName;
use awsaccess::sigv4::{Payload, Request, Scope, Settings, Streaming, presign, sign};
use awsaccess::time::Time;
use fuzz::gateway::{answered, forward, pass};

const NOW: Time = Time::from_unix(1_800_000_000);

/// A request as it is sent, after it was rightly signed.
#[derive(Clone)]
struct Sent {
    method: String,
    target: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    host: &'static str,
}

impl Sent {
    fn new(
        service: &'static str,
        host: &'static str,
        method: &str,
        extra: &[(&str, &str)],
        body: &[u8],
    ) -> Self {
        let length = body.len().to_string();
        let mut headers = vec![("Host", host)];
        headers.extend_from_slice(extra);
        if !body.is_empty() {
            headers.push(("Content-Length", &length));
        }
        let target = if service == "s3" { "/key" } else { "/" };
        let request = Request::new(method, target, &headers);
        let scope = Scope::new("us-east-1", service);
        let signed =
            sign(&request, Payload::Bytes(body), &keys(), &scope, &Settings::default(), NOW).unwrap();
        let headers = signed.apply(&request);
        Self { method: method.into(), target: target.into(), headers, body: body.into(), host }
    }

    /// The same in three protocols.
    fn three() -> [Self; 3] {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let json =
            [("X-Amz-Target", "DynamoDB_20120810.GetItem"), ("Content-Type", "application/x-amz-json-1.0")];
        [
            Self::new("s3", "bucket.s3.us-east-1.amazonaws.com", "PUT", &[], b"hello"),
            Self::new(
                "sts",
                "sts.us-east-1.amazonaws.com",
                "POST",
                &form,
                b"Action=GetCallerIdentity&Version=2011-06-15",
            ),
            Self::new("dynamodb", "dynamodb.us-east-1.amazonaws.com", "POST", &json, b"{}"),
        ]
    }

    fn field(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).unwrap().1
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name.as_bytes()));
        self
    }

    fn with(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }

    fn set(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).with(name, value)
    }

    fn target(mut self, target: impl AsRef<[u8]>) -> Self {
        self.target = target.as_ref().to_vec();
        self
    }

    fn method(mut self, method: &str) -> Self {
        self.method = method.to_owned();
        self
    }

    /// With the value of `Authorization` changed.
    fn authorization(mut self, change: impl FnOnce(&str) -> String) -> Self {
        let field = self.field("authorization");
        *field = change(std::str::from_utf8(field).unwrap()).into_bytes();
        self
    }

    /// Whether it passed; if it did not, all that a refusal must be was seen.
    fn passes(self) -> bool {
        let name = HostName::parse(self.host.as_bytes()).unwrap();
        let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
        let mut record = Record::request("id", NOW);
        match pass(Head::new(&self.method, &self.target, &self.headers), &arrival, &self.body, &mut record) {
            Ok(_) => true,
            Err(refused) => {
                answered(&refused, &mut record);
                let line = record.line(Phase::End);
                assert!(line.contains("\"decision\":\"refused\"") && line.contains("\"error\":\""), "{line}");
                false
            }
        }
    }
}

fn keys() -> Credentials {
    Credentials::new("AKIAPLACEHOLDER00001", "placeholder-secret-of-the-fuzzer")
}

#[track_caller]
fn refused(what: &str, change: impl Fn(Sent) -> Sent) {
    for sent in Sent::three() {
        let host = sent.host;
        assert!(!change(sent).passes(), "{what} to {host} was passed on");
    }
}

#[test]
fn what_is_well_formed_passes() {
    for sent in Sent::three() {
        assert!(sent.passes());
    }
}

#[test]
fn request_lines() {
    for method in ["", "GE T", "P\u{d6}ST", "POST\r\nX: y", "CONNECT", "TRACE", "post", "PO\0ST"] {
        refused(method, |sent| sent.method(method));
    }
    let targets: [&[u8]; 22] = [
        b"",
        b"*",
        b"key",
        b"?key",
        b"http:",
        b"http://",
        b"https://evil.example/key",
        b"ftp://x/key",
        b"//evil.example/key",
        b"/a b",
        b"/a\tb",
        b"/a\0b",
        b"/a\r\nHost: x",
        b"/\xc3\xa9",
        b"/\xff",
        b"/a#b",
        b"/%",
        b"/%4",
        b"/%G0",
        b"/key?%zz",
        b"/key?a=%",
        b"/\x7f",
    ];
    for target in targets {
        refused(&String::from_utf8_lossy(target), |sent| sent.target(target));
    }
    let long = format!("/{}", "a".repeat(20_000));
    refused("a long target", |sent| sent.target(&long));
}

#[test]
fn header_fields() {
    let names: [&[u8]; 9] = [b"", b" ", b"x y", b"x:", b"x\0", b"x\r\ny", b"\xc3\xa9", b"x(y)", b"x\x7f"];
    for name in names {
        refused(&format!("a header {name:?}"), |sent| sent.with(name, "1"));
    }
    let values: [&[u8]; 7] =
        [b"a\r\nX-Amz-Acl: public-read", b"a\nb", b"a\rb", b"a\0b", b"a\r\n b", b"\x1b[2J", b"a\x7f"];
    for value in values {
        refused(&format!("a value {value:?}"), |sent| sent.with("x-other", value));
    }
    refused("many headers", |mut sent| {
        sent.headers.extend((0..200).map(|n| (format!("x-{n}").into_bytes(), b"1".to_vec())));
        sent
    });
    refused("a large header", |sent| sent.with("x-large", "a".repeat(70_000)));
    for name in [
        "Authorization",
        "Content-Length",
        "Content-Type",
        "Date",
        "Expect",
        "Host",
        "Transfer-Encoding",
        "X-Amz-Date",
        "X-Amz-Content-Sha256",
        "X-Amz-Copy-Source",
        "X-Amz-Decoded-Content-Length",
        "X-Amz-Region-Set",
        "X-Amz-S3session-Token",
        "X-Amz-Security-Token",
        "X-Amz-Target",
    ] {
        refused(&format!("two {name}"), |sent| sent.with(name, "1").with(name, "1"));
    }
    for name in
        ["x-amz-acl", "X-Amz-Meta-A", "x-amz-security-token", "x-amz-s3session-token", "X-AMZ-TARGET-2"]
    {
        refused(&format!("an added {name}"), |sent| sent.with(name, "1"));
    }
}

#[test]
fn lengths_and_connections() {
    for length in ["", "x", "-1", "+5", "5 5", "5,5", "0x5", "5.0", "99999999999999999999999"] {
        refused(&format!("a length of {length:?}"), |sent| sent.set("content-length", length));
    }
    for coding in ["gzip", "chunked, chunked", "gzip, chunked", "identity", "", "chunke\u{e9}"] {
        refused(&format!("a coding {coding:?}"), |sent| {
            sent.without("content-length").with("Transfer-Encoding", coding)
        });
    }
    refused("a length and a coding", |sent| sent.with("Transfer-Encoding", "chunked"));
    for name in ["authorization", "close, Host", "x-amz-date", "x-amz-content-sha256"] {
        refused(&format!("a connection of {name}"), |sent| sent.with("Connection", name));
    }
    refused("an expectation", |sent| sent.with("Expect", "200-ok"));
}

#[test]
fn hosts() {
    for host in [
        "",
        " ",
        "a b",
        "user@sts.amazonaws.com",
        "[::1",
        "[::1]",
        "127.0.0.1",
        "169.254.169.254",
        "0x7f.1",
        "2852039166",
        "evil.example",
        "amazonaws.com",
        "sts.us-east-1.amazonaws.com.evil.example",
        "sts.us-east-1.amazonaws.com:22",
        "sts.us-east-1.amazonaws.com:x",
        "..",
        "-",
        "xn--sts-.amazonaws.com",
        "kms.us-east-1.amazonaws.com",
    ] {
        refused(&format!("the host {host:?}"), |sent| sent.set("host", host));
    }
    refused("no host", |sent| sent.without("host"));
}

#[test]
fn authorizations() {
    for value in [
        "",
        " ",
        "Bearer x",
        "Basic eA==",
        "AWS AKID:c2lnbmF0dXJl",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 x",
        "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=00",
        "AWS4-HMAC-SHA512 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=00",
        ",,,,",
        "====",
        "AWS4-HMAC-SHA256 Credential=a/20270115/us-east-1/s3/aws4_request,SignedHeaders=;;;,Signature=0",
    ] {
        refused(&format!("the authorization {value:?}"), |sent| sent.set("authorization", value));
    }
    refused("an authorization that is no text", |sent| {
        sent.set("authorization", b"AWS4-HMAC-SHA256 \xff\xfe=x")
    });
    refused("none", |sent| sent.without("authorization"));
    type Change = (&'static str, fn(&str) -> String);
    let changes: [Change; 20] = [
        ("another part", |old| format!("{old}, Extra=1")),
        ("a part twice", |old| format!("{old}, Signature=00")),
        ("a capital signature", |old| {
            let (start, signature) = old.split_once("Signature=").unwrap();
            // A signature of digits alone has no capitals; none is.
            format!("{start}Signature={}", signature.to_uppercase())
        }),
        ("a short signature", |old| old[..old.len() - 1].to_owned()),
        ("a long signature", |old| format!("{old}0")),
        ("an empty signature", |old| format!("{}Signature=", old.split_once("Signature=").unwrap().0)),
        ("a comma for a slash", |old| old.replacen('/', ",", 1)),
        ("another terminator", |old| old.replace("aws4_request", "aws5_request")),
        ("another day", |old| old.replace("/20270115/", "/20270116/")),
        ("no day", |old| old.replace("/20270115/", "//")),
        ("another region", |old| old.replace("us-east-1", "eu-west-1")),
        ("a region with a slash", |old| old.replace("us-east-1", "us/east-1")),
        ("an empty key id", |old| old.replace("AKIAPLACEHOLDER00001", "")),
        ("a short key id", |old| old.replace("AKIAPLACEHOLDER00001", "AKIA")),
        ("an odd key id", |old| old.replace("AKIAPLACEHOLDER00001", "AKIA<PLACEHOLDER>&00001")),
        ("a long key id", |old| old.replace("AKIAPLACEHOLDER00001", &"A".repeat(4000))),
        ("no host in the list", |old| old.replace("host;", "")),
        ("a list in capitals", |old| old.replace("host;", "Host;")),
        ("a hop in the list", |old| old.replace("SignedHeaders=", "SignedHeaders=connection;")),
        ("a long list", |old| {
            let names = (0..300).map(|n| format!("a{n:03};")).collect::<String>();
            old.replace("SignedHeaders=", &format!("SignedHeaders={names}"))
        }),
    ];
    for (what, change) in changes {
        refused(what, |sent| sent.authorization(change));
    }
}

#[test]
fn dates_tokens_and_payloads() {
    for date in [
        "",
        "yesterday",
        "20270115",
        "20270115T080000",
        "20270115T080000z",
        "20270230T080000Z",
        "20270115T246060Z",
        "2027-01-15T08:00:00Z",
        "20270115T080000+0000",
        "20260115T080000Z",
        "99991231T235959Z",
        "00000000T000000Z",
    ] {
        refused(&format!("the date {date:?}"), |sent| sent.set("x-amz-date", date));
    }
    refused("no date", |sent| sent.without("x-amz-date"));
    refused("a date that is no text", |sent| sent.set("x-amz-date", b"2027\xff\xff15T080000Z"));
    for hash in [
        "",
        "x",
        "unsigned-payload",
        "UNSIGNED-PAYLOAD",
        "STREAMING-",
        "STREAMING-AWS5",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    ] {
        refused(&format!("the payload {hash:?}"), |sent| sent.set("x-amz-content-sha256", hash));
    }
    refused("a shorter body", |mut sent| {
        sent.body.pop();
        sent
    });
    refused("a longer body", |mut sent| {
        sent.body.push(b'&');
        sent
    });
    refused("no body", |mut sent| {
        sent.body.clear();
        sent
    });
}

#[test]
fn links() {
    let headers = [("Host", "bucket.s3.us-east-1.amazonaws.com")];
    let request = Request::new("GET", "/key", &headers);
    let (scope, hour) = (Scope::new("us-east-1", "s3"), std::time::Duration::from_secs(3600));
    let link =
        presign(&request, Payload::Unsigned, &keys(), &scope, &Settings::default(), hour, NOW).unwrap();
    let link = String::from_utf8(link.target().to_vec()).unwrap();
    let sent = |target: &str| Sent {
        method: "GET".into(),
        target: target.into(),
        headers: vec![(b"Host".to_vec(), headers[0].1.into())],
        body: Vec::new(),
        host: headers[0].1,
    };
    assert!(sent(&link).passes());
    let (path, query) = link.split_once('?').unwrap();
    let params: Vec<&str> = query.split('&').collect();
    for nth in 0..params.len() {
        let rest: Vec<&str> =
            params.iter().enumerate().filter(|(n, _)| *n != nth).map(|(_, param)| *param).collect();
        let name = params[nth].split('=').next().unwrap();
        for target in [
            format!("{path}?{}", rest.join("&")),
            format!("{link}&{}", params[nth]),
            format!("{path}?{}&{name}=", rest.join("&")),
            format!("{path}?{}&{name}=%00%FF", rest.join("&")),
            link.replace(name, &name.to_lowercase()),
        ] {
            assert!(!sent(&target).passes(), "{target}");
        }
    }
    for expires in ["0", "-1", "604801", "99999999999", "1e3", "3600.0", "+60", ""] {
        let target = link.replace("X-Amz-Expires=3600", &format!("X-Amz-Expires={expires}"));
        assert!(!sent(&target).passes(), "{target}");
    }
    assert!(!sent(&link).with("Authorization", "AWS4-HMAC-SHA256 x").passes());
    assert!(!sent(&link).with("x-amz-acl", "public-read").passes());
}

#[test]
fn bodies_in_chunks() {
    const HOST: &str = "bucket.s3.us-east-1.amazonaws.com";
    let upload = |payload: Payload<'_>| {
        let headers = [
            ("Host", HOST),
            ("Content-Length", "100"),
            ("X-Amz-Decoded-Content-Length", "5"),
            ("X-Amz-Trailer", "x-amz-checksum-crc32"),
        ];
        let request = Request::new("PUT", "/key", &headers);
        let signed =
            sign(&request, payload, &keys(), &Scope::new("us-east-1", "s3"), &Settings::default(), NOW)
                .unwrap();
        let name = HostName::parse(HOST.as_bytes()).unwrap();
        let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
        let headers = signed.apply(&request);
        let head = Head::new("PUT", b"/key", &headers);
        let passed = forward(head, &arrival, b"", &mut Record::request("id", NOW));
        passed.map_err(|why| why.refusal.operator_detail().to_owned()).unwrap().body
    };
    let trailer = "x-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    let kinds = [
        Payload::StreamingUnsignedTrailer,
        Payload::Streaming(Streaming::ChunksTrailer),
        Payload::Streaming(Streaming::Chunks),
    ];
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "\r\n",
        "5",
        "5\r\n",
        "5\r\nhello",
        "5\r\nhello\r\n",
        "5\r\nhello\r\n0\r\n",
        "5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n",
        "6\r\nhello\r\n0\r\n",
        "-5\r\nhello\r\n",
        "+5\r\nhello\r\n",
        "0x5\r\nhello\r\n",
        " 5\r\nhello\r\n",
        "5 \r\nhello\r\n",
        "z\r\n",
        "5\nhello\n0\n",
        "ffffffffffffffff\r\n",
        "10000000000000000\r\n",
        "ffffffff\r\nhello",
        "5;chunk-signature=\r\nhello\r\n",
        "5;chunk-signature=zz\r\nhello\r\n",
        "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
        "5\r\nhello\r\n0\r\nx-amz-meta-a:b\r\n\r\n",
        "5\r\nhello\r\n0\r\nx-amz-checksum-crc32\r\n\r\n",
        "5\r\nhello\r\n0\r\n: x\r\n\r\n",
        "0\r\n\r\n",
    ]
    .iter()
    .map(|body| body.as_bytes().to_vec())
    .collect();
    bodies.push(format!("5\r\nhello\r\n0\r\n{trailer}{trailer}").into_bytes());
    bodies.push(format!("5\r\nhello\r\n0\r\n{trailer}more").into_bytes());
    bodies.push(format!("6\r\nhello!\r\n0\r\n{trailer}").into_bytes());
    bodies.push(format!("4\r\nhell\r\n0\r\n{trailer}").into_bytes());
    bodies.push(vec![b'0'; 10_000]);
    bodies.push(vec![0xff; 100]);
    bodies.push([b"5\r\nhello\r\n0\r\n", "x:y\r\n".repeat(10_000).as_bytes()].concat());
    for kind in kinds {
        for body in &bodies {
            let (mut way, mut out) = (upload(kind), Vec::new());
            let error =
                way.push_into(body, &mut out).and_then(|()| way.finish().map(|rest| out.extend(rest)));
            let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            let Err(error) = error else { panic!("{shown:?} was passed on") };
            assert!(out.len() < body.len().max(1), "all of {shown:?} has left");
            let refusal = Refusal::from(error);
            assert!(matches!(refusal.kind().status(), 400 | 403), "{error}");
        }
    }
    // The same bodies, well formed, do pass.
    let (mut way, body) = (upload(kinds[0]), format!("5\r\nhello\r\n0\r\n{trailer}"));
    let mut out = way.push(body.as_bytes()).unwrap();
    out.extend(way.finish().unwrap());
    assert_eq!(out, body.as_bytes());
}
