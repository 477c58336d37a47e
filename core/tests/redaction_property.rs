//! What holds for every text: learned secrets never survive, cuts do not matter, once is enough.

use awsaccess::credentials::Credentials;
use awsaccess::redact::{self, Redactor};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use shape::{Shape, same_shape};

#[path = "redaction/shape.rs"]
mod shape;

/// Few enough for every build; `PROPTEST_CASES` asks for more.
fn config(cases: u32) -> ProptestConfig {
    #[allow(clippy::disallowed_methods)] // a test may be told how much to try
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

fn percent(text: &[u8], all: bool, upper: bool) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b if b.is_ascii_alphanumeric() && !all => vec![*b],
        b if upper => format!("%{b:02X}").into_bytes(),
        b => format!("%{b:02x}").into_bytes(),
    };
    text.iter().flat_map(escape).collect()
}

fn json(text: &[u8], slash: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let quoted = serde_json::to_string(&text).expect("text is JSON");
    quoted[1..quoted.len() - 1].replace('/', slash).into_bytes()
}

fn base64(text: &[u8], url: bool) -> Vec<u8> {
    let digits: &[u8; 64] = if url {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    } else {
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    };
    let mut out = Vec::new();
    for chunk in text.chunks(3) {
        let word = chunk.iter().chain([0, 0].iter()).take(3).fold(0usize, |w, b| w << 8 | usize::from(*b));
        out.extend((0..=chunk.len()).map(|i| digits[word >> (18 - 6 * i) & 63]));
        out.extend((chunk.len()..3).map(|_| b'='));
    }
    out
}

/// The secret as one of the supported encodings writes it.
fn encoded(secret: &str, how: u8, before: &str) -> Vec<u8> {
    let bytes = secret.as_bytes();
    match how % 12 {
        0 => bytes.to_vec(),
        1 => percent(bytes, false, true),
        2 => percent(bytes, false, false),
        3 => percent(bytes, true, how > 128),
        4 => json(bytes, "/"),
        5 => json(bytes, "\\/"),
        6 => json(bytes, "\\u002F"),
        7 => base64(&[before.as_bytes(), bytes].concat(), false),
        8 => base64(&[before.as_bytes(), bytes].concat(), true),
        9 => bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect(),
        10 => bytes.iter().flat_map(|b| format!("{b:02X}").into_bytes()).collect(),
        _ => percent(&percent(bytes, false, true), false, true),
    }
}

fn secret() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9+/]{40}", "[A-Za-z0-9+/=]{8,300}", "[!-~]{8,24}"]
}

/// Pieces of what logs are made of, so that rules meet each other.
fn log_text() -> impl Strategy<Value = Vec<u8>> {
    let words = select(vec![
        "aws_secret_access_key",
        "AWS_SESSION_TOKEN",
        "\"SecretAccessKey\"",
        "\\\"Token\\\"",
        "<Password>",
        "</Password>",
        "--password",
        " = ",
        "=",
        ":",
        "\": \"",
        "\\",
        "\\\"",
        "\"",
        "'",
        "%22",
        "%3D",
        "%3A",
        "&",
        "&amp;",
        "&quot;",
        ",",
        ";",
        " ",
        "\n",
        "\r\n",
        "[",
        "]",
        "{",
        "}",
        "(",
        "<",
        ">",
        "Authorization: ",
        "Bearer ",
        "Basic ",
        "AWS4-HMAC-SHA256 ",
        "AWS ",
        "Signature=",
        "Cookie: ",
        "eyJ",
        "eyJhbGciOiJI",
        ".",
        "eyJzdWIiOiIxMjM0",
        "-----BEGIN ",
        "PRIVATE KEY",
        "-----",
        "-----END ",
        "https://",
        "user",
        "@",
        "/",
        "AKIAIOSFODNN7EXAMPLE",
        "AKIA",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYSECRETSKEY",
        "wJalrXUtnFEMI/K7M",
        "5d672d79c15b13162d9279b0855cfba6",
        "null",
        "123456",
        "[password]",
        "[aws-secret-access-key]",
        "[token",
        "ABSK",
        "bedrock-api-key-",
        "X-Amz-Signature",
        "export ",
        "name",
        "value",
        "\u{e4}",
        "\0",
        "b'",
        "*",
    ]);
    let piece = prop_oneof![
        8 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..12),
        1 => "[A-Za-z0-9/+]{0,45}".prop_map(String::into_bytes),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// JSON whose keys and strings are such text, and whose strings hold JSON at times.
fn document() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        2 => select(vec!["SecretAccessKey", "password", "Authorization", "log", "TokenCode", "Cookie", "x"])
            .prop_map(str::to_owned),
        1 => log_text().prop_map(|text| shown(&text)),
    ];
    let leaf = prop_oneof![
        4 => log_text().prop_map(|text| Value::from(shown(&text))),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        1 => select(vec![Value::Null, Value::Bool(true), Value::Bool(false)]),
    ];
    let value = leaf.prop_recursive(3, 8, 3, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::Array),
            vec((key.clone(), inner.clone()), 0..4).prop_map(|all| Value::Object(all.into_iter().collect())),
            inner.prop_map(|value| Value::from(value.to_string())),
        ]
    });
    vec(value, 1..4).prop_map(|all| serde_json::json!({ "Token": all.first(), "list": all }))
}

