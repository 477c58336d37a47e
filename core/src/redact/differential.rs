//! The fast way of looking against the careful one: what is never skipped must come to the same.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::Redactor;

thread_local! {
    static CAREFUL: Cell<bool> = const { Cell::new(false) };
}

/// Whether every place is to be looked at: each word by the automaton, each run a byte at a time, each bracket of JSON,
/// and each place for each learned secret in each form.
pub(super) fn careful() -> bool {
    CAREFUL.get()
}

/// Redacts a text in both ways, whole and in pieces: of this length, and of one that is not copied to be looked at.
fn both(redactor: &Redactor, text: &[u8], piece: usize) {
    let fast = redactor.redact_bytes(text);
    let in_pieces = |piece: usize| {
        let mut stream = redactor.stream();
        let mut cut: Vec<u8> = text.chunks(piece).flat_map(|piece| stream.push(piece)).collect();
        cut.extend(stream.finish());
        cut
    };
    let pieces = [piece.max(1), piece + 1100].map(|piece| (piece, in_pieces(piece)));
    CAREFUL.set(true);
    let slow = redactor.redact_bytes(text);
    CAREFUL.set(false);
    let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(show(&fast), show(&slow), "{}", show(text));
    for (piece, cut) in pieces {
        assert_eq!(show(&cut), show(&slow), "in pieces of {piece}: {}", show(text));
    }
}

fn decode(text: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut held) = (Vec::new(), 0usize, 0);
    for digit in text.bytes().filter_map(|byte| DIGITS.bytes().position(|digit| digit == byte)) {
        bits = bits << 6 | digit;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    out
}

/// The texts of the corpus.
fn corpus() -> Vec<Vec<u8>> {
    include_str!("../../../vectors/redaction/cases.jsonl")
        .lines()
        .map(|line| decode(serde_json::from_str::<Value>(line).unwrap()["text_b64"].as_str().unwrap()))
        .collect()
}

/// Every form of `forms.jsonl`, with the secrets in their slots.
fn forms() -> Vec<Vec<u8>> {
    let mut lines = include_str!("../../../vectors/redaction/forms.jsonl").lines();
    let head: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let slots = head["slots"].as_object().unwrap();
    lines
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = line["text"].as_str().unwrap().to_owned();
            let filled = slots.iter().fold(text, |text, (name, secret)| {
                text.replace(&format!("{{{name}}}"), secret.as_str().unwrap())
            });
            filled.into_bytes()
        })
        .collect()
}

/// Lines that say nothing, long enough that the fast way is taken.
const FILLER: &str =
    "2026-05-01 10:00:00 DEBUG botocore.hooks: handler <function x at 0x7f3c2b1d5e40> of /usr/lib/python3\n";

#[test]
fn the_corpus_comes_to_the_same() {
    let filler = FILLER.repeat(12);
    for mask in [false, true] {
        let mut redactor = Redactor::new().mask_key_ids(mask);
        redactor.learn_secret("db", b"Secret/Password=1").unwrap();
        for text in corpus() {
            for before in [0, 1, 40, 255, 1000] {
                let text = [&filler.as_bytes()[..before], &text, b"\n", filler.as_bytes()].concat();
                both(&redactor, &text, 64);
            }
        }
    }
}

#[test]
fn every_form_comes_to_the_same() {
    let filler = FILLER.repeat(12);
    let forms = forms();
    assert!(forms.len() > 700, "{}", forms.len());
    for (i, form) in forms.iter().enumerate() {
        // At any place of the steps that the fast way takes, and on lines of their own.
        let before = &filler.as_bytes()[..i * 7 % 256];
        for text in [
            [before, form, b"\n", filler.as_bytes()].concat(),
            [filler.as_bytes(), form, b"\n", filler.as_bytes()].concat(),
        ] {
            both(&Redactor::new().mask_key_ids(i % 2 == 0), &text, 1 + i * 13 % 300);
        }
    }
}

