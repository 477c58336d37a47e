//! Logs, and what has a format of its own: it must have one afterwards.

use awsaccess::credentials::Credentials;
use awsaccess::redact::{Redactor, find_secret};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use super::body::cut;
use super::shape::{Shape, same_shape};

const LEARNED: &str = "wJalr/XUtnFEMI+K7MDENG/bPxRfiCYFUZZKEYEX";

fn learned() -> Redactor {
    let mut redactor = Redactor::new();
    redactor.learn(&Credentials::new("AKIAQ3XMPL5LEARNED77", LEARNED)).unwrap();
    redactor
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What comes out whole; byte by byte and in pieces it is the same.
fn any_cut(redactor: &Redactor, text: &[u8], seed: u8) -> Vec<u8> {
    let whole = redactor.redact_bytes(text);
    let ways: [Box<dyn Iterator<Item = &[u8]>>; 2] = [Box::new(text.chunks(1)), Box::new(cut(text, seed))];
    for pieces in ways {
        let mut stream = redactor.stream();
        let mut out: Vec<u8> = Vec::new();
        for piece in pieces {
            out.extend(stream.push(piece));
        }
        out.extend(stream.finish());
        assert_eq!(shown(&out), shown(&whole), "cut by {seed}: {}", shown(text));
    }
    whole
}

/// Bytes as a log, with a learned secret put into it somewhere.
pub(super) fn redact(data: &[u8]) {
    let [seed, high, low, text @ ..] = data else { return };
    let at = usize::from(u16::from_be_bytes([*high, *low])) % (text.len() + 1);
    let text = [&text[..at], LEARNED.as_bytes(), &text[at..]].concat();
    let whole = any_cut(&learned(), &text, *seed);
    assert!(find_secret(&whole, LEARNED.as_bytes()).is_none(), "the secret is there");
    // In any text there are as many lines after as before, or fewer where a value went on.
    let lines = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count();
    assert!(lines(&whole) <= lines(&text));
}

/// A mode, the length of a secret, the secret, and a text: the secret in one of its encodings, before, within and behind
/// the text.
pub(super) fn redact_learned(data: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let [mode, length, rest @ ..] = data else { return };
    let length = 8 + usize::from(*length);
    let Some((secret, text)) = rest.split_at_checked(length) else { return };
    let secret: Vec<u8> = secret.iter().map(|byte| DIGITS[usize::from(byte & 63)]).collect();
    let written: Vec<u8> = match mode % 4 {
        0 => secret.clone(),
        1 => secret.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect(),
        2 => secret.iter().flat_map(|byte| format!("\\u{byte:04x}").into_bytes()).collect(),
        _ => secret.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(),
    };
    let mut redactor = Redactor::new();
    redactor.learn_secret("of the fuzzer", &secret).unwrap();
    let (before, behind) = text.split_at(text.len() / 2);
    // With something between that is in no encoding, so that each of the three stands for itself.
    let text = [&written, &b" ;"[..], before, b"; ", &written, b" ;", behind, b"; ", &written].concat();
    let out = any_cut(&redactor, &text, *mode);
    assert_eq!(find_secret(&out, &secret), None, "{} in {}", shown(&secret), shown(&out));
    redactor.forget_secret(&secret);
    assert!(redactor.search(&text).is_empty(), "what is forgotten is not looked for");
}

/// Bytes as JSON.
pub(super) fn redact_json(data: &[u8]) {
    let Some((seed, text)) = data.split_first() else { return };
    let Ok(was) = serde_json::from_slice::<Shape>(text) else { return };
    let redactor = learned();
    let out = any_cut(&redactor, text, *seed);
    let is: Shape = serde_json::from_slice(&out).unwrap_or_else(|error| {
        panic!("{error}: {} became {}", shown(text), shown(&out));
    });
    assert!(same_shape(&was, &is), "{} became {}", shown(text), shown(&out));
    assert_eq!(shown(&redactor.redact_bytes(&out)), shown(&out), "once is enough: {}", shown(text));
    // The value of it, with a secret under a name and one in a text.
    let Ok(value) = serde_json::from_slice::<Value>(text) else { return };
    let mut value = json!({"db_password": LEARNED, "log": format!("got {LEARNED}"), "is": value});
    redactor.json(&mut value);
    assert!(find_secret(value.to_string().as_bytes(), LEARNED.as_bytes()).is_none(), "{value}");
    let once = value.clone();
    redactor.json(&mut value);
    assert_eq!(value, once, "once is enough");
}

/// The elements of a document in their order, if it is well formed.
fn elements(text: &str) -> Option<Vec<String>> {
    let mut reader = Reader::from_str(text);
    let (mut names, mut open) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                start.attributes().all(|attribute| attribute.is_ok()).then_some(())?;
                let name = start.name().as_ref().to_owned();
                open.push(name.clone());
                names.push(name);
            }
            Event::Empty(empty) => {
                empty.attributes().all(|attribute| attribute.is_ok()).then_some(())?;
                names.push(empty.name().as_ref().to_owned());
            }
            Event::End(end) if open.pop().as_deref() != Some(end.name().as_ref()) => return None,
            Event::Eof => return (open.is_empty() && !names.is_empty()).then_some(names),
            _ => {}
        }
    }
}

