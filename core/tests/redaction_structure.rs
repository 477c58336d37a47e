//! What has structure keeps it: CBOR, XML, URLs and JSON values; and what is said of a secret: labels and tags.

use awsaccess::redact::{self, Redactor};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

const SECRET: &str = "vN3xT/pQ8rKd2+LmZw7YsJ4hBgUc6EoXfAa9Ri1t";
const TOKEN: &str = "FwoGZXIvYXdzEBYaDKq9/x+TnB7//////////wEqLmZ0b2tlbmFuZG1vcmVvZml0c29pdGlzbG9uZw==";

fn config(cases: u32) -> ProptestConfig {
    #[allow(clippy::disallowed_methods)] // a test may be told how much to try
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

/// RFC 8949, of a JSON value; `open` writes lengths that are marked at the end.
fn cbor(value: &Value, open: bool, out: &mut Vec<u8>) {
    let head = |major: u8, number: u64, out: &mut Vec<u8>| match number {
        0..=23 => out.push(major << 5 | number as u8),
        24..=0xff => out.extend([major << 5 | 24, number as u8]),
        0x100..=0xffff => {
            out.push(major << 5 | 25);
            out.extend((number as u16).to_be_bytes());
        }
        _ => {
            out.push(major << 5 | 27);
            out.extend(number.to_be_bytes());
        }
    };
    let text = |text: &str, out: &mut Vec<u8>| {
        if open && text.len() > 3 {
            out.push(0x7f);
            let cut = (1..=3).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            for piece in [&text[..cut], &text[cut..]] {
                head(3, piece.len() as u64, out);
                out.extend(piece.as_bytes());
            }
            out.push(0xff);
        } else {
            head(3, text.len() as u64, out);
            out.extend(text.as_bytes());
        }
    };
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(value) => out.push(0xf4 + u8::from(*value)),
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(number), _) => head(0, number, out),
            (None, number) => {
                out.push(0xfb);
                out.extend(number.unwrap_or(0.0).to_be_bytes());
            }
        },
        Value::String(value) => text(value, out),
        Value::Array(items) => {
            if open {
                out.push(0x9f);
            } else {
                head(4, items.len() as u64, out);
            }
            items.iter().for_each(|item| cbor(item, open, out));
            if open {
                out.push(0xff);
            }
        }
        Value::Object(map) => {
            if open {
                out.push(0xbf);
            } else {
                head(5, map.len() as u64, out);
            }
            for (key, value) in map {
                text(key, out);
                cbor(value, open, out);
            }
            if open {
                out.push(0xff);
            }
        }
    }
}

/// Reads one item back; panics on what is not well formed.
fn read(bytes: &mut &[u8]) -> Value {
    fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(count);
        *bytes = rest;
        taken
    }
    let first = take(bytes, 1)[0];
    let number = match first & 31 {
        info @ 0..=23 => Some(u64::from(info)),
        info @ 24..=27 => {
            Some(take(bytes, 1 << (info - 24)).iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
        }
        31 => None,
        info => panic!("no length: {info}"),
    };
    let more = |left: &mut Option<u64>, bytes: &mut &[u8]| match left {
        Some(0) => false,
        Some(count) => {
            *count -= 1;
            true
        }
        None if bytes[0] == 0xff => {
            take(bytes, 1);
            false
        }
        None => true,
    };
    let mut left = number;
    match first >> 5 {
        0 => json!(number.expect("a number")),
        3 if number.is_some() => {
            json!(std::str::from_utf8(take(bytes, number.unwrap_or(0) as usize)).expect("text"))
        }
        3 => {
            let mut all = String::new();
            while more(&mut left, bytes) {
                all.push_str(read(bytes).as_str().expect("a piece of text"));
            }
            json!(all)
        }
        4 => {
            let mut all = Vec::new();
            while more(&mut left, bytes) {
                all.push(read(bytes));
            }
            json!(all)
        }
        5 => {
            let mut all = serde_json::Map::new();
            while more(&mut left, bytes) {
                let key = read(bytes);
                all.insert(key.as_str().expect("a key").to_owned(), read(bytes));
            }
            Value::Object(all)
        }
        7 => match first {
            0xf4 => json!(false),
            0xf5 => json!(true),
            0xf6 => Value::Null,
            0xfb => json!(f64::from_bits(number.expect("a float"))),
            _ => panic!("no value: {first:x}"),
        },
        major => panic!("no item of ours: {major}"),
    }
}

