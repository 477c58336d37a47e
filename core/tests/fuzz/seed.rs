//! What the fuzzer begins with: the cases of `vectors/`, bodies that are rightly signed, and whatever was once found.

use std::fs;
use std::path::{Path, PathBuf};

use awsaccess::sigv4::{Payload, Streaming};
use serde_json::Value;

use super::NOW;
use super::body::{TRAILER, upload};

fn vectors(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(path)
}

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

/// The cases of the two suites, in the order of their names.
fn suites() -> Vec<PathBuf> {
    let folder = |name: &str| fs::read_dir(vectors(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = folder("sigv4/v4").chain(folder("sigv4/v4a")).collect();
    all.sort();
    all
}

/// A file of each case, moved to the day of the targets.
fn files(name: &str) -> Vec<String> {
    let there = suites().into_iter().map(|dir| dir.join(name)).filter(|file| file.exists());
    there
        .map(|file| {
            text(file).replace("20150830T123600Z", "20270115T080000Z").replace("20150830", "20270115")
        })
        .collect()
}

fn with(prefix: &[u8], text: impl AsRef<[u8]>) -> Vec<u8> {
    [prefix, text.as_ref()].concat()
}

/// The seeds of a target.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut seeds = match target {
        "authorization" => authorizations(),
        "query" => targets(),
        "head" => heads(&[0x00, 0x01, 0x20, 0x41, 0x60, 0x1d]),
        "gateway" => heads(&[0x01, 0x03, 0x0b]).into_iter().chain(gateway()).collect(),
        "sealed" => super::sealed::made(),
        "replaced" => super::sealed::replies(),
        "chunks" => chunks(),
        "events" => events(),
        "signed_pieces" => pieces(),
        "host" => hosts(),
        "profile" => profiles(),
        "redact" => logs(),
        "redact_learned" => with_secrets(),
        "redact_json" => documents(),
        "redact_xml" | "redact_yaml" => forms(),
        "redact_cbor" => items(),
        "reply" => replies(),
        "operation" => operations(),
        "chain" => chains(),
        other => panic!("no target {other}"),
    };
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/fuzz/found").join(target);
    if let Ok(folder) = fs::read_dir(found) {
        let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        seeds.extend(files.into_iter().map(|file| fs::read(file).unwrap()));
    }
    seeds
}

fn authorizations() -> Vec<Vec<u8>> {
    let lines = |text: String| {
        let found = text.lines().find_map(|line| line.strip_prefix("Authorization:").map(str::to_owned));
        found.map(String::into_bytes)
    };
    let mut all: Vec<Vec<u8>> = files("header-signed-request.txt").into_iter().filter_map(lines).collect();
    all.sort();
    all.dedup();
    all
}

fn targets() -> Vec<Vec<u8>> {
    let target = |text: String| {
        let first = text.lines().next().unwrap();
        first.split_once(' ').unwrap().1.trim_end_matches(" HTTP/1.1").as_bytes().to_vec()
    };
    files("query-signed-request.txt").into_iter().chain(files("request.txt")).map(target).collect()
}

fn heads(modes: &[u8]) -> Vec<Vec<u8>> {
    let requests = files("request.txt").into_iter().zip(modes.iter().cycle());
    requests.map(|(text, mode)| with(&[*mode], text)).collect()
}

fn gateway() -> Vec<Vec<u8>> {
    let form = "Content-Type: application/x-www-form-urlencoded\nContent-Length: 43\n\n\
        Action=GetCallerIdentity&Version=2011-06-15";
    let json = "X-Amz-Target: DynamoDB_20120810.GetItem\nContent-Type: application/x-amz-json-1.0\nContent-Length: 2\n\n{}";
    [
        (1, "GET /key?versionId=1 HTTP/1.1\nHost: bucket.s3.us-east-1.amazonaws.com\n".to_owned()),
        (9, "GET /bucket/key HTTP/1.1\nHost: 127.0.0.1:8080\n".to_owned()),
        (3, format!("POST / HTTP/1.1\nHost: sts.us-east-1.amazonaws.com\n{form}")),
        (5, format!("POST / HTTP/1.1\nHost: dynamodb.us-east-1.amazonaws.com\n{json}")),
        (7, "GET /2015-03-31/functions/a%3Ab HTTP/1.1\nHost: lambda.us-east-1.amazonaws.com\n".to_owned()),
        (
            0,
            "GET / HTTP/1.1\nHost: s3.us-east-1.amazonaws.com\nAuthorization: AWS4-HMAC-SHA256 x\n"
                .to_owned(),
        ),
    ]
    .into_iter()
    .map(|(mode, text)| with(&[mode], text))
    .collect()
}