/// Bytes as the text of elements: whatever stands there, escaped as a writer does, the elements stay.
pub(super) fn redact_xml(data: &[u8]) {
    let Some((seed, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let escape = |part: &str| {
        let part: String = part.chars().filter(|c| *c != '`' && !c.is_control() || *c == '\n').collect();
        part.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&apos;")
    };
    let names = ["SecretAccessKey", "Name", "Value", "sts:SessionToken", "x", "Password", "Token"];
    let mut document = String::from("<reply>");
    for (nth, part) in text.split('\u{1}').enumerate() {
        let name = names[(nth + usize::from(*seed)) % names.len()];
        let attribute = if nth % 3 == 2 { format!(" key=\"{}\"", escape(part)) } else { String::new() };
        document += &format!("<{name}{attribute}>{}</{name}>\n", escape(part));
    }
    document += "</reply>";
    let Some(was) = elements(&document) else { return };
    let redactor = learned();
    let out = shown(&any_cut(&redactor, document.as_bytes(), *seed));
    assert_eq!(elements(&out), Some(was), "{document} became {out}");
    assert_eq!(redactor.redact(&out), out, "once is enough: {document}");
}

/// Bytes as the lines of a block of YAML: none of them is seen, and what follows stays.
pub(super) fn redact_yaml(data: &[u8]) {
    let [seed, text @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            line.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '+' | '/' | ':')).collect()
        })
        // What begins as a reference to a secret stays; this begins as none.
        .map(|line: String| format!("1{}", line.trim()))
        .filter(|line| line.len() >= 8)
        .collect();
    if lines.is_empty() {
        return;
    }
    let indent = " ".repeat(usize::from(seed & 3) * 2);
    let mark = ["|", ">", "|-", ">+"][usize::from(seed >> 2 & 3)];
    let block: String = lines.iter().map(|line| format!("{indent}  {line}\n")).collect();
    let document = format!("{indent}db_password: {mark}\n{block}{indent}next: value\n");
    let out = shown(&any_cut(&learned(), document.as_bytes(), *seed));
    let rest = out.strip_prefix(&format!("{indent}db_password: {mark}\n{indent}  [password]"));
    let rest = rest.unwrap_or_else(|| panic!("{document} became {out}"));
    assert_eq!(rest.trim_start_matches('\n'), format!("{indent}next: value\n"), "{document} became {out}");
}

/// Where an item of CBOR ends (RFC 8949); `None` if none is there. Texts must be UTF-8, and keys texts.
fn item(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    let (first, rest) = bytes.split_first().filter(|_| depth < 32)?;
    let (major, info) = (first >> 5, first & 31);
    let (number, rest) = match info {
        0..=23 => (Some(u64::from(info)), rest),
        24..=27 => {
            let (digits, rest) = rest.split_at_checked(1 << (info - 24))?;
            (Some(digits.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))), rest)
        }
        31 if matches!(major, 2..=5) => (None, rest),
        _ => return None,
    };
    let mut rest = rest;
    match (major, number) {
        (0 | 1 | 7, _) => Some(rest),
        (6, _) => item(rest, depth + 1),
        (2 | 3, Some(length)) => {
            let (text, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            (major == 2 || std::str::from_utf8(text).is_ok()).then_some(rest)
        }
        _ => {
            let each = if major == 5 { 2 } else { 1 };
            let mut left = number.map(|count| count.saturating_mul(each));
            loop {
                if left == Some(0) {
                    return Some(rest);
                }
                if left.is_none() && rest.first() == Some(&0xff) {
                    return rest.get(1..);
                }
                if matches!(major, 2 | 3)
                    && rest.first().is_none_or(|piece| piece >> 5 != major || piece & 31 == 31)
                {
                    return None;
                }
                for _ in 0..if left.is_none() { each } else { 1 } {
                    rest = item(rest, depth + 1)?;
                }
                left = left.map(|left| left - 1);
            }
        }
    }
}

/// Bytes as an item of CBOR, beside a secret in one document.
pub(super) fn redact_cbor(data: &[u8]) {
    let Some((seed, inner)) = data.split_first() else { return };
    if item(inner, 0).is_none_or(|rest| !rest.is_empty()) {
        let _ = any_cut(&learned(), inner, *seed);
        return;
    }
    let length = u8::try_from(LEARNED.len()).unwrap();
    let head = |name: &str| [&[0x60 + u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
    let text = [&[0x78, length], LEARNED.as_bytes()].concat();
    let document =
        [&[0xa3][..], &head("SecretAccessKey"), &text, &head("x"), inner, &head("log"), &text].concat();
    // What may just stand alone is too deep inside of another.
    if item(&document, 0) != Some(&[][..]) {
        return;
    }
    let redactor = Redactor::new();
    let out = any_cut(&redactor, &document, *seed);
    assert_eq!(item(&out, 0), Some(&[][..]), "{document:02x?} became {out:02x?}");
    let shown = head("[aws-secret-access-key]");
    assert!(out.windows(shown.len()).any(|window| window == shown), "{out:02x?}");
    // The item may have the beginning of the secret in itself, which this redactor does not know.
    let is_known = find_secret(inner, LEARNED.as_bytes()).is_some();
    assert!(is_known || find_secret(&out, LEARNED.as_bytes()).is_none(), "{out:02x?}");
    assert_eq!(redactor.redact_bytes(&out), out, "once is enough");
    let out = any_cut(&learned(), &document, *seed);
    assert_eq!(item(&out, 0), Some(&[][..]), "{document:02x?} became {out:02x?}");
}