fn reply() -> Value {
    json!({"Credentials": {"AccessKeyId": "ASIAQWERTYUIOPASDFGH", "SecretAccessKey": SECRET, "SessionToken": TOKEN,
        "Expiration": 1777633200}, "PackedPolicySize": 6, "note": format!("AWS_SECRET_ACCESS_KEY={SECRET}"), "TokenCode": 123456})
}

#[test]
fn replies_in_cbor_stay_well_formed() {
    for open in [false, true] {
        let mut bytes = Vec::new();
        cbor(&reply(), open, &mut bytes);
        let out = redact::bytes(&bytes);
        let mut rest = out.as_slice();
        let shown = read(&mut rest);
        assert!(rest.is_empty());
        assert_eq!(
            shown,
            json!({"Credentials": {"AccessKeyId": "ASIAQWERTYUIOPASDFGH", "SecretAccessKey": "[aws-secret-access-key]",
                "SessionToken": "[aws-session-token]", "Expiration": 1777633200}, "PackedPolicySize": 6,
                "note": "AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]", "TokenCode": "[mfa-code]"})
        );
        assert_eq!(redact::bytes(&out), out, "once is enough");
        // In pieces the same, and learned secrets too.
        let mut redactor = Redactor::new().mask_key_ids(true);
        redactor.learn_secret("policy", b"PackedPolicySize").unwrap();
        let whole = redactor.redact_bytes(&bytes);
        let mut stream = redactor.stream();
        let mut pieces: Vec<u8> = bytes.iter().flat_map(|byte| stream.push(&[*byte])).collect();
        pieces.extend(stream.finish());
        assert_eq!(pieces, whole);
        let shown = read(&mut whole.as_slice());
        assert_eq!(
            (&shown["[policy]"], &shown["Credentials"]["AccessKeyId"]),
            (&json!(6), &json!("[aws-access-key-id]"))
        );
    }
}

