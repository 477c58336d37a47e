//! Every form of `vectors/redaction/forms.jsonl`: what stands in a slot is hidden, whatever else is there stays, and a
//! text without a slot stays as it is.

use std::collections::BTreeMap;
use std::io::Write as _;

use awsaccess::redact::{self, Redactor};
use serde_json::Value;

struct Form {
    id: String,
    text: String,
    /// What lies between the secrets.
    parts: Vec<String>,
    secrets: Vec<String>,
}

/// Cuts a text at its slots.
fn cut(text: &str, slots: &BTreeMap<String, String>) -> (Vec<String>, Vec<String>) {
    let (mut parts, mut secrets) = (vec![String::new()], Vec::new());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let slot = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).and_then(|(name, after)| {
            let value = slots.get(name)?;
            Some((value, after))
        });
        match slot {
            Some((value, after)) => {
                secrets.push(value.clone());
                parts.push(String::new());
                rest = after;
            }
            None => {
                parts.last_mut().unwrap().push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    (parts, secrets)
}

fn forms() -> Vec<Form> {
    let mut lines = include_str!("../../vectors/redaction/forms.jsonl").lines();
    let head: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let slots =
        head["slots"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect();
    lines
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let (parts, secrets) = cut(line["text"].as_str().unwrap(), &slots);
            let text = parts.iter().enumerate().map(|(i, part)| match secrets.get(i) {
                Some(secret) => format!("{part}{secret}"),
                None => part.clone(),
            });
            Form { id: line["id"].as_str().unwrap().to_owned(), text: text.collect(), parts, secrets }
        })
        .collect()
}

/// Whether `out` is the parts with a label between any two of them; of a secret over several lines the line ends stay.
fn is_redacted(out: &str, parts: &[String]) -> bool {
    let Some((first, others)) = parts.split_first() else { return false };
    let Some(rest) = out.strip_prefix(first.as_str()) else { return false };
    let Some((next, _)) = others.split_first() else { return rest.is_empty() };
    let label = rest.find(']').or_else(|| rest.find("%5D").map(|at| at + 2));
    let Some(end) = label.filter(|_| rest.starts_with('[') || rest.starts_with("%5B")) else { return false };
    let rest = rest[end + 1..].trim_start_matches(['\n', '\r']);
    // A value that is wrapped has its own white space around it.
    let next = next.trim_start_matches(['\n', '\r']);
    let others: Vec<String> = std::iter::once(next.to_owned()).chain(others[1..].iter().cloned()).collect();
    is_redacted(rest, &others)
}

#[test]
fn what_stands_in_a_slot_is_hidden_and_nothing_else() {
    let forms = forms();
    let (mut wrong, mut positive, mut negative, mut missed, mut over) = (Vec::new(), 0, 0, 0, 0);
    for Form { id, text, parts, secrets } in &forms {
        let out = redact::text(text);
        if secrets.is_empty() {
            negative += 1;
        } else {
            positive += 1;
        }
        missed += usize::from(secrets.iter().any(|secret| out.contains(secret.trim())));
        over += usize::from(secrets.is_empty() && out != *text);
        if !is_redacted(&out, parts) || secrets.iter().any(|secret| out.contains(secret.trim())) {
            wrong.push(format!("{id}\n  {text}\n  {out}"));
        }
        if redact::text(&out) != out {
            wrong.push(format!("{id} twice\n  {out}\n  {}", redact::text(&out)));
        }
        let tagged = Redactor::new().tag_key(b"a key").redact(text);
        if !is_redacted(&tagged, parts) || Redactor::new().tag_key(b"a key").redact(&tagged) != tagged {
            wrong.push(format!("{id} tagged\n  {tagged}"));
        }
        let mut stream = Redactor::new().stream();
        let mut pieces: Vec<u8> = text.as_bytes().iter().flat_map(|byte| stream.push(&[*byte])).collect();
        pieces.extend(stream.finish());
        if pieces != out.as_bytes() {
            wrong.push(format!("{id} in pieces\n  {}\n  {out}", String::from_utf8_lossy(&pieces)));
        }
    }
    // Past the harness, which keeps what a test prints.
    let found = positive - missed;
    let _ = writeln!(
        std::io::stderr(),
        "redaction forms: recall {found}/{positive}; {} of {negative} without a secret left alone; precision {:.3}",
        negative - over,
        found as f64 / (found + over) as f64,
    );
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(positive > 500 && negative > 150, "{positive} {negative}");
}