#[test]
fn a_secret_is_found_wherever_a_round_of_samples_ends() {
    let (long, short) = ("vN3xT/pQ8rKd2+LmZw7YsJ4hBgUc6EoXfAa9Ri1t", "Xy7+qPz4");
    let mut redactor = Redactor::new();
    redactor.learn_secret("db", long.as_bytes()).unwrap();
    redactor.learn_secret("db", short.as_bytes()).unwrap();
    let filler = FILLER.repeat(80);
    // In hexadecimal the short one is just as long as what is looked for at least.
    for (secret, how) in [(long, 0), (long, 3), (long, 4), (long, 5), (long, 6), (long, 7), (short, 3)] {
        let spelled = spelled(secret.as_bytes(), how);
        for at in (2048 - 90..2048 + 10).chain(4096 - 90..4096 + 10) {
            let text = [&filler.as_bytes()[..at], b" ", &spelled, b" ", &filler.as_bytes()[at..]].concat();
            let out = redactor.redact_bytes(&text);
            let labels = out.windows(4).filter(|part| part == b"[db]").count();
            assert!(labels == 1, "{how} at {at}: {}", String::from_utf8_lossy(&out[at - 40..at + 90]));
        }
    }
}

/// Texts that came to something else once.
#[test]
fn what_failed_once_comes_to_the_same() {
    let mut redactor = Redactor::new();
    redactor.learn_secret("s0", b"/a+0aAAA0aaa+/AA+AA+Aaa+aA+/aaaaaaaA+AAa").unwrap();
    // The slash is escaped for JSON and then for a URL, its backslash for JSON alone.
    let text = "/a+0aAAA0aaa+/AA+AA+Aaa+aA+/aaaaaaaA+AAa\\%2Fa%2B0aAAA0aaa%2B%2FAA%2BAA%2BAaa%2BaA%2B%2FaaaaaaaA%2BAAa";
    both(&redactor, text.as_bytes(), 1);
    assert_eq!(redactor.redact(text), "[s0][s0]");
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let words = select(vec![
        "aws_secret_access_key = ",
        "SessionToken\": \"",
        "Password=",
        "AUTHORIZATION: Bearer ",
        "https://u:p@h/",
        "Cookie: a",
        "eyJhbGciOiJI.eyJzdWIiOiIx",
        "-----BEGIN PRIVATE KEY-----",
        "-----END ",
        "ABSK",
        "bedrock-api-key-",
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYSECRETSKEY",
        "Secret/Password=1",
        "Secret%2FPassword%3d1",
        "Secret\\/Password\\u003D1",
        "U2VjcmV0L1Bhc3N3b3JkPTE=",
        "TZWNyZXQvUGFzc3dvcmQ9MS",
        "5365637265742F50617373776F72643D31",
        "%53%65%63%72%65%74%2f%50%61%73",
        "tok-a_b+c/d=e f tok",
        "tok-a_b+c/d=e+f+tok",
        "tok-a_b%2Bc/d%3De%20f",
        "\\u0074\\u006f\\u006b\\u002d\\u0061",
        "&#x2F;",
        "&amp;",
        "{\"a\": \"",
        "{\"a\":1}\n",
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "=",
        "%",
        "\n",
        "\r\n",
        " ",
        "x",
        "[db]",
        "[tok",
        FILLER,
    ]);
    let piece = prop_oneof![8 => words.prop_map(|word| word.as_bytes().to_vec()), 1 => vec(any::<u8>(), 0..9), 1 => "[A-Za-z0-9/+]{0,45}".prop_map(String::into_bytes)];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Secrets in both alphabets of base64, with every kind of character.
fn secrets() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let secret = prop_oneof![
        "[A-Za-z0-9+/]{40}",
        "[a-z]{8,14}",
        "[A-Za-z0-9+/=_-]{8,90}",
        "[ -~]{8,24}",
        "[!-~\u{e4}]{8,12}",
        "a/{7,40}[0-9]"
    ];
    vec(secret.prop_map(String::into_bytes), 1..6)
}