/// What STS, SSO, OIDC, Cognito, IAM, ECR and others answer in JSON is in `vectors/`; here it is in CBOR.
#[test]
fn what_is_hidden_in_json_is_hidden_in_cbor() {
    let forms = include_str!("../../vectors/redaction/forms.jsonl");
    let mut lines = forms.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let head = lines.next().expect("the slots");
    let mut seen = 0;
    for line in lines {
        let mut text = line["text"].as_str().expect("text").to_owned();
        let mut secrets = Vec::new();
        for (name, value) in head["slots"].as_object().expect("slots") {
            let (slot, value) = (format!("{{{name}}}"), value.as_str().expect("text"));
            if text.contains(&slot) {
                text = text.replace(&slot, value);
                secrets.push(value);
            }
        }
        let Ok(document @ Value::Object(_)) = serde_json::from_str::<Value>(&text) else { continue };
        let mut bytes = Vec::new();
        cbor(&document, seen % 2 == 0, &mut bytes);
        let out = redact::bytes(&bytes);
        let mut rest = out.as_slice();
        let shown = read(&mut rest);
        assert!(rest.is_empty(), "{shown}");
        assert!(!secrets.is_empty() || shown == document, "{}: {shown}", line["id"]);
        let shown = shown.to_string();
        for secret in &secrets {
            assert!(!shown.contains(secret), "{}: {shown}", line["id"]);
        }
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

/// Whatever it is: a picture, a compressed file.
#[test]
fn binary_passes_unharmed() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::new();
    while bytes.len() < 256 * 1024 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    let mut redactor = Redactor::new();
    redactor.learn_secret("aws-session-token", TOKEN.as_bytes()).unwrap();
    assert!(redactor.redact_bytes(&bytes) == bytes);
    let mut stream = redactor.stream();
    let mut pieces: Vec<u8> = bytes.chunks(1000).flat_map(|piece| stream.push(piece)).collect();
    pieces.extend(stream.finish());
    assert!(pieces == bytes);
    // A secret in it is found all the same, and nothing else is touched.
    let (before, behind) = bytes.split_at(100_000);
    let out = redactor.redact_bytes(&[before, TOKEN.as_bytes(), behind].concat());
    assert!(out == [before, b"[aws-session-token]", behind].concat());
}

#[test]
fn what_is_no_document_of_cbor_is_left_as_it_is() {
    for bytes in [
        &b"\xa1"[..],
        b"\xa1aa",
        b"\xa1aaab!",
        b"\xbfaaab",
        b"\xa2aaabacx\xffad",
        b"\xa1\x1c\x00",
        b"\xa1aa\x7fAb\xff",
        b"\xff\x00\xa1",
        b"\xd9\xd9",
        b"\xd9\xd9\xf7",
        &[0x9f; 300],
        &[0xa1; 300],
    ] {
        assert_eq!(redact::bytes(bytes), bytes);
        let mut stream = Redactor::new().stream();
        let mut pieces: Vec<u8> = bytes.iter().flat_map(|byte| stream.push(&[*byte])).collect();
        pieces.extend(stream.finish());
        assert_eq!(pieces, bytes);
    }
    assert_eq!(redact::bytes(b"\xd9\xd9\xf7\xa1hpasswordax"), b"\xd9\xd9\xf7\xa1hpasswordj[password]");
}

#[test]
fn json_values_are_walked() {
    let mut value = json!({
        "password": "x", "PASSWORDS": ["a"], "token": "short", "n": 1, "TokenCode": 941725, "none": null, "yes": true,
        "headers": {"Authorization": "AWS4-HMAC-SHA256 Credential=AKID/x, SignedHeaders=host, Signature=00ff",
            "set-cookie": ["a=b", "c=d"], "host": "x"},
        "pairs": [["X-Amz-Security-Token", TOKEN], ["host", "x"]],
        "flat": ["x-amz-security-token", TOKEN, "host", "y"],
        "words": ["password", "username"],
        "env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "short"}, {"value": "short", "name": "DB_PASSWORD"}, {"name": "a", "value": "b"}],
        "parameter": {"Type": "SecureString", "Name": "/p", "Value": "v"},
        "parameters": [{"ParameterKey": "DbPassword", "ParameterValue": "v"}],
        "argv": ["curl", "--password", "hunter", "--user", "x"],
        "body": "{\"SecretAccessKey\":\"x\"}", "arn": {"secret": "arn:aws:secretsmanager:eu-west-1:1:secret:x"},
        "AWS_SECRET_ACCESS_KEY=abc": 1, "NextToken": "abcdefghijklmnopqrstuvwxyz", "empty": {"password": ""}
    });
    Redactor::new().json(&mut value);
    assert_eq!(
        value,
        json!({
            "password": "[password]", "PASSWORDS": ["a"], "token": "short", "n": 1, "TokenCode": "[mfa-code]", "none": null, "yes": true,
            "headers": {"Authorization": "AWS4-HMAC-SHA256 Credential=AKID/x, SignedHeaders=host, Signature=[signature]",
                "set-cookie": ["[cookie]", "[cookie]"], "host": "x"},
            "pairs": [["X-Amz-Security-Token", "[aws-session-token]"], ["host", "x"]],
            "flat": ["x-amz-security-token", "[aws-session-token]", "host", "y"],
            "words": ["password", "username"],
            "env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "[aws-secret-access-key]"}, {"value": "[password]", "name": "DB_PASSWORD"}, {"name": "a", "value": "b"}],
            "parameter": {"Type": "SecureString", "Name": "/p", "Value": "[secret]"},
            "parameters": [{"ParameterKey": "DbPassword", "ParameterValue": "[password]"}],
            "argv": ["curl", "--password", "[password]", "--user", "x"],
            "body": "{\"SecretAccessKey\":\"[aws-secret-access-key]\"}", "arn": {"secret": "arn:aws:secretsmanager:eu-west-1:1:secret:x"},
            "AWS_SECRET_ACCESS_KEY=[aws-secret-access-key]": 1, "NextToken": "abcdefghijklmnopqrstuvwxyz", "empty": {"password": ""}
        })
    );
    let mut deep = json!("--password x");
    for _ in 0..300 {
        deep = json!([deep]);
    }
    Redactor::new().json(&mut deep);
    assert!(deep.to_string().contains("[secret]"), "what nests too deep is hidden");
}

#[test]
fn a_tag_says_which_secret_it_was() {
    let mut redactor = Redactor::new().tag_key(b"the key of this log");
    redactor.learn_secret("aws-session-token", TOKEN.as_bytes()).unwrap();
    let tag = redactor.redact(TOKEN);
    assert!(
        tag.starts_with("[aws-session-token.") && tag.len() == "[aws-session-token.]".len() + 12,
        "{tag}"
    );
    // By its shape and in other spellings, for one that has not learned it.
    let fresh = Redactor::new().tag_key(b"the key of this log");
    let quoted = TOKEN.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    for text in [
        format!("x-amz-security-token: {TOKEN}"),
        format!("{{\"SessionToken\":\"{}\"}}", TOKEN.replace('/', "\\/")),
        format!("?X-Amz-Security-Token={quoted}&x=y"),
        format!("<SessionToken>{TOKEN}</SessionToken>"),
        format!("<SessionToken>\n  {}\n  {}\n</SessionToken>", &TOKEN[..40], &TOKEN[40..]),
    ] {
        assert!(fresh.redact(&text).contains(&tag), "{} {tag}", fresh.redact(&text));
        assert!(redactor.redact(&text).contains(&tag), "{} {tag}", redactor.redact(&text));
    }
    assert_eq!(fresh.header(b"x-amz-security-token", TOKEN.as_bytes()), tag.as_bytes());
    assert_eq!(
        fresh.target(format!("/?x-amz-security-token={quoted}").as_bytes()),
        format!("/?x-amz-security-token={tag}").as_bytes()
    );
    let other =
        Redactor::new().tag_key(b"the key of another").redact(&format!("x-amz-security-token: {TOKEN}"));
    assert!(!other.contains(&tag), "{other}");
    assert_eq!(fresh.redact(&format!("token: {tag}")), format!("token: {tag}"));
}

#[test]
fn urls_stay_urls() {
    for url in [
        "http://bob:s3cret@proxy.example.com:8080/x?y=z",
        "https://x.amazonaws.com/k?X-Amz-Security-Token=a%2Fb%2Bcdefghijklmnop&X-Amz-Signature=00112233445566778899aabb",
        "https://x/?access_token=abcdefghijkl#f",
    ] {
        for shown in [redact::text(url), String::from_utf8(redact::target(url.as_bytes())).unwrap()] {
            assert_ne!(shown, url);
            let read: http::Uri = shown.parse().unwrap_or_else(|error| panic!("{shown}: {error}"));
            assert_eq!(read.host(), url.parse::<http::Uri>().unwrap().host());
            let authority = read.authority().unwrap().as_str();
            assert!(!authority.contains(['[', ']']), "brackets are for addresses: {shown}");
        }
    }
}

/// The names of all elements, in order; panics on what is not well formed.
fn elements(text: &str) -> Vec<String> {
    let mut reader = Reader::from_str(text);
    let (mut names, mut open) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {text}")) {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                for attribute in start.attributes() {
                    attribute.unwrap_or_else(|error| panic!("{error}: {text}"));
                }
                open.push(name.clone());
                names.push(name);
            }
            Event::End(end) => {
                assert_eq!(open.pop().as_deref(), Some(end.name().as_ref()), "{text}");
            }
            Event::Empty(empty) => names.push(empty.name().as_ref().to_owned()),
            Event::Eof => {
                assert!(open.is_empty(), "{text}");
                return names;
            }
            _ => {}
        }
    }
}

