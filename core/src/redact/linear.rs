//! That time grows with the length of the text: by counting the bytes that rules look at, not by a clock.

use super::Redactor;
use super::view::looks;

/// Texts that keep a rule busy at every place, or lead it far ahead in vain.
const UNITS: [&str; 31] = [
    "\"",
    "\\",
    "=",
    "[",
    "{\"",
    "%22",
    "&quot;",
    "-",
    "A",
    "/",
    "Ab1+",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSECRETSKE",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSECRETSKEY",
    "AWS_SECRET_ACCESS_KEY=",
    "AWS_SECRET_ACCESS_KEY ",
    "\"password\": ",
    "\"password\", ",
    "password: Some(H1(",
    "password: \"\" => ",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "eyJhbGciOiJI",
    "eyJhbGciOiJI.",
    "https://a:",
    "Bearer Aa1 ",
    "ABSK",
    "AKIA",
    "{\"a\":[\"token\\\"",
    "PASSWORD=\">",
    "PASSWORD=<a>",
    "PASSWORD=' a ",
];

/// How many bytes are looked at when `unit` is repeated up to `len` bytes.
fn work(redactor: &Redactor, unit: &str, len: usize) -> usize {
    let text = unit.repeat(len / unit.len());
    let before = looks();
    let out = redactor.redact_bytes(text.as_bytes());
    assert!(out.len() <= text.len() * 4, "{unit}");
    looks() - before
}

#[test]
fn work_grows_with_the_length() {
    const LEN: usize = 1 << 14;
    let mut redactor = Redactor::new().mask_key_ids(true);
    redactor.learn_secret("a", &[b'A'; 64]).unwrap();
    redactor.learn_secret("b", "=\"\\\u{e4}==========".as_bytes()).unwrap();
    for unit in UNITS {
        let once = work(&redactor, unit, LEN);
        let twice = work(&redactor, unit, 2 * LEN);
        assert!(twice <= once * 2 + once / 16 + 4096, "{unit}: {once} bytes looked at, then {twice}");
        assert!(once <= 256 * LEN, "{unit}: {} looks a byte", once / LEN);
    }
}

#[test]
fn a_mebibyte_is_no_more_than_a_thousand_kibibytes() {
    let redactor = Redactor::new();
    for unit in ["AWS_SECRET_ACCESS_KEY=", "-----BEGIN "] {
        let little = work(&redactor, unit, 1 << 12);
        let much = work(&redactor, unit, 1 << 20);
        assert!(much <= 260 * little + 4096, "{unit}: {little} bytes looked at, then {much}");
    }
}

#[test]
fn pieces_cost_no_more_than_what_is_held_back() {
    for unit in UNITS {
        let text = unit.repeat(4096 / unit.len());
        let mut stream = Redactor::new().stream();
        let before = looks();
        let mut shown = 0;
        for byte in text.as_bytes() {
            shown += stream.push(&[*byte]).len();
        }
        assert!(shown + stream.finish().len() > 0);
        let each = (looks() - before) / text.len();
        assert!(each <= 4096, "{unit}: {each} looks a byte");
    }
}