/// The first byte says which service is asked, and how it is addressed.
fn operations() -> Vec<Vec<u8>> {
    let form = "Content-Type: application/x-www-form-urlencoded\n\nAction=";
    let cbor = "Smithy-Protocol: rpc-v2-cbor\n\n\u{1}";
    [
        (0x40, "GET /bucket/key?versionId=1 HTTP/1.1\n\n".to_owned()),
        (0x50, "PUT /key?partNumber=1&uploadId=2 HTTP/1.1\nX-Amz-Copy-Source: /b/k\n\n".to_owned()),
        (0x60, "GET /?list-type=2 HTTP/1.1\n\n".to_owned()),
        (0x70, "GET /?x-id=ListDirectoryBuckets HTTP/1.1\n\n".to_owned()),
        (0x41, format!("POST / HTTP/1.1\n{form}AssumeRole&RoleArn=arn:aws:iam::1:role/r")),
        (0x44, format!("POST /?Version=2016-11-15 HTTP/1.1\n{form}RunInstances")),
        (0x4a, format!("POST / HTTP/1.1\n{form}DescribeLoadBalancers&Version=2015-12-01")),
        (0x47, "GET /v2/email/identities HTTP/1.1\n\n".to_owned()),
        (
            0x42,
            "POST / HTTP/1.1\nX-Amz-Target: DynamoDB_20120810.PutItem\n\n{\"TableName\":\"t\"}".to_owned(),
        ),
        (0x00, "POST / HTTP/1.1\nX-Amz-Target: AmazonSQS.SendMessage\n\n{\"QueueUrl\":\"q\"}".to_owned()),
        (0x43, "POST /2015-03-31/functions/a%2Fb/invocations?x-id=Invoke HTTP/1.1\n\n{}".to_owned()),
        (0x4b, "PUT /portals/arn:a/b/browserSettings HTTP/1.1\n\n".to_owned()),
        (0x46, format!("POST /service/GraniteServiceVersion20100801/operation/ListMetrics HTTP/1.1\n{cbor}")),
        (0x4e, "POST /tags?operation=tag-resource HTTP/1.1\n\n".to_owned()),
        (0x4d, "POST /stage/@connections/c HTTP/1.1\n\n".to_owned()),
    ]
    .into_iter()
    .map(|(mode, text)| with(&[mode], text))
    .collect()
}

fn chunks() -> Vec<Vec<u8>> {
    let unsigned = format!("5\r\nhello\r\n0\r\n{TRAILER}:NhCmhg==\r\n\r\n");
    let mut all = vec![
        with(&[5 << 3, 1], &unsigned),
        with(&[0x80, 1], "2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"),
        with(&[4, 1], "hello"),
        with(&[5, 1], "hello"),
        with(&[6, 1], "hello"),
    ];
    for (mode, kind) in [(2, Streaming::Chunks), (3, Streaming::ChunksTrailer)] {
        let (_, signed) = upload(Payload::Streaming(kind), Some(5));
        let mut signer = signed.chunk_signer().unwrap();
        let mut body = signer.push(b"hello");
        let trailers = [(TRAILER, "NhCmhg==")];
        body.extend(signer.finish(if mode == 3 { &trailers } else { &[] }).unwrap());
        all.push(with(&[mode | 5 << 3, 7], body));
    }
    all
}

fn events() -> Vec<Vec<u8>> {
    let (_, signed) = upload(Payload::Streaming(Streaming::Events), None);
    let mut signer = signed.event_signer().unwrap();
    let first = signer.sign(b"a message", NOW).unwrap();
    let second = signer.sign(b"", NOW).unwrap();
    let end = signer.finish(NOW).unwrap();
    vec![with(&[3], &first), with(&[5], [first, second, end].concat())]
}