#[test]
fn the_text_of_an_element_is_found_behind_long_attributes() {
    for length in [10, 250, 300, 1000] {
        let (open, secret) = (format!("<SecretAccessKey xmlns=\"{}\">", "x".repeat(length)), "cGFzc3dvcmQ");
        let text = format!("{open}{secret}</SecretAccessKey>");
        assert_eq!(
            redact::text(&text),
            format!("{open}[aws-secret-access-key]</SecretAccessKey>"),
            "{length}"
        );
    }
}

/// A line of a file in an attribute, or between elements, ends where that does.
#[test]
fn a_line_in_xml_ends_where_its_place_does() {
    for (text, want) in [
        (
            "<x key=\"\naws_secret_access_key=abcDEF123\">t</x>",
            "<x key=\"\naws_secret_access_key=[aws-secret-access-key]\">t</x>",
        ),
        ("<x key='\nDB_PASSWORD=abcDEF123' />", "<x key='\nDB_PASSWORD=[password]' />"),
        ("<x key='\nDB_PASSWORD=abc' b='c'/>", "<x key='\nDB_PASSWORD=[password]' b='c'/>"),
        ("<x key='\npassword: abc d'\n b = \"c\"/>", "<x key='\npassword: [password]'\n b = \"c\"/>"),
        ("<x>\nDB_PASSWORD=abc&quot;1<b>bold</b><i/></x>", "<x>\nDB_PASSWORD=[password]<b>bold</b><i/></x>"),
        ("<x>\nDB_PASSWORD=abc<!-- c --></x>", "<x>\nDB_PASSWORD=[password]<!-- c --></x>"),
        ("<x>\nDB_PASSWORD=abc<![CDATA[c]]></x>", "<x>\nDB_PASSWORD=[password]<![CDATA[c]]></x>"),
        ("<x>\npassword: a b<br/>c</x>", "<x>\npassword: [password]<br/>c</x>"),
        ("<x>\nCookie: a=b; c<br/></x>", "<x>\nCookie: [cookie]<br/></x>"),
        (
            "<x><Name>SecretAccessKey%22%3A+%22d</Name>\n<y/></x>",
            "<x><Name>SecretAccessKey%22%3A+%22[aws-secret-access-key]</Name>\n<y/></x>",
        ),
        // This is none, and hidden whole.
        (
            "{\"SecretAccessKey\":\">\",\"x\":\"</y>\"}",
            "{\"SecretAccessKey\":\"[aws-secret-access-key]\",\"x\":\"</y>\"}",
        ),
        ("DB_PASSWORD=a\">b<c>d\nx", "DB_PASSWORD=[password]\nx"),
        ("password: a'> b</1>\nx", "password: [password]\nx"),
    ] {
        let out = redact::text(text);
        assert_eq!(out, want);
        assert_eq!(redact::text(&out), want, "once is enough");
        if text.starts_with('<') {
            assert_eq!(elements(&out), elements(text));
        }
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

/// Lines of a file as a writer of XML escapes them.
fn lines() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "aws_secret_access_key=",
        "aws_session_token = ",
        "password: ",
        "export DB_PASSWORD=",
        "Cookie: ",
        "Authorization: Bearer ",
        "PASSWORD='",
        "{\"SecretAccessKey\": \"",
        "curl --password ",
        "x",
    ]);
    let line = (name, "[ -~]{0,24}", prop::bool::ANY);
    let line =
        line.prop_map(|(name, value, end)| escaped(&format!("{name}{value}")) + if end { "\n" } else { "" });
    prop::collection::vec(line, 1..4).prop_map(|lines| format!("\n{}", lines.concat()))
}