/// Text beyond ASCII as `\u00e4`, and slashes escaped.
fn ascii(json: &str) -> String {
    let mut out = String::new();
    for c in json.chars() {
        match c {
            '/' => out.push_str("\\/"),
            _ if c.is_ascii() => out.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out
}

fn in_pieces(redactor: &Redactor, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut stream = redactor.stream();
    let mut out = Vec::new();
    let mut rest = text;
    for cut in cuts.iter().cycle().take(text.len() + 1) {
        let (now, later) = rest.split_at((cut % 40).min(rest.len()));
        out.extend(stream.push(now));
        rest = later;
    }
    out.extend(stream.push(rest));
    out.extend(stream.finish());
    out
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn learned_secrets_never_survive(
        secret in secret(), token in secret(), how: u8, before in "[a-z]{0,5}", head in log_text(),
        tail in log_text(), cuts in vec(1usize..40, 1..8),
    ) {
        let mut redactor = Redactor::new();
        redactor.learn(&Credentials::new("AKIDEXAMPLE", secret.clone()).with_session_token(token.clone()))?;
        let text = [&head, encoded(&secret, how, &before).as_slice(), b" ", &encoded(&token, how / 12, &before), &tail]
            .concat();
        prop_assert!(redact::find_secret(&text, secret.as_bytes()).is_some(), "{}", shown(&text));
        let out = in_pieces(&redactor, &text, &cuts);
        prop_assert_eq!(redact::find_secret(&out, secret.as_bytes()), None, "{}", shown(&out));
        prop_assert_eq!(redact::find_secret(&out, token.as_bytes()), None, "{}", shown(&out));
        prop_assert_eq!(shown(&redactor.redact_bytes(&text)), shown(&out));
    }

    #[test]
    fn cuts_do_not_matter(text in log_text(), cuts in vec(1usize..40, 1..8), mask: bool) {
        let mut redactor = Redactor::new().mask_key_ids(mask);
        redactor.learn_secret("db", b"Secret/Password=1")?;
        redactor.learn_secret("slash", b"////////")?;
        let text = [text.as_slice(), b"Secret%2FPassword%3d1", &text].concat();
        let whole = redactor.redact_bytes(&text);
        prop_assert_eq!(shown(&in_pieces(&redactor, &text, &cuts)), shown(&whole), "{}", shown(&text));
        prop_assert_eq!(shown(&in_pieces(&redactor, &text, &[1])), shown(&whole), "{}", shown(&text));
    }

    #[test]
    fn once_is_enough(text in log_text(), mask: bool) {
        let mut redactor = Redactor::new().mask_key_ids(mask);
        redactor.learn_secret("db", b"Secret/Password=1")?;
        let once = redactor.redact_bytes(&text);
        prop_assert_eq!(shown(&redactor.redact_bytes(&once)), shown(&once), "{}", shown(&text));
        let target = redactor.target(&text);
        prop_assert_eq!(shown(&redactor.target(&target)), shown(&target), "{}", shown(&text));
    }

    #[test]
    fn any_bytes_will_do(bytes in vec(any::<u8>(), 0..300), name in vec(any::<u8>(), 0..20)) {
        let _ = (redact::bytes(&bytes), redact::header(&name, &bytes), redact::target(&bytes), redact::query(&bytes));
        let _ = (redact::header(b"authorization", &bytes), redact::find_secret(&bytes, &name));
        let lines = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count();
        prop_assert_eq!(lines(&redact::bytes(&bytes)), lines(&bytes));
    }

    #[test]
    fn json_stays_json(document in document(), learn: bool, cuts in vec(1usize..40, 1..8)) {
        let mut redactor = Redactor::new();
        if learn {
            redactor.learn_secret("db", b"nSecret/\\\"Password=1")?;
            redactor.learn_secret("slash", b"\\\\\\\\\\\\\\\\")?;
        }
        let pretty = serde_json::to_string_pretty(&document)?;
        for text in [document.to_string(), ascii(&document.to_string()), pretty] {
            let out = redactor.redact(&text);
            let was: Shape = serde_json::from_str(&text)?;
            let is: Shape = serde_json::from_str(&out).map_err(|e| {
                TestCaseError::fail(format!("{e}\n{text}\n{out}"))
            })?;
            prop_assert!(same_shape(&was, &is), "{}\n{}", text, out);
            prop_assert_eq!(&redactor.redact(&out), &out, "{}", text);
            prop_assert_eq!(shown(&in_pieces(&redactor, text.as_bytes(), &cuts)), out);
        }
    }

    #[test]
    fn lines_of_json_stay_json(lines in vec((log_text(), document(), any::<bool>()), 1..5), prefix in select(vec!["", "12:00:01 DEBUG reply "])) {
        // Text of another kind may stand between lines that are JSON altogether. (Before any other line it may be
        // an element whose value is there.)
        let between = |other: &[u8]| shown(other).replace(['\n', '\r'], "");
        let lines: Vec<(String, Option<&Value>)> = lines
            .iter()
            .map(|(other, document, is_json)| {
                if *is_json || !prefix.is_empty() {
                    (format!("{prefix}{document}\n"), Some(document))
                } else {
                    (between(other) + "\n", None)
                }
            })
            .collect();
        let text: String = lines.iter().map(|(line, _)| line.as_str()).collect();
        let out = redact::text(&text);
        prop_assert_eq!(out.lines().count(), lines.len());
        for (line, (was, document)) in out.lines().zip(&lines) {
            if let Some(document) = document {
                let json = line.strip_prefix(prefix).unwrap_or_default();
                let before: Shape = serde_json::from_str(&document.to_string())?;
                let after: Result<Shape, _> = serde_json::from_str(json);
                prop_assert!(after.is_ok_and(|after| same_shape(&before, &after)), "{}\n{}\n{}", text, was, line);
            }
        }
    }
}

/// Texts that broke one of the above once, or would if the JSON around them were not minded.
#[test]
fn what_failed_once_holds() {
    let json = [
        r#"{"Token":"[\"Authorization: /{\\\"aws_secret_access_key\"]"}"#,
        r#"{"a":"\\","password\\": 1}"#,
        r#"{"a":"password=\\" ,"b":"c"}"#,
        r#"{"k":"-----BEGIN PRIVATE KEY-----abc\"def"}"#,
        r#"{"k":"-----BEGIN PRIVATE KEY-----\\\"def\\"}"#,
        r#"{"x":"\bedrock-api-key-abcdefghijklmnopqrst"}"#,
        r#"{"Token":[-0.125],"password":7,"list":[true,null]}"#,
        r#"{"<Password>":"","list":[]}"#,
        r#"{"Cookie":"a=\\","b":"c"}"#,
        r#"["token = --password=user","Signature=--password%3D=&"]"#,
        r#"{"Token":"{\"--password\\\\\":0}"}"#,
        r#"{"Token":[-100000000000000,"aws_secret_access_key"]}"#,
        r#"{"password":["","b",3,null,"c"]}"#,
        r#"{"Token":{"Authorization":"&Authorization: Cookie:  = "}}"#,
    ];
    for text in json {
        let out = redact::text(text);
        for text in [text, &out] {
            assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
        }
        assert_eq!(redact::text(&out), out, "{text}");
        assert_eq!(shown(&in_pieces(&Redactor::new(), text.as_bytes(), &[1])), out);
    }
    // No attributes of an element, however near its end they come when the text gets shorter.
    let long = "A".repeat(160);
    let text = format!(
        ":secretaccesskey ation: =--password--passwordAuthorization: abcdefghijklmnopqrstuvwx\": {long} Authorization: abcdefghijkl>h"
    );
    let out = redact::text(&text);
    assert_eq!(redact::text(&out), out);
    let masking = Redactor::new().mask_key_ids(true);
    for text in
        ["bedrock-api-key- = AKIAIOSFODNN7EXAMPLE\"SecretAccessKey\"", "AKIAIOSFODNN7EXAMPLE--password -"]
    {
        let once = masking.redact(text);
        assert_eq!(masking.redact(&once), once);
    }
    let once = redact::target(b"?AKIAbedrock-api-key-/aaa+aAAA0aA+a0A = ");
    assert_eq!(shown(&redact::target(&once)), shown(&once));
    // A learned secret that begins or ends within an escape.
    let mut redactor = Redactor::new();
    redactor.learn_secret("n", b"nabcdefgh").expect("long enough");
    redactor.learn_secret("b", b"12345678\\").expect("long enough");
    for (text, want) in [
        (r#"{"a":"x\nabcdefgh"}"#, r#"{"a":"x\\[n]"}"#),
        (r#"{"a":"12345678\"y"}"#, r#"{"a":"[b]\"y"}"#),
        (r#"{"a":"12345678\\"}"#, r#"{"a":"[b]"}"#),
    ] {
        assert_eq!(redactor.redact(text), want);
    }
}

/// A label says the name of what it hides, and that may be a secret itself: labels are passed over whole, also those in
/// a URL's authority, whose brackets are percent-encoded.
#[test]
fn a_learned_secret_is_not_looked_for_in_labels() {
    for secret in ["password", "5Bpassword", "%5Bpassword%5D"] {
        for tag in [false, true] {
            let mut redactor = if tag { Redactor::new().tag_key(b"k") } else { Redactor::new() };
            redactor.learn_secret("db", secret.as_bytes()).expect("long enough");
            for text in ["http://bob:inv3nted@host/x", "redis://:inv3nted@host:6379 and http://[::1]/"] {
                let once = redactor.redact(text);
                assert!(once.contains("password"), "{once}");
                assert_eq!(redactor.redact(&once), once, "{secret}: once is enough");
                assert_eq!(shown(&in_pieces(&redactor, once.as_bytes(), &[1])), once);
                assert!(redactor.search(once.as_bytes()).is_empty(), "{secret} in {once}");
            }
        }
    }
    // What goes beyond a label, or looks like one and is none, is the secret all the same.
    let mut redactor = Redactor::new();
    redactor.learn_secret("db", b"word%5D@host").expect("long enough");
    redactor.learn_secret("other", b"5Bunknown").expect("long enough");
    assert_eq!(redactor.redact("//bob:%5Bpassword%5D@host %5Bunknown%5D"), "//bob:%5Bpass[db] %[other]%5D");
}

#[test]
fn what_is_held_back_is_bounded() {
    for unit in [
        "eyJaaaaaaaa",
        "secret",
        "://a:b",
        "A",
        "\\",
        "Bearer ",
        "secret = ",
        "-----BEGIN ",
        "%",
        "[",
        "\"token\", ",
    ] {
        let mut stream = Redactor::new().stream();
        let (mut given, mut got) = (0, 0);
        for _ in 0..20_000 / unit.len() {
            given += unit.len();
            got += stream.push(unit.as_bytes()).len();
            assert!(given - got <= 2048 || unit == "secret = ", "{unit}: {given} {got}");
        }
    }
}

#[test]
fn time_grows_with_the_length() {
    // Each would take minutes if any rule looked over the text again and again.
    let unit = "secret token password signature eyJabc :// bearer da39a3ee5e6b4b0d3255bfef95601890afd80709 \\\\ [x] ";
    for text in
        [unit.repeat(1_000), "a".repeat(100_000), "0123456789abcdef0123456789abcdefABCDEF/+ ".repeat(2_000)]
    {
        let mut redactor = Redactor::new();
        redactor.learn_secret("a", &[b'a'; 64]).expect("long enough");
        assert!(redactor.redact(&text).len() <= text.len());
    }
}