fn pieces() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for kind in 0..3 {
        for (high, low, flip) in [(0, 0, 0), (0, 20, 1), (1, 40, 0x20)] {
            all.push(with(
                &[kind, 200, high, low, flip, 9],
                "the data of this body, longer than one message of it".repeat(6),
            ));
        }
    }
    all
}

fn hosts() -> Vec<Vec<u8>> {
    [
        "dynamodb.eu-west-1.amazonaws.com:443",
        "my.bucket.s3.dualstack.eu-west-1.amazonaws.com",
        "name-111122223333.s3-accesspoint-fips.us-east-1.amazonaws.com",
        "b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
        "x.mrap.accesspoint.s3-global.amazonaws.com",
        "111122223333.streams-ddb-fips.us-gov-west-1.api.aws",
        "b.bucket.vpce-1-x.s3.eu-west-1.vpce.amazonaws.com",
        "search-x.eu-west-1.es.amazonaws.com",
        "x.lambda-url.eu-west-1.on.aws",
        "us-gov-west-1.signin-fips.amazonaws-us-gov.com",
        "eu-west-1.console.aws.amazon.com",
        "iam.cn-north-1.amazonaws.com.cn",
        "sts.amazonaws.com.evil.example",
        "[::1]:443",
        "0x7f.1",
    ]
    .map(|host| host.as_bytes().to_vec())
    .to_vec()
}

fn profiles() -> Vec<Vec<u8>> {
    let file: Value = serde_json::from_str(&text(vectors("profile/profile-parser-tests.json"))).unwrap();
    let input = |test: &Value| {
        let part = |name: &str| test["input"][name].as_str().unwrap_or_default().to_owned();
        format!("{}\0{}", part("configFile"), part("credentialsFile")).into_bytes()
    };
    file["tests"].as_array().unwrap().iter().map(input).collect()
}

fn logs() -> Vec<Vec<u8>> {
    let lines = text(vectors("redaction/cases.jsonl"));
    let log = |line: &str| {
        let case: Value = serde_json::from_str(line).unwrap();
        with(&[7, 0, 9], base64(case["text_b64"].as_str().unwrap()))
    };
    lines.lines().map(log).collect()
}

/// The texts of `vectors/redaction/forms.jsonl`, their slots filled.
fn forms() -> Vec<Vec<u8>> {
    let file = text(vectors("redaction/forms.jsonl"));
    let mut lines = file.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let head = lines.next().unwrap();
    let filled = |line: Value| {
        let mut form = line["text"].as_str().unwrap().to_owned();
        for (name, value) in head["slots"].as_object().unwrap() {
            form = form.replace(&format!("{{{name}}}"), value.as_str().unwrap());
        }
        with(&[form.len() as u8], form)
    };
    lines.map(filled).collect()
}

/// One in forty of the same, with 40 bytes before each that become a secret.
fn with_secrets() -> Vec<Vec<u8>> {
    let every = forms().into_iter().enumerate().filter(|(nth, _)| nth % 40 == 0);
    every
        .map(|(nth, form)| {
            [&[nth as u8, 32][..], &[nth as u8; 20], b"another half of forty", &form[1..]].concat()
        })
        .collect()
}

/// Those of the forms that are JSON; and the others as texts, as keys, and as JSON in a text.
fn documents() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (nth, form) in forms().into_iter().enumerate() {
        let form = String::from_utf8(form[1..].to_vec()).unwrap();
        if serde_json::from_str::<Value>(&form).is_ok() {
            all.push(with(&[nth as u8], &form));
        }
        let value = match nth % 4 {
            0 => serde_json::json!({ form: ["a", 1, null] }),
            1 => serde_json::json!({"log": form, "n": -1.5e3}),
            2 => serde_json::json!([serde_json::json!({"Token": form}).to_string()]),
            _ => serde_json::json!({"name": "password", "value": form}),
        };
        all.push(with(&[nth as u8], value.to_string()));
    }
    all
}

