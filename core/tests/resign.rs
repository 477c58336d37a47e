//! What leaves under the real key: judged by aws-sigv4, header by header, and by our own verifier.
#![allow(clippy::disallowed_methods, reason = "a test is a host")]

mod oracle;

use std::time::Duration;

use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{
    Claim, Payload, Policy, Request, ResignError, Resigned, Scope, Settings, Upstream, Verified, presign,
    resign, sign,
};
use awsaccess::time::Time;
use oracle::{Body, Judged};

const NOW: Time = Time::from_unix(1_800_000_000);

fn placeholder() -> Credentials {
    Credentials::new("AKIAPLACEHOLDER00001", "placeholder-secret")
}

fn real() -> Credentials {
    Credentials::new("ASIAREALREALREALREAL", "real-secret").with_session_token("real/token+==")
}

/// A client's request, as it arrives at the gateway.
struct Client {
    method: &'static str,
    target: &'static str,
    headers: Vec<(String, String)>,
    service: &'static str,
}

impl Client {
    fn new(method: &'static str, target: &'static str, service: &'static str) -> Self {
        let headers = vec![("Host".to_owned(), format!("{service}.eu-west-1.amazonaws.com"))];
        Self { method, target, headers, service }
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn scope(&self) -> Scope {
        Scope::new("eu-west-1", self.service)
    }

    /// Signed with the placeholder, then verified; `unsigned` headers are added after signing.
    fn verified(&self, payload: Payload<'_>, unsigned: &[(&str, &str)]) -> Verified {
        let request = Request::new(self.method, self.target, &self.headers);
        let signed =
            sign(&request, payload, &placeholder(), &self.scope(), &Settings::default(), NOW).unwrap();
        let mut headers = signed.apply(&request);
        headers.extend(
            unsigned.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())),
        );
        let request = Request::new(self.method, self.target, &headers);
        let claim = Claim::parse(&request, &Policy::default(), NOW).unwrap();
        claim.verify(&placeholder(), payload).ok().unwrap()
    }

    fn resigned(&self, payload: Payload<'_>, unsigned: &[(&str, &str)]) -> Resigned {
        let later = NOW + Duration::from_secs(2);
        let host = self.headers[0].1.clone();
        resign(self.verified(payload, unsigned), &Upstream::new(host), &real(), later).ok().unwrap()
    }
}

fn field<'a>(head: &'a Resigned, name: &str) -> Vec<&'a str> {
    head.headers
        .iter()
        .filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()))
        .map(|(_, value)| std::str::from_utf8(value).unwrap())
        .collect()
}

fn signed_names(head: &Resigned) -> Vec<String> {
    let authorization = field(head, "authorization")[0];
    let names = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    names.split(';').map(str::to_owned).collect()
}

/// aws-sigv4 signs the same fields of the outbound head to the same signature.
fn judge(head: &Resigned, service: &str, payload: Body<'_>) {
    let names = signed_names(head);
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(n, v)| (String::from_utf8(n.to_vec()).unwrap(), String::from_utf8(v.to_vec()).unwrap()))
        .filter(|(n, _)| {
            let n = n.to_ascii_lowercase();
            names.contains(&n) && n != "x-amz-date" && n != "x-amz-security-token"
        })
        .collect();
    let expected = Judged {
        method: &head.method,
        target: std::str::from_utf8(&head.target).unwrap(),
        headers: &headers,
        payload,
        credentials: &real(),
        region: "eu-west-1",
        service,
        expires: None,
        at: NOW + Duration::from_secs(2),
    }
    .signature()
    .unwrap();
    let authorization = field(head, "authorization");
    assert_eq!(authorization.len(), 1);
    assert!(authorization[0].ends_with(&format!("Signature={expected}")), "{}", authorization[0]);
}

#[test]
fn a_json_call() {
    let body = br#"{"TableName":"t"}"#;
    let head = Client::new("POST", "/", "dynamodb")
        .header("Content-Type", "application/x-amz-json-1.0")
        .header("X-Amz-Target", "DynamoDB_20120810.GetItem")
        .header("Content-Length", "17")
        .header("User-Agent", "aws-cli/2")
        .header("Accept-Encoding", "identity")
        .resigned(Payload::Bytes(body), &[("Amz-Sdk-Invocation-Id", "1"), ("X-Custom", "kept")]);
    judge(&head, "dynamodb", Body::Bytes(body));
    assert_eq!(field(&head, "x-amz-date"), ["20270115T080002Z"]);
    assert_eq!(field(&head, "x-amz-security-token"), ["real/token+=="]);
    assert_eq!(field(&head, "user-agent"), ["aws-cli/2"]);
    assert_eq!(field(&head, "x-custom"), ["kept"]);
    assert!(!head.headers.iter().any(|(_, value)| value.windows(20).any(|w| w == b"AKIAPLACEHOLDER00001")));
    let names = signed_names(&head);
    for signed in ["host", "content-type", "content-length", "accept-encoding", "x-amz-target", "x-amz-date"]
    {
        assert!(names.iter().any(|name| name == signed), "{signed}");
    }
    for unsigned in ["user-agent", "x-custom", "amz-sdk-invocation-id"] {
        assert!(!names.iter().any(|name| name == unsigned), "{unsigned}");
    }
}