fn percent(text: &[u8], all: bool, upper: bool) -> Vec<u8> {
    let escape = |byte: &u8| match (byte, upper) {
        (b, _) if b.is_ascii_alphanumeric() && !all => vec![*b],
        (b, true) => format!("%{b:02X}").into_bytes(),
        (b, false) => format!("%{b:02x}").into_bytes(),
    };
    text.iter().flat_map(escape).collect()
}

fn spelled(secret: &[u8], how: u8) -> Vec<u8> {
    let base64 = |shift: usize, url: bool| {
        let digits = super::encoding::base64_inner(secret, shift);
        digits
            .iter()
            .map(|digit| match digit {
                b'+' if url => b'-',
                b'/' if url => b'_',
                other => *other,
            })
            .collect()
    };
    match how % 14 {
        0 => secret.to_vec(),
        1 => percent(secret, false, true),
        2 => percent(secret, true, how > 128),
        3 => super::encoding::hex(secret).to_vec(),
        4 => super::encoding::hex(secret).to_ascii_uppercase(),
        5..=7 => base64(usize::from(how % 14) - 5, how > 128),
        8 => serde_json::to_string(&String::from_utf8_lossy(secret)).unwrap().into_bytes(),
        9 => percent(&base64(usize::from(how) % 3, false), false, how > 128),
        10 => percent(&percent(secret, false, true), false, true),
        11 => secret.iter().flat_map(|byte| format!("\\u{byte:04x}").into_bytes()).collect(),
        12 => secret
            .iter()
            .flat_map(|b| if b.is_ascii_alphanumeric() { vec![*b] } else { format!("&#{b};").into_bytes() })
            .collect(),
        _ => secret.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn any_text_comes_to_the_same(text in pieces(), mask: bool, piece in 1usize..600, before in 0usize..1500) {
        // Most of what looks for speed is not worth it in short texts.
        let text = [&FILLER.repeat(15).as_bytes()[..before], &text].concat();
        let mut redactor = Redactor::new().mask_key_ids(mask);
        redactor.learn_secret("db", b"Secret/Password=1")?;
        redactor.learn_secret("tok", b"tok-a_b+c/d=e f tok")?;
        both(&redactor, &text, piece);
    }

    #[test]
    fn any_secret_is_found_as_if_every_place_were_looked_at(
        secrets in secrets(), parts in vec((any::<u8>(), any::<u8>(), any::<u8>(), "[ -~]{0,20}"), 0..12), piece in 1usize..200,
        before in 0usize..1500,
    ) {
        let mut redactor = Redactor::new();
        for (i, secret) in secrets.iter().enumerate() {
            redactor.learn_secret(&format!("s{i}"), secret)?;
        }
        // Some cut off, at their end or at their beginning.
        let text: Vec<u8> = parts.iter().flat_map(|(which, how, cut, other)| {
            let text = spelled(&secrets[usize::from(*which) % secrets.len()], *how);
            let len = if *cut < 128 { text.len() } else { usize::from(*cut - 128).min(text.len()) };
            [&text[..len], other.as_bytes()].concat()
        }).collect();
        let text = [&FILLER.repeat(15).as_bytes()[..before], &text].concat();
        both(&redactor, &text, piece);
        for (which, how, cut, _) in &parts {
            let secret = &secrets[usize::from(*which) % secrets.len()];
            if *cut < 128 && how % 14 == 0 {
                let out = redactor.redact_bytes(&text);
                prop_assert!(!out.windows(secret.len()).any(|part| part == secret), "{}", String::from_utf8_lossy(&out));
            }
        }
    }
}

/// Few enough for every build; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    #[allow(clippy::disallowed_methods)] // a test may be told how much to try
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    asked.unwrap_or(96)
}