/// Items of CBOR.
fn items() -> Vec<Vec<u8>> {
    [
        &b"\x00"[..],
        b"\x6bpassword=abc",
        b"\xa2hpasswordhhunter22aa\x82\x01\x20",
        b"\xbfeTokenx\x1aabcdefghijklmnopqrstuvwxyzbno\xf6\xff",
        b"\x7fepasswgord=abc\xff",
        b"\x5fBab\x43cde\xff",
        b"\x9f\xf5\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00\xff",
        b"\xc1\x1a\x51\x4b\x67\xb0",
        b"\xa1jTokenCode\x1a\x00\x0e\x60\x50",
        b"\x84\x64name\x68password\x65value\x63abc",
        b"\xa2dnamehpasswordevaluecabc",
        b"\xd9\xd9\xf7\xa1isecretKeyax",
    ]
    .into_iter()
    .enumerate()
    .map(|(nth, item)| with(&[nth as u8], item))
    .collect()
}

/// RFC 4648, section 4.
fn base64(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in digits {
        (bits, count) = (bits << 6 | u32::from(digit), count + 6);
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

fn replies() -> Vec<Vec<u8>> {
    let role = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/a/b</Arn>\
        </AssumedRoleUser><Credentials><AccessKeyId>ASIAR</AccessKeyId><SecretAccessKey>k</SecretAccessKey>\
        <SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>\
        </AssumeRoleResponse>";
    let instance = r#"{"Code":"Success","AccessKeyId":"ASIAI","SecretAccessKey":"k","Token":"t","Expiration":"2100-01-01T00:00:00Z"}"#;
    let mut all: Vec<Vec<u8>> =
        ["xml__errors__sts-get-session-token.xml", "xml__responses__sts-get-session-token.xml"]
            .map(|name| with(&[3], text(vectors("sts").join(name))))
            .into();
    all.push(with(&[0], role));
    all.push([&[8][..], b"token", &[0xff], b"role", &[0xff], instance.as_bytes()].concat());
    all.push(
        [&[0][..], role.as_bytes(), &[0xff], b"token", &[0xff], b"role", &[0xff], instance.as_bytes()]
            .concat(),
    );
    all
}

/// Each task and each source, answered well; then with each other answer in the place of each of the first three.
fn chains() -> Vec<Vec<u8>> {
    let environment = "HOME=/h\nAWS_REGION=eu-west-1";
    let whole = "AWS_ACCESS_KEY_ID=AKIDENV\nAWS_SECRET_ACCESS_KEY=k\nAWS_SESSION_TOKEN=t\nAWS_PROFILE=b\nAWS_ROLE_ARN=\
        arn:aws:iam::111122223333:role/env\nAWS_WEB_IDENTITY_TOKEN_FILE=/token\nAWS_CONTAINER_CREDENTIALS_FULL_URI=\
        http://agent.local/x\nAWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1338/x\nAWS_ENDPOINT_URL_STS=http://h/";
    let sections = |head: [u8; 4], parts: &[&[u8]]| with(&head, parts.join(&[0xff][..]));
    let mut all = vec![sections([9, 15, 5, 0], &[whole.as_bytes(), b"", b"", b"\x0f"])];
    let tasks = (0..9).map(|task| [task, 15, 5, 0]);
    let given = (0..8).map(|which| [9, which, 5, 2 * u8::from(which > 4)]);
    let profiles = (0..12).map(|profile| [9, 15 + 16 * profile, 3, 4]);
    let orders = (0..5).map(|order| [9, 15, order, 0x40]);
    for head in tasks.chain(given).chain(profiles).chain(orders) {
        all.push(sections(head, &[environment.as_bytes(), b"", b""]));
        for (how, before) in (0..9).flat_map(|how| (0..3).map(move |before| (how, before))) {
            let how = [how + 16 * 3];
            let mut parts: Vec<&[u8]> = vec![environment.as_bytes(), b"", b""];
            parts.extend(std::iter::repeat_n(&b"\x0f"[..], before));
            parts.push(&how);
            // The huge ones take long; one of each head is enough.
            if how[0] % 16 != 8 || before == 1 {
                all.push(sections(head, &parts));
            }
        }
    }
    all
}