fn xml() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "SecretAccessKey",
        "sts:SessionToken",
        "Password",
        "Value",
        "Name",
        "Token",
        "x",
    ]);
    let content = prop_oneof![
        3 => "[A-Za-z0-9+/=]{0,60}",
        1 => "([A-Za-z0-9+/]{30}\n){1,3}",
        1 => "[ -~]{0,30}".prop_map(|text| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")),
        1 => "[a-z<&\\]]{0,20}".prop_map(|text| format!("<![CDATA[{}]]>", text.replace("]]", "]"))),
        1 => Just("password=x AWS_SECRET_ACCESS_KEY=abc".to_owned()),
        2 => lines(),
    ];
    let attributes = prop::sample::select(vec![
        "",
        " xsi:type=\"xsd:string\"",
        " password='a b'",
        " key=\"AWSSecretKey\" value=\"v&quot;w\"",
        "\n a=\"b\"",
    ]);
    let attributes = prop_oneof![
        5 => attributes.prop_map(str::to_owned),
        1 => (lines(), "[ -~]{0,9}").prop_map(|(lines, last)| format!(" a=\"{lines}\"\nb='{}' ", escaped(&last))),
        1 => lines().prop_map(|lines| format!(" a='{lines}'")),
    ];
    let leaf = (name.clone(), attributes.clone(), content)
        .prop_map(|(name, attributes, content)| format!("<{name}{attributes}>{content}</{name}>"));
    leaf.prop_recursive(3, 12, 4, move |inner| {
        (
            name.clone(),
            attributes.clone(),
            prop::collection::vec(inner, 0..4),
            prop::sample::select(vec!["", "\n  "]),
        )
            .prop_map(|(name, attributes, inner, space)| {
                if inner.is_empty() {
                    format!("<{name}{attributes}/>")
                } else {
                    format!("<{name}{attributes}>{space}{}{space}</{name}>", inner.join(space))
                }
            })
    })
}