#[test]
fn s3_keys_of_every_kind() {
    for target in [
        "/bucket/a%20b?x-id=GetObject",
        "/bucket/a%2Fb//c/../d",
        "/bucket/%C3%A9%2B%40%3D?list-type=2&prefix=a%2Bb%20c",
        "/bucket/.",
        "/",
        "/b/~._-",
    ] {
        let head = Client::new("GET", target, "s3").resigned(Payload::Unsigned, &[("Range", "bytes=0-1")]);
        assert_eq!(head.target, target.as_bytes());
        judge(&head, "s3", Body::Literal("UNSIGNED-PAYLOAD"));
        assert_eq!(field(&head, "range"), ["bytes=0-1"]);
    }
    // An odd but valid wire form is sent as S3 reads it.
    let head = Client::new("GET", "/bucket/$a%2fb!", "s3").resigned(Payload::Bytes(b""), &[]);
    assert_eq!(head.target, b"/bucket/%24a%2Fb%21");
    judge(&head, "s3", Body::Bytes(b""));
}

#[test]
fn other_paths_are_encoded_twice() {
    for target in
        ["/model/a%3Ab/invoke", "/2015-03-31/functions/arn%3Aaws/invocations?Qualifier=x%20y", "//a/./b/"]
    {
        let head = Client::new("POST", target, "bedrock").resigned(Payload::Bytes(b"{}"), &[]);
        assert_eq!(head.target, target.as_bytes());
        judge(&head, "bedrock", Body::Bytes(b"{}"));
    }
}

#[test]
fn a_raw_plus_leaves_as_what_it_was_verified_as() {
    let head = Client::new("GET", "/?q=a+b&r=%2B", "sts").resigned(Payload::Bytes(b""), &[]);
    assert_eq!(head.target, b"/?q=a%2Bb&r=%2B");
    judge(&head, "sts", Body::Bytes(b""));
}

#[test]
fn the_table_of_headers() {
    let dropped = [
        ("Cookie", "a=b"),
        ("Connection", "keep-alive, X-Gone"),
        ("X-Gone", "1"),
        ("Keep-Alive", "timeout=5"),
        ("TE", "trailers"),
        ("Transfer-Encoding", "chunked"),
        ("Proxy-Authorization", "Basic eA=="),
        ("X-Forwarded-For", "10.0.0.1"),
        ("Forwarded", "for=10.0.0.1"),
        ("Via", "1.1 x"),
        ("Expect", "100-continue"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-AwsAccess-Role", "admin"),
        ("CF-Connecting-IP", "1.1.1.1"),
    ];
    let head = Client::new("GET", "/", "sts").resigned(Payload::Bytes(b""), &dropped);
    for (name, _) in dropped {
        assert_eq!(field(&head, name), [""; 0], "{name}");
    }
    judge(&head, "sts", Body::Bytes(b""));
    let strict = Upstream::new("sts.eu-west-1.amazonaws.com").strict();
    let verified =
        Client::new("GET", "/", "sts").verified(Payload::Bytes(b""), &[("X-Custom", "1"), ("Accept", "*/*")]);
    let head = resign(verified, &strict, &real(), NOW).ok().unwrap();
    assert_eq!((field(&head, "x-custom").len(), field(&head, "accept").len()), (0, 1));
}

#[test]
fn a_folded_value_leaves_on_one_line() {
    let client = Client::new("GET", "/", "sts").header("X-Folded", "one\r\n  two");
    let head = client.resigned(Payload::Bytes(b""), &[("X-Loose", "a\n b")]);
    assert_eq!((field(&head, "x-folded"), field(&head, "x-loose")), (vec!["one two"], vec!["a b"]));
    judge(&head, "sts", Body::Bytes(b""));
}

#[test]
fn nothing_is_signed_with_credentials_that_have_expired() {
    for (expiry, accepted) in [(NOW, false), (NOW + Duration::from_secs(1), true)] {
        let verified = Client::new("GET", "/", "sts").verified(Payload::Bytes(b""), &[]);
        let credentials = real().with_expiry(expiry);
        let result = resign(verified, &Upstream::new("sts.eu-west-1.amazonaws.com"), &credentials, NOW);
        assert_eq!(result.err(), (!accepted).then_some(ResignError::Expired));
    }
}

#[test]
fn hop_by_hop_tricks_are_refused() {
    let verified = Client::new("GET", "/", "sts")
        .header("X-Custom", "1")
        .verified(Payload::Bytes(b""), &[("Connection", "X-Custom")]);
    let error = resign(verified, &Upstream::new("sts.eu-west-1.amazonaws.com"), &real(), NOW).err();
    assert_eq!(error, Some(ResignError::Nominated("x-custom".into())));
    let verified =
        Client::new("GET", "/", "sts").verified(Payload::Bytes(b""), &[("Connection", "x-amz-date")]);
    let error = resign(verified, &Upstream::new("sts.eu-west-1.amazonaws.com"), &real(), NOW).err();
    assert!(matches!(error, Some(ResignError::Nominated(_))));
    let verified = Client::new("GET", "/", "sts").header("Via", "1.1 x").verified(Payload::Bytes(b""), &[]);
    let error = resign(verified, &Upstream::new("sts.eu-west-1.amazonaws.com"), &real(), NOW).err();
    assert_eq!(error, Some(ResignError::HopSigned("Via".into())));
}

#[test]
fn a_base_path_is_taken_off() {
    let verified =
        Client::new("GET", "/_/sts/?Action=GetCallerIdentity", "sts").verified(Payload::Bytes(b""), &[]);
    let upstream = Upstream::new("sts.eu-west-1.amazonaws.com").without_base_path("/_/sts");
    let head = resign(verified, &upstream, &real(), NOW + Duration::from_secs(2)).ok().unwrap();
    assert_eq!(head.target, b"/?Action=GetCallerIdentity");
    judge(&head, "sts", Body::Bytes(b""));
    let verified = Client::new("GET", "/_/stsx", "sts").verified(Payload::Bytes(b""), &[]);
    assert!(matches!(resign(verified, &upstream, &real(), NOW).err(), Some(ResignError::BasePath(_))));
}

#[test]
fn the_default_upload_of_todays_sdks() {
    let body: &[u8] = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    let head = Client::new("PUT", "/bucket/key", "s3")
        .header("Content-Encoding", "aws-chunked")
        .header("Content-Length", "44")
        .header("X-Amz-Decoded-Content-Length", "5")
        .header("X-Amz-Trailer", "x-amz-checksum-crc32")
        .header("X-Amz-Sdk-Checksum-Algorithm", "CRC32")
        .resigned(Payload::StreamingUnsignedTrailer, &[]);
    judge(&head, "s3", Body::Literal("STREAMING-UNSIGNED-PAYLOAD-TRAILER"));
    let mut way = head.body;
    let mut out = way.push(body).unwrap();
    out.extend(way.finish().unwrap());
    assert_eq!(out, body);
}

#[test]
fn links_become_short_lived_query_signatures() {
    let headers = [("Host", "bucket.s3.eu-west-1.amazonaws.com")];
    let request = Request::new("GET", "/a%20b?versionId=1", &headers);
    let scope = Scope::new("eu-west-1", "s3");
    let day = Duration::from_secs(86_400);
    let link =
        presign(&request, Payload::Unsigned, &placeholder(), &scope, &Settings::default(), day, NOW).unwrap();
    let arrived = Request::new("GET", link.target(), &headers);
    let later = NOW + Duration::from_secs(3600);
    let claim = Claim::parse(&arrived, &Policy::default(), later).unwrap();
    let verified = claim.verify(&placeholder(), Payload::Declared).ok().unwrap();
    let head = resign(verified, &Upstream::new(headers[0].1), &real(), later).ok().unwrap();
    let target = String::from_utf8(head.target.clone()).unwrap();
    assert!(target.starts_with("/a%20b?versionId=1&X-Amz-Algorithm="), "{target}");
    assert!(target.contains("X-Amz-Expires=60&") && !target.contains("PLACEHOLDER"));
    assert_eq!(field(&head, "authorization").len(), 0);
    let expected = Judged {
        method: "GET",
        target: "/a%20b?versionId=1",
        headers: &[("host".into(), headers[0].1.into())],
        payload: Body::Literal("UNSIGNED-PAYLOAD"),
        credentials: &real(),
        region: "eu-west-1",
        service: "s3",
        expires: Some(Duration::from_secs(60)),
        at: later,
    }
    .signature()
    .unwrap();
    assert!(target.ends_with(&format!("X-Amz-Signature={expected}")), "{target}");

    // Its last second is the link's own last second.
    let claim = Claim::parse(&arrived, &Policy::default(), NOW + day - Duration::from_secs(5)).unwrap();
    let verified = claim.verify(&placeholder(), Payload::Declared).ok().unwrap();
    let head = resign(verified, &Upstream::new(headers[0].1), &real(), NOW + day - Duration::from_secs(5))
        .ok()
        .unwrap();
    assert!(String::from_utf8(head.target).unwrap().contains("X-Amz-Expires=5&"));
}