fn value() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "SecretAccessKey",
        "password",
        "Authorization",
        "log",
        "TokenCode",
        "name",
        "value",
        "x",
    ]);
    let leaf = prop_oneof![
        4 => "[ -~]{0,40}".prop_map(Value::from),
        1 => Just(json!(format!("key {SECRET}"))),
        1 => any::<u32>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!(-0.5)),
    ];
    leaf.prop_recursive(4, 20, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((key.clone(), inner), 1..4).prop_map(|all| Value::Object(
                all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn xml_stays_well_formed(text in xml(), tag: bool) {
        let mut redactor = Redactor::new();
        if tag {
            redactor = redactor.tag_key(b"k");
        }
        let out = redactor.redact(&text);
        prop_assert_eq!(elements(&out), elements(&text), "{}\n{}", text, out);
        prop_assert_eq!(redactor.redact(&out), out);
    }

    #[test]
    fn cbor_stays_well_formed(value in value(), open: bool) {
        let mut bytes = Vec::new();
        cbor(&json!({"top": value}), open, &mut bytes);
        let out = redact::bytes(&bytes);
        let mut rest = out.as_slice();
        let shown = read(&mut rest).to_string();
        prop_assert!(rest.is_empty());
        prop_assert!(!shown.contains(SECRET));
        prop_assert_eq!(redact::bytes(&out), out);
    }

    #[test]
    fn walking_once_is_enough(value in value()) {
        let redactor = Redactor::new();
        let mut once = value;
        redactor.json(&mut once);
        let mut twice = once.clone();
        redactor.json(&mut twice);
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn tags_change_nothing_else(text in "[ -~\n]{0,60}", name in prop::sample::select(vec!["password=", "\"SecretAccessKey\": \"", "Authorization: Bearer ", "<Token>", "--user a:"])) {
        let text = format!("{text} {name}{text}");
        let tagged = Redactor::new().tag_key(b"k").redact(&text);
        let plain = redact::text(&text);
        // Without their tags the labels are the same.
        let mut bare = String::new();
        let mut rest = tagged.as_str();
        while let Some(at) = rest.find('.') {
            let tag = rest[at + 1..].len() > 12 && rest.as_bytes()[at + 13] == b']'
                && rest.as_bytes()[at + 1..at + 13].iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            bare.push_str(&rest[..at]);
            rest = if tag { &rest[at + 13..] } else { bare.push('.'); &rest[at + 1..] };
        }
        bare.push_str(rest);
        prop_assert_eq!(bare, plain);
    }

    #[test]
    fn what_is_neutralized_deceives_no_terminal(text in "[\\x00-\\x7f\u{80}-\u{9f}\u{202a}-\u{202e}\u{2066}-\u{2069}a-z\u{e4}]{0,40}", cut in 1usize..9) {
        let redactor = Redactor::new().neutralize(true);
        let out = redactor.redact(&text);
        prop_assert!(!out.replace("\r\n", "\n").chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{out:?}");
        let turns = out.contains(['\u{202e}', '\u{2066}']);
        prop_assert!(!turns);
        prop_assert_eq!(out.lines().count(), text.lines().count());
        let mut stream = redactor.stream();
        let mut pieces: Vec<u8> = text.as_bytes().chunks(cut).flat_map(|piece| stream.push(piece)).collect();
        pieces.extend(stream.finish());
        prop_assert_eq!(String::from_utf8_lossy(&pieces), out);
    }
}
